//! What a cell holds, whatever the container, so that one mapping serves CSV and Parquet.

use std::borrow::Cow;

use chrono::NaiveDateTime;

use crate::refusal::cut;

/// Entries of a map that a message shows, and bytes of each key and value: all may be as large as a page.
const MAP_SHOWN_ENTRIES: usize = 20;
const MAP_SHOWN_BYTES: usize = 100;

/// A cell. CSV has [`Null`](Cell::Null) and [`Text`](Cell::Text) only.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Null,
    Text(&'a str),
    Integer(i64),
    Single(f32),
    Double(f64),
    /// A plain decimal, all its digits.
    Decimal(String),
    /// UTC.
    Moment(NaiveDateTime),
    /// In the order of the file; a value may be null.
    Map(Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>),
    /// Tags under the keys of the charge, those that are needed: they were read from a map or a text.
    Tags(Vec<(&'a str, &'a str)>),
}

impl<'a> Cell<'a> {
    /// A cell that is text in its file. Null is written in several ways: as the empty field, and as a literal
    /// by database exports (`NULL` in the FOCUS sample data, `(null)` in the specification's examples).
    pub(crate) fn of_text(text: &'a str) -> Cell<'a> {
        if is_null(text) { Cell::Null } else { Cell::Text(text) }
    }

    /// The value as text. A float counts as its shortest decimal, at its own precision. Of a map, only what a
    /// message shows: no cost and no dimension is read from one.
    pub(crate) fn to_text(&self) -> Cow<'a, str> {
        match self {
            Cell::Null => Cow::Borrowed(""),
            Cell::Text(text) => Cow::Borrowed(text),
            Cell::Integer(integer) => Cow::Owned(integer.to_string()),
            Cell::Single(single) => Cow::Owned(format!("{single:e}")),
            Cell::Double(double) => Cow::Owned(format!("{double:e}")),
            Cell::Decimal(decimal) => Cow::Owned(decimal.clone()),
            Cell::Moment(moment) => Cow::Owned(moment.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string()),
            Cell::Tags(tags) => Cow::Owned(tags.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join(", ")),
            Cell::Map(entries) => {
                let shown = |(key, value): &(Cow<'_, str>, Option<Cow<'_, str>>)| {
                    format!("{}={}", cut(key, MAP_SHOWN_BYTES), cut(value.as_deref().unwrap_or("null"), MAP_SHOWN_BYTES))
                };
                Cow::Owned(entries.iter().take(MAP_SHOWN_ENTRIES).map(shown).collect::<Vec<_>>().join(", "))
            }
        }
    }
}

/// Whether a text stands for null.
fn is_null(text: &str) -> bool {
    matches!(text, "" | "NULL" | "null" | "(null)")
}

/// A row that is being read.
pub(crate) trait Row {
    /// The cell at a place among the picked columns.
    fn cell(&self, slot: usize) -> Cell<'_>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_is_its_shortest_decimal() {
        for (cell, text) in [
            (Cell::Double(0.1), "1e-1"),
            (Cell::Double(6.76e-8), "6.76e-8"),
            (Cell::Double(49321.10820024424), "4.932110820024424e4"),
            (Cell::Double(-0.0), "-0e0"),
            (Cell::Double(f64::NAN), "NaN"),
            (Cell::Double(f64::NEG_INFINITY), "-inf"),
            (Cell::Single(0.1), "1e-1"),
            (Cell::Single(16_777_216.0), "1.6777216e7"),
        ] {
            assert_eq!(cell.to_text(), text);
        }
    }

    #[test]
    fn null_is_written_in_several_ways() {
        for text in ["", "NULL", "null", "(null)"] {
            assert_eq!(Cell::of_text(text), Cell::Null, "{text}");
        }
        for text in ["0", "none", "N/A", "Null", " ", "{}"] {
            assert_eq!(Cell::of_text(text), Cell::Text(text), "{text}");
        }
    }
}
