//! Deliveries: one complete refresh of one source for one billing period. A delivery replaces what was before.
//!
//! What lands goes three steps, each of which may be done twice, by two at once, or be taken up by somebody else:
//!
//! | step | reads | writes |
//! |---|---|---|
//! | [`Tenant::register`] | a manifest, and which versions of its files are current | the announcement; a message for each file |
//! | [`Tenant::parse`] | one pinned file | its parts as documents, then its marker |
//! | [`Tenant::complete_delivery`] | the markers | once all are there: the parts merged, the delivery ([`Tenant::deliver`]) |
//!
//! Files that no manifest names are a delivery of all that have landed for their source: `lone`.

mod announced;
mod arriving;
mod awaited;
mod complete;
mod lone;
mod parse;
mod register;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use dayone_domain::charge::Dimension;
use dayone_domain::cube::{BillKey, Cube};
use dayone_domain::people::Role;
use dayone_domain::review::{By, Recorded};
use dayone_domain::source::Source;
use dayone_domain::tie_out::ControlTotals;
use dayone_domain::{BillingPeriod, Currency};
use dayone_ports::{Digest, Key, Record};
use serde::{Deserialize, Serialize};

use crate::change::Request;
use crate::configuration::Settings;
use crate::failure::Failure;
use crate::keys;
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;

pub use arriving::{
    AnnouncedFile, Announcement, Arriving, BillingFiles, Completed, FileRefusal, FileState, LandedKind, ManifestSays, NamedFile,
    ParsedFile, Part, ReadAs, ReadFile, Registered, Unread, Work,
};
pub use awaited::{Awaited, AwaitedFile, Trouble};

/// One file of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DeliveredFile {
    /// Its name, below the source's prefix.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// How many bytes.
    pub bytes: u64,
}

/// What arrived, read.
#[derive(Clone, Debug)]
pub struct NewDelivery {
    /// The source.
    pub source: String,
    /// The billing period; every charge of the cube is of it.
    pub period: BillingPeriod,
    /// When its files were made: the newest counts.
    pub modified: DateTime<Utc>,
    /// The files.
    pub files: Vec<DeliveredFile>,
    /// The charges.
    pub cube: Cube,
    /// The same, summed apart.
    pub control: ControlTotals,
}

/// A delivery as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Of the hashes of its files: the same bytes under other names are the same delivery.
    pub id: Digest,
    /// When its files were made.
    pub modified: DateTime<Utc>,
    /// The files: a list of [`DeliveredFile`].
    pub files: Digest,
    /// The charges: a [`Cube`], packed.
    pub cube: Digest,
    /// The same, summed apart: [`ControlTotals`], packed.
    pub control: Digest,
    /// How many charges.
    pub charges: u64,
    /// The currencies that they are in.
    pub currencies: Vec<Currency>,
    /// The tag keys that the cube tells charges apart by.
    pub tag_keys: Vec<String>,
    /// Whether every charge of some cost has an invoice id of the provider.
    pub is_invoiced: bool,
    /// What it was made of; `None` where its files came together without more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_of: Option<MadeOf>,
}

/// What a delivery was made of: which is newer where two were made at the same time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "made_of", rename_all = "snake_case")]
pub enum MadeOf {
    /// What had landed without a manifest.
    LoneFiles {
        /// How often that had changed by then.
        revision: u64,
    },
    /// What a manifest of another billing period names beside its own charges: it never replaces what a manifest of this
    /// one names.
    OtherManifest {
        /// The manifest's key.
        key: String,
        /// Its version.
        version: String,
    },
    /// What a manifest names.
    Manifest {
        /// Its key.
        key: String,
        /// Its version.
        version: String,
    },
}

/// What happens to a source in a billing period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "a source's period has few events, nearly all of them deliveries")]
pub enum SourceEvent {
    /// A delivery is complete.
    Delivered {
        /// It.
        delivery: Delivery,
    },
    /// No other delivery is expected: a controller says so, or the policy.
    Closed,
}

