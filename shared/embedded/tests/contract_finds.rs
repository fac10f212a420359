//! The contract of the store finds stores that break it: each of these faults fails in the cases that are about it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dayone_ports::contract::STORE_CASES;
use dayone_ports::store::{MOST_PAGE, check_key, check_limits};
use dayone_ports::{Action, Expect, Key, Page, Record, Store, StoreError};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    WritesBeforeAllIsChecked,
    ChecksAndWritesApart,
    IgnoresAbsent,
    IgnoresVersions,
    IgnoresChecks,
    IgnoresVersionsOfDeletes,
    NamesTheLastFailure,
    KeepsVersionsOfDeleted,
    CountsNoVersions,
    CountsChecks,
    HasNoLimits,
    ReadsAnyKey,
    OrdersByUtf16,
    IgnoresCase,
    TakesPrefixesAsPatterns,
    IncludesAfter,
    ForgetsThePrefixBehindAfter,
    SaysMoreWhenFull,
    NeverSaysMore,
    HasNoMostPage,
    MixesPartitions,
    KeepsBodiesAsText,
    AnswersEmptyPages,
}

/// A store in memory, with one fault.
struct Faulty {
    fault: Fault,
    records: Mutex<BTreeMap<Key, Record>>,
    deleted: Mutex<BTreeMap<Key, u64>>,
}

impl Faulty {
    fn has(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    fn key(&self, key: &Key) -> Key {
        if self.has(Fault::IgnoresCase) { Key::new(key.partition.to_lowercase(), key.sort.to_lowercase()) } else { key.clone() }
    }

    fn holds(&self, records: &BTreeMap<Key, Record>, action: &Action) -> bool {
        let actual = Expect::unchanged(records.get(&self.key(action.key())));
        match action {
            Action::Put { expect: Expect::Absent, .. } if self.has(Fault::IgnoresAbsent) => true,
            Action::Put { expect: Expect::Version(_), .. } if self.has(Fault::IgnoresVersions) => actual != Expect::Absent,
            Action::Check { .. } if self.has(Fault::IgnoresChecks) => true,
            Action::Delete { .. } if self.has(Fault::IgnoresVersionsOfDeletes) => actual != Expect::Absent,
            Action::Put { expect, .. } | Action::Check { expect, .. } => *expect == actual,
            Action::Delete { version, .. } => Expect::Version(*version) == actual,
        }
    }

    fn apply(&self, records: &mut BTreeMap<Key, Record>, action: &Action) {
        let key = self.key(action.key());
        let before = records.get(&key).map(|record| record.version);
        let mut deleted = self.deleted.lock().expect("nobody panicked");
        match action {
            Action::Put { body, .. } => {
                let before = before.or_else(|| deleted.get(&key).copied().filter(|_| self.has(Fault::KeepsVersionsOfDeleted)));
                let version = if self.has(Fault::CountsNoVersions) { 1 } else { before.unwrap_or(0) + 1 };
                let body =
                    if self.has(Fault::KeepsBodiesAsText) { String::from_utf8_lossy(body).into_owned().into_bytes() } else { body.clone() };
                records.insert(key.clone(), Record { key, version, body });
            }
            Action::Delete { .. } => {
                records.remove(&key);
                deleted.insert(key, before.unwrap_or(0));
            }
            Action::Check { .. } => {
                if let Some(record) = records.get_mut(&key).filter(|_| self.has(Fault::CountsChecks)) {
                    record.version += 1;
                }
            }
        }
    }

    fn begins(&self, sort: &str, prefix: &str) -> bool {
        if self.has(Fault::TakesPrefixesAsPatterns) && prefix.ends_with('%') {
            return sort.starts_with(prefix.trim_end_matches('%'));
        }
        sort.starts_with(prefix)
    }
}

#[async_trait]
impl Store for Faulty {
    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        if !self.has(Fault::ReadsAnyKey) {
            check_key(key)?;
        }
        Ok(self.records.lock().expect("nobody panicked").get(&self.key(key)).cloned())
    }

    async fn query(&self, partition: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        check_key(&Key::new(partition, "any"))?;
        if limit == 0 && !self.has(Fault::AnswersEmptyPages) {
            return Err(StoreError::Refused("no records".to_owned()));
        }
        let limit = if self.has(Fault::HasNoMostPage) { limit } else { limit.min(MOST_PAGE) };
        let records = self.records.lock().expect("nobody panicked");
        let follows = |sort: &str| match after {
            Some(after) if self.has(Fault::IncludesAfter) => sort >= after,
            Some(after) => sort > after,
            None => true,
        };
        let fits = |sort: &str| self.begins(sort, prefix) || (self.has(Fault::ForgetsThePrefixBehindAfter) && after.is_some());
        let here = |found: &str| if self.has(Fault::MixesPartitions) { found.starts_with(partition) } else { found == partition };
        let mut all: Vec<Record> = records
            .values()
            .filter(|record| here(&record.key.partition) && fits(&record.key.sort) && follows(&record.key.sort))
            .cloned()
            .collect();
        if self.has(Fault::OrdersByUtf16) {
            all.sort_by_key(|record| record.key.sort.encode_utf16().collect::<Vec<u16>>());
        }
        let has_more = match self.fault {
            Fault::SaysMoreWhenFull => all.len() >= limit,
            Fault::NeverSaysMore => false,
            _ => all.len() > limit,
        };
        all.truncate(limit);
        Ok(Page { records: all, has_more })
    }

