//! Parquet: types, nulls, damage.

mod support;

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, MapBuilder, StringBuilder};
use arrow_array::types::Int32Type;
use arrow_array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Decimal256Array, DictionaryArray, Float32Array, Float64Array,
    Int32Array, Int64Array, LargeStringArray, NullArray, RecordBatch, StringArray, StringViewArray, StructArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use arrow_buffer::i256;
use arrow_schema::{DataType, Field, Fields};
use dayone_billing_files::{Container, FileFacts, Format, Place, Refusal, read_with_progress};
use dayone_domain::charge::Dimension;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::WriterProperties;
use parquet::schema::types::ColumnPath;

use support::{Folder, Kept, OPTIONS, exact, focus, pointed, read_bytes};

type Columns = Vec<(String, ArrayRef)>;

fn texts(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from_iter(values.iter().map(|value| (!value.is_empty()).then_some(*value))))
}

/// The made-up FOCUS row, `rows` times, all text.
fn focus_columns(rows: usize) -> Columns {
    let table = focus();
    table.columns.iter().zip(&table.rows[0]).map(|(name, value)| (name.clone(), texts(&vec![value.as_str(); rows]))).collect()
}

fn with(mut columns: Columns, name: &str, array: ArrayRef) -> Columns {
    match columns.iter_mut().find(|(column, _)| column == name) {
        Some(column) => column.1 = array,
        None => columns.push((name.to_owned(), array)),
    }
    columns
}

fn write(columns: &Columns, compression: Compression) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, array)| (name, array.clone(), true))).unwrap();
    let properties = WriterProperties::builder().set_compression(compression).set_max_row_group_row_count(Some(1_000)).build();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

fn read_columns(columns: &Columns) -> Result<(FileFacts, Vec<Kept>), Refusal> {
    read_bytes(write(columns, Compression::SNAPPY))
}

/// The charge of one row with this array in this column.
fn charge_with(name: &str, array: ArrayRef) -> Kept {
    read_columns(&with(focus_columns(1), name, array)).unwrap_or_else(|refusal| panic!("{refusal}")).1.remove(0)
}

fn refusal_with(name: &str, array: ArrayRef) -> Refusal {
    read_columns(&with(focus_columns(array.len()), name, array)).unwrap_err()
}

#[test]
fn rows_of_text_are_read_as_those_of_csv() {
    for compression in [Compression::UNCOMPRESSED, Compression::SNAPPY, Compression::ZSTD(ZstdLevel::default()), Compression::LZ4_RAW] {
        let (facts, charges) = read_bytes(write(&focus_columns(2_500), compression)).unwrap();
        assert_eq!((facts.container, facts.rows, facts.columns), (Container::Parquet, 2_500, 24));
        let of_csv = focus().charge();
        for charge in [&charges[0], &charges[2_499]] {
            assert_eq!(charge.values, of_csv.values);
            assert_eq!((charge.cost, &charge.tags), (of_csv.cost, &of_csv.tags));
        }
    }
}

#[test]
fn amounts_of_any_type_keep_every_digit() {
    let cases: Vec<(ArrayRef, &str)> = vec![
        (Arc::new(Float64Array::from(vec![0.1])), "0.1"),
        (Arc::new(Float64Array::from(vec![6.76e-8])), "0.0000000676"),
        (Arc::new(Float64Array::from(vec![49321.10820024424])), "49321.10820024424"),
        (Arc::new(Float64Array::from(vec![-0.0])), "0"),
        (Arc::new(Float32Array::from(vec![0.1])), "0.1"),
        (Arc::new(Decimal128Array::from(vec![123_456_789]).with_precision_and_scale(38, 18).unwrap()), "0.000000000123456789"),
        (Arc::new(Decimal128Array::from(vec![-5]).with_precision_and_scale(9, 2).unwrap()), "-0.05"),
        (Arc::new(Decimal128Array::from(vec![7]).with_precision_and_scale(9, 0).unwrap()), "7"),
        (Arc::new(Decimal256Array::from(vec![i256::from_i128(25)]).with_precision_and_scale(76, 30).unwrap()), "25e-30"),
        (Arc::new(Int32Array::from(vec![-3])), "-3"),
        (Arc::new(Int64Array::from(vec![i64::MAX])), "9223372036854775807"),
        (Arc::new(UInt64Array::from(vec![u64::MAX])), "18446744073709551615"),
        (Arc::new(StringArray::from(vec!["1.25e-3"])), "0.00125"),
    ];
    for (array, expected) in cases {
        let data_type = array.data_type().clone();
        assert_eq!(charge_with("BilledCost", array).cost.billed, exact(expected), "{data_type}");
    }
}

