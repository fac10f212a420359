//! Posting: what reaches the ERP, and what is known of it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dayone_domain::ledger::JournalStatus;
use dayone_domain::review::Resolution;
use dayone_erp::Sent;
use dayone_ports::{Digest, Documents, Erp, ErpAbility, ErpError, ErpReceipt, OutgoingJournal, Unavailable};
use dayone_workflow::ledger::PostReport;
use dayone_workflow::{FailureKind, Request, Tenant};

use crate::memory::{ManualClock, MemoryErp};
use crate::support::{BillOf, World, direct, invoice, month, true_up, usd};
use crate::{CONTROLLER, SEARCH, SHOP, accepted};

pub async fn post(world: &World) -> PostReport {
    world.tenant.post(&world.asks(CONTROLLER).await, None).await.unwrap()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
}

#[tokio::test]
async fn every_journal_lands_once_and_leaves_the_outbox() {
    let world = accepted().await;
    let report = post(&world).await;
    assert_eq!(report.posted, pairs(&[(SHOP, "ERP-1"), (SEARCH, "ERP-2")]));
    assert_eq!(world.handles.erp.references(), [SHOP, SEARCH]);
    assert_eq!(world.outbox(), [] as [String; 0]);
    assert_eq!(world.status(SHOP).await, JournalStatus::Posted);
    assert_eq!(post(&world).await, PostReport::default());
    let head = world.tenant.chain_head().await.unwrap().expect("an anchor");
    assert_eq!(head.events, world.tenant.verify().await.unwrap().events, "the anchor covers what was posted");
    let named = world.tenant.post(&world.asks(CONTROLLER).await, Some(&[SHOP.to_owned(), "DAY1-000009-01".to_owned()])).await.unwrap();
    assert_eq!(named.skipped[0].1, "it is in the ledger already, under the ERP number `ERP-1`");
    assert_eq!(named.skipped[1].1, "there is no journal `DAY1-000009-01`");
    assert_eq!(world.handles.erp.posts(), 2);
}

#[tokio::test]
async fn a_posting_that_is_asked_for_again_says_where_its_journals_stand_now() {
    let world = accepted().await;
    let request = world.asks_once(CONTROLLER, "post").await;
    world.handles.erp.refuse(Some("the period is locked"));
    let first = world.tenant.post(&request, None).await.unwrap();
    assert_eq!(first.refused.len(), 2);
    assert_eq!(world.tenant.post(&request, None).await.unwrap(), first);
    world.handles.erp.refuse(None);
    assert_eq!(post(&world).await.posted.len(), 2);
    let again = world.tenant.post(&request, None).await.unwrap();
    assert_eq!(again, PostReport { posted: pairs(&[(SHOP, "ERP-1"), (SEARCH, "ERP-2")]), ..PostReport::default() });
    assert_eq!(world.handles.erp.posts(), 4, "nothing is sent by asking again");
}

#[tokio::test]
async fn what_is_sent_was_fixed_before_with_its_posting_date() {
    let world = accepted().await;
    post(&world).await;
    let sent = world.handles.erp.landed().remove(0);
    let auditor = world.person("auditor@nw.example").await;
    let page = world.tenant.journal(&auditor, SHOP).await.unwrap();
    let frozen = page.state.frozen.unwrap();
    assert_eq!(frozen.body, dayone_ports::Digest::of(&sent.body).to_string());
    let body: Sent = Sent::read(&sent.body).unwrap();
    assert_eq!(
        body,
        Sent::of(
            &page.entry,
            &dayone_domain::ledger::Posting { date: frozen.posting_date, ledger_period: frozen.ledger_period, original: None }
        )
    );
    assert_eq!((body.posting_date.to_string().as_str(), body.ledger_period, body.original_period), ("2026-01-31", month("2026-01"), None));
    assert_eq!((frozen.posting_date, frozen.ledger_period), (body.posting_date, body.ledger_period));
    assert_eq!(frozen.by.mail(), Some(CONTROLLER));
    assert_eq!(page.trail.len(), 3);
}

#[tokio::test]
async fn after_its_ledger_period_a_journal_goes_to_the_next_open_one_and_names_its_own() {
    let world = accepted().await;
    world.set("2026-02-11T08:00:00Z");
    post(&world).await;
    let body: Sent = Sent::read(&world.handles.erp.landed()[0].body).unwrap();
    assert_eq!(body.posting_date.to_string(), "2026-02-01");
    assert_eq!((body.ledger_period, body.original_period), (month("2026-02"), Some(month("2026-01"))));
}

