//! Match rules: what they ask for, and whether they can ever match.

use std::collections::BTreeSet;

use super::{Check, MOST_CONDITIONS};
use crate::tree::draft::{At, Position, RuleDraft, TestDraft, TreeDraft};
use crate::tree::matching::MATCHABLE;
use crate::tree::shadows::{Found, Shadows};
use crate::tree::{Condition, MatchField, Node, Pool, Rule, Test, Treatment};

impl Check {
    pub(super) fn rule(&mut self, draft: &RuleDraft) -> Option<Rule> {
        let mut conditions: Vec<Condition> = Vec::new();
        let mut complete = true;
        if let Some(condition) = draft.conditions.get(MOST_CONDITIONS) {
            let message = format!("the rule has more than {MOST_CONDITIONS} conditions");
            self.error(condition.field.at, message, "leave out those that the others imply");
            complete = false;
        }
        for condition in draft.conditions.iter().take(MOST_CONDITIONS) {
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
        let mut shadows = Shadows::of(rules);
        for (place, rule) in draft.rules.iter().enumerate() {
            let at = rule.to.at;
            match shadows.next_rule() {
                Found::Reachable => {}
                Found::ShadowedBy(earlier) => {
                    let lines = earlier.iter().take(MOST_LINES).map(|place| draft.rules[*place].to.at.line.to_string());
                    let mut lines = lines.collect::<Vec<_>>().join(", ");
                    if earlier.len() > MOST_LINES {
                        lines += &format!(" and {} more", earlier.len() - MOST_LINES);
                    }
                    let (noun, verb) = if earlier.len() == 1 { ("the rule of line", "takes") } else { ("the rules of lines", "take") };
                    let message = format!("this rule can never match: {noun} {lines} already {verb} all that it asks for");
                    self.warning(at, message, "move it up, narrow the earlier rule, or delete it");
                }
                Found::NotSearched => {
                    let message = format!(
                        "rules from line {} on ({} of {}) were not searched for ones that can never match",
                        at.line,
                        rules.len() - place,
                        rules.len()
                    );
                    self.warning(
                        at,
                        message,
                        "nothing, if you know them to be right; else list values together, so that there are fewer rules",
                    );
                    return;
                }
            }
        }
    }

    pub(super) fn unfed_pools(&mut self, draft: &TreeDraft, pools: &[Pool], rules: &[Rule], treatment: &Treatment) {
        let treatment = [treatment.credits, treatment.tax, treatment.discounts, treatment.marketplace, treatment.unused_commitment];
        let mut is_fed = vec![false; pools.len()];
        let fed = rules.iter().map(|rule| rule.to).chain(treatment.into_iter().flatten());
        for node in fed.chain(pools.iter().flat_map(|pool| pool.to.iter().copied())) {
            if let Node::Pool(place) = node {
                is_fed[place] = true;
            }
        }
        for (pool, _) in draft.pools.iter().zip(is_fed).filter(|(_, is_fed)| !is_fed) {
            let message = format!("nothing goes into the pool `{}`", pool.id.value);
            self.warning(pool.id.at, message, "add a rule, or name it under `treatment`, or delete it");
        }
    }
}

/// Most lines of earlier rules that are named.
const MOST_LINES: usize = 10;
