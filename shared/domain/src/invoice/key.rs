//! What tells the lines of an invoice apart.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::charge::Nature;
use crate::period::BillingPeriod;

/// What a line is for, without names and amounts: it stays the same from revision to revision, and from one
/// delivery to the next. Unique within an invoice. In the order of an invoice's lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineKey {
    /// Charges of the group's own.
    Direct {
        /// What kind of money.
        nature: Nature,
        /// FOCUS ProviderName.
        provider: String,
        /// FOCUS ServiceName.
        service: String,
        /// FOCUS SubAccountId.
        sub_account: String,
        /// FOCUS BillingAccountId.
        billing_account: String,
        /// FOCUS ChargeCategory.
        charge_category: String,
        /// For a provider's correction: the billing period that it corrects.
        correction_of: Option<BillingPeriod>,
    },
    /// A share of a pool.
    Shared {
        /// Identifier of the pool.
        pool: String,
        /// For what a provider's corrections brought into the pool: the billing period that they correct.
        correction_of: Option<BillingPeriod>,
    },
}

impl LineKey {
    /// A short name for addresses and forms: the first 64 bits of the SHA-256 of the key's fields, as 16
    /// hexadecimal digits. It never changes for a key. Two keys of one invoice with the same name are as good as
    /// impossible; [`Invoices::draw`](super::Invoices::draw) stops there instead of taking one for the other.
    pub fn id(&self) -> String {
        let month = |period: &Option<BillingPeriod>| period.map(|period| period.to_string()).unwrap_or_default();
        let digest = match self {
            LineKey::Direct { nature, provider, service, sub_account, billing_account, charge_category, correction_of } => {
                digest(&["direct", nature.code(), provider, service, sub_account, billing_account, charge_category, &month(correction_of)])
            }
            LineKey::Shared { pool, correction_of } => digest(&["shared", pool, &month(correction_of)]),
        };
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Each field goes in after its length, so that no two lists of fields are the same bytes.
fn digest(fields: &[&str]) -> [u8; 32] {
    let mut digest = Sha256::new();
    for field in fields {
        digest.update((field.len() as u64).to_be_bytes());
        digest.update(field.as_bytes());
    }
    digest.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn direct(provider: &str, service: &str, correction_of: Option<&str>) -> LineKey {
        LineKey::Direct {
            nature: Nature::Usage,
            provider: provider.to_owned(),
            service: service.to_owned(),
            sub_account: "111".to_owned(),
            billing_account: "999".to_owned(),
            charge_category: "Usage".to_owned(),
            correction_of: correction_of.map(|period| period.parse().unwrap()),
        }
    }

    fn shared(pool: &str, correction_of: Option<&str>) -> LineKey {
        LineKey::Shared { pool: pool.to_owned(), correction_of: correction_of.map(|period| period.parse().unwrap()) }
    }

    #[test]
    fn the_id_of_a_key_never_changes() {
        assert_eq!(direct("AWS", "Amazon EC2", None).id(), "86debc45be1cdebc");
        assert_eq!(shared("platform", Some("2026-05")).id(), "790ab5fe67f79071");
    }

    #[test]
    fn keys_that_differ_in_one_field_have_other_ids() {
        let keys = [
            direct("AWS", "S3", None),
            direct("AWSS", "3", None),
            direct("AWS", "S3", Some("2026-05")),
            direct("AWS", "S3", Some("2026-06")),
            shared("platform", None),
            shared("platform", Some("2026-05")),
            shared("platform2026-05", None),
        ];
        let ids: std::collections::BTreeSet<String> = keys.iter().map(LineKey::id).collect();
        assert_eq!(ids.len(), keys.len(), "{ids:?}");
        assert!(ids.iter().all(|id| id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit())));
    }
}
