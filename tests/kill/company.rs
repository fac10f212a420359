//! A company of forty cost groups in chargeback, with the homes in which its work is about to be done.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::Utc;
use dayone_domain::BillingPeriod;

use crate::support::{Files, Machine};

/// Divisions, each with an owner.
const DIVISIONS: u32 = 4;
/// Cost groups of each division.
const TEAMS: u32 = 10;
/// Charges of one source and month.
const CHARGES: u32 = 300;

const HEADER: &str = "BillingAccountId,BillingPeriodStart,BillingCurrency,ChargeCategory,InvoiceId,BilledCost,EffectiveCost,ProviderName,SubAccountId,ServiceName,Tags\n";

/// Two controllers, since nobody promotes alone what the policy is not met for.
const PEOPLE: &str = "people:
  - { mail: clara@example.com, name: Clara Controller, roles: [controller] }
  - { mail: dora@example.com, name: Dora Deputy, roles: [controller] }
  - { mail: audrey@example.com, name: Audrey Auditor, roles: [auditor] }
";

/// The sources: id, provider, billing account.
const SOURCES: [(&str, &str, &str); 2] = [("aws", "AWS", "111122223333"), ("azure", "Microsoft", "7f1e6b0c")];

/// The company, and copies of its home from before each kind of work.
pub struct Company {
    machine: Machine,
    copies: PathBuf,
    /// The months that were delivered. They lie before the machine's own, whose clock cannot be set.
    pub periods: [BillingPeriod; 3],
    /// The day of issue, as text.
    pub day: String,
}

impl Company {
    /// The first month is final and partly posted; its home is made, and copied into this folder.
    pub fn found(copies: PathBuf) -> Company {
        let last = BillingPeriod::containing(Utc::now().naive_utc()).previous().previous();
        let periods = [last.previous().previous(), last.previous(), last];
        let files = Files::new()
            .with("tree.yaml", tree(periods[0]))
            .with("people.yaml", people())
            .with("sources.yaml", sources(periods[0]))
            .with("calendar.yaml", calendar(&periods))
            .with_folder("home");
        let machine = Machine::new(files, &day(periods[0].previous(), 5));
        let company = Company { machine, copies, periods, day: day(last.next(), 2) };
        company.begin();
        company
    }

    /// The folder of billing files that is ingested: a correction of the first month, and the other two.
    pub fn exports(&self) -> PathBuf {
        self.machine.files().path("exports")
    }

    fn begin(&self) {
        let [first, second, _] = self.periods;
        self.succeeds("init --home home --tree tree.yaml --people people.yaml --sources sources.yaml --calendar calendar.yaml");
        for (_, team) in teams() {
            for controller in ["clara", "dora"] {
                self.succeeds(&format!("promote {team} --from {first} --reason agreed --home home --as {controller}@example.com"));
            }
        }
        self.machine.at(&day(second, 2));
        self.deliver("early", first, 1);
        self.succeeds("ingest early --home home");
        self.close(first);
        self.succeeds("issue --home home");
        self.accept(first, |place| place % 2 == 0);
        self.succeeds("journals post --home home --as clara@example.com");
        self.machine.at(&self.day);
        self.deliver("exports", first, 2);
        self.periods[1..].iter().for_each(|period| self.deliver("exports", *period, 1));
    }

    /// The home before the files are ingested.
    pub fn before_ingest(&self) -> PathBuf {
        self.copy("before-ingest")
    }

    /// The home before two months become final, with a correction of a closed one beside them.
    pub fn before_issue(&self) -> PathBuf {
        self.succeeds("ingest exports --home home");
        self.succeeds("issue --home home");
        self.deliver("late", self.periods[0], 3);
        self.succeeds("ingest late --home home");
        self.periods[1..].iter().for_each(|period| self.close(*period));
        self.copy("before-issue")
    }

    /// The home before the journals of three months are posted.
    pub fn before_post(&self) -> PathBuf {
        self.succeeds("issue --home home");
        self.accept(self.periods[0], |place| place % 2 == 1);
        self.periods[1..].iter().for_each(|period| self.accept(*period, |_| true));
        self.copy("before-post")
    }

    fn succeeds(&self, words: &str) {
        self.machine.succeeds(words);
    }

    fn copy(&self, name: &str) -> PathBuf {
        let to = self.copies.join(name);
        copy_folder(&self.machine.files().path("home"), &to);
        to
    }

    fn close(&self, period: BillingPeriod) {
        SOURCES.iter().for_each(|(id, ..)| self.succeeds(&format!("close {id} {period} --home home --as clara@example.com")));
    }

    fn accept(&self, period: BillingPeriod, is_accepted: impl Fn(usize) -> bool) {
        for (_, (division, team)) in teams().enumerate().filter(|(place, _)| is_accepted(*place)) {
            self.succeeds(&format!("invoice accept {period} {team} --home home --as {division}@example.com"));
        }
    }

