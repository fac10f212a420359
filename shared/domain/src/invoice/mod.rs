//! Invoices of cost groups, drawn from an allocation.

mod key;
mod line;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::allocation::{AllocatedPool, Allocation};
use crate::charge::{Cost, CostBasis, Dimension};
use crate::cube::{BillKey, Cube};
use crate::currency::Money;
use crate::exact::Exact;
use crate::rounding::{round_bill, round_parts};
use crate::tree::{CostGroup, LedgerCoding, Node};

pub use key::LineKey;
pub use line::{DirectLine, Held, Line, LineError, LineKind, SharedLine};

/// All invoices of one master bill, in the order of [`Allocation::groups`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoices {
    /// The bill.
    pub key: BillKey,
    /// The cost that counts.
    pub basis: CostBasis,
    /// Charges of the bill.
    pub charges: u64,
    /// The master bill, all four costs.
    pub master: Cost,
    /// The master bill in the basis, rounded to the currency's minor unit.
    pub bill_total: Money,
    /// One for every cost group. [`CostGroup::parent`] is a place in this list.
    pub invoices: Vec<Invoice>,
    /// Place of the unallocated group's invoice.
    pub unallocated: usize,
    /// FOCUS ProviderName of those who have not invoiced the period yet: no charge of theirs carries an InvoiceId.
    /// Their charges may still change.
    pub not_invoiced_yet: Vec<String>,
}

/// What one cost group is charged itself, without those below it. Internal recharge, not a tax invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invoice {
    /// Whose.
    pub group: CostGroup,
    /// Charges matched to the group directly.
    pub charges: u64,
    /// The exact cost of these.
    pub direct: Exact,
    /// The exact cost that came from shared pools.
    pub shared: Exact,
    /// The exact cost in all.
    pub exact: Exact,
    /// The amount, in the currency's minor unit.
    pub total: Money,
    /// The lines, by nature, then provider, service and account; shared lines last. Their amounts sum to
    /// `total`, their exact costs to `exact`.
    pub lines: Vec<Line>,
}

#[derive(Clone, Copy)]
struct DirectSum {
    exact: Exact,
    list: Option<Exact>,
    charges: u64,
}

impl Invoice {
    /// The total as the sum of its direct lines and the sum of its shared lines, in this order: the two always make the
    /// total, and each is what the lines that people see add up to.
    pub fn direct_and_shared(&self) -> [Money; 2] {
        let nothing = Money::from_minor(0, self.total.currency());
        let shared = self.lines.iter().filter(|line| matches!(line.what, LineKind::Shared(_)));
        let shared = shared.fold(nothing, |sum, line| sum + line.amount);
        [self.total - shared, shared]
    }
}

impl Invoices {
    /// Draws the invoices of an allocated bill. `ledger` codes the lines.
    ///
    /// # Panics
    /// Where two lines of one invoice have the same [`LineKey::id`]: an identifier that names two lines would let
    /// a decision on one fall on the other.
    pub fn draw(cube: &Cube, allocation: &Allocation, ledger: Option<&LedgerCoding>) -> Invoices {
        let mut direct: Vec<BTreeMap<DirectLine, DirectSum>> = vec![BTreeMap::new(); allocation.groups.len()];
        let mut pool_holds: Vec<BTreeMap<Held, Exact>> = vec![BTreeMap::new(); allocation.pools.len()];
        let mut is_invoiced: BTreeMap<&str, bool> = BTreeMap::new();
        for (row, assignment) in cube.rows(allocation.key).zip(&allocation.assignments) {
            *is_invoiced.entry(row.value(Dimension::Provider)).or_default() |= !row.value(Dimension::InvoiceId).is_empty();
            let place = match assignment.to {
                Node::Group(place) => place,
                Node::Pool(place) => {
                    let held = Held::Charges(row.nature(allocation.basis));
                    *pool_holds[place].entry(held).or_default() += row.cost().of(allocation.basis);
                    continue;
                }
            };
            let (provider, sub_account) = (row.value(Dimension::Provider), row.value(Dimension::SubAccount));
            let line = DirectLine {
                nature: row.nature(allocation.basis),
                provider: provider.to_owned(),
                service: row.value(Dimension::Service).to_owned(),
                sub_account: sub_account.to_owned(),
                sub_account_name: cube.sub_account_name(allocation.key, provider, sub_account).unwrap_or("").to_owned(),
                billing_account: row.value(Dimension::BillingAccount).to_owned(),
                charge_category: row.value(Dimension::ChargeCategory).to_owned(),
                correction_of: row.correction_of(),
            };
            let cost = row.cost();
            let none = DirectSum { exact: Exact::ZERO, list: Some(Exact::ZERO), charges: 0 };
            let sum = direct[place].entry(line).or_insert(none);
            sum.exact += cost.of(allocation.basis);
            sum.list = sum.list.zip(cost.list).map(|(sum, list)| sum + list);
            sum.charges += row.charges();
        }
        for share in &allocation.shares {
            let from = &allocation.pools[share.pool];
            // A pool that nets to nought passes billing accounts on, but no cost that is worth a word.
            if let Node::Pool(place) = share.to
                && !from.total.is_zero()
            {
                let from = Held::Pool(from.pool.name.clone());
                *pool_holds[place].entry(from).or_default() += share.amount;
            }
        }
        let mut shared: Vec<Vec<(SharedLine, Exact, Option<String>)>> = vec![Vec::new(); allocation.groups.len()];
        for share in &allocation.shares {
            let Node::Group(place) = share.to else { continue };
            let AllocatedPool { pool, correction_of, total, .. } = &allocation.pools[share.pool];
            let is_nothing = share.amount.is_zero() && share.by_billing_account.iter().all(|(_, part)| part.is_zero());
            if is_nothing && (share.weight.is_zero() || total.is_zero()) {
                continue;
            }
            let line = SharedLine {
                pool: pool.id.clone(),
                pool_name: pool.name.clone(),
                correction_of: *correction_of,
                pool_total: *total,
                pool_holds: pool_holds[share.pool].iter().map(|(held, amount)| (held.clone(), *amount)).collect(),
                key: share.key.clone(),
                weight: share.weight,
                weights: share.weights,
                by_billing_account: share.by_billing_account.clone(),
            };
            let account = pool.account.clone().or_else(|| ledger.map(|ledger| ledger.default_account.clone()));
            shared[place].push((line, share.amount, account));
        }

        let bill_total = round_bill(allocation.master, allocation.key.currency);
        let sums: Vec<(Exact, Exact)> = direct
            .iter()
            .zip(&shared)
            .map(|(direct, shared)| (direct.values().map(|sum| sum.exact).sum(), shared.iter().map(|(_, amount, _)| *amount).sum()))
            .collect();
        let totals = in_id_order(&allocation.groups, |order| {
            let exact: Vec<Exact> = order.iter().map(|place| sums[*place].0 + sums[*place].1).collect();
            round_parts(bill_total, &exact)
        });
        let invoices = allocation
            .groups
            .iter()
            .zip(direct)
            .zip(shared)
            .zip(sums)
            .zip(totals)
            .map(|((((group, direct), shared), sums), total)| invoice(group, direct, shared, sums, total, ledger))
            .collect();
        let (charges, master) = cube.master_bill(allocation.key);
        Invoices {
            key: allocation.key,
            basis: allocation.basis,
            charges,
            master,
            bill_total,
            invoices,
            unallocated: allocation.unallocated,
            not_invoiced_yet: is_invoiced
                .into_iter()
                .filter(|(_, is_invoiced)| !is_invoiced)
                .map(|(provider, _)| provider.to_owned())
                .collect(),
        }
    }

