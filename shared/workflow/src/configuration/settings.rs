//! The configuration that counts now, read.

use std::collections::BTreeSet;

use dayone_configuration::tree::read_tree;
use dayone_configuration::{TextRefusal, read_calendar, read_drivers, read_people, read_policy, read_sources, text_of};
use dayone_domain::driver::Drivers;
use dayone_domain::ledger::LedgerCalendar;
use dayone_domain::people::People;
use dayone_domain::policy::Policy;
use dayone_domain::source::Sources;
use dayone_domain::tree::{Problem, Tree, TreeVersions};
use dayone_ports::{Digest, Key, Record};

use super::{ConfigKind, ConfigPut, Views};
use crate::change::Changes;
use crate::failure::Failure;
use crate::tenant::{Tenant, TenantId};

/// Most letters of a reason or remedy.
const LONGEST_SENTENCE: usize = 1000;

/// Everything that a tenant has configured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The versions of the tree.
    pub trees: TreeVersions,
    /// The people.
    pub people: People,
    /// The sources.
    pub sources: Sources,
    /// Driver quantities; empty where none were put.
    pub drivers: Drivers,
    /// The policy; the default where none was put.
    pub policy: Policy,
    /// The ledger's calendar, where one was put.
    pub calendar: Option<LedgerCalendar>,
    /// The text of each kind: `tree` for each of its versions, oldest first, then the other kinds by their words.
    pub digests: Vec<(String, Digest)>,
    /// The views that decide on amounts, and on what a bill waits for, as they were read.
    deciding: Vec<(Key, Option<Record>)>,
}

impl Settings {
    /// The owners of a cost group: mail addresses in lower case, by the newest tree that has the group.
    pub fn owners(&self, group: &str) -> Vec<String> {
        let of_group = |tree: &Tree| tree.groups().iter().find(|known| known.id == group).map(|known| known.owners.clone());
        let owners = self.trees.all().iter().rev().find_map(of_group);
        let mut seen = BTreeSet::new();
        let owners = owners.iter().flat_map(|owners| owners.iter()).map(|owner| owner.to_lowercase());
        owners.filter(|owner| seen.insert(owner.clone())).collect()
    }

    /// The cost groups whose owner somebody is, and all below these: by the newest tree, and groups that only older
    /// trees have by the newest of those.
    pub fn owns(&self, mail: &str) -> BTreeSet<String> {
        owned(self.trees.all(), mail)
    }

    /// Requires in a transaction that trees, sources, drivers and policy are still as they were read: what begins a run
    /// on them must not pass a change of them.
    pub fn check_unchanged(&self, changes: &mut Changes<'_>) {
        for (key, record) in &self.deciding {
            changes.unchanged(key.clone(), record.as_ref());
        }
    }
}

/// [`Settings::owns`], of trees in the order of time.
pub(super) fn owned(trees: &[Tree], mail: &str) -> BTreeSet<String> {
    let mail = mail.to_lowercase();
    let mut owned = BTreeSet::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    for tree in trees.iter().rev() {
        let mut is_owned: Vec<bool> = Vec::with_capacity(tree.groups().len());
        for group in tree.groups() {
            let is_below = group.parent.is_some_and(|parent| is_owned[parent]);
            let is_own = is_below || group.owners.iter().any(|owner| owner.to_lowercase() == mail);
            is_owned.push(is_own);
            if is_own && !seen.contains(group.id.as_str()) {
                owned.insert(group.id.clone());
            }
        }
        seen.extend(tree.groups().iter().map(|group| group.id.as_str()));
    }
    owned
}

impl Tenant {
    /// What is configured now.
    ///
    /// # Errors
    /// Where there is no tree, people or sources yet: `not-configured`.
    pub async fn settings(&self) -> Result<Settings, Failure> {
        let views = self.config_views().await?;
        let trees = self.trees(&views).await?;
        if trees.is_empty() {
            return Err(missing(ConfigKind::Tree));
        }
        Ok(Settings {
            trees: TreeVersions::try_new(trees).map_err(Failure::broken)?,
            people: self.people(&views).await?.ok_or_else(|| missing(ConfigKind::People))?,
            sources: self.newest(&views, ConfigKind::Sources, read_sources).await?.ok_or_else(|| missing(ConfigKind::Sources))?,
            drivers: self.newest(&views, ConfigKind::Drivers, read_drivers).await?.unwrap_or_default(),
            policy: self.newest(&views, ConfigKind::Policy, read_policy).await?.unwrap_or_default(),
            calendar: self.newest(&views, ConfigKind::Calendar, read_calendar).await?,
            digests: digests(&views),
            deciding: deciding(&views, &self.id),
        })
    }

