//! Journals: the list, one of them, and what moves them on.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use dayone_documents::amount;
use dayone_domain::ledger::journal::Coding;
use dayone_domain::ledger::{JournalKind, JournalLine, JournalStatus, Route, Side};
use dayone_domain::review::{InvoiceRef, Standing};
use dayone_domain::tree::Mode;
use dayone_workflow::Failure;
use dayone_workflow::audit::TrailOf;
use dayone_workflow::ledger::{BatchView, JournalFilter, JournalPage as Known, PostReport};
use dayone_workflow::review::InvoiceFilter;
use dayone_workflow::views::{InvoiceView, JournalView};

use super::answer::{self, Answer, Notice};
use super::frame::{Frame, Place};
use super::invoice::Choice;
use super::trail_rows::{self, TrailRow};
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
    may_choose: bool,
}

struct BatchRow {
    href: String,
    label: String,
    details: String,
}

#[derive(Template)]
#[template(path = "journal.html", whitespace = "minimize")]
struct JournalPage {
    frame: Frame,
    here: String,
    version: u64,
    kind: String,
    reference: String,
    currency: String,
    amount: String,
    text: String,
    stands: String,
    said: Option<String>,
    lines: Vec<LineRow>,
    facts: Vec<Fact>,
    may_record: bool,
    may_reverse: bool,
    reclass_lines: Vec<Choice>,
    draft: Drafts,
    trail: Vec<TrailRow>,
}

struct LineRow {
    account: String,
    coding: String,
    debit: String,
    credit: String,
}

struct Fact {
    name: &'static str,
    value: String,
    href: Option<String>,
}

#[derive(Default)]
struct Drafts {
    record_is_open: bool,
    number: String,
    reverse_is_open: bool,
    reason: String,
    reclass_is_open: bool,
    account: String,
    cost_center: String,
    department: String,
    legal_entity: String,
    reclass_reason: String,
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
            let left = reasons.len() - report.unknown.len();
            let done = answer::posted(report.posted.len(), left, report.unknown.len());
            answer::of(&posted.visit, list(&posted.visit, &Notice::default(), Some((done, reasons))).await)
        }
        Err(failure) => answer::of(&posted.visit, list(&posted.visit, &Notice::failed("post", &posted, failure), None).await),
    }
}

