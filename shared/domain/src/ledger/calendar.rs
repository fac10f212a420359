//! The ledger's calendar: whose books, in which currency, and until when each ledger period is open.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Datelike, Months, NaiveDate};

use crate::currency::Currency;
use crate::period::BillingPeriod;

/// Most characters of a legal entity.
pub const LONGEST_TEXT: usize = 256;
/// Most legal entities that recharges may cross to.
pub const MOST_ENTITIES: usize = 1_000;
/// Most exceptions.
pub const MOST_EXCEPTIONS: usize = 1_200;

/// What is wrong with a calendar.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// A currency that ISO 4217 does not list, or none.
    #[error("`{0}` is no currency that ISO 4217 lists")]
    UnlistedCurrency(Currency),
    /// An empty legal entity.
    #[error("a legal entity is empty")]
    NoEntity {
        /// The key that holds it.
        key: &'static str,
    },
    /// A text above [`LONGEST_TEXT`].
    #[error("this text has {letters} characters, more than {LONGEST_TEXT}")]
    TooLong {
        /// The key that holds it.
        key: &'static str,
        /// How many.
        letters: usize,
    },
    /// The booking entity is among those that recharges may cross to.
    #[error("`{0}` books the invoices itself; charging it crosses nothing")]
    OwnEntity(String),
    /// More than [`MOST_ENTITIES`].
    #[error("there are more than {MOST_ENTITIES} legal entities")]
    TooManyEntities,
    /// No day of a month.
    #[error("`{0}` is no day of a month, 1 to 31")]
    NoDay(u32),
    /// A ledger period that closes before it ends.
    #[error("the ledger period `{period}` would close on {closes}, before its own last day")]
    ClosesTooEarly {
        /// The ledger period.
        period: BillingPeriod,
        /// The day that is stated.
        closes: NaiveDate,
    },
    /// A ledger period that is open for more than a year after its end.
    #[error("the ledger period `{period}` would be open through {closes}, more than a year after its end")]
    ClosesTooLate {
        /// The ledger period.
        period: BillingPeriod,
        /// The day that is stated.
        closes: NaiveDate,
    },
    /// More than [`MOST_EXCEPTIONS`].
    #[error("there are more than {MOST_EXCEPTIONS} exceptions")]
    TooManyExceptions,
}

impl CalendarError {
    /// The value of calendar.yaml that is meant.
    pub fn key(&self) -> &'static str {
        match self {
            CalendarError::UnlistedCurrency(_) => "currency",
            CalendarError::NoEntity { key } | CalendarError::TooLong { key, .. } => key,
            CalendarError::OwnEntity(_) | CalendarError::TooManyEntities => "also_charge",
            CalendarError::NoDay(_) => "closes_on_day",
            CalendarError::ClosesTooEarly { .. } | CalendarError::ClosesTooLate { .. } | CalendarError::TooManyExceptions => "periods",
        }
    }

    /// Which part of that value is meant, where one is: the ledger period of an exception, a legal entity.
    pub fn value(&self) -> Option<String> {
        match self {
            CalendarError::ClosesTooEarly { period, .. } | CalendarError::ClosesTooLate { period, .. } => Some(period.to_string()),
            CalendarError::OwnEntity(entity) => Some(entity.clone()),
            _ => None,
        }
    }

    /// What to do about it, without full stop.
    pub fn what_to_do(&self) -> &'static str {
        match self {
            CalendarError::UnlistedCurrency(_) => "write the ledger's currency, a code such as `USD`",
            CalendarError::NoEntity { .. } => "write it as the tree does: recharges are compared to the letter",
            CalendarError::TooLong { .. } => "shorten it; a legal entity is a short text",
            CalendarError::OwnEntity(_) => "take it out of `also_charge`",
            CalendarError::TooManyEntities => "list only those that recharges cross to",
            CalendarError::NoDay(_) => "write the last day of the month after on which postings are taken, `closes_on_day: 10`",
            CalendarError::ClosesTooEarly { .. } => "write the last day on which it is open, in the month after or later",
            CalendarError::ClosesTooLate { .. } => "check the year; a ledger period is open for a year at most",
            CalendarError::TooManyExceptions => "take out those of years that are closed, or change `closes_on_day`",
        }
    }
}

