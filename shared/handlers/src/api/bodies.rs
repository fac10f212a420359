//! Shapes that several answers have in common. Amounts are texts with their currency, dates are ISO 8601, and nothing
//! is a floating-point number.

use chrono::{DateTime, NaiveDate, Utc};
use dayone_domain::cube::BillKey;
use dayone_domain::review::{By, Cause, InvoiceRef, Revision, SignIn, on_command_line};
use dayone_domain::{BillingPeriod, Currency, Money};
use dayone_workflow::Failure;
use dayone_workflow::views::{InvoiceView, JournalView};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

/// An amount with exactly its currency's decimals.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Amount {
    /// `-12.30`
    #[schema(example = "12.30")]
    pub amount: String,
    /// ISO 4217 code.
    #[schema(example = "USD")]
    pub currency: String,
}

impl From<Money> for Amount {
    fn from(money: Money) -> Amount {
        Amount { amount: money.to_string(), currency: money.currency().to_string() }
    }
}

impl Amount {
    /// The amount that is stated.
    pub fn money(&self) -> Result<Money, Problem> {
        let said = |text: &str, error: &dyn std::fmt::Display| {
            let text: String = text.chars().take(80).collect();
            Problem::from(Failure::invalid("amount", format!("`{text}` {error}")))
        };
        let currency = Currency::try_new(&self.currency).map_err(|error| said(&self.currency, &error))?;
        Money::parse(&self.amount, currency).map_err(|error| said(&self.amount, &error))
    }
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Who {
    /// `person`, `machine` (the command line in nobody's name) or `policy`.
    pub kind: &'static str,
    /// Mail address of a person.
    pub mail: Option<String>,
    /// How the person had signed in, or where a machine ran it: `password`, `token of …`, `command line, account …`.
    pub signed_in: Option<String>,
}

impl From<&By> for Who {
    fn from(by: &By) -> Who {
        match by {
            By::Policy => Who { kind: "policy", mail: None, signed_in: None },
            By::Machine { account } => Who { kind: "machine", mail: None, signed_in: Some(on_command_line(account)) },
            By::Person { mail, signed_in } => Who { kind: "person", mail: Some(mail.clone()), signed_in: Some(way_in(signed_in)) },
        }
    }
}

/// How somebody signed in, in words.
pub fn way_in(signed_in: &SignIn) -> String {
    match signed_in {
        SignIn::Password => "password".to_owned(),
        SignIn::Token { issuer } => format!("token of {issuer}"),
        SignIn::CommandLine { account } => on_command_line(account),
    }
}

/// Something that was said or done, by whom and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Said {
    /// Who.
    pub by: Who,
    /// When.
    pub at: DateTime<Utc>,
    /// What.
    pub text: String,
}

/// Which invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct InvoiceName {
    /// Billing period, `2026-10`.
    pub period: String,
    /// Billing currency.
    pub currency: String,
    /// Identifier of the cost group.
    pub group: String,
}

impl From<&InvoiceRef> for InvoiceName {
    fn from(of: &InvoiceRef) -> InvoiceName {
        InvoiceName { period: of.bill.period.to_string(), currency: of.bill.currency.to_string(), group: of.group.clone() }
    }
}

/// Which bill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BillName {
    /// Billing period, `2026-10`.
    pub period: String,
    /// Billing currency.
    pub currency: String,
}

impl From<BillKey> for BillName {
    fn from(bill: BillKey) -> BillName {
        BillName { period: bill.period.to_string(), currency: bill.currency.to_string() }
    }
}

/// Why there is a revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Why {
    /// An issuing run.
    Run {
        /// Its number.
        run: u64,
    },
    /// An upheld dispute.
    Dispute {
        /// The invoice that was disputed.
        invoice: InvoiceName,
        /// Number of the dispute there.
        dispute: u32,
    },
}

