//! The columns of a file, and those of them that a mapping needs.

use crate::limits::MAX_COLUMNS;
use crate::refusal::Refusal;

/// The names of a file's columns, in file order.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    names: Vec<String>,
    /// Fields inside of columns (`sku.description`), for telling a format; nothing is read from them.
    nested: Vec<String>,
}

impl Header {
    pub(crate) fn try_new(names: Vec<String>, nested: Vec<String>) -> Result<Header, Refusal> {
        if names.len() > MAX_COLUMNS {
            let reason = format!("has {} columns, and no more than {MAX_COLUMNS} are read", names.len());
            return Err(Refusal::new(reason, "check that it is a billing file, and export fewer columns"));
        }
        Ok(Header { names, nested })
    }

    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether there is a column or nested field of this name. Query engines change the case of column names.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.names.iter().chain(&self.nested).any(|column| column.eq_ignore_ascii_case(name))
    }

    pub(crate) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.has(name))
    }

    fn find(&self, name: &str) -> Result<Option<usize>, Refusal> {
        let mut places = (0..self.names.len()).filter(|place| self.names[*place].eq_ignore_ascii_case(name));
        let first = places.next();
        if places.next().is_some() {
            return Err(Refusal::new(
                "is there more than once, and which one counts is not clear",
                "export the file again with each column once",
            )
            .column(name));
        }
        Ok(first)
    }
}

/// What a column is read as; a Parquet column must have a type that can be read so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Money,
    Moment,
    /// A moment of which only the month counts.
    Month,
    Tags,
    /// Only whether there is a value.
    Presence,
}

/// A column that is read.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    /// In the file's own spelling.
    pub(crate) name: Box<str>,
    /// Place among the columns of the file.
    pub(crate) place: usize,
    pub(crate) kind: Kind,
}

/// Place of a column among those that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Slot(pub(crate) usize);

/// The columns that are read.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    picked: Vec<Column>,
}

impl Columns {
    /// Picks a column that the file may lack; twice is refused.
    pub(crate) fn optional(&mut self, header: &Header, name: &str, kind: Kind) -> Result<Option<Slot>, Refusal> {
        Ok(header.find(name)?.map(|place| self.at(header, place, kind)))
    }

    /// Picks a column that the file must have, once.
    pub(crate) fn required(&mut self, header: &Header, name: &str, kind: Kind) -> Result<Slot, Refusal> {
        self.optional(header, name, kind)?.ok_or_else(|| {
            Refusal::new("the file has no such column, and charges cannot be read without it", "export the file again with this column")
                .column(name)
        })
    }

    /// Picks the column at a place of the file; of what is picked twice, one is kept.
    pub(crate) fn at(&mut self, header: &Header, place: usize, kind: Kind) -> Slot {
        if let Some(slot) = self.picked.iter().position(|column| column.place == place && column.kind == kind) {
            return Slot(slot);
        }
        self.picked.push(Column { name: Box::from(header.names[place].as_str()), place, kind });
        Slot(self.picked.len() - 1)
    }

    pub(crate) fn picked(&self) -> &[Column] {
        &self.picked
    }

    pub(crate) fn name(&self, slot: Slot) -> &str {
        &self.picked[slot.0].name
    }
}
