//! Pages of Parquet that say of themselves what cannot be, or what is too much: refused before room is made for it.

mod support;

use std::io::Write;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use dayone_billing_files::Refusal;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataBuilder, ParquetMetaDataReader, ParquetMetaDataWriter};
use parquet::file::properties::WriterProperties;

use support::{focus, read_bytes};

const DATA: u64 = 0;
const DICTIONARY: u64 = 2;
const PLAIN: u64 = 0;
const DELTA_BYTE_ARRAY: u64 = 7;
const MIB: u64 = 1024 * 1024;

/// The header of a page as the compact protocol of Thrift has it.
fn header(kind: u64, unpacked: u64, packed: u64, values: u64, encoding: u64) -> Vec<u8> {
    let sizes = [kind, unpacked, packed].map(number).concat();
    let (inner, count) = if kind == DICTIONARY { (0x4c, 2) } else { (0x2c, 4) };
    [sizes, vec![inner], [values, encoding, 3, 3].map(number)[..count].concat(), vec![0, 0]].concat()
}

/// A field of type i32, the next after the one before it.
fn number(number: u64) -> Vec<u8> {
    let mut field = vec![0x15];
    let mut zigzag = number * 2;
    while zigzag >= 0x80 {
        field.push(zigzag as u8 | 0x80);
        zigzag >>= 7;
    }
    field.push(zigzag as u8);
    field
}

/// The made-up FOCUS row as a file of texts.
fn file() -> Vec<u8> {
    let table = focus();
    let columns = table.columns.iter().zip(&table.rows[0]);
    let arrays = columns.map(|(name, value)| (name.clone(), Arc::new(StringArray::from(vec![value.as_str()])) as ArrayRef));
    let batch = RecordBatch::try_from_iter(arrays).unwrap();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).set_dictionary_enabled(false).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// The file with these bytes as the pages of its columns of these names.
fn with_pages(columns: &[&str], pages: &[u8]) -> Vec<u8> {
    rewritten(|metadata, bytes| {
        let mut groups = metadata.row_groups().to_vec();
        let chunks = groups[0].columns().iter().map(|chunk| {
            if !columns.contains(&chunk.column_path().string().as_str()) {
                return chunk.clone();
            }
            let start = bytes.len() as i64;
            bytes.extend_from_slice(pages);
            let builder = chunk.clone().into_builder().set_data_page_offset(start).set_dictionary_page_offset(None);
            builder.set_total_compressed_size(pages.len() as i64).build().unwrap()
        });
        let chunks = chunks.collect();
        groups[0] = groups[0].clone().into_builder().set_column_metadata(chunks).build().unwrap();
        ParquetMetaDataBuilder::new(metadata.file_metadata().clone()).set_row_groups(groups).build()
    })
}

/// The file with another footer, in front of which `change` may put bytes.
fn rewritten(change: impl FnOnce(&ParquetMetaData, &mut Vec<u8>) -> ParquetMetaData) -> Vec<u8> {
    let mut bytes = file();
    let mut stored = tempfile::tempfile().unwrap();
    stored.write_all(&bytes).unwrap();
    let metadata = ParquetMetaDataReader::new().parse_and_finish(&stored).unwrap();
    bytes.truncate(bytes.len() - 8 - u32::from_le_bytes(bytes[bytes.len() - 8..][..4].try_into().unwrap()) as usize);
    let metadata = change(&metadata, &mut bytes);
    ParquetMetaDataWriter::new(&mut bytes, &metadata).finish().unwrap();
    bytes
}

fn refused(bytes: Vec<u8>) -> Refusal {
    read_bytes(bytes).expect_err("should be refused")
}

#[test]
fn a_file_that_is_put_together_anew_is_read() {
    let text = [&[4, 0, 0, 0][..], b"shop"].concat();
    let packed = [&[8, 7 << 2][..], &text].concat();
    let page = [header(DATA, 8, packed.len() as u64, 1, PLAIN), packed].concat();
    let (_, charges) = read_bytes(with_pages(&["RegionId"], &page)).unwrap();
    assert_eq!(charges[0].value(dayone_domain::charge::Dimension::Region), "shop");
}

#[test]
fn a_page_or_dictionary_that_unpacks_to_too_much_is_refused_by_its_limit() {
    for (kind, bytes, limit) in [(DATA, 1024 * MIB, "MAX_PAGE_BYTES"), (DICTIONARY, 100 * MIB, "MAX_DICTIONARY_BYTES")] {
        let page = [header(kind, bytes, 4, 1, PLAIN), vec![0; 4]].concat();
        let refusal = refused(with_pages(&["RegionId"], &page));
        assert_eq!(refusal.column.as_deref(), Some("RegionId"), "{refusal}");
        assert!(refusal.reason.contains(limit) && refusal.reason.contains(&bytes.to_string()), "{refusal}");
    }
}

#[test]
fn columns_that_unpack_to_a_thousand_times_the_file_are_refused_by_that_limit() {
    let page = [header(DATA, 200 * MIB, 4, 1, PLAIN), vec![0; 4]].concat();
    let refusal = refused(with_pages(&["RegionId", "ServiceName"], &page));
    assert!(refusal.reason.contains("MAX_UNPACKED_TIMES"), "{refusal}");
}

#[test]
fn more_rows_than_bytes_can_hold_are_refused_by_that_limit() {
    let refusal = refused(rewritten(|metadata, _| {
        let mut groups = metadata.row_groups().to_vec();
        groups[0] = groups[0].clone().into_builder().set_num_rows(1 << 40).build().unwrap();
        ParquetMetaDataBuilder::new(metadata.file_metadata().clone()).set_row_groups(groups).build()
    }));
    assert!(refusal.reason.contains("MAX_ROWS_A_BYTE"), "{refusal}");
}

#[test]
fn pages_that_contradict_themselves_are_refused_before_room_is_made_for_them() {
    let deltas = [&[0x80, 1, 4, 0xff, 0xff, 0xff, 0xff, 0x0f, 0][..]].concat();
    let packed = [&[deltas.len() as u8, (deltas.len() as u8 - 1) << 2][..], &deltas].concat();
    for (page, reason) in [
        ([header(DICTIONARY, 4, 4, 1 << 30, PLAIN), vec![0; 4]].concat(), "a dictionary says it holds more values"),
        ([header(DATA, 4, 4, 1 << 30, PLAIN), vec![0; 4]].concat(), "more values than its column"),
        ([header(DATA, 4, 400, 1, PLAIN), vec![0; 4]].concat(), "reaches beyond its column"),
        (vec![0xff; 20], "no page stands where one should"),
        (
            [header(DATA, deltas.len() as u64, packed.len() as u64, 1, DELTA_BYTE_ARRAY), packed].concat(),
            "more values inside than before it",
        ),
    ] {
        let refusal = refused(with_pages(&["RegionId"], &page));
        assert!(refusal.reason.contains(reason), "{refusal}");
    }
}

#[test]
fn a_column_outside_of_the_file_is_refused() {
    let refusal = refused(rewritten(|metadata, _| {
        let mut groups = metadata.row_groups().to_vec();
        let mut chunks = groups[0].columns().to_vec();
        chunks[0] = chunks[0].clone().into_builder().set_total_compressed_size(1 << 40).build().unwrap();
        groups[0] = groups[0].clone().into_builder().set_column_metadata(chunks).build().unwrap();
        ParquetMetaDataBuilder::new(metadata.file_metadata().clone()).set_row_groups(groups).build()
    }));
    assert!(refusal.reason.contains("outside of the file"), "{refusal}");
}
