//! Deliveries that may have been counted twice.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dayone_domain::BillingPeriod;
use dayone_domain::cube::BillKey;
use dayone_domain::tie_out::ControlTotals;

use crate::inputs::Input;

/// Where the charges of a billing account were found: by bill, FOCUS ProviderName and BillingAccountId, the
/// source and the folder.
#[derive(Default)]
pub struct Found {
    places: BTreeMap<(BillKey, String, String), BTreeSet<(String, PathBuf)>>,
}

impl Found {
    /// Takes the sums of a file into account.
    pub fn note(&mut self, sums: &ControlTotals, file: &Input) {
        let folder = file.path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        for (key, _) in sums.iter().filter(|(key, _)| !key.billing_account.is_empty()) {
            let account = (key.bill, key.provider.clone(), key.billing_account.clone());
            self.places.entry(account).or_default().insert((file.source.clone(), folder.clone()));
        }
    }

    /// Billing periods of which several folders hold charges of one billing account, with these folders.
    pub fn twice(&self) -> BTreeMap<BillingPeriod, BTreeSet<PathBuf>> {
        let mut twice: BTreeMap<BillingPeriod, BTreeSet<PathBuf>> = BTreeMap::new();
        for ((bill, _, _), places) in self.places.iter().filter(|(_, places)| places.len() > 1) {
            twice.entry(bill.period).or_default().extend(places.iter().map(|(_, folder)| folder.clone()));
        }
        twice
    }

    /// Billing accounts that several sources or folders cover in one bill: their charges are added up, which is
    /// right for the parts of one delivery and wrong for two deliveries of the same month.
    pub fn overlaps(&self) -> Vec<String> {
        let overlapping = self.places.iter().filter(|(_, places)| places.len() > 1);
        let mut notes = Vec::new();
        for ((bill, provider, account), places) in overlapping {
            let sources: BTreeSet<&str> = places.iter().map(|(source, _)| source.as_str()).collect();
            let places: Vec<String> = match sources.len() {
                1 => places.iter().map(|(_, folder)| folder.display().to_string()).collect(),
                _ => sources.into_iter().map(str::to_owned).collect(),
            };
            notes.push(format!(
                "{bill}: {} all hold charges of {provider} billing account `{account}`, and they are added up; name only the newest if they are deliveries of the same month",
                places.join(", ")
            ));
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use dayone_domain::Currency;
    use dayone_domain::charge::{Charge, Cost, Dimension};

    use super::*;

    fn found(places: &[(&str, &str)]) -> Vec<String> {
        let mut found = Found::default();
        for (source, path) in places {
            let mut values = [""; Dimension::COUNT];
            values[Dimension::Provider as usize] = "AWS";
            values[Dimension::BillingAccount as usize] = "1";
            let charge = Charge {
                billing_period: BillingPeriod::try_new(2026, 5).unwrap(),
                currency: Currency::try_new("USD").unwrap(),
                values,
                billing_account_name: "",
                sub_account_name: "",
                tags: &[],
                cost: Cost::default(),
            };
            let mut sums = ControlTotals::default();
            sums.add(&charge);
            found.note(&sums, &Input { path: path.into(), source: (*source).to_owned(), name: (*path).to_owned(), bytes: 1 });
        }
        found.overlaps()
    }

    #[test]
    fn parts_of_one_folder_are_one_delivery() {
        assert_eq!(found(&[("aws", "aws/part-1.csv"), ("aws", "aws/part-2.csv")]), Vec::<String>::new());
    }

    #[test]
    fn two_folders_or_two_sources_of_one_account_are_told() {
        let folders = found(&[("aws", "aws/first/a.csv"), ("aws", "aws/second/a.csv")]);
        assert!(folders[0].starts_with("2026-05 USD: aws/first, aws/second all hold charges of AWS billing account `1`"), "{folders:?}");
        let sources = found(&[("a.csv", "a.csv"), ("b.csv", "b.csv")]);
        assert!(sources[0].starts_with("2026-05 USD: a.csv, b.csv all hold charges"), "{sources:?}");
    }
}
