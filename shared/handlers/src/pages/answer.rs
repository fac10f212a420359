//! Answers: pages, redirects, and failures as pages.

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use dayone_documents::NOTE;
use dayone_workflow::{Failure, FailureKind};

use super::address;
use super::frame::Frame;
use super::problem::{self, Problem};
use super::refused::{self, Refused};
use super::visit::Visit;
use crate::Site;

/// A page, or why there is none.
pub type Answer = Result<Response, Failure>;

/// What a page begins with after a form was sent.
#[derive(Default)]
pub struct Notice {
    /// The form, where it failed.
    pub form: String,
    /// What was typed.
    pub fields: super::fields::Fields,
    /// Why it failed.
    pub failure: Option<Failure>,
}

impl Notice {
    /// A form that failed.
    pub fn failed(form: impl Into<String>, posted: &super::visit::Posted, failure: Failure) -> Notice {
        Notice { form: form.into(), fields: posted.fields.clone(), failure: Some(failure) }
    }

    pub fn status(&self) -> StatusCode {
        self.failure.as_ref().map_or(StatusCode::OK, |failure| problem::status(failure.kind))
    }

    pub fn problem(&self) -> Option<Problem> {
        self.failure.as_ref().map(|failure| {
            noted(failure);
            problem::of(failure)
        })
    }

    /// The form that failed, where the page has it.
    pub fn refused(&self, is_there: bool) -> Option<Refused> {
        self.failure.as_ref().filter(|_| is_there).and_then(|failure| refused::of(&self.form, failure))
    }

    /// Whether it is this form that failed.
    pub fn is_of(&self, form: &str) -> bool {
        self.failure.is_some() && self.form == form
    }

    /// What was typed into a field of a form that failed; the empty text otherwise.
    pub fn typed(&self, form: &str, field: &str) -> String {
        if self.is_of(form) { self.fields.get(field).to_owned() } else { String::new() }
    }
}

/// A page.
pub fn page(template: &impl Template, status: StatusCode) -> Answer {
    let html = template.render().map_err(Failure::broken)?;
    Ok((status, Html(html)).into_response())
}

/// On to another page.
pub fn see_other(address: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, address.to_owned())]).into_response()
}

/// On to a page that says what was done.
pub fn done(page: &str, what: &str) -> Response {
    let sign = if page.contains('?') { '&' } else { '?' };
    see_other(&format!("{page}{sign}done={what}"))
}

