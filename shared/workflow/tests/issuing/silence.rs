//! Reminders, and when silence is taken for a yes.

use dayone_workflow::configuration::ConfigKind;

use crate::company::{Company, PEOPLE, TREE, invoice};
use crate::january;

/// March is final on 2 April; search is in chargeback and says nothing.
async fn waiting() -> Company {
    let company = january().await;
    company.set("2026-02-02T08:00:00Z");
    company.close("aws", "2026-01").await.unwrap();
    company.issue_on("2026-02-05").await.unwrap();
    let controller = company.asks("controller@nw.example").await;
    company.tenant.promote(&controller, "search", None, None).await.unwrap();
    company.deliver("aws", "2026-03", "2026-04-01T02:00:00Z", &[("shop", "Usage", "80", true)]).await.unwrap();
    company.deliver("azure", "2026-03", "2026-04-01T02:00:00Z", &[("search", "Usage", "20", true)]).await.unwrap();
    company.set("2026-04-02T08:00:00Z");
    company.close("aws", "2026-03").await.unwrap();
    company.close("azure", "2026-03").await.unwrap();
    company.issue_on("2026-04-02").await.unwrap();
    company
}

/// Who got reminders, in order.
fn reminded(company: &Company) -> Vec<String> {
    let sent = company.handles.mailer.sent();
    sent.into_iter().filter(|mail| mail.subject.contains("(reminder")).map(|mail| mail.to).collect()
}

/// How many were reminded, and how many deemed to agree, on a day.
async fn on(company: &Company, day: &str) -> (usize, usize) {
    let report = company.issue_on(day).await.unwrap();
    (report.reminded.len(), report.deemed.len())
}

#[tokio::test]
async fn reminders_come_before_silence_is_taken_for_a_yes() {
    let company = waiting().await;
    assert_eq!(company.issue_on("2026-04-04").await.unwrap().reminded, []);
    assert_eq!(company.issue_on("2026-04-05").await.unwrap().reminded, [invoice("2026-03", "search")]);
    assert!(company.issue_on("2026-04-05").await.unwrap().is_empty());
    // The second reminder is due before the policy may decide, however late the day.
    assert_eq!(on(&company, "2026-05-01").await, (1, 0));
    assert!(company.issue_on("2026-05-01").await.unwrap().is_empty(), "nobody is reminded and deemed to agree on one day");
    assert_eq!(reminded(&company), ["search@nw.example", "search@nw.example"]);
    assert_eq!(company.issue_on("2026-05-07").await.unwrap().deemed, []);
    assert_eq!(company.issue_on("2026-05-08").await.unwrap().deemed, [invoice("2026-03", "search")]);
}

#[tokio::test]
async fn a_reminder_that_no_mailer_took_is_no_reminder_and_time_begins_when_it_arrives() {
    let company = waiting().await;
    company.handles.mailer.fail(3);
    assert_eq!(on(&company, "2026-04-05").await, (1, 0));
    assert_eq!(on(&company, "2026-04-20").await, (0, 0), "the first has not arrived");
    assert_eq!(on(&company, "2026-05-01").await, (0, 0));
    assert_eq!(reminded(&company), [] as [&str; 0]);
    assert_eq!(on(&company, "2026-05-02").await, (0, 0), "it arrives");
    assert_eq!(on(&company, "2026-05-03").await, (1, 0));
    assert_eq!(reminded(&company).len(), 2);
    assert_eq!(on(&company, "2026-05-09").await, (0, 0));
    assert_eq!(on(&company, "2026-05-10").await, (0, 1));
}

#[tokio::test]
async fn one_owner_whose_mail_is_taken_is_enough() {
    let company = waiting().await;
    let controller = company.person("controller@nw.example").await;
    let tree =
        TREE.replace("valid_from: 2026-01", "valid_from: 2026-05").replace("[search@nw.example]", "[shop@nw.example, search@nw.example]");
    company.put(controller, ConfigKind::Tree, &tree).await.unwrap();
    company.handles.mailer.fail(1);
    assert_eq!(on(&company, "2026-04-05").await, (1, 0));
    assert_eq!(reminded(&company), ["search@nw.example"]);
    assert_eq!(on(&company, "2026-04-09").await, (1, 0), "the second is due although one address waited for the first");
    assert_eq!(reminded(&company).len(), 4, "it was not forgotten");
    assert_eq!(on(&company, "2026-04-16").await, (0, 1));
}

#[tokio::test]
async fn where_nobody_who_may_accept_can_be_reminded_a_controller_hears_of_it_and_silence_says_nothing() {
    let stranger = TREE.replace("valid_from: 2026-01", "valid_from: 2026-05").replace("search@nw.example", "gone@nw.example");
    let stranger = stranger.replace("head@nw.example", "gone@nw.example");
    let limited = PEOPLE
        .replace("name: Sean }", "name: Sean, accepts_up_to: { USD: \"1.00\" } }")
        .replace("name: Hedy }", "name: Hedy, accepts_up_to: { USD: \"1.00\" } }");
    for (kind, text) in [(ConfigKind::Tree, stranger), (ConfigKind::People, limited)] {
        let company = waiting().await;
        company.put(company.person("controller@nw.example").await, kind, &text).await.unwrap();
        let report = company.issue_on("2026-05-01").await.unwrap();
        assert!(report.is_empty(), "{kind}: {report:?}");
        let said: Vec<_> =
            report.waiting.iter().filter(|(_, why)| why.contains("nobody can be reminded of the invoice of `search`")).collect();
        assert_eq!(said.len(), 1, "{kind}: {report:?}");
        assert_eq!(on(&company, "2026-12-01").await, (0, 0), "{kind}");
        assert_eq!(reminded(&company), [] as [&str; 0], "{kind}");
    }
}

#[tokio::test]
async fn the_owner_above_is_reminded_where_those_of_the_group_may_not_accept_it() {
    let company = waiting().await;
    let people = PEOPLE.replace("name: Sean }", "name: Sean, accepts_up_to: { USD: \"1.00\" } }");
    company.put(company.person("controller@nw.example").await, ConfigKind::People, &people).await.unwrap();
    assert_eq!(on(&company, "2026-04-05").await, (1, 0));
    assert_eq!(reminded(&company), ["search@nw.example", "head@nw.example"]);
}
