//! From the charge cube to cost groups: match rules, then shared pools.
//!
//! Nothing is lost on the way: every row has exactly one receiver, a pool is divided to the last unit, and
//! [`allocate`] asserts that what all groups carry is the master bill, exactly.

use std::collections::BTreeMap;

use crate::charge::{CostBasis, Dimension, Nature};
use crate::cube::{BillKey, Cube, RowView};
use crate::driver::Drivers;
use crate::exact::{Exact, SPLIT_DECIMALS, Units, apportion, plus};
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
    /// Who receives it.
    pub to: Node,
    /// Why.
    pub because: Because,
}

/// By what a share of a pool was reckoned.
#[derive(Clone, Debug, PartialEq, Eq)]
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
    /// The pools, likewise; [`Pool::to`] refers to `groups` and `pools` here.
    pub pools: Vec<Pool>,
    /// The receiver of each row of the bill, in the order of [`Cube::rows`].
    pub assignments: Vec<Assignment>,
    /// The direct cost of each pool before shares of other pools.
    pub pool_direct: Vec<Exact>,
    /// The cost of each pool with what other pools passed on.
    pub pool_totals: Vec<Exact>,
    /// What was divided, pools before those that they feed.
    pub shares: Vec<Share>,
}

/// Allocates one master bill of a cube.
///
/// A row is matched under the tree of its billing period; a provider's correction (FOCUS ChargeClass
/// `Correction`) under the tree of the period that it corrects.
///
/// # Panics
/// Where the cube was built without a tag key that a tree asks for.
pub fn allocate(cube: &Cube, key: BillKey, trees: &TreeVersions, basis: CostBasis, drivers: &Drivers) -> Allocation {
    let current = trees.at(key.period);
    let mut roster = Roster::new(current);
    let tag_places: BTreeMap<&str, usize> = cube.tag_keys().iter().enumerate().map(|(place, key)| (key.as_str(), place)).collect();
    let tag_place = |key: &str| *tag_places.get(key).unwrap_or_else(|| panic!("the cube was built without the tag key `{key}`"));

    let scale = cube.scale() + SPLIT_DECIMALS;
    let mut assignments = Vec::with_capacity(cube.rows(key).len());
    let mut sums: BTreeMap<Node, Sums> = BTreeMap::new();
    let mut master = Units::ZERO;
    for row in cube.rows(key) {
        let tree = row.correction_of().map_or(current, |period| trees.at(period));
        let (node, because) = receiver(tree, row, basis, &tag_place);
        let to = if std::ptr::eq(tree, current) { node } else { roster.import(tree, node) };
        let units = row.cost().of(basis).units_at(scale);
        let sum = sums.entry(to).or_default();
        sum.direct = plus(sum.direct, units);
        if matches!(row.value(Dimension::ChargeCategory), "Usage" | "Purchase") {
            sum.base = plus(sum.base, units);
        }
        master = plus(master, units);
        assignments.push(Assignment { to, because });
    }

    let Roster { groups, pools, .. } = roster;
    let order = feeding_order(pools.len(), |place| pools[place].feeds()).expect("INVARIANT: see `Roster::import`");
    let sum_of = |node: Node| sums.get(&node).copied().unwrap_or_default();
    let mut carried: BTreeMap<Node, Units> = sums.iter().map(|(node, sum)| (*node, sum.direct)).collect();
    let mut shares = Vec::new();
    let mut pool_totals = vec![Exact::ZERO; pools.len()];
    for place in order {
        let total = carried.remove(&Node::Pool(place)).unwrap_or(Units::ZERO);
        pool_totals[place] = Exact::new(total, scale);
        if total == Units::ZERO {
            continue;
        }
        let base_of = |node: Node| Exact::new(sum_of(node).base.max(Units::ZERO), scale);
        let id_of = |node: Node| match node {
            Node::Group(place) => groups[place].id.as_str(),
            Node::Pool(place) => pools[place].id.as_str(),
        };
        let divided = divide(&pools[place], total, scale, base_of, |driver, node| drivers.quantity(driver, key.period, id_of(node)));
        for share in divided {
            let into = carried.entry(share.to).or_insert(Units::ZERO);
            *into = plus(*into, share.amount.units_at(scale));
            shares.push(Share { pool: place, ..share });
        }
    }
    let rest = carried.values().fold(Units::ZERO, |sum, units| plus(sum, *units));
    assert!(rest == master, "conservation: the groups carry {rest} of a master bill of {master} units");
    assert!(carried.keys().all(|node| matches!(node, Node::Group(_))), "every pool came to rest");

    Allocation {
        key,
        basis,
        master: Exact::new(master, scale),
        unallocated: current.unallocated(),
        pool_direct: (0..pools.len()).map(|place| Exact::new(sum_of(Node::Pool(place)).direct, scale)).collect(),
        groups,
        pools,
        assignments,
        pool_totals,
        shares,
    }
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

/// Divides a pool in units of 10^−`scale`. The shares' pool is left at 0 for the caller to say.
fn divide(pool: &Pool, total: Units, scale: u32, base_of: impl Fn(Node) -> Exact, quantity_of: impl Fn(&str, Node) -> Exact) -> Vec<Share> {
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
    let parts = apportion(total, &units).expect("INVARIANT: some weight is above zero");
    let all: Exact = weights.iter().copied().sum();
    let shares = to.into_iter().zip(weights).zip(parts).map(|((to, weight), part)| Share {
        pool: 0,
        to,
        key: key.clone(),
        weight,
        weights: all,
        amount: Exact::new(part, scale),
    });
    shares.collect()
}

fn one() -> Exact {
    Exact::from_i128(1, 0)
}

/// The nodes of the period's tree, and those of earlier trees that corrections reach.
struct Roster {
    groups: Vec<CostGroup>,
    pools: Vec<Pool>,
    places: BTreeMap<String, Node>,
}

impl Roster {
    fn new(tree: &Tree) -> Roster {
        let groups = tree.groups().iter().enumerate().map(|(place, group)| (group.id.clone(), Node::Group(place)));
        let pools = tree.pools().iter().enumerate().map(|(place, pool)| (pool.id.clone(), Node::Pool(place)));
        Roster { places: groups.chain(pools).collect(), groups: tree.groups().to_vec(), pools: tree.pools().to_vec() }
    }

    /// The place here of a node of another tree; a node of the same identifier is the same.
    ///
    /// No circle of pools can come of it: a pool is imported together with all that it feeds, so whatever was
    /// here before feeds only what was here before.
    fn import(&mut self, tree: &Tree, node: Node) -> Node {
        let id = tree.id(node);
        if let Some(known) = self.places.get(id) {
            return *known;
        }
        match node {
            Node::Group(place) => {
                let group = &tree.groups()[place];
                let parent = group.parent.and_then(|parent| match self.places.get(tree.groups()[parent].id.as_str()) {
                    Some(Node::Group(known)) => Some(*known),
                    _ => None,
                });
                let here = Node::Group(self.groups.len());
                self.groups.push(CostGroup { parent, is_leaf: true, ..group.clone() });
                self.places.insert(id.to_owned(), here);
                here
            }
            Node::Pool(place) => {
                let pool = &tree.pools()[place];
                let at = self.pools.len();
                self.places.insert(id.to_owned(), Node::Pool(at));
                self.pools.push(pool.clone());
                let to = pool.to.iter().map(|node| self.import(tree, *node)).collect();
                let fallback = match pool.fallback {
                    Fallback::To(node) => Fallback::To(self.import(tree, node)),
                    Fallback::Even => Fallback::Even,
                };
                self.pools[at].to = to;
                self.pools[at].fallback = fallback;
                Node::Pool(at)
            }
        }
    }
}
