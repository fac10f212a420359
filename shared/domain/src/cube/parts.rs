//! Cubes put together and taken apart.

use std::collections::BTreeMap;

use super::{Bill, BillKey, Code, Cube, CubeBuilder, CubeError, Row};
use crate::charge::Dimension;
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

impl Cube {
    /// The cube of the charges of all these cubes; of none, the empty cube without tag keys.
    pub fn merge<'a>(cubes: impl IntoIterator<Item = &'a Cube>) -> Result<Cube, CubeMergeError> {
        let mut cubes = cubes.into_iter().peekable();
        let tag_keys = cubes.peek().map_or(&[][..], |first| &first.tag_keys);
        let mut builder = CubeBuilder::new(tag_keys.to_vec());
        for cube in cubes {
            if cube.tag_keys != tag_keys {
                return Err(CubeMergeError::TagKeys { first: tag_keys.join(", "), second: cube.tag_keys.join(", ") });
            }
            builder.add_cube(cube)?;
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
        let fewer = |row: &Row| {
            let tags = places.iter().map(|place| row.codes[Dimension::COUNT + place]);
            Row { codes: row.codes[..Dimension::COUNT].iter().copied().chain(tags).collect(), sums: row.sums }
        };
        let bills = self.bills.iter().map(|(key, bill)| {
            let rows = bill.rows.iter().map(fewer).collect();
            (*key, Bill { rows, sub_account_names: bill.sub_account_names.clone(), ..*bill })
        });
        let split = Cube { scale: self.scale, tag_keys: tag_keys.to_vec(), texts: self.texts.clone(), bills: bills.collect() };
        // Rows that only a dropped tag told apart are one row now.
        let mut builder = CubeBuilder::new(tag_keys.to_vec());
        builder.add_cube(&split).expect("INVARIANT: fewer combinations of the same texts are within the limits");
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

    /// With the texts that its rows use only, in order: then codes are in the order of their texts.
    pub(super) fn of_bills(&self, keep: impl Fn(BillKey) -> bool) -> Cube {
        let kept = || self.bills.iter().filter(|(key, _)| keep(**key));
        let scale = kept().map(|(_, bill)| bill.scale).max().unwrap_or(0);
        let (texts, codes) = self.texts_of(kept().flat_map(|(_, bill)| &bill.rows));
        let divisor = power_of_ten(self.scale - scale);
        let row = |row: &Row| Row {
            codes: row.codes.iter().map(|code| codes[*code as usize]).collect(),
            sums: row.sums.each(|units| units / divisor),
        };
        let bills: BTreeMap<BillKey, Bill> = kept()
            .map(|(key, bill)| {
                let rows = bill.rows.iter().map(row).collect();
                (*key, Bill { rows, sub_account_names: bill.sub_account_names.clone(), ..*bill })
            })
            .collect();
        Cube { scale, tag_keys: self.tag_keys.clone(), texts, bills }
    }

    /// The texts of rows, the empty one and then each once in order; and the place there of every text here.
    fn texts_of<'a>(&self, rows: impl Iterator<Item = &'a Row>) -> (Vec<Box<str>>, Vec<Code>) {
        let mut is_used = vec![false; self.texts.len()];
        for code in rows.flat_map(|row| row.codes.iter()) {
            is_used[*code as usize] = true;
        }
        is_used[0] = true;
        let mut used: Vec<usize> = (0..self.texts.len()).filter(|place| is_used[*place]).collect();
        used.sort_unstable_by(|a, b| self.texts[*a].cmp(&self.texts[*b]));
        let mut codes: Vec<Code> = vec![0; self.texts.len()];
        for (code, place) in used.iter().enumerate() {
            codes[*place] = Code::try_from(code).expect("INVARIANT: no more texts than before");
        }
        (used.into_iter().map(|place| self.texts[place].clone()).collect(), codes)
    }

    /// A bill whose sums leave no room to divide them at the largest scale.
    pub(super) fn bill_without_room(&self) -> Option<BillKey> {
        let widest = power_of_ten(MAX_DECIMALS + SPLIT_DECIMALS - self.scale);
        let has_room = |of: fn(&Row) -> Units, rows: &[Row]| {
            let whole = rows.iter().try_fold(Units::ZERO, |sum, row| sum.checked_add(of(row).checked_abs()?));
            whole.and_then(|whole| whole.checked_mul(widest)).is_some()
        };
        let sums: [fn(&Row) -> Units; 4] =
            [|row| row.sums.billed, |row| row.sums.effective, |row| row.sums.list, |row| row.sums.contracted];
        let lacks_room = |bill: &Bill| sums.iter().any(|of| !has_room(*of, &bill.rows));
        self.bills.iter().find(|(_, bill)| lacks_room(bill)).map(|(key, _)| *key)
    }
}
