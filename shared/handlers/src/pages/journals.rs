//! Journals: the list, what it comes to, and what sends them on.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use dayone_documents::amount;
use dayone_domain::Currency;
use dayone_domain::currency::Money;
use dayone_domain::ledger::{JournalKind, JournalStatus, Route};
use dayone_domain::review::{Charged, Standing};
use dayone_domain::tree::Mode;
use dayone_workflow::Failure;
use dayone_workflow::ledger::{BatchView, JournalFilter, PostReport, corrected_by, net_by_currency};
use dayone_workflow::review::InvoiceFilter;
use dayone_workflow::views::{InvoiceView, JournalView};

use super::answer::{self, Answer, Notice};
use super::frame::{Frame, Place};
use super::visit::{Posted, Visit};
use super::{address, problem, words};
use crate::apart::apart;

/// Journals in the ledger that are listed.
const MOST_SHOWN: usize = 500;

#[derive(Template)]
#[template(path = "journals.html", whitespace = "minimize")]
struct JournalsPage {
    frame: Frame,
    sentence: &'static str,
    reasons: Vec<Reason>,
    send: Option<Send>,
    totals: Vec<Totals>,
    parts: Vec<JournalsPart>,
    batches: Vec<BatchRow>,
}

struct Send {
    tone: &'static str,
    heading: String,
    text: String,
    may_post: bool,
    may_export: bool,
}

/// Why something was not posted.
struct Reason {
    href: String,
    what: String,
    why: String,
}

/// What the journals of one currency come to.
struct Totals {
    id: String,
    currency: String,
    rows: Vec<TotalRow>,
    count: String,
    net: String,
}

/// The journals of one kind.
struct TotalRow {
    kind: String,
    count: String,
    turnover: String,
    net: String,
}

struct JournalsPart {
    id: &'static str,
    heading: &'static str,
    sums: Vec<String>,
    about: Option<String>,
    may_choose: bool,
    rows: Vec<JournalRow>,
}

struct JournalRow {
    href: String,
    name: String,
    kind: &'static str,
    details: String,
    note: Option<String>,
    amount: String,
    /// What cost centres get of it, where that is not the amount.
    net: Option<String>,
    may_choose: bool,
    is_chosen: bool,
}

struct BatchRow {
    href: String,
    label: String,
    details: String,
}

/// The list.
pub async fn all(visit: Visit) -> Response {
    let answer = list(&visit, &Notice::default(), None).await;
    answer::of(&visit, answer)
}

/// Posts what was chosen; without a choice all that may be posted.
pub async fn post(posted: Posted) -> Response {
    let chosen = posted.fields.all("reference");
    let references = (!chosen.is_empty()).then_some(chosen);
    let (tenant, request) = (posted.visit.tenant.clone(), posted.request(false));
    let outcome = apart(move || async move { tenant.post(&request, references.as_deref()).await }).await;
    match outcome {
        Ok(report) => {
            let reasons = reasons(&posted.visit, &report);
            if reasons.is_empty() {
                return answer::see_other(&format!("/journals?done=posted&count={}", report.posted.len()));
            }
            // The reasons are texts, which no address carries: they are told here and now. Sent again, the form posts
            // nothing twice.
            let left = report.refused.len() + report.skipped.len() + report.not_built.len();
            let done = answer::posted(report.posted.len(), left, report.unknown.len());
            answer::of(&posted.visit, list(&posted.visit, &Notice::default(), Some((done, reasons))).await)
        }
        Err(failure) => answer::of(&posted.visit, list(&posted.visit, &Notice::failed("post", &posted, failure), None).await),
    }
}

/// All that a posting left where it was, each with the reason; of invoices that no journal can be made of, one row for a
/// reason.
fn reasons(visit: &Visit, report: &PostReport) -> Vec<Reason> {
    let journal = |(reference, why): &(String, String)| Reason {
        href: address::journal(reference),
        what: reference.clone(),
        why: problem::sentence(why),
    };
    let invoices = report.not_built_by_reason().into_iter().map(|(why, of)| {
        let first = of[0];
        let more = match of.len() - 1 {
            0 => String::new(),
            more => format!(" and {}", words::counted(more, "more accepted invoice", "more accepted invoices")),
        };
        Reason {
            href: address::invoice(first),
            what: format!("{}, {}{more}", visit.group_name(&first.group, first.bill.period), first.bill.period.name()),
            why: problem::sentence(why),
        }
    });
    let journals = report.unknown.iter().chain(&report.refused).chain(&report.skipped).map(journal);
    journals.chain(invoices).collect()
}

/// Freezes a batch.
pub async fn export(posted: Posted) -> Response {
    let (tenant, request) = (posted.visit.tenant.clone(), posted.request(false));
    let outcome = apart(move || async move { tenant.export(&request).await }).await;
    match outcome {
        Ok(report) => answer::see_other(&format!("/journals?done=exported&batch={}&count={}#batches", report.batch, report.journals.len())),
        Err(failure) => answer::of(&posted.visit, list(&posted.visit, &Notice::failed("export", &posted, failure), None).await),
    }
}

