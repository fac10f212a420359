//! Views against the trail: pages, lists and the gate to the ledger read them, and they have no hashes of their own.

use std::collections::BTreeSet;

use dayone_domain::plain_text::harmless;
use dayone_ports::store::MOST_SORT_BYTES;
use dayone_ports::{Key, Record};
use serde_json::Value;

use super::finding::Finding;
use super::told::{Told, Trail, owner};
use crate::failure::Failure;
use crate::keys;
use crate::stream::StreamId;
use crate::tenant::Tenant;

/// Readings of what somebody writes at the same time.
const TRIES: usize = 8;
/// Most characters of a value that a finding repeats.
const MOST_SHOWN: usize = 80;

/// What is carried from stream to stream.
#[derive(Default)]
pub(super) struct Held {
    pub trail: Trail,
    /// Streams that say nothing that can be read, though their chains hold.
    untold: BTreeSet<StreamId>,
    /// Records that a stream spoke of.
    told: BTreeSet<Key>,
    /// Bills that anything was recorded of, as in `2026-10/USD`.
    bills: BTreeSet<String>,
}

impl Held {
    /// Streams that should say something and do not. Where something else was found, that may be why.
    pub fn untold(&self) -> Vec<Finding> {
        self.untold.iter().map(|stream| Finding::NothingTold { stream: stream.clone() }).collect()
    }

    fn note(&mut self, stream: &StreamId) {
        let mut parts = stream.as_str().split('/');
        if let (Some("bill" | "invoice"), Some(period), Some(currency)) = (parts.next(), parts.next(), parts.next()) {
            self.bills.insert(format!("{period}/{currency}"));
        }
    }
}

impl Tenant {
    /// Holds the records beside a stream against its events.
    ///
    /// Whatever is written meanwhile is read again: a finding is what stands unchanged over two readings, the trail
    /// being read after the record.
    pub(super) async fn verify_told(&self, held: &mut Held, stream: &StreamId) -> Result<Vec<Finding>, Failure> {
        held.note(stream);
        let mut before: Option<(Option<Record>, Vec<Option<Record>>)> = None;
        let mut findings = Vec::new();
        for _ in 0..TRIES {
            let head = self.ports.store.get(&keys::head(&self.id, stream)).await?;
            let Some(told) = self.told_by(stream, &mut held.trail).await? else {
                held.untold.insert(stream.clone());
                return Ok(Vec::new());
            };
            let mut records = Vec::with_capacity(told.len());
            findings.clear();
            for told in &told {
                let record = self.ports.store.get(&told.key).await?;
                findings.extend(self.against(stream, told, record.as_ref()));
                records.push(record);
            }
            held.told.extend(told.into_iter().map(|told| told.key));
            let now = Some((head, records));
            if findings.is_empty() || now == before {
                break;
            }
            before = now;
        }
        Ok(findings)
    }

    fn against(&self, stream: &StreamId, told: &Told, record: Option<&Record>) -> Option<Finding> {
        let view = words(&self.id, &told.key);
        let stream = stream.clone();
        match (record, told.is.last()) {
            (None, None) => None,
            (None, Some(_)) => Some(Finding::ViewMissing { view, stream }),
            (Some(_), None) => Some(Finding::ViewUnfounded { view }),
            (Some(record), Some(likeliest)) => {
                let Ok(found) = serde_json::from_slice::<Value>(&record.body) else {
                    return Some(Finding::ViewUnreadable { view, stream });
                };
                if told.is.contains(&found) {
                    return None;
                }
                let (field, says, recorded) = difference(&found, likeliest, String::new());
                Some(Finding::ViewChanged { view, stream, field, says, recorded })
            }
        }
    }

    /// Looks for views that no stream speaks of. What lies where no page and no use case looks is not looked for
    /// either: the store is read by partition.
    pub(super) async fn verify_unfounded(&self, held: &mut Held) -> Result<Vec<Finding>, Failure> {
        let mut findings = Vec::new();
        let tenant = &self.id;
        let bills = self.records(&keys::bills(tenant), "").await?;
        held.bills.extend(bills.into_iter().map(|record| record.key.sort).filter(|bill| bill.split('/').count() == 2));
        let of_bills = held.bills.iter().map(|bill| format!("t/{tenant}/invoices/{bill}"));
        let of_all = [keys::configuration, keys::deliveries, keys::bills, keys::groups, keys::journals, keys::outbox, keys::batches];
        let partitions: Vec<String> = of_all.iter().map(|partition| partition(tenant)).chain(of_bills).collect();
        for partition in partitions {
            for record in self.records(&partition, "").await? {
                if !held.told.contains(&record.key) && self.is_unfounded(held, &record.key).await? {
                    findings.push(Finding::ViewUnfounded { view: words(tenant, &record.key) });
                }
            }
        }
        Ok(findings)
    }

