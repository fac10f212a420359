//! The month that AWS sends once more.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::LazyLock;

use dayone_demo::LateChange;
use dayone_domain::exact::Exact;

use crate::reading::{Row, amount, rows};
use crate::{DEMO, billed, document_lines, document_sums, stated_documents, value};

static LATE: LazyLock<Vec<Row>> = LazyLock::new(|| DEMO.written.late.source.files.values().flatten().flat_map(|file| rows(file)).collect());

fn first() -> &'static [Row] {
    &DEMO.aws[&DEMO.written.last_closed.previous()]
}

fn cost(row: &Row) -> Exact {
    Exact::from_i128(billed(row), 18)
}

fn team(row: &Row) -> String {
    let tags: serde_json::Value = serde_json::from_str(value(row, "tags")).unwrap();
    tags.get("resourceTags/user:team").map_or("", |team| team.as_str().unwrap()).to_owned()
}

fn is_of(change: &LateChange, row: &Row) -> bool {
    let product: serde_json::Value = serde_json::from_str(value(row, "product")).unwrap();
    (change.team, change.account, change.service)
        == (team(row).as_str(), value(row, "line_item_usage_account_id"), product["product_name"].as_str().unwrap())
}

#[test]
fn it_is_the_month_before_the_last_closed_one_in_a_folder_of_its_own() {
    let late = &DEMO.written.late;
    assert!(late.source.files.keys().eq([&DEMO.written.last_closed.previous()]));
    assert_eq!(late.charges, LATE.len() as u64);
    assert!(DEMO.written.sources.iter().all(|source| !late.source.folder.starts_with(&source.folder)));
    let key = |folder: &std::path::Path, file: &std::path::Path| file.strip_prefix(folder).unwrap().to_owned();
    let (period, files) = late.source.files.iter().next().unwrap();
    let aws = &DEMO.written.sources[0];
    assert_eq!(key(&late.source.folder, &files[0]), key(&aws.folder, &aws.files[period][0]));
}

#[test]
fn it_differs_from_the_first_delivery_exactly_by_the_stated_charges() {
    let changes = &DEMO.written.late.changes;
    let (smaller, new): (Vec<&LateChange>, Vec<&LateChange>) = changes.iter().partition(|change| change.before.is_some());
    let (repeated, added) = LATE.split_at(first().len());
    let changed: Vec<(&Row, &Row)> = first().iter().zip(repeated).filter(|(before, after)| before != after).collect();
    assert_eq!(changed.len(), smaller.len());
    for (before, after) in changed {
        let change = smaller.iter().find(|change| is_of(change, after)).expect("it is stated");
        assert_eq!((change.before, change.after), (Some(cost(before)), cost(after)));
        let columns: BTreeSet<&str> = before.keys().filter(|column| before[*column] != after[*column]).map(String::as_str).collect();
        assert_eq!(columns, BTreeSet::from(["line_item_unblended_cost", "line_item_usage_amount", "pricing_public_on_demand_cost"]));
    }
    assert_eq!(added.len(), new.len());
    for (row, change) in added.iter().zip(new) {
        assert!(is_of(change, row) && change.after == cost(row), "{change:?}");
    }
    let sum = |rows: &[Row]| rows.iter().map(cost).sum::<Exact>();
    let stated: Exact = changes.iter().map(|change| change.after - change.before.unwrap_or(Exact::ZERO)).sum();
    assert_eq!(sum(&LATE) - sum(first()), stated);
}

#[test]
fn three_teams_have_late_transfer_and_support_a_pool_has_one_charge_and_two_charges_are_smaller() {
    let changes = &DEMO.written.late.changes;
    let mut found: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.before.is_none()) {
        assert!(!change.after.is_negative() && !change.after.is_zero());
        *found.entry((change.team, change.service)).or_default() += 1;
    }
    let mut expected = BTreeMap::from([(("", "AWS Data Transfer"), 1)]);
    for team in ["search", "storefront", "warehouse"] {
        expected.extend([((team, "AWS Data Transfer"), 11), ((team, "AWS Support (Enterprise)"), 1)]);
    }
    assert_eq!(found, expected);
    // The page of the folder says so, too.
    assert_eq!(found.values().sum::<usize>(), 37);
    let smaller: Vec<&LateChange> = changes.iter().filter(|change| change.before.is_some()).collect();
    assert_eq!(smaller.iter().map(|change| change.team).collect::<Vec<_>>(), ["checkout", "recommendations"]);
    assert!(smaller.iter().all(|change| change.before.is_some_and(|before| before > change.after) && !change.after.is_negative()));
}

#[test]
fn no_line_item_is_there_twice_and_all_are_of_the_month() {
    let ids: BTreeSet<&str> = LATE.iter().map(|row| value(row, "identity_line_item_id")).collect();
    assert_eq!(ids.len(), LATE.len());
    let column = "bill_billing_period_start_date";
    assert!(LATE.iter().all(|row| value(row, column) == value(&first()[0], column) && !value(row, "bill_invoice_id").is_empty()));
    assert!(LATE.iter().all(|row| amount(row, "line_item_usage_amount") >= 0));
}

#[test]
fn its_manifest_names_its_file_and_an_execution_of_its_own() {
    let manifest = |folder: &std::path::Path| -> serde_json::Value {
        let period = DEMO.written.last_closed.previous();
        let path = folder.join(format!("metadata/BILLING_PERIOD={period}/meridian-cur-Manifest.json"));
        serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
    };
    let (first, late) = (manifest(&DEMO.written.sources[0].folder), manifest(&DEMO.written.late.source.folder));
    assert_eq!(first["dataFiles"], late["dataFiles"]);
    assert_eq!(first["exportArn"], late["exportArn"]);
    assert_ne!(first["executionId"], late["executionId"]);
}

#[test]
fn its_documents_differ_in_the_invoice_of_the_month_and_say_what_its_charges_say() {
    let before = stated_documents(&DEMO.written.provider_invoices);
    let after = stated_documents(&DEMO.written.late.provider_invoices);
    assert_eq!(before.len(), after.len());
    assert_eq!(after.difference(&before).count(), 1);
    let own = document_lines(&document_sums(LATE.iter()));
    assert!(own.is_subset(&after) && after.difference(&before).all(|line| own.contains(line)));
}
