//! From the charge cube to cost groups: match rules, then shared pools.
//!
//! Nothing is lost on the way: every row has exactly one receiver, a pool is divided to the last unit, and
//! [`allocate`] asserts that what all groups carry is the master bill, exactly.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::charge::{CostBasis, Dimension, Nature};
use crate::cube::{BillKey, Cube, RowView};
use crate::driver::Drivers;
use crate::exact::{Exact, SPLIT_DECIMALS, Units, apportion, plus};
use crate::period::BillingPeriod;
use crate::tree::{CostGroup, Fallback, Node, Pool, Split, Tree, TreeVersions, check::feeding_order};

/// Why a row went where it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Because {
    /// The rule at this place of its tree's list.
    Rule(usize),
    /// The tree sends this kind of money to a central group.
    Central(Nature),
    /// No rule matched.
    NoRule,
}

/// The receiver of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Who receives it: a place in [`Allocation::groups`] or [`Allocation::pools`].
    pub to: Node,
    /// Why.
    pub because: Because,
    /// The version of the tree that decided, by its first billing period.
    pub tree: BillingPeriod,
}

/// By what a share of a pool was reckoned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareKey {
    /// The same for each.
    Even,
    /// Parts that the tree states.
    Fixed,
    /// Direct usage and purchases.
    Proportional,
    /// Quantities of the named driver.
    Driver(String),
    /// Evenly, since nobody had a base of the named kind in this period.
    EvenForWantOf(Box<ShareKey>),
    /// All to one receiver, since nobody had a base of the named kind in this period.
    WholeForWantOf(Box<ShareKey>),
}

/// What one receiver takes of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Share {
    /// Place of the pool in [`Allocation::pools`].
    pub pool: usize,
    /// The receiver.
    pub to: Node,
    /// By what it was reckoned.
    pub key: ShareKey,
    /// The receiver's weight.
    pub weight: Exact,
    /// All receivers' weights together.
    pub weights: Exact,
    /// The amount.
    pub amount: Exact,
    /// What of the amount came through which billing account (FOCUS BillingAccountId), in the order of the
    /// accounts; sums to `amount`. Accounts without a part are left out, unless none has one. An account's parts
    /// over all shares of a pool are what the pool holds of that account.
    pub by_billing_account: Vec<(String, Exact)>,
}

/// A pool as it stood in one bill.
#[derive(Clone, Debug)]
pub struct AllocatedPool {
    /// The pool; [`Pool::to`] refers to [`Allocation::groups`] and [`Allocation::pools`].
    pub pool: Pool,
    /// For what a provider's corrections brought into it: the billing period that they correct, whose tree and
    /// driver quantities divide it.
    pub correction_of: Option<BillingPeriod>,
    /// The cost of the charges matched to it.
    pub direct: Exact,
    /// `direct` with what other pools passed on.
    pub total: Exact,
}

/// A master bill, allocated under one cost basis.
#[derive(Clone, Debug)]
pub struct Allocation {
    /// The bill.
    pub key: BillKey,
    /// The cost that counts.
    pub basis: CostBasis,
    /// The master bill in that basis.
    pub master: Exact,
    /// The cost groups: those of the period's tree in its order, then those that only a correction of an
    /// earlier period's tree still reaches.
    pub groups: Vec<CostGroup>,
    /// Place of the unallocated group in `groups`.
    pub unallocated: usize,
    /// The pools of the period's tree in its order, then those that corrections reach.
    pub pools: Vec<AllocatedPool>,
    /// The receiver of each row of the bill, in the order of [`Cube::rows`].
    pub assignments: Vec<Assignment>,
    /// What was divided, pools before those that they feed. A pool that nets to nought is divided where its
    /// billing accounts do not, each by itself.
    pub shares: Vec<Share>,
}