/// A source in a billing period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceView {
    /// The source.
    pub source: String,
    /// The billing period.
    pub period: BillingPeriod,
    /// The delivery that counts.
    pub newest: Delivery,
    /// When it became known.
    pub known_at: DateTime<Utc>,
    /// How many there were.
    pub deliveries: u32,
    /// Who closed it, and when.
    pub closed: Option<(By, DateTime<Utc>)>,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delivered {
    /// It counts now.
    Newest,
    /// It is kept, and a newer one counts.
    Older,
    /// It was known.
    Known,
}

impl SourceView {
    /// The events of a source's period; `None` before the first delivery.
    pub fn of(source: &str, period: BillingPeriod, events: &[Recorded<SourceEvent>]) -> Option<SourceView> {
        let mut view: Option<SourceView> = None;
        for recorded in events {
            match (&recorded.event, &mut view) {
                // The files that count, made anew as they were: nothing has changed, and they are younger than before.
                (SourceEvent::Delivered { delivery }, Some(view)) if is_same(delivery, &view.newest) => {
                    if replaces(delivery, &view.newest) {
                        view.newest = delivery.clone();
                    }
                }
                (SourceEvent::Delivered { delivery }, Some(view)) => {
                    view.deliveries += 1;
                    if replaces(delivery, &view.newest) {
                        view.newest = delivery.clone();
                        view.known_at = recorded.at;
                    }
                }
                (SourceEvent::Delivered { delivery }, None) => {
                    view = Some(SourceView {
                        source: source.to_owned(),
                        period,
                        newest: delivery.clone(),
                        known_at: recorded.at,
                        deliveries: 1,
                        closed: None,
                    });
                }
                (SourceEvent::Closed, Some(view)) => view.closed = Some((recorded.by.clone(), recorded.at)),
                (SourceEvent::Closed, None) => {}
            }
        }
        view
    }
}

/// What a delivery of these files is told by.
fn files_id(files: impl Iterator<Item = Digest>) -> Digest {
    // Not a set: a file that is there twice holds its charges twice.
    let mut hashes: Vec<String> = files.map(|sha256| format!("{sha256}\n")).collect();
    hashes.sort();
    Digest::of(hashes.concat().as_bytes())
}

/// Whether it is the same bytes, read for the same tags to the same charges: a newer reader may have read others.
fn is_same(new: &Delivery, old: &Delivery) -> bool {
    (new.id, &new.tag_keys, new.cube, new.control) == (old.id, &old.tag_keys, old.cube, old.control)
}

/// Newest is the time of modification, then what it was made of, then the identifier; the same files read with other
/// tags count as read last.
fn replaces(new: &Delivery, old: &Delivery) -> bool {
    let is_stray = |delivery: &Delivery| matches!(delivery.made_of, Some(MadeOf::OtherManifest { .. }));
    match (is_stray(new), is_stray(old)) {
        (true, false) => false,
        (false, true) => true,
        _ => (new.modified, &new.made_of, new.id) >= (old.modified, &old.made_of, old.id),
    }
}

impl Tenant {
    /// Takes a complete delivery. What it may hold is what its source is configured for.
    pub async fn deliver(&self, by: &By, settings: &Settings, new: NewDelivery) -> Result<Delivered, Failure> {
        self.deliver_made_of(by, settings, new, None, None).await
    }

