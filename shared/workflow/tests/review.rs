//! Review: what people read of invoices, and what they may say to them.
#![allow(missing_docs)]
// Amounts are cents: `900_00` is 900.00.
#![allow(clippy::inconsistent_digit_grouping)]

mod memory;
mod support;

#[path = "review/crashes.rs"]
mod crashes;
#[path = "review/disputes.rs"]
mod disputes;
#[path = "review/modes.rs"]
mod modes;

use dayone_domain::invoice::LineKind;
use dayone_domain::review::{Cause, Revision, Stage, Standing};
use dayone_ports::Digest;
use dayone_workflow::review::{InvoiceFilter, compared_with, revision_changes};
use dayone_workflow::{FailureKind, Once, Request};
use support::{BillOf, World, bill, direct, invoice, shared, usd};

/// January, final: the shop owes 900.00 in two lines, search 100.00.
pub async fn january() -> World {
    let world = World::new().await;
    BillOf::period("2026-01")
        .charge("shop", &[direct("Compute", "111", 700_00), shared(&[("111", 150_00), ("222", 50_00)])])
        .charge("search", &[direct("Compute", "111", 100_00)])
        .put(&world)
        .await;
    world
}

async fn listed(world: &World, mail: &str, filter: InvoiceFilter) -> Vec<String> {
    let views = world.tenant.invoices(&world.person(mail).await, filter).await.unwrap();
    views.into_iter().map(|view| format!("{} {}", view.of.bill.period, view.of.group)).collect()
}

#[tokio::test]
async fn owners_see_their_cost_groups_and_those_below_and_roles_see_all() {
    let world = january().await;
    assert_eq!(listed(&world, "shop@nw.example", InvoiceFilter::default()).await, ["2026-01 shop"]);
    assert_eq!(listed(&world, "head@nw.example", InvoiceFilter::default()).await, ["2026-01 search", "2026-01 shop"]);
    for mail in ["controller@nw.example", "finops@nw.example", "auditor@nw.example"] {
        assert_eq!(listed(&world, mail, InvoiceFilter::default()).await, ["2026-01 search", "2026-01 shop"], "{mail}");
    }
}

#[tokio::test]
async fn a_list_is_narrowed_by_bill_group_and_standing() {
    let world = january().await;
    BillOf::period("2026-02").provisional().run(2).charge("shop", &[direct("Compute", "111", 1_00)]).put(&world).await;
    let all = InvoiceFilter::default();
    let of = async |filter| listed(&world, "auditor@nw.example", filter).await;
    assert_eq!(of(InvoiceFilter { bill: Some(bill("2026-02")), ..all.clone() }).await, ["2026-02 shop"]);
    assert_eq!(of(InvoiceFilter { group: Some("shop".to_owned()), ..all.clone() }).await, ["2026-01 shop", "2026-02 shop"]);
    assert_eq!(of(InvoiceFilter { standing: Some(Standing::Provisional), ..all.clone() }).await, ["2026-02 shop"]);
    assert_eq!(of(InvoiceFilter { standing: Some(Standing::Accepted), ..all }).await, [] as [&str; 0]);
}

#[tokio::test]
async fn whoever_does_not_see_a_cost_group_is_told_that_there_is_no_such_invoice() {
    let world = january().await;
    let (there, not_there) = (invoice("2026-01", "shop"), invoice("2026-01", "shops"));
    let stranger = world.person("search@nw.example").await;
    let request = Request::of(stranger.clone());
    for of in [&there, &not_there, &invoice("2026-01", "../shop")] {
        let failures = [
            world.tenant.invoice(&stranger, of).await.unwrap_err(),
            world.tenant.revision_document(&stranger, of, 1).await.unwrap_err(),
            world.tenant.ask(&request, of, "why?").await.unwrap_err(),
            world.tenant.accept(&request, of, 1).await.unwrap_err(),
            world.tenant.acknowledge(&request, of, 1).await.unwrap_err(),
        ];
        for failure in failures {
            assert_eq!(failure.kind, FailureKind::NotFound, "{failure}");
            assert_eq!(failure.message, format!("there is no invoice of `{}` for 2026-01 USD", of.group));
        }
    }
    let auditor = world.person("auditor@nw.example").await;
    assert_eq!(world.tenant.invoice(&auditor, &not_there).await.unwrap_err().kind, FailureKind::NotFound);
}

