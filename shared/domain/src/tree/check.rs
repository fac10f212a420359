//! From a draft to a tree: everything that can be wrong with one, found in one go.

use std::collections::{BTreeMap, BTreeSet};

use super::draft::{At, CodingDraft, GroupDraft, HoldingDraft, LedgerDraft, PoolDraft, Position, RuleDraft, TestDraft, TreeDraft};
use super::matching::MATCHABLE;
use super::{Condition, CostGroup, Fallback, Holding, LedgerCoding, MatchField, Mode, Node, Pool, Rule, Split, Test, Treatment, Tree};
use crate::exact::Exact;
use crate::period::BillingPeriod;

/// Most cost groups and pools of one tree.
pub const MOST_NODES: usize = 100_000;
/// Most rules of one tree.
pub const MOST_RULES: usize = 20_000;
/// Most levels of cost groups.
pub const MOST_LEVELS: usize = 32;

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
    /// the order of their places.
    pub fn try_new(draft: &TreeDraft) -> Result<(Tree, Vec<Problem>), Vec<Problem>> {
        let mut check = Check::default();
        let tree = check.tree(draft);
        check.problems.sort_by_key(|problem| problem.at);
        match tree {
            Some(tree) if !check.problems.iter().any(|problem| problem.severity == Severity::Error) => Ok((tree, check.problems)),
            _ => Err(check.problems),
        }
    }
}

/// What a group passes on to those below it.
#[derive(Clone, Default)]
struct Inherited {
    owners: Vec<String>,
    legal_entity: Option<String>,
    cost_center: Option<String>,
    department: Option<String>,
    mode: Mode,
}

#[derive(Default)]
struct Check {
    problems: Vec<Problem>,
    groups: Vec<CostGroup>,
    group_places: Vec<Position>,
    pool_ids: Vec<String>,
    ids: BTreeMap<String, Node>,
    /// Lower case to as written: documents are files named by id, and some file systems fold case.
    folded: BTreeMap<String, String>,
}

impl Check {
    fn error(&mut self, at: Position, message: impl Into<String>, what_to_do: impl Into<String>) {
        self.problems.push(Problem::error(at, message, what_to_do));
    }

    fn tree(&mut self, draft: &TreeDraft) -> Option<Tree> {
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
        if self.ids.len() > MOST_NODES {
            self.error(
                Position::default(),
                format!("the tree has more than {MOST_NODES} groups and pools"),
                "split the company into several tenants",
            );
            return None;
        }
        let pools: Vec<Option<Pool>> = draft.pools.iter().map(|pool| self.pool(pool, unallocated)).collect();
        let rules: Vec<Option<Rule>> = draft.rules.iter().map(|rule| self.rule(rule)).collect();
        if draft.rules.len() > MOST_RULES {
            self.error(
                draft.rules[MOST_RULES].to.at,
                format!("the tree has more than {MOST_RULES} rules"),
                "list several values in one rule, or match on a prefix",
            );
            return None;
        }
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
            pools,
            rules,
            treatment,
            ledger,
        };
        tree.reorder_pools(&order);
        Some(tree)
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

