//! Promise 6: a closed period stays closed. An issued period's invoices plus the true-ups that name it equal its
//! newest delivery, and a provider's own correction is never derived a second time.
#![allow(missing_docs)]

mod common;

use std::collections::BTreeMap;

use common::generated::{drivers, row, trees};
use common::{Row, at, checked, cube, exact, period, pool, team_rule, tree, usd};
use dayone_domain::allocation::allocate;
use dayone_domain::charge::Dimension;
use dayone_domain::cube::BillKey;
use dayone_domain::driver::Drivers;
use dayone_domain::exact::Exact;
use dayone_domain::invoice::{Invoices, LineKind};
use dayone_domain::tree::draft::TreeDraft;
use dayone_domain::tree::{Tree, TreeVersions};
use dayone_domain::true_up::{TrueUp, true_ups};
use dayone_domain::{CostBasis, Money};
use proptest::prelude::*;

/// The invoices of a month, from all charges that stand in the newest deliveries.
fn invoices_under(rows: &[Row], month: &str, trees: &TreeVersions, drivers: &Drivers) -> Invoices {
    let (cube, _) = cube(rows);
    let key = BillKey { period: period(month), currency: usd() };
    Invoices::draw(&cube, &allocate(&cube, key, trees, CostBasis::Billed, drivers), None)
}

fn invoices(rows: &[Row], month: &str, draft: &TreeDraft) -> Invoices {
    invoices_under(rows, month, &checked(draft), &Drivers::default())
}

/// Totals by group, as texts.
fn totals(true_ups: &[TrueUp]) -> Vec<(&str, String)> {
    true_ups.iter().map(|true_up| (true_up.group.id.as_str(), true_up.total.to_string())).collect()
}

fn may(amount: &str, team: &str) -> Row {
    Row::new(amount).team(team).in_period("2026-05").with(Dimension::InvoiceId, "INV-05").account("acc-1")
}

fn june(amount: &str, team: &str) -> Row {
    Row::new(amount).team(team).in_period("2026-06").with(Dimension::InvoiceId, "INV-06").account("acc-1")
}

/// Groups `a` and `b`, and the pool `platform` that they share by their direct cost.
fn company() -> TreeDraft {
    let mut draft = tree(&["a", "b"]);
    draft.pools.push(pool("platform", "proportional", &["a", "b"]));
    draft.rules.push(team_rule("platform", "platform"));
    draft
}

#[test]
fn late_charges_are_the_true_up_of_their_group() {
    let issued = invoices(&[may("100", "a"), may("50", "b")], "2026-05", &tree(&["a", "b"]));
    let late = may("7.50", "a").with(Dimension::Service, "EC2");
    let newest = invoices(&[may("100", "a"), may("50", "b"), late], "2026-05", &tree(&["a", "b"]));
    let found = true_ups(&issued.invoices, &newest);
    assert_eq!(totals(&found), [("a", "7.50".to_owned())]);
    let [line] = &found[0].lines[..] else { panic!("one line: {found:#?}") };
    let LineKind::Direct(direct) = &line.what else { panic!("a direct line") };
    assert_eq!(direct.service, "EC2");
    assert_eq!([line.before, line.now, line.amount].map(|money| money.to_string()), ["0.00", "7.50", "7.50"]);
    assert_eq!(line.exact, exact("7.5"));
    assert_eq!(line.by_billing_account, [("acc-1".to_owned(), line.amount)]);
    assert_eq!(line.key, line.what.key());
}

#[test]
fn the_same_delivery_again_is_no_true_up() {
    let rows = [may("100", "a"), may("50", "b"), may("0.333", "platform")];
    let issued = invoices(&rows, "2026-05", &company());
    assert_eq!(true_ups(&issued.invoices, &invoices(&rows, "2026-05", &company())), []);
}

#[test]
fn charges_that_are_gone_are_taken_back() {
    let issued = invoices(&[may("100", "a"), may("50", "b")], "2026-05", &tree(&["a", "b"]));
    let found = true_ups(&issued.invoices, &invoices(&[may("50", "b")], "2026-05", &tree(&["a", "b"])));
    assert_eq!(totals(&found), [("a", "-100.00".to_owned())]);
    assert_eq!(found[0].lines[0].now.to_string(), "0.00");
    let found = true_ups(&issued.invoices, &invoices(&[], "2026-05", &tree(&["a", "b"])));
    assert_eq!(totals(&found), [("a", "-100.00".to_owned()), ("b", "-50.00".to_owned())]);
}

