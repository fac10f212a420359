//! The distinct values of a column, by number.

use std::collections::HashMap;

use chrono::NaiveDateTime;
use dayone_domain::cube::{Code, CubeBuilder};
use dayone_domain::period::{BillingPeriod, parse_moment};

use super::GiveUp;
use super::combinations::Combinations;
use super::texts::Texts;
use crate::cell::{Cell, Row};
use crate::columns::{Kind, Slot};
use crate::limits::{MAX_FIELD_BYTES, MAX_KEY_BYTES};
use crate::tags::TagReader;

/// What stands for a value of which only the presence counts.
const PRESENT: &str = "1";

/// The distinct values of a column, by number; 0 is null.
pub(crate) enum SlotValues {
    Text(Texts),
    Moment(Moments),
    /// Only whether there is one.
    Presence,
    Tags(Box<TagValues>),
    /// Amounts are summed, not told apart.
    Money,
}

impl SlotValues {
    pub(crate) fn new(kind: Kind) -> SlotValues {
        match kind {
            Kind::Text => SlotValues::Text(Texts::new()),
            Kind::Moment => SlotValues::Moment(Moments::new(false)),
            Kind::Month => SlotValues::Moment(Moments::new(true)),
            Kind::Presence => SlotValues::Presence,
            Kind::Tags => SlotValues::Tags(Box::new(TagValues::new())),
            Kind::Money => SlotValues::Money,
        }
    }

    /// How many there are, null included.
    pub(crate) fn len(&self) -> usize {
        match self {
            SlotValues::Text(texts) => texts.len(),
            SlotValues::Moment(moments) => moments.values.len(),
            SlotValues::Presence => 2,
            SlotValues::Tags(tags) => tags.combinations.len(),
            SlotValues::Money => 0,
        }
    }

    /// The value as a cell.
    fn cell(&self, code: u32) -> Cell<'_> {
        match self {
            SlotValues::Text(texts) if code == 0 => Cell::of_text(texts.get(0)),
            SlotValues::Text(texts) => Cell::Text(texts.get(code)),
            SlotValues::Moment(moments) => moments.values[code as usize].map_or(Cell::Null, Cell::Moment),
            SlotValues::Presence => {
                if code == 0 {
                    Cell::Null
                } else {
                    Cell::Text(PRESENT)
                }
            }
            SlotValues::Tags(tags) => tags.cell(code),
            SlotValues::Money => unreachable!("INVARIANT: no facet reads a money column"),
        }
    }

    /// The number of a text that a file has in this column, which is no map.
    pub(crate) fn code_of_text(&mut self, text: &str, reader: Option<&TagReader>) -> Result<u32, GiveUp> {
        if Cell::of_text(text) == Cell::Null {
            return Ok(0);
        }
        match self {
            SlotValues::Text(_) if text.len() > MAX_KEY_BYTES => Err(GiveUp("a text beyond its limit")),
            SlotValues::Text(texts) => code(texts, text),
            SlotValues::Moment(moments) => moments.code(parse_moment(text).ok_or(GiveUp("no moment"))?),
            SlotValues::Presence => Ok(1),
            SlotValues::Tags(_) if text.len() > MAX_FIELD_BYTES => Err(GiveUp("tags beyond their limit")),
            SlotValues::Tags(tags) => tags.code_of_text(text, reader.ok_or(GiveUp("tags that nothing reads"))?),
            SlotValues::Money => Err(GiveUp("an amount as text")),
        }
    }
}

/// Most distinct moments of one column; a year has 525,600 minutes.
const MOST_MOMENTS: usize = 1 << 20;

/// Distinct moments, or months.
pub(crate) struct Moments {
    codes: HashMap<NaiveDateTime, u32>,
    months: Option<HashMap<BillingPeriod, u32>>,
    values: Vec<Option<NaiveDateTime>>,
}

impl Moments {
    fn new(by_month: bool) -> Moments {
        Moments { codes: HashMap::new(), months: by_month.then(HashMap::new), values: vec![None] }
    }

    pub(crate) fn is_by_month(&self) -> bool {
        self.months.is_some()
    }

