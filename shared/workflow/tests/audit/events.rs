//! Events against the chain of their stream.

use dayone_ports::{Digest, Key};
use dayone_workflow::audit::Finding;
use dayone_workflow::keys;
use dayone_workflow::stream::{Head, chained, event_body, split_body};

use crate::home::{SHOP, SOURCE, WEB, forged, home, id};

#[tokio::test]
async fn a_changed_event_is_found() {
    let home = home().await;
    home.replace(&home.event(WEB, 3), "question 3", "question 9");
    assert_eq!(home.findings().await, [Finding::EventChanged { stream: id(WEB), version: 3 }]);
}

#[tokio::test]
async fn a_changed_hash_is_found_at_its_event() {
    for version in [1, 3, 7] {
        let home = home().await;
        let event = home.event(WEB, version);
        let (_, bytes) = split_body(&home.raw(&event)).map(|(hash, bytes)| (hash, bytes.to_vec())).expect("an event");
        home.set(&event, event_body(Digest::of(b"another"), &bytes));
        assert_eq!(home.findings().await, [Finding::EventChanged { stream: id(WEB), version }]);
    }
}

#[tokio::test]
async fn two_changed_events_are_both_found() {
    let home = home().await;
    home.replace(&home.event(WEB, 3), "question 3", "question 9");
    home.replace(&home.event(WEB, 4), "question 4", "question 9");
    home.replace(&home.event(SHOP, 1), "first", "other");
    let changed = |stream: &str, version| Finding::EventChanged { stream: id(stream), version };
    assert_eq!(home.findings().await, [changed(SHOP, 1), changed(WEB, 3), changed(WEB, 4)]);
}

#[tokio::test]
async fn an_event_that_was_changed_with_its_hash_is_found_by_the_next_and_by_the_anchor() {
    let home = home().await;
    let bytes = forged("forged");
    let hash = chained(home.hash_of(WEB, 5), &id(WEB), 6, bytes.as_bytes());
    home.set(&home.event(WEB, 6), event_body(hash, bytes.as_bytes()));
    let expected =
        [Finding::EventChanged { stream: id(WEB), version: 7 }, Finding::StreamRewritten { stream: id(WEB), version: 6, anchor: 2 }];
    assert_eq!(home.findings().await, expected);
}

#[tokio::test]
async fn swapped_events_are_found_with_where_they_were_recorded() {
    let out = |version, recorded| Finding::EventOutOfOrder { stream: id(WEB), version, recorded };
    for (a, b) in [(3, 4), (2, 6), (6, 7), (1, 7)] {
        let home = home().await;
        home.swap(&home.event(WEB, a), &home.event(WEB, b));
        assert_eq!(home.findings().await, [out(a, b), out(b, a)], "{a} and {b} are swapped");
    }
}

#[tokio::test]
async fn an_event_that_replaces_another_is_found() {
    let home = home().await;
    home.set(&home.event(WEB, 4), home.raw(&home.event(WEB, 3)));
    assert_eq!(home.findings().await, [Finding::EventOutOfOrder { stream: id(WEB), version: 4, recorded: 3 }]);
}

#[tokio::test]
async fn an_event_of_another_stream_is_found() {
    let home = home().await;
    home.set(&home.event(WEB, 1), home.raw(&home.event(SHOP, 1)));
    let findings = home.findings().await;
    assert!(findings.contains(&Finding::EventChanged { stream: id(WEB), version: 1 }), "{findings:?}");
}

#[tokio::test]
async fn a_missing_event_is_found() {
    for (version, stream) in [(1, WEB), (4, WEB), (7, WEB), (2, SHOP), (1, SOURCE)] {
        let home = home().await;
        home.handles.store.remove(&home.event(stream, version));
        let expected = Finding::EventMissing { stream: id(stream), first: version, last: version };
        assert_eq!(home.findings().await, [expected]);
    }
}

#[tokio::test]
async fn missing_events_in_a_row_are_one_finding() {
    let home = home().await;
    (3..=5).for_each(|version| home.handles.store.remove(&home.event(WEB, version)));
    assert_eq!(home.findings().await, [Finding::EventMissing { stream: id(WEB), first: 3, last: 5 }]);
}

#[tokio::test]
async fn an_event_that_was_taken_out_and_closed_up_is_found() {
    let home = home().await;
    for version in 3..7 {
        home.set(&home.event(WEB, version), home.raw(&home.event(WEB, version + 1)));
    }
    home.handles.store.remove(&home.event(WEB, 7));
    home.set_head(WEB, &Head { version: 6, ..home.head(WEB) });
    let findings = home.findings().await;
    assert!(findings.contains(&Finding::EventChanged { stream: id(WEB), version: 3 }), "{findings:?}");
    assert!(findings.contains(&Finding::EventOutOfOrder { stream: id(WEB), version: 4, recorded: 5 }), "{findings:?}");
    assert!(findings.contains(&Finding::StreamCut { stream: id(WEB), version: 6, anchored: 7, anchor: 3 }), "{findings:?}");
}

#[tokio::test]
async fn an_event_that_was_appended_past_the_head_is_found() {
    let home = home().await;
    let bytes = forged("appended");
    let hash = chained(home.hash_of(WEB, 7), &id(WEB), 8, bytes.as_bytes());
    home.set(&home.event(WEB, 8), event_body(hash, bytes.as_bytes()));
    assert_eq!(home.findings().await, [Finding::EventBeyondHead { stream: id(WEB), version: 8 }]);
}

#[tokio::test]
async fn a_record_that_is_no_event_is_found() {
    for body in ["", "nothing", &"a".repeat(64), &format!("{} {{}}", "a".repeat(64)), &format!("{}\n{{}}", "A".repeat(64))] {
        for version in [1, 4, 7] {
            let home = home().await;
            home.set(&home.event(WEB, version), body);
            let sort = keys::event_sort(version);
            assert_eq!(home.findings().await, [Finding::NotAnEvent { stream: id(WEB), sort }], "{body}");
        }
    }
}

#[tokio::test]
async fn an_event_with_a_hash_that_holds_and_without_content_is_no_event() {
    let home = home().await;
    home.rewrite(SHOP, 3, &["{\"event\":{\"event\":\"asked\"}}"]);
    assert_eq!(home.findings().await, [Finding::NotAnEvent { stream: id(SHOP), sort: "0000000003".to_owned() }]);
}

#[tokio::test]
async fn a_record_under_a_key_that_no_event_has_is_found() {
    let home = home().await;
    for sort in ["0000000000", "note"] {
        home.set(&Key::new(home.event(WEB, 1).partition, sort), home.raw(&home.event(WEB, 1)));
    }
    let stray = |sort: &str| Finding::NotAnEvent { stream: id(WEB), sort: sort.to_owned() };
    assert_eq!(home.findings().await, [stray("0000000000"), stray("note")]);
}
