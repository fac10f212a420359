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
/// groups of a Parquet file, and of two, one unpacks a compressed text for the other. The sums are those of every charge,
/// exactly: what [`read`](crate::read) hands to [`CubeBuilder::add`], added.
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
    let summing = Summing { path, options, workers, total };
    let summed = match container {
        Container::Parquet => summing.parquet(on_progress, cube),
        container => summing.text(container, on_progress, cube),
    };
    match summed {
        Ok(summed) => Ok(summed),
        Err(Stopped::GaveUp(GiveUp(why))) => summing.by_row(on_progress, cube, why),
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

/// What a file is summed with.
struct Summing<'a> {
    path: &'a Path,
    options: &'a ReadOptions<'a>,
    workers: NonZeroUsize,
    /// Bytes of the file.
    total: u64,
}

impl Summing<'_> {
    fn by_row(&self, on_progress: &mut dyn FnMut(Progress), cube: &mut CubeBuilder, why: &'static str) -> Result<SummedFile, Refusal> {
        let mut control = ControlTotals::default();
        let needed = Needed::keys(cube.tag_keys());
        let mut sink = |charge: &Charge<'_>| {
            cube.add(charge).map_err(|error| ChargeRefusal::from(&error))?;
            control.add(charge);
            Ok(())
        };
        let facts =
            container::read(self.path, self.options, needed, on_progress, &mut sink).map_err(|refusal| refusal.in_file(self.path))?;
        Ok(SummedFile { facts, control, by_row: Some(why) })
    }

    fn parquet(&self, on_progress: &mut dyn FnMut(Progress), cube: &mut CubeBuilder) -> Result<SummedFile, Stopped> {
        const GONE: GiveUp = GiveUp("a file that is gone");
        let open = || File::open(self.path).map_err(|_| GONE);
        let file = open()?;
        let mut plan = Plan::of(&file)?;
        let tag_keys = cube.tag_keys().to_vec();
        let header = plan.header().clone();
        // Each thread has its own: a mapping remembers what it reads.
        let mapper = || {
            let mapper = Mapper::for_header(&header, self.options, &Needed::keys(&tag_keys));
            mapper.map_err(|_| GiveUp("a header that is refused"))
        };
        let own = mapper()?;
        plan.choose(&file, &own)?;
        let scale = plan.scale(&own)?;
        let all_rows = plan.rows()?;
        let next = AtomicUsize::new(0);
        let workers = self.workers.get().min(plan.row_groups().max(1));
        let most_combinations = cube.most_rows() / workers;
        let work = |on_rows: &mut dyn FnMut(usize)| -> Result<Sums, GiveUp> {
            let mapper = mapper()?;
            let mut engine = Engine::new(&mapper, &tag_keys, scale, most_combinations);
            let mut filler = Filler::new(&plan, &mapper, scale, &mut engine);
            loop {
                let group = next.fetch_add(1, Ordering::Relaxed);
                if group >= plan.row_groups() {
                    return Ok(engine.finish());
                }
                // Opened anew: a handle that is copied shares its position.
                plan.sum_group(open()?, group, &mut filler, &mut engine, on_rows)?;
            }
        };
        let mut read: u64 = 0;
        let mut count = |rows: usize| {
            read += rows as u64;
            let bytes = u128::from(self.total) * u128::from(read) / u128::from(all_rows.max(1));
            self.tell(u64::try_from(bytes).unwrap_or(self.total), on_progress);
        };
        let sums = if workers == 1 { vec![work(&mut count)?] } else { in_threads(workers, &work, &mut count)? };
        if sums.iter().map(Sums::rows).sum::<u64>() != all_rows {
            return Err(GiveUp("rows that are missing").into());
        }
        let counts = sums.iter().fold(Counts::default(), |counts, sums| counts.plus(sums.counts()));
        let control = hand_over(sums, &own, cube)?;
        self.tell(self.total, on_progress);
        let facts = facts_of(Container::Parquet, &own, &counts, all_rows, header.names().len());
        Ok(SummedFile { facts, control, by_row: None })
    }

    fn text(&self, container: Container, on_progress: &mut dyn FnMut(Progress), cube: &mut CubeBuilder) -> Result<SummedFile, Stopped> {
        let tag_keys = cube.tag_keys().to_vec();
        let mut on_read = |read: u64| self.tell(read, on_progress);
        let csv::summed::SummedText { mapper, sums, columns } =
            csv::summed::sum(self.path, container, self.options, &tag_keys, self.workers, cube.most_rows(), &mut on_read)?;
        let (counts, rows) = (sums.counts(), sums.rows());
        let control = hand_over(vec![sums], &mapper, cube)?;
        self.tell(self.total, on_progress);
        let facts = facts_of(container, &mapper, &counts, rows, columns);
        Ok(SummedFile { facts, control, by_row: None })
    }

    fn tell(&self, read: u64, on_progress: &mut dyn FnMut(Progress)) {
        on_progress(Progress { read: read.min(self.total), total: self.total });
    }
}

/// Works in so many threads, and counts the rows of all.
fn in_threads<W>(workers: usize, work: &W, count: &mut dyn FnMut(usize)) -> Result<Vec<Sums>, GiveUp>
where
    W: Fn(&mut dyn FnMut(usize)) -> Result<Sums, GiveUp> + Sync,
{
    thread::scope(|scope| {
        let (sender, rows) = mpsc::channel();
        let threads: Vec<_> = (0..workers)
            .map(|_| {
                let sender = sender.clone();
                // Nobody listens any more where another thread gave up.
                scope.spawn(move || work(&mut |rows| sender.send(rows).unwrap_or(())))
            })
            .collect();
        drop(sender);
        rows.iter().for_each(count);
        threads.into_iter().map(|thread| thread.join().unwrap_or(Err(GiveUp("a thread that failed")))).collect()
    })
}

/// Puts sums into the cube: all, or none where it would refuse one. Then the file is read by row, which says which.
fn hand_over(all: Vec<Sums>, mapper: &Mapper, cube: &mut CubeBuilder) -> Result<ControlTotals, Stopped> {
    if !Sums::all_fit(&all, cube) {
        return Err(GiveUp("sums that the cube may refuse").into());
    }
    let mut control = ControlTotals::default();
    for sums in all {
        sums.put(mapper.has_list_and_contracted(), cube, &mut control).map_err(Stopped::Cube)?;
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
