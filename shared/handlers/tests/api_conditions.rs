//! Conditions, proofs, limits and problems of the API.
#![allow(missing_docs)]

#[path = "../../workflow/tests/company/mod.rs"]
mod company;
mod home;
#[path = "../../workflow/tests/memory/mod.rs"]
mod memory;

use company::invoice;
use dayone_domain::review::By;
use home::{AUDITOR, CONTROLLER, FINOPS, Home, NORTH, OTHER, OWNER, PASSWORD, Reply, SECOND, Visitor};
use serde_json::json;

const SHOP: &str = "/api/invoices/2026-03/USD/shop";

fn status(reply: &Reply) -> u16 {
    reply.status.as_u16()
}

#[tokio::test]
async fn a_read_of_one_thing_carries_its_version_and_is_not_sent_twice() {
    let home = Home::story().await;
    let owner = home.visitor(OWNER).await;
    let controller = home.visitor(CONTROLLER).await;
    let journal = format!("/api/journals/{}", home.journal("2026-03").await);
    for (visitor, path, is_plain) in [
        (&owner, SHOP, true),
        (&owner, "/api/invoices/2026-03/USD/shop/revisions/1", true),
        (&owner, "/api/invoices/2026-03/USD/shop/document.json", true),
        (&owner, "/api/groups/shop/promotion", false),
        (&controller, journal.as_str(), false),
        (&controller, "/api/journals/batches/1", true),
        (&controller, "/api/configuration/policy", true),
        (&controller, "/api/configuration/policy/versions", true),
    ] {
        let first = home.get(visitor, path).await;
        let tag = first.header("etag").unwrap_or_else(|| panic!("{path}")).to_owned();
        let plain = tag.trim_matches('"').parse::<u64>().is_ok();
        assert_eq!((status(&first), plain), (200, is_plain), "{path}: {tag}");
        let again = home.ask(visitor, "GET", path).with("if-none-match", &tag).send().await;
        assert_eq!((status(&again), again.bytes.len(), again.header("etag")), (304, 0, Some(tag.as_str())), "{path}");
        let other = home.ask(visitor, "GET", path).with("if-none-match", "\"999\"").send().await;
        assert_eq!((status(&other), other.bytes), (200, first.bytes), "{path}");
    }
    let version = home.shop("2026-03").await.1;
    assert_eq!(home.get(&owner, SHOP).await.header("etag"), Some(format!("\"{version}\"").as_str()));
}

#[tokio::test]
async fn what_the_policy_sees_changes_the_tag_of_a_promotion_and_not_its_version() {
    let home = Home::story().await;
    let owner = home.visitor(OWNER).await;
    let before = home.get(&owner, "/api/groups/shop/promotion").await.header("etag").unwrap().to_owned();
    home.handles.clock.set(memory::at("2026-07-05T08:00:00Z"));
    for source in ["aws", "azure"] {
        home.north.close_source(&home.asks(CONTROLLER).await, source, company::month("2026-06")).await.unwrap();
    }
    home.north.issue(&By::Policy, None).await.unwrap();
    let owner = home.visitor(OWNER).await;
    let after = home.get(&owner, "/api/groups/shop/promotion").await.header("etag").unwrap().to_owned();
    assert_ne!(before, after);
    assert_eq!(before.split('.').next(), after.split('.').next());
}

