//! A journal entry: one set of lines whose debits equal their credits.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::currency::{Currency, Money};
use crate::period::BillingPeriod;
use crate::review::InvoiceRef;

/// Most lines of one entry.
pub const MOST_LINES: usize = 10_000;

/// What an entry is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum JournalKind {
    /// An accepted invoice.
    Recharge,
    /// What a closed period's newest delivery differs by from what was issued.
    TrueUp,
    /// The undoing of a posted entry.
    Reversal,
    /// Another coding for what was posted.
    Reclass,
}

impl JournalKind {
    /// The word for people and files.
    pub fn label(self) -> &'static str {
        match self {
            JournalKind::Recharge => "recharge",
            JournalKind::TrueUp => "true-up",
            JournalKind::Reversal => "reversal",
            JournalKind::Reclass => "reclass",
        }
    }
}

/// Debit or credit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Left.
    Debit,
    /// Right.
    Credit,
}

impl Side {
    /// The other one.
    pub fn other(self) -> Side {
        match self {
            Side::Debit => Side::Credit,
            Side::Credit => Side::Debit,
        }
    }

    /// The word for people and files.
    pub fn label(self) -> &'static str {
        match self {
            Side::Debit => "debit",
            Side::Credit => "credit",
        }
    }
}

/// General-ledger coding of a line.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Coding {
    /// Account.
    pub account: String,
    /// Cost centre.
    pub cost_center: String,
    /// Department.
    pub department: Option<String>,
    /// Legal entity.
    pub legal_entity: Option<String>,
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalLine {
    /// Where.
    pub coding: Coding,
    /// Debit or credit.
    pub side: Side,
    /// Above nought.
    pub amount: Money,
    /// Whether it is on a holding account: where accounts payable books the provider's invoice.
    pub is_holding: bool,
    /// For people.
    pub text: String,
}

/// How much of a stated line of an invoice an entry moves out of a billing account's holding account; below nought
/// where it moves it back.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cover {
    /// [`Stated::id`](crate::review::Stated).
    pub line: String,
    /// FOCUS BillingAccountId.
    pub billing_account: String,
    /// The amount, in minor units.
    pub minor: i128,
}

/// Why lines are no journal entry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// There are none, or too many.
    #[error("a journal entry has 1 to {MOST_LINES} lines, not {0}")]
    Lines(usize),
    /// An amount at or below nought.
    #[error("a journal line states its side and an amount above nought, not `{0}`")]
    Amount(String),
    /// Two currencies.
    #[error("a journal entry is in one currency; this one has {0} and {1}")]
    Currencies(Currency, Currency),
    /// Debits are not credits.
    #[error("the debits are {debits} and the credits {credits}")]
    Unbalanced {
        /// Sum.
        debits: String,
        /// Sum.
        credits: String,
    },
    /// The covers are not what the lines move out of holding accounts.
    #[error("the lines move {0} minor units out of holding accounts, and the amounts of the invoice that it covers are {1}")]
    Covers(i128, i128),
}

/// A balanced entry. Made once, stored under its reference, never changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Draft", into = "Draft")]
pub struct JournalEntry {
    draft: Draft,
}

/// An entry before it is known to be balanced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// Unique in the tenant; what the ERP knows it by.
    pub reference: String,
    /// What it is for.
    pub kind: JournalKind,
    /// The invoice that it posts.
    pub invoice: InvoiceRef,
    /// Number of that invoice.
    pub invoice_number: Option<u64>,
    /// Revision that was accepted.
    pub revision: u32,
    /// The day of the document: that of the invoice, or of the decision.
    pub document_date: NaiveDate,
    /// The billing period whose cost it is; for a true-up the closed one.
    pub period: BillingPeriod,
    /// The reference of the entry that this one reverses or recodes.
    pub of_journal: Option<String>,
    /// Why, for people.
    pub text: String,
    /// The lines.
    pub lines: Vec<JournalLine>,
    /// Which amounts of the invoice it moves.
    pub covers: Vec<Cover>,
}

impl JournalEntry {
    /// Checks an entry.
    pub fn try_new(draft: Draft) -> Result<JournalEntry, JournalError> {
        let count = draft.lines.len();
        let first = match draft.lines.first() {
            Some(first) if count <= MOST_LINES => first.amount.currency(),
            _ => return Err(JournalError::Lines(count)),
        };
        let mut sums = [0i128; 2];
        let mut moved = 0i128;
        for line in &draft.lines {
            if line.amount.currency() != first {
                return Err(JournalError::Currencies(first, line.amount.currency()));
            }
            if line.amount.is_zero() || line.amount.is_negative() {
                return Err(JournalError::Amount(line.amount.to_string()));
            }
            // Neither side's sum nor what is moved can leave 128 bits then.
            let sum = &mut sums[line.side as usize];
            *sum = sum.checked_add(line.amount.minor()).ok_or_else(|| JournalError::Amount(line.amount.to_string()))?;
            if line.is_holding {
                moved += if line.side == Side::Credit { line.amount.minor() } else { -line.amount.minor() };
            }
        }
        if sums[0] != sums[1] {
            let [debits, credits] = sums.map(|minor| Money::from_minor(minor, first).to_string());
            return Err(JournalError::Unbalanced { debits, credits });
        }
        let covered = draft.covers.iter().try_fold(0i128, |sum, cover| sum.checked_add(cover.minor));
        if covered != Some(moved) {
            return Err(JournalError::Covers(moved, covered.unwrap_or(i128::MAX)));
        }
        Ok(JournalEntry { draft })
    }

