//! The columns of a CUR. CUR 2.0 and the Parquet of a legacy CUR spell `lineItem/UnblendedCost` as
//! `line_item_unblended_cost`, so one list of names serves all.

use std::borrow::Cow;

use crate::charge_row::ChargeRow;
use crate::columns::{Columns, Header, Kind, Slot};
use crate::refusal::Refusal;

/// How a file spells its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// `lineItem/UnblendedCost`.
    Slash,
    /// `line_item_unblended_cost`.
    Snake,
}

impl Spelling {
    pub(crate) fn of(header: &Header) -> Spelling {
        if header.has_any(&["lineItem/UnblendedCost", "lineItem/LineItemType"]) { Spelling::Slash } else { Spelling::Snake }
    }

    /// The file's name for a column of the legacy CUR.
    pub(crate) fn of_name(self, name: &str) -> Cow<'_, str> {
        match self {
            Spelling::Slash => Cow::Owned(name.to_owned()),
            Spelling::Snake => Cow::Owned(snake(name)),
        }
    }
}

/// `savingsPlan/SavingsPlanARN` → `savings_plan_savings_plan_a_r_n`.
fn snake(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 8);
    for character in name.chars() {
        if character.is_ascii_uppercase() && !snake.ends_with('_') {
            snake.push('_');
        }
        snake.push(if character == '/' { '_' } else { character.to_ascii_lowercase() });
    }
    snake
}

/// The columns of a CUR that do not depend on the line item type.
/// <https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html>
#[derive(Debug)]
pub(crate) struct CurColumns {
    pub(crate) billing_account: Option<Slot>,
    pub(crate) billing_account_name: Option<Slot>,
    pub(crate) billing_entity: Option<Slot>,
    pub(crate) invoicing_entity: Option<Slot>,
    pub(crate) invoice_id: Option<Slot>,
    pub(crate) period_start: Slot,
    pub(crate) period_end: Option<Slot>,
    pub(crate) line_item_type: Slot,
    pub(crate) legal_entity: Option<Slot>,
    pub(crate) sub_account: Option<Slot>,
    pub(crate) sub_account_name: Option<Slot>,
    pub(crate) usage_start: Option<Slot>,
    pub(crate) product_code: Option<Slot>,
    pub(crate) currency: Option<Slot>,
    pub(crate) billed: Slot,
    pub(crate) list: Option<Slot>,
    /// What discounts take off the unblended cost in the same row (CUR 2.0, unless the export was made with
    /// "manual discount compatibility", which states discounts as rows).
    /// <https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2-discount.html>
    pub(crate) discount: Option<Slot>,
    pub(crate) product_name: Option<Slot>,
    pub(crate) service_name: Option<Slot>,
    /// The `MAP` of CUR 2.0 with the attributes that have no column of their own.
    pub(crate) product: Option<Slot>,
    pub(crate) region_code: Option<Slot>,
    pub(crate) region: Option<Slot>,
    pub(crate) savings_plan: Option<Slot>,
    pub(crate) reservation: Option<Slot>,
    pub(crate) subscription: Option<Slot>,
    /// Columns of split cost allocation, of those that the file has: a row that has a value in one is a share.
    pub(crate) shares: Vec<Slot>,
    /// Whether the unblended cost is stated.
    pub(crate) billed_presence: Option<Slot>,
}

/// Parent and costs of a share.
/// <https://docs.aws.amazon.com/cur/latest/userguide/split-line-item-columns.html>
const SHARES: [&str; 7] = [
    "splitLineItem/ParentResourceId",
    "splitLineItem/SplitCost",
    "splitLineItem/UnusedCost",
    "splitLineItem/NetSplitCost",
    "splitLineItem/NetUnusedCost",
    "splitLineItem/PublicOnDemandSplitCost",
    "splitLineItem/PublicOnDemandUnusedCost",
];

