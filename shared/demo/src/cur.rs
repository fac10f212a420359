//! AWS charges as a cost-and-usage report 2.0: gzipped CSV and the manifest of the export.

use std::io;

use flate2::{Compression, GzBuilder};
use serde_json::json;

use crate::aws::{AWS, AwsCharge, Document};
use crate::aws_extras::{hourly_commitment, savings_plan_arn};
use crate::company::AWS_ACCOUNTS;
use crate::money::{RATE_SCALE, SCALE, exponential, fixed};
use crate::random::Random;
use crate::workload::Month;

/// Name of the export.
pub const EXPORT: &str = "meridian-cur";

/// The bucket that the manifest names.
const BUCKET: &str = "meridian-billing";

/// Columns and their types, in the order of the export's own.
const COLUMNS: [(&str, &str); 62] = [
    ("bill_bill_type", "string"),
    ("bill_billing_entity", "string"),
    ("bill_billing_period_end_date", "timestamp"),
    ("bill_billing_period_start_date", "timestamp"),
    ("bill_invoice_id", "string"),
    ("bill_invoicing_entity", "string"),
    ("bill_payer_account_id", "string"),
    ("bill_payer_account_name", "string"),
    ("cost_category", "string"),
    ("discount", "string"),
    ("identity_line_item_id", "string"),
    ("identity_time_interval", "string"),
    ("line_item_availability_zone", "string"),
    ("line_item_currency_code", "string"),
    ("line_item_legal_entity", "string"),
    ("line_item_line_item_description", "string"),
    ("line_item_line_item_type", "string"),
    ("line_item_operation", "string"),
    ("line_item_product_code", "string"),
    ("line_item_resource_id", "string"),
    ("line_item_tax_type", "string"),
    ("line_item_unblended_cost", "double"),
    ("line_item_unblended_rate", "string"),
    ("line_item_usage_account_id", "string"),
    ("line_item_usage_account_name", "string"),
    ("line_item_usage_amount", "double"),
    ("line_item_usage_end_date", "timestamp"),
    ("line_item_usage_start_date", "timestamp"),
    ("line_item_usage_type", "string"),
    ("pricing_currency", "string"),
    ("pricing_public_on_demand_cost", "double"),
    ("pricing_public_on_demand_rate", "string"),
    ("pricing_term", "string"),
    ("pricing_unit", "string"),
    ("product", "string"),
    ("product_instance_type", "string"),
    ("product_location", "string"),
    ("product_product_family", "string"),
    ("product_region_code", "string"),
    ("product_servicecode", "string"),
    ("product_sku", "string"),
    ("product_usagetype", "string"),
    ("reservation_effective_cost", "double"),
    ("reservation_reservation_a_r_n", "string"),
    ("reservation_unused_amortized_upfront_fee_for_billing_period", "double"),
    ("reservation_unused_recurring_fee", "double"),
    ("reservation_upfront_value", "double"),
    ("resource_tags", "string"),
    ("savings_plan_amortized_upfront_commitment_for_billing_period", "double"),
    ("savings_plan_end_time", "string"),
    ("savings_plan_offering_type", "string"),
    ("savings_plan_payment_option", "string"),
    ("savings_plan_purchase_term", "string"),
    ("savings_plan_recurring_commitment_for_billing_period", "double"),
    ("savings_plan_region", "string"),
    ("savings_plan_savings_plan_a_r_n", "string"),
    ("savings_plan_savings_plan_effective_cost", "double"),
    ("savings_plan_savings_plan_rate", "double"),
    ("savings_plan_start_time", "string"),
    ("savings_plan_total_commitment_to_date", "double"),
    ("savings_plan_used_commitment", "double"),
    ("tags", "string"),
];

/// The ids of a month's documents, by kind; empty while the month runs.
pub type Documents = std::collections::BTreeMap<Document, String>;

/// The data file's bytes.
pub fn data_file(seed: u64, month: &Month, charges: &[AwsCharge], documents: &Documents) -> io::Result<Vec<u8>> {
    // Without a time of modification the same charges give the same bytes.
    let gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::new(4));
    let mut writer = csv::Writer::from_writer(gzip);
    writer.write_record(COLUMNS.map(|(name, _)| name))?;
    let mut ids = Random::new(seed, 1000 + u64::from(month.index));
    let plan = savings_plan_arn();
    for charge in charges {
        write_charge(&mut writer, month, charge, documents.get(&charge.document).map_or("", String::as_str), &ids.base_32(52), &plan)?;
    }
    writer.into_inner().map_err(|error| error.into_error())?.finish()
}

