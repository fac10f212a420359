//! A problem, shown where it stands.

use dayone_domain::plain_text::{harmless, steers_terminal};
use dayone_domain::tree::check::{Problem, Severity};
use dayone_domain::tree::draft::Position;

/// Most characters of a source line that are shown.
const MAX_SHOWN: usize = 120;
/// Characters before the place that are shown of a longer line.
const BEFORE: usize = 60;

/// Shows a problem for a terminal or a log, several lines without a line break at the end:
///
/// ```text
/// tree.yaml:2:3: error: `onwers` is not a key of a cost group
///   2 |   onwers: [ana@example.com]
///     |   ^
///   what to do: did you mean `owners`?
/// ```
///
/// A problem without a place has only the first and the last line.
pub fn render(file_name: &str, text: &str, problem: &Problem) -> String {
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let Position { line, column } = problem.at;
    let (file_name, message) = (harmless(file_name), harmless(&problem.message));
    let what_to_do = format!("  what to do: {}", harmless(&problem.what_to_do));
    if line == 0 {
        return format!("{file_name}: {severity}: {message}\n{what_to_do}");
    }
    let first = format!("{file_name}:{line}:{column}: {severity}: {message}");
    let Some(source) = text.lines().nth(line - 1) else {
        return format!("{first}\n{what_to_do}");
    };
    let (shown, caret) = excerpt(source, column.max(1) - 1);
    let margin = " ".repeat(line.to_string().len());
    format!("{first}\n  {line} | {shown}\n  {margin} | {}^\n{what_to_do}", " ".repeat(caret))
}

/// The part of a line around a place (from 0), and the place within it. Every letter takes one place: tabs are
/// shown as blanks, and nothing is left that a terminal would obey.
fn excerpt(source: &str, place: usize) -> (String, usize) {
    let letters = source.trim_start_matches('\u{feff}').chars().map(|letter| match letter {
        '\t' => ' ',
        _ if steers_terminal(letter) => '\u{fffd}',
        _ => letter,
    });
    let skipped = if source.chars().count() <= MAX_SHOWN { 0 } else { place.saturating_sub(BEFORE) };
    let mut rest = letters.skip(skipped);
    let mut shown: String = rest.by_ref().take(MAX_SHOWN).collect();
    if rest.next().is_some() {
        shown.push('…');
    }
    if skipped > 0 {
        return (format!("…{shown}"), place - skipped + 1);
    }
    (shown.trim_end().to_owned(), place)
}