/// Reads a day written as `2026-09-15`; `None` for any other text.
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    let is_plain = text.len() == 10
        && text.bytes().enumerate().all(|(place, byte)| if matches!(place, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() });
    text.parse().ok().filter(|_| is_plain)
}

/// Where a journal goes in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The posting date.
    pub date: NaiveDate,
    /// The ledger period that the date falls in.
    pub ledger_period: BillingPeriod,
    /// The billing period, where that is another.
    pub original: Option<BillingPeriod>,
}

/// The ledger's calendar.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerCalendar {
    currency: Currency,
    legal_entity: String,
    also_charge: BTreeSet<String>,
    closes_on_day: u32,
    exceptions: BTreeMap<BillingPeriod, NaiveDate>,
}

impl LedgerCalendar {
    /// A calendar. `legal_entity` books the provider's invoices, recharges may cross to those of `also_charge`. A
    /// ledger period is open through `closes_on_day` (1 to 31) of the month after, or through its exception.
    ///
    /// # Errors
    /// All that is wrong.
    pub fn try_new(
        currency: Currency,
        legal_entity: String,
        also_charge: BTreeSet<String>,
        closes_on_day: u32,
        exceptions: BTreeMap<BillingPeriod, NaiveDate>,
    ) -> Result<LedgerCalendar, Vec<CalendarError>> {
        let mut errors = Vec::new();
        if currency == Currency::NONE || !currency.is_listed() {
            errors.push(CalendarError::UnlistedCurrency(currency));
        }
        errors.extend(entity_errors(&legal_entity, &also_charge));
        if !(1..=31).contains(&closes_on_day) {
            errors.push(CalendarError::NoDay(closes_on_day));
        }
        errors.extend(exception_errors(&exceptions));
        if errors.is_empty() {
            return Ok(LedgerCalendar { currency, legal_entity, also_charge, closes_on_day, exceptions });
        }
        Err(errors)
    }

    /// The ledger's currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// The legal entity that books the provider's invoices.
    pub fn legal_entity(&self) -> &str {
        &self.legal_entity
    }

    /// Other legal entities that recharges may cross to.
    pub fn also_charge(&self) -> impl Iterator<Item = &str> {
        self.also_charge.iter().map(String::as_str)
    }

    /// Whether a recharge may go to a legal entity, compared to the letter. A cost group without one belongs to
    /// whoever books the invoices.
    pub fn may_charge(&self, legal_entity: Option<&str>) -> bool {
        legal_entity.is_none_or(|entity| entity == self.legal_entity || self.also_charge.contains(entity))
    }

    /// The last day on which a ledger period is open: its exception, else the closing day of the month after, in a
    /// shorter month its last day.
    pub fn last_open_day(&self, period: BillingPeriod) -> NaiveDate {
        let after = period.next();
        self.exceptions.get(&period).copied().or_else(|| after.first_day().with_day(self.closes_on_day)).unwrap_or_else(|| after.last_day())
    }

    /// Whether a ledger period takes postings on a day. It does through its last open day; one that has not begun
    /// is open too.
    pub fn is_open(&self, period: BillingPeriod, on: NaiveDate) -> bool {
        on <= self.last_open_day(period)
    }

    /// Where a journal for a billing period goes that is posted on a day: to the billing period's last day if that
    /// ledger period is open, else to the first day of the next one that is.
    pub fn posting(&self, period: BillingPeriod, on: NaiveDate) -> Posting {
        if self.is_open(period, on) {
            return Posting { date: period.last_day(), ledger_period: period, original: None };
        }
        let mut next = period.next();
        // Ends: no period closes before its own last day, so that of `on` is open.
        while !self.is_open(next, on) {
            next = next.next();
        }
        Posting { date: next.first_day(), ledger_period: next, original: Some(period) }
    }
}

fn entity_errors(own: &str, others: &BTreeSet<String>) -> Vec<CalendarError> {
    let mut errors = Vec::new();
    if others.len() > MOST_ENTITIES {
        errors.push(CalendarError::TooManyEntities);
    }
    let others_keyed = others.iter().map(|entity| ("also_charge", entity.as_str()));
    for (key, entity) in std::iter::once(("legal_entity", own)).chain(others_keyed) {
        let letters = entity.chars().count();
        if entity.trim().is_empty() {
            errors.push(CalendarError::NoEntity { key });
        } else if letters > LONGEST_TEXT {
            errors.push(CalendarError::TooLong { key, letters });
        }
    }
    if others.contains(own) && !own.trim().is_empty() {
        errors.push(CalendarError::OwnEntity(own.to_owned()));
    }
    errors
}

