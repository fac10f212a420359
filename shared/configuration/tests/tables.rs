//! Driver files and the provider's documents: what they mean, and every refusal.

use dayone_configuration::{MAX_TEXT_BYTES, MOST_FINDINGS, TextRefusal, read_drivers, read_provider_invoices, text_of};
use dayone_domain::exact::Exact;
use dayone_domain::tie_out::ProviderInvoice;
use dayone_domain::{BillingPeriod, Currency};

fn exact(text: &str) -> Exact {
    Exact::parse(text).unwrap()
}

fn april() -> BillingPeriod {
    "2026-04".parse().unwrap()
}

fn told(cases: &[(&str, &[u8])], read: impl Fn(&[u8]) -> Vec<TextRefusal>) -> String {
    let mut told = String::new();
    for (case, text) in cases {
        let refusals = read(text);
        assert!(!refusals.is_empty(), "{case}");
        told += &format!("## {case}\n\n");
        for refusal in refusals {
            let sentence = refusal.to_string();
            assert!(!sentence.contains('\n'), "{sentence}");
            told += &format!("{sentence}\n");
        }
        told.push('\n');
    }
    told
}

fn assert_told(name: &str, told: &str) {
    insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(name, told) });
}

#[test]
fn quantities_are_exact_and_columns_come_in_any_order() {
    let text = "quantity,cost_group,driver,billing_period\r\n0.10000000000000000000000000001,checkout,requests,2026-04\r\n\r\n 5 , search , requests ,2026-04\r\n,,,\r\n0,checkout,seats,2026-05";
    let drivers = read_drivers("drivers.csv", text.as_bytes()).unwrap();
    assert_eq!(drivers.quantity("requests", april(), "checkout"), exact("0.10000000000000000000000000001"));
    assert_eq!(drivers.quantity("requests", april(), "search"), exact("5"));
    assert_eq!(drivers.quantity("requests", april().next(), "checkout"), Exact::ZERO);
    assert_eq!(drivers.names().into_iter().collect::<Vec<_>>(), ["requests", "seats"]);
}

#[test]
fn a_byte_order_mark_and_quotes_do_no_harm() {
    let text = "\u{feff}driver,billing_period,cost_group,quantity\n\"requests, all\",2026-04,\"a \"\"b\"\"\",1e3\n";
    let drivers = read_drivers("drivers.csv", text.as_bytes()).unwrap();
    assert_eq!(drivers.quantity("requests, all", april(), "a \"b\""), exact("1000"));
}

#[test]
fn a_header_alone_states_nothing() {
    assert!(read_drivers("d.csv", b"driver,billing_period,cost_group,quantity\n").unwrap().names().is_empty());
    assert!(read_provider_invoices("p.csv", b"id,net,tax,currency\n").unwrap().is_empty());
}

const DRIVERS: &str = "driver,billing_period,cost_group,quantity\n";

