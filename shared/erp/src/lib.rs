//! Journals for the general ledger: as files that somebody imports ([`gl_csv`]) and as what a call of an ERP sends
//! ([`journal_json`]).
//!
//! Both say the same of a journal entry and where it goes in time, and only that: the same entry and posting always
//! give the same bytes. Amounts are plain decimals with the currency's decimals and never below nought; the side says
//! the direction.

mod forms;
mod gl_file;
mod sent;

pub use forms::GlForms;
pub use gl_file::{HEADER, gl_csv};
pub use sent::{FORMAT, MOST_BYTES, Sent, SentCover, SentError, SentInvoice, SentLine, journal_json};
