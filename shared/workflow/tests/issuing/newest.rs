//! The delivery that counts: what it is, and what the tie-out says before it is issued.

use dayone_domain::cube::BillKey;
use dayone_domain::ledger::MoneyState;
use dayone_domain::review::By;
use dayone_ports::Digest;
use dayone_workflow::deliveries::{Delivered, DeliveredFile, SourceView};
use dayone_workflow::tie_out::PeriodTieOut;

use super::company::{self, Company, bill, month};
use super::{january, memory, two_closed_months};

async fn tie_out(company: &Company, period: &str) -> PeriodTieOut {
    let auditor = company.person("auditor@nw.example").await;
    company.tenant.tie_out(&auditor, month(period)).await.unwrap().remove(0)
}

/// The charges that the files hold, as the tie-out lists them.
fn charges(tie_out: &PeriodTieOut) -> u64 {
    tie_out.proof.files.iter().map(|line| line.charges).sum()
}

async fn aws(company: &Company) -> SourceView {
    let views = company.tenant.source_periods().await.unwrap();
    views.into_iter().find(|view| view.source == "aws" && view.period == month("2026-01")).unwrap()
}

const AGAIN: [company::Row<'static>; 3] =
    [("shop", "Usage", "100.004", true), ("platform", "Usage", "30.003", true), ("", "Usage", "5", true)];

#[tokio::test]
async fn a_newer_delivery_of_an_open_period_waits_and_does_not_tie_out_before_it_is_issued() {
    let company = january().await;
    company.issue_on("2026-02-01").await.unwrap();
    let before = tie_out(&company, "2026-01").await;
    assert!(before.ties_out() && before.waiting().is_none());
    company.deliver("aws", "2026-01", "2026-02-01T05:00:00Z", &[("shop", "Usage", "200", true)]).await.unwrap();
    let waits = tie_out(&company, "2026-01").await;
    assert_eq!((waits.ties_out(), &waits.differences[..]), (false, &[][..]), "nothing is wrong, and it is not done");
    assert_eq!(
        waits.waiting().unwrap(),
        "2026-01 USD: a newer delivery of 2026-01 waits for `dayone issue`: by it the bill is 257.50, and 192.51 was issued"
    );
    assert_eq!(charges(&waits), 3, "the table is of what counts");
    company.issue_on("2026-02-01").await.unwrap();
    let issued = tie_out(&company, "2026-01").await;
    assert!(issued.ties_out(), "{:?}", issued.differences);
    assert_eq!(issued.proof.bill_total, issued.charged());
}

#[tokio::test]
async fn a_newer_delivery_of_a_closed_period_waits_and_then_is_what_was_issued_and_its_true_ups() {
    let company = two_closed_months().await;
    company.deliver("aws", "2026-01", "2026-03-20T02:00:00Z", &[("shop", "Usage", "135", true)]).await.unwrap();
    let waits = tie_out(&company, "2026-01").await;
    assert_eq!((waits.ties_out(), &waits.differences[..]), (false, &[][..]));
    company.issue_on("2026-03-20").await.unwrap();
    let trued_up = tie_out(&company, "2026-01").await;
    assert!(trued_up.ties_out(), "{:?}", trued_up.differences);
    assert_eq!(trued_up.true_ups.len(), 1);
    assert_eq!(charges(&trued_up), 3, "the superseded delivery is not what ties out");
    assert_eq!((trued_up.proof.bill_total, trued_up.issued.minor()), (trued_up.charged(), 192_51));
    assert_eq!(trued_up.sum_label(), "the bill and the true-ups that correct it");
    assert_eq!(tie_out(&company, "2026-02").await.sum_label(), "the bill");
    // A second one waits again: the first round's delivery is not the newest.
    company.deliver("aws", "2026-01", "2026-03-21T02:00:00Z", &[("shop", "Usage", "136", true)]).await.unwrap();
    assert!(tie_out(&company, "2026-01").await.waits);
}

#[tokio::test]
async fn what_is_due_on_invoices_is_the_bill_and_the_true_ups_that_they_carry() {
    let company = two_closed_months().await;
    company.deliver("aws", "2026-01", "2026-03-20T02:00:00Z", &[("shop", "Usage", "145", true)]).await.unwrap();
    company.deliver("aws", "2026-03", "2026-04-01T02:00:00Z", &[("shop", "Usage", "80", true)]).await.unwrap();
    company.deliver("azure", "2026-03", "2026-04-01T02:00:00Z", &[("search", "Usage", "20", true)]).await.unwrap();
    company.set("2026-04-02T08:00:00Z");
    company.tenant.issue(&By::Policy, None).await.unwrap();
    let march = tie_out(&company, "2026-03").await;
    let corrected: i128 = tie_out(&company, "2026-01").await.true_ups.iter().map(|(_, amount, _)| amount.minor()).sum();
    assert!(corrected != 0);
    assert_eq!((march.issued.minor(), march.carries.minor(), march.due().minor()), (100_00, corrected, 100_00 + corrected));
    let states: i128 = march.states.iter().map(|(_, amount): &(MoneyState, _)| amount.minor()).sum();
    assert_eq!((states, march.sum_label()), (100_00, "the bill"), "true-ups of another month are not of this bill");
}

#[tokio::test]
async fn the_same_bytes_under_other_names_are_known() {
    let company = january().await;
    let settings = company.tenant.settings().await.unwrap();
    let mut moved = company::delivery("aws", "2026-01", memory::at("2026-02-01T02:00:00Z"), &AGAIN);
    moved.files[0].name = "another/folder/part-1.csv".to_owned();
    assert_eq!(company.tenant.deliver(&By::Policy, &settings, moved.clone()).await.unwrap(), Delivered::Known);
    assert_eq!(aws(&company).await.deliveries, 1);
    // A file that is there twice holds its charges twice: that is no repetition.
    let twice = DeliveredFile { name: "part-2.csv".to_owned(), ..moved.files[0].clone() };
    moved.files.push(twice);
    assert_eq!(company.tenant.deliver(&By::Policy, &settings, moved).await.unwrap(), Delivered::Newest);
}

#[tokio::test]
async fn the_files_that_count_made_anew_are_known_and_have_not_changed() {
    let company = january().await;
    let before = aws(&company).await;
    company.set("2026-02-05T04:00:00Z");
    assert_eq!(company.deliver("aws", "2026-01", "2026-02-05T02:00:00Z", &AGAIN).await.unwrap(), Delivered::Known);
    let after = aws(&company).await;
    assert_eq!((after.known_at, after.deliveries), (before.known_at, 1), "the days without a change go on");
    assert_eq!(after.newest.modified, memory::at("2026-02-05T02:00:00Z"));
    // And they count against what was made before them.
    assert_eq!(company.deliver("aws", "2026-01", "2026-02-04T02:00:00Z", &[("shop", "Usage", "9", true)]).await.unwrap(), Delivered::Older);
}

#[tokio::test]
async fn a_delivery_that_moves_no_minor_unit_of_a_closed_period_makes_no_true_up() {
    let company = two_closed_months().await;
    let settings = company.tenant.settings().await.unwrap();
    let mut other = company::delivery("aws", "2026-01", memory::at("2026-03-20T02:00:00Z"), &AGAIN);
    other.files[0].sha256 = Digest::of(b"the same charges, written another way");
    assert_eq!(company.tenant.deliver(&By::Policy, &settings, other).await.unwrap(), Delivered::Newest);
    let report = company.issue_on("2026-03-20").await.unwrap();
    assert_eq!(report.true_ups, Vec::<(BillKey, u32)>::new());
    let tie_out = tie_out(&company, "2026-01").await;
    assert!(tie_out.ties_out(), "{:?}", tie_out.differences);
    assert_eq!(tie_out.bill, bill("2026-01"));
}
