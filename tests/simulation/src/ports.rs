//! The ports in memory, each call a place where something can go wrong.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use dayone_ports::store::{MOST_PAGE, check_key, check_limits};
use dayone_ports::{
    Action, Anchors, Chance, Clock, Digest, Documents, Erp, ErpAbility, ErpError, ErpReceipt, Expect, Key, Mail, Mailer, OutgoingJournal,
    Page, Record, Store, StoreError, Unavailable,
};
use dayone_workflow::Ports;

use crate::chance::Dice;
use crate::chaos::{Chaos, Luck};

/// Everything that outlives a process.
#[derive(Default)]
struct Disk {
    records: BTreeMap<Key, (u64, Vec<u8>)>,
    documents: BTreeMap<Digest, Vec<u8>>,
    anchors: BTreeMap<(String, u64), Vec<u8>>,
    /// What the ERP holds: reference, and the body of each posting. A journal that lands twice is here twice.
    ledger: Vec<(String, Vec<u8>)>,
    /// What was sent, and when.
    mail: Vec<(DateTime<Utc>, Mail)>,
}

/// The outside of one simulation.
#[derive(Clone)]
pub struct Outside {
    disk: Arc<Mutex<Disk>>,
    chaos: Chaos,
    now: Arc<Mutex<DateTime<Utc>>>,
    dice: Arc<Mutex<Dice>>,
    ability: ErpAbility,
}

impl Outside {
    /// An empty outside.
    pub fn new(seed: u64, chaos: Chaos, now: DateTime<Utc>, ability: ErpAbility) -> Outside {
        Outside { disk: Arc::default(), chaos, now: Arc::new(Mutex::new(now)), dice: Arc::new(Mutex::new(Dice::new(seed, 2))), ability }
    }

    /// As the use cases take it.
    pub fn ports(&self) -> Ports {
        let here = || Arc::new(self.clone());
        Ports {
            store: here(),
            documents: here(),
            anchors: here(),
            erp: here(),
            forms: Arc::new(dayone_erp::GlForms),
            mailer: here(),
            clock: here(),
            chance: here(),
        }
    }

    /// Sets the clock.
    pub fn set(&self, now: DateTime<Utc>) {
        *self.now.lock().expect("nobody panics with the lock") = now;
    }

    /// What the ERP holds: reference and body, in the order in which they landed.
    pub fn ledger(&self) -> Vec<(String, Vec<u8>)> {
        self.disk().ledger.clone()
    }

    /// What was sent, and when.
    pub fn mail(&self) -> Vec<(DateTime<Utc>, Mail)> {
        self.disk().mail.clone()
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().expect("nobody panics with the lock")
    }

    /// Does a thing, or not, and answers, or not.
    async fn risky<T>(&self, act: impl FnOnce(&mut Disk) -> T, what: &str) -> Result<T, Unavailable> {
        match self.chaos.luck().await {
            Luck::Done => Ok(act(&mut self.disk())),
            Luck::NotDone => Err(Unavailable::new(what, "it did not answer")),
            Luck::NotAnswered => {
                act(&mut self.disk());
                Err(Unavailable::new(what, "its answer was lost"))
            }
        }
    }
}

#[async_trait]
impl Store for Outside {
    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        check_key(key)?;
        let read = |disk: &mut Disk| {
            disk.records.get(key).map(|(version, body)| Record { key: key.clone(), version: *version, body: body.clone() })
        };
        Ok(self.risky(read, "read a record").await?)
    }

    async fn query(&self, partition: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        let read = |disk: &mut Disk| {
            // Short pages, so that paging is used.
            let limit = limit.min(MOST_PAGE).min(7);
            let from = Key::new(partition, after.unwrap_or(prefix).max(prefix));
            let of_prefix = |key: &Key| key.partition == partition && key.sort.starts_with(prefix);
            let mut found = disk
                .records
                .range(from..)
                .take_while(|(key, _)| of_prefix(key))
                .filter(|(key, _)| after.is_none_or(|after| key.sort.as_str() > after))
                .map(|(key, (version, body))| Record { key: key.clone(), version: *version, body: body.clone() });
            let records: Vec<Record> = found.by_ref().take(limit).collect();
            Page { records, has_more: found.next().is_some() }
        };
        Ok(self.risky(read, "read records").await?)
    }

    async fn transact(&self, actions: Vec<Action>) -> Result<(), StoreError> {
        check_limits(&actions)?;
        self.risky(|disk| transact(disk, &actions), "write records").await?
    }
}

