//! Match rules: what they ask for, and whether they can ever match.

use std::collections::BTreeSet;

use super::{Check, Problem};
use crate::tree::draft::{At, Position, RuleDraft, TestDraft, TreeDraft};
use crate::tree::matching::MATCHABLE;
use crate::tree::{Condition, MatchField, Node, Pool, Rule, Test, Treatment};

impl Check {
    pub(super) fn rule(&mut self, draft: &RuleDraft) -> Option<Rule> {
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

    pub(super) fn test(&mut self, draft: &TestDraft, at: Position) -> Option<Test> {
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

    pub(super) fn unreachable_rules(&mut self, draft: &TreeDraft, rules: &[Rule]) {
        for (place, rule) in rules.iter().enumerate() {
            let Some(earlier) = rule.shadowed_by(&rules[..place]) else { continue };
            let lines: Vec<String> = earlier.iter().map(|place| draft.rules[*place].to.at.line.to_string()).collect();
            let (noun, lines) = (if lines.len() == 1 { "the rule" } else { "the rules" }, lines.join(", "));
            let at = draft.rules[place].to.at;
            let message = format!("this rule can never match: {noun} of line {lines} already takes all that it asks for");
            self.problems.push(Problem::warning(at, message, "move it up, narrow the earlier rule, or delete it"));
        }
    }

    pub(super) fn unfed_pools(&mut self, draft: &TreeDraft, pools: &[Pool], rules: &[Rule], treatment: &Treatment) {
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
}
