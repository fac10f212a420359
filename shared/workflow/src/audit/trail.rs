//! The trail of something: what happened to it, in order.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use dayone_domain::cube::BillKey;
use dayone_domain::review::{Actor, By, InvoiceRef, Recorded};
use dayone_ports::Digest;
use serde::Serialize;
use serde_json::Value;

use super::words::{self, Cause};
use crate::failure::{Failure, FailureKind};
use crate::keys;
use crate::ledger::journal_key;
use crate::review::LineNames;
use crate::stream::{Head, StreamId, split_body};
use crate::tenant::Tenant;
use crate::views::JournalView;

/// What the trail is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrailOf {
    /// Everything of the tenant.
    All,
    /// An invoice and its journals.
    Invoice(InvoiceRef),
    /// A cost group: its mode, and its invoices with their journals.
    Group(String),
    /// A journal, by its reference.
    Journal(String),
    /// A bill: its sources' deliveries, its issues, and its invoices with their journals.
    Bill(BillKey),
    /// All configuration.
    Configuration,
}

/// One event, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrailEntry {
    /// The stream.
    pub stream: StreamId,
    /// Which event of it.
    pub version: u64,
    /// When.
    pub at: DateTime<Utc>,
    /// Who, and how they had signed in.
    pub by: By,
    /// Why, in the words of whoever did it.
    pub why: Option<String>,
    /// From which input.
    pub input: Option<String>,
    /// Who did what, as a sentence.
    pub what: String,
    /// The event's hash in the chain of its stream.
    pub hash: Digest,
    /// Whether another entry, of the journal that this one says was made, tells the same: lists for people leave it out.
    #[serde(skip)]
    pub is_repeated: bool,
}

/// An event as it is stored, read for the trail.
pub(crate) struct TrailEvent {
    pub entry: TrailEntry,
    event: Value,
    /// The event as it is stored: what its hash is over.
    pub stored: Vec<u8>,
}

impl Tenant {
    /// What happened to something, oldest first.
    ///
    /// # Errors
    /// All, a bill and configuration are for controllers, FinOps and auditors; an invoice, a cost group and a journal
    /// also for whoever sees the cost group. To others there is no such thing.
    pub async fn trail(&self, actor: &Actor, of: TrailOf) -> Result<Vec<TrailEntry>, Failure> {
        let mut events = match of {
            TrailOf::All => self.events_with(actor, "", |_| true).await?,
            TrailOf::Configuration => self.events_with(actor, "configuration/", |_| true).await?,
            TrailOf::Bill(bill) => self.bill_trail(actor, bill).await?,
            TrailOf::Journal(reference) => self.journal_trail(actor, &reference).await?,
            TrailOf::Invoice(of) => self.invoice_trail(actor, &of).await?,
            TrailOf::Group(group) => self.group_trail(actor, &group).await?,
        };
        if !actor.sees_all() {
            // What a run has issued is not seen before the run is complete.
            let open = self.open_run().await?;
            events.retain(|event| open.is_none() || issuing_run(&event.event) != open);
        }
        self.word(&mut events).await?;
        Ok(events.into_iter().map(|event| event.entry).collect())
    }

    /// The events of these streams, oldest first, with their words. For evidence, whose reader sees everything.
    pub(crate) async fn trail_of(&self, streams: &BTreeSet<StreamId>) -> Result<Vec<TrailEvent>, Failure> {
        let mut events = Vec::new();
        for stream in streams {
            events.extend(self.trail_events(stream).await?);
        }
        self.word(&mut events).await?;
        Ok(events)
    }

    /// Puts events into their order and says each in words.
    async fn word(&self, events: &mut [TrailEvent]) -> Result<(), Failure> {
        events.sort_by_cached_key(|event| (event.entry.stream.clone(), event.entry.version));
        let mut causes = causes_in(events);
        let told: BTreeSet<&StreamId> = events.iter().map(|event| &event.entry.stream).collect();
        let untold: Vec<StreamId> = invoices_of_journals(events).into_iter().filter(|invoice| !told.contains(invoice)).collect();
        for invoice in untold {
            causes.extend(causes_in(&self.trail_events(&invoice).await?));
        }
        let journals: BTreeSet<StreamId> = told.into_iter().filter(|stream| stream.as_str().starts_with("journal/")).cloned().collect();
        let mut lines = LineNames::default();
        for event in events.iter_mut() {
            event.entry.is_repeated = journal_made(&event.event).is_some_and(|reference| journals.contains(&StreamId::journal(&reference)));
            if let Some(reference) = journal_of(&event.entry.stream, &event.event) {
                let period = self.period_of(&reference, &event.event).await?;
                event.event["period"] = period;
            }
            if let Some(line) = disputed_line(&event.event) {
                let name = self.line_name(&mut lines, event.entry.input.as_deref(), &line).await?;
                let name = name.map_or_else(|| format!("line {line}"), |name| format!("“{name}”"));
                event.event["line"] = Value::String(name);
            }
            let cause = journal_of(&event.entry.stream, &event.event).and_then(|reference| causes.get(&reference));
            event.entry.what = words::sentence(event.entry.stream.as_str(), &event.entry.by, &event.event, cause);
        }
        events.sort_by_cached_key(|event| (event.entry.at, event.entry.stream.clone(), event.entry.version));
        Ok(())
    }

