//! What silence on an invoice will say, told before it does.

use chrono::{Days, NaiveDate};
use dayone_domain::policy::Silence;
use dayone_domain::review::InvoiceState;

use crate::configuration::Settings;
use crate::views::InvoiceView;

/// What silence says of an invoice that waits for its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SilenceSays {
    /// It counts as accepted on that day, in the tenant's time zone.
    AcceptedOn(NaiveDate),
    /// Nothing: nobody who may accept it can be reminded.
    NobodyToRemind,
    /// Nothing: a line of its newest revision was disputed, or a reversal took an acceptance of it back.
    NeedsAnswer,
}

impl Settings {
    /// What silence says of an invoice that is final, in chargeback and not accepted; `None` where the policy never takes
    /// silence for a yes, or a dispute is open.
    pub fn silence_says(&self, view: &InvoiceView, state: &InvoiceState, today: NaiveDate) -> Option<SilenceSays> {
        let day = deemed_on(self.policy.silence.as_ref()?, view, state, today)?;
        if state.open_disputes().next().is_some() {
            return None;
        }
        if !self.can_remind(view) {
            return Some(SilenceSays::NobodyToRemind);
        }
        let newest = view.revision.number;
        let is_disputed = state.disputes.iter().any(|dispute| dispute.revision == newest);
        let is_reopened = state.acceptances.iter().any(|acceptance| acceptance.is_reopened && acceptance.revision == newest);
        Some(if is_disputed || is_reopened { SilenceSays::NeedsAnswer } else { SilenceSays::AcceptedOn(day) })
    }
}

/// The day on which the policy takes silence for a yes. Every reminder comes before it, one a day: those that are late
/// move it.
fn deemed_on(silence: &Silence, view: &InvoiceView, state: &InvoiceState, today: NaiveDate) -> Option<NaiveDate> {
    let days = silence.deemed_after_days?;
    let last = *silence.remind_after_days.last()?;
    let time_to_answer = Days::new(u64::from(days.saturating_sub(last)));
    let issued_on = view.revision.issued_on;
    let missing = silence.remind_after_days.len().saturating_sub(state.delivered as usize);
    let last_reminder = match (missing, state.delivered_on) {
        (0, Some(reminded_on)) => reminded_on,
        (0, None) => issued_on,
        (missing, reminded_on) => {
            let next = reminded_on.map_or(today, |reminded_on| today.max(reminded_on + Days::new(1)));
            (next + Days::new(missing as u64 - 1)).max(issued_on + Days::new(u64::from(last)))
        }
    };
    Some((last_reminder + time_to_answer).max(issued_on + Days::new(u64::from(days))))
}
