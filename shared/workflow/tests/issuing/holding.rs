//! What accounts payable booked of a bill, and what the holding accounts carry of it.

use dayone_domain::currency::Money;
use dayone_workflow::tie_out::{HoldingLine, PeriodTieOut};

use super::company::{Company, month, usd};

async fn tie_out(company: &Company) -> PeriodTieOut {
    let auditor = company.person("auditor@nw.example").await;
    company.tenant.tie_out(&auditor, month("2026-01")).await.unwrap().remove(0)
}

/// Account, billed, rounding.
fn booked(tie_out: &PeriodTieOut) -> Vec<(&str, String, String)> {
    tie_out.holding.iter().map(|line| (line.account.as_str(), line.billed.to_string(), line.rounding.to_string())).collect()
}

/// AWS invoices 110.008 and Azure 20.004; the bill is 130.012, and the cent that its parts lack goes to Search, in Azure.
async fn closed() -> Company {
    let company = Company::new().await;
    company.set("2026-02-01T04:00:00Z");
    let aws = [("shop", "Usage", "100.004", true), ("", "Usage", "10.004", true)];
    company.deliver("aws", "2026-01", "2026-02-01T02:00:00Z", &aws).await.unwrap();
    company.deliver("azure", "2026-01", "2026-02-01T03:00:00Z", &[("search", "Usage", "20.004", true)]).await.unwrap();
    company.close("aws", "2026-01").await.unwrap();
    company.close("azure", "2026-01").await.unwrap();
    company.issue_on("2026-02-01").await.unwrap();
    company
}

#[tokio::test]
async fn billed_is_each_provider_invoice_rounded_by_itself_and_the_rest_is_named_as_rounding() {
    let tie_out = tie_out(&closed().await).await;
    assert!(tie_out.ties_out(), "{:?}", tie_out.differences);
    let text = |account, billed: &str, rounding: &str| (account, billed.to_owned(), rounding.to_owned());
    assert_eq!(booked(&tie_out), [text("1490", "20.00", "-0.01"), text("1491", "110.01", "0.01")]);
    let all = HoldingLine::sum(&tie_out.holding).unwrap();
    assert_eq!((all.billed, all.rounding.minor()), (tie_out.proof.bill_total, 0), "here both round to the same");
}

#[tokio::test]
async fn charges_that_no_provider_invoice_names_are_rounded_together() {
    let company = Company::new().await;
    company.set("2026-02-01T04:00:00Z");
    let aws = [("shop", "Usage", "1.004", true), ("shop", "Tax", "1.003", false), ("shop", "Usage", "1.003", false)];
    company.deliver("aws", "2026-01", "2026-02-01T02:00:00Z", &aws).await.unwrap();
    company.deliver("azure", "2026-01", "2026-02-01T03:00:00Z", &[("search", "Usage", "2", true)]).await.unwrap();
    company.issue_on("2026-02-01").await.unwrap();
    let tie_out = tie_out(&company).await;
    // 1.00 and 2.01; the bill is 5.010.
    assert_eq!(booked(&tie_out)[1], ("1491", "3.01".to_owned(), "0.00".to_owned()));
}

#[tokio::test]
async fn what_is_billed_follows_a_newer_delivery_once_it_is_a_true_up() {
    let company = closed().await;
    let aws = [("shop", "Usage", "105.004", true), ("", "Usage", "10.004", true)];
    company.deliver("aws", "2026-01", "2026-02-20T02:00:00Z", &aws).await.unwrap();
    assert_eq!(booked(&tie_out(&company).await)[1].1, "110.01", "it waits");
    company.issue_on("2026-02-20").await.unwrap();
    let trued_up = tie_out(&company).await;
    assert!(trued_up.ties_out(), "{:?}", trued_up.differences);
    assert_eq!(booked(&trued_up)[1], ("1491", "115.01".to_owned(), "0.01".to_owned()));
}

#[test]
fn an_account_that_carries_more_than_is_not_posted_and_rounding_does_not_agree() {
    let cents = |cents| Money::from_minor(cents, usd());
    let line = HoldingLine {
        account: "1491".to_owned(),
        cost_center: "9000".to_owned(),
        billed: cents(110_01),
        rounding: cents(1),
        posted: cents(100_00),
        not_posted: cents(10_00),
    };
    assert!(line.agrees());
    assert_eq!(line.carried(), cents(10_01));
    assert!(!HoldingLine { posted: cents(99_99), ..line.clone() }.agrees());
    assert!(!HoldingLine { rounding: cents(0), ..line.clone() }.agrees());
    assert!(!HoldingLine { not_posted: cents(10_01), ..line }.agrees());
}
