//! Answers of the API.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::ask::Reading;
use crate::conditions::{REPLAYED, Tag};
use crate::problem::Problem;

/// An answer, or why there is none.
pub type Answer = Result<Response, Problem>;

fn bytes_of<T: Serialize>(body: &T) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(body).map_err(|error| dayone_workflow::Failure::broken(error).into())
}

fn with_type(kind: &'static str, bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// JSON.
pub fn json<T: Serialize>(body: &T) -> Answer {
    Ok(with_type("application/json", bytes_of(body)?))
}

/// A problem that tells more than problems do.
pub fn problem<T: Serialize>(status: StatusCode, body: &T) -> Answer {
    Ok((status, with_type("application/problem+json", bytes_of(body)?)).into_response())
}

/// One thing that its version decides.
pub fn versioned<T: Serialize>(reading: &Reading, version: u64, body: &T) -> Answer {
    Ok(tagged(&reading.headers, &Tag::version(version), with_type("application/json", bytes_of(body)?)))
}

/// One thing of which its version decides a part.
pub fn partly_versioned<T: Serialize>(reading: &Reading, version: u64, body: &T) -> Answer {
    let bytes = bytes_of(body)?;
    let tag = Tag::version_of(version, &bytes);
    Ok(tagged(&reading.headers, &tag, with_type("application/json", bytes)))
}

/// A text that its version decides.
pub fn text(reading: &Reading, version: u64, bytes: Vec<u8>) -> Response {
    tagged(&reading.headers, &Tag::version(version), with_type("text/plain; charset=utf-8", bytes))
}

/// A file that its version decides.
pub fn file(reading: &Reading, version: u64, kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    tagged(&reading.headers, &Tag::version(version), whole_file(kind, name, bytes))
}

/// A file that browsers keep under a name.
pub fn whole_file(kind: &'static str, name: &str, bytes: Vec<u8>) -> Response {
    let mut response = with_type(kind, bytes);
    let plain: String = name.chars().map(|sign| if sign.is_ascii_alphanumeric() || "-_.".contains(sign) { sign } else { '_' }).collect();
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{plain}\""));
    response.headers_mut().insert(CONTENT_DISPOSITION, disposition.expect("INVARIANT: plain signs only"));
    response
}

fn tagged(asked: &HeaderMap, tag: &Tag, response: Response) -> Response {
    let mut response = if tag.is_known_to(asked) { StatusCode::NOT_MODIFIED.into_response() } else { response };
    tag.add_to(response.headers_mut());
    response
}

/// What there is after a change, with its version where it has one.
pub fn changed<T: Serialize>(is_replay: bool, version: Option<u64>, body: &T) -> Answer {
    let mut response = json(body)?;
    if let Some(version) = version {
        Tag::version(version).add_to(response.headers_mut());
    }
    if is_replay {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    Ok(response)
}
