//! What people say to an invoice: questions, acceptance, disputes; and the mode of cost groups.
//!
//! A stream of events is folded into a state; a transition is asked of the state with all that it needs, dates
//! included, and answers what has happened ([`Outcome`]) or why it must not. Nothing is loaded or stored here.

pub mod actor;
pub mod document;
pub mod invoice;
pub mod mode;
mod transitions;
mod words;

use serde::{Deserialize, Serialize};

use crate::cube::BillKey;

pub use actor::{Actor, By, Recorded, SignIn, on_command_line};
pub use document::{Correction, InvoiceDocument, Move, Stated};
pub use invoice::{Acceptance, Cause, Charged, Dispute, InvoiceEvent, InvoiceState, Resolution, Revision, Stage, Standing};
pub use mode::{GroupEvent, ModeState, PromotionFacts};
pub use transitions::{DisputeOf, ReviewRefusal};
pub use words::{line_kind_words, line_words};

/// Which invoice: one cost group, one billing period, one currency.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InvoiceRef {
    /// The bill.
    pub bill: BillKey,
    /// Identifier of the cost group.
    pub group: String,
}

impl std::fmt::Display for InvoiceRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}/{}", self.bill.period, self.bill.currency, self.group)
    }
}

/// What came of a transition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<E> {
    /// It happens: these events are to be recorded.
    Executed(Vec<E>),
    /// It was so already; there is nothing to record.
    AlreadyApplied,
}

impl<E> Outcome<E> {
    /// The events to record.
    pub fn events(self) -> Vec<E> {
        match self {
            Outcome::Executed(events) => events,
            Outcome::AlreadyApplied => Vec::new(),
        }
    }
}
