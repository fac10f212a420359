//! What keys say by themselves.

use super::super::{KeyKind, kind_of, manifest_prefix_of};

#[test]
fn manifests_and_billing_files_are_told_by_their_names() {
    let tables: [(KeyKind, &[&str]); 3] = [
        (
            KeyKind::Manifest,
            &[
                "a/metadata/BILLING_PERIOD=2026-10/a-Manifest.json",
                "manifest.json",
                "a/_manifest.json",
                "20260101-20260201/x-Manifest.json",
            ],
        ),
        (
            KeyKind::Data,
            &[
                "a.csv",
                "a/b.CSV.GZ",
                "a/b.csv.zip",
                "a/part_0_0001.snappy.parquet",
                "_billing/focus.csv",
                "/cur/20260101-20260201/a.csv.gz",
            ],
        ),
        (
            KeyKind::Other,
            &[
                "",
                "a/",
                "a/manifest.json/",
                "a/_SUCCESS",
                "a/.part.csv.crc",
                "a/.hidden.csv",
                ".git/manifest.json",
                "a/_temporary/0/part-1.parquet",
                "cur/x/x/cost_and_usage_data_status/cost_and_usage_data_status.parquet",
                "cur/x/20260101-20260201/x-RedshiftCommands.sql",
                "cur/x/20260101-20260201/x-RedshiftManifest.json",
                "cur/x/20260101-20260201/x-QuickSightManifest.json",
                "cur/x/20260101-20260201/x-create-table.sql",
                "cur/x/20260101-20260201/crawler-cfn.yml",
                "README.md",
                "a.csv.sha256",
                "aws-programmatic-access-test-object",
            ],
        ),
    ];
    for (kind, keys) in tables {
        for key in keys {
            assert_eq!(kind_of(key), kind, "{key}");
        }
    }
}

#[test]
fn a_data_key_says_where_its_manifest_would_lie() {
    for (key, prefix) in [
        ("p/export/data/BILLING_PERIOD=2026-10/e-00001.csv.gz", Some("p/export/metadata/")),
        ("p/export/data/billing_period=2026-10/2026-11-01T02:03:04.567Z-04e9/e.parquet", Some("p/export/metadata/")),
        ("data/BILLING_PERIOD=2026-10/e.csv.gz", Some("metadata/")),
        ("cur/hourly/20261001-20261101/hourly-1.csv.gz", Some("cur/hourly/20261001-20261101/")),
        ("cur/hourly/20261001-20261101/a1/hourly-1.csv.gz", Some("cur/hourly/20261001-20261101/")),
        ("/hourly/20261001-20261101/hourly-1.csv.gz", Some("/hourly/20261001-20261101/")),
        ("20240101-20240131/MockTestReport-00001.csv.zip", Some("20240101-20240131/")),
        ("focus/daily/20261001-20261031/3a9f/part.csv", Some("focus/daily/20261001-20261031/")),
        ("cur/hourly/hourly/year=2026/month=12/hourly-1.snappy.parquet", Some("cur/hourly/20261201-20270101/")),
        ("hourly/hourly/year=2026/month=1/hourly-1.snappy.parquet", Some("hourly/20260101-20260201/")),
        // Layouts of others: each file stands for itself.
        ("focus.csv", None),
        ("gcp/2026-10/focus.csv", None),
        ("vendor/year=2026/month=10/focus.parquet", None),
        ("vendor/focus/year=2026/month=10/focus.parquet", None),
        ("vendor/vendor/year=2026/focus.parquet", None),
        ("vendor/vendor/year=2026/month=13/focus.parquet", None),
        ("vendor/vendor/year=+226/month=1/focus.parquet", None),
        ("vendor/BILLING_PERIOD=2026-10/focus.csv", None),
        ("vendor/10000000-20000000/focus.csv", None),
        ("vendor/20261101-20261001/focus.csv", None),
        ("20261001-20261101.csv", None),
    ] {
        assert_eq!(manifest_prefix_of(key).as_deref(), prefix, "{key}");
    }
}
