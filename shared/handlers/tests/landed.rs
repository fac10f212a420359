//! Events of a bucket, from what has landed to what counts.
#![allow(missing_docs)]

#[path = "../../workflow/tests/arriving/bucket.rs"]
#[allow(dead_code)]
mod bucket;
#[path = "../../workflow/tests/company/mod.rs"]
mod company;
#[path = "../../workflow/tests/memory/mod.rs"]
mod memory;

use bucket::{Bucket, Texts};
use company::Company;
use dayone_domain::review::By;
use dayone_handlers::landed::{Deliveries, Handed};
use dayone_workflow::deliveries::{Arriving, Delivered};
use serde_json::{Value, json};

/// A notification of S3 that an object was written.
fn notification(bucket: &str, key: &str) -> Value {
    json!({ "Records": [{
        "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "eu-north-1", "eventTime": "2026-01-04T00:00:00.000Z",
        "eventName": "ObjectCreated:Put", "userIdentity": { "principalId": "EXAMPLE" },
        "requestParameters": { "sourceIPAddress": "127.0.0.1" }, "responseElements": { "x-amz-request-id": "EXAMPLE" },
        "s3": { "s3SchemaVersion": "1.0", "configurationId": "all",
            "bucket": { "name": bucket, "arn": format!("arn:aws:s3:::{bucket}"), "ownerIdentity": { "principalId": "EXAMPLE" } },
            "object": { "key": key, "size": 1, "eTag": "abc", "sequencer": "0055AED6DCD90281E5" } },
    }] })
}

/// The same in a message of SQS.
fn queued(id: &str, body: &Value) -> Value {
    json!({ "messageId": id, "receiptHandle": "r", "body": body.to_string(), "attributes": {}, "messageAttributes": {},
        "md5OfBody": "m", "eventSource": "aws:sqs", "eventSourceARN": "arn:aws:sqs:eu-north-1:1:landed", "awsRegion": "eu-north-1" })
}

struct Place {
    company: Company,
    bucket: Bucket,
    texts: Texts,
}

impl Place {
    async fn new() -> Place {
        let company = Company::new().await;
        company.set("2026-01-10T08:00:00Z");
        let bucket = Bucket::default();
        bucket.put("aws/cur/named/a", "2026-01-03T00:00:00Z", "2026-01 shop 2.5");
        bucket.put("aws/cur/1.manifest", "2026-01-04T00:00:00Z", "cur 2026-01\naws/cur/named/a");
        Place { company, bucket, texts: Texts::default() }
    }

    fn deliveries(&self) -> Deliveries<'_> {
        let arriving = Arriving { landing: &self.bucket, files: &self.texts, currency_if_absent: None };
        Deliveries { tenant: &self.company.tenant, bucket: "bills", arriving, by: &By::Policy }
    }

    async fn register(&self, event: Value) -> Handed {
        self.deliveries().register(event.to_string().as_bytes()).await.unwrap()
    }
}

#[tokio::test]
async fn an_event_leads_to_a_delivery_and_twice_to_the_same() {
    let place = Place::new().await;
    let event = notification("bills", "aws/cur/1.manifest");
    let handed = place.register(event.clone()).await;
    assert_eq!((handed.work.len(), handed.again.len(), handed.refused.len()), (1, 0, 0));
    let message = serde_json::to_vec(&handed.work[0]).unwrap();
    let completed = place.deliveries().read(&message).await.unwrap().unwrap();
    assert_eq!((completed[0].outcome, completed[0].charges), (Delivered::Newest, 1));
    assert_eq!(place.deliveries().read(&message).await.unwrap(), Some(completed));
    assert_eq!(place.register(event).await, Handed::default());
}

#[tokio::test]
async fn what_was_read_and_never_completed_is_completed_by_its_event_again() {
    let place = Place::new().await;
    let event = notification("bills", "aws/cur/1.manifest");
    let handed = place.register(event.clone()).await;
    place.company.tenant.parse(&place.deliveries().arriving, &handed.work[0]).await.unwrap();
    assert_eq!(place.company.tenant.source_periods().await.unwrap().len(), 0);
    assert_eq!(place.register(event).await, Handed::default());
    assert_eq!(place.company.tenant.source_periods().await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_message_that_is_not_answered_comes_again_and_others_are_done() {
    let place = Place::new().await;
    place.bucket.put("azure/a", "2026-01-04T00:00:00Z", "2026-01 shop 1");
    let (first, second) = (notification("bills", "aws/cur/1.manifest"), notification("bills", "azure/a"));
    let event = json!({ "Records": [queued("one", &first), queued("two", &second), queued("three", &json!({ "what": "is this" }))] });
    place.company.cord.cut_at(3);
    let handed = place.register(event.clone()).await;
    assert_eq!(handed.again, ["one", "two"]);
    assert!(handed.refused.len() == 1 && handed.refused[0].contains("What to do"), "{:?}", handed.refused);
    place.company.cord.mend();
    assert_eq!(place.register(event).await.work.len(), 2);
    place.company.cord.cut_at(1);
    let failure = place.deliveries().register(first.to_string().as_bytes()).await.unwrap_err();
    assert!(failure.is_retryable(), "{failure}");
}

#[tokio::test]
async fn what_has_landed_elsewhere_and_what_is_no_message_is_refused() {
    let place = Place::new().await;
    let handed = place.register(notification("others", "aws/cur/1.manifest")).await;
    assert!(handed.work.is_empty() && handed.refused[0].contains("`others`"), "{handed:?}");
    let handed = place.register(notification("bills", "nobody/x.manifest")).await;
    assert!(handed.refused[0].contains("under no source's prefix"), "{handed:?}");
    assert_eq!(place.deliveries().read(b"{}").await.unwrap_err().code, "work");
}
