//! Deliveries that a manifest announces.

use std::sync::atomic::Ordering;

use dayone_domain::review::By;
use dayone_workflow::configuration::ConfigKind;
use dayone_workflow::deliveries::{Delivered, FileState, Registered, Trouble};

use crate::bucket::Bucket;
use crate::{Place, work};

const MANIFEST: &str = "aws/cur/2026-01.manifest";
const NAMES_TWO: &str = "cur 2026-01\naws/cur/named/a\naws/cur/named/b";

/// A complete delivery of one file.
async fn delivered(place: &Place, cost: &str) {
    place.bucket.put("aws/cur/named/before", "2026-01-02T00:00:00Z", &format!("2026-01 shop {cost}"));
    place.bucket.put("aws/cur/before.manifest", "2026-01-02T00:00:00Z", "cur 2026-01\naws/cur/named/before");
    place.lands("aws/cur/before.manifest").await.unwrap();
}

#[tokio::test]
async fn a_delivery_counts_once_every_file_of_its_manifest_is_read() {
    let place = Place::new().await;
    delivered(&place, "1").await;
    place.bucket.put("aws/cur/named/a", "2026-01-03T00:00:00Z", "2026-01 shop 2.5");
    place.bucket.put("aws/cur/named/b", "2026-01-03T00:00:00Z", "2026-01 search 3.25");
    place.bucket.put("aws/cur/named/of-nobody", "2026-01-03T00:00:00Z", "2026-01 shop 100");
    place.bucket.put(MANIFEST, "2026-01-04T00:00:00Z", NAMES_TWO);
    let works = work(place.register(MANIFEST).await);
    assert_eq!(works.len(), 2);
    place.parse(&works[1]).await;
    assert_eq!(place.company.tenant.complete_after(&By::Policy, &works[1]).await.unwrap(), None);
    assert_eq!(place.billed("aws 2026-01").await, "1");
    assert_eq!(place.awaited().await[0].unread[0].trouble, Trouble::ToRead);
    place.parse(&works[0]).await;
    let completed = place.company.tenant.complete_after(&By::Policy, &works[0]).await.unwrap().unwrap();
    assert_eq!((completed[0].outcome, completed[0].files, completed[0].charges), (Delivered::Newest, 2, 2));
    assert_eq!(place.billed("aws 2026-01").await, "5.75");
    assert_eq!(place.awaited().await, []);
    // The time of a delivery is its manifest's.
    assert_eq!(place.counts().await["aws 2026-01"].newest.modified, crate::memory::at("2026-01-04T00:00:00Z"));
}

#[tokio::test]
async fn a_file_that_no_manifest_names_counts_for_nothing_where_manifests_are_written() {
    let place = Place::new().await;
    place.bucket.put("aws/cur/named/a", "2026-01-03T00:00:00Z", "2026-01 shop 2.5");
    place.bucket.put("aws/cur/readme.txt", "2026-01-03T00:00:00Z", "hello");
    for key in ["aws/cur/named/a", "aws/cur/readme.txt"] {
        assert_eq!(place.register(key).await, Registered::Nothing);
    }
    assert_eq!((place.counts().await.len(), place.awaited().await.len()), (0, 0));
}

#[tokio::test]
async fn a_file_that_never_came_is_named_and_is_late_after_the_stated_time() {
    let place = Place::new().await;
    delivered(&place, "1").await;
    place.bucket.put("aws/cur/named/a", "2026-01-03T00:00:00Z", "2026-01 shop 2.5");
    place.bucket.put(MANIFEST, "2026-01-04T00:00:00Z", NAMES_TWO);
    assert_eq!(place.lands(MANIFEST).await.unwrap(), []);
    let awaited = place.awaited().await.remove(0);
    assert_eq!((awaited.files, awaited.read, awaited.unread.len(), awaited.is_late), (2, 1, 1, false));
    assert_eq!((awaited.unread[0].key.as_str(), &awaited.unread[0].trouble), ("aws/cur/named/b", &Trouble::Missing));
    assert!(awaited.sentence().contains("waits for 1 of 2 files: `aws/cur/named/b` has not come."), "{}", awaited.sentence());
    assert_eq!(place.billed("aws 2026-01").await, "1");
    place.company.set("2026-01-10T13:59:59Z");
    assert!(!place.awaited().await[0].is_late);
    place.company.set("2026-01-10T14:00:00Z");
    assert!(place.awaited().await[0].is_late);
    let controller = place.company.person("controller@nw.example").await;
    place.company.put(controller, ConfigKind::Policy, "late_after_hours: 7\n").await.unwrap();
    assert!(!place.awaited().await[0].is_late);
    // It comes.
    place.bucket.put("aws/cur/named/b", "2026-01-10T14:00:00Z", "2026-01 shop 3");
    let completed = place.lands("aws/cur/named/b").await.unwrap();
    assert_eq!(completed[0].outcome, Delivered::Newest);
    assert_eq!((place.billed("aws 2026-01").await.as_str(), place.awaited().await.len()), ("5.5", 0));
}

