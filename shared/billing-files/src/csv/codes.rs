//! From the texts of columns to what a batch holds of them: numbers, and amounts.

use std::borrow::Cow;

use dayone_domain::Exact;

use crate::cell::Cell;
use crate::columns::{Column, Kind, Slot};
use crate::limits::MAX_FIELD_BYTES;
use crate::sums::money::{self, Decimal, Integers, MoneyColumn, Nulls, SCALE, units_of};
use crate::sums::{Batch, Codes, Engine, GiveUp, fold};

use super::scan::Fields;

/// Bytes behind a text that can be looked at, whatever they are.
pub(super) const BEHIND: usize = SHORT;

/// Bytes of a text that is remembered as words.
const SHORT: usize = 24;

/// Pairs of texts whose number is remembered; of those that would be in one pair, the last two.
const PAIRS: usize = 1 << 11;

/// A text whose number is remembered: all of it, where it is short.
#[derive(Clone, Copy, Debug, Default)]
struct Entry {
    /// Of a long text, what its words mix to.
    words: [u64; 3],
    length: u32,
    code: u32,
}

/// In one line of the cache.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Pair([Entry; 2]);

/// A text as it is looked for.
#[derive(Clone, Copy, Debug, Default)]
struct Key {
    words: [u64; 3],
    length: u32,
}

impl Key {
    #[inline(always)]
    fn of(text: &[u8], start: usize, end: usize) -> Key {
        let count = end - start;
        // Below the limit of a text.
        let length = count as u32;
        let Some(masks) = MASKS.get(count) else { return Key { words: [mixed(&text[start..end]), 0, 0], length } };
        let bytes: &[u8; SHORT] = text[start..].first_chunk().expect("INVARIANT: there are bytes behind a text");
        let (words, _) = bytes.as_chunks::<8>();
        Key { words: std::array::from_fn(|word| u64::from_le_bytes(words[word]) & masks[word]), length }
    }

    /// Word by word: words that were just made are not in memory yet, where a comparison of lists looks for them.
    #[inline(always)]
    fn is(&self, words: &[u64; 3], length: u32) -> bool {
        let [a, b, c] = std::array::from_fn(|word| self.words[word] ^ words[word]);
        a | b | c | u64::from(self.length ^ length) == 0
    }

    #[inline(always)]
    fn pair(&self) -> usize {
        let mixed = self.words[0] ^ self.words[1].rotate_left(23) ^ self.words[2].rotate_left(46);
        fold(mixed) as usize % PAIRS
    }

    fn is_long(&self) -> bool {
        self.length as usize > SHORT
    }
}

/// By the length of a short text, which bits of its words are its own. Looked up: whether a text has one word or three is
/// nothing that the processor could guess.
const MASKS: [[u64; 3]; SHORT + 1] = {
    let mut masks = [[0; 3]; SHORT + 1];
    let mut length = 1;
    while length <= SHORT {
        masks[length] = masks[length - 1];
        masks[length][(length - 1) / 8] |= 0xff << ((length - 1) % 8 * 8);
        length += 1;
    }
    masks
};

fn mixed(text: &[u8]) -> u64 {
    let (words, rest) = text.as_chunks::<8>();
    let rest = rest.iter().fold(text.len() as u64, |rest, byte| rest << 8 | u64::from(*byte));
    words.iter().fold(rest, |mixed, word| fold(mixed ^ u64::from_le_bytes(*word)))
}

/// The numbers of the texts of a column, as they stand in the file: within quotation marks or not.
struct Remembered {
    /// [`PAIRS`].
    entries: Box<[Pair]>,
    /// By place of an entry; empty where its text is short.
    long: Vec<Box<[u8]>>,
}

impl Remembered {
    /// `null` is the number of no text.
    fn new(null: u32) -> Remembered {
        let none = Entry { code: null, ..Entry::default() };
        Remembered { entries: vec![Pair([none; 2]); PAIRS].into_boxed_slice(), long: Vec::new() }
    }

    #[inline(always)]
    fn get(&self, key: &Key, text: &[u8], start: usize, end: usize) -> Option<u32> {
        let pair = key.pair();
        let Pair([first, second]) = &self.entries[pair];
        let is_first = key.is(&first.words, first.length);
        let is_second = key.is(&second.words, second.length);
        if key.is_long() {
            let is_same = |place: usize| *self.long[pair * 2 + place] == text[start..end];
            return if is_first && is_same(0) { Some(first.code) } else { (is_second && is_same(1)).then_some(second.code) };
        }
        let code = if is_first { first.code } else { second.code };
        (is_first | is_second).then_some(code)
    }

