//! What the fuzz targets share: bytes become a file, which is refused or read with the right sums.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use dayone_mutation::cases::Oracle;
use dayone_mutation::check::{Totals, judge};
use dayone_mutation::seeds::{self, Seed};
use tempfile::TempDir;

thread_local! {
    static FOLDER: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

/// Reads the bytes as a file.
///
/// # Panics
/// Where it is read and may not be, and where it is refused in words that do not do.
pub fn read(bytes: &[u8], oracle: &Oracle) {
    let path = path();
    std::fs::write(&path, bytes).expect("the temporary folder can be written to");
    let of_seed = |_: usize| Totals { rows: 0, has: (false, false), bills: BTreeMap::new() };
    if let Err(what) = judge(&path, oracle, &of_seed) {
        panic!("{what}");
    }
}

/// Reads a text, whose sums are those of its columns.
///
/// # Panics
/// As [`read`].
pub fn read_text(text: &[u8]) {
    read(text, &Oracle::OfText(text.to_vec()));
}

/// The columns of a seed, with rows whose values come from the input, one after the other.
///
/// # Panics
/// As [`read`].
pub fn read_values(seed: &str, input: &[u8]) {
    static SEEDS: OnceLock<Vec<Seed>> = OnceLock::new();
    let table = SEEDS.get_or_init(seeds::all).iter().find(|found| found.name == seed).expect("the seed is there");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(table.bytes());
    let records: Vec<csv::ByteRecord> = reader.byte_records().take(2).map(|record| record.expect("a seed is CSV")).collect();
    let mut row: Vec<&[u8]> = records[1].iter().collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_byte_record(&records[0]).expect("memory takes all");
    // A place and a value, again and again: what is not named stays as it is in the seed.
    for part in input.split(|byte| *byte == 0xff) {
        match part {
            [] => writer.write_record(&row).expect("memory takes all"),
            [place, value @ ..] => {
                let place = usize::from(*place) % row.len();
                row[place] = value;
            }
        }
    }
    writer.write_record(&row).expect("memory takes all");
    read_text(&writer.into_inner().expect("memory takes all"));
}

fn path() -> PathBuf {
    FOLDER.with_borrow_mut(|folder| {
        let folder = folder.get_or_insert_with(|| tempfile::tempdir().expect("a temporary folder can be made"));
        folder.path().join("bill")
    })
}
