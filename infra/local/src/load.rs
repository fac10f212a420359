//! Billing files into a cube, with the sums that it is held against.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dayone_billing_files::{ChargeRefusal, FileFacts, ReadOptions, read_with_progress};
use dayone_domain::charge::{Charge, Dimension};
use dayone_domain::coverage::Coverage;
use dayone_domain::cube::{BillKey, Cube, CubeBuilder, CubeError};
use dayone_domain::tie_out::ControlTotals;
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::FileArguments;
use crate::failure::Failure;
use crate::inputs::{self, Input, Inputs};

/// What billing files hold.
#[derive(Debug)]
pub struct Loaded {
    /// Exact sums.
    pub cube: Cube,
    /// Sums taken apart from the cube.
    pub control: ControlTotals,
    /// What tag keys cover, where it was asked for.
    pub coverage: Option<Coverage>,
    /// The files and what each turned out to be.
    pub files: Vec<(Input, FileFacts)>,
}

/// Reads every file that the arguments name. Where any is refused nothing is returned, and the failure names
/// all that are.
pub fn load(arguments: &FileArguments, tag_keys: Vec<String>, with_coverage: bool, err: &mut dyn Write) -> Result<Loaded, Failure> {
    let Inputs { files, left_out } = inputs::find(&arguments.files)?;
    if !left_out.is_empty() {
        writeln!(
            err,
            "note: {} left out, since no billing file has such a name: {}",
            count(left_out.len(), "file"),
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
        found.last = None;
        bytes_before += file.bytes;
        progress.set_position(bytes_before);
    }
    progress.finish_and_clear();
    if !refusals.is_empty() {
        return Err(Failure::Refused(refusals));
    }
    let mut noted: BTreeMap<&str, Vec<PathBuf>> = BTreeMap::new();
    for (file, facts) in &read {
        for note in &facts.notes {
            noted.entry(note).or_default().push(file.path.clone());
        }
    }
    for (note, paths) in noted {
        writeln!(err, "note on {}: {note}", list_of_names(&paths))?;
    }
    let cube = builder.finish();
    for currency in cube.bills().map(|bill| bill.currency).collect::<BTreeSet<_>>() {
        if !currency.is_listed() {
            writeln!(err, "note: {currency} is no currency of ISO 4217; its amounts are rounded to two decimals")?;
        }
    }
    for note in found.overlaps() {
        writeln!(err, "note: {note}")?;
    }
    Ok(Loaded { cube, control, coverage, files: read })
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

/// Where the charges of a billing account were found: by bill, FOCUS ProviderName and BillingAccountId, the
/// source and the folder.
#[derive(Default)]
struct Found {
    places: BTreeMap<(BillKey, String, String), BTreeSet<(String, PathBuf)>>,
    last: Option<(BillKey, String, String)>,
}

impl Found {
    fn note(&mut self, charge: &Charge<'_>, file: &Input) {
        let account = charge.value(Dimension::BillingAccount);
        let bill = BillKey { period: charge.billing_period, currency: charge.currency };
        let is_last = self
            .last
            .as_ref()
            .is_some_and(|(known, provider, last)| *known == bill && provider == charge.value(Dimension::Provider) && last == account);
        if is_last || account.is_empty() {
            return;
        }
        let key = (bill, charge.value(Dimension::Provider).to_owned(), account.to_owned());
        self.last = Some(key.clone());
        let folder = file.path.parent().map_or_else(PathBuf::new, Path::to_path_buf);
        self.places.entry(key).or_default().insert((file.source.clone(), folder));
    }

    /// Billing accounts that several sources or folders cover in one bill: their charges are added up, which is
    /// right for the parts of one delivery and wrong for two deliveries of the same month.
    fn overlaps(&self) -> Vec<String> {
        let overlapping = self.places.iter().filter(|(_, places)| places.len() > 1);
        let mut notes = Vec::new();
        for ((bill, provider, account), places) in overlapping {
            let sources: BTreeSet<&str> = places.iter().map(|(source, _)| source.as_str()).collect();
            let places: Vec<String> = match sources.len() {
                1 => places.iter().map(|(_, folder)| folder.display().to_string()).collect(),
                _ => sources.into_iter().map(str::to_owned).collect(),
            };
            notes.push(format!(
                "{bill}: {} all hold charges of {provider} billing account `{account}`, and they are added up; name only the newest if they are deliveries of the same month",
                places.join(", ")
            ));
        }
        notes
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

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn list_of_names(paths: &[PathBuf]) -> String {
    const SHOWN: usize = 3;
    let mut names: Vec<String> = paths.iter().take(SHOWN).map(|path| path.display().to_string()).collect();
    if paths.len() > SHOWN {
        names.push(format!("and {} more", paths.len() - SHOWN));
    }
    names.join(", ")
}
