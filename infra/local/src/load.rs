//! Billing files into a cube, with the sums that it is held against.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use dayone_billing_files::{ChargeRefusal, FileFacts, ReadOptions, Refusal, read_with_progress};
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
    let Inputs { files, left_out, .. } = inputs::find(&arguments.files)?;
    note_left_out(&left_out, err)?;
    let progress = progress_bar(files.iter().map(|file| file.bytes).sum());
    let mut sums = Sums::new(tag_keys);
    let mut coverage = with_coverage.then(Coverage::default);
    let read = read_all(&files, arguments.currency, &progress, &mut |charge, place| {
        sums.add(charge, &files[place], place)?;
        if let Some(coverage) = &mut coverage {
            coverage.add(charge);
        }
        Ok(())
    });
    progress.finish_and_clear();
    let facts = read.map_err(Failure::texts)?;
    let (cube, control, found) = sums.finish();
    write_notes(&files, &facts, &cube, err)?;
    for note in found.overlaps() {
        writeln!(err, "note: {note}")?;
    }
    Ok(Loaded { cube, control, coverage })
}

/// What charges are summed into: the cube, and the totals that it is held against.
pub struct Sums {
    builder: CubeBuilder,
    control: ControlTotals,
    found: Found,
    /// The place of the file of the charge before.
    last: Option<usize>,
}

impl Sums {
    /// Nothing yet; charges are told apart by these tag keys.
    pub fn new(tag_keys: Vec<String>) -> Sums {
        Sums { builder: CubeBuilder::new(tag_keys), control: ControlTotals::default(), found: Found::default(), last: None }
    }

    /// Takes one charge of a file, which has this place among the files.
    pub fn add(&mut self, charge: &Charge<'_>, file: &Input, place: usize) -> Result<(), ChargeRefusal> {
        if self.last != Some(place) {
            self.found.next_file();
            self.last = Some(place);
        }
        self.builder.add(charge).map_err(|error| charge_refusal(&error))?;
        self.control.add(charge);
        self.found.note(charge, file);
        Ok(())
    }

    /// The sums, and where the charges were found.
    pub fn finish(self) -> (Cube, ControlTotals, Found) {
        (self.builder.finish(), self.control, self.found)
    }
}

/// Takes a charge of the file at a place in the list.
pub type FileSink<'a> = dyn FnMut(&Charge<'_>, usize) -> Result<(), ChargeRefusal> + 'a;

/// Reads files one after another, and tells what each turned out to be. After the first that is refused no charge
/// reaches the sink any more; the others are looked at all the same.
///
/// # Errors
/// The refusals of all files that cannot be read right.
pub fn read_all(
    files: &[Input],
    currency_if_absent: Option<Currency>,
    progress: &ProgressBar,
    sink: &mut FileSink<'_>,
) -> Result<Vec<FileFacts>, Vec<Refusal>> {
    let mut facts = Vec::with_capacity(files.len());
    let mut refusals = Vec::new();
    for (place, file) in files.iter().enumerate() {
        let options = ReadOptions { source: &file.source, currency_if_absent };
        let name = file.path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        progress.set_message(name);
        let before = progress.position();
        let is_sound = refusals.is_empty();
        let mut each = |charge: &Charge<'_>| if is_sound { sink(charge, place) } else { Ok(()) };
        let on_progress = &mut |at: dayone_billing_files::Progress| progress.set_position(before + at.read);
        match read_with_progress(&file.path, &options, on_progress, &mut each) {
            Ok(found) => facts.push(found),
            Err(refusal) => refusals.push(refusal),
        }
        progress.set_position(before + file.bytes);
    }
    if refusals.is_empty() { Ok(facts) } else { Err(refusals) }
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

/// What a reader of the figures has to know, each once.
pub fn write_notes(files: &[Input], facts: &[FileFacts], cube: &Cube, err: &mut dyn Write) -> Result<(), Failure> {
    let mut noted: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
    for (file, facts) in files.iter().zip(facts) {
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
