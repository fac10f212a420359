//! The page of a cost group's invoice.

use askama::Template;
use dayone_domain::invoice::{Invoice, Line, LineKind, SharedLine};
use dayone_domain::tree::Mode;
use dayone_domain::{BillingPeriod, CostBasis, Currency, Exact, Money};

use crate::book::{Book, DocumentError};
use crate::chart::{self, Chart};
use crate::movers::{self, Movers};
use crate::sections::{self, Section};
use crate::table::{self, GroupTable};
use crate::{amount, words};

/// What every invoice says of itself.
pub const NOTE: &str = "Internal recharge. This is not a tax invoice.";

/// What the head of every page needs.
pub struct Head<'a> {
    pub title: String,
    pub company: &'a str,
    pub month: String,
    pub status: &'static str,
    pub index: String,
}

impl<'a> Head<'a> {
    pub fn new(book: &Book<'a>, title: String) -> Head<'a> {
        Head { title, company: book.company(), month: book.period().name(), status: book.status().label(), index: book.index_address() }
    }
}

/// A name and the page of what it names.
pub struct Link<'a> {
    pub name: &'a str,
    /// `None` where the reader may not open it.
    pub href: Option<String>,
}

/// How an amount compares with the month before.
pub struct Change {
    /// `1,204.11 more than in March`.
    pub words: String,
    /// `+10.8 %`.
    pub percent: Option<String>,
    /// `USD 11,141.56 in March`.
    pub before: Option<String>,
}

/// Shared costs.
struct Shared {
    amount: String,
    rows: Vec<SharedRow>,
}

struct SharedRow {
    name: String,
    sentence: String,
    amount: String,
}

/// How sections add up to the invoice.
struct Sum {
    rows: Vec<SumRow>,
    /// The lines' amounts, in the minor unit.
    direct_amount: String,
    direct: String,
    shared: String,
    exact: String,
    rounding: String,
    total: String,
}

struct SumRow {
    /// The section's address.
    id: &'static str,
    name: &'static str,
    exact: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "invoice.html", whitespace = "minimize")]
struct Page<'a> {
    head: Head<'a>,
    mode: &'static str,
    mode_meaning: &'static str,
    above: Vec<Link<'a>>,
    name: &'a str,
    kind: Option<&'a str>,
    currency: String,
    amount: String,
    sentence: String,
    open: Option<String>,
    own: Option<String>,
    change: Change,
    chart: Option<Chart>,
    movers: Option<Movers>,
    roll_up: Option<GroupTable>,
    sections: Vec<Section>,
    shared: Option<Shared>,
    sum: Sum,
    coding: Vec<(&'static str, String)>,
    csv: String,
    json: String,
    status_meaning: String,
    note: &'static str,
    ties: String,
}

/// A part of the page.
macro_rules! part {
    ($name:ident, $block:literal) => {
        #[derive(Template)]
        #[template(path = "invoice.html", whitespace = "minimize", block = $block)]
        struct $name<'a>(Page<'a>);

        impl<'a> std::ops::Deref for $name<'a> {
            type Target = Page<'a>;

            fn deref(&self) -> &Page<'a> {
                &self.0
            }
        }
    };
}

part!(ChartPart, "chart");
part!(ArticlePart, "article");

/// What stands at the top of a page, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    /// The name of the cost group.
    pub name: String,
    /// Its kind.
    pub kind: Option<String>,
    /// Names and addresses of the groups above, the nearest first; no address where the reader may not open it.
    pub above: Vec<(String, Option<String>)>,
    /// `What Checkout used of the cloud in August 2026.`
    pub sentence: String,
    /// The invoice of the group itself.
    pub own: Money,
    /// With all groups below, where there are some.
    pub in_all: Option<Money>,
    /// How that, or the group's own invoice, compares with the month before: `1,204.11 more than in July`.
    pub change: String,
    /// `+10.8 %`.
    pub percent: Option<String>,
    /// `USD 11,141.56 in July`.
    pub before: Option<String>,
    /// That a provider has not invoiced the month yet.
    pub open: Option<String>,
}

