//! The ports on a folder and SQLite: the home on one machine.
//!
//! What is answered is on the disk: files are written beside their place, synchronised, and moved there whole; the
//! database synchronises each transaction. Several processes may work on one home at once.
//!
//! All work that blocks runs on tokio's threads for blocking work, under any flavour of its runtime. A future that is
//! dropped does not stop what it began: it is done whole or not at all, and nobody hears of it.

mod anchors;
mod blocking;
mod documents;
mod files;
mod home;
mod landing;
mod ledger;
mod mail;
mod message;
mod names;
mod store;
mod system;

pub use anchors::FolderAnchors;
pub use documents::FolderDocuments;
pub use home::{Home, HomeError};
pub use landing::FolderLanding;
pub use ledger::LedgerFolder;
pub use mail::MailFolder;
pub use store::{SqliteStore, StoreOpenError};
pub use system::{OsChance, SystemClock};
