//! The invoices of an owner: what waits first.

use std::cmp::Reverse;

use askama::Template;
use axum::response::Response;
use dayone_documents::amount;
use dayone_domain::review::Standing;
use dayone_workflow::review::InvoiceFilter;
use dayone_workflow::views::InvoiceView;

use super::answer::{self, Answer};
use super::frame::{Frame, Place};
use super::visit::Visit;
use super::{address, words};

/// Invoices that do not wait, at most.
const MOST_EARLIER: usize = 60;

#[derive(Template)]
#[template(path = "mine.html", whitespace = "minimize")]
struct MinePage {
    frame: Frame,
    sentence: String,
    parts: Vec<MinePart>,
}

struct MinePart {
    id: &'static str,
    heading: String,
    column: &'static str,
    about: Option<&'static str>,
    rows: Vec<InvoiceRow>,
}

/// An invoice in a list.
pub struct InvoiceRow {
    pub href: String,
    pub name: String,
    pub month: String,
    pub details: String,
    pub asked: &'static str,
    pub amount: String,
    /// Empty where there are none, or where they are in the amount.
    pub true_ups: String,
    pub level: usize,
}

/// The page.
pub async fn show(visit: Visit) -> Response {
    let answer = page(&visit).await;
    answer::of(&visit, answer)
}

/// The invoices that a person answers for.
pub async fn own(visit: &Visit) -> Result<Vec<InvoiceView>, dayone_workflow::Failure> {
    let seen = visit.tenant.invoices(visit.actor(), InvoiceFilter::default()).await?;
    Ok(seen.into_iter().filter(|view| visit.actor().owns(&view.of.group)).collect())
}

/// Writes the page.
pub async fn page(visit: &Visit) -> Answer {
    let invoices = own(visit).await?;
    let mut frame = visit.frame("Your invoices", Some(Place::Invoices));
    frame.done = answer::what_was_done(visit);
    let page = MinePage { frame, sentence: sentence(visit), parts: parts(invoices) };
    answer::page(&page, axum::http::StatusCode::OK)
}

fn sentence(visit: &Visit) -> String {
    let actor = visit.actor();
    let newest = visit.settings().ok().and_then(|settings| settings.trees.all().last());
    let groups = newest.map(|tree| tree.groups()).unwrap_or_default();
    let named: Vec<String> = groups
        .iter()
        .filter(|group| actor.owns(&group.id) && !group.parent.is_some_and(|parent| actor.owns(&groups[parent].id)))
        .map(|group| group.name.clone())
        .collect();
    match named.len() {
        0 => "No cost group names you as its owner.".to_owned(),
        1..=4 => format!("You answer for {}.", words::list(&named)),
        count => format!("You answer for {} cost groups.", amount::count(count as u64)),
    }
}

fn parts(mut invoices: Vec<InvoiceView>) -> Vec<MinePart> {
    invoices.sort_by_key(|view| (order(view.standing), Reverse(view.of.bill.period), Reverse(view.revision.due().minor().abs())));
    let of = |wanted: &[Standing]| -> Vec<InvoiceRow> {
        let fitting = invoices.iter().filter(|view| wanted.contains(&view.standing));
        fitting.map(row).collect()
    };
    let waiting = of(&[Standing::ToAccept, Standing::Disputed, Standing::ToRead]);
    let provisional = of(&[Standing::Provisional]);
    let mut earlier: Vec<&InvoiceView> =
        invoices.iter().filter(|view| matches!(view.standing, Standing::Accepted | Standing::Read)).collect();
    earlier.sort_by_key(|view| Reverse(view.of.bill.period));
    let earlier: Vec<InvoiceRow> = earlier.into_iter().take(MOST_EARLIER).map(row).collect();
    let about = waiting.is_empty().then_some("Nothing. You are done.");
    let part = |id, heading: &str, column, about, rows| MinePart { id, heading: heading.to_owned(), column, about, rows };
    let mut parts = vec![part("waiting", "Waits for you", "What is asked", about, waiting)];
    if !provisional.is_empty() {
        let about = Some("They may still change. You can read them and ask; there is nothing to accept yet.");
        parts.push(part("provisional", "Provisional", "Stands", about, provisional));
    }
    if !earlier.is_empty() {
        parts.push(part("earlier", "Done", "Stands", None, earlier));
    }
    parts
}

fn order(standing: Standing) -> u8 {
    match standing {
        Standing::ToAccept => 0,
        Standing::Disputed => 1,
        Standing::ToRead => 2,
        Standing::Provisional => 3,
        Standing::Accepted | Standing::Read => 4,
    }
}

/// An invoice in a list of several months.
pub fn row(view: &InvoiceView) -> InvoiceRow {
    let mut details = vec![words::revision(&view.revision)];
    details.extend(open_items(view));
    InvoiceRow {
        href: address::invoice(&view.of),
        name: view.group_name.clone(),
        month: view.of.bill.period.name(),
        details: details.join(" · "),
        asked: words::standing(view.standing),
        amount: amount::money_with_code(view.revision.due()),
        true_ups: String::new(),
        level: 0,
    }
}

/// Disputes and questions that are open.
pub fn open_items(view: &InvoiceView) -> Vec<String> {
    let mut items = Vec::new();
    if view.open_disputes > 0 {
        items.push(words::counted(view.open_disputes as usize, "open dispute", "open disputes"));
    }
    if view.open_questions > 0 {
        items.push(words::counted(view.open_questions as usize, "open question", "open questions"));
    }
    items
}
