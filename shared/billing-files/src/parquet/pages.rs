//! What pages say of themselves, held against what there is, before any is unpacked: the reader makes room for as
//! much as a page says, be it gigabytes.

use std::fs::File;
use std::sync::Arc;

use ::parquet::basic::{Encoding, Type};
use ::parquet::column::page::{Page, PageReader};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::{ColumnChunkMetaData, LevelHistogram, ParquetMetaData};
use ::parquet::file::reader::{ChunkReader, Length, SerializedPageReader};

use super::deltas;
use super::page_header::{NoHeader, PageHeader, is_sound};
use crate::limits::{MAX_DICTIONARY_BYTES, MAX_PAGE_BYTES, MAX_ROWS_A_BYTE, MAX_UNPACKED_TIMES};

/// Bytes of a header that are read at first, and at most: it may hold the smallest and largest value of its page.
const HEADER_BYTES: usize = 256;
const MOST_HEADER_BYTES: usize = 4 * 1024 * 1024;

/// Why pages are not unpacked.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PageTrouble {
    /// They contradict themselves or the file.
    Damaged(&'static str),
    /// A limit; the reason names it.
    Limit {
        /// The column, where it is one.
        column: Option<String>,
        /// What is beyond it, for people.
        reason: String,
    },
}

/// Bytes behind the footer: its length and the magic bytes.
const TAIL_BYTES: usize = 8;

/// Looks at the footer before anything is made of it. One that is cut short is left to the reader, which says so.
///
/// # Errors
/// Where it states more than it holds.
pub(crate) fn check_footer(file: &File) -> Result<(), ParquetError> {
    let Some(end) = file.len().checked_sub(TAIL_BYTES as u64) else { return Ok(()) };
    let tail = file.get_bytes(end, TAIL_BYTES)?;
    let length = u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]);
    let Some(start) = end.checked_sub(u64::from(length)).filter(|_| &tail[4..] == b"PAR1") else { return Ok(()) };
    match is_sound(&file.get_bytes(start, length as usize)?) {
        true => Ok(()),
        false => Err(ParquetError::General("its footer states more than it holds".to_owned())),
    }
}

/// Looks at the headers of all pages of the columns at `places`, the roots of the schema, ascending.
///
/// # Errors
/// Where a page says what cannot be, or what is beyond a limit.
pub(crate) fn check(file: &File, metadata: &ParquetMetaData, places: &[usize]) -> Result<(), PageTrouble> {
    let length = file.len();
    let rows = u64::try_from(metadata.file_metadata().num_rows()).map_err(|_| PageTrouble::Damaged("it has less than no rows"))?;
    if rows > length.saturating_mul(MAX_ROWS_A_BYTE) {
        let reason =
            format!("it states {rows} rows in {length} bytes, and no more than {MAX_ROWS_A_BYTE} a byte are read (MAX_ROWS_A_BYTE)");
        return Err(PageTrouble::Limit { column: None, reason });
    }
    let schema = metadata.file_metadata().schema_descr();
    let mut unpacked = 0;
    for group in metadata.row_groups() {
        for (leaf, chunk) in group.columns().iter().enumerate() {
            if leaf < schema.num_columns() && places.binary_search(&schema.get_column_root_idx(leaf)).is_ok() {
                unpacked += Chunk::try_new(file, chunk)?.check(group.num_rows())?;
            }
        }
    }
    let most = length.saturating_mul(MAX_UNPACKED_TIMES).saturating_add(MAX_PAGE_BYTES);
    if unpacked > most {
        // How much it is, depends on the columns that are needed; that it is too much, does not have to say it.
        let reason = format!("its {length} bytes unpack to more than {MAX_UNPACKED_TIMES} times as many (MAX_UNPACKED_TIMES)");
        return Err(PageTrouble::Limit { column: None, reason });
    }
    Ok(())
}

struct Chunk<'a> {
    file: &'a File,
    metadata: &'a ColumnChunkMetaData,
    start: u64,
    end: u64,
}

