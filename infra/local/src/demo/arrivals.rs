//! What arrives in the story: every file read once, before the months begin.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use dayone_demo::{Written, WrittenSource};
use dayone_domain::BillingPeriod;
use dayone_domain::cube::Cube;
use dayone_domain::tie_out::ControlTotals;
use dayone_ports::Digest;
use dayone_workflow::deliveries::{DeliveredFile, NewDelivery};
use indicatif::ProgressBar;

use crate::failure::Failure;
use crate::inputs::{self, Input, Inputs};
use crate::load::{self, sum_all};

/// One source's charges of one billing period, read and not delivered yet.
#[derive(Debug)]
pub struct Arrival {
    source: &'static str,
    period: BillingPeriod,
    paths: Vec<PathBuf>,
    files: Vec<DeliveredFile>,
    cube: Cube,
    control: ControlTotals,
}

/// Everything that arrives.
#[derive(Debug)]
pub struct Arrivals {
    months: BTreeMap<BillingPeriod, Vec<Arrival>>,
    late: Vec<Arrival>,
    /// The sums of all first deliveries, to hold against the providers' documents.
    pub control: ControlTotals,
}

impl Arrivals {
    /// Reads the files of the demo tenant; charges are told apart by these tag keys.
    pub fn read(written: &Written, tag_keys: &[String], err: &mut dyn Write) -> Result<Arrivals, Failure> {
        let all = written.sources.iter().chain([&written.late.source]);
        let found = all.map(|source| Ok((source, inputs::find(std::slice::from_ref(&source.folder))?)));
        let found = found.collect::<Result<Vec<(&WrittenSource, Inputs)>, Failure>>()?;
        let progress = load::progress_bar(found.iter().flat_map(|(_, inputs)| &inputs.files).map(|file| file.bytes).sum());
        let mut read = Vec::new();
        for (source, inputs) in &found {
            read.push(read_source(source, inputs, tag_keys.to_vec(), &progress, err)?);
        }
        progress.finish_and_clear();
        let late = read.pop().unwrap_or_default();
        let first: Vec<Arrival> = read.into_iter().flatten().collect();
        let control = ControlTotals::merge(first.iter().map(|arrival| &arrival.control));
        let mut months: BTreeMap<BillingPeriod, Vec<Arrival>> = BTreeMap::new();
        for arrival in first {
            months.entry(arrival.period).or_default().push(arrival);
        }
        Ok(Arrivals { months, late, control })
    }

    /// What the sources deliver of a billing period at first.
    pub fn take(&mut self, period: BillingPeriod) -> Vec<Arrival> {
        self.months.remove(&period).unwrap_or_default()
    }

    /// What is delivered once more.
    pub fn take_late(&mut self) -> Vec<Arrival> {
        std::mem::take(&mut self.late)
    }
}

impl Arrival {
    /// The delivery, made at a moment; its files are of that moment from now on, so that `dayone ingest` knows them.
    pub fn at(self, moment: DateTime<Utc>) -> Result<NewDelivery, Failure> {
        for path in &self.paths {
            let file = File::options().write(true).open(path).map_err(Failure::writing(path))?;
            file.set_modified(SystemTime::from(moment)).map_err(Failure::writing(path))?;
        }
        Ok(NewDelivery {
            source: self.source.to_owned(),
            period: self.period,
            modified: moment,
            files: self.files,
            cube: self.cube,
            control: self.control,
        })
    }
}

fn read_source(
    source: &WrittenSource,
    inputs: &Inputs,
    tag_keys: Vec<String>,
    progress: &ProgressBar,
    err: &mut dyn Write,
) -> Result<Vec<Arrival>, Failure> {
    let Inputs { files, manifests, .. } = inputs;
    let summed = sum_all(files, tag_keys, None, progress).map_err(Failure::texts)?;
    let (control, cube) = (summed.control(), summed.cube);
    load::write_notes(files, &summed.facts, &cube, err)?;
    let arrivals = source.files.iter().map(|(period, paths)| {
        let paths: BTreeSet<&PathBuf> = paths.iter().collect();
        let month = format!("={period}/");
        let manifests = manifests.iter().filter(|manifest| manifest.key.contains(&month));
        let of_period: Vec<&Input> = files.iter().filter(|file| paths.contains(&file.path)).collect();
        let delivered = of_period.iter().map(|file| {
            Ok(DeliveredFile { name: file.name.clone(), sha256: Digest::from_bytes(inputs::digest(&file.path)?), bytes: file.bytes })
        });
        Ok(Arrival {
            source: source.name,
            period: *period,
            files: Failure::all(delivered)?,
            paths: of_period.iter().map(|file| file.path.clone()).chain(manifests.map(|found| found.folder.join(&found.key))).collect(),
            cube: cube.of_period(*period),
            control: control.of_period(*period),
        })
    });
    arrivals.collect()
}
