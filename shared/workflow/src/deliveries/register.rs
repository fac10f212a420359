//! What has landed: which delivery it is or belongs to, and what of it is to be read.

use std::collections::BTreeMap;

use dayone_domain::source::Sources;
use dayone_ports::{Digest, LandedObject, LandingError};

use super::arriving::{
    AnnouncedFile, Announcement, Arriving, FileRefusal, FileState, LandedKind, ManifestSays, NamedFile, Registered, Work,
};
use super::awaited::is_overtaken;
use super::parse::reader_of;
use crate::failure::{Failure, FailureKind, retried};
use crate::tenant::Tenant;

impl Tenant {
    /// Takes note of an object that has landed. Its source is the one named, else that of the prefix it lies under.
    ///
    /// A manifest announces its delivery, and pins each of its files to the version that is current now; what it names
    /// and what is not there is awaited. A file that was awaited, and a mended one, is pinned when it comes.
    ///
    /// # Errors
    /// `unknown-source` for an object under no source's prefix.
    pub async fn register(&self, arriving: &Arriving<'_>, source: Option<&str>, key: &str) -> Result<Registered, Failure> {
        let kind = arriving.files.kind_of(key);
        if kind == LandedKind::Other {
            return Ok(Registered::Nothing);
        }
        let settings = self.settings().await?;
        let source = source_of(&settings.sources, source, key)?.to_owned();
        let Some(object) = arriving.landing.head(key).await? else {
            return self.register_gone(&source, kind, key).await;
        };
        let tag_keys = settings.trees.tag_keys();
        match kind {
            LandedKind::Manifest => self.register_manifest(arriving, source, object, tag_keys).await,
            LandedKind::NamedByManifest => self.register_named(arriving, &source, key).await,
            LandedKind::Data | LandedKind::Other => {
                Ok(Registered::Awaited { announcement: None, work: vec![Work { source, announcement: None, place: 0, object }] })
            }
        }
    }

    async fn register_gone(&self, source: &str, kind: LandedKind, key: &str) -> Result<Registered, Failure> {
        if kind == LandedKind::Data {
            retried!(self.forget_refused_lone_file(source, key))?;
        }
        Ok(Registered::Nothing)
    }

    async fn register_manifest(
        &self,
        arriving: &Arriving<'_>,
        source: String,
        manifest: LandedObject,
        tag_keys: Vec<String>,
    ) -> Result<Registered, Failure> {
        let id = announcement_id(&source, &manifest, &tag_keys, arriving.files.reader_revision());
        if let Some((known, _)) = self.announced(id).await? {
            return self.register_again(arriving, &known).await;
        }
        let says = self.read_manifest(arriving, &manifest).await?;
        let (says, refused) = match says {
            Ok(says) => (says, None),
            Err(refusal) => (ManifestSays { export: String::new(), period: None, execution: None, files: Vec::new() }, Some(*refusal)),
        };
        let files = pinned(arriving, &manifest.key, says.files).await?;
        let mut announcement = Announcement {
            id,
            source,
            export: says.export,
            period: says.period,
            execution: says.execution,
            manifest,
            tag_keys,
            files: self.put_json(&files).await?,
            count: u32::try_from(files.len()).map_err(Failure::broken)?,
            since: self.ports.clock.now(),
            refused: refused.clone(),
            told_late: false,
            outcome: None,
        };
        match self.announce(&mut announcement).await {
            // Somebody else has announced it just now, and may have pinned other versions: theirs count.
            Err(failure) if failure.kind == FailureKind::Busy => {
                let known = self.announced(id).await?.ok_or(failure)?.0;
                self.register_again(arriving, &known).await
            }
            Err(failure) => Err(failure),
            Ok(()) => match refused {
                Some(refusal) => Ok(Registered::Refused(refusal)),
                None => {
                    let work = unread(&announcement, &files, &BTreeMap::new(), &BTreeMap::new());
                    Ok(Registered::Awaited { announcement: Some(id), work })
                }
            },
        }
    }

