//! All files of a delivery are read: their parts become one cube, and the delivery the period's.

use std::collections::BTreeSet;

use dayone_domain::BillingPeriod;
use dayone_domain::cube::{Cube, CubeBuilder};
use dayone_domain::review::By;
use dayone_domain::tie_out::ControlTotals;
use dayone_ports::{Digest, LandedObject, Record};

use super::arriving::{Announcement, Completed, FileRefusal, FileState, ParsedFile, Part, Work};
use super::{DeliveredFile, MadeOf, NewDelivery, check_deliverable};
use crate::configuration::Settings;
use crate::failure::{Failure, FailureKind, retried};
use crate::keys;
use crate::tenant::Tenant;

impl Tenant {
    /// Makes a delivery the period's, once every file of it was read; `None` while it waits. Whoever has noted that a
    /// file was read asks, so that the last one does it; two at once do it once.
    ///
    /// # Errors
    /// Where its source may not hold what it holds: that is kept with what is awaited, and asking again after the
    /// sources were mended goes on.
    pub async fn complete_delivery(&self, by: &By, id: Digest) -> Result<Option<Vec<Completed>>, Failure> {
        retried!(self.complete_once(by, id))
    }

    /// The same, of the delivery that a file is a part of that was just read.
    ///
    /// # Errors
    /// As [`complete_delivery`](Self::complete_delivery).
    pub async fn complete_after(&self, by: &By, work: &Work) -> Result<Option<Vec<Completed>>, Failure> {
        match work.announcement {
            Some(id) => self.complete_delivery(by, id).await,
            None => self.complete_lone(by, &work.source).await.map(Some),
        }
    }

    /// Tries deliveries again that were refused although all their files are read: their source may hold them by now.
    pub(crate) async fn complete_refused(&self, by: &By) -> Result<(), Failure> {
        for announcement in self.announced_and_awaited(None).await? {
            if announcement.refused.is_none() || announcement.count == 0 {
                continue;
            }
            match self.complete_delivery(by, announcement.id).await {
                // It is kept with what is awaited.
                Err(failure) if failure.kind == FailureKind::Refused => {}
                other => other.map(drop)?,
            }
        }
        Ok(())
    }

