//! When anchors are made, and by whom.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::TimeDelta;
use dayone_ports::{Anchors, Digest, Unavailable};
use dayone_workflow::audit::Finding;
use dayone_workflow::stream::no_hash;
use dayone_workflow::{Ports, Tenant};
use serde_json::{Value, json};

use crate::home::{BILL, SHOP, SOURCE, WEB, anchored, append, home, id, said, tenant};
use crate::memory::{Handles, MemoryAnchors, ports};

#[tokio::test]
async fn an_anchor_is_made_only_where_a_head_has_changed() {
    let home = home().await;
    assert_eq!(home.tenant.anchor().await, Ok(None));
    append(&home.tenant, SHOP, vec![said("third")]).await;
    let facts = anchored(&home.tenant, &home.handles).await;
    assert_eq!((facts.number, facts.streams, facts.events), (4, 4, 12));
    assert_eq!(home.tenant.anchor().await, Ok(None));
    assert_eq!(home.handles.anchors.numbers("acme"), [1, 2, 3, 4]);
}

#[tokio::test]
async fn an_anchor_states_all_heads_and_the_hash_of_the_one_before() {
    let home = home().await;
    let third: Value = serde_json::from_str(&home.anchor_text(3)).expect("JSON");
    let streams = [BILL, SHOP, WEB, SOURCE];
    let heads: Vec<Value> =
        streams.iter().map(|stream| json!([stream, home.head(stream).version, home.head(stream).hash.to_string()])).collect();
    let previous = Digest::of(home.anchor_text(2).as_bytes()).to_string();
    let expected = json!({
        "format": 1, "tenant": "acme", "number": 3, "at": "2026-09-01T11:00:00Z", "previous": previous, "heads": heads,
    });
    assert_eq!(third, expected);
    let first: Value = serde_json::from_str(&home.anchor_text(1)).expect("JSON");
    assert_eq!(first["previous"], no_hash().to_string());
}

/// Anchors in which somebody else is faster once.
struct Overtaken {
    inner: Arc<MemoryAnchors>,
    rival: Mutex<Option<Vec<u8>>>,
}

#[async_trait]
impl Anchors for Overtaken {
    async fn put(&self, tenant: &str, number: u64, bytes: &[u8]) -> Result<(), Unavailable> {
        let rival = self.rival.lock().expect("not poisoned").take();
        if let Some(rival) = rival {
            self.inner.put(tenant, number, &rival).await?;
        }
        self.inner.put(tenant, number, bytes).await
    }

    async fn get(&self, tenant: &str, number: u64) -> Result<Option<Vec<u8>>, Unavailable> {
        self.inner.get(tenant, number).await
    }

    async fn last(&self, tenant: &str) -> Result<Option<u64>, Unavailable> {
        self.inner.last(tenant).await
    }
}

/// The bytes of the anchor that a process with another clock would make now.
async fn rival_of(tenant: &Tenant, handles: &Handles) -> Vec<u8> {
    let scratch = Arc::new(MemoryAnchors::default());
    let (before, now) = (handles.store.copy(), tenant.ports().clock.now());
    handles.clock.pass(TimeDelta::seconds(1));
    let rival = Tenant::new(tenant.id().clone(), Ports { anchors: scratch.clone(), ..tenant.ports().clone() });
    rival.anchor().await.expect("an anchor").expect("something to anchor");
    handles.clock.set(now);
    handles.store.restore(before);
    scratch.raw("acme", 1).expect("the first anchor")
}

#[tokio::test]
async fn whoever_loses_a_race_with_the_same_heads_has_nothing_left_to_do() {
    let (ports, handles) = ports();
    let alone = tenant(ports.clone());
    append(&alone, WEB, vec![said("first")]).await;
    let rival = Mutex::new(Some(rival_of(&alone, &handles).await));
    let racing = tenant(Ports { anchors: Arc::new(Overtaken { inner: handles.anchors.clone(), rival }), ..ports });
    assert_eq!(racing.anchor().await, Ok(None));
    assert_eq!(handles.anchors.numbers("acme"), [1]);
    assert_eq!(racing.verify().await.expect("an audit").findings, []);
}

#[tokio::test]
async fn whoever_loses_a_race_with_newer_heads_takes_the_next_number() {
    let (ports, handles) = ports();
    let alone = tenant(ports.clone());
    append(&alone, WEB, vec![said("first")]).await;
    let rival = Mutex::new(Some(rival_of(&alone, &handles).await));
    append(&alone, WEB, vec![said("second")]).await;
    let racing = tenant(Ports { anchors: Arc::new(Overtaken { inner: handles.anchors.clone(), rival }), ..ports });
    let facts = racing.anchor().await.expect("the race is no failure").expect("something to anchor");
    assert_eq!((facts.number, facts.events), (2, 2));
    assert_eq!(racing.verify().await.expect("an audit").findings, []);
}

#[tokio::test]
async fn an_anchor_that_was_made_before_a_crash_is_noted_by_the_next() {
    let home = home().await;
    let before = home.raw(&home.note());
    append(&home.tenant, SHOP, vec![said("third")]).await;
    anchored(&home.tenant, &home.handles).await;
    home.set(&home.note(), before);
    assert_eq!(home.findings().await, [], "a crash before the note is no finding");
    assert_eq!(home.tenant.anchor().await, Ok(None));
    home.handles.anchors.remove("acme", 4);
    assert_eq!(home.findings().await, [Finding::AnchorMissing { first: 4, last: 4 }], "it was noted");
}

#[tokio::test]
async fn a_head_that_cannot_be_read_does_not_keep_the_others_from_being_anchored() {
    let home = home().await;
    home.set(&home.head_key(SHOP), "nothing");
    append(&home.tenant, WEB, vec![said("more")]).await;
    let facts = anchored(&home.tenant, &home.handles).await;
    assert_eq!((facts.number, facts.streams), (4, 3));
    assert_eq!(home.findings().await, [Finding::HeadUnreadable { stream: id(SHOP) }]);
}
