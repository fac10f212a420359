//! Billing periods.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveDateTime};

/// The calendar month of a provider's bill, UTC; start inclusive, end exclusive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BillingPeriod {
    first_day: NaiveDate,
}

/// A text that is no billing period.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a month written as `2026-04`")]
pub struct PeriodError;

impl BillingPeriod {
    /// The month (1 to 12) of a year.
    pub fn try_new(year: i32, month: u32) -> Result<BillingPeriod, PeriodError> {
        if !(1900..=9999).contains(&year) {
            return Err(PeriodError);
        }
        NaiveDate::from_ymd_opt(year, month, 1).map(|first_day| BillingPeriod { first_day }).ok_or(PeriodError)
    }

    /// The month that a moment (UTC) falls in.
    pub fn containing(moment: NaiveDateTime) -> BillingPeriod {
        BillingPeriod { first_day: moment.date().with_day(1).expect("every month has a first day") }
    }

    /// The first day of the month.
    pub fn first_day(self) -> NaiveDate {
        self.first_day
    }

    /// The last day of the month.
    pub fn last_day(self) -> NaiveDate {
        self.next().first_day.pred_opt().expect("years are limited")
    }

    /// The month after.
    pub fn next(self) -> BillingPeriod {
        self.plus(1)
    }

    /// The month before.
    pub fn previous(self) -> BillingPeriod {
        BillingPeriod { first_day: self.first_day.checked_sub_months(Months::new(1)).expect("years are limited") }
    }

    /// `months` later.
    pub fn plus(self, months: u32) -> BillingPeriod {
        BillingPeriod { first_day: self.first_day.checked_add_months(Months::new(months)).expect("years are limited") }
    }

    /// The name for people: `April 2026`.
    pub fn name(self) -> String {
        self.first_day.format("%B %Y").to_string()
    }

    /// The short name for charts: `Apr`.
    pub fn short_name(self) -> String {
        self.first_day.format("%b").to_string()
    }

    /// The year.
    pub fn year(self) -> i32 {
        self.first_day.year()
    }

    /// The month of the year, 1 to 12.
    pub fn month(self) -> u32 {
        self.first_day.month()
    }
}

/// Reads the moments that billing files write: RFC 3339 (`2026-04-01T00:00:00.000Z`, any offset), and the same
/// with a blank for the `T`, or without an offset, which counts as UTC; or a plain date. `None` for any other.
pub fn parse_moment(text: &str) -> Option<NaiveDateTime> {
    // Without this, chrono reads `+12026-…` and other years that no bill has.
    if !text.as_bytes().get(..4)?.iter().all(u8::is_ascii_digit) {
        return None;
    }
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Some(moment.naive_utc());
    }
    for format in ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f UTC", "%Y-%m-%dT%H:%MZ"] {
        if let Ok(moment) = NaiveDateTime::parse_from_str(text, format) {
            return Some(moment);
        }
    }
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0)
}

impl FromStr for BillingPeriod {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<BillingPeriod, PeriodError> {
        let (year, month) = text.split_once('-').ok_or(PeriodError)?;
        let digits = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(PeriodError);
        }
        BillingPeriod::try_new(year.parse().map_err(|_| PeriodError)?, month.parse().map_err(|_| PeriodError)?)
    }
}

/// `2026-04`.
impl fmt::Display for BillingPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.first_day.format("%Y-%m").to_string())
    }
}

impl fmt::Debug for BillingPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_is_a_month() {
        let period: BillingPeriod = "2026-02".parse().unwrap();
        assert_eq!(period.to_string(), "2026-02");
        assert_eq!(period.name(), "February 2026");
        assert_eq!(period.last_day(), NaiveDate::from_ymd_opt(2026, 2, 28).unwrap());
        assert_eq!(period.previous().previous().to_string(), "2025-12");
        assert_eq!(period.plus(11).to_string(), "2027-01");
    }

    #[test]
    fn other_texts_are_no_period() {
        for text in ["", "2026", "2026-13", "2026-00", "2026-1", "26-01", "2026-01-01", "0000-01", "+026-01"] {
            assert_eq!(text.parse::<BillingPeriod>(), Err(PeriodError), "{text}");
        }
    }

    #[test]
    fn moments_of_billing_files_are_read_as_utc() {
        for (text, utc) in [
            ("2026-04-01T00:00:00.000Z", "2026-04-01 00:00:00"),
            ("2026-04-01T00:00:00Z", "2026-04-01 00:00:00"),
            ("2026-04-01T01:30:00+02:00", "2026-03-31 23:30:00"),
            ("2024-09-01 00:00:00", "2024-09-01 00:00:00"),
            ("2024-09-01T00:00:00", "2024-09-01 00:00:00"),
            ("2024-09-01", "2024-09-01 00:00:00"),
            ("2024-09-01T00:00Z", "2024-09-01 00:00:00"),
        ] {
            assert_eq!(parse_moment(text).unwrap().to_string(), utc, "{text}");
        }
    }

    #[test]
    fn dates_that_a_spreadsheet_rewrote_are_no_moment() {
        for text in ["9/1/2024 0:00", "01.09.2024", "", "45536", "2024-13-01", "+12024-01-01T00:00:00Z", "2024-02-30"] {
            assert_eq!(parse_moment(text), None, "{text}");
        }
    }
}
