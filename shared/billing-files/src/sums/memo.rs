//! Sums by packed combinations of numbers.
//!
//! The numbers of all facets of a row are packed side by side into words; a table leads from the words to the sums
//! of the rows that have them. Fields grow as numbers do, and the table is packed anew then.

use super::GiveUp;
use super::costs::COSTS;
use super::places::{Keyed, Places, TOGETHER};

/// Most words of a key.
const MOST_WORDS: usize = 4;

/// What rows of one combination sum to. In one line of the cache with the key: both are needed for each row, and most
/// rows wait for their memory.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Entry<const WORDS: usize> {
    key: [u64; WORDS],
    charges: u64,
    /// In units of 10^−scale, as far as there is room; the rest is in [`Sums::wide`].
    sums: [i64; COSTS],
}

impl<const WORDS: usize> Keyed<WORDS> for Entry<WORDS> {
    fn new(key: [u64; WORDS]) -> Entry<WORDS> {
        Entry { key, charges: 0, sums: [0; COSTS] }
    }

    fn key(&self) -> &[u64; WORDS] {
        &self.key
    }
}

/// Where a facet's number stands in a key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Field {
    word: usize,
    shift: u32,
    bits: u32,
}

/// A facet's numbers of the rows of a batch.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Numbers<'b> {
    Same(u32),
    Each(&'b [u32]),
    /// By row a place in a list of numbers.
    Looked(&'b [i32], &'b [u32]),
}

