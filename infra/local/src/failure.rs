//! Why a command did not succeed.

use std::fmt;
use std::io;
use std::path::Path;

/// Why a command did not succeed; every message says what to do next.
#[derive(Debug)]
pub enum Failure {
    /// Inputs that cannot be used, each a message.
    Refused(Vec<String>),
    /// Figures that do not agree, each a message.
    Differs(Vec<String>),
    /// A file or folder that could not be read or written.
    File {
        /// The path.
        path: String,
        /// What was tried: `read`, `written`.
        verb: &'static str,
        /// What the system said.
        error: io::Error,
    },
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
        move |error| Failure::File { path: path.display().to_string(), verb: "read", error }
    }

    /// For `map_err`: a path could not be written.
    pub fn writing(path: &Path) -> impl FnOnce(io::Error) -> Failure + use<'_> {
        move |error| Failure::File { path: path.display().to_string(), verb: "written", error }
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
            Failure::Refused(messages) => {
                writeln!(f, "{}", messages.join("\n"))?;
                f.write_str("Nothing was stored or changed.")
            }
            Failure::Differs(messages) => {
                writeln!(f, "It does not tie out:")?;
                f.write_str(&messages.iter().map(|message| format!("  ✗ {message}")).collect::<Vec<_>>().join("\n"))
            }
            Failure::File { path, verb, error } => {
                write!(f, "{path} cannot be {verb}: {error}. What to do: check the path and its permissions.")
            }
            Failure::Output(error) => write!(f, "the output cannot be written: {error}"),
        }
    }
}