    fn put(&mut self, key: Key, text: &[u8], code: u32) {
        let pair = key.pair();
        let Pair([first, _]) = self.entries[pair];
        self.entries[pair] = Pair([Entry { words: key.words, length: key.length, code }, first]);
        if key.is_long() || !self.long.is_empty() {
            self.long.resize(PAIRS * 2, Box::from([]));
            self.long.swap(pair * 2, pair * 2 + 1);
            self.long[pair * 2] = if key.is_long() { Box::from(text) } else { Box::from([]) };
        }
    }
}

/// What a batch will hold of a column.
enum Held {
    Codes {
        remembered: Remembered,
        null: u32,
        /// Whether all rows had one, when some were read last.
        is_steady: bool,
        codes: Vec<u32>,
    },
    Presence {
        null: u32,
        present: u32,
        codes: Vec<u32>,
    },
    Amounts {
        units: Vec<i64>,
        is_null: Vec<bool>,
        exceptions: Vec<(usize, Exact)>,
    },
}

/// A column while its rows are read.
pub(super) struct TextColumn {
    slot: usize,
    place: usize,
    /// The last column ends at the end of the line.
    is_last: bool,
    held: Held,
}

impl TextColumn {
    pub(super) fn new(slot: usize, column: &Column, columns: usize, engine: &mut Engine<'_>) -> TextColumn {
        let held = match column.kind {
            Kind::Money => Held::Amounts { units: Vec::new(), is_null: Vec::new(), exceptions: Vec::new() },
            Kind::Presence => {
                let [null, present] = [0, 1].map(|value| engine.stands_for(slot, value));
                Held::Presence { null, present, codes: Vec::new() }
            }
            _ => {
                let null = engine.stands_for(slot, 0);
                Held::Codes { remembered: Remembered::new(null), null, is_steady: true, codes: Vec::new() }
            }
        };
        TextColumn { slot, place: column.place, is_last: column.place + 1 == columns, held }
    }

    /// Reads the column of complete rows.
    pub(super) fn read(&mut self, text: &[u8], fields: &Fields, engine: &mut Engine<'_>) -> Result<(), GiveUp> {
        let own = fields.of_column(self.place);
        if self.is_last {
            let line_end = |(start, end): (usize, usize)| (start, if end > start && text[end - 1] == b'\r' { end - 1 } else { end });
            self.held.read(self.slot, text, own.map(line_end), engine)
        } else {
            self.held.read(self.slot, text, own, engine)
        }
    }

    /// Hands what was read to a batch, and takes the room of what the batch held instead.
    pub(super) fn give(&mut self, batch: &mut Batch) {
        match &mut self.held {
            Held::Codes { codes, .. } | Held::Presence { codes, .. } => exchange(codes, &mut batch.codes[self.slot]),
            Held::Amounts { units, is_null, exceptions } => {
                let given = amounts(std::mem::take(units), std::mem::take(is_null), std::mem::take(exceptions));
                if let Some(MoneyColumn { units: Integers::Narrow(room), .. }) = batch.money.insert(self.slot, given) {
                    *units = room;
                    units.clear();
                }
            }
        }
    }
}

impl Held {
    fn read(
        &mut self,
        slot: usize,
        text: &[u8],
        fields: impl Iterator<Item = (usize, usize)>,
        engine: &mut Engine<'_>,
    ) -> Result<(), GiveUp> {
        match self {
            Held::Codes { remembered, null, is_steady, codes } => {
                let (before, mut last, mut last_code) = (codes.len(), Key::default(), *null);
                for (start, end) in fields {
                    if start == end {
                        codes.push(*null);
                        continue;
                    }
                    let key = Key::of(text, start, end);
                    // Of a long text the key is not all.
                    if !*is_steady || !key.is(&last.words, last.length) || key.is_long() {
                        last = key;
                        last_code = match remembered.get(&key, text, start, end) {
                            Some(code) => code,
                            None => {
                                let code = code_of(slot, &text[start..end], engine)?;
                                remembered.put(key, &text[start..end], code);
                                code
                            }
                        };
                    }
                    codes.push(last_code);
                }
                let read = &codes[before..];
                *is_steady = read.iter().all(|code| *code == read[0]);
            }
            Held::Presence { null, present, codes } => {
                for (start, end) in fields {
                    within_limit(&text[start..end])?;
                    codes.push(if is_null(&text[start..end])? { *null } else { *present });
                }
            }
            Held::Amounts { units, is_null, exceptions } => {
                for (start, end) in fields {
                    let field = &text[start..end];
                    within_limit(field)?;
                    let row = units.len();
                    is_null.push(field.is_empty());
                    units.push(match Decimal::of_text(field) {
                        _ if field.is_empty() => 0,
                        Some(decimal) => decimal.narrow().unwrap_or_else(|| {
                            exceptions.push((row, decimal.exact()));
                            0
                        }),
                        None => match amount(field)? {
                            Some(amount) => units_of(amount, SCALE).unwrap_or_else(|| {
                                exceptions.push((row, amount));
                                0
                            }),
                            None => {
                                is_null[row] = true;
                                0
                            }
                        },
                    });
                }
            }
        }
        Ok(())
    }
}

