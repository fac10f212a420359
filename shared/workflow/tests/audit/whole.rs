//! The audit as a whole: nothing found where nothing was changed, and one byte anywhere.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dayone_ports::{Action, Digest, Key, Page, Record, Store, StoreError};
use dayone_workflow::audit::{AuditReport, Finding, MOST_FINDINGS};
use dayone_workflow::keys;
use dayone_workflow::{Ports, Tenant};

use crate::home::{WEB, append, home, id, said, tenant};
use crate::memory::{MemoryStore, SeededChance, ports};

#[tokio::test]
async fn an_untouched_tenant_has_no_finding() {
    let home = home().await;
    let report = home.audit().await;
    assert_eq!(report.findings, []);
    assert_eq!((report.streams, report.events, report.documents, report.anchors), (4, 11, 7, 3));
    assert_eq!(report.head, home.tenant.chain_head().await.expect("the head of the chain"));
    let head = report.head.expect("there are anchors");
    assert_eq!((head.number, head.streams, head.events), (3, 4, 11));
    assert_eq!(head.digest, Digest::of(home.anchor_text(3).as_bytes()));
}

#[tokio::test]
async fn a_tenant_without_history_has_no_finding() {
    let (ports, _) = ports();
    let tenant = tenant(ports);
    assert_eq!(tenant.verify().await, Ok(AuditReport::default()));
    assert_eq!(tenant.anchor().await, Ok(None));
    assert_eq!(tenant.chain_head().await, Ok(None));
}

#[tokio::test]
async fn another_tenant_on_the_same_store_is_not_looked_at() {
    let home = home().await;
    let beside = Tenant::new("beta".parse().expect("a tenant"), home.tenant.ports().clone());
    append(&beside, WEB, vec![said("ours")]).await;
    beside.anchor().await.expect("an anchor").expect("something to anchor");
    home.set(&keys::event(beside.id(), &id(WEB), 1), "nothing");
    assert_eq!(home.findings().await, []);
    assert_eq!(beside.verify().await.expect("an audit").findings.len(), 1);
}

#[tokio::test]
async fn one_flipped_byte_anywhere_is_found_and_named() {
    let home = home().await;
    let chance = SeededChance::seeded(20_260_901);
    let events = home.handles.store.keys_in("t/acme/stream/");
    let heads = home.handles.store.keys_in("t/acme/heads/");
    assert_eq!((events.len(), heads.len()), (11, 4));
    let flip = |bytes: &mut Vec<u8>| {
        let place = chance.below(bytes.len());
        bytes[place] ^= u8::try_from(1 + chance.below(255)).expect("a byte");
    };
    let audit = async |what: &str| {
        let findings = home.findings().await;
        assert!(findings.len() == 1, "{what}: {findings:?}");
        findings.iter().map(|finding| format!("{finding}\n")).collect::<String>()
    };
    for _ in 0..60 {
        for key in events.iter().chain(&heads).chain([&home.note()]) {
            let before = home.raw(key);
            let mut bytes = before.clone();
            flip(&mut bytes);
            home.set(key, bytes.clone());
            let told = audit(&format!("{key}: {}", String::from_utf8_lossy(&bytes))).await;
            let named = match key.partition.strip_prefix("t/acme/stream/") {
                Some(stream) => format!("`{stream}`"),
                None if key.partition.starts_with("t/acme/heads/") => format!("head of `{}`", key.sort),
                None => "newest".to_owned(),
            };
            assert!(told.contains(&named) || told.contains("anchor 3 was changed"), "{key}: {told}");
            home.set(key, before);
        }
        for number in 1..=3 {
            let before = home.anchor_text(number);
            let mut bytes = before.clone().into_bytes();
            flip(&mut bytes);
            home.handles.anchors.set_raw("acme", number, bytes.clone());
            let told = audit(&format!("anchor {number}: {}", String::from_utf8_lossy(&bytes))).await;
            assert!(told.contains(&format!("anchor {number} ")), "{told}");
            home.set_anchor(number, &before);
        }
        for document in home.documents.all() {
            let before = home.handles.documents.raw(document).expect("the document is there");
            let mut bytes = before.clone();
            flip(&mut bytes);
            home.handles.documents.set_raw(document, bytes);
            let told = audit(&format!("document {document}")).await;
            assert!(told.contains(&document.to_string()), "{told}");
            home.handles.documents.set_raw(document, before);
        }
    }
    assert_eq!(home.findings().await, []);
}

