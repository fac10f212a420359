//! Forms of an invoice's page.

use axum::extract::Path;
use axum::response::Response;
use dayone_domain::currency::Money;
use dayone_domain::review::{DisputeOf, InvoiceRef, Resolution};
use dayone_workflow::{Failure, FailureKind};

use super::super::answer::{self, Notice};
use super::super::visit::Posted;
use super::super::{address, words};
use super::{At, page};

/// The address of an item of an invoice: a question, a dispute.
type ItemAt = Path<(String, String, String, u32)>;

fn of_item((period, currency, group, number): (String, String, String, u32)) -> (Result<InvoiceRef, Failure>, u32) {
    (address::invoice_ref((period, currency, group)), number)
}

/// Back to the page: with what was done, or with what was typed and why it failed.
async fn back(posted: &Posted, of: &InvoiceRef, form: &str, outcome: Result<&str, Failure>) -> Response {
    match outcome {
        Ok(what) => answer::done(&address::invoice(of), what),
        Err(failure) => answer::of(&posted.visit, page(&posted.visit, of, &Notice::failed(form, posted, failure)).await),
    }
}

fn revision(posted: &Posted) -> Result<u32, Failure> {
    let missing = || Failure::invalid("revision", "the form names no revision; open the page again");
    posted.fields.number("revision").ok_or_else(missing)
}

/// An owner's yes.
pub async fn accept(Path(at): At, posted: Posted) -> Response {
    let of = match address::invoice_ref(at) {
        Ok(of) => of,
        Err(failure) => return answer::failed(&posted.visit, &failure),
    };
    let outcome = async {
        let reviewed = posted.visit.tenant.accept(&posted.request(true), &of, revision(&posted)?).await?;
        Ok::<_, Failure>(if reviewed.note.is_some() { "accepted-waits" } else { "accepted" })
    };
    let outcome = match outcome.await {
        Err(failure) if failure.kind == FailureKind::Stale && has_accepted(&posted, &of).await => Ok("accepted-already"),
        outcome => outcome,
    };
    back(&posted, &of, "accept", outcome).await
}

/// Whether the person has accepted the revision that they see already, from another tab.
async fn has_accepted(posted: &Posted, of: &InvoiceRef) -> bool {
    let Ok(known) = posted.visit.tenant.invoice(posted.visit.actor(), of).await else { return false };
    let me = posted.visit.actor().person.mail.as_str();
    let is_read = posted.fields.number("revision") == Some(known.view.revision.number);
    is_read && known.state.holding().any(|acceptance| acceptance.by.mail() == Some(me))
}

/// A reading receipt.
pub async fn acknowledge(Path(at): At, posted: Posted) -> Response {
    let of = match address::invoice_ref(at) {
        Ok(of) => of,
        Err(failure) => return answer::failed(&posted.visit, &failure),
    };
    let outcome = async {
        posted.visit.tenant.acknowledge(&posted.request(true), &of, revision(&posted)?).await?;
        Ok("acknowledged")
    };
    back(&posted, &of, "acknowledge", outcome.await).await
}

/// An owner's no to a line.
pub async fn dispute(Path(at): At, posted: Posted) -> Response {
    let of = match address::invoice_ref(at) {
        Ok(of) => of,
        Err(failure) => return answer::failed(&posted.visit, &failure),
    };
    let outcome = async {
        let line = posted.fields.filled("line").ok_or_else(|| Failure::invalid("line", "choose the line that you dispute"))?;
        let amount = amount(&posted, &of, line).await?;
        let dispute = DisputeOf { revision: revision(&posted)?, line, amount, reason: posted.fields.get("reason") };
        posted.visit.tenant.dispute(&posted.request(true), &of, dispute).await?;
        Ok("disputed")
    };
    back(&posted, &of, "dispute", outcome.await).await
}

/// The amount of a dispute, with the sign of its line; all that is left of the line where none is typed.
async fn amount(posted: &Posted, of: &InvoiceRef, line: &str) -> Result<Money, Failure> {
    let known = posted.visit.tenant.invoice(posted.visit.actor(), of).await?;
    let stated = known.document.stated_line(line);
    let Some(text) = posted.fields.filled("amount") else {
        let stated = stated.ok_or_else(|| Failure::invalid("line", "the invoice has no such line any more; choose another"))?;
        return Ok(stated.amount - known.state.held(line));
    };
    let wrong = || Failure::invalid("amount", format!("`{text}` is no amount in {}; write it like 1234.50", of.bill.currency));
    let typed = words::typed_amount(text, of.bill.currency).ok_or_else(wrong)?;
    let size = if typed.is_negative() { words::negated(typed) } else { typed };
    Ok(if stated.is_some_and(|stated| stated.amount.is_negative()) { words::negated(size) } else { size })
}

/// Something said to a dispute.
pub async fn comment(Path(at): ItemAt, posted: Posted) -> Response {
    let (of, number) = of_item(at);
    let of = match of {
        Ok(of) => of,
        Err(failure) => return answer::failed(&posted.visit, &failure),
    };
    let outcome = posted.visit.tenant.comment(&posted.request(false), &of, number, posted.fields.get("text")).await;
    back(&posted, &of, &format!("comment-{number}"), outcome.map(|_| "commented")).await
}

/// The end of a dispute.
pub async fn resolve(Path(at): ItemAt, posted: Posted) -> Response {
    let (of, number) = of_item(at);
    let of = match of {
        Ok(of) => of,
        Err(failure) => return answer::failed(&posted.visit, &failure),
    };
    let is_upheld = posted.fields.get("outcome") == "upheld";
    let (form, what) = if is_upheld { ("uphold", "upheld") } else { ("reject", "rejected") };
    let outcome = async {
        let resolution = if is_upheld {
            let receiver = posted.fields.filled("receiver");
            let receiver = receiver.ok_or_else(|| Failure::invalid("receiver", "choose the cost group that takes the amount"))?;
            Resolution::Upheld { receiver: receiver.to_owned() }
        } else {
            Resolution::Rejected { reason: posted.fields.get("reason").to_owned() }
        };
        posted.visit.tenant.resolve(&posted.request(true), &of, number, resolution, None).await?;
        Ok(what)
    };
    back(&posted, &of, &format!("{form}-{number}"), outcome.await).await
}

/// A question.
pub async fn ask(Path(at): At, posted: Posted) -> Response {
    let of = match address::invoice_ref(at) {
        Ok(of) => of,
        Err(failure) => return answer::failed(&posted.visit, &failure),
    };
    let outcome = posted.visit.tenant.ask(&posted.request(false), &of, posted.fields.get("text")).await;
    back(&posted, &of, "ask", outcome.map(|_| "asked")).await
}

/// An answer.
pub async fn answer(Path(at): ItemAt, posted: Posted) -> Response {
    let (of, number) = of_item(at);
    let of = match of {
        Ok(of) => of,
        Err(failure) => return answer::failed(&posted.visit, &failure),
    };
    let outcome = posted.visit.tenant.answer(&posted.request(false), &of, number, posted.fields.get("text")).await;
    back(&posted, &of, &format!("answer-{number}"), outcome.map(|_| "answered")).await
}
