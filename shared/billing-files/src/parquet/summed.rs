//! Apache Parquet, summed: dictionaries of the file stay dictionaries, and only their values are looked at.

use std::collections::HashMap;
use std::fs::File;
use std::sync::Arc;

use ::parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use ::parquet::arrow::{ProjectionMask, parquet_to_arrow_schema};
use ::parquet::basic::ConvertedType;
use ::parquet::schema::types::Type;
use arrow_array::cast::AsArray;
use arrow_array::types::{Decimal128Type, Float64Type, Int32Type, Int64Type};
use arrow_array::{Array, ArrayRef, DictionaryArray, MapArray, StringArray};
use arrow_buffer::NullBuffer;
use arrow_cast::{CastOptions, cast_with_options};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use chrono::{DateTime, NaiveDateTime};
use dayone_domain::Exact;
use dayone_domain::exact::MAX_INTEGER_DIGITS;
use dayone_domain::period::BillingPeriod;

use super::{batch_rows, nested, pages, unpanicked};
use crate::columns::{Column, Header, Kind, Slot};
use crate::limits::MAX_TAGS;
use crate::mapper::Mapper;
use crate::sums::money::{self, Integers, MoneyColumn, Nulls, SCALE};
use crate::sums::values::{NOT_NEEDED, SlotValues, TagValues};
use crate::sums::{Batch, Codes, Engine, GiveUp, REFUSED};

/// Rows that are decoded at once.
const BATCH_ROWS: usize = 8_192;

/// Most decimals of a column that is summed in integers.
const MOST_DECIMALS: i8 = 28;

/// A Parquet file whose columns can be summed.
pub(crate) struct Plan {
    metadata: ArrowReaderMetadata,
    header: Header,
    /// Places of the columns that are decoded, ascending.
    places: Vec<usize>,
}

impl Plan {
    /// Looks at the metadata alone.
    pub(crate) fn of(file: &File) -> Result<Plan, GiveUp> {
        // What an Arrow writer left beside the file's own schema is not needed, but a footer that it contradicts is damaged.
        pages::check_footer(file).map_err(|_| DAMAGED)?;
        let metadata =
            unpanicked(|| ArrowReaderMetadata::load(file, ArrowReaderOptions::new())).map_err(|_| DAMAGED)?.map_err(|_| DAMAGED)?;
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let metadata = ArrowReaderMetadata::try_new(metadata.metadata().clone(), options).map_err(|_| DAMAGED)?;
        let fields = metadata.schema().fields();
        let names = fields.iter().map(|field| field.name().clone()).collect();
        let header = Header::try_new(names, nested(fields)).map_err(|_| GiveUp("a header that is refused"))?;
        Ok(Plan { metadata, header, places: Vec::new() })
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    /// Chooses what to decode for a mapping.
    pub(crate) fn choose(&mut self, file: &File, mapper: &Mapper) -> Result<(), GiveUp> {
        let picked = mapper.columns().picked();
        let mut places: Vec<usize> = picked.iter().map(|column| column.place).collect();
        places.sort_unstable();
        places.dedup();
        self.places = places;
        let metadata = self.metadata.metadata();
        unpanicked(|| pages::check(file, metadata, &self.places)).map_err(|_| DAMAGED)?.map_err(|_| GiveUp("pages that are refused"))?;
        if batch_rows(metadata) < super::BATCH_ROWS {
            return Err(GiveUp("texts that are copied in full"));
        }
        let descriptor = self.metadata.parquet_schema();
        let stored = parquet_to_arrow_schema(descriptor, None).map_err(|_| DAMAGED)?;
        let roots = descriptor.root_schema().get_fields();
        let fields = stored.fields().iter().enumerate().map(|(place, field)| {
            let is_picked = self.places.binary_search(&place).is_ok();
            if is_picked { kept(field, &roots[place]) } else { Ok(field.as_ref().clone()) }
        });
        let schema = Arc::new(Schema::new(fields.collect::<Result<Vec<Field>, GiveUp>>()?));
        for column in picked {
            if !is_summed(schema.field(column.place).data_type(), column.kind) {
                return Err(GiveUp("a column of a type that is read row by row"));
            }
        }
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true).with_schema(schema);
        self.metadata = ArrowReaderMetadata::try_new(self.metadata.metadata().clone(), options).map_err(|_| DAMAGED)?;
        Ok(())
    }

