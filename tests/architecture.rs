//! Rules of the house that a machine can check.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use dayone_tests::{succeed, workspace_root};
use serde_json::Value;

const MAX_LINES: usize = 700;

/// What each package may depend on; `dev` also in its tests. A package that is not listed may not exist.
const EDGES: [Edges; 16] = [
    Edges { package: "dayone-domain", normal: &[], dev: &[] },
    Edges { package: "dayone-billing-files", normal: &["dayone-domain"], dev: &[] },
    Edges { package: "dayone-configuration", normal: &["dayone-domain"], dev: &[] },
    Edges { package: "dayone-documents", normal: &["dayone-domain"], dev: &[] },
    Edges { package: "dayone-demo", normal: &["dayone-domain"], dev: &["dayone-billing-files", "dayone-configuration"] },
    Edges { package: "dayone-ports", normal: &["dayone-domain"], dev: &[] },
    Edges { package: "dayone-erp", normal: &["dayone-domain", "dayone-ports"], dev: &[] },
    Edges { package: "dayone-embedded", normal: &["dayone-ports"], dev: &[] },
    Edges { package: "dayone-workflow", normal: &["dayone-configuration", "dayone-domain", "dayone-ports"], dev: &["dayone-erp"] },
    Edges {
        package: "dayone-handlers",
        normal: &[
            "dayone-billing-files",
            "dayone-configuration",
            "dayone-documents",
            "dayone-domain",
            "dayone-erp",
            "dayone-ports",
            "dayone-workflow",
        ],
        dev: &[],
    },
    Edges {
        package: "dayone",
        normal: &[
            "dayone-billing-files",
            "dayone-configuration",
            "dayone-demo",
            "dayone-documents",
            "dayone-domain",
            "dayone-embedded",
            "dayone-erp",
            "dayone-handlers",
            "dayone-ports",
            "dayone-workflow",
        ],
        dev: &[],
    },
    Edges { package: "dayone-tests", normal: ANYTHING, dev: ANYTHING },
    Edges { package: "dayone-bench", normal: ANYTHING, dev: ANYTHING },
    Edges { package: "dayone-mutation", normal: ANYTHING, dev: ANYTHING },
    Edges { package: "dayone-simulation", normal: ANYTHING, dev: ANYTHING },
    Edges { package: "xtask", normal: &[], dev: &[] },
];

const ANYTHING: &[&str] = &["*"];

struct Edges {
    package: &'static str,
    normal: &'static [&'static str],
    dev: &'static [&'static str],
}

/// Crates that the pure core may use. A new one is a decision: none may bring I/O, a clock or async.
const DOMAIN_CRATES: [&str; 10] =
    ["chrono", "chrono-tz", "ethnum", "hashbrown", "iso_currency", "num-bigint", "rust_decimal", "serde", "sha2", "thiserror"];

/// What the top level of the repository may hold beside dot files.
const TOP_LEVEL: [&str; 9] =
    ["Cargo.toml", "Cargo.lock", "functions", "shared", "infra", "tests", "samconfig.toml", "README.md", "LICENSE"];

struct Package {
    name: String,
    manifest: PathBuf,
    /// Name and kind: `normal`, `dev` or `build`.
    dependencies: Vec<(String, String)>,
}

fn packages() -> Vec<Package> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(workspace_root()).args(["metadata", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&succeed(&mut command)).expect("cargo metadata is JSON");
    let text = |value: &Value| value.as_str().map(str::to_owned).unwrap_or_default();
    let packages = metadata["packages"].as_array().expect("a list of packages");
    assert!(!packages.is_empty());
    packages
        .iter()
        .map(|package| Package {
            name: text(&package["name"]),
            manifest: PathBuf::from(text(&package["manifest_path"])),
            dependencies: package["dependencies"]
                .as_array()
                .expect("a list of dependencies")
                .iter()
                .map(|dependency| (text(&dependency["name"]), dependency["kind"].as_str().unwrap_or("normal").to_owned()))
                .collect(),
        })
        .collect()
}

