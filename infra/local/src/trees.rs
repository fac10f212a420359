//! Allocation trees and what is read along with them.

mod driver_files;
mod show;
mod suggest;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use dayone_configuration::text_of;
use dayone_configuration::tree::{read_tree, render};
use dayone_domain::period::BillingPeriod;
use dayone_domain::tree::{Tree, TreeVersions};

use crate::args::CheckArguments;
use crate::failure::Failure;
use crate::tables;

pub use driver_files::read_driver_files;
pub use show::show;
pub use suggest::suggest;

/// Reads and checks one version of a tree; warnings go to `err`.
pub fn read(path: &Path, err: &mut dyn Write) -> Result<Tree, Failure> {
    let name = path.display().to_string();
    let bytes = fs::read(path).map_err(Failure::reading(path))?;
    let text = text_of(&name, &bytes).map_err(Failure::texts)?;
    let checked = read_tree(text).and_then(|draft| Tree::try_new(&draft));
    match checked {
        Ok((tree, warnings)) => {
            for warning in &warnings {
                writeln!(err, "{}", render(&name, text, warning))?;
            }
            Ok(tree)
        }
        Err(problems) => Err(Failure::Refused(problems.iter().map(|problem| render(&name, text, problem)).collect())),
    }
}

/// Reads the versions of a tree; without any, everything is unallocated.
pub fn read_versions(paths: &[PathBuf], err: &mut dyn Write) -> Result<TreeVersions, Failure> {
    read_each(paths, err).map(|(versions, _)| versions)
}

/// Reads the versions of a tree, and tells from when on that of each path is valid: versions stand in the order of
/// time, paths in that of the command line.
fn read_each(paths: &[PathBuf], err: &mut dyn Write) -> Result<(TreeVersions, Vec<BillingPeriod>), Failure> {
    if paths.is_empty() {
        return Ok((TreeVersions::try_new(vec![Tree::unallocated_only()]).expect("one version"), Vec::new()));
    }
    let versions = Failure::all(paths.iter().map(|path| read(path, err)))?;
    let starts = versions.iter().map(Tree::valid_from).collect();
    let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
    let versions = TreeVersions::try_new(versions).map_err(|error| {
        Failure::refused(format!("{}: {error}. What to do: change `valid_from` of one of them, or leave one out.", names.join(", ")))
    })?;
    Ok((versions, starts))
}

/// `dayone tree check`.
pub fn check(arguments: &CheckArguments, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let (versions, starts) = read_each(&arguments.trees, err)?;
    read_driver_files(&arguments.drivers, &versions, err)?;
    for (path, start) in arguments.trees.iter().zip(starts) {
        let tree = versions.at(start);
        writeln!(
            out,
            "{}: sound, valid from {}: {}, {}, {}.",
            path.display(),
            tree.valid_from(),
            tables::count(tree.groups().len() as u64, "cost group"),
            tables::count(tree.pools().len() as u64, "pool"),
            tables::count(tree.rules().len() as u64, "rule"),
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{OutputFormat, ShowArguments};

    fn file(folder: &tempfile::TempDir, name: &str, yaml: &str) -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, yaml).unwrap();
        path
    }

    const TREE: &str = "owners: [a@b.example]\nunallocated: { id: u, owners: [a@b.example] }\n";

    #[test]
    fn each_path_is_told_with_its_own_version_in_whichever_order() {
        let folder = tempfile::tempdir().unwrap();
        let newer = file(&folder, "a.yaml", &format!("{TREE}valid_from: 2026-03\ngroups: [{{ id: a }}]\n"));
        let older = file(&folder, "b.yaml", &format!("{TREE}valid_from: 2026-01\n"));
        let arguments = CheckArguments { trees: vec![newer.clone(), older.clone()], drivers: vec![] };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        check(&arguments, &mut out, &mut err).unwrap();
        let expected = format!(
            "{}: sound, valid from 2026-03: 2 cost groups, 0 pools, 0 rules.\n{}: sound, valid from 2026-01: 1 cost group, 0 pools, 0 rules.\n",
            newer.display(),
            older.display()
        );
        assert_eq!((String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap()), (expected, String::new()));
    }

    #[test]
    fn a_tree_is_shown_with_its_warnings_beside_it_and_nothing_that_a_terminal_obeys() {
        let folder = tempfile::tempdir().unwrap();
        let yaml = "company: \"Me\\e[2Jridian\"\nvalid_from: 2026-01\npools: [{ id: p, name: \"P\\u202Eool\", split: even, to: [\"*\"] }]\n\
                    groups: [{ id: a, name: \"T\\e[31meam\", owners: [\"a\\e[0m@b.example\"] }]\n";
        let tree = file(&folder, "tree.yaml", &format!("{TREE}{yaml}"));
        for format in [OutputFormat::Table, OutputFormat::Json] {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            show(&ShowArguments { tree: tree.clone(), format }, &mut out, &mut err).unwrap();
            let (out, err) = (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap());
            assert!(err.contains("warning: nothing goes into the pool `p`"), "{err}");
            assert!(!out.contains('\u{1b}'), "{out}");
            if format == OutputFormat::Table {
                let parts = ["Me\u{fffd}[2Jridian", "T\u{fffd}[31meam", "a\u{fffd}[0m@b.example", "P\u{fffd}ool"];
                assert!(parts.iter().all(|part| out.contains(part)), "{out}");
            }
        }
    }
}