#[tokio::test]
async fn a_decision_on_a_revision_says_on_which_version_it_is() {
    let home = Home::story().await;
    let owner = home.visitor(OWNER).await;
    let (line, version) = home.shop("2026-03").await;
    let dispute = json!({ "revision": 1, "line": line, "amount": { "amount": "1.00", "currency": "USD" }, "reason": "not ours" });
    let yes = json!({ "revision": 1 });
    let rejected = json!({ "outcome": "rejected", "reason": "yours" });
    let finops = home.visitor(FINOPS).await;
    for (visitor, path, body) in [
        (&owner, format!("{SHOP}/accept"), &yes),
        (&owner, "/api/invoices/2026-01/USD/shop/acknowledge".to_owned(), &yes),
        (&owner, format!("{SHOP}/disputes"), &dispute),
        (&finops, "/api/invoices/2026-04/USD/shop/disputes/1/resolution".to_owned(), &rejected),
    ] {
        let missing = home.ask(visitor, "POST", &path).json(body).send().await;
        assert_eq!((status(&missing), missing.code().as_str()), (428, "if-match-required"), "{path}");
        let any = home.ask(visitor, "POST", &path).with("if-match", "*").json(body).send().await;
        assert_eq!(status(&any), 428, "{path}");
        for tag in ["\"99\"", "\"abc\"", "W/\"3\""] {
            let stale = home.ask(visitor, "POST", &path).with("if-match", tag).json(body).send().await;
            assert_eq!((status(&stale), stale.code().as_str()), (412, "stale"), "{path} {tag}");
        }
        let unreadable = home.ask(visitor, "POST", &path).with("if-match", "3").json(body).send().await;
        assert_eq!((status(&unreadable), unreadable.code().as_str()), (400, "if-match"), "{path}");
    }
    assert_eq!(home.shop("2026-03").await.1, version, "nothing was decided");
    let done = home.ask(&owner, "POST", &format!("{SHOP}/accept")).with("if-match", &format!("\"{version}\"")).json(&yes).send().await;
    assert_eq!(status(&done), 200, "{}", done.text());
    assert_eq!(done.header("etag"), Some(format!("\"{}\"", home.shop("2026-03").await.1).as_str()));
    let body = done.json();
    assert_eq!((body["standing"].as_str(), body["journals"].as_array().map(Vec::len)), (Some("accepted"), Some(1)));
}

#[tokio::test]
async fn other_writes_take_a_version_where_one_is_stated() {
    let home = Home::story().await;
    let owner = home.visitor(OWNER).await;
    let path = "/api/invoices/2026-06/USD/shop/questions";
    let body = json!({ "text": "why?" });
    let stale = home.ask(&owner, "POST", path).with("if-match", "\"99\"").json(&body).send().await;
    assert_eq!(status(&stale), 412);
    assert_eq!(status(&home.ask(&owner, "POST", path).json(&body).send().await), 200);
    let controller = home.visitor(CONTROLLER).await;
    let policy = "time_zone: Europe/Rome\n";
    let stale = home.ask(&controller, "PUT", "/api/configuration/policy").with("if-match", "\"99\"").bytes(policy).send().await;
    assert_eq!(status(&stale), 412);
    let tag = home.get(&controller, "/api/groups/shop/promotion").await.header("etag").unwrap().to_owned();
    let ask = home.ask(&controller, "POST", "/api/groups/shop/demotion").with("if-match", &tag).json(&json!({}));
    assert_eq!(status(&ask.send().await), 200, "the part behind the point does not matter to a write");
}

#[tokio::test]
async fn a_write_without_a_key_is_refused() {
    let home = Home::story().await;
    let controller = home.visitor(CONTROLLER).await;
    let refused = home.ask(&controller, "POST", "/api/issue").without("idempotency-key").send().await;
    assert_eq!((status(&refused), refused.code().as_str()), (400, "idempotency-key-missing"));
    assert!(refused.json()["detail"].as_str().unwrap().contains("random"));
    for key in ["", "a b", &"a".repeat(201)] {
        let refused = home.ask(&controller, "POST", "/api/issue").without("idempotency-key").with("idempotency-key", key).send().await;
        assert_eq!((status(&refused), refused.code().as_str()), (400, "idempotency-key"), "{key}");
    }
}