    /// Decimals that all amounts have room for.
    pub(crate) fn scale(&self, mapper: &Mapper) -> Result<u32, GiveUp> {
        let money = mapper.columns().picked().iter().filter(|column| column.kind == Kind::Money);
        let most = money.filter_map(|column| match self.metadata.schema().field(column.place).data_type() {
            DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) | DataType::Decimal128(_, scale) => Some(*scale),
            _ => None,
        });
        let most = most.max().unwrap_or(0);
        if most > MOST_DECIMALS {
            return Err(GiveUp("a column of many decimals"));
        }
        Ok(SCALE.max(u32::try_from(most).unwrap_or(0)))
    }

    pub(crate) fn row_groups(&self) -> usize {
        self.metadata.metadata().num_row_groups()
    }

    pub(crate) fn rows(&self) -> Result<u64, GiveUp> {
        u64::try_from(self.metadata.metadata().file_metadata().num_rows()).map_err(|_| DAMAGED)
    }

    /// Adds the rows of a row group; `on_rows` is told after each batch how many it had.
    pub(crate) fn sum_group(
        &self,
        file: File,
        group: usize,
        filler: &mut Filler,
        engine: &mut Engine<'_>,
        on_rows: &mut dyn FnMut(usize),
    ) -> Result<(), GiveUp> {
        let mask = ProjectionMask::roots(self.metadata.parquet_schema(), self.places.iter().copied());
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, self.metadata.clone());
        // One row group at a time: a batch of two would have two dictionaries, and be given without any.
        let builder = builder.with_row_groups(vec![group]).with_projection(mask).with_batch_size(BATCH_ROWS);
        let mut batches = unpanicked(|| builder.build()).map_err(|_| DAMAGED)?.map_err(|_| DAMAGED)?;
        while let Some(batch) = unpanicked(|| batches.next()).map_err(|_| DAMAGED)? {
            let batch = batch.map_err(|_| DAMAGED)?;
            let filled = filler.fill(batch.columns(), batch.num_rows(), engine)?;
            engine.add(filled)?;
            on_rows(batch.num_rows());
        }
        Ok(())
    }
}

const DAMAGED: GiveUp = GiveUp("a Parquet file that is damaged");

/// The field with its texts as dictionaries, in a map too.
fn kept(field: &Field, stored: &Type) -> Result<Field, GiveUp> {
    let dictionary = || DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let data_type = match field.data_type() {
        // The reader checks that texts are UTF-8 only where the file calls them that.
        DataType::Utf8 if stored.get_basic_info().converted_type() == ConvertedType::UTF8 => dictionary(),
        DataType::Utf8 => return Err(GiveUp("texts that the file does not call UTF-8")),
        DataType::Map(entries, sorted) => {
            let [repeated] = stored.get_fields() else { return Err(DAMAGED) };
            let DataType::Struct(inner) = entries.data_type() else { return Err(DAMAGED) };
            let inner = inner.iter().zip(repeated.get_fields()).map(|(field, stored)| kept(field, stored));
            let inner: Vec<Field> = inner.collect::<Result<_, _>>()?;
            DataType::Map(Arc::new(entries.as_ref().clone().with_data_type(DataType::Struct(inner.into()))), *sorted)
        }
        other => other.clone(),
    };
    Ok(field.clone().with_data_type(data_type))
}

fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Dictionary(_, value) if **value == DataType::Utf8)
}

fn is_summed(data_type: &DataType, kind: Kind) -> bool {
    match kind {
        Kind::Text => is_text(data_type),
        Kind::Presence => is_text(data_type) || is_amount(data_type),
        Kind::Money => is_text(data_type) || is_amount(data_type),
        Kind::Moment | Kind::Month => is_text(data_type) || matches!(data_type, DataType::Timestamp(..)),
        Kind::Tags => match data_type {
            DataType::Map(entries, _) => match entries.data_type() {
                DataType::Struct(inner) => inner.len() == 2 && inner.iter().all(|field| is_text(field.data_type())),
                _ => false,
            },
            other => is_text(other),
        },
    }
}

fn is_amount(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Float64 | DataType::Int32 | DataType::Int64)
        || matches!(data_type, DataType::Decimal128(_, scale) if *scale >= 0)
        || matches!(data_type, DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) if *scale >= 0)
}

