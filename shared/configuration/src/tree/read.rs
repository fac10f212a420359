//! From YAML nodes to a draft: keys and types.

use std::sync::LazyLock;

use dayone_domain::tree::MatchField;
use dayone_domain::tree::draft::{
    At, CodingDraft, ConditionDraft, GroupDraft, HoldingDraft, LedgerDraft, PoolDraft, RuleDraft, TestDraft, TreatmentDraft, TreeDraft,
};

use crate::refusal::one_line;
use crate::yaml::fields::{Fields, describe_keys, entries, mapping};
use crate::yaml::node::{Key, Kind, Node};
use crate::yaml::problems::Problems;
use crate::yaml::values::{entry, list, needed, optional, text, texts};

const TREE: &[&str] = &[
    "company",
    "valid_from",
    "owners",
    "legal_entity",
    "cost_center",
    "department",
    "mode",
    "unallocated",
    "central",
    "groups",
    "pools",
    "rules",
    "treatment",
    "ledger",
];
const GROUP: &[&str] = &["id", "name", "kind", "owners", "legal_entity", "cost_center", "department", "mode", "groups"];
const UNALLOCATED: &[&str] = &["id", "name", "kind", "owners", "legal_entity", "cost_center", "department", "mode"];
const POOL: &[&str] = &["id", "name", "owners", "split", "to", "shares", "driver", "fallback", "account"];
const RULE: &[&str] = &["to", "when"];
static WHEN: LazyLock<Vec<&str>> = LazyLock::new(|| MatchField::dimension_names().chain(["tags"]).collect());
const TEST: &[&str] = &["prefix", "present"];
const TREATMENT: &[&str] = &["credits", "tax", "discounts", "marketplace", "unused_commitment"];
const LEDGER: &[&str] = &["accounts", "holding"];
const ACCOUNTS: &[&str] = &["default", "by_charge_category", "by_service"];
const HOLDINGS: &[&str] = &["default", "by_billing_account"];
const HOLDING: &[&str] = &["account", "cost_center"];

/// Reads the root of a tree.
pub(super) fn tree(root: &Node<'_>, problems: &mut Problems) -> TreeDraft {
    let Some(fields) = mapping(root, "the tree", TREE, problems) else {
        return TreeDraft::default();
    };
    TreeDraft {
        company: optional(&fields, "company", problems),
        valid_from: optional(&fields, "valid_from", problems),
        defaults: coding(&fields, problems),
        groups: list(&fields, "groups", problems, |node, problems| group(node, "a cost group", GROUP, problems)),
        unallocated: fields.get("unallocated").and_then(|(_, node)| group(node, "the unallocated cost group", UNALLOCATED, problems)),
        central: optional(&fields, "central", problems),
        pools: list(&fields, "pools", problems, pool),
        rules: list(&fields, "rules", problems, rule),
        treatment: fields.get("treatment").map(|(_, node)| treatment(node, problems)).unwrap_or_default(),
        ledger: fields.get("ledger").map(|(_, node)| ledger(node, problems)),
    }
}

fn coding(fields: &Fields<'_, '_>, problems: &mut Problems) -> CodingDraft {
    CodingDraft {
        owners: texts(fields, "owners", problems),
        legal_entity: optional(fields, "legal_entity", problems),
        cost_center: optional(fields, "cost_center", problems),
        department: optional(fields, "department", problems),
        mode: optional(fields, "mode", problems),
    }
}

fn group(node: &Node<'_>, what: &'static str, keys: &'static [&'static str], problems: &mut Problems) -> Option<GroupDraft> {
    let fields = mapping(node, what, keys, problems)?;
    let id = needed(&fields, "id", problems);
    let name = optional(&fields, "name", problems);
    let kind = optional(&fields, "kind", problems);
    let own = coding(&fields, problems);
    let groups = list(&fields, "groups", problems, |node, problems| group(node, "a cost group", GROUP, problems));
    Some(GroupDraft { id: id?, name, kind, own, groups })
}

fn pool(node: &Node<'_>, problems: &mut Problems) -> Option<PoolDraft> {
    let fields = mapping(node, "a pool", POOL, problems)?;
    let id = needed(&fields, "id", problems);
    let split = needed(&fields, "split", problems);
    let name = optional(&fields, "name", problems);
    let owners = texts(&fields, "owners", problems);
    let to = texts(&fields, "to", problems);
    let shares = fields.get("shares").map(|(_, node)| named_texts(node, "`shares`", problems)).unwrap_or_default();
    let driver = optional(&fields, "driver", problems);
    let fallback = optional(&fields, "fallback", problems);
    let account = optional(&fields, "account", problems);
    Some(PoolDraft { id: id?, name, owners, split: split?, to, shares, driver, fallback, account })
}

/// Keys of people's own choosing, each with a text.
fn named_texts(node: &Node<'_>, what: &'static str, problems: &mut Problems) -> Vec<(At<String>, At<String>)> {
    let named = entries(node, what, problems).iter().filter_map(|(key, node)| Some((key.owned(), text(key, node, problems)?)));
    named.collect()
}

fn rule(node: &Node<'_>, problems: &mut Problems) -> Option<RuleDraft> {
    let fields = mapping(node, "a rule", RULE, problems)?;
    let to = needed(&fields, "to", problems);
    let conditions = fields.get("when").map(|(_, node)| conditions(node, problems)).unwrap_or_default();
    Some(RuleDraft { to: to?, conditions })
}

