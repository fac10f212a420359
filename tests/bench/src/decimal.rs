//! The amounts that are generated: known by their decimal digits, written as doubles or text.

use std::fmt;

/// An amount of `units` × 10^−`scale`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decimal {
    /// At most 17 digits.
    pub units: i64,
    /// Decimals, at most [`Decimal::MOST_DECIMALS`].
    pub scale: u8,
}

/// 10^`exponent`; at most 18.
pub fn power(exponent: u8) -> i64 {
    10_i64.pow(u32::from(exponent))
}

impl Decimal {
    /// Nought.
    pub const ZERO: Decimal = Decimal { units: 0, scale: 0 };
    /// Most decimals of an amount.
    pub const MOST_DECIMALS: u8 = 22;
    /// Digits that every double keeps.
    const SAFE: u64 = 1_000_000_000_000_000;

    /// So many units.
    pub fn new(units: i64, scale: u8) -> Decimal {
        Decimal { units, scale }
    }

    /// The amount whose digits are the shortest that tell the double nearest to `units` × 10^−`scale` from every
    /// other: what a reader of that double must find. At most 17 digits.
    pub fn as_double_keeps(units: i64, scale: u8) -> Decimal {
        let double = Decimal { units, scale }.to_double();
        let text = format!("{double}");
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
        let units = format!("{whole}{fraction}").parse().expect("INVARIANT: at most 17 digits");
        Decimal { units, scale: u8::try_from(fraction.len()).expect("INVARIANT: few decimals") }
    }

    /// The amount with the sign turned.
    pub fn negated(self) -> Decimal {
        Decimal { units: -self.units, ..self }
    }

    /// In units of 10^−[`Decimal::MOST_DECIMALS`].
    pub fn finest_units(self) -> i128 {
        i128::from(self.units) * 10_i128.pow(u32::from(Self::MOST_DECIMALS - self.scale))
    }

    /// The nearest double. Its shortest decimal is this amount again, unless the amount has more than 15 digits and
    /// did not come from [`Decimal::as_double_keeps`].
    #[expect(clippy::float_arithmetic, reason = "a double is what is written")]
    pub fn to_double(self) -> f64 {
        if self.units.unsigned_abs() < Self::SAFE {
            // Both are exact as doubles, so that the quotient is the nearest double.
            return self.units as f64 / POWERS[usize::from(self.scale)];
        }
        self.to_string().parse().expect("INVARIANT: a plain decimal")
    }

    /// With an exponent, as a CUR writes small amounts: `1.234E-7`. Nought stays plain.
    pub fn with_exponent(self) -> String {
        if self.units == 0 {
            return "0.0".to_owned();
        }
        let digits = self.units.unsigned_abs().to_string();
        let exponent = i64::try_from(digits.len()).expect("INVARIANT: at most 17 digits") - 1 - i64::from(self.scale);
        let sign = if self.units < 0 { "-" } else { "" };
        let fraction = digits[1..].trim_end_matches('0');
        format!("{sign}{}.{}E{exponent}", &digits[..1], if fraction.is_empty() { "0" } else { fraction })
    }
}

/// Exact as doubles, all of them.
const POWERS: [f64; 23] =
    [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22];

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        plain(f, i128::from(self.units), self.scale)
    }
}

/// Writes a plain decimal.
pub fn plain(f: &mut impl fmt::Write, units: i128, scale: u8) -> fmt::Result {
    let sign = if units < 0 { "-" } else { "" };
    let (units, unit) = (units.unsigned_abs(), 10_u128.pow(u32::from(scale)));
    match scale {
        0 => write!(f, "{sign}{units}"),
        _ => write!(f, "{sign}{}.{:0width$}", units / unit, units % unit, width = usize::from(scale)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn the_shortest_decimal_of_the_double_is_the_amount() {
        let mut random = Random::new(1);
        for _ in 0..20_000 {
            let digits = u8::try_from(2 + random.below(14)).unwrap();
            let scale = u8::try_from(random.below(19)).unwrap();
            let units = i64::try_from(random.below(u64::try_from(power(digits)).unwrap())).unwrap();
            let amount = Decimal::new(units, scale);
            let double = amount.to_double();
            assert_eq!(double, amount.to_string().parse::<f64>().unwrap(), "{amount}");
            let again = Decimal::as_double_keeps(units, scale);
            assert_eq!(again.finest_units(), amount.finest_units(), "{amount}");
        }
    }

    #[test]
    fn seventeen_digits_become_what_their_double_keeps() {
        let amount = Decimal::as_double_keeps(12_345_678_901_234_567, 18);
        assert_eq!(amount.to_string().parse::<f64>().unwrap(), 0.012_345_678_901_234_567);
        assert_eq!(format!("{}", amount.to_double()), amount.to_string());
    }

    #[test]
    fn amounts_are_written_plain_and_with_exponents() {
        for (units, scale, plain, exponent) in [
            (0, 0, "0", "0.0"),
            (5, 1, "0.5", "5.0E-1"),
            (-1_234, 10, "-0.0000001234", "-1.234E-7"),
            (120, 0, "120", "1.2E2"),
            (98_765, 2, "987.65", "9.8765E2"),
        ] {
            let amount = Decimal::new(units, scale);
            assert_eq!((amount.to_string(), amount.with_exponent()), (plain.to_owned(), exponent.to_owned()));
        }
    }
}
