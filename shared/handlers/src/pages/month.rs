//! The month at a glance, for those who look after all invoices; and what moves it on.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use dayone_documents::amount;
use dayone_domain::BillingPeriod;
use dayone_domain::cube::BillKey;
use dayone_domain::currency::Money;
use dayone_domain::ledger::{JournalStatus, MoneyState};
use dayone_domain::policy::Policy;
use dayone_domain::review::{Stage, Standing};
use dayone_workflow::Failure;
use dayone_workflow::deliveries::{Awaited, SourceView};
use dayone_workflow::issuing::Plan;
use dayone_workflow::ledger::JournalFilter;
use dayone_workflow::review::InvoiceFilter;
use dayone_workflow::tie_out::PeriodTieOut;
use dayone_workflow::views::{BillView, InvoiceView, JournalView};

use super::answer::{self, Answer, Notice};
use super::frame::{Frame, Place};
use super::mine::{self, InvoiceRow};
use super::problem::{self, Problem};
use super::states::{self, States};
use super::visit::{Posted, Visit};
use super::{address, bills, words};
use crate::apart::apart;

/// Months that the page links to.
const MOST_MONTHS: usize = 13;
/// Deeper levels are not indented further.
const MOST_INDENTS: usize = 5;
/// Cost groups that are named where many wait.
const MOST_NAMES: usize = 3;

#[derive(Template)]
#[template(path = "month.html", whitespace = "minimize")]
struct MonthPage {
    frame: Frame,
    months: Vec<MonthLink>,
    heading: String,
    period: String,
    nothing: Option<&'static str>,
    /// That the person owns cost groups, too.
    mine: Option<String>,
    /// Deliveries that are late and of no bill that is shown.
    late: Vec<String>,
    bills: Vec<BillPart>,
    may_issue: bool,
}

impl MonthPage {
    /// Whether the form that failed is still there.
    fn has_form(&self, notice: &Notice) -> bool {
        let closes = self.bills.iter().flat_map(|bill| &bill.blocks).filter_map(|block| block.close.as_ref());
        self.may_issue && notice.is_of("issue") || closes.into_iter().any(|close| notice.is_of(&close.form))
    }
}

/// A link to another month.
pub struct MonthLink {
    pub href: String,
    pub label: String,
    pub is_current: bool,
}

struct BillPart {
    id: String,
    currency: String,
    stage: &'static str,
    amount: String,
    sentence: String,
    counts: Vec<Count>,
    states: Option<States>,
    blocks: Vec<Block>,
    closed: &'static str,
    invoices_heading: String,
    all: Option<String>,
    invoices: Vec<InvoiceRow>,
    /// Whether any invoice has true-ups: they are beside the bill, not in it.
    has_true_ups: bool,
    /// Totals and true-ups of all invoices, and both together; `None` where only some are listed.
    sums: Option<(String, String, String)>,
}

struct Count {
    href: String,
    label: &'static str,
    count: usize,
}

struct Block {
    what: String,
    href: Option<String>,
    why: String,
    close: Option<Close>,
}

struct Close {
    action: String,
    form: String,
    period: String,
    label: String,
}

/// The first page: the month at a glance, or one's own invoices.
pub async fn show(visit: Visit) -> Response {
    let answer = if visit.actor().sees_all() { page(&visit, &Notice::default()).await } else { mine::page(&visit).await };
    answer::of(&visit, answer)
}

/// Closes a source's month.
pub async fn close(Path(source): Path<String>, posted: Posted) -> Response {
    let visit = &posted.visit;
    let period = posted.fields.get("period").parse::<BillingPeriod>();
    let result = match period {
        Ok(period) => visit.tenant.close_source(&posted.request(false), &source, period).await.map(drop),
        Err(_) => Err(Failure::invalid("period", "that is no month")),
    };
    match result {
        Ok(()) => answer::done(&answer::with("/", "month", posted.fields.get("period")), "closed"),
        Err(failure) => answer::of(visit, page(visit, &Notice::failed(posted.form(), &posted, failure)).await),
    }
}

