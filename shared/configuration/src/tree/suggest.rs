//! A tree to begin with, written from what the billing files hold.

use std::collections::{BTreeMap, HashSet};

use dayone_domain::period::BillingPeriod;

use super::suggest_text::{Ids, percent, quoted, quoted_key, slug};

/// Stands where the owners of cost groups are to be written.
pub const PLACEHOLDER_OWNER: &str = "you@example.com";

/// Most cost groups that are written; the others are counted in a comment.
const MOST_GROUPS: usize = 2_000;

/// Most rules by sub account that are written; the others are counted in a comment.
const MOST_ACCOUNTS: usize = 10_000;

/// What a tree is suggested from. Shares are in tenths of a percent of all cost, `None` where all cost is nought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// The company's name.
    pub company: String,
    /// The first billing period that the tree is for.
    pub valid_from: BillingPeriod,
    /// What cost groups are made from.
    pub grouping: Grouping,
    /// The sub accounts, in the order in which rules are to be written.
    pub sub_accounts: Vec<SuggestedAccount>,
    /// Tag keys other than the grouping's.
    pub other_tag_keys: Vec<TagKeyCoverage>,
}

/// What cost groups are made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grouping {
    /// What tells the groups apart.
    pub key: GroupingKey,
    /// One for each cost group, in the order in which they are to be written. Empty and repeated values are left out.
    pub values: Vec<SuggestedValue>,
}

/// What tells cost groups apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupingKey {
    /// The values of this tag key.
    Tag(String),
    /// Sub accounts, by identifier.
    SubAccounts,
    /// Services, by name.
    Services,
}

/// A value that becomes a cost group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuggestedValue {
    /// The value, to the letter.
    pub value: String,
    /// A name for people; the value where absent.
    pub name: Option<String>,
    /// Share of all cost, tenths of a percent.
    pub permille: Option<i64>,
}

/// A sub account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuggestedAccount {
    /// Identifier, to the letter. Empty and repeated ones are left out.
    pub id: String,
    /// Name for people.
    pub name: Option<String>,
    /// Share of all cost, tenths of a percent.
    pub permille: Option<i64>,
}

/// How much of the cost a tag key covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagKeyCoverage {
    /// The key.
    pub key: String,
    /// Share of all cost that has a value, tenths of a percent.
    pub permille: Option<i64>,
}

/// Writes a tree in YAML that [`read_tree`](super::read_tree) reads and the domain finds nothing wrong with, with
/// comments that teach. A `#` without a blank after it marks an example, which holds once the `#` is gone.
pub fn write_suggestion(suggestion: &Suggestion) -> String {
    let groups = groups(&suggestion.grouping);
    let mut yaml = beginning(suggestion);
    yaml += &groups_text(&suggestion.grouping, &groups);
    yaml += POOL_EXAMPLE;
    yaml += &rules_text(suggestion, &groups);
    yaml += ENDING;
    yaml
}

struct Group<'s> {
    id: String,
    value: &'s SuggestedValue,
    /// An earlier group whose value is the same but for case, blanks and signs.
    resembles: Option<usize>,
}

fn groups(grouping: &Grouping) -> Vec<Group<'_>> {
    let mut ids = Ids::new();
    let mut known: HashSet<&str> = HashSet::new();
    let mut by_slug: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups = Vec::new();
    for value in grouping.values.iter().filter(|value| !value.value.is_empty() && known.insert(&value.value)).take(MOST_GROUPS) {
        let name = value.name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(&value.value);
        // Only a value in letters can resemble another: what has none shares its slug with all like it.
        let comparable = value.value.chars().any(|letter| letter.is_ascii_alphanumeric()) && value.value.is_ascii();
        let resembles = if comparable { by_slug.get(&slug(&value.value)).copied() } else { None };
        if comparable && resembles.is_none() {
            by_slug.insert(slug(&value.value), groups.len());
        }
        groups.push(Group { id: ids.for_text(name), value, resembles });
    }
    groups
}

fn share(permille: Option<i64>) -> String {
    permille.map(|permille| format!("{} of cost", percent(permille))).unwrap_or_default()
}

