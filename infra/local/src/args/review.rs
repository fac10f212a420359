//! Commands on invoices and on the modes of cost groups.

use clap::{Args, Subcommand, ValueEnum};
use dayone_domain::review::Standing;
use dayone_domain::{BillingPeriod, Currency};

use super::home::PersonArguments;
use super::{OutputFormat, parse_currency, parse_period};

/// What an invoice waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum StandingArgument {
    /// May still change
    Provisional,
    /// In showback, not yet acknowledged
    ToRead,
    /// In showback, acknowledged
    Read,
    /// Final, waiting for its owner
    ToAccept,
    /// A dispute is open
    Disputed,
    /// Accepted
    Accepted,
}

impl From<StandingArgument> for Standing {
    fn from(standing: StandingArgument) -> Standing {
        match standing {
            StandingArgument::Provisional => Standing::Provisional,
            StandingArgument::ToRead => Standing::ToRead,
            StandingArgument::Read => Standing::Read,
            StandingArgument::ToAccept => Standing::ToAccept,
            StandingArgument::Disputed => Standing::Disputed,
            StandingArgument::Accepted => Standing::Accepted,
        }
    }
}

/// `dayone invoices`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone invoices --as ana@example.com\n  dayone invoices --period 2026-10 --standing to-accept --as controller@example.com\n  dayone invoices --format json --as controller@example.com | jq -r '.invoices[] | [.cost_group, .due] | @csv'"
)]
pub struct InvoicesArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// Only of this billing period
    #[arg(long, value_name = "YYYY-MM", value_parser = parse_period)]
    pub period: Option<BillingPeriod>,
    /// Only in this currency
    #[arg(long, value_name = "CODE", value_parser = parse_currency)]
    pub currency: Option<Currency>,
    /// Only of this cost group
    #[arg(long, value_name = "GROUP")]
    pub group: Option<String>,
    /// Only those that wait for this
    #[arg(long, value_enum)]
    pub standing: Option<StandingArgument>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    pub format: OutputFormat,
}

/// Which invoice, and who acts.
#[derive(Clone, Debug, Args)]
pub struct InvoiceArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// The billing period
    #[arg(value_name = "YYYY-MM", value_parser = parse_period)]
    pub period: BillingPeriod,
    /// The cost group
    #[arg(value_name = "GROUP")]
    pub group: String,
    /// The currency [default: the only one]
    #[arg(long, value_name = "CODE", value_parser = parse_currency)]
    pub currency: Option<Currency>,
}

/// Commands on one invoice.
#[derive(Debug, Subcommand)]
pub enum InvoiceCommand {
    /// Show an invoice: its lines, what waits, what was said
    Show(InvoiceShowArguments),
    /// Accept a revision: in chargeback it lets the journal go
    Accept(DecideArguments),
    /// Say that you have read a revision: in showback it is all that is asked
    Acknowledge(DecideArguments),
    /// Dispute a part of a line, or all of it
    Dispute(DisputeArguments),
    /// Ask something, also of a provisional invoice
    Ask(AskArguments),
    /// Answer a question
    Answer(AnswerArguments),
    /// Say something to a dispute
    Comment(CommentArguments),
    /// End a dispute: uphold it to another cost group, or reject it
    Resolve(ResolveArguments),
}

/// `dayone invoice show`.
#[derive(Debug, Args)]
pub struct InvoiceShowArguments {
    /// Which.
    #[command(flatten)]
    pub invoice: InvoiceArguments,
    /// An earlier revision [default: the newest]
    #[arg(long, value_name = "N")]
    pub revision: Option<u32>,
    /// What changed, line by line: of a final invoice since it was first issued, else since the revision before
    #[arg(long)]
    pub changes: bool,
    /// With --changes: what changed since this revision
    #[arg(long, value_name = "N", requires = "changes")]
    pub from: Option<u32>,
}

/// `dayone invoice accept` and `acknowledge`.
#[derive(Debug, Args)]
pub struct DecideArguments {
    /// Which.
    #[command(flatten)]
    pub invoice: InvoiceArguments,
    /// The revision that you have read [default: the newest]
    #[arg(long, value_name = "N")]
    pub revision: Option<u32>,
}

