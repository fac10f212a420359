//! Disputes and how they end.

use dayone_domain::ledger::{JournalKind, JournalStatus, Side};
use dayone_domain::review::{DisputeOf, InvoiceRef, Resolution, Stage, Standing};
use dayone_domain::tree::Mode;
use dayone_workflow::FailureKind;
use dayone_workflow::review::{Reviewed, line_words};

use crate::january;
use crate::support::{BillOf, World, direct, invoice, month, shared, true_up, usd};

pub fn upheld(receiver: &str) -> Resolution {
    Resolution::Upheld { receiver: receiver.to_owned() }
}

pub fn rejected() -> Resolution {
    Resolution::Rejected { reason: "it is yours".to_owned() }
}

pub fn compute() -> String {
    direct("Compute", "111", 1).key().id()
}

fn platform() -> String {
    shared(&[("111", 1)]).key().id()
}

async fn resolve(world: &World, mail: &str, of: &InvoiceRef, dispute: u32, how: Resolution) -> Reviewed {
    world.tenant.resolve(&world.asks(mail).await, of, dispute, how, Some("looked into it")).await.unwrap()
}

/// The sum of all invoices of a bill.
async fn issued(world: &World, period: &str) -> i128 {
    let auditor = world.person("auditor@nw.example").await;
    let filter = dayone_workflow::review::InvoiceFilter { bill: Some(crate::support::bill(period)), ..Default::default() };
    world.tenant.invoices(&auditor, filter).await.unwrap().iter().map(|view| view.revision.total.minor()).sum()
}

#[tokio::test]
async fn a_disputed_amount_stays_out_of_the_ledger_until_it_is_rejected() {
    let world = january().await;
    let shop = invoice("2026-01", "shop");
    assert_eq!(world.dispute("shop@nw.example", &shop, &compute(), 200_00).await, 1);
    assert_eq!(world.page(&shop).await.view.standing, Standing::Disputed);
    world.accept("shop@nw.example", &shop).await;
    let auditor = world.person("auditor@nw.example").await;
    assert_eq!(world.tenant.journal(&auditor, "DAY1-000001-01").await.unwrap().view.moved, usd(700_00));
    let done = resolve(&world, "finops@nw.example", &shop, 1, rejected()).await;
    assert_eq!(done.journals, ["DAY1-000001-02"]);
    assert_eq!(done.view.standing, Standing::Accepted);
    let page = world.tenant.journal(&auditor, "DAY1-000001-02").await.unwrap();
    assert_eq!(page.view.moved, usd(200_00));
    assert_eq!(page.view.accepted_by[0].mail(), Some("shop@nw.example"));
    let dispute = &world.page(&shop).await.state.disputes[0];
    assert_eq!(dispute.resolution.as_ref().unwrap().1.text, "it is yours");
}

#[tokio::test]
async fn a_dispute_that_is_rejected_before_acceptance_makes_no_journal() {
    let world = january().await;
    let shop = invoice("2026-01", "shop");
    world.dispute("shop@nw.example", &shop, &compute(), 200_00).await;
    assert_eq!(resolve(&world, "finops@nw.example", &shop, 1, rejected()).await.journals.len(), 0);
    world.accept("shop@nw.example", &shop).await;
    assert_eq!(world.journals().await, [("DAY1-000001-01".to_owned(), JournalStatus::Ready)]);
}

