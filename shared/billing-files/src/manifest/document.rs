//! JSON as far as it is needed: what is not asked for is passed over, whatever it is.

use std::fmt;

use serde::de::{DeserializeOwned, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{ManifestLimits, RUN_AGAIN};
use crate::refusal::Refusal;

/// The parts of a manifest of any kind that are read, each as its own text. What is `null` is absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document<'a> {
    #[serde(borrow)]
    pub(super) data_files: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) report_keys: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) blobs: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) blob_count: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) bucket: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) billing_period: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) execution_id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) assembly_id: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) export_config: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) delivery_config: Option<&'a RawValue>,
    #[serde(borrow)]
    pub(super) run_info: Option<&'a RawValue>,
}

impl<'a> Document<'a> {
    pub(super) fn of(text: &'a str) -> Result<Document<'a>, Refusal> {
        if text.trim_start().is_empty() {
            return Err(Refusal::new("is empty", RUN_AGAIN));
        }
        if !text.trim_start().starts_with('{') {
            return Err(Refusal::new("is no manifest: it is no JSON object", RUN_AGAIN));
        }
        serde_json::from_str(text).map_err(|error| Refusal::new(format!("is no JSON that can be read ({error})"), RUN_AGAIN))
    }
}

/// The manifest as text, within the limits.
pub(super) fn text_of<'a>(limits: &ManifestLimits, bytes: &'a [u8]) -> Result<&'a str, Refusal> {
    let check = "check that it is the manifest of a billing export; if so, set a higher limit";
    if bytes.len() > limits.bytes {
        let reason = format!("has {} bytes, and no more than {} of a manifest are read", bytes.len(), limits.bytes);
        return Err(Refusal::new(reason, check));
    }
    // Microsoft's tools begin text files with a byte order mark.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|_| Refusal::new("is not text in UTF-8", RUN_AGAIN))?;
    if depth(text) > limits.depth {
        let reason = format!("has more than {} objects and lists one in the other, and no more are read of a manifest", limits.depth);
        return Err(Refusal::new(reason, check));
    }
    Ok(text)
}

/// Most objects and lists that are open at once. Of what is no JSON the answer is of no use, and the parser refuses it.
fn depth(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0_usize);
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                open += 1;
                most = most.max(open);
            }
            b'}' | b']' if !quoted => open = open.saturating_sub(1),
            _ => {}
        }
    }
    most
}

/// The entries of a list.
pub(super) fn list<'a>(raw: &'a RawValue, column: &str, limits: &ManifestLimits) -> Result<Vec<&'a RawValue>, Refusal> {
    use serde::de::DeserializeSeed;
    let mut deserializer = serde_json::Deserializer::from_str(raw.get());
    let entries = Entries { most: limits.files }.deserialize(&mut deserializer);
    match entries.map_err(|_| wrong(raw, column, "a list"))? {
        Some(entries) => Ok(entries),
        None => {
            let reason = format!("names more than {} files, and no more are read of a manifest", limits.files);
            let what_to_do = "let the export write fewer, larger files, or set a higher limit";
            Err(Refusal::new(reason, what_to_do).column(column))
        }
    }
}

/// A text; `None` where it is absent.
pub(super) fn text(raw: Option<&RawValue>, column: &str) -> Result<Option<String>, Refusal> {
    raw.map(|raw| required_text(raw, column)).transpose()
}

pub(super) fn required_text(raw: &RawValue, column: &str) -> Result<String, Refusal> {
    value(raw, column, "a text")
}

/// A whole number, not negative; `None` where it is absent.
pub(super) fn count(raw: Option<&RawValue>, column: &str) -> Result<Option<u64>, Refusal> {
    raw.map(|raw| value(raw, column, "a whole number")).transpose()
}

/// An object of known parts; `None` where it is absent.
pub(super) fn object<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>, column: &str) -> Result<Option<T>, Refusal> {
    raw.map(|raw| required_object(raw, column)).transpose()
}

pub(super) fn required_object<'a, T: Deserialize<'a>>(raw: &'a RawValue, column: &str) -> Result<T, Refusal> {
    // The derived deserialiser takes a list for an object, too.
    if !raw.get().starts_with('{') {
        return Err(wrong(raw, column, "an object"));
    }
    serde_json::from_str(raw.get()).map_err(|error| Refusal::new(format!("cannot be read ({error})"), RUN_AGAIN).column(column))
}

fn value<T: DeserializeOwned>(raw: &RawValue, column: &str, what: &str) -> Result<T, Refusal> {
    serde_json::from_str(raw.get()).map_err(|_| wrong(raw, column, what))
}

fn wrong(raw: &RawValue, column: &str, what: &str) -> Refusal {
    Refusal::new(format!("must be {what}"), RUN_AGAIN).column(column).value(raw.get())
}

/// Reads a list of at most so many entries; `None` where it has more, without holding them.
struct Entries {
    most: usize,
}

impl<'de> serde::de::DeserializeSeed<'de> for Entries {
    type Value = Option<Vec<&'de RawValue>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Entries {
    type Value = Option<Vec<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            if entries.len() == self.most {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(None);
            }
            entries.push(entry);
        }
        Ok(Some(entries))
    }
}
