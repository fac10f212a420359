//! FOCUS 1.2 as AWS Data Exports writes it: `double` costs, `MAP` tags, snappy. 50 of its 60 columns.
//! <https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-focus-1-2-aws.html>

use crate::charge::{Costs, GeneratedCharge, Kind};
use crate::columns::{Column, NULL, Source, constant, empty, number, text, texts};
use crate::company::TAG_KEYS;
use crate::control::Sums;
use crate::decimal::Decimal;
use crate::tables::{self, BILLING_ACCOUNT, INVOICES};

const CATEGORIES: [&str; 5] = ["Usage", "Purchase", "Tax", "Credit", "Adjustment"];

/// FOCUS ChargeCategory.
pub fn category(charge: &GeneratedCharge) -> i32 {
    match charge.kind {
        Kind::Usage | Kind::Covered | Kind::Unused | Kind::Correction => 0,
        Kind::Purchase => 1,
        Kind::Tax => 2,
        Kind::Credit => 3,
        Kind::Negation => 4,
    }
}

/// The costs that the file holds.
pub fn costs(charge: &GeneratedCharge) -> Sums {
    let Costs { billed, effective, list, contracted } = charge.costs;
    [billed, effective, list, contracted].map(Decimal::finest_units)
}

/// The columns, in the order of the export.
pub fn columns() -> Vec<Column> {
    let moment = |name, of| Column { name, source: Source::Moment(of) };
    let sku = |name, prefix: &'static str| text(name, &tables::of_skus(|sku| format!("{prefix}{sku:012X}")), tables::sku);
    let usd = |name| constant(name, "USD");
    let units = tables::of_services(|service| service.unit);
    let commitment = |name, value: &'static str| text(name, &texts([value]), |charge| if charge.of.commitment == 0 { NULL } else { 0 });
    let mut columns = vec![
        text("AvailabilityZone", &zones(), tables::region),
        number("BilledCost", |charge| Some(charge.costs.billed)),
        constant("BillingAccountId", BILLING_ACCOUNT),
        constant("BillingAccountName", "Meridian Retail"),
        usd("BillingCurrency"),
        moment("BillingPeriodEnd", |_| tables::PERIOD_END),
        moment("BillingPeriodStart", |_| tables::PERIOD_START),
        text("ChargeCategory", &texts(CATEGORIES), category),
        text("ChargeClass", &texts(["Correction"]), |charge| if charge.kind == Kind::Correction { 0 } else { NULL }),
        text("ChargeDescription", &tables::of_skus(|sku| format!("$0.{sku:05} per unit of usage, price tier {}", sku % 8)), tables::sku),
        text("ChargeFrequency", &texts(["Usage-Based", "One-Time", "Recurring"]), |charge| match charge.kind {
            Kind::Purchase => 1,
            Kind::Unused => 2,
            _ => 0,
        }),
        moment("ChargePeriodEnd", tables::charge_end),
        moment("ChargePeriodStart", tables::charge_start),
        commitment("CommitmentDiscountCategory", "Spend"),
        text("CommitmentDiscountId", &tables::commitments(), tables::commitment),
        empty("CommitmentDiscountName"),
        text("CommitmentDiscountStatus", &texts(["Used", "Unused"]), |charge| match charge.kind {
            Kind::Covered => 0,
            Kind::Unused => 1,
            _ => NULL,
        }),
        commitment("CommitmentDiscountType", "Compute Savings Plans"),
        number("ConsumedQuantity", |charge| charge.resource.map(|_| charge.quantity)),
        text("ConsumedUnit", &units, tables::in_service_of_resource),
        number("ContractedCost", |charge| Some(charge.costs.contracted)),
        number("ContractedUnitPrice", tables::unit_price),
        number("EffectiveCost", |charge| Some(charge.costs.effective)),
        text("InvoiceId", &texts(INVOICES), tables::invoice),
        text("InvoiceIssuerName", &texts(["Amazon Web Services EMEA SARL", "AWS Marketplace"]), tables::is_sold),
        number("ListCost", |charge| Some(charge.costs.list)),
        number("ListUnitPrice", tables::unit_price),
        text("PricingCategory", &texts(["Standard", "Committed"]), |charge| i32::from(charge.kind == Kind::Covered)),
        usd("PricingCurrency"),
        number("PricingQuantity", |charge| Some(charge.quantity)),
        text("PricingUnit", &units, tables::in_service),
        constant("ProviderName", "AWS"),
        text("PublisherName", &tables::sellers(), tables::seller),
        text("RegionId", &tables::regions(), tables::region),
        text("RegionName", &tables::region_names(), tables::region),
        Column { name: "ResourceId", source: Source::Own(tables::write_resource) },
    ];
    columns.extend([
        empty("ResourceName"),
        text("ResourceType", &tables::of_services(|service| service.resource), tables::in_service_of_resource),
        text("ServiceCategory", &tables::of_services(|service| service.category), tables::in_service),
        text("ServiceName", &tables::of_services(|service| service.name), tables::in_service),
        text("ServiceSubcategory", &tables::of_services(|service| service.subcategory), tables::in_service),
        sku("SkuId", ""),
        sku("SkuMeter", "Meter-"),
        sku("SkuPriceId", "JRTCKXETXF.6YS6EN2CT7."),
        text("SubAccountId", &tables::account_ids(), tables::account),
        text("SubAccountName", &tables::account_names(), tables::account),
        Column { name: "Tags", source: Source::Map(texts(TAG_KEYS), tables::tag_values(), tables::write_tags) },
        text("x_Operation", &texts(["RunInstances", "PutObject", "Invoke", "Unknown"]), |charge| i32::from(charge.of.service % 4)),
        text("x_ServiceCode", &tables::of_services(|service| service.code), tables::in_service),
        sku("x_UsageType", "EUW1-Usage:"),
    ]);
    columns
}

fn zones() -> crate::columns::Texts {
    texts(crate::company::REGIONS.map(|(id, _)| format!("{id}a")))
}