/// Allocates one master bill of a cube.
///
/// A row is matched under the tree of its billing period. A provider's correction (FOCUS ChargeClass
/// `Correction`) is matched under the tree of the period that it corrects, and where that leads to a pool, the
/// pool is divided as that tree says, by the driver quantities of that period; a proportional base is this bill's.
///
/// Pools are divided in units finer than any cost of the bill: what else the cube holds has no say.
///
/// # Panics
/// Where the cube was built without a tag key that a tree asks for.
pub fn allocate(cube: &Cube, key: BillKey, trees: &TreeVersions, basis: CostBasis, drivers: &Drivers) -> Allocation {
    let current = trees.at(key.period);
    let mut roster = Roster::new(current);
    let tag_places: BTreeMap<&str, usize> = cube.tag_keys().iter().enumerate().map(|(place, key)| (key.as_str(), place)).collect();
    let tag_place = |key: &str| *tag_places.get(key).unwrap_or_else(|| panic!("the cube was built without the tag key `{key}`"));

    let scale = cube.scale_of(key) + SPLIT_DECIMALS;
    let mut assignments = Vec::with_capacity(cube.rows(key).len());
    let mut sums: BTreeMap<Node, Sums> = BTreeMap::new();
    let mut held: BTreeMap<usize, ByAccount<'_>> = BTreeMap::new();
    let mut master = Units::ZERO;
    for row in cube.rows(key) {
        let correction_of = row.correction_of();
        let tree = correction_of.map_or(current, |period| trees.at(period));
        let (node, because) = receiver(tree, row, basis, &tag_place);
        let to = match correction_of {
            Some(period) => roster.import(tree, period, node),
            None => node,
        };
        let units = row.cost().of(basis).units_at(scale);
        let sum = sums.entry(to).or_default();
        sum.direct = plus(sum.direct, units);
        if matches!(row.value(Dimension::ChargeCategory), "Usage" | "Purchase") {
            sum.base = plus(sum.base, units);
        }
        if let Node::Pool(place) = to {
            put(held.entry(place).or_default(), row.value(Dimension::BillingAccount), units);
        }
        master = plus(master, units);
        assignments.push(Assignment { to, because, tree: tree.valid_from() });
    }

    let Roster { groups, mut pools, .. } = roster;
    for (place, pool) in pools.iter_mut().enumerate() {
        pool.direct = Exact::new(sums.get(&Node::Pool(place)).copied().unwrap_or_default().direct, scale);
    }
    let order = feeding_order(pools.len(), |place| pools[place].pool.feeds()).expect("INVARIANT: pools feed only those of their own tree");
    let mut carried: BTreeMap<Node, Units> = sums.iter().map(|(node, sum)| (*node, sum.direct)).collect();
    let mut shares = Vec::new();
    for place in order {
        let total = carried.remove(&Node::Pool(place)).unwrap_or(Units::ZERO);
        pools[place].total = Exact::new(total, scale);
        let mut accounts = held.remove(&place).unwrap_or_default();
        accounts.retain(|_, units| *units != Units::ZERO);
        if accounts.is_empty() {
            continue;
        }
        let base_of = |node: Node| Exact::new(sums.get(&node).copied().unwrap_or_default().base.max(Units::ZERO), scale);
        let id_of = |node: Node| match node {
            Node::Group(place) => groups[place].id.as_str(),
            Node::Pool(place) => pools[place].pool.id.as_str(),
        };
        let period = pools[place].correction_of.unwrap_or(key.period);
        let divided = divide(&pools[place].pool, total, &accounts, base_of, |driver, node| drivers.quantity(driver, period, id_of(node)));
        for part in divided {
            let into = carried.entry(part.to).or_insert(Units::ZERO);
            *into = plus(*into, part.amount);
            if let Node::Pool(fed) = part.to {
                let fed = held.entry(fed).or_default();
                accounts.keys().zip(&part.by_account).for_each(|(account, units)| put(fed, account, *units));
            }
            shares.push(part.share(place, &accounts, scale));
        }
    }
    let rest = carried.values().fold(Units::ZERO, |sum, units| plus(sum, *units));
    assert!(rest == master, "conservation: the groups carry {rest} of a master bill of {master} units");
    assert!(carried.keys().all(|node| matches!(node, Node::Group(_))), "every pool came to rest");

    Allocation { key, basis, master: Exact::new(master, scale), unallocated: current.unallocated(), groups, pools, assignments, shares }
}

