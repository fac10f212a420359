//! The rules of allocation, one case each.
#![allow(missing_docs)]

mod common;

use common::{Row, at, bill, checked, cube, exact, field_rule, fixed, period, pool, team_rule, tree};
use dayone_domain::CostBasis;
use dayone_domain::allocation::{Allocation, Because, ShareKey, allocate};
use dayone_domain::charge::{Cost, Dimension, Nature};
use dayone_domain::cube::Cube;
use dayone_domain::driver::{DriverError, Drivers};
use dayone_domain::exact::Exact;
use dayone_domain::invoice::{Held, Invoices, LineKind};
use dayone_domain::tree::draft::TreeDraft;
use dayone_domain::tree::{Node, Tree, TreeVersions};

fn allocated(rows: &[Row], draft: &TreeDraft, basis: CostBasis, drivers: &Drivers) -> (Cube, Allocation) {
    let (cube, _) = cube(rows);
    let allocation = allocate(&cube, bill(&cube), &checked(draft), basis, drivers);
    (cube, allocation)
}

fn totals(rows: &[Row], draft: &TreeDraft, basis: CostBasis, drivers: &Drivers) -> Vec<(String, String)> {
    let (cube, allocation) = allocated(rows, draft, basis, drivers);
    let invoices = Invoices::draw(&cube, &allocation, None);
    let of_each = invoices.invoices.iter().filter(|invoice| !invoice.exact.is_zero());
    of_each.map(|invoice| (invoice.group.id.clone(), invoice.exact.to_string())).collect()
}

fn billed(rows: &[Row], draft: &TreeDraft) -> Vec<(String, String)> {
    totals(rows, draft, CostBasis::Billed, &Drivers::default())
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(id, amount)| ((*id).to_owned(), (*amount).to_owned())).collect()
}

#[test]
fn the_first_rule_that_matches_wins() {
    let mut draft = tree(&["checkout", "search"]);
    draft.rules.insert(0, field_rule("search", "service", "EC2"));
    let rows = [Row::new("1").team("checkout").with(Dimension::Service, "EC2"), Row::new("2").team("checkout")];
    assert_eq!(billed(&rows, &draft), pairs(&[("checkout", "2"), ("search", "1")]));
}

#[test]
fn what_no_rule_matches_goes_to_unallocated() {
    let (_, allocation) = allocated(&[Row::new("3")], &tree(&["checkout"]), CostBasis::Billed, &Drivers::default());
    assert_eq!(allocation.assignments[0].because, Because::NoRule);
    assert_eq!(billed(&[Row::new("3")], &tree(&["checkout"])), pairs(&[("unallocated", "3")]));
}

#[test]
fn the_digits_of_a_bill_do_not_depend_on_what_else_is_read() {
    let mut draft = tree(&["a", "b", "c"]);
    draft.pools = vec![pool("platform", "even", &["a", "b", "c"])];
    draft.rules.push(field_rule("platform", "service", "Shared"));
    let rows = [Row::new("0.1").with(Dimension::Service, "Shared")];
    let other = Row::new("0.00000000001").in_period("2026-06");
    let alone = billed(&rows, &draft);
    assert_eq!(alone, pairs(&[("a", "0.0333334"), ("b", "0.0333333"), ("c", "0.0333333")]));
    assert_eq!(billed(&[rows[0].clone(), other], &draft), alone);
}

