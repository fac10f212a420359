//! Shared pools: who receives, by what, and that cost comes to rest.

use std::collections::BTreeSet;

use super::Check;
use super::receivers::Receivers;
use crate::exact::Exact;
use crate::tree::draft::{PoolDraft, TreeDraft};
use crate::tree::{Fallback, Node, Pool, Split, Tree};

impl Check {
    pub(super) fn pool(&mut self, draft: &PoolDraft, receivers: &mut Receivers) -> Option<Pool> {
        let id = &draft.id.value;
        let is_fixed = draft.split.value == "fixed";
        if is_fixed && !draft.to.is_empty() {
            self.error(
                draft.to[0].at,
                format!("the pool `{id}` states both `to` and fixed shares"),
                "leave out `to`: the keys of `shares` say who receives",
            );
        }
        if !is_fixed && !draft.shares.is_empty() {
            self.error(
                draft.shares[0].0.at,
                format!("the pool `{id}` states shares but is split {}", draft.split.value),
                "write `split: fixed`, or leave out `shares`",
            );
        }
        let owners = self.listed_owners(&draft.owners);
        let to = if is_fixed {
            self.receivers(draft, draft.shares.iter().map(|(id, _)| id), receivers)?
        } else {
            self.receivers(draft, draft.to.iter(), receivers)?
        };
        if to.is_empty() {
            self.error(draft.id.at, format!("the pool `{id}` has nobody to share its cost"), "name groups in `to`, or `*` for all leaves");
            return None;
        }
        let split = match draft.split.value.as_str() {
            "even" => Split::Even,
            "fixed" => Split::Fixed(self.parts(draft, &to)?),
            "proportional" => Split::Proportional,
            "driver" => {
                let Some(driver) = &draft.driver else {
                    self.error(
                        draft.split.at,
                        format!("the pool `{id}` is split by a driver but names none"),
                        "add `driver: requests`, the name that the driver file uses",
                    );
                    return None;
                };
                Split::Driver(driver.value.clone())
            }
            other => {
                self.error(
                    draft.split.at,
                    format!("`{other}` is no way to split a pool"),
                    "write `even`, `fixed`, `proportional` or `driver`",
                );
                return None;
            }
        };
        let fallback = self.fallback(draft, &split)?;
        Some(Pool {
            id: id.clone(),
            name: draft.name.as_ref().unwrap_or(&draft.id).value.clone(),
            owners: owners.iter().map(|owner| owner.value.clone()).collect(),
            split,
            to,
            fallback,
            account: draft.account.as_ref().map(|account| account.value.clone()),
        })
    }

    pub(super) fn parts(&mut self, draft: &PoolDraft, to: &[Node]) -> Option<Vec<Exact>> {
        let mut parts: Vec<Exact> = vec![Exact::ZERO; to.len()];
        let mut complete = true;
        for (receiver, part) in &draft.shares {
            if receiver.value.contains('*') {
                self.error(receiver.at, "fixed shares name each receiver", "write the ids, each with its parts");
                complete = false;
                continue;
            }
            match Exact::parse(&part.value) {
                Ok(value) if !value.is_zero() && !value.is_negative() => {
                    // INVARIANT: receivers stand by identifier order.
                    if let Ok(place) = to.binary_search_by(|known| self.id_of(*known).cmp(&receiver.value)) {
                        parts[place] = value;
                    }
                }
                _ => {
                    self.error(
                        part.at,
                        format!("`{}` is no number of parts above zero", part.value),
                        "write parts such as `60` and `40`; they need not sum to 100",
                    );
                    complete = false;
                }
            }
        }
        complete.then_some(parts)
    }

    pub(super) fn fallback(&mut self, draft: &PoolDraft, split: &Split) -> Option<Fallback> {
        match &draft.fallback {
            Some(text) if text.value == "even" => Some(Fallback::Even),
            Some(text) => {
                let node = self.node(text)?;
                if text.value == draft.id.value {
                    self.error(text.at, format!("the pool `{}` falls back to itself", text.value), "name another group");
                    return None;
                }
                Some(Fallback::To(node))
            }
            None if matches!(split, Split::Even | Split::Fixed(_)) => Some(Fallback::Even),
            None => {
                self.error(
                    draft.id.at,
                    format!("the pool `{}` does not say what happens in a month in which nobody has a base to share by", draft.id.value),
                    "add `fallback: even`, or the id of a group that takes it then",
                );
                None
            }
        }
    }

