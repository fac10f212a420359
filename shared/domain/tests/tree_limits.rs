//! Trees at their limits: what is too much is refused with its place, and what is not is checked in time that grows
//! with the tree. Where somebody brings back a loop over everything for everything, these tests take minutes.
#![allow(missing_docs)]

mod common;

use common::{at, fixed, group, pool, team_rule, tree};
use dayone_domain::tree::check::{
    LONGEST_TEXT, MOST_CONDITIONS, MOST_LEVELS, MOST_NODES, MOST_OWNERS, MOST_PROBLEMS, MOST_RECEIVERS, MOST_RULES,
};
use dayone_domain::tree::draft::{At, ConditionDraft, GroupDraft, PoolDraft, Position, RuleDraft, TestDraft, TreeDraft};
use dayone_domain::tree::{Node, Problem, Severity, Tree};

fn on_line<T>(line: usize, value: T) -> At<T> {
    At::new(value, Position { line, column: 1 })
}

fn groups(count: usize) -> Vec<GroupDraft> {
    (0..count).map(|number| GroupDraft { id: on_line(number + 1, format!("g{number:06}")), ..group("", vec![]) }).collect()
}

/// A tree of so many groups next to each other, and *unallocated*.
fn wide(count: usize) -> TreeDraft {
    TreeDraft { groups: groups(count), ..tree(&[]) }
}

fn refused(draft: &TreeDraft) -> Vec<Problem> {
    Tree::try_new(draft).expect_err("a problem")
}

fn sound(draft: &TreeDraft) -> (Tree, Vec<Problem>) {
    Tree::try_new(draft).unwrap_or_else(|problems| panic!("{:#?}", &problems[..1]))
}

fn one_of(to: &str, values: impl Iterator<Item = String>) -> RuleDraft {
    let test = TestDraft::OneOf(values.map(At::nowhere).collect());
    RuleDraft { to: at(to), conditions: vec![ConditionDraft { field: at("team"), is_tag: true, test }] }
}

#[test]
fn a_tree_holds_so_many_groups_and_pools_and_no_more() {
    let most = wide(MOST_NODES - 2);
    let with_pool = |pools: usize| TreeDraft { pools: vec![pool("p", "even", &["g000000"]); pools], ..most.clone() };
    let (found, _) = sound(&with_pool(1));
    assert_eq!(found.groups().len() + found.pools().len(), MOST_NODES);
    let mut too_many = with_pool(2);
    too_many.pools[1].id = on_line(7, "q".to_owned());
    // Nothing else is looked at.
    too_many.valid_from = None;
    let problems = refused(&too_many);
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].at.line, problems[0].message.as_str()), (7, "the tree has more than 100000 groups and pools"));
}

#[test]
fn groups_below_groups_count_and_the_first_too_many_is_pointed_at() {
    let mut draft = tree(&[]);
    let below = groups(MOST_NODES);
    let line = below[MOST_NODES - 1].id.at.line;
    draft.groups = vec![group("top", below)];
    let problems = refused(&draft);
    assert_eq!((problems.len(), problems[0].at.line), (1, line));
}

#[test]
fn a_tree_holds_so_many_rules_and_no_more() {
    let mut draft = wide(1);
    draft.rules = (0..=MOST_RULES).map(|number| team_rule("g000000", &format!("team-{number}"))).collect();
    draft.rules[MOST_RULES].to.at.line = 9;
    let problems = refused(&draft);
    assert_eq!(problems.len(), 1);
    assert_eq!((problems[0].at.line, problems[0].message.as_str()), (9, "the tree has more than 20000 rules"));
    draft.rules.pop();
    let (found, warnings) = sound(&draft);
    assert_eq!((found.rules().len(), warnings), (MOST_RULES, vec![]));
}

#[test]
fn groups_nest_so_deep_and_no_deeper() {
    let nested = |levels: usize| (1..levels).rev().fold(group("g0", vec![]), |below, number| group(&format!("g{number}"), vec![below]));
    let draft = |levels| TreeDraft { groups: vec![nested(levels)], ..tree(&[]) };
    sound(&draft(MOST_LEVELS));
    assert_eq!(refused(&draft(MOST_LEVELS + 1))[0].message, "groups nest deeper than 32 levels");
}

