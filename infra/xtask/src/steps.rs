//! The steps of `cargo xtask test`.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::program::{cargo, duration_text, say, succeed};
use crate::tools::{self, Tools};

/// A step, in the order of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Tools,
    Format,
    Lint,
    Licences,
    Build,
    Test,
    Simulate,
    Mutate,
    Docs,
}

impl Step {
    const ALL: [Step; 9] =
        [Step::Tools, Step::Format, Step::Lint, Step::Licences, Step::Build, Step::Test, Step::Simulate, Step::Mutate, Step::Docs];

    fn name(self) -> &'static str {
        match self {
            Step::Tools => "tools",
            Step::Format => "format",
            Step::Lint => "lint",
            Step::Licences => "licences",
            Step::Build => "build",
            Step::Test => "test",
            Step::Simulate => "simulate",
            Step::Mutate => "mutate",
            Step::Docs => "docs",
        }
    }

    /// Steps that must have passed for this one to make sense.
    fn needs(self) -> &'static [Step] {
        match self {
            Step::Licences => &[Step::Tools],
            Step::Test => &[Step::Tools, Step::Build],
            _ => &[],
        }
    }

    fn arguments(self) -> &'static [&'static str] {
        match self {
            Step::Tools => &[],
            Step::Format => &["fmt", "--all", "--check"],
            Step::Lint => &["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"],
            Step::Licences => &["deny", "check", "--hide-inclusion-graph", "licenses", "bans", "sources"],
            Step::Build => &["build", "--release"],
            Step::Test => &["test", "--workspace", "--no-fail-fast"],
            Step::Simulate => &["run", "--release", "-p", "dayone-simulation", "--", "--seeds", "1000"],
            Step::Mutate => &["run", "--release", "-p", "dayone-mutation", "--", "--files", "20000"],
            Step::Docs => &["doc", "--no-deps", "--workspace"],
        }
    }
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Passed(Duration),
    Failed(Duration, String),
    NotRun(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Passed(duration) => write!(f, "passed in {}", duration_text(*duration)),
            Outcome::Failed(duration, why) => write!(f, "FAILED after {}: {why}", duration_text(*duration)),
            Outcome::NotRun(why) => write!(f, "NOT RUN: {why}"),
        }
    }
}

/// The names of the steps, for people.
pub fn names() -> String {
    Step::ALL.map(Step::name).join(", ")
}

/// Runs all steps, or one with those that it needs; whether all passed.
pub fn run(root: &Path, only: Option<&str>) -> Result<bool, String> {
    let selected = select(only)?;
    let mut done: Vec<(Step, Outcome)> = Vec::new();
    let mut tools: Option<Tools> = None;
    for step in selected {
        let outcome = match missing(step, &done, tools.as_ref()) {
            Some(why) => Outcome::NotRun(why),
            None => carry_out(root, step, &mut tools),
        };
        say(&format!("   {}: {outcome}", step.name()));
        done.push((step, outcome));
    }
    let passed = done.iter().all(|(_, outcome)| matches!(outcome, Outcome::Passed(_)));
    for line in summary(&done, std::env::var_os("DAYONE_SAMPLES").is_some()) {
        say(&line);
    }
    Ok(passed)
}

/// Runs the simulation with these words of the command line; whether no seed bent a promise.
pub fn simulate(root: &Path, arguments: &[&str]) -> Result<bool, String> {
    let default = ["--seeds", "1000"];
    Ok(runs(root, "dayone-simulation", if arguments.is_empty() { &default } else { arguments }))
}

/// Reads damaged files with these words of the command line; whether each was refused or read right.
pub fn mutate(root: &Path, arguments: &[&str]) -> Result<bool, String> {
    Ok(runs(root, "dayone-mutation", arguments))
}

/// Whether the program of a package of the workspace succeeds.
fn runs(root: &Path, package: &str, arguments: &[&str]) -> bool {
    let run = [&["run", "--release", "-p", package, "--"], arguments].concat();
    succeed(&mut cargo(root, &run)).is_ok()
}

fn select(only: Option<&str>) -> Result<Vec<Step>, String> {
    let Some(name) = only else {
        return Ok(Step::ALL.to_vec());
    };
    let step = Step::ALL.into_iter().find(|step| step.name() == name);
    let step = step.ok_or_else(|| format!("`{name}` is no step; there are {}", names()))?;
    Ok(step.needs().iter().copied().chain([step]).collect())
}

