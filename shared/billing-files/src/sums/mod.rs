//! A file summed: its charges by what the cube tells apart, without a charge of its own for each row.
//!
//! Values of a column become numbers, once for each distinct value; what a facet reads of its columns becomes a
//! number, once for each distinct combination; the numbers of all facets of a row, packed, lead to integer sums.
//! Nothing here refuses: at anything unusual it gives up ([`GiveUp`]), and the file is read row by row instead,
//! which says what is wrong and where, or sums it.

pub(crate) mod combinations;
mod costs;
mod memo;
pub(crate) mod money;
mod pieces;
mod places;
mod texts;
pub(crate) mod values;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};

use dayone_domain::charge::{Cost, Dimension};
use dayone_domain::cube::{BillKey, Code, CubeBuilder, CubeError};
use dayone_domain::exact::Units;
use dayone_domain::tie_out::{ControlKey, ControlSum, ControlTotals};
use dayone_domain::{Currency, Exact};

use crate::columns::{Kind, Slot};
use crate::facets::Counts;
use crate::mapper::Mapper;

use costs::{COSTS, Costs, Terms};
use memo::{Amounts, Memo, Numbers, Rows};
use money::{Integers, MoneyColumn};
pub(crate) use pieces::{Codes, REFUSED};
use pieces::{FacetPieces, Piece, Reading};
use values::{SlotValues, TagFields};

/// Most facets, those of tags that are told apart one by one included.
const MOST_FIELDS: usize = 128;

/// Most ways in which costs stand in a file: AWS has about twenty line item types.
const MOST_PLANS: usize = 4_096;

/// Why a file is read row by row instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GiveUp(pub(crate) &'static str);

/// Mixes the bits of a number; a good one for tables whose seed nobody knows.
#[inline(always)]
pub(crate) fn fold(number: u64) -> u64 {
    let wide = u128::from(number) * 0x9e37_79b9_7f4a_7c15;
    (wide as u64) ^ (wide >> 64) as u64
}

/// Another for each table, so that no file can be made to fill one place of it.
pub(crate) fn random_seed() -> u64 {
    RandomState::new().hash_one(0)
}

/// Rows of a file, as far as they are read.
pub(crate) struct Batch {
    pub(crate) rows: usize,
    /// By slot; of money columns nothing that counts.
    pub(crate) codes: Vec<Codes>,
    /// By slot, of money columns alone.
    pub(crate) money: HashMap<usize, MoneyColumn>,
    /// The numbers of the values of each needed tag, one key's rows after the other's, where
    /// [`Engine::tell_tags_apart`] was said.
    pub(crate) tags: Vec<u32>,
}

/// Sums the rows of a file, or of a part of it.
pub(crate) struct Engine<'m> {
    mapper: &'m Mapper,
    tag_keys: &'m [String],
    /// Decimals of the integers.
    scale: u32,
    most_combinations: usize,
    pub(crate) values: Vec<SlotValues>,
    facets: Vec<FacetPieces>,
    /// By slot: the facet that reads it, where that reads no other column and no other facet reads it. Such a column
    /// holds pieces instead of values.
    direct: Vec<Option<usize>>,
    /// The column of tags that is told apart tag by tag, and the facet that reads it.
    tag_column: Option<(usize, usize)>,
    /// The facet that says where costs stand, and its plans.
    plan_facet: Option<usize>,
    terms: Vec<Terms>,
    memo: Memo,
    costs: Costs,
    /// By combination and cost: what has more digits than the integers.
    exact: ExactSums,
    rows: u64,
    /// Of all rows, taken apart from the combinations.
    totals: [i128; COSTS],
    discounted: u64,
}

