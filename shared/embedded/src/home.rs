//! The folder that holds it all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use dayone_ports::{Anchors, Chance, Clock, Documents, Erp, Mailer, Store};
use serde::{Deserialize, Serialize};

use crate::files::{self, Access};
use crate::{FolderAnchors, FolderDocuments, LedgerFolder, MailFolder, OsChance, SqliteStore, StoreOpenError, SystemClock};

const MARKER: &str = "dayone-home.json";
const DATABASE: &str = "dayone.sqlite";
/// The format that is written and read. Another number where stored records or documents changed so that this release
/// would misread older ones.
const FORMAT: u64 = 2;
/// A marker is far shorter.
const MOST_MARKER_BYTES: u64 = 4096;

/// Everything that one machine keeps, in one folder:
///
/// | | |
/// |---|---|
/// | `dayone-home.json` | says that this is a home, and in which format |
/// | `dayone.sqlite` | the records: [`SqliteStore`] |
/// | `documents/` | [`FolderDocuments`] |
/// | `anchors/` | [`FolderAnchors`] |
/// | `ledger/` | what was posted: [`LedgerFolder`] |
/// | `mail/` | what was sent: [`MailFolder`] |
/// | `exports/` | files for people to take away |
/// | `arriving/` | files that came with a request, while they are read |
///
/// On Unix its folders and files are for their owner only. What killed processes left unfinished is taken away when a
/// home is opened, an hour after it was last written to.
pub struct Home {
    folder: PathBuf,
    store: Arc<SqliteStore>,
    documents: Arc<FolderDocuments>,
    anchors: Arc<FolderAnchors>,
    ledger: Arc<LedgerFolder>,
}

/// Why a folder is not opened as a home.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// There is no home.
    #[error("`{0}` is no home of Day One: make one with `dayone init --home` and this folder, or name another")]
    NoHome(PathBuf),
    /// Somebody else's files are there.
    #[error("`{0}` holds other files: choose an empty or a new folder for the home")]
    NotEmpty(PathBuf),
    /// `dayone init` did not come to its end, or the records are gone.
    #[error("`{0}` has no `dayone.sqlite`: put it back from a backup, or, if the home was never used, run `dayone init` on it once more")]
    NoRecords(PathBuf),
    /// A later release has changed the home.
    #[error("`{path}` has format {found}, and this release knows up to {FORMAT}: use the newer release of dayone that wrote it")]
    Newer {
        /// The folder.
        path: PathBuf,
        /// Its format.
        found: u64,
    },
    /// An earlier release has written the home otherwise.
    #[error(
        "`{path}` has format {found}, and this release reads {FORMAT} alone: use the release of dayone that wrote it, or make a new home with `dayone init` and ingest the billing files into that"
    )]
    Older {
        /// The folder.
        path: PathBuf,
        /// Its format.
        found: u64,
    },
    /// The marker says nothing.
    #[error("`{0}` is damaged: put it back from a backup, or, if this release wrote the home, write `{{\"format\":{FORMAT}}}` into it")]
    Marker(PathBuf),
    /// The operating system refuses.
    #[error("`{path}` cannot be used: {reason}")]
    Folder {
        /// The folder or file.
        path: PathBuf,
        /// Why.
        reason: io::Error,
    },
    /// The records cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreOpenError),
}

#[derive(Serialize, Deserialize)]
struct Marker {
    format: u64,
}

impl Home {
    /// Makes a home, or completes one that is there.
    ///
    /// # Errors
    /// A folder with other files, a home of another format, or a folder that cannot be used.
    pub fn create(folder: impl Into<PathBuf>) -> Result<Home, HomeError> {
        let folder = folder.into();
        if !has_marker(&folder)? {
            if !is_free(&folder)? {
                return Err(HomeError::NotEmpty(folder));
            }
            make(&folder).map_err(|reason| HomeError::Folder { path: folder.clone(), reason })?;
        }
        Home::load(folder)
    }

    /// Opens a home.
    ///
    /// # Errors
    /// A folder that is none, is of another format, or cannot be used.
    pub fn open(folder: impl Into<PathBuf>) -> Result<Home, HomeError> {
        let folder = folder.into();
        if !has_marker(&folder)? {
            return Err(HomeError::NoHome(folder));
        }
        // An empty database in place of a lost one would look like a home in which nothing ever happened.
        let database = folder.join(DATABASE);
        if !database.try_exists().map_err(|reason| HomeError::Folder { path: database, reason })? {
            return Err(HomeError::NoRecords(folder));
        }
        Home::load(folder)
    }

