//! Showback first; promotion under the policy, or against it by two.

use dayone_domain::exact::Exact;
use dayone_domain::tree::Mode;
use dayone_workflow::FailureKind;
use dayone_workflow::review::mode_at;

use super::disputes::{compute, rejected, upheld};
use crate::support::{BillOf, World, direct, invoice, month};

const CONTROLLER: &str = "controller@nw.example";

/// January to March final, on 3 April; of each month's 100.00 so much is unallocated.
async fn quarter(unallocated: i128) -> World {
    let world = World::new().await;
    for (run, period) in [(1, "2026-01"), (2, "2026-02"), (3, "2026-03")] {
        BillOf::period(period)
            .run(run)
            .charge("shop", &[direct("Compute", "111", 100_00 - unallocated)])
            .charge("unallocated", &[direct("Other", "111", unallocated)])
            .put(&world)
            .await;
    }
    world.set("2026-04-03T08:00:00Z");
    world
}

#[tokio::test]
async fn the_facts_are_periods_in_a_row_without_dispute_and_the_unallocated_share() {
    let world = quarter(3_14).await;
    let facts = world.tenant.promotion_facts("shop").await.unwrap();
    assert_eq!((facts.period, facts.undisputed_periods), (Some(month("2026-03")), 3));
    assert_eq!(facts.unallocated_permille, Exact::parse("31.4").unwrap());
    // A group that was charged nothing was part of the plan.
    assert_eq!(world.tenant.promotion_facts("idle").await.unwrap().undisputed_periods, 3);
    let unknown = world.tenant.promotion_facts("nobody").await.unwrap();
    assert_eq!((unknown.period, unknown.undisputed_periods), (None, 0));
}

#[tokio::test]
async fn an_open_or_upheld_dispute_ends_the_row_and_a_rejected_one_does_not() {
    let world = quarter(0).await;
    let february = invoice("2026-02", "shop");
    world.dispute("shop@nw.example", &february, &compute(), 1_00).await;
    assert_eq!(world.tenant.promotion_facts("shop").await.unwrap().undisputed_periods, 1);
    let request = world.asks("finops@nw.example").await;
    world.tenant.resolve(&request, &february, 1, rejected(), None).await.unwrap();
    assert_eq!(world.tenant.promotion_facts("shop").await.unwrap().undisputed_periods, 3);
    world.dispute("shop@nw.example", &february, &compute(), 1_00).await;
    world.tenant.resolve(&request, &february, 2, upheld("search"), None).await.unwrap();
    assert_eq!(world.tenant.promotion_facts("shop").await.unwrap().undisputed_periods, 1);
    assert_eq!(world.tenant.promotion_facts("search").await.unwrap().undisputed_periods, 3);
}

#[tokio::test]
async fn a_provisional_period_does_not_count_and_a_missing_one_ends_the_row() {
    let world = quarter(0).await;
    BillOf::period("2026-04").run(4).provisional().charge("shop", &[direct("Compute", "111", 1)]).put(&world).await;
    let facts = world.tenant.promotion_facts("shop").await.unwrap();
    assert_eq!((facts.period, facts.undisputed_periods), (Some(month("2026-03")), 3));
    BillOf::period("2026-06").run(5).charge("shop", &[direct("Compute", "111", 1)]).put(&world).await;
    let facts = world.tenant.promotion_facts("shop").await.unwrap();
    assert_eq!((facts.period, facts.undisputed_periods), (Some(month("2026-06")), 1));
}

#[tokio::test]
async fn a_controller_promotes_under_the_policy_from_the_next_month_on() {
    let world = quarter(5_00).await;
    assert_eq!(mode_at(&world.tenant.modes().await.unwrap(), "shop", month("2026-05")), Mode::Showback);
    let view = world.tenant.promote(&world.asks(CONTROLLER).await, "shop", None, None).await.unwrap();
    assert_eq!(view.mode.changes, [(month("2026-05"), Mode::Chargeback)]);
    assert_eq!(mode_at(&world.tenant.modes().await.unwrap(), "shop", month("2026-04")), Mode::Showback);
    assert_eq!(mode_at(&world.tenant.modes().await.unwrap(), "shop", month("2026-05")), Mode::Chargeback);
    assert_eq!(world.tenant.modes().await.unwrap()["shop"].changes.len(), 1);
    let again = world.tenant.promote(&world.asks(CONTROLLER).await, "shop", None, None).await.unwrap();
    assert_eq!(again.version, view.version);
    let back = world.tenant.demote(&world.asks(CONTROLLER).await, "shop", Some(month("2026-07")), Some("too early")).await.unwrap();
    assert_eq!(back.version, 2);
    assert_eq!(mode_at(&world.tenant.modes().await.unwrap(), "shop", month("2026-06")), Mode::Chargeback);
    assert_eq!(mode_at(&world.tenant.modes().await.unwrap(), "shop", month("2026-07")), Mode::Showback);
}