    /// The counter of invoice numbers.
    pub(super) async fn invoice_counter(&self) -> Result<Option<Record>, Failure> {
        Ok(self.ports.store.get(&keys::single(&self.id, keys::INVOICE_COUNTER)).await?)
    }

    /// Holds the counter of invoice numbers, as it was before the streams were read and as it is now, against the
    /// numbers that they took.
    pub(super) async fn verify_invoice_counter(&self, held: &Held, before: Option<Record>) -> Result<Option<Finding>, Failure> {
        let takes_numbers = |stream: &String| stream == "runs" || stream.starts_with("invoice/");
        let Some(newest) = held.trail.newest_number else { return Ok(None) };
        if held.trail.unsound.iter().any(takes_numbers) {
            return Ok(None);
        }
        let now = self.invoice_counter().await?;
        let recorded = newest.saturating_add(1);
        let is_right =
            next_number(before.as_ref()).zip(next_number(now.as_ref())).is_some_and(|(before, now)| (before..=now).contains(&recorded));
        let says = now.map_or_else(|| "nothing".to_owned(), |now| shown_text(&String::from_utf8_lossy(&now.body)));
        Ok((!is_right).then_some(Finding::InvoiceCounter { says, recorded }))
    }

    /// Whether a view has no stream that speaks of it, and is still there.
    async fn is_unfounded(&self, held: &mut Held, key: &Key) -> Result<bool, Failure> {
        let Some(stream) = owner(&self.id, key) else { return Ok(self.ports.store.get(key).await?.is_some()) };
        if held.trail.unsound.contains(stream.as_str()) {
            return Ok(false);
        }
        let is_possible = stream.as_str().len() <= MOST_SORT_BYTES;
        let has_head = is_possible && self.ports.store.get(&keys::head(&self.id, &stream)).await?.is_some();
        if has_head {
            // It may have begun after the heads were read; else what it says was held against its views already.
            let told = self.told_by(&stream, &mut held.trail).await?;
            if told.is_none_or(|told| told.iter().any(|told| told.key == *key && !told.is.is_empty())) {
                return Ok(false);
            }
        }
        Ok(self.ports.store.get(key).await?.is_some())
    }
}

/// What a counter says; `None` where it says nothing that can be read.
fn next_number(counter: Option<&Record>) -> Option<u64> {
    counter.map_or(Some(1), |record| serde_json::from_slice(&record.body).ok())
}

/// What a record is for people: `invoice 2026-10 USD checkout`.
fn words(tenant: &crate::TenantId, key: &Key) -> String {
    let place = key.partition.strip_prefix(&format!("t/{tenant}/")).unwrap_or(&key.partition);
    let sort = key.sort.replace('/', " ");
    let words = match (place, key.sort.as_str()) {
        ("configuration", _) => format!("list of what was put as {sort}"),
        ("deliveries", _) => format!("delivery {sort}"),
        ("bills", _) => format!("bill {sort}"),
        ("groups", _) => format!("mode of {sort}"),
        ("journals", _) => format!("journal {sort}"),
        ("outbox", _) => format!("outbox entry of journal {sort}"),
        ("batches", _) => format!("export batch {}", sort.trim_start_matches('0')),
        ("single", keys::OPEN_RUN) => "note of the issuing run under way".to_owned(),
        ("single", keys::OPEN_BATCH) => "note of the export under way".to_owned(),
        ("single", keys::RUN_COUNTER) => "counter of issuing runs".to_owned(),
        ("single", keys::BATCH_COUNTER) => "counter of export batches".to_owned(),
        _ => format!("{} {sort}", place.replacen("invoices", "invoice", 1).replace('/', " ")),
    };
    harmless(&words).into_owned()
}

/// Where two values first differ, and what each says there.
fn difference(found: &Value, told: &Value, path: String) -> (String, String, String) {
    let below = |field: &str| if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
    match (found, told) {
        (Value::Object(is), Value::Object(should)) => {
            let fields: BTreeSet<&String> = should.keys().chain(is.keys()).collect();
            if let Some(field) = fields.into_iter().find(|field| is.get(*field) != should.get(*field)) {
                return match (is.get(field), should.get(field)) {
                    (Some(is), Some(should)) => difference(is, should, below(field)),
                    (is, should) => (shown_text(&below(field)), shown(is), shown(should)),
                };
            }
        }
        (Value::Array(is), Value::Array(should)) if is.len() == should.len() => {
            if let Some(place) = (0..is.len()).find(|place| is[*place] != should[*place]) {
                return difference(&is[place], &should[place], below(&(place + 1).to_string()));
            }
        }
        _ => {}
    }
    (shown_text(&path), shown(Some(found)), shown(Some(told)))
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(value) => shown_text(&value.to_string()),
    }
}

fn shown_text(text: &str) -> String {
    let harmless = harmless(text);
    if harmless.chars().count() <= MOST_SHOWN {
        return harmless.into_owned();
    }
    harmless.chars().take(MOST_SHOWN - 1).chain(['…']).collect()
}