#[tokio::test]
async fn nobody_posts_or_exports_what_they_alone_accepted() {
    let world = World::new().await;
    BillOf::period("2026-01").charge("shop", &[direct("Compute", "111", 9_00)]).put(&world).await;
    let shop = invoice("2026-01", "shop");
    world.accept("lead@nw.example", &shop).await;
    let lead = world.asks("lead@nw.example").await;
    let report = world.tenant.post(&lead, None).await.unwrap();
    assert!(report.skipped[0].1.contains("alone accepted"), "{report:?}");
    let failure = world.tenant.export(&lead).await.unwrap_err();
    assert_eq!(failure.code, "nothing-to-export");
    assert!(failure.message.contains("alone accepted"), "{failure}");
    assert_eq!(world.handles.erp.posts(), 0);
    // A second yes, and it is not theirs alone.
    world.accept("shop@nw.example", &shop).await;
    assert_eq!(world.tenant.post(&lead, None).await.unwrap().posted.len(), 1);
}

#[tokio::test]
async fn what_the_policy_accepted_is_posted_by_any_controller() {
    let world = World::new().await;
    BillOf::period("2026-01").charge("shop", &[direct("Compute", "111", 9_00)]).put(&world).await;
    let shop = invoice("2026-01", "shop");
    let mut changes = world.tenant.changes();
    let stream = dayone_workflow::stream::StreamId::invoice(&shop);
    let stream = world.tenant.stream::<dayone_domain::review::InvoiceEvent>(stream).await.unwrap();
    let yes = changes.recorded(dayone_domain::review::By::Policy, dayone_domain::review::InvoiceEvent::Accepted { revision: 1 });
    changes.append(&stream, std::slice::from_ref(&yes));
    let mut state = world.page(&shop).await.state;
    state.apply(&yes);
    let view = dayone_workflow::views::InvoiceView::of(&state, 2, "Shop", Some("online")).unwrap();
    let key = dayone_ports::Key::new(dayone_workflow::keys::invoices(world.tenant.id(), shop.bill), "shop");
    changes.put(key.clone(), world.record(&key).await.as_ref(), &view);
    changes.commit().await.unwrap();
    let report = world.tenant.post(&world.asks("lead@nw.example").await, None).await.unwrap();
    assert_eq!(report.posted, pairs(&[(SHOP, "ERP-1")]));
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_and_nothing_is_sent_twice() {
    let world = accepted().await;
    world.handles.erp.lose_answers(1);
    assert_eq!(post(&world).await.posted.len(), 2);
    assert_eq!((world.handles.erp.posts(), world.handles.erp.references()), (2, vec![SHOP.to_owned(), SEARCH.to_owned()]));
}

#[tokio::test]
async fn a_lost_request_is_sent_again_where_references_are_unique() {
    let world = accepted().await;
    world.handles.erp.lose_requests(2);
    assert_eq!(post(&world).await.posted.len(), 2);
    assert_eq!(world.handles.erp.posts(), 4);
}

#[tokio::test]
async fn after_three_tries_a_journal_stays_on_its_way_and_the_next_posting_looks_first() {
    let world = accepted().await;
    world.handles.erp.delay(3);
    let report = post(&world).await;
    assert_eq!((report.unknown.len(), report.posted.len()), (1, 1));
    assert_eq!(world.status(SHOP).await, JournalStatus::Sending);
    world.handles.erp.arrive();
    let sent = world.handles.erp.posts();
    assert_eq!(post(&world).await.posted.len(), 1);
    assert_eq!(world.handles.erp.posts(), sent, "it was found");
    assert_eq!(world.handles.erp.references().len(), 2);
}

#[tokio::test]
async fn without_an_answer_to_the_search_nothing_is_sent_again() {
    let world = accepted().await;
    world.handles.erp.lose_answers(1);
    world.handles.erp.lose_searches(1);
    let report = post(&world).await;
    assert_eq!((report.unknown.len(), world.handles.erp.posts()), (1, 2));
    assert_eq!(world.status(SHOP).await, JournalStatus::Sending);
    assert_eq!(post(&world).await.posted, pairs(&[(SHOP, "ERP-1")]));
    assert_eq!(world.handles.erp.posts(), 2);
}

#[tokio::test]
async fn where_references_are_not_unique_doubt_stops_at_outcome_unknown() {
    let world = accepted().await;
    world.handles.erp.set_ability(ErpAbility::SearchOnly);
    world.handles.erp.delay(1);
    let report = post(&world).await;
    assert_eq!((report.unknown.len(), report.posted.len()), (1, 1));
    assert_eq!(world.status(SHOP).await, JournalStatus::OutcomeUnknown);
    // Looked for, and never sent again.
    assert_eq!(post(&world).await.unknown.len(), 1);
    assert_eq!(world.handles.erp.posts(), 2);
    world.handles.erp.arrive();
    assert_eq!(post(&world).await.posted, pairs(&[(SHOP, "ERP-2")]));
    assert_eq!(world.handles.erp.references(), [SEARCH, SHOP]);
}

#[tokio::test]
async fn a_person_records_the_number_of_what_nobody_could_tell() {
    let world = accepted().await;
    world.handles.erp.set_ability(ErpAbility::SearchOnly);
    world.handles.erp.lose_requests(1);
    post(&world).await;
    let request = world.asks_once(CONTROLLER, "number").await;
    assert_eq!(world.tenant.record_number(&request, SHOP, " ").await.unwrap_err().kind, FailureKind::Invalid);
    let view = world.tenant.record_number(&request, SHOP, "4711").await.unwrap();
    assert_eq!((view.state.status, view.state.number.as_deref()), (JournalStatus::Posted, Some("4711")));
    assert_eq!(world.tenant.record_number(&request, SHOP, "4711").await.unwrap(), view);
    assert_eq!(world.outbox(), [] as [String; 0]);
    let other = world.tenant.record_number(&world.asks(CONTROLLER).await, SHOP, "4712").await.unwrap_err();
    assert_eq!(other.code, "other-number");
}

#[tokio::test]
async fn a_number_is_recorded_only_of_what_may_have_landed() {
    let world = accepted().await;
    let failure = world.tenant.record_number(&world.asks(CONTROLLER).await, SHOP, "4711").await.unwrap_err();
    assert_eq!(failure.code, "journal-status");
    world.handles.erp.lose_requests(3);
    post(&world).await;
    assert_eq!(world.status(SHOP).await, JournalStatus::Sending);
    let failure = world.tenant.record_number(&world.asks(CONTROLLER).await, SHOP, "4711").await.unwrap_err();
    assert_eq!(failure.code, "journal-status");
}

#[tokio::test]
async fn a_refused_journal_is_fixed_anew_by_the_next_posting() {
    let world = accepted().await;
    world.handles.erp.refuse(Some("the period is locked"));
    let report = post(&world).await;
    assert_eq!(report.refused, pairs(&[(SHOP, "the period is locked"), (SEARCH, "the period is locked")]));
    assert_eq!(world.status(SHOP).await, JournalStatus::Refused);
    assert_eq!(world.outbox().len(), 2);
    world.handles.erp.refuse(None);
    world.set("2026-02-11T08:00:00Z");
    assert_eq!(post(&world).await.posted.len(), 2);
    let body: Sent = Sent::read(&world.handles.erp.landed()[0].body).unwrap();
    assert_eq!(body.posting_date.to_string(), "2026-02-01");
}

#[tokio::test]
async fn a_journal_that_the_erp_refuses_because_it_has_it_is_posted() {
    let world = accepted().await;
    world.handles.erp.refuse(Some("the period is locked"));
    assert_eq!(post(&world).await.refused.len(), 2);
    // It kept the first one all the same, as it was then; now it says that the reference is taken.
    world.handles.erp.refuse(None);
    let kept = OutgoingJournal { tenant: world.tenant.id().to_string(), reference: SHOP.to_owned(), body: b"as it was".to_vec() };
    world.handles.erp.post(&kept).await.unwrap();
    let report = post(&world).await;
    assert_eq!((report.posted, report.refused), (pairs(&[(SHOP, "ERP-1"), (SEARCH, "ERP-2")]), vec![]));
    assert_eq!(world.handles.erp.references(), [SHOP, SEARCH]);
}

#[tokio::test]
async fn one_process_posts_at_a_time() {
    let start = accepted().await;
    let request = start.asks(CONTROLLER).await;
    let mut call = 0;
    // Let it die once it has sent the first journal.
    let world = loop {
        let world = start.fork();
        call += 1;
        world.faults.fail_at(call, crate::support::Fault::Dead);
        let _ = world.tenant.post(&request, None).await;
        world.faults.mend();
        if world.handles.erp.posts() == 1 {
            break world;
        }
    };
    let failure = world.tenant.post(&request, None).await.unwrap_err();
    assert_eq!((failure.kind, failure.code), (FailureKind::Busy, "posting"));
    assert_eq!(world.tenant.export(&request).await.unwrap_err().kind, FailureKind::Busy);
    world.wait_for_the_lease();
    world.tenant.post(&request, None).await.unwrap();
    assert_eq!(world.handles.erp.references(), [SHOP, SEARCH]);
}

/// An ERP that takes its time: before the first journal arrives, another process has taken the lease and posted.
struct Slow {
    erp: Arc<MemoryErp>,
    clock: Arc<ManualClock>,
    other: Mutex<Option<(Tenant, Request)>>,
}

#[async_trait]
impl Erp for Slow {
    fn ability(&self) -> ErpAbility {
        self.erp.ability()
    }

    async fn find(&self, tenant: &str, reference: &str) -> Result<Option<ErpReceipt>, ErpError> {
        self.erp.find(tenant, reference).await
    }

    async fn post(&self, journal: &OutgoingJournal) -> Result<ErpReceipt, ErpError> {
        let other = self.other.lock().unwrap().take();
        if let Some((tenant, request)) = other {
            self.clock.pass(chrono::TimeDelta::seconds(61));
            tenant.post(&request, None).await.unwrap();
        }
        self.erp.post(journal).await
    }
}

#[tokio::test]
async fn a_process_that_lost_the_lease_writes_nothing_more() {
    let world = accepted().await;
    world.handles.erp.set_ability(ErpAbility::SearchOnly);
    let request = world.asks(CONTROLLER).await;
    let slow = Slow {
        erp: world.handles.erp.clone(),
        clock: world.handles.clock.clone(),
        other: Mutex::new(Some((world.tenant.clone(), request.clone()))),
    };
    let mut ports = world.tenant.ports().clone();
    ports.erp = Arc::new(slow);
    let late = Tenant::new(world.tenant.id().clone(), ports);
    let failure = late.post(&request, None).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Busy);
    // The other one did not find the shop's journal, sent that of search, and leaves the first to a person.
    assert_eq!((world.status(SHOP).await, world.status(SEARCH).await), (JournalStatus::OutcomeUnknown, JournalStatus::Posted));
    assert_eq!(post(&world).await.posted, pairs(&[(SHOP, "ERP-2")]));
    assert_eq!(world.handles.erp.references(), [SEARCH, SHOP]);
}

