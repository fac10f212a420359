//! Files → cube → cost groups, measured inside of the process: from the opening of the files to the sums.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;
use dayone_bench::decode::Failure;
use dayone_bench::job;
use dayone_bench::measure::report;

/// What to read.
#[derive(Debug, Parser)]
struct Arguments {
    /// Billing files.
    files: Vec<PathBuf>,
    /// The tree.
    #[arg(long)]
    tree: PathBuf,
    /// Threads that read.
    #[arg(long, default_value = "1")]
    threads: NonZeroUsize,
}

#[expect(clippy::print_stdout, reason = "what it measured is its output")]
fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let trees = job::read(&arguments.tree)?;
    let begin = Instant::now();
    let found = job::run(&arguments.files, &trees, arguments.threads)?;
    let took = begin.elapsed();
    if let Some(why) = found.by_row.first() {
        eprintln!("note: read row by row, because of {why}");
    }
    println!("{}", report(took, found.charges, &found.groups));
    Ok(())
}
