//! Bodies too large for a record, named by what they are; and anchors that nobody can take back.

use std::fmt;
use std::io;
use std::str::FromStr;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::Unavailable;

/// SHA-256 of some bytes. Written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(Sha256::digest(bytes).into())
    }

    /// The digest of parts, one after the other, each behind its length as 8 bytes, the most significant first.
    pub fn of_parts(parts: &[&[u8]]) -> Digest {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Digest(hash.finalize().into())
    }

    /// The digest of all that can be read, however much that is.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn of_reader(mut reader: impl io::Read) -> io::Result<Digest> {
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(Digest(hash.finalize().into())),
                Ok(read) => hash.update(&buffer[..read]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// A digest from its bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Digest {
        Digest(bytes)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A text that is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not a SHA-256 of 64 hexadecimal digits")]
pub struct DigestError;

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Digest, DigestError> {
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
            return Err(DigestError);
        }
        let mut bytes = [0; 32];
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&text[place * 2..place * 2 + 2], 16).map_err(|_| DigestError)?;
        }
        Ok(Digest(bytes))
    }
}

impl TryFrom<String> for Digest {
    type Error = DigestError;

    fn try_from(text: String) -> Result<Digest, DigestError> {
        text.parse()
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> String {
        digest.to_string()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.0 {
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Immutable documents, each named by the SHA-256 of its bytes. They come before the records that name them, so
/// that no record names a document that is not there.
#[async_trait]
pub trait Documents: Send + Sync {
    /// Keeps a document; again does nothing.
    async fn put(&self, bytes: &[u8]) -> Result<Digest, Unavailable>;

    /// A document; `None` where there is none of this name. Whether the bytes still have that digest is for the
    /// caller to check.
    async fn get(&self, digest: Digest) -> Result<Option<Vec<u8>>, Unavailable>;
}

/// Numbered bodies that are written once: under Object Lock on AWS, in files that are never opened for writing
/// again on one machine.
#[async_trait]
pub trait Anchors: Send + Sync {
    /// Keeps the anchor of a number. Again with the same bytes does nothing; with others it fails.
    async fn put(&self, tenant: &str, number: u64, bytes: &[u8]) -> Result<(), Unavailable>;

    /// The anchor of a number.
    async fn get(&self, tenant: &str, number: u64) -> Result<Option<Vec<u8>>, Unavailable>;

    /// The highest number; `None` before the first.
    async fn last(&self, tenant: &str) -> Result<Option<u64>, Unavailable>;
}