    /// The billing period of a journal's cost; that of its invoice, where there is no journal.
    async fn period_of(&self, reference: &str, event: &Value) -> Result<Value, Failure> {
        let view: Option<(JournalView, _)> = self.view(&journal_key(self, reference)).await?;
        let of_invoice = || event.pointer("/invoice/bill/period").cloned().unwrap_or_default();
        Ok(view.map_or_else(of_invoice, |(view, _)| Value::String(view.period.to_string())))
    }

    /// What a line is for, from the document that was disputed; `None` where that cannot be read.
    async fn line_name(&self, known: &mut LineNames, document: Option<&str>, line: &str) -> Result<Option<String>, Failure> {
        let Some(document) = document.and_then(|text| text.parse::<Digest>().ok()) else { return Ok(None) };
        match self.line_names(known, document).await {
            Ok(names) => Ok(names.get(line).cloned()),
            // The trail is told without it: the audit says what became of the document.
            Err(failure) if failure.kind == FailureKind::Broken => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The events of the streams whose names begin so and are wanted, for whoever sees everything.
    async fn events_with(&self, actor: &Actor, prefix: &str, is_wanted: impl Fn(&str) -> bool) -> Result<Vec<TrailEvent>, Failure> {
        if !actor.sees_all() {
            return Err(Failure::forbidden("this takes the role controller, FinOps or auditor"));
        }
        let mut events = Vec::new();
        for stream in self.streams_named(prefix).await?.into_iter().filter(|stream| is_wanted(stream.as_str())) {
            events.extend(self.trail_events(&stream).await?);
        }
        Ok(events)
    }

    async fn bill_trail(&self, actor: &Actor, bill: BillKey) -> Result<Vec<TrailEvent>, Failure> {
        let of_period = format!("/{}", bill.period);
        let mut events = self.events_with(actor, "source/", |stream| stream.ends_with(&of_period)).await?;
        events.extend(self.trail_events(&StreamId::bill(bill)).await?);
        let invoices = self.streams_named(&format!("invoice/{}/{}/", bill.period, bill.currency)).await?;
        events.extend(self.with_journals(invoices).await?);
        Ok(events)
    }

    async fn journal_trail(&self, actor: &Actor, reference: &str) -> Result<Vec<TrailEvent>, Failure> {
        let events = self.trail_events(&StreamId::journal(reference)).await?;
        let group = events.first().and_then(|first| first.event.pointer("/invoice/group")).and_then(Value::as_str);
        let is_seen = group.is_some_and(|group| actor.sees(group));
        if is_seen { Ok(events) } else { Err(Failure::not_found(format!("journal `{reference}`"))) }
    }

    async fn invoice_trail(&self, actor: &Actor, of: &InvoiceRef) -> Result<Vec<TrailEvent>, Failure> {
        let missing = || Failure::not_found(format!("invoice {of}"));
        if !actor.sees(&of.group) {
            return Err(missing());
        }
        let events = self.with_journals(vec![StreamId::invoice(of)]).await?;
        if events.is_empty() { Err(missing()) } else { Ok(events) }
    }

    async fn group_trail(&self, actor: &Actor, group: &str) -> Result<Vec<TrailEvent>, Failure> {
        if !actor.sees(group) {
            return Err(Failure::not_found(format!("cost group `{group}`")));
        }
        let mut events = self.trail_events(&StreamId::group(group)).await?;
        let mut invoices = self.streams_named("invoice/").await?;
        invoices.retain(|stream| stream.as_str().splitn(4, '/').nth(3) == Some(group));
        events.extend(self.with_journals(invoices).await?);
        Ok(events)
    }

    /// The events of invoices, and those of the journals that were made of them.
    async fn with_journals(&self, invoices: Vec<StreamId>) -> Result<Vec<TrailEvent>, Failure> {
        let mut events = Vec::new();
        for invoice in invoices {
            let of_invoice = self.trail_events(&invoice).await?;
            let journals: BTreeSet<String> = of_invoice.iter().filter_map(|event| journal_made(&event.event)).collect();
            events.extend(of_invoice);
            for reference in journals {
                events.extend(self.trail_events(&StreamId::journal(&reference)).await?);
            }
        }
        Ok(events)
    }

    async fn streams_named(&self, prefix: &str) -> Result<Vec<StreamId>, Failure> {
        let heads = self.head_records(prefix).await?;
        Ok(heads.into_iter().map(|record| StreamId::named(record.key.sort)).collect())
    }

    /// The events of a stream up to its head; none of a stream that is not there.
    async fn trail_events(&self, stream: &StreamId) -> Result<Vec<TrailEvent>, Failure> {
        let Some((head, _)) = self.view::<Head>(&keys::head(&self.id, stream)).await? else { return Ok(Vec::new()) };
        let records = self.records(&keys::stream(&self.id, stream), "").await?;
        let mut events = Vec::new();
        for record in records.iter().filter(|record| record.key.sort <= keys::event_sort(head.version)) {
            let event = trail_event(stream, &record.key.sort, &record.body).ok_or_else(|| {
                let message =
                    format!("event {} of `{stream}` cannot be read; run `dayone audit verify` to see what was changed", record.key.sort);
                Failure::broken(message)
            })?;
            events.push(event);
        }
        Ok(events)
    }
}

/// An event as it is stored; its words come when all events are known.
fn trail_event(stream: &StreamId, sort: &str, body: &[u8]) -> Option<TrailEvent> {
    let (hash, stored) = split_body(body)?;
    let version = sort.parse().ok()?;
    let Recorded { by, at, why, input, event } = serde_json::from_slice::<Recorded<Value>>(stored).ok()?;
    let entry = TrailEntry { stream: stream.clone(), version, at, by, why, input, what: String::new(), hash, is_repeated: false };
    Some(TrailEvent { entry, event, stored: stored.to_vec() })
}

fn tag_of(event: &Value) -> Option<&str> {
    event.get("event")?.as_str()
}

/// The journal that an invoice's event says was made.
fn journal_made(event: &Value) -> Option<String> {
    let is_made = tag_of(event)? == "journaled";
    is_made.then(|| event.get("journal")?.as_str().map(str::to_owned)).flatten()
}

/// The journal that an event of an invoice or of the journal itself says was made.
fn journal_of(stream: &StreamId, event: &Value) -> Option<String> {
    let built = stream.as_str().strip_prefix("journal/").filter(|_| tag_of(event) == Some("built"));
    built.map(str::to_owned).or_else(|| journal_made(event))
}

/// The streams of the invoices whose journals are told.
fn invoices_of_journals(events: &[TrailEvent]) -> BTreeSet<StreamId> {
    let built = events.iter().filter(|event| event.entry.stream.as_str().starts_with("journal/"));
    let invoices = built.filter_map(|event| serde_json::from_value::<InvoiceRef>(event.event.get("invoice")?.clone()).ok());
    invoices.map(|of| StreamId::invoice(&of)).collect()
}

/// What made each journal, by its reference: the decision on the invoice just before, of the same moment. `events` are
/// in the order of streams and versions.
fn causes_in(events: &[TrailEvent]) -> BTreeMap<String, Cause> {
    let mut causes = BTreeMap::new();
    let mut decided: Option<(&TrailEvent, Cause)> = None;
    for event in events {
        let number = |name: &str| event.event.get(name).map(Value::to_string).unwrap_or_default();
        match tag_of(&event.event) {
            Some("accepted") => decided = Some((event, Cause::Acceptance(number("revision")))),
            Some("resolved") => decided = Some((event, Cause::Dispute(number("dispute")))),
            _ => {}
        }
        let is_same =
            |of: &TrailEvent| of.entry.stream == event.entry.stream && of.entry.at == event.entry.at && of.entry.by == event.entry.by;
        if let (Some(reference), Some((of, cause))) = (journal_made(&event.event), &decided)
            && is_same(of)
            // A correction has the reason of whoever made it.
            && event.entry.why.is_none()
        {
            causes.insert(reference, cause.clone());
        }
    }
    causes
}

/// The line of a dispute.
fn disputed_line(event: &Value) -> Option<String> {
    let is_disputed = tag_of(event)? == "disputed";
    is_disputed.then(|| event.get("line")?.as_str().map(str::to_owned)).flatten()
}

/// The run that issued a revision.
fn issuing_run(event: &Value) -> Option<u64> {
    event.pointer("/revision/cause/run")?.as_u64()
}
