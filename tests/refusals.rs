//! Every refusal of the command line, in full in `tests/cli/refusals.txt`, so that it can be read as people read it.

#[path = "cli/company.rs"]
mod company;
#[path = "cli/home_refusals.rs"]
mod home_refusals;
#[path = "cli/support.rs"]
mod support;

use std::fs;
use std::path::Path;

use dayone_demo::DemoTenant;
use dayone_domain::BillingPeriod;
use dayone_tests::samples;

use support::{Files, Machine, Ran, assert_golden, csv, dayone, find, gzip};

/// Something that is refused.
struct Refused {
    /// What is wrong, for people.
    title: &'static str,
    machine: Machine,
    /// The words after `dayone`.
    words: &'static str,
    /// What the message has to name: file, place, column, value.
    names: &'static [&'static str],
}

fn refused(title: &'static str, words: &'static str, names: &'static [&'static str], files: Files) -> Refused {
    Refused { title, machine: Machine::new(files, "2026-05-02"), words, names }
}

const COLUMNS: &str = "BillingAccountId,BillingPeriodStart,BillingCurrency,ChargeCategory,InvoiceId,BilledCost,EffectiveCost,Tags";
const SOUND: &str = "111122223333,2026-04-01T00:00:00Z,USD,Usage,INV-1,12.50,12.50,{}";

/// A bill whose first row, on line 2, is sound.
fn bill(rows: &[&str]) -> String {
    csv(COLUMNS, &[&[SOUND], rows].concat())
}

fn bill_file(text: impl AsRef<[u8]>) -> Files {
    Files::new().with("bill.csv", text)
}

fn billing_files() -> Vec<Refused> {
    let file = |title, names, text: String| refused(title, "preview bill.csv", names, bill_file(text));
    let row = |title, names, row: &str| file(title, names, bill(&[row]));
    vec![
        row(
            "a row with a field too few",
            &["bill.csv", "line 3", "7 fields", "header has 8"],
            "111122223333,2026-04-01T00:00:00Z,USD,Usage,INV-1,12.50,{}",
        ),
        row(
            "a row with a field too many",
            &["bill.csv", "line 3", "9 fields", "header has 8"],
            "111122223333,2026-04-01T00:00:00Z,USD,Usage,INV-1,12,50,12.50,{}",
        ),
        row(
            "a cost with a decimal comma",
            &["bill.csv", "line 3", "column BilledCost", "`12,50`"],
            "111122223333,2026-04-01T00:00:00Z,USD,Usage,INV-1,\"12,50\",12.50,{}",
        ),
        row(
            "a cost that is a word",
            &["bill.csv", "line 3", "column EffectiveCost", "`n/a`"],
            "111122223333,2026-04-01T00:00:00Z,USD,Usage,INV-1,12.50,n/a,{}",
        ),
        row(
            "a cost that is null",
            &["bill.csv", "line 3", "column BilledCost"],
            "111122223333,2026-04-01T00:00:00Z,USD,Usage,INV-1,,12.50,{}",
        ),
        row(
            "two currencies under one provider invoice",
            &["bill.csv", "line 3", "column InvoiceId", "`INV-1`", "USD", "EUR"],
            "111122223333,2026-04-01T00:00:00Z,EUR,Usage,INV-1,12.50,12.50,{}",
        ),
        refused(
            "two currencies under one provider invoice, in two files",
            "preview bill.csv other.csv",
            &["other.csv", "line 2", "column InvoiceId", "`INV-1`", "USD", "EUR"],
            bill_file(bill(&[])).with("other.csv", csv(COLUMNS, &["111122223333,2026-04-01T00:00:00Z,EUR,Usage,INV-1,1,1,{}"])),
        ),
        row(
            "an account that a spreadsheet has rewritten",
            &["bill.csv", "line 3", "column BillingAccountId", "`1.11122E+11`", "spreadsheet"],
            "1.11122E+11,2026-04-01T00:00:00Z,USD,Usage,INV-1,12.50,12.50,{}",
        ),
        row(
            "a date that a spreadsheet has rewritten",
            &["bill.csv", "line 3", "column BillingPeriodStart", "`4/1/2026 0:00`", "spreadsheet"],
            "111122223333,4/1/2026 0:00,USD,Usage,INV-1,12.50,12.50,{}",
        ),
        row(
            "a date that is none",
            &["bill.csv", "line 3", "column BillingPeriodStart", "`April`"],
            "111122223333,April,USD,Usage,INV-1,12.50,12.50,{}",
        ),
        row(
            "a currency that is none",
            &["bill.csv", "line 3", "column BillingCurrency", "`dollars`"],
            "111122223333,2026-04-01T00:00:00Z,dollars,Usage,INV-1,12.50,12.50,{}",
        ),
        row(
            "tags that are no JSON",
            &["bill.csv", "line 3", "column Tags", "`team=a`"],
            "111122223333,2026-04-01T00:00:00Z,USD,Usage,INV-1,12.50,12.50,team=a",
        ),
        file(
            "a billing period that is longer than a month",
            &["bill.csv", "line 2", "column BillingPeriodEnd", "`2026-07-01T00:00:00Z`"],
            csv(
                "BillingPeriodStart,BillingPeriodEnd,BillingCurrency,ChargeCategory,BilledCost,EffectiveCost",
                &["2026-04-01T00:00:00Z,2026-07-01T00:00:00Z,USD,Usage,1,1"],
            ),
        ),
        file(
            "a column that is missing",
            &["bill.csv", "column EffectiveCost"],
            csv("BillingPeriodStart,BillingCurrency,ChargeCategory,BilledCost", &["2026-04-01T00:00:00Z,USD,Usage,1"]),
        ),
        file(
            "a column that is there twice",
            &["bill.csv", "column BilledCost"],
            csv("BillingPeriodStart,BilledCost,ChargeCategory,BilledCost,EffectiveCost", &["2026-04-01T00:00:00Z,1,Usage,1,1"]),
        ),
        file(
            "a savings plan without the columns that amortise it",
            &["bill.csv", "line 2", "column savings_plan_savings_plan_effective_cost"],
            csv(
                "bill_billing_period_start_date,line_item_line_item_type,line_item_currency_code,line_item_unblended_cost",
                &["2026-04-01T00:00:00Z,SavingsPlanCoveredUsage,USD,10"],
            ),
        ),
    ]
}

