//! What lies beside the bills: the providers' invoices, driver quantities, the allocation tree, what a home is configured
//! with, a page to read.

use std::collections::BTreeMap;

use crate::aws::{AwsCharge, Document};
use crate::aws_extras::REFUND_MONTH;
use crate::azure_extras::{CORRECTED_BEFORE, CORRECTING_MONTH};
use crate::azure_reservations::PREPAID_MONTH;
use crate::company::{AWS_ACCOUNTS, AZURE_PROFILES, GOOGLE_BILLING_ACCOUNT, MONTHS};
use crate::cur::Documents;
use crate::focus_charge::FocusCharge;
use crate::late::LATE_MONTH;
use crate::money::cents;
use crate::random::Random;
use crate::workload::Month;

const USD: &str = "USD";
const EUR: &str = "EUR";

const TREE: &str = include_str!("../assets/tree.yaml");
const README: &str = include_str!("../assets/README.txt");
const SOURCES: &str = include_str!("../assets/sources.yaml");

/// The people of the company, YAML.
pub const PEOPLE: &str = include_str!("../assets/people.yaml");

/// Its policy, YAML.
pub const POLICY: &str = include_str!("../assets/policy.yaml");

/// The calendar of its ledger, YAML.
pub const CALENDAR: &str = include_str!("../assets/calendar.yaml");

/// The ids of the AWS documents of a month: none while it runs.
pub fn aws_documents(seed: u64, month: &Month) -> Documents {
    let mut documents = Documents::new();
    if month.is_closed() {
        // Each month numbers from a range of its own, so that no id comes twice.
        let mut random = Random::new(seed, 3000 + u64::from(month.index));
        let from = 2_140_000_000 + u64::from(month.index) * 9_000_000;
        documents.insert(Document::Invoice, (from + random.below(3_000_000)).to_string());
        documents.insert(Document::Marketplace, (from + 3_000_000 + random.below(3_000_000)).to_string());
        if month.index == REFUND_MONTH {
            documents.insert(Document::CreditMemo, (from + 6_000_000 + random.below(3_000_000)).to_string());
        }
    }
    documents
}

/// The ids of the Azure invoices of a month, by billing profile: none while it runs.
pub fn azure_documents(seed: u64, month: &Month) -> Vec<Option<String>> {
    let mut random = Random::new(seed, 3100 + u64::from(month.index));
    let number = |profile: usize, random: &mut Random| {
        let from = 70_000_000 + u64::from(month.index) * 200_000 + profile as u64 * 100_000;
        format!("G{:09}", from + random.below(100_000))
    };
    (0..AZURE_PROFILES.len()).map(|profile| number(profile, &mut random)).map(|id| month.is_closed().then_some(id)).collect()
}

/// The id of the Google Cloud invoice of a month: none for the last closed one, which the provider invoices later.
pub fn google_document(seed: u64, month: &Month) -> Option<String> {
    let number = 5_200_000_000 + u64::from(month.index) * 40_000_000 + Random::new(seed, 3200 + u64::from(month.index)).below(30_000_000);
    (month.index + 2 < MONTHS).then(|| number.to_string())
}

/// The documents of all providers, summed from the charges that stand on them.
#[derive(Clone, Debug, Default)]
pub struct ProviderInvoices {
    sums: BTreeMap<String, Sums>,
}

#[derive(Clone, Debug)]
struct Sums {
    net: i128,
    tax: i128,
    currency: &'static str,
    credit_memo_of: String,
}

impl ProviderInvoices {
    /// Adds the charges of a month of AWS.
    pub fn add_aws(&mut self, seed: u64, month: &Month, charges: &[AwsCharge], documents: &Documents) {
        for charge in charges {
            if let Some(id) = documents.get(&charge.document) {
                self.add(id, USD, charge.kind == "Tax", charge.cost);
            }
        }
        if let Some(memo) = documents.get(&Document::CreditMemo) {
            let before = Month { index: month.index - 1, period: month.period.previous(), ..*month };
            let corrected = aws_documents(seed, &before).remove(&Document::Invoice).expect("months before a refund are closed");
            self.sums.get_mut(memo).expect("the refund stands on it").credit_memo_of = corrected;
        }
    }

