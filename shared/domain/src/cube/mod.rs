//! The charge cube: charges summed, exactly, by the dimensions that allocation and invoices need.
//!
//! A cube is the only thing that allocation reads: the same cube under another tree needs no file, unless the
//! tree names a tag key that the cube was not built with.

mod builder;
mod bytes;
mod parts;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::charge::{Cost, CostBasis, Dimension, Nature, Traits};
use crate::currency::Currency;
use crate::exact::{Exact, Units, plus, times};
use crate::period::BillingPeriod;

pub use builder::{CubeBuilder, CubeError, MOST_ROWS, MOST_TEXT_BYTES};
pub use bytes::CubeBytesError;
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
    /// Most decimals of a cost of this bill; the cube's scale is the largest of its bills.
    scale: u32,
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

    /// Most decimals of a cost of one bill; none where the cube does not hold it.
    pub fn scale_of(&self, key: BillKey) -> u32 {
        self.bills.get(&key).map_or(0, |bill| bill.scale)
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

impl Sums {
    fn times(&self, factor: Units) -> Sums {
        self.each(|units| times(units, factor))
    }

    fn each(&self, of: impl Fn(Units) -> Units) -> Sums {
        let Sums { charges, billed, effective, list, contracted } = *self;
        Sums { charges, billed: of(billed), effective: of(effective), list: of(list), contracted: of(contracted) }
    }

    fn add(&mut self, other: &Sums) {
        self.charges += other.charges;
        self.billed = plus(self.billed, other.billed);
        self.effective = plus(self.effective, other.effective);
        self.list = plus(self.list, other.list);
        self.contracted = plus(self.contracted, other.contracted);
    }
}