#[tokio::test]
async fn what_an_open_run_has_written_is_not_there_for_people() {
    let world = World::new().await;
    let shop = invoice("2026-01", "shop");
    BillOf::period("2026-01").provisional().charge("shop", &[direct("Compute", "111", 1_00)]).put(&world).await;
    let before = world.page(&shop).await;
    BillOf::period("2026-01")
        .run(2)
        .open()
        .charge("shop", &[direct("Compute", "111", 2_00)])
        .charge("search", &[direct("Compute", "111", 3_00)])
        .put(&world)
        .await;
    assert_eq!(listed(&world, "auditor@nw.example", InvoiceFilter::default()).await, ["2026-01 shop"]);
    let page = world.page(&shop).await;
    assert_eq!(page, before);
    assert_eq!((page.view.revision.stage, page.document.due(), page.version), (Stage::Provisional, usd(1_00), 1));
    let auditor = world.person("auditor@nw.example").await;
    for failure in [
        world.tenant.invoice(&auditor, &invoice("2026-01", "search")).await.unwrap_err(),
        world.tenant.revision_document(&auditor, &shop, 2).await.unwrap_err(),
    ] {
        assert_eq!(failure.kind, FailureKind::NotFound, "{failure}");
    }
    assert_eq!(world.tenant.revision_document(&auditor, &shop, 1).await.unwrap().due(), usd(1_00));
}

#[tokio::test]
async fn a_decision_on_what_an_open_run_has_written_is_busy() {
    let world = World::new().await;
    BillOf::period("2026-01").run(7).open().charge("shop", &[direct("Compute", "111", 2_00)]).put(&world).await;
    let request = world.asks("shop@nw.example").await;
    let shop = invoice("2026-01", "shop");
    for failure in
        [world.tenant.accept(&request, &shop, 1).await.unwrap_err(), world.tenant.ask(&request, &shop, "why?").await.unwrap_err()]
    {
        assert_eq!(failure.kind, FailureKind::Busy, "{failure}");
    }
}

#[tokio::test]
async fn a_question_is_asked_of_a_provisional_invoice_and_answered() {
    let world = World::new().await;
    BillOf::period("2026-01").provisional().charge("shop", &[direct("Compute", "111", 2_00)]).put(&world).await;
    let shop = invoice("2026-01", "shop");
    let view = world.tenant.ask(&world.asks("shop@nw.example").await, &shop, " what is this? ").await.unwrap();
    assert_eq!((view.open_questions, view.version), (1, 2));
    let view = world.tenant.answer(&world.asks("finops@nw.example").await, &shop, 1, "the new cluster").await.unwrap();
    assert_eq!((view.open_questions, view.version), (0, 3));
    let state = world.page(&shop).await.state;
    assert_eq!(state.questions[0].asked.text, "what is this?");
    assert_eq!(state.questions[0].answers[0].by.mail(), Some("finops@nw.example"));
    let auditor = world.asks("auditor@nw.example").await;
    assert_eq!(world.tenant.answer(&auditor, &shop, 1, "me too").await.unwrap_err().kind, FailureKind::Forbidden);
    let empty = world.tenant.ask(&world.asks("shop@nw.example").await, &shop, " ").await.unwrap_err();
    assert_eq!((empty.kind, empty.code), (FailureKind::Invalid, "empty-text"));
}

#[tokio::test]
async fn an_accepted_invoice_has_a_journal_of_the_same_transaction() {
    let world = january().await;
    let shop = invoice("2026-01", "shop");
    let done = world.tenant.accept(&world.asks("shop@nw.example").await, &shop, 1).await.unwrap();
    assert_eq!(done.note, None);
    assert_eq!(done.view.standing, Standing::Accepted);
    assert_eq!(done.view.accepted_by[0].mail(), Some("shop@nw.example"));
    assert_eq!(done.journals, ["DAY1-000001-01"]);
    assert_eq!(world.outbox(), done.journals);
    let auditor = world.person("auditor@nw.example").await;
    let page = world.tenant.journal(&auditor, "DAY1-000001-01").await.unwrap();
    assert_eq!((page.view.turnover, page.view.moved), (usd(900_00), usd(900_00)));
    assert_eq!(page.view.accepted_by, done.view.accepted_by);
    assert_eq!(page.entry.facts().document_date.to_string(), "2026-02-01");
    assert_eq!(page.trail.len(), 1);
    assert_eq!(world.page(&shop).await.state.journals.len(), 1);
    assert_eq!(world.tenant.build_journals().await.unwrap(), []);
}