    pub(crate) fn code(&mut self, moment: NaiveDateTime) -> Result<u32, GiveUp> {
        if let Some(code) = self.codes.get(&moment) {
            return Ok(*code);
        }
        // Beyond these years the row is refused.
        if !(1901..=9998).contains(&chrono::Datelike::year(&moment)) {
            return Err(GiveUp("a moment beyond every calendar"));
        }
        let next = u32::try_from(self.values.len()).expect("INVARIANT: moments are limited by their calendar");
        let code = match &mut self.months {
            Some(months) => *months.entry(BillingPeriod::containing(moment)).or_insert(next),
            None => next,
        };
        if code == next {
            self.values.push(Some(moment));
        }
        if self.codes.len() == MOST_MOMENTS {
            return Err(GiveUp("a column of too many moments"));
        }
        self.codes.insert(moment, code);
        Ok(code)
    }
}

/// Distinct combinations of the tags that are needed.
pub(crate) struct TagValues {
    /// By name of the charge, in the order in which they were met.
    keys: Vec<Box<str>>,
    values: Texts,
    /// Of each needed key the number of its value, 0 where it has none; before them 1 where there is any entry.
    combinations: Combinations,
    most_keys: usize,
    of_texts: HashMap<Box<str>, u32>,
    bytes_of_texts: usize,
}

/// Bytes of JSON texts whose combination is remembered.
const REMEMBERED_BYTES: usize = 8 * 1024 * 1024;

/// The place of a key that is not needed.
pub(crate) const NOT_NEEDED: u32 = u32::MAX;

impl TagValues {
    fn new() -> TagValues {
        TagValues {
            keys: Vec::new(),
            values: Texts::new(),
            combinations: none_of(0),
            most_keys: 0,
            of_texts: HashMap::new(),
            bytes_of_texts: 0,
        }
    }

    /// Must be said before anything else: how many keys there may be.
    pub(crate) fn expect_keys(&mut self, most: usize) {
        self.most_keys = most;
        self.combinations = none_of(most);
    }

    /// The place of a key of the file among those that are needed; [`NOT_NEEDED`] where it is not.
    pub(crate) fn place(&mut self, key: &str, reader: &TagReader) -> Result<u32, GiveUp> {
        let Some(name) = reader.key(key) else { return Ok(NOT_NEEDED) };
        if key.len() > MAX_KEY_BYTES {
            return Err(GiveUp("a tag key beyond its limit"));
        }
        self.place_of_name(&name)
    }

    /// The number of a value; null is nought.
    pub(crate) fn value(&mut self, value: &str) -> Result<u32, GiveUp> {
        if value.len() > MAX_KEY_BYTES {
            return Err(GiveUp("a tag value beyond its limit"));
        }
        code(&mut self.values, value)
    }

    /// How many distinct values there are.
    pub(crate) fn values(&self) -> usize {
        self.values.len()
    }

    /// How many keys there may be.
    pub(crate) fn most_keys(&self) -> usize {
        self.most_keys
    }

    /// The keys by their place in the cube, and the values by number.
    pub(crate) fn into_fields(self, tag_keys: &[String]) -> TagFields {
        let place = |key: &str| tag_keys.iter().position(|known| known == key).expect("INVARIANT: only these keys are needed");
        TagFields { keys: self.keys.iter().map(|key| place(key)).collect(), values: self.values }
    }

    /// Numbers in the row of a combination.
    pub(crate) fn width(&self) -> usize {
        self.most_keys + 1
    }

    /// Puts an entry of a row, the place of its key and the number of its value, into the row of a combination.
    #[inline(always)]
    pub(crate) fn put(combination: &mut [u32], place: u32, value: u32) -> Result<(), GiveUp> {
        if place == NOT_NEEDED || value == 0 { Ok(()) } else { hold(&mut combination[place as usize + 1], value) }
    }

    /// The numbers of combinations whose rows stand one after another.
    pub(crate) fn codes(&mut self, combinations: &[u32], codes: &mut Vec<u32>) -> Result<(), GiveUp> {
        self.combinations.codes(combinations, codes)
    }

