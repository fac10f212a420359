//! A small company whose months are issued by the real use cases.

#![allow(dead_code)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use dayone_domain::charge::{Charge, Cost, Dimension};
use dayone_domain::cube::{BillKey, CubeBuilder};
use dayone_domain::review::{Actor, By, InvoiceRef, SignIn};
use dayone_domain::tie_out::ControlTotals;
use dayone_domain::{BillingPeriod, Currency, Exact};
use dayone_ports::{Action, Digest, Key, Page, Record, Store, StoreError, Unavailable};
use dayone_workflow::configuration::ConfigKind;
use dayone_workflow::deliveries::{Delivered, DeliveredFile, NewDelivery};
use dayone_workflow::issuing::IssueReport;
use dayone_workflow::{Failure, Request, Tenant};

use crate::memory::{Handles, at, ports};

pub const TREE: &str = r#"company: Northwind
valid_from: 2026-01
legal_entity: Northwind Inc.
central: finance
unallocated: { id: unallocated, name: Unallocated, owners: [finops@nw.example], cost_center: "9000" }
groups:
  - id: online
    name: Online
    owners: [head@nw.example]
    cost_center: "4000"
    groups:
      - { id: shop, name: Shop, owners: [shop@nw.example], cost_center: "4100" }
      - { id: search, name: Search, owners: [search@nw.example], cost_center: "4200" }
  - { id: finance, name: Finance, owners: [controller@nw.example], cost_center: "9100" }
pools:
  - { id: platform, name: Platform, owners: [finops@nw.example], split: proportional, to: [shop, search], fallback: even, account: "6480" }
rules:
  - { to: shop, when: { tags: { team: shop } } }
  - { to: search, when: { tags: { team: search } } }
  - { to: platform, when: { tags: { team: platform } } }
treatment: { credits: follow, tax: finance, discounts: follow, marketplace: follow, unused_commitment: follow }
ledger:
  accounts: { default: "6400" }
  holding:
    default: { account: "1490", cost_center: "9000" }
    by_billing_account: { "111": { account: "1491", cost_center: "9000" } }
"#;

pub const PEOPLE: &str = r#"people:
  - { mail: controller@nw.example, name: Cora, roles: [controller] }
  - { mail: other-controller@nw.example, name: Otto, roles: [controller] }
  - { mail: finops@nw.example, name: Fina, roles: [finops] }
  - { mail: auditor@nw.example, name: Aldo, roles: [auditor] }
  - { mail: head@nw.example, name: Hedy }
  - { mail: shop@nw.example, name: Shona, accepts_up_to: { USD: "1000.00" } }
  - { mail: search@nw.example, name: Sean }
"#;

pub const SOURCES: &str = r#"sources:
  - { id: aws, provider: AWS, billing_accounts: ["111"], currencies: [USD], from: 2026-01, final: when_closed }
  - { id: azure, provider: Azure, billing_accounts: ["222"], currencies: [USD], from: 2026-01, final: { unchanged_for_days: 3 } }
"#;

pub const POLICY: &str = "time_zone: Europe/Oslo\npromotion: { undisputed_periods: 1, unallocated_at_most: 50 % }\nacceptance: { remind_after_days: [3, 7], deemed_after_days: 14 }\n";
pub const CALENDAR: &str = "currency: USD\nlegal_entity: Northwind Inc.\ncloses_on_day: 10\n";

/// A company on ports in memory.
pub struct Company {
    pub tenant: Tenant,
    pub handles: Handles,
    pub cord: Arc<Cord>,
}

/// Pulls the plug of the store after so many calls.
#[derive(Default)]
pub struct Cord {
    /// Calls that are still answered, and one; nought: all.
    left: AtomicU64,
}

impl Cord {
    /// The call of this number, from 1, and all after it are not done.
    pub fn cut_at(&self, call: u64) {
        self.left.store(call, Ordering::SeqCst);
    }

    /// Everything is done again; whether the plug had been pulled.
    pub fn mend(&self) -> bool {
        self.left.swap(0, Ordering::SeqCst) == 1
    }

    fn call(&self) -> Result<(), StoreError> {
        match self.left.load(Ordering::SeqCst) {
            0 => Ok(()),
            1 => Err(Unavailable::new("reach the store", "the plug is out").into()),
            left => {
                self.left.store(left - 1, Ordering::SeqCst);
                Ok(())
            }
        }
    }
}

struct OnCord {
    store: Arc<dyn Store>,
    cord: Arc<Cord>,
}

#[async_trait]
impl Store for OnCord {
    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        self.cord.call()?;
        self.store.get(key).await
    }

    async fn query(&self, partition: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        self.cord.call()?;
        self.store.query(partition, prefix, after, limit).await
    }

    async fn transact(&self, actions: Vec<Action>) -> Result<(), StoreError> {
        self.cord.call()?;
        self.store.transact(actions).await
    }
}

