//! From the charge cube to cost groups: match rules, then shared pools.
//!
//! Nothing is lost on the way: every row has exactly one receiver, a pool is divided to the last unit, and
//! [`allocate`] asserts that what all groups carry is the master bill, exactly.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use crate::charge::{CostBasis, Dimension, Nature};
use crate::cube::{BillKey, Code, Cube, RowView};
use crate::driver::Drivers;
use crate::exact::{Exact, SPLIT_DECIMALS, Units, apportion, plus, power_of_ten, times};
use crate::period::BillingPeriod;
use crate::tree::{CostGroup, Fallback, Matcher, Node, Pool, Split, Tree, TreeVersions, check::feeding_order};

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
/// Pools are divided in units finer than any sum of the bill: what else the cube holds has no say.
///
/// # Panics
/// Where the cube was built without a tag key that a tree asks for.
pub fn allocate(cube: &Cube, key: BillKey, trees: &TreeVersions, basis: CostBasis, drivers: &Drivers) -> Allocation {
    Matched::new(cube, key, trees, basis).divide(drivers)
}

/// A master bill of which each row has its receiver, and no pool is divided yet.
pub struct Matched<'c> {
    cube: &'c Cube,
    key: BillKey,
    basis: CostBasis,
    unallocated: usize,
    roster: Roster,
    assignments: Vec<Assignment>,
}

impl<'c> Matched<'c> {
    /// The receiver of each row of a bill. The first of the two steps of [`allocate`].
    ///
    /// # Panics
    /// Where the cube was built without a tag key that a tree asks for.
    pub fn new(cube: &'c Cube, key: BillKey, trees: &TreeVersions, basis: CostBasis) -> Matched<'c> {
        let current = trees.at(key.period);
        let mut roster = Roster::new(current);
        let mut receivers = Receivers::new(cube, basis);
        let correction = cube.code_of("Correction");
        let mut assignments = Vec::with_capacity(cube.rows(key).len());
        for row in cube.rows(key) {
            let is_correction = Some(row.code(Dimension::ChargeClass)) == correction;
            let correction_of = is_correction.then(|| row.correction_of()).flatten();
            let tree = correction_of.map_or(current, |period| trees.at(period));
            let (node, because) = receivers.of(tree, row);
            let to = match correction_of {
                Some(period) => roster.import(tree, period, node),
                None => node,
            };
            assignments.push(Assignment { to, because, tree: tree.valid_from() });
        }
        Matched { cube, key, basis, unallocated: current.unallocated(), roster, assignments }
    }

    /// Divides the pools. The second of the two steps of [`allocate`].
    pub fn divide(self, drivers: &Drivers) -> Allocation {
        let Matched { cube, key, basis, unallocated, roster: Roster { groups, mut pools, .. }, assignments } = self;
        let scale = cube.scale_of(key) + SPLIT_DECIMALS;
        let (sums, mut held) = Sums::of(cube, key, basis, &assignments, (groups.len(), pools.len()));
        let master = cube.rows(key).fold(Units::ZERO, |sum, row| plus(sum, row.units(basis)));
        let master = times(master, power_of_ten(SPLIT_DECIMALS));
        for (pool, sum) in pools.iter_mut().zip(&sums.pools) {
            pool.direct = Exact::new(sum.direct, scale);
        }
        let order =
            feeding_order(pools.len(), |place| pools[place].pool.feeds()).expect("INVARIANT: pools feed only those of their own tree");
        let mut carried = sums.clone();
        let mut shares = Vec::new();
        for place in order {
            let total = std::mem::take(&mut carried.pools[place].direct);
            pools[place].total = Exact::new(total, scale);
            let mut accounts = std::mem::take(&mut held[place]);
            accounts.retain(|_, units| *units != Units::ZERO);
            if accounts.is_empty() {
                carried.pools[place].direct = total;
                continue;
            }
            let base_of = |node: Node| Exact::new(sums.at(node).base.max(Units::ZERO), scale);
            let id_of = |node: Node| match node {
                Node::Group(place) => groups[place].id.as_str(),
                Node::Pool(place) => pools[place].pool.id.as_str(),
            };
            let period = pools[place].correction_of.unwrap_or(key.period);
            let quantity_of = |driver: &str, node: Node| drivers.quantity(driver, period, id_of(node));
            for part in divide(&pools[place].pool, total, &accounts, base_of, quantity_of) {
                let into = &mut carried.at_mut(part.to).direct;
                *into = plus(*into, part.amount);
                if let Node::Pool(fed) = part.to {
                    accounts.keys().zip(&part.by_account).for_each(|(account, units)| put(&mut held[fed], *account, *units));
                }
                shares.push(part.share(place, &accounts, cube, scale));
            }
        }
        let rest = carried.groups.iter().fold(Units::ZERO, |sum, group| plus(sum, group.direct));
        assert!(rest == master, "conservation: the groups carry {rest} of a master bill of {master} units");
        assert!(carried.pools.iter().all(|pool| pool.direct == Units::ZERO), "every pool came to rest");

        Allocation { key, basis, master: Exact::new(master, scale), unallocated, groups, pools, assignments, shares }
    }
}

/// What the nodes are assigned, by place; in units of the allocation's scale.
#[derive(Clone)]
struct Sums {
    groups: Vec<Sum>,
    pools: Vec<Sum>,
}

#[derive(Clone, Copy, Default)]
struct Sum {
    direct: Units,
    /// Usage and purchases only.
    base: Units,
}

impl Sums {
    /// Of the rows as they are assigned to so many groups and pools; and what each pool holds of which account.
    fn of(
        cube: &Cube,
        key: BillKey,
        basis: CostBasis,
        assignments: &[Assignment],
        (groups, pools): (usize, usize),
    ) -> (Sums, Vec<ByAccount>) {
        let mut sums = Sums { groups: vec![Sum::default(); groups], pools: vec![Sum::default(); pools] };
        let mut held = vec![ByAccount::new(); pools];
        let bases = ["Usage", "Purchase"].map(|category| cube.code_of(category));
        for (row, assignment) in cube.rows(key).zip(assignments) {
            let units = row.units(basis);
            let sum = sums.at_mut(assignment.to);
            sum.direct = plus(sum.direct, units);
            if bases.contains(&Some(row.code(Dimension::ChargeCategory))) {
                sum.base = plus(sum.base, units);
            }
            if let Node::Pool(place) = assignment.to {
                put(&mut held[place], row.code(Dimension::BillingAccount), units);
            }
        }
        // Rows are counted in units of their bill.
        let finer = power_of_ten(SPLIT_DECIMALS);
        for sum in sums.groups.iter_mut().chain(&mut sums.pools) {
            *sum = Sum { direct: times(sum.direct, finer), base: times(sum.base, finer) };
        }
        held.iter_mut().flat_map(BTreeMap::values_mut).for_each(|units| *units = times(*units, finer));
        (sums, held)
    }

