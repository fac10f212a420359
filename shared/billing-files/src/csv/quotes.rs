//! Quotation marks of CSV stand where RFC 4180 has them.
//!
//! The CSV reader takes any: one that is never closed swallows the rows after it into a field that ends at the
//! next mark, and what comes out may have the right number of fields. That would lose charges in silence.

use std::fmt;
use std::io::{self, Read};

use crate::refusal::{Place, Refusal};

/// Passes a text through, and fails at a value that goes on after its closing quotation mark.
pub(super) struct QuoteCheck<R> {
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
}

impl<R> QuoteCheck<R> {
    pub(super) fn new(inner: R) -> QuoteCheck<R> {
        QuoteCheck { inner, state: State::FieldStart, line: 1, opened_on: 1 }
    }

    fn take(&mut self, byte: u8) -> Result<(), StrayQuote> {
        self.state = match (self.state, byte) {
            (State::Quoted, b'"') => State::MarkInQuoted,
            (State::Quoted, _) | (State::MarkInQuoted, b'"') => State::Quoted,
            (_, b',' | b'\n' | b'\r') => State::FieldStart,
            (State::MarkInQuoted, _) => return Err(StrayQuote { line: self.opened_on }),
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

impl<R: Read> Read for QuoteCheck<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        for byte in &buffer[..length] {
            self.take(*byte).map_err(io::Error::other)?;
        }
        if length == 0 && !buffer.is_empty() && self.state == State::Quoted {
            return Err(io::Error::other(StrayQuote { line: self.opened_on }));
        }
        Ok(length)
    }
}

/// A quotation mark too many or too few.
#[derive(Debug)]
pub(super) struct StrayQuote {
    /// Where the value begins.
    line: u64,
}

impl StrayQuote {
    pub(super) fn refusal(&self) -> Refusal {
        Refusal::new(
            "a quotation mark opens a value here that is not closed as it should be, and rows may be hidden in it",
            "fetch or export the file again; within quotation marks, a mark is written twice",
        )
        .at(Place::Line(self.line))
    }
}

impl fmt::Display for StrayQuote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a quotation mark of line {} is not closed", self.line)
    }
}

impl std::error::Error for StrayQuote {}

#[cfg(test)]
mod tests {
    use super::*;

    fn line_of_trouble(text: &str) -> Option<u64> {
        let mut check = QuoteCheck::new(text.as_bytes());
        let mut buffer = [0; 3];
        loop {
            match check.read(&mut buffer) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return error.get_ref().and_then(|inner| inner.downcast_ref::<StrayQuote>()).map(|stray| stray.line),
            }
        }
    }

    #[test]
    fn marks_that_stand_right_pass() {
        for text in ["a,b\n", "\"a,b\",\"c\"\"d\"\r\n\"\",\"x\ny\"", "5\" disk,b\n", "\"\"", "a,\"{\"\"k\"\":\"\"v\"\"}\""] {
            assert_eq!(line_of_trouble(text), None, "{text}");
        }
    }

    #[test]
    fn a_value_that_goes_on_behind_its_mark_or_is_never_closed_is_found_with_its_line() {
        for (text, line) in [("a\n\"b\nc,\"d\"\n", 2), ("\"a\"b\n", 1), ("a\nb,\"c", 2), ("a\n\n\"", 3), ("\"a\" ,b", 1)] {
            assert_eq!(line_of_trouble(text), Some(line), "{text}");
        }
    }
}
