//! What the trail says of the records beside it: views, the outbox, what is under way and what counts, made anew from
//! the events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dayone_domain::BillingPeriod;
use dayone_domain::cube::BillKey;
use dayone_domain::currency::Currency;
use dayone_domain::ledger::{JournalEntry, JournalEvent, JournalState};
use dayone_domain::review::{By, Cause, GroupEvent, InvoiceEvent, InvoiceRef, ModeState, Recorded};
use dayone_ports::{Digest, Key};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::configuration::{ConfigEvent, ConfigKind, ConfigPut, ConfigView};
use crate::deliveries::{SourceEvent, SourceView};
use crate::failure::{Failure, FailureKind};
use crate::issuing::{BillEvent, OpenRun, Plan, RunEvent, TrueUpRound};
use crate::keys;
use crate::ledger::{Batch, BatchEvent, BatchView, journal_key};
use crate::review::{folded, invoice_key};
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;
use crate::views::{BillView, GroupView, InvoiceView, JournalView, RoundView};

/// Longest way from a correction to the journal of an acceptance: a reversal of a reclass of a recharge.
const MOST_CORRECTED: usize = 4;

/// What the trail says of one record.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub key: Key,
    /// What may be in the record, the likeliest last; nothing where there is to be no record.
    pub is: Vec<Value>,
}

impl Told {
    fn one(key: Key, view: Option<&impl Serialize>) -> Told {
        Told { key, is: view.map(value).into_iter().collect() }
    }
}

/// Name and parent of each cost group of a plan.
type Names = Arc<BTreeMap<String, (String, Option<String>)>>;

/// What the trail can be asked with.
pub(super) struct Trail {
    /// Streams that are not as they were recorded, or gone: what they say is held against nothing.
    pub unsound: BTreeSet<String>,
    /// The plan of each run.
    plans: BTreeMap<u64, Digest>,
    names: BTreeMap<Digest, Names>,
    /// The newest invoice number that was taken; `None` where something that may have taken one cannot be read.
    pub newest_number: Option<u64>,
}

impl Default for Trail {
    fn default() -> Trail {
        Trail { unsound: BTreeSet::new(), plans: BTreeMap::new(), names: BTreeMap::new(), newest_number: Some(0) }
    }
}

impl Trail {
    /// These took invoice numbers up to this one.
    fn took(&mut self, number: Option<u64>) {
        self.newest_number = self.newest_number.map(|newest| newest.max(number.unwrap_or(0)));
    }
}

/// The stream that a view shows; `None` for what is no view's place.
pub(super) fn owner(tenant: &crate::TenantId, key: &Key) -> Option<StreamId> {
    let sort = &key.sort;
    let partition = key.partition.as_str();
    let is = |of: String| partition == of;
    let name = if is(keys::configuration(tenant)) {
        format!("configuration/{sort}")
    } else if is(keys::deliveries(tenant)) {
        let (period, source) = sort.split_once('/')?;
        format!("source/{source}/{period}")
    } else if is(keys::bills(tenant)) {
        format!("bill/{sort}")
    } else if is(keys::groups(tenant)) {
        format!("group/{sort}")
    } else if is(keys::journals(tenant)) || is(keys::outbox(tenant)) {
        format!("journal/{sort}")
    } else if is(keys::batches(tenant)) {
        "batches".to_owned()
    } else {
        format!("invoice/{}/{sort}", partition.strip_prefix(&format!("t/{tenant}/invoices/"))?)
    };
    Some(StreamId::named(name))
}

