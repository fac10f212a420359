//! The manifests among the samples, and every file beside them. The samples are not part of the project: the variable
//! `DAYONE_SAMPLES` says where they are.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use dayone_billing_files::manifest::{KeyKind, Manifest, ManifestKind, kind_of, manifest_prefix_of, read};

fn samples() -> Option<PathBuf> {
    let folder = std::env::var_os("DAYONE_SAMPLES").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    if folder.is_none() {
        // The test harness swallows what the printing macros print.
        let _ = writeln!(std::io::stderr(), "\n*** DAYONE_SAMPLES is not set: the sample manifests were LEFT OUT of this run ***\n");
    }
    folder
}

/// The buckets among the samples: their names and what lies in them, by key.
fn buckets(samples: &Path) -> Vec<(String, BTreeMap<String, PathBuf>)> {
    ["deliveries/cur-1.0/mock-cur-bucket", "deliveries/cur-2.0/mock-cur-v2-bucket", "cur-2.0/s3/ha-s3-bucket-1"]
        .iter()
        .map(|path| {
            let folder = samples.join(path);
            let mut found = BTreeMap::new();
            walk(&folder, &folder, &mut found);
            (folder.file_name().unwrap().to_str().unwrap().to_owned(), found)
        })
        .collect()
}

fn walk(root: &Path, folder: &Path, found: &mut BTreeMap<String, PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(root, &path, found);
        } else {
            let key = path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
            found.insert(key, path);
        }
    }
}

#[test]
fn every_sample_manifest_names_the_files_that_lie_beside_it_and_no_other() {
    let Some(samples) = samples() else { return };
    for (bucket, objects) in buckets(&samples) {
        let (manifests, data): (Vec<_>, Vec<_>) = objects.iter().partition(|(key, _)| kind_of(key) == KeyKind::Manifest);
        assert_eq!(manifests.len(), 1, "{bucket}");
        let (key, path) = manifests[0];
        let bytes = std::fs::read(path).unwrap();
        let manifest = read(Some(&bucket), key, &bytes).unwrap();
        assert_eq!(read(None, key, &bytes).unwrap(), manifest);
        let named: Vec<&String> = manifest.files.iter().map(|file| &file.key).collect();
        let lies_there: Vec<&String> = data.iter().map(|(key, _)| *key).collect();
        assert_eq!(named, lies_there, "{bucket}");
        for name in lies_there {
            assert_eq!(kind_of(name), KeyKind::Data);
            assert!(key.starts_with(&manifest_prefix_of(name).unwrap()), "{name}");
        }
        check(&bucket, &manifest);
    }
}

fn check(bucket: &str, manifest: &Manifest) {
    let (kind, export, period, execution) = match bucket {
        "mock-cur-bucket" => (ManifestKind::LegacyCur, "", "2024-01", "123e4567-e89b-12d3-a456-426614174000"),
        "mock-cur-v2-bucket" => (ManifestKind::DataExport, "", "2024-09", "test-exec-id-12345"),
        _ => (ManifestKind::DataExport, "CUR-daily-1.0/ha-project-CUR-daily-1", "2026-04", "04e9e487-79a7-42b1-a680-1de7c660dc8f"),
    };
    assert_eq!((manifest.kind, manifest.export.as_str(), manifest.execution.as_deref()), (kind, export, Some(execution)), "{bucket}");
    assert_eq!(manifest.period, Some(period.parse().unwrap()), "{bucket}");
}
