//! Which files a command reads, and which source each belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use dayone_billing_files::is_billing_file_name;
use dayone_billing_files::manifest::{self, KeyKind};
use sha2::{Digest, Sha256};

use crate::failure::Failure;

/// Most files of one command.
const MOST_FILES: usize = 100_000;
/// Most levels of folders below an argument.
const MOST_LEVELS: usize = 32;

/// One file to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Where it is.
    pub path: PathBuf,
    /// The source: the name of the argument that it came by.
    pub source: String,
    /// Its path below that argument, with slashes; of an argument that is a file, its name.
    pub name: String,
    /// Its size in bytes.
    pub bytes: u64,
}

/// The files of a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// In the order of the arguments, files of a folder by path.
    pub files: Vec<Input>,
    /// Files of folders whose names are not those of billing files.
    pub left_out: Vec<PathBuf>,
    /// Manifests of folders.
    pub manifests: Vec<ManifestInput>,
}

/// A file that names those of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ManifestInput {
    /// The argument that it came by, a folder.
    pub folder: PathBuf,
    /// Its path below that, with slashes.
    pub key: String,
}

impl Input {
    /// The folder that its name is a path in: the argument that it came by, or what that argument lies in.
    pub fn folder(&self) -> PathBuf {
        let levels = self.name.split('/').count();
        self.path.ancestors().nth(levels).map_or_else(PathBuf::new, Path::to_path_buf)
    }
}

/// Finds the files that arguments name. A folder stands for the billing files in it, at any depth, hidden
/// ones left aside; the same bytes twice are refused, since they would be counted twice.
pub fn find(arguments: &[PathBuf]) -> Result<Inputs, Failure> {
    let inputs = gather(arguments)?;
    refuse_twins(&inputs.files)?;
    Ok(inputs)
}

/// The same, where some of the files may hold the same bytes: those that manifests name.
pub fn gather(arguments: &[PathBuf]) -> Result<Inputs, Failure> {
    let mut inputs = Inputs::default();
    let mut sources = BTreeSet::new();
    Failure::all(arguments.iter().map(|argument| fs::metadata(argument).map_err(Failure::reading(argument))))?;
    for argument in arguments {
        let name = argument.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
        let name = name.unwrap_or_else(|| argument.display().to_string());
        let source = if sources.insert(name.clone()) { name } else { argument.display().to_string() };
        sources.insert(source.clone());
        let metadata = fs::metadata(argument).map_err(Failure::reading(argument))?;
        if metadata.is_dir() {
            let before = inputs.files.len() + inputs.manifests.len();
            walk(argument, argument, &source, 0, &mut inputs)?;
            if inputs.files.len() + inputs.manifests.len() == before {
                return Err(Failure::refused(format!(
                    "{}: there is no billing file in this folder. What to do: name a folder that holds .csv, .csv.gz, .csv.zip or .parquet files.",
                    argument.display()
                )));
            }
        } else {
            let name = name_below(argument.parent().unwrap_or(argument), argument);
            inputs.files.push(Input { path: argument.clone(), source, name, bytes: metadata.len() });
        }
    }
    Ok(inputs)
}

/// A path below a folder, with slashes.
fn name_below(folder: &Path, path: &Path) -> String {
    let below = path.strip_prefix(folder).unwrap_or(path);
    below.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn walk(top: &Path, folder: &Path, source: &str, level: usize, inputs: &mut Inputs) -> Result<(), Failure> {
    let entries = fs::read_dir(folder).and_then(Iterator::collect::<io::Result<Vec<_>>>).map_err(Failure::reading(folder))?;
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.')) {
            continue;
        }
        let metadata = fs::metadata(&path).map_err(Failure::reading(&path))?;
        if metadata.is_dir() {
            if level == MOST_LEVELS {
                return Err(Failure::refused(format!(
                    "{}: folders nest deeper than {MOST_LEVELS} levels. What to do: name the folders that hold the files.",
                    path.display()
                )));
            }
            walk(top, &path, source, level + 1, inputs)?;
        } else if is_billing_file_name(&path) {
            if inputs.files.len() == MOST_FILES {
                return Err(Failure::refused(format!(
                    "there are more than {MOST_FILES} billing files. What to do: preview one month at a time."
                )));
            }
            let name = name_below(top, &path);
            inputs.files.push(Input { path, source: source.to_owned(), name, bytes: metadata.len() });
        } else {
            let key = name_below(top, &path);
            if manifest::kind_of(&key) == KeyKind::Manifest {
                inputs.manifests.push(ManifestInput { folder: top.to_owned(), key });
            } else if !is_manifest(&path) {
                inputs.left_out.push(path);
            }
        }
    }
    Ok(())
}

