//! Manifests of Azure Cost Management exports, of which two shapes exist:
//!
//! - `_manifest.json` of a partitioned export: `manifestVersion`, `blobCount`, `blobs`
//!   (<https://learn.microsoft.com/azure/cost-management-billing/costs/tutorial-export-acm-data#partitioning-output>);
//! - `manifest.json`, which says beside `blobs` what was exported (`exportConfig`), how (`deliveryConfig`) and when
//!   (`runInfo`), with `manifestVersion` and totals in newer versions of the API
//!   (<https://learn.microsoft.com/cloud-computing/finops/toolkit/hubs/data-processing#about-exports>).
//!
//! The files lie beside their manifest. Their names may be those in the container, may carry the container in front,
//! and may be bare; the container may have been copied under a prefix of the bucket. So the folder of the manifest says
//! where they are, and their names only have to agree with it.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::document::{self, Document};
use super::{Files, Manifest, ManifestKind, RUN_AGAIN, keys};
use crate::refusal::Refusal;

#[derive(Deserialize)]
struct ExportConfig<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryConfig<'a> {
    #[serde(borrow)]
    compression_mode: Option<&'a RawValue>,
    #[serde(borrow)]
    file_format: Option<&'a RawValue>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RunInfo<'a> {
    #[serde(borrow)]
    run_id: Option<&'a RawValue>,
    #[serde(borrow)]
    start_date: Option<&'a RawValue>,
    #[serde(borrow)]
    end_date: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Blob<'a> {
    #[serde(borrow)]
    blob_name: Option<&'a RawValue>,
    #[serde(borrow)]
    byte_count: Option<&'a RawValue>,
}

pub(super) fn export(document: &Document<'_>, entries: &[&RawValue], key: &str) -> Result<Manifest, Refusal> {
    costs_only(document)?;
    complete(document, entries.len())?;
    let sized = is_plain_text(document)?;
    let run = document::object::<RunInfo<'_>>(document.run_info, "runInfo")?.unwrap_or_default();
    let period = match keys::period_in(key)? {
        Some(period) => Some(period),
        None => run_period(&run)?,
    };
    let folder = keys::folder_of(key);
    let mut files = Files::new(key, folder, period);
    for (place, raw) in entries.iter().enumerate() {
        let column = format!("blobs[{place}]");
        let blob: Blob<'_> = document::required_object(raw, &column)?;
        let column = format!("{column}.blobName");
        let Some(name) = document::text(blob.blob_name, &column)? else {
            return Err(Refusal::new("is missing", RUN_AGAIN).column(&column));
        };
        let bytes = document::count(blob.byte_count, &format!("blobs[{place}].byteCount"))?.filter(|_| sized);
        let added = keys::named(&name, key).and_then(|_| files.add(&beside(&name, folder), bytes));
        added.map_err(|refusal| refusal.column(&column).value(&name))?;
    }
    Ok(Manifest {
        kind: ManifestKind::Azure,
        export: keys::azure_export_of(key),
        period,
        files: files.finish("blobs")?,
        execution: document::text(run.run_id, "runInfo.runId")?,
    })
}

/// Refuses exports of other things by what they are.
/// <https://learn.microsoft.com/rest/api/cost-management/exports/create-or-update#exporttype>
fn costs_only(document: &Document<'_>) -> Result<(), Refusal> {
    let Some(config) = document::object::<ExportConfig<'_>>(document.export_config, "exportConfig")? else { return Ok(()) };
    let Some(kind) = document::text(config.kind, "exportConfig.type")? else { return Ok(()) };
    let not_charges = "leave it out, and hand over the export of type FocusCost";
    let (what, what_to_do) = match kind.to_ascii_lowercase().as_str() {
        "focuscost" => return Ok(()),
        "actualcost" | "amortizedcost" | "usage" => (
            "of costs in Azure's own columns, which are not read",
            "create an export of `Cost and usage details (FOCUS)` in Azure Cost Management, and hand over its files",
        ),
        "pricesheet" => ("of prices, not of charges", not_charges),
        "reservationdetails" => ("of the use of reservations, not of charges", not_charges),
        "reservationtransactions" => ("of purchases of reservations, which the export of charges has, too", not_charges),
        "reservationrecommendations" => ("of recommendations, not of charges", not_charges),
        _ => ("of a type that is not read", not_charges),
    };
    Err(Refusal::new(format!("is the manifest of an Azure export {what}"), what_to_do).column("exportConfig.type").value(&kind))
}

/// A manifest that names fewer files than it counts would make a bill too small.
fn complete(document: &Document<'_>, entries: usize) -> Result<(), Refusal> {
    match document::count(document.blob_count, "blobCount")? {
        Some(count) if count != entries as u64 => {
            let reason = format!("is not the number of blobs that the manifest names, {entries}");
            Err(Refusal::new(reason, RUN_AGAIN).column("blobCount").value(&count.to_string()))
        }
        _ => Ok(()),
    }
}

/// Whether sizes are those of the files: which one is meant where they are compressed is not documented.
fn is_plain_text(document: &Document<'_>) -> Result<bool, Refusal> {
    let Some(config) = document::object::<DeliveryConfig<'_>>(document.delivery_config, "deliveryConfig")? else { return Ok(true) };
    let compression = document::text(config.compression_mode, "deliveryConfig.compressionMode")?;
    let format = document::text(config.file_format, "deliveryConfig.fileFormat")?;
    let is = |text: Option<String>, value: &str| text.is_none_or(|text| text.eq_ignore_ascii_case(value));
    Ok(is(compression, "None") && is(format, "Csv"))
}

/// The month that the run's days are all in.
fn run_period(run: &RunInfo<'_>) -> Result<Option<dayone_domain::BillingPeriod>, Refusal> {
    let mut months = [None; 2];
    for ((raw, column), month) in [(run.start_date, "runInfo.startDate"), (run.end_date, "runInfo.endDate")].into_iter().zip(&mut months) {
        let Some(date) = document::text(raw, column)? else { return Ok(None) };
        *month = keys::month_of(&date);
        if month.is_none() {
            return Err(Refusal::new("must be a date written as `2026-04-01T00:00:00`", RUN_AGAIN).column(column).value(&date));
        }
    }
    Ok(months[0].filter(|_| months[0] == months[1]))
}

/// The key of a blob: in the manifest's `folder` (empty, or with a `/` at its end), where its name agrees with that.
fn beside(name: &str, folder: &str) -> String {
    if name.starts_with(folder) {
        return name.to_owned();
    }
    let (within, file) = name.trim_start_matches('/').rsplit_once('/').unwrap_or(("", name.trim_start_matches('/')));
    let own = folder.trim_matches('/');
    if ends_with_folder(own, within) || ends_with_folder(within, own) { format!("{folder}{file}") } else { name.to_owned() }
}

/// Whether a path ends with these folders; with none it always does.
fn ends_with_folder(path: &str, folders: &str) -> bool {
    folders.is_empty() || path.strip_suffix(folders).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}
