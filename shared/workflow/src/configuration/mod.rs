//! Configuration: texts that people put, checked, kept in versions, an event each.
//!
//! A text is kept as a document, as it was put; a kind's view lists every put. What counts is the newest of each kind,
//! and of the tree the newest of each first billing period. What final bills were made with never changes
//! ([`Tenant::put_configuration`]).

mod put;
mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use dayone_domain::BillingPeriod;
use dayone_domain::people::{Person, Role};
use dayone_domain::review::{Actor, By, SignIn};
use dayone_ports::{Digest, Key, Record};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::keys;
use crate::tenant::{Tenant, TenantId};
use crate::views::parsed;

pub use put::ConfigChanged;
pub use settings::Settings;

/// Most puts of one kind: their list is one record.
pub const MOST_PUTS: usize = 1000;
/// Most letters of a machine's account in the address of a founder.
const MOST_ACCOUNT_LETTERS: usize = 64;

/// What is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConfigKind {
    /// The allocation tree: one version for each `valid_from`.
    Tree,
    /// The people.
    People,
    /// The sources.
    Sources,
    /// Quantities that pools are divided by.
    Drivers,
    /// The policy.
    Policy,
    /// The ledger calendar.
    Calendar,
}

/// A text that is no kind of configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is nothing to configure; there are tree, people, sources, drivers, policy and calendar")]
pub struct ConfigKindError(String);

impl ConfigKind {
    /// All kinds.
    pub const ALL: [ConfigKind; 6] =
        [ConfigKind::Tree, ConfigKind::People, ConfigKind::Sources, ConfigKind::Drivers, ConfigKind::Policy, ConfigKind::Calendar];

    /// The word in commands and addresses: `tree`.
    pub fn as_str(self) -> &'static str {
        match self {
            ConfigKind::Tree => "tree",
            ConfigKind::People => "people",
            ConfigKind::Sources => "sources",
            ConfigKind::Drivers => "drivers",
            ConfigKind::Policy => "policy",
            ConfigKind::Calendar => "calendar",
        }
    }

    /// Whether FinOps may put it, too.
    fn is_of_finops(self) -> bool {
        matches!(self, ConfigKind::Tree | ConfigKind::Sources | ConfigKind::Drivers)
    }

    /// Its view.
    pub(crate) fn key(self, tenant: &TenantId) -> Key {
        Key::new(keys::configuration(tenant), self.as_str())
    }
}

impl fmt::Display for ConfigKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for ConfigKind {
    type Err = ConfigKindError;

    fn from_str(text: &str) -> Result<ConfigKind, ConfigKindError> {
        ConfigKind::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| ConfigKindError(text.to_owned()))
    }
}

/// What happens to configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum ConfigEvent {
    /// A text was put.
    Put {
        /// Of what.
        kind: ConfigKind,
        /// The name of the file that it came in, without its folders.
        file_name: String,
        /// The text, a document.
        text: Digest,
        /// Of a tree: the first billing period that it holds for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        valid_from: Option<BillingPeriod>,
    },
}

/// One text that was put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigPut {
    /// From 1.
    pub version: u64,
    /// The text, a document.
    pub text: Digest,
    /// The name of the file that it came in, without its folders.
    pub file_name: String,
    /// Of a tree: the first billing period that it holds for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<BillingPeriod>,
    /// Who put it.
    pub by: By,
    /// When.
    pub at: DateTime<Utc>,
}

/// Every put of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigView {
    /// Of what.
    pub kind: ConfigKind,
    /// Events of its stream, the version of the newest put: its ETag.
    pub version: u64,
    /// The puts, oldest first.
    pub puts: Vec<ConfigPut>,
}

/// The views of all kinds, as they were read.
#[derive(Default)]
pub(crate) struct Views {
    views: BTreeMap<ConfigKind, (ConfigView, Record)>,
}

impl Views {
    fn puts(&self, kind: ConfigKind) -> &[ConfigPut] {
        self.views.get(&kind).map_or(&[], |(view, _)| &view.puts)
    }

    fn record(&self, kind: ConfigKind) -> Option<&Record> {
        self.views.get(&kind).map(|(_, record)| record)
    }

