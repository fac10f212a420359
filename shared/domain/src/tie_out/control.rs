//! Sums of the files, taken apart from the cube.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::charge::{Charge, CostBasis, Dimension};
use crate::cube::BillKey;
use crate::currency::{Currency, Money};
use crate::exact::Exact;
use crate::period::BillingPeriod;
use crate::rounding::round_bill;

/// What charges are counted under while files are read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ControlKey {
    /// The bill.
    pub bill: BillKey,
    /// The source.
    pub source: String,
    /// FOCUS ProviderName.
    pub provider: String,
    /// FOCUS BillingAccountId.
    pub billing_account: String,
    /// FOCUS InvoiceId; the empty text where the provider has not invoiced.
    pub invoice: String,
}

/// Sums taken while files are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
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

impl ControlSum {
    /// The cost in a basis.
    pub fn cost(&self, basis: CostBasis) -> Exact {
        match basis {
            CostBasis::Billed => self.billed,
            CostBasis::Effective => self.effective,
        }
    }

    pub(super) fn add(&mut self, other: &ControlSum) {
        self.charges += other.charges;
        self.billed += other.billed;
        self.tax += other.tax;
        self.effective += other.effective;
    }
}

/// By currency and provider invoice.
type InvoiceSums = BTreeMap<(Currency, String), ControlSum>;

/// Sums of the files, taken charge by charge, apart from the cube: what the cube and all that follows is held
/// against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlTotals {
    #[serde(with = "crate::stored::pairs")]
    sums: BTreeMap<ControlKey, ControlSum>,
}

impl ControlTotals {
    /// Counts one charge.
    pub fn add(&mut self, charge: &Charge<'_>) {
        let key = ControlKey {
            bill: BillKey { period: charge.billing_period, currency: charge.currency },
            source: charge.value(Dimension::Source).to_owned(),
            provider: charge.value(Dimension::Provider).to_owned(),
            billing_account: charge.value(Dimension::BillingAccount).to_owned(),
            invoice: charge.value(Dimension::InvoiceId).to_owned(),
        };
        let cost = &charge.cost;
        let tax = if charge.value(Dimension::ChargeCategory) == "Tax" { cost.billed } else { Exact::ZERO };
        self.sums.entry(key).or_default().add(&ControlSum { charges: 1, billed: cost.billed, tax, effective: cost.effective });
    }

    /// Counts charges that agree in all of the key.
    pub fn add_sum(&mut self, key: ControlKey, sum: &ControlSum) {
        self.sums.entry(key).or_default().add(sum);
    }

    /// The sums and what they are of.
    pub fn iter(&self) -> impl Iterator<Item = (&ControlKey, &ControlSum)> {
        self.sums.iter()
    }

    /// The sums of all of these together.
    pub fn merge<'a>(totals: impl IntoIterator<Item = &'a ControlTotals>) -> ControlTotals {
        let mut merged = ControlTotals::default();
        for (key, sum) in totals.into_iter().flat_map(|totals| &totals.sums) {
            merged.sums.entry(key.clone()).or_default().add(sum);
        }
        merged
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

    /// By billing account of one bill: the cost, exactly, and what accounts payable books of it: what each provider
    /// invoice states, rounded by itself. Charges that no provider invoice names yet are rounded together.
    pub(super) fn by_billing_account(&self, bill: BillKey, basis: CostBasis) -> BTreeMap<&str, (Exact, Money)> {
        let mut invoices: BTreeMap<(&str, &str, &str), Exact> = BTreeMap::new();
        for (key, sum) in self.of(bill) {
            *invoices.entry((&key.billing_account, &key.provider, &key.invoice)).or_default() += sum.cost(basis);
        }
        let mut accounts: BTreeMap<&str, (Exact, Money)> = BTreeMap::new();
        for ((account, ..), cost) in invoices {
            let sum = accounts.entry(account).or_insert((Exact::ZERO, Money::from_minor(0, bill.currency)));
            sum.0 += cost;
            sum.1 = sum.1 + round_bill(cost, bill.currency);
        }
        accounts
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
            sums.entry((key.bill.currency, key.invoice.clone())).or_default().add(sum);
        }
        (sums, open.into_iter().collect())
    }
}
