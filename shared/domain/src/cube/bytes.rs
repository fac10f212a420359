//! A cube as bytes, to be stored. Equal cubes are equal bytes.
//!
//! ```text
//! cube    = "D1CUBE" version tags texts bills
//! version = one byte, 1
//! tags    = count, text each
//! texts   = count, text each: the empty text, then all others in ascending order; rows name them by place
//! bills   = count, bill each, ascending
//! bill    = year-month (7 bytes), currency (3 bytes), scale, flags (one byte), names, rows
//! flags   = 1 where charges lack a list cost, 2 where they lack a contracted cost
//! names   = count, (provider, sub account, name) texts each, ascending
//! rows    = count, row each, ascending
//! row     = place of a text for each dimension and each tag; charges; billed, effective, list, contracted
//! text    = count of bytes, UTF-8
//! ```
//!
//! Counts, places, scales and charges are unsigned LEB128 of 64 bits; a sum counts units of 10^−scale of its bill,
//! as a count of bytes and as few bytes of two's complement as hold it, least first.

use std::collections::{BTreeMap, HashMap};

use super::{Bill, BillKey, Code, Cube, MOST_ROWS, MOST_TEXT_BYTES, Names, Row, Sums};
use crate::charge::Dimension;
use crate::currency::Currency;
use crate::exact::{MAX_DECIMALS, Units, power_of_ten};

const MAGIC: &[u8] = b"D1CUBE";
const VERSION: u8 = 1;
const LIST_MISSING: u8 = 1;
const CONTRACTED_MISSING: u8 = 2;

// Rows are written by dimension: another dimension is another version of the format.
const _: () = assert!(Dimension::COUNT == 16);

/// Why bytes are no cube.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CubeBytesError {
    /// They begin otherwise.
    #[error("is no stored charge cube")]
    NotACube,
    /// They are of another version of the format.
    #[error("is a charge cube of format {0}, this program reads format {VERSION}; read the billing files again")]
    Version(u8),
    /// They are damaged.
    #[error("is a damaged charge cube: {what} at byte {at}; read the billing files again")]
    Damaged {
        /// What is wrong.
        what: &'static str,
        /// Where it was noticed.
        at: usize,
    },
}

impl Cube {
    /// The cube as bytes, see the module. Equal cubes give equal bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let cube = self.of_bills(|_| true);
        let mut out = Vec::new();
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        put_texts(&mut out, cube.tag_keys.iter().map(String::as_str));
        put_texts(&mut out, cube.texts.iter().map(|text| &**text));
        put_count(&mut out, cube.bills.len() as u64);
        for (key, bill) in &cube.bills {
            out.extend_from_slice(key.period.to_string().as_bytes());
            out.extend_from_slice(key.currency.code().as_bytes());
            put_bill(&mut out, bill, power_of_ten(cube.scale - bill.scale));
        }
        out
    }

    /// Reads what [`Cube::to_bytes`] wrote.
    ///
    /// # Errors
    /// For any other bytes. What is allocated is in proportion to the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Cube, CubeBytesError> {
        let rest = bytes.strip_prefix(MAGIC).ok_or(CubeBytesError::NotACube)?;
        match rest.first() {
            Some(&VERSION) => {}
            Some(&other) => return Err(CubeBytesError::Version(other)),
            None => return Err(CubeBytesError::NotACube),
        }
        let mut reader = Reader { bytes, at: MAGIC.len() + 1 };
        let cube = reader.cube()?;
        if reader.at < bytes.len() {
            return Err(reader.damaged("something follows the end"));
        }
        if cube.bill_without_room().is_some() {
            return Err(reader.damaged("the sums are too large"));
        }
        if has_invoice_of_two_currencies(&cube) {
            return Err(reader.damaged("a provider invoice is in two currencies"));
        }
        Ok(cube)
    }
}

fn has_invoice_of_two_currencies(cube: &Cube) -> bool {
    let mut currencies: HashMap<(Code, Code), Currency> = HashMap::new();
    let mut rows = cube.bills.iter().flat_map(|(key, bill)| bill.rows.iter().map(|row| (key.currency, row)));
    rows.any(|(currency, row)| {
        let [provider, invoice] = [Dimension::Provider, Dimension::InvoiceId].map(|dimension| row.codes[dimension as usize]);
        invoice != 0 && *currencies.entry((provider, invoice)).or_insert(currency) != currency
    })
}

