//! The group that keeps what nobody else takes.

use super::Check;
use crate::tree::Node;
use crate::tree::draft::TreeDraft;

impl Check {
    /// Its place, once all groups and pools are known.
    pub(super) fn central(&mut self, draft: &TreeDraft, unallocated: Option<usize>) -> Option<usize> {
        let id = draft.central.as_ref()?;
        let Node::Group(place) = self.node(id)? else {
            let message = format!("`{}` is a pool; what a central group keeps is not shared", id.value);
            self.error(id.at, message, "name a cost group of its own, with an owner, as `central`");
            return None;
        };
        if Some(place) == unallocated {
            let message = format!("`{}` cannot be both the unallocated and the central cost group", id.value);
            self.error(id.at, message, "name another group: what waits for a rule is told apart from what the company keeps");
            return None;
        }
        if !self.groups[place].is_leaf {
            let message = format!("the central cost group `{}` has groups below it, and a parent only rolls them up", id.value);
            self.error(id.at, message, "name a group without groups below it, one of these or a new one");
            return None;
        }
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use crate::tree::draft::{At, CodingDraft, GroupDraft, PoolDraft, TreatmentDraft, TreeDraft};
    use crate::tree::{Problem, Tree};

    fn at(text: &str) -> At<String> {
        At::nowhere(text.to_owned())
    }

    fn group(id: &str, groups: Vec<GroupDraft>) -> GroupDraft {
        let own = CodingDraft { owners: vec![at("ana@a.example")], ..CodingDraft::default() };
        GroupDraft { id: at(id), name: None, kind: None, own, groups }
    }

    /// Groups `stores` with `web` below, and `head-office`; pool `shared`.
    fn tree(central: Option<&str>, treatment: TreatmentDraft) -> Result<(Tree, Vec<Problem>), Vec<Problem>> {
        let pool = PoolDraft {
            id: at("shared"),
            name: None,
            owners: vec![],
            split: at("even"),
            to: vec![at("*")],
            shares: vec![],
            driver: None,
            fallback: None,
            account: None,
        };
        Tree::try_new(&TreeDraft {
            valid_from: Some(at("2026-01")),
            groups: vec![group("stores", vec![group("web", vec![])]), group("head-office", vec![])],
            unallocated: Some(group("unallocated", vec![])),
            central: central.map(at),
            pools: vec![pool],
            treatment,
            ..TreeDraft::default()
        })
    }

    fn central_ids(tree: &Tree) -> Vec<&str> {
        let groups = tree.groups().iter().enumerate();
        groups.filter(|(place, _)| tree.is_central(*place)).map(|(_, group)| group.id.as_str()).collect()
    }

    #[test]
    fn the_central_group_is_the_one_that_the_tree_names() {
        let (named, _) = tree(Some("head-office"), TreatmentDraft::default()).unwrap();
        assert_eq!(named.groups()[named.central().unwrap()].id, "head-office");
        assert_eq!(central_ids(&named), ["head-office"]);
        let (unnamed, _) = tree(None, TreatmentDraft::default()).unwrap();
        assert_eq!((unnamed.central(), central_ids(&unnamed)), (None, vec![]));
    }

    #[test]
    fn groups_that_the_treatment_sends_money_to_are_central_and_pools_and_unallocated_are_not() {
        let to = |id: &str| Some(at(id));
        for treatment in [
            TreatmentDraft { credits: to("web"), ..TreatmentDraft::default() },
            TreatmentDraft { tax: to("web"), ..TreatmentDraft::default() },
            TreatmentDraft { discounts: to("web"), ..TreatmentDraft::default() },
            TreatmentDraft { marketplace: to("web"), ..TreatmentDraft::default() },
            TreatmentDraft { unused_commitment: to("web"), credits: to("shared"), tax: to("unallocated"), ..TreatmentDraft::default() },
        ] {
            let (tree, _) = tree(Some("head-office"), treatment).unwrap();
            assert_eq!(central_ids(&tree), ["web", "head-office"]);
        }
    }

    #[test]
    fn other_central_groups_are_refused_with_what_to_do() {
        for (central, message, what_to_do) in [
            ("head_ofice", "there is no group or pool `head_ofice`", "did you mean `head-office`?"),
            ("shared", "`shared` is a pool", "name a cost group of its own"),
            ("unallocated", "`unallocated` cannot be both the unallocated and the central cost group", "name another group"),
            ("stores", "the central cost group `stores` has groups below it", "name a group without groups below it"),
        ] {
            let problems = tree(Some(central), TreatmentDraft::default()).unwrap_err();
            let found = problems.iter().find(|problem| problem.message.starts_with(message));
            assert!(found.is_some_and(|problem| problem.what_to_do.starts_with(what_to_do)), "{central}: {problems:#?}");
        }
    }
}
