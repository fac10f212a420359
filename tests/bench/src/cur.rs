//! CUR 2.0 as AWS Data Exports writes it: `double` costs, `MAP`s for tags and products, snappy. 52 columns.
//! <https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html>

use crate::charge::{GeneratedCharge, Kind};
use crate::columns::{Column, NULL, Source, Texts, constant, empty, number, text, texts};
use crate::company::TAG_KEYS;
use crate::control::Sums;
use crate::decimal::Decimal;
use crate::random::mix;
use crate::tables::{self, BILLING_ACCOUNT, INVOICES};

/// Line item types, in the order of [`line_item_type`].
pub const TYPES: [&str; 8] = [
    "Usage",
    "SavingsPlanCoveredUsage",
    "DiscountedUsage",
    "SavingsPlanUpfrontFee",
    "Tax",
    "Credit",
    "SavingsPlanRecurringFee",
    "SavingsPlanNegation",
];

/// A place in [`TYPES`].
pub fn line_item_type(charge: &GeneratedCharge) -> i32 {
    match charge.kind {
        Kind::Usage | Kind::Correction => 0,
        Kind::Covered if is_of_savings_plan(charge) => 1,
        Kind::Covered => 2,
        Kind::Purchase => 3,
        Kind::Tax => 4,
        Kind::Credit => 5,
        Kind::Unused => 6,
        Kind::Negation => 7,
    }
}

/// Whether the commitment is a savings plan; every other one is a reservation. Fees are of savings plans.
fn is_of_savings_plan(charge: &GeneratedCharge) -> bool {
    charge.kind != Kind::Covered || charge.of.commitment % 2 == 1
}

/// `line_item_unblended_cost`: of usage that a savings plan covers it is the cost on demand.
pub fn unblended(charge: &GeneratedCharge) -> Decimal {
    match line_item_type(charge) {
        1 => charge.costs.list,
        6 => charge.commitment[0],
        _ => charge.costs.billed,
    }
}

/// The costs that a file holds, in the words of FOCUS, by the rules of the CUR Query Library.
pub fn costs(charge: &GeneratedCharge) -> Sums {
    let effective = match line_item_type(charge) {
        3 | 7 => 0,
        6 => charge.commitment[0].finest_units() - charge.commitment[1].finest_units(),
        _ => charge.costs.effective.finest_units(),
    };
    [unblended(charge).finest_units(), effective, charge.costs.list.finest_units(), 0]
}

/// Columns of the legacy CUR have the same values under other names: `lineItem/UnblendedCost`.
pub fn effective_of(charge: &GeneratedCharge, kind: i32) -> Option<Decimal> {
    (line_item_type(charge) == kind).then_some(charge.costs.effective)
}

/// `savings_plan_savings_plan_a_r_n`.
pub fn savings_plan(charge: &GeneratedCharge) -> i32 {
    if is_of_savings_plan(charge) { tables::commitment(charge) } else { NULL }
}

/// `reservation_reservation_a_r_n`.
pub fn reservation(charge: &GeneratedCharge) -> i32 {
    if is_of_savings_plan(charge) { NULL } else { tables::commitment(charge) }
}

/// `identity_line_item_id`: 52 letters and digits that nothing compresses.
pub fn write_id(charge: &GeneratedCharge, to: &mut String) {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    for part in 0..4_u64 {
        let mut mixed = mix(charge.number * 4 + part);
        for _ in 0..13 {
            to.push(char::from(LETTERS[usize::try_from(mixed % 32).expect("INVARIANT: below 32")]));
            mixed /= 32;
        }
    }
}

/// `identity_time_interval`.
pub fn write_interval(charge: &GeneratedCharge, to: &mut String) {
    for (moment, end) in [(tables::charge_start(charge), '/'), (tables::charge_end(charge), ' ')] {
        tables::write_moment(moment, to);
        to.push(end);
    }
    to.pop();
}

/// `line_item_line_item_description`.
pub fn descriptions() -> Texts {
    tables::of_skus(|sku| format!("$0.{sku:05} per unit of usage, price tier {}", sku % 8))
}

