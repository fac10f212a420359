//! Random numbers that stay the same from release to release.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

const BASE_32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const HEX: &[u8; 16] = b"0123456789abcdef";

/// A stream of random numbers. How numbers are drawn from a range is written here, because libraries change
/// it between versions and the same seed must give the same bytes for good.
pub struct Random {
    generator: ChaCha8Rng,
}

impl Random {
    /// One of the independent streams of a seed.
    pub fn new(seed: u64, stream: u64) -> Random {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream);
        Random { generator }
    }

    /// From 0 up to, and without, `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        assert!(end > 0, "an empty range has no number");
        // The high half of a 128-bit product maps 64 random bits onto the range; its bias is below 2⁻³².
        ((u128::from(self.generator.next_u64()) * u128::from(end)) >> 64) as u64
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: i128, high: i128) -> i128 {
        let width = u64::try_from(high - low + 1).expect("ranges are small");
        low + i128::from(self.below(width))
    }

    /// True in `permille` of a thousand cases.
    pub fn chance(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }

    /// A place among weights, in proportion to them.
    pub fn weighted(&mut self, weights: impl Iterator<Item = u64> + Clone) -> usize {
        let mut left = self.below(weights.clone().sum());
        for (place, weight) in weights.enumerate() {
            if left < weight {
                return place;
            }
            left -= weight;
        }
        unreachable!("the number drawn is below the sum of the weights")
    }

    /// Puts items in an order of chance.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            items.swap(end, self.below(end as u64 + 1) as usize);
        }
    }

    /// `length` characters of `a-z2-7`, as in AWS line item ids.
    pub fn base_32(&mut self, length: usize) -> String {
        self.text(BASE_32, length)
    }

    /// `length` hexadecimal digits.
    pub fn hex(&mut self, length: usize) -> String {
        self.text(HEX, length)
    }

    /// A GUID, version 4.
    pub fn guid(&mut self) -> String {
        let hex = self.hex(30);
        format!("{}-{}-4{}-8{}-{}", &hex[..8], &hex[8..12], &hex[12..15], &hex[15..18], &hex[18..])
    }

    fn text(&mut self, alphabet: &[u8], length: usize) -> String {
        let mut text = String::with_capacity(length);
        let mut bits = 0;
        for place in 0..length {
            if place % 8 == 0 {
                bits = self.generator.next_u64();
            }
            text.push(char::from(alphabet[(bits & 0xff) as usize % alphabet.len()]));
            bits >>= 8;
        }
        text
    }
}

/// A number that depends on nothing but the seed and a name: what stays the same from month to month, such as
/// whether a resource is tagged.
pub fn stable(seed: u64, name: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325 ^ seed;
    for byte in name.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    // Without this, the low bits of names that differ in their last letter are alike.
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_stream_give_the_same_numbers_for_good() {
        let mut random = Random::new(7, 1);
        let drawn: Vec<u64> = (0..4).map(|_| random.below(1000)).collect();
        let mut again = Random::new(7, 1);
        assert_eq!(drawn, (0..4).map(|_| again.below(1000)).collect::<Vec<_>>());
        let mut other = Random::new(7, 2);
        assert_ne!(drawn, (0..4).map(|_| other.below(1000)).collect::<Vec<_>>());
    }

    #[test]
    fn ranges_are_kept() {
        let mut random = Random::new(1, 0);
        for _ in 0..1000 {
            assert!((-3..=4).contains(&random.between(-3, 4)));
            assert!(random.weighted([0, 5, 0, 1].into_iter()) % 2 == 1);
        }
        assert_eq!(random.base_32(52).len(), 52);
        assert_eq!(random.guid().len(), 36);
    }
}
