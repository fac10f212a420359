//! A text summed is what its rows add up to, however it falls into windows; and what rows are refused for is not summed.

use std::io::Write;

use ::csv::{QuoteStyle, Terminator, WriterBuilder};
use dayone_domain::cube::CubeBuilder;
use dayone_domain::tie_out::ControlTotals;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use proptest::sample::Index;

use super::*;
use crate::limits::MAX_FIELD_BYTES;
use crate::{ChargeRefusal, Refusal, container};

const OPTIONS: ReadOptions<'static> = ReadOptions { source: "payer", currency_if_absent: None };

const AMOUNTS: [&str; 14] = [
    "",
    "0",
    "1.25",
    "-0.0000000004",
    "6.76E-8",
    "-1.2e-05",
    "12.5E+1",
    "0.12345678901234567890",
    "1.50E-14",
    "NULL",
    "null",
    "1.",
    ".5",
    "9999999999.999999999999",
];
const REQUIRED: [&str; 5] = ["0.1", "1.25E-9", "-3", "0.000000000000000000000000001", "12345678901234567"];
const TEXTS: [&str; 9] =
    ["", "a", "(null)", "a,b", "a \"b\"", "two\nlines", "é, ü", "exactly 24 bytes of text", "a text of more bytes than that, with é"];
const IDS: [&str; 4] = ["001234567890", "000000000012", "12345678", "123456789012345678901234567890"];
const MOMENTS: [&str; 4] = ["", "2026-04-03T10:00:00Z", "2026-04-30T23:00:00Z", "2026-03-31"];
const TAGS: [&str; 6] = ["", "{}", "{\"team\":\"a\"}", "{\"team\":\"b\",\"k\":\"v, w\"}", "{\"other\":1}", "NULL"];

