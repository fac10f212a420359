//! The rows of a bill, flat: no allocation of their own for each.

use super::Code;
use super::table::Table;
use crate::exact::{Units, plus, power_of_ten, times};

/// How many sums a row has: billed, effective, list, contracted.
pub(super) const SUMS: usize = 4;

/// Rows of one width, each its codes, how many charges it sums, and their sums.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    codes: Table<Code>,
    charges: Table<u64>,
    sums: Sums,
}

/// The sums of all rows: in 128 bits while each fits, else in 256.
#[derive(Clone, Debug)]
enum Sums {
    Narrow(Table<[i128; SUMS]>),
    Wide(Table<[Units; SUMS]>),
}

impl Rows {
    /// None, of so many codes each; at least one.
    pub(super) fn new(width: usize) -> Rows {
        Rows { codes: Table::new(width), charges: Table::new(1), sums: Sums::Narrow(Table::new(1)) }
    }

    /// Codes of a row.
    pub(super) fn width(&self) -> usize {
        self.codes.width()
    }

    pub(super) fn len(&self) -> usize {
        self.codes.len()
    }

    pub(super) fn codes(&self, row: usize) -> &[Code] {
        self.codes.get(row)
    }

    pub(super) fn charges(&self, row: usize) -> u64 {
        self.charges.get(row)[0]
    }

    pub(super) fn sums(&self, row: usize) -> [Units; SUMS] {
        match &self.sums {
            Sums::Narrow(sums) => sums.get(row)[0].map(Units::from),
            Sums::Wide(sums) => sums.get(row)[0],
        }
    }

    /// One of the sums of a row.
    pub(super) fn sum(&self, row: usize, which: usize) -> Units {
        match &self.sums {
            Sums::Narrow(sums) => Units::from(sums.get(row)[0][which]),
            Sums::Wide(sums) => sums.get(row)[0][which],
        }
    }

    /// One more row.
    pub(super) fn push(&mut self, codes: &[Code], charges: u64, sums: [Units; SUMS]) {
        self.codes.push(codes);
        self.charges.push(&[charges]);
        match (&mut self.sums, narrow(sums)) {
            (Sums::Narrow(all), Some(sums)) => all.push(&[sums]),
            _ => self.widened().push(&[sums]),
        }
    }

    /// Adds to a row.
    pub(super) fn add(&mut self, row: usize, charges: u64, added: [Units; SUMS]) {
        let count = &mut self.charges.get_mut(row)[0];
        *count = count.checked_add(charges).expect("INVARIANT: charges are read one by one, and never 2^64");
        if let (Sums::Narrow(all), Some(added)) = (&mut self.sums, narrow(added))
            && let Some(sum) = narrow_sum(all.get(row)[0], added)
        {
            all.get_mut(row)[0] = sum;
            return;
        }
        let into = &mut self.widened().get_mut(row)[0];
        into.iter_mut().zip(added).for_each(|(into, added)| *into = plus(*into, added));
    }

    /// Counts the sums in units of 10^−`decimals` of the unit until now.
    pub(super) fn refine(&mut self, decimals: u32) {
        let factor = power_of_ten(decimals);
        if let Sums::Narrow(all) = &mut self.sums
            && let Ok(factor) = i128::try_from(factor)
            && all.items().flatten().all(|sum| sum.checked_mul(factor).is_some())
        {
            all.items_mut().flatten().for_each(|sum| *sum *= factor);
            return;
        }
        self.widened().items_mut().flatten().for_each(|sum| *sum = times(*sum, factor));
    }

