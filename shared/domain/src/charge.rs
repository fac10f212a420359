//! One row of a cost-and-usage file, in the words of FOCUS, and what kind of money it is.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::currency::Currency;
use crate::exact::Exact;
use crate::period::BillingPeriod;

/// Which cost counts: FOCUS BilledCost (ties to the provider's invoice) or EffectiveCost (amortised).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostBasis {
    /// FOCUS BilledCost.
    #[default]
    Billed,
    /// FOCUS EffectiveCost.
    Effective,
}

impl fmt::Display for CostBasis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            CostBasis::Billed => "billed",
            CostBasis::Effective => "effective",
        })
    }
}

impl FromStr for CostBasis {
    type Err = String;

    fn from_str(text: &str) -> Result<CostBasis, String> {
        match text {
            "billed" => Ok(CostBasis::Billed),
            "effective" => Ok(CostBasis::Effective),
            _ => Err(format!("`{text}` is no cost basis; say `billed` or `effective`")),
        }
    }
}

/// A property of a charge by which charges are summed, matched and shown. The FOCUS column is the name
/// followed by its unit of identity, as stated at each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(usize)]
pub enum Dimension {
    /// The export that delivered the charge: a name given by whoever reads it, not by the file.
    Source,
    /// ProviderName, from FOCUS 1.3 ServiceProviderName.
    Provider,
    /// BillingAccountId.
    BillingAccount,
    /// InvoiceIssuerName.
    InvoiceIssuer,
    /// PublisherName: the seller, for a marketplace purchase.
    Publisher,
    /// SubAccountId.
    SubAccount,
    /// ServiceName.
    Service,
    /// ServiceCategory.
    ServiceCategory,
    /// RegionId.
    Region,
    /// ChargeCategory. A value that FOCUS does not define is kept as it is.
    ChargeCategory,
    /// ChargeClass: `Correction` or null.
    ChargeClass,
    /// The month of ChargePeriodStart, `2026-04`.
    ChargeMonth,
    /// InvoiceId.
    InvoiceId,
    /// CommitmentDiscountId.
    Commitment,
    /// CommitmentDiscountStatus: `Used`, `Unused` or null.
    CommitmentStatus,
    /// The file's own word for the kind of charge: the line item type of a CUR, the ChargeCategory of FOCUS.
    ChargeType,
}

impl Dimension {
    /// How many there are.
    pub const COUNT: usize = 16;

    /// All, in the order of their codes.
    pub const ALL: [Dimension; Dimension::COUNT] = [
        Dimension::Source,
        Dimension::Provider,
        Dimension::BillingAccount,
        Dimension::InvoiceIssuer,
        Dimension::Publisher,
        Dimension::SubAccount,
        Dimension::Service,
        Dimension::ServiceCategory,
        Dimension::Region,
        Dimension::ChargeCategory,
        Dimension::ChargeClass,
        Dimension::ChargeMonth,
        Dimension::InvoiceId,
        Dimension::Commitment,
        Dimension::CommitmentStatus,
        Dimension::ChargeType,
    ];
}

/// The four costs of a charge, in its billing currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// FOCUS BilledCost.
    pub billed: Exact,
    /// FOCUS EffectiveCost.
    pub effective: Exact,
    /// FOCUS ListCost; `None` where the format has no such column. Null in a row counts as nought.
    pub list: Option<Exact>,
    /// FOCUS ContractedCost; `None` where the format has no such column. Null in a row counts as nought.
    pub contracted: Option<Exact>,
}

impl Cost {
    /// The cost that counts under `basis`.
    pub fn of(&self, basis: CostBasis) -> Exact {
        match basis {
            CostBasis::Billed => self.billed,
            CostBasis::Effective => self.effective,
        }
    }
}

