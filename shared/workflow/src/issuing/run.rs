//! A run: begun once, written in parts, completed once; whatever was left behind is done first.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::NaiveDate;
use dayone_domain::Exact;
use dayone_domain::cube::BillKey;
use dayone_domain::currency::Money;
use dayone_domain::invoice::{Invoice, Invoices};
use dayone_domain::review::{By, Cause, Charged, Correction, InvoiceDocument, InvoiceEvent, InvoiceRef, Revision, Stage};
use dayone_domain::tree::{CostGroup, Mode};
use dayone_ports::{Digest, Record};
use serde::{Deserialize, Serialize};

use super::bill::BillEvent;
use super::decide::mode_of;
use super::{Input, OpenRun, Plan, PlanEntry};
use crate::configuration::Settings;
use crate::failure::{Failure, FailureKind};
use crate::keys;
use crate::mail::MailTask;
use crate::review::{folded, invoice_key};
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;
use crate::views::{BillView, InvoiceView, RoundView};

/// Invoices that are written in one transaction, three actions each.
const INVOICES_A_TRANSACTION: usize = 20;
/// Most closed bills' rounds that one bill carries, three actions each.
pub(super) const MOST_CARRIED: usize = 24;

/// What happens to runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum RunEvent {
    /// Numbers are taken and the plan is fixed.
    Began {
        /// The run.
        run: u64,
        /// The bill.
        bill: BillKey,
        /// Provisional or final.
        stage: Stage,
        /// The [`Plan`].
        plan: Digest,
        /// The first invoice number that it took.
        first_number: u64,
        /// How many.
        numbers: u64,
    },
    /// Everything is written; people may see it.
    Completed {
        /// The run.
        run: u64,
    },
}

/// Everything that a plan is made from.
pub(super) struct Proposal<'a> {
    /// Who asks for the run.
    pub by: &'a By,
    pub settings: &'a Settings,
    pub bill: BillKey,
    /// Events of the bill that the proposal was decided on.
    pub seen: u64,
    pub stage: Stage,
    pub issued_on: NaiveDate,
    pub company: String,
    pub inputs: Vec<Input>,
    pub configuration: Vec<(String, Digest)>,
    pub fingerprint: Digest,
    pub tree: dayone_domain::BillingPeriod,
    pub invoices: &'a Invoices,
    pub corrections: BTreeMap<String, Vec<Correction>>,
    pub carries: Vec<(BillKey, u32)>,
    pub modes: &'a BTreeMap<String, dayone_domain::review::ModeState>,
}

/// A record that counts.
pub(crate) struct Counter {
    pub next: u64,
    pub record: Option<Record>,
}

impl Tenant {
    /// A counter; the first number is 1.
    pub(crate) async fn counter(&self, name: &str) -> Result<Counter, Failure> {
        Ok(match self.view::<u64>(&keys::single(&self.id, name)).await? {
            Some((next, record)) => Counter { next, record: Some(record) },
            None => Counter { next: 1, record: None },
        })
    }

    /// Does what a run that was begun has left to do.
    pub async fn resume_run(&self) -> Result<Option<u64>, Failure> {
        let open: Option<(OpenRun, Record)> = self.view(&keys::single(&self.id, keys::OPEN_RUN)).await?;
        let Some((open, record)) = open else { return Ok(None) };
        let plan: Plan = self.json_document(open.plan).await?;
        self.write_invoices(&plan).await?;
        self.complete(&plan, open.plan, &record).await?;
        Ok(Some(open.run))
    }

    /// Plans a run and begins it; what is left is for [`resume_run`](Self::resume_run).
    pub(super) async fn begin(&self, proposal: Proposal<'_>) -> Result<(), Failure> {
        let stream: Stream<BillEvent> = self.stream(StreamId::bill(proposal.bill)).await?;
        if stream.version() != proposal.seen || self.open_run().await?.is_some() {
            return Err(Failure::new(FailureKind::Busy, "busy", "another run has begun or ended meanwhile"));
        }
        let runs: Stream<RunEvent> = self.stream(StreamId::named("runs")).await?;
        let (run, number) = (self.counter(keys::RUN_COUNTER).await?, self.counter(keys::INVOICE_COUNTER).await?);
        let plan = self.plan(&proposal, run.next, number.next).await?;
        let digest = self.put_json(&plan).await?;
        let numbers = plan.entries.iter().filter(|entry| entry.invoice_number.is_some()).count() as u64;

        let mut changes = self.changes();
        changes.put(keys::single(&self.id, keys::RUN_COUNTER), run.record.as_ref(), &(run.next + 1));
        if numbers > 0 {
            changes.put(keys::single(&self.id, keys::INVOICE_COUNTER), number.record.as_ref(), &(number.next + numbers));
        }
        changes.put(keys::single(&self.id, keys::OPEN_RUN), None, &OpenRun { run: run.next, plan: digest });
        changes.check(&stream);
        proposal.settings.check_unchanged(&mut changes);
        let began = RunEvent::Began { run: run.next, bill: plan.bill, stage: plan.stage, plan: digest, first_number: number.next, numbers };
        let began = changes.recorded(plan.by.clone(), began);
        changes.append(&runs, &[began]);
        changes.commit().await
    }

