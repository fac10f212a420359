//! A company that the provider of the examples bills, and what its home says about a month.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fs::{self, File};

use rust_decimal::Decimal;
use serde_json::Value;

use crate::charges::{ByGroup, Charges, cents, summed};
use crate::support::{Files, Machine};

const TREES: [(&str, &str); 2] =
    [("tree-2025-05.yaml", include_str!("tree-2025-05.yaml")), ("tree-2025-06.yaml", include_str!("tree-2025-06.yaml"))];
const INIT: &str = "init --home home --tenant example --tree tree-2025-05.yaml --tree tree-2025-06.yaml --people people.yaml --sources sources.yaml --policy policy.yaml --calendar calendar.yaml";

/// What both teams are asked to accept.
pub const TEAMS: [&str; 2] = ["web", "search"];

/// A journal of a billing period: its kind, its group, and what it moved.
pub type Moved = (String, String, Decimal);

/// The home of the company.
pub struct Home {
    machine: Machine,
    folders: Cell<usize>,
}

impl Home {
    /// With both teams in chargeback from May on.
    pub fn founded() -> Home {
        let files = Files::new()
            .with("people.yaml", include_str!("../company/people.yaml"))
            .with("sources.yaml", include_str!("sources.yaml"))
            .with("policy.yaml", include_str!("../company/policy.yaml"))
            .with("calendar.yaml", include_str!("../company/calendar.yaml"))
            .with_folder("home");
        let files = TREES.into_iter().fold(files, |files, (name, text)| files.with(name, text));
        let home = Home { machine: Machine::new(files, "2025-04-20"), folders: Cell::new(0) };
        home.machine.succeeds(INIT);
        for team in TEAMS {
            for controller in ["clara", "dora"] {
                home.run(&format!("promote {team} --from 2025-05 --reason agreed --as {controller}@example.com"));
            }
        }
        home
    }

    /// The same after May, as it was delivered, was issued finally, accepted and posted.
    pub fn after_may(original: &Charges) -> Home {
        let home = Home::founded();
        home.deliver("2025-06-02", &[&original.by_sub_account()]);
        home.make_final("2025-06-03", "2025-05");
        home.accept_and_post("2025-05", &["web"]);
        home
    }

    fn run(&self, words: &str) -> String {
        self.machine.succeeds(&format!("{words} --home home"))
    }

    fn json(&self, words: &str) -> Value {
        serde_json::from_str(&self.run(&format!("{words} --format json --as audrey@example.com"))).expect("what is printed is JSON")
    }

    /// Files that arrive together on a day: each billing period in them has a newer delivery.
    pub fn deliver(&self, day: &str, texts: &[&str]) {
        self.machine.at(day);
        let made = format!("{day}T06:00:00Z").parse::<chrono::DateTime<chrono::Utc>>().expect("a day");
        let folder = self.fresh("in");
        let path = self.machine.files().path(&folder);
        fs::create_dir_all(&path).expect("a folder can be made");
        for (place, text) in texts.iter().enumerate() {
            let path = path.join(format!("{place}.csv"));
            fs::write(&path, text).expect("a file can be written");
            let file = File::options().append(true).open(&path).expect("it can be opened");
            file.set_modified(made.into()).expect("a time can be set");
        }
        let told = self.run(&format!("ingest {folder} --source focus --currency USD"));
        assert!(told.contains("newest: it counts now") && !told.contains("known") && !told.contains("older"), "{told}");
    }

    /// A folder that is not there yet.
    fn fresh(&self, what: &str) -> String {
        self.folders.set(self.folders.get() + 1);
        let name = format!("{what}-{}.absent", self.folders.get());
        assert!(!self.machine.files().path(&name).exists());
        name
    }

    /// Issues what is due on a day.
    pub fn issue(&self, day: &str) -> String {
        self.machine.at(day);
        self.run("issue")
    }

    /// Closes a month and issues it finally.
    pub fn make_final(&self, day: &str, period: &str) -> String {
        self.machine.at(day);
        self.run(&format!("close focus {period} --as clara@example.com"));
        self.run("issue")
    }

    /// The owner accepts these groups' invoices, and a controller posts: twice, since once is all that it may do.
    pub fn accept_and_post(&self, period: &str, groups: &[&str]) {
        for group in groups {
            self.run(&format!("invoice accept {period} {group} --as ana@example.com"));
        }
        self.run("journals post --as clara@example.com");
        let again = self.run("journals post --as clara@example.com");
        assert!(!again.contains("posted as"), "{again}");
    }

    /// The journals of a billing period's cost that are posted, by kind and group.
    pub fn posted(&self, period: &str) -> Vec<Moved> {
        let listed = self.json(&format!("journals list --period {period}"));
        let text = |journal: &Value, key: &str| journal[key].as_str().unwrap_or_else(|| panic!("{key}: {journal}")).to_owned();
        let of = |journal: &Value| {
            assert_eq!(journal["status"], "posted", "{journal}");
            (text(journal, "kind"), text(journal, "cost_group"), decimal(&journal["moved"]))
        };
        let mut moved: Vec<Moved> = listed["journals"].as_array().expect("a list").iter().map(of).collect();
        moved.sort();
        moved
    }

