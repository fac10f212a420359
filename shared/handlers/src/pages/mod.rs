//! Pages: rendered here, without JavaScript.
//!
//! A page is opened by somebody who is signed in ([`visit`]); a form carries the session's token, an idempotency key
//! that is new for each rendering, and the version that was read. What was done leads back to the page by a redirect;
//! what was refused comes back as the page itself, with the reason at the top and at the form, and what was typed where
//! it was typed.
//! Everything that people or files say is escaped by the templates; the two places that take HTML as it is take it
//! from the documents, which escape it themselves.

mod address;
mod answer;
mod assets;
mod bills;
mod configuration;
mod fields;
mod frame;
mod groups;
mod invoice;
mod journal;
mod journals;
mod mine;
mod month;
mod problem;
mod refused;
mod sign_in;
mod states;
mod tie_out;
mod trail;
mod trail_rows;
mod visit;
mod words;

use axum::Router;
use axum::extract::{DefaultBodyLimit, State};
use axum::response::Response;
use axum::routing::{get, post};

use crate::{Site, limits};
use visit::Visit;

/// The pages and what their forms are sent to.
pub fn routes() -> Router<Site> {
    Router::new()
        .route("/style.css", get(assets::style))
        .route("/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/", get(month::show))
        .route("/mine", get(mine::show))
        .route("/issue", post(month::issue))
        .route("/sources/{source}/close", post(month::close))
        .merge(of_an_invoice())
        .route("/groups", get(groups::all))
        .route("/groups/{group}", get(groups::show))
        .route("/groups/{group}/promotion", post(groups::promote))
        .route("/groups/{group}/demotion", post(groups::demote))
        .route("/journals", get(journals::all))
        .route("/journals/post", post(journals::post))
        .route("/journals/export", post(journals::export))
        .route("/journals/{reference}", get(journal::show))
        .route("/journals/{reference}/reversal", post(journal::reverse))
        .route("/journals/{reference}/reclass", post(journal::reclass))
        .route("/journals/{reference}/number", post(journal::record))
        .route("/batches/{number}", get(journals::batch))
        .route("/tie-out", get(tie_out::newest))
        .route("/tie-out/{period}", get(tie_out::show))
        .route("/trail", get(trail::show))
        .route("/configuration", get(configuration::all))
        .route(
            "/configuration/{kind}",
            get(configuration::show).post(configuration::put).layer(DefaultBodyLimit::max(limits::MOST_TEXT_BYTES)),
        )
        .fallback(nothing_here)
}

fn of_an_invoice() -> Router<Site> {
    let at = |rest: &str| format!("/invoices/{{period}}/{{currency}}/{{group}}{rest}");
    Router::new()
        .route(&at(""), get(invoice::show))
        .route(&at("/lines.csv"), get(invoice::lines))
        .route(&at("/document.json"), get(invoice::document))
        .route(&at("/accept"), post(invoice::accept))
        .route(&at("/acknowledge"), post(invoice::acknowledge))
        .route(&at("/questions"), post(invoice::ask_question))
        .route(&at("/questions/{number}/answers"), post(invoice::answer_question))
        .route(&at("/disputes"), post(invoice::dispute))
        .route(&at("/disputes/{number}/comments"), post(invoice::comment))
        .route(&at("/disputes/{number}/resolution"), post(invoice::resolve))
}

/// An address that nothing is at.
async fn nothing_here(State(site): State<Site>, visit: Result<Visit, Response>) -> Response {
    answer::nothing_here(visit.ok().as_ref(), &site)
}
