mod keys;
mod refused;
mod shapes;

use super::{Manifest, read};
use crate::refusal::Refusal;

const FOLDER: &str = "exports/team-a/metadata/BILLING_PERIOD=2026-10/team-a-Manifest.json";
const REPORT: &str = "cur/hourly/20261001-20261101/hourly-Manifest.json";
const RUN: &str = "focus/daily/20261001-20261031/3a9f3d28-8f2f-4a1c-8a56-740bed1165a5/manifest.json";

fn keys_of(manifest: &Manifest) -> Vec<&str> {
    manifest.files.iter().map(|file| file.key.as_str()).collect()
}

fn aws(key: &str, text: &str) -> Result<Manifest, Refusal> {
    read(Some("bills"), key, text.as_bytes())
}
