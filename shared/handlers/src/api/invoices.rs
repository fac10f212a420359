//! Invoices, read.

use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use dayone_domain::cube::BillKey;
use dayone_domain::review::invoice::{Question, Remark};
use dayone_domain::review::{Acceptance, Dispute, InvoiceDocument, Resolution, Standing};
use dayone_workflow::Failure;
use dayone_workflow::review::{InvoiceFilter, InvoicePage, line_words, revision_changes};
use dayone_workflow::views::digest;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::ask::{Asked, At, Reading};
use super::bodies::{Amount, InvoiceName, InvoicePath, InvoiceSummary, RevisionBody, Said, Who, bill, stated_period, words};
use crate::problem::Problem;

/// Which invoices of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Billing period, `2026-10`.
    period: Option<String>,
    /// Billing currency.
    currency: Option<String>,
    /// Identifier of a cost group.
    group: Option<String>,
    /// What they wait for.
    standing: Option<String>,
}

/// The invoices that the person sees, in the order of bills and cost groups.
#[utoipa::path(get, path = "/invoices", operation_id = "list_invoices", tag = "Invoices", params(Filter), responses((status = 200, body = Vec<InvoiceSummary>)))]
pub async fn list(reading: Reading, Asked(filter): Asked<Filter>) -> Answer {
    let period = filter.period.as_deref().map(stated_period).transpose()?;
    let known = [Standing::Provisional, Standing::ToRead, Standing::Read, Standing::ToAccept, Standing::Disputed, Standing::Accepted];
    let standing = match filter.standing.as_deref() {
        None => None,
        Some(word) => Some(known.into_iter().find(|known| words::standing(*known) == word).ok_or_else(|| unknown_standing(word))?),
    };
    let whole = match (period, filter.currency.as_deref()) {
        (Some(period), Some(currency)) => Some(
            bill(&period.to_string(), currency)
                .ok_or_else(|| Problem::from(Failure::invalid("currency", "a currency is written as `USD`")))?,
        ),
        _ => None,
    };
    let views = reading.tenant.invoices(&reading.actor, InvoiceFilter { bill: whole, group: filter.group, standing }).await?;
    let is_of = |bill: BillKey| {
        period.is_none_or(|period| bill.period == period)
            && filter.currency.as_deref().is_none_or(|currency| bill.currency.code() == currency)
    };
    let shown: Vec<InvoiceSummary> = views.iter().filter(|view| is_of(view.of.bill)).map(InvoiceSummary::from).collect();
    answer::json(&shown)
}

fn unknown_standing(word: &str) -> Problem {
    let word: String = word.chars().take(40).collect();
    let detail = format!("`{word}` is no standing; write provisional, to_read, read, to_accept, disputed or accepted");
    Failure::invalid("standing", detail).into()
}

/// One amount of an invoice that can be disputed.
#[derive(Serialize, ToSchema)]
pub struct LineBody {
    /// The same in every revision.
    id: String,
    /// What it is for.
    what: String,
    /// The amount.
    amount: Amount,
    /// What upheld disputes have left of it.
    left: Amount,
    /// The amount by billing account.
    by_billing_account: Vec<OfAccount>,
    /// General-ledger expense account.
    account: Option<String>,
    /// For a true-up: the closed billing period that it corrects.
    corrects: Option<String>,
}

/// A part of an amount.
#[derive(Serialize, ToSchema)]
pub struct OfAccount {
    /// FOCUS BillingAccountId.
    billing_account: String,
    /// The part.
    amount: Amount,
}

/// The document of one revision: what acceptance is of.
#[derive(Serialize, ToSchema)]
pub struct DocumentBody {
    /// Which invoice.
    invoice: InvoiceName,
    /// The company.
    company: String,
    /// The revision.
    revision: u32,
    /// `provisional` or `final`.
    stage: &'static str,
    /// Number of a final invoice.
    invoice_number: Option<u64>,
    /// The day of issue.
    issued_on: NaiveDate,
    /// `billed` or `effective`.
    basis: String,
    /// First billing period of the version of the tree that allocated it.
    tree: String,
    /// What the group is charged of this bill, after disputes.
    total: Amount,
    /// True-ups of closed bills beside it, after disputes.
    true_ups: Amount,
    /// Both.
    due: Amount,
    /// The amounts that sum to what is due.
    lines: Vec<LineBody>,
}

