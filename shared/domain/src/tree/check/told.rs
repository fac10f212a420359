//! What is told of a tree: errors and warnings, up to a limit.

use super::{MOST_PROBLEMS, Problem, Severity};
use crate::tree::draft::Position;

/// Longest message and remedy, in bytes; what people wrote is repeated in them.
const LONGEST_SENTENCE: usize = 1000;

/// Gathers problems. Errors and warnings have a limit each, so that many warnings hide no error.
#[derive(Default)]
pub(super) struct Told {
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
    more_errors: bool,
    more_warnings: bool,
}

impl Told {
    pub(super) fn push(&mut self, mut problem: Problem) {
        let (problems, is_more) = match problem.severity {
            Severity::Error => (&mut self.errors, &mut self.more_errors),
            Severity::Warning => (&mut self.warnings, &mut self.more_warnings),
        };
        if problems.len() == MOST_PROBLEMS {
            *is_more = true;
            return;
        }
        shorten(&mut problem.message);
        shorten(&mut problem.what_to_do);
        problems.push(problem);
    }

    pub(super) fn has_error(&self) -> bool {
        !self.errors.is_empty()
    }

    /// All in the order of their places; last, whether there are more.
    pub(super) fn in_order(self) -> Vec<Problem> {
        let mut problems = [self.errors, self.warnings].concat();
        problems.sort_by_key(|problem| problem.at);
        if self.more_errors {
            let message = format!("there are more than the {MOST_PROBLEMS} errors told here");
            problems.push(Problem::error(Position::default(), message, "mend these first"));
        }
        if self.more_warnings {
            let message = format!("there are more than the {MOST_PROBLEMS} warnings told here");
            problems.push(Problem::warning(Position::default(), message, "look at these first"));
        }
        problems
    }
}

fn shorten(sentence: &mut String) {
    if sentence.len() > LONGEST_SENTENCE {
        sentence.truncate(sentence.floor_char_boundary(LONGEST_SENTENCE));
        sentence.push('…');
    }
}
