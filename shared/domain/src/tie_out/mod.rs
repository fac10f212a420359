//! The proof that files, allocation and invoices agree, and that they agree with the provider's documents.

mod bridge;
mod control;
mod documents;

use std::collections::BTreeMap;

use crate::allocation::Allocation;
use crate::charge::{CostBasis, Dimension};
use crate::cube::{BillKey, Cube};
use crate::currency::Money;
use crate::exact::Exact;
use crate::invoice::Invoices;

pub use bridge::BridgeLine;
pub use control::{ControlKey, ControlSum, ControlTotals};
pub use documents::{DocumentComparison, DocumentLine, ProviderInvoice, compare_documents};

/// Files against allocation, for one source and provider invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilesLine {
    /// The source.
    pub source: String,
    /// FOCUS ProviderName.
    pub provider: String,
    /// FOCUS InvoiceId.
    pub invoice: String,
    /// Charges in the files.
    pub charges: u64,
    /// Cost in the files, in the basis.
    pub files: Exact,
    /// Cost that allocation gave a receiver.
    pub allocated: Exact,
}

/// One shared pool: what went in and what was passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// The tie-out of one bill.
#[derive(Clone, Debug)]
pub struct TieOut {
    /// The bill.
    pub key: BillKey,
    /// The cost that counts.
    pub basis: CostBasis,
    /// Files = allocated, exactly.
    pub files: Vec<FilesLine>,
    /// Pools: in = out, exactly.
    pub pools: Vec<PoolLine>,
    /// The master bill, exact.
    pub master: Exact,
    /// All invoices, exact.
    pub invoiced_exact: Exact,
    /// The master bill, rounded.
    pub bill_total: Money,
    /// All invoices, rounded.
    pub invoiced: Money,
    /// Invoices whose lines do not sum to their total, or that are a minor unit or more off their exact cost.
    pub unsound_invoices: Vec<String>,
    /// With basis effective: the bridge to billed.
    pub bridge: Option<Vec<BridgeLine>>,
}

impl TieOut {
    /// Holds one bill's invoices against its files.
    pub fn of(control: &ControlTotals, cube: &Cube, allocation: &Allocation, invoices: &Invoices) -> TieOut {
        let basis = allocation.basis;
        let mut allocated: BTreeMap<(&str, &str, &str), (u64, Exact)> = BTreeMap::new();
        for (row, _) in cube.rows(allocation.key).zip(&allocation.assignments) {
            let key = (row.value(Dimension::Source), row.value(Dimension::Provider), row.value(Dimension::InvoiceId));
            let sum = allocated.entry(key).or_default();
            sum.0 += row.charges();
            sum.1 += row.cost().of(basis);
        }
        let mut files: Vec<FilesLine> = control
            .of(allocation.key)
            .map(|(key, sum)| FilesLine {
                source: key.source.clone(),
                provider: key.provider.clone(),
                invoice: key.invoice.clone(),
                charges: sum.charges,
                files: if basis == CostBasis::Billed { sum.billed } else { sum.effective },
                allocated: allocated.remove(&(&key.source, &key.provider, &key.invoice)).unwrap_or_default().1,
            })
            .collect();
        files.extend(allocated.into_iter().map(|((source, provider, invoice), (_, allocated))| FilesLine {
            source: source.to_owned(),
            provider: provider.to_owned(),
            invoice: invoice.to_owned(),
            charges: 0,
            files: Exact::ZERO,
            allocated,
        }));
        let mut divided = vec![Exact::ZERO; allocation.pools.len()];
        for share in &allocation.shares {
            divided[share.pool] += share.amount;
        }
        let pools = allocation.pools.iter().zip(&allocation.pool_totals).zip(divided).map(|((pool, into), divided)| PoolLine {
            pool: pool.id.clone(),
            pool_name: pool.name.clone(),
            into: *into,
            divided,
        });
        let unit = Money::from_minor(1, allocation.key.currency).exact();
        let unsound = invoices.invoices.iter().filter(|invoice| {
            let lines: i128 = invoice.lines.iter().map(|line| line.amount.minor()).sum();
            let exact: Exact = invoice.lines.iter().map(|line| line.exact).sum();
            lines != invoice.total.minor() || exact != invoice.exact || (invoice.total.exact() - invoice.exact).abs() >= unit
        });
        TieOut {
            key: allocation.key,
            basis,
            files,
            pools: pools.collect(),
            master: allocation.master,
            invoiced_exact: invoices.invoices.iter().map(|invoice| invoice.exact).sum(),
            bill_total: invoices.bill_total,
            invoiced: invoices.invoiced_total(),
            unsound_invoices: unsound.map(|invoice| invoice.group.id.clone()).collect(),
            bridge: (basis == CostBasis::Effective).then(|| bridge::bridge(cube, allocation.key)),
        }
    }

    /// What does not agree, each a sentence; empty where everything ties out.
    pub fn differences(&self) -> Vec<String> {
        let mut found = Vec::new();
        for line in self.files.iter().filter(|line| line.files != line.allocated) {
            let invoice = if line.invoice.is_empty() {
                "charges without invoice id".to_owned()
            } else {
                format!("provider invoice `{}`", line.invoice)
            };
            found.push(format!(
                "{}: the files of source `{}` hold {} for {invoice}, allocation has {}; difference {}",
                self.key,
                line.source,
                line.files,
                line.allocated,
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
        found.extend(
            self.unsound_invoices.iter().map(|group| format!("{}: the lines of the invoice of `{group}` do not add up to it", self.key)),
        );
        found.extend(self.bridge.iter().flatten().filter(|line| line.steps() != line.effective).map(|line| {
            format!(
                "{}: billed to effective cost of billing account `{}` leaves {}",
                self.key,
                line.billing_account,
                line.effective - line.steps()
            )
        }));
        found
    }
}
