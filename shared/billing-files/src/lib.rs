//! Billing files into charges: FOCUS 1.0 to 1.3, AWS CUR 2.0 and the legacy AWS CUR, as CSV (plain, gzip,
//! zip) or Parquet.
//!
//! [`read`] tells container and format from the content, never from the name, and hands every charge to a
//! sink in file order, in the words of FOCUS. A file that cannot be read right is refused whole, with file,
//! row, column, value, reason and what to do ([`Refusal`]); whoever sums charges keeps the sums apart until
//! [`read`] has returned `Ok`. [`sum`] adds the same charges to a cube, many times faster, and is refused in the same
//! words; tags that the cube does not tell apart are not looked at.
//!
//! Memory does not grow with the number of rows. What is held at once is bounded by [`limits`]: of CSV a row, of
//! Parquet some thousand rows as references into their pages, and some megabytes of tags that repeat. A page of
//! Parquet is unpacked whole; what the sink keeps is the sink's. [`sum`] holds what the charges differ in, which the
//! cube holds after it.
//!
//! A format is a folder (`focus`, `cur`) that maps cells to a charge, facet by facet (`facets`); a container is a folder
//! (`csv`, `parquet`) that turns bytes into cells, or into the numbers that `sums` adds up. They meet in `cell` and
//! `sums`. [`manifest`] reads what says which files belong together.

mod cell;
mod charge_row;
mod columns;
mod container;
mod csv;
mod cur;
mod facets;
mod focus;
mod format;
pub mod limits;
pub mod manifest;
mod mapper;
mod parquet;
mod refusal;
mod summing;
mod sums;
mod tags;

use std::path::Path;

use dayone_domain::{Charge, Currency};

pub use container::Container;
pub use format::{FocusVersion, Format};
pub use refusal::{ChargeRefusal, Place, Refusal};
pub use summing::{SummedFile, sum};

/// The revision of what files are read to. To be raised with every change after which a file that could be read before
/// gives other charges, sums or notes: what was read at an older revision is then read anew when its files are ingested
/// again.
pub const READER_REVISION: u32 = 1;

/// What the file itself does not say.
#[derive(Clone, Copy, Debug)]
pub struct ReadOptions<'a> {
    /// Name of the export that delivered the file: [`Dimension::Source`](dayone_domain::charge::Dimension) of
    /// each charge.
    pub source: &'a str,
    /// The billing currency of a file that has no column for it. Without one, such a file's charges are in
    /// [`Currency::NONE`]. A file that has the column is never overruled.
    pub currency_if_absent: Option<Currency>,
}

/// What a file turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    /// The format, from the columns.
    pub format: Format,
    /// The container, from the first bytes.
    pub container: Container,
    /// Charges read.
    pub rows: u64,
    /// Columns of the file, needed or not.
    pub columns: usize,
    /// Whether the file has a list cost.
    pub has_list: bool,
    /// Whether the file has a contracted cost.
    pub has_contracted: bool,
    /// What a reader of the figures has to know, each one sentence for people.
    pub notes: Vec<String>,
}

/// How far the reading is. For Parquet the bytes are in proportion to the rows read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Bytes of the file read.
    pub read: u64,
    /// Bytes of the file.
    pub total: u64,
}

/// Takes a charge, or says why it does not fit with the charges before it.
pub type Sink<'a> = dyn FnMut(&Charge<'_>) -> Result<(), ChargeRefusal> + 'a;

/// Reads a billing file and calls `sink` with every charge in file order.
///
/// # Errors
/// On the first thing that cannot be read right, the sink's refusal included; then no charge that the sink
/// has seen counts.
pub fn read(path: &Path, options: &ReadOptions<'_>, sink: &mut Sink<'_>) -> Result<FileFacts, Refusal> {
    read_with_progress(path, options, &mut |_| {}, sink)
}

/// As [`read`], and calls `on_progress` every few thousand rows.
///
/// # Errors
/// As [`read`].
pub fn read_with_progress(
    path: &Path,
    options: &ReadOptions<'_>,
    on_progress: &mut dyn FnMut(Progress),
    sink: &mut Sink<'_>,
) -> Result<FileFacts, Refusal> {
    container::read(path, options, tags::Needed::All, on_progress, sink).map_err(|refusal| refusal.in_file(path))
}

/// Whether a name is that of a billing file (`.csv`, `.csv.gz`, `.csv.zip`, `.parquet`, in any case): which
/// files of a folder to read. Hidden files are none. What is inside is told from the content alone.
pub fn is_billing_file_name(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let name = name.to_ascii_lowercase();
    !name.starts_with('.') && [".csv", ".csv.gz", ".csv.zip", ".parquet"].iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn billing_files_of_a_folder_are_told_by_name() {
        for name in ["a.csv", "a.CSV", "a.csv.gz", "a.csv.zip", "a.snappy.parquet", "folder.d/a.parquet"] {
            assert!(is_billing_file_name(Path::new(name)), "{name}");
        }
        for name in ["", "a", "csv", ".a.csv", "a.json", "a.gz", "a.zip", "manifest.json", "a.csv.bak", "a.parquet.crc"] {
            assert!(!is_billing_file_name(Path::new(name)), "{name}");
        }
    }
}
