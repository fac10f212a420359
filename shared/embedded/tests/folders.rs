//! What documents, anchors, journals and mail look like in their folders.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeZone as _, Utc};
use dayone_embedded::{FolderAnchors, FolderDocuments, LedgerFolder, MailFolder};
use dayone_ports::{Anchors as _, Clock, Digest, Documents as _, Erp as _, ErpError, Mail, Mailer as _, OutgoingJournal};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// All files below a folder, by their paths within it, in order.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(inner) = open.pop() {
        for entry in fs::read_dir(inner).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).expect("a path in the folder").to_string_lossy().replace('\\', "/"));
            }
        }
    }
    found.sort();
    found
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).expect("metadata").permissions().mode() & 0o777
}

#[tokio::test]
async fn a_document_lies_under_its_first_two_digits() {
    let folder = folder();
    let documents = FolderDocuments::open(folder.path().join("new/documents")).expect("documents");
    for _ in 0..2 {
        documents.put(b"abc").await.expect("the document is kept");
    }
    let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(files(folder.path()), [format!("new/documents/ba/{digest}")]);
    assert_eq!(documents.get(digest.parse().expect("a digest")).await, Ok(Some(b"abc".to_vec())));
}

/// Whether the bytes still have their digest is for the caller to see, so a changed one must come as it is.
#[tokio::test]
async fn a_document_that_somebody_changed_comes_as_it_is() {
    let folder = folder();
    let documents = FolderDocuments::open(folder.path()).expect("documents");
    let digest = documents.put(b"abc").await.expect("the document is kept");
    let path = folder.path().join(&files(folder.path())[0]);
    fs::remove_file(&path).expect("the document goes");
    fs::write(&path, b"abd").expect("another comes");
    assert_eq!(documents.get(digest).await, Ok(Some(b"abd".to_vec())));
}

#[tokio::test]
async fn a_folder_that_cannot_be_written_is_unavailable() {
    let folder = folder();
    let documents = FolderDocuments::open(folder.path()).expect("documents");
    fs::write(folder.path().join("ba"), b"a file where a folder must be").expect("a file");
    let refused = documents.put(b"abc").await.expect_err("there is no place");
    assert_eq!(refused.what, "keep a document");
    assert!(documents.get(Digest::of(b"abc")).await.is_err(), "a place that cannot be looked into is not an empty one");
}

#[tokio::test]
async fn an_anchor_is_a_numbered_file() {
    let folder = folder();
    let anchors = FolderAnchors::open(folder.path()).expect("anchors");
    for number in [7, 12_345_678_901] {
        anchors.put("meridian", number, b"{}").await.expect("the anchor is kept");
    }
    assert_eq!(files(folder.path()), ["meridian/0000000007.json", "meridian/12345678901.json"]);
}

