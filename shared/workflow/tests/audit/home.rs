//! A tenant with some history, and doors to change it.

use chrono::TimeDelta;
use dayone_domain::review::By;
use dayone_ports::{Digest, Key};
use dayone_workflow::audit::{AnchorFacts, AuditReport, Finding};
use dayone_workflow::keys;
use dayone_workflow::stream::{Head, Stream, StreamId, chained, event_body, no_hash, split_body};
use dayone_workflow::{Ports, Tenant};
use serde_json::{Value, json};

use crate::memory::{Handles, ports};

// No use case has such streams: what they say is held against no view.
pub const WEB: &str = "notes/2026-08/USD/web";
pub const SHOP: &str = "notes/2026-08/USD/shop";
pub const BILL: &str = "bills/2026-08/USD";
pub const SOURCE: &str = "sources/aws/2026-08";

pub fn tenant(ports: Ports) -> Tenant {
    Tenant::new("acme".parse().expect("a tenant"), ports)
}

pub async fn append(tenant: &Tenant, stream: &str, events: Vec<Value>) {
    let stream: Stream<Value> = tenant.stream(StreamId::named(stream)).await.expect("the stream loads");
    let mut changes = tenant.changes();
    let events: Vec<_> = events.into_iter().map(|event| changes.recorded(By::Policy, event)).collect();
    changes.append(&stream, &events);
    changes.commit().await.expect("the events are written");
}

pub fn said(text: &str) -> Value {
    json!({"event": "asked", "question": 1, "text": text})
}

/// A tenant with some history and three anchors.
pub struct Home {
    pub tenant: Tenant,
    pub handles: Handles,
    pub documents: Documents,
}

/// One document for every way to name one.
pub struct Documents {
    pub revision: Digest,
    pub plan: Digest,
    pub drawn: Digest,
    pub planned: Digest,
    pub cube: Digest,
    pub control: Digest,
    pub files: Digest,
}

impl Documents {
    pub fn all(&self) -> [Digest; 7] {
        [self.revision, self.plan, self.drawn, self.planned, self.cube, self.control, self.files]
    }
}

pub async fn documents(tenant: &Tenant) -> Documents {
    let put = async |text: &str| tenant.put_document(text.as_bytes()).await.expect("a document");
    let (drawn, planned) = (put("packed invoices").await, put("[\"another revision\"]").await);
    let plan =
        json!({"run": 1, "drawn": drawn, "fingerprint": Digest::of(b"no document"), "entries": [{"group": "shop", "document": planned}]});
    Documents {
        revision: put("{\"lines\":[]}").await,
        plan: put(&plan.to_string()).await,
        drawn,
        planned,
        cube: put("packed cube").await,
        control: put("packed control").await,
        files: put("[{\"name\":\"a.csv\"}]").await,
    }
}

pub async fn home() -> Home {
    let (ports, handles) = ports();
    let tenant = tenant(ports);
    let documents = documents(&tenant).await;
    let delivery =
        json!({"id": Digest::of(b"no document"), "cube": documents.cube, "control": documents.control, "files": documents.files});
    append(&tenant, SOURCE, vec![json!({"event": "delivered", "delivery": delivery})]).await;
    append(&tenant, WEB, vec![json!({"event": "issued", "revision": {"number": 1, "document": documents.revision}})]).await;
    anchored(&tenant, &handles).await;
    append(&tenant, WEB, (2..=6).map(|number| said(&format!("question {number}"))).collect()).await;
    append(&tenant, SHOP, vec![said("first"), said("second")]).await;
    anchored(&tenant, &handles).await;
    append(&tenant, BILL, vec![json!({"event": "issued", "run": 1, "plan": documents.plan})]).await;
    append(&tenant, WEB, vec![json!({"event": "acknowledged", "revision": 1})]).await;
    anchored(&tenant, &handles).await;
    Home { tenant, handles, documents }
}

pub async fn anchored(tenant: &Tenant, handles: &Handles) -> AnchorFacts {
    handles.clock.pass(TimeDelta::hours(1));
    tenant.anchor().await.expect("an anchor is made").expect("something has changed")
}

impl Home {
    pub async fn audit(&self) -> AuditReport {
        self.tenant.verify().await.expect("the audit goes to its end")
    }

    pub async fn findings(&self) -> Vec<Finding> {
        self.audit().await.findings
    }

    pub fn event(&self, stream: &str, version: u64) -> Key {
        keys::event(self.tenant.id(), &id(stream), version)
    }

    pub fn head_key(&self, stream: &str) -> Key {
        keys::head(self.tenant.id(), &id(stream))
    }

    pub fn note(&self) -> Key {
        keys::single(self.tenant.id(), "newest-anchor")
    }

    pub fn raw(&self, key: &Key) -> Vec<u8> {
        self.handles.store.raw(key).expect("the record is there")
    }

    pub fn set(&self, key: &Key, body: impl Into<Vec<u8>>) {
        self.handles.store.set_raw(key, body.into());
    }

    pub fn head(&self, stream: &str) -> Head {
        serde_json::from_slice(&self.raw(&self.head_key(stream))).expect("a head")
    }

    pub fn set_head(&self, stream: &str, head: &Head) {
        self.set(&self.head_key(stream), serde_json::to_vec(head).expect("a head"));
    }

    pub fn replace(&self, key: &Key, from: &str, to: &str) {
        let text = String::from_utf8(self.raw(key)).expect("a text");
        assert!(text.contains(from), "`{from}` is in {text}");
        self.set(key, text.replace(from, to));
    }

    pub fn swap(&self, a: &Key, b: &Key) {
        let (first, second) = (self.raw(a), self.raw(b));
        self.set(a, second);
        self.set(b, first);
    }

    pub fn hash_of(&self, stream: &str, version: u64) -> Digest {
        split_body(&self.raw(&self.event(stream, version))).expect("an event").0
    }

    /// Writes a stream anew from a version on, as its own rules ask for it, with the head.
    pub fn rewrite(&self, stream: &str, from: u64, events: &[&str]) {
        let mut hash = if from == 1 { no_hash() } else { self.hash_of(stream, from - 1) };
        let mut version = from - 1;
        for event in events {
            version += 1;
            hash = chained(hash, &id(stream), version, event.as_bytes());
            self.set(&self.event(stream, version), event_body(hash, event.as_bytes()));
        }
        self.set_head(stream, &Head { version, hash });
    }

    pub fn anchor_text(&self, number: u64) -> String {
        String::from_utf8(self.handles.anchors.raw("acme", number).expect("the anchor is there")).expect("a text")
    }

    pub fn set_anchor(&self, number: u64, text: &str) {
        self.handles.anchors.set_raw("acme", number, text.as_bytes().to_vec());
    }
}

pub fn id(stream: &str) -> StreamId {
    StreamId::named(stream)
}

pub fn forged(text: &str) -> String {
    json!({"by": {"kind": "policy"}, "at": "2026-09-01T08:00:00Z", "event": {"event": "asked", "question": 1, "text": text}}).to_string()
}
