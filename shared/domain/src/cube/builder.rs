//! From charges to a cube.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashTable};

use super::order::put_in_order;
use super::rows::{Rows, SUMS};
use super::texts::Dictionary;
use super::{Bill, BillKey, Code, Cube};
use crate::charge::{Charge, Cost, Dimension};
use crate::currency::Currency;
use crate::exact::{MAX_DECIMALS, Units, power_of_ten, times};

/// Most rows of one cube, where nothing else is said. A cube is kept in memory: a row takes about 160 bytes.
pub const MOST_ROWS: usize = 20_000_000;
/// Most bytes of the distinct texts of one cube.
pub const MOST_TEXT_BYTES: usize = 1 << 30;

/// How large a cube may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CubeLimits {
    /// Most rows, at most [`MOST_ROWS`].
    pub rows: usize,
    /// Most bytes of the distinct texts, at most [`MOST_TEXT_BYTES`].
    pub text_bytes: usize,
}

impl Default for CubeLimits {
    fn default() -> CubeLimits {
        CubeLimits { rows: MOST_ROWS, text_bytes: MOST_TEXT_BYTES }
    }
}

/// Why a charge cannot be summed with the others.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CubeError {
    /// The charges differ in too much.
    #[error(
        "the charges up to here differ in more than {limit} {what}; they are summed by account, service, region, invoice, commitment and the tags that the tree names"
    )]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// One provider invoice cannot be in two currencies.
    #[error("provider invoice `{invoice}` is in {first} in an earlier charge and in {second} here")]
    TwoCurrencies {
        /// FOCUS InvoiceId.
        invoice: String,
        /// The currency of its first charge.
        first: Currency,
        /// The currency of this charge.
        second: Currency,
    },
}

/// Sums charges into a [`Cube`].
#[derive(Debug)]
pub struct CubeBuilder {
    limits: CubeLimits,
    tag_keys: Vec<String>,
    texts: Dictionary,
    /// Of the hashes of rows; another one each time.
    seed: u64,
    bills: BTreeMap<BillKey, OpenBill>,
    invoice_currencies: HashMap<(Code, Code), Currency>,
    rows: usize,
    key: Vec<Code>,
}

#[derive(Debug)]
struct OpenBill {
    /// Decimals of the sums until now.
    scale: u32,
    rows: Rows,
    /// Hash and place of each row: with the hash at hand, growing need not look at rows.
    places: HashTable<(u32, u32)>,
    list_missing: bool,
    contracted_missing: bool,
    /// The name of each provider's sub account, the first in alphabetical order.
    names: HashMap<(Code, Code), Code>,
}

/// Sums of charges that agree in every dimension and tag, in units of 10^−scale.
struct Added<'c> {
    codes: &'c [Code],
    charges: u64,
    scale: u32,
    sums: [Units; SUMS],
}

impl OpenBill {
    fn new(width: usize) -> OpenBill {
        OpenBill {
            scale: 0,
            rows: Rows::new(width),
            places: HashTable::new(),
            list_missing: false,
            contracted_missing: false,
            names: HashMap::new(),
        }
    }

    fn place_of(&self, hash: u32, codes: &[Code]) -> Option<usize> {
        let is_it = |(of_row, place): &(u32, u32)| *of_row == hash && self.rows.codes(*place as usize) == codes;
        self.places.find(spread(hash), is_it).map(|(_, place)| *place as usize)
    }

    /// Adds to the row at a place, or to a new one where there is none.
    fn put(&mut self, place: Option<usize>, hash: u32, added: &Added<'_>) {
        if added.scale > self.scale {
            self.rows.refine(added.scale - self.scale);
            self.scale = added.scale;
        }
        let factor = power_of_ten(self.scale - added.scale);
        let sums = if factor == Units::ONE { added.sums } else { added.sums.map(|units| times(units, factor)) };
        match place {
            Some(place) => self.rows.add(place, added.charges, sums),
            None => {
                let place = u32::try_from(self.rows.len()).expect("INVARIANT: rows are counted in 32 bits");
                self.rows.push(added.codes, added.charges, sums);
                self.places.insert_unique(spread(hash), (hash, place), |(hash, _)| spread(*hash));
            }
        }
    }

    /// Takes the name of a sub account where it is the first in alphabetical order.
    fn name(&mut self, texts: &Dictionary, sub_account: (Code, Code), name: Code) {
        if name == Code::default() {
            return;
        }
        let known = self.names.entry(sub_account).or_insert(name);
        if *known != name && texts.get(name) < texts.get(*known) {
            *known = name;
        }
    }
}

impl CubeBuilder {
    /// An empty cube that will tell charges apart by these tag keys, beside every [`Dimension`].
    pub fn new(tag_keys: Vec<String>) -> CubeBuilder {
        CubeBuilder::with_limits(tag_keys, CubeLimits::default())
    }

