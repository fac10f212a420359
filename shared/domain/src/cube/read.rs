//! The bytes of a cube, read row by row.

use std::collections::BTreeMap;
use std::io;

use hashbrown::HashMap;

use super::bytes::{CONTRACTED_MISSING, FORMAT_VERSION, LIST_MISSING, MAGIC, shortest};
use super::parts::Room;
use super::rows::{Rows, SUMS, zeros_in_common};
use super::texts::{Texts, Used};
use super::{Bill, BillKey, Code, Cube, CubeBytesError, MOST_ROWS, MOST_TEXT_BYTES, Names};
use crate::charge::Dimension;
use crate::currency::Currency;
use crate::exact::{MAX_DECIMALS, Units};

/// Bytes that are read at a time.
pub(super) const BLOCK_BYTES: usize = 1 << 16;

/// Why a part could not be read.
#[derive(Debug)]
pub(super) enum ReadError {
    /// It is no cube.
    Bytes(CubeBytesError),
    /// Its source failed.
    Source(io::Error),
}

impl From<CubeBytesError> for ReadError {
    fn from(error: CubeBytesError) -> ReadError {
        ReadError::Bytes(error)
    }
}

/// What stands before the rows of a bill.
#[derive(Clone, Debug)]
pub(super) struct BillHead {
    pub(super) key: BillKey,
    pub(super) list_missing: bool,
    pub(super) contracted_missing: bool,
    pub(super) names: Names,
}

/// A row's sums, in units of 10^−scale.
#[derive(Clone, Copy, Debug)]
pub(super) struct RowSums {
    pub(super) charges: u64,
    pub(super) scale: u32,
    pub(super) sums: [Units; SUMS],
}

/// A cube that is read from its beginning to its end: tags and texts, then bill by bill and row by row.
#[derive(Debug)]
pub(super) struct PartReader<R> {
    bytes: Bytes<R>,
    tag_keys: Vec<String>,
    texts: Texts,
    count_of_texts: usize,
    used: Used,
    last_bill: Option<BillKey>,
    /// Of the row that was read last.
    codes: Vec<Code>,
    rows: usize,
    rows_of_bill: usize,
    charges_of_bill: u64,
    room: Room,
    invoice_currencies: HashMap<(Code, Code), Currency>,
}

impl<R: io::Read> PartReader<R> {
    /// Reads the tags and texts, in blocks of so many bytes.
    pub(super) fn begin(source: R, block_bytes: usize) -> Result<PartReader<R>, ReadError> {
        let mut bytes = Bytes { source, block: vec![0; block_bytes], at: 0, end: 0, before: 0 };
        bytes.version()?;
        let tag_keys = bytes.tag_keys()?;
        let texts = bytes.texts()?;
        let (used, count_of_texts) = (Used::none_of(texts.len()), texts.len());
        Ok(PartReader {
            bytes,
            tag_keys,
            texts,
            count_of_texts,
            used,
            last_bill: None,
            codes: Vec::new(),
            rows: 0,
            rows_of_bill: 0,
            charges_of_bill: 0,
            room: Room::default(),
            invoice_currencies: HashMap::new(),
        })
    }

    pub(super) fn tag_keys(&self) -> &[String] {
        &self.tag_keys
    }

    /// The texts, which are not kept here then.
    pub(super) fn take_texts(&mut self) -> Texts {
        std::mem::take(&mut self.texts)
    }

    /// The codes of the row that was read last.
    pub(super) fn codes(&self) -> &[Code] {
        &self.codes
    }

    /// The next bill, once all rows of the one before were read; none at the end.
    pub(super) fn next_bill(&mut self) -> Result<Option<BillHead>, ReadError> {
        match self.bytes.byte()? {
            0 => {
                self.end()?;
                return Ok(None);
            }
            1 => {}
            _ => return Err(self.bytes.damaged("neither a bill nor the end follows").into()),
        }
        let key = self.bytes.key()?;
        if self.last_bill.is_some_and(|last| last >= key) {
            return Err(self.bytes.damaged("the bills are not in order").into());
        }
        self.last_bill = Some(key);
        let flags = self.bytes.byte()?;
        if flags & !(LIST_MISSING | CONTRACTED_MISSING) != 0 {
            return Err(self.bytes.damaged("a flag is unknown").into());
        }
        let names = self.bytes.names()?;
        (self.rows_of_bill, self.charges_of_bill, self.room) = (0, 0, Room::default());
        let [list_missing, contracted_missing] = [LIST_MISSING, CONTRACTED_MISSING].map(|flag| flags & flag != 0);
        Ok(Some(BillHead { key, list_missing, contracted_missing, names }))
    }

