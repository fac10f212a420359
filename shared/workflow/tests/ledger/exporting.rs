//! Export: numbered batches that are the same whenever they are asked for.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dayone_domain::ledger::{JournalStatus, Route};
use dayone_domain::review::Resolution;
use dayone_ports::{Action, Key, Page, Record, Store, StoreError};
use dayone_workflow::{FailureKind, Request, Tenant, keys};

use super::posting::post;
use crate::memory::MemoryStore;
use crate::support::{BillOf, Fault, World, direct, invoice};
use crate::{CONTROLLER, SEARCH, SHOP, accepted};

/// The shop's second journal: what a rejected dispute held back.
const REST: &str = "DAY1-000001-02";

/// The shop's first journal is in the ledger, the rest is ready, and so is that of search.
async fn rest_is_ready() -> World {
    let world = World::new().await;
    let compute = direct("Compute", "111", 900_00);
    let bill = BillOf::period("2026-01").charge("shop", std::slice::from_ref(&compute));
    bill.charge("search", &[direct("Compute", "111", 100_00)]).put(&world).await;
    let shop = invoice("2026-01", "shop");
    world.dispute("shop@nw.example", &shop, &compute.key().id(), 400_00).await;
    world.accept("shop@nw.example", &shop).await;
    post(&world).await;
    let rejected = Resolution::Rejected { reason: "yours".to_owned() };
    world.tenant.resolve(&world.asks("finops@nw.example").await, &shop, 1, rejected, None).await.unwrap();
    world.accept("search@nw.example", &invoice("2026-01", "search")).await;
    world
}

/// A store on which the shop's first journal is reversed right before something is written to a record.
struct Reversing {
    store: Arc<MemoryStore>,
    before: Key,
    by: Mutex<Option<(Tenant, Request)>>,
}

#[async_trait]
impl Store for Reversing {
    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        self.store.get(key).await
    }

    async fn query(&self, partition: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        self.store.query(partition, prefix, after, limit).await
    }

    async fn transact(&self, actions: Vec<Action>) -> Result<(), StoreError> {
        let is_moment = actions.iter().any(|action| *action.key() == self.before);
        let by = if is_moment { self.by.lock().unwrap().take() } else { None };
        if let Some((tenant, request)) = by {
            tenant.reverse(&request, SHOP, "wrong").await.unwrap();
        }
        self.store.transact(actions).await
    }
}

/// The company on a store that reverses right before something is written to `before`.
async fn reversed_before(world: &World, before: Key) -> Tenant {
    let mut ports = world.tenant.ports().clone();
    let by = Mutex::new(Some((world.tenant.clone(), world.asks(CONTROLLER).await)));
    ports.store = Arc::new(Reversing { store: world.handles.store.clone(), before, by });
    Tenant::new(world.tenant.id().clone(), ports)
}

/// The references in the file of a batch.
async fn in_file(world: &World, batch: u64) -> Vec<String> {
    let (batch, file) = world.tenant.batch(&world.person("auditor@nw.example").await, batch).await.unwrap();
    let text = String::from_utf8(file).unwrap();
    let mut journals: Vec<String> = text.lines().skip(1).filter_map(|line| line.split(',').nth(1)).map(str::to_owned).collect();
    journals.dedup();
    assert_eq!(journals, batch.journals.iter().map(|journal| journal.reference.clone()).collect::<Vec<_>>());
    journals
}

#[tokio::test]
async fn what_a_reversal_opened_while_a_batch_is_made_does_not_leave_by_it() {
    let start = rest_is_ready().await;
    let tenant = start.tenant.id().clone();
    let of = dayone_workflow::stream::StreamId::journal;
    for (moment, before) in
        [("the batch is opened", keys::single(&tenant, keys::OPEN_BATCH)), ("the first journal is fixed", keys::head(&tenant, &of(REST)))]
    {
        let world = start.fork();
        let meddled = reversed_before(&world, before).await;
        let report = meddled.export(&world.asks_once(CONTROLLER, "export").await).await.unwrap();
        assert_eq!((report.batch, report.journals.clone()), (1, vec![SEARCH.to_owned()]), "{moment}");
        assert_eq!(report.skipped.len(), 1, "{moment}: {:?}", report.skipped);
        assert!(
            report.skipped[0].0 == REST && report.skipped[0].1.contains("opened again by a reversal"),
            "{moment}: {:?}",
            report.skipped
        );
        assert_eq!(world.status(REST).await, JournalStatus::Ready, "{moment}");
        assert_eq!(in_file(&world, 1).await, [SEARCH], "{moment}");
        assert_eq!(meddled.export(&world.asks_once(CONTROLLER, "export").await).await.unwrap(), report, "{moment}: asked again");
    }
}

