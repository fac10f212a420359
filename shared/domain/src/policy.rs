//! The policy of a tenant: its time zone, its cost basis, when a cost group may be promoted, and what silence means.

use chrono::{DateTime, NaiveDate, Utc};

pub use chrono_tz::Tz;

use crate::charge::CostBasis;
use crate::exact::Exact;
use crate::near_miss::nearest;

/// Most undisputed periods that a promotion may ask for.
pub const MOST_PERIODS: u32 = 36;
/// Most decimals of a share, counted in percent.
pub const MOST_PERCENT_DECIMALS: u32 = 4;
/// Most reminders.
pub const MOST_REMINDERS: usize = 10;
/// Latest day of a reminder or of deemed acceptance, counted from the final issue.
pub const MOST_DAYS: u32 = 366;

/// Hours after which a delivery that is not complete is late, where nothing is stated.
pub const LATE_AFTER_HOURS: u32 = 6;
/// Most hours after which it is.
pub const MOST_HOURS: u32 = 31 * 24;

/// What a promotion to chargeback asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PromotionPolicy {
    /// Billing periods in a row without a dispute, 1 to [`MOST_PERIODS`].
    pub undisputed_periods: u32,
    /// Largest share of cost that may be unallocated, in tenths of a percent, exact, 0 to 1000.
    pub unallocated_at_most_permille: Exact,
}

impl Default for PromotionPolicy {
    /// Three periods, 5 %.
    fn default() -> PromotionPolicy {
        PromotionPolicy { undisputed_periods: 3, unallocated_at_most_permille: Exact::from_i128(50, 0) }
    }
}

/// What happens when an owner does not answer a final invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Silence {
    /// Days after the final issue on which the owner is reminded, rising.
    pub remind_after_days: Vec<u32>,
    /// Days after the final issue when silence counts as acceptance; after the last reminder. `None` is never.
    pub deemed_after_days: Option<u32>,
}

/// A text that names no time zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{written}` is no time zone")]
pub struct TimeZoneError {
    /// The text.
    pub written: String,
    /// The time zone that it most likely stands for.
    pub meant: Option<&'static str>,
}

/// Reads the name of a time zone of the IANA data base: `Europe/Oslo`.
///
/// # Errors
/// For other names, and other case.
pub fn time_zone(text: &str) -> Result<Tz, TimeZoneError> {
    text.parse().map_err(|_| {
        let known: Vec<&'static str> = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).collect();
        TimeZoneError { written: text.to_owned(), meant: nearest(text, &known) }
    })
}

/// What is wrong with a policy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// No number of periods that shows anything.
    #[error("`{0}` is no number of undisputed periods from 1 to {MOST_PERIODS}; every cost group begins in showback")]
    UndisputedPeriods(u32),
    /// A share below nought, above all, or with digits that no report shows.
    #[error("`{} %` is no share of cost from 0 % to 100 % with at most {MOST_PERCENT_DECIMALS} decimals", percent_text(*.0))]
    UnallocatedAtMost(Exact),
    /// A reminder on no day after the issue.
    #[error("`{0}` is no number of days from 1 to {MOST_DAYS} after the final issue")]
    ReminderDay(u32),
    /// A reminder that is not after the one before.
    #[error("the reminder after `{0}` days is not after the one before it")]
    RemindersOutOfOrder(u32),
    /// More than [`MOST_REMINDERS`].
    #[error("there are more than {MOST_REMINDERS} reminders")]
    TooManyReminders,
    /// Deemed acceptance on no day after the issue.
    #[error("`{0}` is no number of days from 1 to {MOST_DAYS} after the final issue")]
    DeemedDay(u32),
    /// Deemed acceptance before an owner was reminded.
    #[error("silence would count as acceptance after `{0}` days without any reminder")]
    DeemedWithoutReminder(u32),
    /// Deemed acceptance not after the last reminder.
    #[error("silence would count as acceptance after `{deemed}` days, not after the last reminder on day {last}")]
    DeemedBeforeLastReminder {
        /// Days until silence counts.
        deemed: u32,
        /// Day of the last reminder.
        last: u32,
    },
    /// Neither a reminder nor deemed acceptance.
    #[error("what happens without an answer is stated, and it is nothing")]
    SilenceSaysNothing,
    /// A delivery that is late at once, or never.
    #[error("`{0}` is no number of hours from 1 to {MOST_HOURS} after which a delivery that is not complete is late")]
    LateAfter(u32),
}

