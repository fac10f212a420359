//! What silence on an invoice will say, told before it does.

use chrono::NaiveDate;
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
        let day = state.deemed_on(self.policy.silence.as_ref()?, today)?;
        if state.open_disputes().next().is_some() {
            return None;
        }
        if !self.can_remind(view) {
            return Some(SilenceSays::NobodyToRemind);
        }
        Some(if state.needs_answer() { SilenceSays::NeedsAnswer } else { SilenceSays::AcceptedOn(day) })
    }
}