#[tokio::test]
async fn the_same_request_again_answers_with_what_there_is_and_happens_once() {
    let home = Home::story().await;
    let people = [(OWNER, home.visitor(OWNER).await), (CONTROLLER, home.visitor(CONTROLLER).await), (FINOPS, home.visitor(FINOPS).await)];
    let by = |mail: &str| people.iter().find(|(known, _)| *known == mail).map(|(_, visitor)| visitor).unwrap();
    let (line, version) = home.shop("2026-05").await;
    let posted = home.journal("2026-03").await;
    let handed_over = home.journal("2026-04").await;
    let of = |rest: &str| format!("/api/invoices/2026-05/USD/shop/{rest}");
    let tag = format!("\"{version}\"");
    let dispute = json!({ "revision": 1, "line": line, "amount": { "amount": "1.00", "currency": "USD" }, "reason": "not ours" });
    let coding = json!({ "line": 0, "account": "6499", "cost_center": "4200", "reason": "another account" });
    let requests = [
        (OWNER, "POST", of("disputes"), dispute),
        (OWNER, "POST", of("questions"), json!({ "text": "why?" })),
        (FINOPS, "POST", of("questions/1/answers"), json!({ "text": "because" })),
        (OWNER, "POST", of("disputes/1/comments"), json!({ "text": "see above" })),
        (CONTROLLER, "POST", "/api/sources/aws/2026-06/close".to_owned(), json!({})),
        (CONTROLLER, "POST", "/api/issue".to_owned(), json!({})),
        (CONTROLLER, "POST", "/api/groups/shop/demotion".to_owned(), json!({})),
        (CONTROLLER, "POST", "/api/groups/shop/promotion".to_owned(), json!({ "reason": "asked for" })),
        (CONTROLLER, "POST", "/api/journals/export".to_owned(), json!({})),
        (CONTROLLER, "POST", format!("/api/journals/{handed_over}/number"), json!({ "number": "4711" })),
        (CONTROLLER, "POST", format!("/api/journals/{posted}/reclass"), coding),
        (CONTROLLER, "POST", "/api/journals/post".to_owned(), json!({})),
        (CONTROLLER, "PUT", "/api/people/shop@nw.example/password".to_owned(), json!({ "password": "another password" })),
    ];
    for (mail, method, path, body) in requests {
        let ask = || {
            let ask = home.ask(by(mail), method, &path).without("idempotency-key").with("idempotency-key", &path).json(&body);
            if path.ends_with("disputes") { ask.with("if-match", &tag) } else { ask }
        };
        let first = ask().send().await;
        assert_eq!((status(&first), first.header("idempotent-replay")), (200, None), "{path}: {}", first.text());
        let events = home.north.verify().await.unwrap().events;
        let again = ask().send().await;
        assert_eq!((status(&again), again.header("idempotent-replay")), (200, Some("true")), "{path}: {}", again.text());
        assert_eq!(home.north.verify().await.unwrap().events, events, "{path} happened twice");
        if !["issue", "post", "export"].iter().any(|end| path.ends_with(end)) {
            assert_eq!(again.json(), first.json(), "{path}");
        }
    }
}

#[tokio::test]
async fn a_key_is_of_one_request_and_one_person() {
    let home = Home::story().await;
    let owner = home.visitor(OWNER).await;
    let path = "/api/invoices/2026-06/USD/shop/questions";
    let ask = |visitor, path: &str, text: &str| {
        home.ask(visitor, "POST", path).without("idempotency-key").with("idempotency-key", "k").json(&json!({ "text": text })).send()
    };
    assert_eq!(status(&ask(&owner, path, "why?").await), 200);
    for (path, text) in [(path, "why not?"), ("/api/invoices/2026-05/USD/shop/questions", "why?")] {
        let reused = ask(&owner, path, text).await;
        assert_eq!((status(&reused), reused.code().as_str()), (422, "idempotency-key-reused"));
    }
    let controller = home.visitor(CONTROLLER).await;
    assert_eq!(ask(&controller, path, "why not?").await.header("idempotent-replay"), None);
}