    fn code_of_text(&mut self, text: &str, reader: &TagReader) -> Result<u32, GiveUp> {
        if let Some(code) = self.of_texts.get(text) {
            return Ok(*code);
        }
        let tags = reader.read(&Cell::Text(text)).map_err(|_| GiveUp("tags that cannot be read"))?;
        let mut combination = vec![0; self.width()];
        combination[0] = u32::from(!tags.is_empty());
        for (name, value) in tags.iter() {
            // Renamed already: the nameless entry stands for others.
            let place = if name.is_empty() { NOT_NEEDED } else { self.place_of_name(name)? };
            TagValues::put(&mut combination, place, self.value(value)?)?;
        }
        let (code, _) = self.combinations.code(&combination)?;
        self.bytes_of_texts += text.len();
        if self.bytes_of_texts > REMEMBERED_BYTES {
            self.of_texts.clear();
            self.bytes_of_texts = text.len();
        }
        self.of_texts.insert(Box::from(text), code);
        Ok(code)
    }

    fn place_of_name(&mut self, name: &str) -> Result<u32, GiveUp> {
        let place = match self.keys.iter().position(|known| **known == *name) {
            Some(place) => place,
            None if self.keys.len() == self.most_keys => return Err(GiveUp("more tag keys than were announced")),
            None => {
                self.keys.push(Box::from(name));
                self.keys.len() - 1
            }
        };
        Ok(place as u32)
    }

    fn cell(&self, code: u32) -> Cell<'_> {
        if code == 0 {
            return Cell::Null;
        }
        let numbers = &self.combinations.get(code)[1..];
        let held = self.keys.iter().zip(numbers).filter(|(_, value)| **value != 0);
        let mut tags: Vec<(&str, &str)> = held.map(|(key, value)| (&**key, self.values.get(*value))).collect();
        tags.sort_unstable();
        if tags.is_empty() {
            // So that it is not taken for an empty map.
            tags.push(("", ""));
        }
        Cell::Tags(tags)
    }
}

/// Keeps the value of a tag, of which a charge has one.
#[inline(always)]
pub(crate) fn hold(held: &mut u32, value: u32) -> Result<(), GiveUp> {
    if *held != 0 && *held != value {
        return Err(GiveUp("a tag key with two values"));
    }
    *held = value;
    Ok(())
}

/// Tags that are told apart one by one.
pub(crate) struct TagFields {
    keys: Vec<usize>,
    values: Texts,
}

impl TagFields {
    /// Bytes of the values.
    pub(crate) fn text_bytes(&self) -> usize {
        self.values.bytes()
    }

    /// For each field, the place of its key in the cube and the codes of the values there.
    pub(crate) fn coded(&self, cube: &mut CubeBuilder) -> Vec<(usize, Vec<Code>)> {
        let count = u32::try_from(self.values.len()).expect("INVARIANT: texts are limited by their bytes");
        let codes: Vec<Code> = (0..count).map(|value| cube.code(self.values.get(value))).collect();
        self.keys.iter().map(|key| (*key, codes.clone())).collect()
    }
}

/// Most bytes of the distinct texts of one column; a file of more is read by row.
const MOST_TEXT_BYTES: usize = 64 * 1024 * 1024;

fn code(texts: &mut Texts, text: &str) -> Result<u32, GiveUp> {
    if texts.bytes() > MOST_TEXT_BYTES { Err(GiveUp("a column of too many texts")) } else { Ok(texts.code(text)) }
}

fn none_of(keys: usize) -> Combinations {
    let mut combinations = Combinations::new(keys + 1);
    combinations.code(&vec![0; keys + 1]).expect("INVARIANT: the first fits");
    combinations
}

/// Values of some columns as a row: those that a facet reads.
pub(crate) struct PieceRow<'v> {
    pub(crate) values: &'v [SlotValues],
    pub(crate) slots: &'v [Slot],
    pub(crate) codes: &'v [u32],
}

impl Row for PieceRow<'_> {
    fn cell(&self, slot: usize) -> Cell<'_> {
        let place = self.slots.iter().position(|own| own.0 == slot).expect("INVARIANT: a facet reads its own columns alone");
        self.values[slot].cell(self.codes[place])
    }
}
