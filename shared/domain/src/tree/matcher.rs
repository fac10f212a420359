//! Rules, held against the codes of a cube instead of its texts.
//!
//! The codes of a cube are in the order of their texts. So whatever a condition asks of a value is a range of codes, or
//! several: a listed value is one code, a prefix is all codes from the first that begins with it to the last. Two such
//! ranges never overlap in part: one lies in the other, or they are apart. Each rule is filed under the ranges of one
//! of its conditions, and a row looks only at rules whose range its code lies in.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use super::matching::{Condition, MatchField, Rule, Test};
use crate::charge::Dimension;
use crate::cube::{Code, Cube, RowView};

/// Most bytes of the tables that find a range by its code; beyond, it is searched for.
const MOST_TABLE_BYTES: usize = 1 << 26;

/// The rules of a tree, ready for the rows of one cube.
#[derive(Debug)]
pub(crate) struct Matcher {
    fields: Vec<Field>,
    /// What each rule asks beside the condition that it is filed under; by place of the rule.
    asked: Vec<Vec<Asked>>,
    /// The first rule without a condition.
    catch_all: Option<usize>,
}

/// The rules that are filed under conditions on one dimension or tag.
#[derive(Debug)]
struct Field {
    /// Place among the codes of a row.
    place: usize,
    ranges: Vec<Filed>,
    innermost: Innermost,
}

/// A range of codes with the rules that are filed under it.
#[derive(Debug)]
struct Filed {
    range: Range<usize>,
    /// The smallest range that this one lies in.
    around: Option<usize>,
    /// Rising.
    rules: Vec<usize>,
}

/// Finds the smallest range that a code lies in.
#[derive(Debug)]
enum Innermost {
    /// 1 + place of the range, by code; 0 where there is none.
    Table(Vec<u32>),
    /// The same from each code on where it changes, rising.
    Steps(Vec<(usize, u32)>),
}

/// What a rule asks of one code of a row.
#[derive(Debug)]
struct Asked {
    place: usize,
    codes: Codes,
}

#[derive(Debug)]
enum Codes {
    Range(Range<usize>),
    /// Rising.
    OneOf(Vec<usize>),
}

impl Matcher {
    /// # Panics
    /// Where the cube was built without a tag key that a rule asks for.
    pub(crate) fn new(rules: &[Rule], cube: &Cube) -> Matcher {
        let catch_all = rules.iter().position(|rule| rule.conditions.is_empty());
        let searched: Vec<Vec<Asked>> =
            rules.iter().map(|rule| rule.conditions.iter().map(|condition| Asked::of(condition, cube)).collect()).collect();
        let askers = count_askers(&searched);
        let mut filed: BTreeMap<usize, BTreeMap<(usize, usize), Vec<usize>>> = BTreeMap::new();
        let mut asked = Vec::with_capacity(rules.len());
        for (place, mut conditions) in searched.into_iter().enumerate() {
            let can_match = conditions.iter().all(|condition| !condition.codes.is_empty());
            let rarest = conditions.iter().enumerate().min_by_key(|(_, condition)| condition.rarity(&askers)).map(|(rarest, _)| rarest);
            if let Some(rarest) = rarest.filter(|_| can_match) {
                let condition = conditions.swap_remove(rarest);
                for range in condition.codes.ranges() {
                    filed.entry(condition.place).or_default().entry((range.start, range.end)).or_default().push(place);
                }
            }
            asked.push(conditions);
        }
        let most_table_bytes = MOST_TABLE_BYTES / filed.len().max(1);
        let fields = filed.into_iter().map(|(place, ranges)| Field::new(place, ranges, cube.count_of_texts(), most_table_bytes)).collect();
        Matcher { fields, asked, catch_all }
    }

