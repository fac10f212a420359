//! A made-up company whose months are issued by the real use cases: for tests of the pages, and to look at them.

#![allow(dead_code)]

use chrono::{DateTime, Utc};
use dayone_domain::charge::{Charge, Cost, Dimension};
use dayone_domain::cube::{BillKey, CubeBuilder};
use dayone_domain::review::{Actor, By, DisputeOf, InvoiceRef, SignIn};
use dayone_domain::tie_out::ControlTotals;
use dayone_domain::{BillingPeriod, Currency, Exact};
use dayone_ports::Digest;
use dayone_workflow::configuration::ConfigKind;
use dayone_workflow::deliveries::{DeliveredFile, NewDelivery};
use dayone_workflow::{Failure, Request, Tenant};

use crate::memory::{Handles, at, ports};

pub const CONTROLLER: &str = "ines.duarte@meridian.example";
pub const DEPUTY: &str = "aron.vik@meridian.example";
pub const FINOPS: &str = "felix.brandt@meridian.example";
pub const AUDITOR: &str = "mei.tanaka@meridian.example";
/// Owns checkout.
pub const NADIA: &str = "nadia.haddad@meridian.example";
/// Owns online, and with it all below.
pub const RAFAEL: &str = "rafael.silva@meridian.example";
/// Owns marketing.
pub const SARA: &str = "sara.lind@meridian.example";
/// Owns search.
pub const OLA: &str = "ola.berg@meridian.example";
pub const EVERYBODY: [&str; 8] = [CONTROLLER, DEPUTY, FINOPS, AUDITOR, NADIA, RAFAEL, SARA, OLA];
pub const PASSWORD: &str = "a made-up password";

const SOURCES: &str = r#"sources:
  - { id: aws-cur, provider: AWS, billing_accounts: ["410283771560"], currencies: [USD], from: 2026-05 }
  - { id: azure, provider: Microsoft Azure, billing_accounts: ["7f1e6b0c"], currencies: [USD], from: 2026-05 }
  - { id: azure-eu, provider: Microsoft Azure, billing_accounts: ["9c2d0a11"], currencies: [EUR], from: 2026-08 }
"#;
const POLICY: &str = "time_zone: Europe/Oslo\nacceptance: { remind_after_days: [3, 7], deemed_after_days: 14 }\n";
const CALENDAR: &str = "currency: USD\nlegal_entity: Meridian Retail Inc.\ncloses_on_day: 10\n";

/// What names hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// What a company would write.
    Plain,
    /// Mark-up and quotes, everywhere.
    Hostile,
}

/// Mark-up that must stay text.
pub const HOSTILE: &str = "<script>alert(1)</script>\"'&<b onclick=x>";

impl Names {
    fn of(self, plain: &str) -> String {
        match self {
            Names::Plain => plain.to_owned(),
            Names::Hostile => format!("{plain} {HOSTILE}"),
        }
    }

    /// Quoted for YAML.
    fn yaml(self, plain: &str) -> String {
        format!("'{}'", self.of(plain).replace('\'', "''"))
    }
}

/// The company.
pub struct MadeUp {
    pub tenant: Tenant,
    pub handles: Handles,
    names: Names,
}

/// A team's charges of a service: team, service, account, category, cost.
type Row = (&'static str, &'static str, &'static str, &'static str, i128);

impl MadeUp {
    /// Configured, in June 2026, with three cost groups that will be in chargeback from July on.
    pub async fn new(names: Names) -> MadeUp {
        let (ports, handles) = ports();
        handles.clock.set(at("2026-06-01T06:00:00Z"));
        let company = MadeUp { tenant: Tenant::new("meridian".parse().unwrap(), ports), handles, names };
        let founder = company.tenant.founder("machine").await.unwrap();
        company.put(founder, ConfigKind::People, &company.people()).await;
        let controller = company.actor(CONTROLLER).await;
        for (kind, text) in [
            (ConfigKind::Tree, company.tree()),
            (ConfigKind::Sources, SOURCES.to_owned()),
            (ConfigKind::Policy, POLICY.to_owned()),
            (ConfigKind::Calendar, CALENDAR.to_owned()),
        ] {
            company.put(controller.clone(), kind, &text).await;
        }
        company
    }