#[tokio::test]
async fn what_the_ledger_refuses_is_accepted_with_a_note_and_journaled_later() {
    let world = World::without_calendar().await;
    BillOf::period("2026-01")
        .charge("shop", &[direct("Compute", "111", 9_00)])
        .charge("abroad", &[direct("Compute", "111", 1_00)])
        .put(&world)
        .await;
    let (shop, abroad) = (invoice("2026-01", "shop"), invoice("2026-01", "abroad"));
    let done = world.tenant.accept(&world.asks("shop@nw.example").await, &shop, 1).await.unwrap();
    assert!(done.note.unwrap().contains("no ledger calendar"));
    assert_eq!((done.view.standing, done.journals.len()), (Standing::Accepted, 0));
    world.put("controller@nw.example", dayone_workflow::configuration::ConfigKind::Calendar, support::CALENDAR).await;
    let done = world.tenant.accept(&world.asks("search@nw.example").await, &abroad, 1).await.unwrap();
    assert!(done.note.unwrap().contains("also_charge"));
    let built = world.tenant.build_journals().await.unwrap();
    assert_eq!(built.len(), 2);
    assert_eq!(built[0].0, abroad);
    assert!(built[0].1.as_ref().unwrap_err().contains("also_charge"));
    assert_eq!(built[1].1.as_ref().unwrap().len(), 1);
    let again = world.tenant.build_journals().await.unwrap();
    assert_eq!(again.len(), 1, "what is journaled is not journaled again: {again:?}");
}

#[tokio::test]
async fn showback_is_acknowledged_and_never_has_a_journal() {
    let world = World::new().await;
    BillOf::period("2026-01").showback("shop").charge("shop", &[direct("Compute", "111", 9_00)]).put(&world).await;
    let shop = invoice("2026-01", "shop");
    let request = world.asks("shop@nw.example").await;
    assert_eq!(world.tenant.accept(&request, &shop, 1).await.unwrap_err().code, "showback");
    let view = world.tenant.acknowledge(&request, &shop, 1).await.unwrap();
    assert_eq!(view.standing, Standing::Read);
    assert_eq!(world.tenant.acknowledge(&request, &shop, 1).await.unwrap().version, view.version, "once is enough");
    assert_eq!(world.tenant.build_journals().await.unwrap(), []);
    assert_eq!(world.journals().await, []);
}

#[tokio::test]
async fn only_an_owner_accepts_and_only_within_their_limit() {
    let world = World::new().await;
    BillOf::period("2026-01").charge("shop", &[direct("Compute", "111", 1000_01)]).put(&world).await;
    let shop = invoice("2026-01", "shop");
    for (mail, part) in [("controller@nw.example", "owner"), ("finops@nw.example", "owner"), ("shop@nw.example", "1000.00")] {
        let failure = world.tenant.accept(&world.asks(mail).await, &shop, 1).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Forbidden, "{mail}");
        assert!(failure.message.contains(part), "{failure}");
    }
    let above = world.tenant.accept(&world.asks("shop@nw.example").await, &shop, 1).await.unwrap_err().message;
    assert!(above.contains("head@nw.example") && !above.contains("finops@nw.example"), "it names who may: {above}");
    // The owner of the group above has no limit.
    assert_eq!(world.accept("head@nw.example", &shop).await.len(), 1);
}

#[tokio::test]
async fn the_revision_that_was_read_is_the_one_that_is_accepted() {
    let world = january().await;
    let failure = world.tenant.accept(&world.asks("shop@nw.example").await, &invoice("2026-01", "shop"), 2).await.unwrap_err();
    assert_eq!((failure.kind, failure.code), (FailureKind::Refused, "outdated"));
}

#[tokio::test]
async fn a_decision_on_an_old_version_is_stale() {
    let world = january().await;
    let shop = invoice("2026-01", "shop");
    let request = Request { if_match: Some(1), ..world.asks("shop@nw.example").await };
    world.tenant.ask(&request, &shop, "why?").await.unwrap();
    let failure = world.tenant.accept(&request, &shop, 1).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Stale);
    let request = Request { if_match: Some(2), ..request };
    world.tenant.accept(&request, &shop, 1).await.unwrap();
}

#[tokio::test]
async fn a_request_that_was_done_is_answered_and_not_done_again() {
    let world = january().await;
    let shop = invoice("2026-01", "shop");
    let ask = world.asks_once("shop@nw.example", "ask").await;
    let first = world.tenant.ask(&ask, &shop, "why?").await.unwrap();
    assert_eq!(world.tenant.ask(&ask, &shop, "why?").await.unwrap(), first);
    assert_eq!(world.page(&shop).await.state.questions.len(), 1);
    let accept = world.asks_once("shop@nw.example", "accept").await;
    let first = world.tenant.accept(&accept, &shop, 1).await.unwrap();
    assert_eq!(first.journals.len(), 1);
    assert_eq!(world.tenant.accept(&accept, &shop, 1).await.unwrap(), first);
    assert_eq!(world.journals().await.len(), 1);
    // A replay is answered whatever was read of it since.
    let stale = Request { if_match: Some(1), ..accept };
    assert_eq!(world.tenant.accept(&stale, &shop, 1).await.unwrap().view, first.view);
}

