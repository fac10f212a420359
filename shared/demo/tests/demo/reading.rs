//! Reads what the demo wrote, with nothing of the demo's own code: every row as a map from column to text,
//! costs as integers at 18 decimals.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use flate2::read::GzDecoder;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// A row: column to text; null is missing.
pub type Row = BTreeMap<String, String>;

/// The rows of a file of any source.
pub fn rows(path: &Path) -> Vec<Row> {
    if path.extension().is_some_and(|extension| extension == "gz") { csv(path) } else { parquet(path) }
}

fn csv(path: &Path) -> Vec<Row> {
    let mut text = String::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    let record = |record: csv::StringRecord| {
        header.iter().zip(&record).filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    reader.records().map(|row| record(row.unwrap())).collect()
}

fn parquet(path: &Path) -> Vec<Row> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
    reader.flat_map(|batch| batch_rows(&batch.unwrap())).collect()
}

fn batch_rows(batch: &RecordBatch) -> Vec<Row> {
    let mut rows = vec![Row::new(); batch.num_rows()];
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        for (place, row) in rows.iter_mut().enumerate().filter(|(place, _)| column.is_valid(*place)) {
            let text = match column.data_type() {
                DataType::Utf8 => column.as_string::<i32>().value(place).to_owned(),
                DataType::Decimal128(38, 18) => column.as_primitive::<Decimal128Type>().value(place).to_string() + "e-18",
                DataType::Timestamp(..) => {
                    let micros = column.as_primitive::<TimestampMicrosecondType>().value(place);
                    chrono::DateTime::from_timestamp_micros(micros).unwrap().format("%Y-%m-%dT%H:%M:%SZ").to_string()
                }
                other => panic!("`{}` is {other}", field.name()),
            };
            row.insert(field.name().clone(), text);
        }
    }
    rows
}

/// The amount in a column at 18 decimals; null is nought.
pub fn amount(row: &Row, column: &str) -> i128 {
    let Some(text) = row.get(column) else { return 0 };
    let (mantissa, exponent) = text.split_once(['E', 'e']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits: i128 = format!("{whole}{fraction}").parse().unwrap();
    let power = exponent.parse::<i32>().unwrap() + 18 - fraction.len() as i32;
    if power >= 0 {
        return digits * 10i128.pow(power as u32);
    }
    let divisor = 10i128.pow(power.unsigned_abs());
    assert_eq!(digits % divisor, 0, "`{text}` has more than 18 decimals");
    digits / divisor
}

/// Rounded to cents, halves away from zero, as text.
pub fn cents(amount: i128) -> String {
    let cent = 10i128.pow(16);
    let rounded = (amount.abs() + cent / 2) / cent;
    format!("{}{}.{:02}", if amount < 0 && rounded > 0 { "-" } else { "" }, rounded / 100, rounded % 100)
}