    fn inherit(&mut self, above: &Inherited, own: &CodingDraft) -> Inherited {
        let text = |own: &Option<At<String>>, above: &Option<String>| own.as_ref().map(|text| text.value.clone()).or_else(|| above.clone());
        for owner in &own.owners {
            let is_address = owner
                .value
                .split_once('@')
                .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !owner.value.contains(char::is_whitespace));
            if !is_address {
                self.error(
                    owner.at,
                    format!("`{}` is no mail address; invoices are announced to owners by mail", owner.value),
                    "write an address, `ana@example.com`",
                );
            }
        }
        let mode = match own.mode.as_ref().map(|mode| (mode.value.as_str(), mode.at)) {
            None => above.mode,
            Some(("showback", _)) => Mode::Showback,
            Some(("chargeback", _)) => Mode::Chargeback,
            Some((other, at)) => {
                self.error(at, format!("`{other}` is no mode"), "write `showback` (informational) or `chargeback` (journals may move)");
                above.mode
            }
        };
        Inherited {
            owners: if own.owners.is_empty() { above.owners.clone() } else { own.owners.iter().map(|owner| owner.value.clone()).collect() },
            legal_entity: text(&own.legal_entity, &above.legal_entity),
            cost_center: text(&own.cost_center, &above.cost_center),
            department: text(&own.department, &above.department),
            mode,
        }
    }

    fn id(&mut self, id: &At<String>, node: Node) {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if id.value.is_empty() || id.value.len() > 64 || !id.value.bytes().all(allowed) || id.value.starts_with('.') {
            self.error(
                id.at,
                format!("`{}` cannot be an id: it is part of addresses and file names", id.value),
                "use 1 to 64 letters, digits, `-`, `_` or `.`, and put the full text into `name`",
            );
        }
        if matches!(id.value.as_str(), "even" | "follow") {
            self.error(id.at, format!("`{}` is a word of the tree's own and cannot be an id", id.value), "choose another id");
        }
        match self.folded.insert(id.value.to_ascii_lowercase(), id.value.clone()) {
            Some(known) => self.error(
                id.at,
                format!("the id `{}` is already taken by `{known}`", id.value),
                "give every group and pool an id of its own; upper and lower case count as the same",
            ),
            None => {
                self.ids.insert(id.value.clone(), node);
            }
        }
    }

    fn group(&mut self, draft: &GroupDraft, parent: Option<usize>, above: &Inherited, level: usize) -> usize {
        let place = self.groups.len();
        self.id(&draft.id, Node::Group(place));
        let own = self.inherit(above, &draft.own);
        if own.owners.is_empty() {
            self.error(
                draft.id.at,
                format!("the cost group `{}` has no owner; nobody would accept its invoice", draft.id.value),
                "add `owners: [ana@example.com]` here, above it, or at the top of the tree",
            );
        }
        self.group_places.push(draft.id.at);
        self.groups.push(CostGroup {
            id: draft.id.value.clone(),
            name: draft.name.as_ref().unwrap_or(&draft.id).value.clone(),
            kind: draft.kind.as_ref().map(|kind| kind.value.clone()),
            parent,
            is_leaf: draft.groups.is_empty(),
            owners: own.owners.clone(),
            legal_entity: own.legal_entity.clone(),
            cost_center: own.cost_center.clone(),
            department: own.department.clone(),
            mode: own.mode,
        });
        if level >= MOST_LEVELS && !draft.groups.is_empty() {
            self.error(draft.id.at, format!("groups nest deeper than {MOST_LEVELS} levels"), "flatten the tree here");
            return place;
        }
        for below in &draft.groups {
            self.group(below, Some(place), &own, level + 1);
        }
        place
    }

    fn unallocated(&mut self, draft: &TreeDraft, inherited: &Inherited) -> Option<usize> {
        let Some(group) = &draft.unallocated else {
            self.error(
                Position { line: 1, column: 1 },
                "the tree names no cost group for what no rule matches",
                "add `unallocated: { id: unallocated, owners: [finops@example.com] }`",
            );
            return None;
        };
        if group.own.owners.is_empty() {
            self.error(
                group.id.at,
                "the unallocated cost group has no owner of its own",
                "add `owners: [finops@example.com]` to `unallocated`: somebody has to bring it down",
            );
        }
        let mut own = inherited.clone();
        own.mode = Mode::Showback;
        if let Some(mode) = group.own.mode.as_ref().filter(|mode| mode.value == "chargeback") {
            self.error(mode.at, "the unallocated cost group is never charged back", "leave out its `mode`");
        }
        if let Some(below) = group.groups.first() {
            self.error(below.id.at, "the unallocated cost group has groups below it", "move them under `groups`");
        }
        let alone = GroupDraft { groups: Vec::new(), ..group.clone() };
        Some(self.group(&alone, None, &own, 1))
    }

    fn node(&mut self, id: &At<String>) -> Option<Node> {
        let node = self.ids.get(&id.value).copied();
        if node.is_none() {
            let near = self.ids.keys().map(|known| (distance(known, &id.value), known)).filter(|(distance, _)| *distance <= 2).min();
            let what_to_do = match near {
                Some((_, known)) => format!("did you mean `{known}`?"),
                None => "name a group or pool of this tree".to_owned(),
            };
            self.error(id.at, format!("there is no group or pool `{}`", id.value), what_to_do);
        }
        node
    }

    /// The receivers that `*`, `group/*` and identifiers name, by identifier order, each once.
    fn receivers(&mut self, to: &[At<String>], pool: &At<String>, unallocated: Option<usize>) -> Option<Vec<Node>> {
        let mut found: BTreeSet<Node> = BTreeSet::new();
        let mut complete = true;
        for id in to {
            let above = match id.value.strip_suffix('*') {
                None => {
                    match self.node(id) {
                        Some(node) if !found.insert(node) => {
                            self.error(id.at, format!("`{}` receives from the pool `{}` twice", id.value, pool.value), "name it once");
                        }
                        Some(_) => {}
                        None => complete = false,
                    }
                    continue;
                }
                Some("") => None,
                Some(group) => {
                    let group = At::new(group.trim_end_matches('/').to_owned(), id.at);
                    match self.node(&group) {
                        Some(Node::Group(place)) => Some(place),
                        Some(Node::Pool(_)) => {
                            self.error(
                                id.at,
                                format!("`{}` is a pool; only groups have leaves below them", group.value),
                                "name the pool without `/*`",
                            );
                            complete = false;
                            continue;
                        }
                        None => {
                            complete = false;
                            continue;
                        }
                    }
                }
            };
            let leaves = (0..self.groups.len())
                .filter(|place| self.groups[*place].is_leaf && Some(*place) != unallocated && self.is_below(*place, above));
            found.extend(leaves.map(Node::Group));
        }
        let mut receivers: Vec<Node> = found.into_iter().collect();
        receivers.sort_by(|a, b| self.id_of(*a).cmp(self.id_of(*b)));
        complete.then_some(receivers)
    }

    fn id_of(&self, node: Node) -> &str {
        match node {
            Node::Group(place) => &self.groups[place].id,
            Node::Pool(place) => &self.pool_ids[place],
        }
    }

    fn is_below(&self, place: usize, above: Option<usize>) -> bool {
        let Some(above) = above else { return true };
        let mut at = Some(place);
        while let Some(place) = at {
            if place == above {
                return true;
            }
            at = self.groups[place].parent;
        }
        false
    }

    fn pool(&mut self, draft: &PoolDraft, unallocated: Option<usize>) -> Option<Pool> {
        let id = &draft.id.value;
        let is_fixed = draft.split.value == "fixed";
        if is_fixed && !draft.to.is_empty() {
            self.error(
                draft.to[0].at,
                format!("the pool `{id}` states both `to` and fixed shares"),
                "leave out `to`: the keys of `shares` say who receives",
            );
        }
        if !is_fixed && !draft.shares.is_empty() {
            self.error(
                draft.shares[0].0.at,
                format!("the pool `{id}` states shares but is split {}", draft.split.value),
                "write `split: fixed`, or leave out `shares`",
            );
        }
        let names: Vec<At<String>> = if is_fixed { draft.shares.iter().map(|(id, _)| id.clone()).collect() } else { draft.to.clone() };
        let to = self.receivers(&names, &draft.id, unallocated)?;
        if to.is_empty() {
            self.error(draft.id.at, format!("the pool `{id}` has nobody to share its cost"), "name groups in `to`, or `*` for all leaves");
            return None;
        }
        let split = match draft.split.value.as_str() {
            "even" => Split::Even,
            "fixed" => Split::Fixed(self.parts(draft, &to)?),
            "proportional" => Split::Proportional,
            "driver" => {
                let Some(driver) = &draft.driver else {
                    self.error(
                        draft.split.at,
                        format!("the pool `{id}` is split by a driver but names none"),
                        "add `driver: requests`, the name that the driver file uses",
                    );
                    return None;
                };
                Split::Driver(driver.value.clone())
            }
            other => {
                self.error(
                    draft.split.at,
                    format!("`{other}` is no way to split a pool"),
                    "write `even`, `fixed`, `proportional` or `driver`",
                );
                return None;
            }
        };
        let fallback = self.fallback(draft, &split)?;
        Some(Pool {
            id: id.clone(),
            name: draft.name.as_ref().unwrap_or(&draft.id).value.clone(),
            owners: draft.owners.iter().map(|owner| owner.value.clone()).collect(),
            split,
            to,
            fallback,
            account: draft.account.as_ref().map(|account| account.value.clone()),
        })
    }

    fn parts(&mut self, draft: &PoolDraft, to: &[Node]) -> Option<Vec<Exact>> {
        let mut parts: Vec<Exact> = vec![Exact::ZERO; to.len()];
        let mut complete = true;
        for (receiver, part) in &draft.shares {
            if receiver.value.contains('*') {
                self.error(receiver.at, "fixed shares name each receiver", "write the ids, each with its parts");
                complete = false;
                continue;
            }
            match Exact::parse(&part.value) {
                Ok(value) if !value.is_zero() && !value.is_negative() => {
                    let node = self.ids.get(&receiver.value);
                    if let Some(place) = to.iter().position(|known| Some(known) == node) {
                        parts[place] = value;
                    }
                }
                _ => {
                    self.error(
                        part.at,
                        format!("`{}` is no number of parts above zero", part.value),
                        "write parts such as `60` and `40`; they need not sum to 100",
                    );
                    complete = false;
                }
            }
        }
        complete.then_some(parts)
    }

    fn fallback(&mut self, draft: &PoolDraft, split: &Split) -> Option<Fallback> {
        match &draft.fallback {
            Some(text) if text.value == "even" => Some(Fallback::Even),
            Some(text) => {
                let node = self.node(text)?;
                if text.value == draft.id.value {
                    self.error(text.at, format!("the pool `{}` falls back to itself", text.value), "name another group");
                    return None;
                }
                Some(Fallback::To(node))
            }
            None if matches!(split, Split::Even | Split::Fixed(_)) => Some(Fallback::Even),
            None => {
                self.error(
                    draft.id.at,
                    format!("the pool `{}` does not say what happens in a month in which nobody has a base to share by", draft.id.value),
                    "add `fallback: even`, or the id of a group that takes it then",
                );
                None
            }
        }
    }

    fn rule(&mut self, draft: &RuleDraft) -> Option<Rule> {
        let mut conditions: Vec<Condition> = Vec::new();
        let mut complete = true;
        for condition in &draft.conditions {
            let name = &condition.field;
            let field = if condition.is_tag {
                if name.value.is_empty() {
                    self.error(name.at, "a tag without a key matches nothing", "write the tag's key");
                }
                MatchField::Tag(name.value.clone())
            } else if let Some((_, dimension)) = MATCHABLE.iter().find(|(known, _)| *known == name.value) {
                MatchField::Dimension(*dimension)
            } else {
                let known: Vec<&str> = MATCHABLE.iter().map(|(known, _)| *known).collect();
                self.error(
                    name.at,
                    format!("rules cannot match on `{}`", name.value),
                    format!("match on {}, or put a tag's key under `tags`", known.join(", ")),
                );
                complete = false;
                continue;
            };
            if conditions.iter().any(|known| known.field == field) {
                self.error(name.at, format!("the rule asks for {field} twice"), "list the values in one condition");
            }
            match self.test(&condition.test, name.at) {
                Some(test) => conditions.push(Condition { field, test }),
                None => complete = false,
            }
        }
        let to = self.node(&draft.to)?;
        complete.then_some(Rule { to, conditions })
    }

    fn test(&mut self, draft: &TestDraft, at: Position) -> Option<Test> {
        let values: Vec<&At<String>> = match draft {
            TestDraft::Present(At { value: true, .. }) => return Some(Test::Present),
            TestDraft::Present(_) => return Some(Test::Absent),
            TestDraft::Equal(value) | TestDraft::Prefix(value) => vec![value],
            TestDraft::OneOf(values) => values.iter().collect(),
        };
        if values.is_empty() {
            self.error(at, "an empty list matches nothing", "list at least one value");
            return None;
        }
        if let Some(empty) = values.iter().find(|value| value.value.is_empty()) {
            self.error(
                empty.at,
                "an empty text never matches: what is empty counts as absent",
                "write `{ present: false }` to match what is absent",
            );
            return None;
        }
        if let TestDraft::Prefix(prefix) = draft {
            return Some(Test::Prefix(prefix.value.clone()));
        }
        let distinct: BTreeSet<String> = values.iter().map(|value| value.value.clone()).collect();
        Some(Test::OneOf(distinct.into_iter().collect()))
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
        let mut found = Vec::new();
        for (group, at) in self.groups.iter().zip(&self.group_places).filter(|(group, _)| group.mode == Mode::Chargeback) {
            if group.cost_center.is_none() {
                found.push((
                    *at,
                    format!("the cost group `{}` is in chargeback but has no cost centre", group.id),
                    "add `cost_center`, here or above it",
                ));
            } else if !has_ledger {
                found.push((
                    *at,
                    format!("the cost group `{}` is in chargeback but the tree has no ledger coding", group.id),
                    "add `ledger` with a default account and a holding account",
                ));
                break;
            }
        }
        for (at, message, what_to_do) in found {
            self.error(at, message, what_to_do);
        }
    }

    fn unreachable_rules(&mut self, draft: &TreeDraft, rules: &[Rule]) {
        for (place, rule) in rules.iter().enumerate() {
            let Some(earlier) = rule.shadowed_by(&rules[..place]) else { continue };
            let lines: Vec<String> = earlier.iter().map(|place| draft.rules[*place].to.at.line.to_string()).collect();
            let (noun, lines) = (if lines.len() == 1 { "the rule" } else { "the rules" }, lines.join(", "));
            let at = draft.rules[place].to.at;
            let message = format!("this rule can never match: {noun} of line {lines} already takes all that it asks for");
            self.problems.push(Problem::warning(at, message, "move it up, narrow the earlier rule, or delete it"));
        }
    }

    fn unfed_pools(&mut self, draft: &TreeDraft, pools: &[Pool], rules: &[Rule], treatment: &Treatment) {
        let mut fed: BTreeSet<Node> = rules.iter().map(|rule| rule.to).collect();
        fed.extend(
            [treatment.credits, treatment.tax, treatment.discounts, treatment.marketplace, treatment.unused_commitment]
                .into_iter()
                .flatten(),
        );
        fed.extend(pools.iter().flat_map(|pool| pool.to.iter().copied()));
        for (place, pool) in draft.pools.iter().enumerate() {
            if !fed.contains(&Node::Pool(place)) {
                let message = format!("nothing goes into the pool `{}`", pool.id.value);
                self.problems.push(Problem::warning(pool.id.at, message, "add a rule, or name it under `treatment`, or delete it"));
            }
        }
    }

    /// An order in which each pool comes before the pools that it feeds.
    fn pool_order(&mut self, draft: &TreeDraft, pools: &[Pool]) -> Option<Vec<usize>> {
        match feeding_order(pools.len(), |place| pools[place].feeds()) {
            Ok(order) => Some(order),
            Err(circle) => {
                let names: Vec<&str> = circle.iter().map(|place| pools[*place].id.as_str()).collect();
                let first = draft.pools[circle[0]].id.at;
                self.error(
                    first,
                    format!("pools feed each other in a circle: {} → {}", names.join(" → "), names[0]),
                    "take one of them out of another's `to`: cost has to come to rest",
                );
                None
            }
        }
    }
}