fn write_charge<W: io::Write>(
    writer: &mut csv::Writer<W>,
    month: &Month,
    charge: &AwsCharge,
    invoice: &str,
    id: &str,
    plan_arn: &str,
) -> io::Result<()> {
    let day = |day: u32| month.date(day).format("%Y-%m-%d").to_string();
    let moment = |date: u32| format!("{}T00:00:00.000Z", day(date));
    let number = |value| exponential(value, RATE_SCALE);
    let cost = |value: i128| exponential(value, SCALE);
    let rate = if charge.rate == 0 { String::new() } else { fixed(charge.rate, RATE_SCALE) };
    let (start, end) = (moment(charge.day), moment(charge.day + charge.length));
    let priced = !charge.sku.is_empty();
    let plan = charge.savings_plan;
    let in_plan = plan.is_some();
    let is_fee = plan.is_some_and(|plan| plan.total != 0);
    let plan = plan.unwrap_or_default();
    let when = |condition: bool, text: &'static str| if condition { text } else { "" };
    let region = charge.region.map_or("", |region| region.code);
    let zone = if charge.instance.is_empty() || region.is_empty() { String::new() } else { format!("{region}a") };
    let product = product_map(charge);
    let values: [&str; COLUMNS.len()] = [
        charge.bill_type,
        charge.seller.billing_entity,
        &moment(month.all_days),
        &moment(0),
        invoice,
        AWS.legal_entity,
        AWS_ACCOUNTS[0].id,
        AWS_ACCOUNTS[0].name,
        "{}",
        "{}",
        id,
        &format!("{}T00:00:00Z/{}T00:00:00Z", day(charge.day), day(charge.day + charge.length)),
        &zone,
        "USD",
        charge.seller.legal_entity,
        &charge.description,
        charge.kind,
        charge.operation,
        charge.code,
        &charge.resource,
        charge.tax_type,
        &cost(charge.cost),
        &rate,
        charge.account.id,
        charge.account.name,
        &number(charge.quantity),
        &end,
        &start,
        &charge.usage_type,
        when(priced, "USD"),
        &cost(charge.on_demand),
        if priced { &rate } else { "" },
        when(priced, "OnDemand"),
        charge.unit,
        &product,
        charge.instance,
        charge.region.map_or("", |region| region.location),
        charge.family,
        region,
        charge.code,
        &charge.sku,
        &charge.usage_type,
        "0.0",
        "",
        "0.0",
        "0.0",
        "0.0",
        &charge.tags.json(|key| format!("user_{}", key.replace('-', "_"))),
        "0.0",
        &if in_plan { plan_moment(month, 9) } else { String::new() },
        when(in_plan, "ComputeSavingsPlans"),
        when(in_plan, "No Upfront"),
        when(in_plan, "1yr"),
        &cost(plan.total),
        when(in_plan, "Any"),
        if in_plan { plan_arn } else { "" },
        &cost(plan.effective),
        &if is_fee { hourly_commitment() } else { number(plan.rate) },
        &if in_plan { plan_moment(month, -3) } else { String::new() },
        &cost(plan.total),
        &cost(plan.used),
        &charge.tags.json(|key| format!("resourceTags/user:{key}")),
    ];
    Ok(writer.write_record(values)?)
}

/// The plan's term begins three months before the demo does and lasts a year.
fn plan_moment(month: &Month, months_from_start: i32) -> String {
    let mut period = month.period;
    let shift = months_from_start - month.index as i32;
    for _ in 0..shift.unsigned_abs() {
        period = if shift < 0 { period.previous() } else { period.next() };
    }
    format!("{}T00:00:00.000Z", period.first_day())
}

fn product_map(charge: &AwsCharge) -> String {
    match charge.region {
        Some(region) => {
            format!(r#"{{"product_name":"{}","region":"{}","servicename":"{}"}}"#, charge.product, region.code, charge.product)
        }
        None => format!(r#"{{"product_name":"{}"}}"#, charge.product),
    }
}

/// The key of a month's data file below the export's folder.
pub fn data_key(month: &Month) -> String {
    format!("data/BILLING_PERIOD={}/{EXPORT}-00001.csv.gz", month.period)
}

/// The key of a month's manifest below the export's folder.
pub fn manifest_key(month: &Month) -> String {
    format!("metadata/BILLING_PERIOD={}/{EXPORT}-Manifest.json", month.period)
}

/// The manifest's bytes: which files make the delivery. As in real ones, the period is in the path only. `delivery` is 0
/// for the first of a month; another has an execution of its own.
pub fn manifest(seed: u64, month: &Month, delivery: u32) -> Vec<u8> {
    let mut random = Random::new(seed, 2000);
    let export = random.guid();
    let execution = Random::new(seed, 2001 + u64::from(month.index) + 100 * u64::from(delivery)).guid();
    let columns: Vec<_> = COLUMNS.iter().map(|(name, kind)| json!({ "name": name, "type": kind })).collect();
    let manifest = json!({
        "executionId": execution,
        "exportArn": format!("arn:aws:bcm-data-exports:us-east-1:{}:export/{EXPORT}-{export}", AWS_ACCOUNTS[0].id),
        "columns": columns,
        "dataFiles": [format!("s3://{BUCKET}/aws-cur/{}", data_key(month))],
    });
    manifest.to_string().into_bytes()
}
