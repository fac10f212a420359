//! A column chart of months, laid out for an inline SVG.

use dayone_domain::{BillingPeriod, Money};

use crate::amount;

/// Units of the drawing; two to a pixel of a phone.
const WIDTH: i64 = 720;
const HEIGHT: i64 = 360;
/// Room above and below the columns for labels.
const TOP: i64 = 40;
const BOTTOM: i64 = 56;
/// More room below where negative columns have their labels there.
const BOTTOM_WITH_NEGATIVES: i64 = 92;
const WIDEST_SLOT: i64 = 150;

/// A chart, in units of its view box.
#[derive(Debug, PartialEq, Eq)]
pub struct Chart {
    pub width: i64,
    pub height: i64,
    pub baseline: i64,
    pub left: i64,
    pub right: i64,
    pub months_at: i64,
    pub columns: Vec<Column>,
    /// What the chart shows, a sentence for who cannot see it.
    pub description: String,
}

/// One month.
#[derive(Debug, PartialEq, Eq)]
pub struct Column {
    /// `Apr`.
    pub label: String,
    /// `April 2026`.
    pub month: String,
    /// `12,345.67`, or nothing where there is no bill.
    pub amount: Option<String>,
    /// `12,346`.
    pub short: String,
    /// Middle of the column.
    pub middle: i64,
    pub x: i64,
    pub y: i64,
    pub width: i64,
    pub height: i64,
    /// Where the short amount stands.
    pub label_at: i64,
    pub is_shown: bool,
}

/// Draws months, oldest first; the last is the shown one. `None` where there is nothing to look at: one month
/// alone, or none with an amount. `absent` says what a month without an amount lacks.
pub fn draw(months: &[(BillingPeriod, Option<Money>)], absent: &str) -> Option<Chart> {
    let amounts = || months.iter().filter_map(|(_, amount)| *amount);
    if amounts().count() < 2 {
        return None;
    }
    let highest = amounts().map(Money::minor).max()?.max(0);
    let lowest = amounts().map(Money::minor).min()?.min(0);
    let range = (highest - lowest).max(1);
    let bottom = if lowest < 0 { BOTTOM_WITH_NEGATIVES } else { BOTTOM };
    let room = HEIGHT - TOP - bottom;
    // At most `room`: no amount is larger than the range.
    let length = |minor: i128| (minor.abs() * i128::from(room) / range) as i64;
    let baseline = TOP + length(highest);
    let slot = (WIDTH / months.len() as i64).min(WIDEST_SLOT);
    let width = slot * 58 / 100;
    let left = (WIDTH - slot * months.len() as i64) / 2;
    let columns = months.iter().enumerate().map(|(place, (period, amount))| {
        let middle = left + slot * place as i64 + slot / 2;
        let minor = amount.map_or(0, Money::minor);
        // A hair of a column shows that the amount is small, not missing.
        let height = length(minor).max(if amount.is_some() { 2 } else { 0 });
        let is_below = minor < 0;
        Column {
            label: period.short_name(),
            month: period.name(),
            amount: amount.map(amount::money),
            short: amount.map_or_else(|| absent.to_owned(), amount::short),
            middle,
            x: middle - width / 2,
            y: if is_below { baseline } else { baseline - height },
            width,
            height,
            label_at: if is_below { baseline + height + 26 } else { baseline - height - 12 },
            is_shown: place + 1 == months.len(),
        }
    });
    let columns: Vec<Column> = columns.collect();
    let currency = amounts().next()?.currency();
    let said: Vec<String> =
        columns.iter().map(|column| format!("{}: {}", column.month, column.amount.as_deref().unwrap_or(absent))).collect();
    let description = format!("Amounts in {currency}. {}.", said.join("; "));
    Some(Chart { width: WIDTH, height: HEIGHT, baseline, left, right: WIDTH - left, months_at: HEIGHT - 14, columns, description })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dayone_domain::Currency;

    fn months(minors: &[Option<i128>]) -> Vec<(BillingPeriod, Option<Money>)> {
        let first: BillingPeriod = "2025-11".parse().unwrap();
        let usd = Currency::try_new("USD").unwrap();
        let month = |place: usize| first.plus(u32::try_from(place).unwrap());
        minors.iter().enumerate().map(|(place, minor)| (month(place), minor.map(|minor| Money::from_minor(minor, usd)))).collect()
    }

    #[test]
    fn columns_stand_on_the_baseline_and_stay_inside() {
        for minors in [
            vec![Some(100), Some(200), Some(50), None, Some(0), Some(125)],
            vec![Some(-100), Some(200)],
            vec![Some(-100), Some(-300), Some(0)],
            vec![Some(0), Some(0)],
            vec![Some(1), Some(100_000_000_000_000_000_000_000_000)],
        ] {
            let chart = draw(&months(&minors), "no bill").unwrap();
            for (column, minor) in chart.columns.iter().zip(&minors) {
                assert!(column.x >= 0 && column.x + column.width <= chart.width, "{column:?}");
                assert!(column.y >= 0 && column.y + column.height < chart.months_at, "{column:?}");
                assert!(column.label_at > 0 && column.label_at < chart.months_at - 16, "{column:?}");
                match minor {
                    Some(minor) if *minor < 0 => assert_eq!(column.y, chart.baseline),
                    _ => assert_eq!(column.y + column.height, chart.baseline),
                }
                assert_eq!(column.height == 0, minor.is_none());
            }
            assert!(chart.columns.last().unwrap().is_shown);
        }
    }

    #[test]
    fn a_month_without_bill_is_said_and_not_drawn_as_nought() {
        let chart = draw(&months(&[Some(100), None, Some(0)]), "no bill").unwrap();
        assert_eq!(chart.columns.iter().map(|column| column.short.as_str()).collect::<Vec<_>>(), ["1.00", "no bill", "0"]);
        assert_eq!(chart.description, "Amounts in USD. November 2025: 1.00; December 2025: no bill; January 2026: 0.00.");
    }

    #[test]
    fn one_month_alone_is_no_chart() {
        assert_eq!(draw(&months(&[Some(100)]), "no bill"), None);
        assert_eq!(draw(&months(&[None, Some(100)]), "no bill"), None);
    }
}