fn put_bill(out: &mut Vec<u8>, bill: &Bill, divisor: Units) {
    put_count(out, u64::from(bill.scale));
    let flag = |is_set: bool, flag: u8| if is_set { flag } else { 0 };
    out.push(flag(bill.list_missing, LIST_MISSING) | flag(bill.contracted_missing, CONTRACTED_MISSING));
    put_count(out, bill.sub_account_names.len() as u64);
    for ((provider, sub_account), name) in &bill.sub_account_names {
        [provider, sub_account, name].into_iter().for_each(|text| put_text(out, text));
    }
    put_count(out, bill.rows.len() as u64);
    for row in &bill.rows {
        row.codes.iter().for_each(|code| put_count(out, u64::from(*code)));
        put_count(out, row.sums.charges);
        let Sums { billed, effective, list, contracted, .. } = row.sums;
        [billed, effective, list, contracted].into_iter().for_each(|units| put_units(out, units / divisor));
    }
}

fn put_texts<'a>(out: &mut Vec<u8>, texts: impl ExactSizeIterator<Item = &'a str>) {
    put_count(out, texts.len() as u64);
    texts.for_each(|text| put_text(out, text));
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_count(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn put_count(out: &mut Vec<u8>, mut count: u64) {
    while count >= 0x80 {
        out.push((count & 0x7f) as u8 | 0x80);
        count >>= 7;
    }
    out.push(count as u8);
}

fn put_units(out: &mut Vec<u8>, units: Units) {
    let bytes = units.to_le_bytes();
    let length = shortest(&bytes);
    out.push(length as u8);
    out.extend_from_slice(&bytes[..length]);
}

/// How many of these bytes say the value: without those that repeat the sign.
fn shortest(bytes: &[u8]) -> usize {
    let is_negative = bytes.last().is_some_and(|byte| *byte >= 0x80);
    let fill = if is_negative { 0xff } else { 0 };
    let length = bytes.iter().rposition(|byte| *byte != fill).map_or(0, |place| place + 1);
    let sign_is_lost = length.checked_sub(1).map_or(is_negative, |last| (bytes[last] >= 0x80) != is_negative);
    length + usize::from(sign_is_lost)
}

/// What is left of the bytes of a cube.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn damaged(&self, what: &'static str) -> CubeBytesError {
        CubeBytesError::Damaged { what, at: self.at }
    }

    fn cube(&mut self) -> Result<Cube, CubeBytesError> {
        let tag_keys: Vec<String> = self.list(|reader, _: &[String]| reader.text().map(str::to_owned))?;
        let mut text_bytes = 0;
        let texts: Vec<Box<str>> = self.list(|reader, before: &[Box<str>]| {
            let text = reader.text()?;
            text_bytes += text.len();
            match before.last() {
                None if !text.is_empty() => Err(reader.damaged("the empty text is missing")),
                Some(last) if **last >= *text => Err(reader.damaged("the texts are not in order")),
                _ if text_bytes > MOST_TEXT_BYTES => Err(reader.damaged("there is too much text")),
                _ => Ok(Box::from(text)),
            }
        })?;
        if texts.is_empty() || Code::try_from(texts.len()).is_err() {
            return Err(self.damaged("the texts are missing or too many"));
        }
        let width = Dimension::COUNT + tag_keys.len();
        let bills = self.list(|reader, before: &[(BillKey, Bill)]| {
            let key = reader.key()?;
            if before.last().is_some_and(|(last, _)| *last >= key) {
                return Err(reader.damaged("the bills are not in order"));
            }
            Ok((key, reader.bill(width, texts.len())?))
        })?;
        let mut bills: BTreeMap<BillKey, Bill> = bills.into_iter().collect();
        if bills.values().map(|bill| bill.rows.len()).sum::<usize>() > MOST_ROWS {
            return Err(self.damaged("there are too many rows"));
        }
        let scale = bills.values().map(|bill| bill.scale).max().unwrap_or(0);
        for bill in bills.values_mut() {
            let factor = power_of_ten(scale - bill.scale);
            self.widen(bill, factor)?;
        }
        Ok(Cube { scale, tag_keys, texts, bills })
    }

    /// From the scale of the bill to that of the cube.
    fn widen(&self, bill: &mut Bill, factor: Units) -> Result<(), CubeBytesError> {
        for sums in bill.rows.iter_mut().map(|row| &mut row.sums) {
            for units in [&mut sums.billed, &mut sums.effective, &mut sums.list, &mut sums.contracted] {
                *units = units.checked_mul(factor).ok_or_else(|| self.damaged("a sum is too large"))?;
            }
        }
        Ok(())
    }

    fn key(&mut self) -> Result<BillKey, CubeBytesError> {
        let period = self.take_text(7)?.parse().map_err(|_| self.damaged("a billing period is none"))?;
        let currency = Currency::try_new(self.take_text(3)?).map_err(|_| self.damaged("a currency is none"))?;
        Ok(BillKey { period, currency })
    }

    fn bill(&mut self, width: usize, texts: usize) -> Result<Bill, CubeBytesError> {
        let scale = u32::try_from(self.count()?).ok().filter(|scale| *scale <= MAX_DECIMALS);
        let scale = scale.ok_or_else(|| self.damaged("a scale is too large"))?;
        let flags = self.take(1)?[0];
        if flags & !(LIST_MISSING | CONTRACTED_MISSING) != 0 {
            return Err(self.damaged("a flag is unknown"));
        }
        let names: Vec<((String, String), String)> = self.list(|reader, before: &[((String, String), String)]| {
            let sub_account = (reader.text()?.to_owned(), reader.text()?.to_owned());
            let name = reader.text()?.to_owned();
            if name.is_empty() || before.last().is_some_and(|(last, _)| *last >= sub_account) {
                return Err(reader.damaged("the names of sub accounts are empty or not in order"));
            }
            Ok((sub_account, name))
        })?;
        let mut charges: u64 = 0;
        let rows: Vec<Row> = self.list(|reader, before: &[Row]| {
            let row = reader.row(width, texts)?;
            if before.last().is_some_and(|last| last.codes >= row.codes) {
                return Err(reader.damaged("the rows are not in order"));
            }
            charges = charges.checked_add(row.sums.charges).ok_or_else(|| reader.damaged("there are too many charges"))?;
            Ok(row)
        })?;
        let [list_missing, contracted_missing] = [LIST_MISSING, CONTRACTED_MISSING].map(|flag| flags & flag != 0);
        Ok(Bill { scale, rows, list_missing, contracted_missing, sub_account_names: Names::from_iter(names) })
    }

    fn row(&mut self, width: usize, texts: usize) -> Result<Row, CubeBytesError> {
        // Every code takes a byte at least: a width that the bytes cannot hold is found before room is made for it.
        if width > self.bytes.len() - self.at {
            return Err(self.damaged("the end is missing"));
        }
        let mut codes = Vec::with_capacity(width);
        for _ in 0..width {
            let code = usize::try_from(self.count()?).ok().filter(|code| *code < texts);
            codes.push(code.and_then(|code| Code::try_from(code).ok()).ok_or_else(|| self.damaged("a text is missing"))?);
        }
        let charges = self.count()?;
        if charges == 0 {
            return Err(self.damaged("a row is without charges"));
        }
        let [billed, effective, list, contracted] = [self.units()?, self.units()?, self.units()?, self.units()?];
        Ok(Row { codes: codes.into(), sums: Sums { charges, billed, effective, list, contracted } })
    }

    /// A count and as many items; each is read with those before it in sight.
    fn list<T>(&mut self, mut item: impl FnMut(&mut Reader<'a>, &[T]) -> Result<T, CubeBytesError>) -> Result<Vec<T>, CubeBytesError> {
        let count = self.count()?;
        let mut items = Vec::new();
        // Every item takes a byte at least, so that a count that lies ends with the bytes.
        for _ in 0..count {
            let next = item(self, &items)?;
            items.push(next);
        }
        Ok(items)
    }

    fn text(&mut self) -> Result<&'a str, CubeBytesError> {
        let length = usize::try_from(self.count()?).map_err(|_| self.damaged("a text is too long"))?;
        self.take_text(length)
    }

    fn take_text(&mut self, length: usize) -> Result<&'a str, CubeBytesError> {
        let bytes = self.take(length)?;
        std::str::from_utf8(bytes).map_err(|_| self.damaged("a text is not UTF-8"))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], CubeBytesError> {
        let rest = &self.bytes[self.at..];
        let taken = rest.get(..length).ok_or_else(|| self.damaged("the end is missing"))?;
        self.at += length;
        Ok(taken)
    }

    fn count(&mut self) -> Result<u64, CubeBytesError> {
        let mut count: u64 = 0;
        for place in 0..10u32 {
            let byte = self.take(1)?[0];
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
        Err(self.damaged("a count is malformed"))
    }

    fn units(&mut self) -> Result<Units, CubeBytesError> {
        let length = usize::from(self.take(1)?[0]);
        let narrow = self.take(length)?;
        if length > 32 || shortest(narrow) != length {
            return Err(self.damaged("a sum is malformed"));
        }
        let is_negative = narrow.last().is_some_and(|byte| *byte >= 0x80);
        let mut bytes = [if is_negative { 0xff } else { 0 }; 32];
        bytes[..length].copy_from_slice(narrow);
        Ok(Units::from_le_bytes(bytes))
    }
}