    /// The next row of the bill, its codes in [`codes`](Self::codes); none after the last.
    pub(super) fn next_row(&mut self) -> Result<Option<RowSums>, ReadError> {
        let Some(same) = self.bytes.count()?.checked_sub(1) else {
            if self.rows_of_bill == 0 {
                return Err(self.bytes.damaged("a bill is without rows").into());
            }
            return Ok(None);
        };
        self.row_codes(same)?;
        let row = self.bytes.row_sums()?;
        self.charges_of_bill =
            self.charges_of_bill.checked_add(row.charges).ok_or_else(|| self.bytes.damaged("there are too many charges"))?;
        if !self.room.take(&row.sums, row.scale) {
            return Err(self.bytes.damaged("the sums are too large").into());
        }
        self.rows_of_bill += 1;
        self.rows += 1;
        if self.rows > MOST_ROWS {
            return Err(self.bytes.damaged("there are too many rows").into());
        }
        Ok(Some(row))
    }

    /// All that is left, in memory.
    pub(super) fn cube(mut self) -> Result<Cube, ReadError> {
        let mut bills = BTreeMap::new();
        while let Some(head) = self.next_bill()? {
            let mut rows = Rows::new(self.width());
            let mut scale = 0;
            while let Some(row) = self.next_row()? {
                if row.scale > scale {
                    rows.refine(row.scale - scale);
                    scale = row.scale;
                }
                rows.push(&self.codes, row.charges, row.sums_at(scale));
            }
            let BillHead { key, list_missing, contracted_missing, names } = head;
            bills.insert(key, Bill { scale, rows, list_missing, contracted_missing, sub_account_names: names });
        }
        Ok(Cube { tag_keys: self.tag_keys, texts: self.texts, bills })
    }

    fn width(&self) -> usize {
        Dimension::COUNT + self.tag_keys.len()
    }

    /// The codes of a row that has the first `same` of them in common with the one before.
    fn row_codes(&mut self, same: u64) -> Result<(), ReadError> {
        let is_first = self.rows_of_bill == 0;
        let width = self.width();
        let same = usize::try_from(same).ok().filter(|same| *same < width && !(is_first && *same > 0));
        let same = same.ok_or_else(|| self.bytes.damaged("the rows are not in order"))?;
        let before = self.codes.get(same).copied().filter(|_| !is_first);
        self.codes.truncate(same);
        for _ in same..width {
            let code = u32::try_from(self.bytes.count()?).ok().map(Code).filter(|code| code.place() < self.count_of_texts);
            let code = code.ok_or_else(|| self.bytes.damaged("a text is missing"))?;
            self.used.insert(code);
            self.codes.push(code);
        }
        if before.is_some_and(|before| before >= self.codes[same]) {
            return Err(self.bytes.damaged("the rows are not in order").into());
        }
        self.refuse_second_currency()
    }

    fn refuse_second_currency(&mut self) -> Result<(), ReadError> {
        let [provider, invoice] = [Dimension::Provider, Dimension::InvoiceId].map(|dimension| self.codes[dimension as usize]);
        let currency = self.last_bill.expect("INVARIANT: rows stand in a bill").currency;
        if invoice != Code::default() && *self.invoice_currencies.entry((provider, invoice)).or_insert(currency) != currency {
            return Err(self.bytes.damaged("a provider invoice is in two currencies").into());
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), ReadError> {
        if !self.bytes.is_at_end()? {
            return Err(self.bytes.damaged("something follows the end").into());
        }
        if !self.used.holds_all_but_first(self.count_of_texts) {
            return Err(self.bytes.damaged("a text is in no row").into());
        }
        Ok(())
    }
}

impl RowSums {
    /// The sums in units of 10^−`scale`, which is not below the row's own.
    pub(super) fn sums_at(&self, scale: u32) -> [Units; SUMS] {
        let factor = crate::exact::power_of_ten(scale - self.scale);
        if factor == Units::ONE { self.sums } else { self.sums.map(|units| crate::exact::times(units, factor)) }
    }
}

/// Bytes of a source, a block at a time.
#[derive(Debug)]
struct Bytes<R> {
    source: R,
    block: Vec<u8>,
    at: usize,
    end: usize,
    /// How many bytes came before the block.
    before: u64,
}

impl<R: io::Read> Bytes<R> {
    fn damaged(&self, what: &'static str) -> CubeBytesError {
        CubeBytesError::Damaged { what, at: self.before + self.at as u64 }
    }

    fn version(&mut self) -> Result<(), ReadError> {
        for expected in MAGIC {
            if self.is_at_end()? || self.byte()? != *expected {
                return Err(CubeBytesError::NotACube.into());
            }
        }
        if self.is_at_end()? {
            return Err(CubeBytesError::NotACube.into());
        }
        match self.byte()? {
            FORMAT_VERSION => Ok(()),
            other => Err(CubeBytesError::Version(other).into()),
        }
    }

    fn tag_keys(&mut self) -> Result<Vec<String>, ReadError> {
        let mut keys = Vec::new();
        // Every item takes a byte at least, so that a count that lies ends with the bytes.
        for _ in 0..self.count()? {
            keys.push(self.text()?);
        }
        Ok(keys)
    }

