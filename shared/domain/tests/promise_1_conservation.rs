//! Promise 1: allocated charges equal the master bill exactly, and invoice totals equal it rounded to the
//! currency's minor unit; nothing is dropped, nothing appears. Over generated bills and trees.
#![allow(missing_docs)]

mod common;

use common::{Row, at, checked, cube, fixed, period, pool, team_rule, tree};
use dayone_domain::allocation::allocate;
use dayone_domain::charge::{Cost, Dimension};
use dayone_domain::cube::Cube;
use dayone_domain::currency::Money;
use dayone_domain::driver::Drivers;
use dayone_domain::exact::Exact;
use dayone_domain::invoice::Invoices;
use dayone_domain::rounding::round_bill;
use dayone_domain::tie_out::{ControlTotals, TieOut};
use dayone_domain::tree::{Node, Tree, TreeVersions};
use dayone_domain::{CostBasis, Currency};
use proptest::prelude::*;

const GROUPS: [&str; 5] = ["alpha", "beta", "gamma", "delta", "epsilon"];

fn amount() -> impl Strategy<Value = Exact> {
    prop_oneof![
        // Tiny, ordinary, huge; with few decimals, with 28, and at the limits of what is read.
        (-1_000i128..1_000, 40u32..=44).prop_map(|(units, scale)| Exact::from_i128(units, scale)),
        (-99_999_999i128..=99_999_999).prop_map(|units| Exact::from_i128(units * 1_000_000_000_000, 0)),
        (-1_000i128..1_000, 20u32..=28).prop_map(|(units, scale)| Exact::from_i128(units, scale)),
        (-1_000_000i128..1_000_000, 0u32..6).prop_map(|(units, scale)| Exact::from_i128(units, scale)),
        (any::<i64>(), 8u32..18).prop_map(|(units, scale)| Exact::from_i128(i128::from(units), scale)),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    let category = prop::sample::select(vec!["Usage", "Usage", "Usage", "Purchase", "Credit", "Tax", "Adjustment", "Enchantment"]);
    let status = prop::sample::select(vec!["", "", "", "Used", "Unused"]);
    let team = prop::sample::select(vec!["alpha", "beta", "gamma", "delta", "epsilon", "platform", "network", "support", "nobody", ""]);
    let service = prop::sample::select(vec!["EC2", "S3"]);
    let invoice = prop::sample::select(vec!["", "INV-1", "INV-2"]);
    let correction = prop::bool::weighted(0.1);
    (amount(), amount(), category, status, team, service, invoice, correction).prop_map(
        |(billed, effective, category, status, team, service, invoice, correction)| {
            let mut row = Row::new("0")
                .with(Dimension::ChargeCategory, category)
                .with(Dimension::CommitmentStatus, status)
                .with(Dimension::Service, service)
                .with(Dimension::InvoiceId, invoice)
                .team(team);
            if correction {
                row = row.with(Dimension::ChargeClass, "Correction").with(Dimension::ChargeMonth, "2026-02");
            }
            row.cost = Cost { billed, effective, list: Some(billed), contracted: None };
            row
        },
    )
}

/// Trees with three pools that feed each other downwards, and special money sent here and there.
/// In two versions, so that corrections of the older one's months are among the charges.
fn trees() -> impl Strategy<Value = TreeVersions> {
    (tree_of("2026-01"), tree_of("2026-04")).prop_map(|(old, new)| TreeVersions::try_new(vec![old, new]).unwrap())
}

fn tree_of(valid_from: &'static str) -> impl Strategy<Value = Tree> {
    let split = || prop::sample::select(vec!["even", "proportional", "driver", "fixed"]);
    let central = || prop::sample::select(vec!["follow", "follow", "alpha", "support", "network", "unallocated"]);
    let fallback = || prop::sample::select(vec!["even", "beta", "unallocated"]);
    (split(), split(), split(), [central(), central(), central(), central(), central()], [fallback(), fallback(), fallback()]).prop_map(
        move |(support, network, platform, central, fallback)| {
            let mut draft = tree(&GROUPS);
            draft.valid_from = Some(at(valid_from));
            let make = |id: &str, split: &str, to: &[&str], fallback: &str| {
                let mut pool = if split == "fixed" {
                    let shares: Vec<(&str, &str)> = to.iter().copied().zip(["1", "2.5", "3", "0.001", "7"]).collect();
                    fixed(id, &shares)
                } else {
                    pool(id, split, to)
                };
                pool.fallback = Some(at(fallback));
                pool
            };
            draft.pools = vec![
                make("platform", platform, &GROUPS, fallback[0]),
                make("support", support, &["alpha", "network", "platform"], fallback[1]),
                make("network", network, &["platform", "gamma", "unallocated"], fallback[2]),
            ];
            draft.rules.extend(["platform", "network", "support"].map(|id| team_rule(id, id)));
            let [credits, tax, discounts, marketplace, unused_commitment] = central.map(|target| Some(at(target)));
            draft.treatment = dayone_domain::tree::draft::TreatmentDraft { credits, tax, discounts, marketplace, unused_commitment };
            Tree::try_new(&draft).unwrap().0
        },
    )
}

fn drivers() -> impl Strategy<Value = Drivers> {
    prop::collection::vec((prop::sample::select(vec!["alpha", "gamma", "network", "platform"]), 0i128..1_000_000), 0..4).prop_map(
        |quantities| {
            let mut drivers = Drivers::default();
            for (receiver, quantity) in quantities {
                let _twice_is_refused = drivers.insert("requests", period("2026-05"), receiver, Exact::from_i128(quantity, 3));
            }
            drivers
        },
    )
}

fn invoice(cube: &Cube, control: &ControlTotals, trees: &TreeVersions, basis: CostBasis, drivers: &Drivers) -> Vec<(Invoices, TieOut)> {
    let bills: Vec<_> = cube.bills().collect();
    bills
        .into_iter()
        .map(|key| {
            let allocation = allocate(cube, key, trees, basis, drivers);
            let invoices = Invoices::draw(cube, &allocation, None);
            let tie_out = TieOut::of(control, cube, &allocation, &invoices);
            (invoices, tie_out)
        })
        .collect()
}

fn same(a: &[(Invoices, TieOut)], b: &[(Invoices, TieOut)]) -> bool {
    format!("{a:?}") == format!("{b:?}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn invoices_equal_the_master_bill(
        rows in prop::collection::vec(row(), 1..60),
        trees in trees(),
        drivers in drivers(),
        basis in prop::sample::select(vec![CostBasis::Billed, CostBasis::Effective]),
        code in prop::sample::select(vec!["USD", "JPY", "KWD"]),
    ) {
        let currency = Currency::try_new(code).unwrap();
        let mut rows = rows;
        rows.iter_mut().for_each(|row| row.currency = currency);
        let (cube, control) = cube(&rows);
        let months = invoice(&cube, &control, &trees, basis, &drivers);

        let [(invoices, tie_out)] = &months[..] else { panic!("one bill") };
        let master: Exact = rows.iter().map(|row| row.cost.of(basis)).sum();
        prop_assert_eq!(invoices.invoices.iter().map(|invoice| invoice.exact).sum::<Exact>(), master);
        prop_assert_eq!(invoices.invoiced_total(), round_bill(master, currency));
        prop_assert_eq!(invoices.rounding(), master - invoices.invoiced_total().exact());
        let unit = Money::from_minor(1, currency).exact();
        for invoice in &invoices.invoices {
            prop_assert_eq!(invoice.direct + invoice.shared, invoice.exact);
            prop_assert!((invoice.total.exact() - invoice.exact).abs() < unit);
            prop_assert_eq!(invoice.lines.iter().map(|line| line.exact).sum::<Exact>(), invoice.exact);
            prop_assert_eq!(invoice.lines.iter().map(|line| line.amount.minor()).sum::<i128>(), invoice.total.minor());
            for line in &invoice.lines {
                prop_assert!((line.amount.exact() - line.exact).abs() < unit);
            }
        }
        let key = cube.bills().next().unwrap();
        let allocation = allocate(&cube, key, &trees, basis, &drivers);
        let in_pools = cube.rows(key).zip(&allocation.assignments).filter(|(_, assignment)| matches!(assignment.to, Node::Pool(_)));
        let in_pools: u64 = in_pools.map(|(row, _)| row.charges()).sum();
        prop_assert_eq!(invoices.invoices.iter().map(|invoice| invoice.charges).sum::<u64>() + in_pools, rows.len() as u64);
        prop_assert_eq!(tie_out.differences(), Vec::<String>::new());
    }

    #[test]
    fn the_order_of_charges_changes_nothing(
        rows in prop::collection::vec(row(), 1..30).prop_shuffle(),
        trees in trees(),
        drivers in drivers(),
    ) {
        let (forward, forward_control) = cube(&rows);
        let reversed: Vec<Row> = rows.iter().rev().cloned().collect();
        let (backward, backward_control) = cube(&reversed);
        let forward = invoice(&forward, &forward_control, &trees, CostBasis::Billed, &drivers);
        let backward = invoice(&backward, &backward_control, &trees, CostBasis::Billed, &drivers);
        prop_assert!(same(&forward, &backward));
    }

    #[test]
    fn roll_ups_are_the_same_numbers(rows in prop::collection::vec(row(), 1..30)) {
        let mut draft = tree(&[]);
        draft.groups = vec![common::group("alpha", vec![common::group("beta", vec![common::group("gamma", vec![])]), common::group("delta", vec![])])];
        draft.rules = ["alpha", "beta", "gamma", "delta"].map(|id| team_rule(id, id)).to_vec();
        let (cube, control) = cube(&rows);
        let months = invoice(&cube, &control, &checked(&draft), CostBasis::Billed, &Drivers::default());
        let (invoices, _) = &months[0];
        let own: i128 = invoices.invoices.iter().filter(|invoice| invoice.group.id != "unallocated").map(|invoice| invoice.total.minor()).sum();
        let rolled = invoices.roll_ups();
        prop_assert_eq!(rolled[0].minor(), own);
        prop_assert_eq!(rolled[1].minor(), invoices.invoices[1].total.minor() + rolled[2].minor());
    }
}
