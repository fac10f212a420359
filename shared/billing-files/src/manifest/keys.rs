//! What keys say: manifests and files by their names, exports and billing periods by their folders.

use std::path::Path;

use chrono::NaiveDate;
use dayone_domain::BillingPeriod;

use super::{KeyKind, RUN_AGAIN};
use crate::is_billing_file_name;
use crate::refusal::Refusal;

/// Most bytes of a key: S3's own limit.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
const MAX_KEY_BYTES: usize = 1_024;

/// Folders in which engines keep what they have not committed, and the one in which a legacy CUR says how far it is.
const NO_DATA: [&str; 4] = ["_temporary", "_delta_log", "_spark_metadata", "cost_and_usage_data_status"];

/// Whether a key is that of a manifest, of a billing file, or of neither.
pub fn kind_of(key: &str) -> KeyKind {
    let (folder, name) = key.rsplit_once('/').unwrap_or(("", key));
    if folder.split('/').chain([name]).any(|part| part.starts_with('.')) || folder.split('/').any(|part| NO_DATA.contains(&part)) {
        return KeyKind::Other;
    }
    let lower = name.to_ascii_lowercase();
    if lower == "manifest.json" || lower == "_manifest.json" || lower.ends_with("-manifest.json") {
        return KeyKind::Manifest;
    }
    if is_billing_file_name(Path::new(name)) { KeyKind::Data } else { KeyKind::Other }
}

/// The prefix under which the manifest of a data file lies, where the layout of its key is that of an export that writes
/// manifests; such a file counts for nothing until a manifest names it. `None` where the file stands for itself.
///
/// - `<export>/data/BILLING_PERIOD=YYYY-MM/…` (AWS Data Exports): `<export>/metadata/`, that of every period, as the name
///   of the partition need not be in the same case;
/// - `<report>/YYYYMMDD-YYYYMMDD/…` (legacy CUR, Azure): up to that folder;
/// - `<prefix>/<report>/<report>/year=YYYY/month=M/…` (legacy CUR as Parquet): `<prefix>/<report>/YYYYMM01-YYYYMM01/`.
///   <https://docs.aws.amazon.com/cur/latest/userguide/cur-ate-manual.html>
pub fn manifest_prefix_of(data_key: &str) -> Option<String> {
    let folders = Folders::of(data_key);
    if let Some(at) = folders.find(|part| after_equals(part, "billing_period").is_some())
        && at > 0
        && folders.parts[at - 1] == "data"
    {
        return Some(format!("{}metadata/", folders.before(at - 1)));
    }
    if let Some(at) = folders.find(|part| range(part).is_some()) {
        return Some(folders.before(at + 1));
    }
    let at = folders.find(|part| after_equals(part, "year").is_some()).filter(|at| *at >= 2)?;
    let period = folders.year_and_month(at)?;
    if folders.parts[at - 1] != folders.parts[at - 2] {
        return None;
    }
    let (from, to) = (period.first_day().format("%Y%m%d"), period.next().first_day().format("%Y%m%d"));
    Some(format!("{}{from}-{to}/", folders.before(at - 1)))
}

/// The key of a file as a manifest names it, with or without a leading `/`: a key has one where the manifest's own key
/// has one (a legacy CUR without a prefix), else none.
pub(super) fn named(name: &str, manifest: &str) -> Result<String, Refusal> {
    let bare = name.trim_start_matches('/');
    let refusal = |reason: &str| Err(Refusal::new(reason, RUN_AGAIN));
    if bare.is_empty() || bare.ends_with('/') {
        return refusal("is a folder, not a file");
    }
    if bare.split('/').any(|part| part == "." || part == "..") {
        return refusal("goes through `.` or `..`, which no key of a delivery does");
    }
    if bare.contains('\\') || bare.chars().any(char::is_control) {
        return refusal("has a backslash or a control character, which no key of a delivery has");
    }
    let slashes = manifest.len() - manifest.trim_start_matches('/').len();
    if slashes + bare.len() > MAX_KEY_BYTES {
        return refusal("is longer than the 1,024 bytes that a key may have");
    }
    Ok(format!("{}{bare}", &manifest[..slashes]))
}

/// The billing period that the folders of a key say: a partition `BILLING_PERIOD=2026-04`, else a range of days within
/// one month (`20260401-20260501`, the end exclusive or inclusive), else partitions `year=2026/month=4`.
pub(super) fn period_in(key: &str) -> Result<Option<BillingPeriod>, Refusal> {
    let folders = Folders::of(key);
    if let Some(at) = folders.find(|part| after_equals(part, "billing_period").is_some()) {
        let value = after_equals(folders.parts[at], "billing_period").unwrap_or_default();
        let refusal = || {
            let reason = "is no billing period written as `BILLING_PERIOD=2026-04`";
            Refusal::new(reason, "leave the folders as the export wrote them").column("billing_period").value(value)
        };
        return value.parse().map(Some).map_err(|_| refusal());
    }
    if let Some(at) = folders.find(|part| range(part).is_some()) {
        return Ok(range(folders.parts[at]).and_then(|(from, to)| whole_month(from, to)));
    }
    Ok(folders.find(|part| after_equals(part, "year").is_some()).and_then(|at| folders.year_and_month(at)))
}

