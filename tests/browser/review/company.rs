//! The company whose month is reviewed, and its home as the command line makes it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use dayone_tests::{Tools, succeed};

/// Everybody's.
pub const PASSWORD: &str = "a made-up password";

const TREE: &str = r#"company: Example Ltd.
valid_from: 2026-01
owners: [olga@example.com]
central: central
unallocated: { id: unallocated, name: Not yet allocated, owners: [fin@example.com] }
ledger:
  accounts: { default: "6400", by_charge_category: { Tax: "6490" } }
  holding: { default: { account: "1490", cost_center: "9000" } }
groups:
  - id: shop
    name: Shop
    groups:
      - { id: web, name: Web shop, cost_center: "4100", owners: [ana@example.com] }
      - { id: search, name: Search, cost_center: "4200", owners: [ben@example.com] }
      - { id: mobile, name: Mobile apps, cost_center: "4300", owners: [mia@example.com] }
  - { id: data, name: Data platform, cost_center: "4400", owners: [eva@example.com] }
  - { id: labs, name: Labs, cost_center: "4500", owners: [lea@example.com] }
  - { id: central, name: Central finance, cost_center: "9000" }
pools:
  - { id: support, name: Support plan, split: proportional, to: [shop/*], fallback: even }
rules:
  - { to: web, when: { tags: { team: web } } }
  - { to: search, when: { tags: { team: search } } }
  - { to: mobile, when: { tags: { team: mobile } } }
  - { to: data, when: { tags: { team: data } } }
  - { to: labs, when: { tags: { team: labs } } }
  - { to: support, when: { service: AWS Support } }
treatment: { tax: central }
"#;

const PEOPLE: &str = include_str!("../../company/people.yaml");

/// Those who sign in.
const SIGNING_IN: [&str; 8] = ["ana", "ben", "eva", "lea", "fin", "clara", "dora", "audrey"];

const POLICY: &str = include_str!("../../company/policy.yaml");
const CALENDAR: &str = include_str!("../../company/calendar.yaml");

const COLUMNS: &str = "BillingAccountId,BillingPeriodStart,BillingCurrency,ChargeCategory,InvoiceId,BilledCost,EffectiveCost,ProviderName,SubAccountId,SubAccountName,ServiceName,Tags";

/// Team, category, service, and thousandths of a unit in the last month.
const CHARGES: [(&str, &str, &str, i64); 13] = [
    ("web", "Usage", "Amazon EC2", 1_200_500),
    ("web", "Usage", "Amazon CloudFront", 402_250),
    ("web", "Credit", "Amazon EC2", -25_005),
    ("search", "Usage", "Amazon S3", 310_125),
    ("search", "Usage", "Amazon OpenSearch Service", 870_400),
    ("search", "Usage", "Amazon DynamoDB", 64_100),
    ("mobile", "Usage", "Amazon API Gateway", 118_300),
    ("data", "Usage", "Amazon Redshift", 2_410_800),
    ("data", "Usage", "AWS Glue", 315_600),
    ("labs", "Usage", "Amazon EC2", 240_000),
    ("", "Usage", "AWS Support", 99_990),
    ("", "Usage", "AWS Config", 41_700),
    ("", "Tax", "", 320_270),
];

/// The first days of the running month and of those beside it: modes change from the next month on, and a delivery of
/// that is taken, and issued like any other once the home's clock is put ahead.
pub struct Calendar {
    today: NaiveDate,
}

impl Calendar {
    pub fn of_machine() -> Calendar {
        let now: DateTime<Utc> = std::time::SystemTime::now().into();
        Calendar { today: now.date_naive() }
    }

    fn first_day(&self, step: u32) -> NaiveDate {
        let before = self.today.with_day(1).expect("every month has a first day") - Months::new(1);
        before + Months::new(step)
    }

    /// The billing periods that are delivered, from the month before the running one to the one after it.
    fn periods(&self) -> [String; 3] {
        [0, 1, 2].map(|step| self.first_day(step).format("%Y-%m").to_string())
    }

    /// The last of them, which is reviewed.
    pub fn month(&self) -> String {
        self.periods()[2].clone()
    }

    /// The one before it.
    pub fn before(&self) -> String {
        self.periods()[1].clone()
    }

    /// How many seconds the home's clock is put ahead, to a day when all of them are over.
    fn ahead(&self) -> i64 {
        (self.first_day(3) + chrono::Days::new(1) - self.today).num_seconds()
    }
}

/// A home with its month issued: most groups in chargeback, two in showback, a bill in euro provisional.
pub struct Home<'a> {
    tools: &'a Tools,
    pub folder: PathBuf,
}

impl Home<'_> {
    pub fn issued<'a>(tools: &'a Tools, folder: &Path, calendar: &Calendar) -> Home<'a> {
        let home = Home { tools, folder: folder.join("home") };
        let path = |name: &str| folder.join(name).display().to_string();
        for (name, text) in [
            ("tree.yaml", TREE.to_owned()),
            ("people.yaml", PEOPLE.to_owned()),
            ("sources.yaml", sources(calendar)),
            ("policy.yaml", POLICY.to_owned()),
            ("calendar.yaml", CALENDAR.to_owned()),
            ("aws.csv", aws(calendar)),
            ("azure.csv", azure(calendar)),
        ] {
            fs::write(folder.join(name), text).expect("a file can be written");
        }
        let mut init = vec!["init".to_owned(), "--tenant".to_owned(), "example".to_owned()];
        for kind in ["tree", "people", "sources", "policy", "calendar"] {
            init.extend([format!("--{kind}"), path(&format!("{kind}.yaml"))]);
        }
        succeed(home.command().args(init));
        for group in ["web", "search", "data"] {
            for controller in ["clara", "dora"] {
                let words = format!("promote {group} --from {} --reason agreed", calendar.month());
                home.succeeds_as(controller, &words);
            }
        }
        succeed(home.command().args(["ingest", &path("aws.csv"), &path("azure.csv")]));
        fs::write(home.folder.join("demo-clock"), calendar.ahead().to_string()).expect("the home's clock can be put ahead");
        succeed(home.command().arg("issue"));
        SIGNING_IN.iter().for_each(|person| home.give_password(person));
        home
    }

    /// A command on the home.
    pub fn command(&self) -> Command {
        let mut command = self.tools.dayone();
        command.env("DAYONE_HOME", &self.folder);
        command
    }

    /// What a command that somebody gives prints.
    pub fn succeeds_as(&self, person: &str, words: &str) -> String {
        succeed(self.command().args(words.split_whitespace()).args(["--as", &mail(person)]))
    }

    fn give_password(&self, person: &str) {
        let mut command = self.command();
        command.args(["config", "password", &mail(person), "--as", "clara@example.com"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().expect("the binary can be started");
        let mut stdin = child.stdin.take().expect("it is piped");
        writeln!(stdin, "{PASSWORD}").expect("the password can be written");
        drop(stdin);
        assert!(child.wait().expect("it ends").success(), "the password of {person} is not set");
    }
}

fn mail(person: &str) -> String {
    format!("{person}@example.com")
}

/// AWS is final by policy, Microsoft waits for somebody to close it.
fn sources(calendar: &Calendar) -> String {
    let [first, _, last] = calendar.periods();
    format!(
        "sources:
  - {{ id: aws, provider: AWS, billing_accounts: [\"111122223333\"], currencies: [USD], prefix: aws/, from: {first}, final: {{ unchanged_for_days: 1 }} }}
  - {{ id: azure, provider: Microsoft, billing_accounts: [\"777\"], currencies: [EUR], prefix: azure/, from: {last} }}
"
    )
}

fn aws(calendar: &Calendar) -> String {
    let mut text = format!("{COLUMNS}\n");
    // Somewhat less in earlier months, so that there is a change to be seen.
    for (period, percent) in calendar.periods().iter().zip([90, 96, 100]) {
        for (team, category, service, thousandths) in CHARGES {
            let cost = thousandths * percent;
            let sign = if cost < 0 { "-" } else { "" };
            let cost = format!("{sign}{}.{:05}", cost.abs() / 100_000, cost.abs() % 100_000);
            text += &row("111122223333", period, "USD", category, "AWS", service, team, &cost);
        }
    }
    text
}

fn azure(calendar: &Calendar) -> String {
    let row = |service: &str, cost: &str| row("777", &calendar.month(), "EUR", "Usage", "Microsoft", service, "web", cost);
    format!("{COLUMNS}\n{}{}", row("Azure Front Door", "212.40"), row("Azure Monitor", "38.15"))
}

#[allow(clippy::too_many_arguments, reason = "the columns of a row")]
fn row(account: &str, period: &str, currency: &str, category: &str, provider: &str, service: &str, team: &str, cost: &str) -> String {
    let tags = if team.is_empty() { String::new() } else { format!("\"{{\"\"team\"\":\"\"{team}\"\"}}\"") };
    let account_name = if team.is_empty() { "shared" } else { team };
    format!(
        "{account},{period}-01T00:00:00Z,{currency},{category},INV-{period},{cost},{cost},{provider},{account_name}-1,{account_name},{service},{tags}\n"
    )
}
