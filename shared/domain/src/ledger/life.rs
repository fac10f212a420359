//! A journal entry's way into the ERP: exactly once, by one route.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::ledger::Posting;
use crate::ledger::journal::JournalKind;
use crate::period::BillingPeriod;
use crate::review::{By, InvoiceRef, Outcome, Recorded};

/// Most characters of a reason.
pub const MOST_REASON: usize = 1000;

/// How an entry leaves. Chosen once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "route", rename_all = "snake_case")]
pub enum Route {
    /// A call of the ERP.
    Call,
    /// A numbered batch that somebody imports.
    Export {
        /// Its number.
        batch: u64,
    },
}

/// What happens to an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum JournalEvent {
    /// It was made.
    Built {
        /// SHA-256 of the entry as it is stored.
        document: String,
        /// What for.
        kind: JournalKind,
        /// The invoice.
        invoice: InvoiceRef,
        /// The entry that it reverses or recodes.
        of_journal: Option<String>,
    },
    /// Its posting date and bytes are fixed, and from now on it may have landed.
    Frozen {
        /// By which way it leaves.
        route: Route,
        /// The posting date.
        posting_date: NaiveDate,
        /// The ledger period.
        ledger_period: BillingPeriod,
        /// The ledger period that was closed already, where it is another.
        original_period: Option<BillingPeriod>,
        /// SHA-256 of what is sent.
        body: String,
    },
    /// The ERP has it.
    Posted {
        /// The ERP's document number.
        number: String,
    },
    /// The ERP will not take it; it holds nothing of it.
    Refused {
        /// The ERP's words.
        reason: String,
    },
    /// Nobody can tell whether the ERP has it: a person has to look.
    OutcomeUnknown {
        /// What is known.
        reason: String,
    },
    /// A reversal of it was posted.
    Reversed {
        /// Reference of the reversal.
        by: String,
    },
}

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JournalStatus {
    /// Made, and nowhere else.
    Ready,
    /// On its way; it may have landed.
    Sending,
    /// In a batch that was handed over; its number in the ERP is not known yet.
    HandedOver,
    /// In the ledger.
    Posted,
    /// The ERP will not take it as it is.
    Refused,
    /// A person has to look into the ERP.
    OutcomeUnknown,
    /// In the ledger, and undone there.
    Reversed,
}

impl JournalStatus {
    /// The words for people.
    pub fn label(self) -> &'static str {
        match self {
            JournalStatus::Ready => "ready",
            JournalStatus::Sending => "sending",
            JournalStatus::HandedOver => "handed over",
            JournalStatus::Posted => "posted",
            JournalStatus::Refused => "refused by the ERP",
            JournalStatus::OutcomeUnknown => "outcome unknown",
            JournalStatus::Reversed => "reversed",
        }
    }

    /// Whether the ledger has the entry.
    pub fn is_in_ledger(self) -> bool {
        matches!(self, JournalStatus::Posted | JournalStatus::Reversed)
    }
}

/// Why something must not happen to an entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalRefusal {
    /// It left already, or is not there yet.
    #[error("the journal is {}; this needs it to be {needs}", .is.label())]
    Status {
        /// What it is.
        is: JournalStatus,
        /// What is needed.
        needs: &'static str,
    },
    /// It leaves in a batch.
    #[error("the journal was exported in batch {0}; it leaves by one route, so record its ERP number instead of posting it")]
    Exported(u64),
    /// Recorded under another number.
    #[error("the journal is posted under the ERP number `{0}` already")]
    OtherNumber(String),
    /// Reversals are not reversed.
    #[error("a reversal is not reversed; accept the invoice again instead")]
    IsReversal,
    /// A number is missing.
    #[error("the ERP number is empty or longer than 100 characters")]
    Number,
    /// A reason is missing.
    #[error("say how you know, in 1 to {MOST_REASON} characters")]
    Reason,
}

/// When and how an entry was fixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// By which way it leaves.
    pub route: Route,
    /// The posting date.
    pub posting_date: NaiveDate,
    /// The ledger period.
    pub ledger_period: BillingPeriod,
    /// The ledger period that was closed already, where it is another.
    pub original_period: Option<BillingPeriod>,
    /// SHA-256 of what is sent.
    pub body: String,
    /// By whom.
    pub by: By,
    /// When.
    pub at: DateTime<Utc>,
}

/// What the events of an entry come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalState {
    /// Reference.
    pub reference: String,
    /// What for.
    pub kind: JournalKind,
    /// The invoice.
    pub invoice: InvoiceRef,
    /// SHA-256 of the entry.
    pub document: String,
    /// The entry that it reverses or recodes.
    pub of_journal: Option<String>,
    /// Where it stands.
    pub status: JournalStatus,
    /// How it left.
    pub frozen: Option<Frozen>,
    /// The ERP's number.
    pub number: Option<String>,
    /// What the ERP said last.
    pub said: Option<String>,
    /// Its reversal.
    pub reversed_by: Option<String>,
}

type Decision = Result<Outcome<JournalEvent>, JournalRefusal>;

