//! The command line, as `--help` teaches it.

pub mod home;
pub mod journals;
pub mod review;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use dayone_domain::exact::Exact;
use dayone_domain::{BillingPeriod, CostBasis, Currency};

use self::home::{
    AuditCommand, CloseArguments, ConfigCommand, DeliveriesArguments, EvidenceArguments, IngestArguments, InitArguments, IssueArguments,
    PersonArguments, ServeArguments,
};
use self::journals::JournalsCommand;
use self::review::{DemoteArguments, InvoiceCommand, InvoicesArguments, PromoteArguments};

/// Cloud invoices that teams read on day one, and that add up to the provider's bill to the cent.
#[derive(Debug, Parser)]
#[command(
    name = "dayone",
    version,
    after_help = "Start here:\n  dayone demo                                   a made-up company, its invoices and the proof\n  dayone preview bill.csv                       what is in a billing file of yours\n  dayone tree suggest bill.csv > tree.yaml      a first allocation tree from it\n  dayone preview bill.csv --tree tree.yaml      what every cost group would be invoiced\n\nA month in a home:\n  dayone init --tree tree.yaml --sources sources.yaml --people people.yaml\n  dayone ingest bills/ && dayone issue          deliveries, then the invoices that are due\n  dayone invoices --as ana@example.com          read, accept or dispute them\n  dayone journals post --as controller@example.com\n  dayone tieout 2026-10 --as controller@example.com\n  dayone serve                                  the same as pages\n\nExit codes: 0 success, 1 an input was refused or figures do not agree, 2 the command line is off."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the demo tenant, live its months, show the last closed one and serve it
    Demo(DemoArguments),
    /// Show what every cost group would be invoiced; stores nothing
    Preview(PreviewArguments),
    /// Prove that files, allocation, invoices, ledger and the provider's documents agree
    Tieout(TieoutArguments),
    /// Write and check allocation trees
    Tree {
        /// What to do.
        #[command(subcommand)]
        command: TreeCommand,
    },
    /// Make a home: the folder in which months happen
    Init(InitArguments),
    /// Put and show the configuration of a home
    Config {
        /// What to do.
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Take deliveries of billing files into a home
    Ingest(IngestArguments),
    /// List what was delivered, and what waits for its files
    Deliveries(DeliveriesArguments),
    /// Issue whatever is due: provisional and final invoices, true-ups, reminders
    Issue(IssueArguments),
    /// Say that a source's billing period is complete
    Close(CloseArguments),
    /// List the invoices that you see
    Invoices(InvoicesArguments),
    /// Read and decide on one invoice
    Invoice {
        /// What to do.
        #[command(subcommand)]
        command: InvoiceCommand,
    },
    /// Move a cost group to chargeback
    Promote(PromoteArguments),
    /// Take a cost group back to showback
    Demote(DemoteArguments),
    /// Post, export and correct journals
    Journals {
        /// What to do.
        #[command(subcommand)]
        command: JournalsCommand,
    },
    /// Write all that an auditor asks of a billing period into a folder
    Evidence(EvidenceArguments),
    /// Verify, print and anchor the trail
    Audit {
        /// What to do.
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Serve the pages and the API of a home
    Serve(ServeArguments),
}

/// Commands on allocation trees.
#[derive(Debug, Subcommand)]
pub enum TreeCommand {
    /// Write a starter tree from what billing files hold, to standard output
    Suggest(SuggestArguments),
    /// Say what is wrong with a tree, and where
    Check(CheckArguments),
    /// Show a checked tree with everything inherited filled in
    Show(ShowArguments),
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    /// For people.
    #[default]
    Table,
    /// For scripts: amounts are exact plain decimal strings, never floats.
    Json,
}

/// The billing files of a command.
#[derive(Debug, Args)]
pub struct FileArguments {
    /// Billing files, or folders of them: FOCUS 1.0 to 1.3, AWS CUR 2.0 or legacy CUR; .csv, .csv.gz, .csv.zip
    /// or .parquet. Each argument is one source
    #[arg(required = true, value_name = "FILE|FOLDER")]
    pub files: Vec<PathBuf>,
    /// Currency of files that have no column for it (otherwise shown as XXX)
    #[arg(long, value_name = "CODE", value_parser = parse_currency)]
    pub currency: Option<Currency>,
}

/// How charges become invoices.
#[derive(Debug, Args)]
pub struct AllocationArguments {
    /// The allocation tree; several for several versions of it
    #[arg(long = "tree", value_name = "FILE")]
    pub trees: Vec<PathBuf>,
    /// Driver quantities for pools split by a driver (CSV: driver, billing_period, cost_group, quantity)
    #[arg(long = "drivers", value_name = "FILE")]
    pub drivers: Vec<PathBuf>,
    /// The cost that counts: billed (ties to the provider's invoice) or effective (amortised)
    #[arg(long, default_value_t, value_name = "billed|effective", value_parser = parse_basis)]
    pub basis: CostBasis,
    /// Only this billing period; the others still serve as history
    #[arg(long, value_name = "YYYY-MM", value_parser = parse_period)]
    pub period: Option<BillingPeriod>,
}

/// `dayone preview`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone preview bill.csv.gz                                what is in a bill, and where to begin a tree\n  dayone preview bills/ --tree tree.yaml --period 2026-05   one month, the others as its history\n  dayone preview bills/ --tree tree.yaml --out invoices     pages, CSV and JSON for every cost group\n  dayone preview bills/ --tree tree.yaml --format json | jq -r '.periods[].invoices[] | [.cost_group, .total] | @csv'"
)]
pub struct PreviewArguments {
    /// The billing files.
    #[command(flatten)]
    pub files: FileArguments,
    /// How charges become invoices.
    #[command(flatten)]
    pub allocation: AllocationArguments,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
    /// Also write the invoices into this folder, as pages, CSV and JSON
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

/// `dayone tieout`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone tieout 2026-10 --as controller@example.com          an issued month of the home\n  dayone tieout bills/ --tree tree.yaml\n  dayone tieout bills/ --tree tree.yaml --provider-invoices provider-invoices.csv\n  dayone tieout bills/ --tree tree.yaml --basis effective   with the bridge from billed to effective cost\n\nProvider invoices are a CSV with the columns id, net, tax, currency and, for credit memos, credit_memo_of.\nA billing period alone, where there is a home, is that of the home; write ./2026-10 for a folder of that name.\nExit code 1 where anything differs, and where a newer delivery waits for `dayone issue`."
)]
pub struct TieoutArguments {
    /// The billing files; or the billing period of a home.
    #[command(flatten)]
    pub files: FileArguments,
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// How charges become invoices.
    #[command(flatten)]
    pub allocation: AllocationArguments,
    /// The provider's documents (CSV: id, net, tax, currency, credit_memo_of)
    #[arg(long, value_name = "FILE")]
    pub provider_invoices: Option<PathBuf>,
    /// Largest difference between a provider's document and its charges that counts as agreement
    #[arg(long, value_name = "AMOUNT", default_value = "0.01", allow_negative_numbers = true, value_parser = parse_tolerance)]
    pub tolerance: Exact,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

/// `dayone tree suggest`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dayone tree suggest bill.csv.gz > tree.yaml\n  dayone tree suggest bills/ --tag team > tree.yaml")]
pub struct SuggestArguments {
    /// The billing files.
    #[command(flatten)]
    pub files: FileArguments,
    /// Group by this tag key instead of the one that covers most
    #[arg(long, value_name = "KEY")]
    pub tag: Option<String>,
}

/// `dayone tree check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone tree check tree.yaml\n  dayone tree check tree-2025.yaml tree-2026.yaml --drivers requests.csv\n\nExit code 1 where the tree cannot be used; warnings, such as a rule that can never match, leave it at 0."
)]
pub struct CheckArguments {
    /// The allocation tree; several for several versions of it
    #[arg(required = true, value_name = "TREE")]
    pub trees: Vec<PathBuf>,
    /// Driver files to check along
    #[arg(long = "drivers", value_name = "FILE")]
    pub drivers: Vec<PathBuf>,
}