    fn at(&self, node: Node) -> &Sum {
        match node {
            Node::Group(place) => &self.groups[place],
            Node::Pool(place) => &self.pools[place],
        }
    }

    fn at_mut(&mut self, node: Node) -> &mut Sum {
        match node {
            Node::Group(place) => &mut self.groups[place],
            Node::Pool(place) => &mut self.pools[place],
        }
    }
}

/// By billing account, in units of the allocation's scale. Codes are in the order of the accounts.
type ByAccount = BTreeMap<Code, Units>;

fn put(into: &mut ByAccount, account: Code, units: Units) {
    let sum = into.entry(account).or_insert(Units::ZERO);
    *sum = plus(*sum, units);
}

/// Finds the receivers of the rows of a cube.
struct Receivers<'c> {
    cube: &'c Cube,
    basis: CostBasis,
    /// By the tree's first billing period: those that rows asked for.
    matchers: Vec<(BillingPeriod, Matcher)>,
    /// What kind of money rows are, by all that says so.
    natures: HashMap<[Code; NATURE_SAYS.len()], Nature>,
}

/// What says what kind of money a row is: see [`RowView::nature`].
const NATURE_SAYS: [Dimension; 6] = [
    Dimension::ChargeCategory,
    Dimension::ChargeType,
    Dimension::CommitmentStatus,
    Dimension::Provider,
    Dimension::Publisher,
    Dimension::InvoiceIssuer,
];

impl<'c> Receivers<'c> {
    fn new(cube: &'c Cube, basis: CostBasis) -> Receivers<'c> {
        Receivers { cube, basis, matchers: Vec::new(), natures: HashMap::new() }
    }

    fn of(&mut self, tree: &Tree, row: RowView<'_>) -> (Node, Because) {
        let says = NATURE_SAYS.map(|dimension| row.code(dimension));
        let nature = *self.natures.entry(says).or_insert_with(|| row.nature(self.basis));
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
        match self.matcher(tree).first_match(row) {
            Some(place) => (tree.rules()[place].to, Because::Rule(place)),
            None => (Node::Group(tree.unallocated()), Because::NoRule),
        }
    }

    fn matcher(&mut self, tree: &Tree) -> &Matcher {
        let known = self.matchers.iter().position(|(valid_from, _)| *valid_from == tree.valid_from());
        let place = known.unwrap_or_else(|| {
            self.matchers.push((tree.valid_from(), Matcher::new(tree.rules(), self.cube)));
            self.matchers.len() - 1
        });
        &self.matchers[place].1
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
    fn share(self, pool: usize, accounts: &ByAccount, cube: &Cube, scale: u32) -> Share {
        let all_zero = self.by_account.iter().all(|units| *units == Units::ZERO);
        let parts = accounts.keys().zip(self.by_account).filter(|(_, units)| all_zero || *units != Units::ZERO);
        Share {
            pool,
            to: self.to,
            key: self.key,
            weight: self.weight,
            weights: self.weights,
            amount: Exact::new(self.amount, scale),
            by_billing_account: parts.map(|(account, units)| (cube.text(*account).to_owned(), Exact::new(units, scale))).collect(),
        }
    }
}

/// Divides a pool that holds `total`, of which `accounts` says the billing accounts.
fn divide(
    pool: &Pool,
    total: Units,
    accounts: &ByAccount,
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
fn compose(accounts: &ByAccount, amounts: &[Units], weights: &[Units]) -> Vec<Vec<Units>> {
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
