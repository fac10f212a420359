//! A small company and its home.
#![allow(dead_code, reason = "each test uses its part")]

use crate::support::{Files, Machine};

pub const TREE: &str = r#"company: Example Ltd.
valid_from: 2026-01
owners: [ana@example.com]
central: central
unallocated: { id: unallocated, name: Not yet allocated, owners: [fin@example.com] }
ledger:
  accounts: { default: "6400", by_charge_category: { Tax: "6490" } }
  holding: { default: { account: "1490", cost_center: "9000" } }
groups:
  - id: shop
    name: Shop
    groups:
      - { id: web, name: Web shop, cost_center: "4100" }
      - { id: search, name: Search, cost_center: "4200", owners: [ben@example.com] }
  - { id: central, name: Central finance, cost_center: "9000" }
pools:
  - { id: support, name: Support plan, split: proportional, to: [shop/*], fallback: even }
rules:
  - { to: web, when: { tags: { team: web } } }
  - { to: search, when: { tags: { team: search } } }
  - { to: support, when: { service: AWS Support } }
  - { to: central, when: { charge_category: Purchase } }
treatment: { tax: central }
"#;

pub const PEOPLE: &str = include_str!("../company/people.yaml");

pub const SOURCES: &str = r#"sources:
  - { id: aws, provider: AWS, billing_accounts: ["111122223333"], currencies: [USD], prefix: exports/aws/, from: 2026-03, until: 2026-04 }
"#;

pub const POLICY: &str = include_str!("../company/policy.yaml");
pub const CALENDAR: &str = include_str!("../company/calendar.yaml");
pub const BILL: &str = include_str!("bill.csv");

pub const INIT: &str = "init --home home --tenant example --tree tree.yaml --people people.yaml --sources sources.yaml --policy policy.yaml --calendar calendar.yaml";

/// A machine with the files of the company and an empty folder for its home.
pub fn company(day: &str) -> Machine {
    let files = Files::new()
        .with("bill.csv", BILL)
        .with("tree.yaml", TREE)
        .with("people.yaml", PEOPLE)
        .with("sources.yaml", SOURCES)
        .with("policy.yaml", POLICY)
        .with("calendar.yaml", CALENDAR)
        .with_folder("home");
    Machine::new(files, day)
}

/// The same with its home made.
pub fn founded(day: &str) -> Machine {
    let machine = company(day);
    machine.succeeds(INIT);
    machine
}

/// The same with the web shop in chargeback from April on, and March and April final on 2 May.
pub fn in_may() -> Machine {
    let machine = founded("2026-03-05");
    machine.succeeds("promote web --from 2026-04 --reason agreed --home home --as clara@example.com");
    machine.succeeds("promote web --from 2026-04 --reason agreed --home home --as dora@example.com");
    machine.at("2026-05-02");
    machine.succeeds("ingest bill.csv --home home");
    for period in ["2026-03", "2026-04"] {
        machine.succeeds(&format!("close aws {period} --home home --as clara@example.com"));
    }
    machine.succeeds("issue --home home");
    machine
}
