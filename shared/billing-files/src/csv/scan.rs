//! Where the fields of a text are, RFC 4180, 64 bytes at a time.
//!
//! What is unusual is not judged but given up: a quotation mark in the middle of a value, a carriage return alone, a
//! row with more or fewer fields than the header. Whoever reads row by row says what is wrong with it, or reads it.

use wide::u8x16;

use crate::sums::GiveUp;

/// Bytes that are looked at together.
pub(super) const BLOCK: usize = 64;

/// The fields of complete rows.
pub(super) struct Fields {
    /// Where each field begins, field after field; each ends one byte before the next begins, at its separator.
    starts: Vec<u32>,
    columns: usize,
    rows: usize,
    /// Where the row begins that is not complete.
    end: usize,
    /// Whether all bytes are, those of the incomplete row included.
    is_ascii: bool,
}

impl Fields {
    pub(super) fn new(columns: usize) -> Fields {
        Fields { starts: Vec::new(), columns, rows: 0, end: 0, is_ascii: true }
    }

    /// How many rows are complete.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn end(&self) -> usize {
        self.end
    }

    pub(super) fn is_ascii(&self) -> bool {
        self.is_ascii
    }

    /// Of each row the field of a column: where it begins, and where it ends.
    pub(super) fn of_column(&self, column: usize) -> impl Iterator<Item = (usize, usize)> {
        // A text without rows has no place for the last of many columns.
        let pairs = self.starts.get(column..).unwrap_or_default().array_windows::<2>().step_by(self.columns).take(self.rows);
        pairs.map(|[start, next]| (*start as usize, (*next as usize).wrapping_sub(1)))
    }

    /// Finds the fields of a text that begins with a row. Behind its `length` bytes stands a block of noughts at least.
    pub(super) fn scan(&mut self, text: &[u8], length: usize) -> Result<(), GiveUp> {
        let blocks = length.div_ceil(BLOCK);
        self.starts.resize(self.starts.len().max(blocks * BLOCK + BLOCK + 1), 0);
        let mut scan = Scan { columns: self.columns, rows: 0, end: 0, due: self.columns, state: State::AT_ROW };
        let (mut count, mut is_ascii) = (0, true);
        let starts = &mut self.starts[1..];
        for (number, block) in text.as_chunks::<BLOCK>().0[..blocks].iter().enumerate() {
            let base = number * BLOCK;
            let looked = look(block);
            is_ascii &= !looked.is_beyond_ascii;
            let mut separators = looked.commas;
            if looked.is_unusual || scan.state.is_open() {
                let valid = if length - base >= BLOCK { u64::MAX } else { (1 << (length - base)) - 1 };
                separators = scan.unusual(block, base, valid, count)?;
            } else {
                scan.state.behind_separator = separators >> 63;
            }
            let many = separators.count_ones() as usize;
            put(starts, count, separators, many, base as u32);
            count += many;
        }
        (self.rows, self.end, self.is_ascii) = (scan.rows, scan.end, is_ascii);
        Ok(())
    }
}

/// Puts the places behind the separators of a block, which are so many.
#[inline(always)]
fn put(starts: &mut [u32], count: usize, mut separators: u64, many: usize, base: u32) {
    let starts: &mut [u32; BLOCK] = starts[count..].first_chunk_mut().expect("INVARIANT: there is room for a block of separators");
    let behind = base.wrapping_add(1);
    // More than there are, so that few of the loops end where nobody expects it: the next block writes over them.
    for range in [0..8, 8..16, 16..24, 24..64] {
        if many <= range.start && range.start > 0 {
            break;
        }
        for start in &mut starts[range] {
            // Below the limit of a text, which has room for a block.
            *start = behind.wrapping_add(separators.trailing_zeros());
            separators &= separators.wrapping_sub(1);
        }
    }
}

/// What the bytes before a block mean for it; a bit each, the lowest.
struct State {
    /// All bits, within quotation marks.
    within: u64,
    /// Behind a separator, or a mark that closes.
    behind_separator: u64,
    behind_close: u64,
    behind_return: u64,
}

impl State {
    const AT_ROW: State = State { within: 0, behind_separator: 1, behind_close: 0, behind_return: 0 };

    fn is_open(&self) -> bool {
        self.within | self.behind_close | self.behind_return != 0
    }
}

struct Scan {
    columns: usize,
    rows: usize,
    end: usize,
    /// How many separators there are when the row ends.
    due: usize,
    state: State,
}

impl Scan {
    /// The separators of a block with quotation marks or ends of lines, behind so many others.
    fn unusual(&mut self, block: &[u8; BLOCK], base: usize, valid: u64, count: usize) -> Result<u64, GiveUp> {
        let (marks, returns) = (equal(block, b'"'), equal(block, b'\r'));
        let (breaks, commas) = (equal(block, b'\n'), equal(block, b','));
        // From a mark that opens, itself included, to before the mark that closes.
        let within = parity(marks) ^ self.state.within;
        let (opens, closes) = (marks & within, marks & !within);
        let (returns, breaks, commas) = (returns & !within, breaks & !within, commas & !within);
        let separators = breaks | commas;
        let state = &mut self.state;
        // Of two marks that stand for one, the first closes and the second opens.
        if opens & !((separators | closes) << 1 | state.behind_separator) != 0 {
            return Err(GiveUp("a quotation mark within a value"));
        }
        if (closes << 1 | state.behind_close) & !(separators | returns | marks) & valid != 0 {
            return Err(GiveUp("a value that goes on behind its quotation mark"));
        }
        if (returns << 1 | state.behind_return) & !breaks & valid != 0 {
            return Err(GiveUp("a carriage return alone"));
        }
        *state = State {
            within: 0u64.wrapping_sub(within >> 63),
            behind_separator: (separators | closes) >> 63,
            behind_close: closes >> 63,
            behind_return: returns >> 63,
        };
        self.end_rows(breaks, separators, base, count)?;
        Ok(separators)
    }

