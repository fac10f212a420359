//! What stands before a page: its kind, its sizes, how many values it says it holds.
//! <https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>, in the compact protocol of
//! <https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md>.

/// Structs and lists within each other that are skipped; a footer has nine.
const MOST_DEPTH: u32 = 16;

const DATA: i64 = 0;
const DICTIONARY: i64 = 2;
const DATA_V2: i64 = 3;

const TRUE: u8 = 1;
const FALSE: u8 = 2;
const BYTE: u8 = 3;
const I16: u8 = 4;
const I32: u8 = 5;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;

/// The header of a page, as far as it is looked at. Numbers are what the file says, sane or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct PageHeader {
    kind: i64,
    /// Bytes of the page once unpacked.
    pub(super) unpacked: i64,
    /// Bytes of the page in the file, behind this header.
    pub(super) packed: i64,
    /// Values, nulls among them.
    pub(super) values: i64,
    encoding: i64,
}

/// Why there is no header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoHeader {
    /// The bytes end within it.
    Short,
    /// It is none.
    Wrong,
}

impl PageHeader {
    /// Reads a header; it and its bytes.
    pub(super) fn read(bytes: &[u8]) -> Result<(PageHeader, usize), NoHeader> {
        let mut reader = Reader { bytes, at: 0 };
        let mut header = PageHeader { kind: -1, ..PageHeader::default() };
        reader.fields(|reader, id, kind| {
            match (id, kind) {
                (1, I32) => header.kind = reader.number()?,
                (2, I32) => header.unpacked = reader.number()?,
                (3, I32) => header.packed = reader.number()?,
                (5 | 7 | 8, STRUCT) => {
                    let encoding = if id == 8 { 4 } else { 2 };
                    reader.fields(|reader, id, kind| match (id, kind) {
                        (1, I32) => reader.number().map(|values| header.values = values),
                        (id, I32) if id == encoding => reader.number().map(|encoding| header.encoding = encoding),
                        _ => reader.skip(kind, 0),
                    })?;
                }
                _ => reader.skip(kind, 0)?,
            }
            Ok(())
        })?;
        Ok((header, reader.at))
    }

    /// Whether it is a dictionary's.
    pub(super) fn is_dictionary(self) -> bool {
        self.kind == DICTIONARY
    }

    /// Whether it is of values in one of the delta encodings, which state their number within the page again.
    pub(super) fn is_of_deltas(self) -> bool {
        (self.kind == DATA || self.kind == DATA_V2) && matches!(self.encoding, 5..=7)
    }
}

/// Whether bytes are one struct of Thrift, whatever is in it. A list that states more items than there are bytes would
/// keep the reader of the footer busy for minutes: it takes no byte for an item that it does not know.
pub(super) fn is_sound(bytes: &[u8]) -> bool {
    Reader { bytes, at: 0 }.skip(STRUCT, 0).is_ok()
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Result<u8, NoHeader> {
        let byte = *self.bytes.get(self.at).ok_or(NoHeader::Short)?;
        self.at += 1;
        Ok(byte)
    }

    fn varint(&mut self) -> Result<u64, NoHeader> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(NoHeader::Wrong)
    }

    fn number(&mut self) -> Result<i64, NoHeader> {
        let number = self.varint()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn fields(&mut self, mut field: impl FnMut(&mut Self, i64, u8) -> Result<(), NoHeader>) -> Result<(), NoHeader> {
        let mut id = 0;
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Ok(());
            }
            id = if head >> 4 == 0 { self.number()? } else { id + i64::from(head >> 4) };
            field(self, id, head & 0x0f)?;
        }
    }

    fn pass(&mut self, bytes: u64) -> Result<(), NoHeader> {
        let left = (self.bytes.len() - self.at) as u64;
        if bytes > left {
            return Err(NoHeader::Short);
        }
        self.at += bytes as usize;
        Ok(())
    }

    fn skip(&mut self, kind: u8, depth: u32) -> Result<(), NoHeader> {
        if depth > MOST_DEPTH {
            return Err(NoHeader::Wrong);
        }
        match kind {
            TRUE | FALSE => Ok(()),
            BYTE => self.pass(1),
            I16 | I32 | I64 => self.varint().map(|_| ()),
            DOUBLE => self.pass(8),
            BINARY => self.varint().and_then(|length| self.pass(length)),
            LIST | SET => {
                let head = self.byte()?;
                let count = if head >> 4 == 0x0f { self.varint()? } else { u64::from(head >> 4) };
                // In a list a truth value takes a byte.
                let kind = if matches!(head & 0x0f, TRUE | FALSE) { BYTE } else { head & 0x0f };
                (0..count).try_for_each(|_| self.skip(kind, depth + 1))
            }
            STRUCT => self.fields(|reader, _, kind| reader.skip(kind, depth + 1)),
            // No header of a page has a map.
            MAP => Err(NoHeader::Wrong),
            _ => Err(NoHeader::Wrong),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Type 0, 100 bytes, 40 packed, then a data page header: 12 values, RLE_DICTIONARY, and a struct of statistics.
    const HEADER: [u8; 22] = [0x15, 0, 0x15, 0xc8, 1, 0x15, 80, 0x2c, 0x15, 24, 0x15, 16, 0x15, 6, 0x15, 6, 0x1c, 0x18, 1, b'a', 0, 0];

    #[test]
    fn a_header_is_read_with_its_length_and_what_is_not_needed_is_skipped() {
        let bytes = [&HEADER[..], &[0, 0xff, 0xff]].concat();
        let (header, length) = PageHeader::read(&bytes).unwrap();
        assert_eq!(header, PageHeader { kind: DATA, unpacked: 100, packed: 40, values: 12, encoding: 8 });
        assert_eq!(length, HEADER.len() + 1);
        assert!(!header.is_dictionary() && !header.is_of_deltas());
    }

    #[test]
    fn a_list_of_more_items_than_bytes_is_not_sound() {
        for (bytes, sound) in [
            (&[0x19, 0x2c, 0, 0, 0][..], true),
            (&[0x19, 0xf1, 3, 1, 1, 1, 0], true),
            (&[0x19, 0xf1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0], false),
            (&[0x19, 0xfc, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0], false),
            (&[0x15, 2], false),
        ] {
            assert_eq!(is_sound(bytes), sound, "{bytes:?}");
        }
    }

    #[test]
    fn a_header_that_goes_on_is_told_from_one_that_is_wrong() {
        for end in 0..HEADER.len() {
            assert_eq!(PageHeader::read(&HEADER[..end]), Err(NoHeader::Short), "{end}");
        }
        assert_eq!(PageHeader::read(&[0x1b, 0]), Err(NoHeader::Wrong));
        assert_eq!(PageHeader::read(&[0x15, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]), Err(NoHeader::Wrong));
        assert_eq!(PageHeader::read(&[0x1c; 64]), Err(NoHeader::Wrong), "structs without end");
    }
}
