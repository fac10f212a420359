//! A crash anywhere in posting or exporting: started again, every journal is in the ledger once, or in one batch.

use std::collections::BTreeSet;

use dayone_domain::ledger::{JournalStatus, Route};
use dayone_domain::people::{Person, Role};
use dayone_domain::review::{Actor, SignIn};
use dayone_ports::ErpAbility;
use dayone_workflow::{Failure, FailureKind, Request};

use crate::support::{Fault, World};
use crate::{CONTROLLER, SEARCH, SHOP, accepted};

/// Lets `work` meet every fault of every call of the store and gives each world, mended, to `check`.
async fn crash_everywhere(
    start: &World,
    prepare: impl Fn(&World),
    work: impl AsyncFn(&World) -> Result<(), Failure>,
    check: impl AsyncFn(&World),
) {
    let mut faults = 0;
    for fault in Fault::ALL {
        for call in 1.. {
            let world = start.fork();
            prepare(&world);
            world.faults.fail_at(call, fault);
            let _ = work(&world).await;
            if !world.faults.mend() {
                break;
            }
            faults += 1;
            world.wait_for_the_lease();
            check(&world).await;
        }
    }
    assert!(faults > 100, "{faults}");
}

/// A controller's request, made without the store.
fn controller() -> Request {
    let person = Person { mail: CONTROLLER.to_owned(), name: "Cora".to_owned(), roles: [Role::Controller].into(), accepts_up_to: None };
    Request::of(Actor { person, owns: BTreeSet::new(), signed_in: SignIn::Password })
}

async fn post(world: &World) -> Result<(), Failure> {
    world.tenant.post(&controller(), None).await.map(drop)
}

async fn both_are_posted_once(world: &World) {
    let mut references = world.handles.erp.references();
    references.sort();
    assert_eq!(references, [SHOP, SEARCH]);
    assert_eq!(world.journals().await, [(SHOP.to_owned(), JournalStatus::Posted), (SEARCH.to_owned(), JournalStatus::Posted)]);
    assert_eq!(world.outbox(), [] as [String; 0]);
}

#[tokio::test]
async fn every_journal_is_posted_once_whatever_happens() {
    let start = accepted().await;
    crash_everywhere(
        &start,
        |_| {},
        post,
        async |world| {
            post(world).await.unwrap();
            both_are_posted_once(world).await;
        },
    )
    .await;
}

#[tokio::test]
async fn every_journal_is_posted_once_with_lost_answers_too() {
    let start = accepted().await;
    let lose = |world: &World| {
        world.handles.erp.lose_answers(1);
        world.handles.erp.lose_searches(1);
    };
    crash_everywhere(&start, lose, post, async |world| {
        post(world).await.unwrap();
        // What the second posting could not look up, the third finds.
        post(world).await.unwrap();
        both_are_posted_once(world).await;
    })
    .await;
}

#[tokio::test]
async fn without_unique_references_nothing_is_sent_twice() {
    let start = accepted().await;
    let prepare = |world: &World| {
        world.handles.erp.set_ability(ErpAbility::SearchOnly);
        world.handles.erp.lose_answers(1);
    };
    crash_everywhere(&start, prepare, post, async |world| {
        post(world).await.unwrap();
        let landed = world.handles.erp.references();
        for (reference, status) in world.journals().await {
            let copies = landed.iter().filter(|known| **known == reference).count();
            let expected = if status == JournalStatus::Posted { 1 } else { 0 };
            assert!(matches!(status, JournalStatus::Posted | JournalStatus::OutcomeUnknown), "{reference} {status:?}");
            assert_eq!(copies, expected, "{reference} {status:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_export_that_was_begun_is_finished_by_the_next_posting() {
    let start = accepted().await;
    let request = start.asks_once(CONTROLLER, "export").await;
    let export = async |world: &World| world.tenant.export(&request).await.map(drop);
    crash_everywhere(
        &start,
        |_| {},
        export,
        async |world| {
            post(world).await.unwrap();
            let statuses: Vec<JournalStatus> = world.journals().await.into_iter().map(|(_, status)| status).collect();
            let auditor = world.person("auditor@nw.example").await;
            if statuses == [JournalStatus::Posted; 2] {
                // It had not begun: both left by call, and there is no batch.
                assert_eq!(world.handles.erp.references(), [SHOP, SEARCH]);
                assert_eq!(world.tenant.batches(&auditor).await.unwrap(), []);
            } else {
                assert_eq!(statuses, [JournalStatus::HandedOver; 2]);
                assert_eq!(world.handles.erp.posts(), 0);
                assert_eq!(world.tenant.batch(&auditor, 1).await.unwrap().0.journals.len(), 2);
            }
        },
    )
    .await;
}

#[tokio::test]
async fn an_export_that_is_asked_for_again_makes_one_batch() {
    let start = accepted().await;
    let request = start.asks_once(CONTROLLER, "export").await;
    let export = async |world: &World| world.tenant.export(&request).await.map(drop);
    crash_everywhere(
        &start,
        |_| {},
        export,
        async |world| {
            let report = world.tenant.export(&request).await.unwrap();
            assert_eq!((report.batch, report.journals.len()), (1, 2));
            let auditor = world.person("auditor@nw.example").await;
            assert_eq!(world.tenant.batches(&auditor).await.unwrap().len(), 1);
            for reference in [SHOP, SEARCH] {
                let frozen = world.tenant.journal(&auditor, reference).await.unwrap().state.frozen.unwrap();
                assert_eq!(frozen.route, Route::Export { batch: 1 });
            }
            let nothing = world.tenant.export(&world.asks(CONTROLLER).await).await.unwrap_err();
            assert_eq!((nothing.kind, nothing.code), (FailureKind::Refused, "nothing-to-export"));
        },
    )
    .await;
}

#[tokio::test]
async fn a_reversal_lands_once_with_what_it_reverses() {
    let start = accepted().await;
    let start_erp = start.fork();
    post(&start_erp).await.unwrap();
    let request = start_erp.asks_once(CONTROLLER, "reverse").await;
    let work = async |world: &World| {
        world.tenant.reverse(&request, SHOP, "wrong").await?;
        post(world).await
    };
    crash_everywhere(
        &start_erp,
        |_| {},
        work,
        async |world| {
            let mut tries = 0;
            while let Err(failure) = work(world).await {
                assert!(failure.kind == FailureKind::Busy && tries < 3, "{failure}");
                tries += 1;
            }
            assert_eq!(world.handles.erp.references(), ["DAY1-000001-02"], "the others landed in the books before");
            assert_eq!(world.status(SHOP).await, JournalStatus::Reversed);
            assert_eq!(world.status("DAY1-000001-02").await, JournalStatus::Posted);
            assert_eq!(world.journals().await.len(), 3);
        },
    )
    .await;
}