impl CurColumns {
    pub(crate) fn try_new(columns: &mut Columns, header: &Header, spelling: Spelling, with_names: bool) -> Result<CurColumns, Refusal> {
        let period_start = columns.required(header, &spelling.of_name("bill/BillingPeriodStartDate"), Kind::Moment)?;
        let line_item_type = columns.required(header, &spelling.of_name("lineItem/LineItemType"), Kind::Text)?;
        let billed = columns.required(header, &spelling.of_name("lineItem/UnblendedCost"), Kind::Money)?;
        let mut pick = |name: &str, kind| columns.optional(header, &spelling.of_name(name), kind);
        Ok(CurColumns {
            billing_account: pick("bill/PayerAccountId", Kind::Text)?,
            billing_account_name: if with_names { pick("bill/PayerAccountName", Kind::Text)? } else { None },
            billing_entity: pick("bill/BillingEntity", Kind::Text)?,
            invoicing_entity: pick("bill/InvoicingEntity", Kind::Text)?,
            invoice_id: pick("bill/InvoiceId", Kind::Text)?,
            period_start,
            period_end: pick("bill/BillingPeriodEndDate", Kind::Moment)?,
            line_item_type,
            legal_entity: pick("lineItem/LegalEntity", Kind::Text)?,
            sub_account: pick("lineItem/UsageAccountId", Kind::Text)?,
            sub_account_name: pick("lineItem/UsageAccountName", Kind::Text)?,
            usage_start: pick("lineItem/UsageStartDate", Kind::Month)?,
            product_code: pick("lineItem/ProductCode", Kind::Text)?,
            currency: pick("lineItem/CurrencyCode", Kind::Text)?,
            billed,
            list: pick("pricing/publicOnDemandCost", Kind::Money)?,
            discount: pick("discount/TotalDiscount", Kind::Money)?,
            product_name: pick("product/ProductName", Kind::Text)?,
            service_name: pick("product/servicename", Kind::Text)?,
            product: pick("product", Kind::Tags)?,
            region_code: pick("product/regionCode", Kind::Text)?,
            region: pick("product/region", Kind::Text)?,
            savings_plan: pick("savingsPlan/SavingsPlanARN", Kind::Text)?,
            reservation: pick("reservation/ReservationARN", Kind::Text)?,
            subscription: pick("reservation/SubscriptionId", Kind::Text)?,
            shares: {
                let found: Result<Vec<Option<Slot>>, Refusal> = SHARES.iter().map(|name| pick(name, Kind::Presence)).collect();
                found?.into_iter().flatten().collect()
            },
            billed_presence: pick("lineItem/UnblendedCost", Kind::Presence)?,
        })
    }

    /// Whether the row is a container's share of what its parent costs (split cost allocation).
    pub(crate) fn is_share(&self, row: ChargeRow<'_>) -> bool {
        self.shares.iter().any(|slot| !row.is_null(*slot))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_cur_2_spells_them() {
        for (slash, expected) in [
            ("lineItem/UnblendedCost", "line_item_unblended_cost"),
            ("bill/PayerAccountId", "bill_payer_account_id"),
            ("savingsPlan/SavingsPlanARN", "savings_plan_savings_plan_a_r_n"),
            ("savingsPlan/SavingsPlanEffectiveCost", "savings_plan_savings_plan_effective_cost"),
            ("reservation/ReservationARN", "reservation_reservation_a_r_n"),
            ("pricing/publicOnDemandCost", "pricing_public_on_demand_cost"),
            ("product/regionCode", "product_region_code"),
            ("product/servicename", "product_servicename"),
            ("splitLineItem/ParentResourceId", "split_line_item_parent_resource_id"),
            ("splitLineItem/PublicOnDemandSplitCost", "split_line_item_public_on_demand_split_cost"),
            ("discount/TotalDiscount", "discount_total_discount"),
            ("product", "product"),
        ] {
            assert_eq!(snake(slash), expected);
        }
    }
}
