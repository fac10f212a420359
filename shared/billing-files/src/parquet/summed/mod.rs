//! Apache Parquet, summed: dictionaries of the file stay dictionaries, and only their values are looked at.

mod amounts;
mod filler;
mod moments;

use std::fs::File;
use std::sync::Arc;

use ::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use ::parquet::arrow::{ProjectionMask, parquet_to_arrow_schema};
use ::parquet::basic::ConvertedType;
use ::parquet::schema::types::Type;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, StringArray};
use arrow_schema::{DataType, Field, Schema};

use super::{batch_rows, nested, pages, unpanicked};
use crate::columns::{Header, Kind};
use crate::mapper::Mapper;
use crate::sums::money::SCALE;
use crate::sums::{Codes, Engine, GiveUp};

pub(crate) use filler::Filler;

/// Rows that are decoded at once.
const BATCH_ROWS: usize = 8_192;

/// Most decimals of a column that is summed in integers.
const MOST_DECIMALS: i8 = 28;

/// A Parquet file whose columns can be summed.
pub(crate) struct Plan {
    metadata: ArrowReaderMetadata,
    header: Header,
    /// Places of the columns that are decoded, ascending.
    places: Vec<usize>,
}

impl Plan {
    /// Looks at the metadata alone.
    pub(crate) fn of(file: &File) -> Result<Plan, GiveUp> {
        // What an Arrow writer left beside the file's own schema is not needed, but a footer that it contradicts is damaged.
        pages::check_footer(file).map_err(|_| DAMAGED)?;
        let metadata =
            unpanicked(|| ArrowReaderMetadata::load(file, ArrowReaderOptions::new())).map_err(|_| DAMAGED)?.map_err(|_| DAMAGED)?;
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::try_new(metadata.metadata().clone(), options).map_err(|_| DAMAGED)?;
        let fields = metadata.schema().fields();
        let names = fields.iter().map(|field| field.name().clone()).collect();
        let header = Header::try_new(names, nested(fields)).map_err(|_| GiveUp("a header that is refused"))?;
        Ok(Plan { metadata, header, places: Vec::new() })
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Chooses what to decode for a mapping.
    pub(crate) fn choose(&mut self, file: &File, mapper: &Mapper) -> Result<(), GiveUp> {
        let picked = mapper.columns().picked();
        let mut places: Vec<usize> = picked.iter().map(|column| column.place).collect();
        places.sort_unstable();
        places.dedup();
        self.places = places;
        let metadata = self.metadata.metadata();
        unpanicked(|| pages::check(file, metadata, &self.places)).map_err(|_| DAMAGED)?.map_err(|_| GiveUp("pages that are refused"))?;
        if batch_rows(metadata) < super::BATCH_ROWS {
            return Err(GiveUp("texts that are copied in full"));
        }
        let descriptor = self.metadata.parquet_schema();
        let stored = parquet_to_arrow_schema(descriptor, None).map_err(|_| DAMAGED)?;
        let roots = descriptor.root_schema().get_fields();
        let fields = stored.fields().iter().enumerate().map(|(place, field)| {
            let is_picked = self.places.binary_search(&place).is_ok();
            if is_picked { kept(field, &roots[place]) } else { Ok(field.as_ref().clone()) }
        });
        let schema = Arc::new(Schema::new(fields.collect::<Result<Vec<Field>, GiveUp>>()?));
        for column in picked {
            if !is_summed(schema.field(column.place).data_type(), column.kind) {
                return Err(GiveUp("a column of a type that is read row by row"));
            }
        }
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true).with_schema(schema);
        self.metadata = ArrowReaderMetadata::try_new(self.metadata.metadata().clone(), options).map_err(|_| DAMAGED)?;
        Ok(())
    }

