//! Starts a worker, with little memory, and watches over it.

use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::ops::Range;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

use crate::worker::kept_folder;

/// Most address space of a worker, in KiB: a file of some kilobytes may not ask for more.
const MOST_MEMORY: u64 = 768 * 1024;

/// Longest silence of a worker, which says something every few milliseconds.
const LONGEST_SILENCE: Duration = Duration::from_secs(60);

/// Deaths of workers after which a run is given up.
const MOST_DEATHS: usize = 50;

/// How the files ended.
#[derive(Debug, Default)]
pub struct Sums {
    /// Refused, read with the same sums, read with other sums.
    endings: [u64; 3],
    /// Most memory of a worker, in KiB, where the system says it.
    peak: u64,
    /// What is wrong, for people.
    pub found: Vec<String>,
}

impl Sums {
    /// Adds those of another worker.
    pub fn add(&mut self, other: Sums) {
        self.endings.iter_mut().zip(other.endings).for_each(|(sum, count)| *sum += count);
        self.peak = self.peak.max(other.peak);
        self.found.extend(other.found);
    }
}

impl fmt::Display for Sums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [refused, same, other] = self.endings;
        let files = refused + same + other + self.found.len() as u64;
        write!(f, "{files} damaged files: {refused} refused, {same} read with the same sums, {other} with other sums that are theirs, ")?;
        write!(f, "{} wrong, at most {} MiB", self.found.len(), self.peak.div_ceil(1024))
    }
}

/// Watches over one worker after the other.
pub struct Watch {
    run: u64,
    folder: TempDir,
    sums: Sums,
    deaths: usize,
}

impl Watch {
    /// Before the first worker.
    pub fn new(run: u64, worker: u64) -> Result<Watch, String> {
        let folder = tempfile::Builder::new().prefix(&format!("mutate-{worker}-")).tempdir().map_err(|error| error.to_string())?;
        Ok(Watch { run, folder, sums: Sums::default(), deaths: 0 })
    }

    /// Has the cases read, by a new worker behind each that one dies at.
    pub fn through(mut self, cases: Range<u64>) -> Result<Sums, String> {
        let mut from = cases.start;
        while from < cases.end && self.deaths < MOST_DEATHS {
            let (done, death) = self.one_worker(from..cases.end)?;
            from = match death {
                Some(why) => self.bury(&why, done)? + 1,
                None => done,
            };
        }
        if self.deaths == MOST_DEATHS {
            self.sums.found.push(format!("given up at case {from}: {MOST_DEATHS} workers died"));
        }
        Ok(self.sums)
    }

    /// Where it came to, and why it ended before its end.
    fn one_worker(&mut self, cases: Range<u64>) -> Result<(u64, Option<String>), String> {
        let mut child = self.start(&cases)?;
        let lines = lines_of(&mut child);
        let mut errors = child.stderr.take().expect("INVARIANT: it is piped");
        let said = thread::spawn(move || {
            let mut said = Vec::new();
            let _ = errors.read_to_end(&mut said);
            said
        });
        let (mut done, mut endings) = (cases.start, [0; 3]);
        let hung = loop {
            match lines.recv_timeout(LONGEST_SILENCE) {
                Ok(line) => self.take(&line, &mut done, &mut endings)?,
                Err(mpsc::RecvTimeoutError::Disconnected) => break false,
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    child.kill().map_err(|error| error.to_string())?;
                    break true;
                }
            }
            self.sums.peak = self.sums.peak.max(peak_of(&child));
        };
        self.sums.endings.iter_mut().zip(endings).for_each(|(sum, count)| *sum += count);
        let status = child.wait().map_err(|error| error.to_string())?;
        let said = said.join().unwrap_or_default();
        let said = String::from_utf8_lossy(&said).trim().replace('\n', " ");
        Ok(match (hung, status.success()) {
            (true, _) => (done, Some(format!("hangs: nothing for {} s", LONGEST_SILENCE.as_secs()))),
            (false, true) => (done, None),
            (false, false) => (done, Some(format!("dies: {status}: {said}"))),
        })
    }

    fn start(&self, cases: &Range<u64>) -> Result<Child, String> {
        let myself = std::env::current_exe().map_err(|error| error.to_string())?;
        let mut command = if cfg!(target_os = "linux") {
            // The shell takes away the memory and then becomes the worker.
            let mut shell = Command::new("sh");
            shell.arg("-c").arg(format!("ulimit -v {MOST_MEMORY} && exec \"$0\" \"$@\"")).arg(myself);
            shell
        } else {
            Command::new(myself)
        };
        let numbers = [("--run", self.run), ("--from", cases.start), ("--to", cases.end)];
        command.args(numbers.iter().flat_map(|(name, number)| [(*name).to_owned(), number.to_string()]));
        command.arg("--folder").arg(self.folder.path()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().map_err(|error| format!("a worker cannot be started: {error}"))
    }

    fn take(&mut self, line: &str, done: &mut u64, endings: &mut [u64; 3]) -> Result<(), String> {
        match line.split_once(' ') {
            Some(("found", what)) => {
                self.sums.found.push(format!("case {what}"));
                let number = what.split(' ').next().unwrap_or_default();
                self.keep(number)
            }
            Some(("done", numbers)) => {
                let numbers: Option<Vec<u64>> = numbers.split(' ').map(|number| number.parse().ok()).collect();
                let Some([to, rest @ ..]) = numbers.as_deref() else { return Err(format!("a worker said `{line}`")) };
                *done = *to;
                endings.copy_from_slice(rest);
                Ok(())
            }
            _ => Err(format!("a worker said `{line}`")),
        }
    }

    /// Keeps a file before its worker goes on; one that is gone can be made again.
    fn keep(&self, number: &str) -> Result<(), String> {
        let folder = kept_folder();
        fs::create_dir_all(&folder).map_err(|error| format!("`{}` cannot be made: {error}", folder.display()))?;
        let _ = fs::copy(self.folder.path().join(number), folder.join(number));
        Ok(())
    }

    /// The case that a worker died at: its file is still there.
    fn bury(&mut self, why: &str, done: u64) -> Result<u64, String> {
        self.deaths += 1;
        let left: Vec<PathBuf> = fs::read_dir(self.folder.path())
            .map_err(|error| error.to_string())?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .collect();
        let number = |path: &PathBuf| path.file_name()?.to_str()?.parse::<u64>().ok();
        let Some(case) = left.iter().filter_map(number).max() else { return Err(format!("a worker {why} behind case {done}")) };
        self.keep(&case.to_string())?;
        left.iter().for_each(|path| drop(fs::remove_file(path)));
        // What it read since it last said how far it is, is counted nowhere.
        self.sums.found.push(format!("case {case}: the worker {why}"));
        Ok(case)
    }
}

fn lines_of(child: &mut Child) -> Receiver<String> {
    let out = child.stdout.take().expect("INVARIANT: it is piped");
    let (to, lines) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            if to.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// In KiB; nought where the system does not say.
fn peak_of(child: &Child) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches("kB").trim().parse().unwrap_or(0)
}
