//! The invoice as its owner meets it: what is asked, what changed, and what becomes of a yes.

use axum::http::StatusCode;
use dayone_domain::review::By;
use dayone_workflow::configuration::ConfigKind;

use crate::browser::Browser;
use crate::made_up::{CONTROLLER, NADIA, SARA, invoice};
use crate::{CHECKOUT, story};

#[tokio::test]
async fn the_invoice_says_what_is_asked_and_what_changed() {
    let company = story().await;
    let page = Browser::signed_in(&company, NADIA).await.get(CHECKOUT).await;
    let text = page.text();
    for said in [
        "Waits for your acceptance",
        "Due for August 2026, with true-ups of July 2026.",
        "it is booked to cost centre 4240.",
        "Accept USD",
        "Without an answer it counts as accepted on 17 September 2026.",
        "What changed since the provisional invoice",
        "AWS Lambda",
        "True-ups of closed months",
        "July 2026",
        "Corrects invoice",
        "Why is the load balancer in our invoice?",
        "Its tag still says checkout.",
        "How it adds up",
        "cost centre 4240",
        "Dispute a line",
    ] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    let provisional = Browser::signed_in(&company, NADIA).await.get("/invoices/2026-08/EUR/checkout").await;
    assert!(provisional.text().contains("It may change until Microsoft Azure is final."), "{}", provisional.text());
    assert!(!provisional.html.contains("/accept\""), "nothing to accept on a provisional invoice");
}

#[tokio::test]
async fn a_final_invoice_is_compared_with_what_was_first_issued_and_every_revision_with_the_one_before() {
    let company = story().await;
    company.set("2026-09-08T09:00:00Z");
    company.close("azure-eu", "2026-08").await;
    company.tenant.issue(&By::Policy, None).await.unwrap();
    let nadia = Browser::signed_in(&company, NADIA).await;
    let at = "/invoices/2026-08/EUR/checkout";
    let page = nadia.get(at).await;
    page.is_sound(at);
    for said in ["What changed since the provisional invoice", "Revision 1", "Revision 3", "All 3 revisions, each with what changed"] {
        assert!(page.text().contains(said), "{said} is not in {}", page.text());
    }
    let changed = page.text();
    let changed = changed.split("What changed since the provisional invoice").nth(1).unwrap();
    assert!(!changed.trim_start().starts_with("0.00"), "revision 2 differs from the first: {changed}");
    assert!(page.html.contains("?from=1&#38;to=2#changed") && page.html.contains("?from=2&#38;to=3#changed"), "{}", page.html);
    let last = nadia.get(&format!("{at}?from=2&to=3")).await;
    assert!(last.text().contains("What changed since revision 2 0.00 Nothing: every line is as it was."), "{}", last.text());
    let earlier = nadia.get(&format!("{at}?from=1&to=2")).await;
    assert!(earlier.text().contains("What changed since revision 1, up to revision 2"), "{}", earlier.text());
    for missing in ["?from=9", "?from=1&to=9"] {
        assert_eq!(nadia.get(&format!("{at}{missing}")).await.status, StatusCode::NOT_FOUND, "{missing}");
    }
}

#[tokio::test]
async fn what_the_ledger_does_not_take_is_not_promised_to_be_booked() {
    let company = story().await;
    company.set("2026-09-08T09:00:00Z");
    company.close("azure-eu", "2026-08").await;
    company.tenant.issue(&By::Policy, None).await.unwrap();
    let nadia = Browser::signed_in(&company, NADIA).await;
    let page = nadia.get("/invoices/2026-08/EUR/checkout").await;
    let told = "Once you accept it, it is booked by hand to cost centre 4240: the ledger is in USD.";
    assert!(page.text().contains(told), "{}", page.text());
    let people = company.people().replace("accepts_up_to: { ", "accepts_up_to: { EUR: \"90000.00\", ");
    company.put(company.actor(CONTROLLER).await, ConfigKind::People, &people).await;
    for (mail, group) in [(NADIA, "checkout"), (SARA, "marketing")] {
        let at = format!("/invoices/2026-08/EUR/{group}");
        let owner = Browser::signed_in(&company, mail).await;
        owner.send(&owner.get(&at).await.form(&format!("{at}/accept"))).await;
        let page = owner.get(&at).await;
        assert!(page.text().contains("It is booked by hand: the ledger is in USD."), "{}", page.text());
    }
    let ines = Browser::signed_in(&company, CONTROLLER).await;
    let sent = ines.send(&ines.get("/journals").await.form("/journals/post")).await;
    assert!(sent.text().contains("Checkout, August 2026 and 1 more accepted invoice"), "one row for one reason: {}", sent.text());
}

