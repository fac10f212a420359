//! What the command line prints, and the exit code that it ends with.

#[path = "cli/company.rs"]
mod company;
#[path = "cli/evidence.rs"]
mod evidence;
#[path = "cli/home.rs"]
mod home;
#[path = "cli/support.rs"]
mod support;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};

use clap::CommandFactory;
use serde_json::Value;

use support::{Files, Ran, assert_golden, csv, dayone};

const BILL: &str = include_str!("cli/bill.csv");
const TREE: &str = include_str!("cli/tree.yaml");

fn files() -> Files {
    Files::new().with("bill.csv", BILL).with("tree.yaml", TREE)
}

/// Runs what must succeed and has nothing to say beside its result.
fn clean(files: &Files, words: &str) -> String {
    let Ran { code, out, err } = files.dayone(words);
    assert_eq!((code, err.as_str()), (0, ""), "{words}\n{out}");
    out
}

fn json(files: &Files, words: &str) -> Value {
    serde_json::from_str(&clean(files, words)).expect("what is printed is JSON")
}

/// The commands, each as the words that lead to it.
const COMMANDS: [&str; 45] = [
    "",
    "demo",
    "preview",
    "tieout",
    "tree",
    "tree suggest",
    "tree check",
    "tree show",
    "init",
    "config",
    "config put",
    "config show",
    "config list",
    "config password",
    "ingest",
    "deliveries",
    "issue",
    "close",
    "invoices",
    "invoice",
    "invoice show",
    "invoice accept",
    "invoice acknowledge",
    "invoice dispute",
    "invoice ask",
    "invoice answer",
    "invoice comment",
    "invoice resolve",
    "promote",
    "demote",
    "journals",
    "journals list",
    "journals show",
    "journals post",
    "journals export",
    "journals batch",
    "journals reverse",
    "journals reclass",
    "journals record",
    "evidence",
    "audit",
    "audit verify",
    "audit trail",
    "audit anchor",
    "serve",
];

#[test]
fn help_teaches_every_command() {
    let mut told = String::new();
    for command in COMMANDS {
        let words: Vec<&str> = command.split_whitespace().chain(["--help"]).collect();
        // A terminal is as wide as it is; the file is not.
        let parsed = dayone::args::Arguments::command().term_width(100).try_get_matches_from([&["dayone"], &words[..]].concat());
        let help = parsed.expect_err("help is asked for").render().to_string();
        let ran = dayone(words);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{command}");
        let in_words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(in_words(&ran.out), in_words(&help), "{command}");
        let help: Vec<&str> = help.lines().map(str::trim_end).collect();
        told += &format!("$ {}\n{}\n\n", ["dayone", command, "--help"].join(" ").replace("  ", " "), help.join("\n"));
    }
    assert_golden("help.txt", &told);
}

