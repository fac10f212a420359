//! A charge as it is generated, before a format gives it columns.

use crate::company::{Company, Deployment, REGIONS, SERVICES};
use crate::decimal::{Decimal, power};
use crate::random::{Random, mix};

/// What kind of money a charge is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// On demand.
    Usage,
    /// Covered by a savings plan or a reservation.
    Covered,
    /// An upfront payment.
    Purchase,
    /// Tax.
    Tax,
    /// A credit, negative.
    Credit,
    /// What of a commitment nobody used.
    Unused,
    /// Usage of the month before, billed late.
    Correction,
    /// What takes the on-demand cost of covered usage out of a CUR again, negative.
    Negation,
}

/// The costs of a charge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// FOCUS BilledCost.
    pub billed: Decimal,
    /// FOCUS EffectiveCost.
    pub effective: Decimal,
    /// FOCUS ListCost.
    pub list: Decimal,
    /// FOCUS ContractedCost.
    pub contracted: Decimal,
}

/// A charge.
#[derive(Clone, Copy, Debug)]
pub struct GeneratedCharge {
    /// Its place among all, from nought.
    pub number: u64,
    /// The kind of money.
    pub kind: Kind,
    /// The resource; `None` for what is not about one.
    pub resource: Option<u32>,
    /// Account, service, region, tags, commitment.
    pub of: Deployment,
    /// Hour of the month.
    pub hour: u16,
    /// A place among [`SKUS`].
    pub sku: u16,
    /// FOCUS PricingQuantity.
    pub quantity: Decimal,
    /// In the words of FOCUS.
    pub costs: Costs,
    /// Of [`Kind::Unused`]: what was committed to, and what of it was used.
    pub commitment: [Decimal; 2],
}

const SKUS_OF_A_SERVICE: usize = 8;
/// Stock keeping units: some for each service and region.
pub const SKUS: usize = SERVICES.len() * REGIONS.len() * SKUS_OF_A_SERVICE;
/// Hours of the billing period, May 2026.
const HOURS: u64 = 744;
/// Decimals of the cost of usage.
const SCALE: u8 = 10;

/// Charges of a seed.
#[derive(Debug)]
pub struct Charges<'c> {
    company: &'c Company,
    random: Random,
    next: u64,
}

