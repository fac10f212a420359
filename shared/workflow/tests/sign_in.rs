//! Signing in: who sets passwords, what a guess learns, and when a session ends.
#![allow(missing_docs)]

mod company;
mod memory;

use std::collections::BTreeSet;

use chrono::TimeDelta;
use company::{Company, PEOPLE, TREE};
use dayone_domain::review::{By, SignIn};
use dayone_ports::{Digest, Key};
use dayone_workflow::configuration::ConfigKind;
use dayone_workflow::sign_in::{MOST_FAILURES, PAUSE, PasswordCost, PasswordEvent, SESSION, Session};
use dayone_workflow::stream::{Stream, StreamId};
use dayone_workflow::{Failure, FailureKind, Once, Request, Tenant, keys};
use memory::ports;

const CONTROLLER: &str = "controller@nw.example";
const SHOP: &str = "shop@nw.example";
const RIGHT: &str = "correct horse battery staple";
const WRONG: &str = "incorrect horse battery staple";
/// Tests have no thieves.
const CHEAP: PasswordCost = PasswordCost { memory: 8, passes: 1, lanes: 1 };

async fn set(company: &Company, by: &str, mail: &str, password: &str) -> Result<(), Failure> {
    company.tenant.set_password_with(&company.asks(by).await, mail, password, CHEAP).await
}

/// Shona has a password.
async fn with_password() -> Company {
    let company = Company::new().await;
    set(&company, SHOP, SHOP, RIGHT).await.unwrap();
    company
}

async fn signed_in(company: &Company) -> Session {
    company.tenant.sign_in(SHOP, RIGHT).await.unwrap()
}

async fn code(company: &Company, mail: &str, password: &str) -> &'static str {
    company.tenant.sign_in(mail, password).await.map_or_else(|failure| failure.code, |_| "signed-in")
}

async fn is_signed_out(company: &Company, token: &str) -> bool {
    match company.tenant.session(token).await {
        Ok(_) => false,
        Err(failure) => {
            assert_eq!((failure.kind, failure.code), (FailureKind::Forbidden, "signed-out"));
            true
        }
    }
}

fn sessions(company: &Company) -> Vec<Key> {
    company.handles.store.keys_in(&keys::sessions(company.tenant.id()))
}

#[tokio::test]
async fn the_right_password_opens_a_session_of_twelve_hours() {
    let company = with_password().await;
    company.set("2026-01-05T08:00:00Z");
    let session = company.tenant.sign_in(" Shop@NW.example ", RIGHT).await.unwrap();
    assert_eq!(session.actor, company.person(SHOP).await);
    assert_eq!(session.actor.signed_in, SignIn::Password);
    assert_eq!(session.expires, memory::at("2026-01-05T20:00:00Z"));
    assert_eq!(company.tenant.session(&session.token).await.unwrap(), session);
    company.handles.clock.pass(SESSION - TimeDelta::seconds(1));
    assert!(!is_signed_out(&company, &session.token).await);
    company.handles.clock.pass(TimeDelta::seconds(1));
    assert!(is_signed_out(&company, &session.token).await);
}

#[tokio::test]
async fn the_default_cost_is_that_of_argon2id() {
    let company = Company::new().await;
    company.tenant.set_password(&company.asks(SHOP).await, SHOP, RIGHT).await.unwrap();
    let record = company.handles.store.raw(&Key::new(keys::credentials(company.tenant.id()), SHOP)).unwrap();
    let record = String::from_utf8(record).unwrap();
    assert!(record.contains("$argon2id$v=19$m=19456,t=2,p=1$"), "{record}");
    assert_eq!(code(&company, SHOP, RIGHT).await, "signed-in");
    assert_eq!(code(&company, SHOP, WRONG).await, "wrong-password");
}

#[tokio::test]
async fn a_cost_that_argon2_has_not_is_refused() {
    let company = Company::new().await;
    let cost = PasswordCost { memory: 0, ..CHEAP };
    let failure = company.tenant.set_password_with(&company.asks(SHOP).await, SHOP, RIGHT, cost).await.unwrap_err();
    assert_eq!(failure.code, "password-cost");
}

#[tokio::test]
async fn the_person_and_controllers_set_a_password_and_nobody_else_does() {
    let company = Company::new().await;
    for (by, mail, may) in [
        (SHOP, SHOP, true),
        (SHOP, "Shop@NW.example", true),
        (CONTROLLER, SHOP, true),
        (CONTROLLER, CONTROLLER, true),
        ("auditor@nw.example", "auditor@nw.example", true),
        ("finops@nw.example", SHOP, false),
        ("auditor@nw.example", SHOP, false),
        ("head@nw.example", SHOP, false),
        (SHOP, CONTROLLER, false),
        (SHOP, "nobody@nw.example", false),
    ] {
        let outcome = set(&company, by, mail, RIGHT).await.map_err(|failure| failure.kind);
        assert_eq!(outcome, if may { Ok(()) } else { Err(FailureKind::Forbidden) }, "{by} for {mail}");
    }
    let failure = set(&company, CONTROLLER, "nobody@nw.example", RIGHT).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::NotFound, "{failure}");
}

