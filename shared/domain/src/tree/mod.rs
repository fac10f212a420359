//! The allocation tree: cost groups, match rules, shared pools and general-ledger coding.
//!
//! A [`Tree`] is a checked [`TreeDraft`](draft::TreeDraft): whoever holds one knows that identifiers are
//! unique, targets exist, every group has an owner and pools form no circle.

pub mod check;
pub mod draft;
mod matcher;
mod matching;
mod shadows;

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::exact::Exact;
use crate::period::BillingPeriod;

pub use check::{Problem, Severity};
pub(crate) use matcher::Matcher;
pub use matching::{Condition, MatchField, Rule, Test};

/// Whether a cost group's journals may move. Begins as showback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Informational.
    #[default]
    Showback,
    /// Journals may move after acceptance.
    Chargeback,
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Mode::Showback => "showback",
            Mode::Chargeback => "chargeback",
        })
    }
}

/// A node of the tree, with what it inherits filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CostGroup {
    /// Identifier.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// What it is: `team`, `product`, `business unit`.
    pub kind: Option<String>,
    /// Place of the parent in [`Tree::groups`].
    pub parent: Option<usize>,
    /// Whether no group is below it.
    pub is_leaf: bool,
    /// Mail addresses; at least one. Shared by all groups that inherit them: a company names few lists.
    #[serde(with = "crate::stored::shared_list")]
    pub owners: Arc<[String]>,
    /// Legal entity.
    pub legal_entity: Option<String>,
    /// Cost centre.
    pub cost_center: Option<String>,
    /// Department.
    pub department: Option<String>,
    /// Showback or chargeback.
    pub mode: Mode,
}

/// A receiver of cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// Place in [`Tree::groups`].
    Group(usize),
    /// Place in [`Tree::pools`].
    Pool(usize),
}

/// How a pool is divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Split {
    /// The same for each.
    Even,
    /// By parts that the tree states, in the order of [`Pool::to`].
    Fixed(Vec<Exact>),
    /// By direct usage and purchases.
    Proportional,
    /// By the quantities of a driver.
    Driver(String),
}

/// What happens to a pool whose base is zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// It is divided evenly.
    Even,
    /// One receiver takes it.
    To(Node),
}

/// Cost that several groups share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool {
    /// Identifier.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Mail addresses of who answers for it.
    pub owners: Vec<String>,
    /// How it is divided.
    pub split: Split,
    /// Who shares it, by identifier order; at least one.
    pub to: Vec<Node>,
    /// For a zero base.
    pub fallback: Fallback,
    /// General-ledger account of the shared amounts.
    pub account: Option<String>,
}

impl Pool {
    /// The pools that this one may pass cost to.
    pub(crate) fn feeds(&self) -> Vec<usize> {
        let fallback = match self.fallback {
            Fallback::To(node) => Some(node),
            Fallback::Even => None,
        };
        let pools = self.to.iter().copied().chain(fallback).filter_map(|node| match node {
            Node::Pool(place) => Some(place),
            Node::Group(_) => None,
        });
        pools.collect()
    }
}

/// Where special money goes; `None` follows the rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Treatment {
    /// Credits and adjustments.
    pub credits: Option<Node>,
    /// Tax.
    pub tax: Option<Node>,
    /// Discounts that the provider states as rows.
    pub discounts: Option<Node>,
    /// Marketplace purchases.
    pub marketplace: Option<Node>,
    /// Unused commitment.
    pub unused_commitment: Option<Node>,
}

impl Treatment {
    /// Where each kind goes, in the order of the fields.
    fn targets(&self) -> [Option<Node>; 5] {
        [self.credits, self.tax, self.discounts, self.marketplace, self.unused_commitment]
    }
}

/// Whether a text can be an identifier: 1 to 64 letters, digits, `-`, `_` or `.`, no `.` first. It becomes part of
/// addresses and file names.
pub fn is_identifier(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=64).contains(&text.len()) && text.bytes().all(is_allowed) && !text.starts_with('.')
}

/// Holding account and central cost centre of a billing account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holding {
    /// Account.
    pub account: String,
    /// Cost centre.
    pub cost_center: String,
}

/// General-ledger coding. Lists are in stated order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerCoding {
    /// Expense account where nothing else says.
    pub default_account: String,
    /// Expense account by charge category; goes before the service.
    pub by_charge_category: Vec<(String, String)>,
    /// Expense account by service.
    pub by_service: Vec<(String, String)>,
    /// Holding coding where nothing else says.
    pub default_holding: Holding,
    /// Holding coding by billing account.
    pub holding_by_billing_account: Vec<(String, Holding)>,
}

impl LedgerCoding {
    /// The expense account of a charge: by its charge category, else by its service, else the default.
    pub fn account(&self, charge_category: &str, service: &str) -> &str {
        let find = |list: &'_ [(String, String)], key: &str| list.iter().position(|(name, _)| name == key);
        if let Some(place) = find(&self.by_charge_category, charge_category) {
            return &self.by_charge_category[place].1;
        }
        if let Some(place) = find(&self.by_service, service) {
            return &self.by_service[place].1;
        }
        &self.default_account
    }

    /// Where the provider's invoice of a billing account is held.
    pub fn holding(&self, billing_account: &str) -> &Holding {
        self.holding_by_billing_account
            .iter()
            .find(|(account, _)| account == billing_account)
            .map_or(&self.default_holding, |(_, holding)| holding)
    }
}