#[test]
fn texts_of_any_type_are_read() {
    let dictionary: DictionaryArray<Int32Type> = ["eu-west-1"].into_iter().collect();
    let cases: Vec<(ArrayRef, &str)> = vec![
        (Arc::new(StringArray::from(vec!["eu-west-1"])), "eu-west-1"),
        (Arc::new(LargeStringArray::from(vec!["eu-west-1"])), "eu-west-1"),
        (Arc::new(StringViewArray::from(vec!["eu-west-1"])), "eu-west-1"),
        (Arc::new(BinaryArray::from(vec![&b"eu-west-1"[..]])), "eu-west-1"),
        (Arc::new(dictionary), "eu-west-1"),
        (Arc::new(Int64Array::from(vec![123_456_789_012])), "123456789012"),
        (Arc::new(Decimal128Array::from(vec![123_456_789_012]).with_precision_and_scale(20, 0).unwrap()), "123456789012"),
        (Arc::new(StringArray::from(vec!["NULL"])), ""),
        (Arc::new(StringArray::from(vec![None::<&str>])), ""),
        (Arc::new(Float64Array::from(vec![None])), ""),
        (Arc::new(NullArray::new(1)), ""),
    ];
    for (array, expected) in cases {
        let data_type = array.data_type().clone();
        assert_eq!(charge_with("RegionId", array).value(Dimension::Region), expected, "{data_type}");
    }
}

#[test]
fn dates_of_any_type_are_utc() {
    let seconds = 1_774_990_800; // 2026-03-31T21:00:00Z
    let cases: Vec<(ArrayRef, &str)> = vec![
        (Arc::new(TimestampSecondArray::from(vec![seconds])), "2026-03"),
        (Arc::new(TimestampMillisecondArray::from(vec![seconds * 1_000])), "2026-03"),
        (Arc::new(TimestampMicrosecondArray::from(vec![seconds * 1_000_000]).with_timezone("UTC")), "2026-03"),
        (Arc::new(TimestampNanosecondArray::from(vec![seconds * 1_000_000_000]).with_timezone("+05:00")), "2026-03"),
        (Arc::new(Date32Array::from(vec![20_544])), "2026-04"),
        (Arc::new(StringArray::from(vec!["2026-04-01 00:00:00"])), "2026-04"),
        (Arc::new(TimestampSecondArray::from(vec![None])), "2026-04"),
    ];
    for (array, month) in cases {
        let data_type = array.data_type().clone();
        assert_eq!(charge_with("ChargePeriodStart", array).value(Dimension::ChargeMonth), month, "{data_type}");
    }
}

/// Keys and values of a row; null is `None`.
type MapRow<'a> = Option<&'a [(&'a str, Option<&'a str>)]>;

