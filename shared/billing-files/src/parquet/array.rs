//! Arrow arrays as cells.

use std::borrow::Cow;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal256Type, Float32Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Decimal256Array, Float32Array, Float64Array, Int64Array, MapArray, StringViewArray};
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{ArrowError, DataType, Field, TimeUnit};
use chrono::{DateTime, NaiveDateTime};

use crate::cell::Cell;
use crate::columns::Kind;

/// A column of a batch, brought to one of few types without loss.
pub(crate) enum Values {
    Null,
    /// As views: texts of a dictionary are referred to, so that a large one that repeats is there once.
    Text(StringViewArray),
    Integer(Int64Array),
    Single(Float32Array),
    Double(Float64Array),
    Decimal(Decimal256Array),
    /// Since 1970-01-01T00:00:00Z.
    Moment(Int64Array, TimeUnit),
    Map(MapArray, Box<Values>, Box<Values>),
}

/// Whether a column of a type can be read as a kind.
pub(crate) fn is_readable(data_type: &DataType, kind: Kind) -> bool {
    match data_type {
        DataType::Null => true,
        DataType::Dictionary(_, value) => is_readable(value, kind),
        _ if is_text(data_type) => true,
        // A text column without a single value is a float in files that went through a data frame; a value in
        // it is refused when it comes.
        _ if data_type.is_integer() || data_type.is_floating() || is_decimal(data_type) => {
            matches!(kind, Kind::Text | Kind::Money | Kind::Presence)
        }
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => matches!(kind, Kind::Moment | Kind::Month),
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(fields) => kind == Kind::Tags && fields.iter().all(|field| is_readable(field.data_type(), Kind::Text)),
            _ => false,
        },
        _ => false,
    }
}

/// Reason and what to do for a column that [`is_readable`] says cannot be read.
pub(crate) fn wrong_type(data_type: &DataType, kind: Kind) -> (String, &'static str) {
    let (wanted, what_to_do) = match kind {
        Kind::Text | Kind::Presence => ("text", "write this column as a string"),
        Kind::Money => ("an amount", "write this column as DECIMAL, DOUBLE or a string"),
        Kind::Moment | Kind::Month => ("a date", "write this column as TIMESTAMP or a string"),
        Kind::Tags => ("tags", "write this column as MAP<string, string> or as a JSON string"),
    };
    (format!("its type {data_type} is not {wanted}"), what_to_do)
}

/// The type to read a column as: texts as views, everything else as it is. `stored` is the type without what an
/// Arrow writer left in the file beside it: that may call any bytes a text, and nothing would check them.
pub(crate) fn viewed(data_type: &DataType, stored: &DataType) -> DataType {
    match (data_type, stored) {
        (_, DataType::Utf8) => DataType::Utf8View,
        (_, DataType::Binary) => DataType::BinaryView,
        (DataType::Map(entries, sorted), DataType::Map(stored, _)) => DataType::Map(Arc::new(viewed_field(entries, stored)), *sorted),
        (DataType::Struct(fields), DataType::Struct(stored)) if fields.len() == stored.len() => {
            DataType::Struct(fields.iter().zip(stored).map(|(field, stored)| viewed_field(field, stored)).collect())
        }
        _ => data_type.clone(),
    }
}

/// A field with its type [`viewed`].
pub(crate) fn viewed_field(field: &Field, stored: &Field) -> Field {
    field.clone().with_data_type(viewed(field.data_type(), stored.data_type()))
}

fn is_text(data_type: &DataType) -> bool {
    use DataType::{Binary, BinaryView, LargeBinary, LargeUtf8, Utf8, Utf8View};
    matches!(data_type, Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView)
}

fn is_decimal(data_type: &DataType) -> bool {
    use DataType::{Decimal32, Decimal64, Decimal128, Decimal256};
    matches!(data_type, Decimal32(..) | Decimal64(..) | Decimal128(..) | Decimal256(..))
}

/// Digits of the widest decimal of Arrow.
const WIDEST: u8 = 76;

