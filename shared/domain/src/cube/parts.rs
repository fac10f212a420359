//! Cubes put together and taken apart.

use std::collections::BTreeMap;

use super::order::put_in_order;
use super::rows::SUMS;
use super::{Bill, BillKey, Cube, CubeBuilder, CubeError};
use crate::exact::{MAX_DECIMALS, SPLIT_DECIMALS, Units, power_of_ten};
use crate::period::BillingPeriod;

/// Why cubes cannot be added up.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CubeMergeError {
    /// They tell charges apart by different tag keys.
    #[error("the cubes tell charges apart by different tags, `{first}` and `{second}`; read the files again with the tags of the tree")]
    TagKeys {
        /// Of the first cube, with commas.
        first: String,
        /// Of the one that differs.
        second: String,
    },
    /// Together they are no cube.
    #[error(transparent)]
    Charges(#[from] CubeError),
    /// The sums leave no room to divide them.
    #[error("the charges of {0} sum to more than 256 bits can count; look for a cost with too many digits")]
    TooLarge(BillKey),
}

impl CubeMergeError {
    pub(super) fn of_tag_keys(first: &[String], second: &[String]) -> CubeMergeError {
        CubeMergeError::TagKeys { first: first.join(", "), second: second.join(", ") }
    }
}

impl Cube {
    /// The cube of the charges of all these cubes; of none, the empty cube without tag keys.
    pub fn merge<'a>(cubes: impl IntoIterator<Item = &'a Cube>) -> Result<Cube, CubeMergeError> {
        let mut cubes = cubes.into_iter().peekable();
        let tag_keys = cubes.peek().map_or(&[][..], |first| &first.tag_keys);
        let all_tags: Vec<usize> = (0..tag_keys.len()).collect();
        let mut builder = CubeBuilder::new(tag_keys.to_vec());
        for cube in cubes {
            if cube.tag_keys != tag_keys {
                return Err(CubeMergeError::of_tag_keys(tag_keys, &cube.tag_keys));
            }
            builder.add_cube(cube, &all_tags)?;
        }
        let merged = builder.finish();
        match merged.bill_without_room() {
            Some(bill) => Err(CubeMergeError::TooLarge(bill)),
            None => Ok(merged),
        }
    }

    /// The cube told apart by these tag keys alone.
    ///
    /// # Errors
    /// The first of them that this cube was built without.
    pub fn with_tag_keys(&self, tag_keys: &[String]) -> Result<Cube, String> {
        if self.tag_keys == tag_keys {
            return Ok(self.clone());
        }
        let place = |key: &String| self.tag_keys.iter().position(|known| known == key).ok_or_else(|| key.clone());
        let places: Vec<usize> = tag_keys.iter().map(place).collect::<Result<_, _>>()?;
        // Rows that only a dropped tag told apart are one row now.
        let mut builder = CubeBuilder::new(tag_keys.to_vec());
        builder.add_cube(self, &places).expect("INVARIANT: fewer combinations of the same texts are within the limits");
        Ok(builder.finish())
    }

    /// The cube of the charges of one billing period: the same as if no other charge had been there.
    pub fn of_period(&self, period: BillingPeriod) -> Cube {
        self.of_bills(|key| key.period == period)
    }

    /// The cube of the charges of one bill: the same as if no other charge had been there.
    pub fn of_bill(&self, bill: BillKey) -> Cube {
        self.of_bills(|key| key == bill)
    }

    fn of_bills(&self, keep: impl Fn(BillKey) -> bool) -> Cube {
        let mut bills: BTreeMap<BillKey, Bill> =
            self.bills.iter().filter(|(key, _)| keep(**key)).map(|(key, bill)| (*key, bill.clone())).collect();
        if bills.len() == self.bills.len() {
            return self.clone();
        }
        let texts = put_in_order(self.texts.clone(), bills.values_mut().map(|bill| &mut bill.rows));
        Cube { tag_keys: self.tag_keys.clone(), texts: texts.compact(), bills }
    }

    /// A bill whose sums leave no room to divide them at the largest scale.
    pub(super) fn bill_without_room(&self) -> Option<BillKey> {
        let lacks_room = |bill: &Bill| {
            let mut room = Room::default();
            !(0..bill.rows.len()).all(|row| room.take(&bill.rows.sums(row), bill.scale))
        };
        self.bills.iter().find(|(_, bill)| lacks_room(bill)).map(|(key, _)| *key)
    }
}

/// What the sums of a bill take of 256 bits, whatever their signs, at the largest scale that they are divided at.
#[derive(Clone, Debug, Default)]
pub(super) struct Room {
    taken: [Units; SUMS],
}

impl Room {
    /// Takes a row's sums of so many decimals; false where there is no room for them.
    pub(super) fn take(&mut self, sums: &[Units; SUMS], scale: u32) -> bool {
        let widest = power_of_ten(MAX_DECIMALS + SPLIT_DECIMALS - scale);
        self.taken.iter_mut().zip(sums).all(|(taken, sum)| {
            let more = sum.checked_abs().and_then(|sum| sum.checked_mul(widest)).and_then(|sum| taken.checked_add(sum));
            more.is_some_and(|more| {
                *taken = more;
                true
            })
        })
    }
}