/// Fills batches, and remembers what the values of dictionaries became.
pub(crate) struct Filler {
    columns: Vec<Column>,
    /// Places among the decoded columns, by slot.
    decoded: Vec<usize>,
    scale: u32,
    texts: HashMap<usize, Known>,
    /// Of maps, the keys and the values.
    keys: HashMap<usize, KnownLater>,
    held: HashMap<usize, KnownLater>,
    amounts: HashMap<usize, KnownAmounts>,
    spans: HashMap<usize, Span>,
    /// Of a map, row after row.
    combinations: Vec<u32>,
    /// The column whose tags are told apart one by one, and how many they are.
    tags_apart: Option<usize>,
    keys_apart: usize,
    batch: Batch,
}

/// What the values of a dictionary became.
struct Known {
    /// Kept, so that no other dictionary can be at its place.
    values: ArrayRef,
    codes: Arc<[u32]>,
    /// Whether rows may have any of them.
    is_sound: bool,
}

/// The same of a dictionary that is looked at as rows need it.
struct KnownLater {
    values: ArrayRef,
    codes: Vec<u32>,
}

struct KnownAmounts {
    values: ArrayRef,
    amounts: Vec<Option<Exact>>,
}

/// Counts since 1970 that are one value: a moment, or a month.
#[derive(Clone)]
struct Span {
    counts: std::ops::Range<i64>,
    code: u32,
}

/// Of a value that no row has needed yet.
const UNKNOWN: u32 = u32::MAX - 1;

impl Filler {
    pub(crate) fn new(plan: &Plan, mapper: &Mapper, scale: u32, engine: &mut Engine<'_>) -> Filler {
        let columns = mapper.columns().picked().to_vec();
        let decoded = columns.iter().map(|column| plan.places.binary_search(&column.place).expect("INVARIANT: every column is decoded"));
        let is_map = |column: &Column| matches!(plan.metadata.schema().field(column.place).data_type(), DataType::Map(..));
        let tags_apart = (0..columns.len()).find(|slot| is_map(&columns[*slot]) && engine.tell_tags_apart(*slot));
        let keys = match tags_apart.map(|slot| &engine.values[slot]) {
            Some(SlotValues::Tags(tags)) => tags.most_keys(),
            _ => 0,
        };
        Filler {
            decoded: decoded.collect(),
            batch: Batch { rows: 0, codes: vec![Codes::Same(0); columns.len()], money: HashMap::new(), tags: Vec::new() },
            columns,
            scale,
            texts: HashMap::new(),
            keys: HashMap::new(),
            held: HashMap::new(),
            amounts: HashMap::new(),
            spans: HashMap::new(),
            combinations: Vec::new(),
            tags_apart,
            keys_apart: keys,
        }
    }

    fn fill(&mut self, arrays: &[ArrayRef], rows: usize, engine: &mut Engine<'_>) -> Result<&Batch, GiveUp> {
        self.batch.rows = rows;
        for slot in 0..self.columns.len() {
            let array = &arrays[self.decoded[slot]];
            match self.columns[slot].kind {
                Kind::Money => {
                    let column = self.money(slot, array)?;
                    self.batch.money.insert(slot, column);
                }
                Kind::Presence if !is_text(array.data_type()) => {
                    let present = [0, 1].map(|value| engine.stands_for(slot, value));
                    self.batch.codes[slot] = presence(array.logical_nulls().as_ref(), rows, present);
                }
                Kind::Tags if self.tags_apart == Some(slot) => self.tags(slot, array.as_map(), engine)?,
                Kind::Tags if matches!(array.data_type(), DataType::Map(..)) => {
                    let codes = self.map(slot, array.as_map(), engine)?;
                    self.batch.codes[slot] = standing(slot, codes, engine);
                }
                _ => {
                    self.batch.codes[slot] = match array.data_type() {
                        DataType::Timestamp(unit, _) => {
                            let codes = self.moments(slot, array, *unit, &mut engine.values[slot])?;
                            standing(slot, codes, engine)
                        }
                        _ => self.text(slot, array.as_dictionary(), engine)?,
                    };
                }
            }
        }
        Ok(&self.batch)
    }

