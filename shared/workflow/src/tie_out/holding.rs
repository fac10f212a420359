//! What the holding accounts carry of a bill.

use std::collections::BTreeMap;

use dayone_domain::cube::BillKey;
use dayone_domain::currency::Money;
use dayone_domain::invoice::{Invoices, Line};
use dayone_domain::ledger::{JournalEntry, MoneyState, Side};
use dayone_domain::tie_out::TieOut;
use dayone_domain::tree::Tree;

use super::Standing;
use crate::failure::Failure;
use crate::tenant::Tenant;
use crate::views::{JournalView, digest};

/// What one holding account and cost centre carries of a bill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldingLine {
    /// Account.
    pub account: String,
    /// Cost centre.
    pub cost_center: String,
    /// What accounts payable books there: the files' cost by provider invoice, each rounded by itself, of the newest
    /// delivery that was issued or found a true-up.
    pub billed: Money,
    /// What of `billed` no line of an invoice carries, since a provider rounds invoice by invoice and a bill is rounded
    /// from the top down. It stays on the account when everything is posted; over all accounts it is what the
    /// provider's rounding and the bill's differ by.
    pub rounding: Money,
    /// What the lines of journals in the ledger have taken out of it.
    pub posted: Money,
    /// The sum of all states but posted.
    pub not_posted: Money,
}

impl HoldingLine {
    /// What the account still has.
    pub fn carried(&self) -> Money {
        self.billed - self.posted
    }

    /// Whether what the account still has is what is not posted, and rounding.
    pub fn agrees(&self) -> bool {
        self.carried() == self.not_posted + self.rounding
    }

    /// All accounts of a bill together; `None` without any.
    pub fn sum(lines: &[HoldingLine]) -> Option<HoldingLine> {
        lines.iter().cloned().reduce(|sum, line| HoldingLine {
            account: String::new(),
            cost_center: String::new(),
            billed: sum.billed + line.billed,
            rounding: sum.rounding + line.rounding,
            posted: sum.posted + line.posted,
            not_posted: sum.not_posted + line.not_posted,
        })
    }
}

/// By billing account, in minor units.
pub(super) type Booked = BTreeMap<String, Amounts>;

/// One billing account, in minor units.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Amounts {
    /// What accounts payable books.
    billed: i128,
    /// What the lines of the invoices come to.
    in_lines: i128,
}

/// What accounts payable books of a bill beside what its invoices come to.
pub(super) fn booked(proof: &TieOut, invoices: &Invoices) -> Booked {
    let mut booked = Booked::new();
    for line in &proof.accounts {
        booked.entry(line.billing_account.clone()).or_default().billed += line.booked.minor();
    }
    for (account, amount) in invoices.invoices.iter().flat_map(|invoice| &invoice.lines).flat_map(Line::by_billing_account) {
        booked.entry(account).or_default().in_lines += amount.minor();
    }
    booked
}

/// One holding account, in minor units.
#[derive(Default)]
struct Sums {
    billed: i128,
    in_lines: i128,
    posted: i128,
    not_posted: i128,
}

impl Tenant {
    /// Holds what accounts payable books against the lines of journals and against the states: three ways to the same
    /// amounts.
    pub(super) async fn holding(
        &self,
        tree: &Tree,
        bill: BillKey,
        (booked, standing): (&Booked, &Standing),
        journals: &[JournalView],
    ) -> Result<Vec<HoldingLine>, Failure> {
        let Some(coding) = tree.ledger() else { return Ok(Vec::new()) };
        let held_at = |account: &str| {
            let holding = coding.holding(account);
            (holding.account.clone(), holding.cost_center.clone())
        };
        let mut lines: BTreeMap<(String, String), Sums> = BTreeMap::new();
        for (account, amounts) in booked {
            let sums = lines.entry(held_at(account)).or_default();
            sums.billed += amounts.billed;
            sums.in_lines += amounts.in_lines;
        }
        for ((state, account), minor) in standing {
            let sums = lines.entry(held_at(account)).or_default();
            if *state != MoneyState::Posted {
                sums.not_posted += minor;
            }
        }
        for view in journals.iter().filter(|view| view.state.status.is_in_ledger()) {
            let entry: JournalEntry = self.json_document(digest(&view.state.document)?).await?;
            for line in entry.lines() {
                let key = (line.coding.account.clone(), line.coding.cost_center.clone());
                if let Some(sums) = lines.get_mut(&key) {
                    sums.posted += if line.side == Side::Credit { line.amount.minor() } else { -line.amount.minor() };
                }
            }
        }
        let money = |minor| Money::from_minor(minor, bill.currency);
        let lines = lines.into_iter().map(|((account, cost_center), sums)| HoldingLine {
            account,
            cost_center,
            billed: money(sums.billed),
            rounding: money(sums.billed - sums.in_lines),
            posted: money(sums.posted),
            not_posted: money(sums.not_posted),
        });
        Ok(lines.collect())
    }
}
