//! Evidence: who has only the folder can check every file, every event and every invoice of the month.
#![allow(missing_docs)]
#![allow(clippy::inconsistent_digit_grouping, reason = "cents stand apart from dollars")]

mod company;
mod memory;

use std::collections::BTreeMap;

use company::{Company, PEOPLE, invoice, month};
use dayone_domain::exact::Exact;
use dayone_domain::review::{By, DisputeOf, InvoiceDocument, Resolution};
use dayone_ports::Digest;
use dayone_workflow::FailureKind;
use dayone_workflow::configuration::ConfigKind;
use dayone_workflow::evidence::EvidenceFile;
use dayone_workflow::sign_in::PasswordCost;

const PASSWORD: &str = "a long password of Sean";

/// April, final: search accepts what it does not dispute, its dispute goes to the shop, a journal is posted; a newer
/// delivery then changes it.
async fn april() -> Company {
    let company = Company::new().await;
    let controller = company.asks("controller@nw.example").await;
    let cost = PasswordCost { memory: 8, passes: 1, lanes: 1 };
    company.tenant.set_password_with(&controller, "search@nw.example", PASSWORD, cost).await.unwrap();
    company.tenant.sign_in("search@nw.example", PASSWORD).await.unwrap();
    for period in ["2026-01", "2026-02"] {
        for source in ["aws", "azure"] {
            let day = if period == "2026-01" { "2026-02-01" } else { "2026-03-01" };
            company.deliver(source, period, &format!("{day}T02:00:00Z"), &[("search", "Usage", "30", true)]).await.unwrap();
            company.set("2026-03-02T08:00:00Z");
            company.close(source, period).await.unwrap();
        }
    }
    company.tenant.issue(&By::Policy, None).await.unwrap();
    company.tenant.promote(&controller, "search", None, None).await.unwrap();
    company
        .deliver("aws", "2026-04", "2026-05-01T02:00:00Z", &[("search", "Usage", "8", true), ("shop", "Usage", "4.004", true)])
        .await
        .unwrap();
    company.deliver("azure", "2026-04", "2026-05-01T02:00:00Z", &[("search", "Usage", "50", true)]).await.unwrap();
    company.set("2026-05-02T08:00:00Z");
    company.close("aws", "2026-04").await.unwrap();
    company.close("azure", "2026-04").await.unwrap();
    company.tenant.issue(&By::Policy, None).await.unwrap();
    let (of, owner) = (invoice("2026-04", "search"), company.asks("search@nw.example").await);
    let page = company.tenant.invoice(&owner.actor, &of).await.unwrap();
    let line = page.document.stated().into_iter().find(|line| line.amount.minor() == 8_00).unwrap();
    let dispute = DisputeOf { revision: 1, line: &line.id, amount: line.amount, reason: "not ours" };
    company.tenant.dispute(&owner, &of, dispute).await.unwrap();
    company.tenant.accept(&owner, &of, 1).await.unwrap();
    company.tenant.post(&controller, None).await.unwrap();
    let upheld = Resolution::Upheld { receiver: "shop".to_owned() };
    company.tenant.resolve(&company.asks("finops@nw.example").await, &of, 1, upheld, None).await.unwrap();
    company
        .deliver("aws", "2026-04", "2026-05-20T02:00:00Z", &[("search", "Usage", "9", true), ("shop", "Usage", "4.004", true)])
        .await
        .unwrap();
    company.issue_on("2026-05-20").await.unwrap();
    company.tenant.anchor().await.unwrap();
    company
}

/// May, final, in which search and the shop are charged as well: its invoice for search carries April's true-up.
async fn may(company: &Company) {
    let rows = [("search", "Usage", "10", true), ("shop", "Usage", "20", true)];
    for source in ["aws", "azure"] {
        company.deliver(source, "2026-05", "2026-06-01T02:00:00Z", &rows).await.unwrap();
        company.set("2026-06-02T08:00:00Z");
        company.close(source, "2026-05").await.unwrap();
    }
    company.tenant.issue(&By::Policy, None).await.unwrap();
}

