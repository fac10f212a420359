//! The proof that files, allocation and invoices agree, and that they agree with the provider's documents.

mod bridge;
mod control;
mod documents;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::allocation::Allocation;
use crate::charge::{CostBasis, Dimension};
use crate::cube::{BillKey, Cube};
use crate::currency::Money;
use crate::exact::Exact;
use crate::invoice::{Invoice, Invoices, Line};
use crate::tree::Node;

pub use bridge::BridgeLine;
pub use control::{ControlKey, ControlSum, ControlTotals};
pub use documents::{DocumentComparison, DocumentLine, ProviderInvoice, compare_documents};

/// Files against allocation, for one source and provider invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FilesLine {
    /// The source.
    pub source: String,
    /// FOCUS ProviderName.
    pub provider: String,
    /// FOCUS InvoiceId.
    pub invoice: String,
    /// Charges in the files.
    pub charges: u64,
    /// Charges that allocation gave a receiver.
    pub allocated_charges: u64,
    /// Cost in the files, in the basis.
    pub files: Exact,
    /// Cost that allocation gave a receiver.
    pub allocated: Exact,
}

impl FilesLine {
    /// Whether count and cost agree, to the last digit.
    pub fn agrees(&self) -> bool {
        self.charges == self.allocated_charges && self.files == self.allocated
    }
}

/// One shared pool: what went in and what was passed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolLine {
    /// Identifier.
    pub pool: String,
    /// Name for people.
    pub pool_name: String,
    /// Direct cost and shares of other pools.
    pub into: Exact,
    /// The sum of its shares.
    pub divided: Exact,
}

/// Files against invoices, for one billing account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountLine {
    /// FOCUS BillingAccountId.
    pub billing_account: String,
    /// Cost in the files, in the basis.
    pub files: Exact,
    /// What the lines of all invoices have of it, before rounding.
    pub invoiced: Exact,
    /// What accounts payable books: the cost in the files by provider invoice, each rounded by itself.
    pub booked: Money,
}

/// The tie-out of one bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TieOut {
    /// The bill.
    pub key: BillKey,
    /// The cost that counts.
    pub basis: CostBasis,
    /// Files = allocated, exactly.
    pub files: Vec<FilesLine>,
    /// Pools: in = out, exactly.
    pub pools: Vec<PoolLine>,
    /// Files = invoices by billing account, exactly.
    pub accounts: Vec<AccountLine>,
    /// The master bill, exact.
    pub master: Exact,
    /// All invoices, exact.
    pub invoiced_exact: Exact,
    /// The master bill, rounded.
    pub bill_total: Money,
    /// All invoices, rounded.
    pub invoiced: Money,
    /// Invoices whose lines do not sum to their total, that do not hold what allocation gave their group, or that
    /// are a minor unit or more off their exact cost.
    pub unsound_invoices: Vec<String>,
    /// With basis effective: the bridge to billed.
    pub bridge: Option<Vec<BridgeLine>>,
}

impl TieOut {
    /// Holds one bill's invoices against its files.
    pub fn of(control: &ControlTotals, cube: &Cube, allocation: &Allocation, invoices: &Invoices) -> TieOut {
        let basis = allocation.basis;
        let mut allocated: BTreeMap<(&str, &str, &str), (u64, Exact)> = BTreeMap::new();
        let mut received: BTreeMap<Node, Exact> = BTreeMap::new();
        for (row, assignment) in cube.rows(allocation.key).zip(&allocation.assignments) {
            let key = (row.value(Dimension::Source), row.value(Dimension::Provider), row.value(Dimension::InvoiceId));
            let cost = row.cost().of(basis);
            let sum = allocated.entry(key).or_default();
            sum.0 += row.charges();
            sum.1 += cost;
            *received.entry(assignment.to).or_default() += cost;
        }
        let mut in_files: BTreeMap<(&str, &str, &str), ControlSum> = BTreeMap::new();
        for (key, sum) in control.of(allocation.key) {
            in_files.entry((&key.source, &key.provider, &key.invoice)).or_default().add(sum);
        }
        let mut files: Vec<FilesLine> = in_files
            .into_iter()
            .map(|((source, provider, invoice), sum)| {
                let (allocated_charges, allocated) = allocated.remove(&(source, provider, invoice)).unwrap_or_default();
                FilesLine {
                    source: source.to_owned(),
                    provider: provider.to_owned(),
                    invoice: invoice.to_owned(),
                    charges: sum.charges,
                    allocated_charges,
                    files: sum.cost(basis),
                    allocated,
                }
            })
            .collect();
        files.extend(allocated.into_iter().map(|((source, provider, invoice), (allocated_charges, allocated))| FilesLine {
            source: source.to_owned(),
            provider: provider.to_owned(),
            invoice: invoice.to_owned(),
            charges: 0,
            allocated_charges,
            files: Exact::ZERO,
            allocated,
        }));
        let mut divided = vec![Exact::ZERO; allocation.pools.len()];
        for share in &allocation.shares {
            divided[share.pool] += share.amount;
        }
        let pools = allocation.pools.iter().zip(divided).map(|(allocated, divided)| PoolLine {
            pool: allocated.pool.id.clone(),
            pool_name: match allocated.correction_of {
                Some(period) => format!("{}, corrections of {period}", allocated.pool.name),
                None => allocated.pool.name.clone(),
            },
            into: allocated.total,
            divided,
        });
        let unit = Money::from_minor(1, allocation.key.currency).exact();
        let mut shared = vec![Exact::ZERO; allocation.groups.len()];
        for share in &allocation.shares {
            if let Node::Group(place) = share.to {
                shared[place] += share.amount;
            }
        }
        let is_unsound = |(place, invoice): &(usize, &Invoice)| {
            let lines: i128 = invoice.lines.iter().map(|line| line.amount.minor()).sum();
            let exact: Exact = invoice.lines.iter().map(|line| line.exact).sum();
            lines != invoice.total.minor()
                || exact != invoice.exact
                || invoice.direct != received.get(&Node::Group(*place)).copied().unwrap_or_default()
                || invoice.shared != shared[*place]
                || (invoice.total.exact() - invoice.exact).abs() >= unit
        };
        let unsound = invoices.invoices.iter().enumerate().filter(is_unsound).map(|(_, invoice)| invoice.group.id.clone());
        TieOut {
            key: allocation.key,
            basis,
            files,
            pools: pools.collect(),
            accounts: accounts(control, allocation, invoices),
            master: allocation.master,
            invoiced_exact: invoices.invoices.iter().map(|invoice| invoice.exact).sum(),
            bill_total: invoices.bill_total,
            invoiced: invoices.invoiced_total(),
            unsound_invoices: unsound.collect(),
            bridge: (basis == CostBasis::Effective).then(|| bridge::bridge(cube, allocation.key)),
        }
    }