/// Issues what is due today: the form names no day, and none that it is sent with counts.
pub async fn issue(posted: Posted) -> Response {
    let visit = &posted.visit;
    let (tenant, by) = (visit.tenant.clone(), visit.actor().by());
    let result = match visit.is_controller() {
        true => apart(move || async move { tenant.issue(&by, None).await }).await,
        false => Err(Failure::forbidden("this takes the role controller")),
    };
    match result {
        Ok(report) => answer::see_other(&format!("/?done=issued&count={}", report.issued.len())),
        Err(failure) => answer::of(visit, page(visit, &Notice::failed("issue", &posted, failure)).await),
    }
}

/// Everything that a bill's part is made of.
struct Known<'a> {
    visit: &'a Visit,
    sources: Vec<SourceView>,
    awaited: Vec<Awaited>,
    journals: Vec<JournalView>,
    tie_outs: Vec<PeriodTieOut>,
    wanted: Option<Standing>,
}

async fn page(visit: &Visit, notice: &Notice) -> Answer {
    let known_bills = visit.tenant.bills().await?;
    let periods = bills::periods(&known_bills);
    let asked = [visit.query.get("month"), notice.fields.get("period")].into_iter().find_map(|text| text.parse().ok());
    let period = asked.filter(|period| periods.contains(period)).or(periods.first().copied());
    let awaited = awaited(visit).await?;
    let late =
        awaited.iter().filter(|awaited| awaited.is_late && (period.is_none() || awaited.period.is_some_and(|of| Some(of) != period)));
    let late = late.map(|awaited| problem::sentence(&awaited.sentence())).collect();
    let mut parts = Vec::new();
    let mut untied = None;
    if let Some(period) = period {
        let known = Known {
            visit,
            sources: visit.tenant.source_periods().await?,
            awaited,
            journals: visit.tenant.journals(visit.actor(), JournalFilter::default()).await?,
            tie_outs: tie_outs(visit, period, &mut untied).await,
            wanted: wanted(visit.query.get("standing")),
        };
        // The ledger's currency is what the close is about.
        let ledger = visit.settings().ok().and_then(|settings| settings.calendar.as_ref()).map(|calendar| calendar.currency());
        let mut of_month: Vec<&BillView> = known_bills.iter().filter(|view| view.bill.period == period).collect();
        of_month.sort_by_key(|view| Some(view.bill.currency) != ledger);
        for bill in of_month {
            parts.push(part(&known, bill).await?);
        }
    }
    let own = mine::own(visit).await?;
    let heading = period.map_or_else(|| "No month yet".to_owned(), BillingPeriod::name);
    let mut frame = visit.frame(&heading, Some(Place::Invoices));
    frame.done = answer::what_was_done(visit);
    frame.problem = notice.problem().or(untied);
    let mut page = MonthPage {
        frame,
        months: month_links(&periods, period, |period| answer::with("/", "month", &period.to_string())),
        heading,
        period: period.map(|period| period.to_string()).unwrap_or_default(),
        nothing: period
            .is_none()
            .then_some("Nothing was issued yet. Invoices come on the day after a month ends, from the deliveries that are there."),
        mine: (!own.is_empty()).then(|| waiting_for(&own)),
        late,
        bills: parts,
        may_issue: visit.is_controller(),
    };
    page.frame.refused = notice.refused(page.has_form(notice));
    answer::page(&page, notice.status())
}

/// Where every amount of a month stands. Without that, the rest of the page is still of use.
async fn tie_outs(visit: &Visit, period: BillingPeriod, untied: &mut Option<Problem>) -> Vec<PeriodTieOut> {
    let (tenant, actor) = (visit.tenant.clone(), visit.actor().clone());
    match apart(move || async move { tenant.tie_out(&actor, period).await }).await {
        Ok(tie_outs) => tie_outs,
        Err(failure) => {
            let title = "The month cannot be tied out.";
            let problem = Notice { failure: Some(failure), ..Notice::default() }.problem();
            *untied = problem.map(|problem| Problem { title, ..problem });
            Vec::new()
        }
    }
}

fn wanted(text: &str) -> Option<Standing> {
    COUNTED.into_iter().find(|(key, ..)| *key == text).map(|(_, _, standing)| standing)
}

const COUNTED: [(&str, &str, Standing); 6] = [
    ("to-accept", "To accept", Standing::ToAccept),
    ("disputed", "Disputed", Standing::Disputed),
    ("accepted", "Accepted", Standing::Accepted),
    ("to-read", "Showback, to read", Standing::ToRead),
    ("read", "Showback, read", Standing::Read),
    ("provisional", "Provisional", Standing::Provisional),
];

