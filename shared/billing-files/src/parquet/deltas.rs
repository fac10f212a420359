//! How many values a page in a delta encoding says it holds. Readers make room for that many before they look.
//! <https://parquet.apache.org/docs/file-format/data-pages/encodings/#delta-encoding-delta_binary_packed--5>

/// Whether each stream of deltas at the beginning of a page's values holds at most `most` values. `streams` is one,
/// but two in DELTA_BYTE_ARRAY: the lengths of what is shared, then of what is not.
pub(super) fn are_within(values: &[u8], streams: u32, most: u64) -> bool {
    let mut rest = values;
    (0..streams).all(|stream| {
        let is_last = stream + 1 == streams;
        match Stream::read(&mut rest) {
            // A page of nulls has no values, and some writers then leave the stream out.
            None => values.is_empty(),
            Some(found) => found.values <= most && (is_last || found.pass(&mut rest).is_some()),
        }
    })
}

struct Stream {
    block: u64,
    parts: u64,
    values: u64,
}

impl Stream {
    fn read(bytes: &mut &[u8]) -> Option<Stream> {
        let stream = Stream { block: varint(bytes)?, parts: varint(bytes)?, values: varint(bytes)? };
        varint(bytes)?;
        Some(stream)
    }

    /// Passes over its blocks.
    fn pass(&self, bytes: &mut &[u8]) -> Option<()> {
        let part = self.block.checked_div(self.parts).filter(|part| *part > 0)?;
        let mut left = self.values.saturating_sub(1);
        while left > 0 {
            varint(bytes)?;
            let widths = take(bytes, self.parts)?;
            for width in widths {
                if left == 0 {
                    break;
                }
                take(bytes, part.checked_mul(u64::from(*width))?.div_ceil(8))?;
                left = left.saturating_sub(part);
            }
        }
        Some(())
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: u64) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(usize::try_from(count).ok()?)?;
    *bytes = rest;
    Some(taken)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let [byte, rest @ ..] = *bytes else { return None };
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_held_against_the_values_of_their_page() {
        // Blocks of 128 in 4 parts; one value takes no block.
        let one = [0x80, 1, 4, 1, 0];
        // 33 values: one block, of which two parts are there at a bit a value.
        let more = [&[0x80, 1, 4, 33, 0, 0, 1, 1, 0, 0][..], &[0; 4]].concat();
        assert!(are_within(&one, 1, 1) && !are_within(&one, 1, 0));
        assert!(are_within(&more, 1, 33) && !are_within(&more, 1, 32));
        assert!(are_within(&[&more[..], &one].concat(), 2, 33));
        assert!(!are_within(&[&one[..], &more].concat(), 2, 32));
        assert!(!are_within(&one, 2, 1), "the second is missing");
        let huge = [0x80, 1, 4, 0xff, 0xff, 0xff, 0xff, 0x0f, 0];
        assert!(!are_within(&huge, 1, 1_000_000) && !are_within(&[&one[..], &huge].concat(), 2, 1_000_000));
        assert!(!are_within(&[0x80, 1, 0, 5, 0], 2, 5), "no parts");
        assert!(are_within(&[], 2, 0));
    }
}
