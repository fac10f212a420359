//! Exact decimal amounts, wide enough that sums of charges never lose a digit.
//!
//! An [`Exact`] is an integer of 256 bits at a decimal scale. The limits on what is read
//! ([`MAX_DECIMALS`], [`MAX_INTEGER_DIGITS`]) leave room for sums over millions of charges at the limit and
//! for the six further decimals of a split; arithmetic that would leave 256 bits panics instead of wrapping,
//! in release builds too.

use std::cmp::Ordering;
use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::sync::LazyLock;

use ethnum::I256;
use num_bigint::BigInt;

/// The integer that counts units of an [`Exact`].
pub type Units = I256;

/// Most decimals that a cost may carry in a billing file. The shortest decimal of a `double` down to
/// 10⁻²⁷ fits; FOCUS producers write up to 28.
pub const MAX_DECIMALS: u32 = 44;

/// Most digits that a cost may carry before its decimal point.
pub const MAX_INTEGER_DIGITS: u32 = 20;

/// Decimals that a split adds to the scale of what it splits.
pub const SPLIT_DECIMALS: u32 = 6;

const POWERS: usize = 77;

/// 10^`exponent` as units.
///
/// # Panics
/// Above 10⁷⁶, which no scale reaches: [`MAX_DECIMALS`] + [`SPLIT_DECIMALS`] is 50.
pub fn power_of_ten(exponent: u32) -> Units {
    static ALL: LazyLock<[Units; POWERS]> = LazyLock::new(|| std::array::from_fn(|exponent| Units::from(10u8).pow(exponent as u32)));
    assert!((exponent as usize) < POWERS, "10^{exponent} leaves 256 bits");
    ALL[exponent as usize]
}

/// A decimal number: `units` × 10^−`scale`. Equality and order are those of the value, whatever the scale.
#[derive(Clone, Copy, Debug)]
pub struct Exact {
    units: Units,
    scale: u32,
}

/// Why a text is no exact amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseExactError {
    /// There is no digit, or a character that no decimal number has.
    #[error("is not a decimal number")]
    NotANumber,
    /// More decimals than [`MAX_DECIMALS`].
    #[error("has more than {MAX_DECIMALS} decimals")]
    TooManyDecimals,
    /// More digits before the point than [`MAX_INTEGER_DIGITS`].
    #[error("has more than {MAX_INTEGER_DIGITS} digits before the decimal point")]
    TooLarge,
}

impl Exact {
    /// Nought, at scale 0.
    pub const ZERO: Exact = Exact { units: Units::ZERO, scale: 0 };

    /// `units` × 10^−`scale`.
    pub fn new(units: Units, scale: u32) -> Exact {
        assert!(scale <= MAX_DECIMALS + SPLIT_DECIMALS, "scale {scale} is beyond every limit");
        Exact { units, scale }
    }

    /// `units` × 10^−`scale`, from a machine integer.
    pub fn from_i128(units: i128, scale: u32) -> Exact {
        Exact::new(Units::from(units), scale)
    }

