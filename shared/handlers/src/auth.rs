//! Who sends a request.
//!
//! People sign in with a password and carry a session in a cookie. A cookie comes along with whatever a browser sends,
//! so that every request that may change something states the session's token beside it: the API in the header
//! [`CSRF_HEADER`], pages in a hidden field. What comes with another proof than a cookie needs no such token.

use std::future::Future;

use async_trait::async_trait;
use axum::http::header::{COOKIE, HOST, SET_COOKIE};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use dayone_domain::review::Actor;
use dayone_ports::Digest;
use dayone_workflow::sign_in::Session;
use dayone_workflow::{Failure, Tenant};
use tokio::sync::Semaphore;

use crate::apart::apart;
use crate::site::{Site, Tenants};

/// The name of the cookie that holds a session's token.
pub const SESSION_COOKIE: &str = "dayone";
/// The header that holds the session's token against forged requests.
pub const CSRF_HEADER: &str = "x-csrf-token";
/// The code of the failure of a request that nobody signed in for.
pub const SIGNED_OUT: &str = "signed-out";
/// Most characters of a session's token that are looked at.
const LONGEST_TOKEN: usize = 128;
/// Most passwords that are hashed at the same time: each takes a processor and 19 MiB, and nobody has to be signed in
/// to ask for it.
const MOST_HASHED: usize = 2;
static HASHING: Semaphore = Semaphore::const_new(MOST_HASHED);

/// Somebody who is signed in, and their tenant.
#[derive(Clone)]
pub struct SignedIn {
    /// The tenant's use cases.
    pub tenant: Tenant,
    /// Who.
    pub actor: Actor,
    /// The token that requests which may change something state beside a cookie; `None` where the proof was no cookie.
    pub csrf: Option<String>,
}

impl SignedIn {
    /// Whether a request that may change something is theirs: it states the session's token, or needs none.
    pub fn is_theirs(&self, stated: Option<&str>) -> bool {
        // Digests are compared, so that the time it takes says nothing of the token.
        let digest = |text: &str| Digest::of(text.as_bytes());
        self.csrf.as_deref().is_none_or(|csrf| stated.is_some_and(|stated| digest(stated) == digest(csrf)))
    }
}

/// Finds out who sends a request. A home with an identity provider has its own.
#[async_trait]
pub trait Authenticate: Send + Sync {
    /// Who sends a request with these headers.
    ///
    /// # Errors
    /// Code [`SIGNED_OUT`] where nobody is signed in.
    async fn signed_in(&self, tenants: &dyn Tenants, headers: &HeaderMap) -> Result<SignedIn, Failure>;
}

/// Sessions of the tenant's own, by cookie.
pub struct SessionCookie;

#[async_trait]
impl Authenticate for SessionCookie {
    async fn signed_in(&self, tenants: &dyn Tenants, headers: &HeaderMap) -> Result<SignedIn, Failure> {
        let token = token(headers).ok_or_else(signed_out)?;
        let tenant = tenants.at(host(headers)).ok_or_else(signed_out)?;
        let session = tenant.session(token).await?;
        Ok(SignedIn { tenant, actor: session.actor, csrf: Some(session.csrf) })
    }
}

/// The failure of a request that nobody signed in for.
pub fn signed_out() -> Failure {
    Failure::new(dayone_workflow::FailureKind::Forbidden, SIGNED_OUT, "nobody is signed in; sign in and try again")
}

/// The host that a request came to; the empty text where it does not say so.
pub fn host(headers: &HeaderMap) -> &str {
    headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}

/// The tenant of the host that a request came to.
///
/// # Errors
/// Where the host is none of the site's.
pub fn tenant_here(site: &Site, headers: &HeaderMap) -> Result<Tenant, Failure> {
    site.tenants.at(host(headers)).ok_or_else(|| Failure::not_found("such site"))
}

/// The token of the session that a request states, where it states one.
pub fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).into_iter().filter_map(|cookies| cookies.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let is_token = |text: &&str| (1..=LONGEST_TOKEN).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    pairs.find(|(name, _)| *name == SESSION_COOKIE).map(|(_, token)| token).filter(is_token)
}

/// The session of whoever opens a page; `None` where nobody is signed in.
///
/// # Errors
/// Where the tenant's store does not answer.
pub async fn page_session(site: &Site, headers: &HeaderMap) -> Result<Option<(Tenant, Session)>, Failure> {
    let (Some(token), Some(tenant)) = (token(headers), site.tenants.at(host(headers))) else { return Ok(None) };
    match tenant.session(token).await {
        Ok(session) => Ok(Some((tenant, session))),
        Err(failure) if failure.code == SIGNED_OUT => Ok(None),
        Err(failure) => Err(failure),
    }
}

