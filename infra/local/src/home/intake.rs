//! Billing files into deliveries, whether a command names them or a request brings them.
//!
//! What a manifest names is one delivery, and its files alone count for nothing. Of files without manifest, those of one
//! source and billing period that come together are one; one of them that cannot be read right may hold charges of any
//! month, so it keeps out all deliveries of its source; those of other sources land.

mod announced;
pub mod request;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use dayone_billing_files::{ChargeRefusal, ReadOptions, Refusal, read};
use dayone_domain::charge::{Charge, Dimension};
use dayone_domain::plain_text::harmless;
use dayone_domain::review::By;
use dayone_domain::source::Sources;
use dayone_domain::{BillingPeriod, Currency};
use dayone_handlers::files::told_apart;
use dayone_handlers::intake::{NotTaken, Taken, TakenDelivery};
use dayone_ports::Digest;
use dayone_workflow::configuration::Settings;
use dayone_workflow::deliveries::{DeliveredFile, NewDelivery};
use dayone_workflow::{FailureKind, Tenant};
use indicatif::ProgressBar;

use crate::failure::Failure;
use crate::inputs::{self, Input, ManifestInput};
use crate::load::{self, Summed};

/// Files that come together.
#[derive(Clone, Debug)]
pub struct Batch<'a> {
    /// They.
    pub files: Vec<Input>,
    /// Those that name others.
    pub manifests: Vec<ManifestInput>,
    /// The source of all; otherwise each file's path tells it, or the billing account.
    pub source: Option<&'a str>,
    /// Currency of files that have no column for it.
    pub currency: Option<Currency>,
    /// The folder whose own path tells nothing of sources.
    pub root: Option<&'a Path>,
}

/// Who is told what to do.
#[derive(Clone, Copy)]
enum Told {
    /// Whoever typed a command.
    Command,
    /// Whoever sent a request.
    Request,
}

impl Told {
    fn of(batch: &Batch<'_>) -> Told {
        if batch.root.is_some() { Told::Request } else { Told::Command }
    }

    /// What to do about files whose charges name no billing account.
    fn no_account(self) -> &'static str {
        match self {
            Told::Command => "name the source with --source",
            Told::Request => "begin the filename with the prefix of its source",
        }
    }

    /// What to do about a billing account that no source covers.
    fn not_covered(self) -> &'static str {
        match self {
            Told::Command => {
                "add it to a source's `billing_accounts` and `dayone config put sources FILE`, or name the source with --source"
            }
            Told::Request => "add it to the `billing_accounts` of its source",
        }
    }

    /// What to do about a file that keeps others out.
    fn kept_out(self) -> &'static str {
        match self {
            Told::Command => "mend that file, or ingest the folders of other billing periods by themselves",
            Told::Request => "mend that file, or send those of other billing periods by themselves",
        }
    }

    /// What to do about deliveries that came together.
    fn two_deliveries(self) -> &'static str {
        match self {
            Told::Command => "ingest one folder after the other, the newest last",
            Told::Request => "send one folder after the other, the newest last",
        }
    }
}

/// Takes files into a tenant's deliveries: what manifests name, and of the others those of each source and billing
/// period as one. Notes go to `err`.
pub async fn take(tenant: &Tenant, by: &By, mut batch: Batch<'_>, progress: &ProgressBar, err: &mut dyn Write) -> Result<Taken, Failure> {
    let settings = tenant.settings().await?;
    check_source(&settings.sources, batch.source)?;
    let mut taken = announced::take(tenant, by, &settings, &mut batch, progress, err).await?;
    for note in std::mem::take(&mut taken.notes) {
        writeln!(err, "note on {note}")?;
    }
    if taken.failed.is_none() {
        take_loose(tenant, by, &settings, batch, &mut taken, progress, err).await?;
    }
    Ok(taken)
}

async fn take_loose(
    tenant: &Tenant,
    by: &By,
    settings: &Settings,
    batch: Batch<'_>,
    taken: &mut Taken,
    progress: &ProgressBar,
    err: &mut dyn Write,
) -> Result<(), Failure> {
    inputs::refuse_twins(&batch.files)?;
    let (currency, told) = (batch.currency, Told::of(&batch));
    let (by_source, refused) = assigned(&settings.sources, batch);
    taken.refused.extend(refused);
    for (id, files) in by_source {
        match read_source(&id, &files, settings.trees.tag_keys(), currency, told, progress, err) {
            Ok(deliveries) if deliveries.is_empty() => writeln!(err, "note: the files of source `{id}` hold no charges")?,
            Ok(deliveries) => deliver(tenant, by, settings, deliveries, taken).await,
            Err(Unread::Refused(refusals)) => {
                taken.refused.extend(refusals);
                taken.refused.push(kept_out(&id, told));
            }
            Err(Unread::Failed(failure)) => return Err(failure),
        }
        if taken.failed.is_some() {
            break;
        }
    }
    Ok(())
}

