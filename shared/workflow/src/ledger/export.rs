//! Export: all journals that are ready, fixed together as one numbered batch.
//!
//! What the batch is to hold is stored first; the transaction that opens it takes its number; then its journals are
//! fixed for it, a few a transaction, each only while its invoice is as it was judged: a reversal may take an
//! acceptance back at the same time, and what may not go any more stays. The file is made of what was fixed, and the
//! last transaction closes the batch. A crash in between leaves an open batch, which the next export or posting
//! finishes before anything else.

use std::collections::{BTreeMap, BTreeSet};

use dayone_domain::ledger::{JournalEntry, JournalStatus, LedgerCalendar, Posting, Route};
use dayone_domain::people::Role;
use dayone_domain::review::{By, InvoiceEvent, InvoiceRef};
use dayone_ports::{Digest, Record};

use super::batch::{Batch, BatchEvent, BatchJournal, BatchPlan, BatchView, OpenBatch, batch_key};
use super::journals::{LoadedJournal, Outbox, refused};
use super::lease::Lease;
use super::post::add_events;
use crate::change::Request;
use crate::failure::{Failure, retried};
use crate::keys;
use crate::review::{check_role, folded};
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;

/// Journals that are fixed in one transaction, at most four actions each.
const JOURNALS_A_TRANSACTION: usize = 24;
/// Most journals of one batch; what is left goes into the next.
const MOST_JOURNALS: usize = 5_000;

/// What became of journals that were to leave by a batch.
#[derive(Default)]
struct Fixed {
    journals: Vec<(JournalEntry, Posting)>,
    /// Their references.
    references: BTreeSet<String>,
    /// Each with the reason.
    held_back: Vec<(String, String)>,
}

impl Fixed {
    fn add(&mut self, entry: JournalEntry, posting: Posting) {
        self.references.insert(entry.reference().to_owned());
        self.journals.push((entry, posting));
    }

