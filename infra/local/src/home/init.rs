//! `dayone init`: makes a home.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use dayone_configuration::{read_calendar, read_drivers, read_people, read_policy, read_sources};
use dayone_embedded::Home;
use dayone_workflow::TenantId;
use dayone_workflow::configuration::ConfigKind;

use super::config::put_files;
use super::{Open, Outside, TENANT_FILE, folder, not_opened, tenant_of};
use crate::args::home::InitArguments;
use crate::failure::Failure;
use crate::trees;

/// The tenant of a home that is not told another.
const DEFAULT_TENANT: &str = "main";

/// Makes the home, or completes it, and puts the files that are given.
pub fn run(arguments: &InitArguments, outside: &Outside, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let asked = arguments.tenant.as_deref().map(tenant_name).transpose()?;
    let one = |file: &Option<PathBuf>| file.iter().cloned().collect();
    // Drivers come before the tree that asks for them, and the people last: before them, whoever has an account on
    // this machine may put the rest.
    let files: [(ConfigKind, Vec<PathBuf>); 6] = [
        (ConfigKind::Drivers, one(&arguments.drivers)),
        (ConfigKind::Tree, arguments.trees.clone()),
        (ConfigKind::Sources, one(&arguments.sources)),
        (ConfigKind::Policy, one(&arguments.policy)),
        (ConfigKind::Calendar, one(&arguments.calendar)),
        (ConfigKind::People, one(&arguments.people)),
    ];
    check_files(&files)?;
    let mut open = create(&folder(&arguments.home), asked, outside)?;
    if let Some(url) = &arguments.url {
        open = open.move_to(url)?;
    }
    let founder = open.founder()?;
    if let (None, Some((kind, _))) = (&founder, files.iter().find(|(_, files)| !files.is_empty())) {
        return Err(has_people(*kind));
    }
    writeln!(out, "{}: the home of `{}` is there.", open.home.folder().display(), open.tenant.id())?;
    let Some(request) = founder else { return Ok(()) };
    let mut failed: Option<Failure> = None;
    for (kind, files) in files.iter().filter(|(_, files)| !files.is_empty()) {
        if let Err(failure) = put_files(&open, &request, *kind, files, out, err) {
            failed = Some(match failed {
                Some(before) => before.and(failure),
                None => failure,
            });
        }
    }
    match failed {
        Some(failure) => Err(failure),
        None => write_next_step(arguments, out),
    }
}

/// What can be told of the files before there is a home, so that a mistake leaves none behind.
fn check_files(files: &[(ConfigKind, Vec<PathBuf>)]) -> Result<(), Failure> {
    let each = files.iter().flat_map(|(kind, files)| files.iter().map(|file| check_file(*kind, file)));
    Failure::all(each).map(|_| ())
}

fn check_file(kind: ConfigKind, path: &Path) -> Result<(), Failure> {
    let name = path.display().to_string();
    // Warnings are told once the file is put.
    if kind == ConfigKind::Tree {
        return trees::read(path, &mut std::io::sink()).map(|_| ());
    }
    let bytes = fs::read(path).map_err(Failure::reading(path))?;
    let read = match kind {
        ConfigKind::Tree => Ok(()),
        ConfigKind::Drivers => read_drivers(&name, &bytes).map(|_| ()),
        ConfigKind::Sources => read_sources(&name, &bytes).map(|_| ()),
        ConfigKind::Policy => read_policy(&name, &bytes).map(|_| ()),
        ConfigKind::Calendar => read_calendar(&name, &bytes).map(|_| ()),
        ConfigKind::People => read_people(&name, &bytes).map(|_| ()),
    };
    read.map_err(Failure::texts)
}

/// Makes a home, or opens the one that is there; its tenant stays the same.
pub fn create(folder: &Path, asked: Option<TenantId>, outside: &Outside) -> Result<Open, Failure> {
    let home = Home::create(folder).map_err(|error| not_opened(&error))?;
    let path = home.folder().join(TENANT_FILE);
    if !path.exists() {
        let id = asked.clone().unwrap_or_else(|| DEFAULT_TENANT.parse().expect("INVARIANT: a tenant's name"));
        write_whole(&path, &format!("{id}\n"))?;
    }
    let id = tenant_of(home.folder())?;
    if let Some(asked) = asked.filter(|asked| *asked != id) {
        return Err(Failure::refused(format!(
            "{}: is the home of `{id}`, not of `{asked}`. What to do: leave --tenant out, or name another folder with --home.",
            home.folder().display()
        )));
    }
    Open::of(home, id, outside)
}

fn has_people(kind: ConfigKind) -> Failure {
    Failure::refused(format!(
        "the home has its people already, and files are put in somebody's name now. What to do: `dayone config put {} FILE --as MAIL`.",
        kind.as_str()
    ))
}

fn tenant_name(text: &str) -> Result<TenantId, Failure> {
    text.parse()
        .map_err(|error| Failure::refused(format!("--tenant: `{text}` {error}. What to do: write a short name such as `meridian`.")))
}

/// Writes beside the place and moves it there, so that nobody ever reads half of it.
pub fn write_whole(path: &Path, text: &str) -> Result<(), Failure> {
    let beside = path.with_extension("new");
    fs::write(&beside, text).and_then(|()| fs::rename(&beside, path)).map_err(Failure::writing(path))
}

fn write_next_step(arguments: &InitArguments, out: &mut dyn Write) -> Result<(), Failure> {
    let missing: Vec<&str> =
        [(arguments.trees.is_empty(), "tree"), (arguments.sources.is_none(), "sources"), (arguments.people.is_none(), "people")]
            .into_iter()
            .filter_map(|(is_missing, kind)| is_missing.then_some(kind))
            .collect();
    match missing.as_slice() {
        [] => writeln!(out, "Next: `dayone ingest FOLDER` with the first billing files.")?,
        [first, ..] => {
            writeln!(out, "Next: `dayone config put {first} FILE`; before the first delivery it takes tree, sources and people.")?
        }
    }
    Ok(())
}