/// What stands at the top of the page of the invoice at `place`.
pub fn headline(book: &Book<'_>, place: usize) -> Headline {
    let group = &book.invoice(place).group;
    let change = change(book, book.rolled_before(place), book.rolled(place));
    Headline {
        name: group.name.clone(),
        kind: group.kind.clone(),
        above: book.above(place).into_iter().rev().map(|above| link(book, above)).map(|link| (link.name.to_owned(), link.href)).collect(),
        sentence: sentence(book, place, &book.period().name()),
        own: book.invoice(place).total,
        in_all: (!book.below(place).is_empty()).then(|| book.rolled(place)),
        change: change.words,
        percent: change.percent,
        before: change.before,
        open: words::not_invoiced_yet(&book.shown().not_invoiced_yet, book.period(), book.status()),
    }
}

/// Writes the page of the invoice at `place`.
pub fn write(book: &Book<'_>, place: usize) -> Result<String, DocumentError> {
    rendered(book, place, &page(book, place))
}

/// Writes the chart of that page.
pub fn write_chart(book: &Book<'_>, place: usize) -> Result<String, DocumentError> {
    rendered(book, place, &ChartPart(page(book, place)))
}

/// Writes what that page says below its top.
pub fn write_article(book: &Book<'_>, place: usize) -> Result<String, DocumentError> {
    rendered(book, place, &ArticlePart(page(book, place)))
}

fn rendered(book: &Book<'_>, place: usize, template: &impl Template) -> Result<String, DocumentError> {
    template.render().map_err(|reason| DocumentError::new(&book.invoice(place).group.id, reason))
}

fn page<'a>(book: &Book<'a>, place: usize) -> Page<'a> {
    let invoice = book.invoice(place);
    let group = &invoice.group;
    let is_parent = !book.below(place).is_empty();
    let month = book.period().name();
    let (mode, mode_meaning) = mode(group.mode);
    let [csv, json] = book.files(place);
    Page {
        head: Head::new(book, format!("{}, {month}: cloud invoice of {}", group.name, book.company())),
        mode,
        mode_meaning,
        above: book.above(place).into_iter().rev().map(|above| link(book, above)).collect(),
        name: &group.name,
        kind: group.kind.as_deref(),
        currency: book.currency().to_string(),
        amount: amount::money(book.rolled(place)),
        sentence: sentence(book, place, &month),
        open: words::not_invoiced_yet(&book.shown().not_invoiced_yet, book.period(), book.status()),
        own: is_parent.then(|| amount::money_with_code(invoice.total)),
        change: change(book, book.rolled_before(place), book.rolled(place)),
        chart: chart::draw(&history(book, place), "no invoice"),
        movers: movers::of(book, place),
        roll_up: is_parent.then(|| table::below(book, place)),
        sections: sections::of(invoice),
        shared: shared(invoice),
        sum: sum(invoice),
        coding: coding(book, place),
        csv,
        json,
        status_meaning: book.status().meaning(),
        note: NOTE,
        ties: ties(book),
    }
}

fn link<'a>(book: &Book<'a>, place: usize) -> Link<'a> {
    Link { name: &book.invoice(place).group.name, href: book.href(place) }
}

fn sentence(book: &Book<'_>, place: usize, month: &str) -> String {
    let name = &book.invoice(place).group.name;
    let below = book.subtree(place).len() as u64 - 1;
    if place == book.shown().unallocated {
        return format!("What no rule of the allocation tree matched in {month}.");
    }
    if below > 0 {
        let groups = if below == 1 { "the group".to_owned() } else { format!("the {} groups", amount::count(below)) };
        return format!("What {name} and {groups} below it used of the cloud in {month}.");
    }
    format!("What {name} used of the cloud in {month}.")
}

fn mode(mode: Mode) -> (&'static str, &'static str) {
    match mode {
        Mode::Showback => ("Showback", "Showback: for information, nothing is booked."),
        Mode::Chargeback => ("Chargeback", "Chargeback: booked to the general ledger once its owner has accepted it."),
    }
}

/// How the amount compares with the month before.
pub fn change(book: &Book<'_>, before: Option<Money>, now: Money) -> Change {
    let last_month = words::month(book.period().previous(), book.period());
    let Some(before) = before else {
        let words = if book.last_month().is_some() {
            format!("New: it had no invoice in {last_month}.")
        } else {
            format!("There is no bill of {last_month} here to compare with.")
        };
        return Change { words, percent: None, before: None };
    };
    let moved = now - before;
    let words = if moved.is_zero() {
        format!("The same as in {last_month}.")
    } else {
        format!("{} than in {last_month}", words::more_or_less(moved))
    };
    let percent = amount::change_percent(before, now).filter(|_| !moved.is_zero()).map(amount::signed_percent);
    Change { words, percent, before: Some(format!("{} in {last_month}", amount::money_with_code(before))) }
}

