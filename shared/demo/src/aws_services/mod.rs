//! What the demo uses of AWS, with prices near the public ones.

mod applications;
mod foundations;

/// A service.
pub struct Service {
    /// `line_item_product_code`.
    pub code: &'static str,
    /// `product_name`.
    pub name: &'static str,
    /// `line_item_resource_id`, with `{region}`, `{account}`, `{name}` and `{id}`.
    pub resource: &'static str,
    /// Whether it belongs to no region.
    pub global: bool,
    /// What is counted and priced.
    pub skus: &'static [Sku],
}

/// One price.
pub struct Sku {
    /// `line_item_usage_type`, without the prefix of the region.
    pub usage: &'static str,
    /// `line_item_operation`.
    pub operation: &'static str,
    /// Dollars a unit.
    pub price: &'static str,
    /// `pricing_unit`.
    pub unit: &'static str,
    /// What the price is for, as the description says.
    pub what: &'static str,
    /// `product_product_family`.
    pub family: &'static str,
    /// `product_instance_type`.
    pub instance: &'static str,
    /// Whether a Compute Savings Plan covers it.
    pub covered: bool,
}

/// A region.
#[derive(Debug)]
pub struct Region {
    /// `product_region_code`.
    pub code: &'static str,
    /// Prefix of usage types.
    pub prefix: &'static str,
    /// `product_location`.
    pub location: &'static str,
    /// Share of use.
    pub share: u64,
}

const fn region(code: &'static str, prefix: &'static str, location: &'static str, share: u64) -> Region {
    Region { code, prefix, location, share }
}

/// The regions in use.
pub static REGIONS: [Region; 5] = [
    region("us-east-1", "", "US East (N. Virginia)", 46),
    region("eu-west-1", "EU-", "EU (Ireland)", 24),
    region("us-west-2", "USW2-", "US West (Oregon)", 14),
    region("eu-central-1", "EUC1-", "EU (Frankfurt)", 11),
    region("ap-southeast-2", "APS2-", "Asia Pacific (Sydney)", 5),
];

/// Where services without a region stand.
pub static GLOBAL: Region = region("global", "Global-", "Any", 0);

const fn sku(
    usage: &'static str,
    operation: &'static str,
    price: &'static str,
    unit: &'static str,
    what: &'static str,
    family: &'static str,
) -> Sku {
    Sku { usage, operation, price, unit, what, family, instance: "", covered: false }
}

const fn box_usage(usage: &'static str, instance: &'static str, price: &'static str, what: &'static str) -> Sku {
    Sku { usage, operation: "RunInstances", price, unit: "Hrs", what, family: "Compute Instance", instance, covered: true }
}

const fn database(usage: &'static str, instance: &'static str, price: &'static str, what: &'static str) -> Sku {
    Sku { usage, operation: "CreateDBInstance:0014", price, unit: "Hrs", what, family: "Database Instance", instance, covered: false }
}

const fn covered(mut sku: Sku) -> Sku {
    sku.covered = true;
    sku
}

const fn service(code: &'static str, name: &'static str, resource: &'static str, skus: &'static [Sku]) -> Service {
    Service { code, name, resource, global: false, skus }
}

const fn global(code: &'static str, name: &'static str, resource: &'static str, skus: &'static [Sku]) -> Service {
    Service { code, name, resource, global: true, skus }
}

/// The service of a product code.
pub fn find(code: &str) -> &'static Service {
    foundations::SERVICES
        .iter()
        .chain(applications::SERVICES)
        .find(|service| service.code == code)
        .unwrap_or_else(|| panic!("`{code}` stands in the list of services"))
}
