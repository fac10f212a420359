//! The API for programs, as JSON under `/api`.
//!
//! - A read of one thing carries its version as `ETag` and answers 304 to `If-None-Match`.
//! - A write has an `Idempotency-Key`; the same request again answers with what there is, and `Idempotent-Replay`.
//! - A write on a thing with a version takes `If-Match`; a decision on a revision requires it.
//! - A write by cookie states the session's token in `X-CSRF-Token`.
//! - What fails answers with a [`Problem`](crate::problem::Problem).
//!
//! Roles and cost groups are the use cases' to judge; a check stands here only where a use case knows nobody who asks.

pub mod anchoring;
pub mod answer;
pub mod ask;
pub mod bodies;
pub mod configuration;
pub mod deliveries;
pub mod groups;
pub mod invoices;
pub mod issuing;
pub mod journals;
pub mod openapi;
pub mod proof;
pub mod review;
pub mod session;

use axum::Router;
use axum::http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::problem::Problem;
use crate::site::Site;

/// The routes, below `/api`.
pub fn routes() -> Router<Site> {
    let (router, _) = documented().split_for_parts();
    router.fallback(async || Problem::nothing_here()).method_not_allowed_fallback(not_allowed)
}

/// The routes with what [`openapi`] says of them: both come from the same list.
pub(crate) fn documented() -> OpenApiRouter<Site> {
    OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(session::health))
        .routes(routes!(openapi::document))
        .routes(routes!(session::sign_in, session::sign_out))
        .routes(routes!(session::me))
        .routes(routes!(session::set_password))
        .routes(routes!(invoices::list))
        .routes(routes!(invoices::one))
        .routes(routes!(invoices::revision))
        .routes(routes!(invoices::changes))
        .routes(routes!(invoices::document_json))
        .routes(routes!(review::accept))
        .routes(routes!(review::acknowledge))
        .routes(routes!(review::ask))
        .routes(routes!(review::answer_question))
        .routes(routes!(review::dispute))
        .routes(routes!(review::comment))
        .routes(routes!(review::resolve))
        .routes(routes!(groups::list))
        .routes(routes!(groups::promotion, groups::promote))
        .routes(routes!(groups::demote))
        .routes(routes!(issuing::bills))
        .routes(routes!(issuing::sources))
        .routes(routes!(deliveries::deliver))
        .routes(routes!(issuing::close))
        .routes(routes!(issuing::issue))
        .routes(routes!(journals::list))
        .routes(routes!(journals::one))
        .routes(routes!(journals::post))
        .routes(routes!(journals::export))
        .routes(routes!(journals::batches))
        .routes(routes!(journals::batch))
        .routes(routes!(journals::reverse))
        .routes(routes!(journals::reclass))
        .routes(routes!(journals::record_number))
        .routes(routes!(journals::record_missing))
        .routes(routes!(proof::tie_out))
        .routes(routes!(proof::evidence))
        .routes(routes!(proof::trail))
        .routes(routes!(proof::invoice_trail))
        .routes(routes!(proof::group_trail))
        .routes(routes!(proof::journal_trail))
        .routes(routes!(proof::audit))
        .routes(routes!(anchoring::anchor))
        .routes(routes!(configuration::list))
        .routes(routes!(configuration::text, configuration::put))
        .routes(routes!(configuration::versions))
}

async fn not_allowed() -> Problem {
    let detail = "this address does not take that method; the header Allow and /api/openapi.json list what it takes";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
}
