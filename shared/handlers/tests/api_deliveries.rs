//! Billing files sent with a request: what is taken, what is refused, and what a request again does.
#![allow(missing_docs)]

#[path = "../../workflow/tests/company/mod.rs"]
mod company;
mod home;
#[path = "../../workflow/tests/memory/mod.rs"]
mod memory;

use company::month;
use dayone_domain::review::By;
use dayone_handlers::limits::{MOST_DELIVERY_BYTES, MOST_DELIVERY_FILES};
use dayone_handlers::{Site, router};
use dayone_workflow::audit::TrailOf;
use home::{AUDITOR, BACK, CONTROLLER, FINOPS, Home, OWNER, Reply, Visitor};
use serde_json::{Value, json};

const PATH: &str = "/api/deliveries";

fn status(reply: &Reply) -> u16 {
    reply.status.as_u16()
}

async fn finops() -> (Home, Visitor) {
    let home = Home::empty().await;
    home.handles.clock.set(memory::at("2026-07-01T08:00:00Z"));
    let finops = home.visitor(FINOPS).await;
    (home, finops)
}

/// How many events the tenant's trail has.
async fn events(home: &Home) -> u64 {
    home.north.verify().await.unwrap().events
}

#[tokio::test]
async fn files_are_delivered_in_the_name_of_whoever_sends_them() {
    let (home, finops) = finops().await;
    let reply = home.ask(&finops, "POST", PATH).files(&[("aws/a.csv", "a")], "edge").send().await;
    let delivery = json!({ "source": "aws", "period": "2026-06", "files": 1, "charges": 1, "outcome": "newest" });
    assert_eq!((status(&reply), reply.json()), (200, json!({ "deliveries": [delivery], "notes": [] })));
    let auditor = home.asks(AUDITOR).await.actor;
    let trail = home.north.trail(&auditor, TrailOf::All).await.unwrap();
    let delivered = trail.iter().find(|entry| entry.stream.to_string() == "source/aws/2026-06").unwrap();
    assert!(matches!(&delivered.by, By::Person { mail, .. } if mail == FINOPS), "{:?}", delivered.by);
}

#[tokio::test]
async fn files_count_as_made_now_or_when_the_request_says() {
    let (home, finops) = finops().await;
    for (query, made) in [("", "2026-07-01T08:00:00Z"), ("?modified=2026-07-01T07:00:00Z", "2026-07-01T08:00:00Z")] {
        let reply = home.ask(&finops, "POST", &format!("{PATH}{query}")).files(&[("aws/a.csv", query)], "edge").send().await;
        assert_eq!(status(&reply), 200, "{}", reply.text());
        assert_eq!(reply.json()["deliveries"][0]["outcome"], if query.is_empty() { "newest" } else { "older" });
        let views = home.north.source_periods().await.unwrap();
        let view = views.iter().find(|view| view.period == month("2026-06")).unwrap();
        assert_eq!(view.newest.modified, memory::at(made));
    }
}

#[tokio::test]
async fn files_of_a_moment_that_has_not_come_are_refused() {
    let (home, finops) = finops().await;
    let before = events(&home).await;
    let reply = home.ask(&finops, "POST", &format!("{PATH}?modified=2026-07-01T08:00:01Z")).files(&[("a.csv", "a")], "edge").send().await;
    assert_eq!((status(&reply), reply.code().as_str()), (409, "modified-in-the-future"));
    assert_eq!(events(&home).await, before);
}

#[tokio::test]
async fn a_refused_file_is_told_with_its_place_beside_what_was_taken() {
    let (home, finops) = finops().await;
    let ask = || home.ask(&finops, "POST", PATH).without("idempotency-key").with("idempotency-key", "one");
    let reply = ask().files(&[("refused.csv", "x"), ("aws/a.csv", "a")], "edge").send().await;
    assert_eq!((status(&reply), reply.code().as_str()), (422, "files-refused"));
    let problem = reply.json();
    assert_eq!((&problem["status"], &problem["title"]), (&json!(422), &json!("Unprocessable Entity")));
    assert!(problem["detail"].as_str().unwrap().contains("1 delivery was taken"), "{problem}");
    let refused = json!([{
        "file": "refused.csv", "row": 7, "column": null, "value": null, "reason": "`x` is no number", "what_to_do": "export it again",
    }]);
    assert_eq!(problem["refused"], refused);
    assert_eq!(problem["deliveries"][0]["outcome"], "newest");
    // What is mended is another request.
    let reply = ask().files(&[("aws/b.csv", "b")], "edge").send().await;
    assert_eq!((status(&reply), reply.code().as_str()), (422, "idempotency-key-reused"));
}

