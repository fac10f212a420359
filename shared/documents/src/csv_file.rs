//! The lines of an invoice as CSV. The columns are documented at [`Book::csv`].

use dayone_domain::CostBasis;
use dayone_domain::allocation::ShareKey;
use dayone_domain::cube::BillKey;
use dayone_domain::invoice::{DirectLine, Invoice, Line, LineKind, SharedLine};
use dayone_domain::plain_text::text_cell;
use dayone_domain::review::{Correction, InvoiceDocument, Move, Stated, line_kind_words, line_words};
use dayone_domain::true_up::TrueUpLine;
use serde::Serialize;

use crate::book::Book;
use crate::sections::nature_id;

const HEADER: [&str; 33] = [
    "cost_group",
    "billing_period",
    "currency",
    "basis",
    "kind",
    "line",
    "what",
    "nature",
    "provider",
    "service",
    "sub_account",
    "sub_account_name",
    "billing_account",
    "charge_category",
    "correction_of",
    "pool",
    "share_key",
    "weight",
    "weights",
    "corrects_period",
    "corrects_invoice",
    "true_up_round",
    "dispute",
    "moved_from",
    "moved_to",
    "account",
    "cost_center",
    "department",
    "legal_entity",
    "charges",
    "list_cost",
    "exact_cost",
    "amount",
];

/// One row, in the order of [`HEADER`].
#[derive(Clone, Default, Serialize)]
struct Row {
    cost_group: String,
    billing_period: String,
    currency: String,
    basis: String,
    kind: &'static str,
    line: String,
    what: String,
    nature: &'static str,
    provider: String,
    service: String,
    sub_account: String,
    sub_account_name: String,
    billing_account: String,
    charge_category: String,
    correction_of: String,
    pool: String,
    share_key: String,
    weight: String,
    weights: String,
    corrects_period: String,
    corrects_invoice: String,
    true_up_round: String,
    dispute: String,
    moved_from: String,
    moved_to: String,
    account: String,
    cost_center: String,
    department: String,
    legal_entity: String,
    charges: String,
    list_cost: String,
    exact_cost: String,
    amount: String,
}

/// Writes the lines of the invoice at `place`.
pub fn write(book: &Book<'_>, place: usize) -> String {
    let invoice = book.invoice(place);
    let head = head(invoice, book.shown().key, book.shown().basis);
    table(invoice.lines.iter().map(|line| of_line(&head, line)))
}

/// Writes every amount of a revision.
pub fn write_revision(document: &InvoiceDocument) -> String {
    let head = head(&document.invoice, document.of.bill, document.basis);
    let mut words = line_words(document);
    let mut stated = document.stated().into_iter();
    let mut named = |row: Row| {
        let Stated { id, corrects, .. } = stated.next().expect("INVARIANT: a document states each of its amounts");
        let what = words.remove(&id).unwrap_or_default();
        Row { line: id, what: text(&what), corrects_period: optional(corrects), ..row }
    };
    // In the order in which a document states its amounts.
    let own = document.invoice.lines.iter().map(|line| of_line(&head, line));
    let moved = document.moves.iter().map(|moved| of_move(&head, moved));
    let corrected = document.corrections.iter().flat_map(|of| of.true_up.lines.iter().map(|line| of_true_up(&head, of, line)));
    table(own.chain(moved).chain(corrected).map(&mut named))
}

fn table(rows: impl Iterator<Item = Row>) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).has_headers(false).from_writer(Vec::new());
    writer.write_record(HEADER).expect("memory takes every row");
    for row in rows {
        writer.serialize(row).expect("memory takes every row, and all have the header's length");
    }
    let bytes = writer.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("INVARIANT: only texts were written")
}

/// What all rows of an invoice have in common.
fn head(invoice: &Invoice, bill: BillKey, basis: CostBasis) -> Row {
    let group = &invoice.group;
    Row {
        cost_group: text(&group.id),
        billing_period: bill.period.to_string(),
        currency: bill.currency.to_string(),
        basis: basis.to_string(),
        cost_center: optional_text(group.cost_center.as_ref()),
        department: optional_text(group.department.as_ref()),
        legal_entity: optional_text(group.legal_entity.as_ref()),
        ..Row::default()
    }
}

fn of_line(head: &Row, line: &Line) -> Row {
    Row {
        line: line.key().id(),
        what: text(&line_kind_words(&line.what)),
        account: optional_text(line.account.as_ref()),
        charges: line.charges.to_string(),
        list_cost: optional(line.list),
        exact_cost: line.exact.to_string(),
        amount: line.amount.to_string(),
        ..of_kind(head, &line.what)
    }
}

fn of_move(head: &Row, moved: &Move) -> Row {
    let account = match moved.by_billing_account.as_slice() {
        [(account, _)] => text(account),
        _ => String::new(),
    };
    Row {
        kind: "moved",
        billing_account: account,
        dispute: moved.dispute.to_string(),
        moved_from: text(&moved.from),
        moved_to: text(&moved.to),
        account: optional_text(moved.account.as_ref()),
        amount: moved.amount.to_string(),
        ..head.clone()
    }
}

fn of_true_up(head: &Row, of: &Correction, line: &TrueUpLine) -> Row {
    Row {
        kind: "true_up",
        corrects_invoice: optional(of.invoice_number),
        true_up_round: of.round.to_string(),
        account: optional_text(line.account.as_ref()),
        exact_cost: line.exact.to_string(),
        amount: line.amount.to_string(),
        ..of_kind(head, &line.what)
    }
}

fn of_kind(head: &Row, what: &LineKind) -> Row {
    match what {
        LineKind::Direct(direct) => of_direct(head, direct),
        LineKind::Shared(shared) => of_shared(head, shared),
    }
}

fn of_direct(head: &Row, direct: &DirectLine) -> Row {
    Row {
        kind: "direct",
        nature: nature_id(direct.nature),
        provider: text(&direct.provider),
        service: text(&direct.service),
        sub_account: text(&direct.sub_account),
        sub_account_name: text(&direct.sub_account_name),
        billing_account: text(&direct.billing_account),
        charge_category: text(&direct.charge_category),
        correction_of: optional(direct.correction_of),
        ..head.clone()
    }
}

fn of_shared(head: &Row, shared: &SharedLine) -> Row {
    Row {
        kind: "shared",
        correction_of: optional(shared.correction_of),
        pool: text(&shared.pool),
        share_key: text(&share_key(&shared.key)),
        weight: shared.weight.to_string(),
        weights: shared.weights.to_string(),
        ..head.clone()
    }
}

/// The key of a share for programs: `even`, `driver:requests`, `even for want of proportional`.
pub fn share_key(key: &ShareKey) -> String {
    match key {
        ShareKey::Even => "even".to_owned(),
        ShareKey::Fixed => "fixed".to_owned(),
        ShareKey::Proportional => "proportional".to_owned(),
        ShareKey::Driver(driver) => format!("driver:{driver}"),
        ShareKey::EvenForWantOf(wanted) => format!("even for want of {}", share_key(wanted)),
        ShareKey::WholeForWantOf(wanted) => format!("whole for want of {}", share_key(wanted)),
    }
}

fn text(value: &str) -> String {
    text_cell(value).into_owned()
}

fn optional_text(value: Option<&String>) -> String {
    value.map(|value| text(value)).unwrap_or_default()
}

/// A number or a billing period; the empty cell where there is none.
fn optional<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