impl JournalState {
    /// The state after the first event; `None` where that is not [`JournalEvent::Built`].
    pub fn built(reference: &str, first: &Recorded<JournalEvent>) -> Option<JournalState> {
        let JournalEvent::Built { document, kind, invoice, of_journal } = &first.event else { return None };
        Some(JournalState {
            reference: reference.to_owned(),
            kind: *kind,
            invoice: invoice.clone(),
            document: document.clone(),
            of_journal: of_journal.clone(),
            status: JournalStatus::Ready,
            frozen: None,
            number: None,
            said: None,
            reversed_by: None,
        })
    }

    /// Takes one more event into account.
    pub fn apply(&mut self, recorded: &Recorded<JournalEvent>) {
        match &recorded.event {
            JournalEvent::Built { .. } => {}
            JournalEvent::Frozen { route, posting_date, ledger_period, original_period, body } => {
                self.status = if *route == Route::Call { JournalStatus::Sending } else { JournalStatus::HandedOver };
                self.frozen = Some(Frozen {
                    route: route.clone(),
                    posting_date: *posting_date,
                    ledger_period: *ledger_period,
                    original_period: *original_period,
                    body: body.clone(),
                    by: recorded.by.clone(),
                    at: recorded.at,
                });
            }
            JournalEvent::Posted { number } => {
                self.status = JournalStatus::Posted;
                self.number = Some(number.clone());
            }
            JournalEvent::Refused { reason } => {
                self.status = JournalStatus::Refused;
                self.said = Some(reason.clone());
            }
            JournalEvent::OutcomeUnknown { reason } => {
                self.status = JournalStatus::OutcomeUnknown;
                self.said = Some(reason.clone());
            }
            JournalEvent::Reversed { by } => {
                self.status = JournalStatus::Reversed;
                self.reversed_by = Some(by.clone());
            }
        }
    }

    /// Fixes it for one route. Fixed for the same route already is already applied.
    pub fn freeze(&self, route: Route, posting: &Posting, body: String) -> Decision {
        match (&self.frozen, self.status) {
            (_, JournalStatus::Ready | JournalStatus::Refused) => Ok(Outcome::Executed(vec![JournalEvent::Frozen {
                route,
                posting_date: posting.date,
                ledger_period: posting.ledger_period,
                original_period: posting.original,
                body,
            }])),
            (Some(frozen), _) if frozen.route == route => Ok(Outcome::AlreadyApplied),
            (Some(Frozen { route: Route::Export { batch }, .. }), _) => Err(JournalRefusal::Exported(*batch)),
            _ => Err(JournalRefusal::Status { is: self.status, needs: "ready" }),
        }
    }

    /// The ERP has it: the answer of a call, a person who looked, or the number of an imported batch.
    pub fn landed(&self, number: &str) -> Decision {
        let number = number.trim();
        if number.is_empty() || number.chars().count() > 100 {
            return Err(JournalRefusal::Number);
        }
        match self.status {
            JournalStatus::Sending | JournalStatus::HandedOver | JournalStatus::OutcomeUnknown => {
                Ok(Outcome::Executed(vec![JournalEvent::Posted { number: number.to_owned() }]))
            }
            JournalStatus::Posted | JournalStatus::Reversed if self.number.as_deref() == Some(number) => Ok(Outcome::AlreadyApplied),
            JournalStatus::Posted | JournalStatus::Reversed => Err(JournalRefusal::OtherNumber(self.number.clone().unwrap_or_default())),
            is => Err(JournalRefusal::Status { is, needs: "on its way" }),
        }
    }

    /// The ERP has nothing of it: a person has looked, or the import of its batch was refused. From here it can leave
    /// anew, by either route.
    pub fn missing(&self, reason: &str) -> Decision {
        let reason = reason.trim();
        if reason.is_empty() || reason.chars().count() > MOST_REASON {
            return Err(JournalRefusal::Reason);
        }
        match self.status {
            JournalStatus::HandedOver | JournalStatus::OutcomeUnknown => {
                Ok(Outcome::Executed(vec![JournalEvent::Refused { reason: reason.to_owned() }]))
            }
            JournalStatus::Refused => Ok(Outcome::AlreadyApplied),
            is => Err(JournalRefusal::Status { is, needs: "handed over, or its outcome unknown" }),
        }
    }

    /// The ERP will not take it.
    pub fn refused(&self, reason: String) -> Decision {
        match self.status {
            JournalStatus::Sending | JournalStatus::OutcomeUnknown => Ok(Outcome::Executed(vec![JournalEvent::Refused { reason }])),
            is => Err(JournalRefusal::Status { is, needs: "on its way" }),
        }
    }

    /// Nobody can tell.
    pub fn unknown(&self, reason: String) -> Decision {
        match self.status {
            JournalStatus::Sending => Ok(Outcome::Executed(vec![JournalEvent::OutcomeUnknown { reason }])),
            JournalStatus::OutcomeUnknown => Ok(Outcome::AlreadyApplied),
            is => Err(JournalRefusal::Status { is, needs: "on its way" }),
        }
    }

    /// Whether it can be reversed or recoded: only what the ledger has.
    pub fn may_be_reversed(&self) -> Result<(), JournalRefusal> {
        match self.status {
            _ if self.kind == JournalKind::Reversal => Err(JournalRefusal::IsReversal),
            JournalStatus::Posted => Ok(()),
            is => Err(JournalRefusal::Status { is, needs: "posted" }),
        }
    }
}