#[test]
fn special_money_goes_where_the_tree_sends_it() {
    let mut draft = tree(&["checkout", "tax", "credits", "discounts", "market", "unused"]);
    draft.treatment = dayone_domain::tree::draft::TreatmentDraft {
        credits: Some(at("credits")),
        tax: Some(at("tax")),
        discounts: Some(at("discounts")),
        marketplace: Some(at("market")),
        unused_commitment: Some(at("unused")),
    };
    let usage = || Row::new("1").team("checkout");
    let rows = [
        usage(),
        Row::new("10").team("checkout").with(Dimension::ChargeCategory, "Tax"),
        Row::new("-20").team("checkout").with(Dimension::ChargeCategory, "Credit"),
        Row::new("-3").team("checkout").with(Dimension::ChargeCategory, "Adjustment"),
        Row::new("-40").team("checkout").with(Dimension::ChargeCategory, "Credit").with(Dimension::ChargeType, "EdpDiscount"),
        Row::new("50").team("checkout").with(Dimension::Publisher, "Red Hat Inc.").with(Dimension::InvoiceIssuer, "AWS"),
        Row::new("60").team("checkout").with(Dimension::CommitmentStatus, "Unused"),
    ];
    assert_eq!(
        billed(&rows, &draft),
        pairs(&[("checkout", "1"), ("tax", "10"), ("credits", "-23"), ("discounts", "-40"), ("market", "50"), ("unused", "60")])
    );
    draft.treatment = dayone_domain::tree::draft::TreatmentDraft { tax: Some(at("follow")), ..Default::default() };
    assert_eq!(billed(&rows, &draft), pairs(&[("checkout", "58")]));
}

#[test]
fn an_unused_commitment_is_told_from_its_purchase_only_under_effective_cost() {
    let mut draft = tree(&["checkout", "unused"]);
    draft.treatment.unused_commitment = Some(at("unused"));
    let fee = Row::new("100")
        .effective("25")
        .team("checkout")
        .with(Dimension::ChargeCategory, "Purchase")
        .with(Dimension::CommitmentStatus, "Unused")
        .with(Dimension::Commitment, "sp-1");
    assert_eq!(billed(std::slice::from_ref(&fee), &draft), pairs(&[("checkout", "100")]));
    assert_eq!(totals(&[fee], &draft, CostBasis::Effective, &Drivers::default()), pairs(&[("unused", "25")]));
}

#[test]
fn a_pool_is_split_evenly_to_the_last_unit() {
    let mut draft = tree(&["a", "b", "c"]);
    draft.pools.push(pool("platform", "even", &["*"]));
    draft.rules.push(team_rule("platform", "platform"));
    let rows = [Row::new("1").team("platform")];
    // A third of 1 at six further decimals; the odd millionth goes to the first id.
    assert_eq!(billed(&rows, &draft), pairs(&[("a", "0.333334"), ("b", "0.333333"), ("c", "0.333333")]));
}

#[test]
fn fixed_shares_are_parts_of_their_sum() {
    let mut draft = tree(&["a", "b"]);
    draft.pools.push(fixed("platform", &[("b", "2.5"), ("a", "7.5")]));
    draft.rules.push(team_rule("platform", "platform"));
    assert_eq!(billed(&[Row::new("-8").team("platform")], &draft), pairs(&[("a", "-6"), ("b", "-2")]));
}

#[test]
fn the_proportional_base_is_direct_usage_and_purchases_before_credits_with_negatives_as_zero() {
    let mut draft = tree(&["a", "b", "c"]);
    draft.pools.push(pool("platform", "proportional", &["*"]));
    draft.rules.push(team_rule("platform", "platform"));
    let rows = [
        Row::new("30").team("a"),
        Row::new("-25").team("a").with(Dimension::ChargeCategory, "Credit"),
        Row::new("5").team("a").with(Dimension::ChargeCategory, "Tax"),
        Row::new("10").team("b").with(Dimension::ChargeCategory, "Purchase"),
        Row::new("-10").team("c"),
        Row::new("100").team("platform"),
    ];
    assert_eq!(billed(&rows, &draft), pairs(&[("a", "85"), ("b", "35"), ("c", "-10")]));
    let (_, allocation) = allocated(&rows, &draft, CostBasis::Billed, &Drivers::default());
    assert_eq!((allocation.shares[0].weight, allocation.shares[0].weights), (exact("30"), exact("40")));
}