    /// The same within limits of one's own.
    pub fn with_limits(tag_keys: Vec<String>, limits: CubeLimits) -> CubeBuilder {
        let limits = CubeLimits { rows: limits.rows.min(MOST_ROWS), text_bytes: limits.text_bytes.min(MOST_TEXT_BYTES) };
        CubeBuilder {
            limits,
            tag_keys,
            texts: Dictionary::new(limits.text_bytes),
            seed: DefaultHashBuilder::default().hash_one(0),
            bills: BTreeMap::new(),
            invoice_currencies: HashMap::new(),
            rows: 0,
            key: Vec::new(),
        }
    }

    /// Adds one charge. A refusal leaves the sums as they were.
    pub fn add(&mut self, charge: &Charge<'_>) -> Result<(), CubeError> {
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        for value in charge.values {
            key.push(self.code(value));
        }
        for place in 0..self.tag_keys.len() {
            let value = charge.tags.iter().find(|(tag, _)| *tag == self.tag_keys[place]).map_or("", |(_, value)| value);
            key.push(self.code(value));
        }
        let name = self.code(charge.sub_account_name);
        let bill = BillKey { period: charge.billing_period, currency: charge.currency };
        let added = self.add_sums(bill, &key, name, 1, &charge.cost);
        self.key = key;
        added
    }

    /// The code of a text, for [`add_sums`](CubeBuilder::add_sums). Where there is no room for the text, the next that
    /// is added is refused.
    pub fn code(&mut self, text: &str) -> Code {
        self.texts.code(text)
    }

    /// The tag keys that it tells charges apart by.
    pub fn tag_keys(&self) -> &[String] {
        &self.tag_keys
    }

