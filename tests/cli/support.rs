//! What the tests of the command line share.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use dayone::home::Outside;
use dayone_ports::Clock;
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

    /// Makes an empty folder.
    pub fn with_folder(self, name: &str) -> Files {
        fs::create_dir_all(self.path(name)).expect("a folder can be made");
        self
    }

    /// Runs `dayone`; a word that names a file or folder here stands for it.
    pub fn dayone(&self, words: &str) -> Ran {
        self.run(words, |words, out, err| dayone::run(words, out, err))
    }

    fn run(&self, words: &str, run: impl Fn(Vec<OsString>, &mut Vec<u8>, &mut Vec<u8>) -> u8) -> Ran {
        let words = words.split_whitespace().map(|word| {
            let path = self.path(word);
            // `.` is the folder itself.
            if path.exists() || word.ends_with(".absent") { path.into_os_string() } else { word.into() }
        });
        let words = std::iter::once(OsString::from("dayone")).chain(words).collect();
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let code = run(words, &mut out, &mut err);
        let text = |bytes: Vec<u8>| self.with_names(&String::from_utf8(bytes).expect("what the program prints is UTF-8"));
        Ran { code, out: text(out), err: text(err) }
    }

    /// Paths as the names that they have here.
    fn with_names(&self, text: &str) -> String {
        let folder = self.0.path().display().to_string();
        text.replace(&format!("{folder}/"), "").replace(&folder, ".")
    }
}

/// A clock that stands where a test puts it.
struct ManualClock(Mutex<DateTime<Utc>>);

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("nobody panicked with the clock in hand")
    }
}

/// A machine with files and a clock of its own.
pub struct Machine {
    files: Files,
    clock: Arc<ManualClock>,
    answers: Arc<Mutex<VecDeque<String>>>,
}

impl Machine {
    /// With its clock at noon of a day.
    pub fn new(files: Files, day: &str) -> Machine {
        Machine { files, clock: Arc::new(ManualClock(Mutex::new(noon(day)))), answers: Arc::default() }
    }

    /// Puts the clock at noon of a day.
    pub fn at(&self, day: &str) {
        *self.clock.0.lock().expect("nobody panicked with the clock in hand") = noon(day);
    }

    /// What is written where a password is asked for.
    pub fn answers(&self, answers: &[&str]) {
        self.answers.lock().expect("nobody panicked with it in hand").extend(answers.iter().map(|answer| (*answer).to_owned()));
    }

    /// Its files.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// Runs `dayone`; a word that names a file or folder stands for it.
    pub fn dayone(&self, words: &str) -> Ran {
        let answers = Arc::clone(&self.answers);
        let outside = Outside {
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            account: "tester".to_owned(),
            password: Box::new(move |_| Ok(answers.lock().expect("nobody panicked with it in hand").pop_front().unwrap_or_default())),
            is_asked: false,
        };
        self.files.run(words, |words, out, err| dayone::run_in(&outside, words, out, err))
    }

    /// Runs what must succeed; its output.
    pub fn succeeds(&self, words: &str) -> String {
        let ran = self.dayone(words);
        assert_eq!(ran.code, 0, "{words}\n{}{}", ran.out, ran.err);
        ran.out
    }
}

fn noon(day: &str) -> DateTime<Utc> {
    format!("{day}T12:00:00Z").parse().expect("a day")
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