impl PolicyError {
    /// The value of policy.yaml that is meant.
    pub fn key(&self) -> &'static str {
        match self {
            PolicyError::UndisputedPeriods(_) => "undisputed_periods",
            PolicyError::UnallocatedAtMost(_) => "unallocated_at_most",
            PolicyError::ReminderDay(_) | PolicyError::RemindersOutOfOrder(_) | PolicyError::TooManyReminders => "remind_after_days",
            PolicyError::DeemedDay(_) | PolicyError::DeemedWithoutReminder(_) | PolicyError::DeemedBeforeLastReminder { .. } => {
                "deemed_after_days"
            }
            PolicyError::SilenceSaysNothing => "acceptance",
            PolicyError::LateAfter(_) => "late_after_hours",
        }
    }

    /// Which part of that value is meant, where one is: the day of a reminder.
    pub fn value(&self) -> Option<String> {
        match self {
            PolicyError::ReminderDay(day) | PolicyError::RemindersOutOfOrder(day) => Some(day.to_string()),
            _ => None,
        }
    }

    /// What to do about it, without full stop.
    pub fn what_to_do(&self) -> &'static str {
        match self {
            PolicyError::UndisputedPeriods(_) => "write `undisputed_periods: 3`",
            PolicyError::UnallocatedAtMost(_) => "write `unallocated_at_most: 5 %`",
            PolicyError::ReminderDay(_) | PolicyError::RemindersOutOfOrder(_) => "write rising days, `remind_after_days: [3, 7]`",
            PolicyError::TooManyReminders => "remind less often; people stop reading what comes daily",
            PolicyError::DeemedDay(_) => "write `deemed_after_days: 14`, or leave it out",
            PolicyError::DeemedWithoutReminder(_) => "add `remind_after_days: [3, 7]`, or leave `deemed_after_days` out",
            PolicyError::DeemedBeforeLastReminder { .. } => "write a later day, or take the late reminders out",
            PolicyError::SilenceSaysNothing => {
                "add `remind_after_days: [3, 7]`, or leave `acceptance` out: then silence is never acceptance"
            }
            PolicyError::LateAfter(_) => "write `late_after_hours: 6`",
        }
    }
}

/// Tenths of a percent as percent.
fn percent_text(permille: Exact) -> String {
    Exact::new(permille.units(), permille.scale() + 1).to_string()
}

/// The policy of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// In which day + 1 and all days of people are counted.
    pub time_zone: Tz,
    /// Which cost is charged; frozen in each period that is issued.
    pub cost_basis: CostBasis,
    /// When a cost group may be promoted.
    pub promotion: PromotionPolicy,
    /// What silence means; `None`: nobody is reminded, and silence is never acceptance.
    pub silence: Option<Silence>,
    /// Hours after its manifest came when a delivery that is not complete is late, 1 to [`MOST_HOURS`].
    pub late_after_hours: u32,
}

impl Default for Policy {
    /// UTC, billed cost, three undisputed periods with at most 5 % unallocated, silence is never acceptance, a delivery is
    /// late after [`LATE_AFTER_HOURS`].
    fn default() -> Policy {
        Policy {
            time_zone: Tz::UTC,
            cost_basis: CostBasis::Billed,
            promotion: PromotionPolicy::default(),
            silence: None,
            late_after_hours: LATE_AFTER_HOURS,
        }
    }
}

