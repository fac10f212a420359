//! Allocation trees and what is read along with them.

mod driver_files;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use dayone_configuration::text_of;
use dayone_configuration::tree::{
    Grouping, GroupingKey, SuggestedAccount, SuggestedValue, Suggestion, TagKeyCoverage, read_tree, render, write_suggestion,
};
use dayone_domain::Currency;
use dayone_domain::coverage::BillCoverage;
use dayone_domain::exact::Exact;
use dayone_domain::period::BillingPeriod;
use dayone_domain::plain_text::harmless;
use dayone_domain::tree::{Fallback, Holding, LedgerCoding, MatchField, Node, Split, Test, Tree, TreeVersions};
use serde_json::{Value, json};

use crate::args::{CheckArguments, OutputFormat, ShowArguments, SuggestArguments};
use crate::failure::Failure;
use crate::load::{Loaded, load};
use crate::tables;

pub use driver_files::read_driver_files;

/// Reads and checks one version of a tree; warnings go to `err`.
pub fn read(path: &Path, err: &mut dyn Write) -> Result<Tree, Failure> {
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(Failure::reading(path))?;
    let text = text_of(&name, &bytes).map_err(Failure::texts)?;
    let checked = read_tree(text).and_then(|draft| Tree::try_new(&draft));
    match checked {
        Ok((tree, warnings)) => {
            for warning in &warnings {
                writeln!(err, "{}", render(&name, text, warning))?;
            }
            Ok(tree)
        }
        Err(problems) => Err(Failure::Refused(problems.iter().map(|problem| render(&name, text, problem)).collect())),
    }
}

/// Reads the versions of a tree; without any, everything is unallocated.
pub fn read_versions(paths: &[PathBuf], err: &mut dyn Write) -> Result<TreeVersions, Failure> {
    read_each(paths, err).map(|(versions, _)| versions)
}

/// Reads the versions of a tree, and tells from when on that of each path is valid: versions stand in the order of
/// time, paths in that of the command line.
fn read_each(paths: &[PathBuf], err: &mut dyn Write) -> Result<(TreeVersions, Vec<BillingPeriod>), Failure> {
    if paths.is_empty() {
        return Ok((TreeVersions::try_new(vec![Tree::unallocated_only()]).expect("one version"), Vec::new()));
    }
    let versions = Failure::all(paths.iter().map(|path| read(path, err)))?;
    let starts = versions.iter().map(Tree::valid_from).collect();
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let versions = TreeVersions::try_new(versions).map_err(|error| {
        Failure::refused(format!("{}: {error}. What to do: change `valid_from` of one of them, or leave one out.", names.join(", ")))
    })?;
    Ok((versions, starts))
}

/// `dayone tree check`.
pub fn check(arguments: &CheckArguments, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let (versions, starts) = read_each(&arguments.trees, err)?;
    read_driver_files(&arguments.drivers, &versions, err)?;
    for (path, start) in arguments.trees.iter().zip(starts) {
        let tree = versions.at(start);
        writeln!(
            out,
            "{}: sound, valid from {}: {}, {}, {}.",
            path.display(),
            tree.valid_from(),
            tables::count(tree.groups().len() as u64, "cost group"),
            tables::count(tree.pools().len() as u64, "pool"),
            tables::count(tree.rules().len() as u64, "rule"),
        )?;
    }
    Ok(())
}

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

/// Most values of a tag key that make a sensible first tree.
const MOST_SUGGESTED_GROUPS: usize = 200;
/// A tag key that covers less than this share of cost, in tenths of a percent, is passed over.
const LEAST_COVERAGE: i64 = 100;

/// `dayone tree suggest`.
pub fn suggest(arguments: &SuggestArguments, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let loaded = load(&arguments.files, Vec::new(), true, err)?;
    let Some(first) = loaded.cube.bills().next() else {
        return Err(Failure::refused("the files hold no charges. What to do: name a billing file with charges."));
    };
    let suggestion = suggestion(&loaded, first.period, arguments.tag.as_deref())?;
    write!(out, "{}", write_suggestion(&suggestion))?;
    Ok(())
}

/// From all months together; shares are those of the currency that most charges are in.
fn suggestion(loaded: &Loaded, valid_from: BillingPeriod, tag: Option<&str>) -> Result<Suggestion, Failure> {
    let mut charges: BTreeMap<Currency, u64> = BTreeMap::new();
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for bill in loaded.cube.bills() {
        *charges.entry(bill.currency).or_default() += loaded.cube.master_bill(bill).0;
        names.extend(loaded.cube.sub_account_names(bill));
    }
    let currency = charges.into_iter().max_by_key(|(_, charges)| *charges).map_or(Currency::NONE, |(currency, _)| currency);
    let coverage = loaded.coverage.as_ref().map(|coverage| coverage.together(currency)).unwrap_or_default();
    let share = |cost: Exact| cost.permille_of(coverage.gross);
    let mut keys: Vec<(&String, Option<i64>, usize)> =
        coverage.tags.iter().map(|(key, tag)| (key, share(tag.covered), tag.values.len())).collect();
    keys.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let accounts = by_value(&coverage.sub_accounts, coverage.gross, |account| names.get(account).copied());
    let chosen = match tag {
        Some(tag) if coverage.tags.contains_key(tag) => Some(tag),
        Some(tag) => {
            let known: Vec<&str> = keys.iter().map(|(key, _, _)| key.as_str()).collect();
            let what_to_do = match &known[..] {
                [] => "leave out --tag: no charge carries a tag".to_owned(),
                known => format!("choose one of: {}", known.join(", ")),
            };
            return Err(Failure::refused(format!("no charge carries the tag key `{tag}`. What to do: {what_to_do}.")));
        }
        None => best_key(&keys),
    };
    let grouping = if let Some(key) = chosen {
        let mut values: Vec<(&String, &Exact)> = coverage.tags[key].values.iter().collect();
        values.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let values = values.into_iter().map(|(value, cost)| SuggestedValue { value: value.clone(), name: None, permille: share(*cost) });
        Grouping { key: GroupingKey::Tag(key.to_owned()), values: values.collect() }
    } else if accounts.len() > 1 {
        Grouping { key: GroupingKey::SubAccounts, values: accounts.clone() }
    } else {
        Grouping { key: GroupingKey::Services, values: by_value(&coverage.services, coverage.gross, |_| None) }
    };
    let other_tag_keys = keys
        .iter()
        .filter(|(key, _, _)| Some(key.as_str()) != chosen)
        .map(|(key, permille, _)| TagKeyCoverage { key: (*key).clone(), permille: *permille })
        .collect();
    let sub_accounts = accounts
        .into_iter()
        .map(|account| SuggestedAccount { id: account.value, name: account.name, permille: account.permille })
        .collect();
    Ok(Suggestion { company: "Your company".to_owned(), valid_from, grouping, sub_accounts, other_tag_keys })
}

