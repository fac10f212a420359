//! Allocates a made-up bill: by default 1,000,000 cube rows to 5,000 cost groups through three levels of pools.
//!
//! `cargo run --release --locked -p dayone-domain --example allocation_at_scale [rows [groups [rules-on-accounts]]]`
//! prints, a line each, `rows`, `groups` and `rules`, then the seconds of each phase: `build` (sums into a cube), `match`
//! (rows to receivers), `allocate` (pools to groups), `round` (the bill to the groups' minor units).
#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use dayone_domain::allocation::{Allocation, Matched};
use dayone_domain::charge::{Cost, CostBasis, Dimension};
use dayone_domain::cube::{BillKey, Code, Cube, CubeBuilder};
use dayone_domain::driver::Drivers;
use dayone_domain::exact::Exact;
use dayone_domain::rounding::{round_bill, round_parts};
use dayone_domain::tree::draft::{At, CodingDraft, ConditionDraft, GroupDraft, PoolDraft, RuleDraft, TestDraft, TreeDraft};
use dayone_domain::tree::{Node, Tree, TreeVersions};
use dayone_domain::{BillingPeriod, Currency};

const ACCOUNTS: u64 = 300;
const SERVICES: u64 = 120;
const REGIONS: u64 = 20;
/// Pools of each level; every pool of a level feeds all of the next, and the last level feeds all groups.
const POOLS: [u64; 3] = [4, 4, 4];

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse().expect("a number: rows, groups, rules on accounts"));
    let (rows, groups) = (arguments.next().unwrap_or(1_000_000), arguments.next().unwrap_or(5_000));
    let account_rules = arguments.next().unwrap_or(100);
    let tree = tree(groups, account_rules);
    println!("rows {rows}\ngroups {groups}\nrules {}", tree.at(period()).rules().len());
    let key = BillKey { period: period(), currency: Currency::try_new("USD").expect("a currency") };

    let cube = timed("build", || cube(rows, groups, key));
    let matched = timed("match", || Matched::new(&cube, key, &tree, CostBasis::Billed));
    let allocation = timed("allocate", || matched.divide(&Drivers::default()));
    let rounded = timed("round", || round(&allocation));
    assert_eq!(rounded, round_bill(allocation.master, key.currency).minor(), "the groups' minor units are the bill's");
}

fn timed<T>(phase: &str, work: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let done = work();
    let taken: Duration = begin.elapsed();
    println!("{phase} {}.{:06}", taken.as_secs(), taken.subsec_micros());
    done
}

fn period() -> BillingPeriod {
    BillingPeriod::try_new(2026, 5).expect("a month")
}

/// SplitMix64: the same numbers each time. <https://prng.di.unimi.it/splitmix64.c>
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

fn cube(rows: u64, groups: u64, key: BillKey) -> Cube {
    let tags = ["team", "env", "application", "component", "owner", "project"];
    let mut builder = CubeBuilder::new(tags.map(str::to_owned).to_vec());
    let named = |builder: &mut CubeBuilder, name: &str, count: u64| -> Vec<Code> {
        (0..count).map(|number| builder.code(&format!("{name}-{number}"))).collect()
    };
    let accounts = named(&mut builder, "account", ACCOUNTS);
    let services = named(&mut builder, "service", SERVICES);
    let regions = named(&mut builder, "region", REGIONS);
    let pools: u64 = POOLS.iter().sum();
    let mut teams = named(&mut builder, "g", groups);
    teams.extend(named(&mut builder, "pool", pools));
    let values = named(&mut builder, "value", 200);
    let [provider, usage, month] = ["AWS", "Usage", "2026-05"].map(|text| builder.code(text));
    let mut numbers = Numbers(7);
    for number in 0..rows {
        let mut codes = [Code::default(); Dimension::COUNT + 6];
        codes[Dimension::Provider as usize] = provider;
        codes[Dimension::BillingAccount as usize] = accounts[(number % 4) as usize];
        codes[Dimension::SubAccount as usize] = accounts[numbers.below(ACCOUNTS) as usize];
        codes[Dimension::Service as usize] = services[numbers.below(SERVICES) as usize];
        codes[Dimension::Region as usize] = regions[numbers.below(REGIONS) as usize];
        codes[Dimension::ChargeCategory as usize] = usage;
        codes[Dimension::ChargeType as usize] = usage;
        codes[Dimension::ChargeMonth as usize] = month;
        if numbers.below(10) >= 3 {
            codes[Dimension::COUNT] = teams[numbers.below(teams.len() as u64) as usize];
        }
        for code in &mut codes[Dimension::COUNT + 1..] {
            *code = values[numbers.below(200) as usize];
        }
        let mut cost = || Exact::from_i128(i128::from(numbers.below(1_000_000_000_000)) - 1_000_000_000, 10);
        let cost = Cost { billed: cost(), effective: cost(), list: Some(cost()), contracted: Some(cost()) };
        builder.add_sums(key, &codes, Code::default(), 1, &cost).expect("within the limits");
    }
    builder.finish()
}

