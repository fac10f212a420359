//! One folder per allocation case in `tests/allocation`: charges, tree and what every cost group is invoiced,
//! reckoned by hand. `why.txt` says on its first line what the case shows, and below it the arithmetic.

#[path = "cli/support.rs"]
mod support;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dayone_tests::{Tools, fresh_folder, run, succeed, workspace_root};
use serde_json::Value;

use support::{Ran, dayone};

struct Case {
    name: String,
    folder: PathBuf,
    trees: Vec<PathBuf>,
    drivers: Option<PathBuf>,
    /// Further words of the command line.
    arguments: Vec<String>,
    expected: Value,
}

impl Case {
    /// # Panics
    /// Where a file is missing, is none that a case may have, or says nothing.
    fn read(folder: &Path) -> Case {
        let name = folder.file_name().expect("a case has a name").to_string_lossy().into_owned();
        let read = |file: &str| {
            let text = fs::read_to_string(folder.join(file)).unwrap_or_else(|error| panic!("{name}/{file} cannot be read: {error}"));
            assert!(!text.trim().is_empty(), "{name}/{file} says nothing");
            text
        };
        let files: BTreeSet<String> = fs::read_dir(folder)
            .expect("a case is a folder")
            .map(|entry| entry.expect("a folder can be read").file_name().to_string_lossy().into_owned())
            .collect();
        let is_tree = |file: &&String| file.starts_with("tree") && file.ends_with(".yaml");
        for file in &files {
            let known = ["why.txt", "charges.csv", "drivers.csv", "arguments.txt", "expected.json"].contains(&file.as_str());
            assert!(known || is_tree(&file), "{name}/{file} is no file of a case, and nothing would read it");
        }
        let trees: Vec<PathBuf> = files.iter().filter(is_tree).map(|file| folder.join(file)).collect();
        assert!(!trees.is_empty(), "{name} has no tree");
        read("why.txt");
        read("charges.csv");
        let expected = serde_json::from_str(&read("expected.json")).unwrap_or_else(|error| panic!("{name}/expected.json: {error}"));
        let arguments = if files.contains("arguments.txt") { read("arguments.txt") } else { String::new() };
        Case {
            trees,
            drivers: files.contains("drivers.csv").then(|| folder.join("drivers.csv")),
            arguments: arguments.split_whitespace().map(str::to_owned).collect(),
            expected,
            folder: folder.to_owned(),
            name,
        }
    }

    fn charges(&self) -> PathBuf {
        self.folder.join("charges.csv")
    }

    fn run(&self, command: &str, format: &str) -> Ran {
        let mut words: Vec<OsString> = vec![command.into(), self.charges().into(), "--format".into(), format.into()];
        for (option, paths) in [("--tree", self.trees.as_slice()), ("--drivers", self.drivers.as_slice())] {
            words.extend(paths.iter().flat_map(|path| [option.into(), path.into()]));
        }
        words.extend(self.arguments.iter().map(OsString::from));
        dayone(words)
    }
}

fn cases() -> Vec<Case> {
    let root = workspace_root().join("tests").join("allocation");
    let entries = fs::read_dir(&root).unwrap_or_else(|error| panic!("`{}` cannot be read: {error}", root.display()));
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.expect("a folder can be read").path()).collect();
    folders.sort();
    let cases: Vec<Case> = folders.iter().map(|folder| Case::read(folder)).collect();
    assert!(!cases.is_empty(), "`{}` holds no case", root.display());
    cases
}

/// Fails with all that any case found.
fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_case_comes_out_as_reckoned_by_hand() {
    let mut found = Vec::new();
    for case in cases() {
        let ran = case.run("preview", "json");
        if ran.code != 0 {
            found.push(format!("{}: exit code {}: {}", case.name, ran.code, ran.err));
            continue;
        }
        let preview = serde_json::from_str(&ran.out).expect("the preview is JSON");
        let mut different = Vec::new();
        compare(String::new(), &case.expected, &preview, &mut different);
        found.extend(different.iter().map(|line| format!("{}: {line}", case.name)));
    }
    assert_none(&found);
}

