//! Journals as files and as what is sent: golden files, reading back, what is refused.

use chrono::NaiveDate;
use dayone_domain::cube::BillKey;
use dayone_domain::ledger::journal::{Coding, Draft};
use dayone_domain::ledger::{Cover, JournalEntry, JournalKind, JournalLine, Posting, Side};
use dayone_domain::review::InvoiceRef;
use dayone_domain::{BillingPeriod, Currency, Money};
use dayone_erp::{HEADER, Sent, SentError, gl_csv, journal_json};
use proptest::prelude::*;

fn month(text: &str) -> BillingPeriod {
    text.parse().unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn currency(code: &str) -> Currency {
    Currency::try_new(code).unwrap()
}

fn expense(account: &str) -> Coding {
    Coding {
        account: account.to_owned(),
        cost_center: "4100".to_owned(),
        department: Some("Shop \"Front\", web".to_owned()),
        legal_entity: Some("Meridian Stores AB".to_owned()),
    }
}

fn holding(account: &str) -> Coding {
    Coding {
        account: account.to_owned(),
        cost_center: "9000".to_owned(),
        department: None,
        legal_entity: Some("Meridian Retail Inc.".to_owned()),
    }
}

fn line(coding: Coding, side: Side, minor: i128, code: &str) -> JournalLine {
    let is_holding = coding.account.starts_with("149");
    let amount = Money::from_minor(minor, currency(code));
    JournalLine { coding, side, amount, is_holding, text: "Cloud cost of Shop, June 2026".to_owned() }
}

fn recharge(code: &str) -> JournalEntry {
    let cover = |line: &str, minor| Cover { line: line.to_owned(), billing_account: "410283771560".to_owned(), minor };
    let draft = Draft {
        reference: "DAY1-000012-01".to_owned(),
        kind: JournalKind::Recharge,
        invoice: InvoiceRef { bill: BillKey { period: month("2026-06"), currency: currency(code) }, group: "shop".to_owned() },
        invoice_number: Some(12),
        revision: 2,
        document_date: day("2026-07-09"),
        period: month("2026-06"),
        of_journal: None,
        text: "Cloud cost of Shop, June 2026".to_owned(),
        lines: vec![
            line(expense("6400"), Side::Debit, 1_234_567, code),
            line(expense("6900"), Side::Credit, 5, code),
            line(holding("1491"), Side::Credit, 1_234_562, code),
        ],
        covers: vec![cover("86debc45be1cdebc", 1_234_567), cover("790ab5fe67f79071", -5)],
    };
    JournalEntry::try_new(draft).unwrap()
}

fn true_up() -> JournalEntry {
    let draft = Draft {
        reference: "DAY1-000012-02".to_owned(),
        kind: JournalKind::TrueUp,
        period: month("2026-04"),
        text: "Cloud cost of Shop, April 2026: true-up on the invoice of June 2026".to_owned(),
        lines: vec![line(expense("6400"), Side::Credit, 40, "USD"), line(holding("1490"), Side::Debit, 40, "USD")],
        covers: vec![Cover { line: "true-up-2026-04-1-86debc45be1cdebc".to_owned(), billing_account: "b-2".to_owned(), minor: -40 }],
        ..recharge("USD").facts().clone()
    };
    JournalEntry::try_new(draft).unwrap()
}

fn open() -> Posting {
    Posting { date: day("2026-06-30"), ledger_period: month("2026-06"), original: None }
}

fn closed() -> Posting {
    Posting { date: day("2026-07-01"), ledger_period: month("2026-07"), original: Some(month("2026-04")) }
}

/// Out of order, as they may come.
fn batch() -> Vec<(JournalEntry, Posting)> {
    let reversal = recharge("USD").reversal("DAY1-000012-03".to_owned(), day("2026-07-10"), "wrong cost centre");
    let to = Coding { account: "=6400+1".to_owned(), cost_center: "-4200".to_owned(), ..expense("") };
    let reclass = recharge("USD").reclass("DAY1-000012-04".to_owned(), day("2026-07-12"), 0, to, "@home").unwrap();
    vec![(reclass, closed()), (true_up(), closed()), (reversal, open()), (recharge("USD"), open())]
}

/// Compares with a file of `golden/`; with `DAYONE_BLESS` set, writes it.
fn assert_golden(name: &str, bytes: &[u8]) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("DAYONE_BLESS").is_some() {
        std::fs::write(&path, bytes).unwrap();
    }
    let golden = std::fs::read(&path).unwrap();
    assert_eq!(
        String::from_utf8_lossy(bytes),
        String::from_utf8_lossy(&golden),
        "{name}: run once with DAYONE_BLESS=1 and read what changed"
    );
}

#[test]
fn a_batch_is_written_as_the_golden_file_says() {
    assert_golden("batch.csv", &gl_csv(7, &batch()));
}

