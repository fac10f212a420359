//! What a facet reads, by number: once for each combination of values of its columns.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use arrow_buffer::ScalarBuffer;
use dayone_domain::Currency;
use dayone_domain::period::BillingPeriod;

use super::GiveUp;
use super::combinations::Combinations;
use super::memo::Numbers;
use super::values::{PieceRow, SlotValues};
use crate::columns::Slot;
use crate::facets::{CostPlan, Draft};
use crate::mapper::Mapper;

/// Numbers of a column's values, or of a facet's pieces, by row of a batch.
#[derive(Clone, Debug)]
pub(crate) enum Codes {
    /// All rows have the same.
    Same(u32),
    Each(Vec<u32>),
    /// By row a place in a list of numbers, none of them refused.
    Looked {
        keys: ScalarBuffer<i32>,
        codes: Arc<[u32]>,
    },
}

impl Codes {
    pub(crate) fn as_numbers(&self) -> Numbers<'_> {
        match self {
            Codes::Same(number) => Numbers::Same(*number),
            Codes::Each(numbers) => Numbers::Each(numbers),
            Codes::Looked { keys, codes } => Numbers::Looked(keys, codes),
        }
    }

    /// The number of each row, where they differ.
    pub(crate) fn by_row(&self) -> Option<Cow<'_, [u32]>> {
        match self {
            Codes::Same(_) => None,
            Codes::Each(numbers) => Some(Cow::Borrowed(numbers)),
            Codes::Looked { keys, codes } => Some(keys.iter().map(|key| codes[*key as usize]).collect()),
        }
    }
}

/// What a facet reads of some values.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Piece {
    /// Dimensions by their place, those that are not null.
    pub(crate) values: Vec<(usize, Box<str>)>,
    pub(crate) billing_period: Option<BillingPeriod>,
    pub(crate) currency: Option<Currency>,
    pub(crate) sub_account_name: Box<str>,
    /// Tags by the place of their key, those with a value.
    pub(crate) tags: Vec<(usize, Box<str>)>,
    pub(crate) plan: Option<CostPlan>,
}

/// A facet while a file is read.
pub(crate) struct FacetPieces {
    /// Its place in the mapping.
    facet: usize,
    slots: Vec<Slot>,
    pieces: Vec<Piece>,
    numbers: HashMap<Piece, u32>,
    /// Of a facet of one column: the piece of each value.
    of_value: Vec<u32>,
    /// Of one of several: the piece of each combination.
    combinations: Combinations,
    of_combination: Vec<u32>,
    /// The pieces of a batch in which one column alone differs, for as long as the others stay.
    of_one: Option<OneDiffers>,
}

struct OneDiffers {
    place: usize,
    others: Vec<u32>,
    of_value: Vec<u32>,
}

const UNKNOWN: u32 = u32::MAX;

/// Of a value that a row may not have.
pub(crate) const REFUSED: u32 = u32::MAX - 1;

impl FacetPieces {
    pub(crate) fn new(facet: usize, slots: &[Slot]) -> FacetPieces {
        FacetPieces {
            facet,
            slots: slots.to_vec(),
            pieces: Vec::new(),
            numbers: HashMap::new(),
            of_value: Vec::new(),
            combinations: Combinations::new(slots.len()),
            of_combination: Vec::new(),
            of_one: None,
        }
    }

    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    pub(crate) fn into_pieces(self) -> Vec<Piece> {
        self.pieces
    }

    /// The piece of each value of the only column; [`REFUSED`] where no row may have it.
    pub(crate) fn of_values(&mut self, reading: &Reading<'_>) -> &[u32] {
        self.read_all_values(reading);
        &self.of_value
    }

