//! Distinct combinations of numbers, by number.

use hashbrown::HashTable;

use super::GiveUp;
use super::places::{Places, TOGETHER};

/// Distinct rows of `width` numbers, each with the number of its place.
pub(crate) struct Combinations {
    width: usize,
    /// Bits for each number in a packed row; those with larger numbers are not packed.
    bits: u32,
    packed: Places<2, [u64; 2]>,
    /// The number of each packed row.
    of_packed: Vec<u32>,
    seed: u64,
    unpacked: HashTable<u32>,
    /// All rows.
    flat: Vec<u32>,
    count: u32,
}

/// Most combinations: their memory has a limit, and a file of more is read by row.
const MOST: u32 = 1 << 23;

impl Combinations {
    pub(crate) fn new(width: usize) -> Combinations {
        let bits = u128::BITS / u32::try_from(width.max(4)).unwrap_or(u128::BITS);
        Combinations {
            width,
            bits,
            packed: Places::new(),
            of_packed: Vec::new(),
            seed: super::random_seed(),
            unpacked: HashTable::new(),
            flat: Vec::new(),
            count: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.count as usize
    }

    pub(crate) fn get(&self, code: u32) -> &[u32] {
        &self.flat[code as usize * self.width..][..self.width]
    }

    /// A row as a key; `None` where a number is too large for its field.
    #[inline(always)]
    fn pack(&self, numbers: &[u32]) -> Option<[u64; 2]> {
        let (mut packed, mut all) = (0u128, 0u32);
        for number in numbers {
            packed = packed << self.bits | u128::from(*number);
            all |= *number;
        }
        let fits = self.bits > 0 && u64::from(all) >> self.bits.min(63) == 0;
        fits.then_some([packed as u64, (packed >> 64) as u64])
    }

    /// The number of a combination, and whether it is new.
    pub(crate) fn code(&mut self, numbers: &[u32]) -> Result<(u32, bool), GiveUp> {
        debug_assert_eq!(numbers.len(), self.width);
        let Some(key) = self.pack(numbers) else { return self.code_unpacked(numbers) };
        let place = self.packed.find(&key)? as usize;
        if let Some(code) = self.of_packed.get(place) {
            return Ok((*code, false));
        }
        let code = self.push(numbers)?;
        self.of_packed.push(code);
        Ok((code, true))
    }

    /// The numbers of rows that stand one after another.
    pub(crate) fn codes(&mut self, rows: &[u32], codes: &mut Vec<u32>) -> Result<(), GiveUp> {
        let mut keys = [[0; 2]; TOGETHER];
        let mut found = [0; TOGETHER];
        for chunk in rows.chunks(TOGETHER * self.width) {
            let count = chunk.len() / self.width;
            let mut all_packed = true;
            for (key, numbers) in keys.iter_mut().zip(chunk.chunks_exact(self.width)) {
                match self.pack(numbers) {
                    Some(packed) => *key = packed,
                    None => all_packed = false,
                }
            }
            if !all_packed {
                for numbers in chunk.chunks_exact(self.width) {
                    codes.push(self.code(numbers)?.0);
                }
                continue;
            }
            self.packed.find_all(&keys[..count], &mut found)?;
            for (place, numbers) in found.iter().zip(chunk.chunks_exact(self.width)) {
                // New ones come in the order of their places.
                if *place as usize == self.of_packed.len() {
                    let code = self.push(numbers)?;
                    self.of_packed.push(code);
                }
                codes.push(self.of_packed[*place as usize]);
            }
        }
        Ok(())
    }

    fn push(&mut self, numbers: &[u32]) -> Result<u32, GiveUp> {
        let code = self.count;
        if code == MOST {
            return Err(GiveUp("columns of too many combinations"));
        }
        self.count = code + 1;
        self.flat.extend_from_slice(numbers);
        Ok(code)
    }

    #[cold]
    fn code_unpacked(&mut self, numbers: &[u32]) -> Result<(u32, bool), GiveUp> {
        let (width, seed) = (self.width, self.seed);
        let hashed = hash(seed, numbers);
        let flat = &self.flat;
        if let Some(code) = self.unpacked.find(hashed, |code| &flat[*code as usize * width..][..width] == numbers) {
            return Ok((*code, false));
        }
        let code = self.push(numbers)?;
        let flat = &self.flat;
        self.unpacked.insert_unique(hashed, code, |code| hash(seed, &flat[*code as usize * width..][..width]));
        Ok((code, true))
    }
}

fn hash(seed: u64, numbers: &[u32]) -> u64 {
    numbers.iter().fold(seed, |hashed, number| super::fold(hashed ^ u64::from(*number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_combination_has_one_number() {
        let mut three = Combinations::new(3);
        let code = |combinations: &mut Combinations, numbers: &[u32]| combinations.code(numbers).unwrap();
        assert_eq!(code(&mut three, &[1, 2, 3]), (0, true));
        assert_eq!(code(&mut three, &[3, 2, 1]), (1, true));
        assert_eq!(code(&mut three, &[1, 2, 3]), (0, false));
        assert_eq!((three.get(1), three.len()), (&[3, 2, 1][..], 2));
        let mut many = Combinations::new(200);
        assert_eq!(
            (code(&mut many, &[7; 200]), code(&mut many, &[8; 200]), code(&mut many, &[7; 200])),
            ((0, true), (1, true), (0, false))
        );
        let mut none = Combinations::new(0);
        assert_eq!((code(&mut none, &[]), code(&mut none, &[])), ((0, true), (0, false)));
    }

    #[test]
    fn many_at_once_have_the_numbers_that_each_has_also_where_some_do_not_pack() {
        let rows: Vec<u32> =
            (0..3_000u32).flat_map(|row| [row % 7, row % 13, if row % 500 == 0 { u32::MAX } else { 5 }, 0, row % 3]).collect();
        let (mut one, mut all) = (Combinations::new(5), Combinations::new(5));
        let each: Vec<u32> = rows.chunks(5).map(|numbers| one.code(numbers).unwrap().0).collect();
        let mut codes = Vec::new();
        all.codes(&rows, &mut codes).unwrap();
        assert_eq!(codes, each);
        for (code, numbers) in codes.iter().zip(rows.chunks(5)) {
            assert_eq!(all.get(*code), numbers);
        }
    }
}