/// `dayone tree show`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  dayone tree show tree.yaml\n  dayone tree show tree.yaml --format json")]
pub struct ShowArguments {
    /// The allocation tree
    #[arg(value_name = "TREE")]
    pub tree: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

/// `dayone demo`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone demo\n  dayone demo --port 9000\n  dayone demo --seed 7 --out another-company --no-serve\n\nThe home's time goes on from 8 November 2026, when the story ends."
)]
pub struct DemoArguments {
    /// Where the demo tenant's files go; an earlier demo there is replaced
    #[arg(long, value_name = "FOLDER", default_value = "dayone-demo")]
    pub out: PathBuf,
    /// Where the home goes; that of an earlier demo there is replaced [default: the folder `home` beside the files]
    #[arg(long, value_name = "FOLDER")]
    pub home: Option<PathBuf>,
    /// Another company of the same kind
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// The port of the pages on this machine; 0 takes one that is free
    #[arg(long, value_name = "PORT", default_value_t = 8686)]
    pub port: u16,
    /// Make it all, and do not serve it
    #[arg(long)]
    pub no_serve: bool,
}

fn parse_currency(text: &str) -> Result<Currency, String> {
    Currency::try_new(text).map_err(|error| error.to_string())
}

fn parse_basis(text: &str) -> Result<CostBasis, String> {
    text.parse()
}

fn parse_period(text: &str) -> Result<BillingPeriod, String> {
    text.parse().map_err(|error: dayone_domain::period::PeriodError| error.to_string())
}

fn parse_tolerance(text: &str) -> Result<Exact, String> {
    match Exact::parse(text) {
        Ok(value) if !value.is_negative() => Ok(value),
        Ok(_) => Err("is below zero".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
