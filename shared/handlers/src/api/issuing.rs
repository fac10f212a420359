//! Bills, the sources that they are made of, and issuing.

use chrono::{DateTime, NaiveDate, Utc};
use dayone_domain::people::Role;
use dayone_domain::source::{Finality, Source};
use dayone_workflow::deliveries::{Awaited, AwaitedFile, FileRefusal, SourceView, Trouble};
use dayone_workflow::issuing::IssueReport;
use dayone_workflow::views::BillView;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::ask::{At, Deciding, MaybeJson, Reading};
use super::bodies::{Amount, BillName, InvoiceName, Who, period};
use crate::apart::apart;

/// A bill and how far it is.
#[derive(Serialize, ToSchema)]
pub struct BillBody {
    /// Which.
    bill: BillName,
    /// `provisional` or `final`.
    stage: &'static str,
    /// The run that issued it last.
    run: u64,
    /// `billed` or `effective`.
    basis: String,
    /// First billing period of the tree's version.
    tree: String,
    /// The rounded bill.
    total: Amount,
    /// True-ups of the closed bill, oldest first.
    true_ups: Vec<RoundBody>,
    /// Its version.
    version: u64,
}

/// What one newer delivery of a closed bill changed.
#[derive(Serialize, ToSchema)]
pub struct RoundBody {
    /// From 1.
    round: u32,
    /// The sum of its true-ups.
    total: Amount,
    /// The bill whose invoices carry it.
    carried_by: Option<BillName>,
}

impl From<&BillView> for BillBody {
    fn from(view: &BillView) -> BillBody {
        let round = |round: &dayone_workflow::views::RoundView| RoundBody {
            round: round.round,
            total: round.total.into(),
            carried_by: round.carried_by.map(BillName::from),
        };
        BillBody {
            bill: view.bill.into(),
            stage: view.stage.label(),
            run: view.run,
            basis: view.basis.to_string(),
            tree: view.tree.to_string(),
            total: view.total.into(),
            true_ups: view.rounds.iter().map(round).collect(),
            version: view.version,
        }
    }
}

/// Every issued bill. For controllers, FinOps and auditors.
#[utoipa::path(get, path = "/bills", operation_id = "list_bills", tag = "Bills", responses((status = 200, body = Vec<BillBody>)))]
pub async fn bills(reading: Reading) -> Answer {
    reading.sees_all()?;
    let bills = reading.tenant.bills().await?;
    answer::json(&bills.iter().map(BillBody::from).collect::<Vec<_>>())
}

/// A source, with the billing periods that it has delivered.
#[derive(Serialize, ToSchema)]
pub struct SourceBody {
    /// Identifier.
    id: String,
    /// Provider.
    provider: String,
    /// FOCUS BillingAccountId.
    billing_accounts: Vec<String>,
    /// Billing currencies.
    currencies: Vec<String>,
    /// First billing period that it is expected for.
    from: String,
    /// Last one.
    until: Option<String>,
    /// When a period of it is final: `when_closed` or `when_invoiced_and_unchanged`.
    #[serde(rename = "final")]
    finality: &'static str,
    /// For how many days nothing may have changed.
    unchanged_for_days: Option<u32>,
    /// The periods that have a delivery, oldest first.
    periods: Vec<SourcePeriod>,
    /// Deliveries that are not complete, oldest first: they change nothing.
    awaited: Vec<AwaitedBody>,
}

/// A delivery that is not complete.
#[derive(Serialize, ToSchema)]
pub struct AwaitedBody {
    /// Billing period; nothing where only the files say.
    period: Option<String>,
    /// The manifest's key; nothing for a file that no manifest names.
    manifest: Option<String>,
    /// When the manifest was written; of a file that none names, when that was.
    modified: DateTime<Utc>,
    /// When it became known.
    since: DateTime<Utc>,
    /// How many files it has.
    files: u32,
    /// How many of them are read.
    read: u32,
    /// The first of the others.
    unread: Vec<UnreadFile>,
    /// Why it is not taken although all of its files are read, or why its manifest is refused.
    refused: Option<RefusedFile>,
    /// Whether it has been awaited for longer than the policy's `late_after_hours`.
    is_late: bool,
    /// All of it, for people.
    sentence: String,
}

/// A file that a delivery waits for.
#[derive(Serialize, ToSchema)]
pub struct UnreadFile {
    /// Its key, as the manifest names it.
    file: String,
    /// `missing`, `differs` (it has another ETag or size than the manifest says), `changed` (it was overwritten before it
    /// was read), `refused`, or `to_read`.
    why: &'static str,
    /// Why it cannot be read right.
    refused: Option<RefusedFile>,
}

