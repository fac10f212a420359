//! Files that are there whole or not at all, and folders, for their owner only.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, Metadata};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tempfile::NamedTempFile;

/// How the names of files begin that are not finished; a process that was killed may leave one.
pub(crate) const UNFINISHED: &str = ".unfinished-";

/// A file that is not finished and was not written to for so long has no writer any more: one takes seconds, and whoever
/// was stopped for longer fails at the end and tries again.
const ABANDONED_AFTER: Duration = Duration::from_secs(60 * 60);

/// Who may do what with a new file.
#[derive(Clone, Copy)]
pub(crate) enum Access {
    /// The owner reads and writes.
    Write,
    /// The owner reads.
    Read,
}

/// Makes a file with these bytes where there is none; `false` where there is one already, whatever it holds.
/// Then the file is on the disk, whoever made it.
pub(crate) fn create_once(path: &Path, bytes: &[u8], access: Access) -> io::Result<bool> {
    let folder = folder_of(path)?;
    let created = match unfinished(folder, bytes, access)?.persist_noclobber(path) {
        Ok(_) => true,
        Err(refusal) if refusal.error.kind() == io::ErrorKind::AlreadyExists => false,
        Err(refusal) => return Err(refusal.error),
    };
    settle(folder)?;
    Ok(created)
}

/// Makes a file with these bytes. One that is there already is replaced at once, so that it must have had them, too.
pub(crate) fn create_or_replace(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let folder = folder_of(path)?;
    unfinished(folder, bytes, access)?.persist(path).map_err(|refusal| refusal.error)?;
    settle(folder)
}

fn folder_of(path: &Path) -> io::Result<&Path> {
    path.parent().ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the file has no folder"))
}

fn unfinished(folder: &Path, bytes: &[u8], access: Access) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    let permissions = {
        use std::os::unix::fs::PermissionsExt as _;
        fs::Permissions::from_mode(match access {
            Access::Write => 0o600,
            Access::Read => 0o400,
        })
    };
    #[cfg(unix)]
    builder.permissions(permissions);
    #[cfg(not(unix))]
    let _ = access;
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Takes away what killed processes have left unfinished in a folder and in the folders right below it. What cannot be
/// looked at, or taken away, stays: it is in nobody's way.
pub(crate) fn sweep(folder: &Path) {
    sweep_one(folder);
    let Ok(entries) = fs::read_dir(folder) else { return };
    // A link is no folder by its type: what lies behind it belongs to somebody else.
    let below = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    below.for_each(|entry| sweep_one(&entry.path()));
}

/// Takes away what killed processes have left unfinished in a folder itself.
pub(crate) fn sweep_one(folder: &Path) {
    let now = SystemTime::now();
    let Ok(entries) = fs::read_dir(folder) else { return };
    let unfinished = entries.flatten().filter(|entry| entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()));
    for entry in unfinished {
        // Of the entry itself, not of what a link leads to.
        let Ok(facts) = entry.metadata() else { continue };
        if facts.is_file() && is_abandoned(&facts, now) {
            // On failure: somebody else was faster, or the folder is not ours to write to.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Takes away the folders in a folder that killed processes have left, with all that is in them.
pub(crate) fn sweep_folders(folder: &Path) {
    let now = SystemTime::now();
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(facts) = entry.metadata() else { continue };
        if !facts.is_dir() || !is_abandoned(&facts, now) {
            continue;
        }
        // Away at once: whoever was only stopped must not find some of its files and take them for all.
        let (path, swept) = (entry.path(), swept(folder, entry.file_name()));
        if path == swept || fs::rename(path, &swept).is_ok() {
            let _ = fs::remove_dir_all(swept);
        }
    }
}

/// What a folder is called before its files go: a killed process may have done so already.
fn swept(folder: &Path, name: OsString) -> PathBuf {
    if name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
        return folder.join(name);
    }
    let mut swept = OsString::from(UNFINISHED);
    swept.push(name);
    folder.join(swept)
}

fn is_abandoned(facts: &Metadata, now: SystemTime) -> bool {
    let age = facts.modified().ok().and_then(|written| now.duration_since(written).ok());
    age.is_some_and(|age| age > ABANDONED_AFTER)
}

/// The bytes of a file; `None` where there is none.
pub(crate) fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes a folder, and those above it, where there is none. Then it is on the disk, whoever made it.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    if !path.is_dir() {
        if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
            make_folder(above)?;
        }
        match folder_builder().create(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists || !path.is_dir() => return Err(error),
            _ => {}
        }
    }
    match path.parent() {
        Some(above) if above.as_os_str().is_empty() => settle(Path::new(".")),
        Some(above) => settle(above),
        None => Ok(()),
    }
}

fn folder_builder() -> DirBuilder {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes"))]
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt as _;
        builder.mode(0o700);
    }
    builder
}

/// Takes a folder that somebody else made away from all but its owner.
pub(crate) fn close_to_others(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Waits until the names in a folder are on the disk: a file outlives a power cut only with its name.
pub(crate) fn settle(folder: &Path) -> io::Result<()> {
    // Windows has no such call, and opens no folder as a file.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