#[tokio::test]
async fn an_owner_accepts_once_however_often_they_press() {
    let company = story().await;
    let nadia = Browser::signed_in(&company, NADIA).await;
    let page = nadia.get(CHECKOUT).await;
    let form = page.form(&format!("{CHECKOUT}/accept"));
    let first = nadia.send(&form).await;
    assert_eq!((first.status, first.location()), (StatusCode::SEE_OTHER, format!("{CHECKOUT}?done=accepted")));
    let again = nadia.send(&form).await;
    assert_eq!((again.status, again.location()), (StatusCode::SEE_OTHER, format!("{CHECKOUT}?done=accepted")));
    let after = nadia.get(&first.location()).await;
    assert!(after.text().contains("Revision 2 was accepted by Nadia Haddad on 8 September 2026."), "{}", after.text());
    let trail = after.text();
    let trail = trail.split(" Trail ").nth(1).unwrap_or_else(|| panic!("no trail in {}", after.text()));
    assert!(trail.contains("8 September 2026, 09:00 CEST"), "{trail}");
    assert!(trail.contains("The true-up journal for checkout, 2026-07, became ready on Nadia Haddad’s acceptance"), "{trail}");
    assert!(!trail.contains("Journal DAY1-"), "each journal has one row: {trail}");
    assert!(after.text().contains("Accepted. Thank you"));
    let known = company.tenant.invoice(&company.actor(NADIA).await, &invoice("2026-08", "checkout")).await.unwrap();
    assert_eq!(known.state.acceptances.len(), 1);
}

#[tokio::test]
async fn whoever_accepts_in_a_second_tab_is_told_that_they_have() {
    let company = story().await;
    let nadia = Browser::signed_in(&company, NADIA).await;
    let at = format!("{CHECKOUT}/accept");
    let (one, other) = (nadia.get(CHECKOUT).await.form(&at), nadia.get(CHECKOUT).await.form(&at));
    nadia.send(&one).await;
    let again = nadia.send(&other).await;
    assert_eq!((again.status, again.location()), (StatusCode::SEE_OTHER, format!("{CHECKOUT}?done=accepted-already")));
    assert!(nadia.get(&again.location()).await.text().contains("You have accepted this already."));
}

#[tokio::test]
async fn what_is_not_posted_is_named_with_the_reason() {
    let company = story().await;
    let nadia = Browser::signed_in(&company, NADIA).await;
    nadia.send(&nadia.get(CHECKOUT).await.form(&format!("{CHECKOUT}/accept"))).await;
    let people = company.people().replace("name: 'Nadia Haddad'", "name: 'Nadia Haddad', roles: [controller]");
    company.put(company.actor(CONTROLLER).await, ConfigKind::People, &people).await;
    let page = nadia.get("/journals").await;
    let sent = nadia.send(&page.form("/journals/post")).await;
    sent.is_sound("reasons");
    assert!(sent.text().contains("see below why.") && sent.text().contains("Not posted, and why"), "{}", sent.text());
    let ines = Browser::signed_in(&company, CONTROLLER).await;
    ines.send(&ines.get("/journals").await.form("/journals/post")).await;
    let after = ines.get("/journals").await;
    assert!(after.text().contains("Nothing waits to be posted") && !after.html.contains("/journals/post\""), "{}", after.text());
}
