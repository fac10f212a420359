//! Promise 9: every minor unit billed is in exactly one state. The states sum to the bill; all but *posted* is what
//! the providers' holding accounts still carry.

mod invoicing;

use std::collections::BTreeMap;

use dayone_domain::BillingPeriod;
use dayone_domain::ledger::money_state::Keeper;
use dayone_domain::ledger::{Gate, JournalKind, JournalStatus, MoneyState, Side};
use dayone_domain::review::document::Correction;
use dayone_domain::review::{Actor, InvoiceDocument, Stage, Stated};
use dayone_domain::tree::Mode;
use invoicing::*;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

const GROUPS: [&str; 4] = ["alpha", "beta", "gamma", "unallocated"];
const ACCOUNTS: [&str; 3] = ["acc-1", "acc-2", "acc-3"];

#[derive(Clone, Debug)]
enum Act {
    Accept(usize),
    Dispute { group: usize, line: usize, percent: i128 },
    Uphold { group: usize, dispute: usize, receiver: usize },
    Reject { group: usize, dispute: usize },
    Journal(usize),
    Send { group: usize, journal: usize },
    Land { group: usize, journal: usize },
    Refuse { group: usize, journal: usize },
    Reverse { group: usize, journal: usize },
}

fn act() -> impl Strategy<Value = Act> {
    let (group, place) = (|| 0..GROUPS.len(), || 0usize..8);
    prop_oneof![
        3 => group().prop_map(Act::Accept),
        3 => (group(), place(), 1i128..=100).prop_map(|(group, line, percent)| Act::Dispute { group, line, percent }),
        2 => (group(), place(), group()).prop_map(|(group, dispute, receiver)| Act::Uphold { group, dispute, receiver }),
        2 => (group(), place()).prop_map(|(group, dispute)| Act::Reject { group, dispute }),
        4 => group().prop_map(Act::Journal),
        3 => (group(), place()).prop_map(|(group, journal)| Act::Send { group, journal }),
        3 => (group(), place()).prop_map(|(group, journal)| Act::Land { group, journal }),
        1 => (group(), place()).prop_map(|(group, journal)| Act::Refuse { group, journal }),
        2 => (group(), place()).prop_map(|(group, journal)| Act::Reverse { group, journal }),
    ]
}

fn minor() -> impl Strategy<Value = i128> {
    prop_oneof![4 => 1i128..20_000, 2 => -20_000i128..0, 1 => Just(0)]
}

/// Lines of charges of the group's own, and shares that came through several billing accounts.
fn lines() -> impl Strategy<Value = Vec<dayone_domain::invoice::Line>> {
    let own = prop::collection::btree_map((0usize..2, 0..ACCOUNTS.len()), minor(), 0..3);
    let shares = prop::collection::btree_map(0usize..2, [minor(), minor(), minor()], 0..2);
    (own, shares).prop_map(|(own, shares)| {
        let own = own.into_iter().map(|((service, account), minor)| direct(["EC2", "S3"][service], ACCOUNTS[account], minor));
        let shares = shares.into_iter().map(|(pool, parts)| {
            let parts: Vec<(&str, i128)> = ACCOUNTS.into_iter().zip(parts).collect();
            shared(["platform", "network"][pool], &parts)
        });
        own.chain(shares).collect()
    })
}

fn invoice(place: usize) -> impl Strategy<Value = Case> {
    let late = || prop::option::weighted(0.5, lines());
    let mode = || prop_oneof![5 => Just(Mode::Chargeback), 1 => Just(Mode::Showback)];
    let stage = prop_oneof![9 => Just(Stage::Final), 1 => Just(Stage::Provisional)];
    (lines(), late(), late(), [mode(), mode(), mode()], stage).prop_map(move |(lines, april, may, modes, stage)| {
        let group = GROUPS[place];
        let keeps_cost = group == "unallocated";
        // A group may have been promoted or demoted between the periods.
        let [own, of_april, of_may] = modes.map(|mode| if keeps_cost { Mode::Showback } else { mode });
        let of_period = |period, mode, lines: Option<Vec<_>>| lines.map(|lines| Correction { mode, ..correction(group, period, &lines) });
        let late = [of_period("2026-04", of_april, april), of_period("2026-05", of_may, may)];
        let corrections: Vec<Correction> = late.into_iter().flatten().collect();
        let mut document = document(group, stage, &lines, &corrections);
        document.invoice.group.mode = own;
        let mode = document.mode();
        document.invoice_number = document.invoice_number.map(|number| number + place as u64);
        let mut case = Case::issued(document, mode);
        case.keeper = if keeps_cost { Keeper::Unallocated } else { Keeper::Group };
        case
    })
}

