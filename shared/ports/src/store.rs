//! Opaque versioned records, changed together under conditions.
//!
//! The shape is what DynamoDB can do in one table; the limits are its limits
//! (<https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>), and every home refuses
//! what DynamoDB refuses. Reads see every transaction that was answered before they began.

use std::collections::BTreeSet;
use std::fmt;

use async_trait::async_trait;

use crate::Unavailable;

/// Most actions of one transaction.
pub const MOST_ACTIONS: usize = 100;
/// Most bytes of all keys and bodies of one transaction (4 MB).
pub const MOST_TRANSACTION_BYTES: usize = 4 << 20;
/// Most bytes of one record, key and body: 400 KB without what DynamoDB counts for attribute names and the version.
pub const MOST_RECORD_BYTES: usize = (400 << 10) - 128;
/// Most bytes of a partition's name.
pub const MOST_PARTITION_BYTES: usize = 2048;
/// Most bytes of a sort key.
pub const MOST_SORT_BYTES: usize = 1024;
/// Most records of one page of a query.
pub const MOST_PAGE: usize = 1000;

/// Where a record lies. Within a partition records are in the byte order of their sort keys.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Groups records that are read together.
    pub partition: String,
    /// The place within the partition.
    pub sort: String,
}

impl Key {
    /// A key of these two parts.
    pub fn new(partition: impl Into<String>, sort: impl Into<String>) -> Key {
        Key { partition: partition.into(), sort: sort.into() }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}|{}", self.partition, self.sort)
    }
}

/// A stored record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Where.
    pub key: Key,
    /// How often it was put: 1 after the first time. A record that was deleted begins anew.
    pub version: u64,
    /// The bytes, as they were put.
    pub body: Vec<u8>,
}

/// What must be so for an action to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// There is no record of this key.
    Absent,
    /// The record has this version.
    Version(u64),
}

impl Expect {
    /// What a record that was read, or not found, must still be.
    pub fn unchanged(record: Option<&Record>) -> Expect {
        record.map_or(Expect::Absent, |record| Expect::Version(record.version))
    }
}

/// One part of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Writes a record; its version becomes 1, or one more than expected.
    Put {
        /// Where.
        key: Key,
        /// The bytes.
        body: Vec<u8>,
        /// What must be so.
        expect: Expect,
    },
    /// Takes a record away.
    Delete {
        /// Where.
        key: Key,
        /// The version that it must have.
        version: u64,
    },
    /// Changes nothing, and fails the transaction where the expectation does not hold.
    Check {
        /// Where.
        key: Key,
        /// What must be so.
        expect: Expect,
    },
}

impl Action {
    /// Writes a record that must not be there yet.
    pub fn insert(key: Key, body: Vec<u8>) -> Action {
        Action::Put { key, body, expect: Expect::Absent }
    }

    /// The key that the action is on.
    pub fn key(&self) -> &Key {
        match self {
            Action::Put { key, .. } | Action::Delete { key, .. } | Action::Check { key, .. } => key,
        }
    }

    /// Bytes that count towards the limits.
    pub fn bytes(&self) -> usize {
        let body = if let Action::Put { body, .. } = self { body.len() } else { 0 };
        self.key().partition.len() + self.key().sort.len() + body
    }
}

/// Some records of a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// In the order of their sort keys.
    pub records: Vec<Record>,
    /// Whether more follow: ask again, after the last.
    pub has_more: bool,
}

/// Why the store did not do what it was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// An expectation did not hold; nothing was changed. Load again, decide again.
    #[error("`{0}` is not as expected any more")]
    Conflict(Key),
    /// The request breaks a limit; nothing was changed, and asking again is of no use.
    #[error("the transaction is refused: {0}")]
    Refused(String),
    /// It is not known whether anything was changed; asking again tells.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

impl StoreError {
    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, StoreError::Unavailable(_))
    }
}

/// The records of all tenants.
#[async_trait]
pub trait Store: Send + Sync {
    /// One record.
    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError>;

    /// The records of a partition whose sort keys begin with `prefix` and come after `after`, at most `limit` and at
    /// most [`MOST_PAGE`]. A page may be shorter than asked for although more follow, but not empty then. A limit of 0
    /// is refused, as is an empty or too long partition.
    async fn query(&self, partition: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Page, StoreError>;

    /// Does all of it or nothing.
    async fn transact(&self, actions: Vec<Action>) -> Result<(), StoreError>;
}

/// Whether a transaction keeps the limits: every home asks this first.
///
/// # Errors
/// [`StoreError::Refused`], saying which limit.
pub fn check_limits(actions: &[Action]) -> Result<(), StoreError> {
    let refused = |reason: String| Err(StoreError::Refused(reason));
    if actions.is_empty() || actions.len() > MOST_ACTIONS {
        return refused(format!("it has {} actions; 1 to {MOST_ACTIONS} are possible", actions.len()));
    }
    let mut keys = BTreeSet::new();
    for action in actions {
        let key = action.key();
        check_key(key)?;
        if !keys.insert(key) {
            return refused(format!("`{key}` is in it twice"));
        }
        if action.bytes() > MOST_RECORD_BYTES {
            return refused(format!("`{key}` has {} bytes; {MOST_RECORD_BYTES} are possible", action.bytes()));
        }
    }
    let bytes: usize = actions.iter().map(Action::bytes).sum();
    if bytes > MOST_TRANSACTION_BYTES {
        return refused(format!("it has {bytes} bytes; {MOST_TRANSACTION_BYTES} are possible"));
    }
    Ok(())
}

/// Whether a key can be stored.
///
/// # Errors
/// [`StoreError::Refused`] for an empty or too long part.
pub fn check_key(key: &Key) -> Result<(), StoreError> {
    for (part, most) in [(&key.partition, MOST_PARTITION_BYTES), (&key.sort, MOST_SORT_BYTES)] {
        if part.is_empty() || part.len() > most {
            return Err(StoreError::Refused(format!("a part of the key `{key}` has {} bytes; 1 to {most} are possible", part.len())));
        }
    }
    Ok(())
}
