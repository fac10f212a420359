//! Texts and lists.

use dayone_domain::tree::draft::At;
use dayone_domain::{BillingPeriod, Currency};

use super::fields::Fields;
use super::node::{Key, Kind, Node};
use super::problems::Problems;
use crate::refusal::one_line;

impl Key<'_> {
    /// The key as a text with its place.
    pub(crate) fn owned(&self) -> At<String> {
        At::new(self.text.clone().into_owned(), self.at)
    }
}

/// The text of a key, `None` where it is not stated.
pub(crate) fn optional(fields: &Fields<'_, '_>, key: &str, problems: &mut Problems) -> Option<At<String>> {
    let (key, node) = fields.get(key)?;
    text(key, node, problems)
}

/// The text of a key that must be stated.
pub(crate) fn needed(fields: &Fields<'_, '_>, name: &str, problems: &mut Problems) -> Option<At<String>> {
    match fields.stated_at_all(name) {
        Some((key, node)) => text(key, node, problems),
        None => {
            problems.error(fields.node.at, format!("{} has no `{name}`", fields.what), format!("add `{name}: …`"));
            None
        }
    }
}

/// A value that must be a text.
pub(crate) fn text(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<At<String>> {
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
pub(crate) fn entry(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<At<String>> {
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
pub(crate) fn texts(fields: &Fields<'_, '_>, name: &str, problems: &mut Problems) -> Vec<At<String>> {
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
pub(crate) fn list<T>(
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

/// The entries of a key that takes a list and must be stated.
pub(crate) fn needed_list<T>(
    fields: &Fields<'_, '_>,
    name: &str,
    problems: &mut Problems,
    read: impl FnMut(&Node<'_>, &mut Problems) -> Option<T>,
) -> Option<Vec<T>> {
    is_stated(fields, name, problems).then(|| list(fields, name, problems, read))
}

/// The texts of a key that takes one or a list and must be stated.
pub(crate) fn needed_texts(fields: &Fields<'_, '_>, name: &str, problems: &mut Problems) -> Option<Vec<At<String>>> {
    is_stated(fields, name, problems).then(|| texts(fields, name, problems))
}

fn is_stated(fields: &Fields<'_, '_>, name: &str, problems: &mut Problems) -> bool {
    let is_stated = fields.get(name).is_some();
    if !is_stated {
        problems.error(fields.node.at, format!("{} has no `{name}`", fields.what), format!("add `{name}: [ … ]`"));
    }
    is_stated
}

/// A text as a whole number, zero or above.
pub(crate) fn whole_number(name: &str, text: &At<String>, problems: &mut Problems) -> Option<u32> {
    let is_plain = !text.value.is_empty() && text.value.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.value.parse().ok().filter(|_| is_plain);
    if number.is_none() {
        let message = format!("`{name}` takes a whole number, not `{}`", one_line(&text.value));
        problems.error(text.at, message, "write digits only");
    }
    number
}

/// A text as a month.
pub(crate) fn month(text: &At<String>, problems: &mut Problems) -> Option<BillingPeriod> {
    let month = text.value.parse().ok();
    if month.is_none() {
        problems.error(text.at, format!("`{}` is no month", one_line(&text.value)), "write year and month, `2026-05`");
    }
    month
}

/// A text as a currency's code; whether ISO 4217 lists it is for the domain to say.
pub(crate) fn currency(text: &At<String>, problems: &mut Problems) -> Option<Currency> {
    match Currency::try_new(&text.value) {
        Ok(currency) => Some(currency),
        Err(error) => {
            problems.error(text.at, format!("`{}` {error}", one_line(&text.value)), "write three capital letters, `USD`");
            None
        }
    }
}