/// The file of a batch.
pub async fn batch(visit: Visit, Path(number): Path<u64>) -> Response {
    let found = visit.tenant.batch(visit.actor(), number).await;
    let answer = found.map(|(_, bytes)| answer::file(&format!("batch-{number:06}.csv"), "text/csv; charset=utf-8", bytes));
    answer::of(&visit, answer)
}

async fn list(visit: &Visit, notice: &Notice, posted: Option<(String, Vec<Reason>)>) -> Answer {
    let journals = visit.tenant.journals(visit.actor(), JournalFilter::default()).await?;
    let batches = if visit.actor().sees_all() { visit.tenant.batches(visit.actor()).await? } else { Vec::new() };
    let mut frame = visit.frame("Journals", Some(Place::Journals));
    let (done, reasons) = posted.map_or_else(|| (answer::what_was_done(visit), Vec::new()), |(done, reasons)| (Some(done), reasons));
    frame.done = done;
    frame.problem = notice.problem();
    let send = if visit.is_controller() { Some(send(visit, &journals).await?) } else { None };
    let page = JournalsPage {
        frame,
        sentence: match journals.is_empty() {
            true => "There is none yet. A journal is made when an owner of a cost group in chargeback accepts a final invoice.",
            false => "What owners have accepted, on its way to the general ledger. Each lands once.",
        },
        reasons,
        send,
        totals: totals(&journals),
        parts: parts(visit, &journals, &notice.fields.all("reference")),
        batches: batches.iter().rev().map(|batch| batch_row(visit, batch)).collect(),
    };
    answer::page(&page, notice.status())
}

/// What can be sent.
async fn send(visit: &Visit, journals: &[JournalView]) -> Result<Send, Failure> {
    let ready = journals.iter().filter(|view| waits(view.state.status)).count();
    if ready > 0 {
        return Ok(Send {
            tone: "wait",
            heading: words::counted(ready, "journal waits to be posted", "journals wait to be posted"),
            text: "Choose some below, or none to post all that may be posted. Nobody posts what they alone accepted. An export takes all that are ready.".to_owned(),
            may_post: true,
            may_export: true,
        });
    }
    let filter = InvoiceFilter { standing: Some(Standing::Accepted), ..InvoiceFilter::default() };
    let accepted = visit.tenant.invoices(visit.actor(), filter).await?;
    let unbooked = accepted.iter().filter(|view| view.revision.mode == Mode::Chargeback && is_unbooked(view, journals)).count();
    let counted = words::counted(unbooked, "accepted invoice is not booked in full", "accepted invoices are not booked in full");
    Ok(Send {
        tone: if unbooked > 0 { "wait" } else { "aside" },
        heading: "Nothing waits to be posted".to_owned(),
        text: match unbooked {
            0 => "Journals come here once owners accept final invoices.".to_owned(),
            _ => format!("{counted}. Post to see why."),
        },
        may_post: unbooked > 0,
        may_export: false,
    })
}

/// Whether the journals of an invoice do not come to what is charged of it.
fn is_unbooked(view: &InvoiceView, journals: &[JournalView]) -> bool {
    let bill = view.of.bill;
    let of_invoice = journals.iter().filter(|journal| journal.state.invoice == view.of);
    let (own, corrected): (Vec<&JournalView>, Vec<&JournalView>) = of_invoice.partition(|journal| journal.period == bill.period);
    let booked = |journals: &[&JournalView]| amount::sum(journals.iter().map(|journal| journal.moved), bill.currency);
    Charged { total: booked(&own), true_ups: booked(&corrected) } != view.revision.charged
}

fn waits(status: JournalStatus) -> bool {
    matches!(status, JournalStatus::Ready | JournalStatus::Sending | JournalStatus::Refused)
}

/// What the journals come to, by kind.
fn totals(journals: &[JournalView]) -> Vec<Totals> {
    let count = |count: usize| amount::count(count as u64);
    let kinds: BTreeSet<JournalKind> = journals.iter().map(|view| view.state.kind).collect();
    let of_kind = |kind: JournalKind, currency: Currency| {
        let of: Vec<&JournalView> =
            journals.iter().filter(|view| view.state.kind == kind && view.turnover.currency() == currency).collect();
        let net = *net_by_currency(of.iter().copied()).get(&currency)?;
        Some(TotalRow {
            kind: problem::sentence(kind.label()).trim_end_matches('.').to_owned(),
            count: count(of.len()),
            turnover: amount::money(amount::sum(of.iter().map(|view| view.turnover), currency)),
            net: amount::money(net),
        })
    };
    let of_currency = |(currency, net): (Currency, Money)| Totals {
        id: format!("totals-{currency}"),
        currency: currency.to_string(),
        rows: kinds.iter().filter_map(|kind| of_kind(*kind, currency)).collect(),
        count: count(journals.iter().filter(|view| view.turnover.currency() == currency).count()),
        net: amount::money(net),
    };
    net_by_currency(journals).into_iter().map(of_currency).collect()
}

