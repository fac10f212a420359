//! A table from keys of some words to the places that they were first met in.
//!
//! Keys are looked up many at once: all the memory that the lookups need is touched before the first is used, so
//! that its waits overlap.

use super::{GiveUp, fold};

/// Keys that are looked up at once.
pub(crate) const TOGETHER: usize = 512;

/// What is kept of a key, the key included.
pub(crate) trait Keyed<const WORDS: usize> {
    fn new(key: [u64; WORDS]) -> Self;
    fn key(&self) -> &[u64; WORDS];
}

impl<const WORDS: usize> Keyed<WORDS> for [u64; WORDS] {
    fn new(key: [u64; WORDS]) -> [u64; WORDS] {
        key
    }

    fn key(&self) -> &[u64; WORDS] {
        self
    }
}

/// Distinct keys with what is kept of them, by the place that each was first met in.
pub(crate) struct Places<const WORDS: usize, E> {
    seed: u64,
    /// One more than the place of a key, and above that 32 bits of its hash, so that a place is seldom looked at for
    /// another key; 0 is empty. As many as a power of two, at most half full.
    table: Vec<u64>,
    entries: Vec<E>,
}

impl<const WORDS: usize, E: Keyed<WORDS>> Places<WORDS, E> {
    pub(crate) fn new() -> Places<WORDS, E> {
        Places { seed: super::random_seed(), table: vec![0; 1 << 10], entries: Vec::new() }
    }

    pub(crate) fn entries(&self) -> &[E] {
        &self.entries
    }

    pub(crate) fn entries_mut(&mut self) -> &mut [E] {
        &mut self.entries
    }

    fn hash(seed: u64, key: &[u64; WORDS]) -> u64 {
        key.iter().fold(seed, |hashed, word| fold(hashed ^ word))
    }

    /// The places of at most [`TOGETHER`] keys.
    #[inline]
    pub(crate) fn find_all(&mut self, keys: &[[u64; WORDS]], found: &mut [u32; TOGETHER]) -> Result<(), GiveUp> {
        self.make_room(keys.len())?;
        let mask = self.table.len() - 1;
        let mut hashes = [0u64; TOGETHER];
        for (hash, key) in hashes.iter_mut().zip(keys) {
            *hash = Self::hash(self.seed, key);
        }
        for (found, hash) in found.iter_mut().zip(&hashes[..keys.len()]) {
            // The first that may be it; what is not there yet or further on is looked for below.
            let field = self.table[*hash as usize & mask];
            *found = if field ^ hash & TAG <= PLACE { field as u32 } else { 0 };
        }
        let mut touched = 0u64;
        for place in &found[..keys.len()] {
            if let Some(place) = (*place as usize).checked_sub(1) {
                touched ^= self.entries[place].key()[0];
            }
        }
        std::hint::black_box(touched);
        for (row, key) in keys.iter().enumerate() {
            found[row] = match (found[row] as usize).checked_sub(1) {
                Some(place) if self.entries[place].key() == key => found[row] - 1,
                _ => self.find_from(key, hashes[row], mask)?,
            };
        }
        Ok(())
    }

    /// The place of a key.
    pub(crate) fn find(&mut self, key: &[u64; WORDS]) -> Result<u32, GiveUp> {
        self.make_room(1)?;
        let mask = self.table.len() - 1;
        self.find_from(key, Self::hash(self.seed, key), mask)
    }

    fn find_from(&mut self, key: &[u64; WORDS], hash: u64, mask: usize) -> Result<u32, GiveUp> {
        let mut at = hash as usize & mask;
        loop {
            let field = self.table[at];
            match (field as u32).checked_sub(1) {
                Some(place) if field ^ hash & TAG <= PLACE && self.entries[place as usize].key() == key => return Ok(place),
                Some(_) => at = (at + 1) & mask,
                None => {
                    let place = u32::try_from(self.entries.len()).ok().filter(|place| *place < MOST).ok_or(TOO_MANY)?;
                    self.entries.push(E::new(*key));
                    self.table[at] = hash & TAG | u64::from(place + 1);
                    return Ok(place);
                }
            }
        }
    }

    /// Keeps the table at most half full with so many more.
    fn make_room(&mut self, more: usize) -> Result<(), GiveUp> {
        let needed = self.entries.len().checked_add(more).and_then(|all| all.checked_mul(2)).ok_or(TOO_MANY)?;
        if needed <= self.table.len() {
            return Ok(());
        }
        let size = needed.next_power_of_two();
        self.table = Vec::new();
        self.table.resize(size, 0);
        for (place, entry) in self.entries.iter().enumerate() {
            let hash = Self::hash(self.seed, entry.key());
            let mut at = hash as usize & (size - 1);
            while self.table[at] != 0 {
                at = (at + 1) & (size - 1);
            }
            self.table[at] = hash & TAG | u64::try_from(place + 1).map_err(|_| TOO_MANY)?;
        }
        Ok(())
    }
}

/// Most keys of a table.
const MOST: u32 = 1 << 30;

/// Bits of a field that are of the hash, and those that are a place.
const TAG: u64 = !PLACE;
const PLACE: u64 = u32::MAX as u64;

const TOO_MANY: GiveUp = GiveUp("more combinations than are counted");
