//! What tests from end to end share: the workspace, the binary under test, and the tools that `cargo xtask test`
//! installs.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The folder of the workspace.
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package lies one folder deep").to_owned()
}

/// What the tests from end to end need: set by `cargo xtask test`, absent under a plain `cargo test`.
#[derive(Clone, Debug)]
pub struct Tools {
    folder: PathBuf,
    binary: PathBuf,
}

impl Tools {
    /// The tools, or `None` under a plain `cargo test`, which `test` then says.
    ///
    /// # Panics
    /// Where the variables name what is not there: a test must not be left out by mistake.
    pub fn find(test: &str) -> Option<Tools> {
        let folder = variable("DAYONE_TOOLS");
        let binary = variable("DAYONE_BIN");
        let (Some(folder), Some(binary)) = (folder, binary) else {
            left_out(test, "DAYONE_TOOLS and DAYONE_BIN are not set; `cargo xtask test` sets them");
            return None;
        };
        assert!(folder.is_absolute() && folder.is_dir(), "DAYONE_TOOLS is no absolute folder: `{}`", folder.display());
        assert!(binary.is_absolute() && binary.is_file(), "DAYONE_BIN is no absolute file: `{}`", binary.display());
        Some(Tools { folder, binary })
    }

    /// A command of the binary `dayone`.
    pub fn dayone(&self) -> Command {
        quiet(&self.binary)
    }

    /// The Python that reads Parquet, with a script of `tests/independent`.
    pub fn python(&self, script: &str) -> Command {
        let mut command = quiet(&self.folder.join("python").join("bin").join("python"));
        // Compiled scripts beside the sources would be files in the work tree.
        command.arg("-B").arg(workspace_root().join("tests").join("independent").join(script));
        command
    }

    /// Node with a script of `tests/browser`.
    pub fn node(&self, script: &str) -> Command {
        let mut command = quiet(Path::new("node"));
        command.arg(workspace_root().join("tests").join("browser").join(script)).env("DAYONE_TOOLS", &self.folder);
        command
    }
}

/// The folder of real billing files, or `None` where DAYONE_SAMPLES is unset, which `test` then says.
///
/// # Panics
/// Where the variable names no folder.
pub fn samples(test: &str) -> Option<PathBuf> {
    let Some(folder) = variable("DAYONE_SAMPLES") else {
        left_out(test, "DAYONE_SAMPLES is not set to the folder of real billing files");
        return None;
    };
    assert!(folder.is_dir(), "DAYONE_SAMPLES is no folder: `{}`", folder.display());
    Some(folder)
}

/// An empty folder of a test's own, below the target folder; its last contents stay there to be looked at.
pub fn fresh_folder(parent: &str, test: &str) -> PathBuf {
    let folder = Path::new(parent).join(test);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).expect("the last run's folder can be removed");
    }
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

/// Runs a command to its end.
///
/// # Panics
/// Where it cannot be started.
pub fn run(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("`{}` cannot be started: {error}", command.get_program().display()))
}

/// Runs a command to its end; its standard output.
///
/// # Panics
/// Where it fails, with all that it said.
pub fn succeed(command: &mut Command) -> String {
    let output = run(command);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "`{command:?}` ended with {}\n{}\n{}", output.status, text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

fn quiet(binary: &Path) -> Command {
    let mut command = Command::new(binary);
    command.stdin(Stdio::null());
    command
}

fn variable(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// Written past the test runner, which shows what a test prints only when it fails.
fn left_out(test: &str, why: &str) {
    let line = format!("LEFT OUT: {test}, because {why}\n");
    let _ = std::io::stderr().lock().write_all(line.as_bytes());
}