/// The month of a date in ISO 8601, basic or extended, with or without a time.
pub(super) fn month_of(date: &str) -> Option<BillingPeriod> {
    let day = date.split(['T', ' ']).next().unwrap_or_default();
    let day = NaiveDate::parse_from_str(day, "%Y-%m-%d").ok().or_else(|| basic_date(day))?;
    Some(BillingPeriod::containing(day.into()))
}

/// What lies before `/metadata/BILLING_PERIOD=…/`; without these folders, the manifest's own folder.
pub(super) fn data_export_of(key: &str) -> String {
    let folders = Folders::of(key);
    let at = folders.find(|part| part == "metadata").unwrap_or(folders.parts.len());
    folders.joined(at)
}

/// What lies before the range of days; without one, the manifest's own folder.
pub(super) fn ranged_export_of(key: &str) -> String {
    let folders = Folders::of(key);
    let at = folders.find(|part| range(part).is_some()).unwrap_or(folders.parts.len());
    folders.joined(at)
}

/// The folders without range, time and run. Azure has written `<export>/<range>/<run>` and `<range>/<export>/<time>/<run>`.
pub(super) fn azure_export_of(key: &str) -> String {
    let mut folders = Folders::of(key);
    if folders.parts.last().is_some_and(|part| is_run(part)) {
        folders.parts.pop();
    }
    if folders.parts.last().is_some_and(|part| part.len() == 12 && all_digits(part)) {
        folders.parts.pop();
    }
    if let Some(at) = folders.find(|part| range(part).is_some()) {
        folders.parts.remove(at);
    }
    folders.joined(folders.parts.len())
}

/// The folder of a key with the `/` at its end; empty for a key without.
pub(super) fn folder_of(key: &str) -> &str {
    key.rfind('/').map_or("", |at| &key[..=at])
}

/// The prefix that the keys in a folder have.
pub(super) fn as_folder(folder: &str) -> String {
    if folder.is_empty() { String::new() } else { format!("{folder}/") }
}

/// The folders of a key, without its name.
struct Folders<'a> {
    parts: Vec<&'a str>,
}

impl<'a> Folders<'a> {
    fn of(key: &'a str) -> Folders<'a> {
        let folder = folder_of(key);
        Folders { parts: folder.strip_suffix('/').map_or_else(Vec::new, |folder| folder.split('/').collect()) }
    }

    /// The last folder of this kind: prefixes are people's, what lies below is the export's.
    fn find(&self, is: impl Fn(&str) -> bool) -> Option<usize> {
        self.parts.iter().rposition(|part| is(part))
    }

    /// The first folders, without a `/` at the end.
    fn joined(&self, count: usize) -> String {
        self.parts[..count].join("/")
    }

    /// The first folders, each with its `/`.
    fn before(&self, count: usize) -> String {
        self.parts[..count].iter().flat_map(|part| [part, "/"]).collect()
    }

    fn year_and_month(&self, at: usize) -> Option<BillingPeriod> {
        let year = after_equals(self.parts[at], "year")?;
        let month = after_equals(self.parts.get(at + 1)?, "month")?;
        if !all_digits(year) || !all_digits(month) {
            return None;
        }
        BillingPeriod::try_new(year.parse().ok()?, month.parse().ok()?).ok()
    }
}

/// `2026-04` of `BILLING_PERIOD=2026-04`; AWS writes the name of the column in upper and in lower case.
fn after_equals<'a>(part: &'a str, name: &str) -> Option<&'a str> {
    part.split_once('=').filter(|(column, _)| column.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// First and last day of `YYYYMMDD-YYYYMMDD`.
fn range(part: &str) -> Option<(NaiveDate, NaiveDate)> {
    let (from, to) = part.split_once('-')?;
    let (from, to) = (basic_date(from)?, basic_date(to)?);
    (from <= to).then_some((from, to))
}

/// The month that all days are in, or `None`. A last day that is the first of the next month is exclusive.
fn whole_month(from: NaiveDate, to: NaiveDate) -> Option<BillingPeriod> {
    let period = BillingPeriod::containing(from.into());
    (to <= period.next().first_day()).then_some(period)
}

fn basic_date(text: &str) -> Option<NaiveDate> {
    if text.len() != 8 || !all_digits(text) {
        return None;
    }
    NaiveDate::parse_from_str(text, "%Y%m%d").ok().filter(|day| *day >= FIRST_DAY)
}

/// Before it no cloud billed; what looks like an earlier date is something else.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).expect("INVARIANT: the first of January is a day");

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether it is a UUID, by which Azure names its runs.
fn is_run(part: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let mut groups = part.split('-');
    lengths
        .into_iter()
        .all(|length| groups.next().is_some_and(|group| group.len() == length && group.bytes().all(|byte| byte.is_ascii_hexdigit())))
        && groups.next().is_none()
}