#[tokio::test]
async fn the_outside_that_is_away_is_asked_again_with_the_same_key() {
    let (home, finops) = finops().await;
    let reply = home.ask(&finops, "POST", PATH).files(&[("away.csv", "a")], "edge").send().await;
    assert_eq!((status(&reply), reply.code().as_str()), (503, "unavailable"));
    assert!(reply.header("retry-after").is_some());
}

/// Made when they are tried again, they would replace what somebody else has delivered since they were sent.
#[tokio::test]
async fn files_that_are_tried_again_are_of_when_they_were_first_sent() {
    let (home, finops) = finops().await;
    let first = || {
        let ask = home.ask(&finops, "POST", PATH).without("idempotency-key").with("idempotency-key", "one");
        ask.files(&[("aws/a.csv", "a"), ("away.csv", "b")], "edge").send()
    };
    assert_eq!(status(&first().await), 503);
    home.handles.clock.set(memory::at("2026-07-01T09:00:00Z"));
    let corrected = home.ask(&finops, "POST", PATH).files(&[("aws/a.csv", "corrected")], "edge").send().await;
    assert_eq!(corrected.json()["deliveries"][0]["outcome"], "newest");
    let (after, counts) = (events(&home).await, home.north.source_periods().await.unwrap());
    home.handles.clock.set(memory::at("2026-07-01T09:30:00Z"));
    assert_eq!(status(&first().await), 503);
    assert_eq!((events(&home).await, home.north.source_periods().await.unwrap()), (after, counts.clone()));
    home.handles.clock.set(memory::at(BACK));
    let done = first().await;
    let outcomes: Vec<Value> = done.json()["deliveries"].as_array().unwrap().iter().map(|taken| taken["outcome"].clone()).collect();
    assert_eq!((status(&done), outcomes), (200, vec![json!("known"), json!("older")]));
    let view = home.north.source_periods().await.unwrap().remove(0);
    assert_eq!((view.newest, view.deliveries), (counts[0].newest.clone(), 3));
}

#[tokio::test]
async fn a_request_that_was_done_is_answered_as_it_was_done_whatever_counts_now() {
    let (home, finops) = finops().await;
    let send = |key: &'static str, text: &'static str| {
        let ask = home.ask(&finops, "POST", PATH).without("idempotency-key").with("idempotency-key", key);
        ask.files(&[("aws/a.csv", text)], "edge").send()
    };
    let first = send("one", "a").await;
    home.handles.clock.set(memory::at("2026-07-01T09:00:00Z"));
    assert_eq!(status(&send("two", "b").await), 200);
    let again = send("one", "a").await;
    assert_eq!((status(&again), again.header("idempotent-replay"), again.json()), (200, Some("true"), first.json()));
}

