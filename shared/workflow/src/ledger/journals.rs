//! Journal entries: made of accepted invoices, and read.

use std::collections::BTreeMap;

use dayone_domain::BillingPeriod;
use dayone_domain::currency::{Currency, Money};
use dayone_domain::ledger::life::JournalRefusal;
use dayone_domain::ledger::recharge::Books;
use dayone_domain::ledger::{Gate, JournalEntry, JournalEvent, JournalKind, JournalState, JournalStatus};
use dayone_domain::review::{Actor, By, InvoiceEvent, InvoiceRef, InvoiceState, Recorded, Stage};
use dayone_domain::tree::Mode;
use dayone_ports::{Digest, Key, Record};
use serde::{Deserialize, Serialize};

use crate::change::Changes;
use crate::configuration::Settings;
use crate::failure::{Failure, retried};
use crate::keys;
use crate::stream::{Stream, StreamId, no_hash};
use crate::tenant::Tenant;
use crate::views::{InvoiceView, JournalView, digest};

/// Most entries that are made in one transaction, five actions each. What is left is made in the next one.
const ENTRIES_A_TRANSACTION: usize = 15;

/// Which journals of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalFilter {
    /// That stand here.
    pub status: Option<JournalStatus>,
    /// Of this cost group's invoices.
    pub group: Option<String>,
    /// Of this billing period's cost.
    pub period: Option<BillingPeriod>,
}

/// One journal with all that happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalPage {
    /// Its line in lists.
    pub view: JournalView,
    /// The entry.
    pub entry: JournalEntry,
    /// What its events come to.
    pub state: JournalState,
    /// Its events, oldest first.
    pub trail: Vec<Recorded<JournalEvent>>,
}

/// The journals that reverse or recode each journal, by its reference, in the order of `views`; of those alone that are
/// among `views`.
pub fn corrected_by(views: &[JournalView]) -> BTreeMap<String, Vec<String>> {
    let mut corrected: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for view in views {
        if let Some(of) = &view.state.of_journal {
            corrected.entry(of.clone()).or_default().push(view.state.reference.clone());
        }
    }
    corrected
}

/// The record of a journal that has not left for good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outbox {
    pub reference: String,
}

/// What came of making entries.
#[derive(Default)]
pub(crate) struct Built {
    /// For the invoice's stream.
    pub events: Vec<Recorded<InvoiceEvent>>,
    pub references: Vec<String>,
    /// Why the ledger takes nothing.
    pub refusal: Option<String>,
}

/// A journal as it was loaded, for changing it.
pub(crate) struct LoadedJournal {
    pub stream: Stream<JournalEvent>,
    pub state: JournalState,
    pub view: JournalView,
    pub record: Record,
}

impl LoadedJournal {
    /// Appends events and rewrites the view with them.
    pub(crate) fn append(&mut self, changes: &mut Changes<'_>, tenant: &Tenant, events: &[Recorded<JournalEvent>]) {
        if events.is_empty() {
            return;
        }
        changes.append(&self.stream, events);
        events.iter().for_each(|recorded| self.state.apply(recorded));
        self.view.state = self.state.clone();
        self.view.version = self.stream.version() + events.len() as u64;
        changes.put(journal_key(tenant, &self.state.reference), Some(&self.record), &self.view);
    }
}

pub(crate) fn journal_key(tenant: &Tenant, reference: &str) -> Key {
    Key::new(keys::journals(&tenant.id), reference)
}

/// What journals debit cost centres less what they credit them, by currency: a recharge and its reversal come to nought.
pub fn net_by_currency<'a>(views: impl IntoIterator<Item = &'a JournalView>) -> BTreeMap<Currency, Money> {
    let mut net: BTreeMap<Currency, Money> = BTreeMap::new();
    for moved in views.into_iter().map(|view| view.moved) {
        let sum = net.entry(moved.currency()).or_insert(Money::from_minor(0, moved.currency()));
        *sum = *sum + moved;
    }
    net
}

fn no_journal(reference: &str) -> Failure {
    Failure::not_found(format!("journal `{reference}`"))
}

/// A refusal of the domain for whoever asked.
pub(crate) fn refused(refusal: &JournalRefusal) -> Failure {
    match refusal {
        JournalRefusal::Reason => Failure::invalid("reason", refusal),
        JournalRefusal::Number => Failure::invalid("erp-number", refusal),
        JournalRefusal::Status { .. } => Failure::refused("journal-status", refusal),
        JournalRefusal::Exported(_) => Failure::refused("exported", refusal),
        JournalRefusal::OtherNumber(_) => Failure::refused("other-number", refusal),
        JournalRefusal::IsReversal => Failure::refused("is-reversal", refusal),
    }
}