fn conditions(node: &Node<'_>, problems: &mut Problems) -> Vec<ConditionDraft> {
    let Some(fields) = mapping(node, "`when`", &WHEN, problems) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for (key, node) in fields.in_order() {
        if key.text == "tags" {
            let tags = entries(node, "`tags`", problems);
            found.extend(tags.iter().filter_map(|(key, node)| condition(key, node, true, problems)));
        } else {
            found.extend(condition(key, node, false, problems));
        }
    }
    found
}

fn condition(key: &Key<'_>, node: &Node<'_>, is_tag: bool, problems: &mut Problems) -> Option<ConditionDraft> {
    let test = match &node.kind {
        Kind::List(values) => {
            let values: Vec<Option<At<String>>> = values.iter().map(|value| entry(key, value, problems)).collect();
            TestDraft::OneOf(values.into_iter().collect::<Option<_>>()?)
        }
        Kind::Mapping(_) => test(key, node, problems)?,
        Kind::Text(_) | Kind::Null | Kind::Unreadable => TestDraft::Equal(text(key, node, problems)?),
    };
    Some(ConditionDraft { field: key.owned(), is_tag, test })
}

/// `{ prefix: … }` or `{ present: … }`.
fn test(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<TestDraft> {
    let fields = mapping(node, "a condition", TEST, problems)?;
    match (fields.get("prefix"), fields.get("present")) {
        (Some((key, node)), None) => Some(TestDraft::Prefix(text(key, node, problems)?)),
        (None, Some((key, node))) => {
            let value = text(key, node, problems)?;
            match value.value.as_str() {
                "true" => Some(TestDraft::Present(At::new(true, value.at))),
                "false" => Some(TestDraft::Present(At::new(false, value.at))),
                other => {
                    let message = format!("`present` is true or false, not `{}`", one_line(other));
                    problems.error(value.at, message, "write `true` for charges that have a value, `false` for those that have none");
                    None
                }
            }
        }
        (Some(_), Some(_)) => {
            problems.error(
                node.at,
                "a condition asks either for a prefix or for presence, not for both",
                "keep `prefix`: what begins with something is present",
            );
            None
        }
        // An unknown key has been told already.
        (None, None) if fields.had_unknown() => None,
        (None, None) => {
            let message = format!("the condition on `{}` asks for nothing", one_line(&key.text));
            problems.error(node.at, message, format!("write a value, a list of values, or one of {}", describe_keys(TEST)));
            None
        }
    }
}

fn treatment(node: &Node<'_>, problems: &mut Problems) -> TreatmentDraft {
    let Some(fields) = mapping(node, "`treatment`", TREATMENT, problems) else {
        return TreatmentDraft::default();
    };
    TreatmentDraft {
        credits: optional(&fields, "credits", problems),
        tax: optional(&fields, "tax", problems),
        discounts: optional(&fields, "discounts", problems),
        marketplace: optional(&fields, "marketplace", problems),
        unused_commitment: optional(&fields, "unused_commitment", problems),
    }
}

fn ledger(node: &Node<'_>, problems: &mut Problems) -> LedgerDraft {
    let mut draft = LedgerDraft::default();
    let Some(fields) = mapping(node, "`ledger`", LEDGER, problems) else {
        return draft;
    };
    if let Some(accounts) = fields.get("accounts").and_then(|(_, node)| mapping(node, "`accounts`", ACCOUNTS, problems)) {
        draft.default_account = optional(&accounts, "default", problems);
        if let Some((_, node)) = accounts.get("by_charge_category") {
            draft.accounts_by_charge_category = named_texts(node, "`by_charge_category`", problems);
        }
        if let Some((_, node)) = accounts.get("by_service") {
            draft.accounts_by_service = named_texts(node, "`by_service`", problems);
        }
    }
    if let Some(holdings) = fields.get("holding").and_then(|(_, node)| mapping(node, "`holding`", HOLDINGS, problems)) {
        draft.default_holding = holdings.get("default").and_then(|(_, node)| holding(node, problems));
        if let Some((_, node)) = holdings.get("by_billing_account") {
            let named = entries(node, "`by_billing_account`", problems).iter();
            draft.holding_by_billing_account =
                named.filter_map(|(key, node)| Some((key.owned(), holding_of(key, node, problems)?))).collect();
        }
    }
    draft
}

fn holding_of(key: &Key<'_>, node: &Node<'_>, problems: &mut Problems) -> Option<HoldingDraft> {
    if matches!(node.kind, Kind::Null) {
        let message = format!("`{}` has no value", one_line(&key.text));
        problems.error(key.at, message, "write `{ account: \"1490\", cost_center: \"9000\" }` with your own numbers");
        return None;
    }
    holding(node, problems)
}

fn holding(node: &Node<'_>, problems: &mut Problems) -> Option<HoldingDraft> {
    let fields = mapping(node, "a holding account", HOLDING, problems)?;
    let account = needed(&fields, "account", problems);
    let cost_center = needed(&fields, "cost_center", problems);
    Some(HoldingDraft { account: account?, cost_center: cost_center? })
}