/// `dayone invoice dispute`.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  dayone invoice dispute 2026-10 checkout --line 86debc45be1cdebc --amount 120.00 --reason \"not our cluster\" --as ana@example.com\n\n`dayone invoice show` lists the lines with their ids."
)]
pub struct DisputeArguments {
    /// Which.
    #[command(flatten)]
    pub invoice: InvoiceArguments,
    /// The revision that you have read [default: the newest]
    #[arg(long, value_name = "N")]
    pub revision: Option<u32>,
    /// The line, by its id
    #[arg(long, value_name = "ID")]
    pub line: String,
    /// How much of it, with the line's sign
    #[arg(long, value_name = "AMOUNT", allow_hyphen_values = true)]
    pub amount: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// `dayone invoice ask`.
#[derive(Debug, Args)]
pub struct AskArguments {
    /// Which.
    #[command(flatten)]
    pub invoice: InvoiceArguments,
    /// The question
    #[arg(long, value_name = "TEXT")]
    pub text: String,
}

/// `dayone invoice answer`.
#[derive(Debug, Args)]
pub struct AnswerArguments {
    /// Which.
    #[command(flatten)]
    pub invoice: InvoiceArguments,
    /// The question, by its number
    #[arg(long, value_name = "N")]
    pub question: u32,
    /// The answer
    #[arg(long, value_name = "TEXT")]
    pub text: String,
}

/// `dayone invoice comment`.
#[derive(Debug, Args)]
pub struct CommentArguments {
    /// Which.
    #[command(flatten)]
    pub invoice: InvoiceArguments,
    /// The dispute, by its number
    #[arg(long, value_name = "N")]
    pub dispute: u32,
    /// The comment
    #[arg(long, value_name = "TEXT")]
    pub text: String,
}

/// `dayone invoice resolve`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone invoice resolve 2026-10 checkout --dispute 1 --uphold-to stores --as finops@example.com\n  dayone invoice resolve 2026-10 checkout --dispute 1 --reject \"the tag says checkout since 2026-08\" --as finops@example.com\n\nAfter an upheld dispute both invoices have a new revision, and the receiver's owner has to accept its own."
)]
pub struct ResolveArguments {
    /// Which.
    #[command(flatten)]
    pub invoice: InvoiceArguments,
    /// The dispute, by its number
    #[arg(long, value_name = "N")]
    pub dispute: u32,
    /// How.
    #[command(flatten)]
    pub how: HowArguments,
}

/// How a dispute ends.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct HowArguments {
    /// The amount goes to this cost group
    #[arg(long, value_name = "GROUP")]
    pub uphold_to: Option<String>,
    /// The amount goes to the tree's central group: a plain credit
    #[arg(long)]
    pub uphold_central: bool,
    /// The amount stays, for this reason
    #[arg(long, value_name = "REASON")]
    pub reject: Option<String>,
}

/// `dayone promote`.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  dayone promote checkout --as controller@example.com\n  dayone promote checkout --from 2027-01 --reason \"agreed with the board\" --as controller@example.com\n\nWhere the policy is not met, a reason asks for it, and a second controller agrees with the same command."
)]
pub struct PromoteArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// The cost group
    #[arg(value_name = "GROUP")]
    pub group: String,
    /// The first billing period in chargeback [default: the next]
    #[arg(long, value_name = "YYYY-MM", value_parser = parse_period)]
    pub from: Option<BillingPeriod>,
    /// Why, although the policy is not met
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// `dayone demote`.
#[derive(Debug, Args)]
pub struct DemoteArguments {
    /// The home, and who acts.
    #[command(flatten)]
    pub who: PersonArguments,
    /// The cost group
    #[arg(value_name = "GROUP")]
    pub group: String,
    /// The first billing period in showback [default: the next]
    #[arg(long, value_name = "YYYY-MM", value_parser = parse_period)]
    pub from: Option<BillingPeriod>,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}
