//! The sources of a tenant: one export of one provider account each, and where its files land.

use std::collections::{BTreeMap, BTreeSet};

use crate::currency::Currency;
use crate::period::BillingPeriod;
use crate::tree::is_identifier;

/// Most sources of one tenant.
pub const MOST_SOURCES: usize = 1_000;
/// Most billing accounts of one source.
pub const MOST_ACCOUNTS: usize = 10_000;
/// Most characters of a provider, a billing account or a prefix.
pub const LONGEST_TEXT: usize = 256;
/// Most days for which a source must be unchanged.
pub const MOST_DAYS: u32 = 366;

/// When a source's billing period is final.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Finality {
    /// When a controller closes it.
    #[default]
    WhenClosed,
    /// Also when every non-zero charge has an invoice id and nothing changed for some days. For AWS; elsewhere an
    /// invoice id proves nothing.
    WhenInvoicedAndUnchanged {
        /// Days, 1 to [`MOST_DAYS`].
        days: u32,
    },
}

/// One export of one provider account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Identifier, as those of the tree.
    pub id: String,
    /// The provider's name, for people.
    pub provider: String,
    /// The billing accounts that it covers, at least one; no other source covers one of them.
    pub billing_accounts: BTreeSet<String>,
    /// The currencies that it bills in, at least one. [`Currency::NONE`] stands for files that name none.
    pub currencies: BTreeSet<Currency>,
    /// Where its files land: folders, each with a slash after it.
    pub prefix: String,
    /// The first billing period that it is expected for.
    pub from: BillingPeriod,
    /// The last one; `None` where no end is known.
    pub until: Option<BillingPeriod>,
    /// When its billing periods are final.
    pub finality: Finality,
}

impl Source {
    /// Whether a delivery is expected for a billing period in a currency.
    pub fn is_expected(&self, period: BillingPeriod, currency: Currency) -> bool {
        self.from <= period && self.until.is_none_or(|until| period <= until) && self.currencies.contains(&currency)
    }

    fn folders(&self) -> Vec<&str> {
        components(&self.prefix)
    }
}

/// What is wrong with a source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Other characters than an identifier has.
    #[error("`{0}` cannot be an id: it is part of addresses and file names")]
    NoIdentifier(String),
    /// Taken.
    #[error("the id `{id}` is already taken by `{other}`")]
    IdTwice {
        /// The identifier.
        id: String,
        /// That of the earlier source.
        other: String,
    },
    /// An empty provider.
    #[error("the source `{0}` has no provider")]
    NoProvider(String),
    /// No billing account.
    #[error("the source `{0}` covers no billing account; its charges could not be told from those of others")]
    NoBillingAccount(String),
    /// An empty billing account.
    #[error("a billing account of the source `{0}` is empty")]
    EmptyBillingAccount(String),
    /// More than [`MOST_ACCOUNTS`].
    #[error("the source `{0}` covers more than {MOST_ACCOUNTS} billing accounts")]
    TooManyAccounts(String),
    /// Two sources cover one billing account.
    #[error("the billing account `{account}` is already covered by the source `{other}`; its charges would count twice")]
    AccountTwice {
        /// The billing account.
        account: String,
        /// The earlier source.
        other: String,
    },
    /// No currency.
    #[error("the source `{0}` bills in no currency; none of its deliveries could be accepted")]
    NoCurrency(String),
    /// A currency that ISO 4217 does not list.
    #[error("`{0}` is no currency that ISO 4217 lists")]
    UnlistedCurrency(Currency),
    /// A prefix that names no folder below the top.
    #[error("`{0}` is no place for files: it has empty parts, or `.` or `..`")]
    NoPrefix(String),
    /// A prefix that is another's, or within it.
    #[error("the files below `{prefix}` would also be those of the source `{other}`, which has `{other_prefix}`")]
    PrefixWithin {
        /// The longer prefix.
        prefix: String,
        /// The source with the shorter one.
        other: String,
        /// The shorter one.
        other_prefix: String,
    },
    /// The last billing period is before the first.
    #[error("the source ends with `{until}`, before it begins with `{from}`")]
    EndsBeforeItBegins {
        /// First billing period.
        from: BillingPeriod,
        /// Last billing period.
        until: BillingPeriod,
    },
    /// Days that are none, or too many.
    #[error("`{0}` is no number of days from 1 to {MOST_DAYS}")]
    Days(u32),
    /// A text above [`LONGEST_TEXT`].
    #[error("this text has {letters} characters, more than {LONGEST_TEXT}")]
    TooLong {
        /// The key that holds it.
        key: &'static str,
        /// How many.
        letters: usize,
    },
}

