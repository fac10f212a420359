//! Files that come with a request: into a folder of their own for as long as they are read.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use async_trait::async_trait;
use dayone_billing_files::is_billing_file_name;
use dayone_domain::review::By;
use dayone_handlers::intake::{Arrived, Intake, NotTaken, Taken};
use dayone_workflow::{FailureKind, Tenant};
use indicatif::ProgressBar;

use super::Batch;
use crate::failure::Failure;
use crate::inputs::{self, Inputs};
use crate::load;

/// Takes the files of requests just as `dayone ingest` takes those of a folder.
pub struct Requests;

#[async_trait(?Send)]
impl Intake for Requests {
    async fn take(&self, tenant: &Tenant, by: &By, arrived: &Arrived) -> Result<Taken, dayone_workflow::Failure> {
        if !arrived.files.iter().any(|file| is_billing_file_name(Path::new(&file.name))) {
            let message = "no file has the name of a billing file. What to do: send files that end in .csv, .csv.gz, .csv.zip or .parquet.";
            return Ok(Taken { refused: vec![NotTaken::told(message.to_owned())], ..Taken::default() });
        }
        let folder = tempfile::tempdir().map_err(|error| no_room(&error))?;
        let root = fs::canonicalize(folder.path()).map_err(|error| no_room(&error))?;
        for file in &arrived.files {
            write(&root.join(&file.name), &file.bytes, arrived.modified.into()).map_err(|error| no_room(&error))?;
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

fn write(path: &Path, bytes: &[u8], modified: SystemTime) -> io::Result<()> {
    fs::create_dir_all(path.parent().unwrap_or(path))?;
    fs::write(path, bytes)?;
    File::options().write(true).open(path)?.set_modified(modified)
}

fn no_room(error: &io::Error) -> dayone_workflow::Failure {
    dayone_workflow::Failure::new(
        FailureKind::Unavailable,
        "unavailable",
        format!("files of a request cannot be kept while they are read: {error}"),
    )
}

async fn read(tenant: &Tenant, by: &By, root: &Path, notes: &mut Vec<u8>) -> Result<Taken, Failure> {
    let Inputs { files, left_out } = inputs::find(&[PathBuf::from(root)])?;
    load::note_left_out(&left_out, notes)?;
    let batch = Batch { files, source: None, currency: None, root: Some(root) };
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
