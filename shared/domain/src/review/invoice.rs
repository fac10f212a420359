//! One invoice's life: its events and what they come to.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::currency::{Currency, Money};
use crate::review::document::is_moved_by;
use crate::review::{By, InvoiceRef, Recorded};
use crate::tree::Mode;

/// Before and after all sources of the bill are final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Can be read and questioned; may change with the next delivery.
    Provisional,
    /// Can be accepted and disputed.
    Final,
}

impl Stage {
    /// The word for people.
    pub fn label(self) -> &'static str {
        match self {
            Stage::Provisional => "provisional",
            Stage::Final => "final",
        }
    }
}

/// Why there is a revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    /// An issuing run.
    Run {
        /// Its number.
        run: u64,
    },
    /// An upheld dispute.
    Dispute {
        /// The invoice that was disputed.
        invoice: InvoiceRef,
        /// Number of the dispute there.
        dispute: u32,
    },
}

/// What of a revision is charged once it is accepted; the rest is of periods in showback, and for information.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charged {
    /// Of this bill.
    pub total: Money,
    /// Of the true-ups of closed bills.
    pub true_ups: Money,
}

impl Charged {
    /// Nothing.
    pub fn nothing(currency: Currency) -> Charged {
        let nothing = Money::from_minor(0, currency);
        Charged { total: nothing, true_ups: nothing }
    }

    /// Both.
    pub fn sum(&self) -> Money {
        self.total + self.true_ups
    }

    /// Whether it is a part of what a revision comes to, and the rest is for information. `mode` is the revision's.
    pub fn is_part_of(&self, total: Money, true_ups: Money, mode: Mode) -> bool {
        mode == Mode::Chargeback && *self != Charged { total, true_ups }
    }
}

/// One issue of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// From 1.
    pub number: u32,
    /// Provisional or final.
    pub stage: Stage,
    /// Why it was issued.
    pub cause: Cause,
    /// SHA-256 of the [`InvoiceDocument`](crate::review::InvoiceDocument) as it is stored.
    pub document: String,
    /// Number of a final invoice, the same in all its revisions.
    pub invoice_number: Option<u64>,
    /// What the group is charged of this bill.
    pub total: Money,
    /// True-ups of closed bills beside it.
    pub true_ups: Money,
    /// What of both is charged: [`InvoiceDocument::charged`](super::InvoiceDocument::charged).
    pub charged: Charged,
    /// Whether anything of it is charged once it is accepted: [`InvoiceDocument::mode`](super::InvoiceDocument::mode).
    pub mode: Mode,
    /// The day of issue in the tenant's time zone.
    pub issued_on: NaiveDate,
}

impl Revision {
    /// Total and true-ups.
    pub fn due(&self) -> Money {
        self.total + self.true_ups
    }

    /// What of it is for information.
    pub fn shown(&self) -> Money {
        self.due() - self.charged.sum()
    }

    /// Whether some of it is charged and some is for information.
    pub fn is_charged_in_part(&self) -> bool {
        self.charged.is_part_of(self.total, self.true_ups, self.mode)
    }

    /// What is charged of the bill and of true-ups, without their signs: what a limit of acceptance is held against, so
    /// that one cannot hide the other.
    pub fn at_stake(&self) -> Money {
        let size = |amount: Money| if amount.is_negative() { Money::from_minor(-amount.minor(), amount.currency()) } else { amount };
        size(self.charged.total) + size(self.charged.true_ups)
    }
}

/// How a dispute ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Resolution {
    /// The disputed amount goes to another cost group.
    Upheld {
        /// Its identifier.
        receiver: String,
    },
    /// The disputed amount stays.
    Rejected {
        /// Why.
        reason: String,
    },
}

/// What happens to an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum InvoiceEvent {
    /// A revision was issued.
    Issued {
        /// It.
        revision: Revision,
    },
    /// Somebody asks.
    Asked {
        /// From 1.
        question: u32,
        /// What.
        text: String,
    },
    /// Somebody answers a question.
    Answered {
        /// Which.
        question: u32,
        /// What.
        text: String,
    },
    /// An owner has read a revision; in showback.
    Acknowledged {
        /// Which.
        revision: u32,
    },
    /// An owner, or the policy for want of an answer, accepts a revision.
    Accepted {
        /// Which.
        revision: u32,
    },
    /// A posted journal was reversed: what was accepted is open again.
    Reopened {
        /// The revision.
        revision: u32,
        /// Reference of the journal.
        journal: String,
    },
    /// An owner disputes a line.
    Disputed {
        /// From 1.
        dispute: u32,
        /// The line.
        line: String,
        /// The amount, of the line's sign and not above it.
        amount: Money,
        /// Why.
        reason: String,
    },
    /// Somebody says something to a dispute.
    Commented {
        /// Which.
        dispute: u32,
        /// What.
        text: String,
    },
    /// A dispute ended.
    Resolved {
        /// Which.
        dispute: u32,
        /// How.
        resolution: Resolution,
    },
    /// A reminder of a revision is due: its mail is asked for.
    Reminded {
        /// Which.
        revision: u32,
        /// From 1.
        reminder: u32,
        /// The day, in the tenant's time zone.
        on: NaiveDate,
    },
    /// The mail of a reminder was handed over for somebody who may accept the revision.
    ReminderDelivered {
        /// Which.
        revision: u32,
        /// From 1.
        reminder: u32,
        /// The day, in the tenant's time zone.
        on: NaiveDate,
        /// Mail addresses of those who may accept it, and got it.
        to: Vec<String>,
    },
    /// A journal entry was built of it.
    Journaled {
        /// Its reference.
        journal: String,
        /// SHA-256 of the [`JournalEntry`](crate::ledger::JournalEntry) as it is stored.
        document: String,
    },
}