    /// The place of the first rule whose conditions a row meets.
    pub(crate) fn first_match(&self, row: RowView<'_>) -> Option<usize> {
        let codes = row.codes();
        let mut first = self.catch_all.unwrap_or(usize::MAX);
        for field in &self.fields {
            let mut range = field.innermost(codes[field.place].place());
            while let Some(filed) = range {
                let earlier = filed.rules.iter().take_while(|rule| **rule < first);
                if let Some(rule) = earlier.into_iter().find(|rule| self.asked[**rule].iter().all(|asked| asked.holds(codes))) {
                    first = *rule;
                }
                range = filed.around.map(|around| &field.ranges[around]);
            }
        }
        (first < usize::MAX).then_some(first)
    }
}

/// How many rules ask for each range of codes, by its place and bounds.
type Askers = HashMap<(usize, usize, usize), usize>;

fn count_askers(rules: &[Vec<Asked>]) -> Askers {
    let mut askers = Askers::new();
    for asked in rules.iter().flatten() {
        for range in asked.codes.ranges() {
            *askers.entry((asked.place, range.start, range.end)).or_default() += 1;
        }
    }
    askers
}

impl Asked {
    fn of(condition: &Condition, cube: &Cube) -> Asked {
        let place = match &condition.field {
            MatchField::Dimension(dimension) => *dimension as usize,
            MatchField::Tag(key) => {
                let tag = cube.tag_keys().iter().position(|known| known == key);
                Dimension::COUNT + tag.unwrap_or_else(|| panic!("the cube was built without the tag key `{key}`"))
            }
        };
        let codes = match &condition.test {
            Test::OneOf(values) => Codes::one_of(values.iter().filter_map(|value| cube.code_of(value)).map(Code::place).collect()),
            Test::Prefix(prefix) => Codes::Range(cube.codes_from(prefix)),
            Test::Present => Codes::Range(1..cube.count_of_texts()),
            Test::Absent => Codes::Range(0..1),
        };
        Asked { place, codes }
    }

    fn holds(&self, codes: &[Code]) -> bool {
        let code = codes[self.place].place();
        match &self.codes {
            Codes::Range(range) => range.contains(&code),
            Codes::OneOf(codes) => codes.binary_search(&code).is_ok(),
        }
    }

    /// The less of it, the fewer rows look at the rule when it is filed here: listed values before prefixes, prefixes
    /// before mere presence, and what fewer rules ask for first.
    fn rarity(&self, askers: &Askers) -> (usize, usize) {
        let most = self.codes.ranges().map(|range| askers[&(self.place, range.start, range.end)]).max();
        let width = self.codes.ranges().map(|range| range.len()).max();
        (width.unwrap_or(0), most.unwrap_or(0))
    }
}

impl Codes {
    fn one_of(mut codes: Vec<usize>) -> Codes {
        codes.sort_unstable();
        match codes[..] {
            [code] => Codes::Range(code..code + 1),
            _ => Codes::OneOf(codes),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Codes::Range(range) => range.is_empty(),
            Codes::OneOf(codes) => codes.is_empty(),
        }
    }

    fn ranges(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let (range, codes) = match self {
            Codes::Range(range) => (Some(range.clone()), &[][..]),
            Codes::OneOf(codes) => (None, &codes[..]),
        };
        range.into_iter().chain(codes.iter().map(|code| *code..code + 1))
    }
}

impl Field {
    fn new(place: usize, ranges: BTreeMap<(usize, usize), Vec<usize>>, texts: usize, most_table_bytes: usize) -> Field {
        let mut ranges: Vec<Filed> =
            ranges.into_iter().map(|((start, end), rules)| Filed { range: start..end, around: None, rules }).collect();
        // Outer ranges before those that lie in them.
        ranges.sort_by(|a, b| a.range.start.cmp(&b.range.start).then(b.range.end.cmp(&a.range.end)));
        let mut open: Vec<usize> = Vec::new();
        for place in 0..ranges.len() {
            let start = ranges[place].range.start;
            while open.pop_if(|outer| ranges[*outer].range.end <= start).is_some() {}
            ranges[place].around = open.last().copied();
            open.push(place);
        }
        let steps = steps(&ranges);
        let innermost = if texts.saturating_mul(size_of::<u32>()) > most_table_bytes {
            Innermost::Steps(steps)
        } else {
            let mut table = vec![0; texts];
            let ends = steps.iter().skip(1).map(|(from, _)| *from).chain([texts]);
            steps.iter().zip(ends).for_each(|((from, range), end)| table[*from..end].fill(*range));
            Innermost::Table(table)
        };
        Field { place, ranges, innermost }
    }

