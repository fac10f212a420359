//! What proves: the tie-out, the evidence, the trail, the audit.

use std::io::{Cursor, Write};

use axum::response::Response;
use chrono::{DateTime, Utc};
use dayone_domain::tie_out::{BridgeLine, FilesLine, PoolLine};
use dayone_domain::tree::is_identifier;
use dayone_workflow::Failure;
use dayone_workflow::audit::{AnchorFacts, AuditReport, TrailEntry, TrailOf};
use dayone_workflow::evidence::EvidenceFile;
use dayone_workflow::tie_out::{HoldingLine, PeriodTieOut};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use super::answer::{self, Answer};
use super::ask::{Asked, At, Reading};
use super::bodies::{Amount, BillName, InvoicePath, Who, bill, period, words};
use crate::apart::apart;
use crate::problem::Problem;

/// Files against allocation, for one source and provider invoice.
#[derive(Serialize, ToSchema)]
pub struct FilesBody {
    /// Identifier of the source.
    source: String,
    /// FOCUS ProviderName.
    provider: String,
    /// FOCUS InvoiceId.
    invoice: String,
    /// Charges in the files.
    charges: u64,
    /// Charges that allocation gave a receiver.
    allocated_charges: u64,
    /// Exact cost in the files.
    files: String,
    /// Exact cost that allocation gave a receiver.
    allocated: String,
    /// Whether both agree to the last digit.
    agrees: bool,
}

impl From<&FilesLine> for FilesBody {
    fn from(line: &FilesLine) -> FilesBody {
        FilesBody {
            source: line.source.clone(),
            provider: line.provider.clone(),
            invoice: line.invoice.clone(),
            charges: line.charges,
            allocated_charges: line.allocated_charges,
            files: line.files.to_string(),
            allocated: line.allocated.to_string(),
            agrees: line.agrees(),
        }
    }
}

/// A shared pool: what went in and what was passed on.
#[derive(Serialize, ToSchema)]
pub struct PoolBody {
    /// Identifier.
    pool: String,
    /// Name.
    name: String,
    /// Exact cost that went in.
    into: String,
    /// Exact sum of its shares.
    divided: String,
}

impl From<&PoolLine> for PoolBody {
    fn from(line: &PoolLine) -> PoolBody {
        PoolBody { pool: line.pool.clone(), name: line.pool_name.clone(), into: line.into.to_string(), divided: line.divided.to_string() }
    }
}

/// From billed to effective cost, for one billing account.
#[derive(Serialize, ToSchema)]
pub struct BridgeBody {
    /// FOCUS ProviderName.
    provider: String,
    /// FOCUS BillingAccountId.
    billing_account: String,
    /// Billed cost.
    billed: String,
    /// Purchases of commitments.
    prepaid_purchases: String,
    /// Commitment that usage consumed.
    amortisation: String,
    /// Commitment that nobody used.
    unused_commitment: String,
    /// Every other difference.
    residual: String,
    /// Effective cost.
    effective: String,
}

impl From<&BridgeLine> for BridgeBody {
    fn from(line: &BridgeLine) -> BridgeBody {
        BridgeBody {
            provider: line.provider.clone(),
            billing_account: line.billing_account.clone(),
            billed: line.billed.to_string(),
            prepaid_purchases: line.prepaid_purchases.to_string(),
            amortisation: line.amortisation.to_string(),
            unused_commitment: line.unused_commitment.to_string(),
            residual: line.residual.to_string(),
            effective: line.effective.to_string(),
        }
    }
}

/// Where a part of a bill stands.
#[derive(Serialize, ToSchema)]
pub struct StateBody {
    /// `posted`, `awaiting_posting`, `awaiting_acceptance`, `disputed`, `showback`, `central` or `unallocated`.
    state: &'static str,
    /// How much.
    amount: Amount,
}

