//! Apache Parquet: the columns that are read, a batch of rows at a time.

mod array;
mod deltas;
mod page_header;
mod pages;
pub(crate) mod summed;

use std::cell::Cell;
use std::fs::File;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Once};

use ::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use ::parquet::arrow::{ProjectionMask, parquet_to_arrow_schema};
use ::parquet::basic::Encoding;
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::ParquetMetaData;
use arrow_schema::{DataType, Field, Fields, Schema};

use crate::FileFacts;
use crate::cell::{self, Row};
use crate::columns::{Column, Header};
use crate::container::{Container, Job, empty, outside};
use crate::facets::Counts;
use crate::mapper::Mapper;
use crate::refusal::{Place, Refusal};

use pages::PageTrouble;

use array::{Values, is_readable, viewed_field};

/// Rows that are held at once.
const BATCH_ROWS: usize = 4_096;

/// The same of a file that states texts by what they share with the one before: those are copied in full, and may
/// each be as large as a page.
const BATCH_ROWS_OF_DELTAS: usize = 64;

struct BatchRow<'r> {
    values: &'r [Values],
    row: usize,
}

impl Row for BatchRow<'_> {
    fn cell(&self, slot: usize) -> cell::Cell<'_> {
        self.values[slot].cell(self.row)
    }
}

/// Reads a Parquet file.
pub(crate) fn read(file: File, job: &mut Job<'_, '_>) -> Result<FileFacts, Refusal> {
    let metadata = unpanicked(|| metadata_of(&file))?.map_err(|error| damaged(&error))?;
    let pages_of = file.try_clone().map_err(|error| outside(&error))?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, metadata);
    let schema = builder.schema().clone();
    let header = Header::try_new(schema.fields().iter().map(|field| field.name().clone()).collect(), nested(schema.fields()))?;
    if header.names().is_empty() {
        return Err(empty());
    }
    let mapper = Mapper::for_header(&header, job.options, &job.needed)?;
    let mut counts = Counts::default();
    for column in mapper.columns().picked() {
        check_type(column, schema.field(column.place))?;
    }
    let total_rows = u64::try_from(builder.metadata().file_metadata().num_rows()).map_err(|error| damaged(&error))?;
    let mut places: Vec<usize> = mapper.columns().picked().iter().map(|column| column.place).collect();
    places.sort_unstable();
    places.dedup();
    unpanicked(|| pages::check(&pages_of, builder.metadata(), &places))?.map_err(|trouble| refused_pages(&trouble))?;
    let batch_rows = batch_rows(builder.metadata());
    let mask = ProjectionMask::roots(builder.parquet_schema(), places.iter().copied());
    let builder = builder.with_projection(mask).with_batch_size(batch_rows);
    let batches = unpanicked(|| builder.build())?.map_err(|error| damaged(&error))?;
    let rows = read_batches(batches, &places, total_rows, &mapper, &mut counts, job)?;
    if rows != total_rows {
        return Err(damaged(&format!("it states {total_rows} rows and holds {rows}")));
    }
    Ok(job.facts(Container::Parquet, &mapper, &counts, rows, header.names().len()))
}

/// The metadata of a file, with its texts read as views.
fn metadata_of(file: &File) -> Result<ArrowReaderMetadata, ParquetError> {
    pages::check_footer(file)?;
    let metadata = ArrowReaderMetadata::load(file, ArrowReaderOptions::new())?;
    let schema = metadata.schema();
    let stored = parquet_to_arrow_schema(metadata.parquet_schema(), None)?;
    let fields: Fields = schema.fields().iter().zip(stored.fields()).map(|(field, stored)| viewed_field(field, stored)).collect();
    let schema = Arc::new(Schema::new_with_metadata(fields, schema.metadata().clone()));
    ArrowReaderMetadata::try_new(metadata.metadata().clone(), ArrowReaderOptions::new().with_schema(schema))
}

fn batch_rows(metadata: &ParquetMetaData) -> usize {
    let mut columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    let deltas = columns.any(|column| column.encodings().any(|encoding| encoding == Encoding::DELTA_BYTE_ARRAY));
    if deltas { BATCH_ROWS_OF_DELTAS } else { BATCH_ROWS }
}