/// One checked version of the allocation tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    pub(crate) company: String,
    pub(crate) valid_from: BillingPeriod,
    pub(crate) groups: Vec<CostGroup>,
    pub(crate) unallocated: usize,
    pub(crate) central: Option<usize>,
    pub(crate) pools: Vec<Pool>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) treatment: Treatment,
    pub(crate) ledger: Option<LedgerCoding>,
}

impl Tree {
    /// A tree in which nothing is allocated: one cost group, `unallocated`, from the beginning of time.
    pub fn unallocated_only() -> Tree {
        let group = CostGroup {
            id: "unallocated".to_owned(),
            name: "Unallocated".to_owned(),
            kind: None,
            parent: None,
            is_leaf: true,
            owners: Arc::new(["nobody yet".to_owned()]),
            legal_entity: None,
            cost_center: None,
            department: None,
            mode: Mode::Showback,
        };
        Tree {
            company: "No allocation tree".to_owned(),
            valid_from: BillingPeriod::try_new(1900, 1).expect("a month"),
            groups: vec![group],
            unallocated: 0,
            central: None,
            pools: Vec::new(),
            rules: Vec::new(),
            treatment: Treatment::default(),
            ledger: None,
        }
    }

    /// The company's name.
    pub fn company(&self) -> &str {
        &self.company
    }

    /// The first billing period that this version holds for.
    pub fn valid_from(&self) -> BillingPeriod {
        self.valid_from
    }

    /// The cost groups, parents before children, siblings in stated order, *unallocated* last.
    pub fn groups(&self) -> &[CostGroup] {
        &self.groups
    }

    /// The place of the group for what no rule matches.
    pub fn unallocated(&self) -> usize {
        self.unallocated
    }

    /// The place of the group that keeps what nobody else takes: credits granted in a dispute, accruals. A leaf, never
    /// *unallocated*; `None` where the tree names none.
    pub fn central(&self) -> Option<usize> {
        self.central
    }

    /// Whether the group at a place keeps cost for the whole company: the central one, and each that the treatment
    /// sends special money to. *Unallocated* never counts as central.
    pub fn is_central(&self, place: usize) -> bool {
        let is_treated = self.treatment.targets().into_iter().flatten().any(|node| node == Node::Group(place));
        place != self.unallocated && (self.central == Some(place) || is_treated)
    }

    /// The shared pools, each before the pools that it feeds.
    pub fn pools(&self) -> &[Pool] {
        &self.pools
    }

    /// The rules, in stated order.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Where special money goes.
    pub fn treatment(&self) -> &Treatment {
        &self.treatment
    }

    /// The general-ledger coding, where the tree has one.
    pub fn ledger(&self) -> Option<&LedgerCoding> {
        self.ledger.as_ref()
    }

    /// The place of a cost group.
    pub fn place_of(&self, group: &str) -> Option<usize> {
        self.groups.iter().position(|known| known.id == group)
    }

    /// Whether a group keeps cost that nobody is charged for: the unallocated one, and the central ones.
    pub fn keeps_cost(&self, place: usize) -> bool {
        place == self.unallocated || self.is_central(place)
    }

    /// The identifier of a node.
    pub fn id(&self, node: Node) -> &str {
        match node {
            Node::Group(place) => &self.groups[place].id,
            Node::Pool(place) => &self.pools[place].id,
        }
    }

    /// The name for people of a node.
    pub fn name(&self, node: Node) -> &str {
        match node {
            Node::Group(place) => &self.groups[place].name,
            Node::Pool(place) => &self.pools[place].name,
        }
    }

    /// The tag keys that rules ask for, each once, in order.
    pub fn tag_keys(&self) -> Vec<String> {
        let keys: std::collections::BTreeSet<&str> = self
            .rules
            .iter()
            .flat_map(|rule| &rule.conditions)
            .filter_map(|condition| match &condition.field {
                MatchField::Tag(key) => Some(key.as_str()),
                MatchField::Dimension(_) => None,
            })
            .collect();
        keys.into_iter().map(str::to_owned).collect()
    }
}

/// The versions of a tree, each from its first billing period until the next begins.
#[derive(Clone, Debug)]
pub struct TreeVersions {
    versions: Vec<Tree>,
}

/// Why versions do not go together.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TreeVersionsError {
    /// There is none.
    #[error("there is no version of the tree")]
    None,
    /// Two begin at once.
    #[error("two versions of the tree are valid from {0}; one billing period has one tree")]
    SameStart(BillingPeriod),
}

impl TreeVersions {
    /// Puts versions in order.
    pub fn try_new(mut versions: Vec<Tree>) -> Result<TreeVersions, TreeVersionsError> {
        versions.sort_by_key(Tree::valid_from);
        if let Some(pair) = versions.windows(2).find(|pair| pair[0].valid_from == pair[1].valid_from) {
            return Err(TreeVersionsError::SameStart(pair[0].valid_from));
        }
        if versions.is_empty() {
            return Err(TreeVersionsError::None);
        }
        Ok(TreeVersions { versions })
    }

    /// The version of a billing period: the newest that had begun; before all of them, the first.
    pub fn at(&self, period: BillingPeriod) -> &Tree {
        self.versions.iter().rev().find(|tree| tree.valid_from <= period).unwrap_or(&self.versions[0])
    }

    /// All versions, oldest first.
    pub fn all(&self) -> &[Tree] {
        &self.versions
    }

    /// The tag keys that any version asks for, each once, in order.
    pub fn tag_keys(&self) -> Vec<String> {
        let keys: std::collections::BTreeSet<String> = self.versions.iter().flat_map(Tree::tag_keys).collect();
        keys.into_iter().collect()
    }
}