#[tokio::test]
async fn an_upheld_dispute_moves_the_amount_to_the_receiver_and_both_accept_anew() {
    let world = january().await;
    let (shop, search) = (invoice("2026-01", "shop"), invoice("2026-01", "search"));
    world.accept("search@nw.example", &search).await;
    world.dispute("shop@nw.example", &shop, &platform(), 180_00).await;
    let accepted = world.accept("shop@nw.example", &shop).await;
    let done = resolve(&world, "finops@nw.example", &shop, 1, upheld("search")).await;
    assert_eq!(done.view.standing, Standing::ToAccept);

    let (from, to) = (world.page(&shop).await, world.page(&search).await);
    assert_eq!((from.document.due(), to.document.due()), (usd(720_00), usd(280_00)));
    for page in [&from, &to] {
        let revision = page.state.newest().unwrap();
        assert_eq!((revision.number, revision.stage, revision.mode), (2, Stage::Final, Mode::Chargeback));
        assert_eq!(revision.invoice_number, page.state.revisions[0].invoice_number);
        assert_eq!(revision.issued_on.to_string(), "2026-02-03");
        assert_eq!((revision.total, page.document.revision), (page.document.total(), 2));
    }
    let (taken, given) = (&from.document.moves[0], &to.document.moves[0]);
    assert_eq!(taken.of, "Share of Platform");
    let money = |parts: &[(String, dayone_domain::Money)]| parts.iter().map(|(to, part)| (to.clone(), part.minor())).collect::<Vec<_>>();
    assert_eq!(money(&taken.by_billing_account), [("111".to_owned(), -150_00), ("222".to_owned(), -30_00)]);
    assert_eq!(money(&given.by_billing_account), [("111".to_owned(), 150_00), ("222".to_owned(), 30_00)]);
    assert_eq!(issued(&world, "2026-01").await, 1000_00);

    // The shop's next yes posts nothing more: what it disputed never left.
    assert_eq!(accepted.len(), 1);
    assert_eq!(world.accept("shop@nw.example", &shop).await, [] as [String; 0]);
    let journals = world.accept("search@nw.example", &search).await;
    let auditor = world.person("auditor@nw.example").await;
    let page = world.tenant.journal(&auditor, &journals[0]).await.unwrap();
    assert_eq!(page.view.moved, usd(180_00));
    let expense = page.entry.lines().iter().find(|line| line.side == Side::Debit).unwrap();
    assert_eq!((expense.coding.account.as_str(), expense.coding.cost_center.as_str()), ("6480", "4200"));
    assert_eq!(world.tenant.build_journals().await.unwrap(), []);
}

#[tokio::test]
async fn a_receiver_without_an_invoice_gets_its_first_with_the_next_number() {
    let world = january().await;
    let (shop, credits) = (invoice("2026-01", "shop"), invoice("2026-01", "credits"));
    assert_eq!(world.next_number().await, 3);
    world.dispute("shop@nw.example", &shop, &compute(), 1_00).await;
    resolve(&world, "finops@nw.example", &shop, 1, upheld("credits")).await;
    let page = world.page(&credits).await;
    let revision = page.state.newest().unwrap();
    assert_eq!((revision.number, revision.invoice_number, revision.total), (1, Some(3), usd(1_00)));
    assert_eq!((page.document.invoice.lines.len(), page.document.invoice.total), (0, usd(0)));
    assert_eq!((page.view.group_name.as_str(), page.version), ("Credits", 1));
    assert_eq!(world.next_number().await, 4);
    assert_eq!(issued(&world, "2026-01").await, 1000_00);

    // The second one finds the first.
    world.dispute("shop@nw.example", &shop, &compute(), 2_00).await;
    resolve(&world, "finops@nw.example", &shop, 2, upheld("credits")).await;
    assert_eq!(world.page(&credits).await.document.due(), usd(3_00));
    assert_eq!(world.next_number().await, 4);
}

#[tokio::test]
async fn a_credit_that_is_disputed_moves_with_its_sign() {
    let world = World::new().await;
    let lines = [direct("Compute", "111", 10_00), direct("Refund", "222", -4_00)];
    BillOf::period("2026-01").charge("shop", &lines).charge("search", &[direct("Compute", "111", 1_00)]).put(&world).await;
    let shop = invoice("2026-01", "shop");
    world.dispute("shop@nw.example", &shop, &lines[1].key().id(), -3_00).await;
    resolve(&world, "finops@nw.example", &shop, 1, upheld("search")).await;
    assert_eq!(world.page(&shop).await.document.due(), usd(9_00));
    assert_eq!(world.page(&invoice("2026-01", "search")).await.document.due(), usd(-2_00));
}