/// And its owner accepts it, and what is charged is posted.
async fn may_accepted(company: &Company) {
    may(company).await;
    let owner = company.asks("search@nw.example").await;
    company.tenant.accept(&owner, &invoice("2026-05", "search"), 1).await.unwrap();
    company.tenant.post(&company.asks("controller@nw.example").await, None).await.unwrap();
}

struct Folder(BTreeMap<String, Vec<u8>>);

impl Folder {
    async fn of(company: &Company) -> Folder {
        Folder(files(company).await.into_iter().map(|file| (file.path, file.bytes)).collect())
    }

    fn text(&self, path: &str) -> &str {
        let bytes = self.0.get(path).unwrap_or_else(|| panic!("{path} is among {:?}", self.0.keys()));
        std::str::from_utf8(bytes).unwrap()
    }

    fn rows(&self, path: &str) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_reader(self.text(path).as_bytes());
        let header = reader.headers().unwrap().clone();
        let row = |record: csv::StringRecord| header.iter().map(str::to_owned).zip(record.iter().map(str::to_owned)).collect();
        reader.records().map(|record| row(record.unwrap())).collect()
    }
}

async fn files(company: &Company) -> Vec<EvidenceFile> {
    let auditor = company.person("auditor@nw.example").await;
    company.tenant.evidence(&auditor, month("2026-04")).await.unwrap()
}

#[tokio::test]
async fn the_same_state_gives_the_same_bytes_in_a_stable_order() {
    let company = april().await;
    let first = files(&company).await;
    company.set("2027-01-01T08:00:00Z");
    assert_eq!(first, files(&company).await);
    assert!(first.is_sorted_by(|a, b| a.path < b.path));
}

#[tokio::test]
async fn every_file_is_in_the_sums_and_every_document_has_the_hash_beside_it() {
    let folder = Folder::of(&april().await).await;
    let sums: String =
        folder.0.iter().filter(|(path, _)| *path != "SHA256SUMS").map(|(path, bytes)| format!("{}  {path}\n", Digest::of(bytes))).collect();
    assert_eq!(folder.text("SHA256SUMS"), sums);
    let mut seen = 0;
    for table in ["bills.csv", "configuration.csv", "invoices.csv", "true-ups.csv", "journals.csv"] {
        let with_file = folder.rows(table).into_iter().filter(|row| !row["file"].is_empty()).collect::<Vec<_>>();
        assert!(!with_file.is_empty(), "{table}");
        for row in with_file {
            assert_eq!(row["sha256"], Digest::of(folder.text(&row["file"]).as_bytes()).to_string(), "{table}");
            seen += 1;
        }
    }
    let documents = folder.0.keys().filter(|path| path.contains('/')).count();
    assert!(seen >= documents, "each of {documents} documents stands in a table: {seen}");
    let readme = folder.text("README.txt");
    for path in folder.0.keys() {
        let name = path.split_once('/').map_or(path.clone(), |(folder, _)| format!("{folder}/"));
        assert!(name == "README.txt" || readme.contains(&name), "README.txt says what {name} is");
    }
}