/// A comment at the end of a line, from those parts that say something.
fn comment(parts: &[String]) -> String {
    let said: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    if said.is_empty() { "\n".to_owned() } else { format!("  # {}\n", said.join(", ")) }
}

fn beginning(suggestion: &Suggestion) -> String {
    let (company, valid_from) = (quoted(&suggestion.company), quoted(&suggestion.valid_from.to_string()));
    format!(
        r#"# The allocation tree: who pays for which cost.
#
# This one was written from your billing files as a beginning. Change it, and look at what it does:
#
#     dayone tree check tree.yaml
#     dayone preview FILES --tree tree.yaml
#
# Each charge goes to the first rule that it meets. What meets none goes to `unallocated`: nothing is lost.
# A `#` with no space after it marks an example: take it away to use the line.

company: {company}
valid_from: {valid_from}  # the first billing period that this tree is for

# What is stated here holds for every cost group that does not state its own.
owners: ["{PLACEHOLDER_OWNER}"]  # who reads, accepts or disputes the invoices
mode: showback  # for information only; `dayone promote` moves a group to chargeback
#legal_entity: "Example GmbH"
#cost_center: "9000"
#department: "D10"

# The cost group for what no rule matches. Somebody has to bring it down.
unallocated:
  id: unallocated
  name: "Not yet allocated"
  owners: ["{PLACEHOLDER_OWNER}"]

"#
    )
}

