//! Texts from outside, as a terminal or a log may show them.

use std::borrow::Cow;

/// A text on one line, with nothing in it that a terminal would obey: line breaks and tabs are written as `\n`, `\r`
/// and `\t`, whatever else [steers a terminal](steers_terminal) is replaced by U+FFFD.
pub fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(steers_terminal) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' | '\t' => shown.extend(letter.escape_default()),
            _ if steers_terminal(letter) => shown.push('\u{fffd}'),
            _ => shown.push(letter),
        }
    }
    Cow::Owned(shown)
}

/// Whether a terminal does something other than to show a letter: control characters, line and paragraph separators,
/// and what turns the direction of writing, so that a text reads otherwise than it is.
pub fn steers_terminal(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A cell of text that no spreadsheet takes for a formula: one that begins like a formula gets an apostrophe in front.
/// <https://owasp.org/www-community/attacks/CSV_Injection>
pub fn text_cell(text: &str) -> Cow<'_, str> {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        true => Cow::Owned(format!("'{text}")),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_taken_out() {
        for (text, shown) in [
            ("", ""),
            ("Größe, 検索 🛒 “quoted”", "Größe, 検索 🛒 “quoted”"),
            ("two\nlines\r\n\tin", "two\\nlines\\r\\n\\tin"),
            ("\u{1b}[31mred\u{7}", "\u{fffd}[31mred\u{fffd}"),
            ("\u{7f}\u{9b}", "\u{fffd}\u{fffd}"),
            ("ana\u{202e}moc.live", "ana\u{fffd}moc.live"),
            ("\u{202a}\u{202b}\u{202c}\u{202d}", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            ("\u{2066}\u{2067}\u{2068}\u{2069}", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            ("\u{200e}\u{200f}\u{61c}", "\u{fffd}\u{fffd}\u{fffd}"),
            ("\u{2028}\u{2029}", "\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(harmless(text), shown, "{text:?}");
        }
    }

    #[test]
    fn a_plain_text_is_not_copied() {
        assert!(matches!(harmless("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn a_text_that_a_spreadsheet_would_run_is_made_harmless() {
        for (value, cell) in [
            ("=cmd()", "'=cmd()"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("\n=1", "'\n=1"),
            ("a=1", "a=1"),
            ("", ""),
            ("'=1", "'=1"),
        ] {
            assert_eq!(text_cell(value), cell);
        }
    }
}
