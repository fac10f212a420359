//! Many at once.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::store::{at, insert, put, record};
use super::{Case, cases};
use crate::{Action, Expect, Key, Store, StoreError};

pub(super) const CASES: &[Case<dyn Store>] = cases![
    increments_of_a_counter_are_all_counted,
    of_many_inserts_of_one_key_one_wins,
    transfers_conserve_the_sum,
    a_stream_grows_without_gap_or_double,
    writes_of_different_keys_do_not_conflict,
];

const TASKS: usize = 16;
const ROUNDS: usize = 20;
/// Attempts before a case gives up: far above what chance needs, as one of those that race always wins.
const MOST_ATTEMPTS: usize = TASKS * ROUNDS * 10;

fn number(body: &[u8]) -> i64 {
    let text = std::str::from_utf8(body).expect("the number was written as text");
    text.parse().expect("the number was written as text")
}

/// Reads, decides, writes, and begins again where somebody was faster.
async fn until_done(store: &dyn Store, keys: &[&Key], decide: impl Fn(Vec<Option<crate::Record>>) -> Vec<Action>) {
    for _ in 0..MOST_ATTEMPTS {
        let mut records = Vec::new();
        for key in keys {
            records.push(at(store, key).await);
        }
        match store.transact(decide(records)).await {
            Ok(()) => return,
            Err(StoreError::Conflict(key)) => assert!(keys.contains(&&key), "`{key}` is none of those that were read"),
            Err(error) => panic!("only a conflict may stop a race: {error}"),
        }
    }
    panic!("somebody must win: {MOST_ATTEMPTS} attempts without success");
}

/// Runs the tasks to their end; a panic of one is a panic here.
async fn all<T: 'static>(tasks: JoinSet<T>) -> Vec<T> {
    tasks.join_all().await
}

async fn increments_of_a_counter_are_all_counted(store: Arc<dyn Store>) {
    let key = Key::new("contract counter", "counter");
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (store, key) = (Arc::clone(&store), key.clone());
        tasks.spawn(async move {
            for _ in 0..ROUNDS {
                until_done(store.as_ref(), &[&key], |records| {
                    let found = records[0].as_ref();
                    let next = found.map_or(0, |record| number(&record.body)) + 1;
                    vec![put(&key, next.to_string().as_bytes(), Expect::unchanged(found))]
                })
                .await;
            }
        });
    }
    all(tasks).await;
    assert_eq!(at(store.as_ref(), &key).await, record(&key, 320, b"320"));
}

async fn of_many_inserts_of_one_key_one_wins(store: Arc<dyn Store>) {
    for round in 0..ROUNDS {
        let key = Key::new("contract insert race", round.to_string());
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            let (store, key) = (Arc::clone(&store), key.clone());
            tasks.spawn(async move {
                let body = task.to_string();
                let outcome = store.transact(vec![put(&key, body.as_bytes(), Expect::Absent)]).await;
                assert!(outcome == Ok(()) || outcome == Err(StoreError::Conflict(key)), "{outcome:?}");
                outcome.is_ok().then_some(body)
            });
        }
        let winners: Vec<String> = all(tasks).await.into_iter().flatten().collect();
        assert_eq!(winners.len(), 1, "one of those that insert wins: {winners:?}");
        assert_eq!(at(store.as_ref(), &key).await, record(&key, 1, winners[0].as_bytes()));
    }
}

/// Two records change together, in both directions; the first to be named differs, so that locks would meet.
async fn transfers_conserve_the_sum(store: Arc<dyn Store>) {
    let [left, right] = ["left", "right"].map(|sort| Key::new("contract transfer", sort));
    insert(store.as_ref(), &left, b"1000").await;
    insert(store.as_ref(), &right, b"500").await;
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (from, to) = if task % 4 == 0 { (right.clone(), left.clone()) } else { (left.clone(), right.clone()) };
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for _ in 0..ROUNDS {
                until_done(store.as_ref(), &[&from, &to], |records| {
                    let changed = |key: &Key, place: usize, change: i64| {
                        let found = records[place].as_ref();
                        let amount = found.map_or(0, |record| number(&record.body)) + change;
                        put(key, amount.to_string().as_bytes(), Expect::unchanged(found))
                    };
                    vec![changed(&from, 0, -1), changed(&to, 1, 1)]
                })
                .await;
            }
        });
    }
    all(tasks).await;
    // Of 16 tasks 12 give to the right and 4 to the left, 20 each.
    assert_eq!(at(store.as_ref(), &left).await, record(&left, 321, b"840"));
    assert_eq!(at(store.as_ref(), &right).await, record(&right, 321, b"660"));
}

/// Each task appends its events behind the head that it read.
async fn a_stream_grows_without_gap_or_double(store: Arc<dyn Store>) {
    let partition = "contract stream";
    let head = Key::new(partition, "head");
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (store, head) = (Arc::clone(&store), head.clone());
        tasks.spawn(async move {
            for round in 0..ROUNDS {
                until_done(store.as_ref(), &[&head], |records| {
                    let found = records[0].as_ref();
                    let next = found.map_or(0, |record| record.version) + 1;
                    let event = Action::insert(Key::new(partition, format!("event {next:06}")), format!("{task} {round}").into_bytes());
                    vec![put(&head, next.to_string().as_bytes(), Expect::unchanged(found)), event]
                })
                .await;
            }
        });
    }
    all(tasks).await;
    let page = store.query(partition, "event ", None, 1000).await.expect("the partition can be queried");
    let sorts = page.records.iter().map(|record| record.key.sort.clone());
    assert!(sorts.eq((1..=TASKS * ROUNDS).map(|number| format!("event {number:06}"))), "events are numbered without gap");
    let mut bodies: Vec<Vec<u8>> = page.records.into_iter().map(|record| record.body).collect();
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), TASKS * ROUNDS, "each event is there once");
}

async fn writes_of_different_keys_do_not_conflict(store: Arc<dyn Store>) {
    let partition = "contract different keys";
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            for round in 0..ROUNDS {
                insert(store.as_ref(), &Key::new(partition, format!("{task:02} {round:02}")), b"x").await;
            }
        });
    }
    all(tasks).await;
    let page = store.query(partition, "", None, 1000).await.expect("the partition can be queried");
    assert_eq!(page.records.len(), TASKS * ROUNDS);
}
