//! YAML as values with places, within limits, and what is wrong with it in plain words: what all YAML files share.
//!
//! Plain scalars keep their text. Anchors, aliases and tags of YAML are refused: nothing stands for something
//! elsewhere.

pub(crate) mod fields;
pub(crate) mod node;
pub(crate) mod problems;
mod syntax;
pub(crate) mod values;

use dayone_domain::tree::check::Problem;

use crate::refusal::{TextRefusal, text_of};
use node::Node;
use problems::Problems;

/// Deepest nesting of lists and keys that is read. Above the two levels of YAML for each level of cost groups that
/// the domain allows, so that it is the domain that speaks of groups nested too deep.
pub const MAX_DEPTH: usize = 72;
/// Most values, lists and mappings of one text, keys included.
pub const MAX_NODES: usize = 2_000_000;
/// Longest reason and remedy, in bytes; what people wrote is repeated in them.
const LONGEST_SENTENCE: usize = 1000;

/// What a text is about, for messages.
pub(crate) struct Subject {
    /// `the tree`.
    pub(crate) what: &'static str,
    /// What to do where the text is empty.
    pub(crate) begin_with: &'static str,
}

/// Reads a text with `read`, which answers `None` only where it has told a problem.
///
/// # Errors
/// All that is wrong, in the order of the lines.
pub(crate) fn read_text<T>(
    file_name: &str,
    bytes: &[u8],
    subject: &Subject,
    read: impl FnOnce(&Node<'_>, &mut Problems) -> Option<T>,
) -> Result<T, Vec<TextRefusal>> {
    let text = text_of(file_name, bytes)?;
    let mut problems = Problems::default();
    let value = node::load(text, subject, &mut problems).and_then(|root| read(&root, &mut problems));
    match value {
        Some(value) if problems.is_empty() => Ok(value),
        _ => Err(refusals(file_name, problems.in_order())),
    }
}

fn refusals(file_name: &str, problems: Vec<Problem>) -> Vec<TextRefusal> {
    let refusals = problems.into_iter().map(|problem| TextRefusal {
        file: file_name.to_owned(),
        line: u64::try_from(problem.at.line).ok().filter(|line| *line > 0),
        column: None,
        value: None,
        reason: shortened(problem.message),
        what_to_do: shortened(problem.what_to_do),
    });
    refusals.collect()
}

fn shortened(mut sentence: String) -> String {
    if sentence.len() > LONGEST_SENTENCE {
        sentence.truncate(sentence.floor_char_boundary(LONGEST_SENTENCE));
        sentence.push('…');
    }
    sentence
}
