//! `cargo xtask bench`: builds what takes part, brings the peers from PyPI into `.bench`, and runs it.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::{cargo, program, say, succeed};
use crate::tools::find_python;

/// Where the peers and what they need are described.
const PEERS: &str = "tests/bench/peers";
/// All that the bench makes.
const FOLDER: &str = ".bench";

/// A thing that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bench {
    /// Billing files → cube → cost groups.
    Ingest,
    /// Cube → cost groups, at scale.
    Allocation,
}

/// Runs a bench with these words of the command line; whether all that must hold holds.
pub fn run(root: &Path, bench: Bench, arguments: &[&str]) -> Result<bool, String> {
    match bench {
        Bench::Ingest => ingest(root, arguments),
        Bench::Allocation => allocation(root, arguments),
    }
}

fn ingest(root: &Path, arguments: &[&str]) -> Result<bool, String> {
    succeed(&mut cargo(root, &["build", "--release", "--locked", "-p", "dayone-bench", "--bins"]))?;
    if !arguments.iter().any(|argument| ["--without-peers", "--flat", "--help"].contains(argument)) {
        install_peers(root)?;
    }
    let run = [&["run", "--quiet", "--release", "--locked", "-p", "dayone-bench", "--bin", "bench", "--"], arguments].concat();
    Ok(succeed(&mut cargo(root, &run)).is_ok())
}

fn allocation(root: &Path, arguments: &[&str]) -> Result<bool, String> {
    let example = ["--release", "--locked", "-p", "dayone-domain", "--example", "allocation_at_scale"];
    succeed(&mut cargo(root, &[&["build"], &example[..]].concat()))?;
    say("Day One, on one core: seconds of each phase");
    succeed(&mut on_one_core(root, &release(root).join("examples/allocation_at_scale"), arguments))?;
    install_peers(root)?;
    say("\ncloud-cost-allocation 2.4.0, on one core: seconds for smaller bills");
    succeed(on_one_core(root, &python(root), &[]).arg(root.join(PEERS).join("allocation_peer.py")))?;
    Ok(true)
}

fn on_one_core(root: &Path, of: &Path, arguments: &[&str]) -> Command {
    let mut command = program("taskset", root);
    command.args(["-c", "0"]).arg(of).args(arguments);
    command
}

fn release(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |target| root.join(target)).join("release")
}

fn python(root: &Path) -> PathBuf {
    root.join(FOLDER).join("venv/bin/python")
}

/// Installs the pinned peers, unless these very ones are there.
fn install_peers(root: &Path) -> Result<(), String> {
    let requirements = root.join(PEERS).join("requirements.txt");
    let pins = std::fs::read(&requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    let venv = root.join(FOLDER).join("venv");
    let marker = venv.join("installed.txt");
    if std::fs::read(&marker).is_ok_and(|installed| installed == pins) {
        return Ok(());
    }
    let interpreter = find_python(root)
        .ok_or("no Python is there that can make a virtual environment; install one, or leave the peers out with --without-peers")?;
    succeed(program(interpreter, root).args(["-m", "venv"]).arg(&venv))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
    succeed(program(python(root), root).args(pip).arg(&requirements))?;
    std::fs::write(&marker, pins).map_err(|error| format!("{}: {error}", marker.display()))
}