#[tokio::test]
async fn a_controller_who_is_none_any_more_sets_no_password_of_others() {
    let company = Company::new().await;
    let was_controller = company.asks("other-controller@nw.example").await;
    let people = PEOPLE.replace("name: Otto, roles: [controller]", "name: Otto");
    company.put(company.person(CONTROLLER).await, ConfigKind::People, &people).await.unwrap();
    let failure = company.tenant.set_password_with(&was_controller, SHOP, RIGHT, CHEAP).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Forbidden);
}

#[tokio::test]
async fn the_founder_sets_passwords_while_there_are_no_people() {
    let (ports, _) = ports();
    let tenant = Tenant::new("northwind".parse().unwrap(), ports);
    let founder = Request::of(tenant.founder("ines").await.unwrap());
    for text in ["shop", "@nw.example", "s hop@nw.example", ""] {
        let failure = tenant.set_password_with(&founder, text, RIGHT, CHEAP).await.unwrap_err();
        assert_eq!((failure.kind, failure.code), (FailureKind::Invalid, "mail"), "{text}");
    }
    tenant.set_password_with(&founder, SHOP, RIGHT, CHEAP).await.unwrap();
    assert_eq!(tenant.sign_in(SHOP, RIGHT).await.unwrap_err().code, "not-configured");
    tenant.put_configuration(&founder, ConfigKind::People, "people.yaml", PEOPLE.as_bytes()).await.unwrap();
    assert!(tenant.sign_in(SHOP, RIGHT).await.is_ok(), "also while there is no tree yet");
    let failure = tenant.set_password_with(&founder, SHOP, WRONG, CHEAP).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Forbidden, "there are people now");
}

#[tokio::test]
async fn a_password_has_twelve_to_two_hundred_letters() {
    let company = Company::new().await;
    for (letters, may) in [(0, false), (11, false), (12, true), (200, true), (201, false)] {
        let password = "å".repeat(letters);
        let outcome = set(&company, SHOP, SHOP, &password).await.map_err(|failure| (failure.kind, failure.code));
        assert_eq!(outcome, if may { Ok(()) } else { Err((FailureKind::Invalid, "password")) }, "{letters} letters");
        assert_eq!(code(&company, SHOP, &password).await == "signed-in", may, "{letters} letters");
    }
}

#[tokio::test]
async fn a_password_is_recorded_without_anything_that_opens() {
    let company = Company::new().await;
    company.set("2026-01-05T09:30:00Z");
    set(&company, CONTROLLER, SHOP, RIGHT).await.unwrap();
    let stream: Stream<PasswordEvent> = company.tenant.stream(StreamId::configuration("people-passwords")).await.unwrap();
    let recorded = &stream.events[0];
    assert_eq!(recorded.event, PasswordEvent::PasswordSet { mail: SHOP.to_owned() });
    assert_eq!(recorded.by, By::Person { mail: CONTROLLER.to_owned(), signed_in: SignIn::Password });
    assert_eq!(recorded.at, memory::at("2026-01-05T09:30:00Z"));

    let session = signed_in(&company).await;
    for key in company.handles.store.keys() {
        let body = String::from_utf8(company.handles.store.raw(&key).unwrap()).unwrap();
        for secret in [RIGHT, &session.token, &session.csrf] {
            assert!(!body.contains(secret) && !key.sort.contains(secret), "{key} tells a secret");
        }
        assert!(!body.contains("$argon2id$") || key.partition == keys::credentials(company.tenant.id()), "{key} holds a hash");
    }
    let shown = format!("{session:?}");
    assert!(!shown.contains(&session.token) && !shown.contains(&session.csrf), "{shown}");
}

#[tokio::test]
async fn the_same_password_is_hashed_otherwise_for_everybody() {
    let company = with_password().await;
    set(&company, CONTROLLER, CONTROLLER, RIGHT).await.unwrap();
    let raw = |mail: &str| company.handles.store.raw(&Key::new(keys::credentials(company.tenant.id()), mail)).unwrap();
    assert_ne!(raw(SHOP), raw(CONTROLLER));
}