fn groups_text(grouping: &Grouping, groups: &[Group<'_>]) -> String {
    let what = match &grouping.key {
        GroupingKey::Tag(key) => format!("each value of the tag {}", quoted(key)),
        GroupingKey::SubAccounts => "each sub account".to_owned(),
        GroupingKey::Services => "each service".to_owned(),
    };
    let mut yaml = format!(
        "# One cost group for {what}, with its share of all cost.\n\
         # A group can have groups of its own: write `groups:` below its name and move them there, further in.\n"
    );
    if groups.is_empty() {
        return yaml + "groups: []\n\n";
    }
    yaml += "groups:\n";
    for group in groups {
        let resembles = group.resembles.map(|place| format!("perhaps the same as {}", groups[place].id)).unwrap_or_default();
        let name = group.value.name.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or(&group.value.value);
        yaml += &format!("  - id: {}{}", quoted(&group.id), comment(&[share(group.value.permille), resembles]));
        yaml += &format!("    name: {}\n", quoted(name));
    }
    yaml += "    #owners: [\"ana@example.com\"]  # its own owner, cost centre and mode\n";
    yaml += "    #cost_center: \"4100\"\n";
    let distinct: HashSet<&str> = grouping.values.iter().map(|value| value.value.as_str()).filter(|value| !value.is_empty()).collect();
    let left_out = distinct.len() - groups.len();
    if left_out > 0 {
        yaml += &format!("# {left_out} more values are left out; their cost goes to `unallocated` until they have a group and a rule.\n");
    }
    yaml + "\n"
}

const POOL_EXAMPLE: &str = r#"# Cost that several groups share goes into a pool, by a rule with `to: "shared-platform"`, and is divided from there.
#pools:
  #- id: "shared-platform"
    #name: "Shared platform"
    #split: proportional  # to what each group costs itself; or: even, fixed, driver
    #to: ["*"]  # all groups; or some: ["a", "b"]
    #fallback: even  # in a month in which nobody has cost of their own

"#;

fn rules_text(suggestion: &Suggestion, groups: &[Group<'_>]) -> String {
    let accounts = accounts_text(suggestion, groups);
    let mut yaml = other_tags(&suggestion.other_tag_keys);
    yaml += "# The first rule that matches decides. A condition is a value, a list of values, or { prefix: \"pay-\" }.\n";
    if groups.is_empty() && accounts.is_empty() {
        return yaml + "rules: []\n\n";
    }
    yaml += "rules:\n";
    for group in groups {
        let value = quoted(&group.value.value);
        let condition = match &suggestion.grouping.key {
            GroupingKey::Tag(key) => format!("tags: {{ {}: {value} }}", quoted_key(key)),
            GroupingKey::SubAccounts => format!("sub_account: {value}"),
            GroupingKey::Services => format!("service: {value}"),
        };
        yaml += &format!("  - to: {}\n    when: {{ {condition} }}\n", quoted(&group.id));
    }
    yaml + &accounts + "\n"
}

/// Words that teams add to an account's name to tell its environments apart.
const ENVIRONMENTS: [&str; 13] =
    ["prod", "production", "live", "staging", "stage", "test", "testing", "qa", "uat", "dev", "development", "nonprod", "sandbox"];

/// Rules for what the grouping leaves: each sub account, to the group that bears its name or to `unallocated`.
fn accounts_text(suggestion: &Suggestion, groups: &[Group<'_>]) -> String {
    let is_by_tag = match suggestion.grouping.key {
        GroupingKey::Tag(_) => true,
        GroupingKey::Services => false,
        GroupingKey::SubAccounts => return String::new(),
    };
    let mut known: HashSet<&str> = HashSet::new();
    let distinct: Vec<&SuggestedAccount> =
        suggestion.sub_accounts.iter().filter(|account| !account.id.is_empty() && known.insert(&account.id)).collect();
    if distinct.is_empty() {
        return String::new();
    }
    let mut yaml =
        "\n  # What is left, by sub account; shares are of all cost, matched above or not.\n  # Where `to` says `unallocated`, write the cost group that owns the account.\n".to_owned();
    for account in distinct.iter().take(MOST_ACCOUNTS) {
        let name = account.name.as_deref().filter(|name| !name.trim().is_empty()).map(quoted).unwrap_or_default();
        let group = if is_by_tag { likely_group(account, groups) } else { None };
        let (to, guess) = match group {
            Some(group) => (group.id.as_str(), "guessed from the name".to_owned()),
            None => ("unallocated", String::new()),
        };
        yaml += &format!("  - to: {}{}", quoted(to), comment(&[name, share(account.permille), guess]));
        yaml += &format!("    when: {{ sub_account: {} }}\n", quoted(&account.id));
    }
    if distinct.len() > MOST_ACCOUNTS {
        yaml += &format!("  # {} more sub accounts are left out.\n", distinct.len() - MOST_ACCOUNTS);
    }
    yaml
}

/// The group whose name an account bears, alone or with the word of an environment after it.
fn likely_group<'g, 's>(account: &SuggestedAccount, groups: &'g [Group<'s>]) -> Option<&'g Group<'s>> {
    let name = slug(account.name.as_deref()?);
    let without_environment = name.rsplit_once('-').filter(|(_, last)| ENVIRONMENTS.contains(last)).map(|(first, _)| first);
    let bears = |name: &str| groups.iter().find(|group| group.id == name);
    bears(&name).or_else(|| without_environment.and_then(bears))
}

fn other_tags(keys: &[TagKeyCoverage]) -> String {
    const MOST_KEYS: usize = 20;
    if keys.is_empty() {
        return String::new();
    }
    let mut yaml = "# Other tag keys in your files, which rules can match as well:\n".to_owned();
    for coverage in keys.iter().take(MOST_KEYS) {
        let on = coverage.permille.map(|permille| format!(", on {} of cost", percent(permille))).unwrap_or_default();
        yaml += &format!("#   {}{on}\n", quoted(&coverage.key));
    }
    if keys.len() > MOST_KEYS {
        yaml += &format!("#   and {} more\n", keys.len() - MOST_KEYS);
    }
    yaml + "\n"
}

const ENDING: &str = r#"# Special cost follows the rules, or goes to one group or pool: write its id instead of `follow`.
treatment:
  credits: follow
  tax: follow
  #discounts: follow
  #marketplace: follow
  #unused_commitment: follow

# General-ledger accounts; needed before the first group is in chargeback.
#ledger:
  #accounts:
    #default: "6400"
    #by_charge_category: { "Tax": "6490" }
  #holding:
    #default: { account: "1490", cost_center: "9000" }  # where the provider's invoice is booked
"#;
