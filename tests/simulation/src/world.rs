//! One tenant for months: what arrives, who does what, and what goes wrong.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Datelike, Days, NaiveDate, Utc};
use dayone_domain::BillingPeriod;
use dayone_domain::ledger::{JournalStatus, Route};
use dayone_domain::review::{Actor, By, DisputeOf, InvoiceRef, Resolution, SignIn, Standing};
use dayone_ports::ErpAbility;
use dayone_workflow::configuration::ConfigKind;
use dayone_workflow::deliveries::Registered;
use dayone_workflow::ledger::JournalFilter;
use dayone_workflow::review::InvoiceFilter;
use dayone_workflow::{Failure, Request, Tenant};

use crate::arriving::Bucket;
use crate::auditor::Auditor;
use crate::chance::Dice;
use crate::chaos::Chaos;
use crate::executor::{Work, alone, run};
use crate::model::{GROUPS, Refresh, SOURCES, configuration, first, newest, refreshed};
use crate::ports::Outside;

/// Days of a month on which something happens.
const DAYS: [u32; 9] = [1, 2, 3, 5, 7, 9, 12, 17, 24];
/// In a thousand turns, so many end whoever has the turn.
const CRASHES: usize = 2;
/// Tries of a person who is told to try again.
const TRIES: usize = 4;

/// What one simulation came to.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// Calls of ports.
    pub calls: u64,
    /// Processes and people cut off in the middle.
    pub killed: usize,
    /// Journals in the ERP.
    pub journals: usize,
    /// Bills issued finally.
    pub closed: usize,
    /// True-ups.
    pub true_ups: usize,
    /// Disputes.
    pub disputes: usize,
    /// Revisions that the policy took silence for a yes to.
    pub deemed: usize,
    /// True-ups in the ERP of groups that were in showback again.
    pub demoted: usize,
    /// Export batches.
    pub batches: usize,
    /// Journals of them that somebody asked to give up.
    pub missing: usize,
}

/// What people know to have happened, or cannot tell.
#[derive(Default)]
pub struct Witnessed {
    /// Revisions that an owner said yes to: answered, or the answer was lost.
    pub accepted: Vec<(InvoiceRef, u32, String)>,
    /// Groups that somebody asked to promote, and from when.
    pub promoted: Vec<(String, BillingPeriod)>,
    /// Disputes raised, answered or not.
    pub disputes: usize,
    /// Journals that somebody asked to give up because nobody had imported them, with their batch.
    pub missing: BTreeSet<(u64, String)>,
}

struct World {
    dice: Dice,
    outside: Outside,
    chaos: Chaos,
    tenant: Tenant,
    bucket: Bucket,
    book: Vec<Refresh>,
    /// How many of the book were delivered for certain.
    delivered: usize,
    witnessed: Arc<Mutex<Witnessed>>,
}

/// Runs a seed. Panics, with what went wrong, where a promise is bent.
pub fn simulate(seed: u64, months: u32) -> Story {
    let mut dice = Dice::new(seed, 0);
    let chaos = Chaos::new(seed);
    let ability = if dice.chance(70) { ErpAbility::UniqueReference } else { ErpAbility::SearchOnly };
    let start = at(NaiveDate::from_ymd_opt(2026, 1, 1).expect("a day"), 6);
    let outside = Outside::new(seed, chaos.clone(), start, ability);
    let tenant = Tenant::new("simulated".parse().expect("a tenant"), outside.ports());
    let mut world = World {
        dice,
        outside,
        bucket: Bucket::new(chaos.clone()),
        chaos,
        tenant,
        book: Vec::new(),
        delivered: 0,
        witnessed: Arc::default(),
    };
    let has_silence = world.configure();
    let mut auditor = Auditor::new(has_silence);
    let mut story = Story::default();
    let mut day = NaiveDate::from_ymd_opt(2026, 1, 5).expect("a day");
    let end = BillingPeriod::try_new(2026, 1).expect("a month").plus(months).first_day();
    while day < end {
        if DAYS.contains(&day.day()) {
            story.killed += world.live(day);
            world.recover();
            auditor.look(&world.tenant, &world.outside, &world.book, &world.witnessed.lock().expect("no panics"));
        }
        day = day + Days::new(1);
    }
    story.calls = world.chaos.calls();
    let witnessed = world.witnessed.lock().expect("no panics");
    (story.disputes, story.missing) = (witnessed.disputes, witnessed.missing.len());
    drop(witnessed);
    auditor.conclude(&world.tenant, &world.outside, &mut story);
    story
}