    /// Decimals that all amounts have room for.
    pub(crate) fn scale(&self, mapper: &Mapper) -> Result<u32, GiveUp> {
        let money = mapper.columns().picked().iter().filter(|column| column.kind == Kind::Money);
        let most = money.filter_map(|column| match self.metadata.schema().field(column.place).data_type() {
            DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) => Some(*scale),
            _ => None,
        });
        let most = most.max().unwrap_or(0);
        if most > MOST_DECIMALS {
            return Err(GiveUp("a column of many decimals"));
        }
        Ok(SCALE.max(u32::try_from(most).unwrap_or(0)))
    }

    pub(crate) fn row_groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    pub(crate) fn rows(&self) -> Result<u64, GiveUp> {
        u64::try_from(self.metadata.metadata().file_metadata().num_rows()).map_err(|_| DAMAGED)
    }

    /// Adds the rows of a row group; `on_rows` is told after each batch how many it had.
    pub(crate) fn sum_group(
        &self,
        file: File,
        group: usize,
        filler: &mut Filler,
        engine: &mut Engine<'_>,
        on_rows: &mut dyn FnMut(usize),
    ) -> Result<(), GiveUp> {
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), self.places.iter().copied());
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        // One row group at a time: a batch of two would have two dictionaries, and be given without any.
        let builder = builder.with_row_groups(vec![group]).with_projection(mask).with_batch_size(BATCH_ROWS);
        let mut batches = unpanicked(|| builder.build()).map_err(|_| DAMAGED)?.map_err(|_| DAMAGED)?;
        while let Some(batch) = unpanicked(|| batches.next()).map_err(|_| DAMAGED)? {
            let batch = batch.map_err(|_| DAMAGED)?;
            let filled = filler.fill(batch.columns(), batch.num_rows(), engine)?;
            engine.add(filled)?;
            on_rows(batch.num_rows());
        }
        Ok(())
    }
}

const DAMAGED: GiveUp = GiveUp("a Parquet file that is damaged");

/// The field with its texts as dictionaries, in a map too.
fn kept(field: &Field, stored: &Type) -> Result<Field, GiveUp> {
    let dictionary = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let data_type = match field.data_type() {
        // The reader checks that texts are UTF-8 only where the file calls them that.
        DataType::Utf8 if stored.get_basic_info().converted_type() == ConvertedType::UTF8 => dictionary(),
        DataType::Utf8 => return Err(GiveUp("texts that the file does not call UTF-8")),
        DataType::Map(entries, sorted) => {
            let [repeated] = stored.get_fields() else { return Err(DAMAGED) };
            let DataType::Struct(inner) = entries.data_type() else { return Err(DAMAGED) };
            let inner = inner.iter().zip(repeated.get_fields()).map(|(field, stored)| kept(field, stored));
            let inner: Vec<Field> = inner.collect::<Result<_, _>>()?;
            DataType::Map(Arc::new(entries.as_ref().clone().with_data_type(DataType::Struct(inner.into()))), *sorted)
        }
        other => other.clone(),
    };
    Ok(field.clone().with_data_type(data_type))
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Dictionary(_, value) if **value == DataType::Utf8)
}

fn is_summed(data_type: &DataType, kind: Kind) -> bool {
    match kind {
        Kind::Text => is_text(data_type),
        Kind::Presence => is_text(data_type) || is_amount(data_type),
        Kind::Money => is_text(data_type) || is_amount(data_type),
        Kind::Moment | Kind::Month => is_text(data_type) || matches!(data_type, DataType::Timestamp(..)),
        Kind::Tags => match data_type {
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(inner) => inner.len() == 2 && inner.iter().all(|field| is_text(field.data_type())),
                _ => false,
            },
            other => is_text(other),
        },
    }
}

fn is_amount(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Float64 | DataType::Int32 | DataType::Int64)
        || matches!(data_type, DataType::Decimal128(_, scale) if *scale >= 0)
        || matches!(data_type, DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) if *scale >= 0)
}

fn offset(offset: i32) -> Result<usize, GiveUp> {
    usize::try_from(offset).map_err(|_| DAMAGED)
}

/// Whether two arrays are one dictionary: the same bytes at the same place.
fn is_same(known: &ArrayRef, values: &ArrayRef) -> bool {
    let (known, values) = (known.as_string::<i32>(), values.as_string::<i32>());
    let place = |array: &StringArray| (array.value_data().as_ptr(), array.value_data().len(), array.value_offsets().as_ptr(), array.len());
    place(known) == place(values)
}

fn same_or_each(codes: Vec<u32>) -> Codes {
    match codes.first() {
        Some(first) if codes.iter().all(|code| code == first) => Codes::Same(*first),
        _ => Codes::Each(codes),
    }
}
