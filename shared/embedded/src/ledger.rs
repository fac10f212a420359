//! A general ledger that is a folder: what is posted without an ERP.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use dayone_ports::{Digest, Erp, ErpAbility, ErpError, ErpReceipt, OutgoingJournal};

use crate::blocking::blocking;
use crate::files::{self, Access};
use crate::names::{check_reference, check_tenant};

/// One file per journal: `<tenant>/<reference>.json`, with the bytes that were sent, read-only.
///
/// A reference is the name of a file, and so is unique. Tenants are `[a-z0-9-]{1,64}`, references
/// `[A-Za-z0-9._-]{1,120}`; others are refused. The number of a journal is `LF-` and its reference; what was received is
/// what the file has now.
pub struct LedgerFolder {
    folder: PathBuf,
    settled: Arc<Settled>,
}

impl LedgerFolder {
    /// The ledger of this folder, which is made where there is none.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<LedgerFolder> {
        let folder = folder.into();
        files::make_folder(&folder)?;
        Ok(LedgerFolder { folder, settled: Arc::default() })
    }

    fn path(&self, tenant: &str, reference: &str) -> Result<PathBuf, ErpError> {
        check_tenant(tenant).and_then(|()| check_reference(reference)).map_err(|error| ErpError::Refused(error.to_string()))?;
        Ok(self.folder.join(tenant).join(format!("{reference}.json")))
    }
}

fn receipt(reference: &str, bytes: &[u8]) -> ErpReceipt {
    ErpReceipt { number: format!("LF-{reference}"), received: Some(Digest::of(bytes)) }
}

fn unclear(error: impl std::fmt::Display) -> ErpError {
    ErpError::Unclear(error.to_string())
}

/// Files whose names this process knows to be on the disk.
#[derive(Default)]
struct Settled(Mutex<BTreeSet<PathBuf>>);

impl Settled {
    /// Waits until the name of a file is on the disk: whoever wrote it may not have come to that. All files of the folder
    /// are with it, so that looking for a thousand journals waits once.
    fn settle(&self, path: &Path) -> io::Result<()> {
        let Some(folder) = path.parent() else { return Ok(()) };
        if self.known().contains(path) {
            return Ok(());
        }
        // Listed before: what comes after the listing may not be on the disk yet.
        let files = std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>()?;
        files::settle(folder)?;
        self.known().extend(files);
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, BTreeSet<PathBuf>> {
        // Nothing is done with the lock that could end half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The bytes of a journal that is posted, and will stay so.
fn landed(path: &Path, settled: &Settled) -> io::Result<Option<Vec<u8>>> {
    let bytes = files::read_if_there(path)?;
    if bytes.is_some() {
        settled.settle(path)?;
    }
    Ok(bytes)
}

/// Whether the file has these bytes now: `false` where others were there before.
fn write(path: &Path, bytes: &[u8], settled: &Settled) -> io::Result<bool> {
    path.parent().map_or(Ok(()), files::make_folder)?;
    let is_new = files::create_once(path, bytes, Access::Read)?;
    settled.known().insert(path.to_owned());
    Ok(is_new || std::fs::read(path)? == bytes)
}

#[async_trait]
impl Erp for LedgerFolder {
    fn ability(&self) -> ErpAbility {
        ErpAbility::UniqueReference
    }

    async fn find(&self, tenant: &str, reference: &str) -> Result<Option<ErpReceipt>, ErpError> {
        let (path, settled) = (self.path(tenant, reference)?, Arc::clone(&self.settled));
        let found = blocking("search the ledger folder", move || landed(&path, &settled)).await.map_err(unclear)?;
        Ok(found.map_err(unclear)?.map(|bytes| receipt(reference, &bytes)))
    }

    async fn post(&self, journal: &OutgoingJournal) -> Result<ErpReceipt, ErpError> {
        let path = self.path(&journal.tenant, &journal.reference)?;
        let (bytes, settled) = (journal.body.clone(), Arc::clone(&self.settled));
        let written = blocking("post to the ledger folder", move || write(&path, &bytes, &settled)).await.map_err(unclear)?;
        if written.map_err(unclear)? {
            Ok(receipt(&journal.reference, &journal.body))
        } else {
            Err(ErpError::Refused(format!("another journal has the reference `{}`", journal.reference)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_a_folder_are_waited_for_once_and_those_that_came_later_when_they_are_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second, later] = ["D1-1", "D1-2", "D1-3"].map(|reference| folder.path().join(format!("{reference}.json")));
        let settled = Settled::default();
        for path in [&first, &second] {
            std::fs::write(path, "{}").unwrap();
        }
        landed(&first, &settled).unwrap();
        assert_eq!(*settled.known(), BTreeSet::from([first, second]));
        assert_eq!(landed(&later, &settled).unwrap(), None);
        assert!(!settled.known().contains(&later));
        std::fs::write(&later, "{}").unwrap();
        landed(&later, &settled).unwrap();
        assert!(settled.known().contains(&later));
    }

    #[test]
    fn what_this_process_wrote_is_known_to_be_on_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let (path, settled) = (folder.path().join("northwind").join("D1-1.json"), Settled::default());
        assert!(write(&path, b"{}", &settled).unwrap());
        assert_eq!(*settled.known(), BTreeSet::from([path]));
    }
}
