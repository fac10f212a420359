//! Stored cubes merged as they are read, in bounded memory.
//!
//! In memory are the texts of all parts together, for each part the codes of its own texts and one block of bytes, and
//! the names of sub accounts; never the rows. The bytes are those that [`Cube::merge`](super::Cube::merge) would give.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::io;

use hashbrown::HashMap;

use super::bytes::Writer;
use super::parts::Room;
use super::read::{BLOCK_BYTES, BillHead, PartReader, ReadError, RowSums};
use super::rows::SUMS;
use super::texts::{Dictionary, Texts, Used, code_at};
use super::{BillKey, Code, CubeBytesError, CubeError, CubeLimits, CubeMergeError, Names};
use crate::charge::Dimension;
use crate::currency::Currency;
use crate::exact::{Units, plus};

/// Bytes of the blocks of all parts together.
const BLOCKS_BYTES: usize = 1 << 24;
/// Least bytes of a block.
const LEAST_BLOCK_BYTES: usize = 1 << 12;

/// Why stored cubes cannot be merged. What was written until then is no cube.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    /// A part is no cube.
    #[error("part {part} {error}")]
    Part {
        /// Which, from 0.
        part: usize,
        /// What is wrong with it.
        error: CubeBytesError,
    },
    /// A part could not be read.
    #[error("part {part} cannot be read: {error}; try again")]
    Read {
        /// Which, from 0.
        part: usize,
        /// Why.
        error: io::Error,
    },
    /// The merged cube could not be written.
    #[error("the merged cube cannot be written: {0}; try again")]
    Write(io::Error),
    /// Together they are no cube.
    #[error(transparent)]
    Merge(#[from] CubeMergeError),
}

impl From<CubeError> for PartsError {
    fn from(error: CubeError) -> PartsError {
        PartsError::Merge(CubeMergeError::Charges(error))
    }
}

/// What is in a merged cube.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MergedParts {
    /// The bills, oldest first, and how many charges each has.
    pub bills: Vec<(BillKey, u64)>,
    /// Rows of all bills together.
    pub rows: usize,
}

/// Merges what [`Cube::to_bytes`](super::Cube::to_bytes) wrote of several cubes into the bytes of the cube of all their
/// charges; of none, those of the empty cube without tag keys.
///
/// Each part is read once, from its beginning to its end, in blocks; memory does not grow with the rows.
///
/// # Errors
/// Where a part is no cube or cannot be read, where the parts are no cube together or a larger one than `limits` allow,
/// or where `out` fails.
pub fn merge_parts<R: io::Read>(parts: Vec<R>, limits: CubeLimits, out: impl io::Write) -> Result<MergedParts, PartsError> {
    let block_bytes = (BLOCKS_BYTES / parts.len().max(1)).clamp(LEAST_BLOCK_BYTES, BLOCK_BYTES);
    let Begun { mut parts, tag_keys, texts } = begin(parts, limits, block_bytes)?;
    let mut merge = Merge {
        writer: Writer::new(&tag_keys, texts.iter()),
        out,
        texts,
        limits,
        merged: MergedParts::default(),
        invoice_currencies: HashMap::new(),
    };
    for part in &mut parts {
        part.next_bill()?;
    }
    while let Some(key) = parts.iter().filter_map(|part| part.head.as_ref()).map(|head| head.key).min() {
        let of_bill: Vec<&mut Part<R>> = parts.iter_mut().filter(|part| part.head.as_ref().is_some_and(|head| head.key == key)).collect();
        merge.bill(key, of_bill)?;
    }
    merge.end()
}

/// Parts of which the texts were read, and no bill yet.
struct Begun<R> {
    parts: Vec<Part<R>>,
    tag_keys: Vec<String>,
    /// Of all parts, in order.
    texts: Texts,
}

fn begin<R: io::Read>(sources: Vec<R>, limits: CubeLimits, block_bytes: usize) -> Result<Begun<R>, PartsError> {
    let mut tag_keys: Option<Vec<String>> = None;
    let mut dictionary = Dictionary::new(limits.text_bytes);
    let mut parts = Vec::with_capacity(sources.len());
    for (number, source) in sources.into_iter().enumerate() {
        let mut reader = PartReader::begin(source, block_bytes).map_err(|error| of_part(number, error))?;
        let first = tag_keys.get_or_insert_with(|| reader.tag_keys().to_vec());
        if first != reader.tag_keys() {
            return Err(CubeMergeError::of_tag_keys(first, reader.tag_keys()).into());
        }
        let codes: Vec<Code> = reader.take_texts().iter().map(|text| dictionary.code(text)).collect();
        if dictionary.is_full() {
            return Err(CubeError::TooMany { what: "bytes of text", limit: limits.text_bytes }.into());
        }
        parts.push(Part { number, reader, codes, head: None, row: Vec::new(), sums: None });
    }
    let texts = dictionary.into_texts();
    let mut used = Used::none_of(texts.len());
    (0..texts.len()).for_each(|place| used.insert(code_at(place)));
    let (texts, ranks) = texts.ranked(&used);
    for code in parts.iter_mut().flat_map(|part| &mut part.codes) {
        *code = ranks[code.place()];
    }
    Ok(Begun { parts, tag_keys: tag_keys.unwrap_or_default(), texts })
}

fn of_part(part: usize, error: ReadError) -> PartsError {
    match error {
        ReadError::Bytes(error) => PartsError::Part { part, error },
        ReadError::Source(error) => PartsError::Read { part, error },
    }
}

