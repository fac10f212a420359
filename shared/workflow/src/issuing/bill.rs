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
        /// What the bill is made of now.
        fingerprint: Digest,
    },
    /// A later final bill carries a true-up.
    Carried {
        /// The round.
        round: u32,
        /// The later bill.
        by: BillKey,
    },
}

/// What the events of a bill come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BillState {
    /// Run, stage, plan and fingerprint of the last issue.
    pub issued: Option<(u64, Stage, Digest, Digest)>,
    /// True-up rounds: document, fingerprint and the bill that carries it.
    pub rounds: Vec<(Digest, Digest, Option<BillKey>)>,
}

impl BillState {
    /// The state after these events.
    pub fn of(events: &[Recorded<BillEvent>]) -> BillState {
        let mut state = BillState::default();
        for recorded in events {
            match &recorded.event {
                BillEvent::Issued { run, stage, plan, fingerprint } => state.issued = Some((*run, *stage, *plan, *fingerprint)),
                BillEvent::TrueUpFound { document, fingerprint, .. } => state.rounds.push((*document, *fingerprint, None)),
                BillEvent::Carried { round, by } => {
                    if let Some(known) = state.rounds.get_mut(*round as usize - 1) {
                        known.2 = Some(*by);
                    }
                }
            }
        }
        state
    }

    /// Whether it is closed: issued finally.
    pub fn is_final(&self) -> bool {
        matches!(self.issued, Some((_, Stage::Final, _, _)))
    }
}