impl Values {
    pub(crate) fn try_new(array: &ArrayRef) -> Result<Values, ArrowError> {
        // What does not fit is an error, not a null.
        let to = |array: &dyn Array, to: &DataType| cast_with_options(array, to, &CastOptions { safe: false, ..CastOptions::default() });
        Ok(match array.data_type() {
            DataType::Null => Values::Null,
            DataType::Dictionary(_, value) => Values::try_new(&to(array, value)?)?,
            // The reader checks that texts are UTF-8 only where the file calls them UTF8, not where it calls them JSON.
            DataType::Utf8View => Values::Text(array.as_string_view().clone().to_binary_view().to_string_view()?),
            DataType::Binary | DataType::LargeBinary => Values::try_new(&to(array, &DataType::BinaryView)?)?,
            text if is_text(text) => Values::Text(to(array, &DataType::Utf8View)?.as_string_view().clone()),
            DataType::Float32 => Values::Single(array.as_primitive::<Float32Type>().clone()),
            DataType::Float16 => Values::Single(to(array, &DataType::Float32)?.as_primitive::<Float32Type>().clone()),
            DataType::Float64 => Values::Double(array.as_primitive::<Float64Type>().clone()),
            DataType::UInt64 => Values::Decimal(to(array, &DataType::Decimal256(WIDEST, 0))?.as_primitive::<Decimal256Type>().clone()),
            integer if integer.is_integer() => Values::Integer(to(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone()),
            DataType::Decimal256(..) => Values::Decimal(array.as_primitive::<Decimal256Type>().clone()),
            DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) => {
                Values::Decimal(to(array, &DataType::Decimal256(WIDEST, *scale))?.as_primitive::<Decimal256Type>().clone())
            }
            DataType::Date32 | DataType::Date64 => Values::try_new(&to(array, &DataType::Timestamp(TimeUnit::Millisecond, None))?)?,
            DataType::Timestamp(unit, _) => Values::Moment(to(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone(), *unit),
            DataType::Map(..) => {
                let map = array.as_map().clone();
                let (keys, values) = (Values::try_new(map.keys())?, Values::try_new(map.values())?);
                Values::Map(map, Box::new(keys), Box::new(values))
            }
            other => return Err(ArrowError::CastError(format!("a column of type {other} is not read"))),
        })
    }

    pub(crate) fn cell(&self, row: usize) -> Cell<'_> {
        let is_null = match self {
            Values::Null => true,
            Values::Text(array) => array.is_null(row),
            Values::Integer(array) | Values::Moment(array, _) => array.is_null(row),
            Values::Single(array) => array.is_null(row),
            Values::Double(array) => array.is_null(row),
            Values::Decimal(array) => array.is_null(row),
            Values::Map(array, ..) => array.is_null(row),
        };
        if is_null {
            return Cell::Null;
        }
        match self {
            Values::Null => Cell::Null,
            Values::Text(array) => Cell::of_text(array.value(row)),
            Values::Integer(array) => Cell::Integer(array.value(row)),
            Values::Single(array) => Cell::Single(array.value(row)),
            Values::Double(array) => Cell::Double(array.value(row)),
            Values::Decimal(array) => Cell::Decimal(array.value_as_string(row)),
            Values::Moment(array, unit) => match moment(array.value(row), *unit) {
                Some(moment) => Cell::Moment(moment),
                // Beyond every calendar: as a number it is refused where a date is needed.
                None => Cell::Integer(array.value(row)),
            },
            Values::Map(array, keys, values) => {
                let offsets = array.value_offsets();
                let place = |offset: i32| usize::try_from(offset).expect("INVARIANT: offsets are not negative");
                let entries = place(offsets[row])..place(offsets[row + 1]);
                Cell::Map(entries.map(|entry| (keys.text(entry).unwrap_or(Cow::Borrowed("")), values.text(entry))).collect())
            }
        }
    }

    /// The text of a map's key or value, as it stands; `None` is null.
    fn text(&self, row: usize) -> Option<Cow<'_, str>> {
        match self {
            Values::Text(array) => (!array.is_null(row)).then(|| Cow::Borrowed(array.value(row))),
            other => match other.cell(row) {
                Cell::Null => None,
                Cell::Double(double) => Some(Cow::Owned(double.to_string())),
                Cell::Single(single) => Some(Cow::Owned(single.to_string())),
                cell => Some(Cow::Owned(cell.to_text().into_owned())),
            },
        }
    }
}

pub(super) fn moment(count: i64, unit: TimeUnit) -> Option<NaiveDateTime> {
    match unit {
        TimeUnit::Second => DateTime::from_timestamp_secs(count),
        TimeUnit::Millisecond => DateTime::from_timestamp_millis(count),
        TimeUnit::Microsecond => DateTime::from_timestamp_micros(count),
        TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(count)),
    }
    .map(|moment| moment.naive_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_that_a_kind_may_have() {
        let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
        let timestamp = DataType::Timestamp(TimeUnit::Nanosecond, Some("UTC".into()));
        for (data_type, text, money, date, tags) in [
            (DataType::Utf8, true, true, true, true),
            (DataType::LargeUtf8, true, true, true, true),
            (DataType::Utf8View, true, true, true, true),
            (dictionary, true, true, true, true),
            (DataType::Null, true, true, true, true),
            (DataType::Int64, true, true, false, false),
            (DataType::Float64, true, true, false, false),
            (DataType::Decimal128(38, 18), true, true, false, false),
            (timestamp, false, false, true, false),
            (DataType::Date32, false, false, true, false),
            (DataType::Boolean, false, false, false, false),
            (DataType::new_list(DataType::Utf8, true), false, false, false, false),
        ] {
            for (kind, readable) in [(Kind::Text, text), (Kind::Money, money), (Kind::Moment, date), (Kind::Tags, tags)] {
                assert_eq!(is_readable(&data_type, kind), readable, "{data_type} {kind:?}");
            }
        }
    }
}
