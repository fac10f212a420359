//! Billing files into a cube, with the sums that it is held against.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use dayone_billing_files::{ChargeRefusal, FileFacts, ReadOptions, read_with_progress};
use dayone_domain::Currency;
use dayone_domain::charge::{Charge, Dimension};
use dayone_domain::coverage::Coverage;
use dayone_domain::cube::{Cube, CubeBuilder, CubeError};
use dayone_domain::plain_text::harmless;
use dayone_domain::tie_out::ControlTotals;
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
    let Inputs { files, left_out } = inputs::find(&arguments.files)?;
    if !left_out.is_empty() {
        writeln!(
            err,
            "note: {} left out, since no billing file has such a name: {}",
            count(left_out.len() as u64, "file"),
            list_of_names(&left_out)
        )?;
    }
    let progress = progress_bar(files.iter().map(|file| file.bytes).sum());
    let mut builder = CubeBuilder::new(tag_keys);
    let mut control = ControlTotals::default();
    let mut coverage = with_coverage.then(Coverage::default);
    let mut found = Found::default();
    let mut read = Vec::with_capacity(files.len());
    let mut refusals = Vec::new();
    let mut bytes_before = 0;
    for file in files {
        let options = ReadOptions { source: &file.source, currency_if_absent: arguments.currency };
        let name = file.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        progress.set_message(name);
        let is_sound = refusals.is_empty();
        found.next_file();
        let mut sink = |charge: &Charge<'_>| {
            if !is_sound {
                return Ok(());
            }
            builder.add(charge).map_err(|error| charge_refusal(&error))?;
            control.add(charge);
            found.note(charge, &file);
            if let Some(coverage) = &mut coverage {
                coverage.add(charge);
            }
            Ok(())
        };
        let on_progress = &mut |at: dayone_billing_files::Progress| progress.set_position(bytes_before + at.read);
        match read_with_progress(&file.path, &options, on_progress, &mut sink) {
            Ok(facts) => read.push((file.clone(), facts)),
            Err(refusal) => refusals.push(refusal.to_string()),
        }
        bytes_before += file.bytes;
        progress.set_position(bytes_before);
    }
    progress.finish_and_clear();
    if !refusals.is_empty() {
        return Err(Failure::Refused(refusals));
    }
    let cube = builder.finish();
    write_notes(&read, &cube, &found, err)?;
    Ok(Loaded { cube, control, coverage })
}

/// What a reader of the figures has to know, each once.
fn write_notes(read: &[(Input, FileFacts)], cube: &Cube, found: &Found, err: &mut dyn Write) -> Result<(), Failure> {
    let mut noted: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
    for (file, facts) in read {
        for note in &facts.notes {
            noted.entry(note).or_default().push(file.path.clone());
        }
    }
    for (note, paths) in noted {
        writeln!(err, "note on {}: {note}", list_of_names(&paths))?;
    }
    let unlisted: BTreeSet<Currency> = cube.bills().map(|bill| bill.currency).filter(|currency| !currency.is_listed()).collect();
    for currency in unlisted {
        writeln!(err, "note: {currency} is no currency of ISO 4217; its amounts are rounded to two decimals")?;
    }
    for note in found.overlaps() {
        writeln!(err, "note: {note}")?;
    }
    Ok(())
}

fn charge_refusal(error: &CubeError) -> ChargeRefusal {
    match error {
        CubeError::TooMany { .. } => ChargeRefusal {
            dimension: None,
            value: None,
            reason: error.to_string(),
            what_to_do: "preview fewer months or accounts at a time, or name fewer tags in the tree".to_owned(),
        },
        CubeError::TwoCurrencies { invoice, .. } => ChargeRefusal {
            dimension: Some(Dimension::InvoiceId),
            value: Some(invoice.clone()),
            reason: error.to_string(),
            what_to_do: "ask the provider for a corrected file; a provider invoice has one currency".to_owned(),
        },
    }
}

/// On a terminal only; hidden in a pipe, and for work that is over at once.
fn progress_bar(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    let style = ProgressStyle::with_template("{spinner} reading {msg}  {bytes} of {total_bytes}  {wide_bar}").expect("a valid template");
    bar.set_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

fn list_of_names(paths: &[PathBuf]) -> String {
    const SHOWN: usize = 3;
    let mut names: Vec<String> = paths.iter().take(SHOWN).map(|path| harmless(&path.display().to_string()).into_owned()).collect();
    if paths.len() > SHOWN {
        names.push(format!("and {} more", paths.len() - SHOWN));
    }
    names.join(", ")
}