impl SourceError {
    /// The value of sources.yaml that is meant.
    pub fn key(&self) -> &'static str {
        match self {
            SourceError::NoIdentifier(_) | SourceError::IdTwice { .. } => "id",
            SourceError::NoProvider(_) => "provider",
            SourceError::NoBillingAccount(_)
            | SourceError::EmptyBillingAccount(_)
            | SourceError::TooManyAccounts(_)
            | SourceError::AccountTwice { .. } => "billing_accounts",
            SourceError::NoCurrency(_) | SourceError::UnlistedCurrency(_) => "currencies",
            SourceError::NoPrefix(_) | SourceError::PrefixWithin { .. } => "prefix",
            SourceError::EndsBeforeItBegins { .. } => "until",
            SourceError::Days(_) => "final",
            SourceError::TooLong { key, .. } => key,
        }
    }

    /// Which part of that value is meant, where one is: a billing account, a currency.
    pub fn value(&self) -> Option<String> {
        match self {
            SourceError::AccountTwice { account, .. } => Some(account.clone()),
            SourceError::EmptyBillingAccount(_) => Some(String::new()),
            SourceError::UnlistedCurrency(currency) => Some(currency.to_string()),
            _ => None,
        }
    }

    /// What to do about it, without full stop.
    pub fn what_to_do(&self) -> &'static str {
        match self {
            SourceError::NoIdentifier(_) => "use 1 to 64 letters, digits, `-`, `_` or `.`, not a `.` first",
            SourceError::IdTwice { .. } => "give every source an id of its own; upper and lower case count as the same",
            SourceError::NoProvider(_) => "write the provider's name, `AWS`",
            SourceError::NoBillingAccount(_) => "list its billing accounts, `billing_accounts: [\"410283771560\"]`",
            SourceError::EmptyBillingAccount(_) => "write the account, or take the entry out",
            SourceError::TooManyAccounts(_) => "split the export, one source for each part",
            SourceError::AccountTwice { .. } => "let one source cover the account; where an export replaces another, change that source",
            SourceError::NoCurrency(_) => "list what it bills in, `currencies: [USD]`",
            SourceError::UnlistedCurrency(_) => "write a code such as `USD`, or `XXX` for files that name no currency",
            SourceError::NoPrefix(_) => "write folders with slashes between them, `exports/aws-cur/`",
            SourceError::PrefixWithin { .. } => "give each source a folder of its own, beside the others",
            SourceError::EndsBeforeItBegins { .. } => "write the last billing period that it is expected for, or leave `until` out",
            SourceError::Days(_) => "write `final: { unchanged_for_days: 5 }`, or `final: when_closed`",
            SourceError::TooLong { .. } => "shorten it",
        }
    }
}

/// What is wrong with the sources of a tenant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourcesError {
    /// One of them.
    #[error("{error}")]
    Source {
        /// Place in the list, from 0.
        place: usize,
        /// What is wrong.
        error: SourceError,
    },
    /// None: then no bill would be missed.
    #[error("there is no source; nothing would be expected, and any period could close")]
    None,
    /// More than [`MOST_SOURCES`].
    #[error("there are more than {MOST_SOURCES} sources")]
    TooMany,
}

impl SourcesError {
    /// What to do about it, without full stop.
    pub fn what_to_do(&self) -> &'static str {
        match self {
            SourcesError::Source { error, .. } => error.what_to_do(),
            SourcesError::None => "list each export of each provider account",
            SourcesError::TooMany => "let one source cover several billing accounts, or split the company into several tenants",
        }
    }
}

/// The sources of a tenant, in stated order. No two cover one billing account or share a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sources {
    sources: Vec<Source>,
}

impl Sources {
    /// Checks sources, and ends each prefix with one slash.
    ///
    /// # Errors
    /// All that is wrong, in the order of the list; none or too many alone.
    pub fn try_new(mut sources: Vec<Source>) -> Result<Sources, Vec<SourcesError>> {
        if sources.is_empty() {
            return Err(vec![SourcesError::None]);
        }
        if sources.len() > MOST_SOURCES {
            return Err(vec![SourcesError::TooMany]);
        }
        for source in &mut sources {
            if !source.prefix.is_empty() && !source.prefix.ends_with('/') {
                source.prefix.push('/');
            }
        }
        let mut errors: Vec<(usize, SourceError)> = Vec::new();
        for (place, source) in sources.iter().enumerate() {
            errors.extend(source_errors(source).into_iter().map(|error| (place, error)));
        }
        errors.extend(taken_twice(&sources));
        errors.extend(nested(&sources));
        errors.sort_by_key(|(place, _)| *place);
        if errors.is_empty() {
            return Ok(Sources { sources });
        }
        Err(errors.into_iter().map(|(place, error)| SourcesError::Source { place, error }).collect())
    }