    /// Reads a decimal number with an optional sign, point and exponent (`-1.25`, `6.76E-8`, `1e3`), keeping
    /// every digit. Surrounding white space, thousands separators, `NaN` and infinities are refused.
    pub fn parse(text: &str) -> Result<Exact, ParseExactError> {
        use ParseExactError::{NotANumber, TooLarge, TooManyDecimals};
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], parse_exponent(&text[at + 1..])?),
            None => (text, 0),
        };
        let (negative, digits) = match mantissa.as_bytes().first() {
            Some(b'-') => (true, &mantissa[1..]),
            Some(b'+') => (false, &mantissa[1..]),
            _ => (false, mantissa),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return Err(NotANumber);
        }
        // Zeros at either end say nothing of the value; without them the limits are on digits that matter.
        let all: String = [whole, fraction].concat();
        let significant = all.trim_start_matches('0').trim_end_matches('0');
        if significant.is_empty() {
            return Ok(Exact::ZERO);
        }
        let trailing = (all.len() - all.trim_end_matches('0').len()) as i64;
        // value = significant × 10^power
        let power = exponent - fraction.len() as i64 + trailing;
        if significant.len() as i64 + power > i64::from(MAX_INTEGER_DIGITS) {
            return Err(TooLarge);
        }
        if -power > i64::from(MAX_DECIMALS) {
            return Err(TooManyDecimals);
        }
        let magnitude = Units::from_str_radix(significant, 10).map_err(|_| NotANumber)?;
        let signed = if negative { -magnitude } else { magnitude };
        Ok(if power >= 0 { Exact::new(times(signed, power_of_ten(power as u32)), 0) } else { Exact::new(signed, (-power) as u32) })
    }

    /// The integer that counts units of 10^−[`scale`](Self::scale).
    pub fn units(self) -> Units {
        self.units
    }

    /// Decimals of a unit.
    pub fn scale(self) -> u32 {
        self.scale
    }

    /// The same value counted in units of 10^−`scale`.
    ///
    /// # Panics
    /// Where that would drop a digit.
    pub fn units_at(self, scale: u32) -> Units {
        match scale.cmp(&self.scale) {
            Ordering::Equal => self.units,
            Ordering::Greater => times(self.units, power_of_ten(scale - self.scale)),
            Ordering::Less => {
                let divisor = power_of_ten(self.scale - scale);
                assert!(self.units % divisor == Units::ZERO, "a digit would be dropped");
                self.units / divisor
            }
        }
    }

    /// The same value with the fewest decimals.
    pub fn normalized(self) -> Exact {
        let ten = Units::from(10u8);
        let mut value = self;
        while value.scale > 0 && value.units % ten == Units::ZERO {
            value = Exact { units: value.units / ten, scale: value.scale - 1 };
        }
        value
    }

    /// Whether the value is nought.
    pub fn is_zero(self) -> bool {
        self.units == Units::ZERO
    }

    /// Whether the value is below nought.
    pub fn is_negative(self) -> bool {
        self.units.is_negative()
    }

    /// The value without its sign.
    pub fn abs(self) -> Exact {
        if self.is_negative() { -self } else { self }
    }

    /// The largest multiple of 10^−`decimals` that is not above the value, in such units.
    pub fn floor_units(self, decimals: u32) -> Units {
        if decimals >= self.scale {
            return self.units_at(decimals);
        }
        self.units.div_euclid(power_of_ten(self.scale - decimals))
    }

    /// The nearest multiple of 10^−`decimals`, halves away from zero, in such units.
    pub fn round_half_away_units(self, decimals: u32) -> Units {
        if decimals >= self.scale {
            return self.units_at(decimals);
        }
        let divisor = power_of_ten(self.scale - decimals);
        let (whole, rest) = (self.abs().units / divisor, self.abs().units % divisor);
        let magnitude = if rest >= divisor - rest { plus(whole, Units::ONE) } else { whole };
        if self.is_negative() { -magnitude } else { magnitude }
    }

    /// `self` × `part` ÷ `whole`, rounded to `decimals`, halves away from zero; `None` where `whole` is nought or
    /// the result leaves 256 bits.
    pub fn proportion(self, part: Exact, whole: Exact, decimals: u32) -> Option<Exact> {
        let scale = part.scale.max(whole.scale);
        let numerator = big(self.units) * big(part.units_at(scale)) * big(power_of_ten(decimals));
        let denominator = big(whole.units_at(scale)) * big(power_of_ten(self.scale));
        if denominator == BigInt::ZERO {
            return None;
        }
        let negative = (numerator < BigInt::ZERO) != (denominator < BigInt::ZERO);
        let (numerator, denominator) = (BigInt::from(numerator.into_parts().1), BigInt::from(denominator.into_parts().1));
        let units = small(&((numerator * 2u32 + &denominator) / (denominator * 2u32)))?;
        Some(Exact::new(if negative { -units } else { units }, decimals))
    }

    /// `self` ÷ `whole` in tenths of a percent, halves away from zero; `None` where `whole` is nought.
    pub fn permille_of(self, whole: Exact) -> Option<i64> {
        if whole.is_zero() {
            return None;
        }
        let scale = self.scale.max(whole.scale);
        let (part, base) = (big(self.abs().units_at(scale)), big(whole.abs().units_at(scale)));
        let magnitude = (part * 2000u32 + &base) / (base * 2u32);
        let magnitude = i64::try_from(magnitude).ok()?;
        Some(if self.is_negative() == whole.is_negative() { magnitude } else { -magnitude })
    }
}

/// Divides `total` in proportion to `weights` by largest remainder: floors toward minus infinity, then one
/// unit each to the largest remainders, ties to the earlier place. The parts sum to `total`, always, and each
/// is within one unit of its exact share. `None` where the weights sum to nought.
///
/// # Panics
/// Where a weight is negative: bases count negatives as zero before they come here.
pub fn apportion(total: Units, weights: &[Units]) -> Option<Vec<Units>> {
    assert!(weights.iter().all(|weight| !weight.is_negative()), "a weight is negative");
    let whole: BigInt = weights.iter().copied().map(big).sum();
    if whole == BigInt::ZERO {
        return None;
    }
    let mut parts = Vec::with_capacity(weights.len());
    let mut remainders = Vec::with_capacity(weights.len());
    let mut left = total;
    for weight in weights {
        let product = big(total) * big(*weight);
        // Both sides of a truncating division are corrected to a floor: remainders are never negative.
        let (mut quotient, mut remainder) = (&product / &whole, &product % &whole);
        if remainder < BigInt::ZERO {
            quotient -= 1;
            remainder += &whole;
        }
        let part = small(&quotient).expect("INVARIANT: a part is no larger than its whole");
        remainders.push(remainder);
        left = plus(left, -part);
        parts.push(part);
    }
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|a, b| remainders[*b].cmp(&remainders[*a]).then(a.cmp(b)));
    for place in order {
        if left == Units::ZERO {
            break;
        }
        parts[place] = plus(parts[place], Units::ONE);
        left = plus(left, Units::MINUS_ONE);
    }
    assert!(left == Units::ZERO, "more units left than places with a remainder");
    Some(parts)
}

