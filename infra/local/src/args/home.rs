//! Commands on a home.

use std::net::IpAddr;
use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use dayone_domain::{BillingPeriod, Currency};
use dayone_workflow::configuration::ConfigKind;

use super::{OutputFormat, parse_currency, parse_period};
use crate::home::address;

/// The home of a command.
#[derive(Clone, Debug, Default, Args)]
pub struct HomeArguments {
    /// The folder that holds it all: records, documents, ledger [default: ./dayone-home]
    #[arg(long, value_name = "FOLDER", env = "DAYONE_HOME", hide_env_values = true)]
    pub home: Option<PathBuf>,
}

/// The home, and who acts on it.
#[derive(Clone, Debug, Default, Args)]
pub struct PersonArguments {
    /// The home.
    #[command(flatten)]
    pub home: HomeArguments,
    /// Who you are: a mail address of the people's list; it is recorded with your account on this machine
    #[arg(long = "as", value_name = "MAIL", env = "DAYONE_AS", hide_env_values = true)]
    pub person: Option<String>,
}

/// `dayone init`.
#[derive(Debug, Default, Args)]
#[command(
    after_help = "Examples:\n  dayone init\n  dayone init --home /srv/dayone --tree tree.yaml --sources sources.yaml --people people.yaml\n\nA home that is there is completed, never emptied."
)]
pub struct InitArguments {
    /// The home.
    #[command(flatten)]
    pub home: HomeArguments,
    /// The company's short name: small letters, digits and hyphens [default: main]
    #[arg(long, value_name = "NAME")]
    pub tenant: Option<String>,
    /// Where people open the pages: the links in mail begin with it [default: http://127.0.0.1:8686]
    #[arg(long, value_name = "URL", value_parser = address::parse)]
    pub url: Option<String>,
    /// The allocation tree; several for several versions of it
    #[arg(long = "tree", value_name = "FILE")]
    pub trees: Vec<PathBuf>,
    /// Who signs in, in which role
    #[arg(long, value_name = "FILE")]
    pub people: Option<PathBuf>,
    /// Which exports are expected
    #[arg(long, value_name = "FILE")]
    pub sources: Option<PathBuf>,
    /// Driver quantities
    #[arg(long, value_name = "FILE")]
    pub drivers: Option<PathBuf>,
    /// Time zone, cost basis, promotion and acceptance
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// The ledger that recharges are posted to
    #[arg(long, value_name = "FILE")]
    pub calendar: Option<PathBuf>,
}

/// Commands on the configuration of a home.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Check a file and put it; a version that was used never changes
    Put(ConfigPutArguments),
    /// Print a configuration file as it was put
    Show(ConfigShowArguments),
    /// List what was put, when and by whom
    List(ConfigListArguments),
    /// Set a person's password for the pages
    Password(PasswordArguments),
}

/// `dayone config put`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone config put tree tree.yaml --as controller@example.com\n  dayone config put tree tree-2025.yaml tree-2026.yaml --as finops@example.com\n\nBefore any people are there, whoever has an account on this machine puts the first files."
)]
pub struct ConfigPutArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// tree, people, sources, drivers, policy or calendar
    #[arg(value_name = "KIND", value_parser = parse_kind)]
    pub kind: ConfigKind,
    /// The file; several for several versions of a tree
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// `dayone config show`.
#[derive(Debug, Args)]
pub struct ConfigShowArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// tree, people, sources, drivers, policy or calendar
    #[arg(value_name = "KIND", value_parser = parse_kind)]
    pub kind: ConfigKind,
    /// Which put, as `config list` numbers them [default: the newest]
    #[arg(long, value_name = "N")]
    pub version: Option<u64>,
}

/// `dayone config list`.
#[derive(Debug, Args)]
pub struct ConfigListArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
}

/// `dayone config password`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone config password ana@example.com --as ana@example.com\n  pass show dayone/ana | dayone config password ana@example.com --as controller@example.com\n\nOn a terminal the password is asked for twice and not shown; in a pipe it is the first line."
)]
pub struct PasswordArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// Whose password
    #[arg(value_name = "MAIL")]
    pub mail: String,
}

