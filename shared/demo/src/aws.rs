//! A month of the AWS bill.

use crate::aws_services::{GLOBAL, REGIONS, Region, Service, Sku, find};
use crate::company::{AWS_ACCOUNTS, Account, aws_services};
use crate::money::{RATE_SCALE, at_scale, aws_cost};
use crate::random::{Random, stable};
use crate::workload::{Month, Side, Tags, Use, uses};

/// Which of the provider's documents a charge stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Document {
    /// The month's invoice.
    Invoice,
    /// The month's marketplace invoice.
    Marketplace,
    /// The credit memo of a refund.
    CreditMemo,
}

/// Who sells.
#[derive(Clone, Copy, Debug)]
pub struct Seller {
    /// `bill_billing_entity`.
    pub billing_entity: &'static str,
    /// `line_item_legal_entity`.
    pub legal_entity: &'static str,
}

/// AWS itself.
pub const AWS: Seller = Seller { billing_entity: "AWS", legal_entity: "Amazon Web Services, Inc." };

/// The savings plan columns of a charge.
#[derive(Clone, Copy, Debug, Default)]
pub struct SavingsPlan {
    /// `savings_plan_savings_plan_effective_cost`.
    pub effective: i128,
    /// `savings_plan_savings_plan_rate`, at [`RATE_SCALE`].
    pub rate: i128,
    /// `savings_plan_total_commitment_to_date`.
    pub total: i128,
    /// `savings_plan_used_commitment`.
    pub used: i128,
}

/// One line item. Amounts are at [`SCALE`](crate::money::SCALE), quantity and rate at [`RATE_SCALE`].
#[derive(Clone, Debug)]
pub struct AwsCharge {
    /// `line_item_line_item_type`.
    pub kind: &'static str,
    /// `bill_bill_type`.
    pub bill_type: &'static str,
    /// The document it stands on.
    pub document: Document,
    /// Who sells.
    pub seller: Seller,
    /// The account that used it.
    pub account: &'static Account,
    /// `line_item_product_code`.
    pub code: &'static str,
    /// `product_name`.
    pub product: &'static str,
    /// Region.
    pub region: Option<&'static Region>,
    /// `line_item_usage_type`.
    pub usage_type: String,
    /// `line_item_operation`.
    pub operation: &'static str,
    /// `line_item_line_item_description`.
    pub description: String,
    /// `pricing_unit`.
    pub unit: &'static str,
    /// `product_product_family`.
    pub family: &'static str,
    /// `product_instance_type`.
    pub instance: &'static str,
    /// Whether a savings plan covers its price.
    pub coverable: bool,
    /// `product_sku`.
    pub sku: String,
    /// `line_item_resource_id`.
    pub resource: String,
    /// Tags.
    pub tags: Tags,
    /// Days after the first of the month at which it begins; may lie before.
    pub day: u32,
    /// Days it lasts.
    pub length: u32,
    /// Usage amount.
    pub quantity: i128,
    /// Price a unit; 0 where there is none.
    pub rate: i128,
    /// `line_item_unblended_cost`.
    pub cost: i128,
    /// `pricing_public_on_demand_cost`.
    pub on_demand: i128,
    /// `line_item_tax_type`.
    pub tax_type: &'static str,
    /// Savings plan columns.
    pub savings_plan: Option<SavingsPlan>,
}

impl AwsCharge {
    /// A charge of a kind that is no usage: without region, resource and price, over the whole month.
    pub fn plain(
        kind: &'static str,
        account: &'static Account,
        product: (&'static str, &'static str),
        month: &Month,
        cost: i128,
    ) -> AwsCharge {
        AwsCharge {
            kind,
            bill_type: "Anniversary",
            document: Document::Invoice,
            seller: AWS,
            account,
            code: product.0,
            product: product.1,
            region: None,
            usage_type: String::new(),
            operation: "",
            description: String::new(),
            unit: "",
            family: "",
            instance: "",
            coverable: false,
            sku: String::new(),
            resource: String::new(),
            tags: Tags::default(),
            day: 0,
            length: month.days,
            quantity: 10i128.pow(RATE_SCALE),
            rate: 0,
            cost,
            on_demand: 0,
            tax_type: "",
            savings_plan: None,
        }
    }
}