    fn end_rows(&mut self, mut breaks: u64, separators: u64, base: usize, count: usize) -> Result<(), GiveUp> {
        while breaks != 0 {
            let place = breaks.trailing_zeros();
            let before = separators & (u64::MAX >> (63 - place));
            if count + before.count_ones() as usize != self.due {
                return Err(GiveUp("a row that has not as many fields as the header"));
            }
            self.due += self.columns;
            self.rows += 1;
            self.end = base + place as usize + 1;
            breaks &= breaks - 1;
        }
        Ok(())
    }
}

/// By bit, whether the number of bits up to it is odd.
fn parity(bits: u64) -> u64 {
    [1, 2, 4, 8, 16, 32].into_iter().fold(bits, |parity, shift| parity ^ parity << shift)
}

/// A block at a glance.
struct Looked {
    /// Within quotation marks, too.
    commas: u64,
    /// Whether there is a quotation mark, a carriage return or a line feed.
    is_unusual: bool,
    is_beyond_ascii: bool,
}

#[inline(always)]
fn quarters(block: &[u8; BLOCK]) -> [u8x16; 4] {
    let (quarters, _) = block.as_chunks::<16>();
    [u8x16::new(quarters[0]), u8x16::new(quarters[1]), u8x16::new(quarters[2]), u8x16::new(quarters[3])]
}

/// The highest bit of each byte.
#[inline(always)]
fn bits(a: u8x16, b: u8x16, c: u8x16, d: u8x16) -> u64 {
    let [a, b, c, d] = [a.to_bitmask(), b.to_bitmask(), c.to_bitmask(), d.to_bitmask()];
    u64::from(a | b << 16) | u64::from(c | d << 16) << 32
}

#[inline(always)]
fn equal(block: &[u8; BLOCK], byte: u8) -> u64 {
    let [a, b, c, d] = quarters(block);
    let byte = u8x16::splat(byte);
    bits(a.simd_eq(byte), b.simd_eq(byte), c.simd_eq(byte), d.simd_eq(byte))
}

#[inline(always)]
fn is_unusual(quarter: u8x16) -> u8x16 {
    quarter.simd_eq(u8x16::splat(b'"')) | quarter.simd_eq(u8x16::splat(b'\r')) | quarter.simd_eq(u8x16::splat(b'\n'))
}

#[inline(always)]
fn look(block: &[u8; BLOCK]) -> Looked {
    let [a, b, c, d] = quarters(block);
    let comma = u8x16::splat(b',');
    let unusual = (is_unusual(a) | is_unusual(b)) | (is_unusual(c) | is_unusual(d));
    Looked {
        commas: bits(a.simd_eq(comma), b.simd_eq(comma), c.simd_eq(comma), d.simd_eq(comma)),
        is_unusual: unusual.to_bitmask() != 0,
        is_beyond_ascii: ((a | b) | (c | d)).to_bitmask() != 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn padded(text: &str) -> Vec<u8> {
        let mut padded = text.as_bytes().to_vec();
        padded.resize(text.len() + BLOCK + 8, 0);
        padded
    }

    fn fields(text: &str, columns: usize) -> Result<Vec<Vec<String>>, &'static str> {
        let mut fields = Fields::new(columns);
        fields.scan(&padded(text), text.len()).map_err(|GiveUp(why)| why)?;
        assert_eq!(fields.is_ascii(), text.is_ascii());
        let columns: Vec<Vec<String>> =
            (0..columns).map(|column| fields.of_column(column).map(|(start, end)| text[start..end].to_owned()).collect()).collect();
        Ok((0..fields.rows()).map(|row| columns.iter().map(|column| column[row].clone()).collect()).collect())
    }

    #[test]
    fn fields_are_found_wherever_they_fall_into_blocks() {
        for length in 0..200 {
            let (long, commas) = ("x".repeat(length), ",".repeat(length));
            let text = format!("{long},\"{long}, \"\"\n\",é{commas}\n1,2,3{commas}\nincomplete");
            let rows = fields(&text, length + 3).unwrap();
            assert_eq!(rows.len(), 2);
            assert_eq!(rows[0][..3], [long.clone(), format!("\"{long}, \"\"\n\""), "é".to_owned()], "{length}");
            assert!(rows[0][3..].iter().all(String::is_empty));
            assert_eq!(rows[1][..3], ["1", "2", "3"]);
        }
    }

    #[test]
    fn a_text_without_rows_has_no_fields_of_any_column() {
        let mut scanned = Fields::new(1_000);
        for text in ["", "a", "a,b,c"] {
            scanned.scan(&padded(text), text.len()).unwrap();
            assert!((0..1_000).all(|column| scanned.of_column(column).next().is_none()), "{text}");
        }
    }

    #[test]
    fn marks_and_returns_are_judged_wherever_they_fall_into_blocks() {
        for length in 0..140 {
            let long = "x".repeat(length);
            for (text, why) in [
                (format!("{long},\"a\"b\n"), Some("a value that goes on behind its quotation mark")),
                (format!("{long},a\"b\n"), Some("a quotation mark within a value")),
                (format!("{long},a\rb\n"), Some("a carriage return alone")),
                (format!("{long},a,b\n"), Some("a row that has not as many fields as the header")),
                (format!("{long},\"a\r\"\r\n"), None),
                (format!("{long},\"\"\"\"\n"), None),
                (format!("{long},\"a\"\n"), None),
                (format!("{long},\"a\""), None),
                (format!("{long},a\r"), None),
            ] {
                assert_eq!(fields(&text, 2).err(), why, "{text:?}");
            }
        }
    }
}
