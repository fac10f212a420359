//! The allocation tree as YAML: [`read_tree`] reads what people write, [`write_suggestion`] writes a tree to begin
//! with, [`render`] shows a problem where it stands.
//!
//! Plain scalars keep their text: an account number `012345678901` keeps its leading zero without quotes. Anchors,
//! aliases and tags of YAML are refused: nothing in a tree stands for something elsewhere.

mod read;
mod render;
mod suggest;
mod suggest_text;

use dayone_domain::tree::check::Problem;
use dayone_domain::tree::draft::{Position, TreeDraft};

use crate::MAX_TEXT_BYTES;
use crate::yaml::Subject;
use crate::yaml::node::load;
use crate::yaml::problems::Problems;

pub use crate::yaml::{MAX_DEPTH, MAX_NODES};
pub use render::render;
pub use suggest::{
    Grouping, GroupingKey, PLACEHOLDER_OWNER, SuggestedAccount, SuggestedValue, Suggestion, TagKeyCoverage, write_suggestion,
};

const TREE: Subject = Subject {
    what: "the tree",
    begin_with: "begin with `valid_from: 2026-01`, `unallocated`, `groups` and `rules`, or let `dayone tree suggest` write a tree from your billing files",
};

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
    let root = load(text, &TREE, &mut problems);
    let draft = root.map(|root| read::tree(&root, &mut problems));
    match draft {
        Some(draft) if problems.is_empty() => Ok(draft),
        _ => Err(problems.in_order()),
    }
}
