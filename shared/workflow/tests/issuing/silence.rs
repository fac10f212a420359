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
async fn mail_says_when_silence_counts_as_acceptance() {
    let company = waiting().await;
    let newest = || company.handles.mailer.sent().into_iter().rfind(|mail| mail.to == "search@nw.example").unwrap();
    let final_mail = newest();
    assert!(final_mail.subject.contains("final invoice of March 2026"), "{}", final_mail.subject);
    let told = "Final: accept it, or dispute what is not yours.\nWithout an answer it counts as accepted on 16 April 2026.\n\n";
    assert!(final_mail.text.contains(told), "{}", final_mail.text);
    on(&company, "2026-05-01").await;
    on(&company, "2026-05-02").await;
    let reminder = newest();
    assert!(reminder.subject.contains("(reminder 2)"), "{}", reminder.subject);
    assert!(
        reminder.text.contains("Without an answer it counts as accepted on 9 May 2026."),
        "the late reminder moves it: {}",
        reminder.text
    );
    let of_showback = company.handles.mailer.sent().into_iter().rfind(|mail| mail.to == "shop@nw.example").unwrap();
    assert!(!of_showback.text.contains("Without an answer"), "{}", of_showback.text);
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

#[tokio::test]
async fn an_owner_who_got_no_reminder_is_reminded_from_the_first_and_silence_waits_for_that() {
    let company = waiting().await;
    assert_eq!(on(&company, "2026-04-05").await, (1, 0));
    assert_eq!(on(&company, "2026-04-09").await, (1, 0));
    let tree = TREE.replace("valid_from: 2026-01", "valid_from: 2026-05").replace("[search@nw.example]", "[shop@nw.example]");
    company.put(company.person("controller@nw.example").await, ConfigKind::Tree, &tree).await.unwrap();
    assert_eq!(on(&company, "2026-04-16").await, (1, 0), "those before got every reminder, and are no owners any more");
    assert_eq!(on(&company, "2026-04-17").await, (1, 0));
    assert_eq!(reminded(&company)[2..], ["shop@nw.example", "shop@nw.example"]);
    assert_eq!(on(&company, "2026-04-23").await, (0, 0));
    assert_eq!(on(&company, "2026-04-24").await, (0, 1));
}

#[tokio::test]
async fn that_nobody_can_be_reminded_is_told_only_of_what_silence_could_say_something_of() {
    let company = waiting().await;
    let of = invoice("2026-03", "search");
    let controller = company.asks("controller@nw.example").await;
    company.tenant.accept(&company.asks("search@nw.example").await, &of, 1).await.unwrap();
    let journal = company.tenant.journals(&controller.actor, Default::default()).await.unwrap().remove(0).state.reference;
    company.tenant.post(&controller, None).await.unwrap();
    company.tenant.reverse(&controller, &journal, "wrong").await.unwrap();
    let people = PEOPLE
        .replace("name: Sean }", "name: Sean, accepts_up_to: { USD: \"1.00\" } }")
        .replace("name: Hedy }", "name: Hedy, accepts_up_to: { USD: \"1.00\" } }");
    company.put(controller.actor.clone(), ConfigKind::People, &people).await.unwrap();
    assert_eq!(company.issue_on("2026-05-01").await.unwrap().waiting, [], "a reversal opened it: only a person says yes to it");
}
