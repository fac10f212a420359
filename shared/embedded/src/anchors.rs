//! Anchors as files that nobody writes to again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use dayone_ports::{Anchors, Unavailable};

use crate::blocking::blocking;
use crate::files::{self, Access};
use crate::names::check_tenant;

/// Anchors in a folder, as `<tenant>/<number of ten digits or more>.json`, each read-only from its first moment on.
///
/// Tenants are `[a-z0-9-]{1,64}`; others are refused.
pub struct FolderAnchors {
    folder: PathBuf,
}

impl FolderAnchors {
    /// The anchors of this folder, which is made where there is none.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<FolderAnchors> {
        let folder = folder.into();
        files::make_folder(&folder)?;
        Ok(FolderAnchors { folder })
    }

    fn of_tenant(&self, what: &str, tenant: &str) -> Result<PathBuf, Unavailable> {
        check_tenant(tenant).map_err(|error| Unavailable::new(what, error))?;
        Ok(self.folder.join(tenant))
    }
}

fn name_of(number: u64) -> String {
    format!("{number:010}.json")
}

/// The number of a file; `None` where it is no anchor.
fn number_of(name: &str) -> Option<u64> {
    let number = name.strip_suffix(".json")?.parse().ok()?;
    (name_of(number) == name).then_some(number)
}

fn keep(folder: &Path, number: u64, bytes: &[u8]) -> io::Result<()> {
    files::make_folder(folder)?;
    let path = folder.join(name_of(number));
    if files::create_once(&path, bytes, Access::Read)? || fs::read(&path)? == bytes {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("anchor {number} is there with other bytes, and stays")))
}

fn highest(folder: &Path) -> io::Result<Option<u64>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut highest = None;
    for entry in entries {
        highest = highest.max(entry?.file_name().to_str().and_then(number_of));
    }
    Ok(highest)
}

#[async_trait]
impl Anchors for FolderAnchors {
    async fn put(&self, tenant: &str, number: u64, bytes: &[u8]) -> Result<(), Unavailable> {
        const WHAT: &str = "keep an anchor";
        let folder = self.of_tenant(WHAT, tenant)?;
        let bytes = bytes.to_vec();
        let kept = blocking(WHAT, move || keep(&folder, number, &bytes)).await?;
        kept.map_err(|error| Unavailable::new(WHAT, error))
    }

    async fn get(&self, tenant: &str, number: u64) -> Result<Option<Vec<u8>>, Unavailable> {
        const WHAT: &str = "read an anchor";
        let path = self.of_tenant(WHAT, tenant)?.join(name_of(number));
        let read = blocking(WHAT, move || files::read_if_there(&path)).await?;
        read.map_err(|error| Unavailable::new(WHAT, error))
    }

    async fn last(&self, tenant: &str) -> Result<Option<u64>, Unavailable> {
        const WHAT: &str = "find the last anchor";
        let folder = self.of_tenant(WHAT, tenant)?;
        let found = blocking(WHAT, move || highest(&folder)).await?;
        found.map_err(|error| Unavailable::new(WHAT, error))
    }
}