#[test]
fn the_same_journals_in_any_order_give_the_same_bytes() {
    let mut journals = batch();
    let bytes = gl_csv(7, &journals);
    journals.reverse();
    assert_eq!(gl_csv(7, &journals), bytes);
    journals.swap(0, 2);
    assert_eq!(gl_csv(7, &journals), bytes);
}

#[test]
fn an_empty_batch_is_a_header() {
    assert_eq!(gl_csv(1, &[]), format!("{}\r\n", HEADER.join(",")).into_bytes());
}

#[test]
#[should_panic(expected = "a journal comes twice in batch 7")]
fn a_journal_is_in_a_batch_once() {
    gl_csv(7, &[(recharge("USD"), open()), (recharge("USD"), closed())]);
}

#[test]
fn amounts_have_the_decimals_of_their_currency() {
    for (code, debit, credit) in [("USD", "12345.67", "0.05"), ("JPY", "1234567", "5"), ("KWD", "1234.567", "0.005")] {
        let rows = rows(&gl_csv(1, &[(recharge(code), open())]));
        assert_eq!((rows[0].debit.as_str(), rows[1].credit.as_str()), (debit, credit));
        let sent = Sent::read(&journal_json(&recharge(code), &open())).unwrap();
        assert_eq!((sent.lines[0].debit.as_deref(), sent.lines[1].credit.as_deref()), (Some(debit), Some(credit)));
    }
}