#[test]
fn a_driver_splits_by_its_quantities_of_the_billing_period() {
    let mut draft = tree(&["a", "b"]);
    draft.pools.push(pool("gateway", "driver", &["a", "b"]));
    draft.rules.push(team_rule("gateway", "gateway"));
    let mut drivers = Drivers::default();
    drivers.insert("requests", period("2026-05"), "a", exact("0.5")).unwrap();
    drivers.insert("requests", period("2026-05"), "b", exact("1.5")).unwrap();
    drivers.insert("requests", period("2026-04"), "a", exact("1000")).unwrap();
    let rows = [Row::new("4").team("gateway")];
    assert_eq!(totals(&rows, &draft, CostBasis::Billed, &drivers), pairs(&[("a", "1"), ("b", "3")]));
    assert_eq!(drivers.insert("requests", period("2026-04"), "a", exact("1")), Err(DriverError::Twice));
    assert_eq!(drivers.insert("requests", period("2026-04"), "b", exact("-1")), Err(DriverError::Negative));
}

#[test]
fn a_zero_base_falls_to_the_stated_fallback_and_says_so() {
    let mut draft = tree(&["a", "b", "central"]);
    draft.pools.push(pool("gateway", "driver", &["a", "b"]));
    draft.rules.push(team_rule("gateway", "gateway"));
    let rows = [Row::new("4").team("gateway")];
    assert_eq!(billed(&rows, &draft), pairs(&[("a", "2"), ("b", "2")]));
    let (_, allocation) = allocated(&rows, &draft, CostBasis::Billed, &Drivers::default());
    assert_eq!(allocation.shares[0].key, ShareKey::EvenForWantOf(Box::new(ShareKey::Driver("requests".into()))));
    draft.pools[0].fallback = Some(at("central"));
    assert_eq!(billed(&rows, &draft), pairs(&[("central", "4")]));
    let (_, allocation) = allocated(&rows, &draft, CostBasis::Billed, &Drivers::default());
    assert_eq!(allocation.shares[0].key, ShareKey::WholeForWantOf(Box::new(ShareKey::Driver("requests".into()))));
}

#[test]
fn a_pool_feeds_pools_below_it() {
    let mut draft = tree(&["a", "b"]);
    draft.pools = vec![pool("platform", "even", &["a", "b"]), pool("support", "even", &["a", "platform"])];
    draft.rules.extend([team_rule("platform", "platform"), team_rule("support", "support")]);
    // Support 8: a takes 4, platform 4; platform 6 + 4 = 10: a and b take 5 each.
    let rows = [Row::new("8").team("support"), Row::new("6").team("platform")];
    assert_eq!(billed(&rows, &draft), pairs(&[("a", "9"), ("b", "5")]));
    let (_, allocation) = allocated(&rows, &draft, CostBasis::Billed, &Drivers::default());
    let sums: Vec<_> = allocation.pools.iter().map(|pool| (pool.direct, pool.total)).collect();
    assert_eq!(sums, [(exact("8"), exact("8")), (exact("6"), exact("10"))]);
}

#[test]
fn a_shared_line_says_what_its_pool_holds() {
    let mut draft = tree(&["a"]);
    draft.pools = vec![pool("platform", "even", &["a"]), pool("support", "even", &["platform"])];
    draft.rules.extend([team_rule("platform", "platform"), team_rule("support", "support")]);
    let rows = [
        Row::new("8").team("support"),
        Row::new("6").team("platform"),
        Row::new("-2").team("platform").with(Dimension::ChargeCategory, "Adjustment"),
    ];
    let (cube, allocation) = allocated(&rows, &draft, CostBasis::Billed, &Drivers::default());
    let invoices = Invoices::draw(&cube, &allocation, None);
    let LineKind::Shared(line) = &invoices.of("a").unwrap().lines[0].what else { panic!("a shared line") };
    let held = [
        (Held::Charges(Nature::Usage), exact("6")),
        (Held::Charges(Nature::Adjustment), exact("-2")),
        (Held::Pool("support".into()), exact("8")),
    ];
    assert_eq!(line.pool_holds, held);
    assert_eq!(line.pool_total, exact("12"));
}

fn parts(share: &dayone_domain::allocation::Share) -> Vec<(&str, String)> {
    share.by_billing_account.iter().map(|(account, part)| (account.as_str(), part.to_string())).collect()
}