fn check_source(sources: &Sources, named: Option<&str>) -> Result<(), Failure> {
    match named.filter(|id| sources.get(id).is_none()) {
        None => Ok(()),
        Some(id) => {
            let known: Vec<&str> = sources.iter().map(|source| source.id.as_str()).collect();
            Err(Failure::refused(format!("there is no source `{id}`. What to do: name one of: {}.", known.join(", "))))
        }
    }
}

fn kept_out(source: &str, told: Told) -> NotTaken {
    NotTaken::told(format!(
        "source `{source}`: no delivery was taken, since a file was refused that may be a part of any. What to do: {}.",
        told.kept_out()
    ))
}

async fn deliver(tenant: &Tenant, by: &By, settings: &Settings, deliveries: Deliveries, taken: &mut Taken) {
    for delivery in deliveries {
        let new = match delivery {
            Ok(new) => new,
            Err(refusal) => {
                taken.refused.push(NotTaken::told(refusal));
                continue;
            }
        };
        let (source, period, files) = (new.source.clone(), new.period, new.files.len());
        let charges = new.cube.bills().map(|bill| new.cube.master_bill(bill).0).sum();
        match tenant.deliver(by, settings, new).await {
            Ok(outcome) => taken.deliveries.push(TakenDelivery { source, period, files, charges, outcome }),
            Err(failure) if is_of_the_outside(&failure) => {
                taken.failed = Some(failure);
                return;
            }
            Err(failure) => {
                let failure = Failure::from(failure);
                taken.refused.push(NotTaken::told(format!("source `{source}`, {period}: {failure}")));
            }
        }
    }
}

/// Whether a failure has nothing to do with the files: those after it would fail, too.
fn is_of_the_outside(failure: &dayone_workflow::Failure) -> bool {
    matches!(failure.kind, FailureKind::Busy | FailureKind::Unavailable | FailureKind::Broken)
}

/// The files of each source, whose id they bear from now on; and what is refused.
fn assigned(sources: &Sources, batch: Batch<'_>) -> (BTreeMap<String, Vec<Input>>, Vec<NotTaken>) {
    let told = Told::of(&batch);
    let Batch { files, source, currency, root, .. } = batch;
    let mut by_source: BTreeMap<String, Vec<Input>> = BTreeMap::new();
    let mut refused = Vec::new();
    // Arguments that hold a refused file of which nobody can tell the source, and sources told by account in them.
    let mut doubtful: BTreeSet<String> = BTreeSet::new();
    let mut by_account: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let named = source.or_else(|| by_path(sources, &file.path, root));
        let id = match named {
            Some(id) => id.to_owned(),
            None => match source_of(sources, &file, currency, told) {
                Ok(id) => {
                    by_account.entry(file.source.clone()).or_default().insert(id.to_owned());
                    id.to_owned()
                }
                Err(refusal) => {
                    refused.push(*refusal);
                    doubtful.insert(file.source);
                    continue;
                }
            },
        };
        by_source.entry(id.clone()).or_default().push(Input { source: id, ..file });
    }
    let kept: BTreeSet<&String> = doubtful.iter().filter_map(|argument| by_account.get(argument)).flatten().collect();
    for id in kept {
        by_source.remove(id);
        refused.push(kept_out(id, told));
    }
    (by_source, refused)
}

fn by_path<'a>(sources: &'a Sources, path: &Path, root: Option<&Path>) -> Option<&'a str> {
    let path = match root.and_then(|root| path.strip_prefix(root).ok()) {
        Some(below) => below.to_owned(),
        None => fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()),
    };
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    sources.by_path(&parts.join("/")).map(|source| source.id.as_str())
}

