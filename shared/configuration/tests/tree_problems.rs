//! What is wrong with a tree, where, and in which words.

use dayone_configuration::tree::{MAX_DEPTH, MAX_NODES, read_tree, render};
use dayone_configuration::{MAX_TEXT_BYTES, MOST_FINDINGS};
use dayone_domain::tree::check::{Problem, Severity};
use dayone_domain::tree::draft::Position;

fn problems(yaml: &str) -> Vec<Problem> {
    read_tree(yaml).expect_err(yaml)
}

/// All cases with what is said of them, to be read aloud.
fn told(cases: &[(&str, &str)]) -> String {
    let mut told = String::new();
    for (case, yaml) in cases {
        told += &format!("## {case}\n\n");
        for problem in problems(yaml) {
            assert_eq!(problem.severity, Severity::Error, "{case}");
            told += &render("tree.yaml", yaml, &problem);
            told += "\n\n";
        }
    }
    told
}

fn assert_told(name: &str, told: &str) {
    insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(name, told) });
}

#[test]
fn broken_yaml_is_told_in_plain_words() {
    assert_told(
        "broken_yaml_is_told_in_plain_words",
        &told(&[
            ("star without quotes", "pools:\n  - id: p\n    to: [*]\n"),
            ("star before a word", "to: *all\n"),
            ("ampersand", "company: & Sons\n"),
            ("tab", "groups:\n\t- id: a\n"),
            ("open quote", "company: \"Meridian\nvalid_from: 2026-01\n"),
            ("text after a quote", "company: 'Ana's shop'\n"),
            ("unknown escape", "company: \"C:\\Users\"\n"),
            ("bad hexadecimal", "company: \"\\u00zz\"\n"),
            ("colon in a text", "company: Meridian: Retail\n"),
            ("key too far in", "company: Meridian\n  valid_from: 2026-01\n"),
            ("list on the line of its key", "groups: - id: a\n"),
            ("open bracket", "owners: [a@b.example\nmode: showback\n"),
            ("open brace", "unallocated: { id: u\nmode: showback\n"),
            ("closed bracket", "company: ]\n"),
            ("two commas", "owners: [a@b.example, , c@d.example]\n"),
            ("at sign", "company: @home\n"),
            ("percent", "company: %home\n"),
            ("key among a list", "groups:\n- id: a\nb\n"),
            ("uneven list", "groups:\n    - id: a\n  - id: b\n"),
            ("no blank after the colon", "company:Meridian\nmode: showback\n"),
            ("key without colon", "company: Meridian\nmode\n"),
            ("directive", "company: x\n%YAML\n"),
            ("dash in brackets", "owners: [- a@b.example]\n"),
            ("byte-order mark within", "company: x\n\u{feff}mode: y\n"),
            ("bracket after a colon", "pools: [{ id:[a] }]\n"),
            ("comment in a text", "company: one\n  # two\n  three\n"),
            ("block text", "company: |x\n"),
            ("brackets without end", &"[".repeat(400)),
            ("second document", "company: a\n---\ncompany: b\n"),
            ("alias", "company: &name Meridian\nlegal_entity: *name\n"),
            ("tag", "company: !!str 12\ngroups: !list []\n"),
            ("empty", ""),
            ("only comments", "# nothing yet\n"),
            ("only a dash line", "---\n"),
        ]),
    );
}

#[test]
fn unknown_keys_are_told_with_those_that_are_known() {
    assert_told(
        "unknown_keys_are_told_with_those_that_are_known",
        &told(&[
            ("tree", "compny: Meridian\nteams: []\n"),
            ("cost group", "groups:\n  - id: a\n    onwers: [a@b.example]\n    legalEntity: x\n    parent: b\n"),
            ("unallocated", "unallocated:\n  id: u\n  groups: []\n"),
            ("pool", "pools:\n  - id: p\n    split: even\n    share: {}\n"),
            ("rule", "rules:\n  - to: a\n    where: {}\n"),
            ("when", "rules:\n  - to: a\n    when: { subaccount: x, tag: { team: y }, account: z }\n"),
            ("condition", "rules:\n  - to: a\n    when: { service: { prefx: x } }\n"),
            ("treatment", "treatment: { taxes: follow }\n"),
            ("ledger", "ledger: { account: {}, holdings: {} }\n"),
            ("accounts", "ledger: { accounts: { by_services: {} } }\n"),
            ("holdings", "ledger: { holding: { by_account: {} } }\n"),
            ("holding", "ledger: { holding: { default: { account: \"1\", cost_center: \"2\", cost_centre: \"3\" } } }\n"),
            ("merge key", "<<: { company: x }\n"),
        ]),
    );
}

