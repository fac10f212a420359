//! Quotation marks and carriage returns of CSV stand where RFC 4180 has them.
//!
//! The CSV reader takes any. A mark that is never closed swallows the rows after it into a field that ends at the
//! next mark, and what comes out may have the right number of fields: that would lose charges in silence. A
//! carriage return without line feed ends a row for it, but no line: rows would be named by wrong lines.

use std::fmt;
use std::io::{self, Read};

use crate::refusal::{Place, Refusal};

use super::no_text;

/// Passes a text through, and fails at a value that goes on after its closing quotation mark, and at a carriage
/// return outside of quotation marks that no line feed follows.
pub(super) struct StrayCheck<R> {
    inner: R,
    state: State,
    line: u64,
    opened_on: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    FieldStart,
    Plain,
    Quoted,
    /// Behind a mark that closes the value, or is the first of two that stand for one.
    MarkInQuoted,
    /// Behind a carriage return; several in a row come from line ends that were converted twice.
    Returned,
}

impl<R> StrayCheck<R> {
    pub(super) fn new(inner: R) -> StrayCheck<R> {
        StrayCheck { inner, state: State::FieldStart, line: 1, opened_on: 1 }
    }

    fn take(&mut self, byte: u8) -> Result<(), Stray> {
        self.state = match (self.state, byte) {
            (State::Quoted, b'"') => State::MarkInQuoted,
            (State::Quoted, _) | (State::MarkInQuoted, b'"') => State::Quoted,
            (_, b'\r') => State::Returned,
            (_, b'\n') => State::FieldStart,
            (State::Returned, _) => return Err(Stray::Return { line: self.line }),
            (_, b',') => State::FieldStart,
            (State::MarkInQuoted, _) => return Err(Stray::Mark { line: self.opened_on }),
            (State::FieldStart, b'"') => {
                self.opened_on = self.line;
                State::Quoted
            }
            _ => State::Plain,
        };
        self.line += u64::from(byte == b'\n');
        Ok(())
    }
}

impl<R: Read> Read for StrayCheck<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        for byte in &buffer[..length] {
            self.take(*byte).map_err(|stray| match stray {
                // Pictures and programs have both; text has no null bytes.
                Stray::Return { .. } if buffer[..length].contains(&0) => io::Error::other(Stray::Binary),
                stray => io::Error::other(stray),
            })?;
        }
        if length == 0 && !buffer.is_empty() && self.state == State::Quoted {
            return Err(io::Error::other(Stray::Mark { line: self.opened_on }));
        }
        Ok(length)
    }
}

/// What stands where it may not.
#[derive(Debug)]
pub(super) enum Stray {
    /// A quotation mark too many or too few, in a value that begins on this line.
    Mark { line: u64 },
    /// A carriage return on this line without a line feed.
    Return { line: u64 },
    /// The same in what is no text.
    Binary,
}

impl Stray {
    pub(super) fn refusal(&self) -> Refusal {
        match self {
            Stray::Mark { line } => Refusal::new(
                "a quotation mark opens a value here that is not closed as it should be, and rows may be hidden in it",
                "fetch or export the file again; within quotation marks, a mark is written twice",
            )
            .at(Place::Line(*line)),
            Stray::Return { line } => Refusal::new(
                "a carriage return stands here without a line feed, as old Mac programs end their lines, and where rows end is not clear",
                "export the file again with lines that end in LF or CR LF",
            )
            .at(Place::Line(*line)),
            Stray::Binary => no_text().at(Place::Line(1)),
        }
    }
}

impl fmt::Display for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stray::Mark { line } => write!(f, "a quotation mark of line {line} is not closed"),
            Stray::Return { line } => write!(f, "a carriage return of line {line} has no line feed"),
            Stray::Binary => f.write_str("no text"),
        }
    }
}

impl std::error::Error for Stray {}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble(text: &str) -> Option<String> {
        let mut check = StrayCheck::new(text.as_bytes());
        let mut buffer = [0; 3];
        loop {
            match check.read(&mut buffer) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some(error.to_string()),
            }
        }
    }

    #[test]
    fn marks_that_stand_right_pass() {
        for text in ["a,b\n", "\"a,b\",\"c\"\"d\"\r\n\"\",\"x\ny\"", "5\" disk,b\n", "\"\"", "a,\"{\"\"k\"\":\"\"v\"\"}\""] {
            assert_eq!(trouble(text), None, "{text}");
        }
    }

    #[test]
    fn a_value_that_goes_on_behind_its_mark_or_is_never_closed_is_found_with_its_line() {
        for (text, line) in [("a\n\"b\nc,\"d\"\n", 2), ("\"a\"b\n", 1), ("a\nb,\"c", 2), ("a\n\n\"", 3), ("\"a\" ,b", 1)] {
            assert_eq!(trouble(text), Some(format!("a quotation mark of line {line} is not closed")), "{text}");
        }
    }

    #[test]
    fn a_carriage_return_alone_is_found_with_its_line_unless_it_is_in_quotation_marks_or_ends_the_text() {
        for (text, line) in [("a\rb", 1), ("a\nb\rc\n", 2), ("\"a\"\r\"b\"\r", 1), ("a\r\n\"b\r\n\"\rc", 3), ("a\r\rb", 1), ("a\r,b", 1)] {
            assert_eq!(trouble(text), Some(format!("a carriage return of line {line} has no line feed")), "{text:?}");
        }
        for text in ["a\r\nb\r\n", "a\r\r\nb", "\"a\rb\",c\n", "a,b\r", "a\r\n\r\n"] {
            assert_eq!(trouble(text), None, "{text:?}");
        }
        assert_eq!(trouble("\0\r1").as_deref(), Some("no text"));
    }
}
