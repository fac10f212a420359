//! A text is put: checked by itself, against the other kinds, and against what was issued already.

use std::collections::BTreeSet;

use dayone_configuration::{read_calendar, read_drivers, read_people, read_policy, read_sources};
use dayone_domain::BillingPeriod;
use dayone_domain::driver::Drivers;
use dayone_domain::people::{People, Role};
use dayone_domain::plain_text::harmless;
use dayone_domain::review::Stage;
use dayone_domain::source::Sources;
use dayone_domain::tree::{Mode, Split, Tree};
use dayone_ports::store::MOST_RECORD_BYTES;
use dayone_ports::{Digest, Record, StoreError};

use super::settings::{refused, tree_of};
use super::{ConfigEvent, ConfigKind, ConfigPut, ConfigView, MOST_PUTS, Views, stranger};
use crate::change::{Changes, Request, json};
use crate::failure::Failure;
use crate::issuing::{OpenRun, Plan};
use crate::keys;
use crate::stream::{Stream, StreamId};
use crate::tenant::Tenant;

/// Most letters of a file's name that are kept.
const MOST_NAME_LETTERS: usize = 100;
/// Most notes of one kind.
const MOST_NOTES: usize = 20;
/// Most examples in one message.
const MOST_EXAMPLES: usize = 10;
/// What of a record of puts is kept free, for its key.
const FREE_BYTES: usize = 1024;

/// What came of a put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigChanged {
    /// The version of the text.
    pub version: u64,
    /// What whoever put it should know, each a sentence without full stop.
    pub notes: Vec<String>,
    /// Whether it was recorded now; not where it is what counts already.
    pub is_new: bool,
}

/// A text, read.
enum Text {
    Tree(Box<Tree>, Vec<String>),
    People(People),
    Sources(Sources),
    Drivers(Drivers),
    Policy,
    Calendar,
}

impl Text {
    fn read(kind: ConfigKind, file_name: &str, bytes: &[u8]) -> Result<Text, Failure> {
        let read = match kind {
            ConfigKind::Tree => tree_of(file_name, bytes).map(|(tree, warnings)| {
                let warnings = warnings.iter().map(|warning| warning.to_string().trim_end_matches('.').to_owned());
                Text::Tree(Box::new(tree), warnings.collect())
            }),
            ConfigKind::People => read_people(file_name, bytes).map(Text::People),
            ConfigKind::Sources => read_sources(file_name, bytes).map(Text::Sources),
            ConfigKind::Drivers => read_drivers(file_name, bytes).map(Text::Drivers),
            ConfigKind::Policy => read_policy(file_name, bytes).map(|_| Text::Policy),
            ConfigKind::Calendar => read_calendar(file_name, bytes).map(|_| Text::Calendar),
        };
        read.map_err(|refusals| refused(&refusals))
    }

    fn valid_from(&self) -> Option<BillingPeriod> {
        match self {
            Text::Tree(tree, _) => Some(tree.valid_from()),
            _ => None,
        }
    }
}

/// Through which billing period bills are final, and the counter of runs as it was before that was read: a run that
/// begins in the meantime moves it.
struct Closed {
    through: Option<BillingPeriod>,
    runs: Option<Record>,
}

impl Tenant {
    /// Puts a text. The text that counts already changes nothing.
    ///
    /// # Errors
    /// Where the person may not put this kind; all that is wrong with the text; where it would change what final bills
    /// were made with.
    pub async fn put_configuration(
        &self,
        request: &Request,
        kind: ConfigKind,
        file_name: &str,
        bytes: &[u8],
    ) -> Result<ConfigChanged, Failure> {
        let views = self.config_views().await?;
        let people = self.people(&views).await?;
        check_person(request, people.as_ref(), kind)?;
        if let Some(once) = &request.once
            && self.was_done(&request.actor.person.mail, once).await?
        {
            return Ok(done_before(&views, kind, Digest::of(bytes)));
        }
        let text = Text::read(kind, file_name, bytes)?;
        let notes = self.notes(&views, people.as_ref(), &text).await?;
        let counts = views.puts(kind).iter().rev().find(|put| put.valid_from == text.valid_from());
        if let Some(same) = counts.filter(|put| put.text == Digest::of(bytes)) {
            return Ok(ConfigChanged { version: same.version, notes, is_new: false });
        }
        request.check_version(views.version(kind))?;
        let mut changes = self.changes();
        self.check_uses(&views, &text, &mut changes).await?;
        if kind != ConfigKind::People && people.is_none() {
            changes.unchanged(ConfigKind::People.key(&self.id), None);
        }
        changes.once(request)?;
        let put = ConfigPut {
            version: views.version(kind) + 1,
            text: self.put_document(bytes).await?,
            file_name: base_name(file_name, kind),
            valid_from: text.valid_from(),
            by: request.actor.by(),
            at: changes.now(),
        };
        self.write_put(&mut changes, &views, kind, &put).await?;
        changes.commit().await?;
        Ok(ConfigChanged { version: put.version, notes, is_new: true })
    }

