//! The charge that `shared/ARCHITECTURE.md` walks from its file to its invoice is in the demo, as it says.

use std::ffi::OsString;
use std::fs;
use std::io::Read;

use dayone_demo::DemoTenant;
use dayone_tests::workspace_root;
use flate2::read::MultiGzDecoder;
use serde_json::Value;

const FILE: &str = "aws-cur/data/BILLING_PERIOD=2026-10/meridian-cur-00001.csv.gz";
const LINE: usize = 4477;

#[test]
fn the_walkthrough_follows_a_charge_of_the_demo() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let demo = folder.path().join("demo");
    let tenant = DemoTenant { seed: 1, last_closed: "2026-10".parse().expect("a month") };
    let written = dayone_demo::write(&tenant, &demo, &mut |_, _| {}).expect("the demo can be written");
    let mut arguments: Vec<OsString> = vec!["dayone".into(), "preview".into()];
    arguments.extend(written.sources.iter().map(|source| source.folder.clone().into_os_string()));
    arguments.extend(["--tree".into(), written.tree.into(), "--drivers".into(), written.drivers.into()]);
    arguments.extend(["--out".into(), demo.join("invoices").into_os_string()]);
    let mut err = Vec::new();
    assert_eq!(dayone::run(arguments, &mut Vec::new(), &mut err), 0, "{}", String::from_utf8_lossy(&err));

    let text = fs::read_to_string(workspace_root().join("shared").join("ARCHITECTURE.md")).expect("the walkthrough can be read");
    // Lines of a paragraph are filled anew when it is edited.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = |phrase: &str| assert!(text.contains(phrase), "shared/ARCHITECTURE.md no longer says `{phrase}`; follow the charge again");

    let mut csv = String::new();
    MultiGzDecoder::new(fs::File::open(demo.join(FILE)).expect("the file is there")).read_to_string(&mut csv).expect("gzipped text");
    let row = csv.lines().nth(LINE - 1).expect("the line is there");
    says(&format!("`{FILE}`, line {LINE}"));
    for value in ["103.109499375", "410283771621", "2185264919", "Amazon DynamoDB", "resourceTags/user:team", ",Usage,"] {
        assert!(row.contains(value), "line {LINE} of the demo's file no longer holds `{value}`: {row}");
        says(value.trim_matches(','));
    }

    let invoice = fs::read_to_string(demo.join("invoices/2026-10-USD/checkout.json")).expect("the invoice is there");
    let invoice: Value = serde_json::from_str(&invoice).expect("JSON");
    let is_ours =
        |line: &&Value| line["service"] == "Amazon DynamoDB" && line["sub_account_name"] == "web-shop-prod" && line["nature"] == "usage";
    let line = invoice["lines"].as_array().expect("lines").iter().find(is_ours).expect("the line of our charge");
    let plain = |value: &Value| value.as_str().expect("an amount is a text").to_owned();
    says(&format!("exactly {}", plain(&line["exact"])));
    says(&format!("{} other charges", line["charges"].as_u64().expect("a count") - 1));
    says(&format!("USD {} of the invoice's {}", grouped(&plain(&line["amount"])), grouped(&plain(&invoice["totals"]["total"]))));
}

fn grouped(plain: &str) -> String {
    dayone_documents::amount::grouped(plain)
}

/// Runs `tree check` on the first tree of a page, and on the driver file that stands beside it.
fn check_tree_of(page: &str) {
    let text = fs::read_to_string(workspace_root().join(page)).expect("the page can be read");
    let block = |kind: &str| text.split(&format!("```{kind}\n")).nth(1).and_then(|rest| rest.split("```").next());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a file can be written");
        path.into_os_string()
    };
    let tree = write("tree.yaml", block("yaml").expect("the page shows a tree"));
    let mut arguments = vec!["dayone".into(), "tree".into(), "check".into(), tree];
    if let Some(drivers) = block("csv") {
        arguments.extend(["--drivers".into(), write("drivers.csv", drivers)]);
    }
    let mut err = Vec::new();
    let code = dayone::run(arguments, &mut Vec::new(), &mut err);
    assert_eq!((code, String::from_utf8_lossy(&err).as_ref()), (0, ""), "{page}: not even a warning");
}

#[test]
fn the_trees_that_pages_show_are_sound() {
    for page in ["README.md", "shared/configuration/TREE.md"] {
        check_tree_of(page);
    }
}
