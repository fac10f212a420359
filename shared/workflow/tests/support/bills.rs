//! Bills by hand.

use std::collections::BTreeMap;

use dayone_domain::allocation::ShareKey;
use dayone_domain::charge::{Cost, CostBasis, Nature};
use dayone_domain::cube::BillKey;
use dayone_domain::currency::Money;
use dayone_domain::exact::Exact;
use dayone_domain::invoice::{DirectLine, Invoice, Invoices, Line, LineKind, SharedLine};
use dayone_domain::review::document::Correction;
use dayone_domain::review::{By, Cause, Charged, InvoiceDocument, InvoiceEvent, InvoiceRef, InvoiceState, Revision, Stage};
use dayone_domain::tree::{CostGroup, Mode};
use dayone_domain::true_up::{TrueUp, TrueUpLine};
use dayone_ports::{Digest, Key, Record};
use dayone_workflow::issuing::{BillEvent, OpenRun, Plan, PlanEntry};
use dayone_workflow::keys;
use dayone_workflow::stream::{Stream, StreamId};
use dayone_workflow::views::{BillView, InvoiceView};

use super::{World, bill, usd};

/// Usage of one service in one billing account.
pub fn direct(service: &str, billing_account: &str, cents: i128) -> Line {
    Line {
        what: LineKind::Direct(DirectLine {
            nature: Nature::Usage,
            provider: "AWS".to_owned(),
            service: service.to_owned(),
            sub_account: "1".to_owned(),
            sub_account_name: "web".to_owned(),
            billing_account: billing_account.to_owned(),
            charge_category: "Usage".to_owned(),
            correction_of: None,
        }),
        exact: usd(cents).exact(),
        amount: usd(cents),
        list: None,
        charges: 1,
        account: Some("6400".to_owned()),
    }
}

/// A share of the platform, by billing account.
pub fn shared(parts: &[(&str, i128)]) -> Line {
    let total = usd(parts.iter().map(|(_, cents)| cents).sum());
    Line {
        what: LineKind::Shared(SharedLine {
            pool: "platform".to_owned(),
            pool_name: "Platform".to_owned(),
            correction_of: None,
            pool_total: total.exact(),
            pool_holds: Vec::new(),
            key: ShareKey::Even,
            weight: Exact::from_i128(1, 0),
            weights: Exact::from_i128(1, 0),
            by_billing_account: parts.iter().map(|(account, cents)| ((*account).to_owned(), usd(*cents).exact())).collect(),
        }),
        exact: total.exact(),
        amount: total,
        list: None,
        charges: 0,
        account: Some("6480".to_owned()),
    }
}

/// A true-up of a closed period: so much more for one service of one billing account.
pub fn true_up(group: &CostGroup, period: &str, cents: i128) -> Correction {
    let LineKind::Direct(what) = direct("Compute", "111", 1).what else { unreachable!("a direct line") };
    let what = LineKind::Direct(what);
    let line = TrueUpLine {
        key: what.key(),
        what,
        exact: usd(cents).exact(),
        amount: usd(cents),
        by_billing_account: vec![("111".to_owned(), usd(cents))],
        account: Some("6400".to_owned()),
        before: usd(0),
        now: usd(cents),
    };
    let true_up = TrueUp { group: group.clone(), total: usd(cents), exact: usd(cents).exact(), lines: vec![line] };
    Correction { period: period.parse().unwrap(), invoice_number: None, round: 1, mode: dayone_domain::tree::Mode::Chargeback, true_up }
}

/// A bill that is to be put into the streams as a run would.
pub struct BillOf {
    pub key: BillKey,
    pub stage: Stage,
    pub run: u64,
    pub is_open: bool,
    pub lines: BTreeMap<String, Vec<Line>>,
    pub corrections: BTreeMap<String, Vec<Correction>>,
    pub modes: BTreeMap<String, Mode>,
}

