//! What changed since an earlier revision, true-ups, moves of disputes, and journals.

use dayone_documents::amount;
use dayone_domain::cube::BillKey;
use dayone_domain::currency::Money;
use dayone_domain::review::document::Correction;
use dayone_domain::review::{Cause, InvoiceRef, Move, Revision, Stage};
use dayone_workflow::Failure;
use dayone_workflow::review::{InvoicePage, LineChange, compared_with, line_words, revision_changes};
use dayone_workflow::views::JournalView;

use super::super::mine::InvoiceRow;
use super::super::visit::Visit;
use super::super::{address, words};

/// Changes that are listed; the rest are summed.
const MOST_CHANGES: usize = 60;

/// What changed between two revisions.
pub struct Changes {
    pub heading: String,
    pub why: Option<String>,
    pub nothing: &'static str,
    /// `Revision 1`.
    pub before: String,
    pub now: String,
    pub rows: Vec<ChangeRow>,
    pub rest: Option<(String, String)>,
    pub sum_before: String,
    pub sum_now: String,
    pub total: String,
    /// All revisions, oldest first; none where there are only the two.
    pub revisions: Vec<RevisionRow>,
}

/// One revision, with what changed with it.
pub struct RevisionRow {
    pub name: String,
    pub stands: String,
    /// What changed since the revision before; `None` for the first.
    pub href: Option<String>,
    pub due: String,
    pub change: String,
}

/// One line that changed.
pub struct ChangeRow {
    pub what: String,
    pub before: String,
    pub now: String,
    pub change: String,
}

/// True-ups of one closed month.
pub struct TrueUpPart {
    pub id: String,
    pub month: String,
    pub sum: String,
    pub corrects: String,
    pub href: Option<String>,
    pub link: String,
    pub rows: Vec<ChangeRow>,
}

/// An amount that a dispute moved.
pub struct MoveRow {
    pub what: String,
    pub how: String,
    pub amount: String,
}

/// What changed up to the newest revision, or between those that the address names; `None` for a first revision.
pub async fn changes(visit: &Visit, of: &InvoiceRef, known: &InvoicePage) -> Result<Option<Changes>, Failure> {
    let revisions = &known.state.revisions;
    let newest = &known.view.revision;
    let missing = || Failure::not_found("such revision");
    let named = |number: u32| revisions.iter().find(|revision| revision.number == number);
    let shown = visit.query.number("to").map_or(Some(newest), named).ok_or_else(missing)?;
    let from = visit.query.number("from").or_else(|| compared_with(revisions, shown.number));
    let Some(from) = from else { return Ok(None) };
    let before = named(from).ok_or_else(missing)?;
    let old = visit.tenant.revision_document(visit.actor(), of, before.number).await?;
    let now = visit.tenant.revision_document(visit.actor(), of, shown.number).await?;
    let found = revision_changes(&old, &now);
    let is_newest = shown.number == newest.number;
    let rest: Vec<&LineChange> = found.iter().skip(MOST_CHANGES).collect();
    let rest = (!rest.is_empty()).then(|| {
        let sum = amount::sum(rest.iter().map(|change| change.difference()), of.bill.currency);
        (words::counted(rest.len(), "smaller change", "smaller changes"), amount::signed_money(sum))
    });
    Ok(Some(Changes {
        heading: heading(before, shown, is_newest),
        why: why(visit, of, shown),
        nothing: "Nothing: every line is as it was.",
        before: format!("Revision {}", before.number),
        now: format!("Revision {}", shown.number),
        rows: found.iter().take(MOST_CHANGES).map(change).collect(),
        rest,
        sum_before: amount::money(old.due()),
        sum_now: amount::money(now.due()),
        total: amount::signed_money(now.due() - old.due()),
        revisions: if revisions.len() > 2 { revision_rows(of, revisions) } else { Vec::new() },
    }))
}

fn heading(before: &Revision, shown: &Revision, is_newest: bool) -> String {
    let until = if is_newest { String::new() } else { format!(", up to revision {}", shown.number) };
    match (before.stage, shown.stage, before.number) {
        (Stage::Provisional, Stage::Final, 1) => format!("What changed since the provisional invoice{until}"),
        (_, _, number) => format!("What changed since revision {number}{until}"),
    }
}