/// What one holding account and cost centre carries of a bill.
#[derive(Serialize, ToSchema)]
pub struct HoldingBody {
    /// Account.
    account: String,
    /// Cost centre.
    cost_center: String,
    /// What accounts payable books there: the files' cost by provider invoice, each rounded by itself.
    billed: Amount,
    /// What journals have taken out of it.
    posted: Amount,
    /// What the account still has: billed, less posted.
    carried: Amount,
    /// The sum of all states but posted.
    not_posted: Amount,
    /// What of billed no invoice carries, since a provider rounds invoice by invoice and a bill is rounded from the top
    /// down. It stays on the account when everything is posted.
    rounding: Amount,
    /// Whether what the account still has is what is not posted, and rounding.
    agrees: bool,
}

impl From<&HoldingLine> for HoldingBody {
    fn from(line: &HoldingLine) -> HoldingBody {
        HoldingBody {
            account: line.account.clone(),
            cost_center: line.cost_center.clone(),
            billed: line.billed.into(),
            posted: line.posted.into(),
            carried: line.carried().into(),
            not_posted: line.not_posted.into(),
            rounding: line.rounding.into(),
            agrees: line.agrees(),
        }
    }
}

/// True-ups that name a bill.
#[derive(Serialize, ToSchema)]
pub struct TrueUpsBody {
    /// From 1.
    round: u32,
    /// Their sum.
    total: Amount,
    /// The bill whose invoices carry them.
    carried_by: Option<BillName>,
}

/// The newest anchor of the chain.
#[derive(Serialize, ToSchema)]
pub struct HeadBody {
    /// Its number.
    number: u64,
    /// SHA-256 of its bytes.
    digest: String,
    /// When it was made.
    at: DateTime<Utc>,
    /// How many streams it states.
    streams: u64,
    /// How many events these have.
    events: u64,
}

impl From<&AnchorFacts> for HeadBody {
    fn from(facts: &AnchorFacts) -> HeadBody {
        HeadBody { number: facts.number, digest: facts.digest.to_string(), at: facts.at, streams: facts.streams, events: facts.events }
    }
}

/// The tie-out of one issued bill.
#[derive(Serialize, ToSchema)]
pub struct TieOutBody {
    /// The bill.
    bill: BillName,
    /// `provisional` or `final`.
    stage: &'static str,
    /// `billed` or `effective`.
    basis: String,
    /// Whether everything agrees, and no newer delivery waits to be issued.
    ties_out: bool,
    /// A delivery counts that is not issued yet: `bill_total` is by it. Issuing makes a revision or a true-up of it.
    waits_for_issue: bool,
    /// What does not agree, each a sentence.
    differences: Vec<String>,
    /// The master bill, exact.
    master: String,
    /// All invoices as allocation drew them, exact.
    invoiced_exact: String,
    /// The master bill by the deliveries that count now, rounded.
    bill_total: Amount,
    /// All invoices, after disputes.
    issued: Amount,
    /// The same with the true-ups that name this bill: has to be `bill_total`.
    issued_with_true_ups: Amount,
    /// All invoices with the true-ups of earlier periods that they carry.
    due_on_invoices: Amount,
    /// Files against allocation.
    files: Vec<FilesBody>,
    /// Shared pools.
    pools: Vec<PoolBody>,
    /// With basis effective: the bridge to billed.
    bridge: Option<Vec<BridgeBody>>,
    /// True-ups that name this bill.
    true_ups: Vec<TrueUpsBody>,
    /// Where every minor unit of the bill and its true-ups stands.
    states: Vec<StateBody>,
    /// What of the amount that awaits acceptance is provisional: it can be accepted once the invoices are final.
    provisional: Amount,
    /// What the holding accounts carry.
    holding: Vec<HoldingBody>,
    /// The head of the chain of anchors.
    chain_head: Option<HeadBody>,
}