#[test]
fn missing_keys_and_values_are_told() {
    assert_told(
        "missing_keys_and_values_are_told",
        &told(&[
            ("cost group without id", "groups:\n  - name: A\n"),
            ("unallocated without id", "unallocated: { name: A }\n"),
            ("pool without id and split", "pools:\n  - name: A\n"),
            ("rule without receiver", "rules:\n  - when: { service: x }\n"),
            ("holding without cost centre", "ledger: { holding: { default: { account: \"1490\" } } }\n"),
            ("id without value", "groups:\n  - id:\n  - id: ~\n"),
            ("condition without value", "rules:\n  - to: a\n    when:\n      provider:\n      tags:\n        team: null\n"),
            ("list with an empty entry", "owners:\n  -\n  - a@b.example\n"),
            ("share without value", "pools: [{ id: p, split: fixed, shares: { a: , b: 1 } }]\n"),
            ("account without value", "ledger: { accounts: { by_service: { EC2: ~ } } }\n"),
            ("billing account without value", "ledger:\n  holding:\n    by_billing_account:\n      \"1\":\n"),
            ("empty cost group", "groups:\n  -\n"),
            ("condition that asks for nothing", "rules: [{ to: a, when: { service: {} } }]\n"),
            ("prefix without value", "rules: [{ to: a, when: { service: { prefix: } } }]\n"),
        ]),
    );
}

#[test]
fn other_types_than_expected_are_told() {
    assert_told(
        "other_types_than_expected_are_told",
        &told(&[
            ("tree is a list", "- company: x\n"),
            ("tree is a text", "company\n"),
            ("text is a list", "company: [a]\n"),
            ("text is a mapping", "valid_from: { year: 2026 }\n"),
            ("owners are a mapping", "owners: { a: b }\n"),
            ("an owner is a list", "owners: [[a@b.example]]\n"),
            ("groups are a mapping", "groups: { stores: { name: x } }\n"),
            ("groups are a text", "groups: stores\n"),
            ("a group is a text", "groups: [stores]\n"),
            ("shares are a list", "pools: [{ id: p, split: fixed, shares: [1, 2] }]\n"),
            ("when is a text", "rules: [{ to: a, when: everything }]\n"),
            ("tags are a text", "rules: [{ to: a, when: { tags: team } }]\n"),
            ("receiver is a list", "rules: [{ to: [a, b] }]\n"),
            ("present is another word", "rules: [{ to: a, when: { service: { present: yes } } }]\n"),
            ("prefix and present", "rules: [{ to: a, when: { service: { prefix: a, present: true } } }]\n"),
            ("treatment is a text", "treatment: follow\n"),
            ("ledger is a list", "ledger: []\n"),
            ("accounts are a text", "ledger: { accounts: \"6400\" }\n"),
            ("holding is a text", "ledger: { holding: { default: \"1490\" } }\n"),
            ("billing accounts are a list", "ledger: { holding: { by_billing_account: [] } }\n"),
            ("key is a list", "? [a, b]\n: c\n"),
            ("key is nothing", "~: c\n"),
            ("braces without colon", "unallocated: {id u}\n"),
        ]),
    );
}

#[test]
fn a_key_stated_twice_is_told_wherever_it_stands() {
    assert_told(
        "a_key_stated_twice_is_told_wherever_it_stands",
        &told(&[
            ("tree", "company: a\nmode: showback\ncompany: b\ncompany: c\n"),
            ("group and tag", "groups:\n  - id: a\n    id: b\nrules:\n  - to: a\n    when: { tags: { team: a, \"team\": b } }\n"),
            ("shares", "pools: [{ id: p, split: fixed, shares: { a: 1, a: 2 } }]\n"),
        ]),
    );
}

#[test]
fn all_problems_are_told_at_once_and_in_order() {
    let found = problems("rules:\n  - when: { servce: x }\ngroups: x\ncompany: [y]\ncompany: z\npools:\n  - id: p\n");
    let places: Vec<(usize, usize)> = found.iter().map(|problem| (problem.at.line, problem.at.column)).collect();
    assert_eq!(places, [(2, 5), (2, 13), (3, 9), (4, 10), (5, 1), (7, 5)]);
}

