//! The bucket that refreshes land in. AWS writes several files and a manifest that names them, into a new folder each
//! time; Azure overwrites one file a month.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use dayone_domain::BillingPeriod;
use dayone_ports::{Digest, LandedObject, LandedPage, Landing, LandingError, Unavailable};
use dayone_workflow::deliveries::{Arriving, BillingFiles, FileRefusal, LandedKind, ManifestSays, NamedFile, ReadAs, ReadFile, Unread};
use dayone_workflow::failure::Failure;

use crate::chaos::{Chaos, Luck};
use crate::model::{Refresh, Row, SOURCES, summed};

/// Charges of one file of an export with manifests.
const ROWS_OF_A_FILE: usize = 3;

/// Keys in the byte order of versions: the newest is last.
type Objects = BTreeMap<String, BTreeMap<String, (LandedObject, Content)>>;

#[derive(Clone)]
enum Content {
    Manifest(String),
    Rows { source: usize, period: BillingPeriod, rows: Vec<Row> },
}

/// Every version of every object.
pub struct Bucket {
    objects: Arc<Mutex<Objects>>,
    chaos: Chaos,
}

impl Bucket {
    /// An empty bucket whose calls may fail.
    pub fn new(chaos: Chaos) -> Bucket {
        Bucket { objects: Arc::default(), chaos }
    }

    /// For the use cases.
    pub fn arriving(&self) -> Arriving<'_> {
        Arriving { landing: self, files: self, currency_if_absent: None }
    }

    /// The keys of a refresh, as a provider writes them: the manifest last.
    pub fn keys(&self, refresh: &Refresh) -> Vec<String> {
        contents(refresh).into_iter().map(|(key, _)| key).collect()
    }

    /// A provider writes a refresh. Of two that are made at the same moment the first stays.
    pub fn put(&self, refresh: &Refresh) {
        let version = refresh.modified.format("%Y-%m-%dT%H:%M:%SZ").to_string();
        for (key, content) in contents(refresh) {
            let text = match &content {
                Content::Manifest(text) => text.clone(),
                Content::Rows { rows, .. } => format!("{rows:?}"),
            };
            let object = LandedObject {
                key: key.clone(),
                version: version.clone(),
                etag: Digest::of(text.as_bytes()).to_string(),
                bytes: text.len() as u64,
                modified: refresh.modified,
            };
            self.lock().entry(key).or_default().entry(version.clone()).or_insert((object, content));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().expect("nobody panics with the lock")
    }

    async fn risky(&self, what: &str) -> Result<(), Unavailable> {
        match self.chaos.luck().await {
            Luck::Done => Ok(()),
            Luck::NotDone | Luck::NotAnswered => Err(Unavailable::new(what, "it did not answer")),
        }
    }

    fn content(&self, object: &LandedObject) -> Option<Content> {
        let known = self.lock().get(&object.key)?.get(&object.version)?.clone();
        (known.0 == *object).then_some(known.1)
    }
}

fn contents(refresh: &Refresh) -> Vec<(String, Content)> {
    let Refresh { source, period, rows, .. } = refresh.clone();
    let name = SOURCES[source].0;
    if name != "aws" {
        return vec![(format!("{name}/{period}.csv"), Content::Rows { source, period, rows })];
    }
    let folder = format!("{name}/named/{period}/{}", refresh.modified.timestamp());
    let files = (1..).zip(rows.chunks(ROWS_OF_A_FILE));
    let mut contents: Vec<(String, Content)> =
        files.map(|(number, rows)| (format!("{folder}/{number}.csv"), Content::Rows { source, period, rows: rows.to_vec() })).collect();
    let named: Vec<&str> = contents.iter().map(|(key, _)| key.as_str()).collect();
    let manifest = Content::Manifest(format!("{period}\n{}", named.join("\n")));
    contents.push((format!("{folder}.manifest"), manifest));
    contents
}

#[async_trait]
impl Landing for Bucket {
    async fn list(&self, _: &str, _: Option<&str>, _: usize) -> Result<LandedPage, Unavailable> {
        Ok(LandedPage::default())
    }

    async fn head(&self, key: &str) -> Result<Option<LandedObject>, Unavailable> {
        self.risky("look at a billing file").await?;
        Ok(self.lock().get(key).and_then(|versions| versions.values().next_back()).map(|(object, _)| object.clone()))
    }

    async fn read(&self, object: &LandedObject, _: u64, _: u64) -> Result<Vec<u8>, LandingError> {
        self.risky("read a manifest").await?;
        match self.content(object) {
            Some(Content::Manifest(text)) => Ok(text.into_bytes()),
            _ => Err(LandingError::Changed(object.key.clone())),
        }
    }

    fn local_path(&self, _: &str) -> Option<PathBuf> {
        None
    }
}

#[async_trait]
impl BillingFiles for Bucket {
    fn kind_of(&self, key: &str) -> LandedKind {
        match key {
            _ if key.ends_with(".manifest") => LandedKind::Manifest,
            _ if key.contains("/named/") => LandedKind::NamedByManifest,
            _ => LandedKind::Data,
        }
    }

    fn reader_revision(&self) -> u32 {
        1
    }

    fn manifest(&self, key: &str, bytes: &[u8]) -> Result<ManifestSays, Box<FileRefusal>> {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let mut lines = text.lines();
        let period = lines.next().and_then(|period| period.parse().ok());
        let named = |key: &str| NamedFile { key: key.to_owned(), etag: None, bytes: None };
        let export = key.split('/').next().unwrap_or_default().to_owned();
        Ok(ManifestSays { export, period, execution: None, files: lines.map(named).collect() })
    }

    fn most_manifest_bytes(&self) -> u64 {
        1 << 20
    }

    async fn read(&self, _: &dyn Landing, file: &LandedObject, read_as: &ReadAs<'_>) -> Result<ReadFile, Unread> {
        self.risky("read a billing file").await.map_err(|error| Unread::Failed(Failure::from(error)))?;
        let Some(Content::Rows { source, period, rows }) = self.content(file) else { return Err(Unread::Changed) };
        assert_eq!(read_as.source, SOURCES[source].0, "a file is read for another source");
        let (cube, control) = summed(source, period, &rows);
        Ok(ReadFile { sha256: Digest::of(format!("{rows:?}").as_bytes()), cube, control, notes: Vec::new() })
    }
}