#[tokio::test]
async fn many_entries_of_one_invoice_are_made_in_parts() {
    let world = World::new().await;
    let settings = world.tenant.settings().await.unwrap();
    let group = settings.trees.all()[0].groups().iter().find(|group| group.id == "shop").unwrap().clone();
    let periods = (1..=20).map(|month| format!("20{}-{:02}", 24 + month / 13, (month - 1) % 12 + 1));
    let corrections = periods.map(|period| true_up(&group, &period, 1_00)).collect();
    BillOf::period("2026-01").charge("shop", &[direct("Compute", "111", 9_00)]).correct("shop", corrections).put(&world).await;
    assert_eq!(world.accept("shop@nw.example", &invoice("2026-01", "shop")).await.len(), 15);
    let report = post(&world).await;
    assert_eq!(report.posted.len(), 21);
    assert_eq!(report.posted[20].0, "DAY1-000001-21");
    assert_eq!(world.tenant.build_journals().await.unwrap(), []);
}

#[tokio::test]
async fn accepted_invoices_that_lack_a_journal_get_one_first() {
    let world = World::without_calendar().await;
    BillOf::period("2026-01").charge("shop", &[direct("Compute", "111", 9_00)]).put(&world).await;
    world.accept("shop@nw.example", &invoice("2026-01", "shop")).await;
    let request = world.asks(CONTROLLER).await;
    assert_eq!(world.tenant.post(&request, None).await.unwrap_err().code, "not-configured");
    world.put(CONTROLLER, dayone_workflow::configuration::ConfigKind::Calendar, crate::support::CALENDAR).await;
    assert_eq!(post(&world).await.posted, pairs(&[(SHOP, "ERP-1")]));
}

