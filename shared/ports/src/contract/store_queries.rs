//! Records in the order of their keys, page by page.

use std::sync::Arc;

use super::store::{insert, put};
use super::{Case, cases};
use crate::store::{MOST_PAGE, MOST_RECORD_BYTES};
use crate::{Action, Expect, Key, Record, Store};

pub(super) const CASES: &[Case<dyn Store>] = cases![
    records_come_in_the_byte_order_of_their_keys,
    a_prefix_takes_what_begins_with_it,
    a_prefix_may_end_in_the_last_of_its_kind,
    after_is_left_out_itself,
    a_page_has_at_most_its_limit_and_says_whether_more_follow,
    paging_sees_each_record_once,
    large_records_are_paged_too,
    other_partitions_are_not_seen,
    a_query_sees_what_was_answered,
];

/// All records of a query, page by page.
async fn pages(store: &dyn Store, partition: &str, prefix: &str, after: Option<&str>, limit: usize) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    loop {
        let last = records.last().map(|record| record.key.sort.clone());
        let after = last.as_deref().or(after);
        let page = store.query(partition, prefix, after, limit).await.expect("the partition can be queried");
        assert!(page.records.len() <= limit.min(MOST_PAGE), "a page of {} records, asked for {limit}", page.records.len());
        assert!(!page.has_more || !page.records.is_empty(), "a page that more follow must have a last record to go on from");
        records.extend(page.records);
        if !page.has_more {
            return records;
        }
    }
}

async fn sorts(store: &dyn Store, partition: &str, prefix: &str, after: Option<&str>) -> Vec<String> {
    pages(store, partition, prefix, after, 1000).await.into_iter().map(|record| record.key.sort).collect()
}

async fn fill(store: &dyn Store, partition: &str, sorts: impl IntoIterator<Item = String>) {
    let inserts: Vec<Action> =
        sorts.into_iter().map(|sort| put(&Key::new(partition, sort.clone()), sort.as_bytes(), Expect::Absent)).collect();
    for some in inserts.chunks(100) {
        assert_eq!(store.transact(some.to_vec()).await, Ok(()));
    }
}

async fn fill_with(store: &dyn Store, partition: &str, sorts: &[&str]) {
    fill(store, partition, sorts.iter().map(|sort| (*sort).to_owned())).await;
}

/// Neither an alphabet's order nor that of UTF-16, in which U+10000 comes before U+FFFF.
async fn records_come_in_the_byte_order_of_their_keys(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let ordered = [
        "\0",
        "\0\0",
        "\t",
        " ",
        "-",
        "10",
        "100",
        "2",
        "A",
        "Z",
        "Za",
        "a",
        "a\0",
        "a ",
        "aa",
        "z",
        "\u{7f}",
        "\u{80}",
        "\u{e9}",
        "\u{7ff}",
        "\u{800}",
        "\u{d7ff}",
        "\u{e000}",
        "\u{ffff}",
        "\u{10000}",
        "\u{10ffff}",
    ];
    let mut shuffled = ordered;
    shuffled.reverse();
    shuffled.swap(3, 17);
    for sort in shuffled {
        insert(store, &Key::new("contract order", sort), sort.as_bytes()).await;
    }
    assert_eq!(sorts(store, "contract order", "", None).await, ordered);
}

async fn a_prefix_takes_what_begins_with_it(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let partition = "contract prefix";
    fill_with(store, partition, &["A1", "a", "a%", "a1", "a10", "a1b", "a2", "a_", "b", "b1", "\u{e9}", "\u{e9}1", "\u{ea}"]).await;
    let table: [(&str, &[&str]); 10] = [
        ("a", &["a", "a%", "a1", "a10", "a1b", "a2", "a_"]),
        ("a1", &["a1", "a10", "a1b"]),
        ("a10", &["a10"]),
        ("a100", &[]),
        ("A", &["A1"]),
        ("a%", &["a%"]),
        ("a_", &["a_"]),
        ("b", &["b", "b1"]),
        ("\u{e9}", &["\u{e9}", "\u{e9}1"]),
        ("c", &[]),
    ];
    for (prefix, expected) in table {
        assert_eq!(sorts(store, partition, prefix, None).await, expected, "prefix `{prefix}`");
    }
}

/// The key after the last one that begins with a prefix is not the prefix with its last character counted up: there may
/// be none, or a gap.
async fn a_prefix_may_end_in_the_last_of_its_kind(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let partition = "contract last character";
    let lasts = ["\u{7f}", "\u{7ff}", "\u{d7ff}", "\u{ffff}", "\u{10ffff}"];
    let mut all: Vec<String> = lasts.iter().flat_map(|last| ["", "a", last].map(|end| format!("x{last}{end}"))).collect();
    all.extend(["x", "x\u{80}", "x\u{800}", "x\u{e000}", "x\u{10000}", "y"].map(str::to_owned));
    fill(store, partition, all).await;
    for last in lasts {
        let prefix = format!("x{last}");
        let expected = ["", "a", last].map(|end| format!("{prefix}{end}"));
        assert_eq!(sorts(store, partition, &prefix, None).await, expected, "prefix `{}`", prefix.escape_unicode());
    }
    assert_eq!(sorts(store, partition, "x", None).await.len(), 20);
}

