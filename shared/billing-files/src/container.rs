//! Which container a file is in, from its first bytes.

use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use crate::facets::Counts;
use crate::mapper::Mapper;
use crate::refusal::Refusal;
use crate::tags::Needed;
use crate::{FileFacts, Progress, ReadOptions, Sink, csv, parquet};

/// How the bytes of a file hold its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Container {
    /// Text, RFC 4180.
    Csv,
    /// The same in gzip, of one member or several, RFC 1952.
    CsvGzip,
    /// The same as the only data file of a zip.
    CsvZip,
    /// Apache Parquet, <https://parquet.apache.org/docs/file-format/>.
    Parquet,
}

impl fmt::Display for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Container::Csv => "CSV",
            Container::CsvGzip => "CSV in gzip",
            Container::CsvZip => "CSV in zip",
            Container::Parquet => "Parquet",
        })
    }
}

impl Container {
    /// Text is what begins like nothing else.
    pub(crate) fn of(head: &[u8]) -> Container {
        match head {
            [0x1f, 0x8b, ..] => Container::CsvGzip,
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => Container::CsvZip,
            [b'P', b'A', b'R', b'1', ..] | [b'P', b'A', b'R', b'E', ..] => Container::Parquet,
            _ => Container::Csv,
        }
    }
}

/// What the containers have in common while a file is read.
pub(crate) struct Job<'a, 's> {
    pub(crate) options: &'a ReadOptions<'a>,
    /// The tags that are read.
    pub(crate) needed: Needed,
    pub(crate) on_progress: &'a mut dyn FnMut(Progress),
    pub(crate) sink: &'a mut Sink<'s>,
    /// Bytes of the file.
    pub(crate) total: u64,
}

impl Job<'_, '_> {
    pub(crate) fn progress(&mut self, read: u64) {
        (self.on_progress)(Progress { read: read.min(self.total), total: self.total });
    }

    pub(crate) fn facts(&mut self, container: Container, mapper: &Mapper, counts: &Counts, rows: u64, columns: usize) -> FileFacts {
        self.progress(self.total);
        facts_of(container, mapper, counts, rows, columns)
    }
}

pub(crate) fn facts_of(container: Container, mapper: &Mapper, counts: &Counts, rows: u64, columns: usize) -> FileFacts {
    let (has_list, has_contracted) = mapper.has_list_and_contracted();
    let mut notes = mapper.notes(counts);
    if rows == 0 {
        notes.push("The file has a header and no charges.".to_owned());
    }
    FileFacts { format: mapper.format(), container, rows, columns, has_list, has_contracted, notes }
}

/// The container of a file, and its bytes.
pub(crate) fn of(path: &Path) -> Result<(Container, u64), Refusal> {
    let (_, container, total) = open(path)?;
    Ok((container, total))
}

fn open(path: &Path) -> Result<(File, Container, u64), Refusal> {
    // Asked before it is opened: to open a pipe waits for somebody to write into it.
    regular(&fs::metadata(path).map_err(|error| outside(&error))?)?;
    let mut file = File::open(path).map_err(|error| outside(&error))?;
    let metadata = file.metadata().map_err(|error| outside(&error))?;
    regular(&metadata)?;
    let mut head = [0; 4];
    let length = read_up_to(&mut file, &mut head).map_err(|error| outside(&error))?;
    if length == 0 {
        return Err(empty());
    }
    file.seek(SeekFrom::Start(0)).map_err(|error| outside(&error))?;
    Ok((file, Container::of(&head[..length]), metadata.len()))
}

pub(crate) fn read(
    path: &Path,
    options: &ReadOptions<'_>,
    needed: Needed,
    on_progress: &mut dyn FnMut(Progress),
    sink: &mut Sink<'_>,
) -> Result<FileFacts, Refusal> {
    let (file, container, total) = open(path)?;
    let mut job = Job { options, needed, on_progress, sink, total };
    match container {
        Container::Csv => csv::read_plain(file, &mut job),
        Container::CsvGzip => csv::read_gzip(file, &mut job),
        Container::CsvZip => csv::read_zip(BufReader::new(file), &mut job),
        Container::Parquet => parquet::read(file, &mut job),
    }
}

/// Pipes and devices have no size, no end or no way back, and reading some of them does things.
fn regular(metadata: &Metadata) -> Result<(), Refusal> {
    if metadata.is_dir() {
        return Err(Refusal::new("is a folder, not a file", "name the files in it"));
    }
    if !metadata.is_file() {
        return Err(Refusal::new("is no regular file but a pipe, a socket or a device", "save what it holds to a file, and name that"));
    }
    Ok(())
}

pub(crate) fn empty() -> Refusal {
    Refusal::new("the file is empty", "export it again; a period without charges still has a header")
}

/// Trouble that has nothing to do with what the file holds.
pub(crate) fn outside(error: &io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::NotFound => Refusal::new("there is no such file", "check its name and folder"),
        io::ErrorKind::PermissionDenied => Refusal::new("the file may not be read", "ask for the right to read it").retryable(),
        _ => Refusal::new(format!("the file could not be read ({error})"), "try again").retryable(),
    }
}

/// As many bytes as there are, at most those of `head`.
pub(crate) fn read_up_to(stream: &mut (impl Read + ?Sized), head: &mut [u8]) -> io::Result<usize> {
    let mut length = 0;
    while length < head.len() {
        match stream.read(&mut head[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}
