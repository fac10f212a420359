//! Files that no manifest names: all that have landed for a source are a delivery. The same key replaces, another key adds.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use dayone_domain::BillingPeriod;
use dayone_domain::review::By;
use dayone_ports::{Key, LandedObject, Record};
use serde::{Deserialize, Serialize};

use super::arriving::{Arriving, Completed, FileRefusal, FileState, ParsedFile, Work};
use super::parse::Outcome;
use super::{MadeOf, SourceView, files_id};
use crate::failure::{Failure, retried};
use crate::keys;
use crate::tenant::Tenant;
use crate::views::parsed;

/// A file that no manifest names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LoneFile {
    /// Its key.
    pub key: String,
    /// Its newest version that could be read.
    pub file: Option<ParsedFile>,
    /// Billing periods that any of its versions had charges of: when it changes, they do.
    pub touched: BTreeSet<BillingPeriod>,
    /// A newer version that cannot be read right. Deliveries of its source wait until it is mended or gone.
    pub refused: Option<RefusedFile>,
    /// At which change of its source's files the same version was read to something else than before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_anew: Option<u64>,
}

/// A version of a file that cannot be read right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RefusedFile {
    pub object: LandedObject,
    pub refusal: FileRefusal,
    pub since: DateTime<Utc>,
    /// Whether the controllers were told that it is still so.
    pub told_late: bool,
}

impl LoneFile {
    /// The newest version that is known.
    fn newest(&self) -> Option<&LandedObject> {
        let refused = self.refused.as_ref().map(|refused| &refused.object);
        let read = self.file.as_ref().map(|file| &file.object);
        [refused, read].into_iter().flatten().max_by_key(|object| order(object))
    }
}

/// Newest is the time of writing, then the version.
fn order(object: &LandedObject) -> (DateTime<Utc>, &str) {
    (object.modified, &object.version)
}

impl Tenant {
    /// Reads a file that no manifest names. An older version than is known changes nothing.
    pub(super) async fn parse_lone(&self, arriving: &Arriving<'_>, work: &Work) -> Result<FileState, Failure> {
        let tag_keys = self.settings().await?.trees.tag_keys();
        let outcome = self.read_pinned(arriving, work, &tag_keys).await?;
        if let Outcome::NotRead(FileState::Changed { object }) = outcome {
            // Its newer version is told of by itself.
            return Ok(FileState::Changed { object });
        }
        retried!(self.note_lone(work, &outcome))?;
        Ok(match outcome {
            Outcome::Read(file) => FileState::Read { file },
            Outcome::NotRead(state) => state,
        })
    }

    async fn note_lone(&self, work: &Work, outcome: &Outcome) -> Result<(), Failure> {
        let key = self.lone_key(&work.source, &work.object.key);
        let known: Option<(LoneFile, Record)> = self.view(&key).await?;
        let (before, record) = known.map_or((None, None), |(file, record)| (Some(file), Some(record)));
        let before = before.unwrap_or_else(|| LoneFile {
            key: work.object.key.clone(),
            file: None,
            touched: BTreeSet::new(),
            refused: None,
            read_anew: None,
        });
        let is_older = before.newest().is_some_and(|newest| order(newest) > order(&work.object));
        let after = match outcome {
            _ if is_older => return Ok(()),
            Outcome::Read(file) => {
                let touched = before.touched.iter().copied().chain(file.parts.iter().map(|part| part.period)).collect();
                LoneFile { file: Some(file.clone()), touched, refused: None, ..before.clone() }
            }
            Outcome::NotRead(FileState::Refused { object, refusal }) => {
                let since = before.refused.as_ref().map_or_else(|| self.ports.clock.now(), |refused| refused.since);
                let told_late = before.refused.as_ref().is_some_and(|refused| refused.told_late);
                let refused = RefusedFile { object: object.clone(), refusal: refusal.clone(), since, told_late };
                LoneFile { refused: Some(refused), ..before.clone() }
            }
            Outcome::NotRead(_) => return Ok(()),
        };
        if after == before {
            return Ok(());
        }
        self.write_lone(&work.source, key, record.as_ref(), after, before.file.as_ref()).await
    }

    /// A refused file is not there any more: deliveries of its source wait for it no longer.
    pub(super) async fn forget_refused_lone_file(&self, source: &str, key: &str) -> Result<(), Failure> {
        let key = self.lone_key(source, key);
        let Some((file, record)) = self.view::<LoneFile>(&key).await? else { return Ok(()) };
        if file.refused.is_none() {
            return Ok(());
        }
        let after = LoneFile { refused: None, ..file };
        self.write_lone(source, key, Some(&record), after, None).await
    }

