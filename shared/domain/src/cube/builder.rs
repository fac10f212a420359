//! From charges to a cube.

use std::collections::{BTreeMap, HashMap};

use super::{Bill, BillKey, Code, Cube, Row, Sums};
use crate::charge::{Charge, Dimension};
use crate::currency::Currency;
use crate::exact::{Exact, power_of_ten};

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
    scale: u32,
    rows: HashMap<Box<[Code]>, Sums>,
    list_missing: bool,
    contracted_missing: bool,
    /// The name of each provider's sub account, the first in alphabetical order.
    names: HashMap<(Code, Code), Code>,
}

impl OpenBill {
    /// Adds to a row; true where there was none.
    fn put(&mut self, codes: &[Code], added: &Sums) -> bool {
        match self.rows.get_mut(codes) {
            Some(sums) => {
                sums.add(added);
                false
            }
            None => {
                self.rows.insert(Box::from(codes), *added);
                true
            }
        }
    }

    /// Takes the name of a sub account where it is the first in alphabetical order.
    fn name(&mut self, texts: &[Box<str>], sub_account: (Code, Code), name: Code) {
        if name == 0 {
            return;
        }
        let known = self.names.entry(sub_account).or_insert(name);
        if *known != name && texts[name as usize] < texts[*known as usize] {
            *known = name;
        }
    }
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
        self.refuse(provider, invoice, charge.currency)?;
        let cost = &charge.cost;
        let costs = [cost.billed, cost.effective, cost.list.unwrap_or_default(), cost.contracted.unwrap_or_default()];
        let costs = costs.map(Exact::normalized);
        let needed = costs.iter().map(|cost| cost.scale()).max().unwrap_or(0);
        if needed > self.scale {
            self.rescale(needed);
        }
        let [billed, effective, list, contracted] = costs.map(|cost| cost.units_at(self.scale));
        let bill = self.bills.entry(BillKey { period: charge.billing_period, currency: charge.currency }).or_default();
        bill.name(&self.texts, (provider, sub_account), name);
        bill.scale = bill.scale.max(needed);
        bill.list_missing |= cost.list.is_none();
        bill.contracted_missing |= cost.contracted.is_none();
        let added = Sums { charges: 1, billed, effective, list, contracted };
        self.rows += usize::from(bill.put(key, &added));
        Ok(())
    }

    /// Adds all charges of a cube that tells them apart by the same tag keys.
    pub(super) fn add_cube(&mut self, cube: &Cube) -> Result<(), CubeError> {
        if cube.scale > self.scale {
            self.rescale(cube.scale);
        }
        let codes: Vec<Code> = cube.texts.iter().map(|text| self.code(text)).collect();
        let factor = power_of_ten(self.scale - cube.scale);
        for (key, bill) in &cube.bills {
            for row in &bill.rows {
                let row_codes: Vec<Code> = row.codes.iter().map(|code| codes[*code as usize]).collect();
                let [provider, invoice] = [Dimension::Provider, Dimension::InvoiceId].map(|dimension| row_codes[dimension as usize]);
                self.refuse(provider, invoice, key.currency)?;
                self.rows += usize::from(self.bills.entry(*key).or_default().put(&row_codes, &row.sums.times(factor)));
            }
            for ((provider, sub_account), name) in &bill.sub_account_names {
                let [provider, sub_account, name] = [provider, sub_account, name].map(|text| self.code(text));
                self.bills.entry(*key).or_default().name(&self.texts, (provider, sub_account), name);
            }
            let into = self.bills.entry(*key).or_default();
            into.scale = into.scale.max(bill.scale);
            into.list_missing |= bill.list_missing;
            into.contracted_missing |= bill.contracted_missing;
        }
        Ok(())
    }

    /// Refuses what would make a provider invoice of two currencies, or goes beyond a limit.
    fn refuse(&mut self, provider: Code, invoice: Code, currency: Currency) -> Result<(), CubeError> {
        if invoice != 0 {
            let first = *self.invoice_currencies.entry((provider, invoice)).or_insert(currency);
            if first != currency {
                let invoice = self.texts[invoice as usize].to_string();
                return Err(CubeError::TwoCurrencies { invoice, first, second: currency });
            }
        }
        if self.rows > MOST_ROWS {
            return Err(CubeError::TooMany { what: "combinations", limit: MOST_ROWS });
        }
        if self.text_bytes > MOST_TEXT_BYTES {
            return Err(CubeError::TooMany { what: "bytes of text", limit: MOST_TEXT_BYTES });
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
                let OpenBill { scale, list_missing, contracted_missing, .. } = open;
                (key, Bill { scale, rows, list_missing, contracted_missing, sub_account_names })
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
            *sums = sums.times(factor);
        }
        self.scale = scale;
    }
}
