//! Items in rows of one width, in pieces: growing copies nothing, and no more memory is held than is used.

/// Most bytes of a piece.
const PIECE_BYTES: usize = 1 << 18;

/// Rows of `width` items each.
#[derive(Clone, Debug)]
pub(super) struct Table<T> {
    width: usize,
    /// Rows of a piece: 2 to this power.
    shift: u32,
    pieces: Vec<Vec<T>>,
    rows: usize,
}

impl<T: Copy> Table<T> {
    /// None, of so many items each; at least one.
    pub(super) fn new(width: usize) -> Table<T> {
        let rows = PIECE_BYTES / (width * size_of::<T>()).max(1);
        Table { width, shift: rows.max(1).ilog2(), pieces: Vec::new(), rows: 0 }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn len(&self) -> usize {
        self.rows
    }

    pub(super) fn get(&self, row: usize) -> &[T] {
        &self.pieces[row >> self.shift][self.within(row)..][..self.width]
    }

    pub(super) fn get_mut(&mut self, row: usize) -> &mut [T] {
        let within = self.within(row);
        &mut self.pieces[row >> self.shift][within..][..self.width]
    }

    pub(super) fn push(&mut self, row: &[T]) {
        if self.rows >> self.shift == self.pieces.len() {
            // The first piece grows as it fills: most cubes are small.
            let room = if self.pieces.is_empty() { 0 } else { self.width << self.shift };
            self.pieces.push(Vec::with_capacity(room));
        }
        self.pieces.last_mut().expect("INVARIANT: pushed above").extend_from_slice(row);
        self.rows += 1;
    }

    /// The same rows of one item each made of other items.
    pub(super) fn mapped<U: Copy>(&self, of: impl Fn(&T) -> U) -> Table<U> {
        let mut mapped = Table::new(self.width);
        self.items().for_each(|item| mapped.push(&[of(item)]));
        mapped
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &T> {
        self.pieces.iter().flatten()
    }

    pub(super) fn items_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.pieces.iter_mut().flatten()
    }

    /// Puts the row that is at `order[n]` to place n, for all, following each circle of moves once. Each row once.
    pub(super) fn reorder(&mut self, order: &[u32]) {
        let mut is_done = vec![false; order.len()];
        let mut first = Vec::with_capacity(self.width);
        for begin in 0..order.len() {
            if is_done[begin] {
                continue;
            }
            first.clear();
            first.extend_from_slice(self.get(begin));
            let mut to = begin;
            loop {
                is_done[to] = true;
                let from = order[to] as usize;
                if from == begin {
                    self.get_mut(to).copy_from_slice(&first);
                    break;
                }
                self.copy(from, to);
                to = from;
            }
        }
    }

    fn copy(&mut self, from: usize, to: usize) {
        let (from_piece, to_piece) = (from >> self.shift, to >> self.shift);
        let (from, to) = (self.within(from), self.within(to));
        match self.pieces.get_disjoint_mut([from_piece, to_piece]) {
            Ok([from_piece, to_piece]) => to_piece[to..][..self.width].copy_from_slice(&from_piece[from..][..self.width]),
            Err(_) => self.pieces[from_piece].copy_within(from..from + self.width, to),
        }
    }

    fn within(&self, row: usize) -> usize {
        (row & ((1 << self.shift) - 1)) * self.width
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(8))]

        #[test]
        fn rows_are_put_in_any_order(order in Just((0u32..20_000).collect::<Vec<u32>>()).prop_shuffle(), width in 1usize..30) {
            let mut table = Table::new(width);
            for row in 0..20_000u32 {
                table.push(&(0..width as u32).map(|place| row * 100 + place).collect::<Vec<u32>>());
            }
            prop_assert!(table.pieces.len() > 1 || width < 5);
            table.reorder(&order);
            for (place, row) in order.iter().enumerate() {
                prop_assert!(table.get(place).iter().copied().eq((0..width as u32).map(|place| row * 100 + place)));
            }
            prop_assert_eq!(table.items().count(), 20_000 * width);
        }
    }
}