fn tree(groups: u64, account_rules: u64) -> TreeVersions {
    let at = |text: String| At::nowhere(text);
    let tag = |to: &str, key: &str, test: TestDraft| RuleDraft {
        to: at(to.to_owned()),
        conditions: vec![ConditionDraft { field: at(key.to_owned()), is_tag: key == "team", test }],
    };
    let group_ids: Vec<String> = (0..groups).map(|number| format!("g-{number}")).collect();
    let group = |id: &String| GroupDraft { id: at(id.clone()), name: None, kind: None, own: CodingDraft::default(), groups: vec![] };
    let mut pools = Vec::new();
    for (level, count) in POOLS.iter().enumerate() {
        let from: u64 = POOLS[..=level].iter().sum();
        let below: Vec<String> =
            POOLS.get(level + 1).into_iter().flat_map(|next| (from..from + next).map(|number| format!("pool-{number}"))).collect();
        for number in from - count..from {
            let to = if below.is_empty() { &group_ids } else { &below };
            pools.push(PoolDraft {
                id: at(format!("pool-{number}")),
                name: None,
                owners: vec![],
                split: at("proportional".to_owned()),
                to: to.iter().map(|id| at(id.clone())).collect(),
                shares: vec![],
                driver: None,
                fallback: Some(at("even".to_owned())),
                account: None,
            });
        }
    }
    let pool_ids: Vec<String> = pools.iter().map(|pool| pool.id.value.clone()).collect();
    let by_team = group_ids.iter().chain(&pool_ids).map(|id| tag(id, "team", TestDraft::Equal(at(id.clone()))));
    // Longer prefixes first: `account-1` takes `account-12` too.
    let by_account = (0..account_rules)
        .rev()
        .map(|number| tag(&format!("g-{}", number % groups), "sub_account", TestDraft::Prefix(at(format!("account-{number}")))));
    let owners = vec![at("owner@example.com".to_owned())];
    let draft = TreeDraft {
        company: Some(at("At scale".to_owned())),
        valid_from: Some(at("2026-01".to_owned())),
        defaults: CodingDraft { owners: owners.clone(), ..CodingDraft::default() },
        groups: group_ids.iter().map(group).collect(),
        unallocated: Some(GroupDraft {
            own: CodingDraft { owners: owners.clone(), ..CodingDraft::default() },
            ..group(&"unallocated".to_owned())
        }),
        rules: by_team.chain(by_account).collect(),
        pools,
        ..TreeDraft::default()
    };
    let (tree, _) = Tree::try_new(&draft).unwrap_or_else(|problems| panic!("{:?}", problems.first()));
    TreeVersions::try_new(vec![tree]).expect("one version")
}

/// What all groups carry, rounded; their sum in minor units.
fn round(allocation: &Allocation) -> i128 {
    let mut carried = vec![Exact::ZERO; allocation.groups.len()];
    let shared = allocation.shares.iter().filter_map(|share| match share.to {
        Node::Group(place) => Some((place, share.amount)),
        Node::Pool(_) => None,
    });
    shared.for_each(|(place, amount)| carried[place] += amount);
    let shares: Exact = carried.iter().copied().sum();
    // What rows bring to groups directly is left as one part: the measure is of rounding many.
    carried.push(allocation.master - shares);
    round_parts(round_bill(allocation.master, allocation.key.currency), &carried).iter().map(|part| part.minor()).sum()
}
