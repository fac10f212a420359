//! What a tree means once it is read.

use dayone_configuration::tree::read_tree;
use dayone_domain::tree::Tree;
use dayone_domain::tree::check::Severity;
use dayone_domain::tree::draft::{At, Position, TestDraft, TreeDraft};

const WHOLE: &str = include_str!("trees/whole.yaml");

fn at(line: usize, column: usize) -> Position {
    Position { line, column }
}

fn text(value: &str, line: usize, column: usize) -> At<String> {
    At::new(value.to_owned(), at(line, column))
}

fn some(value: &str, line: usize, column: usize) -> Option<At<String>> {
    Some(text(value, line, column))
}

fn read(yaml: &str) -> TreeDraft {
    read_tree(yaml).unwrap_or_else(|problems| panic!("{yaml}\n{problems:#?}"))
}

#[test]
fn every_key_arrives_with_its_place() {
    let tree = read(WHOLE);
    assert_eq!(tree.company, some("Meridian Retail", 1, 10));
    assert_eq!(tree.valid_from, some("2026-01", 2, 13));
    assert_eq!(tree.defaults.legal_entity, some("Meridian GmbH", 3, 15));
    assert_eq!(tree.defaults.mode, some("showback", 4, 7));
    let unallocated = tree.unallocated.unwrap();
    assert_eq!(unallocated.id, text("unallocated", 6, 7));
    assert_eq!(unallocated.own.owners, [text("finops@meridian.example", 8, 12)]);
    assert_eq!(unallocated.own.cost_center, some("9000", 9, 16));
    let stores = &tree.groups[0];
    assert_eq!((&stores.id, &stores.name), (&text("stores", 11, 9), &some("Stores", 12, 11)));
    assert_eq!(stores.kind, some("business unit", 13, 11));
    assert_eq!(stores.own.department, some("D41", 16, 17));
    let checkout = &stores.groups[0];
    assert_eq!(checkout.id, text("checkout", 18, 13));
    assert_eq!(checkout.own.mode, some("chargeback", 21, 15));
    assert_eq!(tree.groups[1].own.owners, [text("fin@meridian.example", 23, 13)]);
    let [platform, support, gateway] = &tree.pools[..] else { panic!("three pools") };
    assert_eq!(platform.owners, [text("plat@meridian.example", 27, 14)]);
    assert_eq!(platform.split, text("proportional", 28, 12));
    assert_eq!(platform.to, [text("*", 29, 10)]);
    assert_eq!(platform.fallback, some("even", 30, 15));
    assert_eq!(platform.account, some("6490", 31, 14));
    let shares = [(text("finance", 34, 15), text("60", 34, 24)), (text("checkout", 34, 28), text("40", 34, 38))];
    assert_eq!(support.shares, shares);
    assert_eq!(gateway.driver, some("requests", 37, 13));
    assert_eq!(gateway.to, [text("checkout", 38, 10), text("stores/*", 38, 20)]);
    let treatment = &tree.treatment;
    assert_eq!(treatment.credits, some("follow", 55, 12));
    assert_eq!(treatment.tax, some("finance", 56, 8));
    assert_eq!(treatment.discounts, some("follow", 57, 14));
    assert_eq!(treatment.marketplace, some("follow", 58, 16));
    assert_eq!(treatment.unused_commitment, some("platform", 59, 22));
    let ledger = tree.ledger.unwrap();
    assert_eq!(ledger.default_account, some("06400", 62, 14));
    assert_eq!(ledger.accounts_by_charge_category, [(text("Tax", 63, 27), text("6490", 63, 32))]);
    assert_eq!(ledger.accounts_by_service, [(text("Amazon Elastic Compute Cloud", 64, 19), text("6401", 64, 49))]);
    let holding = ledger.default_holding.unwrap();
    assert_eq!((holding.account, holding.cost_center), (text("1490", 66, 25), text("9000", 66, 46)));
    let (account, holding) = &ledger.holding_by_billing_account[0];
    assert_eq!((account, &holding.account), (&text("111111111111", 68, 7), &text("1491", 68, 34)));
}

