//! Tools that the tests need and a fresh machine lacks, at pinned versions, in the ignored folder `.tools`.
//!
//! A tool's folder is removed before it is installed, and its stamp, the pinned list itself, is written last: an
//! install that was cut short, or of another list, is done again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::program::{cargo, duration_text, output, program, say, succeed};

const CARGO_DENY: &str = "0.20.2";
const OLDEST_PYTHON: (u32, u32) = (3, 11);

/// Where the tools are, and which of them.
#[derive(Debug)]
pub struct Tools {
    /// `.tools`, absolute.
    pub folder: PathBuf,
    /// Python with what reads Parquet.
    pub has_python: bool,
    /// The browser.
    pub has_browser: bool,
    /// cargo-deny.
    pub has_deny: bool,
}

impl Tools {
    /// Whether all are there.
    pub fn is_complete(&self) -> bool {
        self.has_python && self.has_browser && self.has_deny
    }

    /// The folder of cargo-deny's binary.
    pub fn cargo_bin(&self) -> PathBuf {
        self.folder.join("cargo").join("bin")
    }
}

/// Installs what is missing. A tool that fails is said and does not keep the others from being installed.
pub fn install(root: &Path) -> Result<Tools, String> {
    let folder = root.join(".tools");
    fs::create_dir_all(&folder).map_err(|error| format!("`{}` cannot be made: {error}", folder.display()))?;
    // Two runs in one checkout would remove each other's folders.
    let lock = File::create(folder.join("lock")).and_then(|file| file.lock().map(|()| file));
    let _lock = lock.map_err(|error| format!("`{}` cannot be locked: {error}", folder.display()))?;
    let has_python = ensure(&folder, "python", &python_pins(root)?, |at| install_python(root, at));
    let has_browser = ensure(&folder, "browser", &browser_pins(root)?, |at| install_browser(root, at));
    let has_deny = ensure(&folder, "cargo", &format!("cargo-deny {CARGO_DENY}\n"), |at| install_deny(root, at));
    Ok(Tools { folder, has_python, has_browser, has_deny })
}

fn ensure(folder: &Path, name: &str, pins: &str, install: impl Fn(&Path) -> Result<(), String>) -> bool {
    let at = folder.join(name);
    let stamp = folder.join(format!("{name}.stamp"));
    // The place belongs to the stamp: a virtual environment does not survive a move of the checkout.
    let wanted = format!("{}\n{pins}", at.display());
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) && at.is_dir() {
        return true;
    }
    say(&format!("   installing {name} into .tools"));
    let begin = Instant::now();
    let result = renew(&at, &stamp).and_then(|()| install(&at)).and_then(|()| write(&stamp, &wanted));
    match &result {
        Ok(()) => say(&format!("   {name} installed in {}", duration_text(begin.elapsed()))),
        Err(message) => say(&format!("   {name} FAILED to install: {message}")),
    }
    result.is_ok()
}

fn renew(at: &Path, stamp: &Path) -> Result<(), String> {
    let removed = |result: std::io::Result<()>| match result {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(format!("`{}` cannot be removed: {error}", at.display())),
        _ => Ok(()),
    };
    removed(fs::remove_file(stamp))?;
    removed(fs::remove_dir_all(at))?;
    fs::create_dir_all(at).map_err(|error| format!("`{}` cannot be made: {error}", at.display()))
}

fn python_requirements(root: &Path) -> PathBuf {
    root.join("tests/independent/requirements.txt")
}

fn python_pins(root: &Path) -> Result<String, String> {
    read(&python_requirements(root))
}

fn install_python(root: &Path, at: &Path) -> Result<(), String> {
    let python = find_python(root)
        .ok_or_else(|| format!("no Python {}.{} or newer is there; install one with its venv module", OLDEST_PYTHON.0, OLDEST_PYTHON.1))?;
    succeed(program(python, root).args(["-m", "venv"]).arg(at))?;
    let requirements = python_requirements(root);
    let pip =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--require-hashes", "--only-binary", ":all:"];
    succeed(program(at.join("bin/python"), root).args(pip).arg("--requirement").arg(requirements))
}

/// The name of a Python that is new enough and can make a virtual environment.
pub fn find_python(root: &Path) -> Option<&'static str> {
    ["python3", "python3.11", "python3.12", "python3.13", "python3.14"].into_iter().find(|name| {
        let version = output(program(name, root).args(["-c", "import sys, venv; print(*sys.version_info[:2])"]));
        version.and_then(|text| python_version(&text)).is_some_and(|version| version >= OLDEST_PYTHON)
    })
}

fn python_version(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.split_once(' ')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

fn browser_sources(root: &Path) -> [PathBuf; 3] {
    ["package.json", "package-lock.json", "unpack.mjs"].map(|name| root.join("tests/browser").join(name))
}

fn browser_pins(root: &Path) -> Result<String, String> {
    browser_sources(root).iter().map(|path| read(path)).collect()
}

fn install_browser(root: &Path, at: &Path) -> Result<(), String> {
    let [package, lock, unpack] = browser_sources(root);
    for source in [package, lock] {
        let name = source.file_name().expect("a file");
        fs::copy(&source, at.join(name)).map_err(|error| format!("`{}` cannot be copied: {error}", source.display()))?;
    }
    succeed(program("npm", at).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error"]))?;
    succeed(program("node", root).arg(unpack).arg(at))
}

fn install_deny(root: &Path, at: &Path) -> Result<(), String> {
    let build = at.join("build");
    let mut install =
        cargo(root, &["install", "cargo-deny", "--version", CARGO_DENY, "--locked", "--no-default-features", "--debug", "--quiet"]);
    install.arg("--root").arg(at).arg("--target-dir").arg(&build);
    // It runs for less than a second and is built on every fresh machine: an unoptimised build costs least.
    install.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_PROFILE_DEV_OPT_LEVEL", "0").env("CARGO_INCREMENTAL", "0");
    succeed(&mut install)?;
    fs::remove_dir_all(&build).map_err(|error| format!("`{}` cannot be removed: {error}", build.display()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("`{}` cannot be read: {error}", path.display()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("`{}` cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn an_unfinished_or_other_install_is_done_again_and_a_finished_one_is_not() {
        let folder = folder("stamp");
        let works = |at: &Path| write(&at.join("binary"), "");
        let unwanted = |_: &Path| -> Result<(), String> { panic!("installed again") };
        assert!(!ensure(&folder, "tool", "one", |at| works(at).and(Err("cut short".to_owned()))));
        assert!(ensure(&folder, "tool", "one", |at| {
            assert!(!at.join("binary").exists(), "what the unfinished install left is gone");
            works(at)
        }));
        assert!(ensure(&folder, "tool", "one", unwanted));
        assert!(!ensure(&folder, "tool", "two", |_| Err("no network".to_owned())));
        assert!(!folder.join("tool.stamp").exists());
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn python_versions_compare_as_numbers() {
        assert!(python_version("3 9").unwrap() < OLDEST_PYTHON);
        assert!(python_version("3 11").unwrap() >= OLDEST_PYTHON);
        assert_eq!(python_version("nonsense"), None);
    }
}
