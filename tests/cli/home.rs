//! A month in a home, from the first file to the evidence, as people type it.

use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::company::{BILL, INIT, POLICY, SOURCES, company, founded, in_may};
use crate::support::{Machine, Ran, assert_golden};

/// The id of the first line of an invoice that is for this.
fn line_id(machine: &Machine, of: &str, what: &str) -> String {
    let shown = machine.succeeds(&format!("invoice show {of} --home home --as ana@example.com"));
    let line = shown.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{what}: {shown}"));
    line.split_whitespace().last().expect("a line ends with its id").to_owned()
}

fn json(machine: &Machine, words: &str) -> Value {
    serde_json::from_str(&machine.succeeds(words)).expect("what is printed is JSON")
}

/// The amounts of the states of the only bill of a tie-out.
fn states(machine: &Machine, period: &str) -> Value {
    let proof = json(machine, &format!("tieout {period} --home home --as audrey@example.com --format json"));
    assert_eq!(proof["differences"], Value::Array(Vec::new()));
    proof["periods"][0]["states"].clone()
}

/// Digests are of what holds paths and times: they are another each time.
fn without_digests(text: &str) -> String {
    let is_digest = |word: &str| word.len() == 64 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let words = |line: &str| {
        let masked = line.split(' ').map(|word| if is_digest(word.trim_end_matches(',')) { "(64 digits)" } else { word });
        masked.collect::<Vec<_>>().join(" ")
    };
    text.lines().map(|line| words(line).trim_end().to_owned() + "\n").collect()
}

#[test]
fn a_month_from_the_first_file_to_the_evidence() {
    let machine = company("2026-03-05");
    let mut told = String::new();
    let mut run = |words: &str| {
        let Ran { code, out, err } = machine.dayone(words);
        told += &format!("$ dayone {words}\n{}{}\n", without_digests(&out), without_digests(&err));
        assert_eq!(code, 0, "{words}\n{out}{err}");
    };
    run(INIT);
    run("promote web --from 2026-04 --reason agreed --home home --as clara@example.com");
    run("promote web --from 2026-04 --reason agreed --home home --as dora@example.com");
    machine.at("2026-05-01");
    run("ingest bill.csv --home home");
    run("issue --home home");
    run("issue --home home");
    run("close aws 2026-03 --home home --as clara@example.com");
    run("close aws 2026-04 --home home --as clara@example.com");
    machine.at("2026-05-02");
    run("issue --home home");
    run("invoices --home home --as ana@example.com");
    run("invoice show 2026-04 web --home home --as ana@example.com");
    run("invoice show 2026-04 web --changes --home home --as ana@example.com");
    run("invoice acknowledge 2026-04 search --home home --as ben@example.com");
    run("invoice accept 2026-04 web --home home --as ana@example.com");
    run("journals list --home home --as clara@example.com");
    run("journals post --home home --as clara@example.com");
    run("tieout 2026-04 --home home --as audrey@example.com");
    run("audit verify --home home");
    run("evidence 2026-04 --out evidence.absent --home home --as audrey@example.com");
    assert_golden("month.txt", &told);
    let sums = fs::read_to_string(machine.files().path("evidence.absent/SHA256SUMS")).expect("the evidence has it");
    assert!(sums.contains("invoices.csv") && sums.contains("acceptances.csv"), "{sums}");
}

#[test]
fn a_disputed_amount_stays_out_until_it_is_resolved() {
    let machine = in_may();
    let line = line_id(&machine, "2026-04 web", "Amazon EC2");
    machine.succeeds(&format!("invoice dispute 2026-04 web --line {line} --amount 100 --reason not-ours --home home --as ana@example.com"));
    machine.succeeds("invoice comment 2026-04 web --dispute 1 --text looking --home home --as fin@example.com");
    assert_eq!(states(&machine, "2026-04")["disputed"], "100.00");
    let rest = "`dayone invoice accept 2026-04 web` for what is not disputed";
    let shown = || machine.succeeds("invoice show 2026-04 web --home home --as ana@example.com");
    assert!(shown().contains(rest), "{}", shown());
    machine.succeeds("invoice accept 2026-04 web --home home --as ana@example.com");
    assert!(!shown().contains(rest), "{}", shown());
    machine.succeeds("journals post --home home --as clara@example.com");
    let before = states(&machine, "2026-04");
    assert_eq!(before["disputed"], "100.00");
    machine.succeeds("invoice resolve 2026-04 web --dispute 1 --reject it-is-yours --home home --as fin@example.com");
    machine.succeeds("journals post --home home --as clara@example.com");
    let after = states(&machine, "2026-04");
    assert_eq!((&after["disputed"], &after["awaiting_posting"]), (&"0.00".into(), &"0.00".into()), "{before} {after}");
}