    /// The source that covers a billing account.
    pub fn covering(&self, billing_account: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.billing_accounts.contains(billing_account))
    }

    /// The sources without which a billing period in a currency is not complete.
    pub fn expected(&self, period: BillingPeriod, currency: Currency) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(move |source| source.is_expected(period, currency))
    }

    /// The source whose files land at a path: slashes between folders, none resolved. A prefix at the beginning of the
    /// path goes before one within it; of several within it the longest wins, then the first. `None` for a path
    /// with `..`, which could lead from one source's folder to another's.
    pub fn by_path(&self, path: &str) -> Option<&Source> {
        let path: Vec<&str> = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if path.contains(&"..") {
            return None;
        }
        if let Some(source) = self.sources.iter().find(|source| path.starts_with(&source.folders())) {
            return Some(source);
        }
        let found = self.sources.iter().filter_map(|source| {
            let folders = source.folders();
            let start = path.windows(folders.len()).position(|part| part == folders)?;
            Some((std::cmp::Reverse(folders.len()), start, source))
        });
        found.min_by_key(|(length, start, _)| (*length, *start)).map(|(_, _, source)| source)
    }

    /// The source whose files land at a bucket's key: its prefix is the beginning of the key. `None` for a key with `..`.
    pub fn by_key(&self, key: &str) -> Option<&Source> {
        let key = components(key);
        if key.contains(&"..") {
            return None;
        }
        self.sources.iter().find(|source| key.starts_with(&source.folders()))
    }

    /// The source with an identifier.
    pub fn get(&self, id: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.id == id)
    }

    /// All sources, in stated order.
    pub fn iter(&self) -> impl Iterator<Item = &Source> {
        self.sources.iter()
    }
}

/// The folders of a prefix that ends with a slash.
fn components(prefix: &str) -> Vec<&str> {
    prefix.strip_suffix('/').unwrap_or(prefix).split('/').collect()
}

fn source_errors(source: &Source) -> Vec<SourceError> {
    let mut errors = Vec::new();
    let id = || source.id.clone();
    if !is_identifier(&source.id) {
        errors.push(SourceError::NoIdentifier(id()));
    }
    if source.provider.trim().is_empty() {
        errors.push(SourceError::NoProvider(id()));
    }
    if source.billing_accounts.is_empty() {
        errors.push(SourceError::NoBillingAccount(id()));
    }
    if source.billing_accounts.iter().any(|account| account.trim().is_empty()) {
        errors.push(SourceError::EmptyBillingAccount(id()));
    }
    if source.billing_accounts.len() > MOST_ACCOUNTS {
        errors.push(SourceError::TooManyAccounts(id()));
    }
    if source.currencies.is_empty() {
        errors.push(SourceError::NoCurrency(id()));
    }
    let is_known = |currency: &&Currency| **currency == Currency::NONE || currency.is_listed();
    errors.extend(source.currencies.iter().filter(|currency| !is_known(currency)).map(|currency| SourceError::UnlistedCurrency(*currency)));
    if source.folders().iter().any(|part| matches!(*part, "" | "." | "..")) {
        errors.push(SourceError::NoPrefix(source.prefix.clone()));
    }
    if let Some(until) = source.until.filter(|until| *until < source.from) {
        errors.push(SourceError::EndsBeforeItBegins { from: source.from, until });
    }
    match source.finality {
        Finality::WhenInvoicedAndUnchanged { days } if !(1..=MOST_DAYS).contains(&days) => errors.push(SourceError::Days(days)),
        Finality::WhenInvoicedAndUnchanged { .. } | Finality::WhenClosed => {}
    }
    let texts = [("provider", &source.provider), ("prefix", &source.prefix)];
    for (key, text) in texts.into_iter().chain(source.billing_accounts.iter().map(|account| ("billing_accounts", account))) {
        let letters = text.chars().count();
        if letters > LONGEST_TEXT {
            errors.push(SourceError::TooLong { key, letters });
        }
    }
    errors
}

/// Identifiers and billing accounts that an earlier source has.
fn taken_twice(sources: &[Source]) -> Vec<(usize, SourceError)> {
    let mut errors = Vec::new();
    let mut ids: BTreeMap<String, &str> = BTreeMap::new();
    let mut accounts: BTreeMap<&str, &str> = BTreeMap::new();
    for (place, source) in sources.iter().enumerate() {
        if let Some(other) = ids.get(&source.id.to_ascii_lowercase()) {
            errors.push((place, SourceError::IdTwice { id: source.id.clone(), other: (*other).to_owned() }));
        }
        ids.entry(source.id.to_ascii_lowercase()).or_insert(&source.id);
        for account in &source.billing_accounts {
            if let Some(other) = accounts.get(account.as_str()) {
                errors.push((place, SourceError::AccountTwice { account: account.clone(), other: (*other).to_owned() }));
            }
            accounts.entry(account).or_insert(&source.id);
        }
    }
    errors
}

/// Prefixes that are equal to another's or within it, told at the longer one; of equal ones at the later. Upper and
/// lower case count as the same: some file systems fold them.
fn nested(sources: &[Source]) -> Vec<(usize, SourceError)> {
    let folded: Vec<String> = sources.iter().map(|source| source.prefix.to_ascii_lowercase()).collect();
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, prefix) in folded.iter().enumerate() {
        first.entry(prefix).or_insert(place);
    }
    let mut errors = Vec::new();
    for (place, prefix) in folded.iter().enumerate() {
        let mut above = prefix.match_indices('/').filter_map(|(slash, _)| first.get(&prefix[..=slash]));
        if let Some(other) = above.find(|other| **other != place).map(|other| &sources[*other]) {
            let error = SourceError::PrefixWithin {
                prefix: sources[place].prefix.clone(),
                other: other.id.clone(),
                other_prefix: other.prefix.clone(),
            };
            errors.push((place, error));
        }
    }
    errors
}

#[cfg(test)]
mod tests;
