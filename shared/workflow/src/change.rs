//! One transaction: events, the views that show them, and the idempotency key of whoever asked.

use chrono::{DateTime, Utc};
use dayone_domain::review::{Actor, By, Recorded};
use dayone_ports::{Action, Digest, Expect, Key, Record, StoreError};
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, FailureKind};
use crate::keys;
use crate::stream::{Head, Stream, chained, event_body};
use crate::tenant::Tenant;

/// An idempotency key with what it was sent with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// The key.
    pub key: String,
    /// SHA-256 of method, path and body.
    pub request: Digest,
}

/// Who asks for what, under which conditions.
#[derive(Clone, Debug)]
pub struct Request {
    /// The person.
    pub actor: Actor,
    /// Their idempotency key.
    pub once: Option<Once>,
    /// The version of the stream that they have read; `None` where they say nothing of it.
    pub if_match: Option<u64>,
}

impl Request {
    /// A request without conditions.
    pub fn of(actor: Actor) -> Request {
        Request { actor, once: None, if_match: None }
    }

    /// Refuses a decision on an old version.
    pub fn check_version(&self, version: u64) -> Result<(), Failure> {
        match self.if_match {
            Some(read) if read != version => Err(Failure::stale(version)),
            _ => Ok(()),
        }
    }
}

/// What an idempotency key was used for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct OnceRecord {
    request: Digest,
    at: DateTime<Utc>,
    /// A document that says what the request was about, where asking again cannot find it otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    about: Option<Digest>,
}

impl OnceRecord {
    /// Reads what is known of a key, which must have been sent with the same request.
    fn of(record: &Record, once: &Once) -> Result<OnceRecord, Failure> {
        let known: OnceRecord = serde_json::from_slice(&record.body).map_err(Failure::broken)?;
        if known.request != once.request {
            let message = "the idempotency key was used for another request already; use a new one for every request";
            return Err(Failure::new(FailureKind::Refused, "idempotency-key-reused", message));
        }
        Ok(known)
    }
}

/// A transaction that is being put together.
pub struct Changes<'a> {
    tenant: &'a Tenant,
    now: DateTime<Utc>,
    actions: Vec<Action>,
    once: Option<Key>,
}

impl Tenant {
    /// An empty transaction.
    pub fn changes(&self) -> Changes<'_> {
        Changes { tenant: self, now: self.ports.clock.now(), actions: Vec::new(), once: None }
    }

    /// Whether a request was done already.
    ///
    /// # Errors
    /// Where its idempotency key was used for another request.
    pub async fn was_done(&self, person: &str, once: &Once) -> Result<bool, Failure> {
        Ok(self.known(person, once).await?.is_some())
    }

    /// The moment at which a request was done; `None`, where it was not.
    ///
    /// # Errors
    /// As [`was_done`](Self::was_done).
    pub async fn done_at(&self, person: &str, once: &Once) -> Result<Option<DateTime<Utc>>, Failure> {
        Ok(self.known(person, once).await?.map(|known| known.at))
    }

    /// The document that was noted with a request that was done already; the outer `None`, where it was not.
    ///
    /// # Errors
    /// As [`was_done`](Self::was_done).
    pub async fn done(&self, person: &str, once: &Once) -> Result<Option<Option<Digest>>, Failure> {
        Ok(self.known(person, once).await?.map(|known| known.about))
    }

    async fn known(&self, person: &str, once: &Once) -> Result<Option<OnceRecord>, Failure> {
        let record = self.ports.store.get(&self.once_key(person, once)?).await?;
        record.map(|record| OnceRecord::of(&record, once)).transpose()
    }

    /// The moment at which a request was first begun, noted before any of it is done. A use case that writes in several
    /// transactions may be cut off between them: whoever tries it again has to do the rest as of the same moment.
    ///
    /// # Errors
    /// Where its idempotency key was used for another request.
    pub async fn begun_at(&self, request: &Request) -> Result<DateTime<Utc>, Failure> {
        let now = self.ports.clock.now();
        let Some(once) = &request.once else { return Ok(now) };
        let Key { sort, .. } = self.once_key(&request.actor.person.mail, once)?;
        let key = Key::new(keys::begun(&self.id), sort);
        let record = OnceRecord { request: once.request, at: now, about: None };
        match self.ports.store.transact(vec![Action::insert(key.clone(), json(&record))]).await {
            Ok(()) => return Ok(now),
            Err(StoreError::Conflict(_)) => {}
            Err(other) => return Err(other.into()),
        }
        let record = self.ports.store.get(&key).await?;
        let record = record.ok_or_else(|| Failure::broken("the note of a request that was begun is gone"))?;
        Ok(OnceRecord::of(&record, once)?.at)
    }

    fn once_key(&self, person: &str, once: &Once) -> Result<Key, Failure> {
        let is_plain = once.key.bytes().all(|byte| byte.is_ascii_graphic());
        if once.key.is_empty() || once.key.len() > 200 || !is_plain {
            return Err(Failure::invalid("idempotency-key", "an idempotency key is 1 to 200 printable ASCII characters"));
        }
        Ok(Key::new(keys::once(&self.id), format!("{person}/{}", once.key)))
    }
}

