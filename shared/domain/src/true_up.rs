//! True-ups: what a closed period's newest delivery differs by from what was issued.
//!
//! Both sides are invoices of the whole period, allocated under the tree of that period. What reaches a group
//! directly thus differs by what its charges differ by; a share of a pool follows the newest base as well as the
//! newest cost of the pool. Over all groups the amounts sum to the newest master bill, rounded, minus what was
//! issued. A provider's own correction belongs to the bill that carries it, so that it is never part of the true-up
//! of the period that it corrects.
//!
//! After a true-up was issued, the newest invoices that it was drawn from are what the next one is held against.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::currency::{Currency, Money};
use crate::exact::Exact;
use crate::invoice::{Invoice, Invoices, Line, LineKey, LineKind};
use crate::tree::CostGroup;

/// What one cost group's invoice of a closed period changes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrueUp {
    /// Whose: as in the newest invoices, else as it was issued.
    pub group: CostGroup,
    /// The newest total minus the issued one.
    pub total: Money,
    /// The newest exact cost minus the issued one.
    pub exact: Exact,
    /// What changed, in the order of the keys. The amounts sum to `total`; the exact differences to `exact`.
    pub lines: Vec<TrueUpLine>,
}

/// What one line of a closed period's invoice changes by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrueUpLine {
    /// What the line is for.
    pub key: LineKey,
    /// The same with names and, for a share, what it was reckoned from: as in the newest invoice, else as it was
    /// issued.
    pub what: LineKind,
    /// The newest exact cost minus the issued one.
    pub exact: Exact,
    /// The newest amount minus the issued one.
    pub amount: Money,
    /// The difference by billing account (FOCUS BillingAccountId), in the order of the accounts, without those that
    /// did not change. Sums to `amount`.
    pub by_billing_account: Vec<(String, Money)>,
    /// General-ledger expense account: of the newest line, else of the issued one.
    pub account: Option<String>,
    /// The amount that was issued; nought for a new line.
    pub before: Money,
    /// The newest amount; nought for a line that is gone.
    pub now: Money,
}

impl TrueUpLine {
    /// Whether no minor unit moves, neither in the amount nor between billing accounts.
    fn moves_nothing(&self) -> bool {
        self.amount.is_zero() && self.by_billing_account.is_empty()
    }
}

/// What the newest invoices of a closed period differ by from those that were issued, in the order of the groups'
/// identifiers.
///
/// `issued` is the baseline: the newest full state that owners were charged for, one invoice a group; a group that
/// is missing was issued nothing. Left out are lines whose exact cost, amount and parts by billing account all stayed,
/// and groups of which no minor unit moves.
///
/// # Panics
/// Where an invoice of `issued` is in another currency than the newest, or two are of one group.
pub fn true_ups(issued: &[Invoice], newest: &Invoices) -> Vec<TrueUp> {
    let issued = by_group(issued);
    let now = by_group(&newest.invoices);
    let groups: BTreeSet<&str> = issued.keys().chain(now.keys()).copied().collect();
    let of = |group: &str| true_up(issued.get(group).copied(), now.get(group).copied(), newest.key.currency);
    groups.into_iter().filter_map(of).collect()
}

fn by_group(invoices: &[Invoice]) -> BTreeMap<&str, &Invoice> {
    let by_group: BTreeMap<&str, &Invoice> = invoices.iter().map(|invoice| (invoice.group.id.as_str(), invoice)).collect();
    assert!(by_group.len() == invoices.len(), "two invoices are of one cost group");
    by_group
}

fn true_up(issued: Option<&Invoice>, newest: Option<&Invoice>, currency: Currency) -> Option<TrueUp> {
    let group = newest.or(issued)?.group.clone();
    let (before, now) = (by_key(issued), by_key(newest));
    let keys: BTreeSet<&LineKey> = before.keys().chain(now.keys()).collect();
    let line = |key: &LineKey| true_up_line(key, before.get(key).copied(), now.get(key).copied(), currency);
    let lines: Vec<TrueUpLine> = keys.into_iter().filter_map(line).collect();
    if lines.iter().all(TrueUpLine::moves_nothing) {
        return None;
    }
    let nothing = Money::from_minor(0, currency);
    Some(TrueUp {
        group,
        total: lines.iter().map(|line| line.amount).fold(nothing, |sum, amount| sum + amount),
        exact: lines.iter().map(|line| line.exact).sum(),
        lines,
    })
}

fn by_key(invoice: Option<&Invoice>) -> BTreeMap<LineKey, &Line> {
    invoice.into_iter().flat_map(|invoice| &invoice.lines).map(|line| (line.key(), line)).collect()
}

fn true_up_line(key: &LineKey, issued: Option<&Line>, newest: Option<&Line>, currency: Currency) -> Option<TrueUpLine> {
    let shown = newest.or(issued)?;
    let nothing = Money::from_minor(0, currency);
    let [before, now] = [issued, newest].map(|line| line.map_or(nothing, |line| line.amount));
    let [exact_before, exact_now] = [issued, newest].map(|line| line.map_or(Exact::ZERO, |line| line.exact));
    let line = TrueUpLine {
        key: key.clone(),
        what: shown.what.clone(),
        exact: exact_now - exact_before,
        amount: now - before,
        by_billing_account: moved_by_account(issued, newest, nothing),
        account: shown.account.clone(),
        before,
        now,
    };
    (!line.exact.is_zero() || !line.moves_nothing()).then_some(line)
}

fn moved_by_account(issued: Option<&Line>, newest: Option<&Line>, nothing: Money) -> Vec<(String, Money)> {
    let parts = |line: Option<&Line>| line.map(Line::by_billing_account).unwrap_or_default();
    let mut moved: BTreeMap<String, Money> = parts(newest).into_iter().collect();
    for (account, amount) in parts(issued) {
        let sum = moved.entry(account).or_insert(nothing);
        *sum = *sum - amount;
    }
    moved.into_iter().filter(|(_, amount)| !amount.is_zero()).collect()
}
