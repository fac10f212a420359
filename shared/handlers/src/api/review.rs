//! What people say to invoices.

use dayone_domain::review::{DisputeOf, Resolution};
use dayone_workflow::review::Reviewed;
use dayone_workflow::views::InvoiceView;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{self, Answer};
use super::ask::{At, Deciding, Json};
use super::bodies::{Amount, InvoicePath, InvoiceSummary};

/// The version that a decision is on.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub struct OnVersion {
    /// The ETag of the invoice as it was read, in double quotes. Without it the decision is refused with 428.
    #[param(rename = "If-Match")]
    if_match: String,
}

/// A decision on a revision.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OnRevision {
    /// The revision that was read.
    revision: u32,
}

/// Something that is said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SomeText {
    /// The text.
    text: String,
}

/// A no to a line.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDispute {
    /// The revision that was read.
    revision: u32,
    /// The line.
    line: String,
    /// How much of it; of its sign, and not above it.
    amount: Amount,
    /// Why.
    reason: String,
}

/// How a dispute is to end.
#[derive(Deserialize, ToSchema)]
#[serde(tag = "outcome", rename_all = "snake_case", deny_unknown_fields)]
pub enum NewResolution {
    /// The amount goes to another cost group.
    Upheld {
        /// It; the central group for a plain credit.
        receiver: String,
        /// What is said beside it.
        #[serde(default)]
        comment: Option<String>,
    },
    /// The amount stays.
    Rejected {
        /// Why.
        reason: String,
    },
}

/// An invoice after a decision that may let journals go.
#[derive(Serialize, ToSchema)]
pub struct ReviewedBody {
    /// The invoice.
    #[serde(flatten)]
    summary: InvoiceSummary,
    /// References of the journals that were made.
    journals: Vec<String>,
    /// Why none were made although something could go.
    note: Option<String>,
}

fn of_view(is_replay: bool, view: &InvoiceView) -> Answer {
    answer::changed(is_replay, Some(view.version), &InvoiceSummary::from(view))
}

fn of_reviewed(is_replay: bool, reviewed: Reviewed) -> Answer {
    let Reviewed { view, journals, note } = reviewed;
    answer::changed(is_replay, Some(view.version), &ReviewedBody { summary: (&view).into(), journals, note })
}

/// An owner accepts the newest final revision, in chargeback.
#[utoipa::path(post, path = "/invoices/{period}/{currency}/{group}/accept", operation_id = "accept_invoice", tag = "Review", params(InvoicePath, OnVersion),
    request_body = OnRevision, responses((status = 200, body = ReviewedBody)))]
pub async fn accept(At(path): At<InvoicePath>, deciding: Deciding<Json<OnRevision>>) -> Answer {
    deciding.on_version()?;
    let reviewed = deciding.tenant.accept(&deciding.request, &path.invoice()?, deciding.body.0.revision).await?;
    of_reviewed(deciding.is_replay, reviewed)
}

/// An owner has read the newest final revision, in showback.
#[utoipa::path(post, path = "/invoices/{period}/{currency}/{group}/acknowledge", operation_id = "acknowledge_invoice", tag = "Review", params(InvoicePath, OnVersion),
    request_body = OnRevision, responses((status = 200, body = InvoiceSummary)))]
pub async fn acknowledge(At(path): At<InvoicePath>, deciding: Deciding<Json<OnRevision>>) -> Answer {
    deciding.on_version()?;
    let view = deciding.tenant.acknowledge(&deciding.request, &path.invoice()?, deciding.body.0.revision).await?;
    of_view(deciding.is_replay, &view)
}

/// Asks something about the newest revision, provisional or final.
#[utoipa::path(post, path = "/invoices/{period}/{currency}/{group}/questions", operation_id = "ask_question", tag = "Review", params(InvoicePath),
    request_body = SomeText, responses((status = 200, body = InvoiceSummary)))]
pub async fn ask(At(path): At<InvoicePath>, deciding: Deciding<Json<SomeText>>) -> Answer {
    let view = deciding.tenant.ask(&deciding.request, &path.invoice()?, &deciding.body.0.text).await?;
    of_view(deciding.is_replay, &view)
}

/// The question or dispute of an address.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct NumberPath {
    /// Its number, from 1.
    number: u32,
}

/// Answers a question.
#[utoipa::path(post, path = "/invoices/{period}/{currency}/{group}/questions/{number}/answers", operation_id = "answer_question", tag = "Review",
    params(InvoicePath, NumberPath), request_body = SomeText, responses((status = 200, body = InvoiceSummary)))]
pub async fn answer_question(At(path): At<InvoicePath>, At(question): At<NumberPath>, deciding: Deciding<Json<SomeText>>) -> Answer {
    let of = path.invoice()?;
    let view = deciding.tenant.answer(&deciding.request, &of, question.number, &deciding.body.0.text).await?;
    of_view(deciding.is_replay, &view)
}

/// An owner disputes a line, or a part of it.
#[utoipa::path(post, path = "/invoices/{period}/{currency}/{group}/disputes", operation_id = "dispute_line", tag = "Review", params(InvoicePath, OnVersion),
    request_body = NewDispute, responses((status = 200, body = InvoiceSummary)))]
pub async fn dispute(At(path): At<InvoicePath>, deciding: Deciding<Json<NewDispute>>) -> Answer {
    deciding.on_version()?;
    let NewDispute { revision, line, amount, reason } = &deciding.body.0;
    let dispute = DisputeOf { revision: *revision, line, amount: amount.money()?, reason };
    let view = deciding.tenant.dispute(&deciding.request, &path.invoice()?, dispute).await?;
    of_view(deciding.is_replay, &view)
}

/// Says something to a dispute.
#[utoipa::path(post, path = "/invoices/{period}/{currency}/{group}/disputes/{number}/comments", operation_id = "comment_on_dispute", tag = "Review",
    params(InvoicePath, NumberPath), request_body = SomeText, responses((status = 200, body = InvoiceSummary)))]
pub async fn comment(At(path): At<InvoicePath>, At(dispute): At<NumberPath>, deciding: Deciding<Json<SomeText>>) -> Answer {
    let of = path.invoice()?;
    let view = deciding.tenant.comment(&deciding.request, &of, dispute.number, &deciding.body.0.text).await?;
    of_view(deciding.is_replay, &view)
}

/// Ends a dispute.
#[utoipa::path(post, path = "/invoices/{period}/{currency}/{group}/disputes/{number}/resolution", operation_id = "resolve_dispute", tag = "Review",
    params(InvoicePath, NumberPath, OnVersion), request_body = NewResolution, responses((status = 200, body = ReviewedBody)))]
pub async fn resolve(At(path): At<InvoicePath>, At(dispute): At<NumberPath>, deciding: Deciding<Json<NewResolution>>) -> Answer {
    deciding.on_version()?;
    let (resolution, comment) = match &deciding.body.0 {
        NewResolution::Upheld { receiver, comment } => (Resolution::Upheld { receiver: receiver.clone() }, comment.as_deref()),
        NewResolution::Rejected { reason } => (Resolution::Rejected { reason: reason.clone() }, None),
    };
    let reviewed = deciding.tenant.resolve(&deciding.request, &path.invoice()?, dispute.number, resolution, comment).await?;
    of_reviewed(deciding.is_replay, reviewed)
}