    /// The whole story: it is 8 September 2026. July is closed, with a true-up on August; August is final in USD and
    /// provisional in EUR.
    pub async fn story(names: Names) -> MadeUp {
        let company = MadeUp::new(names).await;
        company.closed_month("2026-05", "2026-06-01T06:00:00Z").await;
        company.promote_some().await;
        company.closed_month("2026-06", "2026-07-02T06:00:00Z").await;
        company.closed_month("2026-07", "2026-08-03T06:00:00Z").await;
        company.july_is_accepted_and_posted().await;
        company.august().await;
        company.what_people_said().await;
        company
    }

    /// A month that is delivered, closed and issued.
    pub async fn closed_month(&self, period: &str, on: &str) {
        self.set(on);
        self.deliver_month(period, 0).await;
        for source in ["aws-cur", "azure"] {
            self.close(source, period).await;
        }
        self.tenant.issue(&By::Policy, None).await.unwrap();
    }

    async fn promote_some(&self) {
        self.set("2026-06-15T08:00:00Z");
        for group in ["checkout", "payments", "marketing"] {
            for (mail, reason) in [(CONTROLLER, "They asked for it themselves."), (DEPUTY, "Agreed with the owners.")] {
                let request = self.asks(mail).await;
                self.tenant.promote(&request, group, Some(month("2026-07")), Some(&self.names.of(reason))).await.unwrap();
            }
        }
    }

    async fn july_is_accepted_and_posted(&self) {
        self.set("2026-08-05T09:30:00Z");
        for (mail, group) in [(NADIA, "checkout"), (RAFAEL, "payments"), (SARA, "marketing")] {
            self.accept(mail, "2026-07", group).await;
        }
        let request = self.asks(DEPUTY).await;
        self.tenant.post(&request, None).await.unwrap();
    }

    async fn august(&self) {
        self.set("2026-09-01T05:00:00Z");
        self.deliver_month("2026-08", 0).await;
        self.tenant.issue(&By::Policy, None).await.unwrap();
        self.set("2026-09-01T12:00:00Z");
        let request = self.asks(NADIA).await;
        let of = invoice("2026-08", "checkout");
        let question = self.names.of("Why is the load balancer in our invoice?\nWe moved it in July.");
        self.tenant.ask(&request, &of, &question).await.unwrap();
        let request = self.asks(FINOPS).await;
        self.tenant.answer(&request, &of, 1, &self.names.of("Its tag still says checkout.")).await.unwrap();
        self.set("2026-09-03T05:00:00Z");
        self.deliver_late_july().await;
        self.deliver_month("2026-08", 1).await;
        for source in ["aws-cur", "azure"] {
            self.close(source, "2026-08").await;
        }
        self.tenant.issue(&By::Policy, None).await.unwrap();
    }

    async fn what_people_said(&self) {
        self.set("2026-09-04T10:15:00Z");
        self.accept(RAFAEL, "2026-08", "payments").await;
        self.dispute_largest(SARA, "2026-08", "marketing", "This campaign belongs to search; see the ticket of 12 August.").await;
        let request = self.asks(FINOPS).await;
        let of = invoice("2026-08", "marketing");
        self.tenant.comment(&request, &of, 1, &self.names.of("We look into it until Thursday.")).await.unwrap();
        self.set("2026-09-06T06:00:00Z");
        self.tenant.issue(&By::Policy, None).await.unwrap();
        self.set("2026-09-08T07:00:00Z");
    }

    pub async fn accept(&self, mail: &str, period: &str, group: &str) {
        let request = self.asks(mail).await;
        let of = invoice(period, group);
        let page = self.tenant.invoice(&request.actor, &of).await.unwrap();
        self.tenant.accept(&request, &of, page.view.revision.number).await.unwrap();
    }

