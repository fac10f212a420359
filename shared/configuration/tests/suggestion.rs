//! The tree to begin with.

use dayone_configuration::tree::{
    Grouping, GroupingKey, PLACEHOLDER_OWNER, SuggestedAccount, SuggestedValue, Suggestion, TagKeyCoverage, read_tree, write_suggestion,
};
use dayone_domain::tree::check::Problem;
use dayone_domain::tree::draft::{TestDraft, TreeDraft};
use dayone_domain::tree::{Mode, Tree};

fn value(text: &str, name: Option<&str>, permille: Option<i64>) -> SuggestedValue {
    SuggestedValue { value: text.to_owned(), name: name.map(str::to_owned), permille }
}

fn account(id: &str, name: Option<&str>, permille: Option<i64>) -> SuggestedAccount {
    SuggestedAccount { id: id.to_owned(), name: name.map(str::to_owned), permille }
}

fn suggestion(key: GroupingKey, values: Vec<SuggestedValue>, sub_accounts: Vec<SuggestedAccount>) -> Suggestion {
    let tag = |key: &str, permille| TagKeyCoverage { key: key.to_owned(), permille };
    Suggestion {
        company: "Your company".to_owned(),
        valid_from: "2026-04".parse().unwrap(),
        grouping: Grouping { key, values },
        sub_accounts,
        other_tag_keys: vec![tag("env", Some(880)), tag("cost-center", Some(0)), tag("odd: \"key\"\n", None)],
    }
}

fn by_team() -> Suggestion {
    suggestion(
        GroupingKey::Tag("team".to_owned()),
        vec![
            value("checkout", None, Some(345)),
            value("Search & Find", None, Some(120)),
            value("Checkout", None, Some(3)),
            value("007", Some("Bond"), Some(-4)),
            value("unallocated", None, None),
        ],
        vec![
            account("012345678901", Some("checkout-prod"), Some(400)),
            account("222233334444", Some("Sandbox"), Some(21)),
            account("555566667777", None, None),
        ],
    )
}

/// The tree as written, read back and checked; there must be nothing to complain about.
fn checked(yaml: &str) -> (TreeDraft, Tree) {
    let show = |problems: Vec<Problem>| format!("{problems:#?}\n{yaml}");
    let draft = read_tree(yaml).map_err(show).unwrap();
    let (tree, warnings) = Tree::try_new(&draft).map_err(show).unwrap();
    assert!(warnings.is_empty(), "{}", show(warnings));
    (draft, tree)
}

fn assert_written(name: &str, yaml: &str) {
    insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(name, yaml) });
}

#[test]
fn a_tree_by_tag() {
    let yaml = write_suggestion(&by_team());
    checked(&yaml);
    assert_written("a_tree_by_tag", &yaml);
}

#[test]
fn a_tree_by_sub_account() {
    let accounts = vec![account("0111", Some("Retail"), Some(900)), account("0222", None, Some(100))];
    let values = vec![value("0111", Some("Retail"), Some(900)), value("0222", None, Some(100))];
    let yaml = write_suggestion(&suggestion(GroupingKey::SubAccounts, values, accounts));
    let (draft, tree) = checked(&yaml);
    assert_eq!(draft.rules.len(), 2, "each account once");
    assert_eq!(tree.groups()[0].name, "Retail");
    assert_written("a_tree_by_sub_account", &yaml);
}

#[test]
fn a_tree_by_service() {
    let values = vec![value("Amazon Elastic Compute Cloud", None, Some(700)), value("Amazon S3", None, Some(300))];
    let yaml = write_suggestion(&suggestion(GroupingKey::Services, values, vec![account("1", Some("Amazon S3"), Some(1000))]));
    checked(&yaml);
    assert_written("a_tree_by_service", &yaml);
}

#[test]
fn a_tree_from_nothing() {
    let mut nothing = suggestion(GroupingKey::Tag("team".to_owned()), Vec::new(), Vec::new());
    nothing.other_tag_keys.clear();
    let (draft, tree) = checked(&write_suggestion(&nothing));
    assert_eq!((draft.groups.len(), draft.rules.len(), tree.groups().len()), (0, 0, 1));
}

#[test]
fn everything_begins_in_showback_with_an_owner_to_fill_in() {
    let (_, tree) = checked(&write_suggestion(&by_team()));
    assert!(tree.groups().iter().all(|group| group.mode == Mode::Showback && *group.owners == [PLACEHOLDER_OWNER]));
    assert_eq!(tree.valid_from().to_string(), "2026-04");
    assert_eq!(tree.groups()[tree.unallocated()].id, "unallocated");
    assert!(tree.treatment().tax.is_none() && tree.treatment().credits.is_none());
}

#[test]
fn an_account_goes_to_the_group_whose_name_it_bears_else_to_unallocated() {
    let (draft, _) = checked(&write_suggestion(&by_team()));
    let by_account: Vec<(&str, &str)> = draft.rules[5..].iter().map(|rule| (equal(&rule.conditions[0].test), &*rule.to.value)).collect();
    assert_eq!(by_account, [("012345678901", "checkout"), ("222233334444", "unallocated"), ("555566667777", "unallocated")]);
}

