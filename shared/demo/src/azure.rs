//! A month of the Azure bill.

use crate::azure_services::{Meter, REGIONS, Service, find};
use crate::company::{Account, SUBSCRIPTIONS, azure_services};
use crate::money::{CENT, RATE_SCALE, SCALE, at_scale, divide_rounded, round_to};
use crate::random::{Random, stable};
use crate::workload::{Month, Side, Tags, Use, uses};

/// Decimals of quantities here: with those of a price they make the decimals of a cost.
pub const QUANTITY_SCALE: u32 = SCALE - RATE_SCALE;

/// Contracted prices in millionths of list prices: agreed in another currency, they are round in none.
const CONTRACTED: i128 = 953_712;

const MILLION: i128 = 1_000_000;

/// What was committed to.
#[derive(Debug)]
pub struct Reservation {
    /// CommitmentDiscountId.
    pub id: &'static str,
    /// CommitmentDiscountName.
    pub name: &'static str,
    /// CommitmentDiscountUnit.
    pub unit: &'static str,
}

/// The commitment columns of a charge.
#[derive(Clone, Copy, Debug)]
pub struct Commitment {
    /// What it belongs to.
    pub reservation: &'static Reservation,
    /// CommitmentDiscountStatus; empty on a purchase.
    pub status: &'static str,
    /// CommitmentDiscountQuantity, in the reservation's unit, at [`QUANTITY_SCALE`].
    pub hours: i128,
}

/// One row. Costs are at [`SCALE`], quantity at [`QUANTITY_SCALE`], prices at [`RATE_SCALE`].
#[derive(Clone, Debug)]
pub struct AzureCharge {
    /// The subscription.
    pub account: &'static Account,
    /// ChargeCategory.
    pub category: &'static str,
    /// ChargeClass.
    pub class: &'static str,
    /// ChargeFrequency.
    pub frequency: &'static str,
    /// ChargeDescription.
    pub description: String,
    /// ServiceName.
    pub service: &'static str,
    /// ServiceCategory and ServiceSubcategory.
    pub kind: (&'static str, &'static str),
    /// SkuMeter.
    pub meter: &'static str,
    /// SkuId.
    pub sku: String,
    /// RegionId and RegionName.
    pub region: (&'static str, &'static str),
    /// ResourceId, ResourceName and ResourceType.
    pub resource: (String, String, &'static str),
    /// The month in which the charge period lies: 0 is that of the bill, 2 the one two months before.
    pub months_before: u32,
    /// Days after the first at which it begins.
    pub day: u32,
    /// Days it lasts.
    pub length: u32,
    /// PricingCategory.
    pub pricing: &'static str,
    /// PricingUnit and ConsumedUnit.
    pub unit: &'static str,
    /// PricingQuantity; none where nothing is counted.
    pub quantity: Option<i128>,
    /// ListUnitPrice and ContractedUnitPrice; none where nothing is counted.
    pub prices: Option<(i128, i128)>,
    /// BilledCost.
    pub billed: i128,
    /// EffectiveCost.
    pub effective: i128,
    /// ListCost.
    pub list: i128,
    /// ContractedCost.
    pub contracted: i128,
    /// Commitment columns.
    pub commitment: Option<Commitment>,
    /// Tags.
    pub tags: Tags,
}

impl AzureCharge {
    /// A charge over the whole month without resource, quantity and price, all of its costs alike.
    pub fn plain(category: &'static str, account: &'static Account, service: &'static Service, month: &Month, cost: i128) -> AzureCharge {
        AzureCharge {
            account,
            category,
            class: "",
            frequency: "One-Time",
            description: String::new(),
            service: service.name,
            kind: (service.category, service.subcategory),
            meter: "",
            sku: String::new(),
            region: ("", ""),
            resource: (String::new(), String::new(), ""),
            months_before: 0,
            day: 0,
            length: month.days,
            pricing: "",
            unit: "",
            quantity: None,
            prices: None,
            billed: cost,
            effective: cost,
            list: cost,
            contracted: cost,
            commitment: None,
            tags: Tags::default(),
        }
    }

    /// Counts and prices it; the contracted price is what is billed.
    pub fn priced(&mut self, quantity: i128, list_price: i128, unit: &'static str) {
        let contracted_price = divide_rounded(list_price * CONTRACTED, MILLION);
        (self.quantity, self.prices, self.unit) = (Some(quantity), Some((list_price, contracted_price)), unit);
        self.list = quantity * list_price;
        self.contracted = quantity * contracted_price;
        (self.billed, self.effective) = (self.contracted, self.contracted);
        self.pricing = "Standard";
    }
}

/// All charges of a month.
pub fn charges(seed: u64, month: &Month) -> Vec<AzureCharge> {
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
    let mut charges: Vec<AzureCharge> = uses.iter().map(|one| usage(seed, month, one, &mut random)).collect();
    crate::azure_extras::add(seed, month, &mut charges, &mut random);
    charges
}

fn usage(seed: u64, month: &Month, one: &Use, random: &mut Random) -> AzureCharge {
    let service = find(one.service);
    let meter = choose(service, one.tiny, random);
    let mut charge = AzureCharge::plain("Usage", one.account, service, month, 0);
    let (name, fate) = &one.resource;
    let region = home_region(*fate);
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
    charge.priced(quantity(one.budget, price), price, meter.unit);
    charge
}

/// The quantity that costs about `budget`; whole where a unit costs next to nothing.
fn quantity(budget: i128, list_price: i128) -> i128 {
    let exact = budget / CONTRACTED * MILLION / list_price;
    let one = 10i128.pow(QUANTITY_SCALE);
    if list_price < 10i128.pow(RATE_SCALE) / 10_000 { (exact / one).max(1) * one } else { exact.max(1) }
}

fn home_region(fate: u64) -> (&'static str, &'static str) {
    let mut left = (fate >> 12) % REGIONS.iter().map(|region| region.2).sum::<u64>();
    for (id, name, share) in REGIONS {
        if left < share {
            return (id, name);
        }
        left -= share;
    }
    unreachable!("what is left is below the sum of the shares")
}

fn choose(service: &'static Service, tiny: bool, random: &mut Random) -> &'static Meter {
    if tiny {
        return service.meters.last().expect("a service has a price");
    }
    let places = 0..service.meters.len() as u64;
    &service.meters[random.weighted(places.map(|place| 60 / (place + 1)))]
}

/// Rounded to cents, as tax is.
pub fn tax_of(sum: i128) -> i128 {
    round_to(sum * 66 / 1000, CENT)
}