#[test]
fn a_list_names_so_many_owners_and_no_more() {
    let owners = |count: usize| (1..=count).map(|number| on_line(number, format!("o{number}@example.com"))).collect::<Vec<_>>();
    type List = fn(&mut TreeDraft) -> &mut Vec<At<String>>;
    let lists: [List; 4] = [
        |draft| &mut draft.defaults.owners,
        |draft| &mut draft.groups[0].own.owners,
        |draft| &mut draft.unallocated.as_mut().unwrap().own.owners,
        |draft| &mut draft.pools[0].owners,
    ];
    for list in lists {
        let mut draft = wide(2);
        draft.pools = vec![pool("p", "even", &["*"])];
        *list(&mut draft) = owners(MOST_OWNERS);
        sound(&draft);
        *list(&mut draft) = owners(MOST_OWNERS + 1);
        let problem = refused(&draft).into_iter().find(|problem| problem.severity == Severity::Error).expect("an error");
        assert_eq!((problem.at.line, problem.message.as_str()), (MOST_OWNERS + 1, "more than 50 owners are listed, here and before"));
        assert!(problem.what_to_do.starts_with("write the address of a mailing list"));
    }
}

#[test]
fn many_owners_are_refused_before_many_groups_inherit_them() {
    let mut draft = wide(20_000);
    draft.defaults.owners = (0..5_000).map(|number| at(&format!("owner-{number}@example.com"))).collect();
    assert_eq!(refused(&draft).iter().filter(|problem| problem.severity == Severity::Error).count(), 1);
}

#[test]
fn groups_that_inherit_owners_share_one_list() {
    let (found, _) = sound(&wide(3));
    assert!(std::ptr::eq(&*found.groups()[0].owners, &*found.groups()[2].owners));
}

#[test]
fn what_groups_inherit_is_a_short_text() {
    let long = "x".repeat(LONGEST_TEXT);
    let set: [fn(&mut TreeDraft, String); 4] = [
        |draft, text| draft.defaults.legal_entity = Some(At::nowhere(text)),
        |draft, text| draft.groups[0].own.department = Some(At::nowhere(text)),
        |draft, text| draft.defaults.cost_center = Some(At::nowhere(text)),
        |draft, text| draft.defaults.owners = vec![At::nowhere(text.replacen("xx", "x@", 1))],
    ];
    for set in set {
        let mut draft = wide(2);
        set(&mut draft, long.clone());
        sound(&draft);
        set(&mut draft, format!("{long}x"));
        assert_eq!(refused(&draft)[0].message, "this text has 257 characters, more than 256");
    }
}

#[test]
fn a_rule_has_so_many_conditions_and_no_more() {
    let condition = |number: usize| ConditionDraft {
        field: on_line(number, format!("key-{number}")),
        is_tag: true,
        test: TestDraft::Present(At::nowhere(true)),
    };
    let mut draft = wide(1);
    draft.rules = vec![RuleDraft { to: at("g000000"), conditions: (1..=MOST_CONDITIONS).map(condition).collect() }];
    sound(&draft);
    draft.rules[0].conditions = (1..100_000).map(condition).collect();
    let problems = refused(&draft);
    assert_eq!((problems.len(), problems[0].at.line), (1, MOST_CONDITIONS + 1));
    assert_eq!(problems[0].message, "the rule has more than 50 conditions");
}

#[test]
fn pools_have_so_many_receivers_together_and_no_more() {
    let leaves = 50_000;
    let pools = MOST_RECEIVERS / leaves;
    let stars = |count: usize| {
        (0..count).map(|number| PoolDraft { to: vec![on_line(number + 1, "*".to_owned())], ..pool(&format!("p{number}"), "even", &[]) })
    };
    let mut draft = wide(leaves);
    draft.pools = stars(pools).collect();
    let (found, _) = sound(&draft);
    assert_eq!(found.pools().iter().map(|pool| pool.to.len()).sum::<usize>(), MOST_RECEIVERS);
    drop(found);
    draft.pools = stars(1_000).collect();
    let problems = refused(&draft);
    assert_eq!((problems.len(), problems[0].at.line), (1, pools + 1));
    assert_eq!(problems[0].message, "the pools of the tree have more than 2000000 receivers together, here and before");
}