#[tokio::test]
async fn an_idempotency_key_is_not_used_for_another_request() {
    let world = january().await;
    let shop = invoice("2026-01", "shop");
    let ask = world.asks_once("shop@nw.example", "key").await;
    world.tenant.ask(&ask, &shop, "why?").await.unwrap();
    let other = Request { once: Some(Once { key: "key".to_owned(), request: Digest::of(b"other") }), ..ask };
    let failure = world.tenant.ask(&other, &shop, "how?").await.unwrap_err();
    assert_eq!((failure.kind, failure.code), (FailureKind::Refused, "idempotency-key-reused"));
    assert_eq!(world.page(&shop).await.state.questions.len(), 1);
}

#[tokio::test]
async fn a_second_owner_who_accepts_answers_for_the_journal_too() {
    let world = january().await;
    let shop = invoice("2026-01", "shop");
    world.accept("shop@nw.example", &shop).await;
    assert_eq!(world.accept("lead@nw.example", &shop).await, [] as [String; 0], "nothing is left to journal");
    let auditor = world.person("auditor@nw.example").await;
    let accepted_by = world.tenant.journal(&auditor, "DAY1-000001-01").await.unwrap().view.accepted_by;
    let mails: Vec<_> = accepted_by.iter().map(|by| by.mail().unwrap()).collect();
    assert_eq!(mails, ["shop@nw.example", "lead@nw.example"]);
}

#[tokio::test]
async fn every_event_says_who_when_and_from_which_document() {
    let world = january().await;
    let shop = invoice("2026-01", "shop");
    world.set("2026-02-05T10:00:00Z");
    world.accept("shop@nw.example", &shop).await;
    let stream = dayone_workflow::stream::StreamId::invoice(&shop);
    let stream = world.tenant.stream::<dayone_domain::review::InvoiceEvent>(stream).await.unwrap();
    let document = world.page(&shop).await.view.revision.document;
    assert_eq!(stream.events.len(), 3);
    for recorded in &stream.events[1..] {
        assert_eq!(recorded.by.mail(), Some("shop@nw.example"));
        assert_eq!(recorded.at, memory::at("2026-02-05T10:00:00Z"));
        assert_eq!(recorded.input.as_ref(), Some(&document));
    }
}

#[tokio::test]
async fn changes_between_revisions_are_told_line_by_line_and_sum_to_the_difference() {
    let world = World::new().await;
    let shop = invoice("2026-01", "shop");
    let lines = [direct("Compute", "111", 5_00), direct("Storage", "111", 3_00), direct("Network", "111", 1_00)];
    BillOf::period("2026-01").provisional().charge("shop", &lines).put(&world).await;
    let lines = [direct("Compute", "111", 5_00), direct("Storage", "111", 1_50), shared(&[("111", 4_00), ("222", -1_00)])];
    BillOf::period("2026-01").run(2).charge("shop", &lines).put(&world).await;
    let owner = world.person("shop@nw.example").await;
    let before = world.tenant.revision_document(&owner, &shop, 1).await.unwrap();
    let now = world.tenant.revision_document(&owner, &shop, 2).await.unwrap();
    let changes = revision_changes(&before, &now);
    let told: Vec<_> = changes.iter().map(|change| (change.what.as_str(), change.difference().minor())).collect();
    assert_eq!(told, [("Share of Platform", 3_00), ("Usage, Storage, web", -1_50), ("Usage, Network, web", -1_00)]);
    let sum: i128 = changes.iter().map(|change| change.difference().minor()).sum();
    assert_eq!(sum, (now.due() - before.due()).minor());
    assert_eq!(revision_changes(&now, &now), []);
    let back: i128 = revision_changes(&now, &before).iter().map(|change| change.difference().minor()).sum();
    assert_eq!(back, -sum);
    assert!(now.invoice.lines.iter().any(|line| matches!(line.what, LineKind::Shared(_))));
}

#[tokio::test]
async fn a_final_revision_is_compared_with_the_first_provisional_one_and_others_with_the_one_before() {
    let world = World::new().await;
    let shop = invoice("2026-01", "shop");
    for (run, cents) in [(1, 5_00), (2, 4_00)] {
        BillOf::period("2026-01").provisional().run(run).charge("shop", &[direct("Compute", "111", cents)]).put(&world).await;
    }
    BillOf::period("2026-01").run(3).charge("shop", &[direct("Compute", "111", 4_00)]).put(&world).await;
    let mut revisions = world.page(&shop).await.state.revisions;
    let of_dispute = Revision { number: 4, cause: Cause::Dispute { invoice: shop, dispute: 1 }, ..revisions[2].clone() };
    revisions.push(of_dispute);
    let compared: Vec<Option<u32>> = (1..=5).map(|number| compared_with(&revisions, number)).collect();
    assert_eq!(compared, [None, Some(1), Some(1), Some(3), None]);
    assert_eq!(compared_with(&revisions[2..], 3), None, "it was never provisional");
}