impl Policy {
    /// Checks a policy; a delivery is late after [`LATE_AFTER_HOURS`].
    ///
    /// # Errors
    /// All that is wrong.
    pub fn try_new(
        time_zone: Tz,
        cost_basis: CostBasis,
        promotion: PromotionPolicy,
        silence: Option<Silence>,
    ) -> Result<Policy, Vec<PolicyError>> {
        let mut errors = promotion_errors(&promotion);
        errors.extend(silence.iter().flat_map(silence_errors));
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(Policy { time_zone, cost_basis, promotion, silence, late_after_hours: LATE_AFTER_HOURS })
    }

    /// The same, with a delivery late after so many hours.
    ///
    /// # Errors
    /// [`PolicyError::LateAfter`] for none, or more than [`MOST_HOURS`].
    pub fn late_after(self, hours: u32) -> Result<Policy, PolicyError> {
        if !(1..=MOST_HOURS).contains(&hours) {
            return Err(PolicyError::LateAfter(hours));
        }
        Ok(Policy { late_after_hours: hours, ..self })
    }

    /// The day that a moment falls on where the tenant is.
    pub fn local_date(&self, moment: DateTime<Utc>) -> NaiveDate {
        moment.with_timezone(&self.time_zone).date_naive()
    }
}

fn promotion_errors(promotion: &PromotionPolicy) -> Vec<PolicyError> {
    let mut errors = Vec::new();
    if !(1..=MOST_PERIODS).contains(&promotion.undisputed_periods) {
        errors.push(PolicyError::UndisputedPeriods(promotion.undisputed_periods));
    }
    let share = promotion.unallocated_at_most_permille;
    let has_few_decimals = share.normalized().scale() < MOST_PERCENT_DECIMALS;
    if share.is_negative() || share > Exact::from_i128(1000, 0) || !has_few_decimals {
        errors.push(PolicyError::UnallocatedAtMost(share));
    }
    errors
}