    /// The newest people; `None` where none were put.
    pub(crate) async fn people(&self, views: &Views) -> Result<Option<People>, Failure> {
        self.newest(views, ConfigKind::People, read_people).await
    }

    /// The versions of the tree that count, oldest first.
    pub(super) async fn trees(&self, views: &Views) -> Result<Vec<Tree>, Failure> {
        let mut trees = Vec::new();
        for put in views.trees().into_values() {
            let text = self.document(put.text).await?;
            trees.push(tree_of(&put.file_name, &text).map_err(|refusals| unreadable(ConfigKind::Tree, put, &refusals))?.0);
        }
        Ok(trees)
    }

    /// The newest text of a kind, read; `None` where none was put.
    pub(super) async fn newest<T>(
        &self,
        views: &Views,
        kind: ConfigKind,
        read: impl Fn(&str, &[u8]) -> Result<T, Vec<TextRefusal>>,
    ) -> Result<Option<T>, Failure> {
        let Some(put) = views.newest(kind) else { return Ok(None) };
        let text = self.document(put.text).await?;
        read(&put.file_name, &text).map(Some).map_err(|refusals| unreadable(kind, put, &refusals))
    }
}

fn digests(views: &Views) -> Vec<(String, Digest)> {
    let named = |kind: ConfigKind, put: &ConfigPut| (kind.as_str().to_owned(), put.text);
    let trees = views.trees().into_values().map(|put| named(ConfigKind::Tree, put)).collect::<Vec<_>>();
    let others = ConfigKind::ALL.into_iter().filter(|kind| *kind != ConfigKind::Tree);
    trees.into_iter().chain(others.filter_map(|kind| Some(named(kind, views.newest(kind)?)))).collect()
}

fn deciding(views: &Views, tenant: &TenantId) -> Vec<(Key, Option<Record>)> {
    // Only its version is asked for later.
    let as_read = |record: &Record| Record { body: Vec::new(), ..record.clone() };
    let kinds = [ConfigKind::Tree, ConfigKind::Sources, ConfigKind::Drivers, ConfigKind::Policy];
    kinds.into_iter().map(|kind| (kind.key(tenant), views.record(kind).map(as_read))).collect()
}

/// A tree from its text, with warnings for whoever puts it.
pub(super) fn tree_of(file_name: &str, bytes: &[u8]) -> Result<(Tree, Vec<TextRefusal>), Vec<TextRefusal>> {
    let told = |problems: Vec<Problem>| problems.into_iter().map(|problem| told_of(file_name, problem)).collect::<Vec<_>>();
    let draft = read_tree(text_of(file_name, bytes)?).map_err(told)?;
    let (tree, warnings) = Tree::try_new(&draft).map_err(told)?;
    Ok((tree, told(warnings)))
}

/// The same sentence as of every other kind, on one line.
fn told_of(file_name: &str, problem: Problem) -> TextRefusal {
    TextRefusal {
        file: file_name.to_owned(),
        line: u64::try_from(problem.at.line).ok().filter(|line| *line > 0),
        column: None,
        value: None,
        reason: shortened(problem.message),
        what_to_do: shortened(problem.what_to_do),
    }
}

/// Problems repeat what people wrote, which has no end.
fn shortened(sentence: String) -> String {
    match sentence.char_indices().nth(LONGEST_SENTENCE) {
        Some((end, _)) => format!("{}…", &sentence[..end]),
        None => sentence,
    }
}

/// All that is wrong with a text, one a line.
pub(super) fn refused(refusals: &[TextRefusal]) -> Failure {
    let lines: Vec<String> = refusals.iter().map(TextRefusal::to_string).collect();
    Failure::invalid("configuration", lines.join("\n"))
}

/// A text that was taken once and is refused now.
fn unreadable(kind: ConfigKind, put: &ConfigPut, refusals: &[TextRefusal]) -> Failure {
    let first = refusals.first().map(TextRefusal::to_string).unwrap_or_default();
    Failure::broken(format!("the {kind} that was put as version {} is not taken any more: {first}", put.version))
}

/// A kind that nothing can be done without, and that was never put.
pub(super) fn missing(kind: ConfigKind) -> Failure {
    let what = if kind == ConfigKind::Tree { "is no allocation tree".to_owned() } else { format!("are no {kind}") };
    Failure::refused("not-configured", format!("there {what} yet; put it with `dayone config put {kind} FILE`"))
}
