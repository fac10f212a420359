//! One journal: its lines, where it comes from, and what undoes or recodes it.

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use dayone_documents::amount;
use dayone_domain::ledger::journal::Coding;
use dayone_domain::ledger::{JournalKind, JournalLine, JournalStatus, Side};
use dayone_workflow::Failure;
use dayone_workflow::audit::TrailOf;
use dayone_workflow::ledger::{JournalFilter, JournalPage as Known, corrected_by};

use super::answer::{self, Answer, Notice};
use super::frame::{Frame, Place};
use super::invoice::Choice;
use super::journals::batch_of;
use super::trail_rows::{self, TrailRow};
use super::visit::{Posted, Visit};
use super::{address, problem, words};

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
    /// Whether the invoice waits for its owner again once it is reversed.
    opens_invoice: bool,
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
        let missing = |code, what: &str| Failure::invalid(code, format!("say the {what}"));
        let to = Coding {
            account: fields.filled("account").ok_or_else(|| missing("coding", "account"))?.to_owned(),
            cost_center: fields.filled("cost_center").ok_or_else(|| missing("cost-center", "cost centre"))?.to_owned(),
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
    let may_reverse = visit.is_controller() && state.may_be_reversed().is_ok();
    let recodable = if may_reverse { visit.tenant.recodable_lines(&known).await? } else { Vec::new() };
    let filter = JournalFilter { group: Some(state.invoice.group.clone()), ..JournalFilter::default() };
    let corrected = corrected_by(&visit.tenant.journals(visit.actor(), filter).await?);
    let mut frame = visit.frame("Journal", Some(Place::Journals));
    frame.title = format!("{reference} · {}", frame.company);
    let status = problem::sentence(state.status.label());
    frame.badges = vec![(state.status.label().replace(' ', "-"), status.trim_end_matches('.').to_owned())];
    frame.done = answer::what_was_done(visit);
    frame.problem = notice.problem();
    let mut page = JournalPage {
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
        facts: facts(visit, &known, corrected.get(reference).map(Vec::as_slice).unwrap_or_default()),
        may_record: visit.is_controller() && matches!(state.status, JournalStatus::HandedOver | JournalStatus::OutcomeUnknown),
        may_reverse,
        opens_invoice: opens_invoice(state.kind),
        reclass_lines: reclass_lines(&known, &recodable, &notice.typed("reclass", "line")),
        draft: drafts(notice),
        trail: entries.iter().map(|entry| trail_rows::row(visit, entry, false)).collect(),
    };
    let is_there = if notice.is_of("number") { page.may_record } else { page.may_reverse };
    page.frame.refused = notice.refused(is_there);
    answer::page(&page, notice.status())
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

/// Whether reversing a journal of this kind takes the acceptance of its invoice back.
fn opens_invoice(kind: JournalKind) -> bool {
    matches!(kind, JournalKind::Recharge | JournalKind::TrueUp)
}

fn reclass_lines(known: &Known, recodable: &[usize], chosen: &str) -> Vec<Choice> {
    let choice = |(place, line): (usize, &JournalLine)| Choice {
        value: place.to_string(),
        label: format!("{} {}, {}: {}", line.side.label(), line.coding.account, coding(&line.coding), amount::money(line.amount)),
        is_chosen: place.to_string() == chosen,
    };
    known.entry.lines().iter().enumerate().filter(|(place, _)| recodable.contains(place)).map(choice).collect()
}

fn facts(visit: &Visit, known: &Known, corrected_by: &[String]) -> Vec<Fact> {
    let facts = known.entry.facts();
    let of = &facts.invoice;
    let group = visit.group_name(&of.group, of.bill.period);
    let number = facts.invoice_number.map(|number| format!("Invoice {number}, ")).unwrap_or_default();
    let accepted: Vec<String> = known.view.accepted_by.iter().map(|by| visit.who(by)).collect();
    let plain = |name, value: String| Some(Fact { name, value, href: None });
    let journal = |name, reference: &String| Fact { name, value: reference.clone(), href: Some(address::journal(reference)) };
    let of_name = if facts.kind == JournalKind::Reversal { "Reverses" } else { "Recodes" };
    // Its reversal has a row of its own.
    let recoded_by = corrected_by.iter().filter(|reference| known.state.reversed_by.as_ref() != Some(reference));
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
    .chain(recoded_by.map(|reference| Some(journal("Corrected by", reference))))
    .flatten()
    .collect()
}
