//! A checked tree, for people and for programs.

use std::io::Write;

use dayone_domain::exact::Exact;
use dayone_domain::plain_text::harmless;
use dayone_domain::tree::{Fallback, Holding, LedgerCoding, MatchField, Node, Split, Test, Tree};
use serde_json::{Value, json};

use super::read;
use crate::args::{OutputFormat, ShowArguments};
use crate::failure::Failure;
use crate::tables;

/// `dayone tree show`; warnings go to `err`.
pub fn show(arguments: &ShowArguments, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let tree = read(&arguments.tree, err)?;
    if arguments.format == OutputFormat::Json {
        writeln!(out, "{:#}", as_json(&tree))?;
        return Ok(());
    }
    let plain = |text: &str| harmless(text).into_owned();
    let optional = |text: &Option<String>| plain(text.as_deref().unwrap_or_default());
    let groups = tree.groups().iter().map(|group| {
        let level = std::iter::successors(group.parent, |parent| tree.groups()[*parent].parent).count();
        vec![
            format!("{}{}", "  ".repeat(level), plain(&group.name)),
            plain(&group.id),
            group.mode.to_string(),
            optional(&group.cost_center),
            optional(&group.department),
            optional(&group.legal_entity),
            plain(&group.owners.join(", ")),
        ]
    });
    let columns = ["Cost group", "Id", "Mode", "Cost centre", "Department", "Legal entity", "Owners"].map(|heading| (heading, false));
    writeln!(out, "{}, allocation tree valid from {}\n", plain(tree.company()), tree.valid_from())?;
    write!(out, "{}", tables::table(&columns, groups.collect()))?;
    let pools = tree.pools().iter().map(|pool| {
        let split = match &pool.split {
            Split::Even => "even".to_owned(),
            Split::Fixed(_) => "fixed shares".to_owned(),
            Split::Proportional => "in proportion to direct cost".to_owned(),
            Split::Driver(driver) => format!("by driver `{}`", plain(driver)),
        };
        vec![plain(&pool.name), plain(&pool.id), split, pool.to.iter().map(|node| tree.id(*node)).collect::<Vec<_>>().join(", ")]
    });
    writeln!(out)?;
    write!(out, "{}", tables::table(&["Pool", "Id", "Split", "Shared by"].map(|heading| (heading, false)), pools.collect()))?;
    if let Some(ledger) = tree.ledger() {
        writeln!(out)?;
        write!(
            out,
            "{}",
            tables::table(&["Ledger", "For", "Account", "Cost centre"].map(|heading| (heading, false)), ledger_rows(ledger))
        )?;
    }
    writeln!(out, "\n  {}; `--format json` lists them.", tables::count(tree.rules().len() as u64, "rule"))?;
    Ok(())
}

/// Expense accounts, then where the provider's invoices are held.
fn ledger_rows(ledger: &LedgerCoding) -> Vec<Vec<String>> {
    let expense =
        |what: &str, account: &str| vec!["expense".to_owned(), what.to_owned(), account.to_owned(), "of the cost group".to_owned()];
    let holding =
        |what: &str, holding: &Holding| vec!["holding".to_owned(), what.to_owned(), holding.account.clone(), holding.cost_center.clone()];
    let mut rows = vec![expense("everything else", &ledger.default_account)];
    rows.extend(ledger.by_charge_category.iter().map(|(name, account)| expense(&format!("charge category {name}"), account)));
    rows.extend(ledger.by_service.iter().map(|(name, account)| expense(&format!("service {name}"), account)));
    rows.push(holding("every other billing account", &ledger.default_holding));
    rows.extend(ledger.holding_by_billing_account.iter().map(|(account, coding)| holding(&format!("billing account {account}"), coding)));
    rows
}

fn ledger_json(ledger: &LedgerCoding) -> Value {
    let map =
        |list: &[(String, String)]| list.iter().map(|(name, account)| (name.clone(), json!(account))).collect::<serde_json::Map<_, _>>();
    let holding = |holding: &Holding| json!({"account": holding.account, "cost_center": holding.cost_center});
    let by_account = ledger.holding_by_billing_account.iter().map(|(account, coding)| (account.clone(), holding(coding)));
    json!({
        "accounts": {
            "default": ledger.default_account, "by_charge_category": map(&ledger.by_charge_category), "by_service": map(&ledger.by_service),
        },
        "holding": {
            "default": holding(&ledger.default_holding),
            "by_billing_account": by_account.collect::<serde_json::Map<_, _>>(),
        },
    })
}

fn as_json(tree: &Tree) -> Value {
    let groups: Vec<Value> = tree
        .groups()
        .iter()
        .map(|group| {
            json!({
                "id": group.id, "name": group.name, "kind": group.kind,
                "parent": group.parent.map(|parent| &tree.groups()[parent].id), "leaf": group.is_leaf,
                "owners": &*group.owners, "legal_entity": group.legal_entity, "cost_center": group.cost_center,
                "department": group.department, "mode": group.mode.to_string(),
            })
        })
        .collect();
    let ids = |nodes: &[Node]| nodes.iter().map(|node| tree.id(*node)).collect::<Vec<_>>();
    let pools: Vec<Value> = tree
        .pools()
        .iter()
        .map(|pool| {
            let split = match &pool.split {
                Split::Even => json!({"kind": "even"}),
                Split::Fixed(parts) => json!({"kind": "fixed", "parts": parts.iter().map(Exact::to_string).collect::<Vec<_>>()}),
                Split::Proportional => json!({"kind": "proportional"}),
                Split::Driver(driver) => json!({"kind": "driver", "driver": driver}),
            };
            let fallback = match pool.fallback {
                Fallback::Even => json!("even"),
                Fallback::To(node) => json!({"to": tree.id(node)}),
            };
            json!({
                "id": pool.id, "name": pool.name, "owners": pool.owners, "split": split, "to": ids(&pool.to),
                "fallback": fallback, "account": pool.account,
            })
        })
        .collect();
    let rules: Vec<Value> = tree
        .rules()
        .iter()
        .map(|rule| {
            let conditions: Vec<Value> = rule
                .conditions
                .iter()
                .map(|condition| {
                    let test = match &condition.test {
                        Test::OneOf(values) => json!({"one_of": values}),
                        Test::Prefix(prefix) => json!({"prefix": prefix}),
                        Test::Present => json!({"present": true}),
                        Test::Absent => json!({"present": false}),
                    };
                    match &condition.field {
                        MatchField::Tag(key) => json!({"field": "tag", "key": key, "test": test}),
                        field @ MatchField::Dimension(_) => json!({"field": field.to_string(), "test": test}),
                    }
                })
                .collect();
            json!({"to": tree.id(rule.to), "when": conditions})
        })
        .collect();
    let treatment = tree.treatment();
    let id = |node: Option<Node>| node.map(|node| tree.id(node));
    json!({
        "company": tree.company(),
        "valid_from": tree.valid_from().to_string(),
        "groups": groups,
        "unallocated": tree.groups()[tree.unallocated()].id,
        "pools": pools,
        "rules": rules,
        "treatment": {
            "tax": id(treatment.tax), "credits": id(treatment.credits), "discounts": id(treatment.discounts),
            "marketplace": id(treatment.marketplace), "unused_commitment": id(treatment.unused_commitment),
        },
        "ledger": tree.ledger().map(ledger_json),
    })
}
