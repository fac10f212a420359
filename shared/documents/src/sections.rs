//! The lines of an invoice as sections by kind of money, services inside, the largest first and long tails
//! folded. Where another section than usage is long, it stands open by service only, its lines folded: discounts
//! and taxes repeat the services and accounts of the usage that they are for.

use std::collections::BTreeMap;

use dayone_domain::charge::Nature;
use dayone_domain::invoice::{DirectLine, Invoice, Line, LineKind};
use dayone_domain::{Currency, Exact, Money};

use crate::{amount, words};

/// Lines of a section that stand open.
const OPEN_LINES: usize = 12;
/// Lines of one service that stand open where the section has other services.
const OPEN_LINES_OF_A_SERVICE: usize = 6;
/// With more lines than these, another section than usage stands open by service only.
const OPEN_LINES_BESIDE_USAGE: usize = 6;
/// Services that stand open in such a section.
const OPEN_SERVICES: usize = 6;
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
    /// All lines once more, folded, where services stand without theirs.
    pub by_account: Option<Folded>,
}

/// The lines of one service.
#[derive(Debug)]
pub struct Service {
    pub name: String,
    /// Provider and coding, where all lines have the same.
    pub details: Vec<String>,
    pub amount: String,
    /// None where the service stands without its lines.
    pub rows: Vec<Row>,
    /// `4 lines` and their charges, where the service stands without them.
    pub without_rows: Option<(String, String)>,
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
    /// `None` where the lines are counted elsewhere.
    pub amount: Option<String>,
    pub services: Vec<Service>,
}

struct Lines<'a> {
    name: &'a str,
    lines: Vec<(&'a Line, &'a DirectLine)>,
}

impl Lines<'_> {
    fn amount(&self, currency: Currency) -> Money {
        amount::sum(self.lines.iter().map(|(line, _)| line.amount), currency)
    }
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
    let services = by_service(lines, currency);
    let is_brief = nature != Nature::Usage && lines.len() > OPEN_LINES_BESIDE_USAGE;
    let parts = if is_brief { brief(services, currency) } else { in_full(services, currency) };
    let total = amount::sum(lines.iter().map(|(line, _)| line.amount), currency);
    Section {
        id: nature_id(nature),
        heading: words::heading(nature),
        explanation: words::explanation(nature),
        total,
        amount: amount::money(total),
        exact: lines.iter().map(|(line, _)| line.exact).sum(),
        note: list_note(nature, lines, currency),
        services: parts.services,
        folded: parts.folded,
        folded_lines: parts.folded_lines,
        by_account: parts.by_account,
    }
}

/// The largest service first, and the largest line of each.
fn by_service<'a>(lines: &[(&'a Line, &'a DirectLine)], currency: Currency) -> Vec<Lines<'a>> {
    let mut by_service: BTreeMap<(&str, &str), Lines<'a>> = BTreeMap::new();
    for (line, direct) in lines {
        let empty = || Lines { name: words::or_unnamed(&direct.service), lines: Vec::new() };
        by_service.entry((&direct.service, &direct.provider)).or_insert_with(empty).lines.push((line, direct));
    }
    let mut services: Vec<Lines<'a>> = by_service.into_values().collect();
    services.sort_by_cached_key(|service| std::cmp::Reverse(service.amount(currency).minor().abs()));
    for service in &mut services {
        service.lines.sort_by_key(|(line, _)| std::cmp::Reverse(line.amount.minor().abs()));
    }
    services
}

/// What of a section stands open and what is folded.
struct Parts {
    services: Vec<Service>,
    folded: Option<Folded>,
    folded_lines: Vec<Folded>,
    by_account: Option<Folded>,
}

/// Services with their lines.
fn in_full(mut services: Vec<Lines<'_>>, currency: Currency) -> Parts {
    let most = if services.len() == 1 { OPEN_LINES } else { OPEN_LINES_OF_A_SERVICE };
    let mut open_lines = 0;
    let open = services
        .iter()
        .position(|service| {
            open_lines += service.lines.len().min(most);
            open_lines > OPEN_LINES
        })
        .map_or(services.len(), |place| place.max(1));
    let small = split_tail(&mut services, open);
    let folded = fold_services(&small, currency, service_view);
    let mut folded_lines = Vec::new();
    let services = services
        .into_iter()
        .map(|mut service| {
            let rest = Lines { name: service.name, lines: split_tail(&mut service.lines, most) };
            let mut view =
                Service { amount: amount::money(service.amount(currency) + rest.amount(currency)), ..service_view(&service, currency) };
            if !rest.lines.is_empty() {
                let sum = amount::money(rest.amount(currency));
                let count = words::counted(rest.lines.len() as u64, "smaller line", "smaller lines");
                folded_lines.push(Folded {
                    summary: format!("{}: {count}", service.name),
                    amount: Some(sum.clone()),
                    services: vec![service_view(&rest, currency)],
                });
                view.rest = Some((format!("{count}, listed below"), sum));
            }
            view
        })
        .collect();
    Parts { services, folded, folded_lines, by_account: None }
}

/// Services without their lines, and all lines folded.
fn brief(mut services: Vec<Lines<'_>>, currency: Currency) -> Parts {
    let lines: usize = services.iter().map(|service| service.lines.len()).sum();
    // A service with one line stands with it, so that there may be nothing more to say.
    let by_account = (lines > services.len()).then(|| Folded {
        summary: format!("The same by account, {}", words::counted(lines as u64, "line", "lines")),
        amount: None,
        services: services.iter().map(|service| service_view(service, currency)).collect(),
    });
    let small = split_tail(&mut services, OPEN_SERVICES);
    let folded = fold_services(&small, currency, brief_view);
    let services = services.iter().map(|service| brief_view(service, currency)).collect();
    Parts { services, folded, folded_lines: Vec::new(), by_account }
}

/// What comes after the first `open`, where it is worth folding.
fn split_tail<T>(items: &mut Vec<T>, open: usize) -> Vec<T> {
    if items.len() < open + FEWEST_FOLDED { Vec::new() } else { items.split_off(open) }
}

fn fold_services(small: &[Lines<'_>], currency: Currency, view: fn(&Lines<'_>, Currency) -> Service) -> Option<Folded> {
    let count: usize = small.iter().map(|service| service.lines.len()).sum();
    let services = words::counted(small.len() as u64, "smaller service", "smaller services");
    let lines = words::counted(count as u64, "line", "lines");
    let sum = amount::sum(small.iter().map(|service| service.amount(currency)), currency);
    (!small.is_empty()).then(|| Folded {
        summary: format!("{services}, {lines}"),
        amount: Some(amount::money(sum)),
        services: small.iter().map(|service| view(service, currency)).collect(),
    })
}

fn brief_view(service: &Lines<'_>, currency: Currency) -> Service {
    let view = service_view(service, currency);
    if view.rows.len() == 1 {
        return view;
    }
    let charges = service.lines.iter().map(|(line, _)| line.charges).sum();
    let count = words::counted(service.lines.len() as u64, "line", "lines");
    Service { rows: Vec::new(), without_rows: Some((count, amount::count(charges))), ..view }
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
        amount: amount::money(service.amount(currency)),
        rows: service.lines.iter().map(row).collect(),
        without_rows: None,
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
    let has_shared = invoice.lines.iter().any(|line| matches!(line.what, LineKind::Shared(_)));
    has_shared.then(|| invoice.direct_and_shared()[1])
}
