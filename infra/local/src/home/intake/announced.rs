//! Deliveries that manifests of a folder announce: of each export and billing period the newest.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use dayone_billing_files::manifest::{ManifestLimits, manifest_prefix_of};
use dayone_domain::BillingPeriod;
use dayone_domain::plain_text::harmless;
use dayone_domain::review::By;
use dayone_embedded::FolderLanding;
use dayone_handlers::files::Formats;
use dayone_handlers::intake::{NotTaken, Taken, TakenDelivery};
use dayone_ports::{LandedObject, Landing, LandingError};
use dayone_workflow::Tenant;
use dayone_workflow::configuration::Settings;
use dayone_workflow::deliveries::{Arriving, BillingFiles, Completed, Delivered, FileRefusal, FileState, ManifestSays, Registered, Work};
use indicatif::ProgressBar;

use super::{Batch, Told, by_path, is_of_the_outside, source_of};
use crate::failure::Failure;
use crate::inputs::{Input, ManifestInput};
use crate::load;
use crate::tables::count;

/// Readings of a file that somebody writes to.
const TRIES: usize = 2;

/// A manifest that was found.
struct Found {
    landing: FolderLanding,
    folder: PathBuf,
    object: LandedObject,
    says: Result<ManifestSays, Box<FileRefusal>>,
    /// The files that it names and that are there.
    files: BTreeSet<String>,
}

impl Found {
    async fn of(input: ManifestInput) -> Result<Option<Found>, Failure> {
        let ManifestInput { folder, key } = input;
        let landing = FolderLanding::new(&folder);
        let path = folder.join(&key);
        let failed = |error: &dyn std::fmt::Display| Failure::refused(format!("{}: {error}. What to do: try again.", path.display()));
        let Some(object) = landing.head(&key).await.map_err(|error| failed(&error))? else { return Ok(None) };
        let most = ManifestLimits::default().bytes as u64 + 1;
        let bytes = match landing.read(&object, 0, most).await {
            Ok(bytes) => bytes,
            Err(error @ LandingError::Changed(_)) => return Err(failed(&error)),
            Err(LandingError::Unavailable(error)) => return Err(failed(&error)),
        };
        let says = Formats::of_copy().manifest(&key, &bytes);
        let mut files = BTreeSet::new();
        for named in says.iter().flat_map(|says| &says.files) {
            let there = landing.named(&key, &named.key).await.map_err(|error| failed(&error))?;
            files.extend(there.map(|object| object.key));
        }
        Ok(Some(Found { landing, folder, object, says, files }))
    }

