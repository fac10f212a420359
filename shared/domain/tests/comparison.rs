//! What moved between two months, and why.
#![allow(missing_docs)]

mod common;

use common::{Row, checked, cube, exact, pool, team_rule, tree};
use dayone_domain::allocation::allocate;
use dayone_domain::charge::Dimension;
use dayone_domain::comparison::{Movement, Reason, Subject, movements};
use dayone_domain::driver::Drivers;
use dayone_domain::invoice::Invoices;
use dayone_domain::{CostBasis, Exact};
use proptest::prelude::*;

fn of_a(before: &[Row], now: &[Row]) -> (Vec<Movement>, i128) {
    let mut draft = tree(&["a", "b"]);
    draft.pools.push(pool("platform", "proportional", &["*"]));
    draft.rules.push(team_rule("platform", "platform"));
    let rows: Vec<Row> = before.iter().cloned().map(|row| row.in_period("2026-04")).chain(now.iter().cloned()).collect();
    let (cube, _) = cube(&rows);
    let months: Vec<Invoices> = cube
        .bills()
        .map(|key| Invoices::draw(&cube, &allocate(&cube, key, &checked(&draft), CostBasis::Billed, &Drivers::default()), None))
        .collect();
    let [before, now] = [0, 1].map(|place| months[place].of("a").unwrap());
    (movements(before, now), now.total.minor() - before.total.minor())
}

fn service(cost: &str, service: &str) -> Row {
    Row::new(cost).team("a").with(Dimension::Service, service)
}

fn reasons(before: &[Row], now: &[Row]) -> Vec<(String, String, Reason)> {
    let name = |subject: &Subject| match subject {
        Subject::Direct { service, .. } => service.clone(),
        Subject::Shared { pool_name, .. } => pool_name.clone(),
    };
    of_a(before, now).0.into_iter().map(|movement| (name(&movement.subject), movement.change().to_string(), movement.reason)).collect()
}

#[test]
fn the_largest_movement_comes_first_and_lines_that_stood_still_are_left_out() {
    let before = [service("10", "EC2"), service("5", "S3"), service("1", "SQS")];
    let now = [service("10", "EC2"), service("2", "S3"), service("5", "SNS")];
    let found: Vec<(String, String)> = reasons(&before, &now).into_iter().map(|(name, change, _)| (name, change)).collect();
    let text = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>();
    assert_eq!(found, text(&[("SNS", "5.00"), ("S3", "-3.00"), ("SQS", "-1.00")]));
}

#[test]
fn new_and_gone_are_said() {
    let found = reasons(&[service("10", "EC2")], &[service("4", "S3")]);
    assert_eq!([found[0].2, found[1].2], [Reason::Gone, Reason::New]);
}

#[test]
fn use_and_price_are_told_apart_by_list_cost() {
    // 100 at list 200, then 135 at list 300: half as much again used (+50), at 0.45 of list instead of 0.5 (−15).
    let found = reasons(&[service("100", "EC2").list("200")], &[service("135", "EC2").list("300")]);
    assert_eq!(found[0].2, Reason::UseAndPrice { usage: exact("50"), price: exact("-15") });
}

#[test]
fn an_explanation_far_larger_than_what_it_explains_is_none() {
    let found = reasons(&[service("1000", "EC2").list("0.0000000001")], &[service("1200", "EC2").list("1000")]);
    assert_eq!(found[0].2, Reason::Unknown);
    let found = reasons(&[service("10000000000000000000", "EC2").list("1e-44")], &[service("1", "EC2").list("10000000000000000000")]);
    assert_eq!(found[0].2, Reason::Unknown);
}

#[test]
fn what_is_only_called_otherwise_is_the_same() {
    let invoices = |pool_name: &str, month: &str| {
        let mut draft = tree(&["a"]);
        draft.pools.push(dayone_domain::tree::draft::PoolDraft { name: Some(common::at(pool_name)), ..pool("platform", "even", &["a"]) });
        draft.rules.push(team_rule("platform", "platform"));
        let (cube, _) = cube(&[Row::new("5").team("platform").in_period(month), Row::new("1").team("a").named(pool_name).in_period(month)]);
        let key = common::bill(&cube);
        Invoices::draw(&cube, &allocate(&cube, key, &checked(&draft), CostBasis::Billed, &Drivers::default()), None)
    };
    let (before, mut now) = (invoices("Platform", "2026-04"), invoices("Platform team", "2026-05"));
    assert_eq!(movements(before.of("a").unwrap(), now.of("a").unwrap()), vec![]);
    now.invoices[0].lines[0].amount = dayone_domain::Money::from_minor(200, common::usd());
    let found = movements(before.of("a").unwrap(), now.of("a").unwrap());
    let Subject::Direct { sub_account_name, .. } = &found[0].subject else { panic!("the direct line moved") };
    assert_eq!((found.len(), sub_account_name.as_str()), (1, "Platform team"));
}

#[test]
fn without_list_cost_nothing_is_guessed() {
    let found = reasons(&[service("100", "EC2").list("0")], &[service("135", "EC2").list("0")]);
    assert_eq!(found[0].2, Reason::Unknown);
}

#[test]
fn only_consumption_is_explained_by_use_and_price() {
    for category in ["Tax", "Credit", "Purchase", "Adjustment"] {
        let of = |cost: &str, list: &str| [service(cost, "EC2").list(list).with(Dimension::ChargeCategory, category)];
        assert_eq!(reasons(&of("100", "200"), &of("135", "300"))[0].2, Reason::Unknown, "{category}");
    }
}

#[test]
fn pool_and_share_are_told_apart() {
    let month = |pool: &str, a: &str, b: &str| [Row::new(pool).team("platform"), service(a, "EC2"), Row::new(b).team("b")];
    // Half of 100, then three quarters of 200: the pool's doubling is 50, the larger share 50.
    let found = reasons(&month("100", "10", "10"), &month("200", "10", "3.3333333333333333333"));
    assert_eq!((found[0].0.as_str(), found[0].1.as_str()), ("platform", "100.00"));
    assert_eq!(found[0].2, Reason::PoolAndShare { pool: exact("50"), share: exact("50") });
}

proptest! {
    #[test]
    fn movements_sum_to_the_change_of_the_invoice_and_reasons_to_the_movement(
        before in prop::collection::vec((-100_000i64..1_000_000, 0usize..4, 0i64..2_000_000), 1..12),
        now in prop::collection::vec((-100_000i64..1_000_000, 0usize..4, 0i64..2_000_000), 1..12),
    ) {
        let rows = |month: &[(i64, usize, i64)]| -> Vec<Row> {
            let text = |units: i64| Exact::from_i128(i128::from(units), 4).to_string();
            month
                .iter()
                .map(|(cost, place, list)| match place {
                    0 => Row::new(&text(*cost)).team("platform"),
                    place => service(&text(*cost), ["", "EC2", "S3", "SQS"][*place]).list(&text(*list)),
                })
                .collect()
        };
        let (found, change) = of_a(&rows(&before), &rows(&now));
        prop_assert_eq!(found.iter().map(|movement| movement.change().minor()).sum::<i128>(), change);
        let cent = exact("0.01");
        for movement in found {
            let parts = match movement.reason {
                Reason::UseAndPrice { usage, price } => usage + price,
                Reason::PoolAndShare { pool, share } => pool + share,
                _ => continue,
            };
            // The reasons explain the exact movement, the amounts are rounded on their own.
            prop_assert!((parts - movement.change().exact()).abs() <= cent + cent);
        }
    }
}
