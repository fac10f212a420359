//! Writes billing files from a seed, and their exact totals beside them.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Parser, ValueEnum};
use dayone_bench::charge::Charges;
use dayone_bench::company::Company;
use dayone_bench::control::Control;
use dayone_bench::{cur, focus, legacy, parquet_file, rules};

/// What to write.
#[derive(Debug, Parser)]
struct Arguments {
    /// The format.
    #[arg(value_enum)]
    format: Format,
    /// The file; its totals are written beside it, with `.json` after the name.
    file: PathBuf,
    /// How many charges.
    #[arg(long, default_value_t = 1_000_000)]
    charges: u64,
    /// Another seed is other charges of the same company.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// FOCUS 1.2 as Parquet.
    Focus,
    /// CUR 2.0 as Parquet.
    Cur,
    /// Legacy CUR as csv.gz.
    Legacy,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::parse();
    let begin = Instant::now();
    let company = Company::new();
    let mut charges = Charges::new(&company, arguments.seed);
    let mut control = Control::default();
    let unfinished = arguments.file.with_extension("unfinished");
    let count = arguments.charges;
    match arguments.format {
        Format::Focus => parquet_file::write(&unfinished, &focus::columns(), focus::costs, &mut charges, count, &mut control)?,
        Format::Cur => parquet_file::write(&unfinished, &cur::columns(), cur::costs, &mut charges, count, &mut control)?,
        Format::Legacy => legacy::write(&unfinished, &mut charges, count, &mut control)?,
    }
    let folder = arguments.file.parent().unwrap_or(Path::new("."));
    fs::write(folder.join("tree.yaml"), rules::tree())?;
    fs::write(folder.join("rules.json"), format!("{:#}\n", rules::json()))?;
    let mut totals = arguments.file.clone().into_os_string();
    totals.push(".json");
    fs::write(totals, format!("{:#}\n", control.to_json()))?;
    // The name says that the file is whole.
    fs::rename(&unfinished, &arguments.file)?;
    eprintln!(
        "{}: {} charges, {} distinct keys, in {} s",
        arguments.file.display(),
        arguments.charges,
        control.distinct_keys(),
        begin.elapsed().as_secs()
    );
    Ok(())
}