    async fn plan(&self, proposal: &Proposal<'_>, run: u64, first_number: u64) -> Result<Plan, Failure> {
        let known: BTreeMap<String, InvoiceView> = self
            .views::<InvoiceView>(&keys::invoices(&self.id, proposal.bill), "")
            .await?
            .into_iter()
            .map(|view| (view.of.group.clone(), view))
            .collect();
        let invoices = with_silent_groups(proposal, &known);
        let parents: Vec<Option<String>> = invoices
            .iter()
            .map(|invoice| {
                invoice.group.parent.and_then(|parent| proposal.invoices.invoices.get(parent)).map(|above| above.group.id.clone())
            })
            .collect();
        let mut order: Vec<usize> = (0..invoices.len()).collect();
        order.sort_by(|a, b| invoices[*a].group.id.cmp(&invoices[*b].group.id));
        let mut entries: BTreeMap<usize, PlanEntry> = BTreeMap::new();
        let mut next_number = first_number;
        for place in order {
            let invoice = &invoices[place];
            let corrections = proposal.corrections.get(&invoice.group.id).cloned().unwrap_or_default();
            let before = known.get(&invoice.group.id);
            let states_something = !invoice.lines.is_empty() || !corrections.is_empty() || before.is_some();
            let mut entry = PlanEntry {
                group: invoice.group.id.clone(),
                name: invoice.group.name.clone(),
                parent: parents[place].clone(),
                document: None,
                revision: before.map_or(1, |view| view.revision.number + 1),
                invoice_number: None,
                total: invoice.total,
                true_ups: Money::from_minor(0, proposal.bill.currency),
                charged: Charged::nothing(proposal.bill.currency),
                mode: invoice.group.mode,
            };
            if states_something {
                if proposal.stage == Stage::Final {
                    entry.invoice_number = Some(next_number);
                    next_number += 1;
                }
                let document = InvoiceDocument {
                    of: InvoiceRef { bill: proposal.bill, group: invoice.group.id.clone() },
                    company: proposal.company.clone(),
                    basis: proposal.invoices.basis,
                    revision: entry.revision,
                    stage: proposal.stage,
                    invoice_number: entry.invoice_number,
                    issued_on: proposal.issued_on,
                    tree: proposal.tree,
                    invoice: invoice.clone(),
                    moves: Vec::new(),
                    corrections,
                };
                entry.true_ups = document.true_ups();
                entry.charged = document.charged();
                entry.mode = document.mode();
                entry.document = Some(self.put_json(&document).await?);
            }
            entries.insert(place, entry);
        }
        Ok(Plan {
            run,
            by: proposal.by.clone(),
            bill: proposal.bill,
            stage: proposal.stage,
            issued_on: proposal.issued_on,
            company: proposal.company.clone(),
            basis: proposal.invoices.basis,
            tree: proposal.tree,
            inputs: proposal.inputs.clone(),
            configuration: proposal.configuration.clone(),
            fingerprint: proposal.fingerprint,
            drawn: self.keep_drawn(proposal.invoices).await?,
            master: proposal.invoices.exact_total(),
            total: proposal.invoices.bill_total,
            carries: proposal.carries.clone(),
            entries: entries.into_values().collect(),
        })
    }

    async fn write_invoices(&self, plan: &Plan) -> Result<(), Failure> {
        let entries: Vec<(&PlanEntry, Digest)> = plan.entries.iter().filter_map(|entry| Some((entry, entry.document?))).collect();
        for part in entries.chunks(INVOICES_A_TRANSACTION) {
            let mut changes = self.changes();
            for (entry, document) in part {
                self.write_invoice(&mut changes, plan, entry, *document).await?;
            }
            changes.commit().await?;
        }
        Ok(())
    }

    async fn write_invoice(
        &self,
        changes: &mut crate::change::Changes<'_>,
        plan: &Plan,
        entry: &PlanEntry,
        document: Digest,
    ) -> Result<(), Failure> {
        let of = InvoiceRef { bill: plan.bill, group: entry.group.clone() };
        let stream: Stream<InvoiceEvent> = self.stream(StreamId::invoice(&of)).await?;
        let mut state = folded(&of, &stream.events);
        let revision = Revision {
            number: entry.revision,
            stage: plan.stage,
            cause: Cause::Run { run: plan.run },
            document: document.to_string(),
            invoice_number: entry.invoice_number,
            total: entry.total,
            true_ups: entry.true_ups,
            charged: entry.charged,
            mode: entry.mode,
            issued_on: plan.issued_on,
        };
        let events: Vec<_> = state.issue(revision).events().into_iter().map(|event| changes.recorded(plan.by.clone(), event)).collect();
        if events.is_empty() {
            return Ok(());
        }
        changes.append(&stream, &events);
        events.iter().for_each(|recorded| state.apply(recorded));
        let key = invoice_key(self, &of);
        let before: Option<(InvoiceView, Record)> = self.view(&key).await?;
        let version = stream.version() + events.len() as u64;
        let mut view = InvoiceView::of(&state, version, &entry.name, entry.parent.as_deref()).expect("INVARIANT: it was just issued");
        let (before, record) = before.unzip();
        view.before = before.map(|before| Box::new(InvoiceView { before: None, ..before }));
        changes.put(key, record.as_ref(), &view);
        Ok(())
    }