fn map(rows: &[MapRow<'_>]) -> ArrayRef {
    let mut builder = MapBuilder::new(None, StringBuilder::new(), StringBuilder::new());
    for row in rows {
        for (key, value) in row.unwrap_or(&[]) {
            builder.keys().append_value(key);
            builder.values().append_option(*value);
        }
        builder.append(row.is_some()).unwrap();
    }
    Arc::new(builder.finish())
}

#[test]
fn tags_are_a_map_or_json() {
    let tags = map(&[Some(&[("team", Some("a")), ("empty", None)]), None, Some(&[]), Some(&[("team", Some("b"))])]);
    let (_, charges) = read_columns(&with(focus_columns(4), "Tags", tags)).unwrap();
    let tags: Vec<Vec<(&str, &str)>> =
        charges.iter().map(|charge| charge.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()).collect();
    assert_eq!(tags, [vec![("empty", ""), ("team", "a")], vec![], vec![], vec![("team", "b")]]);
}

#[test]
fn a_cur_keeps_its_products_and_tags_in_maps() {
    let columns: Columns = vec![
        ("bill_billing_period_start_date".to_owned(), Arc::new(TimestampMillisecondArray::from(vec![1_775_001_600_000]))),
        ("line_item_line_item_type".to_owned(), texts(&["Usage"])),
        ("line_item_unblended_cost".to_owned(), Arc::new(Float64Array::from(vec![1.5e-9]))),
        ("line_item_currency_code".to_owned(), texts(&["USD"])),
        ("product".to_owned(), map(&[Some(&[("product_name", Some("Amazon S3")), ("region", Some("us-east-1"))])])),
        ("tags".to_owned(), map(&[Some(&[("resourceTags/user:Team", Some("a"))])])),
    ];
    let (facts, charges) = read_columns(&columns).unwrap();
    assert_eq!(facts.format, Format::Cur2);
    assert_eq!((charges[0].value(Dimension::Service), charges[0].value(Dimension::Region)), ("Amazon S3", "us-east-1"));
    assert_eq!((charges[0].tag("Team"), charges[0].cost.effective), (Some("a"), exact("0.0000000015")));
}

#[test]
fn a_column_of_a_wrong_type_is_refused_by_name_and_type() {
    let cases: Vec<(&str, ArrayRef, &str)> = vec![
        ("BilledCost", Arc::new(BooleanArray::from(vec![true])), "Boolean"),
        ("BilledCost", Arc::new(Date32Array::from(vec![1])), "Date32"),
        ("BillingPeriodStart", Arc::new(Int64Array::from(vec![1])), "Int64"),
        ("Tags", Arc::new(Int64Array::from(vec![1])), "Int64"),
        ("SubAccountId", Arc::new(BooleanArray::from(vec![true])), "Boolean"),
        ("SubAccountId", map(&[Some(&[])]), "Map"),
    ];
    for (name, array, data_type) in cases {
        let refusal = refusal_with(name, array);
        assert_eq!((refusal.place, refusal.column.as_deref()), (None, Some(name)), "{refusal}");
        assert!(refusal.reason.contains(data_type), "{refusal}");
    }
    // A column that is not read may be of any type.
    assert_eq!(charge_with("x_Flag", Arc::new(BooleanArray::from(vec![true]))).cost.billed, exact("1.25"));
}

#[test]
fn a_value_that_cannot_be_read_right_is_refused_with_its_row() {
    let decimal = Decimal128Array::from(vec![0, 10_i128.pow(21)]).with_precision_and_scale(38, 0).unwrap();
    let cases: Vec<(&str, ArrayRef, &str, &str)> = vec![
        ("BilledCost", Arc::new(Float64Array::from(vec![0.0, f64::NAN])), "NaN", "is not a decimal number"),
        ("BilledCost", Arc::new(Float64Array::from(vec![0.0, f64::INFINITY])), "inf", "is not a decimal number"),
        ("BilledCost", Arc::new(Float64Array::from(vec![0.0, 1e-50])), "1e-50", "more than 44 decimals"),
        ("BilledCost", Arc::new(Float64Array::from(vec![Some(0.0), None])), "", "null"),
        ("BilledCost", Arc::new(decimal), "1000000000000000000000", "more than 20 digits"),
        ("BilledCost", texts(&["1", "1,5"]), "1,5", "is not a decimal number"),
        ("BillingAccountId", texts(&["1", "1.23457E+12"]), "1.23457E+12", "a spreadsheet"),
        ("SubAccountId", Arc::new(Float64Array::from(vec![None, Some(12.0)])), "1.2e1", "floating-point"),
        ("ChargePeriodStart", Arc::new(TimestampSecondArray::from(vec![1_774_990_800, i64::MAX])), "9223372036854775807", "is no date"),
        ("Tags", texts(&["{}", "{broken"]), "{broken", "JSON"),
    ];
    for (name, array, value, reason) in cases {
        let refusal = refusal_with(name, array);
        assert_eq!(pointed(&refusal), (2, name, value), "{refusal}");
        assert_eq!(refusal.place, Some(Place::Row(2)));
        assert!(refusal.reason.contains(reason), "{refusal}");
    }
}

#[test]
fn rows_are_counted_over_batches_and_row_groups() {
    let mut costs = vec!["1"; 9_000];
    costs[8_500] = "x";
    let refusal = refusal_with("BilledCost", texts(&costs));
    assert_eq!(pointed(&refusal), (8_501, "BilledCost", "x"));
}

#[test]
fn a_native_google_export_is_told_by_nested_fields() {
    let inner = |name: &str| {
        let fields = Fields::from(vec![Field::new(name, DataType::Utf8, true)]);
        Arc::new(StructArray::new(fields, vec![texts(&["x"])], None)) as ArrayRef
    };
    let columns: Columns = vec![
        ("billing_account_id".to_owned(), texts(&["x"])),
        ("service".to_owned(), inner("description")),
        ("sku".to_owned(), inner("description")),
        ("cost".to_owned(), Arc::new(Float64Array::from(vec![1.0]))),
    ];
    let refusal = read_columns(&columns).unwrap_err();
    assert!(refusal.reason.contains("native Google Cloud"), "{refusal}");
}

/// A text of a megabyte that a dictionary holds once, in as many rows as there are.
fn large(text: &str, rows: usize) -> ArrayRef {
    let keys = Int32Array::from(vec![0; rows]);
    Arc::new(DictionaryArray::<Int32Type>::new(keys, Arc::new(StringArray::from(vec![text]))))
}

#[test]
fn a_large_text_of_a_dictionary_is_refused_by_name_of_the_limit_or_not_read() {
    let long = "x".repeat(1 << 20);
    let rows = 300;
    for column in ["ServiceName", "SubAccountName", "BillingAccountId", "ChargeCategory"] {
        let bytes = write(&with(focus_columns(rows), column, large(&long, rows)), Compression::ZSTD(ZstdLevel::default()));
        assert!(bytes.len() < 200_000, "{}", bytes.len());
        let refusal = read_bytes(bytes).unwrap_err();
        assert_eq!((refusal.place, refusal.column.as_deref()), (Some(Place::Row(1)), Some(column)), "{refusal}");
        assert!(refusal.reason.contains("MAX_FIELD_BYTES") && refusal.to_string().len() < 500, "{refusal}");
    }
    let refusal = refusal_with("ServiceName", large(&long[..5_000], rows));
    assert!(refusal.reason.contains("MAX_KEY_BYTES"), "{refusal}");
    let refusal = refusal_with("Tags", large(&format!("{{\"k\":\"{long}\"}}"), rows));
    assert!(refusal.reason.contains("MAX_FIELD_BYTES"), "{refusal}");
    let (facts, _) = read_columns(&with(focus_columns(rows), "ChargeDescription", large(&long, rows))).unwrap();
    assert_eq!(facts.rows, rows as u64);
}

#[test]
fn a_large_key_or_value_of_a_map_is_refused_by_name_of_the_limit() {
    let long = "x".repeat(1 << 20);
    for entry in [("team", Some(long.as_str())), (long.as_str(), Some("a"))] {
        let entries = [entry];
        let refusal = refusal_with("Tags", map(&[Some(&entries[..]); 50]));
        assert_eq!((refusal.place, refusal.column.as_deref()), (Some(Place::Row(1)), Some("Tags")), "{refusal}");
        assert!(refusal.reason.contains("MAX_KEY_BYTES") && refusal.to_string().len() < 500, "{refusal}");
    }
    let (fits, rest) = ("x".repeat(4_096), [("b", Some("c"))]);
    let entries = [("team", Some(fits.as_str())), rest[0]];
    assert_eq!(read_columns(&with(focus_columns(1), "Tags", map(&[Some(&entries)]))).unwrap().1[0].tag("team"), Some(fits.as_str()));
}

#[test]
fn a_map_with_a_key_twice_is_refused_unless_its_values_agree() {
    let refusal = refusal_with("Tags", map(&[Some(&[("k", Some("1")), ("k", Some("2"))])]));
    assert!(refusal.reason.contains("`k` has two values in this row, `1` and `2`"), "{refusal}");
    let twice = map(&[Some(&[("k", Some("1")), ("k", Some("1")), ("k", None)])]);
    assert_eq!(charge_with("Tags", twice).tags, [("k".to_owned(), "1".to_owned())]);
}

#[test]
fn texts_are_read_whatever_their_encoding_or_the_columns_beside_them() {
    let names: Vec<String> = (0..300).map(|number| format!("a service of many letters {number}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let list = {
        let mut builder = ListBuilder::new(StringBuilder::new());
        (0..300).for_each(|_| builder.append_value([Some("x"), None]));
        Arc::new(builder.finish()) as ArrayRef
    };
    let inner = Fields::from(vec![Field::new("x", DataType::LargeUtf8, true)]);
    let nested = StructArray::new(inner, vec![Arc::new(LargeStringArray::from(vec!["x"; 300]))], None);
    let mut columns = with(focus_columns(300), "ServiceName", texts(&names));
    columns = with(with(columns, "x_List", list), "x_Struct", Arc::new(nested));
    let batch = RecordBatch::try_from_iter_with_nullable(columns.iter().map(|(name, array)| (name, array.clone(), true))).unwrap();
    for encoding in [Encoding::PLAIN, Encoding::DELTA_BYTE_ARRAY, Encoding::DELTA_LENGTH_BYTE_ARRAY] {
        let properties = WriterProperties::builder()
            .set_dictionary_enabled(false)
            .set_column_encoding(ColumnPath::from("ServiceName"), encoding)
            .build();
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        let (_, charges) = read_bytes(writer.into_inner().unwrap()).unwrap();
        let read: Vec<&str> = charges.iter().map(|charge| charge.value(Dimension::Service)).collect();
        assert_eq!(read, names, "{encoding}");
    }
}

#[test]
fn bytes_that_are_no_utf_8_are_refused() {
    let bytes = BinaryArray::from(vec![&b"a"[..], &b"a long text that is no text \xff\xfe"[..]]);
    let refusal = refusal_with("RegionId", Arc::new(bytes));
    assert_eq!((refusal.place.map(Place::number), refusal.column.as_deref()), (Some(1), Some("RegionId")), "{refusal}");
}

#[test]
fn a_file_that_is_cut_short_is_refused() {
    let bytes = write(&focus_columns(50), Compression::SNAPPY);
    for length in (4..bytes.len()).step_by(97).chain([4, 8, bytes.len() - 1]) {
        let refusal = read_bytes(&bytes[..length]).expect_err("cut short");
        assert!(refusal.reason.contains("Parquet file is damaged, cut short"), "{length}: {refusal}");
    }
}

#[test]
fn a_damaged_file_never_panics_and_never_loses_a_row() {
    let bytes = write(&focus_columns(50), Compression::SNAPPY);
    for place in (4..bytes.len()).step_by(23) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x55;
        if let Ok((facts, _)) = read_bytes(&damaged) {
            assert_eq!(facts.rows, 50, "{place}");
        }
    }
}

#[test]
fn no_rows_are_no_charges() {
    let (facts, charges) = read_columns(&focus_columns(0)).unwrap();
    assert_eq!((facts.rows, charges.len()), (0, 0));
    assert!(facts.notes[0].contains("no charges"), "{:?}", facts.notes);
}

#[test]
fn progress_grows_with_the_rows() {
    let folder = Folder::new();
    let path = folder.file("bill.parquet", write(&focus_columns(10_000), Compression::SNAPPY));
    let mut seen = Vec::new();
    read_with_progress(&path, &OPTIONS, &mut |progress| seen.push(progress), &mut |_| Ok(())).unwrap();
    assert!(seen.len() >= 3 && seen.is_sorted_by_key(|progress| progress.read), "{seen:?}");
    assert_eq!(seen.last().unwrap().read, seen.last().unwrap().total);
}