#[tokio::test]
async fn a_key_of_a_password_is_not_reused_for_another_and_does_not_help_to_guess_it() {
    let home = Home::empty().await;
    let owner = home.visitor(OWNER).await;
    let put = |visitor, password: &str| {
        let ask = home.ask(visitor, "PUT", "/api/people/shop@nw.example/password");
        ask.without("idempotency-key").with("idempotency-key", "k").json(&json!({ "password": password })).send()
    };
    assert_eq!(status(&put(&owner, "another password").await), 200);
    let session = home.north.sign_in(OWNER, "another password").await.unwrap();
    let owner = Visitor { cookie: Some(format!("dayone={}", session.token)), csrf: Some(session.csrf) };
    assert_eq!(status(&put(&owner, "a third password").await), 422);
    let body = json!({ "password": "another password" }).to_string();
    let parts: [&[u8]; 3] = [b"PUT", b"/api/people/shop@nw.example/password", body.as_bytes()];
    let guess = dayone_ports::Digest::of_parts(&parts).to_string();
    let stored = home.handles.store.copy().into_values().any(|record| String::from_utf8_lossy(&record.body).contains(&guess));
    assert!(!stored, "a fast hash of the password is kept");
}

#[tokio::test]
async fn a_configuration_that_was_put_once_is_not_put_again_over_a_newer_one() {
    let home = Home::empty().await;
    let controller = home.visitor(CONTROLLER).await;
    let put = |key: &'static str, text: &'static str| {
        let ask = home.ask(&controller, "PUT", "/api/configuration/policy");
        ask.without("idempotency-key").with("idempotency-key", key).bytes(text).send()
    };
    let first = put("a", "time_zone: Europe/Rome\n").await;
    assert_eq!((first.json()["version"].as_u64(), first.json()["is_new"].as_bool()), (Some(2), Some(true)), "{}", first.text());
    assert_eq!(put("b", "time_zone: Europe/Paris\n").await.json()["version"].as_u64(), Some(3));
    let again = put("a", "time_zone: Europe/Rome\n").await;
    assert_eq!((status(&again), again.header("idempotent-replay")), (200, Some("true")));
    assert_eq!(again.json()["is_new"].as_bool(), Some(false));
    assert_eq!(home.get(&controller, "/api/configuration/policy").await.text(), "time_zone: Europe/Paris\n");
    assert_eq!(home.get(&controller, "/api/configuration/policy?version=2").await.text(), "time_zone: Europe/Rome\n");
}

#[tokio::test]
async fn a_cookie_alone_changes_nothing() {
    let home = Home::story().await;
    let controller = home.visitor(CONTROLLER).await;
    let second = home.visitor(SECOND).await;
    for (method, path) in [("POST", "/api/issue"), ("PUT", "/api/configuration/policy"), ("DELETE", "/api/session")] {
        let none = home.ask(&controller, method, path).without("x-csrf-token").send().await;
        assert_eq!((status(&none), none.code().as_str()), (403, "csrf"), "{method} {path}");
        let csrf = second.csrf.clone().unwrap();
        let others = home.ask(&controller, method, path).without("x-csrf-token").with("x-csrf-token", &csrf).send().await;
        assert_eq!((status(&others), others.code().as_str()), (403, "csrf"), "{method} {path}");
    }
}

