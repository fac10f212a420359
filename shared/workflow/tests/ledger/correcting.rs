//! Reversal and reclass: what the ledger has is never edited.

use dayone_domain::ledger::journal::Coding;
use dayone_domain::ledger::{JournalKind, JournalStatus, Side};
use dayone_domain::review::Standing;
use dayone_workflow::ledger::{JournalFilter, corrected_by};
use dayone_workflow::{FailureKind, Request};

use super::posting::post;
use crate::support::{World, invoice, usd};
use crate::{CONTROLLER, SHOP, accepted};

pub fn coding(account: &str) -> Coding {
    Coding {
        account: account.to_owned(),
        cost_center: "4100".to_owned(),
        department: None,
        legal_entity: Some("Northwind Inc.".to_owned()),
    }
}

async fn posted() -> World {
    let world = accepted().await;
    post(&world).await;
    world
}

/// The place of the line on this account.
async fn place(world: &World, reference: &str, account: &str) -> usize {
    let auditor = world.person("auditor@nw.example").await;
    let page = world.tenant.journal(&auditor, reference).await.unwrap();
    page.entry.lines().iter().position(|line| line.coding.account == account).unwrap()
}

#[tokio::test]
async fn a_reversal_opens_the_invoice_and_the_next_acceptance_posts_again() {
    let world = posted().await;
    let shop = invoice("2026-01", "shop");
    let view = world.tenant.reverse(&world.asks(CONTROLLER).await, SHOP, "wrong month").await.unwrap();
    assert_eq!((view.state.reference.as_str(), view.state.kind), ("DAY1-000001-02", JournalKind::Reversal));
    assert_eq!((view.turnover, view.moved), (usd(900_00), usd(-900_00)));
    let all = world.tenant.journals(&world.person("auditor@nw.example").await, JournalFilter::default()).await.unwrap();
    let corrected: Vec<_> = corrected_by(&all).into_iter().collect();
    assert_eq!(corrected, [(SHOP.to_owned(), vec!["DAY1-000001-02".to_owned()])]);
    assert_eq!(world.page(&shop).await.view.standing, Standing::ToAccept);
    assert_eq!(world.status(SHOP).await, JournalStatus::Posted, "until the reversal has landed");
    assert_eq!(post(&world).await.posted.len(), 1);
    assert_eq!(world.status(SHOP).await, JournalStatus::Reversed);
    assert_eq!(world.status("DAY1-000001-02").await, JournalStatus::Posted);
    assert_eq!(world.accept("shop@nw.example", &shop).await, ["DAY1-000001-03"]);
    post(&world).await;
    let auditor = world.person("auditor@nw.example").await;
    let mut sum = 0;
    for (reference, status) in world.journals().await {
        assert!(status.is_in_ledger(), "{reference}");
        let page = world.tenant.journal(&auditor, &reference).await.unwrap();
        if *page.entry.invoice() == shop {
            sum += page.view.moved.minor();
        }
    }
    assert_eq!(sum, 900_00);
    assert_eq!(world.handles.erp.references().len(), 4);
}

#[tokio::test]
async fn a_reversal_that_is_handed_over_reverses_once_its_number_is_known() {
    let world = posted().await;
    let request = world.asks(CONTROLLER).await;
    world.tenant.reverse(&request, SHOP, "wrong").await.unwrap();
    world.tenant.export(&request).await.unwrap();
    assert_eq!(world.status(SHOP).await, JournalStatus::Posted);
    world.tenant.record_number(&request, "DAY1-000001-02", "R-1").await.unwrap();
    assert_eq!(world.status(SHOP).await, JournalStatus::Reversed);
}

