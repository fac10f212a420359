//! What a router serves.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dayone_workflow::Tenant;
use tokio::sync::Semaphore;

use crate::auth::{self, Authenticate, SessionCookie};
use crate::intake::{Intake, NoIntake};
use crate::limits::DELIVERIES_AT_ONCE;
use crate::problem::Problem;

/// The tenants of a site. Which one a request is for is told by the host that it came to, or by a token's claim; never
/// by its path, query or body.
pub trait Tenants: Send + Sync {
    /// The tenant that a host is for; `None` where it is for none. Upper and lower case are as they came.
    fn at(&self, host: &str) -> Option<Tenant>;

    /// Whether the site answers requests that came to a host; the others get 421. Only a site that finds its tenants
    /// by something else than the host answers where [`Tenants::at`] finds none.
    fn answers_at(&self, host: &str) -> bool {
        self.at(host).is_some()
    }
}

/// A site with one tenant, whatever the host.
pub struct OneTenant(pub Tenant);

impl Tenants for OneTenant {
    fn at(&self, _host: &str) -> Option<Tenant> {
        Some(self.0.clone())
    }
}

/// What a router serves, and how. A clone shares it.
#[derive(Clone)]
pub struct Site {
    /// The tenants.
    pub tenants: Arc<dyn Tenants>,
    /// How a request says who sends it.
    pub authenticate: Arc<dyn Authenticate>,
    /// What reads billing files that come with a request.
    pub intake: Arc<dyn Intake>,
    /// How many such requests may hold their files in memory at the same time.
    pub room: Arc<Semaphore>,
    /// Whether people reach it by HTTPS: cookies are marked `Secure` then.
    pub is_secure: bool,
    /// The name of the site, where no tenant's is known.
    pub name: String,
}

impl Site {
    /// A site with one tenant whose people sign in with a password, without HTTPS and without files by request.
    pub fn of(tenant: Tenant) -> Site {
        Site {
            tenants: Arc::new(OneTenant(tenant)),
            authenticate: Arc::new(SessionCookie),
            intake: Arc::new(NoIntake),
            room: Arc::new(Semaphore::new(DELIVERIES_AT_ONCE)),
            is_secure: false,
            name: "Day One".to_owned(),
        }
    }
}

/// Turns away what came to a host that is none of the site's: a page elsewhere whose name is made to lead here would
/// count as the site itself in a browser.
pub(crate) async fn known_host(State(site): State<Site>, request: Request, next: Next) -> Response {
    if site.tenants.answers_at(auth::host(request.headers())) {
        return next.run(request).await;
    }
    let detail = "this site has another address; open it at the one that it was started with";
    Problem::new(StatusCode::MISDIRECTED_REQUEST, "other-host", detail).into_response()
}