fn read_batches(
    mut batches: ParquetRecordBatchReader,
    places: &[usize],
    total_rows: u64,
    mapper: &Mapper,
    counts: &mut Counts,
    job: &mut Job<'_, '_>,
) -> Result<u64, Refusal> {
    let mut rows: u64 = 0;
    loop {
        let next = Place::Row(rows + 1);
        let Some(batch) = unpanicked(|| batches.next()).map_err(|refusal| refusal.at(next))? else { return Ok(rows) };
        let batch = batch.map_err(|error| damaged(&error).at(next))?;
        let columns = mapper.columns().picked().iter().map(|column| {
            let place = places.binary_search(&column.place).expect("INVARIANT: every picked column is projected");
            Values::try_new(batch.column(place)).map_err(|error| damaged(&error).column(&column.name).at(next))
        });
        let values: Vec<Values> = columns.collect::<Result<_, _>>()?;
        for row in 0..batch.num_rows() {
            rows += 1;
            mapper.charge(&BatchRow { values: &values, row }, counts, job.sink).map_err(|refusal| refusal.at(Place::Row(rows)))?;
        }
        let read = u128::from(job.total) * u128::from(rows) / u128::from(total_rows.max(1));
        job.progress(u64::try_from(read).unwrap_or(job.total));
    }
}

thread_local! {
    /// Whether this thread is inside of [`unpanicked`].
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// The Parquet reader panics on some damaged pages; for whoever reads a file that is a damaged file. What was
/// being read is not used again. The panic is not reported: it is a refusal, and reported as that.
fn unpanicked<T>(reading: impl FnOnce() -> T) -> Result<T, Refusal> {
    static HOOKED: Once = Once::new();
    // Once, and for this thread's time in here alone: to swap hooks at each call would race with other threads.
    HOOKED.call_once(|| {
        let report = panic::take_hook();
        panic::set_hook(Box::new(move |panicked| {
            if !QUIET.get() {
                report(panicked);
            }
        }));
    });
    QUIET.set(true);
    let read = catch_unwind(AssertUnwindSafe(reading));
    QUIET.set(false);
    read.map_err(|_| damaged(&"its pages contradict each other"))
}

/// Names of the fields inside of columns, `sku.description`.
fn nested(fields: &Fields) -> Vec<String> {
    let inside = |field: &Field| match field.data_type() {
        DataType::Struct(inner) => inner.iter().map(|inner| format!("{}.{}", field.name(), inner.name())).collect(),
        _ => Vec::new(),
    };
    fields.iter().flat_map(|field| inside(field)).collect()
}

fn check_type(column: &Column, field: &Field) -> Result<(), Refusal> {
    if is_readable(field.data_type(), column.kind) {
        return Ok(());
    }
    let (reason, what_to_do) = array::wrong_type(field.data_type(), column.kind);
    Err(Refusal::new(reason, what_to_do).column(&column.name))
}

fn refused_pages(trouble: &PageTrouble) -> Refusal {
    match trouble {
        PageTrouble::Damaged(reason) => damaged(reason),
        PageTrouble::Limit { column, reason } => {
            let refusal = Refusal::new(reason.as_str(), "check the export, and write the file with smaller pages");
            column.iter().fold(refusal, |refusal, column| refusal.column(column))
        }
    }
}

fn damaged(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(
        format!("the Parquet file is damaged, cut short or of a kind that is not read ({error})"),
        "fetch or export the file again",
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::process::Command;

    use super::*;

    const CHILD: &str = "DAYONE_PANICS";

    /// In a process of its own, whose standard error nobody else writes to.
    #[test]
    fn a_panic_of_the_reader_is_a_quiet_refusal_and_others_are_loud() {
        if std::env::var_os(CHILD).is_some() {
            assert!(unpanicked(|| panic!("of the reader")).is_err());
            assert!(catch_unwind(|| panic!("of somebody else")).is_err());
            return;
        }
        let mut child = Command::new(std::env::current_exe().unwrap());
        let name = "parquet::tests::a_panic_of_the_reader_is_a_quiet_refusal_and_others_are_loud";
        let output = child.args(["--exact", name, "--nocapture"]).env(CHILD, "1").output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.contains("of somebody else"), "{said}");
        assert!(!said.contains("of the reader"), "{said}");
    }

    #[test]
    fn panics_unwind_in_every_profile() {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let manifest = std::fs::read_to_string(workspace.join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[profile.release]"));
        for line in manifest.lines() {
            let setting: String = line.split_whitespace().collect();
            assert!(!setting.starts_with("panic="), "`{line}`: a damaged Parquet file would end the process");
        }
    }
}
