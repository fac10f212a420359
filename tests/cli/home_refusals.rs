//! What a home refuses.

use std::fs;

use super::Refused;
use crate::company::{BILL, PEOPLE, company, founded, in_may};
use crate::support::{Files, Machine};

fn on(title: &'static str, machine: Machine, words: &'static str, names: &'static [&'static str]) -> Refused {
    Refused { title, machine, words, names }
}

/// A machine on which this was done before.
fn after(machine: Machine, before: &[&str]) -> Machine {
    before.iter().for_each(|words| {
        machine.succeeds(words);
    });
    machine
}

fn with_file(machine: Machine, name: &str, text: &str) -> Machine {
    let path = machine.files().path(name);
    fs::create_dir_all(path.parent().expect("the file lies in a folder")).expect("a folder can be made");
    fs::write(path, text).expect("a file can be written");
    machine
}

const DAY: &str = "2026-05-02";

fn home() -> Machine {
    founded(DAY)
}

/// A home whose April is provisional.
fn provisional() -> Machine {
    after(home(), &["ingest bill.csv --home home", "issue --home home"])
}

pub fn homes() -> Vec<Refused> {
    let bare = || Machine::new(Files::new().with("notes/readme.txt", "x").with_folder("home"), DAY);
    vec![
        on("a home that is none", bare(), "invoices --home notes --as ana@example.com", &["notes", "dayone init"]),
        on("a home in a folder of somebody else's", bare(), "init --home notes", &["notes", "other files"]),
        on("a tenant's name with a capital", bare(), "init --home home --tenant Example", &["--tenant", "`Example`"]),
        on("a home of another tenant", home(), "init --home home --tenant other", &["`example`", "`other`"]),
        on(
            "a home that does not name its tenant",
            {
                let machine = home();
                fs::remove_file(machine.files().path("home/tenant")).expect("it is there");
                machine
            },
            "audit verify --home home",
            &["home/tenant", "--tenant"],
        ),
        on("nobody who acts", home(), "invoices --home home", &["--as", "DAYONE_AS"]),
        on("somebody who is on no list", home(), "invoices --home home --as eve@example.com", &["eve@example.com"]),
        on("a first put after the people are there", home(), "config put tree tree.yaml --home home", &["--as"]),
        on("files given to init after the people are there", home(), "init --home home --tree tree.yaml", &["config put tree", "--as"]),
        on(
            "people before anything else",
            after(company(DAY), &["init --home home"]),
            "config put people people.yaml --home home",
            &["config put tree"],
        ),
        on(
            "a policy with a mistake",
            with_file(home(), "policy.yaml", "time_zone: Europe/Olso\n"),
            "config put policy policy.yaml --home home --as clara@example.com",
            &["policy.yaml", "line 1", "`Europe/Olso`", "`Europe/Oslo`"],
        ),
        on("people put by somebody who may not", home(), "config put people people.yaml --home home --as fin@example.com", &["controller"]),
        on(
            "two files of people",
            with_file(home(), "more.yaml", PEOPLE),
            "config put people people.yaml more.yaml --home home --as clara@example.com",
            &["people", "2"],
        ),
        on("a kind that was never put", home(), "config show drivers --home home --as clara@example.com", &["drivers", "config put"]),
        on("a version that was never put", home(), "config show policy --version 7 --home home --as clara@example.com", &["7"]),
        on(
            "a short password",
            {
                let machine = home();
                machine.answers(&["short"]);
                machine
            },
            "config password ana@example.com --home home --as clara@example.com",
            &["12"],
        ),
        on(
            "a delivery before there is a configuration",
            after(company(DAY), &["init --home home"]),
            "ingest bill.csv --home home",
            &["config put"],
        ),
    ]
}

pub fn deliveries() -> Vec<Refused> {
    let bill = |text: String| with_file(home(), "bill.csv", &text);
    vec![
        on(
            "a delivery in the name of an owner",
            home(),
            "ingest bill.csv --home home --as ana@example.com",
            &["`ana@example.com`", "controller or finops", "--as"],
        ),
        on("a run in the name of FinOps", home(), "issue --home home --as fin@example.com", &["`fin@example.com`", "controller", "--as"]),
        on("issuing on a day that has not come", home(), "issue --as-of 2026-05-03 --home home", &["`2026-05-03`", "2026-05-02"]),
        on("files of a source that is not there", home(), "ingest bill.csv --source gcp --home home", &["`gcp`", "aws"]),
        on(
            "a billing account that no source covers",
            bill(BILL.replace("111122223333", "999900001111")),
            "ingest bill.csv --home home",
            &["bill.csv", "`999900001111`", "--source"],
        ),
        on(
            "a billing account of another source",
            bill(BILL.replace("111122223333", "999900001111")),
            "ingest bill.csv --source aws --home home",
            &["`aws`", "`999900001111`"],
        ),
        on(
            "a currency that the source does not bill in",
            bill(BILL.replace("USD", "EUR")),
            "ingest bill.csv --home home",
            &["`aws`", "EUR"],
        ),
        on(
            "a billing period that the source is not expected for",
            bill(BILL.replace("2026-03-01", "2026-02-01").lines().take(2).map(|line| format!("{line}\n")).collect()),
            "ingest bill.csv --home home",
            &["`aws`", "2026-02"],
        ),
        on(
            "two deliveries of one month at once",
            with_file(with_file(home(), "in/a/bill.csv", BILL), "in/b/bill.csv", &BILL.replace("40,40,40,40", "41,41,41,41")),
            "ingest in --home home",
            &["`aws`", "2026-04", "in/a", "in/b"],
        ),
        on(
            "a refused file of which nobody can tell the source",
            with_file(with_file(home(), "in/one.csv", BILL), "in/two.csv", "MeterCategory,CostInBillingCurrency\n"),
            "ingest in --home home",
            &["in/two.csv", "source `aws`: no delivery was taken"],
        ),
        on(
            "a file without billing accounts",
            bill(BILL.replace("111122223333", "")),
            "ingest bill.csv --home home",
            &["bill.csv", "--source"],
        ),
        on(
            "a source that has not delivered",
            home(),
            "close aws 2026-04 --home home --as clara@example.com",
            &["`aws`", "2026-04", "no delivery"],
        ),
        on("a source that is not there", home(), "close gcp 2026-04 --home home --as clara@example.com", &["`gcp`"]),
        on(
            "a billing period that has not ended",
            home(),
            "close aws 2026-05 --home home --as clara@example.com",
            &["2026-05", "not ended"],
        ),
        on("a source closed by an owner", provisional(), "close aws 2026-04 --home home --as ana@example.com", &["controller"]),
    ]
}

