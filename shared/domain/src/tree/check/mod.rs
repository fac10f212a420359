//! From a draft to a tree: everything that can be wrong with one, found in one go.

mod central;
mod groups;
mod pools;
mod receivers;
mod rules;
mod told;

use std::collections::BTreeMap;

use groups::Inherited;
pub(crate) use pools::feeding_order;
use receivers::Receivers;
use told::Told;

use super::draft::{At, GroupDraft, HoldingDraft, LedgerDraft, Position, TreeDraft};
use super::{CostGroup, Holding, LedgerCoding, Mode, Node, Pool, Rule, Treatment, Tree};
use crate::period::BillingPeriod;

/// Most cost groups and pools of one tree.
pub const MOST_NODES: usize = 100_000;
/// Most rules of one tree.
pub const MOST_RULES: usize = 20_000;
/// Most levels of cost groups.
pub const MOST_LEVELS: usize = 32;
/// Most owners that one list names.
pub const MOST_OWNERS: usize = 50;
/// Most characters of an owner's address, a legal entity, a cost centre or a department.
pub const LONGEST_TEXT: usize = 256;
/// Most receivers of all pools of one tree together, where `*` and `group/*` count as all that they stand for.
pub const MOST_RECEIVERS: usize = 2_000_000;
/// Most conditions of one rule.
pub const MOST_CONDITIONS: usize = 50;
/// Most errors, and most warnings, that are told of one tree.
pub const MOST_PROBLEMS: usize = 100;
/// Unknown identifiers, from the first, for which a near one is looked for.
const MOST_SUGGESTIONS: usize = 20;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The tree cannot be used.
    Error,
    /// The tree can be used, but probably does not say what its author meant.
    Warning,
}

/// Something wrong with a tree, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// Where in the text.
    pub at: Position,
    /// What is wrong, a sentence without full stop.
    pub message: String,
    /// What to do about it, likewise.
    pub what_to_do: String,
}

impl Problem {
    /// A problem with which the tree cannot be used.
    pub fn error(at: Position, message: impl Into<String>, what_to_do: impl Into<String>) -> Problem {
        Problem { severity: Severity::Error, at, message: message.into(), what_to_do: what_to_do.into() }
    }

    /// A problem with which it can.
    pub fn warning(at: Position, message: impl Into<String>, what_to_do: impl Into<String>) -> Problem {
        Problem { severity: Severity::Warning, ..Problem::error(at, message, what_to_do) }
    }
}

impl Tree {
    /// Checks a draft. With the tree come the warnings; without it all that is wrong, errors and warnings, in
    /// the order of their places. Of each kind up to [`MOST_PROBLEMS`] are told; that there are more is told last.
    pub fn try_new(draft: &TreeDraft) -> Result<(Tree, Vec<Problem>), Vec<Problem>> {
        let mut check = Check::default();
        match check.tree(draft) {
            Some(tree) if !check.told.has_error() => Ok((tree, check.told.in_order())),
            _ => Err(check.told.in_order()),
        }
    }
}

#[derive(Default)]
struct Check {
    told: Told,
    groups: Vec<CostGroup>,
    group_places: Vec<Position>,
    /// For each group the place after the last one below it: groups stand in the order of the text, so all between
    /// are below it.
    group_ends: Vec<usize>,
    pool_ids: Vec<String>,
    ids: BTreeMap<String, Node>,
    /// Lower case to as written: documents are files named by id, and some file systems fold case.
    folded: BTreeMap<String, String>,
    /// Unknown identifiers for which a near one was looked for.
    suggestions: usize,
}

impl Check {
    fn error(&mut self, at: Position, message: impl Into<String>, what_to_do: impl Into<String>) {
        self.told.push(Problem::error(at, message, what_to_do));
    }

    fn warning(&mut self, at: Position, message: impl Into<String>, what_to_do: impl Into<String>) {
        self.told.push(Problem::warning(at, message, what_to_do));
    }

    fn tree(&mut self, draft: &TreeDraft) -> Option<Tree> {
        if !self.is_within_limits(draft) {
            return None;
        }
        let valid_from = self.valid_from(draft);
        let inherited = self.inherit(&Inherited::default(), &draft.defaults);
        for group in &draft.groups {
            self.group(group, None, &inherited, 1);
        }
        let unallocated = self.unallocated(draft, &inherited);
        for (place, pool) in draft.pools.iter().enumerate() {
            self.id(&pool.id, Node::Pool(place));
            self.pool_ids.push(pool.id.value.clone());
        }
        let central = self.central(draft, unallocated);
        let mut receivers = Receivers::of(self, unallocated);
        let pools: Vec<Option<Pool>> = draft.pools.iter().map(|pool| self.pool(pool, &mut receivers)).collect();
        let rules: Vec<Option<Rule>> = draft.rules.iter().map(|rule| self.rule(rule)).collect();
        let treatment = self.treatment(draft);
        let ledger = draft.ledger.as_ref().and_then(|ledger| self.ledger(ledger));
        self.chargeback(draft.ledger.is_some());
        let pools: Vec<Pool> = pools.into_iter().collect::<Option<_>>()?;
        let rules: Vec<Rule> = rules.into_iter().collect::<Option<_>>()?;
        self.unreachable_rules(draft, &rules);
        self.unfed_pools(draft, &pools, &rules, &treatment);
        let order = self.pool_order(draft, &pools)?;
        let mut tree = Tree {
            company: draft.company.as_ref().map_or_else(|| "Company".to_owned(), |company| company.value.clone()),
            valid_from: valid_from?,
            groups: std::mem::take(&mut self.groups),
            unallocated: unallocated?,
            central,
            pools,
            rules,
            treatment,
            ledger,
        };
        tree.reorder_pools(&order);
        Some(tree)
    }

