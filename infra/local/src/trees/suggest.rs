//! A tree to begin with, from what billing files hold.

use std::collections::BTreeMap;
use std::io::Write;

use dayone_configuration::tree::{Grouping, GroupingKey, SuggestedAccount, SuggestedValue, Suggestion, TagKeyCoverage, write_suggestion};
use dayone_domain::coverage::BillCoverage;
use dayone_domain::exact::Exact;
use dayone_domain::{BillingPeriod, Currency};

use crate::args::SuggestArguments;
use crate::failure::Failure;
use crate::load::{Loaded, load};

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
