//! The charge cube: charges summed, exactly, by the dimensions that allocation and invoices need.
//!
//! A cube is the only thing that allocation reads: the same cube under another tree needs no file, unless the
//! tree names a tag key that the cube was not built with.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::charge::{Charge, Cost, CostBasis, Dimension, Nature, Traits};
use crate::currency::Currency;
use crate::exact::{Exact, Units, plus, power_of_ten, times};
use crate::period::BillingPeriod;

/// One master bill: a billing period in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BillKey {
    /// The provider's billing period.
    pub period: BillingPeriod,
    /// The billing currency.
    pub currency: Currency,
}

impl fmt::Display for BillKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.period, self.currency)
    }
}

/// Place of a text in a cube's dictionary; 0 is the empty text, null.
type Code = u32;

/// Sums of the charges of one cube row, in units of 10^−scale of the cube.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Sums {
    charges: u64,
    billed: Units,
    effective: Units,
    list: Units,
    contracted: Units,
}

/// Charges of one bill that agree in every dimension and named tag.
#[derive(Clone, Debug)]
struct Row {
    codes: Box<[Code]>,
    sums: Sums,
}

/// The rows of one master bill.
#[derive(Clone, Debug, Default)]
struct Bill {
    rows: Vec<Row>,
    list_missing: bool,
    contracted_missing: bool,
    sub_account_names: Names,
}

/// By provider and identifier.
type Names = BTreeMap<(String, String), String>;

/// Exact sums of charges by dimension, for any number of bills. Rows are in the order of their texts, so that
/// the same charges give the same cube in whatever order they came.
#[derive(Clone, Debug)]
pub struct Cube {
    scale: u32,
    tag_keys: Vec<String>,
    texts: Vec<Box<str>>,
    bills: BTreeMap<BillKey, Bill>,
}

/// A row of a [`Cube`], with its texts at hand.
#[derive(Clone, Copy, Debug)]
pub struct RowView<'a> {
    cube: &'a Cube,
    row: &'a Row,
    list_missing: bool,
    contracted_missing: bool,
}

impl Cube {
    /// The tag keys that the cube tells charges apart by.
    pub fn tag_keys(&self) -> &[String] {
        &self.tag_keys
    }

    /// Decimals of the sums.
    pub fn scale(&self) -> u32 {
        self.scale
    }

    /// The bills, oldest first.
    pub fn bills(&self) -> impl Iterator<Item = BillKey> + '_ {
        self.bills.keys().copied()
    }

    /// The rows of a bill; none for a bill that the cube does not hold.
    pub fn rows(&self, key: BillKey) -> impl ExactSizeIterator<Item = RowView<'_>> + Clone {
        let (rows, list_missing, contracted_missing) =
            self.bills.get(&key).map_or((&[][..], true, true), |bill| (&bill.rows[..], bill.list_missing, bill.contracted_missing));
        rows.iter().map(move |row| RowView { cube: self, row, list_missing, contracted_missing })
    }

    /// The master bill: all charges of a bill, and how many they are.
    pub fn master_bill(&self, key: BillKey) -> (u64, Cost) {
        let mut rows = self.rows(key);
        let first = match rows.next() {
            Some(row) => (row.charges(), row.cost()),
            None => return (0, Cost::default()),
        };
        rows.fold(first, |(charges, sum), row| {
            let cost = row.cost();
            let sum = Cost {
                billed: sum.billed + cost.billed,
                effective: sum.effective + cost.effective,
                list: sum.list.zip(cost.list).map(|(a, b)| a + b),
                contracted: sum.contracted.zip(cost.contracted).map(|(a, b)| a + b),
            };
            (charges + row.charges(), sum)
        })
    }

    /// The name that the files give a provider's sub account in a bill; where they give several, the first in
    /// alphabetical order. Other bills have no say: what stands on an invoice does not change with them.
    pub fn sub_account_name(&self, key: BillKey, provider: &str, sub_account: &str) -> Option<&str> {
        self.bills.get(&key)?.sub_account_names.get(&(provider.to_owned(), sub_account.to_owned())).map(String::as_str)
    }

    /// The names of a bill's sub accounts by identifier, of whichever provider has one of it.
    pub fn sub_account_names(&self, key: BillKey) -> BTreeMap<&str, &str> {
        let names = self.bills.get(&key).into_iter().flat_map(|bill| &bill.sub_account_names);
        names.map(|((_, sub_account), name)| (sub_account.as_str(), name.as_str())).collect()
    }
}