impl BillOf {
    /// A final bill over nothing, every cost group in chargeback but the unallocated one.
    pub fn period(period: &str) -> BillOf {
        let modes = [("unallocated".to_owned(), Mode::Showback)].into();
        BillOf {
            key: bill(period),
            stage: Stage::Final,
            run: 1,
            is_open: false,
            lines: BTreeMap::new(),
            corrections: BTreeMap::new(),
            modes,
        }
    }

    pub fn provisional(self) -> BillOf {
        BillOf { stage: Stage::Provisional, ..self }
    }

    pub fn run(self, run: u64) -> BillOf {
        BillOf { run, ..self }
    }

    /// The run is not complete.
    pub fn open(self) -> BillOf {
        BillOf { is_open: true, ..self }
    }

    pub fn showback(mut self, group: &str) -> BillOf {
        self.modes.insert(group.to_owned(), Mode::Showback);
        self
    }

    pub fn charge(mut self, group: &str, lines: &[Line]) -> BillOf {
        self.lines.insert(group.to_owned(), lines.to_vec());
        self
    }

    pub fn correct(mut self, group: &str, corrections: Vec<Correction>) -> BillOf {
        self.corrections.insert(group.to_owned(), corrections);
        self
    }

    /// Writes it. Gives the plan.
    pub async fn put(self, world: &World) -> Plan {
        let tenant = &world.tenant;
        let settings = tenant.settings().await.unwrap();
        let tree = settings.trees.at(self.key.period);
        let mode = |group: &str| self.modes.get(group).copied().unwrap_or(Mode::Chargeback);
        let invoices: Vec<Invoice> = tree
            .groups()
            .iter()
            .map(|group| {
                let lines = self.lines.get(&group.id).cloned().unwrap_or_default();
                let total = lines.iter().fold(Money::from_minor(0, self.key.currency), |sum, line| sum + line.amount);
                let mut group = group.clone();
                group.mode = mode(&group.id);
                Invoice { group, charges: 1, direct: total.exact(), shared: Exact::ZERO, exact: total.exact(), total, lines }
            })
            .collect();
        let total = invoices.iter().fold(Money::from_minor(0, self.key.currency), |sum, invoice| sum + invoice.total);
        let cost = Cost { billed: total.exact(), effective: total.exact(), list: None, contracted: None };
        let drawn = Invoices {
            key: self.key,
            basis: CostBasis::Billed,
            charges: 1,
            master: cost,
            bill_total: total,
            invoices: invoices.clone(),
            unallocated: tree.unallocated(),
            not_invoiced_yet: Vec::new(),
        };
        let mut plan = Plan {
            run: self.run,
            by: By::Policy,
            bill: self.key,
            stage: self.stage,
            issued_on: self.key.period.next().first_day(),
            company: tree.company().to_owned(),
            basis: CostBasis::Billed,
            tree: tree.valid_from(),
            inputs: Vec::new(),
            configuration: Vec::new(),
            fingerprint: Digest::of(b"by hand"),
            drawn: tenant.put_packed(&serde_json::to_vec(&drawn).unwrap()).await.unwrap(),
            master: total.exact(),
            total,
            carries: Vec::new(),
            entries: Vec::new(),
        };
        let mut number = world.next_number().await;
        for invoice in invoices {
            let parent = invoice.group.parent.map(|place| tree.groups()[place].id.clone());
            let of = InvoiceRef { bill: self.key, group: invoice.group.id.clone() };
            let before = world.known(&of).await;
            let corrections = self.corrections.get(&of.group).cloned().unwrap_or_default();
            let mut entry = PlanEntry {
                group: of.group.clone(),
                name: invoice.group.name.clone(),
                parent,
                document: None,
                revision: before.map_or(1, |view| view.revision.number + 1),
                invoice_number: None,
                total: invoice.total,
                true_ups: Money::from_minor(0, self.key.currency),
                charged: Charged::nothing(self.key.currency),
                mode: invoice.group.mode,
            };
            if !invoice.lines.is_empty() || !corrections.is_empty() || entry.revision > 1 {
                if self.stage == Stage::Final {
                    entry.invoice_number = Some(number);
                    number += 1;
                }
                let document = InvoiceDocument {
                    of,
                    company: plan.company.clone(),
                    basis: plan.basis,
                    revision: entry.revision,
                    stage: self.stage,
                    invoice_number: entry.invoice_number,
                    issued_on: plan.issued_on,
                    tree: plan.tree,
                    invoice,
                    moves: Vec::new(),
                    corrections,
                };
                entry.true_ups = document.true_ups();
                entry.charged = document.charged();
                entry.document = Some(tenant.put_json(&document).await.unwrap());
            }
            plan.entries.push(entry);
        }
        self.write(world, &plan, number).await;
        plan
    }

