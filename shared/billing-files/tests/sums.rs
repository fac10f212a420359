//! Parquet summed: the same as charge by charge, without reading charge by charge.

mod support;

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::builder::{MapBuilder, StringBuilder};
use arrow_array::{ArrayRef, Decimal128Array, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use proptest::prelude::*;

use support::{Folder, OPTIONS, sums_the_same};

/// April 2026, in microseconds.
const APRIL: i64 = 1_775_001_600_000_000;
const HOUR: i64 = 3_600_000_000;

#[derive(Clone, Debug)]
struct Charge {
    account: u16,
    service: u8,
    hours: i64,
    category: Option<u8>,
    billed: f64,
    effective: f64,
    list: Option<f64>,
    decimal: i128,
    tags: Option<Vec<(u8, Option<u8>)>>,
}

fn amount() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-10_000_000_000i64..10_000_000_000).prop_map(|units| format!("{}e-10", units).parse().unwrap()),
        1 => Just(0.0),
        1 => (1i64..999_999_999_999_999).prop_map(|units| format!("{units}33e-7").parse().unwrap()),
        1 => (-9_007_199_254_740_992i64..9_007_199_254_740_992).prop_map(|units| format!("{units}e-3").parse().unwrap()),
        1 => (1u32..400).prop_map(|units| format!("{units}e-17").parse().unwrap()),
    ]
}

fn charge() -> impl Strategy<Value = Charge> {
    let tags = prop::option::weighted(0.7, prop::collection::btree_map(0u8..6, prop::option::weighted(0.9, 0u8..40), 0..6));
    (
        any::<u16>(),
        0u8..30,
        -800i64..800,
        prop::option::weighted(0.9, 0u8..6),
        (amount(), amount(), prop::option::of(amount())),
        any::<i64>(),
        tags,
    )
        .prop_map(|(account, service, hours, category, (billed, effective, list), decimal, tags)| Charge {
            account: account % 500,
            service,
            hours,
            category,
            billed,
            effective,
            list,
            decimal: i128::from(decimal) * 1_000_003,
            tags: tags.map(|tags| tags.into_iter().collect()),
        })
}

fn parquet(charges: &[Charge], rows_of_group: usize, dictionary_bytes: usize) -> Vec<u8> {
    let text = |of: &dyn Fn(&Charge) -> Option<String>| -> ArrayRef { Arc::new(StringArray::from_iter(charges.iter().map(of))) };
    let moment = |of: &dyn Fn(&Charge) -> i64| -> ArrayRef {
        Arc::new(TimestampMicrosecondArray::from_iter_values(charges.iter().map(of)).with_timezone("UTC"))
    };
    let mut tags = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for charge in charges {
        for (key, value) in charge.tags.iter().flatten() {
            tags.keys().append_value(["team", "other", "k", "more", "CostCenter", "last"][usize::from(*key)]);
            tags.values().append_option(value.map(|value| format!("value {value}")));
        }
        tags.append(charge.tags.is_some()).unwrap();
    }
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("BilledCost", Arc::new(Float64Array::from_iter_values(charges.iter().map(|charge| charge.billed)))),
        ("EffectiveCost", Arc::new(Float64Array::from_iter_values(charges.iter().map(|charge| charge.effective)))),
        ("ListCost", Arc::new(Float64Array::from_iter(charges.iter().map(|charge| charge.list)))),
        (
            "ContractedCost",
            Arc::new(
                Decimal128Array::from_iter_values(charges.iter().map(|charge| charge.decimal)).with_precision_and_scale(38, 18).unwrap(),
            ),
        ),
        ("BillingCurrency", text(&|_| Some("USD".to_owned()))),
        ("ProviderName", text(&|charge| (charge.account % 3 > 0).then(|| "AWS".to_owned()))),
        ("ServiceProviderName", text(&|charge| Some(format!("provider {}", charge.account % 2)))),
        ("BillingAccountId", text(&|charge| Some(format!("{:012}", charge.account % 2)))),
        ("SubAccountId", text(&|charge| Some(format!("{:012}", charge.account)))),
        ("SubAccountName", text(&|charge| Some(format!("account {} {}", charge.account, charge.service % 2)))),
        ("ServiceName", text(&|charge| Some(format!("service {}", charge.service)))),
        (
            "ChargeCategory",
            text(&|charge| charge.category.map(|category| ["Usage", "Tax", "Credit", "NULL", "Odd", ""][usize::from(category)].to_owned())),
        ),
        ("InvoiceId", text(&|charge| (charge.service % 2 == 0).then(|| format!("INV-{}", charge.account % 2)))),
        ("BillingPeriodStart", moment(&|_| APRIL)),
        ("ChargePeriodStart", moment(&|charge| APRIL + charge.hours * HOUR)),
        ("Tags", Arc::new(tags.finish())),
    ];
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap();
    let properties = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(rows_of_group))
        .set_dictionary_page_size_limit(dictionary_bytes)
        .set_data_page_row_count_limit(100)
        .set_write_batch_size(64)
        .build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn check(charges: &[Charge], rows_of_group: usize, dictionary_bytes: usize) {
    let folder = Folder::new();
    let path: PathBuf = folder.file("bill.parquet", parquet(charges, rows_of_group, dictionary_bytes));
    let read = dayone_billing_files::read(&path, &OPTIONS, &mut |_| Ok(()));
    assert_eq!(sums_the_same(&path, &OPTIONS, &read), None, "it was read row by row");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Promise 1: whatever the digits, the nulls and the row groups.
    #[test]
    fn what_is_summed_is_what_the_charges_add_up_to(
        charges in prop::collection::vec(charge(), 1..400), rows_of_group in 1usize..300, small in any::<bool>()
    ) {
        check(&charges, rows_of_group, if small { 256 } else { 1 << 20 });
    }
}

