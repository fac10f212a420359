//! Two months of the company, as people and the schedule make them, with a third one under way.

use dayone_domain::currency::Money;
use dayone_domain::review::{DisputeOf, InvoiceRef, Resolution};
use dayone_ports::Key;
use dayone_workflow::Tenant;
use dayone_workflow::audit::Finding;
use dayone_workflow::keys;
use dayone_workflow::review::InvoicePage;

use crate::company::{Company, bill, invoice, month, usd};

const CONTROLLER: &str = "controller@nw.example";
const OTHER: &str = "other-controller@nw.example";
pub const SHOP: &str = "shop@nw.example";
pub const SEARCH: &str = "search@nw.example";

impl Company {
    pub async fn findings(&self) -> Vec<Finding> {
        self.tenant.verify().await.expect("the audit goes to its end").findings
    }

    pub fn told(findings: &[Finding]) -> Vec<String> {
        findings.iter().map(ToString::to_string).collect()
    }

    pub fn key(&self, partition: impl Fn(&dayone_workflow::TenantId) -> String, sort: &str) -> Key {
        Key::new(partition(self.tenant.id()), sort)
    }

    pub fn single(&self, name: &str) -> Key {
        keys::single(self.tenant.id(), name)
    }

    pub fn invoice_view(&self, period: &str, group: &str) -> Key {
        Key::new(keys::invoices(self.tenant.id(), bill(period)), group)
    }

    pub fn replace(&self, key: &Key, from: &str, to: &str) {
        let text = String::from_utf8(self.handles.store.raw(key).expect("the record is there")).expect("a text");
        assert!(text.contains(from), "`{from}` is in {text}");
        self.handles.store.set_raw(key, text.replace(from, to).into_bytes());
    }

    async fn page(&self, of: &InvoiceRef) -> InvoicePage {
        self.tenant.invoice(&self.person("auditor@nw.example").await, of).await.unwrap()
    }

    pub async fn accept(&self, mail: &str, of: &InvoiceRef) -> Vec<String> {
        let revision = self.page(of).await.document.revision;
        self.tenant.accept(&self.asks(mail).await, of, revision).await.unwrap().journals
    }

    pub async fn post(&self, references: &[String]) {
        let report = self.tenant.post(&self.asks(CONTROLLER).await, Some(references)).await.unwrap();
        assert_eq!(report.posted.len(), references.len(), "{report:?}");
    }

    async fn deliver_both(&self, period: &str, made: &str) {
        let rows = [("shop", "Usage", "100.004", true), ("platform", "Usage", "30.003", true), ("", "Usage", "5", true)];
        self.deliver("aws", period, made, &rows).await.unwrap();
        self.deliver("azure", period, made, &[("search", "Usage", "50", true)]).await.unwrap();
    }

    async fn close_both(&self, period: &str) {
        self.close("aws", period).await.unwrap();
        self.close("azure", period).await.unwrap();
    }

    async fn promote(&self, group: &str, from: &str) {
        for mail in [CONTROLLER, OTHER] {
            self.tenant.promote(&self.asks(mail).await, group, Some(month(from)), Some("agreed")).await.unwrap();
        }
    }

    /// January in showback: a question, an acknowledgement, and a late charge.
    async fn january(&self) {
        self.set("2026-01-20T08:00:00Z");
        self.promote("shop", "2026-02").await;
        self.promote("search", "2026-02").await;
        self.tenant.promote(&self.asks(CONTROLLER).await, "online", Some(month("2026-03")), Some("asked alone")).await.unwrap();
        self.deliver_both("2026-01", "2026-02-01T02:00:00Z").await;
        self.issue_on("2026-02-01").await.unwrap();
        let shop = invoice("2026-01", "shop");
        self.tenant.ask(&self.asks(SHOP).await, &shop, "what is the platform?").await.unwrap();
        self.close_both("2026-01").await;
        self.issue_on("2026-02-05").await.unwrap();
        self.tenant.acknowledge(&self.asks(SHOP).await, &shop, 2).await.unwrap();
        let rows = [("shop", "Usage", "103.004", true), ("platform", "Usage", "30.003", true), ("", "Usage", "5", true)];
        self.deliver("aws", "2026-01", "2026-02-05T10:00:00Z", &rows).await.unwrap();
        self.issue_on("2026-02-06").await.unwrap();
    }

    /// February in chargeback, final: it carries the late charge; a dispute is upheld for a credit.
    async fn february(&self) {
        self.deliver_both("2026-02", "2026-03-01T02:00:00Z").await;
        self.issue_on("2026-03-01").await.unwrap();
        self.close_both("2026-02").await;
        self.issue_on("2026-03-05").await.unwrap();
        let shop = invoice("2026-02", "shop");
        let page = self.page(&shop).await;
        let line = page.document.invoice.lines[0].key().id();
        let dispute = DisputeOf { revision: 2, line: &line, amount: Money::from_minor(700, usd()), reason: "not ours" };
        self.tenant.dispute(&self.asks(SHOP).await, &shop, dispute).await.unwrap();
        let upheld = Resolution::Upheld { receiver: "finance".to_owned() };
        self.tenant.resolve(&self.asks(CONTROLLER).await, &shop, 1, upheld, Some("a credit")).await.unwrap();
    }

    /// One journal is posted, reversed and posted anew; another leaves in a batch; a third waits.
    async fn ledger(&self) {
        let shop = invoice("2026-02", "shop");
        let journals = self.accept(SHOP, &shop).await;
        self.accept("head@nw.example", &shop).await;
        self.post(&journals).await;
        let reversal = self.tenant.reverse(&self.asks(CONTROLLER).await, &journals[0], "wrong coding").await.unwrap();
        self.post(&[reversal.state.reference]).await;
        self.accept(SEARCH, &invoice("2026-02", "search")).await;
        self.tenant.export(&self.asks(CONTROLLER).await).await.unwrap();
        self.tenant.anchor().await.unwrap();
        self.accept(SHOP, &shop).await;
    }

    /// March: the plug is pulled in the middle of its first run.
    async fn begin_march(&self) {
        self.deliver_both("2026-03", "2026-04-01T02:00:00Z").await;
        let (records, open_run) = (self.handles.store.copy(), self.single(keys::OPEN_RUN));
        let is_half = |tenant: &Tenant| {
            let views = self.handles.store.keys_in(&keys::invoices(tenant.id(), bill("2026-03")));
            self.handles.store.raw(&open_run).is_some() && !views.is_empty()
        };
        for call in 1.. {
            self.cord.cut_at(call);
            let done = self.issue_on("2026-04-01").await;
            self.cord.mend();
            if is_half(&self.tenant) {
                return;
            }
            assert!(done.is_err(), "the run is cut off somewhere");
            self.handles.store.restore(records.clone());
        }
    }
}

/// All of it.
pub async fn months() -> Company {
    let company = Company::new().await;
    company.january().await;
    company.february().await;
    company.ledger().await;
    company.begin_march().await;
    company
}