#[tokio::test]
async fn other_files_beside_anchors_are_no_anchors() {
    let folder = folder();
    let anchors = FolderAnchors::open(folder.path()).expect("anchors");
    anchors.put("meridian", 7, b"{}").await.expect("the anchor is kept");
    for name in ["9.json", "+000000009.json", "00000000009.json", "0000000009.json.bak", ".unfinished-x", "0000000009"] {
        fs::write(folder.path().join("meridian").join(name), b"").expect("a file");
    }
    assert_eq!(anchors.last("meridian").await, Ok(Some(7)));
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_written_once_is_read_only() {
    let folder = folder();
    let anchors = FolderAnchors::open(folder.path().join("anchors")).expect("anchors");
    anchors.put("meridian", 7, b"{}").await.expect("the anchor is kept");
    let ledger = LedgerFolder::open(folder.path().join("ledger")).expect("a ledger");
    ledger.post(&journal("meridian", "J-1", b"{}")).await.expect("the journal is posted");
    let documents = FolderDocuments::open(folder.path().join("documents")).expect("documents");
    documents.put(b"abc").await.expect("the document is kept");
    let files = files(folder.path());
    assert_eq!(files.len(), 3);
    for file in files {
        let path = folder.path().join(file);
        assert_eq!(mode(&path), 0o400, "{path:?}");
        let above = path.parent().expect("a folder");
        assert_eq!(mode(above), 0o700, "{above:?}");
    }
}

#[tokio::test]
async fn a_tenant_cannot_lead_out_of_the_folder() {
    let folder = folder();
    let inner = folder.path().join("inner");
    let anchors = FolderAnchors::open(inner.join("anchors")).expect("anchors");
    let ledger = LedgerFolder::open(inner.join("ledger")).expect("a ledger");
    let mailer = MailFolder::open(inner.join("mail"), Arc::new(Fixed)).expect("mail");
    let long = "x".repeat(65);
    for tenant in ["", ".", "..", "../x", "a/b", "/x", "a\\b", "Meridian", "a.b", "a\0", &long] {
        assert!(anchors.put(tenant, 1, b"{}").await.is_err(), "`{tenant}`");
        assert!(anchors.get(tenant, 1).await.is_err(), "`{tenant}`");
        assert!(anchors.last(tenant).await.is_err(), "`{tenant}`");
        assert!(matches!(ledger.post(&journal(tenant, "J-1", b"{}")).await, Err(ErpError::Refused(_))), "`{tenant}`");
        assert!(matches!(ledger.find(tenant, "J-1").await, Err(ErpError::Refused(_))), "`{tenant}`");
        assert!(mailer.send(&Mail { tenant: tenant.to_owned(), ..mail() }).await.is_err(), "`{tenant}`");
    }
    assert_eq!(files(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_reference_cannot_lead_out_of_the_folder() {
    let folder = folder();
    let ledger = LedgerFolder::open(folder.path().join("ledger")).expect("a ledger");
    let mailer = MailFolder::open(folder.path().join("mail"), Arc::new(Fixed)).expect("mail");
    let long = "x".repeat(121);
    for reference in ["", "../x", "a/b", "/x", "a\\b", "a b", "é", "a\n", "a\0", &long] {
        assert!(matches!(ledger.post(&journal("meridian", reference, b"{}")).await, Err(ErpError::Refused(_))), "`{reference}`");
        assert!(matches!(ledger.find("meridian", reference).await, Err(ErpError::Refused(_))), "`{reference}`");
        assert!(mailer.send(&Mail { id: reference.to_owned(), ..mail() }).await.is_err(), "`{reference}`");
    }
    assert_eq!(files(folder.path()), Vec::<String>::new());
}

fn journal(tenant: &str, reference: &str, body: &[u8]) -> OutgoingJournal {
    OutgoingJournal { tenant: tenant.to_owned(), reference: reference.to_owned(), body: body.to_vec() }
}

#[tokio::test]
async fn a_journal_is_one_file_with_the_bytes_that_were_sent() {
    let folder = folder();
    let ledger = LedgerFolder::open(folder.path()).expect("a ledger");
    for _ in 0..3 {
        let receipt = ledger.post(&journal("meridian", "2026-10.checkout_r1", b"{ }\n")).await.expect("it is posted");
        assert_eq!(receipt.number, "LF-2026-10.checkout_r1");
    }
    assert!(ledger.post(&journal("meridian", "2026-10.checkout_r1", b"{}\n")).await.is_err());
    assert_eq!(files(folder.path()), ["meridian/2026-10.checkout_r1.json"]);
    assert_eq!(fs::read(folder.path().join("meridian/2026-10.checkout_r1.json")).expect("the journal"), b"{ }\n");
}

/// What was received is read from the file each time: a journal that somebody changed shows it.
#[tokio::test]
async fn a_journal_that_somebody_changed_is_found_with_the_digest_of_what_is_there() {
    let folder = folder();
    let ledger = LedgerFolder::open(folder.path()).expect("a ledger");
    let sent = ledger.post(&journal("meridian", "J-1", b"{ }\n")).await.expect("it is posted");
    assert_eq!(sent.received, Some(Digest::of(b"{ }\n")));
    assert_eq!(ledger.find("meridian", "J-1").await, Ok(Some(sent)));
    let path = folder.path().join("meridian/J-1.json");
    fs::remove_file(&path).expect("the journal goes");
    assert_eq!(ledger.find("meridian", "J-1").await, Ok(None));
    fs::write(&path, b"{1}\n").expect("another comes");
    let found = ledger.find("meridian", "J-1").await.expect("an answer").expect("there is one");
    assert_eq!((found.number.as_str(), found.received), ("LF-J-1", Some(Digest::of(b"{1}\n"))));
}

#[tokio::test]
async fn where_the_ledger_cannot_be_written_it_is_unclear_not_refused() {
    let folder = folder();
    let ledger = LedgerFolder::open(folder.path()).expect("a ledger");
    fs::write(folder.path().join("meridian"), b"a file where a folder must be").expect("a file");
    assert!(matches!(ledger.post(&journal("meridian", "J-1", b"{}")).await, Err(ErpError::Unclear(_))));
}

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 3, 6, 5, 4).single().expect("a moment")
    }
}

fn mail() -> Mail {
    Mail {
        tenant: "meridian".to_owned(),
        id: "issue-2026-10".to_owned(),
        to: "nadia@meridian.example".to_owned(),
        subject: "Your invoice for October".to_owned(),
        text: "Hello Nadia,\n\nhttp://127.0.0.1:8686/invoices/1?a=b\n".to_owned(),
    }
}

#[tokio::test]
async fn a_message_is_one_file_that_people_can_read() {
    let folder = folder();
    let mailer = MailFolder::open(folder.path(), Arc::new(Fixed)).expect("mail");
    mailer.send(&mail()).await.expect("it is sent");
    assert_eq!(files(folder.path()), ["meridian/issue-2026-10.eml"]);
    let expected = "From: Day One <day-one@localhost>\r\n\
        To: nadia@meridian.example\r\n\
        Subject: Your invoice for October\r\n\
        Date: Tue, 3 Nov 2026 06:05:04 +0000\r\n\
        Message-ID: <issue-2026-10@meridian.localhost>\r\n\
        MIME-Version: 1.0\r\n\
        Content-Type: text/plain; charset=utf-8\r\n\
        Content-Transfer-Encoding: 8bit\r\n\
        \r\n\
        Hello Nadia,\r\n\r\nhttp://127.0.0.1:8686/invoices/1?a=b\r\n";
    assert_eq!(fs::read_to_string(folder.path().join("meridian/issue-2026-10.eml")).expect("the message"), expected);
}

#[tokio::test]
async fn a_message_that_is_there_is_not_sent_again() {
    let folder = folder();
    let mailer = MailFolder::open(folder.path(), Arc::new(Fixed)).expect("mail");
    mailer.send(&mail()).await.expect("it is sent");
    let path = folder.path().join("meridian/issue-2026-10.eml");
    let first = fs::read(&path).expect("the message");
    mailer.send(&Mail { text: "Other words".to_owned(), ..mail() }).await.expect("it was sent before");
    assert_eq!(fs::read(&path).expect("the message"), first);
    mailer.send(&Mail { id: "issue-2026-11".to_owned(), ..mail() }).await.expect("it is sent");
    assert_eq!(files(folder.path()).len(), 2);
}

#[tokio::test]
async fn no_line_break_gets_into_a_header() {
    let folder = folder();
    let mailer = MailFolder::open(folder.path(), Arc::new(Fixed)).expect("mail");
    for end in ["\r\nBcc: x@example.com", "\nBcc: x@example.com", "\rX", "\u{85}X", "\0"] {
        for bad in [Mail { to: format!("a@b.example{end}"), ..mail() }, Mail { subject: format!("Hello{end}"), ..mail() }] {
            let refused = mailer.send(&bad).await.expect_err("a line break is refused").to_string();
            assert!(!refused.contains(['\r', '\n']), "{refused:?}");
        }
    }
    assert_eq!(files(folder.path()), Vec::<String>::new());
}
