//! Timestamps as numbers: most often all rows of a batch are of one month, which two comparisons tell.

use std::collections::HashMap;
use std::ops::Range;

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, TimeUnit};
use chrono::NaiveDateTime;
use dayone_domain::period::BillingPeriod;

use super::{DAMAGED, same_or_each};
use crate::parquet::array::moment;
use crate::sums::values::SlotValues;
use crate::sums::{Codes, GiveUp};

/// By slot, the value that was met last.
#[derive(Default)]
pub(super) struct MomentColumns(HashMap<usize, Span>);

/// Counts since 1970 that are one value: a moment, or a month.
#[derive(Clone)]
struct Span {
    counts: Range<i64>,
    code: u32,
}

impl MomentColumns {
    pub(super) fn read(&mut self, slot: usize, array: &ArrayRef, unit: TimeUnit, values: &mut SlotValues) -> Result<Codes, GiveUp> {
        let SlotValues::Moment(moments) = values else { return Err(GiveUp("a date where none is read")) };
        let counts = cast_with_options(array, &DataType::Int64, &CastOptions::default()).map_err(|_| DAMAGED)?;
        let counts = counts.as_primitive::<Int64Type>();
        let nulls = counts.nulls().filter(|nulls| nulls.null_count() > 0);
        let values = counts.values();
        let mut known = self.0.get(&slot).cloned().unwrap_or(Span { counts: 0..0, code: 0 });
        let (least, most) = values.iter().fold((i64::MAX, i64::MIN), |(least, most), count| (least.min(*count), most.max(*count)));
        if nulls.is_none() && known.counts.contains(&least) && known.counts.contains(&most) {
            return Ok(Codes::Same(known.code));
        }
        let mut codes = Vec::with_capacity(values.len());
        for (row, count) in values.iter().enumerate() {
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                codes.push(0);
                continue;
            }
            if !known.counts.contains(count) {
                let moment = moment(*count, unit).ok_or(GiveUp("a moment beyond every calendar"))?;
                let code = moments.code(moment)?;
                let counts = if moments.is_by_month() { month_of(moment, unit) } else { None };
                known = Span { counts: counts.unwrap_or(*count..count.saturating_add(1)), code };
            }
            codes.push(known.code);
        }
        self.0.insert(slot, known);
        Ok(same_or_each(codes))
    }
}

/// All counts of the month of a moment.
fn month_of(moment: NaiveDateTime, unit: TimeUnit) -> Option<Range<i64>> {
    let period = BillingPeriod::containing(moment);
    let count = |period: BillingPeriod| {
        let midnight = period.first_day().and_hms_opt(0, 0, 0)?.and_utc();
        match unit {
            TimeUnit::Second => Some(midnight.timestamp()),
            TimeUnit::Millisecond => Some(midnight.timestamp_millis()),
            TimeUnit::Microsecond => Some(midnight.timestamp_micros()),
            TimeUnit::Nanosecond => midnight.timestamp_nanos_opt(),
        }
    };
    Some(count(period)?..count(period.next())?)
}
