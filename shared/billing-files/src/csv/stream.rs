//! Streams that count.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

/// Counts the bytes that are read of a file.
pub(crate) struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R> Counted<R> {
    pub(crate) fn new(inner: R) -> (Counted<R>, Rc<Cell<u64>>) {
        let count = Rc::new(Cell::new(0));
        (Counted { inner, count: count.clone() }, count)
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.count.set(self.count.get() + length as u64);
        Ok(length)
    }
}

impl<R: Seek> Seek for Counted<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// Fails when more is pulled through it than a row may have: the CSV reader itself would keep a field whose
/// quotation mark is never closed in memory to the end of the file.
pub(crate) struct RowGuard<R> {
    inner: R,
    limit: usize,
    pulled: Rc<Pulled>,
}

/// What was pulled through a [`RowGuard`].
#[derive(Debug, Default)]
pub(crate) struct Pulled {
    /// Bytes since this was last set to nought, which is for each row.
    pub(crate) bytes: Cell<usize>,
    /// Whether the end of the text was reached.
    pub(crate) ended: Cell<bool>,
}

impl<R> RowGuard<R> {
    pub(crate) fn new(inner: R, limit: usize) -> (RowGuard<R>, Rc<Pulled>) {
        let pulled = Rc::new(Pulled::default());
        (RowGuard { inner, limit, pulled: pulled.clone() }, pulled)
    }
}

impl<R: Read> Read for RowGuard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.pulled.bytes.get() > self.limit {
            return Err(io::Error::other(RowTooLong));
        }
        let length = self.inner.read(buffer)?;
        self.pulled.bytes.set(self.pulled.bytes.get() + length);
        self.pulled.ended.set(length == 0);
        Ok(length)
    }
}

/// A row is longer than the limit.
#[derive(Debug)]
pub(crate) struct RowTooLong;

impl fmt::Display for RowTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the row is too long")
    }
}

impl std::error::Error for RowTooLong {}