impl World {
    /// Puts the configuration; whether its policy may take silence for a yes.
    fn configure(&mut self) -> bool {
        let texts = configuration(&mut self.dice);
        alone(async {
            let founder = self.tenant.founder("machine").await.expect("nobody is there yet");
            for (kind, text) in texts.iter().filter(|(kind, _)| *kind == "people") {
                self.put(founder.clone(), kind, text).await;
            }
            let controller = actor(&self.tenant, "controller@sim.example").await.expect("a controller");
            for (kind, text) in texts.iter().filter(|(kind, _)| *kind != "people") {
                self.put(controller.clone(), kind, text).await;
            }
        });
        texts.iter().any(|(kind, text)| *kind == "policy" && text.contains("deemed_after_days"))
    }

    async fn put(&self, actor: Actor, kind: &str, text: &str) {
        let kind: ConfigKind = kind.parse().expect("a kind");
        let put = self.tenant.put_configuration(&Request::of(actor), kind, "simulated.yaml", text.as_bytes()).await;
        put.unwrap_or_else(|failure| panic!("{failure}"));
    }

    /// A day with everything that can go wrong; how many were cut off.
    fn live(&mut self, day: NaiveDate) -> usize {
        self.outside.set(at(day, 6));
        let arriving = self.arriving(day);
        self.book.extend(arriving.iter().cloned());
        arriving.iter().for_each(|refresh| self.bucket.put(refresh));
        let (tenant, bucket) = (&self.tenant, &self.bucket);
        let mut crowd: Vec<Work<'_>> = Vec::new();
        for refresh in &arriving {
            // The same delivery may be told twice, by two workers at once.
            for _ in 0..=self.dice.below(2) {
                crowd.push(Box::pin(async move { drop(deliver(tenant, bucket, refresh).await) }));
            }
        }
        for _ in 0..=self.dice.below(2) {
            crowd.push(Box::pin(async { drop(tenant.issue(&By::Policy, None).await) }));
        }
        for place in 0..4 + self.dice.below(6) {
            let person = Person { tenant, witnessed: self.witnessed.clone(), day, key: format!("{day}-{place}") };
            crowd.push(person.somebody(&mut self.dice));
        }
        self.chaos.calm(false);
        let killed = run(&mut self.dice, crowd, CRASHES);
        self.chaos.calm(true);
        killed
    }

    /// What the providers send on a day: first refreshes in the month itself, later ones until well after it closed.
    fn arriving(&mut self, day: NaiveDate) -> Vec<Refresh> {
        let running = BillingPeriod::try_new(day.year(), day.month()).expect("a month");
        let mut arriving = Vec::new();
        for source in 0..SOURCES.len() {
            for back in 0..3 {
                let period = (0..back).fold(running, |period, _| period.previous());
                if period.year() < 2026 {
                    continue;
                }
                // A refresh that was made earlier may come later than a newer one.
                let made = at(day, 0) - chrono::Duration::hours(self.dice.below(60) as i64)
                    + chrono::Duration::seconds(self.dice.below(3000) as i64);
                let known = newest(&self.book).get(&(source, period)).map(|refresh| (*refresh).clone());
                let is_invoiced = period < running && day.day() >= 3;
                match known {
                    None if self.dice.chance(60) => arriving.push(first(&mut self.dice, source, period, made)),
                    Some(known) if self.dice.chance([45, 35, 8][back]) => {
                        arriving.push(refreshed(&mut self.dice, &known, made, is_invoiced));
                    }
                    Some(known) if self.dice.chance(10) => arriving.push(known),
                    _ => {}
                }
            }
        }
        arriving
    }