/// Edges among workspace packages that no rule allows, as `from → to (kind)`.
fn forbidden_edges(packages: &[Package]) -> Vec<String> {
    let own: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let rules: BTreeMap<&str, &Edges> = EDGES.iter().map(|edges| (edges.package, edges)).collect();
    let mut forbidden = Vec::new();
    for package in packages {
        for (to, kind) in package.dependencies.iter().filter(|(to, _)| own.contains(to.as_str())) {
            let allowed = rules.get(package.name.as_str()).is_some_and(|edges| {
                let in_list = |list: &[&str]| list == ANYTHING || list.contains(&to.as_str());
                in_list(edges.normal) || (kind == "dev" && in_list(edges.dev))
            });
            if !allowed {
                forbidden.push(format!("{} → {to} ({kind})", package.name));
            }
        }
    }
    forbidden
}

#[test]
fn dependencies_point_down() {
    let forbidden = forbidden_edges(&packages());
    assert!(forbidden.is_empty(), "move the code to where both may reach it; no rule allows {forbidden:?}");
}

#[test]
fn dependencies_that_point_up_or_sideways_are_found() {
    let package = |name: &str, dependencies: &[(&str, &str)]| Package {
        name: name.to_owned(),
        manifest: PathBuf::new(),
        dependencies: dependencies.iter().map(|(to, kind)| ((*to).to_owned(), (*kind).to_owned())).collect(),
    };
    let packages = [
        package("dayone-domain", &[("dayone-documents", "dev"), ("chrono", "normal")]),
        package("dayone-documents", &[("dayone-domain", "normal"), ("dayone-billing-files", "normal")]),
        package("dayone-billing-files", &[("dayone-domain", "normal")]),
        package("dayone-demo", &[("dayone-billing-files", "dev"), ("dayone-configuration", "normal")]),
        package("dayone-configuration", &[]),
        package("dayone-stranger", &[("dayone-domain", "normal")]),
    ];
    assert_eq!(
        forbidden_edges(&packages),
        [
            "dayone-domain → dayone-documents (dev)",
            "dayone-documents → dayone-billing-files (normal)",
            "dayone-demo → dayone-configuration (normal)",
            "dayone-stranger → dayone-domain (normal)",
        ]
    );
}

#[test]
fn every_package_has_its_rule() {
    let known: BTreeSet<&str> = EDGES.iter().map(|edges| edges.package).collect();
    let found: BTreeSet<String> = packages().into_iter().map(|package| package.name).collect();
    let found: BTreeSet<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, known, "say in `EDGES` of this test what the new package may depend on, or take the gone one out");
}

#[test]
fn arrow_is_known_where_billing_files_are_read_and_made_alone() {
    let knows: Vec<String> = packages()
        .iter()
        .filter(|package| !["dayone-billing-files", "dayone-demo", "dayone-bench", "dayone-mutation"].contains(&package.name.as_str()))
        .flat_map(|package| package.dependencies.iter().map(move |(to, _)| (&package.name, to)))
        .filter(|(_, to)| *to == "parquet" || *to == "arrow" || to.starts_with("arrow-"))
        .map(|(name, to)| format!("{name} → {to}"))
        .collect();
    assert!(knows.is_empty(), "reading Parquet is the work of `shared/billing-files`; take out {knows:?}");
}

#[test]
fn the_domain_depends_on_its_short_list_only() {
    let packages = packages();
    let domain = packages.iter().find(|package| package.name == "dayone-domain").expect("the domain is a package");
    let others: Vec<&str> = domain
        .dependencies
        .iter()
        .filter(|(to, kind)| kind != "dev" && !DOMAIN_CRATES.contains(&to.as_str()))
        .map(|(to, _)| to.as_str())
        .collect();
    assert!(others.is_empty(), "the domain is pure: no I/O, no clock, no async, no cloud; do without {others:?}");
}

