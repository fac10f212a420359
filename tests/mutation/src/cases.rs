//! Cases: a number says which seed, and what is done to it.

use crate::dice::Dice;
use crate::mutation::{damage, damage_in_place, damage_structure, spoil};
use crate::pack::Packing;
use crate::seeds::{Body, Seed};

/// A damaged file, and what has to hold of it.
#[derive(Clone, Debug)]
pub struct Case {
    /// The seed and its packing, for people.
    pub name: String,
    /// The file.
    pub bytes: Vec<u8>,
    /// What has to hold of it.
    pub oracle: Oracle,
}

/// What is known of a damaged file. It may be refused in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Oracle {
    /// Its sums are those of this text.
    OfText(Vec<u8>),
    /// Its sums are those of the seed of this place.
    OfSeed(usize),
    /// A change of a value cannot be told from the value; of the seed of this place.
    Unknown(usize),
    /// A stored cube: what is read, is written in these very bytes.
    Cube,
}

/// The case of a number.
pub fn case(seeds: &[Seed], run: u64, number: u64) -> Case {
    let mut dice = Dice::new(run, number);
    let place = dice.below(seeds.len());
    let seed = &seeds[place];
    let other = dice.pick(seeds).bytes();
    match &seed.body {
        Body::Text(text) => of_text(place, seed.name, text.clone(), other, &mut dice),
        Body::Parquet { bytes, pages } => {
            let mut bytes = bytes.clone();
            let mut oracle = Oracle::Unknown(place);
            if !pages.is_empty() && dice.once_in(2) {
                oracle = Oracle::OfSeed(place);
                times(&mut dice, |dice| damage_in_place(&mut bytes[dice.pick(pages).clone()], dice));
            } else {
                any(&mut bytes, other, &mut dice);
            }
            Case { name: seed.name.to_owned(), bytes, oracle }
        }
        Body::Cube(bytes) => {
            let mut bytes = bytes.clone();
            any(&mut bytes, other, &mut dice);
            Case { name: seed.name.to_owned(), bytes, oracle: Oracle::Cube }
        }
    }
}

/// Spoils a text and packs it, or packs it and damages what comes of it.
fn of_text(place: usize, name: &str, mut text: Vec<u8>, other: &[u8], dice: &mut Dice) -> Case {
    let packing = *dice.pick(&Packing::ALL);
    let name = format!("{name}-{packing:?}");
    if packing == Packing::Plain || dice.once_in(3) {
        times(dice, |dice| {
            if !text.is_empty() {
                spoil(&mut text, other, dice);
            }
        });
        return Case { name, bytes: packing.pack(&text), oracle: Oracle::OfText(text) };
    }
    let mut bytes = packing.pack(&text);
    any(&mut bytes, other, dice);
    // What no longer begins as it did may be a text now; what is not covered may have lost its end.
    let is_covered = packing.is_protected() && bytes.starts_with(&packing.pack(b"a")[..2]);
    Case { name, bytes, oracle: if is_covered { Oracle::OfSeed(place) } else { Oracle::Unknown(place) } }
}

fn any(bytes: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    times(dice, |dice| {
        if bytes.is_empty() {
        } else if dice.once_in(2) {
            damage_structure(bytes, dice);
        } else {
            damage(bytes, other, dice);
        }
    });
}

/// Once, mostly.
fn times(dice: &mut Dice, mut deed: impl FnMut(&mut Dice)) {
    let count = if dice.once_in(4) { 2 + dice.below(4) } else { 1 };
    (0..count).for_each(|_| deed(dice));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seeds;

    #[test]
    fn a_number_is_the_same_case_for_good() {
        let seeds = seeds::all();
        for number in 0..50 {
            let (one, two) = (case(&seeds, 1, number), case(&seeds::all(), 1, number));
            assert_eq!((one.name, one.bytes, one.oracle), (two.name, two.bytes, two.oracle));
        }
    }
}
