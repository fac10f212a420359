//! Driver files: quantities to divide pools by.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use dayone_configuration::{MOST_FINDINGS, read_drivers};
use dayone_domain::driver::Drivers;
use dayone_domain::period::BillingPeriod;
use dayone_domain::plain_text::harmless;
use dayone_domain::tree::{Split, TreeVersions};

use crate::failure::Failure;

/// Reads driver files together, and holds them against the trees: a driver that no pool asks for, or a pool
/// whose driver has no quantity, is pointed out.
pub fn read_driver_files(paths: &[PathBuf], trees: &TreeVersions, err: &mut dyn Write) -> Result<Drivers, Failure> {
    let read = Failure::all(paths.iter().map(|path| {
        let bytes = fs::read(path).map_err(Failure::reading(path))?;
        read_drivers(&path.display().to_string(), &bytes).map_err(Failure::texts)
    }))?;
    let drivers = together(paths, &read)?;
    for note in up_to_limit(notes_on_drivers(&drivers, trees), |more| format!("note: {more} more notes on drivers")) {
        writeln!(err, "{note}")?;
    }
    Ok(drivers)
}

/// The quantities of all files, each stated by one file only.
fn together(paths: &[PathBuf], read: &[Drivers]) -> Result<Drivers, Failure> {
    let mut drivers = Drivers::default();
    let mut stated: BTreeMap<(&str, BillingPeriod, &str), usize> = BTreeMap::new();
    let mut twice = Vec::new();
    for (place, file) in read.iter().enumerate() {
        for (driver, period, receiver, quantity) in file.iter() {
            let first = *stated.entry((driver, period, receiver)).or_insert(place);
            if first == place {
                // INVARIANT: `read_drivers` refuses what is negative or twice in a file.
                drivers.insert(driver, period, receiver, quantity).expect("a new quantity that was read");
            } else {
                twice.push((place, first, driver, period, receiver));
            }
        }
    }
    if twice.is_empty() {
        return Ok(drivers);
    }
    let message = |(place, first, driver, period, receiver): (usize, usize, &str, BillingPeriod, &str)| {
        format!(
            "{}: the driver `{}` states `{}` in {period}, and so does {}. What to do: state each quantity in one file.",
            paths[place].display(),
            harmless(driver),
            harmless(receiver),
            paths[first].display()
        )
    };
    let more = |more| format!("and {more} more quantities that two files state. What to do: check that no file is named twice.");
    Err(Failure::Refused(up_to_limit(twice.into_iter().map(message), more)))
}

/// The first messages and, where they are more than [`MOST_FINDINGS`], how many more there are.
fn up_to_limit(mut messages: impl Iterator<Item = String>, more: impl FnOnce(usize) -> String) -> Vec<String> {
    let mut told: Vec<String> = messages.by_ref().take(MOST_FINDINGS).collect();
    let left = messages.count();
    if left > 0 {
        told.push(more(left));
    }
    told
}