/// Why a file cannot be read right.
#[derive(Serialize, ToSchema)]
pub struct RefusedFile {
    /// The file.
    file: String,
    /// The line or row, from 1.
    row: Option<u64>,
    /// The column.
    column: Option<String>,
    /// The value.
    value: Option<String>,
    /// What is wrong.
    reason: String,
    /// What to do next.
    what_to_do: String,
}

impl From<&FileRefusal> for RefusedFile {
    fn from(refusal: &FileRefusal) -> RefusedFile {
        let FileRefusal { file, row, column, value, reason, what_to_do, .. } = refusal.clone();
        RefusedFile { file, row, column, value, reason, what_to_do }
    }
}

impl From<&AwaitedFile> for UnreadFile {
    fn from(file: &AwaitedFile) -> UnreadFile {
        let (why, refused) = match &file.trouble {
            Trouble::Missing => ("missing", None),
            Trouble::Differs => ("differs", None),
            Trouble::Changed => ("changed", None),
            Trouble::Refused { refusal } => ("refused", Some(RefusedFile::from(refusal))),
            Trouble::ToRead => ("to_read", None),
        };
        UnreadFile { file: file.key.clone(), why, refused }
    }
}

impl From<&Awaited> for AwaitedBody {
    fn from(awaited: &Awaited) -> AwaitedBody {
        AwaitedBody {
            period: awaited.period.map(|period| period.to_string()),
            manifest: awaited.manifest.clone(),
            modified: awaited.modified,
            since: awaited.since,
            files: awaited.files,
            read: awaited.read,
            unread: awaited.unread.iter().map(UnreadFile::from).collect(),
            refused: awaited.refused.as_ref().map(RefusedFile::from),
            is_late: awaited.is_late,
            sentence: awaited.sentence(),
        }
    }
}

/// A source in a billing period.
#[derive(Serialize, ToSchema)]
pub struct SourcePeriod {
    /// Identifier of the source.
    source: String,
    /// Billing period.
    period: String,
    /// When the files of the delivery that counts were made.
    modified: DateTime<Utc>,
    /// When it became known.
    known_at: DateTime<Utc>,
    /// How many deliveries there were.
    deliveries: u32,
    /// How many charges the one that counts has.
    charges: u64,
    /// Whether every charge of some cost has an invoice id of the provider.
    is_invoiced: bool,
    /// Who closed it.
    closed_by: Option<Who>,
    /// When it was closed.
    closed_at: Option<DateTime<Utc>>,
}

impl From<&SourceView> for SourcePeriod {
    fn from(view: &SourceView) -> SourcePeriod {
        SourcePeriod {
            source: view.source.clone(),
            period: view.period.to_string(),
            modified: view.newest.modified,
            known_at: view.known_at,
            deliveries: view.deliveries,
            charges: view.newest.charges,
            is_invoiced: view.newest.is_invoiced,
            closed_by: view.closed.as_ref().map(|(by, _)| Who::from(by)),
            closed_at: view.closed.as_ref().map(|(_, at)| *at),
        }
    }
}

impl SourceBody {
    fn of(source: &Source, periods: &[SourceView], awaited: &[Awaited]) -> SourceBody {
        let (finality, unchanged_for_days) = match source.finality {
            Finality::WhenClosed => ("when_closed", None),
            Finality::WhenInvoicedAndUnchanged { days } => ("when_invoiced_and_unchanged", Some(days)),
        };
        SourceBody {
            id: source.id.clone(),
            provider: source.provider.clone(),
            billing_accounts: source.billing_accounts.iter().cloned().collect(),
            currencies: source.currencies.iter().map(ToString::to_string).collect(),
            from: source.from.to_string(),
            until: source.until.map(|until| until.to_string()),
            finality,
            unchanged_for_days,
            periods: periods.iter().filter(|view| view.source == source.id).map(SourcePeriod::from).collect(),
            awaited: awaited.iter().filter(|awaited| awaited.source == source.id).map(AwaitedBody::from).collect(),
        }
    }
}

/// The sources, what they have delivered, and what of it is not complete. For controllers, FinOps and auditors.
#[utoipa::path(get, path = "/sources", operation_id = "list_sources", tag = "Bills", responses((status = 200, body = Vec<SourceBody>)))]
pub async fn sources(reading: Reading) -> Answer {
    reading.sees_all()?;
    let settings = reading.tenant.settings().await?;
    let periods = reading.tenant.source_periods().await?;
    let awaited = reading.tenant.awaited(&settings).await?;
    answer::json(&settings.sources.iter().map(|source| SourceBody::of(source, &periods, &awaited)).collect::<Vec<_>>())
}