impl Changes<'_> {
    /// The moment of the change.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// An event of this moment.
    pub fn recorded<E>(&self, by: By, event: E) -> Recorded<E> {
        Recorded { by, at: self.now, why: None, input: None, event }
    }

    /// Notes the idempotency key of a request, to be written along.
    pub fn once(&mut self, request: &Request) -> Result<(), Failure> {
        self.once_about(request, None)
    }

    /// The same, with a document that says what the request was about.
    pub fn once_about(&mut self, request: &Request, about: Option<Digest>) -> Result<(), Failure> {
        let Some(once) = &request.once else { return Ok(()) };
        let key = self.tenant.once_key(&request.actor.person.mail, once)?;
        let record = OnceRecord { request: once.request, at: self.now, about };
        self.actions.push(Action::insert(key.clone(), json(&record)));
        self.once = Some(key);
        Ok(())
    }

    /// Appends events to a stream under the version that was loaded. A stream is appended to once in a transaction.
    pub fn append<E: Serialize>(&mut self, stream: &Stream<E>, events: &[Recorded<E>]) {
        if events.is_empty() {
            return;
        }
        let tenant = &self.tenant.id;
        let mut hash = stream.hash;
        let mut version = stream.version();
        for event in events {
            version += 1;
            let stored = json(event);
            hash = chained(hash, &stream.id, version, &stored);
            self.actions.push(Action::insert(keys::event(tenant, &stream.id, version), event_body(hash, &stored)));
        }
        let head = Head { version, hash };
        let expect = Expect::unchanged(stream.head.as_ref());
        self.actions.push(Action::Put { key: keys::head(tenant, &stream.id), body: json(&head), expect });
    }

    /// Requires that a stream is still as it was loaded, without appending.
    pub fn check<E>(&mut self, stream: &Stream<E>) {
        let key = keys::head(&self.tenant.id, &stream.id);
        self.actions.push(Action::Check { key, expect: Expect::unchanged(stream.head.as_ref()) });
    }

    /// Writes a view over the record that was read.
    pub fn put<T: Serialize>(&mut self, key: Key, before: Option<&Record>, view: &T) {
        self.actions.push(Action::Put { key, body: json(view), expect: Expect::unchanged(before) });
    }

    /// Takes away a record that was read.
    pub fn delete(&mut self, record: &Record) {
        self.actions.push(Action::Delete { key: record.key.clone(), version: record.version });
    }

    /// Requires that a record is still as it was read.
    pub fn unchanged(&mut self, key: Key, before: Option<&Record>) {
        self.actions.push(Action::Check { key, expect: Expect::unchanged(before) });
    }

    /// How many actions there are.
    pub fn len(&self) -> usize {
        self.actions.len()
    }

    /// Whether nothing is to be written.
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// Writes all of it, or nothing.
    ///
    /// # Errors
    /// [`FailureKind::Busy`] where something is no longer as it was loaded. Where the idempotency key was used in the
    /// meantime, the request was done by somebody else's try of it, and asking again says so.
    pub async fn commit(self) -> Result<(), Failure> {
        if self.actions.is_empty() {
            return Ok(());
        }
        match self.tenant.ports.store.transact(self.actions).await {
            Err(StoreError::Conflict(key)) if self.once.as_ref() == Some(&key) => {
                Err(Failure::new(FailureKind::Busy, "busy", "the same request is being done already; ask again for its outcome"))
            }
            other => Ok(other?),
        }
    }
}

/// JSON bytes of what is always representable.
pub(crate) fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("INVARIANT: records are plain structures with text keys")
}