#[test]
fn the_domain_knows_no_float() {
    let mut found = Vec::new();
    for file in rust_files(&workspace_root().join("shared").join("domain").join("src")) {
        let text = fs::read_to_string(&file).expect("a source file can be read");
        found.extend(float_lines(&text).map(|line| format!("{}:{line}", relative(&file))));
    }
    assert!(found.is_empty(), "money is no float; use `Exact` in {found:?}");
}

/// Lines, from 1, that name a float type outside of comments.
fn float_lines(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.lines()
        .enumerate()
        .filter(|(_, line)| {
            let code = line.split("//").next().unwrap_or_default();
            code.split(|character: char| !character.is_alphanumeric() && character != '_').any(is_float_word)
        })
        .map(|(place, _)| place + 1)
}

/// `f64`, and the suffix of a literal: `0_f64`, `1f32`.
fn is_float_word(word: &str) -> bool {
    ["f32", "f64"].iter().any(|float| {
        word.strip_suffix(float).is_some_and(|rest| rest.chars().all(|character| character.is_ascii_digit() || character == '_'))
    })
}

#[test]
fn floats_are_told_from_comments_and_names() {
    let text = "let a: f64 = b;\n// f64\nlet half64 = c as u64; // as f32\nlet d = 1.0f32;\nlet of64 = leaf_f64;\nfn e() -> Option<f32>";
    assert_eq!(float_lines(text).collect::<Vec<_>>(), [1, 4, 6]);
}

#[test]
fn every_package_inherits_lints_and_licence() {
    for package in packages() {
        let manifest = fs::read_to_string(&package.manifest).expect("a manifest can be read");
        let lines: Vec<&str> = manifest.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let lints = lines.windows(2).any(|pair| pair == ["[lints]", "workspace = true"]);
        assert!(lints, "write `[lints]` and `workspace = true` into `{}`", relative(&package.manifest));
        let licence = lines.contains(&"license.workspace = true");
        assert!(licence, "write `license.workspace = true` into `{}`", relative(&package.manifest));
    }
}

#[test]
fn the_top_level_holds_what_the_layout_names() {
    let mut command = Command::new("git");
    command.current_dir(workspace_root()).args(["ls-files", "-z"]);
    let listed = succeed(&mut command);
    let strays: BTreeSet<&str> = listed
        .split('\0')
        .filter_map(|path| path.split('/').next())
        .filter(|name| !name.is_empty() && !name.starts_with('.') && !TOP_LEVEL.contains(name))
        .collect();
    assert!(strays.is_empty(), "settings of tools are dot files and code has its folder; move {strays:?}");
}

#[test]
fn every_rust_file_can_be_read_in_one_sitting() {
    let mut long = Vec::new();
    for folder in ["functions", "shared", "infra", "tests"] {
        for file in rust_files(&workspace_root().join(folder)) {
            let lines = fs::read_to_string(&file).expect("a source file can be read").lines().count();
            if lines > MAX_LINES {
                long.push(format!("{} ({lines} lines)", relative(&file)));
            }
        }
    }
    assert!(long.is_empty(), "a file of more than {MAX_LINES} lines is two files; cut {long:?}");
}

#[test]
fn the_readme_names_both_commands() {
    let readme = fs::read_to_string(workspace_root().join("README.md")).expect("write README.md");
    for command in ["cargo run --release -- demo", "cargo xtask test"] {
        assert!(readme.contains(command), "a newcomer needs `{command}`; say it in README.md");
    }
}

/// The Rust files below a folder that may be absent, without what tools left there.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for entry in entries.map(|entry| entry.expect("a folder can be read").path()) {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        if entry.is_dir() && !["target", "node_modules"].contains(&&*name) && !name.starts_with('.') {
            files.extend(rust_files(&entry));
        } else if name.ends_with(".rs") {
            files.push(entry);
        }
    }
    files.sort();
    files
}

fn relative(path: &Path) -> String {
    path.strip_prefix(workspace_root()).unwrap_or(path).display().to_string()
}