#[tokio::test]
async fn signing_in_gives_a_cookie_that_signing_out_takes() {
    let home = Home::empty().await;
    let nobody = Visitor::default();
    let body = json!({ "mail": OWNER, "password": PASSWORD });
    let reply = home.ask(&nobody, "POST", "/api/session").json(&body).send().await;
    let cookie = reply.header("set-cookie").unwrap().to_owned();
    assert!(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{cookie}");
    let csrf = reply.json()["csrf"].as_str().unwrap().to_owned();
    let visitor = Visitor { cookie: cookie.split(';').next().map(str::to_owned), csrf: Some(csrf.clone()) };
    let me = home.get(&visitor, "/api/me").await.json();
    assert_eq!((me["mail"].as_str(), me["csrf"].as_str()), (Some(OWNER), Some(csrf.as_str())));
    assert_eq!(me["accepts_up_to"], json!([{ "amount": "1000.00", "currency": "USD" }]));
    let out = home.ask(&visitor, "DELETE", "/api/session").send().await;
    assert_eq!((status(&out), out.header("set-cookie")), (204, Some("dayone=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0")));
    assert_eq!(status(&home.get(&visitor, "/api/me").await), 401);
    assert_eq!(status(&home.ask(&visitor, "DELETE", "/api/session").send().await), 204, "signing out twice is signing out");
}

/// Knows one person by a header that no browser sends along.
struct Badge(dayone_workflow::Tenant);

#[async_trait::async_trait]
impl dayone_handlers::Authenticate for Badge {
    async fn signed_in(
        &self,
        _tenants: &dyn dayone_handlers::Tenants,
        headers: &axum::http::HeaderMap,
    ) -> Result<dayone_handlers::SignedIn, dayone_workflow::Failure> {
        if !headers.contains_key("x-badge") {
            return Err(dayone_handlers::auth::signed_out());
        }
        let way_in = dayone_domain::review::SignIn::Token { issuer: "https://id.nw.example".to_owned() };
        let actor = self.0.actor(CONTROLLER, way_in).await?;
        Ok(dayone_handlers::SignedIn { tenant: self.0.clone(), actor, csrf: None })
    }
}

#[tokio::test]
async fn another_proof_than_a_cookie_needs_no_token_of_a_session() {
    let mut home = Home::story().await;
    let badge = std::sync::Arc::new(Badge(home.north.clone()));
    home.router = dayone_handlers::router(dayone_handlers::Site { authenticate: badge, ..dayone_handlers::Site::of(home.north.clone()) });
    let controller = Visitor::default();
    assert_eq!(status(&home.ask(&controller, "POST", "/api/issue").send().await), 401);
    assert_eq!(status(&home.ask(&controller, "POST", "/api/issue").with("x-badge", "1").send().await), 200);
    let me = home.ask(&controller, "GET", "/api/me").with("x-badge", "1").send().await.json();
    assert_eq!((me["signed_in"].as_str(), me["csrf"].as_str()), (Some("token of https://id.nw.example"), None));
}

#[tokio::test]
async fn a_wrong_password_is_told_like_an_unknown_address() {
    let home = Home::empty().await;
    let mut told = Vec::new();
    for mail in [OWNER, "stranger@nw.example"] {
        let body = json!({ "mail": mail, "password": "not the password" });
        let reply = home.ask(&Visitor::default(), "POST", "/api/session").json(&body).send().await;
        assert_eq!((status(&reply), reply.header("set-cookie")), (401, None));
        told.push(reply.json());
    }
    assert_eq!(told[0], told[1]);
}

#[tokio::test]
async fn a_form_of_another_site_does_not_sign_in() {
    let home = Home::empty().await;
    let body = json!({ "mail": OWNER, "password": PASSWORD }).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded"] {
        let reply = home.ask(&Visitor::default(), "POST", "/api/session").with("content-type", kind).bytes(body.clone()).send().await;
        assert_eq!((status(&reply), reply.code().as_str()), (415, "content-type"), "{kind}");
    }
}

#[tokio::test]
async fn cookies_are_secure_where_the_site_is() {
    use tower::ServiceExt;
    let home = Home::empty().await;
    let site = dayone_handlers::Site { is_secure: true, ..dayone_handlers::Site::of(home.north.clone()) };
    let body = json!({ "mail": OWNER, "password": PASSWORD }).to_string();
    let request = axum::http::Request::post("/api/session").header("content-type", "application/json").header("host", NORTH);
    let response = dayone_handlers::router(site).oneshot(request.body(axum::body::Body::from(body)).unwrap()).await.unwrap();
    assert!(response.headers()["set-cookie"].to_str().unwrap().contains("; Secure"));
}