    /// Counts the sums in the largest unit that is 10^0 to 10^`most` of the one until now and leaves all of them
    /// whole; answers with that exponent. Uses 128 bits again where they are enough.
    pub(super) fn coarsen(&mut self, most: u32) -> u32 {
        let whole = match &self.sums {
            Sums::Narrow(all) => all.items().flatten().fold(most, |zeros, sum| trailing_zeros_of_narrow(*sum, zeros)),
            Sums::Wide(all) => all.items().flatten().fold(most, |zeros, sum| trailing_zeros(*sum, zeros)),
        };
        let divisor = power_of_ten(whole);
        match &mut self.sums {
            _ if whole == 0 => {}
            Sums::Narrow(all) => match i128::try_from(divisor) {
                Ok(divisor) => all.items_mut().flatten().for_each(|sum| *sum = divided(*sum, divisor)),
                // No number of 128 bits but nought has so many zeros.
                Err(_) => all.items_mut().flatten().for_each(|sum| *sum = 0),
            },
            Sums::Wide(all) => all.items_mut().flatten().for_each(|sum| *sum /= divisor),
        }
        if let Sums::Wide(all) = &self.sums
            && all.items().all(|sums| narrow(*sums).is_some())
        {
            self.sums = Sums::Narrow(all.mapped(|sums| narrow(*sums).expect("INVARIANT: looked at above")));
        }
        whole
    }

    /// Other codes for the texts, by the codes until now.
    pub(super) fn recode(&mut self, codes: &[Code]) {
        self.codes.items_mut().for_each(|code| *code = codes[code.place()]);
    }

    /// Puts the row that is at `order[n]` to place n, for all. Each row once.
    pub(super) fn reorder(&mut self, order: &[u32]) {
        self.codes.reorder(order);
        self.charges.reorder(order);
        match &mut self.sums {
            Sums::Narrow(sums) => sums.reorder(order),
            Sums::Wide(sums) => sums.reorder(order),
        }
    }

    fn widened(&mut self) -> &mut Table<[Units; SUMS]> {
        if let Sums::Narrow(narrow) = &self.sums {
            self.sums = Sums::Wide(narrow.mapped(|sums| sums.map(Units::from)));
        }
        let Sums::Wide(sums) = &mut self.sums else { unreachable!("INVARIANT: widened above") };
        sums
    }
}

fn narrow(sums: [Units; SUMS]) -> Option<[i128; SUMS]> {
    let mut narrow = [0; SUMS];
    for (narrow, sum) in narrow.iter_mut().zip(sums) {
        *narrow = i128::try_from(sum).ok()?;
    }
    Some(narrow)
}

fn narrow_sum(mut sums: [i128; SUMS], added: [i128; SUMS]) -> Option<[i128; SUMS]> {
    for (sum, added) in sums.iter_mut().zip(added) {
        *sum = sum.checked_add(added)?;
    }
    Some(sums)
}

/// How many zeros a number ends with, no more than `most`; nought has as many as are asked for.
fn trailing_zeros_of_narrow(number: i128, mut most: u32) -> u32 {
    // A number that ends with n zeros is a multiple of 2^n: that settles most of them.
    most = most.min(number.trailing_zeros());
    while most > 0 && !is_multiple(number, most) {
        most -= 1;
    }
    most
}

/// Whether a number is a multiple of 10^`zeros`.
fn is_multiple(number: i128, zeros: u32) -> bool {
    match (u64::try_from(number.unsigned_abs()), 10u64.checked_pow(zeros)) {
        (Ok(number), Some(power)) => number % power == 0,
        _ => i128::try_from(power_of_ten(zeros)).map_or(number == 0, |power| number % power == 0),
    }
}

fn divided(number: i128, divisor: i128) -> i128 {
    match (i64::try_from(number), i64::try_from(divisor)) {
        (Ok(number), Ok(divisor)) => i128::from(number / divisor),
        _ => number / divisor,
    }
}

/// The same of a number of 256 bits.
fn trailing_zeros(number: Units, most: u32) -> u32 {
    if number == Units::ZERO {
        return most;
    }
    let mut most = most.min(number.trailing_zeros());
    while most > 0 && number % power_of_ten(most) != Units::ZERO {
        most -= 1;
    }
    most
}

/// How many zeros all sums of a row end with, no more than `most`.
pub(super) fn zeros_in_common(sums: &[Units; SUMS], most: u32) -> u32 {
    sums.iter().fold(most, |most, sum| match i128::try_from(*sum) {
        Ok(sum) => trailing_zeros_of_narrow(sum, most),
        Err(_) => trailing_zeros(*sum, most),
    })
}