#[test]
fn drivers_are_refused_with_place_and_remedy() {
    let rows = |rows: &str| [DRIVERS, rows].concat().into_bytes();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("empty", b"".into()),
        ("blank lines only", b"\n\n".into()),
        ("missing column", b"driver,billing_period,quantity\n".into()),
        ("unknown column", b"driver,billing_period,cost_group,quantity,note\n".into()),
        ("misspelt column", b"driver,Billing Period,cost_group,quantity\n".into()),
        ("column without a name", b"driver,billing_period,cost_group,quantity,\n".into()),
        ("column twice", b"driver,driver,billing_period,cost_group,quantity\n".into()),
        ("semicolons", b"driver;billing_period;cost_group;quantity\n".into()),
        ("tabs", b"driver\tbilling_period\tcost_group\tquantity\n".into()),
        ("too few values", rows("requests,2026-04,checkout\n")),
        ("too many values", rows("requests,2026-04,checkout,1,2\n")),
        ("one value", rows("requests\n")),
        ("empty values", rows("\"\",2026-04,,1\nrequests,,checkout,\n")),
        ("bad months", rows("requests,2026-13,a,1\nrequests,Apr 26,b,1\n")),
        ("no number", rows("requests,2026-04,a,many\nrequests,2026-04,b,\"1,000\"\nrequests,2026-04,c,5 %\nrequests,2026-04,d,NaN\n")),
        ("beyond the limits", rows("requests,2026-04,a,1e-60\nrequests,2026-04,b,1e60\n")),
        ("below zero", rows("requests,2026-04,a,-4\n")),
        ("stated twice", rows("requests,2026-04,a,1\n\nrequests,2026-04,a,1\nrequests,2026-04,a,2\n")),
        ("open quote", rows("requests,2026-04,\"a,1\nrequests,2026-04,b,2\nrequests,2026-04,c,3\n")),
        ("several at once, in order", rows("x,2026-04,a\nrequests,2026-04,a,-1\ny\nrequests,2026,,x\n")),
        ("terminal codes", rows("requests,2026-04,a,\u{1b}[31m\n")),
        ("turned writing", rows("requests,2026-04,a,\u{202e}4\n")),
        ("endless value", rows(&format!("requests,2026-04,a,{}\n", "9".repeat(500)))),
        ("latin-1", [DRIVERS.as_bytes(), b"requests,2026-04,gr\xf6\xdfe,1\n"].concat()),
        ("utf-16", b"\xff\xfed\0".into()),
        ("spreadsheet", b"PK\x03\x04\x14".into()),
        ("too large", vec![b' '; MAX_TEXT_BYTES + 1]),
    ];
    let cases: Vec<(&str, &[u8])> = cases.iter().map(|(case, text)| (*case, &text[..])).collect();
    assert_told("drivers_are_refused_with_place_and_remedy", &told(&cases, |text| read_drivers("drivers.csv", text).unwrap_err()));
}

#[test]
fn the_providers_documents_are_read_in_order() {
    let text = "id,net,tax,currency,credit_memo_of\nINV-1,1200.50,228.10,EUR,\nCM-1,-20.00,,EUR,INV-1\nCM-2,-1,0,USD,INV-of-last-month\n";
    let invoice = |id: &str, net: &str, tax: &str, currency: &str, corrects: Option<&str>| ProviderInvoice {
        id: id.to_owned(),
        net: exact(net),
        tax: exact(tax),
        currency: Currency::try_new(currency).unwrap(),
        credit_memo_of: corrects.map(str::to_owned),
    };
    let expected = [
        invoice("INV-1", "1200.5", "228.1", "EUR", None),
        invoice("CM-1", "-20", "0", "EUR", Some("INV-1")),
        invoice("CM-2", "-1", "0", "USD", Some("INV-of-last-month")),
    ];
    assert_eq!(read_provider_invoices("p.csv", text.as_bytes()).unwrap(), expected);
}

#[test]
fn a_credit_memo_of_a_credit_memo_is_no_circle() {
    let text = "id,net,tax,currency,credit_memo_of\nCM-2,-1,0,EUR,CM-1\nCM-1,-1,0,EUR,INV-1\nINV-1,9,0,EUR,\nCM-3,-1,0,EUR,CM-1\n";
    assert_eq!(read_provider_invoices("p.csv", text.as_bytes()).unwrap().len(), 4);
}

#[test]
fn a_circle_of_many_credit_memos_is_found_in_one_walk() {
    let count = 50_000;
    let memos: String = (0..count).map(|number| format!("M{number},-1,0,EUR,M{}\n", (number + 1) % count)).collect();
    let refusals = read_provider_invoices("p.csv", ["id,net,tax,currency,credit_memo_of\n", &memos].concat().as_bytes()).unwrap_err();
    assert_eq!(refusals.len(), 1);
    assert!(refusals[0].reason.ends_with("`M9` → 49990 more → `M0`"), "{}", refusals[0]);
}

#[test]
fn credit_memo_of_may_be_absent_as_a_column() {
    let invoices = read_provider_invoices("p.csv", b"currency,tax,net,id\nUSD,1,2,007\n").unwrap();
    assert_eq!((&*invoices[0].id, invoices[0].net, invoices[0].credit_memo_of.as_deref()), ("007", exact("2"), None));
}

