//! Parts of a written tree: texts in quotes, identifiers, shares.

use std::collections::HashSet;

/// Longest identifier that is made; the domain allows 64, and a number may follow.
const MAX_ID: usize = 48;

/// Longest key that YAML reads without being told that a key comes, in characters.
const MAX_PLAIN_KEY: usize = 1000;

/// A text in double quotes on one line, read back to the letter whatever it holds.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            _ if must_be_escaped(letter) => match u32::from(letter) {
                code @ 0..=0xff => quoted.push_str(&format!("\\x{code:02X}")),
                code @ 0x100..=0xffff => quoted.push_str(&format!("\\u{code:04X}")),
                code => quoted.push_str(&format!("\\U{code:08X}")),
            },
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}

/// Control characters, line breaks of any kind, what is invisible or turns the direction of writing, and what YAML
/// does not allow to stand as it is.
fn must_be_escaped(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}')
        || u32::from(letter) & 0xfffe == 0xfffe
}

/// A text as the key of a mapping in braces.
pub(super) fn quoted_key(text: &str) -> String {
    let key = quoted(text);
    if key.chars().count() > MAX_PLAIN_KEY { format!("? {key} ") } else { key }
}

/// Letters, digits and single dashes, lower case, not empty; not unique.
pub(super) fn slug(text: &str) -> String {
    let mut slug = String::new();
    for letter in text.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == MAX_ID {
            break;
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "group".to_owned() } else { slug.to_owned() }
}

/// Gives each identifier once.
pub(super) struct Ids {
    taken: HashSet<String>,
}

impl Ids {
    /// Without those that a tree has or that mean something in it.
    pub(super) fn new() -> Ids {
        Ids { taken: ["unallocated", "follow", "even"].map(str::to_owned).into() }
    }

    /// An identifier for a text: its slug, with a number where that is taken.
    pub(super) fn for_text(&mut self, text: &str) -> String {
        let slug = slug(text);
        let numbered = (2..).map(|number: u32| format!("{slug}-{number}"));
        let id = std::iter::once(slug.clone()).chain(numbered).find(|id| !self.taken.contains(id)).expect("numbers do not end");
        self.taken.insert(id.clone());
        id
    }
}

/// Tenths of a percent for people: `34.5 %`.
pub(super) fn percent(permille: i64) -> String {
    if permille == 0 {
        return "under 0.1 %".to_owned();
    }
    let (sign, tenths) = (if permille < 0 { "-" } else { "" }, permille.unsigned_abs());
    format!("{sign}{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_made_of_letters_digits_and_dashes() {
        for (text, id) in [
            ("checkout", "checkout"),
            ("Checkout API / v2", "checkout-api-v2"),
            ("  -- ", "group"),
            ("", "group"),
            ("検索", "group"),
            ("Größe", "gr-e"),
            ("012345678901", "012345678901"),
            ("null", "null"),
        ] {
            assert_eq!(slug(text), id, "{text}");
        }
        assert!(slug(&"a b".repeat(100)).len() <= MAX_ID);
    }

    #[test]
    fn each_id_is_given_once() {
        let mut ids = Ids::new();
        let made = ["Even", "unallocated", "a", "A", "a-2", "a"].map(|text| ids.for_text(text));
        assert_eq!(made, ["even-2", "unallocated-2", "a", "a-2", "a-2-2", "a-3"]);
    }

    #[test]
    fn a_share_reads_as_percent() {
        for (permille, text) in [(345, "34.5 %"), (1000, "100.0 %"), (7, "0.7 %"), (0, "under 0.1 %"), (-12, "-1.2 %")] {
            assert_eq!(percent(permille), text);
        }
    }

    #[test]
    fn quotes_keep_a_text_on_one_line() {
        for (text, written) in [
            ("plain", "\"plain\""),
            ("a \"b\" \\ c", "\"a \\\"b\\\" \\\\ c\""),
            ("a\nb\t\r", "\"a\\nb\\t\\x0D\""),
            ("\u{85}\u{2028}\u{feff}\u{202e}", "\"\\x85\\u2028\\uFEFF\\u202E\""),
            ("\u{1fffe}", "\"\\U0001FFFE\""),
            ("検索 🛒 # : '", "\"検索 🛒 # : '\""),
        ] {
            assert_eq!(quoted(text), written);
        }
    }
}