fn equal(test: &TestDraft) -> &str {
    let TestDraft::Equal(value) = test else { panic!("{test:?}") };
    &value.value
}

#[test]
fn any_text_is_read_back_to_the_letter() {
    let awkward: Vec<String> = [
        "a: b",
        "# c",
        "'",
        "\"",
        "\\",
        "\\n",
        "012345678901",
        "1e5",
        "~",
        "null",
        "true",
        "-",
        "- a",
        "? a",
        "*",
        "&a",
        "!x",
        "%x",
        "@x",
        "`",
        "[",
        "{",
        "]",
        "}",
        ",",
        "|",
        ">",
        " ",
        "  a  ",
        "a\nb",
        "a\r\nb",
        "\t",
        "\u{0}",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{ad}",
        "\u{2028}",
        "\u{2029}",
        "\u{202e}",
        "\u{feff}",
        "\u{fffe}",
        "\u{fffd}",
        "\u{ffff}",
        "\u{1ffff}",
        "\u{e000}",
        "\u{10fffd}",
        "検索",
        "🛒",
        "👩‍👩‍👧",
        "é",
        "---",
        "...",
        "<<",
        "follow",
        "even",
        "=",
        "a #b",
        "a:b",
        "${x}",
        "\u{1b}[31m",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain(["x".repeat(5000), "\u{2028}".repeat(400)])
    .collect();
    for key in [GroupingKey::Tag("odd \"key\": #\n".to_owned()), GroupingKey::SubAccounts, GroupingKey::Services] {
        let values = awkward.iter().map(|text| value(text, Some(text), Some(1))).collect();
        let accounts = awkward.iter().map(|text| account(text, Some(text), None)).collect();
        let mut suggestion = suggestion(key.clone(), values, accounts);
        suggestion.company = awkward.concat();
        suggestion.other_tag_keys = awkward.iter().map(|key| TagKeyCoverage { key: key.clone(), permille: None }).collect();
        let (draft, _) = checked(&write_suggestion(&suggestion));
        assert_eq!(draft.company.unwrap().value, awkward.concat());
        let conditions: Vec<&str> = draft.rules.iter().map(|rule| equal(&rule.conditions[0].test)).collect();
        let times = if key == GroupingKey::SubAccounts { 1 } else { 2 };
        assert_eq!(conditions, vec![&awkward[..]; times].concat());
    }
}

#[test]
fn any_text_can_be_a_tag_key() {
    for key in ["team", "a: b", "\"", "~", "*", "# x", "null", "a\nb", &"k".repeat(3000), &"\u{202e}".repeat(300)] {
        let yaml = write_suggestion(&suggestion(GroupingKey::Tag(key.to_owned()), vec![value("x", None, None)], Vec::new()));
        let (draft, _) = checked(&yaml);
        assert_eq!(draft.rules[0].conditions[0].field.value, key);
    }
}

#[test]
fn empty_and_repeated_values_are_left_out() {
    let values = ["a", "", "a", "b"].map(|text| value(text, Some(" "), Some(1))).into();
    let accounts = ["1", "", "1"].map(|id| account(id, Some(""), None)).into();
    let (draft, _) = checked(&write_suggestion(&suggestion(GroupingKey::Tag("team".to_owned()), values, accounts)));
    let names: Vec<&str> = draft.groups.iter().map(|group| &*group.name.as_ref().unwrap().value).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!(draft.rules.len(), 3);
}

#[test]
fn what_is_too_much_is_counted_and_still_a_tree() {
    let values = (0..2_100).map(|number| value(&format!("v{number}"), None, Some(0))).collect();
    let accounts = (0..10_007).map(|number| account(&format!("{number:012}"), None, Some(0))).collect();
    let yaml = write_suggestion(&suggestion(GroupingKey::Tag("team".to_owned()), values, accounts));
    assert!(yaml.contains("# 100 more values are left out"));
    assert!(yaml.contains("# 7 more sub accounts are left out"));
    assert_eq!(read_tree(&yaml).unwrap().groups.len(), 2_000);
}

#[test]
fn the_examples_hold_once_their_mark_is_taken_away() {
    let yaml = write_suggestion(&by_team());
    let live: Vec<String> = yaml
        .lines()
        .map(|line| match line.trim_start().strip_prefix('#') {
            Some(example) if example.starts_with(|letter: char| !letter.is_whitespace()) => line.replacen('#', "", 1),
            _ => line.to_owned(),
        })
        .collect();
    let yaml = live.join("\n");
    let draft = read_tree(&yaml).unwrap_or_else(|problems| panic!("{problems:#?}\n{yaml}"));
    let (tree, _) = Tree::try_new(&draft).unwrap_or_else(|problems| panic!("{problems:#?}\n{yaml}"));
    assert_eq!(tree.pools().len(), 1);
    assert!(tree.ledger().is_some());
    assert_eq!(draft.treatment.unused_commitment.unwrap().value, "follow");
    assert_eq!(draft.groups[4].own.cost_center.as_ref().unwrap().value, "4100");
}