    /// Unique in the tenant.
    pub fn reference(&self) -> &str {
        &self.draft.reference
    }

    /// What it is for.
    pub fn kind(&self) -> JournalKind {
        self.draft.kind
    }

    /// The invoice.
    pub fn invoice(&self) -> &InvoiceRef {
        &self.draft.invoice
    }

    /// All of it.
    pub fn facts(&self) -> &Draft {
        &self.draft
    }

    /// The lines.
    pub fn lines(&self) -> &[JournalLine] {
        &self.draft.lines
    }

    /// The currency.
    pub fn currency(&self) -> Currency {
        self.draft.lines[0].amount.currency()
    }

    /// The sum of one side.
    pub fn turnover(&self) -> Money {
        let debits = self.draft.lines.iter().filter(|line| line.side == Side::Debit).map(|line| line.amount.minor()).sum();
        Money::from_minor(debits, self.currency())
    }

    /// What it moves out of the holding accounts.
    pub fn moved(&self) -> Money {
        Money::from_minor(self.draft.covers.iter().map(|cover| cover.minor).sum(), self.currency())
    }

    /// The entry that undoes this one.
    pub fn reversal(&self, reference: String, document_date: NaiveDate, reason: &str) -> JournalEntry {
        let flip = |line: &JournalLine| JournalLine { side: line.side.other(), ..line.clone() };
        let back = |cover: &Cover| Cover { minor: -cover.minor, ..cover.clone() };
        let draft = Draft {
            reference,
            kind: JournalKind::Reversal,
            document_date,
            of_journal: Some(self.draft.reference.clone()),
            text: format!("Reversal of {}: {reason}", self.draft.reference),
            lines: self.draft.lines.iter().map(flip).collect(),
            covers: self.draft.covers.iter().map(back).collect(),
            ..self.draft.clone()
        };
        JournalEntry::try_new(draft).expect("INVARIANT: the reversal of a balanced entry is balanced")
    }

    /// The entry that takes a posted line to another coding. `place` is a place in [`lines`](Self::lines); `None`
    /// where there is no such line, it has that coding already, or it is on a holding account: what that carries is
    /// not a matter of coding.
    pub fn reclass(&self, reference: String, document_date: NaiveDate, place: usize, to: Coding, reason: &str) -> Option<JournalEntry> {
        let line = self.draft.lines.get(place).filter(|line| line.coding != to && !line.is_holding)?;
        let back = JournalLine { side: line.side.other(), ..line.clone() };
        let anew = JournalLine { coding: to, ..line.clone() };
        let draft = Draft {
            reference,
            kind: JournalKind::Reclass,
            document_date,
            of_journal: Some(self.draft.reference.clone()),
            text: format!("Reclass of {}: {reason}", self.draft.reference),
            lines: if line.side == Side::Debit { vec![anew, back] } else { vec![back, anew] },
            covers: Vec::new(),
            ..self.draft.clone()
        };
        Some(JournalEntry::try_new(draft).expect("INVARIANT: one amount on both sides is balanced"))
    }
}

impl TryFrom<Draft> for JournalEntry {
    type Error = JournalError;

    fn try_from(draft: Draft) -> Result<JournalEntry, JournalError> {
        JournalEntry::try_new(draft)
    }
}

impl From<JournalEntry> for Draft {
    fn from(entry: JournalEntry) -> Draft {
        entry.draft
    }
}

/// Lines of summed amounts by coding: `expense` on the debit side where above nought, `holding` on the credit side.
/// Sums of nought make no line.
pub(super) fn lines_of(
    expense: BTreeMap<Coding, i128>,
    holding: BTreeMap<Coding, i128>,
    currency: Currency,
    text: &str,
) -> Vec<JournalLine> {
    let line = |side: Side, is_holding: bool, (coding, minor): (Coding, i128)| {
        let side = if minor < 0 { side.other() } else { side };
        let amount = Money::from_minor(minor.checked_abs().expect("INVARIANT: amounts are far below 2^127 minor units"), currency);
        (minor != 0).then(|| JournalLine { coding, side, amount, is_holding, text: text.to_owned() })
    };
    let debits = expense.into_iter().filter_map(|sum| line(Side::Debit, false, sum));
    debits.chain(holding.into_iter().filter_map(|sum| line(Side::Credit, true, sum))).collect()
}
