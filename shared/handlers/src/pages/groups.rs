//! Cost groups and their modes.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use dayone_documents::amount;
use dayone_domain::BillingPeriod;
use dayone_domain::exact::Exact;
use dayone_domain::policy::PromotionPolicy;
use dayone_domain::review::{GroupEvent, ModeState, PromotionFacts};
use dayone_domain::tree::{CostGroup, Mode, Tree};
use dayone_workflow::Failure;
use dayone_workflow::audit::TrailOf;
use dayone_workflow::configuration::Settings;
use dayone_workflow::review::InvoiceFilter;
use dayone_workflow::stream::{Stream, StreamId};

use super::answer::{self, Answer, Notice};
use super::frame::{Frame, Place};
use super::invoice::Choice;
use super::mine::{self, InvoiceRow};
use super::trail_rows::{self, TrailRow};
use super::visit::{Posted, Visit};
use super::{address, words};

/// Months that a change of mode can begin with.
const MONTHS_TO_CHOOSE: u32 = 6;
const MOST_INDENTS: usize = 5;

#[derive(Template)]
#[template(path = "groups.html", whitespace = "minimize")]
struct GroupsPage {
    frame: Frame,
    month: String,
    /// Whether the mode of any changes.
    changes: bool,
    rows: Vec<GroupRow>,
}

struct GroupRow {
    href: String,
    name: String,
    details: String,
    level: usize,
    mode: &'static str,
    next: String,
}