    /// Disputes a part of the largest line.
    pub async fn dispute_largest(&self, mail: &str, period: &str, group: &str, reason: &str) {
        let request = self.asks(mail).await;
        let of = invoice(period, group);
        let page = self.tenant.invoice(&request.actor, &of).await.unwrap();
        let line = page.document.stated().into_iter().max_by_key(|stated| stated.amount.minor()).unwrap();
        let amount = dayone_domain::Money::from_minor(line.amount.minor() / 2, of.bill.currency);
        let reason = self.names.of(reason);
        let dispute = DisputeOf { revision: page.view.revision.number, line: &line.id, amount, reason: &reason };
        self.tenant.dispute(&request, &of, dispute).await.unwrap();
    }

    pub async fn put(&self, actor: Actor, kind: ConfigKind, text: &str) {
        let name = self.names.of(&format!("{kind}.yaml"));
        self.tenant.put_configuration(&Request::of(actor), kind, &name, text.as_bytes()).await.unwrap();
    }

    /// Somebody, signed in.
    pub async fn actor(&self, mail: &str) -> Actor {
        self.tenant.actor(mail, SignIn::Password).await.unwrap()
    }

    pub async fn asks(&self, mail: &str) -> Request {
        Request::of(self.actor(mail).await)
    }

    pub fn set(&self, moment: &str) {
        self.handles.clock.set(at(moment));
    }

    pub async fn close(&self, source: &str, period: &str) {
        let request = self.asks(CONTROLLER).await;
        self.tenant.close_source(&request, source, month(period)).await.unwrap();
    }

    /// Gives everybody the password [`PASSWORD`].
    pub async fn give_passwords(&self, to: &[&str]) -> Result<(), Failure> {
        for mail in to {
            self.tenant.set_password(&self.asks(CONTROLLER).await, mail, PASSWORD).await?;
        }
        Ok(())
    }

    async fn deliver_month(&self, period: &str, refresh: i128) {
        let factor = 900 + 37 * i128::from(month(period).month()) + 11 * refresh;
        self.deliver("aws-cur", period, "USD", factor, &self.aws_rows(refresh)).await;
        self.deliver("azure", period, "USD", factor, &AZURE).await;
        if period == "2026-08" {
            self.deliver("azure-eu", period, "EUR", factor, &AZURE_EU).await;
        }
    }

    async fn deliver_late_july(&self) {
        let factor = 900 + 37 * 7;
        let mut rows = self.aws_rows(0);
        rows.push(("checkout", "Amazon CloudFront", "checkout-edge", "Usage", 412_077));
        rows.push(("marketing", "Amazon S3", "marketing-data", "Credit", -51_200));
        self.deliver("aws-cur", "2026-07", "USD", factor, &rows).await;
    }

    fn aws_rows(&self, refresh: i128) -> Vec<Row> {
        let mut rows: Vec<Row> = AWS.to_vec();
        if refresh > 0 {
            rows.push(("checkout", "AWS Lambda", "checkout-prod", "Usage", 88_410));
        }
        rows
    }

    /// A delivery of rows, each cost times `factor` over a thousand, in ten-thousandths.
    pub async fn deliver(&self, source: &str, period: &str, currency: &str, factor: i128, rows: &[Row]) {
        let new = self.delivery(source, period, currency, factor, rows, self.tenant.ports().clock.now());
        let settings = self.tenant.settings().await.unwrap();
        self.tenant.deliver(&By::Policy, &settings, new).await.unwrap();
    }