#[test]
fn every_case_conserves_its_bill_and_ties_out() {
    let mut found = Vec::new();
    for case in cases() {
        let ran = case.run("tieout", "json");
        let proof: Value = serde_json::from_str(&ran.out).unwrap_or_default();
        let agrees = ran.code == 0 && proof["differences"].as_array().is_some_and(Vec::is_empty);
        if !agrees {
            found.push(format!("{}: exit code {}: {}{}", case.name, ran.code, ran.out, ran.err));
        }
    }
    assert_none(&found);
}

/// Python reads no legacy CUR, and reckons with one tree and with all months of the files.
#[test]
fn every_case_of_one_tree_agrees_with_the_independent_check() {
    let Some(tools) = Tools::find("every_case_of_one_tree_agrees_with_the_independent_check") else { return };
    let parent = fresh_folder(env!("CARGO_TARGET_TMPDIR"), "allocation-cases");
    let mut found = Vec::new();
    let mut checked = 0;
    for case in cases() {
        let is_legacy = fs::read_to_string(case.charges()).expect("the case was read").contains("lineItem/");
        let [tree] = case.trees.as_slice() else { continue };
        if is_legacy || case.arguments.contains(&"--period".to_owned()) {
            continue;
        }
        let write = |ending: &str, text: &str| {
            let path = parent.join(format!("{}.{ending}", case.name));
            fs::write(&path, text).expect("the target folder can be written to");
            path
        };
        let shown = write("tree.json", &succeed(tools.dayone().args(["tree", "show", "--format", "json"]).arg(tree)));
        let preview = write("preview.json", &case.run("preview", "json").out);
        let mut check: Command = tools.python("recompute.py");
        check.arg("--tree").arg(shown).arg("--against").arg(preview).args(&case.arguments).arg(case.charges());
        if let Some(drivers) = &case.drivers {
            check.arg("--drivers").arg(drivers);
        }
        let output = run(&mut check);
        if !output.status.success() {
            let said = [output.stdout, output.stderr].concat();
            found.push(format!("{}: {}", case.name, String::from_utf8_lossy(&said)));
        }
        checked += 1;
    }
    assert!(checked > 0, "no case has one tree");
    assert_none(&found);
}

/// What differs, as `place: expected …, found …`.
fn compare(place: String, expected: &Value, found: &Value, different: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            let keys: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
            for key in keys {
                let at = if place.is_empty() { key.clone() } else { format!("{place}.{key}") };
                match (expected.get(key), found.get(key)) {
                    (Some(expected), Some(found)) => compare(at, expected, found, different),
                    (Some(expected), None) => different.push(format!("{at}: expected {expected}, and it is not there")),
                    (None, Some(found)) => different.push(format!("{at}: {found}, which is not expected")),
                    (None, None) => {}
                }
            }
        }
        (Value::Array(expected), Value::Array(found)) => {
            if expected.len() != found.len() {
                different.push(format!("{place}: expected {} entries, found {}", expected.len(), found.len()));
            }
            for (number, (expected, found)) in expected.iter().zip(found).enumerate() {
                compare(format!("{place}[{}]", label(number, expected)), expected, found, different);
            }
        }
        _ if expected == found => {}
        _ => different.push(format!("{place}: expected {expected}, found {found}")),
    }
}

/// An entry of a list by what people call it, else by its place.
fn label(number: usize, entry: &Value) -> String {
    let text = |key: &str| entry[key].as_str();
    match (text("cost_group"), text("billing_period"), text("currency")) {
        (Some(group), _, _) => group.to_owned(),
        (None, Some(period), Some(currency)) => format!("{period} {currency}"),
        _ => number.to_string(),
    }
}

#[test]
fn a_difference_names_its_field() {
    let expected = serde_json::json!({"periods": [{"billing_period": "2026-04", "currency": "USD", "invoices": [{"cost_group": "a", "total": "1.00"}], "charges": 1}]});
    let mut found = expected.clone();
    found["periods"][0]["invoices"][0]["total"] = "1.01".into();
    found["periods"][0]["charges"] = Value::Null;
    found["coverage"] = 1.into();
    let mut different = Vec::new();
    compare(String::new(), &expected, &found, &mut different);
    let told = [
        "coverage: 1, which is not expected",
        "periods[2026-04 USD].charges: expected 1, found null",
        "periods[2026-04 USD].invoices[a].total: expected \"1.00\", found \"1.01\"",
    ];
    assert_eq!(different, told);
}