/// February of the shop, 10.00, with a true-up of 5.00 of January.
async fn with_a_true_up() -> World {
    let world = january().await;
    let settings = world.tenant.settings().await.unwrap();
    let group = settings.trees.all()[0].groups().iter().find(|group| group.id == "shop").unwrap().clone();
    BillOf::period("2026-02")
        .run(2)
        .charge("shop", &[direct("Compute", "111", 10_00)])
        .correct("shop", vec![true_up(&group, "2026-01", 5_00)])
        .put(&world)
        .await;
    world
}

fn true_up_line() -> String {
    format!("true-up-2026-01-1-{}", compute())
}

#[tokio::test]
async fn a_disputed_true_up_stays_out_until_it_is_rejected_and_then_names_its_period() {
    let world = with_a_true_up().await;
    let shop = invoice("2026-02", "shop");
    assert_eq!(line_words(&world.page(&shop).await.document)[&true_up_line()], "True-up of January 2026: Usage, Compute, web");
    world.dispute("shop@nw.example", &shop, &true_up_line(), 5_00).await;
    assert_eq!(world.accept("shop@nw.example", &shop).await, ["DAY1-000003-01"]);
    let done = resolve(&world, "finops@nw.example", &shop, 1, rejected()).await;
    assert_eq!(done.journals, ["DAY1-000003-02"]);
    let auditor = world.person("auditor@nw.example").await;
    let entry = world.tenant.journal(&auditor, "DAY1-000003-02").await.unwrap().entry;
    assert_eq!((entry.kind(), entry.facts().period), (JournalKind::TrueUp, month("2026-01")));
    assert_eq!(entry.moved(), usd(5_00));
}

#[tokio::test]
async fn an_upheld_true_up_moves_within_the_period_that_it_corrects() {
    let world = with_a_true_up().await;
    let (shop, credits) = (invoice("2026-02", "shop"), invoice("2026-02", "credits"));
    world.dispute("shop@nw.example", &shop, &true_up_line(), 5_00).await;
    resolve(&world, "finops@nw.example", &shop, 1, upheld("credits")).await;
    let (from, to) = (world.page(&shop).await, world.page(&credits).await);
    assert_eq!((from.document.due(), to.document.due()), (usd(10_00), usd(5_00)));
    for page in [&from, &to] {
        assert_eq!((page.view.revision.total, page.view.revision.true_ups), (page.document.total(), page.document.true_ups()));
    }
    assert_eq!(from.view.revision.total + to.view.revision.total, usd(10_00), "the bill's own total stays");
    assert_eq!(from.view.revision.true_ups + to.view.revision.true_ups, usd(5_00));
}

#[tokio::test]
async fn what_was_moved_can_be_disputed_by_its_receiver() {
    let world = january().await;
    let (shop, search) = (invoice("2026-01", "shop"), invoice("2026-01", "search"));
    world.dispute("shop@nw.example", &shop, &compute(), 50_00).await;
    resolve(&world, "finops@nw.example", &shop, 1, upheld("search")).await;
    world.dispute("search@nw.example", &search, "moved-shop-1", 50_00).await;
    resolve(&world, "finops@nw.example", &search, 1, upheld("shop")).await;
    assert_eq!(world.page(&shop).await.document.due(), usd(900_00));
    assert_eq!(world.page(&search).await.document.due(), usd(100_00));
    let moves: Vec<_> = world.page(&shop).await.document.moves.iter().map(|moved| moved.amount.minor()).collect();
    assert_eq!(moves, [-50_00, 50_00]);
}

#[tokio::test]
async fn a_receiver_is_another_cost_group_of_the_bill() {
    let world = january().await;
    let shop = invoice("2026-01", "shop");
    world.dispute("shop@nw.example", &shop, &compute(), 1_00).await;
    for receiver in ["shop", "nobody", ""] {
        let request = world.asks("finops@nw.example").await;
        let failure = world.tenant.resolve(&request, &shop, 1, upheld(receiver), None).await.unwrap_err();
        assert_eq!((failure.kind, failure.code), (FailureKind::Invalid, "bad-receiver"), "{receiver}");
    }
}

