//! The lines of an invoice as sections by kind of money, services inside, the largest first and long tails
//! folded.

use std::collections::BTreeMap;

use dayone_domain::charge::Nature;
use dayone_domain::invoice::{DirectLine, Invoice, Line, LineKind};
use dayone_domain::{Currency, Exact, Money};

use crate::{amount, words};

/// Lines of a section that stand open.
const OPEN_LINES: usize = 12;
/// Lines of one service that stand open where the section has other services.
const OPEN_LINES_OF_A_SERVICE: usize = 6;
/// Fewer are not worth folding.
const FEWEST_FOLDED: usize = 3;

/// All lines of one kind of money.
#[derive(Debug)]
pub struct Section {
    /// `usage`, for the address of the section.
    pub id: &'static str,
    pub heading: &'static str,
    pub explanation: Option<&'static str>,
    pub total: Money,
    pub amount: String,
    pub exact: Exact,
    /// `At list prices: USD 14,000.00.`
    pub note: Option<String>,
    pub services: Vec<Service>,
    /// Small services, folded.
    pub folded: Option<Folded>,
    /// Small lines of services that stand open, folded.
    pub folded_lines: Vec<Folded>,
}

/// The lines of one service.
#[derive(Debug)]
pub struct Service {
    pub name: String,
    /// Provider and coding, where all lines have the same.
    pub details: Vec<String>,
    pub amount: String,
    pub rows: Vec<Row>,
    /// `23 smaller lines, below` and their sum, where some are folded.
    pub rest: Option<(String, String)>,
}

/// One line.
#[derive(Debug)]
pub struct Row {
    pub name: String,
    /// Identifier, correction, and coding where lines of the service differ in it.
    pub details: Vec<String>,
    pub charges: String,
    pub amount: String,
}

/// What opens on demand.
#[derive(Debug)]
pub struct Folded {
    pub summary: String,
    pub amount: String,
    pub services: Vec<Service>,
}

struct Lines<'a> {
    name: &'a str,
    minor: i128,
    lines: Vec<(&'a Line, &'a DirectLine)>,
}

/// The sections of an invoice's direct lines, in the order of [`Nature`].
pub fn of(invoice: &Invoice) -> Vec<Section> {
    let currency = invoice.total.currency();
    let mut natures: BTreeMap<Nature, Vec<(&Line, &DirectLine)>> = BTreeMap::new();
    for line in &invoice.lines {
        if let LineKind::Direct(direct) = &line.what {
            natures.entry(direct.nature).or_default().push((line, direct));
        }
    }
    natures.into_iter().map(|(nature, lines)| section(nature, &lines, currency)).collect()
}

fn section(nature: Nature, lines: &[(&Line, &DirectLine)], currency: Currency) -> Section {
    let mut by_service: BTreeMap<(&str, &str), Lines<'_>> = BTreeMap::new();
    for (line, direct) in lines {
        let service = by_service.entry((&direct.service, &direct.provider)).or_insert_with(|| Lines {
            name: words::or_unnamed(&direct.service),
            minor: 0,
            lines: Vec::new(),
        });
        service.minor += line.amount.minor();
        service.lines.push((line, direct));
    }
    let mut services: Vec<Lines<'_>> = by_service.into_values().collect();
    services.sort_by_key(|service| std::cmp::Reverse(service.minor.abs()));
    for service in &mut services {
        service.lines.sort_by_key(|(line, _)| std::cmp::Reverse(line.amount.minor().abs()));
    }

    let most = if services.len() == 1 { OPEN_LINES } else { OPEN_LINES_OF_A_SERVICE };
    let mut open_lines = 0;
    let mut open = services
        .iter()
        .position(|service| {
            open_lines += service.lines.len().min(most);
            open_lines > OPEN_LINES
        })
        .map_or(services.len(), |place| place.max(1));
    if services.len() - open < FEWEST_FOLDED {
        open = services.len();
    }
    let small = services.split_off(open);
    let folded = (!small.is_empty()).then(|| fold_services(&small, currency));
    let mut folded_lines = Vec::new();
    let services = services
        .into_iter()
        .map(|mut service| {
            let rest = if service.lines.len() >= most + FEWEST_FOLDED { service.lines.split_off(most) } else { Vec::new() };
            let minor = rest.iter().map(|(line, _)| line.amount.minor()).sum();
            let sum = amount::money(Money::from_minor(minor, currency));
            let mut view = service_view(&service, currency);
            if !rest.is_empty() {
                let count = words::counted(rest.len() as u64, "smaller line", "smaller lines");
                let rest = Lines { name: service.name, minor, lines: rest };
                folded_lines.push(Folded {
                    summary: format!("{}: {count}", service.name),
                    amount: sum.clone(),
                    services: vec![service_view(&rest, currency)],
                });
                view.rest = Some((format!("{count}, listed below"), sum));
            }
            view
        })
        .collect();

    let total = Money::from_minor(lines.iter().map(|(line, _)| line.amount.minor()).sum(), currency);
    Section {
        id: nature_id(nature),
        heading: words::heading(nature),
        explanation: words::explanation(nature),
        total,
        amount: amount::money(total),
        exact: lines.iter().map(|(line, _)| line.exact).sum(),
        note: list_note(nature, lines, currency),
        services,
        folded,
        folded_lines,
    }
}

