//! From rows as they came to rows in the order of their texts.

use super::Code;
use super::rows::Rows;
use super::texts::{Texts, Used};

/// Most bytes that sets of the codes of each column may take; beyond, rows are compared code by code.
const MOST_SET_BYTES: usize = 1 << 25;

/// The texts that rows use, in order; and the rows, no two alike, brought into the order of their codes.
pub(super) fn put_in_order<'a>(texts: Texts, rows: impl IntoIterator<Item = &'a mut Rows>) -> Texts {
    let rows: Vec<(Vec<Used>, &mut Rows)> = rows.into_iter().map(|rows| (columns_of(rows, texts.len()), rows)).collect();
    let mut used = Used::none_of(texts.len());
    rows.iter().flat_map(|(columns, _)| columns).for_each(|column| used.insert_all(column));
    let (texts, ranks) = texts.ranked(&used);
    for (columns, rows) in rows {
        rows.recode(&ranks);
        let recoded = columns.into_iter().map(|column| column.recoded(&ranks, texts.len()));
        sort(rows, &FirstColumns::of(recoded));
    }
    texts
}

/// The codes of each column; of all columns in one set where a set for each would take too much.
fn columns_of(rows: &Rows, texts: usize) -> Vec<Used> {
    let has_room = rows.width() * texts.div_ceil(8) <= MOST_SET_BYTES;
    let mut sets = vec![Used::none_of(texts); if has_room { rows.width() } else { 1 }];
    for row in 0..rows.len() {
        if has_room {
            rows.codes(row).iter().zip(&mut sets).for_each(|(code, set)| set.insert(*code));
        } else {
            rows.codes(row).iter().for_each(|code| sets[0].insert(*code));
        }
    }
    sets
}

fn sort(rows: &mut Rows, first_columns: &FirstColumns) {
    let key = |row: usize| (first_columns.key(rows.codes(row)), u32::try_from(row).expect("INVARIANT: rows are counted in 32 bits"));
    let mut order: Vec<(u64, u32)> = (0..rows.len()).map(key).collect();
    if order.is_sorted_by(|a, b| a.0 < b.0) {
        return;
    }
    order.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| rows.codes(a.1 as usize).cmp(rows.codes(b.1 as usize))));
    let order: Vec<u32> = order.into_iter().map(|(_, row)| row).collect();
    rows.reorder(&order);
}

/// As many of the first columns as fit into 64 bits, each code by its place among the codes of its column.
/// Most columns of a cube hold few codes, and many only one, which takes no bit.
struct FirstColumns {
    /// With the places in a row of those that take bits.
    columns: Vec<(usize, Column)>,
}

struct Column {
    bits: u32,
    codes: Used,
    /// How many codes come before each word of the set.
    before: Vec<u32>,
}

impl FirstColumns {
    fn of(columns: impl Iterator<Item = Used>) -> FirstColumns {
        let mut left = u64::BITS;
        let fitting = columns.map(Column::of).map_while(|column| {
            left = left.checked_sub(column.bits)?;
            Some(column)
        });
        FirstColumns { columns: fitting.enumerate().filter(|(_, column)| column.bits > 0).collect() }
    }

    /// In the order of the columns' codes.
    fn key(&self, codes: &[Code]) -> u64 {
        self.columns.iter().fold(0, |key, (place, column)| key.unbounded_shl(column.bits) | column.place(codes[*place]))
    }
}

impl Column {
    fn of(codes: Used) -> Column {
        let mut count = 0;
        let mut before = Vec::with_capacity(codes.words().len());
        for word in codes.words() {
            before.push(count);
            count += word.count_ones();
        }
        Column { bits: u32::BITS - count.saturating_sub(1).leading_zeros(), codes, before }
    }

    fn place(&self, code: Code) -> u64 {
        let (word, bit) = (code.place() / 64, code.place() % 64);
        let lower = self.codes.words()[word] & ((1 << bit) - 1);
        u64::from(self.before[word] + lower.count_ones())
    }
}