fn containers() -> Vec<Refused> {
    let zipped = gzip(bill(&[SOUND; 100]));
    let mut damaged = zipped.clone();
    let checksum = damaged.len() - 8;
    damaged[checksum] ^= 0xff;
    let whole = fs::read(parquet().path("bill.parquet")).expect("the demo wrote it");
    let utf16: Vec<u8> = "\u{feff}BilledCost".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let packed = |name: &'static str, bytes: &[u8]| Files::new().with(name, bytes);
    let file = |title, names, bytes: &[u8]| refused(title, "preview bill.csv", names, bill_file(bytes));
    vec![
        refused(
            "a gzip cut short",
            "preview bill.csv.gz",
            &["bill.csv.gz", "line", "cut short"],
            packed("bill.csv.gz", &zipped[..zipped.len() - 12]),
        ),
        refused("a gzip that is damaged", "preview bill.csv.gz", &["bill.csv.gz", "line", "damaged"], packed("bill.csv.gz", &damaged)),
        refused(
            "a Parquet file without its end",
            "preview bill.parquet",
            &["bill.parquet", "cut short"],
            packed("bill.parquet", &whole[..whole.len() / 2]),
        ),
        refused(
            "a Parquet file without its beginning",
            "preview bill.parquet",
            &["bill.parquet"],
            packed("bill.parquet", &[b"PAR1", &whole[whole.len() / 2..]].concat()),
        ),
        refused(
            "a zip of two files",
            "preview bill.csv.zip",
            &["bill.csv.zip", "2 files"],
            packed("bill.csv.zip", &zip_of(&["april.csv", "may.csv"])),
        ),
        file("an empty file", &["bill.csv", "empty"], b""),
        file("an empty file in gzip", &["bill.csv", "empty"], &gzip("")),
        file("a text in UTF-16", &["bill.csv", "UTF-16"], &utf16),
        file("a picture", &["bill.csv"], b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff"),
        file("a row with an umlaut in Latin-1", &["bill.csv", "line 3", "column BillingAccountId", "UTF-8"], &latin_1()),
        file("a quote that is not closed", &["bill.csv", "line 3"], bill(&[&SOUND.replacen("1111", "\"1111", 1)]).as_bytes()),
    ]
}

fn other_formats() -> Vec<Refused> {
    let file = |title, names, header: &str| refused(title, "preview bill.csv", names, bill_file(csv(header, &["x"])));
    vec![
        file("a native Azure export", &["bill.csv", "native Azure", "FOCUS"], "Date,MeterCategory,CostInBillingCurrency"),
        file(
            "a native Google Cloud export",
            &["bill.csv", "native Google", "FOCUS"],
            "billing_account_id,service.description,sku.description,usage_start_time,cost",
        ),
        file("a native Oracle Cloud report", &["bill.csv", "native Oracle", "FOCUS"], "lineItem/referenceNo,lineItem/tenantId,cost/myCost"),
        file(
            "a contract-commitment data set",
            &["bill.csv", "contract-commitment"],
            "ContractCommitmentId,ContractCommitmentCost,BillingCurrency",
        ),
        file("a table of something else", &["bill.csv", "name, age"], "name,age"),
        file("a table with semicolons", &["bill.csv", "semicolons"], "BilledCost;EffectiveCost;ChargeCategory"),
        file("a manifest", &["bill.csv", "manifest"], "{"),
    ]
}

fn files_and_folders() -> Vec<Refused> {
    let twins = || bill_file(bill(&[])).with("again/bill-2.csv", bill(&[]));
    vec![
        refused("the same bytes under two names", "preview bill.csv again", &["again/bill-2.csv", "bill.csv", "twice"], twins()),
        refused("the same file named twice", "preview bill.csv bill.csv", &["bill.csv", "twice"], bill_file(bill(&[]))),
        refused("a folder without billing files", "preview notes", &["notes"], Files::new().with("notes/readme.txt", "x")),
        refused("a file that is not there", "preview bill.csv.absent", &["bill.csv.absent"], Files::new()),
        refused(
            "two files at once, both refused",
            "preview one.csv two.csv",
            &["one.csv", "line 3", "`x`", "two.csv", "Azure"],
            Files::new()
                .with("one.csv", bill(&[&SOUND.replacen("12.50", "x", 1)]))
                .with("two.csv", "MeterCategory,CostInBillingCurrency\n"),
        ),
        refused(
            "a billing period that the files do not hold",
            "preview bill.csv --period 2027-01",
            &["2027-01", "2026-04"],
            bill_file(bill(&[])),
        ),
        refused("a tag key that no charge carries", "tree suggest bill.csv --tag team", &["`team`"], bill_file(bill(&[]))),
        refused("a starter tree from a file without charges", "tree suggest bill.csv", &["no charges"], bill_file(csv(COLUMNS, &[]))),
    ]
}

const TREE: &str = "valid_from: 2026-01\nunallocated: { id: unallocated, owners: [finops@example.com] }\n";

fn trees() -> Vec<Refused> {
    let check = |title, names, text: &str| refused(title, "tree check tree.yaml", names, Files::new().with("tree.yaml", text));
    let after = |title, names, rest: &str| check(title, names, &format!("{TREE}owners: [team@example.com]\n{rest}"));
    vec![
        refused(
            "a tree, while previewing",
            "preview bill.csv --tree tree.yaml",
            &["tree.yaml:3:1", "`grups`", "`groups`"],
            bill_file(bill(&[])).with("tree.yaml", format!("{TREE}grups: []\n")),
        ),
        refused("a tree that is not there", "tree check tree.yaml.absent", &["tree.yaml.absent"], Files::new()),
        check("an empty tree", &["tree.yaml"], ""),
        check("a tree with a tab", &["tree.yaml", "tab"], "valid_from: 2026-01\n\tunallocated: x\n"),
        check("a tree with an open quote", &["tree.yaml:2", "quote"], "valid_from: 2026-01\ncompany: \"Meridian\n"),
        check("a tree that states neither month nor unallocated", &["tree.yaml:1:1", "valid_from", "unallocated"], "company: x\n"),
        check("a tree whose month is a day", &["tree.yaml:1:13", "`2026-01-15`"], &TREE.replace("2026-01", "2026-01-15")),
        check(
            "an unallocated group without owner",
            &["tree.yaml:2:20", "owner"],
            "valid_from: 2026-01\nunallocated: { id: unallocated }\n",
        ),
        check("a cost group without owner", &["tree.yaml:4:9", "`shop`"], &format!("{TREE}groups:\n  - id: shop\n")),
        after("an id twice", &["tree.yaml:6:9", "`Shop`"], "groups:\n  - id: shop\n  - id: Shop\n"),
        after("an id with a blank", &["tree.yaml:5:9", "`the shop`"], "groups:\n  - id: the shop\n"),
        after(
            "a rule to nobody",
            &["tree.yaml:7:9", "`shpo`", "`shop`"],
            "groups:\n  - id: shop\nrules:\n  - to: shpo\n    when: { service: Amazon EC2 }\n",
        ),
        after(
            "a rule on what cannot be matched",
            &["tree.yaml:8:13", "`resource_id`"],
            "groups:\n  - id: shop\nrules:\n  - to: shop\n    when: { resource_id: i-1 }\n",
        ),
        after(
            "pools in a circle",
            &["tree.yaml:7:9", "platform → support → platform"],
            "groups:\n  - id: shop\npools:\n  - id: platform\n    split: even\n    to: [shop, support]\n  - id: support\n    split: even\n    to: [shop, platform]\n",
        ),
        after(
            "a pool without fallback",
            &["tree.yaml:7:9", "`platform`", "fallback"],
            "groups:\n  - id: shop\npools:\n  - id: platform\n    split: proportional\n    to: [shop]\n",
        ),
        after(
            "chargeback without ledger",
            &["tree.yaml:5:9", "`shop`", "ledger"],
            "groups:\n  - id: shop\n    mode: chargeback\n    cost_center: \"4100\"\n",
        ),
        after(
            "several problems at once",
            &["tree.yaml:5:9", "tree.yaml:6:11", "tree.yaml:8:9"],
            "groups:\n  - id: a/b\n    mode: free\nrules:\n  - to: nobody\n",
        ),
        refused(
            "two versions from the same month",
            "tree check tree.yaml tree-2.yaml",
            &["2026-01", "`valid_from`"],
            Files::new().with("tree.yaml", TREE).with("tree-2.yaml", TREE),
        ),
        check("a tree that is a spreadsheet", &["tree.yaml", "spreadsheet"], "PK\u{3}\u{4}"),
    ]
}

const DRIVERS: &str = "driver,billing_period,cost_group,quantity";

fn drivers() -> Vec<Refused> {
    let tree = || bill_file(bill(&[])).with("tree.yaml", TREE);
    let words = "preview bill.csv --tree tree.yaml --drivers drivers.csv";
    let file = |title, names, text: String| refused(title, words, names, tree().with("drivers.csv", text));
    let row = |title, names, row: &str| file(title, names, csv(DRIVERS, &["requests,2026-04,shop,1", row]));
    vec![
        refused(
            "a driver file that is not there",
            "preview bill.csv --tree tree.yaml --drivers drivers.csv.absent",
            &["drivers.csv.absent"],
            tree(),
        ),
        file("an empty driver file", &["drivers.csv", "empty"], String::new()),
        file(
            "a driver file with a column misspelt",
            &["drivers.csv", "line 1", "`quantty`", "`quantity`"],
            csv("driver,billing_period,cost_group,quantty", &[]),
        ),
        file("a driver file without a column", &["drivers.csv", "line 1", "column cost_group"], csv("driver,billing_period,quantity", &[])),
        row("a quantity that is no number", &["drivers.csv", "line 3", "column quantity", "`1,200`"], "requests,2026-04,web,\"1,200\""),
        row("a quantity below zero", &["drivers.csv", "line 3", "column quantity", "`-4`"], "requests,2026-04,web,-4"),
        row("a quantity twice", &["drivers.csv", "line 3", "column quantity", "line 2"], "requests,2026-04,shop,2"),
        row("a month that is none", &["drivers.csv", "line 3", "column billing_period", "`Apr 26`"], "requests,Apr 26,web,2"),
        row("a quantity for nobody", &["drivers.csv", "line 3", "column cost_group"], "requests,2026-04,,2"),
        row("a ragged row of a driver file", &["drivers.csv", "line 3", "3 values"], "requests,2026-04,web"),
        refused(
            "a quantity in two driver files",
            "preview bill.csv --tree tree.yaml --drivers drivers.csv --drivers more.csv",
            &["more.csv", "`requests`", "`shop`", "2026-04"],
            tree()
                .with("drivers.csv", csv(DRIVERS, &["requests,2026-04,shop,1"]))
                .with("more.csv", csv(DRIVERS, &["requests,2026-04,shop,1"])),
        ),
    ]
}

const DOCUMENTS: &str = "id,net,tax,currency,credit_memo_of";

fn provider_invoices() -> Vec<Refused> {
    let words = "tieout bill.csv --provider-invoices invoices.csv";
    let file = |title, names, text: String| refused(title, words, names, bill_file(bill(&[])).with("invoices.csv", text));
    let row = |title, names, row: &str| file(title, names, csv(DOCUMENTS, &["INV-1,12.50,0,USD,", row]));
    vec![
        refused(
            "provider invoices that are not there",
            "tieout bill.csv --provider-invoices invoices.csv.absent",
            &["invoices.csv.absent"],
            bill_file(bill(&[])),
        ),
        file("provider invoices without a column", &["invoices.csv", "line 1", "column currency"], csv("id,net,tax", &[])),
        file("provider invoices with semicolons", &["invoices.csv", "line 1"], csv("id;net;tax;currency", &[])),
        row("a net amount that is no number", &["invoices.csv", "line 3", "column net", "`$5`"], "INV-2,$5,0,USD,"),
        row("a currency in small letters", &["invoices.csv", "line 3", "column currency", "`eur`", "`EUR`"], "INV-2,5,0,eur,"),
        row("a document without number", &["invoices.csv", "line 3", "column id"], ",5,0,USD,"),
        row("a document twice", &["invoices.csv", "line 3", "column id", "`INV-1`", "line 2"], "INV-1,5,0,USD,"),
        row("a credit memo of itself", &["invoices.csv", "line 3", "column credit_memo_of", "`CM-1`"], "CM-1,-5,0,USD,CM-1"),
    ]
}

/// Every part of the command line that refuses, under a heading of its own.
fn everything() -> Vec<(&'static str, Vec<Refused>)> {
    vec![
        ("Rows of billing files", billing_files()),
        ("What billing files come in", containers()),
        ("What is no billing file", other_formats()),
        ("Files, folders and what is asked of them", files_and_folders()),
        ("Allocation trees", trees()),
        ("Driver files", drivers()),
        ("The provider's documents", provider_invoices()),
        ("Homes and who acts on them", home_refusals::homes()),
        ("Deliveries", home_refusals::deliveries()),
        ("Invoices of a home", home_refusals::invoices()),
        ("Modes, journals and the trail", home_refusals::ledger()),
    ]
}

#[test]
fn every_refusal_names_place_value_reason_and_remedy() {
    let mut wrong = Vec::new();
    let mut told = String::new();
    for (heading, refusals) in everything() {
        told += &format!("== {heading}\n\n");
        for Refused { title, machine, words, names } in refusals {
            let Ran { code, out, err } = machine.dayone(words);
            told += &format!("-- {title}\n$ dayone {words}\n{err}\n");
            let mut check = |holds: bool, what: &str| {
                if !holds {
                    wrong.push(format!("{title}: {what}\n{err}"));
                }
            };
            check(code == 1, &format!("exit code {code}"));
            check(out.is_empty(), "something is on standard output");
            check(err.to_lowercase().contains("what to do"), "it does not say what to do");
            for name in names {
                check(err.contains(name), &format!("it does not name {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_golden("refusals.txt", &told);
}

#[test]
fn nothing_of_a_sound_file_is_shown_beside_a_refused_one() {
    let files = bill_file(bill(&[])).with("other.csv", "MeterCategory,CostInBillingCurrency\n");
    for words in ["preview bill.csv other.csv --format json", "tieout bill.csv other.csv", "tree suggest bill.csv other.csv"] {
        let ran = files.dayone(words);
        assert_eq!((ran.code, ran.out.as_str()), (1, ""), "{words}");
    }
}

#[test]
fn invoices_cannot_be_written_into_a_file() {
    let ran = bill_file(bill(&[])).with("tree.yaml", TREE).dayone("preview bill.csv --tree tree.yaml --out bill.csv");
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("bill.csv") && ran.err.contains("What to do"), "{}", ran.err);
}

#[test]
fn a_file_that_a_spreadsheet_has_mangled_is_refused() {
    let Some(samples) = samples("a_file_that_a_spreadsheet_has_mangled_is_refused") else { return };
    let file = samples.join("must-refuse").join("excel-mangled-focus.csv");
    assert!(file.is_file(), "`{}` is missing", file.display());
    let ran = dayone([Path::new("preview"), &file]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    for name in ["excel-mangled-focus.csv", "line 2", "column BillingAccountId", "`1.23457E+12`", "spreadsheet", "What to do"] {
        assert!(ran.err.contains(name), "{name}: {}", ran.err);
    }
}

/// A Parquet file as the demo's generator writes it.
fn parquet() -> Files {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let tenant = DemoTenant { seed: 1, last_closed: BillingPeriod::try_new(2026, 5).expect("a month") };
    dayone_demo::write(&tenant, folder.path(), &mut |_, _| {}).expect("the demo can be written");
    let path = find(folder.path(), ".parquet").expect("one source of the demo is Parquet");
    Files::new().with("bill.parquet", fs::read(path).expect("a file can be read"))
}

fn zip_of(names: &[&str]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in names {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).expect("memory can be written to");
        std::io::Write::write_all(&mut zip, bill(&[]).as_bytes()).expect("memory can be written to");
    }
    zip.finish().expect("memory can be written to").into_inner()
}

fn latin_1() -> Vec<u8> {
    let mut bytes = bill(&[&SOUND.replacen("1111", "@111", 1)]).into_bytes();
    let place = bytes.iter().position(|byte| *byte == b'@').expect("it is there");
    bytes[place] = 0xfc;
    bytes
}
