//! Every figure of the sample files' `totals.json`, to the last digit. The samples are not part of the project:
//! the variable `DAYONE_SAMPLES` says where they are.

mod support;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Once;

use dayone_billing_files::{Format, Place, is_billing_file_name, read};
use dayone_domain::Exact;
use dayone_domain::charge::Dimension;
use dayone_domain::cube::CubeBuilder;
use serde_json::{Map, Value};

use support::{Kept, OPTIONS, exact};

/// Data sets that are no cost and usage.
const NOT_COST: [&str; 1] = ["focus-1.3/focus_1_3_contract_commitment_aws.csv"];

fn samples() -> Option<PathBuf> {
    let folder = std::env::var_os("DAYONE_SAMPLES").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    if folder.is_none() {
        static SAID: Once = Once::new();
        // The test harness swallows what the printing macros print.
        SAID.call_once(|| {
            let _ =
                writeln!(std::io::stderr(), "\n*** DAYONE_SAMPLES is not set: the sample billing files were LEFT OUT of this run ***\n");
        });
    }
    folder
}

fn totals(folder: &Path) -> Map<String, Value> {
    let text = std::fs::read_to_string(folder.join("totals.json")).expect("totals.json is among the samples");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_figure_of_the_samples_comes_out_to_the_last_digit() {
    let Some(folder) = samples() else { return };
    let totals = totals(&folder);
    assert!(!totals.is_empty());
    for (name, figures) in &totals {
        let path = folder.join(name);
        assert!(path.is_file(), "{name} is missing");
        if name.starts_with("must-refuse/") {
            continue;
        }
        let read = Read::of(&path);
        let mut checked = figures.as_object().unwrap().clone();
        if let Some(other) = checked.remove("same rows as") {
            for (figure, expected) in totals[&resolve(&totals, other.as_str().unwrap())].as_object().unwrap() {
                // The file's own figure comes first; both are checked where both state it.
                read.check(name, figure, expected);
            }
        }
        for (figure, expected) in &checked {
            read.check(name, figure, expected);
        }
        read.check_cube(name, &path);
    }
}

#[test]
fn the_mangled_file_is_refused_at_its_first_account() {
    let Some(folder) = samples() else { return };
    let refused: Vec<String> = totals(&folder).keys().filter(|name| name.starts_with("must-refuse/")).cloned().collect();
    assert_eq!(refused, ["must-refuse/excel-mangled-focus.csv"]);
    let path = folder.join(&refused[0]);
    let refusal = support::read(&path).unwrap_err();
    assert_eq!(*refusal.file, *path.to_string_lossy());
    assert_eq!(refusal.place, Some(Place::Line(2)));
    assert_eq!(refusal.column.as_deref(), Some("BillingAccountId"));
    assert_eq!(refusal.value.as_deref(), Some("1.23457E+12"));
    assert!(refusal.reason.contains("spreadsheet"), "{refusal}");
    assert!(refusal.what_to_do.contains("without opening and saving it in a spreadsheet"), "{refusal}");
}

#[test]
fn every_sample_is_in_the_totals_or_no_cost() {
    let Some(folder) = samples() else { return };
    let totals = totals(&folder);
    let mut found = Vec::new();
    walk(&folder, &mut found);
    for path in found {
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().replace('\\', "/");
        if NOT_COST.contains(&name.as_str()) {
            let refusal = support::read(&path).unwrap_err();
            assert!(refusal.reason.contains("contract-commitment"), "{refusal}");
        } else {
            assert!(totals.contains_key(&name), "{name} is in no totals");
        }
    }
}

#[test]
fn the_header_of_an_aws_export_is_focus_1_2() {
    let Some(folder) = samples() else { return };
    let (facts, _) = support::read(&folder.join("focus-1.2/aws-csv-header.txt")).unwrap();
    assert_eq!((facts.format.to_string().as_str(), facts.columns, facts.rows), ("FOCUS 1.2", 60, 0));
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, found);
        } else if is_billing_file_name(&path) {
            found.push(path);
        }
    }
}

/// The file that `same rows as` names, by its path or as `the csv.gz under FOLDER`.
fn resolve(totals: &Map<String, Value>, reference: &str) -> String {
    if totals.contains_key(reference) {
        return reference.to_owned();
    }
    let (ending, folder) = reference.strip_prefix("the ").and_then(|rest| rest.split_once(" under ")).expect("a known reference");
    let mut names = totals.keys().filter(|name| name.starts_with(folder) && name.ends_with(ending));
    let name = names.next().expect("the reference names a file").clone();
    assert_eq!(names.next(), None, "`{reference}` names several files");
    name
}

