//! The auditor: knows the promises, the bills as they were sent, and what people said; nothing of how it is done.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use dayone_domain::BillingPeriod;
use dayone_domain::cube::BillKey;
use dayone_domain::ledger::Route;
use dayone_domain::review::{By, InvoiceRef, Stage, Standing, Stated};
use dayone_domain::tree::Mode;
use dayone_ports::Mail;
use dayone_workflow::Tenant;
use dayone_workflow::review::{InvoiceFilter, mode_at};
use serde_json::Value;

use crate::executor::alone;
use crate::model::{DEEMED_AFTER, HOLDING, REMINDED_AFTER, Refresh, SHOP_LIMIT, cents, newest, usd};
use crate::ports::Outside;
use crate::world::{Amounts, Story, Witnessed, actor};

/// Its notes from day to day.
pub struct Auditor {
    /// Whether the policy may take silence for a yes.
    has_silence: bool,
    /// The sum of a closed period's invoices when it was first seen closed.
    closed: BTreeMap<BillingPeriod, i128>,
    /// Number of every final invoice.
    numbers: BTreeMap<u64, InvoiceRef>,
    true_ups: usize,
    days: usize,
    /// The file of every export batch when it was first seen.
    batches: BTreeMap<u64, Vec<u8>>,
}

/// Days from one reading of the trail to the next.
const DAYS_BETWEEN_TRAILS: usize = 12;

impl Auditor {
    /// An auditor on the first day.
    pub fn new(has_silence: bool) -> Auditor {
        Auditor { has_silence, closed: BTreeMap::new(), numbers: BTreeMap::new(), true_ups: 0, days: 0, batches: BTreeMap::new() }
    }

    /// Looks at everything at the end of a day.
    pub fn look(&mut self, tenant: &Tenant, outside: &Outside, book: &[Refresh], witnessed: &Witnessed) {
        let due = alone(self.bills(tenant, book));
        let posted = self.journals(tenant, outside, witnessed);
        alone(posted_in_full(tenant, &due, &posted));
        alone(self.exports(tenant, witnessed));
        self.days += 1;
        // The whole trail is read each time, and what one day has spoilt a later day still shows.
        if self.days.is_multiple_of(DAYS_BETWEEN_TRAILS) {
            verify(tenant);
        }
    }

    /// Promises 1, 2, 6 and 9. Answers what is due by invoice.
    async fn bills(&mut self, tenant: &Tenant, book: &[Refresh]) -> Amounts {
        let me = actor(tenant, "auditor@sim.example").await.expect("the auditor");
        let views = tenant.invoices(&me, InvoiceFilter::default()).await.expect("invoices");
        let mut sums: BTreeMap<BillingPeriod, i128> = BTreeMap::new();
        let mut stages: BTreeMap<BillingPeriod, BTreeSet<Stage>> = BTreeMap::new();
        let mut due = Amounts::new();
        for view in &views {
            let period = view.of.bill.period;
            *sums.entry(period).or_default() += view.revision.total.minor();
            stages.entry(period).or_default().insert(view.revision.stage);
            due.insert(view.of.clone(), view.revision.due().minor());
            if let Some(number) = view.revision.invoice_number {
                let known = self.numbers.entry(number).or_insert_with(|| view.of.clone());
                assert!(*known == view.of, "promise 1: invoice number {number} is {known} and {}", view.of);
            }
        }
        let numbers: Vec<u64> = self.numbers.keys().copied().collect();
        let without_gap: Vec<u64> = (1..=numbers.len() as u64).collect();
        assert!(numbers == without_gap, "invoice numbers have a gap: {numbers:?}");
        self.true_ups = 0;
        for (period, sum) in sums {
            let stage = &stages[&period];
            assert!(stage.len() == 1, "promise 2: a bill is half final, {period}");
            let units: i128 = newest(book).iter().filter(|((_, known), _)| *known == period).map(|(_, refresh)| refresh.units()).sum();
            let tie_outs = tenant.tie_out(&me, period).await.unwrap_or_else(|failure| panic!("{period}: {failure}"));
            let tie_out = tie_outs.iter().find(|tie_out| tie_out.bill == BillKey { period, currency: usd() }).expect("the bill");
            assert!(tie_out.differences.is_empty(), "promise 9: {:?}", tie_out.differences);
            let true_ups: i128 = tie_out.true_ups.iter().map(|(_, amount, _)| amount.minor()).sum();
            self.true_ups += tie_out.true_ups.len();
            let sent: Vec<_> = book
                .iter()
                .filter(|refresh| refresh.period == period)
                .map(|refresh| (refresh.source, refresh.modified, refresh.units()))
                .collect();
            assert!(
                sum + true_ups == cents(units),
                "{sent:?} promise 1: {period} was issued at {sum} with true-ups of {true_ups}, and the newest deliveries cost {}",
                cents(units)
            );
            let states: i128 = tie_out.states.iter().map(|(_, amount)| amount.minor()).sum();
            assert!(states == sum + true_ups, "promise 9: {period} is {} and its states sum to {states}", sum + true_ups);
            if stage.contains(&Stage::Final) {
                let first = *self.closed.entry(period).or_insert(sum);
                assert!(first == sum, "promise 6: the closed {period} was {first} and is {sum}");
            } else {
                assert!(!self.closed.contains_key(&period), "promise 6: the closed {period} is open again");
                assert!(true_ups == 0, "promise 6: an open period has true-ups");
            }
        }
        due
    }

