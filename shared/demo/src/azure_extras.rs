//! What an Azure bill holds besides usage: reservations, a support plan, a credit, a correction of an earlier
//! month, and tax.

use std::collections::BTreeMap;

use crate::azure::{contracted, tax_of};
use crate::azure_reservations;
use crate::azure_services::find;
use crate::company::{MONTHS, SPENDERS, SUBSCRIPTIONS};
use crate::focus_charge::{FocusCharge, QUANTITY_SCALE};
use crate::focus_service::Service;
use crate::money::{CENT, DOLLAR, RATE_SCALE, at_scale};
use crate::random::Random;
use crate::workload::{Month, Tags};

/// The month, by index, that corrects an earlier one: the last closed one.
pub const CORRECTING_MONTH: u32 = MONTHS - 2;

/// How many months before its own the correction reaches.
pub const CORRECTED_BEFORE: u32 = 2;

/// The month, by index, with a credit for an outage.
const CREDIT_MONTH: u32 = 4;

static SUPPORT: Service =
    Service { name: "Azure Support", category: "Other", subcategory: "Other (Other)", resource_type: "", path: "", meters: &[] };

/// Adds all of it.
pub fn add(seed: u64, month: &Month, charges: &mut Vec<FocusCharge>, random: &mut Random) {
    azure_reservations::monthly(month, charges, random);
    azure_reservations::prepaid(seed, month, charges);
    support(month, charges);
    if month.index == CREDIT_MONTH {
        credit(month, charges);
    }
    if month.index == CORRECTING_MONTH {
        correction(month, charges, random);
    }
    tax(month, charges);
}

fn support(month: &Month, charges: &mut Vec<FocusCharge>) {
    let mut plan = FocusCharge::plain("Purchase", &SUBSCRIPTIONS[3], &SUPPORT, month, 1_000 * DOLLAR);
    plan.frequency = "Recurring";
    plan.description = "Azure Support, Professional Direct".to_owned();
    plan.length = month.all_days;
    plan.pricing = "Standard";
    (plan.quantity, plan.unit) = (Some(10i128.pow(QUANTITY_SCALE)), "Units/Month");
    plan.prices = Some((at_scale("1000", RATE_SCALE), at_scale("1000", RATE_SCALE)));
    charges.push(plan);
}

fn credit(month: &Month, charges: &mut Vec<FocusCharge>) {
    let service = find("Event Hubs");
    let sum: i128 = charges
        .iter()
        .filter(|charge| charge.service == service.name && charge.account.id == SUBSCRIPTIONS[4].id)
        .map(|charge| charge.billed)
        .sum();
    let mut credit = FocusCharge::plain("Credit", &SUBSCRIPTIONS[4], service, month, -(sum / 4));
    credit.description = "Service credit: Event Hubs was below its service level".to_owned();
    charges.push(credit);
}

/// Compute that `recommendations` used had been metered on machines of `forecasting`; it was more than metered.
fn correction(month: &Month, charges: &mut Vec<FocusCharge>, random: &mut Random) {
    let service = find("Azure Machine Learning");
    let price = at_scale("3.673", RATE_SCALE);
    for row in 0..8 {
        for (team, sign) in [("forecasting", -1), ("recommendations", 1)] {
            let spender = SPENDERS.iter().find(|spender| spender.team == team).expect("a team of the company");
            let hours = random.between(20, 40) * 10i128.pow(QUANTITY_SCALE) + random.between(0, 99_999_999);
            let hours = if sign < 0 { -hours } else { hours * 13 / 10 };
            let mut charge = FocusCharge::plain("Usage", &SUBSCRIPTIONS[5], service, month, 0);
            charge.class = "Correction";
            charge.frequency = "Usage-Based";
            charge.meter = "NC24ads A100 v4";
            charge.sku = "DZH318Z0NC24".to_owned();
            charge.region = ("westeurope", "West Europe");
            charge.description = format!("Correction: {} hours metered on the wrong workspace", charge.meter);
            charge.resource = (
                format!("{}/resourceGroups/rg-{team}-prod/providers/{}/{team}-training", charge.account.id, service.path),
                format!("{team}-training"),
                service.resource_type,
            );
            charge.tags =
                Tags { team: spender.team, product: spender.product, env: "prod", cost_center: spender.cost_center, experiment: "" };
            charge.months_before = CORRECTED_BEFORE;
            (charge.day, charge.length) = (3 + row * 3, 1);
            charge.priced(hours, price, contracted(price), "Hours");
            charges.push(charge);
        }
    }
}

/// A row for each taxed subscription and service.
fn tax(month: &Month, charges: &mut Vec<FocusCharge>) {
    let mut sums: BTreeMap<(&str, &str), (i128, &FocusCharge)> = BTreeMap::new();
    for charge in charges.iter().filter(|charge| charge.account.taxed) {
        sums.entry((charge.account.id, charge.service)).or_insert((0, charge)).0 += charge.billed;
    }
    let mut taxes = Vec::new();
    for (sum, example) in sums.into_values() {
        let cost = tax_of(sum);
        if cost >= CENT {
            let mut tax = FocusCharge::plain("Tax", example.account, find(example.service), month, cost);
            tax.description = format!("Sales tax on {}", example.service);
            taxes.push(tax);
        }
    }
    charges.extend(taxes);
}
