//! YAML as nodes with places, within limits.

use std::borrow::Cow;
use std::collections::HashMap;

use dayone_domain::tree::draft::Position;
use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::problems::Problems;
use super::{MAX_DEPTH, MAX_NODES, Subject, syntax};
use crate::refusal::one_line;

/// A value and where it begins.
pub(crate) struct Node<'t> {
    pub(crate) at: Position,
    pub(crate) kind: Kind<'t>,
}

pub(crate) enum Kind<'t> {
    Text(Cow<'t, str>),
    /// Nothing, or one of YAML's words for it, without quotes.
    Null,
    List(Vec<Node<'t>>),
    Mapping(Vec<(Key<'t>, Node<'t>)>),
    /// Already told as a problem; stands for anything.
    Unreadable,
}

pub(crate) struct Key<'t> {
    pub(crate) at: Position,
    pub(crate) text: Cow<'t, str>,
}

impl Node<'_> {
    /// The text, where it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) => Some(text),
            Kind::Null | Kind::List(_) | Kind::Mapping(_) | Kind::Unreadable => None,
        }
    }

    /// What it is, for messages.
    pub(crate) fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Text(_) => "a text",
            Kind::Null => "nothing",
            Kind::List(_) => "a list",
            Kind::Mapping(_) => "keys with values",
            Kind::Unreadable => "something else",
        }
    }
}

/// A list or mapping that is not yet at its end.
struct Open<'t> {
    node: Node<'t>,
    /// The key that waits for its value; the inner `None` is a key that was refused.
    key: Option<Option<Key<'t>>>,
    /// Line on which each key was first stated.
    keys: HashMap<Cow<'t, str>, usize>,
}

/// The one document of a text, or `None` where the text is no YAML, holds nothing or leaves the limits. Takes the
/// parser's events one by one: neither the parser nor this recurses, so that no text can exhaust the stack.
pub(crate) fn load<'t>(text: &'t str, subject: &Subject, problems: &mut Problems) -> Option<Node<'t>> {
    let mut parser = Parser::new_from_str(text);
    let mut open: Vec<Open<'t>> = Vec::new();
    let mut root: Option<Node<'t>> = None;
    let mut nodes = 0;
    while let Some(event) = parser.next_event() {
        let (event, span) = match event {
            Ok(event) => event,
            Err(error) => {
                let (message, what_to_do) = syntax::explain(error.info());
                let at = if syntax::is_tab(error.info()) {
                    first_tab(text, position(*error.marker()))
                } else {
                    where_text_is(text, position(*error.marker()))
                };
                problems.error(at, message, what_to_do);
                return None;
            }
        };
        let at = position(span.start);
        let done = match event {
            Event::Nothing | Event::StreamStart | Event::DocumentEnd => continue,
            Event::StreamEnd => break,
            Event::DocumentStart(_) => {
                if root.is_some() {
                    problems.error(at, "a second document begins here", "keep one document in a file: take out the line `---`");
                    return root;
                }
                continue;
            }
            Event::Alias(_) => {
                problems.error(
                    at,
                    "this stands for something elsewhere (a YAML alias), which these files do not use",
                    "write the value out, or put it in quotes if it begins with `*`",
                );
                Node { at, kind: Kind::Unreadable }
            }
            Event::Scalar(text, style, anchor, tag) => {
                refuse_extras(at, anchor, tag.is_some(), problems);
                let is_null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                Node { at, kind: if is_null { Kind::Null } else { Kind::Text(text) } }
            }
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) if open.len() == MAX_DEPTH => {
                refuse_extras(at, anchor, tag.is_some(), problems);
                problems.error(at, format!("{} nests deeper than {MAX_DEPTH} lists and keys", subject.what), "flatten it here");
                return None;
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_extras(at, anchor, tag.is_some(), problems);
                open.push(Open { node: Node { at, kind: Kind::List(Vec::new()) }, key: None, keys: HashMap::new() });
                continue;
            }
            Event::MappingStart(anchor, tag) => {
                refuse_extras(at, anchor, tag.is_some(), problems);
                open.push(Open { node: Node { at, kind: Kind::Mapping(Vec::new()) }, key: None, keys: HashMap::new() });
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().expect("INVARIANT: an end has its beginning").node,
        };
        nodes += 1;
        if nodes > MAX_NODES {
            problems.error(at, format!("{} holds more than {MAX_NODES} values", subject.what), "split the company into several tenants");
            return None;
        }
        match open.last_mut() {
            Some(parent) => parent.take(done, problems),
            None => root = Some(done),
        }
    }
    if root.as_ref().is_none_or(|root| matches!(root.kind, Kind::Null)) {
        problems.error(Position { line: 1, column: 1 }, format!("{} is empty", subject.what), subject.begin_with);
        return None;
    }
    root
}

