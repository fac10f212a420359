//! The legacy CUR as csv.gz: 120 columns, most of them empty in most rows, a tenth of the costs with exponents.
//! <https://docs.aws.amazon.com/cur/latest/userguide/data-dictionary.html>

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use arrow_array::Array;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::charge::{Charges, GeneratedCharge, Kind};
use crate::columns::{Column, NULL, Source, constant, empty, number, text, texts};
use crate::company::TAG_KEYS;
use crate::control::Control;
use crate::cur::{self, TYPES, unblended};
use crate::decimal::Decimal;
use crate::tables::{self, BILLING_ACCOUNT, ENTITIES, INVOICES};

/// Columns that no row of this company has a value for; AWS names them all the same.
const EMPTY: [&str; 48] = [
    "product/availability",
    "product/durability",
    "product/eventType",
    "product/feeCode",
    "product/feeDescription",
    "product/fromLocation",
    "product/fromLocationType",
    "product/fromRegionCode",
    "product/groupDescription",
    "product/messageDeliveryFrequency",
    "product/messageDeliveryOrder",
    "product/overhead",
    "product/productType",
    "product/queueType",
    "product/storageMedia",
    "product/toLocation",
    "product/toLocationType",
    "product/toRegionCode",
    "product/transferType",
    "product/version",
    "product/volumeType",
    "product/capacitystatus",
    "product/clockSpeed",
    "product/currentGeneration",
    "product/dedicatedEbsThroughput",
    "product/deploymentOption",
    "product/ecu",
    "product/enhancedNetworkingSupported",
    "product/licenseModel",
    "product/memory",
    "product/networkPerformance",
    "product/normalizationSizeFactor",
    "product/operatingSystem",
    "product/physicalProcessor",
    "reservation/AmortizedUpfrontCostForUsage",
    "reservation/AmortizedUpfrontFeeForBillingPeriod",
    "reservation/EndTime",
    "reservation/ModificationStatus",
    "reservation/NormalizedUnitsPerReservation",
    "reservation/NumberOfReservations",
    "reservation/RecurringFeeForUsage",
    "reservation/StartTime",
    "reservation/SubscriptionId",
    "reservation/TotalReservedUnits",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod",
    "reservation/UnusedRecurringFee",
    "savingsPlan/AmortizedUpfrontCommitmentForBillingPeriod",
    "savingsPlan/RecurringCommitmentForBillingPeriod",
];

/// Tag columns of keys that nobody uses any more.
const OLD_TAGS: [&str; 10] = [
    "resourceTags/aws:createdBy",
    "resourceTags/aws:autoscaling:groupName",
    "resourceTags/aws:cloudformation:stack-name",
    "resourceTags/user:Name",
    "resourceTags/user:project",
    "resourceTags/user:stage",
    "resourceTags/user:customer",
    "resourceTags/user:backup",
    "resourceTags/user:schedule",
    "resourceTags/user:compliance",
];

/// The columns, in the order of the export.
pub fn columns() -> Vec<Column> {
    let mut columns = of_the_line_item();
    columns.extend(of_the_product());
    columns.extend(EMPTY.map(empty));
    columns.extend(of_the_price());
    columns.extend(OLD_TAGS.map(empty));
    columns.extend(of_the_tags());
    columns
}