    async fn write(&self, world: &World, plan: &Plan, next_number: u64) {
        let tenant = &world.tenant;
        let digest = tenant.put_json(plan).await.unwrap();
        let mut changes = tenant.changes();
        let counter = keys::single(tenant.id(), keys::INVOICE_COUNTER);
        changes.put(counter.clone(), world.record(&counter).await.as_ref(), &next_number);
        for entry in plan.entries.iter().filter(|entry| entry.document.is_some()) {
            let of = InvoiceRef { bill: plan.bill, group: entry.group.clone() };
            let stream: Stream<InvoiceEvent> = tenant.stream(StreamId::invoice(&of)).await.unwrap();
            let mut state = InvoiceState::new(of.clone());
            stream.events.iter().for_each(|recorded| state.apply(recorded));
            let revision = Revision {
                number: entry.revision,
                stage: plan.stage,
                cause: Cause::Run { run: plan.run },
                document: entry.document.unwrap().to_string(),
                invoice_number: entry.invoice_number,
                total: entry.total,
                true_ups: entry.true_ups,
                charged: entry.charged,
                mode: entry.mode,
                issued_on: plan.issued_on,
            };
            let event = changes.recorded(By::Policy, InvoiceEvent::Issued { revision });
            state.apply(&event);
            changes.append(&stream, &[event]);
            let mut view = InvoiceView::of(&state, stream.version() + 1, &entry.name, entry.parent.as_deref()).unwrap();
            view.before = world.known(&of).await.map(Box::new);
            let key = view_key(world, &of);
            changes.put(key.clone(), world.record(&key).await.as_ref(), &view);
        }
        if self.is_open {
            let open = OpenRun { run: plan.run, plan: digest };
            changes.put(keys::single(tenant.id(), keys::OPEN_RUN), None, &open);
        } else {
            let stream: Stream<BillEvent> = tenant.stream(StreamId::bill(plan.bill)).await.unwrap();
            let issued = BillEvent::Issued { run: plan.run, stage: plan.stage, plan: digest, fingerprint: plan.fingerprint };
            let event = changes.recorded(By::Policy, issued);
            changes.append(&stream, &[event]);
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
            let key = keys::bill(tenant.id(), plan.bill);
            changes.put(key.clone(), world.record(&key).await.as_ref(), &view);
        }
        changes.commit().await.unwrap();
    }
}

fn view_key(world: &World, of: &InvoiceRef) -> Key {
    Key::new(keys::invoices(world.tenant.id(), of.bill), of.group.as_str())
}

impl World {
    pub async fn record(&self, key: &Key) -> Option<Record> {
        self.tenant.ports().store.get(key).await.unwrap()
    }

    async fn known(&self, of: &InvoiceRef) -> Option<InvoiceView> {
        self.record(&view_key(self, of)).await.map(|record| serde_json::from_slice(&record.body).unwrap())
    }

    pub async fn next_number(&self) -> u64 {
        let record = self.record(&keys::single(self.tenant.id(), keys::INVOICE_COUNTER)).await;
        record.map_or(1, |record| serde_json::from_slice(&record.body).unwrap())
    }
}
