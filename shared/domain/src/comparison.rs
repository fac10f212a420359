//! What moved between a cost group's invoices of two billing periods, and why.

use std::collections::BTreeMap;

use crate::charge::Nature;
use crate::currency::Money;
use crate::exact::Exact;
use crate::invoice::{Invoice, Line, LineKind};
use crate::period::BillingPeriod;

/// What moved: lines of one subject are compared together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// Charges of one nature, service and sub account.
    Direct {
        /// What kind of money.
        nature: Nature,
        /// FOCUS ProviderName.
        provider: String,
        /// FOCUS ServiceName.
        service: String,
        /// FOCUS SubAccountId.
        sub_account: String,
        /// FOCUS SubAccountName; the empty text where the files give none.
        sub_account_name: String,
        /// For a provider's correction: the period that it corrects.
        correction_of: Option<BillingPeriod>,
    },
    /// The share of a pool.
    Shared {
        /// Identifier of the pool.
        pool: String,
        /// Name of the pool.
        pool_name: String,
        /// For what a provider's corrections brought into the pool: the period that they correct.
        correction_of: Option<BillingPeriod>,
    },
}

/// Why an amount moved. The two parts of a split reason sum to the movement of the exact cost, each rounded to
/// the currency's minor unit, the second taking what rounding leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It was not there before.
    New,
    /// It is no longer there.
    Gone,
    /// More or less was used (list cost moved), and the price paid for a unit of list cost moved.
    UseAndPrice {
        /// Through use, at the earlier price.
        usage: Exact,
        /// Through price.
        price: Exact,
    },
    /// The pool cost more or less, and the group's share of it moved.
    PoolAndShare {
        /// Through the pool's cost, at the earlier share.
        pool: Exact,
        /// Through the share.
        share: Exact,
    },
    /// The bill gives nothing to tell by.
    Unknown,
}

/// One movement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// What moved.
    pub subject: Subject,
    /// The amount before.
    pub before: Money,
    /// The amount now.
    pub now: Money,
    /// Why.
    pub reason: Reason,
}

impl Subject {
    /// What it is, whatever it is called this month.
    fn nameless(&self) -> Subject {
        let mut subject = self.clone();
        match &mut subject {
            Subject::Direct { sub_account_name: name, .. } | Subject::Shared { pool_name: name, .. } => name.clear(),
        }
        subject
    }
}

impl Movement {
    /// `now` minus `before`.
    pub fn change(&self) -> Money {
        self.now - self.before
    }
}

#[derive(Clone, Copy, Default)]
struct Side {
    minor: i128,
    exact: Exact,
    list: Option<Exact>,
    pool_total: Option<Exact>,
    lines: usize,
}

/// Everything that moved, the largest first. The changes sum to the difference of the two invoices' totals. A
/// pool or an account that is called otherwise now is still the same.
pub fn movements(before: &Invoice, now: &Invoice) -> Vec<Movement> {
    let currency = now.total.currency();
    let mut sides: BTreeMap<Subject, (Subject, [Side; 2])> = BTreeMap::new();
    for (place, invoice) in [before, now].into_iter().enumerate() {
        for line in &invoice.lines {
            let subject = subject(line);
            let (named, sides) = sides.entry(subject.nameless()).or_insert_with(|| (subject.clone(), Default::default()));
            *named = subject;
            let side = &mut sides[place];
            side.minor += line.amount.minor();
            side.exact += line.exact;
            side.list = match (side.lines, side.list, line.list) {
                (0, _, list) => list,
                (_, Some(sum), Some(list)) => Some(sum + list),
                _ => None,
            };
            if let LineKind::Shared(shared) = &line.what {
                side.pool_total = Some(shared.pool_total);
            }
            side.lines += 1;
        }
    }
    let mut movements: Vec<Movement> = sides
        .into_values()
        .map(|(subject, [before, now])| Movement {
            before: Money::from_minor(before.minor, currency),
            now: Money::from_minor(now.minor, currency),
            reason: reason(&subject, before, now, currency.minor_digits()),
            subject,
        })
        .filter(|movement| !movement.change().is_zero())
        .collect();
    movements.sort_by_key(|movement| std::cmp::Reverse(movement.change().minor().unsigned_abs()));
    movements
}

fn subject(line: &Line) -> Subject {
    match &line.what {
        LineKind::Direct(direct) => Subject::Direct {
            nature: direct.nature,
            provider: direct.provider.clone(),
            service: direct.service.clone(),
            sub_account: direct.sub_account.clone(),
            sub_account_name: direct.sub_account_name.clone(),
            correction_of: direct.correction_of,
        },
        LineKind::Shared(shared) => {
            Subject::Shared { pool: shared.pool.clone(), pool_name: shared.pool_name.clone(), correction_of: shared.correction_of }
        }
    }
}

/// Only consumption is explained by use and price: a tax, a fee or a credit has no price of its own.
fn reason(subject: &Subject, before: Side, now: Side, decimals: u32) -> Reason {
    if before.lines == 0 {
        return Reason::New;
    }
    if now.lines == 0 {
        return Reason::Gone;
    }
    let change = now.exact - before.exact;
    // Explanations far larger than what they explain explain nothing.
    let bound = (before.exact.abs() + now.exact.abs()).proportion(Exact::from_i128(10, 0), Exact::from_i128(1, 0), decimals);
    let split = |base_before: Exact, base_now: Exact| {
        let moved = before.exact.proportion(base_now - base_before, base_before, decimals)?;
        let rounded = Exact::new(change.round_half_away_units(decimals), decimals);
        (moved.abs() <= bound?).then_some((moved, rounded - moved))
    };
    let above_zero = |value: Option<Exact>| value.filter(|value| !value.is_zero() && !value.is_negative());
    if let (Some(pool_before), Some(pool_now)) = (above_zero(before.pool_total), above_zero(now.pool_total)) {
        return split(pool_before, pool_now).map_or(Reason::Unknown, |(pool, share)| Reason::PoolAndShare { pool, share });
    }
    let is_consumption = matches!(subject, Subject::Direct { nature: Nature::Usage | Nature::Marketplace, correction_of: None, .. });
    match (above_zero(before.list), above_zero(now.list)) {
        (Some(list_before), Some(list_now)) if is_consumption && !before.exact.is_zero() => {
            split(list_before, list_now).map_or(Reason::Unknown, |(usage, price)| Reason::UseAndPrice { usage, price })
        }
        _ => Reason::Unknown,
    }
}
