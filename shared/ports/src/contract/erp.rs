//! An ERP that keeps references unique.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{Case, cases};
use crate::{Digest, Erp, ErpAbility, ErpError, ErpReceipt, OutgoingJournal};

pub(super) const CASES: &[Case<dyn Erp>] = cases![
    it_says_that_references_are_unique,
    a_journal_is_found_once_it_was_posted,
    a_receipt_says_what_was_received_or_nothing_of_it,
    a_journal_posted_again_has_the_same_receipt,
    another_journal_of_the_same_reference_is_refused,
    journals_of_other_references_and_tenants_are_others,
    of_many_journals_of_one_reference_one_lands,
];

fn journal(tenant: &str, reference: &str, amount: &str) -> OutgoingJournal {
    let body = format!("{{\"reference\":\"{reference}\",\"amount\":\"{amount}\"}}").into_bytes();
    OutgoingJournal { tenant: tenant.to_owned(), reference: reference.to_owned(), body }
}

async fn post(erp: &dyn Erp, journal: &OutgoingJournal) -> ErpReceipt {
    let receipt = erp.post(journal).await.expect("the journal is taken");
    assert!(!receipt.number.is_empty(), "a posted journal has a number");
    receipt
}

async fn find(erp: &dyn Erp, journal: &OutgoingJournal) -> Option<ErpReceipt> {
    erp.find(&journal.tenant, &journal.reference).await.expect("the ERP can be searched")
}

async fn it_says_that_references_are_unique(erp: Arc<dyn Erp>) {
    assert_eq!(erp.ability(), ErpAbility::UniqueReference);
}

async fn a_journal_is_found_once_it_was_posted(erp: Arc<dyn Erp>) {
    let journal = journal("contract", "FIND-1", "12.30");
    assert_eq!(find(erp.as_ref(), &journal).await, None);
    let receipt = post(erp.as_ref(), &journal).await;
    assert_eq!(find(erp.as_ref(), &journal).await, Some(receipt));
}

async fn a_receipt_says_what_was_received_or_nothing_of_it(erp: Arc<dyn Erp>) {
    let mut says = Vec::new();
    for amount in ["12.30", "12.31"] {
        let journal = journal("contract", &format!("RECEIVED-{amount}"), amount);
        let receipt = post(erp.as_ref(), &journal).await;
        assert!(receipt.received.is_none_or(|received| received == Digest::of(&journal.body)), "it is another body");
        says.push(receipt.received.is_some());
        says.push(find(erp.as_ref(), &journal).await.is_some_and(|found| found.received.is_some()));
    }
    assert!(says.iter().all(|says_it| *says_it == says[0]), "an ERP says it of all its journals or of none");
}

async fn a_journal_posted_again_has_the_same_receipt(erp: Arc<dyn Erp>) {
    let journal = journal("contract", "AGAIN-1", "12.30");
    let receipt = post(erp.as_ref(), &journal).await;
    for _ in 0..3 {
        assert_eq!(post(erp.as_ref(), &journal).await, receipt);
    }
    assert_eq!(find(erp.as_ref(), &journal).await, Some(receipt));
}

async fn another_journal_of_the_same_reference_is_refused(erp: Arc<dyn Erp>) {
    let first = journal("contract", "OTHER-1", "12.30");
    let receipt = post(erp.as_ref(), &first).await;
    let outcome = erp.post(&journal("contract", "OTHER-1", "12.31")).await;
    assert!(matches!(outcome, Err(ErpError::Refused(_))), "{outcome:?}");
    assert_eq!(find(erp.as_ref(), &first).await, Some(receipt.clone()));
    assert_eq!(post(erp.as_ref(), &first).await, receipt, "the first stands as it did");
}

async fn journals_of_other_references_and_tenants_are_others(erp: Arc<dyn Erp>) {
    let erp = erp.as_ref();
    let here = post(erp, &journal("contract", "APART-1", "1.00")).await;
    let next = journal("contract", "APART-10", "1.00");
    let there = journal("contract-2", "APART-1", "2.00");
    assert_eq!(find(erp, &next).await, None);
    assert_eq!(find(erp, &there).await, None);
    assert_ne!(post(erp, &next).await, here, "journals of one tenant have numbers of their own");
    let receipt = post(erp, &there).await;
    assert_eq!(find(erp, &there).await, Some(receipt));
}

/// Half of those that race send one journal, half another of the same reference: all of one half are answered with
/// one receipt, all of the other are refused.
async fn of_many_journals_of_one_reference_one_lands(erp: Arc<dyn Erp>) {
    for round in 0..10 {
        let journals = ["1.00", "2.00"].map(|amount| journal("contract", &format!("RACE-{round}"), amount));
        let mut tasks = JoinSet::new();
        for task in 0..16 {
            let (erp, half) = (Arc::clone(&erp), task % 2);
            let journal = journals[half].clone();
            tasks.spawn(async move { (half, erp.post(&journal).await) });
        }
        let outcomes = tasks.join_all().await;
        let landed = find(erp.as_ref(), &journals[0]).await.expect("one of both has landed");
        let won = outcomes.iter().find(|(_, outcome)| outcome.is_ok()).map(|(half, _)| *half).expect("one of both is answered");
        for (half, outcome) in outcomes {
            match outcome {
                Ok(receipt) => assert_eq!((half, receipt), (won, landed.clone()), "one journal lands, with one receipt"),
                Err(error) => assert!(half != won && matches!(error, ErpError::Refused(_)), "{error}"),
            }
        }
    }
}
