//! What an audit can find.

use dayone_ports::Digest;
use serde::Serialize;

use crate::stream::StreamId;

/// Most findings of one audit; what comes after them is not told.
pub const MOST_FINDINGS: usize = 1000;

/// One thing that is not as it was recorded. Displays as a sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, thiserror::Error)]
#[serde(tag = "finding", rename_all = "kebab-case")]
pub enum Finding {
    /// The bytes of an event do not give its hash.
    #[error("event {version} of `{stream}` was changed: its bytes after the event before it do not give its hash")]
    EventChanged {
        /// The stream.
        stream: StreamId,
        /// Which event.
        version: u64,
    },
    /// An event is genuine and does not follow the one before it.
    #[error("event {version} of `{stream}` does not follow the one before it: it was recorded as event {recorded}{}", other_chain(.version, .recorded))]
    EventOutOfOrder {
        /// The stream.
        stream: StreamId,
        /// Where it is.
        version: u64,
        /// Where it was recorded.
        recorded: u64,
    },
    /// Events are missing.
    #[error("{} of `{stream}` {} missing", events(.first, .last), if .first == .last { "is" } else { "are" })]
    EventMissing {
        /// The stream.
        stream: StreamId,
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// An event that its stream's head does not count.
    #[error("event {version} of `{stream}` was appended without its head: the head ends before it")]
    EventBeyondHead {
        /// The stream.
        stream: StreamId,
        /// Which event.
        version: u64,
    },
    /// A record among the events that is none.
    #[error("the record `{sort}` of `{stream}` is no event: it has no hash, or does not say who, when and what")]
    NotAnEvent {
        /// The stream.
        stream: StreamId,
        /// The sort key of the record.
        sort: String,
    },
    /// A head states another version or hash than the newest event.
    #[error("the head of `{stream}` states version {version} and does not match the newest event, {newest}")]
    HeadMismatch {
        /// The stream.
        stream: StreamId,
        /// What the head states.
        version: u64,
        /// The newest event.
        newest: u64,
    },
    /// A record among the heads that is none.
    #[error("the head of `{stream}` cannot be read as one")]
    HeadUnreadable {
        /// The stream.
        stream: StreamId,
    },
    /// A stream that an anchor states is gone.
    #[error("`{stream}` was removed: anchor {anchor} states {version} events of it, and it has no head and {left} events now")]
    StreamRemoved {
        /// The stream.
        stream: StreamId,
        /// How many events the anchor states.
        version: u64,
        /// Events that are still there.
        left: u64,
        /// The newest anchor that states it.
        anchor: u64,
    },
    /// A stream is shorter than an anchor states.
    #[error("`{stream}` was cut: anchor {anchor} states {anchored} events of it, and it has {version}")]
    StreamCut {
        /// The stream.
        stream: StreamId,
        /// How many events it has.
        version: u64,
        /// How many events the anchor states.
        anchored: u64,
        /// The anchor.
        anchor: u64,
    },
    /// A stream is another than an anchor states, although its own chain holds.
    #[error("`{stream}` was rewritten: anchor {anchor} states another hash of event {version}")]
    StreamRewritten {
        /// The stream.
        stream: StreamId,
        /// The first event whose anchored hash is another; what was changed is this one or one before it.
        version: u64,
        /// The anchor.
        anchor: u64,
    },
    /// Anchors are missing.
    #[error("{} missing", if .first == .last { format!("anchor {first} is") } else { format!("anchors {first} to {last} are") })]
    AnchorMissing {
        /// The first of them.
        first: u64,
        /// The last of them.
        last: u64,
    },
    /// An anchor is not the one that was made.
    #[error("anchor {number} was changed: it is not what the anchor after it, or the store, says it was")]
    AnchorChanged {
        /// Which.
        number: u64,
    },
    /// An anchor of another tenant.
    #[error("anchor {number} belongs to the tenant `{tenant}`")]
    AnchorOfAnother {
        /// Which.
        number: u64,
        /// The tenant that it names.
        tenant: String,
    },
    /// The store's note of the newest anchor cannot be right.
    #[error("the store's note of the newest anchor was changed or removed: the newest is anchor {last}")]
    AnchorNote {
        /// The newest anchor.
        last: u64,
    },
    /// A document is gone.
    #[error("the document {document} is gone; event {version} of `{stream}` names it{}", named_through(.through))]
    DocumentGone {
        /// Its digest.
        document: Digest,
        /// The stream.
        stream: StreamId,
        /// The first event that names it.
        version: u64,
        /// The document through which the event names it.
        through: Option<Digest>,
    },
    /// A document has other bytes.
    #[error("the document {document} was changed; event {version} of `{stream}` names it{}", named_through(.through))]
    DocumentChanged {
        /// Its digest.
        document: Digest,
        /// The stream.
        stream: StreamId,
        /// The first event that names it.
        version: u64,
        /// The document through which the event names it.
        through: Option<Digest>,
    },
    /// A view says something else than the events that it shows.
    #[error("the {view} was changed beside the trail: {} {says}, and `{stream}` says {recorded}", at_field(.field))]
    ViewChanged {
        /// The view, in words.
        view: String,
        /// The stream that it shows.
        stream: StreamId,
        /// Where the two first differ; empty where the view is one value.
        field: String,
        /// What the view says there, shortened.
        says: String,
        /// What the trail says there, shortened.
        recorded: String,
    },
    /// A view is no view.
    #[error("the {view} was changed beside the trail: it cannot be read; `{stream}` says what it was")]
    ViewUnreadable {
        /// The view, in words.
        view: String,
        /// The stream that it shows.
        stream: StreamId,
    },
    /// A view is gone.
    #[error("the {view} is missing, and `{stream}` says that there is one")]
    ViewMissing {
        /// The view, in words.
        view: String,
        /// The stream that it shows.
        stream: StreamId,
    },
    /// A view of what the trail does not know.
    #[error("there is a record of the {view}, and the trail knows of none")]
    ViewUnfounded {
        /// The view, in words.
        view: String,
    },
    /// Everything is genuine, and views cannot be made anew from it.
    #[error(
        "what `{stream}` says cannot be read by this release, and no view of it can be held against it; audit with the release that wrote it"
    )]
    NothingTold {
        /// The stream.
        stream: StreamId,
    },
    /// A number was given twice, or left out: the next number is not the one after the newest.
    #[error("the counter of invoice numbers was changed: it says {says}, and the trail says {recorded}")]
    InvoiceCounter {
        /// What the counter says; nothing where there is none.
        says: String,
        /// The number after the newest that the trail knows.
        recorded: u64,
    },
    /// A posted journal is not in the ERP.
    #[error("journal {journal} is recorded as posted, and the ERP does not have it")]
    LedgerMissing {
        /// Its reference.
        journal: String,
    },
    /// A posted journal is in the ERP with other content.
    #[error("journal {journal} was changed in the ERP: what it has is not what was sent")]
    LedgerChanged {
        /// Its reference.
        journal: String,
    },
    /// A posted journal has another number in the ERP.
    #[error("the ERP has journal {journal} under the number `{found}`, and it is recorded as posted under `{recorded}`")]
    LedgerNumber {
        /// Its reference.
        journal: String,
        /// The number that was recorded.
        recorded: String,
        /// The number in the ERP.
        found: String,
    },
    /// The ERP did not answer.
    #[error("whether the ERP still has journal {journal} as it was sent cannot be told: {reason}; run the audit again")]
    LedgerUntold {
        /// Its reference.
        journal: String,
        /// Why.
        reason: String,
    },
}

fn events(first: &u64, last: &u64) -> String {
    if first == last { format!("event {first}") } else { format!("events {first} to {last}") }
}

fn other_chain(version: &u64, recorded: &u64) -> &'static str {
    if version == recorded { ", after another" } else { "" }
}

fn named_through(document: &Option<Digest>) -> String {
    document.map(|document| format!(" through the document {document}")).unwrap_or_default()
}

fn at_field(field: &str) -> String {
    if field.is_empty() { "it says".to_owned() } else { format!("its `{field}` is") }
}
