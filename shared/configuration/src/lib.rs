//! Texts that people write, as domain values: the allocation tree ([`tree`]), the [`people`] of a tenant, its
//! [`sources`], its [`policy`] and its ledger's [`calendar`] (all YAML), quantities to split by ([`drivers`], CSV) and
//! the provider's documents ([`provider_invoices`], CSV).
//!
//! No files are opened here: the caller reads them and passes the name, for messages. What is wrong with a text
//! is found in one go, up to [`MOST_FINDINGS`], each with its place and what to do about it.

pub mod calendar;
pub mod drivers;
pub mod people;
pub mod policy;
pub mod provider_invoices;
mod refusal;
pub mod sources;
mod table;
pub mod tree;
mod yaml;

pub use calendar::read_calendar;
pub use drivers::read_drivers;
pub use people::read_people;
pub use policy::read_policy;
pub use provider_invoices::read_provider_invoices;
pub use refusal::{TextRefusal, text_of};
pub use sources::read_sources;

/// Largest text that is read, in bytes (16 MiB).
pub const MAX_TEXT_BYTES: usize = 16 << 20;

/// Most problems or refusals that one text is told of.
pub const MOST_FINDINGS: usize = 100;
