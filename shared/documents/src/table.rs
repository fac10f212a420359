//! Cost groups with their totals and last month's, for parents' pages and the month's page.

use dayone_domain::Money;
use dayone_domain::tree::Mode;

use crate::book::Book;
use crate::{amount, words};

/// Deeper levels are not indented further: a phone has no room.
const MOST_INDENTS: usize = 5;

/// A table of cost groups.
pub struct GroupTable {
    /// `March`; the columns of last month are left out without one.
    pub last_month: Option<String>,
    pub currency: String,
    pub rows: Vec<GroupRow>,
    pub foot: GroupRow,
}

/// One cost group.
pub struct GroupRow {
    pub name: String,
    pub href: Option<String>,
    pub level: usize,
    /// `Showback · product`.
    pub details: String,
    pub is_parent: bool,
    /// With all below.
    pub total: String,
    /// The own invoice; `None` where the column has no sum.
    pub own: Option<String>,
    /// `None` for a group that had no invoice.
    pub before: Option<String>,
    pub change: Option<String>,
    pub percent: Option<String>,
}

/// The groups directly below one, its own invoice, and their sum.
pub fn below(book: &Book<'_>, place: usize) -> GroupTable {
    let mut rows: Vec<GroupRow> = book.below(place).iter().map(|below| row(book, *below, 0)).collect();
    let own = book.invoice(place).total;
    let own_before = book.before(place).map(|invoice| invoice.total);
    let name = &book.invoice(place).group.name;
    rows.push(GroupRow { name: format!("{name} itself, its own invoice"), href: None, ..figures(own, own, own_before) });
    let listed = book.below(place).iter().filter_map(|below| book.rolled_before(*below)).chain(own_before);
    rows.extend(elsewhere(book, listed, book.rolled_before(place)));
    // Own invoices of the groups right below and of this one are the sum of nothing.
    let foot = GroupRow { name: format!("{name} in all"), own: None, ..figures(book.rolled(place), own, book.rolled_before(place)) };
    table(book, rows, foot)
}

/// All groups as a tree, and the bill.
pub fn all(book: &Book<'_>) -> GroupTable {
    let is_top = |place: &usize| book.invoice(*place).group.parent.is_none();
    let tops: Vec<usize> = (0..book.shown().invoices.len()).filter(is_top).collect();
    let mut rows = Vec::new();
    for top in &tops {
        walk(book, *top, 0, &mut rows);
    }
    let before = book.last_month().map(|invoices| invoices.bill_total);
    rows.extend(elsewhere(book, tops.iter().filter_map(|top| book.rolled_before(*top)), before));
    let total = book.shown().bill_total;
    let foot = GroupRow { name: "The bill".to_owned(), ..figures(total, book.invoiced(), before) };
    table(book, rows, foot)
}

fn walk(book: &Book<'_>, place: usize, level: usize, rows: &mut Vec<GroupRow>) {
    rows.push(row(book, place, level));
    for below in book.below(place) {
        walk(book, *below, level + 1, rows);
    }
}

fn table(book: &Book<'_>, rows: Vec<GroupRow>, foot: GroupRow) -> GroupTable {
    let last_month = book.last_month().map(|invoices| words::month(invoices.key.period, book.period()));
    GroupTable { last_month, currency: book.currency().to_string(), rows, foot }
}

fn row(book: &Book<'_>, place: usize, level: usize) -> GroupRow {
    let invoice = book.invoice(place);
    let mode = match invoice.group.mode {
        Mode::Showback => "Showback",
        Mode::Chargeback => "Chargeback",
    };
    GroupRow {
        name: invoice.group.name.clone(),
        href: book.href(place),
        level: level.min(MOST_INDENTS),
        details: invoice.group.kind.iter().map(String::as_str).chain([mode]).collect::<Vec<_>>().join(" · "),
        is_parent: !book.below(place).is_empty(),
        ..figures(book.rolled(place), invoice.total, book.rolled_before(place))
    }
}

/// Last month of groups that hung elsewhere then, or are gone, so that the column adds up.
fn elsewhere(book: &Book<'_>, listed: impl Iterator<Item = Money>, before: Option<Money>) -> Option<GroupRow> {
    let rest = before? - amount::sum(listed, book.currency());
    let nothing = amount::sum([], book.currency());
    (!rest.is_zero()).then(|| GroupRow {
        name: "Groups that hung elsewhere, or are gone".to_owned(),
        percent: None,
        ..figures(nothing, nothing, Some(rest))
    })
}

fn figures(total: Money, own: Money, before: Option<Money>) -> GroupRow {
    let moved = before.map(|before| total - before);
    let percent = before.and_then(|before| amount::change_percent(before, total)).filter(|permille| *permille != 0);
    GroupRow {
        name: String::new(),
        href: None,
        level: 0,
        details: String::new(),
        is_parent: false,
        total: amount::money(total),
        own: Some(amount::money(own)),
        before: before.map(amount::money),
        change: moved.map(amount::signed_money),
        percent: percent.map(amount::signed_percent),
    }
}