#[test]
fn a_star_said_again_and_again_is_too_much_too() {
    let mut draft = wide(50_000);
    draft.pools = vec![PoolDraft { to: vec![at("*"); 1_000], ..pool("p", "even", &[]) }];
    assert!(refused(&draft)[0].message.contains("more than 2000000 receivers"));
}

#[test]
fn each_group_of_many_has_its_own_leaves() {
    let tops = 300;
    let mut draft = tree(&[]);
    draft.groups =
        (0..tops).map(|top| group(&format!("t{top}"), (0..100).map(|leaf| group(&format!("t{top}-{leaf}"), vec![])).collect())).collect();
    draft.pools = (0..tops).map(|top| pool(&format!("p{top}"), "even", &[&format!("t{top}/*")])).collect();
    let (found, _) = sound(&draft);
    for (top, pool) in found.pools().iter().enumerate() {
        let begin = format!("t{top}-");
        assert!(pool.to.len() == 100 && pool.to.iter().all(|node| found.id(*node).starts_with(&begin)), "{}", pool.id);
        assert!(pool.to.is_sorted_by_key(|node| found.id(*node)));
    }
}

#[test]
fn many_fixed_shares_find_their_receivers() {
    let count = 99_000;
    let mut draft = wide(count);
    let shares: Vec<(String, String)> = (0..count).rev().map(|number| (format!("g{number:06}"), (number + 1).to_string())).collect();
    let shares: Vec<(&str, &str)> = shares.iter().map(|(id, part)| (id.as_str(), part.as_str())).collect();
    draft.pools = vec![fixed("p", &shares)];
    let (found, _) = sound(&draft);
    let dayone_domain::tree::Split::Fixed(parts) = &found.pools()[0].split else { panic!("fixed") };
    assert_eq!((found.pools()[0].to[7], parts[7]), (Node::Group(7), common::exact("8")));
    assert_eq!(parts.len(), count);
}

#[test]
fn a_circle_of_many_pools_is_found_and_not_named_whole() {
    let count = 50_000;
    let mut draft = wide(1);
    // All but the first ten are a circle.
    draft.pools = (0..count)
        .map(|number| pool(&format!("p{number}"), "even", &[&format!("p{}", if number + 1 == count { 10 } else { number + 1 })]))
        .collect();
    let problems = refused(&draft);
    let circle = problems.iter().find(|problem| problem.severity == Severity::Error).unwrap();
    assert!(circle.message.starts_with("pools feed each other in a circle: p10 → p11 → "), "{}", circle.message);
    assert!(circle.message.ends_with(" → p29 → 49970 more → p10"), "{}", circle.message);
}

#[test]
fn pools_that_feed_each_other_in_a_long_line_are_put_in_order() {
    let count = 50_000;
    let mut draft = wide(1);
    draft.pools = (0..count)
        .map(|number| pool(&format!("p{number}"), "even", &[&if number == 0 { "g000000".to_owned() } else { format!("p{}", number - 1) }]))
        .collect();
    let (found, warnings) = sound(&draft);
    assert_eq!((found.pools()[0].id.as_str(), found.pools()[count - 1].to[0]), ("p49999", Node::Group(0)));
    assert_eq!(warnings.len(), 1);
}

#[test]
fn many_rules_of_many_values_are_searched_whole() {
    let mut draft = wide(1);
    draft.rules = (0..MOST_RULES).map(|rule| one_of("g000000", (0..20).map(move |value| format!("v{rule}-{value}")))).collect();
    // The last asks for what the first two have taken.
    let last = one_of("g000000", ["v0-3", "v1-19"].map(str::to_owned).into_iter());
    draft.rules[MOST_RULES - 1] = last;
    draft.rules.iter_mut().enumerate().for_each(|(place, rule)| rule.to.at.line = place + 1);
    let (_, warnings) = sound(&draft);
    assert_eq!(warnings.len(), 1);
    assert_eq!(
        (warnings[0].at.line, warnings[0].message.as_str()),
        (MOST_RULES, "this rule can never match: the rules of lines 1, 2 already take all that it asks for")
    );
}