#[tokio::test]
async fn an_unknown_person_is_refused_like_a_wrong_password() {
    let company = with_password().await;
    let wrong = company.tenant.sign_in(SHOP, WRONG).await.unwrap_err();
    assert_eq!((wrong.kind, wrong.code), (FailureKind::Forbidden, "wrong-password"));
    let long = format!("{}@nw.example", "x".repeat(5_000));
    // The second is on the list and has no password.
    for mail in ["nobody@nw.example", CONTROLLER, "", "@", "?", long.as_str()] {
        assert_eq!(company.tenant.sign_in(mail, RIGHT).await.unwrap_err(), wrong, "{mail}");
    }
    for password in ["", "short", &"x".repeat(100_000), &RIGHT.to_uppercase()] {
        assert_eq!(company.tenant.sign_in(SHOP, password).await.unwrap_err(), wrong);
    }
}

#[tokio::test]
async fn ten_failures_in_a_row_pause_an_address_for_a_quarter_of_an_hour() {
    let company = with_password().await;
    set(&company, CONTROLLER, CONTROLLER, RIGHT).await.unwrap();
    company.set("2026-01-05T08:00:00Z");
    for _ in 1..MOST_FAILURES {
        assert_eq!(code(&company, SHOP, WRONG).await, "wrong-password");
    }
    let tenth = company.tenant.sign_in(SHOP, WRONG).await.unwrap_err();
    assert_eq!((tenth.kind, tenth.code), (FailureKind::Forbidden, "sign-in-paused"));
    assert!(tenth.message.contains("15 minutes") && tenth.message.contains("08:15:00 UTC"), "{tenth}");
    assert_eq!(company.tenant.sign_in(SHOP, RIGHT).await.unwrap_err(), tenth, "also the right one");
    assert_eq!(code(&company, CONTROLLER, RIGHT).await, "signed-in", "others go on");
    company.handles.clock.pass(PAUSE - TimeDelta::seconds(1));
    assert_eq!(code(&company, SHOP, RIGHT).await, "sign-in-paused", "and waiting does not start anew");
    company.handles.clock.pass(TimeDelta::seconds(1));
    assert_eq!(code(&company, SHOP, RIGHT).await, "signed-in");
}

#[tokio::test]
async fn a_sign_in_ends_the_row_of_failures() {
    let company = with_password().await;
    for _ in 0..3 {
        for _ in 1..MOST_FAILURES {
            assert_eq!(code(&company, SHOP, WRONG).await, "wrong-password");
        }
        assert_eq!(code(&company, SHOP, RIGHT).await, "signed-in", "the tenth try is right");
    }
}

#[tokio::test]
async fn an_unknown_address_pauses_like_a_known_one_and_guessing_fills_no_store() {
    let company = Company::new().await;
    for mail in ["nobody@nw.example", CONTROLLER] {
        for _ in 1..MOST_FAILURES {
            assert_eq!(code(&company, mail, WRONG).await, "wrong-password");
        }
        assert_eq!(code(&company, mail, WRONG).await, "sign-in-paused");
    }
    let partition = keys::credentials(company.tenant.id());
    let places: BTreeSet<String> = company.handles.store.keys_in(&partition).into_iter().map(|key| key.sort).collect();
    assert!(places.iter().all(|place| place.len() == 4 && place.starts_with('?')), "at most 4,096 places: {places:?}");
    set(&company, CONTROLLER, CONTROLLER, RIGHT).await.unwrap();
    assert_eq!(code(&company, CONTROLLER, RIGHT).await, "signed-in", "a new password ends the pause");
}