#[test]
fn a_share_says_which_billing_accounts_it_is_made_of() {
    let mut draft = tree(&["a", "b"]);
    draft.pools = vec![pool("platform", "even", &["a", "b"]), pool("support", "even", &["a", "platform"])];
    draft.rules.extend([team_rule("platform", "platform"), team_rule("support", "support")]);
    let rows = [
        Row::new("8").team("support").account("acc-2"),
        Row::new("6").team("platform").account("acc-1"),
        Row::new("0").team("platform").account("acc-0"),
    ];
    let (cube, allocation) = allocated(&rows, &draft, CostBasis::Billed, &Drivers::default());
    let found: Vec<_> = allocation.shares.iter().map(parts).collect();
    let fed = [("acc-1", "3".to_owned()), ("acc-2", "2".to_owned())];
    assert_eq!(found, [vec![("acc-2", "4".to_owned())], vec![("acc-2", "4".to_owned())], fed.to_vec(), fed.to_vec()]);
    let invoices = Invoices::draw(&cube, &allocation, None);
    let lines: Vec<_> = invoices.of("b").unwrap().lines[0].by_billing_account();
    let lines: Vec<(&str, String)> = lines.iter().map(|(account, amount)| (account.as_str(), amount.to_string())).collect();
    assert_eq!(lines, [("acc-1", "3.00".to_owned()), ("acc-2", "2.00".to_owned())]);
}

#[test]
fn a_direct_line_is_all_of_its_billing_account() {
    let rows = [Row::new("1.005").team("a").account("acc-1")];
    let (cube, allocation) = allocated(&rows, &tree(&["a"]), CostBasis::Billed, &Drivers::default());
    let line = &Invoices::draw(&cube, &allocation, None).invoices[0].lines[0];
    assert_eq!(line.by_billing_account(), [("acc-1".to_owned(), line.amount)]);
}

#[test]
fn a_pool_that_nets_to_nought_still_passes_its_billing_accounts_on() {
    let mut draft = tree(&["a", "b", "c"]);
    draft.pools.push(fixed("platform", &[("a", "1"), ("b", "3")]));
    draft.rules.push(team_rule("platform", "platform"));
    let rows = [Row::new("100").team("platform").account("acc-1"), Row::new("-100").team("platform").account("acc-2")];
    let (cube, allocation) = allocated(&rows, &draft, CostBasis::Billed, &Drivers::default());
    let invoices = Invoices::draw(&cube, &allocation, None);
    let of = |group: &str| -> Vec<(String, String)> {
        let lines = invoices.of(group).unwrap().lines.iter().flat_map(|line| line.by_billing_account());
        lines.map(|(account, amount)| (account, amount.to_string())).collect()
    };
    assert_eq!(of("a"), pairs(&[("acc-1", "25.00"), ("acc-2", "-25.00")]));
    assert_eq!(of("b"), pairs(&[("acc-1", "75.00"), ("acc-2", "-75.00")]));
    assert_eq!(of("c"), []);
    assert!(invoices.invoices.iter().all(|invoice| invoice.total.is_zero()));
}

#[test]
fn a_pool_that_nets_to_nought_is_not_told_as_cost_of_the_pool_that_it_feeds() {
    let mut draft = tree(&["a"]);
    draft.pools = vec![pool("platform", "even", &["a"]), pool("support", "even", &["platform"])];
    draft.rules.extend([team_rule("platform", "platform"), team_rule("support", "support")]);
    let rows = [
        Row::new("6").team("platform").account("acc-1"),
        Row::new("100").team("support").account("acc-1"),
        Row::new("-100").team("support").account("acc-2"),
    ];
    let (cube, allocation) = allocated(&rows, &draft, CostBasis::Billed, &Drivers::default());
    let invoices = Invoices::draw(&cube, &allocation, None);
    let LineKind::Shared(line) = &invoices.of("a").unwrap().lines[0].what else { panic!("a shared line") };
    assert_eq!(line.pool_holds, [(Held::Charges(Nature::Usage), exact("6"))]);
    assert_eq!(line.by_billing_account, [("acc-1".to_owned(), exact("106")), ("acc-2".to_owned(), exact("-100"))]);
}

