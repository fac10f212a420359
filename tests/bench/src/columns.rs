//! The columns of a format, each with where its values come from; as Arrow for Parquet.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, DictionaryArray, Float64Array, Int32Array, MapArray, RecordBatch, StringArray, StructArray, TimestampMillisecondArray,
};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef, TimeUnit};

use crate::charge::GeneratedCharge;
use crate::decimal::Decimal;

/// The values that a text column may have.
pub type Texts = Arc<StringArray>;

/// What stands for null among places of texts.
pub const NULL: i32 = -1;

/// Entries of a map: places of key and value.
pub type Entries = Vec<(i32, i32)>;

/// Where the values of a column come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Of few texts.
    Text(Texts, fn(&GeneratedCharge) -> i32),
    /// A text of its own; nothing written is null.
    Own(fn(&GeneratedCharge, &mut String)),
    /// An amount, a quantity or a price.
    Number(fn(&GeneratedCharge) -> Option<Decimal>),
    /// Milliseconds since 1970, UTC.
    Moment(fn(&GeneratedCharge) -> i64),
    /// Keys, values, and which a charge has.
    Map(Texts, Texts, fn(&GeneratedCharge, &mut Entries)),
}

/// A column.
#[derive(Clone, Debug)]
pub struct Column {
    /// Its name in the file.
    pub name: &'static str,
    /// Its values.
    pub source: Source,
}

/// A column of few texts.
pub fn text(name: &'static str, texts: &Texts, of: fn(&GeneratedCharge) -> i32) -> Column {
    Column { name, source: Source::Text(Arc::clone(texts), of) }
}

/// A column that always holds one text.
pub fn constant(name: &'static str, value: &str) -> Column {
    Column { name, source: Source::Text(texts([value]), |_| 0) }
}

/// A column without a value.
pub fn empty(name: &'static str) -> Column {
    Column { name, source: Source::Text(texts([""]), |_| NULL) }
}

/// A column of amounts.
pub fn number(name: &'static str, of: fn(&GeneratedCharge) -> Option<Decimal>) -> Column {
    Column { name, source: Source::Number(of) }
}

/// Texts.
pub fn texts<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> Texts {
    Arc::new(values.into_iter().map(|value| Some(value.as_ref().to_owned())).collect())
}

/// The schema that the columns are written under.
pub fn schema(columns: &[Column]) -> SchemaRef {
    let fields: Vec<Field> = columns.iter().map(|column| Field::new(column.name, column.source.data_type(), true)).collect();
    Arc::new(Schema::new(fields))
}

/// The columns of some charges.
///
/// # Errors
/// Where the arrays do not fit the schema.
pub fn batch(schema: &SchemaRef, columns: &[Column], charges: &[GeneratedCharge]) -> Result<RecordBatch, ArrowError> {
    let arrays: Result<Vec<ArrayRef>, ArrowError> = columns.iter().map(|column| column.source.array(charges)).collect();
    RecordBatch::try_new(Arc::clone(schema), arrays?)
}

fn dictionary_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

fn entry_fields() -> Fields {
    Fields::from(vec![Field::new("key", dictionary_type(), false), Field::new("value", dictionary_type(), true)])
}

fn entries_field() -> Arc<Field> {
    Arc::new(Field::new("key_value", DataType::Struct(entry_fields()), false))
}

impl Source {
    fn data_type(&self) -> DataType {
        match self {
            Source::Text(..) => dictionary_type(),
            Source::Own(_) => DataType::Utf8,
            Source::Number(_) => DataType::Float64,
            Source::Moment(_) => DataType::Timestamp(TimeUnit::Millisecond, Some(Arc::from("UTC"))),
            Source::Map(..) => DataType::Map(entries_field(), false),
        }
    }

    fn array(&self, charges: &[GeneratedCharge]) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Source::Text(texts, of) => Arc::new(coded(charges.iter().map(of), texts)?),
            Source::Own(write) => {
                let (mut array, mut room) = (StringBuilder::new(), String::new());
                for charge in charges {
                    room.clear();
                    write(charge, &mut room);
                    array.append_option((!room.is_empty()).then_some(&room));
                }
                Arc::new(array.finish())
            }
            Source::Number(of) => Arc::new(Float64Array::from_iter(charges.iter().map(|charge| of(charge).map(Decimal::to_double)))),
            Source::Moment(of) => Arc::new(TimestampMillisecondArray::from_iter_values(charges.iter().map(of)).with_timezone("UTC")),
            Source::Map(keys, values, of) => Arc::new(map(keys, values, charges, *of)?),
        })
    }
}

fn coded(places: impl Iterator<Item = i32>, texts: &Texts) -> Result<DictionaryArray<Int32Type>, ArrowError> {
    let places: Int32Array = places.map(|place| (place != NULL).then_some(place)).collect();
    DictionaryArray::try_new(places, Arc::clone(texts) as ArrayRef)
}

fn map(keys: &Texts, values: &Texts, charges: &[GeneratedCharge], of: fn(&GeneratedCharge, &mut Entries)) -> Result<MapArray, ArrowError> {
    let mut entries = Entries::new();
    let mut lengths = Vec::with_capacity(charges.len());
    let mut nulls = NullBufferBuilder::new(charges.len());
    for charge in charges {
        let before = entries.len();
        of(charge, &mut entries);
        lengths.push(entries.len() - before);
        nulls.append_non_null();
    }
    let columns: Vec<ArrayRef> = vec![
        Arc::new(coded(entries.iter().map(|(key, _)| *key), keys)?),
        Arc::new(coded(entries.iter().map(|(_, value)| *value), values)?),
    ];
    let entries = StructArray::try_new(entry_fields(), columns, None)?;
    MapArray::try_new(entries_field(), OffsetBuffer::from_lengths(lengths), entries, nulls.finish(), false)
}
