//! Export: all journals that are ready, fixed together as one numbered batch.
//!
//! The batch and its file are stored first; the transaction that opens it takes its number; then its journals are
//! fixed for it, a few a transaction; the last transaction closes it. A crash in between leaves an open batch, which
//! the next export or posting finishes before anything else.

use dayone_domain::ledger::{JournalEntry, JournalStatus, LedgerCalendar, Posting, Route};
use dayone_domain::people::Role;
use dayone_domain::review::By;
use dayone_ports::{Digest, Record};

use super::batch::{Batch, BatchEvent, BatchJournal, BatchView, OpenBatch, batch_key};
use super::journals::{LoadedJournal, Outbox, refused};
use super::lease::Lease;
use crate::change::Request;
use crate::failure::{Failure, retried};
use crate::keys;
use crate::review::check_role;
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;

/// Journals that are fixed in one transaction, three actions each.
const JOURNALS_A_TRANSACTION: usize = 25;
/// Most journals of one batch; what is left goes into the next.
const MOST_JOURNALS: usize = 5_000;

/// What an export did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportReport {
    /// The number of the batch.
    pub batch: u64,
    /// References of its journals.
    pub journals: Vec<String>,
    /// SHA-256 of its file: [`Tenant::batch`] has the bytes.
    pub document: Digest,
    /// Journals that are ready and stay, each with the reason.
    pub skipped: Vec<(String, String)>,
}

impl ExportReport {
    fn of(batch: &Batch, skipped: Vec<(String, String)>) -> ExportReport {
        let journals = batch.journals.iter().map(|journal| journal.reference.clone()).collect();
        ExportReport { batch: batch.number, journals, document: batch.file, skipped }
    }
}

impl Tenant {
    /// Fixes every journal that is ready, and that the controller did not accept alone, in one numbered batch.
    ///
    /// # Errors
    /// Refused where nothing is to be exported; busy while another process posts or exports.
    pub async fn export(&self, request: &Request) -> Result<ExportReport, Failure> {
        check_role(&request.actor, &[Role::Controller])?;
        if let Some(once) = &request.once
            && self.was_done(&request.actor.person.mail, once).await?
        {
            return self.exported_before(request, &once.key).await;
        }
        let settings = self.settings().await?;
        let calendar = settings.calendar.as_ref().ok_or_else(super::post::no_calendar)?;
        self.build_journals().await?;
        let mut lease = self.take_lease().await?;
        let done = self.export_under(&mut lease, request, calendar).await;
        let ended = self.end_lease(lease, None).await;
        let report = done?;
        ended.map(|()| report)
    }

    async fn export_under(&self, lease: &mut Lease, request: &Request, calendar: &LedgerCalendar) -> Result<ExportReport, Failure> {
        self.finish_export(lease).await?;
        let today = self.settings().await?.policy.local_date(self.ports.clock.now());
        let mut journals: Vec<(JournalEntry, Posting)> = Vec::new();
        let mut skipped = Vec::new();
        for outbox in self.views::<Outbox>(&keys::outbox(&self.id), "").await? {
            let LoadedJournal { state, view, .. } = self.load_journal(&outbox.reference).await?;
            let is_ready = matches!(state.status, JournalStatus::Ready | JournalStatus::Refused);
            if !is_ready || journals.len() == MOST_JOURNALS {
                continue;
            }
            let entry = self.entry(&state.document).await?;
            let invoice = self.invoice_state(entry.invoice()).await?;
            match self.held_back(&view, &entry, &invoice, &request.actor.person.mail, &journals).await? {
                Some(reason) => skipped.push((outbox.reference, reason)),
                None => {
                    let posting = calendar.posting(entry.facts().period, today);
                    journals.push((entry, posting));
                }
            }
        }
        if journals.is_empty() {
            return Err(nothing_to_export(&skipped));
        }
        let batch = self.open_batch(lease, request, &journals).await?;
        self.finish_export(lease).await?;
        Ok(ExportReport::of(&batch, skipped))
    }

