//! What the fuzz targets begin with, a folder for each.

use std::fs;
use std::path::Path;

use dayone_mutation::mutation::VALUES;
use dayone_mutation::seeds::{self, Body};

/// Columns of the seeds `focus` and `cur-2` whose values the targets of these names begin with: dates and costs.
const PLACES: [(&str, &[u8], &[u8]); 2] = [("focus", b"", &[7, 12, 13, 16]), ("cur", b"\0", &[4, 12, 13, 15])];

/// Tags as exports write them, and as they do not.
const TAGS: [&str; 5] =
    [r#"{"team":"checkout","env":"prod"}"#, r#"{"a":1.10,"b":true,"c":null,"d":{"e":[1]}}"#, r#"{"a":"x","a":"y"}"#, r#"["a"]"#, "{"];

const MANIFESTS: [(&str, &str, &str); 4] = [
    (
        "data-export",
        "exports/payer/metadata/BILLING_PERIOD=2026-04/payer-Manifest.json",
        r#"{"executionId":"e-1","dataFiles":["s3://bucket/exports/payer/data/BILLING_PERIOD=2026-04/payer-00001.snappy.parquet"]}"#,
    ),
    (
        "legacy-cur",
        "reports/payer/20260401-20260501/payer-Manifest.json",
        r#"{"assemblyId":"a-1","billingPeriod":{"start":"20260401T000000.000Z","end":"20260501T000000.000Z"},"reportKeys":["/reports/payer/20260401-20260501/a-1/payer-1.csv.gz"],"additionalArtifactKeys":[]}"#,
    ),
    (
        "azure",
        "exports/focus/20260401-20260430/run/manifest.json",
        r#"{"manifestVersion":"2024-04-01","blobCount":1,"blobs":[{"blobName":"exports/focus/20260401-20260430/run/part_0_0001.csv.gz","byteCount":12}],"runInfo":{"startDate":"2026-04-01T00:00:00","endDate":"2026-04-30T00:00:00"}}"#,
    ),
    ("nothing", "a/b/manifest.json", "{}"),
];

/// Writes them below a folder.
pub fn write(folder: &Path) -> Result<(), String> {
    for seed in seeds::all() {
        for (name, bytes) in seed.files() {
            let target = match &seed.body {
                Body::Cube(_) => "cube_bytes",
                Body::Parquet { .. } => "parquet",
                Body::Text(_) if name.ends_with("Plain") => "csv",
                Body::Text(_) => "read_any",
            };
            put(folder, target, &name, &bytes)?;
        }
    }
    for (target, head, places) in PLACES {
        for (number, value) in VALUES.iter().enumerate() {
            let place = &places[number % places.len()..][..1];
            put(folder, target, &format!("value-{number}"), &[head, place, value, b"\xff\xff"].concat())?;
        }
    }
    for (number, tags) in TAGS.iter().enumerate() {
        put(folder, "tags", &format!("tags-{number}"), tags.as_bytes())?;
    }
    for (name, key, text) in MANIFESTS {
        put(folder, "manifest", name, format!("{key}\n{text}").as_bytes())?;
    }
    Ok(())
}

fn put(folder: &Path, target: &str, name: &str, bytes: &[u8]) -> Result<(), String> {
    let folder = folder.join(target);
    fs::create_dir_all(&folder).map_err(|error| format!("`{}` cannot be made: {error}", folder.display()))?;
    let path = folder.join(name);
    fs::write(&path, bytes).map_err(|error| format!("`{}` cannot be written: {error}", path.display()))
}