    fn text(&mut self, slot: usize, array: &DictionaryArray<Int32Type>, engine: &mut Engine<'_>) -> Result<Codes, GiveUp> {
        let texts = array.values().as_string::<i32>();
        if !self.texts.get(&slot).is_some_and(|known| is_same(&known.values, array.values())) {
            let reader = engine.reader_of(Slot(slot));
            let values = &mut engine.values[slot];
            let codes = texts.iter().map(|text| text.map_or(Ok(0), |text| values.code_of_text(text, reader)));
            let mut codes: Vec<u32> = codes.collect::<Result<_, _>>()?;
            if let Some(pieces) = engine.standing(slot) {
                codes.iter_mut().for_each(|code| *code = pieces[*code as usize]);
            }
            let is_sound = !codes.contains(&REFUSED);
            self.texts.insert(slot, Known { values: array.values().clone(), codes: codes.into(), is_sound });
        }
        Ok(looked_up(array, &self.texts[&slot], engine.stands_for(slot, 0)))
    }

    /// Tags one by one.
    fn tags(&mut self, slot: usize, array: &MapArray, engine: &mut Engine<'_>) -> Result<(), GiveUp> {
        let mut columns = std::mem::take(&mut self.batch.tags);
        let rows = array.len();
        columns.clear();
        columns.resize(rows * self.keys_apart, 0);
        let put = |row: usize, key: u32, value: u32| {
            let held = &mut columns[key as usize * rows + row];
            if *held != 0 && *held != value {
                return Err(GiveUp("a tag key with two values"));
            }
            *held = value;
            Ok(())
        };
        self.entries(slot, array, engine, put)?;
        self.batch.tags = columns;
        Ok(())
    }

    /// Tags as combinations.
    fn map(&mut self, slot: usize, array: &MapArray, engine: &mut Engine<'_>) -> Result<Codes, GiveUp> {
        let SlotValues::Tags(tags) = &engine.values[slot] else { return Err(GiveUp("a map that holds no tags")) };
        let width = tags.width();
        let mut rows = std::mem::take(&mut self.combinations);
        rows.clear();
        rows.resize(array.len() * width, 0);
        let offsets = array.value_offsets();
        for (row, combination) in rows.chunks_exact_mut(width).enumerate() {
            combination[0] = u32::from(array.is_valid(row) && offsets[row + 1] > offsets[row]);
        }
        self.entries(slot, array, engine, |row, key, value| TagValues::put(&mut rows[row * width..][..width], key, value))?;
        let mut codes = Vec::with_capacity(array.len());
        let SlotValues::Tags(tags) = &mut engine.values[slot] else { return Err(GiveUp("a map that holds no tags")) };
        tags.codes(&rows, &mut codes)?;
        self.combinations = rows;
        Ok(same_or_each(codes))
    }

    /// Calls `each` with every needed tag that has a value: its row, the place of its key, the number of its value.
    #[inline(always)]
    fn entries(
        &mut self,
        slot: usize,
        array: &MapArray,
        engine: &mut Engine<'_>,
        mut each: impl FnMut(usize, u32, u32) -> Result<(), GiveUp>,
    ) -> Result<(), GiveUp> {
        let reader = engine.reader_of(Slot(slot)).ok_or(GiveUp("a map that nothing reads"))?;
        let SlotValues::Tags(tags) = &mut engine.values[slot] else { return Err(GiveUp("a map that holds no tags")) };
        let keys: &DictionaryArray<Int32Type> = array.keys().as_dictionary();
        let held: &DictionaryArray<Int32Type> = array.values().as_dictionary();
        if keys.null_count() > 0 {
            return Err(GiveUp("a tag without key"));
        }
        if !self.keys.get(&slot).is_some_and(|known| is_same(&known.values, keys.values())) {
            let texts = keys.values().as_string::<i32>();
            let places = texts.iter().map(|key| tags.place(key.unwrap_or(""), reader)).collect::<Result<_, _>>()?;
            self.keys.insert(slot, KnownLater { values: keys.values().clone(), codes: places });
        }
        if !self.held.get(&slot).is_some_and(|known| is_same(&known.values, held.values())) {
            let codes = vec![UNKNOWN; held.values().len()];
            self.held.insert(slot, KnownLater { values: held.values().clone(), codes });
        }
        let places = &self.keys[&slot].codes;
        let known = self.held.get_mut(&slot).expect("INVARIANT: put there just now");
        let texts: &StringArray = known.values.as_string();
        let (offsets, key_codes, value_codes) = (array.value_offsets(), keys.keys().values(), held.keys().values());
        let value_nulls = held.nulls().filter(|nulls| nulls.null_count() > 0);
        let row_nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        let (mut last, mut needed): (&[i32], Vec<(usize, u32)>) = (&[], Vec::new());
        for row in 0..array.len() {
            if row_nulls.is_some_and(|nulls| nulls.is_null(row)) {
                continue;
            }
            let (start, end) = (offset(offsets[row])?, offset(offsets[row + 1])?);
            if end - start > MAX_TAGS {
                return Err(GiveUp("more tags than their limit"));
            }
            let (keys, held) = (&key_codes[start..end], &value_codes[start..end]);
            // Most rows have the keys of the row before.
            if keys != last {
                needed.clear();
                for (place, key) in keys.iter().enumerate() {
                    let at = places[offset(*key)?];
                    if at != NOT_NEEDED {
                        needed.push((place, at));
                    }
                }
                last = keys;
            }
            for (place, at) in &needed {
                if value_nulls.is_some_and(|nulls| nulls.is_null(start + place)) {
                    continue;
                }
                let value = offset(held[*place])?;
                let code = &mut known.codes[value];
                if *code == UNKNOWN {
                    *code = tags.value(texts.value(value))?;
                }
                if *code != 0 {
                    each(row, *at, *code)?;
                }
            }
        }
        Ok(())
    }

