//! Amounts as integers, and the texts that providers write them as.

/// Decimals of every amount of money here: one unit is 10⁻¹⁸ of a dollar or a euro.
pub const SCALE: u32 = 18;

/// Decimals of quantities and of prices per unit.
pub const RATE_SCALE: u32 = 10;

/// Units of a dollar or a euro.
pub const DOLLAR: i128 = 10i128.pow(SCALE);

/// Units of a cent.
pub const CENT: i128 = DOLLAR / 100;

/// Units of the smallest part of a dollar that AWS writes.
pub const AWS_GRAIN: i128 = 10i128.pow(SCALE - RATE_SCALE);

/// `value` ÷ `divisor`, halves away from zero.
pub fn divide_rounded(value: i128, divisor: i128) -> i128 {
    let (whole, rest) = (value / divisor, (value % divisor).abs());
    if rest * 2 >= divisor { whole + value.signum() } else { whole }
}

/// The nearest multiple of `grain`, halves away from zero.
pub fn round_to(value: i128, grain: i128) -> i128 {
    divide_rounded(value, grain) * grain
}

/// `quantity` × `rate`, both at [`RATE_SCALE`], at [`SCALE`], to ten decimals.
pub fn aws_cost(quantity: i128, rate: i128) -> i128 {
    divide_rounded(quantity * rate, 10i128.pow(RATE_SCALE)) * AWS_GRAIN
}

/// The integer at `scale` of a plain decimal text.
///
/// # Panics
/// Where the text is no decimal or has more decimals: prices are constants of this crate.
pub fn at_scale(text: &str, scale: u32) -> i128 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let missing = (scale as usize).checked_sub(fraction.len()).expect("a constant fits its scale");
    let digits: i128 = format!("{whole}{fraction}").parse().expect("a constant is a decimal");
    digits * 10i128.pow(missing as u32)
}

/// A plain decimal without trailing zeros.
pub fn plain(value: i128, scale: u32) -> String {
    let text = fixed(value, scale);
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A plain decimal with all of its decimals.
pub fn fixed(value: i128, scale: u32) -> String {
    let scale = scale as usize;
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// The text that a cost-and-usage report has of a number: at least one decimal, and an exponent below 10⁻³
/// and from 10⁷ on (`6.76E-8`).
pub fn exponential(value: i128, scale: u32) -> String {
    if value == 0 {
        return "0.0".to_owned();
    }
    let digits = value.unsigned_abs().to_string();
    let exponent = digits.len() as i64 - 1 - i64::from(scale);
    if (-3..7).contains(&exponent) {
        let text = plain(value, scale);
        return if text.contains('.') { text } else { text + ".0" };
    }
    let significant = digits.trim_end_matches('0');
    let (first, rest) = significant.split_at(1);
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{first}.{}E{exponent}", if rest.is_empty() { "0" } else { rest })
}

/// Rounded to cents, halves away from zero, as text.
pub fn cents(value: i128) -> String {
    fixed(divide_rounded(value, CENT), 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_reports_write_them() {
        for (value, text) in [
            (0, "0.0"),
            (1_200_000_000, "0.12"),
            (10_800_000_000, "1.08"),
            (89, "8.9E-9"),
            (7, "7.0E-10"),
            (-676, "-6.76E-8"),
            (10_000_000, "0.001"),
            (9_999_999, "9.999999E-4"),
            (20_000_000_000, "2.0"),
            (123_456_780_000_000_000, "1.2345678E7"),
        ] {
            assert_eq!(exponential(value, 10), text);
        }
    }

    #[test]
    fn halves_round_away_from_zero() {
        for (value, text) in [(CENT / 2, "0.01"), (-CENT / 2, "-0.01"), (CENT / 2 - 1, "0.00"), (-CENT, "-0.01"), (123 * CENT, "1.23")] {
            assert_eq!(cents(value), text);
        }
    }

    #[test]
    fn a_product_keeps_ten_decimals() {
        assert_eq!(aws_cost(at_scale("1.5", 10), at_scale("0.0000004", 10)), 6_000 * AWS_GRAIN);
        assert_eq!(plain(at_scale("0.0464", 10), 10), "0.0464");
    }
}
