//! Documents: stored once under the SHA-256 of their bytes, and checked whenever they are read.

use std::io::{Read, Write};

use dayone_ports::Digest;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::tenant::Tenant;

/// Most bytes of an unpacked document (2 GiB): a damaged one must not take all memory.
pub const MOST_DOCUMENT_BYTES: u64 = 2 << 30;

impl Tenant {
    /// Keeps a document as it is.
    pub async fn put_document(&self, bytes: &[u8]) -> Result<Digest, Failure> {
        Ok(self.ports.documents.put(bytes).await?)
    }

    /// A document as it was kept.
    ///
    /// # Errors
    /// Where it is gone, or its bytes are others.
    pub async fn document(&self, digest: Digest) -> Result<Vec<u8>, Failure> {
        let bytes = self.ports.documents.get(digest).await?;
        let bytes = bytes.ok_or_else(|| Failure::broken(format!("the document {digest} is gone")))?;
        if Digest::of(&bytes) != digest {
            return Err(Failure::broken(format!("the document {digest} was changed")));
        }
        Ok(bytes)
    }

    /// Keeps a value as JSON.
    pub async fn put_json<T: Serialize + Sync>(&self, value: &T) -> Result<Digest, Failure> {
        let bytes = serde_json::to_vec(value).map_err(Failure::broken)?;
        self.put_document(&bytes).await
    }

    /// A value that was kept as JSON.
    pub async fn json_document<T: DeserializeOwned>(&self, digest: Digest) -> Result<T, Failure> {
        let bytes = self.document(digest).await?;
        serde_json::from_slice(&bytes).map_err(|error| Failure::broken(format!("the document {digest}: {error}")))
    }

    /// Keeps bytes packed.
    pub async fn put_packed(&self, bytes: &[u8]) -> Result<Digest, Failure> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).map_err(Failure::broken)?;
        let packed = encoder.finish().map_err(Failure::broken)?;
        self.put_document(&packed).await
    }

    /// Bytes that were kept packed.
    pub async fn packed_document(&self, digest: Digest) -> Result<Vec<u8>, Failure> {
        let packed = self.document(digest).await?;
        let mut bytes = Vec::new();
        let read = ZlibDecoder::new(&packed[..]).take(MOST_DOCUMENT_BYTES).read_to_end(&mut bytes);
        read.map_err(|error| Failure::broken(format!("the document {digest}: {error}")))?;
        Ok(bytes)
    }
}
