//! Journals as a general-ledger file.

use std::collections::BTreeMap;

use dayone_domain::ledger::{JournalEntry, JournalLine, Posting, Side};
use dayone_domain::plain_text::text_cell;

/// The columns. `journal` is the reference that the ERP keeps unique, `line` counts from 1 within a journal,
/// `original_period` is the ledger period that was closed already, `corrects` the reference of the journal that a
/// reversal or a reclass is about. One of `debit` and `credit` is empty.
pub const HEADER: [&str; 20] = [
    "batch",
    "journal",
    "line",
    "kind",
    "document_date",
    "posting_date",
    "ledger_period",
    "original_period",
    "billing_period",
    "legal_entity",
    "account",
    "cost_center",
    "department",
    "debit",
    "credit",
    "currency",
    "invoice",
    "cost_group",
    "corrects",
    "text",
];

/// Writes a batch of journals as CSV (RFC 4180, UTF-8, a header, one row a journal line), in the order of their
/// references; the rows of a journal stay together.
///
/// # Panics
/// Where a reference comes twice: the journal would be imported twice.
pub fn gl_csv(batch: u64, journals: &[(JournalEntry, Posting)]) -> Vec<u8> {
    let by_reference: BTreeMap<&str, &(JournalEntry, Posting)> = journals.iter().map(|journal| (journal.0.reference(), journal)).collect();
    assert!(by_reference.len() == journals.len(), "a journal comes twice in batch {batch}");
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(HEADER).expect("INVARIANT: memory takes every row");
    for (entry, posting) in by_reference.into_values() {
        for (place, line) in (1u32..).zip(entry.lines()) {
            let row = row(batch, entry, posting, place, line);
            writer.write_record(row).expect("INVARIANT: memory takes every row, and all have the header's length");
        }
    }
    writer.into_inner().expect("INVARIANT: memory takes every row")
}

fn row(batch: u64, entry: &JournalEntry, posting: &Posting, place: u32, line: &JournalLine) -> [String; HEADER.len()] {
    let facts = entry.facts();
    let optional = |value: &Option<String>| text(value.as_deref().unwrap_or_default());
    let on_side = |side: Side| if line.side == side { line.amount.to_string() } else { String::new() };
    [
        batch.to_string(),
        text(entry.reference()),
        place.to_string(),
        entry.kind().label().to_owned(),
        facts.document_date.to_string(),
        posting.date.to_string(),
        posting.ledger_period.to_string(),
        posting.original.map(|period| period.to_string()).unwrap_or_default(),
        facts.period.to_string(),
        optional(&line.coding.legal_entity),
        text(&line.coding.account),
        text(&line.coding.cost_center),
        optional(&line.coding.department),
        on_side(Side::Debit),
        on_side(Side::Credit),
        line.amount.currency().to_string(),
        facts.invoice_number.map(|number| number.to_string()).unwrap_or_default(),
        text(&facts.invoice.group),
        optional(&facts.of_journal),
        // A reversal and a reclass say why; their lines still say what they were for.
        text(if facts.of_journal.is_some() { &facts.text } else { &line.text }),
    ]
}

fn text(value: &str) -> String {
    text_cell(value).into_owned()
}
