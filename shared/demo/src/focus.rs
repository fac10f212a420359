//! Azure charges as FOCUS 1.2 in Parquet: costs as `DECIMAL(38,18)`, moments as timestamps, tags as JSON text.

use std::io;
use std::sync::Arc;

use arrow_array::{ArrayRef, Decimal128Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow_schema::{Field, Schema};
use chrono::{NaiveDate, NaiveTime};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;

use crate::company::AZURE_PROFILES;
use crate::focus_charge::{FocusCharge, QUANTITY_SCALE, Reservation};
use crate::money::{RATE_SCALE, SCALE};
use crate::workload::{Month, Tags};

/// Digits of every decimal column.
const PRECISION: u8 = 38;

/// Rows of a file; more make a second file.
pub const ROWS: usize = 4_000;

/// The key of a part of a month below the source's folder.
pub fn data_key(month: &Month, part: usize) -> String {
    format!("{}/part-{part:05}.parquet", month.period)
}

/// The bytes of one part. `invoices` are the ids by billing profile; none while the month runs.
pub fn data_file(month: &Month, charges: &[FocusCharge], invoices: &[Option<String>]) -> io::Result<Vec<u8>> {
    let columns = columns(month, charges, invoices);
    let fields: Vec<Field> = columns
        .iter()
        .map(|(name, array)| Field::new(*name, array.data_type().clone(), array.null_count() > 0 || nullable(name)))
        .collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), columns.into_iter().map(|(_, array)| array).collect()).map_err(io::Error::other)?;
    let level = ZstdLevel::try_new(3).map_err(io::Error::other)?;
    let properties =
        WriterProperties::builder().set_compression(Compression::ZSTD(level)).set_created_by("Meridian Retail demo".to_owned()).build();
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut writer = ArrowWriter::try_new_with_options(Vec::new(), schema, options).map_err(io::Error::other)?;
    writer.write(&batch).map_err(io::Error::other)?;
    writer.into_inner().map_err(io::Error::other)
}

/// Columns that FOCUS wants in every row.
fn nullable(name: &str) -> bool {
    ![
        "BilledCost",
        "BillingAccountId",
        "BillingCurrency",
        "BillingPeriodEnd",
        "BillingPeriodStart",
        "ChargeCategory",
        "ChargePeriodEnd",
        "ChargePeriodStart",
        "ContractedCost",
        "EffectiveCost",
        "InvoiceIssuerName",
        "ListCost",
        "ProviderName",
        "PublisherName",
        "ServiceCategory",
        "ServiceName",
    ]
    .contains(&name)
}

