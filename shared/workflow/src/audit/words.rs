//! What an event says, as a sentence.

use dayone_domain::plain_text::harmless;
use dayone_domain::review::By;
use serde_json::Value;

/// The kind of stream, the event's tag (and how it ended, where it says so), and the rest of a sentence that begins
/// with who did it. A name in braces is a field of the event, a dot leads into a field.
const SENTENCES: [(&str, &str, &str); 41] = [
    ("invoice", "issued.run.provisional", "issued revision {revision.number}, provisional, in run {revision.cause.run}"),
    (
        "invoice",
        "issued.run.final",
        "issued revision {revision.number}, final, invoice {revision.invoice_number}, in run {revision.cause.run}",
    ),
    (
        "invoice",
        "issued.dispute.final",
        "issued revision {revision.number} after dispute {revision.cause.dispute} of {revision.cause.invoice.group} was upheld",
    ),
    ("invoice", "asked", "asked question {question}: {text}"),
    ("invoice", "answered", "answered question {question}: {text}"),
    ("invoice", "acknowledged", "acknowledged revision {revision}"),
    ("invoice", "accepted", "accepted revision {revision}"),
    ("invoice", "accepted.silence", "took silence for acceptance of revision {revision}"),
    ("invoice", "reopened", "opened revision {revision} again: journal {journal} is reversed"),
    ("invoice", "disputed", "disputed {amount.currency} {amount.amount} of {line} (dispute {dispute}): {reason}"),
    ("invoice", "commented", "commented on dispute {dispute}: {text}"),
    ("invoice", "resolved.upheld", "upheld dispute {dispute}: the amount goes to {resolution.receiver}"),
    ("invoice", "resolved.rejected", "rejected dispute {dispute}: {resolution.reason}"),
    ("invoice", "reminded", "asked for reminder {reminder} of revision {revision}"),
    ("invoice", "reminder_delivered", "handed reminder {reminder} of revision {revision} over to the mail"),
    ("invoice", "journaled", "made the journal {journal}"),
    ("group", "promotion_asked", "asked for chargeback from {from}, against the policy: {reason}"),
    ("group", "promoted", "promoted the cost group to chargeback from {from}"),
    ("group", "promoted.override", "promoted the cost group to chargeback from {from}, overriding the policy as the second person"),
    ("group", "demoted", "took the cost group back to showback from {from}"),
    ("journal", "built", "made the {kind} journal for {invoice.group}, {period}"),
    ("journal", "frozen.call", "fixed the journal for the ERP, posting date {posting_date}"),
    ("journal", "frozen.export", "fixed the journal for export batch {route.batch}, posting date {posting_date}"),
    ("journal", "posted", "noted that the ERP has the journal as {number}"),
    ("journal", "refused", "noted that the ERP refuses the journal: {reason}"),
    ("journal", "outcome_unknown", "noted that nobody can tell whether the ERP has the journal: {reason}"),
    ("journal", "reversed", "noted that the journal is reversed by {by}"),
    ("source", "delivered", "took in a delivery of {delivery.charges} charges"),
    ("source", "closed", "closed the source for the period"),
    ("bill", "issued.provisional", "issued the bill provisionally in run {run}"),
    ("bill", "issued.final", "issued the bill finally in run {run}"),
    ("bill", "true_up_found", "found true-ups, round {round}"),
    ("bill", "carried", "carried the true-ups of round {round} to the bill {by.period} {by.currency}"),
    ("runs", "began.provisional", "began run {run}: {bill.period} {bill.currency}, provisional"),
    ("runs", "began.final", "began run {run}: {bill.period} {bill.currency}, final, {numbers} invoices from number {first_number}"),
    ("runs", "completed", "completed run {run}"),
    ("configuration", "put", "put {file_name} as the new {kind}"),
    ("configuration", "put.dated", "put {file_name} as the new {kind}, valid from {valid_from}"),
    ("configuration", "password_set", "set the password of {mail}"),
    ("batches", "opened", "opened export batch {number}"),
    ("batches", "closed", "completed export batch {number}"),
];

/// What made a journal: the decision in whose transaction it was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// An acceptance of this revision.
    Acceptance(String),
    /// The end of this dispute.
    Dispute(String),
}

/// Who did what, in words: `ada@example.com accepted revision 2`. An event that no sentence is made for is told by
/// its tag. A journal is not made by whoever accepts: it becomes ready on what they decided, which `cause` says.
pub(super) fn sentence(stream: &str, by: &By, event: &Value, cause: Option<&Cause>) -> String {
    let who = match by {
        By::Person { mail, .. } => mail.clone(),
        By::Machine { account } => format!("account {} on the command line", harmless(account)),
        By::Policy => "the policy".to_owned(),
    };
    let who = who.as_str();
    let tag = text_at(event, "event").unwrap_or_else(|| "recorded something".to_owned());
    let kind = stream.split('/').next().unwrap_or(stream);
    if let Some(ready) = became_ready(kind, &tag, who, by, event, cause) {
        return ready;
    }
    let said = tags(&tag, by, event).into_iter().find_map(|tag| said(kind, &tag, event));
    format!("{who} {}", said.unwrap_or_else(|| tag.replace('_', " ")))
}

fn became_ready(kind: &str, tag: &str, who: &str, by: &By, event: &Value, cause: Option<&Cause>) -> Option<String> {
    let journal = match (kind, tag) {
        ("invoice", "journaled") => filled("journal {journal}", event)?,
        ("journal", "built") => filled("the {kind} journal for {invoice.group}, {period},", event)?,
        _ => return None,
    };
    match cause {
        Some(Cause::Acceptance(revision)) => Some(format!("{journal} became ready on {who}’s acceptance of revision {revision}")),
        Some(Cause::Dispute(dispute)) => Some(format!("{journal} became ready on {who}’s decision on dispute {dispute}")),
        None if *by == By::Policy => Some(format!("{journal} became ready, since the invoice is accepted")),
        None => None,
    }
}

fn said(kind: &str, tag: &str, event: &Value) -> Option<String> {
    let (_, _, sentence) = SENTENCES.iter().find(|(of, name, _)| *of == kind && *name == tag)?;
    filled(sentence, event)
}

/// The tags that may tell the event, the most special first.
fn tags(tag: &str, by: &By, event: &Value) -> Vec<String> {
    let at = |path: &str| text_at(event, path);
    let issued = at("revision.cause.kind").zip(at("revision.stage")).map(|(cause, stage)| format!("{cause}.{stage}"));
    let silence = (tag == "accepted" && *by == By::Policy).then(|| "silence".to_owned());
    let overridden = (event.get("is_override") == Some(&Value::Bool(true))).then(|| "override".to_owned());
    let special = [
        issued,
        silence,
        overridden,
        at("resolution.outcome"),
        at("route.route"),
        at("stage"),
        at("valid_from").map(|_| "dated".to_owned()),
    ];
    let special = special.into_iter().flatten().map(|special| format!("{tag}.{special}"));
    special.chain([tag.to_owned()]).collect()
}

/// A sentence with the event's fields; `None` where it lacks one.
fn filled(sentence: &str, event: &Value) -> Option<String> {
    let mut parts = sentence.split('{');
    let mut said = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (path, rest) = part.split_once('}')?;
        said += &text_at(event, path)?;
        said += rest;
    }
    Some(said)
}

/// A text or a number at a path.
fn text_at(event: &Value, path: &str) -> Option<String> {
    match path.split('.').try_fold(event, |value, field| value.get(field))? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}
