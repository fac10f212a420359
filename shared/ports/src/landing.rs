//! Where billing files land: objects in a bucket, or files in a folder.

use std::path::PathBuf;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Unavailable;

/// Most objects of one page of a listing.
pub const MOST_LANDED: usize = 1000;

/// An object as it is at one moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LandedObject {
    /// Its key: slashes between folders, none at the beginning.
    pub key: String,
    /// Which of the versions of this key it is. What one version holds never changes.
    pub version: String,
    /// What its bytes are told apart by, without quotes.
    pub etag: String,
    /// How many bytes.
    pub bytes: u64,
    /// When it was written.
    pub modified: DateTime<Utc>,
}

/// Some objects of a landing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LandedPage {
    /// In the byte order of their keys.
    pub objects: Vec<LandedObject>,
    /// Whether more follow: ask again, after the last.
    pub has_more: bool,
}

/// Why an object is not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LandingError {
    /// The version that was pinned is not to be had any more: the object was overwritten or taken away.
    #[error("`{0}` is not as it was any more")]
    Changed(String),
    /// The outside did not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

/// Reads what has landed. Nothing is ever written there.
#[async_trait]
pub trait Landing: Send + Sync {
    /// The objects whose keys begin with `prefix` and come after `after`, at most `limit` and at most [`MOST_LANDED`].
    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<LandedPage, Unavailable>;

    /// The newest version of an object; `None` where there is none.
    async fn head(&self, key: &str) -> Result<Option<LandedObject>, Unavailable>;

    /// The newest version of what the manifest at `manifest` names by its key in the bucket. In a bucket that is the
    /// object of this key. A folder may be the copy of a part of a bucket, so that the file has another key here: the
    /// object says which.
    async fn named(&self, manifest: &str, key: &str) -> Result<Option<LandedObject>, Unavailable> {
        let _ = manifest;
        self.head(key).await
    }

    /// `length` bytes of a pinned version from `from` on; fewer where it ends before.
    async fn read(&self, object: &LandedObject, from: u64, length: u64) -> Result<Vec<u8>, LandingError>;

    /// Where the file of an object lies on this machine; `None` where it lies elsewhere.
    fn local_path(&self, key: &str) -> Option<PathBuf>;
}
