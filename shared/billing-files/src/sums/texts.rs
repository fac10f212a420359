//! Distinct texts by number.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Distinct texts, each with the number of its place; 0 is the empty text.
pub(crate) struct Texts {
    hasher: DefaultHashBuilder,
    places: HashTable<u32>,
    bytes: String,
    /// Where each text ends in `bytes`.
    ends: Vec<usize>,
}

impl Texts {
    pub(crate) fn new() -> Texts {
        let mut texts = Texts { hasher: DefaultHashBuilder::default(), places: HashTable::new(), bytes: String::new(), ends: Vec::new() };
        texts.code("");
        texts
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of all texts together.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn get(&self, code: u32) -> &str {
        text_at(&self.bytes, &self.ends, code)
    }

    pub(crate) fn code(&mut self, text: &str) -> u32 {
        let Texts { hasher, places, bytes, ends } = self;
        let hash = hasher.hash_one(text);
        if let Some(code) = places.find(hash, |code| text_at(bytes, ends, *code) == text) {
            return *code;
        }
        let code = u32::try_from(ends.len()).expect("INVARIANT: texts are limited by their bytes");
        bytes.push_str(text);
        ends.push(bytes.len());
        places.insert_unique(hash, code, |code| hasher.hash_one(text_at(bytes, ends, *code)));
        code
    }
}

fn text_at<'t>(bytes: &'t str, ends: &[usize], code: u32) -> &'t str {
    let place = code as usize;
    let start = if place == 0 { 0 } else { ends[place - 1] };
    &bytes[start..ends[place]]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_has_one_number_and_the_empty_one_is_nought() {
        let mut texts = Texts::new();
        let codes: Vec<u32> = ["", "a", "b", "a", "", "ab"].iter().map(|text| texts.code(text)).collect();
        assert_eq!(codes, [0, 1, 2, 1, 0, 3]);
        assert_eq!((texts.get(3), texts.get(0), texts.len()), ("ab", "", 4));
    }
}