#[tokio::test]
async fn only_what_the_ledger_has_is_corrected_and_reversed_once() {
    let world = accepted().await;
    let request = world.asks(CONTROLLER).await;
    assert_eq!(world.tenant.reverse(&request, SHOP, "wrong").await.unwrap_err().code, "journal-status");
    post(&world).await;
    assert_eq!(world.tenant.reverse(&request, SHOP, "  ").await.unwrap_err().kind, FailureKind::Invalid);
    let stale = Request { if_match: Some(1), ..request.clone() };
    assert_eq!(world.tenant.reverse(&stale, SHOP, "wrong").await.unwrap_err().kind, FailureKind::Stale);
    let once = world.asks_once(CONTROLLER, "reverse").await;
    let first = world.tenant.reverse(&once, SHOP, "wrong").await.unwrap();
    assert_eq!(world.tenant.reverse(&once, SHOP, "wrong").await.unwrap(), first);
    assert_eq!(world.tenant.reverse(&request, SHOP, "wrong").await.unwrap_err().code, "reversed");
    post(&world).await;
    assert_eq!(world.tenant.reverse(&request, SHOP, "wrong").await.unwrap_err().code, "journal-status");
    assert_eq!(world.tenant.reverse(&request, "DAY1-000001-02", "wrong").await.unwrap_err().code, "is-reversal");
    assert_eq!(world.tenant.reverse(&request, "DAY1-000009-01", "wrong").await.unwrap_err().kind, FailureKind::NotFound);
}

#[tokio::test]
async fn a_reversal_and_its_reasons_are_on_the_trail_of_invoice_and_journal() {
    let world = posted().await;
    world.tenant.reverse(&world.asks(CONTROLLER).await, SHOP, " wrong month ").await.unwrap();
    let auditor = world.person("auditor@nw.example").await;
    let page = world.tenant.journal(&auditor, "DAY1-000001-02").await.unwrap();
    assert_eq!(page.trail[0].why.as_deref(), Some("wrong month"));
    assert_eq!(page.entry.facts().of_journal.as_deref(), Some(SHOP));
    let id = dayone_workflow::stream::StreamId::invoice(&invoice("2026-01", "shop"));
    let stream = world.tenant.stream::<dayone_domain::review::InvoiceEvent>(id).await.unwrap();
    let last = stream.events.last().unwrap();
    assert_eq!((last.why.as_deref(), last.by.mail()), (Some("wrong month"), Some(CONTROLLER)));
}

#[tokio::test]
async fn what_a_reversal_opened_is_not_posted_before_it_is_accepted_again() {
    let world = crate::support::World::new().await;
    let shop = invoice("2026-01", "shop");
    let compute = crate::support::direct("Compute", "111", 9_00);
    crate::support::BillOf::period("2026-01").charge("shop", std::slice::from_ref(&compute)).put(&world).await;
    world.dispute("shop@nw.example", &shop, &compute.key().id(), 4_00).await;
    world.accept("shop@nw.example", &shop).await;
    post(&world).await;
    let rejected = dayone_domain::review::Resolution::Rejected { reason: "yours".to_owned() };
    world.tenant.resolve(&world.asks("finops@nw.example").await, &shop, 1, rejected, None).await.unwrap();
    world.tenant.reverse(&world.asks(CONTROLLER).await, SHOP, "wrong").await.unwrap();
    let report = post(&world).await;
    assert_eq!(report.posted.len(), 1, "the reversal: {report:?}");
    assert!(report.skipped[0].1.contains("waits for its owner"), "{report:?}");
    world.accept("shop@nw.example", &shop).await;
    assert_eq!(post(&world).await.posted.len(), 2);
    let auditor = world.person("auditor@nw.example").await;
    let mut sum = 0;
    for (reference, _) in world.journals().await {
        sum += world.tenant.journal(&auditor, &reference).await.unwrap().view.moved.minor();
    }
    assert_eq!(sum, 9_00);
}

#[tokio::test]
async fn whoever_alone_accepted_posts_neither_the_recharge_nor_its_reversal() {
    let world = crate::support::World::new().await;
    let shop = invoice("2026-01", "shop");
    crate::support::BillOf::period("2026-01").charge("shop", &[crate::support::direct("Compute", "111", 9_00)]).put(&world).await;
    world.accept("lead@nw.example", &shop).await;
    post(&world).await;
    let lead = world.asks("lead@nw.example").await;
    world.tenant.reverse(&lead, SHOP, "wrong").await.unwrap();
    assert!(world.tenant.post(&lead, None).await.unwrap().skipped[0].1.contains("alone accepted"));
    assert_eq!(post(&world).await.posted.len(), 1);
}

