//! From billed to effective cost.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::charge::Dimension;
use crate::cube::{BillKey, Cube, RowView};
use crate::exact::Exact;

/// From billed to effective cost, for one billing account. `billed` and the four steps sum to `effective`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BridgeLine {
    /// FOCUS ProviderName.
    pub provider: String,
    /// FOCUS BillingAccountId.
    pub billing_account: String,
    /// Billed cost.
    pub billed: Exact,
    /// Purchases of commitments, which billed cost has and effective cost has not.
    pub prepaid_purchases: Exact,
    /// Commitment that usage consumed: effective minus billed cost of these charges.
    pub amortisation: Exact,
    /// Commitment that nobody used.
    pub unused_commitment: Exact,
    /// Every other difference.
    pub residual: Exact,
    /// Effective cost.
    pub effective: Exact,
}

/// The bridge of each billing account of a bill.
pub(super) fn bridge(cube: &Cube, key: BillKey) -> Vec<BridgeLine> {
    let mut lines: BTreeMap<(&str, &str), BridgeLine> = BTreeMap::new();
    for row in cube.rows(key) {
        let (provider, account) = (row.value(Dimension::Provider), row.value(Dimension::BillingAccount));
        let line = lines.entry((provider, account)).or_insert_with(|| BridgeLine {
            provider: provider.to_owned(),
            billing_account: account.to_owned(),
            ..BridgeLine::default()
        });
        take_step(line, row);
    }
    lines.into_values().collect()
}

/// A purchase of commitment leaves with its billed cost and comes back, in the same row for AWS or in rows of
/// status `Unused` for FOCUS, with the part of it that went unused.
fn take_step(line: &mut BridgeLine, row: RowView<'_>) {
    let cost = row.cost();
    let difference = cost.effective - cost.billed;
    line.billed += cost.billed;
    line.effective += cost.effective;
    let is_commitment = !row.value(Dimension::Commitment).is_empty();
    match (row.value(Dimension::ChargeCategory), row.value(Dimension::CommitmentStatus)) {
        ("Purchase", "Unused") => {
            line.prepaid_purchases -= cost.billed;
            line.unused_commitment += cost.effective;
        }
        ("Purchase", _) if is_commitment => line.prepaid_purchases += difference,
        (_, "Used") => line.amortisation += difference,
        (_, "Unused") => line.unused_commitment += difference,
        _ => line.residual += difference,
    }
}