    fn delivery(&self, source: &str, period: &str, currency: &str, factor: i128, rows: &[Row], made: DateTime<Utc>) -> NewDelivery {
        let (provider, account) = match source {
            "aws-cur" => ("AWS", "410283771560"),
            "azure" => ("Microsoft Azure", "7f1e6b0c"),
            _ => ("Microsoft Azure", "9c2d0a11"),
        };
        let mut cube = CubeBuilder::new(vec!["team".to_owned()]);
        let mut control = ControlTotals::default();
        let invoice = format!("{source}-{period}");
        for (team, service, sub_account, category, cost) in rows {
            let (service, name) = (self.names.of(service), self.names.of(sub_account));
            let mut values = [""; Dimension::COUNT];
            for (dimension, value) in [
                (Dimension::Source, source),
                (Dimension::Provider, provider),
                (Dimension::BillingAccount, account),
                (Dimension::SubAccount, sub_account),
                (Dimension::Service, service.as_str()),
                (Dimension::ChargeCategory, category),
                (Dimension::ChargeType, category),
                (Dimension::ChargeMonth, period),
                (Dimension::InvoiceId, invoice.as_str()),
            ] {
                values[dimension as usize] = value;
            }
            let cost = Exact::from_i128(cost * factor / 1000, 4);
            let tags = [("team", *team)];
            let charge = Charge {
                billing_period: month(period),
                currency: Currency::try_new(currency).unwrap(),
                values,
                billing_account_name: "",
                sub_account_name: &name,
                tags: &tags,
                cost: Cost { billed: cost, effective: cost, list: None, contracted: None },
            };
            cube.add(&charge).unwrap();
            control.add(&charge);
        }
        let text = format!("{source} {period} {factor} {rows:?}");
        let files = vec![DeliveredFile { name: "part-1.csv".to_owned(), sha256: Digest::of(text.as_bytes()), bytes: text.len() as u64 }];
        NewDelivery { source: source.to_owned(), period: month(period), modified: made, files, cube: cube.finish(), control }
    }