/// Sum, checked in every profile.
pub fn plus(a: Units, b: Units) -> Units {
    a.checked_add(b).expect("INVARIANT: the limits on what is read leave room for every sum")
}

/// Product, checked in every profile.
pub fn times(a: Units, b: Units) -> Units {
    a.checked_mul(b).expect("INVARIANT: the limits on what is read leave room for every scale")
}

fn big(units: Units) -> BigInt {
    BigInt::from_signed_bytes_le(&units.to_le_bytes())
}

fn small(units: &BigInt) -> Option<Units> {
    let narrow = units.to_signed_bytes_le();
    let mut bytes = [if *units < BigInt::ZERO { 0xff } else { 0 }; 32];
    bytes.get_mut(..narrow.len())?.copy_from_slice(&narrow);
    Some(Units::from_le_bytes(bytes))
}

fn all_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse_exponent(text: &str) -> Result<i64, ParseExactError> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || digits.len() > 9 || !all_digits(digits) {
        return Err(ParseExactError::NotANumber);
    }
    text.parse().map_err(|_| ParseExactError::NotANumber)
}

impl PartialEq for Exact {
    fn eq(&self, other: &Exact) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Exact {}

impl PartialOrd for Exact {
    fn partial_cmp(&self, other: &Exact) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Exact {
    fn cmp(&self, other: &Exact) -> Ordering {
        let scale = self.scale.max(other.scale);
        self.units_at(scale).cmp(&other.units_at(scale))
    }
}

impl Add for Exact {
    type Output = Exact;

    fn add(self, other: Exact) -> Exact {
        let scale = self.scale.max(other.scale);
        Exact { units: plus(self.units_at(scale), other.units_at(scale)), scale }
    }
}

impl Sub for Exact {
    type Output = Exact;

    fn sub(self, other: Exact) -> Exact {
        self + -other
    }
}

impl Neg for Exact {
    type Output = Exact;

    fn neg(self) -> Exact {
        Exact { units: -self.units, scale: self.scale }
    }
}

impl AddAssign for Exact {
    fn add_assign(&mut self, other: Exact) {
        *self = *self + other;
    }
}

impl SubAssign for Exact {
    fn sub_assign(&mut self, other: Exact) {
        *self = *self - other;
    }
}

impl Sum for Exact {
    fn sum<I: Iterator<Item = Exact>>(values: I) -> Exact {
        values.fold(Exact::ZERO, Add::add)
    }
}

impl Default for Exact {
    fn default() -> Exact {
        Exact::ZERO
    }
}

/// A plain decimal with the fewest digits: no exponent, no trailing zeros, no `-0`.
impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.normalized();
        let text = decimal_text(value.units, value.scale);
        f.pad(&text)
    }
}