    /// Promises 3, 4 and 5: looks into the ERP. Answers what it holds by invoice.
    fn journals(&self, tenant: &Tenant, outside: &Outside, witnessed: &Witnessed) -> Amounts {
        let modes = alone(tenant.modes()).expect("modes");
        let mut references = BTreeSet::new();
        let mut posted = Amounts::new();
        for (reference, body) in outside.ledger() {
            let sent: Value = serde_json::from_slice(&body).expect("the ERP holds JSON");
            assert!(references.insert(reference.clone()), "promise 5: {reference} landed twice");
            let of = invoice(&sent["invoice"]);
            assert!(of.group != "unallocated" && of.group != "finance", "promise 3: {reference} is of `{}`", of.group);
            let period = of.bill.period;
            let is_promoted = witnessed.promoted.iter().any(|(group, from)| *group == of.group && *from <= period);
            assert!(is_promoted, "promise 3: {reference} is of {of}, which nobody promoted");
            let corrected: BillingPeriod = sent["billing_period"].as_str().expect("a text").parse().expect("a period");
            let was_promoted = witnessed.promoted.iter().any(|(group, from)| *group == of.group && *from <= corrected);
            let is_charged = mode_at(&modes, &of.group, corrected) == Mode::Chargeback;
            assert!(was_promoted && is_charged, "promise 3: {reference} is of {corrected}, in which {of} was in showback");
            let revision = sent["invoice"]["revision"].as_u64().expect("a revision");
            let is_accepted = witnessed.accepted.iter().any(|(known, accepted, _)| *known == of && u64::from(*accepted) == revision);
            let is_deemed = || self.has_silence && alone(deemed(tenant, outside, &of, revision));
            assert!(is_accepted || is_deemed(), "promise 4: {reference} posts revision {revision} of {of}, which nobody accepted");
            let (mut balance, mut out_of_holding) = (0, 0);
            for line in sent["lines"].as_array().expect("lines") {
                let sides = [&line["debit"], &line["credit"]].map(minor);
                let net = match sides {
                    [Some(debit), None] if debit > 0 => debit,
                    [None, Some(credit)] if credit > 0 => -credit,
                    _ => panic!("promise 5: {reference} has a line of {sides:?}"),
                };
                balance += net;
                if line["account"].as_str().expect("an account").starts_with(HOLDING) {
                    out_of_holding -= net;
                }
            }
            assert!(balance == 0, "promise 5: {reference} is not balanced");
            *posted.entry(of).or_default() += out_of_holding;
        }
        posted
    }

    /// Promise 5: a batch is the same whenever it is asked for, holds what left by it, and nothing else but what somebody
    /// gave up afterwards, so that it left anew.
    async fn exports(&mut self, tenant: &Tenant, witnessed: &Witnessed) {
        let me = actor(tenant, "auditor@sim.example").await.expect("the auditor");
        let mut by_batch: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
        for journal in tenant.journals(&me, Default::default()).await.expect("journals") {
            if let Some(Route::Export { batch }) = journal.state.frozen.map(|frozen| frozen.route) {
                by_batch.entry(batch).or_default().insert(journal.state.reference);
            }
        }
        for view in tenant.batches(&me).await.expect("batches") {
            let (batch, file) = tenant.batch(&me, view.number).await.expect("a batch");
            let first = self.batches.entry(view.number).or_insert_with(|| file.clone());
            assert!(*first == file, "promise 5: batch {} has another file now", view.number);
            let held: BTreeSet<String> = batch.journals.into_iter().map(|journal| journal.reference).collect();
            let left = by_batch.remove(&view.number).unwrap_or_default();
            let is_given_up = |reference: &String| witnessed.missing.contains(&(view.number, reference.clone()));
            let is_right = left.is_subset(&held) && held.difference(&left).all(is_given_up);
            assert!(is_right, "promise 5: batch {} holds {held:?}, and {left:?} left by it", view.number);
            let text = String::from_utf8(file).expect("a text");
            let stated: BTreeSet<String> = text.lines().skip(1).filter_map(|line| line.split(',').nth(1)).map(str::to_owned).collect();
            assert!(stated == held, "promise 5: the file of batch {} states {stated:?}", view.number);
        }
    }

    /// What the whole came to.
    pub fn conclude(&self, tenant: &Tenant, outside: &Outside, story: &mut Story) {
        verify(tenant);
        story.journals = outside.ledger().len();
        story.closed = self.closed.len();
        story.true_ups = self.true_ups;
        story.batches = self.batches.len();
        alone(count(tenant, story));
    }
}