impl From<&InvoiceDocument> for DocumentBody {
    fn from(document: &InvoiceDocument) -> DocumentBody {
        let mut what = line_words(document);
        let lines = document.stated().into_iter().map(|stated| LineBody {
            what: what.remove(&stated.id).unwrap_or_default(),
            left: stated.left().into(),
            amount: stated.amount.into(),
            by_billing_account: stated
                .by_billing_account
                .iter()
                .map(|(account, amount)| OfAccount { billing_account: account.clone(), amount: (*amount).into() })
                .collect(),
            corrects: stated.corrects.map(|period| period.to_string()),
            account: stated.account,
            id: stated.id,
        });
        DocumentBody {
            invoice: (&document.of).into(),
            company: document.company.clone(),
            revision: document.revision,
            stage: document.stage.label(),
            invoice_number: document.invoice_number,
            issued_on: document.issued_on,
            basis: document.basis.to_string(),
            tree: document.tree.to_string(),
            total: document.total().into(),
            true_ups: document.true_ups().into(),
            due: document.due().into(),
            lines: lines.collect(),
        }
    }
}

/// A yes to a revision.
#[derive(Serialize, ToSchema)]
pub struct YesBody {
    /// Which revision.
    revision: u32,
    /// Who.
    by: Who,
    /// When.
    at: DateTime<Utc>,
    /// Whether a reversal took it back.
    is_reopened: bool,
}

impl From<&Acceptance> for YesBody {
    fn from(yes: &Acceptance) -> YesBody {
        YesBody { revision: yes.revision, by: (&yes.by).into(), at: yes.at, is_reopened: yes.is_reopened }
    }
}

/// A question and its answers.
#[derive(Serialize, ToSchema)]
pub struct QuestionBody {
    /// From 1.
    number: u32,
    /// The revision that was newest.
    revision: u32,
    /// The question.
    asked: Said,
    /// The answers, and what the person who asked added.
    answers: Vec<Said>,
    /// Whether somebody else has answered it.
    is_answered: bool,
}

impl From<&Question> for QuestionBody {
    fn from(question: &Question) -> QuestionBody {
        QuestionBody {
            number: question.number,
            revision: question.revision,
            asked: said(&question.asked),
            answers: question.answers.iter().map(said).collect(),
            is_answered: question.is_answered(),
        }
    }
}

/// How a dispute ended.
#[derive(Serialize, ToSchema)]
pub struct ResolutionBody {
    /// `upheld` or `rejected`.
    outcome: &'static str,
    /// The cost group that takes an upheld amount.
    receiver: Option<String>,
    /// Who, when, and what was said.
    said: Said,
}

/// A no to a line.
#[derive(Serialize, ToSchema)]
pub struct DisputeBody {
    /// From 1.
    number: u32,
    /// The revision that was newest.
    revision: u32,
    /// The line.
    line: String,
    /// The amount.
    amount: Amount,
    /// Who, when and why.
    raised: Said,
    /// What was said since.
    comments: Vec<Said>,
    /// How it ended; none while it is open.
    resolution: Option<ResolutionBody>,
}

impl From<&Dispute> for DisputeBody {
    fn from(dispute: &Dispute) -> DisputeBody {
        let resolution = dispute.resolution.as_ref().map(|(resolution, remark)| {
            let (outcome, receiver) = match resolution {
                Resolution::Upheld { receiver } => ("upheld", Some(receiver.clone())),
                Resolution::Rejected { .. } => ("rejected", None),
            };
            ResolutionBody { outcome, receiver, said: said(remark) }
        });
        DisputeBody {
            number: dispute.number,
            revision: dispute.revision,
            line: dispute.line.clone(),
            amount: dispute.amount.into(),
            raised: said(&dispute.raised),
            comments: dispute.comments.iter().map(said).collect(),
            resolution,
        }
    }
}

fn said(remark: &Remark) -> Said {
    Said { by: (&remark.by).into(), at: remark.at, text: remark.text.clone() }
}

/// An invoice with all that was said to it.
#[derive(Serialize, ToSchema)]
pub struct InvoiceBody {
    /// Its line in the list.
    #[serde(flatten)]
    summary: InvoiceSummary,
    /// The newest revision.
    document: DocumentBody,
    /// All revisions, oldest first.
    revisions: Vec<RevisionBody>,
    /// Acceptances, oldest first.
    acceptances: Vec<YesBody>,
    /// Acknowledgements, oldest first.
    acknowledgements: Vec<YesBody>,
    /// Questions, oldest first.
    questions: Vec<QuestionBody>,
    /// Disputes, oldest first.
    disputes: Vec<DisputeBody>,
    /// References of the journals that were made of it.
    journals: Vec<String>,
}

impl From<&InvoicePage> for InvoiceBody {
    fn from(page: &InvoicePage) -> InvoiceBody {
        let state = &page.state;
        InvoiceBody {
            summary: (&page.view).into(),
            document: (&page.document).into(),
            revisions: state.revisions.iter().map(RevisionBody::from).collect(),
            acceptances: state.acceptances.iter().map(YesBody::from).collect(),
            acknowledgements: state.acknowledgements.iter().map(YesBody::from).collect(),
            questions: state.questions.iter().map(QuestionBody::from).collect(),
            disputes: state.disputes.iter().map(DisputeBody::from).collect(),
            journals: state.journals.iter().map(|(reference, _)| reference.clone()).collect(),
        }
    }
}