    async fn transact(&self, actions: Vec<Action>) -> Result<(), StoreError> {
        if !self.has(Fault::HasNoLimits) {
            check_limits(&actions)?;
        }
        if self.has(Fault::ChecksAndWritesApart) {
            let records = self.records.lock().expect("nobody panicked").clone();
            if let Some(action) = actions.iter().find(|action| !self.holds(&records, action)) {
                return Err(StoreError::Conflict(action.key().clone()));
            }
            tokio::task::yield_now().await;
            let mut records = self.records.lock().expect("nobody panicked");
            actions.iter().for_each(|action| self.apply(&mut records, action));
            return Ok(());
        }
        let mut records = self.records.lock().expect("nobody panicked");
        if self.has(Fault::WritesBeforeAllIsChecked) {
            for action in &actions {
                if !self.holds(&records, action) {
                    return Err(StoreError::Conflict(action.key().clone()));
                }
                self.apply(&mut records, action);
            }
            return Ok(());
        }
        let mut failing = actions.iter().filter(|action| !self.holds(&records, action));
        let failed = if self.has(Fault::NamesTheLastFailure) { failing.next_back() } else { failing.next() };
        if let Some(action) = failed {
            return Err(StoreError::Conflict(action.key().clone()));
        }
        actions.iter().for_each(|action| self.apply(&mut records, action));
        Ok(())
    }
}

async fn failures(fault: Fault) -> Vec<&'static str> {
    let mut failed = Vec::new();
    for case in STORE_CASES.iter().copied().flatten() {
        let store = Arc::new(Faulty { fault, records: Mutex::default(), deleted: Mutex::default() });
        if case.run(store).await.is_err() {
            failed.push(case.name);
        }
    }
    failed
}

#[tokio::test]
async fn a_store_without_fault_passes() {
    assert_eq!(failures(Fault::None).await, Vec::<&str>::new());
}

#[tokio::test]
async fn each_fault_is_found() {
    let table: [(Fault, &str); 23] = [
        (Fault::WritesBeforeAllIsChecked, "one_failing_action_undoes_all"),
        (Fault::ChecksAndWritesApart, "transfers_conserve_the_sum"),
        (Fault::IgnoresAbsent, "of_many_inserts_of_one_key_one_wins"),
        (Fault::IgnoresVersions, "a_put_that_expects_another_version_conflicts"),
        (Fault::IgnoresChecks, "a_check_holds_or_fails_and_changes_nothing"),
        (Fault::IgnoresVersionsOfDeletes, "a_delete_of_another_version_conflicts"),
        (Fault::NamesTheLastFailure, "a_conflict_names_the_first_key_that_failed"),
        (Fault::KeepsVersionsOfDeleted, "a_deleted_record_begins_anew"),
        (Fault::CountsNoVersions, "versions_count_the_puts"),
        (Fault::CountsChecks, "a_check_holds_or_fails_and_changes_nothing"),
        (Fault::HasNoLimits, "a_transaction_at_the_limit_passes_and_a_byte_more_is_refused"),
        (Fault::ReadsAnyKey, "empty_keys_are_refused"),
        (Fault::OrdersByUtf16, "records_come_in_the_byte_order_of_their_keys"),
        (Fault::IgnoresCase, "keys_are_told_apart_byte_for_byte"),
        (Fault::TakesPrefixesAsPatterns, "a_prefix_takes_what_begins_with_it"),
        (Fault::IncludesAfter, "after_is_left_out_itself"),
        (Fault::ForgetsThePrefixBehindAfter, "after_is_left_out_itself"),
        (Fault::SaysMoreWhenFull, "a_page_has_at_most_its_limit_and_says_whether_more_follow"),
        (Fault::NeverSaysMore, "paging_sees_each_record_once"),
        (Fault::HasNoMostPage, "paging_sees_each_record_once"),
        (Fault::MixesPartitions, "other_partitions_are_not_seen"),
        (Fault::KeepsBodiesAsText, "bodies_come_back_byte_for_byte"),
        (Fault::AnswersEmptyPages, "a_page_of_no_records_is_refused"),
    ];
    for (fault, case) in table {
        let failed = failures(fault).await;
        assert!(failed.contains(&case), "{fault:?} must fail `{case}`; it fails {failed:?}");
    }
}