#[test]
fn the_version_is_told() {
    let ran = dayone(["--version"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (0, concat!("dayone ", env!("CARGO_PKG_VERSION"), "\n"), ""));
}

#[test]
fn a_command_line_that_says_nothing_sensible_ends_with_2() {
    for (words, names) in [
        ("", "preview"),
        ("tree", "suggest"),
        ("preview", "FILE|FOLDER"),
        ("tree check", "TREE"),
        ("prevew bill.csv", "preview"),
        ("preview bill.csv --trees tree.yaml", "--tree"),
        ("preview bill.csv --basis amortised", "`billed` or `effective`"),
        ("preview bill.csv --period 2026-4", "2026-04"),
        ("preview bill.csv --format xml", "json"),
        ("preview bill.csv --currency usd", "USD"),
        ("tieout bill.csv --tolerance abc", "decimal number"),
        ("tieout bill.csv --tolerance=-1", "below zero"),
        ("tree show tree.yaml tree.yaml", "unexpected"),
        ("demo --seed one", "--seed"),
        ("config put trees tree.yaml", "calendar"),
        ("close aws April --as a@b.example", "2026-04"),
        ("issue --as-of yesterday", "--as-of"),
        ("invoice resolve 2026-04 web --dispute 1", "--uphold-to"),
        ("invoice resolve 2026-04 web --dispute 1 --uphold-central --reject no", "--reject"),
        ("journals record J-1", "--number"),
        ("journals reclass J-1 --line 0 --reason no", "--line"),
        ("serve --listen everywhere", "--listen"),
        ("audit trail --group web --journal J-1", "--journal"),
    ] {
        let ran = files().dayone(words);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{words}");
        assert!(ran.err.contains(names) && ran.err.contains("help"), "{words}: {}", ran.err);
    }
}

#[test]
fn preview_shows_what_is_in_a_file() {
    assert_golden("preview-without-tree.txt", &clean(&files(), "preview bill.csv --period 2026-04"));
}

#[test]
fn preview_shows_what_every_cost_group_would_be_invoiced() {
    assert_golden("preview-with-tree.txt", &clean(&files(), "preview bill.csv --tree tree.yaml"));
}

#[test]
fn preview_of_a_file_without_charges_says_so() {
    let header = BILL.lines().next().expect("the bill has a header");
    let ran = Files::new().with("bill.csv", format!("{header}\n")).dayone("preview bill.csv");
    assert_eq!((ran.code, ran.out.as_str()), (0, "The files hold no charges.\n"));
    assert!(ran.err.contains("bill.csv") && ran.err.contains("no charges"), "{}", ran.err);
}

#[test]
fn preview_writes_invoices_into_a_folder() {
    let files = files().with("out/notes.txt", "of somebody's own");
    let plain = clean(&files, "preview bill.csv --tree tree.yaml --period 2026-04");
    let ran = files.dayone("preview bill.csv --tree tree.yaml --period 2026-04 --out out");
    assert_eq!((ran.code, ran.out), (0, plain));
    assert_eq!(ran.err, "16 documents written; open out/2026-04-USD/index.html first.\n");
    let mut expected: BTreeSet<String> = ["shop", "web", "search", "central", "unallocated"]
        .iter()
        .flat_map(|id| ["html", "csv", "json"].map(|kind| format!("{id}.{kind}")))
        .collect();
    expected.extend(["index.html", ".dayone-documents"].map(str::to_owned));
    assert_eq!(names(&files, "out/2026-04-USD"), expected);
    assert_eq!(names(&files, "out"), BTreeSet::from(["2026-04-USD".to_owned(), "notes.txt".to_owned()]));
    let index = fs::read_to_string(files.path("out/2026-04-USD/index.html")).expect("the page can be read");
    assert!(index.contains("2,005.88"), "the page holds the bill");
    let again = files.dayone("preview bill.csv --tree tree.yaml --period 2026-04 --out out");
    assert_eq!((again.code, again.err), (0, ran.err), "an earlier run's documents are replaced");
}

#[test]
fn preview_never_touches_files_of_somebody_elses() {
    for (name, code) in [("out/2026-04-USD/bill.csv", 0), ("out/2026-04-USD/web.csv", 1), ("out/2026-04-USD/index.html", 1)] {
        let files = files().with(name, "of somebody's own");
        let ran = files.dayone("preview bill.csv --tree tree.yaml --period 2026-04 --out out");
        assert_eq!(ran.code, code, "{name}: {}", ran.err);
        assert_eq!(fs::read_to_string(files.path(name)).expect("the file is there"), "of somebody's own");
    }
}

fn names(files: &Files, folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(files.path(folder)).expect("a folder can be read");
    entries.map(|entry| entry.expect("a folder can be read").file_name().to_string_lossy().into_owned()).collect()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn texts<const N: usize>(texts: [&str; N]) -> BTreeSet<&str> {
    BTreeSet::from(texts)
}

/// An exact amount as the issue has it: digits, at most one point, perhaps a minus; no exponent, no `-0`.
fn is_plain_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_zero = digits.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    all_digits(whole) && all_digits(fraction) && !(is_zero && text.starts_with('-'))
}

#[test]
fn the_json_of_preview_has_the_shape_that_scripts_rely_on() {
    let preview = json(&files(), "preview bill.csv --tree tree.yaml --format json");
    assert_eq!(keys(&preview), texts(["periods"]));
    let periods = preview["periods"].as_array().expect("a list");
    assert_eq!(periods.len(), 2);
    for period in periods {
        let expected = texts(["billing_period", "currency", "basis", "charges", "master_bill", "invoices", "invoiced_total", "rounding"]);
        assert_eq!(keys(period), expected);
        assert_eq!((&period["currency"], &period["basis"]), (&"USD".into(), &"billed".into()));
        assert!(period["charges"].is_u64());
        assert_eq!(keys(&period["master_bill"]), texts(["billed", "effective", "list", "contracted"]));
        let amount = |value: &Value| is_plain_decimal(value.as_str().unwrap_or_else(|| panic!("`{value}` is no text")));
        for cost in ["billed", "effective", "list", "contracted"] {
            assert!(amount(&period["master_bill"][cost]), "{cost}");
        }
        for invoice in period["invoices"].as_array().expect("a list") {
            assert_eq!(keys(invoice), texts(["cost_group", "mode", "direct", "shared", "exact", "total"]));
            assert!(["direct", "shared", "exact", "total"].iter().all(|cost| amount(&invoice[cost])), "{invoice}");
            assert_eq!(invoice["mode"], "showback");
        }
        assert!(amount(&period["invoiced_total"]) && amount(&period["rounding"]));
    }
    let april = &periods[1];
    // 1200.50 + 310.125 + 0 + 0 + 100 + 99.99 − 25.005 + 320.27
    assert_eq!((april["billing_period"].as_str(), april["charges"].as_u64()), (Some("2026-04"), Some(8)));
    assert_eq!(april["master_bill"]["billed"], "2005.88");
    // 1250 + 310.125 + 100 + 0 + 100 + 99.99
    assert_eq!(april["master_bill"]["list"], "1860.115");
}

#[test]
fn without_a_tree_the_json_adds_what_could_be_allocated_by() {
    let preview = json(&files(), "preview bill.csv --period 2026-04 --format json");
    let coverage = &preview["periods"][0]["coverage"];
    assert_eq!(keys(coverage), texts(["cost_before_credits", "tag_keys", "sub_accounts", "services"]));
    // 1200.50 + 310.125 + 100 + 99.99 + 320.27, of which team 1200.50 + 310.125 and env 1200.50
    assert_eq!(coverage["cost_before_credits"], "2030.885");
    let costs: Vec<(&str, &str)> = coverage["tag_keys"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|tag| (tag["name"].as_str().expect("a text"), tag["cost"].as_str().expect("a text")))
        .collect();
    assert_eq!(costs, [("env", "1200.5"), ("team", "1510.625")]);
}

#[test]
fn costs_that_a_format_does_not_have_are_null() {
    let columns = "bill_billing_period_start_date,line_item_line_item_type,line_item_currency_code,line_item_unblended_cost";
    let row = "2026-04-01T00:00:00Z,Usage,USD,1.5E-7";
    for (cur, list) in [
        (csv(columns, &[row]), Value::Null),
        (csv(&format!("{columns},pricing_public_on_demand_cost"), &[&format!("{row},2")]), "2".into()),
    ] {
        let preview = json(&Files::new().with("cur.csv", cur), "preview cur.csv --format json");
        let bill = &preview["periods"][0]["master_bill"];
        assert_eq!((&bill["billed"], &bill["list"], &bill["contracted"]), (&"0.00000015".into(), &list, &Value::Null));
    }
}

#[test]
fn one_period_is_shown_on_request() {
    for words in ["preview bill.csv --period 2026-03 --format json", "tieout bill.csv --period 2026-03 --format json"] {
        let shown = json(&files(), words);
        let periods: Vec<&str> =
            shown["periods"].as_array().expect("a list").iter().filter_map(|period| period["billing_period"].as_str()).collect();
        assert_eq!(periods, ["2026-03"], "{words}");
    }
}

#[test]
fn the_currency_may_be_said_of_files_that_do_not_say_it() {
    let columns = "bill_billing_period_start_date,line_item_line_item_type,line_item_unblended_cost";
    let files = Files::new().with("cur.csv", csv(columns, &["2026-04-01T00:00:00Z,Usage,7"]));
    for (words, currency) in [("preview cur.csv --format json", "XXX"), ("preview cur.csv --format json --currency EUR", "EUR")] {
        let ran = files.dayone(words);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let preview: Value = serde_json::from_str(&ran.out).expect("what is printed is JSON");
        assert_eq!(preview["periods"][0]["currency"], currency);
        assert!(ran.err.contains("cur.csv") && ran.err.contains("line_item_currency_code"), "{}", ran.err);
    }
}

#[test]
fn a_suggested_tree_is_sound_and_allocates() {
    let by_account = BILL.replace("\"\"team\"\":", "\"\"created-by\"\":");
    let columns =
        "bill_billing_period_start_date,line_item_line_item_type,line_item_currency_code,line_item_unblended_cost,line_item_product_code";
    let by_service = csv(columns, &["2026-04-01T00:00:00Z,Usage,USD,5,AmazonS3", "2026-04-01T00:00:00Z,Usage,USD,2,AmazonEC2"]);
    for (bill, option) in [(BILL, ""), (BILL, " --tag env"), (by_account.as_str(), ""), (by_service.as_str(), "")] {
        let files = Files::new().with("bill.csv", bill);
        let suggested = clean(&files, &format!("tree suggest bill.csv{option}"));
        let files = files.with("suggested.yaml", suggested);
        let checked = files.dayone("tree check suggested.yaml");
        assert!(checked.code == 0 && checked.out.starts_with("suggested.yaml: sound"), "{checked:?}");
        let (without, with) = (unallocated(&files, ""), unallocated(&files, " --tree suggested.yaml"));
        assert!(with < without, "{option}: {with} of {without} cents are unallocated");
    }
}

/// What is unallocated in the newest bill, in minor units.
fn unallocated(files: &Files, option: &str) -> i64 {
    let ran = files.dayone(&format!("preview bill.csv --format json{option}"));
    let preview: Value = serde_json::from_str(&ran.out).expect("what is printed is JSON");
    let newest = preview["periods"].as_array().and_then(|periods| periods.last()).expect("there is a bill");
    let invoices = newest["invoices"].as_array().expect("a list");
    let invoice = invoices.iter().find(|invoice| invoice["cost_group"] == "unallocated").expect("it is always there");
    invoice["total"].as_str().expect("a text").replace('.', "").parse().expect("an amount")
}

#[test]
fn a_suggestion_goes_by_the_tag_that_is_asked_for() {
    let suggested = clean(&files(), "tree suggest bill.csv --tag env");
    assert!(suggested.contains("\"env\": \"prod\"") && !suggested.contains("\"team\": \"web\""), "{suggested}");
}

#[test]
fn a_sound_tree_is_said_to_be_sound() {
    assert_eq!(clean(&files(), "tree check tree.yaml"), "tree.yaml: sound, valid from 2026-01: 5 cost groups, 1 pool, 4 rules.\n");
}

#[test]
fn warnings_of_a_tree_have_their_place_and_do_not_fail() {
    let unreachable = "  - to: search\n    when: { tags: { team: web }, region: eu-west-1 }\n";
    let unfed = "  - id: network\n    split: even\n    to: [web]\n";
    let tree = TREE.replace("treatment:", &format!("{unreachable}treatment:")).replace("rules:", &format!("{unfed}rules:"));
    let ran = Files::new().with("tree.yaml", tree).dayone("tree check tree.yaml");
    assert_eq!(ran.code, 0);
    assert!(ran.out.starts_with("tree.yaml: sound"), "{}", ran.out);
    for part in ["tree.yaml:21:9: warning: nothing goes into the pool `network`", "tree.yaml:33:9: warning: this rule can never match"] {
        assert!(ran.err.contains(part), "{part}\n{}", ran.err);
    }
}

#[test]
fn errors_of_a_tree_have_their_place_and_fail() {
    let tree = TREE.replace("to: [shop/*]", "to: [shoop/*]").replace("  tax: central", "  tax: cental");
    let ran = Files::new().with("tree.yaml", tree).dayone("tree check tree.yaml");
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    for part in ["tree.yaml:19:10: error: there is no group or pool `shoop`", "tree.yaml:31:8: error: there is no group or pool `cental`"] {
        assert!(ran.err.contains(part), "{part}\n{}", ran.err);
    }
}

#[test]
fn a_tree_is_shown_with_what_it_inherits() {
    assert_golden("tree-show.txt", &clean(&files(), "tree show tree.yaml"));
    let shown = json(&files(), "tree show tree.yaml --format json");
    let web = &shown["groups"][1];
    assert_eq!((&web["id"], &web["parent"], &web["owners"][0]), (&"web".into(), &"shop".into(), &"ana@example.com".into()));
}

#[test]
fn a_tree_is_shown_with_its_ledger_coding() {
    let tree = "valid_from: 2026-01\nunallocated: { id: unallocated, owners: [finops@example.com] }\nledger:\n  accounts: { default: \"6400\", by_charge_category: { Tax: \"6490\" }, by_service: { Amazon S3: \"6401\" } }\n  holding: { default: { account: \"1490\", cost_center: \"9000\" }, by_billing_account: { \"012345678901\": { account: \"1491\", cost_center: \"9001\" } } }\n";
    let files = Files::new().with("tree.yaml", tree);
    let shown = json(&files, "tree show tree.yaml --format json");
    let ledger = &shown["ledger"];
    assert_eq!((&ledger["accounts"]["default"], &ledger["accounts"]["by_service"]["Amazon S3"]), (&"6400".into(), &"6401".into()));
    assert_eq!(ledger["holding"]["by_billing_account"]["012345678901"]["account"], "1491");
    let text = clean(&files, "tree show tree.yaml");
    for words in ["charge category Tax", "6490", "billing account 012345678901", "1491", "9001"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

/// Net 1,685.61 is the bill of 2,005.88 without its tax.
const DOCUMENTS: &str = "id,net,tax,currency,credit_memo_of\nINV-3,40,0,USD,\nINV-4,1710.62,320.27,USD,\nCM-4,-25.01,,USD,INV-4\n";

#[test]
fn a_tie_out_agrees_with_the_providers_documents() {
    let files = files().with("documents.csv", DOCUMENTS);
    assert_golden("tieout.txt", &clean(&files, "tieout bill.csv --tree tree.yaml --provider-invoices documents.csv"));
    let proof = json(&files, "tieout bill.csv --tree tree.yaml --provider-invoices documents.csv --format json");
    assert_eq!(proof["differences"], Value::Array(Vec::new()));
    assert!(proof["provider_invoices"]["lines"].as_array().is_some_and(|lines| lines.iter().all(|line| line["agrees"] == true)));
}

#[test]
fn a_difference_from_the_providers_documents_fails_and_is_named() {
    let wrong = DOCUMENTS.replace("1710.62", "1810.62").replace("INV-3,40", "INV-5,40");
    let files = files().with("documents.csv", wrong);
    let ran = files.dayone("tieout bill.csv --provider-invoices documents.csv");
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains('✗') && !ran.out.contains("Everything ties out"), "{}", ran.out);
    for part in [
        "provider invoice `INV-4`: the document says net 1785.61 and tax 320.27 USD, the files hold net 1685.61 and tax 320.27 USD",
        "provider invoice `INV-3`: the files hold net 40",
        "provider invoice `INV-5`: the document says net 40",
    ] {
        assert!(ran.err.contains(part), "{part}\n{}", ran.err);
    }
    let ran = files.dayone("tieout bill.csv --provider-invoices documents.csv --format json");
    let proof: Value = serde_json::from_str(&ran.out).expect("a proof that fails is JSON too");
    assert_eq!((ran.code, proof["differences"].as_array().map(Vec::len)), (1, Some(3)));
}

#[test]
fn the_tolerance_decides_what_agrees() {
    let files = files().with("documents.csv", DOCUMENTS.replace("1710.62", "1710.60"));
    let tie_out = |option: &str| files.dayone(&format!("tieout bill.csv --provider-invoices documents.csv{option}")).code;
    assert_eq!((tie_out(""), tie_out(" --tolerance 0.02"), tie_out(" --tolerance 0.0199")), (1, 0, 1));
}

#[test]
fn a_tie_out_without_documents_says_that_they_were_not_compared() {
    let shown = clean(&files(), "tieout bill.csv --tree tree.yaml");
    assert!(shown.contains("were not compared") && shown.contains("--provider-invoices"), "{shown}");
    assert_eq!(json(&files(), "tieout bill.csv --format json")["provider_invoices"], Value::Null);
}

#[test]
fn the_effective_basis_is_bridged_to_the_billed_one() {
    let words = "tieout bill.csv --tree tree.yaml --basis effective --period 2026-04";
    assert_golden("tieout-effective.txt", &clean(&files(), words));
    let proof = json(&files(), &format!("{words} --format json"));
    let bridge = &proof["periods"][0]["bridge"][0];
    // The purchase of 100 became 70 of use and 30 of nobody's.
    for (step, amount) in [
        ("billed", "2005.88"),
        ("prepaid_purchases", "-100"),
        ("amortisation", "70"),
        ("unused_commitment", "30"),
        ("residual", "0"),
        ("effective", "2005.88"),
    ] {
        assert_eq!(bridge[step], amount, "{step}");
    }
}

/// Takes some bytes, then fails.
struct Full {
    room: usize,
    kind: io::ErrorKind,
}

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.room == 0 {
            return Err(self.kind.into());
        }
        let taken = bytes.len().min(self.room);
        self.room -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const PRINTING: [&str; 9] = [
    "--help",
    "preview bill.csv",
    "preview bill.csv --tree tree.yaml",
    "preview bill.csv --tree tree.yaml --format json",
    "tieout bill.csv --tree tree.yaml",
    "tieout bill.csv --basis effective --format json",
    "tree suggest bill.csv",
    "tree check tree.yaml",
    "tree show tree.yaml --format json",
];

fn words(files: &Files, words: &str) -> Vec<OsString> {
    let word = |word: &str| if files.path(word).exists() { files.path(word).into_os_string() } else { word.into() };
    std::iter::once("dayone".into()).chain(words.split_whitespace().map(word)).collect()
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let files = files();
    for command in PRINTING {
        for room in [0, 30] {
            let mut err = Vec::new();
            let code = dayone::run(words(&files, command), &mut Full { room, kind: io::ErrorKind::BrokenPipe }, &mut err);
            assert_eq!((code, err.as_slice()), (0, &b""[..]), "{command}");
        }
    }
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let files = files();
    for command in &PRINTING[1..] {
        let mut err = Vec::new();
        let code = dayone::run(words(&files, command), &mut Full { room: 30, kind: io::ErrorKind::StorageFull }, &mut err);
        let err = String::from_utf8(err).expect("what the program prints is UTF-8");
        assert!(code == 1 && err.contains("cannot be written"), "{command}: {err}");
    }
}

#[test]
fn a_clean_run_is_quiet_in_a_pipe() {
    let files = files();
    for command in PRINTING {
        assert!(!clean(&files, command).is_empty(), "{command}");
    }
}

#[test]
fn the_same_files_print_the_same() {
    let files = files();
    for command in PRINTING {
        assert_eq!(clean(&files, command), clean(&files, command), "{command}");
    }
}
