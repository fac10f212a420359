//! Tags: a JSON object as text, or a Parquet `MAP`.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::rc::Rc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::cell::Cell;
use crate::limits::{MAX_KEY_BYTES, MAX_TAGS};
use crate::refusal::shown;

/// Bytes of tags whose reading is remembered. Charges of one resource have the same text over and over.
const REMEMBERED_BYTES: usize = 4 * 1024 * 1024;

/// Bytes that a remembered tag takes beside those of its key and value: two strings and their allocations.
const TAG_BYTES: usize = 96;

/// Bytes of a key or value that a message shows.
const SHOWN_BYTES: usize = 80;

/// Keys and values; each key once, in the order of the keys.
pub(crate) type Tags = Rc<[(String, String)]>;

/// Why tags cannot be read.
#[derive(Debug)]
pub(crate) struct TagTrouble {
    pub(crate) reason: String,
    pub(crate) what_to_do: &'static str,
}

impl TagTrouble {
    fn no_tags(reason: &str) -> TagTrouble {
        let what_to_do = "export the file again with tags as a JSON object, such as {\"team\":\"checkout\"}";
        TagTrouble { reason: reason.to_owned(), what_to_do }
    }

    fn limit(reason: String) -> TagTrouble {
        TagTrouble { reason, what_to_do: "check the export at this row" }
    }

    /// Two columns or entries give one key different values.
    pub(crate) fn two_values(key: &str, one: &str, other: &str) -> TagTrouble {
        let [key, one, other] = [key, one, other].map(|text| shown(text, SHOWN_BYTES));
        TagTrouble {
            reason: format!("the tag key `{key}` has two values in this row, `{one}` and `{other}`, and which one counts is not clear"),
            what_to_do: "export the file again with each tag key once",
        }
    }
}

/// Which entries of a cell are read.
#[derive(Clone, Debug)]
pub(crate) enum Needed {
    All,
    /// Those that become one of these keys. Of a cell with others alone one nameless entry is left, so that it is not
    /// taken for an empty one.
    Only(Rc<[String]>),
}

impl Needed {
    pub(crate) fn keys<K: AsRef<str>>(keys: &[K]) -> Needed {
        Needed::Only(keys.iter().map(|key| key.as_ref().to_owned()).collect())
    }

    pub(crate) fn is_all(&self) -> bool {
        matches!(self, Needed::All)
    }

    pub(crate) fn holds(&self, key: &str) -> bool {
        match self {
            Needed::All => true,
            Needed::Only(keys) => keys.iter().any(|needed| needed == key),
        }
    }
}

/// Reads tag cells, and remembers the texts that it has read.
pub(crate) struct TagReader {
    rename: fn(&str) -> Cow<'_, str>,
    needed: Needed,
    remembered: RefCell<Remembered>,
    none: Tags,
}

#[derive(Default)]
struct Remembered {
    tags: HashMap<Box<str>, Tags>,
    bytes: usize,
}

impl TagReader {
    /// `rename` turns a key of the file into the key of the charge.
    pub(crate) fn new(needed: &Needed, rename: fn(&str) -> Cow<'_, str>) -> TagReader {
        TagReader { rename, needed: needed.clone(), remembered: RefCell::default(), none: Rc::from([]) }
    }

    /// A reader that keeps keys as they are.
    pub(crate) fn verbatim(needed: &Needed) -> TagReader {
        TagReader::new(needed, |key| Cow::Borrowed(key))
    }

    /// How many keys are needed; `None` where all are.
    pub(crate) fn most_keys(&self) -> Option<usize> {
        match &self.needed {
            Needed::All => None,
            Needed::Only(keys) => Some(keys.len()),
        }
    }