/// The source and the billing period of an address.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SourcePath {
    /// Identifier of the source.
    source: String,
    /// Billing period, `2026-10`.
    period: String,
}

/// Nothing is stated beside the address.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// A controller says that a source's period is complete: with all its sources, a bill becomes final.
#[utoipa::path(post, path = "/sources/{source}/{period}/close", operation_id = "close_source", tag = "Bills", params(SourcePath), request_body = Nothing,
    responses((status = 200, body = SourcePeriod)))]
pub async fn close(At(path): At<SourcePath>, deciding: Deciding<MaybeJson<Nothing>>) -> Answer {
    let MaybeJson(Nothing {}) = deciding.body;
    let view = deciding.tenant.close_source(&deciding.request, &path.source, period(&path.period)?).await?;
    answer::changed(deciding.is_replay, None, &SourcePeriod::from(&view))
}

/// When to issue.
#[derive(Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IssueOn {
    /// The day whose due work is done, not after today in the tenant's time zone; today, where it is not stated.
    #[serde(default)]
    as_of: Option<NaiveDate>,
}

/// What issuing did.
#[derive(Serialize, ToSchema)]
pub struct IssueBody {
    /// A run that had been left behind and was completed first.
    resumed_run: Option<u64>,
    /// Sources that the policy closed.
    closed: Vec<ClosedSource>,
    /// Closed bills with a newer delivery.
    true_ups: Vec<TrueUpOf>,
    /// Bills that were issued.
    issued: Vec<IssuedBill>,
    /// Bills that wait, and for what.
    waiting: Vec<WaitingBill>,
    /// Invoices whose owners were reminded.
    reminded: Vec<InvoiceName>,
    /// Invoices for which the policy took silence for a yes.
    deemed: Vec<InvoiceName>,
    /// Deliveries that are late, each a sentence that says what it waits for.
    late: Vec<String>,
}

/// A source that the policy closed.
#[derive(Serialize, ToSchema)]
pub struct ClosedSource {
    /// Identifier of the source.
    source: String,
    /// Billing period.
    period: String,
}

/// A closed bill with a newer delivery.
#[derive(Serialize, ToSchema)]
pub struct TrueUpOf {
    /// The bill.
    bill: BillName,
    /// The round of its true-ups, from 1.
    round: u32,
}

/// A bill that was issued.
#[derive(Serialize, ToSchema)]
pub struct IssuedBill {
    /// The bill.
    bill: BillName,
    /// `provisional` or `final`.
    stage: &'static str,
}

/// A bill that waits.
#[derive(Serialize, ToSchema)]
pub struct WaitingBill {
    /// The bill.
    bill: BillName,
    /// For what, in words.
    reason: String,
}

impl From<&IssueReport> for IssueBody {
    fn from(report: &IssueReport) -> IssueBody {
        let closed =
            |(source, period): &(String, dayone_domain::BillingPeriod)| ClosedSource { source: source.clone(), period: period.to_string() };
        IssueBody {
            resumed_run: report.resumed,
            closed: report.closed.iter().map(closed).collect(),
            true_ups: report.true_ups.iter().map(|(bill, round)| TrueUpOf { bill: (*bill).into(), round: *round }).collect(),
            issued: report.issued.iter().map(|issued| IssuedBill { bill: issued.bill.into(), stage: issued.stage.label() }).collect(),
            waiting: report.waiting.iter().map(|(bill, reason)| WaitingBill { bill: (*bill).into(), reason: reason.clone() }).collect(),
            reminded: report.reminded.iter().map(InvoiceName::from).collect(),
            deemed: report.deemed.iter().map(InvoiceName::from).collect(),
            late: report.late.clone(),
        }
    }
}

/// Does whatever is due. Twice on one day does nothing twice, with or without the same key. For controllers.
#[utoipa::path(post, path = "/issue", operation_id = "issue", tag = "Bills", request_body = IssueOn, responses((status = 200, body = IssueBody)))]
pub async fn issue(deciding: Deciding<MaybeJson<IssueOn>>) -> Answer {
    deciding.takes(Role::Controller)?;
    if deciding.is_replay {
        // What was due then is done; what is due now takes a request of its own.
        return answer::changed(true, None, &IssueBody::from(&IssueReport::default()));
    }
    let (tenant, by, as_of) = (deciding.tenant.clone(), deciding.request.actor.by(), deciding.body.0.as_of);
    let report = apart(move || async move { tenant.issue(&by, as_of).await }).await?;
    // Issuing may be cut off and asked for again: its key counts once all of it is done.
    let mut changes = deciding.tenant.changes();
    changes.once(&deciding.request)?;
    changes.commit().await?;
    answer::changed(false, None, &IssueBody::from(&report))
}
