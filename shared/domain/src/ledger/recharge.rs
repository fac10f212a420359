//! The gate: from an accepted invoice to journal entries. There is no other way to make a recharge.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::currency::Currency;
use crate::ledger::calendar::LedgerCalendar;
use crate::ledger::journal::{Coding, Cover, Draft, JournalEntry, JournalKind, lines_of};
use crate::period::BillingPeriod;
use crate::review::{InvoiceDocument, InvoiceState, Revision, Stage};
use crate::tree::{CostGroup, Holding, LedgerCoding, Mode, TreeVersions};

/// Why no journal of an invoice can be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GateClosed {
    /// Nothing was issued.
    #[error("nothing was issued yet")]
    NotIssued,
    /// Of periods in showback no journal exists.
    #[error("all of it is of periods in which the cost group was in showback: nothing is charged")]
    Showback,
    /// Provisional invoices may still change.
    #[error("the newest revision is provisional")]
    Provisional,
    /// Nobody said yes to the newest revision.
    #[error("the newest revision is not accepted")]
    NotAccepted,
}

/// Proof that an invoice's newest revision is final and accepted, and of at least one period in which the cost group was
/// in chargeback: the invoice's own, or one that it corrects. Entries are made of the amounts of such periods alone.
#[derive(Clone, Copy, Debug)]
pub struct Gate<'a> {
    state: &'a InvoiceState,
    revision: &'a Revision,
}

impl<'a> Gate<'a> {
    /// Opens the gate of an invoice.
    pub fn open(state: &'a InvoiceState) -> Result<Gate<'a>, GateClosed> {
        let revision = state.newest().ok_or(GateClosed::NotIssued)?;
        if revision.mode == Mode::Showback {
            return Err(GateClosed::Showback);
        }
        if revision.stage == Stage::Provisional {
            return Err(GateClosed::Provisional);
        }
        if !state.is_accepted() {
            return Err(GateClosed::NotAccepted);
        }
        Ok(Gate { state, revision })
    }

    /// The accepted revision.
    pub fn revision(&self) -> &'a Revision {
        self.revision
    }
}

/// Why an accepted amount does not become a journal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LedgerRefusal {
    /// The tree says no accounts.
    #[error("the allocation tree has no `ledger`; state accounts and holding accounts in a version for a coming period")]
    NoCoding,
    /// The group has no cost centre.
    #[error("the cost group `{0}` has no cost centre; state one in the allocation tree")]
    NoCostCenter(String),
    /// The group belongs to another company of the group.
    #[error("the cost group belongs to `{to}`, and the ledger is that of `{from}`; allow it under `also_charge` of the ledger calendar")]
    CrossesLegalEntity {
        /// The ledger's.
        from: String,
        /// The cost group's.
        to: String,
    },
    /// The bill is in another currency.
    #[error("the bill is in {bill}, and the ledger in {ledger}; journals do not leave the ledger's currency")]
    LeavesCurrency {
        /// The bill's.
        bill: String,
        /// The ledger's.
        ledger: String,
    },
    /// More codings than an entry can have.
    #[error("the journal entry cannot be made: {0}")]
    Entry(#[from] super::JournalError),
}

/// What coding an invoice needs, beside the invoice.
#[derive(Clone, Copy, Debug)]
pub struct Books<'a> {
    /// The tree's coding.
    pub coding: Option<&'a LedgerCoding>,
    /// The ledger.
    pub calendar: &'a LedgerCalendar,
    /// All trees: a true-up leaves the holding account that its own period was booked to. `None`: the same coding.
    pub trees: Option<&'a TreeVersions>,
}

impl Books<'_> {
    /// Whether they take what a cost group is charged in a currency.
    ///
    /// # Errors
    /// Where no entry can be made of it, whatever the amounts are.
    pub fn take(&self, group: &CostGroup, bill: Currency) -> Result<(), LedgerRefusal> {
        self.expense_coding(group, bill)?;
        self.coding.map(|_| ()).ok_or(LedgerRefusal::NoCoding)
    }

    fn expense_coding(&self, group: &CostGroup, bill: Currency) -> Result<Coding, LedgerRefusal> {
        if self.calendar.currency() != bill {
            return Err(LedgerRefusal::LeavesCurrency { bill: bill.to_string(), ledger: self.calendar.currency().to_string() });
        }
        if !self.calendar.may_charge(group.legal_entity.as_deref()) {
            return Err(LedgerRefusal::CrossesLegalEntity {
                from: self.calendar.legal_entity().to_owned(),
                to: group.legal_entity.clone().unwrap_or_default(),
            });
        }
        let cost_center = group.cost_center.clone().ok_or_else(|| LedgerRefusal::NoCostCenter(group.id.clone()))?;
        Ok(Coding {
            account: String::new(),
            cost_center,
            department: group.department.clone(),
            legal_entity: group.legal_entity.clone().or_else(|| Some(self.calendar.legal_entity().to_owned())),
        })
    }

    /// The coding of the holding accounts of a closed period.
    fn holding(&self, corrected: Option<BillingPeriod>) -> Option<&LedgerCoding> {
        let of_period = corrected.zip(self.trees).and_then(|(period, trees)| trees.at(period).ledger());
        of_period.or(self.coding)
    }
}