#[tokio::test]
async fn a_host_that_is_none_of_the_sites_gets_no_answer() {
    let home = Home::empty().await;
    let controller = home.visitor(CONTROLLER).await;
    let nobody = Visitor::default();
    for host in ["elsewhere.example", "northwind.test.elsewhere.example", ""] {
        for (visitor, method, path) in [
            (&controller, "GET", "/api/me"),
            (&controller, "GET", "/api/health"),
            (&controller, "POST", "/api/issue"),
            (&controller, "GET", "/"),
            (&controller, "POST", "/issue"),
            (&nobody, "GET", "/sign-in"),
            (&nobody, "GET", "/style.css"),
            (&nobody, "GET", "/nothing"),
        ] {
            let reply = home.ask_at(host, visitor, method, path).send().await;
            assert_eq!((status(&reply), reply.code().as_str()), (421, "other-host"), "{host} {method} {path}");
            assert!(reply.header("content-security-policy").is_some());
        }
    }
    assert_eq!(status(&home.get(&controller, "/api/me").await), 200);
}

#[tokio::test]
async fn a_day_that_has_not_come_in_the_tenants_time_zone_is_not_issued() {
    let home = Home::empty().await;
    // In Oslo it is the second of February already.
    home.handles.clock.set(memory::at("2026-02-01T23:30:00Z"));
    let controller = home.visitor(CONTROLLER).await;
    home.deliveries("2026-01", "2026-02-01T02:00:00Z").await;
    let issue = |day: &str| home.ask(&controller, "POST", "/api/issue").json(&json!({ "as_of": day })).send();
    for day in ["2026-02-03", "9999-12-31"] {
        let refused = issue(day).await;
        assert_eq!((status(&refused), refused.code().as_str()), (409, "as-of-in-the-future"), "{day}");
        assert!(refused.text().contains("today is 2026-02-02"), "{}", refused.text());
    }
    let auditor = home.visitor(AUDITOR).await;
    assert_eq!(home.get(&auditor, "/api/bills").await.json(), json!([]), "nothing was issued");
    let issued = issue("2026-02-02").await;
    assert_eq!((status(&issued), issued.json()["issued"].as_array().map(Vec::len)), (200, Some(1)), "{}", issued.text());
}

#[tokio::test]
async fn every_answer_carries_the_headers_that_protect() {
    let home = Home::story().await;
    let owner = home.visitor(OWNER).await;
    let nobody = Visitor::default();
    for (visitor, method, path) in [
        (&owner, "GET", "/api/invoices"),
        (&owner, "GET", SHOP),
        (&owner, "POST", "/api/issue"),
        (&owner, "GET", "/api/nothing"),
        (&owner, "DELETE", "/api/invoices"),
        (&nobody, "GET", "/api/me"),
        (&nobody, "GET", "/api/health"),
        (&nobody, "GET", "/api/openapi.json"),
        (&nobody, "GET", "/sign-in"),
        (&nobody, "GET", "/nothing"),
    ] {
        let reply = home.ask(visitor, method, path).send().await;
        let policy =
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
        for (name, value) in [
            ("content-security-policy", policy),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(reply.header(name), Some(value), "{path}");
        }
        let kept = reply.header("cache-control").unwrap();
        assert!(kept == "no-store" || path == "/api/openapi.json", "{path}: {kept}");
    }
}

