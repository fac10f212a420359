//! What the outside must offer to the use cases: traits and plain types, no implementation.
//!
//! Two homes implement them: a folder with SQLite on one machine, and DynamoDB with S3 on AWS. What one of them
//! cannot do, the port does not promise: see [`store`] for its limits.

pub mod documents;
pub mod erp;
pub mod landing;
pub mod mail;
pub mod store;
pub mod time;

#[cfg(feature = "contract")]
pub mod contract;

pub use documents::{Anchors, Digest, Documents};
pub use erp::{Erp, ErpAbility, ErpError, ErpReceipt, JournalForms, OutgoingJournal};
pub use landing::{LandedObject, LandedPage, Landing, LandingError};
pub use mail::{Mail, Mailer};
pub use store::{Action, Expect, Key, Page, Record, Store, StoreError};
pub use time::{Chance, Clock};

/// The outside did not do what it was asked for, for a reason that has nothing to do with what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {reason}")]
pub struct Unavailable {
    /// What was being done: `read a document`.
    pub what: String,
    /// Why it failed.
    pub reason: String,
}

impl Unavailable {
    /// A failure of `what`.
    pub fn new(what: &str, reason: impl std::fmt::Display) -> Unavailable {
        Unavailable { what: what.to_owned(), reason: reason.to_string() }
    }
}