#[derive(Template)]
#[template(path = "group.html", whitespace = "minimize")]
struct GroupPage {
    frame: Frame,
    here: String,
    version: u64,
    name: String,
    kind: Option<String>,
    mode_sentence: String,
    asked: Option<AskedPart>,
    facts_of: String,
    facts: Vec<Fact>,
    promote: Option<PromotePart>,
    keeps: Option<&'static str>,
    demote: Option<DemotePart>,
    draft: Drafts,
    invoices: Vec<InvoiceRow>,
    coding: Vec<(&'static str, String)>,
    trail: Vec<TrailRow>,
}

struct AskedPart {
    heading: String,
    reason: String,
    by: String,
    text: &'static str,
    may_agree: bool,
    from: String,
    label: String,
}

struct Fact {
    what: &'static str,
    asked: String,
    is: String,
    is_met: bool,
}

struct PromotePart {
    months: Vec<Choice>,
    needs_reason: bool,
    label: &'static str,
}

struct DemotePart {
    text: String,
    months: Vec<Choice>,
}

struct Drafts {
    reason: String,
    agree: String,
}

/// All cost groups that the person sees.
pub async fn all(visit: Visit) -> Response {
    let answer = list(&visit).await;
    answer::of(&visit, answer)
}

async fn list(visit: &Visit) -> Answer {
    let settings = visit.settings()?;
    let modes = visit.tenant.modes().await?;
    let now = running(visit);
    let tree = newest(settings);
    let row = |place: usize, group: &CostGroup| {
        let state = modes.get(&group.id).cloned().unwrap_or_default();
        GroupRow {
            href: address::group(&group.id),
            name: group.name.clone(),
            details: details(visit, tree, place),
            level: level(tree, place),
            mode: words::mode(state.at(now)),
            next: next(&state, now),
        }
    };
    let seen = tree.groups().iter().enumerate().filter(|(_, group)| visit.actor().sees(&group.id));
    let rows: Vec<GroupRow> = seen.map(|(place, group)| row(place, group)).collect();
    let mut frame = visit.frame("Cost groups", Some(Place::Groups));
    frame.done = answer::what_was_done(visit);
    answer::page(&GroupsPage { frame, month: now.name(), changes: rows.iter().any(|row| !row.next.is_empty()), rows }, StatusCode::OK)
}

fn newest(settings: &Settings) -> &Tree {
    settings.trees.all().last().expect("INVARIANT: there is at least one version of a tree")
}

fn running(visit: &Visit) -> BillingPeriod {
    BillingPeriod::containing(visit.today().and_time(chrono::NaiveTime::MIN))
}

fn level(tree: &Tree, place: usize) -> usize {
    let parents = std::iter::successors(tree.groups()[place].parent, |parent| tree.groups()[*parent].parent);
    parents.take(MOST_INDENTS).count()
}

fn details(visit: &Visit, tree: &Tree, place: usize) -> String {
    let group = &tree.groups()[place];
    let owners: Vec<String> = group.owners.iter().take(3).map(|mail| visit.name(mail)).collect();
    let kept = if place == tree.unallocated() {
        Some("what no rule matches")
    } else if tree.is_central(place) {
        Some("kept centrally")
    } else {
        None
    };
    group.kind.clone().into_iter().chain(kept.map(str::to_owned)).chain([words::list(&owners)]).collect::<Vec<_>>().join(" · ")
}

/// What changes next.
fn next(state: &ModeState, now: BillingPeriod) -> String {
    if let Some(asked) = &state.asked {
        return format!("Chargeback from {} is asked for", asked.from.name());
    }
    let mode = state.at(now);
    let mut later: Vec<BillingPeriod> = state.changes.iter().map(|(from, _)| *from).filter(|from| *from > now).collect();
    later.sort();
    let change = later.into_iter().find(|from| state.at(*from) != mode);
    change.map_or_else(String::new, |from| format!("{} from {}", words::mode(state.at(from)), from.name()))
}

/// One cost group.
pub async fn show(visit: Visit, Path(id): Path<String>) -> Response {
    let answer = page(&visit, &id, &Notice::default()).await;
    answer::of(&visit, answer)
}

/// Promotes it, asks for it, or agrees.
pub async fn promote(Path(id): Path<String>, posted: Posted) -> Response {
    let form = if posted.form() == "agree" { "agree" } else { "promote" };
    let outcome = async {
        let from = from(&posted)?;
        let reason = posted.fields.filled("reason");
        let view = posted.visit.tenant.promote(&posted.request(true), &id, Some(from), reason).await?;
        Ok(if view.mode.asked.is_some() { "promotion-asked" } else { "promoted" })
    };
    back(&posted, &id, form, outcome.await).await
}

/// Takes it back.
pub async fn demote(Path(id): Path<String>, posted: Posted) -> Response {
    let outcome = async {
        posted.visit.tenant.demote(&posted.request(true), &id, Some(from(&posted)?), None).await?;
        Ok("demoted")
    };
    back(&posted, &id, "demote", outcome.await).await
}

fn from(posted: &Posted) -> Result<BillingPeriod, Failure> {
    posted.fields.get("from").parse().map_err(|_| Failure::invalid("from", "choose the first month"))
}

async fn back(posted: &Posted, id: &str, form: &str, outcome: Result<&str, Failure>) -> Response {
    match outcome {
        Ok(what) => answer::done(&address::group(id), what),
        Err(failure) => answer::of(&posted.visit, page(&posted.visit, id, &Notice::failed(form, posted, failure)).await),
    }
}

async fn page(visit: &Visit, id: &str, notice: &Notice) -> Answer {
    let missing = || Failure::not_found("such cost group");
    let settings = visit.settings()?;
    let tree = newest(settings);
    let place = tree.place_of(id).filter(|_| visit.actor().sees(id)).ok_or_else(missing)?;
    let group = &tree.groups()[place];
    let stream: Stream<GroupEvent> = visit.tenant.stream(StreamId::group(id)).await?;
    let mut state = ModeState::default();
    stream.events.iter().for_each(|recorded| state.apply(recorded));
    let now = running(visit);
    let first_open = first_open(visit, now).await?;
    let keeps_cost = tree.keeps_cost(place);
    let is_charged = state.at(first_open) == Mode::Chargeback;
    let may_change = visit.is_controller() && !keeps_cost;
    let found = if keeps_cost { None } else { Some(visit.tenant.promotion_facts(id).await?) };
    let filter = InvoiceFilter { group: Some(id.to_owned()), ..InvoiceFilter::default() };
    let mut invoices = visit.tenant.invoices(visit.actor(), filter).await?;
    invoices.reverse();
    let entries = visit.tenant.trail(visit.actor(), TrailOf::Group(id.to_owned())).await?;
    let mut frame = visit.frame("Cost group", Some(Place::Groups));
    frame.title = format!("{} · {}", group.name, frame.company);
    frame.badges = vec![(state.at(now).to_string(), words::mode(state.at(now)).to_owned())];
    frame.done = answer::what_was_done(visit);
    frame.problem = notice.problem();
    let chosen = notice.fields.get("from");
    let mut page = GroupPage {
        frame,
        here: address::group(id),
        version: stream.version(),
        name: group.name.clone(),
        kind: group.kind.clone(),
        mode_sentence: mode_sentence(&state, now),
        asked: asked(visit, &state),
        facts_of: found.as_ref().map(facts_of).unwrap_or_default(),
        facts: found.as_ref().map(|found| facts(found, &settings.policy.promotion)).unwrap_or_default(),
        promote: (may_change && !is_charged && state.asked.is_none())
            .then(|| promotion(found.as_ref(), &settings.policy.promotion, first_open, chosen)),
        keeps: keeps_cost.then_some("It keeps cost that nobody is charged for, and stays in showback."),
        demote: (may_change && (is_charged || state.asked.is_some())).then(|| demotion(&state, first_open, chosen)),
        draft: Drafts { reason: notice.typed("promote", "reason"), agree: notice.typed("agree", "reason") },
        invoices: invoices.iter().map(mine::row).collect(),
        coding: coding(visit, group),
        trail: entries
            .iter()
            .filter(|entry| entry.stream == StreamId::group(id))
            .map(|entry| trail_rows::row(visit, entry, false))
            .collect(),
    };
    let may_agree = page.asked.as_ref().is_some_and(|asked| asked.may_agree);
    let forms = [("promote", page.promote.is_some()), ("agree", may_agree), ("demote", page.demote.is_some())];
    page.frame.refused = notice.refused(forms.iter().any(|(form, is_there)| *is_there && notice.is_of(form)));
    answer::page(&page, notice.status())
}

/// The first month whose mode can still change: after the running one, and after all that was issued.
async fn first_open(visit: &Visit, now: BillingPeriod) -> Result<BillingPeriod, Failure> {
    let newest = visit.tenant.bills().await?.iter().map(|view| view.bill.period).max();
    Ok(newest.map_or(now, |newest| newest.max(now)).next())
}

fn mode_sentence(state: &ModeState, now: BillingPeriod) -> String {
    let today = match state.at(now) {
        Mode::Showback => "In showback: its invoices are for information, and nothing is booked.",
        Mode::Chargeback => "In chargeback: its invoices are booked to the general ledger once its owner has accepted them.",
    };
    match next(state, now) {
        next if next.is_empty() => today.to_owned(),
        next => format!("{today} {next}."),
    }
}

fn asked(visit: &Visit, state: &ModeState) -> Option<AskedPart> {
    let asked = state.asked.as_ref()?;
    let is_own = asked.by.mail() == Some(visit.actor().person.mail.as_str());
    let text = match (visit.is_controller(), is_own) {
        (true, false) => "The policy is not met. With your agreement it is promoted all the same.",
        (true, true) => "You asked for it; a second controller has to agree.",
        (false, _) => "The policy is not met, so a second controller has to agree.",
    };
    Some(AskedPart {
        heading: format!("Chargeback from {} is asked for", asked.from.name()),
        reason: asked.reason.clone(),
        by: format!("{}, {}", visit.who(&asked.by), visit.moment(asked.at)),
        text,
        may_agree: visit.is_controller() && !is_own,
        from: asked.from.to_string(),
        label: format!("Agree: chargeback from {}", asked.from.name()),
    })
}

fn facts_of(facts: &PromotionFacts) -> String {
    match facts.period {
        Some(period) => format!("As of {}, its newest final month.", period.name()),
        None => "It has no final invoice yet.".to_owned(),
    }
}

fn facts(facts: &PromotionFacts, policy: &PromotionPolicy) -> Vec<Fact> {
    let percent = |permille: Exact| format!("{}\u{a0}%", amount::exact(Exact::new(permille.units(), permille.scale() + 1).normalized()));
    vec![
        Fact {
            what: "Final months in a row without a dispute that is open or was upheld",
            asked: format!("at least {}", policy.undisputed_periods),
            is: facts.undisputed_periods.to_string(),
            is_met: facts.undisputed_periods >= policy.undisputed_periods,
        },
        Fact {
            what: "Share of the month’s cost that is unallocated",
            asked: format!("at most {}", percent(policy.unallocated_at_most_permille)),
            is: percent(facts.unallocated_permille),
            is_met: facts.unallocated_permille <= policy.unallocated_at_most_permille,
        },
    ]
}

fn promotion(facts: Option<&PromotionFacts>, policy: &PromotionPolicy, first_open: BillingPeriod, chosen: &str) -> PromotePart {
    let needs_reason = facts.is_none_or(|facts| !facts.missing(policy).is_empty());
    PromotePart {
        months: months(first_open, chosen),
        needs_reason,
        label: if needs_reason { "Ask for it" } else { "Promote to chargeback" },
    }
}

fn demotion(state: &ModeState, first_open: BillingPeriod, chosen: &str) -> DemotePart {
    let text = match &state.asked {
        Some(_) => "This also takes back what was asked for.",
        None => "Invoices of that month and after are for information again. What was issued before stays as it is.",
    };
    DemotePart { text: text.to_owned(), months: months(first_open, chosen) }
}

fn months(first_open: BillingPeriod, chosen: &str) -> Vec<Choice> {
    let month = |step| first_open.plus(step);
    let choice =
        |period: BillingPeriod| Choice { value: period.to_string(), label: period.name(), is_chosen: period.to_string() == chosen };
    (0..MONTHS_TO_CHOOSE).map(month).map(choice).collect()
}

fn coding(visit: &Visit, group: &CostGroup) -> Vec<(&'static str, String)> {
    let owners: Vec<String> = group.owners.iter().map(|mail| visit.name(mail)).collect();
    let stated = [
        ("Cost group", Some(group.id.clone())),
        (if owners.len() == 1 { "Owner" } else { "Owners" }, Some(owners.join(", "))),
        ("Legal entity", group.legal_entity.clone()),
        ("Cost centre", group.cost_center.clone()),
        ("Department", group.department.clone()),
    ];
    stated.into_iter().filter_map(|(name, value)| value.map(|value| (name, value))).collect()
}