/// One invoice.
#[utoipa::path(get, path = "/invoices/{period}/{currency}/{group}", operation_id = "read_invoice", tag = "Invoices", params(InvoicePath),
    responses((status = 200, body = InvoiceBody)))]
pub async fn one(reading: Reading, At(path): At<InvoicePath>) -> Answer {
    let page = reading.tenant.invoice(&reading.actor, &path.invoice()?).await?;
    answer::versioned(&reading, page.version, &InvoiceBody::from(&page))
}

/// The revision of an address.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RevisionPath {
    /// Number of the revision, from 1.
    number: u32,
}

/// One revision, as it was issued. It never changes: its ETag is its number.
#[utoipa::path(get, path = "/invoices/{period}/{currency}/{group}/revisions/{number}", operation_id = "read_revision", tag = "Invoices",
    params(InvoicePath, RevisionPath), responses((status = 200, body = DocumentBody)))]
pub async fn revision(reading: Reading, At(path): At<InvoicePath>, At(revision): At<RevisionPath>) -> Answer {
    let document = reading.tenant.revision_document(&reading.actor, &path.invoice()?, revision.number).await?;
    answer::versioned(&reading, u64::from(revision.number), &DocumentBody::from(&document))
}

/// Between which revisions.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// The earlier revision; the one before `to`, where it is not stated.
    from: Option<u32>,
    /// The later revision; the newest, where it is not stated.
    to: Option<u32>,
}

/// What changed between two revisions.
#[derive(Serialize, ToSchema)]
pub struct ChangesBody {
    /// The earlier revision.
    from: u32,
    /// The later revision.
    to: u32,
    /// What was due.
    before: Amount,
    /// What is due now.
    now: Amount,
    /// The largest change first; the differences sum to that of what is due.
    lines: Vec<ChangedLine>,
}

/// One amount that changed.
#[derive(Serialize, ToSchema)]
pub struct ChangedLine {
    /// The line.
    id: String,
    /// What it is for.
    what: String,
    /// The amount before.
    before: Amount,
    /// The amount now.
    now: Amount,
    /// How much more it is now.
    difference: Amount,
}

/// What changed between two revisions, line by line.
#[utoipa::path(get, path = "/invoices/{period}/{currency}/{group}/changes", operation_id = "compare_revisions", tag = "Invoices", params(InvoicePath, Between),
    responses((status = 200, body = ChangesBody)))]
pub async fn changes(reading: Reading, At(path): At<InvoicePath>, Asked(between): Asked<Between>) -> Answer {
    let of = path.invoice()?;
    let to = match between.to {
        Some(to) => to,
        None => reading.tenant.invoice(&reading.actor, &of).await?.view.revision.number,
    };
    let from = between.from.unwrap_or(to.saturating_sub(1));
    let before = reading.tenant.revision_document(&reading.actor, &of, from).await?;
    let now = reading.tenant.revision_document(&reading.actor, &of, to).await?;
    let line = |change: dayone_workflow::review::LineChange| ChangedLine {
        before: change.before.into(),
        now: change.now.into(),
        difference: change.difference().into(),
        id: change.id,
        what: change.what,
    };
    let lines = revision_changes(&before, &now).into_iter().map(line).collect();
    answer::json(&ChangesBody { from, to, before: before.due().into(), now: now.due().into(), lines })
}

/// Which revision's document.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct OfRevision {
    /// Number of the revision; the newest, where it is not stated.
    revision: Option<u32>,
}

/// The stored document of a revision, byte for byte: its SHA-256 is the `document` that acceptances and the trail
/// name. It never changes: its ETag is the revision's number.
#[utoipa::path(get, path = "/invoices/{period}/{currency}/{group}/document.json", operation_id = "read_document", tag = "Invoices", params(InvoicePath, OfRevision),
    responses((status = 200, content_type = "application/json", body = Object)))]
pub async fn document_json(reading: Reading, At(path): At<InvoicePath>, Asked(wanted): Asked<OfRevision>) -> Result<Response, Problem> {
    let page = reading.tenant.invoice(&reading.actor, &path.invoice()?).await?;
    let number = wanted.revision.unwrap_or(page.view.revision.number);
    let known = page.state.revisions.iter().find(|known| known.number == number);
    let known = known.ok_or_else(|| Failure::not_found(format!("revision {number} of that invoice")))?;
    let bytes = reading.tenant.document(digest(&known.document)?).await?;
    let of = &page.view.of;
    let name = format!("{}-{}-{}-{number}.json", of.bill.period, of.bill.currency, of.group);
    Ok(answer::file(&reading, u64::from(number), "application/json", &name, bytes))
}