#[test]
fn an_upheld_dispute_makes_a_revision_for_both() {
    let machine = in_may();
    let line = line_id(&machine, "2026-04 web", "Amazon EC2");
    machine.succeeds(&format!("invoice dispute 2026-04 web --line {line} --amount 100.00 --reason no --home home --as ana@example.com"));
    let ran = machine.succeeds("invoice resolve 2026-04 web --dispute 1 --uphold-central --home home --as fin@example.com");
    assert!(ran.contains("goes to central"), "{ran}");
    let changes = machine.succeeds("invoice show 2026-04 web --changes --home home --as ana@example.com");
    assert!(changes.contains("−100.00"), "{changes}");
    let named = machine.succeeds("invoice show 2026-04 web --changes --from 1 --home home --as ana@example.com");
    assert_eq!(named, changes);
    assert_eq!(machine.dayone("invoice show 2026-04 web --changes --from 9 --home home --as ana@example.com").code, 1);
    let listed = json(&machine, "invoices --period 2026-04 --group web --format json --home home --as ana@example.com");
    assert_eq!((&listed["invoices"][0]["revision"], &listed["invoices"][0]["standing"]), (&2.into(), &"to_accept".into()));
    machine.succeeds("invoice accept 2026-04 web --home home --as ana@example.com");
    states(&machine, "2026-04");
}

#[test]
fn a_question_is_asked_and_answered() {
    let machine = in_may();
    machine.succeeds("invoice ask 2026-04 web --text why --home home --as ana@example.com");
    machine.succeeds("invoice answer 2026-04 web --question 1 --text anyone --home home --as ana@example.com");
    let shown = machine.succeeds("invoice show 2026-04 web --home home --as ana@example.com");
    assert!(shown.contains("Question 1, open: ana@example.com: why"), "what the asker adds is no answer: {shown}");
    machine.succeeds("invoice answer 2026-04 web --question 1 --text because --home home --as fin@example.com");
    let shown = machine.succeeds("invoice show 2026-04 web --home home --as ana@example.com");
    assert!(shown.contains("Question 1: ana@example.com: why") && shown.contains("fin@example.com: because"), "{shown}");
}

#[test]
fn that_no_journal_is_ready_is_no_failure() {
    let machine = in_may();
    for command in ["post", "export"] {
        let told = machine.succeeds(&format!("journals {command} --home home --as clara@example.com"));
        assert!(told.contains("No journal is ready"), "{told}");
    }
}

#[test]
fn files_that_are_missing_or_refused_leave_no_home_behind() {
    let machine = company("2026-05-02");
    fs::write(machine.files().path("off.yaml"), "time_zone: Europe/Olso\n").expect("the folder can be written");
    for file in ["none.yaml", "off.yaml"] {
        let ran = machine.dayone(&format!("init --home home --tree tree.yaml --policy {file}"));
        assert!(ran.code == 1 && ran.err.contains(file), "{ran:?}");
        let mut home = fs::read_dir(machine.files().path("home")).expect("the empty folder of its home");
        assert!(home.next().is_none(), "{file}");
    }
}

#[test]
fn a_batch_is_frozen_and_its_number_recorded() {
    let machine = in_may();
    machine.succeeds("invoice accept 2026-04 web --home home --as ana@example.com");
    machine.succeeds("journals export --home home --as clara@example.com");
    let batch = machine.files().path("home/exports/batch-000001.csv");
    let bytes = fs::read(&batch).expect("the batch is in the home");
    fs::remove_file(&batch).expect("it can be taken away");
    machine.succeeds("journals batch 1 --home home --as clara@example.com");
    assert_eq!(fs::read(&batch).expect("it is there again"), bytes);
    let posted = machine.dayone("journals post --home home --as clara@example.com");
    assert!(!posted.out.contains("posted as"), "what was exported is not posted: {posted:?}");
    let listed = json(&machine, "journals list --format json --home home --as clara@example.com");
    let reference = listed["journals"][0]["journal"].as_str().expect("a reference");
    machine.succeeds(&format!("journals record {reference} --number DOC-7 --home home --as clara@example.com"));
    let shown = machine.succeeds(&format!("journals show {reference} --home home --as clara@example.com"));
    assert!(shown.contains("· posted") && shown.contains("DOC-7"), "{shown}");
}

