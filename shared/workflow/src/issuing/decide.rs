//! The decision in the middle of a run: deliveries and configuration into invoices.

use std::collections::{BTreeMap, BTreeSet};

use dayone_domain::CostBasis;
use dayone_domain::allocation::allocate;
use dayone_domain::cube::{BillKey, Cube};
use dayone_domain::invoice::Invoices;
use dayone_domain::review::ModeState;
use dayone_domain::tie_out::{ControlTotals, TieOut};
use dayone_domain::tree::{Mode, Tree};
use dayone_ports::Digest;

use super::Input;
use crate::configuration::Settings;
use crate::deliveries::SourceView;
use crate::failure::Failure;
use crate::review::mode_at;
use crate::tenant::Tenant;

/// A bill, allocated and drawn.
#[derive(Debug)]
pub(crate) struct Decided {
    /// The invoices.
    pub invoices: Invoices,
    /// The proof that they agree with the files.
    pub tie_out: TieOut,
}

/// The newest deliveries that a bill is made of.
pub fn inputs(sources: &[SourceView], bill: BillKey) -> Vec<Input> {
    let of_bill = sources.iter().filter(|view| view.period == bill.period && view.newest.currencies.contains(&bill.currency));
    let mut inputs: Vec<Input> = of_bill
        .map(|view| Input { source: view.source.clone(), delivery: view.newest.id, cube: view.newest.cube, control: view.newest.control })
        .collect();
    inputs.sort();
    inputs
}

/// What decides a bill that was issued: the same fingerprint gives the same invoices. The policy has no say in it: its
/// cost basis is chosen with the first issue.
pub fn fingerprint(inputs: &[Input], configuration: &[(String, Digest)], carries: &[(BillKey, u32)]) -> Digest {
    let deciding: Vec<_> = configuration.iter().filter(|(kind, _)| kind != "policy").collect();
    let text = serde_json::to_vec(&(inputs, deciding, carries)).expect("INVARIANT: plain structures are JSON");
    Digest::of(&text)
}

/// The digests of the configuration that decides on amounts.
pub fn deciding(settings: &Settings) -> Vec<(String, Digest)> {
    let decides = |kind: &str| ["tree", "drivers", "policy"].contains(&kind);
    settings.digests.iter().filter(|(kind, _)| decides(kind)).cloned().collect()
}

/// The mode of a group in a bill. What keeps cost in the middle, and what no rule matches, is never charged.
pub fn mode_of(tree: &Tree, modes: &BTreeMap<String, ModeState>, group: &str, bill: BillKey) -> Mode {
    if tree.place_of(group).is_some_and(|place| tree.keeps_cost(place)) {
        return Mode::Showback;
    }
    mode_at(modes, group, bill.period)
}

/// The tag keys that a bill needs: those of the trees up to its own. A later tree's do not matter to it, and its files
/// were not read for them.
fn tag_keys(settings: &Settings, bill: BillKey) -> Vec<String> {
    let own = settings.trees.at(bill.period).valid_from();
    let trees = settings.trees.all().iter().filter(|tree| tree.valid_from() <= own);
    let keys: BTreeSet<String> = trees.flat_map(Tree::tag_keys).collect();
    keys.into_iter().collect()
}

impl Tenant {
    /// Allocates a bill of these deliveries and draws its invoices.
    ///
    /// # Errors
    /// Where files, allocation and invoices do not agree to the last digit: nothing is issued then.
    pub(crate) async fn decide(
        &self,
        settings: &Settings,
        modes: &BTreeMap<String, ModeState>,
        bill: BillKey,
        basis: CostBasis,
        inputs: &[Input],
    ) -> Result<Decided, Failure> {
        let tag_keys = tag_keys(settings, bill);
        let mut cubes = Vec::new();
        let mut controls = Vec::new();
        for input in inputs {
            cubes.push(self.cube(input.cube, &tag_keys).await?);
            let part: ControlTotals = serde_json::from_slice(&self.packed_document(input.control).await?).map_err(Failure::broken)?;
            controls.push(part);
        }
        let control = ControlTotals::merge(&controls);
        // In the merge the deliveries were held against each other whole; from here on their other bills only take room.
        let cube = Cube::merge(&cubes).map_err(|error| Failure::refused("cannot-be-added-up", error))?.of_bill(bill);
        let allocation = allocate(&cube, bill, &settings.trees, basis, &settings.drivers);
        let tree = settings.trees.at(bill.period);
        let mut invoices = Invoices::draw(&cube, &allocation, tree.ledger());
        for invoice in &mut invoices.invoices {
            invoice.group.mode = mode_of(tree, modes, &invoice.group.id, bill);
        }
        let tie_out = TieOut::of(&control, &cube, &allocation, &invoices);
        match tie_out.differences() {
            differences if differences.is_empty() => Ok(Decided { invoices, tie_out }),
            differences => Err(Failure::broken(format!("nothing is issued, since it does not tie out: {}", differences.join("; ")))),
        }
    }

    /// Keeps drawn invoices.
    pub(crate) async fn keep_drawn(&self, invoices: &Invoices) -> Result<Digest, Failure> {
        self.put_packed(&serde_json::to_vec(invoices).map_err(Failure::broken)?).await
    }

    /// The invoices of a bill as allocation drew them.
    pub async fn drawn(&self, digest: Digest) -> Result<Invoices, Failure> {
        let bytes = self.packed_document(digest).await?;
        serde_json::from_slice(&bytes).map_err(|error| Failure::broken(format!("the drawn invoices {digest}: {error}")))
    }
}
