//! The page of an invoice: what it says, what is asked, and what people say to it.

mod actions;
mod ask;
mod load;
mod parts;
mod talk;

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use dayone_documents::{Headline, amount};
use dayone_domain::BillingPeriod;
use dayone_domain::review::{InvoiceRef, Stage};
use dayone_workflow::Failure;
use dayone_workflow::audit::TrailOf;
use dayone_workflow::ledger::JournalFilter;
use dayone_workflow::review::{InvoicePage as Known, line_words};

use super::answer::{self, Answer, Notice};
use super::frame::{Frame, Place};
use super::mine::InvoiceRow;
use super::trail_rows::{self, TrailRow};
use super::visit::Visit;
use super::{address, words};
use ask::Ask;
use load::Loaded;
use parts::{Changes, MoveRow, TrueUpPart};
use talk::{DisputePart, Draft, QuestionPart, Raise};

pub use actions::{accept, acknowledge, answer as answer_question, ask as ask_question, comment, dispute, resolve};
pub use talk::Choice;

/// The address of an invoice: period, currency, cost group.
pub type At = Path<(String, String, String)>;

#[derive(Template)]
#[template(path = "invoice.html", whitespace = "minimize")]
struct InvoicePage {
    frame: Frame,
    index: String,
    index_label: String,
    head: Headline,
    currency: String,
    amount: String,
    sentence: String,
    made_of: Vec<String>,
    change: String,
    stands: String,
    chart: String,
    here: String,
    revision: u32,
    version: u64,
    ask: Option<Ask>,
    changes: Option<Changes>,
    true_ups: Vec<TrueUpPart>,
    true_ups_sum: String,
    moves: Vec<MoveRow>,
    moves_sum: String,
    article: String,
    /// Whether the group has an invoice of its own; else the page only rolls up.
    issued: bool,
    disputed: Option<String>,
    disputes: Vec<DisputePart>,
    raise: Option<Raise>,
    questions: Vec<QuestionPart>,
    question_draft: Draft,
    journals: Vec<InvoiceRow>,
    trail: Vec<TrailRow>,
    trail_summary: String,
    stored: Option<String>,
    ties: String,
}

/// The page.
pub async fn show(visit: Visit, Path(at): At) -> Response {
    let answer = async { page(&visit, &address::invoice_ref(at)?, &Notice::default()).await }.await;
    answer::of(&visit, answer)
}

/// The lines as CSV.
pub async fn lines(visit: Visit, Path(at): At) -> Response {
    let answer = async {
        let of = address::invoice_ref(at)?;
        let loaded = load::load(&visit, &of).await?;
        let text = match &loaded.page {
            Some(known) => dayone_documents::revision_csv(&known.document),
            None => loaded.book(&visit)?.csv(loaded.place),
        };
        Ok(answer::file(&format!("{}-{}-{}.csv", of.bill.period, of.bill.currency, of.group), "text/csv; charset=utf-8", text.into_bytes()))
    };
    answer::of(&visit, answer.await)
}

/// All of it as JSON.
pub async fn document(visit: Visit, Path(at): At) -> Response {
    let answer = async {
        let of = address::invoice_ref(at)?;
        let loaded = load::load(&visit, &of).await?;
        let book = loaded.book(&visit)?;
        let text = match &loaded.page {
            Some(known) => book.revision_json(loaded.place, &known.document),
            None => book.json(loaded.place),
        };
        Ok(answer::file(&format!("{}-{}-{}.json", of.bill.period, of.bill.currency, of.group), "application/json", text.into_bytes()))
    };
    answer::of(&visit, answer.await)
}

/// Writes the page.
async fn page(visit: &Visit, of: &InvoiceRef, notice: &Notice) -> Answer {
    let loaded = load::load(visit, of).await?;
    let page = built(visit, of, &loaded, notice).await?;
    answer::page(&page, notice.status())
}

