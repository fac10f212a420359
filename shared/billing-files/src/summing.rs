//! A file into a cube: summed where it can be, else row by row.

use std::fs::File;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use dayone_domain::Charge;
use dayone_domain::charge::Dimension;
use dayone_domain::cube::{CubeBuilder, CubeError};
use dayone_domain::tie_out::ControlTotals;

use crate::container::{self, Container, facts_of};
use crate::facets::Counts;
use crate::mapper::Mapper;
use crate::parquet::summed::{Filler, Plan};
use crate::refusal::{ChargeRefusal, Refusal};
use crate::sums::{Engine, GiveUp, Sums};
use crate::tags::Needed;
use crate::{FileFacts, Progress, ReadOptions, csv};

/// A file that was summed.
#[derive(Clone, Debug)]
pub struct SummedFile {
    /// What it turned out to be.
    pub facts: FileFacts,
    /// Its sums, taken apart from the cube.
    pub control: ControlTotals,
    /// Why it was read row by row, where it was: the same sums, more slowly.
    pub by_row: Option<&'static str>,
}

/// Reads a billing file into a cube, telling charges apart by the tag keys of the cube; `workers` threads read the row
/// groups of a Parquet file, and of two, one unpacks a compressed text for the other. The sums are those of every charge, exactly: what [`read`](crate::read) hands to
/// [`CubeBuilder::add`], added.
///
/// # Errors
/// On the first thing that cannot be read right; then the cube holds a part of the file, and is not used again.
pub fn sum(
    path: &Path,
    options: &ReadOptions<'_>,
    workers: NonZeroUsize,
    on_progress: &mut dyn FnMut(Progress),
    cube: &mut CubeBuilder,
) -> Result<SummedFile, Refusal> {
    let (container, total) = container::of(path).map_err(|refusal| refusal.in_file(path))?;
    let summed = match container {
        Container::Parquet => sum_parquet(path, options, workers, total, on_progress, cube),
        container => sum_text(path, container, options, workers, total, on_progress, cube),
    };
    match summed {
        Ok(summed) => Ok(summed),
        Err(Stopped::GaveUp(GiveUp(why))) => sum_by_row(path, options, on_progress, cube, why),
        Err(Stopped::Cube(error)) => Err(of_whole_file(&error).in_file(path)),
    }
}

enum Stopped {
    GaveUp(GiveUp),
    Cube(CubeError),
}

impl From<GiveUp> for Stopped {
    fn from(gave_up: GiveUp) -> Stopped {
        Stopped::GaveUp(gave_up)
    }
}

fn needed_of(cube: &CubeBuilder) -> Needed {
    Needed::Only(cube.tag_keys().iter().cloned().collect())
}

fn sum_by_row(
    path: &Path,
    options: &ReadOptions<'_>,
    on_progress: &mut dyn FnMut(Progress),
    cube: &mut CubeBuilder,
    why: &'static str,
) -> Result<SummedFile, Refusal> {
    let mut control = ControlTotals::default();
    let needed = needed_of(cube);
    let mut sink = |charge: &Charge<'_>| {
        cube.add(charge).map_err(|error| ChargeRefusal::from(&error))?;
        control.add(charge);
        Ok(())
    };
    let facts = container::read(path, options, needed, on_progress, &mut sink).map_err(|refusal| refusal.in_file(path))?;
    Ok(SummedFile { facts, control, by_row: Some(why) })
}

