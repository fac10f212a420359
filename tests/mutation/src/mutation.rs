//! What is done to the bytes of a file.

use crate::dice::Dice;

/// Lengths, counts and offsets at which programs go wrong.
const BOUNDARIES: [u64; 18] = [
    0,
    1,
    2,
    0x7e,
    0x7f,
    0x80,
    0xff,
    0x100,
    0x7fff,
    0x8000,
    0xffff,
    0x0100_0000,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
];

/// Texts that a value of a billing file may be at its worst.
pub const VALUES: [&[u8]; 40] = [
    b"",
    b"0",
    b"-0",
    b"-0.00",
    b"1",
    b"1e3",
    b"1E-44",
    b"1e-45",
    b"9e19",
    b"1e20",
    b"1e999999999",
    b"0e-999999999",
    b"1e-9999999999",
    b"99999999999999999999.99999999999999999999999999999999999999999999",
    b"0.00000000000000000000000000000000000000000001",
    b"NaN",
    b"inf",
    b"-inf",
    b"0x10",
    b"1_000",
    b"1,5",
    b"\"1,5\"",
    b"1.",
    b".5",
    b".",
    b"+1",
    b"--1",
    b"1 ",
    b"NULL",
    b"(null)",
    b"1.23457E+12",
    b"2026-13-01T00:00:00Z",
    b"9999-12-31T23:59:59Z",
    b"0000-00-00",
    b"EUR",
    b"{\"a\":{\"b\":[[[[[[[[[[[[[[[[[[[[[[",
    b"\"{\"\"team\"\":\"\"a\"\",\"\"team\"\":\"\"b\"\"}\"",
    b"\"\"\"\"",
    b"\xff\xfe",
    b"\xf0\x9f\x98\x80\xe2\x80\xae",
];

/// Any file, as its disk or its line would damage it.
pub fn damage(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    match dice.below(12) {
        0..=2 => flip(bytes, dice),
        3 => overwrite(bytes, dice),
        4 => bytes.truncate(dice.below(bytes.len())),
        5 => drop(bytes.drain(dice.range(bytes.len()))),
        6 => insert(bytes, dice),
        7 => repeat(bytes, dice),
        8 => swap(bytes, dice),
        9 => splice(bytes, other, dice),
        10 => boundary(bytes, dice),
        _ => varint(bytes, dice),
    }
}

/// A text, as a program or a person would spoil it.
pub fn spoil(text: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    match dice.below(10) {
        0..=3 => value(text, dice),
        4 => line(text, dice),
        5 => mark(text, dice),
        6 => convert(text, dice),
        _ => damage(text, other, dice),
    }
}

/// The same number of bytes, within a part of the file.
pub fn damage_in_place(part: &mut [u8], dice: &mut Dice) {
    match dice.below(4) {
        0 | 1 => flip(part, dice),
        2 => overwrite(part, dice),
        _ => boundary(part, dice),
    }
}

/// Where a file says what the rest of it is: the first bytes of gzip and zip, the directory of zip, the footer of
/// Parquet.
pub fn damage_structure(bytes: &mut [u8], dice: &mut Dice) {
    let length = bytes.len();
    let part = match bytes {
        [b'P', b'A', b'R', b'1', ..] if length > 12 => footer(bytes).unwrap_or(length - 12..length),
        [b'P', b'K', ..] if dice.once_in(2) => length.saturating_sub(160)..length,
        _ => 0..length.min(64),
    };
    let at = part.start + dice.below(part.len());
    let end = part.end;
    match dice.below(4) {
        0 => bytes[at] ^= 1 << dice.below(8),
        1 => bytes[at] = dice.byte(),
        2 => boundary(&mut bytes[at..end], dice),
        _ => varint_in_place(&mut bytes[at..end], dice),
    }
}

/// The footer of Parquet with its length and the magic bytes.
fn footer(bytes: &[u8]) -> Option<std::ops::Range<usize>> {
    let tail = bytes.len().checked_sub(8)?;
    let length = u32::from_le_bytes(bytes[tail..tail + 4].try_into().ok()?);
    Some(tail.checked_sub(usize::try_from(length).ok()?)?..bytes.len())
}

fn flip(bytes: &mut [u8], dice: &mut Dice) {
    for _ in 0..=dice.below(3) {
        if let Some(byte) = bytes.get_mut(dice.below(bytes.len())) {
            *byte ^= 1 << dice.below(8);
        }
    }
}

fn overwrite(bytes: &mut [u8], dice: &mut Dice) {
    let range = dice.range(bytes.len());
    let constant = dice.once_in(2).then(|| dice.byte());
    bytes[range].iter_mut().for_each(|byte| *byte = constant.unwrap_or_else(|| dice.byte()));
}

fn insert(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(bytes.len() + 1);
    let most = if dice.once_in(50) { 100_000 } else { 16 };
    let length = 1 + dice.below(most);
    let constant = dice.once_in(2).then(|| dice.byte());
    let new: Vec<u8> = (0..length).map(|_| constant.unwrap_or_else(|| dice.byte())).collect();
    bytes.splice(at..at, new);
}