    /// What it is a refresh of. One that cannot be read stands for itself.
    fn of_what(&self) -> (PathBuf, String, Option<BillingPeriod>) {
        match &self.says {
            Ok(says) if says.period.is_some() => (self.folder.clone(), says.export.clone(), says.period),
            _ => (self.folder.clone(), self.object.key.clone(), None),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.join(&self.object.key)
    }
}

/// Takes what manifests name; the files that no manifest has to name are given back.
pub async fn take(
    tenant: &Tenant,
    by: &By,
    settings: &Settings,
    batch: &mut Batch<'_>,
    progress: &ProgressBar,
    err: &mut dyn Write,
) -> Result<Taken, Failure> {
    let mut found = Vec::new();
    for manifest in std::mem::take(&mut batch.manifests) {
        found.extend(Found::of(manifest).await?);
    }
    let (loose, unnamed): (Vec<Input>, Vec<Input>) = apart(std::mem::take(&mut batch.files), &found);
    batch.files = loose;
    note_unnamed(&unnamed, err)?;
    let mut taken = Taken::default();
    let desk = Desk { tenant, by, settings, batch, progress, done: Arc::new(AtomicU64::new(0)) };
    for newest in newest(found, err)? {
        desk.take(&newest, &mut taken).await?;
        if taken.failed.is_some() {
            break;
        }
    }
    Ok(taken)
}

/// Files that stand for themselves, and those of exports that write manifests which none of them names.
fn apart(files: Vec<Input>, found: &[Found]) -> (Vec<Input>, Vec<Input>) {
    let mut loose = Vec::new();
    let mut unnamed = Vec::new();
    for file in files {
        let folder = file.folder();
        let here = || found.iter().filter(|found| found.folder == folder);
        if here().any(|found| found.files.contains(&file.name)) {
            continue;
        }
        let is_awaited = manifest_prefix_of(&file.name).is_some_and(|prefix| here().any(|found| found.object.key.starts_with(&prefix)));
        if is_awaited { unnamed.push(file) } else { loose.push(file) }
    }
    (loose, unnamed)
}

fn note_unnamed(unnamed: &[Input], err: &mut dyn Write) -> Result<(), Failure> {
    if !unnamed.is_empty() {
        let paths: Vec<PathBuf> = unnamed.iter().map(|file| file.path.clone()).collect();
        let (files, names) = (count(paths.len() as u64, "file"), load::list_of_names(&paths));
        writeln!(err, "note: {files} left out, since no manifest of their export names them: {names}")?;
    }
    Ok(())
}

/// Of each export and billing period the newest manifest.
fn newest(found: Vec<Found>, err: &mut dyn Write) -> Result<Vec<Found>, Failure> {
    let order = |found: &Found| (found.object.modified, found.object.key.clone(), found.object.version.clone());
    let mut newest: BTreeMap<_, Found> = BTreeMap::new();
    let mut older = Vec::new();
    for found in found {
        match newest.remove(&found.of_what()) {
            Some(known) if order(&known) > order(&found) => {
                older.push(found.path());
                newest.insert(known.of_what(), known);
            }
            known => {
                older.extend(known.map(|known| known.path()));
                newest.insert(found.of_what(), found);
            }
        }
    }
    if !older.is_empty() {
        let (manifests, names) = (count(older.len() as u64, "manifest"), load::list_of_names(&older));
        writeln!(err, "note: {manifests} left out, since newer ones of the same export and billing period are there: {names}")?;
    }
    Ok(newest.into_values().collect())
}

/// What a delivery is taken with.
struct Desk<'a> {
    tenant: &'a Tenant,
    by: &'a By,
    settings: &'a Settings,
    batch: &'a Batch<'a>,
    progress: &'a ProgressBar,
    /// Bytes that were read.
    done: Arc<AtomicU64>,
}

