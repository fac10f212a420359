//! What events say has landed: every shape, every refusal, and the recorded ones.

use std::io::Write;

use dayone_handlers::events::{EventRefusal, Landed, MOST_EVENT_BYTES, messages};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What has landed, or the first refusal.
fn landed(event: &[u8]) -> Result<Vec<Landed>, EventRefusal> {
    let mut all = Vec::new();
    for message in messages(event)? {
        all.append(&mut message.landed?);
    }
    Ok(all)
}

/// A notification of S3 as it comes to a function.
fn s3(name: &str, object: Value) -> Value {
    json!({"Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "eu-west-1",
        "eventTime": "2026-11-01T02:03:04.567Z",
        "eventName": name,
        "userIdentity": {"principalId": "AWS:EXAMPLE"},
        "requestParameters": {"sourceIPAddress": "192.0.2.1"},
        "responseElements": {"x-amz-request-id": "C3D13FE58DE4C810"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "billing",
            "bucket": {"name": "bills", "ownerIdentity": {"principalId": "EXAMPLE"}, "arn": "arn:aws:s3:::bills"},
            "object": object,
        },
    }]})
}

fn created() -> Value {
    let object = json!({"key": "focus/a+b%2Bc%C3%A9.csv", "size": 7, "eTag": "e1", "versionId": "v1", "sequencer": "00A1"});
    s3("ObjectCreated:CompleteMultipartUpload", object)
}

fn event_bridge(kind: &str, object: Value) -> Value {
    json!({
        "version": "0",
        "id": "f5f1e65c-dc3a-93ca-6c1e-b1647eac7963",
        "detail-type": kind,
        "source": "aws.s3",
        "account": "123456789012",
        "time": "2026-11-01T02:03:04Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:s3:::bills"],
        "detail": {"version": "0", "bucket": {"name": "bills"}, "object": object, "reason": "PutObject"},
    })
}