#[test]
fn a_pool_whose_billing_accounts_all_net_to_nought_is_on_no_invoice() {
    let mut draft = tree(&["a"]);
    draft.pools.push(pool("platform", "even", &["a"]));
    draft.rules.push(team_rule("platform", "platform"));
    let rows = [Row::new("100").team("platform").account("acc-1"), Row::new("-100").team("platform").account("acc-1")];
    let (cube, allocation) = allocated(&rows, &draft, CostBasis::Billed, &Drivers::default());
    assert_eq!(allocation.shares, []);
    assert!(Invoices::draw(&cube, &allocation, None).invoices.iter().all(|invoice| invoice.lines.is_empty()));
}

#[test]
fn who_has_not_invoiced_yet_is_known() {
    let rows = [
        Row::new("1").team("a").with(Dimension::InvoiceId, "INV-1"),
        Row::new("1").team("a"),
        Row::new("1").team("a").with(Dimension::Provider, "Microsoft"),
    ];
    let (cube, allocation) = allocated(&rows, &tree(&["a"]), CostBasis::Billed, &Drivers::default());
    assert_eq!(Invoices::draw(&cube, &allocation, None).not_invoiced_yet, ["Microsoft"]);
}

#[test]
fn a_correction_is_matched_by_the_tree_of_the_period_that_it_corrects() {
    let mut old = tree(&["a", "gone"]);
    old.valid_from = Some(at("2026-01"));
    old.pools = vec![pool("formerly", "even", &["gone", "a"])];
    old.rules = vec![team_rule("gone", "x"), team_rule("formerly", "shared")];
    let mut new = tree(&["a"]);
    new.valid_from = Some(at("2026-04"));
    new.rules = vec![team_rule("a", "x"), team_rule("a", "shared")];
    let version = |draft: &TreeDraft| Tree::try_new(draft).unwrap().0;
    let trees = TreeVersions::try_new(vec![version(&new), version(&old)]).unwrap();

    let correction =
        |amount: &str, month: &str| Row::new(amount).with(Dimension::ChargeClass, "Correction").with(Dimension::ChargeMonth, month);
    let rows = [
        Row::new("1").team("x"),
        Row::new("2").team("x").with(Dimension::ChargeMonth, "2026-02"),
        correction("-4", "2026-02").team("x"),
        correction("10", "2026-03").team("shared"),
        correction("16", "2026-04").team("x"),
    ];
    let (cube, _) = cube(&rows);
    let allocation = allocate(&cube, bill(&cube), &trees, CostBasis::Billed, &Drivers::default());
    let invoices = Invoices::draw(&cube, &allocation, None);
    let found: Vec<(String, String)> =
        invoices.invoices.iter().map(|invoice| (invoice.group.id.clone(), invoice.exact.to_string())).collect();
    // Only a correction looks back: a late row of an earlier month belongs to the tree of its bill.
    assert_eq!(found, pairs(&[("a", "24"), ("unallocated", "0"), ("gone", "1")]));
}

fn versions(drafts: &[TreeDraft]) -> TreeVersions {
    TreeVersions::try_new(drafts.iter().map(|draft| Tree::try_new(draft).unwrap().0).collect()).unwrap()
}

fn correction(amount: &str, month: &str) -> Row {
    Row::new(amount).with(Dimension::ChargeClass, "Correction").with(Dimension::ChargeMonth, month)
}

#[test]
fn a_correction_that_leads_to_a_pool_is_divided_as_the_tree_of_its_period_says() {
    let version = |from: &str, receiver: &str| {
        let mut draft = tree(&["a", "b"]);
        draft.valid_from = Some(at(from));
        draft.pools = vec![pool("shared", "even", &[receiver])];
        draft.rules.push(team_rule("shared", "shared"));
        draft
    };
    let trees = versions(&[version("2026-04", "a"), version("2026-05", "b")]);
    let (cube, _) = cube(&[Row::new("100").team("shared"), correction("-30", "2026-04").team("shared")]);
    let allocation = allocate(&cube, bill(&cube), &trees, CostBasis::Billed, &Drivers::default());
    let passed: Vec<(Option<String>, String)> = allocation
        .shares
        .iter()
        .map(|share| (allocation.pools[share.pool].correction_of.map(|period| period.to_string()), share.amount.to_string()))
        .collect();
    assert_eq!(passed, [(None, "100".to_owned()), (Some("2026-04".to_owned()), "-30".to_owned())]);
    let invoices = Invoices::draw(&cube, &allocation, None);
    assert_eq!([invoices.of("a").unwrap().exact, invoices.of("b").unwrap().exact], [exact("-30"), exact("100")]);
}