impl<'m> Engine<'m> {
    /// Sums at so many decimals, of no more combinations than these.
    pub(crate) fn new(mapper: &'m Mapper, tag_keys: &'m [String], scale: u32, most_combinations: usize) -> Engine<'m> {
        let facets = mapper.facets().into_iter().enumerate().map(|(place, slots)| FacetPieces::new(place, slots)).collect();
        let mut values: Vec<SlotValues> = mapper.columns().picked().iter().map(|column| SlotValues::new(column.kind)).collect();
        for (slot, column) in mapper.columns().picked().iter().enumerate() {
            if let (SlotValues::Tags(tags), Kind::Tags) = (&mut values[slot], column.kind) {
                tags.expect_keys(mapper.tags_of(Slot(slot)).and_then(|reader| reader.most_keys()).unwrap_or(0));
            }
        }
        Engine {
            mapper,
            tag_keys,
            scale,
            most_combinations,
            direct: direct(mapper),
            values,
            facets,
            tag_column: None,
            plan_facet: None,
            terms: Vec::new(),
            memo: Memo::new(),
            costs: Costs::default(),
            exact: ExactSums::default(),
            rows: 0,
            totals: [0; COSTS],
            discounted: 0,
        }
    }

    /// Tells the charges apart by each tag of a column instead of by their combinations, if the tags are those of this
    /// column alone; whether that is so. Said once, before any batch.
    pub(crate) fn tell_tags_apart(&mut self, slot: usize) -> bool {
        let facet = self.mapper.tag_facet();
        let has_room = self.facets.len() + self.tag_keys.len() <= MOST_FIELDS;
        let is_alone = self.mapper.facets()[facet] == [Slot(slot)] && self.direct[slot] == Some(facet) && has_room;
        if is_alone {
            self.tag_column = Some((slot, facet));
        }
        is_alone
    }

    /// What stands in a column for a value: its piece, where a facet reads the column alone, else the value.
    pub(crate) fn stands_for(&mut self, slot: usize, value: u32) -> u32 {
        self.standing(slot).map_or(value, |pieces| pieces[value as usize])
    }

    /// By value, what stands in a column for it; `None` where values stand for themselves.
    pub(crate) fn standing(&mut self, slot: usize) -> Option<&[u32]> {
        let reading = Reading { mapper: self.mapper, values: &self.values, tag_keys: self.tag_keys };
        self.direct[slot].map(|facet| self.facets[facet].of_values(&reading))
    }

    /// What reads the entries of a column of tags.
    pub(crate) fn reader_of(&self, slot: Slot) -> Option<&'m crate::tags::TagReader> {
        self.mapper.tags_of(slot)
    }

    /// Adds the rows of a batch.
    pub(crate) fn add(&mut self, batch: &Batch) -> Result<(), GiveUp> {
        if batch.rows == 0 {
            return Ok(());
        }
        let reading = Reading { mapper: self.mapper, values: &self.values, tag_keys: self.tag_keys };
        let mut numbers: Vec<Cow<'_, Codes>> = Vec::with_capacity(self.facets.len());
        for (place, facet) in self.facets.iter_mut().enumerate() {
            let direct = self.direct.iter().position(|direct| *direct == Some(place));
            if self.tag_column.is_some_and(|(_, facet)| facet == place) {
                numbers.push(Cow::Owned(Codes::Same(0)));
                continue;
            }
            numbers.push(facet.read(&reading, &batch.codes, direct, batch.rows)?);
        }
        let of_tags = match self.tag_column.map(|(slot, _)| &self.values[slot]) {
            Some(SlotValues::Tags(tags)) => std::iter::repeat_n(tags.values(), batch.tags.len() / batch.rows),
            _ => std::iter::repeat_n(0, 0),
        };
        self.memo.widen(self.facets.iter().map(|facet| facet.pieces().len()).chain(of_tags))?;
        let plans = self.plans()?;
        self.costs.of(batch.rows, &batch.money, &numbers[plans], &self.terms)?;
        let amounts = self.costs.amounts(batch.rows, &batch.money);
        add_totals(&mut self.totals, amounts)?;
        let of_facets = numbers.iter().map(AsRef::as_ref);
        let views: Vec<Numbers<'_>> =
            of_facets.map(Codes::as_numbers).chain(batch.tags.chunks_exact(batch.rows).map(Numbers::Each)).collect();
        let mut asked: Vec<usize> = self.costs.exceptions.iter().map(|(row, ..)| *row).collect();
        asked.dedup();
        let (exceptions, exact) = (&self.costs.exceptions, &mut self.exact);
        let mut next = 0;
        let rows = Rows { count: batch.rows, numbers: &views, amounts, asked: &asked };
        self.memo.add(rows, &mut |row, place| {
            while let Some((of, cost, amount)) = exceptions.get(next).filter(|(of, ..)| *of <= row) {
                debug_assert_eq!(*of, row);
                exact.add(place, *cost, *amount);
                next += 1;
            }
        })?;
        self.rows += batch.rows as u64;
        if self.memo.len() > self.most_combinations {
            return Err(GiveUp("more combinations than the cube holds"));
        }
        self.count_discounts(batch);
        Ok(())
    }

    /// The place of the facet that says where costs stand, with all its plans understood.
    fn plans(&mut self) -> Result<usize, GiveUp> {
        let of_costs = |facet: &FacetPieces| facet.pieces().first().is_some_and(|piece| piece.plan.is_some());
        let place = match self.plan_facet {
            Some(place) => place,
            None => self.facets.iter().position(of_costs).expect("INVARIANT: every mapping says where costs stand"),
        };
        self.plan_facet = Some(place);
        if self.facets[place].pieces().len() > MOST_PLANS {
            return Err(GiveUp("too many kinds of charges"));
        }
        for piece in &self.facets[place].pieces()[self.terms.len()..] {
            self.terms.push(Terms::of(piece.plan.as_ref().ok_or(GiveUp("no plan for costs"))?));
        }
        Ok(place)
    }

    fn count_discounts(&mut self, batch: &Batch) {
        // The column is the same in every plan.
        let Some(column) = self.terms[0].discount.and_then(|slot| batch.money.get(&slot.0)) else { return };
        let others = match &column.units {
            Integers::Nought => 0,
            Integers::Narrow(units) => units.iter().filter(|units| **units != 0).count(),
            Integers::Wide(units) => units.iter().filter(|units| **units != 0).count(),
        };
        self.discounted += (others + column.exceptions.len()) as u64;
    }

    /// What all batches sum to.
    pub(crate) fn finish(mut self) -> Sums {
        let mut facets: Vec<Vec<Piece>> = self.facets.into_iter().map(FacetPieces::into_pieces).collect();
        let tags = match self.tag_column {
            Some((slot, facet)) => {
                facets[facet] = vec![Piece::default()];
                let SlotValues::Tags(tags) = self.values.swap_remove(slot) else { unreachable!("INVARIANT: it is a column of tags") };
                Some(tags.into_fields(self.tag_keys))
            }
            None => None,
        };
        let sums = Sums {
            scale: self.scale,
            facets,
            tags,
            plan_facet: self.plan_facet,
            memo: self.memo,
            exact: self.exact,
            rows: self.rows,
            discounted: self.discounted,
        };
        sums.check(&self.totals);
        sums
    }
}

