//! What is delivered again: by another reader, by a manifest of the same bytes, in place of what is awaited.

use std::sync::atomic::Ordering;

use dayone_domain::review::By;
use dayone_workflow::configuration::ConfigKind;
use dayone_workflow::deliveries::{Delivered, Registered, Trouble};

use crate::Place;

const MANIFEST: &str = "aws/cur/2026-01.manifest";
const NAMES_ONE: &str = "cur 2026-01\naws/cur/named/a";

#[tokio::test]
async fn what_was_read_wrong_is_read_anew_by_the_next_revision_of_the_reader() {
    let place = Place::new().await;
    place.bucket.put("aws/cur/named/a", "2026-01-03T00:00:00Z", "2026-01 shop 2");
    place.bucket.put(MANIFEST, "2026-01-04T00:00:00Z", NAMES_ONE);
    place.bucket.put("azure/a", "2026-01-03T00:00:00Z", "2026-01 shop 3");
    let billed = async || (place.billed("aws 2026-01").await, place.billed("azure 2026-01").await);
    let read = async |misreads: bool, revision: u32| {
        place.texts.misreads.store(misreads, Ordering::Relaxed);
        place.texts.revision.store(revision, Ordering::Relaxed);
        let both = [place.lands(MANIFEST).await.unwrap(), place.lands("azure/a").await.unwrap()];
        both.map(|completed| completed.first().map(|completed| completed.outcome))
    };
    assert_eq!(read(true, 0).await, [Some(Delivered::Newest); 2]);
    assert_eq!(billed().await, ("0".to_owned(), "0".to_owned()));
    assert_eq!(read(false, 0).await, [None; 2], "what was read is not read again");
    assert_eq!(read(false, 1).await, [Some(Delivered::Newest); 2]);
    assert_eq!(billed().await, ("2".to_owned(), "3".to_owned()));
    assert_eq!(read(false, 1).await, [None; 2]);
    assert_eq!(read(false, 2).await, [Some(Delivered::Known), None], "read to the same");
    assert_eq!(place.awaited().await, []);
}

#[tokio::test]
async fn without_versions_a_manifest_of_the_same_bytes_is_another_refresh_when_it_was_written_again() {
    let mut place = Place::new().await;
    (place.bucket.is_unversioned, place.bucket.forgets) = (true, true);
    for (time, cost) in [("2026-01-03T00:00:00Z", "2"), ("2026-01-04T00:00:00Z", "9")] {
        place.bucket.put("aws/cur/named/a", time, &format!("2026-01 shop {cost}"));
        place.bucket.put(MANIFEST, time, NAMES_ONE);
        place.lands(MANIFEST).await.unwrap();
        assert_eq!(place.billed("aws 2026-01").await, cost);
        assert!(matches!(place.register(MANIFEST).await, Registered::Known { .. }), "the same event again");
    }
}

#[tokio::test]
async fn a_delivery_of_several_periods_is_taken_whole_or_not_at_all() {
    let place = Place::new().await;
    let controller = place.company.person("controller@nw.example").await;
    let sources = crate::company::SOURCES.replacen("from: 2026-01", "from: 2026-01, until: 2026-01", 1);
    place.company.put(controller, ConfigKind::Sources, &sources).await.unwrap();
    place.bucket.put("aws/cur/named/a", "2026-02-03T00:00:00Z", "2026-01 shop 1\n2026-02 shop 2");
    place.bucket.put(MANIFEST, "2026-02-03T00:00:00Z", "cur -\naws/cur/named/a");
    let failure = place.lands(MANIFEST).await.unwrap_err();
    assert!(failure.message.contains("not expected for 2026-02"), "{failure}");
    assert_eq!(place.counts().await.len(), 0);
}