    fn texts(&mut self) -> Result<Texts, ReadError> {
        let count = self.count()?;
        if count == 0 || count > u64::from(u32::MAX) {
            return Err(self.damaged("the texts are missing or too many").into());
        }
        if !self.text()?.is_empty() {
            return Err(self.damaged("the empty text is missing").into());
        }
        let mut texts = Texts::default();
        for _ in 1..count {
            let text = self.text()?;
            if *texts.last() >= *text {
                return Err(self.damaged("the texts are not in order").into());
            }
            texts.push(&text, MOST_TEXT_BYTES).ok_or_else(|| self.damaged("there is too much text"))?;
        }
        Ok(texts)
    }

    fn key(&mut self) -> Result<BillKey, ReadError> {
        let period = self.text_of(7)?.parse().map_err(|_| self.damaged("a billing period is none"))?;
        let currency = Currency::try_new(&self.text_of(3)?).map_err(|_| self.damaged("a currency is none"))?;
        Ok(BillKey { period, currency })
    }

    fn names(&mut self) -> Result<Names, ReadError> {
        let mut names = Names::new();
        for _ in 0..self.count()? {
            let sub_account = (self.text()?, self.text()?);
            let name = self.text()?;
            if name.is_empty() || names.last_key_value().is_some_and(|(last, _)| *last >= sub_account) {
                return Err(self.damaged("the names of sub accounts are empty or not in order").into());
            }
            names.insert(sub_account, name);
        }
        Ok(names)
    }

    fn row_sums(&mut self) -> Result<RowSums, ReadError> {
        let charges = self.count()?;
        if charges == 0 {
            return Err(self.damaged("a row is without charges").into());
        }
        let scale = u32::try_from(self.count()?).ok().filter(|scale| *scale <= MAX_DECIMALS);
        let scale = scale.ok_or_else(|| self.damaged("a scale is too large"))?;
        let sums = [self.units()?, self.units()?, self.units()?, self.units()?];
        if zeros_in_common(&sums, scale.min(1)) > 0 {
            return Err(self.damaged("a scale is larger than its row needs").into());
        }
        Ok(RowSums { charges, scale, sums })
    }

    fn text(&mut self) -> Result<String, ReadError> {
        let length = self.count()?;
        let length = usize::try_from(length).ok().filter(|length| *length <= MOST_TEXT_BYTES);
        self.text_of(length.ok_or_else(|| self.damaged("a text is too long"))?)
    }

    fn text_of(&mut self, length: usize) -> Result<String, ReadError> {
        let mut bytes = Vec::new();
        // Room is made for what is there, whatever the length says.
        while bytes.len() < length {
            if self.is_at_end()? {
                return Err(self.damaged("the end is missing").into());
            }
            let taken = (length - bytes.len()).min(self.end - self.at);
            bytes.extend_from_slice(&self.block[self.at..][..taken]);
            self.at += taken;
        }
        String::from_utf8(bytes).map_err(|_| self.damaged("a text is not UTF-8").into())
    }

    fn units(&mut self) -> Result<Units, ReadError> {
        let length = usize::from(self.byte()?);
        let mut bytes = [0; 32];
        if length > bytes.len() {
            return Err(self.damaged("a sum is malformed").into());
        }
        for byte in &mut bytes[..length] {
            *byte = self.byte()?;
        }
        if shortest(&bytes[..length]) != length {
            return Err(self.damaged("a sum is malformed").into());
        }
        if bytes[..length].last().is_some_and(|byte| *byte >= 0x80) {
            bytes[length..].fill(0xff);
        }
        Ok(Units::from_le_bytes(bytes))
    }

    fn count(&mut self) -> Result<u64, ReadError> {
        let mut count: u64 = 0;
        for place in 0..10u32 {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            let shifted = bits << (7 * place);
            if shifted >> (7 * place) != bits || (byte == 0 && place > 0) {
                break;
            }
            count |= shifted;
            if byte < 0x80 {
                return Ok(count);
            }
        }
        Err(self.damaged("a count is malformed").into())
    }

    fn byte(&mut self) -> Result<u8, ReadError> {
        if self.at == self.end && self.is_at_end()? {
            return Err(self.damaged("the end is missing").into());
        }
        let byte = self.block[self.at];
        self.at += 1;
        Ok(byte)
    }

    /// Whether no byte follows; reads the next block where this one is used up.
    fn is_at_end(&mut self) -> Result<bool, ReadError> {
        if self.at < self.end {
            return Ok(false);
        }
        self.before += self.end as u64;
        (self.at, self.end) = (0, 0);
        loop {
            match self.source.read(&mut self.block) {
                Ok(length) => {
                    self.end = length;
                    return Ok(length == 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(ReadError::Source(error)),
            }
        }
    }
}