async fn built(visit: &Visit, of: &InvoiceRef, loaded: &Loaded, notice: &Notice) -> Result<InvoicePage, Failure> {
    let book = loaded.book(visit)?;
    let head = book.headline(loaded.place);
    let known = loaded.page.as_ref();
    let currency = of.bill.currency;
    let due = known.map_or_else(|| head.in_all.unwrap_or(head.own), |known| known.document.due());
    let talk = talk::of(visit, loaded, notice);
    let mut page = InvoicePage {
        frame: Frame { refused: talk.refused(notice), ..frame(visit, of, &head.name, known, notice) },
        index: index(visit, of.bill.period),
        index_label: if visit.actor().sees_all() { format!("All of {}", of.bill.period.name()) } else { "Your invoices".to_owned() },
        currency: currency.to_string(),
        amount: amount::money(due),
        sentence: sentence(&head, known, of),
        made_of: made_of(&head, known, of),
        change: change(&head, known),
        stands: stands(known),
        chart: book.chart(loaded.place).map_err(Failure::broken)?,
        here: address::invoice(of),
        revision: known.map_or(0, |known| known.view.revision.number),
        version: known.map_or(0, |known| known.version),
        ask: known.map(|known| ask::of(visit, loaded, known)).transpose()?.flatten(),
        changes: None,
        true_ups: Vec::new(),
        true_ups_sum: String::new(),
        moves: Vec::new(),
        moves_sum: String::new(),
        article: book.article(loaded.place).map_err(Failure::broken)?,
        issued: known.is_some(),
        disputed: talk.disputed,
        disputes: talk.disputes,
        raise: talk.raise,
        questions: talk.questions,
        question_draft: talk.question_draft,
        journals: Vec::new(),
        trail: Vec::new(),
        trail_summary: String::new(),
        stored: known.map(|known| known.view.revision.document.clone()),
        ties: book.ties(),
        head,
    };
    if let Some(known) = known {
        page.add_known(visit, of, known).await?;
    }
    Ok(page)
}

impl InvoicePage {
    /// What only an issued invoice has.
    async fn add_known(&mut self, visit: &Visit, of: &InvoiceRef, known: &Known) -> Result<(), Failure> {
        self.changes = parts::changes(visit, of, known).await?;
        self.true_ups = parts::true_ups(of, known);
        self.true_ups_sum = amount::signed_money(known.document.true_ups());
        self.moves = parts::moves(visit, of, known);
        self.moves_sum = amount::signed_money(amount::sum(known.document.moves.iter().map(|moved| moved.amount), of.bill.currency));
        let filter = JournalFilter { group: Some(of.group.clone()), ..JournalFilter::default() };
        let journals = visit.tenant.journals(visit.actor(), filter).await?;
        self.journals = journals.iter().filter(|view| view.state.invoice == *of).map(parts::journal).collect();
        let entries = visit.tenant.trail(visit.actor(), TrailOf::Invoice(of.clone())).await?;
        self.trail = entries.iter().filter(|entry| !entry.is_repeated).map(|entry| trail_rows::row(visit, entry, false)).collect();
        self.trail_summary = words::counted(self.trail.len(), "entry: who did what, when and why", "entries: who did what, when and why");
        Ok(())
    }
}

fn frame(visit: &Visit, of: &InvoiceRef, name: &str, known: Option<&Known>, notice: &Notice) -> Frame {
    let mut frame = visit.frame(&format!("Cloud invoice · {}", of.bill.period.name()), Some(Place::Invoices));
    frame.title = format!("{name}, {}: cloud invoice of {}", of.bill.period.name(), frame.company);
    if let Some(known) = known {
        let (mode, stage) = (words::mode(known.view.revision.mode), words::stage(known.view.revision.stage));
        frame.badges = [mode, stage].map(|word| (word.to_lowercase(), word.to_owned())).to_vec();
    }
    frame.done = answer::what_was_done(visit);
    frame.problem = notice.problem();
    if let (Some(problem), Some(known)) = (&mut frame.problem, known) {
        problem.text = ask::said_of(visit, notice, known).unwrap_or_else(|| problem.text.clone());
    }
    frame
}