    /// Events of the stream of a kind.
    fn version(&self, kind: ConfigKind) -> u64 {
        self.views.get(&kind).map_or(0, |(view, _)| view.version)
    }

    fn newest(&self, kind: ConfigKind) -> Option<&ConfigPut> {
        self.puts(kind).last()
    }

    /// The versions of the tree that count: the newest put of each first billing period.
    fn trees(&self) -> BTreeMap<BillingPeriod, &ConfigPut> {
        self.puts(ConfigKind::Tree).iter().filter_map(|put| Some((put.valid_from?, put))).collect()
    }
}

impl Tenant {
    /// The puts of a kind, oldest first. Whoever has a role sees all kinds, an owner the tree.
    ///
    /// # Errors
    /// Where the person may not see it.
    pub async fn configuration(&self, actor: &Actor, kind: ConfigKind) -> Result<Vec<ConfigPut>, Failure> {
        let is_owner_of_tree = kind == ConfigKind::Tree && !actor.owns.is_empty();
        if !actor.sees_all() && !is_owner_of_tree {
            let who = if kind == ConfigKind::Tree { "owners of cost groups and people with a role" } else { "people with a role" };
            let message = format!("only {who} may read the {kind}; ask a controller for it");
            return Err(Failure::forbidden(message));
        }
        let view: Option<(ConfigView, Record)> = self.view(&kind.key(&self.id)).await?;
        Ok(view.map_or_else(Vec::new, |(view, _)| view.puts))
    }

    /// A text as it was put, by its version. Bytes that are no UTF-8 were never taken.
    ///
    /// # Errors
    /// As [`configuration`](Self::configuration); where there is no such version.
    pub async fn configuration_text(&self, actor: &Actor, kind: ConfigKind, version: u64) -> Result<String, Failure> {
        let puts = self.configuration(actor, kind).await?;
        let put = puts.iter().find(|put| put.version == version);
        let put = put.ok_or_else(|| Failure::not_found(format!("version {version} of the {kind}")))?;
        String::from_utf8(self.document(put.text).await?).map_err(Failure::broken)
    }

    /// A person of the tenant with what they may do now, from the newest people and trees.
    ///
    /// # Errors
    /// Where nobody of this address is on the list of people, or there is no list.
    pub async fn actor(&self, mail: &str, signed_in: SignIn) -> Result<Actor, Failure> {
        let views = self.config_views().await?;
        let people = self.people(&views).await?.ok_or_else(|| settings::missing(ConfigKind::People))?;
        let person = people.get(mail).cloned().ok_or_else(|| stranger(mail))?;
        let owns = settings::owned(&self.trees(&views).await?, &person.mail);
        Ok(Actor { person, owns, signed_in })
    }

    /// Whoever sets the tenant up while there are no people: somebody with an account on its machine, who may configure
    /// and accept nothing.
    ///
    /// # Errors
    /// Once there are people.
    pub async fn founder(&self, account: &str) -> Result<Actor, Failure> {
        if self.view::<ConfigView>(&ConfigKind::People.key(&self.id)).await?.is_some() {
            return Err(Failure::refused("founded", "the tenant has a list of people; say which of them you are"));
        }
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '_' | '-');
        let name: String = account.chars().take(MOST_ACCOUNT_LETTERS).map(|letter| if is_plain(letter) { letter } else { '-' }).collect();
        let person = Person {
            mail: format!("{}@localhost", name.to_lowercase()),
            name,
            roles: BTreeSet::from([Role::Controller]),
            accepts_up_to: Some(BTreeMap::new()),
        };
        Ok(Actor { person, owns: BTreeSet::new(), signed_in: SignIn::CommandLine { account: account.to_owned() } })
    }

    /// The views of all kinds that were put.
    pub(crate) async fn config_views(&self) -> Result<Views, Failure> {
        let mut views = Views::default();
        for record in self.records(&keys::configuration(&self.id), "").await? {
            let view: ConfigView = parsed(&record)?;
            views.views.insert(view.kind, (view, record));
        }
        Ok(views)
    }
}

/// Nobody of this address is on the list of people.
fn stranger(mail: &str) -> Failure {
    Failure::forbidden(format!("`{mail}` is not on the list of people; a controller adds people with `dayone config put people FILE`"))
}