    /// Calm: whatever was left behind is done, once, and then there is nothing left to do.
    fn recover(&mut self) {
        let day = self.outside.ports().clock.now();
        self.outside.set(day + chrono::Duration::hours(2));
        alone(async {
            // Those of earlier days were delivered in calm.
            for refresh in &self.book[self.delivered..] {
                deliver(&self.tenant, &self.bucket, refresh).await.unwrap_or_else(|failure| panic!("a delivery is lost: {failure}"));
            }
            let first = self.tenant.issue(&By::Policy, None).await.unwrap_or_else(|failure| panic!("issuing does not recover: {failure}"));
            let again = self.tenant.issue(&By::Policy, None).await.unwrap_or_else(|failure| panic!("issuing twice fails: {failure}"));
            self.tenant.build_journals().await.unwrap_or_else(|failure| panic!("journals are not built: {failure}"));
            assert!(again.is_empty(), "issuing twice on a day does something twice: {first:?}, then {again:?}");
        });
        self.delivered = self.book.len();
    }
}

/// Everything that the events of a refresh lead to; a message whose work was not done comes again with the next try.
async fn deliver(tenant: &Tenant, bucket: &Bucket, refresh: &Refresh) -> Result<(), Failure> {
    let arriving = bucket.arriving();
    for key in bucket.keys(refresh) {
        let Registered::Awaited { announcement, work } = tenant.register(&arriving, None, &key).await? else { continue };
        for work in &work {
            tenant.parse(&arriving, work).await?;
            tenant.complete_after(&By::Policy, work).await?;
        }
        if let (Some(id), true) = (announcement, work.is_empty()) {
            tenant.complete_delivery(&By::Policy, id).await?;
        }
    }
    Ok(())
}

/// A person signed in with their password.
pub async fn actor(tenant: &Tenant, mail: &str) -> Result<Actor, Failure> {
    tenant.actor(mail, SignIn::Password).await
}

/// Somebody at work on a day.
struct Person<'a> {
    tenant: &'a Tenant,
    witnessed: Arc<Mutex<Witnessed>>,
    day: NaiveDate,
    key: String,
}