    /// Notes the delivery, in place of older ones of the same export and billing period that are awaited. It is awaited
    /// for as long as they are: else a source that is refreshed often would never be late.
    async fn announce(&self, announcement: &mut Announcement) -> Result<(), Failure> {
        let mut superseded = self.announced_and_awaited(Some(&announcement.source)).await?;
        superseded.retain(|older| is_superseded_by(older, announcement));
        let counting = self.source_periods().await?;
        for older in superseded.iter().filter(|older| !is_overtaken(older, &counting)) {
            announcement.since = announcement.since.min(older.since);
            announcement.told_late |= older.told_late;
        }
        let announcement = &*announcement;
        let key = crate::keys::announced(&self.id, announcement.id);
        let mut changes = self.changes();
        changes.put(key, None, announcement);
        changes.put(self.awaited_key(announcement), None, &announcement.id);
        changes.commit().await?;
        for older in &superseded {
            self.await_no_more(older).await?;
        }
        Ok(())
    }

    /// Takes a delivery out of those that are awaited. Its files may come all the same: then it is complete.
    async fn await_no_more(&self, announcement: &Announcement) -> Result<(), Failure> {
        let Some(record) = self.ports.store.get(&self.awaited_key(announcement)).await? else { return Ok(()) };
        let mut changes = self.changes();
        changes.delete(&record);
        match changes.commit().await {
            Err(failure) if failure.kind == FailureKind::Busy => Ok(()),
            other => other,
        }
    }

    async fn read_manifest(
        &self,
        arriving: &Arriving<'_>,
        manifest: &LandedObject,
    ) -> Result<Result<ManifestSays, Box<FileRefusal>>, Failure> {
        let most = arriving.files.most_manifest_bytes();
        // A byte more, so that whoever reads it sees that it is too long.
        let bytes = match arriving.landing.read(manifest, 0, most.saturating_add(1)).await {
            Ok(bytes) => bytes,
            Err(LandingError::Changed(key)) => return Err(overwritten(&key)),
            Err(LandingError::Unavailable(unavailable)) => return Err(unavailable.into()),
        };
        Ok(arriving.files.manifest(&manifest.key, &bytes))
    }

    /// A delivery that is known: what of it is still to be read, or what was written to since it was complete.
    async fn register_again(&self, arriving: &Arriving<'_>, known: &Announcement) -> Result<Registered, Failure> {
        if let Some(refusal) = known.refused.as_ref().filter(|_| is_refused_manifest(known)) {
            return Ok(Registered::Refused(refusal.clone()));
        }
        let files = self.announced_files(known).await?;
        let states = self.file_states(known.id).await?;
        let mut now = BTreeMap::new();
        for (place, file) in (0..).zip(&files) {
            let found = arriving.landing.named(&known.manifest.key, &file.named.key).await?;
            now.extend(found.map(|object| (place, object)));
        }
        if known.outcome.is_some() {
            let is_changed = |place: &u32, object: &LandedObject| states.get(place).is_some_and(|state| state.object() != object);
            let changed = now.iter().filter(|(place, object)| is_changed(place, object));
            let changed_since = changed.map(|(_, object)| object.key.clone()).collect();
            return Ok(Registered::Known { announcement: known.id, changed_since });
        }
        let work = unread(known, &files, &states, &now);
        Ok(Registered::Awaited { announcement: Some(known.id), work })
    }

    /// A file of an export that writes manifests: the deliveries that wait for it go on.
    async fn register_named(&self, arriving: &Arriving<'_>, source: &str, key: &str) -> Result<Registered, Failure> {
        let (mut first, mut all) = (None, Vec::new());
        for announcement in self.announced_and_awaited(Some(source)).await? {
            let files = self.announced_files(&announcement).await?;
            if !files.iter().any(|file| file.named.key == key) {
                continue;
            }
            let Registered::Awaited { announcement: id, work } = self.register_again(arriving, &announcement).await? else { continue };
            // Two manifests may name it: a legacy report's, and the one of its assembly.
            all.extend(work.into_iter().filter(|work| work.object.key == key));
            first = first.or(id);
        }
        if !all.is_empty() {
            return Ok(Registered::Awaited { announcement: first, work: all });
        }
        Ok(Registered::Nothing)
    }
}

