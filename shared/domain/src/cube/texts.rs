//! The distinct texts of a cube.

use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::{Code, MOST_TEXT_BYTES};

/// Texts by code, in one piece of memory. The empty text is the first.
#[derive(Clone, Debug)]
pub(super) struct Texts {
    all: String,
    /// Begin and length of each.
    spans: Vec<(u32, u32)>,
}

impl Default for Texts {
    fn default() -> Texts {
        Texts { all: String::new(), spans: vec![(0, 0)] }
    }
}

impl Texts {
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    pub(super) fn get(&self, code: Code) -> &str {
        let (begin, length) = self.spans[code.place()];
        &self.all[begin as usize..][..length as usize]
    }

    pub(super) fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.spans.iter().map(|(begin, length)| &self.all[*begin as usize..][..*length as usize])
    }

    /// The code of a text, where the texts are in order.
    pub(super) fn search(&self, text: &str) -> Option<Code> {
        self.spans.binary_search_by(|(begin, length)| self.all[*begin as usize..][..*length as usize].cmp(text)).ok().map(code_at)
    }

    /// The places of the texts that begin with `prefix`, where the texts are in order.
    pub(super) fn range_of(&self, prefix: &str) -> Range<usize> {
        let text = |(begin, length): &(u32, u32)| &self.all[*begin as usize..][..*length as usize];
        let from = self.spans.partition_point(|span| text(span) < prefix);
        from..from + self.spans[from..].partition_point(|span| text(span).starts_with(prefix))
    }

    /// One more, whatever is there; `None` beyond `most_bytes` in all.
    pub(super) fn push(&mut self, text: &str, most_bytes: usize) -> Option<Code> {
        let code = u32::try_from(self.spans.len()).ok().map(Code)?;
        // Begin and length are 32 bits wide.
        let most_bytes = most_bytes.min(MOST_TEXT_BYTES);
        if text.len() > most_bytes.saturating_sub(self.all.len()) {
            return None;
        }
        let span = (u32::try_from(self.all.len()).ok()?, u32::try_from(text.len()).ok()?);
        self.all.push_str(text);
        self.spans.push(span);
        Some(code)
    }

    /// The last one.
    pub(super) fn last(&self) -> &str {
        self.get(code_at(self.spans.len() - 1))
    }

    /// The texts that are used, and the empty one, in order; and the new code of each of them by the old one.
    pub(super) fn ranked(mut self, used: &Used) -> (Texts, Vec<Code>) {
        let mut kept: Vec<Code> = (0..self.len()).map(code_at).filter(|code| *code == Code::default() || used.holds(*code)).collect();
        kept.sort_unstable_by(|a, b| self.get(*a).cmp(self.get(*b)));
        let mut ranks = vec![Code::default(); self.len()];
        for (rank, code) in kept.iter().enumerate() {
            ranks[code.place()] = code_at(rank);
        }
        self.spans = kept.into_iter().map(|code| self.spans[code.place()]).collect();
        (self, ranks)
    }

    /// The same in memory of its own, without the bytes of texts that are gone.
    pub(super) fn compact(&self) -> Texts {
        let mut texts =
            Texts { all: String::with_capacity(self.spans.iter().map(|(_, length)| *length as usize).sum()), spans: Vec::new() };
        for text in self.iter() {
            texts.push(text, MOST_TEXT_BYTES).expect("INVARIANT: no more texts than before");
        }
        texts
    }
}

/// The code at a place; there are never more texts than codes.
pub(super) fn code_at(place: usize) -> Code {
    Code(u32::try_from(place).expect("INVARIANT: texts are counted in 32 bits"))
}

/// A set of codes.
#[derive(Clone, Debug)]
pub(super) struct Used {
    words: Vec<u64>,
}

impl Used {
    /// None of so many texts.
    pub(super) fn none_of(texts: usize) -> Used {
        Used { words: vec![0; texts.div_ceil(64)] }
    }

    pub(super) fn insert(&mut self, code: Code) {
        self.words[code.place() / 64] |= 1 << (code.place() % 64);
    }

    pub(super) fn holds(&self, code: Code) -> bool {
        self.words[code.place() / 64] >> (code.place() % 64) & 1 == 1
    }

    pub(super) fn insert_all(&mut self, others: &Used) {
        self.words.iter_mut().zip(&others.words).for_each(|(word, other)| *word |= other);
    }

    /// The same texts by other codes, of so many.
    pub(super) fn recoded(&self, codes: &[Code], texts: usize) -> Used {
        let mut recoded = Used::none_of(texts);
        for (place, word) in self.words.iter().enumerate() {
            let mut left = *word;
            while left != 0 {
                recoded.insert(codes[place * 64 + left.trailing_zeros() as usize]);
                left &= left - 1;
            }
        }
        recoded
    }

    /// Whether it holds all of so many codes; the first, of the empty text, may be missing.
    pub(super) fn holds_all_but_first(&self, texts: usize) -> bool {
        self.words.iter().map(|word| word.count_ones() as usize).sum::<usize>() + usize::from(!self.holds(Code::default())) == texts
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }
}

/// Texts that are found by what they are.
#[derive(Clone, Debug)]
pub(super) struct Dictionary {
    texts: Texts,
    codes: HashTable<Code>,
    hasher: DefaultHashBuilder,
    most_bytes: usize,
    is_full: bool,
}

impl Dictionary {
    /// Of so many bytes at most.
    pub(super) fn new(most_bytes: usize) -> Dictionary {
        Dictionary { texts: Texts::default(), codes: HashTable::new(), hasher: DefaultHashBuilder::default(), most_bytes, is_full: false }
    }

    /// The code of a text, known or new; that of the empty text once the dictionary is full.
    pub(super) fn code(&mut self, text: &str) -> Code {
        if text.is_empty() {
            return Code::default();
        }
        let hash = self.hasher.hash_one(text);
        if let Some(code) = self.codes.find(hash, |code| self.texts.get(*code) == text) {
            return *code;
        }
        let Some(code) = self.texts.push(text, self.most_bytes) else {
            self.is_full = true;
            return Code::default();
        };
        self.codes.insert_unique(hash, code, |code| self.hasher.hash_one(self.texts.get(*code)));
        code
    }

    /// The code of a text, where it is known.
    pub(super) fn known(&self, text: &str) -> Option<Code> {
        if text.is_empty() {
            return Some(Code::default());
        }
        self.codes.find(self.hasher.hash_one(text), |code| self.texts.get(*code) == text).copied()
    }

    /// Bytes of all texts together.
    pub(super) fn bytes(&self) -> usize {
        self.texts.all.len()
    }

    /// Whether a text had no room.
    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }

    pub(super) fn get(&self, code: Code) -> &str {
        self.texts.get(code)
    }

    pub(super) fn into_texts(self) -> Texts {
        self.texts
    }
}
