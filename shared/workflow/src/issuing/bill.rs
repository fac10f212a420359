//! A bill's life: issued provisionally, then finally, then corrected by true-ups.

use dayone_domain::cube::BillKey;
use dayone_domain::review::{Recorded, Stage};
use dayone_ports::Digest;
use serde::{Deserialize, Serialize};

/// What happens to a bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum BillEvent {
    /// A run is complete.
    Issued {
        /// The run.
        run: u64,
        /// Provisional or final.
        stage: Stage,
        /// Its [`Plan`](super::Plan).
        plan: Digest,
        /// Of everything that decided it.
        fingerprint: Digest,
    },
    /// A newer delivery of the closed bill differs from what was issued.
    TrueUpFound {
        /// From 1.
        round: u32,
        /// The [`TrueUpRound`](super::TrueUpRound).
        document: Digest,
    },
    /// A later final bill carries a true-up.
    Carried {
        /// The round.
        round: u32,
        /// The later bill.
        by: BillKey,
    },
}

/// The last issue of a bill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LastIssue {
    /// Provisional or final.
    pub stage: Stage,
    /// Its [`Plan`](super::Plan).
    pub plan: Digest,
    /// Of everything that decided it.
    pub fingerprint: Digest,
}

/// What the events of a bill come to, for issuing; what carries its true-ups stands in its view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BillState {
    /// The last issue.
    pub issued: Option<LastIssue>,
    /// The documents of its true-up rounds.
    pub rounds: Vec<Digest>,
}

impl BillState {
    /// The state after these events.
    pub fn of(events: &[Recorded<BillEvent>]) -> BillState {
        let mut state = BillState::default();
        for recorded in events {
            match &recorded.event {
                BillEvent::Issued { stage, plan, fingerprint, .. } => {
                    state.issued = Some(LastIssue { stage: *stage, plan: *plan, fingerprint: *fingerprint });
                }
                BillEvent::TrueUpFound { document, .. } => state.rounds.push(*document),
                BillEvent::Carried { .. } => {}
            }
        }
        state
    }

    /// Whether it is closed: issued finally.
    pub fn is_final(&self) -> bool {
        self.issued.is_some_and(|last| last.stage == Stage::Final)
    }
}
