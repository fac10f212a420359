//! Opening the file: who made it, in which format, and that it keeps what is written to it.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};

use super::StoreOpenError;
use crate::files::{self, Access};

/// `DyO1` in the file's header (<https://www.sqlite.org/pragma.html#pragma_application_id>).
const APPLICATION: i64 = 0x4479_4f31;
/// The format that is written and known.
const FORMAT: i64 = 1;
const TABLE: &str = "
    CREATE TABLE records (
        partition BLOB NOT NULL,
        sort BLOB NOT NULL,
        version INTEGER NOT NULL CHECK (version > 0),
        body BLOB NOT NULL,
        PRIMARY KEY (partition, sort)
    ) STRICT, WITHOUT ROWID;";

/// A connection that reads, and one that writes; each waits so long for others that hold the file.
pub(super) fn open(path: &Path, patience: Duration) -> Result<(Connection, Connection), StoreOpenError> {
    make_file(path).map_err(|reason| StoreOpenError::File { path: path.to_owned(), reason })?;
    let failed = |reason| StoreOpenError::Database { path: path.to_owned(), reason };
    let mut writer = connect(path, patience).map_err(failed)?;
    let identity = identity_at_once(&mut writer).map_err(failed)?;
    check(path, identity)?;
    keep_all_that_is_answered(&writer, patience).map_err(failed)?;
    if identity == Identity::Empty {
        check(path, make_table(&mut writer).map_err(failed)?)?;
    }
    let reader = connect(path, patience).map_err(failed)?;
    reader.pragma_update(None, "query_only", true).map_err(failed)?;
    Ok((reader, writer))
}

/// Makes an empty file, which SQLite takes for an empty database, with the permissions that its companions take over.
/// Nobody may open and close it by other means than SQLite's while it is in use: that would drop SQLite's locks
/// (<https://www.sqlite.org/howtocorrupt.html>, 2.2).
fn make_file(path: &Path) -> std::io::Result<()> {
    if !path.try_exists()? {
        let path = std::path::absolute(path)?;
        files::create_once(&path, b"", Access::Write)?;
    }
    Ok(())
}

fn connect(path: &Path, patience: Duration) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(patience)?;
    Ok(connection)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Identity {
    Empty,
    Ours { format: i64 },
    Foreign,
}

/// What the file is at one moment, while others may be making its table.
fn identity_at_once(connection: &mut Connection) -> rusqlite::Result<Identity> {
    identity(&*connection.transaction()?)
}

/// What the file is; within a transaction, so that its parts belong together.
fn identity(connection: &Connection) -> rusqlite::Result<Identity> {
    let number = |sql: &str| connection.query_row(sql, (), |row| row.get::<_, i64>(0));
    let application = number("SELECT application_id FROM pragma_application_id")?;
    let format = number("SELECT user_version FROM pragma_user_version")?;
    let tables = number("SELECT count(*) FROM sqlite_schema")?;
    Ok(match (application, format, tables) {
        (APPLICATION, 1.., _) => Identity::Ours { format },
        (0, 0, 0) => Identity::Empty,
        _ => Identity::Foreign,
    })
}

fn check(path: &Path, identity: Identity) -> Result<(), StoreOpenError> {
    match identity {
        Identity::Ours { format } if format > FORMAT => Err(StoreOpenError::Newer { path: path.to_owned(), found: format, known: FORMAT }),
        Identity::Foreign => Err(StoreOpenError::Foreign { path: path.to_owned() }),
        Identity::Ours { .. } | Identity::Empty => Ok(()),
    }
}

/// A write-ahead log that is synchronised with each transaction (<https://www.sqlite.org/pragma.html#pragma_synchronous>);
/// macOS needs a call of its own for that.
fn keep_all_that_is_answered(writer: &Connection, patience: Duration) -> rusqlite::Result<()> {
    let since = Instant::now();
    loop {
        match writer.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0)) {
            // Where two open a new file at once, SQLite does not wait by itself.
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && since.elapsed() < patience => {
                std::thread::sleep(Duration::from_millis(5));
            }
            outcome => break outcome.map(drop)?,
        }
    }
    writer.pragma_update(None, "synchronous", "FULL")?;
    writer.pragma_update(None, "fullfsync", true)?;
    writer.pragma_update(None, "checkpoint_fullfsync", true)
}

/// Makes the table, unless somebody else was faster. Answers what the file is then.
fn make_table(writer: &mut Connection) -> rusqlite::Result<Identity> {
    let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if identity(&transaction)? == Identity::Empty {
        transaction.execute_batch(TABLE)?;
        transaction.pragma_update(None, "application_id", APPLICATION)?;
        transaction.pragma_update(None, "user_version", FORMAT)?;
    }
    let identity = identity(&transaction)?;
    transaction.commit()?;
    Ok(identity)
}