#[test]
fn problems_before_broken_yaml_are_told_too() {
    let found = problems("mode: a\nmode: b\ncompany: \"x\n");
    assert_eq!(found.iter().map(|problem| problem.at.line).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn the_number_of_problems_is_limited() {
    let yaml: String = (0..1000).map(|number| format!("k{number}: x\n")).collect();
    let found = problems(&yaml);
    assert_eq!(found.len(), MOST_FINDINGS + 1);
    assert_eq!(found[MOST_FINDINGS].message, "there are more than the 100 problems told here");
    let exactly: String = (0..MOST_FINDINGS).map(|number| format!("k{number}: x\n")).collect();
    assert_eq!(problems(&exactly).len(), MOST_FINDINGS);
}

#[test]
fn nesting_is_limited_before_it_can_do_harm() {
    for yaml in ["- ".repeat(1_000_000), "? ".repeat(1_000_000), format!("a: {}", "[".repeat(200)), "[{a: ".repeat(100)] {
        let found = problems(&yaml);
        assert!(found.len() == 1 && found[0].message.contains("nests deeper"), "{found:?}");
    }
    let deepest = format!("{}x{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
    assert!(problems(&deepest)[0].message.starts_with("the tree takes keys with values"));
}

#[test]
fn the_number_of_values_is_limited() {
    let found = problems(&format!("[{}]", "1,".repeat(MAX_NODES + 1)));
    assert!(found[0].message.contains("more than 2000000 values"), "{found:?}");
}

#[test]
fn the_length_of_a_tree_is_limited() {
    let found = problems(&" ".repeat(MAX_TEXT_BYTES + 1));
    assert_eq!((&*found[0].message, found[0].at), ("the tree is larger than 16 MiB", Position::default()));
}

#[test]
fn aliases_are_not_followed() {
    let mut yaml = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        yaml += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(", "));
    }
    let found = problems(&yaml);
    assert_eq!(found.len(), 9 + 8 * 9 + 9, "each anchor, alias and unknown key once");
}

#[test]
fn a_problem_is_shown_where_it_stands() {
    let show = |text: &str, line, column| {
        let problem = Problem::warning(Position { line, column }, "this is odd", "change it");
        render("tree.yaml", text, &problem)
    };
    assert_eq!(show("a: b\n  c: d\n", 2, 3), "tree.yaml:2:3: warning: this is odd\n  2 |   c: d\n    |   ^\n  what to do: change it");
    assert_eq!(show("", 0, 0), "tree.yaml: warning: this is odd\n  what to do: change it");
    assert_eq!(show("a", 7, 1), "tree.yaml:7:1: warning: this is odd\n  what to do: change it");
    assert_eq!(
        show("\ta:\u{1b}[31m x\r\n", 1, 5),
        "tree.yaml:1:5: warning: this is odd\n  1 |  a:\u{fffd}[31m x\n    |     ^\n  what to do: change it"
    );
    assert_eq!(show("größe: x", 1, 8), "tree.yaml:1:8: warning: this is odd\n  1 | größe: x\n    |        ^\n  what to do: change it");
    let odd = Problem::error(Position::default(), "`a\nb\u{1b}[31m` is odd", "change it");
    assert_eq!(render("tree.yaml", "", &odd), "tree.yaml: error: `a\\nb\u{fffd}[31m` is odd\n  what to do: change it");
    // A text that is written from right to left reads otherwise than it is.
    let odd = Problem::warning(Position { line: 1, column: 1 }, "`ana\u{202e}moc` is odd", "write `\u{2066}`");
    assert_eq!(
        render("t\u{1b}[2Jree.yaml", "ana\u{202e}\u{200f}moc", &odd),
        "t\u{fffd}[2Jree.yaml:1:1: warning: `ana\u{fffd}moc` is odd\n  1 | ana\u{fffd}\u{fffd}moc\n    | ^\n  what to do: write `\u{fffd}`"
    );
    let long = format!("{}X{}", "a".repeat(500), "b".repeat(500));
    let shown = show(&long, 1, 501);
    let lines: Vec<&str> = shown.lines().collect();
    assert!(lines[1].chars().count() < 140, "{shown}");
    assert_eq!(lines[1].chars().nth(lines[2].chars().position(|letter| letter == '^').unwrap()), Some('X'));
}

#[test]
fn no_text_brings_the_reader_down() {
    const WHOLE: &str = include_str!("trees/whole.yaml");
    for (place, _) in WHOLE.char_indices() {
        let (before, after) = WHOLE.split_at(place);
        let rest = &after[1..];
        let mutilated =
            ["", "\n", "\t", "\"", "{", "]", ": ", "- ", "*", "\u{0}", "\u{2028}"].map(|letter| format!("{before}{letter}{rest}"));
        for text in [before.to_owned(), after.to_owned()].iter().chain(&mutilated) {
            for problem in read_tree(text).err().unwrap_or_default() {
                assert!(problem.at.line <= text.lines().count().max(1), "{problem:?}");
                render("tree.yaml", text, &problem);
            }
        }
    }
}
