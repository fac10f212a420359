//! The audit: everything that was recorded, against every hash there is of it.

use std::collections::{BTreeMap, BTreeSet};

use dayone_ports::{Digest, Record};
use serde::Serialize;
use serde_json::Value;

use super::anchor::{Anchor, AnchorFacts, FORMAT, Newest};
use super::chain::{self, Anchored, Checked, MOST_TRIES, Stored};
use super::finding::{Finding, MOST_FINDINGS};
use super::views::Held;
use crate::failure::Failure;
use crate::keys;
use crate::stream::{Head, StreamId, no_hash};
use crate::tenant::Tenant;

/// The keys under which events and plans name documents, each by 64 hexadecimal digits.
const DOCUMENT_KEYS: [&str; 9] = ["body", "control", "cube", "document", "drawn", "file", "files", "plan", "text"];
/// Tries for what somebody appends to while it is read.
const TRIES: usize = 8;
/// Most anchors that are followed back.
const MOST_ANCHORS: u64 = 100_000;

/// What an audit looked at, and what it found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// Streams that have a head.
    pub streams: u64,
    /// Events.
    pub events: u64,
    /// Documents that the events name, directly or through a plan.
    pub documents: u64,
    /// Anchors.
    pub anchors: u64,
    /// The newest anchor.
    pub head: Option<AnchorFacts>,
    /// What is not as it was recorded, at most [`MOST_FINDINGS`]; empty where all is.
    pub findings: Vec<Finding>,
}

/// What an audit carries from stream to stream.
#[derive(Default)]
struct Audit {
    report: AuditReport,
    tries: u32,
    looked_at: BTreeSet<Digest>,
    followed: BTreeSet<Digest>,
    held: Held,
    /// Streams that are as they were recorded.
    sound: Vec<StreamId>,
}

/// Who names a document.
#[derive(Clone, Copy)]
struct NamedBy<'a> {
    stream: &'a StreamId,
    version: u64,
    through: Option<Digest>,
}

type AnchoredStreams = BTreeMap<String, Vec<Anchored>>;

impl Audit {
    fn found(&mut self, findings: impl IntoIterator<Item = Finding>) {
        let left = MOST_FINDINGS - self.report.findings.len();
        self.report.findings.extend(findings.into_iter().take(left));
    }
}

impl Tenant {
    /// Reads every event, head, anchor and named document of the tenant, and says what is not as it was recorded:
    /// changed, removed, reordered or appended events, removed, cut or rewritten streams, changed or missing anchors
    /// and documents. Then it makes anew from the streams that are genuine what was written beside them, and says which
    /// view, outbox entry, note of what is under way or counter says something else, is missing or has nothing behind
    /// it; and asks the ERP for every journal that was posted by call. It goes on after a finding.
    ///
    /// Idempotency keys, passwords, sessions, mail that is to be sent and the lease to post stand in no event, and are
    /// not looked at. Nor is how often a record was put.
    ///
    /// Use cases may go on meanwhile: what is written while the audit reads is no finding.
    pub async fn verify(&self) -> Result<AuditReport, Failure> {
        let mut audit = Audit { tries: MOST_TRIES, ..Audit::default() };
        let counter = self.invoice_counter().await?;
        // Anchors come first: a stream only grows after it was anchored.
        let mut anchored = self.verify_anchors(&mut audit).await?;
        for record in self.head_records("").await? {
            let of_stream = anchored.remove(&record.key.sort).unwrap_or_default();
            self.verify_stream(&mut audit, record, &of_stream).await?;
        }
        for (stream, anchored) in anchored {
            self.removed(&mut audit, &StreamId::named(stream), &anchored).await?;
        }
        self.verify_beside(&mut audit, counter).await?;
        Ok(audit.report)
    }

    /// What was written beside the streams, and what was sent to the ERP.
    async fn verify_beside(&self, audit: &mut Audit, counter: Option<Record>) -> Result<(), Failure> {
        let mut sound = std::mem::take(&mut audit.sound);
        // These speak of records from the first day on, also before they begin.
        for stream in ["batches", "runs"].map(StreamId::named) {
            if !sound.contains(&stream) && !audit.held.trail.unsound.contains(stream.as_str()) {
                sound.push(stream);
            }
        }
        for stream in &sound {
            let findings = self.verify_told(&mut audit.held, stream).await?;
            audit.found(findings);
            if let Some(reference) = stream.as_str().strip_prefix("journal/") {
                let finding = self.verify_in_ledger(&audit.held.trail, reference).await?;
                audit.found(finding);
            }
        }
        let findings = self.verify_unfounded(&mut audit.held).await?;
        audit.found(findings);
        let finding = self.verify_invoice_counter(&audit.held, counter).await?;
        audit.found(finding);
        if audit.report.findings.is_empty() {
            let untold = audit.held.untold();
            audit.found(untold);
        }
        Ok(())
    }