#[tokio::test]
async fn the_invoices_in_the_folder_are_what_was_accepted_and_sum_to_the_bill() {
    let folder = Folder::of(&april().await).await;
    let rows = folder.rows("invoices.csv");
    let mut total = 0;
    for row in rows.iter().filter(|row| row["newest"] == "yes") {
        let document: InvoiceDocument = serde_json::from_str(folder.text(&row["file"])).unwrap();
        assert_eq!((document.total().to_string(), document.true_ups().to_string()), (row["total"].clone(), row["true_ups"].clone()));
        total += document.total().minor();
    }
    let bill = &folder.rows("bills.csv")[0];
    assert_eq!(Exact::parse(&bill["rounded_bill"]).unwrap(), Exact::from_i128(total, 2));
    let accepted = folder.rows("acceptances.csv");
    let [accepted] = accepted.as_slice() else { panic!("one acceptance: {accepted:?}") };
    assert_eq!((accepted["revision"].as_str(), accepted["signed_in"].as_str()), ("1", "password"));
    let issued = rows.iter().find(|row| row["cost_group"] == "search" && row["revision"] == "1").unwrap();
    assert_eq!((&issued["sha256"], issued["accepted"].as_str()), (&accepted["sha256"], "yes"));
    assert!(folder.text(&issued["file"]).contains("\"revision\":1"));
    let disputes = folder.rows("disputes.csv");
    assert_eq!((disputes[0]["what"].as_str(), disputes[0]["outcome"].as_str()), ("Usage, Compute, 111", "upheld, to shop"));
    assert_eq!(folder.rows("true-ups.csv")[0]["amount"], "1.00");
}

#[tokio::test]
async fn the_exact_costs_are_there_and_sum_to_the_exact_bill() {
    let folder = Folder::of(&april().await).await;
    let rows = folder.rows("invoices.csv");
    let exact = |row: &BTreeMap<String, String>| Exact::parse(&row["exact"]).unwrap();
    let of = |group: &str| exact(rows.iter().find(|row| row["cost_group"] == group && row["newest"] == "yes").unwrap());
    // An upheld dispute moved money between them, not cost.
    assert_eq!((of("search").to_string(), of("shop").to_string()), ("58".to_owned(), "4.004".to_owned()));
    let all: Exact = rows.iter().filter(|row| row["newest"] == "yes").map(exact).sum();
    let sums = folder.rows("tie-out.csv");
    let master = sums.iter().find(|row| row["what"] == "exact master bill").unwrap();
    // The newest delivery found a true-up of 1.00.
    assert_eq!((all.to_string(), master["amount"].as_str()), ("62.004".to_owned(), "63.004"));
}

#[tokio::test]
async fn the_holding_accounts_are_held_against_what_accounts_payable_booked() {
    let folder = Folder::of(&april().await).await;
    let rows = folder.rows("holding.csv");
    let amount = |row: &BTreeMap<String, String>, column: &str| Exact::parse(&row[column]).unwrap();
    let billed: Vec<(&str, &str)> = rows.iter().map(|row| (row["account"].as_str(), row["billed"].as_str())).collect();
    assert_eq!(billed, [("1490", "50.00"), ("1491", "13.00")]);
    for row in &rows {
        assert_eq!(amount(row, "billed") - amount(row, "posted"), amount(row, "carried"), "{row:?}");
        assert_eq!(amount(row, "carried"), amount(row, "not_posted") + amount(row, "rounding"), "{row:?}");
        assert_eq!(row["agrees"], "yes", "{row:?}");
    }
    assert!(rows.iter().any(|row| row["posted"] != "0.00"), "{rows:?}");
}

