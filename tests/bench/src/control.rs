//! Control totals: what a file holds, summed from the digits that were generated, by nothing that reads files.

use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

use crate::charge::{GeneratedCharge, Kind};
use crate::decimal::{Decimal, plain};

/// The names of the four costs, in the order of sums.
pub const COSTS: [&str; 4] = ["billed", "effective", "list", "contracted"];

/// Sums or costs, as [`COSTS`] names them, in units of 10^−[`Decimal::MOST_DECIMALS`].
pub type Sums = [i128; 4];

/// Exact sums of generated charges.
#[derive(Debug, Default)]
pub struct Control {
    charges: u64,
    /// Of each currency.
    sums: BTreeMap<&'static str, Sums>,
    /// Of each currency, without signs: what bounds the error of summing doubles.
    absolute: BTreeMap<&'static str, Sums>,
    /// Hashes of what the cube tells apart: enough to count them.
    keys: HashSet<u64>,
}

impl Control {
    /// Adds a charge with the costs that the file holds of it.
    pub fn add(&mut self, charge: &GeneratedCharge, costs: &Sums) {
        self.charges += 1;
        let sums = self.sums.entry("USD").or_default();
        let absolute = self.absolute.entry("USD").or_default();
        for ((sum, absolute), cost) in sums.iter_mut().zip(absolute).zip(costs) {
            *sum += cost;
            *absolute += cost.abs();
        }
        self.keys.insert(key(charge));
    }

    /// Distinct keys of the cube.
    pub fn distinct_keys(&self) -> usize {
        self.keys.len()
    }

    /// As JSON, amounts as plain decimals.
    pub fn to_json(&self) -> Value {
        let sums = |sums: &Sums| -> Value { COSTS.iter().zip(sums).map(|(name, sum)| ((*name).to_owned(), json!(finest(*sum)))).collect() };
        let by_currency = |all: &BTreeMap<&'static str, Sums>| -> Value {
            all.iter().map(|(currency, of)| ((*currency).to_owned(), sums(of))).collect::<serde_json::Map<_, _>>().into()
        };
        json!({
            "charges": self.charges,
            "distinct_keys": self.distinct_keys(),
            "sums": by_currency(&self.sums),
            "absolute": by_currency(&self.absolute),
        })
    }
}

/// A plain decimal of units of 10^−[`Decimal::MOST_DECIMALS`], without noughts at the end.
fn finest(units: i128) -> String {
    let mut text = String::new();
    plain(&mut text, units, Decimal::MOST_DECIMALS).expect("INVARIANT: a string takes all");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn key(charge: &GeneratedCharge) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut of = charge.of;
    if !of.is_tagged {
        (of.team, of.application, of.environment) = (0, 0, 0);
    }
    of.commitment = if charge.kind == Kind::Usage || charge.kind == Kind::Correction { 0 } else { of.commitment };
    (charge.kind, charge.resource.is_some(), of).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_plain_decimals() {
        for (units, text) in [(0, "0"), (10_i128.pow(22), "1"), (-5 * 10_i128.pow(20), "-0.05"), (1, "0.0000000000000000000001")] {
            assert_eq!(finest(units), text);
        }
    }
}
