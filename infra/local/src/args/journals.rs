//! Commands on journals.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use dayone_domain::BillingPeriod;

use super::home::PersonArguments;
use super::{OutputFormat, parse_period};

/// Commands on journals.
#[derive(Debug, Subcommand)]
pub enum JournalsCommand {
    /// List journals and where each stands
    List(JournalsListArguments),
    /// Show one journal: its lines, debit and credit
    Show(JournalArguments),
    /// Send journals to the ledger, each once
    Post(PostArguments),
    /// Freeze what is ready into a numbered batch for the ledger's import
    Export(OutArguments),
    /// Write a batch again, byte for byte
    Batch(BatchArguments),
    /// Undo a posted journal; its invoice is open again
    Reverse(ReverseArguments),
    /// Take a posted line to another coding
    Reclass(ReclassArguments),
    /// Record what a look into the ledger has shown: a journal's number, or that it is missing
    Record(RecordArguments),
}

/// `dayone journals list`.
#[derive(Debug, Args)]
pub struct JournalsListArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// Only of this billing period's cost
    #[arg(long, value_name = "YYYY-MM", value_parser = parse_period)]
    pub period: Option<BillingPeriod>,
    /// Only of this cost group
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

/// `dayone journals show`.
#[derive(Debug, Args)]
pub struct JournalArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// The journal
    #[arg(value_name = "REF")]
    pub reference: String,
}

/// `dayone journals post`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone journals post --as controller@example.com\n\nNobody posts what they alone accepted. After a crash the same command asks the ledger before it sends again."
)]
pub struct PostArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// Only these journals [default: all that are ready]
    #[arg(value_name = "REF")]
    pub references: Vec<String>,
}

/// `dayone journals export`.
#[derive(Debug, Args)]
pub struct OutArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// Where the CSV goes [default: in the folder `exports` of the home]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `dayone journals batch`.
#[derive(Debug, Args)]
pub struct BatchArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// The batch
    #[arg(value_name = "N")]
    pub number: u64,
    /// Where the CSV goes [default: in the folder `exports` of the home]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// `dayone journals reverse`.
#[derive(Debug, Args)]
pub struct ReverseArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// The journal
    #[arg(value_name = "REF")]
    pub reference: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// `dayone journals reclass`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  dayone journals reclass DAY1-000012-01 --line 1 --cost-center 4200 --reason \"moved teams\" --as controller@example.com\n\nWhat is not stated of the coding stays as it is; `dayone journals show` numbers the lines."
)]
pub struct ReclassArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// The journal
    #[arg(value_name = "REF")]
    pub reference: String,
    /// The line, from 1
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub line: u32,
    /// Another account
    #[arg(long, value_name = "ACCOUNT")]
    pub account: Option<String>,
    /// Another cost centre
    #[arg(long, value_name = "COST_CENTER")]
    pub cost_center: Option<String>,
    /// Another department
    #[arg(long, value_name = "DEPARTMENT")]
    pub department: Option<String>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// `dayone journals record`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone journals record DAY1-000012-01 --number 4711 --as controller@example.com\n  dayone journals record DAY1-000012-01 --missing \"the import was refused\" --as controller@example.com"
)]
pub struct RecordArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// The journal
    #[arg(value_name = "REF")]
    pub reference: String,
    /// What was found.
    #[command(flatten)]
    pub found: FoundArguments,
}

/// What a look into the ledger has shown.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct FoundArguments {
    /// The ledger's document number
    #[arg(long, value_name = "NUMBER")]
    pub number: Option<String>,
    /// The ledger has nothing of it, for this reason: it can leave anew
    #[arg(long, value_name = "REASON")]
    pub missing: Option<String>,
}
