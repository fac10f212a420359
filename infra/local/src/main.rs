//! The binary `dayone`.

use std::io::{BufWriter, stderr, stdout};
use std::process::ExitCode;

fn main() -> ExitCode {
    // Never locked for good: a progress bar draws from a thread of its own.
    let mut out = BufWriter::new(stdout());
    ExitCode::from(dayone::run(std::env::args_os(), &mut out, &mut stderr()))
}
