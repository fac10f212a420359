//! The limit of reading: decoding the needed columns of Parquet, or inflating a csv.gz, and nothing else.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Parser;
use dayone_bench::decode::{Failure, decode};
use dayone_bench::measure::report;
use flate2::bufread::MultiGzDecoder;
use serde_json::Value;

/// What to read.
#[derive(Debug, Parser)]
struct Arguments {
    /// Parquet files, or csv.gz files.
    files: Vec<PathBuf>,
    /// Threads.
    #[arg(long, default_value_t = 1)]
    threads: usize,
}

#[expect(clippy::print_stdout, reason = "what it measured is its output")]
fn main() -> Result<(), Failure> {
    let arguments = Arguments::parse();
    let begin = Instant::now();
    let (gzipped, parquet): (Vec<PathBuf>, Vec<PathBuf>) =
        arguments.files.into_iter().partition(|file| file.extension().is_some_and(|extension| extension == "gz"));
    let mut charges = decode(&parquet, arguments.threads)?;
    for file in &gzipped {
        charges += inflate(file)?;
    }
    println!("{}", report(begin.elapsed(), charges, &Value::Null));
    Ok(())
}

/// Inflates a file into one buffer, again and again; the number of lines after the first is not counted: nought.
fn inflate(path: &Path) -> Result<u64, Failure> {
    let mut decoder = MultiGzDecoder::new(BufReader::with_capacity(1 << 18, File::open(path)?));
    let mut buffer = vec![0; 1 << 18];
    while decoder.read(&mut buffer)? > 0 {}
    Ok(0)
}
