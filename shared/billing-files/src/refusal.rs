//! Why a file is refused, in words that a controller understands.

use std::fmt;
use std::path::Path;

use dayone_domain::charge::Dimension;

/// Bytes of a value that a message shows.
const SHOWN_BYTES: usize = 80;

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

/// Why a file is refused, whole. Displayed as one sentence on what is wrong and one on what to do.
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
            reason: reason.into(),
            what_to_do: what_to_do.into(),
            retryable: false,
        }
    }

    pub(crate) fn retryable(mut self) -> Refusal {
        self.retryable = true;
        self
    }

    pub(crate) fn column(mut self, column: &str) -> Refusal {
        self.column = Some(Box::from(column));
        self
    }

    pub(crate) fn value(mut self, value: &str) -> Refusal {
        self.value = Some(shown(value));
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
        f.write_str(&self.file)?;
        if let Some(place) = self.place {
            write!(f, ", {place}")?;
        }
        if let Some(column) = &self.column {
            write!(f, ", column {column}")?;
        }
        if let Some(value) = &self.value {
            write!(f, ", value `{value}`")?;
        }
        write!(f, ": {}. What to do: {}.", self.reason, self.what_to_do)
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

/// A value as a message shows it: one line, of a length that leaves the message readable.
fn shown(value: &str) -> Box<str> {
    let one_line = |text: &str| text.replace(char::is_control, " ");
    if value.len() <= SHOWN_BYTES {
        return one_line(value).into();
    }
    let cut = (0..=SHOWN_BYTES).rev().find(|at| value.is_char_boundary(*at)).unwrap_or(0);
    format!("{}…", one_line(&value[..cut])).into()
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
        let shortened = shown(&"é".repeat(100));
        assert_eq!(&*shortened, format!("{}…", "é".repeat(40)));
    }
}
