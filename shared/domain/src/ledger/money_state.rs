//! Where every minor unit of a bill stands.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ledger::journal::JournalEntry;
use crate::ledger::life::JournalStatus;
use crate::review::{InvoiceDocument, InvoiceState};
use crate::tree::Mode;

/// The one state of a minor unit. All but [`Posted`](MoneyState::Posted) is what the holding accounts still carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoneyState {
    /// The ledger has it.
    Posted,
    /// Accepted, and not in the ledger yet.
    AwaitingPosting,
    /// In chargeback, and nobody has accepted it yet.
    AwaitingAcceptance,
    /// Disputed, and the dispute is open.
    Disputed,
    /// The cost group is in showback.
    Showback,
    /// Kept in the middle.
    Central,
    /// No rule says whose it is.
    Unallocated,
}

impl MoneyState {
    /// All, in the order in which they are shown.
    pub const ALL: [MoneyState; 7] = [
        MoneyState::Posted,
        MoneyState::AwaitingPosting,
        MoneyState::AwaitingAcceptance,
        MoneyState::Disputed,
        MoneyState::Showback,
        MoneyState::Central,
        MoneyState::Unallocated,
    ];

    /// The words for people.
    pub fn label(self) -> &'static str {
        match self {
            MoneyState::Posted => "posted",
            MoneyState::AwaitingPosting => "awaiting posting",
            MoneyState::AwaitingAcceptance => "awaiting acceptance",
            MoneyState::Disputed => "disputed",
            MoneyState::Showback => "showback",
            MoneyState::Central => "central",
            MoneyState::Unallocated => "unallocated",
        }
    }
}

/// What kind of cost group it is, to the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// It may be charged.
    Group,
    /// It keeps cost in the middle.
    Central,
    /// What no rule matches.
    Unallocated,
}

/// The bill that an amount belongs to: the invoice's own, or the closed one that a true-up corrects; the state; and
/// the billing account.
pub type StateKey = (crate::period::BillingPeriod, MoneyState, String);

/// Where the amounts of one invoice stand, in minor units; they sum to what the document is of.
///
/// `entries` are all journal entries made of the invoice, reversals included, with their status. A reversal that is
/// made and not posted counts below nought as awaiting posting: what it undoes is in the ledger until then.
pub fn states_of(
    state: &InvoiceState,
    document: &InvoiceDocument,
    entries: &[(JournalEntry, JournalStatus)],
    keeper: Keeper,
) -> BTreeMap<StateKey, i128> {
    let mut sums: BTreeMap<StateKey, i128> = BTreeMap::new();
    let mut journaled: BTreeMap<(&str, &str), [i128; 2]> = BTreeMap::new();
    for (entry, status) in entries {
        for cover in &entry.facts().covers {
            let into = journaled.entry((&cover.line, &cover.billing_account)).or_default();
            into[usize::from(!status.is_in_ledger())] += cover.minor;
        }
    }
    let is_accepted = state.is_accepted();
    let rest_state = match (keeper, state.newest().map_or(Mode::Showback, |revision| revision.mode)) {
        (Keeper::Unallocated, _) => MoneyState::Unallocated,
        (Keeper::Central, _) => MoneyState::Central,
        (Keeper::Group, Mode::Showback) => MoneyState::Showback,
        (Keeper::Group, Mode::Chargeback) if is_accepted => MoneyState::AwaitingPosting,
        (Keeper::Group, Mode::Chargeback) => MoneyState::AwaitingAcceptance,
    };
    let own = state.of.bill.period;
    let mut add = |key: StateKey, minor: i128| *sums.entry(key).or_default() += minor;
    for stated in document.stated() {
        let period = stated.corrects.unwrap_or(own);
        let mut left: BTreeMap<String, i128> = BTreeMap::new();
        for (account, amount) in &stated.by_billing_account {
            *left.entry(account.clone()).or_default() += amount.minor();
        }
        let keys: Vec<(&str, &str)> = journaled.keys().copied().filter(|(line, _)| *line == stated.id).collect();
        for key in keys {
            let [posted, awaiting] = journaled.remove(&key).unwrap_or_default();
            add((period, MoneyState::Posted, key.1.to_owned()), posted);
            add((period, MoneyState::AwaitingPosting, key.1.to_owned()), awaiting);
            *left.entry(key.1.to_owned()).or_default() -= posted + awaiting;
        }
        // After a reversal of one of several entries more can be disputed than the ledger gave back: what it still has
        // is posted, and nothing else.
        for (account, amount) in stated.part(state.held(&stated.id)) {
            let rest = left.entry(account.clone()).or_default();
            let disputed = if amount.is_negative() { amount.minor().max(*rest).min(0) } else { amount.minor().min(*rest).max(0) };
            *rest -= disputed;
            add((period, MoneyState::Disputed, account), disputed);
        }
        let rest_state = match keeper {
            Keeper::Group if stated.is_shown_only() => MoneyState::Showback,
            _ => rest_state,
        };
        for (account, minor) in left {
            add((period, rest_state, account), minor);
        }
    }
    // What was journaled of lines that a later revision no longer states has to come back.
    for ((_, account), [posted, awaiting]) in journaled {
        add((own, MoneyState::Posted, account.to_owned()), posted);
        add((own, MoneyState::AwaitingPosting, account.to_owned()), awaiting);
        add((own, rest_state, account.to_owned()), -(posted + awaiting));
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}