fn transact(disk: &mut Disk, actions: &[Action]) -> Result<(), StoreError> {
    for action in actions {
        let found = disk.records.get(action.key()).map(|(version, _)| *version);
        let expect = match action {
            Action::Put { expect, .. } | Action::Check { expect, .. } => *expect,
            Action::Delete { version, .. } => Expect::Version(*version),
        };
        let holds = match expect {
            Expect::Absent => found.is_none(),
            Expect::Version(version) => found == Some(version),
        };
        if !holds {
            return Err(StoreError::Conflict(action.key().clone()));
        }
    }
    for action in actions {
        match action {
            Action::Put { key, body, .. } => {
                let version = disk.records.get(key).map_or(1, |(version, _)| version + 1);
                disk.records.insert(key.clone(), (version, body.clone()));
            }
            Action::Delete { key, .. } => {
                disk.records.remove(key);
            }
            Action::Check { .. } => {}
        }
    }
    Ok(())
}

#[async_trait]
impl Documents for Outside {
    async fn put(&self, bytes: &[u8]) -> Result<Digest, Unavailable> {
        let digest = Digest::of(bytes);
        self.risky(|disk| disk.documents.insert(digest, bytes.to_vec()), "keep a document").await?;
        Ok(digest)
    }

    async fn get(&self, digest: Digest) -> Result<Option<Vec<u8>>, Unavailable> {
        self.risky(|disk| disk.documents.get(&digest).cloned(), "read a document").await
    }
}

#[async_trait]
impl Anchors for Outside {
    async fn put(&self, tenant: &str, number: u64, bytes: &[u8]) -> Result<(), Unavailable> {
        let put = |disk: &mut Disk| {
            let known = disk.anchors.entry((tenant.to_owned(), number)).or_insert_with(|| bytes.to_vec());
            if known == bytes { Ok(()) } else { Err(Unavailable::new("keep an anchor", "there is another of this number")) }
        };
        self.risky(put, "keep an anchor").await?
    }

    async fn get(&self, tenant: &str, number: u64) -> Result<Option<Vec<u8>>, Unavailable> {
        self.risky(|disk| disk.anchors.get(&(tenant.to_owned(), number)).cloned(), "read an anchor").await
    }

    async fn last(&self, tenant: &str) -> Result<Option<u64>, Unavailable> {
        let last = |disk: &mut Disk| disk.anchors.keys().filter(|(known, _)| known == tenant).map(|(_, number)| *number).max();
        self.risky(last, "find the last anchor").await
    }
}

#[async_trait]
impl Erp for Outside {
    fn ability(&self) -> ErpAbility {
        self.ability
    }

    async fn find(&self, _: &str, reference: &str) -> Result<Option<ErpReceipt>, ErpError> {
        let find = |disk: &mut Disk| {
            let place = disk.ledger.iter().position(|(known, _)| known == reference)?;
            Some(receipt(place, &disk.ledger[place].1))
        };
        self.risky(find, "search the ERP").await.map_err(|error| ErpError::Unclear(error.to_string()))
    }

    async fn post(&self, journal: &OutgoingJournal) -> Result<ErpReceipt, ErpError> {
        let is_unique = self.ability == ErpAbility::UniqueReference;
        let post = |disk: &mut Disk| {
            let known = disk.ledger.iter().position(|(known, _)| *known == journal.reference);
            match known {
                Some(place) if is_unique && disk.ledger[place].1 == journal.body => Ok(receipt(place, &journal.body)),
                Some(_) if is_unique => Err(ErpError::Refused("another journal has this reference".to_owned())),
                _ => {
                    disk.ledger.push((journal.reference.clone(), journal.body.clone()));
                    Ok(receipt(disk.ledger.len() - 1, &journal.body))
                }
            }
        };
        self.risky(post, "post a journal").await.map_err(|error| ErpError::Unclear(error.to_string()))?
    }
}

fn receipt(place: usize, body: &[u8]) -> ErpReceipt {
    ErpReceipt { number: format!("GL-{:06}", place + 1), received: Some(Digest::of(body)) }
}

#[async_trait]
impl Mailer for Outside {
    async fn send(&self, mail: &Mail) -> Result<(), Unavailable> {
        let now = self.now();
        let send = |disk: &mut Disk| {
            if !disk.mail.iter().any(|(_, known)| known.id == mail.id) {
                disk.mail.push((now, mail.clone()));
            }
        };
        self.risky(send, "send mail").await
    }
}

impl Clock for Outside {
    fn now(&self) -> DateTime<Utc> {
        *self.now.lock().expect("nobody panics with the lock")
    }
}

impl Chance for Outside {
    fn fill(&self, bytes: &mut [u8]) {
        self.dice.lock().expect("nobody panics with the lock").fill(bytes);
    }
}