/// Runs what hashes a password, on a thread of its own; what comes beside [`MOST_HASHED`] waits for its turn.
///
/// # Errors
/// As [`apart`].
pub(crate) async fn hashing<T, F>(work: impl FnOnce() -> F + Send + 'static) -> Result<T, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>>,
{
    let turn = HASHING.acquire().await.expect("INVARIANT: it is never closed");
    // The work goes on where whoever asked has gone, and so does its turn.
    apart(move || async move {
        let _turn = turn;
        work().await
    })
    .await
}

/// Signs in: the session, and the header of the answer that gives it to the browser.
///
/// # Errors
/// Where mail address and password are not those of somebody, or too many tries failed.
pub async fn signed_in_anew(site: &Site, headers: &HeaderMap, mail: &str, password: &str) -> Result<(Session, SetCookie), Failure> {
    let (tenant, mail, password) = (tenant_here(site, headers)?, mail.to_owned(), password.to_owned());
    let session = hashing(move || async move { tenant.sign_in(&mail, &password).await }).await?;
    let cookie = set_cookie(site, &session.token, "");
    Ok((session, cookie))
}

/// Signs in: the header of the answer that gives the session to the browser.
///
/// # Errors
/// As [`signed_in_anew`].
pub async fn begin_session(site: &Site, headers: &HeaderMap, mail: &str, password: &str) -> Result<SetCookie, Failure> {
    signed_in_anew(site, headers, mail, password).await.map(|(_, cookie)| cookie)
}

/// Ends the session of a token; one that is not there has ended.
///
/// # Errors
/// Where the tenant's store does not answer.
pub async fn end_session(tenant: &Tenant, token: &str) -> Result<(), Failure> {
    let (tenant, token) = (tenant.clone(), token.to_owned());
    apart(move || async move { tenant.sign_out(&token).await }).await
}

/// The header of the answer that takes the session from the browser.
pub fn end_cookie(site: &Site) -> SetCookie {
    set_cookie(site, "", "; Max-Age=0")
}

/// A header of an answer that gives or takes a cookie.
pub type SetCookie = (HeaderName, HeaderValue);

/// Not readable by scripts, not sent along from other sites, for as long as the browser is open; the session itself
/// ends on its own.
fn set_cookie(site: &Site, token: &str, age: &str) -> SetCookie {
    let secure = if site.is_secure { "; Secure" } else { "" };
    let text = format!("{SESSION_COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
    (SET_COOKIE, HeaderValue::try_from(text).expect("INVARIANT: tokens are letters and digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_cookies(cookies: &[&'static str]) -> HeaderMap {
        cookies.iter().map(|cookie| (COOKIE, HeaderValue::from_static(cookie))).collect()
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        for (cookies, found) in [
            (&["dayone=abc1"][..], Some("abc1")),
            (&["a=b; dayone=abc1; c=d"], Some("abc1")),
            (&["a=b", "dayone=abc1"], Some("abc1")),
            (&["notdayone=abc1"], None),
            (&["dayone="], None),
            (&["dayone=a/../b"], None),
            (&["dayone"], None),
            (&[], None),
        ] {
            assert_eq!(token(&with_cookies(cookies)), found, "{cookies:?}");
        }
    }

    #[tokio::test]
    async fn no_more_passwords_than_two_are_hashed_at_the_same_time() {
        use std::sync::mpsc::channel;
        let (begins, mut begun) = tokio::sync::mpsc::unbounded_channel();
        let work = |name: usize| {
            let (begins, (end, ended)) = (begins.clone(), channel::<()>());
            let hashed = tokio::spawn(hashing(move || async move {
                begins.send(name).map_err(Failure::broken)?;
                ended.recv().map_err(Failure::broken)
            }));
            (hashed, end)
        };
        let (first, second, third) = (work(1), work(2), work(3));
        let mut running = [begun.recv().await, begun.recv().await];
        running.sort_unstable();
        assert_eq!((running, HASHING.available_permits()), ([Some(1), Some(2)], 0));
        assert!(begun.try_recv().is_err());
        first.1.send(()).unwrap();
        assert_eq!(first.0.await.unwrap(), Ok(()));
        third.1.send(()).unwrap();
        assert_eq!(third.0.await.unwrap(), Ok(()));
        second.1.send(()).unwrap();
        assert_eq!(second.0.await.unwrap(), Ok(()));
        assert_eq!((begun.recv().await, HASHING.available_permits()), (Some(3), MOST_HASHED));
    }

    #[test]
    fn a_token_of_any_length_is_not_looked_at() {
        let long = format!("dayone={}", "a".repeat(LONGEST_TOKEN + 1));
        let headers = HeaderMap::from_iter([(COOKIE, HeaderValue::try_from(long).unwrap())]);
        assert_eq!(token(&headers), None);
    }
}