#[tokio::test]
async fn nobody_resolves_their_own_dispute_and_owners_resolve_none() {
    let world = january().await;
    let shop = invoice("2026-01", "shop");
    // Lea is a controller and an owner of the shop.
    world.dispute("lead@nw.example", &shop, &compute(), 1_00).await;
    for mail in ["lead@nw.example", "shop@nw.example", "auditor@nw.example"] {
        let failure = world.tenant.resolve(&world.asks(mail).await, &shop, 1, rejected(), None).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Forbidden, "{mail}: {failure}");
    }
    let stranger = world.asks("search@nw.example").await;
    assert_eq!(world.tenant.resolve(&stranger, &shop, 1, rejected(), None).await.unwrap_err().kind, FailureKind::NotFound);
}

#[tokio::test]
async fn a_dispute_ends_once() {
    let world = january().await;
    let shop = invoice("2026-01", "shop");
    world.dispute("shop@nw.example", &shop, &compute(), 1_00).await;
    let first = resolve(&world, "finops@nw.example", &shop, 1, upheld("search")).await;
    let again = resolve(&world, "finops@nw.example", &shop, 1, upheld("search")).await;
    assert_eq!(again.view.version, first.view.version);
    let request = world.asks("finops@nw.example").await;
    assert_eq!(world.tenant.resolve(&request, &shop, 1, rejected(), None).await.unwrap_err().code, "resolved");
    assert_eq!(world.tenant.resolve(&request, &shop, 2, rejected(), None).await.unwrap_err().kind, FailureKind::NotFound);
}

#[tokio::test]
async fn a_dispute_names_a_line_and_no_more_than_it_has() {
    let world = january().await;
    let shop = invoice("2026-01", "shop");
    let request = world.asks("shop@nw.example").await;
    for (line, cents, code) in [
        ("0123456789abcdef", 1, "no-line"),
        (&compute(), 700_01, "amount-above-line"),
        (&compute(), -1, "amount-above-line"),
        (&compute(), 0, "amount-above-line"),
    ] {
        let dispute = DisputeOf { revision: 1, line, amount: usd(cents), reason: "no" };
        let failure = world.tenant.dispute(&request, &shop, dispute).await.unwrap_err();
        assert_eq!((failure.kind, failure.code), (FailureKind::Invalid, code), "{cents}");
    }
    world.dispute("shop@nw.example", &shop, &compute(), 600_00).await;
    let dispute = DisputeOf { revision: 1, line: &compute(), amount: usd(100_01), reason: "no" };
    assert_eq!(world.tenant.dispute(&request, &shop, dispute).await.unwrap_err().code, "amount-above-line");
}

#[tokio::test]
async fn what_is_accepted_is_not_disputed() {
    let world = january().await;
    let shop = invoice("2026-01", "shop");
    world.accept("shop@nw.example", &shop).await;
    let dispute = DisputeOf { revision: 1, line: &compute(), amount: usd(1), reason: "no" };
    let failure = world.tenant.dispute(&world.asks("shop@nw.example").await, &shop, dispute).await.unwrap_err();
    assert_eq!(failure.code, "accepted");
}

#[tokio::test]
async fn owners_and_those_who_look_after_invoices_comment_on_a_dispute() {
    let world = january().await;
    let shop = invoice("2026-01", "shop");
    world.dispute("shop@nw.example", &shop, &compute(), 1_00).await;
    world.tenant.comment(&world.asks("finops@nw.example").await, &shop, 1, "whose is it?").await.unwrap();
    world.tenant.comment(&world.asks("shop@nw.example").await, &shop, 1, "of search").await.unwrap();
    let comments = world.page(&shop).await.state.disputes[0].comments.len();
    assert_eq!(comments, 2);
    let auditor = world.asks("auditor@nw.example").await;
    assert_eq!(world.tenant.comment(&auditor, &shop, 1, "hm").await.unwrap_err().kind, FailureKind::Forbidden);
}
