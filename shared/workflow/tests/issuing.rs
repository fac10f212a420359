//! Issuing: what is due on which day, and what a crash leaves.
#![allow(missing_docs)]
#![allow(clippy::inconsistent_digit_grouping, reason = "cents stand apart from dollars")]

mod company;
mod memory;

#[path = "issuing/holding.rs"]
mod holding;
#[path = "issuing/modes.rs"]
mod modes;
#[path = "issuing/newest.rs"]
mod newest;
#[path = "issuing/silence.rs"]
mod silence;
#[path = "issuing/who.rs"]
mod who;

use chrono::NaiveDate;
use company::{Company, bill, invoice, month};
use dayone_domain::currency::Money;
use dayone_domain::review::{By, Stage, Standing};
use dayone_ports::Digest;
use dayone_workflow::configuration::ConfigKind;
use dayone_workflow::deliveries::Delivered;
use dayone_workflow::issuing::{Issued, TrueUpRound};
use dayone_workflow::review::InvoiceFilter;
use dayone_workflow::views::BillView;
use dayone_workflow::{FailureKind, Once, Request, keys};

fn day(text: &str) -> Option<NaiveDate> {
    Some(text.parse().unwrap())
}

/// January of both sources, Azure invoiced.
async fn january() -> Company {
    let company = Company::new().await;
    company.set("2026-02-01T04:00:00Z");
    company
        .deliver(
            "aws",
            "2026-01",
            "2026-02-01T02:00:00Z",
            &[("shop", "Usage", "100.004", true), ("platform", "Usage", "30.003", true), ("", "Usage", "5", true)],
        )
        .await
        .unwrap();
    company
        .deliver("azure", "2026-01", "2026-02-01T03:00:00Z", &[("search", "Usage", "50", true), ("", "Tax", "7.5", true)])
        .await
        .unwrap();
    company
}

/// Totals of a bill's invoices as its auditor sees them, by group, in cents.
async fn totals(company: &Company, period: &str) -> Vec<(String, i128, i128)> {
    let auditor = company.person("auditor@nw.example").await;
    let filter = InvoiceFilter { bill: Some(bill(period)), ..InvoiceFilter::default() };
    let views = company.tenant.invoices(&auditor, filter).await.unwrap();
    views.into_iter().map(|view| (view.of.group, view.revision.total.minor(), view.revision.true_ups.minor())).collect()
}

#[tokio::test]
async fn nothing_is_issued_before_the_period_has_ended_where_the_tenant_lives() {
    let company = january().await;
    assert_eq!(company.tenant.issue(&By::Policy, day("2026-01-31")).await.unwrap().issued, []);
    // Half past eleven in the evening of the 31st, UTC, is the 1st of February in Oslo.
    company.set("2026-01-31T23:30:00Z");
    let report = company.tenant.issue(&By::Policy, None).await.unwrap();
    assert_eq!(report.issued, [Issued { bill: bill("2026-01"), stage: Stage::Provisional }]);
}

#[tokio::test]
async fn day_one_gives_provisional_invoices_that_sum_to_the_bill() {
    let company = january().await;
    company.set("2026-02-01T08:00:00Z");
    company.tenant.issue(&By::Policy, None).await.unwrap();
    let totals = totals(&company, "2026-01").await;
    assert_eq!(totals.iter().map(|(_, total, _)| total).sum::<i128>(), 192_51);
    let owner = company.person("shop@nw.example").await;
    let mine = company.tenant.invoices(&owner, InvoiceFilter::default()).await.unwrap();
    assert_eq!(mine.iter().map(|view| view.of.group.as_str()).collect::<Vec<_>>(), ["shop"]);
    assert_eq!(mine[0].standing, Standing::Provisional);
    let refused = company.tenant.acknowledge(&company.asks("shop@nw.example").await, &invoice("2026-01", "shop"), 1).await.unwrap_err();
    assert!(refused.message.contains("provisional"), "{refused}");
    company.tenant.ask(&company.asks("shop@nw.example").await, &invoice("2026-01", "shop"), "what is the platform?").await.unwrap();
}

