//! The trail, with filters.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use dayone_workflow::audit::{TrailEntry, TrailOf};
use dayone_workflow::{Failure, FailureKind};

use super::answer::{self, Answer};
use super::frame::{Frame, Place};
use super::invoice::Choice;
use super::trail_rows::{self, TrailRow};
use super::visit::Visit;
use super::{address, problem, words};

/// Entries of a page.
const A_PAGE: usize = 200;

const KINDS: [(&str, &str); 6] = [
    ("all", "Everything"),
    ("invoice", "An invoice"),
    ("group", "A cost group"),
    ("journal", "A journal"),
    ("bill", "A bill"),
    ("configuration", "Configuration"),
];

#[derive(Template)]
#[template(path = "trail.html", whitespace = "minimize")]
struct TrailPage {
    frame: Frame,
    kinds: Vec<Choice>,
    id: String,
    who: String,
    count: String,
    trail: Vec<TrailRow>,
    newer: Option<String>,
    older: Option<String>,
}

/// The page.
pub async fn show(visit: Visit) -> Response {
    let answer = page(&visit).await;
    answer::of(&visit, answer)
}

async fn page(visit: &Visit) -> Answer {
    if !visit.actor().sees_all() {
        return Err(Failure::forbidden("this takes the role controller, FinOps or auditor"));
    }
    let (of, id, who) = (visit.query.get("of"), visit.query.get("id").trim(), visit.query.get("who").trim());
    let mut frame = visit.frame("Trail", Some(Place::Trail));
    let mut status = StatusCode::OK;
    let mut entries = match found(visit, of, id).await {
        Ok(entries) => entries,
        Err(failure) if failure.kind == FailureKind::Broken => return Err(failure),
        Err(failure) => {
            status = problem::status(failure.kind);
            frame.problem = Some(problem::Problem { title: "Nothing is shown.", text: problem::of(&failure).text });
            Vec::new()
        }
    };
    entries.retain(|entry| !entry.is_repeated && is_by(visit, entry, who));
    entries.reverse();
    let first = visit.query.number::<usize>("from").unwrap_or(0).min(entries.len());
    let shown: Vec<TrailRow> = entries.iter().skip(first).take(A_PAGE).map(|entry| trail_rows::row(visit, entry, true)).collect();
    let address = |from: usize| {
        let base = [("of", of), ("id", id), ("who", who)]
            .into_iter()
            .fold("/trail".to_owned(), |base, (name, value)| answer::with(&base, name, value));
        answer::with(&base, "from", &from.to_string())
    };
    let page = TrailPage {
        frame,
        kinds: KINDS
            .into_iter()
            .map(|(value, label)| Choice { value: value.to_owned(), label: label.to_owned(), is_chosen: value == of })
            .collect(),
        id: id.to_owned(),
        who: who.to_owned(),
        count: count(entries.len(), first, shown.len()),
        trail: shown,
        newer: (first > 0).then(|| address(first.saturating_sub(A_PAGE))),
        older: (first + A_PAGE < entries.len()).then(|| address(first + A_PAGE)),
    };
    answer::page(&page, status)
}

fn count(all: usize, first: usize, shown: usize) -> String {
    let all_words = words::counted(all, "entry", "entries");
    if shown == all {
        format!("{all_words}, newest first")
    } else {
        format!("{} to {} of {all_words}, newest first", first + 1, first + shown)
    }
}

fn is_by(visit: &Visit, entry: &TrailEntry, who: &str) -> bool {
    let who = who.to_lowercase();
    who.is_empty() || entry.by.label().to_lowercase().contains(&who) || visit.who(&entry.by).to_lowercase().contains(&who)
}

async fn found(visit: &Visit, of: &str, id: &str) -> Result<Vec<TrailEntry>, Failure> {
    let wrong = |example: &str| Failure::invalid("which", format!("`{id}` names none; write it like {example}"));
    let parts: Vec<&str> = id.split('/').collect();
    let of = match (of, parts.as_slice()) {
        ("invoice", [period, currency, group]) => {
            let at = ((*period).to_owned(), (*currency).to_owned(), (*group).to_owned());
            TrailOf::Invoice(address::invoice_ref(at).map_err(|_| wrong("2026-08/USD/checkout"))?)
        }
        ("invoice", _) => return Err(wrong("2026-08/USD/checkout")),
        ("bill", [period, currency]) => TrailOf::Bill(address::bill_key(period, currency).ok_or_else(|| wrong("2026-08/USD"))?),
        ("bill", _) => return Err(wrong("2026-08/USD")),
        ("group", _) => TrailOf::Group(id.to_owned()),
        ("journal", _) => TrailOf::Journal(id.to_owned()),
        ("configuration", _) => TrailOf::Configuration,
        _ => TrailOf::All,
    };
    visit.tenant.trail(visit.actor(), of).await
}
