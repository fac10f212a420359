//! The embedded home keeps the contract of the ports.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dayone_embedded::{FolderAnchors, FolderDocuments, Home, LedgerFolder, SqliteStore};
use dayone_ports::contract::{Doors, anchors_contract, documents_contract, erp_contract, store_contract};
use dayone_ports::{Anchors, Documents, Erp, Store};
use tempfile::TempDir;

/// Hands out a new path each time.
struct Places {
    folder: TempDir,
    handed_out: AtomicUsize,
}

impl Places {
    fn new() -> Places {
        Places { folder: tempfile::tempdir().expect("a folder"), handed_out: AtomicUsize::new(0) }
    }

    fn next(&self) -> std::path::PathBuf {
        self.folder.path().join(self.handed_out.fetch_add(1, Ordering::Relaxed).to_string())
    }
}

fn store(path: &Path) -> Arc<dyn Store> {
    Arc::new(SqliteStore::open(path).expect("a store"))
}

/// The whole contract of all ports, with this many stores on each file.
async fn all(doors: usize) {
    let places = Places::new();
    store_contract(async || {
        let path = places.next();
        Arc::new(Doors::new((0..doors).map(|_| store(&path)).collect())) as Arc<dyn Store>
    })
    .await;
    documents_contract(async || Arc::new(FolderDocuments::open(places.next()).expect("a folder")) as Arc<dyn Documents>).await;
    anchors_contract(async || Arc::new(FolderAnchors::open(places.next()).expect("a folder")) as Arc<dyn Anchors>).await;
    erp_contract(async || Arc::new(LedgerFolder::open(places.next()).expect("a folder")) as Arc<dyn Erp>).await;
}

#[tokio::test]
async fn on_one_thread() {
    all(1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_several_threads() {
    all(1).await;
}

#[tokio::test]
async fn on_one_thread_with_two_stores_on_one_file() {
    all(2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn on_several_threads_with_two_stores_on_one_file() {
    all(2).await;
}

/// Cases keep apart, so that one home can serve all of them.
#[tokio::test]
async fn in_one_home_for_all_cases() {
    let places = Places::new();
    let home = Home::create(places.next()).expect("a home");
    store_contract(async || home.store()).await;
    documents_contract(async || home.documents()).await;
    anchors_contract(async || home.anchors()).await;
    erp_contract(async || home.erp()).await;
}