#[tokio::test]
async fn the_chain_of_every_stream_can_be_reckoned_from_the_folder_alone() {
    let folder = Folder::of(&april().await).await;
    let mut streams: BTreeMap<String, Vec<BTreeMap<String, String>>> = BTreeMap::new();
    for row in folder.rows("trail.csv") {
        streams.entry(row["stream"].clone()).or_default().push(row);
    }
    let kinds: Vec<&str> = streams.keys().map(|stream| stream.split('/').next().unwrap()).collect();
    for kind in ["bill", "group", "invoice", "journal", "source"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    let anchor: serde_json::Value = serde_json::from_str(folder.text("anchor.json")).unwrap();
    assert!(folder.text("chain.txt").contains(&Digest::of(folder.text("anchor.json").as_bytes()).to_string()));
    for (stream, events) in streams {
        let mut hash = Digest::from_bytes([0; 32]);
        for (place, row) in events.iter().enumerate() {
            let version = place as u64 + 1;
            assert_eq!(row["version"], version.to_string(), "{stream}");
            hash = Digest::of_parts(&[hash.as_bytes(), stream.as_bytes(), &version.to_be_bytes(), row["event"].as_bytes()]);
            assert_eq!(row["hash"], hash.to_string(), "{stream} {version}");
        }
        let anchored = anchor["heads"].as_array().unwrap().iter().find(|head| head[0] == stream.as_str()).unwrap();
        assert_eq!(anchored[2], hash.to_string(), "{stream}");
    }
    let told: Vec<String> = folder.rows("trail.csv").into_iter().map(|row| row["what"].clone()).collect();
    assert!(told.contains(&"search@nw.example disputed USD 8.00 of “Usage, Compute, 111” (dispute 1): not ours".to_owned()), "{told:?}");
    assert!(told.iter().any(|what| what.ends_with("became ready on search@nw.example’s acceptance of revision 1")), "{told:?}");
}

fn cells<'a>(rows: &'a [BTreeMap<String, String>], columns: [&str; 2]) -> Vec<[&'a str; 2]> {
    rows.iter().map(|row| columns.map(|column| row[column].as_str())).collect()
}

#[tokio::test]
async fn every_journal_of_the_period_has_its_invoice_its_acceptance_and_their_events_also_of_a_true_up() {
    let company = april().await;
    may_accepted(&company).await;
    let folder = Folder::of(&company).await;
    let (invoices, accepted) = (folder.rows("invoices.csv"), folder.rows("acceptances.csv"));
    let trail = folder.rows("trail.csv");
    let journals = folder.rows("journals.csv");
    let of_may = journals.iter().filter(|row| row["invoice"].contains("2026-05")).count();
    assert_eq!((of_may, journals.len() > of_may), (1, true), "the true-up and April's own: {journals:?}");
    for journal in &journals {
        let of = [journal["invoice"].split('/').next().unwrap(), journal["cost_group"].as_str()];
        assert!(cells(&invoices, ["period", "cost_group"]).contains(&of), "{of:?}");
        assert!(cells(&accepted, ["period", "cost_group"]).contains(&of), "{of:?}");
        let stream = format!("invoice/{}", journal["invoice"]);
        assert!(trail.iter().any(|row| row["stream"] == stream && row["what"].contains("accepted")), "{stream}");
    }
    let carrier = invoices.iter().find(|row| row["period"] == "2026-05").unwrap();
    assert_eq!((carrier["true_ups"].as_str(), carrier["file"].as_str()), ("1.00", "invoices/2026-05/USD/search-r1.json"));
    assert_eq!(carrier["sha256"], Digest::of(folder.text(&carrier["file"]).as_bytes()).to_string());
}

#[tokio::test]
async fn an_invoice_that_carries_a_true_up_is_there_before_anybody_accepts_it_and_others_of_its_bill_are_not() {
    let company = april().await;
    may(&company).await;
    let folder = Folder::of(&company).await;
    let mut later = folder.rows("invoices.csv");
    later.retain(|row| row["period"] != "2026-04");
    let told: Vec<_> = later.iter().map(|row| (row["period"].as_str(), row["cost_group"].as_str(), row["true_ups"].as_str())).collect();
    assert_eq!(told, [("2026-05", "search", "1.00")]);
    assert!(folder.rows("trail.csv").iter().any(|row| row["stream"] == "invoice/2026-05/USD/search"));
    assert!(!folder.rows("trail.csv").iter().any(|row| row["stream"] == "invoice/2026-05/USD/shop"));
}