/// What the rows of a file, or of a part of it, sum to.
pub(crate) struct Sums {
    scale: u32,
    facets: Vec<Vec<Piece>>,
    tags: Option<TagFields>,
    plan_facet: Option<usize>,
    memo: Memo,
    exact: ExactSums,
    rows: u64,
    discounted: u64,
}

impl Sums {
    pub(crate) fn rows(&self) -> u64 {
        self.rows
    }

    /// Counts for the notes on the file.
    pub(crate) fn counts(&self) -> Counts {
        let plan_of = |place: usize| {
            let facet = self.plan_facet?;
            self.facets[facet][self.memo.number(place, facet) as usize].plan.as_ref()
        };
        let fees = (0..self.memo.len()).filter(|place| plan_of(*place).is_some_and(|plan| plan.is_fee_without_reservation_column));
        Counts { fees_without_reservation_column: fees.map(|place| self.memo.charges(place)).sum(), discounted_in_place: self.discounted }
    }

    /// Whether the cube will take all sums of these: otherwise it would refuse one, and hold those before it.
    pub(crate) fn all_fit(all: &[Sums], cube: &CubeBuilder) -> bool {
        let rows: usize = all.iter().map(|sums| sums.memo.len()).sum();
        let pieces = || all.iter().flat_map(|sums| sums.facets.iter().flatten());
        let text_bytes: usize = pieces().map(Piece::text_bytes).sum::<usize>()
            + all.iter().filter_map(|sums| sums.tags.as_ref()).map(TagFields::text_bytes).sum::<usize>();
        let mut currencies: BTreeSet<Currency> = cube.currencies().collect();
        currencies.extend(pieces().filter_map(|piece| piece.currency));
        cube.has_room_for(rows, text_bytes) && (currencies.len() <= 1 || Sums::invoices_agree(all, cube))
    }

