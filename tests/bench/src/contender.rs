//! Who takes part, each as a process of its own on pinned cores.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::data::Data;

/// Somebody who takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contender {
    /// Decoding or inflating alone.
    Limit,
    /// Day One.
    Job,
    /// DuckDB, by the columns that rules ask for alone.
    DuckDb,
    /// DuckDB, by all that the cube tells apart.
    DuckDbCube,
    /// Polars.
    Polars,
}

/// What one run took.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// Wall time.
    pub microseconds: u64,
    /// Processor time of all threads.
    pub cpu_milliseconds: u64,
    /// Most memory held at once.
    pub peak_kib: u64,
}

impl Contender {
    /// All, in the order of the table.
    pub const ALL: [Contender; 5] = [Contender::Limit, Contender::Job, Contender::DuckDb, Contender::DuckDbCube, Contender::Polars];

    /// Whether it comes from elsewhere.
    pub fn is_peer(self) -> bool {
        matches!(self, Contender::DuckDb | Contender::DuckDbCube | Contender::Polars)
    }

    /// Whether it is run on these files: of csv.gz the reading of text is what takes time, and DuckDB has one form for it.
    pub fn reads(self, data: &Data) -> bool {
        self != Contender::DuckDbCube || !data.is_gzip()
    }

    /// Its name in the table.
    pub fn name(self, data: &Data) -> &'static str {
        match self {
            Contender::Limit if data.is_gzip() => "zlib-rs inflates",
            Contender::Limit => "limit (arrow-rs decodes)",
            Contender::Job => "Day One",
            Contender::DuckDb => "DuckDB",
            Contender::DuckDbCube => "DuckDB, with a cube",
            Contender::Polars => "Polars",
        }
    }

    /// Runs once on so many cores, from core 0 on; the measures, and all that it printed.
    ///
    /// # Errors
    /// Where it cannot be started, or fails.
    pub fn run(self, folder: &Path, data: &Data, cores: usize) -> Result<(Run, Value), String> {
        let mut command = Command::new("taskset");
        command.args(["-c", if cores == 1 { "0" } else { "0,1" }]).stderr(Stdio::inherit());
        self.command_line(&mut command, folder, data);
        command.args(["--threads", &cores.to_string()]).args(data.paths(folder));
        let output = command.output().map_err(|error| format!("taskset cannot be started: {error}"))?;
        if !output.status.success() {
            return Err(format!("{} on {}: ended with {}", self.name(data), data.name, output.status));
        }
        let said: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("{}: {error}", self.name(data)))?;
        let number = |name: &str| said[name].as_u64().ok_or_else(|| format!("{} says no {name}", self.name(data)));
        let run =
            Run { microseconds: number("microseconds")?, cpu_milliseconds: number("cpu_milliseconds")?, peak_kib: number("peak_kib")? };
        Ok((run, said))
    }

    fn command_line(self, command: &mut Command, folder: &Path, data: &Data) {
        let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let python = folder.join("../venv/bin/python");
        match self {
            Contender::Limit => command.arg(beside("limit")),
            Contender::Job => command.arg(beside("job")).arg("--tree").arg(folder.join("tree.yaml")),
            Contender::DuckDb | Contender::DuckDbCube | Contender::Polars => {
                let script = if self == Contender::Polars { "polars_peer.py" } else { "duckdb_peer.py" };
                if self == Contender::DuckDbCube {
                    command.env("FORM", "cube");
                }
                command.arg(python).arg(peers.join(script)).arg("--rules").arg(folder.join("rules.json")).arg(data.format.name())
            }
        };
    }
}

/// A program of this package, which lies beside this one.
pub fn beside(name: &str) -> PathBuf {
    let own = std::env::current_exe().unwrap_or_default();
    own.with_file_name(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}
