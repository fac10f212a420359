//! What a provider sells, in the words of FOCUS.

use crate::random::Random;

/// A region: RegionId, RegionName, share of use.
pub type Region = (&'static str, &'static str, u64);

/// A service.
pub struct Service {
    /// ServiceName.
    pub name: &'static str,
    /// ServiceCategory.
    pub category: &'static str,
    /// ServiceSubcategory.
    pub subcategory: &'static str,
    /// ResourceType.
    pub resource_type: &'static str,
    /// The path of the resource type in a resource id.
    pub path: &'static str,
    /// What is counted and priced.
    pub meters: &'static [Meter],
}

/// One price.
pub struct Meter {
    /// SkuMeter.
    pub name: &'static str,
    /// What a unit costs at list.
    pub price: &'static str,
    /// PricingUnit.
    pub unit: &'static str,
}

/// A price.
pub const fn meter(name: &'static str, price: &'static str, unit: &'static str) -> Meter {
    Meter { name, price, unit }
}

/// A service of a kind, which is category and subcategory, with resources of a type and its path.
pub const fn service(name: &'static str, kind: [&'static str; 2], resource: [&'static str; 2], meters: &'static [Meter]) -> Service {
    let ([category, subcategory], [resource_type, path]) = (kind, resource);
    Service { name, category, subcategory, resource_type, path, meters }
}

impl Service {
    /// One of the prices, those used most more often; the last one for what costs next to nothing.
    pub fn choose(&'static self, tiny: bool, random: &mut Random) -> &'static Meter {
        if tiny {
            return self.meters.last().expect("a service has a price");
        }
        let places = 0..self.meters.len() as u64;
        &self.meters[random.weighted(places.map(|place| 60 / (place + 1)))]
    }
}

/// Where a resource stands: it stays there, so that its region is part of its fate. RegionId and RegionName.
pub fn home_region(regions: &[Region], fate: u64) -> (&'static str, &'static str) {
    let mut left = (fate >> 12) % regions.iter().map(|region| region.2).sum::<u64>();
    for (id, name, share) in regions {
        if left < *share {
            return (id, name);
        }
        left -= share;
    }
    unreachable!("what is left is below the sum of the shares")
}
