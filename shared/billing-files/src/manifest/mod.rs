//! What lies in a bucket: which keys are manifests, and what a manifest says is the delivery.
//!
//! Pure: keys and bytes in, plain types out. An export that writes manifests delivers nothing but what its newest
//! manifest names; a file beside it that no manifest names counts for nothing.
//!
//! | export | its manifest | names its files in |
//! |---|---|---|
//! | [AWS Data Exports](https://docs.aws.amazon.com/cur/latest/userguide/dataexports-export-delivery.html) | `<prefix>/<export>/metadata/BILLING_PERIOD=YYYY-MM/<export>-Manifest.json` | `dataFiles` |
//! | [AWS Cost and Usage Reports](https://docs.aws.amazon.com/cur/latest/userguide/understanding-report-versions.html) | `<prefix>/<report>/YYYYMMDD-YYYYMMDD/[<assembly>/]<report>-Manifest.json` | `reportKeys` |
//! | [Azure Cost Management](https://learn.microsoft.com/azure/cost-management-billing/costs/tutorial-improved-exports) | `<directory>/<export>/YYYYMMDD-YYYYMMDD/[<time>/]<run>/manifest.json` | `blobs` |

mod aws;
mod azure;
mod document;
mod keys;
#[cfg(test)]
mod tests;

use std::path::Path;

use dayone_domain::BillingPeriod;

use crate::refusal::Refusal;

pub use keys::{kind_of, manifest_prefix_of};

/// What a key says by itself, before anything is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// A manifest: [`read`] it.
    Manifest,
    /// A billing file, by its name.
    Data,
    /// Neither: hidden files, folders, statements for databases, checksums, markers of completion, pages for people.
    Other,
}

/// Whose manifest it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManifestKind {
    /// AWS Data Exports (CUR 2.0 and FOCUS).
    DataExport,
    /// AWS Cost and Usage Reports.
    LegacyCur,
    /// Azure Cost Management exports.
    Azure,
}

/// A file that a manifest names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFile {
    /// Its key in the bucket that the manifest lies in. It begins with a `/` only where the manifest's own key does.
    pub key: String,
    /// Its ETag without quotes, where the manifest says it; today's exports do not.
    pub etag: Option<String>,
    /// Its size, where the manifest says it. Exports to Azure say no size of a compressed file that one could rely on.
    pub bytes: Option<u64>,
}

/// What a manifest says. The manifest of an assembly (legacy CUR) and the one above it say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Whose it is.
    pub kind: ManifestKind,
    /// What it is a refresh of: the path of the export without period and run, and without a `/` at its end; the same
    /// from one refresh to the next. Empty where the export lies in the bucket's root.
    pub export: String,
    /// The billing period, from the manifest's path, else from itself; `None` where only the files say.
    pub period: Option<BillingPeriod>,
    /// The files of the delivery, each once, in the manifest's order. Never empty.
    pub files: Vec<NamedFile>,
    /// The provider's own name of this refresh: execution, assembly or run.
    pub execution: Option<String>,
}

/// How much of a manifest is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManifestLimits {
    /// Most bytes of a manifest.
    pub bytes: usize,
    /// Most files that it may name, duplicates included.
    pub files: usize,
    /// Most objects and lists, one in the other.
    pub depth: usize,
}

/// 16 MiB, 100,000 files, 64 levels: a delivery of 1,000 files has a manifest of some hundred KiB and five levels.
impl Default for ManifestLimits {
    fn default() -> ManifestLimits {
        ManifestLimits { bytes: 16 << 20, files: 100_000, depth: 64 }
    }
}

/// Reads a manifest that lies at `key` of `bucket`. Where the bucket is not known (a folder laid out like one, the copy
/// of a bucket), it is taken to be the one that the manifest says; all its files have to be of one.
///
/// # Errors
/// Where it is no manifest of a known export of costs; where a part of it that is needed has another type than it must;
/// where it names no file, more than is read, one of another bucket, one outside of its export, or one of another
/// billing period. What it says beside that is not looked at.
pub fn read(bucket: Option<&str>, key: &str, bytes: &[u8]) -> Result<Manifest, Refusal> {
    read_within(&ManifestLimits::default(), bucket, key, bytes)
}

/// As [`read`], within other limits.
///
/// # Errors
/// As [`read`].
pub fn read_within(limits: &ManifestLimits, bucket: Option<&str>, key: &str, bytes: &[u8]) -> Result<Manifest, Refusal> {
    parse(limits, bucket, key, bytes).map_err(|refusal| refusal.in_file(Path::new(key)))
}

/// What to do about a manifest that is damaged.
const RUN_AGAIN: &str = "let the export run again, so that it writes its files and its manifest anew";

fn parse(limits: &ManifestLimits, bucket: Option<&str>, key: &str, bytes: &[u8]) -> Result<Manifest, Refusal> {
    let text = document::text_of(limits, bytes)?;
    let document = document::Document::of(text)?;
    match (document.data_files, document.report_keys, document.blobs) {
        (Some(files), None, None) => aws::data_export(&document, document::list(files, "dataFiles", limits)?, bucket, key),
        (None, Some(files), None) => aws::legacy_cur(&document, document::list(files, "reportKeys", limits)?, bucket, key),
        (None, None, Some(files)) => azure::export(&document, &document::list(files, "blobs", limits)?, key),
        (None, None, None) => {
            let reason = "is no manifest that is read: it has neither dataFiles nor reportKeys nor blobs";
            let what_to_do = "leave it out, or hand over the manifest of an AWS Data Export, an AWS Cost and Usage Report \
                 or an Azure Cost Management export as it was written";
            Err(Refusal::new(reason, what_to_do))
        }
        _ => Err(Refusal::new(
            "names files in more than one way (of dataFiles, reportKeys, blobs), and which counts is not clear",
            RUN_AGAIN,
        )),
    }
}

/// Takes files one by one, each once, and refuses what the delivery cannot have.
struct Files<'a> {
    manifest: &'a str,
    /// Every file lies under it; empty, or with a `/` at its end.
    root: &'a str,
    period: Option<BillingPeriod>,
    seen: std::collections::HashSet<String>,
    files: Vec<NamedFile>,
}

impl<'a> Files<'a> {
    fn new(manifest: &'a str, root: &'a str, period: Option<BillingPeriod>) -> Files<'a> {
        Files { manifest, root, period, seen: std::collections::HashSet::new(), files: Vec::new() }
    }

    fn add(&mut self, named: &str, bytes: Option<u64>) -> Result<(), Refusal> {
        let key = keys::named(named, self.manifest)?;
        if !key.starts_with(self.root) {
            let reason = format!("lies outside of the export that the manifest belongs to (`{}`)", self.root);
            let what_to_do = "leave manifest and files where the export wrote them, and copy a bucket as a whole";
            return Err(Refusal::new(reason, what_to_do));
        }
        let period = keys::period_in(&key)?;
        if let (Some(own), Some(other)) = (self.period, period)
            && own != other
        {
            return Err(Refusal::new(format!("is of the billing period {other}, and the manifest of {own}"), RUN_AGAIN));
        }
        if self.seen.insert(key.clone()) {
            self.files.push(NamedFile { key, etag: None, bytes });
        }
        Ok(())
    }

    fn finish(self, column: &str) -> Result<Vec<NamedFile>, Refusal> {
        if self.files.is_empty() {
            let what_to_do = "wait for the export's next run; if it should have charges, look up in the provider's console why it has none";
            return Err(Refusal::new("names no file", what_to_do).column(column));
        }
        Ok(self.files)
    }
}