/// Whether a file only lists the others of its delivery, for some engine.
fn is_manifest(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().to_ascii_lowercase().ends_with("manifest.json"))
}

/// Refuses the same bytes twice.
pub fn refuse_twins(files: &[Input]) -> Result<(), Failure> {
    let mut by_size: BTreeMap<u64, Vec<&Path>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.bytes > 0) {
        by_size.entry(file.bytes).or_default().push(&file.path);
    }
    let mut refusals = Vec::new();
    for paths in by_size.values().filter(|paths| paths.len() > 1) {
        let mut by_digest: BTreeMap<[u8; 32], &Path> = BTreeMap::new();
        for path in paths {
            if let Some(first) = by_digest.insert(digest(path)?, path) {
                if first == *path {
                    refusals.push(format!("{}: is named twice. What to do: name it once.", path.display()));
                    continue;
                }
                refusals.push(format!(
                    "{} holds the same bytes as {}; its charges would be counted twice. What to do: name each delivery once.",
                    path.display(),
                    first.display()
                ));
            }
        }
    }
    if refusals.is_empty() { Ok(()) } else { Err(Failure::Refused(refusals)) }
}

/// SHA-256 of a file's bytes.
pub fn digest(path: &Path) -> Result<[u8; 32], Failure> {
    let mut file = File::open(path).map_err(Failure::reading(path))?;
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer).map_err(Failure::reading(path))?;
        if read == 0 {
            return Ok(hasher.finalize().into());
        }
        hasher.update(&buffer[..read]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_for_the_billing_files_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("aws");
        fs::create_dir_all(root.join("data/2026-05")).unwrap();
        fs::create_dir_all(root.join(".hidden")).unwrap();
        for (name, text) in [
            ("data/2026-05/b.csv", "b"),
            ("data/a.parquet", "a"),
            ("data/x-Manifest.json", "{}"),
            ("data/LICENSE", "x"),
            (".hidden/c.csv", "c"),
        ] {
            fs::write(root.join(name), text).unwrap();
        }
        let inputs = find(std::slice::from_ref(&root)).unwrap();
        let names: Vec<PathBuf> = inputs.files.iter().map(|file| file.path.strip_prefix(&root).unwrap().to_owned()).collect();
        assert_eq!(names, [PathBuf::from("data/2026-05/b.csv"), PathBuf::from("data/a.parquet")]);
        assert!(inputs.files.iter().all(|file| file.source == "aws"));
        assert_eq!(inputs.files[0].name, "data/2026-05/b.csv");
        assert_eq!(inputs.left_out, [root.join("data/LICENSE")]);
    }

    #[test]
    fn the_same_bytes_twice_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.csv", "b.csv"] {
            fs::write(folder.path().join(name), "same").unwrap();
        }
        let Err(Failure::Refused(messages)) = find(&[folder.path().to_owned()]) else { panic!("not refused") };
        assert!(messages[0].contains("b.csv holds the same bytes as") && messages[0].contains("What to do"), "{}", messages[0]);
    }

    #[test]
    fn a_folder_without_billing_files_and_a_path_without_file_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(find(&[folder.path().to_owned()]), Err(Failure::Refused(_))));
        assert!(
            matches!(find(&[folder.path().join("none.csv"), folder.path().join("nor.csv")]), Err(Failure::Refused(messages)) if messages.len() == 2)
        );
    }
}