/// A column, and what it may hold.
type Column = (&'static str, &'static [&'static str]);

const FOCUS: [Column; 17] = [
    ("BilledCost", &REQUIRED),
    ("EffectiveCost", &REQUIRED),
    ("ListCost", &AMOUNTS),
    ("ContractedCost", &AMOUNTS),
    ("BillingCurrency", &["EUR"]),
    ("BillingPeriodStart", &["2026-04-01T00:00:00Z", "2026-04-01"]),
    ("BillingPeriodEnd", &["2026-05-01T00:00:00Z"]),
    ("ChargePeriodStart", &MOMENTS),
    ("ProviderName", &["AWS"]),
    ("InvoiceIssuerName", &["AWS", ""]),
    ("BillingAccountId", &IDS),
    ("SubAccountId", &IDS),
    ("SubAccountName", &TEXTS),
    ("ServiceName", &TEXTS),
    ("RegionId", &["eu", ""]),
    ("ChargeCategory", &["Usage", "Tax", "Credit"]),
    ("Tags", &TAGS),
];

const LEGACY: [Column; 16] = [
    ("lineItem/UnblendedCost", &REQUIRED),
    ("pricing/publicOnDemandCost", &AMOUNTS),
    ("lineItem/LineItemType", &["Usage", "Tax", "SavingsPlanCoveredUsage", "DiscountedUsage", "RIFee", "Fee"]),
    ("savingsPlan/SavingsPlanEffectiveCost", &REQUIRED),
    ("reservation/EffectiveCost", &REQUIRED),
    ("reservation/UnusedRecurringFee", &REQUIRED),
    ("reservation/UnusedAmortizedUpfrontFeeForBillingPeriod", &REQUIRED),
    ("reservation/ReservationARN", &["", "arn:aws:ec2:eu-west-1:1:reserved-instances/0123"]),
    ("savingsPlan/SavingsPlanARN", &["", "arn:aws:savingsplans::1:savingsplan/0123-4567"]),
    ("lineItem/CurrencyCode", &["USD"]),
    ("bill/BillingPeriodStartDate", &["2026-04-01T00:00:00Z"]),
    ("lineItem/UsageStartDate", &MOMENTS),
    ("bill/PayerAccountId", &IDS),
    ("lineItem/UsageAccountId", &IDS),
    ("product/ProductName", &TEXTS),
    ("resourceTags/user:team", &TEXTS),
];

const CUR2: [Column; 12] = [
    ("line_item_unblended_cost", &REQUIRED),
    ("line_item_line_item_type", &["Usage", "Tax", "Credit"]),
    ("pricing_public_on_demand_cost", &AMOUNTS),
    ("line_item_currency_code", &["USD", "USD"]),
    ("bill_billing_period_start_date", &["2026-04-01T00:00:00Z"]),
    ("line_item_usage_start_date", &MOMENTS),
    ("bill_payer_account_id", &IDS),
    ("line_item_usage_account_id", &IDS),
    ("line_item_product_code", &TEXTS),
    ("product", &["", "{\"product_name\":\"EC2\"}", "{\"region\":\"eu\"}"]),
    ("product_region_code", &["eu", ""]),
    ("resource_tags", &TAGS),
];

/// A table in one of the formats, between columns that nobody reads.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let columns = prop_oneof![Just(&FOCUS[..]), Just(&LEGACY[..]), Just(&CUR2[..])];
    let rows = prop::collection::vec(prop::collection::vec(any::<Index>(), 20), 0..40);
    (columns, rows, 0usize..3, any::<[bool; 4]>()).prop_map(|(columns, rows, others, [is_quoted, has_returns, ends, has_mark])| {
        let quotes = if is_quoted { QuoteStyle::Always } else { QuoteStyle::Necessary };
        let terminator = if has_returns { Terminator::CRLF } else { Terminator::Any(b'\n') };
        let mut writer = WriterBuilder::new().quote_style(quotes).terminator(terminator).from_writer(Vec::new());
        let others = others * 30;
        let other_names = (0..others).map(|place| format!("other{place}"));
        writer.write_record(columns.iter().map(|(name, _)| (*name).to_owned()).chain(other_names)).unwrap();
        for row in rows {
            let own = columns.iter().zip(&row).map(|((_, values), index)| *index.get(values));
            writer.write_record(own.chain((0..others).map(|place| TEXTS[place * 7 % 9]))).unwrap();
        }
        let mut text = writer.into_inner().unwrap();
        if !ends {
            text.truncate(text.len() - if has_returns { 2 } else { 1 });
        }
        if has_mark {
            text.splice(0..0, *b"\xef\xbb\xbf");
        }
        text
    })
}

type Outcome = Result<(Vec<u8>, ControlTotals, u64), Refusal>;

fn keys() -> Vec<String> {
    vec!["team".to_owned(), "k".to_owned()]
}

fn by_row(path: &Path) -> Outcome {
    let (mut cube, mut control) = (CubeBuilder::new(keys()), ControlTotals::default());
    let facts = container::read(path, &OPTIONS, Needed::Only(keys().into()), &mut |_| {}, &mut |charge| {
        cube.add(charge).map_err(|error| ChargeRefusal::from(&error))?;
        control.add(charge);
        Ok(())
    })?;
    Ok((cube.finish().to_bytes(), control, facts.rows))
}

fn in_cube(summed: SummedText) -> Outcome {
    let (mut cube, mut control) = (CubeBuilder::new(keys()), ControlTotals::default());
    summed.sums.put(summed.mapper.has_list_and_contracted(), &mut cube, &mut control).unwrap();
    Ok((cube.finish().to_bytes(), control, summed.sums.rows()))
}

fn in_windows(text: &[u8], text_bytes: usize) -> Result<SummedText, GiveUp> {
    let keys = keys();
    let summing = Summing { container: Container::Csv, options: &OPTIONS, tag_keys: &keys, most_combinations: usize::MAX, text_bytes };
    summing.sum(&mut &*text, &|| 0, &mut |_| {})
}

fn file(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    gzip_of(bytes, Compression::fast())
}

fn gzip_of(bytes: &[u8], level: Compression) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), level);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zip(bytes: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("bill.csv", zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap().into_inner()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_text_summed_is_what_its_rows_add_up_to_whatever_its_windows(text in text(), text_bytes in 1usize..3_000) {
        let expected = by_row(file(&text).path()).unwrap();
        for text_bytes in [text_bytes, TEXT_BYTES] {
            prop_assert!(in_cube(in_windows(&text, text_bytes).unwrap()).unwrap() == expected);
        }
    }

    #[test]
    fn a_text_in_any_container_is_summed_also_while_another_thread_unpacks(text in text(), at in any::<Index>()) {
        let expected = by_row(file(&text).path()).unwrap();
        let (first, second) = text.split_at(at.index(text.len()));
        let members = [gzip(first), gzip(second)].concat();
        for (container, bytes) in [(Container::Csv, text.clone()), (Container::CsvGzip, members), (Container::CsvZip, zip(&text))] {
            let file = file(&bytes);
            for workers in [1, 2] {
                let summed = sum(file.path(), container, &OPTIONS, &keys(), NonZeroUsize::new(workers).unwrap(), usize::MAX, &mut |_| {}).unwrap();
                prop_assert!(in_cube(summed).unwrap() == expected, "{} {}", container, workers);
            }
        }
    }

    #[test]
    fn a_damaged_text_is_summed_as_its_rows_add_up_or_not_at_all(
        text in text(), text_bytes in 1usize..600,
        damage in prop::collection::vec((any::<Index>(), 0u8..3, prop::sample::select(b"\",\n\r\0a1E-\xff\xc3".to_vec())), 1..4)
    ) {
        let mut text = text;
        for (at, kind, byte) in damage {
            let at = at.index(text.len());
            match kind {
                0 => text[at] = byte,
                1 => text.insert(at, byte),
                _ => drop(text.remove(at)),
            }
        }
        if let Ok(summed) = in_windows(&text, text_bytes) {
            match by_row(file(&text).path()) {
                Ok(expected) => prop_assert!(in_cube(summed).unwrap() == expected),
                Err(refusal) => prop_assert!(false, "summed, and refused by row: {}", refusal),
            }
        }
    }
}

fn gave_up(text: impl AsRef<[u8]>) -> &'static str {
    in_windows(text.as_ref(), 100).err().map_or("", |GiveUp(why)| why)
}