    /// Whether each provider invoice is in one currency.
    fn invoices_agree(all: &[Sums], cube: &CubeBuilder) -> bool {
        let mut known: HashMap<(&str, &str), Currency> = HashMap::new();
        let mut numbers = [0; MOST_FIELDS];
        for sums in all {
            for place in 0..sums.memo.len() {
                sums.memo.numbers(place, &mut numbers);
                let pieces = || sums.facets.iter().zip(&numbers).map(|(pieces, number)| &pieces[*number as usize]);
                let text = |dimension: Dimension| {
                    let mut texts = pieces().flat_map(|piece| &piece.values).filter(|(at, _)| *at == dimension as usize);
                    texts.next().map_or("", |(_, text)| &**text)
                };
                let (provider, invoice) = (text(Dimension::Provider), text(Dimension::InvoiceId));
                let Some(currency) = pieces().find_map(|piece| piece.currency).filter(|_| !invoice.is_empty()) else { continue };
                let first =
                    known.entry((provider, invoice)).or_insert_with(|| cube.invoice_currency(provider, invoice).unwrap_or(currency));
                if *first != currency {
                    return false;
                }
            }
        }
        true
    }

    /// Hands all sums over to a cube of the tag keys that they were told apart by.
    ///
    /// # Errors
    /// Where the cube cannot take them.
    pub(crate) fn put(
        &self,
        (has_list, has_contracted): (bool, bool),
        cube: &mut CubeBuilder,
        control: &mut ControlTotals,
    ) -> Result<(), CubeError> {
        let coded: Vec<Vec<CodedPiece>> =
            self.facets.iter().map(|pieces| pieces.iter().map(|piece| CodedPiece::of(piece, cube)).collect()).collect();
        let tags = self.tags.as_ref().map_or(Vec::new(), |tags| tags.coded(cube));
        let mut by_control: HashMap<(BillKey, [Code; 4], bool), ControlSum> = HashMap::new();
        let mut codes = vec![Code::default(); Dimension::COUNT + cube.tag_keys().len()];
        let tax = cube.code("Tax");
        // Those with more digits last: until they come, nothing is counted in smaller units.
        let (fine, plain): (Vec<u32>, Vec<u32>) = self.places().partition(|place| self.exact.holds(*place));
        for place in plain.into_iter().chain(fine) {
            let (bill, name) = self.describe(place as usize, &coded, &tags, &mut codes);
            let charges = self.memo.charges(place as usize);
            let sums = self.memo.sums(place as usize);
            let [billed, effective] = match self.exact.with(place, sums, self.scale) {
                Some((sums, scale)) => {
                    cube.add_units(bill, &codes, name, charges, sums.map(Units::from), scale, (has_list, has_contracted))?;
                    [sums[0], sums[1]].map(|sum| Exact::from_i128(sum, scale))
                }
                None => {
                    let [billed, effective, list, contracted] = self.exact.added(place, sums, self.scale);
                    let cost = Cost { billed, effective, list: has_list.then_some(list), contracted: has_contracted.then_some(contracted) };
                    cube.add_sums(bill, &codes, name, charges, &cost)?;
                    [billed, effective]
                }
            };
            let of = [Dimension::Source, Dimension::Provider, Dimension::BillingAccount, Dimension::InvoiceId];
            let is_tax = codes[Dimension::ChargeCategory as usize] == tax;
            let sum = by_control.entry((bill, of.map(|dimension| codes[dimension as usize]), is_tax)).or_default();
            sum.charges += charges;
            sum.billed += billed;
            sum.effective += effective;
            if is_tax {
                sum.tax += billed;
            }
        }
        for ((bill, of, _), sum) in by_control {
            let [source, provider, billing_account, invoice] = of.map(|code| cube.text(code).to_owned());
            control.add_sum(ControlKey { bill, source, provider, billing_account, invoice }, &sum);
        }
        Ok(())
    }