fn sqs(bodies: &[Value]) -> Value {
    let record = |(place, body): (usize, &Value)| {
        json!({
            "messageId": format!("m{place}"),
            "receiptHandle": "handle",
            "body": body.as_str().map_or_else(|| body.to_string(), str::to_owned),
            "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {},
            "md5OfBody": "16f4460f4477d8d693a5abe94fdbbd73",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:billing",
            "awsRegion": "eu-west-1",
        })
    };
    json!({"Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>()})
}

fn sns(message: &Value) -> Value {
    json!({"Type": "Notification", "MessageId": "n", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:billing",
        "Message": message.to_string(), "Timestamp": "2026-11-01T02:03:04.567Z"})
}

fn file(key: &str) -> Landed {
    Landed {
        bucket: "bills".to_owned(),
        key: key.to_owned(),
        version: Some("v1".to_owned()),
        etag: Some("e1".to_owned()),
        bytes: Some(7),
        sequencer: Some("00A1".to_owned()),
    }
}

fn of(event: &Value) -> Result<Vec<Landed>, String> {
    landed(event.to_string().as_bytes()).map_err(|refusal| refusal.to_string())
}

#[test]
fn a_notification_of_s3_is_decoded_once_in_every_envelope() {
    let expected = vec![file("focus/a b+cé.csv")];
    let to_a_function = json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": sns(&created())}]});
    for event in [created(), sqs(&[created()]), sqs(&[sns(&created())]), sns(&created()), to_a_function] {
        assert_eq!(of(&event).unwrap(), expected, "{event}");
    }
    // As stores write it that speak S3's protocol.
    let object = json!({"key": "a%2520b.csv", "size": 7, "eTag": "\"e1\"", "versionId": "v1", "sequencer": "00A1"});
    assert_eq!(of(&s3("s3:ObjectCreated:Put", object)).unwrap(), [file("a%20b.csv")]);
}

#[test]
fn an_event_of_event_bridge_is_not_decoded() {
    let object = json!({"key": "focus/a+b%2Bc é.csv", "size": 7, "etag": "e1", "version-id": "v1", "sequencer": "00A1"});
    let event = event_bridge("Object Created", object);
    for event in [event.clone(), sqs(&[event])] {
        assert_eq!(of(&event).unwrap(), [file("focus/a+b%2Bc é.csv")]);
    }
}

#[test]
fn what_a_bucket_without_versions_does_not_say_is_absent() {
    let expected = Landed { version: None, etag: None, bytes: None, sequencer: None, ..file("a.csv") };
    assert_eq!(of(&s3("ObjectCreated:Put", json!({"key": "a.csv"}))).unwrap(), std::slice::from_ref(&expected));
    let empty = json!({"key": "a.csv", "version-id": "", "etag": "", "sequencer": ""});
    assert_eq!(of(&event_bridge("Object Created", empty)).unwrap(), [expected]);
}

#[test]
fn whatever_else_a_bucket_tells_of_says_nothing() {
    let test = json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Time": "2026-11-01T02:03:04Z", "Bucket": "bills"});
    let deleted = json!({"key": "a.csv", "sequencer": "00A2"});
    for event in [
        test.clone(),
        s3("ObjectRemoved:Delete", deleted.clone()),
        s3("ObjectRemoved:DeleteMarkerCreated", deleted.clone()),
        s3("LifecycleExpiration:Delete", deleted.clone()),
        event_bridge("Object Deleted", deleted.clone()),
        s3("ObjectTagging:Put", deleted.clone()),
        s3("ObjectRestore:Completed", deleted.clone()),
        event_bridge("Object Tags Added", deleted),
    ] {
        for event in [event.clone(), sqs(&[event])] {
            assert_eq!(of(&event).unwrap(), [], "{event}");
        }
    }
    assert_eq!(of(&sqs(&[test, created()])).unwrap(), [file("focus/a b+cé.csv")]);
    let mut beside = created();
    let tagged = s3("ObjectTagging:Put", json!({"key": "a.csv"}))["Records"][0].clone();
    beside["Records"].as_array_mut().unwrap().insert(0, tagged);
    assert_eq!(of(&beside).unwrap(), [file("focus/a b+cé.csv")]);
}

#[test]
fn a_message_that_is_refused_leaves_those_beside_it() {
    let event = sqs(&[created(), json!("no JSON"), json!({"hello": 1})]).to_string();
    let messages = messages(event.as_bytes()).unwrap();
    let ids: Vec<_> = messages.iter().map(|message| message.id.as_deref()).collect();
    assert_eq!(ids, [Some("m0"), Some("m1"), Some("m2")]);
    assert_eq!(messages[0].landed, Ok(vec![file("focus/a b+cé.csv")]));
    assert!(messages[1].landed.is_err() && messages[2].landed.is_err());
    assert!(landed(event.as_bytes()).is_err());
    let mut odd = sqs(&[created(), created(), created()]);
    odd["Records"][0] = json!({"messageId": "odd", "eventSource": "aws:dynamodb"});
    odd["Records"][1]["body"] = json!(7);
    let odd = dayone_handlers::events::messages(odd.to_string().as_bytes()).unwrap();
    let of_each: Vec<_> = odd.iter().map(|message| (message.id.as_deref(), message.landed.is_ok())).collect();
    assert_eq!(of_each, [(Some("odd"), false), (Some("m1"), false), (Some("m2"), true)]);
    let alone = dayone_handlers::events::messages(created().to_string().as_bytes()).unwrap();
    assert_eq!((alone.len(), alone[0].id.as_deref()), (1, None));
}

#[test]
fn anything_else_is_refused_with_a_reason() {
    let without = |part: &str| {
        let mut event = created();
        event["Records"][0].as_object_mut().unwrap().remove(part);
        event
    };
    let object = |object: Value| s3("ObjectCreated:Put", object);
    let mut no_bucket = created();
    no_bucket["Records"][0]["s3"]["bucket"]["name"] = json!("");
    let mut four = sns(&created());
    for _ in 0..3 {
        four = sns(&four);
    }
    for (event, reason) in [
        (json!({}), "is of no known shape"),
        (json!([]), "is of no known shape"),
        (json!("ObjectCreated"), "is of no known shape"),
        (json!({"Records": []}), "has no records"),
        (json!({"Records": {}}), "has no records"),
        (json!({"Records": [7]}), "comes from ``, not from a bucket"),
        (json!({"Records": [{"eventSource": "aws:dynamodb"}]}), "comes from `aws:dynamodb`, not from a bucket"),
        (without("s3"), "is not a notification of S3 as it is known (missing field `s3`)"),
        (without("eventName"), "is ``, which says nothing"),
        (object(json!({})), "an object without bucket or key"),
        (object(json!({"key": ""})), "an object without bucket or key"),
        (no_bucket, "an object without bucket or key"),
        (object(json!({"key": "a%FF"})), "names the key `a%FF`, which is not UTF-8 when decoded"),
        (object(json!({"key": "a", "size": -1})), "an object of a negative size"),
        (object(json!({"key": 7})), "is not a notification of S3 as it is known"),
        (event_bridge("Object Created", json!({})), "is not an `Object Created` of S3 as it is known (missing field `key`)"),
        (event_bridge("Object Created", json!({"key": ""})), "an object without bucket or key"),
        (json!({"detail-type": "Object Created"}), "is not an event of EventBridge as it is known"),
        (json!({"detail-type": "Object Created", "source": "mine", "detail": {}}), "is `Object Created`"),
        (json!({"Type": "Notification"}), "is not a notification of SNS as it is known"),
        (sqs(&[json!("no JSON")]), "is no JSON that can be read"),
        (sqs(&[sqs(&[sqs(&[sqs(&[created()])])])]), "has too many envelopes"),
        (four, "has too many envelopes"),
    ] {
        let refusal = of(&event).expect_err(&event.to_string());
        assert!(refusal.starts_with("the event ") && refusal.contains(reason), "{event}: {refusal}");
        assert!(refusal.contains(". What to do: "), "{refusal}");
    }
    for (event, reason) in [(&b""[..], "no JSON"), (b"{", "no JSON"), (b"\xff", "no JSON"), (&vec![b' '; MOST_EVENT_BYTES + 1], "bytes")] {
        assert!(landed(event).unwrap_err().reason.contains(reason));
    }
}

proptest! {
    #[test]
    fn nothing_panics_whatever_the_bytes(event in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = landed(&event);
    }

    #[test]
    fn a_damaged_event_names_an_object_or_is_refused(at in any::<prop::sample::Index>(), byte in any::<u8>(), in_a_queue in any::<bool>()) {
        let event = if in_a_queue { sqs(&[created()]) } else { created() };
        let mut bytes = event.to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(landed) = landed(&bytes) {
            prop_assert!(landed.iter().all(|landed| !landed.bucket.is_empty() && !landed.key.is_empty()));
        }
    }
}

#[test]
fn every_recorded_event_is_understood_or_refused_for_what_it_is() {
    let Some(samples) = std::env::var_os("DAYONE_SAMPLES").filter(|folder| !folder.is_empty()) else {
        // The test harness swallows what the printing macros print.
        let _ = writeln!(std::io::stderr(), "\n*** DAYONE_SAMPLES is not set: the recorded events were LEFT OUT of this run ***\n");
        return;
    };
    let mut seen = Vec::new();
    for entry in std::fs::read_dir(std::path::Path::new(&samples).join("events")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        check_recorded(&name, &std::fs::read(&path).unwrap());
        seen.push(name);
    }
    assert!(seen.len() >= 6, "{seen:?}");
}

fn check_recorded(name: &str, event: &[u8]) {
    let one = |bucket: &str, key: &str, version: Option<&str>, etag: &str, bytes: u64, sequencer: &str| Landed {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        version: version.map(str::to_owned),
        etag: Some(etag.to_owned()),
        bytes: Some(bytes),
        sequencer: Some(sequencer.to_owned()),
    };
    let hash = "b21b84d653bb07b05b1e6b33684dc11b";
    let expected = match name {
        "s3Event" => one("lambda-artifacts-deafc19498e3f2df", hash, None, hash, 1_305_107, "0C0F6F405D6ED209E1"),
        "s3EventDecodedKey" => {
            one("sourcebucket", "Happy Face.jpg", Some("version"), "d41d8cd98f00b204e9800998ecf8427e", 1_024, "Happy Sequencer")
        }
        "s3SqsEvent" => {
            let version = Some("yd3d4HaWOT2zguDLvIQLU6ptDTwKBnQV");
            one("xxx", "test.pdf", version, "2e3ad1e983318bbd8e73b080e2997980", 104_681, "00643717F9F8B85354")
        }
        "s3EventBridgeNotificationObjectCreatedEvent" => {
            one("example-bucket", "IMG_m7fzo3.jpg", None, "4e68adba0abe2dc8653dc3354e14c01d", 184_662, "006408CAD69598B05E")
        }
        "s3EventBridgeNotificationObjectDeletedEvent" => return assert_eq!(landed(event), Ok(Vec::new())),
        "eventBridgeEvent" => {
            let refusal = landed(event).unwrap_err();
            return assert!(refusal.reason.contains("EC2 Instance State-change Notification"), "{refusal}");
        }
        _ => panic!("{name} is a new sample: say what it means"),
    };
    assert_eq!(landed(event), Ok(vec![expected]), "{name}");
}
