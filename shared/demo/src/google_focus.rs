//! Google Cloud charges as FOCUS 1.2 in gzipped CSV, labels as tags.

use std::io;

use flate2::{Compression, GzBuilder};

use crate::company::GOOGLE_BILLING_ACCOUNT;
use crate::focus_charge::{FocusCharge, QUANTITY_SCALE};
use crate::money::{RATE_SCALE, SCALE, plain};
use crate::workload::{Month, Tags};

/// Columns in the order of the file; FOCUS has no order of its own.
const COLUMNS: [&str; 49] = [
    "BillingAccountId",
    "BillingAccountName",
    "BillingAccountType",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "InvoiceId",
    "InvoiceIssuerName",
    "ProviderName",
    "PublisherName",
    "SubAccountId",
    "SubAccountName",
    "SubAccountType",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ChargeCategory",
    "ChargeClass",
    "ChargeDescription",
    "ChargeFrequency",
    "ServiceName",
    "ServiceCategory",
    "ServiceSubcategory",
    "SkuId",
    "SkuMeter",
    "SkuPriceId",
    "RegionId",
    "RegionName",
    "AvailabilityZone",
    "ResourceId",
    "ResourceName",
    "ResourceType",
    "BilledCost",
    "EffectiveCost",
    "ListCost",
    "ContractedCost",
    "ListUnitPrice",
    "ContractedUnitPrice",
    "PricingCategory",
    "PricingQuantity",
    "PricingUnit",
    "ConsumedQuantity",
    "ConsumedUnit",
    "CommitmentDiscountCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountName",
    "CommitmentDiscountQuantity",
    "CommitmentDiscountStatus",
    "CommitmentDiscountUnit",
    "Tags",
];

/// The key of a month's file below the source's folder.
pub fn data_key(month: &Month) -> String {
    format!("{}/focus-000000000000.csv.gz", month.period)
}

/// The file's bytes. `invoice` is the id of the month's invoice; none before it is issued.
pub fn data_file(month: &Month, charges: &[FocusCharge], invoice: Option<&str>) -> io::Result<Vec<u8>> {
    // Without a time of modification the same charges give the same bytes.
    let gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(6));
    let mut writer = csv::Writer::from_writer(gzip);
    writer.write_record(COLUMNS)?;
    for charge in charges {
        write_charge(&mut writer, month, charge, invoice.unwrap_or_default())?;
    }
    writer.into_inner().map_err(|error| error.into_error())?.finish()
}

fn write_charge<W: io::Write>(writer: &mut csv::Writer<W>, month: &Month, charge: &FocusCharge, invoice: &str) -> io::Result<()> {
    let moment = |day: u32| month.date(day).format("%Y-%m-%dT00:00:00Z").to_string();
    let cost = |value: i128| plain(value, SCALE);
    let quantity = |value: Option<i128>| value.map_or_else(String::new, |value| plain(value, QUANTITY_SCALE));
    let price = |value: Option<i128>| value.map_or_else(String::new, |value| plain(value, RATE_SCALE));
    let when = |condition: bool, text: &'static str| if condition { text } else { "" };
    let consumed = charge.quantity.filter(|_| charge.category == "Usage");
    let commitment = charge.commitment;
    let reservation = commitment.map(|commitment| commitment.reservation);
    let values: [&str; COLUMNS.len()] = [
        GOOGLE_BILLING_ACCOUNT.0,
        GOOGLE_BILLING_ACCOUNT.1,
        "Billing Account",
        "EUR",
        &moment(0),
        &moment(month.all_days),
        invoice,
        "Google Cloud EMEA Limited",
        "Google Cloud",
        "Google Cloud",
        charge.account.id,
        charge.account.name,
        "Project",
        &moment(charge.day),
        &moment(charge.day + charge.length),
        charge.category,
        charge.class,
        &charge.description,
        charge.frequency,
        charge.service,
        charge.kind.0,
        charge.kind.1,
        &charge.sku,
        charge.meter,
        &charge.sku,
        charge.region.0,
        charge.region.1,
        "",
        &charge.resource.0,
        &charge.resource.1,
        charge.resource.2,
        &cost(charge.billed),
        &cost(charge.effective),
        &cost(charge.list),
        &cost(charge.contracted),
        &price(charge.prices.map(|(list, _)| list)),
        &price(charge.prices.map(|(_, contracted)| contracted)),
        charge.pricing,
        &quantity(charge.quantity),
        when(charge.quantity.is_some(), charge.unit),
        &quantity(consumed),
        when(consumed.is_some(), charge.unit),
        when(commitment.is_some(), "Usage"),
        reservation.map_or("", |reservation| reservation.id),
        reservation.map_or("", |reservation| reservation.name),
        &quantity(commitment.map(|commitment| commitment.hours)),
        commitment.map_or("", |commitment| commitment.status),
        reservation.map_or("", |reservation| reservation.unit),
        &if charge.tags == Tags::default() { String::new() } else { charge.tags.json(str::to_owned) },
    ];
    Ok(writer.write_record(values)?)
}