    fn moments(&mut self, slot: usize, array: &ArrayRef, unit: TimeUnit, values: &mut SlotValues) -> Result<Codes, GiveUp> {
        let SlotValues::Moment(moments) = values else { return Err(GiveUp("a date where none is read")) };
        let counts = cast_with_options(array, &DataType::Int64, &CastOptions::default()).map_err(|_| DAMAGED)?;
        let counts = counts.as_primitive::<Int64Type>();
        let nulls = counts.nulls().filter(|nulls| nulls.null_count() > 0);
        let values = counts.values();
        let mut known = self.spans.get(&slot).cloned().unwrap_or(Span { counts: 0..0, code: 0 });
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
        self.spans.insert(slot, known);
        Ok(same_or_each(codes))
    }

    fn money(&mut self, slot: usize, array: &ArrayRef) -> Result<MoneyColumn, GiveUp> {
        let rows = array.len();
        let nulls = nulls_of(array.logical_nulls().as_ref(), rows);
        if nulls == Nulls::All {
            return Ok(MoneyColumn { nulls, ..MoneyColumn::default() });
        }
        match array.data_type() {
            DataType::Float64 => doubles(array.as_primitive::<Float64Type>().values(), nulls, self.scale),
            DataType::Dictionary(..) => self.text_amounts(slot, array.as_dictionary(), nulls),
            DataType::Decimal128(_, scale) => {
                let decimals = array.as_primitive::<Decimal128Type>().values();
                wide(decimals, self.scale - u32::try_from(*scale).map_err(|_| DAMAGED)?, self.scale, nulls)
            }
            DataType::Decimal32(_, scale) | DataType::Decimal64(_, scale) => {
                let cast =
                    cast_with_options(array, &DataType::Decimal128(38, *scale), &CastOptions { safe: false, ..CastOptions::default() });
                let cast = cast.map_err(|_| DAMAGED)?;
                wide(
                    cast.as_primitive::<Decimal128Type>().values(),
                    self.scale - u32::try_from(*scale).map_err(|_| DAMAGED)?,
                    self.scale,
                    nulls,
                )
            }
            DataType::Int64 => {
                let integers: Vec<i128> = array.as_primitive::<Int64Type>().values().iter().map(|integer| i128::from(*integer)).collect();
                wide(&integers, self.scale, self.scale, nulls)
            }
            DataType::Int32 => {
                let integers: Vec<i128> = array.as_primitive::<Int32Type>().values().iter().map(|integer| i128::from(*integer)).collect();
                wide(&integers, self.scale, self.scale, nulls)
            }
            _ => Err(GiveUp("an amount of another type")),
        }
    }