impl From<&PeriodTieOut> for TieOutBody {
    fn from(tie_out: &PeriodTieOut) -> TieOutBody {
        let proof = &tie_out.proof;
        let true_ups = tie_out.true_ups.iter().map(|(round, total, carried_by)| TrueUpsBody {
            round: *round,
            total: (*total).into(),
            carried_by: carried_by.map(BillName::from),
        });
        TieOutBody {
            bill: tie_out.bill.into(),
            stage: tie_out.stage.label(),
            basis: proof.basis.to_string(),
            ties_out: tie_out.ties_out(),
            waits_for_issue: tie_out.waits,
            differences: tie_out.differences.clone(),
            master: proof.master.to_string(),
            invoiced_exact: proof.invoiced_exact.to_string(),
            bill_total: proof.bill_total.into(),
            issued: tie_out.issued.into(),
            issued_with_true_ups: tie_out.charged().into(),
            due_on_invoices: tie_out.due().into(),
            files: proof.files.iter().map(FilesBody::from).collect(),
            pools: proof.pools.iter().map(PoolBody::from).collect(),
            bridge: proof.bridge.as_ref().map(|bridge| bridge.iter().map(BridgeBody::from).collect()),
            true_ups: true_ups.collect(),
            states: tie_out
                .states
                .iter()
                .map(|(state, amount)| StateBody { state: words::state(*state), amount: (*amount).into() })
                .collect(),
            provisional: tie_out.provisional().into(),
            holding: tie_out.holding.iter().map(HoldingBody::from).collect(),
            chain_head: tie_out.head.as_ref().map(HeadBody::from),
        }
    }
}

/// The billing period of an address.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct PeriodPath {
    /// Billing period, `2026-10`.
    period: String,
}

/// The proof that files, allocation, invoices and journals agree, for every issued bill of a period. For controllers,
/// FinOps and auditors.
#[utoipa::path(get, path = "/tie-out/{period}", operation_id = "read_tie_out", tag = "Proof", params(PeriodPath), responses((status = 200, body = Vec<TieOutBody>)))]
pub async fn tie_out(reading: Reading, At(path): At<PeriodPath>) -> Answer {
    let (Reading { tenant, actor, .. }, period) = (reading, period(&path.period)?);
    let tie_outs = apart(move || async move { tenant.tie_out(&actor, period).await }).await?;
    answer::json(&tie_outs.iter().map(TieOutBody::from).collect::<Vec<_>>())
}

/// Everything that an auditor asks of a period, as a ZIP file of plain files. For controllers, FinOps and auditors.
#[utoipa::path(get, path = "/evidence/{period}", operation_id = "read_evidence", tag = "Proof", params(PeriodPath),
    responses((status = 200, content_type = "application/zip", body = Vec<u8>)))]
pub async fn evidence(reading: Reading, At(path): At<PeriodPath>) -> Result<Response, Problem> {
    let period = period(&path.period)?;
    let Reading { tenant, actor, .. } = reading;
    let files = apart(move || async move { tenant.evidence(&actor, period).await }).await?;
    let folder = format!("evidence-{period}");
    let bytes = zipped(&folder, &files).map_err(Failure::broken)?;
    Ok(answer::whole_file("application/zip", &format!("{folder}.zip"), bytes))
}

/// The same files give the same bytes: no time is in them.
fn zipped(folder: &str, files: &[EvidenceFile]) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated).large_file(true);
    for file in files {
        writer.start_file(format!("{folder}/{}", file.path), options)?;
        writer.write_all(&file.bytes)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// One event of the trail.
#[derive(Serialize, ToSchema)]
pub struct EventBody {
    /// The stream.
    stream: String,
    /// Which event of it, from 1.
    version: u64,
    /// When.
    at: DateTime<Utc>,
    /// Who.
    by: Who,
    /// Who did what, a sentence.
    what: String,
    /// Why, in the words of whoever did it.
    why: Option<String>,
    /// From which input.
    input: Option<String>,
    /// The event's hash in the chain of its stream.
    hash: String,
}

impl From<&TrailEntry> for EventBody {
    fn from(entry: &TrailEntry) -> EventBody {
        EventBody {
            stream: entry.stream.to_string(),
            version: entry.version,
            at: entry.at,
            by: (&entry.by).into(),
            what: entry.what.clone(),
            why: entry.why.clone(),
            input: entry.input.clone(),
            hash: entry.hash.to_string(),
        }
    }
}

async fn trail_of(reading: &Reading, of: TrailOf) -> Answer {
    let entries = reading.tenant.trail(&reading.actor, of).await?;
    answer::json(&entries.iter().map(EventBody::from).collect::<Vec<_>>())
}

/// What the trail is to be of.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Of {
    /// `configuration`, for that alone.
    of: Option<String>,
    /// With `currency`: the bill of this billing period, with all that it is made of.
    period: Option<String>,
    /// Billing currency.
    currency: Option<String>,
}