fn silence_errors(silence: &Silence) -> Vec<PolicyError> {
    let is_day = |day: u32| (1..=MOST_DAYS).contains(&day);
    let days = &silence.remind_after_days;
    if days.len() > MOST_REMINDERS {
        return vec![PolicyError::TooManyReminders];
    }
    let mut errors: Vec<PolicyError> = days.iter().filter(|day| !is_day(**day)).map(|day| PolicyError::ReminderDay(*day)).collect();
    errors.extend(days.windows(2).filter(|pair| pair[1] <= pair[0]).map(|pair| PolicyError::RemindersOutOfOrder(pair[1])));
    match (silence.deemed_after_days, days.iter().max()) {
        (None, None) => errors.push(PolicyError::SilenceSaysNothing),
        (None, Some(_)) => {}
        (Some(deemed), _) if !is_day(deemed) => errors.push(PolicyError::DeemedDay(deemed)),
        (Some(deemed), None) => errors.push(PolicyError::DeemedWithoutReminder(deemed)),
        (Some(deemed), Some(last)) if deemed <= *last => errors.push(PolicyError::DeemedBeforeLastReminder { deemed, last: *last }),
        (Some(_), Some(_)) => {}
    }
    errors
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;

    fn permille(text: &str) -> Exact {
        Exact::parse(text).unwrap()
    }

    fn checked(promotion: PromotionPolicy, silence: Option<Silence>) -> Result<Policy, Vec<PolicyError>> {
        Policy::try_new(Tz::UTC, CostBasis::Billed, promotion, silence)
    }

    #[test]
    fn the_default_is_sound() {
        let policy = Policy::default();
        assert_eq!(checked(policy.promotion, policy.silence.clone()), Ok(policy.clone()));
        assert_eq!((policy.time_zone, policy.cost_basis, policy.silence), (Tz::UTC, CostBasis::Billed, None));
        assert_eq!((policy.promotion.undisputed_periods, policy.promotion.unallocated_at_most_permille), (3, permille("50")));
    }

    #[test]
    fn each_refusal_of_a_promotion_says_what_is_wrong() {
        for (periods, share, reason) in [
            (0, "50", "`0` is no number of undisputed periods"),
            (37, "50", "`37` is no number of undisputed periods"),
            (3, "-1", "`-0.1 %` is no share of cost"),
            (3, "1000.1", "`100.01 %` is no share of cost"),
            (3, "0.0001", "`0.00001 %` is no share of cost"),
        ] {
            let promotion = PromotionPolicy { undisputed_periods: periods, unallocated_at_most_permille: permille(share) };
            let errors = checked(promotion, None).unwrap_err();
            assert!(errors.len() == 1 && errors[0].to_string().contains(reason), "{reason}: {errors:?}");
        }
        for (periods, share) in [(1, "0"), (36, "1000"), (3, "0.001"), (3, "50.000000")] {
            let promotion = PromotionPolicy { undisputed_periods: periods, unallocated_at_most_permille: permille(share) };
            assert!(checked(promotion, None).is_ok(), "{periods} {share}");
        }
    }

    #[test]
    fn deemed_acceptance_comes_after_reminders() {
        let errors = |days: &[u32], deemed| {
            let silence = Silence { remind_after_days: days.to_vec(), deemed_after_days: deemed };
            checked(PromotionPolicy::default(), Some(silence)).err().unwrap_or_default()
        };
        for (days, deemed) in [(&[3, 7][..], Some(14)), (&[3], Some(4)), (&[3, 7], None), (&[366], None)] {
            assert_eq!(errors(days, deemed), [], "{days:?} {deemed:?}");
        }
        assert_eq!(errors(&[], None), [PolicyError::SilenceSaysNothing]);
        assert_eq!(errors(&[], Some(14)), [PolicyError::DeemedWithoutReminder(14)]);
        assert_eq!(errors(&[3, 7], Some(7)), [PolicyError::DeemedBeforeLastReminder { deemed: 7, last: 7 }]);
        assert_eq!(errors(&[3], Some(0)), [PolicyError::DeemedDay(0)]);
        assert_eq!(errors(&[3], Some(367)), [PolicyError::DeemedDay(367)]);
        assert_eq!(errors(&[0], None), [PolicyError::ReminderDay(0)]);
        assert_eq!(errors(&[367], None), [PolicyError::ReminderDay(367)]);
        assert_eq!(errors(&[7, 3], Some(14)), [PolicyError::RemindersOutOfOrder(3)]);
        assert_eq!(errors(&[3, 3], Some(14)), [PolicyError::RemindersOutOfOrder(3)]);
        assert_eq!(errors(&(1..=11).collect::<Vec<_>>(), Some(14)), [PolicyError::TooManyReminders]);
    }

    #[test]
    fn a_delivery_is_late_after_hours_that_a_month_has() {
        assert_eq!(Policy::default().late_after_hours, 6);
        for hours in [1, 744] {
            assert_eq!(Policy::default().late_after(hours).map(|policy| policy.late_after_hours), Ok(hours));
        }
        for hours in [0, 745] {
            assert_eq!(Policy::default().late_after(hours), Err(PolicyError::LateAfter(hours)));
        }
    }

    #[test]
    fn a_time_zone_has_a_name_of_the_iana_data_base() {
        assert_eq!(time_zone("Europe/Oslo"), Ok(Tz::Europe__Oslo));
        for (written, meant) in [("europe/oslo", Some("Europe/Oslo")), ("Europe/Olso", Some("Europe/Oslo")), ("Mars", None), ("", None)] {
            assert_eq!(time_zone(written), Err(TimeZoneError { written: written.to_owned(), meant }));
        }
    }

    #[test]
    fn a_day_is_that_of_the_tenants_time_zone() {
        let day = |zone: Tz, hour| {
            let moment = Utc.with_ymd_and_hms(2026, 10, 31, hour, 30, 0).unwrap();
            Policy { time_zone: zone, ..Policy::default() }.local_date(moment).to_string()
        };
        assert_eq!(day(Tz::UTC, 23), "2026-10-31");
        assert_eq!(day(Tz::Europe__Oslo, 22), "2026-10-31");
        assert_eq!(day(Tz::Europe__Oslo, 23), "2026-11-01");
        assert_eq!(day(Tz::America__Los_Angeles, 6), "2026-10-30");
    }
}
