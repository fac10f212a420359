//! Work that is ended by force somewhere, and done again.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use dayone_domain::BillingPeriod;
use dayone_tests::{Tools, run, succeed};

use crate::company::copy_folder;
use crate::facts::{differences, facts};

/// How often each work is ended, each time a little later.
pub const KILLS: u32 = 34;
/// Tries of one of them, each sooner than the one before, until the process was still there to be ended.
const MOST_TRIES: u32 = 30;
/// Homes that are worked on at once: most of the time they wait for the disk.
const AT_ONCE: usize = 4;
/// Longer than whoever was ended can hold what others need.
const PATIENCE: Duration = Duration::from_secs(120);

/// One command on a home.
pub struct Work<'a> {
    pub tools: &'a Tools,
    pub name: &'static str,
    /// The home before it.
    pub before: PathBuf,
    pub words: Vec<String>,
    /// What follows, so that there is something to see of it.
    pub after: Vec<String>,
    pub periods: [BillingPeriod; 3],
    /// Where the copies of the home go.
    pub folder: &'a Path,
}

/// The home in which nobody ended anything.
pub struct Reference {
    pub home: PathBuf,
    pub facts: Vec<String>,
    /// What the command says when it does everything, and when there is nothing left to do.
    all: String,
    nothing: String,
    /// How long it takes.
    took: Duration,
}

/// What the command, done again, had left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    All,
    Part,
    Nothing,
}

/// In how many homes that was everything, a part, or nothing.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    pub all: usize,
    pub part: usize,
    pub nothing: usize,
}

impl Counts {
    fn of(left: &[Left]) -> Counts {
        let count = |what: Left| left.iter().filter(|left| **left == what).count();
        Counts { all: count(Left::All), part: count(Left::Part), nothing: count(Left::Nothing) }
    }
}

impl Work<'_> {
    /// Does the work whole, twice; the second time must do nothing.
    pub fn reference(&self) -> Reference {
        let home = self.copy("whole");
        let begin = Instant::now();
        let all = succeed(&mut self.command(&home));
        let took = begin.elapsed();
        let nothing = succeed(&mut self.command(&home));
        assert_ne!(all, nothing, "{}: there is something to do", self.name);
        self.follow(&home);
        let known = facts(self.tools, &home, &self.periods);
        succeed(&mut self.command(&home));
        assert_eq!(differences(&known, &facts(self.tools, &home, &self.periods)), "", "{}: done twice", self.name);
        Reference { home, facts: known, all, nothing, took }
    }

    /// Ends the work while it runs, at moments spread over its time, each in a home of its own: the homes.
    pub fn kill(&self, reference: &Reference) -> Vec<PathBuf> {
        let homes = at_once((0..KILLS).collect(), |place| self.copy(&place.to_string()));
        // One after the other: each has the machine for itself, as the one had whose time was taken.
        for (place, home) in (0..KILLS).zip(&homes) {
            self.kill_running(place, home, reference.took * place / KILLS);
        }
        homes
    }

    /// Ends the work in a home, sooner where it was done before: then the home is made anew.
    fn kill_running(&self, place: u32, home: &Path, mut delay: Duration) {
        for _ in 0..MOST_TRIES {
            if self.kill_after(home, delay) {
                return;
            }
            self.copy(&place.to_string());
            delay = delay * 4 / 5;
        }
        panic!("{}: it was done before it could be ended, even after {delay:?}", self.name);
    }

    /// Whether the process was still running when it was ended.
    fn kill_after(&self, home: &Path, delay: Duration) -> bool {
        let mut command = self.command(home);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the program can be started");
        sleep(delay);
        child.kill().expect("a child can be ended");
        let status = child.wait().expect("a child ends");
        // On Unix whoever was ended has no code. One that came to its end before must have done its work.
        assert!(cfg!(not(unix)) || status.success() || status.code().is_none(), "{}: {status} in {}", self.name, home.display());
        !status.success()
    }

    /// Does the work again to its end in each home, and holds it against the one in which nobody ended anything.
    pub fn finish(&self, reference: &Reference, killed: Vec<PathBuf>) -> Counts {
        let left = at_once(killed, |home| {
            let said = self.do_again(&home);
            self.follow(&home);
            let differences = differences(&reference.facts, &facts(self.tools, &home, &self.periods));
            assert!(differences.is_empty(), "{}: ended and done again in {}\n{said}\n{differences}", self.name, home.display());
            fs::remove_dir_all(home).expect("a home that is right can go");
            match said {
                _ if said == reference.all => Left::All,
                _ if said == reference.nothing => Left::Nothing,
                _ => Left::Part,
            }
        });
        Counts::of(&left)
    }

    /// What whoever was ended holds for itself, it holds for a limited time only.
    fn do_again(&self, home: &Path) -> String {
        let begin = Instant::now();
        loop {
            let output = run(&mut self.command(home));
            let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            if output.status.success() {
                return said;
            }
            let is_held = said.contains("by another process") && said.contains("try again in");
            assert!(is_held, "{}: in {}\n{said}", self.name, home.display());
            assert!(begin.elapsed() < PATIENCE, "{}: still held in {}\n{said}", self.name, home.display());
            sleep(Duration::from_millis(250));
        }
    }

    fn follow(&self, home: &Path) {
        if !self.after.is_empty() {
            succeed(self.tools.dayone().args(&self.after).arg("--home").arg(home));
        }
    }

    fn command(&self, home: &Path) -> Command {
        let mut command = self.tools.dayone();
        command.args(&self.words).arg("--home").arg(home);
        command
    }

    fn copy(&self, place: &str) -> PathBuf {
        let to = self.folder.join(format!("{}-{place}", self.name));
        if to.exists() {
            fs::remove_dir_all(&to).expect("the last round's home can go");
        }
        copy_folder(&self.before, &to);
        to
    }
}

/// Does the same with each, some at a time; the results are in the order of the items.
fn at_once<Item: Send, Done: Send>(items: Vec<Item>, work: impl Fn(Item) -> Done + Sync) -> Vec<Done> {
    let left = Mutex::new(items.into_iter().enumerate());
    let next = || left.lock().expect("nobody panicked with it in hand").next();
    let part = || std::iter::from_fn(next).map(|(place, item)| (place, work(item))).collect::<Vec<_>>();
    let mut done: Vec<(usize, Done)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(part)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    });
    done.sort_by_key(|(place, _)| *place);
    done.into_iter().map(|(_, done)| done).collect()
}