struct Read {
    format: Format,
    charges: Vec<Kept>,
}

impl Read {
    fn of(path: &Path) -> Read {
        let (facts, charges) = support::read(path).unwrap_or_else(|refusal| panic!("{refusal}"));
        Read { format: facts.format, charges }
    }

    fn sum(&self, cost: impl Fn(&Kept) -> Exact) -> Exact {
        self.charges.iter().map(cost).sum()
    }

    fn billed_by(&self, key: impl Fn(&Kept) -> String) -> BTreeMap<String, Exact> {
        let mut sums = BTreeMap::new();
        for charge in &self.charges {
            *sums.entry(key(charge)).or_insert(Exact::ZERO) += charge.cost.billed;
        }
        sums
    }

    /// Fails on a figure that it does not know: none is skipped.
    fn check(&self, name: &str, figure: &str, expected: &Value) {
        let amount = |sum: Exact| assert_eq!(sum, exact(expected.as_str().unwrap()), "{name}: {figure}");
        let amounts = |sums: BTreeMap<String, Exact>| {
            let expected = expected.as_object().unwrap().iter().map(|(key, sum)| (key.clone(), exact(sum.as_str().unwrap()))).collect();
            assert_eq!(sums, expected, "{name}: {figure}");
        };
        let by = |dimension| move |charge: &Kept| charge.value(dimension).to_owned();
        match figure {
            "format" => {
                let format = match self.format {
                    Format::Focus { .. } => "FOCUS",
                    Format::Cur2 => "CUR 2.0",
                    Format::LegacyCur => "legacy CUR",
                };
                assert_eq!(format, expected, "{name}");
            }
            "rows" => assert_eq!(self.charges.len() as u64, expected.as_u64().unwrap(), "{name}"),
            "rows by line item type" => {
                let mut rows = BTreeMap::new();
                for charge in &self.charges {
                    *rows.entry(charge.value(Dimension::ChargeType).to_owned()).or_insert(0) += 1;
                }
                let expected: BTreeMap<String, u64> =
                    expected.as_object().unwrap().iter().map(|(key, count)| (key.clone(), count.as_u64().unwrap())).collect();
                assert_eq!(rows, expected, "{name}: {figure}");
            }
            "BilledCost" | "unblended cost" => amount(self.sum(|charge| charge.cost.billed)),
            "EffectiveCost" => amount(self.sum(|charge| charge.cost.effective)),
            "ListCost" => amount(self.sum(|charge| charge.cost.list.unwrap())),
            "ContractedCost" => amount(self.sum(|charge| charge.cost.contracted.unwrap())),
            "unblended cost by line item type" => amounts(self.billed_by(by(Dimension::ChargeType))),
            "BilledCost by ChargeCategory" => amounts(self.billed_by(by(Dimension::ChargeCategory))),
            "BilledCost by ProviderName" | "BilledCost by ServiceProviderName" => amounts(self.billed_by(by(Dimension::Provider))),
            "BilledCost by BillingCurrency" => amounts(self.billed_by(|charge| charge.currency.clone())),
            "BilledCost by billing month" => amounts(self.billed_by(|charge| charge.period.clone())),
            other => panic!("{name}: nothing checks the figure `{other}`"),
        }
    }

    /// The cube of the file has the same charges and sums.
    fn check_cube(&self, name: &str, path: &Path) {
        let mut builder = CubeBuilder::new(vec!["application".to_owned(), "CostCenter".to_owned()]);
        read(path, &OPTIONS, &mut |charge| {
            builder.add(charge).unwrap();
            Ok(())
        })
        .unwrap();
        let cube = builder.finish();
        let (mut charges, mut sums) = (0, [Exact::ZERO; 4]);
        for bill in cube.bills() {
            let (count, cost) = cube.master_bill(bill);
            charges += count;
            for (sum, cost) in sums.iter_mut().zip(all_costs(cost)) {
                *sum += cost;
            }
        }
        assert_eq!(charges, self.charges.len() as u64, "{name}");
        let expected: [Exact; 4] = std::array::from_fn(|place| self.sum(|charge| all_costs(charge.cost)[place]));
        assert_eq!(sums, expected, "{name}");
    }
}

fn all_costs(cost: dayone_domain::charge::Cost) -> [Exact; 4] {
    [cost.billed, cost.effective, cost.list.unwrap_or_default(), cost.contracted.unwrap_or_default()]
}
