//! Random numbers that stay the same from release to release.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A stream of random numbers.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// One of the independent streams of a seed.
    pub fn new(seed: u64, stream: u64) -> Dice {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Dice(generator)
    }

    /// From 0 up to, and without, `end`; 0 where that is nought.
    pub fn below(&mut self, end: usize) -> usize {
        // The high half of a product maps 64 random bits onto the range; its bias does not matter here.
        ((u128::from(self.0.next_u64()) * end as u128) >> 64) as usize
    }

    /// True once in so many cases.
    pub fn once_in(&mut self, cases: usize) -> bool {
        self.below(cases) == 0
    }

    /// One of them.
    ///
    /// # Panics
    /// Where there are none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        self.below(256) as u8
    }

    /// Any number, small ones as often as large ones.
    pub fn number(&mut self) -> u64 {
        self.0.next_u64() >> self.below(64)
    }

    /// A range within `length`, mostly short.
    pub fn range(&mut self, length: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        let most = if self.once_in(4) { length } else { 32 };
        let end = start + self.below((length - start).min(most) + 1);
        start..end
    }
}