#[tokio::test]
async fn a_session_is_stored_under_the_hash_of_its_token() {
    let company = with_password().await;
    let (first, second) = (signed_in(&company).await, signed_in(&company).await);
    assert_ne!(first.token, second.token);
    assert_ne!(first.csrf, second.csrf);
    assert!(first.token.len() == 64 && first.token.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(first.csrf, Digest::of(format!("csrf{}", first.token).as_bytes()).to_string());
    let stored: BTreeSet<String> = sessions(&company).into_iter().map(|key| key.sort).collect();
    let expected = [&first, &second].map(|session| Digest::of(session.token.as_bytes()).to_string());
    assert_eq!(stored, BTreeSet::from(expected));
}

#[tokio::test]
async fn a_token_that_opens_nothing_is_signed_out() {
    let company = with_password().await;
    let session = signed_in(&company).await;
    let stored = sessions(&company).remove(0).sort;
    for token in [
        "",
        "x",
        &session.token[1..],
        &session.token.to_uppercase(),
        &format!("{} ", session.token),
        &session.csrf,
        &stored,
        &"0".repeat(64),
    ] {
        assert!(is_signed_out(&company, token).await, "{token}");
        company.tenant.sign_out(token).await.unwrap();
    }
    assert!(!is_signed_out(&company, &session.token).await);
}

#[tokio::test]
async fn signing_out_ends_that_session_alone() {
    let company = with_password().await;
    let (first, second) = (signed_in(&company).await, signed_in(&company).await);
    company.tenant.sign_out(&first.token).await.unwrap();
    company.tenant.sign_out(&first.token).await.unwrap();
    assert!(is_signed_out(&company, &first.token).await);
    assert!(!is_signed_out(&company, &second.token).await);
    assert_eq!(sessions(&company).len(), 1);
}

#[tokio::test]
async fn a_new_password_ends_all_sessions_of_the_person() {
    let company = with_password().await;
    set(&company, CONTROLLER, CONTROLLER, RIGHT).await.unwrap();
    let (first, second) = (signed_in(&company).await, signed_in(&company).await);
    let other = company.tenant.sign_in(CONTROLLER, RIGHT).await.unwrap();
    set(&company, CONTROLLER, SHOP, WRONG).await.unwrap();
    assert!(is_signed_out(&company, &first.token).await && is_signed_out(&company, &second.token).await);
    assert!(!is_signed_out(&company, &other.token).await);
    assert_eq!(code(&company, SHOP, RIGHT).await, "wrong-password");
    let again = company.tenant.sign_in(SHOP, WRONG).await.unwrap();
    set(&company, SHOP, SHOP, WRONG).await.unwrap();
    assert!(is_signed_out(&company, &again.token).await, "also where it is the same password");
}

#[tokio::test]
async fn whoever_is_taken_off_the_list_is_out_at_once() {
    let company = with_password().await;
    let session = signed_in(&company).await;
    let people: String = PEOPLE.lines().filter(|line| !line.contains("mail: shop@")).fold(String::new(), |text, line| text + line + "\n");
    company.put(company.person(CONTROLLER).await, ConfigKind::People, &people).await.unwrap();
    assert!(is_signed_out(&company, &session.token).await);
    assert_eq!(code(&company, SHOP, RIGHT).await, "wrong-password");
    company.put(company.person(CONTROLLER).await, ConfigKind::People, PEOPLE).await.unwrap();
    assert_eq!(code(&company, SHOP, RIGHT).await, "signed-in");
}

#[tokio::test]
async fn what_a_session_may_do_is_found_out_anew() {
    let company = with_password().await;
    let session = signed_in(&company).await;
    let owns = async || company.tenant.session(&session.token).await.unwrap().actor.owns.into_iter().collect::<Vec<_>>();
    assert_eq!(owns().await, ["shop"]);
    let tree = TREE.replace("[search@nw.example]", "[search@nw.example, shop@nw.example]");
    company.put(company.person(CONTROLLER).await, ConfigKind::Tree, &tree).await.unwrap();
    assert_eq!(owns().await, ["search", "shop"]);
    let people = PEOPLE.replace("name: Shona,", "name: Shona, roles: [auditor],");
    company.put(company.person(CONTROLLER).await, ConfigKind::People, &people).await.unwrap();
    assert!(company.tenant.session(&session.token).await.unwrap().actor.sees_all());
}

#[tokio::test]
async fn an_idempotency_key_sets_a_password_once() {
    let company = with_password().await;
    let once = Some(Once { key: "a".to_owned(), request: Digest::of(b"any") });
    let request = Request { once, ..company.asks(SHOP).await };
    company.tenant.set_password_with(&request, SHOP, WRONG, CHEAP).await.unwrap();
    let session = company.tenant.sign_in(SHOP, WRONG).await.unwrap();
    company.tenant.set_password_with(&request, SHOP, WRONG, CHEAP).await.unwrap();
    assert!(!is_signed_out(&company, &session.token).await, "nothing was set again");
}

#[tokio::test]
async fn sessions_that_have_expired_are_taken_away_by_later_sign_ins() {
    let company = with_password().await;
    let mut expired = BTreeSet::new();
    for _ in 0..5 {
        signed_in(&company).await;
        expired.extend(sessions(&company));
    }
    company.handles.clock.pass(SESSION);
    let mut tries = 0;
    while sessions(&company).iter().any(|key| expired.contains(key)) {
        tries += 1;
        assert!(tries < 200, "expired sessions stay");
        signed_in(&company).await;
    }
    assert_eq!(sessions(&company).len(), tries, "sessions that hold stay");
}

#[tokio::test]
async fn an_outage_says_nothing_of_the_password() {
    let company = with_password().await;
    let mut call = 1;
    loop {
        company.cord.cut_at(call);
        let outcome = company.tenant.sign_in(SHOP, RIGHT).await;
        if !company.cord.mend() {
            break;
        }
        match outcome {
            Ok(session) => assert!(!is_signed_out(&company, &session.token).await, "sweeping is all that failed"),
            Err(failure) => assert_eq!(failure.kind, FailureKind::Unavailable, "{failure}"),
        }
        call += 1;
    }
    assert!(call > 5, "the plug was pulled everywhere: {call}");
    assert_eq!(code(&company, SHOP, RIGHT).await, "signed-in");
}
