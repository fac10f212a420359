//! Runs all who take part, in turn, checks that they found the same, and prints medians and ratios.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use comfy_table::{CellAlignment, Table, presets};
use dayone_bench::check::{exactly, within_doubles};
use dayone_bench::contender::{Contender, Run};
use dayone_bench::data::{Data, Format};
use dayone_bench::ratios::{Line, Runs, lines, median, of_cores};
use serde_json::Value;

/// Reading billing files: Day One, its limit and its peers.
#[derive(Debug, Parser)]
struct Arguments {
    /// Millions of charges of each Parquet format.
    #[arg(long, value_delimiter = ',', default_value = "1,10")]
    rows: Vec<u64>,
    /// Runs of each.
    #[arg(long, default_value_t = 5)]
    repeat: usize,
    /// Leave DuckDB and Polars out.
    #[arg(long)]
    without_peers: bool,
    /// Memory instead: Day One alone on 1, 3, 10, 30 and 100 million FOCUS charges. Takes 8 GB of disk while it runs.
    #[arg(long)]
    flat: bool,
    /// Formats to read; all where none is named.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Where the files are kept.
    #[arg(long, default_value = ".bench/data")]
    folder: PathBuf,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = fs::create_dir_all(&arguments.folder)
        .map_err(|error| format!("{}: {error}", arguments.folder.display()))
        .and_then(|()| if arguments.flat { flat(&arguments) } else { all(&arguments) });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

#[expect(clippy::print_stdout, reason = "the tables are its output")]
fn say(text: impl std::fmt::Display) {
    println!("{text}");
}

/// Whether all that must hold holds.
fn all(arguments: &Arguments) -> Result<bool, String> {
    let wanted = |format: &Format| arguments.only.is_empty() || arguments.only.iter().any(|name| name == format.name());
    let parquet = [Format::Focus, Format::Cur].into_iter().filter(wanted);
    let mut sets: Vec<Data> = parquet.flat_map(|format| arguments.rows.iter().map(move |rows| Data::new(format, *rows))).collect();
    sets.extend(wanted(&Format::Legacy).then(|| Data::new(Format::Legacy, 1)));
    let contenders: Vec<Contender> =
        Contender::ALL.into_iter().filter(|contender| !(arguments.without_peers && contender.is_peer())).collect();
    let mut holds = true;
    for data in &sets {
        data.make(&arguments.folder)?;
        let load = load_before();
        let runs = compete(&arguments.folder, data, &contenders, &[1, 2], arguments.repeat)?;
        let lines = lines(data, &runs);
        holds &= lines.iter().all(|line| line.holds != Some(false));
        say(format!("\n{}\n{}\n{}{load}", data.name, table_of_runs(data, &runs), table_of_ratios(&lines)));
    }
    Ok(holds)
}

/// Runs all in turn, again and again; every result is checked.
fn compete(folder: &Path, data: &Data, contenders: &[Contender], cores: &[usize], repeat: usize) -> Result<Runs, String> {
    let control = data.control(folder)?;
    let mut runs = Runs::new();
    let mut exact: Option<Value> = None;
    // The first is not counted: it brings the files into the system's memory, and says what is exact.
    let (_, first) = Contender::Job.run(folder, data, 1)?;
    exactly(&control, &first).map_err(|why| format!("{}: Day One is wrong: {why}", data.name))?;
    let exact = exact.get_or_insert(first);
    for _ in 0..repeat {
        for cores in cores {
            for contender in contenders.iter().filter(|contender| contender.reads(data)) {
                let (run, found) = contender.run(folder, data, *cores)?;
                let same = match contender {
                    Contender::Limit => Ok(()),
                    Contender::Job if found["groups"] == exact["groups"] => Ok(()),
                    Contender::Job => Err("a run found something else than the first".to_owned()),
                    _ => within_doubles(&control, exact, &found),
                };
                same.map_err(|why| format!("{}: {}: {why}", data.name, contender.name(data)))?;
                runs.entry((*contender, *cores)).or_default().push(run);
            }
        }
    }
    Ok(runs)
}

/// Memory of Day One from 1 to 100 million charges.
fn flat(arguments: &Arguments) -> Result<bool, String> {
    let mut table = new_table(&["Charges, million", "Files", "Distinct keys", "Wall, s", "Peak on 1 core, MiB", "Peak on 2 cores, MiB"]);
    let mut peaks = Vec::new();
    for millions in [1, 3, 10, 30, 100] {
        let data = Data::new(Format::Focus, millions);
        data.make(&arguments.folder)?;
        let runs = compete(&arguments.folder, &data, &[Contender::Job], &[1, 2], 1)?;
        let of = |cores: usize| runs[&(Contender::Job, cores)][0];
        let keys = data.control(&arguments.folder)?.iter().filter_map(|of| of["distinct_keys"].as_u64()).max();
        let mebibytes = |run: Run| run.peak_kib.div_ceil(1_024).to_string();
        let files = data.paths(&arguments.folder).len();
        let keys = if files == 1 { keys.unwrap_or(0).to_string() } else { format!("over {}", keys.unwrap_or(0)) };
        let row = [millions.to_string(), files.to_string(), keys, seconds(of(1).microseconds), mebibytes(of(1)), mebibytes(of(2))];
        say(row.join("\t"));
        table.add_row(row);
        peaks.push((millions, of(1).peak_kib));
        if millions == 100 {
            data.thin_out(&arguments.folder)?;
        }
    }
    say(format!("\nMemory of Day One, FOCUS 1.2, Parquet\n{table}"));
    let of = |millions| peaks.iter().find(|(of, _)| *of == millions).map_or(0, |(_, peak)| *peak);
    Ok(of(10) <= 160 * 1_024 && of(100) <= of(10) * 5 / 4)
}

fn table_of_runs(data: &Data, runs: &Runs) -> Table {
    let mut table = new_table(&["", "Cores", "Wall, s (median)", "Processor, s", "Peak, MiB"]);
    for ((contender, cores), runs) in runs {
        let of = |measure: fn(&Run) -> u64| median(runs, measure);
        table.add_row([
            contender.name(data).to_owned(),
            of_cores(*cores),
            seconds(of(|run| run.microseconds)),
            seconds(of(|run| run.cpu_milliseconds) * 1_000),
            of(|run| run.peak_kib).div_ceil(1_024).to_string(),
        ]);
    }
    table
}

fn table_of_ratios(lines: &[Line]) -> Table {
    let mut table = new_table(&["", "By wall time", "By processor time", "Must be", ""]);
    for Line { what, wall, cpu, must, holds } in lines {
        let verdict = match holds {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "",
        };
        table.add_row([what.as_str(), wall, cpu, must, verdict]);
    }
    table
}

fn new_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// `1234567` microseconds → `1.235`.
fn seconds(microseconds: u64) -> String {
    let milliseconds = (microseconds + 500) / 1_000;
    format!("{}.{:03}", milliseconds / 1_000, milliseconds % 1_000)
}

/// A remark where others were at work on the machine when the runs began.
fn load_before() -> String {
    let average = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = average.split(' ').next().unwrap_or_default().to_owned();
    match load.split_once('.') {
        Some((whole, _)) if whole != "0" => {
            format!("\nDisturbed: others were at work (load {load} before the runs); trust the ratios by processor time more.")
        }
        _ => String::new(),
    }
}