#[tokio::test]
async fn a_file_of_another_etag_than_the_manifest_says_is_not_read() {
    let place = Place::new().await;
    let good = Bucket::default().put("x", "2026-01-03T00:00:00Z", "2026-01 shop 3");
    place.bucket.put("aws/cur/named/a", "2026-01-03T00:00:00Z", "2026-01 shop 2.5");
    place.bucket.put(MANIFEST, "2026-01-04T00:00:00Z", &format!("cur 2026-01\naws/cur/named/a {}", good.etag));
    assert_eq!(work(place.register(MANIFEST).await), []);
    assert_eq!(place.awaited().await[0].unread[0].trouble, Trouble::Differs);
    place.bucket.put("aws/cur/named/a", "2026-01-05T00:00:00Z", "2026-01 shop 3");
    place.lands("aws/cur/named/a").await.unwrap();
    assert_eq!(place.billed("aws 2026-01").await, "3");
}

#[tokio::test]
async fn a_file_is_read_as_it_was_pinned() {
    let place = Place::new().await;
    place.bucket.put("aws/cur/named/a", "2026-01-03T00:00:00Z", "2026-01 shop 2");
    place.bucket.put(MANIFEST, "2026-01-04T00:00:00Z", "cur 2026-01\naws/cur/named/a");
    let works = work(place.register(MANIFEST).await);
    place.bucket.put("aws/cur/named/a", "2026-01-05T00:00:00Z", "2026-01 shop 9");
    place.parse(&works[0]).await;
    place.company.tenant.complete_after(&By::Policy, &works[0]).await.unwrap();
    assert_eq!(place.billed("aws 2026-01").await, "2");
    // What was written since counts with the next manifest.
    let Registered::Known { changed_since, .. } = place.register(MANIFEST).await else { panic!("not known") };
    assert_eq!(changed_since, ["aws/cur/named/a"]);
}

#[tokio::test]
async fn a_pinned_version_that_is_gone_shows_and_the_next_manifest_goes_on() {
    let mut place = Place::new().await;
    place.bucket.forgets = true;
    place.bucket.put("aws/cur/named/a", "2026-01-03T00:00:00Z", "2026-01 shop 2");
    place.bucket.put(MANIFEST, "2026-01-04T00:00:00Z", "cur 2026-01\naws/cur/named/a");
    let works = work(place.register(MANIFEST).await);
    place.bucket.put("aws/cur/named/a", "2026-01-05T00:00:00Z", "2026-01 shop 9");
    assert!(matches!(place.parse(&works[0]).await, FileState::Changed { .. }));
    assert_eq!(place.company.tenant.complete_after(&By::Policy, &works[0]).await.unwrap(), None);
    assert_eq!(place.awaited().await[0].unread[0].trouble, Trouble::Changed);
    place.bucket.put(MANIFEST, "2026-01-05T00:01:00Z", "cur 2026-01\naws/cur/named/a");
    place.lands(MANIFEST).await.unwrap();
    assert_eq!((place.billed("aws 2026-01").await.as_str(), place.awaited().await.len()), ("9", 0));
}

