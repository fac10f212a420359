//! Why a command did not succeed.

use std::fmt;
use std::io;
use std::path::Path;

use dayone_domain::plain_text::harmless;
use dayone_workflow::FailureKind;

/// Why a command did not succeed; every message says what to do next.
#[derive(Debug)]
pub enum Failure {
    /// Inputs that cannot be used and places that cannot be written to, each a message.
    Refused(Vec<String>),
    /// Figures that do not agree, each a message.
    Differs(Vec<String>),
    /// What is wrong with the trail, each a message.
    Tampered(Vec<String>),
    /// The output could not be written.
    Output(io::Error),
}

impl Failure {
    /// One refusal.
    pub fn refused(message: impl Into<String>) -> Failure {
        Failure::Refused(vec![message.into()])
    }

    /// For `map_err`: a path could not be read.
    pub fn reading(path: &Path) -> impl FnOnce(io::Error) -> Failure + use<'_> {
        move |error| Failure::refused(about_path(path, "read", &error))
    }

    /// For `map_err`: a path could not be written.
    pub fn writing(path: &Path) -> impl FnOnce(io::Error) -> Failure + use<'_> {
        move |error| Failure::refused(about_path(path, "written", &error))
    }

    /// For `map_err`: a text was refused, for any number of reasons.
    pub fn texts<T: ToString>(refusals: Vec<T>) -> Failure {
        Failure::Refused(refusals.iter().map(ToString::to_string).collect())
    }

    /// Both; all that is refused is named together.
    pub fn and(self, other: Failure) -> Failure {
        match (self, other) {
            (Failure::Refused(first), Failure::Refused(second)) => Failure::Refused([first, second].concat()),
            (Failure::Refused(_), other) => other,
            (first, _) => first,
        }
    }

    /// The values of all, or all that is refused.
    pub fn all<T>(results: impl IntoIterator<Item = Result<T, Failure>>) -> Result<Vec<T>, Failure> {
        let mut values = Vec::new();
        let mut failed: Option<Failure> = None;
        for result in results {
            match result {
                Ok(value) => values.push(value),
                Err(failure) => {
                    failed = Some(match failed {
                        Some(before) => before.and(failure),
                        None => failure,
                    });
                }
            }
        }
        failed.map_or(Ok(values), Err)
    }

    /// Both values, or all that is refused.
    pub fn both<A, B>(first: Result<A, Failure>, second: Result<B, Failure>) -> Result<(A, B), Failure> {
        match (first, second) {
            (Ok(first), Ok(second)) => Ok((first, second)),
            (Err(first), Err(second)) => Err(first.and(second)),
            (Err(failure), Ok(_)) | (Ok(_), Err(failure)) => Err(failure),
        }
    }
}

fn about_path(path: &Path, verb: &str, error: &io::Error) -> String {
    let path = path.display().to_string();
    let path = harmless(&path);
    match error.kind() {
        io::ErrorKind::NotFound => format!("{path}: there is no such file or folder. What to do: check its name and where you are."),
        io::ErrorKind::PermissionDenied => {
            format!("{path}: may not be {verb} by you. What to do: ask for the permission, or use another place.")
        }
        _ => format!("{path}: cannot be {verb} ({error}). What to do: check the path."),
    }
}

fn crossed(messages: &[String]) -> String {
    messages.iter().map(|message| format!("  ✗ {}", harmless(message))).collect::<Vec<_>>().join("\n")
}

/// A refusal of a use case, with what to do about it.
impl From<dayone_workflow::Failure> for Failure {
    fn from(failure: dayone_workflow::Failure) -> Failure {
        // Texts of configuration bring their own places and remedies, several lines of them.
        if failure.message.to_lowercase().contains("what to do") {
            return Failure::refused(failure.message.trim_end());
        }
        let message = harmless(failure.message.trim_end().trim_end_matches('.')).into_owned();
        // Rules say what is wrong, a semicolon, and what there is to do instead.
        let told = match what_to_do(&failure) {
            Some(what_to_do) => Some((message.as_str(), what_to_do)),
            None => message.rsplit_once("; "),
        };
        Failure::refused(match told {
            Some((message, what_to_do)) => format!("{message}. What to do: {what_to_do}."),
            None => format!("{message}."),
        })
    }
}

