//! Sums of the files, taken apart from the cube.

use std::collections::{BTreeMap, BTreeSet};

use crate::charge::{Charge, Dimension};
use crate::cube::BillKey;
use crate::currency::Currency;
use crate::exact::Exact;
use crate::period::BillingPeriod;

/// What charges are counted under while files are read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ControlKey {
    /// The bill.
    pub bill: BillKey,
    /// The source.
    pub source: String,
    /// FOCUS ProviderName.
    pub provider: String,
    /// FOCUS InvoiceId; the empty text where the provider has not invoiced.
    pub invoice: String,
}

/// Sums taken while files are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ControlSum {
    /// Charges.
    pub charges: u64,
    /// Billed cost.
    pub billed: Exact,
    /// Billed cost of charges of category `Tax`.
    pub tax: Exact,
    /// Effective cost.
    pub effective: Exact,
}

/// By currency and provider invoice.
type InvoiceSums = BTreeMap<(Currency, String), ControlSum>;

/// Sums of the files, taken charge by charge, apart from the cube: what the cube and all that follows is held
/// against.
#[derive(Clone, Debug, Default)]
pub struct ControlTotals {
    sums: BTreeMap<ControlKey, ControlSum>,
}

impl ControlTotals {
    /// Counts one charge.
    pub fn add(&mut self, charge: &Charge<'_>) {
        let key = ControlKey {
            bill: BillKey { period: charge.billing_period, currency: charge.currency },
            source: charge.value(Dimension::Source).to_owned(),
            provider: charge.value(Dimension::Provider).to_owned(),
            invoice: charge.value(Dimension::InvoiceId).to_owned(),
        };
        let sum = self.sums.entry(key).or_default();
        sum.charges += 1;
        sum.billed += charge.cost.billed;
        sum.effective += charge.cost.effective;
        if charge.value(Dimension::ChargeCategory) == "Tax" {
            sum.tax += charge.cost.billed;
        }
    }

    /// The sums of the bills of one period.
    pub fn of_period(&self, period: BillingPeriod) -> ControlTotals {
        let of_period = self.sums.iter().filter(|(key, _)| key.bill.period == period);
        ControlTotals { sums: of_period.map(|(key, sum)| (key.clone(), *sum)).collect() }
    }

    /// The billing periods in which charges carry an InvoiceId.
    pub fn periods_of<'a>(&'a self, invoice: &'a str) -> impl Iterator<Item = BillingPeriod> + 'a {
        self.sums.keys().filter(move |key| key.invoice == invoice).map(|key| key.bill.period)
    }

    /// The sums of one bill.
    pub fn of(&self, bill: BillKey) -> impl Iterator<Item = (&ControlKey, &ControlSum)> {
        self.sums.iter().filter(move |(key, _)| key.bill == bill)
    }

    /// Sums by currency and provider invoice over all bills; and the bills that a provider has not invoiced yet:
    /// none of its charges there carries an invoice id.
    pub(super) fn by_invoice(&self) -> (InvoiceSums, Vec<(BillKey, String)>) {
        let invoiced: BTreeSet<(BillKey, &str)> =
            self.sums.keys().filter(|key| !key.invoice.is_empty()).map(|key| (key.bill, key.provider.as_str())).collect();
        let mut sums = InvoiceSums::new();
        let mut open = BTreeSet::new();
        for (key, sum) in &self.sums {
            if !invoiced.contains(&(key.bill, key.provider.as_str())) {
                open.insert((key.bill, key.provider.clone()));
                continue;
            }
            let into = sums.entry((key.bill.currency, key.invoice.clone())).or_default();
            into.charges += sum.charges;
            into.billed += sum.billed;
            into.tax += sum.tax;
            into.effective += sum.effective;
        }
        (sums, open.into_iter().collect())
    }
}
