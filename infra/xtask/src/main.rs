//! Builds, checks and tests the workspace: `cargo xtask --help`.

mod bench;
mod pages;
mod program;
mod steps;
mod tools;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::bench::Bench;
use crate::program::say;

const HELP: &str = "\
Builds, checks and tests the workspace.

cargo xtask test [--only STEP]        install the tools, then run every step; a failed step does not stop the others
cargo xtask simulate [--seeds N]      whole tenants for months under faults, a company a seed (1,000); --from N begins with that seed
cargo xtask mutate [--files N]        damaged billing files (20,000): each is refused or read right; --run N damages them otherwise
cargo xtask bench ingest [...]        files → cube → cost groups beside the limit, DuckDB and Polars; `bench ingest --help` lists what may follow
cargo xtask bench allocation [...]    cube → cost groups at scale beside cloud-cost-allocation
cargo xtask tools                     install the tools that tests need into .tools: pinned, no root
cargo xtask check-pages FOLDER        check the HTML pages of a folder in a browser, at two widths
cargo xtask screenshots FOLDER [OUT]  take pictures of them into OUT (target/screenshots)
cargo xtask --help

Steps, in order: ";

const ENVIRONMENT: &str = "

Environment:
DAYONE_SAMPLES  folder of real billing files with their totals.json; without it the tests that read them are left out
";

/// What the command line asks for.
#[derive(Debug, PartialEq, Eq)]
enum Task<'a> {
    Help,
    Test { only: Option<&'a str> },
    Tools,
    Simulate { arguments: Vec<&'a str> },
    Mutate { arguments: Vec<&'a str> },
    Bench { of: Bench, arguments: Vec<&'a str> },
    CheckPages { folder: &'a str },
    Screenshots { folder: &'a str, output: Option<&'a str> },
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match parse(&arguments).and_then(|task| run(&task)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn parse<'a>(arguments: &[&'a str]) -> Result<Task<'a>, String> {
    match arguments {
        [] | ["--help" | "-h" | "help"] => Ok(Task::Help),
        ["test"] => Ok(Task::Test { only: None }),
        ["test", "--only", step] => Ok(Task::Test { only: Some(step) }),
        ["tools"] => Ok(Task::Tools),
        ["mutate", arguments @ ..] => Ok(Task::Mutate { arguments: arguments.to_vec() }),
        ["simulate", arguments @ ..] => Ok(Task::Simulate { arguments: arguments.to_vec() }),
        ["bench", "ingest", arguments @ ..] => Ok(Task::Bench { of: Bench::Ingest, arguments: arguments.to_vec() }),
        ["bench", "allocation", arguments @ ..] => Ok(Task::Bench { of: Bench::Allocation, arguments: arguments.to_vec() }),
        ["check-pages", folder] => Ok(Task::CheckPages { folder }),
        ["screenshots", folder] => Ok(Task::Screenshots { folder, output: None }),
        ["screenshots", folder, output] => Ok(Task::Screenshots { folder, output: Some(output) }),
        other => Err(format!("`{}` is no task; `cargo xtask --help` lists them", other.join(" "))),
    }
}

fn run(task: &Task<'_>) -> Result<bool, String> {
    let root = workspace_root();
    match task {
        Task::Help => {
            say(&format!("{HELP}{}{ENVIRONMENT}", steps::names()));
            Ok(true)
        }
        Task::Test { only } => steps::run(&root, *only),
        Task::Tools => Ok(tools::install(&root)?.is_complete()),
        Task::Mutate { arguments } => steps::mutate(&root, arguments),
        Task::Simulate { arguments } => steps::simulate(&root, arguments),
        Task::Bench { of, arguments } => bench::run(&root, *of, arguments),
        Task::CheckPages { folder } => pages::check(&root, Path::new(folder)),
        Task::Screenshots { folder, output } => pages::screenshots(&root, Path::new(folder), output.map(Path::new)),
    }
}

fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this package lies two folders deep").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_read_to_the_letter() {
        assert_eq!(parse(&[]), Ok(Task::Help));
        assert_eq!(parse(&["simulate", "--seeds", "7"]), Ok(Task::Simulate { arguments: vec!["--seeds", "7"] }));
        assert_eq!(parse(&["mutate", "--run", "2"]), Ok(Task::Mutate { arguments: vec!["--run", "2"] }));
        assert_eq!(parse(&["test"]), Ok(Task::Test { only: None }));
        assert_eq!(parse(&["test", "--only", "lint"]), Ok(Task::Test { only: Some("lint") }));
        assert_eq!(parse(&["screenshots", "a"]), Ok(Task::Screenshots { folder: "a", output: None }));
        assert_eq!(parse(&["bench", "ingest", "--flat"]), Ok(Task::Bench { of: Bench::Ingest, arguments: vec!["--flat"] }));
        assert_eq!(parse(&["bench", "allocation"]), Ok(Task::Bench { of: Bench::Allocation, arguments: vec![] }));
        for arguments in
            [&["tset"][..], &["bench"], &["bench", "all"], &["test", "--only"], &["test", "lint"], &["check-pages"], &["tools", "all"]]
        {
            assert!(parse(arguments).unwrap_err().contains("cargo xtask --help"), "{arguments:?}");
        }
    }

    #[test]
    fn an_unknown_step_is_refused_with_the_known_ones() {
        let message = run(&Task::Test { only: Some("tets") }).unwrap_err();
        assert!(message.contains("`tets`") && message.contains("lint"), "{message}");
    }
}