/// A charge: billing account, team, category, cost, and whether it is invoiced.
pub type Row<'a> = (&'a str, &'a str, &'a str, bool);

impl Company {
    /// Configured, on the first of January.
    pub async fn new() -> Company {
        let (mut ports, handles) = ports();
        let cord = Arc::new(Cord::default());
        ports.store = Arc::new(OnCord { store: ports.store.clone(), cord: cord.clone() });
        handles.clock.set(at("2026-01-01T08:00:00Z"));
        let company = Company { tenant: Tenant::new("northwind".parse().unwrap(), ports), handles, cord };
        let founder = company.tenant.founder("machine").await.unwrap();
        company.put(founder, ConfigKind::People, PEOPLE).await.unwrap();
        let controller = company.person("controller@nw.example").await;
        for (kind, text) in
            [(ConfigKind::Tree, TREE), (ConfigKind::Sources, SOURCES), (ConfigKind::Policy, POLICY), (ConfigKind::Calendar, CALENDAR)]
        {
            company.put(controller.clone(), kind, text).await.unwrap();
        }
        company
    }

    /// Whatever a schedule does on the morning of a day.
    pub async fn issue_on(&self, day: &str) -> Result<IssueReport, Failure> {
        self.set(&format!("{day}T08:00:00Z"));
        self.tenant.issue(&By::Policy, None).await
    }

    pub async fn put(&self, actor: Actor, kind: ConfigKind, text: &str) -> Result<(), Failure> {
        self.tenant.put_configuration(&Request::of(actor), kind, "file.yaml", text.as_bytes()).await.map(drop)
    }

    /// Somebody, signed in.
    pub async fn person(&self, mail: &str) -> Actor {
        self.tenant.actor(mail, SignIn::Password).await.unwrap()
    }

    pub async fn asks(&self, mail: &str) -> Request {
        Request::of(self.person(mail).await)
    }

    pub fn set(&self, moment: &str) {
        self.handles.clock.set(at(moment));
    }

    /// A delivery made at a moment.
    pub async fn deliver(&self, source: &str, period: &str, made: &str, rows: &[Row<'_>]) -> Result<Delivered, Failure> {
        let settings = self.tenant.settings().await?;
        self.tenant.deliver(&By::Policy, &settings, delivery(source, period, at(made), rows)).await
    }

    pub async fn close(&self, source: &str, period: &str) -> Result<(), Failure> {
        let request = self.asks("controller@nw.example").await;
        self.tenant.close_source(&request, source, month(period)).await.map(drop)
    }
}

pub fn month(text: &str) -> BillingPeriod {
    text.parse().unwrap()
}

pub fn usd() -> Currency {
    Currency::try_new("USD").unwrap()
}

pub fn bill(period: &str) -> BillKey {
    BillKey { period: month(period), currency: usd() }
}

pub fn invoice(period: &str, group: &str) -> InvoiceRef {
    InvoiceRef { bill: bill(period), group: group.to_owned() }
}

pub fn delivery(source: &str, period: &str, modified: DateTime<Utc>, rows: &[Row<'_>]) -> NewDelivery {
    let (provider, account) = if source == "aws" { ("AWS", "111") } else { ("Azure", "222") };
    let mut cube = CubeBuilder::new(vec!["team".to_owned()]);
    let mut control = ControlTotals::default();
    for (team, category, cost, is_invoiced) in rows {
        // `Correction 2026-01` is the provider's correction of that month.
        let (category, class, charge_month) = match category.split_once(' ') {
            Some((class, charge_month)) => ("Usage", class, charge_month),
            None => (*category, "", period),
        };
        let invoice = format!("INV-{source}-{period}");
        let mut values = [""; Dimension::COUNT];
        for (dimension, value) in [
            (Dimension::Source, source),
            (Dimension::Provider, provider),
            (Dimension::BillingAccount, account),
            (Dimension::SubAccount, account),
            (Dimension::Service, "Compute"),
            (Dimension::ChargeCategory, category),
            (Dimension::ChargeClass, class),
            (Dimension::ChargeType, category),
            (Dimension::ChargeMonth, charge_month),
            (Dimension::InvoiceId, if *is_invoiced { &invoice } else { "" }),
        ] {
            values[dimension as usize] = value;
        }
        let cost = Exact::parse(cost).unwrap();
        let tags = [("team", *team)];
        let charge = Charge {
            billing_period: month(period),
            currency: usd(),
            values,
            billing_account_name: "",
            sub_account_name: "",
            tags: &tags,
            cost: Cost { billed: cost, effective: cost, list: None, contracted: None },
        };
        cube.add(&charge).unwrap();
        control.add(&charge);
    }
    let text = format!("{source} {period} {rows:?}");
    NewDelivery {
        source: source.to_owned(),
        period: month(period),
        modified,
        files: vec![DeliveredFile { name: "part-1.csv".to_owned(), sha256: Digest::of(text.as_bytes()), bytes: text.len() as u64 }],
        cube: cube.finish(),
        control,
    }
}