fn bill_of_invoices() -> impl Strategy<Value = Vec<Case>> {
    (invoice(0), invoice(1), invoice(2), invoice(3)).prop_map(|(a, b, c, d)| vec![a, b, c, d])
}

fn owner_of(case: &Case) -> Actor {
    owner("ana", &[&case.state.of.group])
}

fn place_in<T>(list: &[T], place: usize) -> Option<usize> {
    (!list.is_empty()).then(|| place % list.len())
}

/// The mode of a receiver in the period of a disputed line: what its invoice says of that period, else one or the other.
fn mode_of_receiver(from: &Case, dispute: u32, to: &Case) -> Mode {
    let dispute = from.state.disputes.iter().find(|known| known.number == dispute).unwrap();
    let Some(period) = from.document.stated_line(&dispute.line).unwrap().corrects else { return to.document.invoice.group.mode };
    let known = to.document.stated().into_iter().find(|stated| stated.corrects == Some(period)).map(|stated| stated.mode);
    let either = if to.keeper == Keeper::Group && dispute.number % 2 == 0 { Mode::Chargeback } else { Mode::Showback };
    known.unwrap_or(either)
}

/// Does what the transitions allow, and nothing else.
fn perform(cases: &mut [Case], act: &Act) {
    let finn = finops("finn");
    match act {
        Act::Accept(group) => {
            let case = &mut cases[*group];
            let actor = owner_of(case);
            if let Ok(outcome) = case.state.accept(&actor, case.newest()) {
                case.record(actor.by(), outcome.events());
            }
        }
        Act::Dispute { group, line, percent } => {
            let case = &mut cases[*group];
            let stated = case.document.stated();
            let Some(place) = place_in(&stated, *line) else { return };
            let left = stated[place].left().minor() - case.state.held(&stated[place].id).minor();
            let actor = owner_of(case);
            if let Ok(outcome) = case.try_dispute(&actor, &stated[place].id, left * percent / 100) {
                case.record(actor.by(), outcome.events());
            }
        }
        Act::Uphold { group, dispute, receiver } => {
            let Some(number) = open_dispute(&cases[*group], *dispute) else { return };
            // A run is complete before people decide: all invoices of a bill are final together.
            if group != receiver && cases[*receiver].document.stage == Stage::Final {
                let mut other = cases[*receiver].clone();
                let mode = mode_of_receiver(&cases[*group], number, &other);
                cases[*group].uphold_in(&finn, number, &mut other, mode);
                cases[*receiver] = other;
            }
        }
        Act::Reject { group, dispute } => {
            if let Some(number) = open_dispute(&cases[*group], *dispute) {
                cases[*group].reject(&finn, number);
            }
        }
        Act::Journal(group) => {
            let case = &mut cases[*group];
            if Gate::open(&case.state).is_ok() {
                case.journal();
            }
        }
        Act::Send { group, journal } => {
            if let Some(place) = journal_at(&cases[*group], *journal, &[JournalStatus::Ready, JournalStatus::Refused]) {
                cases[*group].send(place);
            }
        }
        Act::Land { group, journal } => {
            if let Some(place) = journal_at(&cases[*group], *journal, &[JournalStatus::Sending]) {
                cases[*group].land(place);
            }
        }
        Act::Refuse { group, journal } => {
            if let Some(place) = journal_at(&cases[*group], *journal, &[JournalStatus::Sending]) {
                let state = &mut cases[*group].journals[place].1;
                apply(state, state.refused("closed".to_owned()));
            }
        }
        Act::Reverse { group, journal } => {
            let case = &mut cases[*group];
            let Some(place) = place_in(&case.journals, *journal) else { return };
            let reference = Some(case.journals[place].0.reference().to_owned());
            let is_reversed = case.journals.iter().any(|(entry, _)| entry.facts().of_journal == reference);
            if case.journals[place].1.may_be_reversed().is_ok() && !is_reversed {
                case.reverse(place);
            }
        }
    }
}

fn journal_at(case: &Case, place: usize, statuses: &[JournalStatus]) -> Option<usize> {
    let has_status = |place: &usize| statuses.contains(&case.journals[*place].1.status);
    let places: Vec<usize> = (0..case.journals.len()).filter(has_status).collect();
    place_in(&places, place).map(|place| places[place])
}

fn open_dispute(case: &Case, place: usize) -> Option<u32> {
    let open: Vec<u32> = case.state.open_disputes().map(|dispute| dispute.number).collect();
    place_in(&open, place).map(|place| open[place])
}