/// `dayone ingest`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone ingest exports/                                     what their manifests name\n  dayone ingest exports/aws-cur/data/BILLING_PERIOD=2026-09\n  dayone ingest bill.csv.gz --source azure\n\nA folder may be laid out like the bucket. Where an export writes manifests, the files that its newest\none names are a delivery, and others count for nothing. While one of them is missing or refused, the\nperiod keeps what it has, and `dayone deliveries` says what it waits for.\nOf files without manifest, those of one source and billing period together are one delivery, and\nit replaces the one before. One that is refused keeps out all of its source.\nWhatever else is complete lands all the same, and the exit code is 1."
)]
pub struct IngestArguments {
    /// The home, and who acts; nobody where a schedule does.
    #[command(flatten)]
    pub who: PersonArguments,
    /// Billing files, or folders of them
    #[arg(required = true, value_name = "FILE|FOLDER")]
    pub files: Vec<PathBuf>,
    /// The source of all files; otherwise told by its prefix in the path, then by the billing account
    #[arg(long, value_name = "ID")]
    pub source: Option<String>,
    /// Currency of files that have no column for it (otherwise XXX)
    #[arg(long, value_name = "CODE", value_parser = parse_currency)]
    pub currency: Option<Currency>,
}

/// `dayone deliveries`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone deliveries --as controller@example.com\n  dayone deliveries --as controller@example.com --format json | jq '.awaited[] | select(.is_late)'\n\nA delivery that is not complete changes nothing. It is late after the\npolicy's `late_after_hours`, 6 where it says none."
)]
pub struct DeliveriesArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

/// `dayone issue`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone issue\n  dayone issue --as-of 2026-11-01\n\nMeant to be run daily by a scheduler: twice on a day does nothing twice."
)]
pub struct IssueArguments {
    /// The home, and who acts; nobody where a schedule does.
    #[command(flatten)]
    pub who: PersonArguments,
    /// The day whose work is done [default: today in the tenant's time zone]
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<NaiveDate>,
}

/// `dayone close`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone close azure 2026-10 --as controller@example.com\n\nOnce every source of a billing period is closed, `dayone issue` makes its invoices final."
)]
pub struct CloseArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// The source
    #[arg(value_name = "SOURCE")]
    pub source: String,
    /// The billing period
    #[arg(value_name = "YYYY-MM", value_parser = parse_period)]
    pub period: BillingPeriod,
}

/// `dayone evidence`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dayone evidence 2026-10 --as auditor@example.com\n  dayone evidence 2026-10 --out /mnt/audit/2026-10")]
pub struct EvidenceArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// The billing period
    #[arg(value_name = "YYYY-MM", value_parser = parse_period)]
    pub period: BillingPeriod,
    /// An empty or new folder for the files [default: evidence-YYYY-MM]
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

/// Commands on the trail.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check every event, document and anchor of the home
    Verify(HomeOnly),
    /// Print who did what, when and why
    Trail(TrailArguments),
    /// Anchor the heads of all streams now
    Anchor(HomeOnly),
}

/// A command that needs nothing but the home.
#[derive(Debug, Args)]
pub struct HomeOnly {
    /// The home.
    #[command(flatten)]
    pub home: HomeArguments,
}

/// `dayone audit trail`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone audit trail --as auditor@example.com\n  dayone audit trail --invoice 2026-10/USD/checkout --as auditor@example.com"
)]
pub struct TrailArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// Of what.
    #[command(flatten)]
    pub of: TrailSelection,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

/// What a trail is of; of everything where nothing is named.
#[derive(Debug, Default, Args)]
#[group(multiple = false)]
pub struct TrailSelection {
    /// One invoice
    #[arg(long, value_name = "YYYY-MM/CUR/GROUP")]
    pub invoice: Option<String>,
    /// One bill
    #[arg(long, value_name = "YYYY-MM/CUR")]
    pub bill: Option<String>,
    /// The mode of one cost group
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// One journal
    #[arg(long, value_name = "REF")]
    pub journal: Option<String>,
    /// The configuration
    #[arg(long)]
    pub configuration: bool,
}

/// `dayone serve`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone serve\n  dayone serve --port 9000\n\nIssuing is not part of it: let a scheduler run `dayone issue` daily."
)]
pub struct ServeArguments {
    /// The home.
    #[command(flatten)]
    pub home: HomeArguments,
    /// The port; 0 takes one that is free
    #[arg(long, value_name = "PORT", default_value_t = 8686)]
    pub port: u16,
    /// The address to listen on [default: 127.0.0.1, which only this machine reaches]
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<IpAddr>,
    /// Where people open the pages. The home keeps it, as if said to `init`: links in mail begin with it, whichever
    /// command sends it. Left out: what the home keeps, else where this listens, for mail that is sent from here
    #[arg(long, value_name = "URL", env = "DAYONE_URL", hide_env_values = true, value_parser = address::parse)]
    pub url: Option<String>,
}

fn parse_kind(text: &str) -> Result<ConfigKind, String> {
    text.parse().map_err(|_| {
        let kinds: Vec<&str> = ConfigKind::ALL.into_iter().map(ConfigKind::as_str).collect();
        format!("is none of: {}", kinds.join(", "))
    })
}