#[tokio::test]
async fn the_audit_goes_on_after_a_finding_and_stops_telling_after_a_thousand() {
    let home = home().await;
    for part in 0..12 {
        append(&home.tenant, "notes/2026-08/USD/long", (0..95).map(|number| said(&format!("{part} {number}"))).collect()).await;
    }
    for version in 1..=12 * 95 {
        home.replace(&home.event("notes/2026-08/USD/long", version), "\"asked\"", "\"asket\"");
    }
    let report = home.audit().await;
    assert_eq!(report.findings.len(), MOST_FINDINGS);
    assert_eq!(report.streams, 5);
    let all_of_one = report
        .findings
        .iter()
        .zip(1..)
        .all(|(finding, place)| *finding == Finding::EventChanged { stream: id("notes/2026-08/USD/long"), version: place });
    assert!(all_of_one);
}

/// A store in which somebody appends to a stream while it is read.
struct Busy {
    inner: Arc<MemoryStore>,
    writer: Mutex<Option<Tenant>>,
}

#[async_trait]
impl Store for Busy {
    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        self.inner.get(key).await
    }

    async fn query(&self, partition: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        if partition.ends_with(&format!("stream/{WEB}")) {
            let writer = self.writer.lock().expect("not poisoned").take();
            if let Some(writer) = writer {
                append(&writer, WEB, vec![said("meanwhile")]).await;
            }
        }
        self.inner.query(partition, prefix, after, limit).await
    }

    async fn transact(&self, actions: Vec<Action>) -> Result<(), StoreError> {
        self.inner.transact(actions).await
    }
}

#[tokio::test]
async fn what_is_appended_while_the_audit_reads_is_no_finding() {
    let home = home().await;
    let writer = Mutex::new(Some(home.tenant.clone()));
    let store = Arc::new(Busy { inner: home.handles.store.clone(), writer });
    let auditor = tenant(Ports { store, ..home.tenant.ports().clone() });
    let report = auditor.verify().await.expect("an audit");
    assert_eq!(report.findings, []);
    assert_eq!((report.events, home.head(WEB).version), (12, 8));
}

#[test]
fn findings_are_sentences_that_say_which() {
    let stream = id(WEB);
    let document = Digest::of(b"document");
    let told = [
        Finding::EventChanged { stream: stream.clone(), version: 3 }.to_string(),
        Finding::EventOutOfOrder { stream: stream.clone(), version: 3, recorded: 4 }.to_string(),
        Finding::EventMissing { stream: stream.clone(), first: 3, last: 3 }.to_string(),
        Finding::EventMissing { stream: stream.clone(), first: 3, last: 5 }.to_string(),
        Finding::StreamCut { stream: stream.clone(), version: 2, anchored: 7, anchor: 3 }.to_string(),
        Finding::AnchorMissing { first: 2, last: 2 }.to_string(),
        Finding::AnchorMissing { first: 2, last: 4 }.to_string(),
        Finding::DocumentGone { document, stream, version: 3, through: None }.to_string(),
    ];
    let expected = [
        "event 3 of `notes/2026-08/USD/web` was changed: its bytes after the event before it do not give its hash".to_owned(),
        "event 3 of `notes/2026-08/USD/web` does not follow the one before it: it was recorded as event 4".to_owned(),
        "event 3 of `notes/2026-08/USD/web` is missing".to_owned(),
        "events 3 to 5 of `notes/2026-08/USD/web` are missing".to_owned(),
        "`notes/2026-08/USD/web` was cut: anchor 3 states 7 events of it, and it has 2".to_owned(),
        "anchor 2 is missing".to_owned(),
        "anchors 2 to 4 are missing".to_owned(),
        format!("the document {document} is gone; event 3 of `notes/2026-08/USD/web` names it"),
    ];
    assert_eq!(told, expected);
}
