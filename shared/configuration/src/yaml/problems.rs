//! The problems of one text.

use dayone_domain::tree::check::Problem;
use dayone_domain::tree::draft::Position;

use crate::MOST_FINDINGS;

/// Gathers problems, up to a limit.
#[derive(Default)]
pub(crate) struct Problems {
    found: Vec<Problem>,
    is_more: bool,
}

impl Problems {
    pub(crate) fn error(&mut self, at: Position, message: impl Into<String>, what_to_do: impl Into<String>) {
        if self.found.len() == MOST_FINDINGS {
            self.is_more = true;
            return;
        }
        self.found.push(Problem::error(at, message, what_to_do));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(crate) fn in_order(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| problem.at);
        if self.is_more {
            let message = format!("there are more than the {MOST_FINDINGS} problems told here");
            self.found.push(Problem::error(Position::default(), message, "mend these first"));
        }
        self.found
    }
}
