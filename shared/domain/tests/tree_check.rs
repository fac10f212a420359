//! Every refusal and warning of a tree, one case each.
#![allow(missing_docs)]

mod common;

use common::{at, field_rule, fixed, group, ledger, pool, team_rule, tree};
use dayone_domain::tree::draft::{At, ConditionDraft, Position, RuleDraft, TestDraft, TreeDraft};
use dayone_domain::tree::{Mode, Node, Severity, Test, Tree};

fn problems(change: impl FnOnce(&mut TreeDraft)) -> Vec<(Severity, String, String)> {
    let mut draft = tree(&["checkout", "search"]);
    change(&mut draft);
    let problems = match Tree::try_new(&draft) {
        Ok((_, warnings)) => warnings,
        Err(problems) => problems,
    };
    problems.into_iter().map(|problem| (problem.severity, problem.message, problem.what_to_do)).collect()
}

#[test]
fn a_sound_tree_has_no_problem() {
    assert_eq!(problems(|_| {}), vec![]);
}

#[test]
fn every_error_says_what_is_wrong() {
    type Change = Box<dyn Fn(&mut TreeDraft)>;
    fn case(change: impl Fn(&mut TreeDraft) + 'static, message: &'static str) -> (Change, &'static str) {
        (Box::new(change), message)
    }
    let with_pool = |pool: dayone_domain::tree::draft::PoolDraft| move |draft: &mut TreeDraft| draft.pools.push(pool.clone());
    let cases: Vec<(Change, &str)> = vec![
        case(|draft| draft.valid_from = None, "does not say from which billing period"),
        case(
            |draft| draft.valid_from = Some(at("2026-01-15")),
            "`2026-01-15` is no billing period; versions of a tree begin on billing-period boundaries",
        ),
        case(|draft| draft.unallocated = None, "names no cost group for what no rule matches"),
        case(|draft| draft.unallocated.as_mut().unwrap().own.owners.clear(), "the unallocated cost group has no owner of its own"),
        case(|draft| draft.unallocated.as_mut().unwrap().own.mode = Some(at("chargeback")), "never charged back"),
        case(|draft| draft.unallocated.as_mut().unwrap().groups.push(group("x", vec![])), "has groups below it"),
        case(|draft| draft.defaults.owners.clear(), "the cost group `checkout` has no owner"),
        case(|draft| draft.defaults.owners = vec![at("ana")], "`ana` is no mail address"),
        case(|draft| draft.groups.push(group("Checkout", vec![])), "the id `Checkout` is already taken by `checkout`"),
        case(|draft| draft.groups.push(group("a/b", vec![])), "`a/b` cannot be an id"),
        case(|draft| draft.groups.push(group("", vec![])), "`` cannot be an id"),
        case(|draft| draft.groups.push(group("even", vec![])), "a word of the tree's own"),
        case(|draft| draft.groups[0].own.mode = Some(at("charge")), "`charge` is no mode"),
        case(|draft| draft.groups[0].own.mode = Some(at("chargeback")), "in chargeback but the tree has no ledger coding"),
        case(
            |draft| {
                draft.groups[0].own.mode = Some(at("chargeback"));
                draft.defaults.cost_center = None;
                draft.ledger = Some(ledger());
            },
            "in chargeback but has no cost centre",
        ),
        case(
            |draft| draft.ledger = Some(dayone_domain::tree::draft::LedgerDraft { default_account: None, ..ledger() }),
            "no default expense account",
        ),
        case(
            |draft| draft.ledger = Some(dayone_domain::tree::draft::LedgerDraft { default_holding: None, ..ledger() }),
            "no default holding account",
        ),
        case(|draft| draft.rules.push(team_rule("chekout", "x")), "there is no group or pool `chekout`"),
        case(|draft| draft.rules.push(field_rule("checkout", "acount", "x")), "rules cannot match on `acount`"),
        case(
            |draft| {
                let mut rule = team_rule("checkout", "x");
                rule.conditions.push(rule.conditions[0].clone());
                draft.rules.push(rule);
            },
            "asks for tag `team` twice",
        ),
        case(|draft| draft.rules.push(team_rule("checkout", "")), "an empty text never matches"),
        case(
            |draft| {
                let condition = ConditionDraft { field: at("team"), is_tag: true, test: TestDraft::OneOf(vec![]) };
                draft.rules.push(RuleDraft { to: at("checkout"), conditions: vec![condition] });
            },
            "an empty list matches nothing",
        ),
        case(
            |draft| {
                let condition = ConditionDraft { field: at(""), is_tag: true, test: TestDraft::Present(At::nowhere(true)) };
                draft.rules.push(RuleDraft { to: at("checkout"), conditions: vec![condition] });
            },
            "a tag without a key",
        ),
        case(with_pool(pool("p", "even", &[])), "has nobody to share its cost"),
        case(with_pool(pool("p", "even", &["nobody"])), "there is no group or pool `nobody`"),
        case(with_pool(pool("p", "even", &["checkout", "checkout"])), "`checkout` receives from the pool `p` twice"),
        case(with_pool(pool("p", "halves", &["checkout"])), "`halves` is no way to split a pool"),
        case(
            with_pool(dayone_domain::tree::draft::PoolDraft { driver: None, ..pool("p", "driver", &["checkout"]) }),
            "split by a driver but names none",
        ),
        case(
            with_pool(dayone_domain::tree::draft::PoolDraft { fallback: None, ..pool("p", "proportional", &["checkout"]) }),
            "does not say what happens",
        ),
        case(
            with_pool(dayone_domain::tree::draft::PoolDraft { fallback: Some(at("p")), ..pool("p", "even", &["checkout"]) }),
            "falls back to itself",
        ),
        case(
            with_pool(dayone_domain::tree::draft::PoolDraft { to: vec![at("checkout")], ..fixed("p", &[("checkout", "1")]) }),
            "states both `to` and fixed shares",
        ),
        case(
            with_pool(dayone_domain::tree::draft::PoolDraft {
                shares: vec![(at("checkout"), at("1"))],
                ..pool("p", "even", &["checkout"])
            }),
            "states shares but is split even",
        ),
        case(with_pool(fixed("p", &[("checkout", "0")])), "`0` is no number of parts above zero"),
        case(with_pool(fixed("p", &[("checkout", "60%")])), "`60%` is no number of parts"),
        case(with_pool(fixed("p", &[("*", "1")])), "fixed shares name each receiver"),
        case(
            |draft| draft.pools.extend([pool("a", "even", &["b"]), pool("b", "even", &["c", "checkout"]), pool("c", "even", &["a"])]),
            "pools feed each other in a circle: a → b → c → a",
        ),
        case(with_pool(pool("p", "even", &["p"])), "in a circle: p → p"),
        case(
            |draft| {
                draft.pools.push(pool("p", "even", &["checkout"]));
                draft.pools.push(pool("q", "even", &["p/*"]));
            },
            "`p` is a pool; only groups have leaves below them",
        ),
        case(with_pool(pool("p", "even", &["checkout*"])), "`checkout*` reads as if it stood for every id that begins with `checkout`"),
        case(with_pool(pool("p", "even", &["**"])), "`**` reads as if"),
        case(with_pool(pool("p", "even", &["checkout//*"])), "there is no group or pool `checkout/`"),
        case(with_pool(pool("p", "even", &["/*"])), "there is no group or pool ``"),
        case(with_pool(pool("p", "even", &["unallocated/*"])), "has nobody to share its cost"),
        case(with_pool(pool("p", "even", &["*", "checkout"])), "`checkout` receives from the pool `p` twice"),
        case(|draft| draft.treatment.tax = Some(at("finnance")), "there is no group or pool `finnance`"),
    ];
    for (change, message) in cases {
        let found = problems(change);
        assert!(
            found
                .iter()
                .any(|(severity, text, what_to_do)| *severity == Severity::Error && text.contains(message) && !what_to_do.is_empty()),
            "{message}: {found:#?}"
        );
    }
}

