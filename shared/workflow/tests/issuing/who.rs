//! In whose name a run is, and for which day.

use dayone_domain::review::By;
use dayone_workflow::FailureKind;
use dayone_workflow::audit::TrailOf;

use crate::company::Company;
use crate::{day, january};

#[tokio::test]
async fn a_day_that_has_not_come_where_the_tenant_lives_is_refused_and_nothing_is_done() {
    let company = january().await;
    // In Oslo it is the second of February already.
    company.set("2026-02-01T23:30:00Z");
    for text in ["2026-02-03", "9999-12-31"] {
        let refused = company.tenant.issue(&By::Policy, day(text)).await.unwrap_err();
        assert_eq!((refused.kind, refused.code), (FailureKind::Refused, "as-of-in-the-future"), "{refused}");
    }
    assert_eq!(company.tenant.bills().await.unwrap(), []);
    assert_eq!(company.tenant.issue(&By::Policy, day("2026-02-02")).await.unwrap().issued.len(), 1);
}

/// What somebody is said to have done of all that issuing does, by stream.
async fn done_by(company: &Company, by: &By) -> Vec<(String, String)> {
    let auditor = company.person("auditor@nw.example").await;
    let trail = company.tenant.trail(&auditor, TrailOf::All).await.unwrap();
    let theirs = trail.into_iter().filter(|entry| entry.by == *by).map(|entry| (entry.stream.to_string(), entry.what));
    theirs.filter(|(stream, _)| ["runs", "bill/", "invoice/", "source/"].iter().any(|kind| stream.starts_with(kind))).collect()
}

#[tokio::test]
async fn a_run_is_in_the_name_of_whoever_asked_for_it_and_what_the_policy_decides_in_the_policys() {
    let company = january().await;
    company.set("2026-02-02T08:00:00Z");
    company.close("aws", "2026-01").await.unwrap();
    company.set("2026-02-05T08:00:00Z");
    let other = company.person("other-controller@nw.example").await.by();
    company.tenant.issue(&other, None).await.unwrap();
    let late = [("shop", "Usage", "110.004", true), ("platform", "Usage", "30.003", true), ("", "Usage", "5", true)];
    company.deliver("aws", "2026-01", "2026-02-20T02:00:00Z", &late).await.unwrap();
    for (source, rows) in [("aws", [("shop", "Usage", "80", true)]), ("azure", [("search", "Usage", "20", true)])] {
        company.deliver(source, "2026-02", "2026-03-01T02:00:00Z", &rows).await.unwrap();
    }
    company.set("2026-03-08T08:00:00Z");
    company.close("aws", "2026-02").await.unwrap();
    company.tenant.issue(&other, None).await.unwrap();
    let done = done_by(&company, &other).await;
    for (stream, what) in [
        ("runs", "began run 1"),
        ("runs", "completed run 1"),
        ("bill/2026-01/USD", "issued the bill finally"),
        ("bill/2026-01/USD", "found true-ups, round 1"),
        ("bill/2026-01/USD", "carried the true-ups of round 1"),
        ("invoice/2026-01/USD/shop", "issued revision 1, final"),
    ] {
        assert!(done.iter().any(|(of, told)| of == stream && told.contains(what)), "{stream}: {what}: {done:?}");
    }
    let by_policy = done_by(&company, &By::Policy).await;
    assert!(by_policy.iter().any(|(of, told)| of == "source/azure/2026-01" && told.contains("closed")), "{by_policy:?}");
    assert!(by_policy.iter().all(|(of, _)| of.starts_with("source/")), "{by_policy:?}");
}

#[tokio::test]
async fn a_run_that_is_taken_up_again_stays_in_the_name_of_whoever_began_it() {
    let mut resumed = 0;
    for call in 1.. {
        let company = january().await;
        let cora = company.person("controller@nw.example").await.by();
        company.cord.cut_at(call);
        let _ = company.tenant.issue(&cora, None).await;
        if !company.cord.mend() {
            break;
        }
        if company.tenant.issue(&By::Policy, None).await.unwrap().resumed.is_none() {
            continue;
        }
        resumed += 1;
        let by_policy = done_by(&company, &By::Policy).await;
        assert!(by_policy.iter().all(|(of, _)| of.starts_with("source/")), "after call {call}: {by_policy:?}");
        assert!(done_by(&company, &cora).await.len() > 3, "after call {call}");
    }
    assert!(resumed > 3, "runs are taken up again");
}