#[test]
fn what_is_unusual_is_not_summed() {
    let header = "lineItem/UnblendedCost,lineItem/LineItemType,lineItem/CurrencyCode,bill/BillingPeriodStartDate,product/ProductName\n";
    let row = "1,Usage,USD,2026-04-01,EC2\n";
    assert_eq!(gave_up(format!("{header}{row}{row}")), "");
    for (rows, why) in [
        ("1,Usage,USD,2026-04-01\n".to_owned(), "as many fields"),
        ("1,Usage,USD,2026-04-01,EC2,x\n".to_owned(), "as many fields"),
        (format!("{row}\n{row}"), "as many fields"),
        ("1,Usage,USD,2026-04-01,5\" disk\n".to_owned(), "within a value"),
        ("1,Usage,USD,2026-04-01,\"a\" b\n".to_owned(), "behind its quotation mark"),
        ("1,Usage,USD,2026-04-01,\"a\n".to_owned(), "not complete"),
        ("1,Usage,USD,2026-04-01,a\rb\n".to_owned(), "carriage return"),
        (format!("1,Usage,USD,2026-04-01,EC2\r\r\n{row}"), "carriage return"),
        (format!("1,Usage,USD,2026-04-01,{}\n", "x".repeat(MOST_ROW_BYTES * 2)), "many bytes"),
        ("one,Usage,USD,2026-04-01,EC2\n".to_owned(), "no amount"),
        (",Usage,USD,2026-04-01,EC2\n".to_owned(), "null cost"),
        ("1,Usage,USD,soon,EC2\n".to_owned(), "no moment"),
    ] {
        let given = gave_up(format!("{header}{rows}"));
        assert!(given.contains(why), "{why}: {given}");
    }
    assert!(gave_up([header.as_bytes(), b"1,Usage,USD,2026-04-01,\xff\n"].concat()).contains("UTF-8"));
    assert!(gave_up("").contains("refused"));
    assert!(gave_up("\n\n").contains("refused"));
}

#[test]
fn a_text_that_breaks_off_is_not_summed_whoever_unpacks() {
    let row = "1,Usage,USD,2026-04-01,EC2\n".repeat(5_000);
    let text = format!(
        "lineItem/UnblendedCost,lineItem/LineItemType,lineItem/CurrencyCode,bill/BillingPeriodStartDate,product/ProductName\n{row}"
    );
    let bytes = gzip(text.as_bytes());
    for length in [bytes.len() - 1, bytes.len() - 9, bytes.len() / 2, 12] {
        let file = file(&bytes[..length]);
        for workers in [1, 2] {
            let summed =
                sum(file.path(), Container::CsvGzip, &OPTIONS, &keys(), NonZeroUsize::new(workers).unwrap(), usize::MAX, &mut |_| {});
            assert!(summed.is_err(), "{length} of {} bytes, {workers} workers", bytes.len());
        }
    }
}

