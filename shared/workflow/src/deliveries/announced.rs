//! Announced deliveries in the store.

use std::collections::BTreeMap;

use dayone_ports::{Digest, Key, Record};

use super::arriving::{AnnouncedFile, Announcement, FileState};
use crate::failure::Failure;
use crate::keys;
use crate::tenant::Tenant;
use crate::views::parsed;

impl Tenant {
    /// A delivery that was announced, and its record.
    pub(super) async fn announced(&self, id: Digest) -> Result<Option<(Announcement, Record)>, Failure> {
        self.view(&keys::announced(&self.id, id)).await
    }

    /// Its files, in the manifest's order.
    pub(super) async fn announced_files(&self, announcement: &Announcement) -> Result<Vec<AnnouncedFile>, Failure> {
        self.json_document(announcement.files).await
    }

    /// What became of its files so far, by place.
    pub(super) async fn file_states(&self, id: Digest) -> Result<BTreeMap<u32, FileState>, Failure> {
        let mut states = BTreeMap::new();
        for shard in 0..keys::FILE_SHARDS {
            for record in self.records(&keys::file_states(&self.id, id, shard), "").await? {
                let place = record.key.sort.parse().map_err(|_| Failure::broken(format!("`{}` is no file's place", record.key)))?;
                states.insert(place, parsed(&record)?);
            }
        }
        Ok(states)
    }

    /// The key under which a delivery stands among those that are awaited.
    pub(super) fn awaited_key(&self, announcement: &Announcement) -> Key {
        Key::new(keys::awaited(&self.id), format!("{}/{}", announcement.source, announcement.id))
    }

    /// The deliveries of a source that are not complete; of all sources where none is named.
    pub(super) async fn announced_and_awaited(&self, source: Option<&str>) -> Result<Vec<Announcement>, Failure> {
        let prefix = source.map_or_else(String::new, |source| format!("{source}/"));
        let mut awaited = Vec::new();
        for record in self.records(&keys::awaited(&self.id), &prefix).await? {
            let id: Digest = parsed(&record)?;
            // It may have become complete since.
            let known = self.announced(id).await?.map(|(announcement, _)| announcement);
            awaited.extend(known.filter(|announcement| announcement.outcome.is_none()));
        }
        Ok(awaited)
    }
}
