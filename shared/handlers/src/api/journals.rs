//! Journals and how they leave.

use axum::response::Response;
use chrono::{DateTime, NaiveDate, Utc};
use dayone_domain::ledger::journal::{Coding, JournalEntry, Side};
use dayone_domain::ledger::{JournalEvent, JournalStatus};
use dayone_domain::review::Recorded;
use dayone_workflow::Failure;
use dayone_workflow::ledger::{BatchView, JournalFilter, JournalPage, PostReport};
use dayone_workflow::views::JournalView;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::ask::{Asked, At, Deciding, Json, MaybeJson, Reading};
use super::bodies::{Amount, InvoiceName, JournalSummary, Who, stated_period, words};
use super::issuing::Nothing;
use crate::apart::apart;
use crate::problem::Problem;

/// Which journals of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Filter {
    /// Where they stand: `ready`, `sending`, `handed_over`, `posted`, `refused`, `outcome_unknown` or `reversed`.
    status: Option<String>,
    /// Identifier of the cost group whose invoices they post.
    group: Option<String>,
    /// The billing period whose cost they are.
    period: Option<String>,
}

/// The journals that the person sees, by reference.
#[utoipa::path(get, path = "/journals", operation_id = "list_journals", tag = "Journals", params(Filter), responses((status = 200, body = Vec<JournalSummary>)))]
pub async fn list(reading: Reading, Asked(filter): Asked<Filter>) -> Answer {
    let status = filter.status.as_deref().map(status_of).transpose()?;
    let period = filter.period.as_deref().map(stated_period).transpose()?;
    let views = reading.tenant.journals(&reading.actor, JournalFilter { status, group: filter.group, period }).await?;
    answer::json(&views.iter().map(JournalSummary::from).collect::<Vec<_>>())
}

fn status_of(word: &str) -> Result<JournalStatus, Problem> {
    let known = [
        JournalStatus::Ready,
        JournalStatus::Sending,
        JournalStatus::HandedOver,
        JournalStatus::Posted,
        JournalStatus::Refused,
        JournalStatus::OutcomeUnknown,
        JournalStatus::Reversed,
    ];
    known.into_iter().find(|known| words::status(*known) == word).ok_or_else(|| {
        let word: String = word.chars().take(40).collect();
        let detail = format!("`{word}` is no status; write ready, sending, handed_over, posted, refused, outcome_unknown or reversed");
        Failure::invalid("status", detail).into()
    })
}

/// One line of a journal.
#[derive(Serialize, ToSchema)]
pub struct JournalLineBody {
    /// Its place, from 0: what a reclass names.
    line: usize,
    /// Account.
    account: String,
    /// Cost centre.
    cost_center: String,
    /// Department.
    department: Option<String>,
    /// Legal entity.
    legal_entity: Option<String>,
    /// The amount, on the debit side.
    debit: Option<Amount>,
    /// The amount, on the credit side.
    credit: Option<Amount>,
    /// Whether it is on a holding account.
    is_holding: bool,
    /// For people.
    text: String,
}

/// Something that happened to a journal.
#[derive(Serialize, ToSchema)]
pub struct JournalEventBody {
    /// `built`, `frozen`, `posted`, `refused`, `outcome_unknown` or `reversed`.
    event: &'static str,
    /// Who.
    by: Who,
    /// When.
    at: DateTime<Utc>,
    /// Why, in the words of whoever did it.
    why: Option<String>,
}

/// A journal with its lines.
#[derive(Serialize, ToSchema)]
pub struct JournalBody {
    /// Its line in the list.
    #[serde(flatten)]
    summary: JournalSummary,
    /// The day of the document.
    document_date: NaiveDate,
    /// Number of the invoice that it posts.
    invoice_number: Option<u64>,
    /// Revision that was accepted.
    revision: u32,
    /// Why, for people.
    text: String,
    /// Its lines; debits equal credits.
    lines: Vec<JournalLineBody>,
    /// What happened to it, oldest first.
    events: Vec<JournalEventBody>,
}

impl From<&JournalPage> for JournalBody {
    fn from(page: &JournalPage) -> JournalBody {
        let facts = page.entry.facts();
        JournalBody {
            summary: (&page.view).into(),
            document_date: facts.document_date,
            invoice_number: facts.invoice_number,
            revision: facts.revision,
            text: facts.text.clone(),
            lines: lines(&page.entry),
            events: page.trail.iter().map(event).collect(),
        }
    }
}

fn lines(entry: &JournalEntry) -> Vec<JournalLineBody> {
    let on = |side: Side, line: &dayone_domain::ledger::journal::JournalLine| (line.side == side).then(|| Amount::from(line.amount));
    let body = |(place, line): (usize, &dayone_domain::ledger::journal::JournalLine)| JournalLineBody {
        line: place,
        account: line.coding.account.clone(),
        cost_center: line.coding.cost_center.clone(),
        department: line.coding.department.clone(),
        legal_entity: line.coding.legal_entity.clone(),
        debit: on(Side::Debit, line),
        credit: on(Side::Credit, line),
        is_holding: line.is_holding,
        text: line.text.clone(),
    };
    entry.lines().iter().enumerate().map(body).collect()
}

