//! Which format a file has, from its columns alone.

use std::fmt;

use crate::columns::Header;
use crate::refusal::{Refusal, shown};

/// A format that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The FinOps Open Cost and Usage Specification, Cost and Usage data set, <https://focus.finops.org>.
    Focus {
        /// The earliest version that has all the columns of the file. Files do not state their version.
        version: FocusVersion,
    },
    /// AWS Data Exports, table `COST_AND_USAGE_REPORT`,
    /// <https://docs.aws.amazon.com/cur/latest/userguide/table-dictionary-cur2.html>.
    Cur2,
    /// AWS Cost and Usage Reports, <https://docs.aws.amazon.com/cur/latest/userguide/data-dictionary.html>.
    LegacyCur,
}

/// A version of FOCUS.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FocusVersion {
    /// 1.0
    V1_0,
    /// 1.1
    V1_1,
    /// 1.2
    V1_2,
    /// 1.3
    V1_3,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Format::Focus { version } => return f.pad(&format!("FOCUS {version}")),
            Format::Cur2 => "AWS CUR 2.0",
            Format::LegacyCur => "AWS legacy CUR",
        };
        f.pad(name)
    }
}

impl fmt::Display for FocusVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            FocusVersion::V1_0 => "1.0",
            FocusVersion::V1_1 => "1.1",
            FocusVersion::V1_2 => "1.2",
            FocusVersion::V1_3 => "1.3",
        })
    }
}

const EXPECTED: &str = "hand over a FOCUS file (it has the columns BilledCost, EffectiveCost, ChargeCategory, BillingPeriodStart), \
     an AWS CUR 2.0 (line_item_unblended_cost, line_item_line_item_type) \
     or a legacy AWS CUR (lineItem/UnblendedCost, lineItem/LineItemType)";
const FOCUS_INSTEAD: &str = "let the provider export the FOCUS format instead, and hand over that file";

/// Columns that only a FOCUS cost and usage file has; two of them make one.
const FOCUS_COLUMNS: [&str; 7] =
    ["BilledCost", "EffectiveCost", "ListCost", "ContractedCost", "ChargeCategory", "BillingPeriodStart", "ChargePeriodStart"];

/// Columns that FOCUS brought with a version, newest version first.
/// <https://github.com/FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec/blob/main/CHANGELOG.md>
const BROUGHT_WITH: [(FocusVersion, &[&str]); 3] = [
    (
        FocusVersion::V1_3,
        &["ServiceProviderName", "HostProviderName", "ContractApplied", "AllocatedMethodId", "AllocatedResourceId", "AllocatedTags"],
    ),
    (FocusVersion::V1_2, &["InvoiceId", "BillingAccountType", "SubAccountType", "PricingCurrency", "PricingCurrencyEffectiveCost"]),
    (FocusVersion::V1_1, &["ServiceSubcategory", "SkuMeter", "SkuPriceDetails", "CapacityReservationId", "CommitmentDiscountQuantity"]),
];

/// Data sets of FOCUS beside the one of charges, each by columns that no other has.
/// <https://github.com/FinOps-Open-Cost-and-Usage-Spec/FOCUS_Spec/tree/main/specification/datasets>
const OTHER_DATA_SETS: [(&str, &[&str]); 3] = [
    ("contract-commitment data set: it holds commitments, not charges", &["ContractCommitmentId"]),
    (
        "invoice-detail data set: it holds what the provider's invoices say of the charges, not the charges",
        &["InvoiceDetailCreated", "InvoiceDetailGrain", "InvoiceDetailLastUpdated", "InvoiceIssueStatus"],
    ),
    ("billing-period data set: it holds billing periods, not charges", &["BillingPeriodStatus", "BillingPeriodCreated"]),
];

impl Format {
    /// Tells the format; what is not read is refused as what it is.
    pub(crate) fn of(header: &Header) -> Result<Format, Refusal> {
        let native = |name: &str| Err(Refusal::new(format!("is {name}, which is not read"), FOCUS_INSTEAD));
        // The provider's invoices have some of the charges' columns, but never the effective cost.
        let focus = FOCUS_COLUMNS.iter().filter(|column| header.has(column)).count() >= 2;
        if let Some((data_set, _)) = OTHER_DATA_SETS.iter().find(|(_, columns)| header.has_any(columns))
            && !(focus && header.has("EffectiveCost"))
        {
            return Err(Refusal::new(format!("is a FOCUS {data_set}"), "leave it out, and hand over the cost and usage data set"));
        }
        if focus {
            return Ok(Format::Focus { version: FocusVersion::of(header) });
        }
        if header.has_any(&["lineItem/referenceNo", "cost/myCost", "usage/billedQuantity"]) {
            return native("a native Oracle Cloud (OCI) cost or usage report");
        }
        if header.has_any(&["lineItem/UnblendedCost", "lineItem/LineItemType"]) {
            return Ok(Format::LegacyCur);
        }
        if header.has_any(&["line_item_unblended_cost", "line_item_line_item_type"]) {
            // The Parquet of a legacy CUR spells its columns as CUR 2.0 does, with a column for each tag.
            let tag_columns = header.names().iter().any(|name| name.starts_with("resource_tags_"));
            let maps = header.has_any(&["product", "resource_tags", "tags"]);
            return Ok(if tag_columns && !maps { Format::LegacyCur } else { Format::Cur2 });
        }
        if header.has_any(&NATIVE_AZURE) {
            return native("a native Azure cost export");
        }
        let google = ["sku.description", "service.description", "sku_description", "service_description", "usage_start_time"];
        if header.has("cost") && header.has_any(&google) {
            return native("a native Google Cloud (GCP) billing export");
        }
        Err(unknown(header))
    }
}