/// Words of tag keys that speak of who runs something, the likeliest first.
const TELLING_WORDS: [&str; 9] = ["team", "squad", "owner", "application", "app", "product", "project", "unit", "service"];

/// The key to group by: of those that cover nearly as much as the best, the one whose name speaks of who runs
/// something; each with its coverage in tenths of a percent and its number of values.
fn best_key<'a>(keys: &[(&'a String, Option<i64>, usize)]) -> Option<&'a str> {
    let fit: Vec<(&str, i64)> = keys
        .iter()
        .filter(|(_, _, values)| (2..=MOST_SUGGESTED_GROUPS).contains(values))
        .filter_map(|(key, permille, _)| Some((key.as_str(), (*permille)?)))
        .filter(|(_, permille)| *permille >= LEAST_COVERAGE)
        .collect();
    let best = fit.iter().map(|(_, permille)| *permille).max()?;
    let rank = |key: &str| {
        let key = key.to_lowercase();
        TELLING_WORDS
            .iter()
            .position(|word| key.split(|letter: char| !letter.is_alphanumeric()).any(|part| part == *word))
            .unwrap_or(TELLING_WORDS.len())
    };
    let near = fit.into_iter().filter(|(_, permille)| permille * 10 >= best * 9);
    near.min_by_key(|(key, permille)| (rank(key), -permille)).map(|(key, _)| key)
}

fn by_value<'a>(sums: &'a BTreeMap<String, Exact>, gross: Exact, name_of: impl Fn(&'a str) -> Option<&'a str>) -> Vec<SuggestedValue> {
    BillCoverage::largest_first(sums)
        .into_iter()
        .filter(|(value, _)| !value.is_empty())
        .map(|(value, cost)| SuggestedValue {
            value: value.to_owned(),
            name: name_of(value).map(str::to_owned),
            permille: cost.permille_of(gross),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(folder: &tempfile::TempDir, name: &str, yaml: &str) -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, yaml).unwrap();
        path
    }

    const TREE: &str = "owners: [a@b.example]\nunallocated: { id: u, owners: [a@b.example] }\n";

    #[test]
    fn each_path_is_told_with_its_own_version_in_whichever_order() {
        let folder = tempfile::tempdir().unwrap();
        let newer = file(&folder, "a.yaml", &format!("{TREE}valid_from: 2026-03\ngroups: [{{ id: a }}]\n"));
        let older = file(&folder, "b.yaml", &format!("{TREE}valid_from: 2026-01\n"));
        let arguments = CheckArguments { trees: vec![newer.clone(), older.clone()], drivers: vec![] };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        check(&arguments, &mut out, &mut err).unwrap();
        let expected = format!(
            "{}: sound, valid from 2026-03: 2 cost groups, 0 pools, 0 rules.\n{}: sound, valid from 2026-01: 1 cost group, 0 pools, 0 rules.\n",
            newer.display(),
            older.display()
        );
        assert_eq!((String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap()), (expected, String::new()));
    }

    #[test]
    fn a_tree_is_shown_with_its_warnings_beside_it_and_nothing_that_a_terminal_obeys() {
        let folder = tempfile::tempdir().unwrap();
        let yaml = "company: \"Me\\e[2Jridian\"\nvalid_from: 2026-01\npools: [{ id: p, name: \"P\\u202Eool\", split: even, to: [\"*\"] }]\n\
                    groups: [{ id: a, name: \"T\\e[31meam\", owners: [\"a\\e[0m@b.example\"] }]\n";
        let tree = file(&folder, "tree.yaml", &format!("{TREE}{yaml}"));
        for format in [OutputFormat::Table, OutputFormat::Json] {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            show(&ShowArguments { tree: tree.clone(), format }, &mut out, &mut err).unwrap();
            let (out, err) = (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap());
            assert!(err.contains("warning: nothing goes into the pool `p`"), "{err}");
            assert!(!out.contains('\u{1b}'), "{out}");
            if format == OutputFormat::Table {
                let parts = ["Me\u{fffd}[2Jridian", "T\u{fffd}[31meam", "a\u{fffd}[0m@b.example", "P\u{fffd}ool"];
                assert!(parts.iter().all(|part| out.contains(part)), "{out}");
            }
        }
    }
}
