//! True-ups of groups whose mode changed between the period that is corrected and the one that carries them.

use dayone_domain::ledger::MoneyState;
use dayone_domain::review::{By, DisputeOf, InvoiceRef, Resolution, Standing};
use dayone_domain::tree::Mode;

use crate::company::{Company, invoice, month};
use crate::{ties_out, two_closed_months};

/// What of a period's bill and its true-ups stands in a state, in cents.
async fn in_state(company: &Company, period: &str, state: MoneyState) -> i128 {
    let auditor = company.person("auditor@nw.example").await;
    let tie_outs = company.tenant.tie_out(&auditor, month(period)).await.unwrap();
    tie_outs[0].states.iter().find(|(known, _)| *known == state).unwrap().1.minor()
}

/// A month in which search alone has cost, closed and issued.
async fn search_alone(company: &Company, period: &str, after: &str, cost: &str) {
    company.deliver("aws", period, &format!("{after}-01T02:00:00Z"), &[("search", "Usage", "0", true)]).await.unwrap();
    company.deliver("azure", period, &format!("{after}-01T02:00:00Z"), &[("search", "Usage", cost, true)]).await.unwrap();
    company.set(&format!("{after}-02T08:00:00Z"));
    company.close("aws", period).await.unwrap();
    company.close("azure", period).await.unwrap();
    company.tenant.issue(&By::Policy, None).await.unwrap();
}

#[tokio::test]
async fn what_was_only_shown_is_corrected_by_showing_also_on_a_chargeback_invoice() {
    let company = two_closed_months().await;
    let controller = company.asks("controller@nw.example").await;
    company.tenant.promote(&controller, "search", None, None).await.unwrap();
    company
        .deliver("aws", "2026-02", "2026-04-20T02:00:00Z", &[("shop", "Usage", "80", true), ("search", "Usage", "22", true)])
        .await
        .unwrap();
    company.deliver("aws", "2026-04", "2026-05-01T02:00:00Z", &[("shop", "Usage", "8", true)]).await.unwrap();
    company.deliver("azure", "2026-04", "2026-05-01T02:00:00Z", &[("search", "Usage", "50", true)]).await.unwrap();
    company.set("2026-05-02T08:00:00Z");
    company.close("aws", "2026-04").await.unwrap();
    company.close("azure", "2026-04").await.unwrap();
    company.tenant.issue(&By::Policy, None).await.unwrap();
    let of = invoice("2026-04", "search");
    let owner = company.asks("search@nw.example").await;
    let page = company.tenant.invoice(&owner.actor, &of).await.unwrap();
    assert_eq!(page.document.true_ups().minor(), -8_00);
    let accepted = company.tenant.accept(&owner, &of, 1).await.unwrap();
    assert_eq!(accepted.journals.len(), 1, "the true-up of a period in showback is not posted");
    company.tenant.post(&controller, None).await.unwrap();
    ties_out(&company, &["2026-02", "2026-04"]).await;
    let tie_outs = company.tenant.tie_out(&controller.actor, month("2026-04")).await.unwrap();
    let posted = tie_outs[0].states.iter().find(|(state, _)| state.label() == "posted").unwrap().1;
    assert_eq!(posted.minor(), 50_00);
}

#[tokio::test]
async fn what_was_charged_is_corrected_by_a_charge_also_after_the_group_was_demoted() {
    let company = two_closed_months().await;
    let controller = company.asks("controller@nw.example").await;
    let owner = company.asks("search@nw.example").await;
    company.tenant.promote(&controller, "search", None, None).await.unwrap();
    search_alone(&company, "2026-04", "2026-05", "50").await;
    company.tenant.accept(&owner, &invoice("2026-04", "search"), 1).await.unwrap();
    company.tenant.post(&controller, None).await.unwrap();
    company.tenant.demote(&controller, "search", None, Some("too early")).await.unwrap();

    let late = [("search", "Usage", "42", true)];
    company.deliver("azure", "2026-04", "2026-06-20T02:00:00Z", &late).await.unwrap();
    search_alone(&company, "2026-06", "2026-07", "20").await;
    let of = invoice("2026-06", "search");
    let page = company.tenant.invoice(&owner.actor, &of).await.unwrap();
    assert_eq!((page.document.invoice.group.mode, page.view.standing), (Mode::Showback, Standing::ToAccept));
    assert_eq!(in_state(&company, "2026-04", MoneyState::AwaitingAcceptance).await, -8_00);
    let charged = page.view.revision.charged;
    assert_eq!((charged.total.minor(), charged.true_ups.minor(), page.view.revision.at_stake().minor()), (0, -8_00, 8_00));
    let mail = company.handles.mailer.sent().into_iter().rfind(|mail| mail.to == "search@nw.example").unwrap();
    let told = "Of this, USD -8.00 is charged once it is accepted; USD 20.00 is for information, of periods in showback.\nFinal: accept it";
    assert!(mail.text.contains(told), "{}", mail.text);

    let accepted = company.tenant.accept(&owner, &of, 1).await.unwrap();
    assert_eq!(accepted.journals.len(), 1, "{:?}", accepted.note);
    ties_out(&company, &["2026-04", "2026-06"]).await;
    company.tenant.post(&controller, None).await.unwrap();
    ties_out(&company, &["2026-04", "2026-06"]).await;
    assert_eq!(in_state(&company, "2026-04", MoneyState::Posted).await, 42_00);
    assert_eq!(in_state(&company, "2026-06", MoneyState::Showback).await, 20_00, "of its own period it is only told");
    assert_eq!(in_state(&company, "2026-06", MoneyState::Posted).await, 0);
}

