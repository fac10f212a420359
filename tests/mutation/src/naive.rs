//! The sums of a billing file's text, apart from the code under test: a CSV reader, and integers of any size.

use num_bigint::BigInt;

/// An exact decimal: so many units of 10^−`scale`, shortest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decimal {
    units: BigInt,
    scale: u32,
}

impl Decimal {
    /// Reads `-1.25e-3`; `None` where it is no number that a bill may hold.
    pub fn parse(text: &str) -> Option<Decimal> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i64>().ok()?),
            None => (text, 0),
        };
        let (sign, digits) = match mantissa.strip_prefix('-') {
            Some(digits) => ("-", digits),
            None => ("", mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all = [sign, whole, fraction].concat();
        if !digits.bytes().any(|byte| byte.is_ascii_digit()) || !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
            return None;
        }
        let units: BigInt = all.parse().ok()?;
        if units == BigInt::ZERO {
            return Some(Decimal::default());
        }
        let scale = i64::try_from(fraction.len()).ok()?.checked_sub(exponent)?;
        let power =
            |exponent: i64| u32::try_from(exponent).ok().filter(|exponent| *exponent <= 500).map(|exponent| BigInt::from(10).pow(exponent));
        match u32::try_from(scale) {
            Ok(scale) if scale <= 500 => Some(Decimal { units, scale }.shortest()),
            Ok(_) => None,
            Err(_) => Some(Decimal { units: units * power(-scale)?, scale: 0 }),
        }
    }

    /// Adds another, exactly.
    pub fn add(&mut self, other: &Decimal) {
        let scale = self.scale.max(other.scale);
        let at = |decimal: &Decimal| &decimal.units * BigInt::from(10).pow(scale - decimal.scale);
        *self = Decimal { units: at(self) + at(other), scale }.shortest();
    }

    fn shortest(mut self) -> Decimal {
        let ten = BigInt::from(10);
        while self.scale > 0 && &self.units % &ten == BigInt::ZERO {
            self.units /= &ten;
            self.scale -= 1;
        }
        self
    }
}

/// What a text says: as far as it can be told without knowing what a line item type means.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NaiveSums {
    /// Rows below the header.
    pub rows: u64,
    /// FOCUS BilledCost, CUR unblended cost.
    pub billed: Decimal,
    /// FOCUS EffectiveCost; a CUR has to be amortised.
    pub effective: Option<Decimal>,
    /// FOCUS ListCost, CUR public on-demand cost; `None` where there is no such column.
    pub list: Option<Decimal>,
    /// FOCUS ContractedCost.
    pub contracted: Option<Decimal>,
}

/// The sums of a text; `None` where it cannot be told what they are.
pub fn sums(text: &[u8]) -> Option<NaiveSums> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
    let mut records = reader.records();
    let header = records.next()?.ok()?;
    // A header may have columns of several formats; the first name that is there is that of its format.
    let find = |names: &[&str]| {
        let places =
            |of: &str| -> Vec<usize> { (0..header.len()).filter(|place| header[*place].trim().eq_ignore_ascii_case(of)).collect() };
        match names.iter().map(|name| places(name)).find(|places| !places.is_empty()).as_deref() {
            None => Some(None),
            Some([place]) => Some(Some(*place)),
            Some(_) => None,
        }
    };
    let billed = find(&["BilledCost", "line_item_unblended_cost", "lineItem/UnblendedCost"])??;
    let optional = [
        find(&["EffectiveCost"])?,
        find(&["ListCost", "pricing_public_on_demand_cost", "pricing/publicOnDemandCost"])?,
        find(&["ContractedCost"])?,
    ];
    let mut sums = NaiveSums::default();
    let mut optional_sums = optional.map(|place| place.map(|_| Decimal::default()));
    for record in records {
        let record = record.ok()?;
        let cost = |place: usize| match record.get(place)? {
            "" | "NULL" | "null" | "(null)" => Some(Decimal::default()),
            text => Decimal::parse(text),
        };
        sums.rows += 1;
        sums.billed.add(&cost(billed)?);
        for (sum, place) in optional_sums.iter_mut().zip(optional) {
            if let (Some(sum), Some(place)) = (sum, place) {
                sum.add(&cost(place)?);
            }
        }
    }
    let [effective, list, contracted] = optional_sums;
    Some(NaiveSums { effective, list, contracted, ..sums })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_and_added_exactly() {
        let mut sum = Decimal::default();
        for text in ["0.1", "2e-1", "+.5", "-0.80", "1E+2", "0e999999999", "-100"] {
            sum.add(&Decimal::parse(text).unwrap());
        }
        assert_eq!(sum, Decimal::default());
        for text in ["", "-", ".", "e5", "1e", "1.2.3", "1,5", "NaN", "inf", "1e501", "1e-999", "--1", "1_0"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_is_summed_by_its_columns() {
        let text = b"\xef\xbb\xbfx, billedcost,EffectiveCost,ListCost\na,1.5,1,NULL\n\n\"b,\n\",-0.25,2e-1,\n";
        let found = sums(text).unwrap();
        let decimal = |text: &str| Decimal::parse(text).unwrap();
        assert_eq!((found.rows, found.billed), (2, decimal("1.25")));
        assert_eq!((found.effective, found.list, found.contracted), (Some(decimal("1.2")), Some(decimal("0")), None));
        for text in ["BilledCost,billedCost\n1,1\n", "BilledCost\nx\n", "BilledCost,x\n1\n", "", "a\n1\n"] {
            assert_eq!(sums(text.as_bytes()), None, "{text}");
        }
    }
}
