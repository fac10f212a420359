//! The pages as people meet them: rendered, sent, refused.
#![allow(missing_docs)]

mod browser;
#[path = "pages/invoices.rs"]
mod invoices;
mod made_up;
#[path = "../../workflow/tests/memory/mod.rs"]
mod memory;
mod page;

use axum::http::StatusCode;
use browser::Browser;
use dayone_documents::amount::money_with_code;
use made_up::{AUDITOR, CONTROLLER, DEPUTY, FINOPS, HOSTILE, MadeUp, NADIA, Names, OLA, PASSWORD, RAFAEL, SARA, invoice, month};
use page::Page;

const CHECKOUT: &str = "/invoices/2026-08/USD/checkout";
const MARKETING: &str = "/invoices/2026-08/USD/marketing";
const SEARCH: &str = "/invoices/2026-08/USD/search";

async fn story() -> MadeUp {
    MadeUp::story(Names::Plain).await
}

/// Every page that is there for whoever has a role.
const PAGES: [&str; 27] = [
    "/",
    "/?month=2026-07",
    "/?month=2026-08&standing=to-accept",
    "/mine",
    CHECKOUT,
    MARKETING,
    SEARCH,
    "/invoices/2026-08/USD/payments",
    "/invoices/2026-08/USD/online",
    "/invoices/2026-08/EUR/checkout",
    "/invoices/2026-08/USD/unallocated",
    "/invoices/2026-05/USD/checkout",
    "/groups",
    "/groups/checkout",
    "/groups/search",
    "/groups/unallocated",
    "/journals",
    "/journals/DAY1-000015-01",
    "/tie-out/2026-07",
    "/tie-out/2026-08",
    "/trail",
    "/trail?of=group&id=checkout",
    "/trail?of=invoice&id=2026-08/USD/checkout&who=nadia",
    "/configuration",
    "/configuration/tree",
    "/configuration/people",
    "/configuration/drivers",
];

