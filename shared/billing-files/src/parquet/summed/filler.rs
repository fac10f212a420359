//! From the arrays of a batch to what the sums take of it.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::Int32Type;
use arrow_array::{Array, ArrayRef, DictionaryArray, MapArray, StringArray};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;

use super::amounts::{AmountColumns, nulls_of};
use super::moments::MomentColumns;
use super::{Plan, is_same, is_text, offset, same_or_each};
use crate::columns::{Column, Kind, Slot};
use crate::limits::MAX_TAGS;
use crate::mapper::Mapper;
use crate::sums::money::Nulls;
use crate::sums::values::{NOT_NEEDED, SlotValues, TagValues, hold};
use crate::sums::{Batch, Codes, Engine, GiveUp, REFUSED};

/// Fills batches, and remembers what the values of dictionaries became.
pub(crate) struct Filler {
    columns: Vec<Column>,
    /// Places among the decoded columns, by slot.
    decoded: Vec<usize>,
    texts: HashMap<usize, Known>,
    /// Of maps, the keys and the values.
    keys: HashMap<usize, KnownLater>,
    held: HashMap<usize, KnownLater>,
    amounts: AmountColumns,
    moments: MomentColumns,
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
            texts: HashMap::new(),
            keys: HashMap::new(),
            held: HashMap::new(),
            amounts: AmountColumns::new(scale),
            moments: MomentColumns::default(),
            combinations: Vec::new(),
            tags_apart,
            keys_apart: keys,
        }
    }

    pub(super) fn fill(&mut self, arrays: &[ArrayRef], rows: usize, engine: &mut Engine<'_>) -> Result<&Batch, GiveUp> {
        self.batch.rows = rows;
        for slot in 0..self.columns.len() {
            let array = &arrays[self.decoded[slot]];
            match self.columns[slot].kind {
                Kind::Money => {
                    let column = self.amounts.read(slot, array)?;
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
                            let codes = self.moments.read(slot, array, *unit, &mut engine.values[slot])?;
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
        let put = |row: usize, key: u32, value: u32| hold(&mut columns[key as usize * rows + row], value);
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