fn source_of<'a>(sources: &'a Sources, named: Option<&'a str>, key: &str) -> Result<&'a str, Failure> {
    let found = match named {
        Some(id) => sources.get(id),
        None => sources.by_key(key),
    };
    found.map(|source| source.id.as_str()).ok_or_else(|| {
        let message =
            format!("`{key}` lies under no source's prefix; put its prefix into the sources with `dayone config put sources FILE`");
        Failure::refused("unknown-source", message)
    })
}

/// Of which delivery a manifest is: the same manifest for other tag keys or another reader is read anew. Without versions
/// a manifest that is written again with the same bytes differs in nothing but its time, and its files may be others.
fn announcement_id(source: &str, manifest: &LandedObject, tag_keys: &[String], reader_revision: u32) -> Digest {
    let (modified, reader) = (manifest.modified.to_rfc3339(), reader_of(reader_revision));
    let parts = [source, &manifest.key, &manifest.version, &manifest.etag, &modified, &reader].map(str::as_bytes);
    let parts: Vec<&[u8]> = parts.into_iter().chain(tag_keys.iter().map(String::as_bytes)).collect();
    Digest::of_parts(&parts)
}

fn overwritten(key: &str) -> Failure {
    let message = format!("`{key}` was overwritten while it was read; its newer version is told of by itself");
    Failure::new(FailureKind::Unavailable, "unavailable", message)
}

async fn pinned(arriving: &Arriving<'_>, manifest: &str, named: Vec<NamedFile>) -> Result<Vec<AnnouncedFile>, Failure> {
    let mut files = Vec::with_capacity(named.len());
    for named in named {
        let object = arriving.landing.named(manifest, &named.key).await?;
        files.push(AnnouncedFile { named, object });
    }
    Ok(files)
}

/// The files that are to be read: each that is not, in the version that was pinned; where that was refused or is gone, or
/// where none was there, in the one that is current `now`.
fn unread(
    announcement: &Announcement,
    files: &[AnnouncedFile],
    states: &BTreeMap<u32, FileState>,
    now: &BTreeMap<u32, LandedObject>,
) -> Vec<Work> {
    let object = |place: u32, file: &AnnouncedFile| {
        let current = now.get(&place).filter(|object| file.agrees(object));
        match states.get(&place) {
            Some(FileState::Read { .. }) => None,
            Some(state) => current.filter(|object| *object != state.object()).cloned(),
            None => file.object.clone().filter(|object| file.agrees(object)).or_else(|| current.cloned()),
        }
    };
    let files = (0..).zip(files);
    let work = |(place, file)| {
        let object = object(place, file)?;
        Some(Work { source: announcement.source.clone(), announcement: Some(announcement.id), place, object })
    };
    files.filter_map(work).collect()
}

/// Whether a delivery that is awaited is of no interest any more: a newer one of the same export and billing period is
/// announced, or the manifest of the same key. A refused manifest says neither export nor period, and so takes the place
/// of nothing but refused ones of its key.
pub(super) fn is_superseded_by(older: &Announcement, newer: &Announcement) -> bool {
    let order = |announcement: &Announcement| {
        let LandedObject { modified, key, version, .. } = announcement.manifest.clone();
        (modified, key, version)
    };
    let is_same_key = older.manifest.key == newer.manifest.key;
    let is_same = match (is_refused_manifest(older), is_refused_manifest(newer)) {
        (false, false) => is_same_key || (&older.export, older.period) == (&newer.export, newer.period),
        (true, _) => is_same_key,
        (false, true) => false,
    };
    older.id != newer.id && older.source == newer.source && is_same && order(older) <= order(newer)
}

/// Whether the manifest itself cannot be read right, so that nothing is known of what it announces.
fn is_refused_manifest(announcement: &Announcement) -> bool {
    announcement.outcome.is_none() && announcement.count == 0 && announcement.refused.is_some()
}