#[tokio::test]
async fn the_same_files_with_the_same_key_are_delivered_once() {
    let (home, finops) = finops().await;
    let send = |files: &'static [(&str, &str)], boundary: &'static str| {
        home.ask(&finops, "POST", PATH).without("idempotency-key").with("idempotency-key", "one").files(files, boundary).send()
    };
    let first = send(&[("aws/a.csv", "a")], "edge").await;
    assert_eq!((status(&first), first.header("idempotent-replay")), (200, None));
    let (after, once) = (events(&home).await, home.north.source_periods().await.unwrap());
    home.handles.clock.set(memory::at("2026-07-01T09:00:00Z"));
    // A client that tries again puts another boundary between the files.
    let again = send(&[("aws/a.csv", "a")], "another").await;
    assert_eq!((status(&again), again.header("idempotent-replay")), (200, Some("true")));
    assert_eq!(again.json(), first.json());
    assert_eq!((events(&home).await, home.north.source_periods().await.unwrap()), (after, once));
    for other in [&[("aws/a.csv", "b")][..], &[("aws/b.csv", "a")], &[("aws/a.csv", "a"), ("aws/b.csv", "b")]] {
        let reply = send(other, "edge").await;
        assert_eq!((status(&reply), reply.code().as_str()), (422, "idempotency-key-reused"), "{other:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_files_is_refused() {
    let (home, finops) = finops().await;
    let before = events(&home).await;
    let ask = || home.ask(&finops, "POST", PATH);
    let part = |disposition: &str| format!("--edge\r\nContent-Disposition: form-data; {disposition}\r\n\r\na\r\n--edge--\r\n");
    let form = |body: String| ask().with("content-type", "multipart/form-data; boundary=edge").bytes(body);
    let most: Vec<(String, &str)> = (0..=MOST_DELIVERY_FILES).map(|place| (format!("{place}.csv"), "a")).collect();
    let most: Vec<(&str, &str)> = most.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    for (what, ask, expected, code) in [
        ("JSON", ask().json(&json!({})), 415, "content-type"),
        ("no boundary", ask().with("content-type", "multipart/form-data"), 400, "multipart"),
        ("cut off", form("--edge\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.csv\"\r\n\r\na".to_owned()), 400, "multipart"),
        ("no file", ask().files(&[], "edge"), 422, "no-files"),
        ("a field", form(part("name=\"currency\"")), 422, "file-name"),
        ("no name", form(part("name=\"a\"; filename=\"\"")), 422, "file-name"),
        ("a way out", ask().files(&[("../../etc/passwd.csv", "a")], "edge"), 422, "file-name"),
        ("an absolute name", ask().files(&[("/tmp/a.csv", "a")], "edge"), 422, "file-name"),
        ("one name twice", ask().files(&[("a.csv", "a"), ("A.csv", "b")], "edge"), 422, "file-name"),
        ("too many", ask().files(&most, "edge"), 422, "too-many-files"),
        ("no key", ask().without("idempotency-key").files(&[("a.csv", "a")], "edge"), 400, "idempotency-key-missing"),
        ("no token", ask().without("x-csrf-token").files(&[("a.csv", "a")], "edge"), 403, "csrf"),
    ] {
        let reply = ask.send().await;
        assert_eq!((status(&reply), reply.code().as_str()), (expected, code), "{what}: {}", reply.text());
    }
    assert_eq!(events(&home).await, before);
}

#[tokio::test]
async fn more_than_the_most_bytes_are_refused_and_the_most_is_said() {
    let (home, finops) = finops().await;
    let text = "a".repeat(MOST_DELIVERY_BYTES);
    let reply = home.ask(&finops, "POST", PATH).files(&[("a.csv", text.as_str())], "edge").send().await;
    assert_eq!((status(&reply), reply.code().as_str()), (413, "body-too-large"));
    assert!(reply.text().contains("256 MiB"), "{}", reply.text());
}

#[tokio::test]
async fn nobodys_files_are_read_who_may_not_deliver() {
    let (home, _) = finops().await;
    for mail in [OWNER, AUDITOR] {
        let visitor = home.visitor(mail).await;
        // A body that no form is would be refused by itself.
        let reply = home.ask(&visitor, "POST", PATH).with("content-type", "multipart/form-data").bytes("no form").send().await;
        assert_eq!(status(&reply), 403, "{mail}");
        assert!(reply.text().contains("controller or finops"), "{}", reply.text());
    }
}

#[tokio::test]
async fn a_site_without_room_takes_files_later_and_one_without_intake_never() {
    let (mut home, finops) = finops().await;
    let site = Site::of(home.north.clone());
    home.router = router(site.clone());
    let send = async |home: &Home| home.ask(&finops, "POST", PATH).files(&[("a.csv", "a")], "edge").send().await;
    let refused = send(&home).await;
    assert_eq!((status(&refused), refused.code().as_str()), (409, "no-intake"));
    let _all = site.room.clone().try_acquire_many_owned(u32::try_from(site.room.available_permits()).unwrap()).unwrap();
    let refused = send(&home).await;
    assert_eq!((status(&refused), refused.code().as_str()), (503, "unavailable"));
}

#[tokio::test]
async fn an_anchor_is_made_when_something_has_happened_and_told_with_its_digest() {
    let home = Home::story().await;
    let (controller, auditor) = (home.visitor(CONTROLLER).await, home.visitor(AUDITOR).await);
    let anchor = async |visitor: &Visitor, key: &str| {
        let ask = home.ask(visitor, "POST", "/api/audit/anchor").without("idempotency-key").with("idempotency-key", key);
        ask.json(&json!({})).send().await
    };
    let first = anchor(&auditor, "one").await;
    assert_eq!((status(&first), first.json()["is_new"].as_bool()), (200, Some(true)), "{}", first.text());
    let head = home.get(&auditor, "/api/audit").await.json()["chain_head"].clone();
    assert_eq!(first.json()["chain_head"], head);
    for (visitor, key, is_replay) in [(&auditor, "one", Some("true")), (&auditor, "two", None), (&controller, "one", None)] {
        let again = anchor(visitor, key).await;
        assert_eq!((again.header("idempotent-replay"), again.json()), (is_replay, json!({ "is_new": false, "chain_head": head })));
    }
}