const HEADER: &str = "lineItem/UnblendedCost,lineItem/LineItemType,lineItem/CurrencyCode,bill/BillingPeriodStartDate,product/ProductName,reservation/ReservationARN";

/// As it is summed, or why it is not, and as its rows add up, which is the same where it is summed.
fn both(text: &str) -> (Option<&'static str>, Outcome) {
    let rows = by_row(file(text.as_bytes()).path());
    match in_windows(text.as_bytes(), TEXT_BYTES) {
        Ok(summed) => {
            assert!(in_cube(summed).unwrap() == *rows.as_ref().unwrap());
            (None, rows)
        }
        Err(GiveUp(why)) => (Some(why), rows),
    }
}

#[test]
fn a_quotation_mark_within_a_name_of_the_header_takes_no_rows_for_the_header() {
    let row = |note: &str| format!("1,Usage,USD,2026-04-01,EC2,,{note}\n");
    for end in ["\n", "\r\n"] {
        let rows = [row("a"), row("b"), row("a 3.5\" disk"), row("c")].concat();
        let (why, read) = both(&format!("{HEADER},x_size 5\"{end}{rows}"));
        assert_eq!((why, read.unwrap().2), (Some("a quotation mark within a value"), 4));
        let (why, read) = both(&format!("{HEADER},\"x_size, 5\"\"\nor more\"{end}{}{}", row("a"), row("b")));
        assert_eq!((why, read.unwrap().2), (None, 2));
    }
}

#[test]
fn a_header_alone_is_summed_however_many_columns_are_before_those_that_are_read() {
    let others: String = (0..300).map(|place| format!("other{place},")).collect();
    for text in [format!("{others}{HEADER}\n"), format!("{others}{HEADER}\r\n")] {
        let (why, read) = both(&text);
        assert_eq!((why, read.unwrap().2), (None, 0));
    }
}

#[test]
fn a_value_beyond_its_limit_is_not_summed_whatever_column_it_is_in() {
    let row = |cost: &str, product: &str, reservation: &str| format!("{HEADER}\n{cost},Usage,USD,2026-04-01,{product},{reservation}\n");
    let long = format!("{}1", "0".repeat(MAX_FIELD_BYTES));
    for text in [row(&long, "EC2", ""), row(&format!("\"{long}\""), "EC2", ""), row("1", &long, ""), row("1", "EC2", &long)] {
        assert_eq!(both(&text).0, Some("a value beyond its limit"));
    }
    assert!(both(&row(&long, "EC2", "")).1.unwrap_err().reason.contains("MAX_FIELD_BYTES"));
    let (why, read) = both(&row(&long[1..], "EC2", ""));
    assert_eq!((why, read.unwrap().2), (None, 1));
}

#[test]
fn a_text_that_unpacks_to_more_than_its_limit_is_not_summed() {
    const MIB: usize = 1024 * 1024;
    let piece = vec![b'x'; 16 * MIB];
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_level(Some(9));
    writer.start_file("bill.csv", options).unwrap();
    (0..48).for_each(|_| writer.write_all(&piece).unwrap());
    let zip = writer.finish().unwrap().into_inner();
    let gzip = gzip_of(&piece, Compression::best()).repeat(48);
    for (container, bytes) in [(Container::CsvGzip, gzip), (Container::CsvZip, zip)] {
        let mut error = None;
        let file = file(&bytes);
        let unpack = |text: &mut dyn Read, _: &dyn Fn() -> u64| {
            error = io::copy(text, &mut io::sink()).err().map(|error| error.to_string());
            Ok(())
        };
        with_text(file.path(), container, unpack).unwrap();
        let error = error.unwrap();
        assert!(error.contains("MAX_UNPACKED_TIMES") && error.contains(&bytes.len().to_string()), "{container}: {error}");
    }
}
