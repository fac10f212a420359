//! Every shape of a manifest, and what it says.

use super::super::{Manifest, ManifestKind, NamedFile, read};
use super::{FOLDER, REPORT, RUN, aws, keys_of};

#[test]
fn a_data_export_that_overwrites_its_files() {
    let manifest = aws(
        FOLDER,
        r#"{"executionId":"04e9e487","exportArn":"arn:aws:bcm-data-exports:us-east-1:111122223333:export/team-a",
            "columns":[{"name":"bill_bill_type","type":"string"}],
            "dataFiles":["s3://bills/exports/team-a/data/BILLING_PERIOD=2026-10/team-a-00001.snappy.parquet",
                         "s3://bills/exports/team-a/data/BILLING_PERIOD=2026-10/team-a-00002.snappy.parquet"]}"#,
    );
    let file = |name: &str| NamedFile { key: format!("exports/team-a/data/BILLING_PERIOD=2026-10/{name}"), etag: None, bytes: None };
    let expected = Manifest {
        kind: ManifestKind::DataExport,
        export: "exports/team-a".to_owned(),
        period: Some("2026-10".parse().unwrap()),
        files: vec![file("team-a-00001.snappy.parquet"), file("team-a-00002.snappy.parquet")],
        execution: Some("04e9e487".to_owned()),
    };
    assert_eq!(manifest.unwrap(), expected);
}

#[test]
fn a_data_export_with_a_new_folder_for_each_execution_whose_keys_are_not_encoded() {
    let key = "exports/a b+c/data/BILLING_PERIOD=2026-10/2026-11-01T02:03:04.567Z-04e9%20/a b+c-00001.csv.gz";
    let own = "exports/a b+c/metadata/BILLING_PERIOD=2026-10/a b+c-Manifest.json";
    let manifest = aws(own, &format!(r#"{{"dataFiles":["s3://bills/{key}"]}}"#)).unwrap();
    assert_eq!(keys_of(&manifest), [key]);
    assert_eq!((manifest.export.as_str(), manifest.execution), ("exports/a b+c", None));
}

#[test]
fn a_partition_may_be_in_lower_case_and_an_export_in_the_root() {
    let manifest = aws(
        "metadata/billing_period=2026-10/focus-Manifest.json",
        r#"{"dataFiles":["s3://bills/data/billing_period=2026-10/focus-00001.csv.gz"]}"#,
    )
    .unwrap();
    assert_eq!((manifest.export.as_str(), manifest.period), ("", Some("2026-10".parse().unwrap())));
    assert_eq!(keys_of(&manifest), ["data/billing_period=2026-10/focus-00001.csv.gz"]);
}

#[test]
fn the_bucket_of_a_copy_is_the_one_that_its_manifest_says() {
    let text = r#"{"dataFiles":["s3://elsewhere/exports/team-a/data/BILLING_PERIOD=2026-10/a.parquet"]}"#;
    assert_eq!(keys_of(&read(None, FOLDER, text.as_bytes()).unwrap()), ["exports/team-a/data/BILLING_PERIOD=2026-10/a.parquet"]);
    let text = r#"{"bucket":"elsewhere","reportKeys":["cur/hourly/20261001-20261101/hourly-1.csv.gz"]}"#;
    assert!(read(None, REPORT, text.as_bytes()).is_ok());
}

#[test]
fn a_legacy_cur_with_and_without_a_leading_slash() {
    for slash in ["", "/"] {
        let text = format!(
            r#"{{"assemblyId":"20261103T1","account":"123456789012","charset":"UTF-8","compression":"GZIP","bucket":"bills",
                "billingPeriod":{{"start":"20261001T000000.000Z","end":"20261101T000000.000Z"}},"reportName":"hourly",
                "additionalArtifactKeys":[{{"artifactType":"SQL","name":"cur/hourly/x.sql"}}],"additionalArtifacts":["REDSHIFT"],
                "reportKeys":["{slash}cur/hourly/20261001-20261101/20261103T1/hourly-00001.csv.gz"]}}"#
        );
        let manifest = aws(REPORT, &text).unwrap();
        assert_eq!(keys_of(&manifest), ["cur/hourly/20261001-20261101/20261103T1/hourly-00001.csv.gz"]);
        assert_eq!((manifest.kind, manifest.export.as_str()), (ManifestKind::LegacyCur, "cur/hourly"));
        assert_eq!(manifest.period, Some("2026-10".parse().unwrap()));
        assert_eq!(manifest.execution.as_deref(), Some("20261103T1"));
    }
}

