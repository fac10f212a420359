//! Why a file is refused, in words that a controller understands.

use std::fmt::{self, Write as _};
use std::path::Path;

use dayone_domain::charge::Dimension;

/// Bytes of a value that a message shows.
const VALUE_BYTES: usize = 80;

/// Bytes of the name of a column that a message shows.
const COLUMN_BYTES: usize = 200;

/// Bytes of a reason, and of what to do; either may quote the file.
const SENTENCE_BYTES: usize = 1_000;

/// What to do about a null in a column that every row needs.
pub(crate) const NO_VALUE: &str = "export the file again with a value in this column of every row";

/// Where in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The line of a text file on which the row begins; the header is line 1.
    Line(u64),
    /// The row of a Parquet file, counted from 1.
    Row(u64),
}

impl Place {
    /// The number of the line or row.
    pub fn number(self) -> u64 {
        match self {
            Place::Line(number) | Place::Row(number) => number,
        }
    }
}

/// `line 2` or `row 1`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(number) => write!(f, "line {number}"),
            Place::Row(number) => write!(f, "row {number}"),
        }
    }
}

/// Why a file is refused, whole. Displayed as one sentence on what is wrong and one on what to do, on one line
/// and without anything that a terminal obeys. The fields are as the file has them, each of a bounded length:
/// whoever shows one alone takes out control characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Refusal {
    /// The file, as it was named by who asked for it.
    pub file: Box<str>,
    /// The first row that cannot be read right; `None` where it is the file as a whole.
    pub place: Option<Place>,
    /// The column, in the file's own spelling where the file has it.
    pub column: Option<Box<str>>,
    /// The value, shortened where it is long.
    pub value: Option<Box<str>>,
    /// What is wrong, lower case, without a full stop.
    pub reason: Box<str>,
    /// What to do next, a sentence without a full stop.
    pub what_to_do: Box<str>,
    /// Whether the same file may be read right at another time: the trouble was outside of it.
    pub retryable: bool,
}

impl Refusal {
    pub(crate) fn new(reason: impl Into<Box<str>>, what_to_do: impl Into<Box<str>>) -> Refusal {
        Refusal {
            file: Box::from(""),
            place: None,
            column: None,
            value: None,
            reason: bounded(reason.into(), SENTENCE_BYTES),
            what_to_do: bounded(what_to_do.into(), SENTENCE_BYTES),
            retryable: false,
        }
    }

    pub(crate) fn retryable(mut self) -> Refusal {
        self.retryable = true;
        self
    }

    pub(crate) fn column(mut self, column: &str) -> Refusal {
        self.column = Some(Box::from(cut(column, COLUMN_BYTES)));
        self
    }

    pub(crate) fn value(mut self, value: &str) -> Refusal {
        self.value = Some(shown(value, VALUE_BYTES));
        self
    }

    pub(crate) fn at(mut self, place: Place) -> Refusal {
        self.place.get_or_insert(place);
        self
    }

    pub(crate) fn after_line(mut self, line: u64) -> Refusal {
        self.reason = format!("{} somewhere after line {line}", self.reason).into();
        self
    }

    pub(crate) fn in_file(mut self, file: &Path) -> Refusal {
        self.file = file.display().to_string().into();
        self
    }
}

/// `bill.csv, line 2, column BillingAccountId, value `1.23457E+12`: a spreadsheet … What to do: export ….`
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Clean(&self.file).fmt(f)?;
        if let Some(place) = self.place {
            write!(f, ", {place}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {}", Clean(column))?;
        }
        if let Some(value) = &self.value {
            write!(f, ", value `{}`", Clean(value))?;
        }
        write!(f, ": {}. What to do: {}.", Clean(&self.reason), Clean(&self.what_to_do))
    }
}

/// Why a charge does not fit with the charges before it, from whoever receives charges. [`read`](crate::read)
/// adds file, row and the file's own name of the column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargeRefusal {
    /// The dimension that is wrong, if it is one.
    pub dimension: Option<Dimension>,
    /// Its value.
    pub value: Option<String>,
    /// What is wrong, lower case, without a full stop.
    pub reason: String,
    /// What to do next, a sentence without a full stop.
    pub what_to_do: String,
}

/// Text of a file as it may go to a terminal: what would move its cursor, colour it, break the line or turn the
/// direction of writing is a blank.
struct Clean<'a>(&'a str);

impl fmt::Display for Clean<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| f.write_char(if is_obeyed(character) { ' ' } else { character }))
    }
}

/// Control characters, and those of Unicode that break lines or turn the direction of writing (UAX #9).
fn is_obeyed(character: char) -> bool {
    character.is_control() || matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The beginning of a text, at most so many bytes.
pub(crate) fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// The beginning of a text, with an ellipsis where it goes on.
pub(crate) fn shown(text: &str, bytes: usize) -> Box<str> {
    match cut(text, bytes) {
        whole if whole.len() == text.len() => Box::from(whole),
        start => format!("{start}…").into(),
    }
}

fn bounded(text: Box<str>, bytes: usize) -> Box<str> {
    if text.len() <= bytes { text } else { shown(&text, bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_one_line_that_says_where_what_and_what_to_do() {
        let refusal = Refusal::new("is wrong", "do this")
            .column("BilledCost")
            .value("1,0\n0")
            .at(Place::Line(2))
            .at(Place::Line(9))
            .in_file(Path::new("a/bill.csv"));
        assert_eq!(refusal.to_string(), "a/bill.csv, line 2, column BilledCost, value `1,0 0`: is wrong. What to do: do this.");
        let whole = Refusal::new("is empty", "export it again").in_file(Path::new("bill.csv"));
        assert_eq!(whole.to_string(), "bill.csv: is empty. What to do: export it again.");
    }

    #[test]
    fn a_long_value_is_shortened_at_a_character() {
        let shortened = shown(&"é".repeat(100), 81);
        assert_eq!(&*shortened, format!("{}…", "é".repeat(40)));
        assert_eq!(&*shown("é", 2), "é");
    }

    #[test]
    fn nothing_that_a_terminal_obeys_is_displayed_whatever_part_it_is_in() {
        let bad = "a\u{1b}[31m\r\n\t\0\u{7f}\u{9b}\u{202e}\u{2066}\u{2069}\u{200e}\u{200f}\u{2028}b";
        let refusal = Refusal::new(bad, bad).column(bad).value(bad).at(Place::Line(2)).in_file(Path::new(bad));
        let clean = format!("a [31m{}b", " ".repeat(12));
        assert_eq!(refusal.to_string(), format!("{clean}, line 2, column {clean}, value `{clean}`: {clean}. What to do: {clean}."));
        assert_eq!((&*refusal.reason, refusal.value.as_deref()), (bad, Some(bad)));
        assert_eq!(Refusal::new("größer, “naïve” 日本 עברית", "x").to_string(), ": größer, “naïve” 日本 עברית. What to do: x.");
    }

    #[test]
    fn every_part_has_a_bounded_length() {
        let long = "x".repeat(100_000);
        assert!(Refusal::new(&*long, &*long).column(&long).value(&long).to_string().len() < 2_500);
    }
}