/// One charge, borrowed from the file that is being read.
#[derive(Clone, Debug)]
pub struct Charge<'a> {
    /// The provider's billing period.
    pub billing_period: BillingPeriod,
    /// The billing currency.
    pub currency: Currency,
    /// By [`Dimension`]; null is the empty text.
    pub values: [&'a str; Dimension::COUNT],
    /// BillingAccountName; null is the empty text.
    pub billing_account_name: &'a str,
    /// SubAccountName; null is the empty text.
    pub sub_account_name: &'a str,
    /// Tag keys and values, each key once. A tag without a value has the empty text and counts as absent.
    pub tags: &'a [(&'a str, &'a str)],
    /// What it costs.
    pub cost: Cost,
}

impl<'a> Charge<'a> {
    /// The value of a dimension; null is the empty text.
    pub fn value(&self, dimension: Dimension) -> &'a str {
        self.values[dimension as usize]
    }
}

/// What kind of money a charge is, as an owner sees it on an invoice. In the order of an invoice's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nature {
    /// Consumption (ChargeCategory `Usage`).
    Usage,
    /// The part of a commitment (savings plan, reservation) that nobody used.
    UnusedCommitment,
    /// A one-time or recurring fee (ChargeCategory `Purchase`).
    Purchase,
    /// Bought from a third party through the provider's marketplace.
    Marketplace,
    /// A charge whose category FOCUS does not define.
    Other,
    /// Refunds and other corrections without a category of their own (ChargeCategory `Adjustment`).
    Adjustment,
    /// A discount that the provider states as a row of its own.
    Discount,
    /// Vouchers and other credits (ChargeCategory `Credit`).
    Credit,
    /// ChargeCategory `Tax`.
    Tax,
}

/// The text properties that decide on [`Nature`].
#[derive(Clone, Copy, Debug)]
pub struct Traits<'a> {
    /// [`Dimension::ChargeCategory`].
    pub category: &'a str,
    /// [`Dimension::ChargeType`].
    pub charge_type: &'a str,
    /// [`Dimension::CommitmentStatus`].
    pub commitment_status: &'a str,
    /// [`Dimension::Provider`].
    pub provider: &'a str,
    /// [`Dimension::Publisher`].
    pub publisher: &'a str,
    /// [`Dimension::InvoiceIssuer`].
    pub issuer: &'a str,
}

impl Nature {
    /// The nature of a charge under a cost basis.
    ///
    /// Under the billed basis the purchase of a commitment is one whole purchase, whatever share of it went
    /// unused; only the amortised cost tells used from unused.
    pub fn of(traits: &Traits<'_>, basis: CostBasis) -> Nature {
        let unused = traits.commitment_status == "Unused";
        match traits.category {
            "Tax" => Nature::Tax,
            _ if is_discount(traits.charge_type) => Nature::Discount,
            "Credit" => Nature::Credit,
            "Adjustment" => Nature::Adjustment,
            "Usage" if unused => Nature::UnusedCommitment,
            "Purchase" if unused && basis == CostBasis::Effective => Nature::UnusedCommitment,
            "Usage" | "Purchase" if is_marketplace(traits) => Nature::Marketplace,
            "Usage" => Nature::Usage,
            "Purchase" => Nature::Purchase,
            _ => Nature::Other,
        }
    }

    /// The name in records and line identifiers; never changes.
    pub fn code(self) -> &'static str {
        match self {
            Nature::Usage => "usage",
            Nature::UnusedCommitment => "unused_commitment",
            Nature::Purchase => "purchase",
            Nature::Marketplace => "marketplace",
            Nature::Other => "other",
            Nature::Adjustment => "adjustment",
            Nature::Discount => "discount",
            Nature::Credit => "credit",
            Nature::Tax => "tax",
        }
    }

    /// The name for people.
    pub fn label(self) -> &'static str {
        match self {
            Nature::Usage => "Usage",
            Nature::UnusedCommitment => "Unused commitment",
            Nature::Purchase => "Purchase",
            Nature::Marketplace => "Marketplace",
            Nature::Other => "Other",
            Nature::Adjustment => "Adjustment",
            Nature::Discount => "Discount",
            Nature::Credit => "Credit",
            Nature::Tax => "Tax",
        }
    }
}

