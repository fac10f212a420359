//! A general ledger that is a folder: what is posted without an ERP.

use std::io;
use std::path::{Path, PathBuf};

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
}

impl LedgerFolder {
    /// The ledger of this folder, which is made where there is none.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn open(folder: impl Into<PathBuf>) -> io::Result<LedgerFolder> {
        let folder = folder.into();
        files::make_folder(&folder)?;
        Ok(LedgerFolder { folder })
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

/// The bytes of a journal that is posted, and will stay so.
fn landed(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let bytes = files::read_if_there(path)?;
    if bytes.is_some() {
        // Whoever wrote it may not have come to this yet.
        path.parent().map_or(Ok(()), files::settle)?;
    }
    Ok(bytes)
}

/// Whether the file has these bytes now: `false` where others were there before.
fn write(path: &Path, bytes: &[u8]) -> io::Result<bool> {
    path.parent().map_or(Ok(()), files::make_folder)?;
    Ok(files::create_once(path, bytes, Access::Read)? || std::fs::read(path)? == bytes)
}

#[async_trait]
impl Erp for LedgerFolder {
    fn ability(&self) -> ErpAbility {
        ErpAbility::UniqueReference
    }

    async fn find(&self, tenant: &str, reference: &str) -> Result<Option<ErpReceipt>, ErpError> {
        let path = self.path(tenant, reference)?;
        let found = blocking("search the ledger folder", move || landed(&path)).await.map_err(unclear)?;
        Ok(found.map_err(unclear)?.map(|bytes| receipt(reference, &bytes)))
    }

    async fn post(&self, journal: &OutgoingJournal) -> Result<ErpReceipt, ErpError> {
        let path = self.path(&journal.tenant, &journal.reference)?;
        let bytes = journal.body.clone();
        let written = blocking("post to the ledger folder", move || write(&path, &bytes)).await.map_err(unclear)?;
        if written.map_err(unclear)? {
            Ok(receipt(&journal.reference, &journal.body))
        } else {
            Err(ErpError::Refused(format!("another journal has the reference `{}`", journal.reference)))
        }
    }
}