/// By billing account, in units of the allocation's scale.
type ByAccount<'a> = BTreeMap<&'a str, Units>;

fn put<'a>(into: &mut ByAccount<'a>, account: &'a str, units: Units) {
    let sum = into.entry(account).or_insert(Units::ZERO);
    *sum = plus(*sum, units);
}

/// In units of the allocation's scale.
#[derive(Clone, Copy, Default)]
struct Sums {
    direct: Units,
    /// Usage and purchases only.
    base: Units,
}

fn receiver(tree: &Tree, row: RowView<'_>, basis: CostBasis, tag_place: &dyn Fn(&str) -> usize) -> (Node, Because) {
    let nature = row.nature(basis);
    let treatment = tree.treatment();
    let central = match nature {
        Nature::Tax => treatment.tax,
        Nature::Discount => treatment.discounts,
        Nature::Credit | Nature::Adjustment => treatment.credits,
        Nature::UnusedCommitment => treatment.unused_commitment,
        Nature::Marketplace => treatment.marketplace,
        Nature::Usage | Nature::Purchase | Nature::Other => None,
    };
    if let Some(node) = central {
        return (node, Because::Central(nature));
    }
    match tree.rules().iter().position(|rule| rule.matches(row, tag_place)) {
        Some(place) => (tree.rules()[place].to, Because::Rule(place)),
        None => (Node::Group(tree.unallocated()), Because::NoRule),
    }
}

/// A [`Share`] in units of the allocation's scale.
struct Part {
    to: Node,
    key: ShareKey,
    weight: Exact,
    weights: Exact,
    amount: Units,
    /// In the order of the pool's accounts.
    by_account: Vec<Units>,
}

impl Part {
    fn share(self, pool: usize, accounts: &ByAccount<'_>, scale: u32) -> Share {
        let all_zero = self.by_account.iter().all(|units| *units == Units::ZERO);
        let parts = accounts.keys().zip(self.by_account).filter(|(_, units)| all_zero || *units != Units::ZERO);
        Share {
            pool,
            to: self.to,
            key: self.key,
            weight: self.weight,
            weights: self.weights,
            amount: Exact::new(self.amount, scale),
            by_billing_account: parts.map(|(account, units)| ((*account).to_owned(), Exact::new(units, scale))).collect(),
        }
    }
}

/// Divides a pool that holds `total`, of which `accounts` says the billing accounts.
fn divide(
    pool: &Pool,
    total: Units,
    accounts: &ByAccount<'_>,
    base_of: impl Fn(Node) -> Exact,
    quantity_of: impl Fn(&str, Node) -> Exact,
) -> Vec<Part> {
    let (key, weights): (ShareKey, Vec<Exact>) = match &pool.split {
        Split::Even => (ShareKey::Even, vec![one(); pool.to.len()]),
        Split::Fixed(parts) => (ShareKey::Fixed, parts.clone()),
        Split::Proportional => (ShareKey::Proportional, pool.to.iter().map(|node| base_of(*node)).collect()),
        Split::Driver(driver) => (ShareKey::Driver(driver.clone()), pool.to.iter().map(|node| quantity_of(driver, *node)).collect()),
    };
    let (key, to, weights) = if weights.iter().any(|weight| !weight.is_zero()) {
        (key, pool.to.clone(), weights)
    } else {
        match pool.fallback {
            Fallback::Even => (ShareKey::EvenForWantOf(Box::new(key)), pool.to.clone(), vec![one(); pool.to.len()]),
            Fallback::To(node) => (ShareKey::WholeForWantOf(Box::new(key)), vec![node], vec![one()]),
        }
    };
    let weight_scale = weights.iter().map(|weight| weight.scale()).max().unwrap_or(0);
    let units: Vec<Units> = weights.iter().map(|weight| weight.units_at(weight_scale)).collect();
    let amounts = apportioned(total, &units);
    let by_account = compose(accounts, &amounts, &units);
    let all: Exact = weights.iter().copied().sum();
    let parts = to.into_iter().zip(weights).zip(amounts).zip(by_account);
    parts.map(|(((to, weight), amount), by_account)| Part { to, key: key.clone(), weight, weights: all, amount, by_account }).collect()
}