#[test]
fn a_text_that_a_spreadsheet_would_run_is_made_harmless() {
    for (value, cell) in [
        ("=cmd()", "'=cmd()"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("a=1", "a=1"),
        ("'=1", "'=1"),
        ("", ""),
    ] {
        let mut draft = recharge("USD").facts().clone();
        draft.reference = value.to_owned();
        draft.invoice.group = value.to_owned();
        for line in &mut draft.lines {
            line.text = value.to_owned();
            line.coding = Coding {
                account: value.to_owned(),
                cost_center: value.to_owned(),
                department: Some(value.to_owned()),
                legal_entity: Some(value.to_owned()),
            };
        }
        let corrected = JournalEntry::try_new(Draft { of_journal: Some(value.to_owned()), text: value.to_owned(), ..draft.clone() });
        for entry in [JournalEntry::try_new(draft), corrected] {
            let bytes = gl_csv(1, &[(entry.unwrap(), open())]);
            for record in csv::Reader::from_reader(&bytes[..]).records() {
                let record = record.unwrap();
                for column in ["journal", "legal_entity", "account", "cost_center", "department", "cost_group", "text"] {
                    assert_eq!(&record[HEADER.iter().position(|name| *name == column).unwrap()], cell, "{column}");
                }
            }
        }
    }
}

#[test]
fn what_is_sent_is_as_the_golden_files_say() {
    for (name, entry, posting) in [
        ("recharge.json", recharge("USD"), open()),
        ("true-up.json", true_up(), closed()),
        ("reversal.json", recharge("USD").reversal("DAY1-000012-03".to_owned(), day("2026-07-10"), "wrong cost centre"), open()),
    ] {
        assert_golden(name, &journal_json(&entry, &posting));
    }
}

#[test]
fn what_is_sent_is_read_back() {
    for (entry, posting) in batch() {
        let bytes = journal_json(&entry, &posting);
        let sent = Sent::read(&bytes).unwrap();
        assert_eq!(sent, Sent::of(&entry, &posting));
        assert_eq!(sent.turnover().unwrap(), entry.turnover());
    }
}

#[test]
fn what_is_no_balanced_journal_is_refused() {
    let text = String::from_utf8(journal_json(&recharge("USD"), &open())).unwrap();
    for (old, new, reason) in [
        ("day1-journal/1", "day1-journal/2", "`day1-journal/2` is no form of a journal that is known here"),
        ("\"12345.67\"", "\"12345.68\"", "the debits are 12345.68 and the credits 12345.67"),
        ("\"12345.67\"", "\"12345.670\"", "`12345.670` of line 1 is no amount above nought in USD"),
        ("\"12345.67\"", "\"-12345.67\"", "`-12345.67` of line 1 is no amount above nought in USD"),
        ("\"0.05\"", "\"0.00\"", "`0.00` of line 2 is no amount above nought in USD"),
        ("\"credit\": \"0.05\"", "\"credit\": null", "line 2 states a debit or a credit, one of the two"),
        ("\"debit\": null", "\"debit\": \"0.05\"", "line 2 states a debit or a credit, one of the two"),
        ("\"-0.05\"", "\"-5e-2\"", "`-5e-2` of cover 2 is no amount in USD"),
        ("\"currency\": \"USD\"", "\"currency\": \"JPY\"", "`12345.67` of line 1 is no amount above nought in JPY"),
        ("\"reference\"", "\"referense\"", "this is no journal: unknown field `referense`"),
        ("recharge", "gift", "this is no journal: unknown variant `gift`"),
    ] {
        let forged = text.replacen(old, new, 1);
        assert_ne!(forged, text, "{old}");
        let error = Sent::read(forged.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(reason), "{error}");
    }
    let mut sent = Sent::of(&recharge("USD"), &open());
    sent.lines.clear();
    assert!(matches!(sent.turnover(), Err(SentError::Lines(0))));
    assert!(matches!(Sent::read(b""), Err(SentError::Json(_))));
    assert!(matches!(Sent::read(&vec![b' '; dayone_erp::MOST_BYTES + 1]), Err(SentError::TooLong(_))));
}

struct Row {
    journal: String,
    line: u32,
    debit: String,
    credit: String,
    currency: String,
}

fn rows(bytes: &[u8]) -> Vec<Row> {
    let column = |name: &str| HEADER.iter().position(|known| *known == name).unwrap();
    let mut reader = csv::Reader::from_reader(bytes);
    assert_eq!(reader.headers().unwrap(), HEADER.as_slice());
    let row = |record: csv::StringRecord| Row {
        journal: record[column("journal")].to_owned(),
        line: record[column("line")].parse().unwrap(),
        debit: record[column("debit")].to_owned(),
        credit: record[column("credit")].to_owned(),
        currency: record[column("currency")].to_owned(),
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn coding() -> impl Strategy<Value = Coding> {
    let text = || "[-=+@\"',;\n\rA-Za-zåé0-9 ]{0,12}";
    (text(), text(), prop::option::of(text()), prop::option::of(text()))
        .prop_map(|(account, cost_center, department, legal_entity)| Coding { account, cost_center, department, legal_entity })
}

fn entry(place: usize) -> impl Strategy<Value = (JournalEntry, Posting)> {
    let amounts = prop::collection::vec((coding(), 1i128..10_000_000_000_000, any::<bool>()), 1..6);
    let code = prop::sample::select(vec!["USD", "JPY", "KWD", "CLF"]);
    (amounts, coding(), code, any::<bool>()).prop_map(move |(amounts, last, code, is_late)| {
        let of = |coding: &Coding, side, minor| JournalLine { is_holding: false, ..line(coding.clone(), side, minor, code) };
        let side = |is_debit: bool| if is_debit { Side::Debit } else { Side::Credit };
        let mut lines: Vec<JournalLine> = amounts.iter().map(|(coding, minor, is_debit)| of(coding, side(*is_debit), *minor)).collect();
        let net: i128 = amounts.iter().map(|(_, minor, is_debit)| if *is_debit { *minor } else { -minor }).sum();
        if net != 0 {
            lines.push(of(&last, side(net < 0), net.abs()));
        }
        let reference = format!("DAY1-{place:06}-01");
        let draft = Draft { reference, lines, covers: vec![], ..recharge(code).facts().clone() };
        (JournalEntry::try_new(draft).unwrap(), if is_late { closed() } else { open() })
    })
}

proptest! {
    #[test]
    fn in_every_journal_that_is_read_back_debits_are_credits(
        journals in (0usize..5).prop_flat_map(|count| (0..count).map(entry).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let rows = rows(&gl_csv(1, &journals));
        prop_assert_eq!(rows.len(), journals.iter().map(|(entry, _)| entry.lines().len()).sum::<usize>());
        let mut read: Vec<(String, Money, Money)> = Vec::new();
        for row in rows {
            prop_assert!(row.debit.is_empty() != row.credit.is_empty());
            let money = |text: &str| Money::parse(text, currency(&row.currency));
            let nothing = Money::from_minor(0, currency(&row.currency));
            if row.line == 1 {
                read.push((row.journal.clone(), nothing, nothing));
            }
            // A journal whose rows did not stay together would begin without its first line.
            let (journal, debits, credits) = read.last_mut().unwrap();
            prop_assert_eq!(&*journal, &row.journal);
            match row.credit.is_empty() {
                true => *debits = *debits + money(&row.debit).unwrap(),
                false => *credits = *credits + money(&row.credit).unwrap(),
            }
        }
        let mut expected: Vec<(String, Money, Money)> =
            journals.iter().map(|(entry, _)| (entry.reference().to_owned(), entry.turnover(), entry.turnover())).collect();
        expected.sort_by(|a, b| a.0.cmp(&b.0));
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn every_journal_is_sent_and_read_back((entry, posting) in entry(3)) {
        let sent = Sent::read(&journal_json(&entry, &posting)).unwrap();
        prop_assert_eq!(sent.turnover().unwrap(), entry.turnover());
        prop_assert_eq!(sent, Sent::of(&entry, &posting));
    }

    #[test]
    fn hostile_bytes_are_an_error(place in 0usize..2_000, byte in any::<u8>()) {
        let mut bytes = journal_json(&recharge("USD"), &open());
        let place = place % bytes.len();
        bytes[place] = byte;
        let _either_way = Sent::read(&bytes);
    }
}
