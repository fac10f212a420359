//! `dayone ingest`: billing files into deliveries.
//!
//! The files of one source and billing period are one delivery. A file that cannot be read right may hold charges of
//! any month, so it keeps out all deliveries of its source; those of other sources land.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use dayone_billing_files::{ChargeRefusal, ReadOptions, read};
use dayone_domain::charge::{Charge, Dimension};
use dayone_domain::plain_text::harmless;
use dayone_domain::review::By;
use dayone_domain::source::Sources;
use dayone_domain::{BillingPeriod, Currency};
use dayone_ports::Digest;
use dayone_workflow::configuration::Settings;
use dayone_workflow::deliveries::{Delivered, DeliveredFile, NewDelivery};
use indicatif::ProgressBar;

use super::{Open, Outside};
use crate::args::home::IngestArguments;
use crate::failure::Failure;
use crate::inputs::{self, Input, Inputs};
use crate::load::{self, Sums, read_all};
use crate::tables::{self, count};

/// Reads, delivers and says what became of each delivery; fails where anything was refused.
pub fn run(arguments: &IngestArguments, outside: &Outside, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.home, outside)?;
    let settings = open.wait(open.tenant.settings())?;
    let Inputs { files, left_out } = inputs::find(&arguments.files)?;
    load::note_left_out(&left_out, err)?;
    let taken = ingest(&open, &settings, files, arguments.source.as_deref(), arguments.currency, err)?;
    write_taken(&taken, out)?;
    if taken.refused.is_empty() { Ok(()) } else { Err(Failure::Refused(taken.refused)) }
}

/// What became of files.
#[derive(Debug, Default)]
pub struct Taken {
    /// Each delivery: source, billing period, files, charges, and whether it counts.
    pub deliveries: Vec<(String, BillingPeriod, usize, u64, Delivered)>,
    /// What was refused, each a message.
    pub refused: Vec<String>,
}

/// Takes files into a home: those of each source and billing period as one delivery.
pub fn ingest(
    open: &Open,
    settings: &Settings,
    files: Vec<Input>,
    source: Option<&str>,
    currency: Option<Currency>,
    err: &mut dyn Write,
) -> Result<Taken, Failure> {
    let (by_source, mut taken) = assigned(&settings.sources, files, source, currency)?;
    let progress = load::progress_bar(by_source.values().flatten().map(|file| file.bytes).sum());
    for (id, files) in by_source {
        match read_source(&id, &files, settings.trees.tag_keys(), currency, &progress, err) {
            Ok(deliveries) if deliveries.is_empty() => writeln!(err, "note: the files of source `{id}` hold no charges")?,
            Ok(deliveries) => deliver(open, settings, deliveries, &mut taken),
            Err(Failure::Refused(refusals)) => {
                taken.refused.extend(refusals);
                taken.refused.push(kept_out(&id));
            }
            Err(other) => return Err(other),
        }
    }
    progress.finish_and_clear();
    Ok(taken)
}

fn kept_out(source: &str) -> String {
    format!(
        "source `{source}`: no delivery was taken, since a file was refused that may be a part of any. What to do: mend that file, or ingest the folders of other billing periods by themselves."
    )
}

fn deliver(open: &Open, settings: &Settings, deliveries: Vec<Result<NewDelivery, String>>, taken: &mut Taken) {
    for delivery in deliveries {
        let new = match delivery {
            Ok(new) => new,
            Err(refusal) => {
                taken.refused.push(refusal);
                continue;
            }
        };
        let (source, period, files) = (new.source.clone(), new.period, new.files.len());
        let charges = new.cube.bills().map(|bill| new.cube.master_bill(bill).0).sum();
        match open.wait(open.tenant.deliver(&By::Policy, settings, new)) {
            Ok(delivered) => taken.deliveries.push((source, period, files, charges, delivered)),
            Err(Failure::Refused(messages)) => {
                taken.refused.extend(messages.iter().map(|message| format!("source `{source}`, {period}: {message}")));
            }
            Err(other) => taken.refused.push(other.to_string()),
        }
    }
}

