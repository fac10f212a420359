//! Somebody who opens a page or sends a form: who they are, and all that their page needs.

use axum::extract::{Form, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, NaiveDate, Utc};
use dayone_documents::NOTE;
use dayone_domain::BillingPeriod;
use dayone_domain::people::Role;
use dayone_domain::policy::Tz;
use dayone_domain::review::{Actor, By};
use dayone_ports::Digest;
use dayone_workflow::configuration::Settings;
use dayone_workflow::sign_in::Session;
use dayone_workflow::{Failure, Once, Tenant};

use super::fields::Fields;
use super::frame::{self, Frame, Place};
use super::{address, answer, problem, words};
use crate::Site;

/// A signed-in person on a page.
pub struct Visit {
    pub site: Site,
    pub tenant: Tenant,
    pub session: Session,
    /// `None` as long as the tenant is not configured.
    settings: Option<Settings>,
    pub query: Fields,
}

/// A form that such a person sent, with the token of their session.
pub struct Posted {
    pub visit: Visit,
    pub fields: Fields,
    /// The address that it was sent to.
    pub path: String,
}

impl FromRequestParts<Site> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Visit, Response> {
        let signed_in = crate::auth::page_session(site, &parts.headers).await;
        let found = signed_in.map_err(|failure| answer::failed_outside(site, &failure))?;
        let Some((tenant, session)) = found else { return Err(signed_out(site, parts)) };
        let settings = match tenant.settings().await {
            Ok(settings) => Some(settings),
            Err(failure) if failure.code == "not-configured" => None,
            Err(failure) => return Err(answer::failed_outside(site, &failure)),
        };
        let query = pairs(parts.uri.query().unwrap_or_default());
        Ok(Visit { site: site.clone(), tenant, session, settings, query: Fields::new(query) })
    }
}

impl FromRequest<Site> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Site) -> Result<Posted, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, site).await?;
        let path = parts.uri.path().to_owned();
        let request = Request::from_parts(parts, body);
        let form = Form::<Vec<(String, String)>>::from_request(request, site).await;
        let Form(pairs) = form.map_err(|rejection| answer::unreadable(&visit, rejection.into_response()))?;
        let fields = Fields::new(pairs);
        if !visit.is_own(&fields) {
            return Err(answer::old_form(&visit, &address::page_of(&path)));
        }
        Ok(Posted { visit, fields, path })
    }
}

/// Where a request without a session leads to. A link in a mail comes from another site, so that the browser keeps
/// the cookie back: the page opens itself once more then, and the cookie comes along.
fn signed_out(site: &Site, parts: &Parts) -> Response {
    let address = parts.uri.path_and_query().map_or("/", |address| address.as_str());
    if parts.method == Method::GET && is_from_elsewhere(&parts.headers) {
        return answer::one_moment(site, address::local(address));
    }
    let next = if parts.method == Method::GET { address::local(address).to_owned() } else { address::page_of(parts.uri.path()) };
    answer::see_other(&format!("/sign-in?next={}", address::encoded(&next)))
}

/// Whether the browser says that another site led here.
pub fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

/// The parameters of an address.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    let uri = format!("/?{query}").parse::<axum::http::Uri>();
    let parsed = uri.ok().and_then(|uri| axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri).ok());
    parsed.map(|parsed| parsed.0).unwrap_or_default()
}

impl Visit {
    pub fn actor(&self) -> &Actor {
        &self.session.actor
    }

    /// The tenant's configuration.
    ///
    /// # Errors
    /// Before there is any.
    pub fn settings(&self) -> Result<&Settings, Failure> {
        let message = "nothing is configured yet; put a tree, people and sources under Configuration";
        self.settings.as_ref().ok_or_else(|| Failure::refused("not-configured", message))
    }

    pub fn zone(&self) -> Tz {
        self.settings.as_ref().map_or(Tz::UTC, |settings| settings.policy.time_zone)
    }

    pub fn moment(&self, at: DateTime<Utc>) -> String {
        words::moment(at, self.zone())
    }

    pub fn day(&self, at: DateTime<Utc>) -> String {
        words::date(at.with_timezone(&self.zone()).date_naive())
    }

    pub fn today(&self) -> NaiveDate {
        self.tenant.ports().clock.now().with_timezone(&self.zone()).date_naive()
    }

    /// The name of a person, by mail address; the address, where nobody has it.
    pub fn name(&self, mail: &str) -> String {
        let person = self.settings.as_ref().and_then(|settings| settings.people.get(mail));
        person.map_or_else(|| mail.to_owned(), |person| person.name.clone())
    }

    /// Who did something.
    pub fn who(&self, by: &By) -> String {
        match by {
            By::Person { mail, .. } => self.name(mail),
            By::Machine { .. } => problem::sentence(&by.label()).trim_end_matches('.').to_owned(),
            By::Policy => "The policy".to_owned(),
        }
    }

    /// The name of a cost group in a period; its identifier, where the tree has none such.
    pub fn group_name(&self, id: &str, period: BillingPeriod) -> String {
        let groups = self.settings.as_ref().map(|settings| settings.trees.at(period).groups());
        let group = groups.and_then(|groups| groups.iter().find(|group| group.id == id));
        group.map_or_else(|| id.to_owned(), |group| group.name.clone())
    }

    pub fn is_controller(&self) -> bool {
        self.actor().has(Role::Controller)
    }

    /// The frame of a page. `what` stands beside the company, and before it in the title.
    pub fn frame(&self, what: &str, place: Option<Place>) -> Frame {
        let newest = self.settings.as_ref().and_then(|settings| settings.trees.all().last());
        let company = newest.map_or_else(|| self.site.name.clone(), |tree| tree.company().to_owned());
        Frame {
            title: format!("{what} · {company}"),
            company,
            what: what.to_owned(),
            badges: Vec::new(),
            person: Some(self.actor().person.name.clone()),
            links: frame::links(self.actor(), place),
            csrf: self.session.csrf.clone(),
            key: self.fresh_key(),
            done: None,
            problem: None,
            refused: None,
            note: NOTE,
        }
    }

    fn fresh_key(&self) -> String {
        let mut bytes = [0; 12];
        self.tenant.ports().chance.fill(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a form states the token of this session.
    pub fn is_own(&self, fields: &Fields) -> bool {
        // Digests are compared, so that the time it takes says nothing of the token.
        Digest::of(fields.get("csrf").as_bytes()) == Digest::of(self.session.csrf.as_bytes())
    }
}

impl Posted {
    /// The name of the form, as its idempotency key ends with it.
    pub fn form(&self) -> &str {
        self.fields.get("key").split_once('-').map_or("", |(_, form)| form)
    }

    /// The request of a form. A decision is on a version; what only adds to an invoice is not.
    pub fn request(&self, is_decision: bool) -> dayone_workflow::Request {
        let once = Once { key: self.fields.get("key").to_owned(), request: self.fields.digest(&self.path) };
        let if_match = if is_decision { Some(self.fields.number("version").unwrap_or(0)) } else { None };
        dayone_workflow::Request { actor: self.visit.actor().clone(), once: Some(once), if_match }
    }
}
