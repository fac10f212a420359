//! Signing in, and who is.

use argon2::Argon2;
use axum::extract::{FromRequest, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use dayone_domain::people::Role;
use dayone_domain::review::Actor;
use dayone_ports::Digest;
use dayone_workflow::{Failure, FailureKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{self, Answer};
use super::ask::{self, At, Body, Deciding, Json};
use super::bodies::{Amount, way_in};
use crate::auth::{self, SIGNED_OUT, hashing};
use crate::limits::MOST_BODY_BYTES;
use crate::problem::Problem;
use crate::site::Site;

/// That the site answers.
#[derive(Serialize, ToSchema)]
pub struct Health {
    /// `ok`
    status: &'static str,
}

/// Whether the site answers. Needs no sign-in.
#[utoipa::path(get, path = "/health", operation_id = "read_health", tag = "Site", responses((status = 200, body = Health)), security(()))]
pub async fn health() -> Answer {
    answer::json(&Health { status: "ok" })
}

/// Mail address and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// Mail address.
    mail: String,
    /// Password.
    password: String,
}

/// Who is signed in.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// The tenant.
    tenant: String,
    /// Mail address.
    mail: String,
    /// Name.
    name: String,
    /// `controller`, `finops`, `auditor`.
    roles: Vec<&'static str>,
    /// The cost groups whose owner they are, and all below these.
    owns: Vec<String>,
    /// The largest amounts that they may accept; none where there is no limit.
    accepts_up_to: Option<Vec<Amount>>,
    /// How they signed in.
    signed_in: String,
    /// What a request that changes something states in `X-CSRF-Token`; none where it needs no token.
    csrf: Option<String>,
    /// When the session ends, where it has just begun.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<DateTime<Utc>>,
}

impl Me {
    fn of(tenant: String, actor: &Actor, csrf: Option<String>) -> Me {
        let person = &actor.person;
        Me {
            tenant,
            mail: person.mail.clone(),
            name: person.name.clone(),
            roles: person.roles.iter().map(|role: &Role| role.word()).collect(),
            owns: actor.owns.iter().cloned().collect(),
            accepts_up_to: person.accepts_up_to.as_ref().map(|limits| limits.values().map(|limit| Amount::from(*limit)).collect()),
            signed_in: way_in(&actor.signed_in),
            csrf,
            expires: None,
        }
    }
}

/// Who is signed in.
#[utoipa::path(get, path = "/me", operation_id = "read_me", tag = "Session", responses((status = 200, body = Me)))]
pub async fn me(State(site): State<Site>, headers: HeaderMap) -> Answer {
    let signed_in = site.authenticate.signed_in(site.tenants.as_ref(), &headers).await?;
    answer::json(&Me::of(signed_in.tenant.id().to_string(), &signed_in.actor, signed_in.csrf))
}

/// Signs in. Every time begins a session of its own, so that there is no `Idempotency-Key`; the answer's cookie is
/// the session.
#[utoipa::path(post, path = "/session", operation_id = "sign_in", tag = "Session", request_body = Credentials, responses((status = 200, body = Me)), security(()))]
pub async fn sign_in(State(site): State<Site>, request: Request) -> Answer {
    let (parts, body) = request.into_parts();
    // Other sites cannot send JSON without being asked first, so that nobody is signed in by one.
    Json::<Credentials>::check_type(&parts.headers)?;
    let request = Request::from_parts(parts, body);
    let headers = request.headers().clone();
    let bytes = axum::body::Bytes::from_request(request, &site).await.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => ask::too_large(MOST_BODY_BYTES),
        _ => Problem::bad("body", "the body broke off; send it again"),
    })?;
    let Json(Credentials { mail, password }) = Json::read(&bytes)?;
    let begun = auth::signed_in_anew(&site, &headers, &mail, &password).await;
    let (session, (name, cookie)) = begun.map_err(|failure| match failure.kind {
        FailureKind::Forbidden => Problem { status: StatusCode::UNAUTHORIZED, title: "Unauthorized".to_owned(), ..failure.into() },
        _ => failure.into(),
    })?;
    let tenant = auth::tenant_here(&site, &headers)?.id().to_string();
    let mut response = answer::json(&Me { expires: Some(session.expires), ..Me::of(tenant, &session.actor, Some(session.csrf.clone())) })?;
    response.headers_mut().insert(name, cookie);
    Ok(response)
}

/// Signs out. Whoever is not signed in is signed out already.
#[utoipa::path(delete, path = "/session", operation_id = "sign_out", tag = "Session", responses((status = 204)))]
pub async fn sign_out(State(site): State<Site>, headers: HeaderMap) -> Answer {
    match site.authenticate.signed_in(site.tenants.as_ref(), &headers).await {
        Ok(signed_in) => {
            ask::check_theirs(&signed_in, &headers)?;
            if let Some(token) = auth::token(&headers) {
                auth::end_session(&signed_in.tenant, token).await?;
            }
        }
        Err(failure) if failure.code == SIGNED_OUT => {}
        Err(failure) => return Err(failure.into()),
    }
    let mut response: Response = StatusCode::NO_CONTENT.into_response();
    let (name, cookie) = auth::end_cookie(&site);
    response.headers_mut().insert(name, cookie);
    Ok(response)
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// 12 to 200 characters.
    password: String,
}

/// The body of a new password. What is kept of it for the idempotency key must not help to guess it.
pub struct PasswordBody(NewPassword);

impl Body for PasswordBody {
    fn check_type(headers: &HeaderMap) -> Result<(), Problem> {
        Json::<NewPassword>::check_type(headers)
    }

    fn read(bytes: &[u8]) -> Result<PasswordBody, Problem> {
        Json::read(bytes).map(|Json(body)| PasswordBody(body))
    }

    fn fingerprint(&self, _bytes: &[u8], key: &str) -> impl Future<Output = Result<Vec<u8>, Failure>> + Send {
        let salt = Digest::of_parts(&[b"password", key.as_bytes()]);
        let password = self.0.password.clone();
        hashing(move || async move {
            let mut slow = vec![0; 32];
            let hashed = Argon2::default().hash_password_into(password.as_bytes(), salt.as_bytes(), &mut slow);
            hashed.expect("INVARIANT: the salt has 32 bytes, and a body is no longer than a password may be");
            Ok(slow)
        })
    }
}

/// What a change of a password gives.
#[derive(Serialize, ToSchema)]
pub struct PasswordSet {
    /// Whose.
    mail: String,
}

/// Sets a password: one's own, or anybody's as controller. It ends the person's sessions.
#[utoipa::path(put, path = "/people/{mail}/password", operation_id = "set_password", tag = "Session", params(("mail" = String, Path, description = "Mail address.")),
    request_body = NewPassword, responses((status = 200, body = PasswordSet)))]
pub async fn set_password(At(mail): At<String>, deciding: Deciding<PasswordBody>) -> Answer {
    let Deciding { tenant, request, is_replay, body: PasswordBody(NewPassword { password }), .. } = deciding;
    let set = PasswordSet { mail: mail.to_lowercase() };
    hashing(move || async move { tenant.set_password(&request, &mail, &password).await }).await?;
    answer::changed(is_replay, None, &set)
}
