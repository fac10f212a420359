//! A charge in the words of FOCUS, as Azure and Google Cloud bill it.

use crate::company::Account;
use crate::focus_service::Service;
use crate::money::{RATE_SCALE, SCALE};
use crate::workload::{Month, Tags};

/// Decimals of quantities here: with those of a price they make the decimals of a cost.
pub const QUANTITY_SCALE: u32 = SCALE - RATE_SCALE;

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
pub struct FocusCharge {
    /// The subscription or project.
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

impl FocusCharge {
    /// A charge over the whole month without resource, quantity and price, all of its costs alike.
    pub fn plain(category: &'static str, account: &'static Account, service: &'static Service, month: &Month, cost: i128) -> FocusCharge {
        FocusCharge {
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

    /// Counts and prices it, by prices a unit; the contracted price is what is billed.
    pub fn priced(&mut self, quantity: i128, list_price: i128, contracted_price: i128, unit: &'static str) {
        (self.quantity, self.prices, self.unit) = (Some(quantity), Some((list_price, contracted_price)), unit);
        self.list = quantity * list_price;
        self.contracted = quantity * contracted_price;
        (self.billed, self.effective) = (self.contracted, self.contracted);
        self.pricing = "Standard";
    }
}
