//! `dayone ingest` of a folder that is laid out like the bucket.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use dayone::args::home::HomeArguments;
use dayone::home::{Open, Outside};
use dayone_workflow::deliveries::{Awaited, SourceView, Trouble};
use tempfile::TempDir;

const PEOPLE: &str = "people:\n  - { mail: fina@example.com, name: Fina, roles: [finops, controller] }\n";
const SOURCES: &str = "sources:
  - { id: aws, provider: AWS, billing_accounts: [\"111\"], currencies: [USD], prefix: exports/, from: 2026-01 }
";
const TREE: &str = "company: Example Ltd.
valid_from: 2026-01
central: finance
unallocated: { id: unallocated, name: Unallocated, owners: [fina@example.com] }
groups:
  - { id: finance, name: Finance, owners: [fina@example.com], cost_center: \"9100\" }
treatment: { credits: follow, tax: finance, discounts: follow, marketplace: follow, unused_commitment: follow }
ledger:
  accounts: { default: \"6400\" }
  holding: { default: { account: \"1490\", cost_center: \"9000\" } }
";
const HEADER: &str = "BillingAccountId,BillingPeriodStart,BillingCurrency,ChargeCategory,InvoiceId,BilledCost,EffectiveCost,ProviderName,SubAccountId,ServiceName,Tags\n";

fn charges(period: &str, costs: &[&str]) -> String {
    let row = |cost: &&str| format!("111,{period}-01T00:00:00Z,USD,Usage,INV-1,{cost},{cost},AWS,1,Compute,{{}}\n");
    format!("{HEADER}{}", costs.iter().map(row).collect::<String>())
}

/// A home that is configured, and a folder that its files land in.
struct Machine(TempDir);

impl Machine {
    fn new() -> Machine {
        let machine = Machine(tempfile::tempdir().unwrap());
        for (name, text) in [("tree.yaml", TREE), ("people.yaml", PEOPLE), ("sources.yaml", SOURCES)] {
            fs::write(machine.path(name), text).unwrap();
        }
        let [tree, people, sources] = ["tree.yaml", "people.yaml", "sources.yaml"].map(|name| machine.path(name).display().to_string());
        let (code, _, err) = machine.dayone(&["init", "--tree", &tree, "--people", &people, "--sources", &sources]);
        assert_eq!(code, 0, "{err}");
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn dayone(&self, words: &[&str]) -> (u8, String, String) {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let home = self.path("home").display().to_string();
        let words = ["dayone"].iter().chain(words).copied().chain(["--home", home.as_str()]);
        let code = dayone::run(words.map(Into::into), &mut out, &mut err);
        (code, String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap())
    }

    fn ingest(&self, folder: &str) -> (u8, String, String) {
        self.dayone(&["ingest", &self.path(folder).display().to_string(), "--as", "fina@example.com"])
    }

    /// Writes a file of an hour.
    fn put(&self, key: &str, hour: u64, text: &str) {
        let path = self.path(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        set_hour(&path, hour);
    }

    /// An execution of the export: its files, and the manifest that names them.
    fn execute(&self, folder: &str, period: &str, execution: &str, hour: u64, files: &[(&str, &[&str])]) {
        let data = format!("exports/cur/data/BILLING_PERIOD={period}/{execution}");
        let named: Vec<String> = files.iter().map(|(name, _)| format!("\"s3://bills/{data}/{name}\"")).collect();
        for (name, costs) in files.iter().filter(|(_, costs)| !costs.is_empty()) {
            self.put(&format!("{folder}{data}/{name}"), hour, &charges(period, costs));
        }
        let manifest = format!("{{\"executionId\":\"{execution}\",\"columns\":[],\"dataFiles\":[{}]}}", named.join(","));
        self.put(&format!("{folder}exports/cur/metadata/BILLING_PERIOD={period}/{execution}/cur-Manifest.json"), hour, &manifest);
    }

    fn open(&self) -> Open {
        Open::at(&HomeArguments { home: Some(self.path("home")) }, &Outside::of_machine()).unwrap()
    }

    fn counts(&self) -> Vec<SourceView> {
        let open = self.open();
        open.wait(open.tenant.source_periods()).unwrap()
    }

    fn awaited(&self) -> Vec<Awaited> {
        let open = self.open();
        let settings = open.wait(open.tenant.settings()).unwrap();
        open.wait(open.tenant.awaited(&settings)).unwrap()
    }
}

fn set_hour(path: &Path, hour: u64) {
    let made = SystemTime::UNIX_EPOCH + Duration::from_secs(1_760_000_000 + hour * 3600);
    File::options().write(true).open(path).unwrap().set_modified(made).unwrap();
}

#[test]
fn only_what_the_newest_manifest_names_counts() {
    let machine = Machine::new();
    machine.execute("in/", "2026-01", "run-1", 1, &[("a.csv", &["1"]), ("b.csv", &["2"])]);
    machine.execute("in/", "2026-01", "run-2", 2, &[("a.csv", &["1"]), ("b.csv", &["3", "4"])]);
    machine.execute("in/", "2026-02", "run-3", 2, &[("a.csv", &["5"])]);
    machine.put("in/exports/cur/data/BILLING_PERIOD=2026-01/run-2/of-nobody.csv", 2, &charges("2026-01", &["100"]));
    let (code, out, err) = machine.ingest("in");
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("1 manifest left out, since newer ones") && err.contains("run-1/cur-Manifest.json"), "{err}");
    assert!(err.contains("1 file left out, since no manifest of their export names them") && err.contains("of-nobody.csv"), "{err}");
    assert_eq!(
        machine.counts().iter().map(|view| (view.period.to_string(), view.newest.charges)).collect::<Vec<_>>(),
        [("2026-01".to_owned(), 3), ("2026-02".to_owned(), 1)]
    );
    assert!(out.contains("2 new deliveries taken"), "{out}");
    let (code, again, err) = machine.ingest("in");
    assert_eq!(code, 0, "{err}");
    assert!(again.contains("Nothing new."), "{again}");
}

#[test]
fn a_file_that_is_named_and_not_there_is_told_and_the_exit_code_says_so() {
    let machine = Machine::new();
    machine.execute("in/", "2026-01", "run-1", 1, &[("a.csv", &["1"])]);
    machine.ingest("in");
    machine.execute("in/", "2026-01", "run-2", 2, &[("a.csv", &["7"]), ("b.csv", &[])]);
    machine.execute("in/", "2026-02", "run-3", 2, &[("a.csv", &["5"])]);
    let (code, out, err) = machine.ingest("in");
    assert_eq!(code, 1, "{err}");
    let missing = "`exports/cur/data/BILLING_PERIOD=2026-01/run-2/b.csv` has not come";
    assert!(err.contains("waits for 1 of 2 files") && err.contains(missing) && err.contains("What to do:"), "{err}");
    assert!(out.contains("2026-02") && !out.contains("2026-01"), "what is complete lands: {out}");
    assert_eq!(machine.counts()[0].newest.charges, 1, "the period keeps its last good state");
    assert_eq!(machine.awaited()[0].unread[0].trouble, Trouble::Missing);
    let (code, listed, err) = machine.dayone(&["deliveries", "--as", "fina@example.com"]);
    assert!(code == 0 && listed.contains("Waits: the delivery of 2026-01 for source `aws`") && listed.contains(missing), "{listed}{err}");
    assert!(listed.contains("1 delivery not complete."), "{listed}");
    let (_, json, _) = machine.dayone(&["deliveries", "--as", "fina@example.com", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (json["awaited"][0]["unread"][0]["trouble"]["why"].as_str(), json["deliveries"].as_array().unwrap().len()),
        (Some("missing"), 2)
    );
    machine.put("in/exports/cur/data/BILLING_PERIOD=2026-01/run-2/b.csv", 3, &charges("2026-01", &["8"]));
    let (code, _, err) = machine.ingest("in");
    assert_eq!((code, machine.counts()[0].newest.charges, machine.awaited().len()), (0, 2, 0), "{err}");
}

#[test]
fn a_refused_file_is_told_with_its_place_and_a_mended_one_goes_on() {
    let machine = Machine::new();
    machine.execute("in/", "2026-01", "run-1", 1, &[("a.csv", &["1"]), ("b.csv", &["two"])]);
    let (code, _, err) = machine.ingest("in");
    assert_eq!(code, 1);
    let file = machine.path("in/exports/cur/data/BILLING_PERIOD=2026-01/run-1/b.csv").display().to_string();
    assert!(err.contains(&format!("{file}, line 2, column BilledCost, value `two`")), "{err}");
    let awaited = machine.awaited().remove(0);
    let Trouble::Refused { refusal } = &awaited.unread[0].trouble else { panic!("{awaited:?}") };
    assert_eq!((refusal.row, refusal.column.as_deref(), refusal.value.as_deref()), (Some(2), Some("BilledCost"), Some("two")));
    assert!(refusal.file.starts_with("exports/cur/data/"), "kept as it is called in the bucket: {}", refusal.file);
    machine.put("in/exports/cur/data/BILLING_PERIOD=2026-01/run-1/b.csv", 2, &charges("2026-01", &["2"]));
    let (code, _, err) = machine.ingest("in");
    assert_eq!((code, machine.counts()[0].newest.charges, machine.awaited().len()), (0, 2, 0), "{err}");
}

#[test]
fn overwritten_in_place_the_next_manifest_replaces() {
    let machine = Machine::new();
    machine.execute("in/", "2026-01", "same", 1, &[("a.csv", &["1"])]);
    machine.ingest("in");
    let first = machine.counts().remove(0).newest;
    machine.put("in/exports/cur/data/BILLING_PERIOD=2026-01/same/a.csv", 2, &charges("2026-01", &["1", "2"]));
    let (code, out, err) = machine.ingest("in");
    assert!(code == 0 && out.contains("known already"), "{out}{err}");
    assert!(err.contains("was written to after the delivery was taken; it counts once a newer manifest names it"), "{err}");
    machine.execute("in/", "2026-01", "same", 3, &[("a.csv", &["1", "2"])]);
    let (code, out, err) = machine.ingest("in");
    assert!(code == 0 && out.contains("newest: it counts now"), "{out}{err}");
    let second = machine.counts().remove(0).newest;
    assert_eq!((second.charges, second.modified > first.modified), (2, true));
}

#[test]
fn the_copy_of_any_part_of_a_bucket_is_read() {
    for (above, folder) in [("in/", "in/exports"), ("in/", "in/exports/cur"), ("in/bills/", "in"), ("in/bills/", "in/bills")] {
        let machine = Machine::new();
        machine.execute(above, "2026-01", "run-1", 1, &[("a.csv", &["1"]), ("b.csv", &["2"])]);
        let (code, out, err) = machine.ingest(folder);
        assert!(code == 0 && out.contains("1 new delivery taken"), "{folder} of {above}: {out}{err}");
    }
}

#[test]
fn files_without_manifest_beside_it_are_taken_as_before() {
    let machine = Machine::new();
    machine.execute("in/", "2026-01", "run-1", 1, &[("a.csv", &["1"])]);
    machine.put("in/exports/other/2026-02.csv", 1, &charges("2026-02", &["9"]));
    let (code, _, err) = machine.ingest("in");
    assert_eq!((code, machine.counts().len()), (0, 2), "{err}");
}

#[test]
fn a_manifest_that_cannot_be_read_is_refused_and_what_is_beside_it_lands() {
    let machine = Machine::new();
    machine.execute("in/", "2026-02", "run-1", 1, &[("a.csv", &["1"])]);
    machine.execute("in/", "2026-01", "run-1", 1, &[("a.csv", &["1"])]);
    machine.put("in/exports/cur/metadata/BILLING_PERIOD=2026-01/run-1/cur-Manifest.json", 2, "{\"dataFiles\":[]}");
    let (code, out, err) = machine.ingest("in");
    assert_eq!(code, 1, "{out}");
    let manifest = machine.path("in/exports/cur/metadata/BILLING_PERIOD=2026-01/run-1/cur-Manifest.json").display().to_string();
    assert!(err.contains(&manifest) && err.contains("names no file"), "{err}");
    assert_eq!(machine.counts().len(), 1);
    assert!(machine.awaited()[0].refused.is_some());
}