    fn extend(&mut self, more: Fixed) {
        self.journals.extend(more.journals);
        self.references.extend(more.references);
        self.held_back.extend(more.held_back);
    }
}

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
        let skipped = skipped.into_iter().chain(batch.held_back.iter().cloned()).collect();
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
        self.anchor_what_left().await;
        let report = done?;
        ended.map(|()| report)
    }

    async fn export_under(&self, lease: &mut Lease, request: &Request, calendar: &LedgerCalendar) -> Result<ExportReport, Failure> {
        self.finish_export(lease).await?;
        let today = self.settings().await?.policy.local_date(self.ports.clock.now());
        let mut going = Fixed::default();
        for outbox in self.views::<Outbox>(&keys::outbox(&self.id), "").await? {
            let LoadedJournal { state, view, .. } = self.load_journal(&outbox.reference).await?;
            let is_ready = matches!(state.status, JournalStatus::Ready | JournalStatus::Refused);
            if !is_ready || going.journals.len() == MOST_JOURNALS {
                continue;
            }
            let entry = self.entry(&state.document).await?;
            let invoice = self.invoice_state(entry.invoice()).await?;
            let is_along = |other: &str| going.references.contains(other);
            match self.held_back(&view, &entry, &invoice, &request.actor.person.mail, is_along).await? {
                Some(reason) => going.held_back.push((outbox.reference, reason)),
                None => {
                    let posting = calendar.posting(entry.facts().period, today);
                    going.add(entry, posting);
                }
            }
        }
        let Fixed { journals, held_back: skipped, .. } = going;
        if journals.is_empty() {
            return Err(nothing_to_export(&skipped));
        }
        self.open_batch(lease, request, &journals).await?;
        let batch = self.finish_export(lease).await?;
        let batch = batch.ok_or_else(|| Failure::broken("a batch was opened and is gone"))?;
        Ok(ExportReport::of(&batch, skipped))
    }

    /// Stores what a batch is to hold and takes its number.
    async fn open_batch(&self, lease: &mut Lease, request: &Request, journals: &[(JournalEntry, Posting)]) -> Result<(), Failure> {
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
        let plan = BatchPlan {
            number: number.next,
            journals: of_batch,
            exported_by: request.actor.by(),
            at: self.ports.clock.now(),
            request: request.once.as_ref().map(|once| once.key.clone()),
        };
        let document = self.put_json(&plan).await?;
        let events: Stream<BatchEvent> = self.stream(StreamId::named("batches")).await?;
        self.renew_lease(lease).await?;
        let mut changes = self.changes();
        changes.once(request)?;
        lease.fence(&mut changes);
        changes.put(keys::single(&self.id, keys::BATCH_COUNTER), number.record.as_ref(), &(number.next + 1));
        changes.put(keys::single(&self.id, keys::OPEN_BATCH), None, &OpenBatch { number: number.next, document });
        let opened = changes.recorded(request.actor.by(), BatchEvent::Opened { number: number.next, document });
        changes.append(&events, &[opened]);
        changes.commit().await
    }

    /// Does what an export that was opened has left to do; gives its batch.
    pub(super) async fn finish_export(&self, lease: &mut Lease) -> Result<Option<Batch>, Failure> {
        let open: Option<(OpenBatch, Record)> = self.view(&keys::single(&self.id, keys::OPEN_BATCH)).await?;
        let Some((open, record)) = open else { return Ok(None) };
        let plan: BatchPlan = self.json_document(open.document).await?;
        let mut fixed = Fixed::default();
        for part in plan.journals.chunks(JOURNALS_A_TRANSACTION) {
            self.renew_lease(lease).await?;
            let more = retried!(self.freeze_for(lease, &plan, part, &fixed.references))?;
            fixed.extend(more);
        }
        self.close_batch(lease, &plan, fixed, &record).await.map(Some)
    }

    /// Makes the file of what was fixed and closes the batch.
    async fn close_batch(&self, lease: &mut Lease, plan: &BatchPlan, fixed: Fixed, open: &Record) -> Result<Batch, Failure> {
        let is_fixed = |journal: &&BatchJournal| fixed.references.contains(&journal.reference);
        let batch = Batch {
            number: plan.number,
            journals: plan.journals.iter().filter(is_fixed).cloned().collect(),
            held_back: fixed.held_back,
            file: self.put_document(&self.ports.forms.batch(plan.number, &fixed.journals)).await?,
            exported_by: plan.exported_by.clone(),
            at: plan.at,
            request: plan.request.clone(),
        };
        let document = self.put_json(&batch).await?;
        let events: Stream<BatchEvent> = self.stream(StreamId::named("batches")).await?;
        self.renew_lease(lease).await?;
        let mut changes = self.changes();
        lease.fence(&mut changes);
        let closed = changes.recorded(batch.exported_by.clone(), BatchEvent::Closed { number: batch.number, document });
        changes.append(&events, &[closed]);
        let view = BatchView {
            number: batch.number,
            document,
            file: batch.file,
            journals: batch.journals.len() as u64,
            exported_by: batch.exported_by.clone(),
            at: batch.at,
        };
        changes.put(batch_key(self, batch.number), None, &view);
        changes.delete(open);
        changes.commit().await?;
        Ok(batch)
    }

    /// Fixes those journals of a batch that may still go, while their invoices are as they were judged; those that are
    /// fixed for it already stay as they are. `before` are the references of those that were fixed before these.
    async fn freeze_for(
        &self,
        lease: &Lease,
        plan: &BatchPlan,
        part: &[BatchJournal],
        before: &BTreeSet<String>,
    ) -> Result<Fixed, Failure> {
        let route = Route::Export { batch: plan.number };
        let mail = plan.exported_by.mail().unwrap_or_default();
        let mut changes = self.changes();
        let mut fixed = Fixed::default();
        let mut invoices: BTreeMap<InvoiceRef, Stream<InvoiceEvent>> = BTreeMap::new();
        for journal in part {
            let mut loaded = self.load_journal(&journal.reference).await?;
            let entry = self.entry(&loaded.state.document).await?;
            let of = entry.invoice();
            let is_fixed = loaded.state.frozen.as_ref().is_some_and(|frozen| frozen.route == route);
            if !is_fixed || loaded.state.status == JournalStatus::Refused {
                if !invoices.contains_key(of) {
                    invoices.insert(of.clone(), self.stream(StreamId::invoice(of)).await?);
                }
                let invoice = folded(of, &invoices[of].events);
                let is_along = |other: &str| before.contains(other) || fixed.references.contains(other);
                if let Some(reason) = self.held_back(&loaded.view, &entry, &invoice, mail, is_along).await? {
                    fixed.held_back.push((journal.reference.clone(), reason));
                    continue;
                }
                let frozen = loaded.state.freeze(route.clone(), &journal.posting(), journal.body.to_string());
                let outcome = frozen.map_err(|refusal| refused(&refusal))?;
                add_events(&mut changes, self, &mut loaded, outcome, &plan.exported_by);
            }
            fixed.add(entry, journal.posting());
        }
        if !changes.is_empty() {
            invoices.values().for_each(|invoice| changes.check(invoice));
            lease.fence(&mut changes);
            changes.commit().await?;
        }
        Ok(fixed)
    }

    /// What a request that was done before has exported.
    async fn exported_before(&self, request: &Request, key: &str) -> Result<ExportReport, Failure> {
        if self.view::<OpenBatch>(&keys::single(&self.id, keys::OPEN_BATCH)).await?.is_some() {
            let mut lease = self.take_lease().await?;
            let done = self.finish_export(&mut lease).await;
            let ended = self.end_lease(lease, None).await;
            done?;
            ended?;
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
