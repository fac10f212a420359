//! What stands in a home, as lines that two homes can be compared by.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dayone_domain::BillingPeriod;
use dayone_tests::{Tools, succeed};
use serde_json::Value;

/// How the names of files begin that a process was still writing when it was ended. Nobody reads them.
const UNFINISHED: &str = ".unfinished-";

/// Characters of a line that are shown where it differs; the homes are still there to be looked at.
const MOST_SHOWN: usize = 400;

/// Invoices, journals, ledger, mail, tie-outs and trail of a home, each a line, sorted: what is there twice is two
/// lines. Moments, and hashes of what holds moments, are left out.
///
/// # Panics
/// Where the trail does not verify, a month does not tie out, or an invoice number is missing or taken twice.
pub fn facts(tools: &Tools, home: &Path, periods: &[BillingPeriod]) -> Vec<String> {
    let look = Look { tools, home };
    let invoices = look.list("invoices", &["invoices"]);
    check_numbers(home, &invoices);
    look.say(&["audit", "verify"]);
    let trail = look.list("trail", &["audit", "trail"]).into_iter().map(|entry| without(entry, &["at", "hash"])).collect();
    let proofs = periods.iter().map(|period| without(look.json(&["tieout", &period.to_string()]), &["chain_head"])).collect();
    let mut lines: Vec<String> = [
        named("invoice", invoices),
        named("journal", look.list("journals", &["journals", "list"])),
        named("event", trail),
        named("tie-out", proofs),
        files(&home.join("ledger")).into_iter().map(|(name, text)| format!("ledger {name}: {}", text.escape_debug())).collect(),
        files(&home.join("mail")).into_iter().map(|(name, text)| format!("mail {name}: {}", without_date(&text))).collect(),
    ]
    .concat();
    lines.sort();
    lines
}

/// The lines that only one of two homes has, as far as people read; empty where the homes are the same.
pub fn differences(expected: &[String], found: &[String]) -> String {
    let mut times: BTreeMap<&str, i32> = BTreeMap::new();
    expected.iter().for_each(|line| *times.entry(line).or_default() += 1);
    found.iter().for_each(|line| *times.entry(line).or_default() -= 1);
    let signs = times.into_iter().filter(|(_, times)| *times != 0);
    let sign = |times| if times > 0 { "lost" } else { "doubled, or another" };
    signs.map(|(line, times)| format!("{}: {}\n", sign(times), line.chars().take(MOST_SHOWN).collect::<String>())).collect()
}

/// Journals that the ledger folder holds.
pub fn journals_in_ledger(home: &Path) -> usize {
    files(&home.join("ledger")).len()
}

struct Look<'a> {
    tools: &'a Tools,
    home: &'a Path,
}

impl Look<'_> {
    fn say(&self, words: &[&str]) -> String {
        succeed(self.tools.dayone().args(words).arg("--home").arg(self.home))
    }

    fn json(&self, words: &[&str]) -> Value {
        let said = self.say(&[words, &["--format", "json", "--as", "audrey@example.com"]].concat());
        serde_json::from_str(&said).expect("what is printed is JSON")
    }

    fn list(&self, key: &str, words: &[&str]) -> Vec<Value> {
        let mut answer = self.json(words);
        match answer[key].take() {
            Value::Array(entries) => entries,
            other => panic!("{words:?} gives no list: {other}"),
        }
    }
}

/// No gap and no double, whatever another home has.
fn check_numbers(home: &Path, invoices: &[Value]) {
    let mut numbers: Vec<u64> = invoices.iter().filter_map(|invoice| invoice["invoice_number"].as_u64()).collect();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "{}: {numbers:?}", home.display());
}

fn named(what: &str, values: Vec<Value>) -> Vec<String> {
    values.into_iter().map(|value| format!("{what} {value}")).collect()
}

fn without(mut value: Value, keys: &[&str]) -> Value {
    let fields = value.as_object_mut().expect("it is an object");
    keys.iter().for_each(|key| assert!(fields.remove(*key).is_some(), "`{key}` is there"));
    value
}

fn without_date(message: &str) -> String {
    message.lines().filter(|line| !line.starts_with("Date: ")).map(|line| format!("{line} ")).collect()
}

/// The finished files of a folder and of those in it, by name.
fn files(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_name().expect("it has a name").to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(below, text)| (format!("{name}/{below}"), text)));
        } else if !name.starts_with(UNFINISHED) {
            found.push((name, fs::read_to_string(&path).expect("the file is text")));
        }
    }
    found
}

#[test]
fn what_is_lost_doubled_or_another_is_found() {
    let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
    let known = lines(&["invoice 1", "invoice 2", "journal 1"]);
    assert_eq!(differences(&known, &known), "");
    for found in
        [&["invoice 1", "journal 1"][..], &["invoice 1", "invoice 2", "invoice 2", "journal 1"], &["invoice 1", "invoice 3", "journal 1"]]
    {
        assert!(differences(&known, &lines(found)).contains("invoice"), "{found:?}");
    }
}
