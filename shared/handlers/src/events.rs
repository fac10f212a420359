//! What an event says has landed in a bucket: a notification of S3 by itself, through SNS, or as a message of SQS, and an
//! `Object Created` of EventBridge, by itself or as a message of SQS. The same shapes come from recorded files.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html>,
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html>

use aws_lambda_events::event::eventbridge::EventBridgeEvent;
use aws_lambda_events::event::s3::S3EventRecord;
use aws_lambda_events::event::sqs::SqsMessage;
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Most bytes of an event: what a function can be called with.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub const MOST_EVENT_BYTES: usize = 6 << 20;

/// Most envelopes, one in the other: SQS around SNS around S3.
const MOST_ENVELOPES: usize = 3;

/// Bytes of a value of the event that a refusal shows.
const SHOWN_BYTES: usize = 80;

/// An object that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landed {
    /// The bucket's name.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// The version, where the bucket keeps versions.
    pub version: Option<String>,
    /// The ETag without quotes.
    pub etag: Option<String>,
    /// The size.
    pub bytes: Option<u64>,
    /// Orders the events of one key: the later one has the greater text, once the shorter is filled up with zeros on
    /// the right.
    pub sequencer: Option<String>,
}

/// What one message of a queue says. A call of a function may bring several, and each is done or tried again by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// SQS's name of the message; `None` where the event came without a queue.
    pub id: Option<String>,
    /// What has landed; nothing where the event says so little (a test, a deletion).
    pub landed: Result<Vec<Landed>, EventRefusal>,
}

/// Why an event is refused. It will not be understood at another time either.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event {reason}. What to do: {what_to_do}.")]
pub struct EventRefusal {
    /// What is wrong, lower case, without a full stop.
    pub reason: String,
    /// What to do next, without a full stop.
    pub what_to_do: &'static str,
}

const SEND_THESE: &str = "let the bucket send s3:ObjectCreated:* notifications, or its `Object Created` events through EventBridge";
const LOOK_AT_THE_SENDER: &str = "look up who sends it; nothing but the bucket should";

impl EventRefusal {
    fn new(reason: impl Into<String>, what_to_do: &'static str) -> EventRefusal {
        EventRefusal { reason: reason.into(), what_to_do }
    }
}

/// What each message of an event says, in the event's order; one without a name where no queue is in between. Whatever
/// else a bucket tells of (tests, deletions, tags) says nothing.
///
/// # Errors
/// Where the event as a whole is no JSON, too large, or of no known shape.
pub fn messages(event: &[u8]) -> Result<Vec<Message>, EventRefusal> {
    let event = parse(event)?;
    match records(&event)? {
        // One odd record beside messages is refused by itself: whatever fails as a whole is never sent again.
        Some(records) if records.iter().any(|record| source_of(record) == "aws:sqs") => {
            let id = |record: &Value| record.get("messageId").and_then(Value::as_str).map(str::to_owned);
            Ok(records.iter().map(|record| Message { id: id(record), landed: in_record(record, 0) }).collect())
        }
        _ => Ok(vec![Message { id: None, landed: Ok(inside(&event, 0)?) }]),
    }
}

/// A message of SQS that lies inside of so many envelopes.
fn in_message(record: &Value, envelopes: usize) -> Result<Vec<Landed>, EventRefusal> {
    let message: SqsMessage = typed(record, "a message of SQS")?;
    inside(&parse(message.body.unwrap_or_default().as_bytes())?, envelopes + 1)
}

fn parse(event: &[u8]) -> Result<Value, EventRefusal> {
    if event.len() > MOST_EVENT_BYTES {
        let reason = format!("has {} bytes, and no more than {MOST_EVENT_BYTES} are read", event.len());
        return Err(EventRefusal::new(reason, LOOK_AT_THE_SENDER));
    }
    serde_json::from_slice(event).map_err(|error| EventRefusal::new(format!("is no JSON that can be read ({error})"), LOOK_AT_THE_SENDER))
}

/// What is said inside of so many envelopes.
fn inside(event: &Value, envelopes: usize) -> Result<Vec<Landed>, EventRefusal> {
    if envelopes > MOST_ENVELOPES {
        return Err(EventRefusal::new("has too many envelopes, one in the other", LOOK_AT_THE_SENDER));
    }
    if let Some(records) = records(event)? {
        let mut all = Vec::new();
        for record in records {
            all.append(&mut in_record(record, envelopes)?);
        }
        return Ok(all);
    }
    if event.get("Event").and_then(Value::as_str) == Some("s3:TestEvent") {
        return Ok(Vec::new());
    }
    if event.get("Type").and_then(Value::as_str) == Some("Notification") {
        let SnsMessage { message } = typed(event, "a notification of SNS")?;
        return inside(&parse(message.as_bytes())?, envelopes + 1);
    }
    if event.get("detail-type").is_some() {
        return from_event_bridge(typed(event, "an event of EventBridge")?);
    }
    Err(EventRefusal::new("is of no known shape", SEND_THESE))
}

fn records(event: &Value) -> Result<Option<&Vec<Value>>, EventRefusal> {
    match event.get("Records") {
        None => Ok(None),
        Some(Value::Array(records)) if !records.is_empty() => Ok(Some(records)),
        Some(_) => Err(EventRefusal::new("has no records", LOOK_AT_THE_SENDER)),
    }
}