#[tokio::test]
async fn a_refused_file_keeps_the_last_good_state_and_a_mended_one_goes_on() {
    let place = Place::new().await;
    delivered(&place, "1").await;
    place.bucket.put("aws/cur/named/a", "2026-01-03T00:00:00Z", "2026-01 shop 2");
    place.bucket.put("aws/cur/named/b", "2026-01-03T00:00:00Z", "2026-01 shop 2\nwrong");
    place.bucket.put(MANIFEST, "2026-01-04T00:00:00Z", NAMES_TWO);
    assert_eq!(place.lands(MANIFEST).await.unwrap(), []);
    let awaited = place.awaited().await.remove(0);
    let Trouble::Refused { refusal } = &awaited.unread[0].trouble else { panic!("{awaited:?}") };
    assert_eq!((refusal.row, refusal.what_to_do.as_str()), (Some(2), "export it again"));
    assert!(awaited.sentence().contains("`aws/cur/named/b` is refused (is no charge)"), "{}", awaited.sentence());
    // The same once more is not read again.
    let read = place.texts.read.load(Ordering::Relaxed);
    assert_eq!(place.lands(MANIFEST).await.unwrap(), []);
    assert_eq!((place.texts.read.load(Ordering::Relaxed), place.billed("aws 2026-01").await.as_str()), (read, "1"));
    place.bucket.put("aws/cur/named/b", "2026-01-05T00:00:00Z", "2026-01 shop 4");
    place.lands("aws/cur/named/b").await.unwrap();
    assert_eq!((place.billed("aws 2026-01").await.as_str(), place.awaited().await.len()), ("6", 0));
}

#[tokio::test]
async fn an_older_manifest_that_is_complete_late_is_kept_and_does_not_count() {
    let place = Place::new().await;
    place.bucket.put("aws/cur/named/1/a", "2026-01-03T00:00:00Z", "2026-01 shop 1");
    place.bucket.put("aws/cur/1.manifest", "2026-01-03T00:00:00Z", "cur 2026-01\naws/cur/named/1/a\naws/cur/named/1/b");
    place.lands("aws/cur/1.manifest").await.unwrap();
    place.bucket.put("aws/cur/named/2/a", "2026-01-04T00:00:00Z", "2026-01 shop 2");
    place.bucket.put("aws/cur/2.manifest", "2026-01-04T00:00:00Z", "cur 2026-01\naws/cur/named/2/a");
    place.lands("aws/cur/2.manifest").await.unwrap();
    assert_eq!((place.billed("aws 2026-01").await.as_str(), place.awaited().await.len()), ("2", 0));
    place.bucket.put("aws/cur/named/1/b", "2026-01-05T00:00:00Z", "2026-01 shop 1");
    let late = place.lands("aws/cur/1.manifest").await.unwrap();
    assert_eq!((late[0].outcome, place.billed("aws 2026-01").await.as_str()), (Delivered::Older, "2"));
    assert_eq!(place.counts().await["aws 2026-01"].deliveries, 2);
}

#[tokio::test]
async fn of_manifests_of_one_moment_the_key_decides_then_the_version() {
    for turned in [false, true] {
        let place = Place::new().await;
        let mut keys = ["aws/cur/1.manifest", "aws/cur/2.manifest"];
        for (key, cost) in keys.into_iter().zip(["1", "2"]) {
            let file = format!("aws/cur/named/{cost}");
            place.bucket.put(&file, "2026-01-03T00:00:00Z", &format!("2026-01 shop {cost}"));
            place.bucket.put(key, "2026-01-03T00:00:00Z", &format!("cur 2026-01\n{file}"));
        }
        if turned {
            keys.reverse();
        }
        for key in keys {
            place.lands(key).await.unwrap();
        }
        assert_eq!(place.billed("aws 2026-01").await, "2", "turned: {turned}");
    }
}

#[tokio::test]
async fn charges_of_another_period_make_a_part_of_their_own_and_never_replace_what_its_manifest_names() {
    let place = Place::new().await;
    place.bucket.put("aws/cur/named/a", "2026-02-03T00:00:00Z", "2026-02 shop 2\n2026-01 shop 0.5");
    place.bucket.put("aws/cur/2026-02.manifest", "2026-02-03T00:00:00Z", "cur 2026-02\naws/cur/named/a");
    let completed = place.lands("aws/cur/2026-02.manifest").await.unwrap();
    assert_eq!(completed.len(), 2);
    assert_eq!((place.billed("aws 2026-01").await.as_str(), place.billed("aws 2026-02").await.as_str()), ("0.5", "2"));
    delivered(&place, "7").await;
    assert_eq!(place.billed("aws 2026-01").await, "7", "written before, and its own");
    place.bucket.put("aws/cur/2026-02.manifest", "2026-02-04T00:00:00Z", "cur 2026-02\naws/cur/named/a");
    place.bucket.put("aws/cur/named/a", "2026-02-04T00:00:00Z", "2026-02 shop 3\n2026-01 shop 0.75");
    place.lands("aws/cur/2026-02.manifest").await.unwrap();
    assert_eq!((place.billed("aws 2026-01").await.as_str(), place.billed("aws 2026-02").await.as_str()), ("7", "3"));
}

