//! What changed since the revision before, true-ups, moves of disputes, and journals.

use dayone_documents::amount;
use dayone_domain::cube::BillKey;
use dayone_domain::review::document::Correction;
use dayone_domain::review::{Cause, InvoiceRef, Move, Stage};
use dayone_workflow::Failure;
use dayone_workflow::review::{InvoicePage, LineChange, line_words, revision_changes};
use dayone_workflow::views::JournalView;

use super::super::mine::InvoiceRow;
use super::super::visit::Visit;
use super::super::{address, words};

/// Changes that are listed; the rest are summed.
const MOST_CHANGES: usize = 60;

/// What changed since the revision before.
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

/// What changed since the revision before the newest; `None` for a first revision.
pub async fn changes(visit: &Visit, of: &InvoiceRef, known: &InvoicePage) -> Result<Option<Changes>, Failure> {
    let revisions = &known.state.revisions;
    let Some(before) = revisions.len().checked_sub(2).and_then(|place| revisions.get(place)) else { return Ok(None) };
    let old = visit.tenant.revision_document(visit.actor(), of, before.number).await?;
    let found = revision_changes(&old, &known.document);
    let newest = &known.view.revision;
    let since = match (before.stage, newest.stage) {
        (Stage::Provisional, Stage::Final) => "What changed since the provisional invoice".to_owned(),
        _ => format!("What changed since revision {}", before.number),
    };
    let rest: Vec<&LineChange> = found.iter().skip(MOST_CHANGES).collect();
    let rest = (!rest.is_empty()).then(|| {
        let sum = words::sum(rest.iter().map(|change| change.difference()), of.bill.currency);
        (words::counted(rest.len(), "smaller change", "smaller changes"), amount::signed_money(sum))
    });
    Ok(Some(Changes {
        heading: since,
        why: why(visit, of, known),
        nothing: "Nothing: every line is as it was.",
        before: format!("Revision {}", before.number),
        now: format!("Revision {}", newest.number),
        rows: found.iter().take(MOST_CHANGES).map(change).collect(),
        rest,
        sum_before: amount::money(old.due()),
        sum_now: amount::money(known.document.due()),
        total: amount::signed_money(known.document.due() - old.due()),
    }))
}

fn change(change: &LineChange) -> ChangeRow {
    ChangeRow {
        what: change.what.clone(),
        before: amount::money(change.before),
        now: amount::money(change.now),
        change: amount::signed_money(change.difference()),
    }
}

/// Why there is a newest revision, where a dispute made it.
fn why(visit: &Visit, of: &InvoiceRef, known: &InvoicePage) -> Option<String> {
    match &known.view.revision.cause {
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
