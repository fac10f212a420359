//! Amounts of any type as integers at one scale.

use std::collections::HashMap;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int32Type};
use arrow_array::{Array, ArrayRef, DictionaryArray};
use arrow_buffer::NullBuffer;
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::DataType;
use dayone_domain::Exact;
use dayone_domain::exact::MAX_INTEGER_DIGITS;

use super::{DAMAGED, is_same, offset};
use crate::sums::GiveUp;
use crate::sums::money::{self, Integers, MoneyColumn, Nulls, SCALE, units_of};

/// The amounts of a file.
pub(super) struct AmountColumns {
    /// Decimals of the integers, as many as any column has.
    scale: u32,
    /// By slot, the amounts of a dictionary of texts.
    known: HashMap<usize, Known>,
}

struct Known {
    /// Kept, so that no other dictionary can be at its place.
    values: ArrayRef,
    amounts: Vec<Option<Exact>>,
}

impl AmountColumns {
    pub(super) fn new(scale: u32) -> AmountColumns {
        AmountColumns { scale, known: HashMap::new() }
    }

    pub(super) fn read(&mut self, slot: usize, array: &ArrayRef) -> Result<MoneyColumn, GiveUp> {
        let nulls = nulls_of(array.logical_nulls().as_ref(), array.len());
        if nulls == Nulls::All {
            return Ok(MoneyColumn { nulls, ..MoneyColumn::default() });
        }
        match array.data_type() {
            DataType::Float64 => doubles(array.as_primitive::<Float64Type>().values(), nulls, self.scale),
            DataType::Dictionary(..) => self.texts(slot, array.as_dictionary(), nulls),
            DataType::Decimal128(_, decimals) => self.decimals(array, *decimals, nulls),
            DataType::Decimal32(_, decimals) | DataType::Decimal64(_, decimals) => self.cast(array, *decimals, nulls),
            DataType::Int32 | DataType::Int64 => self.cast(array, 0, nulls),
            _ => Err(GiveUp("an amount of another type")),
        }
    }

    fn decimals(&self, array: &ArrayRef, decimals: i8, nulls: Nulls) -> Result<MoneyColumn, GiveUp> {
        let more = self.scale - u32::try_from(decimals).map_err(|_| DAMAGED)?;
        wide(array.as_primitive::<Decimal128Type>().values(), more, self.scale, nulls)
    }

    fn cast(&self, array: &ArrayRef, decimals: i8, nulls: Nulls) -> Result<MoneyColumn, GiveUp> {
        // What does not fit is an error, not a null.
        let options = CastOptions { safe: false, ..CastOptions::default() };
        let cast = cast_with_options(array, &DataType::Decimal128(38, decimals), &options).map_err(|_| DAMAGED)?;
        self.decimals(&cast, decimals, nulls)
    }

    /// Amounts as texts of a dictionary, each read once.
    fn texts(&mut self, slot: usize, array: &DictionaryArray<Int32Type>, mut nulls: Nulls) -> Result<MoneyColumn, GiveUp> {
        if !self.known.get(&slot).is_some_and(|known| is_same(&known.values, array.values())) {
            let texts = array.values().as_string::<i32>();
            let amounts = texts.iter().map(|text| text.map_or(Ok(None), money::amount)).collect::<Result<_, _>>()?;
            self.known.insert(slot, Known { values: array.values().clone(), amounts });
        }
        let known = &self.known[&slot].amounts;
        let rows = array.len();
        let (mut units, mut exceptions, mut is_null) = (vec![0i64; rows], Vec::new(), vec![false; rows]);
        for (row, key) in array.keys().values().iter().enumerate() {
            let amount = if nulls.is_null(row) { None } else { known[offset(*key)?] };
            let Some(amount) = amount else {
                is_null[row] = true;
                continue;
            };
            match units_of(amount, self.scale) {
                Some(narrow) => units[row] = narrow,
                None => exceptions.push((row, amount)),
            }
        }
        if is_null.contains(&true) {
            nulls = Nulls::Some(is_null);
        }
        Ok(MoneyColumn { units: Integers::Narrow(units), nulls, exceptions })
    }
}

pub(super) fn nulls_of(nulls: Option<&NullBuffer>, rows: usize) -> Nulls {
    match nulls {
        Some(nulls) if nulls.null_count() == rows => Nulls::All,
        Some(nulls) if nulls.null_count() > 0 => Nulls::Some(nulls.iter().map(|is_valid| !is_valid).collect()),
        _ => Nulls::None,
    }
}

fn doubles(doubles: &[f64], nulls: Nulls, scale: u32) -> Result<MoneyColumn, GiveUp> {
    let mut units = Vec::new();
    let mut exceptions = Vec::new();
    if !money::all_narrow(doubles, &mut units) || nulls != Nulls::None {
        for (row, double) in doubles.iter().enumerate() {
            if nulls.is_null(row) {
                units[row] = 0;
            } else if units[row] == 0 {
                match money::narrow(*double) {
                    Some(narrow) => units[row] = narrow,
                    None => exceptions.push((row, money::exact(*double).ok_or(GiveUp("no amount"))?)),
                }
            }
        }
    }
    if scale == SCALE {
        return Ok(MoneyColumn { units: Integers::Narrow(units), nulls, exceptions });
    }
    let wider: Vec<i128> = units.iter().map(|units| i128::from(*units)).collect();
    Ok(MoneyColumn { exceptions, ..wide(&wider, scale - SCALE, scale, nulls)? })
}

/// Integers with so many more decimals, `scale` in all.
fn wide(units: &[i128], more: u32, scale: u32, nulls: Nulls) -> Result<MoneyColumn, GiveUp> {
    let factor = 10i128.checked_pow(more).ok_or(GiveUp("a column of many decimals"))?;
    // Where that is beyond 128 bits, no integer reaches it.
    let most = 10u128.checked_pow(MAX_INTEGER_DIGITS + scale).unwrap_or(u128::MAX);
    let wide = units.iter().enumerate().map(|(row, units)| {
        if nulls.is_null(row) { Some(0) } else { units.checked_mul(factor).filter(|units| units.unsigned_abs() < most) }
    });
    let wide = wide.collect::<Option<Vec<i128>>>().ok_or(GiveUp("an amount beyond its limit"))?;
    Ok(MoneyColumn { units: Integers::Wide(wide), nulls, exceptions: Vec::new() })
}
