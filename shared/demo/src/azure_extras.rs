//! What an Azure bill holds besides usage: a reservation, a support plan, a credit, a correction of an earlier
//! month, and tax.

use std::collections::BTreeMap;

use crate::azure::{AzureCharge, Commitment, QUANTITY_SCALE, tax_of};
use crate::azure_services::{Service, find};
use crate::company::{Account, MONTHS, SPENDERS, SUBSCRIPTIONS};
use crate::money::{CENT, DOLLAR, RATE_SCALE, SCALE, at_scale};
use crate::random::Random;
use crate::workload::{Month, Tags};

/// The month, by index, that corrects an earlier one: the last closed one.
pub const CORRECTING_MONTH: u32 = MONTHS - 2;

/// How many months before its own the correction reaches.
pub const CORRECTED_BEFORE: u32 = 2;

/// The month, by index, with a credit for an outage.
const CREDIT_MONTH: u32 = 4;

/// Dollars a month for twenty reserved machines.
const RESERVATION_FEE: i128 = 2_640 * DOLLAR;

const RESERVED_MACHINES: i128 = 20;

static SUPPORT: Service =
    Service { name: "Azure Support", category: "Other", subcategory: "Other (Other)", resource_type: "", path: "", meters: &[] };

/// Adds all of it.
pub fn add(month: &Month, charges: &mut Vec<AzureCharge>, random: &mut Random) {
    reservation(month, charges, random);
    support(month, charges);
    if month.index == CREDIT_MONTH {
        credit(month, charges);
    }
    if month.index == CORRECTING_MONTH {
        correction(month, charges, random);
    }
    tax(month, charges);
}

/// Who uses the reserved machines: team and subscription.
static USERS: [(&str, usize); 4] = [("tills", 0), ("store-devices", 0), ("recommendations", 5), ("inventory", 0)];

/// The purchase is billed once a month; day by day its cost is spread over the machines that ran and the hours
/// that nobody used, to the last digit.
fn reservation(month: &Month, charges: &mut Vec<AzureCharge>, random: &mut Random) {
    let service = find("Virtual Machines");
    let one = 10i128.pow(QUANTITY_SCALE);
    let list_price = at_scale("0.192", RATE_SCALE);
    let mut purchase = reserved(month, &SUBSCRIPTIONS[0], "Purchase", "");
    purchase.frequency = "Recurring";
    purchase.description = "Reservation: 20 x Standard D4s v5, one year, monthly billing".to_owned();
    purchase.length = month.all_days;
    let price = RESERVATION_FEE / 10i128.pow(SCALE - RATE_SCALE);
    (purchase.quantity, purchase.prices, purchase.unit) = (Some(one), Some((price, price)), "Units/Month");
    (purchase.billed, purchase.list, purchase.contracted) = (RESERVATION_FEE, RESERVATION_FEE, RESERVATION_FEE);
    charges.push(purchase);

    let days = i128::from(month.all_days);
    for day in 0..month.days {
        // What days divide unevenly falls to the last one.
        let share = RESERVATION_FEE / days;
        let mut left = if day + 1 == month.all_days { RESERVATION_FEE - share * (days - 1) } else { share };
        let hours = RESERVED_MACHINES * 24;
        let mut hours_left = hours;
        for (team, subscription) in USERS {
            let spender = SPENDERS.iter().find(|spender| spender.team == team).expect("a team of the company");
            let used = random.between(94, 116).min(hours_left);
            let mut charge = reserved(month, &SUBSCRIPTIONS[subscription], "Usage", "Used");
            charge.tags =
                Tags { team: spender.team, product: spender.product, env: "prod", cost_center: spender.cost_center, experiment: "" };
            charge.description = format!("{} - D4s v5, reservation", service.name);
            charge.resource = (
                format!("{}/resourceGroups/rg-{team}-prod/providers/{}/{team}-reserved", charge.account.id, service.path),
                format!("{team}-reserved"),
                service.resource_type,
            );
            charge.priced(used * one, list_price, "Hours");
            charge.pricing = "Committed";
            (charge.billed, charge.effective) = (0, share * used / hours);
            charge.commitment = Some(Commitment { status: "Used", hours: used * one });
            (charge.day, charge.length) = (day, 1);
            left -= charge.effective;
            hours_left -= used;
            charges.push(charge);
        }
        let mut unused = reserved(month, &SUBSCRIPTIONS[0], "Usage", "Unused");
        unused.description = "Reservation: 20 x Standard D4s v5, unused hours".to_owned();
        (unused.effective, unused.unit) = (left, "Hours");
        unused.commitment = Some(Commitment { status: "Unused", hours: hours_left * one });
        (unused.day, unused.length) = (day, 1);
        charges.push(unused);
    }
}

