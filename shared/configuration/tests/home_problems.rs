//! What is wrong with people, sources, policy and ledger calendar, where, and in which words.

use dayone_configuration::{MOST_FINDINGS, TextRefusal, read_calendar, read_people, read_policy, read_sources};

/// All cases with what is said of them, to be read aloud.
fn told<T>(file: &str, read: impl Fn(&str, &[u8]) -> Result<T, Vec<TextRefusal>>, cases: &[(&str, &str)]) -> String {
    let mut told = String::new();
    for (case, yaml) in cases {
        told += &format!("## {case}\n\n");
        let Err(refusals) = read(file, yaml.as_bytes()) else { panic!("{case} is taken") };
        for refusal in refusals {
            assert!(!refusal.reason.is_empty() && !refusal.what_to_do.is_empty(), "{case}");
            told += &format!("{refusal}\n");
        }
        told += "\n";
    }
    told
}

fn assert_told(name: &str, told: &str) {
    insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(name, told) });
}

const INES: &str = "people:\n  - { mail: ines@m.example, name: Ines, roles: [controller] }\n";

#[test]
fn people_are_refused_with_place_and_remedy() {
    let with = |more: &str| format!("{INES}{more}");
    let cases = [
        ("empty", String::new()),
        ("no list", "people: ines@m.example\n".to_owned()),
        ("other keys", "persons: []\n".to_owned()),
        ("nobody", "people: []\n".to_owned()),
        ("no controller", "people:\n  - { mail: ines@m.example, name: Ines, roles: finops }\n".to_owned()),
        ("unknown keys", with("  - { mial: ana@m.example, name: Ana, role: auditor }\n")),
        ("no name and no address", with("  - mail: ana\n    name: \"\"\n  - mail: ana@m.example\n")),
        ("address twice", with("  - { mail: Ines@M.example, name: Ines }\n")),
        ("roles", with("  - { mail: ana@m.example, name: Ana, roles: [owner, controler, boss] }\n")),
        ("the only controller is mistyped", "people:\n  - { mail: ines@m.example, name: Ines, roles: [controler] }\n".to_owned()),
        (
            "limits",
            with(
                "  - mail: ana@m.example\n    name: Ana\n    accepts_up_to:\n      EUR: \"1.00\"\n      USD: \"-5.00\"\n      ZZZ: \"1.00\"\n",
            ),
        ),
        ("several limits", with("  - { mail: ines@m.example, accepts_up_to: { USD: x, EUR: y, usd: z } }\n")),
        ("limit with other decimals", with("  - { mail: ana@m.example, name: Ana, accepts_up_to: { USD: 25000 } }\n")),
        ("limit with decimals that yen have not", with("  - { mail: ana@m.example, name: Ana, accepts_up_to: { JPY: 1.00 } }\n")),
        ("limit with separators", with("  - { mail: ana@m.example, name: Ana, accepts_up_to: { USD: \"25,000.00\" } }\n")),
        ("limit with an exponent", with("  - { mail: ana@m.example, name: Ana, accepts_up_to: { USD: 1e3 } }\n")),
        ("limit that is a word", with("  - { mail: ana@m.example, name: Ana, accepts_up_to: { USD: much } }\n")),
        ("limit without currency", with("  - { mail: ana@m.example, name: Ana, accepts_up_to: \"25000.00\" }\n")),
        ("limit in another spelling", with("  - { mail: ana@m.example, name: Ana, accepts_up_to: { usd: \"1.00\" } }\n")),
        ("no limit by mistake", with("  - mail: ana@m.example\n    name: Ana\n    accepts_up_to:\n")),
        ("broken YAML", with("  - { mail: ana@m.example\n")),
    ];
    let cases: Vec<(&str, &str)> = cases.iter().map(|(case, yaml)| (*case, yaml.as_str())).collect();
    assert_told("people_are_refused_with_place_and_remedy", &told("people.yaml", read_people, &cases));
}

/// A sound source, as the beginning of a file.
const AWS: &str = "sources:\n  - { id: aws, provider: AWS, billing_accounts: [\"1\", \"2\"], currencies: [USD], from: 2026-05 }\n";