#[test]
fn conditions_keep_their_order_and_their_test() {
    let tree = read(WHOLE);
    assert_eq!(tree.rules[0].to, text("checkout", 41, 9));
    let conditions: Vec<(&str, bool, &TestDraft)> =
        tree.rules[0].conditions.iter().map(|condition| (&*condition.field.value, condition.is_tag, &condition.test)).collect();
    let expected = [
        ("provider", false, TestDraft::Equal(text("AWS", 43, 17))),
        ("sub_account", false, TestDraft::OneOf(vec![text("111122223333", 44, 21), text("012345678901", 44, 37)])),
        ("service", false, TestDraft::Prefix(text("Amazon", 45, 26))),
        ("team", true, TestDraft::Equal(text("checkout", 47, 15))),
        ("env", true, TestDraft::OneOf(vec![text("prod", 48, 15), text("staging", 48, 21)])),
        ("app", true, TestDraft::Prefix(text("pay-", 49, 24))),
        ("owner", true, TestDraft::Present(At::new(true, at(50, 27)))),
    ];
    assert_eq!(conditions, expected.iter().map(|(field, is_tag, test)| (*field, *is_tag, test)).collect::<Vec<_>>());
    assert_eq!(tree.rules[0].conditions[3].field, text("team", 47, 9));
    let second: Vec<&TestDraft> = tree.rules[1].conditions.iter().map(|condition| &condition.test).collect();
    assert_eq!(second, [&TestDraft::Present(At::new(false, at(53, 33))), &TestDraft::Equal(text("1e5", 53, 51))]);
}

#[test]
fn the_whole_tree_passes_the_domain() {
    let (_, problems) = Tree::try_new(&read(WHOLE)).unwrap();
    assert!(problems.iter().all(|problem| problem.severity == Severity::Warning));
}

#[test]
fn plain_scalars_keep_their_text() {
    for written in ["012345678901", "1e5", "0x1F", "1_000", "yes", "true", "2026-01-01", "+1", ".5", "0o17", "NaN", "1:30", "stores/*"] {
        let tree = read(&format!("company: {written}"));
        assert_eq!(tree.company, some(written, 1, 10));
    }
}

#[test]
fn all_ways_of_quoting_are_texts() {
    for (written, value) in [
        ("\"null\"", "null"),
        ("'~'", "~"),
        ("\"\"", ""),
        ("'it''s'", "it's"),
        ("\"a\\u00e9\\n\"", "aé\n"),
        ("|\n  two\n  lines\n", "two\nlines\n"),
        (">-\n  one\n  line\n", "one line"),
        ("one\n  line", "one line"),
    ] {
        assert_eq!(read(&format!("company: {written}")).company.unwrap().value, value, "{written}");
    }
}

#[test]
fn nothing_counts_as_not_stated_where_it_may() {
    for nothing in ["", "~", "null"] {
        let yaml = format!(
            "company: {nothing}\nowners: {nothing}\ngroups: {nothing}\npools: {nothing}\nrules: {nothing}\ntreatment: {nothing}\nledger: {nothing}\nunallocated: {nothing}\n"
        );
        assert_eq!(read(&yaml), TreeDraft::default(), "{nothing}");
    }
    let rule = &read("rules: [{ to: a }, { to: b, when: ~ }, { to: c, when: { tags: ~ } }]").rules;
    assert!(rule.iter().all(|rule| rule.conditions.is_empty()));
}

#[test]
fn places_are_counted_in_characters_whatever_ends_a_line() {
    assert_eq!(read("# für\r\n\r\ncompany: x\r\n").company, some("x", 3, 10));
    assert_eq!(read("\u{feff}company: x").company, some("x", 1, 10));
    let groups = &read("groups: [{ name: \"検索🛒\", id: x }]").groups;
    assert_eq!(groups[0].id, text("x", 1, 29));
}

#[test]
fn cost_groups_may_nest_as_deep_as_the_domain_allows() {
    let levels = dayone_domain::tree::check::MOST_LEVELS + 1;
    let mut yaml = String::from("valid_from: 2026-01\nunallocated: { id: u, owners: [a@b.example] }\n");
    for level in 0..levels {
        let blanks = " ".repeat(2 * level);
        yaml += &format!("{blanks}groups:\n{blanks}- id: g{level}\n{blanks}  owners: [a@b.example]\n");
    }
    let problems = Tree::try_new(&read(&yaml)).unwrap_err();
    assert!(problems.iter().all(|problem| problem.message.contains("levels")), "{problems:?}");
}

#[test]
fn the_tree_of_the_page_is_sound_and_names_its_central_group() {
    const PAGE: &str = include_str!("../TREE.md");
    let yaml = PAGE.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let (tree, warnings) = Tree::try_new(&read(yaml)).unwrap();
    assert_eq!(warnings, []);
    let central = tree.central().unwrap();
    assert_eq!(tree.groups()[central].id, "finance");
    assert!(tree.is_central(central) && !tree.is_central(tree.unallocated()));
}

#[test]
fn the_central_group_arrives_with_its_place() {
    assert_eq!(read("company: x\ncentral: finance\n").central, some("finance", 2, 10));
    assert_eq!(read("central:\n").central, None);
}