async fn after_is_left_out_itself(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let partition = "contract after";
    fill_with(store, partition, &["a", "a\0", "a1", "b", "b1", "b2", "c"]).await;
    let table: [(&str, &str, &[&str]); 9] = [
        ("", "a", &["a\0", "a1", "b", "b1", "b2", "c"]),
        ("", "a2", &["b", "b1", "b2", "c"]),
        ("", "c", &[]),
        ("", "d", &[]),
        ("b", "a", &["b", "b1", "b2"]),
        ("b", "b", &["b1", "b2"]),
        ("b", "b1x", &["b2"]),
        ("b", "b2", &[]),
        ("b", "c", &[]),
    ];
    for (prefix, after, expected) in table {
        assert_eq!(sorts(store, partition, prefix, Some(after)).await, expected, "prefix `{prefix}`, after `{after}`");
    }
}

async fn a_page_has_at_most_its_limit_and_says_whether_more_follow(store: Arc<dyn Store>) {
    let store = store.as_ref();
    fill_with(store, "contract limit", &["a1", "a2", "a3", "b1"]).await;
    for (prefix, after, limit, expected, more) in [
        ("", None, 1, 1, true),
        ("", None, 3, 3, true),
        ("", None, 4, 4, false),
        ("", None, 5, 4, false),
        ("", Some("a3"), 1, 1, false),
        ("", Some("b1"), 1, 0, false),
        ("a", None, 2, 2, true),
        ("a", None, 3, 3, false),
        ("a", Some("a1"), 2, 2, false),
    ] {
        let page = store.query("contract limit", prefix, after, limit).await.expect("the partition can be queried");
        assert_eq!((page.records.len(), page.has_more), (expected, more), "prefix `{prefix}`, after {after:?}, limit {limit}");
    }
}

async fn paging_sees_each_record_once(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let all: Vec<String> = (0..2500).map(|number| format!("event {number:06}")).collect();
    fill(store, "contract pages", all.clone()).await;
    insert(store, &Key::new("contract pages", "eveny"), b"behind").await;
    insert(store, &Key::new("contract pages", "event"), b"before").await;
    for limit in [97, MOST_PAGE - 1, MOST_PAGE, MOST_PAGE + 1, usize::MAX] {
        let records = pages(store, "contract pages", "event ", None, limit).await;
        assert!(records.iter().map(|record| &record.key.sort).eq(&all), "{} records in pages of {limit}", records.len());
        assert!(records.iter().all(|record| record.body == record.key.sort.as_bytes() && record.version == 1));
    }
}

/// More bytes than a home may like to answer at once.
async fn large_records_are_paged_too(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let partition = "contract large pages";
    let body = vec![b'x'; MOST_RECORD_BYTES - 100];
    for number in 0..12 {
        insert(store, &Key::new(partition, format!("{number:02}")), &body).await;
    }
    let records = pages(store, partition, "", None, 1000).await;
    let found: Vec<&str> = records.iter().map(|record| record.key.sort.as_str()).collect();
    assert_eq!(found, ["00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11"]);
    assert!(records.iter().all(|record| record.body == body));
}

async fn other_partitions_are_not_seen(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let partitions = ["contract apart", "contract apart ", "contract apart 2", "Contract apart", "contract apar"];
    for partition in partitions {
        insert(store, &Key::new(partition, partition), b"").await;
    }
    for partition in partitions {
        assert_eq!(sorts(store, partition, "", None).await, [partition]);
    }
}

async fn a_query_sees_what_was_answered(store: Arc<dyn Store>) {
    let store = store.as_ref();
    let key = |sort: &str| Key::new("contract answered", sort);
    for round in 1..=20_u64 {
        let (expect, a) = if round == 1 { (Expect::Absent, key("a")) } else { (Expect::Version(round - 1), key("a")) };
        let passing = key(&format!("passing {round:02}"));
        let done = store.transact(vec![put(&a, &round.to_be_bytes(), expect), put(&passing, b"", Expect::Absent)]).await;
        assert_eq!(done, Ok(()));
        let page = store.query("contract answered", "", None, 10).await.expect("the partition can be queried");
        let expected = [(a, round, round.to_be_bytes().to_vec()), (passing.clone(), 1, Vec::new())];
        let found: Vec<_> = page.records.into_iter().map(|record| (record.key, record.version, record.body)).collect();
        assert_eq!(found, expected);
        assert_eq!(store.transact(vec![Action::Delete { key: passing, version: 1 }]).await, Ok(()));
    }
}