    /// An order in which each pool comes before the pools that it feeds.
    pub(super) fn pool_order(&mut self, draft: &TreeDraft, pools: &[Pool]) -> Option<Vec<usize>> {
        match feeding_order(pools.len(), |place| pools[place].feeds()) {
            Ok(order) => Some(order),
            Err(circle) => {
                let mut names: Vec<&str> = circle.iter().take(MOST_NAMED).map(|place| pools[*place].id.as_str()).collect();
                let more = format!("{} more", circle.len() - names.len());
                if circle.len() > names.len() {
                    names.push(&more);
                }
                let first = draft.pools[circle[0]].id.at;
                let message = format!("pools feed each other in a circle: {} → {}", names.join(" → "), names[0]);
                self.error(first, message, "take one of them out of another's `to`: cost has to come to rest");
                None
            }
        }
    }
}

/// Most pools of a circle that are named.
const MOST_NAMED: usize = 20;

/// An order of `0..count` in which each comes before those that it feeds, the earlier first where free; or the
/// members of a circle. In time that grows with what is fed.
pub(crate) fn feeding_order(count: usize, feeds: impl Fn(usize) -> Vec<usize>) -> Result<Vec<usize>, Vec<usize>> {
    let feeds: Vec<Vec<usize>> = (0..count).map(feeds).collect();
    let mut waiting = vec![0usize; count];
    for fed in feeds.iter().flatten() {
        waiting[*fed] += 1;
    }
    let mut free: BTreeSet<usize> = (0..count).filter(|place| waiting[*place] == 0).collect();
    let mut order = Vec::with_capacity(count);
    while let Some(place) = free.pop_first() {
        order.push(place);
        for fed in &feeds[place] {
            waiting[*fed] -= 1;
            if waiting[*fed] == 0 {
                free.insert(*fed);
            }
        }
    }
    if order.len() == count {
        return Ok(order);
    }
    // Everyone left is fed by somebody left: walking upstream must come back to where it was.
    let left: Vec<usize> = (0..count).filter(|place| waiting[*place] > 0).collect();
    let mut upstream: Vec<Option<usize>> = vec![None; count];
    for place in &left {
        for fed in &feeds[*place] {
            upstream[*fed].get_or_insert(*place);
        }
    }
    let mut path: Vec<usize> = Vec::new();
    let mut seen_at: Vec<Option<usize>> = vec![None; count];
    let mut place = left[0];
    let begin = loop {
        if let Some(begin) = seen_at[place] {
            break begin;
        }
        seen_at[place] = Some(path.len());
        path.push(place);
        place = upstream[place].expect("INVARIANT: fed by somebody left");
    };
    let mut circle = path.split_off(begin);
    circle.reverse();
    let first = (0..circle.len()).min_by_key(|place| circle[*place]).expect("a circle has members");
    circle.rotate_left(first);
    Err(circle)
}

impl Tree {
    /// Puts the pools into `order`, and what refers to them along.
    pub(super) fn reorder_pools(&mut self, order: &[usize]) {
        let mut new_place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            new_place[*old] = new;
        }
        let renew = |node: &mut Node| {
            if let Node::Pool(place) = node {
                *place = new_place[*place];
            }
        };
        let mut old: Vec<Option<Pool>> = std::mem::take(&mut self.pools).into_iter().map(Some).collect();
        let mut pools: Vec<Pool> = order.iter().map(|place| old[*place].take().expect("INVARIANT: each place once")).collect();
        for pool in &mut pools {
            pool.to.iter_mut().for_each(renew);
            if let Fallback::To(node) = &mut pool.fallback {
                renew(node);
            }
        }
        self.pools = pools;
        self.rules.iter_mut().for_each(|rule| renew(&mut rule.to));
        let treatment = &mut self.treatment;
        for node in [
            &mut treatment.credits,
            &mut treatment.tax,
            &mut treatment.discounts,
            &mut treatment.marketplace,
            &mut treatment.unused_commitment,
        ]
        .into_iter()
        .flatten()
        {
            renew(node);
        }
    }
}
