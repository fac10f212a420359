//! Bills, trees and driver quantities, made up.

use super::{Row, at, fixed, period, pool, team_rule, tree};
use dayone_domain::charge::{Cost, Dimension};
use dayone_domain::driver::Drivers;
use dayone_domain::exact::Exact;
use dayone_domain::tree::{Tree, TreeVersions};
use proptest::prelude::*;

pub const GROUPS: [&str; 5] = ["alpha", "beta", "gamma", "delta", "epsilon"];

pub fn amount() -> impl Strategy<Value = Exact> {
    prop_oneof![
        // Tiny, ordinary, huge; with few decimals, with 28, and at the limits of what is read.
        (-1_000i128..1_000, 40u32..=44).prop_map(|(units, scale)| Exact::from_i128(units, scale)),
        (-99_999_999i128..=99_999_999).prop_map(|units| Exact::from_i128(units * 1_000_000_000_000, 0)),
        (-1_000i128..1_000, 20u32..=28).prop_map(|(units, scale)| Exact::from_i128(units, scale)),
        (-1_000_000i128..1_000_000, 0u32..6).prop_map(|(units, scale)| Exact::from_i128(units, scale)),
        (any::<i64>(), 8u32..18).prop_map(|(units, scale)| Exact::from_i128(i128::from(units), scale)),
    ]
}

pub fn row() -> impl Strategy<Value = Row> {
    let category = prop::sample::select(vec!["Usage", "Usage", "Usage", "Purchase", "Credit", "Tax", "Adjustment", "Enchantment"]);
    let status = prop::sample::select(vec!["", "", "", "Used", "Unused"]);
    let team = prop::sample::select(vec!["alpha", "beta", "gamma", "delta", "epsilon", "platform", "network", "support", "nobody", ""]);
    let service = prop::sample::select(vec!["EC2", "S3"]);
    let invoice = prop::sample::select(vec!["", "INV-1", "INV-2"]);
    let account = prop::sample::select(vec!["", "acc-1", "acc-2", "acc-3"]);
    let correction = prop::bool::weighted(0.1);
    (amount(), amount(), category, status, team, service, (invoice, account), correction).prop_map(
        |(billed, effective, category, status, team, service, (invoice, account), correction)| {
            let mut row = Row::new("0")
                .with(Dimension::ChargeCategory, category)
                .with(Dimension::CommitmentStatus, status)
                .with(Dimension::Service, service)
                .with(Dimension::InvoiceId, invoice)
                .with(Dimension::BillingAccount, account)
                .team(team);
            if correction {
                row = row.with(Dimension::ChargeClass, "Correction").with(Dimension::ChargeMonth, "2026-02");
            }
            row.cost = Cost { billed, effective, list: Some(billed), contracted: None };
            row
        },
    )
}

/// Trees with three pools that feed each other downwards, and special money sent here and there.
/// In two versions, so that corrections of the older one's months are among the charges.
pub fn trees() -> impl Strategy<Value = TreeVersions> {
    (tree_of("2026-01"), tree_of("2026-04")).prop_map(|(old, new)| TreeVersions::try_new(vec![old, new]).unwrap())
}

pub fn tree_of(valid_from: &'static str) -> impl Strategy<Value = Tree> {
    let split = || prop::sample::select(vec!["even", "proportional", "driver", "fixed"]);
    let central = || prop::sample::select(vec!["follow", "follow", "alpha", "support", "network", "unallocated"]);
    let fallback = || prop::sample::select(vec!["even", "beta", "unallocated"]);
    (split(), split(), split(), [central(), central(), central(), central(), central()], [fallback(), fallback(), fallback()]).prop_map(
        move |(support, network, platform, central, fallback)| {
            let mut draft = tree(&GROUPS);
            draft.valid_from = Some(at(valid_from));
            let make = |id: &str, split: &str, to: &[&str], fallback: &str| {
                let mut pool = if split == "fixed" {
                    let shares: Vec<(&str, &str)> = to.iter().copied().zip(["1", "2.5", "3", "0.001", "7"]).collect();
                    fixed(id, &shares)
                } else {
                    pool(id, split, to)
                };
                pool.fallback = Some(at(fallback));
                pool
            };
            draft.pools = vec![
                make("platform", platform, &GROUPS, fallback[0]),
                make("support", support, &["alpha", "network", "platform"], fallback[1]),
                make("network", network, &["platform", "gamma", "unallocated"], fallback[2]),
            ];
            draft.rules.extend(["platform", "network", "support"].map(|id| team_rule(id, id)));
            let [credits, tax, discounts, marketplace, unused_commitment] = central.map(|target| Some(at(target)));
            draft.treatment = dayone_domain::tree::draft::TreatmentDraft { credits, tax, discounts, marketplace, unused_commitment };
            Tree::try_new(&draft).unwrap().0
        },
    )
}

pub fn drivers() -> impl Strategy<Value = Drivers> {
    prop::collection::vec((prop::sample::select(vec!["alpha", "gamma", "network", "platform"]), 0i128..1_000_000), 0..4).prop_map(
        |quantities| {
            let mut drivers = Drivers::default();
            for (receiver, quantity) in quantities {
                let _twice_is_refused = drivers.insert("requests", period("2026-05"), receiver, Exact::from_i128(quantity, 3));
            }
            drivers
        },
    )
}
