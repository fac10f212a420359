//! What the SQLite store does beyond the contract.

use std::collections::BTreeMap;
use std::sync::{Arc, Barrier};

use dayone_embedded::{SqliteStore, StoreOpenError};
use dayone_ports::store::MOST_RECORD_BYTES;
use dayone_ports::{Action, Expect, Key, Record, Store as _, StoreError};
use proptest::prelude::*;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime")
}

#[tokio::test]
async fn what_was_answered_is_there_for_the_next_who_opens_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.sqlite");
    let key = Key::new("p", "s");
    let store = SqliteStore::open(&path).expect("a store");
    assert_eq!(store.transact(vec![Action::insert(key.clone(), b"body".to_vec())]).await, Ok(()));
    let beside = SqliteStore::open(&path).expect("a second store on the file");
    drop(store);
    for store in [beside, SqliteStore::open(&path).expect("a third store on the file")] {
        assert_eq!(store.get(&key).await, Ok(Some(Record { key: key.clone(), version: 1, body: b"body".to_vec() })));
    }
}

#[test]
fn many_may_open_a_new_file_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    for round in 0..10 {
        let path = folder.path().join(round.to_string());
        let barrier = Arc::new(Barrier::new(8));
        let threads: Vec<_> = (0..8)
            .map(|number| {
                let (path, barrier) = (path.clone(), Arc::clone(&barrier));
                std::thread::spawn(move || {
                    barrier.wait();
                    let store = SqliteStore::open(path).expect("the store opens");
                    let insert = Action::insert(Key::new("p", number.to_string()), Vec::new());
                    assert_eq!(runtime().block_on(store.transact(vec![insert])), Ok(()));
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().expect("the thread opened and wrote"));
        let store = SqliteStore::open(path).expect("the store opens");
        assert_eq!(runtime().block_on(store.query("p", "", None, 100)).expect("it can be queried").records.len(), 8);
    }
}

#[test]
fn the_file_has_a_write_ahead_log_and_its_format_in_its_header() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.sqlite");
    let _store = SqliteStore::open(&path).expect("a store");
    let other = rusqlite::Connection::open(&path).expect("another connection");
    let mode: String = other.query_row("PRAGMA journal_mode", (), |row| row.get(0)).expect("a mode");
    let format: i64 = other.query_row("PRAGMA user_version", (), |row| row.get(0)).expect("a version");
    assert_eq!((mode.as_str(), format), ("wal", 1));
}

#[test]
fn a_newer_format_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.sqlite");
    drop(SqliteStore::open(&path).expect("a store"));
    let version = |sql: &str| {
        let other = rusqlite::Connection::open(&path).expect("another connection");
        other.execute_batch(sql).expect("the statement works");
        other.query_row("PRAGMA user_version", (), |row| row.get::<_, i64>(0)).expect("a version")
    };
    version("PRAGMA user_version = 2");
    let refused = SqliteStore::open(&path).err().expect("a newer format is refused");
    assert!(matches!(refused, StoreOpenError::Newer { found: 2, known: 1, .. }), "{refused}");
    assert_eq!(version(""), 2);
}

#[test]
fn the_database_of_another_program_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    for (number, sql) in ["CREATE TABLE theirs (a)", "PRAGMA user_version = 1", "PRAGMA application_id = 7"].into_iter().enumerate() {
        let path = folder.path().join(number.to_string());
        rusqlite::Connection::open(&path).expect("their connection").execute_batch(sql).expect("the statement works");
        let before = std::fs::read(&path).expect("the file can be read");
        let refused = SqliteStore::open(&path).err().expect("another program's file is refused");
        assert!(matches!(refused, StoreOpenError::Foreign { .. }), "{sql}: {refused}");
        assert!(std::fs::read(&path).expect("the file can be read") == before, "{sql}: the file stays as it is");
    }
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("text");
    std::fs::write(&path, "a text that is no database, and long enough to tell. ".repeat(100)).expect("a file");
    let before = std::fs::read(&path).expect("the file can be read");
    let refused = SqliteStore::open(&path).err().expect("a text is refused");
    assert!(matches!(refused, StoreOpenError::Database { .. }), "{refused}");
    assert!(std::fs::read(&path).expect("the file can be read") == before);
    let refused = SqliteStore::open(folder.path().join("no folder").join("store.sqlite")).err().expect("there is no folder");
    assert!(matches!(refused, StoreOpenError::File { .. }), "{refused}");
}

#[cfg(unix)]
#[tokio::test]
async fn all_files_of_the_store_are_for_their_owner() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("store.sqlite")).expect("a store");
    assert_eq!(store.transact(vec![Action::insert(Key::new("p", "s"), Vec::new())]).await, Ok(()));
    let files: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").map(|entry| entry.expect("an entry")).collect();
    assert_eq!(files.len(), 3, "the database, its log and its index: {files:?}");
    for file in files {
        assert_eq!(file.metadata().expect("metadata").permissions().mode() & 0o777, 0o600, "{file:?}");
    }
}