#[test]
fn a_correction_is_divided_by_the_driver_quantities_of_its_period_also_under_the_same_tree() {
    let mut draft = tree(&["a", "b"]);
    draft.pools.push(pool("gateway", "driver", &["a", "b"]));
    draft.rules.push(team_rule("gateway", "gateway"));
    let mut drivers = Drivers::default();
    drivers.insert("requests", period("2026-04"), "a", exact("1")).unwrap();
    drivers.insert("requests", period("2026-05"), "b", exact("1")).unwrap();
    let rows = [Row::new("10").team("gateway"), correction("-4", "2026-04").team("gateway")];
    assert_eq!(totals(&rows, &draft, CostBasis::Billed, &drivers), pairs(&[("a", "-4"), ("b", "10")]));
}

#[test]
fn pools_of_an_earlier_version_feed_those_of_that_version() {
    let version = |from: &str, pools: Vec<dayone_domain::tree::draft::PoolDraft>, team: &str| {
        let mut draft = tree(&["a"]);
        draft.valid_from = Some(at(from));
        draft.pools = pools;
        draft.rules = vec![team_rule(team, "x")];
        draft
    };
    let old = version("2026-01", vec![pool("p", "even", &["q"]), pool("q", "even", &["a"])], "p");
    let new = version("2026-04", vec![pool("q", "even", &["p"]), pool("p", "even", &["a"])], "q");
    let (cube, _) = cube(&[Row::new("1").team("x"), correction("2", "2026-02").team("x")]);
    let allocation = allocate(&cube, bill(&cube), &versions(&[old, new]), CostBasis::Billed, &Drivers::default());
    let passed: Vec<(&str, String)> =
        allocation.shares.iter().map(|share| (allocation.pools[share.pool].pool.id.as_str(), share.amount.to_string())).collect();
    assert_eq!(passed, [("q", "1".to_owned()), ("p", "1".to_owned()), ("p", "2".to_owned()), ("q", "2".to_owned())]);
}

#[test]
fn a_group_that_only_a_correction_reaches_hangs_below_its_nearest_known_ancestor() {
    let mut old = tree(&[]);
    old.groups = vec![common::group("top", vec![common::group("middle", vec![common::group("gone", vec![])])])];
    old.rules = vec![team_rule("gone", "x")];
    let mut new = tree(&["top"]);
    new.valid_from = Some(at("2026-04"));
    let (cube, _) = cube(&[Row::new("1").team("top"), correction("2", "2026-02").team("x")]);
    let allocation = allocate(&cube, bill(&cube), &versions(&[old, new]), CostBasis::Billed, &Drivers::default());
    let gone = allocation.groups.last().unwrap();
    assert_eq!((gone.id.as_str(), gone.parent), ("gone", Some(0)));
    assert!(!allocation.groups[0].is_leaf);
}

