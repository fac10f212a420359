//! Amounts for people: thousands separators, a minus sign that is one, spaces that do not break.
//!
//! Files for programs take the plain `Display` of [`Money`] and [`Exact`] instead.

use dayone_domain::exact::decimal_text;
use dayone_domain::{Currency, Exact, Money};

/// U+2212; a hyphen may be taken for a dash or lost at a line's end.
const MINUS: char = '\u{2212}';
/// U+00A0 between what must stay on one line.
const SPACE: char = '\u{a0}';

/// A plain decimal with thousands separators: `-1234567.5` → `−1,234,567.5`.
pub fn grouped(plain: &str) -> String {
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut text = String::with_capacity(plain.len() + plain.len() / 3 + 2);
    if !sign.is_empty() {
        text.push(MINUS);
    }
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// Amounts of one currency together.
pub fn sum(amounts: impl IntoIterator<Item = Money>, currency: Currency) -> Money {
    amounts.into_iter().fold(Money::from_minor(0, currency), |sum, amount| sum + amount)
}

fn with_sign(text: String, is_above_zero: bool) -> String {
    if is_above_zero { format!("+{text}") } else { text }
}

/// `12,345.67`.
pub fn money(amount: Money) -> String {
    grouped(&amount.to_string())
}

/// `USD 12,345.67`.
pub fn money_with_code(amount: Money) -> String {
    format!("{}{SPACE}{}", amount.currency(), money(amount))
}

/// `+790.10`, `−22.30`, `0.00`.
pub fn signed_money(amount: Money) -> String {
    with_sign(money(amount), amount.minor() > 0)
}

/// The amount without its sign, for sentences that say the direction in words.
pub fn size(amount: Money) -> String {
    money(Money::from_minor(amount.minor().abs(), amount.currency()))
}

/// All digits: `12,345.6712345`.
pub fn exact(value: Exact) -> String {
    grouped(&value.to_string())
}

/// Rounded to the currency's minor unit, for sentences: `12,345.67`.
pub fn rounded(value: Exact, currency: Currency) -> String {
    let digits = currency.minor_digits();
    grouped(&decimal_text(value.round_half_away_units(digits), digits))
}

/// Two digits more than the currency's minor unit has, for figures beside others that are rounded apart.
pub fn before_rounding(value: Exact, currency: Currency) -> String {
    let digits = currency.minor_digits() + 2;
    grouped(&decimal_text(value.round_half_away_units(digits), digits))
}

/// The same with its sign: `+12,345.67`.
pub fn signed_rounded(value: Exact, currency: Currency) -> String {
    let text = rounded(value, currency);
    let is_above_zero = !value.is_negative() && text.contains(|digit: char| digit.is_ascii_digit() && digit != '0');
    with_sign(text, is_above_zero)
}

/// `9,410,221`.
pub fn count(count: u64) -> String {
    grouped(&count.to_string())
}

/// Tenths of a percent: `118` → `11.8 %`.
pub fn percent(permille: i64) -> String {
    format!("{}{SPACE}%", grouped(&decimal_text(permille.into(), 1)))
}

/// The same with its sign: `+11.8 %`.
pub fn signed_percent(permille: i64) -> String {
    with_sign(percent(permille), permille > 0)
}

/// The change in percent. `None` where it tells nobody anything: from nought, from a negative amount, or to
/// ten times as much and more.
pub fn change_percent(before: Money, now: Money) -> Option<i64> {
    if before.minor() <= 0 {
        return None;
    }
    (now.exact() - before.exact()).permille_of(before.exact()).filter(|permille| permille.abs() < 10_000)
}

/// Short, for a chart: minor units below 100, whole units below a million, then `1.24m`, `1.24bn`.
pub fn short(amount: Money) -> String {
    let value = amount.exact();
    let below = |power: u32| value.abs() < Exact::from_i128(10_i128.pow(power), 0);
    let scaled = |power: u32, decimals: u32| {
        let shifted = value.proportion(Exact::from_i128(1, 0), Exact::from_i128(10_i128.pow(power), 0), decimals);
        let shifted = shifted.expect("INVARIANT: a part of an amount is no wider than the amount");
        grouped(&decimal_text(shifted.units_at(decimals), decimals))
    };
    match () {
        () if amount.is_zero() => "0".to_owned(),
        () if below(2) => money(amount),
        () if below(6) => scaled(0, 0),
        () if below(9) => format!("{}m", scaled(6, 2)),
        () => format!("{}bn", scaled(9, 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(minor: i128, code: &str) -> Money {
        Money::from_minor(minor, Currency::try_new(code).unwrap())
    }

    #[test]
    fn money_has_separators_and_the_minor_unit_of_its_currency() {
        for (minor, code, text) in [
            (0, "USD", "0.00"),
            (5, "USD", "0.05"),
            (-5, "USD", "−0.05"),
            (99_999, "USD", "999.99"),
            (100_000, "USD", "1,000.00"),
            (1_234_567, "USD", "12,345.67"),
            (-123_456_789, "USD", "−1,234,567.89"),
            (1_234_567, "JPY", "1,234,567"),
            (-100, "JPY", "−100"),
            (1_234_567, "KWD", "1,234.567"),
            (12_345, "CLF", "1.2345"),
        ] {
            assert_eq!(money(of(minor, code)), text);
        }
        assert_eq!(money_with_code(of(-100_000, "EUR")), "EUR\u{a0}−1,000.00");
    }

    #[test]
    fn signs_are_shown_on_both_sides_of_nought_and_not_on_it() {
        assert_eq!(signed_money(of(79_010, "USD")), "+790.10");
        assert_eq!(signed_money(of(-2_230, "USD")), "−22.30");
        assert_eq!(signed_money(of(0, "USD")), "0.00");
        assert_eq!(size(of(-2_230, "USD")), "22.30");
        let usd = Currency::try_new("USD").unwrap();
        for (value, text) in [("0.004", "0.00"), ("-0.004", "0.00"), ("0.005", "+0.01"), ("-1234.565", "−1,234.57")] {
            assert_eq!(signed_rounded(Exact::parse(value).unwrap(), usd), text);
        }
    }

    #[test]
    fn exact_figures_keep_every_digit() {
        for (value, text) in
            [("12345.6712345", "12,345.6712345"), ("-0.0000000676", "−0.0000000676"), ("1000", "1,000"), ("0.1234567", "0.1234567")]
        {
            assert_eq!(exact(Exact::parse(value).unwrap()), text);
        }
    }

    #[test]
    fn percentages_have_one_decimal() {
        assert_eq!(percent(119), "11.9\u{a0}%");
        assert_eq!(percent(12_000), "1,200.0\u{a0}%");
        assert_eq!(signed_percent(108), "+10.8\u{a0}%");
        assert_eq!(signed_percent(-5), "−0.5\u{a0}%");
        assert_eq!(signed_percent(0), "0.0\u{a0}%");
    }

    #[test]
    fn a_change_in_percent_is_only_given_where_it_tells_something() {
        for (before, now, permille) in [
            (1_114_156, 1_234_567, Some(108)),
            (1_000, 500, Some(-500)),
            (1_000, -500, Some(-1_500)),
            (0, 500, None),
            (-1_000, 500, None),
            (1, 1_000, None),
        ] {
            assert_eq!(change_percent(of(before, "USD"), of(now, "USD")), permille, "{before} to {now}");
        }
    }

    #[test]
    fn chart_labels_are_short() {
        for (minor, code, text) in [
            (0, "USD", "0"),
            (1_234, "USD", "12.34"),
            (-1_234, "USD", "−12.34"),
            (4_120_418, "USD", "41,204"),
            (99_999_999, "USD", "1,000,000"),
            (123_999_999, "USD", "1.24m"),
            (-123_999_999, "USD", "−1.24m"),
            (1_234_000_000_000, "USD", "12.34bn"),
            (1_234_567, "JPY", "1.23m"),
            (55, "JPY", "55"),
        ] {
            assert_eq!(short(of(minor, code)), text);
        }
    }
}
