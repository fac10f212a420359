//! `dayone ingest`: billing files into deliveries.

use std::io::Write;

use dayone_domain::people::Role;
use dayone_handlers::intake::Taken;
use dayone_workflow::deliveries::Delivered;

use super::intake::{self, Batch};
use super::{Open, Outside};
use crate::args::home::IngestArguments;
use crate::failure::Failure;
use crate::inputs::{self, Inputs};
use crate::load;
use crate::tables::{self, count};

/// Reads, delivers and says what became of each delivery; fails where anything was refused.
pub fn run(arguments: &IngestArguments, outside: &Outside, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let open = Open::at(&arguments.who.home, outside)?;
    let by = open.by_or_account(&arguments.who, &[Role::Controller, Role::Finops])?;
    let Inputs { files, left_out, manifests } = inputs::gather(&arguments.files)?;
    load::note_left_out(&left_out, err)?;
    let progress = load::progress_bar(files.iter().map(|file| file.bytes).sum());
    let batch = Batch { files, manifests, source: arguments.source.as_deref(), currency: arguments.currency, root: None };
    let taken = open.block_on(intake::take(&open.tenant, &by, batch, &progress, err));
    progress.finish_and_clear();
    let taken = taken?;
    write_taken(&taken, out)?;
    let refused: Vec<String> = taken.refused.into_iter().map(|refused| refused.message).collect();
    match taken.failed.map(Failure::from) {
        Some(failed) if refused.is_empty() => Err(failed),
        Some(failed) => Err(Failure::Refused(refused).and(failed)),
        None if refused.is_empty() => Ok(()),
        None => Err(Failure::Refused(refused)),
    }
}

fn write_taken(taken: &Taken, out: &mut dyn Write) -> Result<(), Failure> {
    if taken.deliveries.is_empty() {
        return Ok(());
    }
    let rows = taken.deliveries.iter().map(|taken| {
        let what = match taken.outcome {
            Delivered::Newest => "newest: it counts now",
            Delivered::Older => "older: kept, a newer one counts",
            Delivered::Known => "known already",
        };
        vec![taken.source.clone(), taken.period.to_string(), taken.files.to_string(), tables::number(taken.charges), what.to_owned()]
    });
    let columns = [("Source", false), ("Period", false), ("Files", true), ("Charges", true), ("", false)];
    writeln!(out, "{}", tables::table(&columns, rows.collect()))?;
    let newest = taken.deliveries.iter().filter(|taken| taken.outcome == Delivered::Newest).count();
    match newest {
        0 => writeln!(out, "Nothing new.")?,
        _ => writeln!(out, "{} taken.\nNext: `dayone issue`.", count(newest as u64, "new delivery"))?,
    }
    Ok(())
}
