//! Match rules: which cost group or pool a sum of charges belongs to.

use std::fmt;

use super::Node;
use crate::charge::Dimension;

/// What a condition looks at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchField {
    /// A dimension of the charge.
    Dimension(Dimension),
    /// The value of a tag key.
    Tag(String),
}

/// The dimensions that rules may name, by the names that trees use.
pub(super) const MATCHABLE: [(&str, Dimension); 8] = [
    ("provider", Dimension::Provider),
    ("billing_account", Dimension::BillingAccount),
    ("sub_account", Dimension::SubAccount),
    ("service", Dimension::Service),
    ("service_category", Dimension::ServiceCategory),
    ("region", Dimension::Region),
    ("charge_category", Dimension::ChargeCategory),
    ("publisher", Dimension::Publisher),
];

impl MatchField {
    /// The names of the dimensions that rules may ask for.
    pub fn dimension_names() -> impl Iterator<Item = &'static str> {
        MATCHABLE.iter().map(|(name, _)| *name)
    }
}

/// The name that a tree uses.
impl fmt::Display for MatchField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MatchField::Tag(key) => write!(f, "tag `{key}`"),
            MatchField::Dimension(dimension) => {
                f.write_str(MATCHABLE.iter().find(|(_, known)| known == dimension).map_or("?", |(name, _)| name))
            }
        }
    }
}

/// What a condition asks of a value. Comparison is to the letter; null is the empty text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// It is one of these; at least one, sorted, none empty.
    OneOf(Vec<String>),
    /// It begins with this, which is not empty.
    Prefix(String),
    /// It is not null.
    Present,
    /// It is null.
    Absent,
}

impl Test {
    /// Whether a value passes.
    pub fn holds(&self, value: &str) -> bool {
        match self {
            Test::OneOf(values) => values.binary_search_by(|known| known.as_str().cmp(value)).is_ok(),
            Test::Prefix(prefix) => value.starts_with(prefix.as_str()),
            Test::Present => !value.is_empty(),
            Test::Absent => value.is_empty(),
        }
    }

    /// Whether every value that passes `other` passes this too.
    pub(super) fn covers(&self, other: &Test) -> bool {
        match (self, other) {
            (_, Test::OneOf(values)) => values.iter().all(|value| self.holds(value)),
            (Test::Prefix(mine), Test::Prefix(theirs)) => theirs.starts_with(mine.as_str()),
            (Test::Present, Test::Prefix(_) | Test::Present) | (Test::Absent, Test::Absent) => true,
            _ => false,
        }
    }
}

/// One condition of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    /// What it looks at.
    pub field: MatchField,
    /// What it asks.
    pub test: Test,
}

/// A rule: charges that meet all conditions go to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The receiver.
    pub to: Node,
    /// The conditions, each field at most once; none matches every charge.
    pub conditions: Vec<Condition>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one_of(values: &[&str]) -> Test {
        Test::OneOf(values.iter().map(|value| (*value).to_owned()).collect())
    }

    fn prefix(text: &str) -> Test {
        Test::Prefix(text.to_owned())
    }

    #[test]
    fn tests_hold_to_the_letter() {
        for (test, value, holds) in [
            (one_of(&["a", "b"]), "b", true),
            (one_of(&["a", "b"]), "B", false),
            (one_of(&["a"]), "", false),
            (prefix("pay-"), "pay-api", true),
            (prefix("pay-"), "xpay-", false),
            (Test::Present, "x", true),
            (Test::Present, "", false),
            (Test::Absent, "", true),
            (Test::Absent, "x", false),
        ] {
            assert_eq!(test.holds(value), holds, "{test:?} {value}");
        }
    }
}
