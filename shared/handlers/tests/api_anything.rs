//! Whatever is sent to the API, it answers, and never that something broke inside.
#![allow(missing_docs)]

#[path = "../../workflow/tests/company/mod.rs"]
mod company;
mod home;
#[path = "../../workflow/tests/memory/mod.rs"]
mod memory;

use home::{CONTROLLER, Home, OWNER, Visitor};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Reads and writes with a text in each place, and what a body of theirs has.
const ROUTES: [(&str, &str, &[&str]); 33] = [
    ("GET", "/api/invoices?period=#", &[]),
    ("GET", "/api/invoices?group=#&currency=#&standing=#", &[]),
    ("GET", "/api/invoices/#/#/#", &[]),
    ("GET", "/api/invoices/2026-03/USD/#", &[]),
    ("GET", "/api/invoices/2026-03/USD/shop/revisions/#", &[]),
    ("GET", "/api/invoices/2026-03/USD/shop/changes?from=#&to=#", &[]),
    ("GET", "/api/groups/#/promotion", &[]),
    ("GET", "/api/groups/#/trail", &[]),
    ("GET", "/api/journals/#", &[]),
    ("GET", "/api/journals/#/trail", &[]),
    ("GET", "/api/journals/batches/#", &[]),
    ("GET", "/api/tie-out/#", &[]),
    ("GET", "/api/evidence/#", &[]),
    ("GET", "/api/trail?period=#&currency=#", &[]),
    ("GET", "/api/configuration/#", &[]),
    ("GET", "/api/configuration/tree?version=#", &[]),
    ("GET", "/api/#", &[]),
    ("POST", "/api/session", &["mail", "password"]),
    ("POST", "/api/invoices/2026-05/USD/shop/accept", &["revision"]),
    ("POST", "/api/invoices/2026-05/USD/shop/disputes", &["revision", "line", "amount", "reason"]),
    ("POST", "/api/invoices/2026-04/USD/shop/disputes/#/resolution", &["outcome", "receiver", "comment", "reason"]),
    ("POST", "/api/invoices/2026-06/USD/shop/questions", &["text"]),
    ("POST", "/api/groups/#/promotion", &["from", "reason"]),
    ("POST", "/api/groups/online/promotion", &["from", "reason"]),
    ("POST", "/api/sources/#/#/close", &[]),
    ("POST", "/api/issue", &["as_of"]),
    ("POST", "/api/deliveries?modified=#", &[]),
    ("POST", "/api/audit/anchor", &[]),
    ("POST", "/api/journals/post", &["references"]),
    ("POST", "/api/journals/#/reclass", &["line", "account", "cost_center", "department", "legal_entity", "reason"]),
    ("POST", "/api/journals/#/number", &["number"]),
    ("PUT", "/api/configuration/tree?file_name=#", &[]),
    ("PUT", "/api/people/#/password", &["password"]),
];

/// A text in an address: mostly near to what is meant.
fn piece() -> impl Strategy<Value = String> {
    let near = prop::sample::select(vec![
        "2026-03",
        "9999-12",
        "0000-01",
        "USD",
        "XXX",
        "shop",
        "0",
        "1",
        "4294967295",
        "4294967296",
        "18446744073709551615",
        "-1",
        "..",
    ]);
    prop_oneof![near.prop_map(str::to_owned), any::<Vec<u8>>().prop_map(|bytes| bytes.iter().map(|byte| format!("%{byte:02X}")).collect())]
}

/// A body: mostly JSON near to what is meant, else anything.
fn body(names: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let value = prop_oneof![
        Just("null".to_owned()),
        any::<i64>().prop_map(|number| number.to_string()),
        "[ -~]{0,40}".prop_map(|text| serde_json::to_string(&text).unwrap()),
        Just("{\"amount\":\"1.00\",\"currency\":\"USD\"}".to_owned()),
        Just("{\"amount\":\"99999999999999999999999999999999999999.00\",\"currency\":\"USD\"}".to_owned()),
        Just("\"9999-12\"".to_owned()),
        Just("\"2026-09\"".to_owned()),
        Just("\"2026-07-02\"".to_owned()),
        Just("\"upheld\"".to_owned()),
        Just("\"rejected\"".to_owned()),
        Just("\"search\"".to_owned()),
        Just("1".to_owned()),
        Just("18446744073709551615".to_owned()),
        Just("\"9999-12-31\"".to_owned()),
        Just("\"+262142-12-31\"".to_owned()),
        Just("[\"a/b\",\"\"]".to_owned()),
        Just("1e400".to_owned()),
    ];
    let fields = prop::collection::vec(prop::option::weighted(0.8, value), names.len());
    let object = fields.prop_map(|values| {
        let stated = names.iter().zip(values).filter_map(|(name, value)| Some(format!("\"{name}\":{}", value?)));
        format!("{{{}}}", stated.collect::<Vec<_>>().join(",")).into_bytes()
    });
    prop_oneof![8 => object, 1 => any::<Vec<u8>>(), 1 => Just(vec![b'['; 5000])]
}

#[test]
fn nothing_that_is_sent_breaks_anything() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let home = runtime.block_on(Home::story());
    let people: Vec<Visitor> = [OWNER, CONTROLLER].map(|mail| runtime.block_on(home.visitor(mail))).into();
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let route = prop::sample::select(ROUTES.to_vec()).prop_flat_map(|(method, path, names)| (Just(method), Just(path), body(names)));
    let strategy = (route, piece(), piece(), any::<bool>(), prop::bool::weighted(0.9));
    let tested = runner.run(&strategy, |((method, path, body), one, two, is_controller, is_json)| {
        let path = path.replacen('#', &one, 1).replace('#', &two);
        let ask = home.ask(&people[usize::from(is_controller)], method, &path).with("if-match", "\"1\"").bytes(body);
        let ask = if is_json { ask.with("content-type", "application/json") } else { ask };
        let reply = runtime.block_on(ask.send());
        prop_assert!(reply.status.as_u16() != 500, "{method} {path}: {}", reply.text());
        let is_problem = reply.status.is_client_error() || reply.status.is_server_error();
        prop_assert!(!is_problem || !reply.code().is_empty(), "{method} {path}");
        Ok(())
    });
    tested.unwrap();
}