    async fn verify_stream(&self, audit: &mut Audit, mut record: Record, anchored: &[Anchored]) -> Result<(), Failure> {
        let stream = StreamId::named(record.key.sort.clone());
        audit.report.streams += 1;
        let mut checked = Checked::default();
        for _ in 0..TRIES {
            let head: Option<Head> = serde_json::from_slice(&record.body).ok();
            let records = self.records(&keys::stream(&self.id, &stream), "").await?;
            let stored = Stored { stream: &stream, head: head.as_ref(), records: &records, anchored };
            checked = chain::check(&stored, &mut audit.tries);
            if checked.findings.is_empty() {
                break;
            }
            match self.ports.store.get(&record.key).await? {
                Some(now) if now != record => record = now,
                _ => break,
            }
        }
        if record.key != keys::head(&self.id, &stream) {
            checked.findings.push(Finding::HeadUnreadable { stream: stream.clone() });
        }
        audit.report.events += checked.events;
        if checked.findings.is_empty() {
            audit.sound.push(stream.clone());
        } else {
            audit.held.trail.unsound.insert(stream.as_str().to_owned());
        }
        audit.found(checked.findings);
        for (version, event) in &checked.genuine {
            let by = NamedBy { stream: &stream, version: *version, through: None };
            for document in documents_in(event) {
                self.verify_named(audit, document, by).await?;
            }
        }
        Ok(())
    }

    /// A document that an event names, and those that it names itself where it is a plan.
    async fn verify_named(&self, audit: &mut Audit, document: Digest, by: NamedBy<'_>) -> Result<(), Failure> {
        if !audit.followed.insert(document) {
            return Ok(());
        }
        let Some(bytes) = self.verify_document(audit, document, by).await? else { return Ok(()) };
        if !bytes.starts_with(b"{") {
            return Ok(());
        }
        let named = serde_json::from_slice(&bytes).map(|plan| documents_in(&plan)).unwrap_or_default();
        drop(bytes);
        for inner in named.into_iter().filter(|inner| *inner != document) {
            if !audit.looked_at.contains(&inner) {
                self.verify_document(audit, inner, NamedBy { through: Some(document), ..by }).await?;
            }
        }
        Ok(())
    }

    /// The bytes of a document that is there and unchanged.
    async fn verify_document(&self, audit: &mut Audit, document: Digest, by: NamedBy<'_>) -> Result<Option<Vec<u8>>, Failure> {
        let is_new = audit.looked_at.insert(document);
        audit.report.documents += u64::from(is_new);
        let (stream, version, through) = (by.stream.clone(), by.version, by.through);
        let finding = match self.ports.documents.get(document).await? {
            Some(bytes) if Digest::of(&bytes) == document => return Ok(Some(bytes)),
            Some(_) => Finding::DocumentChanged { document, stream, version, through },
            None => Finding::DocumentGone { document, stream, version, through },
        };
        audit.found(is_new.then_some(finding));
        Ok(None)
    }

    async fn removed(&self, audit: &mut Audit, stream: &StreamId, anchored: &[Anchored]) -> Result<(), Failure> {
        let Some(newest) = anchored.iter().max_by_key(|anchored| anchored.anchor) else { return Ok(()) };
        audit.held.trail.unsound.insert(stream.as_str().to_owned());
        let left = self.records(&keys::stream(&self.id, stream), "").await?.len() as u64;
        let finding = Finding::StreamRemoved { stream: stream.clone(), version: newest.version, left, anchor: newest.anchor };
        audit.found([finding]);
        Ok(())
    }

