//! Texts and lists.

use dayone_domain::tree::draft::At;

use super::fields::Fields;
use super::node::{Key, Kind, Node};
use super::problems::Problems;
use crate::refusal::one_line;

impl Key<'_> {
    /// The key as a text with its place.
    pub(super) fn owned(&self) -> At<String> {
        At::new(self.text.clone().into_owned(), self.at)
    }
}

/// The text of a key, `None` where it is not stated.
pub(super) fn optional(fields: &Fields<'_, '_>, key: &str, problems: &mut Problems) -> Option<At<String>> {
    let (key, node) = fields.get(key)?;
    text(key, node, problems)
}

/// The text of a key that must be stated.
pub(super) fn needed(fields: &Fields<'_, '_>, name: &str, problems: &mut Problems) -> Option<At<String>> {
    match fields.stated_at_all(name) {
        Some((key, node)) => text(key, node, problems),
        None => {
            problems.error(fields.node.at, format!("{} has no `{name}`", fields.what), format!("add `{name}: …`"));
            None
        }
    }
}

/// A value that must be a text.
pub(super) fn text(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<At<String>> {
    let name = one_line(&key.text);
    match &node.kind {
        Kind::Text(text) => return Some(At::new(text.clone().into_owned(), node.at)),
        Kind::Unreadable => {}
        Kind::Null => {
            problems.error(node.at, format!("`{name}` has no value"), "write one; a text that is `~` or `null` needs quotes");
        }
        Kind::List(_) | Kind::Mapping(_) => {
            let message = format!("`{name}` takes one text, not {}", node.describe());
            problems.error(node.at, message, "write a text; put it in quotes if it begins with a bracket");
        }
    }
    None
}

/// An entry of a list of texts.
pub(super) fn entry(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<At<String>> {
    let name = one_line(&key.text);
    match &node.kind {
        Kind::Text(_) | Kind::Unreadable => return text(key, node, problems),
        Kind::Null => {
            let what_to_do = "write a text, or take the entry out; a text that is `~` or `null` needs quotes";
            problems.error(node.at, format!("an entry of `{name}` is empty"), what_to_do);
        }
        Kind::List(_) | Kind::Mapping(_) => {
            let message = format!("an entry of `{name}` is one text, not {}", node.describe());
            problems.error(node.at, message, "write a text; put it in quotes if it begins with a bracket");
        }
    }
    None
}

/// The texts of a key that takes one or several.
pub(super) fn texts(fields: &Fields<'_, '_>, name: &str, problems: &mut Problems) -> Vec<At<String>> {
    let Some((key, node)) = fields.get(name) else {
        return Vec::new();
    };
    match &node.kind {
        Kind::List(values) => values.iter().filter_map(|value| entry(key, value, problems)).collect(),
        Kind::Mapping(_) => {
            let message = format!("`{name}` takes a text or a list, not {}", node.describe());
            problems.error(node.at, message, "write a list, `[a, b]`");
            Vec::new()
        }
        Kind::Text(_) | Kind::Null | Kind::Unreadable => text(key, node, problems).into_iter().collect(),
    }
}

/// The entries of a key that takes a list.
pub(super) fn list<T>(
    fields: &Fields<'_, '_>,
    name: &str,
    problems: &mut Problems,
    mut read: impl FnMut(&Node<'_>, &mut Problems) -> Option<T>,
) -> Vec<T> {
    let Some((_, node)) = fields.get(name) else {
        return Vec::new();
    };
    match &node.kind {
        Kind::List(values) => values.iter().filter_map(|value| read(value, problems)).collect(),
        Kind::Unreadable => Vec::new(),
        Kind::Text(_) | Kind::Null | Kind::Mapping(_) => {
            let message = format!("`{name}` takes a list, not {}", node.describe());
            problems.error(node.at, message, "write a list: each entry begins with a dash and a space");
            Vec::new()
        }
    }
}
