//! Documents named by what they are.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{Case, cases};
use crate::{Digest, Documents};

pub(super) const CASES: &[Case<dyn Documents>] = cases![
    a_document_that_was_never_put_is_not_found,
    a_document_comes_back_byte_for_byte,
    a_document_put_again_stays_as_it_is,
    many_may_put_one_document_at_once,
];

async fn keep(documents: &dyn Documents, bytes: &[u8]) {
    let digest = documents.put(bytes).await.expect("the document can be put");
    assert_eq!(digest, Digest::of(bytes), "a document is named by its SHA-256");
}

async fn read(documents: &dyn Documents, digest: Digest) -> Option<Vec<u8>> {
    documents.get(digest).await.expect("a document can be asked for")
}

async fn a_document_that_was_never_put_is_not_found(documents: Arc<dyn Documents>) {
    assert_eq!(read(documents.as_ref(), Digest::of(b"contract: never put")).await, None);
}

async fn a_document_comes_back_byte_for_byte(documents: Arc<dyn Documents>) {
    let documents = documents.as_ref();
    let large: Vec<u8> = (0..=250).cycle().take(6 << 20).collect();
    let every_byte: Vec<u8> = (0..=255).collect();
    let bodies: [&[u8]; 5] = [b"", b"\0", b"contract: \r\n text", &every_byte, &large];
    for body in bodies {
        keep(documents, body).await;
    }
    for body in bodies {
        assert!(read(documents, Digest::of(body)).await.as_deref() == Some(body), "a document of {} bytes", body.len());
    }
}

async fn a_document_put_again_stays_as_it_is(documents: Arc<dyn Documents>) {
    let documents = documents.as_ref();
    for _ in 0..3 {
        keep(documents, b"contract: again").await;
        assert_eq!(read(documents, Digest::of(b"contract: again")).await.as_deref(), Some(b"contract: again".as_slice()));
    }
}

async fn many_may_put_one_document_at_once(documents: Arc<dyn Documents>) {
    let body: Vec<u8> = b"contract: at once ".iter().copied().cycle().take(100_000).collect();
    let mut tasks = JoinSet::new();
    for _ in 0..16 {
        let (documents, body) = (Arc::clone(&documents), body.clone());
        tasks.spawn(async move {
            keep(documents.as_ref(), &body).await;
            assert!(read(documents.as_ref(), Digest::of(&body)).await == Some(body), "who was answered finds it whole");
        });
    }
    tasks.join_all().await;
}
