//! Anchors: the heads of all streams at a moment, chained.

use chrono::{DateTime, Utc};
use dayone_ports::{Digest, Key, Record};
use serde::{Deserialize, Serialize};

use crate::change::json;
use crate::failure::{Failure, FailureKind};
use crate::keys;
use crate::stream::{Head, StreamId, no_hash};
use crate::tenant::Tenant;

/// The format that is written.
pub(super) const FORMAT: u32 = 1;
/// The single record that notes the newest anchor.
const NEWEST: &str = "newest-anchor";
/// Tries for a number that others take at the same time.
const TRIES: usize = 8;

/// The heads of all streams of a tenant at a moment. Its bytes are kept as they were written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// 1.
    pub format: u32,
    /// The tenant.
    pub tenant: String,
    /// From 1.
    pub number: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// SHA-256 of the anchor before; zeros for the first.
    pub previous: Digest,
    /// Stream, version and hash of each head, in the order of the streams' names.
    pub heads: Vec<(StreamId, u64, Digest)>,
}

/// What names an anchor, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnchorFacts {
    /// Its number.
    pub number: u64,
    /// SHA-256 of its bytes.
    pub digest: Digest,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// How many streams it states.
    pub streams: u64,
    /// How many events these have.
    pub events: u64,
}

impl Anchor {
    /// What names it, under the SHA-256 of its bytes.
    pub fn facts(&self, digest: Digest) -> AnchorFacts {
        let events = self.heads.iter().fold(0_u64, |sum, (_, version, _)| sum.saturating_add(*version));
        AnchorFacts { number: self.number, digest, at: self.at, streams: self.heads.len() as u64, events }
    }
}

/// What the store notes of the newest anchor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Newest {
    pub number: u64,
    pub digest: Digest,
}

/// What a new anchor follows.
#[derive(Debug)]
struct Before {
    number: u64,
    digest: Digest,
    heads: Vec<(StreamId, u64, Digest)>,
}

impl Tenant {
    /// Anchors the heads of all streams; nothing where none has changed since the last anchor.
    ///
    /// Whoever loses a race for a number takes the next, or leaves it where the other's anchor says the same.
    pub async fn anchor(&self) -> Result<Option<AnchorFacts>, Failure> {
        for _ in 0..TRIES {
            let before = self.before_next().await?;
            let heads = self.heads().await?;
            if heads == before.heads {
                return Ok(None);
            }
            let number = before.number.checked_add(1).ok_or_else(|| Failure::broken("there is an anchor of the highest number"))?;
            let at = self.ports.clock.now();
            let anchor = Anchor { format: FORMAT, tenant: self.id.to_string(), number, at, previous: before.digest, heads };
            let bytes = json(&anchor);
            if self.keep_anchor(number, &bytes).await? {
                let digest = Digest::of(&bytes);
                self.note_newest(&Newest { number, digest }).await?;
                return Ok(Some(anchor.facts(digest)));
            }
        }
        // So many others have anchored in the meantime that what was to be anchored is in one of theirs.
        Ok(None)
    }

    /// The newest anchor: the head of the chain that every tie-out states.
    ///
    /// # Errors
    /// Where it cannot be read as one.
    pub async fn chain_head(&self) -> Result<Option<AnchorFacts>, Failure> {
        let Some(number) = self.ports.anchors.last(self.id.as_str()).await? else { return Ok(None) };
        let bytes = self.ports.anchors.get(self.id.as_str(), number).await?.unwrap_or_default();
        let anchor: Anchor = serde_json::from_slice(&bytes).map_err(|_| {
            Failure::broken(format!("anchor {number} cannot be read; run `dayone audit verify` to see what else was changed"))
        })?;
        Ok(Some(anchor.facts(Digest::of(&bytes))))
    }

    /// What the store notes of the newest anchor, and the record; a note that cannot be read is `None`.
    pub(super) async fn newest_noted(&self) -> Result<(Option<Newest>, Option<Record>), Failure> {
        let record = self.ports.store.get(&self.newest_key()).await?;
        let noted = record.as_ref().and_then(|record| serde_json::from_slice(&record.body).ok());
        Ok((noted, record))
    }

    fn newest_key(&self) -> Key {
        keys::single(&self.id, NEWEST)
    }

    /// What the next anchor follows. Where the store and the anchors disagree, the next follows what the store notes:
    /// an anchor that was taken away or changed stays a gap in the chain.
    async fn before_next(&self) -> Result<Before, Failure> {
        let tenant = self.id.as_str();
        let last = self.ports.anchors.last(tenant).await?.unwrap_or(0);
        let bytes = if last == 0 { None } else { self.ports.anchors.get(tenant, last).await? };
        let digest = bytes.as_deref().map_or_else(no_hash, Digest::of);
        let (noted, _) = self.newest_noted().await?;
        match noted {
            Some(noted) if noted.number > last || (noted.number == last && noted.digest != digest) => {
                return Ok(Before { number: noted.number, digest: noted.digest, heads: Vec::new() });
            }
            // Whoever made the last one had no time to note it.
            _ if last > 0 => self.note_newest(&Newest { number: last, digest }).await?,
            _ => {}
        }
        let anchor: Option<Anchor> = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Ok(Before { number: last, digest, heads: anchor.map(|anchor| anchor.heads).unwrap_or_default() })
    }

    /// Notes an anchor as the newest, unless a newer one is noted.
    async fn note_newest(&self, newest: &Newest) -> Result<(), Failure> {
        let (noted, record) = self.newest_noted().await?;
        if noted.is_some_and(|noted| noted.number >= newest.number) {
            return Ok(());
        }
        let mut changes = self.changes();
        changes.put(self.newest_key(), record.as_ref(), newest);
        match changes.commit().await {
            Err(failure) if failure.kind == FailureKind::Busy => Ok(()),
            other => other,
        }
    }

    /// Whether the anchor of this number is this one now.
    async fn keep_anchor(&self, number: u64, bytes: &[u8]) -> Result<bool, Failure> {
        let tenant = self.id.as_str();
        let Err(unavailable) = self.ports.anchors.put(tenant, number, bytes).await else { return Ok(true) };
        match self.ports.anchors.get(tenant, number).await? {
            Some(kept) => Ok(kept == bytes),
            None => Err(unavailable.into()),
        }
    }

    /// Stream, version and hash of every head. One that cannot be read is left out: [`verify`](Tenant::verify) names it.
    async fn heads(&self) -> Result<Vec<(StreamId, u64, Digest)>, Failure> {
        let mut heads = Vec::new();
        for record in self.head_records("").await? {
            match serde_json::from_slice::<Head>(&record.body) {
                Ok(head) => heads.push((StreamId::named(record.key.sort), head.version, head.hash)),
                Err(error) => tracing::error!(stream = record.key.sort, %error, "a head cannot be read and is not anchored"),
            }
        }
        Ok(heads)
    }

    /// The records of the heads of all streams whose names begin so, in the order of the names.
    pub(super) async fn head_records(&self, prefix: &str) -> Result<Vec<Record>, Failure> {
        let mut records = Vec::new();
        for shard in 0..keys::HEAD_SHARDS {
            records.extend(self.records(&keys::heads(&self.id, shard), prefix).await?);
        }
        records.sort_by(|a, b| a.key.sort.cmp(&b.key.sort));
        Ok(records)
    }
}
