//! Who issued the invoice and who sold.
//! <https://docs.aws.amazon.com/cur/latest/userguide/billing-columns.html>

/// FOCUS InvoiceIssuerName and PublisherName.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parties<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) publisher: &'a str,
}

/// From the billing, invoicing and legal entity. The billing entity alone tells a marketplace purchase
/// (`AWS Marketplace`) from AWS's own services, whatever the sellers are called: there it is the issuer.
pub(crate) fn of<'a>([billing, invoicing, legal]: [&'a str; 3]) -> Parties<'a> {
    let issuer = if billing.contains("Marketplace") || invoicing.is_empty() { billing } else { invoicing };
    Parties { issuer, publisher: legal }
}

#[cfg(test)]
mod tests {
    use dayone_domain::charge::{CostBasis, Nature, Traits};

    use super::*;

    #[test]
    fn the_marketplace_is_told_by_its_billing_entity() {
        for (entities, issuer, nature) in [
            (
                ["AWS", "Amazon Web Services Canada, Inc.", "Amazon Web Services Canada, Inc."],
                "Amazon Web Services Canada, Inc.",
                Nature::Usage,
            ),
            (["AWS", "Amazon Web Services EMEA SARL", "Amazon Web Services EMEA SARL"], "Amazon Web Services EMEA SARL", Nature::Usage),
            (["AWS", "", "Amazon Web Services, Inc."], "AWS", Nature::Usage),
            (["Amazon Web Services LLC", "", ""], "Amazon Web Services LLC", Nature::Usage),
            (
                ["AISPL", "Amazon Web Services India Private Limited", "Amazon Internet Services Private Ltd."],
                "Amazon Web Services India Private Limited",
                Nature::Usage,
            ),
            (["AWS Marketplace", "Amazon Web Services, Inc.", "Red Hat, Inc."], "AWS Marketplace", Nature::Marketplace),
            (["AWS Marketplace", "Amazon Web Services, Inc.", "Amazon Web Services, Inc."], "AWS Marketplace", Nature::Marketplace),
            (["AWS Marketplace", "", ""], "AWS Marketplace", Nature::Marketplace),
        ] {
            let parties = of(entities);
            assert_eq!(parties, Parties { issuer, publisher: entities[2] }, "{entities:?}");
            let traits = Traits {
                category: "Usage",
                charge_type: "Usage",
                commitment_status: "",
                provider: "AWS",
                publisher: parties.publisher,
                issuer: parties.issuer,
            };
            assert_eq!(Nature::of(&traits, CostBasis::Billed), nature, "{entities:?}");
        }
    }
}
