//! Manifests: the key is the first line.
#![no_main]

use std::collections::BTreeSet;

use dayone_billing_files::manifest::{self, kind_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len());
    let Ok(key) = std::str::from_utf8(&input[..end]) else { return };
    let bytes = input.get(end + 1..).unwrap_or_default();
    let _ = kind_of(key);
    if let Ok(found) = manifest::read(Some("bucket"), key, bytes) {
        let keys: BTreeSet<&str> = found.files.iter().map(|file| file.key.as_str()).collect();
        assert!(!keys.is_empty() && keys.len() == found.files.len(), "each file once, and never none: {found:?}");
        assert!(!found.export.ends_with('/'), "{found:?}");
    }
});