    /// The exact master bill in the basis.
    pub fn exact_total(&self) -> Exact {
        self.master.of(self.basis)
    }

    /// The sum of all invoices.
    pub fn invoiced_total(&self) -> Money {
        let minor = self.invoices.iter().map(|invoice| invoice.total.minor()).sum();
        Money::from_minor(minor, self.key.currency)
    }

    /// Master bill minus invoiced total.
    pub fn rounding(&self) -> Exact {
        self.exact_total() - self.invoiced_total().exact()
    }

    /// The invoice of a cost group.
    pub fn of(&self, group: &str) -> Option<&Invoice> {
        self.invoices.iter().find(|invoice| invoice.group.id == group)
    }

    /// Each group's own invoice and all below it, summed, in the order of the list.
    pub fn roll_ups(&self) -> Vec<Money> {
        let mut minor: Vec<i128> = self.invoices.iter().map(|invoice| invoice.total.minor()).collect();
        // Parents come before children, so that from the end on every sum is complete when it is passed up.
        for (place, invoice) in self.invoices.iter().enumerate().rev() {
            if let Some(parent) = invoice.group.parent {
                assert!(parent < place, "parents come before children");
                minor[parent] += minor[place];
            }
        }
        minor.into_iter().map(|minor| Money::from_minor(minor, self.key.currency)).collect()
    }
}

fn invoice(
    group: &CostGroup,
    direct: BTreeMap<DirectLine, DirectSum>,
    shared: Vec<(SharedLine, Exact, Option<String>)>,
    (direct_sum, shared_sum): (Exact, Exact),
    total: Money,
    ledger: Option<&LedgerCoding>,
) -> Invoice {
    let charges = direct.values().map(|sum| sum.charges).sum();
    let nothing = Money::from_minor(0, total.currency());
    let direct = direct.into_iter().map(|(line, sum)| Line {
        account: ledger.map(|ledger| ledger.account(&line.charge_category, &line.service).to_owned()),
        what: LineKind::Direct(line),
        exact: sum.exact,
        amount: nothing,
        list: sum.list,
        charges: sum.charges,
    });
    let shared = shared.into_iter().map(|(line, exact, account)| Line {
        what: LineKind::Shared(line),
        exact,
        amount: nothing,
        list: None,
        charges: 0,
        account,
    });
    let mut lines: Vec<Line> = direct.chain(shared).collect();
    let exact: Vec<Exact> = lines.iter().map(|line| line.exact).collect();
    for (line, amount) in lines.iter_mut().zip(round_parts(total, &exact)) {
        line.amount = amount;
    }
    let ids: BTreeSet<String> = lines.iter().map(|line| line.key().id()).collect();
    assert!(ids.len() == lines.len(), "two lines of the invoice of `{}` have one identifier", group.id);
    Invoice { group: group.clone(), charges, direct: direct_sum, shared: shared_sum, exact: direct_sum + shared_sum, total, lines }
}

/// Reckons with the groups in the order of their identifiers, which decides ties, and gives the results back
/// in the order of the list.
fn in_id_order(groups: &[CostGroup], reckon: impl Fn(&[usize]) -> Vec<Money>) -> Vec<Money> {
    let mut order: Vec<usize> = (0..groups.len()).collect();
    order.sort_by(|a, b| groups[*a].id.cmp(&groups[*b].id));
    let mut placed: Vec<(usize, Money)> = order.iter().copied().zip(reckon(&order)).collect();
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, money)| money).collect()
}