    /// The pieces of the rows of a batch. `direct` is the column that holds them already, where one does.
    pub(crate) fn read<'b>(
        &mut self,
        reading: &Reading<'_>,
        columns: &'b [Codes],
        direct: Option<usize>,
        rows: usize,
    ) -> Result<Cow<'b, Codes>, GiveUp> {
        match direct.map(|slot| &columns[slot]) {
            Some(Codes::Same(REFUSED)) => Err(GiveUp("a value that is refused")),
            Some(Codes::Each(pieces)) if pieces.contains(&REFUSED) => Err(GiveUp("a value that is refused")),
            Some(pieces) => Ok(Cow::Borrowed(pieces)),
            None => self.read_columns(reading, columns, rows).map(Cow::Owned),
        }
    }

    fn read_columns(&mut self, reading: &Reading<'_>, columns: &[Codes], rows: usize) -> Result<Codes, GiveUp> {
        let by_row: Vec<Option<Cow<'_, [u32]>>> = self.slots.iter().map(|slot| columns[slot.0].by_row()).collect();
        let differing: Vec<usize> = (0..self.slots.len()).filter(|place| by_row[*place].is_some()).collect();
        let mut codes: Vec<u32> = self.slots.iter().map(|slot| if let Codes::Same(code) = columns[slot.0] { code } else { 0 }).collect();
        let each = |place: usize| &by_row[place].as_ref().expect("INVARIANT: it differs")[..rows];
        match differing[..] {
            [] => Ok(Codes::Same(self.piece_of(reading, &codes)?)),
            [place] => {
                let values = each(place);
                self.of_one_differing(reading, place, codes, values)
            }
            [..] => {
                let mut pieces = Vec::with_capacity(rows);
                let places: Vec<(usize, &[u32])> = differing.iter().map(|place| (*place, each(*place))).collect();
                let mut last = UNKNOWN;
                for row in 0..rows {
                    let mut is_same = last != UNKNOWN;
                    for (place, values) in &places {
                        is_same &= codes[*place] == values[row];
                        codes[*place] = values[row];
                    }
                    if !is_same {
                        last = self.piece_of(reading, &codes)?;
                    }
                    pieces.push(last);
                }
                Ok(Codes::Each(pieces))
            }
        }
    }

    fn of_one_differing(&mut self, reading: &Reading<'_>, place: usize, mut codes: Vec<u32>, values: &[u32]) -> Result<Codes, GiveUp> {
        let count = reading.values[self.slots[place].0].len();
        let mut one = match self.of_one.take() {
            Some(one) if one.place == place && one.others == codes => one,
            _ => OneDiffers { place, others: codes.clone(), of_value: Vec::new() },
        };
        one.of_value.resize(count, UNKNOWN);
        let mut pieces = Vec::with_capacity(values.len());
        for value in values {
            let mut piece = one.of_value[*value as usize];
            if piece == UNKNOWN {
                codes[place] = *value;
                piece = self.piece_of(reading, &codes)?;
                one.of_value[*value as usize] = piece;
            }
            pieces.push(piece);
        }
        self.of_one = Some(one);
        Ok(Codes::Each(pieces))
    }

    /// Reads the values that have come; no row may have one that is refused, such as null.
    fn read_all_values(&mut self, reading: &Reading<'_>) {
        let count = reading.values[self.slots[0].0].len();
        for value in self.of_value.len()..count {
            let piece = self.new_piece(reading, &[code_of(value)]).unwrap_or(REFUSED);
            self.of_value.push(piece);
        }
    }

    fn piece_of(&mut self, reading: &Reading<'_>, codes: &[u32]) -> Result<u32, GiveUp> {
        if let [code] = codes {
            self.read_all_values(reading);
            let piece = self.of_value[*code as usize];
            return if piece == REFUSED { Err(GiveUp("a value that is refused")) } else { Ok(piece) };
        }
        let (combination, is_new) = self.combinations.code(codes)?;
        if is_new {
            let piece = self.new_piece(reading, codes)?;
            self.of_combination.push(piece);
        }
        Ok(self.of_combination[combination as usize])
    }

    fn new_piece(&mut self, reading: &Reading<'_>, codes: &[u32]) -> Result<u32, GiveUp> {
        let row = PieceRow { values: reading.values, slots: &self.slots, codes };
        let mut draft = Draft::new();
        reading.mapper.read(self.facet, &row, &mut draft).map_err(|_| GiveUp("a value that is refused"))?;
        let piece = Piece::of(&draft, reading.tag_keys);
        if let Some(number) = self.numbers.get(&piece) {
            return Ok(*number);
        }
        let number = code_of(self.pieces.len());
        self.pieces.push(piece.clone());
        self.numbers.insert(piece, number);
        Ok(number)
    }
}

/// What facets are read with.
pub(crate) struct Reading<'r> {
    pub(crate) mapper: &'r Mapper,
    pub(crate) values: &'r [SlotValues],
    pub(crate) tag_keys: &'r [String],
}

impl Piece {
    /// Bytes of its texts.
    pub(crate) fn text_bytes(&self) -> usize {
        let texts = self.values.iter().chain(&self.tags).map(|(_, text)| text.len());
        texts.sum::<usize>() + self.sub_account_name.len()
    }

    fn of(draft: &Draft<'_>, tag_keys: &[String]) -> Piece {
        let values = draft.values.iter().enumerate().filter(|(_, value)| !value.is_empty());
        let tags = draft.tags.borrowed();
        let value_of = |key: &String| tags.iter().find(|(tag, _)| tag == key).map_or("", |(_, value)| value);
        let tags = tag_keys.iter().enumerate().map(|(place, key)| (place, value_of(key))).filter(|(_, value)| !value.is_empty());
        Piece {
            values: values.map(|(place, value)| (place, Box::from(value.as_ref()))).collect(),
            billing_period: draft.billing_period,
            currency: draft.currency,
            sub_account_name: Box::from(draft.sub_account_name.as_ref()),
            tags: tags.map(|(place, value)| (place, Box::from(value))).collect(),
            plan: draft.plan.as_deref().cloned(),
        }
    }
}

fn code_of(place: usize) -> u32 {
    u32::try_from(place).expect("INVARIANT: values are limited by their bytes")
}
