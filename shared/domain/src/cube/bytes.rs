//! A cube as bytes, to be stored. Equal cubes are equal bytes, and no other bytes are the cube.
//!
//! ```text
//! cube    = "D1CUBE" version tags texts bill* 0
//! version = one byte, 2
//! tags    = count, text each
//! texts   = count, text each: the empty text, then all others in ascending order; rows name them by place
//! bill    = 1, year-month (7 bytes), currency (3 bytes), flags (one byte), names, row+, 0; bills ascend
//! flags   = 1 where charges lack a list cost, 2 where they lack a contracted cost
//! names   = count, (provider, sub account, name) texts each, ascending
//! row     = 1 + how many of its first places are those of the row before it in the bill;
//!           the places of texts for all other dimensions and tags; charges; scale; billed, effective, list, contracted;
//!           rows ascend by their places
//! text    = count of bytes, UTF-8
//! ```
//!
//! Counts, places, scales and charges are unsigned LEB128 of 64 bits; a sum counts units of 10^−scale of its row, as a
//! count of bytes and as few bytes of two's complement as hold it, least first. The scale of a row is the smallest that
//! its sums allow, so that nothing of a row depends on what comes after it: parts are merged as they are read.

use super::read::{BLOCK_BYTES, PartReader, ReadError};
use super::rows::{SUMS, zeros_in_common};
use super::{BillKey, Code, Cube, Names};
use crate::charge::Dimension;
use crate::exact::{Units, power_of_ten};

pub(super) const MAGIC: &[u8] = b"D1CUBE";
/// The format that cubes are written in, and the only one that is read.
pub const FORMAT_VERSION: u8 = 2;
pub(super) const LIST_MISSING: u8 = 1;
pub(super) const CONTRACTED_MISSING: u8 = 2;

// Rows are written by dimension: another dimension is another version of the format.
const _: () = assert!(Dimension::COUNT == 16);

/// Why bytes are no cube.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CubeBytesError {
    /// They begin otherwise.
    #[error("is no stored charge cube")]
    NotACube,
    /// They are of another version of the format.
    #[error("is a charge cube of format {0}, this program reads format {FORMAT_VERSION}; read the billing files again")]
    Version(u8),
    /// They are damaged.
    #[error("is a damaged charge cube: {what} at byte {at}; read the billing files again")]
    Damaged {
        /// What is wrong.
        what: &'static str,
        /// Where it was noticed.
        at: u64,
    },
}

impl Cube {
    /// The cube as bytes, see the module. Equal cubes give equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new(&self.tag_keys, self.texts.iter());
        for (key, bill) in &self.bills {
            writer.begin_bill(*key, bill.list_missing, bill.contracted_missing, &bill.sub_account_names);
            for row in 0..bill.rows.len() {
                writer.row(bill.rows.codes(row), bill.rows.charges(row), bill.rows.sums(row), bill.scale);
            }
            writer.end_bill();
        }
        writer.end()
    }

    /// Reads what [`Cube::to_bytes`] wrote.
    ///
    /// # Errors
    /// For any other bytes. What is allocated is in proportion to the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Cube, CubeBytesError> {
        PartReader::begin(bytes, BLOCK_BYTES).and_then(PartReader::cube).map_err(|error| match error {
            ReadError::Bytes(error) => error,
            ReadError::Source(_) => unreachable!("INVARIANT: bytes in memory can be read"),
        })
    }
}

/// Writes the bytes of a cube, in order.
pub(super) struct Writer {
    out: Vec<u8>,
    /// The places of the row before.
    last: Vec<Code>,
}

impl Writer {
    pub(super) fn new<'a>(tag_keys: &[String], texts: impl ExactSizeIterator<Item = &'a str>) -> Writer {
        let mut writer = Writer { out: [MAGIC, &[FORMAT_VERSION]].concat(), last: Vec::new() };
        writer.texts(tag_keys.iter().map(String::as_str));
        writer.texts(texts);
        writer
    }

    pub(super) fn begin_bill(&mut self, key: BillKey, list_missing: bool, contracted_missing: bool, names: &Names) {
        self.out.push(1);
        self.out.extend_from_slice(key.period.to_string().as_bytes());
        self.out.extend_from_slice(key.currency.code().as_bytes());
        let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
        self.out.push(flag(list_missing, LIST_MISSING) | flag(contracted_missing, CONTRACTED_MISSING));
        self.count(names.len() as u64);
        for ((provider, sub_account), name) in names {
            [provider, sub_account, name].into_iter().for_each(|text| self.text(text));
        }
        self.last.clear();
    }

    pub(super) fn row(&mut self, codes: &[Code], charges: u64, mut sums: [Units; SUMS], scale: u32) {
        let same = codes.iter().zip(&self.last).take_while(|(code, last)| code == last).count();
        self.count(same as u64 + 1);
        codes[same..].iter().for_each(|code| self.count(u64::from(code.0)));
        self.last.clear();
        self.last.extend_from_slice(codes);
        self.count(charges);
        let zeros = zeros_in_common(&sums, scale);
        if zeros > 0 {
            let divisor = power_of_ten(zeros);
            sums = sums.map(|units| units / divisor);
        }
        self.count(u64::from(scale - zeros));
        sums.into_iter().for_each(|units| self.units(units));
    }

    pub(super) fn end_bill(&mut self) {
        self.out.push(0);
    }

    pub(super) fn end(mut self) -> Vec<u8> {
        self.out.push(0);
        self.out
    }

    /// What was written and not yet taken.
    pub(super) fn written(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    fn texts<'a>(&mut self, texts: impl ExactSizeIterator<Item = &'a str>) {
        self.count(texts.len() as u64);
        texts.for_each(|text| self.text(text));
    }

    fn text(&mut self, text: &str) {
        self.count(text.len() as u64);
        self.out.extend_from_slice(text.as_bytes());
    }

    fn count(&mut self, mut count: u64) {
        while count >= 0x80 {
            self.out.push((count & 0x7f) as u8 | 0x80);
            count >>= 7;
        }
        self.out.push(count as u8);
    }

    fn units(&mut self, units: Units) {
        let bytes = units.to_le_bytes();
        let length = shortest(&bytes);
        self.out.push(length as u8);
        self.out.extend_from_slice(&bytes[..length]);
    }
}

/// How many of these bytes say the value: without those that repeat the sign.
pub(super) fn shortest(bytes: &[u8]) -> usize {
    let is_negative = bytes.last().is_some_and(|byte| *byte >= 0x80);
    let fill = if is_negative { 0xff } else { 0 };
    let length = bytes.iter().rposition(|byte| *byte != fill).map_or(0, |place| place + 1);
    let sign_is_lost = length.checked_sub(1).map_or(is_negative, |last| (bytes[last] >= 0x80) != is_negative);
    length + usize::from(sign_is_lost)
}
