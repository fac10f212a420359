//! Streams of events, each a chain of hashes.
//!
//! The hash of an event is SHA-256 over the hash before it (32 zero bytes before the first), the stream's name, the
//! version as 8 bytes and the stored bytes of the event, each behind its length. The bytes are written once and
//! never made again from what they mean.

use std::fmt;

use dayone_domain::BillingPeriod;
use dayone_domain::cube::BillKey;
use dayone_domain::review::{InvoiceRef, Recorded};
use dayone_ports::{Digest, Record};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::keys;
use crate::tenant::Tenant;

/// The name of a stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StreamId(String);

impl StreamId {
    /// A stream by its name.
    pub fn named(name: impl Into<String>) -> StreamId {
        StreamId(name.into())
    }

    /// The stream of an invoice.
    pub fn invoice(of: &InvoiceRef) -> StreamId {
        StreamId(format!("invoice/{of}"))
    }

    /// The stream of a bill.
    pub fn bill(bill: BillKey) -> StreamId {
        StreamId(format!("bill/{}/{}", bill.period, bill.currency))
    }

    /// The stream of a source's billing period.
    pub fn source(source: &str, period: BillingPeriod) -> StreamId {
        StreamId(format!("source/{source}/{period}"))
    }

    /// The stream of a cost group's mode.
    pub fn group(group: &str) -> StreamId {
        StreamId(format!("group/{group}"))
    }

    /// The stream of a journal entry.
    pub fn journal(reference: &str) -> StreamId {
        StreamId(format!("journal/{reference}"))
    }

    /// The stream of a kind of configuration.
    pub fn configuration(kind: &str) -> StreamId {
        StreamId(format!("configuration/{kind}"))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Version and hash of the newest event of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// How many events there are.
    pub version: u64,
    /// The hash of the newest.
    pub hash: Digest,
}

/// A stream as it was loaded, for appending under that version.
#[derive(Clone, Debug)]
pub struct Stream<E> {
    /// Which.
    pub id: StreamId,
    /// The events, oldest first.
    pub events: Vec<Recorded<E>>,
    /// The hash of the newest.
    pub(crate) hash: Digest,
    /// The record of the head, for the condition.
    pub(crate) head: Option<Record>,
}

impl<E> Stream<E> {
    /// How many events there are.
    pub fn version(&self) -> u64 {
        self.events.len() as u64
    }
}

/// What the chain begins with.
pub fn no_hash() -> Digest {
    Digest::from_bytes([0; 32])
}

/// The hash of an event.
pub fn chained(before: Digest, stream: &StreamId, version: u64, stored: &[u8]) -> Digest {
    Digest::of_parts(&[before.as_bytes(), stream.as_str().as_bytes(), &version.to_be_bytes(), stored])
}

/// The body of an event's record: its hash, a newline, its bytes.
pub fn event_body(hash: Digest, stored: &[u8]) -> Vec<u8> {
    let mut body = format!("{hash}\n").into_bytes();
    body.extend_from_slice(stored);
    body
}

/// The hash and the bytes of an event's record; `None` where it is none.
pub fn split_body(body: &[u8]) -> Option<(Digest, &[u8])> {
    let (hash, stored) = (body.get(..64)?, body.get(64..)?.strip_prefix(b"\n")?);
    Some((std::str::from_utf8(hash).ok()?.parse().ok()?, stored))
}

impl Tenant {
    /// Loads a stream; one of which nothing is known is empty.
    pub async fn stream<E: DeserializeOwned>(&self, id: StreamId) -> Result<Stream<E>, Failure> {
        let head = self.ports.store.get(&keys::head(&self.id, &id)).await?;
        let Some(record) = head else { return Ok(Stream { id, events: Vec::new(), hash: no_hash(), head: None }) };
        let known: Head = serde_json::from_slice(&record.body).map_err(|error| Failure::broken(format!("the head of `{id}`: {error}")))?;
        let mut events = Vec::new();
        for body in self.event_bodies(&id, known.version).await? {
            let (_, stored) = split_body(&body).ok_or_else(|| Failure::broken(format!("an event of `{id}` has no hash")))?;
            let event = serde_json::from_slice(stored).map_err(|error| Failure::broken(format!("an event of `{id}`: {error}")))?;
            events.push(event);
        }
        Ok(Stream { id, events, hash: known.hash, head: Some(record) })
    }

    /// The bodies of the first `version` events. An event that was appended after the head was read is left aside.
    async fn event_bodies(&self, id: &StreamId, version: u64) -> Result<Vec<Vec<u8>>, Failure> {
        let partition = keys::stream(&self.id, id);
        let mut bodies: Vec<Vec<u8>> = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let page = self.ports.store.query(&partition, "", after.as_deref(), usize::MAX).await?;
            for record in page.records {
                let expected = keys::event_sort(bodies.len() as u64 + 1);
                if bodies.len() as u64 == version {
                    return Ok(bodies);
                }
                if record.key.sort != expected {
                    return Err(Failure::broken(format!("event {expected} of `{id}` is missing")));
                }
                after = Some(record.key.sort);
                bodies.push(record.body);
            }
            if !page.has_more {
                break;
            }
        }
        if (bodies.len() as u64) < version {
            return Err(Failure::broken(format!("`{id}` has {} events and should have {version}", bodies.len())));
        }
        Ok(bodies)
    }
}