/// A billing account's part of a stated amount, as far as it is neither disputed nor journaled.
struct Open {
    minor: i128,
    account: Option<String>,
    corrects: Option<BillingPeriod>,
}

impl Gate<'_> {
    /// The entries that post what is accepted and neither disputed nor journaled yet, of the periods in which the group
    /// was in chargeback: one recharge, and one true-up for each closed period. `journaled` are all entries made of the
    /// invoice so far; each new one's reference is the base and its place after them. Nothing to post makes no entry.
    ///
    /// # Panics
    /// Where `document` is not that of the accepted revision.
    pub fn entries(
        &self,
        document: &InvoiceDocument,
        journaled: &[JournalEntry],
        books: Books<'_>,
        date: NaiveDate,
    ) -> Result<Vec<JournalEntry>, LedgerRefusal> {
        assert!(document.of == self.state.of && document.revision == self.revision.number, "the document of the accepted revision");
        let open = self.open_amounts(document, journaled);
        if open.is_empty() {
            return Ok(Vec::new());
        }
        let expense = books.expense_coding(&document.invoice.group, self.state.of.bill.currency)?;
        let coding = books.coding.ok_or(LedgerRefusal::NoCoding)?;
        let periods: BTreeSet<Option<BillingPeriod>> = open.values().map(|open| open.corrects).collect();
        let mut entries = Vec::new();
        for corrected in periods {
            let holding = books.holding(corrected).unwrap_or(coding);
            let of_period = open.iter().filter(|(_, open)| open.corrects == corrected);
            let mut debits: BTreeMap<Coding, i128> = BTreeMap::new();
            let mut credits: BTreeMap<Coding, i128> = BTreeMap::new();
            let mut covers = Vec::new();
            for ((line, billing_account), Open { minor, account, .. }) in of_period {
                let account = account.clone().unwrap_or_else(|| coding.default_account.clone());
                *debits.entry(Coding { account, ..expense.clone() }).or_default() += minor;
                *credits.entry(held_at(holding.holding(billing_account), books.calendar)).or_default() += minor;
                covers.push(Cover { line: line.clone(), billing_account: billing_account.clone(), minor: *minor });
            }
            let text = self.text(&document.invoice.group, corrected);
            let lines = lines_of(debits, credits, self.state.of.bill.currency, &text);
            if lines.is_empty() {
                continue;
            }
            entries.push(JournalEntry::try_new(Draft {
                reference: self.reference(journaled.len() + entries.len() + 1),
                kind: if corrected.is_some() { JournalKind::TrueUp } else { JournalKind::Recharge },
                invoice: self.state.of.clone(),
                invoice_number: self.revision.invoice_number,
                revision: self.revision.number,
                document_date: date,
                period: corrected.unwrap_or(self.state.of.bill.period),
                of_journal: None,
                text,
                lines,
                covers,
            })?);
        }
        Ok(entries)
    }

    /// What is accepted and neither disputed nor journaled, by stated amount and billing account; without noughts.
    fn open_amounts(&self, document: &InvoiceDocument, journaled: &[JournalEntry]) -> BTreeMap<(String, String), Open> {
        let mut open: BTreeMap<(String, String), Open> = BTreeMap::new();
        for stated in document.stated().into_iter().filter(|stated| !stated.is_shown_only()) {
            for (billing_account, amount) in stated.without(self.state.held(&stated.id)) {
                let none = Open { minor: 0, account: stated.account.clone(), corrects: stated.corrects };
                open.entry((stated.id.clone(), billing_account)).or_insert(none).minor += amount.minor();
            }
        }
        for entry in journaled {
            let corrects = Some(entry.facts().period).filter(|period| *period != self.state.of.bill.period);
            for cover in &entry.facts().covers {
                let none = Open { minor: 0, account: None, corrects };
                open.entry((cover.line.clone(), cover.billing_account.clone())).or_insert(none).minor -= cover.minor;
            }
        }
        open.retain(|_, open| open.minor != 0);
        open
    }

    fn reference(&self, place: usize) -> String {
        reference_of(self.revision.invoice_number, place)
    }

    fn text(&self, group: &CostGroup, corrected: Option<BillingPeriod>) -> String {
        let period = self.state.of.bill.period.name();
        match corrected {
            Some(corrected) => format!("Cloud cost of {}, {}: true-up on the invoice of {period}", group.name, corrected.name()),
            None => format!("Cloud cost of {}, {period}", group.name),
        }
    }
}

/// The holding coding of a billing account, in the books of whoever pays the provider.
fn held_at(holding: &Holding, calendar: &LedgerCalendar) -> Coding {
    Coding {
        account: holding.account.clone(),
        cost_center: holding.cost_center.clone(),
        department: None,
        legal_entity: Some(calendar.legal_entity().to_owned()),
    }
}

/// The reference of the entry at `place`, from 1, among all entries made of an invoice.
pub fn reference_of(invoice_number: Option<u64>, place: usize) -> String {
    format!("DAY1-{:06}-{place:02}", invoice_number.expect("INVARIANT: a final invoice has a number"))
}