const PARTS: [(&str, &str, &[JournalStatus]); 5] = [
    ("unknown", "Outcome unknown", &[JournalStatus::OutcomeUnknown]),
    ("refused", "Refused by the ERP", &[JournalStatus::Refused]),
    ("ready", "Ready", &[JournalStatus::Ready, JournalStatus::Sending]),
    ("handed-over", "Handed over", &[JournalStatus::HandedOver]),
    ("posted", "In the ledger", &[JournalStatus::Posted, JournalStatus::Reversed]),
];

fn parts(visit: &Visit, journals: &[JournalView], chosen: &[String]) -> Vec<JournalsPart> {
    let mut parts = Vec::new();
    let corrected = corrected_by(journals);
    for (id, heading, statuses) in PARTS {
        let mut of: Vec<&JournalView> = journals.iter().filter(|view| statuses.contains(&view.state.status)).collect();
        of.sort_by(|a, b| a.state.reference.cmp(&b.state.reference));
        if id == "posted" {
            of.reverse();
        }
        if of.is_empty() {
            continue;
        }
        let sum = |net| format!("{} net", amount::money_with_code(net));
        let about = match id {
            "unknown" => Some("The ERP did not say. Look there by the reference, and record the number; nothing is sent twice.".to_owned()),
            "handed-over" => Some("In a batch. Record the ERP’s number once it is imported.".to_owned()),
            _ if of.len() > MOST_SHOWN => Some(format!("The newest {MOST_SHOWN} of {}.", of.len())),
            _ => None,
        };
        parts.push(JournalsPart {
            id,
            heading,
            sums: net_by_currency(of.iter().copied()).into_values().map(sum).collect(),
            about,
            may_choose: visit.is_controller() && of.iter().any(|view| waits(view.state.status)),
            rows: of.iter().take(MOST_SHOWN).map(|view| row(visit, view, &corrected, chosen)).collect(),
        });
    }
    parts
}

fn row(visit: &Visit, view: &JournalView, corrected: &BTreeMap<String, Vec<String>>, chosen: &[String]) -> JournalRow {
    let number = view.state.number.as_ref().map(|number| format!("ERP number {number}"));
    let status = (view.state.status == JournalStatus::Reversed || view.state.status == JournalStatus::Sending)
        .then(|| view.state.status.label().to_owned());
    let group = visit.group_name(&view.state.invoice.group, view.state.invoice.bill.period);
    let corrects = view.state.of_journal.as_ref().map(|of| format!("corrects {of}"));
    let corrected_by = corrected.get(&view.state.reference).map(|by| format!("corrected by {}", words::list(by)));
    JournalRow {
        href: address::journal(&view.state.reference),
        name: view.state.reference.clone(),
        kind: view.state.kind.label(),
        details: [Some(group), Some(view.period.name()), number, status, corrects, corrected_by]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" · "),
        note: note(visit, view),
        amount: amount::money_with_code(view.turnover),
        net: (view.moved != view.turnover).then(|| amount::money(view.moved)),
        is_chosen: chosen.contains(&view.state.reference),
        may_choose: waits(view.state.status),
    }
}

/// What keeps it from being posted.
fn note(visit: &Visit, view: &JournalView) -> Option<String> {
    if !waits(view.state.status) && view.state.status != JournalStatus::OutcomeUnknown {
        return batch_of(view).map(|batch| format!("Batch {batch}"));
    }
    let said = view.state.said.as_ref().map(|said| problem::sentence(said));
    let me = visit.actor().person.mail.as_str();
    let is_mine = !view.accepted_by.is_empty() && view.accepted_by.iter().all(|by| by.mail() == Some(me));
    said.or_else(|| is_mine.then(|| "Accepted by you alone: somebody else has to post it.".to_owned()))
}

/// The batch that a journal left in.
pub fn batch_of(view: &JournalView) -> Option<u64> {
    match view.state.frozen.as_ref()?.route {
        Route::Export { batch } => Some(batch),
        Route::Call => None,
    }
}

fn batch_row(visit: &Visit, batch: &BatchView) -> BatchRow {
    BatchRow {
        href: format!("/batches/{}", batch.number),
        label: format!("Batch {}, CSV", batch.number),
        details: format!(
            "{}, frozen by {} on {}",
            words::counted(batch.journals as usize, "journal", "journals"),
            visit.who(&batch.exported_by),
            visit.moment(batch.at)
        ),
    }
}
