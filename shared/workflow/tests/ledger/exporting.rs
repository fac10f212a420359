//! Export: numbered batches that are the same whenever they are asked for.

use dayone_domain::ledger::{JournalStatus, Route};
use dayone_workflow::FailureKind;

use super::posting::post;
use crate::support::{BillOf, direct, invoice};
use crate::{CONTROLLER, SEARCH, SHOP, accepted};

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