fn reserved(month: &Month, account: &'static Account, category: &'static str, status: &'static str) -> AzureCharge {
    let mut charge = AzureCharge::plain(category, account, find("Virtual Machines"), month, 0);
    charge.frequency = "Usage-Based";
    charge.pricing = if status.is_empty() { "Standard" } else { "Committed" };
    charge.meter = "D4s v5";
    charge.sku = "DZH318Z0D4S5".to_owned();
    charge.region = ("westeurope", "West Europe");
    charge.resource = (reservation_id(), "stores-d4s-v5".to_owned(), "Reservation");
    charge.commitment = Some(Commitment { status, hours: 0 });
    charge
}

/// CommitmentDiscountId of the reservation.
pub fn reservation_id() -> String {
    "/providers/Microsoft.Capacity/reservationOrders/0b5d7e19-64c3-4a2f-9d80-e7f1a3c65b42/reservations/3f8a1c60-92d4-4e7b-8b15-60c9d2e7a4f8"
        .to_owned()
}

fn support(month: &Month, charges: &mut Vec<AzureCharge>) {
    let mut plan = AzureCharge::plain("Purchase", &SUBSCRIPTIONS[3], &SUPPORT, month, 1_000 * DOLLAR);
    plan.frequency = "Recurring";
    plan.description = "Azure Support, Professional Direct".to_owned();
    plan.length = month.all_days;
    plan.pricing = "Standard";
    (plan.quantity, plan.unit) = (Some(10i128.pow(QUANTITY_SCALE)), "Units/Month");
    plan.prices = Some((at_scale("1000", RATE_SCALE), at_scale("1000", RATE_SCALE)));
    charges.push(plan);
}

fn credit(month: &Month, charges: &mut Vec<AzureCharge>) {
    let service = find("Event Hubs");
    let sum: i128 = charges
        .iter()
        .filter(|charge| charge.service == service.name && charge.account.id == SUBSCRIPTIONS[4].id)
        .map(|charge| charge.billed)
        .sum();
    let mut credit = AzureCharge::plain("Credit", &SUBSCRIPTIONS[4], service, month, -(sum / 4));
    credit.description = "Service credit: Event Hubs was below its service level".to_owned();
    charges.push(credit);
}

/// Compute that `recommendations` used had been metered on machines of `forecasting`; it was more than metered.
fn correction(month: &Month, charges: &mut Vec<AzureCharge>, random: &mut Random) {
    let service = find("Azure Machine Learning");
    let price = at_scale("3.673", RATE_SCALE);
    for row in 0..8 {
        for (team, sign) in [("forecasting", -1), ("recommendations", 1)] {
            let spender = SPENDERS.iter().find(|spender| spender.team == team).expect("a team of the company");
            let hours = random.between(20, 40) * 10i128.pow(QUANTITY_SCALE) + random.between(0, 99_999_999);
            let hours = if sign < 0 { -hours } else { hours * 13 / 10 };
            let mut charge = AzureCharge::plain("Usage", &SUBSCRIPTIONS[5], service, month, 0);
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
            charge.priced(hours, price, "Hours");
            charges.push(charge);
        }
    }
}

/// A row for each taxed subscription and service.
fn tax(month: &Month, charges: &mut Vec<AzureCharge>) {
    let mut sums: BTreeMap<(&str, &str), (i128, &AzureCharge)> = BTreeMap::new();
    for charge in charges.iter().filter(|charge| charge.account.taxed) {
        sums.entry((charge.account.id, charge.service)).or_insert((0, charge)).0 += charge.billed;
    }
    let mut taxes = Vec::new();
    for (sum, example) in sums.into_values() {
        let cost = tax_of(sum);
        if cost >= CENT {
            let mut tax = AzureCharge::plain("Tax", example.account, find(example.service), month, cost);
            tax.description = format!("Sales tax on {}", example.service);
            taxes.push(tax);
        }
    }
    charges.extend(taxes);
}
