//! The auditor's folder, as the command writes it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::company::in_may;
use crate::support::Machine;

/// All files below a folder, by their paths with slashes.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else {
            found.insert(name, fs::read(&path).expect("a file"));
        }
    }
    found
}

fn evidence(machine: &Machine, out: &str) -> BTreeMap<String, Vec<u8>> {
    machine.succeeds(&format!("evidence 2026-04 --out {out} --home home --as audrey@example.com"));
    files(&machine.files().path(out))
}

#[test]
fn the_folder_is_the_same_each_time_and_its_sums_name_every_file() {
    let machine = in_may();
    machine.succeeds("invoice accept 2026-04 web --home home --as ana@example.com");
    let first = evidence(&machine, "first.absent");
    machine.at("2026-07-01");
    assert_eq!(first, evidence(&machine, "second.absent"));
    let sums = String::from_utf8(first["SHA256SUMS"].clone()).expect("a text");
    let named: Vec<&str> = sums.lines().map(|line| &line[66..]).collect();
    let all: Vec<&str> = first.keys().map(String::as_str).filter(|path| *path != "SHA256SUMS").collect();
    assert_eq!(named, all);
    assert!(named.contains(&"invoices/USD/web-r1.json") && named.contains(&"trail.csv"), "{named:?}");
}

#[test]
fn the_month_can_be_done_again_from_the_folder_and_the_billing_files() {
    let machine = in_may();
    let folder = evidence(&machine, "again.absent");
    let decided = String::from_utf8(folder["configuration.csv"].clone()).expect("a text");
    assert!(decided.contains("\"configuration/tree-1.yaml\""), "{decided}");
    let again = machine.succeeds("preview bill.csv --tree again.absent/configuration/tree-1.yaml --period 2026-04 --format json");
    let again: Value = serde_json::from_str(&again).expect("JSON");
    let plan: Value = serde_json::from_slice(&folder["bills/USD-plan.json"]).expect("JSON");
    let invoices = again["periods"][0]["invoices"].as_array().expect("a list");
    let entries = plan["entries"].as_array().expect("a list");
    assert_eq!(invoices.len(), entries.len());
    for (invoice, entry) in invoices.iter().zip(entries) {
        assert_eq!((&invoice["cost_group"], &invoice["total"]), (&entry["group"], &entry["total"]["amount"]));
    }
}

#[test]
fn a_dispute_is_told_by_what_its_line_is_for() {
    let machine = in_may();
    let shown = machine.succeeds("invoice show 2026-04 web --home home --as ana@example.com");
    let line = shown.lines().find(|line| line.contains("Usage, Amazon EC2, shop")).expect("a line");
    let id = line.split_whitespace().last().expect("its id").to_owned();
    let dispute = format!("invoice dispute 2026-04 web --line {id} --amount 100 --reason no --home home --as ana@example.com");
    let told = [
        machine.succeeds(&dispute),
        machine
            .succeeds("invoice show 2026-04 web --home home --as ana@example.com")
            .split_once("Dispute 1")
            .expect("a dispute")
            .1
            .to_owned(),
        machine.succeeds("audit trail --invoice 2026-04/USD/web --home home --as audrey@example.com"),
    ];
    for told in told {
        assert!(told.contains("of “Usage, Amazon EC2, shop”") && !told.contains(&id), "{told}");
    }
}