fn index(visit: &Visit, period: BillingPeriod) -> String {
    if visit.actor().sees_all() { answer::with("/", "month", &period.to_string()) } else { "/".to_owned() }
}

/// What the amount is of.
fn sentence(head: &Headline, known: Option<&Known>, of: &InvoiceRef) -> String {
    let corrected = known.map(corrected).unwrap_or_default();
    if !corrected.is_empty() {
        let itself = if head.in_all.is_some() { format!(" from {} itself", head.name) } else { String::new() };
        return format!("Due{itself} for {}, with true-ups of {}.", of.bill.period.name(), words::list(&corrected));
    }
    match (known, head.in_all) {
        (Some(_), Some(_)) => format!("What {} itself is charged for the cloud in {}.", head.name, of.bill.period.name()),
        _ => head.sentence.clone(),
    }
}

/// The closed months of which something is in the amount.
fn corrected(known: &Known) -> Vec<String> {
    let document = &known.document;
    let of_corrections = document.corrections.iter().map(|correction| correction.period);
    let periods: BTreeSet<BillingPeriod> = of_corrections.chain(document.moves.iter().filter_map(|moved| moved.corrects())).collect();
    periods.into_iter().map(|period| period.name()).collect()
}

/// How the amount is made up, where it is not only the month's own.
fn made_of(head: &Headline, known: Option<&Known>, of: &InvoiceRef) -> Vec<String> {
    let money = amount::money_with_code;
    let mut sentences = Vec::new();
    let Some(known) = known else {
        return vec![
            "It is charged nothing itself; the groups below are invoiced themselves. Here are the same numbers, rolled up.".to_owned(),
        ];
    };
    let document = &known.document;
    // What was moved of a true-up counts among the true-ups.
    let of_bill = document.moves.iter().filter(|moved| moved.corrects().is_none());
    let moved = amount::sum(of_bill.map(|moved| moved.amount), of.bill.currency);
    let has_true_ups = !document.corrections.is_empty() || document.moves.iter().any(|moved| moved.corrects().is_some());
    let mut parts = Vec::new();
    if !document.corrections.is_empty() || !document.moves.is_empty() {
        parts.push(format!("{} for {}", money(document.invoice.total), of.bill.period.name()));
    }
    if document.moves.iter().any(|moved| moved.corrects().is_none()) {
        parts.push(format!("{} moved by disputes", money(moved)));
    }
    if has_true_ups {
        parts.push(format!("{} of true-ups of closed months", money(document.true_ups())));
    }
    if !parts.is_empty() {
        sentences.push(format!("{}.", words::list(&parts)));
    }
    let revision = &known.view.revision;
    if revision.is_charged_in_part() {
        sentences.push(format!(
            "Of it, {} is charged once it is accepted; {} is for information, of months in showback.",
            money(revision.charged.sum()),
            money(revision.shown())
        ));
    }
    if let Some(in_all) = head.in_all {
        sentences.push(format!("With the groups below it: {}. They are invoiced themselves.", money(in_all)));
    }
    sentences
}

fn change(head: &Headline, known: Option<&Known>) -> String {
    match (known, head.in_all, &head.before) {
        (Some(_), Some(_), Some(_)) => format!("All together {}", head.change),
        (Some(_), None, Some(_)) if known.is_some_and(|known| known.document.due() != head.own) => {
            format!("The month’s own charges are {}", head.change)
        }
        _ => head.change.clone(),
    }
}

/// `Final, invoice 42, revision 2, issued on 3 September 2026.`
fn stands(known: Option<&Known>) -> String {
    let Some(known) = known else { return String::new() };
    let revision = &known.view.revision;
    let text = format!("{}, issued on {}.", words::revision(revision), words::date(revision.issued_on));
    let open = if revision.stage == Stage::Provisional { " It may still change." } else { "" };
    format!("{}{open}", super::problem::sentence(&text))
}