#[tokio::test]
async fn every_page_is_whole_for_everybody_with_a_role() {
    let company = story().await;
    let journal = first_journal(&company).await;
    for mail in [CONTROLLER, DEPUTY, FINOPS, AUDITOR] {
        let browser = Browser::signed_in(&company, mail).await;
        for path in PAGES {
            let path = path.replace("DAY1-000015-01", &journal);
            let page = browser.get(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{mail} {path}: {}", page.text());
            page.is_sound(&format!("{mail} {path}"));
        }
    }
}

async fn first_journal(company: &MadeUp) -> String {
    let actor = company.actor(AUDITOR).await;
    let journals = company.tenant.journals(&actor, Default::default()).await.unwrap();
    journals.first().expect("a journal").state.reference.clone()
}

#[tokio::test]
async fn owners_see_their_own_and_nothing_else() {
    let company = story().await;
    let journal = first_journal(&company).await;
    let nadia = Browser::signed_in(&company, NADIA).await;
    for path in ["/", "/mine", CHECKOUT, "/invoices/2026-08/EUR/checkout", "/groups", "/groups/checkout", "/journals"] {
        let page = nadia.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        page.is_sound(path);
        assert!(!page.html.contains("/invoices/2026-08/USD/marketing"), "{path}");
    }
    for path in [MARKETING, "/invoices/2026-08/USD/online", "/groups/marketing", "/invoices/2026-08/USD/marketing/lines.csv"] {
        let page = nadia.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        page.is_sound(path);
        assert!(!page.text().contains("Marketing"), "{path}");
    }
    for path in ["/tie-out", "/tie-out/2026-08", "/trail", "/configuration", "/configuration/people", "/batches/1"] {
        let page = nadia.get(path).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
        assert!(page.text().contains("Only controllers, FinOps and auditors see this. To your invoices"), "{}", page.text());
        page.is_sound(path);
    }
    let others = Browser::signed_in(&company, OLA).await.get(&format!("/journals/{journal}")).await;
    assert_eq!(others.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_waits_for_an_owner_comes_first() {
    let company = story().await;
    let page = Browser::signed_in(&company, NADIA).await.get("/").await;
    let text = page.text();
    let at = |needle: &str| text.find(needle).unwrap_or_else(|| panic!("no {needle} in {text}"));
    assert!(at("Waits for you") < at("Checkout, August 2026") && at("To accept") < at("Provisional"));
    assert!(at("You answer for Checkout.") < at("Waits for you"));
    assert!(at("Done") > at("Provisional"));
}

#[tokio::test]
async fn an_old_page_is_told_what_was_issued_since() {
    let company = story().await;
    let sara = Browser::signed_in(&company, SARA).await;
    let old = sara.get(MARKETING).await.form(&format!("{MARKETING}/accept"));
    let felix = Browser::signed_in(&company, FINOPS).await;
    let page = felix.get(MARKETING).await;
    let uphold = page.form_with(&format!("{MARKETING}/disputes/1/resolution"), "outcome", "upheld").set("receiver", "search");
    let done = felix.send(&uphold).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let refused = sara.send(&old).await;
    assert_eq!(refused.status, StatusCode::PRECONDITION_FAILED);
    refused.is_sound("refused");
    let text = refused.text();
    assert!(text.contains("Nothing was changed. Revision 3 was issued since you opened revision 2."), "{text}");
    assert!(text.contains("Moved by disputes") && text.contains("it went to Search"), "{text}");
    let received = Browser::signed_in(&company, OLA).await.get(SEARCH).await;
    assert!(received.text().contains("it came here"), "{}", received.text());
}

#[tokio::test]
async fn a_dispute_takes_the_line_as_it_stands() {
    let company = story().await;
    let nadia = Browser::signed_in(&company, NADIA).await;
    let page = nadia.get(CHECKOUT).await;
    let form = page.form(&format!("{CHECKOUT}/disputes"));
    let options = page.options("line");
    let (credit, label) = options.iter().find(|(_, label)| label.contains("Adjust") || label.contains("Credit")).expect("a credit");
    assert!(label.contains('\u{2212}'), "{label}");
    let sent = nadia.send(&form.clone().set("line", credit).set("amount", "100.00").set("reason", "Not our credit.")).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let known = company.tenant.invoice(&company.actor(NADIA).await, &invoice("2026-08", "checkout")).await.unwrap();
    assert_eq!(known.state.disputes[0].amount.to_string(), "-100.00");

    let page = nadia.get(CHECKOUT).await;
    let form = page.form(&format!("{CHECKOUT}/disputes"));
    let (line, _) = page.options("line").into_iter().find(|(_, label)| label.contains("RDS")).expect("RDS");
    let sent = nadia.send(&form.set("line", &line).set("amount", "").set("reason", "All of it.")).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let known = company.tenant.invoice(&company.actor(NADIA).await, &invoice("2026-08", "checkout")).await.unwrap();
    assert_eq!(known.state.disputes[1].amount, known.document.stated_line(&line).unwrap().amount);
    let page = nadia.get(CHECKOUT).await;
    assert!(page.text().contains("A part is disputed") && page.text().contains("Accept the rest"), "{}", page.text());
}

#[tokio::test]
async fn what_was_typed_stays_when_a_form_is_refused() {
    let company = story().await;
    let nadia = Browser::signed_in(&company, NADIA).await;
    let page = nadia.get(CHECKOUT).await;
    let (line, _) = page.options("line").remove(0);
    for (amount, told) in [("99999999.00", "can still be disputed"), ("1,5", "is no amount in usd; write it like 1234.50")] {
        let form = nadia.get(CHECKOUT).await.form(&format!("{CHECKOUT}/disputes"));
        let refused = nadia.send(&form.set("line", &line).set("amount", amount).set("reason", "Because <b>I</b> say so")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        refused.is_sound("refused dispute");
        assert!(refused.text().to_lowercase().contains(told), "{}", refused.text());
        let again = refused.form(&format!("{CHECKOUT}/disputes"));
        assert_eq!((again.get("amount"), again.get("reason")), (amount, "Because <b>I</b> say so"));
        assert!(refused.html.contains(&format!("<option value=\"{line}\" selected>")));
    }
    let form = nadia.get(CHECKOUT).await.form(&format!("{CHECKOUT}/questions"));
    let empty = nadia.send(&form.set("text", "   ")).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn people_ask_answer_and_comment() {
    let company = story().await;
    let sara = Browser::signed_in(&company, SARA).await;
    let page = sara.get(MARKETING).await;
    let asked = sara.send(&page.form(&format!("{MARKETING}/questions")).set("text", "What is Synapse?")).await;
    assert_eq!(asked.location(), format!("{MARKETING}?done=asked"));
    let felix = Browser::signed_in(&company, FINOPS).await;
    let page = felix.get(MARKETING).await;
    assert!(page.text().contains("waits for an answer"));
    let answered = felix.send(&page.form(&format!("{MARKETING}/questions/1/answers")).set("text", "A warehouse.")).await;
    assert_eq!(answered.location(), format!("{MARKETING}?done=answered"));
    let commented = felix.send(&page.form(&format!("{MARKETING}/disputes/1/comments")).set("text", "Still looking.")).await;
    assert_eq!(commented.location(), format!("{MARKETING}?done=commented"));
    let text = sara.get(MARKETING).await.text();
    assert!(["What is Synapse?", "A warehouse.", "Still looking."].iter().all(|said| text.contains(said)), "{text}");
}

#[tokio::test]
async fn a_rejected_dispute_says_why() {
    let company = story().await;
    let felix = Browser::signed_in(&company, FINOPS).await;
    let page = felix.get(MARKETING).await;
    let form = page.form_with(&format!("{MARKETING}/disputes/1/resolution"), "outcome", "rejected");
    assert_eq!(felix.send(&form.clone().set("reason", "")).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = felix.get(MARKETING).await.form_with(&format!("{MARKETING}/disputes/1/resolution"), "outcome", "rejected");
    let sent = felix.send(&form.set("reason", "It is yours, see the ticket.")).await;
    assert_eq!(sent.location(), format!("{MARKETING}?done=rejected"));
    let text = Browser::signed_in(&company, SARA).await.get(MARKETING).await.text();
    assert!(text.contains("Rejected.") && text.contains("It is yours, see the ticket."), "{text}");
}

#[tokio::test]
async fn only_those_who_look_after_invoices_resolve_and_never_their_own() {
    let company = story().await;
    let page = Browser::signed_in(&company, SARA).await.get(MARKETING).await;
    assert!(!page.html.contains("/resolution\""));
    let page = Browser::signed_in(&company, AUDITOR).await.get(MARKETING).await;
    assert!(!page.html.contains("/resolution\"") && !page.html.contains("/comments\""));
}

#[tokio::test]
async fn in_showback_one_tells_that_one_has_read_it() {
    let company = story().await;
    let ola = Browser::signed_in(&company, OLA).await;
    let page = ola.get(SEARCH).await;
    assert!(page.text().contains("Nothing is booked for it."));
    let sent = ola.send(&page.form(&format!("{SEARCH}/acknowledge"))).await;
    assert_eq!(sent.location(), format!("{SEARCH}?done=acknowledged"));
    assert!(ola.get(SEARCH).await.text().contains("You have read it"));
}

#[tokio::test]
async fn somebody_above_their_limit_is_told_so_and_has_no_button() {
    let company = story().await;
    let people = company.people().replace("\"60000.00\"", "\"10.00\"");
    company.put(company.actor(CONTROLLER).await, dayone_workflow::configuration::ConfigKind::People, &people).await;
    let page = Browser::signed_in(&company, NADIA).await.get(CHECKOUT).await;
    assert!(page.text().contains("This is above your limit of USD 10.00; the owner of the group above can accept it."), "{}", page.text());
    assert!(!page.html.contains("/accept\""));
}

#[tokio::test]
async fn promotion_shows_the_policys_facts_and_takes_two_people_against_it() {
    let company = story().await;
    let ines = Browser::signed_in(&company, CONTROLLER).await;
    let page = ines.get("/groups/search").await;
    let text = page.text();
    assert!(text.contains("at least 3") && text.contains("at most 5") && text.contains("Met"), "{text}");
    let form = page.form("/groups/search/promotion");
    let sent = ines.send(&form.set("reason", "They want it.")).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    if sent.location().ends_with("promotion-asked") {
        let own = ines.get("/groups/search").await;
        assert!(own.text().contains("You asked for it; a second controller has to agree."), "{}", own.text());
        let aron = Browser::signed_in(&company, DEPUTY).await;
        let page = aron.get("/groups/search").await;
        let agreed = aron.send(&page.form("/groups/search/promotion").set("reason", "Yes.")).await;
        assert_eq!(agreed.location(), "/groups/search?done=promoted", "{}", agreed.text());
    }
    assert!(ines.get("/groups/search").await.text().contains("Chargeback from October 2026"));
    let back = ines.get("/groups/search").await.form("/groups/search/demotion");
    assert_eq!(ines.send(&back).await.location(), "/groups/search?done=demoted");
    let page = ines.get("/groups/unallocated").await;
    assert!(page.text().contains("It keeps cost that nobody is charged for") && !page.html.contains("/promotion\""));
    let owner = Browser::signed_in(&company, OLA).await.get("/groups/search").await;
    assert!(!owner.html.contains("/promotion\"") && !owner.html.contains("/demotion\""));
}

#[tokio::test]
async fn journals_are_posted_exported_reversed_and_recoded() {
    let company = story().await;
    let ines = Browser::signed_in(&company, CONTROLLER).await;
    let page = ines.get("/journals").await;
    assert!(page.text().contains("wait to be posted") || page.text().contains("waits to be posted"), "{}", page.text());
    let sent = ines.send(&page.form("/journals/post")).await;
    assert!(sent.location().starts_with("/journals?done=posted&count="), "{}", sent.text());
    let page = ines.get(&sent.location()).await;
    page.is_sound("/journals after posting");
    assert!(page.text().contains("posted."));

    let journal = first_journal(&company).await;
    let at = format!("/journals/{journal}");
    let page = ines.get(&at).await;
    let lines = page.options("line");
    assert!(!lines.is_empty() && lines.iter().all(|(_, label)| !label.contains(" 149")), "a holding line is not recoded: {lines:?}");
    assert!(page.text().contains("the invoice waits for its owner again"), "{}", page.text());
    let bad = ines.send(&page.form(&format!("{at}/reclass")).set("account", "6420").set("cost_center", "4240").set("reason", "")).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", bad.text());
    assert_eq!(bad.form(&format!("{at}/reclass")).get("account"), "6420");
    let form = ines.get(&at).await.form(&format!("{at}/reversal"));
    let sent = ines.send(&form.set("reason", "Wrong month.")).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());
    let reversal = ines.get(&sent.location()).await;
    assert!(reversal.text().contains("Reverses") && reversal.text().contains(&journal), "{}", reversal.text());
    let corrected = ines.get(&at).await;
    let by = sent.location().trim_start_matches("/journals/").split('?').next().unwrap().to_owned();
    assert!(corrected.text().contains(&format!("Corrected by {by}")), "{}", corrected.text());
    let list = ines.get("/journals").await;
    assert!(list.text().contains(&format!("corrects {journal}")) && list.text().contains(&format!("corrected by {by}")), "{}", list.text());

    let aron = Browser::signed_in(&company, DEPUTY).await;
    let export = aron.get("/journals").await.form("/journals/post").to("/journals/export");
    let late = aron.get("/journals").await.form("/journals/post").to("/journals/export");
    let sent = aron.send(&export).await;
    assert_eq!(sent.location(), "/journals?done=exported&batch=1&count=1#batches", "{}", sent.text());
    let file = aron.get("/batches/1").await;
    assert_eq!(file.status, StatusCode::OK);
    assert!(file.header("content-disposition").contains("batch-000001.csv") && file.html.starts_with("batch,journal"), "{}", file.html);
    let at = sent_journal(&company, "handed over").await;
    let page = aron.get(&at).await;
    let recorded = aron.send(&page.form(&format!("{at}/number")).set("number", "4711")).await;
    assert_eq!(recorded.location(), format!("{at}?done=recorded"), "{}", recorded.text());
    let refused = aron.send(&late).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    refused.is_sound("nothing to export");
}

#[tokio::test]
async fn of_a_group_that_was_demoted_what_is_charged_and_what_is_shown_are_told_and_only_the_first_is_booked() {
    let company = story().await;
    let ines = company.asks(CONTROLLER).await;
    company.tenant.demote(&ines, "checkout", Some(month("2026-10")), Some("Too early.")).await.unwrap();
    company.closed_month("2026-09", "2026-10-02T06:00:00Z").await;
    let late = [("checkout", "AWS Lambda", "checkout-prod", "Usage", 500_000)];
    company.set("2026-10-20T06:00:00Z");
    company.deliver("aws-cur", "2026-09", "USD", 1_000, &late).await;
    company.closed_month("2026-10", "2026-11-02T06:00:00Z").await;

    let october = "/invoices/2026-10/USD/checkout";
    let nadia = Browser::signed_in(&company, NADIA).await;
    let of = invoice("2026-10", "checkout");
    let revision = company.tenant.invoice(&company.actor(NADIA).await, &of).await.unwrap().view.revision;
    assert!(revision.is_charged_in_part() && revision.charged.total.is_zero() && !revision.charged.true_ups.is_zero());
    let [charged, shown] = [revision.charged.sum(), revision.shown()].map(|amount| money_with_code(amount).replace('\u{a0}', " "));
    let page = nadia.get(october).await;
    let told = format!("Of it, {charged} is charged once it is accepted; {shown} is for information, of months in showback.");
    assert!(page.text().contains(&told) && page.text().contains(&format!("Accept {charged}")), "{}", page.text());
    let sent = nadia.send(&page.form(&format!("{october}/accept"))).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.text());

    company.tenant.post(&company.asks(DEPUTY).await, None).await.unwrap();
    let journals = Browser::signed_in(&company, DEPUTY).await.get("/journals").await;
    assert!(journals.text().contains("Nothing waits to be posted"), "{}", journals.text());
    assert!(!journals.text().contains("not booked in full"), "{}", journals.text());
}

async fn sent_journal(company: &MadeUp, label: &str) -> String {
    let actor = company.actor(AUDITOR).await;
    let journals = company.tenant.journals(&actor, Default::default()).await.unwrap();
    let found = journals.iter().find(|view| view.state.status.label() == label).expect("a journal of this status");
    format!("/journals/{}", found.state.reference)
}

#[tokio::test]
async fn the_invoices_of_a_month_sum_to_the_bill_beside_their_true_ups() {
    let company = story().await;
    let text = Browser::signed_in(&company, CONTROLLER).await.get("/?month=2026-08").await.text();
    let (_, after) = text.split_once("The USD bill Final USD ").expect("the bill");
    let bill = after.split(' ').next().unwrap();
    assert!(after.contains("Cost group Stands USD True-ups") && after.contains(&format!("In all {bill} ")), "{text}");
}

#[tokio::test]
async fn a_controller_closes_a_source_and_issues() {
    let company = story().await;
    let ines = Browser::signed_in(&company, CONTROLLER).await;
    let page = ines.get("/?month=2026-08").await;
    assert!(page.text().contains("What the close waits for") && page.text().contains("azure-eu"), "{}", page.text());
    let sent = ines.send(&page.form("/sources/azure-eu/close")).await;
    assert_eq!(sent.location(), "/?month=2026-08&done=closed", "{}", sent.text());
    let sent = ines.send(&ines.get("/").await.form("/issue")).await;
    assert_eq!(sent.location(), "/?done=issued&count=1", "{}", sent.text());
    let nadia = Browser::signed_in(&company, NADIA).await.get("/invoices/2026-08/EUR/checkout").await;
    assert!(nadia.text().contains("Waits for your acceptance"));
    let mei = Browser::signed_in(&company, AUDITOR).await.get("/").await;
    assert!(!mei.html.contains("action=\"/issue\"") && !mei.html.contains("/close\""));
}

#[tokio::test]
async fn the_month_shows_the_states_and_what_the_close_waits_for() {
    let company = story().await;
    let page = Browser::signed_in(&company, FINOPS).await.get("/?month=2026-08").await;
    let text = page.text();
    for said in ["The USD bill", "The EUR bill", "Awaiting acceptance", "Disputed", "In showback", "Unallocated", "1 dispute is open"] {
        let said = if said == "In showback" { "Showback" } else { said };
        assert!(text.contains(said), "{said} is not in {text}");
    }
    assert!(page.html.contains("class=\"bar-of-states\""));
}

#[tokio::test]
async fn a_month_that_cannot_be_tied_out_still_has_its_page() {
    let company = story().await;
    let delivered = company.tenant.source_periods().await.unwrap();
    let lost = delivered.iter().find(|view| view.source == "aws-cur" && view.period == made_up::month("2026-08")).unwrap();
    company.handles.documents.remove(lost.newest.cube);
    let ines = Browser::signed_in(&company, CONTROLLER).await;
    let page = ines.get("/?month=2026-08").await;
    assert_eq!(page.status, StatusCode::OK);
    page.is_sound("untied month");
    assert!(page.text().contains("The month cannot be tied out. Something is wrong with what is stored."), "{}", page.text());
    assert!(page.text().contains("What the close waits for"));
    let page = ines.get("/tie-out/2026-08").await;
    assert_eq!(page.status, StatusCode::INTERNAL_SERVER_ERROR);
    page.is_sound("broken tie-out");
    assert!(!page.html.contains(&lost.newest.cube.to_string()), "details are logged, not told");
}

#[tokio::test]
async fn the_tie_out_agrees_and_shows_the_chains_head() {
    let company = story().await;
    let page = Browser::signed_in(&company, AUDITOR).await.get("/tie-out/2026-07").await;
    let text = page.text();
    assert!(text.contains("Ties out."), "{text}");
    assert!(text.contains("True-up 1 of this closed month") && text.contains("Carried by the invoices of August 2026."), "{text}");
    assert!(text.contains("The chain’s head is anchor"), "{text}");
    assert!(page.html.contains("/api/evidence/2026-07"));
    assert!(text.contains("Not posted Rounding") && text.contains("What accounts payable booked"), "{text}");
}

#[tokio::test]
async fn what_holding_accounts_carry_is_billed_less_posted_and_not_posted_with_rounding() {
    let company = story().await;
    let answer = Browser::signed_in(&company, AUDITOR).await.get("/api/tie-out/2026-07").await;
    let bills: serde_json::Value = serde_json::from_str(&answer.html).unwrap();
    let lines = bills[0]["holding"].as_array().unwrap();
    assert!(!lines.is_empty());
    for line in lines {
        let cents = |what: &str| line[what]["amount"].as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
        assert_eq!(cents("billed") - cents("posted"), cents("carried"), "{line}");
        assert_eq!(cents("carried"), cents("not_posted") + cents("rounding"), "{line}");
        assert_eq!(line["agrees"], true, "{line}");
    }
}

#[tokio::test]
async fn the_tie_out_has_a_row_of_every_source_and_provider_invoice_and_what_is_due() {
    let company = story().await;
    let mei = Browser::signed_in(&company, AUDITOR).await;
    let text = mei.get("/tie-out/2026-07").await.text();
    assert!(text.contains("aws-cur-2026-07 AWS (aws-cur)") && text.contains("azure-2026-07 Microsoft Azure (azure)"), "{text}");
    assert!(text.contains("Together: the bill and the true-ups that correct it") && !text.contains("Due on these invoices"), "{text}");
    let text = mei.get("/tie-out/2026-08").await.text();
    assert!(text.contains("Together: the bill ") && text.contains("Due on these invoices"), "{text}");
    let month = mei.get("/?month=2026-08").await.text();
    assert!(month.contains("Due on these invoices"), "{month}");
}

#[tokio::test]
async fn a_newer_delivery_that_is_not_issued_is_no_agreement() {
    let company = story().await;
    let rows = [("checkout", "Amazon CloudFront", "checkout-edge", "Usage", 1_000_000)];
    company.deliver("aws-cur", "2026-07", "USD", 1000, &rows).await;
    let mei = Browser::signed_in(&company, AUDITOR).await;
    let page = mei.get("/tie-out/2026-07").await;
    page.is_sound("waiting tie-out");
    let text = page.text();
    assert!(text.contains("Does not tie out yet. A newer delivery counts and waits to be issued."), "{text}");
    assert!(text.contains("The next issue makes a true-up of the difference.") && text.contains("not yet"), "{text}");
    assert!(mei.get("/?month=2026-07").await.text().contains("A newer delivery It counts, and is not issued yet"));
    let answer = mei.get("/api/tie-out/2026-07").await;
    let bill: serde_json::Value = serde_json::from_str(&answer.html).unwrap();
    assert_eq!((&bill[0]["ties_out"], &bill[0]["waits_for_issue"]), (&false.into(), &true.into()), "{bill}");
    assert_ne!(bill[0]["bill_total"], bill[0]["issued_with_true_ups"], "{bill}");
}

#[tokio::test]
async fn a_true_up_on_its_way_is_among_what_the_month_that_it_corrects_waits_for() {
    let company = story().await;
    company.accept(NADIA, "2026-08", "checkout").await;
    let text = Browser::signed_in(&company, CONTROLLER).await.get("/?month=2026-07").await.text();
    assert!(text.contains("Not posted yet"), "{text}");
    assert!(!text.contains("cannot be posted"), "{text}");
}

#[tokio::test]
async fn configuration_is_put_as_text_or_file_and_refused_in_plain_words() {
    let company = story().await;
    let ines = Browser::signed_in(&company, CONTROLLER).await;
    let page = ines.get("/configuration/policy").await;
    let form = page.form("/configuration/policy");
    let bad = ines.upload(&form.clone().set("text", "time_zone: Mars\ncolour: <script>\n"), None).await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", bad.text());
    bad.is_sound("bad policy");
    assert_eq!(bad.form("/configuration/policy").get("text"), "time_zone: Mars\ncolour: <script>\n");
    let put = ines.upload(&page.form("/configuration/policy"), Some(("policy.yaml", "time_zone: Europe/Berlin\n"))).await;
    assert_eq!(put.status, StatusCode::SEE_OTHER, "{}", put.text());
    let page = ines.get("/configuration/policy").await;
    assert!(page.text().contains("Version 2") && page.text().contains("time_zone: Europe/Berlin"), "{}", page.text());
    let same = ines.upload(&page.form("/configuration/policy"), Some(("policy.yaml", "time_zone: Europe/Berlin\n"))).await;
    assert_eq!(same.location(), "/configuration/policy?done=put-same", "{}", same.text());
    let old = ines.get("/configuration/policy?version=1").await;
    assert!(old.text().contains("Europe/Oslo"));
    let mei = Browser::signed_in(&company, AUDITOR).await.get("/configuration/policy").await;
    assert!(!mei.html.contains("multipart/form-data"));
    let forged = Browser::signed_in(&company, AUDITOR).await;
    let refused = forged.upload(&form.set("csrf", &forged.csrf), Some(("policy.yaml", "time_zone: UTC\n"))).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn signing_in_leads_back_to_where_one_wanted_to_go() {
    let company = story().await;
    company.give_passwords(&[NADIA]).await.unwrap();
    let nobody = Browser::nobody(&company);
    let sent_off = nobody.get(CHECKOUT).await;
    assert_eq!(sent_off.status, StatusCode::SEE_OTHER);
    assert_eq!(sent_off.location(), "/sign-in?next=%2Finvoices%2F2026-08%2FUSD%2Fcheckout");
    let page = nobody.get(&sent_off.location()).await;
    page.is_sound("sign in");
    let form = page.form("/sign-in");
    let wrong = nobody.send(&form.clone().set("mail", NADIA).set("password", "not this one at all")).await;
    assert_eq!(wrong.status, StatusCode::FORBIDDEN);
    wrong.is_sound("wrong password");
    assert!(wrong.text().contains("You are not signed in."), "{}", wrong.text());
    assert_eq!(wrong.form("/sign-in").get("mail"), NADIA);
    assert_eq!(wrong.form("/sign-in").get("next"), CHECKOUT);
    let right = nobody.send(&form.set("mail", NADIA).set("password", PASSWORD)).await;
    assert_eq!((right.status, right.location()), (StatusCode::SEE_OTHER, CHECKOUT.to_owned()));
    let cookie = right.header("set-cookie");
    for part in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let elsewhere = nobody.get("/sign-in?next=https%3A%2F%2Fevil.example%2F").await;
    assert_eq!(elsewhere.form("/sign-in").get("next"), "/");
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let company = story().await;
    let nadia = Browser::signed_in(&company, NADIA).await;
    let out = nadia.send(&nadia.get("/").await.form("/sign-out")).await;
    assert_eq!(out.location(), "/sign-in?done=signed-out");
    assert_eq!(nadia.get("/").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_link_from_elsewhere_opens_once_more_so_that_the_cookie_comes_along() {
    let company = story().await;
    let page = Browser::nobody(&company).get_with(CHECKOUT, &[("sec-fetch-site", "cross-site")]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.html.contains("http-equiv=\"refresh\"") && page.html.contains(&format!("href=\"{CHECKOUT}\"")));
}

#[tokio::test]
async fn a_form_without_the_sessions_token_changes_nothing() {
    let company = story().await;
    let nadia = Browser::signed_in(&company, NADIA).await;
    let form = nadia.get(CHECKOUT).await.form(&format!("{CHECKOUT}/accept"));
    for token in ["", "0000", "another"] {
        let refused = nadia.send(&form.clone().set("csrf", token)).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
        refused.is_sound("forged");
    }
    let nobody = Browser::nobody(&company).send(&form).await;
    assert_eq!(nobody.location(), "/sign-in?next=%2Finvoices%2F2026-08%2FUSD%2Fcheckout");
    let elsewhere = nobody_from_elsewhere(&company).await;
    assert_eq!(elsewhere, StatusCode::FORBIDDEN);
    assert!(nadia.get(CHECKOUT).await.text().contains("Waits for your acceptance"));
}

async fn nobody_from_elsewhere(company: &MadeUp) -> StatusCode {
    let nobody = Browser::nobody(company);
    let form = nobody.get("/sign-in").await.form("/sign-in").set("mail", NADIA).set("password", PASSWORD);
    nobody.send_with(&form, &[("sec-fetch-site", "cross-site")]).await.status
}

#[tokio::test]
async fn a_form_that_is_too_large_is_refused_calmly() {
    let company = story().await;
    let nadia = Browser::signed_in(&company, NADIA).await;
    let form = nadia.get(CHECKOUT).await.form(&format!("{CHECKOUT}/questions"));
    let refused = nadia.send(&form.set("text", &"x".repeat(70_000))).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    refused.is_sound("too large");
}

#[tokio::test]
async fn addresses_that_nothing_is_at_have_a_page_too() {
    let company = story().await;
    let ines = Browser::signed_in(&company, CONTROLLER).await;
    for path in [
        "/nothing",
        "/invoices/2026-13/USD/checkout",
        "/invoices/2026-08/usd/checkout",
        "/invoices/2026-08/USD/..%2Fcheckout",
        "/invoices/2030-01/USD/checkout",
        "/groups/nobody",
        "/journals/DAY1-999999-01",
        "/journals/%00",
        "/tie-out/never",
        "/tie-out/2030-01",
        "/configuration/nothing",
        "/batches/9",
    ] {
        let page = ines.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        page.is_sound(path);
    }
    assert_eq!(Browser::nobody(&company).get("/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn hostile_names_stay_text_on_every_page() {
    let company = MadeUp::story(Names::Hostile).await;
    let journal = first_journal(&company).await;
    for mail in [CONTROLLER, FINOPS, NADIA, SARA] {
        let browser = Browser::signed_in(&company, mail).await;
        for path in PAGES {
            let page = browser.get(&path.replace("DAY1-000015-01", &journal)).await;
            page.is_sound(&format!("hostile {mail} {path}"));
            assert!(!page.html.contains("<script") && !page.html.contains("<b onclick"), "{mail} {path}");
        }
    }
    let page = Browser::signed_in(&company, SARA).await.get(MARKETING).await;
    assert!(page.text().contains(HOSTILE), "{}", page.text());
}

#[tokio::test]
async fn every_answer_forbids_scripts_and_frames() {
    let company = story().await;
    let ines = Browser::signed_in(&company, CONTROLLER).await;
    for path in ["/", CHECKOUT, "/style.css", "/nothing"] {
        let page = ines.get(path).await;
        assert!(page.header("content-security-policy").contains("default-src 'none'"), "{path}");
    }
    let style = Browser::nobody(&company).get("/style.css").await;
    assert_eq!(style.status, StatusCode::OK);
    assert!(style.header("content-type").starts_with("text/css") && style.html.contains("--accent") && style.html.contains(".ask"));
}

#[tokio::test]
async fn the_files_of_an_invoice_are_of_that_invoice() {
    let company = story().await;
    let nadia = Browser::signed_in(&company, NADIA).await;
    let page: Page = nadia.get(CHECKOUT).await;
    for (file, begins) in [("lines.csv", "document,"), ("document.json", "{")] {
        let path = format!("{CHECKOUT}/{file}");
        assert!(page.html.contains(&format!("href=\"{path}\"")), "{path}");
        let file = nadia.get(&path).await;
        assert_eq!(file.status, StatusCode::OK);
        assert!(file.html.contains("checkout") && !file.html.is_empty(), "{begins} {}", &file.html[..200.min(file.html.len())]);
        assert!(file.header("content-disposition").starts_with("attachment; filename=\"2026-08-USD-checkout."));
    }
    assert!(Browser::signed_in(&company, RAFAEL).await.get("/invoices/2026-08/USD/online").await.text().contains("What is below it"));
}