impl Tenant {
    /// One journal's view.
    pub(crate) async fn journal_view(&self, reference: &str) -> Result<(JournalView, Record), Failure> {
        self.view(&journal_key(self, reference)).await?.ok_or_else(|| no_journal(reference))
    }

    /// The journals that the person sees: controllers, FinOps and auditors all, owners those of their cost groups.
    pub async fn journals(&self, actor: &Actor, filter: JournalFilter) -> Result<Vec<JournalView>, Failure> {
        let views: Vec<JournalView> = self.views(&keys::journals(&self.id), "").await?;
        let is_wanted = |view: &JournalView| {
            actor.sees(&view.state.invoice.group)
                && filter.status.is_none_or(|status| view.state.status == status)
                && filter.group.as_ref().is_none_or(|group| view.state.invoice.group == *group)
                && filter.period.is_none_or(|period| view.period == period)
        };
        Ok(views.into_iter().filter(is_wanted).collect())
    }

    /// One journal.
    pub async fn journal(&self, actor: &Actor, reference: &str) -> Result<JournalPage, Failure> {
        let LoadedJournal { stream, state, view, .. } = self.load_journal(reference).await?;
        if !actor.sees(&state.invoice.group) {
            return Err(no_journal(reference));
        }
        let entry = self.entry(&state.document).await?;
        Ok(JournalPage { view, entry, state, trail: stream.events })
    }

    /// Makes the entries of all that is accepted and not journaled: after disputes that were rejected, silence that
    /// was taken for a yes, or a ledger calendar that was missing. Says what was made, and what the ledger refuses.
    pub async fn build_journals(&self) -> Result<Vec<(InvoiceRef, Result<Vec<String>, String>)>, Failure> {
        let settings = self.settings().await?;
        let mut done = Vec::new();
        for bill in self.bills().await? {
            for view in self.views::<InvoiceView>(&keys::invoices(&self.id, bill.bill), "").await? {
                let revision = &view.revision;
                if view.accepted_by.is_empty() || revision.stage != Stage::Final || revision.mode != Mode::Chargeback {
                    continue;
                }
                match self.build_all(&settings, &view.of).await? {
                    Ok(references) if references.is_empty() => {}
                    outcome => done.push((view.of, outcome)),
                }
            }
        }
        Ok(done)
    }

    /// Makes the entries of one invoice, a few a transaction.
    async fn build_all(&self, settings: &Settings, of: &InvoiceRef) -> Result<Result<Vec<String>, String>, Failure> {
        let mut references = Vec::new();
        loop {
            let built = retried!(self.build_some(settings, of))?;
            if let Some(refusal) = built.refusal {
                return Ok(Err(refusal));
            }
            if built.references.is_empty() {
                return Ok(Ok(references));
            }
            references.extend(built.references);
        }
    }

    async fn build_some(&self, settings: &Settings, of: &InvoiceRef) -> Result<Built, Failure> {
        let Some(mut loaded) = self.load_invoice(of).await? else { return Ok(Built::default()) };
        let mut changes = self.changes();
        let built = self.add_journals(&mut changes, settings, &loaded.state, &By::Policy).await?;
        loaded.append(&mut changes, self, &built.events);
        changes.commit().await?;
        Ok(built)
    }

    /// Adds the entries that an invoice lacks to a transaction, which is to append [`Built::events`] to the invoice's
    /// stream. `after` is the invoice with all that the transaction records of it.
    pub(crate) async fn add_journals(
        &self,
        changes: &mut Changes<'_>,
        settings: &Settings,
        after: &InvoiceState,
        by: &By,
    ) -> Result<Built, Failure> {
        let mut built = Built::default();
        let Ok(gate) = Gate::open(after) else { return Ok(built) };
        let Some(calendar) = &settings.calendar else {
            built.refusal = Some("there is no ledger calendar; put one with `dayone config put calendar FILE`".to_owned());
            return Ok(built);
        };
        let revision = gate.revision();
        let document = self.invoice_document(&after.of, &revision.document).await?;
        let mut journaled = Vec::new();
        for (_, stored) in &after.journals {
            journaled.push(self.entry(stored).await?);
        }
        let books = Books { coding: settings.trees.at(after.of.bill.period).ledger(), calendar, trees: Some(&settings.trees) };
        let mut entries = match gate.entries(&document, &journaled, books, revision.issued_on) {
            Ok(entries) => entries,
            Err(refusal) => {
                built.refusal = Some(refusal.to_string());
                return Ok(built);
            }
        };
        entries.truncate(ENTRIES_A_TRANSACTION);
        let accepted_by: Vec<By> = after.holding().map(|acceptance| acceptance.by.clone()).collect();
        for entry in &entries {
            let event = self.add_journal(changes, entry, by, &accepted_by, None).await?;
            built.events.push(Recorded { input: Some(revision.document.clone()), ..event });
            built.references.push(entry.reference().to_owned());
        }
        Ok(built)
    }

