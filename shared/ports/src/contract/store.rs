//! Single records, expectations, all or nothing.

use std::sync::Arc;

use super::{Case, cases};
use crate::{Action, Expect, Key, Record, Store, StoreError};

pub(super) const CASES: &[Case<dyn Store>] = cases![
    nothing_is_found_where_nothing_was_put,
    versions_count_the_puts,
    a_put_that_expects_nothing_conflicts_with_a_record,
    a_put_that_expects_another_version_conflicts,
    a_delete_of_another_version_conflicts,
    a_deleted_record_begins_anew,
    a_check_holds_or_fails_and_changes_nothing,
    one_failing_action_undoes_all,
    a_conflict_names_the_first_key_that_failed,
    bodies_come_back_byte_for_byte,
    keys_are_told_apart_byte_for_byte,
];

/// A put.
pub(super) fn put(key: &Key, body: &[u8], expect: Expect) -> Action {
    Action::Put { key: key.clone(), body: body.to_vec(), expect }
}

/// Writes a record that is not there yet.
pub(super) async fn insert(store: &dyn Store, key: &Key, body: &[u8]) {
    let done = store.transact(vec![put(key, body, Expect::Absent)]).await;
    assert_eq!(done, Ok(()), "`{key}` must be written");
}

/// What is at a key.
pub(super) async fn at(store: &dyn Store, key: &Key) -> Option<Record> {
    store.get(key).await.unwrap_or_else(|error| panic!("`{key}` must be readable: {error}"))
}

/// What a record must be.
pub(super) fn record(key: &Key, version: u64, body: &[u8]) -> Option<Record> {
    Some(Record { key: key.clone(), version, body: body.to_vec() })
}

async fn conflicts(store: &dyn Store, action: Action) {
    let key = action.key().clone();
    assert_eq!(store.transact(vec![action.clone()]).await, Err(StoreError::Conflict(key)), "{action:?}");
}

async fn nothing_is_found_where_nothing_was_put(store: Arc<dyn Store>) {
    let store = store.as_ref();
    assert_eq!(at(store, &Key::new("contract nothing", "a")).await, None);
    let page = store.query("contract nothing", "", None, 10).await.expect("an empty partition can be queried");
    assert_eq!((page.records, page.has_more), (Vec::new(), false));
}

async fn versions_count_the_puts(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let key = Key::new("contract versions", "a");
    insert(store, &key, b"one").await;
    assert_eq!(at(store, &key).await, record(&key, 1, b"one"));
    for (version, body) in [(2, b"two".as_slice()), (3, b"three"), (4, b"three")] {
        assert_eq!(store.transact(vec![put(&key, body, Expect::Version(version - 1))]).await, Ok(()));
        assert_eq!(at(store, &key).await, record(&key, version, body));
    }
}

async fn a_put_that_expects_nothing_conflicts_with_a_record(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let key = Key::new("contract put absent", "a");
    insert(store, &key, b"first").await;
    conflicts(store, put(&key, b"second", Expect::Absent)).await;
    conflicts(store, put(&key, b"first", Expect::Absent)).await;
    assert_eq!(at(store, &key).await, record(&key, 1, b"first"));
}

async fn a_put_that_expects_another_version_conflicts(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let (key, nothing) = (Key::new("contract put version", "a"), Key::new("contract put version", "b"));
    insert(store, &key, b"one").await;
    assert_eq!(store.transact(vec![put(&key, b"two", Expect::Version(1))]).await, Ok(()));
    for version in [0, 1, 3, u64::MAX] {
        conflicts(store, put(&key, b"other", Expect::Version(version))).await;
        conflicts(store, put(&nothing, b"other", Expect::Version(version))).await;
    }
    assert_eq!(at(store, &key).await, record(&key, 2, b"two"));
    assert_eq!(at(store, &nothing).await, None);
}

async fn a_delete_of_another_version_conflicts(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let (key, nothing) = (Key::new("contract delete", "a"), Key::new("contract delete", "b"));
    insert(store, &key, b"one").await;
    for version in [0, 2, u64::MAX] {
        conflicts(store, Action::Delete { key: key.clone(), version }).await;
    }
    conflicts(store, Action::Delete { key: nothing, version: 1 }).await;
    assert_eq!(at(store, &key).await, record(&key, 1, b"one"));
}

async fn a_deleted_record_begins_anew(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let key = Key::new("contract anew", "a");
    insert(store, &key, b"one").await;
    assert_eq!(store.transact(vec![put(&key, b"two", Expect::Version(1))]).await, Ok(()));
    assert_eq!(store.transact(vec![Action::Delete { key: key.clone(), version: 2 }]).await, Ok(()));
    assert_eq!(at(store, &key).await, None);
    conflicts(store, put(&key, b"three", Expect::Version(2))).await;
    insert(store, &key, b"new").await;
    assert_eq!(at(store, &key).await, record(&key, 1, b"new"));
}

