//! What is written to records reads back as the same, and nothing else is read.
#![allow(missing_docs)]

mod common;

use common::generated::{drivers, row, trees};
use common::{cube, exact, period, usd};
use dayone_domain::allocation::{ShareKey, allocate};
use dayone_domain::charge::{Cost, Nature};
use dayone_domain::cube::BillKey;
use dayone_domain::exact::{Exact, MAX_DECIMALS, SPLIT_DECIMALS, Units};
use dayone_domain::invoice::{Held, Invoice, Invoices, Line, LineKey};
use dayone_domain::tie_out::{ControlTotals, TieOut};
use dayone_domain::tree::Mode;
use dayone_domain::true_up::{TrueUp, true_ups};
use dayone_domain::{BillingPeriod, CostBasis, Currency, Money};
use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

fn back<T: DeserializeOwned + Serialize>(value: &T) -> T {
    serde_json::from_str(&json(value)).unwrap_or_else(|error| panic!("{error}: {}", json(value)))
}

fn refused<T: DeserializeOwned>(text: &str) -> String {
    serde_json::from_str::<T>(text).err().unwrap_or_else(|| panic!("`{text}` was read")).to_string()
}

const NATURES: [Nature; 9] = [
    Nature::Usage,
    Nature::UnusedCommitment,
    Nature::Purchase,
    Nature::Marketplace,
    Nature::Other,
    Nature::Adjustment,
    Nature::Discount,
    Nature::Credit,
    Nature::Tax,
];