    /// Whether the draft is small enough to be looked at any closer.
    fn is_within_limits(&mut self, draft: &TreeDraft) -> bool {
        // A stack of its own: nothing says yet that the groups do not nest without end.
        let mut open: Vec<&GroupDraft> = draft.unallocated.iter().chain(draft.groups.iter().rev()).collect();
        let groups = std::iter::from_fn(|| {
            let group = open.pop()?;
            open.extend(group.groups.iter().rev());
            Some(&group.id)
        });
        let first_too_many = groups.chain(draft.pools.iter().map(|pool| &pool.id)).nth(MOST_NODES);
        if let Some(id) = first_too_many {
            self.error(id.at, format!("the tree has more than {MOST_NODES} groups and pools"), "split the company into several tenants");
        }
        if let Some(rule) = draft.rules.get(MOST_RULES) {
            self.error(
                rule.to.at,
                format!("the tree has more than {MOST_RULES} rules"),
                "list several values in one rule, or match on a prefix",
            );
        }
        !self.told.has_error()
    }

    fn valid_from(&mut self, draft: &TreeDraft) -> Option<BillingPeriod> {
        let Some(text) = &draft.valid_from else {
            self.error(
                Position { line: 1, column: 1 },
                "the tree does not say from which billing period it holds",
                "add `valid_from: 2026-01`, the first month that it is for",
            );
            return None;
        };
        let period = text.value.parse().ok();
        if period.is_none() {
            self.error(
                text.at,
                format!("`{}` is no billing period; versions of a tree begin on billing-period boundaries", text.value),
                "write a month, `2026-01`",
            );
        }
        period
    }

    fn treatment(&mut self, draft: &TreeDraft) -> Treatment {
        let treatment = &draft.treatment;
        let mut central = |target: &Option<At<String>>| match target {
            Some(id) if id.value != "follow" => self.node(id),
            _ => None,
        };
        Treatment {
            credits: central(&treatment.credits),
            tax: central(&treatment.tax),
            discounts: central(&treatment.discounts),
            marketplace: central(&treatment.marketplace),
            unused_commitment: central(&treatment.unused_commitment),
        }
    }

    fn ledger(&mut self, draft: &LedgerDraft) -> Option<LedgerCoding> {
        let at = Position::default();
        if draft.default_account.is_none() {
            self.error(at, "the ledger coding has no default expense account", "add `ledger: { accounts: { default: \"6400\" } }`");
        }
        if draft.default_holding.is_none() {
            self.error(
                at,
                "the ledger coding has no default holding account",
                "add `ledger: { holding: { default: { account: \"1490\", cost_center: \"9000\" } } }`",
            );
        }
        let pairs =
            |list: &[(At<String>, At<String>)]| list.iter().map(|(name, account)| (name.value.clone(), account.value.clone())).collect();
        let holding = |draft: &HoldingDraft| Holding { account: draft.account.value.clone(), cost_center: draft.cost_center.value.clone() };
        Some(LedgerCoding {
            default_account: draft.default_account.as_ref()?.value.clone(),
            by_charge_category: pairs(&draft.accounts_by_charge_category),
            by_service: pairs(&draft.accounts_by_service),
            default_holding: holding(draft.default_holding.as_ref()?),
            holding_by_billing_account: draft
                .holding_by_billing_account
                .iter()
                .map(|(account, draft)| (account.value.clone(), holding(draft)))
                .collect(),
        })
    }

    /// Journals need coding: a group in chargeback without it could never be posted.
    fn chargeback(&mut self, has_ledger: bool) {
        for place in (0..self.groups.len()).filter(|place| self.groups[*place].mode == Mode::Chargeback).collect::<Vec<_>>() {
            let (group, at) = (&self.groups[place], self.group_places[place]);
            if group.cost_center.is_none() {
                let message = format!("the cost group `{}` is in chargeback but has no cost centre", group.id);
                self.error(at, message, "add `cost_center`, here or above it");
            } else if !has_ledger {
                let message = format!("the cost group `{}` is in chargeback but the tree has no ledger coding", group.id);
                self.error(at, message, "add `ledger` with a default account and a holding account");
                break;
            }
        }
    }
}
