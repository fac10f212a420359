//! What every request of the API has in common: who asks, for what, under which conditions.

use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use dayone_domain::people::Role;
use dayone_domain::review::Actor;
use dayone_ports::Digest;
use dayone_workflow::{Failure, Once, Tenant};
use serde::de::DeserializeOwned;

use crate::auth::{CSRF_HEADER, SignedIn};
use crate::conditions::{IfMatch, idempotency_key};
use crate::limits::{MOST_BODY_BYTES, MOST_TEXT_BYTES};
use crate::problem::Problem;
use crate::site::Site;

/// A signed-in person who reads.
pub struct Reading {
    pub tenant: Tenant,
    pub actor: Actor,
    pub headers: HeaderMap,
}

impl FromRequestParts<Site> for Reading {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Reading, Problem> {
        let SignedIn { tenant, actor, .. } = site.authenticate.signed_in(site.tenants.as_ref(), &parts.headers).await?;
        Ok(Reading { tenant, actor, headers: parts.headers.clone() })
    }
}

impl Reading {
    /// Refuses whoever has none of the roles that see everything.
    pub fn sees_all(&self) -> Result<(), Problem> {
        if self.actor.sees_all() { Ok(()) } else { Err(Failure::forbidden("this takes the role controller, finops or auditor").into()) }
    }
}

/// A signed-in person who changes something, with the body of the request.
pub struct Deciding<B> {
    pub tenant: Tenant,
    pub request: dayone_workflow::Request,
    /// Whether the same request was done before; the use case then answers with what there is.
    pub is_replay: bool,
    pub body: B,
    if_match: IfMatch,
}

impl<B: Body> FromRequest<Site> for Deciding<B> {
    type Rejection = Problem;

    /// Who asks comes first, then the conditions, and the body only after them.
    async fn from_request(request: Request, site: &Site) -> Result<Deciding<B>, Problem> {
        let (parts, body) = request.into_parts();
        let caller = Caller::of(&parts, site).await?;
        B::check_type(&parts.headers)?;
        let bytes = axum::body::to_bytes(body, B::MOST_BYTES).await.map_err(|error| unread(&error, B::MOST_BYTES))?;
        let body = B::read(&bytes)?;
        let print = body.fingerprint(&bytes, &caller.key).await?;
        caller.asks(&parts, &print, body).await
    }
}

/// Who wants to change something, under which conditions: what the head of a request says, before its body is read.
pub struct Caller {
    signed_in: SignedIn,
    key: String,
    if_match: IfMatch,
}

impl Caller {
    /// Whoever sent a request.
    ///
    /// # Errors
    /// Where nobody is signed in, a browser may have been made to send it, or a condition cannot be understood.
    pub async fn of(parts: &Parts, site: &Site) -> Result<Caller, Problem> {
        let headers = &parts.headers;
        let signed_in = site.authenticate.signed_in(site.tenants.as_ref(), headers).await?;
        check_theirs(&signed_in, headers)?;
        Ok(Caller { signed_in, key: idempotency_key(headers)?, if_match: IfMatch::of(headers)? })
    }

    /// Who it is.
    pub fn actor(&self) -> &Actor {
        &self.signed_in.actor
    }

    /// The request, with a body that `print` tells from others.
    ///
    /// # Errors
    /// Where its idempotency key was used for another one.
    pub async fn asks<B>(self, parts: &Parts, print: &[u8], body: B) -> Result<Deciding<B>, Problem> {
        let Caller { signed_in: SignedIn { tenant, actor, .. }, key, if_match } = self;
        let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
        let once = Once { key, request: Digest::of_parts(&[parts.method.as_str().as_bytes(), path.as_bytes(), print]) };
        let is_replay = tenant.was_done(&actor.person.mail, &once).await?;
        let request = dayone_workflow::Request { actor, once: Some(once), if_match: if_match.version() };
        Ok(Deciding { tenant, request, is_replay, body, if_match })
    }
}

/// Refuses whoever has none of some roles, where the use case knows nobody who asks.
pub fn takes_one_of(actor: &Actor, roles: &[Role]) -> Result<(), Problem> {
    if roles.iter().any(|role| actor.has(*role)) {
        return Ok(());
    }
    let roles: Vec<String> = roles.iter().map(Role::to_string).collect();
    Err(Failure::forbidden(format!("this takes the role {}", roles.join(" or "))).into())
}