    fn innermost(&self, code: usize) -> Option<&Filed> {
        let range = match &self.innermost {
            Innermost::Table(table) => table[code],
            Innermost::Steps(steps) => steps.partition_point(|(from, _)| *from <= code).checked_sub(1).map_or(0, |step| steps[step].1),
        };
        range.checked_sub(1).map(|range| &self.ranges[range as usize])
    }
}

/// From each code on where it changes: 1 + place of the smallest range, 0 for none. Ranges are sorted, outer ones first.
fn steps(ranges: &[Filed]) -> Vec<(usize, u32)> {
    let number =
        |place: Option<usize>| place.map_or(0, |place| u32::try_from(place + 1).expect("INVARIANT: values are counted in 32 bits"));
    let mut steps: Vec<(usize, u32)> = Vec::new();
    let mut put = |from: usize, range: Option<usize>| match steps.last_mut() {
        Some((last, number_of_last)) if *last == from => *number_of_last = number(range),
        _ => steps.push((from, number(range))),
    };
    let mut open: Vec<usize> = Vec::new();
    for (place, filed) in ranges.iter().enumerate() {
        while let Some(ended) = open.pop_if(|outer| ranges[*outer].range.end <= filed.range.start) {
            put(ranges[ended].range.end, ranges[ended].around);
        }
        put(filed.range.start, Some(place));
        open.push(place);
    }
    while let Some(ended) = open.pop() {
        put(ranges[ended].range.end, ranges[ended].around);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charge::Cost;
    use crate::cube::{BillKey, CubeBuilder};
    use crate::currency::Currency;
    use crate::exact::Exact;
    use crate::tree::Node;
    use proptest::prelude::*;

    fn bill() -> BillKey {
        BillKey { period: "2026-05".parse().unwrap(), currency: Currency::try_new("USD").unwrap() }
    }

    /// The cube of rows of a sub account, a service and the tags `team` and `env`.
    fn cube<T: AsRef<str>>(rows: &[[T; 4]]) -> Cube {
        let mut builder = CubeBuilder::new(vec!["team".to_owned(), "env".to_owned()]);
        for [account, service, team, env] in rows {
            let mut codes = [Code::default(); 18];
            codes[Dimension::SubAccount as usize] = builder.code(account.as_ref());
            codes[Dimension::Service as usize] = builder.code(service.as_ref());
            codes[16] = builder.code(team.as_ref());
            codes[17] = builder.code(env.as_ref());
            let cost = Cost { billed: Exact::from_i128(1, 0), ..Cost::default() };
            builder.add_sums(bill(), &codes, Code::default(), 1, &cost).unwrap();
        }
        builder.finish()
    }

    /// Each rule held against each row's texts: what the matcher has to find.
    fn plainly(rules: &[Rule], cube: &Cube, row: RowView<'_>) -> Option<usize> {
        rules.iter().position(|rule| {
            rule.conditions.iter().all(|condition| {
                let value = match &condition.field {
                    MatchField::Dimension(dimension) => row.value(*dimension),
                    MatchField::Tag(key) => row.tag(cube.tag_keys().iter().position(|known| known == key).unwrap()),
                };
                condition.test.holds(value)
            })
        })
    }

    fn rule(conditions: Vec<(MatchField, Test)>) -> Rule {
        Rule { to: Node::Group(0), conditions: conditions.into_iter().map(|(field, test)| Condition { field, test }).collect() }
    }

    fn team(test: Test) -> Rule {
        rule(vec![(MatchField::Tag("team".to_owned()), test)])
    }

    fn value(text: String) -> Test {
        Test::OneOf(vec![text])
    }

    /// Few letters, so that values are met, are prefixes of each other, and are unknown to the cube now and then.
    fn text() -> impl Strategy<Value = String> {
        "[ab]{0,3}|ä?|[ab]\u{10ffff}"
    }

    fn test() -> impl Strategy<Value = Test> {
        let listed = prop::collection::btree_set(text().prop_filter("null is not listed", |text| !text.is_empty()), 1..4);
        prop_oneof![
            3 => listed.prop_map(|values| Test::OneOf(values.into_iter().collect())),
            3 => text().prop_filter("a prefix is not empty", |text| !text.is_empty()).prop_map(Test::Prefix),
            1 => Just(Test::Present),
            1 => Just(Test::Absent),
        ]
    }

    fn rules() -> impl Strategy<Value = Vec<Rule>> {
        let fields = [
            MatchField::Dimension(Dimension::SubAccount),
            MatchField::Dimension(Dimension::Service),
            MatchField::Tag("team".to_owned()),
            MatchField::Tag("env".to_owned()),
        ];
        let conditions = prop::collection::vec(prop::option::weighted(0.4, test()), 4).prop_map(move |tests| {
            rule(fields.iter().cloned().zip(tests).filter_map(|(field, test)| test.map(|test| (field, test))).collect())
        });
        let some = conditions.prop_filter("most lists end without a rule for all", |rule| !rule.conditions.is_empty());
        (prop::collection::vec(some, 0..20), prop::option::weighted(0.2, 0usize..20)).prop_map(|(mut rules, catch_all)| {
            if let Some(place) = catch_all {
                rules.insert(place.min(rules.len()), rule(vec![]));
            }
            rules
        })
    }

    proptest! {
        #[test]
        fn rules_match_as_if_each_were_held_against_each_row(
            rules in rules(),
            rows in prop::collection::vec(prop::array::uniform4(text()), 1..40),
            without_tables: bool,
        ) {
            let cube = cube(&rows);
            let mut matcher = Matcher::new(&rules, &cube);
            if without_tables {
                matcher.fields.iter_mut().for_each(|field| field.innermost = Innermost::Steps(steps(&field.ranges)));
            }
            for row in cube.rows(bill()) {
                prop_assert_eq!(matcher.first_match(row), plainly(&rules, &cube, row));
            }
        }
    }

    #[test]
    fn thousands_of_teams_are_told_apart_beside_many_accounts() {
        let (teams, accounts) = (4_097, 20_000);
        let rules: Vec<Rule> = (0..teams).rev().map(|number| team(value(format!("team-{number:04}")))).collect();
        let row = |number: usize| [format!("{number:07}"), String::new(), format!("team-{:04}", number % teams), String::new()];
        let rows: Vec<[String; 4]> = (0..accounts).map(row).collect();
        let cube = cube(&rows);
        let matcher = Matcher::new(&rules, &cube);
        for (number, row) in cube.rows(bill()).enumerate() {
            assert_eq!(matcher.first_match(row), Some(teams - 1 - number % teams));
        }
    }

    #[test]
    fn a_table_that_would_be_too_large_is_searched_instead() {
        let filed = BTreeMap::from([((1, 10), vec![0]), ((2, 3), vec![1]), ((5, 8), vec![2]), ((5, 6), vec![3])]);
        let of = |most_table_bytes| Field::new(0, filed.clone(), 20, most_table_bytes);
        let (table, steps) = (of(80), of(79));
        assert!(matches!((&table.innermost, &steps.innermost), (Innermost::Table(_), Innermost::Steps(_))));
        let rules = |field: &Field| -> Vec<usize> { (0..20).map(|code| field.innermost(code).map_or(9, |filed| filed.rules[0])).collect() };
        assert_eq!(rules(&table), [9, 0, 1, 0, 0, 3, 2, 2, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]);
        assert_eq!(rules(&steps), rules(&table));
    }

    #[test]
    #[should_panic(expected = "the cube was built without the tag key `owner`")]
    fn a_tag_that_the_cube_does_not_know_is_not_taken_for_null() {
        let rules = [rule(vec![(MatchField::Tag("owner".to_owned()), Test::Absent)])];
        Matcher::new(&rules, &cube(&[["", "", "", ""]]));
    }
}