fn of_the_line_item() -> Vec<Column> {
    let moment = |name, of| Column { name, source: Source::Moment(of) };
    let own = |name, of| Column { name, source: Source::Own(of) };
    vec![
        own("identity/LineItemId", cur::write_id),
        own("identity/TimeInterval", cur::write_interval),
        text("bill/InvoiceId", &texts(INVOICES), tables::invoice),
        constant("bill/InvoicingEntity", "Amazon Web Services EMEA SARL"),
        text("bill/BillingEntity", &texts(["AWS", "AWS Marketplace"]), tables::is_sold),
        constant("bill/BillType", "Anniversary"),
        constant("bill/PayerAccountId", BILLING_ACCOUNT),
        moment("bill/BillingPeriodStartDate", |_| tables::PERIOD_START),
        moment("bill/BillingPeriodEndDate", |_| tables::PERIOD_END),
        text("lineItem/UsageAccountId", &tables::account_ids(), tables::account),
        text("lineItem/LineItemType", &texts(TYPES), cur::line_item_type),
        moment("lineItem/UsageStartDate", tables::charge_start),
        moment("lineItem/UsageEndDate", tables::charge_end),
        text("lineItem/ProductCode", &tables::of_services(|service| service.code), tables::in_service),
        sku("lineItem/UsageType", "EUW1-Usage:"),
        text("lineItem/Operation", &texts(["RunInstances", "PutObject", "Invoke", "Unknown"]), |charge| i32::from(charge.of.service % 4)),
        text("lineItem/AvailabilityZone", &tables::regions(), tables::region),
        own("lineItem/ResourceId", tables::write_resource),
        number("lineItem/UsageAmount", |charge| Some(charge.quantity)),
        number("lineItem/NormalizationFactor", |charge| charge.resource.map(|_| Decimal::new(5, 1))),
        number("lineItem/NormalizedUsageAmount", |charge| Some(charge.quantity)),
        constant("lineItem/CurrencyCode", "USD"),
        number("lineItem/UnblendedRate", tables::unit_price),
        number("lineItem/UnblendedCost", |charge| Some(unblended(charge))),
        number("lineItem/BlendedRate", tables::unit_price),
        number("lineItem/BlendedCost", |charge| Some(unblended(charge))),
        text("lineItem/LineItemDescription", &cur::descriptions(), tables::sku),
        text("lineItem/TaxType", &texts(["VAT"]), |charge| if charge.kind == Kind::Tax { 0 } else { NULL }),
        text("lineItem/LegalEntity", &texts(ENTITIES), tables::seller),
    ]
}

fn of_the_product() -> Vec<Column> {
    let families = tables::of_services(|service| service.subcategory);
    let codes = tables::of_services(|service| service.code);
    vec![
        text("product/ProductName", &tables::of_services(|service| service.name), tables::in_service),
        text("product/group", &families, tables::in_service),
        text("product/location", &tables::region_names(), tables::region),
        text("product/locationType", &texts(["AWS Region"]), |charge| if charge.resource.is_some() { 0 } else { NULL }),
        sku("product/operation", "Run:"),
        text("product/productFamily", &families, tables::in_service),
        text("product/region", &tables::regions(), tables::region),
        text("product/regionCode", &tables::regions(), tables::region),
        text("product/servicecode", &codes, tables::in_service),
        text("product/servicename", &tables::of_services(|service| service.name), tables::in_service),
        sku("product/sku", "SKU"),
        sku("product/usagetype", "EUW1-Usage:"),
    ]
}

fn of_the_price() -> Vec<Column> {
    vec![
        sku("pricing/RateCode", "JRTCKXETXF.6YS6EN2CT7."),
        sku("pricing/RateId", "4981658079"),
        constant("pricing/currency", "USD"),
        number("pricing/publicOnDemandCost", |charge| Some(charge.costs.list)),
        number("pricing/publicOnDemandRate", tables::unit_price),
        text("pricing/term", &texts(["OnDemand", "Reserved"]), |charge| i32::from(charge.kind == Kind::Covered)),
        text("pricing/unit", &tables::of_services(|service| service.unit), tables::in_service),
        number("reservation/EffectiveCost", |charge| cur::effective_of(charge, 2)),
        text("reservation/ReservationARN", &tables::commitments(), cur::reservation),
        number("savingsPlan/TotalCommitmentToDate", |charge| (charge.kind == Kind::Unused).then_some(charge.commitment[0])),
        text("savingsPlan/SavingsPlanARN", &tables::commitments(), cur::savings_plan),
        number("savingsPlan/SavingsPlanRate", |charge| cur::effective_of(charge, 1)),
        number("savingsPlan/UsedCommitment", |charge| (charge.kind == Kind::Unused).then_some(charge.commitment[1])),
        number("savingsPlan/SavingsPlanEffectiveCost", |charge| cur::effective_of(charge, 1)),
        empty("savingsPlan/PurchaseTerm"),
    ]
}