    /// Stores a batch and takes its number.
    async fn open_batch(&self, lease: &mut Lease, request: &Request, journals: &[(JournalEntry, Posting)]) -> Result<Batch, Failure> {
        let number = self.counter(keys::BATCH_COUNTER).await?;
        let mut of_batch = Vec::new();
        for (entry, posting) in journals {
            of_batch.push(BatchJournal {
                reference: entry.reference().to_owned(),
                posting_date: posting.date,
                ledger_period: posting.ledger_period,
                original_period: posting.original,
                body: self.put_document(&self.ports.forms.entry(entry, posting)).await?,
            });
        }
        let batch = Batch {
            number: number.next,
            journals: of_batch,
            file: self.put_document(&self.ports.forms.batch(number.next, journals)).await?,
            exported_by: request.actor.by(),
            at: self.ports.clock.now(),
            request: request.once.as_ref().map(|once| once.key.clone()),
        };
        let document = self.put_json(&batch).await?;
        let events: Stream<BatchEvent> = self.stream(StreamId::named("batches")).await?;
        self.renew_lease(lease).await?;
        let mut changes = self.changes();
        changes.once(request)?;
        lease.fence(&mut changes);
        changes.put(keys::single(&self.id, keys::BATCH_COUNTER), number.record.as_ref(), &(number.next + 1));
        changes.put(keys::single(&self.id, keys::OPEN_BATCH), None, &OpenBatch { number: number.next, document });
        let opened = changes.recorded(request.actor.by(), BatchEvent::Opened { number: number.next, document });
        changes.append(&events, &[opened]);
        changes.commit().await?;
        Ok(batch)
    }

    /// Does what an export that was opened has left to do.
    pub(super) async fn finish_export(&self, lease: &mut Lease) -> Result<(), Failure> {
        let open: Option<(OpenBatch, Record)> = self.view(&keys::single(&self.id, keys::OPEN_BATCH)).await?;
        let Some((open, record)) = open else { return Ok(()) };
        let batch: Batch = self.json_document(open.document).await?;
        for part in batch.journals.chunks(JOURNALS_A_TRANSACTION) {
            self.renew_lease(lease).await?;
            retried!(self.freeze_for(lease, &batch, part))?;
        }
        let events: Stream<BatchEvent> = self.stream(StreamId::named("batches")).await?;
        let mut changes = self.changes();
        lease.fence(&mut changes);
        let closed = changes.recorded(batch.exported_by.clone(), BatchEvent::Closed { number: batch.number });
        changes.append(&events, &[closed]);
        let view = BatchView {
            number: batch.number,
            document: open.document,
            file: batch.file,
            journals: batch.journals.len() as u64,
            exported_by: batch.exported_by.clone(),
            at: batch.at,
        };
        changes.put(batch_key(self, batch.number), None, &view);
        changes.delete(&record);
        changes.commit().await
    }

    /// Fixes journals for a batch; those that are already stay as they are.
    async fn freeze_for(&self, lease: &Lease, batch: &Batch, part: &[BatchJournal]) -> Result<(), Failure> {
        let mut changes = self.changes();
        for journal in part {
            let mut loaded = self.load_journal(&journal.reference).await?;
            let route = Route::Export { batch: batch.number };
            let outcome = loaded.state.freeze(route, &journal.posting(), journal.body.to_string()).map_err(|refusal| refused(&refusal))?;
            let events: Vec<_> = outcome.events().into_iter().map(|event| changes.recorded(batch.exported_by.clone(), event)).collect();
            loaded.append(&mut changes, self, &events);
        }
        if changes.is_empty() {
            return Ok(());
        }
        lease.fence(&mut changes);
        changes.commit().await
    }

    /// What a request that was done before has exported.
    async fn exported_before(&self, request: &Request, key: &str) -> Result<ExportReport, Failure> {
        if self.view::<OpenBatch>(&keys::single(&self.id, keys::OPEN_BATCH)).await?.is_some() {
            let mut lease = self.take_lease().await?;
            let done = self.finish_export(&mut lease).await;
            let ended = self.end_lease(lease, None).await;
            done.and(ended)?;
        }
        let views: Vec<BatchView> = self.views(&keys::batches(&self.id), "").await?;
        let mail = request.actor.person.mail.as_str();
        for view in views.iter().rev().filter(|view| view.exported_by.mail() == Some(mail)) {
            let batch: Batch = self.json_document(view.document).await?;
            if batch.request.as_deref() == Some(key) {
                return Ok(ExportReport::of(&batch, Vec::new()));
            }
        }
        Err(Failure::broken("the export was done and its batch is gone"))
    }
}

fn nothing_to_export(skipped: &[(String, String)]) -> Failure {
    let reasons: Vec<String> = skipped.iter().map(|(reference, reason)| format!("{reference}: {reason}")).collect();
    let message = match reasons.is_empty() {
        true => "there is no journal that is ready; accept invoices first".to_owned(),
        false => format!("no journal can be exported: {}", reasons.join("; ")),
    };
    Failure::refused("nothing-to-export", message)
}

/// Whether one person alone accepted what a journal posts.
pub(super) fn is_alone(accepted_by: &[By], mail: &str) -> bool {
    !accepted_by.is_empty() && accepted_by.iter().all(|by| by.mail() == Some(mail))
}
