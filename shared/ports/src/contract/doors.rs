//! Several ways to the same records.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;

use crate::{Action, Key, Page, Record, Store, StoreError};

/// A store that asks several others in turn. Where all of them lead to the same records it must be as good as one:
/// what was written through one is read through the next.
pub struct Doors {
    doors: Vec<Arc<dyn Store>>,
    turn: AtomicUsize,
}

impl Doors {
    /// These stores, in turn.
    ///
    /// # Panics
    /// Without a store.
    pub fn new(doors: Vec<Arc<dyn Store>>) -> Doors {
        assert!(!doors.is_empty(), "there must be a store to ask");
        Doors { doors, turn: AtomicUsize::new(0) }
    }

    fn next(&self) -> &dyn Store {
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        self.doors[turn % self.doors.len()].as_ref()
    }
}

#[async_trait]
impl Store for Doors {
    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        self.next().get(key).await
    }

    async fn query(&self, partition: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        self.next().query(partition, prefix, after, limit).await
    }

    async fn transact(&self, actions: Vec<Action>) -> Result<(), StoreError> {
        self.next().transact(actions).await
    }
}