#[test]
fn sources_are_refused_with_place_and_remedy() {
    let with = |more: &str| format!("{AWS}{more}");
    let azure = |more: &str| {
        with(&format!(
            "  - id: azure\n    provider: Microsoft\n    billing_accounts: [\"3\"]\n    currencies: [USD]\n    from: 2026-05\n{more}"
        ))
    };
    let cases = [
        ("empty", "# nothing yet\n".to_owned()),
        ("no source", "sources: []\n".to_owned()),
        ("a source that is nothing", "sources:\n  -\n".to_owned()),
        ("what is missing", with("  - provider: Microsoft\n")),
        ("unknown key", azure("    finally: when_closed\n")),
        ("id", with("  - { id: a b, provider: x, billing_accounts: \"3\", currencies: USD, prefix: x, from: 2026-05 }\n")),
        ("id twice", with("  - { id: AWS, provider: x, billing_accounts: \"3\", currencies: USD, prefix: x, from: 2026-05 }\n")),
        (
            "billing account twice",
            with(
                "  - id: azure\n    provider: x\n    billing_accounts:\n      - \"3\"\n      - \"2\"\n    currencies: USD\n    from: 2026-05\n",
            ),
        ),
        ("no billing account, no currency", with("  - { id: azure, provider: x, billing_accounts: [], currencies: [], from: 2026-05 }\n")),
        ("currencies", with("  - { id: azure, provider: x, billing_accounts: \"3\", currencies: [usd, ZZZ, XXX], from: 2026-05 }\n")),
        ("unlisted currency", with("  - { id: azure, provider: x, billing_accounts: \"3\", currencies: [ZZZ, XXX], from: 2026-05 }\n")),
        ("prefix within another", azure("    prefix: aws/azure\n")),
        ("the same prefix", azure("    prefix: AWS/\n")),
        ("no prefix", azure("    prefix: /exports/../azure\n")),
        ("months", azure("    until: 2026-5\n")),
        ("until before from", azure("    until: 2026-04\n")),
        ("final by another word", azure("    final: when_invoiced\n")),
        ("final as a list", azure("    final: [5]\n")),
        ("final without days", azure("    final: {}\n")),
        ("final with another key", azure("    final: { unchanged_days: 5 }\n")),
        ("days", azure("    final: { unchanged_for_days: 5 days }\n")),
        ("no days", azure("    final: { unchanged_for_days: 0 }\n")),
    ];
    let cases: Vec<(&str, &str)> = cases.iter().map(|(case, yaml)| (*case, yaml.as_str())).collect();
    assert_told("sources_are_refused_with_place_and_remedy", &told("sources.yaml", read_sources, &cases));
}

#[test]
fn policies_are_refused_with_place_and_remedy() {
    let cases = [
        ("empty", ""),
        ("no keys", "UTC\n"),
        ("unknown keys", "timezone: UTC\npromotion: { periods: 3 }\nacceptance: { remind_after: [3] }\n"),
        ("time zone", "time_zone: Europe/Olso\n"),
        ("another time zone", "time_zone: Norway somewhere\n"),
        ("cost basis", "cost_basis: amortised\n"),
        ("promotion", "promotion:\n  undisputed_periods: 0\n  unallocated_at_most: 101 %\n"),
        ("promotion in words", "promotion: { undisputed_periods: three, unallocated_at_most: 5 }\n"),
        ("share with a comma", "promotion: { unallocated_at_most: \"0,5 %\" }\n"),
        ("negative share", "promotion: { unallocated_at_most: -1 % }\n"),
        ("share with many decimals", "promotion: { unallocated_at_most: 0.00001 % }\n"),
        ("acceptance that says nothing", "acceptance: {}\n"),
        ("deemed without reminder", "acceptance: { deemed_after_days: 14 }\n"),
        ("deemed before the last reminder", "acceptance:\n  remind_after_days:\n    - 3\n    - 14\n  deemed_after_days: 14\n"),
        ("reminders", "acceptance:\n  remind_after_days:\n    - 7\n    - 3\n    - 400\n"),
        ("late at once", "late_after_hours: 0\n"),
        ("late in words", "late_after_hours: soon\n"),
        ("days in words", "acceptance: { remind_after_days: [3, soon], deemed_after_days: -1 }\n"),
        ("all at once", "time_zone: Mars\ncost_basis: x\npromotion: { undisputed_periods: 99 }\nacceptance: { remind_after_days: 0 }\n"),
    ];
    assert_told("policies_are_refused_with_place_and_remedy", &told("policy.yaml", read_policy, &cases));
}

