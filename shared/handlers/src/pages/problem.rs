//! Failures, for people.

use axum::http::StatusCode;
use dayone_workflow::{Failure, FailureKind};

/// The status of an answer that says so.
pub fn status(kind: FailureKind) -> StatusCode {
    match kind {
        FailureKind::NotFound => StatusCode::NOT_FOUND,
        FailureKind::Forbidden => StatusCode::FORBIDDEN,
        FailureKind::Refused | FailureKind::Busy => StatusCode::CONFLICT,
        FailureKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
        FailureKind::Stale => StatusCode::PRECONDITION_FAILED,
        FailureKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        FailureKind::Broken => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A calm box at the top of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What happened: `Nothing was changed.`
    pub title: &'static str,
    /// Why, and what to do.
    pub text: String,
}

/// What a failure means to whoever pressed a button.
pub fn of(failure: &Failure) -> Problem {
    let text = match (failure.kind, failure.code) {
        (FailureKind::Broken, _) => "Something is wrong with what is stored. It is logged; please tell whoever runs this.".to_owned(),
        (FailureKind::Unavailable, _) => "A part of the system does not answer. Try again in a minute.".to_owned(),
        (_, "idempotency-key-reused") => {
            "This form was sent once already, with other contents. Here it is again, with what you typed: send it once more if you mean it."
                .to_owned()
        }
        _ => sentence(&failure.message),
    };
    Problem { title: "Nothing was changed.", text }
}

/// A message with a capital and a full stop.
pub fn sentence(message: &str) -> String {
    let mut letters = message.trim().chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let text = format!("{first}{}", letters.as_str());
    if text.is_empty() || text.ends_with(['.', '!', '?']) { text } else { format!("{text}.") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_sentences() {
        assert_eq!(sentence("there is no such invoice"), "There is no such invoice.");
        assert_eq!(sentence("été?"), "Été?");
        assert_eq!(sentence(""), "");
    }

    #[test]
    fn what_is_broken_is_not_told_in_full() {
        let told = of(&Failure::broken("the document abc was changed"));
        assert!(!told.text.contains("abc"));
    }
}
