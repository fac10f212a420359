//! The tie-out of a month.

use askama::Template;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::Response;
use dayone_documents::amount;
use dayone_domain::BillingPeriod;
use dayone_domain::exact::Exact;
use dayone_domain::review::Stage;
use dayone_domain::tie_out::FilesLine;
use dayone_workflow::Failure;
use dayone_workflow::audit::AnchorFacts;
use dayone_workflow::tie_out::{HoldingLine, PeriodTieOut};

use super::answer::{self, Answer};
use super::frame::{Frame, Place};
use super::month::{MonthLink, month_links};
use super::states::{self, States};
use super::visit::Visit;
use super::{bills, words};
use crate::apart::apart;

#[derive(Template)]
#[template(path = "tie_out.html", whitespace = "minimize")]
struct TieOutPage {
    frame: Frame,
    months: Vec<MonthLink>,
    heading: String,
    period: String,
    ties: bool,
    /// Nothing is wrong, and not everything is issued.
    waits: bool,
    verdict: (String, String),
    bills: Vec<BillPart>,
    chain: Option<Chain>,
}

struct BillPart {
    id: String,
    currency: String,
    stage: &'static str,
    differences: Vec<String>,
    /// That a newer delivery waits to be issued.
    waiting: Option<String>,
    files: Vec<FilesRow>,
    steps: Vec<Step>,
    states: States,
    true_ups: Vec<TrueUpRow>,
    /// What is due on the invoices, where they carry true-ups of earlier months.
    due: Option<(String, String)>,
    holding: Vec<HoldingRow>,
}

/// One file source and provider invoice.
struct FilesRow {
    source: String,
    provider: String,
    invoice: String,
    charges: String,
    files: String,
    allocated: String,
    agrees: bool,
}

struct Step {
    left_name: &'static str,
    left: String,
    right_name: &'static str,
    right: String,
    agrees: bool,
}

struct TrueUpRow {
    what: String,
    how: String,
    amount: String,
}

struct HoldingRow {
    account: String,
    cost_center: String,
    billed: String,
    posted: String,
    left: String,
    not_posted: String,
    rounding: String,
    agrees: bool,
}

struct Chain {
    number: u64,
    at: String,
    digest: String,
}

/// On to the newest month.
pub async fn newest(visit: Visit) -> Response {
    let answer = async {
        if !visit.actor().sees_all() {
            return Err(Failure::forbidden("this takes the role controller, FinOps or auditor"));
        }
        let period = bills::periods(&visit.tenant.bills().await?).first().copied();
        let period = period.ok_or_else(|| Failure::refused("nothing-issued", "nothing was issued yet, so there is nothing to tie out"))?;
        Ok(answer::see_other(&format!("/tie-out/{period}")))
    };
    answer::of(&visit, answer.await)
}

/// The page.
pub async fn show(visit: Visit, Path(period): Path<String>) -> Response {
    let answer = page(&visit, &period).await;
    answer::of(&visit, answer)
}

async fn page(visit: &Visit, period: &str) -> Answer {
    let period: BillingPeriod = period.parse().map_err(|_| Failure::not_found("such month"))?;
    let (tenant, actor) = (visit.tenant.clone(), visit.actor().clone());
    let mut tie_outs = apart(move || async move { tenant.tie_out(&actor, period).await }).await?;
    // As on the month's own page.
    let ledger = visit.settings()?.calendar.as_ref().map(|calendar| calendar.currency());
    tie_outs.sort_by_key(|tie_out| Some(tie_out.bill.currency) != ledger);
    let periods = bills::periods(&visit.tenant.bills().await?);
    let differences: usize = tie_outs.iter().map(|tie_out| tie_out.differences.len()).sum();
    let waits = tie_outs.iter().any(|tie_out| tie_out.waits);
    let page = TieOutPage {
        frame: visit.frame(&format!("Tie-out · {}", period.name()), Some(Place::TieOut)),
        months: month_links(&periods, Some(period), |period| format!("/tie-out/{period}")),
        heading: period.name(),
        period: period.to_string(),
        ties: differences == 0,
        waits,
        verdict: verdict(differences, waits),
        chain: tie_outs.iter().find_map(|tie_out| tie_out.head.as_ref()).map(|head| chain(visit, head)),
        bills: tie_outs.iter().map(part).collect(),
    };
    answer::page(&page, StatusCode::OK)
}

fn verdict(differences: usize, waits: bool) -> (String, String) {
    match differences {
        0 if waits => ("Does not tie out yet.".to_owned(), "A newer delivery counts and waits to be issued.".to_owned()),
        0 => ("Ties out.".to_owned(), "Files, allocation, invoices, states and holding accounts agree.".to_owned()),
        count => ("Does not tie out.".to_owned(), format!("{}, below.", words::counted(count, "difference", "differences"))),
    }
}