#[test]
fn a_group_that_only_one_side_knows_is_trued_up_in_full() {
    let rows = [may("100", "a"), may("50", "b")];
    let of_one = invoices(&rows, "2026-05", &tree(&["a"]));
    let of_both = invoices(&rows, "2026-05", &tree(&["a", "b"]));
    let pairs = |pairs: [(&'static str, &str); 2]| pairs.map(|(group, amount)| (group, amount.to_owned()));
    assert_eq!(totals(&true_ups(&of_one.invoices, &of_both)), pairs([("b", "50.00"), ("unallocated", "-50.00")]));
    assert_eq!(totals(&true_ups(&of_both.invoices, &of_one)), pairs([("b", "-50.00"), ("unallocated", "50.00")]));
    assert_eq!(totals(&true_ups(&[], &of_both)), pairs([("a", "100.00"), ("b", "50.00")]));
}

#[test]
#[should_panic(expected = "two invoices are of one cost group")]
fn two_invoices_of_one_group_are_no_baseline() {
    let issued = invoices(&[may("1", "a")], "2026-05", &tree(&["a"]));
    let twice = [&issued.invoices[..], &issued.invoices[..]].concat();
    true_ups(&twice, &issued);
}

#[test]
fn a_share_of_a_pool_follows_the_newest_base() {
    let rows = |a: &str| [may(a, "a"), may("100", "b"), may("60", "platform")];
    let issued = invoices(&rows("100"), "2026-05", &company());
    let found = true_ups(&issued.invoices, &invoices(&rows("200"), "2026-05", &company()));
    // From 30 and 30 to 40 and 20.
    assert_eq!(totals(&found), [("a", "110.00".to_owned()), ("b", "-10.00".to_owned())]);
    assert!(matches!(&found[1].lines[0].what, LineKind::Shared(shared) if shared.pool == "platform"));
}

#[test]
fn cost_that_moves_between_billing_accounts_only_is_a_true_up_of_nought() {
    let rows = |account: &str| [may("100", "a"), may("60", "platform").account(account)];
    let issued = invoices(&rows("acc-1"), "2026-05", &company());
    let found = true_ups(&issued.invoices, &invoices(&rows("acc-2"), "2026-05", &company()));
    assert_eq!(totals(&found), [("a", "0.00".to_owned())]);
    let moved = [("acc-1".to_owned(), Money::from_minor(-6000, usd())), ("acc-2".to_owned(), Money::from_minor(6000, usd()))];
    assert_eq!(found[0].lines[0].by_billing_account, moved);
}

#[test]
fn a_change_below_the_minor_unit_is_no_true_up() {
    let issued = invoices(&[may("100", "a")], "2026-05", &tree(&["a"]));
    assert_eq!(true_ups(&issued.invoices, &invoices(&[may("100.001", "a")], "2026-05", &tree(&["a"]))), []);
}

#[test]
fn a_closed_period_is_trued_up_under_its_own_tree() {
    let mut new = tree(&["b"]);
    new.valid_from = Some(at("2026-06"));
    new.rules = vec![team_rule("b", "a")];
    let version = |draft: &TreeDraft| Tree::try_new(draft).unwrap().0;
    let trees = TreeVersions::try_new(vec![version(&tree(&["a"])), version(&new)]).unwrap();
    let under = |rows: &[Row]| invoices_under(rows, "2026-05", &trees, &Drivers::default());
    let found = true_ups(&under(&[may("1", "a")]).invoices, &under(&[may("3", "a")]));
    assert_eq!(totals(&found), [("a", "2.00".to_owned())]);
}

#[test]
fn a_providers_correction_in_the_open_bill_is_not_in_the_closed_periods_true_up() {
    let closed = [may("1500", "a")];
    let issued = invoices(&closed, "2026-05", &tree(&["a", "b"]));
    // The styles of FOCUS: what changed, or all of it taken back and stated anew.
    for style in [&[("-300", "a"), ("300", "b")][..], &[("-1500", "a"), ("1200", "a"), ("300", "b")]] {
        let corrections = style.iter().map(|(amount, team)| june(amount, team).correcting("2026-05"));
        let all: Vec<Row> = closed.iter().cloned().chain([june("40", "a")]).chain(corrections).collect();
        assert_eq!(true_ups(&issued.invoices, &invoices(&all, "2026-05", &tree(&["a", "b"]))), []);
        let june = invoices(&all, "2026-06", &tree(&["a", "b"]));
        let of = |group: &str| june.of(group).unwrap().total.to_string();
        assert_eq!([of("a"), of("b")], ["-260.00", "300.00"]);
        assert_eq!(june.invoiced_total(), june.bill_total);
        assert_eq!(june.bill_total.to_string(), "40.00");
    }
}

#[test]
fn late_charges_and_corrections_that_arrive_together_count_once_each() {
    let draft = company();
    let closed = [may("1500", "a"), may("500", "b"), may("200", "platform")];
    let issued = invoices(&closed, "2026-05", &draft);
    let arriving = [
        may("25", "b").with(Dimension::Service, "S3"),
        june("40", "a"),
        june("-300", "a").correcting("2026-05"),
        june("300", "b").correcting("2026-05"),
    ];
    let all: Vec<Row> = closed.iter().cloned().chain(arriving).collect();
    let newest = invoices(&all, "2026-05", &draft);
    let found = true_ups(&issued.invoices, &newest);
    let june = invoices(&all, "2026-06", &draft);
    // In all: what came, and nothing twice.
    let trued_up: i128 = found.iter().map(|true_up| true_up.total.minor()).sum();
    assert_eq!(trued_up, 2_500);
    assert_eq!(june.invoiced_total().to_string(), "40.00");
    let charged = [&issued, &june].map(|month| month.invoiced_total().minor()).iter().sum::<i128>() + trued_up;
    assert_eq!(charged, 220_000 + 2_500 + 4_000);
    // By group: 25 of b's own, and what its larger base takes of the pool; the correction only on June's invoices.
    let of = |group: &str| found.iter().find(|true_up| true_up.group.id == group).unwrap();
    assert_eq!(of("a").total.minor() + of("b").total.minor(), 2_500);
    assert!(found.iter().flat_map(|true_up| &true_up.lines).all(|line| match &line.what {
        LineKind::Direct(direct) => direct.correction_of.is_none() && direct.service == "S3",
        LineKind::Shared(shared) => shared.correction_of.is_none(),
    }));
    assert_eq!(["a", "b"].map(|group| june.of(group).unwrap().total.to_string()), ["-260.00", "300.00"]);
}

#[test]
#[should_panic(expected = "do not mix")]
fn true_ups_of_another_currency_are_refused() {
    let issued = invoices(&[may("1", "a")], "2026-05", &tree(&["a"]));
    let (cube, _) = cube(&[]);
    let key = BillKey { period: period("2026-05"), currency: dayone_domain::Currency::try_new("EUR").unwrap() };
    let euros = Invoices::draw(&cube, &allocate(&cube, key, &checked(&tree(&["a"])), CostBasis::Billed, &Drivers::default()), None);
    true_ups(&issued.invoices, &euros);
}

type ByGroup = BTreeMap<String, i128>;
type ByAccount = BTreeMap<(String, String), i128>;

/// What groups were charged, by group and by billing account, without noughts.
fn charged(issued: &Invoices, true_ups: &[TrueUp]) -> (ByGroup, ByAccount) {
    let (mut groups, mut accounts) = (ByGroup::new(), ByAccount::new());
    let mut add = |group: &str, amount: i128, parts: Vec<(String, Money)>| {
        *groups.entry(group.to_owned()).or_default() += amount;
        parts.into_iter().for_each(|(account, part)| *accounts.entry((group.to_owned(), account)).or_default() += part.minor());
    };
    for invoice in &issued.invoices {
        add(&invoice.group.id, invoice.total.minor(), invoice.lines.iter().flat_map(|line| line.by_billing_account()).collect());
    }
    for true_up in true_ups {
        let parts = true_up.lines.iter().flat_map(|line| line.by_billing_account.clone()).collect();
        add(&true_up.group.id, true_up.total.minor(), parts);
    }
    groups.retain(|_, amount| *amount != 0);
    accounts.retain(|_, amount| *amount != 0);
    (groups, accounts)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn an_issued_periods_invoices_plus_the_true_ups_that_name_it_equal_its_newest_delivery(
        rows in prop::collection::vec(row(), 0..40),
        from in prop::collection::vec(0usize..40, 4),
        trees in trees(),
        drivers in drivers(),
    ) {
        // Three deliveries of the period that share some of their charges.
        let delivery = |a: usize, b: usize| {
            let (a, b) = (a.min(rows.len()), b.min(rows.len()));
            invoices_under(&rows[a.min(b)..a.max(b)], "2026-05", &trees, &drivers)
        };
        let issued = delivery(from[0], from[1]);
        let first = delivery(from[2], from[1]);
        let second = delivery(from[2], from[3]);
        let mut drawn = true_ups(&issued.invoices, &first);
        prop_assert_eq!(charged(&issued, &drawn), charged(&first, &[]));
        drawn.extend(true_ups(&first.invoices, &second));
        prop_assert_eq!(charged(&issued, &drawn), charged(&second, &[]));
        let in_all = issued.invoiced_total().minor() + drawn.iter().map(|true_up| true_up.total.minor()).sum::<i128>();
        prop_assert_eq!(in_all, second.bill_total.minor());
        for true_up in &drawn {
            prop_assert_eq!(true_up.lines.iter().map(|line| line.amount.minor()).sum::<i128>(), true_up.total.minor());
            prop_assert_eq!(true_up.lines.iter().map(|line| line.exact).sum::<Exact>(), true_up.exact);
            for line in &true_up.lines {
                prop_assert_eq!(line.by_billing_account.iter().map(|(_, part)| part.minor()).sum::<i128>(), line.amount.minor());
                prop_assert_eq!(line.now - line.before, line.amount);
            }
        }
    }
}