#[test]
fn what_the_ledger_does_not_have_leaves_anew() {
    let machine = in_may();
    machine.succeeds("invoice accept 2026-04 web --home home --as ana@example.com");
    machine.succeeds("journals export --home home --as clara@example.com");
    let listed = json(&machine, "journals list --format json --home home --as clara@example.com");
    let reference = listed["journals"][0]["journal"].as_str().expect("a reference");
    machine.succeeds(&format!("journals record {reference} --missing refused --home home --as clara@example.com"));
    let posted = machine.succeeds("journals post --home home --as clara@example.com");
    assert!(posted.contains("posted as"), "{posted}");
}

#[test]
fn a_posted_journal_is_reversed_and_recoded_never_edited() {
    let machine = in_may();
    machine.succeeds("invoice accept 2026-04 web --home home --as ana@example.com");
    machine.succeeds("journals post --home home --as clara@example.com");
    let listed = json(&machine, "journals list --format json --home home --as clara@example.com");
    let reference = listed["journals"][0]["journal"].as_str().expect("a reference").to_owned();
    machine
        .succeeds(&format!("journals reclass {reference} --line 1 --cost-center 4150 --reason moved --home home --as clara@example.com"));
    machine.succeeds("journals post --home home --as clara@example.com");
    let listed = json(&machine, "journals list --format json --home home --as clara@example.com");
    let reclass = listed["journals"][1]["journal"].as_str().expect("a reference").to_owned();
    for (posted, after) in [(reclass, "the invoice stays accepted"), (reference, "the invoice is open again")] {
        let told = machine.succeeds(&format!("journals reverse {posted} --reason wrong --home home --as clara@example.com"));
        assert!(told.contains(after), "{told}");
        machine.succeeds("journals post --home home --as clara@example.com");
    }
    let listed = json(&machine, "journals list --format json --home home --as clara@example.com");
    let kinds: Vec<(&str, &str)> = listed["journals"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|journal| (journal["kind"].as_str().expect("a text"), journal["status"].as_str().expect("a text")))
        .collect();
    assert_eq!(kinds, [("recharge", "reversed"), ("reclass", "reversed"), ("reversal", "posted"), ("reversal", "posted")]);
    let all = &listed["journals"];
    assert_eq!((&all[2]["of_journal"], &all[1]["corrected_by"]), (&all[1]["journal"], &Value::from(vec![all[2]["journal"].clone()])));
    assert_eq!(all[0]["corrected_by"], Value::from(vec![all[1]["journal"].clone(), all[3]["journal"].clone()]));
    let table = machine.succeeds("journals list --home home --as clara@example.com");
    assert!(table.contains("Net") && table.contains("Corrects") && table.contains("Corrected by"), "{table}");
    let name = all[0]["journal"].as_str().expect("a reference");
    let page = machine.succeeds(&format!("journals show {name} --home home --as clara@example.com"));
    let by = [&all[1]["journal"], &all[3]["journal"]].map(|by| by.as_str().expect("a reference")).join(", ");
    assert!(page.contains(&format!("Corrected by {by}")), "{page}");
    assert_eq!(states(&machine, "2026-04")["posted"], "0.00");
}

