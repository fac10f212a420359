//! Text, summed: no field is copied, and only those that are needed are looked at.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::mpsc;
use std::thread;

use ::csv::{ReaderBuilder, StringRecord};
use flate2::bufread::MultiGzDecoder;
use zip::ZipArchive;

use super::codes::{BEHIND, TextColumn};
use super::quotes::StrayCheck;
use super::scan::{BLOCK, Fields};
use super::stream::{Counted, Unpacked};
use super::{BUFFER_BYTES, data_entry, plain_head};

use crate::ReadOptions;
use crate::columns::Header;
use crate::container::{Container, read_up_to};
use crate::mapper::Mapper;
use crate::sums::money::SCALE;
use crate::sums::{Batch, Codes, Engine, GiveUp, Sums};
use crate::tags::Needed;

/// Bytes of text that are looked at together: most of them are still in the cache of the core that unpacked them.
const TEXT_BYTES: usize = 256 * 1024;

/// Bytes of a row; longer ones are read row by row.
const MOST_ROW_BYTES: usize = 1024 * 1024;

/// Rows that are summed at once, at least.
const BATCH_ROWS: usize = 4_096;

/// Pieces of text that are unpacked ahead of the one that is summed.
const AHEAD: usize = 4;

/// A text that was summed.
pub(crate) struct SummedText {
    pub(crate) mapper: Mapper,
    pub(crate) sums: Sums,
    /// Columns of the file.
    pub(crate) columns: usize,
}

/// What a text is summed with.
struct Summing<'a> {
    container: Container,
    options: &'a ReadOptions<'a>,
    tag_keys: &'a [String],
    most_combinations: usize,
    /// Bytes of text that are looked at together.
    text_bytes: usize,
}

/// Sums a text, of so many combinations of values at most; `on_read` is told now and then how many bytes of the file
/// were read. With two workers one unpacks.
pub(crate) fn sum(
    path: &Path,
    container: Container,
    options: &ReadOptions<'_>,
    tag_keys: &[String],
    workers: NonZeroUsize,
    most_combinations: usize,
    on_read: &mut dyn FnMut(u64),
) -> Result<SummedText, GiveUp> {
    let summing = Summing { container, options, tag_keys, most_combinations, text_bytes: TEXT_BYTES };
    if workers.get() == 1 || container == Container::Csv {
        return with_text(path, container, |text, position| summing.sum(text, position, on_read));
    }
    unpacked_ahead(path, container, |text, position| summing.sum(text, position, on_read))
}

/// Opens a text, with how many bytes of its file were read.
fn with_text<T>(
    path: &Path,
    container: Container,
    of: impl FnOnce(&mut dyn Read, &dyn Fn() -> u64) -> Result<T, GiveUp>,
) -> Result<T, GiveUp> {
    const DAMAGED: GiveUp = GiveUp("a zip that is refused");
    const GONE: GiveUp = GiveUp("a file that is gone");
    let file = File::open(path).map_err(|_| GONE)?;
    let packed = file.metadata().map_err(|_| GONE)?.len();
    let (counted, count) = Counted::new(file);
    match container {
        Container::CsvGzip => {
            let text = MultiGzDecoder::new(BufReader::with_capacity(BUFFER_BYTES, counted));
            of(&mut Unpacked::new(text, packed), &|| count.get())
        }
        Container::CsvZip => {
            let mut archive = ZipArchive::new(BufReader::with_capacity(BUFFER_BYTES, counted)).map_err(|_| DAMAGED)?;
            let place = data_entry(&archive).map_err(|_| DAMAGED)?;
            let directory = count.get();
            let text = archive.by_index(place).map_err(|_| DAMAGED)?;
            of(&mut Unpacked::new(text, packed), &|| count.get().saturating_sub(directory))
        }
        _ => {
            let mut counted = counted;
            of(&mut counted, &|| count.get())
        }
    }
}