impl<'c> Charges<'c> {
    /// The charges of a seed; different seeds are different charges of the same company.
    pub fn new(company: &'c Company, seed: u64) -> Charges<'c> {
        Charges { company, random: Random::new(mix(seed)), next: 0 }
    }

    /// The next charge.
    pub fn next_charge(&mut self) -> GeneratedCharge {
        let number = self.next;
        self.next += 1;
        let random = &mut self.random;
        let other = match random.below(1_000) {
            0..=9 => Some(Kind::Credit),
            10..=13 => Some(Kind::Tax),
            14 => Some(Kind::Purchase),
            15..=18 => Some(Kind::Unused),
            19..=22 => Some(Kind::Negation),
            _ => None,
        };
        match other {
            Some(kind) => self.without_resource(number, kind),
            None => self.usage(number),
        }
    }

    fn usage(&mut self, number: u64) -> GeneratedCharge {
        let random = &mut self.random;
        let resource = self.company.resource(random);
        let of = self.company.deployment(resource);
        let kind = match (of.commitment, random.permille(2)) {
            (0, true) => Kind::Correction,
            (0, false) => Kind::Usage,
            _ => Kind::Covered,
        };
        let list = usage_cost(random);
        let discount = i64::try_from(mix(u64::from(of.account)) % 13).expect("INVARIANT: below 13");
        let contracted = Decimal::new(list.units * (100 - discount) / 100, SCALE);
        let costs = match kind {
            Kind::Covered => Costs { billed: Decimal::ZERO, effective: amortised(random), list, contracted },
            _ => Costs { billed: contracted, effective: contracted, list, contracted },
        };
        let variant = random.place(SKUS_OF_A_SERVICE);
        let sku = (usize::from(of.service) * REGIONS.len() + usize::from(of.region)) * SKUS_OF_A_SERVICE + variant;
        GeneratedCharge {
            number,
            kind,
            resource: Some(resource),
            of,
            hour: hour(random),
            sku: u16::try_from(sku).expect("INVARIANT: few SKUs"),
            quantity: quantity(random),
            costs,
            commitment: [Decimal::ZERO; 2],
        }
    }

    fn without_resource(&mut self, number: u64, kind: Kind) -> GeneratedCharge {
        let random = &mut self.random;
        let mut of = self.company.no_resource(random);
        let cents = |random: &mut Random, most: u64| Decimal::new(i64::try_from(1 + random.below(most)).expect("INVARIANT: small"), 2);
        let mut commitment = [Decimal::ZERO; 2];
        let (billed, effective) = match kind {
            Kind::Credit | Kind::Negation => {
                let credit = usage_cost(random).negated();
                (credit, credit)
            }
            Kind::Purchase => (cents(random, 100_000), Decimal::ZERO),
            Kind::Unused => {
                let (committed, used) =
                    (Decimal::new(i64::try_from(1 + random.below(90)).expect("INVARIANT: small"), 0), amortised(random));
                commitment = [committed, used];
                (Decimal::ZERO, amortised(random))
            }
            _ => {
                let tax = cents(random, 500);
                (tax, tax)
            }
        };
        if matches!(kind, Kind::Purchase | Kind::Unused) {
            of.commitment = u16::try_from(1 + mix(u64::from(of.account)) % 160).expect("INVARIANT: few commitments");
        }
        let has_list = matches!(kind, Kind::Purchase);
        let list = if has_list { billed } else { Decimal::ZERO };
        let costs = Costs { billed, effective, list, contracted: list };
        let sku = u16::from(of.service) * u16::try_from(REGIONS.len() * SKUS_OF_A_SERVICE).expect("INVARIANT: few SKUs");
        GeneratedCharge { number, kind, resource: None, of, hour: hour(random), sku, quantity: Decimal::new(1, 0), costs, commitment }
    }
}

fn hour(random: &mut Random) -> u16 {
    u16::try_from(random.below(HOURS)).expect("INVARIANT: hours of a month")
}

/// Up to ten decimals and ten dollars; small ones as often as large ones, a tenth nothing at all.
fn usage_cost(random: &mut Random) -> Decimal {
    if random.permille(100) {
        return Decimal::new(0, SCALE);
    }
    let digits = small(3 + random.below(9));
    let units = of_digits(random, digits);
    let unit = if random.permille(500) { power(small(random.below(5))) } else { 1 };
    Decimal::new(units / unit * unit, SCALE)
}

/// A part of what was paid for a month or a year: most have as many digits as a double keeps.
fn amortised(random: &mut Random) -> Decimal {
    if random.permille(400) {
        let units = of_digits(random, 8);
        return Decimal::new(units, SCALE);
    }
    let digits = small(15 + random.below(3));
    let units = of_digits(random, digits);
    Decimal::as_double_keeps(units, digits + small(random.below(3)))
}

fn quantity(random: &mut Random) -> Decimal {
    if random.permille(500) {
        return Decimal::new(1, 0);
    }
    let digits = small(1 + random.below(7));
    Decimal::new(of_digits(random, digits), 4)
}

/// A number of so many digits, the first of which may be nought.
fn of_digits(random: &mut Random, digits: u8) -> i64 {
    let bound = u64::try_from(power(digits)).expect("INVARIANT: positive");
    i64::try_from(random.below(bound)).expect("INVARIANT: below 10¹⁸")
}

fn small(number: u64) -> u8 {
    u8::try_from(number).expect("INVARIANT: a small number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_charges_and_another_seed_others() {
        let company = Company::new();
        let of = |seed| {
            let mut charges = Charges::new(&company, seed);
            (0..1_000).map(|_| format!("{:?}", charges.next_charge())).collect::<Vec<_>>()
        };
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn charges_are_as_the_bench_promises() {
        let company = Company::new();
        let mut charges = Charges::new(&company, 1);
        let (mut untagged, mut negative, mut long) = (0, 0, 0);
        for _ in 0..100_000 {
            let charge = charges.next_charge();
            untagged += u32::from(!charge.of.is_tagged);
            negative += u32::from(charge.costs.billed.units < 0);
            long += u32::from(charge.costs.effective.units.unsigned_abs() >= 100_000_000_000_000);
            assert!(charge.costs.effective.scale <= Decimal::MOST_DECIMALS);
        }
        assert!((28_000..34_000).contains(&untagged), "{untagged}");
        assert!((500..2_500).contains(&negative), "{negative}");
        assert!((2_000..8_000).contains(&long), "{long}");
    }
}
