//! What is refused: what the narrowest home refuses.

use std::sync::Arc;

use super::store::{at, insert, put, record};
use super::{Case, cases};
use crate::store::{MOST_ACTIONS, MOST_PARTITION_BYTES, MOST_RECORD_BYTES, MOST_SORT_BYTES, MOST_TRANSACTION_BYTES};
use crate::{Action, Expect, Key, Store, StoreError};

pub(super) const CASES: &[Case<dyn Store>] = cases![
    an_empty_transaction_is_refused,
    the_hundredth_action_passes_and_the_next_is_refused,
    a_record_at_the_limit_passes_and_a_byte_more_is_refused,
    a_transaction_at_the_limit_passes_and_a_byte_more_is_refused,
    one_key_twice_is_refused,
    empty_keys_are_refused,
    keys_at_the_limit_pass_and_a_byte_more_is_refused,
    a_page_of_no_records_is_refused,
];

async fn refuses(store: &dyn Store, what: &str, actions: Vec<Action>) {
    let outcome = store.transact(actions).await;
    assert!(matches!(outcome, Err(StoreError::Refused(_))), "{what} must be refused, but: {outcome:?}");
}

async fn refuses_key(store: &dyn Store, key: &Key) {
    let outcome = store.get(key).await;
    assert!(matches!(outcome, Err(StoreError::Refused(_))), "to read `{key:.80}` must be refused, but: {outcome:?}");
    refuses(store, "a put", vec![put(key, b"", Expect::Absent)]).await;
    refuses(store, "a delete", vec![Action::Delete { key: key.clone(), version: 1 }]).await;
    refuses(store, "a check", vec![Action::Check { key: key.clone(), expect: Expect::Absent }]).await;
}

async fn an_empty_transaction_is_refused(store: Arc<dyn Store>) {
    refuses(store.as_ref(), "an empty transaction", Vec::new()).await;
}

async fn the_hundredth_action_passes_and_the_next_is_refused(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let inserts = |partition: &'static str, most: usize| {
        (0..most).map(move |number| put(&Key::new(partition, format!("{number:03}")), b"x", Expect::Absent)).collect()
    };
    refuses(store, "one action too many", inserts("contract actions beyond", MOST_ACTIONS + 1)).await;
    assert_eq!(at(store, &Key::new("contract actions beyond", "000")).await, None, "a refused transaction changes nothing");
    assert_eq!(store.transact(inserts("contract actions", MOST_ACTIONS)).await, Ok(()));
    let page = store.query("contract actions", "", None, 1000).await.expect("the partition can be queried");
    assert_eq!(page.records.len(), MOST_ACTIONS);
}

async fn a_record_at_the_limit_passes_and_a_byte_more_is_refused(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let key = Key::new("contract record", "a");
    let largest: Vec<u8> = (0..=255).cycle().take(MOST_RECORD_BYTES - key.partition.len() - key.sort.len()).collect();
    let mut beyond = largest.clone();
    beyond.push(0);
    refuses(store, "a record of one byte too many", vec![put(&key, &beyond, Expect::Absent)]).await;
    assert_eq!(at(store, &key).await, None, "a refused transaction changes nothing");
    insert(store, &key, &largest).await;
    assert!(at(store, &key).await == record(&key, 1, &largest), "the largest record comes back as it was");
    refuses(store, "a record of one byte too many", vec![put(&key, &beyond, Expect::Version(1))]).await;
    assert!(at(store, &key).await == record(&key, 1, &largest), "a refused transaction changes nothing");
}

/// Puts of `bytes` in all, keys and bodies, none larger than a record may be.
fn puts_of(partition: &str, bytes: usize) -> Vec<Action> {
    let mut left = bytes;
    let mut actions = Vec::new();
    while left > 0 {
        let key = Key::new(partition, format!("{:02}", actions.len()));
        let keys = key.partition.len() + key.sort.len();
        let size = left.min(MOST_RECORD_BYTES);
        actions.push(put(&key, &vec![b'x'; size - keys], Expect::Absent));
        left -= size;
    }
    actions
}

async fn a_transaction_at_the_limit_passes_and_a_byte_more_is_refused(store: Arc<dyn Store>) {
    let store = store.as_ref();
    refuses(store, "one byte too many", puts_of("contract bytes beyond", MOST_TRANSACTION_BYTES + 1)).await;
    assert_eq!(at(store, &Key::new("contract bytes beyond", "00")).await, None, "a refused transaction changes nothing");
    let largest = puts_of("contract bytes", MOST_TRANSACTION_BYTES);
    let last = largest.last().map(|action| action.key().clone()).expect("a large transaction has actions");
    assert_eq!(store.transact(largest).await, Ok(()));
    assert!(at(store, &last).await.is_some(), "the last of the largest transaction is there");
}

async fn one_key_twice_is_refused(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let key = Key::new("contract twice", "a");
    let check = Action::Check { key: key.clone(), expect: Expect::Absent };
    refuses(store, "a key put twice", vec![put(&key, b"one", Expect::Absent), put(&key, b"two", Expect::Version(1))]).await;
    refuses(store, "a key checked and put", vec![check, put(&key, b"one", Expect::Absent)]).await;
    assert_eq!(at(store, &key).await, None, "a refused transaction changes nothing");
}

async fn empty_keys_are_refused(store: Arc<dyn Store>) {
    let store = store.as_ref();
    for key in [Key::new("", "a"), Key::new("contract empty", ""), Key::new("", "")] {
        refuses_key(store, &key).await;
    }
    let outcome = store.query("", "", None, 10).await;
    assert!(matches!(outcome, Err(StoreError::Refused(_))), "a partition without a name must be refused, but: {outcome:?}");
}

/// Counted in bytes, not in characters.
async fn keys_at_the_limit_pass_and_a_byte_more_is_refused(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let wide = |bytes: usize| "\u{e9}".repeat(bytes / 2) + &"x".repeat(bytes % 2);
    for key in [Key::new(wide(MOST_PARTITION_BYTES + 1), "a"), Key::new("contract long", wide(MOST_SORT_BYTES + 1))] {
        refuses_key(store, &key).await;
    }
    let outcome = store.query(&wide(MOST_PARTITION_BYTES + 1), "", None, 10).await;
    assert!(matches!(outcome, Err(StoreError::Refused(_))), "a partition's name that is too long must be refused");
    let longest = Key::new(wide(MOST_PARTITION_BYTES), wide(MOST_SORT_BYTES));
    insert(store, &longest, b"long").await;
    assert_eq!(at(store, &longest).await, record(&longest, 1, b"long"));
    let page = store.query(&longest.partition, &longest.sort, None, 10).await.expect("the partition can be queried");
    assert_eq!(page.records.len(), 1);
}

async fn a_page_of_no_records_is_refused(store: Arc<dyn Store>) {
    let outcome = store.query("contract no page", "", None, 0).await;
    assert!(matches!(outcome, Err(StoreError::Refused(_))), "a page of no records must be refused, but: {outcome:?}");
}