/// As [`with_text`], with another thread that unpacks.
fn unpacked_ahead<T>(
    path: &Path,
    container: Container,
    of: impl FnOnce(&mut dyn Read, &dyn Fn() -> u64) -> Result<T, GiveUp>,
) -> Result<T, GiveUp> {
    thread::scope(|scope| {
        let (sender, pieces) = mpsc::sync_channel(AHEAD);
        let (used, back) = mpsc::channel();
        let unpacking = scope.spawn(move || {
            with_text(path, container, |text, position| {
                loop {
                    let mut bytes: Vec<u8> = back.try_recv().unwrap_or_default();
                    bytes.resize(TEXT_BYTES, 0);
                    let length = read_up_to(text, &mut bytes).map_err(|_| BROKEN)?;
                    bytes.truncate(length);
                    // Nobody listens any more where the sums were given up.
                    if sender.send(Piece { bytes, position: position() }).is_err() || length == 0 {
                        return Ok(());
                    }
                }
            })
        });
        let position = Cell::new(0);
        let mut ahead = Ahead { pieces, used, bytes: Vec::new(), at: 0, position: &position, is_ended: false };
        let summed = of(&mut ahead, &|| position.get());
        drop(ahead);
        match unpacking.join() {
            Ok(Ok(())) => summed,
            Ok(Err(gave_up)) => Err(gave_up),
            Err(_) => Err(BROKEN),
        }
    })
}

const BROKEN: GiveUp = GiveUp("a text that breaks off");

/// Unpacked bytes, none at the end; and how many bytes of the file were read.
struct Piece {
    bytes: Vec<u8>,
    position: u64,
}

/// The text that another thread unpacks.
struct Ahead<'p> {
    pieces: mpsc::Receiver<Piece>,
    /// Back to the other thread.
    used: mpsc::Sender<Vec<u8>>,
    bytes: Vec<u8>,
    at: usize,
    position: &'p Cell<u64>,
    is_ended: bool,
}

impl Read for Ahead<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.bytes.len() && !self.is_ended {
            // Without a last piece the other thread has stopped for a reason, which it says when it is joined.
            let piece = self.pieces.recv().map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))?;
            self.position.set(piece.position);
            self.is_ended = piece.bytes.is_empty();
            let used = std::mem::replace(&mut self.bytes, piece.bytes);
            self.used.send(used).ok();
            self.at = 0;
        }
        let count = buffer.len().min(self.bytes.len() - self.at);
        buffer[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

impl Summing<'_> {
    fn sum(&self, text: &mut dyn Read, position: &dyn Fn() -> u64, on_read: &mut dyn FnMut(u64)) -> Result<SummedText, GiveUp> {
        let head = plain_head(text, self.container).map_err(|_| GiveUp("a text that is refused"))?;
        let mut window = Window::new(&head, self.text_bytes);
        let header = header(&mut window, text)?;
        let columns = header.names().len();
        let mapper =
            Mapper::for_header(&header, self.options, &Needed::keys(self.tag_keys)).map_err(|_| GiveUp("a header that is refused"))?;
        let mut engine = Engine::new(&mapper, self.tag_keys, SCALE, self.most_combinations);
        let mut rows = Rows::new(&mapper, columns, &mut engine);
        loop {
            rows.read(&mut window, &mut engine)?;
            on_read(position());
            if window.is_ended {
                break;
            }
            window.fill(text)?;
        }
        if window.filled > 0 {
            return Err(GiveUp("a last row that is not complete"));
        }
        rows.add(&mut engine)?;
        let sums = engine.finish();
        Ok(SummedText { sums, mapper, columns })
    }
}

/// The part of a text that is looked at; it begins with a row.
struct Window {
    /// Behind those that are filled, noughts.
    bytes: Vec<u8>,
    filled: usize,
    /// Most bytes that are filled.
    room: usize,
    is_ended: bool,
}

/// The last line break, which a text may lack, and what is looked at of a text beyond its end.
const MARGIN: usize = 1 + BLOCK + BEHIND;

impl Window {
    fn new(head: &[u8], room: usize) -> Window {
        let room = room.max(head.len());
        let mut bytes = vec![0; room + MARGIN];
        bytes[..head.len()].copy_from_slice(head);
        Window { bytes, filled: head.len(), room, is_ended: false }
    }

