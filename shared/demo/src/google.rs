//! A month of the Google Cloud bill, in euros: usage, machines committed to for a year, a credit and tax.

use crate::company::{PROJECTS, SPENDERS, google_services};
use crate::focus_charge::{Commitment, FocusCharge, QUANTITY_SCALE, Reservation};
use crate::focus_service::{Meter, home_region};
use crate::google_services::{INVOICE, REGIONS, find};
use crate::money::{CENT, RATE_SCALE, at_scale, round_to};
use crate::random::{Random, stable};
use crate::workload::{Month, Side, Tags, Use, uses};

/// Finest part of a quantity that is billed: a millionth.
const QUANTITY_GRAIN: i128 = 10i128.pow(QUANTITY_SCALE - 6);

/// Core hours a day that are committed to: forty cores.
const COMMITTED_HOURS: i128 = 40 * 24;

/// What a committed core hour costs, in permille of its price.
const COMMITTED_PRICE: i128 = 630;

/// Who runs on the committed cores: team and the place of its project.
const COMMITTED_USERS: [(&str, usize); 2] = [("ingestion", 0), ("pricing", 2)];

static COMMITTED: Reservation =
    Reservation { id: "projects/meridian-data-prod/regions/europe-north1/commitments/n2-cores", name: "n2-cores", unit: "hour" };

/// All charges of a month.
pub fn charges(seed: u64, month: &Month) -> Vec<FocusCharge> {
    // A stream of its own: what other providers bill stays what it would be without this one.
    let mut random = Random::new(seed, 6000 + u64::from(month.index));
    let side = Side {
        name: "google",
        uses: 300,
        budget: |spender, month| spender.google_budget(month),
        services: google_services,
        accounts: |spender| spender.projects,
        all_accounts: &PROJECTS,
    };
    let uses = uses(&side, seed, month, &mut random);
    let mut charges: Vec<FocusCharge> = uses.iter().map(|one| usage(seed, month, one, &mut random)).collect();
    for day in 0..month.days {
        commitment(seed, month, day, &mut charges, &mut random);
    }
    credit(month, &mut charges);
    tax(month, &mut charges);
    charges
}

fn usage(seed: u64, month: &Month, one: &Use, random: &mut Random) -> FocusCharge {
    let service = find(one.service);
    let meter = service.choose(one.tiny, random);
    let (name, fate) = &one.resource;
    let mut charge = FocusCharge::plain("Usage", one.account, service, month, 0);
    (charge.meter, charge.sku, charge.region) = (meter.name, sku(seed, service.name, meter.name), home_region(&REGIONS, *fate));
    charge.description = format!("{} in {}", meter.name, charge.region.1);
    charge.frequency = "Usage-Based";
    charge.resource = (resource(service.path, one.account.id, name), name.clone(), service.resource_type);
    (charge.day, charge.length) = (one.day, 1);
    charge.tags = one.tags.clone();
    let price = at_scale(meter.price, RATE_SCALE);
    charge.priced(quantity(one.budget, price), price, price, meter.unit);
    charge
}

/// The quantity that costs about `budget`; whole where a unit costs next to nothing.
fn quantity(budget: i128, price: i128) -> i128 {
    let exact = budget / price;
    let grain = if price < 10i128.pow(RATE_SCALE) / 10_000 { 10i128.pow(QUANTITY_SCALE) } else { QUANTITY_GRAIN };
    (exact / grain).max(1) * grain
}

/// `//bigquery.googleapis.com/projects/…/datasets/…`, of the path `bigquery.googleapis.com/datasets`.
fn resource(path: &str, project: &str, name: &str) -> String {
    let (api, kind) = path.split_once('/').expect("a path is an interface and a kind");
    format!("//{api}/projects/{project}/{kind}/{name}")
}

/// Three groups of four hexadecimal digits.
fn sku(seed: u64, service: &str, meter: &str) -> String {
    let hex = format!("{:012X}", stable(seed, &format!("{service}/{meter}")) & 0xffff_ffff_ffff);
    format!("{}-{}-{}", &hex[..4], &hex[4..8], &hex[8..])
}

