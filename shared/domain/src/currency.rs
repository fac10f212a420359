//! Currencies and amounts rounded to their minor unit (ISO 4217).

use std::fmt;
use std::ops::{Add, Sub};

use rust_decimal::Decimal;

use crate::exact::{Exact, Units, decimal_text};

/// A currency by its ISO 4217 alphabetic code, upper case.
///
/// `XXX` ("no currency" in ISO 4217) stands for a billing file that names none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// A text that is no currency code.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a three-letter currency code such as `USD` (ISO 4217)")]
pub struct CurrencyError;

impl Currency {
    /// The code of ISO 4217 for "no currency".
    pub const NONE: Currency = Currency(*b"XXX");

    /// Reads a code of three capital letters. Codes that ISO 4217 does not list are let through: money in
    /// them is money too, with two decimals.
    pub fn try_new(code: &str) -> Result<Currency, CurrencyError> {
        match code.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|byte| byte.is_ascii_uppercase()) => Ok(Currency([*a, *b, *c])),
            _ => Err(CurrencyError),
        }
    }

    /// The alphabetic code.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("INVARIANT: three ASCII capitals")
    }

    /// Whether ISO 4217 lists it.
    pub fn is_listed(&self) -> bool {
        iso_currency::Currency::from_code(self.code()).is_some()
    }

    /// Decimals of the minor unit: 2 for USD, 0 for JPY, 3 for KWD; 2 where ISO 4217 states none.
    pub fn minor_digits(&self) -> u32 {
        iso_currency::Currency::from_code(self.code()).and_then(|currency| currency.exponent()).map_or(2, u32::from)
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// An amount in whole minor units of a currency: what an invoice states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    minor: i128,
    currency: Currency,
}

impl Money {
    /// `minor` minor units (cents of a dollar, yen).
    pub fn from_minor(minor: i128, currency: Currency) -> Money {
        Money { minor, currency }
    }

    /// The count of minor units.
    pub fn minor(self) -> i128 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The same amount as an exact decimal.
    pub fn exact(self) -> Exact {
        Exact::from_i128(self.minor, self.currency.minor_digits())
    }

    /// The same amount for documents and ledgers; `None` beyond the 96 bits of [`Decimal`].
    pub fn decimal(self) -> Option<Decimal> {
        Decimal::try_from_i128_with_scale(self.minor, self.currency.minor_digits()).ok()
    }

    /// Whether it is nought.
    pub fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// Whether it is below nought.
    pub fn is_negative(self) -> bool {
        self.minor < 0
    }
}

/// # Panics
/// Where the currencies differ: they never mix.
impl Add for Money {
    type Output = Money;

    fn add(self, other: Money) -> Money {
        assert!(self.currency == other.currency, "{} and {} do not mix", self.currency, other.currency);
        Money { minor: self.minor + other.minor, currency: self.currency }
    }
}

/// # Panics
/// Where the currencies differ.
impl Sub for Money {
    type Output = Money;

    fn sub(self, other: Money) -> Money {
        self + Money { minor: -other.minor, ..other }
    }
}

/// A plain decimal with the currency's decimals: `-12.30`, `1500` (JPY).
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&decimal_text(Units::from(self.minor), self.currency.minor_digits()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minor_digits_are_those_of_iso_4217() {
        for (code, digits) in [
            ("USD", 2),
            ("EUR", 2),
            ("JPY", 0),
            ("KRW", 0),
            ("CLP", 0),
            ("VND", 0),
            ("ISK", 0),
            ("UGX", 0),
            ("XAF", 0),
            ("KWD", 3),
            ("BHD", 3),
            ("TND", 3),
            ("CLF", 4),
            ("XXX", 2),
            ("ZZZ", 2),
        ] {
            assert_eq!(Currency::try_new(code).unwrap().minor_digits(), digits, "{code}");
        }
    }

    #[test]
    fn a_code_is_three_capital_letters() {
        for code in ["", "usd", "US", "USDT", "U D", "€"] {
            assert_eq!(Currency::try_new(code), Err(CurrencyError), "{code}");
        }
    }

    #[test]
    #[should_panic(expected = "USD and EUR do not mix")]
    fn currencies_never_mix() {
        let of = |code| Money::from_minor(1, Currency::try_new(code).unwrap());
        let _ = of("USD") + of("EUR");
    }

    #[test]
    fn money_is_handed_on_as_a_decimal_with_the_currencys_scale() {
        let of = |minor, code| Money::from_minor(minor, Currency::try_new(code).unwrap()).decimal();
        assert_eq!(of(-1_230, "USD"), Some(Decimal::new(-1_230, 2)));
        assert_eq!(of(7, "JPY"), Some(Decimal::new(7, 0)));
        assert_eq!(of(i128::MAX, "USD"), None);
    }

    #[test]
    fn money_is_written_with_its_minor_unit() {
        let money = |minor, code| Money::from_minor(minor, Currency::try_new(code).unwrap()).to_string();
        assert_eq!(money(-5, "USD"), "-0.05");
        assert_eq!(money(150_000, "JPY"), "150000");
        assert_eq!(money(1, "KWD"), "0.001");
    }
}