    fn load(folder: PathBuf) -> Result<Home, HomeError> {
        check_marker(&folder)?;
        let used = |reason| HomeError::Folder { path: folder.clone(), reason };
        files::make_folder(&folder.join("exports")).map_err(used)?;
        files::make_folder(&folder.join("arriving")).map_err(used)?;
        files::make_folder(&folder.join("mail")).map_err(used)?;
        files::sweep_one(&folder);
        files::sweep_folders(&folder.join("arriving"));
        ["documents", "anchors", "ledger", "mail"].iter().for_each(|part| files::sweep(&folder.join(part)));
        let documents = Arc::new(FolderDocuments::open(folder.join("documents")).map_err(used)?);
        let anchors = Arc::new(FolderAnchors::open(folder.join("anchors")).map_err(used)?);
        let ledger = Arc::new(LedgerFolder::open(folder.join("ledger")).map_err(used)?);
        let store = Arc::new(SqliteStore::open(folder.join(DATABASE))?);
        Ok(Home { folder, store, documents, anchors, ledger })
    }

    /// Where the home is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The records.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as Arc<dyn Store>
    }

    /// The documents.
    pub fn documents(&self) -> Arc<dyn Documents> {
        Arc::clone(&self.documents) as Arc<dyn Documents>
    }

    /// The anchors.
    pub fn anchors(&self) -> Arc<dyn Anchors> {
        Arc::clone(&self.anchors) as Arc<dyn Anchors>
    }

    /// The general ledger: the home's folder.
    pub fn erp(&self) -> Arc<dyn Erp> {
        Arc::clone(&self.ledger) as Arc<dyn Erp>
    }

    /// Mail into the home's folder, dated by this clock.
    ///
    /// # Errors
    /// Where the folder cannot be made.
    pub fn mailer(&self, clock: Arc<dyn Clock>) -> Result<Arc<dyn Mailer>, HomeError> {
        let folder = self.folder.join("mail");
        let mailer = MailFolder::open(&folder, clock).map_err(|reason| HomeError::Folder { path: folder, reason })?;
        Ok(Arc::new(mailer))
    }

    /// The clock of the machine.
    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    /// The chance of the machine.
    pub fn chance(&self) -> Arc<dyn Chance> {
        Arc::new(OsChance)
    }

    /// Where files for people go.
    pub fn exports(&self) -> PathBuf {
        self.folder.join("exports")
    }

    /// Where files lie that came with a request, each request's in a folder of its own, while they are read. A folder
    /// that a killed process has left goes when the home is opened, an hour after it was made.
    pub fn arriving(&self) -> PathBuf {
        self.folder.join("arriving")
    }
}

fn has_marker(folder: &Path) -> Result<bool, HomeError> {
    let path = folder.join(MARKER);
    path.try_exists().map_err(|reason| HomeError::Folder { path, reason })
}

/// Whether a home can be made here: there is nothing, or only what a home that was about to be made has left.
fn is_free(folder: &Path) -> Result<bool, HomeError> {
    let failed = |reason| HomeError::Folder { path: folder.to_owned(), reason };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        if !name.as_encoded_bytes().starts_with(files::UNFINISHED.as_bytes()) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn make(folder: &Path) -> io::Result<()> {
    files::make_folder(folder)?;
    files::close_to_others(folder)?;
    let marker = serde_json::to_string(&Marker { format: FORMAT })? + "\n";
    files::create_once(&folder.join(MARKER), marker.as_bytes(), Access::Write).map(|_| ())
}

fn check_marker(folder: &Path) -> Result<(), HomeError> {
    let path = folder.join(MARKER);
    let failed = |reason| HomeError::Folder { path: path.clone(), reason };
    if fs::metadata(&path).map_err(failed)?.len() > MOST_MARKER_BYTES {
        return Err(HomeError::Marker(path));
    }
    match serde_json::from_slice(&fs::read(&path).map_err(failed)?) {
        Ok(Marker { format }) if format > FORMAT => Err(HomeError::Newer { path: folder.to_owned(), found: format }),
        Ok(Marker { format: FORMAT }) => Ok(()),
        Ok(Marker { format: 0 }) | Err(_) => Err(HomeError::Marker(path)),
        Ok(Marker { format }) => Err(HomeError::Older { path: folder.to_owned(), found: format }),
    }
}