impl<'a> Chunk<'a> {
    fn try_new(file: &'a File, metadata: &'a ColumnChunkMetaData) -> Result<Chunk<'a>, PageTrouble> {
        const OUTSIDE: PageTrouble = PageTrouble::Damaged("a column lies outside of the file");
        let start = metadata.dictionary_page_offset().unwrap_or(metadata.data_page_offset());
        let start = u64::try_from(start).map_err(|_| OUTSIDE)?;
        let bytes = u64::try_from(metadata.compressed_size()).map_err(|_| OUTSIDE)?;
        let end = start.checked_add(bytes).filter(|end| *end <= file.len()).ok_or(OUTSIDE)?;
        Ok(Chunk { file, metadata, start, end })
    }

    /// Bytes that its pages unpack to.
    fn check(&self, rows: i64) -> Result<u64, PageTrouble> {
        self.check_levels()?;
        let (mut at, mut unpacked, mut has_deltas) = (self.start, 0, false);
        while at < self.end {
            let (header, length) = self.header(at)?;
            unpacked += self.check_page(header)?;
            let packed = u64::try_from(header.packed).map_err(|_| PageTrouble::Damaged("a page has less than no bytes"))?;
            at = at.saturating_add(length as u64).saturating_add(packed);
            has_deltas |= header.is_of_deltas();
        }
        if at > self.end {
            return Err(PageTrouble::Damaged("a page reaches beyond its column"));
        }
        if has_deltas {
            self.check_deltas(rows)?;
        }
        Ok(unpacked)
    }

    /// Statistics that were taken under another schema: nulls would be read as values.
    fn check_levels(&self) -> Result<(), PageTrouble> {
        let column = self.metadata.column_descr();
        let counts = [
            (self.metadata.definition_level_histogram(), column.max_def_level()),
            (self.metadata.repetition_level_histogram(), column.max_rep_level()),
        ];
        let contradict = |(counted, most): (Option<&LevelHistogram>, i16)| {
            counted.is_some_and(|counted| !counted.values().is_empty() && counted.values().len() != usize::from(most.unsigned_abs()) + 1)
        };
        match counts.into_iter().any(contradict) {
            true => Err(PageTrouble::Damaged("a column was not written under the schema that the footer states")),
            false => Ok(()),
        }
    }

    fn header(&self, at: u64) -> Result<(PageHeader, usize), PageTrouble> {
        let mut most = HEADER_BYTES;
        loop {
            let left = usize::try_from(self.end - at).unwrap_or(usize::MAX);
            let bytes = self.file.get_bytes(at, most.min(left)).map_err(|_| PageTrouble::Damaged("a page cannot be read"))?;
            match PageHeader::read(&bytes) {
                Ok(found) => return Ok(found),
                Err(NoHeader::Short) if bytes.len() < left && most < MOST_HEADER_BYTES => most *= 16,
                Err(_) => return Err(PageTrouble::Damaged("no page stands where one should")),
            }
        }
    }

    fn check_page(&self, header: PageHeader) -> Result<u64, PageTrouble> {
        let negative = |_| PageTrouble::Damaged("a page has less than no bytes or values");
        let unpacked = u64::try_from(header.unpacked).map_err(negative)?;
        let values = u64::try_from(header.values).map_err(negative)?;
        let (what, most, limit) = match header.is_dictionary() {
            true => ("a dictionary", MAX_DICTIONARY_BYTES, "MAX_DICTIONARY_BYTES"),
            false => ("a page", MAX_PAGE_BYTES, "MAX_PAGE_BYTES"),
        };
        if unpacked > most {
            let reason = format!("{what} unpacks to {unpacked} bytes, and no more than {most} are read ({limit})");
            return Err(PageTrouble::Limit { column: Some(self.metadata.column_path().string()), reason });
        }
        let stated = u64::try_from(self.metadata.num_values()).map_err(negative)?;
        if header.is_dictionary() {
            // A text takes the bytes of its length at least.
            let width = match self.metadata.column_type() {
                Type::BOOLEAN => 1,
                Type::INT32 | Type::FLOAT | Type::BYTE_ARRAY => 4,
                Type::INT64 | Type::DOUBLE => 8,
                Type::INT96 => 12,
                Type::FIXED_LEN_BYTE_ARRAY => u64::try_from(self.metadata.column_descr().type_length()).unwrap_or(1).max(1),
            };
            if values > unpacked / width {
                return Err(PageTrouble::Damaged("a dictionary says it holds more values than it has room for"));
            }
        } else if values > stated {
            return Err(PageTrouble::Damaged("a page says it holds more values than its column"));
        }
        Ok(unpacked)
    }

    /// Unpacks the pages, each of a size that was looked at, and looks at how many values they say they hold inside.
    fn check_deltas(&self, rows: i64) -> Result<(), PageTrouble> {
        const DAMAGED: PageTrouble = PageTrouble::Damaged("a page cannot be unpacked");
        let damaged = |_: ParquetError| DAMAGED;
        let file = self.file.try_clone().map_err(|_| DAMAGED)?;
        let rows = usize::try_from(rows).map_err(|_| DAMAGED)?;
        let mut pages = SerializedPageReader::new(Arc::new(file), self.metadata, rows, None).map_err(damaged)?;
        while let Some(page) = pages.get_next_page().map_err(damaged)? {
            let streams = match page.encoding() {
                Encoding::DELTA_BINARY_PACKED | Encoding::DELTA_LENGTH_BYTE_ARRAY => 1,
                Encoding::DELTA_BYTE_ARRAY => 2,
                _ => continue,
            };
            let values = values_of(&page, self.metadata).ok_or(DAMAGED)?;
            if !deltas::are_within(values, streams, u64::from(page.num_values())) {
                return Err(PageTrouble::Damaged("a page says it holds more values inside than before it"));
            }
        }
        Ok(())
    }
}

/// The values of a page, behind the levels that say which are null and which are of one list.
fn values_of<'p>(page: &'p Page, metadata: &ColumnChunkMetaData) -> Option<&'p [u8]> {
    match page {
        Page::DataPage { buf, .. } => {
            let descriptor = metadata.column_descr();
            let mut values = &buf[..];
            for levels in [descriptor.max_rep_level(), descriptor.max_def_level()] {
                if levels > 0 {
                    let length = u32::from_le_bytes(values.get(..4)?.try_into().ok()?);
                    values = values.get(4 + usize::try_from(length).ok()?..)?;
                }
            }
            Some(values)
        }
        Page::DataPageV2 { buf, def_levels_byte_len, rep_levels_byte_len, .. } => {
            buf.get(usize::try_from(def_levels_byte_len.checked_add(*rep_levels_byte_len)?).ok()?..)
        }
        Page::DictionaryPage { .. } => None,
    }
}
