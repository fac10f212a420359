//! The HTTP router: the API for programs and pages for people, over the same use cases.
//!
//! It sits behind API Gateway or behind a socket of the local host; it opens none itself and knows no home. A request
//! goes one way: whether its host is the site's, who asks and for which tenant ([`auth`]), under which conditions ([`conditions`]), the use case, the
//! answer. Every answer carries the headers of [`security`], and everything that fails under `/api` answers in the
//! form of [`problem`]. Bodies are limited to [`limits::MOST_BODY_BYTES`], those of configuration to
//! [`limits::MOST_TEXT_BYTES`], billing files ([`intake`]) to [`limits::MOST_DELIVERY_BYTES`].

mod apart;
mod api;
pub mod auth;
pub mod conditions;
pub mod events;
#[cfg(feature = "files")]
pub mod files;
pub mod intake;
pub mod landed;
pub mod limits;
mod pages;
pub mod problem;
pub mod security;
mod site;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::any;

pub use auth::{Authenticate, SESSION_COOKIE, SessionCookie, SignedIn};
pub use site::{OneTenant, Site, Tenants};

/// The whole site: `/api` and the pages. It needs a Tokio runtime with its timers on.
pub fn router(site: Site) -> Router {
    let routes = Router::new()
        .nest("/api", api::routes())
        .route("/api/", any(async || problem::Problem::nothing_here()))
        .merge(pages::routes())
        .layer(DefaultBodyLimit::max(limits::MOST_BODY_BYTES));
    let known_host = middleware::from_fn_with_state(site.clone(), site::known_host);
    limits::limited(routes).layer(known_host).layer(middleware::from_fn(security::headers)).with_state(site)
}
