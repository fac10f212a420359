//! Billing files and manifests in the formats that [`dayone_billing_files`] knows, for the use cases of what lands.

use std::fs::File;
use std::num::NonZeroUsize;
use std::path::Path;
use std::thread;

use async_trait::async_trait;
use dayone_billing_files::manifest::{self, KeyKind, ManifestLimits};
use dayone_billing_files::{Progress, ReadOptions, Refusal};
use dayone_domain::cube::{Cube, CubeBuilder};
use dayone_domain::plain_text::harmless;
use dayone_domain::tie_out::ControlTotals;
use dayone_ports::{Digest, LandedObject, Landing, Unavailable};
use dayone_workflow::Failure;
use dayone_workflow::deliveries::{BillingFiles, FileRefusal, LandedKind, ManifestSays, NamedFile, ReadAs, ReadFile, Unread};

/// Fewest folders and names of a manifest's key: that of its billing period, and its own.
const FEWEST_PARTS: usize = 2;

/// Is told how far the reading of a file is.
pub type OnProgress = dyn Fn(&LandedObject, Progress) + Send + Sync;

/// The formats of billing files and manifests.
#[derive(Default)]
pub struct Formats {
    /// Whether files lie in a copy of a bucket, or of a part of one: then a file's ETag is not the bucket's, and above and
    /// below the bucket's root there may be other folders.
    pub is_copy: bool,
    /// Is told how far the reading is.
    pub on_progress: Option<Box<OnProgress>>,
}

impl Formats {
    /// Those of files in the copy of a bucket.
    pub fn of_copy() -> Formats {
        Formats { is_copy: true, on_progress: None }
    }

    /// A manifest, and how many folders of its key are none of the bucket's.
    fn read_manifest(&self, key: &str, bytes: &[u8]) -> Result<(manifest::Manifest, usize), Box<Refusal>> {
        let whole = match manifest::read(None, key, bytes) {
            Ok(manifest) => return Ok((manifest, 0)),
            Err(refusal) => Box::new(refusal),
        };
        let folders = key.split('/').count().saturating_sub(FEWEST_PARTS);
        let below = key.match_indices('/').take(folders).map(|(at, _)| &key[at + 1..]);
        let read = (1..).zip(below).filter(|_| self.is_copy).find_map(|(depth, key)| Some((manifest::read(None, key, bytes).ok()?, depth)));
        read.ok_or(whole)
    }
}

#[async_trait]
impl BillingFiles for Formats {
    fn kind_of(&self, key: &str) -> LandedKind {
        match manifest::kind_of(key) {
            KeyKind::Manifest => LandedKind::Manifest,
            KeyKind::Data if manifest::manifest_prefix_of(key).is_some() => LandedKind::NamedByManifest,
            KeyKind::Data => LandedKind::Data,
            KeyKind::Other => LandedKind::Other,
        }
    }

    fn manifest(&self, key: &str, bytes: &[u8]) -> Result<ManifestSays, Box<FileRefusal>> {
        let (manifest, depth) = self.read_manifest(key, bytes).map_err(|refusal| Box::new(file_refusal(key, *refusal)))?;
        let named = |file: manifest::NamedFile| NamedFile { key: file.key, etag: file.etag.filter(|_| !self.is_copy), bytes: file.bytes };
        let above: Vec<&str> = key.split('/').take(depth).collect();
        let export: Vec<&str> = above.into_iter().chain([manifest.export.as_str()]).filter(|part| !part.is_empty()).collect();
        Ok(ManifestSays {
            export: export.join("/"),
            period: manifest.period,
            execution: manifest.execution,
            files: manifest.files.into_iter().map(named).collect(),
        })
    }

    fn reader_revision(&self) -> u32 {
        dayone_billing_files::READER_REVISION
    }

    fn most_manifest_bytes(&self) -> u64 {
        ManifestLimits::default().bytes as u64
    }

    async fn read(&self, landing: &dyn Landing, file: &LandedObject, read_as: &ReadAs<'_>) -> Result<ReadFile, Unread> {
        const WHAT: &str = "read a billing file";
        let failed = |reason: String| Unread::Failed(Unavailable::new(WHAT, reason).into());
        let path = landing.local_path(&file.key).ok_or_else(|| failed(format!("`{}` is not on this machine", file.key)))?;
        let is_pinned = async || {
            let now = landing.head(&file.key).await.map_err(|error| Unread::Failed(error.into()))?;
            if now.as_ref() == Some(file) { Ok(()) } else { Err(Unread::Changed) }
        };
        is_pinned().await?;
        let mut on_progress = |progress: Progress| {
            if let Some(told) = &self.on_progress {
                told(file, progress);
            }
        };
        let read = read_part(&path, read_as, &mut on_progress);
        let sha256 = File::open(&path).and_then(Digest::of_reader);
        // Bytes that were written to meanwhile are neither right nor wrong.
        is_pinned().await?;
        let part = read.map_err(|refusal| unread(&file.key, refusal))?;
        let sha256 = sha256.map_err(|error| failed(error.to_string()))?;
        Ok(ReadFile { sha256, cube: part.cube, control: part.control, notes: part.notes })
    }
}

/// What a file holds, summed.
pub struct FilePart {
    /// Its charges.
    pub cube: Cube,
    /// The same, summed apart.
    pub control: ControlTotals,
    /// What a reader of the figures has to know.
    pub notes: Vec<String>,
}

/// Reads a file into a part of a cube, with several threads where its container has work for them.
///
/// # Errors
/// Where it cannot be read right.
pub fn read_part(path: &Path, read_as: &ReadAs<'_>, on_progress: &mut dyn FnMut(Progress)) -> Result<FilePart, Refusal> {
    let options = ReadOptions { source: read_as.source, currency_if_absent: read_as.currency_if_absent };
    let mut cube = CubeBuilder::new(read_as.tag_keys.to_vec());
    let summed = dayone_billing_files::sum(path, &options, workers(), on_progress, &mut cube)?;
    Ok(FilePart { cube: cube.finish(), control: summed.control, notes: summed.facts.notes })
}

/// How many threads read one file: as many as the machine runs at once.
pub fn workers() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn unread(key: &str, refusal: Refusal) -> Unread {
    if refusal.retryable {
        return Unread::Failed(Failure::from(Unavailable::new("read a billing file", refusal)));
    }
    Unread::Refused(Box::new(file_refusal(key, refusal)))
}

/// A refusal of a file as it is called where it landed.
fn file_refusal(key: &str, refusal: Refusal) -> FileRefusal {
    told_apart(&Refusal { file: key.into(), ..refusal })
}

/// A refusal with its parts, none of which a terminal obeys.
pub fn told_apart(refusal: &Refusal) -> FileRefusal {
    let plain = |text: &str| harmless(text).into_owned();
    FileRefusal {
        message: refusal.to_string(),
        file: plain(&refusal.file),
        row: refusal.place.map(dayone_billing_files::Place::number),
        column: refusal.column.as_deref().map(plain),
        value: refusal.value.as_deref().map(plain),
        reason: plain(&refusal.reason),
        what_to_do: plain(&refusal.what_to_do),
    }
}
