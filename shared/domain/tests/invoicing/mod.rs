//! Invoices, what people say to them, and their journals, in a few words.
#![allow(dead_code, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use dayone_domain::charge::{CostBasis, Nature};
use dayone_domain::cube::BillKey;
use dayone_domain::invoice::{DirectLine, Invoice, Line, LineKind, SharedLine};
use dayone_domain::ledger::money_state::{Keeper, StateKey};
use dayone_domain::ledger::recharge::{Books, reference_of};
use dayone_domain::ledger::{
    Gate, JournalEntry, JournalEvent, JournalKind, JournalState, JournalStatus, LedgerCalendar, LedgerRefusal, Route, states_of,
};
use dayone_domain::people::{Person, Role};
use dayone_domain::review::document::Correction;
use dayone_domain::review::{
    Actor, By, Cause, DisputeOf, InvoiceDocument, InvoiceEvent, InvoiceRef, InvoiceState, Outcome, Recorded, Resolution, ReviewRefusal,
    Revision, SignIn, Stage,
};
use dayone_domain::tree::{CostGroup, Holding, LedgerCoding, Mode};
use dayone_domain::true_up::{TrueUp, TrueUpLine};
use dayone_domain::{BillingPeriod, Currency, Exact, Money};

pub fn usd(minor: i128) -> Money {
    Money::from_minor(minor, Currency::try_new("USD").unwrap())
}