#[test]
fn provider_invoices_are_refused_with_place_and_remedy() {
    let rows = |rows: &str| ["id,net,tax,currency,credit_memo_of\n", rows].concat().into_bytes();
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("missing columns", b"id,net\n".into()),
        ("unknown column", b"id,net,tax,currency,credit_memo\n".into()),
        ("no id", rows(",1,0,EUR,\n")),
        ("id twice", rows("A,1,0,EUR,\nB,1,0,EUR,\nA,1,0,USD,\n")),
        ("currency in small letters", rows("A,1,0,eur,\n")),
        ("currency sign", rows("A,1,0,\u{20ac},\n")),
        ("no currency", rows("A,1,0,,\n")),
        ("no net", rows("A,,0,EUR,\n")),
        ("no numbers", rows("A,\"1.200,50\",x,EUR,\n")),
        ("credit memo of itself", rows("A,-1,0,EUR,A\n")),
        ("credit memos of each other", rows("A,-1,0,EUR,B\nB,-1,0,EUR,A\n")),
        ("credit memos in a circle, and one of them", rows("Z,-1,0,EUR,C\nC,-1,0,EUR,A\nA,-1,0,USD,B\nB,-1,0,EUR,C\n")),
        ("two circles", rows("A,-1,0,EUR,B\nC,-1,0,EUR,D\nB,-1,0,EUR,A\nD,-1,0,EUR,C\n")),
        ("a long circle", rows(&(0..30).map(|number| format!("M{number},-1,0,EUR,M{}\n", (number + 1) % 30)).collect::<String>())),
        ("ragged", rows("A,1,0,EUR\n")),
    ];
    let cases: Vec<(&str, &[u8])> = cases.iter().map(|(case, text)| (*case, &text[..])).collect();
    assert_told(
        "provider_invoices_are_refused_with_place_and_remedy",
        &told(&cases, |text| read_provider_invoices("invoices.csv", text).unwrap_err()),
    );
}

#[test]
fn lines_are_counted_past_blank_lines_whatever_ends_them() {
    for (text, line) in [
        ("HEADER\nx,2026-04,a,-1\n", 2),
        ("\n\nHEADER\n\n\nx,2026-04,a,-1\n", 6),
        ("HEADER\r\nx,2026-04,a,-1\r\n", 2),
        ("HEADER\r\n\r\nx,2026-04,a,1\r\n\r\n\r\nx,2026-04,b,-1", 6),
        ("\u{feff}HEADER\n,,,\nx,2026-04,a,-1\n", 3),
    ] {
        let text = text.replace("HEADER", DRIVERS.trim_end());
        assert_eq!(read_drivers("d.csv", text.as_bytes()).unwrap_err()[0].line, Some(line), "{text:?}");
    }
}

#[test]
fn a_refusal_can_be_taken_apart() {
    let refusals = read_drivers("drivers.csv", [DRIVERS, "requests,2026-04,a,-4\n"].concat().as_bytes()).unwrap_err();
    let expected = TextRefusal {
        file: "drivers.csv".to_owned(),
        line: Some(2),
        column: Some("quantity".to_owned()),
        value: Some("-4".to_owned()),
        reason: "is below zero; a driver counts use, which cannot be negative".to_owned(),
        what_to_do: "write zero or more".to_owned(),
    };
    assert_eq!(refusals, [expected]);
}

#[test]
fn the_number_of_refusals_is_limited() {
    let rows: String = (0..1000).map(|number| format!("x,2026-04,g{number},-1\n")).collect();
    let refusals = read_drivers("d.csv", [DRIVERS, &rows].concat().as_bytes()).unwrap_err();
    assert_eq!(refusals.len(), MOST_FINDINGS + 1);
    assert_eq!(refusals[MOST_FINDINGS].to_string(), "d.csv: has more than the 100 mistakes told here. What to do: mend these first.");
}

#[test]
fn a_text_is_utf_8_without_its_byte_order_mark() {
    assert_eq!(text_of("a", "\u{feff}größe".as_bytes()).unwrap(), "größe");
    assert_eq!(text_of("a", b"").unwrap(), "");
    assert_eq!(text_of("a", b"x\ny\n\xff").unwrap_err()[0].line, Some(3));
}
