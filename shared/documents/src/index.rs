//! The page of a month: all cost groups, the bill, and whether it ties out.

use askama::Template;
use dayone_domain::tie_out::TieOut;
use dayone_domain::{CostBasis, Exact};

use crate::book::{Book, DocumentError};
use crate::chart::{self, Chart};
use crate::movers::{self, Movers};
use crate::page::{Change, Head, NOTE, change};
use crate::table::{self, GroupTable};
use crate::{amount, words};

/// One step of the proof: two figures that must be the same.
struct Step {
    left_name: &'static str,
    left: String,
    right_name: &'static str,
    right: String,
    agrees: bool,
}

/// One source and provider invoice.
struct SourceRow {
    source: String,
    invoice: String,
    charges: String,
    files: String,
    /// What allocation has instead, where it differs.
    allocated: Option<String>,
}

/// From billed to amortised cost, of one billing account.
struct BridgeRow {
    account: String,
    steps: Vec<(&'static str, String)>,
}

struct PoolRow {
    name: String,
    into: String,
    /// What was shared out instead, where it differs.
    divided: Option<String>,
}

struct Unallocated<'a> {
    name: &'a str,
    href: Option<String>,
    amount: String,
    percent: Option<String>,
}

#[derive(Template)]
#[template(path = "index.html", whitespace = "minimize")]
struct Index<'a> {
    head: Head<'a>,
    currency: String,
    amount: String,
    sentence: String,
    open: Option<String>,
    change: Change,
    chart: Option<Chart>,
    movers: Option<Movers>,
    unallocated: Unallocated<'a>,
    /// In two words, and what that means.
    verdict: (String, String),
    differences: Vec<String>,
    groups: GroupTable,
    steps: Vec<Step>,
    sources: Vec<SourceRow>,
    pools: Vec<PoolRow>,
    bridge: Vec<BridgeRow>,
    note: &'static str,
}

/// Writes the page of the book's month.
pub fn write(book: &Book<'_>, tie_out: &TieOut) -> Result<String, DocumentError> {
    let shown = book.shown();
    let month = book.period().name();
    let groups = words::counted(shown.invoices.len() as u64, "cost group", "cost groups");
    let bill = match shown.basis {
        CostBasis::Billed => "The cloud bill",
        CostBasis::Effective => "The amortised cloud bill",
    };
    let differences = tie_out.differences();
    let page = Index {
        head: Head::new(book, format!("{month}: cloud invoices of {}", book.company())),
        currency: book.currency().to_string(),
        amount: amount::money(shown.bill_total),
        sentence: format!("{bill} of {month}, {}, on the invoices of {groups}.", words::charges(shown.charges)),
        open: words::not_invoiced_yet(&book.shown().not_invoiced_yet, book.period(), book.status()),
        change: change(book, book.last_month().map(|invoices| invoices.bill_total), shown.bill_total),
        chart: chart::draw(&book.months_shown().into_iter().map(|month| (month, book.bill_in(month))).collect::<Vec<_>>(), "no bill"),
        movers: movers::of_month(book),
        unallocated: unallocated(book),
        verdict: verdict(book, &differences),
        differences,
        groups: table::all(book),
        steps: steps(tie_out),
        sources: sources(tie_out),
        pools: pools(tie_out),
        bridge: bridge(tie_out),
        note: NOTE,
    };
    page.render().map_err(|reason| DocumentError::new("index", reason))
}

fn verdict(book: &Book<'_>, differences: &[String]) -> (String, String) {
    match differences.len() {
        0 => {
            let how = words::to_the_minor_unit(book.currency());
            let meaning = format!("The billing files are allocated to the last digit, and the invoices add up to the bill {how}.");
            ("Ties out.".to_owned(), meaning)
        }
        count => {
            let found = words::counted(count as u64, "difference", "differences");
            ("Does not tie out.".to_owned(), format!("{found} between the billing files, their allocation and the invoices."))
        }
    }
}

fn unallocated<'a>(book: &Book<'a>) -> Unallocated<'a> {
    let place = book.shown().unallocated;
    let invoice = book.invoice(place);
    let permille = invoice.exact.permille_of(book.shown().exact_total());
    Unallocated {
        name: &invoice.group.name,
        href: book.href(place),
        amount: amount::money_with_code(invoice.total),
        // A bill that credits bring near nought has no shares that tell anything.
        percent: permille.filter(|permille| (0..=1000).contains(permille)).map(amount::percent),
    }
}

fn steps(tie_out: &TieOut) -> Vec<Step> {
    let allocated: Exact = tie_out.files.iter().map(|line| line.allocated).sum();
    let files: Exact = tie_out.files.iter().map(|line| line.files).sum();
    let into: Exact = tie_out.pools.iter().map(|line| line.into).sum();
    let divided: Exact = tie_out.pools.iter().map(|line| line.divided).sum();
    let exact = |(left_name, left): (&'static str, Exact), (right_name, right): (&'static str, Exact)| Step {
        left_name,
        left: amount::exact(left),
        right_name,
        right: amount::exact(right),
        agrees: left == right,
    };
    vec![
        exact(("In the billing files", files), ("Allocated to cost groups and pools", allocated)),
        exact(("Into shared pools", into), ("Shared out of them", divided)),
        exact(("Allocated", tie_out.master), ("On all invoices, before rounding", tie_out.invoiced_exact)),
        Step {
            left_name: "The bill, rounded",
            left: amount::money(tie_out.bill_total),
            right_name: "All invoices",
            right: amount::money(tie_out.invoiced),
            agrees: tie_out.bill_total == tie_out.invoiced,
        },
    ]
}

fn sources(tie_out: &TieOut) -> Vec<SourceRow> {
    let row = |line: &dayone_domain::tie_out::FilesLine| SourceRow {
        source: line.source.clone(),
        invoice: if line.invoice.is_empty() { "not invoiced yet".to_owned() } else { line.invoice.clone() },
        charges: words::charges(line.charges),
        files: amount::exact(line.files),
        allocated: (!line.agrees()).then(|| format!("{} in {}", amount::exact(line.allocated), words::charges(line.allocated_charges))),
    };
    tie_out.files.iter().map(row).collect()
}

fn pools(tie_out: &TieOut) -> Vec<PoolRow> {
    let row = |line: &dayone_domain::tie_out::PoolLine| PoolRow {
        name: line.pool_name.clone(),
        into: amount::exact(line.into),
        divided: (line.into != line.divided).then(|| amount::exact(line.divided)),
    };
    tie_out.pools.iter().map(row).collect()
}

fn bridge(tie_out: &TieOut) -> Vec<BridgeRow> {
    let row = |line: &dayone_domain::tie_out::BridgeLine| BridgeRow {
        account: format!("{} {}", line.provider, words::or_unnamed(&line.billing_account)),
        steps: vec![
            ("Billed", amount::exact(line.billed)),
            ("Purchases of commitments", amount::exact(line.prepaid_purchases)),
            ("Commitment used", amount::exact(line.amortisation)),
            ("Commitment unused", amount::exact(line.unused_commitment)),
            ("Other differences", amount::exact(line.residual)),
            ("Effective", amount::exact(line.effective)),
        ],
    };
    tie_out.bridge.iter().flatten().map(row).collect()
}
