//! From the header of a file to the mapping of its rows.

use dayone_domain::Currency;
use dayone_domain::charge::{Charge, Dimension};

use crate::cell::Row;
use crate::charge_row::ChargeRow;
use crate::columns::{Columns, Header, Slot};
use crate::cur::{CurFacet, CurMapper};
use crate::facets::{Counts, Draft};
use crate::focus::{FocusFacet, FocusMapper};
use crate::format::Format;
use crate::refusal::{ChargeRefusal, Refusal};
use crate::tags::{Needed, TagReader};
use crate::{ReadOptions, Sink};

/// Maps the rows of one file to charges.
pub(crate) enum Mapper {
    Focus(Box<FocusMapper>),
    Cur(Box<CurMapper>),
}

impl Mapper {
    /// A mapping that reads these tags.
    pub(crate) fn for_header(header: &Header, options: &ReadOptions<'_>, needed: &Needed) -> Result<Mapper, Refusal> {
        Ok(match Format::of(header)? {
            Format::Focus { version } => Mapper::Focus(Box::new(FocusMapper::try_new(version, header, options, needed)?)),
            format => Mapper::Cur(Box::new(CurMapper::try_new(format, header, options, needed)?)),
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

    pub(crate) fn origins(&self) -> &Origins {
        match self {
            Mapper::Focus(mapper) => mapper.origins(),
            Mapper::Cur(mapper) => mapper.origins(),
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
    pub(crate) fn notes(&self, counts: &Counts) -> Vec<String> {
        match self {
            Mapper::Focus(mapper) => mapper.notes(),
            Mapper::Cur(mapper) => mapper.notes(counts),
        }
    }

    /// The columns of each facet.
    pub(crate) fn facets(&self) -> Vec<&[Slot]> {
        match self {
            Mapper::Focus(mapper) => mapper.facets().iter().map(|facet| &*facet.slots).collect(),
            Mapper::Cur(mapper) => mapper.facets().iter().map(|facet| &*facet.slots).collect(),
        }
    }

    /// The place of the facet that is the tags.
    pub(crate) fn tag_facet(&self) -> usize {
        match self {
            Mapper::Focus(mapper) => mapper.facets().iter().position(|facet| matches!(facet.of, FocusFacet::Tags)),
            Mapper::Cur(mapper) => mapper.facets().iter().position(|facet| matches!(facet.of, CurFacet::Tags)),
        }
        .expect("INVARIANT: every mapping reads tags")
    }

    /// What reads the entries of a column of [`Kind::Tags`](crate::columns::Kind::Tags).
    pub(crate) fn tags_of(&self, slot: Slot) -> Option<&TagReader> {
        match self {
            Mapper::Focus(mapper) => mapper.tags_of(slot),
            Mapper::Cur(mapper) => mapper.tags_of(slot),
        }
    }

    /// Reads the facet at a place in [`facets`](Self::facets) of a row.
    pub(crate) fn read<'r>(&'r self, facet: usize, row: &'r dyn Row, draft: &mut Draft<'r>) -> Result<(), Refusal> {
        let row = ChargeRow { columns: self.columns(), row };
        match self {
            Mapper::Focus(mapper) => mapper.read(mapper.facets()[facet].of, row, draft),
            Mapper::Cur(mapper) => mapper.read(mapper.facets()[facet].of, row, draft),
        }
    }

    /// Reads a row as a charge.
    pub(crate) fn charge(&self, row: &dyn Row, counts: &mut Counts, sink: &mut Sink<'_>) -> Result<(), Refusal> {
        let mut draft = Draft::new();
        let facets = match self {
            Mapper::Focus(mapper) => mapper.facets().len(),
            Mapper::Cur(mapper) => mapper.facets().len(),
        };
        for facet in 0..facets {
            self.read(facet, row, &mut draft)?;
        }
        let row = ChargeRow { columns: self.columns(), row };
        let plan = draft.plan.as_deref().expect("INVARIANT: every mapping says where costs stand");
        let cost = plan.cost(row)?;
        counts.fees_without_reservation_column += u64::from(plan.is_fee_without_reservation_column);
        counts.discounted_in_place += u64::from(plan.has_discount(row)?);
        let tags = draft.tags.borrowed();
        let charge = Charge {
            billing_period: draft.billing_period.expect("INVARIANT: every mapping reads the billing period"),
            currency: draft.currency.expect("INVARIANT: every mapping reads the currency"),
            values: draft.values.each_ref().map(|value| value.as_ref()),
            billing_account_name: &draft.billing_account_name,
            sub_account_name: &draft.sub_account_name,
            tags: &tags,
            cost,
        };
        sink(&charge).map_err(|refused| self.origins().refusal(self.columns(), refused))
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