impl Tenant {
    /// What a stream says of the records beside it; `None` where its events, or a document that it names, cannot be
    /// read: then its chain, or the document's digest, speaks for it alone.
    pub(super) async fn told_by(&self, stream: &StreamId, trail: &mut Trail) -> Result<Option<Vec<Told>>, Failure> {
        let (kind, rest) = stream.as_str().split_once('/').unwrap_or((stream.as_str(), ""));
        let told = match kind {
            "invoice" => self.told_of_invoice(rest, trail).await,
            "bill" => self.told_of_bill(rest, trail).await,
            "source" => self.told_of_source(rest, trail).await,
            "group" => self.told_of_group(rest, trail).await,
            "journal" => self.told_of_journal(rest, trail).await,
            "configuration" => self.told_of_configuration(rest, trail).await,
            "runs" => self.told_of_runs(trail).await,
            "batches" => self.told_of_batches(trail).await,
            _ => Ok(Vec::new()),
        };
        match told {
            Ok(told) => Ok(Some(told)),
            Err(failure) if failure.kind == FailureKind::Broken => {
                if matches!(kind, "invoice" | "runs") {
                    trail.newest_number = None;
                }
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    /// A stream that is as it was recorded.
    async fn genuine<E: DeserializeOwned>(&self, stream: StreamId, trail: &Trail) -> Result<Stream<E>, Failure> {
        if trail.unsound.contains(stream.as_str()) {
            return Err(Failure::broken(format!("`{stream}` is not as it was recorded")));
        }
        self.stream(stream).await
    }

    async fn told_of_invoice(&self, rest: &str, trail: &mut Trail) -> Result<Vec<Told>, Failure> {
        let of = invoice_of(rest)?;
        let Stream { events, .. } = self.genuine::<InvoiceEvent>(StreamId::invoice(&of), trail).await?;
        trail.took(folded(&of, &events).revisions.iter().filter_map(|revision| revision.invoice_number).max());
        let mut view = self.invoice_told(&of, &events, trail).await?;
        // What a run has issued keeps the view before it, until somebody says something to it.
        if let (Some(view), Some((last, before))) = (&mut view, events.split_last())
            && matches!(&last.event, InvoiceEvent::Issued { revision } if matches!(revision.cause, Cause::Run { .. }))
        {
            view.before = self.invoice_told(&of, before, trail).await?.map(Box::new);
        }
        Ok(vec![Told::one(invoice_key(self, &of), view.as_ref())])
    }

    /// The view after these events. The names are those of the plan that issued it last.
    async fn invoice_told(
        &self,
        of: &InvoiceRef,
        events: &[Recorded<InvoiceEvent>],
        trail: &mut Trail,
    ) -> Result<Option<InvoiceView>, Failure> {
        let state = folded(of, events);
        if state.revisions.is_empty() {
            return Ok(None);
        }
        let runs = state.revisions.iter().rev().filter_map(|revision| match revision.cause {
            Cause::Run { run } => Some(run),
            Cause::Dispute { .. } => None,
        });
        let names = self.names(of.bill, { runs }.next(), trail).await?;
        let unplanned = || Failure::broken(format!("{of} is in no plan"));
        let (name, parent) = names.get(&of.group).ok_or_else(unplanned)?;
        Ok(InvoiceView::of(&state, events.len() as u64, name, parent.as_deref()))
    }

    /// The names of a run's plan; without a run, of the plan that issued the bill.
    async fn names(&self, bill: BillKey, run: Option<u64>, trail: &mut Trail) -> Result<Names, Failure> {
        let plan = match run {
            Some(run) => self.plan_of_run(run, trail).await?,
            None => {
                let Stream { events, .. } = self.genuine::<BillEvent>(StreamId::bill(bill), trail).await?;
                events.iter().rev().find_map(|recorded| match &recorded.event {
                    BillEvent::Issued { plan, .. } => Some(*plan),
                    _ => None,
                })
            }
        };
        let plan = plan.ok_or_else(|| Failure::broken(format!("{bill} has no plan")))?;
        if let Some(names) = trail.names.get(&plan) {
            return Ok(Arc::clone(names));
        }
        let read: Plan = self.json_document(plan).await?;
        let names: Names = Arc::new(read.entries.into_iter().map(|entry| (entry.group, (entry.name, entry.parent))).collect());
        trail.names.insert(plan, Arc::clone(&names));
        Ok(names)
    }

    async fn plan_of_run(&self, run: u64, trail: &mut Trail) -> Result<Option<Digest>, Failure> {
        if !trail.plans.contains_key(&run) {
            let Stream { events, .. } = self.genuine::<RunEvent>(StreamId::named("runs"), trail).await?;
            trail.plans.extend(events.iter().filter_map(|recorded| match &recorded.event {
                RunEvent::Began { run, plan, .. } => Some((*run, *plan)),
                RunEvent::Completed { .. } => None,
            }));
        }
        Ok(trail.plans.get(&run).copied())
    }

    async fn told_of_bill(&self, rest: &str, trail: &Trail) -> Result<Vec<Told>, Failure> {
        let bill = bill_of(rest)?;
        let Stream { events, .. } = self.genuine::<BillEvent>(StreamId::bill(bill), trail).await?;
        let is_issue = |recorded: &Recorded<BillEvent>| matches!(recorded.event, BillEvent::Issued { .. });
        let from = events.iter().rposition(is_issue).unwrap_or(events.len());
        let mut view: Option<BillView> = None;
        for recorded in events.iter().skip(from) {
            match (&recorded.event, &mut view) {
                (BillEvent::Issued { run, stage, plan: digest, .. }, _) => {
                    let plan: Plan = self.json_document(*digest).await?;
                    let (basis, tree, total) = (plan.basis, plan.tree, plan.total);
                    let version = events.len() as u64;
                    let (run, stage, plan, rounds) = (*run, *stage, *digest, Vec::new());
                    view = Some(BillView { bill, stage, run, plan, basis, tree, total, rounds, version });
                }
                (BillEvent::TrueUpFound { round, document }, Some(view)) => {
                    let total = self.json_document::<TrueUpRound>(*document).await?.total;
                    view.rounds.push(RoundView { round: *round, document: *document, total, carried_by: None });
                }
                (BillEvent::Carried { round, by }, Some(view)) => {
                    view.rounds.iter_mut().filter(|known| known.round == *round).for_each(|known| known.carried_by = Some(*by));
                }
                (_, None) => {}
            }
        }
        Ok(vec![Told::one(keys::bill(&self.id, bill), view.as_ref())])
    }

    async fn told_of_source(&self, rest: &str, trail: &Trail) -> Result<Vec<Told>, Failure> {
        let (source, period) = rest.rsplit_once('/').ok_or_else(|| no_name(rest))?;
        let period: BillingPeriod = period.parse().map_err(|_| no_name(rest))?;
        let Stream { events, .. } = self.genuine::<SourceEvent>(StreamId::source(source, period), trail).await?;
        let key = keys::delivery(&self.id, source, period);
        Ok(vec![Told::one(key, SourceView::of(source, period, &events).as_ref())])
    }

    async fn told_of_group(&self, group: &str, trail: &Trail) -> Result<Vec<Told>, Failure> {
        let Stream { events, .. } = self.genuine::<GroupEvent>(StreamId::group(group), trail).await?;
        let mut mode = ModeState::default();
        events.iter().for_each(|recorded| mode.apply(recorded));
        let view = GroupView { group: group.to_owned(), mode, version: events.len() as u64 };
        Ok(vec![Told::one(Key::new(keys::groups(&self.id), group), (!events.is_empty()).then_some(&view))])
    }

    async fn told_of_journal(&self, reference: &str, trail: &Trail) -> Result<Vec<Told>, Failure> {
        let view_key = journal_key(self, reference);
        let outbox_key = Key::new(keys::outbox(&self.id), reference);
        let (state, version) = self.journal_now(reference, trail).await?;
        let Some(state) = state else { return Ok([view_key, outbox_key].map(|key| Told { key, is: Vec::new() }).into()) };
        let entry: JournalEntry = self.entry(&state.document).await?;
        let waits = (!state.status.is_in_ledger()).then(|| json!({ "reference": reference }));
        let view = |accepted_by| JournalView {
            state: state.clone(),
            turnover: entry.turnover(),
            moved: entry.moved(),
            period: entry.facts().period,
            accepted_by,
            version,
        };
        let accepted_by = self.accepted_by(&state, trail).await?;
        let is = accepted_by.into_iter().map(|accepted_by| value(&view(accepted_by))).collect();
        Ok(vec![Told { key: view_key, is }, Told::one(outbox_key, waits.as_ref())])
    }

    /// What the events of a journal come to, and how many there are.
    pub(super) async fn journal_now(&self, reference: &str, trail: &Trail) -> Result<(Option<JournalState>, u64), Failure> {
        let Stream { events, .. } = self.genuine::<JournalEvent>(StreamId::journal(reference), trail).await?;
        let mut state = events.first().and_then(|first| JournalState::built(reference, first));
        if let Some(state) = &mut state {
            events.iter().skip(1).for_each(|recorded| state.apply(recorded));
        }
        Ok((state, events.len() as u64))
    }

    /// Who may have accepted what a journal posts: those whose yes held when it was made, or later. Which of these
    /// stands in its view depends on where the journal was when somebody else accepted, and no event says that.
    /// Corrections have it from the journal that they correct.
    async fn accepted_by(&self, state: &JournalState, trail: &Trail) -> Result<Vec<Vec<By>>, Failure> {
        let mut journal = state.reference.clone();
        let mut corrects = state.of_journal.clone();
        for _ in 0..MOST_CORRECTED {
            let Some(corrected) = corrects.take() else { break };
            let (before, _) = self.journal_now(&corrected, trail).await?;
            corrects = before.and_then(|before| before.of_journal);
            journal = corrected;
        }
        let of = &state.invoice;
        let Stream { events, .. } = self.genuine::<InvoiceEvent>(StreamId::invoice(of), trail).await?;
        let is_made = |recorded: &Recorded<InvoiceEvent>| matches!(&recorded.event, InvoiceEvent::Journaled { journal: made, .. } if *made == journal);
        let made = events.iter().position(is_made).ok_or_else(|| Failure::broken(format!("{of} does not know `{journal}`")))?;
        let mut known: Vec<Vec<By>> = Vec::new();
        let mut invoice = folded(of, &events[..made]);
        for (place, recorded) in events.iter().enumerate().skip(made) {
            invoice.apply(recorded);
            let now: Vec<By> = invoice.holding().map(|acceptance| acceptance.by.clone()).collect();
            if place == made || !(now.is_empty() || known.contains(&now)) {
                known.push(now);
            }
        }
        Ok(known)
    }

    async fn told_of_configuration(&self, kind: &str, trail: &Trail) -> Result<Vec<Told>, Failure> {
        let Ok(kind) = kind.parse::<ConfigKind>() else { return Ok(Vec::new()) };
        let Stream { events, .. } = self.genuine::<ConfigEvent>(StreamId::configuration(kind.as_str()), trail).await?;
        let puts = (1..).zip(&events).map(|(version, recorded)| {
            let ConfigEvent::Put { text, file_name, valid_from, .. } = recorded.event.clone();
            ConfigPut { version, text, file_name, valid_from, by: recorded.by.clone(), at: recorded.at }
        });
        let view = ConfigView { kind, version: events.len() as u64, puts: puts.collect() };
        Ok(vec![Told::one(kind.key(&self.id), (!events.is_empty()).then_some(&view))])
    }

    async fn told_of_runs(&self, trail: &mut Trail) -> Result<Vec<Told>, Failure> {
        let Stream { events, .. } = self.genuine::<RunEvent>(StreamId::named("runs"), trail).await?;
        let open = events.last().and_then(|recorded| match &recorded.event {
            RunEvent::Began { run, plan, .. } => Some(OpenRun { run: *run, plan: *plan }),
            RunEvent::Completed { .. } => None,
        });
        let newest = events.iter().rev().find_map(|recorded| match &recorded.event {
            RunEvent::Began { run, .. } => Some(run + 1),
            RunEvent::Completed { .. } => None,
        });
        trail.took(events.iter().filter_map(|recorded| taken(&recorded.event)).max());
        let single = |name| keys::single(&self.id, name);
        Ok(vec![Told::one(single(keys::OPEN_RUN), open.as_ref()), Told::one(single(keys::RUN_COUNTER), newest.as_ref())])
    }

    async fn told_of_batches(&self, trail: &Trail) -> Result<Vec<Told>, Failure> {
        let Stream { events, .. } = self.genuine::<BatchEvent>(StreamId::named("batches"), trail).await?;
        let mut told = Vec::new();
        let mut open = None;
        let mut newest = None;
        for recorded in &events {
            match recorded.event {
                BatchEvent::Opened { number, document } => {
                    newest = Some(number + 1);
                    open = Some((number, document));
                }
                BatchEvent::Closed { number, document } => {
                    open = None;
                    let view = self.batch_view(number, document).await?;
                    told.push(Told::one(Key::new(keys::batches(&self.id), format!("{number:06}")), Some(&view)));
                }
            }
        }
        let open = open.map(|(number, document)| json!({ "number": number, "document": document }));
        told.push(Told::one(keys::single(&self.id, keys::OPEN_BATCH), open.as_ref()));
        told.push(Told::one(keys::single(&self.id, keys::BATCH_COUNTER), newest.as_ref()));
        Ok(told)
    }

    async fn batch_view(&self, number: u64, document: Digest) -> Result<BatchView, Failure> {
        let batch: Batch = self.json_document(document).await?;
        let journals = batch.journals.len() as u64;
        Ok(BatchView { number, document, file: batch.file, journals, exported_by: batch.exported_by, at: batch.at })
    }
}

/// The last invoice number that a run took.
fn taken(event: &RunEvent) -> Option<u64> {
    match event {
        RunEvent::Began { first_number, numbers, .. } if *numbers > 0 => Some(first_number + numbers - 1),
        _ => None,
    }
}

fn value(view: &impl Serialize) -> Value {
    serde_json::to_value(view).expect("INVARIANT: views are plain structures with text keys")
}

fn no_name(name: &str) -> Failure {
    Failure::broken(format!("`{name}` names nothing"))
}

/// The bill of `2026-10/USD`.
fn bill_of(name: &str) -> Result<BillKey, Failure> {
    let parts = name.split_once('/').and_then(|(period, currency)| {
        let currency = Currency::try_new(currency).ok()?;
        Some(BillKey { period: period.parse().ok()?, currency })
    });
    parts.ok_or_else(|| no_name(name))
}

/// The invoice of `2026-10/USD/checkout`.
fn invoice_of(name: &str) -> Result<InvoiceRef, Failure> {
    let (period, rest) = name.split_once('/').ok_or_else(|| no_name(name))?;
    let (currency, group) = rest.split_once('/').ok_or_else(|| no_name(name))?;
    Ok(InvoiceRef { bill: bill_of(&format!("{period}/{currency}"))?, group: group.to_owned() })
}
