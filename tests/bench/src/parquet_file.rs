//! Generated charges as a Parquet file.

use std::fs::File;
use std::path::Path;

use parquet::arrow::arrow_writer::{ArrowWriter, ArrowWriterOptions};
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::charge::{Charges, GeneratedCharge};
use crate::columns::{Column, batch, schema};
use crate::control::{Control, Sums};

const BATCH_CHARGES: u64 = 16_384;
const CHARGES_OF_A_GROUP: usize = 1_048_576;

/// Writes so many charges, and adds what the file holds to the control totals.
///
/// # Errors
/// Where the file cannot be written.
pub fn write(
    path: &Path,
    columns: &[Column],
    costs: fn(&GeneratedCharge) -> Sums,
    charges: &mut Charges<'_>,
    count: u64,
    control: &mut Control,
) -> Result<(), ParquetError> {
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(CHARGES_OF_A_GROUP))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_created_by("parquet-mr version 1.12.3".to_owned())
        .build();
    // Without the Arrow schema beside the file's own: AWS writes none.
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let schema = schema(columns);
    let mut writer = ArrowWriter::try_new_with_options(File::create(path)?, schema.clone(), options)?;
    let mut left = count;
    while left > 0 {
        let these: Vec<GeneratedCharge> = (0..left.min(BATCH_CHARGES)).map(|_| charges.next_charge()).collect();
        left -= these.len() as u64;
        for charge in &these {
            control.add(charge, &costs(charge));
        }
        writer.write(&batch(&schema, columns, &these)?)?;
    }
    writer.close()?;
    Ok(())
}
