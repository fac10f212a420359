//! Files that come with a request: into a folder of their own for as long as they are read.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use async_trait::async_trait;
use dayone_billing_files::is_billing_file_name;
use dayone_domain::plain_text::harmless;
use dayone_domain::review::By;
use dayone_handlers::intake::{Arrived, ArrivedFile, Intake, NotTaken, Taken};
use dayone_workflow::{FailureKind, Tenant};
use indicatif::ProgressBar;

use super::Batch;
use crate::failure::Failure;
use crate::inputs::{self, Inputs};
use crate::load;

/// Takes the files of requests just as `dayone ingest` takes those of a folder.
pub struct Requests {
    /// Where they lie while they are read; it is swept when the home is opened.
    pub folder: PathBuf,
}

#[async_trait(?Send)]
impl Intake for Requests {
    async fn take(&self, tenant: &Tenant, by: &By, arrived: &Arrived) -> Result<Taken, dayone_workflow::Failure> {
        if !arrived.files.iter().any(|file| is_billing_file_name(Path::new(&file.name))) {
            let message = "no file has the name of a billing file. What to do: send files that end in .csv, .csv.gz, .csv.zip or .parquet.";
            return Ok(Taken { refused: vec![NotTaken::told(message.to_owned())], ..Taken::default() });
        }
        let folder = tempfile::tempdir_in(&self.folder).map_err(|error| no_room(&error))?;
        let root = fs::canonicalize(folder.path()).map_err(|error| no_room(&error))?;
        for ArrivedFile { name, bytes } in &arrived.files {
            match write(&root.join(name), bytes, arrived.modified.into()) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Ok(Taken { refused: vec![two_names(name)], ..Taken::default() });
                }
                written => written.map_err(|error| no_room(&error))?,
            }
        }
        let mut notes = Vec::new();
        let taken = match read(tenant, by, &root, &mut notes).await {
            Ok(taken) => taken,
            Err(Failure::Refused(messages)) => Taken { refused: messages.into_iter().map(NotTaken::told).collect(), ..Taken::default() },
            Err(other) => return Err(dayone_workflow::Failure::broken(other)),
        };
        let notes = String::from_utf8_lossy(&notes).lines().map(|note| note.trim_start_matches("note: ").to_owned()).collect();
        Ok(below(&root, Taken { notes, ..taken }))
    }
}

/// Writes a file that must not be there yet: to some file systems, names that differ are one.
fn write(path: &Path, bytes: &[u8], modified: SystemTime) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.set_modified(modified)
}

fn two_names(name: &str) -> NotTaken {
    let message = format!(
        "`{}`: is another file's or folder's name, too, where files are read here. What to do: send each file once, under a name of its own.",
        harmless(name)
    );
    NotTaken { file: Some(name.to_owned()), ..NotTaken::told(message) }
}

fn no_room(error: &io::Error) -> dayone_workflow::Failure {
    dayone_workflow::Failure::new(
        FailureKind::Unavailable,
        "unavailable",
        format!("files of a request cannot be kept while they are read: {error}"),
    )
}

async fn read(tenant: &Tenant, by: &By, root: &Path, notes: &mut Vec<u8>) -> Result<Taken, Failure> {
    let Inputs { files, left_out, manifests } = inputs::gather(&[PathBuf::from(root)])?;
    load::note_left_out(&left_out, notes)?;
    let batch = Batch { files, manifests, source: None, currency: None, root: Some(root) };
    super::take(tenant, by, batch, &ProgressBar::hidden(), notes).await
}

/// The same, where paths are as whoever sent the files knows them.
fn below(root: &Path, taken: Taken) -> Taken {
    let root = root.display().to_string();
    let inside = format!("{root}{}", std::path::MAIN_SEPARATOR);
    let told = |text: String| text.replace(&inside, "").replace(&root, "the uppermost folder");
    let refused = taken.refused.into_iter().map(|refused| NotTaken {
        message: told(refused.message),
        file: refused.file.map(told),
        reason: told(refused.reason),
        what_to_do: told(refused.what_to_do),
        ..refused
    });
    Taken { refused: refused.collect(), notes: taken.notes.into_iter().map(told).collect(), ..taken }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_that_are_one_file_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("aws/a.csv");
        let made = SystemTime::UNIX_EPOCH;
        write(&file, b"first", made).unwrap();
        for again in [file.clone(), file.join("b.csv"), folder.path().join("aws")] {
            let error = write(&again, b"second", made).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::AlreadyExists, "{}", again.display());
        }
        assert_eq!(fs::read(&file).unwrap(), b"first");
    }
}
