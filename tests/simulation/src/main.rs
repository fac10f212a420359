//! Runs seeds: `simulate --seeds 1000 [--from 1] [--months 5]`.
//!
//! A seed decides everything: the company, its bills, who does what, the clock, and what goes wrong. A seed that
//! bends a promise ends the run with its number: run it alone with `--from N --seeds 1`.

mod arriving;
mod auditor;
mod chance;
mod chaos;
mod executor;
mod model;
mod ports;
mod world;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::world::{Story, simulate};

/// What the command line asks for.
struct Arguments {
    seeds: u64,
    from: u64,
    months: u32,
}

fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1).collect()) {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}\nusage: simulate --seeds N [--from N] [--months N]");
            return ExitCode::from(2);
        }
    };
    let next = AtomicU64::new(arguments.from);
    let end = arguments.from + arguments.seeds;
    let sums = Mutex::new((Story::default(), Vec::<(u64, String)>::new()));
    let work = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return;
        }
        let outcome = catch_unwind(AssertUnwindSafe(|| simulate(seed, arguments.months)));
        let mut sums = sums.lock().expect("nobody panics with the lock");
        match outcome {
            Ok(story) => add(&mut sums.0, &story),
            Err(panic) => sums.1.push((seed, words(&*panic))),
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(work))));
    let (story, failed) = sums.into_inner().expect("nobody panics with the lock");
    say(&format!(
        "{} seeds: {} calls, {} cut off, {} bills closed, {} true-ups, {} disputes, {} deemed acceptances, \
         {} journals in the ERP, {} of groups in showback again, {} export batches, {} journals of them given up",
        arguments.seeds,
        story.calls,
        story.killed,
        story.closed,
        story.true_ups,
        story.disputes,
        story.deemed,
        story.journals,
        story.demoted,
        story.batches,
        story.missing
    ));
    for (seed, what) in failed.iter().take(10) {
        say(&format!("seed {seed}: {what}"));
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A line for whoever reads; nobody has to.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

fn add(sum: &mut Story, story: &Story) {
    sum.calls += story.calls;
    sum.killed += story.killed;
    sum.journals += story.journals;
    sum.closed += story.closed;
    sum.true_ups += story.true_ups;
    sum.disputes += story.disputes;
    sum.deemed += story.deemed;
    sum.demoted += story.demoted;
    sum.batches += story.batches;
    sum.missing += story.missing;
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

fn parse(words: Vec<String>) -> Result<Arguments, String> {
    let mut arguments = Arguments { seeds: 100, from: 1, months: 5 };
    for pair in words.chunks(2) {
        let [name, value] = pair else { return Err(format!("`{}` has no value", pair[0])) };
        let number: u64 = value.parse().map_err(|_| format!("`{value}` is no number"))?;
        match name.as_str() {
            "--seeds" => arguments.seeds = number,
            "--from" => arguments.from = number,
            "--months" => arguments.months = u32::try_from(number).map_err(|_| format!("`{value}` is too many"))?,
            other => return Err(format!("`{other}` is unknown")),
        }
    }
    Ok(arguments)
}
