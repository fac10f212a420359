//! A journal as it is sent to an ERP, and kept.

use std::io::Write;

use chrono::NaiveDate;
use dayone_domain::ledger::journal::MOST_LINES;
use dayone_domain::ledger::{JournalEntry, JournalKind, JournalLine, Posting, Side};
use dayone_domain::{BillingPeriod, Currency, Money};
use serde::{Deserialize, Serialize};

/// Names the form of what is sent. Another form gets another name.
pub const FORMAT: &str = "day1-journal/1";
/// Most bytes that are read back: more than the largest entry has.
pub const MOST_BYTES: usize = 64 << 20;

/// What is sent of a journal. Amounts are texts: plain decimals with the currency's decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sent {
    /// [`FORMAT`].
    pub format: String,
    /// Unique in the tenant.
    pub reference: String,
    /// What it is for.
    pub kind: JournalKind,
    /// The day of the document.
    pub document_date: NaiveDate,
    /// The posting date.
    pub posting_date: NaiveDate,
    /// The ledger period that the posting date falls in.
    pub ledger_period: BillingPeriod,
    /// The ledger period that was closed already, where it is another.
    pub original_period: Option<BillingPeriod>,
    /// The billing period whose cost it is; for a true-up the closed one.
    pub billing_period: BillingPeriod,
    /// The currency of all amounts.
    pub currency: Currency,
    /// The invoice that it posts.
    pub invoice: SentInvoice,
    /// The reference of the journal that this one reverses or recodes.
    pub corrects: Option<String>,
    /// Why, for people.
    pub text: String,
    /// The lines; debits equal credits.
    pub lines: Vec<SentLine>,
    /// Which amounts of the invoice it moves out of holding accounts.
    pub covers: Vec<SentCover>,
}

/// The invoice of a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentInvoice {
    /// Its number.
    pub number: Option<u64>,
    /// Identifier of the cost group.
    pub cost_group: String,
    /// The billing period.
    pub billing_period: BillingPeriod,
    /// The currency.
    pub currency: Currency,
    /// The revision that was accepted.
    pub revision: u32,
}

/// One line; one of `debit` and `credit` is `null`, the other above nought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentLine {
    /// Account.
    pub account: String,
    /// Cost centre.
    pub cost_center: String,
    /// Department.
    pub department: Option<String>,
    /// Legal entity.
    pub legal_entity: Option<String>,
    /// The amount of a debit.
    pub debit: Option<String>,
    /// The amount of a credit.
    pub credit: Option<String>,
    /// For people.
    pub text: String,
}

/// How much of an amount of the invoice is moved out of a billing account's holding account; below nought where it is
/// moved back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentCover {
    /// Identifier of the amount: `Stated::id` of [`dayone_domain::review`].
    pub line: String,
    /// FOCUS BillingAccountId.
    pub billing_account: String,
    /// The amount.
    pub amount: String,
}

/// Why bytes are no journal.
#[derive(Debug, thiserror::Error)]
pub enum SentError {
    /// More than [`MOST_BYTES`].
    #[error("{0} bytes are more than a journal has, {MOST_BYTES}")]
    TooLong(usize),
    /// Other JSON, or none.
    #[error("this is no journal: {0}")]
    Json(#[from] serde_json::Error),
    /// Another form.
    #[error("`{0}` is no form of a journal that is known here; it is `{FORMAT}`")]
    Format(String),
    /// No lines, or too many.
    #[error("a journal has 1 to {MOST_LINES} lines, not {0}")]
    Lines(usize),
    /// A line with both sides or none.
    #[error("line {0} states a debit or a credit, one of the two")]
    Side(usize),
    /// A text that is no amount above nought in the currency.
    #[error("`{amount}` of line {line} is no amount above nought in {currency}")]
    Amount {
        /// The line, from 1.
        line: usize,
        /// The text.
        amount: String,
        /// The journal's.
        currency: Currency,
    },
    /// A cover that is no amount in the currency.
    #[error("`{amount}` of cover {cover} is no amount in {currency}")]
    Cover {
        /// The cover, from 1.
        cover: usize,
        /// The text.
        amount: String,
        /// The journal's.
        currency: Currency,
    },
    /// Debits are not credits.
    #[error("the debits are {debits} and the credits {credits}")]
    Unbalanced {
        /// Sum.
        debits: Money,
        /// Sum.
        credits: Money,
    },
}

/// What is sent of a journal entry, as JSON in UTF-8.
pub fn journal_json(entry: &JournalEntry, posting: &Posting) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(&Sent::of(entry, posting)).expect("INVARIANT: texts, numbers and lists are JSON");
    writeln!(bytes).expect("INVARIANT: memory takes every byte");
    bytes
}

