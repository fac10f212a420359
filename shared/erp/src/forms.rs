//! The forms as a port.

use dayone_domain::ledger::{JournalEntry, Posting};
use dayone_ports::JournalForms;

use crate::{gl_csv, journal_json};

/// Entries as JSON ([`journal_json`]), batches as CSV ([`gl_csv`]).
#[derive(Clone, Copy, Debug, Default)]
pub struct GlForms;

impl JournalForms for GlForms {
    fn entry(&self, entry: &JournalEntry, posting: &Posting) -> Vec<u8> {
        journal_json(entry, posting)
    }

    fn batch(&self, number: u64, journals: &[(JournalEntry, Posting)]) -> Vec<u8> {
        gl_csv(number, journals)
    }
}
