//! Parquet as plain as the format allows: one row group, a page a column, plain values, none of them null, and a
//! checksum of each page. No library that writes pages gives them checksums.
//! <https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift>

use std::ops::Range;

use flate2::Crc;

use super::Table;

const MAGIC: &[u8] = b"PAR1";
const BYTE_ARRAY: i64 = 6;
const UTF8: i64 = 0;
const REQUIRED: i64 = 0;
const PLAIN: i64 = 0;
const RLE: i64 = 3;
const UNCOMPRESSED: i64 = 0;
const DATA_PAGE: i64 = 0;

/// A table as a file, every value a text; and where the checked bytes of its pages lie.
pub fn write(table: &Table) -> (Vec<u8>, Vec<Range<usize>>) {
    let mut file = MAGIC.to_vec();
    let mut pages = Vec::new();
    let mut chunks = Vec::new();
    for place in 0..table.columns.len() {
        let page: Vec<u8> =
            table.column(place).flat_map(|value| [&(value.len() as u32).to_le_bytes(), value.as_bytes()].concat()).collect();
        let offset = file.len();
        file.extend(page_header(&page, table.rows.len()));
        let start = file.len();
        file.extend(page);
        pages.push(start..file.len());
        chunks.push(offset..file.len());
    }
    let footer = footer(table, &chunks);
    file.extend_from_slice(&footer);
    file.extend_from_slice(&(footer.len() as u32).to_le_bytes());
    file.extend_from_slice(MAGIC);
    (file, pages)
}

fn page_header(page: &[u8], rows: usize) -> Vec<u8> {
    let mut crc = Crc::new();
    crc.update(page);
    let mut data = Struct::default();
    data.number(1, I32, rows as i64).number(2, I32, PLAIN).number(3, I32, RLE).number(4, I32, RLE);
    let mut header = Struct::default();
    header.number(1, I32, DATA_PAGE).number(2, I32, page.len() as i64).number(3, I32, page.len() as i64);
    header.number(4, I32, i64::from(crc.sum() as i32)).inner(5, data);
    header.end()
}

fn footer(table: &Table, chunks: &[Range<usize>]) -> Vec<u8> {
    let rows = table.rows.len() as i64;
    let mut root = Struct::default();
    root.text(4, "schema").number(5, I32, table.columns.len() as i64);
    let column = |name: &String| {
        let mut element = Struct::default();
        element.number(1, I32, BYTE_ARRAY).number(3, I32, REQUIRED).text(4, name).number(6, I32, UTF8);
        element.end()
    };
    let schema: Vec<Vec<u8>> = std::iter::once(root.end()).chain(table.columns.iter().map(column)).collect();
    let chunk = |(name, at): (&String, &Range<usize>)| {
        let mut meta = Struct::default();
        meta.number(1, I32, BYTE_ARRAY).list(2, I32, &[zigzag(PLAIN)]).list(3, BINARY, &[binary(name)]);
        meta.number(4, I32, UNCOMPRESSED).number(5, I64, rows);
        meta.number(6, I64, at.len() as i64).number(7, I64, at.len() as i64).number(9, I64, at.start as i64);
        let mut chunk = Struct::default();
        chunk.number(2, I64, at.start as i64).inner(3, meta);
        chunk.end()
    };
    let columns: Vec<Vec<u8>> = table.columns.iter().zip(chunks).map(chunk).collect();
    let bytes: usize = chunks.iter().map(Range::len).sum();
    let mut group = Struct::default();
    group.list(1, STRUCT, &columns).number(2, I64, bytes as i64).number(3, I64, rows);
    let mut file = Struct::default();
    file.number(1, I32, 1).list(2, STRUCT, &schema).number(3, I64, rows).list(4, STRUCT, &[group.end()]);
    file.end()
}

// Thrift's compact protocol, as much as the above needs.
// https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md

const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

#[derive(Default)]
struct Struct {
    bytes: Vec<u8>,
    last: u8,
}

impl Struct {
    fn field(&mut self, id: u8, kind: u8, value: &[u8]) -> &mut Struct {
        self.bytes.push((id - self.last) << 4 | kind);
        self.bytes.extend_from_slice(value);
        self.last = id;
        self
    }

    fn number(&mut self, id: u8, kind: u8, number: i64) -> &mut Struct {
        self.field(id, kind, &zigzag(number))
    }

    fn text(&mut self, id: u8, text: &str) -> &mut Struct {
        self.field(id, BINARY, &binary(text))
    }

    fn list(&mut self, id: u8, kind: u8, items: &[Vec<u8>]) -> &mut Struct {
        let mut list =
            if items.len() < 15 { vec![(items.len() as u8) << 4 | kind] } else { [vec![0xf0 | kind], varint(items.len() as u64)].concat() };
        items.iter().for_each(|item| list.extend_from_slice(item));
        self.field(id, LIST, &list)
    }

    fn inner(&mut self, id: u8, inner: Struct) -> &mut Struct {
        self.field(id, STRUCT, &inner.end())
    }

    fn end(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }
}

fn binary(text: &str) -> Vec<u8> {
    [varint(text.len() as u64), text.as_bytes().to_vec()].concat()
}

fn zigzag(number: i64) -> Vec<u8> {
    varint((number << 1 ^ number >> 63) as u64)
}

/// A number as Thrift spells it: unsigned LEB128.
pub fn varint(mut number: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}
