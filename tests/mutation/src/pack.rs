//! Text in its containers.

use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use zip::write::SimpleFileOptions;

/// How text is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// As one member of gzip.
    Gzip,
    /// As two, cut in the middle.
    GzipOfTwo,
    /// As the only file of a zip, deflated.
    Zip,
    /// Likewise, stored.
    ZipStored,
}

impl Packing {
    /// All of them.
    pub const ALL: [Packing; 5] = [Packing::Plain, Packing::Gzip, Packing::GzipOfTwo, Packing::Zip, Packing::ZipStored];

    /// Whether a checksum covers the whole text: a file of two members may lose one at its seam.
    pub fn is_protected(self) -> bool {
        matches!(self, Packing::Gzip | Packing::Zip | Packing::ZipStored)
    }

    /// The text, packed.
    pub fn pack(self, text: &[u8]) -> Vec<u8> {
        match self {
            Packing::Plain => text.to_vec(),
            Packing::Gzip => gzip(text),
            Packing::GzipOfTwo => {
                let (first, second) = text.split_at(text.len() / 2);
                [gzip(first), gzip(second)].concat()
            }
            Packing::Zip => zip(text, zip::CompressionMethod::Deflated),
            Packing::ZipStored => zip(text, zip::CompressionMethod::Stored),
        }
    }
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

fn zip(text: &[u8], method: zip::CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    // Without a time the same text gives the same bytes.
    let options = SimpleFileOptions::default().compression_method(method).last_modified_time(zip::DateTime::default());
    writer.start_file("bill.csv", options).expect("a name that zip takes");
    writer.write_all(text).expect("memory takes all");
    writer.finish().expect("memory takes all").into_inner()
}
