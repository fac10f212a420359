//! The ledger: journals are made once, leave once, by one route, and are corrected by others.
#![allow(missing_docs)]
// Amounts are cents: `900_00` is 900.00.
#![allow(clippy::inconsistent_digit_grouping)]

mod memory;
mod support;

#[path = "ledger/correcting.rs"]
mod correcting;
#[path = "ledger/crashes.rs"]
mod crashes;
#[path = "ledger/exporting.rs"]
mod exporting;
#[path = "ledger/posting.rs"]
mod posting;

use dayone_domain::ledger::JournalStatus;
use dayone_workflow::FailureKind;
use dayone_workflow::ledger::JournalFilter;
use support::{BillOf, World, direct, invoice, month, shared};

pub const CONTROLLER: &str = "controller@nw.example";
pub const SHOP: &str = "DAY1-000001-01";
pub const SEARCH: &str = "DAY1-000002-01";

/// January, final and accepted: the shop by its owner and search by its owner.
pub async fn accepted() -> World {
    let world = World::new().await;
    BillOf::period("2026-01")
        .charge("shop", &[direct("Compute", "111", 700_00), shared(&[("111", 150_00), ("222", 50_00)])])
        .charge("search", &[direct("Compute", "111", 100_00)])
        .put(&world)
        .await;
    assert_eq!(world.accept("shop@nw.example", &invoice("2026-01", "shop")).await, [SHOP]);
    assert_eq!(world.accept("search@nw.example", &invoice("2026-01", "search")).await, [SEARCH]);
    world
}

#[tokio::test]
async fn owners_see_the_journals_of_their_cost_groups_and_roles_see_all() {
    let world = accepted().await;
    let of = async |mail: &str, filter| {
        let views = world.tenant.journals(&world.person(mail).await, filter).await.unwrap();
        views.into_iter().map(|view| view.state.reference).collect::<Vec<_>>()
    };
    let all = JournalFilter::default;
    assert_eq!(of("shop@nw.example", all()).await, [SHOP]);
    assert_eq!(of("head@nw.example", all()).await, [SHOP, SEARCH]);
    for mail in [CONTROLLER, "finops@nw.example", "auditor@nw.example"] {
        assert_eq!(of(mail, all()).await, [SHOP, SEARCH], "{mail}");
    }
    assert_eq!(of(CONTROLLER, JournalFilter { group: Some("search".to_owned()), ..all() }).await, [SEARCH]);
    assert_eq!(of(CONTROLLER, JournalFilter { status: Some(JournalStatus::Posted), ..all() }).await, [] as [&str; 0]);
    assert_eq!(of(CONTROLLER, JournalFilter { period: Some(month("2026-01")), ..all() }).await, [SHOP, SEARCH]);
    assert_eq!(of(CONTROLLER, JournalFilter { period: Some(month("2026-02")), ..all() }).await, [] as [&str; 0]);
    let stranger = world.person("search@nw.example").await;
    for reference in [SHOP, "DAY1-000009-01", "../x", ""] {
        assert_eq!(world.tenant.journal(&stranger, reference).await.unwrap_err().kind, FailureKind::NotFound, "{reference}");
    }
}

#[tokio::test]
async fn only_a_controller_posts_exports_and_corrects() {
    let world = accepted().await;
    let coding = correcting::coding("6500");
    for mail in ["finops@nw.example", "auditor@nw.example", "shop@nw.example"] {
        let request = world.asks(mail).await;
        let failures = [
            world.tenant.post(&request, None).await.unwrap_err(),
            world.tenant.export(&request).await.unwrap_err(),
            world.tenant.reverse(&request, SHOP, "wrong").await.unwrap_err(),
            world.tenant.reclass(&request, SHOP, 0, coding.clone(), "wrong").await.unwrap_err(),
            world.tenant.record_number(&request, SHOP, "4711").await.unwrap_err(),
        ];
        for failure in failures {
            assert_eq!(failure.kind, FailureKind::Forbidden, "{mail}: {failure}");
        }
    }
}

/// Handlers run on several threads; this is checked when it is compiled.
#[tokio::test]
async fn what_use_cases_do_may_move_between_threads() {
    fn may_move<T: Send>(_: T) {}
    let world = accepted().await;
    let request = world.asks(CONTROLLER).await;
    let (tenant, actor, shop) = (&world.tenant, &request.actor, invoice("2026-01", "shop"));
    may_move(tenant.post(&request, None));
    may_move(tenant.export(&request));
    may_move(tenant.build_journals());
    may_move(tenant.reverse(&request, SHOP, "wrong"));
    may_move(tenant.reclass(&request, SHOP, 0, correcting::coding("6500"), "wrong"));
    may_move(tenant.record_number(&request, SHOP, "4711"));
    may_move(tenant.journals(actor, JournalFilter::default()));
    may_move(tenant.journal(actor, SHOP));
    may_move(tenant.batch(actor, 1));
    may_move(tenant.accept(&request, &shop, 1));
    may_move(tenant.resolve(&request, &shop, 1, dayone_domain::review::Resolution::Upheld { receiver: String::new() }, None));
    may_move(tenant.ask(&request, &shop, "why?"));
    may_move(tenant.invoices(actor, dayone_workflow::review::InvoiceFilter::default()));
    may_move(tenant.invoice(actor, &shop));
    may_move(tenant.promote(&request, "shop", None, None));
    may_move(tenant.promotion_facts("shop"));
}
