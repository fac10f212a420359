//! From the header of a file to the mapping of its rows.

use dayone_domain::Currency;
use dayone_domain::charge::Dimension;

use crate::cell::Row;
use crate::columns::{Columns, Header, Slot};
use crate::cur::CurMapper;
use crate::focus::FocusMapper;
use crate::format::Format;
use crate::refusal::{ChargeRefusal, Refusal};
use crate::{ReadOptions, Sink};

/// Maps the rows of one file to charges.
pub(crate) enum Mapper {
    Focus(Box<FocusMapper>),
    Cur(Box<CurMapper>),
}

impl Mapper {
    pub(crate) fn for_header(header: &Header, options: &ReadOptions<'_>) -> Result<Mapper, Refusal> {
        Ok(match Format::of(header)? {
            Format::Focus { version } => Mapper::Focus(Box::new(FocusMapper::try_new(version, header, options)?)),
            format => Mapper::Cur(Box::new(CurMapper::try_new(format, header, options)?)),
        })
    }

    pub(crate) fn format(&self) -> Format {
        match self {
            Mapper::Focus(mapper) => mapper.format(),
            Mapper::Cur(mapper) => mapper.format(),
        }
    }

    pub(crate) fn columns(&self) -> &Columns {
        match self {
            Mapper::Focus(mapper) => mapper.columns(),
            Mapper::Cur(mapper) => mapper.columns(),
        }
    }

    /// Whether the file has a list cost, and a contracted cost.
    pub(crate) fn has_list_and_contracted(&self) -> (bool, bool) {
        match self {
            Mapper::Focus(mapper) => mapper.has_list_and_contracted(),
            Mapper::Cur(mapper) => (mapper.has_list(), false),
        }
    }

    /// What a reader of the figures has to know, once all rows are read.
    pub(crate) fn notes(&self) -> Vec<String> {
        match self {
            Mapper::Focus(mapper) => mapper.notes(),
            Mapper::Cur(mapper) => mapper.notes(),
        }
    }

    pub(crate) fn charge(&mut self, row: &dyn Row, sink: &mut Sink<'_>) -> Result<(), Refusal> {
        match self {
            Mapper::Focus(mapper) => mapper.charge(row, sink),
            Mapper::Cur(mapper) => mapper.charge(row, sink),
        }
    }
}

/// Which column a dimension was read from, for the sink's refusals.
#[derive(Debug)]
pub(crate) struct Origins([Option<Slot>; Dimension::COUNT]);

impl Origins {
    pub(crate) fn new(origins: &[(Dimension, Option<Slot>)]) -> Origins {
        let mut by_dimension = [None; Dimension::COUNT];
        for (dimension, slot) in origins {
            by_dimension[*dimension as usize] = *slot;
        }
        Origins(by_dimension)
    }

    pub(crate) fn slot(&self, dimension: Dimension) -> Option<Slot> {
        self.0[dimension as usize]
    }

    pub(crate) fn refusal(&self, columns: &Columns, refused: ChargeRefusal) -> Refusal {
        let mut refusal = Refusal::new(refused.reason, refused.what_to_do);
        if let Some(slot) = refused.dimension.and_then(|dimension| self.slot(dimension)) {
            refusal = refusal.column(columns.name(slot));
        }
        match refused.value {
            Some(value) => refusal.value(&value),
            None => refusal,
        }
    }
}

/// The currency of charges whose file has no column for it.
pub(crate) fn absent_currency(options: &ReadOptions<'_>) -> Currency {
    options.currency_if_absent.unwrap_or(Currency::NONE)
}

/// The note on such a file.
pub(crate) fn absent_currency_note(column: &str, currency: Currency) -> String {
    if currency == Currency::NONE {
        format!("The file has no column {column}: its amounts are shown in XXX, no currency, until you name one.")
    } else {
        format!("The file has no column {column}: its amounts count as {currency}, as you said.")
    }
}