#[tokio::test]
async fn against_the_policy_a_reason_and_a_second_controller_are_needed() {
    let world = quarter(5_10).await;
    let first = world.asks(CONTROLLER).await;
    let refused = world.tenant.promote(&first, "shop", None, None).await.unwrap_err();
    assert_eq!(refused.code, "policy-not-met");
    assert!(refused.message.contains("51"), "{refused}");
    let view = world.tenant.promote(&first, "shop", None, Some("the board wants it")).await.unwrap();
    assert_eq!((view.mode.changes.len(), view.mode.asked.is_some()), (0, true));
    let alone = world.tenant.promote(&first, "shop", None, Some("still")).await.unwrap_err();
    assert_eq!(alone.kind, FailureKind::Forbidden);
    let view = world.tenant.promote(&world.asks("other@nw.example").await, "shop", None, Some("agreed")).await.unwrap();
    assert_eq!(view.mode.changes, [(month("2026-05"), Mode::Chargeback)]);
    assert_eq!(view.mode.asked, None);
}

#[tokio::test]
async fn only_controllers_change_modes() {
    let world = quarter(0).await;
    for mail in ["finops@nw.example", "auditor@nw.example", "shop@nw.example"] {
        let promoted = world.tenant.promote(&world.asks(mail).await, "shop", None, None).await.unwrap_err();
        let demoted = world.tenant.demote(&world.asks(mail).await, "shop", None, None).await.unwrap_err();
        assert_eq!([promoted.kind, demoted.kind], [FailureKind::Forbidden; 2], "{mail}");
    }
    let stranger = world.asks("search@nw.example").await;
    assert_eq!(world.tenant.promote(&stranger, "shop", None, None).await.unwrap_err().kind, FailureKind::NotFound);
}

#[tokio::test]
async fn groups_that_keep_cost_are_never_promoted_and_unknown_ones_are_not_there() {
    let world = quarter(0).await;
    let request = world.asks(CONTROLLER).await;
    for group in ["unallocated", "credits"] {
        assert_eq!(world.tenant.promote(&request, group, None, Some("please")).await.unwrap_err().code, "never-promoted", "{group}");
    }
    for group in ["nobody", "no body", ""] {
        assert_eq!(world.tenant.promote(&request, group, None, None).await.unwrap_err().kind, FailureKind::NotFound, "{group}");
    }
}

#[tokio::test]
async fn a_period_that_began_or_was_issued_keeps_its_mode() {
    let world = quarter(0).await;
    let request = world.asks(CONTROLLER).await;
    assert_eq!(world.tenant.promote(&request, "shop", Some(month("2026-04")), None).await.unwrap_err().code, "period-began");
    // In Oslo it is May already.
    world.set("2026-04-30T22:30:00Z");
    assert_eq!(world.tenant.promote(&request, "shop", Some(month("2026-05")), None).await.unwrap_err().code, "period-began");
    BillOf::period("2026-06").run(9).provisional().charge("shop", &[direct("Compute", "111", 1)]).put(&world).await;
    assert_eq!(world.tenant.promote(&request, "shop", Some(month("2026-06")), None).await.unwrap_err().code, "period-began");
    let view = world.tenant.promote(&request, "shop", None, None).await.unwrap();
    assert_eq!(view.mode.changes, [(month("2026-07"), Mode::Chargeback)]);
}

#[tokio::test]
async fn a_promotion_that_was_done_is_not_done_again() {
    let world = quarter(0).await;
    let request = world.asks_once(CONTROLLER, "promote").await;
    let first = world.tenant.promote(&request, "shop", None, None).await.unwrap();
    assert_eq!(world.tenant.promote(&request, "shop", None, None).await.unwrap(), first);
    assert_eq!(first.version, 1);
}
