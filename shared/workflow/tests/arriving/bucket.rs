//! A bucket in memory, and files in a format that a test can write down.
//!
//! A manifest is `export period` and a key on each line after it, with its ETag behind it where it states one. A billing
//! file is a charge on each line: `period team cost`; a line with `wrong` is refused. Keys begin with the prefix of their
//! source, manifests end in `.manifest`, and `named/` stands for the layout of an export that writes manifests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use dayone_domain::cube::{Cube, CubeBuilder};
use dayone_domain::tie_out::ControlTotals;
use dayone_ports::{Digest, LandedObject, LandedPage, Landing, LandingError, Unavailable};
use dayone_workflow::deliveries::{BillingFiles, FileRefusal, LandedKind, ManifestSays, NamedFile, ReadAs, ReadFile, Unread};

use crate::company::{Row, delivery};
use crate::memory::at;

/// Versions with their text, the newest last; `None` where the object was taken away.
type Versions = Vec<Option<(LandedObject, String)>>;

/// Every version of every object.
#[derive(Clone, Default)]
pub struct Bucket {
    objects: Arc<Mutex<BTreeMap<String, Versions>>>,
    /// Whether only the newest version can be read.
    pub forgets: bool,
    /// Whether it keeps no versions, and so names none.
    pub is_unversioned: bool,
}

impl Bucket {
    /// Writes an object at a moment.
    pub fn put(&self, key: &str, modified: &str, text: &str) -> LandedObject {
        let mut objects = self.objects.lock().unwrap();
        let versions = objects.entry(key.to_owned()).or_default();
        let object = LandedObject {
            key: key.to_owned(),
            version: if self.is_unversioned { "null".to_owned() } else { format!("v{}", versions.len() + 1) },
            etag: Digest::of(text.as_bytes()).to_string()[..8].to_owned(),
            bytes: text.len() as u64,
            modified: at(modified),
        };
        versions.push(Some((object.clone(), text.to_owned())));
        object
    }

    pub fn take_away(&self, key: &str) {
        self.objects.lock().unwrap().get_mut(key).unwrap().push(None);
    }

    fn newest(&self, key: &str) -> Option<LandedObject> {
        self.objects.lock().unwrap().get(key)?.last()?.clone().map(|(object, _)| object)
    }
}

#[async_trait]
impl Landing for Bucket {
    async fn list(&self, prefix: &str, _: Option<&str>, _: usize) -> Result<LandedPage, Unavailable> {
        let keys: Vec<String> = self.objects.lock().unwrap().keys().filter(|key| key.starts_with(prefix)).cloned().collect();
        Ok(LandedPage { objects: keys.iter().filter_map(|key| self.newest(key)).collect(), has_more: false })
    }

    async fn head(&self, key: &str) -> Result<Option<LandedObject>, Unavailable> {
        Ok(self.newest(key))
    }

    async fn read(&self, object: &LandedObject, from: u64, length: u64) -> Result<Vec<u8>, LandingError> {
        let changed = || LandingError::Changed(object.key.clone());
        if self.forgets && self.newest(&object.key).as_ref() != Some(object) {
            return Err(changed());
        }
        let objects = self.objects.lock().unwrap();
        let versions = objects.get(&object.key).into_iter().flatten().flatten();
        let (_, text) = versions.into_iter().find(|(known, _)| known == object).ok_or_else(changed)?;
        Ok(text.bytes().skip(from as usize).take(length as usize).collect())
    }

    fn local_path(&self, _: &str) -> Option<std::path::PathBuf> {
        None
    }
}

/// The format of these tests.
#[derive(Default)]
pub struct Texts {
    /// How many files were read.
    pub read: AtomicU64,
    /// The reader's revision.
    pub revision: AtomicU32,
    /// Whether it takes every cost for nought.
    pub misreads: AtomicBool,
}

fn refused(key: &str, row: Option<u64>, reason: &str) -> FileRefusal {
    FileRefusal {
        file: key.to_owned(),
        row,
        reason: reason.to_owned(),
        what_to_do: "export it again".to_owned(),
        message: format!("{key}: {reason}. What to do: export it again."),
        ..FileRefusal::default()
    }
}

#[async_trait]
impl BillingFiles for Texts {
    fn kind_of(&self, key: &str) -> LandedKind {
        match key {
            _ if key.ends_with(".manifest") => LandedKind::Manifest,
            _ if key.ends_with(".txt") => LandedKind::Other,
            _ if key.contains("/named/") => LandedKind::NamedByManifest,
            _ => LandedKind::Data,
        }
    }

    fn manifest(&self, key: &str, bytes: &[u8]) -> Result<ManifestSays, Box<FileRefusal>> {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        let mut lines = text.lines();
        let Some((export, period)) = lines.next().and_then(|line| line.split_once(' ')) else {
            return Err(Box::new(refused(key, None, "is no manifest")));
        };
        let named = |line: &str| match line.split_once(' ') {
            Some((key, etag)) => NamedFile { key: key.to_owned(), etag: Some(etag.to_owned()), bytes: None },
            None => NamedFile { key: line.to_owned(), etag: None, bytes: None },
        };
        Ok(ManifestSays { export: export.to_owned(), period: period.parse().ok(), execution: None, files: lines.map(named).collect() })
    }

    fn reader_revision(&self) -> u32 {
        self.revision.load(Ordering::Relaxed)
    }

    fn most_manifest_bytes(&self) -> u64 {
        1000
    }

    async fn read(&self, landing: &dyn Landing, file: &LandedObject, read_as: &ReadAs<'_>) -> Result<ReadFile, Unread> {
        self.read.fetch_add(1, Ordering::Relaxed);
        let bytes = landing.read(file, 0, u64::MAX).await.map_err(|_| Unread::Changed)?;
        let text = String::from_utf8(bytes).unwrap();
        let (mut cubes, mut controls) = (vec![CubeBuilder::new(read_as.tag_keys.to_vec()).finish()], Vec::new());
        for (row, line) in (1..).zip(text.lines()) {
            let parts: Vec<&str> = line.split(' ').collect();
            let [period, team, cost] = parts[..] else {
                return Err(Unread::Refused(Box::new(refused(&file.key, Some(row), "is no charge"))));
            };
            let cost = if self.misreads.load(Ordering::Relaxed) { "0" } else { cost };
            let rows: [Row<'_>; 1] = [(team, "Usage", cost, false)];
            let new = delivery(read_as.source, period, DateTime::<Utc>::UNIX_EPOCH, &rows);
            cubes.push(new.cube);
            controls.push(new.control);
        }
        Ok(ReadFile {
            sha256: Digest::of(text.as_bytes()),
            cube: Cube::merge(&cubes).unwrap(),
            control: ControlTotals::merge(&controls),
            notes: Vec::new(),
        })
    }
}