fn exception_errors(exceptions: &BTreeMap<BillingPeriod, NaiveDate>) -> Vec<CalendarError> {
    if exceptions.len() > MOST_EXCEPTIONS {
        return vec![CalendarError::TooManyExceptions];
    }
    let errors = exceptions.iter().filter_map(|(period, closes)| {
        let latest = period.last_day().checked_add_months(Months::new(12));
        if *closes < period.last_day() {
            Some(CalendarError::ClosesTooEarly { period: *period, closes: *closes })
        } else if latest.is_some_and(|latest| *closes > latest) {
            Some(CalendarError::ClosesTooLate { period: *period, closes: *closes })
        } else {
            None
        }
    });
    errors.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn month(text: &str) -> BillingPeriod {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn usd() -> Currency {
        Currency::try_new("USD").unwrap()
    }

    fn set(entities: &[&str]) -> BTreeSet<String> {
        entities.iter().map(|entity| (*entity).to_owned()).collect()
    }

    fn calendar(closes_on_day: u32, exceptions: &[(&str, &str)]) -> LedgerCalendar {
        let exceptions = exceptions.iter().map(|(period, closes)| (month(period), day(closes))).collect();
        LedgerCalendar::try_new(usd(), "Meridian Inc.".to_owned(), set(&["Meridian AB"]), closes_on_day, exceptions).unwrap()
    }

    #[test]
    fn a_ledger_period_is_open_through_its_closing_day() {
        let calendar = calendar(10, &[("2026-08", "2026-09-15"), ("2026-09", "2026-09-30")]);
        for (period, on, is_open) in [
            ("2026-07", "2026-08-10", true),
            ("2026-07", "2026-08-11", false),
            ("2026-08", "2026-09-15", true),
            ("2026-08", "2026-09-16", false),
            ("2026-09", "2026-09-30", true),
            ("2026-09", "2026-10-01", false),
            ("2027-01", "2026-09-16", true),
        ] {
            assert_eq!(calendar.is_open(month(period), day(on)), is_open, "{period} on {on}");
        }
    }

    #[test]
    fn a_day_is_written_as_year_month_and_day() {
        assert_eq!(parse_day("2026-09-15"), NaiveDate::from_ymd_opt(2026, 9, 15));
        for text in ["", "2026-9-15", "2026-02-30", "15.09.2026", "2026-09", "2026-09-15 ", "+026-09-15", "٢٦٢-٠-"] {
            assert_eq!(parse_day(text), None, "{text}");
        }
    }

    #[test]
    fn in_a_shorter_month_the_closing_day_is_its_last() {
        let calendar = calendar(31, &[]);
        assert_eq!(calendar.last_open_day(month("2026-01")), day("2026-02-28"));
        assert_eq!(calendar.last_open_day(month("2026-02")), day("2026-03-31"));
    }

    #[test]
    fn a_journal_goes_to_its_period_or_to_the_first_day_of_the_next_open_one() {
        let calendar = calendar(10, &[("2026-08", "2026-09-15"), ("2026-09", "2026-09-30"), ("2026-10", "2026-12-20")]);
        for (period, on, date, ledger_period, original) in [
            ("2026-07", "2026-08-09", "2026-07-31", "2026-07", None),
            ("2026-07", "2026-07-15", "2026-07-31", "2026-07", None),
            ("2026-07", "2026-08-11", "2026-08-01", "2026-08", Some("2026-07")),
            ("2026-07", "2026-09-16", "2026-09-01", "2026-09", Some("2026-07")),
            ("2026-07", "2026-10-01", "2026-10-01", "2026-10", Some("2026-07")),
            // October is still open when November has closed.
            ("2026-07", "2026-12-15", "2026-10-01", "2026-10", Some("2026-07")),
            ("2026-11", "2026-12-15", "2026-12-01", "2026-12", Some("2026-11")),
            ("2026-02", "2026-01-01", "2026-02-28", "2026-02", None),
        ] {
            let expected = Posting { date: day(date), ledger_period: month(ledger_period), original: original.map(month) };
            assert_eq!(calendar.posting(month(period), day(on)), expected, "{period} on {on}");
        }
    }

    #[test]
    fn a_recharge_crosses_only_to_legal_entities_that_are_listed() {
        let calendar = calendar(10, &[]);
        for (entity, is_allowed) in
            [(None, true), (Some("Meridian Inc."), true), (Some("Meridian AB"), true), (Some("meridian ab"), false), (Some(""), false)]
        {
            assert_eq!(calendar.may_charge(entity), is_allowed, "{entity:?}");
        }
    }

    #[test]
    fn each_refusal_of_a_calendar_says_what_is_wrong() {
        let long = "a".repeat(257);
        let many = (0..=MOST_ENTITIES).map(|number| format!("entity {number}")).collect::<BTreeSet<_>>();
        type Case<'a> = (&'a str, &'a str, BTreeSet<String>, u32, &'a [(&'a str, &'a str)], &'a str);
        let cases: Vec<Case<'_>> = vec![
            ("ZZZ", "A", set(&[]), 10, &[], "`ZZZ` is no currency"),
            ("XXX", "A", set(&[]), 10, &[], "`XXX` is no currency"),
            ("USD", " ", set(&[]), 10, &[], "a legal entity is empty"),
            ("USD", "A", set(&[""]), 10, &[], "a legal entity is empty"),
            ("USD", &long, set(&[]), 10, &[], "has 257 characters"),
            ("USD", "A", set(&["A", "B"]), 10, &[], "`A` books the invoices itself"),
            ("USD", "A", many, 10, &[], "more than 1000 legal entities"),
            ("USD", "A", set(&[]), 0, &[], "`0` is no day of a month"),
            ("USD", "A", set(&[]), 32, &[], "`32` is no day of a month"),
            ("USD", "A", set(&[]), 10, &[("2026-08", "2026-08-30")], "`2026-08` would close on 2026-08-30, before its own last day"),
            ("USD", "A", set(&[]), 10, &[("2026-08", "2027-09-01")], "`2026-08` would be open through 2027-09-01, more than a year"),
        ];
        for (code, entity, others, closes, exceptions, reason) in cases {
            let exceptions = exceptions.iter().map(|(period, closes)| (month(period), day(closes))).collect();
            let errors =
                LedgerCalendar::try_new(Currency::try_new(code).unwrap(), entity.to_owned(), others, closes, exceptions).unwrap_err();
            assert!(errors.len() == 1 && errors[0].to_string().contains(reason), "{reason}: {errors:?}");
        }
        let many =
            (0..=MOST_EXCEPTIONS as u32).map(|months| month("2026-01").plus(months)).map(|period| (period, period.last_day())).collect();
        let errors = LedgerCalendar::try_new(usd(), "A".to_owned(), set(&[]), 10, many).unwrap_err();
        assert_eq!(errors, [CalendarError::TooManyExceptions]);
    }

    proptest! {
        #[test]
        fn a_posting_goes_to_an_open_period_never_before_the_billing_period(
            closes_on_day in 1u32..=31,
            exceptions in prop::collection::btree_map(0u32..30, 0i64..300, 0..12),
            billed in 0u32..24,
            on in 0i64..1500,
        ) {
            let first = month("2026-01");
            let exceptions = exceptions.into_iter().map(|(months, days)| {
                let period = first.plus(months);
                (period, period.last_day() + chrono::Duration::days(days))
            });
            let calendar = LedgerCalendar::try_new(usd(), "A".to_owned(), set(&[]), closes_on_day, exceptions.collect()).unwrap();
            let (period, on) = (first.plus(billed), first.first_day() + chrono::Duration::days(on));
            let posting = calendar.posting(period, on);
            prop_assert!(calendar.is_open(posting.ledger_period, on));
            prop_assert!(posting.ledger_period >= period);
            prop_assert!(posting.ledger_period.first_day() <= posting.date && posting.date <= posting.ledger_period.last_day());
            prop_assert_eq!(posting.original, (posting.ledger_period != period).then_some(period));
            let mut between = period;
            while between < posting.ledger_period {
                prop_assert!(!calendar.is_open(between, on), "the first open one");
                between = between.next();
            }
        }
    }
}