    /// What a closed month may never change: its invoices as listed, and the bytes of every journal in the ledger.
    pub fn issued_and_posted(&self, period: &str) -> (Value, BTreeMap<String, Vec<u8>>) {
        let invoices = self.json(&format!("invoices --period {period}"));
        let folder = self.machine.files().path("home/ledger");
        let mut ledger = BTreeMap::new();
        collect(&folder, &mut ledger);
        assert!(!ledger.is_empty(), "nothing is in the ledger");
        (invoices, ledger)
    }

    /// Asserts that a closed month's invoices and journals are as they were; later journals stand beside them.
    pub fn assert_unchanged(&self, period: &str, before: &(Value, BTreeMap<String, Vec<u8>>)) {
        let now = self.issued_and_posted(period);
        assert_eq!(now.0, before.0, "invoices of {period}");
        for (name, bytes) in &before.1 {
            assert_eq!(now.1.get(name), Some(bytes), "{name}");
        }
    }

    /// What groups are charged in a month's own invoices, without noughts, and by the true-ups that name it, round by
    /// round.
    pub fn charged(&self, period: &str) -> (ByGroup, Vec<ByGroup>) {
        let folder = self.fresh("evidence");
        self.run(&format!("evidence {period} --out {folder} --as audrey@example.com"));
        let table = |name: &str| rows(&fs::read_to_string(self.machine.files().path(&format!("{folder}/{name}"))).expect("a table"));
        // Revisions stand one after the other: the last of a group counts. Invoices of later periods carry true-ups alone.
        let of_period = table("invoices.csv").into_iter().filter(|row| row["period"] == period);
        let invoices: ByGroup = of_period.map(|row| (row["cost_group"].clone(), amount(&row["total"]))).collect();
        let mut rounds: Vec<ByGroup> = Vec::new();
        for row in table("true-ups.csv") {
            assert_eq!(row["corrects_period"], period);
            let round: usize = row["round"].parse().expect("a number");
            rounds.resize(rounds.len().max(round), ByGroup::new());
            assert_eq!(rounds[round - 1].insert(row["cost_group"].clone(), amount(&row["amount"])), None, "twice in a round");
        }
        (summed(&[&invoices]), rounds)
    }

    /// Asserts that a month is what its only delivery says, group by group, to the last digit and cent.
    pub fn assert_is(&self, period: &str, exact: Decimal, groups: &ByGroup) {
        self.assert_trued_up(period, exact, exact, groups);
    }

    /// Asserts that a month is what its newest delivery says, group by group: its invoices, which are what was issued
    /// once, plus the true-ups that name it; and that every minor unit is in one state.
    pub fn assert_trued_up(&self, period: &str, issued: Decimal, newest: Decimal, groups: &ByGroup) {
        let (invoices, rounds) = self.charged(period);
        let all: Vec<&ByGroup> = std::iter::once(&invoices).chain(&rounds).collect();
        assert_eq!(summed(&all), summed(&[groups]), "{period}");
        let proof = self.json(&format!("tieout {period}"));
        assert_eq!(proof["differences"], Value::Array(Vec::new()));
        let [month] = proof["periods"].as_array().expect("a list").as_slice() else { panic!("one bill: {proof}") };
        assert_eq!((decimal(&month["master_bill"]), decimal(&month["invoiced_exact"])), (newest, newest), "{period}");
        let true_ups: Decimal = month["true_ups"].as_array().expect("a list").iter().map(|round| decimal(&round["amount"])).sum();
        assert_eq!((decimal(&month["issued"]), true_ups), (cents(issued), cents(newest) - cents(issued)), "{period}");
        let states: Decimal = month["states"].as_object().expect("states").values().map(decimal).sum();
        assert_eq!(states, cents(newest), "{period}: every minor unit is in one state");
    }

    /// The amount in one state of a month.
    pub fn state(&self, period: &str, state: &str) -> Decimal {
        decimal(&self.json(&format!("tieout {period}"))["periods"][0]["states"][state])
    }

    /// An invoice as a person reads it.
    pub fn shown(&self, period: &str, group: &str) -> String {
        self.run(&format!("invoice show {period} {group} --as audrey@example.com"))
    }
}

fn collect(folder: &std::path::Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder can be read") {
        let path = entry.expect("a folder can be read").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.insert(path.display().to_string(), fs::read(&path).expect("a file can be read"));
        }
    }
}

/// The rows of a table of the evidence.
fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.deserialize().map(|row| row.expect("a row of the table")).collect()
}

fn amount(text: &str) -> Decimal {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no amount"))
}

fn decimal(value: &Value) -> Decimal {
    amount(value.as_str().unwrap_or_else(|| panic!("no amount: {value}")))
}
