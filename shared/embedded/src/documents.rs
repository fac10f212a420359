//! Documents as files.

use std::io;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use dayone_ports::{Digest, Documents, Unavailable};

use crate::blocking::blocking;
use crate::files::{self, Access};

/// Documents in a folder, as `<first 2 digits>/<64 digits>` of their SHA-256.
pub struct FolderDocuments {
    folder: PathBuf,
}

impl FolderDocuments {
    /// The documents of this folder, which is made where there is none.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<FolderDocuments> {
        let folder = folder.into();
        files::make_folder(&folder)?;
        Ok(FolderDocuments { folder })
    }

    fn path(&self, digest: Digest) -> PathBuf {
        let name = digest.to_string();
        self.folder.join(&name[..2]).join(name)
    }
}

fn keep(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().expect("INVARIANT: the path of a document ends in its folder and its name");
    files::make_folder(folder)?;
    if path.is_file() {
        // Whoever wrote it may not have come to this yet.
        return files::settle(folder);
    }
    files::create_or_replace(path, bytes, Access::Read)
}

#[async_trait]
impl Documents for FolderDocuments {
    async fn put(&self, bytes: &[u8]) -> Result<Digest, Unavailable> {
        const WHAT: &str = "keep a document";
        let bytes = bytes.to_vec();
        let digest = Digest::of(&bytes);
        let path = self.path(digest);
        let kept = blocking(WHAT, move || keep(&path, &bytes)).await?;
        kept.map_err(|error| Unavailable::new(WHAT, error))?;
        Ok(digest)
    }

    async fn get(&self, digest: Digest) -> Result<Option<Vec<u8>>, Unavailable> {
        const WHAT: &str = "read a document";
        let path = self.path(digest);
        let read = blocking(WHAT, move || files::read_if_there(&path)).await?;
        read.map_err(|error| Unavailable::new(WHAT, error))
    }
}
