//! The lines of an invoice as CSV.

use dayone_domain::allocation::ShareKey;
use dayone_domain::invoice::{Line, LineKind};
use dayone_domain::plain_text::text_cell;
use dayone_domain::{BillingPeriod, Exact};

use crate::book::Book;
use crate::sections::nature_id;

const HEADER: [&str; 25] = [
    "cost_group",
    "billing_period",
    "currency",
    "basis",
    "kind",
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
    "account",
    "cost_center",
    "department",
    "legal_entity",
    "charges",
    "list_cost",
    "exact_cost",
    "amount",
];

/// Writes the lines of the invoice at `place`.
pub fn write(book: &Book<'_>, place: usize) -> String {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record(HEADER).expect("memory takes every row");
    for line in &book.invoice(place).lines {
        writer.write_record(row(book, place, line)).expect("memory takes every row, and all have the header's length");
    }
    let bytes = writer.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("INVARIANT: only texts were written")
}

fn row(book: &Book<'_>, place: usize, line: &Line) -> [String; 25] {
    let group = &book.invoice(place).group;
    let optional = |value: &Option<String>| text(value.as_deref().unwrap_or_default());
    let number = |value: Option<Exact>| value.map(|value| value.to_string()).unwrap_or_default();
    let period = |value: Option<BillingPeriod>| value.map(|value| value.to_string()).unwrap_or_default();
    let none = String::new;
    let head = [text(&group.id), book.period().to_string(), book.currency().to_string(), book.shown().basis.to_string()];
    let what: [String; 13] = match &line.what {
        LineKind::Direct(direct) => [
            "direct".to_owned(),
            nature_id(direct.nature).to_owned(),
            text(&direct.provider),
            text(&direct.service),
            text(&direct.sub_account),
            text(&direct.sub_account_name),
            text(&direct.billing_account),
            text(&direct.charge_category),
            period(direct.correction_of),
            none(),
            none(),
            none(),
            none(),
        ],
        LineKind::Shared(shared) => [
            "shared".to_owned(),
            none(),
            none(),
            none(),
            none(),
            none(),
            none(),
            none(),
            period(shared.correction_of),
            text(&shared.pool),
            text(&share_key(&shared.key)),
            shared.weight.to_string(),
            shared.weights.to_string(),
        ],
    };
    let tail = [
        optional(&line.account),
        optional(&group.cost_center),
        optional(&group.department),
        optional(&group.legal_entity),
        line.charges.to_string(),
        number(line.list),
        line.exact.to_string(),
        line.amount.to_string(),
    ];
    let mut cells = head.into_iter().chain(what).chain(tail);
    std::array::from_fn(|_| cells.next().expect("INVARIANT: 4 + 13 + 8 cells"))
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