#[tokio::test]
async fn a_refresh_without_charges_empties_its_period() {
    let place = Place::new().await;
    delivered(&place, "7").await;
    place.bucket.put("aws/cur/named/a", "2026-01-05T00:00:00Z", "");
    place.bucket.put(MANIFEST, "2026-01-05T00:00:00Z", "cur 2026-01\naws/cur/named/a");
    place.lands(MANIFEST).await.unwrap();
    assert_eq!(place.billed("aws 2026-01").await, "0");
}

#[tokio::test]
async fn a_manifest_that_cannot_be_read_shows_until_a_newer_one_comes() {
    let place = Place::new().await;
    place.bucket.put(MANIFEST, "2026-01-04T00:00:00Z", "");
    let Registered::Refused(refusal) = place.register(MANIFEST).await else { panic!("not refused") };
    assert_eq!(refusal.reason, "is no manifest");
    let awaited = place.awaited().await;
    assert_eq!((awaited.len(), awaited[0].refused.as_ref()), (1, Some(&refusal)));
    assert!(matches!(place.register(MANIFEST).await, Registered::Refused(_)));
    place.bucket.put("aws/cur/named/a", "2026-01-05T00:00:00Z", "2026-01 shop 1");
    place.bucket.put(MANIFEST, "2026-01-05T00:00:00Z", "cur 2026-01\naws/cur/named/a");
    place.lands(MANIFEST).await.unwrap();
    assert_eq!((place.billed("aws 2026-01").await.as_str(), place.awaited().await.len()), ("1", 0));
}

#[tokio::test]
async fn what_a_source_may_not_hold_is_refused_and_shows_until_the_source_may() {
    for by_issue in [false, true] {
        let place = Place::new().await;
        place.bucket.put("aws/cur/named/a", "2025-12-05T00:00:00Z", "2025-12 shop 1");
        place.bucket.put(MANIFEST, "2026-01-05T00:00:00Z", "cur 2025-12\naws/cur/named/a");
        let failure = place.lands(MANIFEST).await.unwrap_err();
        assert_eq!(failure.code, "not-of-this-source");
        let awaited = place.awaited().await.remove(0);
        assert_eq!(awaited.read, 1);
        assert!(awaited.refused.unwrap().reason.contains("not expected for 2025-12"));
        let controller = place.company.person("controller@nw.example").await;
        let sources = crate::company::SOURCES.replace("from: 2026-01", "from: 2025-12");
        place.company.put(controller, ConfigKind::Sources, &sources).await.unwrap();
        let Registered::Awaited { announcement: Some(id), work } = place.register(MANIFEST).await else { panic!("not awaited") };
        assert_eq!(work, []);
        if by_issue {
            place.company.tenant.issue(&By::Policy, None).await.unwrap();
        } else {
            place.company.tenant.complete_delivery(&By::Policy, id).await.unwrap().unwrap();
        }
        assert_eq!((place.billed("aws 2025-12").await.as_str(), place.awaited().await.len()), ("1", 0));
    }
}

#[tokio::test]
async fn an_object_under_no_prefix_is_refused() {
    let place = Place::new().await;
    place.bucket.put("nobody/a.manifest", "2026-01-05T00:00:00Z", "cur 2025-12\nnobody/a");
    let failure = place.company.tenant.register(&place.arriving(), None, "nobody/a.manifest").await.unwrap_err();
    assert_eq!(failure.code, "unknown-source");
    assert!(failure.message.contains("`nobody/a.manifest`") && failure.message.contains("config put sources"), "{failure}");
}
