//! Tags: a JSON object as text, or a Parquet `MAP`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use serde_json::value::RawValue;

use crate::cell::Cell;
use crate::limits::MAX_TAGS;

/// Bytes of tag texts whose reading is remembered. Charges of one resource have the same text over and over.
const REMEMBERED_BYTES: usize = 4 * 1024 * 1024;

/// Keys and values; each key once, in the order of the keys.
pub(crate) type Tags = Rc<[(String, String)]>;

/// Reads tag cells, and remembers the texts that it has read.
pub(crate) struct TagReader {
    rename: fn(&str) -> Cow<'_, str>,
    remembered: HashMap<Box<str>, Tags>,
    bytes: usize,
    none: Tags,
}

impl TagReader {
    /// `rename` turns a key of the file into the key of the charge.
    pub(crate) fn new(rename: fn(&str) -> Cow<'_, str>) -> TagReader {
        TagReader { rename, remembered: HashMap::new(), bytes: 0, none: Rc::from([]) }
    }

    /// A reader that keeps keys as they are.
    pub(crate) fn verbatim() -> TagReader {
        TagReader::new(|key| Cow::Borrowed(key))
    }

    /// The tags of a cell. A number or a truth value becomes its text, null the empty text, an object or list
    /// inside its JSON text. The error is the reason.
    pub(crate) fn read(&mut self, cell: &Cell<'_>) -> Result<Tags, String> {
        match cell {
            Cell::Null => Ok(self.none.clone()),
            Cell::Text(text) => {
                if let Some(tags) = self.remembered.get(*text) {
                    return Ok(tags.clone());
                }
                let tags = self.parse(text)?;
                self.remember(text, &tags);
                Ok(tags)
            }
            Cell::Map(entries) => {
                self.collect(entries.iter().map(|(key, value)| (key.as_ref(), value.as_deref().unwrap_or("").to_owned())))
            }
            _ => Err("is neither a JSON object nor a map".to_owned()),
        }
    }

    fn parse(&self, text: &str) -> Result<Tags, String> {
        let object: BTreeMap<String, &RawValue> = serde_json::from_str(text).map_err(|_| "is not a JSON object of tags".to_owned())?;
        let mut tags = Vec::with_capacity(object.len());
        for (key, raw) in object {
            let value = match raw.get() {
                "null" => String::new(),
                string if string.starts_with('"') => serde_json::from_str(string).map_err(|_| "is not a JSON object of tags".to_owned())?,
                other => other.to_owned(),
            };
            tags.push((key, value));
        }
        self.collect(tags.iter().map(|(key, value)| (key.as_str(), value.clone())))
    }

    fn collect<'a>(&self, tags: impl Iterator<Item = (&'a str, String)>) -> Result<Tags, String> {
        let unique: BTreeMap<String, String> = tags.map(|(key, value)| ((self.rename)(key).into_owned(), value)).collect();
        if unique.len() > MAX_TAGS {
            return Err(format!("holds {} tags, and no more than {MAX_TAGS} are read", unique.len()));
        }
        Ok(unique.into_iter().collect())
    }

    fn remember(&mut self, text: &str, tags: &Tags) {
        // The parsed tags are about as large as the text again.
        self.bytes += text.len() * 2;
        if self.bytes > REMEMBERED_BYTES {
            self.remembered.clear();
            self.bytes = text.len() * 2;
        }
        self.remembered.insert(Box::from(text), tags.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, String> {
        TagReader::verbatim().read(&Cell::of_text(text)).map(|tags| tags.to_vec())
    }

    #[test]
    fn values_of_a_json_object_become_text() {
        for (json, value) in [
            (r#"{"k":"v"}"#, "v"),
            (r#"{"k":"a \"b\" é"}"#, "a \"b\" é"),
            (r#"{"k":500}"#, "500"),
            (r#"{"k":1.10}"#, "1.10"),
            (r#"{"k":12345678901234567890123}"#, "12345678901234567890123"),
            (r#"{"k":true}"#, "true"),
            (r#"{"k":null}"#, ""),
            (r#"{"k":""}"#, ""),
            (r#"{"k":{"a":[1, 2]}}"#, r#"{"a":[1, 2]}"#),
            (r#"{"k":"first","k":"last"}"#, "last"),
        ] {
            assert_eq!(read(json).unwrap(), [("k".to_owned(), value.to_owned())], "{json}");
        }
    }

    #[test]
    fn null_and_the_empty_object_are_no_tags() {
        for text in ["", "NULL", "{}"] {
            assert_eq!(read(text).unwrap(), [], "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["team=a", "[]", "1", "\"a\"", "{", r#"{"a":"b"} c"#, r#"{"a":"b""#, r#"{a:"b"}"#] {
            assert!(read(text).unwrap_err().contains("JSON"), "{text}");
        }
        let many: Vec<String> = (0..=MAX_TAGS).map(|number| format!("\"k{number}\":1")).collect();
        assert!(read(&format!("{{{}}}", many.join(","))).unwrap_err().contains("1000"));
    }

    #[test]
    fn what_is_remembered_has_a_limit() {
        let mut reader = TagReader::verbatim();
        for number in 0..100_000 {
            let text = format!("{{\"resource\":\"{number:0100}\"}}");
            assert_eq!(reader.read(&Cell::Text(&text)).unwrap()[0].1, format!("{number:0100}"));
        }
        assert!(reader.bytes <= REMEMBERED_BYTES);
        assert!(reader.remembered.len() < 20_000);
    }
}