#[tokio::test]
async fn a_page_of_large_records_ends_early() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("store.sqlite")).expect("a store");
    for number in 0..5 {
        let insert = Action::insert(Key::new("p", number.to_string()), vec![0; MOST_RECORD_BYTES - 10]);
        assert_eq!(store.transact(vec![insert]).await, Ok(()));
    }
    let first = store.query("p", "", None, 1000).await.expect("the partition can be queried");
    assert_eq!((first.records.len(), first.has_more), (3, true));
    let second = store.query("p", "", Some("2"), 1000).await.expect("the partition can be queried");
    assert_eq!((second.records.len(), second.has_more), (2, false));
}

#[derive(Clone, Debug)]
enum Step {
    Transact(Vec<Action>),
    Query { partition: String, prefix: String, after: Option<String>, limit: usize },
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "\u{7f}", "\u{e9}", "\u{ffff}", "\u{10ffff}", "\0"]), 1..4)
        .prop_map(|parts| parts.concat())
}

fn key() -> impl Strategy<Value = Key> {
    (prop::sample::select(vec!["p", "q"]), text()).prop_map(|(partition, sort)| Key::new(partition, sort))
}

fn action() -> impl Strategy<Value = Action> {
    let expect = prop_oneof![3 => Just(Expect::Absent), 2 => (0..4_u64).prop_map(Expect::Version)];
    (key(), expect, 0..8, prop::collection::vec(any::<u8>(), 0..6)).prop_map(|(key, expect, kind, body)| match (kind, expect) {
        (0, _) => Action::Check { key, expect },
        (1, Expect::Version(version)) => Action::Delete { key, version },
        _ => Action::Put { key, body, expect },
    })
}

fn step() -> impl Strategy<Value = Step> {
    let query = (prop::sample::select(vec!["p", "q"]), prop::option::of(text()), prop::option::of(text()), 1..12_usize);
    prop_oneof![
        3 => prop::collection::vec(action(), 1..4).prop_map(Step::Transact),
        1 => query.prop_map(|(partition, prefix, after, limit)| Step::Query {
            partition: partition.to_owned(),
            prefix: prefix.unwrap_or_default(),
            after,
            limit,
        }),
    ]
}

/// What the store holds, as a map.
type Model = BTreeMap<Key, (u64, Vec<u8>)>;

fn transact_model(model: &mut Model, actions: &[Action]) -> Result<(), StoreError> {
    dayone_ports::store::check_limits(actions)?;
    for action in actions {
        let actual = model.get(action.key()).map_or(Expect::Absent, |(version, _)| Expect::Version(*version));
        let expected = match action {
            Action::Put { expect, .. } | Action::Check { expect, .. } => *expect,
            Action::Delete { version, .. } => Expect::Version(*version),
        };
        if expected != actual {
            return Err(StoreError::Conflict(action.key().clone()));
        }
    }
    for action in actions {
        match action {
            Action::Put { key, body, .. } => {
                let version = model.get(key).map_or(1, |(version, _)| version + 1);
                model.insert(key.clone(), (version, body.clone()));
            }
            Action::Delete { key, .. } => drop(model.remove(key)),
            Action::Check { .. } => {}
        }
    }
    Ok(())
}

fn query_model(model: &Model, partition: &str, prefix: &str, after: Option<&str>, limit: usize) -> (Vec<Record>, bool) {
    let fits = |key: &Key| {
        key.partition == partition && key.sort.starts_with(prefix) && after.is_none_or(|after| key.sort.as_bytes() > after.as_bytes())
    };
    let all: Vec<Record> = model
        .iter()
        .filter(|(key, _)| fits(key))
        .map(|(key, (version, body))| Record { key: key.clone(), version: *version, body: body.clone() })
        .collect();
    (all.iter().take(limit).cloned().collect(), all.len() > limit)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever is asked of it, the store answers as a map would.
    #[test]
    fn the_store_is_a_map(steps in prop::collection::vec(step(), 1..40)) {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("store.sqlite")).expect("a store");
        let mut model = Model::new();
        let runtime = runtime();
        for step in steps {
            match step {
                Step::Transact(actions) => {
                    let expected = transact_model(&mut model, &actions);
                    prop_assert_eq!(runtime.block_on(store.transact(actions)), expected);
                }
                Step::Query { partition, prefix, after, limit } => {
                    let expected = query_model(&model, &partition, &prefix, after.as_deref(), limit);
                    let page = runtime.block_on(store.query(&partition, &prefix, after.as_deref(), limit)).expect("a page");
                    prop_assert_eq!((page.records, page.has_more), expected);
                }
            }
        }
        for (key, (version, body)) in model {
            let expected = Some(Record { key: key.clone(), version, body });
            prop_assert_eq!(runtime.block_on(store.get(&key)).expect("a record"), expected);
        }
    }
}
