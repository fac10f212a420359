//! Seeded random numbers, the same on every machine and in every version: SplitMix64,
//! <https://prng.di.unimi.it/splitmix64.c>.

/// Numbers from a seed.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The numbers of a seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number below `bound`, which is not nought. The bias is below bound ÷ 2⁶⁴.
    pub fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.number()) * u128::from(bound);
        u64::try_from(product >> 64).expect("INVARIANT: the upper half of 128 bits")
    }

    /// [`below`](Self::below), as a place in a list.
    pub fn place(&mut self, length: usize) -> usize {
        let bound = u64::try_from(length).expect("INVARIANT: a list is shorter than 2⁶⁴");
        usize::try_from(self.below(bound)).expect("INVARIANT: below a length")
    }

    /// Whether something that happens this many times in a thousand happens.
    pub fn permille(&mut self, times: u64) -> bool {
        self.below(1_000) < times
    }
}

/// A number that looks random, the same for the same input.
pub fn mix(number: u64) -> u64 {
    let mut mixed = number;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Places of which the k-th comes with a weight of 1 ÷ k.
#[derive(Clone, Debug)]
pub struct Zipf {
    cumulative: Vec<u64>,
}

impl Zipf {
    /// Over so many places; at least one.
    pub fn new(places: usize) -> Zipf {
        const FIRST: u64 = 1_000_000_000_000;
        let mut sum = 0;
        let weights = (1..=places).map(|rank| FIRST / u64::try_from(rank).expect("INVARIANT: places fit 64 bits"));
        let cumulative = weights.map(|weight| {
            sum += weight;
            sum
        });
        Zipf { cumulative: cumulative.collect() }
    }

    /// A place.
    pub fn pick(&self, random: &mut Random) -> usize {
        let total = *self.cumulative.last().expect("INVARIANT: at least one place");
        let drawn = random.below(total);
        self.cumulative.partition_point(|sum| *sum <= drawn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_published_numbers() {
        let mut random = Random::new(1_234_567);
        assert_eq!([random.number(), random.number()], [6_457_827_717_110_365_317, 3_203_168_211_198_807_973]);
    }

    #[test]
    fn the_first_of_three_places_comes_six_times_in_eleven() {
        let (zipf, mut random) = (Zipf::new(3), Random::new(7));
        let mut times = [0; 3];
        for _ in 0..110_000 {
            times[zipf.pick(&mut random)] += 1;
        }
        for (times, expected) in times.into_iter().zip([60_000_i32, 30_000, 20_000]) {
            assert!((times - expected).abs() < 1_000, "{times} of {expected}");
        }
    }
}