#[test]
fn a_newer_delivery_of_a_closed_period_becomes_a_true_up() {
    let machine = in_may();
    let late = BILL.lines().nth(2).expect("April's first charge").replace("1200.50", "10.00");
    fs::write(machine.files().path("bill.csv"), format!("{BILL}{late}\n")).expect("the bill can be written");
    let again = machine.succeeds("ingest bill.csv --home home");
    assert!(again.contains("newest: it counts now"), "{again}");
    let waits = machine.dayone("tieout 2026-04 --home home --as audrey@example.com");
    assert_eq!(waits.code, 1, "{waits:?}");
    assert!(waits.err.contains("It does not tie out yet: 2026-04 USD: a newer delivery of 2026-04 waits for `dayone issue`"), "{waits:?}");
    assert!(waits.out.contains("… newest delivery: 2,015.88; issued: 2,005.88") && !waits.out.contains("Everything"), "{waits:?}");
    machine.succeeds("evidence 2026-04 --out evidence.absent --home home --as audrey@example.com");
    let readme = fs::read_to_string(machine.files().path("evidence.absent/README.txt")).expect("the evidence has it");
    assert!(readme.contains("2026-04 USD (final): DOES NOT TIE OUT YET\n  - 2026-04 USD: a newer delivery"), "{readme}");
    let issued = machine.succeeds("issue --home home");
    assert!(issued.contains("True-up 1"), "{issued}");
    let shown = machine.succeeds("tieout 2026-04 --home home --as audrey@example.com");
    assert!(shown.contains("True-up 1: +10.00, not on an invoice yet"), "{shown}");
    assert!(shown.contains("✓ newest delivery = issued and true-ups: 2,015.88") && shown.contains("Everything ties out."), "{shown}");
}

#[test]
fn a_delivery_twice_is_known_and_an_older_one_does_not_count() {
    let machine = founded("2026-05-02");
    machine.succeeds("ingest bill.csv --home home");
    let again = machine.succeeds("ingest bill.csv --home home");
    assert!(again.contains("known already") && again.contains("Nothing new."), "{again}");
    let old = BILL.replace("310.125", "300");
    fs::write(machine.files().path("bill.csv"), old).expect("the bill can be written");
    let file = File::options().append(true).open(machine.files().path("bill.csv")).expect("the bill can be opened");
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1)).expect("a time can be set");
    let older = machine.succeeds("ingest bill.csv --home home");
    assert!(older.contains("older: kept, a newer one counts"), "{older}");
}

#[test]
fn a_refused_file_keeps_its_source_out_and_others_land() {
    let azure =
        "  - { id: azure, provider: Microsoft, billing_accounts: [\"777\"], currencies: [USD], prefix: exports/azure/, from: 2026-03 }\n";
    let other = BILL.replace("111122223333", "777").replace("AWS,", "Microsoft,").replace("INV-", "AZ-");
    let machine = company("2026-05-02");
    let files = machine.files();
    fs::write(files.path("sources.yaml"), format!("{SOURCES}{azure}")).expect("the sources can be written");
    machine.succeeds(INIT);
    for (name, text) in [
        ("in/exports/azure/april.csv", other),
        ("in/exports/aws/one.csv", BILL.to_owned()),
        ("in/exports/aws/two.csv", BILL.replace("1200.50,1200.50,AWS", "x,1200.50,AWS")),
    ] {
        fs::create_dir_all(files.path(name).parent().expect("a folder")).expect("a folder can be made");
        fs::write(files.path(name), text).expect("a file can be written");
    }
    let ran = machine.dayone("ingest in --home home");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("azure") && !ran.out.contains("aws"), "{}", ran.out);
    for part in ["two.csv, line 3, column BilledCost", "source `aws`: no delivery was taken"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
}

#[test]
fn the_configuration_is_put_listed_and_shown() {
    let machine = founded("2026-05-02");
    let again = machine.succeeds("config put tree tree.yaml --home home --as clara@example.com");
    assert!(again.contains("is there already"), "{again}");
    assert_eq!(machine.succeeds("config show policy --home home --as audrey@example.com"), POLICY);
    let listed = machine.succeeds("config list --home home --as audrey@example.com");
    for kind in ["tree", "people", "sources", "policy", "calendar"] {
        assert!(listed.lines().any(|line| line.trim_start().starts_with(kind)), "{kind}: {listed}");
    }
}

#[test]
fn a_password_is_set_and_is_on_no_record() {
    let machine = founded("2026-05-02");
    machine.answers(&["correct horse battery staple"]);
    let set = machine.succeeds("config password ana@example.com --home home --as clara@example.com");
    assert!(set.contains("signs in with the new password"), "{set}");
    let trail = machine.succeeds("audit trail --configuration --home home --as audrey@example.com");
    assert!(trail.contains("password") && !trail.contains("horse"), "{trail}");
}