    /// Writes a file, whose version that could be read was `known`.
    async fn write_lone(
        &self,
        source: &str,
        key: Key,
        before: Option<&Record>,
        mut file: LoneFile,
        known: Option<&ParsedFile>,
    ) -> Result<(), Failure> {
        let revision_key = keys::lone_revision(&self.id, source);
        let revision: Option<(u64, Record)> = self.view(&revision_key).await?;
        let next = revision.as_ref().map_or(0, |(revision, _)| *revision) + 1;
        if known.zip(file.file.as_ref()).is_some_and(|(known, file)| known.object == file.object && known.parts != file.parts) {
            file.read_anew = Some(next);
        }
        let mut changes = self.changes();
        changes.put(key, before, &file);
        changes.put(revision_key, revision.as_ref().map(|(_, record)| record), &next);
        changes.commit().await
    }

    pub(super) fn lone_key(&self, source: &str, key: &str) -> Key {
        let name = dayone_ports::Digest::of(key.as_bytes()).to_string();
        Key::new(keys::lone_files(&self.id, source), name)
    }

    /// The files of a source that no manifest names, in the order of their keys.
    pub(super) async fn lone_files(&self, source: &str) -> Result<Vec<LoneFile>, Failure> {
        let records = self.records(&keys::lone_files(&self.id, source), "").await?;
        let mut files = records.iter().map(parsed).collect::<Result<Vec<LoneFile>, Failure>>()?;
        files.sort_by(|one, other| one.key.cmp(&other.key));
        Ok(files)
    }

    /// Makes what has landed for a source without a manifest its deliveries: one for each billing period that it has
    /// changed. Nothing, while one of the files is refused.
    ///
    /// # Errors
    /// Where the source may not hold what they hold.
    pub async fn complete_lone(&self, by: &By, source: &str) -> Result<Vec<Completed>, Failure> {
        retried!(self.complete_lone_once(by, source))
    }

    async fn complete_lone_once(&self, by: &By, source: &str) -> Result<Vec<Completed>, Failure> {
        let revision_key = keys::lone_revision(&self.id, source);
        let known: Option<(u64, Record)> = self.view(&revision_key).await?;
        let Some((revision, record)) = known else { return Ok(Vec::new()) };
        let files = self.lone_files(source).await?;
        if files.iter().any(|file| file.refused.is_some()) {
            return Ok(Vec::new());
        }
        let settings = self.settings().await?;
        let tag_keys = settings.trees.tag_keys();
        let periods: BTreeSet<BillingPeriod> = files.iter().flat_map(|file| file.touched.iter().copied()).collect();
        let mut completed = Vec::new();
        for period in periods {
            let touching = files.iter().filter(|file| file.touched.contains(&period)).filter_map(|file| file.file.as_ref());
            let modified = touching.clone().map(|file| file.object.modified).max().unwrap_or_default();
            let holding: Vec<&ParsedFile> = touching.filter(|file| file.parts.iter().any(|part| part.period == period)).collect();
            let read_anew = files.iter().filter(|file| file.touched.contains(&period)).filter_map(|file| file.read_anew).max();
            if self.is_counting(source, period, &holding, modified, &tag_keys, read_anew).await? {
                continue;
            }
            let new = self.merged(source, period, &holding, modified, &tag_keys).await?;
            let unchanged = Some((revision_key.clone(), Some(record.clone())));
            completed.push(self.deliver_merged(by, &settings, new, MadeOf::LoneFiles { revision }, unchanged).await?);
        }
        Ok(completed)
    }

    /// Whether these files are what counts already.
    async fn is_counting(
        &self,
        source: &str,
        period: BillingPeriod,
        files: &[&ParsedFile],
        modified: DateTime<Utc>,
        tag_keys: &[String],
        read_anew: Option<u64>,
    ) -> Result<bool, Failure> {
        let view: Option<(SourceView, Record)> = self.view(&keys::delivery(&self.id, source, period)).await?;
        let id = files_id(files.iter().map(|file| file.sha256));
        Ok(view.is_some_and(|(SourceView { newest, .. }, _)| {
            let is_read_since = read_anew.is_some_and(|at| newest.made_of < Some(MadeOf::LoneFiles { revision: at }));
            !is_read_since && (newest.id, newest.modified, newest.tag_keys.as_slice()) == (id, modified, tag_keys)
        }))
    }
}
