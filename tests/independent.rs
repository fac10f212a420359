//! The independent check: Python recomputes sums and invoices from raw files, and every figure must agree.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use dayone_tests::{Tools, fresh_folder, run, succeed};

/// Seeds of made-up bills; each is another company with other files, splits and treatments.
const SEEDS: std::ops::RangeInclusive<u32> = 1..=8;

/// Seeds of made-up files: each is half a hundred of them, of every format in every container.
const FILE_SEEDS: std::ops::RangeInclusive<u32> = 1..=4;

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
fn sums_of_every_format_in_every_container_agree_with_the_independent_check() {
    let Some(tools) = Tools::find("sums_of_every_format_in_every_container_agree_with_the_independent_check") else { return };
    let parent = fresh_folder(env!("CARGO_TARGET_TMPDIR"), "made-up-files");
    for seed in FILE_SEEDS {
        let folder = parent.join(seed.to_string());
        succeed(tools.python("make_files.py").arg(seed.to_string()).arg(&folder));
        let files = billing_files(&folder);
        assert_eq!(files.len(), 3 * 9 + 6 * 4, "three formats in nine kinds of file, six exports of the toolkit in four");
        let previews: Vec<[PathBuf; 3]> = files.into_iter().map(|file| previewed(&tools, &folder, file)).collect();
        succeed(&mut check_sums(&tools, &folder, &previews));
    }
}

#[test]
fn sums_of_a_month_of_the_demo_agree_with_the_independent_check() {
    let Some(tools) = Tools::find("sums_of_a_month_of_the_demo_agree_with_the_independent_check") else { return };
    let folder = fresh_folder(env!("CARGO_TARGET_TMPDIR"), "demo-summed");
    let demo = folder.join("demo");
    succeed(tools.dayone().args(["demo", "--no-serve", "--out"]).arg(&demo));
    fs::copy(demo.join("tree.yaml"), folder.join("tree.yaml")).unwrap();
    let files = ["azure-focus", "gcp-focus"].map(|source| {
        let months = fs::read_dir(demo.join(source)).unwrap().map(|entry| entry.unwrap().path());
        billing_files(&months.filter(|path| path.is_dir()).max().expect("a source has months")).remove(0)
    });
    let previews = files.map(|file| previewed(&tools, &folder, file));
    succeed(&mut check_sums(&tools, &folder, &previews));
}

#[test]
fn a_sum_that_differs_in_the_last_digit_is_found() {
    let Some(tools) = Tools::find("a_sum_that_differs_in_the_last_digit_is_found") else { return };
    let folder = fresh_folder(env!("CARGO_TARGET_TMPDIR"), "last-digit-of-a-sum");
    succeed(tools.python("make_files.py").arg("9").arg(&folder));
    for (name, figure) in [("focus-text.csv", "billed"), ("cur-2-doubles.parquet", "effective"), ("legacy-text.csv.zip", "list")] {
        let previews = previewed(&tools, &folder, folder.join(name));
        succeed(&mut check_sums(&tools, &folder, std::slice::from_ref(&previews)));
        let text = fs::read_to_string(&previews[1]).unwrap();
        fs::write(&previews[1], with_other_last_digit(&text, figure)).unwrap();
        let output = run(&mut check_sums(&tools, &folder, std::slice::from_ref(&previews)));
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(said.contains(&format!("master_bill.{figure}: ")) && said.contains(": 1 differences"), "{name}: {said}");
    }
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
    fs::write(&preview, with_other_last_digit(&text, "exact")).unwrap();
    let output = run(&mut case.check("billed", &preview));
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(".exact: ") && said.contains(": 1 differences"), "{said}");
}

/// A preview in which the first amount of this name ends in another digit.
fn with_other_last_digit(preview: &str, name: &str) -> String {
    let place = preview.find(&format!("\"{name}\": \"")).expect("the preview has this amount");
    let digit = place + preview[place..].find("\",").expect("the amount ends");
    let last = if preview.as_bytes()[digit - 1] == b'1' { "2" } else { "1" };
    [&preview[..digit - 1], last, &preview[digit..]].concat()
}

/// The billing files of a folder, in the order of their names.
fn billing_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| ["csv", "gz", "zip", "parquet"].iter().any(|known| extension == *known)));
    files.sort();
    files
}

/// A file or folder with its previews: read row by row without a tree, and allocated by the folder's tree.
fn previewed(tools: &Tools, folder: &Path, file: PathBuf) -> [PathBuf; 3] {
    let name = file.file_name().expect("a file has a name").to_string_lossy().into_owned();
    let of = |ending: &str, tree: &[PathBuf]| {
        let path = folder.join(format!("{name}.{ending}.json"));
        let mut preview = tools.dayone();
        preview.arg("preview").arg(&file).args(["--format", "json"]);
        preview.args(tree.iter().flat_map(|tree| [OsStr::new("--tree"), tree.as_os_str()]));
        fs::write(&path, succeed(&mut preview)).expect("the target folder can be written to");
        path
    };
    let previews = [of("preview", &[]), of("allocated", &[folder.join("tree.yaml")])];
    let [preview, allocated] = previews;
    [file, preview, allocated]
}

/// Sums of the files, held against their previews.
fn check_sums(tools: &Tools, folder: &Path, previews: &[[PathBuf; 3]]) -> std::process::Command {
    let tree = folder.join("tree.json");
    let shown = succeed(tools.dayone().args(["tree", "show", "--format", "json"]).arg(folder.join("tree.yaml")));
    fs::write(&tree, shown).expect("the target folder can be written to");
    let mut check = tools.python("sum_files.py");
    check.arg("--tree").arg(tree).args(previews.iter().flatten());
    check
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
