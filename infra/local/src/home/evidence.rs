//! `dayone evidence`: one folder for the auditor.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Component, Path, PathBuf};

use dayone_workflow::evidence::EvidenceFile;

use super::{Open, Outside};
use crate::args::home::EvidenceArguments;
use crate::failure::Failure;
use crate::tables::count;

/// Writes the files into an empty or new folder.
pub fn run(arguments: &EvidenceArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let folder = arguments.out.clone().unwrap_or_else(|| PathBuf::from(format!("evidence-{}", arguments.period)));
    refuse_used(&folder)?;
    let open = Open::at(&arguments.who.home, outside)?;
    let actor = open.actor(&arguments.who)?;
    let files = open.wait(open.tenant.evidence(&actor, arguments.period))?;
    for file in &files {
        write_file(&folder, file)?;
    }
    writeln!(out, "{} of {} written to {}.", count(files.len() as u64, "file"), arguments.period, folder.display())?;
    writeln!(out, "Next: read README.txt there; `sha256sum -c SHA256SUMS` checks the files, `dayone audit verify` the home.")?;
    Ok(())
}

/// Evidence of two periods, or of anything else, is not mixed.
fn refuse_used(folder: &Path) -> Result<(), Failure> {
    let is_used = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) if error.kind() == ErrorKind::NotFound => false,
        Err(error) if error.kind() == ErrorKind::NotADirectory => true,
        Err(error) => return Err(Failure::reading(folder)(error)),
    };
    if is_used {
        return Err(Failure::refused(format!(
            "{}: holds something already, and evidence stands alone. What to do: name an empty or new folder with --out.",
            folder.display()
        )));
    }
    Ok(())
}

fn write_file(folder: &Path, file: &EvidenceFile) -> Result<(), Failure> {
    let below = Path::new(&file.path);
    assert!(below.components().all(|part| matches!(part, Component::Normal(_))), "evidence stays in its folder");
    let path = folder.join(below);
    let parent = path.parent().unwrap_or(folder);
    fs::create_dir_all(parent).map_err(Failure::writing(parent))?;
    fs::write(&path, &file.bytes).map_err(Failure::writing(&path))
}