#[tokio::test]
async fn what_is_fixed_leaves_by_its_batch_although_a_reversal_comes_before_it_is_closed() {
    let world = rest_is_ready().await;
    let meddled = reversed_before(&world, Key::new(keys::batches(world.tenant.id()), "000001")).await;
    let report = meddled.export(&world.asks(CONTROLLER).await).await.unwrap();
    assert_eq!((report.journals, report.skipped), (vec![REST.to_owned(), SEARCH.to_owned()], vec![]));
    assert_eq!(in_file(&world, 1).await, [REST, SEARCH]);
}

#[tokio::test]
async fn a_batch_of_which_nothing_may_go_any_more_is_closed_empty_and_keeps_its_number() {
    let world = rest_is_ready().await;
    let lead = world.asks_once("lead@nw.example", "export").await;
    // All but the shop's rest has left.
    world.tenant.post(&world.asks(CONTROLLER).await, Some(&[SEARCH.to_owned()])).await.unwrap();
    let meddled = reversed_before(&world, keys::single(world.tenant.id(), keys::OPEN_BATCH)).await;
    let report = meddled.export(&lead).await.unwrap();
    assert_eq!((report.batch, report.journals.len(), report.skipped.len()), (1, 0, 1));
    assert_eq!(in_file(&world, 1).await, [] as [&str; 0]);
    assert_eq!(world.tenant.export(&world.asks(CONTROLLER).await).await.unwrap().batch, 2, "the reversal goes by the next");
}

#[tokio::test]
async fn an_open_batch_that_was_left_behind_before_a_reversal_holds_what_may_go_after_it() {
    let start = rest_is_ready().await;
    let request = start.asks_once(CONTROLLER, "export").await;
    let (mut held, mut left) = (0, 0);
    for call in 1.. {
        let world = start.fork();
        world.faults.fail_at(call, Fault::Dead);
        let _ = world.tenant.export(&request).await;
        if !world.faults.mend() {
            break;
        }
        let was_fixed = world.status(REST).await == JournalStatus::HandedOver;
        world.tenant.reverse(&request_of(&request), SHOP, "wrong").await.unwrap();
        world.wait_for_the_lease();
        let Ok(report) = world.tenant.export(&request).await else { panic!("call {call} is not recovered") };
        let file = in_file(&world, report.batch).await;
        assert_eq!(file.contains(&REST.to_owned()), was_fixed, "call {call}: {file:?}");
        assert_eq!(world.status(REST).await == JournalStatus::HandedOver, was_fixed, "call {call}");
        assert_eq!(in_file(&world, report.batch).await, file);
        if was_fixed { left += 1 } else { held += 1 }
    }
    assert!(held > 10 && left > 2, "{held} {left}");
}

/// The same person's request without a key.
fn request_of(request: &Request) -> Request {
    Request::of(request.actor.clone())
}