fn fold_services(small: &[Lines<'_>], currency: Currency) -> Folded {
    let lines: usize = small.iter().map(|service| service.lines.len()).sum();
    let services = words::counted(small.len() as u64, "smaller service", "smaller services");
    let lines = words::counted(lines as u64, "line", "lines");
    let minor = small.iter().map(|service| service.minor).sum();
    Folded {
        summary: format!("{services}, {lines}"),
        amount: amount::money(Money::from_minor(minor, currency)),
        services: small.iter().map(|service| service_view(service, currency)).collect(),
    }
}

fn service_view(service: &Lines<'_>, currency: Currency) -> Service {
    let coding_of = |(line, direct): &(&Line, &DirectLine)| {
        let category = (direct.nature == Nature::Other).then(|| direct.charge_category.clone());
        let account = line.account.as_ref().map(|account| format!("GL account {account}"));
        [Some(direct.provider.clone()), category, account].into_iter().flatten().filter(|text| !text.is_empty()).collect::<Vec<String>>()
    };
    let common = service.lines.first().map(coding_of).filter(|first| service.lines.iter().all(|line| coding_of(line) == *first));
    let row = |line: &(&Line, &DirectLine)| Row {
        details: details(line.1).into_iter().chain(if common.is_none() { coding_of(line) } else { Vec::new() }).collect(),
        ..row(line.0, line.1)
    };
    Service {
        name: service.name.to_owned(),
        details: common.clone().unwrap_or_default(),
        amount: amount::money(Money::from_minor(service.minor, currency)),
        rows: service.lines.iter().map(row).collect(),
        rest: None,
    }
}

fn details(direct: &DirectLine) -> Vec<String> {
    let correction = direct.correction_of.map(words::correction);
    let id = (!direct.sub_account_name.is_empty()).then(|| direct.sub_account.clone());
    correction.into_iter().chain(id).collect()
}

fn row(line: &Line, direct: &DirectLine) -> Row {
    let account = words::account(direct);
    let name =
        if account.is_empty() { format!("Billing account {}", words::or_unnamed(&direct.billing_account)) } else { account.to_owned() };
    Row { name, details: Vec::new(), charges: amount::count(line.charges), amount: amount::money(line.amount) }
}

/// Credits and taxes have no list price of their own, so only usage is held against it.
fn list_note(nature: Nature, lines: &[(&Line, &DirectLine)], currency: Currency) -> Option<String> {
    if nature != Nature::Usage {
        return None;
    }
    let list: Exact = lines.iter().map(|(line, _)| line.list).sum::<Option<Exact>>()?;
    let (list, amount) = (amount::rounded(list, currency), amount::rounded(lines.iter().map(|(line, _)| line.exact).sum(), currency));
    (list != amount).then(|| format!("The same at list prices: {currency}\u{a0}{list}."))
}

/// The kind of money as a word for addresses and files.
pub fn nature_id(nature: Nature) -> &'static str {
    match nature {
        Nature::Usage => "usage",
        Nature::UnusedCommitment => "unused_commitment",
        Nature::Purchase => "purchase",
        Nature::Marketplace => "marketplace",
        Nature::Other => "other",
        Nature::Adjustment => "adjustment",
        Nature::Discount => "discount",
        Nature::Credit => "credit",
        Nature::Tax => "tax",
    }
}

/// The amount of all shared lines; `None` where there are none.
pub fn shared_total(invoice: &Invoice) -> Option<Money> {
    let shared: Vec<&Line> = invoice.lines.iter().filter(|line| matches!(line.what, LineKind::Shared(_))).collect();
    let minor = shared.iter().map(|line| line.amount.minor()).sum();
    (!shared.is_empty()).then(|| Money::from_minor(minor, invoice.total.currency()))
}
