//! Reads damaged files: `mutate --files 1000000 [--run 1] [--from 0]`.
//!
//! Each file is read in a process of its own kind: a worker, which has little memory and is watched. A file that a
//! worker panics at, dies at or hangs at is kept in `target/mutation`, and the worker goes on behind it.
//! `--only N` makes the file of one case there and reads it.

mod fuzz_seeds;
mod watch;
mod worker;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

use crate::watch::{Sums, Watch};

const USAGE: &str = "usage: mutate [--files N] [--run N] [--from N] [--only N] [--seeds FOLDER]

--files N       how many damaged files are read (20,000)
--run N         another number gives other files (1)
--from N        the first case (0)
--only N        that case alone, kept in target/mutation
--seeds FOLDER  writes the files that are damaged into a folder instead, one folder for each fuzz target";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Task {
    Mutate { files: u64, run: u64, from: u64 },
    Only { run: u64, case: u64 },
    Seeds { folder: PathBuf },
    Work { run: u64, from: u64, to: u64, folder: PathBuf },
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let done = match parse(&words) {
        Ok(Task::Mutate { files, run, from }) => mutate(files, run, from),
        Ok(Task::Only { run, case }) => worker::only(run, case),
        Ok(Task::Seeds { folder }) => fuzz_seeds::write(&folder).map(|()| true),
        Ok(Task::Work { run, from, to, folder }) => worker::work(run, from, to, &folder).map(|()| true),
        Err(message) => {
            eprintln!("{message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn parse(words: &[String]) -> Result<Task, String> {
    let (mut files, mut run, mut from, mut to, mut only) = (20_000, 1, 0, None, None);
    let (mut seeds, mut folder) = (None, None);
    for pair in words.chunks(2) {
        let [name, value] = pair else { return Err(format!("`{}` has no value", pair[0])) };
        let number = || value.parse::<u64>().map_err(|_| format!("`{value}` is no number"));
        match name.as_str() {
            "--files" => files = number()?,
            "--run" => run = number()?,
            "--from" => from = number()?,
            "--to" => to = Some(number()?),
            "--only" => only = Some(number()?),
            "--seeds" => seeds = Some(PathBuf::from(value)),
            "--folder" => folder = Some(PathBuf::from(value)),
            other => return Err(format!("`{other}` is unknown")),
        }
    }
    Ok(match (seeds, only, folder.zip(to)) {
        (Some(folder), ..) => Task::Seeds { folder },
        (None, Some(case), _) => Task::Only { run, case },
        (None, None, Some((folder, to))) => Task::Work { run, from, to, folder },
        (None, None, None) => Task::Mutate { files, run, from },
    })
}

/// Shares the cases out among workers; whether all went right.
fn mutate(files: u64, run: u64, from: u64) -> Result<bool, String> {
    let begin = Instant::now();
    let workers = thread::available_parallelism().map_or(1, |count| count.get() as u64).min(files.max(1));
    let bounds = |worker: u64| from + files * worker / workers..from + files * (worker + 1) / workers;
    let sums: Vec<Result<Sums, String>> = thread::scope(|scope| {
        let watches: Vec<_> = (0..workers).map(|worker| scope.spawn(move || Watch::new(run, worker)?.through(bounds(worker)))).collect();
        watches.into_iter().map(|watch| watch.join().unwrap_or_else(|_| Err("a watch panicked".to_owned()))).collect()
    });
    let mut all = Sums::default();
    for sums in sums {
        all.add(sums?);
    }
    say(&format!("{all}, in {} s", begin.elapsed().as_secs()));
    for found in all.found.iter().take(20) {
        say(found);
    }
    Ok(all.found.is_empty())
}

/// A line for whoever reads; nobody has to.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_read_to_the_letter() {
        let parse = |text: &str| parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(parse(""), Ok(Task::Mutate { files: 20_000, run: 1, from: 0 }));
        assert_eq!(parse("--files 5 --run 2"), Ok(Task::Mutate { files: 5, run: 2, from: 0 }));
        assert_eq!(parse("--only 7"), Ok(Task::Only { run: 1, case: 7 }));
        for text in ["--files", "--files x", "--fiels 5"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
