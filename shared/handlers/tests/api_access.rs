//! Promise 8, only your own: every route of the API for every role, in one's own tenant and in another.
#![allow(missing_docs)]

#[path = "../../workflow/tests/company/mod.rs"]
mod company;
mod home;
#[path = "../../workflow/tests/memory/mod.rs"]
mod memory;

use std::collections::BTreeSet;

use company::POLICY;
use home::{AUDITOR, CONTROLLER, FINOPS, Home, NORTH, OTHER, OWNER, SOUTH, Visitor};
use serde_json::{Value, json};

/// Who asks, in the order of the table's columns; nobody is the last.
const PEOPLE: [&str; 5] = [OWNER, OTHER, CONTROLLER, FINOPS, AUDITOR];

/// One route: method, path of the document, path that is asked for, body.
struct Row {
    method: &'static str,
    route: &'static str,
    path: String,
    body: Body,
    /// Whether it is a decision on a revision.
    version: Option<u64>,
    /// The owner of shop, the owner of search, controller, FinOps, auditor, nobody.
    own: [u16; 6],
    /// The same people of another tenant, there, where none of it is.
    other: [u16; 5],
}

#[derive(Clone)]
enum Body {
    None,
    Json(Value),
    Text(&'static str),
    File,
}

fn read(route: &'static str, path: &str, own: [u16; 6], other: [u16; 5]) -> Row {
    Row { method: "GET", route, path: path.to_owned(), body: Body::None, version: None, own, other }
}

fn write(route: &'static str, path: &str, body: Value, own: [u16; 6], other: [u16; 5]) -> Row {
    Row { method: "POST", route, path: path.to_owned(), body: Body::Json(body), version: None, own, other }
}

fn decision(route: &'static str, path: &str, version: u64, body: Value, own: [u16; 6], other: [u16; 5]) -> Row {
    Row { version: Some(version), ..write(route, path, body, own, other) }
}

const GONE: [u16; 5] = [404; 5];
const FINE: [u16; 5] = [200; 5];

async fn table(home: &Home) -> Vec<Row> {
    let mut rows = of_the_site();
    rows.extend(of_invoices());
    rows.extend(of_review(home).await);
    rows.extend(of_groups());
    rows.extend(of_bills());
    rows.extend(of_journals(home).await);
    rows.extend(of_proof());
    rows.extend(of_configuration());
    rows
}

fn of_the_site() -> Vec<Row> {
    let session = json!({ "mail": OWNER, "password": home::PASSWORD });
    let password = json!({ "password": "another password" });
    vec![
        read("/health", "/api/health", [200; 6], FINE),
        read("/openapi.json", "/api/openapi.json", [200; 6], FINE),
        read("/me", "/api/me", [200, 200, 200, 200, 200, 401], FINE),
        write("/session", "/api/session", session, [200; 6], FINE),
        Row { method: "DELETE", body: Body::None, ..write("/session", "/api/session", Value::Null, [204; 6], [204; 5]) },
        Row {
            method: "PUT",
            ..write(
                "/people/{mail}/password",
                "/api/people/shop@nw.example/password",
                password,
                [200, 403, 200, 403, 403, 401],
                [200, 403, 200, 403, 403],
            )
        },
    ]
}

fn of_invoices() -> Vec<Row> {
    // Who owns another cost group is not told that this one has an invoice.
    let seen = [200, 404, 200, 200, 200, 401];
    let shop = "/api/invoices/2026-04/USD/shop";
    vec![
        read("/invoices", "/api/invoices", [200, 200, 200, 200, 200, 401], FINE),
        read("/invoices/{period}/{currency}/{group}", shop, seen, GONE),
        read("/invoices/{period}/{currency}/{group}/revisions/{number}", &format!("{shop}/revisions/1"), seen, GONE),
        read("/invoices/{period}/{currency}/{group}/changes", &format!("{shop}/changes?from=1&to=1"), seen, GONE),
        read("/invoices/{period}/{currency}/{group}/document.json", &format!("{shop}/document.json"), seen, GONE),
    ]
}

async fn of_review(home: &Home) -> Vec<Row> {
    let (march, april, january) = (home.shop("2026-03").await, home.shop("2026-04").await, home.shop("2026-01").await);
    let owner_only = [200, 404, 403, 403, 403, 401];
    let answers = [403, 404, 200, 200, 403, 401];
    let path = |period: &str, rest: &str| format!("/api/invoices/{period}/USD/shop/{rest}");
    let dispute = json!({ "revision": 1, "line": march.0, "amount": { "amount": "1.00", "currency": "USD" }, "reason": "not ours" });
    let upheld = json!({ "outcome": "upheld", "receiver": "search" });
    vec![
        decision(
            "/invoices/{period}/{currency}/{group}/accept",
            &path("2026-03", "accept"),
            march.1,
            json!({ "revision": 1 }),
            owner_only,
            GONE,
        ),
        decision(
            "/invoices/{period}/{currency}/{group}/acknowledge",
            &path("2026-01", "acknowledge"),
            january.1,
            json!({ "revision": 1 }),
            owner_only,
            GONE,
        ),
        decision("/invoices/{period}/{currency}/{group}/disputes", &path("2026-03", "disputes"), march.1, dispute, owner_only, GONE),
        decision(
            "/invoices/{period}/{currency}/{group}/disputes/{number}/resolution",
            &path("2026-04", "disputes/1/resolution"),
            april.1,
            upheld,
            answers,
            GONE,
        ),
        write(
            "/invoices/{period}/{currency}/{group}/disputes/{number}/comments",
            &path("2026-04", "disputes/1/comments"),
            json!({ "text": "we look into it" }),
            [200, 404, 200, 200, 403, 401],
            GONE,
        ),
        write(
            "/invoices/{period}/{currency}/{group}/questions",
            &path("2026-06", "questions"),
            json!({ "text": "why?" }),
            // Whoever sees an invoice may ask.
            [200, 404, 200, 200, 200, 401],
            GONE,
        ),
        write(
            "/invoices/{period}/{currency}/{group}/questions/{number}/answers",
            &path("2026-06", "questions/1/answers"),
            json!({ "text": "because" }),
            [200, 404, 200, 200, 403, 401],
            GONE,
        ),
    ]
}

fn of_groups() -> Vec<Row> {
    // A cost group of this name is in the other tenant's tree, too; it is another one.
    let demoted = [403, 404, 200, 403, 403, 401];
    vec![
        read("/groups", "/api/groups", [200, 200, 200, 200, 200, 401], FINE),
        read("/groups/{group}/promotion", "/api/groups/shop/promotion", [200, 404, 200, 200, 200, 401], [200, 404, 200, 200, 200]),
        write(
            "/groups/{group}/promotion",
            "/api/groups/online/promotion",
            json!({}),
            [404, 404, 200, 403, 403, 401],
            [404, 404, 409, 403, 403],
        ),
        write("/groups/{group}/demotion", "/api/groups/shop/demotion", json!({}), demoted, [403, 404, 200, 403, 403]),
        read("/groups/{group}/trail", "/api/groups/shop/trail", [200, 404, 200, 200, 200, 401], [200, 404, 200, 200, 200]),
    ]
}

fn of_bills() -> Vec<Row> {
    let all = [403, 403, 200, 200, 200, 401];
    let controller = [403, 403, 200, 403, 403, 401];
    vec![
        read("/bills", "/api/bills", all, [403, 403, 200, 200, 200]),
        read("/sources", "/api/sources", all, [403, 403, 200, 200, 200]),
        write("/sources/{source}/{period}/close", "/api/sources/aws/2026-06/close", json!({}), controller, [403, 403, 409, 403, 403]),
        write("/issue", "/api/issue", json!({}), controller, [403, 403, 200, 403, 403]),
        Row {
            body: Body::File,
            ..write("/deliveries", "/api/deliveries", Value::Null, [403, 403, 200, 200, 403, 401], [403, 403, 200, 200, 403])
        },
    ]
}

async fn of_journals(home: &Home) -> Vec<Row> {
    // The journals are of search.
    let seen = [404, 200, 200, 200, 200, 401];
    let controller = [403, 403, 200, 403, 403, 401];
    let posted = home.journal("2026-03").await;
    let handed_over = home.journal("2026-04").await;
    let path = |reference: &str, rest: &str| format!("/api/journals/{reference}{rest}");
    let coding = json!({ "line": 0, "account": "6499", "cost_center": "4200", "reason": "another account" });
    let of_one = [403, 403, 404, 403, 403];
    vec![
        read("/journals", "/api/journals", [200, 200, 200, 200, 200, 401], FINE),
        read("/journals/{reference}", &path(&posted, ""), seen, GONE),
        read("/journals/{reference}/trail", &path(&posted, "/trail"), seen, GONE),
        write("/journals/post", "/api/journals/post", json!({}), controller, [403, 403, 200, 403, 403]),
        write("/journals/export", "/api/journals/export", json!({}), controller, [403, 403, 409, 403, 403]),
        read("/journals/batches", "/api/journals/batches", [403, 403, 200, 200, 200, 401], [403, 403, 200, 200, 200]),
        read("/journals/batches/{number}", "/api/journals/batches/1", [403, 403, 200, 200, 200, 401], [403, 403, 404, 404, 404]),
        write("/journals/{reference}/reversal", &path(&posted, "/reversal"), json!({ "reason": "wrong month" }), controller, of_one),
        write("/journals/{reference}/reclass", &path(&posted, "/reclass"), coding, controller, of_one),
        write("/journals/{reference}/number", &path(&handed_over, "/number"), json!({ "number": "4711" }), controller, of_one),
        write(
            "/journals/{reference}/missing",
            &path(&posted, "/missing"),
            json!({ "reason": "it is not there" }),
            [403, 403, 409, 403, 403, 401],
            of_one,
        ),
    ]
}

fn of_proof() -> Vec<Row> {
    let all = [403, 403, 200, 200, 200, 401];
    let of_period = [403, 403, 404, 404, 404];
    vec![
        read("/tie-out/{period}", "/api/tie-out/2026-03", all, of_period),
        read("/evidence/{period}", "/api/evidence/2026-03", all, of_period),
        read("/trail", "/api/trail", all, [403, 403, 200, 200, 200]),
        read("/invoices/{period}/{currency}/{group}/trail", "/api/invoices/2026-04/USD/shop/trail", [200, 404, 200, 200, 200, 401], GONE),
        read("/audit", "/api/audit", all, [403, 403, 200, 200, 200]),
        write("/audit/anchor", "/api/audit/anchor", json!({}), [403, 403, 200, 403, 200, 401], [403, 403, 200, 403, 200]),
    ]
}

fn of_configuration() -> Vec<Row> {
    let all = [403, 403, 200, 200, 200, 401];
    let there = [403, 403, 200, 200, 200];
    vec![
        read("/configuration", "/api/configuration", all, there),
        read("/configuration/{kind}", "/api/configuration/people", all, there),
        read("/configuration/{kind}/versions", "/api/configuration/policy/versions", all, there),
        Row {
            method: "PUT",
            body: Body::Text(POLICY),
            ..write(
                "/configuration/{kind}",
                "/api/configuration/policy",
                Value::Null,
                [403, 403, 200, 403, 403, 401],
                [403, 403, 200, 403, 403],
            )
        },
    ]
}

async fn answer_to(home: &Home, host: &str, visitor: &Visitor, row: &Row) -> home::Reply {
    let mut ask = home.ask_at(host, visitor, row.method, &row.path);
    if let Some(version) = row.version {
        ask = ask.with("if-match", &format!("\"{version}\""));
    }
    match &row.body {
        Body::None => ask,
        Body::Json(body) => ask.json(body),
        Body::Text(text) => ask.with("content-type", "text/plain").bytes(*text),
        Body::File => ask.files(&[("aws/a.csv", "a")], "edge"),
    }
    .send()
    .await
}

/// Whether an answer leaves the tenant as it was.
fn changes_nothing(row: &Row, status: u16) -> bool {
    row.method == "GET" || row.route == "/session" || status >= 400
}

#[tokio::test]
async fn every_route_answers_every_role_as_the_table_says() {
    let home = Home::story().await;
    let mut wrong = Vec::new();
    for row in table(&home).await {
        for (place, expected) in row.own.into_iter().enumerate() {
            let fresh;
            let home = match changes_nothing(&row, expected) {
                true => &home,
                false => {
                    fresh = Home::story().await;
                    &fresh
                }
            };
            let visitor = match PEOPLE.get(place) {
                Some(mail) => home.visitor(mail).await,
                None => Visitor::default(),
            };
            let reply = answer_to(home, NORTH, &visitor, &row).await;
            let who = PEOPLE.get(place).unwrap_or(&"nobody");
            if reply.status.as_u16() != expected {
                wrong.push(format!("{} {} by {who}: {}, not {expected}: {}", row.method, row.path, reply.status, reply.text()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn nobody_of_another_tenant_reads_or_changes_anything() {
    let home = Home::story().await;
    let before = home.north.verify().await.unwrap();
    for row in table(&home).await {
        for (mail, expected) in PEOPLE.into_iter().zip(row.other) {
            let visitor = home.sign_in(&home.south, mail).await;
            let reply = answer_to(&home, SOUTH, &visitor, &row).await;
            assert_eq!(reply.status.as_u16(), expected, "{} {} by {mail} of southwind: {}", row.method, row.path, reply.text());
            // The session of one tenant is none of another's.
            let reply = answer_to(&home, NORTH, &visitor, &row).await;
            let is_open = ["/health", "/openapi.json", "/session"].contains(&row.route);
            assert!(is_open || reply.status.as_u16() == 401, "{} {}: {}", row.method, row.path, reply.status);
            if row.route == "/people/{mail}/password" {
                let controller = home.south.actor(CONTROLLER, dayone_domain::review::SignIn::Password).await.unwrap();
                let request = dayone_workflow::Request::of(controller);
                home.south.set_password(&request, OWNER, home::PASSWORD).await.unwrap();
            }
        }
    }
    let after = home.north.verify().await.unwrap();
    assert_eq!((after.streams, after.events, after.findings), (before.streams, before.events, before.findings));
}

#[tokio::test]
async fn lists_hold_only_ones_own() {
    let home = Home::story().await;
    let owner = home.visitor(OWNER).await;
    let groups = |reply: home::Reply, at: &str| -> BTreeSet<String> {
        let list = reply.json();
        list.as_array().unwrap().iter().map(|item| item.pointer(at).unwrap().as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(groups(home.get(&owner, "/api/invoices").await, "/invoice/group"), BTreeSet::from(["shop".to_owned()]));
    assert_eq!(groups(home.get(&owner, "/api/groups").await, "/id"), BTreeSet::from(["shop".to_owned()]));
    assert_eq!(groups(home.get(&owner, "/api/journals").await, "/invoice/group"), BTreeSet::new());
    let there = home.sign_in(&home.south, AUDITOR).await;
    for path in ["/api/invoices", "/api/journals", "/api/bills", "/api/journals/batches"] {
        assert_eq!(home.ask_at(SOUTH, &there, "GET", path).send().await.json(), json!([]), "{path}");
    }
}

#[tokio::test]
async fn the_tenant_never_comes_from_the_request() {
    let home = Home::story().await;
    let there = home.sign_in(&home.south, AUDITOR).await;
    for (name, value) in [("x-forwarded-host", NORTH), ("x-tenant", "northwind"), ("forwarded", "host=northwind.test")] {
        let reply = home.ask_at(SOUTH, &there, "GET", "/api/bills?tenant=northwind").with(name, value).send().await;
        assert_eq!(reply.json(), json!([]), "{name}");
    }
    let reply = home.ask_at("elsewhere.test", &there, "GET", "/api/bills").send().await;
    assert_eq!((reply.status.as_u16(), reply.code().as_str()), (421, "other-host"));
}

#[tokio::test]
async fn every_route_of_the_document_is_in_the_table() {
    let home = Home::story().await;
    let in_table: BTreeSet<(String, String)> =
        table(&home).await.iter().map(|row| (row.method.to_lowercase(), row.route.to_owned())).collect();
    let document = home.get(&Visitor::default(), "/api/openapi.json").await.json();
    let mut in_document = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            in_document.insert((method.clone(), path.clone()));
        }
    }
    assert_eq!(in_table, in_document);
}