fn position(marker: Marker) -> Position {
    // The parser counts lines from 1 and columns from 0.
    Position { line: marker.line(), column: marker.col() + 1 }
}

/// The first tab that indents a line, from a place on: the parser complains of the token before it.
fn first_tab(text: &str, from: Position) -> Position {
    let lines = text.lines().enumerate().skip(from.line.saturating_sub(1));
    let tab_of = |line: &str| line.char_indices().take_while(|(_, letter)| letter.is_whitespace()).position(|(_, letter)| letter == '\t');
    let found = lines.filter_map(|(line, content)| Some(Position { line: line + 1, column: tab_of(content)? + 1 })).next();
    found.unwrap_or(from)
}

/// The place itself or, where its line is empty or past the end, the beginning of the last line before it that is
/// not: the parser notices some mistakes only there.
fn where_text_is(text: &str, at: Position) -> Position {
    let lines: Vec<&str> = text.lines().take(at.line).collect();
    if lines.len() == at.line && lines.last().is_some_and(|line| !line.trim().is_empty()) {
        return at;
    }
    let last = lines.iter().rposition(|line| !line.trim().is_empty());
    last.map_or(at, |last| Position { line: last + 1, column: 1 + lines[last].chars().take_while(|letter| letter.is_whitespace()).count() })
}

fn refuse_extras(at: Position, anchor: usize, has_tag: bool, problems: &mut Problems) {
    if anchor > 0 {
        problems.error(
            at,
            "this value has a name to refer to it by (a YAML anchor), which these files do not use",
            "take out the `&` and the name, or put the text in quotes",
        );
    }
    if has_tag {
        problems.error(
            at,
            "this value has a type before it (a YAML tag), which these files do not use",
            "take out the `!` and the type, or put the text in quotes",
        );
    }
}

impl<'t> Open<'t> {
    fn take(&mut self, node: Node<'t>, problems: &mut Problems) {
        match &mut self.node.kind {
            Kind::List(list) => list.push(node),
            Kind::Mapping(entries) => match self.key.take() {
                None => self.key = Some(key(node, &mut self.keys, problems)),
                Some(Some(key)) => entries.push((key, node)),
                Some(None) => {}
            },
            Kind::Text(_) | Kind::Null | Kind::Unreadable => unreachable!("only lists and mappings are open"),
        }
    }
}

/// A node as a key; `None` where it is refused.
fn key<'t>(node: Node<'t>, known: &mut HashMap<Cow<'t, str>, usize>, problems: &mut Problems) -> Option<Key<'t>> {
    let text = match node.kind {
        Kind::Text(text) => text,
        Kind::Null => {
            problems.error(
                node.at,
                "a key is missing, or is a word that YAML takes for nothing",
                "write a key before the colon; put it in quotes if it is `~` or `null`",
            );
            return None;
        }
        Kind::List(_) | Kind::Mapping(_) => {
            problems.error(
                node.at,
                format!("{} cannot be a key", node.describe()),
                "write one text before the colon; put it in quotes if it begins with a bracket",
            );
            return None;
        }
        Kind::Unreadable => return None,
    };
    if let Some(line) = known.get(&text) {
        problems.error(node.at, format!("`{}` is stated twice; the first is on line {line}", one_line(&text)), "keep one of the two");
        return None;
    }
    known.insert(text.clone(), node.at.line);
    Some(Key { at: node.at, text })
}