#[tokio::test]
async fn every_problem_has_the_form_of_problems() {
    let home = Home::story().await;
    let owner = home.visitor(OWNER).await;
    let controller = home.visitor(CONTROLLER).await;
    let nobody = Visitor::default();
    let questions = "/api/invoices/2026-06/USD/shop/questions";
    let large = json!({ "text": "a".repeat(64 << 10) }).to_string();
    let kind = ("content-type", "application/json");
    let problems = [
        (home.ask(&nobody, "GET", "/api/invoices").send().await, 401, "signed-out"),
        (home.ask(&owner, "GET", "/api/bills").send().await, 403, "forbidden"),
        (home.ask(&owner, "GET", "/api/invoices/2026-03/USD/search").send().await, 404, "not-found"),
        (home.ask(&owner, "GET", "/api/invoices/2026-13/USD/shop").send().await, 404, "not-found"),
        (home.ask(&owner, "GET", "/api/invoices/2026-03/USD/shop/revisions/first").send().await, 404, "not-found"),
        (home.ask(&owner, "GET", "/api/invoices/2026-03/USD/shop/revisions/7").send().await, 404, "not-found"),
        (home.ask(&owner, "GET", "/api/nothing").send().await, 404, "not-found"),
        (home.ask(&nobody, "GET", "/api/").send().await, 404, "not-found"),
        (home.ask(&nobody, "DELETE", "/api/invoices").send().await, 405, "method-not-allowed"),
        (home.ask(&owner, "GET", "/api/invoices?colour=red").send().await, 400, "query"),
        (home.ask(&owner, "GET", "/api/invoices?standing=red").send().await, 422, "standing"),
        (home.ask(&owner, "GET", "/api/invoices?period=2026").send().await, 422, "period"),
        (home.ask(&controller, "GET", "/api/trail?period=2026-03").send().await, 422, "trail"),
        (home.ask(&owner, "POST", questions).with(kind.0, kind.1).bytes("{").send().await, 400, "json"),
        (home.ask(&owner, "POST", questions).with(kind.0, kind.1).bytes("{\"text\": 1}").send().await, 422, "body"),
        (home.ask(&owner, "POST", questions).with(kind.0, kind.1).bytes("{\"text\": \"a\", \"b\": 1}").send().await, 422, "body"),
        (home.ask(&owner, "POST", questions).bytes("{\"text\": \"a\"}").send().await, 415, "content-type"),
        (home.ask(&owner, "POST", questions).json(&json!({ "text": " " })).send().await, 422, "empty-text"),
        (home.ask(&owner, "POST", questions).with(kind.0, kind.1).bytes(large.clone()).send().await, 413, "body-too-large"),
        (home.ask(&nobody, "POST", "/api/session").with(kind.0, kind.1).bytes(large.clone()).send().await, 413, "body-too-large"),
        (home.ask(&nobody, "POST", "/api/session").json(&json!({ "mail": OWNER })).send().await, 422, "body"),
        (home.ask(&controller, "PUT", "/api/configuration/policy").bytes("colour: red\n").send().await, 422, "configuration"),
        (home.ask(&controller, "PUT", "/api/configuration/colours").bytes("colour: red\n").send().await, 404, "not-found"),
    ];
    for (reply, expected, code) in problems {
        assert_eq!((status(&reply), reply.code().as_str()), (expected, code), "{}", reply.text());
        let body = reply.json();
        assert_eq!((body["type"].as_str(), body["status"].as_u64()), (Some("about:blank"), Some(u64::from(expected))));
        assert!(!body["title"].as_str().unwrap().is_empty() && !body["detail"].as_str().unwrap().is_empty());
        assert_eq!(reply.header("allow").is_some(), expected == 405, "{}", reply.text());
    }
}

#[tokio::test]
async fn what_is_not_answered_now_says_when_to_ask_again() {
    let home = Home::story().await;
    let owner = home.visitor(OWNER).await;
    let path = home.handles.documents.names();
    let stored = home.north.invoice(&home.asks(AUDITOR).await.actor, &invoice("2026-03", "shop")).await.unwrap();
    assert!(path.contains(&stored.view.document().unwrap()));
    home.handles.documents.set_raw(stored.view.document().unwrap(), b"{}".to_vec());
    let broken = home.get(&owner, SHOP).await;
    assert_eq!((status(&broken), broken.code().as_str()), (500, "broken"));
    assert!(!broken.text().contains(&stored.view.revision.document), "what is broken inside is not told outside");
}

#[tokio::test]
async fn a_text_of_configuration_may_be_larger_than_another_body() {
    let home = Home::empty().await;
    let controller = home.visitor(CONTROLLER).await;
    let text = |bytes: usize| format!("time_zone: Europe/Rome\n# {}\n", "a".repeat(bytes));
    let put = |text: String| home.ask(&controller, "PUT", "/api/configuration/policy").bytes(text).send();
    assert_eq!(status(&put(text(100 << 10)).await), 200);
    assert_eq!(status(&put(text(16 << 20)).await), 413);
}

