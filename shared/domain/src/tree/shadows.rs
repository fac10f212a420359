//! Rules that can never match, because earlier rules take all that they ask for.

use std::collections::{BTreeSet, HashMap};

use super::matching::{Condition, MatchField, Rule, Test};

/// Most combinations of listed values that are looked at for one rule.
const MOST_COMBINATIONS: usize = 4096;

/// Most steps of the search in one tree, about: a few seconds unoptimised, a fraction of one optimised. Trees whose
/// rules ask for different values need some ten steps a rule.
const MOST_STEPS: usize = 10_000_000;

/// What is known of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing was found that keeps charges from it.
    Reachable,
    /// Earlier rules, by place, that leave it nothing.
    ShadowedBy(Vec<usize>),
    /// The steps are used up.
    NotSearched,
}

/// Goes through rules and says of each whether earlier ones leave it anything.
///
/// Found: every combination of the values that a rule lists is taken by some earlier rule. Not found: rules that are
/// covered only by several prefixes together, or by several rules where the values have more than
/// [`MOST_COMBINATIONS`].
pub(super) struct Shadows<'r> {
    rules: &'r [Rule],
    /// How many rules list a value.
    listed: HashMap<(&'r MatchField, &'r str), usize>,
    /// The earlier rules that list a value, rising; each rule by one of its lists of values. A rule takes only what
    /// meets that list, so whoever asks for a value need not look at rules of other values.
    by_value: HashMap<(&'r MatchField, &'r str), Vec<usize>>,
    /// The earlier rules without a list of values, rising.
    others: Vec<usize>,
    place: usize,
    steps_left: usize,
}

/// A condition of which one value stands for its list, or the whole of it.
#[derive(Clone, Copy)]
struct Asked<'r> {
    field: &'r MatchField,
    test: AskedTest<'r>,
}