/// What happened, oldest first: everything, configuration, or a bill. For controllers, FinOps and auditors.
#[utoipa::path(get, path = "/trail", operation_id = "read_trail", tag = "Proof", params(Of), responses((status = 200, body = Vec<EventBody>)))]
pub async fn trail(reading: Reading, Asked(of): Asked<Of>) -> Answer {
    let of = match (of.of.as_deref(), of.period.as_deref(), of.currency.as_deref()) {
        (None, None, None) => TrailOf::All,
        (Some("configuration"), None, None) => TrailOf::Configuration,
        (None, Some(period), Some(currency)) => TrailOf::Bill(bill(period, currency).ok_or_else(no_trail)?),
        _ => return Err(no_trail()),
    };
    trail_of(&reading, of).await
}

fn no_trail() -> Problem {
    let detail = "the trail is of everything, with `?of=configuration` of configuration, with `?period=2026-10&currency=USD` of a bill";
    Failure::invalid("trail", detail).into()
}

/// What happened to an invoice and its journals.
#[utoipa::path(get, path = "/invoices/{period}/{currency}/{group}/trail", operation_id = "read_invoice_trail", tag = "Proof", params(InvoicePath),
    responses((status = 200, body = Vec<EventBody>)))]
pub async fn invoice_trail(reading: Reading, At(path): At<InvoicePath>) -> Answer {
    trail_of(&reading, TrailOf::Invoice(path.invoice()?)).await
}

/// What happened to a cost group: its mode, its invoices, their journals.
#[utoipa::path(get, path = "/groups/{group}/trail", operation_id = "read_group_trail", tag = "Proof", params(super::groups::GroupPath),
    responses((status = 200, body = Vec<EventBody>)))]
pub async fn group_trail(reading: Reading, At(path): At<super::groups::GroupPath>) -> Answer {
    if !is_identifier(&path.group) {
        return Err(Failure::not_found("such cost group").into());
    }
    trail_of(&reading, TrailOf::Group(path.group)).await
}

/// What happened to a journal.
#[utoipa::path(get, path = "/journals/{reference}/trail", operation_id = "read_journal_trail", tag = "Proof", params(super::journals::JournalPath),
    responses((status = 200, body = Vec<EventBody>)))]
pub async fn journal_trail(reading: Reading, At(path): At<super::journals::JournalPath>) -> Answer {
    // Found first: a reference is checked there before it becomes a key.
    reading.tenant.journal(&reading.actor, &path.reference).await?;
    trail_of(&reading, TrailOf::Journal(path.reference)).await
}

/// What an audit looked at, and what it found.
#[derive(Serialize, ToSchema)]
pub struct AuditBody {
    /// Whether everything is as it was recorded.
    is_intact: bool,
    /// Streams that have a head.
    streams: u64,
    /// Events.
    events: u64,
    /// Documents that the events name.
    documents: u64,
    /// Anchors.
    anchors: u64,
    /// The newest anchor.
    chain_head: Option<HeadBody>,
    /// What is not as it was recorded, each a sentence.
    findings: Vec<String>,
}

impl From<&AuditReport> for AuditBody {
    fn from(report: &AuditReport) -> AuditBody {
        AuditBody {
            is_intact: report.findings.is_empty(),
            streams: report.streams,
            events: report.events,
            documents: report.documents,
            anchors: report.anchors,
            chain_head: report.head.as_ref().map(HeadBody::from),
            findings: report.findings.iter().map(ToString::to_string).collect(),
        }
    }
}

/// Reads every event, head, anchor and named document, holds every view and every posted journal against them, and says
/// what is not as it was recorded. For controllers, FinOps and auditors.
#[utoipa::path(get, path = "/audit", operation_id = "audit", tag = "Proof", responses((status = 200, body = AuditBody)))]
pub async fn audit(reading: Reading) -> Answer {
    reading.sees_all()?;
    let report = apart(move || async move { reading.tenant.verify().await }).await?;
    answer::json(&AuditBody::from(&report))
}