    /// The same, of what it was made of; only while a record is as it was read, where one is named.
    pub(crate) async fn deliver_made_of(
        &self,
        by: &By,
        settings: &Settings,
        new: NewDelivery,
        made_of: Option<MadeOf>,
        unchanged: Option<(Key, Option<Record>)>,
    ) -> Result<Delivered, Failure> {
        check_deliverable(settings, &new)?;
        let delivery = Delivery { made_of, ..self.keep(&new).await? };
        let stream: Stream<SourceEvent> = self.stream(StreamId::source(&new.source, new.period)).await?;
        let is_known = stream.events.iter().any(|recorded| {
            // The same files made anew are news: they replace what came in between.
            matches!(&recorded.event, SourceEvent::Delivered { delivery: known }
                if is_same(&delivery, known) && known.modified >= delivery.modified)
        });
        if is_known {
            return Ok(Delivered::Known);
        }
        let mut changes = self.changes();
        let mut recorded = changes.recorded(by.clone(), SourceEvent::Delivered { delivery: delivery.clone() });
        recorded.input = Some(delivery.id.to_string());
        let counted = SourceView::of(&new.source, new.period, &stream.events).is_some_and(|view| is_same(&delivery, &view.newest));
        let mut events = stream.events.clone();
        events.push(recorded.clone());
        changes.append(&stream, &[recorded]);
        let view = self.write_source_view(&mut changes, &new.source, new.period, &events).await?;
        if let Some((key, record)) = unchanged {
            changes.unchanged(key, record.as_ref());
        }
        changes.commit().await?;
        if counted {
            return Ok(Delivered::Known);
        }
        Ok(if view.newest.id == delivery.id { Delivered::Newest } else { Delivered::Older })
    }

    /// A controller says that a source's period is complete: with all its sources, a bill becomes final.
    pub async fn close_source(&self, request: &Request, source: &str, period: BillingPeriod) -> Result<SourceView, Failure> {
        if !request.actor.has(Role::Controller) {
            return Err(Failure::forbidden("this takes the role controller"));
        }
        if let Some(once) = &request.once
            && self.was_done(&request.actor.person.mail, once).await?
        {
            // Closed by it, or before it: a closed period stays closed.
            return self.close(None, request.actor.by(), source, period).await;
        }
        let settings = self.settings().await?;
        known_source(&settings, source)?;
        let today = settings.policy.local_date(self.ports.clock.now());
        if today <= period.last_day() {
            let message = format!("{period} has not ended; a source is closed after the period's last day");
            return Err(Failure::refused("period-running", message));
        }
        self.close(Some(request), request.actor.by(), source, period).await
    }

    /// Closes a source's period, once.
    pub(crate) async fn close(
        &self,
        request: Option<&Request>,
        by: By,
        source: &str,
        period: BillingPeriod,
    ) -> Result<SourceView, Failure> {
        let stream: Stream<SourceEvent> = self.stream(StreamId::source(source, period)).await?;
        let Some(view) = SourceView::of(source, period, &stream.events) else {
            let message = format!("source `{source}` has no delivery of {period} yet; a period that misses one cannot close");
            return Err(Failure::refused("no-delivery", message));
        };
        let mut changes = self.changes();
        if let Some(request) = request {
            changes.once(request)?;
        }
        if view.closed.is_some() {
            changes.commit().await?;
            return Ok(view);
        }
        let recorded = changes.recorded(by, SourceEvent::Closed);
        let mut events = stream.events.clone();
        events.push(recorded.clone());
        changes.append(&stream, &[recorded]);
        let view = self.write_source_view(&mut changes, source, period, &events).await?;
        changes.commit().await?;
        Ok(view)
    }

    /// Every source's periods that have a delivery.
    pub async fn source_periods(&self) -> Result<Vec<SourceView>, Failure> {
        self.views(&keys::deliveries(&self.id), "").await
    }

    /// The cube of a delivery, told apart by these tag keys.
    pub(crate) async fn cube(&self, digest: Digest, tag_keys: &[String]) -> Result<Cube, Failure> {
        let bytes = self.packed_document(digest).await?;
        let cube = Cube::from_bytes(&bytes).map_err(|error| Failure::broken(format!("the cube {digest}: {error}")))?;
        cube.with_tag_keys(tag_keys).map_err(|missing| {
            let message = format!("a delivery was read before the tree named the tag `{missing}`; ingest its files again");
            Failure::refused("tag-not-read", message)
        })
    }