/// One issue of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RevisionBody {
    /// From 1.
    pub number: u32,
    /// `provisional` or `final`.
    pub stage: &'static str,
    /// `showback` or `chargeback`.
    pub mode: String,
    /// Number of a final invoice.
    pub invoice_number: Option<u64>,
    /// The day of issue, in the tenant's time zone.
    pub issued_on: NaiveDate,
    /// What the group is charged of this bill.
    pub total: Amount,
    /// True-ups of closed bills beside it.
    pub true_ups: Amount,
    /// Both.
    pub due: Amount,
    /// What of it is charged once it is accepted; the rest is of periods in showback, and for information.
    pub charged: Amount,
    /// Why it was issued.
    pub cause: Why,
    /// SHA-256 of the document that acceptance is of: `document.json` has these bytes.
    pub document: String,
}

impl From<&Revision> for RevisionBody {
    fn from(revision: &Revision) -> RevisionBody {
        RevisionBody {
            number: revision.number,
            stage: revision.stage.label(),
            mode: revision.mode.to_string(),
            invoice_number: revision.invoice_number,
            issued_on: revision.issued_on,
            total: revision.total.into(),
            true_ups: revision.true_ups.into(),
            due: revision.due().into(),
            charged: revision.charged.sum().into(),
            cause: match &revision.cause {
                Cause::Run { run } => Why::Run { run: *run },
                Cause::Dispute { invoice, dispute } => Why::Dispute { invoice: invoice.into(), dispute: *dispute },
            },
            document: revision.document.clone(),
        }
    }
}

/// An invoice in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct InvoiceSummary {
    /// Which.
    pub invoice: InvoiceName,
    /// Name of the cost group.
    pub group_name: String,
    /// Identifier of the group above.
    pub parent: Option<String>,
    /// Its version: the ETag of the invoice.
    pub version: u64,
    /// What it waits for: `provisional`, `to_read`, `read`, `to_accept`, `disputed` or `accepted`.
    pub standing: &'static str,
    /// The newest revision.
    pub revision: RevisionBody,
    /// Disputes that have not ended.
    pub open_disputes: u32,
    /// Questions without an answer.
    pub open_questions: u32,
    /// Who accepted the newest revision.
    pub accepted_by: Vec<Who>,
}

impl From<&InvoiceView> for InvoiceSummary {
    fn from(view: &InvoiceView) -> InvoiceSummary {
        InvoiceSummary {
            invoice: (&view.of).into(),
            group_name: view.group_name.clone(),
            parent: view.parent.clone(),
            version: view.version,
            standing: words::standing(view.standing),
            revision: (&view.revision).into(),
            open_disputes: view.open_disputes,
            open_questions: view.open_questions,
            accepted_by: view.accepted_by.iter().map(Who::from).collect(),
        }
    }
}

/// A journal entry in a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct JournalSummary {
    /// Unique in the tenant; what the ERP knows it by.
    pub reference: String,
    /// `recharge`, `true-up`, `reversal` or `reclass`.
    pub kind: &'static str,
    /// `ready`, `sending`, `handed_over`, `posted`, `refused`, `outcome_unknown` or `reversed`.
    pub status: &'static str,
    /// The invoice that it posts.
    pub invoice: InvoiceName,
    /// The billing period whose cost it is.
    pub billing_period: String,
    /// The sum of one side.
    pub turnover: Amount,
    /// What it moves out of the holding accounts; below nought where it moves back.
    pub moved: Amount,
    /// The journal that it reverses or recodes.
    pub of_journal: Option<String>,
    /// Its reversal.
    pub reversed_by: Option<String>,
    /// How it left, once it is fixed.
    pub posting: Option<PostingBody>,
    /// The ERP's number.
    pub erp_number: Option<String>,
    /// What the ERP said last.
    pub erp_said: Option<String>,
    /// Who accepted what it posts.
    pub accepted_by: Vec<Who>,
    /// Its version.
    pub version: u64,
}

/// When and how a journal was fixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PostingBody {
    /// Number of the batch that it leaves in; none where it is sent to the ERP.
    pub batch: Option<u64>,
    /// The posting date.
    pub posting_date: NaiveDate,
    /// The ledger period.
    pub ledger_period: String,
    /// The ledger period that was closed already, where it is another.
    pub original_period: Option<String>,
    /// By whom.
    pub by: Who,
    /// When.
    pub at: DateTime<Utc>,
}

