//! Failures as `application/problem+json` (RFC 9457): `type`, `title`, `status`, `detail`, and `code`, a stable name
//! for programs.

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use dayone_workflow::{Failure, FailureKind};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::SIGNED_OUT;

/// Seconds after which it is worth asking again.
const PAUSE: &str = "2";

/// Why a request was not answered as it was meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// `about:blank`: what happened is told by `status` and `code`.
    #[serde(rename = "type")]
    #[schema(example = "about:blank")]
    pub kind: &'static str,
    /// The words of the status.
    #[schema(example = "Conflict")]
    pub title: String,
    /// The status of the answer.
    #[serde(serialize_with = "as_number")]
    #[schema(value_type = u16, example = 409)]
    pub status: StatusCode,
    /// What happened and what to do, for people.
    pub detail: String,
    /// A stable name for programs.
    #[schema(example = "outdated")]
    pub code: String,
    /// Whether the same request may succeed later.
    #[serde(skip)]
    pub is_retryable: bool,
}

fn as_number<S: serde::Serializer>(status: &StatusCode, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u16(status.as_u16())
}

impl Problem {
    /// A problem of a status. `detail` says what to do.
    pub fn new(status: StatusCode, code: &str, detail: impl ToString) -> Problem {
        Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Failure").to_owned(),
            status,
            detail: detail.to_string(),
            code: code.to_owned(),
            is_retryable: false,
        }
    }

    /// A request that cannot be understood.
    pub fn bad(code: &str, detail: impl ToString) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// There is nothing at an address.
    pub fn nothing_here() -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not-found", "there is nothing at this address; /api/openapi.json lists what there is")
    }

    /// Nothing is done just now; asking again may help.
    pub fn unavailable(detail: impl ToString) -> Problem {
        Problem { is_retryable: true, ..Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail) }
    }
}

/// The status of a failure.
pub fn status_of(failure: &Failure) -> StatusCode {
    match (failure.kind, failure.code) {
        (_, "idempotency-key-reused") => StatusCode::UNPROCESSABLE_ENTITY,
        (_, "idempotency-key") => StatusCode::BAD_REQUEST,
        (FailureKind::Forbidden, SIGNED_OUT) => StatusCode::UNAUTHORIZED,
        (FailureKind::NotFound, _) => StatusCode::NOT_FOUND,
        (FailureKind::Forbidden, _) => StatusCode::FORBIDDEN,
        (FailureKind::Refused | FailureKind::Busy, _) => StatusCode::CONFLICT,
        (FailureKind::Invalid, _) => StatusCode::UNPROCESSABLE_ENTITY,
        (FailureKind::Stale, _) => StatusCode::PRECONDITION_FAILED,
        (FailureKind::Unavailable, _) => StatusCode::SERVICE_UNAVAILABLE,
        (FailureKind::Broken, _) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A failure is logged here, once, where somebody has to look; what is broken inside is not told outside.
impl From<Failure> for Problem {
    fn from(failure: Failure) -> Problem {
        let detail = match failure.kind {
            FailureKind::Broken => {
                tracing::error!(code = failure.code, "{}", failure.message);
                "what is stored contradicts itself; it is logged, and whoever runs this site has to look".to_owned()
            }
            FailureKind::Unavailable => {
                tracing::error!(code = failure.code, "{}", failure.message);
                "a part of the system does not answer; try again in a minute".to_owned()
            }
            _ => failure.message.clone(),
        };
        Problem { is_retryable: failure.is_retryable(), ..Problem::new(status_of(&failure), failure.code, detail) }
    }
}

impl From<Problem> for Response {
    fn from(problem: Problem) -> Response {
        problem.into_response()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).expect("INVARIANT: a problem is texts and a number");
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.is_retryable {
            headers.insert(RETRY_AFTER, HeaderValue::from_static(PAUSE));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Session realm=\"dayone\""));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_failure_has_its_status() {
        for (kind, code, status) in [
            (FailureKind::NotFound, "not-found", 404),
            (FailureKind::Forbidden, "forbidden", 403),
            (FailureKind::Forbidden, "signed-out", 401),
            (FailureKind::Refused, "provisional", 409),
            (FailureKind::Refused, "idempotency-key-reused", 422),
            (FailureKind::Invalid, "empty-text", 422),
            (FailureKind::Invalid, "idempotency-key", 400),
            (FailureKind::Stale, "stale", 412),
            (FailureKind::Busy, "busy", 409),
            (FailureKind::Unavailable, "unavailable", 503),
            (FailureKind::Broken, "broken", 500),
        ] {
            let problem = Problem::from(Failure::new(kind, code, "what happened"));
            assert_eq!((problem.status.as_u16(), problem.code.as_str()), (status, code));
            let response = problem.into_response();
            let may_retry = matches!(kind, FailureKind::Busy | FailureKind::Unavailable);
            assert_eq!(response.headers().contains_key(RETRY_AFTER), may_retry, "{code}");
            assert_eq!(response.headers().contains_key(WWW_AUTHENTICATE), status == 401, "{code}");
        }
    }

    #[test]
    fn what_is_broken_inside_is_not_told_outside() {
        for kind in [FailureKind::Broken, FailureKind::Unavailable] {
            let problem = Problem::from(Failure::new(kind, "code", "the record t/northwind/bills"));
            assert!(!problem.detail.contains("northwind"), "{}", problem.detail);
        }
    }
}
