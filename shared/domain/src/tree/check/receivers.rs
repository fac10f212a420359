//! Who shares a pool: what identifiers, `group/*` and `*` stand for.

use super::{Check, MOST_RECEIVERS};
use crate::tree::Node;
use crate::tree::draft::{At, PoolDraft, Position};

/// The groups and pools that can receive, laid out once for all pools.
pub(super) struct Receivers {
    /// Places of the leaves without *unallocated*, rising.
    leaves: Vec<usize>,
    /// For each node its place in the order of identifiers.
    ranks: Vec<usize>,
    /// For each node the pool, counted from 1, that named it last.
    named_by: Vec<usize>,
    /// Pools asked for up to now.
    pools: usize,
    /// How many receivers may still be named; `None` once they did not suffice.
    left: Option<usize>,
}

/// What an entry of `to` stands for.
enum Named {
    One(Node),
    /// Leaves: places within [`Receivers::leaves`].
    Leaves(std::ops::Range<usize>),
}

impl Receivers {
    /// Once all groups and pools are known.
    pub(super) fn of(check: &Check, unallocated: Option<usize>) -> Receivers {
        let groups = &check.groups;
        let leaves = (0..groups.len()).filter(|place| groups[*place].is_leaf && Some(*place) != unallocated).collect();
        let nodes = groups.len() + check.pool_ids.len();
        // An identifier that is taken twice has no rank; the tree is refused for it.
        let mut ranks = vec![usize::MAX; nodes];
        for (rank, node) in check.ids.values().enumerate() {
            ranks[check.index(*node)] = rank;
        }
        Receivers { leaves, ranks, named_by: vec![0; nodes], pools: 0, left: Some(MOST_RECEIVERS) }
    }
}

impl Check {
    /// Place of a node in a list of all groups, then all pools.
    fn index(&self, node: Node) -> usize {
        match node {
            Node::Group(place) => place,
            Node::Pool(place) => self.groups.len() + place,
        }
    }

    /// The receivers that a pool names, by identifier order, each once.
    pub(super) fn receivers<'d>(
        &mut self,
        pool: &PoolDraft,
        to: impl Iterator<Item = &'d At<String>>,
        receivers: &mut Receivers,
    ) -> Option<Vec<Node>> {
        receivers.pools += 1;
        let mut found: Vec<Node> = Vec::new();
        let mut complete = true;
        for id in to {
            let Some(named) = self.named(id, &receivers.leaves) else {
                complete = false;
                continue;
            };
            let count = match &named {
                Named::One(_) => 1,
                Named::Leaves(places) => places.len(),
            };
            self.take(count, id.at, receivers)?;
            match named {
                Named::One(node) => {
                    if !self.mark(node, receivers) {
                        self.error(id.at, format!("`{}` receives from the pool `{}` twice", id.value, pool.id.value), "name it once");
                    } else {
                        found.push(node);
                    }
                }
                Named::Leaves(places) => {
                    for place in places {
                        let node = Node::Group(receivers.leaves[place]);
                        if self.mark(node, receivers) {
                            found.push(node);
                        }
                    }
                }
            }
        }
        found.sort_unstable_by_key(|node| receivers.ranks[self.index(*node)]);
        complete.then_some(found)
    }

    fn named(&mut self, id: &At<String>, leaves: &[usize]) -> Option<Named> {
        if id.value == "*" {
            return Some(Named::Leaves(0..leaves.len()));
        }
        let Some(group) = id.value.strip_suffix("/*") else {
            if let Some(prefix) = id.value.strip_suffix('*') {
                self.error(
                    id.at,
                    format!("`{}` reads as if it stood for every id that begins with `{prefix}`, which trees do not have", id.value),
                    format!("write `{prefix}/*` for the leaves below the group `{prefix}`, `*` for all leaves, or each id"),
                );
                return None;
            }
            return self.node(id).map(Named::One);
        };
        match self.node(&At::new(group.to_owned(), id.at))? {
            Node::Group(place) => {
                let place_of = |end: usize| leaves.partition_point(|leaf| *leaf < end);
                Some(Named::Leaves(place_of(place)..place_of(self.group_ends[place])))
            }
            Node::Pool(_) => {
                self.error(id.at, format!("`{group}` is a pool; only groups have leaves below them"), "name the pool without `/*`");
                None
            }
        }
    }

    /// Takes from the number of receivers that may be named; `None` where it does not suffice, which is told once.
    fn take(&mut self, count: usize, at: Position, receivers: &mut Receivers) -> Option<()> {
        let left = receivers.left?;
        receivers.left = left.checked_sub(count);
        if receivers.left.is_none() {
            self.error(
                at,
                format!("the pools of the tree have more than {MOST_RECEIVERS} receivers together, here and before"),
                "let pools that are shared alike feed one pool, which then is shared by all, or name fewer groups",
            );
        }
        receivers.left.map(|_| ())
    }

    /// Whether a node is named for the first time by this pool.
    fn mark(&self, node: Node, receivers: &mut Receivers) -> bool {
        let pools = receivers.pools;
        std::mem::replace(&mut receivers.named_by[self.index(node)], pools) != pools
    }
}