impl<'a> Person<'a> {
    /// One of many, with something to do.
    fn somebody(self, dice: &mut Dice) -> Work<'a> {
        let owner = dice.pick(&["shop@sim.example", "search@sim.example", "second@sim.example", "data@sim.example", "online@sim.example"]);
        let controller = dice.pick(&["controller@sim.example", "second-controller@sim.example"]);
        let group = dice.pick(&GROUPS);
        let (die, share) = (dice.below(100), 1 + dice.below(100));
        match die {
            0..40 => Box::pin(async move { self.decide(owner, share).await }),
            40..54 => Box::pin(async move { self.close(controller).await }),
            54..64 => Box::pin(async move { self.resolve(controller, share).await }),
            64..77 => Box::pin(async move { self.promote(controller, group).await }),
            77..80 => Box::pin(async move { self.demote(controller, group).await }),
            80..92 => Box::pin(async move { self.post(controller).await }),
            92..95 => Box::pin(async move { self.export(controller).await }),
            95..97 => Box::pin(async move { self.record_missing(controller, share).await }),
            _ => Box::pin(async move { self.reverse(controller, share).await }),
        }
    }

    /// Reads what waits, and says yes to most of it.
    async fn decide(&self, mail: &str, share: usize) {
        let Ok(me) = actor(self.tenant, mail).await else { return };
        let Ok(invoices) = self.tenant.invoices(&me, InvoiceFilter::default()).await else { return };
        for view in invoices {
            let (of, revision) = (view.of.clone(), view.revision.number);
            match view.standing {
                Standing::ToRead => drop(self.tenant.acknowledge(&self.asks(&me, &of.group, "read"), &of, revision).await),
                Standing::ToAccept | Standing::Disputed if share.is_multiple_of(3) => self.dispute(&me, &of, revision, share).await,
                Standing::ToAccept | Standing::Disputed => self.accept(&me, &of, revision).await,
                Standing::Provisional if share.is_multiple_of(7) => {
                    drop(self.tenant.ask(&self.asks(&me, &of.group, "ask"), &of, "what is this?").await);
                    let early = self.tenant.accept(&self.asks(&me, &of.group, "early"), &of, revision).await;
                    assert!(early.is_err(), "a provisional invoice was accepted");
                }
                _ => {}
            }
        }
    }

    async fn accept(&self, me: &Actor, of: &InvoiceRef, revision: u32) {
        let request = self.asks(me, &of.group, &format!("accept-{}-{revision}", of.bill.period));
        for _ in 0..TRIES {
            // Whoever is told nothing clear may have been heard.
            let outcome = self.tenant.accept(&request, of, revision).await;
            if outcome.as_ref().map_or_else(Failure::is_retryable, |_| true) {
                self.note(|seen| seen.accepted.push((of.clone(), revision, me.person.mail.clone())));
            }
            match outcome {
                Err(failure) if failure.is_retryable() => {}
                _ => return,
            }
        }
    }

    async fn dispute(&self, me: &Actor, of: &InvoiceRef, revision: u32, share: usize) {
        let Ok(page) = self.tenant.invoice(me, of).await else { return };
        let stated = page.document.stated();
        let Some(line) = stated.get(share % stated.len().max(1)) else { return };
        let minor = line.amount.minor() * share as i128 / 100;
        let amount = dayone_domain::Money::from_minor(minor, line.amount.currency());
        let dispute = DisputeOf { revision, line: &line.id, amount, reason: "not ours" };
        let outcome = self.tenant.dispute(&self.asks(me, &of.group, "dispute"), of, dispute).await;
        if outcome.is_ok() {
            self.note(|seen| seen.disputes += 1);
            let own = Resolution::Rejected { reason: "I say so".to_owned() };
            let resolved = self.tenant.resolve(&self.asks(me, &of.group, "own"), of, 1, own, None).await;
            assert!(resolved.is_err(), "an owner without a role resolved a dispute");
        }
    }

    async fn resolve(&self, mail: &str, share: usize) {
        let Ok(me) = actor(self.tenant, mail).await else { return };
        let Ok(invoices) = self.tenant.invoices(&me, InvoiceFilter::default()).await else { return };
        for view in invoices.into_iter().filter(|view| view.open_disputes > 0) {
            let Ok(page) = self.tenant.invoice(&me, &view.of).await else { continue };
            let Some(dispute) = page.state.open_disputes().next().map(|dispute| dispute.number) else { continue };
            let resolution = match share % 3 {
                0 => Resolution::Upheld { receiver: GROUPS[share % 2].to_owned() },
                1 => Resolution::Upheld { receiver: "finance".to_owned() },
                _ => Resolution::Rejected { reason: "it is yours".to_owned() },
            };
            drop(self.tenant.resolve(&self.asks(&me, &view.of.group, "resolve"), &view.of, dispute, resolution, None).await);
        }
    }

    async fn close(&self, mail: &str) {
        let Ok(me) = actor(self.tenant, mail).await else { return };
        let running = BillingPeriod::try_new(self.day.year(), self.day.month()).expect("a month");
        for (source, _) in SOURCES {
            let early = self.tenant.close_source(&self.asks(&me, source, "early"), source, running).await;
            assert!(early.is_err(), "a period was closed before its end");
            if self.day.day() >= 3 && running.previous().year() >= 2026 {
                drop(self.tenant.close_source(&self.asks(&me, source, "close"), source, running.previous()).await);
            }
        }
    }

    async fn promote(&self, mail: &str, group: &str) {
        let Ok(me) = actor(self.tenant, mail).await else { return };
        self.note(|seen| {
            let next = BillingPeriod::try_new(self.day.year(), self.day.month()).expect("a month").next();
            seen.promoted.push((group.to_owned(), next));
        });
        drop(self.tenant.promote(&self.asks(&me, group, "promote"), group, None, Some("the team is ready")).await);
        for never in ["unallocated", "finance"] {
            let promoted = self.tenant.promote(&self.asks(&me, never, "never"), never, None, Some("why not")).await;
            assert!(promoted.is_err(), "`{never}` was promoted");
        }
    }

    async fn demote(&self, mail: &str, group: &str) {
        let Ok(me) = actor(self.tenant, mail).await else { return };
        drop(self.tenant.demote(&self.asks(&me, group, "demote"), group, None, Some("too early")).await);
    }

    async fn post(&self, mail: &str) {
        let Ok(me) = actor(self.tenant, mail).await else { return };
        drop(self.tenant.post(&self.asks(&me, "journals", "post"), None).await);
    }

    async fn export(&self, mail: &str) {
        let Ok(me) = actor(self.tenant, mail).await else { return };
        drop(self.tenant.export(&self.asks(&me, "journals", "export")).await);
    }

    /// Gives up a journal of a batch, which the ledger did not take.
    async fn record_missing(&self, mail: &str, share: usize) {
        let Ok(me) = actor(self.tenant, mail).await else { return };
        let filter = JournalFilter { status: Some(JournalStatus::HandedOver), ..JournalFilter::default() };
        let Ok(journals) = self.tenant.journals(&me, filter).await else { return };
        let Some(state) = journals.get(share % journals.len().max(1)).map(|view| &view.state) else { return };
        let Some(Route::Export { batch }) = state.frozen.as_ref().map(|frozen| frozen.route.clone()) else { return };
        let reference = state.reference.as_str();
        let outcome = self.tenant.record_missing(&self.asks(&me, reference, "missing"), reference, "not imported").await;
        if outcome.as_ref().map_or_else(Failure::is_retryable, |_| true) {
            self.note(|seen| seen.missing.extend([(batch, reference.to_owned())]));
        }
        if outcome.is_ok()
            && let Err(failure) = self.tenant.batch(&me, batch).await
        {
            assert!(failure.is_retryable(), "promise 5: {reference} was given up before batch {batch} was made, which holds it");
        }
    }

    async fn reverse(&self, mail: &str, share: usize) {
        let Ok(me) = actor(self.tenant, mail).await else { return };
        let Ok(journals) = self.tenant.journals(&me, Default::default()).await else { return };
        if let Some(view) = journals.get(share % journals.len().max(1)) {
            drop(self.tenant.reverse(&self.asks(&me, &view.state.reference, "reverse"), &view.state.reference, "by mistake").await);
        }
    }

    /// A request with an idempotency key of its own, or without one.
    fn asks(&self, me: &Actor, about: &str, what: &str) -> Request {
        let text = format!("{}-{about}-{what}", self.key);
        let once = dayone_workflow::Once { key: text.clone(), request: dayone_ports::Digest::of(text.as_bytes()) };
        Request { once: what.len().is_multiple_of(2).then_some(once), ..Request::of(me.clone()) }
    }

    fn note(&self, note: impl FnOnce(&mut Witnessed)) {
        note(&mut self.witnessed.lock().expect("no panics"));
    }
}

fn at(day: NaiveDate, hour: u32) -> DateTime<Utc> {
    day.and_hms_opt(hour, 0, 0).expect("an hour of the day").and_utc()
}

/// Amounts by invoice.
pub type Amounts = BTreeMap<InvoiceRef, i128>;
