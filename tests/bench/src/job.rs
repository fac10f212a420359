//! The job: files → cube → cost groups, as Day One does it.

use std::collections::BTreeMap;
use std::fs;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use dayone_billing_files::{ReadOptions, sum};
use dayone_configuration::tree::read_tree;
use dayone_domain::allocation::allocate;
use dayone_domain::cube::{Cube, CubeBuilder};
use dayone_domain::driver::Drivers;
use dayone_domain::tree::{Node, Tree, TreeVersions};
use dayone_domain::{CostBasis, Exact};
use serde_json::{Map, Value, json};

use crate::decode::Failure;

/// What the job found.
#[derive(Debug)]
pub struct Found {
    /// Charges.
    pub charges: u64,
    /// Of each currency and cost group: charges, billed and effective cost, as plain decimals.
    pub groups: Value,
    /// Why files were read row by row, where they were.
    pub by_row: Vec<&'static str>,
}

/// The tree of a file.
///
/// # Errors
/// Where it cannot be read or is not sound.
pub fn read(path: &Path) -> Result<TreeVersions, Failure> {
    let draft = read_tree(&fs::read_to_string(path)?).map_err(|problems| format!("{problems:?}"))?;
    let (tree, _) = Tree::try_new(&draft).map_err(|problems| format!("{problems:?}"))?;
    Ok(TreeVersions::try_new(vec![tree])?)
}

/// Does the job.
///
/// # Errors
/// Where a file cannot be read right.
pub fn run(files: &[PathBuf], trees: &TreeVersions, threads: NonZeroUsize) -> Result<Found, Failure> {
    let (cube, charges, by_row) = cube_of(files, trees.tag_keys(), threads)?;
    let mut by_currency: BTreeMap<String, BTreeMap<String, Sums>> = BTreeMap::new();
    for key in cube.bills() {
        let allocation = allocate(&cube, key, trees, CostBasis::Billed, &Drivers::default());
        let mut sums = vec![Sums::default(); allocation.groups.len()];
        for (row, assignment) in cube.rows(key).zip(&allocation.assignments) {
            let Node::Group(place) = assignment.to else { return Err("the bench's tree has no pools".into()) };
            let (cost, sum) = (row.cost(), &mut sums[place]);
            sum.charges += row.charges();
            sum.billed += cost.billed;
            sum.effective += cost.effective;
        }
        let of_currency = by_currency.entry(key.currency.to_string()).or_default();
        for (group, sums) in allocation.groups.iter().zip(sums).filter(|(_, sums)| sums.charges > 0) {
            of_currency.entry(group.id.clone()).or_default().add(&sums);
        }
    }
    let groups =
        by_currency.into_iter().map(|(currency, groups)| (currency, groups.iter().map(Sums::to_json).collect::<Map<_, _>>().into()));
    Ok(Found { charges, groups: groups.collect::<Map<String, Value>>().into(), by_row })
}

/// Files into one cube, and how many charges they hold.
fn cube_of(files: &[PathBuf], tag_keys: Vec<String>, threads: NonZeroUsize) -> Result<(Cube, u64, Vec<&'static str>), Failure> {
    let mut builder = CubeBuilder::new(tag_keys);
    let (mut charges, mut by_row) = (0, Vec::new());
    for file in files {
        let options = ReadOptions { source: "bench", currency_if_absent: None };
        let summed = sum(file, &options, threads, &mut |_| {}, &mut builder)?;
        charges += summed.facts.rows;
        by_row.extend(summed.by_row);
    }
    Ok((builder.finish(), charges, by_row))
}

#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    charges: u64,
    billed: Exact,
    effective: Exact,
}

impl Sums {
    fn add(&mut self, other: &Sums) {
        self.charges += other.charges;
        self.billed += other.billed;
        self.effective += other.effective;
    }

    fn to_json((group, sums): (&String, &Sums)) -> (String, Value) {
        let Sums { charges, billed, effective } = sums;
        (group.clone(), json!({ "charges": charges, "billed": billed.to_string(), "effective": effective.to_string() }))
    }
}