#[test]
fn a_near_miss_is_asked_about() {
    let found = problems(|draft| draft.rules.push(team_rule("chekout", "x")));
    assert_eq!(found[0].2, "did you mean `checkout`?");
    let found = problems(|draft| {
        draft.groups.push(group("Payments-API", vec![]));
        draft.rules.push(team_rule("payments-api", "x"));
    });
    assert_eq!(found[0].2, "did you mean `Payments-API`?");
}

#[test]
fn a_rule_that_can_never_match_is_pointed_out_with_the_lines_that_take_its_charges() {
    let found = problems(|draft| {
        let mut late = team_rule("search", "checkout");
        late.to.at = Position { line: 12, column: 3 };
        draft.rules[0].to.at = Position { line: 10, column: 3 };
        draft.rules.push(late);
    });
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].0, found[0].1.as_str()),
        (Severity::Warning, "this rule can never match: the rule of line 10 already takes all that it asks for")
    );
}

#[test]
fn a_pool_that_nothing_feeds_is_pointed_out() {
    let found = problems(|draft| draft.pools.push(pool("p", "even", &["checkout"])));
    assert_eq!((found[0].0, found[0].1.as_str()), (Severity::Warning, "nothing goes into the pool `p`"));
}

#[test]
fn groups_inherit_what_they_do_not_state() {
    let mut draft = tree(&[]);
    draft.ledger = Some(ledger());
    draft.groups = vec![group("stores", vec![group("checkout", vec![]), group("search", vec![])])];
    draft.groups[0].own.mode = Some(at("chargeback"));
    draft.groups[0].own.department = Some(at("D1"));
    draft.groups[0].groups[1].own.department = Some(at("D2"));
    draft.groups[0].groups[1].own.owners = vec![at("sam@example.com")];
    draft.rules.clear();
    let (tree, _) = Tree::try_new(&draft).unwrap();
    let facts: Vec<(&str, Mode, Option<&str>, &str, bool)> = tree
        .groups()
        .iter()
        .map(|group| (group.id.as_str(), group.mode, group.department.as_deref(), group.owners[0].as_str(), group.is_leaf))
        .collect();
    assert_eq!(
        facts,
        [
            ("stores", Mode::Chargeback, Some("D1"), "owner@example.com", false),
            ("checkout", Mode::Chargeback, Some("D1"), "owner@example.com", true),
            ("search", Mode::Chargeback, Some("D2"), "sam@example.com", true),
            ("unallocated", Mode::Showback, None, "finops@example.com", true),
        ]
    );
}