#[tokio::test]
async fn a_reclass_moves_a_line_to_another_coding_and_nothing_else() {
    let world = posted().await;
    let line = place(&world, SHOP, "6400").await;
    let request = world.asks(CONTROLLER).await;
    let view = world.tenant.reclass(&request, SHOP, line, coding("6500"), "hardware").await.unwrap();
    assert_eq!((view.state.kind, view.turnover, view.moved), (JournalKind::Reclass, usd(700_00), usd(0)));
    let auditor = world.person("auditor@nw.example").await;
    let page = world.tenant.journal(&auditor, &view.state.reference).await.unwrap();
    let lines: Vec<_> = page.entry.lines().iter().map(|line| (line.side, line.coding.account.as_str())).collect();
    assert_eq!(lines, [(Side::Debit, "6500"), (Side::Credit, "6400")]);
    assert_eq!(world.page(&invoice("2026-01", "shop")).await.view.standing, Standing::Accepted);
    assert_eq!(post(&world).await.posted.len(), 1);
    assert_eq!(world.tenant.build_journals().await.unwrap(), []);
}

#[tokio::test]
async fn a_line_is_recoded_once_and_its_journal_reversed_after_its_reclasses() {
    let world = posted().await;
    let line = place(&world, SHOP, "6400").await;
    let request = world.asks(CONTROLLER).await;
    let page = || async { world.tenant.journal(&request.actor, SHOP).await.unwrap() };
    let pool = 1;
    assert_eq!(world.tenant.recodable_lines(&page().await).await.unwrap(), [line, pool], "no holding line");
    let reclass = world.tenant.reclass(&request, SHOP, line, coding("6500"), "hardware").await.unwrap().state.reference;
    assert_eq!(world.tenant.recodable_lines(&page().await).await.unwrap(), [pool], "what was recoded already is not");
    let again = world.tenant.reclass(&request, SHOP, line, coding("6600"), "no").await.unwrap_err();
    assert_eq!(again.code, "recoded");
    assert_eq!(world.tenant.reverse(&request, SHOP, "wrong").await.unwrap_err().code, "recoded");
    post(&world).await;
    let back = world.tenant.reverse(&request, &reclass, "it was right").await.unwrap();
    assert_eq!(back.moved, usd(0));
    assert_eq!(world.page(&invoice("2026-01", "shop")).await.view.standing, Standing::Accepted, "what was accepted has not changed");
    assert_eq!(world.tenant.reverse(&request, SHOP, "wrong").await.unwrap_err().code, "recoded", "until it has landed");
    post(&world).await;
    world.tenant.reverse(&request, SHOP, "wrong").await.unwrap();
}

#[tokio::test]
async fn only_expense_is_recoded_and_only_to_whom_may_be_charged() {
    let world = posted().await;
    let request = world.asks(CONTROLLER).await;
    let (expense, holding) = (place(&world, SHOP, "6400").await, place(&world, SHOP, "1490").await);
    let abroad = Coding { legal_entity: Some("Northwind GmbH".to_owned()), ..coding("6500") };
    let at_holding = Coding { cost_center: "9000".to_owned(), ..coding("1491") };
    let empty = Coding { cost_center: " ".to_owned(), ..coding("6500") };
    for (line, to, code) in [
        (holding, coding("6500"), "holding-account"),
        (expense, at_holding, "holding-account"),
        (expense, abroad, "crosses-legal-entity"),
        (expense, empty, "coding"),
        (expense, coding("6400"), "same-coding"),
        (99, coding("6500"), "no-line"),
    ] {
        assert_eq!(world.tenant.reclass(&request, SHOP, line, to, "wrong").await.unwrap_err().code, code);
    }
}