impl<'a> RowView<'a> {
    /// The value of a dimension; null is the empty text.
    pub fn value(self, dimension: Dimension) -> &'a str {
        &self.cube.texts[self.row.codes[dimension as usize] as usize]
    }

    /// The value of the tag key at `place` in [`Cube::tag_keys`]; the empty text where the charges lack it.
    pub fn tag(self, place: usize) -> &'a str {
        &self.cube.texts[self.row.codes[Dimension::COUNT + place] as usize]
    }

    /// How many charges the row sums.
    pub fn charges(self) -> u64 {
        self.row.sums.charges
    }

    /// The exact sums.
    pub fn cost(self) -> Cost {
        let exact = |units| Exact::new(units, self.cube.scale);
        let sums = &self.row.sums;
        Cost {
            billed: exact(sums.billed),
            effective: exact(sums.effective),
            list: (!self.list_missing).then(|| exact(sums.list)),
            contracted: (!self.contracted_missing).then(|| exact(sums.contracted)),
        }
    }

    /// What kind of money it is.
    pub fn nature(self, basis: CostBasis) -> Nature {
        let traits = Traits {
            category: self.value(Dimension::ChargeCategory),
            charge_type: self.value(Dimension::ChargeType),
            commitment_status: self.value(Dimension::CommitmentStatus),
            provider: self.value(Dimension::Provider),
            publisher: self.value(Dimension::Publisher),
            issuer: self.value(Dimension::InvoiceIssuer),
        };
        Nature::of(&traits, basis)
    }

    /// For a provider's correction (FOCUS ChargeClass `Correction`): the month that it corrects.
    pub fn correction_of(self) -> Option<BillingPeriod> {
        (self.value(Dimension::ChargeClass) == "Correction").then(|| self.value(Dimension::ChargeMonth).parse().ok()).flatten()
    }
}

/// Most rows of one cube. A cube is kept in memory: a row takes about 300 bytes.
pub const MOST_ROWS: usize = 20_000_000;
/// Most bytes of the distinct texts of one cube.
pub const MOST_TEXT_BYTES: usize = 1 << 30;

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
    scale: u32,
    tag_keys: Vec<String>,
    codes: HashMap<Box<str>, Code>,
    texts: Vec<Box<str>>,
    bills: BTreeMap<BillKey, OpenBill>,
    invoice_currencies: HashMap<(Code, Code), Currency>,
    rows: usize,
    text_bytes: usize,
    key: Vec<Code>,
}

#[derive(Debug, Default)]
struct OpenBill {
    rows: HashMap<Box<[Code]>, Sums>,
    list_missing: bool,
    contracted_missing: bool,
    /// The name of each provider's sub account, the first in alphabetical order.
    names: HashMap<(Code, Code), Code>,
}

impl CubeBuilder {
    /// An empty cube that will tell charges apart by these tag keys, beside every [`Dimension`].
    pub fn new(tag_keys: Vec<String>) -> CubeBuilder {
        CubeBuilder {
            scale: 0,
            tag_keys,
            codes: HashMap::from([(Box::from(""), 0)]),
            texts: vec![Box::from("")],
            bills: BTreeMap::new(),
            invoice_currencies: HashMap::new(),
            rows: 0,
            text_bytes: 0,
            key: Vec::new(),
        }
    }

    /// Adds one charge; a charge that is refused leaves the sums as they were.
    pub fn add(&mut self, charge: &Charge<'_>) -> Result<(), CubeError> {
        let mut key = std::mem::take(&mut self.key);
        let added = self.add_with(charge, &mut key);
        self.key = key;
        added
    }