/// All that a posting left where it was, each with the reason.
fn reasons(visit: &Visit, report: &PostReport) -> Vec<Reason> {
    let journal = |(reference, why): &(String, String)| Reason {
        href: address::journal(reference),
        what: reference.clone(),
        why: problem::sentence(why),
    };
    let invoice = |(of, why): &(InvoiceRef, String)| Reason {
        href: address::invoice(of),
        what: format!("{}, {}", visit.group_name(&of.group, of.bill.period), of.bill.period.name()),
        why: problem::sentence(why),
    };
    let journals = report.unknown.iter().chain(&report.refused).chain(&report.skipped).map(journal);
    journals.chain(report.not_built.iter().map(invoice)).collect()
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
        parts: parts(visit, &journals),
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

/// Whether the journals of an invoice do not come to what is due.
fn is_unbooked(view: &InvoiceView, journals: &[JournalView]) -> bool {
    let of_invoice = journals.iter().filter(|journal| journal.state.invoice == view.of);
    words::sum(of_invoice.map(|journal| journal.moved), view.of.bill.currency) != view.revision.due()
}

fn waits(status: JournalStatus) -> bool {
    matches!(status, JournalStatus::Ready | JournalStatus::Sending | JournalStatus::Refused)
}

const PARTS: [(&str, &str, &[JournalStatus]); 5] = [
    ("unknown", "Outcome unknown", &[JournalStatus::OutcomeUnknown]),
    ("refused", "Refused by the ERP", &[JournalStatus::Refused]),
    ("ready", "Ready", &[JournalStatus::Ready, JournalStatus::Sending]),
    ("handed-over", "Handed over", &[JournalStatus::HandedOver]),
    ("posted", "In the ledger", &[JournalStatus::Posted, JournalStatus::Reversed]),
];

fn parts(visit: &Visit, journals: &[JournalView]) -> Vec<JournalsPart> {
    let mut parts = Vec::new();
    for (id, heading, statuses) in PARTS {
        let mut of: Vec<&JournalView> = journals.iter().filter(|view| statuses.contains(&view.state.status)).collect();
        of.sort_by(|a, b| a.state.reference.cmp(&b.state.reference));
        if id == "posted" {
            of.reverse();
        }
        if of.is_empty() {
            continue;
        }
        let mut currencies: Vec<_> = of.iter().map(|view| view.turnover.currency()).collect();
        currencies.sort();
        currencies.dedup();
        let sum = |currency| words::sum(of.iter().map(|view| view.turnover).filter(|amount| amount.currency() == currency), currency);
        let about = match id {
            "unknown" => Some("The ERP did not say. Look there by the reference, and record the number; nothing is sent twice.".to_owned()),
            "handed-over" => Some("In a batch. Record the ERP’s number once it is imported.".to_owned()),
            _ if of.len() > MOST_SHOWN => Some(format!("The newest {MOST_SHOWN} of {}.", of.len())),
            _ => None,
        };
        parts.push(JournalsPart {
            id,
            heading,
            sums: currencies.into_iter().map(|currency| amount::money_with_code(sum(currency))).collect(),
            about,
            may_choose: visit.is_controller() && of.iter().any(|view| waits(view.state.status)),
            rows: of.iter().take(MOST_SHOWN).map(|view| row(visit, view)).collect(),
        });
    }
    parts
}

fn row(visit: &Visit, view: &JournalView) -> JournalRow {
    let number = view.state.number.as_ref().map(|number| format!("ERP number {number}"));
    let status = (view.state.status == JournalStatus::Reversed || view.state.status == JournalStatus::Sending)
        .then(|| view.state.status.label().to_owned());
    let group = visit.group_name(&view.state.invoice.group, view.state.invoice.bill.period);
    JournalRow {
        href: address::journal(&view.state.reference),
        name: view.state.reference.clone(),
        kind: view.state.kind.label(),
        details: [Some(group), Some(view.period.name()), number, status].into_iter().flatten().collect::<Vec<_>>().join(" · "),
        note: note(visit, view),
        amount: amount::money_with_code(view.turnover),
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

fn batch_of(view: &JournalView) -> Option<u64> {
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

/// One journal.
pub async fn show(visit: Visit, Path(reference): Path<String>) -> Response {
    let answer = page(&visit, &reference, &Notice::default()).await;
    answer::of(&visit, answer)
}

async fn back(posted: &Posted, reference: &str, form: &str, outcome: Result<(String, &str), Failure>) -> Response {
    match outcome {
        Ok((to, what)) => answer::done(&address::journal(&to), what),
        Err(failure) => answer::of(&posted.visit, page(&posted.visit, reference, &Notice::failed(form, posted, failure)).await),
    }
}

/// Undoes a posted journal.
pub async fn reverse(Path(reference): Path<String>, posted: Posted) -> Response {
    let made = posted.visit.tenant.reverse(&posted.request(true), &reference, posted.fields.get("reason")).await;
    back(&posted, &reference, "reversal", made.map(|view| (view.state.reference, "reversed"))).await
}

/// Takes a line to another coding.
pub async fn reclass(Path(reference): Path<String>, posted: Posted) -> Response {
    let fields = &posted.fields;
    let outcome = async {
        let missing = |what: &str| Failure::invalid("coding", format!("say the {what}"));
        let to = Coding {
            account: fields.filled("account").ok_or_else(|| missing("account"))?.to_owned(),
            cost_center: fields.filled("cost_center").ok_or_else(|| missing("cost centre"))?.to_owned(),
            department: fields.filled("department").map(str::to_owned),
            legal_entity: fields.filled("legal_entity").map(str::to_owned),
        };
        let line = fields.number("line").ok_or_else(|| Failure::invalid("line", "choose a line"))?;
        let view = posted.visit.tenant.reclass(&posted.request(true), &reference, line, to, fields.get("reason")).await?;
        Ok((view.state.reference, "reclassed"))
    };
    back(&posted, &reference, "reclass", outcome.await).await
}

/// Notes the ERP's number.
pub async fn record(Path(reference): Path<String>, posted: Posted) -> Response {
    let made = posted.visit.tenant.record_number(&posted.request(true), &reference, posted.fields.get("number")).await;
    back(&posted, &reference, "number", made.map(|view| (view.state.reference, "recorded"))).await
}

async fn page(visit: &Visit, reference: &str, notice: &Notice) -> Answer {
    let known = visit.tenant.journal(visit.actor(), reference).await?;
    let entries = visit.tenant.trail(visit.actor(), TrailOf::Journal(reference.to_owned())).await?;
    let state = &known.state;
    let mut frame = visit.frame("Journal", Some(Place::Journals));
    frame.title = format!("{reference} · {}", frame.company);
    let status = problem::sentence(state.status.label());
    frame.badges = vec![(state.status.label().replace(' ', "-"), status.trim_end_matches('.').to_owned())];
    frame.done = answer::what_was_done(visit);
    frame.problem = notice.problem();
    let page = JournalPage {
        frame,
        here: address::journal(reference),
        version: known.trail.len() as u64,
        kind: state.kind.label().to_owned(),
        reference: reference.to_owned(),
        currency: known.entry.currency().to_string(),
        amount: amount::money(known.entry.turnover()),
        text: known.entry.facts().text.clone(),
        stands: stands(&known),
        said: state.said.clone().filter(|_| !state.status.is_in_ledger()),
        lines: known.entry.lines().iter().map(line).collect(),
        facts: facts(visit, &known),
        may_record: visit.is_controller() && matches!(state.status, JournalStatus::HandedOver | JournalStatus::OutcomeUnknown),
        may_reverse: visit.is_controller() && state.may_be_reversed().is_ok(),
        reclass_lines: reclass_lines(&known, &notice.typed("reclass", "line")),
        draft: drafts(notice),
        trail: entries.iter().map(|entry| trail_rows::row(visit, entry, false)).collect(),
    };
    answer::page(&page, if notice.failure.is_some() { notice.status() } else { StatusCode::OK })
}

fn drafts(notice: &Notice) -> Drafts {
    let reclass = |field| notice.typed("reclass", field);
    Drafts {
        record_is_open: notice.is_of("number"),
        number: notice.typed("number", "number"),
        reverse_is_open: notice.is_of("reversal"),
        reason: notice.typed("reversal", "reason"),
        reclass_is_open: notice.is_of("reclass"),
        account: reclass("account"),
        cost_center: reclass("cost_center"),
        department: reclass("department"),
        legal_entity: reclass("legal_entity"),
        reclass_reason: reclass("reason"),
    }
}

fn stands(known: &Known) -> String {
    let state = &known.state;
    let mut text = problem::sentence(state.status.label());
    if let Some(number) = &state.number {
        text = format!("{} ERP number {number}.", text);
    }
    if let Some(frozen) = &state.frozen {
        text += &format!(" Posting date {}, ledger period {}.", words::date(frozen.posting_date), frozen.ledger_period.name());
        if let Some(original) = frozen.original_period {
            text += &format!(" {} was closed already.", original.name());
        }
    }
    text
}

fn line(line: &JournalLine) -> LineRow {
    let amount = amount::money(line.amount);
    let (debit, credit) = if line.side == Side::Debit { (amount, String::new()) } else { (String::new(), amount) };
    LineRow { account: line.coding.account.clone(), coding: coding(&line.coding), debit, credit }
}

fn coding(coding: &Coding) -> String {
    let parts = [
        Some(format!("cost centre {}", coding.cost_center)),
        coding.department.as_ref().map(|department| format!("department {department}")),
        coding.legal_entity.clone(),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn reclass_lines(known: &Known, chosen: &str) -> Vec<Choice> {
    let choice = |(place, line): (usize, &JournalLine)| Choice {
        value: place.to_string(),
        label: format!("{} {}, {}: {}", line.side.label(), line.coding.account, coding(&line.coding), amount::money(line.amount)),
        is_chosen: place.to_string() == chosen,
    };
    known.entry.lines().iter().enumerate().map(choice).collect()
}

fn facts(visit: &Visit, known: &Known) -> Vec<Fact> {
    let facts = known.entry.facts();
    let of = &facts.invoice;
    let group = visit.group_name(&of.group, of.bill.period);
    let number = facts.invoice_number.map(|number| format!("Invoice {number}, ")).unwrap_or_default();
    let accepted: Vec<String> = known.view.accepted_by.iter().map(|by| visit.who(by)).collect();
    let plain = |name, value: String| Some(Fact { name, value, href: None });
    let journal = |name, reference: &String| Fact { name, value: reference.clone(), href: Some(address::journal(reference)) };
    let of_name = if facts.kind == JournalKind::Reversal { "Reverses" } else { "Recodes" };
    [
        Some(Fact {
            name: "Invoice",
            value: format!("{number}{group}, {}, revision {}", of.bill.period.name(), facts.revision),
            href: Some(address::invoice(of)),
        }),
        (!accepted.is_empty()).then(|| Fact { name: "Accepted by", value: words::list(&accepted), href: None }),
        plain("Cost of", facts.period.name()),
        plain("Document date", words::date(facts.document_date)),
        facts.of_journal.as_ref().map(|reference| journal(of_name, reference)),
        known.state.reversed_by.as_ref().map(|reference| journal("Reversed by", reference)),
        batch_of(&known.view).map(|batch| Fact {
            name: "Left in",
            value: format!("Batch {batch}"),
            href: visit.actor().sees_all().then(|| format!("/batches/{batch}")),
        }),
        plain("Stored under SHA-256", known.state.document.clone()),
    ]
    .into_iter()
    .flatten()
    .collect()
}