fn columns(month: &Month, charges: &[FocusCharge], invoices: &[Option<String>]) -> Vec<(&'static str, ArrayRef)> {
    let text = |value: &dyn Fn(&FocusCharge) -> String| -> ArrayRef {
        let values = charges.iter().map(|charge| Some(value(charge)).filter(|text| !text.is_empty()));
        Arc::new(StringArray::from_iter(values))
    };
    let word = |value: &dyn Fn(&FocusCharge) -> &'static str| text(&|charge| value(charge).to_owned());
    let same = |value: &'static str| word(&move |_| value);
    let cost = |value: &dyn Fn(&FocusCharge) -> i128| decimal(charges.iter().map(|charge| Some(value(charge))), SCALE);
    let quantity = |value: &dyn Fn(&FocusCharge) -> Option<i128>| {
        decimal(charges.iter().map(|charge| value(charge).map(|units| units * 10i128.pow(SCALE - QUANTITY_SCALE))), SCALE)
    };
    let price = |value: &dyn Fn(&FocusCharge) -> Option<i128>| {
        decimal(charges.iter().map(|charge| value(charge).map(|units| units * 10i128.pow(SCALE - RATE_SCALE))), SCALE)
    };
    let moment = |value: &dyn Fn(&FocusCharge) -> NaiveDate| timestamps(charges.iter().map(value));
    let consumed = |charge: &FocusCharge| charge.quantity.filter(|_| charge.category == "Usage");
    let committed = |value: &dyn Fn(&Reservation) -> &'static str| {
        word(&move |charge| charge.commitment.map_or("", |commitment| value(commitment.reservation)))
    };
    vec![
        ("AvailabilityZone", same("")),
        ("BilledCost", cost(&|charge| charge.billed)),
        ("BillingAccountId", word(&|charge| AZURE_PROFILES[charge.account.profile].0)),
        ("BillingAccountName", word(&|charge| AZURE_PROFILES[charge.account.profile].1)),
        ("BillingAccountType", same("Billing Profile")),
        ("BillingCurrency", same("USD")),
        ("BillingPeriodEnd", moment(&|_| month.period.next().first_day())),
        ("BillingPeriodStart", moment(&|_| month.period.first_day())),
        ("CapacityReservationId", same("")),
        ("CapacityReservationStatus", same("")),
        ("ChargeCategory", word(&|charge| charge.category)),
        ("ChargeClass", word(&|charge| charge.class)),
        ("ChargeDescription", text(&|charge| charge.description.clone())),
        ("ChargeFrequency", word(&|charge| charge.frequency)),
        ("ChargePeriodEnd", moment(&|charge| charge_day(month, charge, charge.day + charge.length))),
        ("ChargePeriodStart", moment(&|charge| charge_day(month, charge, charge.day))),
        ("CommitmentDiscountCategory", committed(&|_| "Usage")),
        ("CommitmentDiscountId", committed(&|reservation| reservation.id)),
        ("CommitmentDiscountName", committed(&|reservation| reservation.name)),
        ("CommitmentDiscountQuantity", quantity(&|charge| charge.commitment.map(|commitment| commitment.hours))),
        ("CommitmentDiscountStatus", word(&|charge| charge.commitment.map_or("", |commitment| commitment.status))),
        ("CommitmentDiscountType", committed(&|_| "Reservation")),
        ("CommitmentDiscountUnit", committed(&|reservation| reservation.unit)),
        ("ConsumedQuantity", quantity(&consumed)),
        ("ConsumedUnit", word(&|charge| if consumed(charge).is_some() { charge.unit } else { "" })),
        ("ContractedCost", cost(&|charge| charge.contracted)),
        ("ContractedUnitPrice", price(&|charge| charge.prices.map(|(_, contracted)| contracted))),
        ("EffectiveCost", cost(&|charge| charge.effective)),
        ("InvoiceId", text(&|charge| invoices[charge.account.profile].clone().unwrap_or_default())),
        ("InvoiceIssuerName", same("Microsoft")),
        ("ListCost", cost(&|charge| charge.list)),
        ("ListUnitPrice", price(&|charge| charge.prices.map(|(list, _)| list))),
        ("PricingCategory", word(&|charge| charge.pricing)),
        ("PricingCurrency", same("USD")),
        ("PricingCurrencyContractedUnitPrice", price(&|charge| charge.prices.map(|(_, contracted)| contracted))),
        ("PricingCurrencyEffectiveCost", cost(&|charge| charge.effective)),
        ("PricingCurrencyListUnitPrice", price(&|charge| charge.prices.map(|(list, _)| list))),
        ("PricingQuantity", quantity(&|charge| charge.quantity)),
        ("PricingUnit", word(&|charge| if charge.quantity.is_some() { charge.unit } else { "" })),
        ("ProviderName", same("Microsoft")),
        ("PublisherName", same("Microsoft")),
        ("RegionId", word(&|charge| charge.region.0)),
        ("RegionName", word(&|charge| charge.region.1)),
        ("ResourceId", text(&|charge| charge.resource.0.clone())),
        ("ResourceName", text(&|charge| charge.resource.1.clone())),
        ("ResourceType", word(&|charge| charge.resource.2)),
        ("ServiceCategory", word(&|charge| charge.kind.0)),
        ("ServiceName", word(&|charge| charge.service)),
        ("ServiceSubcategory", word(&|charge| charge.kind.1)),
        ("SkuId", text(&|charge| charge.sku.clone())),
        ("SkuMeter", word(&|charge| charge.meter)),
        ("SkuPriceDetails", same("")),
        ("SkuPriceId", text(&|charge| if charge.sku.is_empty() { String::new() } else { format!("{}_P1M", charge.sku) })),
        ("SubAccountId", word(&|charge| charge.account.id)),
        ("SubAccountName", word(&|charge| charge.account.name)),
        ("SubAccountType", same("Subscription")),
        ("Tags", text(&|charge| if charge.tags == Tags::default() { String::new() } else { charge.tags.json(str::to_owned) })),
        ("x_ResourceGroupName", text(&|charge| resource_group(&charge.resource.0))),
    ]
}

fn charge_day(month: &Month, charge: &FocusCharge, day: u32) -> NaiveDate {
    let mut period = month.period;
    for _ in 0..charge.months_before {
        period = period.previous();
    }
    Month { period, ..*month }.date(day)
}

fn resource_group(resource: &str) -> String {
    resource.split('/').skip_while(|part| *part != "resourceGroups").nth(1).unwrap_or("").to_owned()
}

fn decimal(units: impl Iterator<Item = Option<i128>>, scale: u32) -> ArrayRef {
    let scale = i8::try_from(scale).expect("a scale is small");
    let array: Decimal128Array = units.collect();
    Arc::new(array.with_precision_and_scale(PRECISION, scale).expect("38 digits hold 18 decimals"))
}

fn timestamps(dates: impl Iterator<Item = NaiveDate>) -> ArrayRef {
    let micros = dates.map(|date| date.and_time(NaiveTime::MIN).and_utc().timestamp_micros());
    let array = TimestampMicrosecondArray::from_iter_values(micros).with_timezone("UTC");
    Arc::new(array)
}