    /// What does not agree, each a sentence; empty where everything ties out.
    pub fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        for line in self.files.iter().filter(|line| !line.agrees()) {
            let invoice = if line.invoice.is_empty() {
                "charges without invoice id".to_owned()
            } else {
                format!("provider invoice `{}`", line.invoice)
            };
            found.push(format!(
                "{}: the files of source `{}` hold {} in {} charges for {invoice}, allocation has {} in {}; difference {}",
                self.key,
                line.source,
                line.files,
                line.charges,
                line.allocated,
                line.allocated_charges,
                line.files - line.allocated
            ));
        }
        for pool in self.pools.iter().filter(|pool| pool.into != pool.divided) {
            found.push(format!(
                "{}: the pool `{}` holds {} and passed on {}; difference {}",
                self.key,
                pool.pool,
                pool.into,
                pool.divided,
                pool.into - pool.divided
            ));
        }
        for line in self.accounts.iter().filter(|line| line.files != line.invoiced) {
            found.push(format!(
                "{}: the files hold {} of billing account `{}`, the invoices carry {} of it; difference {}",
                self.key,
                line.files,
                line.billing_account,
                line.invoiced,
                line.files - line.invoiced
            ));
        }
        let files: Exact = self.files.iter().map(|line| line.files).sum();
        if files != self.master {
            found.push(format!(
                "{}: the files hold {files}, the master bill is {}; difference {}",
                self.key,
                self.master,
                files - self.master
            ));
        }
        if self.master != self.invoiced_exact {
            let difference = self.master - self.invoiced_exact;
            found.push(format!(
                "{}: the master bill is {}, the invoices carry {}; difference {difference}",
                self.key, self.master, self.invoiced_exact
            ));
        }
        if self.bill_total != self.invoiced {
            found.push(format!("{}: the master bill rounds to {}, the invoices sum to {}", self.key, self.bill_total, self.invoiced));
        }
        found.extend(self.unsound_invoices.iter().map(|group| {
            format!("{}: the invoice of `{group}` does not hold what was allocated to it, or its lines do not add up", self.key)
        }));
        found
    }
}

fn accounts(control: &ControlTotals, allocation: &Allocation, invoices: &Invoices) -> Vec<AccountLine> {
    let mut invoiced: BTreeMap<&str, Exact> = BTreeMap::new();
    for (account, cost) in invoices.invoices.iter().flat_map(|invoice| &invoice.lines).flat_map(Line::exact_by_billing_account) {
        *invoiced.entry(account).or_default() += cost;
    }
    let mut files = control.by_billing_account(allocation.key, allocation.basis);
    let nothing = (Exact::ZERO, Money::from_minor(0, allocation.key.currency));
    let accounts: BTreeSet<&str> = files.keys().chain(invoiced.keys()).copied().collect();
    let line = |account: &str| {
        let (files, booked) = files.remove(account).unwrap_or(nothing);
        AccountLine { billing_account: account.to_owned(), files, invoiced: invoiced.remove(account).unwrap_or_default(), booked }
    };
    accounts.into_iter().map(line).collect()
}
