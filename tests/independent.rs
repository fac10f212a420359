//! The independent check: Python recomputes invoices from raw files, and every figure must agree.

use std::fs;
use std::path::{Path, PathBuf};

use dayone_tests::{Tools, fresh_folder, run, succeed};

/// Seeds of made-up bills; each is another company with other files, splits and treatments.
const SEEDS: std::ops::RangeInclusive<u32> = 1..=8;

#[test]
fn the_independent_check_passes_its_own_tests() {
    let Some(tools) = Tools::find("the_independent_check_passes_its_own_tests") else { return };
    succeed(&mut tools.python("test_recompute.py"));
}

#[test]
fn invoices_of_made_up_bills_agree_with_the_independent_check() {
    let Some(tools) = Tools::find("invoices_of_made_up_bills_agree_with_the_independent_check") else { return };
    let parent = fresh_folder(env!("CARGO_TARGET_TMPDIR"), "made-up-bills");
    for seed in SEEDS {
        let folder = parent.join(seed.to_string());
        succeed(tools.python("make_bills.py").arg(seed.to_string()).arg(&folder));
        let files = ["aws", "azure", "other"].map(|name| folder.join(name));
        let case =
            Case { tools: &tools, folder: &folder, tree: folder.join("tree.yaml"), drivers: folder.join("drivers.csv"), files: &files };
        for basis in ["billed", "effective"] {
            case.agrees(basis);
        }
    }
}

#[test]
fn invoices_of_the_demo_agree_with_the_independent_check() {
    let Some(tools) = Tools::find("invoices_of_the_demo_agree_with_the_independent_check") else { return };
    let folder = fresh_folder(env!("CARGO_TARGET_TMPDIR"), "demo-recomputed");
    let demo = folder.join("demo");
    succeed(tools.dayone().args(["demo", "--no-serve", "--out"]).arg(&demo));
    let files = ["aws-cur", "azure-focus", "gcp-focus"].map(|source| demo.join(source));
    let mut case = Case { tools: &tools, folder: &folder, tree: demo.join("tree.yaml"), drivers: demo.join("drivers.csv"), files: &files };
    for basis in ["billed", "effective"] {
        case.agrees(basis);
    }
    let late = [demo.join("late").join("aws-cur")];
    case.files = &late;
    case.agrees("billed");
}

#[test]
fn a_difference_of_the_last_digit_is_found() {
    let Some(tools) = Tools::find("a_difference_of_the_last_digit_is_found") else { return };
    let folder = fresh_folder(env!("CARGO_TARGET_TMPDIR"), "last-digit");
    succeed(tools.python("make_bills.py").arg("9").arg(&folder));
    let files = [folder.join("azure")];
    let case = Case { tools: &tools, folder: &folder, tree: folder.join("tree.yaml"), drivers: folder.join("drivers.csv"), files: &files };
    let preview = case.preview("billed");
    let text = fs::read_to_string(&preview).unwrap();
    let place = text.find("\"exact\":").expect("an invoice has an exact amount");
    let digit = place + text[place..].find("\",").expect("the amount ends");
    let last = if text.as_bytes()[digit - 1] == b'1' { "2" } else { "1" };
    fs::write(&preview, [&text[..digit - 1], last, &text[digit..]].concat()).unwrap();
    let output = run(&mut case.check("billed", &preview));
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(".exact: ") && said.contains(": 1 differences"), "{said}");
}

/// Files, a tree and drivers to reckon with twice. What is written in between stays in `folder`.
struct Case<'a> {
    tools: &'a Tools,
    folder: &'a Path,
    tree: PathBuf,
    drivers: PathBuf,
    files: &'a [PathBuf],
}

impl Case<'_> {
    fn agrees(&self, basis: &str) {
        let preview = self.preview(basis);
        succeed(&mut self.check(basis, &preview));
    }

    /// The program's figures, as a file.
    fn preview(&self, basis: &str) -> PathBuf {
        let mut preview = self.tools.dayone();
        preview.arg("preview").args(self.files).arg("--tree").arg(&self.tree).arg("--drivers").arg(&self.drivers);
        let found = succeed(preview.args(["--basis", basis, "--format", "json"]));
        self.write(&format!("preview-{basis}.json"), &found)
    }

    /// The same from the raw files, held against the program's.
    fn check(&self, basis: &str, preview: &Path) -> std::process::Command {
        let shown = succeed(self.tools.dayone().args(["tree", "show", "--format", "json"]).arg(&self.tree));
        let tree = self.write("tree.json", &shown);
        let mut check = self.tools.python("recompute.py");
        check.arg("--tree").arg(tree).arg("--drivers").arg(&self.drivers).args(["--basis", basis]);
        check.arg("--against").arg(preview).args(self.files);
        check
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, text).expect("the target folder can be written to");
        path
    }
}