/// A file to keep.
pub fn file(name: &str, kind: &'static str, bytes: Vec<u8>) -> Response {
    let disposition = format!(
        "attachment; filename=\"{}\"",
        name.replace(|letter: char| !letter.is_ascii_alphanumeric() && !"-_.".contains(letter), "_")
    );
    ([(header::CONTENT_TYPE, kind.to_owned()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response()
}

/// The answer, or the failure as a page.
pub fn of(visit: &Visit, answer: Answer) -> Response {
    answer.unwrap_or_else(|failure| failed(visit, &failure))
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage {
    frame: Frame,
    heading: &'static str,
    text: String,
    href: String,
    link: &'static str,
}

#[derive(Template)]
#[template(path = "moment.html")]
struct Moment<'a> {
    href: &'a str,
}

/// A failure is logged once, here, where somebody has to look.
fn noted(failure: &Failure) {
    if matches!(failure.kind, FailureKind::Broken | FailureKind::Unavailable) {
        tracing::error!(code = failure.code, "{}", failure.message);
    }
}

fn heading(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::NotFound => "There is no such page",
        FailureKind::Forbidden => "This is not yours to see",
        FailureKind::Broken => "Something is broken",
        FailureKind::Unavailable => "Not just now",
        FailureKind::Refused | FailureKind::Invalid | FailureKind::Stale | FailureKind::Busy => "Not as things stand",
    }
}

fn text(failure: &Failure) -> String {
    match failure.kind {
        FailureKind::NotFound => {
            "It may have been there before, or it is somebody else’s. Your own invoices are all on the first page.".to_owned()
        }
        _ => problem::of(failure).text,
    }
}

/// A failure as a page of whoever is signed in.
pub fn failed(visit: &Visit, failure: &Failure) -> Response {
    noted(failure);
    let frame = visit.frame(heading(failure.kind), None);
    if failure.kind == FailureKind::Forbidden && !visit.actor().sees_all() {
        return not_yours(frame, failure);
    }
    problem_page(frame, failure)
}

/// A failure as a page of nobody.
pub fn failed_outside(site: &Site, failure: &Failure) -> Response {
    noted(failure);
    problem_page(outside(site, heading(failure.kind)), failure)
}

/// For owners on a page of those who look after all invoices.
fn not_yours(frame: Frame, failure: &Failure) -> Response {
    let template = ProblemPage {
        frame,
        heading: heading(failure.kind),
        text: "Only controllers, FinOps and auditors see this.".to_owned(),
        href: "/mine".to_owned(),
        link: "To your invoices",
    };
    rendered(&template, problem::status(failure.kind))
}

fn problem_page(frame: Frame, failure: &Failure) -> Response {
    let template =
        ProblemPage { frame, heading: heading(failure.kind), text: text(failure), href: "/".to_owned(), link: "To the first page" };
    rendered(&template, problem::status(failure.kind))
}

/// A page that must come out.
pub fn rendered(template: &impl Template, status: StatusCode) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!("{error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// The frame of a page for nobody.
pub fn outside(site: &Site, what: &str) -> Frame {
    Frame {
        title: format!("{what} · {}", site.name),
        company: site.name.clone(),
        what: what.to_owned(),
        badges: Vec::new(),
        person: None,
        links: Vec::new(),
        csrf: String::new(),
        key: String::new(),
        done: None,
        problem: None,
        refused: None,
        note: NOTE,
    }
}

/// A page that opens another by itself.
pub fn one_moment(_site: &Site, href: &str) -> Response {
    rendered(&Moment { href }, StatusCode::OK)
}

/// A form of another session.
pub fn old_form(visit: &Visit, page: &str) -> Response {
    let template = ProblemPage {
        frame: visit.frame("An old form", None),
        heading: "This form is too old",
        text: "It was opened before you signed in. Nothing was changed. Open the page again and press the button there.".to_owned(),
        href: page.to_owned(),
        link: "Open the page again",
    };
    rendered(&template, StatusCode::FORBIDDEN)
}

/// A form that cannot be read: too large, or none.
pub fn unreadable(visit: &Visit, rejection: Response) -> Response {
    let is_large = rejection.status() == StatusCode::PAYLOAD_TOO_LARGE;
    let template = ProblemPage {
        frame: visit.frame("A form that cannot be read", None),
        heading: if is_large { "That is too much at once" } else { "This form cannot be read" },
        text: if is_large {
            "Nothing was changed. Send less text.".to_owned()
        } else {
            "Nothing was changed. Open the page again.".to_owned()
        },
        href: "/".to_owned(),
        link: "To the first page",
    };
    rendered(&template, rejection.status())
}

/// A page for an address that nothing is at.
pub fn nothing_here(visit: Option<&Visit>, site: &Site) -> Response {
    let failure = Failure::not_found("such page");
    visit.map_or_else(|| failed_outside(site, &failure), |visit| failed(visit, &failure))
}

/// What was done, by the word in an address: no text comes from there.
pub fn what_was_done(visit: &Visit) -> Option<String> {
    let count = visit.query.number::<u32>("count").unwrap_or(0) as usize;
    let text = match visit.query.get("done") {
        "accepted" => "Accepted. Thank you; nothing else is asked of you.",
        "accepted-waits" => "Accepted. Thank you. The ledger does not take it yet; the controller sees why.",
        "accepted-already" => "You have accepted this already.",
        "acknowledged" => "Thank you. Nothing else is asked of you.",
        "disputed" => "Your dispute is there. Somebody who looks after the invoices answers it; its amount is held until then.",
        "upheld" => "Upheld. Both invoices have a new revision.",
        "rejected" => "Rejected. The amount stays where it is.",
        "asked" => "Your question is there.",
        "answered" => "Your answer is there.",
        "commented" => "Your comment is there.",
        "promoted" => "Promoted to chargeback.",
        "promotion-asked" => "Asked for. A second controller has to agree before anything changes.",
        "demoted" => "Back to showback from that month on.",
        "reversed" => {
            "The reversal is made, and the invoice waits for its owner again. Post the reversal to undo the journal in the ledger."
        }
        "reclassed" => "The reclass is made. Post it to move the line in the ledger.",
        "recorded" => "Recorded: it is in the ledger.",
        "posted" => {
            return Some(posted(count, 0, 0));
        }
        "exported" => {
            let batch = visit.query.number::<u64>("batch").unwrap_or(0);
            return Some(format!(
                "Batch {batch} is frozen, with {}. Download it below.",
                super::words::counted(count, "journal", "journals")
            ));
        }
        "closed" => "The source is closed for that month.",
        "issued" => {
            return Some(match count {
                0 => "Nothing new was due.".to_owned(),
                count => format!("Issued: {}.", super::words::counted(count, "bill", "bills")),
            });
        }
        "put" => "It is in force. It is a version of its own; the earlier ones stay.",
        "put-same" => "That is the newest version already; nothing was changed.",
        "signed-out" => "You are signed out.",
        _ => return None,
    };
    Some(text.to_owned())
}

/// What a posting came to. `left` and `unknown` are told one by one on the page.
pub fn posted(count: usize, left: usize, unknown: usize) -> String {
    let counted = super::words::counted;
    let mut text = format!("{} posted.", counted(count, "journal", "journals"));
    if left > 0 {
        text += &format!(" {} left where {}; see below why.", counted(left, "was", "were"), if left == 1 { "it was" } else { "they were" });
    }
    if unknown > 0 {
        text += &format!(
            " Of {} nobody can tell whether the ERP has it: look there, and record the number.",
            counted(unknown, "journal", "journals")
        );
    }
    text
}

/// Only for links: an address with one more parameter.
pub fn with(page: &str, name: &str, value: &str) -> String {
    let sign = if page.contains('?') { '&' } else { '?' };
    format!("{page}{sign}{name}={}", address::encoded(value))
}
