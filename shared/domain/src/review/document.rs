//! An invoice revision as it was issued: the document that acceptance is of.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::charge::CostBasis;
use crate::currency::Money;
use crate::invoice::Invoice;
use crate::period::BillingPeriod;
use crate::review::{Charged, Dispute, InvoiceRef, Stage};
use crate::tree::Mode;
use crate::true_up::{TrueUp, TrueUpLine};

/// An amount that an upheld dispute moved between two cost groups of one bill. The two sides sum to nought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// The cost group that disputed.
    pub from: String,
    /// The cost group that takes it.
    pub to: String,
    /// Number of the dispute on the invoice of `from`.
    pub dispute: u32,
    /// The line that was disputed.
    pub line: String,
    /// What that line is for, in words.
    pub of: String,
    /// Why it was disputed, in the words of whoever did.
    pub reason: String,
    /// Added to this invoice: below nought on that of `from` where a cost was disputed.
    pub amount: Money,
    /// The same by billing account; sums to `amount`.
    pub by_billing_account: Vec<(String, Money)>,
    /// General-ledger expense account.
    pub account: Option<String>,
    /// The mode of the group whose invoice this is, in the period that the amount is of: the corrected one, where the
    /// disputed line is a true-up.
    pub mode: Mode,
}

/// True-ups of one closed bill on a later invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correction {
    /// The billing period that was closed.
    pub period: BillingPeriod,
    /// The final invoice that it corrects; `None` where the group had none.
    pub invoice_number: Option<u64>,
    /// Position among the true-ups of that bill, from 1.
    pub round: u32,
    /// The mode of the group in that period: what was shown only is corrected by showing, and what was charged by a
    /// charge, whatever the mode is now.
    pub mode: Mode,
    /// The differences.
    pub true_up: TrueUp,
}

/// One revision, whole. Stored once and never changed; a revision's record names it by its digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvoiceDocument {
    /// Which invoice.
    pub of: InvoiceRef,
    /// The company.
    pub company: String,
    /// The cost that counts.
    pub basis: CostBasis,
    /// The revision.
    pub revision: u32,
    /// Provisional or final.
    pub stage: Stage,
    /// Number, of a final invoice.
    pub invoice_number: Option<u64>,
    /// The day of issue in the tenant's time zone.
    pub issued_on: NaiveDate,
    /// First billing period of the version of the tree that allocated it.
    pub tree: BillingPeriod,
    /// What the group is charged of this bill.
    pub invoice: Invoice,
    /// What upheld disputes added or took.
    pub moves: Vec<Move>,
    /// True-ups of closed bills, outside this bill's own total.
    pub corrections: Vec<Correction>,
}

/// One amount of a document that can be disputed and journaled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// Identifier, the same in every revision of the invoice.
    pub id: String,
    /// The amount.
    pub amount: Money,
    /// By billing account; sums to `amount`.
    pub by_billing_account: Vec<(String, Money)>,
    /// What upheld disputes have left of it, by billing account: what can still be disputed.
    pub left: Vec<(String, Money)>,
    /// General-ledger expense account.
    pub account: Option<String>,
    /// For a true-up, and for what an upheld dispute moved of one: the closed billing period that it corrects.
    pub corrects: Option<BillingPeriod>,
    /// The mode of the group in the period that the amount is of: in showback it is for information.
    pub mode: Mode,
}

impl Correction {
    /// Identifier of what one of its lines changes by, the same in every revision.
    pub fn id(&self, line: &TrueUpLine) -> String {
        format!("{TRUE_UP}{}-{}-{}", self.period, self.round, line.key.id())
    }
}

impl Move {
    /// Identifier of the amount, the same on both invoices. What was moved of a true-up keeps the name of the period
    /// that it corrects, however often it is moved on.
    pub fn id(&self) -> String {
        moved_id(self.corrects(), &self.from, self.dispute)
    }

    /// The closed billing period that it corrects, where the disputed line is a true-up.
    pub fn corrects(&self) -> Option<BillingPeriod> {
        corrected_by(&self.line)
    }
}

const TRUE_UP: &str = "true-up-";
/// Letters of a billing period: `2026-05`.
const PERIOD: usize = 7;

fn moved_id(corrects: Option<BillingPeriod>, from: &str, dispute: u32) -> String {
    let of = corrects.map(|period| format!("{TRUE_UP}{period}-")).unwrap_or_default();
    format!("{of}moved-{from}-{dispute}")
}

/// The closed billing period in the identifier of a true-up's amount.
fn corrected_by(line: &str) -> Option<BillingPeriod> {
    line.strip_prefix(TRUE_UP)?.get(..PERIOD)?.parse().ok()
}

/// Whether a line is what this dispute on the invoice of `from` moved.
pub(super) fn is_moved_by(line: &str, from: &str, dispute: u32) -> bool {
    line == moved_id(corrected_by(line), from, dispute)
}

impl InvoiceDocument {
    /// What the group is charged of this bill, after disputes.
    pub fn total(&self) -> Money {
        let of_bill = self.moves.iter().filter(|moved| moved.corrects().is_none());
        of_bill.fold(self.invoice.total, |sum, moved| sum + moved.amount)
    }

    /// The sum of the true-ups, after disputes.
    pub fn true_ups(&self) -> Money {
        let nothing = Money::from_minor(0, self.of.bill.currency);
        let sum = self.corrections.iter().fold(nothing, |sum, correction| sum + correction.true_up.total);
        let of_true_ups = self.moves.iter().filter(|moved| moved.corrects().is_some());
        of_true_ups.fold(sum, |sum, moved| sum + moved.amount)
    }

    /// Total and true-ups, both of what is charged and of what is for information.
    pub fn due(&self) -> Money {
        self.total() + self.true_ups()
    }