/// `aws:s3`, `aws:sqs` or `aws:sns`, which alone writes the name with a capital.
fn source_of(record: &Value) -> &str {
    ["eventSource", "EventSource"].iter().find_map(|name| record.get(name)?.as_str()).unwrap_or_default()
}

fn in_record(record: &Value, envelopes: usize) -> Result<Vec<Landed>, EventRefusal> {
    match source_of(record) {
        "aws:s3" => from_s3(typed(record, "a notification of S3")?),
        "aws:sqs" => in_message(record, envelopes),
        "aws:sns" => {
            let SnsRecord { sns } = typed(record, "a notification of SNS")?;
            inside(&parse(sns.message.as_bytes())?, envelopes + 1)
        }
        other => Err(EventRefusal::new(format!("comes from `{}`, not from a bucket", shown(other)), SEND_THESE)),
    }
}

fn typed<T: DeserializeOwned>(value: &Value, what: &str) -> Result<T, EventRefusal> {
    T::deserialize(value).map_err(|error| EventRefusal::new(format!("is not {what} as it is known ({error})"), LOOK_AT_THE_SENDER))
}

fn from_s3(record: S3EventRecord) -> Result<Vec<Landed>, EventRefusal> {
    let name = record.event_name.unwrap_or_default();
    // Stores that speak S3's protocol write the prefix, S3 itself leaves it out.
    match name.strip_prefix("s3:").unwrap_or(&name).split(':').next().unwrap_or_default() {
        "ObjectCreated" => {}
        "" => return Err(not_a_creation(&name)),
        // Deletions, tags, restored archives, tests: a bucket may send them beside.
        _ => return Ok(Vec::new()),
    }
    let object = record.s3.object;
    let key = match (object.key, object.url_decoded_key) {
        (Some(key), _) => decoded(&key)?,
        (None, decoded) => decoded.unwrap_or_default(),
    };
    let landed = Landed {
        bucket: record.s3.bucket.name.unwrap_or_default(),
        key,
        version: object.version_id,
        etag: object.e_tag,
        bytes: size(object.size)?,
        sequencer: object.sequencer,
    };
    complete(landed).map(|landed| vec![landed])
}

/// A key is written as a form does: `+` is a blank, the rest is percent-encoded.
fn decoded(key: &str) -> Result<String, EventRefusal> {
    let blanks = key.replace('+', " ");
    percent_decode_str(&blanks).decode_utf8().map(String::from).map_err(|_| {
        let reason = format!("names the key `{}`, which is not UTF-8 when decoded", shown(key));
        EventRefusal::new(reason, LOOK_AT_THE_SENDER)
    })
}

// No more of SNS than is read: in a queue its notification lacks what the crate's type for a function's event has.
#[derive(Deserialize)]
struct SnsRecord {
    #[serde(rename = "Sns")]
    sns: SnsMessage,
}

/// In a queue, or as the function's own event.
#[derive(Deserialize)]
struct SnsMessage {
    #[serde(rename = "Message")]
    message: String,
}

#[derive(Deserialize)]
struct Detail {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Object {
    key: String,
    size: Option<i64>,
    etag: Option<String>,
    version_id: Option<String>,
    sequencer: Option<String>,
}

/// EventBridge does not encode keys.
fn from_event_bridge(event: EventBridgeEvent) -> Result<Vec<Landed>, EventRefusal> {
    match (event.source.as_str(), event.detail_type.as_str()) {
        ("aws.s3", "Object Created") => {}
        ("aws.s3", kind) if kind.starts_with("Object ") => return Ok(Vec::new()),
        (_, kind) => return Err(not_a_creation(kind)),
    }
    let Detail { bucket, object } = typed(&event.detail, "an `Object Created` of S3")?;
    let landed = Landed {
        bucket: bucket.name,
        key: object.key,
        version: object.version_id,
        etag: object.etag,
        bytes: size(object.size)?,
        sequencer: object.sequencer,
    };
    complete(landed).map(|landed| vec![landed])
}

fn not_a_creation(kind: &str) -> EventRefusal {
    EventRefusal::new(format!("is `{}`, which says nothing of an object that was written", shown(kind)), SEND_THESE)
}

fn size(size: Option<i64>) -> Result<Option<u64>, EventRefusal> {
    let negative = |_| EventRefusal::new("names an object of a negative size", LOOK_AT_THE_SENDER);
    size.map(|size| u64::try_from(size).map_err(negative)).transpose()
}

/// An object has a bucket and a key. Empty texts for what is not known are taken out, and quotes around an ETag.
fn complete(mut landed: Landed) -> Result<Landed, EventRefusal> {
    if landed.bucket.is_empty() || landed.key.is_empty() {
        return Err(EventRefusal::new("names an object without bucket or key", LOOK_AT_THE_SENDER));
    }
    landed.etag = landed.etag.map(|etag| etag.trim_matches('"').to_owned());
    for text in [&mut landed.version, &mut landed.etag, &mut landed.sequencer] {
        text.take_if(|text| text.is_empty());
    }
    Ok(landed)
}

/// The beginning of a value, on one line and without what a terminal obeys.
fn shown(text: &str) -> String {
    let start = &text[..text.floor_char_boundary(SHOWN_BYTES)];
    start.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