    async fn complete_once(&self, by: &By, id: Digest) -> Result<Option<Vec<Completed>>, Failure> {
        let Some((announcement, record)) = self.announced(id).await? else {
            return Err(Failure::broken(format!("the delivery {id} was never announced")));
        };
        if announcement.outcome.is_some() {
            return Ok(announcement.outcome);
        }
        let states = self.file_states(id).await?;
        let files: Vec<ParsedFile> = states
            .into_values()
            .filter_map(|state| match state {
                FileState::Read { file } => Some(file),
                FileState::Refused { .. } | FileState::Changed { .. } => None,
            })
            .collect();
        if files.len() < announcement.count as usize || announcement.count == 0 {
            return Ok(None);
        }
        match self.deliver_announced(by, &announcement, &files).await {
            Ok(outcome) => {
                self.conclude(&announcement, &record, outcome.clone()).await?;
                Ok(Some(outcome))
            }
            Err(failure) if failure.kind == FailureKind::Refused => {
                self.note_refused(announcement, &record, &failure).await?;
                Err(failure)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn deliver_announced(&self, by: &By, announcement: &Announcement, files: &[ParsedFile]) -> Result<Vec<Completed>, Failure> {
        let settings = self.settings().await?;
        let of_files = files.iter().flat_map(|file| &file.parts).map(|part| part.period);
        let periods: BTreeSet<BillingPeriod> = of_files.chain(announcement.period).collect();
        if periods.len() > 1 {
            // All of it is taken or nothing; merged twice, so that no more than one period is held at once.
            for &period in &periods {
                check_deliverable(&settings, &self.of_period(announcement, files, period).await?)?;
            }
        }
        let mut completed = Vec::new();
        for period in periods {
            let LandedObject { key, version, .. } = announcement.manifest.clone();
            let made_of =
                if is_own(announcement, period) { MadeOf::Manifest { key, version } } else { MadeOf::OtherManifest { key, version } };
            let new = self.of_period(announcement, files, period).await?;
            completed.push(self.deliver_merged(by, &settings, new, made_of, None).await?);
        }
        Ok(completed)
    }

    /// What a delivery holds of a billing period: all files of the manifest's own period, also those without charges; of
    /// another one those that have any.
    async fn of_period(&self, announcement: &Announcement, files: &[ParsedFile], period: BillingPeriod) -> Result<NewDelivery, Failure> {
        let is_own = is_own(announcement, period);
        let of_period: Vec<&ParsedFile> =
            files.iter().filter(|file| is_own || file.parts.iter().any(|part| part.period == period)).collect();
        self.merged(&announcement.source, period, &of_period, announcement.manifest.modified, &announcement.tag_keys).await
    }

    pub(super) async fn deliver_merged(
        &self,
        by: &By,
        settings: &Settings,
        new: NewDelivery,
        made_of: MadeOf,
        unchanged: Option<(dayone_ports::Key, Option<Record>)>,
    ) -> Result<Completed, Failure> {
        let (source, period) = (new.source.clone(), new.period);
        let files = u32::try_from(new.files.len()).map_err(Failure::broken)?;
        let charges = new.cube.bills().map(|bill| new.cube.master_bill(bill).0).sum();
        let outcome = self.deliver_made_of(by, settings, new, Some(made_of), unchanged).await?;
        Ok(Completed { source, period, files, charges, outcome })
    }

    /// The parts of one billing period, put together in the order of the files' keys.
    pub(super) async fn merged(
        &self,
        source: &str,
        period: BillingPeriod,
        files: &[&ParsedFile],
        modified: chrono::DateTime<chrono::Utc>,
        tag_keys: &[String],
    ) -> Result<NewDelivery, Failure> {
        let parts: Vec<&Part> = files.iter().flat_map(|file| &file.parts).filter(|part| part.period == period).collect();
        let mut controls = Vec::with_capacity(parts.len());
        for part in &parts {
            let bytes = self.packed_document(part.control).await?;
            controls.push(serde_json::from_slice::<ControlTotals>(&bytes).map_err(Failure::broken)?);
        }
        let delivered =
            files.iter().map(|file| DeliveredFile { name: file.object.key.clone(), sha256: file.sha256, bytes: file.object.bytes });
        Ok(NewDelivery {
            source: source.to_owned(),
            period,
            modified,
            files: delivered.collect(),
            cube: self.merged_cube(&parts, tag_keys).await?,
            control: ControlTotals::merge(&controls),
        })
    }

    async fn merged_cube(&self, parts: &[&Part], tag_keys: &[String]) -> Result<Cube, Failure> {
        if let [part] = parts {
            return self.cube(part.cube, tag_keys).await;
        }
        let mut cubes = vec![CubeBuilder::new(tag_keys.to_vec()).finish()];
        for part in parts {
            cubes.push(self.cube(part.cube, tag_keys).await?);
        }
        Cube::merge(&cubes).map_err(|error| Failure::refused("not-one-delivery", error))
    }

    async fn conclude(&self, announcement: &Announcement, record: &Record, outcome: Vec<Completed>) -> Result<(), Failure> {
        let mut changes = self.changes();
        let done = Announcement { refused: None, outcome: Some(outcome), ..announcement.clone() };
        changes.put(keys::announced(&self.id, announcement.id), Some(record), &done);
        if let Some(awaited) = self.ports.store.get(&self.awaited_key(announcement)).await? {
            changes.delete(&awaited);
        }
        changes.commit().await
    }

    async fn note_refused(&self, announcement: Announcement, record: &Record, failure: &Failure) -> Result<(), Failure> {
        let (reason, what_to_do) = failure.message.rsplit_once("; ").unwrap_or((&failure.message, "mend it and deliver again"));
        let refusal = FileRefusal {
            file: announcement.manifest.key.clone(),
            reason: reason.to_owned(),
            what_to_do: what_to_do.to_owned(),
            message: failure.message.clone(),
            ..FileRefusal::default()
        };
        if announcement.refused.as_ref() == Some(&refusal) {
            return Ok(());
        }
        let mut changes = self.changes();
        let refused = Announcement { refused: Some(refusal), ..announcement };
        changes.put(keys::announced(&self.id, refused.id), Some(record), &refused);
        changes.commit().await
    }
}

/// Whether a billing period is the one that the manifest says; where it says none, all are.
fn is_own(announcement: &Announcement, period: BillingPeriod) -> bool {
    announcement.period.is_none_or(|own| own == period)
}
