//! How the plainest values are written to records and read back: as texts that a person can read.
//!
//! What is read comes from outside: it is refused where it is not in the form that is written, or so large that
//! adding it up could leave 256 bits.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::currency::{Currency, CurrencyError, Money};
use crate::exact::{Exact, MAX_DECIMALS, SPLIT_DECIMALS, Units, power_of_ten};
use crate::period::BillingPeriod;

/// Most decimals of an amount: those of a charge with those of a split.
const MOST_DECIMALS: u32 = MAX_DECIMALS + SPLIT_DECIMALS;
/// Longest text of a number: more digits than 256 bits hold, sign and point.
const LONGEST: usize = 80;

/// A text that is no plain decimal number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a plain decimal number such as `-1.25` below 5 × 10^26 with at most {MOST_DECIMALS} decimals")]
pub struct PlainDecimalError;

/// A text that is no amount of a currency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not an amount in {currency}; write it with {decimals} decimals and without separators, such as `{example}`")]
pub struct MoneyError {
    currency: Currency,
    decimals: u32,
    example: Money,
}

impl Exact {
    /// Reads what [`Display`] writes: digits, with a sign and a point where there is one, no exponent. Other than
    /// [`Exact::parse`], which reads single costs, it reads sums and shares of them too.
    ///
    /// # Errors
    /// For any other text, and for numbers that 256 bits could not hold at the largest scale.
    pub fn parse_plain(text: &str) -> Result<Exact, PlainDecimalError> {
        let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
        if text.len() > LONGEST || !all_digits(whole) || !fraction.is_none_or(all_digits) {
            return Err(PlainDecimalError);
        }
        let fraction = fraction.unwrap_or("");
        let scale = u32::try_from(fraction.len()).ok().filter(|scale| *scale <= MOST_DECIMALS).ok_or(PlainDecimalError)?;
        let magnitude = Units::from_str_radix(&[whole, fraction].concat(), 10).map_err(|_| PlainDecimalError)?;
        let value = Exact::new(if digits.len() < text.len() { -magnitude } else { magnitude }, scale);
        if value.has_room() { Ok(value) } else { Err(PlainDecimalError) }
    }

    /// Whether 256 bits hold the value at the largest scale: then it can be compared with any other such value.
    pub(crate) fn has_room(self) -> bool {
        self.widest().is_some()
    }

    /// The units at the largest scale.
    fn widest(self) -> Option<Units> {
        self.units().checked_mul(power_of_ten(MOST_DECIMALS - self.scale()))
    }

    /// The sum of values that come from outside; `None` where it leaves 256 bits.
    pub(crate) fn checked_sum(values: impl IntoIterator<Item = Exact>) -> Option<Exact> {
        let mut sum = Units::ZERO;
        for value in values {
            sum = sum.checked_add(value.widest()?)?;
        }
        Some(Exact::new(sum, MOST_DECIMALS))
    }
}

impl Money {
    /// Reads what [`Display`] writes: an amount with exactly the currency's decimals.
    ///
    /// # Errors
    /// For any other text: fewer or more decimals, separators, an exponent, `-0.00`.
    pub fn parse(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        let decimals = currency.minor_digits();
        let amount = Exact::parse_plain(text).ok().filter(|amount| amount.scale() == decimals);
        let money = amount.and_then(|amount| i128::try_from(amount.units()).ok()).map(|minor| Money::from_minor(minor, currency));
        money.filter(|money| money.to_string() == text).ok_or_else(|| MoneyError {
            currency,
            decimals,
            example: Money::from_minor(123_456, currency),
        })
    }
}

fn read<'de, D: Deserializer<'de>, T, E: Display>(deserializer: D, parse: impl Fn(&str) -> Result<T, E>) -> Result<T, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).map_err(|error| D::Error::custom(format!("`{}` {error}", text.chars().take(LONGEST).collect::<String>())))
}

/// A text: `-0.0000000676`.
impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.has_room() {
            return Err(S::Error::custom(format!("`{self}` is too large to be read back")));
        }
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Exact, D::Error> {
        read(deserializer, Exact::parse_plain)
    }
}

/// The alphabetic code: `USD`.
impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Currency, D::Error> {
        read::<_, _, CurrencyError>(deserializer, Currency::try_new)
    }
}

/// `2026-10`.
impl Serialize for BillingPeriod {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for BillingPeriod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<BillingPeriod, D::Error> {
        read(deserializer, BillingPeriod::from_str)
    }
}

#[derive(Serialize, Deserialize)]
struct MoneyRecord {
    amount: String,
    currency: Currency,
}

/// `{"amount":"12.30","currency":"USD"}`.
impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.exact().has_room() {
            return Err(S::Error::custom(format!("`{self}` is too large to be read back")));
        }
        MoneyRecord { amount: self.to_string(), currency: self.currency() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Money, D::Error> {
        let record = MoneyRecord::deserialize(deserializer)?;
        read(serde::de::value::StringDeserializer::<D::Error>::new(record.amount), |text| Money::parse(text, record.currency))
    }
}

/// A shared list, as a list.
pub(crate) mod shared_list {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(list: &Arc<[String]>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<[String]>, D::Error> {
        Ok(Vec::<String>::deserialize(deserializer)?.into())
    }
}

/// A map whose keys are no texts, as a list of pairs; a key that comes twice is refused.
pub(crate) mod pairs {
    use std::collections::BTreeMap;

    use super::*;

    pub(crate) fn serialize<S: Serializer, K: Serialize, V: Serialize>(map: &BTreeMap<K, V>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(crate) fn deserialize<'de, D, K, V>(deserializer: D) -> Result<BTreeMap<K, V>, D::Error>
    where
        D: Deserializer<'de>,
        K: Deserialize<'de> + Ord,
        V: Deserialize<'de>,
    {
        let pairs = Vec::<(K, V)>::deserialize(deserializer)?;
        let (many, mut map) = (pairs.len(), BTreeMap::new());
        map.extend(pairs);
        if map.len() == many { Ok(map) } else { Err(D::Error::custom("a key comes twice")) }
    }
}