    pub fn people(&self) -> String {
        let name = |plain: &str| self.names.yaml(plain);
        format!(
            "people:
  - {{ mail: {CONTROLLER}, name: {}, roles: [controller] }}
  - {{ mail: {DEPUTY}, name: {}, roles: [controller, finops] }}
  - {{ mail: {FINOPS}, name: {}, roles: [finops] }}
  - {{ mail: {AUDITOR}, name: {}, roles: [auditor] }}
  - {{ mail: {NADIA}, name: {}, accepts_up_to: {{ USD: \"60000.00\" }} }}
  - {{ mail: {RAFAEL}, name: {} }}
  - {{ mail: {SARA}, name: {}, accepts_up_to: {{ USD: \"90000.00\" }} }}
  - {{ mail: {OLA}, name: {} }}
",
            name("Ines Duarte"),
            name("Aron Vik"),
            name("Felix Brandt"),
            name("Mei Tanaka"),
            name("Nadia Haddad"),
            name("Rafael Silva"),
            name("Sara Lind"),
            name("Ola Berg"),
        )
    }

    pub fn tree(&self) -> String {
        let name = |plain: &str| self.names.yaml(plain);
        format!(
            "company: {}
valid_from: 2026-05
legal_entity: Meridian Retail Inc.
owners: [{FINOPS}]
cost_center: \"9000\"
central: finance
unallocated: {{ id: unallocated, name: {}, owners: [{FINOPS}] }}
groups:
  - id: online
    name: {}
    kind: {}
    owners: [{RAFAEL}]
    groups:
      - {{ id: checkout, name: {}, kind: team, owners: [{NADIA}], cost_center: \"4240\", department: Commerce }}
      - {{ id: payments, name: {}, kind: team, cost_center: \"4250\", department: Commerce }}
      - {{ id: search, name: {}, kind: team, owners: [{OLA}], cost_center: \"4220\" }}
  - {{ id: marketing, name: {}, kind: department, owners: [{SARA}], cost_center: \"5100\" }}
  - {{ id: finance, name: {}, owners: [{CONTROLLER}] }}
pools:
  - {{ id: platform, name: {}, owners: [{FINOPS}], split: proportional, to: [checkout, payments, search, marketing], fallback: even, account: \"6480\" }}
  - {{ id: support, name: {}, owners: [{FINOPS}], split: even, to: [checkout, payments, search, marketing] }}
rules:
  - {{ to: checkout, when: {{ tags: {{ team: checkout }} }} }}
  - {{ to: payments, when: {{ tags: {{ team: payments }} }} }}
  - {{ to: search, when: {{ tags: {{ team: search }} }} }}
  - {{ to: marketing, when: {{ tags: {{ team: marketing }} }} }}
  - {{ to: platform, when: {{ tags: {{ team: platform }} }} }}
  - {{ to: support, when: {{ tags: {{ team: support }} }} }}
treatment: {{ tax: finance }}
ledger:
  accounts: {{ default: \"6400\", by_service: {{ Amazon SageMaker: \"6420\" }} }}
  holding:
    default: {{ account: \"1490\", cost_center: \"9000\" }}
    by_billing_account: {{ \"7f1e6b0c\": {{ account: \"1491\", cost_center: \"9000\" }} }}
",
            name("Meridian Retail"),
            name("Not yet allocated"),
            name("Online"),
            name("business unit"),
            name("Checkout"),
            name("Payments"),
            name("Search"),
            name("Marketing"),
            name("Central finance"),
            name("Platform team"),
            name("Support plan"),
        )
    }
}

const AWS: [Row; 19] = [
    ("checkout", "Amazon EC2", "checkout-prod", "Usage", 81_204_411),
    ("checkout", "Amazon EC2", "checkout-test", "Usage", 12_404_117),
    ("checkout", "Amazon RDS", "checkout-prod", "Usage", 44_100_231),
    ("checkout", "Elastic Load Balancing", "checkout-prod", "Usage", 6_310_402),
    ("checkout", "Amazon S3", "checkout-prod", "Usage", 3_204_119),
    ("checkout", "Amazon EC2", "checkout-prod", "Credit", -2_100_000),
    ("payments", "Amazon EC2", "payments-prod", "Usage", 51_020_007),
    ("payments", "Amazon DynamoDB", "payments-prod", "Usage", 20_881_340),
    ("search", "Amazon OpenSearch Service", "search-prod", "Usage", 62_110_877),
    ("search", "Amazon SageMaker", "search-ml", "Usage", 28_400_023),
    ("marketing", "Amazon S3", "marketing-data", "Usage", 18_204_871),
    ("marketing", "Amazon Redshift", "marketing-data", "Usage", 33_904_100),
    ("platform", "Amazon EKS", "platform", "Usage", 40_110_022),
    ("platform", "Amazon CloudWatch", "platform", "Usage", 9_204_301),
    ("support", "AWS Support", "master", "Usage", 15_000_000),
    ("", "Amazon EC2", "sandbox", "Usage", 4_120_333),
    ("", "Tax", "master", "Tax", 11_020_000),
    ("checkout", "AWS Marketplace: Datadog", "checkout-prod", "Purchase", 8_800_000),
    ("payments", "Amazon S3", "payments-prod", "Usage", 4_099_817),
];

const AZURE: [Row; 5] = [
    ("checkout", "Azure Front Door", "shop-web", "Usage", 7_204_440),
    ("search", "Azure Cognitive Search", "search-lab", "Usage", 5_117_900),
    ("marketing", "Azure Synapse", "insight", "Usage", 22_314_075),
    ("platform", "Azure DevOps", "platform", "Usage", 3_400_000),
    ("", "Azure Storage", "left-over", "Usage", 410_230),
];

const AZURE_EU: [Row; 2] =
    [("checkout", "Azure Front Door", "shop-web-eu", "Usage", 3_904_400), ("marketing", "Azure Synapse", "insight-eu", "Usage", 2_210_075)];

pub fn month(text: &str) -> BillingPeriod {
    text.parse().unwrap()
}

pub fn invoice(period: &str, group: &str) -> InvoiceRef {
    InvoiceRef { bill: BillKey { period: month(period), currency: Currency::try_new("USD").unwrap() }, group: group.to_owned() }
}
