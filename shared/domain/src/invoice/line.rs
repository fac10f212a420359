//! The lines of an invoice.

use serde::{Deserialize, Serialize};

use super::LineKey;
use crate::allocation::ShareKey;
use crate::charge::Nature;
use crate::currency::Money;
use crate::exact::Exact;
use crate::period::BillingPeriod;
use crate::rounding::round_parts;

/// One line of an invoice.
///
/// A line that is read back is refused where its parts by billing account do not sum to its exact cost, or its
/// amount is a minor unit or more off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "LineRecord")]
pub struct Line {
    /// What for.
    pub what: LineKind,
    /// The exact cost.
    pub exact: Exact,
    /// The amount, in the currency's minor unit.
    pub amount: Money,
    /// The list cost, where every charge of the bill has one; `None` for shared lines.
    pub list: Option<Exact>,
    /// Charges summed; 0 for shared lines.
    pub charges: u64,
    /// General-ledger expense account, where the tree states coding.
    pub account: Option<String>,
}

/// What a line is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKind {
    /// Charges of the group's own.
    Direct(DirectLine),
    /// A share of a pool.
    Shared(SharedLine),
}

/// A part of a pool's cost.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// Charges of this nature that were matched to the pool.
    Charges(Nature),
    /// What the pool of this name passed on.
    Pool(String),
}

/// Charges of the group's own that are shown together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DirectLine {
    /// What kind of money.
    pub nature: Nature,
    /// FOCUS ProviderName.
    pub provider: String,
    /// FOCUS ServiceName.
    pub service: String,
    /// FOCUS SubAccountId.
    pub sub_account: String,
    /// FOCUS SubAccountName; the empty text where the files give none.
    pub sub_account_name: String,
    /// FOCUS BillingAccountId.
    pub billing_account: String,
    /// FOCUS ChargeCategory.
    pub charge_category: String,
    /// For a provider's correction: the billing period that it corrects.
    pub correction_of: Option<BillingPeriod>,
}

/// A share of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedLine {
    /// Identifier of the pool.
    pub pool: String,
    /// Name of the pool.
    pub pool_name: String,
    /// For what a provider's corrections brought into the pool: the billing period that they correct.
    pub correction_of: Option<BillingPeriod>,
    /// What the whole pool cost.
    pub pool_total: Exact,
    /// What that is made of: its own charges by nature, then what other pools passed on. Sums to `pool_total`.
    pub pool_holds: Vec<(Held, Exact)>,
    /// By what it was divided.
    pub key: ShareKey,
    /// The group's weight.
    pub weight: Exact,
    /// All receivers' weights together.
    pub weights: Exact,
    /// What of the share came through which billing account (FOCUS BillingAccountId), in the order of the
    /// accounts. Sums to the line's exact cost.
    pub by_billing_account: Vec<(String, Exact)>,
}

impl Line {
    /// What the line is for, without names: the same charges in the next revision have the same key.
    pub fn key(&self) -> LineKey {
        self.what.key()
    }

    /// The exact cost by billing account (FOCUS BillingAccountId), in the order of the accounts; sums to `exact`.
    pub fn exact_by_billing_account(&self) -> Vec<(&str, Exact)> {
        match &self.what {
            LineKind::Direct(line) => vec![(&line.billing_account, self.exact)],
            LineKind::Shared(line) => line.by_billing_account.iter().map(|(account, part)| (account.as_str(), *part)).collect(),
        }
    }

    /// The amount by billing account (FOCUS BillingAccountId), in the order of the accounts; sums to `amount`.
    ///
    /// # Panics
    /// Where the parts of a shared line do not sum to its exact cost, or its amount is not that cost rounded.
    pub fn by_billing_account(&self) -> Vec<(String, Money)> {
        match &self.what {
            LineKind::Direct(line) => vec![(line.billing_account.clone(), self.amount)],
            LineKind::Shared(line) => {
                let parts: Vec<Exact> = line.by_billing_account.iter().map(|(_, part)| *part).collect();
                let accounts = line.by_billing_account.iter().map(|(account, _)| account.clone());
                accounts.zip(round_parts(self.amount, &parts)).collect()
            }
        }
    }
}

impl LineKind {
    /// See [`Line::key`].
    pub fn key(&self) -> LineKey {
        match self {
            LineKind::Direct(line) => LineKey::Direct {
                nature: line.nature,
                provider: line.provider.clone(),
                service: line.service.clone(),
                sub_account: line.sub_account.clone(),
                billing_account: line.billing_account.clone(),
                charge_category: line.charge_category.clone(),
                correction_of: line.correction_of,
            },
            LineKind::Shared(line) => LineKey::Shared { pool: line.pool.clone(), correction_of: line.correction_of },
        }
    }
}

/// Why a line that is read back is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// The amount is not the exact cost, rounded.
    #[error("the amount `{amount}` is not the exact cost `{exact}`, rounded")]
    Amount {
        /// The line's.
        amount: Money,
        /// The line's.
        exact: Exact,
    },
    /// The parts do not sum to the exact cost.
    #[error("the parts by billing account do not sum to the exact cost `{0}`")]
    Parts(Exact),
}

/// A [`Line`] before it is checked.
#[derive(Deserialize)]
struct LineRecord {
    what: LineKind,
    exact: Exact,
    amount: Money,
    list: Option<Exact>,
    charges: u64,
    account: Option<String>,
}

impl TryFrom<LineRecord> for Line {
    type Error = LineError;

    fn try_from(record: LineRecord) -> Result<Line, LineError> {
        let LineRecord { what, exact, amount, list, charges, account } = record;
        let off = Exact::checked_sum([amount.exact(), -exact]).map(Exact::abs);
        if off.is_none_or(|off| off >= Money::from_minor(1, amount.currency()).exact()) {
            return Err(LineError::Amount { amount, exact });
        }
        if let LineKind::Shared(line) = &what {
            let parts = line.by_billing_account.iter().map(|(_, part)| *part);
            if Exact::checked_sum(parts) != Some(exact) {
                return Err(LineError::Parts(exact));
            }
        }
        Ok(Line { what, exact, amount, list, charges, account })
    }
}
