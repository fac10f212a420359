//! What is read of a charge, part by part, and what a charge costs as a rule over money columns.
//!
//! A *facet* is a part of a charge that comes from a few columns: the service, the billing period, the tags. A
//! mapping lists its facets with the columns of each. Whoever reads row by row reads all facets of each row;
//! whoever sums reads a facet once for each combination of values of its columns. Costs are not a facet: the
//! facets say which columns they are taken from ([`CostPlan`]), and the amounts stay in the rows.

use std::borrow::Cow;

use dayone_domain::charge::{Cost, Dimension};
use dayone_domain::period::BillingPeriod;
use dayone_domain::{Currency, Exact};

use crate::charge_row::ChargeRow;
use crate::columns::Slot;
use crate::refusal::Refusal;
use crate::tags::Tags;

/// A facet of a mapping, and the columns that it is read from.
#[derive(Clone, Debug)]
pub(crate) struct Facet<F> {
    pub(crate) of: F,
    pub(crate) slots: Vec<Slot>,
}

impl<F> Facet<F> {
    /// A facet with those of its columns that the file has.
    pub(crate) fn new(of: F, slots: impl IntoIterator<Item = Option<Slot>>) -> Facet<F> {
        Facet { of, slots: slots.into_iter().flatten().collect() }
    }
}

/// A charge while its facets are read.
#[derive(Debug)]
pub(crate) struct Draft<'r> {
    /// By [`Dimension`]; null is the empty text.
    pub(crate) values: [Cow<'r, str>; Dimension::COUNT],
    pub(crate) billing_period: Option<BillingPeriod>,
    pub(crate) currency: Option<Currency>,
    pub(crate) billing_account_name: Cow<'r, str>,
    pub(crate) sub_account_name: Cow<'r, str>,
    pub(crate) tags: DraftTags<'r>,
    pub(crate) plan: Option<Cow<'r, CostPlan>>,
}

/// Tags of a draft: lists as they were read, and single ones beside them.
#[derive(Debug, Default)]
pub(crate) struct DraftTags<'r> {
    pub(crate) lists: [Option<Tags>; 2],
    pub(crate) single: Vec<(&'r str, Cow<'r, str>)>,
}

impl DraftTags<'_> {
    /// Keys and values, each key once.
    pub(crate) fn borrowed(&self) -> Vec<(&str, &str)> {
        let single = self.single.iter().map(|(key, value)| (*key, value.as_ref()));
        // A tag of a list that has no value beside a column with one counts as absent.
        let lists = self.of_lists().filter(|(key, value)| !value.is_empty() || !self.single.iter().any(|(other, _)| other == key));
        lists.chain(single).collect()
    }

    pub(crate) fn of_lists(&self) -> impl Iterator<Item = (&str, &str)> {
        self.lists.iter().flatten().flat_map(|tags| tags.iter()).map(|(key, value)| (key.as_str(), value.as_str()))
    }
}

impl<'r> Draft<'r> {
    pub(crate) fn new() -> Draft<'r> {
        Draft {
            values: std::array::from_fn(|_| Cow::Borrowed("")),
            billing_period: None,
            currency: None,
            billing_account_name: Cow::Borrowed(""),
            sub_account_name: Cow::Borrowed(""),
            tags: DraftTags::default(),
            plan: None,
        }
    }

    pub(crate) fn set(&mut self, dimension: Dimension, value: impl Into<Cow<'r, str>>) {
        self.values[dimension as usize] = value.into();
    }
}

/// An amount of a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Term {
    /// The amount of a column; null is nought.
    OrNought(Slot),
    /// The amount of a column, which must have one.
    Required {
        slot: Slot,
        /// Why, where it is null.
        reason: Cow<'static, str>,
        what_to_do: &'static str,
    },
    Nought,
}

/// The amortised cost of a row.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Effective {
    AsBilled,
    Of(Term),
    Sum(Term, Term),
    Difference(Term, Term),
}

/// Which columns the costs of a charge are taken from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct CostPlan {
    pub(crate) billed: Term,
    pub(crate) effective: Effective,
    /// `None` where the format has no such cost.
    pub(crate) list: Option<Slot>,
    /// `None` where the format has no such cost.
    pub(crate) contracted: Option<Slot>,
    /// A fee of a file that does not tell reservations from other fees.
    pub(crate) is_fee_without_reservation_column: bool,
    /// What discounts take off, where it is stated beside the costs.
    pub(crate) discount: Option<Slot>,
}

impl Term {
    /// The column, where it is one.
    pub(crate) fn slot(&self) -> Option<Slot> {
        match self {
            Term::OrNought(slot) | Term::Required { slot, .. } => Some(*slot),
            Term::Nought => None,
        }
    }

    fn amount(&self, row: ChargeRow<'_>) -> Result<Exact, Refusal> {
        match self {
            Term::Nought => Ok(Exact::ZERO),
            Term::OrNought(slot) => Ok(row.amount(*slot)?.unwrap_or(Exact::ZERO)),
            Term::Required { slot, reason, what_to_do } => {
                row.amount(*slot)?.ok_or_else(|| Refusal::new(reason.as_ref(), *what_to_do).column(row.columns.name(*slot)))
            }
        }
    }
}

impl CostPlan {
    /// The costs of a row.
    ///
    /// # Errors
    /// A cost that is no amount, or null where one is required.
    pub(crate) fn cost(&self, row: ChargeRow<'_>) -> Result<Cost, Refusal> {
        let billed = self.billed.amount(row)?;
        let effective = match &self.effective {
            Effective::AsBilled => billed,
            Effective::Of(term) => term.amount(row)?,
            Effective::Sum(a, b) => a.amount(row)? + b.amount(row)?,
            Effective::Difference(a, b) => a.amount(row)? - b.amount(row)?,
        };
        Ok(Cost { billed, effective, list: row.amount_or_nought(self.list)?, contracted: row.amount_or_nought(self.contracted)? })
    }

    /// Whether a row has a discount that its costs do not contain.
    pub(crate) fn has_discount(&self, row: ChargeRow<'_>) -> Result<bool, Refusal> {
        Ok(row.amount_or_nought(self.discount)?.is_some_and(|discount| !discount.is_zero()))
    }
}

/// What is counted of a file beside its charges, for notes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Fees of a file that does not tell reservations from other fees.
    pub(crate) fees_without_reservation_column: u64,
    /// Line items whose discount is neither in the unblended cost nor a row of its own.
    pub(crate) discounted_in_place: u64,
}

impl Counts {
    pub(crate) fn plus(self, other: Counts) -> Counts {
        Counts {
            fees_without_reservation_column: self.fees_without_reservation_column + other.fees_without_reservation_column,
            discounted_in_place: self.discounted_in_place + other.discounted_in_place,
        }
    }
}