    /// The key of the charge for a key of the file; `None` where it is not needed.
    pub(crate) fn key<'k>(&self, key: &'k str) -> Option<Cow<'k, str>> {
        Some((self.rename)(key)).filter(|key| self.needed.holds(key))
    }

    /// The tags of a cell. A number or a truth value becomes its text, null the empty text, an object or list
    /// inside its JSON text. A key that is there twice counts once, unless its values differ.
    pub(crate) fn read(&self, cell: &Cell<'_>) -> Result<Tags, TagTrouble> {
        match cell {
            Cell::Null => Ok(self.none.clone()),
            Cell::Text(text) => {
                if let Some(tags) = self.remembered.borrow().tags.get(*text) {
                    return Ok(tags.clone());
                }
                let tags = self.parse(text)?;
                self.remember(text, &tags);
                Ok(tags)
            }
            Cell::Map(entries) => {
                self.collect(entries.iter().map(|(key, value)| (key.as_ref(), Cow::Borrowed(value.as_deref().unwrap_or("")))))
            }
            Cell::Tags(tags) => Ok(tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()),
            _ => Err(TagTrouble::no_tags("is neither a JSON object nor a map")),
        }
    }

    fn parse(&self, text: &str) -> Result<Tags, TagTrouble> {
        let no_json = || TagTrouble::no_tags("is not a JSON object of tags");
        let Entries(entries) = serde_json::from_str(text).map_err(|_| no_json())?;
        let mut tags = Vec::with_capacity(entries.len());
        for (key, raw) in &entries {
            let value = match raw.get() {
                "null" => Cow::Borrowed(""),
                string if string.starts_with('"') => Cow::Owned(serde_json::from_str(string).map_err(|_| no_json())?),
                other => Cow::Borrowed(other),
            };
            tags.push((key.as_str(), value));
        }
        self.collect(tags.into_iter())
    }

    fn collect<'a>(&self, tags: impl Iterator<Item = (&'a str, Cow<'a, str>)>) -> Result<Tags, TagTrouble> {
        unique(tags, self.rename, &self.needed)
    }

    fn remember(&self, text: &str, tags: &Tags) {
        // The text, the same again in keys and values, and what many short tags are mostly made of.
        let bytes = text.len() * 2 + (tags.len() + 1) * TAG_BYTES;
        let mut remembered = self.remembered.borrow_mut();
        remembered.bytes += bytes;
        if remembered.bytes > REMEMBERED_BYTES {
            remembered.tags.clear();
            remembered.bytes = bytes;
        }
        remembered.tags.insert(Box::from(text), tags.clone());
    }
}

/// Tags of two cells as one.
pub(crate) fn merged(cells: [&Tags; 2]) -> Result<Tags, TagTrouble> {
    let tags = cells.into_iter().flat_map(|tags| tags.iter());
    unique(tags.map(|(key, value)| (key.as_str(), Cow::Borrowed(value.as_str()))), |key| Cow::Borrowed(key), &Needed::All)
}

/// Each key once, by its new name.
fn unique<'a>(
    tags: impl Iterator<Item = (&'a str, Cow<'a, str>)>,
    rename: fn(&str) -> Cow<'_, str>,
    needed: &Needed,
) -> Result<Tags, TagTrouble> {
    let mut unique: BTreeMap<String, String> = BTreeMap::new();
    let mut has_others = false;
    for (key, value) in tags {
        let name = rename(key);
        if !needed.holds(&name) {
            has_others = true;
            continue;
        }
        for (what, text) in [("key", key), ("value", value.as_ref())] {
            if text.len() > MAX_KEY_BYTES {
                let length = text.len();
                let reason = format!(
                    "holds the {what} of a tag that is {length} bytes long, and no more than {MAX_KEY_BYTES} are read (MAX_KEY_BYTES)"
                );
                return Err(TagTrouble::limit(reason));
            }
        }
        match unique.entry(name.into_owned()) {
            Entry::Vacant(place) => {
                place.insert(value.into_owned());
            }
            // A tag without a value counts as absent.
            Entry::Occupied(mut held) if held.get().is_empty() => {
                held.insert(value.into_owned());
            }
            Entry::Occupied(held) if value.is_empty() || *held.get() == value => {}
            Entry::Occupied(held) => return Err(TagTrouble::two_values(held.key(), held.get(), &value)),
        }
        if unique.len() > MAX_TAGS {
            return Err(TagTrouble::limit(format!("holds more than {MAX_TAGS} tags, and no more are read (MAX_TAGS)")));
        }
    }
    if unique.is_empty() && has_others {
        unique.insert(String::new(), String::new());
    }
    Ok(unique.into_iter().collect())
}

