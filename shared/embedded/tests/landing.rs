//! A folder as a landing.

use std::fs;
use std::path::Path;

use dayone_embedded::FolderLanding;
use dayone_ports::{LandedObject, Landing, LandingError};
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> (TempDir, FolderLanding) {
    let folder = tempfile::tempdir().unwrap();
    files.iter().for_each(|(key, text)| put(folder.path(), key, text));
    let landing = FolderLanding::new(folder.path());
    (folder, landing)
}

fn put(folder: &Path, key: &str, text: &str) {
    let path = folder.join(key);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

async fn keys(landing: &FolderLanding, prefix: &str) -> Vec<String> {
    landing.list(prefix, None, 1000).await.unwrap().objects.into_iter().map(|object| object.key).collect()
}

async fn head(landing: &FolderLanding, key: &str) -> LandedObject {
    landing.head(key).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_listing_is_in_the_order_of_keys_and_goes_on_after_the_last() {
    let (_folder, landing) = folder(&[("b/2", ""), ("b/1", ""), ("a-b", ""), ("a/z", ""), (".hidden/x", ""), ("b/.hidden", "")]);
    assert_eq!(keys(&landing, "").await, ["a-b", "a/z", "b/1", "b/2"]);
    assert_eq!(keys(&landing, "b/").await, ["b/1", "b/2"]);
    let first = landing.list("", None, 3).await.unwrap();
    assert_eq!((first.objects.len(), first.has_more), (3, true));
    let rest = landing.list("", Some("b/1"), 3).await.unwrap();
    assert_eq!((rest.objects.len(), rest.has_more), (1, false));
}

#[tokio::test]
async fn a_pinned_version_is_read_and_another_is_not() {
    let (folder, landing) = folder(&[("a.csv", "0123456789")]);
    let pinned = head(&landing, "a.csv").await;
    assert_eq!(landing.read(&pinned, 2, 3).await.unwrap(), b"234");
    assert_eq!(landing.read(&pinned, 8, 30).await.unwrap(), b"89");
    put(folder.path(), "a.csv", "another");
    assert_ne!(head(&landing, "a.csv").await, pinned);
    assert_eq!(landing.read(&pinned, 0, 3).await, Err(LandingError::Changed("a.csv".to_owned())));
    fs::remove_file(folder.path().join("a.csv")).unwrap();
    assert_eq!(landing.read(&pinned, 0, 3).await, Err(LandingError::Changed("a.csv".to_owned())));
    assert_eq!(landing.head("a.csv").await.unwrap(), None);
}

#[tokio::test]
async fn a_key_that_leads_elsewhere_is_no_object() {
    let (folder, _) = folder(&[("in/a", "x"), ("out", "secret")]);
    let landing = FolderLanding::new(folder.path().join("in"));
    for key in ["../out", "a/../../out", "/etc/passwd", "", "./a", ".", "a\\..\\out"] {
        assert_eq!(landing.head(key).await.unwrap(), None, "{key}");
        assert_eq!(landing.local_path(key), None, "{key}");
    }
    assert_eq!(landing.head("a").await.unwrap().unwrap().bytes, 1);
}

/// The same export of a bucket, from several folders above and below the bucket's own.
#[tokio::test]
async fn what_a_manifest_names_is_found_in_the_copy_of_any_part_of_the_bucket() {
    let named = "exports/cur/data/BILLING_PERIOD=2026-10/run-1/a.csv";
    let file = "data/BILLING_PERIOD=2026-10/run-1/a.csv";
    let manifest = "metadata/BILLING_PERIOD=2026-10/cur-Manifest.json";
    for above in ["", "cur/", "exports/cur/", "bucket/exports/cur/", "copied/elsewhere/"] {
        let (_folder, landing) = folder(&[(&format!("{above}{file}"), "x"), (&format!("{above}{manifest}"), "{}")]);
        let found = landing.named(&format!("{above}{manifest}"), named).await.unwrap();
        assert_eq!(found.map(|object| object.key), Some(format!("{above}{file}")));
    }
}

#[tokio::test]
async fn a_file_of_another_execution_or_period_is_not_taken_for_the_named_one() {
    let (_folder, landing) = folder(&[
        ("cur/data/BILLING_PERIOD=2026-10/run-2/a.csv", "x"),
        ("cur/data/BILLING_PERIOD=2026-09/run-1/a.csv", "x"),
        ("a.csv", "x"),
        ("cur/a.csv", "x"),
    ]);
    let manifest = "cur/metadata/BILLING_PERIOD=2026-10/cur-Manifest.json";
    let found = landing.named(manifest, "exports/cur/data/BILLING_PERIOD=2026-10/run-1/a.csv").await.unwrap();
    assert_eq!(found.map(|object| object.key), None);
}
