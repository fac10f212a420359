//! What people and the policy may do to an invoice.

use chrono::{Days, NaiveDate};

use crate::currency::Money;
use crate::people::Role;
use crate::policy::Silence;
use crate::review::document::InvoiceDocument;
use crate::review::{Actor, Cause, InvoiceEvent, InvoiceState, Outcome, Resolution, Revision, Stage};
use crate::tree::Mode;

/// Most characters of a text that a person writes.
pub const MOST_TEXT: usize = 4000;
/// Most disputes, and most questions, of one invoice.
pub const MOST_ITEMS: usize = 200;

/// Why something must not happen to an invoice. Displays as a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReviewRefusal {
    /// Nothing was issued.
    #[error("there is no such invoice")]
    NotIssued,
    /// The person has no say here.
    #[error("only an owner of `{0}` may do this; the allocation tree names them")]
    NotOwner(String),
    /// The person lacks the role.
    #[error("this takes the role {0}")]
    NeedsRole(&'static str),
    /// It is about a revision that is not the newest.
    #[error("revision {asked} is not the newest: revision {newest} was issued since; read it and decide on that")]
    Outdated {
        /// What was asked for.
        asked: u32,
        /// What there is.
        newest: u32,
    },
    /// Provisional invoices may still change.
    #[error("the invoice is provisional: its numbers may still change, so it can be read and questioned, not {0}")]
    Provisional(&'static str),
    /// In showback there is nothing to accept.
    #[error("the cost group is in showback in this period: the invoice is for information and can be acknowledged, not accepted")]
    Showback,
    /// In chargeback a reading receipt says nothing.
    #[error("the cost group is in chargeback in this period: the invoice can be accepted or disputed, not only acknowledged")]
    Chargeback,
    /// Above the person's limit.
    #[error("{0}")]
    AboveLimit(String),
    /// A dispute after acceptance.
    #[error("revision {0} was accepted already; a posted amount is corrected by a reversal, which a controller makes")]
    Accepted(u32),
    /// There is no such line.
    #[error("the invoice has no line `{0}`")]
    NoLine(String),
    /// There is no such dispute.
    #[error("the invoice has no dispute {0}")]
    NoDispute(u32),
    /// There is no such question.
    #[error("the invoice has no question {0}")]
    NoQuestion(u32),
    /// The dispute ended, otherwise.
    #[error("dispute {0} was resolved already, in another way")]
    Resolved(u32),
    /// More than the line has.
    #[error("the amount must have the line's sign and be no larger than what is left of it: {left} of {line} can still be disputed")]
    AmountAboveLine {
        /// Neither disputed nor given away yet.
        left: String,
        /// The line.
        line: String,
    },
    /// One's own dispute.
    #[error("nobody resolves their own dispute; another controller or FinOps person has to")]
    OwnDispute,
    /// No such group, or the disputing group itself.
    #[error("the disputed amount cannot go to `{0}`: name another cost group of this bill")]
    BadReceiver(String),
    /// A text is missing.
    #[error("say why: the {0} is empty")]
    Empty(&'static str),
    /// A text is too long.
    #[error("the {what} has more than {MOST_TEXT} characters")]
    TooLong {
        /// Which.
        what: &'static str,
    },
    /// Too many.
    #[error("the invoice has {MOST_ITEMS} {0} already")]
    TooMany(&'static str),
}

/// A dispute that somebody raises.
#[derive(Clone, Copy, Debug)]
pub struct DisputeOf<'a> {
    /// The revision that they have read.
    pub revision: u32,
    /// The line.
    pub line: &'a str,
    /// How much of it.
    pub amount: Money,
    /// Why.
    pub reason: &'a str,
}

type Decision = Result<Outcome<InvoiceEvent>, ReviewRefusal>;

impl InvoiceState {
    /// A revision is issued. Again for the same cause is already applied.
    ///
    /// # Panics
    /// Where the revision is not the next one; where the newest is final and this one is provisional or of a run: a
    /// closed period stays closed, and only upheld disputes revise its invoices.
    pub fn issue(&self, revision: Revision) -> Outcome<InvoiceEvent> {
        if self.revisions.iter().any(|known| known.cause == revision.cause) {
            return Outcome::AlreadyApplied;
        }
        let newest = self.newest();
        assert!(revision.number == newest.map_or(0, |newest| newest.number) + 1, "revision {} is not the next one", revision.number);
        let is_closed = newest.is_some_and(|newest| newest.stage == Stage::Final);
        let is_of_dispute = matches!(revision.cause, Cause::Dispute { .. });
        assert!(!is_closed || (is_of_dispute && revision.stage == Stage::Final), "the final invoice {} is revised by no run", self.of);
        Outcome::Executed(vec![InvoiceEvent::Issued { revision }])
    }

    /// Asks something about the newest revision, provisional or final. Owners ask, and whoever sees the invoice.
    pub fn ask(&self, actor: &Actor, text: &str) -> Decision {
        self.newest().ok_or(ReviewRefusal::NotIssued)?;
        if !actor.sees(&self.of.group) {
            return Err(self.not_owner());
        }
        let text = written("question", text)?;
        limited("questions", self.questions.len())?;
        Ok(Outcome::Executed(vec![InvoiceEvent::Asked { question: next(self.questions.len()), text }]))
    }

    /// Answers a question: whoever looks after the invoices, or its owner.
    pub fn answer(&self, actor: &Actor, question: u32, text: &str) -> Decision {
        let known = self.questions.iter().find(|known| known.number == question).ok_or(ReviewRefusal::NoQuestion(question))?;
        self.may_speak(actor)?;
        limited("answers to this question", known.answers.len())?;
        Ok(Outcome::Executed(vec![InvoiceEvent::Answered { question, text: written("answer", text)? }]))
    }

    /// An owner has read a revision. Only in showback, where it is all that is asked.
    pub fn acknowledge(&self, actor: &Actor, revision: u32) -> Decision {
        self.owned_by(actor)?;
        let newest = self.decidable(revision, "acknowledged")?;
        if newest.mode == Mode::Chargeback {
            return Err(ReviewRefusal::Chargeback);
        }
        let is_known =
            self.acknowledgements.iter().any(|read| read.revision == revision && read.by.mail() == Some(actor.person.mail.as_str()));
        if is_known {
            return Ok(Outcome::AlreadyApplied);
        }
        Ok(Outcome::Executed(vec![InvoiceEvent::Acknowledged { revision }]))
    }

    /// An owner accepts a revision within their limit. A second owner may accept the same one, too.
    pub fn accept(&self, actor: &Actor, revision: u32) -> Decision {
        self.owned_by(actor)?;
        let newest = self.decidable(revision, "accepted")?;
        if newest.mode == Mode::Showback {
            return Err(ReviewRefusal::Showback);
        }
        if self.holding().any(|known| known.by.mail() == Some(actor.person.mail.as_str())) {
            return Ok(Outcome::AlreadyApplied);
        }
        actor.person.may_accept(newest.at_stake()).map_err(|limit| ReviewRefusal::AboveLimit(limit.to_string()))?;
        Ok(Outcome::Executed(vec![InvoiceEvent::Accepted { revision }]))
    }

    /// The policy takes silence for a yes: after final issue, after every reminder was handed over to somebody who may
    /// accept (`may_accept`, by mail address: still today), never over an open dispute. A reminder that arrived late moves
    /// the day. Whoever disputed a line of the revision was not silent: after a rejection only a person says yes to it.
    pub fn deem_accepted(&self, silence: &Silence, today: NaiveDate, may_accept: impl Fn(&str) -> bool) -> Outcome<InvoiceEvent> {
        let Some(newest) = self.waits_in_silence() else { return Outcome::AlreadyApplied };
        let (Some(days), Some(reminded_on)) = (silence.deemed_after_days, self.delivered_on) else { return Outcome::AlreadyApplied };
        let is_reminded = self.delivered as usize >= silence.remind_after_days.len() && self.has_reached(may_accept);
        let is_answered = self.is_disputed(newest);
        let time_to_answer = i64::from(days) - silence.remind_after_days.last().map_or(0, |days| i64::from(*days));
        let is_too_early = (today - reminded_on).num_days() < time_to_answer;
        if is_answered || !is_reminded || is_too_early || age(newest, today) < i64::from(days) {
            return Outcome::AlreadyApplied;
        }
        Outcome::Executed(vec![InvoiceEvent::Accepted { revision: newest.number }])
    }

    /// The next reminder that is due; one a day, however many are late, and none before the last one was handed over.
    /// Where nobody whom one of them reached may accept (`may_accept`, by mail address) any more, they begin anew: whoever
    /// may now has heard of none.
    pub fn remind(&self, silence: &Silence, today: NaiveDate, may_accept: impl Fn(&str) -> bool) -> Outcome<InvoiceEvent> {
        let Some(newest) = self.waits_in_silence() else { return Outcome::AlreadyApplied };
        let before = if self.has_reached(may_accept) { self.reminders } else { 0 };
        let due = silence.remind_after_days.iter().filter(|days| age(newest, today) >= i64::from(**days)).count();
        let was_today = [self.reminded_on, self.delivered_on].into_iter().flatten().any(|day| day >= today);
        if due <= before as usize || self.delivered < self.reminders || was_today {
            return Outcome::AlreadyApplied;
        }
        Outcome::Executed(vec![InvoiceEvent::Reminded { revision: newest.number, reminder: before + 1, on: today }])
    }

    /// Whether a reminder of a revision still says what is: nobody accepted it, and there is no newer one.
    pub fn is_worth_a_reminder(&self, revision: u32) -> bool {
        !self.is_accepted() && self.newest().is_some_and(|newest| newest.number == revision)
    }

    /// The mail of a reminder was handed over for these people, who may accept the revision. Again, or after the revision
    /// was accepted, it says nothing new.
    pub fn reminder_delivered(&self, revision: u32, reminder: u32, today: NaiveDate, to: Vec<String>) -> Outcome<InvoiceEvent> {
        if !self.is_worth_a_reminder(revision) || reminder > self.reminders || reminder <= self.delivered {
            return Outcome::AlreadyApplied;
        }
        Outcome::Executed(vec![InvoiceEvent::ReminderDelivered { revision, reminder, on: today, to }])
    }

    /// An owner disputes a part of a line, or all of it.
    pub fn dispute(&self, actor: &Actor, document: &InvoiceDocument, dispute: DisputeOf<'_>) -> Decision {
        self.owned_by(actor)?;
        self.decidable(dispute.revision, "disputed")?;
        assert!(document.revision == dispute.revision && document.of == self.of, "the document of the revision that is disputed");
        if self.is_accepted() {
            return Err(ReviewRefusal::Accepted(dispute.revision));
        }
        let line = document.stated_line(dispute.line).ok_or_else(|| ReviewRefusal::NoLine(dispute.line.to_owned()))?;
        if let Some(acceptance) = self.accepted_with(dispute.line) {
            return Err(ReviewRefusal::Accepted(acceptance.revision));
        }
        let left = line.left() - self.held(dispute.line);
        let is_within = dispute.amount.currency() == left.currency()
            && !dispute.amount.is_zero()
            && dispute.amount.is_negative() == left.is_negative()
            && dispute.amount.minor().unsigned_abs() <= left.minor().unsigned_abs();
        if !is_within {
            return Err(ReviewRefusal::AmountAboveLine { left: left.to_string(), line: line.amount.to_string() });
        }
        let reason = written("reason", dispute.reason)?;
        limited("disputes", self.disputes.len())?;
        let number = next(self.disputes.len());
        let event = InvoiceEvent::Disputed { dispute: number, line: dispute.line.to_owned(), amount: dispute.amount, reason };
        Ok(Outcome::Executed(vec![event]))
    }

    /// Says something to a dispute.
    pub fn comment(&self, actor: &Actor, dispute: u32, text: &str) -> Decision {
        let known = self.disputes.iter().find(|known| known.number == dispute).ok_or(ReviewRefusal::NoDispute(dispute))?;
        self.may_speak(actor)?;
        limited("comments on this dispute", known.comments.len())?;
        Ok(Outcome::Executed(vec![InvoiceEvent::Commented { dispute, text: written("comment", text)? }]))
    }

    /// Ends a dispute. `is_receiver` says whether a cost group can take the amount.
    pub fn resolve(&self, actor: &Actor, dispute: u32, resolution: Resolution, is_receiver: impl Fn(&str) -> bool) -> Decision {
        let known = self.disputes.iter().find(|known| known.number == dispute).ok_or(ReviewRefusal::NoDispute(dispute))?;
        if !actor.has(Role::Controller) && !actor.has(Role::Finops) {
            return Err(ReviewRefusal::NeedsRole("controller or FinOps"));
        }
        if known.raised.by.mail() == Some(actor.person.mail.as_str()) {
            return Err(ReviewRefusal::OwnDispute);
        }
        let resolution = match resolution {
            Resolution::Upheld { receiver } => Resolution::Upheld { receiver },
            Resolution::Rejected { reason } => Resolution::Rejected { reason: written("reason", &reason)? },
        };
        match (&known.resolution, resolution) {
            (Some((before, _)), resolution) if *before == resolution => Ok(Outcome::AlreadyApplied),
            (Some(_), _) => Err(ReviewRefusal::Resolved(dispute)),
            (None, Resolution::Upheld { receiver }) if receiver == self.of.group || !is_receiver(&receiver) => {
                Err(ReviewRefusal::BadReceiver(receiver))
            }
            (None, resolution) => Ok(Outcome::Executed(vec![InvoiceEvent::Resolved { dispute, resolution }])),
        }
    }

    /// Whether the policy has anything left to do while nobody answers: a reminder, or taking the silence for a yes.
    pub fn is_followed_up(&self, silence: &Silence) -> bool {
        self.waits_in_silence().is_some_and(|newest| {
            let is_reminded = self.delivered as usize >= silence.remind_after_days.len();
            !is_reminded || (silence.deemed_after_days.is_some() && !self.is_disputed(newest))
        })
    }

    /// The day on which the policy takes silence for a yes, where nothing comes in between; `None` where it never does.
    /// Every reminder comes before it, one a day: those that are late move it.
    pub fn deemed_on(&self, silence: &Silence, today: NaiveDate) -> Option<NaiveDate> {
        let days = silence.deemed_after_days?;
        let last = *silence.remind_after_days.last()?;
        let issued_on = self.newest()?.issued_on;
        let time_to_answer = Days::new(u64::from(days.saturating_sub(last)));
        let missing = silence.remind_after_days.len().saturating_sub(self.delivered as usize);
        let last_reminder = match (missing, self.delivered_on) {
            (0, Some(reminded_on)) => reminded_on,
            (0, None) => issued_on,
            (missing, reminded_on) => {
                let next = reminded_on.map_or(today, |reminded_on| today.max(reminded_on + Days::new(1)));
                (next + Days::new(missing as u64 - 1)).max(issued_on + Days::new(u64::from(last)))
            }
        };
        Some((last_reminder + time_to_answer).max(issued_on + Days::new(u64::from(days))))
    }

    /// Whether silence on the newest revision never counts: a line of it was disputed, or a reversal took an acceptance of
    /// it back.
    pub fn needs_answer(&self) -> bool {
        self.newest().is_some_and(|newest| self.is_disputed(newest) || self.is_reopened(newest))
    }

    /// Whether each reminder that was handed over reached one of these people.
    fn has_reached(&self, is_one: impl Fn(&str) -> bool) -> bool {
        self.reached.iter().all(|to| to.iter().any(|mail| is_one(mail)))
    }

    fn is_disputed(&self, revision: &Revision) -> bool {
        self.disputes.iter().any(|dispute| dispute.revision == revision.number)
    }

    fn is_reopened(&self, revision: &Revision) -> bool {
        self.acceptances.iter().any(|acceptance| acceptance.is_reopened && acceptance.revision == revision.number)
    }

    /// The newest revision, where it is final, in chargeback, and neither accepted nor disputed.
    fn waits_in_silence(&self) -> Option<&Revision> {
        let newest = self.newest()?;
        let waits = newest.stage == Stage::Final
            && newest.mode == Mode::Chargeback
            && !self.is_accepted()
            && self.open_disputes().next().is_none()
            && !self.is_reopened(newest);
        waits.then_some(newest)
    }

    /// The revision that a decision is about: the newest, and final.
    fn decidable(&self, revision: u32, verb: &'static str) -> Result<&Revision, ReviewRefusal> {
        let newest = self.newest().ok_or(ReviewRefusal::NotIssued)?;
        if newest.number != revision {
            return Err(ReviewRefusal::Outdated { asked: revision, newest: newest.number });
        }
        if newest.stage == Stage::Provisional {
            return Err(ReviewRefusal::Provisional(verb));
        }
        Ok(newest)
    }

    fn owned_by(&self, actor: &Actor) -> Result<(), ReviewRefusal> {
        if actor.owns(&self.of.group) { Ok(()) } else { Err(self.not_owner()) }
    }

    fn may_speak(&self, actor: &Actor) -> Result<(), ReviewRefusal> {
        if actor.owns(&self.of.group) || actor.has(Role::Controller) || actor.has(Role::Finops) {
            return Ok(());
        }
        Err(ReviewRefusal::NeedsRole("controller, FinOps or owner of the cost group"))
    }

    fn not_owner(&self) -> ReviewRefusal {
        ReviewRefusal::NotOwner(self.of.group.clone())
    }
}

/// Days since the revision was issued.
fn age(revision: &Revision, today: NaiveDate) -> i64 {
    (today - revision.issued_on).num_days()
}

fn next(count: usize) -> u32 {
    u32::try_from(count).expect("INVARIANT: MOST_ITEMS is small") + 1
}

fn limited(what: &'static str, count: usize) -> Result<(), ReviewRefusal> {
    if count >= MOST_ITEMS { Err(ReviewRefusal::TooMany(what)) } else { Ok(()) }
}

/// A text without white space around it.
fn written(what: &'static str, text: &str) -> Result<String, ReviewRefusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(ReviewRefusal::Empty(what));
    }
    if text.chars().count() > MOST_TEXT {
        return Err(ReviewRefusal::TooLong { what });
    }
    Ok(text.to_owned())
}