pub fn month(text: &str) -> BillingPeriod {
    text.parse().unwrap()
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

pub fn moment() -> DateTime<Utc> {
    "2026-07-09T08:00:00Z".parse().unwrap()
}

/// The bill of all these tests.
pub fn bill() -> BillKey {
    BillKey { period: month("2026-06"), currency: usd(0).currency() }
}

pub fn of(group: &str) -> InvoiceRef {
    InvoiceRef { bill: bill(), group: group.to_owned() }
}

/// A person who owns cost groups.
pub fn owner(name: &str, owns: &[&str]) -> Actor {
    actor(name, owns, &[])
}

pub fn controller(name: &str) -> Actor {
    actor(name, &[], &[Role::Controller])
}

pub fn finops(name: &str) -> Actor {
    actor(name, &[], &[Role::Finops])
}

pub fn actor(name: &str, owns: &[&str], roles: &[Role]) -> Actor {
    Actor {
        person: Person {
            mail: format!("{name}@example.com"),
            name: name.to_owned(),
            roles: roles.iter().copied().collect(),
            accepts_up_to: None,
        },
        owns: owns.iter().map(|group| (*group).to_owned()).collect::<BTreeSet<_>>(),
        signed_in: SignIn::Password,
    }
}

pub fn group(id: &str) -> CostGroup {
    CostGroup {
        id: id.to_owned(),
        name: format!("Team {id}"),
        kind: None,
        parent: None,
        is_leaf: true,
        owners: Arc::new([format!("{id}@example.com")]),
        legal_entity: None,
        cost_center: Some("4100".to_owned()),
        department: Some("D1".to_owned()),
        mode: Mode::Chargeback,
    }
}

/// A line of charges of the group's own.
pub fn direct(service: &str, billing_account: &str, minor: i128) -> Line {
    let what = LineKind::Direct(DirectLine {
        nature: Nature::Usage,
        provider: "AWS".to_owned(),
        service: service.to_owned(),
        sub_account: "111".to_owned(),
        sub_account_name: String::new(),
        billing_account: billing_account.to_owned(),
        charge_category: "Usage".to_owned(),
        correction_of: None,
    });
    Line { what, exact: usd(minor).exact(), amount: usd(minor), list: None, charges: 1, account: Some("6400".to_owned()) }
}

/// A share of a pool that came through several billing accounts.
pub fn shared(pool: &str, by_billing_account: &[(&str, i128)]) -> Line {
    let minor: i128 = by_billing_account.iter().map(|(_, minor)| minor).sum();
    let what = LineKind::Shared(SharedLine {
        pool: pool.to_owned(),
        pool_name: pool.to_owned(),
        correction_of: None,
        pool_total: usd(minor).exact(),
        pool_holds: Vec::new(),
        key: dayone_domain::allocation::ShareKey::Even,
        weight: Exact::from_i128(1, 0),
        weights: Exact::from_i128(1, 0),
        by_billing_account: by_billing_account.iter().map(|(account, minor)| ((*account).to_owned(), usd(*minor).exact())).collect(),
    });
    Line { what, exact: usd(minor).exact(), amount: usd(minor), list: None, charges: 0, account: Some("6450".to_owned()) }
}

/// The true-up of one closed period by these lines.
pub fn correction(group_id: &str, period: &str, lines: &[Line]) -> Correction {
    let line = |line: &Line| TrueUpLine {
        key: line.key(),
        what: line.what.clone(),
        exact: line.exact,
        amount: line.amount,
        by_billing_account: line.by_billing_account(),
        account: line.account.clone(),
        before: usd(0),
        now: line.amount,
    };
    let total = lines.iter().fold(usd(0), |sum, line| sum + line.amount);
    let true_up = TrueUp { group: group(group_id), total, exact: total.exact(), lines: lines.iter().map(line).collect() };
    Correction { period: month(period), invoice_number: Some(3), round: 1, mode: Mode::Chargeback, true_up }
}

pub fn document(group_id: &str, stage: Stage, lines: &[Line], corrections: &[Correction]) -> InvoiceDocument {
    let total = lines.iter().fold(usd(0), |sum, line| sum + line.amount);
    InvoiceDocument {
        of: of(group_id),
        company: "Test".to_owned(),
        basis: CostBasis::Billed,
        revision: 1,
        stage,
        invoice_number: (stage == Stage::Final).then_some(12),
        issued_on: day("2026-07-01"),
        tree: month("2026-01"),
        invoice: Invoice {
            group: group(group_id),
            charges: 1,
            direct: total.exact(),
            shared: Exact::ZERO,
            exact: total.exact(),
            total,
            lines: lines.to_vec(),
        },
        moves: Vec::new(),
        corrections: corrections.to_vec(),
    }
}

pub fn revision_of(document: &InvoiceDocument, mode: Mode, cause: Cause) -> Revision {
    Revision {
        number: document.revision,
        stage: document.stage,
        cause,
        document: "0".repeat(64),
        invoice_number: document.invoice_number,
        total: document.total(),
        true_ups: document.true_ups(),
        charged: document.charged(),
        mode,
        issued_on: document.issued_on,
    }
}

pub fn coding() -> LedgerCoding {
    let holding = |account: &str| Holding { account: account.to_owned(), cost_center: "9000".to_owned() };
    LedgerCoding {
        default_account: "6499".to_owned(),
        by_charge_category: Vec::new(),
        by_service: Vec::new(),
        default_holding: holding("1490"),
        holding_by_billing_account: vec![("acc-1".to_owned(), holding("1491")), ("acc-2".to_owned(), holding("1492"))],
    }
}

pub fn calendar() -> LedgerCalendar {
    let also = BTreeSet::from(["Test AB".to_owned()]);
    LedgerCalendar::try_new(usd(0).currency(), "Test Inc.".to_owned(), also, 10, BTreeMap::new()).unwrap()
}

/// An invoice with its newest document and its journals.
#[derive(Clone, Debug)]
pub struct Case {
    pub state: InvoiceState,
    pub document: InvoiceDocument,
    pub journals: Vec<(JournalEntry, JournalState)>,
    pub keeper: Keeper,
}

impl Case {
    /// A final invoice in chargeback, of the group `alpha`.
    pub fn of_lines(lines: &[Line]) -> Case {
        Case::issued(document("alpha", Stage::Final, lines, &[]), Mode::Chargeback)
    }

    pub fn issued(mut document: InvoiceDocument, mode: Mode) -> Case {
        if mode == Mode::Showback {
            document.invoice.group.mode = mode;
        }
        let state = InvoiceState::new(document.of.clone());
        let mut case = Case { state, document, journals: Vec::new(), keeper: Keeper::Group };
        let events = case.state.issue(revision_of(&case.document, mode, Cause::Run { run: 1 })).events();
        case.record(By::Policy, events);
        case
    }

    pub fn record(&mut self, by: By, events: Vec<InvoiceEvent>) {
        for event in events {
            self.state.apply(&Recorded { by: by.clone(), at: moment(), why: None, input: None, event });
        }
    }

    /// Records what a decision comes to.
    pub fn decided(&mut self, actor: &Actor, decision: Result<Outcome<InvoiceEvent>, ReviewRefusal>) {
        let events = decision.unwrap_or_else(|refusal| panic!("{refusal}")).events();
        assert!(!events.is_empty(), "something has happened");
        self.record(actor.by(), events);
    }

    pub fn newest(&self) -> u32 {
        self.document.revision
    }

    pub fn accept(&mut self, actor: &Actor) {
        let decision = self.state.accept(actor, self.newest());
        self.decided(actor, decision);
    }

    pub fn try_dispute(&self, actor: &Actor, line: &str, minor: i128) -> Result<Outcome<InvoiceEvent>, ReviewRefusal> {
        let dispute = DisputeOf { revision: self.newest(), line, amount: usd(minor), reason: "not ours" };
        self.state.dispute(actor, &self.document, dispute)
    }

    /// Disputes a part of a line and gives the dispute's number.
    pub fn dispute(&mut self, actor: &Actor, line: &str, minor: i128) -> u32 {
        let decision = self.try_dispute(actor, line, minor);
        self.decided(actor, decision);
        self.state.disputes.last().unwrap().number
    }

    pub fn reject(&mut self, actor: &Actor, dispute: u32) {
        let decision = self.state.resolve(actor, dispute, Resolution::Rejected { reason: "it is".to_owned() }, |_| true);
        self.decided(actor, decision);
    }

    /// Upholds a dispute: both invoices get revisions. The receiver's mode was always the same.
    pub fn uphold(&mut self, actor: &Actor, dispute: u32, receiver: &mut Case) {
        let mode = receiver.document.invoice.group.mode;
        self.uphold_in(actor, dispute, receiver, mode);
    }

    /// The same with the receiver's mode in the period that the disputed line is of.
    pub fn uphold_in(&mut self, actor: &Actor, dispute: u32, receiver: &mut Case, mode: Mode) {
        let to = receiver.state.of.group.clone();
        let decision = self.state.resolve(actor, dispute, Resolution::Upheld { receiver: to.clone() }, |group| group == to);
        self.decided(actor, decision);
        let known = self.state.disputes.iter().find(|known| known.number == dispute).unwrap();
        let [own, other] = self.document.moved(known, (&to, mode), "a line").unwrap();
        let cause = Cause::Dispute { invoice: self.state.of.clone(), dispute };
        for (case, moved) in [(&mut *self, own), (receiver, other)] {
            case.document.moves.push(moved);
            case.document.revision += 1;
            let mode = case.document.mode();
            let events = case.state.issue(revision_of(&case.document, mode, cause.clone())).events();
            assert_eq!(events.len(), 1);
            case.record(By::Policy, events);
        }
    }

    pub fn line(&self, place: usize) -> String {
        self.document.stated()[place].id.clone()
    }

    /// What could be journaled now.
    pub fn entries(&self) -> Result<Vec<JournalEntry>, LedgerRefusal> {
        let (coding, calendar) = (coding(), calendar());
        let gate = Gate::open(&self.state).expect("the gate is open");
        gate.entries(&self.document, &self.made(), Books { coding: Some(&coding), calendar: &calendar, trees: None }, day("2026-07-09"))
    }

    pub fn made(&self) -> Vec<JournalEntry> {
        self.journals.iter().map(|(entry, _)| entry.clone()).collect()
    }

    /// Builds what can be journaled now; gives the places of the new entries.
    pub fn journal(&mut self) -> Vec<usize> {
        let entries = self.entries().unwrap();
        entries.into_iter().map(|entry| self.keep(entry)).collect()
    }

    fn keep(&mut self, entry: JournalEntry) -> usize {
        let built = JournalEvent::Built {
            document: "1".repeat(64),
            kind: entry.kind(),
            invoice: entry.invoice().clone(),
            of_journal: entry.facts().of_journal.clone(),
        };
        let journal = InvoiceEvent::Journaled { journal: entry.reference().to_owned(), document: "1".repeat(64) };
        self.record(By::Policy, vec![journal]);
        let state = JournalState::built(entry.reference(), &recorded(built)).unwrap();
        self.journals.push((entry, state));
        self.journals.len() - 1
    }

    /// Sends an entry; it has landed.
    pub fn post(&mut self, place: usize) {
        self.send(place);
        self.land(place);
    }

    /// Sends an entry.
    pub fn send(&mut self, place: usize) {
        let posting = calendar().posting(self.journals[place].0.facts().period, day("2026-07-09"));
        let state = &mut self.journals[place].1;
        apply(state, state.freeze(Route::Call, &posting, "2".repeat(64)));
    }

    /// The ERP has an entry. What a reversal undoes is marked.
    pub fn land(&mut self, place: usize) {
        let state = &mut self.journals[place].1;
        let number = format!("ERP-{}", state.reference);
        apply(state, state.landed(&number));
        let (reference, reversed) = (state.reference.clone(), state.of_journal.clone());
        if state.kind == JournalKind::Reversal {
            let original = self.journals.iter_mut().find(|(entry, _)| Some(entry.reference()) == reversed.as_deref()).unwrap();
            original.1.apply(&recorded(JournalEvent::Reversed { by: reference }));
        }
    }

    /// Makes the reversal of a posted entry; what was accepted is open again.
    pub fn reverse(&mut self, place: usize) -> usize {
        let (entry, state) = &self.journals[place];
        state.may_be_reversed().unwrap();
        let reference = reference_of(self.document.invoice_number, self.journals.len() + 1);
        let (reversed, reversal) = (entry.reference().to_owned(), entry.reversal(reference, day("2026-07-10"), "wrong"));
        let place = self.keep(reversal);
        let revision = self.newest();
        self.record(controller("ines").by(), vec![InvoiceEvent::Reopened { revision, journal: reversed }]);
        place
    }

    pub fn with_status(&self) -> Vec<(JournalEntry, JournalStatus)> {
        self.journals.iter().map(|(entry, state)| (entry.clone(), state.status)).collect()
    }

    pub fn states(&self) -> BTreeMap<StateKey, i128> {
        states_of(&self.state, &self.document, &self.with_status(), self.keeper)
    }
}

pub fn recorded(event: JournalEvent) -> Recorded<JournalEvent> {
    Recorded { by: By::Policy, at: moment(), why: None, input: None, event }
}

pub fn apply(state: &mut JournalState, decision: Result<Outcome<JournalEvent>, dayone_domain::ledger::life::JournalRefusal>) {
    let events = decision.unwrap_or_else(|refusal| panic!("{refusal}")).events();
    assert!(!events.is_empty(), "something has happened");
    for event in events {
        state.apply(&recorded(event));
    }
}