    /// Amounts as texts of a dictionary, each read once.
    fn text_amounts(&mut self, slot: usize, array: &DictionaryArray<Int32Type>, mut nulls: Nulls) -> Result<MoneyColumn, GiveUp> {
        if !self.amounts.get(&slot).is_some_and(|known| is_same(&known.values, array.values())) {
            let texts = array.values().as_string::<i32>();
            let amounts = texts.iter().map(|text| match text.map_or(crate::cell::Cell::Null, crate::cell::Cell::of_text) {
                crate::cell::Cell::Text(text) => Exact::parse(text).map(Some).map_err(|_| GiveUp("no amount")),
                _ => Ok(None),
            });
            let amounts = amounts.collect::<Result<_, _>>()?;
            self.amounts.insert(slot, KnownAmounts { values: array.values().clone(), amounts });
        }
        let known = &self.amounts[&slot].amounts;
        let rows = array.len();
        let (mut units, mut exceptions, mut is_null) = (vec![0i64; rows], Vec::new(), vec![false; rows]);
        for (row, key) in array.keys().values().iter().enumerate() {
            let amount = if nulls.is_null(row) { None } else { known[offset(*key)?] };
            let Some(amount) = amount else {
                is_null[row] = true;
                continue;
            };
            match narrow(amount, self.scale) {
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

fn offset(offset: i32) -> Result<usize, GiveUp> {
    usize::try_from(offset).map_err(|_| DAMAGED)
}

/// An amount in units of 10^−scale, where it has as many decimals and room.
fn narrow(amount: Exact, scale: u32) -> Option<i64> {
    let amount = amount.normalized();
    if amount.scale() > scale { None } else { i64::try_from(amount.units_at(scale)).ok() }
}

/// Whether two arrays are one dictionary: the same bytes at the same place.
fn is_same(known: &ArrayRef, values: &ArrayRef) -> bool {
    let (known, values) = (known.as_string::<i32>(), values.as_string::<i32>());
    let place = |array: &StringArray| (array.value_data().as_ptr(), array.value_data().len(), array.value_offsets().as_ptr(), array.len());
    place(known) == place(values)
}

fn looked_up(array: &DictionaryArray<Int32Type>, known: &Known, null: u32) -> Codes {
    let (keys, codes) = (array.keys().values(), &known.codes);
    match array.nulls().filter(|nulls| nulls.null_count() > 0) {
        Some(nulls) if nulls.null_count() == array.len() => Codes::Same(null),
        _ if codes.is_empty() => Codes::Same(null),
        None if keys.iter().all(|key| *key == keys[0]) => Codes::Same(codes[keys[0] as usize]),
        None if known.is_sound => Codes::Looked { keys: keys.clone(), codes: codes.clone() },
        None => Codes::Each(keys.iter().map(|key| codes[*key as usize]).collect()),
        Some(nulls) => {
            let known = |(key, is_valid): (&i32, bool)| if is_valid { codes[*key as usize] } else { null };
            Codes::Each(keys.iter().zip(nulls.iter()).map(known).collect())
        }
    }
}

fn same_or_each(codes: Vec<u32>) -> Codes {
    match codes.first() {
        Some(first) if codes.iter().all(|code| code == first) => Codes::Same(*first),
        _ => Codes::Each(codes),
    }
}

fn presence(nulls: Option<&NullBuffer>, rows: usize, [absent, present]: [u32; 2]) -> Codes {
    match nulls_of(nulls, rows) {
        Nulls::None => Codes::Same(present),
        Nulls::All => Codes::Same(absent),
        Nulls::Some(nulls) => Codes::Each(nulls.iter().map(|is_null| if *is_null { absent } else { present }).collect()),
    }
}

/// What stands for the values of a column.
fn standing(slot: usize, codes: Codes, engine: &mut Engine<'_>) -> Codes {
    let Some(pieces) = engine.standing(slot) else { return codes };
    match codes {
        Codes::Same(value) => Codes::Same(pieces[value as usize]),
        codes => {
            let values = codes.by_row().expect("INVARIANT: they differ");
            Codes::Each(values.iter().map(|value| pieces[*value as usize]).collect())
        }
    }
}

fn nulls_of(nulls: Option<&NullBuffer>, rows: usize) -> Nulls {
    match nulls {
        Some(nulls) if nulls.null_count() == rows => Nulls::All,
        Some(nulls) if nulls.null_count() > 0 => Nulls::Some(nulls.iter().map(|is_valid| !is_valid).collect()),
        _ => Nulls::None,
    }
}

/// All counts of the month of a moment.
fn month_of(moment: NaiveDateTime, unit: TimeUnit) -> Option<std::ops::Range<i64>> {
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

fn moment(count: i64, unit: TimeUnit) -> Option<NaiveDateTime> {
    match unit {
        TimeUnit::Second => DateTime::from_timestamp_secs(count),
        TimeUnit::Millisecond => DateTime::from_timestamp_millis(count),
        TimeUnit::Microsecond => DateTime::from_timestamp_micros(count),
        TimeUnit::Nanosecond => Some(DateTime::from_timestamp_nanos(count)),
    }
    .map(|moment| moment.naive_utc())
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