impl<B> Deciding<B> {
    /// Refuses a decision on a revision that does not say on which version it is.
    pub fn on_version(&self) -> Result<(), Problem> {
        self.if_match.required().map(drop)
    }

    /// Refuses whoever does not have a role, where the use case knows nobody who asks.
    pub fn takes(&self, role: Role) -> Result<(), Problem> {
        takes_one_of(&self.request.actor, &[role])
    }
}

/// Refuses a request that a browser may have been made to send.
pub fn check_theirs(signed_in: &SignedIn, headers: &HeaderMap) -> Result<(), Problem> {
    let stated = headers.get(CSRF_HEADER).and_then(|token| token.to_str().ok());
    if signed_in.is_theirs(stated) {
        return Ok(());
    }
    let detail = "a request that changes something states the session's token in the header X-CSRF-Token; GET /api/me has it as `csrf`";
    Err(Problem::new(StatusCode::FORBIDDEN, "csrf", detail))
}

fn unread(error: &axum::Error, most: usize) -> Problem {
    let mut source = Some(error as &dyn std::error::Error);
    while let Some(cause) = source {
        if cause.to_string().contains("length limit exceeded") {
            return too_large(most);
        }
        source = cause.source();
    }
    Problem::bad("body", "the body broke off; send it again")
}

/// A body above the limit.
pub fn too_large(most: usize) -> Problem {
    let detail = format!("the body has more than the {} KiB that are taken here; send less", most >> 10);
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large", detail)
}

/// A body of a request.
pub trait Body: Sized + Send {
    /// Most bytes.
    const MOST_BYTES: usize = MOST_BODY_BYTES;

    /// Refuses a type of content that it is not.
    fn check_type(headers: &HeaderMap) -> Result<(), Problem>;

    /// Reads it.
    fn read(bytes: &[u8]) -> Result<Self, Problem>;

    /// What tells it from others, for the idempotency key.
    ///
    /// # Errors
    /// Where it cannot be reckoned.
    fn fingerprint(&self, bytes: &[u8], _key: &str) -> impl Future<Output = Result<Vec<u8>, Failure>> + Send {
        std::future::ready(Ok(bytes.to_vec()))
    }
}

/// JSON.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + Send> Body for Json<T> {
    fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
        is_json(headers).then_some(()).ok_or_else(|| unsupported("application/json"))
    }

    fn read(bytes: &[u8]) -> Result<Json<T>, Problem> {
        serde_json::from_slice(bytes).map(Json).map_err(|error| {
            if error.is_data() {
                Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "body", format!("the body is not what is taken here: {error}"))
            } else {
                Problem::bad("json", format!("the body is no JSON: {error}"))
            }
        })
    }
}

/// JSON, or nothing: what all of it is optional of.
pub struct MaybeJson<T>(pub T);

impl<T: DeserializeOwned + Default + Send> Body for MaybeJson<T> {
    fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
        if headers.contains_key(CONTENT_TYPE) { Json::<T>::check_type(headers) } else { Ok(()) }
    }

    fn read(bytes: &[u8]) -> Result<MaybeJson<T>, Problem> {
        if bytes.is_empty() { Ok(MaybeJson(T::default())) } else { Json::read(bytes).map(|Json(body)| MaybeJson(body)) }
    }
}

/// A text of configuration, as it is in its file. It is checked where it is read.
pub struct Text(pub Vec<u8>);

impl Body for Text {
    const MOST_BYTES: usize = MOST_TEXT_BYTES;

    fn check_type(_headers: &HeaderMap) -> Result<(), Problem> {
        Ok(())
    }

    fn read(bytes: &[u8]) -> Result<Text, Problem> {
        Ok(Text(bytes.to_vec()))
    }
}

/// Whether a body says that it is JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

/// A type of content that is not taken.
pub fn unsupported(taken: &str) -> Problem {
    let detail = format!("the body's Content-Type is to be {taken}");
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "content-type", detail)
}

/// Parts of the path; what they cannot be is not found.
pub struct At<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Site> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<At<T>, Problem> {
        let found = <Path<T> as FromRequestParts<Site>>::from_request_parts(parts, site).await;
        found.map(|Path(path)| At(path)).map_err(|_| Problem::nothing_here())
    }
}

/// Parameters of the query.
pub struct Asked<T>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Site> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _site: &Site) -> Result<Asked<T>, Problem> {
        Query::try_from_uri(&parts.uri).map(|Query(query)| Asked(query)).map_err(|rejection| Problem::bad("query", rejection.body_text()))
    }
}
