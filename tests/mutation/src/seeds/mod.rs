//! Small right files, made here: of every format, in every container.

mod parquet;
mod plain_parquet;
mod tables;

use std::ops::Range;

use crate::pack::Packing;

pub use plain_parquet::varint;
pub use tables::Table;

/// A right file, to be damaged.
#[derive(Clone, Debug)]
pub struct Seed {
    /// Format and kind, `cur-2-doubles`.
    pub name: &'static str,
    /// What it is made of.
    pub body: Body,
}

/// What a seed is made of.
#[derive(Clone, Debug)]
pub enum Body {
    /// A text, which may be packed.
    Text(Vec<u8>),
    /// Parquet, with the bytes of its pages that a checksum covers.
    Parquet {
        /// The file.
        bytes: Vec<u8>,
        /// In file order, without what lies around them: their headers and the footer.
        pages: Vec<Range<usize>>,
    },
    /// A stored charge cube.
    Cube(Vec<u8>),
}

impl Seed {
    /// The file as it is, text unpacked.
    pub fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Text(bytes) | Body::Parquet { bytes, .. } | Body::Cube(bytes) => bytes,
        }
    }

    /// The file in each container it may come in, with the ending of its name.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        match &self.body {
            Body::Text(text) => Packing::ALL.map(|packing| (format!("{}-{packing:?}", self.name), packing.pack(text))).to_vec(),
            _ => vec![(self.name.to_owned(), self.bytes().to_vec())],
        }
    }
}

/// All seeds, always the same.
pub fn all() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for (name, table) in tables::texts() {
        seeds.push(Seed { name, body: Body::Text(table.csv()) });
    }
    for (name, bytes) in parquet::files() {
        seeds.push(Seed { name, body: Body::Parquet { bytes, pages: Vec::new() } });
    }
    for (name, table) in tables::snake_tables() {
        let (bytes, pages) = plain_parquet::write(&table);
        seeds.push(Seed { name, body: Body::Parquet { bytes, pages } });
    }
    seeds.push(Seed { name: "cube", body: Body::Cube(tables::cube()) });
    seeds
}
