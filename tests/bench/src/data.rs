//! The files that the bench reads, made where they are missing.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::contender::beside;

/// A format that is generated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// FOCUS 1.2 as Parquet.
    Focus,
    /// CUR 2.0 as Parquet.
    Cur,
    /// Legacy CUR as csv.gz.
    Legacy,
}

impl Format {
    /// As programs name it.
    pub fn name(self) -> &'static str {
        match self {
            Format::Focus => "focus",
            Format::Cur => "cur",
            Format::Legacy => "legacy",
        }
    }

    fn ending(self) -> &'static str {
        if self == Format::Legacy { "csv.gz" } else { "parquet" }
    }
}

/// Some files that are read as one.
#[derive(Clone, Debug)]
pub struct Data {
    /// For the table.
    pub name: String,
    /// Their format.
    pub format: Format,
    /// Charges, in millions.
    pub millions: u64,
    /// Charges of each file, in millions, and its seed.
    files: Vec<(u64, u64)>,
}

impl Data {
    /// So many million charges: one file up to 10, files of 10 above, each of another seed.
    pub fn new(format: Format, millions: u64) -> Data {
        let files = match millions {
            ..=2 | 10 => vec![(millions, 1)],
            3..10 => (1..=millions).map(|seed| (1, seed)).collect(),
            _ => (1..=millions.div_ceil(10)).map(|seed| (10, seed)).collect(),
        };
        let name = match format {
            Format::Focus => "FOCUS 1.2, Parquet",
            Format::Cur => "CUR 2.0, Parquet",
            Format::Legacy => "legacy CUR, csv.gz",
        };
        let millions = files.iter().map(|(millions, _)| millions).sum();
        Data { name: format!("{name}, {millions} million charges"), format, millions, files }
    }

    /// Whether the files are inflated, not decoded.
    pub fn is_gzip(&self) -> bool {
        self.format == Format::Legacy
    }

    /// Where the files lie.
    pub fn paths(&self, folder: &Path) -> Vec<PathBuf> {
        let name = |(millions, seed): &(u64, u64)| format!("{}-{millions}m-{seed}.{}", self.format.name(), self.format.ending());
        self.files.iter().map(|file| folder.join(name(file))).collect()
    }

    /// Makes what is missing.
    ///
    /// # Errors
    /// Where a file cannot be made.
    pub fn make(&self, folder: &Path) -> Result<(), String> {
        for (path, (millions, seed)) in self.paths(folder).iter().zip(&self.files) {
            if path.exists() {
                continue;
            }
            let mut command = Command::new(beside("generate"));
            command.arg(self.format.name()).arg(path);
            command.args(["--charges", &(millions * 1_000_000).to_string(), "--seed", &seed.to_string()]);
            let status = command.status().map_err(|error| format!("`generate` cannot be started: {error}"))?;
            if !status.success() {
                return Err(format!("`generate` ended with {status}"));
            }
        }
        Ok(())
    }

    /// The control totals of each file.
    ///
    /// # Errors
    /// Where they cannot be read.
    pub fn control(&self, folder: &Path) -> Result<Vec<Value>, String> {
        let totals = |path: &PathBuf| {
            let path = format!("{}.json", path.display());
            let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
            serde_json::from_str(&text).map_err(|error| format!("{path}: {error}"))
        };
        self.paths(folder).iter().map(totals).collect()
    }

    /// Removes the files after the third: the largest data are made again when they are asked for.
    ///
    /// # Errors
    /// Where a file cannot be removed.
    pub fn thin_out(&self, folder: &Path) -> Result<(), String> {
        for path in self.paths(folder).iter().skip(3) {
            fs::remove_file(path).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(())
    }
}