/// A part that is being read.
struct Part<R> {
    number: usize,
    reader: PartReader<R>,
    /// The codes of all parts' texts by its own.
    codes: Vec<Code>,
    /// Of the bill whose rows come next; none at the end.
    head: Option<BillHead>,
    /// The row that comes next, in the codes of all parts.
    row: Vec<Code>,
    sums: Option<RowSums>,
}

impl<R: io::Read> Part<R> {
    fn next_bill(&mut self) -> Result<(), PartsError> {
        self.head = self.reader.next_bill().map_err(|error| of_part(self.number, error))?;
        Ok(())
    }

    /// False after the last row of the bill.
    fn next_row(&mut self) -> Result<bool, PartsError> {
        self.sums = self.reader.next_row().map_err(|error| of_part(self.number, error))?;
        self.row.clear();
        self.row.extend(self.reader.codes().iter().map(|code| self.codes[code.place()]));
        Ok(self.sums.is_some())
    }
}

/// By the row that comes next.
struct ByRow<'p, R>(&'p mut Part<R>);

impl<R> Ord for ByRow<'_, R> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.row.cmp(&other.0.row)
    }
}

impl<R> PartialOrd for ByRow<'_, R> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<R> PartialEq for ByRow<'_, R> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<R> Eq for ByRow<'_, R> {}

/// What is written of the merged cube.
struct Merge<W> {
    writer: Writer,
    out: W,
    texts: Texts,
    limits: CubeLimits,
    merged: MergedParts,
    invoice_currencies: HashMap<(Code, Code), Currency>,
}

/// The bill that is being written.
struct OpenBill {
    key: BillKey,
    charges: u64,
    room: Room,
}

impl<W: io::Write> Merge<W> {
    fn bill<R: io::Read>(&mut self, key: BillKey, mut parts: Vec<&mut Part<R>>) -> Result<(), PartsError> {
        let mut whole = BillHead { key, list_missing: false, contracted_missing: false, names: Names::new() };
        for part in &mut parts {
            whole.take(part.head.take().expect("INVARIANT: these parts have the bill"));
        }
        self.writer.begin_bill(key, whole.list_missing, whole.contracted_missing, &whole.names);
        let mut bill = OpenBill { key, charges: 0, room: Room::default() };
        let mut heap = BinaryHeap::with_capacity(parts.len());
        for part in parts.iter_mut() {
            if part.next_row()? {
                heap.push(Reverse(ByRow(part)));
            }
        }
        let mut codes: Vec<Code> = Vec::new();
        let mut row: Option<RowSums> = None;
        while let Some(mut least) = heap.peek_mut() {
            let part = &mut *least.0.0;
            let sums = part.sums.expect("INVARIANT: parts in the heap have a row");
            row = match row {
                Some(row) if codes == part.row => Some(row.plus(&sums).ok_or(CubeMergeError::TooLarge(key))?),
                before => {
                    if let Some(before) = before {
                        self.row(&mut bill, &codes, &before)?;
                    }
                    codes.clear();
                    codes.extend_from_slice(&part.row);
                    Some(sums)
                }
            };
            if !part.next_row()? {
                PeekMut::pop(least);
            }
        }
        if let Some(row) = row {
            self.row(&mut bill, &codes, &row)?;
        }
        drop(heap);
        self.writer.end_bill();
        self.merged.bills.push((key, bill.charges));
        parts.into_iter().try_for_each(Part::next_bill)
    }

    fn row(&mut self, bill: &mut OpenBill, codes: &[Code], row: &RowSums) -> Result<(), PartsError> {
        if self.merged.rows >= self.limits.rows {
            return Err(CubeError::TooMany { what: "combinations", limit: self.limits.rows }.into());
        }
        self.merged.rows += 1;
        let [provider, invoice] = [Dimension::Provider, Dimension::InvoiceId].map(|dimension| codes[dimension as usize]);
        if invoice != Code::default() {
            let second = bill.key.currency;
            let first = *self.invoice_currencies.entry((provider, invoice)).or_insert(second);
            if first != second {
                return Err(CubeError::TwoCurrencies { invoice: self.texts.get(invoice).to_owned(), first, second }.into());
            }
        }
        bill.charges = bill.charges.checked_add(row.charges).ok_or(CubeMergeError::TooLarge(bill.key))?;
        if !bill.room.take(&row.sums, row.scale) {
            return Err(CubeMergeError::TooLarge(bill.key).into());
        }
        self.writer.row(codes, row.charges, row.sums, row.scale);
        if self.writer.written().len() >= BLOCK_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), PartsError> {
        let written = self.writer.written();
        self.out.write_all(written).map_err(PartsError::Write)?;
        written.clear();
        Ok(())
    }

    fn end(mut self) -> Result<MergedParts, PartsError> {
        self.out.write_all(&self.writer.end()).and_then(|()| self.out.flush()).map_err(PartsError::Write)?;
        Ok(self.merged)
    }
}

impl BillHead {
    fn take(&mut self, other: BillHead) {
        self.list_missing |= other.list_missing;
        self.contracted_missing |= other.contracted_missing;
        for (sub_account, name) in other.names {
            let known = self.names.entry(sub_account).or_insert_with(|| name.clone());
            if name < *known {
                *known = name;
            }
        }
    }
}

impl RowSums {
    /// The sums of both, at the finer scale; none where there are more charges than can be counted.
    fn plus(&self, other: &RowSums) -> Option<RowSums> {
        let scale = self.scale.max(other.scale);
        let mut sums: [Units; SUMS] = self.sums_at(scale);
        sums.iter_mut().zip(other.sums_at(scale)).for_each(|(sum, other)| *sum = plus(*sum, other));
        Some(RowSums { charges: self.charges.checked_add(other.charges)?, scale, sums })
    }
}
