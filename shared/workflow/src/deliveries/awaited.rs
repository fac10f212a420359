//! Deliveries that are not complete: which of their files are missing, differ or are refused, and since when.

use chrono::{DateTime, TimeDelta, Utc};
use dayone_domain::BillingPeriod;
use dayone_domain::plain_text::harmless;
use dayone_ports::{Digest, LandedObject};
use serde::{Deserialize, Serialize};

use super::arriving::{AnnouncedFile, Announcement, FileRefusal, FileState};
use super::lone::{LoneFile, RefusedFile};
use super::{MadeOf, SourceView};
use crate::configuration::Settings;
use crate::failure::{Failure, retried};
use crate::keys;
use crate::mail::MailTask;
use crate::tenant::Tenant;

/// Most files of a delivery that are named one by one; [`Awaited::unread`] says it, too.
const MOST_NAMED: usize = 20;
/// Files that a sentence names.
const NAMED_IN_A_SENTENCE: usize = 3;

/// A delivery that is not complete: it changes nothing that owners see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Awaited {
    /// What was announced; `None` for a file that no manifest names.
    pub announcement: Option<Digest>,
    /// The source.
    pub source: String,
    /// The billing period; `None` where only the files say.
    pub period: Option<BillingPeriod>,
    /// The manifest; `None` for files that none names.
    pub manifest: Option<String>,
    /// When the manifest was written; of a file that none names, when that was.
    pub modified: DateTime<Utc>,
    /// When it became known.
    pub since: DateTime<Utc>,
    /// How many files it has.
    pub files: u32,
    /// How many of them are read.
    pub read: u32,
    /// The first twenty of the others.
    pub unread: Vec<AwaitedFile>,
    /// Why it is not taken although all of them are read, or why its manifest is refused.
    pub refused: Option<FileRefusal>,
    /// Whether it has been awaited for longer than the policy says.
    pub is_late: bool,
}

/// A file that a delivery waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitedFile {
    /// Its key, as the manifest names it.
    pub key: String,
    /// Why.
    pub trouble: Trouble,
}

/// Why a file is not read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "snake_case")]
pub enum Trouble {
    /// It has not come.
    Missing,
    /// It has another ETag or size than the manifest says.
    Differs,
    /// It was overwritten or taken away before it was read.
    Changed,
    /// It cannot be read right.
    Refused {
        /// Why.
        refusal: FileRefusal,
    },
    /// It is there and will be read.
    ToRead,
}

impl Trouble {
    /// In words: `has not come`.
    pub fn words(&self) -> String {
        match self {
            Trouble::Missing => "has not come".to_owned(),
            Trouble::Differs => "differs from what the manifest says".to_owned(),
            Trouble::Changed => "was overwritten or taken away before it was read".to_owned(),
            Trouble::Refused { refusal } => format!("is refused ({})", refusal.reason),
            Trouble::ToRead => "is not read yet".to_owned(),
        }
    }
}

impl Awaited {
    /// What it waits for and what to do, in sentences.
    pub fn sentence(&self) -> String {
        let of = self.period.map(|period| format!(" of {period}")).unwrap_or_default();
        let waits = match &self.refused {
            Some(refusal) => format!("is not taken: {}. What to do: {}", refusal.reason, refusal.what_to_do),
            None => {
                let named: Vec<String> = self.unread.iter().take(NAMED_IN_A_SENTENCE).map(AwaitedFile::words).collect();
                let unread = self.files.saturating_sub(self.read) as usize;
                let more = unread.saturating_sub(named.len());
                let more = if more > 0 { format!(", and {more} more") } else { String::new() };
                format!("waits for {unread} of {} files: {}{more}. What to do: {}", self.files, named.join(", "), self.what_to_do())
            }
        };
        format!("the delivery{of} for source `{}` that came on {} {waits}", self.source, self.since.format("%Y-%m-%d %H:%M UTC"))
    }

    fn mail(&self) -> MailTask {
        MailTask::Late { source: self.source.clone(), what: self.sentence() }
    }

    fn what_to_do(&self) -> &'static str {
        let has = |is: fn(&Trouble) -> bool| self.unread.iter().any(|file| is(&file.trouble));
        if has(|trouble| matches!(trouble, Trouble::Refused { .. })) {
            "mend the refused file under the same name, or let the provider export again; until then the period keeps its last complete delivery"
        } else if has(|trouble| matches!(trouble, Trouble::Differs | Trouble::Changed)) {
            "let the provider export again; until then the period keeps its last complete delivery"
        } else {
            "let the provider export again, or put the file where its manifest names it; until then the period keeps its last complete delivery"
        }
    }
}

impl AwaitedFile {
    fn words(&self) -> String {
        format!("`{}` {}", harmless(&self.key), self.trouble.words())
    }
}

impl Tenant {
    /// The deliveries that are not complete, and that no newer one has made of no interest: by source, the oldest first.
    pub async fn awaited(&self, settings: &Settings) -> Result<Vec<Awaited>, Failure> {
        let counting = self.source_periods().await?;
        let mut awaited = Vec::new();
        for announcement in self.announced_and_awaited(None).await? {
            let is_known_source = settings.sources.get(&announcement.source).is_some();
            if is_known_source && !is_overtaken(&announcement, &counting) {
                awaited.push(self.awaited_of(settings, &announcement).await?);
            }
        }
        for source in settings.sources.iter() {
            let files = self.lone_files(&source.id).await?;
            awaited.extend(files.iter().filter_map(|file| self.awaited_of_lone(settings, &source.id, file)));
        }
        awaited.sort_by(|one, other| (&one.source, one.since, &one.manifest).cmp(&(&other.source, other.since, &other.manifest)));
        Ok(awaited)
    }

