//! Records in SQLite.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use dayone_ports::store::{MOST_PAGE, check_key, check_limits};
use dayone_ports::{Action, Expect, Key, Page, Record, Store, StoreError, Unavailable};
use rusqlite::{Connection, OptionalExtension as _, Row, TransactionBehavior, params};

use crate::blocking::blocking;

mod open;

/// Bytes after which a page ends, as DynamoDB's pages do, so that a page of large records fits into memory.
const MOST_PAGE_BYTES: usize = 1 << 20;
/// How long to wait for others that hold the file.
const PATIENCE: Duration = Duration::from_secs(10);

/// All records in one table of one SQLite file: `records (partition, sort, version, body)`, keys and bodies as bytes.
///
/// The file may be open several times, in one process or in several. A transaction that was answered is on the disk. A
/// file that stays locked by somebody else for ten seconds is [`StoreError::Unavailable`].
pub struct SqliteStore {
    connections: Arc<Connections>,
}

/// Whoever reads need not wait for whoever writes.
struct Connections {
    reader: Mutex<Connection>,
    writer: Mutex<Connection>,
}

/// Why a file cannot be opened as a store.
#[derive(Debug, thiserror::Error)]
pub enum StoreOpenError {
    /// A later release has changed the file.
    #[error("`{path}` has format {found}, and this release knows up to {known}: use the newer release of dayone that wrote it")]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that is known.
        known: i64,
    },
    /// An SQLite file of another program.
    #[error("`{path}` is the database of another program: choose another file")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be made.
    #[error("`{path}` cannot be made: {reason}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// SQLite does not open it.
    #[error("`{path}` cannot be opened as a database: {reason}")]
    Database {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: rusqlite::Error,
    },
}

impl SqliteStore {
    /// Opens the store of a file, which is made where there is none, for its owner only.
    ///
    /// # Errors
    /// A file that is no store of this release, or cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<SqliteStore, StoreOpenError> {
        SqliteStore::open_with(path.as_ref(), PATIENCE)
    }

    fn open_with(path: &Path, patience: Duration) -> Result<SqliteStore, StoreOpenError> {
        let (reader, writer) = open::open(path, patience)?;
        Ok(SqliteStore { connections: Arc::new(Connections { reader: Mutex::new(reader), writer: Mutex::new(writer) }) })
    }
}

/// A connection. One that somebody panicked with rolls back before it begins again, so that it stays usable.
fn lock(connection: &Mutex<Connection>) -> MutexGuard<'_, Connection> {
    connection.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Store for SqliteStore {
    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        const WHAT: &str = "read a record";
        check_key(key)?;
        let (connections, key) = (Arc::clone(&self.connections), key.clone());
        let read = blocking(WHAT, move || read(&lock(&connections.reader), key)).await?;
        read.map_err(|error| failed(WHAT, &error))
    }

    async fn query(&self, partition: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        const WHAT: &str = "read records";
        let range = Range::of(partition, prefix, after, limit)?;
        let connections = Arc::clone(&self.connections);
        let page = blocking(WHAT, move || read_page(&lock(&connections.reader), &range)).await?;
        page.map_err(|error| failed(WHAT, &error))
    }

    async fn transact(&self, actions: Vec<Action>) -> Result<(), StoreError> {
        check_limits(&actions)?;
        let connections = Arc::clone(&self.connections);
        blocking(WRITE, move || write(&mut lock(&connections.writer), &actions)).await?
    }
}

const WRITE: &str = "write records";

fn failed(what: &str, error: &rusqlite::Error) -> StoreError {
    StoreError::Unavailable(Unavailable::new(what, error))
}

fn read(connection: &Connection, key: Key) -> rusqlite::Result<Option<Record>> {
    let mut statement = connection.prepare_cached("SELECT version, body FROM records WHERE partition = ?1 AND sort = ?2")?;
    let keys = (key.partition.as_bytes(), key.sort.as_bytes());
    let found = statement.query_row(keys, |row| Ok((version_of(row, 0)?, row.get(1)?))).optional()?;
    Ok(found.map(|(version, body)| Record { key, version, body }))
}

fn version_of(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let version: i64 = row.get(column)?;
    u64::try_from(version).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, version))
}

/// Sort keys from `first` on, and before `end`.
struct Range {
    partition: String,
    first: Vec<u8>,
    end: Vec<u8>,
    limit: usize,
}

impl Range {
    fn of(partition: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Range, StoreError> {
        // Any sort key will do: whether the partition can be one is asked.
        check_key(&Key::new(partition, "any"))?;
        if limit == 0 {
            return Err(StoreError::Refused("a page of 0 records; 1 or more are possible".to_owned()));
        }
        // The key that follows another directly has one zero byte more.
        let behind = after.map(|after| [after.as_bytes(), &[0]].concat()).unwrap_or_default();
        let first = behind.max(prefix.as_bytes().to_vec());
        Ok(Range { partition: partition.to_owned(), first, end: end_of(prefix), limit: limit.min(MOST_PAGE) })
    }
}

/// The least bytes above all texts that begin with the prefix. No byte of UTF-8 is 255, so that the last one can be
/// counted up, and 255 alone is above all texts.
fn end_of(prefix: &str) -> Vec<u8> {
    let mut end = prefix.as_bytes().to_vec();
    match end.last_mut() {
        Some(last) => *last += 1,
        None => end.push(u8::MAX),
    }
    end
}

fn read_page(connection: &Connection, range: &Range) -> rusqlite::Result<Page> {
    let mut statement = connection
        .prepare_cached("SELECT sort, version, body FROM records WHERE partition = ?1 AND sort >= ?2 AND sort < ?3 ORDER BY sort")?;
    let mut rows = statement.query(params![range.partition.as_bytes(), range.first, range.end])?;
    let mut page = Page { records: Vec::new(), has_more: false };
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        if page.records.len() == range.limit || bytes >= MOST_PAGE_BYTES {
            page.has_more = true;
            break;
        }
        let sort = String::from_utf8(row.get(0)?).map_err(|error| rusqlite::Error::Utf8Error(0, error.utf8_error()))?;
        let record = Record { key: Key::new(range.partition.as_str(), sort), version: version_of(row, 1)?, body: row.get(2)? };
        bytes += record.key.sort.len() + record.body.len();
        page.records.push(record);
    }
    Ok(page)
}