fn waiting_for(own: &[InvoiceView]) -> String {
    let waits = own.iter().filter(|view| matches!(view.standing, Standing::ToAccept | Standing::ToRead)).count();
    match waits {
        0 => "Your own invoices".to_owned(),
        1 => "One of your own invoices waits for you".to_owned(),
        count => format!("{count} of your own invoices wait for you"),
    }
}

/// Links to months, newest first.
pub fn month_links(periods: &[BillingPeriod], current: Option<BillingPeriod>, href: impl Fn(BillingPeriod) -> String) -> Vec<MonthLink> {
    let link = |period: &BillingPeriod| MonthLink { href: href(*period), label: period.name(), is_current: current == Some(*period) };
    let links: Vec<MonthLink> = periods.iter().take(MOST_MONTHS).map(link).collect();
    if links.len() > 1 { links } else { Vec::new() }
}

async fn part(known: &Known<'_>, bill: &BillView) -> Result<BillPart, Failure> {
    let visit = known.visit;
    let filter = InvoiceFilter { bill: Some(bill.bill), ..InvoiceFilter::default() };
    let invoices = visit.tenant.invoices(visit.actor(), filter).await?;
    let plan = bills::plan(&visit.tenant, bill).await?;
    let tie_out = known.tie_outs.iter().find(|tie_out| tie_out.bill == bill.bill);
    let period = bill.bill.period;
    let base = answer::with("/", "month", &period.to_string());
    let id = format!("bill-{}", bill.bill.currency);
    let counts = COUNTED.into_iter().map(|(key, label, standing)| Count {
        href: format!("{}#{id}-invoices", answer::with(&base, "standing", key)),
        label,
        count: invoices.iter().filter(|view| view.standing == standing).count(),
    });
    let counts = counts.filter(|count| count.count > 0).collect();
    let shown = COUNTED.into_iter().find(|(_, _, standing)| known.wanted == Some(*standing));
    Ok(BillPart {
        currency: bill.bill.currency.to_string(),
        stage: bill.stage.label(),
        amount: amount::money(bill.total),
        sentence: sentence(&plan, &invoices),
        counts,
        states: tie_out.map(states::of_tie_out),
        blocks: blocks(known, bill, &invoices),
        closed: if bill.stage == Stage::Final {
            "The month is closed."
        } else {
            "Every source is closed: the next issue is the final one."
        },
        invoices_heading: shown.map_or_else(|| "Invoices".to_owned(), |(_, label, _)| format!("Invoices: {}", label.to_lowercase())),
        all: shown.map(|_| format!("{base}#{id}-invoices")),
        invoices: rows(visit, &plan, &invoices, known.wanted),
        has_true_ups: invoices.iter().any(|view| !view.revision.true_ups.is_zero()),
        sums: known.wanted.is_none().then(|| sums(&invoices, bill.bill)),
        id,
    })
}

/// All totals, all true-ups, and what is due with both.
fn sums(invoices: &[InvoiceView], bill: BillKey) -> (String, String, String) {
    let sum = |of: fn(&InvoiceView) -> Money| amount::sum(invoices.iter().map(of), bill.currency);
    let (totals, true_ups) = (sum(|view| view.revision.total), sum(|view| view.revision.true_ups));
    (amount::money(totals), amount::money(true_ups), amount::money(totals + true_ups))
}

fn sentence(plan: &Plan, invoices: &[InvoiceView]) -> String {
    let count = words::counted(invoices.len(), "invoice", "invoices");
    format!("{}, {count}, issued on {}.", words::stage(plan.stage), words::date(plan.issued_on))
}