/// The source that covers the first billing account of a file.
fn source_of<'a>(sources: &'a Sources, file: &Input, currency: Option<Currency>, told: Told) -> Result<&'a str, Box<NotTaken>> {
    let mut account = String::new();
    let mut sink = |charge: &Charge<'_>| {
        charge.value(Dimension::BillingAccount).clone_into(&mut account);
        // The rest of the file does not matter here: a refusal ends the reading.
        if account.is_empty() { Ok(()) } else { Err(seen_enough()) }
    };
    let result = read(&file.path, &ReadOptions { source: "", currency_if_absent: currency }, &mut sink);
    let path = file.path.display().to_string();
    let path = harmless(&path);
    if account.is_empty() {
        return Err(Box::new(match result {
            Err(refusal) => not_read(&refusal),
            Ok(_) => NotTaken::told(format!(
                "{path}: no charge names a billing account, so nobody can tell whose it is. What to do: {}.",
                told.no_account()
            )),
        }));
    }
    let covering = sources.covering(&account).map(|source| source.id.as_str());
    covering.ok_or_else(|| {
        Box::new(NotTaken::told(format!(
            "{path}: no source covers the billing account `{}`. What to do: {}.",
            harmless(&account),
            told.not_covered()
        )))
    })
}

/// A file's refusal, with its parts.
fn not_read(refusal: &Refusal) -> NotTaken {
    NotTaken::from(told_apart(refusal))
}

fn seen_enough() -> ChargeRefusal {
    ChargeRefusal { dimension: None, value: None, reason: "seen enough".to_owned(), what_to_do: "read on".to_owned() }
}

/// When a file was last written, and how long it is.
type Stamp = (SystemTime, u64);

fn stamp(path: &Path) -> Result<Stamp, Failure> {
    let metadata = fs::metadata(path).map_err(Failure::reading(path))?;
    Ok((metadata.modified().map_err(Failure::reading(path))?, metadata.len()))
}

type Deliveries = Vec<Result<NewDelivery, String>>;

/// Why the files of a source are not read.
enum Unread {
    Refused(Vec<NotTaken>),
    Failed(Failure),
}

impl From<Failure> for Unread {
    fn from(failure: Failure) -> Unread {
        match failure {
            Failure::Refused(messages) => Unread::Refused(messages.into_iter().map(NotTaken::told).collect()),
            other => Unread::Failed(other),
        }
    }
}

/// The deliveries in a source's files, by billing period; or why one of the files is refused.
fn read_source(
    id: &str,
    files: &[Input],
    tag_keys: Vec<String>,
    currency: Option<Currency>,
    told: Told,
    progress: &ProgressBar,
    err: &mut dyn Write,
) -> Result<Deliveries, Unread> {
    let stamps = Failure::all(files.iter().map(|file| stamp(&file.path)))?;
    let summed = load::sum_all(files, tag_keys, currency, progress);
    let summed = summed.map_err(|refusals| Unread::Refused(refusals.iter().map(not_read).collect()))?;
    let mut periods: BTreeMap<BillingPeriod, BTreeSet<usize>> = BTreeMap::new();
    for (place, control) in summed.controls.iter().enumerate() {
        for (key, _) in control.iter() {
            periods.entry(key.bill.period).or_default().insert(place);
        }
    }
    let (control, twice) = (summed.control(), summed.found(files).twice());
    let Summed { cube, facts, .. } = summed;
    let pinned = pinned(files, &stamps)?;
    load::write_notes(files, &facts, &cube, err)?;
    let deliveries = periods.into_iter().map(|(period, places)| {
        if let Some(folders) = twice.get(&period) {
            return Err(two_deliveries(id, period, folders, told));
        }
        let modified = places.iter().map(|place| stamps[*place].0).max().unwrap_or(SystemTime::UNIX_EPOCH);
        Ok(NewDelivery {
            source: id.to_owned(),
            period,
            modified: DateTime::<Utc>::from(modified),
            files: places.iter().map(|place| pinned[*place].clone()).collect(),
            cube: cube.of_period(period),
            control: control.of_period(period),
        })
    });
    Ok(deliveries.collect())
}

/// The hash of each file, which must still be as it was when the reading began.
fn pinned(files: &[Input], stamps: &[Stamp]) -> Result<Vec<DeliveredFile>, Failure> {
    Failure::all(files.iter().zip(stamps).map(|(file, before)| {
        let sha256 = Digest::from_bytes(inputs::digest(&file.path)?);
        if stamp(&file.path)? != *before {
            let path = file.path.display();
            return Err(Failure::refused(format!("{path}: was written to while it was read. What to do: ingest it when it is complete.")));
        }
        Ok(DeliveredFile { name: file.name.clone(), sha256, bytes: before.1 })
    }))
}

fn two_deliveries(id: &str, period: BillingPeriod, folders: &BTreeSet<PathBuf>, told: Told) -> String {
    let folders: Vec<_> = folders.iter().cloned().collect();
    format!(
        "source `{id}`, {period}: {} all hold charges of one billing account, which would count as one delivery and be added up. What to do: {}.",
        load::list_of_names(&folders),
        told.two_deliveries()
    )
}
