//! A month is reviewed in a real browser, against the real program.

#[path = "browser/review/company.rs"]
mod company;

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};

use dayone_tests::{Tools, fresh_folder, run, succeed, workspace_root};
use serde_json::{Value, json};

use company::{Calendar, Home, PASSWORD};

#[test]
fn a_month_is_reviewed_at_a_desk_once_without_a_mouse() {
    let Some(tools) = Tools::find("a_month_is_reviewed_at_a_desk_once_without_a_mouse") else { return };
    review(&tools, "desk", 1280, true);
}

#[test]
fn a_month_is_reviewed_on_a_phone() {
    let Some(tools) = Tools::find("a_month_is_reviewed_on_a_phone") else { return };
    review(&tools, "phone", 390, false);
}

/// The page with the fault, and a part of what is said of it.
const FAULTS: [(&str, &str); 13] = [
    ("untitled", "has no title"),
    ("headings", "has 2 h1"),
    ("script", "has scripts or styles"),
    ("script", "Content Security Policy"),
    ("style", "has scripts or styles"),
    ("style", "Content Security Policy"),
    ("pale", "(color-contrast)"),
    ("dark", "in dark mode, serious"),
    ("wide", "px wider than the window"),
    ("outside", "asks for http://localhost:9/logo.png"),
    ("missing", "status of 404"),
    ("bare", "the focus cannot be told"),
    ("behind", "the focus is on what cannot be seen"),
];

#[test]
fn each_fault_of_a_served_page_is_found() {
    let Some(tools) = Tools::find("each_fault_of_a_served_page_is_found") else { return };
    let said = succeed(&mut tools.node("review/faults.mjs"));
    for (name, finding) in FAULTS {
        let place = format!("Somebody at /{name} (390 px): ");
        assert!(said.lines().any(|line| line.starts_with(&place) && line.contains(finding)), "{name}: {finding}\n{said}");
    }
    assert!(!said.contains("Somebody at /good"), "{said}");
}

fn review(tools: &Tools, name: &str, width: u32, by_keyboard: bool) {
    let folder = fresh_folder(env!("CARGO_TARGET_TMPDIR"), &format!("review-{name}"));
    let calendar = Calendar::of_machine();
    let home = Home::issued(tools, &folder, &calendar);
    let server = Server::of(&home);
    let story = json!({
        "address": server.address,
        "width": width,
        "password": PASSWORD,
        "month": calendar.month(),
        "before": calendar.before(),
        "by_keyboard": by_keyboard,
        "pictures": workspace_root().join("target").join("screenshots").join("review"),
    });
    let output = run(tools.node("review.mjs").arg(story.to_string()));
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("nothing found"), "{said}");
    server.end();
    check(&home, &calendar, by_keyboard);
}

/// What the people did on the pages is what the command line finds in the home.
fn check(home: &Home<'_>, calendar: &Calendar, by_keyboard: bool) {
    let read = |person: &str, words: &str| -> Value { serde_json::from_str(&home.succeeds_as(person, words)).expect("it is JSON") };
    let listed = read("clara", "journals list --format json");
    let words = |journal: &Value| ["cost_group", "moved", "status"].map(|key| journal[key].as_str().expect("a text").to_owned()).join(" ");
    let posted: Vec<String> = listed["journals"].as_array().expect("a list").iter().map(words).collect();
    let mut expected = vec!["search 1131.53 posted", "web 1631.78 posted", "web 155.06 posted"];
    if by_keyboard {
        expected.insert(0, "data 2726.40 posted");
    }
    assert_eq!(posted, expected);
    let month = calendar.month();
    let proof = read("audrey", &format!("tieout {month} --format json"));
    assert_eq!(proof["differences"], json!([]), "{proof}");
    let invoices = read("audrey", &format!("invoices --period {month} --currency USD --format json"));
    let standing = |group: &str| {
        let of = invoices["invoices"].as_array().expect("a list").iter().find(|invoice| invoice["cost_group"] == group);
        let of = of.unwrap_or_else(|| panic!("{group}: {invoices}"));
        (of["revision"].clone(), of["standing"].clone())
    };
    for group in ["web", "search"] {
        assert_eq!(standing(group), (2.into(), "accepted".into()), "{group}");
    }
    succeed(home.command().args(["audit", "verify"]));
}

/// `dayone serve` on a free port; ended with the test, however that ends.
struct Server {
    child: Child,
    output: BufReader<ChildStdout>,
    address: String,
}

impl Server {
    /// Starts it, and waits until it says where it is.
    fn of(home: &Home<'_>) -> Server {
        let mut command = home.command();
        command.args(["serve", "--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary can be started");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut server = Server { child, output, address: String::new() };
        let mut line = String::new();
        server.output.read_line(&mut line).expect("it says something");
        let said = line.split_whitespace().find(|word| word.starts_with("http://127.0.0.1:"));
        server.address = said.unwrap_or_else(|| panic!("it does not say where: {line}")).to_owned();
        server
    }

    /// Ends it as a terminal does: what it was asked is done, and it had nothing to complain about.
    fn end(mut self) {
        succeed(Command::new("kill").args(["-INT", &self.child.id().to_string()]));
        let status = self.child.wait().expect("it ends");
        let (mut said, mut complained) = (String::new(), String::new());
        self.output.read_to_string(&mut said).expect("what it says is UTF-8");
        let stderr = self.child.stderr.as_mut().expect("it is piped");
        stderr.read_to_string(&mut complained).expect("what it says is UTF-8");
        assert!(status.success() && said.ends_with("Ended.\n"), "{status}: {said}");
        assert_eq!(complained, "");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already where all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