pub fn invoices() -> Vec<Refused> {
    let limited = PEOPLE.replace("name: Ana Owner", "name: Ana Owner, accepts_up_to: { USD: \"10.00\" }");
    let in_may_limited =
        after(with_file(in_may(), "people.yaml", &limited), &["config put people people.yaml --home home --as clara@example.com"]);
    let accepted = || after(in_may(), &["invoice accept 2026-04 web --home home --as ana@example.com"]);
    vec![
        on(
            "an invoice of a month that was not issued",
            in_may(),
            "invoice show 2026-09 web --home home --as ana@example.com",
            &["`web`", "2026-09"],
        ),
        on("an invoice of somebody else's", in_may(), "invoice show 2026-04 web --home home --as ben@example.com", &["`web`"]),
        on(
            "a revision that is not there",
            in_may(),
            "invoice show 2026-04 web --revision 9 --home home --as ana@example.com",
            &["revision 9"],
        ),
        on(
            "a provisional invoice accepted",
            provisional(),
            "invoice accept 2026-04 web --home home --as ana@example.com",
            &["provisional"],
        ),
        on("an invoice in showback accepted", in_may(), "invoice accept 2026-04 search --home home --as ben@example.com", &["showback"]),
        on(
            "an invoice in chargeback acknowledged",
            in_may(),
            "invoice acknowledge 2026-04 web --home home --as ana@example.com",
            &["chargeback"],
        ),
        on(
            "an old revision accepted",
            in_may(),
            "invoice accept 2026-04 web --revision 9 --home home --as ana@example.com",
            &["revision 9"],
        ),
        on("an invoice accepted by FinOps", in_may(), "invoice accept 2026-04 web --home home --as fin@example.com", &["owner"]),
        on("an amount above a person's limit", in_may_limited, "invoice accept 2026-04 web --home home --as ana@example.com", &["10.00"]),
        on(
            "a dispute of a line that is not there",
            in_may(),
            "invoice dispute 2026-04 web --line 0123456789abcdef --amount 1 --reason no --home home --as ana@example.com",
            &["`0123456789abcdef`"],
        ),
        on(
            "a dispute with an amount that is none",
            in_may(),
            "invoice dispute 2026-04 web --line 0123456789abcdef --amount 1,000 --reason no --home home --as ana@example.com",
            &["--amount", "`1,000`"],
        ),
        on(
            "a dispute after acceptance",
            accepted(),
            "invoice dispute 2026-04 web --line 0123456789abcdef --amount 1 --reason no --home home --as ana@example.com",
            &["accepted"],
        ),
        on(
            "an answer to a question that nobody asked",
            in_may(),
            "invoice answer 2026-04 web --question 3 --text x --home home --as fin@example.com",
            &["question 3"],
        ),
        on(
            "a dispute resolved that nobody raised",
            in_may(),
            "invoice resolve 2026-04 web --dispute 3 --reject no --home home --as fin@example.com",
            &["dispute 3"],
        ),
    ]
}

pub fn ledger() -> Vec<Refused> {
    let accepted = || after(in_may(), &["invoice accept 2026-04 web --home home --as ana@example.com"]);
    vec![
        on("a cost group that is not there", home(), "demote nobody --home home --as clara@example.com", &["`nobody`"]),
        on("a mode of a month that has begun", home(), "demote web --from 2026-04 --home home --as clara@example.com", &["2026-06"]),
        on("a mode changed by an owner", home(), "demote web --home home --as ana@example.com", &["controller"]),
        on("a journal that is not there", in_may(), "journals show J-1 --home home --as clara@example.com", &["`J-1`"]),
        on("journals posted by an owner", accepted(), "journals post --home home --as ana@example.com", &["controller"]),
        on("a batch that is not there", in_may(), "journals batch 7 --home home --as clara@example.com", &["7"]),
        on("a month that was not issued", in_may(), "tieout 2026-09 --home home --as audrey@example.com", &["2026-09"]),
        on("a month that is no month", in_may(), "tieout 2026-13 --home home --as audrey@example.com", &["`2026-13` is no billing period"]),
        on("a tie-out for an owner", in_may(), "tieout 2026-04 --home home --as ana@example.com", &["auditor"]),
        on(
            "evidence into a folder that holds something",
            with_file(in_may(), "used/old.txt", "x"),
            "evidence 2026-04 --out used --home home --as audrey@example.com",
            &["used", "--out"],
        ),
        on("a trail of no invoice", home(), "audit trail --invoice web --home home --as audrey@example.com", &["--invoice", "`web`"]),
        on("a trail of no bill", home(), "audit trail --bill 2026-04 --home home --as audrey@example.com", &["--bill", "`2026-04`"]),
        on("the whole trail for an owner", home(), "audit trail --home home --as ana@example.com", &["auditor"]),
    ]
}