#[test]
fn a_legacy_cur_without_a_prefix_keeps_the_slash_that_its_keys_begin_with() {
    for slash in ["", "/"] {
        let text = format!(r#"{{"reportKeys":["{slash}hourly/20261001-20261101/hourly-1.csv.gz"]}}"#);
        let manifest = aws("/hourly/20261001-20261101/hourly-Manifest.json", &text).unwrap();
        assert_eq!(keys_of(&manifest), ["/hourly/20261001-20261101/hourly-1.csv.gz"]);
        assert_eq!(manifest.export, "/hourly");
    }
}

#[test]
fn the_manifest_of_an_assembly_and_the_one_above_it_are_the_same_delivery() {
    let text = r#"{"assemblyId":"a1","reportKeys":["cur/hourly/20261001-20261101/a1/hourly-1.csv.gz"]}"#;
    let below = aws("cur/hourly/20261001-20261101/a1/hourly-Manifest.json", text).unwrap();
    assert_eq!(below, aws(REPORT, text).unwrap());
    assert_eq!(below.period, Some("2026-10".parse().unwrap()));
}

#[test]
fn a_legacy_cur_as_parquet_lies_beside_its_period() {
    let text = r#"{"reportKeys":["cur/hourly/hourly/year=2026/month=10/hourly-00001.snappy.parquet"]}"#;
    assert_eq!(aws(REPORT, text).unwrap().files.len(), 1);
}

#[test]
fn the_period_of_a_path_without_one_is_what_the_manifest_says() {
    for (start, period) in [("20261001T000000.000Z", "2026-10"), ("2026-10-01T00:00:00.000Z", "2026-10"), ("2026-10-01", "2026-10")] {
        let text = format!(r#"{{"billingPeriod":{{"start":"{start}"}},"reportKeys":["mine/a.csv"]}}"#);
        let manifest = aws("mine/a-Manifest.json", &text).unwrap();
        assert_eq!((manifest.export.as_str(), manifest.period), ("mine", Some(period.parse().unwrap())));
    }
    assert_eq!(aws("mine/a-Manifest.json", r#"{"reportKeys":["mine/a.csv"]}"#).unwrap().period, None);
}

const NEWER: &str = r#"{"manifestVersion":"2024-04-01","byteCount":200,"blobCount":1,"dataRowCount":7,
    "exportConfig":{"exportName":"daily","resourceId":"/x","dataVersion":"1.0r2","apiVersion":"2023-07-01-preview","type":"FocusCost",
        "timeFrame":"MonthToDate","granularity":"Daily"},
    "deliveryConfig":{"partitionData":true,"dataOverwriteBehavior":"CreateNewReport","fileFormat":"Csv","compressionMode":"None",
        "containerUri":"/subscriptions/x/storageAccounts/y","rootFolderPath":"focus"},
    "runInfo":{"executionType":"Scheduled","submittedTime":"2026-10-11T06:49:06.57Z","runId":"3a9f3d28-8f2f-4a1c-8a56-740bed1165a5",
        "startDate":"2026-10-01T00:00:00","endDate":"2026-10-31T00:00:00"},
    "blobs":[{"blobName":"focus/daily/20261001-20261031/3a9f3d28-8f2f-4a1c-8a56-740bed1165a5/part_0_0001.csv","byteCount":200,"dataRowCount":7}]}"#;

#[test]
fn an_azure_export_that_says_what_it_is() {
    let manifest = read(Some("focus-copies"), RUN, NEWER.as_bytes()).unwrap();
    let key = "focus/daily/20261001-20261031/3a9f3d28-8f2f-4a1c-8a56-740bed1165a5/part_0_0001.csv".to_owned();
    let expected = Manifest {
        kind: ManifestKind::Azure,
        export: "focus/daily".to_owned(),
        period: Some("2026-10".parse().unwrap()),
        files: vec![NamedFile { key, etag: None, bytes: Some(200) }],
        execution: Some("3a9f3d28-8f2f-4a1c-8a56-740bed1165a5".to_owned()),
    };
    assert_eq!(manifest, expected);
    for packed in [NEWER.replace(r#""None""#, r#""Gzip""#), NEWER.replace(r#""Csv""#, r#""Parquet""#)] {
        assert_eq!(read(None, RUN, packed.as_bytes()).unwrap().files[0].bytes, None);
    }
}

#[test]
fn an_azure_export_of_the_partitioned_shape_begins_with_a_byte_order_mark() {
    let text = "\u{feff}{\"manifestVersion\":\"2021-01-01\",\"dataFormat\":\"csv\",\"blobCount\":1,\"byteCount\":160769,\"dataRowCount\":136,
        \"blobs\":[{\"blobName\":\"part_1.csv\",\"byteCount\":160769,\"dataRowCount\":136,\"headerRowCount\":1,\"contentMD5\":\"md5Hash\"}]}";
    let manifest = aws("focus/daily/20261001-20261031/_manifest.json", text).unwrap();
    assert_eq!(keys_of(&manifest), ["focus/daily/20261001-20261031/part_1.csv"]);
    assert_eq!((manifest.export.as_str(), manifest.period, manifest.execution), ("focus/daily", Some("2026-10".parse().unwrap()), None));
}

#[test]
fn a_blob_lies_beside_its_manifest_whatever_its_name_has_in_front() {
    let run = "20261001-20261031/3a9f3d28-8f2f-4a1c-8a56-740bed1165a5";
    let named = |folder: &str| format!(r#"{{"blobs":[{{"blobName":"{folder}part.csv"}}]}}"#);
    for name in ["", "/", "focus/daily/RUN/", "/focus/daily/RUN/", "container/focus/daily/RUN/", "RUN/"] {
        let text = named(&name.replace("RUN", run));
        for copied in ["", "container/", "copies/azure/container/"] {
            let key = format!("{copied}focus/daily/{run}/manifest.json");
            let manifest = aws(&key, &text).unwrap();
            assert_eq!(keys_of(&manifest), [format!("{copied}focus/daily/{run}/part.csv")], "{name} {copied}");
        }
    }
    assert_eq!(keys_of(&aws("manifest.json", &named("a/")).unwrap()), ["a/part.csv"]);
}

#[test]
fn an_azure_export_is_the_same_in_each_layout_and_run() {
    for key in [
        "p/daily/20261001-20261031/3a9f3d28-8f2f-4a1c-8a56-740bed1165a5/manifest.json",
        "p/daily/20261101-20261130/202611010649/00000000-8f2f-4a1c-8a56-740bed1165a5/manifest.json",
        "p/20261001-20261031/daily/202610110649/3a9f3d28-8f2f-4a1c-8a56-740bed1165a5/manifest.json",
        "p/daily/20261001-20261031/_manifest.json",
        "p/daily/manifest.json",
    ] {
        assert_eq!(aws(key, r#"{"blobs":[{"blobName":"part.csv"}]}"#).unwrap().export, "p/daily", "{key}");
    }
}

#[test]
fn the_period_of_an_azure_run_is_the_month_that_its_days_are_in() {
    let of = |start: &str, end: &str| {
        let text = format!(r#"{{"runInfo":{{"startDate":"{start}","endDate":"{end}"}},"blobs":[{{"blobName":"a.csv"}}]}}"#);
        aws("p/daily/manifest.json", &text).unwrap().period
    };
    assert_eq!(of("2026-10-01T00:00:00", "2026-10-11T00:00:00Z"), Some("2026-10".parse().unwrap()));
    assert_eq!(of("2026-10-01T00:00:00", "2026-11-11T00:00:00Z"), None);
    let text = r#"{"blobs":[{"blobName":"a.csv"}]}"#;
    assert_eq!(aws("p/daily/20260901-20261031/manifest.json", text).unwrap().period, None);
}

#[test]
fn a_file_that_is_named_twice_counts_once() {
    let text = r#"{"dataFiles":["s3://bills/exports/team-a/data/a.parquet","s3://bills/exports/team-a/data/b.parquet",
        "s3://bills//exports/team-a/data/a.parquet"]}"#;
    assert_eq!(keys_of(&aws(FOLDER, text).unwrap()), ["exports/team-a/data/a.parquet", "exports/team-a/data/b.parquet"]);
}

#[test]
fn what_is_null_is_absent() {
    let text = r#"{"executionId":null,"reportKeys":null,"blobs":null,"dataFiles":["exports/team-a/a.parquet"]}"#;
    assert_eq!(aws(FOLDER, text).unwrap().execution, None);
}
