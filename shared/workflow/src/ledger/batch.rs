//! Numbered batches of journals that somebody imports.

use chrono::{DateTime, NaiveDate, Utc};
use dayone_domain::BillingPeriod;
use dayone_domain::ledger::{JournalState, Posting, Route};
use dayone_domain::people::Role;
use dayone_domain::review::{Actor, By};
use dayone_ports::{Digest, Key, Record};
use serde::{Deserialize, Serialize};

use crate::change::Changes;
use crate::failure::Failure;
use crate::keys;
use crate::review::check_role;
use crate::tenant::Tenant;

/// What happens to batches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum BatchEvent {
    /// Its number is taken, and which journals are to leave by it.
    Opened {
        /// The number.
        number: u64,
        /// The [`BatchPlan`].
        document: Digest,
    },
    /// Every journal that could left by it, and its file is fixed.
    Closed {
        /// The number.
        number: u64,
        /// The [`Batch`].
        document: Digest,
    },
}

/// One journal of a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchJournal {
    /// Its reference.
    pub reference: String,
    /// The posting date.
    pub posting_date: NaiveDate,
    /// The ledger period.
    pub ledger_period: BillingPeriod,
    /// The ledger period that was closed already, where it is another.
    pub original_period: Option<BillingPeriod>,
    /// The journal as it would be sent: [`JournalForms::entry`](dayone_ports::JournalForms).
    pub body: Digest,
}

impl BatchJournal {
    /// Where it goes in time.
    pub fn posting(&self) -> Posting {
        Posting { date: self.posting_date, ledger_period: self.ledger_period, original: self.original_period }
    }
}

/// What a batch is to hold. Stored once, before it is opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchPlan {
    /// From 1, without gaps.
    pub number: u64,
    /// The journals that were ready, by reference.
    pub journals: Vec<BatchJournal>,
    /// By whom.
    pub exported_by: By,
    /// When.
    pub at: DateTime<Utc>,
    /// The idempotency key that it was asked for with.
    pub request: Option<String>,
}

/// A batch as it was handed over. Stored once, before it is closed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// From 1, without gaps.
    pub number: u64,
    /// Its journals, by reference.
    pub journals: Vec<BatchJournal>,
    /// Journals of its plan that did not leave by it, each with the reason: what they were made of changed meanwhile.
    pub held_back: Vec<(String, String)>,
    /// The file that is handed over.
    pub file: Digest,
    /// By whom.
    pub exported_by: By,
    /// When.
    pub at: DateTime<Utc>,
    /// The idempotency key that it was asked for with.
    pub request: Option<String>,
}

/// A batch in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchView {
    /// From 1.
    pub number: u64,
    /// The [`Batch`].
    pub document: Digest,
    /// The file that is handed over.
    pub file: Digest,
    /// How many journals are in it.
    pub journals: u64,
    /// By whom.
    pub exported_by: By,
    /// When.
    pub at: DateTime<Utc>,
}

/// The record of a batch that is under way, with its [`BatchPlan`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OpenBatch {
    pub number: u64,
    pub document: Digest,
}

impl Tenant {
    /// Requires, now and in the transaction, that the batch by which a journal left is closed: until then its file is not
    /// made, and what is said of the journal is said before anybody could import it.
    pub(super) async fn check_batch_closed(&self, changes: &mut Changes<'_>, journal: &JournalState) -> Result<(), Failure> {
        let Some(Route::Export { batch }) = journal.frozen.as_ref().map(|frozen| &frozen.route) else { return Ok(()) };
        let key = keys::single(&self.id, keys::OPEN_BATCH);
        let open: Option<(OpenBatch, Record)> = self.view(&key).await?;
        if open.as_ref().is_some_and(|(open, _)| open.number == *batch) {
            let message =
                format!("batch {batch} is still being made, and its file is to hold the journal; export or post to finish it first");
            return Err(Failure::refused("batch-open", message));
        }
        changes.unchanged(key, open.as_ref().map(|(_, record)| record));
        Ok(())
    }
}

pub(super) fn batch_key(tenant: &Tenant, number: u64) -> Key {
    Key::new(keys::batches(&tenant.id), format!("{number:06}"))
}

impl Tenant {
    /// Every batch, oldest first.
    pub async fn batches(&self, actor: &Actor) -> Result<Vec<BatchView>, Failure> {
        check_role(actor, &Role::ALL)?;
        self.views(&keys::batches(&self.id), "").await
    }

    /// A batch and the bytes of its file, the same whenever it is asked for.
    pub async fn batch(&self, actor: &Actor, number: u64) -> Result<(Batch, Vec<u8>), Failure> {
        check_role(actor, &Role::ALL)?;
        let view: Option<(BatchView, Record)> = self.view(&batch_key(self, number)).await?;
        let (view, _) = view.ok_or_else(|| Failure::not_found(format!("batch {number}")))?;
        let batch: Batch = self.json_document(view.document).await?;
        let file = self.document(batch.file).await?;
        Ok((batch, file))
    }
}
