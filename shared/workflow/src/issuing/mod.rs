//! Issuing: what is due on a day becomes invoices, in runs that can be killed anywhere and started again.
//!
//! A run decides everything in memory, stores documents and an immutable plan, and begins with one transaction that
//! takes the invoice numbers and records the plan's digest. Invoices are then written a few a transaction, each under
//! the version of its stream; whoever starts again does what is left. The last transaction makes the run visible.

mod bill;
mod decide;
mod due;
mod run;
mod true_up_rounds;

use chrono::NaiveDate;
use dayone_domain::cube::BillKey;
use dayone_domain::currency::Money;
use dayone_domain::review::{By, Charged, Stage};
use dayone_domain::true_up::TrueUp;
use dayone_domain::{BillingPeriod, CostBasis, Exact};
use dayone_ports::Digest;
use serde::{Deserialize, Serialize};

pub use bill::{BillEvent, BillState, LastIssue};
pub(crate) use decide::{Decided, inputs, mode_of};
pub use due::{IssueReport, Issued};
pub use run::RunEvent;

/// One delivery that a bill is made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Input {
    /// The source.
    pub source: String,
    /// The delivery.
    pub delivery: Digest,
    /// Its cube.
    pub cube: Digest,
    /// Its control totals.
    pub control: Digest,
}

/// One cost group of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanEntry {
    /// Identifier of the cost group.
    pub group: String,
    /// Its name.
    pub name: String,
    /// Identifier of the group above.
    pub parent: Option<String>,
    /// The revision's document; `None` for a group that is charged nothing and was not before.
    pub document: Option<Digest>,
    /// The revision's number.
    pub revision: u32,
    /// The number of a final invoice.
    pub invoice_number: Option<u64>,
    /// What it is charged of this bill.
    pub total: Money,
    /// True-ups beside it.
    pub true_ups: Money,
    /// What of both is charged once it is accepted.
    pub charged: Charged,
    /// Whether anything of it is charged once it is accepted; without a document, the mode in the period.
    pub mode: dayone_domain::tree::Mode,
}

/// What a run is going to write. Stored once, before the run begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The run.
    pub run: u64,
    /// Who asked for it: whoever takes it up again completes it in their name.
    pub by: By,
    /// The bill.
    pub bill: BillKey,
    /// Provisional or final.
    pub stage: Stage,
    /// The day it is issued on, in the tenant's time zone.
    pub issued_on: NaiveDate,
    /// The company.
    pub company: String,
    /// The cost that counts.
    pub basis: CostBasis,
    /// First billing period of the tree's version.
    pub tree: BillingPeriod,
    /// What it is made of, by source.
    pub inputs: Vec<Input>,
    /// Digests of the configuration that decided: trees, drivers, policy.
    pub configuration: Vec<(String, Digest)>,
    /// Of all that decides: the same gives the same invoices.
    pub fingerprint: Digest,
    /// All invoices of the bill as allocation drew them, before disputes and true-ups: [`Invoices`](dayone_domain::invoice::Invoices) as JSON, packed.
    pub drawn: Digest,
    /// The exact bill in the basis.
    pub master: Exact,
    /// The rounded bill.
    pub total: Money,
    /// True-up rounds of closed bills that the invoices carry: the bill and the round.
    pub carries: Vec<(BillKey, u32)>,
    /// The invoices, in the order of the tree.
    pub entries: Vec<PlanEntry>,
}

/// What one newer delivery of a closed bill changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrueUpRound {
    /// The closed bill.
    pub bill: BillKey,
    /// From 1.
    pub round: u32,
    /// What the bill is made of now.
    pub inputs: Vec<Input>,
    /// The bill as it would be issued now: [`Invoices`](dayone_domain::invoice::Invoices) as JSON, packed.
    pub drawn: Digest,
    /// The differences from what was issued, earlier rounds included.
    pub true_ups: Vec<TrueUp>,
    /// Their sum.
    pub total: Money,
}

/// The record of a run that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenRun {
    /// Its number.
    pub run: u64,
    /// Its plan.
    pub plan: Digest,
}
