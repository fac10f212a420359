//! The texts that columns share, and which of them a charge has.

use crate::charge::{GeneratedCharge, Kind, SKUS};
use crate::columns::{Entries, NULL, Texts, texts};
use crate::company::{
    ACCOUNTS, APPLICATIONS_OF_A_TEAM, COMMITMENTS, ENVIRONMENTS, MANAGERS, REGIONS, SELLERS, SERVICES, Service, TAG_KEYS, TEAMS,
    account_id, account_name, application_name, cost_center, owner, team_name,
};
use crate::decimal::Decimal;
use crate::random::mix;

/// The account that is billed.
pub const BILLING_ACCOUNT: &str = "100200300400";
/// FOCUS InvoiceId, one for each place in [`invoice`].
pub const INVOICES: [&str; 3] = ["EUINGB26-1048576", "EUINGB26-1048577", "2026052000471"];
/// First millisecond of the billing period, May 2026.
pub const PERIOD_START: i64 = 1_777_593_600_000;
/// First millisecond after it.
pub const PERIOD_END: i64 = PERIOD_START + 744 * HOUR;
const HOUR: i64 = 3_600_000;

/// The service of a charge.
pub fn service(charge: &GeneratedCharge) -> &'static Service {
    &SERVICES[usize::from(charge.of.service)]
}

/// Texts of [`sku`].
pub fn of_skus(text: impl Fn(u64) -> String) -> Texts {
    texts((0..SKUS as u64).map(text))
}

/// Texts of [`account`].
pub fn account_ids() -> Texts {
    texts((0..ACCOUNTS).map(account_id))
}

/// Texts of [`account`].
pub fn account_names() -> Texts {
    texts((0..ACCOUNTS).map(account_name))
}

/// Texts of [`in_service`].
pub fn of_services(text: impl Fn(&Service) -> &'static str) -> Texts {
    texts(SERVICES.iter().map(text))
}

/// Texts of [`region`].
pub fn regions() -> Texts {
    texts(REGIONS.map(|(id, _)| id))
}

/// Texts of [`region`].
pub fn region_names() -> Texts {
    texts(REGIONS.map(|(_, name)| name))
}

/// Texts of [`commitment`].
pub fn commitments() -> Texts {
    texts((0..COMMITMENTS as u64).map(|place| {
        let kind = if place % 2 == 0 { "savingsplans" } else { "ec2" };
        format!("arn:aws:{kind}::{BILLING_ACCOUNT}:{}/{:08x}", if place % 2 == 0 { "savingsplan" } else { "reserved-instances" }, place)
    }))
}

/// A sub account.
pub fn account(charge: &GeneratedCharge) -> i32 {
    i32::from(charge.of.account)
}

/// A service.
pub fn in_service(charge: &GeneratedCharge) -> i32 {
    i32::from(charge.of.service)
}

/// A service, of a charge that is about a resource.
pub fn in_service_of_resource(charge: &GeneratedCharge) -> i32 {
    if charge.resource.is_some() { in_service(charge) } else { NULL }
}

/// A region; what is about no resource has none.
pub fn region(charge: &GeneratedCharge) -> i32 {
    if charge.resource.is_some() { i32::from(charge.of.region) } else { NULL }
}

/// A SKU.
pub fn sku(charge: &GeneratedCharge) -> i32 {
    i32::from(charge.sku)
}

/// A seller.
pub fn seller(charge: &GeneratedCharge) -> i32 {
    i32::from(service(charge).seller)
}

/// Texts of [`seller`].
pub fn sellers() -> Texts {
    texts(SELLERS)
}

/// A commitment.
pub fn commitment(charge: &GeneratedCharge) -> i32 {
    i32::from(charge.of.commitment) - 1
}

/// The provider's invoice: of usage, of tax, of the marketplace.
pub fn invoice(charge: &GeneratedCharge) -> i32 {
    match charge.kind {
        _ if service(charge).seller != 0 => 2,
        Kind::Tax => 1,
        _ => 0,
    }
}

