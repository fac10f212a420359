//! One pinned file into its parts of the cube. The parts are written first, then the marker that says so.

use std::collections::BTreeSet;

use dayone_domain::BillingPeriod;
use dayone_domain::cube::FORMAT_VERSION;
use dayone_ports::{Digest, Record};

use super::arriving::{Arriving, FileState, ParsedFile, Part, ReadAs, ReadFile, Unread, Work};
use crate::failure::{Failure, FailureKind};
use crate::keys;
use crate::tenant::Tenant;

/// What became of reading a file.
pub(super) enum Outcome {
    Read(ParsedFile),
    NotRead(FileState),
}

impl Tenant {
    /// Reads a file and notes what became of it; a version that was read before for the same tags is not read again.
    /// What it was and what is noted by now: a marker that says that the file was read stays.
    ///
    /// # Errors
    /// Where the outside did not answer; the same work is then to be done again.
    pub async fn parse(&self, arriving: &Arriving<'_>, work: &Work) -> Result<FileState, Failure> {
        let Some(id) = work.announcement else { return self.parse_lone(arriving, work).await };
        let Some((announcement, _)) = self.announced(id).await? else {
            return Err(Failure::broken(format!("the delivery {id} was never announced")));
        };
        let key = keys::file_state(&self.id, id, work.place);
        let before: Option<(FileState, Record)> = self.view(&key).await?;
        if let Some((state @ FileState::Read { .. }, _)) = &before {
            return Ok(state.clone());
        }
        let state = match self.read_pinned(arriving, work, &announcement.tag_keys).await? {
            Outcome::Read(file) => FileState::Read { file },
            Outcome::NotRead(state) => state,
        };
        let mut changes = self.changes();
        changes.put(key.clone(), before.as_ref().map(|(_, record)| record), &state);
        match changes.commit().await {
            Ok(()) => Ok(state),
            // Somebody else has read it at the same time.
            Err(failure) if failure.kind == FailureKind::Busy => self.view(&key).await?.map(|(state, _)| state).ok_or(failure),
            Err(failure) => Err(failure),
        }
    }

    /// Reads a file, or finds what was read.
    pub(super) async fn read_pinned(&self, arriving: &Arriving<'_>, work: &Work, tag_keys: &[String]) -> Result<Outcome, Failure> {
        let Work { source, object, .. } = work;
        let read_as = ReadAs { source, tag_keys, currency_if_absent: arriving.currency_if_absent };
        let key = keys::read_file(&self.id, digest_of(work, &read_as, arriving.files.reader_revision()));
        if let Some((file, _)) = self.view::<ParsedFile>(&key).await? {
            return Ok(Outcome::Read(file));
        }
        let read = match arriving.files.read(arriving.landing, object, &read_as).await {
            Ok(read) => read,
            Err(Unread::Refused(refusal)) => {
                return Ok(Outcome::NotRead(FileState::Refused { object: object.clone(), refusal: *refusal }));
            }
            Err(Unread::Changed) => return Ok(Outcome::NotRead(FileState::Changed { object: object.clone() })),
            Err(Unread::Failed(failure)) => return Err(failure),
        };
        let file = ParsedFile {
            object: object.clone(),
            sha256: read.sha256,
            tag_keys: read.cube.tag_keys().to_vec(),
            parts: self.put_parts(&read).await?,
            notes: read.notes,
        };
        let mut changes = self.changes();
        changes.put(key, None, &file);
        match changes.commit().await {
            // Somebody else has read the same bytes to the same parts.
            Err(failure) if failure.kind == FailureKind::Busy => Ok(Outcome::Read(file)),
            other => other.map(|()| Outcome::Read(file)),
        }
    }

    async fn put_parts(&self, read: &ReadFile) -> Result<Vec<Part>, Failure> {
        let periods: BTreeSet<BillingPeriod> = read.cube.bills().map(|bill| bill.period).collect();
        let mut parts = Vec::with_capacity(periods.len());
        for period in periods {
            let control = serde_json::to_vec(&read.control.of_period(period)).map_err(Failure::broken)?;
            parts.push(Part {
                period,
                cube: self.put_packed(&read.cube.of_period(period).to_bytes()).await?,
                control: self.put_packed(&control).await?,
            });
        }
        Ok(parts)
    }
}

/// What reads, and what it writes: what another one has read is read anew.
pub(super) fn reader_of(reader_revision: u32) -> String {
    format!("reader {reader_revision} cube {FORMAT_VERSION}")
}

/// What was read, and how.
fn digest_of(work: &Work, read_as: &ReadAs<'_>, reader_revision: u32) -> Digest {
    let Work { source, object, .. } = work;
    let currency = read_as.currency_if_absent.map(|currency| currency.to_string()).unwrap_or_default();
    let reader = reader_of(reader_revision);
    let parts = [source, &object.key, &object.version, &object.etag, &currency, &reader].map(|text| text.as_bytes());
    let parts: Vec<&[u8]> = parts.into_iter().chain(read_as.tag_keys.iter().map(String::as_bytes)).collect();
    Digest::of_parts(&parts)
}