/// By the bytes in the file; whoever reads row by row judges by those of the value, which are no more.
fn within_limit(field: &[u8]) -> Result<(), GiveUp> {
    if field.len() > MAX_FIELD_BYTES { Err(GiveUp("a value beyond its limit")) } else { Ok(()) }
}

/// What stands in a column for a text.
#[cold]
fn code_of(slot: usize, field: &[u8], engine: &mut Engine<'_>) -> Result<u32, GiveUp> {
    within_limit(field)?;
    let field = unquoted(field)?;
    let reader = engine.reader_of(Slot(slot));
    let value = engine.values[slot].code_of_text(&field, reader)?;
    Ok(engine.stands_for(slot, value))
}

fn is_null(field: &[u8]) -> Result<bool, GiveUp> {
    match field {
        [b'"' | b'N' | b'n' | b'(', ..] => Ok(Cell::of_text(&unquoted(field)?) == Cell::Null),
        field => Ok(field.is_empty()),
    }
}

#[cold]
fn amount(field: &[u8]) -> Result<Option<Exact>, GiveUp> {
    money::amount(&unquoted(field)?)
}

/// The value of a field, which stands within quotation marks or has none.
fn unquoted(field: &[u8]) -> Result<Cow<'_, str>, GiveUp> {
    let text = |bytes| std::str::from_utf8(bytes).map_err(|_| GiveUp("no text"));
    match field {
        [b'"', inner @ .., b'"'] => {
            let inner = text(inner)?;
            Ok(if inner.contains('"') { Cow::Owned(inner.replace("\"\"", "\"")) } else { Cow::Borrowed(inner) })
        }
        field => text(field).map(Cow::Borrowed),
    }
}

/// Leaves an empty list, with room.
fn exchange(codes: &mut Vec<u32>, held: &mut Codes) {
    match codes.first() {
        Some(first) if codes.iter().all(|code| code == first) => {
            *held = Codes::Same(*first);
            codes.clear();
        }
        _ => {
            if let Codes::Each(room) = std::mem::replace(held, Codes::Each(std::mem::take(codes))) {
                *codes = room;
                codes.clear();
            }
        }
    }
}

fn amounts(units: Vec<i64>, is_null: Vec<bool>, exceptions: Vec<(usize, Exact)>) -> MoneyColumn {
    let nulls = match is_null.iter().filter(|is_null| **is_null).count() {
        0 => Nulls::None,
        all if all == is_null.len() => return MoneyColumn { units: Integers::Nought, nulls: Nulls::All, exceptions },
        _ => Nulls::Some(is_null),
    };
    MoneyColumn { units: Integers::Narrow(units), nulls, exceptions }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(text: &str) -> Key {
        let mut padded = text.as_bytes().to_vec();
        padded.resize(text.len() + BEHIND, b'?');
        Key::of(&padded, 0, text.len())
    }

    #[test]
    fn a_short_text_is_told_from_every_other_by_its_key() {
        let texts = ["a", "a\0", "ab", "12345678", "123456789", "1234567812345678", "12345678123456781", "123456781234567812345678"];
        for (place, text) in texts.iter().enumerate() {
            for (other_place, other) in texts.iter().enumerate() {
                let other = key_of(other);
                assert_eq!(key_of(text).is(&other.words, other.length), place == other_place, "{text}");
            }
        }
    }

    #[test]
    fn long_texts_that_mix_to_the_same_are_compared_byte_by_byte() {
        let (one, other) = ("one text of more than so many bytes", "another of more than so many bytes!");
        let key = Key { words: [7, 0, 0], length: 35 };
        let mut remembered = Remembered::new(0);
        remembered.put(key, one.as_bytes(), 1);
        assert_eq!(remembered.get(&key, one.as_bytes(), 0, 35), Some(1));
        assert_eq!(remembered.get(&key, other.as_bytes(), 0, 35), None);
        remembered.put(key, other.as_bytes(), 2);
        assert_eq!([one, other].map(|text| remembered.get(&key, text.as_bytes(), 0, 35)), [Some(1), Some(2)]);
        let short = Key { words: [7, 0, 0], length: 1 };
        remembered.put(short, b"\x07", 3);
        assert_eq!([one, other].map(|text| remembered.get(&key, text.as_bytes(), 0, 35)), [None, Some(2)]);
    }
}