#[test]
fn the_search_for_rules_that_never_match_ends_and_says_so() {
    let mut draft = wide(1);
    draft.rules = (0..MOST_RULES)
        .map(|number| {
            let test = TestDraft::Prefix(at(&format!("prefix-{number:05}")));
            RuleDraft {
                to: on_line(number + 1, "g000000".to_owned()),
                conditions: vec![ConditionDraft { field: at("team"), is_tag: true, test }],
            }
        })
        .collect();
    let (_, warnings) = sound(&draft);
    assert_eq!(warnings.len(), 1);
    let begin = warnings[0].at.line;
    assert!((1_000..MOST_RULES).contains(&begin), "{begin}");
    let rest = MOST_RULES + 1 - begin;
    assert_eq!(
        warnings[0].message,
        format!("rules from line {begin} on ({rest} of 20000) were not searched for ones that can never match")
    );
}

#[test]
fn near_ids_are_looked_for_of_the_first_unknown_ones_only() {
    let mut draft = wide(5_000);
    draft.rules = (0..2_000).map(|number| team_rule(&format!("x{number:06}"), "a")).collect();
    for (place, rule) in draft.rules.iter_mut().enumerate() {
        // One letter beside an id each.
        rule.to = on_line(place + 1, format!("h{place:06}"));
    }
    let problems = refused(&draft);
    let asked = problems.iter().filter(|problem| problem.what_to_do.starts_with("did you mean `g")).count();
    assert_eq!(asked, 20);
    assert_eq!(problems[19].what_to_do, "did you mean `g000019`?");
    assert_eq!(problems[20].what_to_do, "name a group or pool of this tree");
}

#[test]
fn so_many_errors_are_told_and_that_there_are_more() {
    let mut draft = wide(1);
    let unknown =
        |count: usize| (0..count).map(|number| RuleDraft { to: on_line(number + 1, format!("?{number}")), ..team_rule("", "a") }).collect();
    draft.rules = unknown(MOST_PROBLEMS);
    assert_eq!(refused(&draft).len(), MOST_PROBLEMS);
    draft.rules = unknown(MOST_RULES);
    let problems = refused(&draft);
    assert_eq!(problems.len(), MOST_PROBLEMS + 1);
    assert!(problems[..MOST_PROBLEMS].is_sorted_by_key(|problem| problem.at));
    let last = &problems[MOST_PROBLEMS];
    assert_eq!((last.at, last.message.as_str()), (Position::default(), "there are more than the 100 errors told here"));
}

#[test]
fn so_many_warnings_are_told_and_they_hide_no_error() {
    let mut draft = wide(1);
    draft.pools = (0..MOST_PROBLEMS).map(|number| pool(&format!("p{number}"), "even", &["g000000"])).collect();
    assert_eq!(sound(&draft).1.len(), MOST_PROBLEMS);
    draft.pools.push(pool("one-more", "even", &["g000000"]));
    let (_, warnings) = sound(&draft);
    assert_eq!(warnings.len(), MOST_PROBLEMS + 1);
    assert_eq!(
        (warnings[MOST_PROBLEMS].severity, warnings[MOST_PROBLEMS].message.as_str()),
        (Severity::Warning, "there are more than the 100 warnings told here")
    );
    // The circle is looked for after the warnings.
    draft.pools.push(pool("q", "even", &["q"]));
    let problems = refused(&draft);
    assert!(problems.iter().any(|problem| problem.severity == Severity::Error && problem.message.contains("q → q")));
}

#[test]
fn a_sentence_does_not_repeat_an_endless_text() {
    let mut draft = wide(1);
    draft.groups[0].id = At::nowhere("ü".repeat(1 << 20));
    assert!(refused(&draft).iter().all(|problem| problem.message.len() < 1_100));
}
