//! Promise 1: allocated charges equal the master bill exactly, and invoice totals equal it rounded to the
//! currency's minor unit; nothing is dropped, nothing appears. Over generated bills and trees.
#![allow(missing_docs)]

mod common;

use std::collections::BTreeMap;

use common::generated::{drivers, row, trees};
use common::{Row, checked, cube, team_rule, tree};
use dayone_domain::allocation::allocate;
use dayone_domain::charge::Dimension;
use dayone_domain::cube::Cube;
use dayone_domain::currency::Money;
use dayone_domain::driver::Drivers;
use dayone_domain::exact::Exact;
use dayone_domain::invoice::{Invoices, Line, LineKind};
use dayone_domain::rounding::round_bill;
use dayone_domain::tie_out::{ControlTotals, TieOut};
use dayone_domain::tree::{Node, TreeVersions};
use dayone_domain::{CostBasis, Currency};
use proptest::prelude::*;

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
            let [direct, shared] = invoice.direct_and_shared();
            prop_assert_eq!(direct + shared, invoice.total);
            let is_direct = |line: &&Line| matches!(line.what, LineKind::Direct(_));
            prop_assert_eq!(invoice.lines.iter().filter(is_direct).map(|line| line.amount.minor()).sum::<i128>(), direct.minor());
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
    fn every_billing_account_is_carried_whole(
        rows in prop::collection::vec(row(), 1..60),
        trees in trees(),
        drivers in drivers(),
        basis in prop::sample::select(vec![CostBasis::Billed, CostBasis::Effective]),
    ) {
        let (cube, control) = cube(&rows);
        let months = invoice(&cube, &control, &trees, basis, &drivers);
        let (invoices, _) = &months[0];
        let mut carried: BTreeMap<String, Exact> = BTreeMap::new();
        for line in invoices.invoices.iter().flat_map(|invoice| &invoice.lines) {
            match &line.what {
                LineKind::Direct(direct) => *carried.entry(direct.billing_account.clone()).or_default() += line.exact,
                LineKind::Shared(shared) => {
                    prop_assert_eq!(shared.by_billing_account.iter().map(|(_, part)| *part).sum::<Exact>(), line.exact);
                    prop_assert!(shared.by_billing_account.is_sorted_by(|(a, _), (b, _)| a < b));
                    for (account, part) in &shared.by_billing_account {
                        *carried.entry(account.clone()).or_default() += *part;
                    }
                }
            }
            let rounded = line.by_billing_account();
            prop_assert_eq!(rounded.iter().map(|(_, amount)| amount.minor()).sum::<i128>(), line.amount.minor());
        }
        let mut billed: BTreeMap<String, Exact> = BTreeMap::new();
        for row in cube.rows(invoices.key) {
            *billed.entry(row.value(Dimension::BillingAccount).to_owned()).or_default() += row.cost().of(basis);
        }
        carried.retain(|_, amount| !amount.is_zero());
        billed.retain(|_, amount| !amount.is_zero());
        prop_assert_eq!(carried, billed);
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
