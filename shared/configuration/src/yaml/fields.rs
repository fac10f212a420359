//! Mappings with keys that are known, and with keys of people's own choosing.

use std::collections::HashMap;

use super::node::{Key, Kind, Node};
use super::problems::Problems;
use crate::MOST_FINDINGS;
use crate::refusal::one_line;
use dayone_domain::near_miss::nearest;
use dayone_domain::tree::draft::Position;

/// A mapping whose keys are known. What is stated as nothing counts as not stated.
pub(crate) struct Fields<'n, 't> {
    /// The mapping itself.
    pub(crate) node: &'n Node<'t>,
    /// What it is, for messages: `a cost group`.
    pub(crate) what: &'static str,
    stated: &'n [(Key<'t>, Node<'t>)],
    keys: &'static [&'static str],
    had_unknown: bool,
}

impl<'n, 't> Fields<'n, 't> {
    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<(&'n Key<'t>, &'n Node<'t>)> {
        self.stated_at_all(key).filter(|(_, node)| !matches!(node.kind, Kind::Null))
    }

    /// The value of a key, be it nothing.
    pub(crate) fn stated_at_all(&self, key: &str) -> Option<(&'n Key<'t>, &'n Node<'t>)> {
        self.stated.iter().find(|(known, _)| known.text == key).map(|(key, node)| (key, node))
    }

    /// The known keys in stated order, those without a value too.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = (&'n Key<'t>, &'n Node<'t>)> {
        self.stated.iter().filter(|(key, _)| self.keys.contains(&&*key.text)).map(|(key, node)| (key, node))
    }

    /// Where the known keys have their values.
    pub(crate) fn places(&self) -> Places {
        let mut places = Places { whole: self.node.at, keys: HashMap::new(), values: HashMap::new() };
        for (key, node) in self.in_order() {
            places.keys.insert(key.text.clone().into_owned(), node.at);
            let entries: Vec<(&str, Position)> = match &node.kind {
                Kind::Mapping(entries) => entries.iter().map(|(name, _)| (&*name.text, name.at)).collect(),
                Kind::List(entries) => entries.iter().filter_map(|entry| Some((entry.text()?, entry.at))).collect(),
                Kind::Text(_) | Kind::Null | Kind::Unreadable => Vec::new(),
            };
            for (text, at) in entries {
                places.values.entry((key.text.clone().into_owned(), text.to_owned())).or_insert(at);
            }
        }
        places
    }

    /// Whether there was a key that is not known.
    pub(crate) fn had_unknown(&self) -> bool {
        self.had_unknown
    }
}

/// Where the values of a mapping stand, for what is found wrong once they are domain values.
pub(crate) struct Places {
    whole: Position,
    keys: HashMap<String, Position>,
    /// Entries of the lists and keys of the mappings that keys have as values.
    values: HashMap<(String, String), Position>,
}

impl Places {
    /// Whether the key is stated.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.keys.contains_key(key)
    }

    /// The place of an entry of a key's list, or key of its mapping; else of the key's value, else of the whole.
    pub(crate) fn of(&self, key: &str, value: Option<String>) -> Position {
        let entry = value.and_then(|value| self.values.get(&(key.to_owned(), value)));
        *entry.or_else(|| self.keys.get(key)).unwrap_or(&self.whole)
    }
}

/// Keys for messages: "`id`, `name`".
pub(crate) fn describe_keys(keys: &[&str]) -> String {
    keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

fn no_mapping(node: &Node<'_>, what: &str) -> String {
    match node.kind {
        Kind::Null => format!("{what} is expected here, and there is nothing"),
        _ => format!("{what} takes keys with values, not {}", node.describe()),
    }
}

/// A node as a mapping with known keys; each other key is a problem.
pub(crate) fn mapping<'n, 't>(
    node: &'n Node<'t>,
    what: &'static str,
    keys: &'static [&'static str],
    problems: &mut Problems,
) -> Option<Fields<'n, 't>> {
    let stated = match &node.kind {
        Kind::Mapping(stated) => stated.as_slice(),
        Kind::Unreadable => return None,
        Kind::Text(_) | Kind::Null | Kind::List(_) => {
            let message = no_mapping(node, what);
            problems.error(node.at, message, format!("write keys with values, one a line; keys are {}", describe_keys(keys)));
            return None;
        }
    };
    let mut had_unknown = false;
    // One more than can be told, so that it is told that there are more.
    for (key, _) in stated.iter().filter(|(key, _)| !keys.contains(&&*key.text)).take(MOST_FINDINGS + 1) {
        had_unknown = true;
        let what_to_do = match nearest(&key.text, keys) {
            Some(meant) => format!("did you mean `{meant}`? Keys of {what} are {}", describe_keys(keys)),
            None => format!("take it out; keys of {what} are {}", describe_keys(keys)),
        };
        problems.error(key.at, format!("`{}` is not a key of {what}", one_line(&key.text)), what_to_do);
    }
    Some(Fields { node, what, stated, keys, had_unknown })
}

/// The entries of a mapping whose keys are people's own; nothing is no entries.
pub(crate) fn entries<'n, 't>(node: &'n Node<'t>, what: &'static str, problems: &mut Problems) -> &'n [(Key<'t>, Node<'t>)] {
    match &node.kind {
        Kind::Mapping(stated) => stated,
        Kind::Null | Kind::Unreadable => &[],
        Kind::Text(_) | Kind::List(_) => {
            let message = no_mapping(node, what);
            problems.error(node.at, message, "write keys with values, one a line, `key: value`");
            &[]
        }
    }
}