fn repeat(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let range = dice.range(bytes.len());
    let again = bytes[range.clone()].repeat(1 + dice.below(4));
    bytes.splice(range.end..range.end, again);
}

fn swap(bytes: &mut [u8], dice: &mut Dice) {
    let length = 1 + dice.below(16);
    if bytes.len() > 2 * length {
        let one = dice.below(bytes.len() - 2 * length);
        let two = one + length + dice.below(bytes.len() - one - 2 * length);
        let (left, right) = bytes.split_at_mut(two);
        left[one..one + length].swap_with_slice(&mut right[..length]);
    }
}

fn splice(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    bytes.truncate(dice.below(bytes.len() + 1));
    bytes.extend_from_slice(&other[dice.below(other.len())..]);
}

fn boundary(bytes: &mut [u8], dice: &mut Dice) {
    let width = *dice.pick(&[1, 2, 4, 8]);
    if bytes.len() < width {
        return;
    }
    let at = dice.below(bytes.len() - width + 1);
    let number = if dice.once_in(4) { bytes.len() as u64 } else { *dice.pick(&BOUNDARIES) };
    let mut spelled = number.to_le_bytes()[..width].to_vec();
    if dice.once_in(4) {
        spelled.reverse();
    }
    bytes[at..at + width].copy_from_slice(&spelled);
}

/// A number as Thrift and stored cubes spell it.
fn spelled(dice: &mut Dice) -> Vec<u8> {
    crate::seeds::varint(if dice.once_in(2) { *dice.pick(&BOUNDARIES) } else { dice.number() })
}

/// Puts a number in place of the one that stands there, if one does.
fn varint(bytes: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(bytes.len());
    let length = bytes[at..].iter().take(10).take_while(|byte| **byte >= 0x80).count() + 1;
    let end = (at + length).min(bytes.len());
    bytes.splice(at..end, spelled(dice));
}

fn varint_in_place(bytes: &mut [u8], dice: &mut Dice) {
    let number = spelled(dice);
    let length = number.len().min(bytes.len());
    bytes[..length].copy_from_slice(&number[..length]);
}

/// Puts a value in place of another, wherever commas are taken to stand.
fn value(text: &mut Vec<u8>, dice: &mut Dice) {
    let is_separator = |byte: &u8| matches!(byte, b',' | b'\n');
    let at = dice.below(text.len());
    let start = text[..at].iter().rposition(is_separator).map_or(0, |place| place + 1);
    let end = text[at..].iter().position(is_separator).map_or(text.len(), |place| at + place);
    if start <= end {
        text.splice(start..end, dice.pick(&VALUES).iter().copied());
    }
}

/// Takes a line out, has it twice, or puts it elsewhere.
fn line(text: &mut Vec<u8>, dice: &mut Dice) {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    if lines.is_empty() {
        return;
    }
    let at = dice.below(lines.len());
    let line = lines[at];
    match dice.below(3) {
        0 => drop(lines.remove(at)),
        1 => lines.insert(dice.below(lines.len() + 1), line),
        _ => {
            lines.remove(at);
            lines.insert(dice.below(lines.len() + 1), line);
        }
    }
    *text = lines.concat();
}

/// A character that CSV is built of, somewhere.
fn mark(text: &mut Vec<u8>, dice: &mut Dice) {
    let at = dice.below(text.len() + 1);
    let marks: [&[u8]; 11] = [b"\"", b"\"\"", b",", b"\n", b"\r", b"\r\n", b"\0", b";", b"\t", b"\n\n", b"\xef\xbb\xbf"];
    let new = *dice.pick(&marks);
    text.splice(at..at, new.iter().copied());
}

/// What programs do to whole texts.
fn convert(text: &mut Vec<u8>, dice: &mut Dice) {
    match dice.below(5) {
        0 => text.splice(0..0, *b"\xef\xbb\xbf").for_each(drop),
        1 => *text = replaced(text, b'\n', b"\r\n"),
        2 => *text = replaced(text, b'\n', b"\r"),
        3 => *text = replaced(text, b',', b";"),
        _ => *text = replaced(text, b'\n', b"\n\n"),
    }
}

fn replaced(text: &[u8], byte: u8, with: &[u8]) -> Vec<u8> {
    text.iter().flat_map(|found| if *found == byte { with } else { std::slice::from_ref(found) }).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_too_short_to_be_damaged() {
        for case in 0..20_000 {
            let mut dice = Dice::new(1, case);
            let mut bytes: Vec<u8> = (0..dice.below(20)).map(|_| dice.byte()).collect();
            for _ in 0..5 {
                if bytes.is_empty() {
                    break;
                }
                match dice.below(4) {
                    0 => damage(&mut bytes, b"other", &mut dice),
                    1 => spoil(&mut bytes, b"other", &mut dice),
                    2 => damage_structure(&mut bytes, &mut dice),
                    _ => damage_in_place(&mut bytes, &mut dice),
                }
            }
        }
    }
}