fn apportioned(total: Units, weights: &[Units]) -> Vec<Units> {
    apportion(total, weights).expect("INVARIANT: some weight is above zero")
}

/// What of each receiver's amount came through which account. Every account but the last is apportioned by the
/// weights as the pool is; the last takes what is left of each amount. So the parts of a receiver sum to its
/// amount, and the parts of an account to what the pool holds of it, to the last unit.
fn compose(accounts: &ByAccount<'_>, amounts: &[Units], weights: &[Units]) -> Vec<Vec<Units>> {
    let mut parts = vec![Vec::with_capacity(accounts.len()); amounts.len()];
    let mut left = amounts.to_vec();
    for (place, total) in accounts.values().enumerate() {
        let of_account = if place + 1 == accounts.len() { left.clone() } else { apportioned(*total, weights) };
        for ((parts, left), part) in parts.iter_mut().zip(&mut left).zip(of_account) {
            *left = plus(*left, -part);
            parts.push(part);
        }
    }
    parts
}

fn one() -> Exact {
    Exact::from_i128(1, 0)
}

/// The nodes of the period's tree, and those that corrections reach under earlier trees.
struct Roster {
    groups: Vec<CostGroup>,
    pools: Vec<AllocatedPool>,
    group_places: BTreeMap<String, usize>,
    /// By the period that is corrected, and identifier.
    correction_pools: BTreeMap<(BillingPeriod, String), usize>,
}

impl Roster {
    fn new(tree: &Tree) -> Roster {
        let allocated = |pool: &Pool| AllocatedPool { pool: pool.clone(), correction_of: None, direct: Exact::ZERO, total: Exact::ZERO };
        Roster {
            groups: tree.groups().to_vec(),
            pools: tree.pools().iter().map(allocated).collect(),
            group_places: tree.groups().iter().enumerate().map(|(place, group)| (group.id.clone(), place)).collect(),
            correction_pools: BTreeMap::new(),
        }
    }

    /// The place here of a node of the tree of a period that is corrected. A group is the one of the same
    /// identifier; a pool stands apart from the bill's own, since another tree divides it.
    fn import(&mut self, tree: &Tree, period: BillingPeriod, node: Node) -> Node {
        match node {
            Node::Group(place) => Node::Group(self.import_group(tree, place)),
            Node::Pool(place) => Node::Pool(self.import_pool(tree, period, place)),
        }
    }

    fn import_group(&mut self, tree: &Tree, place: usize) -> usize {
        let group = &tree.groups()[place];
        if let Some(known) = self.group_places.get(&group.id) {
            return *known;
        }
        let above = std::iter::successors(group.parent, |above| tree.groups()[*above].parent);
        let parent = above.filter_map(|above| self.group_places.get(&tree.groups()[above].id).copied()).next();
        if let Some(parent) = parent {
            self.groups[parent].is_leaf = false;
        }
        let here = self.groups.len();
        self.groups.push(CostGroup { parent, is_leaf: true, ..group.clone() });
        self.group_places.insert(group.id.clone(), here);
        here
    }

    fn import_pool(&mut self, tree: &Tree, period: BillingPeriod, place: usize) -> usize {
        let pool = &tree.pools()[place];
        let key = (period, pool.id.clone());
        if let Some(known) = self.correction_pools.get(&key) {
            return *known;
        }
        let here = self.pools.len();
        self.correction_pools.insert(key, here);
        self.pools.push(AllocatedPool { pool: pool.clone(), correction_of: Some(period), direct: Exact::ZERO, total: Exact::ZERO });
        let to = pool.to.iter().map(|node| self.import(tree, period, *node)).collect();
        let fallback = match pool.fallback {
            Fallback::To(node) => Fallback::To(self.import(tree, period, node)),
            Fallback::Even => Fallback::Even,
        };
        self.pools[here].pool.to = to;
        self.pools[here].pool.fallback = fallback;
        here
    }
}