fn chain(visit: &Visit, head: &AnchorFacts) -> Chain {
    Chain { number: head.number, at: visit.moment(head.at), digest: head.digest.to_string() }
}

fn part(tie_out: &PeriodTieOut) -> BillPart {
    BillPart {
        id: format!("bill-{}", tie_out.bill.currency),
        currency: tie_out.bill.currency.to_string(),
        stage: tie_out.stage.label(),
        differences: tie_out.differences.iter().map(|difference| super::problem::sentence(difference)).collect(),
        waiting: tie_out.waits.then(|| waiting(tie_out)),
        files: tie_out.proof.files.iter().map(files).collect(),
        steps: steps(tie_out),
        states: states::of_tie_out(tie_out),
        true_ups: true_ups(tie_out),
        due: (!tie_out.carries.is_zero()).then(|| {
            let how =
                format!("{}, and true-ups of earlier months {}.", amount::money(tie_out.issued), amount::signed_money(tie_out.carries));
            (how, amount::money(tie_out.due()))
        }),
        holding: holding_rows(&tie_out.holding),
    }
}

fn waiting(tie_out: &PeriodTieOut) -> String {
    let how = match tie_out.stage {
        Stage::Provisional => "revisions of these invoices",
        Stage::Final => "a true-up",
    };
    format!(
        "A newer delivery of {} waits to be issued: by it the bill is {}, and {} was issued. The next issue makes {how} of the difference.",
        tie_out.bill.period.name(),
        amount::money(tie_out.proof.bill_total),
        amount::money(tie_out.charged())
    )
}

fn files(line: &FilesLine) -> FilesRow {
    let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
    FilesRow {
        source: line.source.clone(),
        provider: or(&line.provider, "no provider stated"),
        invoice: or(&line.invoice, "not invoiced yet"),
        charges: amount::count(line.charges),
        files: amount::exact(line.files),
        allocated: amount::exact(line.allocated),
        agrees: line.agrees(),
    }
}

fn steps(tie_out: &PeriodTieOut) -> Vec<Step> {
    let proof = &tie_out.proof;
    let sum = |amounts: &mut dyn Iterator<Item = Exact>| amounts.sum::<Exact>();
    let exact = |(left_name, left): (&'static str, Exact), (right_name, right): (&'static str, Exact)| Step {
        left_name,
        left: amount::exact(left),
        right_name,
        right: amount::exact(right),
        agrees: left == right,
    };
    let files = sum(&mut proof.files.iter().map(|line| line.files));
    let allocated = sum(&mut proof.files.iter().map(|line| line.allocated));
    let into = sum(&mut proof.pools.iter().map(|line| line.into));
    let divided = sum(&mut proof.pools.iter().map(|line| line.divided));
    vec![
        exact(("In the billing files", files), ("Allocated to cost groups and pools", allocated)),
        exact(("Into shared pools", into), ("Shared out of them", divided)),
        exact(("Allocated", proof.master), ("On all invoices, before rounding", proof.invoiced_exact)),
        Step {
            left_name: "The bill by the newest delivery, rounded",
            left: amount::money(proof.bill_total),
            right_name: match tie_out.true_ups.is_empty() {
                true => "All invoices, as issued and after disputes",
                false => "All invoices, as issued and after disputes, with the true-ups that correct them",
            },
            right: amount::money(tie_out.charged()),
            agrees: proof.bill_total == tie_out.charged(),
        },
    ]
}

fn true_ups(tie_out: &PeriodTieOut) -> Vec<TrueUpRow> {
    let row = |(round, total, carried): &(u32, dayone_domain::currency::Money, Option<dayone_domain::cube::BillKey>)| TrueUpRow {
        what: format!("True-up {round} of this closed month"),
        how: match carried {
            Some(bill) => format!("Carried by the invoices of {}.", bill.period.name()),
            None => "Not carried yet: the next final month carries it.".to_owned(),
        },
        amount: amount::signed_money(*total),
    };
    tie_out.true_ups.iter().map(row).collect()
}

/// All accounts, and where there are several, their sum.
fn holding_rows(lines: &[HoldingLine]) -> Vec<HoldingRow> {
    let sum = HoldingLine::sum(lines).filter(|_| lines.len() > 1);
    let sum = sum.map(|sum| HoldingRow { account: "All accounts".to_owned(), cost_center: String::new(), ..holding(&sum) });
    lines.iter().map(holding).chain(sum).collect()
}

fn holding(line: &HoldingLine) -> HoldingRow {
    HoldingRow {
        account: line.account.clone(),
        cost_center: format!("cost centre {}", line.cost_center),
        billed: amount::money(line.billed),
        posted: amount::money(line.posted),
        left: amount::money(line.carried()),
        not_posted: amount::money(line.not_posted),
        rounding: amount::signed_money(line.rounding),
        agrees: line.agrees(),
    }
}
