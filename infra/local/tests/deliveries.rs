//! Files sent to a home that is served: delivered as `dayone ingest` delivers them.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use dayone::args::home::HomeArguments;
use dayone::home::{Open, Outside};
use dayone_domain::review::{By, SignIn};
use dayone_workflow::audit::TrailOf;
use dayone_workflow::deliveries::SourceView;
use serde_json::{Value, json};
use tempfile::TempDir;

const FINOPS: &str = "fina@example.com";
const PASSWORD: &str = "a password of a test";
const PEOPLE: &str = "people:\n  - { mail: fina@example.com, name: Fina, roles: [finops, controller] }\n";
const SOURCES: &str = "sources:
  - { id: aws, provider: AWS, billing_accounts: [\"111\"], currencies: [USD], prefix: aws-cur/, from: 2026-01 }
  - { id: azure, provider: Microsoft, billing_accounts: [\"777\"], currencies: [USD], prefix: azure/, from: 2026-01 }
";
const TREE: &str = "company: Example Ltd.
valid_from: 2026-01
central: finance
unallocated: { id: unallocated, name: Unallocated, owners: [fina@example.com] }
groups:
  - { id: finance, name: Finance, owners: [fina@example.com], cost_center: \"9100\" }
  - { id: shop, name: Shop, owners: [fina@example.com], cost_center: \"4100\" }
rules:
  - { to: shop, when: { tags: { team: shop } } }
treatment: { credits: follow, tax: finance, discounts: follow, marketplace: follow, unused_commitment: follow }
ledger:
  accounts: { default: \"6400\" }
  holding: { default: { account: \"1490\", cost_center: \"9000\" } }
";
const HEADER: &str = "BillingAccountId,BillingPeriodStart,BillingCurrency,ChargeCategory,InvoiceId,BilledCost,EffectiveCost,ProviderName,SubAccountId,ServiceName,Tags\n";
/// Whole seconds, as some file systems know no finer.
const MADE: u64 = 1_760_000_000;

fn charge(account: &str, period: &str, cost: &str) -> String {
    format!("{account},{period}-01T00:00:00Z,USD,Usage,INV-1,{cost},{cost},AWS,{account}-1,Compute,\"{{\"\"team\"\":\"\"shop\"\"}}\"\n")
}

fn files() -> Vec<(&'static str, String)> {
    vec![
        ("aws-cur/data/BILLING_PERIOD=2026-01/part-1.csv", format!("{HEADER}{}", charge("111", "2026-01", "1.0000000001"))),
        ("aws-cur/data/BILLING_PERIOD=2026-01/part-2.csv", format!("{HEADER}{}", charge("111", "2026-01", "2.5"))),
        ("aws-cur/data/BILLING_PERIOD=2026-02/part-1.csv", format!("{HEADER}{}", charge("111", "2026-02", "3"))),
        ("azure/2026-01.csv", format!("{HEADER}{}", charge("777", "2026-01", "4"))),
    ]
}

/// A home that is configured, in a folder of its own.
struct Machine(TempDir);

impl Machine {
    fn new() -> Machine {
        let machine = Machine(tempfile::tempdir().unwrap());
        for (name, text) in [("tree.yaml", TREE), ("people.yaml", PEOPLE), ("sources.yaml", SOURCES)] {
            fs::write(machine.path().join(name), text).unwrap();
        }
        machine.succeeds(&["init", "--tree", "tree.yaml", "--people", "people.yaml", "--sources", "sources.yaml"], "");
        machine.succeeds(&["config", "password", FINOPS, "--as", FINOPS], PASSWORD);
        machine
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dayone"));
        command.current_dir(self.path()).env_remove("DAYONE_URL").env_remove("DAYONE_AS").env("DAYONE_HOME", "home");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn succeeds(&self, words: &[&str], input: &str) {
        let mut child = self.command().args(words).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert!(ended.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ended.stderr));
    }

    fn open(&self) -> Open {
        Open::at(&HomeArguments { home: Some(self.path().join("home")) }, &Outside::of_machine()).unwrap()
    }

    /// What was delivered, but for the moment when it became known.
    fn delivered(&self) -> Vec<SourceView> {
        let open = self.open();
        let views = open.wait(open.tenant.source_periods()).unwrap();
        views.into_iter().map(|view| SourceView { known_at: DateTime::<Utc>::MIN_UTC, ..view }).collect()
    }
}

/// A home that is served; ended with the test, also where that fails.
struct Served {
    child: Child,
    address: String,
    cookie: String,
    csrf: String,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Served {
    fn of(machine: &Machine) -> Served {
        let mut child = machine.command().args(["serve", "--port", "0"]).spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
        let address = first.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("an address").to_owned();
        let mut served = Served { child, address, cookie: String::new(), csrf: String::new() };
        let session = json!({ "mail": FINOPS, "password": PASSWORD }).to_string();
        let (head, _) = served.post("/api/session", "application/json", "", session.as_bytes());
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).expect("a cookie");
        served.cookie = cookie.split(';').next().unwrap().to_owned();
        served.csrf = served.send("GET", "/api/me", &[], b"").1["csrf"].as_str().unwrap().to_owned();
        served
    }

    fn post(&self, path: &str, kind: &str, key: &str, body: &[u8]) -> (String, Value) {
        self.send("POST", path, &[("content-type", kind), ("idempotency-key", key), ("x-csrf-token", &self.csrf)], body)
    }

    /// The head of an answer, and what its body says.
    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (String, Value) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncookie: {}\r\n", self.address, self.cookie);
        for (name, value) in headers {
            head += &format!("{name}: {value}\r\n");
        }
        head += &format!("content-length: {}\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    fn deliver(&self, query: &str, key: &str, files: &[(&str, String)]) -> (String, Value) {
        let mut body = String::new();
        for (name, text) in files {
            body += &format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n");
        }
        self.post(&format!("/api/deliveries{query}"), "multipart/form-data; boundary=edge", key, format!("{body}--edge--\r\n").as_bytes())
    }
}

#[test]
fn files_that_are_sent_are_delivered_as_the_command_delivers_them() {
    let made = SystemTime::UNIX_EPOCH + Duration::from_secs(MADE);
    let typed = Machine::new();
    for (name, text) in files() {
        let path = typed.path().join("exports").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(made).unwrap();
    }
    typed.succeeds(&["ingest", "exports", "--as", FINOPS], "");

    let sent = Machine::new();
    let served = Served::of(&sent);
    let made = DateTime::<Utc>::from(made).format("%Y-%m-%dT%H:%M:%SZ");
    let (head, answer) = served.deliver(&format!("?modified={made}"), "one", &files());
    assert!(head.starts_with("HTTP/1.1 200"), "{head}\n{answer}");
    let delivery = |source: &str, period: &str, files: u32, charges: u32| json!({ "source": source, "period": period, "files": files, "charges": charges, "outcome": "newest" });
    let expected = [delivery("aws", "2026-01", 2, 2), delivery("aws", "2026-02", 1, 1), delivery("azure", "2026-01", 1, 1)];
    assert_eq!(answer["deliveries"], json!(expected));

    let delivered = sent.delivered();
    assert_eq!(delivered, typed.delivered());
    assert_eq!(delivered.len(), 3);
    for machine in [&typed, &sent] {
        let open = machine.open();
        let signed_in = SignIn::CommandLine { account: "tester".to_owned() };
        let actor = open.wait(open.tenant.actor(FINOPS, signed_in)).unwrap();
        let trail = open.wait(open.tenant.trail(&actor, TrailOf::All)).unwrap();
        let by: Vec<&By> = trail.iter().filter(|entry| entry.stream.to_string().starts_with("source/")).map(|entry| &entry.by).collect();
        assert!(by.len() == 3 && by.iter().all(|by| by.mail() == Some(FINOPS)), "{by:?}");
    }
}

#[test]
fn a_file_that_is_refused_keeps_its_source_out_and_is_told_as_it_was_sent() {
    let machine = Machine::new();
    let served = Served::of(&machine);
    let mut files = files();
    files[2].1 = files[2].1.replace(",3,3,", ",three,3,");
    let (head, answer) = served.deliver("", "one", &files);
    assert!(head.starts_with("HTTP/1.1 422") && head.contains("application/problem+json"), "{head}\n{answer}");
    assert_eq!((&answer["code"], answer["deliveries"].as_array().map(Vec::len)), (&json!("files-refused"), Some(1)), "{answer}");
    assert_eq!(answer["deliveries"][0]["source"], "azure");
    let [file, source] = answer["refused"].as_array().unwrap().as_slice() else { panic!("{answer}") };
    assert_eq!(file["file"], "aws-cur/data/BILLING_PERIOD=2026-02/part-1.csv");
    assert_eq!((&file["row"], &file["column"], &file["value"]), (&json!(2), &json!("BilledCost"), &json!("three")));
    assert!(file["reason"].is_string() && file["what_to_do"].is_string(), "{file}");
    assert!(source["file"].is_null() && source["reason"].as_str().unwrap().contains("`aws`"), "{source}");
    assert_eq!(machine.delivered().len(), 1);
    // Nothing of where files lie while they are read is told.
    let temporary = std::env::temp_dir().display().to_string();
    assert!(!answer.to_string().contains(&temporary), "{answer}");
}

#[test]
fn files_of_no_source_and_of_no_format_are_refused_and_nothing_is_told_of_the_machine() {
    let machine = Machine::new();
    let served = Served::of(&machine);
    let temporary = std::env::temp_dir().display().to_string();
    let text = files().remove(0).1;
    for (key, files, told) in [
        ("one", vec![("other/a.csv", text.replace("111,", "999,"))], "999"),
        ("two", vec![("aws-cur/readme.txt", text.clone())], "no file has the name of a billing file"),
        ("three", vec![("aws-cur/a.csv", text.clone()), ("aws-cur/b.csv", text.clone())], "holds the same bytes as aws-cur/a.csv"),
        ("five", vec![("other/a.csv", text.replace("111,", ","))], "begin the filename with the prefix of its source"),
        ("six", vec![("other/a.csv", text.replace("111,", "999,"))], "add it to the `billing_accounts` of its source"),
        ("four", vec![("aws-cur/1/a.csv", text.clone()), ("aws-cur/2/b.csv", text.replace("Compute", "Storage"))], "aws-cur/1, aws-cur/2"),
    ] {
        let (head, answer) = served.deliver("", key, &files);
        assert!(head.starts_with("HTTP/1.1 422"), "{key}: {head}\n{answer}");
        let whole = answer.to_string();
        assert!(whole.contains(told) && !whole.contains(&temporary), "{key}: {whole}");
        assert!(
            !whole.contains("--") && !whole.contains("`dayone ") && !whole.contains("ingest"),
            "{key} names what a request lacks: {whole}"
        );
    }
    let arriving = fs::read_dir(machine.path().join("home/arriving")).unwrap();
    assert_eq!(arriving.count(), 0, "what is read does not stay");
    assert_eq!(machine.delivered(), []);
}