#[tokio::test]
async fn what_cannot_be_journaled_is_reported() {
    let world = World::new().await;
    let abroad = invoice("2026-01", "abroad");
    BillOf::period("2026-01").charge("abroad", &[direct("Compute", "111", 9_00)]).put(&world).await;
    assert_eq!(world.accept("search@nw.example", &abroad).await, [] as [String; 0]);
    let report = post(&world).await;
    assert_eq!(report.not_built.len(), 1);
    assert_eq!(report.not_built[0].0, abroad);
}

#[tokio::test]
async fn a_credit_and_a_bill_that_sums_to_nought() {
    let world = World::new().await;
    BillOf::period("2026-01")
        .charge("shop", &[direct("Compute", "111", 1_00), direct("Refund", "111", -3_00)])
        .charge("search", &[direct("Compute", "111", 2_00), direct("Refund", "111", -2_00)])
        .put(&world)
        .await;
    assert_eq!(world.accept("shop@nw.example", &invoice("2026-01", "shop")).await, [SHOP]);
    assert_eq!(world.accept("search@nw.example", &invoice("2026-01", "search")).await, [] as [String; 0]);
    post(&world).await;
    let auditor = world.person("auditor@nw.example").await;
    let view = world.tenant.journal(&auditor, SHOP).await.unwrap().view;
    assert_eq!((view.turnover, view.moved), (usd(2_00), usd(-2_00)));
    assert_eq!(world.handles.erp.references(), [SHOP]);
}