/// The invoices in the order of the tree.
fn rows(visit: &Visit, plan: &Plan, invoices: &[InvoiceView], wanted: Option<Standing>) -> Vec<InvoiceRow> {
    let by_group: BTreeMap<&str, &InvoiceView> = invoices.iter().map(|view| (view.of.group.as_str(), view)).collect();
    let parents: BTreeMap<&str, Option<&str>> = plan.entries.iter().map(|entry| (entry.group.as_str(), entry.parent.as_deref())).collect();
    let level = |group: &str| {
        let mut level = 0;
        let mut at = parents.get(group).copied().flatten();
        while let (Some(parent), true) = (at, level < MOST_INDENTS) {
            level += 1;
            at = parents.get(parent).copied().flatten();
        }
        level
    };
    let mut rows = Vec::new();
    for entry in &plan.entries {
        let Some(view) = by_group.get(entry.group.as_str()) else {
            let is_above = |group: &str| {
                std::iter::successors(parents.get(group).copied().flatten(), |at| parents.get(at).copied().flatten())
                    .any(|at| at == entry.group)
            };
            if wanted.is_none() && by_group.keys().any(|group| is_above(group)) {
                rows.push(roll_up_row(plan.bill, &entry.group, &entry.name, level(&entry.group)));
            }
            continue;
        };
        if wanted.is_some_and(|wanted| wanted != view.standing) {
            continue;
        }
        let mut details = vec![words::mode(view.revision.mode).to_owned()];
        details.extend(view.accepted_by.first().map(|by| format!("accepted by {}", visit.who(by))));
        details.extend(mine::open_items(view));
        let true_ups = if view.revision.true_ups.is_zero() { String::new() } else { amount::money(view.revision.true_ups) };
        let level = if wanted.is_some() { 0 } else { level(&entry.group) };
        rows.push(InvoiceRow {
            details: details.join(" · "),
            amount: amount::money(view.revision.total),
            true_ups,
            level,
            ..mine::row(view)
        });
    }
    rows
}

fn roll_up_row(bill: BillKey, group: &str, name: &str, level: usize) -> InvoiceRow {
    InvoiceRow {
        href: format!("/invoices/{}/{}/{}", bill.period, bill.currency, address::encoded(group)),
        name: name.to_owned(),
        month: bill.period.name(),
        details: "No charges of its own".to_owned(),
        asked: "",
        amount: String::new(),
        true_ups: String::new(),
        level,
    }
}

/// What keeps the bill from being done.
fn blocks(known: &Known<'_>, bill: &BillView, invoices: &[InvoiceView]) -> Vec<Block> {
    let mut blocks = awaited_blocks(known, bill);
    blocks.extend(sources(known, bill));
    blocks.extend(known.tie_outs.iter().find(|tie_out| tie_out.bill == bill.bill && tie_out.waits).map(|_| Block {
        what: "A newer delivery".to_owned(),
        href: Some(format!("/tie-out/{}#bill-{}", bill.bill.period, bill.bill.currency)),
        why: "It counts, and is not issued yet".to_owned(),
        close: None,
    }));
    blocks.extend(invoices.iter().filter(|view| view.open_disputes > 0).map(|view| Block {
        what: view.group_name.clone(),
        href: Some(format!("{}#disputes", address::invoice(&view.of))),
        why: words::counted(view.open_disputes as usize, "dispute is open", "disputes are open"),
        close: None,
    }));
    let waits: Vec<&InvoiceView> = invoices.iter().filter(|view| view.standing == Standing::ToAccept).collect();
    if !waits.is_empty() {
        blocks.push(Block {
            what: words::counted(waits.len(), "invoice waits for its owner", "invoices wait for their owners"),
            href: Some(format!(
                "{}#bill-{}-invoices",
                answer::with(&answer::with("/", "month", &bill.bill.period.to_string()), "standing", "to-accept"),
                bill.bill.currency
            )),
            why: words::list(&named(&waits)),
            close: None,
        });
    }
    blocks.extend(unposted(known, bill));
    let of_bill = |view: &&JournalView| view.state.invoice.bill == bill.bill || is_of_cost(view, bill.bill);
    for view in known.journals.iter().filter(of_bill) {
        let why = match view.state.status {
            JournalStatus::Refused => format!("The ERP refused it: {}", view.state.said.as_deref().unwrap_or("no reason given")),
            JournalStatus::OutcomeUnknown => "Nobody can tell whether the ERP has it: look there, and record the number".to_owned(),
            JournalStatus::HandedOver => "Handed over in a batch; its ERP number is missing".to_owned(),
            JournalStatus::Ready | JournalStatus::Sending => "Not posted yet".to_owned(),
            JournalStatus::Posted | JournalStatus::Reversed => continue,
        };
        let what = format!("Journal {}", view.state.reference);
        blocks.push(Block { what, href: Some(address::journal(&view.state.reference)), why, close: None });
    }
    blocks
}