    /// Every amount of the document; they sum to [`due`](Self::due).
    pub fn stated(&self) -> Vec<Stated> {
        let own =
            self.invoice.lines.iter().map(|line| {
                Stated::new(line.key().id(), line.amount, line.by_billing_account(), &line.account, None, self.invoice.group.mode)
            });
        let moved = self.moves.iter().map(|moved| {
            Stated::new(moved.id(), moved.amount, moved.by_billing_account.clone(), &moved.account, moved.corrects(), moved.mode)
        });
        let corrections = self.corrections.iter().flat_map(|of| {
            let stated = |line: &TrueUpLine| {
                Stated::new(of.id(line), line.amount, line.by_billing_account.clone(), &line.account, Some(of.period), of.mode)
            };
            of.true_up.lines.iter().map(stated)
        });
        let mut stated: Vec<Stated> = own.chain(moved).chain(corrections).collect();
        for moved in self.moves.iter().filter(|moved| moved.from == self.of.group) {
            if let Some(line) = stated.iter_mut().find(|line| line.id == moved.line) {
                moved.by_billing_account.iter().for_each(|(account, amount)| add(&mut line.left, account, *amount));
            }
        }
        stated
    }

    /// Whether anything of it is charged once it is accepted: the group is in chargeback in this period, or something
    /// corrects one in which it was.
    pub fn mode(&self) -> Mode {
        let corrections = self.corrections.iter().map(|correction| correction.mode);
        let mut modes = corrections.chain(self.moves.iter().map(|moved| moved.mode));
        if modes.any(|mode| mode == Mode::Chargeback) { Mode::Chargeback } else { self.invoice.group.mode }
    }

    /// What of it is charged once it is accepted: the amounts of periods in which the group was in chargeback. The rest
    /// is for information.
    pub fn charged(&self) -> Charged {
        let mut charged = Charged::nothing(self.of.bill.currency);
        for stated in self.stated().into_iter().filter(|stated| !stated.is_shown_only()) {
            let part = if stated.corrects.is_some() { &mut charged.true_ups } else { &mut charged.total };
            *part = *part + stated.amount;
        }
        charged
    }

    /// One amount by its identifier.
    pub fn stated_line(&self, id: &str) -> Option<Stated> {
        self.stated().into_iter().find(|stated| stated.id == id)
    }

    /// What an upheld dispute on this document moves to another cost group: the side of this invoice, then that of the
    /// receiver, with its mode in the period that the disputed line is of. `of` says what the line is for. `None` where
    /// the document has no such line.
    pub fn moved(&self, dispute: &Dispute, receiver: (&str, Mode), of: &str) -> Option<[Move; 2]> {
        let line = self.stated_line(&dispute.line)?;
        let parts = line.part(dispute.amount);
        let (receiver, mode_of_receiver) = receiver;
        let side = |sign: i128, mode: Mode| {
            let signed = |amount: Money| Money::from_minor(sign * amount.minor(), amount.currency());
            Move {
                from: self.of.group.clone(),
                to: receiver.to_owned(),
                dispute: dispute.number,
                line: dispute.line.clone(),
                of: of.to_owned(),
                reason: dispute.raised.text.clone(),
                amount: signed(dispute.amount),
                by_billing_account: parts.iter().map(|(account, amount)| (account.clone(), signed(*amount))).collect(),
                account: line.account.clone(),
                mode,
            }
        };
        Some([side(-1, line.mode), side(1, mode_of_receiver)])
    }
}

impl Stated {
    fn new(
        id: String,
        amount: Money,
        by_billing_account: Vec<(String, Money)>,
        account: &Option<String>,
        corrects: Option<BillingPeriod>,
        mode: Mode,
    ) -> Stated {
        Stated { id, amount, left: by_billing_account.clone(), by_billing_account, account: account.clone(), corrects, mode }
    }

    /// Whether it is of a period in which the group was in showback, or corrects one: it is for information.
    pub fn is_shown_only(&self) -> bool {
        self.mode == Mode::Showback
    }

    /// What upheld disputes have left of the amount.
    pub fn left(&self) -> Money {
        self.left.iter().fold(Money::from_minor(0, self.amount.currency()), |sum, (_, amount)| sum + *amount)
    }

    /// `part` of what is left, by billing account: taken from the accounts in their order, from each no more than it
    /// has. Sums to `part`.
    pub fn part(&self, part: Money) -> Vec<(String, Money)> {
        let mut rest = part;
        let mut parts = Vec::new();
        for (account, amount) in &self.left {
            if amount.is_zero() || amount.is_negative() != part.is_negative() || rest.is_zero() {
                continue;
            }
            let taken = if amount.minor().unsigned_abs() < rest.minor().unsigned_abs() { *amount } else { rest };
            rest = rest - taken;
            parts.push((account.clone(), taken));
        }
        // Never of a dispute: accounts of its sign hold no less than the whole line does.
        if !rest.is_zero() {
            let first = parts.first().or(self.left.first()).map_or_else(String::new, |(account, _)| account.clone());
            add(&mut parts, &first, rest);
        }
        parts
    }

    /// What remains by billing account when `held` is held back.
    pub fn without(&self, held: Money) -> Vec<(String, Money)> {
        let mut rest = self.by_billing_account.clone();
        for (account, amount) in self.part(held) {
            add(&mut rest, &account, negated(amount));
        }
        rest
    }
}

fn add(sums: &mut Vec<(String, Money)>, account: &str, amount: Money) {
    match sums.iter_mut().find(|(known, _)| known == account) {
        Some((_, sum)) => *sum = *sum + amount,
        None => sums.push((account.to_owned(), amount)),
    }
}

fn negated(amount: Money) -> Money {
    Money::from_minor(-amount.minor(), amount.currency())
}
