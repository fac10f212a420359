//! The allocation tree as YAML: [`read_tree`] reads what people write, [`write_suggestion`] writes a tree to begin
//! with, [`render`] shows a problem where it stands.
//!
//! Plain scalars keep their text: an account number `012345678901` keeps its leading zero without quotes. Anchors,
//! aliases and tags of YAML are refused: nothing in a tree stands for something elsewhere.

mod fields;
mod node;
mod problems;
mod read;
mod render;
mod suggest;
mod suggest_text;
mod syntax;
mod values;

use dayone_domain::tree::check::Problem;
use dayone_domain::tree::draft::{Position, TreeDraft};

use crate::MAX_TEXT_BYTES;
use problems::Problems;

pub use render::render;
pub use suggest::{
    Grouping, GroupingKey, PLACEHOLDER_OWNER, SuggestedAccount, SuggestedValue, Suggestion, TagKeyCoverage, write_suggestion,
};

/// Deepest nesting of lists and keys that is read. Above the two levels of YAML for each level of cost groups that
/// the domain allows, so that it is the domain that speaks of groups nested too deep.
pub const MAX_DEPTH: usize = 72;

/// Most values, lists and mappings of one tree, keys included.
pub const MAX_NODES: usize = 2_000_000;

/// Reads a tree. Keys, types and syntax are checked here; what the values mean (identifiers, months, circles) is
/// checked by [`Tree::try_new`](dayone_domain::tree::Tree::try_new).
///
/// # Errors
/// All that is wrong, up to [`MOST_FINDINGS`](crate::MOST_FINDINGS), in the order of the places. Broken YAML hides
/// what comes after it, so then it is only what was found up to there.
pub fn read_tree(text: &str) -> Result<TreeDraft, Vec<Problem>> {
    let mut problems = Problems::default();
    if text.len() > MAX_TEXT_BYTES {
        let message = format!("the tree is larger than {} MiB", MAX_TEXT_BYTES >> 20);
        problems.error(Position::default(), message, "check that this is the file you mean; rules can list many values at once");
        return Err(problems.in_order());
    }
    let root = node::load(text, &mut problems);
    let draft = root.map(|root| read::tree(&root, &mut problems));
    match draft {
        Some(draft) if problems.is_empty() => Ok(draft),
        _ => Err(problems.in_order()),
    }
}
