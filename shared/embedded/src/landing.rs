//! A folder in which billing files land, laid out like a bucket or like a part of one.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use dayone_ports::landing::MOST_LANDED;
use dayone_ports::{LandedObject, LandedPage, Landing, LandingError, Unavailable};

use crate::blocking::blocking;

/// Most levels of folders below the landing.
const MOST_LEVELS: usize = 64;

/// Files below a folder. A key is the path below it, with slashes; hidden files and folders have none. A version is when
/// a file was written last, in nanoseconds, and its length: no file is read to be pinned. The ETag is the same.
#[derive(Clone, Debug)]
pub struct FolderLanding {
    folder: PathBuf,
}

impl FolderLanding {
    /// What lies in this folder.
    pub fn new(folder: impl Into<PathBuf>) -> FolderLanding {
        FolderLanding { folder: folder.into() }
    }

    /// The path of a key; `None` for a text that leads elsewhere.
    fn path(&self, key: &str) -> Option<PathBuf> {
        let is_plain = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', '\0']);
        // On some systems a part may name a drive.
        let leads_elsewhere = Path::new(key).components().any(|part| !matches!(part, std::path::Component::Normal(_)));
        (key.split('/').all(is_plain) && !leads_elsewhere).then(|| self.folder.join(key))
    }

    fn object(&self, key: &str) -> io::Result<Option<LandedObject>> {
        let Some(path) = self.path(key) else { return Ok(None) };
        match fs::metadata(path) {
            Ok(facts) if facts.is_file() => object(key, &facts).map(Some),
            Ok(_) => Ok(None),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keys that a file may have here which the manifest at `manifest` names `key` in its bucket, the likeliest first.
    ///
    /// The bucket's root may be the landing, or a folder between it and the manifest. Where the landing is the copy of a
    /// folder of the bucket, the names of the folders above are in no path here; what is left of the key then is more
    /// than the file's name, so that no file of another billing period or execution is taken for it.
    fn candidates(manifest: &str, key: &str) -> Vec<String> {
        let folders: Vec<&str> = manifest.split('/').collect();
        let parts: Vec<&str> = key.split('/').collect();
        let above = (0..folders.len()).rev().map(|depth| &folders[..depth]);
        let cuts = 0..parts.len().saturating_sub(1).max(1);
        let places = cuts.flat_map(|cut| above.clone().map(move |folders| (folders, cut)));
        places.map(|(folders, cut)| folders.iter().chain(&parts[cut..]).copied().collect::<Vec<_>>().join("/")).collect()
    }

    fn walk(&self, folder: &Path, below: &str, level: usize, found: &mut Vec<LandedObject>) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| !name.starts_with('.')) else { continue };
            let key = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
            let path = entry.path();
            let facts = fs::metadata(&path)?;
            if facts.is_dir() {
                if level == MOST_LEVELS {
                    return Err(io::Error::other(format!("folders nest deeper than {MOST_LEVELS} levels at `{key}`")));
                }
                self.walk(&path, &key, level + 1, found)?;
            } else if facts.is_file() {
                found.push(object(&key, &facts)?);
            }
        }
        Ok(())
    }

    fn page(&self, prefix: &str, after: Option<&str>, limit: usize) -> io::Result<LandedPage> {
        let mut found = Vec::new();
        self.walk(&self.folder, "", 0, &mut found)?;
        found.retain(|object| object.key.starts_with(prefix) && after.is_none_or(|after| object.key.as_str() > after));
        found.sort();
        let limit = limit.clamp(1, MOST_LANDED);
        let has_more = found.len() > limit;
        found.truncate(limit);
        Ok(LandedPage { objects: found, has_more })
    }
}

fn object(key: &str, facts: &Metadata) -> io::Result<LandedObject> {
    let modified = facts.modified()?;
    let nanoseconds = modified.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let version = format!("{nanoseconds:020}-{}", facts.len());
    let modified = DateTime::<Utc>::from(modified);
    Ok(LandedObject { key: key.to_owned(), etag: version.clone(), version, bytes: facts.len(), modified })
}

/// Bytes of a file that is as it was pinned, before and after they were read.
fn read(landing: &FolderLanding, pinned: &LandedObject, from: u64, length: u64) -> Result<Vec<u8>, LandingError> {
    const WHAT: &str = "read a billing file";
    let unavailable = |error: io::Error| LandingError::from(Unavailable::new(WHAT, error));
    let changed = || LandingError::Changed(pinned.key.clone());
    let path = landing.path(&pinned.key).ok_or_else(changed)?;
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(changed()),
        opened => opened.map_err(unavailable)?,
    };
    let is_pinned = |file: &File| file.metadata().and_then(|facts| object(&pinned.key, &facts)).map(|object| object == *pinned);
    if !is_pinned(&file).map_err(unavailable)? {
        return Err(changed());
    }
    file.seek(SeekFrom::Start(from)).map_err(unavailable)?;
    let mut bytes = Vec::new();
    file.by_ref().take(length).read_to_end(&mut bytes).map_err(unavailable)?;
    if is_pinned(&file).map_err(unavailable)? { Ok(bytes) } else { Err(changed()) }
}

#[async_trait]
impl Landing for FolderLanding {
    async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<LandedPage, Unavailable> {
        const WHAT: &str = "list billing files";
        let (landing, prefix, after) = (self.clone(), prefix.to_owned(), after.map(str::to_owned));
        let page = blocking(WHAT, move || landing.page(&prefix, after.as_deref(), limit)).await?;
        page.map_err(|error| Unavailable::new(WHAT, error))
    }

    async fn head(&self, key: &str) -> Result<Option<LandedObject>, Unavailable> {
        const WHAT: &str = "look at a billing file";
        let (landing, key) = (self.clone(), key.to_owned());
        blocking(WHAT, move || landing.object(&key)).await?.map_err(|error| Unavailable::new(WHAT, error))
    }

    async fn named(&self, manifest: &str, key: &str) -> Result<Option<LandedObject>, Unavailable> {
        const WHAT: &str = "look for a billing file";
        let (landing, candidates) = (self.clone(), Self::candidates(manifest, key));
        let find = move || candidates.iter().find_map(|key| landing.object(key).transpose()).transpose();
        blocking(WHAT, find).await?.map_err(|error| Unavailable::new(WHAT, error))
    }

    async fn read(&self, object: &LandedObject, from: u64, length: u64) -> Result<Vec<u8>, LandingError> {
        let (landing, pinned) = (self.clone(), object.clone());
        blocking("read a billing file", move || read(&landing, &pinned, from, length)).await?
    }

    fn local_path(&self, key: &str) -> Option<PathBuf> {
        self.path(key)
    }
}