/// Checks all, then writes all. As no key is in it twice, no action changes what another expects.
fn write(connection: &mut Connection, actions: &[Action]) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| failed(WRITE, &error);
    if !connection.is_autocommit() {
        // An earlier transaction could not even be rolled back.
        connection.execute_batch("ROLLBACK").map_err(failed)?;
    }
    // Takes the lock before reading: nobody can write between the check and the write.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    for action in actions {
        let (key, expect) = expectation(action);
        if expect != actual(&transaction, key).map_err(failed)? {
            return Err(StoreError::Conflict(key.clone()));
        }
    }
    for action in actions {
        apply(&transaction, action).map_err(failed)?;
    }
    transaction.commit().map_err(failed)
}

fn expectation(action: &Action) -> (&Key, Expect) {
    match action {
        Action::Put { key, expect, .. } | Action::Check { key, expect } => (key, *expect),
        Action::Delete { key, version } => (key, Expect::Version(*version)),
    }
}

/// What an expectation would have to be to hold.
fn actual(connection: &Connection, key: &Key) -> rusqlite::Result<Expect> {
    let mut statement = connection.prepare_cached("SELECT version FROM records WHERE partition = ?1 AND sort = ?2")?;
    let keys = (key.partition.as_bytes(), key.sort.as_bytes());
    let version = statement.query_row(keys, |row| version_of(row, 0)).optional()?;
    Ok(version.map_or(Expect::Absent, Expect::Version))
}

fn apply(connection: &Connection, action: &Action) -> rusqlite::Result<()> {
    let key = action.key();
    let keys = (key.partition.as_bytes(), key.sort.as_bytes());
    match action {
        Action::Put { body, expect: Expect::Absent, .. } => {
            let mut statement = connection.prepare_cached("INSERT INTO records (partition, sort, version, body) VALUES (?1, ?2, 1, ?3)")?;
            statement.execute(params![keys.0, keys.1, body])?;
        }
        Action::Put { body, expect: Expect::Version(_), .. } => {
            let mut statement =
                connection.prepare_cached("UPDATE records SET version = version + 1, body = ?3 WHERE partition = ?1 AND sort = ?2")?;
            statement.execute(params![keys.0, keys.1, body])?;
        }
        Action::Delete { .. } => {
            connection.prepare_cached("DELETE FROM records WHERE partition = ?1 AND sort = ?2")?.execute(keys)?;
        }
        Action::Check { .. } => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dayone_ports::{Action, Key, Store as _, StoreError};

    use super::{SqliteStore, end_of};

    #[test]
    fn the_end_of_a_prefix_is_above_all_that_begins_with_it() {
        for prefix in ["", "a", "\u{7f}", "\u{7ff}", "\u{ffff}", "\u{10ffff}"] {
            let highest = format!("{prefix}\u{10ffff}\u{10ffff}");
            assert!(end_of(prefix).as_slice() > highest.as_bytes(), "{}", prefix.escape_unicode());
        }
        assert_eq!(end_of("a"), b"b");
    }

    #[tokio::test]
    async fn a_file_that_others_hold_is_unavailable_for_writing_only_and_only_so_long() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("held.sqlite");
        let store = SqliteStore::open_with(&path, Duration::from_millis(1)).expect("a store");
        let key = Key::new("p", "s");
        let other = rusqlite::Connection::open(&path).expect("another connection");
        other.execute_batch("BEGIN IMMEDIATE").expect("the file is free");
        let refused = store.transact(vec![Action::insert(key.clone(), vec![1])]).await.expect_err("the file is held");
        assert!(refused.is_retryable() && matches!(refused, StoreError::Unavailable(_)), "{refused}");
        assert_eq!(store.get(&key).await, Ok(None), "readers do not wait for writers");
        other.execute_batch("ROLLBACK").expect("the other lets go");
        assert_eq!(store.transact(vec![Action::insert(key.clone(), vec![1])]).await, Ok(()));
    }

    #[tokio::test]
    async fn a_store_goes_on_after_a_transaction_that_was_left_open() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("left.sqlite")).expect("a store");
        super::lock(&store.connections.writer).execute_batch("BEGIN IMMEDIATE; DELETE FROM records").expect("it begins");
        assert_eq!(store.transact(vec![Action::insert(Key::new("p", "s"), vec![1])]).await, Ok(()));
    }

    #[tokio::test]
    async fn a_store_goes_on_after_a_panic() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("panic.sqlite")).expect("a store");
        let connections = std::sync::Arc::clone(&store.connections);
        let panicked = std::thread::spawn(move || {
            let _held = connections.writer.lock().expect("nobody has panicked yet");
            panic!("while it is held");
        });
        assert!(panicked.join().is_err());
        assert_eq!(store.transact(vec![Action::insert(Key::new("p", "s"), vec![1])]).await, Ok(()));
    }
}
