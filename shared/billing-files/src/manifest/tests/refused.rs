//! Every refusal, by file, part, value and reason; and that nothing else is one.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::super::{ManifestLimits, kind_of, manifest_prefix_of, read, read_within};
use super::{FOLDER, REPORT, RUN, aws, keys_of};

/// Key, manifest, and of its refusal: part, value, a piece of the reason.
type Case<'a> = (&'a str, &'a str, Option<&'a str>, Option<&'a str>, &'a str);

fn check(cases: &[Case<'_>]) {
    for (key, text, column, value, reason) in cases {
        let refusal = aws(key, text).expect_err(text);
        assert_eq!((&*refusal.file, refusal.column.as_deref(), refusal.value.as_deref()), (*key, *column, *value), "{text}");
        assert!(refusal.reason.contains(reason), "{text}: {refusal}");
        assert!(!refusal.what_to_do.is_empty() && !refusal.retryable, "{refusal}");
    }
}

#[test]
fn what_is_no_manifest_is_refused() {
    check(&[
        (FOLDER, "", None, None, "is empty"),
        (FOLDER, " \n", None, None, "is empty"),
        (FOLDER, "[]", None, None, "no JSON object"),
        (FOLDER, "<?xml?>", None, None, "no JSON object"),
        (FOLDER, "{", None, None, "no JSON that can be read"),
        (FOLDER, r#"{"dataFiles":["#, None, None, "no JSON that can be read"),
        (FOLDER, r#"{"dataFiles":[]} {}"#, None, None, "no JSON that can be read"),
        (FOLDER, r#"{"dataFiles":[],"dataFiles":[]}"#, None, None, "duplicate field"),
        (FOLDER, "{}", None, None, "neither dataFiles nor reportKeys nor blobs"),
        (FOLDER, r#"{"dataFiles":[],"reportKeys":[]}"#, None, None, "in more than one way"),
        (FOLDER, r#"{"dataFiles":[],"blobs":[]}"#, None, None, "in more than one way"),
    ]);
    assert!(read(None, FOLDER, b"{\"\xff\":1}").unwrap_err().reason.contains("UTF-8"));
}

#[test]
fn a_part_of_another_type_is_refused_by_name() {
    check(&[
        (FOLDER, r#"{"dataFiles":"a"}"#, Some("dataFiles"), Some("\"a\""), "must be a list"),
        (FOLDER, r#"{"dataFiles":{"a":1}}"#, Some("dataFiles"), Some("{\"a\":1}"), "must be a list"),
        (FOLDER, r#"{"dataFiles":[7]}"#, Some("dataFiles[0]"), Some("7"), "must be a text"),
        (FOLDER, r#"{"dataFiles":["exports/team-a/a.csv",null]}"#, Some("dataFiles[1]"), Some("null"), "must be a text"),
        (FOLDER, r#"{"executionId":7,"dataFiles":["exports/team-a/a.csv"]}"#, Some("executionId"), Some("7"), "must be a text"),
        (REPORT, r#"{"reportKeys":7}"#, Some("reportKeys"), Some("7"), "must be a list"),
        (REPORT, r#"{"reportKeys":[{}]}"#, Some("reportKeys[0]"), Some("{}"), "must be a text"),
        (REPORT, r#"{"bucket":[],"reportKeys":[]}"#, Some("bucket"), Some("[]"), "must be a text"),
        (REPORT, r#"{"assemblyId":{},"reportKeys":["cur/hourly/a.csv"]}"#, Some("assemblyId"), Some("{}"), "must be a text"),
        (REPORT, r#"{"billingPeriod":"2026-10","reportKeys":[]}"#, Some("billingPeriod"), Some("\"2026-10\""), "must be an object"),
        (REPORT, r#"{"billingPeriod":["20261001"],"reportKeys":[]}"#, Some("billingPeriod"), Some("[\"20261001\"]"), "must be an object"),
        (REPORT, r#"{"billingPeriod":{"start":1},"reportKeys":[]}"#, Some("billingPeriod.start"), Some("1"), "must be a text"),
        (RUN, r#"{"blobs":{}}"#, Some("blobs"), Some("{}"), "must be a list"),
        (RUN, r#"{"blobs":["part.csv"]}"#, Some("blobs[0]"), Some("\"part.csv\""), "must be an object"),
        (RUN, r#"{"blobs":[{}]}"#, Some("blobs[0].blobName"), None, "is missing"),
        (RUN, r#"{"blobs":[{"blobName":1}]}"#, Some("blobs[0].blobName"), Some("1"), "must be a text"),
        (RUN, r#"{"blobs":[{"blobName":"a.csv","byteCount":-1}]}"#, Some("blobs[0].byteCount"), Some("-1"), "must be a whole number"),
        (RUN, r#"{"blobs":[{"blobName":"a.csv","blobName":"b.csv"}]}"#, Some("blobs[0]"), None, "duplicate field"),
        (RUN, r#"{"blobCount":"1","blobs":[]}"#, Some("blobCount"), Some("\"1\""), "must be a whole number"),
        (RUN, r#"{"exportConfig":7,"blobs":[]}"#, Some("exportConfig"), Some("7"), "must be an object"),
        (RUN, r#"{"exportConfig":{"type":7},"blobs":[]}"#, Some("exportConfig.type"), Some("7"), "must be a text"),
        (RUN, r#"{"deliveryConfig":{"fileFormat":7},"blobs":[]}"#, Some("deliveryConfig.fileFormat"), Some("7"), "must be a text"),
        (RUN, r#"{"runInfo":[],"blobs":[]}"#, Some("runInfo"), Some("[]"), "must be an object"),
        (RUN, r#"{"runInfo":{"runId":7},"blobs":[{"blobName":"a.csv"}]}"#, Some("runInfo.runId"), Some("7"), "must be a text"),
    ]);
}

#[test]
fn a_manifest_that_names_no_file_or_not_all_is_refused() {
    check(&[
        (FOLDER, r#"{"dataFiles":[]}"#, Some("dataFiles"), None, "names no file"),
        (REPORT, r#"{"reportKeys":[]}"#, Some("reportKeys"), None, "names no file"),
        (RUN, r#"{"blobs":[]}"#, Some("blobs"), None, "names no file"),
        (RUN, r#"{"blobCount":2,"blobs":[{"blobName":"a.csv"}]}"#, Some("blobCount"), Some("2"), "not the number of blobs"),
    ]);
}

#[test]
fn a_file_outside_of_the_bucket_or_the_export_is_refused() {
    let one = |name: &str| format!(r#"{{"dataFiles":["{name}"]}}"#);
    let long = format!("exports/team-a/{}.csv", "x".repeat(1_024));
    let shown = format!("exports/team-a/{}…", "x".repeat(65));
    for (name, value, reason) in [
        ("s3://other/exports/team-a/a.csv", "s3://other/exports/team-a/a.csv", "not in the bucket `bills`"),
        ("https://bills/exports/team-a/a.csv", "https://bills/exports/team-a/a.csv", "no object of S3"),
        ("s3://bills", "s3://bills", "no object of S3"),
        ("s3://bills/", "s3://bills/", "is a folder"),
        ("s3://bills/exports/team-a/", "s3://bills/exports/team-a/", "is a folder"),
        ("", "", "is a folder"),
        ("s3://bills/exports/team-b/a.csv", "s3://bills/exports/team-b/a.csv", "outside of the export"),
        ("s3://bills/exports/team-a-b/a.csv", "s3://bills/exports/team-a-b/a.csv", "outside of the export"),
        ("exports/team-a/../team-b/a.csv", "exports/team-a/../team-b/a.csv", "`..`"),
        ("exports/team-a/./a.csv", "exports/team-a/./a.csv", "`..`"),
        ("exports/team-a/..\\\\a.csv", "exports/team-a/..\\a.csv", "a backslash"),
        ("exports/team-a/\\u0000a.csv", "exports/team-a/\0a.csv", "a control character"),
        (&long, &shown, "1,024 bytes"),
    ] {
        check(&[(FOLDER, &one(name), Some("dataFiles[0]"), Some(value), reason)]);
    }
    let two = r#"{"dataFiles":["s3://one/exports/team-a/a.csv","s3://two/exports/team-a/b.csv"]}"#;
    assert_eq!(read(None, FOLDER, two.as_bytes()).unwrap_err().column.as_deref(), Some("dataFiles[1]"));
    check(&[
        (REPORT, r#"{"bucket":"other","reportKeys":[]}"#, Some("bucket"), Some("other"), "not the bucket that the manifest lies in"),
        (REPORT, r#"{"reportKeys":["cur/daily/a.csv"]}"#, Some("reportKeys[0]"), Some("cur/daily/a.csv"), "outside of the export"),
        (RUN, r#"{"blobs":[{"blobName":"a/b.csv"}]}"#, Some("blobs[0].blobName"), Some("a/b.csv"), "outside of the export"),
        (RUN, r#"{"blobs":[{"blobName":"a/../b.csv"}]}"#, Some("blobs[0].blobName"), Some("a/../b.csv"), "`..`"),
    ]);
}

#[test]
fn periods_that_contradict_each_other_are_refused() {
    let bad = "e/metadata/BILLING_PERIOD=2026-1/e-Manifest.json";
    check(&[
        (bad, r#"{"dataFiles":["e/a.csv"]}"#, Some("billing_period"), Some("2026-1"), "no billing period"),
        (
            FOLDER,
            r#"{"dataFiles":["exports/team-a/data/BILLING_PERIOD=2026-09/a.csv"]}"#,
            Some("dataFiles[0]"),
            Some("exports/team-a/data/BILLING_PERIOD=2026-09/a.csv"),
            "is of the billing period 2026-09, and the manifest of 2026-10",
        ),
        (
            REPORT,
            r#"{"reportKeys":["cur/hourly/hourly/year=2026/month=9/a.parquet"]}"#,
            Some("reportKeys[0]"),
            Some("cur/hourly/hourly/year=2026/month=9/a.parquet"),
            "is of the billing period 2026-09",
        ),
        (
            REPORT,
            r#"{"billingPeriod":{"start":"20260901T000000.000Z"},"reportKeys":[]}"#,
            Some("billingPeriod.start"),
            Some("20260901T000000.000Z"),
            "manifest's path, 2026-10",
        ),
        (REPORT, r#"{"billingPeriod":{"start":"soon"},"reportKeys":[]}"#, Some("billingPeriod.start"), Some("soon"), "must be a date"),
        ("p/manifest.json", r#"{"runInfo":{"startDate":"x"},"blobs":[]}"#, Some("runInfo.startDate"), Some("x"), "must be a date"),
    ]);
}

#[test]
fn azure_exports_of_other_things_are_refused_as_what_they_are() {
    for (kind, reason) in [
        ("ActualCost", "of costs in Azure's own columns"),
        ("AmortizedCost", "of costs in Azure's own columns"),
        ("Usage", "of costs in Azure's own columns"),
        ("PriceSheet", "of prices"),
        ("Pricesheet", "of prices"),
        ("ReservationDetails", "of the use of reservations"),
        ("ReservationTransactions", "of purchases of reservations"),
        ("ReservationRecommendations", "of recommendations"),
        ("Carbon", "of a type that is not read"),
    ] {
        let text = format!(r#"{{"exportConfig":{{"type":"{kind}"}},"blobs":[{{"blobName":"a.csv"}}]}}"#);
        check(&[(RUN, &text, Some("exportConfig.type"), Some(kind), reason)]);
    }
    assert!(aws(RUN, r#"{"exportConfig":{"type":"focuscost"},"blobs":[{"blobName":"a.csv"}]}"#).is_ok());
}

#[test]
fn a_manifest_beyond_a_limit_is_refused_by_name_of_the_limit() {
    let within = |limits: &ManifestLimits, text: &str| read_within(limits, None, FOLDER, text.as_bytes());
    let text = r#"{"dataFiles":["exports/team-a/a.csv","exports/team-a/b.csv"],"x":[[["{[{["]]]}"#;
    let exactly = ManifestLimits { bytes: text.len(), files: 2, depth: 4 };
    assert_eq!(within(&exactly, text).unwrap().files.len(), 2);
    for (limits, reason) in [
        (ManifestLimits { bytes: text.len() - 1, ..exactly }, format!("no more than {} of a manifest", text.len() - 1)),
        (ManifestLimits { files: 1, ..exactly }, "names more than 1 files".to_owned()),
        (ManifestLimits { depth: 3, ..exactly }, "more than 3 objects and lists".to_owned()),
    ] {
        let refusal = within(&limits, text).unwrap_err();
        assert!(refusal.reason.contains(&reason), "{refusal}");
    }
    let deep = format!(r#"{{"x":{}1{},"dataFiles":["exports/team-a/a.csv"]}}"#, "[".repeat(1 << 20), "]".repeat(1 << 20));
    assert!(aws(FOLDER, &deep).unwrap_err().reason.contains("more than 64 objects"));
    let many = format!(r#"{{"dataFiles":[{}"exports/team-a/a.csv"]}}"#, r#""exports/team-a/a.csv","#.repeat(100_000));
    assert!(aws(FOLDER, &many).unwrap_err().reason.contains("more than 100000 files"));
}

/// A manifest of each kind, with its key.
fn samples() -> [(&'static str, Value); 3] {
    [
        (FOLDER, json!({"executionId": "e", "dataFiles": ["s3://bills/exports/team-a/a.csv", "exports/team-a/b.csv"]})),
        (
            REPORT,
            json!({"assemblyId": "a", "bucket": "bills", "billingPeriod": {"start": "20261001"}, "reportKeys": ["/cur/hourly/a.csv"]}),
        ),
        (
            RUN,
            json!({"blobCount": 1, "exportConfig": {"type": "FocusCost"}, "deliveryConfig": {"fileFormat": "Csv"},
                "runInfo": {"runId": "r"}, "blobs": [{"blobName": "a.csv", "byteCount": 7}]}),
        ),
    ]
}

/// Adds keys to every object.
fn enlarge(value: &mut Value, more: &[(String, Value)]) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(|value| enlarge(value, more));
            object.extend(more.iter().map(|(key, value)| (format!("x-{key}"), value.clone())));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| enlarge(value, more)),
        _ => {}
    }
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf =
        prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), any::<i64>().prop_map(Value::from), ".*".prop_map(Value::from)];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((".*", inner), 0..4).prop_map(|parts| Value::from(parts.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

proptest! {
    #[test]
    fn unknown_keys_anywhere_change_nothing(more in prop::collection::vec((".*", anything()), 0..4)) {
        for (key, plain) in samples() {
            let mut enlarged = plain.clone();
            enlarge(&mut enlarged, &more);
            prop_assert_eq!(aws(key, &enlarged.to_string()).unwrap(), aws(key, &plain.to_string()).unwrap());
        }
    }

    #[test]
    fn nothing_panics_whatever_the_bytes_and_the_key(key in "\\PC*|([a/=.0-9_-]|data|year=|month=|BILLING_PERIOD=){0,12}",
        bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(None, &key, &bytes);
        let _ = kind_of(&key);
        let _ = manifest_prefix_of(&key);
    }

    #[test]
    fn a_damaged_manifest_never_names_what_it_may_not(sample in 0..3_usize, at in any::<prop::sample::Index>(), byte in any::<u8>(),
        key in "[a-z/=0-9-]{0,40}|[/a]{0,3}metadata/BILLING_PERIOD=2026-10/a") {
        let (own, manifest) = &samples()[sample];
        let mut bytes = manifest.to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        for key in [own, key.as_str()] {
            if let Ok(manifest) = read(Some("bills"), key, &bytes) {
                prop_assert!(!manifest.files.is_empty());
                prop_assert!(keys_of(&manifest).iter().all(|key| !key.is_empty() && !key.split('/').any(|part| part == "..")));
            }
        }
    }
}