    /// Writes the files of a month, as old as their edition says.
    fn deliver(&self, folder: &str, period: BillingPeriod, edition: u32) {
        for source in SOURCES {
            let path = self.machine.files().path(&format!("{folder}/exports/{}/{period}/bill.csv", source.0));
            fs::create_dir_all(path.parent().expect("the file lies in a folder")).expect("a folder can be made");
            fs::write(&path, bill(source, period, edition)).expect("a file can be written");
            let modified = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::from(edition));
            let file = File::options().append(true).open(&path).expect("the file can be opened");
            file.set_modified(modified).expect("a time can be set");
        }
    }
}

/// Copies a folder and all in it.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let target = to.join(entry.file_name());
        match entry.file_type().expect("a file has a type").is_dir() {
            true => copy_folder(&entry.path(), &target),
            false => fs::copy(entry.path(), &target).map(drop).expect("a file can be copied"),
        }
    }
}

fn day(period: BillingPeriod, day: u32) -> String {
    format!("{period}-{day:02}")
}

/// Each cost group with its division, whose owner is called after it.
fn teams() -> impl Iterator<Item = (String, String)> {
    (0..DIVISIONS).flat_map(|division| (0..TEAMS).map(move |team| (format!("division-{division}"), format!("team-{division}{team}"))))
}

fn people() -> String {
    let owners = (0..DIVISIONS).map(|division| format!("  - {{ mail: division-{division}@example.com, name: Owner {division} }}\n"));
    PEOPLE.to_owned() + &owners.collect::<String>()
}

fn tree(from: BillingPeriod) -> String {
    let mut groups = String::new();
    let mut rules = String::new();
    let mut last = String::new();
    for (division, team) in teams() {
        if division != last {
            write!(groups, "  - id: {division}\n    name: {division}\n    owners: [{division}@example.com]\n    groups:\n")
                .expect("memory can be written to");
        }
        let number = &team[5..];
        writeln!(groups, "      - {{ id: {team}, name: Team {number}, cost_center: \"41{number}\" }}").expect("memory can be written to");
        writeln!(rules, "  - {{ to: {team}, when: {{ tags: {{ team: {team} }} }} }}").expect("memory can be written to");
        last = division;
    }
    let all: Vec<String> = (0..DIVISIONS).map(|division| format!("division-{division}/*")).collect();
    format!(
        "company: Example Ltd.
valid_from: {from}
owners: [clara@example.com]
central: central
unallocated: {{ id: unallocated, name: Not yet allocated, owners: [dora@example.com] }}
ledger:
  accounts: {{ default: \"6400\" }}
  holding: {{ default: {{ account: \"1490\", cost_center: \"9000\" }} }}
groups:
{groups}  - {{ id: central, name: Central finance, cost_center: \"9000\" }}
pools:
  - {{ id: support, name: Support plan, split: proportional, to: [{}], fallback: even }}
rules:
{rules}  - {{ to: support, when: {{ service: Support }} }}
treatment: {{ tax: central }}
",
        all.join(", ")
    )
}

fn sources(from: BillingPeriod) -> String {
    SOURCES.iter().fold("sources:\n".to_owned(), |text, (id, provider, account)| {
        let keys = format!("id: {id}, provider: {provider}, billing_accounts: [\"{account}\"], currencies: [USD]");
        format!("{text}  - {{ {keys}, prefix: exports/{id}/, from: {from} }}\n")
    })
}

/// Ledger periods that stay open for long, so that no posting date depends on the day on which the test is run.
fn calendar(periods: &[BillingPeriod]) -> String {
    let exceptions: Vec<String> = periods.iter().map(|period| format!("  {period}: {}\n", period.plus(11).first_day())).collect();
    format!("currency: USD\nlegal_entity: Example Ltd.\ncloses_on_day: 10\nperiods:\n{}", exceptions.concat())
}

/// Charges of one source and month; a later edition has other amounts for some.
fn bill((id, provider, account): (&str, &str, &str), period: BillingPeriod, edition: u32) -> String {
    let teams: Vec<String> = teams().map(|(_, team)| team).collect();
    let seed = period.month() * 31 + account.len() as u32;
    let mut text = HEADER.to_owned();
    for row in 0..CHARGES {
        let correction = if row % 7 == 0 { edition } else { 0 };
        let units = (row * 7_919 + seed * 104_729 + correction * 1_303) % 900_000;
        let (category, service, sign) = match row % 50 {
            13 => ("Credit", "Compute", "-"),
            17 => ("Tax", "", ""),
            29 => ("Usage", "Support", ""),
            other => ("Usage", ["Compute", "Storage", "Database"][other as usize % 3], ""),
        };
        let cost = format!("{sign}{}.{:04}", units / 10_000, units % 10_000);
        // One charge of each hundred is nobody's.
        let tags = match category == "Tax" || service == "Support" || row % 100 == 99 {
            true => String::new(),
            false => format!("\"{{\"\"team\"\":\"\"{}\"\"}}\"", teams[(row as usize * 3) % teams.len()]),
        };
        let of = row % 5;
        writeln!(
            text,
            "{account},{period}-01T00:00:00Z,USD,{category},{id}-{period},{cost},{cost},{provider},account-{of},{service},{tags}"
        )
        .expect("memory can be written to");
    }
    text
}
