//! What the use cases of arriving files stand on, and what they hand to each other.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use dayone_domain::cube::Cube;
use dayone_domain::tie_out::ControlTotals;
use dayone_domain::{BillingPeriod, Currency};
use dayone_ports::{Digest, LandedObject, Landing};
use serde::{Deserialize, Serialize};

use super::Delivered;
use crate::failure::Failure;

/// What a key says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LandedKind {
    /// It names the files of a delivery.
    Manifest,
    /// A billing file.
    Data,
    /// A billing file of an export that writes manifests: it counts for nothing until one names it.
    NamedByManifest,
    /// Nothing that is read.
    Other,
}

/// A file that a manifest names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedFile {
    /// Its key in the manifest's bucket.
    pub key: String,
    /// Its ETag, where the manifest says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Its size, where the manifest says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// What a manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestSays {
    /// What it is a refresh of: the same for every refresh of one export.
    pub export: String,
    /// The billing period; `None` where only the files say.
    pub period: Option<BillingPeriod>,
    /// The provider's name of this refresh.
    pub execution: Option<String>,
    /// The files, each once.
    pub files: Vec<NamedFile>,
}

/// Why a file is refused, whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRefusal {
    /// The file, as it is called where it landed.
    pub file: String,
    /// The line or row, from 1.
    pub row: Option<u64>,
    /// The column.
    pub column: Option<String>,
    /// The value.
    pub value: Option<String>,
    /// What is wrong.
    pub reason: String,
    /// What to do next.
    pub what_to_do: String,
    /// All of it in sentences.
    pub message: String,
}

/// How a file is read.
#[derive(Clone, Copy, Debug)]
pub struct ReadAs<'a> {
    /// The source whose charges they are.
    pub source: &'a str,
    /// The tag keys that charges are told apart by.
    pub tag_keys: &'a [String],
    /// The currency of a file that has no column for it.
    pub currency_if_absent: Option<Currency>,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub struct ReadFile {
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// Its charges.
    pub cube: Cube,
    /// The same, summed apart.
    pub control: ControlTotals,
    /// What a reader of the figures has to know, each one sentence.
    pub notes: Vec<String>,
}

/// Why a file is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It cannot be read right.
    Refused(Box<FileRefusal>),
    /// The version that was pinned is not to be had any more.
    Changed,
    /// For a reason that lies outside of it.
    Failed(Failure),
}

/// What knows the formats of billing files and manifests.
#[async_trait]
pub trait BillingFiles: Send + Sync {
    /// What a key says by itself.
    fn kind_of(&self, key: &str) -> LandedKind;

    /// Reads a manifest.
    ///
    /// # Errors
    /// Where it is none that can be read right.
    fn manifest(&self, key: &str, bytes: &[u8]) -> Result<ManifestSays, Box<FileRefusal>>;

    /// Greater once files may be read to something else than before: what was read at another revision is read anew.
    fn reader_revision(&self) -> u32;

    /// Most bytes that a manifest may have.
    fn most_manifest_bytes(&self) -> u64;

    /// Reads a pinned billing file, whole. It may hold up its thread.
    ///
    /// # Errors
    /// Where it cannot be read right, is not as it was pinned, or the outside did not answer.
    async fn read(&self, landing: &dyn Landing, file: &LandedObject, read_as: &ReadAs<'_>) -> Result<ReadFile, Unread>;
}

/// Where files land, and what reads them.
#[derive(Clone, Copy)]
pub struct Arriving<'a> {
    /// Where they land.
    pub landing: &'a dyn Landing,
    /// What reads them.
    pub files: &'a dyn BillingFiles,
    /// The currency of files that have no column for it.
    pub currency_if_absent: Option<Currency>,
}

/// One file that is to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// The source.
    pub source: String,
    /// Which delivery it is a part of; `None` for a file that no manifest names.
    pub announcement: Option<Digest>,
    /// Its place among the files of the delivery, from 0.
    pub place: u32,
    /// The file, pinned.
    pub object: LandedObject,
}

