//! Programs that xtask starts, and what it says.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Says a line on standard output.
#[expect(clippy::print_stdout, reason = "what this tool says is its output")]
pub fn say(line: &str) {
    println!("{line}");
}

/// A program that reads nothing and says what it says where xtask does.
pub fn program(name: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(name);
    command.current_dir(folder).stdin(Stdio::null());
    command
}

/// The cargo that runs xtask.
pub fn cargo(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()), folder);
    command.args(arguments);
    command
}

/// Runs to the end; the error says which program ended how.
pub fn succeed(command: &mut Command) -> Result<(), String> {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let status = command.status().map_err(|error| format!("`{name}` cannot be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{name}` ended with {status}")) }
}

/// Runs quietly; what it wrote to standard output, without the last line end, or `None` where it failed.
pub fn output(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

/// `3.2 s`, `1 min 29 s`.
pub fn duration_text(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds < 60 { format!("{:.1} s", duration.as_secs_f64()) } else { format!("{} min {} s", seconds / 60, seconds % 60) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_at_a_glance() {
        assert_eq!(duration_text(Duration::from_millis(340)), "0.3 s");
        assert_eq!(duration_text(Duration::from_secs(125)), "2 min 5 s");
    }

    #[test]
    fn a_failure_names_the_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        let message = succeed(&mut program("no-such-program", folder)).unwrap_err();
        assert!(message.starts_with("`no-such-program` cannot be started: "), "{message}");
    }
}