fn of_the_tags() -> [Column; TAG_KEYS.len()] {
    let values = tables::tag_values();
    [
        text("resourceTags/user:team", &values, |charge| tag(charge, 0)),
        text("resourceTags/user:application", &values, |charge| tag(charge, 1)),
        text("resourceTags/user:environment", &values, |charge| tag(charge, 2)),
        text("resourceTags/user:cost_center", &values, |charge| tag(charge, 3)),
        text("resourceTags/user:owner", &values, |charge| tag(charge, 4)),
        text("resourceTags/user:managed_by", &values, |charge| tag(charge, 5)),
    ]
}

fn tag(charge: &GeneratedCharge, key: usize) -> i32 {
    tables::tags(charge).map_or(NULL, |values| values[key])
}

fn sku(name: &'static str, prefix: &'static str) -> Column {
    text(name, &tables::of_skus(|sku| format!("{prefix}{sku:06X}")), tables::sku)
}

/// Writes so many charges, and adds what the file holds to the control totals.
///
/// # Errors
/// Where the file cannot be written.
pub fn write(path: &Path, charges: &mut Charges<'_>, count: u64, control: &mut Control) -> Result<(), Box<dyn Error>> {
    let columns = columns();
    let texts: Vec<Option<Vec<String>>> = columns.iter().map(fields_of).collect();
    let mut gzip = GzEncoder::new(BufWriter::new(File::create(path)?), Compression::default());
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    writeln!(gzip, "{}", names.join(","))?;
    let mut line = String::new();
    for _ in 0..count {
        let charge = charges.next_charge();
        control.add(&charge, &cur::costs(&charge));
        line.clear();
        for (column, texts) in columns.iter().zip(&texts) {
            write_field(&column.source, texts.as_deref(), &charge, &mut line);
            line.push(',');
        }
        line.pop();
        line.push('\n');
        gzip.write_all(line.as_bytes())?;
    }
    gzip.finish()?.flush()?;
    Ok(())
}

/// The texts of a column as fields, quoted where they hold a comma.
fn fields_of(column: &Column) -> Option<Vec<String>> {
    let Source::Text(texts, _) = &column.source else { return None };
    let quoted = |text: &str| if text.contains(',') { format!("\"{text}\"") } else { text.to_owned() };
    Some((0..texts.len()).map(|place| quoted(texts.value(place))).collect())
}

fn write_field(source: &Source, texts: Option<&[String]>, charge: &GeneratedCharge, to: &mut String) {
    match source {
        Source::Text(_, of) => {
            let place = usize::try_from(of(charge)).ok();
            to.push_str(place.zip(texts).map_or("", |(place, texts)| &texts[place]));
        }
        Source::Own(write) => write(charge, to),
        Source::Number(of) => {
            if let Some(number) = of(charge) {
                // A tenth, whole charges of them.
                let has_exponent = charge.number % 10 == 3;
                to.push_str(&if has_exponent { number.with_exponent() } else { number.to_string() });
            }
        }
        Source::Moment(of) => tables::write_moment(of(charge), to),
        Source::Map(..) => unreachable!("INVARIANT: a CSV of a legacy CUR has no maps"),
    }
}

/// How many columns an export has.
pub const COLUMNS: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_export_has_a_hundred_and_twenty_columns_each_once() {
        let mut names: Vec<&str> = columns().iter().map(|column| column.name).collect();
        assert_eq!(names.len(), COLUMNS);
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COLUMNS);
    }
}