/// The files of each source, whose id they bear from now on.
fn assigned(
    sources: &Sources,
    files: Vec<Input>,
    source: Option<&str>,
    currency: Option<Currency>,
) -> Result<(BTreeMap<String, Vec<Input>>, Taken), Failure> {
    if let Some(id) = source.filter(|id| sources.get(id).is_none()) {
        let known: Vec<&str> = sources.iter().map(|source| source.id.as_str()).collect();
        return Err(Failure::refused(format!("there is no source `{id}`. What to do: name one of: {}.", known.join(", "))));
    }
    let mut by_source: BTreeMap<String, Vec<Input>> = BTreeMap::new();
    let mut taken = Taken::default();
    // Arguments that hold a refused file of which nobody can tell the source, and sources told by account in them.
    let mut doubtful: BTreeSet<String> = BTreeSet::new();
    let mut by_account: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        let named = source.or_else(|| by_path(sources, &file.path));
        let id = match named {
            Some(id) => id.to_owned(),
            None => match source_of(sources, &file, currency) {
                Ok(id) => {
                    by_account.entry(file.source.clone()).or_default().insert(id.to_owned());
                    id.to_owned()
                }
                Err(refusal) => {
                    taken.refused.push(refusal);
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
        taken.refused.push(kept_out(id));
    }
    Ok((by_source, taken))
}

fn by_path<'a>(sources: &'a Sources, path: &Path) -> Option<&'a str> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    sources.by_path(&parts.join("/")).map(|source| source.id.as_str())
}

/// The source that covers the first billing account of a file.
fn source_of<'a>(sources: &'a Sources, file: &Input, currency: Option<Currency>) -> Result<&'a str, String> {
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
        return Err(match result {
            Err(refusal) => refusal.to_string(),
            Ok(_) => format!(
                "{path}: no charge names a billing account, so nobody can tell whose it is. What to do: name the source with --source."
            ),
        });
    }
    let covering = sources.covering(&account).map(|source| source.id.as_str());
    covering.ok_or_else(|| {
        format!(
            "{path}: no source covers the billing account `{}`. What to do: add it to a source's `billing_accounts` and `dayone config put sources FILE`, or name the source with --source.",
            harmless(&account)
        )
    })
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

/// The deliveries in a source's files, by billing period; or why one of the files is refused.
fn read_source(
    id: &str,
    files: &[Input],
    tag_keys: Vec<String>,
    currency: Option<Currency>,
    progress: &ProgressBar,
    err: &mut dyn Write,
) -> Result<Deliveries, Failure> {
    let stamps = Failure::all(files.iter().map(|file| stamp(&file.path)))?;
    let mut sums = Sums::new(tag_keys);
    let mut periods: BTreeMap<BillingPeriod, BTreeSet<usize>> = BTreeMap::new();
    let mut last = None;
    let read = read_all(files, currency, progress, &mut |charge, place| {
        if last != Some((charge.billing_period, place)) {
            last = Some((charge.billing_period, place));
            periods.entry(charge.billing_period).or_default().insert(place);
        }
        sums.add(charge, &files[place], place)
    });
    let facts = read.map_err(Failure::Refused)?;
    let pinned = pinned(files, &stamps)?;
    let (cube, control, found) = sums.finish();
    load::write_notes(files, &facts, &cube, err)?;
    let twice = found.twice();
    let deliveries = periods.into_iter().map(|(period, places)| {
        if let Some(folders) = twice.get(&period) {
            return Err(two_deliveries(id, period, folders));
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

fn two_deliveries(id: &str, period: BillingPeriod, folders: &BTreeSet<PathBuf>) -> String {
    let folders: Vec<_> = folders.iter().cloned().collect();
    format!(
        "source `{id}`, {period}: {} all hold charges of one billing account, which would count as one delivery and be added up. What to do: ingest one folder after the other, the newest last.",
        load::list_of_names(&folders)
    )
}

fn write_taken(taken: &Taken, out: &mut dyn Write) -> Result<(), Failure> {
    if taken.deliveries.is_empty() {
        return Ok(());
    }
    let rows = taken.deliveries.iter().map(|(source, period, files, charges, delivered)| {
        let what = match delivered {
            Delivered::Newest => "newest: it counts now",
            Delivered::Older => "older: kept, a newer one counts",
            Delivered::Known => "known already",
        };
        vec![source.clone(), period.to_string(), files.to_string(), tables::number(*charges), what.to_owned()]
    });
    let columns = [("Source", false), ("Period", false), ("Files", true), ("Charges", true), ("", false)];
    writeln!(out, "{}", tables::table(&columns, rows.collect()))?;
    let newest = taken.deliveries.iter().filter(|(.., delivered)| *delivered == Delivered::Newest).count();
    match newest {
        0 => writeln!(out, "Nothing new.")?,
        _ => writeln!(out, "{} taken.\nNext: `dayone issue`.", count(newest as u64, "new delivery").replace("deliverys", "deliveries"))?,
    }
    Ok(())
}