    /// The bill of a combination, the name of its sub account, and its codes in the cube.
    fn describe(&self, place: usize, coded: &[Vec<CodedPiece>], tags: &[(usize, Vec<Code>)], codes: &mut [Code]) -> (BillKey, Code) {
        codes.fill(Code::default());
        let mut numbers = [0; MOST_FIELDS];
        self.memo.numbers(place, &mut numbers);
        for ((key, values), number) in tags.iter().zip(&numbers[self.facets.len()..]) {
            codes[Dimension::COUNT + key] = values[*number as usize];
        }
        let (mut period, mut currency, mut name) = (None, None, Code::default());
        for (facet, coded) in coded.iter().enumerate() {
            let piece = &coded[numbers[facet] as usize];
            for (at, code) in &piece.codes {
                codes[*at] = *code;
            }
            period = period.or(piece.billing_period);
            currency = currency.or(piece.currency);
            name = if piece.sub_account_name == Code::default() { name } else { piece.sub_account_name };
        }
        let bill = BillKey {
            period: period.expect("INVARIANT: every mapping reads the billing period"),
            currency: currency.expect("INVARIANT: every mapping reads the currency"),
        };
        (bill, name)
    }

    fn places(&self) -> impl Iterator<Item = u32> {
        0..u32::try_from(self.memo.len()).expect("INVARIANT: places are u32")
    }

    /// What went in by row came out by combination.
    fn check(&self, totals: &[i128; COSTS]) {
        let mut sums = [0i128; COSTS];
        let mut charges = 0;
        for place in 0..self.memo.len() {
            charges += self.memo.charges(place);
            for (sum, of) in sums.iter_mut().zip(self.memo.sums(place)) {
                // On the way it may leave 128 bits; the end does not.
                *sum = sum.wrapping_add(of);
            }
        }
        assert_eq!((&sums, charges), (totals, self.rows), "INVARIANT: sums by combination add up to the rows");
    }
}

/// Sums, by combination and cost, of what has more digits than the integers.
#[derive(Default)]
struct ExactSums {
    /// By combination, one more than its place in `fine`; 0 and what is beyond has none.
    places: Vec<u32>,
    /// In units of 10^−[`FINE`].
    fine: Vec<[i128; COSTS]>,
    /// What has more decimals than that, or no room there.
    others: HashMap<u32, [Exact; COSTS]>,
}

/// Decimals that the doubles of a bill seldom go beyond.
const FINE: u32 = 22;

impl ExactSums {
    fn add(&mut self, place: u32, cost: usize, amount: Exact) {
        if amount.scale() <= FINE
            && let Ok(units) = i128::try_from(amount.units())
            && let Some(units) = units.checked_mul(10i128.pow(FINE - amount.scale()))
        {
            let sum = &mut self.fine_mut(place)[cost];
            if let Some(more) = sum.checked_add(units) {
                *sum = more;
                return;
            }
        }
        self.others.entry(place).or_insert([Exact::ZERO; COSTS])[cost] += amount;
    }