fn sum_parquet(
    path: &Path,
    options: &ReadOptions<'_>,
    workers: NonZeroUsize,
    total: u64,
    on_progress: &mut dyn FnMut(Progress),
    cube: &mut CubeBuilder,
) -> Result<SummedFile, Stopped> {
    const GONE: GiveUp = GiveUp("a file that is gone");
    let file = File::open(path).map_err(|_| GONE)?;
    let mut plan = Plan::of(&file)?;
    let tag_keys = cube.tag_keys().to_vec();
    let needed: Vec<String> = tag_keys.clone();
    let mapper = Mapper::for_header(plan.header(), options, &needed_of(cube)).map_err(|_| GiveUp("a header that is refused"))?;
    plan.choose(&file, &mapper)?;
    let scale = plan.scale(&mapper)?;
    let all_rows = plan.rows()?;
    let next = AtomicUsize::new(0);
    let workers = workers.get().min(plan.row_groups().max(1));
    let most_combinations = cube.most_rows() / workers;
    let work = |on_rows: &mut dyn FnMut(usize)| -> Result<Sums, GiveUp> {
        // Of its own: a mapping remembers what it reads.
        let needed = Needed::Only(needed.iter().cloned().collect());
        let mapper = Mapper::for_header(plan.header(), options, &needed).map_err(|_| GiveUp("a header that is refused"))?;
        let mut engine = Engine::new(&mapper, &tag_keys, scale, most_combinations);
        let mut filler = Filler::new(&plan, &mapper, scale, &mut engine);
        loop {
            let group = next.fetch_add(1, Ordering::Relaxed);
            if group >= plan.row_groups() {
                return Ok(engine.finish());
            }
            // Opened anew: a handle that is copied shares its position.
            let file = File::open(path).map_err(|_| GONE)?;
            plan.sum_group(file, group, &mut filler, &mut engine, on_rows)?;
        }
    };
    let mut read: u64 = 0;
    let mut count = |rows: usize| {
        read += rows as u64;
        let bytes = u128::from(total) * u128::from(read) / u128::from(all_rows.max(1));
        on_progress(Progress { read: u64::try_from(bytes).unwrap_or(total).min(total), total });
    };
    let sums = match workers {
        1 => vec![work(&mut count)?],
        _ => thread::scope(|scope| {
            let (sender, rows) = mpsc::channel();
            let threads: Vec<_> = (0..workers)
                .map(|_| {
                    let (work, sender) = (&work, sender.clone());
                    // Nobody listens any more where another thread gave up.
                    scope.spawn(move || work(&mut |rows| sender.send(rows).unwrap_or(())))
                })
                .collect();
            drop(sender);
            rows.iter().for_each(&mut count);
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or(Err(GiveUp("a thread that failed"))))
                .collect::<Result<Vec<Sums>, GiveUp>>()
        })?,
    };
    if sums.iter().map(Sums::rows).sum::<u64>() != all_rows {
        return Err(GiveUp("rows that are missing").into());
    }
    let counts = sums.iter().fold(Counts::default(), |counts, sums| counts.plus(sums.counts()));
    let control = hand_over(sums, &mapper, cube)?;
    on_progress(Progress { read: total, total });
    let facts = facts_of(Container::Parquet, &mapper, &counts, all_rows, plan.header().names().len());
    Ok(SummedFile { facts, control, by_row: None })
}

fn sum_text(
    path: &Path,
    container: Container,
    options: &ReadOptions<'_>,
    workers: NonZeroUsize,
    total: u64,
    on_progress: &mut dyn FnMut(Progress),
    cube: &mut CubeBuilder,
) -> Result<SummedFile, Stopped> {
    let tag_keys = cube.tag_keys().to_vec();
    let mut on_read = |read: u64| on_progress(Progress { read: read.min(total), total });
    let csv::summed::SummedText { mapper, sums, columns } =
        csv::summed::sum(path, container, options, &tag_keys, workers, cube.most_rows(), &mut on_read)?;
    let (counts, rows) = (sums.counts(), sums.rows());
    let control = hand_over(vec![sums], &mapper, cube)?;
    on_progress(Progress { read: total, total });
    let facts = facts_of(container, &mapper, &counts, rows, columns);
    Ok(SummedFile { facts, control, by_row: None })
}

/// Puts sums into the cube: all, or none where it would refuse one. Then the file is read by row, which says which.
fn hand_over(all: Vec<Sums>, mapper: &Mapper, cube: &mut CubeBuilder) -> Result<ControlTotals, Stopped> {
    if !Sums::all_fit(&all, cube) {
        return Err(GiveUp("sums that the cube may refuse").into());
    }
    let tag_keys = cube.tag_keys().len();
    let mut control = ControlTotals::default();
    for sums in all {
        sums.put(mapper.has_list_and_contracted(), tag_keys, cube, &mut control).map_err(Stopped::Cube)?;
    }
    Ok(control)
}

fn of_whole_file(error: &CubeError) -> Refusal {
    let refused = ChargeRefusal::from(error);
    Refusal::new(refused.reason, refused.what_to_do)
}

impl From<&CubeError> for ChargeRefusal {
    fn from(error: &CubeError) -> ChargeRefusal {
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
}
