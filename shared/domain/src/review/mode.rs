//! The mode of a cost group over time: showback first.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::exact::Exact;
use crate::people::Role;
use crate::period::BillingPeriod;
use crate::policy::PromotionPolicy;
use crate::review::transitions::MOST_TEXT;
use crate::review::{Actor, By, Outcome, Recorded};
use crate::tree::Mode;

/// What the policy looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionFacts {
    /// The newest final billing period of the group; `None` where it has no final invoice.
    pub period: Option<BillingPeriod>,
    /// Final periods in a row, up to the newest, in which no dispute of the group is open or was upheld.
    pub undisputed_periods: u32,
    /// Share of the newest final period's cost that is unallocated, in tenths of a percent.
    pub unallocated_permille: Exact,
}

impl PromotionFacts {
    /// What of the policy is not met, each a sentence for people; empty where all is.
    pub fn missing(&self, policy: &PromotionPolicy) -> Vec<String> {
        let mut missing = Vec::new();
        if self.undisputed_periods < policy.undisputed_periods {
            missing.push(format!(
                "{} undisputed final periods are asked for, the cost group has {}",
                policy.undisputed_periods, self.undisputed_periods
            ));
        }
        if self.unallocated_permille > policy.unallocated_at_most_permille {
            missing.push(format!(
                "at most {} ‰ of the cost may be unallocated, {} ‰ are",
                policy.unallocated_at_most_permille, self.unallocated_permille
            ));
        }
        missing
    }
}

/// What happens to a cost group's mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum GroupEvent {
    /// A controller asks for chargeback although the policy is not met; a second person has to agree.
    PromotionAsked {
        /// From which billing period.
        from: BillingPeriod,
        /// Why.
        reason: String,
        /// What the policy saw.
        facts: PromotionFacts,
    },
    /// The group is in chargeback from a period on.
    Promoted {
        /// From which billing period.
        from: BillingPeriod,
        /// What the policy saw.
        facts: PromotionFacts,
        /// Whether the policy was not met and two people overrode it.
        is_override: bool,
    },
    /// The group is in showback again from a period on.
    Demoted {
        /// From which billing period.
        from: BillingPeriod,
    },
}

/// Why a mode stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModeRefusal {
    /// Only a controller promotes.
    #[error("this takes the role controller")]
    NeedsController,
    /// The unallocated and the central groups keep their cost.
    #[error("`{0}` keeps cost that nobody is charged for; it stays in showback")]
    NeverPromoted(String),
    /// The policy's thresholds.
    #[error("the policy is not met: {}; a controller may ask for it with a reason, and a second one has to agree", .0.join("; "))]
    PolicyNotMet(Vec<String>),
    /// The same person twice.
    #[error("nobody overrides the policy alone: a second controller has to agree")]
    SamePerson,
    /// A reason that nobody reads.
    #[error("the reason has more than {MOST_TEXT} characters; say it shorter")]
    TooLong,
    /// The period has begun.
    #[error("a mode is fixed at the start of a period; {0} is the first that can still change")]
    PeriodBegan(BillingPeriod),
}

/// A wish for promotion against the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// By whom.
    pub by: By,
    /// When.
    pub at: DateTime<Utc>,
    /// From which billing period.
    pub from: BillingPeriod,
    /// Why.
    pub reason: String,
}

/// What the events of a cost group come to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModeState {
    /// Changes: from which period, to which mode; in the order in which they were made.
    pub changes: Vec<(BillingPeriod, Mode)>,
    /// A wish that waits for a second person.
    pub asked: Option<Asked>,
}

/// A wish to promote.
#[derive(Clone, Copy, Debug)]
pub struct Promote<'a> {
    /// Identifier of the cost group.
    pub group: &'a str,
    /// Whether the group keeps cost that nobody is charged for.
    pub keeps_cost: bool,
    /// From which billing period.
    pub from: BillingPeriod,
    /// The first billing period whose mode can still change.
    pub first_open: BillingPeriod,
    /// A reason to override the policy.
    pub reason: Option<&'a str>,
    /// What the policy looks at.
    pub facts: &'a PromotionFacts,
}