#[test]
fn more_teams_and_accounts_than_a_narrow_field_holds_are_told_apart() {
    let one =
        Charge { account: 0, service: 0, hours: 0, category: Some(0), billed: 0.1, effective: 0.2, list: None, decimal: 5, tags: None };
    let many: Vec<Charge> = (0..40_000u32)
        .map(|row| Charge {
            account: (row % 65_536) as u16,
            service: (row % 251) as u8,
            billed: format!("{row}e-2").parse().unwrap(),
            tags: Some(vec![(0, Some((row % 255) as u8)), (2, Some((row / 255 % 255) as u8))]),
            ..one.clone()
        })
        .collect();
    check(&many, 10_000, 1 << 20);
}

#[test]
fn sums_that_leave_128_bits_on_the_way_are_those_of_the_charges() {
    let one =
        Charge { account: 0, service: 0, hours: 0, category: Some(0), billed: 0.1, effective: 0.2, list: None, decimal: 0, tags: None };
    let most = 99_000_000_000_000_000_000i128 * 1_000_000_000_000_000_000;
    let with = |account: u16, decimal: i128| Charge { account, decimal, ..one.clone() };
    let charges: Vec<Charge> = (0..5)
        .map(|account| with(account, 0))
        .chain([with(3, -most), with(4, -most), with(0, most), with(1, most), with(2, most)])
        .collect();
    let folder = Folder::new();
    let path = folder.file("bill.parquet", parquet(&charges, 300, 1 << 20));
    let read = dayone_billing_files::read(&path, &OPTIONS, &mut |_| Ok(()));
    sums_the_same(&path, &OPTIONS, &read);
}

#[test]
fn an_invoice_of_two_currencies_is_refused_with_its_row_whatever_was_summed_before() {
    let folder = Folder::new();
    let text = |currency: &str, cost: &str| support::focus().with("BillingCurrency", currency).with("BilledCost", cost);
    let first = text("USD", "0.12345678901234567890");
    let table = support::Table { columns: first.columns.clone(), rows: [first.rows, text("EUR", "1").rows].concat() };
    let path = folder.file("bill.csv", table.csv());
    let read = dayone_billing_files::read(&path, &OPTIONS, &mut |_| Ok(()));
    assert_eq!(sums_the_same(&path, &OPTIONS, &read), None);
    let mut cube = dayone_domain::cube::CubeBuilder::new(Vec::new());
    let refusal = dayone_billing_files::sum(&path, &OPTIONS, std::num::NonZeroUsize::MIN, &mut |_| {}, &mut cube).unwrap_err();
    assert_eq!(refusal.place.map(|place| place.number()), Some(3), "{refusal}");
}
