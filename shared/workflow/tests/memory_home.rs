//! The home in memory keeps the contract of the ports, so that what passes on it passes on others.

mod memory;

use std::sync::Arc;

use dayone_ports::store::MOST_PAGE;
use dayone_ports::{Anchors, Documents, Erp, Store, contract};
use memory::{MemoryAnchors, MemoryDocuments, MemoryErp, MemoryStore};

#[tokio::test]
async fn the_store_in_memory_keeps_the_contract() {
    contract::store_contract(async || Arc::new(MemoryStore::with_pages_of(MOST_PAGE)) as Arc<dyn Store>).await;
}

#[tokio::test]
async fn the_documents_in_memory_keep_the_contract() {
    contract::documents_contract(async || Arc::<MemoryDocuments>::default() as Arc<dyn Documents>).await;
}

#[tokio::test]
async fn the_anchors_in_memory_keep_the_contract() {
    contract::anchors_contract(async || Arc::<MemoryAnchors>::default() as Arc<dyn Anchors>).await;
}

#[tokio::test]
async fn the_erp_in_memory_keeps_the_contract() {
    contract::erp_contract(async || Arc::<MemoryErp>::default() as Arc<dyn Erp>).await;
}