    async fn write_put(&self, changes: &mut Changes<'_>, views: &Views, kind: ConfigKind, put: &ConfigPut) -> Result<(), Failure> {
        let view = ConfigView { kind, version: put.version, puts: views.puts(kind).iter().chain([put]).cloned().collect() };
        if view.puts.len() > MOST_PUTS || json(&view).len() > MOST_RECORD_BYTES - FREE_BYTES {
            let message =
                format!("{} versions of the {kind} were put, and one tenant keeps no more; the newest stays", views.puts(kind).len());
            return Err(Failure::refused("too-many-versions", message));
        }
        let stream: Stream<ConfigEvent> = self.stream(StreamId::configuration(kind.as_str())).await?;
        if stream.version() != views.version(kind) {
            return Err(StoreError::Conflict(kind.key(&self.id)).into());
        }
        let ConfigPut { text, file_name, valid_from, .. } = put.clone();
        let mut recorded = changes.recorded(put.by.clone(), ConfigEvent::Put { kind, file_name, text, valid_from });
        recorded.input = Some(text.to_string());
        changes.append(&stream, &[recorded]);
        changes.put(kind.key(&self.id), views.record(kind), &view);
        Ok(())
    }

    /// What was used already must stay as it is.
    async fn check_uses(&self, views: &Views, text: &Text, changes: &mut Changes<'_>) -> Result<(), Failure> {
        match text {
            Text::Sources(sources) => self.check_deliveries(sources).await,
            Text::Tree(tree, _) => {
                let closed = self.closed().await?;
                changes.unchanged(keys::single(&self.id, keys::RUN_COUNTER), closed.runs.as_ref());
                check_tree(views, tree, closed.through)
            }
            Text::Drivers(drivers) => {
                let closed = self.closed().await?;
                changes.unchanged(keys::single(&self.id, keys::RUN_COUNTER), closed.runs.as_ref());
                let Some(through) = closed.through else { return Ok(()) };
                let before = self.newest(views, ConfigKind::Drivers, read_drivers).await?.unwrap_or_default();
                check_drivers(&before, drivers, through)
            }
            Text::People(_) | Text::Policy | Text::Calendar => Ok(()),
        }
    }

    async fn closed(&self) -> Result<Closed, Failure> {
        // In this order: a run that ends in between is a final bill, one that begins moves the counter.
        let runs = self.ports.store.get(&keys::single(&self.id, keys::RUN_COUNTER)).await?;
        let open: Option<(OpenRun, Record)> = self.view(&keys::single(&self.id, keys::OPEN_RUN)).await?;
        let mut periods = BTreeSet::new();
        if let Some((open, _)) = open {
            let plan: Plan = self.json_document(open.plan).await?;
            periods.extend((plan.stage == Stage::Final).then_some(plan.bill.period));
        }
        let bills = self.bills().await?;
        periods.extend(bills.iter().filter(|bill| bill.stage == Stage::Final).map(|bill| bill.bill.period));
        Ok(Closed { through: periods.last().copied(), runs })
    }

    async fn check_deliveries(&self, sources: &Sources) -> Result<(), Failure> {
        let views = self.source_periods().await?;
        let gone: BTreeSet<&str> = views.iter().map(|view| view.source.as_str()).filter(|id| sources.get(id).is_none()).collect();
        if gone.is_empty() {
            return Ok(());
        }
        let message =
            format!("{} has deliveries and is not among the sources any more; keep it, and end it with `until`", named(gone, "source"));
        Err(Failure::refused("source-in-use", message))
    }