#[test]
fn stars_stand_for_leaves_without_unallocated() {
    let mut draft = tree(&[]);
    draft.groups = vec![group("stores", vec![group("zeta", vec![]), group("beta", vec![])]), group("labs", vec![])];
    draft.pools = vec![
        pool("all", "even", &["*"]),
        pool("some", "even", &["stores/*"]),
        pool("leaf", "even", &["labs/*"]),
        pool("overlapping", "even", &["beta", "stores/*", "*"]),
    ];
    draft.rules.clear();
    let (tree, _) = Tree::try_new(&draft).unwrap();
    let to = |pool: usize| tree.pools()[pool].to.iter().map(|node| tree.id(*node)).collect::<Vec<_>>();
    assert_eq!(to(0), ["beta", "labs", "zeta"]);
    assert_eq!(to(1), ["beta", "zeta"]);
    assert_eq!(to(2), ["labs"]);
    assert_eq!(to(3), ["beta", "labs", "zeta"]);
}

#[test]
fn a_star_without_its_slash_is_told_how_to_be_written() {
    let found = problems(|draft| draft.pools.push(pool("p", "even", &["checkout*"])));
    assert_eq!(found[0].2, "write `checkout/*` for the leaves below the group `checkout`, `*` for all leaves, or each id");
}

#[test]
fn pools_come_before_those_that_they_feed() {
    let mut draft = tree(&["checkout"]);
    draft.pools =
        vec![pool("platform", "even", &["checkout"]), pool("network", "even", &["platform"]), pool("support", "even", &["network"])];
    draft.rules.push(team_rule("platform", "platform"));
    let (tree, _) = Tree::try_new(&draft).unwrap();
    assert_eq!(tree.pools().iter().map(|pool| pool.id.as_str()).collect::<Vec<_>>(), ["support", "network", "platform"]);
    assert_eq!(tree.rules()[1].to, Node::Pool(2));
    assert_eq!(tree.pools()[0].to, [Node::Pool(1)]);
}

#[test]
fn listed_values_are_sorted_and_absence_can_be_asked_for() {
    let mut draft = tree(&["checkout"]);
    let condition = |test| ConditionDraft { field: at("team"), is_tag: true, test };
    draft.rules = vec![
        RuleDraft { to: at("checkout"), conditions: vec![condition(TestDraft::OneOf(vec![at("b"), at("a"), at("b")]))] },
        RuleDraft { to: at("checkout"), conditions: vec![condition(TestDraft::Present(At::nowhere(false)))] },
    ];
    let (tree, _) = Tree::try_new(&draft).unwrap();
    assert_eq!(tree.rules()[0].conditions[0].test, Test::OneOf(vec!["a".into(), "b".into()]));
    assert_eq!(tree.rules()[1].conditions[0].test, Test::Absent);
}