#[test]
fn calendars_are_refused_with_place_and_remedy() {
    let sound = "currency: USD\nlegal_entity: M Inc.\ncloses_on_day: 10\n";
    let with = |more: &str| format!("{sound}{more}");
    let cases = [
        ("empty", String::new()),
        ("what is missing", "also_charge: M AB\n".to_owned()),
        ("all at once", "currency: usd\ncloses_on_day: x\nalso_charge: \"\"\nperiods: { 2026-10: 2026-10-30 }\n".to_owned()),
        ("unknown key", with("close_on_day: 10\n")),
        ("currency", sound.replace("USD", "usd")),
        ("unlisted currency", sound.replace("USD", "XXX")),
        ("legal entities", "currency: USD\nlegal_entity: \"\"\ncloses_on_day: 10\nalso_charge:\n  - \" \"\n".to_owned()),
        ("its own legal entity", with("also_charge:\n  - M AB\n  - M Inc.\n")),
        ("day", sound.replace("10", "32")),
        ("day in words", sound.replace("10", "10th")),
        ("exceptions as a list", with("periods: [2026-08]\n")),
        ("exceptions", with("periods:\n  2026-8: 2026-09-15\n  2026-09: 15.10.2026\n  2026-10: 2026-10-30\n  2026-11: 2036-12-15\n")),
        ("closes too early and too late", with("periods:\n  2026-10: 2026-10-30\n  2026-11: 2036-12-15\n")),
    ];
    let cases: Vec<(&str, &str)> = cases.iter().map(|(case, yaml)| (*case, yaml.as_str())).collect();
    assert_told("calendars_are_refused_with_place_and_remedy", &told("calendar.yaml", read_calendar, &cases));
}

#[test]
fn a_text_that_is_no_utf_8_is_refused_by_each_reader() {
    let bytes = b"people: \xff\n";
    let refused = [
        read_people("x", bytes).is_err(),
        read_sources("x", bytes).is_err(),
        read_policy("x", bytes).is_err(),
        read_calendar("x", bytes).is_err(),
    ];
    assert_eq!(refused, [true; 4]);
}

#[test]
fn the_number_and_length_of_refusals_is_limited() {
    let yaml: String = (0..1000).map(|_| format!("  - {{ mail: {}, name: Ana }}\n", "a".repeat(2000))).collect();
    let refusals = read_people("people.yaml", format!("{INES}{yaml}").as_bytes()).unwrap_err();
    assert_eq!(refusals.len(), MOST_FINDINGS + 1);
    assert!(refusals.iter().all(|refusal| refusal.reason.len() < 1100));
    assert!(refusals[MOST_FINDINGS].reason.contains("more than the 100 problems"), "{}", refusals[MOST_FINDINGS]);
}

#[test]
fn too_many_people_are_refused_at_the_first_too_many() {
    let yaml: String = (0..10_000).map(|number| format!("  - {{ mail: p{number}@m.example, name: P }}\n")).collect();
    let refusals = read_people("people.yaml", format!("{INES}{yaml}").as_bytes()).unwrap_err();
    assert_eq!((refusals.len(), refusals[0].line), (1, Some(10_002)), "{refusals:?}");
}

#[test]
fn no_text_brings_a_reader_down() {
    const PAGE: &str = include_str!("../HOME.md");
    type Refused = fn(&[u8]) -> Vec<TextRefusal>;
    let readers: [Refused; 4] = [
        |text| read_people("x", text).err().unwrap_or_default(),
        |text| read_sources("x", text).err().unwrap_or_default(),
        |text| read_policy("x", text).err().unwrap_or_default(),
        |text| read_calendar("x", text).err().unwrap_or_default(),
    ];
    let blocks = PAGE.split("```yaml\n").skip(1).map(|rest| rest.split("\n```").next().expect("a block"));
    for (block, refused) in blocks.zip(readers) {
        for (place, _) in block.char_indices() {
            let (before, after) = block.split_at(place);
            let rest = after.chars().next().map_or("", |letter| &after[letter.len_utf8()..]);
            for letter in ["", "\n", "\t", "\"", "{", "]", ": ", "- ", "9", "%", "\u{2028}"] {
                let text = format!("{before}{letter}{rest}");
                let lines = text.lines().count().max(1) as u64;
                for refusal in refused(text.as_bytes()) {
                    assert!(refusal.line.is_none_or(|line| line <= lines), "{refusal}");
                }
            }
        }
    }
}
