//! What the tests of the command line share.
#![allow(dead_code, reason = "each test uses its part")]

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use dayone_tests::workspace_root;
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

/// How a command ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    pub code: u8,
    pub out: String,
    pub err: String,
}

/// Runs `dayone` with these words, in this process.
pub fn dayone<Word: Into<OsString>>(words: impl IntoIterator<Item = Word>) -> Ran {
    let words = std::iter::once(OsString::from("dayone")).chain(words.into_iter().map(Into::into));
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = dayone::run(words, &mut out, &mut err);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("what the program prints is UTF-8");
    Ran { code, out: text(out), err: text(err) }
}

/// Files of one test, which go away with it.
pub struct Files(TempDir);

impl Files {
    pub fn new() -> Files {
        Files(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file, and the folders that its name asks for.
    pub fn with(self, name: &str, bytes: impl AsRef<[u8]>) -> Files {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("the file lies in a folder")).expect("a folder can be made");
        fs::write(path, bytes).expect("a file can be written");
        self
    }

    /// Runs `dayone`; a word that names a file or folder here stands for it.
    pub fn dayone(&self, words: &str) -> Ran {
        let words = words.split_whitespace().map(|word| {
            let path = self.path(word);
            // `.` is the folder itself.
            if path.exists() || word.ends_with(".absent") { path.into_os_string() } else { word.into() }
        });
        let ran = dayone(words);
        Ran { out: self.with_names(&ran.out), err: self.with_names(&ran.err), ..ran }
    }

    /// Paths as the names that they have here.
    fn with_names(&self, text: &str) -> String {
        let folder = self.0.path().display().to_string();
        text.replace(&format!("{folder}/"), "").replace(&folder, ".")
    }
}

/// Compares with a file of `tests/cli`.
///
/// # Panics
/// Where they differ, with the lines that do.
pub fn assert_golden(name: &str, text: &str) {
    let path = workspace_root().join("tests").join("cli").join(name);
    if std::env::var_os("DAYONE_BLESS").is_some() {
        fs::write(&path, text).expect("a golden file can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_else(|error| panic!("`{}` cannot be read: {error}", path.display()));
    let different = different_lines(&expected, text);
    assert!(
        different.is_empty(),
        "tests/cli/{name} differs; where the new text is better, run with DAYONE_BLESS=1 and read what changed\n{different}"
    );
}

/// The lines from the first that differs to the last, as they were and as they are.
fn different_lines(expected: &str, found: &str) -> String {
    if expected == found {
        return String::new();
    }
    let (expected, found): (Vec<&str>, Vec<&str>) = (expected.split('\n').collect(), found.split('\n').collect());
    let shorter = expected.len().min(found.len());
    let before = (0..shorter).take_while(|place| expected[*place] == found[*place]).count();
    let same_from_end = |place: &usize| expected[expected.len() - 1 - place] == found[found.len() - 1 - place];
    let after = (0..shorter - before).take_while(same_from_end).count();
    let lines = |sign: &str, lines: &[&str]| lines.iter().map(|line| format!("{sign} {line}\n")).collect::<String>();
    let (was, is) = (lines("-", &expected[before..expected.len() - after]), lines("+", &found[before..found.len() - after]));
    format!("from line {}:\n{was}{is}", before + 1)
}

/// CSV of columns and rows, in which no value needs a quote but those that have it.
pub fn csv(columns: &str, rows: &[&str]) -> String {
    std::iter::once(&columns).chain(rows).map(|line| format!("{line}\n")).collect()
}

pub fn gzip(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes.as_ref()).expect("memory can be written to");
    encoder.finish().expect("memory can be written to")
}

/// The first file below a folder whose name ends so.
pub fn find(folder: &Path, ending: &str) -> Option<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    paths.iter().find_map(|path| {
        if path.is_dir() {
            return find(path, ending);
        }
        path.to_string_lossy().ends_with(ending).then(|| path.clone())
    })
}
