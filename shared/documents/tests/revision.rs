//! The CSV and JSON of an issued revision: what the page states is in them, and sums to what is due.

#[allow(dead_code)]
mod sample;

use dayone_documents::{Book, Status, revision_csv};
use dayone_domain::invoice::Line;
use dayone_domain::review::{Correction, InvoiceDocument, InvoiceRef, Move, Stage};
use dayone_domain::tree::Mode;
use dayone_domain::true_up::{TrueUp, TrueUpLine};
use dayone_domain::{BillingPeriod, CostBasis, Exact, Money};
use sample::{Sample, northwind};

fn minor(sample: &Sample, minor: i128) -> Money {
    Money::from_minor(minor, sample.invoices.last().unwrap().key.currency)
}

fn moved(sample: &Sample, from: &str, to: &str, line: &str, amount: i128) -> Move {
    Move {
        from: from.to_owned(),
        to: to.to_owned(),
        dispute: 2,
        line: line.to_owned(),
        of: "Usage, AWS Lambda, checkout-prod".to_owned(),
        reason: "not ours".to_owned(),
        amount: minor(sample, amount),
        by_billing_account: vec![("100000000001".to_owned(), minor(sample, amount))],
        account: Some("6100".to_owned()),
        mode: Mode::Chargeback,
    }
}

fn correction(sample: &Sample, period: BillingPeriod, lines: &[Line]) -> Correction {
    let change = minor(sample, -250);
    let line = |line: &Line| TrueUpLine {
        key: line.key(),
        what: line.what.clone(),
        exact: change.exact(),
        amount: change,
        by_billing_account: Vec::new(),
        account: line.account.clone(),
        before: line.amount,
        now: line.amount + change,
    };
    let lines: Vec<TrueUpLine> = lines.iter().map(line).collect();
    let total = lines.iter().fold(minor(sample, 0), |sum, line| sum + line.amount);
    let group = sample.invoices[0].invoices[0].group.clone();
    let true_up = TrueUp { group, total, exact: total.exact(), lines };
    Correction { period, invoice_number: Some(7), round: 1, mode: Mode::Chargeback, true_up }
}

/// Checkout with an amount that went, one that came, true-ups of the month before, and a part of those that went.
fn revision(sample: &Sample) -> (usize, InvoiceDocument) {
    let shown = sample.invoices.last().unwrap();
    let place = shown.invoices.iter().position(|invoice| invoice.group.id == "checkout").unwrap();
    let invoice = shown.invoices[place].clone();
    let before = shown.key.period.previous();
    let corrections = vec![correction(sample, before, &[invoice.lines[0].clone(), invoice.lines.last().unwrap().clone()])];
    let corrected = corrections[0].id(&corrections[0].true_up.lines[0]);
    let moves = vec![
        moved(sample, "checkout", "search", &invoice.lines[0].key().id(), -1_234),
        moved(sample, "search", "checkout", "0000000000000000", 77),
        Move { dispute: 3, ..moved(sample, "checkout", "search", &corrected, 50) },
    ];
    let document = InvoiceDocument {
        of: InvoiceRef { bill: shown.key, group: "checkout".to_owned() },
        company: sample.company.clone(),
        basis: shown.basis,
        revision: 3,
        stage: Stage::Final,
        invoice_number: Some(42),
        issued_on: "2026-05-09".parse().unwrap(),
        tree: shown.key.period,
        invoice,
        moves,
        corrections,
    };
    (place, document)
}

fn rows(text: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| header.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect();
    reader.records().map(|record| row(record.unwrap())).collect()
}

#[test]
fn the_csv_of_a_revision_sums_to_what_is_due_and_tells_true_ups_from_the_total() {
    let sample = northwind(CostBasis::Billed);
    let (_, document) = revision(&sample);
    let rows = rows(&revision_csv(&document));
    let sum = |is_true_up: bool| -> Exact {
        let of = rows.iter().filter(|row| row["corrects_period"].is_empty() != is_true_up);
        of.map(|row| Exact::parse(&row["amount"]).unwrap()).sum()
    };
    assert_eq!(document.true_ups(), minor(&sample, -450));
    assert_eq!(sum(true), document.true_ups().exact());
    assert_eq!(sum(false), document.total().exact());
    assert_ne!(document.total(), document.invoice.total);
}

#[test]
fn every_row_of_a_revision_has_the_identifier_and_the_words_of_its_line() {
    let sample = northwind(CostBasis::Billed);
    let (_, document) = revision(&sample);
    let rows = rows(&revision_csv(&document));
    let told: Vec<(&str, &str)> = rows.iter().map(|row| (row["line"].as_str(), row["amount"].as_str())).collect();
    let stated: Vec<(String, String)> = document.stated().into_iter().map(|stated| (stated.id, stated.amount.to_string())).collect();
    assert_eq!(told, stated.iter().map(|(id, amount)| (id.as_str(), amount.as_str())).collect::<Vec<_>>());
    assert!(rows.iter().all(|row| !row["what"].is_empty()));
}

#[test]
fn moves_name_both_sides_and_true_ups_the_invoice_that_they_correct() {
    let sample = northwind(CostBasis::Billed);
    let (_, document) = revision(&sample);
    let text = revision_csv(&document);
    let lines = document.invoice.lines.len();
    let beside: String =
        text.lines().enumerate().filter(|(place, _)| *place == 0 || *place > lines).map(|(_, line)| format!("{line}\n")).collect();
    insta::assert_snapshot!(beside);
}

#[test]
fn the_json_of_a_revision_holds_what_the_csv_does() {
    let sample = northwind(CostBasis::Billed);
    let (place, document) = revision(&sample);
    let status = Status::Final { number: Some(42), revision: 3 };
    let book = Book::try_new(&sample.company, &sample.invoices, status).unwrap();
    let json: serde_json::Value = serde_json::from_str(&book.revision_json(place, &document)).unwrap();
    let sum = |list: &str| -> Exact {
        json[list].as_array().unwrap().iter().map(|item| Exact::parse(item["amount"].as_str().unwrap()).unwrap()).sum()
    };
    assert_eq!(json["due"]["due"], document.due().to_string());
    assert_eq!(sum("lines") + sum("moves") + sum("true_ups"), document.due().exact());
    let preview: serde_json::Value = serde_json::from_str(&book.json(place)).unwrap();
    assert!(preview.get("moves").is_none() && preview.get("due").is_none());
}
