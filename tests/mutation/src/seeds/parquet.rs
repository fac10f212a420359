//! Parquet as libraries write it: types of amounts, encodings, compressions, maps.

use std::sync::Arc;

use arrow_array::builder::{MapBuilder, StringBuilder};
use arrow_array::{ArrayRef, Decimal128Array, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, GzipLevel, ZstdLevel};
use parquet::file::properties::{WriterProperties, WriterPropertiesBuilder, WriterVersion};
use parquet::schema::types::ColumnPath;

use super::tables::{Table, snake_tables};

/// Rows of a group: a seed has several.
const GROUP_ROWS: usize = 5;

/// As what amounts are written.
#[derive(Clone, Copy)]
enum Money {
    Double,
    Decimal,
    Text,
}

/// The files by name.
pub fn files() -> Vec<(&'static str, Vec<u8>)> {
    let [(_, focus), (_, cur_2), (_, legacy)] = snake_tables();
    let builder = WriterProperties::builder;
    let plain = builder().set_dictionary_enabled(false);
    let deltas = builder().set_dictionary_enabled(false).set_encoding(Encoding::DELTA_BYTE_ARRAY);
    let deltas = deltas.set_column_encoding(ColumnPath::from("BillingPeriodStart"), Encoding::DELTA_BINARY_PACKED);
    vec![
        ("focus-snappy-doubles", write(&focus, Money::Double, true, builder().set_compression(Compression::SNAPPY))),
        ("focus-zstd-decimals", write(&focus, Money::Decimal, true, builder().set_compression(Compression::ZSTD(ZstdLevel::default())))),
        ("focus-plain-texts", write(&focus, Money::Text, false, plain)),
        ("focus-deltas", write(&focus, Money::Text, false, deltas)),
        ("focus-second-version", write(&focus, Money::Decimal, true, builder().set_writer_version(WriterVersion::PARQUET_2_0))),
        ("cur-2-snappy-doubles", write(&cur_2, Money::Double, true, builder().set_compression(Compression::SNAPPY))),
        ("cur-2-gzip-texts", write(&cur_2, Money::Text, true, builder().set_compression(Compression::GZIP(GzipLevel::default())))),
        ("legacy-lz4-doubles", write(&legacy, Money::Double, false, builder().set_compression(Compression::LZ4_RAW))),
    ]
}

fn write(table: &Table, money: Money, maps: bool, properties: WriterPropertiesBuilder) -> Vec<u8> {
    let columns = table.columns.iter().enumerate().map(|(place, name)| (name, array(table, place, money, maps), true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).expect("columns of one length");
    let properties = properties.set_max_row_group_row_count(Some(GROUP_ROWS)).set_created_by("seeds".to_owned()).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).expect("a schema that Parquet has");
    writer.write(&batch).expect("memory takes all");
    writer.into_inner().expect("memory takes all")
}

fn array(table: &Table, place: usize, money: Money, maps: bool) -> ArrayRef {
    let name = table.columns[place].as_str();
    let values: Vec<Option<&str>> = table.column(place).map(|value| (!value.is_empty()).then_some(value)).collect();
    match name {
        "Tags" | "resource_tags" | "product" if maps => map(&values),
        "BillingPeriodStart" | "bill_billing_period_start_date" => {
            let moments = values.iter().map(|value| value.and_then(micros));
            Arc::new(moments.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
        }
        _ if !is_money(name) => Arc::new(StringArray::from(values)),
        _ => amounts(&values, money),
    }
}

fn is_money(name: &str) -> bool {
    ["Cost", "_cost", "_commitment", "_to_date", "_fee", "_billing_period"].iter().any(|ending| name.ends_with(ending))
}

#[allow(clippy::disallowed_types, reason = "files hold doubles")]
fn amounts(values: &[Option<&str>], money: Money) -> ArrayRef {
    let doubles = values.iter().map(|value| value.map(|value| value.parse().expect("costs of seeds are numbers")));
    match money {
        Money::Text => Arc::new(StringArray::from(values.to_vec())),
        Money::Double => Arc::new(doubles.collect::<Float64Array>()),
        Money::Decimal => {
            let units = (0..values.len() as i128).map(|row| Some(row * row * 1_234_567_890_123 - 55)).collect::<Decimal128Array>();
            Arc::new(units.with_precision_and_scale(38, 18).expect("a decimal of Arrow"))
        }
    }
}

/// Days of the seeds as microseconds since 1970; both are the first of a month.
fn micros(text: &str) -> Option<i64> {
    const DAY: i64 = 86_400_000_000;
    match text.get(..7)? {
        "2026-04" => Some(20_544 * DAY),
        "2026-05" => Some(20_574 * DAY),
        _ => None,
    }
}

/// Keys and values of flat JSON objects; which, does not matter.
fn map(values: &[Option<&str>]) -> ArrayRef {
    let mut builder = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for value in values {
        let parts: Vec<&str> = value.unwrap_or("").split('"').collect();
        for (key, value) in [parts.get(1).zip(parts.get(3)), parts.get(5).zip(parts.get(7))].into_iter().flatten() {
            builder.keys().append_value(key);
            builder.values().append_value(value);
        }
        builder.append(value.is_some()).expect("keys and values are as many");
    }
    Arc::new(builder.finish())
}