/// Start of the charge period; a correction is thirty days earlier, mostly in the month before.
pub fn charge_start(charge: &GeneratedCharge) -> i64 {
    let start = PERIOD_START + i64::from(charge.hour) * HOUR;
    if charge.kind == Kind::Correction { start - 720 * HOUR } else { start }
}

/// End of the charge period.
pub fn charge_end(charge: &GeneratedCharge) -> i64 {
    charge_start(charge) + HOUR
}

/// A moment of 2026, to the second: `2026-05-01T00:00:00Z`.
pub fn write_moment(milliseconds: i64, to: &mut String) {
    use std::fmt::Write as _;
    let (hours, days_of_april) = ((milliseconds - PERIOD_START) / HOUR, 30);
    let (mut month, mut day) = (5, hours.div_euclid(24));
    if day < 0 {
        (month, day) = (4, day + days_of_april);
    } else if day >= 31 {
        (month, day) = (6, day - 31);
    }
    write!(to, "2026-{month:02}-{:02}T{:02}:00:00Z", day + 1, hours.rem_euclid(24)).expect("INVARIANT: a string takes all");
}

/// Whether it is bought through the marketplace: nought or one.
pub fn is_sold(charge: &GeneratedCharge) -> i32 {
    i32::from(service(charge).seller != 0)
}

/// Legal entities of the [`SELLERS`].
pub const ENTITIES: [&str; 5] = ["Amazon Web Services EMEA SARL", "Datadog, Inc.", "MongoDB, Inc.", "Snowflake Inc.", "Red Hat, Inc."];

/// Price of a SKU, with five or ten decimals.
pub fn unit_price(charge: &GeneratedCharge) -> Option<Decimal> {
    charge.resource?;
    let mixed = mix(u64::from(charge.sku));
    let units = i64::try_from(mixed % 100_000).expect("INVARIANT: five digits");
    Some(Decimal::new(units, if mixed.is_multiple_of(2) { 5 } else { 10 }))
}

/// FOCUS ResourceId.
pub fn write_resource(charge: &GeneratedCharge, to: &mut String) {
    use std::fmt::Write as _;
    let Some(resource) = charge.resource else { return };
    let of = service(charge);
    let region = REGIONS[usize::from(charge.of.region)].0;
    write!(to, "arn:aws:{}:{region}:{}/{resource:017x}", of.code, of.resource).expect("INVARIANT: a string takes all");
}

/// Texts of the values of tags, in the order of [`write_tags`].
pub fn tag_values() -> Texts {
    let teams = || 0..TEAMS;
    let all = teams()
        .map(team_name)
        .chain(teams().flat_map(|team| (0..APPLICATIONS_OF_A_TEAM).map(move |application| application_name(team, application))))
        .chain(ENVIRONMENTS.map(str::to_owned))
        .chain(teams().map(cost_center))
        .chain(teams().map(owner))
        .chain(MANAGERS.map(str::to_owned));
    texts(all)
}

/// Places of the values of the six tags among [`tag_values`], in the order of [`TAG_KEYS`].
pub fn tags(charge: &GeneratedCharge) -> Option<[i32; TAG_KEYS.len()]> {
    const TEAMS_: i32 = TEAMS as i32;
    const APPLICATIONS: i32 = TEAMS_ * APPLICATIONS_OF_A_TEAM as i32;
    const MANAGED: i32 = 3 * TEAMS_ + APPLICATIONS + ENVIRONMENTS.len() as i32;
    let of = charge.of;
    let team = i32::from(of.team);
    of.is_tagged.then(|| {
        [
            team,
            TEAMS_ + team * APPLICATIONS_OF_A_TEAM as i32 + i32::from(of.application),
            TEAMS_ + APPLICATIONS + i32::from(of.environment),
            TEAMS_ + APPLICATIONS + ENVIRONMENTS.len() as i32 + team,
            2 * TEAMS_ + APPLICATIONS + ENVIRONMENTS.len() as i32 + team,
            MANAGED + i32::from(of.application % 3),
        ]
    })
}

/// The tags of a charge.
pub fn write_tags(charge: &GeneratedCharge, to: &mut Entries) {
    let values = tags(charge);
    to.extend(values.into_iter().flat_map(|values| (0..).zip(values)));
}
