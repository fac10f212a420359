//! The people of a tenant: YAML with the key `people`, a list.
//!
//! ```yaml
//! people:
//!   - mail: ana@example.com
//!     name: Ana
//!     roles: [controller]
//!     accepts_up_to: { USD: "25000.00" }
//! ```

use std::collections::BTreeMap;

use dayone_domain::near_miss::nearest;
use dayone_domain::people::{MOST_PEOPLE, People, PeopleError, Person, Role};
use dayone_domain::tree::draft::At;
use dayone_domain::{Currency, Money};

use crate::refusal::{TextRefusal, one_line};
use crate::yaml::fields::{Fields, Places, entries, mapping};
use crate::yaml::node::{Kind, Node};
use crate::yaml::problems::Problems;
use crate::yaml::values::{currency, needed, needed_list, text, texts};
use crate::yaml::{Subject, read_text};

const FILE: Subject = Subject {
    what: "the list of people",
    begin_with: "begin with `people:` and below it `- { mail: ana@example.com, name: Ana, roles: [controller] }`",
};
const KEYS: &[&str] = &["people"];
const PERSON: &[&str] = &["mail", "name", "roles", "accepts_up_to"];

/// Reads who signs in, in which roles, and how much each may accept.
///
/// # Errors
/// All that is wrong with the file, in the order of its lines.
pub fn read_people(file_name: &str, text: &[u8]) -> Result<People, Vec<TextRefusal>> {
    read_text(file_name, text, &FILE, people)
}

fn people(root: &Node<'_>, problems: &mut Problems) -> Option<People> {
    let fields = mapping(root, FILE.what, KEYS, problems)?;
    let (people, places): (Vec<Person>, Vec<Places>) = needed_list(&fields, "people", problems, person)?.into_iter().unzip();
    let is_read = problems.is_empty();
    let errors = match People::try_new(people) {
        Ok(people) => return Some(people),
        Err(errors) => errors,
    };
    for error in errors {
        let at = match &error {
            PeopleError::Person { place, error } => places[*place].of(error.key(), error.value()),
            // Whoever could not be read may be the controller.
            PeopleError::NoController if !is_read => continue,
            PeopleError::TooMany => places[MOST_PEOPLE].of("", None),
            PeopleError::NoController => fields.places().of("people", None),
        };
        problems.error(at, error.to_string(), error.what_to_do());
    }
    None
}

fn person(node: &Node<'_>, problems: &mut Problems) -> Option<(Person, Places)> {
    let fields = mapping(node, "a person", PERSON, problems)?;
    let mail = needed(&fields, "mail", problems);
    let name = needed(&fields, "name", problems);
    let roles = texts(&fields, "roles", problems).iter().filter_map(|text| role(text, problems)).collect();
    let accepts_up_to = limits(&fields, problems);
    // A missing name is told by now; the rest is checked without it.
    let name = name.map_or_else(|| "?".to_owned(), |name| name.value);
    Some((Person { mail: mail?.value, name, roles, accepts_up_to }, fields.places()))
}

fn role(text: &At<String>, problems: &mut Problems) -> Option<Role> {
    let error = match text.value.parse::<Role>() {
        Ok(role) => return Some(role),
        Err(error) => error,
    };
    let words = Role::ALL.map(Role::word);
    let what_to_do = match nearest(&text.value, &words) {
        _ if text.value == "owner" => "take it out: whoever the tree names as owner of a cost group is its owner".to_owned(),
        Some(meant) => format!("did you mean `{meant}`? Roles are {}", told(&words)),
        None => format!("roles are {}; take it out for somebody who only owns cost groups", told(&words)),
    };
    problems.error(text.at, error.to_string(), what_to_do);
    None
}

fn told(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The limits; `None` is no limit. Those that can't be read are told and left out.
fn limits(fields: &Fields<'_, '_>, problems: &mut Problems) -> Option<BTreeMap<Currency, Money>> {
    let (key, node) = fields.stated_at_all("accepts_up_to")?;
    let mut limits = BTreeMap::new();
    // Elsewhere nothing counts as not stated; here it would take a limit away.
    if matches!(node.kind, Kind::Null) {
        let what_to_do = "write `{ USD: \"25000.00\" }`, or take the key out for somebody without limit";
        problems.error(key.at, "`accepts_up_to` has no value", what_to_do);
    }
    for (key, node) in entries(node, "`accepts_up_to`", problems) {
        let (code, amount) = (currency(&key.owned(), problems), text(key, node, problems));
        if let (Some(code), Some(amount)) = (code, amount) {
            limits.extend(money(code, &amount, problems).map(|limit| (code, limit)));
        }
    }
    Some(limits)
}

fn money(currency: Currency, amount: &At<String>, problems: &mut Problems) -> Option<Money> {
    let money = Money::parse(&amount.value, currency).ok();
    if money.is_none() {
        let example = Money::from_minor(2_500_000, currency);
        let decimals = match currency.minor_digits() {
            0 => "without decimals".to_owned(),
            digits => format!("with {digits} decimals"),
        };
        let message = format!("`{}` is no amount in {currency}", one_line(&amount.value));
        problems.error(amount.at, message, format!("write it {decimals} and without separators, `{example}`"));
    }
    money
}