/// A yes to one revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Which.
    pub revision: u32,
    /// Who; the policy, for a deemed acceptance.
    pub by: By,
    /// When.
    pub at: DateTime<Utc>,
    /// Whether a reversal took it back.
    pub is_reopened: bool,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remark {
    /// Who.
    pub by: By,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub text: String,
}

/// A question and its answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// From 1.
    pub number: u32,
    /// The revision that was newest.
    pub revision: u32,
    /// The question.
    pub asked: Remark,
    /// The answers.
    pub answers: Vec<Remark>,
}

impl Question {
    /// Whether somebody else has answered it: what the person who asked adds to it leaves it open.
    pub fn is_answered(&self) -> bool {
        self.answers.iter().any(|answer| answer.by.mail() != self.asked.by.mail())
    }
}

/// A no to a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dispute {
    /// From 1.
    pub number: u32,
    /// The revision that was newest.
    pub revision: u32,
    /// The line.
    pub line: String,
    /// The amount.
    pub amount: Money,
    /// Who, when and why.
    pub raised: Remark,
    /// What was said since.
    pub comments: Vec<Remark>,
    /// How it ended.
    pub resolution: Option<(Resolution, Remark)>,
}

impl Dispute {
    /// Whether it has not ended.
    pub fn is_open(&self) -> bool {
        self.resolution.is_none()
    }
}

/// What an invoice waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Provisional.
    Provisional,
    /// Informational: showback, not yet acknowledged.
    ToRead,
    /// Acknowledged.
    Read,
    /// Final and waiting for its owner.
    ToAccept,
    /// A dispute is open.
    Disputed,
    /// Accepted.
    Accepted,
}

impl Standing {
    /// The words for people.
    pub fn label(self) -> &'static str {
        match self {
            Standing::Provisional => "provisional",
            Standing::ToRead => "for information",
            Standing::Read => "read",
            Standing::ToAccept => "to accept",
            Standing::Disputed => "disputed",
            Standing::Accepted => "accepted",
        }
    }
}

/// What the events of an invoice come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceState {
    /// Which invoice.
    pub of: InvoiceRef,
    /// The revisions, oldest first.
    pub revisions: Vec<Revision>,
    /// All acceptances, oldest first.
    pub acceptances: Vec<Acceptance>,
    /// Revisions that were acknowledged, by whom.
    pub acknowledgements: Vec<Acceptance>,
    /// Questions, oldest first.
    pub questions: Vec<Question>,
    /// Disputes, oldest first.
    pub disputes: Vec<Dispute>,
    /// Reminders of the newest revision that were asked for.
    pub reminders: u32,
    /// The day of the last of them.
    pub reminded_on: Option<NaiveDate>,
    /// Reminders of the newest revision that were handed over.
    pub delivered: u32,
    /// The day of the last of them.
    pub delivered_on: Option<NaiveDate>,
    /// Whom each of them reached: mail addresses of people who could accept the revision then.
    pub reached: Vec<Vec<String>>,
    /// Journal entries built: reference and SHA-256 of the document.
    pub journals: Vec<(String, String)>,
}

impl InvoiceState {
    /// An invoice of which nothing is known yet.
    pub fn new(of: InvoiceRef) -> InvoiceState {
        InvoiceState {
            of,
            revisions: Vec::new(),
            acceptances: Vec::new(),
            acknowledgements: Vec::new(),
            questions: Vec::new(),
            disputes: Vec::new(),
            reminders: 0,
            reminded_on: None,
            delivered: 0,
            delivered_on: None,
            reached: Vec::new(),
            journals: Vec::new(),
        }
    }