fn revision_rows(of: &InvoiceRef, revisions: &[Revision]) -> Vec<RevisionRow> {
    let mut rows = Vec::new();
    let mut before: Option<(u32, Money)> = None;
    for revision in revisions {
        let due = revision.due();
        rows.push(RevisionRow {
            name: format!("Revision {}", revision.number),
            stands: format!("{}, issued on {}", words::stage(revision.stage).to_lowercase(), words::date(revision.issued_on)),
            href: before.map(|(from, _)| format!("{}?from={from}&to={}#changed", address::invoice(of), revision.number)),
            due: amount::money(due),
            change: before.map_or_else(String::new, |(_, before)| amount::signed_money(due - before)),
        });
        before = Some((revision.number, due));
    }
    rows
}

fn change(change: &LineChange) -> ChangeRow {
    ChangeRow {
        what: change.what.clone(),
        before: amount::money(change.before),
        now: amount::money(change.now),
        change: amount::signed_money(change.difference()),
    }
}

/// Why there is a revision, where a dispute made it.
fn why(visit: &Visit, of: &InvoiceRef, revision: &Revision) -> Option<String> {
    match &revision.cause {
        Cause::Run { .. } => None,
        Cause::Dispute { invoice, dispute } if invoice == of => Some(format!("Dispute {dispute} was upheld.")),
        Cause::Dispute { invoice, dispute } => {
            Some(format!("Dispute {dispute} of {} was upheld, and the amount came here.", visit.group_name(&invoice.group, of.bill.period)))
        }
    }
}

/// The true-ups, one part a closed month and round.
pub fn true_ups(of: &InvoiceRef, known: &InvoicePage) -> Vec<TrueUpPart> {
    let corrections = &known.document.corrections;
    let names = line_words(&known.document);
    let mut parts = Vec::new();
    for correction in corrections {
        let closed = InvoiceRef { bill: BillKey { period: correction.period, ..of.bill }, group: of.group.clone() };
        let is_there = correction.invoice_number.is_some();
        parts.push(TrueUpPart {
            id: format!("true-up-{}-{}", correction.period, correction.round),
            month: correction.period.name(),
            sum: amount::signed_money(correction.true_up.total),
            corrects: corrects(correction),
            href: is_there.then(|| address::invoice(&closed)),
            link: format!("The invoice of {}", correction.period.name()),
            rows: rows(correction, &names),
        });
    }
    parts
}

fn corrects(correction: &Correction) -> String {
    match correction.invoice_number {
        Some(number) => format!("Corrects invoice {number}."),
        None => format!("The cost group had no invoice for {}.", correction.period.name()),
    }
}

fn rows(correction: &Correction, names: &std::collections::BTreeMap<String, String>) -> Vec<ChangeRow> {
    let prefix = format!("True-up of {}: ", correction.period.name());
    let row = |line: &dayone_domain::true_up::TrueUpLine| {
        let id = format!("true-up-{}-{}-{}", correction.period, correction.round, line.key.id());
        let name = names.get(&id).map_or("", String::as_str);
        ChangeRow {
            what: name.strip_prefix(&prefix).unwrap_or(name).to_owned(),
            before: amount::money(line.before),
            now: amount::money(line.now),
            change: amount::signed_money(line.amount),
        }
    };
    correction.true_up.lines.iter().map(row).collect()
}

/// What disputes moved to or from the invoice.
pub fn moves(visit: &Visit, of: &InvoiceRef, known: &InvoicePage) -> Vec<MoveRow> {
    let name = |group: &str| visit.group_name(group, of.bill.period);
    let row = |moved: &Move| MoveRow {
        what: moved.of.clone(),
        how: match moved.from == of.group {
            true => format!("Dispute {} was upheld; it went to {}.", moved.dispute, name(&moved.to)),
            false => format!("Dispute {} of {} was upheld; it came here. They wrote: “{}”", moved.dispute, name(&moved.from), moved.reason),
        },
        amount: amount::signed_money(moved.amount),
    };
    known.document.moves.iter().map(row).collect()
}

/// A journal in a list.
pub fn journal(view: &JournalView) -> InvoiceRow {
    let number = view.state.number.as_ref().map(|number| format!(", ERP number {number}")).unwrap_or_default();
    InvoiceRow {
        href: address::journal(&view.state.reference),
        name: view.state.reference.clone(),
        month: view.period.name(),
        details: format!(
            "{} for {}{number}",
            super::super::problem::sentence(view.state.kind.label()).trim_end_matches('.'),
            view.period.name()
        ),
        asked: view.state.status.label(),
        amount: amount::money(view.turnover),
        true_ups: String::new(),
        level: 0,
    }
}