fn event(recorded: &Recorded<JournalEvent>) -> JournalEventBody {
    let event = match &recorded.event {
        JournalEvent::Built { .. } => "built",
        JournalEvent::Frozen { .. } => "frozen",
        JournalEvent::Posted { .. } => "posted",
        JournalEvent::Refused { .. } => "refused",
        JournalEvent::OutcomeUnknown { .. } => "outcome_unknown",
        JournalEvent::Reversed { .. } => "reversed",
    };
    JournalEventBody { event, by: (&recorded.by).into(), at: recorded.at, why: recorded.why.clone() }
}

/// The journal of an address.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct JournalPath {
    /// Its reference.
    pub reference: String,
}

/// One journal. Its ETag holds more than the version: somebody else may still accept what it posts.
#[utoipa::path(get, path = "/journals/{reference}", operation_id = "read_journal", tag = "Journals", params(JournalPath), responses((status = 200, body = JournalBody)))]
pub async fn one(reading: Reading, At(path): At<JournalPath>) -> Answer {
    let page = reading.tenant.journal(&reading.actor, &path.reference).await?;
    answer::partly_versioned(&reading, page.view.version, &JournalBody::from(&page))
}

/// Which journals to post.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// References; all that have not left for good, where none are stated.
    #[serde(default)]
    references: Option<Vec<String>>,
}

/// A journal and what is to be said of it.
#[derive(Serialize, ToSchema)]
pub struct AboutJournal {
    /// Its reference.
    reference: String,
    /// The ERP's number, or a reason.
    said: String,
}

/// An invoice of which no journal can be made.
#[derive(Serialize, ToSchema)]
pub struct NotBuilt {
    /// The invoice.
    invoice: InvoiceName,
    /// Why.
    reason: String,
}

/// What a posting did.
#[derive(Serialize, ToSchema)]
pub struct PostBody {
    /// What the ledger has now, each with the ERP's number.
    posted: Vec<AboutJournal>,
    /// What was left alone, each with the reason.
    skipped: Vec<AboutJournal>,
    /// What the ERP will not take, each with its words.
    refused: Vec<AboutJournal>,
    /// What may or may not have landed, each with what is known.
    unknown: Vec<AboutJournal>,
    /// Accepted invoices of which no journal can be made.
    not_built: Vec<NotBuilt>,
}

fn about(list: Vec<(String, String)>) -> Vec<AboutJournal> {
    list.into_iter().map(|(reference, said)| AboutJournal { reference, said }).collect()
}

impl From<PostReport> for PostBody {
    fn from(report: PostReport) -> PostBody {
        PostBody {
            posted: about(report.posted),
            skipped: about(report.skipped),
            refused: about(report.refused),
            unknown: about(report.unknown),
            not_built: report.not_built.into_iter().map(|(of, reason)| NotBuilt { invoice: (&of).into(), reason }).collect(),
        }
    }
}

/// Sends journals to the ERP, each once. For controllers.
#[utoipa::path(post, path = "/journals/post", operation_id = "post_journals", tag = "Journals", request_body = Which, responses((status = 200, body = PostBody)))]
pub async fn post(deciding: Deciding<MaybeJson<Which>>) -> Answer {
    let Deciding { tenant, request, is_replay, body: MaybeJson(Which { references }), .. } = deciding;
    let report = apart(move || async move { tenant.post(&request, references.as_deref()).await }).await?;
    answer::changed(is_replay, None, &PostBody::from(report))
}

/// What an export did.
#[derive(Serialize, ToSchema)]
pub struct ExportBody {
    /// The number of the batch: `/journals/batches/{number}` has its file.
    batch: u64,
    /// References of its journals.
    journals: Vec<String>,
    /// SHA-256 of its file.
    file: String,
    /// Journals that are ready and stay, each with the reason.
    skipped: Vec<AboutJournal>,
}

/// Fixes all journals that are ready in one numbered batch. For controllers.
#[utoipa::path(post, path = "/journals/export", operation_id = "export_journals", tag = "Journals", request_body = Nothing, responses((status = 200, body = ExportBody)))]
pub async fn export(deciding: Deciding<MaybeJson<Nothing>>) -> Answer {
    let Deciding { tenant, request, is_replay, body: MaybeJson(Nothing {}), .. } = deciding;
    let report = apart(move || async move { tenant.export(&request).await }).await?;
    let body =
        ExportBody { batch: report.batch, journals: report.journals, file: report.document.to_string(), skipped: about(report.skipped) };
    answer::changed(is_replay, None, &body)
}

