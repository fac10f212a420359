//! `dayone config`: what a tenant has put.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use dayone_workflow::Request;
use dayone_workflow::configuration::ConfigKind;

use super::{Open, Outside};
use crate::args::home::{ConfigCommand, ConfigListArguments, ConfigPutArguments, ConfigShowArguments, PasswordArguments};
use crate::failure::Failure;
use crate::tables;

/// Does one of the commands.
pub fn run(command: &ConfigCommand, outside: &Outside, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    match command {
        ConfigCommand::Put(arguments) => put(arguments, outside, out, err),
        ConfigCommand::Show(arguments) => show(arguments, outside, out),
        ConfigCommand::List(arguments) => list(arguments, outside, out),
        ConfigCommand::Password(arguments) => password(arguments, outside, out),
    }
}

fn put(arguments: &ConfigPutArguments, outside: &Outside, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    if arguments.files.len() > 1 && arguments.kind != ConfigKind::Tree {
        return Err(Failure::refused(format!(
            "{} are one file, and {} are named. What to do: put them together into one; only a tree has several versions.",
            arguments.kind.as_str(),
            arguments.files.len()
        )));
    }
    let open = Open::at(&arguments.who.home, outside)?;
    let founder = open.founder()?;
    let is_founder = founder.is_some();
    let request = founder.map_or_else(|| open.request(&arguments.who), Ok)?;
    if arguments.kind == ConfigKind::People && is_founder {
        people_come_last(&open, &request)?;
    }
    put_files(&open, &request, arguments.kind, &arguments.files, out, err)?;
    let next = match is_founder {
        true => "the files that are still missing; the people come last",
        false => "`dayone issue` draws open billing periods anew with it",
    };
    writeln!(out, "Next: {next}.")?;
    Ok(())
}

/// Whoever founds a home may put files until the people are there; from then on one of them must, whose cost groups
/// and sources have to be known.
fn people_come_last(open: &Open, request: &Request) -> Result<(), Failure> {
    for kind in [ConfigKind::Tree, ConfigKind::Sources] {
        if open.wait(open.tenant.configuration(&request.actor, kind))?.is_empty() {
            return Err(Failure::refused(format!(
                "the people come last, and nothing was put as {0} yet. What to do: `dayone config put {0} FILE` first.",
                kind.as_str()
            )));
        }
    }
    Ok(())
}

/// Puts files of one kind, and says what became of each; those that are refused are told together.
pub fn put_files(
    open: &Open,
    request: &Request,
    kind: ConfigKind,
    files: &[PathBuf],
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), Failure> {
    let mut results = Vec::new();
    for path in files {
        let name = path.display().to_string();
        let put = fs::read(path)
            .map_err(Failure::reading(path))
            .and_then(|bytes| open.wait(open.tenant.put_configuration(request, kind, &name, &bytes)));
        if let Ok(put) = &put {
            let what = if put.is_new { "put as" } else { "is there already:" };
            writeln!(out, "{name}: {what} version {} of {}.", put.version, kind.as_str())?;
            for note in &put.notes {
                writeln!(err, "note: {note}")?;
            }
        }
        results.push(put);
    }
    Failure::all(results).map(|_| ())
}

fn show(arguments: &ConfigShowArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let actor = open.actor(&arguments.who)?;
    let version = match arguments.version {
        Some(version) => version,
        None => {
            let puts = open.wait(open.tenant.configuration(&actor, arguments.kind))?;
            let newest = puts.iter().map(|put| put.version).max();
            newest.ok_or_else(|| nothing_put(arguments.kind))?
        }
    };
    let text = open.wait(open.tenant.configuration_text(&actor, arguments.kind, version))?;
    out.write_all(text.as_bytes())?;
    if !text.ends_with('\n') {
        writeln!(out)?;
    }
    Ok(())
}

fn nothing_put(kind: ConfigKind) -> Failure {
    let kind = kind.as_str();
    Failure::refused(format!("nothing was put as {kind} yet. What to do: `dayone config put {kind} FILE`."))
}

fn list(arguments: &ConfigListArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let actor = open.actor(&arguments.who)?;
    let mut rows = Vec::new();
    for kind in ConfigKind::ALL {
        let puts = match open.block_on(open.tenant.configuration(&actor, kind)) {
            Ok(puts) => puts,
            // Owners read the tree alone.
            Err(failure) if failure.kind == dayone_workflow::FailureKind::Forbidden => continue,
            Err(failure) => return Err(failure.into()),
        };
        rows.extend(puts.into_iter().map(|put| {
            vec![
                kind.as_str().to_owned(),
                put.version.to_string(),
                put.valid_from.map_or_else(String::new, |from| from.to_string()),
                put.file_name.clone(),
                put.by.label(),
                tables::moment(put.at),
                put.text.to_string()[..12].to_owned(),
            ]
        }));
    }
    if rows.is_empty() {
        writeln!(out, "Nothing was put yet.\nNext: `dayone config put tree FILE`.")?;
        return Ok(());
    }
    let columns =
        [("Kind", false), ("Version", true), ("Valid from", false), ("File", false), ("Put by", false), ("At", false), ("SHA-256", false)];
    write!(out, "{}", tables::table(&columns, rows))?;
    Ok(())
}

fn password(arguments: &PasswordArguments, outside: &Outside, out: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let request = open.founder()?.map_or_else(|| open.request(&arguments.who), Ok)?;
    let password = (outside.password)(&format!("New password for {}: ", arguments.mail))?;
    if outside.is_asked && (outside.password)("The same again: ")? != password {
        return Err(Failure::refused("the two passwords differ. What to do: try again."));
    }
    open.wait(open.tenant.set_password(&request, &arguments.mail, &password))?;
    writeln!(out, "{} signs in with the new password; sessions with an older one have ended.\nNext: `dayone serve`.", arguments.mail)?;
    Ok(())
}