    /// The transaction that makes a run visible.
    async fn complete(&self, plan: &Plan, digest: Digest, open: &Record) -> Result<(), Failure> {
        let stream: Stream<BillEvent> = self.stream(StreamId::bill(plan.bill)).await?;
        let runs: Stream<RunEvent> = self.stream(StreamId::named("runs")).await?;
        // The record of an open run begins anew with each: only the trail says whether it is still this one's.
        let last = runs.events.last().map(|recorded| &recorded.event);
        if !matches!(last, Some(RunEvent::Began { run, .. }) if *run == plan.run) {
            return Ok(());
        }
        let mut changes = self.changes();
        let issued = BillEvent::Issued { run: plan.run, stage: plan.stage, plan: digest, fingerprint: plan.fingerprint };
        let issued = changes.recorded(plan.by.clone(), issued);
        changes.append(&stream, &[issued]);
        let completed = changes.recorded(plan.by.clone(), RunEvent::Completed { run: plan.run });
        changes.append(&runs, &[completed]);
        let key = keys::bill(&self.id, plan.bill);
        let before: Option<(BillView, Record)> = self.view(&key).await?;
        let view = BillView {
            bill: plan.bill,
            stage: plan.stage,
            run: plan.run,
            plan: digest,
            basis: plan.basis,
            tree: plan.tree,
            total: plan.total,
            rounds: Vec::new(),
            version: stream.version() + 1,
        };
        changes.put(key, before.as_ref().map(|(_, record)| record), &view);
        if plan.stage == Stage::Final {
            self.mark_carried(&mut changes, plan).await?;
        }
        MailTask::Run { plan: digest }.ask(&mut changes, self, &format!("run-{}", plan.run));
        changes.delete(open);
        changes.commit().await
    }

    async fn mark_carried(&self, changes: &mut crate::change::Changes<'_>, plan: &Plan) -> Result<(), Failure> {
        let mut by_bill: BTreeMap<BillKey, Vec<u32>> = BTreeMap::new();
        for (bill, round) in &plan.carries {
            by_bill.entry(*bill).or_default().push(*round);
        }
        for (bill, rounds) in by_bill {
            let stream: Stream<BillEvent> = self.stream(StreamId::bill(bill)).await?;
            let events: Vec<_> =
                rounds.iter().map(|round| changes.recorded(plan.by.clone(), BillEvent::Carried { round: *round, by: plan.bill })).collect();
            changes.append(&stream, &events);
            let (mut view, record) = self.bill_view(bill).await?;
            for known in view.rounds.iter_mut().filter(|known: &&mut RoundView| rounds.contains(&known.round)) {
                known.carried_by = Some(plan.bill);
            }
            view.version = stream.version() + events.len() as u64;
            changes.put(keys::bill(&self.id, bill), Some(&record), &view);
        }
        Ok(())
    }
}

/// The drawn invoices, and an empty one for each group that has to hear of the bill and is charged nothing of it: a
/// true-up reaches it, or an earlier revision did. It may be gone from the tree.
fn with_silent_groups(proposal: &Proposal<'_>, known: &BTreeMap<String, InvoiceView>) -> Vec<Invoice> {
    let mut invoices = proposal.invoices.invoices.clone();
    let corrected = proposal.corrections.values().filter_map(|corrections| corrections.first());
    let mut silent: BTreeMap<String, CostGroup> = known.values().map(|view| (view.of.group.clone(), gone(view))).collect();
    silent.extend(corrected.map(|correction| (correction.true_up.group.id.clone(), correction.true_up.group.clone())));
    invoices.iter().for_each(|invoice| drop(silent.remove(&invoice.group.id)));
    let tree = proposal.settings.trees.at(proposal.bill.period);
    invoices.extend(silent.into_values().map(|group| Invoice {
        group: CostGroup { parent: None, is_leaf: true, mode: mode_of(tree, proposal.modes, &group.id, proposal.bill), ..group },
        charges: 0,
        direct: Exact::ZERO,
        shared: Exact::ZERO,
        exact: Exact::ZERO,
        total: Money::from_minor(0, proposal.bill.currency),
        lines: Vec::new(),
    }));
    invoices
}

/// What is known of a group that the tree has no more.
fn gone(view: &InvoiceView) -> CostGroup {
    CostGroup {
        id: view.of.group.clone(),
        name: view.group_name.clone(),
        kind: None,
        parent: None,
        is_leaf: true,
        owners: Arc::new([]),
        legal_entity: None,
        cost_center: None,
        department: None,
        mode: Mode::Showback,
    }
}