#[test]
fn the_trail_says_who_and_why() {
    let machine = in_may();
    machine.succeeds("invoice accept 2026-04 web --home home --as ana@example.com");
    let trail = machine.succeeds("audit trail --invoice 2026-04/USD/web --home home --as audrey@example.com");
    assert!(trail.contains("ana@example.com") && trail.contains("accepted revision"), "{trail}");
    let whole = json(&machine, "audit trail --format json --home home --as audrey@example.com");
    assert!(whole["trail"].as_array().is_some_and(|trail| trail.len() > 10));
    let anchor = machine.succeeds("audit anchor --home home");
    assert!(anchor.contains("Chain head: anchor"), "{anchor}");
}

#[test]
fn a_changed_byte_of_the_home_is_found() {
    let machine = in_may();
    let folder = machine.files().path("home/documents");
    let document = crate::support::find(&folder, "").expect("there are documents");
    let mut permissions = fs::metadata(&document).expect("it is there").permissions();
    #[allow(clippy::permissions_set_readonly_false, reason = "a document of a test")]
    permissions.set_readonly(false);
    fs::set_permissions(&document, permissions).expect("it is mine");
    let mut bytes = fs::read(&document).expect("it can be read");
    bytes[0] ^= 1;
    fs::write(&document, bytes).expect("it can be written");
    let ran = machine.dayone("audit verify --home home");
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("The trail does not hold") && ran.err.contains("was changed"), "{}", ran.err);
}

#[test]
fn a_promotion_shows_the_policys_facts_and_is_not_overridden_alone() {
    let machine = founded("2026-05-02");
    let unmet = machine.dayone("promote web --home home --as clara@example.com");
    assert_eq!(unmet.code, 1);
    assert!(unmet.out.contains("at least 2") && unmet.out.contains('✗'), "{}", unmet.out);
    assert!(unmet.err.contains("the policy is not met") && unmet.err.contains("What to do"), "{}", unmet.err);
    let asked = machine.succeeds("promote web --reason agreed --home home --as clara@example.com");
    assert!(asked.contains("a second controller agrees"), "{asked}");
    let alone = machine.dayone("promote web --reason agreed --home home --as clara@example.com");
    assert!(alone.code == 1 && alone.err.contains("nobody overrides the policy alone"), "{alone:?}");
    let agreed = machine.succeeds("promote web --reason agreed --home home --as dora@example.com");
    assert!(agreed.contains("in chargeback from 2026-06 on"), "{agreed}");
    let back = machine.succeeds("demote web --home home --as clara@example.com");
    assert!(back.contains("in showback from 2026-06 on"), "{back}");
}

#[test]
fn what_keeps_cost_for_nobody_is_never_promoted() {
    let machine = founded("2026-05-02");
    for group in ["central", "unallocated"] {
        let ran = machine.dayone(&format!("promote {group} --reason no --home home --as clara@example.com"));
        assert!(ran.code == 1 && ran.err.contains("stays in showback"), "{ran:?}");
    }
}

#[test]
fn mail_links_to_the_address_that_the_home_keeps() {
    let machine = founded("2026-05-02");
    machine.succeeds("ingest bill.csv --home home");
    machine.succeeds("init --url https://cost.example.com/ --home home");
    machine.succeeds("issue --home home");
    let mail = crate::support::find(&machine.files().path("home/mail"), ".eml").expect("owners have mail");
    let text = fs::read_to_string(mail).expect("it can be read");
    assert!(text.contains("https://cost.example.com/invoices/"), "{text}");
}

#[test]
fn what_is_done_in_nobodys_name_is_recorded_with_the_account_of_the_machine() {
    let machine = in_may();
    machine.succeeds("evidence 2026-04 --out evidence.absent --home home --as audrey@example.com");
    let trail = fs::read_to_string(machine.files().path("evidence.absent/trail.csv")).expect("the evidence has it");
    for what in ["took in a delivery of", "issued the bill finally"] {
        let done = trail.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{what}: {trail}"));
        assert!(done.contains("\"machine\"") && done.contains("command line, account "), "{done}");
    }
}
