//! Text, RFC 4180, plain or compressed.

mod codes;
mod quotes;
mod scan;
mod stream;
pub(crate) mod summed;

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};

use ::csv::{ErrorKind, ReaderBuilder, StringRecord};
use flate2::bufread::MultiGzDecoder;
use zip::ZipArchive;

use crate::FileFacts;
use crate::cell::{Cell, Row};
use crate::columns::Header;
use crate::container::{Container, Job, empty, outside, read_up_to};
use crate::facets::Counts;
use crate::limits::MAX_ROW_BYTES;
use crate::mapper::Mapper;
use crate::refusal::{Place, Refusal};

use quotes::{Stray, StrayCheck};
use stream::{Counted, RowGuard, RowTooLong, Unpacked, UnpackedTooMuch};

const BUFFER_BYTES: usize = 64 * 1024;
const ROWS_BETWEEN_PROGRESS: u64 = 4_096;

/// Reads text as it is.
pub(crate) fn read_plain(file: File, job: &mut Job<'_, '_>) -> Result<FileFacts, Refusal> {
    let (counted, count) = Counted::new(file);
    read(Container::Csv, counted, &|| count.get(), job)
}

/// Reads text in gzip; several members count as one text.
pub(crate) fn read_gzip(file: File, job: &mut Job<'_, '_>) -> Result<FileFacts, Refusal> {
    let (counted, count) = Counted::new(file);
    let text = Unpacked::new(MultiGzDecoder::new(BufReader::with_capacity(BUFFER_BYTES, counted)), job.total);
    read(Container::CsvGzip, text, &|| count.get(), job)
}

/// Reads the only data file of a zip.
pub(crate) fn read_zip(file: impl Read + Seek, job: &mut Job<'_, '_>) -> Result<FileFacts, Refusal> {
    let damaged = |error: &dyn std::fmt::Display| {
        Refusal::new(format!("the zip is damaged, cut short or of a kind that is not read ({error})"), "fetch or export the file again")
    };
    let (counted, count) = Counted::new(file);
    let mut archive = ZipArchive::new(counted).map_err(|error| damaged(&error))?;
    let place = data_entry(&archive)?;
    // The directory at the end was read first; progress is of the data alone.
    let directory = count.get();
    let text = Unpacked::new(archive.by_index(place).map_err(|error| damaged(&error))?, job.total);
    read(Container::CsvZip, text, &|| count.get().saturating_sub(directory), job)
}

/// The place of the only data file.
fn data_entry<R: Read + Seek>(archive: &ZipArchive<R>) -> Result<usize, Refusal> {
    let data: Vec<usize> = (0..archive.len()).filter(|place| is_entry_of_data(archive.name_for_index(*place))).collect();
    match data[..] {
        [place] => Ok(place),
        [] => Err(Refusal::new("the zip holds no data file", "fetch or export the file again")),
        _ => {
            let reason = format!("the zip holds {} files, and which of them is the bill is not clear", data.len());
            Err(Refusal::new(reason, "unpack it and hand over the files that belong to the bill"))
        }
    }
}

/// A name that cannot be read may be that of the bill.
fn is_entry_of_data<E>(name: Option<Result<Cow<'_, str>, E>>) -> bool {
    name.and_then(Result::ok).is_none_or(|name| is_data(&name))
}

/// Folders and what archivers leave beside the data are no data files.
fn is_data(name: &str) -> bool {
    let hidden = name.split('/').any(|part| part.starts_with('.') || part == "__MACOSX");
    !name.ends_with('/') && !hidden
}

struct TextRow<'r> {
    record: &'r StringRecord,
    /// Of the columns that are read, by slot.
    places: &'r [usize],
}

impl Row for TextRow<'_> {
    fn cell(&self, slot: usize) -> Cell<'_> {
        self.record.get(self.places[slot]).map_or(Cell::Null, Cell::of_text)
    }
}

fn read(container: Container, mut text: impl Read, position: &dyn Fn() -> u64, job: &mut Job<'_, '_>) -> Result<FileFacts, Refusal> {
    let head = plain_head(&mut text, container)?;
    let (guard, pulled) = RowGuard::new(StrayCheck::new(Cursor::new(head).chain(text)), MAX_ROW_BYTES + BUFFER_BYTES);
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).buffer_capacity(BUFFER_BYTES).from_reader(guard);
    let mut record = StringRecord::new();
    if !reader.read_record(&mut record).map_err(|error| unreadable(error, None, 1))? {
        return Err(empty());
    }
    let header = Header::try_new(record.iter().map(|name| name.trim().to_owned()).collect(), Vec::new())?;
    let mapper = Mapper::for_header(&header, job.options, &job.needed)?;
    let mut counts = Counts::default();
    let columns = header.names().len();
    let places: Vec<usize> = mapper.columns().picked().iter().map(|column| column.place).collect();
    let mut rows = 0;
    // After a row the reader has counted its line break, unless that is CR LF: then LF belongs to the next row.
    let counted_break = (reader.position().line() - line_breaks(&record) - 1).min(1);
    loop {
        pulled.bytes.set(0);
        let line = reader.position().line() + 1 - counted_break;
        if !reader.read_record(&mut record).map_err(|error| unreadable(error, Some(&header), line))? {
            return Ok(job.facts(container, &mapper, &counts, rows, columns));
        }
        // Counted back from the row's end: blank lines before a row are no rows, and the last may end without a break.
        let own_break = if pulled.ended.get() { 0 } else { counted_break };
        let place = Place::Line(reader.position().line().saturating_sub(line_breaks(&record) + own_break));
        if record.len() != columns {
            return Err(ragged(&record, columns).at(place));
        }
        mapper.charge(&TextRow { record: &record, places: &places }, &mut counts, job.sink).map_err(|refusal| refusal.at(place))?;
        rows += 1;
        if rows.is_multiple_of(ROWS_BETWEEN_PROGRESS) {
            job.progress(position());
        }
    }
}