    /// Follows the anchors back from the newest, and collects what those of them that hold state of each stream.
    async fn verify_anchors(&self, audit: &mut Audit) -> Result<AnchoredStreams, Failure> {
        let (noted, last) = self.newest_anchor(audit).await?;
        let mut anchored = AnchoredStreams::new();
        let mut expected: Option<Digest> = None;
        // The last anchor that is missing, while those before it are missing too.
        let mut gap: Option<u64> = None;
        for number in (1..=last).rev() {
            if let Some(noted) = noted.as_ref().filter(|noted| noted.number == number) {
                let is_contradicted = expected.is_some_and(|expected| expected != noted.digest);
                audit.found(is_contradicted.then_some(Finding::AnchorChanged { number: number + 1 }));
                expected = Some(noted.digest);
            }
            let Some(bytes) = self.ports.anchors.get(self.id.as_str(), number).await? else {
                gap = gap.or(Some(number));
                expected = None;
                continue;
            };
            audit.found(gap.take().map(|last| Finding::AnchorMissing { first: number + 1, last }));
            audit.report.anchors += 1;
            expected = match self.genuine_anchor(number, &bytes, expected) {
                Ok(anchor) => {
                    let facts = anchor.facts(Digest::of(&bytes));
                    audit.report.head.get_or_insert(facts);
                    collect(&mut anchored, &anchor);
                    Some(anchor.previous)
                }
                Err(finding) => {
                    audit.found([finding]);
                    None
                }
            };
        }
        audit.found(gap.map(|last| Finding::AnchorMissing { first: 1, last }));
        anchored.values_mut().for_each(|of_stream| of_stream.sort_by_key(|anchored| (anchored.version, anchored.anchor)));
        Ok(anchored)
    }

    /// What the store notes of the newest anchor, where it can be right, and the number to follow the anchors back from.
    async fn newest_anchor(&self, audit: &mut Audit) -> Result<(Option<Newest>, u64), Failure> {
        let (mut noted, mut record) = self.newest_noted().await?;
        let mut last = 0;
        for _ in 0..TRIES {
            last = self.ports.anchors.last(self.id.as_str()).await?.unwrap_or(0);
            let before = record;
            (noted, record) = self.newest_noted().await?;
            if record == before {
                break;
            }
        }
        // Whoever makes an anchor notes the one before it first, so the note is at most one behind.
        let is_possible = match &noted {
            Some(noted) => noted.number > 0 && last.saturating_sub(noted.number) <= 1 && !self.is_of_another_number(noted, last).await?,
            None => record.is_none() && last <= 1,
        };
        if !is_possible {
            audit.found([Finding::AnchorNote { last }]);
            return Ok((None, last.min(MOST_ANCHORS)));
        }
        let top = noted.as_ref().map_or(last, |noted| noted.number.max(last));
        if top > last {
            audit.found([Finding::AnchorMissing { first: last + 1, last: top }]);
        }
        Ok((noted, last.min(MOST_ANCHORS)))
    }

    /// Whether a note has another number than the last anchor, and its hash: then its number was changed.
    async fn is_of_another_number(&self, noted: &Newest, last: u64) -> Result<bool, Failure> {
        if noted.number == last {
            return Ok(false);
        }
        let bytes = self.ports.anchors.get(self.id.as_str(), last).await?;
        Ok(bytes.is_some_and(|bytes| Digest::of(&bytes) == noted.digest))
    }

    /// The anchor of a number, where it is the one that was made.
    fn genuine_anchor(&self, number: u64, bytes: &[u8], expected: Option<Digest>) -> Result<Anchor, Finding> {
        let changed = Finding::AnchorChanged { number };
        let anchor: Anchor = serde_json::from_slice(bytes).map_err(|_| changed.clone())?;
        if anchor.tenant != self.id.as_str() {
            return Err(Finding::AnchorOfAnother { number, tenant: anchor.tenant });
        }
        let is_expected = expected.is_none_or(|expected| expected == Digest::of(bytes));
        let is_in_place = anchor.number == number && anchor.format == FORMAT && (number > 1 || anchor.previous == no_hash());
        if is_expected && is_in_place { Ok(anchor) } else { Err(changed) }
    }
}

/// Adds what an anchor states; it is older than those that were added before it.
fn collect(anchored: &mut AnchoredStreams, anchor: &Anchor) {
    for (stream, version, hash) in &anchor.heads {
        let of_stream = anchored.entry(stream.as_str().to_owned()).or_default();
        // Most streams stay as they are from anchor to anchor: the newest of equal ones is enough.
        if of_stream.last().is_none_or(|newer| newer.version != *version || newer.hash != *hash) {
            of_stream.push(Anchored { version: *version, hash: *hash, anchor: anchor.number });
        }
    }
}

/// The documents that a value names.
fn documents_in(value: &Value) -> Vec<Digest> {
    let mut found = Vec::new();
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items.iter().rev()),
            Value::Object(fields) => {
                let named = fields.iter().filter(|(key, _)| DOCUMENT_KEYS.contains(&key.as_str()));
                found.extend(named.filter_map(|(_, value)| value.as_str()?.parse::<Digest>().ok()));
                open.extend(fields.values().rev());
            }
            _ => {}
        }
    }
    found
}
