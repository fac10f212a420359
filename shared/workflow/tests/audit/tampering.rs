//! One record of any kind, changed, removed, added or put in the place of another.

use dayone_ports::Key;
use dayone_workflow::keys;

use crate::company::Company;
use crate::memory::SeededChance;
use crate::months::months;

/// Whether what a record says stands in an event, too. Of idempotency keys, passwords, sessions, mail that is to be
/// sent and the lease nothing does.
fn is_in_trail(key: &Key) -> bool {
    let apart = ["t/northwind/once", "t/northwind/credentials", "t/northwind/sessions", "t/northwind/mail"];
    !apart.contains(&key.partition.as_str()) && key.sort != keys::POST_LEASE
}

fn records(company: &Company) -> Vec<Key> {
    company.handles.store.keys().into_iter().filter(is_in_trail).collect()
}

#[tokio::test]
async fn every_kind_of_record_is_among_those_that_are_tampered_with() {
    let company = months().await;
    assert_eq!(company.findings().await, []);
    let records = records(&company);
    let kinds = [
        "batches",
        "bills",
        "configuration",
        "deliveries",
        "groups",
        "heads/",
        "invoices/2026-01/USD",
        "invoices/2026-03/USD",
        "journals",
        "outbox",
        "stream/",
    ];
    for kind in kinds {
        let partition = format!("t/northwind/{kind}");
        assert!(records.iter().any(|key| key.partition.starts_with(&partition)), "{kind}");
    }
    for name in [keys::OPEN_RUN, keys::RUN_COUNTER, keys::BATCH_COUNTER, keys::INVOICE_COUNTER, "newest-anchor"] {
        assert!(records.contains(&company.single(name)), "{name}");
    }
}

#[tokio::test]
async fn one_flipped_byte_of_any_record_is_found() {
    let company = months().await;
    let chance = SeededChance::seeded(20_260_401);
    let store = &company.handles.store;
    for key in records(&company) {
        let before = store.raw(&key).expect("the record is there");
        for _ in 0..4 {
            let mut bytes = before.clone();
            let place = chance.below(bytes.len());
            bytes[place] ^= u8::try_from(1 + chance.below(255)).expect("a byte");
            store.set_raw(&key, bytes.clone());
            assert_ne!(company.findings().await, [], "{key}: {}", String::from_utf8_lossy(&bytes));
        }
        store.set_raw(&key, before);
    }
    assert_eq!(company.findings().await, []);
}

#[tokio::test]
async fn any_record_that_is_removed_is_found() {
    let company = months().await;
    let store = &company.handles.store;
    for key in records(&company) {
        let before = store.raw(&key).expect("the record is there");
        store.remove(&key);
        assert_ne!(company.findings().await, [], "{key}");
        store.set_raw(&key, before);
    }
    assert_eq!(company.findings().await, []);
}

#[tokio::test]
async fn any_record_that_is_added_to_others_or_put_over_them_is_found() {
    let company = months().await;
    let store = &company.handles.store;
    let records = records(&company);
    for (key, next) in records.iter().zip(records.iter().skip(1)) {
        let (body, before) = (store.raw(key).expect("a record"), store.raw(next).expect("a record"));
        if !key.partition.ends_with("/single") {
            let added = Key::new(key.partition.as_str(), format!("{}9", key.sort));
            store.set_raw(&added, body.clone());
            assert_ne!(company.findings().await, [], "{added}");
            store.remove(&added);
        }
        if key.partition == next.partition && body != before {
            store.set_raw(next, body);
            assert_ne!(company.findings().await, [], "{key} over {next}");
            store.set_raw(next, before);
        }
    }
    assert_eq!(company.findings().await, []);
}
