//! The trail: who did what, when, why and from which input; and whether any of it was changed afterwards.
//!
//! Every stream is a chain of hashes ([`stream`](crate::stream)), and says of itself where a byte was changed. A stream
//! that was taken away, cut or rewritten as a whole does not: therefore an [`Anchor`] states the heads of all streams
//! and the hash of the anchor before, and lies where nothing is written twice. The store notes the newest anchor, so
//! that it cannot go, or change, in silence either.
//!
//! What people and use cases read for speed has no hashes: views, the outbox, what is under way. Each is made anew from
//! the events and held against what is stored; and each journal that was posted by call against what the ERP has.

mod anchor;
mod chain;
mod finding;
mod ledger;
mod told;
mod trail;
mod verify;
mod views;
mod words;

pub use anchor::{Anchor, AnchorFacts};
pub use finding::{Finding, MOST_FINDINGS};
pub(crate) use ledger::LedgerDoubt;
pub(crate) use trail::TrailEvent;
pub use trail::{TrailEntry, TrailOf};
pub use verify::AuditReport;