#[test]
fn plain_values_are_texts() {
    assert_eq!(json(&exact("-0.0000000676000")), r#""-0.0000000676""#);
    assert_eq!(json(&exact("1e3")), r#""1000""#);
    assert_eq!(json(&usd()), r#""USD""#);
    assert_eq!(json(&Money::from_minor(1230, usd())), r#"{"amount":"12.30","currency":"USD"}"#);
    assert_eq!(json(&period("2026-10")), r#""2026-10""#);
    assert_eq!(json(&BillKey { period: period("2026-10"), currency: usd() }), r#"{"period":"2026-10","currency":"USD"}"#);
    assert_eq!(json(&[CostBasis::Billed, CostBasis::Effective]), r#"["billed","effective"]"#);
    assert_eq!(json(&[Mode::Showback, Mode::Chargeback]), r#"["showback","chargeback"]"#);
    assert_eq!(json(&Held::Charges(Nature::UnusedCommitment)), r#"{"charges":"unused_commitment"}"#);
    assert_eq!(json(&Held::Pool("Platform".into())), r#"{"pool":"Platform"}"#);
    let key = ShareKey::EvenForWantOf(Box::new(ShareKey::Driver("requests".into())));
    assert_eq!(json(&key), r#"{"even_for_want_of":{"driver":"requests"}}"#);
    let key = LineKey::Shared { pool: "platform".into(), correction_of: Some(period("2026-05")) };
    assert_eq!(json(&key), r#"{"shared":{"pool":"platform","correction_of":"2026-05"}}"#);
    assert_eq!(back(&key), key);
    let cost = Cost { billed: exact("1.5"), effective: exact("2"), list: None, contracted: Some(exact("3")) };
    assert_eq!(json(&cost), r#"{"billed":"1.5","effective":"2","list":null,"contracted":"3"}"#);
    assert_eq!(back(&cost), cost);
}

#[test]
fn the_code_of_a_nature_is_its_name_in_records() {
    for nature in NATURES {
        assert_eq!(json(&nature), format!("\"{}\"", nature.code()));
        assert_eq!(back(&nature), nature);
    }
}

#[test]
fn sums_beyond_the_limits_of_single_costs_are_read() {
    let decimals = (MAX_DECIMALS + SPLIT_DECIMALS) as usize;
    for text in [format!("99999999999999999999999999.{}1", "0".repeat(decimals - 1)), format!("-0.{}1", "0".repeat(decimals - 1))] {
        assert_eq!(back(&Exact::parse_plain(&text).unwrap()).to_string(), text);
    }
}

#[test]
fn other_numbers_are_refused() {
    let long = format!("\"{}\"", "0".repeat(100_000));
    let decimals = format!("\"0.{}\"", "1".repeat(51));
    for text in [
        r#""""#,
        r#""-""#,
        r#"".5""#,
        r#""5.""#,
        r#""+1""#,
        r#""--1""#,
        r#""1e3""#,
        r#""1,5""#,
        r#"" 1""#,
        r#""1.2.3""#,
        r#""١""#,
        r#""999999999999999999999999999""#,
        "1",
        "1.5",
        "null",
        &long,
        &decimals,
    ] {
        let said = refused::<Exact>(text);
        assert!(said.len() < 300, "{said}");
    }
    assert!(refused::<Exact>(r#""1e3""#).starts_with("`1e3` is not a plain decimal number"));
}

#[test]
fn a_number_that_could_not_be_read_is_not_written() {
    let huge = Exact::new(Units::MAX, 0);
    assert!(serde_json::to_string(&huge).unwrap_err().to_string().contains("is too large to be read back"));
    assert!(serde_json::to_string(&Money::from_minor(i128::MAX, usd())).is_err());
    // Such a number does not reach a comparison that would panic.
    assert!(refused::<Exact>(&format!("\"{huge}\"")).contains("is not a plain decimal"));
}

#[test]
fn money_with_other_decimals_than_its_currency_is_refused() {
    for (amount, currency) in [
        ("12.3", "USD"),
        ("12.300", "USD"),
        ("12", "USD"),
        ("012.30", "USD"),
        ("-0.00", "USD"),
        ("1,200.00", "USD"),
        ("1.00", "JPY"),
        ("1.00", "KWD"),
        ("1e2", "JPY"),
        ("999999999999999999999999999.00", "USD"),
        ("340282366920938463463374607431768211456", "JPY"),
    ] {
        let said = refused::<Money>(&format!(r#"{{"amount":"{amount}","currency":"{currency}"}}"#));
        assert!(said.starts_with(&format!("`{amount}` is not an amount in {currency}")), "{said}");
    }
    let said = refused::<Money>(r#"{"amount":"1.0","currency":"KWD"}"#);
    assert!(said.contains("write it with 3 decimals and without separators, such as `123.456`"), "{said}");
}

#[test]
fn other_periods_and_currencies_are_refused() {
    assert!(refused::<BillingPeriod>(r#""2026-13""#).starts_with("`2026-13` is not a month"));
    assert!(refused::<Currency>(r#""usd""#).starts_with("`usd` is not a three-letter currency code"));
    refused::<BillingPeriod>("202610");
    refused::<Mode>(r#""Showback""#);
}

#[test]
fn a_share_key_of_endless_depth_is_refused() {
    let text = format!("{}\"even\"{}", r#"{"even_for_want_of":"#.repeat(100_000), "}".repeat(100_000));
    assert!(refused::<ShareKey>(&text).contains("recursion limit"));
}

fn line(amount: &str, exact: &str, parts: &str) -> String {
    format!(
        r#"{{"what":{{"shared":{{"pool":"p","pool_name":"P","correction_of":null,"pool_total":"1","pool_holds":[],"key":"even",
        "weight":"1","weights":"1","by_billing_account":{parts}}}}},"exact":"{exact}","amount":{{"amount":"{amount}","currency":"USD"}},
        "list":null,"charges":0,"account":null}}"#
    )
}

#[test]
fn a_line_whose_amounts_do_not_agree_is_refused() {
    let sound: Line = serde_json::from_str(&line("1.01", "1.005", r#"[["a","2"],["b","-0.995"]]"#)).unwrap();
    assert_eq!(sound.by_billing_account().iter().map(|(_, part)| part.minor()).sum::<i128>(), 101);
    for (amount, exact, parts, reason) in [
        ("1.02", "1.005", r#"[["a","1.005"]]"#, "the amount `1.02` is not the exact cost `1.005`, rounded"),
        ("0.01", "0", r#"[["a","0"]]"#, "the amount `0.01` is not the exact cost `0`, rounded"),
        ("1.00", "1", r#"[["a","1"],["b","0.1"]]"#, "the parts by billing account do not sum to the exact cost `1`"),
        ("1.00", "1", "[]", "the parts by billing account do not sum to the exact cost `1`"),
    ] {
        assert!(refused::<Line>(&line(amount, exact, parts)).contains(reason), "{amount} {exact} {parts}");
    }
    let most = "500000000000000000000000000";
    let overflow = format!(r#"[["a","{most}"],["b","{most}"]]"#);
    refused::<Line>(&line("1.00", "1", &overflow));
    refused::<Line>(&line(&format!("{most}.00"), &format!("-{most}"), "[]"));
}

#[test]
fn control_totals_that_state_a_key_twice_are_refused() {
    let (_, control) = cube(&[common::Row::new("1")]);
    let text = json(&control);
    let pair = text.strip_prefix(r#"{"sums":["#).and_then(|rest| rest.strip_suffix("]}")).unwrap();
    assert!(refused::<ControlTotals>(&format!(r#"{{"sums":[{pair},{pair}]}}"#)).contains("a key comes twice"));
}

proptest! {
    #[test]
    fn numbers_read_back_as_the_same(units: i128, scale in 0u32..=50, times in 0u32..13) {
        let value = Exact::new(Units::from(units) * Units::from(10u8).pow(times), scale);
        prop_assume!(value.abs() < exact("1e19") + exact("1e19") || scale >= 24);
        prop_assert_eq!(back(&value), value);
        prop_assert_eq!(Exact::parse_plain(&value.to_string()), Ok(value));
    }

    #[test]
    fn money_reads_back_as_the_same(minor in -(10i128.pow(26))..10i128.pow(26), code in prop::sample::select(vec!["USD", "JPY", "KWD", "CLF", "XXX"])) {
        let money = Money::from_minor(minor, Currency::try_new(code).unwrap());
        prop_assert_eq!(back(&money), money);
        prop_assert_eq!(Money::parse(&money.to_string(), money.currency()), Ok(money));
    }

    #[test]
    fn any_text_is_a_number_or_refused(text in "[-+0-9.eE ]{0,90}") {
        if let Ok(value) = Exact::parse_plain(&text) {
            prop_assert_eq!(back(&value), value);
        }
        let _ = Money::parse(&text, usd());
    }

    #[test]
    fn periods_read_back_as_the_same(year in 1900i32..=9999, month in 1u32..=12) {
        let period = BillingPeriod::try_new(year, month).unwrap();
        prop_assert_eq!(back(&period), period);
    }

    #[test]
    fn invoices_true_ups_and_tie_outs_read_back_as_the_same(
        rows in prop::collection::vec(row(), 1..40),
        trees in trees(),
        drivers in drivers(),
        basis in prop::sample::select(vec![CostBasis::Billed, CostBasis::Effective]),
    ) {
        let (cube, control) = cube(&rows);
        let key = common::bill(&cube);
        let allocation = allocate(&cube, key, &trees, basis, &drivers);
        let invoices = Invoices::draw(&cube, &allocation, None);
        let read: Vec<Invoice> = back(&invoices.invoices);
        prop_assert_eq!(&read, &invoices.invoices);
        prop_assert!(read.iter().flat_map(|invoice| &invoice.lines).all(|line| back(&line.key()) == line.key()));
        let found: Vec<TrueUp> = true_ups(&[], &invoices);
        prop_assert_eq!(back(&found), found);
        prop_assert_eq!(back(&control), control.clone());
        let tie_out = TieOut::of(&control, &cube, &allocation, &invoices);
        prop_assert_eq!(back(&tie_out), tie_out);
    }
}
