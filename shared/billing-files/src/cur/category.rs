//! The line item type of a CUR in the words of FOCUS.
//! <https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html>

/// FOCUS ChargeCategory. A type that is not listed is money too, and stands as its own category.
pub(crate) fn of(kind: &str) -> &str {
    match kind {
        "Usage" | "DiscountedUsage" | "SavingsPlanCoveredUsage" | "SavingsPlanNegation" => "Usage",
        "Fee" | "RIFee" | "SavingsPlanUpfrontFee" | "SavingsPlanRecurringFee" => "Purchase",
        "Tax" => "Tax",
        "Credit" => "Credit",
        "Refund" => "Adjustment",
        discount if discount.ends_with("Discount") => "Credit",
        other => other,
    }
}

/// FOCUS CommitmentDiscountStatus. The amortised cost of a recurring fee is that part of the commitment which
/// nobody used.
pub(crate) fn commitment_status(kind: &str) -> &'static str {
    match kind {
        "SavingsPlanCoveredUsage" | "SavingsPlanNegation" | "DiscountedUsage" => "Used",
        "SavingsPlanRecurringFee" | "RIFee" => "Unused",
        _ => "",
    }
}

/// FOCUS CommitmentDiscountId. A subscription id stands for a reservation only where there is one: usage on
/// demand has a subscription id as well.
pub(crate) fn commitment<'a>(kind: &str, savings_plan: &'a str, reservation: &'a str, subscription: &'a str) -> &'a str {
    let of_reservation = matches!(kind, "DiscountedUsage" | "RIFee");
    match (savings_plan, reservation) {
        ("", "") if of_reservation => subscription,
        ("", reservation) => reservation,
        (savings_plan, _) => savings_plan,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_item_types_have_a_focus_category_and_status() {
        for (kind, category, status) in [
            ("Usage", "Usage", ""),
            ("DiscountedUsage", "Usage", "Used"),
            ("SavingsPlanCoveredUsage", "Usage", "Used"),
            ("SavingsPlanNegation", "Usage", "Used"),
            ("Fee", "Purchase", ""),
            ("RIFee", "Purchase", "Unused"),
            ("SavingsPlanUpfrontFee", "Purchase", ""),
            ("SavingsPlanRecurringFee", "Purchase", "Unused"),
            ("Tax", "Tax", ""),
            ("Credit", "Credit", ""),
            ("EdpDiscount", "Credit", ""),
            ("BundledDiscount", "Credit", ""),
            ("PrivateRateDiscount", "Credit", ""),
            ("Discount", "Credit", ""),
            ("Refund", "Adjustment", ""),
            ("SomethingNew", "SomethingNew", ""),
            ("", "", ""),
        ] {
            assert_eq!((of(kind), commitment_status(kind)), (category, status), "{kind}");
        }
    }

    #[test]
    fn a_commitment_is_a_savings_plan_or_a_reservation() {
        for (kind, ids, commitment_id) in [
            ("SavingsPlanCoveredUsage", ["sp", "", "77"], "sp"),
            ("DiscountedUsage", ["", "ri", "77"], "ri"),
            ("DiscountedUsage", ["", "", "77"], "77"),
            ("RIFee", ["", "", "77"], "77"),
            ("Fee", ["", "ri", "77"], "ri"),
            ("Usage", ["", "", "77"], ""),
        ] {
            assert_eq!(commitment(kind, ids[0], ids[1], ids[2]), commitment_id, "{kind} {ids:?}");
        }
    }
}
