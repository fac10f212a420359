//! Conditions of requests: entity tags, and keys that make a request happen once.
//!
//! The ETag of a thing is its version in double quotes: `"7"`. Where an answer holds more than that version decides,
//! a part of the answer's digest follows behind a point: `"7.1f0a…"`. `If-Match` is about the version alone.

use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use dayone_ports::Digest;

use crate::problem::Problem;

/// The header that makes a request happen once.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header of an answer to a request that was done before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replay");
/// Most characters of a list of tags.
const LONGEST_LIST: usize = 2000;

/// The version of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(String);

impl Tag {
    /// The tag of an answer that a version decides.
    pub fn version(version: u64) -> Tag {
        Tag(format!("\"{version}\""))
    }

    /// The tag of an answer that holds more than a version decides.
    pub fn version_of(version: u64, body: &[u8]) -> Tag {
        let digest = Digest::of(body).to_string();
        Tag(format!("\"{version}.{}\"", &digest[..16]))
    }

    /// The header's value.
    pub fn value(&self) -> HeaderValue {
        HeaderValue::try_from(self.0.as_str()).expect("INVARIANT: a tag is digits, a point and quotes")
    }

    /// Adds the header to an answer.
    pub fn add_to(&self, headers: &mut HeaderMap) {
        headers.insert(ETAG, self.value());
    }

    /// Whether `If-None-Match` names this tag: whoever asks has the answer already. Tags are compared weakly, as
    /// RFC 9110 has it.
    pub fn is_known_to(&self, headers: &HeaderMap) -> bool {
        let lists = headers.get_all(IF_NONE_MATCH).into_iter().filter_map(|list| list.to_str().ok());
        let mut tags = lists.filter(|list| list.len() <= LONGEST_LIST).flat_map(|list| list.split(',')).map(str::trim);
        tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == self.0)
    }
}

/// What `If-Match` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// Nothing, or any version.
    Any,
    /// This version.
    Version(u64),
    /// A tag that this site never gave.
    Unknown,
}

impl IfMatch {
    /// Reads the header.
    ///
    /// # Errors
    /// For more than one tag, and for what is no tag.
    pub fn of(headers: &HeaderMap) -> Result<IfMatch, Problem> {
        let mut stated = headers.get_all(IF_MATCH).into_iter();
        let (Some(value), None) = (stated.next(), stated.next()) else {
            return if headers.contains_key(IF_MATCH) { Err(no_tag()) } else { Ok(IfMatch::Any) };
        };
        let text = value.to_str().map_err(|_| no_tag())?.trim();
        if text == "*" {
            return Ok(IfMatch::Any);
        }
        if text.starts_with("W/\"") {
            return Ok(IfMatch::Unknown);
        }
        let tag = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).filter(|tag| !tag.contains('"'));
        let tag = tag.ok_or_else(no_tag)?;
        let version = tag.split_once('.').map_or(tag, |(version, _)| version);
        Ok(version.parse().map_or(IfMatch::Unknown, IfMatch::Version))
    }

    /// The version to decide on, for the use case.
    pub fn version(self) -> Option<u64> {
        match self {
            IfMatch::Any => None,
            IfMatch::Version(version) => Some(version),
            // No thing gets so far: the use case says that the version is another.
            IfMatch::Unknown => Some(u64::MAX),
        }
    }

    /// The same for a decision on a revision, which has to say on which version it is.
    pub fn required(self) -> Result<IfMatch, Problem> {
        let detail = "this decides on what you have read: read it, and send its ETag as If-Match: \"<version>\"";
        match self {
            IfMatch::Any => Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "if-match-required", detail)),
            other => Ok(other),
        }
    }
}

fn no_tag() -> Problem {
    Problem::bad("if-match", "If-Match names one version in double quotes, as the ETag of what you have read")
}

/// The key that makes a request happen once.
///
/// # Errors
/// Where there is none, more than one, or one that cannot be read.
pub fn idempotency_key(headers: &HeaderMap) -> Result<String, Problem> {
    let mut stated = headers.get_all(IDEMPOTENCY_KEY).into_iter();
    let (Some(key), None) = (stated.next(), stated.next()) else {
        let detail = "a request that changes something has one header Idempotency-Key: a new random text for every request, \
                      the same when you send the same request again";
        return Err(Problem::bad("idempotency-key-missing", detail));
    };
    let is_plain = |key: &&str| (1..=200).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let key = key.to_str().ok().filter(is_plain);
    let key =
        key.ok_or_else(|| Problem::bad("idempotency-key", "an Idempotency-Key is 1 to 200 printable ASCII characters without spaces"))?;
    Ok(key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, values: &[&'static str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn if_none_match_is_a_list_and_compares_weakly() {
        let tag = Tag::version(7);
        for (values, is_known) in [
            (&["\"7\""][..], true),
            (&["\"6\", \"7\""], true),
            (&["\"6\"", "\"7\""], true),
            (&["W/\"7\""], true),
            (&["*"], true),
            (&["7"], false),
            (&["\"70\""], false),
            (&[], false),
        ] {
            assert_eq!(tag.is_known_to(&with(IF_NONE_MATCH, values)), is_known, "{values:?}");
        }
    }

    #[test]
    fn if_match_is_about_the_version() {
        for (values, read) in [
            (&["\"7\""][..], Some(IfMatch::Version(7))),
            (&["\"7.0123456789abcdef\""], Some(IfMatch::Version(7))),
            (&["*"], Some(IfMatch::Any)),
            (&[], Some(IfMatch::Any)),
            (&["W/\"7\""], Some(IfMatch::Unknown)),
            (&["\"abc\""], Some(IfMatch::Unknown)),
            (&["\"-7\""], Some(IfMatch::Unknown)),
            (&["7"], None),
            (&["\"7\", \"8\""], None),
            (&["\"7\"", "\"8\""], None),
            (&["\""], None),
        ] {
            assert_eq!(IfMatch::of(&with(IF_MATCH, values)).ok(), read, "{values:?}");
        }
    }

    #[test]
    fn a_decision_on_a_revision_says_on_which_version() {
        assert_eq!(IfMatch::Any.required().unwrap_err().status, StatusCode::PRECONDITION_REQUIRED);
        assert_eq!(IfMatch::Version(7).required().map(IfMatch::version), Ok(Some(7)));
        assert_eq!(IfMatch::Unknown.required().map(IfMatch::version), Ok(Some(u64::MAX)));
    }

    #[test]
    fn a_tag_of_an_answer_changes_with_it() {
        assert_ne!(Tag::version_of(7, b"a"), Tag::version_of(7, b"b"));
        assert_eq!(Tag::version_of(7, b"a").value().to_str().unwrap().len(), 20);
    }

    #[test]
    fn there_is_one_plain_idempotency_key() {
        assert_eq!(idempotency_key(&with(IDEMPOTENCY_KEY, &["3f-a"])), Ok("3f-a".to_owned()));
        for (values, code) in [
            (&[][..], "idempotency-key-missing"),
            (&["a", "b"], "idempotency-key-missing"),
            (&[""], "idempotency-key"),
            (&["a b"], "idempotency-key"),
        ] {
            assert_eq!(idempotency_key(&with(IDEMPOTENCY_KEY, values)).unwrap_err().code, code);
        }
    }
}
