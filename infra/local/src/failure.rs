//! Why a command did not succeed.

use std::fmt;
use std::io;
use std::path::Path;

use dayone_domain::plain_text::harmless;

/// Why a command did not succeed; every message says what to do next.
#[derive(Debug)]
pub enum Failure {
    /// Inputs that cannot be used and places that cannot be written to, each a message.
    Refused(Vec<String>),
    /// Figures that do not agree, each a message.
    Differs(Vec<String>),
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
                f.write_str(&messages.iter().map(|message| format!("  ✗ {message}")).collect::<Vec<_>>().join("\n"))
            }
            Failure::Output(error) => write!(f, "the output cannot be written: {error}"),
        }
    }
}
