//! A small company whose bills are put straight into its streams, and a store that fails where it is told to.

#![allow(dead_code, unused_imports)]

mod bills;
mod faults;

use std::sync::Arc;

use dayone_domain::cube::BillKey;
use dayone_domain::currency::Money;
use dayone_domain::ledger::JournalStatus;
use dayone_domain::review::{Actor, DisputeOf, InvoiceRef, SignIn};
use dayone_domain::{BillingPeriod, Currency};
use dayone_ports::{Digest, Store};
use dayone_workflow::configuration::ConfigKind;
use dayone_workflow::ledger::JournalFilter;
use dayone_workflow::review::InvoicePage;
use dayone_workflow::{Failure, Once, Request, Tenant};

use crate::memory::{Handles, MemoryErp, at, ports};

pub use bills::{BillOf, direct, shared, true_up};
pub use faults::{Fault, Faults, FaultyStore};

pub const TREE: &str = r#"company: Northwind
valid_from: 2026-01
legal_entity: Northwind Inc.
central: credits
unallocated: { id: unallocated, name: Unallocated, owners: [finops@nw.example], cost_center: "9000" }
groups:
  - id: online
    name: Online
    owners: [head@nw.example]
    cost_center: "4000"
    groups:
      - { id: shop, name: Shop, owners: [shop@nw.example, lead@nw.example], cost_center: "4100" }
      - { id: search, name: Search, owners: [search@nw.example], cost_center: "4200" }
      - { id: idle, name: Idle, owners: [search@nw.example], cost_center: "4300" }
  - { id: abroad, name: Abroad, owners: [search@nw.example], cost_center: "5000", legal_entity: Northwind GmbH }
  - { id: credits, name: Credits, owners: [controller@nw.example], cost_center: "9100" }
pools:
  - { id: platform, name: Platform, owners: [finops@nw.example], split: even, to: [shop, search], fallback: even, account: "6480" }
rules:
  - { to: shop, when: { tags: { team: shop } } }
  - { to: search, when: { tags: { team: search } } }
  - { to: idle, when: { tags: { team: idle } } }
  - { to: abroad, when: { tags: { team: abroad } } }
  - { to: platform, when: { tags: { team: platform } } }
treatment: { credits: follow, tax: follow, discounts: follow, marketplace: follow, unused_commitment: follow }
ledger:
  accounts: { default: "6400" }
  holding:
    default: { account: "1490", cost_center: "9000" }
    by_billing_account: { "222": { account: "1491", cost_center: "9000" } }
"#;

pub const PEOPLE: &str = r#"people:
  - { mail: controller@nw.example, name: Cora, roles: [controller] }
  - { mail: other@nw.example, name: Otto, roles: [controller] }
  - { mail: lead@nw.example, name: Lea, roles: [controller] }
  - { mail: finops@nw.example, name: Fina, roles: [finops] }
  - { mail: auditor@nw.example, name: Aldo, roles: [auditor] }
  - { mail: head@nw.example, name: Hedy }
  - { mail: shop@nw.example, name: Shona, accepts_up_to: { USD: "1000.00" } }
  - { mail: search@nw.example, name: Sean }
"#;

pub const SOURCES: &str = "sources:\n  - { id: aws, provider: AWS, billing_accounts: [\"111\", \"222\"], currencies: [USD, EUR], from: 2026-01, final: when_closed }\n";
pub const POLICY: &str = "time_zone: Europe/Oslo\npromotion: { undisputed_periods: 2, unallocated_at_most: 5 % }\n";
pub const CALENDAR: &str = "currency: USD\nlegal_entity: Northwind Inc.\ncloses_on_day: 10\n";

/// A company on ports in memory.
pub struct World {
    pub tenant: Tenant,
    pub handles: Handles,
    pub faults: Arc<Faults>,
}

impl World {
    /// Configured, on 3 February 2026.
    pub async fn new() -> World {
        let world = World::without_calendar().await;
        world.put("controller@nw.example", ConfigKind::Calendar, CALENDAR).await;
        world
    }

    pub async fn without_calendar() -> World {
        let world = World::on(ports());
        world.handles.clock.set(at("2026-02-03T08:00:00Z"));
        let founder = world.tenant.founder("machine").await.unwrap();
        put(&world.tenant, founder, ConfigKind::People, PEOPLE).await;
        for (kind, text) in [(ConfigKind::Tree, TREE), (ConfigKind::Sources, SOURCES), (ConfigKind::Policy, POLICY)] {
            world.put("controller@nw.example", kind, text).await;
        }
        world
    }