impl FocusVersion {
    fn of(header: &Header) -> FocusVersion {
        BROUGHT_WITH.iter().find(|(_, columns)| header.has_any(columns)).map_or(FocusVersion::V1_0, |(version, _)| *version)
    }
}

/// Columns of Azure's own cost and usage details, of which each kind of agreement has some.
/// <https://learn.microsoft.com/azure/cost-management-billing/automate/understand-usage-details-fields>
const NATIVE_AZURE: [&str; 9] = [
    "CostInBillingCurrency",
    "CostInPricingCurrency",
    "PaygCostInBillingCurrency",
    "PreTaxCost",
    "MeterCategory",
    "MeterSubCategory",
    "MeterName",
    "MeterId",
    "ConsumedService",
];

/// Bytes of the name of a column that is shown as one of several.
const SHOWN_NAME_BYTES: usize = 80;

fn unknown(header: &Header) -> Refusal {
    if let [only] = header.names()
        && let Some((separator, name)) =
            [(';', "semicolons"), ('\t', "tabs"), ('|', "vertical bars")].into_iter().find(|(separator, _)| only.contains(*separator))
    {
        let reason = format!("its columns are separated by {name}, and only commas are read (`{}`)", separator.escape_default());
        return Refusal::new(reason, "export the file again as CSV with commas");
    }
    if header.names().first().is_some_and(|name| name.starts_with(['{', '['])) {
        return Refusal::new("is no table but JSON, perhaps the manifest of a delivery", "hand over the files that the manifest names");
    }
    let first: Vec<Box<str>> = header.names().iter().take(4).map(|name| shown(name, SHOWN_NAME_BYTES)).collect();
    let reason = format!("is no billing file that is read: its columns ({}, …) are those of no known format", first.join(", "));
    Refusal::new(reason, EXPECTED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Result<Format, Refusal> {
        let (nested, names): (Vec<String>, Vec<String>) = names.iter().map(|name| name.to_string()).partition(|name| name.contains('.'));
        Format::of(&Header::try_new(names, nested).unwrap())
    }

    #[test]
    fn formats_are_told_from_columns() {
        let focus = |version| Format::Focus { version };
        for (names, format, label) in [
            (&["BilledCost", "ChargeCategory"][..], focus(FocusVersion::V1_0), "FOCUS 1.0"),
            (&["billedcost", "chargecategory"][..], focus(FocusVersion::V1_0), "FOCUS 1.0"),
            (&["BilledCost", "ChargeCategory", "SkuMeter"][..], focus(FocusVersion::V1_1), "FOCUS 1.1"),
            (&["BilledCost", "ChargeCategory", "SkuMeter", "InvoiceId"][..], focus(FocusVersion::V1_2), "FOCUS 1.2"),
            (&["BilledCost", "ChargeCategory", "InvoiceId", "HostProviderName"][..], focus(FocusVersion::V1_3), "FOCUS 1.3"),
            // Charges stay charges, whatever they say of their invoice or commitment.
            (&["BilledCost", "EffectiveCost", "InvoiceDetailId", "InvoiceIssueStatus"][..], focus(FocusVersion::V1_0), "FOCUS 1.0"),
            (&["BilledCost", "EffectiveCost", "ContractCommitmentId"][..], focus(FocusVersion::V1_0), "FOCUS 1.0"),
            (&["line_item_unblended_cost", "resource_tags", "tags"][..], Format::Cur2, "AWS CUR 2.0"),
            (&["line_item_unblended_cost", "resource_tags_user_team"][..], Format::LegacyCur, "AWS legacy CUR"),
            (&["line_item_unblended_cost", "resource_tags_user_team", "product"][..], Format::Cur2, "AWS CUR 2.0"),
            (&["lineItem/UnblendedCost"][..], Format::LegacyCur, "AWS legacy CUR"),
        ] {
            assert_eq!(of(names).unwrap(), format, "{names:?}");
            assert_eq!(format.to_string(), label);
        }
    }

    #[test]
    fn what_is_not_read_is_refused_as_what_it_is() {
        for (names, part) in [
            (&["ContractCommitmentId", "BillingCurrency"][..], "contract-commitment"),
            (&["BilledCost", "BillingPeriodStart", "ChargeCategory", "InvoiceDetailId", "InvoiceDetailGrain"][..], "invoice-detail"),
            (&["InvoiceIssueStatus", "InvoiceDetailId"][..], "invoice-detail"),
            (&["BillingPeriodStart", "BillingPeriodEnd", "BillingPeriodStatus", "InvoiceIssuerName"][..], "billing-period"),
            (&["MeterCategory", "CostInBillingCurrency", "Date"][..], "Azure"),
            (&["meterCategory", "costInBillingCurrency"][..], "Azure"),
            (&["UsageDateTime", "PreTaxCost"][..], "Azure"),
            (&["BillingPeriodStartDate", "Cost", "MeterId"][..], "Azure"),
            (&["cost", "sku.description"][..], "GCP"),
            (&["cost", "service_description", "usage_start_time"][..], "GCP"),
            (&["lineItem/referenceNo", "cost/myCost"][..], "OCI"),
            (&["lineItem/referenceNo", "usage/billedQuantity"][..], "OCI"),
            (&["BilledCost;EffectiveCost"][..], "semicolons"),
            (&["BilledCost\tEffectiveCost"][..], "tabs"),
            (&["{"][..], "JSON"),
            (&["name", "age"][..], "(name, age, …)"),
            (&["cost", "name"][..], "no known format"),
            (&["BilledCost", "name"][..], "no known format"),
        ] {
            assert!(of(names).unwrap_err().reason.contains(part), "{names:?}");
        }
    }
}