    /// Fills the room that is left, or makes more for a row that needs it; tells where the text ended.
    fn fill(&mut self, text: &mut dyn Read) -> Result<(), GiveUp> {
        if self.filled == self.room {
            if self.room >= MOST_ROW_BYTES {
                return Err(GiveUp("a row of many bytes"));
            }
            self.room *= 2;
            self.bytes.resize(self.room + MARGIN, 0);
        }
        let read = read_up_to(text, &mut self.bytes[self.filled..self.room]).map_err(|_| BROKEN)?;
        self.filled += read;
        self.is_ended = self.filled < self.room;
        if self.is_ended && self.filled > 0 && self.bytes[self.filled - 1] != b'\n' {
            self.bytes[self.filled] = b'\n';
            self.filled += 1;
        }
        self.clear_margin();
        Ok(())
    }

    /// Lets go of what was read.
    fn consume(&mut self, end: usize) {
        self.bytes.copy_within(end..self.filled, 0);
        self.filled -= end;
        self.clear_margin();
    }

    fn clear_margin(&mut self) {
        self.bytes[self.filled..][..MARGIN - 1].fill(0);
    }
}

/// Reads the first row.
fn header(window: &mut Window, text: &mut dyn Read) -> Result<Header, GiveUp> {
    const REFUSED: GiveUp = GiveUp("a header that is refused");
    let end = loop {
        if window.is_ended {
            return Err(REFUSED);
        }
        window.fill(text)?;
        if let Some(end) = row_end(&window.bytes[..window.filled]) {
            break end;
        }
    };
    let mut reader = ReaderBuilder::new().has_headers(false).from_reader(StrayCheck::new(&window.bytes[..end]));
    let mut record = StringRecord::new();
    if !reader.read_record(&mut record).map_err(|_| REFUSED)? {
        return Err(REFUSED);
    }
    is_one_row(&window.bytes[..end], record.len())?;
    let names = record.iter().map(|name| name.trim().to_owned()).collect();
    window.consume(end);
    Header::try_new(names, Vec::new()).map_err(|_| REFUSED)
}

/// A quotation mark within a value, which opens nothing, would take the rows up to the next one for the header.
fn is_one_row(text: &[u8], columns: usize) -> Result<(), GiveUp> {
    let mut padded = text.to_vec();
    padded.resize(text.len() + BLOCK, 0);
    let mut fields = Fields::new(columns);
    fields.scan(&padded, text.len())?;
    if fields.rows() == 1 && fields.end() == text.len() { Ok(()) } else { Err(GiveUp("a header of more than a row")) }
}

/// Where the first row ends, its line break included, if every quotation mark opens or closes a value.
fn row_end(text: &[u8]) -> Option<usize> {
    let mut is_within = false;
    let is_end = |byte: &u8| {
        is_within ^= *byte == b'"';
        *byte == b'\n' && !is_within
    };
    text.iter().position(is_end).map(|place| place + 1)
}

/// Rows on their way to the sums.
struct Rows {
    fields: Fields,
    columns: Vec<TextColumn>,
    batch: Batch,
}

impl Rows {
    fn new(mapper: &Mapper, columns: usize, engine: &mut Engine<'_>) -> Rows {
        let picked = mapper.columns().picked();
        let batch = Batch { rows: 0, codes: vec![Codes::Same(0); picked.len()], money: Default::default(), tags: Vec::new() };
        let text_columns = picked.iter().enumerate().map(|(slot, column)| TextColumn::new(slot, column, columns, engine)).collect();
        Rows { fields: Fields::new(columns), columns: text_columns, batch }
    }

    /// Reads the complete rows, and adds them once they are many.
    fn read(&mut self, window: &mut Window, engine: &mut Engine<'_>) -> Result<(), GiveUp> {
        self.fields.scan(&window.bytes, window.filled)?;
        let end = self.fields.end();
        if !self.fields.is_ascii() && simdutf8::basic::from_utf8(&window.bytes[..end]).is_err() {
            return Err(GiveUp("a text that is not in UTF-8"));
        }
        for column in &mut self.columns {
            column.read(&window.bytes, &self.fields, engine)?;
        }
        self.batch.rows += self.fields.rows();
        window.consume(end);
        if self.batch.rows >= BATCH_ROWS { self.add(engine) } else { Ok(()) }
    }

    fn add(&mut self, engine: &mut Engine<'_>) -> Result<(), GiveUp> {
        self.columns.iter_mut().for_each(|column| column.give(&mut self.batch));
        engine.add(&self.batch)?;
        self.batch.rows = 0;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
