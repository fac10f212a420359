//! Billing files into a cube, with the sums that it is held against.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use dayone_billing_files::{ChargeRefusal, FileFacts, Progress, ReadOptions, Refusal, read_with_progress, sum};
use dayone_domain::Currency;
use dayone_domain::coverage::Coverage;
use dayone_domain::cube::{Cube, CubeBuilder};
use dayone_domain::plain_text::harmless;
use dayone_domain::tie_out::ControlTotals;
use dayone_handlers::files::workers;
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::FileArguments;
use crate::failure::Failure;
use crate::inputs::{self, Input, Inputs};
use crate::overlaps::Found;
use crate::tables::count;

/// What billing files hold.
#[derive(Debug)]
pub struct Loaded {
    /// Exact sums.
    pub cube: Cube,
    /// Sums taken apart from the cube.
    pub control: ControlTotals,
    /// What tag keys cover, where it was asked for.
    pub coverage: Option<Coverage>,
}

/// Reads every file that the arguments name. Where any is refused nothing is returned, and the failure names
/// all that are.
pub fn load(arguments: &FileArguments, tag_keys: Vec<String>, with_coverage: bool, err: &mut dyn Write) -> Result<Loaded, Failure> {
    let Inputs { files, left_out, .. } = inputs::find(&arguments.files)?;
    note_left_out(&left_out, err)?;
    let progress = progress_bar(files.iter().map(|file| file.bytes).sum());
    let mut coverage = with_coverage.then(Coverage::default);
    let added = add_all(&files, tag_keys, arguments.currency, &progress, coverage.as_mut());
    progress.finish_and_clear();
    let summed = added.map_err(Failure::texts)?;
    write_notes(&files, &summed.facts, &summed.cube, err)?;
    for note in summed.found(&files).overlaps() {
        writeln!(err, "note: {note}")?;
    }
    Ok(Loaded { control: summed.control(), cube: summed.cube, coverage })
}

/// What files hold together.
pub struct Summed {
    /// Exact sums.
    pub cube: Cube,
    /// Of each file, sums taken apart from the cube.
    pub controls: Vec<ControlTotals>,
    /// What each file turned out to be.
    pub facts: Vec<FileFacts>,
}

impl Summed {
    /// The sums of all files, taken apart from the cube.
    pub fn control(&self) -> ControlTotals {
        ControlTotals::merge(&self.controls)
    }

    /// Where the charges were found.
    pub fn found(&self, files: &[Input]) -> Found {
        let mut found = Found::default();
        for (control, file) in self.controls.iter().zip(files) {
            found.note(control, file);
        }
        found
    }
}

/// Sums files, telling charges apart by these tag keys; other tags are not looked at.
///
/// # Errors
/// The refusals of all files that cannot be read right.
pub fn sum_all(files: &[Input], tag_keys: Vec<String>, currency: Option<Currency>, progress: &ProgressBar) -> Result<Summed, Vec<Refusal>> {
    let mut cube = CubeBuilder::new(tag_keys.clone());
    let read = each_file(files, currency, progress, |file, options, is_sound, on_progress| {
        if !is_sound {
            // It may hold a part of a file that is refused, and is of no use any more.
            cube = CubeBuilder::new(tag_keys.clone());
        }
        let summed = sum(&file.path, options, workers(), on_progress, &mut cube)?;
        Ok((summed.control, summed.facts))
    });
    let (controls, facts) = read?.into_iter().unzip();
    Ok(Summed { cube: cube.finish(), controls, facts })
}

/// The same charge by charge, with all tags: for what they cover.
fn add_all(
    files: &[Input],
    tag_keys: Vec<String>,
    currency: Option<Currency>,
    progress: &ProgressBar,
    mut coverage: Option<&mut Coverage>,
) -> Result<Summed, Vec<Refusal>> {
    let mut cube = CubeBuilder::new(tag_keys);
    let read = each_file(files, currency, progress, |file, options, is_sound, on_progress| {
        let mut control = ControlTotals::default();
        let facts = read_with_progress(&file.path, options, on_progress, &mut |charge| {
            if is_sound {
                cube.add(charge).map_err(|error| ChargeRefusal::from(&error))?;
                control.add(charge);
                if let Some(coverage) = &mut coverage {
                    coverage.add(charge);
                }
            }
            Ok(())
        })?;
        Ok((control, facts))
    });
    let (controls, facts) = read?.into_iter().unzip();
    Ok(Summed { cube: cube.finish(), controls, facts })
}

/// Reads files one after another, and tells the reading whether none before was refused; after the first that is, the
/// others are looked at all the same.
fn each_file<T>(
    files: &[Input],
    currency_if_absent: Option<Currency>,
    progress: &ProgressBar,
    mut read: impl FnMut(&Input, &ReadOptions<'_>, bool, &mut dyn FnMut(Progress)) -> Result<T, Refusal>,
) -> Result<Vec<T>, Vec<Refusal>> {
    let mut all = Vec::with_capacity(files.len());
    let mut refusals = Vec::new();
    for file in files {
        let options = ReadOptions { source: &file.source, currency_if_absent };
        let name = file.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        progress.set_message(name);
        let before = progress.position();
        match read(file, &options, refusals.is_empty(), &mut |at| progress.set_position(before + at.read)) {
            Ok(found) => all.push(found),
            Err(refusal) => refusals.push(refusal),
        }
        progress.set_position(before + file.bytes);
    }
    if refusals.is_empty() { Ok(all) } else { Err(refusals) }
}

/// Says which files of folders were left out.
pub fn note_left_out(left_out: &[PathBuf], err: &mut dyn Write) -> Result<(), Failure> {
    if !left_out.is_empty() {
        writeln!(
            err,
            "note: {} left out, since no billing file has such a name: {}",
            count(left_out.len() as u64, "file"),
            list_of_names(left_out)
        )?;
    }
    Ok(())
}

/// Notes on files, each once behind the names of its files.
pub fn each_once<'n>(notes: impl Iterator<Item = (&'n str, PathBuf)>) -> Vec<String> {
    let mut noted: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
    for (note, path) in notes {
        noted.entry(note).or_default().push(path);
    }
    noted.into_iter().map(|(note, paths)| format!("{}: {note}", list_of_names(&paths))).collect()
}

/// What a reader of the figures has to know, each once.
pub fn write_notes(files: &[Input], facts: &[FileFacts], cube: &Cube, err: &mut dyn Write) -> Result<(), Failure> {
    let notes = files.iter().zip(facts).flat_map(|(file, facts)| facts.notes.iter().map(|note| (note.as_str(), file.path.clone())));
    for note in each_once(notes) {
        writeln!(err, "note on {note}")?;
    }
    let unlisted: BTreeSet<Currency> = cube.bills().map(|bill| bill.currency).filter(|currency| !currency.is_listed()).collect();
    for currency in unlisted {
        writeln!(err, "note: {currency} is no currency of ISO 4217; its amounts are rounded to two decimals")?;
    }
    Ok(())
}

/// On a terminal only; hidden in a pipe, and for work that is over at once.
pub fn progress_bar(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    let style = ProgressStyle::with_template("{spinner} reading {msg}  {bytes} of {total_bytes}  {wide_bar}").expect("a valid template");
    bar.set_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

/// The first names, and how many more there are.
pub fn list_of_names(paths: &[PathBuf]) -> String {
    const SHOWN: usize = 3;
    let mut names: Vec<String> = paths.iter().take(SHOWN).map(|path| harmless(&path.display().to_string()).into_owned()).collect();
    if paths.len() > SHOWN {
        names.push(format!("and {} more", paths.len() - SHOWN));
    }
    names.join(", ")
}
