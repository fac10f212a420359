//! Streams, each right in itself, against the anchors.

use dayone_workflow::audit::Finding;
use dayone_workflow::stream::Head;

use crate::home::{SHOP, WEB, anchored, forged, home, id};

#[tokio::test]
async fn a_removed_stream_is_found() {
    let home = home().await;
    (1..=2).for_each(|version| home.handles.store.remove(&home.event(SHOP, version)));
    home.handles.store.remove(&home.head_key(SHOP));
    assert_eq!(home.findings().await, [Finding::StreamRemoved { stream: id(SHOP), version: 2, left: 0, anchor: 3 }]);
}

#[tokio::test]
async fn a_removed_head_is_found_as_a_removed_stream() {
    let home = home().await;
    home.handles.store.remove(&home.head_key(SHOP));
    assert_eq!(home.findings().await, [Finding::StreamRemoved { stream: id(SHOP), version: 2, left: 2, anchor: 3 }]);
}

#[tokio::test]
async fn a_stream_that_was_cut_with_its_head_is_found() {
    let home = home().await;
    home.handles.store.remove(&home.event(WEB, 7));
    home.set_head(WEB, &Head { version: 6, hash: home.hash_of(WEB, 6) });
    assert_eq!(home.findings().await, [Finding::StreamCut { stream: id(WEB), version: 6, anchored: 7, anchor: 3 }]);
}

#[tokio::test]
async fn a_stream_that_was_cut_is_found_after_it_was_anchored_so_as_well() {
    let home = home().await;
    home.handles.store.remove(&home.event(WEB, 7));
    home.set_head(WEB, &Head { version: 6, hash: home.hash_of(WEB, 6) });
    anchored(&home.tenant, &home.handles).await;
    assert_eq!(home.findings().await, [Finding::StreamCut { stream: id(WEB), version: 6, anchored: 7, anchor: 3 }]);
}

#[tokio::test]
async fn a_stream_that_was_rewritten_with_all_its_hashes_is_found() {
    let home = home().await;
    home.rewrite(SHOP, 2, &[&forged("forged")]);
    assert_eq!(home.findings().await, [Finding::StreamRewritten { stream: id(SHOP), version: 2, anchor: 3 }]);
}

#[tokio::test]
async fn a_stream_that_was_rewritten_before_an_anchored_event_is_found_there() {
    let home = home().await;
    let events: Vec<String> = (2..=9).map(|number| forged(&format!("forged {number}"))).collect();
    home.rewrite(WEB, 2, &events.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(home.findings().await, [Finding::StreamRewritten { stream: id(WEB), version: 6, anchor: 2 }]);
}