/// Why a step cannot run. Tools are told apart: licences need no browser.
fn missing(step: Step, done: &[(Step, Outcome)], tools: Option<&Tools>) -> Option<String> {
    let failed = |needed: &Step| done.iter().any(|(step, outcome)| step == needed && !matches!(outcome, Outcome::Passed(_)));
    match (step, tools) {
        (Step::Licences, Some(tools)) if tools.has_deny => None,
        _ => step.needs().iter().find(|needed| failed(needed)).map(|needed| format!("`{}` did not pass", needed.name())),
    }
}

fn carry_out(root: &Path, step: Step, tools: &mut Option<Tools>) -> Outcome {
    let shown = if step == Step::Tools { "what .tools lacks".to_owned() } else { format!("cargo {}", step.arguments().join(" ")) };
    say(&format!("\n== {}: {shown}", step.name()));
    let begin = Instant::now();
    let result = if step == Step::Tools {
        tools::install(root).and_then(|found| {
            let complete = found.is_complete();
            *tools = Some(found);
            if complete { Ok(()) } else { Err("a tool could not be installed; see above".to_owned()) }
        })
    } else {
        succeed(&mut command(root, step, tools.as_ref()))
    };
    match result {
        Ok(()) => Outcome::Passed(begin.elapsed()),
        Err(why) => Outcome::Failed(begin.elapsed(), why),
    }
}

fn command(root: &Path, step: Step, tools: Option<&Tools>) -> Command {
    let mut command = cargo(root, step.arguments());
    match (step, tools) {
        (Step::Licences, Some(tools)) => {
            // Cargo finds `cargo deny` by the name of a program on the path.
            let path = std::env::var_os("PATH").unwrap_or_default();
            let folders = std::iter::once(tools.cargo_bin()).chain(std::env::split_paths(&path));
            command.env("PATH", std::env::join_paths(folders).expect("folders of a path hold no separator"));
        }
        (Step::Test, Some(tools)) => {
            command.env("DAYONE_TOOLS", &tools.folder).env("DAYONE_BIN", binary(root));
        }
        (Step::Docs, _) => {
            command.env("RUSTDOCFLAGS", "-D warnings");
        }
        _ => {}
    }
    command
}

fn binary(root: &Path) -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |target| root.join(target));
    target.join("release").join(format!("dayone{}", std::env::consts::EXE_SUFFIX))
}

fn summary(done: &[(Step, Outcome)], has_samples: bool) -> Vec<String> {
    let mut lines = vec!["\n== summary".to_owned()];
    lines.extend(done.iter().map(|(step, outcome)| format!("   {:<9} {outcome}", step.name())));
    if !has_samples && done.iter().any(|(step, _)| *step == Step::Test) {
        lines.push("   LEFT OUT: tests on real billing files, because DAYONE_SAMPLES is not set to their folder".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed() -> Outcome {
        Outcome::Passed(Duration::from_secs(1))
    }

    fn failed() -> Outcome {
        Outcome::Failed(Duration::from_secs(1), "broken".to_owned())
    }

    fn tools(has_browser: bool, has_deny: bool) -> Tools {
        Tools { folder: PathBuf::new(), has_python: true, has_browser, has_deny }
    }

    #[test]
    fn one_step_brings_what_it_needs() {
        assert_eq!(select(Some("test")).unwrap(), [Step::Tools, Step::Build, Step::Test]);
        assert_eq!(select(Some("format")).unwrap(), [Step::Format]);
        assert_eq!(select(None).unwrap(), Step::ALL);
    }

    #[test]
    fn tests_do_not_run_without_their_binary() {
        let done = [(Step::Tools, passed()), (Step::Build, failed())];
        assert_eq!(missing(Step::Test, &done, Some(&tools(true, true))).unwrap(), "`build` did not pass");
        assert_eq!(missing(Step::Docs, &done, Some(&tools(true, true))), None);
    }

    #[test]
    fn a_missing_browser_keeps_only_its_tests_from_running() {
        let done = [(Step::Tools, failed()), (Step::Build, passed())];
        assert_eq!(missing(Step::Licences, &done, Some(&tools(false, true))), None);
        assert!(missing(Step::Licences, &done, Some(&tools(true, false))).is_some());
        assert!(missing(Step::Test, &done, Some(&tools(false, true))).is_some());
    }

    #[test]
    fn the_summary_says_what_was_left_out() {
        let done = [(Step::Test, passed())];
        assert!(summary(&done, false).iter().any(|line| line.contains("LEFT OUT") && line.contains("DAYONE_SAMPLES")));
        assert!(!summary(&done, true).iter().any(|line| line.contains("LEFT OUT")));
        assert!(!summary(&[(Step::Lint, passed())], false).iter().any(|line| line.contains("LEFT OUT")));
    }
}