/// What became of what landed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Registered {
    /// It is nothing that is read, or counts for nothing until a manifest names it.
    Nothing,
    /// A delivery waits for these files to be read; none, where all are, or have not come.
    Awaited {
        /// Which delivery; `None` for a file that no manifest names.
        announcement: Option<Digest>,
        /// The files to read.
        work: Vec<Work>,
    },
    /// The delivery was complete before.
    Known {
        /// Which.
        announcement: Digest,
        /// Files that were written to since, as they are called where they landed. They count once a newer manifest
        /// names them.
        changed_since: Vec<String>,
    },
    /// The manifest is refused; so it is shown with what is awaited.
    Refused(FileRefusal),
}

/// The charges of one billing period in a file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The billing period.
    pub period: BillingPeriod,
    /// The charges: a [`Cube`], packed.
    pub cube: Digest,
    /// The same, summed apart: [`ControlTotals`], packed.
    pub control: Digest,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParsedFile {
    /// The version that was read.
    pub object: LandedObject,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// The tag keys that its charges are told apart by.
    pub tag_keys: Vec<String>,
    /// A part for each billing period that it has charges of.
    pub parts: Vec<Part>,
    /// What a reader of the figures has to know.
    pub notes: Vec<String>,
}

/// What became of a file of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum FileState {
    /// It was read. That stays so.
    Read {
        /// What it holds.
        file: ParsedFile,
    },
    /// It cannot be read right.
    Refused {
        /// The version that was read.
        object: LandedObject,
        /// Why.
        refusal: FileRefusal,
    },
    /// The version that was pinned was gone when it was to be read.
    Changed {
        /// The version.
        object: LandedObject,
    },
}

impl FileState {
    /// The version that it is about.
    pub fn object(&self) -> &LandedObject {
        match self {
            FileState::Read { file } => &file.object,
            FileState::Refused { object, .. } | FileState::Changed { object } => object,
        }
    }
}

/// A delivery that a manifest has announced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Of source, manifest as it was written at its time, tag keys and reader: the same manifest once more is the same
    /// delivery.
    pub id: Digest,
    /// The source.
    pub source: String,
    /// What it is a refresh of.
    pub export: String,
    /// The billing period; `None` where only the files say.
    pub period: Option<BillingPeriod>,
    /// The provider's name of the refresh.
    pub execution: Option<String>,
    /// The manifest, pinned. The time at which it was written is the delivery's.
    pub manifest: LandedObject,
    /// The tag keys that its files are read with.
    pub tag_keys: Vec<String>,
    /// The files: a list of [`AnnouncedFile`].
    pub files: Digest,
    /// How many.
    pub count: u32,
    /// When it became known.
    pub since: DateTime<Utc>,
    /// Why it is not taken although all files are read, or why the manifest itself is refused.
    pub refused: Option<FileRefusal>,
    /// Whether the controllers were told that it is late.
    #[serde(default)]
    pub told_late: bool,
    /// What became of it, for each billing period; `None` while it is awaited.
    pub outcome: Option<Vec<Completed>>,
}

/// A file of a delivery that was announced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnnouncedFile {
    /// As the manifest names it.
    pub named: NamedFile,
    /// The version that was current when the manifest became known; `None` where there was none.
    pub object: Option<LandedObject>,
}

impl AnnouncedFile {
    /// Whether an object is what the manifest says.
    pub fn agrees(&self, object: &LandedObject) -> bool {
        self.named.etag.as_ref().is_none_or(|etag| *etag == object.etag) && self.named.bytes.is_none_or(|bytes| bytes == object.bytes)
    }
}

/// One billing period of a delivery that is complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completed {
    /// The source.
    pub source: String,
    /// The billing period.
    pub period: BillingPeriod,
    /// Files that hold charges of it.
    pub files: u32,
    /// How many charges.
    pub charges: u64,
    /// Whether it counts.
    pub outcome: Delivered,
}
