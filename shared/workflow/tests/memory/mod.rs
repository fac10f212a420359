//! A home in memory: every port, with doors for tests to look behind them and to make them fail.

#![allow(dead_code)]

mod erp;
mod store;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use dayone_ports::{Anchors, Chance, Clock, Digest, Documents, Mail, Mailer, Unavailable};
use dayone_workflow::Ports;

pub use erp::MemoryErp;
pub use store::MemoryStore;

/// The ports themselves, for what a test does behind the use cases' back.
#[derive(Clone)]
pub struct Handles {
    pub store: Arc<MemoryStore>,
    pub documents: Arc<MemoryDocuments>,
    pub anchors: Arc<MemoryAnchors>,
    pub erp: Arc<MemoryErp>,
    pub mailer: Arc<MemoryMailer>,
    pub clock: Arc<ManualClock>,
    pub chance: Arc<SeededChance>,
}

/// Empty ports, and the same with their doors.
pub fn ports() -> (Ports, Handles) {
    let handles = Handles {
        store: Arc::new(MemoryStore::default()),
        documents: Arc::new(MemoryDocuments::default()),
        anchors: Arc::new(MemoryAnchors::default()),
        erp: Arc::new(MemoryErp::default()),
        mailer: Arc::new(MemoryMailer::default()),
        clock: Arc::new(ManualClock::default()),
        chance: Arc::new(SeededChance::default()),
    };
    let ports = Ports {
        store: handles.store.clone(),
        documents: handles.documents.clone(),
        anchors: handles.anchors.clone(),
        erp: handles.erp.clone(),
        forms: Arc::new(dayone_erp::GlForms),
        mailer: handles.mailer.clone(),
        clock: handles.clock.clone(),
        chance: handles.chance.clone(),
    };
    (ports, handles)
}

/// A moment: `at("2026-09-01T08:00:00Z")`.
pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a moment as RFC 3339")
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().expect("no test panics while it holds a port")
}

/// Documents by digest.
#[derive(Default)]
pub struct MemoryDocuments {
    documents: Mutex<BTreeMap<Digest, Vec<u8>>>,
}

impl MemoryDocuments {
    /// Every document's name.
    pub fn names(&self) -> Vec<Digest> {
        locked(&self.documents).keys().copied().collect()
    }

    /// The bytes under a name.
    pub fn raw(&self, digest: Digest) -> Option<Vec<u8>> {
        locked(&self.documents).get(&digest).cloned()
    }

    /// Puts other bytes under a name.
    pub fn set_raw(&self, digest: Digest, bytes: Vec<u8>) {
        locked(&self.documents).insert(digest, bytes);
    }

    /// Takes a document away.
    pub fn remove(&self, digest: Digest) {
        locked(&self.documents).remove(&digest);
    }
}

#[async_trait]
impl Documents for MemoryDocuments {
    async fn put(&self, bytes: &[u8]) -> Result<Digest, Unavailable> {
        let digest = Digest::of(bytes);
        locked(&self.documents).entry(digest).or_insert_with(|| bytes.to_vec());
        Ok(digest)
    }

    async fn get(&self, digest: Digest) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(self.raw(digest))
    }
}

/// Anchors by tenant and number.
#[derive(Default)]
pub struct MemoryAnchors {
    anchors: Mutex<BTreeMap<(String, u64), Vec<u8>>>,
}

impl MemoryAnchors {
    /// The bytes of an anchor.
    pub fn raw(&self, tenant: &str, number: u64) -> Option<Vec<u8>> {
        locked(&self.anchors).get(&(tenant.to_owned(), number)).cloned()
    }

    /// Puts other bytes under a number.
    pub fn set_raw(&self, tenant: &str, number: u64, bytes: Vec<u8>) {
        locked(&self.anchors).insert((tenant.to_owned(), number), bytes);
    }

    /// Takes an anchor away.
    pub fn remove(&self, tenant: &str, number: u64) {
        locked(&self.anchors).remove(&(tenant.to_owned(), number));
    }

    /// The numbers of a tenant's anchors.
    pub fn numbers(&self, tenant: &str) -> Vec<u64> {
        locked(&self.anchors).keys().filter(|(known, _)| known == tenant).map(|(_, number)| *number).collect()
    }
}

#[async_trait]
impl Anchors for MemoryAnchors {
    async fn put(&self, tenant: &str, number: u64, bytes: &[u8]) -> Result<(), Unavailable> {
        let mut anchors = locked(&self.anchors);
        let kept = anchors.entry((tenant.to_owned(), number)).or_insert_with(|| bytes.to_vec());
        if kept == bytes { Ok(()) } else { Err(Unavailable::new("keep an anchor", "there is another of this number")) }
    }

    async fn get(&self, tenant: &str, number: u64) -> Result<Option<Vec<u8>>, Unavailable> {
        Ok(self.raw(tenant, number))
    }

    async fn last(&self, tenant: &str) -> Result<Option<u64>, Unavailable> {
        Ok(self.numbers(tenant).last().copied())
    }
}

/// Keeps messages by their id.
#[derive(Default)]
pub struct MemoryMailer {
    sent: Mutex<Vec<Mail>>,
    failures: AtomicU64,
}

impl MemoryMailer {
    /// What was sent, in order; a message that was sent again is there once.
    pub fn sent(&self) -> Vec<Mail> {
        locked(&self.sent).clone()
    }

    /// The next `count` messages fail.
    pub fn fail(&self, count: u64) {
        self.failures.store(count, Ordering::SeqCst);
    }
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, mail: &Mail) -> Result<(), Unavailable> {
        if counted_down(&self.failures) {
            return Err(Unavailable::new("send a message", "the test wants it so"));
        }
        let mut sent = locked(&self.sent);
        if !sent.iter().any(|known| known.id == mail.id) {
            sent.push(mail.clone());
        }
        Ok(())
    }
}

/// Whether one of the counted events is left; takes it.
fn counted_down(counter: &AtomicU64) -> bool {
    counter.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

/// A clock that stands where it was put: first on 1 September 2026, 08:00 UTC.
pub struct ManualClock {
    now: Mutex<DateTime<Utc>>,
}

impl Default for ManualClock {
    fn default() -> ManualClock {
        let first = Utc.with_ymd_and_hms(2026, 9, 1, 8, 0, 0).single().expect("a moment");
        ManualClock { now: Mutex::new(first) }
    }
}

impl ManualClock {
    /// Puts the clock.
    pub fn set(&self, now: DateTime<Utc>) {
        *locked(&self.now) = now;
    }

    /// Moves the clock on.
    pub fn pass(&self, time: TimeDelta) {
        *locked(&self.now) += time;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *locked(&self.now)
    }
}

/// Bytes that look like chance and are the same in every test.
pub struct SeededChance {
    state: AtomicU64,
}

impl Default for SeededChance {
    fn default() -> SeededChance {
        SeededChance::seeded(1)
    }
}

impl SeededChance {
    /// Another sequence for every seed.
    pub fn seeded(seed: u64) -> SeededChance {
        SeededChance { state: AtomicU64::new(seed) }
    }

    /// The next number: SplitMix64.
    pub fn next(&self) -> u64 {
        let step = 0x9E37_79B9_7F4A_7C15_u64;
        let mut mixed = self.state.fetch_add(step, Ordering::SeqCst).wrapping_add(step);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub fn below(&self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).expect("a length")).expect("below a length")
    }
}

impl Chance for SeededChance {
    fn fill(&self, bytes: &mut [u8]) {
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.next().to_be_bytes()[..part.len()]);
        }
    }
}