fn history(book: &Book<'_>, place: usize) -> Vec<(BillingPeriod, Option<Money>)> {
    book.months_shown().into_iter().map(|period| (period, book.rolled_in(period, place))).collect()
}

fn shared(invoice: &Invoice) -> Option<Shared> {
    let currency = invoice.total.currency();
    let row = |(line, shared): (&Line, &SharedLine)| SharedRow {
        name: shared.pool_name.clone(),
        sentence: shared_sentence(line, shared, currency),
        amount: amount::money(line.amount),
    };
    let mut lines: Vec<(&Line, &SharedLine)> = invoice
        .lines
        .iter()
        .filter_map(|line| match &line.what {
            LineKind::Shared(shared) => Some((line, shared)),
            LineKind::Direct(_) => None,
        })
        .collect();
    lines.sort_by_key(|(line, _)| std::cmp::Reverse(line.amount.minor().abs()));
    let amount = sections::shared_total(invoice)?;
    Some(Shared { amount: amount::money(amount), rows: lines.into_iter().map(row).collect() })
}

/// The share, what is corrected by it, and its coding.
fn shared_sentence(line: &Line, shared: &SharedLine, currency: Currency) -> String {
    let correction = shared.correction_of.map(|period| format!("{}.", words::correction(period)));
    let account = line.account.as_ref().map(|account| format!("GL account {account}"));
    let parts = [correction, Some(words::share_sentence(shared, currency)), words::pool_sentence(shared, currency), account];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn sum(invoice: &Invoice) -> Sum {
    let row = |id, name, exact: Exact, amount: Money| SumRow { id, name, exact: amount::exact(exact), amount: amount::money(amount) };
    let shared = sections::shared_total(invoice);
    let mut rows: Vec<SumRow> =
        sections::of(invoice).into_iter().map(|section| row(section.id, section.heading, section.exact, section.total)).collect();
    if let Some(amount) = shared {
        rows.push(row("shared", "Shared costs", invoice.shared, amount));
    }
    Sum {
        rows,
        direct_amount: amount::money(invoice.direct_and_shared()[0]),
        direct: amount::exact(invoice.direct),
        shared: amount::exact(invoice.shared),
        exact: amount::exact(invoice.exact),
        rounding: amount::exact(invoice.total.exact() - invoice.exact),
        total: amount::money(invoice.total),
    }
}

fn coding(book: &Book<'_>, place: usize) -> Vec<(&'static str, String)> {
    let invoice = book.invoice(place);
    let group = &invoice.group;
    let day = |period: BillingPeriod| period.first_day().format("%-d %B %Y").to_string();
    let basis = match book.shown().basis {
        CostBasis::Billed => "Billed cost, as on the provider’s invoice",
        CostBasis::Effective => "Effective cost: commitments spread over the months that they are for",
    };
    let owners = if group.owners.len() == 1 { "Owner" } else { "Owners" };
    let stated = [
        ("Cost group", Some(group.id.clone())),
        (owners, Some(group.owners.join(", "))),
        ("Legal entity", group.legal_entity.clone()),
        ("Cost centre", group.cost_center.clone()),
        ("Department", group.department.clone()),
        ("Billing period", Some(format!("{} to {}, the end not included, UTC", day(book.period()), day(book.period().next())))),
        ("Cost basis", Some(basis.to_owned())),
        ("Currency", Some(book.currency().to_string())),
        ("Charges", Some(amount::count(invoice.charges))),
    ];
    stated.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect()
}

/// How the invoice ties to the bill, a sentence.
pub fn ties(book: &Book<'_>) -> String {
    let shown = book.shown();
    let (total, invoiced) = (shown.bill_total, book.invoiced());
    let bill = match shown.basis {
        CostBasis::Billed => "the cloud bill",
        CostBasis::Effective => "the amortised cloud bill",
    };
    if total == invoiced {
        let how = words::to_the_minor_unit(book.currency());
        format!("All cost groups together are {}, {bill} for {} {how}.", amount::money_with_code(total), book.period().name())
    } else {
        let money = amount::money_with_code;
        format!("All cost groups together are {}, but {bill} for {} is {}.", money(invoiced), book.period().name(), money(total))
    }
}
