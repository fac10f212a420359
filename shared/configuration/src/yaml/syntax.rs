//! What the parser says of broken YAML, in plain words.

/// What the parser's sentence holds, what that means, and what to do about it. The first that fits is told.
const WORDS: &[(&str, &str, &str)] = &[
    ("anchor", "a text that begins with `*` or `&` needs quotes", "put the text in quotes, `\"*\"`"),
    ("unprintable", "there is a character that cannot be printed", "delete it and write the text anew"),
    ("tab", "a tab stands where only spaces may", "indent with spaces instead of tabs"),
    ("quoted scalar, found unexpected", "a quote is opened here and not closed", "close the quote at the end of the text"),
    ("in quoted scalar", "a quote is opened here and not closed", "close the quote at the end of the text"),
    (
        "trailing content",
        "something follows a closing quote",
        "put the whole text into one pair of quotes; between single quotes, `'` is written twice",
    ),
    ("escape", "a backslash between double quotes begins something unknown", "write `\\\\` for a backslash, or use single quotes"),
    ("hexadecimal", "a backslash between double quotes begins something unknown", "write `\\\\` for a backslash, or use single quotes"),
    (
        "mapping values are not allowed",
        "a colon stands where none may",
        "align this line with the keys it belongs to, and put a text that contains a colon in quotes; there is a space after the colon of a key",
    ),
    ("only valid inside a block", "a dash stands between brackets", "write the entries with commas, `[a, b]`"),
    ("byte order mark", "an invisible mark (a byte-order mark) stands within the text", "delete it, or write the line anew"),
    ("may not precede", "a space is missing after a colon", "write `key: [a]` with a space after the colon"),
    ("comment intercepting", "a comment interrupts a text of several lines", "move the comment, or put the text in quotes on one line"),
    ("block sequence entries", "a list cannot begin on the line of its key", "begin the list on the next line, or write it as `[a, b]`"),
    (
        "block scalar",
        "a text that begins with `|` or `>` needs quotes",
        "put the text in quotes; for a text of several lines, write them below the `|`, further in",
    ),
    (
        "flow",
        "a bracket is not closed, or a comma is missing",
        "look for the `[` or `{` before this place, close it, and put commas between its entries",
    ),
    (
        "illegal placement of ':'",
        "a bracket is not closed, or a comma is missing",
        "look for the `[` or `{` before this place, close it, and put commas between its entries",
    ),
    ("misplaced bracket", "a bracket is closed that was not opened", "take it out, or put the text in quotes"),
    ("node content", "a value is missing here", "look for a comma too many or a bracket that is not closed"),
    ("simple key", "a key without its colon stands here", "write a colon and a space after the key, and close every quote"),
    ("expected key", "this line does not fit the lines above it", "align it with the keys or dashes that it belongs to"),
    ("expected '-'", "this line does not fit the list above it", "align it with the list's other dashes, or with the key above the list"),
    ("indent", "this line does not fit the lines above it", "align it with the lines that it belongs to"),
    ("directive", "a line that begins with `%` is no part of these files", "take the line out, or put the text in quotes"),
    ("recursion", "brackets nest too deep", "write the lists with dashes, one entry a line"),
];

/// Whether the parser complains of a tab.
pub(super) fn is_tab(info: &str) -> bool {
    info.contains("tab")
}

/// Message and remedy for the parser's sentence.
pub(super) fn explain(info: &str) -> (String, String) {
    if let Some(letter) = info.strip_prefix("unexpected character: `").and_then(|rest| rest.chars().next()) {
        return (format!("a text that begins with `{letter}` needs quotes"), format!("put the text in quotes, `\"{letter}…\"`"));
    }
    let found = WORDS.iter().find(|(part, _, _)| info.contains(part));
    match found {
        Some((_, message, what_to_do)) => ((*message).to_owned(), (*what_to_do).to_owned()),
        None => (
            format!("this is not valid YAML ({info})"),
            "look at this line and the one above for a missing colon, quote or space".to_owned(),
        ),
    }
}