#[tokio::test]
async fn an_export_hands_everything_that_is_ready_over_in_one_batch() {
    let world = accepted().await;
    let report = world.tenant.export(&world.asks(CONTROLLER).await).await.unwrap();
    assert_eq!((report.batch, report.journals.clone()), (1, vec![SHOP.to_owned(), SEARCH.to_owned()]));
    for reference in [SHOP, SEARCH] {
        assert_eq!(world.status(reference).await, JournalStatus::HandedOver);
    }
    assert_eq!(world.outbox().len(), 2, "they have not landed");
    let auditor = world.person("auditor@nw.example").await;
    let (batch, file) = world.tenant.batch(&auditor, 1).await.unwrap();
    let text = String::from_utf8(file.clone()).unwrap();
    let mut journals: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    journals.dedup();
    assert_eq!(journals, [SHOP, SEARCH], "{text}");
    assert_eq!((batch.number, batch.file), (1, report.document));
    assert_eq!(batch.exported_by.mail(), Some(CONTROLLER));
    world.set("2027-01-01T00:00:00Z");
    assert_eq!(world.tenant.batch(&auditor, 1).await.unwrap().1, file, "the same bytes again");
    let frozen = world.tenant.journal(&auditor, SHOP).await.unwrap().state.frozen.unwrap();
    assert_eq!(frozen.route, Route::Export { batch: 1 });
    assert_eq!(frozen.body, batch.journals[0].body.to_string());
    assert_eq!(world.tenant.batches(&auditor).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_was_exported_is_not_posted_until_its_number_is_recorded() {
    let world = accepted().await;
    let request = world.asks(CONTROLLER).await;
    world.tenant.export(&request).await.unwrap();
    let report = post(&world).await;
    assert_eq!(report.skipped.len(), 2);
    assert!(report.skipped[0].1.contains("batch 1"), "{report:?}");
    assert_eq!(world.handles.erp.posts(), 0);
    world.tenant.record_number(&request, SHOP, "4711").await.unwrap();
    assert_eq!((world.status(SHOP).await, world.outbox()), (JournalStatus::Posted, vec![SEARCH.to_owned()]));
}

#[tokio::test]
async fn with_nothing_ready_nothing_is_exported() {
    let world = accepted().await;
    post(&world).await;
    let failure = world.tenant.export(&world.asks(CONTROLLER).await).await.unwrap_err();
    assert_eq!((failure.kind, failure.code), (FailureKind::Refused, "nothing-to-export"));
    let auditor = world.person("auditor@nw.example").await;
    assert_eq!(world.tenant.batch(&auditor, 1).await.unwrap_err().kind, FailureKind::NotFound);
    let owner = world.person("shop@nw.example").await;
    assert_eq!(world.tenant.batch(&owner, 1).await.unwrap_err().kind, FailureKind::Forbidden);
}

#[tokio::test]
async fn batches_are_numbered_without_a_gap() {
    let world = accepted().await;
    let request = world.asks(CONTROLLER).await;
    assert_eq!(world.tenant.export(&request).await.unwrap().batch, 1);
    assert!(world.tenant.export(&request).await.is_err());
    BillOf::period("2026-02").run(2).charge("shop", &[direct("Compute", "111", 5_00)]).put(&world).await;
    world.accept("shop@nw.example", &invoice("2026-02", "shop")).await;
    let second = world.tenant.export(&request).await.unwrap();
    assert_eq!((second.batch, second.journals), (2, vec!["DAY1-000003-01".to_owned()]));
}

#[tokio::test]
async fn an_export_that_was_done_is_answered_with_its_batch() {
    let world = accepted().await;
    let request = world.asks_once(CONTROLLER, "export").await;
    let first = world.tenant.export(&request).await.unwrap();
    assert_eq!(world.tenant.export(&request).await.unwrap(), first);
}

#[tokio::test]
async fn a_batch_of_many_journals_is_fixed_in_parts() {
    let world = crate::support::World::new().await;
    let mut references = Vec::new();
    for number in 1..=60 {
        let period = format!("20{:02}-{:02}", 26 + (number - 1) / 12, (number - 1) % 12 + 1);
        BillOf::period(&period).run(number).charge("search", &[direct("Compute", "111", 1_00)]).put(&world).await;
        references.extend(world.accept("search@nw.example", &invoice(&period, "search")).await);
    }
    let report = world.tenant.export(&world.asks(CONTROLLER).await).await.unwrap();
    assert_eq!(report.journals, references);
    assert!(world.journals().await.iter().all(|(_, status)| *status == JournalStatus::HandedOver));
}

#[tokio::test]
async fn nothing_is_recorded_of_a_journal_while_its_batch_is_being_made() {
    let start = rest_is_ready().await;
    let request = start.asks_once(CONTROLLER, "export").await;
    let mut met = 0;
    for call in 1.. {
        let world = start.fork();
        world.faults.fail_at(call, Fault::Dead);
        let _ = world.tenant.export(&request).await;
        if !world.faults.mend() {
            break;
        }
        let is_closed = !world.tenant.batches(&world.person("auditor@nw.example").await).await.unwrap().is_empty();
        if is_closed || world.status(SEARCH).await != JournalStatus::HandedOver {
            continue;
        }
        met += 1;
        let by = request_of(&request);
        for refused in
            [world.tenant.record_missing(&by, SEARCH, "it is not there").await, world.tenant.record_number(&by, SEARCH, "4711").await]
        {
            let failure = refused.unwrap_err();
            assert_eq!((failure.kind, failure.code), (FailureKind::Refused, "batch-open"), "call {call}: {failure}");
        }
        world.wait_for_the_lease();
        assert_eq!(world.tenant.export(&request).await.unwrap().journals, [REST, SEARCH], "call {call}");
        world.tenant.record_missing(&by, SEARCH, "the import failed").await.unwrap();
        world.tenant.record_number(&by, REST, "4711").await.unwrap();
        assert_eq!(post(&world).await.posted.len(), 1, "call {call}");
    }
    assert!(met > 2, "{met}");
}

#[tokio::test]
async fn a_journal_that_a_later_batch_holds_is_recorded_once_that_is_closed() {
    let world = rest_is_ready().await;
    let by = world.asks(CONTROLLER).await;
    world.tenant.export(&by).await.unwrap();
    world.tenant.record_missing(&by, SEARCH, "the import failed").await.unwrap();
    assert_eq!(world.tenant.export(&by).await.unwrap().journals, [SEARCH]);
    world.tenant.record_number(&by, SEARCH, "4711").await.unwrap();
    assert_eq!(world.status(SEARCH).await, JournalStatus::Posted);
}
