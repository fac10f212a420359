//! What auditors and analysts take away: the evidence, and an invoice's lines and document.
#![allow(missing_docs)]

#[path = "../../workflow/tests/company/mod.rs"]
mod company;
mod home;
#[path = "../../workflow/tests/memory/mod.rs"]
mod memory;

use std::io::Read;

use company::{delivery, invoice, month};
use dayone_domain::exact::Exact;
use dayone_domain::review::{By, InvoiceDocument, Resolution, SignIn};
use dayone_workflow::review::InvoiceFilter;
use home::{AUDITOR, CONTROLLER, FINOPS, Home};
use memory::at;

/// The story, in which April's dispute is upheld and a newer delivery of March is a true-up of June.
async fn corrected() -> Home {
    let home = Home::story().await;
    let upheld = Resolution::Upheld { receiver: "search".to_owned() };
    home.north.resolve(&home.asks(FINOPS).await, &invoice("2026-04", "shop"), 1, upheld, None).await.unwrap();
    let rows = [("shop", "Usage", "93.5", true), ("platform", "Usage", "30.003", true), ("", "Usage", "5", true)];
    let settings = home.north.settings().await.unwrap();
    home.north.deliver(&By::Policy, &settings, delivery("aws", "2026-03", at("2026-07-02T02:00:00Z"), &rows)).await.unwrap();
    for source in ["aws", "azure"] {
        home.north.close_source(&home.asks(CONTROLLER).await, source, month("2026-06")).await.unwrap();
    }
    home.handles.clock.set(at("2026-07-05T08:00:00Z"));
    home.north.issue(&By::Policy, None).await.unwrap();
    home
}

async fn documents(home: &Home) -> Vec<InvoiceDocument> {
    let auditor = home.north.actor(AUDITOR, SignIn::Password).await.unwrap();
    let mut documents = Vec::new();
    for view in home.north.invoices(&auditor, InvoiceFilter::default()).await.unwrap() {
        documents.push(home.north.invoice(&auditor, &view.of).await.unwrap().document);
    }
    documents
}

/// The last cell of every row of a CSV whose cells hold no line ends.
fn amounts(text: &str) -> Exact {
    text.lines().skip(1).map(|row| Exact::parse(row.rsplit(',').next().unwrap()).unwrap()).sum()
}

#[tokio::test]
async fn the_files_of_every_invoice_sum_to_what_its_page_asks_for() {
    let home = corrected().await;
    let auditor = home.visitor(AUDITOR).await;
    let documents = documents(&home).await;
    assert!(documents.iter().any(|document| !document.moves.is_empty()), "a dispute was upheld");
    assert!(documents.iter().any(|document| !document.true_ups().is_zero()), "there is a true-up");
    for document in documents {
        let page = format!("/invoices/{}", document.of);
        let lines = home.get(&auditor, &format!("{page}/lines.csv")).await;
        assert_eq!(amounts(&lines.text()), document.due().exact(), "{page}\n{}", lines.text());
        let json = home.get(&auditor, &format!("{page}/document.json")).await.json();
        assert_eq!(json["due"]["due"], document.due().to_string(), "{page}");
        assert_eq!(json["moves"].as_array().unwrap().len(), document.moves.len(), "{page}");
    }
}

#[tokio::test]
async fn the_trail_names_lines_in_words_and_says_whose_acceptance_let_a_journal_go() {
    let home = corrected().await;
    let auditor = home.visitor(AUDITOR).await;
    let page = home.get(&auditor, "/trail?of=invoice&id=2026-04/USD/shop").await.text();
    assert!(page.contains("Shona disputed USD 100.01 of “Usage, Compute, 111” (dispute 1): not ours"), "{page}");
    let page = home.get(&auditor, "/trail?of=invoice&id=2026-03/USD/search").await.text();
    assert!(page.contains("became ready on Sean’s acceptance of revision 1"), "{page}");
    assert!(!page.contains("made the"), "{page}");
}

#[tokio::test]
async fn the_evidence_of_the_route_is_that_of_the_use_case_byte_for_byte() {
    let home = corrected().await;
    let auditor = home.visitor(AUDITOR).await;
    let actor = home.north.actor(AUDITOR, SignIn::Password).await.unwrap();
    let files = home.north.evidence(&actor, month("2026-04")).await.unwrap();
    let reply = home.get(&auditor, "/api/evidence/2026-04").await;
    assert_eq!(reply.bytes, home.get(&auditor, "/api/evidence/2026-04").await.bytes);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(reply.bytes)).unwrap();
    assert_eq!(archive.len(), files.len());
    for file in files {
        let mut bytes = Vec::new();
        archive.by_name(&format!("evidence-2026-04/{}", file.path)).unwrap().read_to_end(&mut bytes).unwrap();
        assert!(bytes == file.bytes, "{}", file.path);
    }
}