#[test]
fn the_same_cube_under_another_tree_needs_no_file() {
    let rows = [Row::new("5").team("checkout"), Row::new("7").team("search")];
    let (cube, _) = cube(&rows);
    let under = |draft: &TreeDraft| {
        let allocation = allocate(&cube, bill(&cube), &checked(draft), CostBasis::Billed, &Drivers::default());
        Invoices::draw(&cube, &allocation, None).invoices.iter().map(|invoice| invoice.total.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(under(&tree(&["checkout", "search"])), ["5.00", "7.00", "0.00"]);
    assert_eq!(under(&tree(&["checkout"])), ["5.00", "7.00"]);
}

#[test]
fn lines_carry_their_account() {
    let mut draft = tree(&["a"]);
    let mut ledger = common::ledger();
    ledger.accounts_by_charge_category = vec![(at("Tax"), at("6490"))];
    ledger.accounts_by_service = vec![(at("EC2"), at("6401"))];
    draft.ledger = Some(ledger);
    draft.pools.push(dayone_domain::tree::draft::PoolDraft { account: Some(at("6500")), ..pool("platform", "even", &["a"]) });
    draft.rules.push(team_rule("platform", "platform"));
    let rows = [
        Row::new("1").team("a").with(Dimension::Service, "EC2"),
        Row::new("1").team("a").with(Dimension::Service, "S3"),
        Row::new("1").team("a").with(Dimension::Service, "EC2").with(Dimension::ChargeCategory, "Tax"),
        Row::new("1").team("platform"),
    ];
    let (cube, allocation) = allocated(&rows, &draft, CostBasis::Billed, &Drivers::default());
    let trees = checked(&draft);
    let invoices = Invoices::draw(&cube, &allocation, trees.at(period("2026-05")).ledger());
    let accounts: Vec<&str> = invoices.of("a").unwrap().lines.iter().map(|line| line.account.as_deref().unwrap()).collect();
    assert_eq!(accounts, ["6401", "6400", "6490", "6500"]);
}

#[test]
fn a_bill_that_nets_to_a_tiny_negative_ties_out() {
    let mut draft = tree(&["a", "credits"]);
    draft.treatment.credits = Some(at("credits"));
    let rows = [Row::new("47.68169383220").team("a"), Row::new("-47.68169389980").with(Dimension::ChargeCategory, "Credit")];
    let (cube, allocation) = allocated(&rows, &draft, CostBasis::Billed, &Drivers::default());
    let invoices = Invoices::draw(&cube, &allocation, None);
    assert_eq!(invoices.exact_total().to_string(), "-0.0000000676");
    assert_eq!(invoices.invoiced_total().to_string(), "0.00");
    assert_eq!(invoices.of("a").unwrap().total.to_string(), "47.68");
    assert_eq!(invoices.of("credits").unwrap().total.to_string(), "-47.68");
}

#[test]
fn a_nature_is_known_for_unmatched_money_too() {
    let rows = [Row::new("1").with(Dimension::ChargeCategory, "Enchantment")];
    let (cube, _) = allocated(&rows, &tree(&["a"]), CostBasis::Billed, &Drivers::default());
    assert_eq!(cube.rows(bill(&cube)).next().unwrap().nature(CostBasis::Billed), Nature::Other);
}

#[test]
fn thousands_of_groups_each_receive_their_own_and_their_share() {
    let ids: Vec<String> = (0..5_000).map(|number| format!("g-{number:04}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut draft = tree(&ids);
    draft.pools = vec![pool("platform", "even", &ids)];
    draft.rules.push(team_rule("platform", "platform"));
    let direct = ids.iter().zip(1..).map(|(id, cents)| Row { cost: cost(cents), ..Row::new("0").team(id) });
    let rows: Vec<Row> = direct.chain([Row { cost: cost(500_000), ..Row::new("0").team("platform") }]).collect();
    let (cube, _) = cube(&rows);
    let allocation = allocate(&cube, bill(&cube), &checked(&draft), CostBasis::Billed, &Drivers::default());
    let mut carried = vec![Exact::ZERO; allocation.groups.len()];
    for (row, assignment) in cube.rows(allocation.key).zip(&allocation.assignments) {
        if let Node::Group(place) = assignment.to {
            carried[place] += row.cost().billed;
        }
    }
    for share in &allocation.shares {
        let Node::Group(place) = share.to else { panic!("the pool feeds groups alone") };
        carried[place] += share.amount;
    }
    // A hundred cents each of the pool.
    for (place, cents) in (1..=5_000).enumerate() {
        assert_eq!(carried[place], Exact::from_i128(cents + 100, 2), "{}", allocation.groups[place].id);
    }
}

fn cost(cents: i128) -> Cost {
    let billed = Exact::from_i128(cents, 2);
    Cost { billed, effective: billed, ..Cost::default() }
}