    /// Adds the charges of a month of Azure; invoices by billing profile.
    pub fn add_azure(&mut self, charges: &[FocusCharge], invoices: &[Option<String>]) {
        for charge in charges {
            if let Some(id) = &invoices[charge.account.profile] {
                self.add(id, USD, charge.category == "Tax", charge.billed);
            }
        }
    }

    /// Adds the charges of a month of Google Cloud.
    pub fn add_google(&mut self, charges: &[FocusCharge], invoice: &str) {
        for charge in charges {
            self.add(invoice, EUR, charge.category == "Tax", charge.billed);
        }
    }

    /// Takes the charges of a month of AWS out again, of which there is a later delivery.
    pub fn take_out_aws(&mut self, documents: &Documents) {
        for id in documents.values() {
            self.sums.remove(id);
        }
    }

    fn add(&mut self, id: &str, currency: &'static str, is_tax: bool, cost: i128) {
        if !self.sums.contains_key(id) {
            self.sums.insert(id.to_owned(), Sums { net: 0, tax: 0, currency, credit_memo_of: String::new() });
        }
        let sums = self.sums.get_mut(id).expect("inserted above");
        *(if is_tax { &mut sums.tax } else { &mut sums.net }) += cost;
    }

    /// As a file; amounts rounded to cents, halves away from zero.
    pub fn csv(&self) -> String {
        let mut text = "id,net,tax,currency,credit_memo_of\n".to_owned();
        for (id, sums) in &self.sums {
            text += &format!("{id},{},{},{},{}\n", cents(sums.net), cents(sums.tax), sums.currency, sums.credit_memo_of);
        }
        text
    }
}

/// Requests a month that pass the gateway, by team.
static REQUESTS: [(&str, i128); 11] = [
    ("tills", 61_400_000),
    ("storefront", 412_000_000),
    ("search", 236_000_000),
    ("catalogue", 187_000_000),
    ("checkout", 94_500_000),
    ("mobile-apps", 268_000_000),
    ("loyalty", 33_800_000),
    ("orders", 71_200_000),
    ("delivery", 28_900_000),
    ("payments", 49_700_000),
    ("assistant", 12_300_000),
];

/// Driver quantities.
pub fn drivers(seed: u64, months: &[Month]) -> String {
    let mut random = Random::new(seed, 4000);
    let mut text = "driver,billing_period,cost_group,quantity\n".to_owned();
    for month in months {
        for (team, base) in REQUESTS {
            let grown = base * (1000 + 14 * i128::from(month.index)) / 1000 * random.between(940, 1060) / 1000;
            let quantity = grown * i128::from(month.days) / i128::from(month.all_days);
            if team != "assistant" || month.index >= 2 {
                text += &format!("requests,{},{team},{quantity}\n", month.period);
            }
        }
    }
    text
}

/// The allocation tree, valid from the first month.
pub fn tree(months: &[Month]) -> String {
    TREE.replace("{valid_from}", &months[0].period.to_string())
        .replace("{operations}", AZURE_PROFILES[0].0)
        .replace("{data}", AZURE_PROFILES[1].0)
        .replace("{google}", GOOGLE_BILLING_ACCOUNT.0)
}

/// The sources, expected from the first month on.
pub fn sources(months: &[Month]) -> String {
    SOURCES
        .replace("{from}", &months[0].period.to_string())
        .replace("{aws}", AWS_ACCOUNTS[0].id)
        .replace("{operations}", AZURE_PROFILES[0].0)
        .replace("{data}", AZURE_PROFILES[1].0)
        .replace("{google}", GOOGLE_BILLING_ACCOUNT.0)
}

/// The page to read first.
pub fn readme(months: &[Month]) -> String {
    let name = |index: u32| months[index as usize].period.name();
    README
        .replace("{first}", &name(0))
        .replace("{last}", &name(MONTHS - 2))
        .replace("{running}", &name(MONTHS - 1))
        .replace("{prepaid}", &name(PREPAID_MONTH))
        .replace("{refund}", &name(REFUND_MONTH))
        .replace("{corrected}", &name(CORRECTING_MONTH - CORRECTED_BEFORE))
        .replace("{late}", &name(LATE_MONTH))
        .replace("{late_period}", &months[LATE_MONTH as usize].period.to_string())
}
