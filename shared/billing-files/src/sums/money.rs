//! Amounts of a column as integers at one scale, and those that need more room beside them.

// The one place of the project that calculates with floats: what is calculated proves that an integer is the exact
// value, and goes nowhere else.
#![expect(clippy::float_arithmetic)]

use std::io::{Cursor, Write};

use dayone_domain::Exact;
use dayone_domain::exact::MAX_DECIMALS;

use super::GiveUp;
use crate::cell::Cell;

/// Decimals of the integers that amounts are summed as, unless a column has more.
pub(crate) const SCALE: u32 = 12;

/// An integer below this has at most 15 digits.
const FIFTEEN_DIGITS: f64 = 1e15;

/// Added and taken away, rounds a number below 2⁵¹ to an integer.
const ROUNDING: f64 = 6_755_399_441_055_744.0;

/// Which rows of a column are null.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Nulls {
    #[default]
    None,
    All,
    /// By row.
    Some(Vec<bool>),
}

/// Amounts in units of 10^−scale; nought where a row is null, or is among the exceptions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Integers {
    #[default]
    Nought,
    Narrow(Vec<i64>),
    Wide(Vec<i128>),
}

/// A money column of a batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct MoneyColumn {
    pub(crate) units: Integers,
    pub(crate) nulls: Nulls,
    /// Rows whose amount has more decimals than the scale, or more digits than the integers, ascending.
    pub(crate) exceptions: Vec<(usize, Exact)>,
}

impl Nulls {
    pub(crate) fn is_null(&self, row: usize) -> bool {
        match self {
            Nulls::None => false,
            Nulls::All => true,
            Nulls::Some(nulls) => nulls[row],
        }
    }
}

/// Doubles in units of 10^−[`SCALE`]; `false` where one has no such integer.
pub(crate) fn all_narrow(doubles: &[f64], units: &mut Vec<i64>) -> bool {
    units.clear();
    let mut all = true;
    units.extend(doubles.iter().map(|double| {
        let (narrow, fits) = candidate(*double, 1e12);
        all &= fits;
        narrow
    }));
    all
}

/// An integer that the double may be at a scale, and whether it is.
///
/// It is where dividing gives the double back, and it has at most 15 digits: the quotient of two integers that
/// doubles hold exactly is the double next to the exact quotient (IEEE 754), so the decimal reads as this double;
/// and no two decimals of up to 15 digits read as the same double, so that the shortest decimal of the double is
/// this one.
#[inline(always)]
fn candidate(double: f64, factor: f64) -> (i64, bool) {
    let scaled = double * factor;
    let rounded = (scaled + ROUNDING) - ROUNDING;
    let fits = rounded.abs() < FIFTEEN_DIGITS && rounded / factor == double;
    (if fits { rounded as i64 } else { 0 }, fits)
}

/// A double in units of 10^−[`SCALE`], where it has at most 15 digits and room.
pub(crate) fn narrow(double: f64) -> Option<i64> {
    [(1e12, 1), (1e10, 100), (1e8, 10_000), (1e6, 1_000_000), (1e4, 100_000_000)].into_iter().find_map(|(factor, rest): (f64, i64)| {
        let (narrow, fits) = candidate(double, factor);
        if fits { narrow.checked_mul(rest) } else { None }
    })
}

/// A double as its shortest decimal; `None` where it is none, or beyond what a cost may have.
pub(crate) fn exact(double: f64) -> Option<Exact> {
    let mut room = Cursor::new([0; 32]);
    write!(room, "{double:e}").ok()?;
    let length = usize::try_from(room.position()).ok()?;
    let text = std::str::from_utf8(&room.get_ref()[..length]).ok()?;
    Decimal::of_text(text.as_bytes()).map(Decimal::exact).or_else(|| Exact::parse(text).ok())
}

/// A text as an amount; `None` is null.
pub(crate) fn amount(text: &str) -> Result<Option<Exact>, GiveUp> {
    match Cell::of_text(text) {
        Cell::Text(text) => Exact::parse(text).map(Some).map_err(|_| GiveUp("no amount")),
        _ => Ok(None),
    }
}