/// Counts what few seeds come to, so that it is seen whether any does.
async fn count(tenant: &Tenant, story: &mut Story) {
    let me = actor(tenant, "auditor@sim.example").await.expect("the auditor");
    for view in tenant.invoices(&me, InvoiceFilter::default()).await.expect("invoices") {
        let page = tenant.invoice(&me, &view.of).await.expect("the invoice");
        story.deemed += page.state.acceptances.iter().filter(|yes| yes.by == By::Policy).count();
    }
    let modes = tenant.modes().await.expect("modes");
    for journal in tenant.journals(&me, Default::default()).await.expect("journals") {
        let of = &journal.state.invoice;
        let is_of_demoted = mode_at(&modes, &of.group, of.bill.period) == Mode::Showback;
        story.demoted += usize::from(is_of_demoted && journal.state.status.is_in_ledger());
    }
}

/// Promise 7.
fn verify(tenant: &Tenant) {
    let report = alone(tenant.verify()).expect("the trail can be read");
    assert!(report.findings.is_empty(), "promise 7: {:?}", report.findings);
}

/// Whether the policy took silence for a yes to a revision, had waited for it, and had reminded somebody who may accept.
async fn deemed(tenant: &Tenant, outside: &Outside, of: &InvoiceRef, revision: u64) -> bool {
    let me = actor(tenant, "auditor@sim.example").await.expect("the auditor");
    let page = tenant.invoice(&me, of).await.expect("the invoice");
    let known = page.state.revisions.iter().find(|known| u64::from(known.number) == revision).expect("the revision");
    let may_accept = |mail: &Mail| mail.to != "shop@sim.example" || known.at_stake().minor().unsigned_abs() <= SHOP_LIMIT;
    let page_of_invoice = format!("/invoices/{}/{}/{}\n", of.bill.period, of.bill.currency, of.group);
    let sent = outside.mail();
    let reminded_on = |number: usize| {
        let is_it = |mail: &Mail| mail.subject.contains(&format!("(reminder {number})")) && mail.text.contains(&page_of_invoice);
        let mut of_revision = sent.iter().filter(|(at, mail)| at.date_naive() >= known.issued_on && is_it(mail) && may_accept(mail));
        of_revision.next().map(|(at, _)| at.date_naive())
    };
    let by_policy = page.state.acceptances.iter().filter(|yes| u64::from(yes.revision) == revision && yes.by == By::Policy);
    let last = REMINDED_AFTER.len();
    let waited = |from: Option<NaiveDate>, on: NaiveDate, days: i64| from.is_some_and(|from| (on - from).num_days() >= days);
    by_policy.map(|yes| yes.at.date_naive()).any(|on| {
        (1..=last).all(|number| reminded_on(number).is_some())
            && waited(reminded_on(last), on, DEEMED_AFTER - REMINDED_AFTER[last - 1])
            && waited(Some(known.issued_on), on, DEEMED_AFTER)
    })
}

/// Promise 5 from the other side: an accepted invoice without dispute, all of whose journals are in the ledger, is
/// there once and whole; one that was reversed and not accepted again is not there at all.
async fn posted_in_full(tenant: &Tenant, due: &Amounts, posted: &Amounts) {
    let me = actor(tenant, "auditor@sim.example").await.expect("the auditor");
    let journals = tenant.journals(&me, Default::default()).await.expect("journals");
    let views = tenant.invoices(&me, InvoiceFilter::default()).await.expect("invoices");
    let modes = tenant.modes().await.expect("modes");
    for view in views.iter().filter(|view| view.revision.mode == Mode::Chargeback) {
        let of = &view.of;
        let mut mine = journals.iter().filter(|journal| journal.state.invoice == *of).peekable();
        if mine.peek().is_none() || !mine.all(|journal| journal.state.status.is_in_ledger()) {
            continue;
        }
        let in_ledger = posted.get(of).copied().unwrap_or_default();
        if view.standing == Standing::Accepted {
            // What corrects a period in showback was shown only, like the cost that it corrects.
            let page = tenant.invoice(&me, of).await.expect("the invoice");
            let is_shown = |stated: &Stated| mode_at(&modes, &of.group, stated.corrects.unwrap_or(of.bill.period)) == Mode::Showback;
            let shown: i128 = page.document.stated().iter().filter(|stated| is_shown(stated)).map(|stated| stated.amount.minor()).sum();
            let (charged, told) = (due[of] - shown, view.revision.charged.sum().minor());
            assert!(charged == told, "promise 3: {told} of {of} are said to be charged, and it is {charged}");
            assert!(in_ledger == charged, "promise 5: {in_ledger} are in the ledger of {of}, which is {charged}");
        }
    }
}

fn invoice(value: &Value) -> InvoiceRef {
    let text = |key: &str| value[key].as_str().expect("a text");
    let bill = BillKey { period: text("billing_period").parse().expect("a period"), currency: usd() };
    InvoiceRef { bill, group: text("cost_group").to_owned() }
}

/// An amount in cents; `None` of null.
fn minor(amount: &Value) -> Option<i128> {
    amount.as_str().map(|text| text.replace('.', "").parse().expect("an amount with two decimals"))
}
