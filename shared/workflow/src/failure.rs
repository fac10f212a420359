//! Why a use case did not do what it was asked for.

use dayone_ports::{StoreError, Unavailable};

/// What whoever asked can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// There is no such thing, or the person may not see it: the two are not told apart.
    NotFound,
    /// The person sees it and may not do this.
    Forbidden,
    /// A rule forbids it as things stand.
    Refused,
    /// What was sent cannot be right.
    Invalid,
    /// It was decided on a version that is not the newest (`If-Match`).
    Stale,
    /// Somebody else changed the same thing at the same time; asking again may help.
    Busy,
    /// A part of the outside did not answer; asking again may help.
    Unavailable,
    /// What is stored contradicts itself.
    Broken,
}

/// A failure, in a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What can be done about it.
    pub kind: FailureKind,
    /// A stable name for programs: `not-accepted`.
    pub code: &'static str,
    /// For people: lower case, without full stop.
    pub message: String,
}

impl Failure {
    /// A failure of a kind.
    pub fn new(kind: FailureKind, code: &'static str, message: impl ToString) -> Failure {
        Failure { kind, code, message: message.to_string() }
    }

    /// There is no such thing.
    pub fn not_found(what: impl std::fmt::Display) -> Failure {
        Failure::new(FailureKind::NotFound, "not-found", format!("there is no {what}"))
    }

    /// The person may not.
    pub fn forbidden(message: impl ToString) -> Failure {
        Failure::new(FailureKind::Forbidden, "forbidden", message)
    }

    /// A rule forbids it.
    pub fn refused(code: &'static str, message: impl ToString) -> Failure {
        Failure::new(FailureKind::Refused, code, message)
    }

    /// What was sent cannot be right.
    pub fn invalid(code: &'static str, message: impl ToString) -> Failure {
        Failure::new(FailureKind::Invalid, code, message)
    }

    /// Decided on an old version.
    pub fn stale(newest: u64) -> Failure {
        let message = format!("it was changed since you read it (it is at version {newest} now); read it again and decide on that");
        Failure::new(FailureKind::Stale, "stale", message)
    }

    /// What is stored contradicts itself.
    pub fn broken(what: impl ToString) -> Failure {
        Failure::new(FailureKind::Broken, "broken", what)
    }

    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self.kind, FailureKind::Busy | FailureKind::Unavailable)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        match &error {
            StoreError::Conflict(_) => Failure::new(FailureKind::Busy, "busy", "somebody else changed the same thing just now; try again"),
            StoreError::Unavailable(_) => Failure::new(FailureKind::Unavailable, "unavailable", error),
            StoreError::Refused(_) => Failure::new(FailureKind::Broken, "too-large", error),
        }
    }
}

impl From<Unavailable> for Failure {
    fn from(error: Unavailable) -> Failure {
        Failure::new(FailureKind::Unavailable, "unavailable", error)
    }
}

/// Tries of work that somebody else's change at the same time may keep from being done.
pub(crate) const TRIES: usize = 8;

/// Does work again, loading anew, where somebody else changed the same thing at the same time. A macro, because the
/// futures of an async closure cannot be sent between threads.
macro_rules! retried {
    ($work:expr) => {{
        let mut tries = 1;
        loop {
            match $work.await {
                Err(failure) if failure.kind == $crate::failure::FailureKind::Busy && tries < $crate::failure::TRIES => tries += 1,
                other => break other,
            }
        }
    }};
}

pub(crate) use retried;