/// The first cost groups by name, and how many more there are.
fn named(views: &[&InvoiceView]) -> Vec<String> {
    let mut names: Vec<String> = views.iter().take(MOST_NAMES).map(|view| view.group_name.clone()).collect();
    let more = views.len() - names.len();
    names.extend((more > 0).then(|| format!("{} more", amount::count(more as u64))));
    names
}

/// Whether a journal books cost of a bill: a true-up's does, whose invoice is of a later one.
fn is_of_cost(view: &JournalView, bill: BillKey) -> bool {
    (view.period, view.state.invoice.bill.currency) == (bill.period, bill.currency)
}

/// What is accepted while no journal is on its way: none can be made of it.
fn unposted(known: &Known<'_>, bill: &BillView) -> Option<Block> {
    let tie_out = known.tie_outs.iter().find(|tie_out| tie_out.bill == bill.bill)?;
    let (_, amount) = tie_out.states.iter().find(|(state, amount)| *state == MoneyState::AwaitingPosting && !amount.is_zero())?;
    let is_under_way = |view: &JournalView| !matches!(view.state.status, JournalStatus::Posted | JournalStatus::Reversed);
    if known.journals.iter().any(|view| is_of_cost(view, bill.bill) && is_under_way(view)) {
        return None;
    }
    let what = format!("{} is accepted and cannot be posted", amount::money_with_code(*amount));
    Some(Block { what, href: Some("/journals".to_owned()), why: "Post to see why".to_owned(), close: None })
}

/// Deliveries that are not complete.
async fn awaited(visit: &Visit) -> Result<Vec<Awaited>, Failure> {
    match visit.settings() {
        Ok(settings) => visit.tenant.awaited(settings).await,
        Err(_) => Ok(Vec::new()),
    }
}

/// Deliveries of the bill's billing period, or of one that only their files say, that are not complete.
fn awaited_blocks(known: &Known<'_>, bill: &BillView) -> Vec<Block> {
    let Ok(settings) = known.visit.settings() else { return Vec::new() };
    let period = bill.bill.period;
    let is_of_bill = |awaited: &&Awaited| {
        let source = settings.sources.get(&awaited.source);
        awaited.period.is_none_or(|of| of == period) && source.is_some_and(|source| source.is_expected(period, bill.bill.currency))
    };
    let block = |awaited: &Awaited| Block {
        what: format!("{} of {}", if awaited.is_late { "A late delivery" } else { "A delivery that is not complete" }, awaited.source),
        href: None,
        why: problem::sentence(&awaited.sentence()),
        close: None,
    };
    known.awaited.iter().filter(is_of_bill).map(block).collect()
}

/// The bill's sources that are not closed.
fn sources(known: &Known<'_>, bill: &BillView) -> Vec<Block> {
    let visit = known.visit;
    let Ok(settings) = visit.settings() else { return Vec::new() };
    let period = bill.bill.period;
    let is_over = today(&settings.policy, visit) > period.last_day();
    let mut blocks = Vec::new();
    for source in settings.sources.expected(period, bill.bill.currency) {
        let view = known.sources.iter().find(|view| view.source == source.id && view.period == period);
        let (why, may_close) = match view {
            Some(view) if view.closed.is_some() => continue,
            Some(view) => (format!("Not closed. Its newest delivery came on {}.", visit.moment(view.known_at)), is_over),
            None => ("It has not delivered. A month that misses a source cannot close.".to_owned(), false),
        };
        blocks.push(Block {
            what: format!("{} ({})", source.provider, source.id),
            href: None,
            why,
            close: (may_close && visit.is_controller()).then(|| Close {
                action: format!("/sources/{}/close", address::encoded(&source.id)),
                form: format!("close-{}-{}", address::encoded(&source.id), bill.bill.currency),
                period: period.to_string(),
                label: format!("Close {}", source.id),
            }),
        });
    }
    blocks
}

fn today(policy: &Policy, visit: &Visit) -> chrono::NaiveDate {
    policy.local_date(visit.tenant.ports().clock.now())
}