    /// The files of a delivery.
    pub async fn delivered_files(&self, delivery: &Delivery) -> Result<Vec<DeliveredFile>, Failure> {
        self.json_document(delivery.files).await
    }

    async fn keep(&self, new: &NewDelivery) -> Result<Delivery, Failure> {
        let mut files = new.files.clone();
        files.sort();
        let currencies: BTreeSet<Currency> = new.cube.bills().map(|bill| bill.currency).collect();
        let control = serde_json::to_vec(&new.control).map_err(Failure::broken)?;
        Ok(Delivery {
            id: files_id(files.iter().map(|file| file.sha256)),
            modified: new.modified,
            files: self.put_json(&files).await?,
            cube: self.put_packed(&new.cube.to_bytes()).await?,
            control: self.put_packed(&control).await?,
            charges: new.cube.bills().map(|bill| new.cube.master_bill(bill).0).sum(),
            currencies: currencies.into_iter().collect(),
            tag_keys: new.cube.tag_keys().to_vec(),
            is_invoiced: is_invoiced(&new.cube),
            made_of: None,
        })
    }

    async fn write_source_view(
        &self,
        changes: &mut crate::change::Changes<'_>,
        source: &str,
        period: BillingPeriod,
        events: &[Recorded<SourceEvent>],
    ) -> Result<SourceView, Failure> {
        let key = keys::delivery(&self.id, source, period);
        let before = self.ports.store.get(&key).await?;
        let view = SourceView::of(source, period, events).expect("INVARIANT: the events begin with a delivery");
        changes.put(key, before.as_ref(), &view);
        Ok(view)
    }
}

fn known_source<'a>(settings: &'a Settings, id: &str) -> Result<&'a Source, Failure> {
    settings.sources.get(id).ok_or_else(|| {
        let message = format!("there is no source `{id}`; put it into the sources with `dayone config put sources FILE`");
        Failure::refused("unknown-source", message)
    })
}

/// Whether a delivery's source may hold what it holds.
fn check_deliverable(settings: &Settings, new: &NewDelivery) -> Result<(), Failure> {
    check(known_source(settings, &new.source)?, new)
}

/// What a delivery may hold.
fn check(source: &Source, new: &NewDelivery) -> Result<(), Failure> {
    let id = &source.id;
    let refused = |message: String| Err(Failure::refused("not-of-this-source", message));
    for bill in new.cube.bills() {
        if bill.period != new.period {
            return refused(format!("the delivery of {} for `{id}` holds charges of {}", new.period, bill.period));
        }
        if !source.currencies.contains(&bill.currency) {
            return refused(format!(
                "the delivery holds charges in {}, and source `{id}` bills in others; add it to its `currencies`",
                bill.currency
            ));
        }
        for row in new.cube.rows(bill) {
            let account = row.value(Dimension::BillingAccount);
            if !account.is_empty() && !source.billing_accounts.iter().any(|known| known == account) {
                return refused(format!(
                    "the delivery holds charges of billing account `{account}`, which source `{id}` does not cover; add it to its `billing_accounts`"
                ));
            }
        }
    }
    if source.from > new.period || source.until.is_some_and(|until| until < new.period) {
        return refused(format!("source `{id}` is not expected for {}; see its `from` and `until`", new.period));
    }
    Ok(())
}

/// Whether every charge of some cost carries the provider's invoice id.
fn is_invoiced(cube: &Cube) -> bool {
    let bills: Vec<BillKey> = cube.bills().collect();
    bills.into_iter().flat_map(|bill| cube.rows(bill)).all(|row| {
        let cost = row.cost();
        !row.value(Dimension::InvoiceId).is_empty() || (cost.billed.is_zero() && cost.effective.is_zero())
    })
}
