//! A month of the Azure bill.

use crate::azure_services::{REGIONS, find};
use crate::company::{SUBSCRIPTIONS, azure_services};
use crate::focus_charge::{FocusCharge, QUANTITY_SCALE};
use crate::focus_service::home_region;
use crate::money::{CENT, RATE_SCALE, at_scale, divide_rounded, round_to};
use crate::random::{Random, stable};
use crate::workload::{Month, Side, Use, uses};

/// Contracted prices in millionths of list prices: agreed in another currency, they are round in none.
const CONTRACTED: i128 = 953_712;

const MILLION: i128 = 1_000_000;

/// The contracted price of a list price.
pub fn contracted(list_price: i128) -> i128 {
    divide_rounded(list_price * CONTRACTED, MILLION)
}

/// All charges of a month.
pub fn charges(seed: u64, month: &Month) -> Vec<FocusCharge> {
    let mut random = Random::new(seed, u64::from(month.index) * 2 + 2);
    let side = Side {
        name: "azure",
        uses: 6_300,
        budget: |spender, month| spender.budget(month).1,
        services: azure_services,
        accounts: |spender| spender.subscriptions,
        all_accounts: &SUBSCRIPTIONS,
    };
    let uses = uses(&side, seed, month, &mut random);
    let mut charges: Vec<FocusCharge> = uses.iter().map(|one| usage(seed, month, one, &mut random)).collect();
    crate::azure_extras::add(seed, month, &mut charges, &mut random);
    charges
}

fn usage(seed: u64, month: &Month, one: &Use, random: &mut Random) -> FocusCharge {
    let service = find(one.service);
    let meter = service.choose(one.tiny, random);
    let mut charge = FocusCharge::plain("Usage", one.account, service, month, 0);
    let (name, fate) = &one.resource;
    let region = home_region(&REGIONS, *fate);
    charge.frequency = "Usage-Based";
    charge.description = format!("{} - {} - {}", service.name, meter.name, region.1);
    charge.meter = meter.name;
    charge.sku = format!("DZH318Z{:05X}", stable(seed, &format!("{}/{}", service.name, meter.name)) & 0xf_ffff);
    charge.region = region;
    charge.resource = (
        format!("{}/resourceGroups/rg-{}-{}/providers/{}/{name}", one.account.id, one.spender.team, one.account.env, service.path),
        name.clone(),
        service.resource_type,
    );
    (charge.day, charge.length) = (one.day, 1);
    charge.tags = one.tags.clone();
    let price = at_scale(meter.price, RATE_SCALE);
    charge.priced(quantity(one.budget, price), price, contracted(price), meter.unit);
    charge
}

/// The quantity that costs about `budget`; whole where a unit costs next to nothing.
fn quantity(budget: i128, list_price: i128) -> i128 {
    let exact = budget / CONTRACTED * MILLION / list_price;
    let one = 10i128.pow(QUANTITY_SCALE);
    if list_price < 10i128.pow(RATE_SCALE) / 10_000 { (exact / one).max(1) * one } else { exact.max(1) }
}

/// Rounded to cents, as tax is.
pub fn tax_of(sum: i128) -> i128 {
    round_to(sum * 66 / 1000, CENT)
}