/// Where drivers and the pools of the trees do not meet.
fn notes_on_drivers<'a>(drivers: &'a Drivers, trees: &'a TreeVersions) -> impl Iterator<Item = String> + use<'a> {
    let asked = trees.all().iter().flat_map(|tree| {
        tree.pools().iter().filter_map(move |pool| match &pool.split {
            Split::Driver(driver) => Some((tree, pool, driver.as_str())),
            _ => None,
        })
    });
    let given = drivers.names();
    let known: BTreeSet<&str> = asked.clone().map(|(_, _, driver)| driver).collect();
    let shares: HashSet<(&str, &str)> =
        asked.clone().flat_map(|(tree, pool, driver)| pool.to.iter().map(move |node| (driver, tree.id(*node)))).collect();
    let unasked: Vec<&str> = given.difference(&known).copied().collect();
    let without_quantities = asked.filter(move |(_, _, driver)| !given.contains(driver)).map(|(_, pool, driver)| {
        format!(
            "note: the pool `{}` is split by the driver `{}`, for which no quantities are given (--drivers); its fallback holds",
            pool.id,
            harmless(driver)
        )
    });
    let without_pool = unasked.into_iter().map(|driver| format!("note: no pool asks for the driver `{}`", harmless(driver)));
    let without_share = drivers.receivers().into_iter().filter(move |stated| known.contains(stated.0) && !shares.contains(stated)).map(
        |(driver, receiver)| {
            format!(
                "note: the driver `{}` states quantities for `{}`, which shares no pool split by it; they count for nothing",
                harmless(driver),
                harmless(receiver)
            )
        },
    );
    without_quantities.chain(without_pool).chain(without_share)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;
    use dayone_configuration::tree::read_tree;
    use dayone_domain::tree::Tree;

    /// A tree of so many groups that share one pool by the driver `requests`.
    fn trees(groups: usize) -> TreeVersions {
        let mut yaml = String::from("valid_from: 2026-01\nowners: [a@b.example]\nunallocated: { id: u, owners: [a@b.example] }\n");
        yaml += "pools: [{ id: p, split: driver, driver: requests, to: [\"*\"], fallback: even }]\nrules: [{ to: p }]\ngroups:\n";
        (0..groups).for_each(|number| writeln!(yaml, "- id: g{number}").unwrap());
        let (tree, _) = Tree::try_new(&read_tree(&yaml).unwrap()).unwrap();
        TreeVersions::try_new(vec![tree]).unwrap()
    }

    fn file(rows: impl Iterator<Item = String>) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let rows = rows.map(|row| row + "\n").collect::<String>();
        file.write_all(["driver,billing_period,cost_group,quantity\n", &rows].concat().as_bytes()).unwrap();
        file
    }

    fn read(files: &[&tempfile::NamedTempFile], trees: &TreeVersions) -> (Result<Drivers, Failure>, Vec<String>) {
        let paths: Vec<PathBuf> = files.iter().map(|file| file.path().to_owned()).collect();
        let mut notes = Vec::new();
        let drivers = read_driver_files(&paths, trees, &mut notes);
        (drivers, String::from_utf8(notes).unwrap().lines().map(str::to_owned).collect())
    }

    #[test]
    fn drivers_and_pools_that_do_not_meet_are_noted() {
        let trees = trees(2);
        let rows = ["requests,2026-04,g0,1", "requests,2026-04,g\u{1b}9,1", "sea\u{202e}ts,2026-04,g0,1"];
        let (drivers, notes) = read(&[&file(rows.map(str::to_owned).into_iter())], &trees);
        assert_eq!(drivers.unwrap().names().len(), 2);
        assert_eq!(
            notes,
            [
                "note: no pool asks for the driver `sea\u{fffd}ts`",
                "note: the driver `requests` states quantities for `g\u{fffd}9`, which shares no pool split by it; they count for nothing",
            ]
        );
        let (_, notes) = read(&[], &trees);
        assert_eq!(
            notes,
            ["note: the pool `p` is split by the driver `requests`, for which no quantities are given (--drivers); its fallback holds"]
        );
    }

    #[test]
    fn many_receivers_are_held_against_a_pool_at_once() {
        let count = 50_000;
        let file = file((0..count).map(|number| format!("requests,2026-04,g{number},1")));
        let (drivers, notes) = read(&[&file], &trees(count));
        assert_eq!((drivers.unwrap().iter().count(), notes), (count, vec![]));
    }

    #[test]
    fn so_many_notes_are_told_and_that_there_are_more() {
        let file = file((0..1_000).map(|number| format!("requests,2026-04,x{number},1")));
        let (_, notes) = read(&[&file], &trees(1));
        assert_eq!((notes.len(), notes[MOST_FINDINGS].as_str()), (MOST_FINDINGS + 1, "note: 900 more notes on drivers"));
    }

    #[test]
    fn a_quantity_that_two_files_state_is_refused_with_both() {
        let [first, second, third] = ["g0", "g1", "g0"].map(|group| file([format!("requests,2026-04,{group},1")].into_iter()));
        let (refused, notes) = read(&[&first, &second, &third], &trees(2));
        let Err(Failure::Refused(messages)) = refused else { panic!("{refused:?}") };
        let (first, third) = (first.path().display(), third.path().display());
        let expected = format!(
            "{third}: the driver `requests` states `g0` in 2026-04, and so does {first}. What to do: state each quantity in one file."
        );
        assert_eq!((messages, notes), (vec![expected], vec![]));
    }

    #[test]
    fn a_file_named_twice_is_told_in_few_messages() {
        let count = 50_000;
        let file = file((0..count).map(|number| format!("requests,2026-04,g{number},1")));
        let (refused, _) = read(&[&file, &file], &trees(1));
        let Err(Failure::Refused(messages)) = refused else { panic!("{refused:?}") };
        assert_eq!(messages.len(), MOST_FINDINGS + 1);
        assert_eq!(
            messages[MOST_FINDINGS],
            "and 49900 more quantities that two files state. What to do: check that no file is named twice."
        );
    }
}