/// What to do about failures that do not say so themselves.
fn what_to_do(failure: &dayone_workflow::Failure) -> Option<&'static str> {
    Some(match (failure.kind, failure.code) {
        (_, "period-running") => "wait until the billing period has ended",
        (_, "no-delivery") => "`dayone ingest` its files first, or end the source with `until` in the sources",
        (_, "journal-status") => "look at `dayone journals show REF`, and at what has to come first",
        (_, "crosses-legal-entity") => "name the legal entity under `also_charge` of the ledger calendar, or another coding",
        (_, "provisional") => "wait for the final invoice; until then `dayone invoice ask` asks about it",
        (_, "showback") => "`dayone invoice acknowledge` it",
        (_, "chargeback") => "`dayone invoice accept` it, or `dispute` a line",
        (_, "period-began") => "name that one, or a later one, with --from",
        (_, "accepted") => "leave it, or ask a controller for `dayone journals reverse` once it is posted",
        (_, "never-promoted") => "leave it in showback",
        (_, "no-line") => "look the line up with `dayone invoice show` or `dayone journals show`",
        (_, "bad-receiver") => "name a cost group that `dayone invoices` lists for the billing period",
        (FailureKind::NotFound, _) => "check the name; what you may see is in `dayone invoices` and `dayone journals list`",
        (FailureKind::Forbidden, _) if !failure.message.contains("; ") => {
            "let somebody do it who may (--as MAIL); roles are in the people's list, owners in the tree"
        }
        (FailureKind::Busy, _) if !failure.message.contains("; ") => "try again in a moment",
        (FailureKind::Unavailable, _) => "see that the home can be reached and its disk has room, and try again",
        (FailureKind::Broken, _) => "run `dayone audit verify`, and put the home back from a backup where it finds something",
        (FailureKind::Busy | FailureKind::Forbidden | FailureKind::Refused | FailureKind::Invalid | FailureKind::Stale, _) => return None,
    })
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        Failure::Output(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(messages) => f.write_str(&messages.join("\n")),
            Failure::Differs(messages) => {
                writeln!(f, "It does not tie out:")?;
                f.write_str(&crossed(messages))
            }
            Failure::Tampered(messages) => {
                writeln!(f, "The trail does not hold:")?;
                writeln!(f, "{}", crossed(messages))?;
                f.write_str("What to do: stop working in this home, keep a copy of it as it is, and find out who had access.")
            }
            Failure::Output(error) => write!(f, "the output cannot be written: {error}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(failure: dayone_workflow::Failure) -> String {
        Failure::from(failure).to_string()
    }

    #[test]
    fn what_a_rule_says_after_its_semicolon_is_what_to_do() {
        let failure = dayone_workflow::Failure::refused("recoded", "journal `J-2` recoded it; reverse that one first");
        assert_eq!(told(failure), "journal `J-2` recoded it. What to do: reverse that one first.");
        let failure = dayone_workflow::Failure::invalid("password", "too short");
        assert_eq!(told(failure), "too short.");
        let failure = dayone_workflow::Failure::new(FailureKind::Busy, "busy", "another process posts; try again in 59 seconds");
        assert_eq!(told(failure), "another process posts. What to do: try again in 59 seconds.");
    }

    #[test]
    fn texts_that_say_what_to_do_stay_as_they_are() {
        let failure = dayone_workflow::Failure::invalid("configuration", "a.yaml:1:1: wrong. What to do: mend it.\nb");
        assert_eq!(told(failure), "a.yaml:1:1: wrong. What to do: mend it.\nb");
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_told() {
        assert!(!told(dayone_workflow::Failure::not_found("source \u{1b}[31m")).contains('\u{1b}'));
    }
}
