//! What all providers' bills begin with: who used which service, in which account, on which day, for about
//! how much money.

use chrono::{Datelike, Days, NaiveDate};
use dayone_domain::BillingPeriod;

use crate::company::{Account, MONTHS, Profile, SPENDERS, Spender, fashion};
use crate::money::DOLLAR;
use crate::random::{Random, stable};

/// A month of the demo.
#[derive(Clone, Copy, Debug)]
pub struct Month {
    /// 0 for the first closed month, 6 for the running one.
    pub index: u32,
    /// The billing period.
    pub period: BillingPeriod,
    /// Days that are over.
    pub days: u32,
    /// Days of the whole month.
    pub all_days: u32,
}

impl Month {
    /// All months of a tenant whose last closed one is given, oldest first.
    pub fn all(last_closed: BillingPeriod) -> Vec<Month> {
        let mut periods = vec![last_closed.next()];
        for _ in 1..MONTHS {
            periods.push(periods[periods.len() - 1].previous());
        }
        let months = periods.into_iter().rev().zip(0..).map(|(period, index)| {
            let all_days = period.last_day().day();
            let days = if index + 1 == MONTHS { all_days / 3 } else { all_days };
            Month { index, period, days, all_days }
        });
        months.collect()
    }

    /// Whether the provider has closed it.
    pub fn is_closed(&self) -> bool {
        self.days == self.all_days
    }

    /// The date `day` days after the first.
    pub fn date(&self, day: u32) -> NaiveDate {
        self.period.first_day() + Days::new(u64::from(day))
    }
}

/// The tags of a resource. A key without a value is not there.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tags {
    /// `team`.
    pub team: &'static str,
    /// `product`.
    pub product: &'static str,
    /// `env`.
    pub env: &'static str,
    /// `cost-center`.
    pub cost_center: &'static str,
    /// `experiment`.
    pub experiment: &'static str,
}

impl Tags {
    /// The tags that are there, as JSON object text. `rename` gives a key its name in the file.
    pub fn json(&self, rename: impl Fn(&str) -> String) -> String {
        let pairs = [
            ("team", self.team),
            ("product", self.product),
            ("env", self.env),
            ("cost-center", self.cost_center),
            ("experiment", self.experiment),
        ];
        let stated = pairs.iter().filter(|(_, value)| !value.is_empty());
        let members: Vec<String> = stated.map(|(key, value)| format!("\"{}\":\"{value}\"", rename(key))).collect();
        format!("{{{}}}", members.join(","))
    }
}

/// One use of a service.
#[derive(Debug)]
pub struct Use {
    /// Who.
    pub spender: &'static Spender,
    /// The service's key in its provider's list.
    pub service: &'static str,
    /// Where.
    pub account: &'static Account,
    /// The resource, the same from month to month: a name, and a number as its identifier.
    pub resource: (String, u64),
    /// The resource's tags.
    pub tags: Tags,
    /// Days after the first.
    pub day: u32,
    /// About how much money, at [`SCALE`](crate::money::SCALE).
    pub budget: i128,
    /// Whether it is one of the many that cost next to nothing.
    pub tiny: bool,
}

/// A provider's side of the company.
pub struct Side {
    /// Name of the side, part of what a resource is told apart by.
    pub name: &'static str,
    /// Uses in a month, about.
    pub uses: u64,
    /// Millionths of the bill's currency that a spender has in a month.
    pub budget: fn(&Spender, u32) -> i128,
    /// Services by kind of software.
    pub services: fn(Profile) -> &'static [&'static str],
    /// Accounts of a spender.
    pub accounts: fn(&Spender) -> &'static [(usize, u64)],
    /// All accounts.
    pub all_accounts: &'static [Account],
}

struct Slice {
    spender: &'static Spender,
    service: &'static str,
    /// Millionths of the bill's currency.
    budget: i128,
}

/// The uses of a month.
pub fn uses(side: &Side, seed: u64, month: &Month, random: &mut Random) -> Vec<Use> {
    let slices = slices(side, month, random);
    // By the square root, small teams keep enough rows to be looked at.
    let rows_weight = |slice: &Slice| slice.budget.unsigned_abs().isqrt().max(1);
    let total: u128 = slices.iter().map(rows_weight).sum();
    let mut uses = Vec::with_capacity(side.uses as usize + slices.len());
    for slice in &slices {
        let count = (u128::from(side.uses) * rows_weight(slice) / total + 1) as u64;
        spread(side, seed, month, slice, count, random, &mut uses);
    }
    uses
}

