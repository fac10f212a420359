//! Streams that count.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::rc::Rc;

use crate::limits::{MAX_ROW_BYTES, MAX_UNPACKED_TIMES};

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

/// Fails once more comes out of a packed file than its bytes may unpack to.
pub(crate) struct Unpacked<R> {
    inner: R,
    packed: u64,
    /// Bytes that may still come out.
    left: u64,
}

impl<R> Unpacked<R> {
    /// What unpacks a file of so many bytes. A small one may unpack to the longest of rows.
    pub(crate) fn new(inner: R, packed: u64) -> Unpacked<R> {
        Unpacked { inner, packed, left: packed.saturating_mul(MAX_UNPACKED_TIMES).saturating_add(MAX_ROW_BYTES as u64) }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(length as u64).ok_or_else(|| io::Error::other(UnpackedTooMuch { packed: self.packed }))?;
        Ok(length)
    }
}

/// A file unpacks to more than the limit.
#[derive(Debug)]
pub(crate) struct UnpackedTooMuch {
    /// Bytes of the file.
    packed: u64,
}

impl fmt::Display for UnpackedTooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "its {} bytes unpack to more than {MAX_UNPACKED_TIMES} times as many (MAX_UNPACKED_TIMES)", self.packed)
    }
}

impl std::error::Error for UnpackedTooMuch {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_unpacks_to_its_limit_and_not_to_a_byte_more() {
        let most = 2 * MAX_UNPACKED_TIMES + MAX_ROW_BYTES as u64;
        let unpacked = |bytes| io::copy(&mut Unpacked::new(io::repeat(b'x').take(bytes), 2), &mut io::sink());
        assert_eq!(unpacked(most).unwrap(), most);
        let error = unpacked(most + 1).unwrap_err();
        assert_eq!(error.to_string(), "its 2 bytes unpack to more than 1000 times as many (MAX_UNPACKED_TIMES)");
    }
}