    /// `key` is only room to put the codes in, kept from charge to charge.
    fn add_with(&mut self, charge: &Charge<'_>, key: &mut Vec<Code>) -> Result<(), CubeError> {
        key.clear();
        for value in charge.values {
            key.push(self.code(value));
        }
        for place in 0..self.tag_keys.len() {
            let value = charge.tags.iter().find(|(tag, _)| *tag == self.tag_keys[place]).map_or("", |(_, value)| value);
            key.push(self.code(value));
        }
        let [provider, invoice, sub_account] =
            [Dimension::Provider, Dimension::InvoiceId, Dimension::SubAccount].map(|dimension| key[dimension as usize]);
        let name = self.code(charge.sub_account_name);
        if invoice != 0 {
            let first = *self.invoice_currencies.entry((provider, invoice)).or_insert(charge.currency);
            if first != charge.currency {
                let invoice = charge.value(Dimension::InvoiceId).to_owned();
                return Err(CubeError::TwoCurrencies { invoice, first, second: charge.currency });
            }
        }
        if self.rows > MOST_ROWS {
            return Err(CubeError::TooMany { what: "combinations", limit: MOST_ROWS });
        }
        if self.text_bytes > MOST_TEXT_BYTES {
            return Err(CubeError::TooMany { what: "bytes of text", limit: MOST_TEXT_BYTES });
        }
        let cost = &charge.cost;
        let costs = [cost.billed, cost.effective, cost.list.unwrap_or_default(), cost.contracted.unwrap_or_default()];
        let costs = costs.map(Exact::normalized);
        let needed = costs.iter().map(|cost| cost.scale()).max().unwrap_or(0);
        if needed > self.scale {
            self.rescale(needed);
        }
        let [billed, effective, list, contracted] = costs.map(|cost| cost.units_at(self.scale));
        let bill = self.bills.entry(BillKey { period: charge.billing_period, currency: charge.currency }).or_default();
        if name != 0 {
            let known = bill.names.entry((provider, sub_account)).or_insert(name);
            if *known != name && self.texts[name as usize] < self.texts[*known as usize] {
                *known = name;
            }
        }
        bill.list_missing |= cost.list.is_none();
        bill.contracted_missing |= cost.contracted.is_none();
        let added = Sums { charges: 1, billed, effective, list, contracted };
        match bill.rows.get_mut(&key[..]) {
            Some(sums) => sums.add(&added),
            None => {
                bill.rows.insert(Box::from(&key[..]), added);
                self.rows += 1;
            }
        }
        Ok(())
    }

    /// The cube of all that was added.
    pub fn finish(self) -> Cube {
        let texts = self.texts;
        let in_text_order = |a: &[Code], b: &[Code]| {
            a.iter()
                .zip(b)
                .map(|(a, b)| texts[*a as usize].cmp(&texts[*b as usize]))
                .find(|order| order.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal)
        };
        let bills = self
            .bills
            .into_iter()
            .map(|(key, open)| {
                let mut rows: Vec<Row> = open.rows.into_iter().map(|(codes, sums)| Row { codes, sums }).collect();
                rows.sort_unstable_by(|a, b| in_text_order(&a.codes, &b.codes));
                let text = |code: Code| texts[code as usize].to_string();
                let sub_account_names =
                    open.names.into_iter().map(|((provider, id), name)| ((text(provider), text(id)), text(name))).collect();
                (key, Bill { rows, list_missing: open.list_missing, contracted_missing: open.contracted_missing, sub_account_names })
            })
            .collect();
        Cube { scale: self.scale, tag_keys: self.tag_keys, texts, bills }
    }

    fn code(&mut self, text: &str) -> Code {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let code = Code::try_from(self.texts.len()).expect("fewer than 2^32 distinct texts");
        self.text_bytes += text.len();
        self.codes.insert(Box::from(text), code);
        self.texts.push(Box::from(text));
        code
    }

    fn rescale(&mut self, scale: u32) {
        let factor = power_of_ten(scale - self.scale);
        for sums in self.bills.values_mut().flat_map(|bill| bill.rows.values_mut()) {
            for units in [&mut sums.billed, &mut sums.effective, &mut sums.list, &mut sums.contracted] {
                *units = times(*units, factor);
            }
        }
        self.scale = scale;
    }
}

impl Sums {
    fn add(&mut self, other: &Sums) {
        self.charges += other.charges;
        self.billed = plus(self.billed, other.billed);
        self.effective = plus(self.effective, other.effective);
        self.list = plus(self.list, other.list);
        self.contracted = plus(self.contracted, other.contracted);
    }
}
