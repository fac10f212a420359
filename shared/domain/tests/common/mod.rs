//! Charges and trees in a few words.
#![allow(dead_code, missing_docs)]

pub mod generated;

use dayone_domain::charge::{Charge, Cost, Dimension};
use dayone_domain::cube::{BillKey, Cube, CubeBuilder};
use dayone_domain::exact::Exact;
use dayone_domain::tie_out::ControlTotals;
use dayone_domain::tree::draft::{
    At, CodingDraft, ConditionDraft, GroupDraft, HoldingDraft, LedgerDraft, PoolDraft, RuleDraft, TestDraft, TreeDraft,
};
use dayone_domain::tree::{Tree, TreeVersions};
use dayone_domain::{BillingPeriod, Currency};

pub fn exact(text: &str) -> Exact {
    Exact::parse(text).unwrap()
}

pub fn period(text: &str) -> BillingPeriod {
    text.parse().unwrap()
}

pub fn usd() -> Currency {
    Currency::try_new("USD").unwrap()
}

/// A charge that owns its texts.
#[derive(Clone, Debug)]
pub struct Row {
    pub period: BillingPeriod,
    pub currency: Currency,
    pub values: Vec<(Dimension, String)>,
    pub tags: Vec<(String, String)>,
    pub sub_account_name: String,
    pub cost: Cost,
}

impl Row {
    pub fn new(billed: &str) -> Row {
        let billed = exact(billed);
        let cost = Cost { billed, effective: billed, list: Some(billed), contracted: None };
        Row { period: period("2026-05"), currency: usd(), values: vec![], tags: vec![], sub_account_name: String::new(), cost }
            .with(Dimension::ChargeCategory, "Usage")
    }

    pub fn with(mut self, dimension: Dimension, value: &str) -> Row {
        self.values.retain(|(known, _)| *known != dimension);
        self.values.push((dimension, value.to_owned()));
        self
    }

    pub fn team(mut self, team: &str) -> Row {
        self.tags.push(("team".to_owned(), team.to_owned()));
        self
    }

    /// In sub account `1`, of this name.
    pub fn named(mut self, name: &str) -> Row {
        self.sub_account_name = name.to_owned();
        self.with(Dimension::SubAccount, "1")
    }

    pub fn account(self, billing_account: &str) -> Row {
        self.with(Dimension::BillingAccount, billing_account)
    }

    /// A provider's correction of charges of this month.
    pub fn correcting(self, month: &str) -> Row {
        self.with(Dimension::ChargeClass, "Correction").with(Dimension::ChargeMonth, month)
    }

    pub fn effective(mut self, effective: &str) -> Row {
        self.cost.effective = exact(effective);
        self
    }

    pub fn list(mut self, list: &str) -> Row {
        self.cost.list = Some(exact(list));
        self
    }

    pub fn in_period(mut self, text: &str) -> Row {
        self.period = period(text);
        self
    }

    pub fn charge<'a>(&'a self, month: &'a str, tags: &'a [(&'a str, &'a str)]) -> Charge<'a> {
        let mut values = [""; Dimension::COUNT];
        values[Dimension::Source as usize] = "test";
        values[Dimension::Provider as usize] = "AWS";
        values[Dimension::ChargeMonth as usize] = month;
        for (dimension, value) in &self.values {
            values[*dimension as usize] = value;
        }
        if values[Dimension::ChargeType as usize].is_empty() {
            values[Dimension::ChargeType as usize] = values[Dimension::ChargeCategory as usize];
        }
        Charge {
            billing_period: self.period,
            currency: self.currency,
            values,
            billing_account_name: "",
            sub_account_name: &self.sub_account_name,
            tags,
            cost: self.cost,
        }
    }
}

/// The cube of some charges that tells the tag `team` apart, and the sums that it is held against.
pub fn cube(rows: &[Row]) -> (Cube, ControlTotals) {
    let mut builder = CubeBuilder::new(vec!["team".to_owned()]);
    let mut control = ControlTotals::default();
    for row in rows {
        let month = row.period.to_string();
        let tags: Vec<(&str, &str)> = row.tags.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let charge = row.charge(&month, &tags);
        builder.add(&charge).unwrap();
        control.add(&charge);
    }
    (builder.finish(), control)
}

pub fn bill(cube: &Cube) -> BillKey {
    cube.bills().next().expect("a bill")
}

pub fn at(text: &str) -> At<String> {
    At::nowhere(text.to_owned())
}

pub fn group(id: &str, below: Vec<GroupDraft>) -> GroupDraft {
    GroupDraft { id: at(id), name: None, kind: None, own: CodingDraft::default(), groups: below }
}

pub fn pool(id: &str, split: &str, to: &[&str]) -> PoolDraft {
    PoolDraft {
        id: at(id),
        name: None,
        owners: vec![],
        split: at(split),
        to: to.iter().map(|id| at(id)).collect(),
        shares: vec![],
        driver: (split == "driver").then(|| at("requests")),
        fallback: Some(at("even")),
        account: None,
    }
}

pub fn fixed(id: &str, shares: &[(&str, &str)]) -> PoolDraft {
    let shares = shares.iter().map(|(id, parts)| (at(id), at(parts))).collect();
    PoolDraft { shares, fallback: None, ..pool(id, "fixed", &[]) }
}

pub fn team_rule(to: &str, team: &str) -> RuleDraft {
    RuleDraft { to: at(to), conditions: vec![ConditionDraft { field: at("team"), is_tag: true, test: TestDraft::Equal(at(team)) }] }
}

pub fn field_rule(to: &str, field: &str, value: &str) -> RuleDraft {
    RuleDraft { to: at(to), conditions: vec![ConditionDraft { field: at(field), is_tag: false, test: TestDraft::Equal(at(value)) }] }
}

/// A tree of groups whose tag `team` is their id.
pub fn tree(groups: &[&str]) -> TreeDraft {
    TreeDraft {
        company: Some(at("Test")),
        valid_from: Some(at("2026-01")),
        defaults: CodingDraft { owners: vec![at("owner@example.com")], cost_center: Some(at("1000")), ..CodingDraft::default() },
        groups: groups.iter().map(|id| group(id, vec![])).collect(),
        unallocated: Some(GroupDraft {
            own: CodingDraft { owners: vec![at("finops@example.com")], ..CodingDraft::default() },
            ..group("unallocated", vec![])
        }),
        rules: groups.iter().map(|id| team_rule(id, id)).collect(),
        ..TreeDraft::default()
    }
}

pub fn ledger() -> LedgerDraft {
    LedgerDraft {
        default_account: Some(at("6400")),
        default_holding: Some(HoldingDraft { account: at("1490"), cost_center: at("9000") }),
        ..LedgerDraft::default()
    }
}

pub fn checked(draft: &TreeDraft) -> TreeVersions {
    let (tree, _) = Tree::try_new(draft).unwrap_or_else(|problems| panic!("{problems:#?}"));
    TreeVersions::try_new(vec![tree]).unwrap()
}
