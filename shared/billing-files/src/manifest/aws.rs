//! Manifests of AWS: Data Exports and the Cost and Usage Reports before them.

use dayone_domain::BillingPeriod;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::document::{self, Document};
use super::{Files, Manifest, ManifestKind, RUN_AGAIN, keys};
use crate::refusal::Refusal;

const OF_ANOTHER_BUCKET: &str = "let the export write into the bucket that is read; of a copied bucket, say that it is one";

/// Neither period nor number of rows is in it; the period is in its path. The keys in its URIs are as they are, not
/// percent-encoded: `s3://bucket/prefix/export/data/BILLING_PERIOD=2026-04/2026-04-16T15:24:15.653Z-04e9e487-…/…`.
pub(super) fn data_export(document: &Document<'_>, entries: Vec<&RawValue>, bucket: Option<&str>, key: &str) -> Result<Manifest, Refusal> {
    let export = keys::data_export_of(key);
    let period = keys::period_in(key)?;
    let root = keys::as_folder(&export);
    let mut files = Files::new(key, &root, period);
    let mut bucket = bucket.map(str::to_owned);
    for (place, raw) in entries.into_iter().enumerate() {
        let uri = document::required_text(raw, &column("dataFiles", place))?;
        named(&uri, &mut bucket).and_then(|name| files.add(name, None)).map_err(|refusal| about(refusal, "dataFiles", place, &uri))?;
    }
    Ok(Manifest {
        kind: ManifestKind::DataExport,
        files: files.finish("dataFiles")?,
        execution: document::text(document.execution_id, "executionId")?,
        export,
        period,
    })
}

/// The key that a URI names. `bucket` is the bucket of all URIs, and the first one says which where nobody else does.
fn named<'u>(uri: &'u str, bucket: &mut Option<String>) -> Result<&'u str, Refusal> {
    let Some((scheme, path)) = uri.split_once("://") else { return Ok(uri) };
    let Some((in_bucket, key)) = path.split_once('/').filter(|_| scheme.eq_ignore_ascii_case("s3")) else {
        return Err(Refusal::new("is no object of S3, written as `s3://bucket/key`", RUN_AGAIN));
    };
    let bucket = bucket.get_or_insert_with(|| in_bucket.to_owned());
    if bucket != in_bucket {
        return Err(Refusal::new(format!("is not in the bucket `{bucket}`, the manifest's own"), OF_ANOTHER_BUCKET));
    }
    Ok(key)
}

#[derive(Deserialize)]
struct Period<'a> {
    #[serde(borrow)]
    start: Option<&'a RawValue>,
}

/// `additionalArtifactKeys` and `additionalArtifacts` name statements for databases, no charges.
pub(super) fn legacy_cur(document: &Document<'_>, entries: Vec<&RawValue>, bucket: Option<&str>, key: &str) -> Result<Manifest, Refusal> {
    let said = document::text(document.bucket, "bucket")?;
    if let (Some(bucket), Some(said)) = (bucket, &said)
        && bucket != said
    {
        let reason = format!("is not the bucket that the manifest lies in (`{bucket}`)");
        return Err(Refusal::new(reason, OF_ANOTHER_BUCKET).column("bucket").value(said));
    }
    let export = keys::ranged_export_of(key);
    let period = one_period(keys::period_in(key)?, document)?;
    let root = keys::as_folder(&export);
    let mut files = Files::new(key, &root, period);
    for (place, raw) in entries.into_iter().enumerate() {
        let name = document::required_text(raw, &column("reportKeys", place))?;
        files.add(&name, None).map_err(|refusal| about(refusal, "reportKeys", place, &name))?;
    }
    Ok(Manifest {
        kind: ManifestKind::LegacyCur,
        files: files.finish("reportKeys")?,
        execution: document::text(document.assembly_id, "assemblyId")?,
        export,
        period,
    })
}

/// The period of the path, else of the manifest (`20180301T000000.000Z`); both have to be the same.
fn one_period(of_path: Option<BillingPeriod>, document: &Document<'_>) -> Result<Option<BillingPeriod>, Refusal> {
    let Some(period) = document::object::<Period<'_>>(document.billing_period, "billingPeriod")? else { return Ok(of_path) };
    let Some(start) = document::text(period.start, "billingPeriod.start")? else { return Ok(of_path) };
    let refusal = |reason: String| Err(Refusal::new(reason, RUN_AGAIN).column("billingPeriod.start").value(&start));
    match (of_path, keys::month_of(&start)) {
        (_, None) => refusal("must be a date written as `20180301T000000.000Z`".to_owned()),
        (Some(path), Some(said)) if path != said => refusal(format!("is not in the billing period of the manifest's path, {path}")),
        (_, said) => Ok(said),
    }
}

fn column(list: &str, place: usize) -> String {
    format!("{list}[{place}]")
}

fn about(refusal: Refusal, list: &str, place: usize, value: &str) -> Refusal {
    refusal.column(&column(list, place)).value(value)
}