#[tokio::test]
async fn issuing_twice_on_a_day_does_nothing_twice() {
    let company = january().await;
    company.set("2026-02-01T08:00:00Z");
    assert_eq!(company.tenant.issue(&By::Policy, None).await.unwrap().issued.len(), 1);
    let again = company.tenant.issue(&By::Policy, None).await.unwrap();
    assert!(again.is_empty(), "{again:?}");
    assert_eq!(again.waiting.len(), 1, "it says what the bill waits for");
}

#[tokio::test]
async fn a_bill_is_final_when_each_of_its_sources_is() {
    let company = january().await;
    company.set("2026-02-02T08:00:00Z");
    company.close("aws", "2026-01").await.unwrap();
    assert_eq!(
        company.tenant.issue(&By::Policy, None).await.unwrap().issued,
        [Issued { bill: bill("2026-01"), stage: Stage::Provisional }]
    );
    // Azure closes by policy, three days after it was delivered and invoiced.
    let report = company.issue_on("2026-02-04").await.unwrap();
    assert_eq!(report.closed, [("azure".to_owned(), month("2026-01"))]);
    assert_eq!(report.issued, [Issued { bill: bill("2026-01"), stage: Stage::Final }]);
    assert!(company.issue_on("2026-02-04").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_source_without_invoice_ids_is_not_closed_by_policy() {
    let company = Company::new().await;
    company.deliver("azure", "2026-01", "2026-02-01T03:00:00Z", &[("search", "Usage", "50", false)]).await.unwrap();
    assert_eq!(company.issue_on("2026-03-30").await.unwrap().closed, []);
}

#[tokio::test]
async fn a_period_that_misses_an_expected_source_does_not_close() {
    let company = Company::new().await;
    company.deliver("aws", "2026-01", "2026-02-01T02:00:00Z", &[("shop", "Usage", "1", true)]).await.unwrap();
    company.set("2026-02-02T08:00:00Z");
    company.close("aws", "2026-01").await.unwrap();
    let report = company.tenant.issue(&By::Policy, None).await.unwrap();
    assert_eq!(report.issued, [Issued { bill: bill("2026-01"), stage: Stage::Provisional }]);
    assert!(report.waiting[0].1.contains("`azure` has not delivered"), "{:?}", report.waiting);
    let refused = company.close("azure", "2026-01").await.unwrap_err();
    assert!(refused.message.contains("has no delivery"), "{refused}");
}

#[tokio::test]
async fn a_source_is_closed_by_a_controller_and_after_the_period_has_ended() {
    let company = january().await;
    company.set("2026-01-31T08:00:00Z");
    assert!(company.close("aws", "2026-01").await.unwrap_err().message.contains("has not ended"));
    company.set("2026-02-01T08:00:00Z");
    let finops = company.asks("finops@nw.example").await;
    assert_eq!(company.tenant.close_source(&finops, "aws", month("2026-01")).await.unwrap_err().kind, FailureKind::Forbidden);
}

#[tokio::test]
async fn a_source_that_is_closed_already_takes_the_key_of_whoever_closes_it_again() {
    let company = january().await;
    company.set("2026-02-01T08:00:00Z");
    company.close("aws", "2026-01").await.unwrap();
    let key = |request: &[u8]| Some(Once { key: "close".to_owned(), request: Digest::of(request) });
    let asked = Request { once: key(b"aws"), ..company.asks("controller@nw.example").await };
    let closed = company.tenant.close_source(&asked, "aws", month("2026-01")).await.unwrap();
    assert_eq!(company.tenant.close_source(&asked, "aws", month("2026-01")).await.unwrap(), closed);
    let other = Request { once: key(b"azure"), ..asked };
    let reused = company.tenant.close_source(&other, "azure", month("2026-01")).await.unwrap_err();
    assert_eq!(reused.code, "idempotency-key-reused");
}

#[tokio::test]
async fn a_configuration_that_changes_no_invoice_is_no_reason_to_issue_again() {
    let company = january().await;
    company.issue_on("2026-02-01").await.unwrap();
    let controller = company.person("controller@nw.example").await;
    let mails = company.handles.mailer.sent().len();
    let policy = company::POLICY.replace("remind_after_days: [3, 7]", "remind_after_days: [5]");
    let later = company::TREE.replace("valid_from: 2026-01", "valid_from: 2026-03").replace("name: Shop", "name: Store");
    let commented = format!("# as it was\n{}", company::TREE);
    for (kind, text) in [(ConfigKind::Policy, policy), (ConfigKind::Tree, later), (ConfigKind::Tree, commented)] {
        company.put(controller.clone(), kind, &text).await.unwrap();
        let report = company.issue_on("2026-02-02").await.unwrap();
        assert!(report.is_empty(), "{kind}: {report:?}");
        assert_eq!(company.handles.mailer.sent().len(), mails, "{kind}");
    }
    company.put(controller, ConfigKind::Tree, &company::TREE.replace("name: Shop", "name: Store")).await.unwrap();
    assert_eq!(company.issue_on("2026-02-02").await.unwrap().issued.len(), 1, "what people read has changed");
}

#[tokio::test]
async fn a_delivery_replaces_and_an_older_one_changes_nothing() {
    let company = january().await;
    company.set("2026-02-01T08:00:00Z");
    company.tenant.issue(&By::Policy, None).await.unwrap();
    let older = company.deliver("azure", "2026-01", "2026-01-31T03:00:00Z", &[("search", "Usage", "9999", true)]).await.unwrap();
    assert_eq!(older, Delivered::Older);
    assert!(company.tenant.issue(&By::Policy, None).await.unwrap().is_empty());
    let newer = company.deliver("azure", "2026-01", "2026-02-01T05:00:00Z", &[("search", "Usage", "60", true)]).await.unwrap();
    assert_eq!(newer, Delivered::Newest);
    company.tenant.issue(&By::Policy, None).await.unwrap();
    assert_eq!(totals(&company, "2026-01").await.iter().map(|(_, total, _)| total).sum::<i128>(), 195_01);
    let again = company.deliver("azure", "2026-01", "2026-02-01T05:00:00Z", &[("search", "Usage", "60", true)]).await.unwrap();
    assert_eq!(again, Delivered::Known);
}

#[tokio::test]
async fn files_that_are_made_anew_as_they_were_replace_what_came_in_between() {
    let company = january().await;
    let first = [("search", "Usage", "50", true), ("", "Tax", "7.5", true)];
    company.deliver("azure", "2026-01", "2026-02-01T09:00:00Z", &first).await.unwrap();
    let between = company.deliver("azure", "2026-01", "2026-02-01T06:00:00Z", &[("search", "Usage", "9", true)]).await.unwrap();
    assert_eq!(between, Delivered::Older);
    company.tenant.issue(&By::Policy, day("2026-02-01")).await.unwrap();
    assert_eq!(totals(&company, "2026-01").await.iter().map(|(_, total, _)| total).sum::<i128>(), 192_51);
}

#[tokio::test]
async fn a_delivery_of_another_account_or_currency_than_its_source_is_refused() {
    let company = Company::new().await;
    let mut wrong = company::delivery("aws", "2026-01", memory::at("2026-02-01T00:00:00Z"), &[("shop", "Usage", "1", true)]);
    wrong.source = "azure".to_owned();
    let settings = company.tenant.settings().await.unwrap();
    let refused = company.tenant.deliver(&By::Policy, &settings, wrong).await.unwrap_err();
    assert!(refused.message.contains("billing account `111`"), "{refused}");
}

#[tokio::test]
async fn late_charges_become_true_ups_on_the_next_open_invoice() {
    let company = january().await;
    company.set("2026-02-02T08:00:00Z");
    company.close("aws", "2026-01").await.unwrap();
    company.issue_on("2026-02-05").await.unwrap();
    let closed = totals(&company, "2026-01").await;
    company
        .deliver(
            "aws",
            "2026-01",
            "2026-02-20T02:00:00Z",
            &[
                ("shop", "Usage", "100.004", true),
                ("shop", "Usage", "12.25", true),
                ("platform", "Usage", "30.003", true),
                ("", "Usage", "5", true),
            ],
        )
        .await
        .unwrap();
    let report = company.issue_on("2026-02-20").await.unwrap();
    assert_eq!(report.true_ups, [(bill("2026-01"), 1)]);
    assert_eq!(totals(&company, "2026-01").await, closed, "a closed period stays closed");

    company.deliver("aws", "2026-02", "2026-03-01T02:00:00Z", &[("shop", "Usage", "80", true)]).await.unwrap();
    company.deliver("azure", "2026-02", "2026-03-01T02:00:00Z", &[("search", "Usage", "20", true)]).await.unwrap();
    company.issue_on("2026-03-01").await.unwrap();
    let february = totals(&company, "2026-02").await;
    assert_eq!(february.iter().map(|(_, total, _)| total).sum::<i128>(), 100_00, "true-ups are outside the period's own total");
    assert_eq!(february.iter().map(|(_, _, true_ups)| true_ups).sum::<i128>(), 12_25);

    let auditor = company.person("auditor@nw.example").await;
    let page = company.tenant.invoice(&auditor, &invoice("2026-02", "shop")).await.unwrap();
    let correction = &page.document.corrections[0];
    assert_eq!((correction.period, correction.round), (month("2026-01"), 1));
    assert!(correction.invoice_number.is_some(), "it names the invoice that it corrects");
    for period in ["2026-01", "2026-02"] {
        let tie_outs = company.tenant.tie_out(&auditor, month(period)).await.unwrap();
        assert_eq!(tie_outs[0].differences, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_correction_row_and_a_late_charge_that_come_together_are_each_counted_once() {
    let company = january().await;
    company.set("2026-02-02T08:00:00Z");
    company.close("aws", "2026-01").await.unwrap();
    company.issue_on("2026-02-05").await.unwrap();
    let late = [
        ("shop", "Usage", "100.004", true),
        ("shop", "Usage", "10", true),
        ("platform", "Usage", "30.003", true),
        ("", "Usage", "5", true),
    ];
    company.deliver("aws", "2026-01", "2026-03-01T02:00:00Z", &late).await.unwrap();
    let february = [("shop", "Usage", "80", true), ("search", "Correction 2026-01", "-4", true)];
    company.deliver("aws", "2026-02", "2026-03-01T02:00:00Z", &february).await.unwrap();
    company.deliver("azure", "2026-02", "2026-03-01T02:00:00Z", &[("search", "Usage", "20", true)]).await.unwrap();
    company.issue_on("2026-03-02").await.unwrap();
    let totals = totals(&company, "2026-02").await;
    assert_eq!(totals.iter().map(|(_, total, _)| total).sum::<i128>(), 96_00);
    assert_eq!(totals.iter().map(|(_, _, true_ups)| true_ups).sum::<i128>(), 10_00);
}

#[tokio::test]
async fn a_run_that_is_cut_off_anywhere_ends_with_the_same_numbers() {
    let whole = january().await;
    whole.tenant.issue(&By::Policy, day("2026-02-01")).await.unwrap();
    let expected = (totals(&whole, "2026-01").await, numbers(&whole).await);
    for call in 1.. {
        let company = january().await;
        company.cord.cut_at(call);
        let cut = company.tenant.issue(&By::Policy, day("2026-02-01")).await;
        if !company.cord.mend() {
            assert!(cut.is_ok() && call > 30, "a run asks the store more than {call} times");
            break;
        }
        company.tenant.issue(&By::Policy, day("2026-02-01")).await.unwrap_or_else(|failure| panic!("after call {call}: {failure}"));
        assert_eq!((totals(&company, "2026-01").await, numbers(&company).await), expected, "after call {call}");
        assert_eq!(company.tenant.verify().await.unwrap().findings, []);
    }
}

async fn numbers(company: &Company) -> Vec<(String, u32, Option<u64>)> {
    let auditor = company.person("auditor@nw.example").await;
    let views = company.tenant.invoices(&auditor, InvoiceFilter::default()).await.unwrap();
    views.into_iter().map(|view| (view.of.group, view.revision.number, view.revision.invoice_number)).collect()
}

#[tokio::test]
async fn a_true_up_goes_to_the_first_open_bill_also_where_a_later_one_becomes_final_before() {
    let company = january().await;
    company.set("2026-02-02T08:00:00Z");
    company.close("aws", "2026-01").await.unwrap();
    company.issue_on("2026-02-05").await.unwrap();
    for month in ["2026-02", "2026-03"] {
        company.deliver("aws", month, "2026-04-01T02:00:00Z", &[("shop", "Usage", "80", true)]).await.unwrap();
        company.deliver("azure", month, "2026-04-01T02:00:00Z", &[("search", "Usage", "20", false)]).await.unwrap();
    }
    company.deliver("aws", "2026-01", "2026-04-01T02:00:00Z", &[("shop", "Usage", "101", true)]).await.unwrap();
    company.set("2026-04-02T08:00:00Z");
    company.close("aws", "2026-03").await.unwrap();
    company.close("azure", "2026-03").await.unwrap();
    company.tenant.issue(&By::Policy, None).await.unwrap();
    assert!(company.tenant.issue(&By::Policy, None).await.unwrap().is_empty());
    let true_ups = |totals: Vec<(String, i128, i128)>| totals.iter().map(|(_, _, true_ups)| true_ups).sum::<i128>();
    assert_eq!(true_ups(totals(&company, "2026-02").await), -34_01);
    assert_eq!(true_ups(totals(&company, "2026-03").await), 0);
}

/// January and February of both sources, closed and final, on the 5th of March.
async fn two_closed_months() -> Company {
    let company = january().await;
    let february = [("shop", "Usage", "80", true), ("search", "Usage", "30", true)];
    company.deliver("aws", "2026-02", "2026-03-01T02:00:00Z", &february).await.unwrap();
    company.deliver("azure", "2026-02", "2026-03-01T02:00:00Z", &[("search", "Usage", "20", true)]).await.unwrap();
    company.set("2026-03-02T08:00:00Z");
    for month in ["2026-01", "2026-02"] {
        company.close("aws", month).await.unwrap();
        company.close("azure", month).await.unwrap();
    }
    company.tenant.issue(&By::Policy, None).await.unwrap();
    company
}

async fn ties_out(company: &Company, periods: &[&str]) {
    let auditor = company.person("auditor@nw.example").await;
    for period in periods {
        let tie_outs = company.tenant.tie_out(&auditor, month(period)).await.unwrap();
        assert_eq!(tie_outs[0].differences, Vec::<String>::new(), "{period}");
    }
}

#[tokio::test]
async fn a_tag_that_a_later_tree_names_asks_nothing_of_closed_periods() {
    let company = two_closed_months().await;
    let tree =
        company::TREE.replace("valid_from: 2026-01", "valid_from: 2026-04").replace("tags: { team: search }", "tags: { owner: search }");
    company.put(company.person("controller@nw.example").await, dayone_workflow::configuration::ConfigKind::Tree, &tree).await.unwrap();
    ties_out(&company, &["2026-01", "2026-02"]).await;
    assert!(company.tenant.issue(&By::Policy, None).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_group_that_a_tree_makes_central_is_not_charged_although_it_was_promoted() {
    let company = two_closed_months().await;
    company.tenant.promote(&company.asks("controller@nw.example").await, "search", None, None).await.unwrap();
    let tree = company::TREE.replace("valid_from: 2026-01", "valid_from: 2026-04").replace("central: finance", "central: search");
    company.put(company.person("controller@nw.example").await, dayone_workflow::configuration::ConfigKind::Tree, &tree).await.unwrap();
    company.deliver("azure", "2026-04", "2026-05-01T02:00:00Z", &[("search", "Usage", "50", true)]).await.unwrap();
    company.set("2026-05-02T08:00:00Z");
    company.tenant.issue(&By::Policy, None).await.unwrap();
    let auditor = company.person("auditor@nw.example").await;
    let page = company.tenant.invoice(&auditor, &invoice("2026-04", "search")).await.unwrap();
    assert_eq!(page.view.revision.mode, dayone_domain::tree::Mode::Showback);
}

#[tokio::test]
async fn a_group_that_leaves_the_tree_of_an_open_period_gets_a_last_revision_of_nought() {
    let company = two_closed_months().await;
    company.deliver("aws", "2026-03", "2026-04-01T02:00:00Z", &[("search", "Usage", "8", true)]).await.unwrap();
    company.deliver("azure", "2026-03", "2026-04-01T02:00:00Z", &[("shop", "Usage", "50", true)]).await.unwrap();
    company.set("2026-04-02T08:00:00Z");
    company.tenant.issue(&By::Policy, None).await.unwrap();
    let search = r#"      - { id: search, name: Search, owners: [search@nw.example], cost_center: "4200" }"#;
    let tree = company::TREE
        .replace("valid_from: 2026-01", "valid_from: 2026-03")
        .replace(search, "")
        .replace("[shop, search]", "[shop]")
        .replace("{ to: search,", "{ to: shop,");
    company.put(company.person("controller@nw.example").await, dayone_workflow::configuration::ConfigKind::Tree, &tree).await.unwrap();
    company.close("aws", "2026-03").await.unwrap();
    company.close("azure", "2026-03").await.unwrap();
    company.tenant.issue(&By::Policy, None).await.unwrap();
    let auditor = company.person("auditor@nw.example").await;
    let page = company.tenant.invoice(&auditor, &invoice("2026-03", "search")).await.unwrap();
    assert_eq!((page.view.revision.stage, page.view.revision.total.minor()), (Stage::Final, 0));
    ties_out(&company, &["2026-03"]).await;
}

#[tokio::test]
async fn what_is_recorded_as_posted_has_to_be_in_the_ledger() {
    let company = two_closed_months().await;
    let controller = company.asks("controller@nw.example").await;
    company.tenant.promote(&controller, "search", None, None).await.unwrap();
    company.deliver("aws", "2026-04", "2026-05-01T02:00:00Z", &[("search", "Usage", "8", true)]).await.unwrap();
    company.deliver("azure", "2026-04", "2026-05-01T02:00:00Z", &[("search", "Usage", "50", true)]).await.unwrap();
    company.set("2026-05-02T08:00:00Z");
    company.close("aws", "2026-04").await.unwrap();
    company.close("azure", "2026-04").await.unwrap();
    company.tenant.issue(&By::Policy, None).await.unwrap();
    company.tenant.accept(&company.asks("search@nw.example").await, &invoice("2026-04", "search"), 1).await.unwrap();
    let posted = company.tenant.post(&controller, None).await.unwrap().posted;
    assert_eq!(posted.len(), 1);
    ties_out(&company, &["2026-04"]).await;
    company.handles.erp.lose(&posted[0].0);
    let tie_outs = company.tenant.tie_out(&controller.actor, month("2026-04")).await.unwrap();
    assert!(tie_outs[0].differences[0].contains("the ERP does not have it"), "{:?}", tie_outs[0].differences);
}

#[tokio::test]
async fn what_was_issued_and_its_true_ups_have_to_be_the_newest_delivery() {
    let company = two_closed_months().await;
    company.deliver("aws", "2026-01", "2026-03-20T02:00:00Z", &[("shop", "Usage", "135", true)]).await.unwrap();
    company.issue_on("2026-03-20").await.unwrap();
    ties_out(&company, &["2026-01"]).await;
    // A round that says a cent more than was found, its sum as it was.
    let key = keys::bill(company.tenant.id(), bill("2026-01"));
    let mut view: BillView = serde_json::from_slice(&company.handles.store.raw(&key).unwrap()).unwrap();
    let document = company.handles.documents.raw(view.rounds[0].document).unwrap();
    let mut round: TrueUpRound = serde_json::from_slice(&document).unwrap();
    let more = &mut round.true_ups[0];
    more.total = more.total + Money::from_minor(1, more.total.currency());
    view.rounds[0].document = company.tenant.put_document(&serde_json::to_vec(&round).unwrap()).await.unwrap();
    company.handles.store.set_raw(&key, serde_json::to_vec(&view).unwrap());
    let auditor = company.person("auditor@nw.example").await;
    let tie_outs = company.tenant.tie_out(&auditor, month("2026-01")).await.unwrap();
    let [difference] = &tie_outs[0].differences[..] else { panic!("one group: {:?}", tie_outs[0].differences) };
    assert!(difference.contains(&round.true_ups[0].group.id) && difference.contains("by the newest delivery it is"), "{difference}");
}