/// A batch in the list.
#[derive(Serialize, ToSchema)]
pub struct BatchBody {
    /// From 1.
    number: u64,
    /// How many journals are in it.
    journals: u64,
    /// SHA-256 of its file.
    file: String,
    /// By whom.
    by: Who,
    /// When.
    at: DateTime<Utc>,
}

impl From<&BatchView> for BatchBody {
    fn from(view: &BatchView) -> BatchBody {
        BatchBody { number: view.number, journals: view.journals, file: view.file.to_string(), by: (&view.exported_by).into(), at: view.at }
    }
}

/// Every batch, oldest first. For controllers, FinOps and auditors.
#[utoipa::path(get, path = "/journals/batches", operation_id = "list_batches", tag = "Journals", responses((status = 200, body = Vec<BatchBody>)))]
pub async fn batches(reading: Reading) -> Answer {
    let batches = reading.tenant.batches(&reading.actor).await?;
    answer::json(&batches.iter().map(BatchBody::from).collect::<Vec<_>>())
}

/// The batch of an address.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct BatchPath {
    /// Its number, from 1.
    number: u64,
}

/// The file of a batch, the same bytes whenever it is asked for.
#[utoipa::path(get, path = "/journals/batches/{number}", operation_id = "read_batch", tag = "Journals", params(BatchPath),
    responses((status = 200, content_type = "text/csv", body = String)))]
pub async fn batch(reading: Reading, At(path): At<BatchPath>) -> Result<Response, Problem> {
    let (batch, bytes) = reading.tenant.batch(&reading.actor, path.number).await?;
    let name = format!("journals-{:06}.csv", batch.number);
    Ok(answer::file(&reading, batch.number, "text/csv; charset=utf-8", &name, bytes))
}

/// Why.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Why, for the trail and the ledger.
    reason: String,
}

fn of_view(is_replay: bool, view: &JournalView) -> Answer {
    answer::changed(is_replay, None, &JournalSummary::from(view))
}

/// A controller takes a posted journal back. Gives the reversal.
#[utoipa::path(post, path = "/journals/{reference}/reversal", operation_id = "reverse_journal", tag = "Journals", params(JournalPath), request_body = Reason,
    responses((status = 200, body = JournalSummary)))]
pub async fn reverse(At(path): At<JournalPath>, deciding: Deciding<Json<Reason>>) -> Answer {
    let view = deciding.tenant.reverse(&deciding.request, &path.reference, &deciding.body.0.reason).await?;
    of_view(deciding.is_replay, &view)
}

/// Another coding for a line.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCoding {
    /// Place of the line, from 0.
    line: usize,
    /// Account.
    account: String,
    /// Cost centre.
    cost_center: String,
    /// Department.
    #[serde(default)]
    department: Option<String>,
    /// Legal entity.
    #[serde(default)]
    legal_entity: Option<String>,
    /// Why.
    reason: String,
}

/// A controller takes a line of a posted journal to another coding. Gives the reclass.
#[utoipa::path(post, path = "/journals/{reference}/reclass", operation_id = "reclass_journal", tag = "Journals", params(JournalPath), request_body = NewCoding,
    responses((status = 200, body = JournalSummary)))]
pub async fn reclass(At(path): At<JournalPath>, deciding: Deciding<Json<NewCoding>>) -> Answer {
    let NewCoding { line, account, cost_center, department, legal_entity, reason } = &deciding.body.0;
    let to = Coding {
        account: account.clone(),
        cost_center: cost_center.clone(),
        department: department.clone(),
        legal_entity: legal_entity.clone(),
    };
    let view = deciding.tenant.reclass(&deciding.request, &path.reference, *line, to, reason).await?;
    of_view(deciding.is_replay, &view)
}

/// A number of the ERP.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ErpNumber {
    /// What the ERP knows the journal by.
    number: String,
}

/// A controller records the ERP's number of a journal that was handed over, or of which nobody could tell.
#[utoipa::path(post, path = "/journals/{reference}/number", operation_id = "record_erp_number", tag = "Journals", params(JournalPath), request_body = ErpNumber,
    responses((status = 200, body = JournalSummary)))]
pub async fn record_number(At(path): At<JournalPath>, deciding: Deciding<Json<ErpNumber>>) -> Answer {
    let view = deciding.tenant.record_number(&deciding.request, &path.reference, &deciding.body.0.number).await?;
    of_view(deciding.is_replay, &view)
}

/// A controller has looked into the ERP and found that it does not have a journal of which nobody could tell.
#[utoipa::path(post, path = "/journals/{reference}/missing", operation_id = "record_missing_journal", tag = "Journals",
    params(JournalPath), request_body = Reason, responses((status = 200, body = JournalSummary)))]
pub async fn record_missing(At(path): At<JournalPath>, deciding: Deciding<Json<Reason>>) -> Answer {
    let view = deciding.tenant.record_missing(&deciding.request, &path.reference, &deciding.body.0.reason).await?;
    of_view(deciding.is_replay, &view)
}