async fn a_check_holds_or_fails_and_changes_nothing(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let (key, nothing) = (Key::new("contract check", "a"), Key::new("contract check", "b"));
    insert(store, &key, b"one").await;
    let check = |key: &Key, expect| Action::Check { key: key.clone(), expect };
    for (key, expect) in [(&key, Expect::Version(1)), (&nothing, Expect::Absent)] {
        assert_eq!(store.transact(vec![check(key, expect)]).await, Ok(()), "{expect:?}");
    }
    for (key, expect) in [(&key, Expect::Absent), (&key, Expect::Version(2)), (&nothing, Expect::Version(1))] {
        conflicts(store, check(key, expect)).await;
    }
    assert_eq!(at(store, &key).await, record(&key, 1, b"one"));
    assert_eq!(at(store, &nothing).await, None);
}

/// Of a hundred actions that would all succeed, each kind in turn is made to fail: at the beginning, in the middle, at
/// the end.
async fn one_failing_action_undoes_all(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let partition = "contract all or nothing";
    let key = |number: usize| Key::new(partition, format!("{number:03}"));
    let even = (0..100).filter(|number| number % 2 == 0);
    let done = store.transact(even.map(|number| put(&key(number), b"old", Expect::Absent)).collect()).await;
    assert_eq!(done, Ok(()));
    let good = |number: usize| match number % 4 {
        0 => put(&key(number), b"new", Expect::Version(1)),
        2 => Action::Delete { key: key(number), version: 1 },
        _ => put(&key(number), b"new", Expect::Absent),
    };
    let before = store.query(partition, "", None, 1000).await.expect("the partition can be queried");
    for place in [0, 50, 99] {
        let failing = [
            put(&key(place), b"new", Expect::Version(7)),
            Action::Delete { key: key(place), version: 7 },
            Action::Check { key: key(place), expect: Expect::Version(7) },
        ];
        for bad in failing {
            let actions = (0..100).map(|number| if number == place { bad.clone() } else { good(number) }).collect();
            assert_eq!(store.transact(actions).await, Err(StoreError::Conflict(key(place))), "{bad:?}");
            let after = store.query(partition, "", None, 1000).await.expect("the partition can be queried");
            assert_eq!(after, before, "nothing may change where {bad:?} fails");
        }
    }
    assert_eq!(store.transact((0..100).map(good).collect()).await, Ok(()), "without a failing action all is done");
    assert_eq!(at(store, &key(0)).await, record(&key(0), 2, b"new"));
    assert_eq!(at(store, &key(2)).await, None);
    assert_eq!(at(store, &key(99)).await, record(&key(99), 1, b"new"));
}

async fn a_conflict_names_the_first_key_that_failed(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let key = |sort: &str| Key::new("contract first failure", sort);
    insert(store, &key("b"), b"").await;
    insert(store, &key("a"), b"").await;
    let actions = vec![
        put(&key("c"), b"", Expect::Absent),
        Action::Check { key: key("b"), expect: Expect::Version(9) },
        put(&key("a"), b"", Expect::Absent),
    ];
    assert_eq!(store.transact(actions).await, Err(StoreError::Conflict(key("b"))));
}

async fn bodies_come_back_byte_for_byte(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let every_byte: Vec<u8> = (0..=255).collect();
    let bodies: [&[u8]; 5] = [&every_byte, b"", b"\0", &[0xff, 0xfe, 0x80], b"{\"a\": 1 ,\r\n\"a\":1}"];
    for (number, body) in bodies.into_iter().enumerate() {
        let key = Key::new("contract bodies", number.to_string());
        insert(store, &key, body).await;
        assert_eq!(at(store, &key).await, record(&key, 1, body));
    }
}

/// Letters in both cases, composed and decomposed, with spaces around them, and what languages of queries mean
/// something by.
async fn keys_are_told_apart_byte_for_byte(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let parts = ["a", "A", "a ", " a", "\u{e9}", "e\u{301}", "a%", "a_", "a|b", "b", "'", "\"", "\\", "\n", "a\0", "a\0b", "\u{1f9fe}"];
    let mut keys = Vec::new();
    for first in parts {
        keys.extend(parts.map(|second| Key::new(format!("contract keys {first}"), second)));
    }
    for (number, key) in keys.iter().enumerate() {
        insert(store, key, number.to_string().as_bytes()).await;
    }
    for (number, key) in keys.iter().enumerate() {
        assert_eq!(at(store, key).await, record(key, 1, number.to_string().as_bytes()));
    }
}