/// An amount in units of 10^−scale, where it has as many decimals and room.
pub(crate) fn units_of(amount: Exact, scale: u32) -> Option<i64> {
    let amount = amount.normalized();
    if amount.scale() > scale { None } else { i64::try_from(amount.units_at(scale)).ok() }
}

/// A decimal number: `value` × 10^−`scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    value: i64,
    scale: u32,
}

impl Decimal {
    /// Reads `-1.25` and `6.76E-8`; `None` where the text has another form or more digits: then [`Exact::parse`] has
    /// the last word.
    #[inline(always)]
    pub(crate) fn of_text(text: &[u8]) -> Option<Decimal> {
        let (is_negative, digits) = match text {
            [b'-', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let (value, read) = digits_of(digits, 0)?;
        let (value, all) = match &digits[read..] {
            [b'.', rest @ ..] => {
                let (value, more) = digits_of(rest, value)?;
                (value, read + 1 + more)
            }
            _ => (value, read),
        };
        let decimals = all.saturating_sub(read + 1);
        if all == 0 || all == 1 && decimals == 0 && read == 0 {
            return None;
        }
        let signed = if is_negative { -value } else { value };
        let decimals = decimals as i64;
        let scale = if all == digits.len() { decimals } else { decimals - exponent_of(&digits[all..])? };
        Some(Decimal { value: signed, scale: u32::try_from(scale).ok().filter(|scale| *scale <= MAX_DECIMALS)? })
    }

    /// In units of 10^−[`SCALE`], where it has no more decimals, and room.
    #[inline(always)]
    pub(crate) fn narrow(self) -> Option<i64> {
        match POWERS.get(SCALE.wrapping_sub(self.scale) as usize) {
            Some(power) => self.value.checked_mul(*power),
            None => self.narrow_without_zeros(),
        }
    }

    #[cold]
    fn narrow_without_zeros(self) -> Option<i64> {
        let power = 10i64.checked_pow(self.scale - SCALE);
        match power {
            Some(power) if self.value % power == 0 => Some(self.value / power),
            None if self.value == 0 => Some(0),
            _ => None,
        }
    }

    pub(crate) fn exact(self) -> Exact {
        Exact::from_i128(i128::from(self.value), self.scale)
    }
}

/// Powers of ten up to 10^[`SCALE`].
const POWERS: [i64; SCALE as usize + 1] = {
    let mut powers = [1; SCALE as usize + 1];
    let mut exponent = 1;
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// Digits up to what is none, behind those of a value; and how many there are. `None` where there are too many.
#[inline(always)]
fn digits_of(text: &[u8], mut value: i64) -> Option<(i64, usize)> {
    let mut count = 0;
    for byte in text {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            break;
        }
        // Beyond this the next digit may not fit.
        if value >= i64::MAX / 10 {
            return None;
        }
        value = value.wrapping_mul(10).wrapping_add(i64::from(digit));
        count += 1;
    }
    Some((value, count))
}

/// `E-8`, of few digits.
fn exponent_of(text: &[u8]) -> Option<i64> {
    let [b'e' | b'E', rest @ ..] = text else { return None };
    let (is_negative, digits) = match rest {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let (exponent, read) = digits_of(digits, 0).filter(|(_, read)| (1..=4).contains(read) && *read == digits.len())?;
    debug_assert!(read <= 4);
    Some(if is_negative { -exponent } else { exponent })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a double counts as, whatever way it is read.
    fn oracle(double: f64) -> Option<Exact> {
        Exact::parse(&format!("{double:e}")).ok()
    }

    fn as_exact(units: i64) -> Exact {
        Exact::from_i128(i128::from(units), SCALE)
    }

    #[test]
    fn a_double_is_the_integer_of_its_shortest_decimal() {
        for double in [0.0, -0.0, 0.1, -0.1, 1e-12, 4e-10, 6.76e-8, 999.999_999_999, -3.5, 123.456, 1234.5, 9_000_000.25, 999_999.123_4] {
            assert_eq!(narrow(double).map(as_exact), oracle(double), "{double}");
        }
    }

    #[test]
    fn a_double_without_such_an_integer_is_left_to_its_text() {
        for double in [1e-13, 49_321.108_200_244_24, 1.0 / 3.0, 1e300, f64::NAN, f64::INFINITY, 1e19, 5e-324] {
            assert_eq!(narrow(double), None, "{double}");
        }
        let mut units = Vec::new();
        assert!(!all_narrow(&[0.5, 1.0 / 3.0], &mut units));
        assert!(all_narrow(&[0.5, -0.25], &mut units));
        assert_eq!(units, [500_000_000_000, -250_000_000_000]);
    }

    fn narrow_of_text(text: &str) -> Option<i64> {
        Decimal::of_text(text.as_bytes())?.narrow()
    }

    #[test]
    fn a_double_of_sixteen_digits_is_its_shortest_decimal() {
        for text in ["8748627555320.313", "8748627555320.312", "-2006331741279.806", "0.30000000000000004"] {
            assert_eq!(exact(text.parse().unwrap()), Exact::parse(text).ok(), "{text}");
            assert_eq!(Decimal::of_text(text.as_bytes()).map(Decimal::exact), Exact::parse(text).ok(), "{text}");
        }
    }

    #[test]
    fn text_of_another_form_is_left_to_the_parser() {
        for text in
            ["", "-", ".", "-.", "+1", "1.2.3", "1,2", " 1", "NaN", "1.1234567890123", "12345678901234567890", "1e", "1e-", "1e5", ".e-3"]
        {
            assert_eq!(narrow_of_text(text), None, "{text}");
        }
        for (text, units) in [
            ("0", 0),
            ("-0.0", 0),
            ("1.", 1_000_000_000_000),
            (".5", 500_000_000_000),
            ("-0.0000000004", -400),
            ("6.76E-8", 67_600),
            ("-1.2e-05", -12_000_000),
            ("1.50E-12", 0),
            ("12.5E+1", 125_000_000_000_000),
            ("0.12345678901200", 123_456_789_012),
            ("0E-30", 0),
        ] {
            let expected = if text == "1.50E-12" { None } else { Some(units) };
            assert_eq!(narrow_of_text(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_narrow_is_exact(bits in any::<u64>()) {
            let double = f64::from_bits(bits);
            prop_assert_eq!(exact(double), oracle(double));
            if let Some(units) = narrow(double) {
                prop_assert_eq!(Some(as_exact(units)), oracle(double));
            }
        }

        #[test]
        fn decimals_of_few_digits_are_narrow(units in -999_999_999_999_999i64..999_999_999_999_999, decimals in 0u32..=12) {
            let text = Exact::from_i128(i128::from(units), decimals).to_string();
            let double: f64 = text.parse().unwrap();
            if let Some(narrow) = narrow(double) {
                prop_assert_eq!(as_exact(narrow), Exact::parse(&text).unwrap());
            }
            if let Some(narrow) = narrow_of_text(&text) {
                prop_assert_eq!(as_exact(narrow), Exact::parse(&text).unwrap());
            }
            let has_room = units.checked_mul(10i64.pow(SCALE - decimals)).is_some();
            if units.abs() < 999_999_999_999 && has_room {
                prop_assert!(narrow(double).is_some(), "{}", double);
            }
        }

        #[test]
        fn a_text_that_is_read_is_what_the_parser_reads(text in "-?[0-9]{0,9}[.]?[0-9]{0,9}([eE][-+]?[0-9]{0,2})?|[-+0-9.eE]{0,12}") {
            if let Some(decimal) = Decimal::of_text(text.as_bytes()) {
                prop_assert_eq!(Ok(decimal.exact()), Exact::parse(&text), "{}", text);
                if let Some(narrow) = decimal.narrow() {
                    prop_assert_eq!(Ok(as_exact(narrow)), Exact::parse(&text), "{}", text);
                }
            }
        }
    }
}
