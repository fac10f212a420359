//! Records in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use dayone_ports::store::{check_key, check_limits};
use dayone_ports::{Action, Expect, Key, Page, Record, Store, StoreError};

use super::locked;

/// Records by their keys. A page has few, so that every reader turns pages.
pub struct MemoryStore {
    records: Mutex<BTreeMap<Key, Record>>,
    page: usize,
}

impl Default for MemoryStore {
    fn default() -> MemoryStore {
        MemoryStore::with_pages_of(5)
    }
}

impl MemoryStore {
    /// An empty store with at most this many records a page.
    pub fn with_pages_of(page: usize) -> MemoryStore {
        MemoryStore { records: Mutex::default(), page }
    }

    /// Every key.
    pub fn keys(&self) -> Vec<Key> {
        locked(&self.records).keys().cloned().collect()
    }

    /// The keys of the partitions that begin so.
    pub fn keys_in(&self, partition: &str) -> Vec<Key> {
        self.keys().into_iter().filter(|key| key.partition.starts_with(partition)).collect()
    }

    /// The bytes of a record.
    pub fn raw(&self, key: &Key) -> Option<Vec<u8>> {
        locked(&self.records).get(key).map(|record| record.body.clone())
    }

    /// Writes a record past all conditions and limits; its version stays.
    pub fn set_raw(&self, key: &Key, body: Vec<u8>) {
        let mut records = locked(&self.records);
        let version = records.get(key).map_or(1, |record| record.version);
        records.insert(key.clone(), Record { key: key.clone(), version, body });
    }

    /// Takes a record away.
    pub fn remove(&self, key: &Key) {
        locked(&self.records).remove(key);
    }

    /// Everything that is there, to compare or to go back to.
    pub fn copy(&self) -> BTreeMap<Key, Record> {
        locked(&self.records).clone()
    }

    /// Goes back to a copy.
    pub fn restore(&self, records: BTreeMap<Key, Record>) {
        *locked(&self.records) = records;
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        check_key(key)?;
        Ok(locked(&self.records).get(key).cloned())
    }

    async fn query(&self, partition: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        check_key(&Key::new(partition, "any"))?;
        if limit == 0 {
            return Err(StoreError::Refused("a page of no records is asked for".to_owned()));
        }
        let most = limit.min(self.page);
        let records = locked(&self.records);
        let first = Key::new(partition, prefix.max(after.unwrap_or("")));
        let found = records
            .range(first..)
            .map(|(_, record)| record)
            .take_while(|record| record.key.partition == partition && record.key.sort.starts_with(prefix))
            .filter(|record| after.is_none_or(|after| record.key.sort.as_str() > after));
        let mut found: Vec<Record> = found.take(most + 1).cloned().collect();
        let has_more = found.len() > most;
        found.truncate(most);
        Ok(Page { records: found, has_more })
    }

    async fn transact(&self, actions: Vec<Action>) -> Result<(), StoreError> {
        check_limits(&actions)?;
        let mut records = locked(&self.records);
        for action in &actions {
            let expect = match action {
                Action::Put { expect, .. } | Action::Check { expect, .. } => *expect,
                Action::Delete { version, .. } => Expect::Version(*version),
            };
            if Expect::unchanged(records.get(action.key())) != expect {
                return Err(StoreError::Conflict(action.key().clone()));
            }
        }
        for action in actions {
            match action {
                Action::Put { key, body, expect } => {
                    let version = if let Expect::Version(version) = expect { version + 1 } else { 1 };
                    records.insert(key.clone(), Record { key, version, body });
                }
                Action::Delete { key, .. } => {
                    records.remove(&key);
                }
                Action::Check { .. } => {}
            }
        }
        Ok(())
    }
}