/// The shop disputes its whole true-up on an invoice of a period, and it goes to search.
async fn true_up_goes_to_search(company: &Company, period: &str) -> InvoiceRef {
    let (shop, owner) = (invoice(period, "shop"), company.asks("shop@nw.example").await);
    let page = company.tenant.invoice(&owner.actor, &shop).await.unwrap();
    let line = page.document.stated().into_iter().find(|stated| stated.corrects.is_some()).unwrap();
    let dispute = DisputeOf { revision: page.document.revision, line: &line.id, amount: line.amount, reason: "of search" };
    company.tenant.dispute(&owner, &shop, dispute).await.unwrap();
    let upheld = Resolution::Upheld { receiver: "search".to_owned() };
    company.tenant.resolve(&company.asks("finops@nw.example").await, &shop, 1, upheld, None).await.unwrap();
    invoice(period, "search")
}

#[tokio::test]
async fn a_moved_true_up_of_a_period_in_which_its_receiver_was_in_showback_is_not_charged() {
    let company = two_closed_months().await;
    let controller = company.asks("controller@nw.example").await;
    company.tenant.promote(&controller, "search", None, None).await.unwrap();
    let late = [("shop", "Usage", "95", true), ("search", "Usage", "30", true)];
    company.deliver("aws", "2026-02", "2026-04-20T02:00:00Z", &late).await.unwrap();
    search_alone(&company, "2026-04", "2026-05", "50").await;
    let search = true_up_goes_to_search(&company, "2026-04").await;
    let owner = company.asks("search@nw.example").await;
    let revision = company.tenant.invoice(&owner.actor, &search).await.unwrap().view.revision;
    assert_eq!((revision.number, revision.true_ups.minor(), revision.charged.sum().minor()), (2, 15_00, 50_00));
    let accepted = company.tenant.accept(&owner, &search, 2).await.unwrap();
    assert_eq!(accepted.journals.len(), 1, "of its own period alone");
    ties_out(&company, &["2026-02", "2026-04"]).await;
    assert_eq!(in_state(&company, "2026-02", MoneyState::AwaitingPosting).await, 0);
}

#[tokio::test]
async fn a_moved_true_up_of_a_period_in_which_its_receiver_was_in_chargeback_asks_for_a_yes_after_a_demotion() {
    let company = two_closed_months().await;
    let controller = company.asks("controller@nw.example").await;
    company.tenant.promote(&controller, "search", None, None).await.unwrap();
    search_alone(&company, "2026-04", "2026-05", "50").await;
    company.tenant.demote(&controller, "search", None, Some("too early")).await.unwrap();
    company.deliver("aws", "2026-04", "2026-06-20T02:00:00Z", &[("shop", "Usage", "9", true)]).await.unwrap();
    search_alone(&company, "2026-06", "2026-07", "20").await;
    let owner = company.asks("search@nw.example").await;
    let before = company.tenant.invoice(&owner.actor, &invoice("2026-06", "search")).await.unwrap().view;
    assert_eq!((before.revision.mode, before.standing), (Mode::Showback, Standing::ToRead));
    let search = true_up_goes_to_search(&company, "2026-06").await;
    let view = company.tenant.invoice(&owner.actor, &search).await.unwrap().view;
    assert_eq!((view.revision.mode, view.standing, view.revision.charged.sum().minor()), (Mode::Chargeback, Standing::ToAccept, 9_00));
    assert_eq!(company.tenant.accept(&owner, &search, 2).await.unwrap().journals.len(), 1);
    company.tenant.post(&controller, None).await.unwrap();
    ties_out(&company, &["2026-04", "2026-06"]).await;
    assert_eq!(in_state(&company, "2026-04", MoneyState::Posted).await, 9_00);
}
