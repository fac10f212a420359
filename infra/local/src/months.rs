//! The decision in the middle: a cube and a tree into invoices and their proof.

use std::io::Write;

use dayone_domain::allocation::{Allocation, allocate};
use dayone_domain::driver::Drivers;
use dayone_domain::invoice::Invoices;
use dayone_domain::tie_out::TieOut;
use dayone_domain::tree::TreeVersions;
use dayone_domain::{BillingPeriod, CostBasis};

use crate::failure::Failure;
use crate::load::Loaded;

/// One bill, invoiced.
#[derive(Debug)]
pub struct Month {
    /// Who receives what, and why.
    pub allocation: Allocation,
    /// The invoices.
    pub invoices: Invoices,
    /// The proof.
    pub tie_out: TieOut,
}

/// Invoices every bill of the files, oldest first, currencies in order of their codes.
pub fn invoice_all(loaded: &Loaded, trees: &TreeVersions, basis: CostBasis, drivers: &Drivers) -> Vec<Month> {
    loaded
        .cube
        .bills()
        .map(|key| {
            let allocation = allocate(&loaded.cube, key, trees, basis, drivers);
            let invoices = Invoices::draw(&loaded.cube, &allocation, trees.at(key.period).ledger());
            let tie_out = TieOut::of(&loaded.control, &loaded.cube, &allocation, &invoices);
            Month { allocation, invoices, tie_out }
        })
        .collect()
}

/// Says of which bills the tree has no version yet: they are invoiced under its first.
pub fn note_early_bills(months: &[Month], trees: &TreeVersions, err: &mut dyn Write) -> Result<(), Failure> {
    let first = trees.all()[0].valid_from();
    let mut early: Vec<BillingPeriod> = months.iter().map(|month| month.invoices.key.period).filter(|period| *period < first).collect();
    early.dedup();
    if let [oldest, ..] = early[..] {
        let newest = early[early.len() - 1];
        let range = if oldest == newest { oldest.to_string() } else { format!("{oldest} to {newest}") };
        writeln!(err, "note: the tree begins with {first}; the bills of {range} are invoiced under that version, too")?;
    }
    Ok(())
}

/// The months of a billing period; all where none is asked for.
pub fn in_period(months: &[Month], period: Option<BillingPeriod>) -> Result<Vec<&Month>, Failure> {
    let shown: Vec<&Month> = months.iter().filter(|month| period.is_none_or(|period| month.invoices.key.period == period)).collect();
    match period {
        Some(period) if shown.is_empty() => {
            let mut periods: Vec<String> = months.iter().map(|month| month.invoices.key.period.to_string()).collect();
            periods.dedup();
            Err(Failure::refused(format!("the files hold no charges of {period}. What to do: ask for one of: {}.", periods.join(", "))))
        }
        _ => Ok(shown),
    }
}