#[tokio::test]
async fn a_refused_manifest_takes_the_place_of_nothing_but_refused_ones_of_its_key() {
    let place = Place::new().await;
    let awaited = async || -> Vec<(String, bool)> {
        let awaited = place.awaited().await.into_iter();
        awaited.map(|awaited| (awaited.manifest.unwrap(), awaited.refused.is_some())).collect()
    };
    place.bucket.put(MANIFEST, "2026-01-03T00:00:00Z", NAMES_ONE);
    place.lands(MANIFEST).await.unwrap();
    for time in ["2026-01-04T00:00:00Z", "2026-01-05T00:00:00Z"] {
        for key in [MANIFEST, "aws/cur/other.manifest"] {
            place.bucket.put(key, time, "");
            assert!(matches!(place.register(key).await, Registered::Refused(_)));
        }
        let mut now = awaited().await;
        now.sort();
        let other = ("aws/cur/other.manifest".to_owned(), true);
        assert_eq!(now, [(MANIFEST.to_owned(), false), (MANIFEST.to_owned(), true), other]);
    }
    // One that can be read does away with all of its key, and with nothing of another.
    place.bucket.put(MANIFEST, "2026-01-06T00:00:00Z", NAMES_ONE);
    place.lands(MANIFEST).await.unwrap();
    assert_eq!(awaited().await, [(MANIFEST.to_owned(), false), ("aws/cur/other.manifest".to_owned(), true)]);
}

#[tokio::test]
async fn what_is_refreshed_while_it_is_awaited_is_awaited_since_the_first_and_told_of_once() {
    let place = Place::new().await;
    let mail = || place.company.handles.mailer.sent().into_iter().filter(|mail| mail.text.starts_with("Late: ")).count();
    for (now, modified, is_late) in [
        ("2026-01-10T08:00:00Z", "2026-01-10T08:00:00Z", false),
        ("2026-01-10T13:00:00Z", "2026-01-10T13:00:00Z", false),
        ("2026-01-10T14:00:00Z", "2026-01-10T14:00:00Z", true),
        ("2026-01-10T15:00:00Z", "2026-01-10T15:00:00Z", true),
    ] {
        place.company.set(now);
        place.bucket.put(MANIFEST, modified, NAMES_ONE);
        place.lands(MANIFEST).await.unwrap();
        let awaited = place.awaited().await;
        assert_eq!((awaited.len(), awaited[0].is_late), (1, is_late), "{now}");
        place.company.tenant.issue(&By::Policy, None).await.unwrap();
    }
    let told = mail();
    assert!(told > 0);
    place.company.set("2026-01-10T16:00:00Z");
    place.company.tenant.issue(&By::Policy, None).await.unwrap();
    assert_eq!(mail(), told);
    // Once it has come the next one is on time.
    place.bucket.put("aws/cur/named/a", "2026-01-10T16:00:00Z", "2026-01 shop 1");
    place.lands("aws/cur/named/a").await.unwrap();
    place.bucket.put(MANIFEST, "2026-01-10T17:00:00Z", "cur 2026-01\naws/cur/named/b");
    place.lands(MANIFEST).await.unwrap();
    assert!(!place.awaited().await[0].is_late);
}

#[tokio::test]
async fn a_key_is_of_the_source_whose_prefix_it_begins_with() {
    let place = Place::new().await;
    place.bucket.put("archive/aws/a", "2026-01-03T00:00:00Z", "2026-01 shop 2");
    let failure = place.company.tenant.register(&place.arriving(), None, "archive/aws/a").await.unwrap_err();
    assert_eq!(failure.code, "unknown-source");
}

#[tokio::test]
async fn putting_a_file_where_it_belongs_is_advised_only_where_it_is_missing() {
    let place = Place::new().await;
    place.bucket.put(MANIFEST, "2026-01-04T00:00:00Z", NAMES_ONE);
    place.lands(MANIFEST).await.unwrap();
    assert!(place.awaited().await[0].sentence().contains("put the file where its manifest names it"));
    place.bucket.put("aws/cur/named/a", "2026-01-05T00:00:00Z", "2026-01 shop 2");
    place.bucket.put(MANIFEST, "2026-01-05T00:00:00Z", "cur 2026-01\naws/cur/named/a another");
    place.lands(MANIFEST).await.unwrap();
    let awaited = place.awaited().await.remove(0);
    assert_eq!(awaited.unread[0].trouble, Trouble::Differs);
    assert!(awaited.sentence().contains("What to do: let the provider export again; until"), "{}", awaited.sentence());
}
