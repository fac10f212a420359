//! Anchors against each other and the store's note of the newest.

use dayone_ports::Digest;
use dayone_workflow::FailureKind;
use dayone_workflow::audit::Finding;
use dayone_workflow::keys;
use serde_json::json;

use crate::home::{SHOP, WEB, anchored, append, home, said, tenant};
use crate::memory::ports;

#[tokio::test]
async fn a_missing_anchor_is_found() {
    for number in 1..=3 {
        let home = home().await;
        home.handles.anchors.remove("acme", number);
        assert_eq!(home.findings().await, [Finding::AnchorMissing { first: number, last: number }]);
    }
}

#[tokio::test]
async fn missing_anchors_in_a_row_are_one_finding() {
    for (first, last) in [(1, 2), (2, 3), (1, 3)] {
        let home = home().await;
        (first..=last).for_each(|number| home.handles.anchors.remove("acme", number));
        assert_eq!(home.findings().await, [Finding::AnchorMissing { first, last }]);
    }
}

#[tokio::test]
async fn a_changed_anchor_is_found_and_its_heads_are_not_believed() {
    for number in 1..=3 {
        let home = home().await;
        home.set_anchor(number, &home.anchor_text(number).replace(WEB, "notes/2026-08/USD/wob"));
        assert_eq!(home.findings().await, [Finding::AnchorChanged { number }]);
    }
}

#[tokio::test]
async fn swapped_anchors_are_found() {
    let home = home().await;
    let (first, second) = (home.anchor_text(1), home.anchor_text(2));
    home.set_anchor(1, &second);
    home.set_anchor(2, &first);
    assert_eq!(home.findings().await, [Finding::AnchorChanged { number: 2 }, Finding::AnchorChanged { number: 1 }]);
}

#[tokio::test]
async fn an_anchor_of_another_tenant_is_found() {
    let home = home().await;
    home.set_anchor(2, &home.anchor_text(2).replace("\"acme\"", "\"beta\""));
    assert_eq!(home.findings().await, [Finding::AnchorOfAnother { number: 2, tenant: "beta".to_owned() }]);
}

#[tokio::test]
async fn what_was_done_to_the_newest_anchor_is_found_after_the_next_as_well() {
    let removed = home().await;
    removed.handles.anchors.remove("acme", 3);
    let changed = home().await;
    changed.set_anchor(3, &changed.anchor_text(3).replace(SHOP, "notes/2026-08/USD/shep"));
    for (home, expected) in [(removed, Finding::AnchorMissing { first: 3, last: 3 }), (changed, Finding::AnchorChanged { number: 3 })] {
        append(&home.tenant, SHOP, vec![said("third")]).await;
        assert_eq!(anchored(&home.tenant, &home.handles).await.number, 4);
        assert_eq!(home.findings().await, [expected]);
    }
}

#[tokio::test]
async fn a_changed_note_of_the_newest_anchor_is_found() {
    let note = |number: u64, digest: Digest| json!({"number": number, "digest": digest}).to_string();
    let home = home().await;
    let newest = Digest::of(home.anchor_text(3).as_bytes());
    for number in [0, 1, 2, 4, u64::MAX] {
        home.set(&home.note(), note(number, newest));
        assert_eq!(home.findings().await, [Finding::AnchorNote { last: 3 }], "{number}");
    }
    home.set(&home.note(), note(1, Digest::of(home.anchor_text(1).as_bytes())));
    assert_eq!(home.findings().await, [Finding::AnchorNote { last: 3 }]);
    home.set(&home.note(), note(3, Digest::of(b"another")));
    assert_eq!(home.findings().await, [Finding::AnchorChanged { number: 3 }]);
    home.set(&home.note(), "nothing");
    assert_eq!(home.findings().await, [Finding::AnchorNote { last: 3 }]);
    home.handles.store.remove(&home.note());
    assert_eq!(home.findings().await, [Finding::AnchorNote { last: 3 }]);
}

#[tokio::test]
async fn an_anchor_of_a_number_that_was_never_reached_is_found() {
    let home = home().await;
    home.set_anchor(u64::MAX, &home.anchor_text(3));
    let findings = home.findings().await;
    assert!(findings.contains(&Finding::AnchorNote { last: u64::MAX }), "{findings:?}");
}

#[tokio::test]
async fn a_newest_anchor_that_cannot_be_read_is_no_head_of_the_chain() {
    let home = home().await;
    home.set_anchor(3, "nothing");
    assert_eq!(home.tenant.chain_head().await.map_err(|failure| failure.kind), Err(FailureKind::Broken));
    let report = home.audit().await;
    assert_eq!(report.findings, [Finding::AnchorChanged { number: 3 }]);
    assert_eq!(report.head.map(|head| head.number), Some(2));
}

#[tokio::test]
async fn an_anchor_that_is_not_noted_yet_is_held_against_the_note_and_its_place() {
    let home = home().await;
    let before = home.raw(&home.note());
    append(&home.tenant, SHOP, vec![said("third")]).await;
    anchored(&home.tenant, &home.handles).await;
    home.set(&home.note(), before);
    let fourth = home.anchor_text(4);
    let third = Digest::of(home.anchor_text(3).as_bytes()).to_string();
    for (from, to) in [(third.as_str(), "0".repeat(64).as_str()), ("\"number\":4", "\"number\":5"), ("\"format\":1", "\"format\":2")] {
        home.set_anchor(4, &fourth.replace(from, to));
        assert_eq!(home.findings().await, [Finding::AnchorChanged { number: 4 }], "{from}");
    }
    home.set_anchor(4, &fourth);
    assert_eq!(home.findings().await, []);
}

#[tokio::test]
async fn the_first_anchor_follows_none() {
    let (ports, handles) = ports();
    let tenant = tenant(ports);
    append(&tenant, SHOP, vec![said("first")]).await;
    anchored(&tenant, &handles).await;
    handles.store.remove(&keys::single(tenant.id(), "newest-anchor"));
    assert_eq!(tenant.verify().await.expect("an audit").findings, [], "a crash before the note");
    let first = String::from_utf8(handles.anchors.raw("acme", 1).expect("the anchor is there")).expect("a text");
    handles.anchors.set_raw("acme", 1, first.replace(&"0".repeat(64), &"1".repeat(64)).into_bytes());
    assert_eq!(tenant.verify().await.expect("an audit").findings, [Finding::AnchorChanged { number: 1 }]);
}
