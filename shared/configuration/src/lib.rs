//! Texts that people write, as domain values: the allocation tree ([`tree`], YAML), quantities to split by
//! ([`drivers`], CSV) and the provider's documents ([`provider_invoices`], CSV).
//!
//! No files are opened here: the caller reads them and passes the name, for messages. What is wrong with a text
//! is found in one go, up to [`MOST_FINDINGS`], each with its place and what to do about it.

pub mod drivers;
pub mod provider_invoices;
mod refusal;
mod table;
pub mod tree;

pub use drivers::read_drivers;
pub use provider_invoices::read_provider_invoices;
pub use refusal::{TextRefusal, text_of};

/// Largest text that is read, in bytes (16 MiB).
pub const MAX_TEXT_BYTES: usize = 16 << 20;

/// Most problems or refusals that one text is told of.
pub const MOST_FINDINGS: usize = 100;
