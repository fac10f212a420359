//! Why a text is refused.

use dayone_domain::plain_text::harmless;

use crate::{MAX_TEXT_BYTES, MOST_FINDINGS};

/// Something wrong with a text, where, and what to do about it.
///
/// Displays as one plain line: `drivers.csv, line 3, column quantity, value ``-4``: is below zero. What to do: …`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct TextRefusal {
    /// The file's name as the caller gave it.
    pub file: String,
    /// Line, from 1; absent where the whole text is meant.
    pub line: Option<u64>,
    /// Name of the column.
    pub column: Option<String>,
    /// The value as it was written, whole.
    pub value: Option<String>,
    /// What is wrong; goes on from the place, without full stop.
    pub reason: String,
    /// What to do about it, without full stop.
    pub what_to_do: String,
}

impl TextRefusal {
    fn sentence(&self) -> String {
        let mut text = one_line(&self.file);
        if let Some(line) = self.line {
            text += &format!(", line {line}");
        }
        if let Some(column) = &self.column {
            text += &format!(", column {}", one_line(column));
        }
        if let Some(value) = &self.value {
            text += &format!(", value `{}`", one_line(value));
        }
        text + &format!(": {}. What to do: {}.", harmless(&self.reason), harmless(&self.what_to_do))
    }
}

/// The text of a file without its byte-order mark.
///
/// # Errors
/// One refusal: of more than [`MAX_TEXT_BYTES`], or of what is not UTF-8, naming the line.
pub fn text_of<'b>(file_name: &str, bytes: &'b [u8]) -> Result<&'b str, Vec<TextRefusal>> {
    let refusal = |line, reason: &str, what_to_do: &str| {
        let mut refusals = Refusals::of(file_name);
        refusals.push(line, None, None, reason, what_to_do);
        refusals.found
    };
    if bytes.len() > MAX_TEXT_BYTES {
        let reason = format!("is larger than {} MiB", MAX_TEXT_BYTES >> 20);
        return Err(refusal(None, &reason, "check that this is the file you mean, and split it if it is"));
    }
    let save = "save it as plain text in UTF-8; a spreadsheet program calls that `CSV UTF-8`";
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(refusal(None, "is written in UTF-16", save));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(refusal(None, "is a spreadsheet or a zip file, not a text", save));
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Err(error) => {
            let before = &bytes[..error.valid_up_to()];
            let line = 1 + before.iter().filter(|byte| **byte == b'\n').count() as u64;
            Err(refusal(Some(line), "holds bytes that are not UTF-8 text", save))
        }
    }
}

/// Most characters of a value that a message repeats.
const MAX_SHOWN: usize = 60;

/// A value for a message, on one line and not endless.
pub(crate) fn one_line(value: &str) -> String {
    let mut shown: String = value.chars().take(MAX_SHOWN).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    harmless(&shown).into_owned()
}

/// The refusals of one text, up to [`MOST_FINDINGS`].
pub(crate) struct Refusals {
    file: String,
    found: Vec<TextRefusal>,
    is_more: bool,
}

impl Refusals {
    pub(crate) fn of(file_name: &str) -> Refusals {
        Refusals { file: file_name.to_owned(), found: Vec::new(), is_more: false }
    }

    pub(crate) fn push(
        &mut self,
        line: Option<u64>,
        column: Option<&str>,
        value: Option<&str>,
        reason: impl Into<String>,
        what_to_do: impl Into<String>,
    ) {
        if self.found.len() == MOST_FINDINGS {
            self.is_more = true;
            return;
        }
        self.found.push(TextRefusal {
            file: self.file.clone(),
            line,
            column: column.map(str::to_owned),
            value: value.map(str::to_owned),
            reason: reason.into(),
            what_to_do: what_to_do.into(),
        });
    }

    /// `value` where nothing was refused; else the refusals in the order of their lines.
    pub(crate) fn or<T>(mut self, value: T) -> Result<T, Vec<TextRefusal>> {
        if self.found.is_empty() {
            return Ok(value);
        }
        self.found.sort_by_key(|refusal| refusal.line);
        if self.is_more {
            let last = TextRefusal {
                file: self.file,
                line: None,
                column: None,
                value: None,
                reason: format!("has more than the {MOST_FINDINGS} mistakes told here"),
                what_to_do: "mend these first".to_owned(),
            };
            self.found.push(last);
        }
        Err(self.found)
    }
}
