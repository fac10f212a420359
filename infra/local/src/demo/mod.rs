//! `dayone demo`: a made-up company, its last closed month invoiced, and the proof.

use std::fs;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use dayone_demo::{DemoTenant, Written};
use dayone_domain::exact::Exact;
use dayone_domain::tie_out::compare_documents;
use dayone_domain::{BillingPeriod, CostBasis};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::{AllocationArguments, DemoArguments, FileArguments};
use crate::configured::{Configured, configure};
use crate::failure::Failure;
use crate::months::invoice_all;
use crate::tables::count;
use crate::{pages, preview, tieout};

/// The file by which an earlier demo is known.
const MARK: &str = "README.txt";
/// The folder of the invoices.
const INVOICES: &str = "invoices";

/// The last closed month of the demo tenant: the same today as tomorrow, so that figures can be spoken about.
fn last_closed() -> BillingPeriod {
    BillingPeriod::try_new(2026, 10).expect("a month")
}

/// Writes the demo tenant's files, reads them back, invoices the last closed month and shows it.
pub fn run(arguments: &DemoArguments, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let folder = &arguments.out;
    clear(folder)?;
    let written = generate(folder, arguments.seed)?;
    let files = FileArguments { files: written.sources.iter().map(|source| source.folder.clone()).collect(), currency: None };
    let allocation = AllocationArguments {
        trees: vec![written.tree.clone()],
        drivers: vec![written.drivers.clone()],
        basis: CostBasis::Billed,
        period: None,
    };
    let Configured { versions, drivers, loaded } = configure(&files, &allocation, false, err)?;
    let months = invoice_all(&loaded, &versions, allocation.basis, &drivers);
    let documents = tieout::read_documents(&written.provider_invoices)?;
    let comparison = compare_documents(&loaded.control, &documents, Exact::from_i128(1, 2));
    let pages = pages::write(&folder.join(INVOICES), &versions, &months, None)?;

    let company = versions.at(written.last_closed).company().to_owned();
    writeln!(
        out,
        "{company}, a made-up company: {} of {} in {}. Its last closed month:\n",
        count(written.charges, "charge"),
        count(months.len() as u64, "month"),
        count(written.sources.len() as u64, "source"),
    )?;
    let mut differences = comparison.differences();
    for month in months.iter().filter(|month| month.invoices.key.period == written.last_closed) {
        preview::write_month(&loaded, month, true, out)?;
        differences.extend(month.tie_out.differences());
    }
    let agreeing = comparison.lines.iter().filter(|line| line.agrees).count();
    let mark = if agreeing == comparison.lines.len() { "✓" } else { "✗" };
    writeln!(
        out,
        "  {mark} files = the providers' documents, to the cent: {agreeing} of {} of the closed months\n",
        count(comparison.lines.len() as u64, "document")
    )?;
    let page = pages.months.iter().find(|(key, _)| key.period == written.last_closed).map(|(_, path)| absolute(path));
    writeln!(out, "Invoice pages  {}", folder.join(INVOICES).display())?;
    if let Some(page) = page {
        writeln!(out, "Open first     {}", page.display())?;
    }
    write_next_steps(&written, out)?;
    if differences.is_empty() { Ok(()) } else { Err(Failure::Differs(differences)) }
}

/// Takes an earlier demo away; a folder that holds anything else is left alone.
fn clear(folder: &Path) -> Result<(), Failure> {
    let is_empty = match fs::read_dir(folder) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Failure::reading(folder)(error)),
    };
    if is_empty {
        return Ok(());
    }
    if !folder.join(MARK).is_file() || !folder.join(dayone_demo::AWS_SOURCE).is_dir() {
        return Err(Failure::refused(format!(
            "{}: the folder holds something else than an earlier demo. What to do: name another with --out.",
            folder.display()
        )));
    }
    fs::remove_dir_all(folder).map_err(Failure::writing(folder))
}

fn generate(folder: &Path, seed: u64) -> Result<Written, Failure> {
    fs::create_dir_all(folder).map_err(Failure::writing(folder))?;
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{spinner} making the demo tenant  {pos} of {len}  {wide_bar}").expect("a valid template"));
    let tenant = DemoTenant { seed, last_closed: last_closed() };
    let written = dayone_demo::write(&tenant, folder, &mut |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    });
    bar.finish_and_clear();
    written.map_err(Failure::writing(folder))
}

fn write_next_steps(written: &Written, out: &mut dyn Write) -> Result<(), Failure> {
    let dayone = program();
    let shown = |path: &Path| path.display().to_string();
    let sources: Vec<String> = written.sources.iter().map(|source| shown(&source.folder)).collect();
    let common = format!("{} --tree {} --drivers {}", sources.join(" "), shown(&written.tree), shown(&written.drivers));
    writeln!(out, "\nTry:")?;
    writeln!(out, "  {dayone} preview {common} --period {}", written.last_closed)?;
    writeln!(out, "  {dayone} tieout {common} --provider-invoices {}", shown(&written.provider_invoices))?;
    writeln!(out, "  {dayone} tieout {common} --basis effective --period {}", written.last_closed)?;
    writeln!(out, "  {dayone} tree suggest {}", sources[0])?;
    Ok(())
}

/// How to call this program from where the caller stands.
fn program() -> String {
    let here = std::env::current_dir().ok();
    let program = std::env::current_exe().ok();
    match (&program, &here) {
        (Some(program), Some(here)) => program.strip_prefix(here).unwrap_or(program).display().to_string(),
        _ => "dayone".to_owned(),
    }
}

/// For a link that can be opened from anywhere.
fn absolute(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}
