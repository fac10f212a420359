//! What the page of an invoice stands on: its newest revision, the bill that it is of, and the months before.

use std::collections::{BTreeMap, BTreeSet};

use dayone_documents::{Book, MONTHS_SHOWN, Site, Status};
use dayone_domain::charge::Cost;
use dayone_domain::cube::BillKey;
use dayone_domain::exact::Exact;
use dayone_domain::invoice::{Invoice, Invoices};
use dayone_domain::review::{InvoiceRef, Stage};
use dayone_domain::tree::CostGroup;
use dayone_workflow::issuing::{Plan, PlanEntry};
use dayone_workflow::review::InvoicePage;
use dayone_workflow::views::BillView;
use dayone_workflow::{Failure, FailureKind};

use super::super::visit::Visit;
use super::super::{address, bills};

/// An invoice with its surroundings.
pub struct Loaded {
    /// `None` where the cost group is charged nothing itself, and its page only rolls up.
    pub page: Option<InvoicePage>,
    pub bill: BillView,
    pub plan: Plan,
    /// Months in a row, oldest first; the last is the invoice's.
    months: Vec<Invoices>,
    /// Place of the group in the last month.
    pub place: usize,
    /// Sources of which the month is closed.
    pub closed_sources: Vec<String>,
}

/// Loads it.
///
/// # Errors
/// Where the person may not see the group, or it has neither an invoice nor groups below.
pub async fn load(visit: &Visit, of: &InvoiceRef) -> Result<Loaded, Failure> {
    let missing = || Failure::not_found("such invoice");
    if !visit.actor().sees(&of.group) {
        return Err(missing());
    }
    let page = match visit.tenant.invoice(visit.actor(), of).await {
        Ok(page) => Some(page),
        Err(failure) if failure.kind == FailureKind::NotFound => None,
        Err(failure) => return Err(failure),
    };
    let all = visit.tenant.bills().await?;
    let bill = all.iter().find(|view| view.bill == of.bill).cloned().ok_or_else(missing)?;
    let plan = bills::plan(&visit.tenant, &bill).await?;
    let mut shown = visit.tenant.drawn(plan.drawn).await?;
    let place = place(&mut shown, of, page.as_ref()).ok_or_else(missing)?;
    let has_below = shown.invoices.iter().any(|invoice| invoice.group.parent == Some(place));
    if page.is_none() && !has_below {
        return Err(missing());
    }
    let mut months = earlier(visit, &all, &bill).await?;
    months.push(shown);
    let sources = visit.tenant.source_periods().await?.into_iter();
    let closed = sources.filter(|view| view.period == of.bill.period && view.closed.is_some());
    Ok(Loaded { page, bill, plan, months, place, closed_sources: closed.map(|view| view.source).collect() })
}

/// Where the group stands among the drawn invoices. One that only a true-up or a dispute reaches is put there.
fn place(shown: &mut Invoices, of: &InvoiceRef, page: Option<&InvoicePage>) -> Option<usize> {
    let known = shown.invoices.iter().position(|invoice| invoice.group.id == of.group);
    if let (Some(place), Some(page)) = (known, page) {
        shown.invoices[place].group.mode = page.document.invoice.group.mode;
    }
    known.or_else(|| {
        let mut invoice = page?.document.invoice.clone();
        invoice.group.parent = None;
        shown.invoices.push(invoice);
        Some(shown.invoices.len() - 1)
    })
}

/// The months before: the last one whole, for what moved; earlier ones only with their totals, for the chart.
async fn earlier(visit: &Visit, all: &[BillView], bill: &BillView) -> Result<Vec<Invoices>, Failure> {
    let mut found = Vec::new();
    let mut period = bill.bill.period;
    for step in 1..MONTHS_SHOWN {
        period = period.previous();
        let key = BillKey { period, ..bill.bill };
        let Some(view) = all.iter().find(|view| view.bill == key && view.basis == bill.basis) else { continue };
        let plan = bills::plan(&visit.tenant, view).await?;
        found.insert(0, if step == 1 { visit.tenant.drawn(plan.drawn).await? } else { totals(&plan) });
    }
    Ok(found)
}

/// The invoices of a plan, without lines.
fn totals(plan: &Plan) -> Invoices {
    let places: BTreeMap<&str, usize> = plan.entries.iter().enumerate().map(|(place, entry)| (entry.group.as_str(), place)).collect();
    let invoice = |entry: &PlanEntry| Invoice {
        group: CostGroup {
            id: entry.group.clone(),
            name: entry.name.clone(),
            kind: None,
            parent: entry.parent.as_deref().and_then(|parent| places.get(parent).copied()),
            is_leaf: false,
            owners: Vec::new().into(),
            legal_entity: None,
            cost_center: None,
            department: None,
            mode: entry.mode,
        },
        charges: 0,
        direct: Exact::ZERO,
        shared: Exact::ZERO,
        exact: Exact::ZERO,
        total: entry.total,
        lines: Vec::new(),
    };
    Invoices {
        key: plan.bill,
        basis: plan.basis,
        charges: 0,
        master: Cost::default(),
        bill_total: plan.total,
        invoices: plan.entries.iter().map(invoice).collect(),
        unallocated: 0,
        not_invoiced_yet: Vec::new(),
    }
}

impl Loaded {
    /// The months as a book on this site.
    pub fn book(&self, visit: &Visit) -> Result<Book<'_>, Failure> {
        let bill = self.bill.bill;
        let may_open: BTreeSet<String> =
            self.plan.entries.iter().map(|entry| entry.group.clone()).filter(|group| visit.actor().sees(group)).collect();
        let site = Site {
            index: "/".to_owned(),
            groups: format!("/invoices/{}/{}/", bill.period, address::encoded(bill.currency.code())),
            may_open,
        };
        let book = Book::try_new(&self.plan.company, &self.months, self.status()).map_err(Failure::broken)?;
        Ok(book.on_site(site))
    }

    fn status(&self) -> Status {
        let revision = self.page.as_ref().map(|page| &page.view.revision);
        let number = revision.map_or(1, |revision| revision.number);
        match revision.map_or(self.bill.stage, |revision| revision.stage) {
            Stage::Provisional => Status::Provisional { revision: number },
            Stage::Final => Status::Final { number: revision.and_then(|revision| revision.invoice_number), revision: number },
        }
    }
}
