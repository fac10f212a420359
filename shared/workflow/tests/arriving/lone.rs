//! Files that no manifest names.

use dayone_domain::review::By;
use dayone_workflow::deliveries::Delivered;

use crate::{Place, work};

#[tokio::test]
async fn the_same_key_replaces_and_another_adds() {
    let place = Place::new().await;
    place.bucket.put("aws/a", "2026-01-03T00:00:00Z", "2026-01 shop 1");
    place.lands("aws/a").await.unwrap();
    assert_eq!(place.billed("aws 2026-01").await, "1");
    place.bucket.put("aws/b", "2026-01-02T00:00:00Z", "2026-01 shop 10\n2026-02 shop 5");
    let added = place.lands("aws/b").await.unwrap();
    assert_eq!(added.len(), 2);
    assert_eq!((place.billed("aws 2026-01").await.as_str(), place.billed("aws 2026-02").await.as_str()), ("11", "5"));
    place.bucket.put("aws/a", "2026-01-04T00:00:00Z", "2026-01 shop 2");
    place.lands("aws/a").await.unwrap();
    assert_eq!(place.billed("aws 2026-01").await, "12");
    // The time is that of the newest file.
    assert_eq!(place.counts().await["aws 2026-01"].newest.modified, crate::memory::at("2026-01-04T00:00:00Z"));
}

#[tokio::test]
async fn an_older_version_that_comes_late_changes_nothing() {
    let place = Place::new().await;
    place.bucket.put("aws/a", "2026-01-03T00:00:00Z", "2026-01 shop 1");
    let older = work(place.register("aws/a").await);
    place.bucket.put("aws/a", "2026-01-04T00:00:00Z", "2026-01 shop 2");
    place.lands("aws/a").await.unwrap();
    place.parse(&older[0]).await;
    assert_eq!(place.company.tenant.complete_after(&By::Policy, &older[0]).await.unwrap(), Some(Vec::new()));
    assert_eq!(place.billed("aws 2026-01").await, "2");
}

/// The newest of all is not the file that changed.
#[tokio::test]
async fn a_newer_version_counts_also_where_another_file_is_younger() {
    let place = Place::new().await;
    place.bucket.put("aws/a", "2026-01-09T00:00:00Z", "2026-01 shop 1");
    for (made, cost) in [("2026-01-03T00:00:00Z", "10"), ("2026-01-04T00:00:00Z", "20"), ("2026-01-05T00:00:00Z", "30")] {
        place.bucket.put("aws/b", made, &format!("2026-01 shop {cost}"));
        place.lands("aws/a").await.unwrap();
        place.lands("aws/b").await.unwrap();
    }
    assert_eq!(place.billed("aws 2026-01").await, "31");
}

#[tokio::test]
async fn a_period_that_a_file_has_left_loses_its_charges() {
    let place = Place::new().await;
    place.bucket.put("aws/a", "2026-01-03T00:00:00Z", "2026-01 shop 1\n2026-02 shop 2");
    place.lands("aws/a").await.unwrap();
    place.bucket.put("aws/a", "2026-01-04T00:00:00Z", "2026-02 shop 3");
    let completed = place.lands("aws/a").await.unwrap();
    assert_eq!(completed.iter().map(|period| period.outcome).collect::<Vec<_>>(), [Delivered::Newest, Delivered::Newest]);
    assert_eq!((place.billed("aws 2026-01").await.as_str(), place.billed("aws 2026-02").await.as_str()), ("0", "3"));
}

#[tokio::test]
async fn while_a_file_is_refused_its_source_waits_and_others_do_not() {
    let place = Place::new().await;
    place.bucket.put("aws/a", "2026-01-03T00:00:00Z", "2026-01 shop 1");
    place.lands("aws/a").await.unwrap();
    place.bucket.put("aws/a", "2026-01-04T00:00:00Z", "wrong");
    place.bucket.put("aws/b", "2026-01-04T00:00:00Z", "2026-01 shop 5");
    place.bucket.put("azure/a", "2026-01-04T00:00:00Z", "2026-01 shop 7");
    for key in ["aws/a", "aws/b", "azure/a"] {
        place.lands(key).await.unwrap();
    }
    assert_eq!((place.billed("aws 2026-01").await.as_str(), place.billed("azure 2026-01").await.as_str()), ("1", "7"));
    let awaited = place.awaited().await.remove(0);
    assert_eq!((awaited.source.as_str(), awaited.unread[0].key.as_str()), ("aws", "aws/a"));
    assert!(awaited.sentence().contains("`aws/a` is refused (is no charge)"), "{}", awaited.sentence());
    place.bucket.put("aws/a", "2026-01-05T00:00:00Z", "2026-01 shop 2");
    place.lands("aws/a").await.unwrap();
    assert_eq!((place.billed("aws 2026-01").await.as_str(), place.awaited().await.len()), ("7", 0));
}

#[tokio::test]
async fn a_refused_file_that_is_taken_away_is_waited_for_no_longer() {
    let place = Place::new().await;
    place.bucket.put("aws/a", "2026-01-03T00:00:00Z", "2026-01 shop 1");
    place.bucket.put("aws/typo", "2026-01-04T00:00:00Z", "wrong");
    place.lands("aws/typo").await.unwrap();
    place.lands("aws/a").await.unwrap();
    assert_eq!(place.billed("aws 2026-01").await, "nothing");
    place.bucket.take_away("aws/typo");
    place.lands("aws/typo").await.unwrap();
    place.company.tenant.complete_lone(&By::Policy, "aws").await.unwrap();
    assert_eq!((place.billed("aws 2026-01").await.as_str(), place.awaited().await.len()), ("1", 0));
}