impl Desk<'_> {
    async fn take(&self, found: &Found, taken: &mut Taken) -> Result<(), Failure> {
        let source = match self.source(found) {
            Ok(source) => source,
            Err(refusal) => {
                taken.refused.push(*refusal);
                return Ok(());
            }
        };
        match self.deliver(found, &source, taken).await {
            Err(failure) if is_of_the_outside(&failure) => {
                taken.failed = Some(failure);
            }
            Err(failure) => {
                let period = found.says.as_ref().ok().and_then(|says| says.period).map_or_else(String::new, |period| format!(", {period}"));
                taken.refused.push(NotTaken::told(format!("source `{source}`{period}: {}", Failure::from(failure))));
            }
            Ok(()) => {}
        }
        Ok(())
    }

    /// The source of a manifest: the one named, else by the path, else by the billing account in a file that it names.
    fn source(&self, found: &Found) -> Result<String, Box<NotTaken>> {
        let Batch { source, currency, root, .. } = self.batch;
        let sources = &self.settings.sources;
        if let Some(id) = source.or_else(|| by_path(sources, &found.path(), *root)) {
            return Ok(id.to_owned());
        }
        if let Err(refusal) = &found.says {
            return Err(Box::new(not_taken(refusal, &found.folder)));
        }
        let Some(name) = found.files.first() else {
            let path = found.path().display().to_string();
            let message = format!("{}: none of the files that it names is there. What to do: copy them, too.", harmless(&path));
            return Err(Box::new(NotTaken::told(message)));
        };
        let file = Input { path: found.folder.join(name), source: String::new(), name: name.clone(), bytes: 0 };
        source_of(sources, &file, *currency, Told::of(self.batch)).map(str::to_owned)
    }

    async fn deliver(&self, found: &Found, source: &str, taken: &mut Taken) -> Result<(), dayone_workflow::Failure> {
        let formats = self.formats();
        let arriving = Arriving { landing: &found.landing, files: &formats, currency_if_absent: self.batch.currency };
        let mut states = Vec::new();
        for _ in 0..TRIES {
            let registered = self.tenant.register(&arriving, Some(source), &found.object.key).await?;
            let (id, work) = match registered {
                Registered::Awaited { announcement: Some(id), work } => (id, work),
                Registered::Known { announcement, changed_since } => {
                    let outcome = self.tenant.complete_delivery(self.by, announcement).await?.unwrap_or_default();
                    taken.deliveries.extend(outcome.iter().map(|completed| taken_delivery(completed, true)));
                    taken.notes.extend(changed_since.iter().map(|key| changed(&found.folder, key)));
                    return Ok(());
                }
                Registered::Refused(refusal) => {
                    taken.refused.push(not_taken(&refusal, &found.folder));
                    return Ok(());
                }
                Registered::Awaited { .. } | Registered::Nothing => return Ok(()),
            };
            states.clear();
            for work in work {
                states.push(self.parse(&arriving, &work).await?);
            }
            if let Some(outcome) = self.tenant.complete_delivery(self.by, id).await? {
                taken.deliveries.extend(outcome.iter().map(|completed| taken_delivery(completed, false)));
                taken.notes.extend(notes(&found.folder, &states));
                return Ok(());
            }
            if !states.iter().any(|state| matches!(state, FileState::Changed { .. })) {
                break;
            }
        }
        self.refuse(found, source, taken).await
    }

    async fn parse(&self, arriving: &Arriving<'_>, work: &Work) -> Result<FileState, dayone_workflow::Failure> {
        self.progress.set_message(work.object.key.clone());
        let state = self.tenant.parse(arriving, work).await;
        let done = self.done.fetch_add(work.object.bytes, Ordering::Relaxed) + work.object.bytes;
        self.progress.set_position(done);
        state
    }

    fn formats(&self) -> Formats {
        let (progress, done) = (self.progress.clone(), Arc::clone(&self.done));
        let on_progress = move |_: &LandedObject, at: dayone_billing_files::Progress| {
            progress.set_position(done.load(Ordering::Relaxed) + at.read);
        };
        Formats { on_progress: Some(Box::new(on_progress)), ..Formats::of_copy() }
    }

    /// Says what a delivery waits for.
    async fn refuse(&self, found: &Found, source: &str, taken: &mut Taken) -> Result<(), dayone_workflow::Failure> {
        let awaited = self.tenant.awaited(self.settings).await?;
        let is_it = |awaited: &&dayone_workflow::deliveries::Awaited| {
            awaited.source == source && awaited.manifest.as_deref() == Some(&found.object.key) && awaited.modified == found.object.modified
        };
        let Some(awaited) = awaited.iter().find(is_it) else {
            let path = found.path().display().to_string();
            let message = format!("{}: is older than what counts, and not all of its files are there.", harmless(&path));
            taken.refused.push(NotTaken::told(message));
            return Ok(());
        };
        for file in &awaited.unread {
            if let dayone_workflow::deliveries::Trouble::Refused { refusal } = &file.trouble {
                taken.refused.push(not_taken(refusal, &found.folder));
            }
        }
        taken.refused.push(NotTaken::told(format!("source `{source}`: {}.", awaited.sentence())));
        Ok(())
    }
}

fn taken_delivery(completed: &Completed, is_known: bool) -> TakenDelivery {
    TakenDelivery {
        source: completed.source.clone(),
        period: completed.period,
        files: completed.files as usize,
        charges: completed.charges,
        outcome: if is_known { Delivered::Known } else { completed.outcome },
    }
}

/// A refusal of a file, called by the path at which whoever typed a command finds it.
fn not_taken(refusal: &FileRefusal, folder: &Path) -> NotTaken {
    let path = folder.join(&refusal.file).display().to_string();
    let path = harmless(&path).into_owned();
    let message = refusal.message.replacen(&refusal.file, &path, 1);
    NotTaken { message, file: Some(path), ..NotTaken::from(refusal.clone()) }
}

fn changed(folder: &Path, key: &str) -> String {
    let path = folder.join(key).display().to_string();
    format!("{}: was written to after the delivery was taken; it counts once a newer manifest names it", harmless(&path))
}

/// What a reader of the figures has to know, each once.
fn notes(folder: &Path, states: &[FileState]) -> Vec<String> {
    let files = states.iter().filter_map(|state| match state {
        FileState::Read { file } => Some(file),
        FileState::Refused { .. } | FileState::Changed { .. } => None,
    });
    load::each_once(files.flat_map(|file| file.notes.iter().map(|note| (note.as_str(), folder.join(&file.object.key)))))
}