type ByPeriodAndAccount = BTreeMap<(BillingPeriod, String), i128>;

/// What a document is of, by billing period and billing account, reckoned from its lines alone.
fn due(document: &InvoiceDocument) -> ByPeriodAndAccount {
    let mut sums = ByPeriodAndAccount::new();
    for stated in document.stated() {
        let period = stated.corrects.unwrap_or(document.of.bill.period);
        for (account, amount) in stated.by_billing_account {
            *sums.entry((period, account)).or_default() += amount.minor();
        }
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

fn summed(cases: &[Case], of: impl Fn(&Case) -> ByPeriodAndAccount) -> ByPeriodAndAccount {
    let mut sums = ByPeriodAndAccount::new();
    for (key, minor) in cases.iter().flat_map(of) {
        *sums.entry(key).or_default() += minor;
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

/// The states of one invoice sum to what its document is of, and *posted* is what the ledger's entries moved.
fn check_states(case: &Case) -> Result<(), TestCaseError> {
    let states = case.states();
    let mut sums = ByPeriodAndAccount::new();
    for ((period, _, account), minor) in &states {
        *sums.entry((*period, account.clone())).or_default() += minor;
    }
    sums.retain(|_, minor| *minor != 0);
    prop_assert_eq!(&sums, &due(&case.document));
    prop_assert_eq!(sums.values().sum::<i128>(), case.document.due().minor());
    let of_bill: i128 = sums.iter().filter(|((period, _), _)| *period == month("2026-06")).map(|(_, minor)| minor).sum();
    prop_assert_eq!((of_bill, case.document.due().minor() - of_bill), (case.document.total().minor(), case.document.true_ups().minor()));

    let in_ledger = |status: JournalStatus| matches!(status, JournalStatus::Posted | JournalStatus::Reversed);
    let mut posted = ByPeriodAndAccount::new();
    for (entry, status) in case.with_status().into_iter().filter(|(_, status)| in_ledger(*status)) {
        prop_assert!(in_ledger(status));
        for cover in &entry.facts().covers {
            *posted.entry((entry.facts().period, cover.billing_account.clone())).or_default() += cover.minor;
        }
    }
    posted.retain(|_, minor| *minor != 0);
    let told = states.iter().filter(|((_, state, _), _)| *state == MoneyState::Posted);
    let told: ByPeriodAndAccount = told.map(|((period, _, account), minor)| ((*period, account.clone()), *minor)).collect();
    prop_assert_eq!(told, posted);

    // Nothing is in a state that it cannot be in.
    let can_be = |state: MoneyState| match state {
        MoneyState::Unallocated => case.keeper == Keeper::Unallocated,
        MoneyState::Showback => {
            let is_charged = case.state.newest().unwrap().mode == Mode::Chargeback;
            case.keeper == Keeper::Group && (!is_charged || case.document.stated().iter().any(Stated::is_shown_only))
        }
        MoneyState::AwaitingAcceptance => !case.state.is_accepted(),
        MoneyState::Disputed => case.state.open_disputes().next().is_some(),
        MoneyState::Central => false,
        MoneyState::Posted | MoneyState::AwaitingPosting => !case.journals.is_empty() || case.state.is_accepted(),
    };
    prop_assert!(states.keys().all(|(_, state, _)| can_be(*state)), "{:?}", states);
    Ok(())
}

/// However often a line is disputed: it is not disputed or given away beyond what it states.
fn check_lines(case: &Case) -> Result<(), TestCaseError> {
    for stated in case.document.stated() {
        let (amount, left, held) = (stated.amount.minor(), stated.left().minor(), case.state.held(&stated.id).minor());
        let is_within = |part: i128, whole: i128| part == 0 || (part.signum() == whole.signum() && part.abs() <= whole.abs());
        prop_assert!(is_within(left, amount) && is_within(held, left), "{} of {} of {}", held, left, amount);
    }
    Ok(())
}

/// Entries are balanced line by line, and exist only where a final revision in chargeback was accepted.
fn check_entries(case: &Case) -> Result<(), TestCaseError> {
    for (entry, _) in &case.journals {
        let side = |side: Side| entry.lines().iter().filter(|line| line.side == side).map(|line| line.amount.minor()).sum::<i128>();
        prop_assert!(side(Side::Debit) == side(Side::Credit) && side(Side::Debit) > 0);
        let revision = case.state.revisions.iter().find(|revision| revision.number == entry.facts().revision).unwrap();
        prop_assert!(revision.stage == Stage::Final && revision.mode == Mode::Chargeback);
        prop_assert!(case.state.acceptances.iter().any(|acceptance| acceptance.revision == revision.number));
    }
    let mut references: Vec<&str> = case.journals.iter().map(|(entry, _)| entry.reference()).collect();
    references.sort_unstable();
    references.dedup();
    prop_assert_eq!(references.len(), case.journals.len());
    let is_open = case.state.is_accepted() && case.state.newest().unwrap().stage == Stage::Final;
    prop_assert_eq!(Gate::open(&case.state).is_ok(), is_open && case.state.newest().unwrap().mode == Mode::Chargeback);
    Ok(())
}

/// What the providers billed, less what the ledger's lines took off each holding account, is all that is not posted.
fn check_holding(cases: &[Case], billed: &ByPeriodAndAccount) -> Result<(), TestCaseError> {
    let coding = coding();
    let holding = |account: &str| coding.holding(account).account.clone();
    let mut carried: BTreeMap<String, i128> = BTreeMap::new();
    for ((_, account), minor) in billed {
        *carried.entry(holding(account)).or_default() += minor;
    }
    let entries = cases.iter().flat_map(Case::with_status).filter(|(_, status)| status.is_in_ledger());
    for (entry, _) in entries {
        for line in entry.lines().iter().filter(|line| line.coding.account.starts_with("149")) {
            let sign = if line.side == Side::Credit { -1 } else { 1 };
            *carried.entry(line.coding.account.clone()).or_default() += sign * line.amount.minor();
        }
    }
    let mut not_posted: BTreeMap<String, i128> = BTreeMap::new();
    for ((_, state, account), minor) in cases.iter().flat_map(Case::states) {
        if state != MoneyState::Posted {
            *not_posted.entry(holding(&account)).or_default() += minor;
        }
    }
    carried.retain(|_, minor| *minor != 0);
    not_posted.retain(|_, minor| *minor != 0);
    prop_assert_eq!(carried, not_posted);
    Ok(())
}

/// When every dispute is resolved, everything is accepted and every entry has landed, all of chargeback is posted.
fn finish(cases: &mut [Case]) -> Result<(), TestCaseError> {
    for group in 0..cases.len() {
        while open_dispute(&cases[group], 0).is_some() {
            perform(cases, &Act::Reject { group, dispute: 0 });
        }
    }
    for case in cases.iter_mut() {
        let actor = owner_of(case);
        if let Ok(outcome) = case.state.accept(&actor, case.newest()) {
            case.record(actor.by(), outcome.events());
        }
        while let Some(place) = journal_at(case, 0, &[JournalStatus::Ready, JournalStatus::Refused]) {
            case.send(place);
        }
        while let Some(place) = journal_at(case, 0, &[JournalStatus::Sending]) {
            case.land(place);
        }
        if Gate::open(&case.state).is_err() {
            continue;
        }
        for place in case.journal() {
            case.post(place);
        }
        // Lines that cancel each other on one holding account and one expense account post nothing.
        let mut open: BTreeMap<(BillingPeriod, MoneyState), i128> = BTreeMap::new();
        case.states().into_iter().for_each(|((period, state, _), minor)| *open.entry((period, state)).or_default() += minor);
        open.retain(|(_, state), minor| !matches!(state, MoneyState::Posted | MoneyState::Showback) && *minor != 0);
        prop_assert!(open.is_empty(), "{:?}", open);
        let moved: i128 = case.journals.iter().map(|(entry, _)| entry.moved().minor()).sum();
        let charged = case.document.stated().into_iter().filter(|stated| !stated.is_shown_only());
        prop_assert_eq!(case.document.charged().sum().minor(), moved);
        prop_assert_eq!(moved, charged.map(|stated| stated.amount.minor()).sum::<i128>());
        prop_assert!(case.journals.iter().all(|(entry, _)| entry.kind() != JournalKind::Reclass));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn every_minor_unit_is_in_one_state_whatever_people_do(mut cases in bill_of_invoices(), acts in prop::collection::vec(act(), 0..60)) {
        let billed = summed(&cases, |case| due(&case.document));
        for act in &acts {
            perform(&mut cases, act);
            for case in &cases {
                check_states(case)?;
                check_lines(case)?;
                check_entries(case)?;
            }
            prop_assert_eq!(&summed(&cases, |case| due(&case.document)), &billed);
            check_holding(&cases, &billed)?;
        }
        finish(&mut cases)?;
        check_holding(&cases, &billed)?;
    }
}