/// The entries of a JSON object as they stand, a key that is there twice included.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Entries<'a>, D::Error> {
        struct Object;

        impl<'de> Visitor<'de> for Object {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut object: M) -> Result<Entries<'de>, M::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = object.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(String, String)>, String> {
        TagReader::verbatim(&Needed::All).read(&Cell::of_text(text)).map(|tags| tags.to_vec()).map_err(|trouble| trouble.reason)
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
            (r#"{"k":"twice","k":"twice"}"#, "twice"),
            (r#"{"k":"","k":"once","k":null}"#, "once"),
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
    fn a_key_with_two_values_is_refused_with_both() {
        let refused = |tags: Result<Tags, TagTrouble>| tags.unwrap_err().reason;
        let expected = "the tag key `k` has two values in this row, `1` and `2`, and which one counts is not clear";
        assert_eq!(read(r#"{"k":1,"a":"b","k":"2"}"#).unwrap_err(), expected);
        let entry = |key, value| (Cow::Borrowed(key), Some(Cow::Borrowed(value)));
        assert_eq!(refused(TagReader::verbatim(&Needed::All).read(&Cell::Map(vec![entry("k", "1"), entry("k", "2")]))), expected);
        let renaming = TagReader::new(&Needed::All, |key| Cow::Borrowed(key.trim_start_matches("user:")));
        assert_eq!(refused(renaming.read(&Cell::Text(r#"{"user:k":"1","k":"2"}"#))), expected);
        assert_eq!(renaming.read(&Cell::Text(r#"{"user:k":"1","k":"1"}"#)).unwrap().len(), 1);
        assert_eq!(renaming.read(&Cell::Map(vec![entry("user:k", "1"), entry("k", "1")])).unwrap().len(), 1);
    }

    #[test]
    fn keys_and_values_that_are_too_long_are_refused_by_name_of_the_limit() {
        let (fits, long) = ("x".repeat(MAX_KEY_BYTES), "x".repeat(MAX_KEY_BYTES + 1));
        for (key, value, what) in [("k", long.as_str(), "value"), (long.as_str(), "v", "key")] {
            for cell in [Cell::Text(&format!("{{\"{key}\":\"{value}\"}}")), Cell::Map(vec![(key.into(), Some(value.into()))])] {
                let reason = TagReader::verbatim(&Needed::All).read(&cell).unwrap_err().reason;
                assert!(reason.contains(what) && reason.contains("4096") && reason.contains("MAX_KEY_BYTES"), "{reason}");
            }
        }
        assert_eq!(read(&format!("{{\"{fits}\":\"{fits}\"}}")).unwrap()[0], (fits.clone(), fits));
    }

    #[test]
    fn many_short_tags_count_as_what_they_take() {
        let reader = TagReader::verbatim(&Needed::All);
        let tags: Vec<String> = (0..500).map(|number| format!("\"{number:03}\":0")).collect();
        for number in 0..1_000 {
            reader.read(&Cell::Text(&format!("{{{},\"r\":{number}}}", tags.join(",")))).unwrap();
        }
        // Each is two strings of 24 bytes a tag, with their allocations.
        assert!(reader.remembered.borrow().tags.len() * 501 * 64 <= REMEMBERED_BYTES, "{}", reader.remembered.borrow().tags.len());
    }

    #[test]
    fn what_is_remembered_has_a_limit() {
        let reader = TagReader::verbatim(&Needed::All);
        for number in 0..100_000 {
            let text = format!("{{\"resource\":\"{number:0100}\"}}");
            assert_eq!(reader.read(&Cell::Text(&text)).unwrap()[0].1, format!("{number:0100}"));
        }
        assert!(reader.remembered.borrow().bytes <= REMEMBERED_BYTES);
        assert!(reader.remembered.borrow().tags.len() < 20_000);
    }
}
