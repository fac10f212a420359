//! The charge cube: charges summed, exactly, by the dimensions that allocation and invoices need.
//!
//! A cube is the only thing that allocation reads: the same cube under another tree needs no file, unless the
//! tree names a tag key that the cube was not built with.
//!
//! The decimals of a bill are the most that any sum of its rows needs, not those of its charges: 0.5 and 0.5 in one row
//! are 1, without decimals. So they do not depend on what was summed before it came here.

mod builder;
mod bytes;
mod merge;
mod order;
mod parts;
mod read;
mod rows;
mod table;
mod texts;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::charge::{Cost, CostBasis, Dimension, Nature, Traits};
use crate::currency::Currency;
use crate::exact::{Exact, Units};
use crate::period::BillingPeriod;

use rows::Rows;
use texts::Texts;

pub use builder::{CubeBuilder, CubeError, CubeLimits, MOST_ROWS, MOST_TEXT_BYTES};
pub use bytes::{CubeBytesError, FORMAT_VERSION};
pub use merge::{MergedParts, PartsError, merge_parts};
pub use parts::CubeMergeError;

/// One master bill: a billing period in one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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

/// A text of a cube's dictionary. The default is the empty text, null.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(u32);

impl Code {
    /// Its place in the dictionary.
    pub(crate) fn place(self) -> usize {
        self.0 as usize
    }
}

/// The rows of one master bill.
#[derive(Clone, Debug)]
struct Bill {
    /// Decimals of the sums: the most that any of them needs.
    scale: u32,
    /// In the order of their codes; at least one.
    rows: Rows,
    list_missing: bool,
    contracted_missing: bool,
    sub_account_names: Names,
}

/// By provider and identifier.
type Names = BTreeMap<(String, String), String>;

/// Exact sums of charges by dimension, for any number of bills. The same charges give the same cube, in whatever order
/// they came and however they were summed before: texts are those that rows use, in order, rows are in the order of
/// their texts, and sums have as many decimals as the sums of their bill need, whatever the charges had.
#[derive(Clone, Debug)]
pub struct Cube {
    tag_keys: Vec<String>,
    texts: Texts,
    bills: BTreeMap<BillKey, Bill>,
}

/// A row of a [`Cube`], with its texts at hand.
#[derive(Clone, Copy, Debug)]
pub struct RowView<'a> {
    cube: &'a Cube,
    bill: &'a Bill,
    row: usize,
}

impl Cube {
    /// The tag keys that the cube tells charges apart by.
    pub fn tag_keys(&self) -> &[String] {
        &self.tag_keys
    }

    /// Most decimals of a sum.
    pub fn scale(&self) -> u32 {
        self.bills.values().map(|bill| bill.scale).max().unwrap_or(0)
    }

    /// Most decimals of a sum of one bill; none where the cube does not hold it.
    pub fn scale_of(&self, key: BillKey) -> u32 {
        self.bills.get(&key).map_or(0, |bill| bill.scale)
    }

    /// How many texts there are; codes are below.
    pub(crate) fn count_of_texts(&self) -> usize {
        self.texts.len()
    }

    /// The code of a text; none where no row has it. The empty text has one always.
    pub(crate) fn code_of(&self, text: &str) -> Option<Code> {
        self.texts.search(text)
    }

    /// The text of a code.
    pub(crate) fn text(&self, code: Code) -> &str {
        self.texts.get(code)
    }

    /// The codes of the texts that begin with `prefix`.
    pub(crate) fn codes_from(&self, prefix: &str) -> Range<usize> {
        self.texts.range_of(prefix)
    }

    /// The bills, oldest first.
    pub fn bills(&self) -> impl Iterator<Item = BillKey> + '_ {
        self.bills.keys().copied()
    }

    /// The rows of a bill; none for a bill that the cube does not hold.
    pub fn rows(&self, key: BillKey) -> impl ExactSizeIterator<Item = RowView<'_>> + Clone {
        let bill = self.bills.get(&key);
        let rows = bill.map_or(0, |bill| bill.rows.len());
        (0..rows).map(move |row| RowView { cube: self, bill: bill.expect("INVARIANT: without a bill there is no row"), row })
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
        self.cube.texts.get(self.code(dimension))
    }

    /// The value of the tag key at `place` in [`Cube::tag_keys`]; the empty text where the charges lack it.
    pub fn tag(self, place: usize) -> &'a str {
        self.cube.texts.get(self.codes()[Dimension::COUNT + place])
    }

    /// The code of the value of a dimension. Codes of one cube are in the order of their texts.
    pub(crate) fn code(self, dimension: Dimension) -> Code {
        self.codes()[dimension as usize]
    }

    /// The codes of all dimensions, then of all tag keys.
    pub(crate) fn codes(self) -> &'a [Code] {
        self.bill.rows.codes(self.row)
    }

    /// How many charges the row sums.
    pub fn charges(self) -> u64 {
        self.bill.rows.charges(self.row)
    }

    /// The exact sums.
    pub fn cost(self) -> Cost {
        let [billed, effective, list, contracted] = self.bill.rows.sums(self.row).map(|units| Exact::new(units, self.bill.scale));
        Cost {
            billed,
            effective,
            list: (!self.bill.list_missing).then_some(list),
            contracted: (!self.bill.contracted_missing).then_some(contracted),
        }
    }

    /// The exact sum in one basis, counted in units of the [scale of the bill](Cube::scale_of).
    pub(crate) fn units(self, basis: CostBasis) -> Units {
        let which = match basis {
            CostBasis::Billed => 0,
            CostBasis::Effective => 1,
        };
        self.bill.rows.sum(self.row, which)
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
