//! An allocation tree as somebody wrote it: every value with the place it stands at, nothing checked yet.

use std::fmt;

/// Place in a text, both counted from 1. Line 0 means that there is no text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub at: Position,
}

impl<T> At<T> {
    /// A value at a place.
    pub fn new(value: T, at: Position) -> At<T> {
        At { value, at }
    }

    /// A value that stands in no text.
    pub fn nowhere(value: T) -> At<T> {
        At { value, at: Position::default() }
    }
}

/// A whole tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreeDraft {
    /// The company's name.
    pub company: Option<At<String>>,
    /// The billing period from which this version holds, `2026-01`.
    pub valid_from: Option<At<String>>,
    /// What every group inherits.
    pub defaults: CodingDraft,
    /// The top cost groups.
    pub groups: Vec<GroupDraft>,
    /// The cost group for what no rule matches.
    pub unallocated: Option<GroupDraft>,
    /// The cost group that keeps what nobody else takes: an identifier.
    pub central: Option<At<String>>,
    /// Shared pools.
    pub pools: Vec<PoolDraft>,
    /// Match rules, first match wins.
    pub rules: Vec<RuleDraft>,
    /// Where credits, tax, discounts, marketplace and unused commitment go.
    pub treatment: TreatmentDraft,
    /// General-ledger coding.
    pub ledger: Option<LedgerDraft>,
}

/// What a cost group states or inherits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodingDraft {
    /// Mail addresses.
    pub owners: Vec<At<String>>,
    /// Legal entity.
    pub legal_entity: Option<At<String>>,
    /// Cost centre.
    pub cost_center: Option<At<String>>,
    /// Department.
    pub department: Option<At<String>>,
    /// `showback` or `chargeback`.
    pub mode: Option<At<String>>,
}

/// A cost group and those below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupDraft {
    /// Identifier.
    pub id: At<String>,
    /// Name for people; the identifier where absent.
    pub name: Option<At<String>>,
    /// What it is: `team`, `product`, `business unit`.
    pub kind: Option<At<String>>,
    /// What it states itself.
    pub own: CodingDraft,
    /// The groups below.
    pub groups: Vec<GroupDraft>,
}

/// A shared pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolDraft {
    /// Identifier, of the same name space as groups.
    pub id: At<String>,
    /// Name for people; the identifier where absent.
    pub name: Option<At<String>>,
    /// Mail addresses of who answers for the pool.
    pub owners: Vec<At<String>>,
    /// `even`, `fixed`, `proportional` or `driver`.
    pub split: At<String>,
    /// Groups and pools that share it: an identifier, `group/*` for the leaves below a group (with the slash, so
    /// that nobody takes it for a prefix), `*` for all leaves. For a fixed split the keys of `shares` say it.
    pub to: Vec<At<String>>,
    /// Fixed split: receiver and parts.
    pub shares: Vec<(At<String>, At<String>)>,
    /// Driver split: the name of the driver.
    pub driver: Option<At<String>>,
    /// Where a zero base leads: `even`, or the identifier of one group or pool.
    pub fallback: Option<At<String>>,
    /// General-ledger account of the shared amounts.
    pub account: Option<At<String>>,
}

/// A match rule. All of its conditions must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleDraft {
    /// The group or pool that receives.
    pub to: At<String>,
    /// The conditions; none matches every charge.
    pub conditions: Vec<ConditionDraft>,
}

/// One condition of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionDraft {
    /// `provider`, `billing_account`, `sub_account`, `service`, `service_category`, `region`,
    /// `charge_category`, `publisher`, or the key of a tag.
    pub field: At<String>,
    /// Whether `field` is the key of a tag.
    pub is_tag: bool,
    /// What must hold.
    pub test: TestDraft,
}

/// What a condition asks of a value. Comparison is to the letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestDraft {
    /// It equals.
    Equal(At<String>),
    /// It is one of.
    OneOf(Vec<At<String>>),
    /// It begins with.
    Prefix(At<String>),
    /// It is there (`true`) or not (`false`).
    Present(At<bool>),
}

/// Where special money goes: `follow` (the rules) or the identifier of a central group or pool. Absent is
/// `follow`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TreatmentDraft {
    /// Credits and adjustments.
    pub credits: Option<At<String>>,
    /// Tax.
    pub tax: Option<At<String>>,
    /// Discounts that the provider states as rows.
    pub discounts: Option<At<String>>,
    /// Marketplace purchases.
    pub marketplace: Option<At<String>>,
    /// Unused commitment.
    pub unused_commitment: Option<At<String>>,
}

/// General-ledger coding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LedgerDraft {
    /// Expense account where nothing else says.
    pub default_account: Option<At<String>>,
    /// Expense account by charge category.
    pub accounts_by_charge_category: Vec<(At<String>, At<String>)>,
    /// Expense account by service.
    pub accounts_by_service: Vec<(At<String>, At<String>)>,
    /// Where accounts payable books the provider's invoices.
    pub default_holding: Option<HoldingDraft>,
    /// The same, by billing account.
    pub holding_by_billing_account: Vec<(At<String>, HoldingDraft)>,
}

/// Holding account and central cost centre.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldingDraft {
    /// Balance-sheet or expense account that holds the provider's invoice.
    pub account: At<String>,
    /// Central cost centre.
    pub cost_center: At<String>,
}