    async fn notes(&self, views: &Views, people: Option<&People>, text: &Text) -> Result<Vec<String>, Failure> {
        let mut notes = Vec::new();
        match text {
            Text::Tree(tree, warnings) => {
                notes.extend(warnings.iter().cloned());
                notes.extend(modes(tree));
                notes.extend(people.into_iter().flat_map(|people| without_sign_in([tree.as_ref()].into_iter(), people)));
                let drivers = self.newest(views, ConfigKind::Drivers, read_drivers).await?.unwrap_or_default();
                notes.extend(without_quantities(&[tree.as_ref()], &drivers));
            }
            Text::People(people) => notes.extend(without_sign_in(self.trees(views).await?.iter(), people)),
            Text::Drivers(drivers) => {
                let trees = self.trees(views).await?;
                let trees: Vec<&Tree> = trees.iter().collect();
                if !trees.is_empty() {
                    notes.extend(without_quantities(&trees, drivers));
                    notes.extend(without_pool(&trees, drivers));
                }
            }
            Text::Sources(_) | Text::Policy | Text::Calendar => {}
        }
        Ok(notes)
    }
}

/// Whether whoever asks may put this kind now. Without people it is the founder; with people it is one of them, and
/// what they may do is as the newest list says.
fn check_person(request: &Request, people: Option<&People>, kind: ConfigKind) -> Result<(), Failure> {
    let mail = &request.actor.person.mail;
    let person = match people {
        Some(people) => people.get(mail).ok_or_else(|| stranger(mail))?,
        None => &request.actor.person,
    };
    let may = person.roles.contains(&Role::Controller) || (kind.is_of_finops() && person.roles.contains(&Role::Finops));
    if may {
        return Ok(());
    }
    let roles = if kind.is_of_finops() { "a controller or FinOps" } else { "a controller" };
    Err(Failure::forbidden(format!("the {kind} can be put by {roles} only; ask one of them to put your file")))
}

/// The state that a request has left behind which was done before.
fn done_before(views: &Views, kind: ConfigKind, text: Digest) -> ConfigChanged {
    let put = views.puts(kind).iter().rev().find(|put| put.text == text);
    ConfigChanged { version: put.map_or(views.version(kind), |put| put.version), notes: Vec::new(), is_new: false }
}

/// The name of a file without its folders, fit to be shown.
fn base_name(file_name: &str, kind: ConfigKind) -> String {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = harmless(name).chars().take(MOST_NAME_LETTERS).collect();
    if name.is_empty() { kind.as_str().to_owned() } else { name }
}

/// A tree must not be another one for a billing period whose bill is final. Periods before the first version have the
/// first version's tree.
fn check_tree(views: &Views, tree: &Tree, closed: Option<BillingPeriod>) -> Result<(), Failure> {
    let first = views.trees().into_keys().next();
    let (Some(closed), Some(first)) = (closed, first) else { return Ok(()) };
    let used = closed.max(first);
    if tree.valid_from() > used {
        return Ok(());
    }
    let message = format!(
        "bills through {closed} are final, and the tree that they were made with never changes; let this version begin later: `valid_from: {}`",
        used.next()
    );
    Err(Failure::refused("tree-in-use", message))
}

/// Quantities of a billing period whose bill is final must not be others; none is the same as nought.
fn check_drivers(before: &Drivers, now: &Drivers, closed: BillingPeriod) -> Result<(), Failure> {
    let stated = before.iter().chain(now.iter()).filter(|(_, period, _, _)| *period <= closed);
    let stated: BTreeSet<(&str, BillingPeriod, &str)> = stated.map(|(driver, period, receiver, _)| (driver, period, receiver)).collect();
    let differing = stated.into_iter().filter_map(|(driver, period, receiver)| {
        let (was, is) = (before.quantity(driver, period, receiver), now.quantity(driver, period, receiver));
        let (driver, receiver) = (harmless(driver), harmless(receiver));
        (was != is).then(|| format!("`{driver}` of `{receiver}` in {period} was {was} and would be {is}"))
    });
    let differing: Vec<String> = differing.collect();
    if differing.is_empty() {
        return Ok(());
    }
    let message = format!(
        "bills through {closed} are final, and the quantities that they were made with never change: {}; state them as they were",
        some_of(&differing, "; ")
    );
    Err(Failure::refused("drivers-in-use", message))
}

