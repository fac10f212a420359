//! The program that serves: it says where, answers, and ends when it is told to.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn dayone(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dayone"));
    command.stdin(Stdio::null()).env_remove("DAYONE_URL").env("DAYONE_HOME", home);
    command
}

/// Ended with the test, also where that fails.
struct Served(Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The whole answer to a request of a path.
fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("it listens where it says");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers in UTF-8");
    answer
}

fn signal(child: &Child, name: &str) {
    let ended = Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status();
    assert!(ended.expect("`kill` is there").success());
}

#[test]
fn it_says_where_it_listens_answers_and_ends_on_either_signal() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let home = folder.path().join("home");
    assert!(dayone(&home).arg("init").output().expect("it can be started").status.success());
    for name in ["TERM", "INT"] {
        let child = dayone(&home).args(["serve", "--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut served = Served(child.expect("it can be started"));
        let mut out = BufReader::new(served.0.stdout.take().expect("it is piped"));
        let mut first = String::new();
        out.read_line(&mut first).expect("it says where");
        let address = first.split("http://").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("an address").to_owned();
        assert!(address.starts_with("127.0.0.1:") && !address.ends_with(":0"), "{first}");
        let answer = get(&address, "/api/health");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        signal(&served.0, name);
        let mut rest = String::new();
        out.read_to_string(&mut rest).expect("it ends");
        assert!(rest.ends_with("Ended.\n"), "{rest}");
        assert_eq!(served.0.wait().expect("it ended").code(), Some(0), "{name}");
    }
}

/// What a home says when it is served on a free port, until it is ended.
fn said_while_serving(home: &Path, more: &[&str]) -> String {
    let child = dayone(home).args(["serve", "--port", "0"]).args(more).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut served = Served(child.expect("it can be started"));
    let mut out = BufReader::new(served.0.stdout.take().expect("it is piped"));
    let mut said = String::new();
    while !said.contains("Issuing is not part of it") {
        assert_ne!(out.read_line(&mut said).expect("it says where"), 0, "{said}");
    }
    signal(&served.0, "TERM");
    said
}

#[test]
fn the_home_keeps_the_address_that_it_was_last_served_at() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let home = folder.path().join("home");
    assert!(dayone(&home).arg("init").output().expect("it can be started").status.success());
    let said = said_while_serving(&home, &[]);
    let here = said.split("on ").nth(1).and_then(|rest| rest.split(' ').next()).expect("it says where");
    assert!(said.contains(&format!("from here lead to {here}, and of other commands to http://127.0.0.1:8686")), "{said}");
    assert!(!home.join("url").exists(), "a port that was free is no address to keep");
    for more in [&["--url", "https://bills.example/"][..], &[]] {
        let said = said_while_serving(&home, more);
        assert!(said.contains("Links in mail lead to https://bills.example;"), "{said}");
    }
}

#[test]
fn what_is_no_address_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let ended = dayone(&folder.path().join("home")).args(["init", "--url", "bills.example"]).output().expect("it can be started");
    let err = String::from_utf8(ended.stderr).expect("UTF-8");
    assert_eq!(ended.status.code(), Some(2));
    assert!(err.contains("write it like https://bills.example.com"), "{err}");
}

#[test]
fn a_port_that_is_taken_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let home = folder.path().join("home");
    assert!(dayone(&home).arg("init").output().expect("it can be started").status.success());
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let port = taken.local_addr().expect("it is bound").port().to_string();
    let ended = dayone(&home).args(["serve", "--port", &port]).output().expect("it can be started");
    let err = String::from_utf8(ended.stderr).expect("UTF-8");
    assert_eq!(ended.status.code(), Some(1));
    assert!(err.contains("cannot be served on") && err.contains("--port"), "{err}");
}
