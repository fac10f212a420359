//! One stream against its own hashes, its head and the anchors.

use dayone_domain::review::Recorded;
use dayone_ports::{Digest, Record};
use serde_json::Value;

use super::finding::Finding;
use crate::keys;
use crate::stream::{Head, StreamId, chained, no_hash, split_body};

/// Hashes that one audit tries to tell where events that are out of order were recorded. What is not told is found
/// all the same, as changed.
pub(super) const MOST_TRIES: u32 = 100_000;
/// Most hashes that an event may follow after several changed ones.
const MOST_BEFORE: usize = 8;

/// What an anchor states of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Anchored {
    pub version: u64,
    pub hash: Digest,
    pub anchor: u64,
}

/// What is stored of a stream.
pub(super) struct Stored<'a> {
    pub stream: &'a StreamId,
    /// `None` where it cannot be read.
    pub head: Option<&'a Head>,
    pub records: &'a [Record],
    /// Ascending.
    pub anchored: &'a [Anchored],
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Checked {
    pub findings: Vec<Finding>,
    /// Records of events.
    pub events: u64,
    /// The events that are as they were recorded: version and content.
    pub genuine: Vec<(u64, Value)>,
}

/// One event's record.
struct Event<'a> {
    version: u64,
    /// `None` where the record has none.
    hash: Option<Digest>,
    bytes: &'a [u8],
    /// The hashes that it would have after the event before it.
    computed: Vec<Digest>,
    is_sound: bool,
}

/// Checks a stream. `tries` is what is left of [`MOST_TRIES`].
pub(super) fn check(stored: &Stored<'_>, tries: &mut u32) -> Checked {
    let mut checked = Checked::default();
    let mut events = events(stored, &mut checked);
    checked.events = events.len() as u64;
    check_chain(stored, &mut events, &mut checked, tries);
    check_head(stored, &events, &mut checked);
    check_anchored(stored, &events, &mut checked);
    checked
}

fn events<'a>(stored: &Stored<'a>, checked: &mut Checked) -> Vec<Event<'a>> {
    let mut events = Vec::with_capacity(stored.records.len());
    for record in stored.records {
        let sort = &record.key.sort;
        let version = sort.parse::<u64>().ok().filter(|version| *version > 0 && keys::event_sort(*version) == *sort);
        let Some(version) = version else {
            checked.findings.push(Finding::NotAnEvent { stream: stored.stream.clone(), sort: sort.clone() });
            continue;
        };
        let hash = split_body(&record.body).map(|(hash, _)| hash);
        // Where the hash was damaged, what follows it may still be the event.
        let bytes = record.body.get(65..).unwrap_or_default();
        events.push(Event { version, hash, bytes, computed: Vec::new(), is_sound: false });
    }
    events
}

fn check_chain(stored: &Stored<'_>, events: &mut [Event<'_>], checked: &mut Checked, tries: &mut u32) {
    let known: Vec<Digest> = std::iter::once(no_hash()).chain(events.iter().filter_map(|event| event.hash)).collect();
    let end = counted(stored, events);
    let stream = stored.stream;
    // What the next event follows; nothing where that is not known.
    let mut before = vec![no_hash()];
    let mut is_before_sound = true;
    let mut is_before_lost = false;
    let mut next = 1;
    for event in events.iter_mut() {
        let version = event.version;
        if version > end {
            checked.findings.push(Finding::EventBeyondHead { stream: stream.clone(), version });
            continue;
        }
        if version > next {
            checked.findings.push(Finding::EventMissing { stream: stream.clone(), first: next, last: version - 1 });
            (before, is_before_sound, is_before_lost) = (Vec::new(), false, false);
        }
        next = version + 1;
        event.computed = before.iter().map(|hash| chained(*hash, stream, version, event.bytes)).take(MOST_BEFORE).collect();
        let finding = match event.hash {
            None => Some(Finding::NotAnEvent { stream: stream.clone(), sort: keys::event_sort(version) }),
            Some(hash) if before.is_empty() || event.computed.contains(&hash) => read(stream, event, checked),
            Some(hash) => match recorded_as(stream, event, hash, &known, tries) {
                // It follows what was in the place of the event before it, and that is told already.
                Some(recorded) if recorded == version && !is_before_sound => read(stream, event, checked),
                Some(recorded) => Some(Finding::EventOutOfOrder { stream: stream.clone(), version, recorded }),
                // The event that it followed, or its hash, is not there any more: nothing tells.
                None if is_before_lost => read(stream, event, checked),
                None => Some(Finding::EventChanged { stream: stream.clone(), version }),
            },
        };
        is_before_lost = event.hash.is_none() || matches!(finding, Some(Finding::EventOutOfOrder { .. }));
        event.is_sound = finding.is_none();
        is_before_sound = event.is_sound;
        before = event.hash.into_iter().collect();
        if !event.is_sound {
            before.extend(&event.computed);
        }
        checked.findings.extend(finding);
    }
}