/// Some examples, and how many more there are.
fn some_of(all: &[String], between: &str) -> String {
    let mut shown = all.iter().take(MOST_EXAMPLES).cloned().collect::<Vec<_>>();
    if all.len() > MOST_EXAMPLES {
        shown.push(format!("and {} more", all.len() - MOST_EXAMPLES));
    }
    shown.join(between)
}

/// `source `a``, or several.
fn named<'a>(ids: impl IntoIterator<Item = &'a str>, what: &str) -> String {
    let ids: Vec<String> = ids.into_iter().map(|id| format!("{what} `{}`", harmless(id))).collect();
    some_of(&ids, ", ")
}

/// Each sentence once, and only so many.
fn few(notes: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut few: Vec<String> = notes.into_iter().filter(|note| seen.insert(note.clone())).collect();
    let more = few.len().saturating_sub(MOST_NOTES);
    if more > 0 {
        few.truncate(MOST_NOTES);
        few.push(format!("and {more} more like this"));
    }
    few
}

/// A tree that wants chargeback: modes are not taken from it.
fn modes(tree: &Tree) -> Option<String> {
    let wanted: Vec<String> =
        tree.groups().iter().filter(|group| group.mode == Mode::Chargeback).map(|group| format!("`{}`", group.id)).collect();
    let some = some_of(&wanted, ", ");
    let note = format!("`mode: chargeback` of {some} is not taken from the tree; promote each with `dayone promote`");
    (!wanted.is_empty()).then_some(note)
}

/// Owners who are not on the list of people. Trees are in the order of time; a cost group's owners are those of the
/// newest that has it.
fn without_sign_in<'a>(trees: impl DoubleEndedIterator<Item = &'a Tree>, people: &People) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let mut strangers = BTreeSet::new();
    for group in trees.rev().flat_map(|tree| tree.groups()).filter(|group| seen.insert(group.id.as_str())) {
        strangers.extend(group.owners.iter().filter(|owner| people.get(owner).is_none()).map(|owner| owner.to_lowercase()));
    }
    few(strangers.iter().map(|owner| {
        let owner = harmless(owner);
        format!("`{owner}` owns cost groups and cannot sign in; add them to the people")
    }))
}

/// Pools of trees with the driver that each is split by.
fn split_by_drivers<'a>(trees: &[&'a Tree]) -> Vec<(&'a Tree, &'a dayone_domain::tree::Pool, &'a str)> {
    let pools = trees.iter().flat_map(|tree| tree.pools().iter().map(move |pool| (*tree, pool)));
    let split = pools.filter_map(|(tree, pool)| match &pool.split {
        Split::Driver(driver) => Some((tree, pool, driver.as_str())),
        _ => None,
    });
    split.collect()
}

fn without_quantities(trees: &[&Tree], drivers: &Drivers) -> Vec<String> {
    let names = drivers.names();
    let without = split_by_drivers(trees).into_iter().filter(|(_, _, driver)| !names.contains(driver));
    few(without.map(|(_, pool, driver)| {
        let driver = harmless(driver);
        format!("the pool `{}` is split by the driver `{driver}`, for which no quantities were put; its fallback holds", pool.id)
    }))
}

/// Quantities that no pool of any tree asks for.
fn without_pool(trees: &[&Tree], drivers: &Drivers) -> Vec<String> {
    let split = split_by_drivers(trees);
    let asked: BTreeSet<&str> = split.iter().map(|(_, _, driver)| *driver).collect();
    let shares: BTreeSet<(&str, &str)> =
        split.iter().flat_map(|(tree, pool, driver)| pool.to.iter().map(|node| (*driver, tree.id(*node)))).collect();
    let unasked = drivers.names().into_iter().filter(|driver| !asked.contains(driver));
    let mut notes = few(unasked.map(|driver| format!("no pool asks for the driver `{}`", harmless(driver))));
    let without_share = drivers.receivers().into_iter().filter(|stated| asked.contains(stated.0) && !shares.contains(stated));
    notes.extend(few(without_share.map(|(driver, receiver)| {
        let (driver, receiver) = (harmless(driver), harmless(receiver));
        format!("the driver `{driver}` states quantities for `{receiver}`, which shares no pool split by it; they count for nothing")
    })));
    notes
}