    fn fine_mut(&mut self, place: u32) -> &mut [i128; COSTS] {
        let place = place as usize;
        if self.places.len() <= place {
            self.places.resize(place + 1, 0);
        }
        if self.places[place] == 0 {
            self.fine.push([0; COSTS]);
            self.places[place] = u32::try_from(self.fine.len()).expect("INVARIANT: no more than there are places");
        }
        &mut self.fine[self.places[place] as usize - 1]
    }

    fn fine(&self, place: u32) -> Option<&[i128; COSTS]> {
        let at = *self.places.get(place as usize)?;
        self.fine.get((at as usize).checked_sub(1)?)
    }

    fn holds(&self, place: u32) -> bool {
        self.fine(place).is_some() || self.others.contains_key(&place)
    }

    /// Sums of integers and what is here of them as integers again, with their decimals, where there is room.
    fn with(&self, place: u32, sums: [i128; COSTS], scale: u32) -> Option<([i128; COSTS], u32)> {
        if self.others.contains_key(&place) {
            return None;
        }
        let Some(fine) = self.fine(place) else { return Some((sums, scale)) };
        let finer = 10i128.pow(FINE.checked_sub(scale)?);
        let mut all = [0; COSTS];
        for (all, (sum, fine)) in all.iter_mut().zip(sums.iter().zip(fine)) {
            *all = sum.checked_mul(finer)?.checked_add(*fine)?;
        }
        Some((all, FINE))
    }

    /// The same with room for all.
    fn added(&self, place: u32, sums: [i128; COSTS], scale: u32) -> [Exact; COSTS] {
        std::array::from_fn(|cost| {
            let fine = self.fine(place).map_or(Exact::ZERO, |fine| Exact::from_i128(fine[cost], FINE));
            let others = self.others.get(&place).map_or(Exact::ZERO, |others| others[cost]);
            Exact::from_i128(sums[cost], scale) + fine + others
        })
    }
}

/// By slot, the facet that reads no other column, where no other facet reads the slot.
fn direct(mapper: &Mapper) -> Vec<Option<usize>> {
    let facets = mapper.facets();
    let only_of = |slot: usize| {
        let mut readers = facets.iter().enumerate().filter(|(_, slots)| slots.contains(&Slot(slot)));
        match (readers.next(), readers.next()) {
            (Some((facet, [_])), None) => Some(facet),
            _ => None,
        }
    };
    (0..mapper.columns().picked().len()).map(only_of).collect()
}

/// A piece with its texts as codes of the cube.
struct CodedPiece {
    codes: Vec<(usize, Code)>,
    billing_period: Option<dayone_domain::BillingPeriod>,
    currency: Option<dayone_domain::Currency>,
    sub_account_name: Code,
}

impl CodedPiece {
    fn of(piece: &Piece, cube: &mut CubeBuilder) -> CodedPiece {
        let tags = piece.tags.iter().map(|(place, value)| (Dimension::COUNT + place, value));
        let values = piece.values.iter().map(|(place, value)| (*place, value));
        CodedPiece {
            codes: values.chain(tags).map(|(place, value)| (place, cube.code(value))).collect(),
            billing_period: piece.billing_period,
            currency: piece.currency,
            sub_account_name: cube.code(&piece.sub_account_name),
        }
    }
}

fn add_totals(totals: &mut [i128; COSTS], amounts: Amounts<'_>) -> Result<(), GiveUp> {
    match amounts {
        Amounts::Narrow(costs) => {
            for (total, cost) in totals.iter_mut().zip(costs) {
                // In two halves, which sum without a carry: some thousand rows of 32 bits each.
                let (high, low) = cost.iter().fold((0i64, 0i64), |(high, low), units| (high + (units >> 32), low + (units & 0xffff_ffff)));
                *total += (i128::from(high) << 32) + i128::from(low);
            }
        }
        Amounts::Wide(costs) => {
            for (total, cost) in totals.iter_mut().zip(costs) {
                for units in cost {
                    *total = total.checked_add(*units).ok_or(GiveUp("a sum beyond 128 bits"))?;
                }
            }
        }
    }
    Ok(())
}
