//! What pages say where people need it: why a form was refused, what cannot be accepted yet, what journals come to.
#![allow(missing_docs)]

mod browser;
mod made_up;
#[path = "../../workflow/tests/memory/mod.rs"]
mod memory;
mod page;

use axum::http::StatusCode;
use browser::Browser;
use made_up::{AUDITOR, CONTROLLER, DEPUTY, FINOPS, MadeUp, NADIA, Names, SARA};
use page::Page;

const CHECKOUT: &str = "/invoices/2026-08/USD/checkout";
const MARKETING: &str = "/invoices/2026-08/USD/marketing";

async fn story() -> MadeUp {
    MadeUp::story(Names::Plain).await
}

fn count(page: &Page, needle: &str) -> usize {
    page.html.matches(needle).count()
}

#[tokio::test]
async fn a_refused_form_says_why_at_the_field_and_the_top_leads_there() {
    let company = story().await;
    let nadia = Browser::signed_in(&company, NADIA).await;
    let (line, _) = nadia.get(CHECKOUT).await.options("line").remove(0);
    for (amount, reason, field, hint) in [("1,5", "Not ours.", "amount", " amount-hint"), ("", " ", "reason", "")] {
        let form = nadia.get(CHECKOUT).await.form(&format!("{CHECKOUT}/disputes"));
        let refused = nadia.send(&form.set("line", &line).set("amount", amount).set("reason", reason)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.is_sound(field);
        assert_eq!(count(&refused, "role=\"alert\""), 1, "{}", refused.html);
        assert_eq!(count(&refused, "Nothing was changed."), 2, "at the top and at the form");
        assert!(refused.html.contains(&format!("<a href=\"#{field}\">To the field</a>")), "{}", refused.html);
        let described = format!("aria-invalid=\"true\" aria-describedby=\"refused{hint}\"");
        let (_, at_field) = refused.html.split_once(&format!("id=\"{field}\"")).expect("the field");
        assert!(at_field.split('>').next().is_some_and(|tag| tag.contains(&described)), "{at_field}");
        assert_eq!(count(&refused, "aria-invalid"), 1);
    }
}

#[tokio::test]
async fn a_refusal_of_a_form_that_is_gone_is_told_at_the_top_alone() {
    let company = story().await;
    let nadia = Browser::signed_in(&company, NADIA).await;
    let page = nadia.get(CHECKOUT).await;
    let (line, _) = page.options("line").remove(0);
    let late = page.form(&format!("{CHECKOUT}/disputes")).set("line", &line).set("reason", "Not ours.");
    nadia.send(&page.form(&format!("{CHECKOUT}/accept"))).await;
    for late in [late.clone(), late.set("amount", "1,5")] {
        let refused = nadia.send(&late).await;
        refused.is_sound("gone");
        assert!(refused.status.is_client_error());
        assert_eq!((count(&refused, "role=\"alert\""), count(&refused, "id=\"refused\"")), (1, 0), "{}", refused.html);
    }
}

#[tokio::test]
async fn what_an_owner_adds_to_their_question_leaves_it_open() {
    let company = story().await;
    let sara = Browser::signed_in(&company, SARA).await;
    sara.send(&sara.get(MARKETING).await.form(&format!("{MARKETING}/questions")).set("text", "What is Synapse?")).await;
    let answers = format!("{MARKETING}/questions/1/answers");
    let added = sara.send(&sara.get(MARKETING).await.form(&answers).set("text", "I mean the one in Oslo.")).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER);
    let page = sara.get(MARKETING).await;
    assert!(page.text().contains("waits for an answer") && page.text().contains("I mean the one in Oslo."), "{}", page.text());
    assert!(sara.get("/").await.text().contains("1 open question"));
    let felix = Browser::signed_in(&company, FINOPS).await;
    felix.send(&felix.get(MARKETING).await.form(&answers).set("text", "A warehouse.")).await;
    assert!(!sara.get(MARKETING).await.text().contains("waits for an answer"));
    assert!(!sara.get("/").await.text().contains("open question"));
}

#[tokio::test]
async fn provisional_money_is_named_beside_what_awaits_acceptance() {
    let company = story().await;
    let mei = Browser::signed_in(&company, AUDITOR).await;
    for path in ["/tie-out/2026-08", "/?month=2026-08"] {
        let text = mei.get(path).await.text();
        let (usd, eur) = text.split_once("The EUR bill").expect("both bills");
        assert!(eur.contains("is provisional: it can be accepted once final") && eur.contains("of which EUR "), "{path}: {eur}");
        assert!(!usd.contains("is provisional"), "{path}: {usd}");
    }
}

/// What journals come to on the page: all that stands between the heading and the next.
async fn totals(browser: &Browser) -> String {
    let text = browser.get("/journals").await.text();
    let (_, after) = text.split_once("What they come to").expect("totals");
    after
        .split_once("In all")
        .map(|(rows, all)| format!("{rows}|{}", all.split(" In the ledger").next().unwrap_or_default()))
        .expect("a sum")
}

#[tokio::test]
async fn a_journal_and_its_reversal_come_to_nothing_net() {
    let company = story().await;
    let ines = Browser::signed_in(&company, CONTROLLER).await;
    ines.send(&ines.get("/journals").await.form("/journals/post")).await;
    let before = totals(&ines).await;
    assert!(before.contains("Recharge") && !before.contains("Reversal"), "{before}");
    let actor = company.actor(AUDITOR).await;
    let journals = company.tenant.journals(&actor, Default::default()).await.unwrap();
    for view in journals.iter().rev().filter(|view| view.state.status.is_in_ledger()) {
        let at = format!("/journals/{}", view.state.reference);
        let page = ines.get(&at).await;
        if page.html.contains(&format!("{at}/reversal")) {
            let sent = ines.send(&page.form(&format!("{at}/reversal")).set("reason", "Wrong month.")).await;
            assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
        }
    }
    let after = totals(&ines).await;
    assert!(after.contains("Reversal") && after.contains("\u{2212}"), "{after}");
    let journals = company.tenant.journals(&actor, Default::default()).await.unwrap();
    let net: i128 = journals.iter().map(|view| view.moved.minor()).sum();
    let (_, all) = after.split_once('|').expect("a sum");
    assert_eq!(net, 0, "all of them are reversed");
    assert!(all.trim_start().starts_with(&format!("{} 0.00", journals.len())), "{after}");
}

#[tokio::test]
async fn what_was_chosen_stays_chosen_when_posting_is_refused() {
    let company = story().await;
    let aron = Browser::signed_in(&company, DEPUTY).await;
    let page = aron.get("/journals").await;
    let (_, after) = page.html.split_once("name=\"reference\" value=\"").expect("a journal to choose");
    let reference = after.split('"').next().expect("its reference").to_owned();
    let refused = aron.send(&page.form("/journals/post").set("reference", &reference).set("key", "")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.text());
    refused.is_sound("refused post");
    let (_, choice) = refused.html.split_once(&format!("value=\"{reference}\"")).expect("it can still be chosen");
    assert!(choice.split('>').next().is_some_and(|tag| tag.ends_with(" checked")), "{}", refused.html);
    assert_eq!(count(&refused, " checked"), 1);
}