/// All charges of a month.
pub fn charges(seed: u64, month: &Month) -> Vec<AwsCharge> {
    let mut random = Random::new(seed, u64::from(month.index) * 2 + 1);
    let side = Side {
        name: "aws",
        uses: 13_000,
        budget: |spender, month| spender.budget(month).0,
        services: aws_services,
        accounts: |spender| spender.accounts,
        all_accounts: &AWS_ACCOUNTS,
    };
    let uses = uses(&side, seed, month, &mut random);
    let mut charges: Vec<AwsCharge> = uses.iter().map(|one| usage(seed, one, &mut random)).collect();
    crate::aws_extras::add(month, &mut charges, &mut random);
    charges
}

/// The charge of a use.
pub fn usage(seed: u64, one: &Use, random: &mut Random) -> AwsCharge {
    let service = find(one.service);
    let (name, fate) = &one.resource;
    let region = if service.global { &GLOBAL } else { home_region(*fate) };
    let sku = choose(service, one.tiny, random);
    let rate = at_scale(sku.price, RATE_SCALE);
    let quantity = quantity(one.budget, rate);
    let cost = aws_cost(quantity, rate);
    let resource = if sku.usage.starts_with("EBS:") { "vol-0{id}" } else { service.resource };
    let id = format!("{fate:016x}");
    AwsCharge {
        kind: "Usage",
        bill_type: "Anniversary",
        document: Document::Invoice,
        seller: AWS,
        account: one.account,
        code: service.code,
        product: service.name,
        region: Some(region),
        usage_type: format!("{}{}", if service.global { "" } else { region.prefix }, sku.usage),
        operation: sku.operation,
        description: format!("${} {}", sku.price, sku.what),
        unit: sku.unit,
        family: sku.family,
        instance: sku.instance,
        coverable: sku.covered,
        sku: sku_code(seed, service, sku, region),
        resource: resource
            .replace("{region}", region.code)
            .replace("{account}", one.account.id)
            .replace("{name}", name)
            .replace("{id}", &id),
        tags: one.tags.clone(),
        day: one.day,
        length: 1,
        quantity,
        rate,
        cost,
        on_demand: cost,
        tax_type: "",
        savings_plan: None,
    }
}

/// A resource stays where it is: its region is part of its fate.
fn home_region(fate: u64) -> &'static Region {
    let mut left = (fate >> 12) % REGIONS.iter().map(|region| region.share).sum::<u64>();
    for region in &REGIONS {
        if left < region.share {
            return region;
        }
        left -= region.share;
    }
    unreachable!("what is left is below the sum of the shares")
}

fn choose(service: &'static Service, tiny: bool, random: &mut Random) -> &'static Sku {
    let last = service.skus.last().expect("a service has a price");
    if tiny {
        return last;
    }
    let places = 0..service.skus.len() as u64;
    &service.skus[random.weighted(places.map(|place| 60 / (place + 1)))]
}

/// The quantity that costs about `budget`: whole where a unit costs next to nothing, because such units are
/// requests and the like, which come in one piece.
fn quantity(budget: i128, rate: i128) -> i128 {
    let one = 10i128.pow(RATE_SCALE);
    let exact = budget * 100 / rate;
    if rate < one / 10_000 { (exact / one).max(1) * one } else { exact.max(1) }
}

fn sku_code(seed: u64, service: &Service, sku: &Sku, region: &Region) -> String {
    let mut number = stable(seed, &format!("{}/{}/{}", service.code, sku.usage, region.code));
    let letters = b"ABCDEFGHJKMNPQRSTUVWXYZ23456789";
    let mut code = String::with_capacity(13);
    for _ in 0..13 {
        code.push(char::from(letters[(number % letters.len() as u64) as usize]));
        number /= letters.len() as u64;
    }
    code
}