impl Sent {
    /// What is sent of an entry.
    pub fn of(entry: &JournalEntry, posting: &Posting) -> Sent {
        let facts = entry.facts();
        let currency = entry.currency();
        let covers = facts.covers.iter().map(|cover| SentCover {
            line: cover.line.clone(),
            billing_account: cover.billing_account.clone(),
            amount: Money::from_minor(cover.minor, currency).to_string(),
        });
        Sent {
            format: FORMAT.to_owned(),
            reference: facts.reference.clone(),
            kind: facts.kind,
            document_date: facts.document_date,
            posting_date: posting.date,
            ledger_period: posting.ledger_period,
            original_period: posting.original,
            billing_period: facts.period,
            currency,
            invoice: SentInvoice {
                number: facts.invoice_number,
                cost_group: facts.invoice.group.clone(),
                billing_period: facts.invoice.bill.period,
                currency: facts.invoice.bill.currency,
                revision: facts.revision,
            },
            corrects: facts.of_journal.clone(),
            text: facts.text.clone(),
            lines: entry.lines().iter().map(SentLine::of).collect(),
            covers: covers.collect(),
        }
    }

    /// Reads back what was sent, and checks it.
    ///
    /// # Errors
    /// For anything but a balanced journal in this [`FORMAT`].
    pub fn read(bytes: &[u8]) -> Result<Sent, SentError> {
        if bytes.len() > MOST_BYTES {
            return Err(SentError::TooLong(bytes.len()));
        }
        let sent: Sent = serde_json::from_slice(bytes)?;
        sent.turnover()?;
        Ok(sent)
    }

    /// The sum of one side.
    ///
    /// # Errors
    /// Where it is no balanced journal in this [`FORMAT`].
    pub fn turnover(&self) -> Result<Money, SentError> {
        if self.format != FORMAT {
            return Err(SentError::Format(self.format.clone()));
        }
        if self.lines.is_empty() || self.lines.len() > MOST_LINES {
            return Err(SentError::Lines(self.lines.len()));
        }
        let (mut debits, mut credits) = (0, 0);
        for (line, place) in self.lines.iter().zip(1..) {
            let (sum, amount) = match (&line.debit, &line.credit) {
                (Some(amount), None) => (&mut debits, amount),
                (None, Some(amount)) => (&mut credits, amount),
                _ => return Err(SentError::Side(place)),
            };
            let minor = self.amount(amount).filter(|minor| *minor > 0).and_then(|minor| minor.checked_add(*sum));
            *sum = minor.ok_or_else(|| SentError::Amount { line: place, amount: amount.clone(), currency: self.currency })?;
        }
        for (cover, place) in self.covers.iter().zip(1..) {
            let SentCover { amount, .. } = cover;
            self.amount(amount).ok_or_else(|| SentError::Cover { cover: place, amount: amount.clone(), currency: self.currency })?;
        }
        let [debits, credits] = [debits, credits].map(|minor| Money::from_minor(minor, self.currency));
        if debits == credits { Ok(debits) } else { Err(SentError::Unbalanced { debits, credits }) }
    }

    fn amount(&self, text: &str) -> Option<i128> {
        Money::parse(text, self.currency).ok().map(Money::minor)
    }
}

impl SentLine {
    fn of(line: &JournalLine) -> SentLine {
        let on_side = |side: Side| (line.side == side).then(|| line.amount.to_string());
        SentLine {
            account: line.coding.account.clone(),
            cost_center: line.coding.cost_center.clone(),
            department: line.coding.department.clone(),
            legal_entity: line.coding.legal_entity.clone(),
            debit: on_side(Side::Debit),
            credit: on_side(Side::Credit),
            text: line.text.clone(),
        }
    }
}