    fn on((mut ports, handles): (dayone_workflow::Ports, Handles)) -> World {
        let faults = Arc::<Faults>::default();
        ports.store = Arc::new(FaultyStore { store: handles.store.clone(), faults: faults.clone() });
        World { tenant: Tenant::new("northwind".parse().unwrap(), ports), handles, faults }
    }

    /// The same company as it is now, with books of its own from here on; the ERP begins empty.
    pub fn fork(&self) -> World {
        let (mut ports, mut handles) = ports();
        handles.store.restore(self.handles.store.copy());
        handles.documents = self.handles.documents.clone();
        ports.documents = self.handles.documents.clone();
        handles.clock.set(dayone_ports::Clock::now(&*self.handles.clock));
        World::on((ports, handles))
    }

    pub async fn put(&self, mail: &str, kind: ConfigKind, text: &str) {
        put(&self.tenant, self.person(mail).await, kind, text).await;
    }

    pub async fn person(&self, mail: &str) -> Actor {
        self.tenant.actor(mail, SignIn::Password).await.unwrap()
    }

    /// A request without conditions.
    pub async fn asks(&self, mail: &str) -> Request {
        Request::of(self.person(mail).await)
    }

    /// A request with an idempotency key.
    pub async fn asks_once(&self, mail: &str, key: &str) -> Request {
        Request { once: Some(Once { key: key.to_owned(), request: Digest::of(key.as_bytes()) }), ..self.asks(mail).await }
    }

    pub fn set(&self, moment: &str) {
        self.handles.clock.set(at(moment));
    }

    /// Everybody's lease is over.
    pub fn wait_for_the_lease(&self) {
        self.handles.clock.pass(chrono::TimeDelta::seconds(61));
    }

    pub async fn page(&self, of: &InvoiceRef) -> InvoicePage {
        self.tenant.invoice(&self.person("auditor@nw.example").await, of).await.unwrap()
    }

    pub async fn accept(&self, mail: &str, of: &InvoiceRef) -> Vec<String> {
        let revision = self.page(of).await.view.revision.number;
        self.tenant.accept(&self.asks(mail).await, of, revision).await.unwrap().journals
    }

    pub async fn dispute(&self, mail: &str, of: &InvoiceRef, line: &str, cents: i128) -> u32 {
        let page = self.page(of).await;
        let dispute = DisputeOf { revision: page.document.revision, line, amount: usd(cents), reason: "not ours" };
        self.tenant.dispute(&self.asks(mail).await, of, dispute).await.unwrap();
        self.page(of).await.state.disputes.last().unwrap().number
    }

    /// Reference and status of every journal.
    pub async fn journals(&self) -> Vec<(String, JournalStatus)> {
        let auditor = self.person("auditor@nw.example").await;
        let views = self.tenant.journals(&auditor, JournalFilter::default()).await.unwrap();
        views.into_iter().map(|view| (view.state.reference, view.state.status)).collect()
    }

    pub async fn status(&self, reference: &str) -> JournalStatus {
        let auditor = self.person("auditor@nw.example").await;
        self.tenant.journal(&auditor, reference).await.unwrap().state.status
    }

    /// References that wait in the outbox.
    pub fn outbox(&self) -> Vec<String> {
        self.handles.store.keys_in("t/northwind/outbox").into_iter().map(|key| key.sort).collect()
    }
}

async fn put(tenant: &Tenant, actor: Actor, kind: ConfigKind, text: &str) {
    tenant.put_configuration(&Request::of(actor), kind, "file.yaml", text.as_bytes()).await.unwrap();
}

pub fn month(text: &str) -> BillingPeriod {
    text.parse().unwrap()
}

pub fn dollar() -> Currency {
    Currency::try_new("USD").unwrap()
}

pub fn usd(cents: i128) -> Money {
    Money::from_minor(cents, dollar())
}

pub fn bill(period: &str) -> BillKey {
    BillKey { period: month(period), currency: dollar() }
}

pub fn invoice(period: &str, group: &str) -> InvoiceRef {
    InvoiceRef { bill: bill(period), group: group.to_owned() }
}