/// Amounts of a batch, by cost.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Amounts<'b> {
    Narrow([&'b [i64]; COSTS]),
    Wide([&'b [i128]; COSTS]),
}

/// What is added of a batch.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'b> {
    pub(crate) count: usize,
    /// Of each facet.
    pub(crate) numbers: &'b [Numbers<'b>],
    pub(crate) amounts: Amounts<'b>,
    /// Rows of which it is asked where they went, ascending.
    pub(crate) asked: &'b [usize],
}

/// The table, for keys of as many words as the fields need.
pub(crate) struct Memo {
    fields: Vec<Field>,
    table: Table,
}

enum Table {
    One(Sums<1>),
    Two(Sums<2>),
    Three(Sums<3>),
    Four(Sums<4>),
}

struct Sums<const WORDS: usize> {
    places: Places<WORDS, Entry<WORDS>>,
    /// By place, what had no room in an entry; shorter where the last ones have nothing.
    wide: Vec<[i128; COSTS]>,
    /// Of the batch.
    words: Vec<[u64; WORDS]>,
}

macro_rules! with_sums {
    ($table:expr, $sums:ident => $body:expr) => {
        match $table {
            Table::One($sums) => $body,
            Table::Two($sums) => $body,
            Table::Three($sums) => $body,
            Table::Four($sums) => $body,
        }
    };
}

impl Memo {
    pub(crate) fn new() -> Memo {
        Memo { fields: Vec::new(), table: Table::One(Sums::new()) }
    }

    /// Makes room for numbers below these, one for each facet.
    pub(crate) fn widen(&mut self, below: impl Iterator<Item = usize> + Clone) -> Result<(), GiveUp> {
        let fits = self.fields.len() == below.clone().count()
            && self.fields.iter().zip(below.clone()).all(|(field, below)| below <= 1 || bits_of(below) <= field.bits);
        if fits {
            return Ok(());
        }
        let (fields, words) = laid_out(below).ok_or(GiveUp("more combinations than a key holds"))?;
        let mut wider = match words {
            1 => Table::One(Sums::new()),
            2 => Table::Two(Sums::new()),
            3 => Table::Three(Sums::new()),
            _ => Table::Four(Sums::new()),
        };
        let old = std::mem::replace(&mut self.fields, fields);
        with_sums!(&mut self.table, sums => {
            with_sums!(&mut wider, wider => {
                for entry in sums.places.entries() {
                    let numbers = old.iter().map(|field| number(&entry.key, *field));
                    wider.insert_new(&self.fields, numbers, entry.charges, entry.sums);
                }
                wider.wide = std::mem::take(&mut sums.wide);
            });
        });
        self.table = wider;
        Ok(())
    }

    /// Adds the rows of a batch, and says to `each` which entry each row that was asked about went to.
    pub(crate) fn add(&mut self, rows: Rows<'_>, each: &mut dyn FnMut(usize, u32)) -> Result<(), GiveUp> {
        with_sums!(&mut self.table, sums => sums.add(&self.fields, rows, each))
    }

    /// How many combinations there are.
    pub(crate) fn len(&self) -> usize {
        with_sums!(&self.table, sums => sums.places.entries().len())
    }

    /// The numbers of all facets in a combination.
    pub(crate) fn numbers(&self, place: usize, numbers: &mut [u32]) {
        with_sums!(&self.table, sums => {
            let key = &sums.places.entries()[place].key;
            for (into, field) in numbers.iter_mut().zip(&self.fields) {
                *into = number(key, *field);
            }
        });
    }

    /// The number of a facet in a combination.
    pub(crate) fn number(&self, place: usize, facet: usize) -> u32 {
        with_sums!(&self.table, sums => number(&sums.places.entries()[place].key, self.fields[facet]))
    }

    pub(crate) fn charges(&self, place: usize) -> u64 {
        with_sums!(&self.table, sums => sums.places.entries()[place].charges)
    }

    /// What a combination sums to, in units of 10^−scale.
    pub(crate) fn sums(&self, place: usize) -> [i128; COSTS] {
        with_sums!(&self.table, sums => {
            let narrow = sums.places.entries()[place].sums.map(i128::from);
            match sums.wide.get(place) {
                // An integer of 64 bits beside a sum of 128 bits that was checked at each step, with room for one more.
                Some(wide) => std::array::from_fn(|cost| narrow[cost] + wide[cost]),
                None => narrow,
            }
        })
    }
}

/// Bits that hold every number below this.
fn bits_of(below: usize) -> u32 {
    usize::BITS - below.saturating_sub(1).leading_zeros()
}

/// A field for each facet, with room for twice as many numbers, and how many words they fill. `None` where they
/// fill more than there may be.
fn laid_out(below: impl Iterator<Item = usize>) -> Option<(Vec<Field>, usize)> {
    let mut filled = [0; MOST_WORDS];
    let mut words = 1;
    let mut fields = Vec::new();
    for below in below {
        if below <= 1 {
            fields.push(Field::default());
            continue;
        }
        let bits = (bits_of(below) + 1).min(u32::BITS);
        let word = filled.iter().position(|filled| filled + bits <= u64::BITS)?;
        fields.push(Field { word, shift: filled[word], bits });
        filled[word] += bits;
        words = words.max(word + 1);
    }
    Some((fields, words))
}

fn number<const WORDS: usize>(key: &[u64; WORDS], field: Field) -> u32 {
    if field.bits == 0 {
        return 0;
    }
    let mask = (1u64 << field.bits) - 1;
    u32::try_from((key[field.word] >> field.shift) & mask).expect("INVARIANT: a field has at most 32 bits")
}

impl<const WORDS: usize> Sums<WORDS> {
    fn new() -> Sums<WORDS> {
        Sums { places: Places::new(), wide: Vec::new(), words: Vec::new() }
    }

    fn add(&mut self, fields: &[Field], rows: Rows<'_>, each: &mut dyn FnMut(usize, u32)) -> Result<(), GiveUp> {
        self.pack(fields, rows.count, rows.numbers);
        let mut asked = rows.asked.iter().copied().peekable();
        let mut found = [0u32; TOGETHER];
        let words = std::mem::take(&mut self.words);
        for (chunk, keys) in words.chunks(TOGETHER).enumerate() {
            let start = chunk * TOGETHER;
            self.places.find_all(keys, &mut found)?;
            let range = start..start + keys.len();
            match rows.amounts {
                Amounts::Narrow(costs) => self.sum_narrow(&found, costs.map(|cost| &cost[range.clone()])),
                Amounts::Wide(costs) => self.sum_wide(&found, costs.map(|cost| &cost[range.clone()]))?,
            }
            while let Some(row) = asked.next_if(|row| *row < range.end) {
                each(row, found[row - start]);
            }
        }
        self.words = words;
        Ok(())
    }

    fn pack(&mut self, fields: &[Field], rows: usize, numbers: &[Numbers<'_>]) {
        let mut same = [0u64; WORDS];
        for (field, numbers) in fields.iter().zip(numbers) {
            if let Numbers::Same(number) = numbers
                && field.bits > 0
            {
                same[field.word] |= u64::from(*number) << field.shift;
            }
        }
        self.words.clear();
        self.words.resize(rows, same);
        for (field, numbers) in fields.iter().zip(numbers).filter(|(field, _)| field.bits > 0) {
            match numbers {
                Numbers::Same(_) => {}
                Numbers::Each(numbers) => {
                    for (key, number) in self.words.iter_mut().zip(*numbers) {
                        key[field.word] |= u64::from(*number) << field.shift;
                    }
                }
                Numbers::Looked(places, numbers) => {
                    for (key, place) in self.words.iter_mut().zip(*places) {
                        key[field.word] |= u64::from(numbers[*place as usize]) << field.shift;
                    }
                }
            }
        }
    }

    fn insert_new(&mut self, fields: &[Field], numbers: impl Iterator<Item = u32>, charges: u64, sums: [i64; COSTS]) {
        let mut key = [0u64; WORDS];
        for (field, number) in fields.iter().zip(numbers) {
            if field.bits > 0 {
                key[field.word] |= u64::from(number) << field.shift;
            }
        }
        let place = self.places.find(&key).expect("INVARIANT: as many fitted before");
        let entry = &mut self.places.entries_mut()[place as usize];
        (entry.charges, entry.sums) = (charges, sums);
    }

    fn sum_narrow(&mut self, found: &[u32; TOGETHER], [billed, effective, list, contracted]: [&[i64]; COSTS]) {
        let Sums { places, wide, .. } = self;
        let entries = places.entries_mut();
        let costs = billed.iter().zip(effective).zip(list.iter().zip(contracted));
        for (place, ((billed, effective), (list, contracted))) in found.iter().zip(costs) {
            let entry = &mut entries[*place as usize];
            entry.charges += 1;
            let sums = [
                entry.sums[0].checked_add(*billed),
                entry.sums[1].checked_add(*effective),
                entry.sums[2].checked_add(*list),
                entry.sums[3].checked_add(*contracted),
            ];
            match sums {
                [Some(billed), Some(effective), Some(list), Some(contracted)] => entry.sums = [billed, effective, list, contracted],
                _ => {
                    carry(wide, *place as usize, entry.sums);
                    entry.sums = [*billed, *effective, *list, *contracted];
                }
            }
        }
    }

    fn sum_wide(&mut self, found: &[u32; TOGETHER], costs: [&[i128]; COSTS]) -> Result<(), GiveUp> {
        if self.wide.len() < self.places.entries().len() {
            self.wide.resize(self.places.entries().len(), [0; COSTS]);
        }
        for row in 0..costs[0].len() {
            let place = found[row] as usize;
            self.places.entries_mut()[place].charges += 1;
            for (sum, cost) in self.wide[place].iter_mut().zip(costs) {
                let more = sum.checked_add(cost[row]).filter(|sum| sum.unsigned_abs() < 1 << 126);
                *sum = more.ok_or(GiveUp("a sum beyond 126 bits"))?;
            }
        }
        Ok(())
    }
}

/// Moves sums that would have no room for one more to where there is room: 2⁶³ times at least.
#[cold]
fn carry(wide: &mut Vec<[i128; COSTS]>, place: usize, sums: [i64; COSTS]) {
    if wide.len() <= place {
        wide.resize(place + 1, [0; COSTS]);
    }
    for (wide, sum) in wide[place].iter_mut().zip(sums) {
        *wide += i128::from(sum);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn add(memo: &mut Memo, count: usize, numbers: &[Numbers<'_>], amounts: Amounts<'_>) -> Result<(), GiveUp> {
        memo.add(Rows { count, numbers, amounts, asked: &[] }, &mut |_, _| {})
    }

    #[test]
    fn fields_hold_what_they_are_laid_out_for() {
        assert_eq!([0, 1, 2, 3, 4, 5, 1 << 20].map(bits_of), [0, 0, 1, 2, 2, 3, 20]);
        let (fields, words) = laid_out([1, 5, 1 << 31, 1 << 30, 300].into_iter()).unwrap();
        assert_eq!(words, 2);
        assert_eq!(fields[0].bits, 0);
        assert!(laid_out([1 << 31; 9].into_iter()).is_none());
    }

    #[test]
    fn sums_beyond_64_bits_are_carried_and_wide_ones_added() {
        let mut memo = Memo::new();
        memo.widen([1].into_iter()).unwrap();
        let (most, small) = ([i64::MAX; 3], [1i64; 3]);
        add(&mut memo, 3, &[Numbers::Same(0)], Amounts::Narrow([&most, &small, &most, &small])).unwrap();
        let wide = [i128::from(i64::MIN) * 4];
        add(&mut memo, 1, &[Numbers::Same(0)], Amounts::Wide([&wide; 4])).unwrap();
        let (three, four) = (i128::from(i64::MAX) * 3, i128::from(i64::MIN) * 4);
        assert_eq!((memo.sums(0), memo.charges(0)), ([three + four, 3 + four, three + four, 3 + four], 4));
        let too_wide = [i128::MAX / 4];
        let mut add_more = || add(&mut memo, 1, &[Numbers::Same(0)], Amounts::Wide([&too_wide; 4]));
        assert!(add_more().is_ok() && add_more().is_ok());
        assert!(add_more().is_err() || add_more().is_err());
    }

    #[test]
    fn many_fields_are_told_apart_in_keys_of_any_width() {
        for count in [2usize, 8, 14, 20] {
            let mut memo = Memo::new();
            let mut expected: HashMap<Vec<u32>, u64> = HashMap::new();
            for (batch, most) in [2u32, 5, 40, 300].into_iter().enumerate() {
                let rows = 600;
                let columns: Vec<Vec<u32>> = (0..count)
                    .map(|field| (0..rows).map(|row| (row as u32 * 7 + field as u32 * row as u32 + batch as u32) % most).collect())
                    .collect();
                memo.widen((0..count).map(|_| most as usize)).unwrap();
                let numbers: Vec<Numbers<'_>> = columns.iter().map(|column| Numbers::Each(column)).collect();
                let ones = vec![1i64; rows];
                add(&mut memo, rows, &numbers, Amounts::Narrow([&ones; 4])).unwrap();
                for row in 0..rows {
                    *expected.entry(columns.iter().map(|column| column[row]).collect()).or_default() += 1;
                }
            }
            assert_eq!(memo.len(), expected.len(), "{count} fields");
            let mut numbers = vec![0; count];
            for place in 0..memo.len() {
                memo.numbers(place, &mut numbers);
                assert_eq!(expected[&numbers], memo.charges(place), "{count} fields");
                assert_eq!(memo.sums(place), [i128::from(memo.charges(place)); 4]);
            }
        }
    }

    proptest! {
        #[test]
        fn sums_are_those_of_each_combination_however_fields_grow(
            batches in prop::collection::vec(prop::collection::vec((0u32..70_000, 0u32..3, -5i64..5), 1..300), 1..6)
        ) {
            let mut memo = Memo::new();
            let mut expected: HashMap<(u32, u32), (i128, u64)> = HashMap::new();
            let mut most = [1usize; 3];
            for (number, batch) in batches.iter().enumerate() {
                let scale = [1, 10, 100, 1_000, 70_000, 70_000][number];
                let first: Vec<u32> = batch.iter().map(|(first, ..)| first % scale).collect();
                let second: Vec<u32> = batch.iter().map(|(_, second, _)| *second).collect();
                let amounts: Vec<i64> = batch.iter().map(|(.., amount)| *amount).collect();
                for ((first, second), amount) in first.iter().zip(&second).zip(&amounts) {
                    let sum = expected.entry((*first, *second)).or_default();
                    sum.0 += i128::from(*amount);
                    sum.1 += 1;
                    most = [most[0].max(*first as usize + 1), most[1].max(*second as usize + 1), 1];
                }
                memo.widen(most.into_iter()).unwrap();
                let numbers = [Numbers::Each(&first), Numbers::Each(&second), Numbers::Same(0)];
                add(&mut memo, batch.len(), &numbers, Amounts::Narrow([&amounts; 4])).unwrap();
            }
            prop_assert_eq!(memo.len(), expected.len());
            for place in 0..memo.len() {
                prop_assert_eq!(expected[&(memo.number(place, 0), memo.number(place, 1))], (memo.sums(place)[2], memo.charges(place)));
            }
        }
    }
}