/// The columns, in the order of the export.
pub fn columns() -> Vec<Column> {
    let moment = |name, of| Column { name, source: Source::Moment(of) };
    let own = |name, of| Column { name, source: Source::Own(of) };
    let none = |name| number(name, |_| None);
    let sku = |name, prefix: &'static str| text(name, &tables::of_skus(|sku| format!("{prefix}{sku:06X}")), tables::sku);
    let mut columns = vec![
        constant("bill_bill_type", "Anniversary"),
        text("bill_billing_entity", &texts(["AWS", "AWS Marketplace"]), tables::is_sold),
        moment("bill_billing_period_end_date", |_| tables::PERIOD_END),
        moment("bill_billing_period_start_date", |_| tables::PERIOD_START),
        text("bill_invoice_id", &texts(INVOICES), tables::invoice),
        constant("bill_invoicing_entity", "Amazon Web Services EMEA SARL"),
        constant("bill_payer_account_id", BILLING_ACCOUNT),
        constant("bill_payer_account_name", "Meridian Retail"),
        Column { name: "cost_category", source: Source::Map(texts(["none"]), texts(["none"]), |_, _| {}) },
        none("discount_total_discount"),
        own("identity_line_item_id", write_id),
        own("identity_time_interval", write_interval),
        text("line_item_availability_zone", &tables::regions(), tables::region),
        number("line_item_blended_cost", |charge| Some(unblended(charge))),
        constant("line_item_currency_code", "USD"),
        text("line_item_legal_entity", &texts(tables::ENTITIES), tables::seller),
        text("line_item_line_item_description", &descriptions(), tables::sku),
        text("line_item_line_item_type", &texts(TYPES), line_item_type),
        number("line_item_normalized_usage_amount", |_| None),
        text("line_item_operation", &texts(["RunInstances", "PutObject", "Invoke", "Unknown"]), |charge| i32::from(charge.of.service % 4)),
        text("line_item_product_code", &tables::of_services(|service| service.code), tables::in_service),
        own("line_item_resource_id", tables::write_resource),
        number("line_item_unblended_cost", |charge| Some(unblended(charge))),
        number("line_item_unblended_rate", tables::unit_price),
        text("line_item_usage_account_id", &tables::account_ids(), tables::account),
        text("line_item_usage_account_name", &tables::account_names(), tables::account),
        number("line_item_usage_amount", |charge| Some(charge.quantity)),
        moment("line_item_usage_end_date", tables::charge_end),
        moment("line_item_usage_start_date", tables::charge_start),
        sku("line_item_usage_type", "EUW1-Usage:"),
    ];
    columns.extend([
        number("pricing_public_on_demand_cost", |charge| Some(charge.costs.list)),
        number("pricing_public_on_demand_rate", tables::unit_price),
        sku("pricing_rate_code", "JRTCKXETXF.6YS6EN2CT7."),
        text("pricing_term", &texts(["OnDemand", "Reserved"]), |charge| i32::from(charge.kind == Kind::Covered)),
        text("pricing_unit", &tables::of_services(|service| service.unit), tables::in_service),
        Column {
            name: "product",
            source: Source::Map(texts(["product_name"]), tables::of_services(|service| service.name), |charge, entries| {
                entries.push((0, tables::in_service(charge)));
            }),
        },
        empty("product_comment"),
        sku("product_instance_type", "t3."),
        text("product_location", &tables::region_names(), tables::region),
        text("product_product_family", &tables::of_services(|service| service.subcategory), tables::in_service),
        text("product_region_code", &tables::regions(), tables::region),
        text("product_servicecode", &tables::of_services(|service| service.code), tables::in_service),
        sku("product_sku", "SKU"),
        number("reservation_effective_cost", |charge| effective_of(charge, 2)),
        text("reservation_reservation_a_r_n", &tables::commitments(), reservation),
        empty("reservation_subscription_id"),
        Column {
            name: "resource_tags",
            source: Source::Map(texts(TAG_KEYS.map(|key| format!("user_{key}"))), tables::tag_values(), tables::write_tags),
        },
        text("savings_plan_savings_plan_a_r_n", &tables::commitments(), savings_plan),
        number("savings_plan_savings_plan_effective_cost", |charge| effective_of(charge, 1)),
        number("savings_plan_total_commitment_to_date", |charge| (charge.kind == Kind::Unused).then_some(charge.commitment[0])),
        number("savings_plan_used_commitment", |charge| (charge.kind == Kind::Unused).then_some(charge.commitment[1])),
        empty("split_line_item_parent_resource_id"),
    ]);
    columns
}