/// The version up to which the head counts. A head that states the newest event's hash under another version counts
/// all of them: then it is the version that is wrong.
fn counted(stored: &Stored<'_>, events: &[Event<'_>]) -> u64 {
    let newest = events.last().and_then(|event| event.hash);
    match stored.head {
        Some(head) if Some(head.hash) != newest => head.version,
        _ => u64::MAX,
    }
}

/// Takes what a sound event says; a finding where it does not say who, when and what.
fn read(stream: &StreamId, event: &Event<'_>, checked: &mut Checked) -> Option<Finding> {
    match serde_json::from_slice::<Recorded<Value>>(event.bytes) {
        Ok(recorded) => {
            checked.genuine.push((event.version, recorded.event));
            None
        }
        Err(_) => Some(Finding::NotAnEvent { stream: stream.clone(), sort: keys::event_sort(event.version) }),
    }
}

/// The version under which an event has its hash, after any of the known hashes; the nearest first.
fn recorded_as(stream: &StreamId, event: &Event<'_>, hash: Digest, known: &[Digest], tries: &mut u32) -> Option<u64> {
    let many = known.len() as u64;
    for distance in 0..=many {
        let below = event.version.checked_sub(distance);
        let above = (distance > 0).then(|| event.version.saturating_add(distance));
        for version in below.into_iter().chain(above).filter(|version| (1..=many).contains(version)) {
            for before in known {
                *tries = tries.checked_sub(1)?;
                if chained(*before, stream, version, event.bytes) == hash {
                    return Some(version);
                }
            }
        }
    }
    None
}

fn check_head(stored: &Stored<'_>, events: &[Event<'_>], checked: &mut Checked) {
    let stream = stored.stream;
    let Some(head) = stored.head else {
        checked.findings.push(Finding::HeadUnreadable { stream: stream.clone() });
        return;
    };
    let newest = events.iter().rev().find(|event| event.version <= counted(stored, events));
    let version = newest.map_or(0, |event| event.version);
    let is_of_newest = newest.is_some_and(|event| event.hash == Some(head.hash));
    if head.version > version && !is_of_newest {
        checked.findings.push(Finding::EventMissing { stream: stream.clone(), first: version + 1, last: head.version });
        return;
    }
    // Where the newest event is not the one that was recorded, the head may still be right.
    let is_known = |event: &Event<'_>| event.computed.contains(&head.hash) || events.iter().any(|other| other.hash == Some(head.hash));
    let is_excused = newest.is_some_and(|event| event.hash.is_none() || (!event.is_sound && is_known(event)));
    if head.version != version || !(is_of_newest || is_excused) {
        checked.findings.push(Finding::HeadMismatch { stream: stream.clone(), version: head.version, newest: version });
    }
}

fn check_anchored(stored: &Stored<'_>, events: &[Event<'_>], checked: &mut Checked) {
    let stream = stored.stream;
    let end = events.last().map_or(0, |event| event.version);
    let longest = end.max(stored.head.map_or(0, |head| head.version));
    let rewritten = stored.anchored.iter().find(|anchored| {
        let event = events.binary_search_by_key(&anchored.version, |event| event.version).ok().map(|place| &events[place]);
        event.is_some_and(|event| event.is_sound && event.hash != Some(anchored.hash))
    });
    if let Some(Anchored { version, anchor, .. }) = rewritten {
        checked.findings.push(Finding::StreamRewritten { stream: stream.clone(), version: *version, anchor: *anchor });
    }
    if let Some(Anchored { version, anchor, .. }) = stored.anchored.last().filter(|anchored| anchored.version > longest) {
        checked.findings.push(Finding::StreamCut { stream: stream.clone(), version: end, anchored: *version, anchor: *anchor });
    }
}