/// An order of `0..count` in which each comes before those that it feeds, the earlier first where free; or the
/// members of a circle.
pub(crate) fn feeding_order(count: usize, feeds: impl Fn(usize) -> Vec<usize>) -> Result<Vec<usize>, Vec<usize>> {
    let mut waiting = vec![0usize; count];
    for place in 0..count {
        for fed in feeds(place) {
            waiting[fed] += 1;
        }
    }
    let mut free: BTreeSet<usize> = (0..count).filter(|place| waiting[*place] == 0).collect();
    let mut order = Vec::with_capacity(count);
    while let Some(place) = free.pop_first() {
        order.push(place);
        for fed in feeds(place) {
            waiting[fed] -= 1;
            if waiting[fed] == 0 {
                free.insert(fed);
            }
        }
    }
    if order.len() == count {
        return Ok(order);
    }
    // Everyone left is fed by somebody left: walking upstream must come back to where it was.
    let left: Vec<usize> = (0..count).filter(|place| !order.contains(place)).collect();
    let upstream = |place: usize| left.iter().copied().find(|from| feeds(*from).contains(&place)).expect("INVARIANT: fed by somebody left");
    let mut path = vec![left[0]];
    loop {
        let next = upstream(*path.last().expect("not empty"));
        if let Some(begin) = path.iter().position(|place| *place == next) {
            let mut circle = path.split_off(begin);
            circle.reverse();
            let first = (0..circle.len()).min_by_key(|place| circle[*place]).expect("a circle has members");
            circle.rotate_left(first);
            return Err(circle);
        }
        path.push(next);
    }
}

impl Tree {
    /// Puts the pools into `order`, and what refers to them along.
    fn reorder_pools(&mut self, order: &[usize]) {
        let mut new_place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            new_place[*old] = new;
        }
        let renew = |node: &mut Node| {
            if let Node::Pool(place) = node {
                *place = new_place[*place];
            }
        };
        let mut pools: Vec<Pool> = order.iter().map(|old| self.pools[*old].clone()).collect();
        for pool in &mut pools {
            pool.to.iter_mut().for_each(renew);
            if let Fallback::To(node) = &mut pool.fallback {
                renew(node);
            }
        }
        self.pools = pools;
        self.rules.iter_mut().for_each(|rule| renew(&mut rule.to));
        let treatment = &mut self.treatment;
        for node in [
            &mut treatment.credits,
            &mut treatment.tax,
            &mut treatment.discounts,
            &mut treatment.marketplace,
            &mut treatment.unused_commitment,
        ]
        .into_iter()
        .flatten()
        {
            renew(node);
        }
    }
}

/// Levenshtein distance, for "did you mean".
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let substituted = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