    /// Adds one entry: its document, its stream, its view, its place in the outbox. Gives the event for the
    /// invoice's stream.
    pub(crate) async fn add_journal(
        &self,
        changes: &mut Changes<'_>,
        entry: &JournalEntry,
        by: &By,
        accepted_by: &[By],
        why: Option<&str>,
    ) -> Result<Recorded<InvoiceEvent>, Failure> {
        let document = self.put_json(entry).await?.to_string();
        let reference = entry.reference().to_owned();
        let why = why.map(str::to_owned);
        let event = JournalEvent::Built {
            document: document.clone(),
            kind: entry.kind(),
            invoice: entry.invoice().clone(),
            of_journal: entry.facts().of_journal.clone(),
        };
        let event = Recorded { why: why.clone(), input: Some(entry.invoice().to_string()), ..changes.recorded(by.clone(), event) };
        let view = JournalView {
            state: JournalState::built(&reference, &event).expect("INVARIANT: this is the event of a built journal"),
            turnover: entry.turnover(),
            moved: entry.moved(),
            period: entry.facts().period,
            accepted_by: accepted_by.to_vec(),
            version: 1,
        };
        // References count the journals of the invoice, whose stream is appended to along with this: it is new.
        let stream = Stream { id: StreamId::journal(&reference), events: Vec::new(), hash: no_hash(), head: None };
        changes.append(&stream, &[event]);
        changes.put(journal_key(self, &reference), None, &view);
        changes.put(Key::new(keys::outbox(&self.id), reference.as_str()), None, &Outbox { reference: reference.clone() });
        Ok(Recorded { why, ..changes.recorded(by.clone(), InvoiceEvent::Journaled { journal: reference, document }) })
    }

    /// One more person accepts what journals were made of already: those that have not left are theirs, too.
    pub(crate) async fn note_acceptance(
        &self,
        changes: &mut Changes<'_>,
        before: &InvoiceState,
        after: &InvoiceState,
    ) -> Result<(), Failure> {
        let known: Vec<By> = before.holding().map(|acceptance| acceptance.by.clone()).collect();
        if known.is_empty() {
            return Ok(());
        }
        let all: Vec<By> = after.holding().map(|acceptance| acceptance.by.clone()).collect();
        let mut room = ENTRIES_A_TRANSACTION;
        for (reference, _) in &after.journals {
            let (mut view, record) = self.journal_view(reference).await?;
            let is_of_invoice = matches!(view.state.kind, JournalKind::Recharge | JournalKind::TrueUp);
            if room > 0 && is_of_invoice && view.state.status == JournalStatus::Ready && view.accepted_by == known {
                view.accepted_by.clone_from(&all);
                changes.put(journal_key(self, reference), Some(&record), &view);
                room -= 1;
            }
        }
        Ok(())
    }

    /// A stored entry.
    pub(crate) async fn entry(&self, stored: &str) -> Result<JournalEntry, Failure> {
        let document: Digest = digest(stored)?;
        self.json_document(document).await
    }

    /// A journal with its stream.
    pub(crate) async fn load_journal(&self, reference: &str) -> Result<LoadedJournal, Failure> {
        let is_plain = (1..=64).contains(&reference.len()) && reference.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_plain {
            return Err(no_journal(reference));
        }
        let (view, record) = self.journal_view(reference).await?;
        let stream: Stream<JournalEvent> = self.stream(StreamId::journal(reference)).await?;
        let state =
            journal_state(reference, &stream.events).ok_or_else(|| Failure::broken(format!("journal `{reference}` was never made")))?;
        Ok(LoadedJournal { stream, state, view, record })
    }
}

/// The state that events come to.
fn journal_state(reference: &str, events: &[Recorded<JournalEvent>]) -> Option<JournalState> {
    let mut state = JournalState::built(reference, events.first()?)?;
    events[1..].iter().for_each(|recorded| state.apply(recorded));
    Some(state)
}