/// A day of the commitment: its fee, what ran on it, which is billed at nothing, and the hours that nobody used.
fn commitment(seed: u64, month: &Month, day: u32, charges: &mut Vec<FocusCharge>, random: &mut Random) {
    let service = find("Compute Engine");
    let meter = &service.meters[0];
    let one = 10i128.pow(QUANTITY_SCALE);
    let list_price = at_scale(meter.price, RATE_SCALE);
    let price = list_price * COMMITTED_PRICE / 1000;
    let charge = |project: usize, category: &'static str, description: &str| {
        let mut charge = FocusCharge::plain(category, &PROJECTS[project], service, month, 0);
        (charge.meter, charge.sku, charge.region) = (meter.name, sku(seed, service.name, meter.name), ("europe-north1", "Finland"));
        charge.description = description.to_owned();
        charge.frequency = "Usage-Based";
        (charge.day, charge.length) = (day, 1);
        charge
    };

    let mut fee = charge(0, "Purchase", "Commitment v1: N2 Cpu in Finland for 1 Year");
    fee.frequency = "Recurring";
    fee.priced(COMMITTED_HOURS * one, price, price, COMMITTED.unit);
    fee.effective = 0;
    fee.commitment = Some(Commitment { reservation: &COMMITTED, status: "", hours: COMMITTED_HOURS * one });
    charges.push(fee);

    let mut left = COMMITTED_HOURS * one;
    for (team, project) in COMMITTED_USERS {
        let hours = random.between(380, 480) * one;
        let mut used = charge(project, "Usage", "N2 Instance Core in Finland, committed");
        committed(&mut used, meter, hours, price, "Used");
        used.resource = (resource(service.path, used.account.id, &format!("{team}-n2")), format!("{team}-n2"), service.resource_type);
        let spender = SPENDERS.iter().find(|spender| spender.team == team).expect("a team of the company");
        used.tags = Tags { team, product: spender.product, env: "prod", cost_center: spender.cost_center, experiment: "" };
        left -= hours;
        charges.push(used);
    }
    if left > 0 {
        let mut unused = charge(0, "Usage", "Commitment v1: N2 Cpu in Finland, unused hours");
        committed(&mut unused, meter, left, price, "Unused");
        // Nothing ran, so there is nothing that it would have cost.
        (unused.quantity, unused.prices, unused.list, unused.contracted) = (None, None, 0, 0);
        charges.push(unused);
    }
}

fn committed(charge: &mut FocusCharge, meter: &Meter, hours: i128, price: i128, status: &'static str) {
    let list_price = at_scale(meter.price, RATE_SCALE);
    charge.priced(hours, list_price, list_price, meter.unit);
    charge.pricing = "Committed";
    (charge.billed, charge.effective) = (0, hours * price);
    charge.commitment = Some(Commitment { reservation: &COMMITTED, status, hours });
}

/// A tenth of what the stores' project asked of BigQuery.
fn credit(month: &Month, charges: &mut Vec<FocusCharge>) {
    let (service, project) = (find("BigQuery"), &PROJECTS[2]);
    let asked = charges.iter().filter(|charge| charge.service == service.name && charge.account.id == project.id);
    let sum: i128 = asked.map(|charge| charge.billed).sum();
    let mut credit = FocusCharge::plain("Credit", project, service, month, round_to(-sum / 10, CENT));
    credit.description = "Promotional credit: BigQuery onboarding".to_owned();
    charges.push(credit);
}

/// One row for the whole bill.
fn tax(month: &Month, charges: &mut Vec<FocusCharge>) {
    let sum: i128 = charges.iter().map(|charge| charge.billed).sum();
    let mut tax = FocusCharge::plain("Tax", &PROJECTS[0], &INVOICE, month, round_to(sum * 23 / 100, CENT));
    tax.description = "VAT, 23%".to_owned();
    charges.push(tax);
}