/// `units` × 10^−`decimals` as a plain decimal with exactly `decimals` decimals, never `-0`.
pub fn decimal_text(units: Units, decimals: u32) -> String {
    let negative = units.is_negative();
    let digits = if negative { (-units).to_string() } else { units.to_string() };
    let decimals = decimals as usize;
    let padded = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = padded.split_at(padded.len() - decimals);
    let sign = if negative { "-" } else { "" };
    if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn exact(text: &str) -> Exact {
        Exact::parse(text).unwrap()
    }

    #[test]
    fn parse_keeps_every_digit() {
        for (text, plain) in [
            ("0", "0"),
            ("-0.00", "0"),
            ("1.2370359880", "1.237035988"),
            ("-6.760e-8", "-0.0000000676"),
            ("1E3", "1000"),
            ("+.5", "0.5"),
            ("5.", "5"),
            ("0.0000000000000000000000000001", "0.0000000000000000000000000001"),
            (
                "99999999999999999999.99999999999999999999999999999999999999999999",
                "99999999999999999999.99999999999999999999999999999999999999999999",
            ),
            ("0e999999999", "0"),
            ("100000000000000000000000e-5", "1000000000000000000"),
        ] {
            assert_eq!(exact(text).to_string(), plain, "{text}");
        }
    }

    #[test]
    fn parse_refuses_what_is_no_plain_decimal_number() {
        use ParseExactError::*;
        for (text, error) in [
            ("", NotANumber),
            ("-", NotANumber),
            (".", NotANumber),
            ("1,000.00", NotANumber),
            (" 1", NotANumber),
            ("NaN", NotANumber),
            ("inf", NotANumber),
            ("1e", NotANumber),
            ("1e-+5", NotANumber),
            ("--1", NotANumber),
            ("1e9999999999", NotANumber),
            ("١", NotANumber),
            ("100000000000000000000", TooLarge),
            ("1e400", TooLarge),
            ("1e-45", TooManyDecimals),
        ] {
            assert_eq!(Exact::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn halves_round_away_from_zero() {
        for (text, cents) in
            [("0.005", 1), ("-0.005", -1), ("0.0049999", 0), ("-0.0049999", 0), ("1.235", 124), ("-1.235", -124), ("7", 700)]
        {
            assert_eq!(exact(text).round_half_away_units(2), Units::from(cents), "{text}");
        }
    }

    #[test]
    fn floors_go_toward_minus_infinity() {
        for (text, cents) in [("0.019", 1), ("-0.011", -2), ("-0.02", -2), ("3", 300)] {
            assert_eq!(exact(text).floor_units(2), Units::from(cents), "{text}");
        }
    }

    #[test]
    fn text_of_small_negatives_has_no_negative_zero() {
        assert_eq!(decimal_text(Units::from(0), 2), "0.00");
        assert_eq!(decimal_text(Units::from(-1), 2), "-0.01");
        assert_eq!(decimal_text(Units::from(-100), 0), "-100");
    }

    #[test]
    fn a_third_each_gives_the_odd_unit_to_the_first() {
        let third = [Units::ONE; 3];
        assert_eq!(apportion(Units::from(100), &third).unwrap(), [34, 33, 33].map(Units::from));
        assert_eq!(apportion(Units::from(-100), &third).unwrap(), [-33, -33, -34].map(Units::from));
        assert_eq!(apportion(Units::from(5), &[Units::ZERO]), None);
    }

    #[test]
    fn permille_rounds_and_knows_no_share_of_nothing() {
        assert_eq!(exact("1").permille_of(exact("3")), Some(333));
        assert_eq!(exact("2").permille_of(exact("3")), Some(667));
        assert_eq!(exact("-1").permille_of(exact("8")), Some(-125));
        assert_eq!(exact("1").permille_of(Exact::ZERO), None);
    }

    #[test]
    fn a_proportion_of_nothing_or_beyond_all_bits_is_none() {
        assert_eq!(exact("1").proportion(exact("1"), Exact::ZERO, 2), None);
        assert_eq!(exact("1e19").proportion(exact("1e19"), exact("1e-44"), 2), None);
    }

    #[test]
    fn a_proportion_rounds_halves_away_from_zero() {
        for (value, part, whole, result) in
            [("10", "1", "3", "3.33"), ("-10", "2", "3", "-6.67"), ("0.01", "1", "2", "0.01"), ("7", "-1", "-7", "1")]
        {
            assert_eq!(exact(value).proportion(exact(part), exact(whole), 2), Some(exact(result)), "{value} × {part} ÷ {whole}");
        }
    }

    proptest! {
        #[test]
        fn display_then_parse_is_the_same_value(units: i128, scale in 0u32..=44) {
            let value = Exact::from_i128(units, scale);
            prop_assume!(value.abs() < Exact::from_i128(i128::from(u64::MAX), 0));
            prop_assert_eq!(exact(&value.to_string()), value);
        }

        #[test]
        fn parts_sum_to_the_total_and_stay_within_one_unit(total: i128, weights in prop::collection::vec(0u64.., 1..40)) {
            let weights: Vec<Units> = weights.into_iter().map(Units::from).collect();
            let total = Units::from(total);
            if let Some(parts) = apportion(total, &weights) {
                let sum = parts.iter().fold(Units::ZERO, |sum, part| sum + *part);
                prop_assert_eq!(sum, total);
                let whole: BigInt = weights.iter().copied().map(big).sum();
                for (part, weight) in parts.iter().zip(&weights) {
                    let difference = big(*part) * &whole - big(total) * big(*weight);
                    prop_assert!(difference.magnitude() < whole.magnitude());
                }
            }
        }

        #[test]
        fn a_sum_does_not_depend_on_the_order(mut values in prop::collection::vec((any::<i64>(), 0u32..30), 0..30)) {
            let sum = |values: &[(i64, u32)]| values.iter().map(|(units, scale)| Exact::from_i128(i128::from(*units), *scale)).sum::<Exact>();
            let forward = sum(&values);
            values.reverse();
            prop_assert_eq!(sum(&values), forward);
        }
    }
}
