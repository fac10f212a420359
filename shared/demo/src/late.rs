//! What AWS sends three weeks after a month was closed: the whole month once more, with charges that came late
//! and two that became smaller.

use dayone_domain::exact::Exact;

use crate::aws::{AwsCharge, usage};
use crate::company::{AWS_ACCOUNTS, Account, MONTHS, SPENDERS, Spender};
use crate::money::{AWS_GRAIN, CENT, DOLLAR, SCALE, aws_cost, round_to};
use crate::random::Random;
use crate::workload::{Month, Tags, Use};

/// The month, by index, that is delivered again: the one before the last closed one.
pub const LATE_MONTH: u32 = MONTHS - 3;

/// The code of what is transferred.
const TRANSFER: &str = "AWSDataTransfer";

/// Whose transfer was metered late, and the account: none of them with sales tax, which would follow.
const TEAMS: [(&str, usize); 3] = [("storefront", 1), ("search", 1), ("warehouse", 8)];

/// Charges of each team that were metered late, one every second day.
const DAYS: u32 = 11;

/// Where the lines between everything end, which nobody has tagged.
const HUB: usize = 12;

/// Whose largest charge for which service was too high, in accounts without sales tax.
const TOO_HIGH: [(&str, &str); 2] = [("checkout", "AmazonDynamoDB"), ("recommendations", "AmazonSageMaker")];

/// What a late delivery says of a charge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LateChange {
    /// The charge's `team` tag; empty where it has none.
    pub team: &'static str,
    /// The account, `line_item_usage_account_id`.
    pub account: &'static str,
    /// The service, `product_name`.
    pub service: &'static str,
    /// Its cost in the first delivery, in dollars; none where the charge was not there.
    pub before: Option<Exact>,
    /// Its cost in the late one.
    pub after: Exact,
}

/// Changes a month's charges to those of the late delivery: the two that became smaller keep their places, what
/// came late stands at the end.
pub fn change(seed: u64, month: &Month, charges: &mut Vec<AwsCharge>) -> Vec<LateChange> {
    let mut changes: Vec<LateChange> = TOO_HIGH.iter().map(|(team, code)| lower(team, code, charges)).collect();
    let first = charges.len();
    let mut random = Random::new(seed, 7000);
    for (team, account) in TEAMS {
        let spender = spender_of(team);
        let account = &AWS_ACCOUNTS[account];
        let tags = Tags { team, product: spender.product, env: account.env, cost_center: spender.cost_center, experiment: "" };
        let from = charges.len();
        for row in 0..DAYS {
            let budget = random.between(2_000, 9_000) * CENT;
            charges.push(transfer(seed, spender, account, &tags, row * 2, budget, &mut random));
        }
        let sum = charges[from..].iter().map(|charge| charge.cost).sum();
        charges.push(support(month, account, tags, sum));
    }
    let hub = &AWS_ACCOUNTS[HUB];
    charges.push(transfer(seed, spender_of("network"), hub, &Tags::default(), month.all_days - 1, 640 * DOLLAR, &mut random));
    changes.extend(charges[first..].iter().map(|charge| LateChange { after: dollars(charge.cost), ..stated(charge) }));
    changes
}

fn spender_of(team: &str) -> &'static Spender {
    SPENDERS.iter().find(|spender| spender.team == team).expect("a team of the company")
}

/// Takes a quarter of the quantity of a team's largest charge for a service away.
fn lower(team: &str, code: &str, charges: &mut [AwsCharge]) -> LateChange {
    let largest = charges
        .iter_mut()
        .filter(|charge| charge.kind == "Usage" && charge.code == code && charge.tags.team == team && !charge.account.taxed)
        .max_by_key(|charge| charge.cost)
        .expect("the team uses the service");
    let before = Some(dollars(largest.cost));
    largest.quantity -= largest.quantity / 4;
    largest.cost = aws_cost(largest.quantity, largest.rate);
    largest.on_demand = largest.cost;
    LateChange { before, after: dollars(largest.cost), ..stated(largest) }
}

fn transfer(
    seed: u64,
    spender: &'static Spender,
    account: &'static Account,
    tags: &Tags,
    day: u32,
    budget: i128,
    random: &mut Random,
) -> AwsCharge {
    let resource = (format!("{}-{}-late", spender.team, account.env), random.below(u64::MAX));
    let one = Use { spender, service: TRANSFER, account, resource, tags: tags.clone(), day, budget, tiny: false };
    usage(seed, &one, random)
}

/// What support costs for a team's late charges.
fn support(month: &Month, account: &'static Account, tags: Tags, sum: i128) -> AwsCharge {
    let cost = round_to(sum * 45 / 1000, AWS_GRAIN);
    let mut fee = AwsCharge::plain("Fee", account, ("AWSSupportEnterprise", "AWS Support (Enterprise)"), month, cost);
    fee.usage_type = "Dollar".to_owned();
    fee.description = "AWS Support (Enterprise): 4.5% of AWS usage metered late".to_owned();
    (fee.unit, fee.tags) = ("Dollar", tags);
    fee
}

fn stated(charge: &AwsCharge) -> LateChange {
    let nothing = dollars(0);
    LateChange { team: charge.tags.team, account: charge.account.id, service: charge.product, before: None, after: nothing }
}

fn dollars(cost: i128) -> Exact {
    Exact::from_i128(cost, SCALE)
}
