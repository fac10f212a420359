//! A store that fails at the call it is told to.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dayone_ports::{Action, Key, Page, Record, Store, StoreError, Unavailable};

use crate::memory::MemoryStore;

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not done; the next ones are.
    NotDone,
    /// It is done, and its answer is lost.
    NoAnswer,
    /// Neither it nor any after it is done: the process died.
    Dead,
    /// It is done and unanswered, and nothing after it is done.
    DeadAfter,
}

impl Fault {
    pub const ALL: [Fault; 4] = [Fault::NotDone, Fault::NoAnswer, Fault::Dead, Fault::DeadAfter];
}

/// Which call fails.
#[derive(Default)]
pub struct Faults {
    /// Calls until the fault, and the fault; and whether it has happened.
    plan: Mutex<Option<(u64, Fault, bool)>>,
}

impl Faults {
    /// The call of this number, from 1, fails.
    pub fn fail_at(&self, call: u64, fault: Fault) {
        *self.plan.lock().unwrap() = Some((call, fault, false));
    }

    /// Everything is done again; whether the fault had happened.
    pub fn mend(&self) -> bool {
        self.plan.lock().unwrap().take().is_some_and(|(_, _, has_happened)| has_happened)
    }

    /// Whether the call is done, and whether it is answered.
    fn call(&self) -> (bool, bool) {
        let mut plan = self.plan.lock().unwrap();
        let Some((left, fault, has_happened)) = plan.as_mut() else { return (true, true) };
        if *has_happened {
            let is_alive = matches!(fault, Fault::NotDone | Fault::NoAnswer);
            return (is_alive, is_alive);
        }
        *left -= 1;
        if *left > 0 {
            return (true, true);
        }
        *has_happened = true;
        (matches!(fault, Fault::NoAnswer | Fault::DeadAfter), false)
    }
}

pub struct FaultyStore {
    pub store: Arc<MemoryStore>,
    pub faults: Arc<Faults>,
}

fn no_answer() -> StoreError {
    Unavailable::new("reach the store", "no answer").into()
}

#[async_trait]
impl Store for FaultyStore {
    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        if self.faults.call() == (true, true) { self.store.get(key).await } else { Err(no_answer()) }
    }

    async fn query(&self, partition: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        if self.faults.call() == (true, true) { self.store.query(partition, prefix, after, limit).await } else { Err(no_answer()) }
    }

    async fn transact(&self, actions: Vec<Action>) -> Result<(), StoreError> {
        let (is_done, is_answered) = self.faults.call();
        let done = if is_done { self.store.transact(actions).await } else { Ok(()) };
        if is_answered { done } else { Err(no_answer()) }
    }
}