fn ragged(record: &StringRecord, columns: usize) -> Refusal {
    let fields = if record.len() == 1 { "1 field".to_owned() } else { format!("{} fields", record.len()) };
    let reason = format!("the row has {fields}, and the header has {columns}: the file is damaged or was edited by hand");
    Refusal::new(reason, "fetch or export the file again")
}

fn line_breaks(record: &StringRecord) -> u64 {
    record.as_slice().bytes().filter(|byte| *byte == b'\n').count() as u64
}

/// The first bytes of the text without a byte order mark; refuses what is no text in UTF-8.
fn plain_head(text: &mut (impl Read + ?Sized), container: Container) -> Result<Vec<u8>, Refusal> {
    let mut head = vec![0; 4];
    let length = read_up_to(text, &mut head).map_err(|error| broken(&error))?;
    head.truncate(length);
    if head.is_empty() {
        return Err(empty());
    }
    if container != Container::Csv && Container::of(&head) != Container::Csv {
        let reason = format!("holds {} inside of a compressed file", Container::of(&head));
        return Err(Refusal::new(reason, "unpack it, and hand over what is inside"));
    }
    if head.starts_with(&[0xff, 0xfe]) || head.starts_with(&[0xfe, 0xff]) {
        return Err(Refusal::new("the text is in UTF-16", "export the file again in UTF-8"));
    }
    if head.starts_with(&[0xef, 0xbb, 0xbf]) {
        head.drain(..3);
    }
    Ok(head)
}

fn unreadable(error: ::csv::Error, header: Option<&Header>, line: u64) -> Refusal {
    let refusal = match error.kind() {
        ErrorKind::Io(error) if is_row_too_long(error) => broken(error),
        // Of the file as a whole, whatever line the limit falls on.
        ErrorKind::Io(error) if too_much(error).is_some() => return broken(error),
        ErrorKind::Io(error) if stray(error).is_some() => return stray(error).expect("asked just now").refusal(),
        // The stream broke somewhere behind the last row that came out of it.
        ErrorKind::Io(error) => {
            let refusal = broken(error);
            return match line {
                1 => refusal,
                line => refusal.after_line(line - 1),
            };
        }
        ErrorKind::Utf8 { err, .. } => {
            let refusal = Refusal::new("the text is not in UTF-8", "export the file again in UTF-8");
            match header {
                Some(header) => header.names().get(err.field()).map_or(refusal.clone(), |column| refusal.column(column)),
                None => no_text(),
            }
        }
        _ => Refusal::new(format!("the text is no CSV ({error})"), "fetch or export the file again"),
    };
    refusal.at(Place::Line(line))
}

fn no_text() -> Refusal {
    Refusal::new("is neither text in UTF-8 nor gzip, zip or Parquet", "hand over the billing file as the provider delivers it")
}

fn stray(error: &io::Error) -> Option<&Stray> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

fn is_row_too_long(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<RowTooLong>())
}

fn too_much(error: &io::Error) -> Option<&UnpackedTooMuch> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// Trouble in the stream: the decompressors report a damaged file as an I/O error of these kinds.
fn broken(error: &io::Error) -> Refusal {
    if is_row_too_long(error) {
        let reason = format!("the row is longer than {MAX_ROW_BYTES} bytes; a quotation mark in it may never be closed");
        return Refusal::new(reason, "fetch or export the file again");
    }
    if let Some(too_much) = too_much(error) {
        return Refusal::new(too_much.to_string(), "fetch or export the file again, or unpack it and hand over what is inside");
    }
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Refusal::new("the compressed file is cut short", "fetch or export the file again"),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other | io::ErrorKind::Unsupported => {
            Refusal::new("the compressed file is damaged", "fetch or export the file again")
        }
        _ => outside(error),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{SeekFrom, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::ReadOptions;
    use crate::tags::Needed;

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.seek(SeekFrom::Start(0)).unwrap();
        file
    }

    #[test]
    fn a_text_that_unpacks_to_more_than_its_limit_is_refused_as_a_whole_by_name_of_the_limit() {
        let row = format!("1,Usage,USD,2026-04-01,{}\n", "x".repeat(MAX_ROW_BYTES / 4));
        let header = "lineItem/UnblendedCost,lineItem/LineItemType,lineItem/CurrencyCode,bill/BillingPeriodStartDate,note\n";
        let text = format!("{header}{}", row.repeat(4));
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(text.as_bytes()).unwrap();
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("bill.csv", zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
        let (gzip, zip) = (gzip.finish().unwrap(), zip.finish().unwrap());
        let options = ReadOptions { source: "payer", currency_if_absent: None };
        let read = |is_gzip: bool, total: u64| {
            let (on_progress, sink): (&mut dyn FnMut(_), &mut crate::Sink<'_>) = (&mut |_| {}, &mut |_| Ok(()));
            let mut job = Job { options: &options, needed: Needed::All, on_progress, sink, total };
            if is_gzip { read_gzip(file(&gzip), &mut job) } else { read_zip(file(zip.get_ref()), &mut job) }
        };
        for is_gzip in [true, false] {
            // As if the file had no bytes: its text is longer than a row may be.
            let refusal = read(is_gzip, 0).unwrap_err();
            assert!(refusal.reason.contains("MAX_UNPACKED_TIMES") && refusal.place.is_none(), "{refusal}");
            assert_eq!(read(is_gzip, 1).unwrap().rows, 4);
        }
    }
}