impl ModeState {
    /// Takes one event into account.
    pub fn apply(&mut self, recorded: &Recorded<GroupEvent>) {
        match &recorded.event {
            GroupEvent::PromotionAsked { from, reason, .. } => {
                self.asked = Some(Asked { by: recorded.by.clone(), at: recorded.at, from: *from, reason: reason.clone() });
            }
            GroupEvent::Promoted { from, .. } => {
                self.changes.push((*from, Mode::Chargeback));
                self.asked = None;
            }
            GroupEvent::Demoted { from } => {
                self.changes.push((*from, Mode::Showback));
                self.asked = None;
            }
        }
    }

    /// The mode in a billing period: showback until the first change.
    pub fn at(&self, period: BillingPeriod) -> Mode {
        self.changes.iter().rev().find(|(from, _)| *from <= period).map_or(Mode::Showback, |(_, mode)| *mode)
    }

    /// Whether the group is in a mode in a billing period and in all after it.
    fn is_from_on(&self, from: BillingPeriod, mode: Mode) -> bool {
        let later = self.changes.iter().map(|(change, _)| *change).filter(|change| *change > from);
        later.chain([from]).all(|period| self.at(period) == mode)
    }

    /// A controller promotes a group: under the policy at once; against it, with a reason, when a second controller
    /// asks for the same.
    pub fn promote(&self, actor: &Actor, wish: Promote<'_>, policy: &PromotionPolicy) -> Result<Outcome<GroupEvent>, ModeRefusal> {
        self.may_change(actor, wish.from, wish.first_open)?;
        if wish.keeps_cost {
            return Err(ModeRefusal::NeverPromoted(wish.group.to_owned()));
        }
        if self.is_from_on(wish.from, Mode::Chargeback) {
            return Ok(Outcome::AlreadyApplied);
        }
        let missing = wish.facts.missing(policy);
        let promoted = |is_override| GroupEvent::Promoted { from: wish.from, facts: wish.facts.clone(), is_override };
        if missing.is_empty() {
            return Ok(Outcome::Executed(vec![promoted(false)]));
        }
        let reason = wish.reason.map(str::trim).filter(|reason| !reason.is_empty());
        let Some(reason) = reason else { return Err(ModeRefusal::PolicyNotMet(missing)) };
        if reason.chars().count() > MOST_TEXT {
            return Err(ModeRefusal::TooLong);
        }
        match &self.asked {
            Some(asked) if asked.from == wish.from && asked.by.mail() == Some(actor.person.mail.as_str()) => Err(ModeRefusal::SamePerson),
            Some(asked) if asked.from == wish.from => Ok(Outcome::Executed(vec![promoted(true)])),
            _ => {
                let asked = GroupEvent::PromotionAsked { from: wish.from, reason: reason.to_owned(), facts: wish.facts.clone() };
                Ok(Outcome::Executed(vec![asked]))
            }
        }
    }

    /// A controller takes a group back to showback.
    pub fn demote(&self, actor: &Actor, from: BillingPeriod, first_open: BillingPeriod) -> Result<Outcome<GroupEvent>, ModeRefusal> {
        self.may_change(actor, from, first_open)?;
        if self.is_from_on(from, Mode::Showback) && self.asked.is_none() {
            return Ok(Outcome::AlreadyApplied);
        }
        Ok(Outcome::Executed(vec![GroupEvent::Demoted { from }]))
    }

    fn may_change(&self, actor: &Actor, from: BillingPeriod, first_open: BillingPeriod) -> Result<(), ModeRefusal> {
        if !actor.has(Role::Controller) {
            return Err(ModeRefusal::NeedsController);
        }
        if from < first_open {
            return Err(ModeRefusal::PeriodBegan(first_open));
        }
        Ok(())
    }
}