impl From<&JournalView> for JournalSummary {
    fn from(view: &JournalView) -> JournalSummary {
        let state = &view.state;
        JournalSummary {
            reference: state.reference.clone(),
            kind: state.kind.label(),
            status: words::status(state.status),
            invoice: (&state.invoice).into(),
            billing_period: view.period.to_string(),
            turnover: view.turnover.into(),
            moved: view.moved.into(),
            of_journal: state.of_journal.clone(),
            reversed_by: state.reversed_by.clone(),
            posting: state.frozen.as_ref().map(|frozen| PostingBody {
                batch: words::batch(&frozen.route),
                posting_date: frozen.posting_date,
                ledger_period: frozen.ledger_period.to_string(),
                original_period: frozen.original_period.map(|period| period.to_string()),
                by: (&frozen.by).into(),
                at: frozen.at,
            }),
            erp_number: state.number.clone(),
            erp_said: state.said.clone(),
            accepted_by: view.accepted_by.iter().map(Who::from).collect(),
            version: view.version,
        }
    }
}

/// Words for programs.
pub mod words {
    use dayone_domain::ledger::{JournalStatus, MoneyState, Route};
    use dayone_domain::review::Standing;

    /// What an invoice waits for.
    pub fn standing(standing: Standing) -> &'static str {
        match standing {
            Standing::Provisional => "provisional",
            Standing::ToRead => "to_read",
            Standing::Read => "read",
            Standing::ToAccept => "to_accept",
            Standing::Disputed => "disputed",
            Standing::Accepted => "accepted",
        }
    }

    /// Where a journal stands.
    pub fn status(status: JournalStatus) -> &'static str {
        match status {
            JournalStatus::Ready => "ready",
            JournalStatus::Sending => "sending",
            JournalStatus::HandedOver => "handed_over",
            JournalStatus::Posted => "posted",
            JournalStatus::Refused => "refused",
            JournalStatus::OutcomeUnknown => "outcome_unknown",
            JournalStatus::Reversed => "reversed",
        }
    }

    /// Where an amount stands.
    pub fn state(state: MoneyState) -> &'static str {
        match state {
            MoneyState::Posted => "posted",
            MoneyState::AwaitingPosting => "awaiting_posting",
            MoneyState::AwaitingAcceptance => "awaiting_acceptance",
            MoneyState::Disputed => "disputed",
            MoneyState::Showback => "showback",
            MoneyState::Central => "central",
            MoneyState::Unallocated => "unallocated",
        }
    }

    /// The batch that a journal leaves in.
    pub fn batch(route: &Route) -> Option<u64> {
        match route {
            Route::Call => None,
            Route::Export { batch } => Some(*batch),
        }
    }
}

/// The invoice of an address.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct InvoicePath {
    /// Billing period, `2026-10`.
    period: String,
    /// Billing currency, `USD`.
    currency: String,
    /// Identifier of the cost group.
    group: String,
}

impl InvoicePath {
    /// The invoice; what can be none is not found.
    pub fn invoice(&self) -> Result<InvoiceRef, Problem> {
        let is_group = dayone_domain::tree::is_identifier(&self.group);
        let bill = bill(&self.period, &self.currency).filter(|_| is_group);
        let bill = bill.ok_or_else(|| Problem::from(Failure::not_found("such invoice")))?;
        Ok(InvoiceRef { bill, group: self.group.clone() })
    }
}

/// The bill of two texts.
pub fn bill(period: &str, currency: &str) -> Option<BillKey> {
    Some(BillKey { period: period.parse().ok()?, currency: Currency::try_new(currency).ok()? })
}

/// The billing period of an address.
pub fn period(text: &str) -> Result<BillingPeriod, Problem> {
    text.parse().map_err(|_| Failure::not_found("such billing period; write it as `2026-10`").into())
}

/// The billing period that a query or a body states.
pub fn stated_period(text: &str) -> Result<BillingPeriod, Problem> {
    let shown: String = text.chars().take(40).collect();
    text.parse().map_err(|_| Failure::invalid("period", format!("`{shown}` is no billing period; write it as `2026-10`")).into())
}