#[tokio::test]
async fn the_texts_in_force_while_the_month_was_decided_are_there_and_later_ones_are_not() {
    let company = april().await;
    let before = Folder::of(&company).await.rows("configuration.csv");
    let kinds: Vec<(&str, &str)> = before.iter().map(|row| (row["kind"].as_str(), row["decided"].as_str())).collect();
    assert_eq!(kinds, [("tree", "USD"), ("people", ""), ("sources", ""), ("policy", "USD"), ("calendar", "")]);
    company.set("2026-06-01T08:00:00Z");
    let people = PEOPLE.replace("Sean", "Sean Smith");
    company.put(company.person("controller@nw.example").await, ConfigKind::People, &people).await.unwrap();
    let after = Folder::of(&company).await;
    let rows = after.rows("configuration.csv");
    assert_eq!(rows.iter().map(|row| &row["sha256"]).collect::<Vec<_>>(), before.iter().map(|row| &row["sha256"]).collect::<Vec<_>>());
    assert_eq!(after.text("configuration/people-1.yaml"), PEOPLE);
    assert_eq!(rows[1]["event"], "configuration/people 1");
}

#[tokio::test]
async fn no_password_hash_session_or_secret_is_in_the_folder() {
    let folder = Folder::of(&april().await).await;
    for (path, bytes) in &folder.0 {
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        for secret in ["argon2", PASSWORD, "session/", "csrf"] {
            assert!(!text.contains(&secret.to_lowercase()), "{path}: {secret}");
        }
    }
}

#[tokio::test]
async fn owners_get_no_evidence() {
    let company = april().await;
    let owner = company.person("search@nw.example").await;
    assert_eq!(company.tenant.evidence(&owner, month("2026-04")).await.unwrap_err().kind, FailureKind::Forbidden);
}

#[tokio::test]
async fn the_anchor_in_the_folder_covers_all_that_has_happened() {
    let company = april().await;
    company.tenant.ask(&company.asks("shop@nw.example").await, &invoice("2026-04", "shop"), "why?").await.unwrap();
    let folder = Folder::of(&company).await;
    let events = company.tenant.verify().await.unwrap().events;
    assert!(folder.text("chain.txt").ends_with(&format!("events {events}\n")), "{events}: {}", folder.text("chain.txt"));
}

#[tokio::test]
async fn the_journals_say_who_sent_them_and_how_they_had_signed_in() {
    let rows = Folder::of(&april().await).await.rows("journals.csv");
    let sent = rows.iter().find(|row| !row["sent_by"].is_empty()).unwrap();
    assert_eq!((sent["sent_by"].as_str(), sent["sent_signed_in"].as_str()), ("controller@nw.example", "password"));
    assert!(rows.iter().all(|row| row["sent_by"].is_empty() == row["sent_signed_in"].is_empty()));
    assert!(rows.iter().all(|row| row["net"] == row["turnover"] && row["corrects"].is_empty() && row["corrected_by"].is_empty()));
}

#[tokio::test]
async fn a_run_in_nobodys_name_is_told_with_the_account_of_the_machine() {
    let company = april().await;
    for source in ["aws", "azure"] {
        let rows = [("search", "Usage", "10", true), ("shop", "Usage", "20", true)];
        company.deliver(source, "2026-05", "2026-06-01T02:00:00Z", &rows).await.unwrap();
        company.set("2026-06-02T08:00:00Z");
        company.close(source, "2026-05").await.unwrap();
    }
    company.tenant.issue(&By::Machine { account: "night".to_owned() }, None).await.unwrap();
    let auditor = company.person("auditor@nw.example").await;
    let files = company.tenant.evidence(&auditor, month("2026-05")).await.unwrap();
    let folder = Folder(files.into_iter().map(|file| (file.path, file.bytes)).collect());
    let issued = folder.rows("trail.csv").into_iter().find(|row| row["what"].contains("issued revision 1, final")).unwrap();
    assert_eq!((issued["by"].as_str(), issued["signed_in"].as_str()), ("machine", "command line, account night"));
    assert!(issued["what"].starts_with("account night on the command line issued"), "{}", issued["what"]);
}