fn slices(side: &Side, month: &Month, random: &mut Random) -> Vec<Slice> {
    let mut slices = Vec::new();
    for spender in &SPENDERS {
        let whole = (side.budget)(spender, month.index) * random.between(955, 1045) / 1000;
        let budget = whole * i128::from(month.days) / i128::from(month.all_days);
        let services = (side.services)(spender.profile);
        let weights: Vec<i128> = (1..)
            .zip(services)
            .map(|(rank, service)| zipf(rank) * i128::from(fashion(spender.team, service, month.index)) / 1000 * random.between(930, 1070))
            .collect();
        let total: i128 = weights.iter().sum();
        for (service, weight) in services.iter().zip(weights) {
            let budget = budget * weight / total;
            if budget > 0 {
                slices.push(Slice { spender, service, budget });
            }
        }
    }
    slices
}

/// Zipf with an exponent of 5/4: the second service gets two fifths of what the first gets, the third a quarter.
fn zipf(rank: u64) -> i128 {
    // The fourth root of the rank, in sixteenths.
    16_000_000 / i128::from(rank * (rank << 16).isqrt().isqrt())
}

fn spread(side: &Side, seed: u64, month: &Month, slice: &Slice, count: u64, random: &mut Random, uses: &mut Vec<Use>) {
    let accounts = (side.accounts)(slice.spender);
    let resources = 3 + count.isqrt();
    let weights: Vec<(i128, bool)> = (0..count)
        .map(|place| {
            let tiny = place > 0 && random.chance(110);
            let weight = 1_000_000_000_000 / i128::from((place + 1).isqrt());
            (if tiny { weight / random.between(20_000, 40_000_000) } else { weight * random.between(600, 1400) / 1000 }, tiny)
        })
        .collect();
    let total: i128 = weights.iter().map(|(weight, _)| weight).sum();
    for (weight, tiny) in weights {
        let account = &side.all_accounts[accounts[random.weighted(accounts.iter().map(|(_, share)| *share))].0];
        let number = random.below(resources);
        let key = format!("{}/{}/{}/{}/{number}", side.name, slice.spender.team, slice.service, account.name);
        let fate = stable(seed, &key);
        uses.push(Use {
            spender: slice.spender,
            service: slice.service,
            account,
            resource: (format!("{}-{}-{number}", slice.spender.team, account.env), fate),
            tags: tags(slice.spender, account, fate),
            day: random.below(u64::from(month.days)) as u32,
            budget: slice.budget * (DOLLAR / 1_000_000) * weight / total,
            tiny,
        });
    }
}

fn tags(spender: &Spender, account: &Account, fate: u64) -> Tags {
    let luck = fate % 1000;
    let mut tags = Tags::default();
    if luck < spender.tagged {
        tags.team = spender.team;
        tags.product = spender.product;
        tags.env = account.env;
        tags.cost_center = spender.cost_center;
        // The team was called basket once, and not everything has been tagged anew.
        if spender.team == "checkout" && luck.is_multiple_of(8) {
            tags.team = "basket";
        }
    } else if luck < spender.tagged + 30 {
        tags.env = account.env;
        tags.cost_center = spender.cost_center;
    } else if luck < spender.tagged + 60 && spender.team == "recommendations" {
        tags.experiment = ["ranker-7", "cold-start", "two-tower"][(fate >> 20) as usize % 3];
    }
    tags
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_months_are_closed_and_a_third_of_the_next_is_there() {
        let months = Month::all("2026-05".parse().unwrap());
        let periods: Vec<String> = months.iter().map(|month| month.period.to_string()).collect();
        assert_eq!(periods, ["2025-12", "2026-01", "2026-02", "2026-03", "2026-04", "2026-05", "2026-06"]);
        assert_eq!(months.iter().filter(|month| month.is_closed()).count(), 6);
        assert_eq!((months[6].days, months[6].all_days), (10, 30));
    }

    #[test]
    fn tags_are_json() {
        let tags = Tags { team: "checkout", cost_center: "4240", ..Tags::default() };
        assert_eq!(tags.json(|key| format!("user:{key}")), r#"{"user:team":"checkout","user:cost-center":"4240"}"#);
        assert_eq!(Tags::default().json(str::to_owned), "{}");
    }
}
