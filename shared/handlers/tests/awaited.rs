//! Deliveries that are not complete: where they show.
#![allow(missing_docs)]

#[path = "../../workflow/tests/arriving/bucket.rs"]
#[allow(dead_code)]
mod bucket;
#[path = "../../workflow/tests/company/mod.rs"]
mod company;
mod home;
#[path = "../../workflow/tests/memory/mod.rs"]
mod memory;

use bucket::{Bucket, Texts};
use dayone_domain::review::By;
use dayone_workflow::deliveries::{Arriving, Registered};
use home::{AUDITOR, CONTROLLER, Home, SECOND};

/// June is provisional; a newer delivery of it has a file that is refused and one that never comes.
async fn june() -> Home {
    let home = Home::empty().await;
    home.handles.clock.set(memory::at("2026-07-01T08:00:00Z"));
    home.deliveries("2026-06", "2026-07-01T02:00:00Z").await;
    home.north.issue(&By::Policy, None).await.unwrap();
    let bucket = Bucket::default();
    bucket.put("aws/cur/named/a", "2026-07-01T07:00:00Z", "2026-06 shop 1\nwrong");
    bucket.put("aws/cur/june.manifest", "2026-07-01T07:00:00Z", "cur 2026-06\naws/cur/named/a\naws/cur/named/b");
    let arriving = Arriving { landing: &bucket, files: &Texts::default(), currency_if_absent: None };
    let Registered::Awaited { work, .. } = home.north.register(&arriving, None, "aws/cur/june.manifest").await.unwrap() else {
        panic!("not awaited")
    };
    for work in work {
        home.north.parse(&arriving, &work).await.unwrap();
    }
    home
}

#[tokio::test]
async fn the_api_says_what_each_file_waits_for() {
    let home = june().await;
    let sources = home.get(&home.visitor(AUDITOR).await, "/api/sources").await.json();
    let awaited = &sources[0]["awaited"][0];
    assert_eq!((awaited["period"].as_str(), awaited["files"].as_u64(), awaited["read"].as_u64()), (Some("2026-06"), Some(2), Some(0)));
    assert_eq!(awaited["is_late"], false);
    let [refused, missing] = awaited["unread"].as_array().unwrap().as_slice() else { panic!("{awaited}") };
    assert_eq!((refused["why"].as_str(), refused["refused"]["row"].as_u64()), (Some("refused"), Some(2)));
    assert_eq!((missing["why"].as_str(), missing["file"].as_str()), (Some("missing"), Some("aws/cur/named/b")));
    assert_eq!(sources[1]["awaited"].as_array().map(Vec::len), Some(0));
}

#[tokio::test]
async fn the_month_shows_it_and_says_so_once_it_is_late() {
    let home = june().await;
    let controller = home.visitor(CONTROLLER).await;
    let page = home.get(&controller, "/").await.text();
    assert!(page.contains("A delivery that is not complete of aws") && page.contains("has not come"), "{page}");
    assert!(!page.contains("A late delivery"), "{page}");
    home.handles.clock.set(memory::at("2026-07-01T14:00:00Z"));
    let page = home.get(&controller, "/").await.text();
    assert!(page.contains("A late delivery of aws"), "{page}");
    assert!(!page.contains("Late deliveries"), "it is shown once: {page}");
}

#[tokio::test]
async fn a_late_delivery_of_a_month_without_bill_shows_above_all_bills() {
    let home = june().await;
    let bucket = Bucket::default();
    bucket.put("aws/cur/july.manifest", "2026-07-01T07:00:00Z", "cur 2026-07\naws/cur/named/c");
    let arriving = Arriving { landing: &bucket, files: &Texts::default(), currency_if_absent: None };
    home.north.register(&arriving, None, "aws/cur/july.manifest").await.unwrap();
    home.handles.clock.set(memory::at("2026-07-01T14:00:00Z"));
    let page = home.get(&home.visitor(CONTROLLER).await, "/").await.text();
    assert!(page.contains("Late deliveries") && page.contains("The delivery of 2026-07 for source `aws`"), "{page}");
}

#[tokio::test]
async fn issuing_tells_of_what_is_late_and_every_controller_has_mail_of_it_once() {
    let home = june().await;
    let mail = || -> Vec<String> {
        let sent = home.handles.mailer.sent().into_iter().filter(|mail| mail.text.starts_with("Late: "));
        sent.map(|mail| mail.to).collect()
    };
    let report = home.north.issue(&By::Policy, None).await.unwrap();
    assert_eq!((report.late, mail()), (Vec::<String>::new(), Vec::new()));
    home.handles.clock.set(memory::at("2026-07-01T14:00:00Z"));
    for _ in 0..2 {
        let report = home.north.issue(&By::Policy, None).await.unwrap();
        assert_eq!(report.late.len(), 1);
        assert!(report.late[0].contains("waits for 2 of 2 files") && report.is_empty(), "{report:?}");
        let mut to = mail();
        to.sort();
        assert_eq!(to, [CONTROLLER, SECOND]);
    }
    assert!(home.north.verify().await.unwrap().findings.is_empty());
}