    /// Takes one event into account.
    pub fn apply(&mut self, recorded: &Recorded<InvoiceEvent>) {
        let remark = |text: &str| Remark { by: recorded.by.clone(), at: recorded.at, text: text.to_owned() };
        let yes = |revision| Acceptance { revision, by: recorded.by.clone(), at: recorded.at, is_reopened: false };
        match &recorded.event {
            InvoiceEvent::Issued { revision } => {
                self.revisions.push(revision.clone());
                self.forget_reminders();
            }
            InvoiceEvent::Asked { question, text } => {
                let revision = self.newest().map_or(0, |revision| revision.number);
                self.questions.push(Question { number: *question, revision, asked: remark(text), answers: Vec::new() });
            }
            InvoiceEvent::Answered { question, text } => {
                if let Some(question) = self.questions.iter_mut().find(|known| known.number == *question) {
                    question.answers.push(remark(text));
                }
            }
            InvoiceEvent::Acknowledged { revision } => self.acknowledgements.push(yes(*revision)),
            InvoiceEvent::Accepted { revision } => self.acceptances.push(yes(*revision)),
            InvoiceEvent::Reopened { .. } => {
                for acceptance in &mut self.acceptances {
                    acceptance.is_reopened = true;
                }
                self.forget_reminders();
            }
            InvoiceEvent::Disputed { dispute, line, amount, reason } => {
                let revision = self.newest().map_or(0, |revision| revision.number);
                self.disputes.push(Dispute {
                    number: *dispute,
                    revision,
                    line: line.clone(),
                    amount: *amount,
                    raised: remark(reason),
                    comments: Vec::new(),
                    resolution: None,
                });
            }
            InvoiceEvent::Commented { dispute, text } => {
                if let Some(dispute) = self.disputes.iter_mut().find(|known| known.number == *dispute) {
                    dispute.comments.push(remark(text));
                }
            }
            InvoiceEvent::Resolved { dispute, resolution } => {
                let said = remark(recorded.why.as_deref().unwrap_or_default());
                if let Some(dispute) = self.disputes.iter_mut().find(|known| known.number == *dispute) {
                    dispute.resolution = Some((resolution.clone(), said));
                }
            }
            InvoiceEvent::Reminded { reminder, on, .. } => {
                if *reminder == 1 {
                    self.forget_reminders();
                }
                self.reminders = *reminder;
                self.reminded_on = Some(*on);
            }
            InvoiceEvent::ReminderDelivered { reminder, on, to, .. } => {
                self.delivered = *reminder;
                self.delivered_on = Some(*on);
                self.reached.push(to.clone());
            }
            InvoiceEvent::Journaled { journal, document } => self.journals.push((journal.clone(), document.clone())),
        }
    }

    fn forget_reminders(&mut self) {
        (self.reminders, self.reminded_on) = (0, None);
        (self.delivered, self.delivered_on) = (0, None);
        self.reached.clear();
    }

    /// The newest revision.
    pub fn newest(&self) -> Option<&Revision> {
        self.revisions.last()
    }

    /// The acceptances of the newest revision that still hold.
    pub fn holding(&self) -> impl Iterator<Item = &Acceptance> {
        let newest = self.newest().map_or(0, |revision| revision.number);
        self.acceptances.iter().filter(move |acceptance| acceptance.revision == newest && !acceptance.is_reopened)
    }

    /// Whether the newest revision is accepted.
    pub fn is_accepted(&self) -> bool {
        self.holding().next().is_some()
    }

    /// The newest acceptance that holds and is of a revision that states the line. Revisions of a final invoice only
    /// add what upheld disputes moved, so that a yes to one is a yes to its lines in all that follow.
    pub fn accepted_with(&self, line: &str) -> Option<&Acceptance> {
        let moved = self.revisions.iter().find(|revision| match &revision.cause {
            Cause::Dispute { invoice, dispute } => is_moved_by(line, &invoice.group, *dispute),
            Cause::Run { .. } => false,
        });
        let first = moved.map_or(0, |revision| revision.number);
        self.acceptances.iter().rev().find(|acceptance| !acceptance.is_reopened && acceptance.revision >= first)
    }

    /// Disputes that have not ended.
    pub fn open_disputes(&self) -> impl Iterator<Item = &Dispute> {
        self.disputes.iter().filter(|dispute| dispute.is_open())
    }

    /// The sum of the open disputes on a line.
    pub fn held(&self, line: &str) -> Money {
        let nothing = Money::from_minor(0, self.of.bill.currency);
        self.open_disputes().filter(|dispute| dispute.line == line).fold(nothing, |sum, dispute| sum + dispute.amount)
    }

    /// What it waits for; `None` before its first issue.
    pub fn standing(&self) -> Option<Standing> {
        let newest = self.newest()?;
        Some(match (newest.stage, newest.mode) {
            (Stage::Provisional, _) => Standing::Provisional,
            (Stage::Final, _) if self.open_disputes().next().is_some() => Standing::Disputed,
            (Stage::Final, Mode::Showback) => match self.acknowledgements.iter().any(|read| read.revision == newest.number) {
                true => Standing::Read,
                false => Standing::ToRead,
            },
            (Stage::Final, Mode::Chargeback) if self.is_accepted() => Standing::Accepted,
            (Stage::Final, Mode::Chargeback) => Standing::ToAccept,
        })
    }
}