    /// The currencies of its bills.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> + '_ {
        self.bills.keys().map(|bill| bill.currency)
    }

    /// Whether so many more rows and bytes of text are within its limits.
    pub fn has_room_for(&self, rows: usize, text_bytes: usize) -> bool {
        let text_bytes = self.texts.bytes().saturating_add(text_bytes);
        self.rows.saturating_add(rows) <= self.limits.rows && text_bytes <= self.limits.text_bytes
    }

    /// The currency of a provider's invoice, where a charge of it was added.
    pub fn invoice_currency(&self, provider: &str, invoice: &str) -> Option<Currency> {
        let invoice = (self.texts.known(provider)?, self.texts.known(invoice)?);
        self.invoice_currencies.get(&invoice).copied()
    }

    /// Most rows that it may have.
    pub fn most_rows(&self) -> usize {
        self.limits.rows
    }

    /// The text of a code that this builder gave.
    pub fn text(&self, code: Code) -> &str {
        self.texts.get(code)
    }

    /// Adds the sums of charges that agree in every dimension and tag: the same as adding each by itself. A refusal
    /// leaves the sums as they were.
    ///
    /// `codes` are one for each [`Dimension`] in order, then one for each tag key in order.
    ///
    /// # Panics
    /// Where there are more or fewer codes, or codes that this builder did not give.
    pub fn add_sums(&mut self, bill: BillKey, codes: &[Code], sub_account_name: Code, charges: u64, cost: &Cost) -> Result<(), CubeError> {
        let costs = [cost.billed, cost.effective, cost.list.unwrap_or_default(), cost.contracted.unwrap_or_default()];
        let costs = costs.map(|cost| if cost.is_zero() || cost.scale() > MAX_DECIMALS { cost.normalized() } else { cost });
        let scale = costs.iter().map(|cost| cost.scale()).max().unwrap_or(0);
        let sums = costs.map(|cost| cost.units_at(scale));
        self.add_units(bill, codes, sub_account_name, charges, sums, scale, (cost.list.is_some(), cost.contracted.is_some()))
    }

    /// As [`add_sums`](CubeBuilder::add_sums), with billed, effective, list and contracted cost in units of 10^−`scale`,
    /// and whether there are a list and a contracted cost.
    #[expect(clippy::too_many_arguments, reason = "what a row of the cube is made of")]
    pub fn add_units(
        &mut self,
        bill: BillKey,
        codes: &[Code],
        sub_account_name: Code,
        charges: u64,
        sums: [Units; SUMS],
        scale: u32,
        (has_list, has_contracted): (bool, bool),
    ) -> Result<(), CubeError> {
        self.put(bill, &Added { codes, charges, scale, sums })?;
        let [provider, sub_account] = [Dimension::Provider, Dimension::SubAccount].map(|dimension| codes[dimension as usize]);
        let open = self.bills.get_mut(&bill).expect("INVARIANT: the sums are in it");
        open.name(&self.texts, (provider, sub_account), sub_account_name);
        open.list_missing |= !has_list;
        open.contracted_missing |= !has_contracted;
        Ok(())
    }

    /// Adds all charges of a cube, told apart by its tag keys at `tags` alone: one for each of this cube's.
    pub(super) fn add_cube(&mut self, cube: &Cube, tags: &[usize]) -> Result<(), CubeError> {
        let codes: Vec<Code> = cube.texts.iter().map(|text| self.code(text)).collect();
        for (key, bill) in &cube.bills {
            for row in 0..bill.rows.len() {
                let of_cube = bill.rows.codes(row);
                let tags = tags.iter().map(|place| of_cube[Dimension::COUNT + place]);
                let mut row_codes = std::mem::take(&mut self.key);
                row_codes.clear();
                row_codes.extend(of_cube[..Dimension::COUNT].iter().copied().chain(tags).map(|code| codes[code.place()]));
                let added = Added { codes: &row_codes, charges: bill.rows.charges(row), scale: bill.scale, sums: bill.rows.sums(row) };
                let put = self.put(*key, &added);
                self.key = row_codes;
                put?;
            }
            let names = bill.sub_account_names.iter();
            let names: Vec<[Code; 3]> = names.map(|((provider, id), name)| [provider, id, name].map(|text| self.code(text))).collect();
            let open = self.bills.get_mut(key).expect("INVARIANT: a bill has a row");
            names.into_iter().for_each(|[provider, id, name]| open.name(&self.texts, (provider, id), name));
            open.list_missing |= bill.list_missing;
            open.contracted_missing |= bill.contracted_missing;
        }
        self.refuse_too_much_text()
    }

    /// Adds to a row, or refuses and adds nothing.
    fn put(&mut self, bill: BillKey, added: &Added<'_>) -> Result<(), CubeError> {
        let width = Dimension::COUNT + self.tag_keys.len();
        assert!(added.codes.len() == width, "a row has {width} codes, not {}", added.codes.len());
        self.refuse_too_much_text()?;
        let hash = hash_of(self.seed, added.codes);
        let place = self.bills.get(&bill).and_then(|open| open.place_of(hash, added.codes));
        if place.is_none() {
            // A row that is known was looked at when it came.
            self.refuse_row(bill.currency, added.codes)?;
            self.rows += 1;
        }
        let open = self.bills.entry(bill).or_insert_with(|| OpenBill::new(width));
        open.put(place, hash, added);
        Ok(())
    }

    fn refuse_too_much_text(&self) -> Result<(), CubeError> {
        if self.texts.is_full() {
            return Err(CubeError::TooMany { what: "bytes of text", limit: self.limits.text_bytes });
        }
        Ok(())
    }

    /// Refuses a new row that would make a provider invoice of two currencies, or is one too many.
    fn refuse_row(&mut self, currency: Currency, codes: &[Code]) -> Result<(), CubeError> {
        if self.rows >= self.limits.rows {
            return Err(CubeError::TooMany { what: "combinations", limit: self.limits.rows });
        }
        let [provider, invoice] = [Dimension::Provider, Dimension::InvoiceId].map(|dimension| codes[dimension as usize]);
        if invoice == Code::default() {
            return Ok(());
        }
        let first = *self.invoice_currencies.entry((provider, invoice)).or_insert(currency);
        if first != currency {
            return Err(CubeError::TwoCurrencies { invoice: self.texts.get(invoice).to_owned(), first, second: currency });
        }
        Ok(())
    }

    /// The cube of all that was added.
    pub fn finish(self) -> Cube {
        let CubeBuilder { tag_keys, texts, bills, .. } = self;
        let named = |names: HashMap<(Code, Code), Code>| {
            let text = |code: Code| texts.get(code).to_owned();
            names.into_iter().map(|((provider, id), name)| ((text(provider), text(id)), text(name))).collect()
        };
        let close = |open: OpenBill| {
            let OpenBill { scale, mut rows, list_missing, contracted_missing, names, .. } = open;
            let scale = scale - rows.coarsen(scale);
            Bill { scale, rows, list_missing, contracted_missing, sub_account_names: named(names) }
        };
        let mut bills: BTreeMap<BillKey, Bill> = bills.into_iter().map(|(key, open)| (key, close(open))).collect();
        let texts = put_in_order(texts.into_texts(), bills.values_mut().map(|bill| &mut bill.rows));
        Cube { tag_keys, texts, bills }
    }
}

/// Folds the product of 64 bits by 64 for each two codes, as foldhash does.
fn hash_of(seed: u64, codes: &[Code]) -> u32 {
    let (pairs, last) = codes.as_chunks::<2>();
    let pairs = pairs.iter().map(|[a, b]| u64::from(a.0) << 32 | u64::from(b.0));
    let hash = pairs.chain(last.iter().map(|code| u64::from(code.0))).fold(seed, |hash, next| {
        let product = u128::from(hash ^ next) * u128::from(ODD);
        product as u64 ^ (product >> 64) as u64
    });
    (hash >> 32) as u32 ^ hash as u32
}

/// To 64 bits, of which the table uses the first and the last.
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(ODD)
}

/// A number with as many ones as zeros: 2^64 by the golden ratio.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;