    /// What is awaited and late; the controllers have mail of each once.
    pub(crate) async fn late(&self) -> Result<Vec<Awaited>, Failure> {
        let settings = self.settings().await?;
        let mut late = self.awaited(&settings).await?;
        late.retain(|awaited| awaited.is_late);
        for awaited in &late {
            match (&awaited.announcement, awaited.unread.first()) {
                (Some(id), _) => retried!(self.tell_late(*id, awaited))?,
                (None, Some(file)) => retried!(self.tell_lone_late(&file.key, awaited))?,
                (None, None) => {}
            }
        }
        Ok(late)
    }

    async fn tell_late(&self, id: Digest, awaited: &Awaited) -> Result<(), Failure> {
        let known = self.announced(id).await?.filter(|(known, _)| !known.told_late && known.outcome.is_none());
        let Some((known, record)) = known else { return Ok(()) };
        let mut changes = self.changes();
        changes.put(keys::announced(&self.id, id), Some(&record), &Announcement { told_late: true, ..known });
        awaited.mail().ask(&mut changes, self, &format!("late-{id}"));
        changes.commit().await
    }

    async fn tell_lone_late(&self, key: &str, awaited: &Awaited) -> Result<(), Failure> {
        let key = self.lone_key(&awaited.source, key);
        let Some((file, record)) = self.view::<LoneFile>(&key).await? else { return Ok(()) };
        let Some(refused) = file.refused.clone().filter(|refused| !refused.told_late) else { return Ok(()) };
        let mut changes = self.changes();
        let id = format!("late-{}", Digest::of(format!("{}{}", key.sort, refused.object.version).as_bytes()));
        changes.put(key, Some(&record), &LoneFile { refused: Some(RefusedFile { told_late: true, ..refused }), ..file });
        awaited.mail().ask(&mut changes, self, &id);
        changes.commit().await
    }

    async fn awaited_of(&self, settings: &Settings, announcement: &Announcement) -> Result<Awaited, Failure> {
        let files = self.announced_files(announcement).await?;
        let states = self.file_states(announcement.id).await?;
        let is_read = |place: &u32| matches!(states.get(place), Some(FileState::Read { .. }));
        let read = (0..announcement.count).filter(is_read).count();
        let unread = (0..).zip(&files).filter(|(place, _)| !is_read(place));
        let unread = unread.take(MOST_NAMED).map(|(place, file)| awaited_file(file, states.get(&place)));
        Ok(Awaited {
            announcement: Some(announcement.id),
            source: announcement.source.clone(),
            period: announcement.period,
            manifest: Some(announcement.manifest.key.clone()),
            modified: announcement.manifest.modified,
            since: announcement.since,
            files: announcement.count,
            read: u32::try_from(read).map_err(Failure::broken)?,
            unread: unread.collect(),
            refused: announcement.refused.clone(),
            is_late: self.is_late(settings, announcement.since),
        })
    }

    fn awaited_of_lone(&self, settings: &Settings, source: &str, file: &LoneFile) -> Option<Awaited> {
        let refused = file.refused.as_ref()?;
        let trouble = Trouble::Refused { refusal: refused.refusal.clone() };
        Some(Awaited {
            announcement: None,
            source: source.to_owned(),
            period: None,
            manifest: None,
            modified: refused.object.modified,
            since: refused.since,
            files: 1,
            read: 0,
            unread: vec![AwaitedFile { key: file.key.clone(), trouble }],
            refused: None,
            is_late: self.is_late(settings, refused.since),
        })
    }

    fn is_late(&self, settings: &Settings, since: DateTime<Utc>) -> bool {
        self.ports.clock.now() - since >= TimeDelta::hours(i64::from(settings.policy.late_after_hours))
    }
}

fn awaited_file(file: &AnnouncedFile, state: Option<&FileState>) -> AwaitedFile {
    let trouble = match (state, &file.object) {
        (Some(FileState::Refused { refusal, .. }), _) => Trouble::Refused { refusal: refusal.clone() },
        (Some(FileState::Changed { .. }), _) => Trouble::Changed,
        (Some(FileState::Read { .. }), _) => Trouble::ToRead,
        (None, None) => Trouble::Missing,
        (None, Some(object)) if file.agrees(object) => Trouble::ToRead,
        (None, Some(_)) => Trouble::Differs,
    };
    AwaitedFile { key: file.named.key.clone(), trouble }
}

/// Whether a newer delivery of the same source and billing period counts.
pub(super) fn is_overtaken(announcement: &Announcement, counting: &[SourceView]) -> bool {
    let LandedObject { key, version, modified, .. } = announcement.manifest.clone();
    let own = (modified, Some(MadeOf::Manifest { key, version }));
    counting.iter().any(|view| {
        (view.source.as_str(), Some(view.period)) == (announcement.source.as_str(), announcement.period)
            && (view.newest.modified, &view.newest.made_of) > (own.0, &own.1)
    })
}