#[tokio::test]
async fn a_request_to_post_that_was_done_is_not_done_again() {
    let world = accepted().await;
    let request = world.asks_once(CONTROLLER, "post").await;
    let shop = [SHOP.to_owned()];
    let first = world.tenant.post(&request, Some(&shop)).await.unwrap();
    let again = world.tenant.post(&request, Some(&shop)).await.unwrap();
    assert_eq!((again.posted, world.handles.erp.posts()), (first.posted, 1));
}

#[tokio::test]
async fn showback_never_has_a_journal() {
    let world = World::new().await;
    BillOf::period("2026-01").showback("shop").charge("shop", &[direct("Compute", "111", 9_00)]).put(&world).await;
    let shop = invoice("2026-01", "shop");
    world.tenant.acknowledge(&world.asks("shop@nw.example").await, &shop, 1).await.unwrap();
    world.dispute("shop@nw.example", &shop, &direct("Compute", "111", 1).key().id(), 1_00).await;
    let rejected = Resolution::Rejected { reason: "yours".to_owned() };
    world.tenant.resolve(&world.asks("finops@nw.example").await, &shop, 1, rejected, None).await.unwrap();
    assert_eq!(post(&world).await, PostReport::default());
    assert_eq!(world.journals().await, []);
}

/// Documents that keep no list of what a posting looked at.
struct NoLists(Arc<dyn Documents>);

#[async_trait]
impl Documents for NoLists {
    async fn put(&self, bytes: &[u8]) -> Result<Digest, Unavailable> {
        if bytes.starts_with(b"[") {
            return Err(Unavailable::new("keep a document", "the disk is full"));
        }
        self.0.put(bytes).await
    }

    async fn get(&self, digest: Digest) -> Result<Option<Vec<u8>>, Unavailable> {
        self.0.get(digest).await
    }
}

#[tokio::test]
async fn a_posting_whose_report_cannot_be_kept_keeps_nobody_waiting() {
    let world = accepted().await;
    let mut ports = world.tenant.ports().clone();
    ports.documents = Arc::new(NoLists(ports.documents));
    let full = Tenant::new(world.tenant.id().clone(), ports);
    let failure = full.post(&world.asks_once(CONTROLLER, "post").await, None).await.unwrap_err();
    assert!(failure.to_string().contains("the disk is full"), "{failure}");
    assert_eq!(post(&world).await, PostReport::default(), "both had landed, and the lease was given back");
    assert_eq!(world.handles.erp.posts(), 2);
}