#[derive(Clone, Copy)]
enum AskedTest<'r> {
    Value(&'r str),
    Whole(&'r Test),
}

impl<'r> Shadows<'r> {
    pub(super) fn of(rules: &'r [Rule]) -> Shadows<'r> {
        Shadows::with_steps(rules, MOST_STEPS)
    }

    fn with_steps(rules: &'r [Rule], steps_left: usize) -> Shadows<'r> {
        let mut listed: HashMap<(&MatchField, &str), usize> = HashMap::new();
        for (field, values) in rules.iter().flat_map(|rule| rule.conditions.iter().filter_map(list)) {
            for value in values {
                *listed.entry((field, value)).or_default() += 1;
            }
        }
        Shadows { rules, listed, by_value: HashMap::new(), others: Vec::new(), place: 0, steps_left }
    }

    /// The next rule. Not to be called more often than there are rules.
    pub(super) fn next_rule(&mut self) -> Found {
        let place = self.place;
        let found = self.search(&self.rules[place].conditions);
        self.remember(place);
        self.place += 1;
        match found {
            None => Found::NotSearched,
            Some(blamed) if blamed.is_empty() => Found::Reachable,
            Some(blamed) => Found::ShadowedBy(blamed.into_iter().collect()),
        }
    }

    /// Files a rule under the list whose values the fewest rules ask for.
    fn remember(&mut self, place: usize) {
        let lists = self.rules[place].conditions.iter().filter_map(list);
        let rarest = lists.min_by_key(|(field, values)| values.iter().map(|value| self.listed[&(*field, value.as_str())]).max());
        match rarest {
            None => self.others.push(place),
            Some((field, values)) => {
                for value in values {
                    self.by_value.entry((field, value)).or_default().push(place);
                }
            }
        }
    }

    /// The earlier rules that together leave nothing; none where something is left. `None` once the steps are used up.
    fn search(&mut self, conditions: &'r [Condition]) -> Option<BTreeSet<usize>> {
        let mut combinations = 1;
        let choices: Vec<Vec<Asked<'r>>> = conditions
            .iter()
            .map(|condition| {
                let asked = |test| Asked { field: &condition.field, test };
                match &condition.test {
                    Test::OneOf(values) if values.len() * combinations <= MOST_COMBINATIONS => {
                        combinations *= values.len();
                        values.iter().map(|value| asked(AskedTest::Value(value))).collect()
                    }
                    test => vec![asked(AskedTest::Whole(test))],
                }
            })
            .collect();
        let mut blamed = BTreeSet::new();
        for number in 0..combinations {
            let mut rest = number;
            let combination: Vec<Asked<'r>> = choices
                .iter()
                .map(|choices| {
                    let choice = choices[rest % choices.len()];
                    rest /= choices.len();
                    choice
                })
                .collect();
            match self.first_that_takes(&combination)? {
                Some(place) => blamed.insert(place),
                None => return Some(BTreeSet::new()),
            };
        }
        Some(blamed)
    }

    /// The first earlier rule that takes all of a combination, if any; `None` once the steps are used up.
    fn first_that_takes(&mut self, combination: &[Asked<'r>]) -> Option<Option<usize>> {
        let effort: usize = combination.iter().map(|asked| asked.size()).sum();
        let mut first: Option<usize> = None;
        self.steps_left = self.steps_left.checked_sub(1 + effort)?;
        let candidates = combination.iter().filter_map(|asked| self.by_value.get(&(asked.field, asked.any_value()?)));
        for places in candidates.chain([&self.others]) {
            for place in places.iter().take_while(|place| first.is_none_or(|first| **place < first)) {
                let rule = &self.rules[*place];
                self.steps_left = self.steps_left.checked_sub(1 + rule.conditions.len() * effort)?;
                if takes(rule, combination) {
                    first = Some(*place);
                    break;
                }
            }
        }
        Some(first)
    }
}

/// The values that a condition lists, if it lists any.
fn list(condition: &Condition) -> Option<(&MatchField, &[String])> {
    match &condition.test {
        Test::OneOf(values) => Some((&condition.field, values)),
        _ => None,
    }
}

/// Whether every charge that meets a combination meets a rule.
fn takes(rule: &Rule, combination: &[Asked<'_>]) -> bool {
    rule.conditions.iter().all(|mine| {
        combination.iter().any(|asked| {
            *asked.field == mine.field
                && match asked.test {
                    AskedTest::Value(value) => mine.test.holds(value),
                    AskedTest::Whole(test) => mine.test.covers(test),
                }
        })
    })
}

impl<'r> Asked<'r> {
    /// A value that passes, where values are listed.
    fn any_value(self) -> Option<&'r str> {
        match self.test {
            AskedTest::Value(value) => Some(value),
            AskedTest::Whole(Test::OneOf(values)) => values.first().map(String::as_str),
            AskedTest::Whole(_) => None,
        }
    }

    /// How many values have to be looked at.
    fn size(self) -> usize {
        match self.test {
            AskedTest::Whole(Test::OneOf(values)) => values.len(),
            _ => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Node;

    fn rule(conditions: &[(&str, Test)]) -> Rule {
        let conditions =
            conditions.iter().map(|(key, test)| Condition { field: MatchField::Tag((*key).to_owned()), test: test.clone() }).collect();
        Rule { to: Node::Group(0), conditions }
    }

    fn one_of(values: &[&str]) -> Test {
        Test::OneOf(values.iter().map(|value| (*value).to_owned()).collect())
    }

    fn prefix(text: &str) -> Test {
        Test::Prefix(text.to_owned())
    }

    fn last_of(rules: &[Rule], steps: usize) -> Found {
        let mut shadows = Shadows::with_steps(rules, steps);
        rules.iter().map(|_| shadows.next_rule()).last().expect("a rule")
    }

    #[test]
    fn a_rule_that_earlier_rules_cover_is_found() {
        let shadowed = |later: &Rule, earlier: &[Rule]| match last_of(&[earlier, std::slice::from_ref(later)].concat(), MOST_STEPS) {
            Found::Reachable => None,
            Found::ShadowedBy(places) => Some(places),
            Found::NotSearched => panic!("few rules"),
        };
        let any = rule(&[]);
        let checkout = rule(&[("team", one_of(&["checkout"]))]);
        assert_eq!(shadowed(&checkout, std::slice::from_ref(&any)), Some(vec![0]));
        assert_eq!(shadowed(&any, std::slice::from_ref(&any)), Some(vec![0]));
        assert_eq!(shadowed(&any, std::slice::from_ref(&checkout)), None);
        let narrower = rule(&[("team", one_of(&["checkout"])), ("env", one_of(&["prod"]))]);
        assert_eq!(shadowed(&narrower, std::slice::from_ref(&checkout)), Some(vec![0]));
        assert_eq!(shadowed(&checkout, std::slice::from_ref(&narrower)), None);
        assert_eq!(shadowed(&narrower, std::slice::from_ref(&narrower)), Some(vec![0]));
        let two = rule(&[("team", one_of(&["checkout", "search"]))]);
        let search = rule(&[("team", prefix("sea"))]);
        assert_eq!(shadowed(&two, &[checkout.clone(), search.clone()]), Some(vec![0, 1]));
        assert_eq!(shadowed(&two, &[search.clone(), any.clone(), checkout.clone()]), Some(vec![0, 1]));
        assert_eq!(shadowed(&two, &[search]), None);
        let longer = rule(&[("team", prefix("pay-api"))]);
        assert_eq!(shadowed(&longer, &[rule(&[("team", prefix("pay"))])]), Some(vec![0]));
        assert_eq!(shadowed(&longer, &[rule(&[("team", Test::Present)])]), Some(vec![0]));
        assert_eq!(shadowed(&rule(&[("team", Test::Absent)]), &[rule(&[("team", Test::Present)])]), None);
    }

    #[test]
    fn the_first_rule_that_takes_a_value_is_blamed_whichever_list_it_is_filed_under() {
        let earlier = [
            rule(&[("team", one_of(&["a"])), ("env", one_of(&["prod"]))]),
            rule(&[("env", one_of(&["prod"]))]),
            rule(&[("team", one_of(&["a"]))]),
        ];
        let later = rule(&[("env", one_of(&["prod"])), ("team", one_of(&["a"]))]);
        let rules = |places: &[usize]| [places.iter().map(|place| earlier[*place].clone()).collect(), vec![later.clone()]].concat();
        for places in [&[0, 1, 2][..], &[1, 0, 2], &[2, 1, 0], &[1], &[2]] {
            assert_eq!(last_of(&rules(places), MOST_STEPS), Found::ShadowedBy(vec![0]), "{places:?}");
        }
    }

    #[test]
    fn a_list_of_more_values_than_combinations_is_held_against_each_rule_as_a_whole() {
        let values: Vec<String> = (0..=MOST_COMBINATIONS).map(|number| format!("team-{number:05}")).collect();
        let long = |values: &[String]| rule(&[("team", Test::OneOf(values.to_vec()))]);
        let (all, begin, end) = (long(&values), long(&values[..2]), long(&values[2..]));
        assert_eq!(last_of(&[begin.clone(), all.clone(), all.clone()], MOST_STEPS), Found::ShadowedBy(vec![1]));
        assert_eq!(last_of(&[begin.clone(), end.clone(), all.clone()], MOST_STEPS), Found::Reachable);
        assert_eq!(last_of(&[begin, end, long(&values[1..])], MOST_STEPS), Found::ShadowedBy(vec![0, 1]));
    }

    #[test]
    fn the_search_ends_when_its_steps_are_used_up() {
        let rules: Vec<Rule> = (0..100).map(|number| rule(&[("team", prefix(&format!("{number:03}")))])).collect();
        let mut shadows = Shadows::with_steps(&rules, 1000);
        let found: Vec<Found> = rules.iter().map(|_| shadows.next_rule()).collect();
        let begin = found.iter().position(|found| *found == Found::NotSearched).expect("steps end");
        assert!((20..60).contains(&begin), "{begin}");
        assert_eq!(last_of(&rules[..20], 1000), Found::Reachable);
    }
}
