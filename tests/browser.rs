//! Pages in a browser: those of the demo read well; and the checks find what is wrong with a page.

use std::fs;

use dayone_tests::{Tools, fresh_folder, run, succeed};

const GOOD: &str = r#"<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Invoice</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>Invoice of April</h1><p>12.34 USD</p></main></body></html>"#;

/// Name, what to replace in the good page by what, and a part of the finding.
const FAULTS: [(&str, &str, &str, &str); 9] = [
    ("no-title", "<title>Invoice</title>", "", "has no title"),
    ("no-heading", "<h1>Invoice of April</h1>", "", "has 0 h1"),
    ("no-viewport", "name=\"viewport\"", "name=\"author\"", "has no meta viewport"),
    ("script", "<p>", "<script>document.querySelector('h1').append(' late')</script><p>", "has 1 script elements"),
    ("late-text", "<p>", "<script>document.querySelector('h1').append(' late')</script><p>", "no JavaScript): reads differently"),
    ("wide", "<p>", "<div style='width:1000px'>wide</div><p>", "(390 px): is 618 px wider"),
    ("outside", "<p>", "<img alt='logo' src='http://localhost:9/logo.png'><p>", "asks for http://localhost:9/logo.png"),
    ("missing", "<p>", "<img alt='logo' src='logo.png'><p>", "cannot load file:"),
    ("pale", "<p>", "<p style='color:#ddd'>", "(color-contrast)"),
];

#[test]
fn pages_of_the_demo_read_well_at_a_desk_and_on_a_phone() {
    let Some(tools) = Tools::find("pages_of_the_demo_read_well_at_a_desk_and_on_a_phone") else { return };
    let folder = fresh_folder(env!("CARGO_TARGET_TMPDIR"), "demo-pages");
    let demo = folder.join("demo");
    succeed(tools.dayone().args(["demo", "--no-serve", "--out"]).arg(&demo));
    let pages = folder.join("pages");
    let mut preview = tools.dayone();
    preview.arg("preview").args(["aws-cur", "azure-focus", "gcp-focus"].map(|source| demo.join(source)));
    preview.arg("--tree").arg(demo.join("tree.yaml")).arg("--drivers").arg(demo.join("drivers.csv")).arg("--out").arg(&pages);
    succeed(&mut preview);
    // The first month has no month before it, the last closed one has a full history.
    succeed(tools.node("check.mjs").arg(pages.join("2026-10-USD")).arg(pages.join("2026-05-USD").join("index.html")));
}

#[test]
fn a_good_page_passes() {
    let Some(tools) = Tools::find("a_good_page_passes") else { return };
    let folder = fresh_folder(env!("CARGO_TARGET_TMPDIR"), "good-page");
    fs::write(folder.join("good.html"), GOOD).unwrap();
    let said = succeed(tools.node("check.mjs").arg(&folder));
    assert_eq!(said.trim(), "1 pages at 1280 and 390 px: nothing found");
}

#[test]
fn each_fault_of_a_page_is_found() {
    let Some(tools) = Tools::find("each_fault_of_a_page_is_found") else { return };
    let folder = fresh_folder(env!("CARGO_TARGET_TMPDIR"), "bad-pages");
    for (name, good, bad, _) in FAULTS {
        fs::write(folder.join(format!("{name}.html")), GOOD.replacen(good, bad, 1)).unwrap();
    }
    let output = run(tools.node("check.mjs").arg(&folder));
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}{}", String::from_utf8_lossy(&output.stderr));
    for (name, _, _, finding) in FAULTS {
        assert!(said.lines().any(|line| line.starts_with(name) && line.contains(finding)), "{name}: {finding}\n{said}");
    }
}

#[test]
fn pages_become_pictures_and_a_print() {
    let Some(tools) = Tools::find("pages_become_pictures_and_a_print") else { return };
    let folder = fresh_folder(env!("CARGO_TARGET_TMPDIR"), "pictures");
    fs::write(folder.join("good.html"), GOOD).unwrap();
    let output = folder.join("out");
    succeed(tools.node("screenshots.mjs").arg(&output).arg(&folder));
    for (name, magic) in [("good-1280.png", &b"\x89PNG"[..]), ("good-390.png", b"\x89PNG"), ("good.pdf", b"%PDF")] {
        assert!(fs::read(output.join(name)).unwrap().starts_with(magic), "{name}");
    }
}
