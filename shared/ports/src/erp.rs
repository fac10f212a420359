//! The company's general ledger.

use async_trait::async_trait;
use dayone_domain::ledger::{JournalEntry, Posting};

use crate::Digest;

/// A journal on its way out: its reference and bytes were fixed before it was first sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingJournal {
    /// The tenant.
    pub tenant: String,
    /// Unique among all journals of the tenant, the same whenever this journal is sent.
    pub reference: String,
    /// The journal entry as [`JournalForms::entry`] wrote it.
    pub body: Vec<u8>,
}

/// What the ERP knows a posted journal by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErpReceipt {
    /// The ERP's own document number.
    pub number: String,
    /// SHA-256 of the journal's body as the ERP has it now, which tells one that was changed there from what was sent;
    /// `None` of an ERP that keeps no bytes of what it takes. An ERP says it of all its journals or of none, the same
    /// whether it is asked by [`Erp::post`] or by [`Erp::find`].
    pub received: Option<Digest>,
}

/// Why a journal is not known to be posted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ErpError {
    /// The ERP looked at the journal and will not take it; it holds nothing of it.
    #[error("the ERP refuses the journal: {0}")]
    Refused(String),
    /// It is not known whether the ERP has it: no answer, or none that tells.
    #[error("the ERP gave no clear answer: {0}")]
    Unclear(String),
}

/// What an ERP can do; whoever posts follows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErpAbility {
    /// It keeps a reference unique: sending the same journal again can be told from a second one, and a search by
    /// reference finds what has landed. On doubt, read before sending again.
    UniqueReference,
    /// It can be searched by reference, but takes the same journal twice. On doubt, read; where nothing is found, it
    /// may still be on its way, and a person decides.
    SearchOnly,
}

/// How journals are written for the ledger. The use cases keep the bytes and know nothing of the form.
pub trait JournalForms: Send + Sync {
    /// What is sent of one entry.
    fn entry(&self, entry: &JournalEntry, posting: &Posting) -> Vec<u8>;

    /// The file of a numbered batch.
    fn batch(&self, number: u64, journals: &[(JournalEntry, Posting)]) -> Vec<u8>;
}

/// The way into the ledger.
#[async_trait]
pub trait Erp: Send + Sync {
    /// What this ERP can do.
    fn ability(&self) -> ErpAbility;

    /// The journal of a reference, where it has landed, as it is there now.
    async fn find(&self, tenant: &str, reference: &str) -> Result<Option<ErpReceipt>, ErpError>;

    /// Sends a journal.
    async fn post(&self, journal: &OutgoingJournal) -> Result<ErpReceipt, ErpError>;
}
