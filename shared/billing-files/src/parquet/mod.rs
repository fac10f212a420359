//! Apache Parquet: the columns that are read, a batch of rows at a time.

mod array;

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use arrow_schema::{DataType, Field, Fields};

use crate::FileFacts;
use crate::cell::{Cell, Row};
use crate::columns::{Column, Header};
use crate::container::{Container, Job, empty};
use crate::mapper::Mapper;
use crate::refusal::{Place, Refusal};

use array::{Values, is_readable};

/// Rows that are held at once.
const BATCH_ROWS: usize = 4_096;

struct BatchRow<'r> {
    values: &'r [Values],
    row: usize,
}

impl Row for BatchRow<'_> {
    fn cell(&self, slot: usize) -> Cell<'_> {
        self.values[slot].cell(self.row)
    }
}

/// Reads a Parquet file.
pub(crate) fn read(file: File, job: &mut Job<'_, '_>) -> Result<FileFacts, Refusal> {
    let builder = unpanicked(|| ParquetRecordBatchReaderBuilder::try_new(file))?.map_err(|error| damaged(&error))?;
    let schema = builder.schema().clone();
    let header = Header::try_new(schema.fields().iter().map(|field| field.name().clone()).collect(), nested(schema.fields()))?;
    if header.names().is_empty() {
        return Err(empty());
    }
    let mut mapper = Mapper::for_header(&header, job.options)?;
    for column in mapper.columns().picked() {
        check_type(column, schema.field(column.place))?;
    }
    let total_rows = u64::try_from(builder.metadata().file_metadata().num_rows()).map_err(|error| damaged(&error))?;
    let mut places: Vec<usize> = mapper.columns().picked().iter().map(|column| column.place).collect();
    places.sort_unstable();
    places.dedup();
    let mask = ProjectionMask::roots(builder.parquet_schema(), places.iter().copied());
    let builder = builder.with_projection(mask).with_batch_size(BATCH_ROWS);
    let batches = unpanicked(|| builder.build())?.map_err(|error| damaged(&error))?;
    let rows = read_batches(batches, &places, total_rows, &mut mapper, job)?;
    if rows != total_rows {
        return Err(damaged(&format!("it states {total_rows} rows and holds {rows}")));
    }
    Ok(job.facts(Container::Parquet, &mapper, rows, header.names().len()))
}

fn read_batches(
    mut batches: ParquetRecordBatchReader,
    places: &[usize],
    total_rows: u64,
    mapper: &mut Mapper,
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
            mapper.charge(&BatchRow { values: &values, row }, job.sink).map_err(|refusal| refusal.at(Place::Row(rows)))?;
        }
        let read = u128::from(job.total) * u128::from(rows) / u128::from(total_rows.max(1));
        job.progress(u64::try_from(read).unwrap_or(job.total));
    }
}

/// The Parquet reader panics on some damaged pages; for whoever reads a file that is a damaged file. What was
/// being read is not used again.
fn unpanicked<T>(reading: impl FnOnce() -> T) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(reading)).map_err(|_| damaged(&"its pages contradict each other"))
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

fn damaged(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::new(
        format!("the Parquet file is damaged, cut short or of a kind that is not read ({error})"),
        "fetch or export the file again",
    )
}
