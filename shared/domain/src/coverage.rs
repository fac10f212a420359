//! What share of a bill could be allocated by a tag key, an account or a service: where to begin a tree.

use std::collections::BTreeMap;

use crate::charge::{Charge, Dimension};
use crate::cube::BillKey;
use crate::currency::Currency;
use crate::exact::Exact;

/// Most tag keys that are told apart in one bill.
pub const MOST_TAG_KEYS: usize = 1_000;
/// Most values that are told apart of one tag key.
pub const MOST_TAG_VALUES: usize = 2_000;

/// Coverage of one tag key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagCoverage {
    /// Billed cost of the charges that carry the key, credits left aside.
    pub covered: Exact,
    /// The same by value.
    pub values: BTreeMap<String, Exact>,
    /// Whether there were more values than [`MOST_TAG_VALUES`].
    pub has_more_values: bool,
}

/// Coverage of one bill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BillCoverage {
    /// Billed cost before credits: the sum of the charges above zero. Shares refer to it.
    pub gross: Exact,
    /// By FOCUS SubAccountId; the empty text where a charge has none.
    pub sub_accounts: BTreeMap<String, Exact>,
    /// By FOCUS ServiceName; likewise.
    pub services: BTreeMap<String, Exact>,
    /// By tag key.
    pub tags: BTreeMap<String, TagCoverage>,
    /// Whether there were more tag keys than [`MOST_TAG_KEYS`].
    pub has_more_keys: bool,
}

impl BillCoverage {
    /// Sums by value, the largest first.
    pub fn largest_first(sums: &BTreeMap<String, Exact>) -> Vec<(&str, Exact)> {
        let mut sums: Vec<(&str, Exact)> = sums.iter().map(|(value, sum)| (value.as_str(), *sum)).collect();
        sums.sort_by(|(a, a_sum), (b, b_sum)| b_sum.cmp(a_sum).then(a.cmp(b)));
        sums
    }
}

/// Sums, while files are read, what each tag key, account and service covers.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    bills: BTreeMap<BillKey, BillCoverage>,
}

impl Coverage {
    /// Takes one charge into account. Charges at or below zero cover nothing: a credit would otherwise hide
    /// the cost that it offsets.
    pub fn add(&mut self, charge: &Charge<'_>) {
        let bill = self.bills.entry(BillKey { period: charge.billing_period, currency: charge.currency }).or_default();
        let cost = charge.cost.billed;
        if cost.is_negative() || cost.is_zero() {
            return;
        }
        bill.gross += cost;
        for (sums, dimension) in [(&mut bill.sub_accounts, Dimension::SubAccount), (&mut bill.services, Dimension::Service)] {
            let value = charge.value(dimension);
            match sums.get_mut(value) {
                Some(sum) => *sum += cost,
                None => {
                    sums.insert(value.to_owned(), cost);
                }
            }
        }
        for (key, value) in charge.tags {
            if value.is_empty() {
                continue;
            }
            if !bill.tags.contains_key(*key) {
                if bill.tags.len() == MOST_TAG_KEYS {
                    bill.has_more_keys = true;
                    continue;
                }
                bill.tags.insert((*key).to_owned(), TagCoverage::default());
            }
            let tag = bill.tags.get_mut(*key).expect("inserted above");
            tag.covered += cost;
            if let Some(sum) = tag.values.get_mut(*value) {
                *sum += cost;
            } else if tag.values.len() == MOST_TAG_VALUES {
                tag.has_more_values = true;
            } else {
                tag.values.insert((*value).to_owned(), cost);
            }
        }
    }

    /// The coverage of a bill.
    pub fn of(&self, key: BillKey) -> Option<&BillCoverage> {
        self.bills.get(&key)
    }

    /// All bills as if they were one. Costs are those of one currency, since currencies never mix; what only bills
    /// of another currency hold is there at a cost of nought.
    pub fn together(&self, currency: Currency) -> BillCoverage {
        let mut whole = BillCoverage::default();
        for (key, bill) in &self.bills {
            let counted = |cost: Exact| if key.currency == currency { cost } else { Exact::ZERO };
            let take = |into: &mut BTreeMap<String, Exact>, from: &BTreeMap<String, Exact>| {
                for (value, cost) in from {
                    *into.entry(value.clone()).or_default() += counted(*cost);
                }
            };
            whole.gross += counted(bill.gross);
            whole.has_more_keys |= bill.has_more_keys;
            take(&mut whole.sub_accounts, &bill.sub_accounts);
            take(&mut whole.services, &bill.services);
            for (key, tag) in &bill.tags {
                let into = whole.tags.entry(key.clone()).or_default();
                into.covered += counted(tag.covered);
                into.has_more_values |= tag.has_more_values;
                take(&mut into.values, &tag.values);
            }
        }
        whole
    }

    /// All bills, oldest first.
    pub fn bills(&self) -> impl Iterator<Item = (BillKey, &BillCoverage)> {
        self.bills.iter().map(|(key, coverage)| (*key, coverage))
    }
}
