//! Currency rounding, once and top down: the master bill half away from zero, then its parts by largest
//! remainder over floors toward minus infinity.

use crate::currency::{Currency, Money};
use crate::exact::Exact;

/// The master bill in the currency's minor unit, halves away from zero.
///
/// # Panics
/// Beyond 128 bits of minor units, which the limits on what is read keep out of reach.
pub fn round_bill(exact: Exact, currency: Currency) -> Money {
    let minor = exact.round_half_away_units(currency.minor_digits());
    Money::from_minor(i128::try_from(minor).expect("INVARIANT: bills are far below 2^127 minor units"), currency)
}

/// Rounds parts of a rounded total so that they sum to it: each is floored, and the missing minor units go
/// to the largest remainders, ties to the earlier part. Each rounded part is within one minor unit of its
/// exact value.
///
/// # Panics
/// Where `total` is not within one minor unit of the parts' exact sum: then it is not their total.
pub fn round_parts(total: Money, parts: &[Exact]) -> Vec<Money> {
    let currency = total.currency();
    let digits = currency.minor_digits();
    let mut rounded = Vec::with_capacity(parts.len());
    let mut remainders = Vec::with_capacity(parts.len());
    let mut missing = total.minor();
    for (place, part) in parts.iter().enumerate() {
        let floor = part.floor_units(digits);
        let remainder = *part - Exact::new(floor, digits);
        let minor = i128::try_from(floor).expect("INVARIANT: parts are far below 2^127 minor units");
        missing -= minor;
        rounded.push(minor);
        if !remainder.is_zero() {
            remainders.push((remainder, place));
        }
    }
    let missing = usize::try_from(missing).unwrap_or(usize::MAX);
    assert!(missing <= remainders.len(), "the total `{total}` is not the parts' total");
    remainders.sort_by(|(a, a_place), (b, b_place)| b.cmp(a).then(a_place.cmp(b_place)));
    for (_, place) in &remainders[..missing] {
        rounded[*place] += 1;
    }
    rounded.into_iter().map(|minor| Money::from_minor(minor, currency)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn usd() -> Currency {
        Currency::try_new("USD").unwrap()
    }

    fn exact(text: &str) -> Exact {
        Exact::parse(text).unwrap()
    }

    fn rounded(parts: &[&str]) -> (String, Vec<String>) {
        let parts: Vec<Exact> = parts.iter().map(|part| exact(part)).collect();
        let total = round_bill(parts.iter().copied().sum(), usd());
        (total.to_string(), round_parts(total, &parts).into_iter().map(|part| part.to_string()).collect())
    }

    #[test]
    fn the_missing_cent_goes_to_the_largest_remainder_and_ties_to_the_first() {
        assert_eq!(rounded(&["0.333", "0.333", "0.334"]), ("1.00".into(), vec!["0.33".into(), "0.33".into(), "0.34".into()]));
        assert_eq!(rounded(&["0.005", "0.005"]), ("0.01".into(), vec!["0.01".into(), "0.00".into()]));
    }

    #[test]
    fn negative_parts_floor_toward_minus_infinity_and_never_show_negative_zero() {
        assert_eq!(rounded(&["47.68169383220", "-47.68169389980"]), ("0.00".into(), vec!["47.68".into(), "-47.68".into()]));
        assert_eq!(rounded(&["-0.001", "0.001"]), ("0.00".into(), vec!["0.00".into(), "0.00".into()]));
    }

    #[test]
    fn no_parts_sum_to_nothing() {
        assert_eq!(round_parts(Money::from_minor(0, usd()), &[]), vec![]);
    }

    #[test]
    #[should_panic(expected = "not the parts' total")]
    fn a_total_of_something_else_is_refused() {
        round_parts(Money::from_minor(500, usd()), &[exact("1.00")]);
    }

    proptest! {
        #[test]
        fn parts_sum_to_the_rounded_bill_and_stay_within_one_minor_unit(
            parts in prop::collection::vec((-1_000_000i64..1_000_000, 0u32..12), 0..50),
            code in prop::sample::select(vec!["USD", "JPY", "KWD"]),
        ) {
            let currency = Currency::try_new(code).unwrap();
            let parts: Vec<Exact> = parts.iter().map(|(units, scale)| Exact::from_i128(i128::from(*units), *scale)).collect();
            let bill = round_bill(parts.iter().copied().sum(), currency);
            let rounded = round_parts(bill, &parts);
            prop_assert_eq!(rounded.iter().map(|part| part.minor()).sum::<i128>(), bill.minor());
            let unit = Money::from_minor(1, currency).exact();
            for (rounded, exact) in rounded.iter().zip(&parts) {
                prop_assert!((rounded.exact() - *exact).abs() < unit);
            }
        }
    }
}