#[tokio::test]
async fn a_document_is_the_one_that_acceptance_is_of() {
    let home = Home::story().await;
    let owner = home.visitor(OWNER).await;
    let of = home.get(&owner, SHOP).await.json();
    let document = home.get(&owner, &format!("{SHOP}/document.json")).await;
    let digest = dayone_ports::Digest::of(&document.bytes).to_string();
    assert_eq!(of["revision"]["document"].as_str(), Some(digest.as_str()));
    assert_eq!(document.header("content-disposition"), Some("attachment; filename=\"2026-03-USD-shop-1.json\""));
}

#[tokio::test]
async fn lines_sum_to_what_is_due_and_amounts_are_texts() {
    let home = Home::story().await;
    let owner = home.visitor(OWNER).await;
    let body = home.get(&owner, SHOP).await.json();
    let cents = |amount: &serde_json::Value| amount["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    let lines = body["document"]["lines"].as_array().unwrap();
    assert!(lines.len() > 1);
    assert_eq!(lines.iter().map(|line| cents(&line["amount"])).sum::<i64>(), cents(&body["document"]["due"]));
    assert!(!floats(&body));
}

fn floats(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::Number(number) => number.is_f64(),
        serde_json::Value::Array(items) => items.iter().any(floats),
        serde_json::Value::Object(fields) => fields.values().any(floats),
        _ => false,
    }
}

#[tokio::test]
async fn the_file_of_a_batch_is_the_same_whenever_it_is_asked_for() {
    let home = Home::story().await;
    let controller = home.visitor(CONTROLLER).await;
    let first = home.get(&controller, "/api/journals/batches/1").await;
    assert_eq!(first.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(first.bytes, home.get(&controller, "/api/journals/batches/1").await.bytes);
    assert!(first.text().contains(&home.journal("2026-04").await));
}

#[tokio::test]
async fn evidence_is_one_file_of_plain_files() {
    let home = Home::story().await;
    let auditor = home.visitor(AUDITOR).await;
    let reply = home.get(&auditor, "/api/evidence/2026-03").await;
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(reply.bytes)).unwrap();
    let mut names: Vec<String> = (0..archive.len()).map(|place| archive.by_index(place).unwrap().name().unwrap().into_owned()).collect();
    names.sort();
    assert!(names.contains(&"evidence-2026-03/SHA256SUMS".to_owned()), "{names:?}");
    assert!(names.iter().all(|name| name.starts_with("evidence-2026-03/") && !name.contains("..")), "{names:?}");
}

#[tokio::test]
async fn an_upheld_dispute_gives_both_invoices_revisions_that_can_be_compared() {
    let home = Home::story().await;
    let (_, version) = home.shop("2026-04").await;
    let finops = home.visitor(FINOPS).await;
    let body = json!({ "outcome": "upheld", "receiver": "search" });
    let path = "/api/invoices/2026-04/USD/shop/disputes/1/resolution";
    let done = home.ask(&finops, "POST", path).with("if-match", &format!("\"{version}\"")).json(&body).send().await;
    assert_eq!((status(&done), done.json()["revision"]["number"].as_u64()), (200, Some(2)), "{}", done.text());
    let owner = home.visitor(OWNER).await;
    let changes = home.get(&owner, "/api/invoices/2026-04/USD/shop/changes").await.json();
    assert_eq!((changes["from"].as_u64(), changes["to"].as_u64()), (Some(1), Some(2)));
    assert_eq!(changes["lines"].as_array().unwrap().len(), 1);
    let other = home.visitor(OTHER).await;
    let received = home.get(&other, "/api/invoices/2026-04/USD/search").await.json();
    assert_eq!(received["standing"].as_str(), Some("to_accept"));
}
