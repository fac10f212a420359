//! Cost groups: identifiers, owners, and what is inherited.

use std::sync::Arc;

use super::{Check, LONGEST_TEXT, MOST_LEVELS, MOST_OWNERS, MOST_SUGGESTIONS};
use crate::near_miss::nearest;
use crate::tree::draft::{At, CodingDraft, GroupDraft, Position, TreeDraft};
use crate::tree::{CostGroup, Mode, Node, is_identifier};

/// What a group passes on to those below it.
#[derive(Clone, Default)]
pub(super) struct Inherited {
    owners: Arc<[String]>,
    legal_entity: Option<String>,
    cost_center: Option<String>,
    department: Option<String>,
    mode: Mode,
}

impl Check {
    pub(super) fn inherit(&mut self, above: &Inherited, own: &CodingDraft) -> Inherited {
        let text = |own: &Option<At<String>>, above: &Option<String>| own.as_ref().map(|text| text.value.clone()).or_else(|| above.clone());
        let own_owners = self.listed_owners(&own.owners);
        for text in [&own.legal_entity, &own.cost_center, &own.department].into_iter().flatten().chain(own_owners) {
            self.not_too_long(text);
        }
        for owner in own_owners {
            let is_address = owner
                .value
                .split_once('@')
                .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !owner.value.contains(char::is_whitespace));
            if !is_address {
                self.error(
                    owner.at,
                    format!("`{}` is no mail address; invoices are announced to owners by mail", owner.value),
                    "write an address, `ana@example.com`",
                );
            }
        }
        let mode = match own.mode.as_ref().map(|mode| (mode.value.as_str(), mode.at)) {
            None => above.mode,
            Some(("showback", _)) => Mode::Showback,
            Some(("chargeback", _)) => Mode::Chargeback,
            Some((other, at)) => {
                self.error(at, format!("`{other}` is no mode"), "write `showback` (informational) or `chargeback` (journals may move)");
                above.mode
            }
        };
        Inherited {
            owners: if own_owners.is_empty() { above.owners.clone() } else { own_owners.iter().map(|owner| owner.value.clone()).collect() },
            legal_entity: text(&own.legal_entity, &above.legal_entity),
            cost_center: text(&own.cost_center, &above.cost_center),
            department: text(&own.department, &above.department),
            mode,
        }
    }

    /// The owners that a list may hold; more are refused, before anybody inherits them.
    pub(super) fn listed_owners<'d>(&mut self, owners: &'d [At<String>]) -> &'d [At<String>] {
        let Some((_, [first_too_many, ..])) = owners.split_at_checked(MOST_OWNERS) else { return owners };
        self.error(
            first_too_many.at,
            format!("more than {MOST_OWNERS} owners are listed, here and before"),
            "write the address of a mailing list instead, or name owners on the groups below",
        );
        &owners[..MOST_OWNERS]
    }

    /// Every group below inherits a text, so a long one costs as many times its length.
    fn not_too_long(&mut self, text: &At<String>) {
        let letters = text.value.chars().count();
        if letters > LONGEST_TEXT {
            let message = format!("this text has {letters} characters, more than {LONGEST_TEXT}");
            self.error(text.at, message, "shorten it; an address, an entity, a cost centre or a department is a short text");
        }
    }

    pub(super) fn id(&mut self, id: &At<String>, node: Node) {
        if !is_identifier(&id.value) {
            self.error(
                id.at,
                format!("`{}` cannot be an id: it is part of addresses and file names", id.value),
                "use 1 to 64 letters, digits, `-`, `_` or `.`, and put the full text into `name`",
            );
        }
        if matches!(id.value.as_str(), "even" | "follow") {
            self.error(id.at, format!("`{}` is a word of the tree's own and cannot be an id", id.value), "choose another id");
        }
        match self.folded.insert(id.value.to_ascii_lowercase(), id.value.clone()) {
            Some(known) => self.error(
                id.at,
                format!("the id `{}` is already taken by `{known}`", id.value),
                "give every group and pool an id of its own; upper and lower case count as the same",
            ),
            None => {
                self.ids.insert(id.value.clone(), node);
            }
        }
    }

    pub(super) fn group(&mut self, draft: &GroupDraft, parent: Option<usize>, above: &Inherited, level: usize) -> usize {
        let own = self.inherit(above, &draft.own);
        if own.owners.is_empty() {
            self.error(
                draft.id.at,
                format!("the cost group `{}` has no owner; nobody would accept its invoice", draft.id.value),
                "add `owners: [ana@example.com]` here, above it, or at the top of the tree",
            );
        }
        let place = self.add(draft, parent, &own);
        if level >= MOST_LEVELS && !draft.groups.is_empty() {
            self.error(draft.id.at, format!("groups nest deeper than {MOST_LEVELS} levels"), "flatten the tree here");
            return place;
        }
        for below in &draft.groups {
            self.group(below, Some(place), &own, level + 1);
        }
        self.group_ends[place] = self.groups.len();
        place
    }

    pub(super) fn unallocated(&mut self, draft: &TreeDraft, inherited: &Inherited) -> Option<usize> {
        let Some(group) = &draft.unallocated else {
            self.error(
                Position { line: 1, column: 1 },
                "the tree names no cost group for what no rule matches",
                "add `unallocated: { id: unallocated, owners: [finops@example.com] }`",
            );
            return None;
        };
        if group.own.owners.is_empty() {
            self.error(
                group.id.at,
                "the unallocated cost group has no owner of its own",
                "add `owners: [finops@example.com]` to `unallocated`: somebody has to bring it down",
            );
        }
        let mut own = inherited.clone();
        own.mode = Mode::Showback;
        if let Some(mode) = group.own.mode.as_ref().filter(|mode| mode.value == "chargeback") {
            self.error(mode.at, "the unallocated cost group is never charged back", "leave out its `mode`");
        }
        if let Some(below) = group.groups.first() {
            self.error(below.id.at, "the unallocated cost group has groups below it", "move them under `groups`");
        }
        let own = self.inherit(&own, &group.own);
        Some(self.add(&GroupDraft { groups: Vec::new(), ..group.clone() }, None, &own))
    }

    fn add(&mut self, draft: &GroupDraft, parent: Option<usize>, own: &Inherited) -> usize {
        let place = self.groups.len();
        self.id(&draft.id, Node::Group(place));
        self.group_places.push(draft.id.at);
        self.group_ends.push(place + 1);
        self.groups.push(CostGroup {
            id: draft.id.value.clone(),
            name: draft.name.as_ref().unwrap_or(&draft.id).value.clone(),
            kind: draft.kind.as_ref().map(|kind| kind.value.clone()),
            parent,
            is_leaf: draft.groups.is_empty(),
            owners: own.owners.clone(),
            legal_entity: own.legal_entity.clone(),
            cost_center: own.cost_center.clone(),
            department: own.department.clone(),
            mode: own.mode,
        });
        place
    }

    pub(super) fn node(&mut self, id: &At<String>) -> Option<Node> {
        let node = self.ids.get(&id.value).copied();
        if node.is_none() {
            let what_to_do = match self.meant(&id.value) {
                Some(known) => format!("did you mean `{known}`?"),
                None => "name a group or pool of this tree".to_owned(),
            };
            self.error(id.at, format!("there is no group or pool `{}`", id.value), what_to_do);
        }
        node
    }

    /// The identifier that an unknown one most likely stands for. Each is held against all, so only the first few are.
    fn meant(&mut self, id: &str) -> Option<String> {
        if self.suggestions == MOST_SUGGESTIONS {
            return None;
        }
        self.suggestions += 1;
        let known: Vec<&str> = self.ids.keys().map(String::as_str).collect();
        nearest(id, &known).map(str::to_owned)
    }

    pub(super) fn id_of(&self, node: Node) -> &str {
        match node {
            Node::Group(place) => &self.groups[place].id,
            Node::Pool(place) => &self.pool_ids[place],
        }
    }
}