/// CUR line item types that state a discount as a row (`EdpDiscount`, `BundledDiscount`,
/// `PrivateRateDiscount`, `Discount`); `DiscountedUsage` is consumption.
/// <https://docs.aws.amazon.com/cur/latest/userguide/Lineitem-columns.html>
fn is_discount(charge_type: &str) -> bool {
    charge_type.ends_with("Discount")
}

/// Whether somebody else than the cloud provider sold it: the issuer or publisher says so
/// (`AWS Marketplace`), or the publisher is not a name of the provider's own.
fn is_marketplace(traits: &Traits<'_>) -> bool {
    if [traits.issuer, traits.publisher].iter().any(|name| name.contains("Marketplace")) {
        return true;
    }
    !traits.publisher.is_empty()
        && !traits.provider.is_empty()
        && house(traits.publisher) != house(traits.provider)
        && house(traits.publisher) != house(traits.issuer)
}

/// The first word of a company's name, with the spellings that providers use of themselves folded:
/// `AWS` and `Amazon Web Services, Inc.`; `Microsoft Azure` and `Microsoft`.
fn house(name: &str) -> String {
    let first = name.split(|character: char| !character.is_alphanumeric()).find(|word| !word.is_empty()).unwrap_or("");
    match first.to_lowercase().as_str() {
        "aws" => "amazon".to_owned(),
        "azure" => "microsoft".to_owned(),
        "gcp" => "google".to_owned(),
        "oci" => "oracle".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traits<'a>(category: &'a str, charge_type: &'a str, status: &'a str, parties: [&'a str; 3]) -> Traits<'a> {
        let [provider, publisher, issuer] = parties;
        Traits { category, charge_type, commitment_status: status, provider, publisher, issuer }
    }

    const AWS: [&str; 3] = ["AWS", "Amazon Web Services, Inc.", "Amazon Web Services EMEA SARL"];

    #[test]
    fn nature_follows_category_type_and_commitment() {
        use CostBasis::*;
        for (category, charge_type, status, basis, nature) in [
            ("Usage", "Usage", "", Billed, Nature::Usage),
            ("Usage", "DiscountedUsage", "Used", Billed, Nature::Usage),
            ("Usage", "Usage", "Unused", Billed, Nature::UnusedCommitment),
            ("Purchase", "SavingsPlanRecurringFee", "Unused", Billed, Nature::Purchase),
            ("Purchase", "SavingsPlanRecurringFee", "Unused", Effective, Nature::UnusedCommitment),
            ("Credit", "EdpDiscount", "", Billed, Nature::Discount),
            ("Credit", "Credit", "", Billed, Nature::Credit),
            ("Adjustment", "Refund", "", Billed, Nature::Adjustment),
            ("Tax", "Tax", "", Billed, Nature::Tax),
            ("Enchantment", "Enchantment", "", Billed, Nature::Other),
        ] {
            assert_eq!(Nature::of(&traits(category, charge_type, status, AWS), basis), nature, "{category} {charge_type}");
        }
    }

    #[test]
    fn a_publisher_of_another_house_is_the_marketplace() {
        for (parties, nature) in [
            (AWS, Nature::Usage),
            (["Microsoft Azure", "Microsoft", "Microsoft Azure"], Nature::Usage),
            (["AWS", "Red Hat Inc.", "Amazon Web Services, Inc."], Nature::Marketplace),
            (["AWS", "AWS", "AWS Marketplace"], Nature::Marketplace),
            (["", "", ""], Nature::Usage),
            (["AWS", "", ""], Nature::Usage),
        ] {
            assert_eq!(Nature::of(&traits("Usage", "Usage", "", parties), CostBasis::Billed), nature, "{parties:?}");
        }
    }
}
