//! Two tenants on one store, behind one router, and people who are signed in.

#![allow(dead_code)]

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use dayone_domain::review::{By, DisputeOf, SignIn};
use dayone_handlers::intake::{Arrived, Intake, NotTaken, Taken, TakenDelivery};
use dayone_handlers::{Site, Tenants, router};
use dayone_ports::Digest;
use dayone_workflow::configuration::ConfigKind;
use dayone_workflow::deliveries::DeliveredFile;
use dayone_workflow::sign_in::PasswordCost;
use dayone_workflow::{Failure, FailureKind, Request as Asks, Tenant};
use serde_json::Value;
use tower::ServiceExt;

use crate::company::{CALENDAR, PEOPLE, Row, SOURCES, TREE, delivery, invoice, month};
use crate::memory::{Handles, at, ports};

pub const PASSWORD: &str = "a password of a test";
pub const OWNER: &str = "shop@nw.example";
pub const OTHER: &str = "search@nw.example";
pub const CONTROLLER: &str = "controller@nw.example";
pub const SECOND: &str = "other-controller@nw.example";
pub const FINOPS: &str = "finops@nw.example";
pub const AUDITOR: &str = "auditor@nw.example";
pub const NORTH: &str = "northwind.test";
pub const SOUTH: &str = "southwind.test";

/// Silence is never a yes, so that what waits goes on waiting.
const POLICY: &str = "time_zone: Europe/Oslo\npromotion: { undisputed_periods: 1, unallocated_at_most: 50 % }\n";

/// What an attacker pays to guess in tests.
const CHEAP: PasswordCost = PasswordCost { memory: 8, passes: 1, lanes: 1 };

struct Hosts([(&'static str, Tenant); 2]);

impl Tenants for Hosts {
    fn at(&self, host: &str) -> Option<Tenant> {
        self.0.iter().find(|(known, _)| *known == host).map(|(_, tenant)| tenant.clone())
    }
}

/// Until when the outside is away from `away.csv`.
pub const BACK: &str = "2026-07-01T10:00:00Z";

/// Knows no format: a file is 2026-06 of source `aws`, unless its name says that it is refused or that the outside is away.
struct MadeUp;

#[async_trait(?Send)]
impl Intake for MadeUp {
    async fn take(&self, tenant: &Tenant, by: &By, arrived: &Arrived) -> Result<Taken, Failure> {
        let settings = tenant.settings().await?;
        let mut taken = Taken::default();
        for file in &arrived.files {
            match file.name.as_str() {
                "refused.csv" => taken.refused.push(NotTaken {
                    file: Some(file.name.clone()),
                    row: Some(7),
                    ..NotTaken::told("`x` is no number. What to do: export it again.".to_owned())
                }),
                "away.csv" if tenant.ports().clock.now() < at(BACK) => {
                    taken.failed = Some(Failure::new(FailureKind::Unavailable, "unavailable", "the store is away"))
                }
                _ => {
                    let mut new = delivery("aws", "2026-06", arrived.modified, &[("shop", "Usage", "12", true)]);
                    new.files =
                        vec![DeliveredFile { name: file.name.clone(), sha256: Digest::of(&file.bytes), bytes: file.bytes.len() as u64 }];
                    let (source, period) = (new.source.clone(), new.period);
                    let outcome = tenant.deliver(by, &settings, new).await?;
                    taken.deliveries.push(TakenDelivery { source, period, files: 1, charges: 1, outcome });
                }
            }
        }
        Ok(taken)
    }
}

pub struct Home {
    pub north: Tenant,
    pub south: Tenant,
    pub handles: Handles,
    pub router: Router,
}

/// Somebody's session, or nobody's.
#[derive(Clone, Default)]
pub struct Visitor {
    pub cookie: Option<String>,
    pub csrf: Option<String>,
}

/// An answer.
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text());
        self.json()["code"].as_str().unwrap().to_owned()
    }
}

/// A request that is being written.
pub struct Ask<'a> {
    home: &'a Home,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Ask<'_> {
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    pub fn bytes(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Files, as a form sends them; a boundary is any text that is in none of them.
    pub fn files(self, files: &[(&str, &str)], boundary: &str) -> Self {
        let mut body = String::new();
        for (name, text) in files {
            body += &format!("--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n");
        }
        self.with("content-type", &format!("multipart/form-data; boundary={boundary}")).bytes(format!("{body}--{boundary}--\r\n"))
    }

    pub fn json(self, body: &Value) -> Self {
        self.with("content-type", "application/json").bytes(body.to_string())
    }

    pub async fn send(self) -> Reply {
        let mut request = Request::builder().method(self.method).uri(self.path);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let response = self.home.router.clone().oneshot(request.body(Body::from(self.body)).unwrap()).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec();
        Reply { status, headers, bytes }
    }
}

impl Home {
    /// Both tenants configured, nothing issued.
    pub async fn empty() -> Home {
        let (ports, handles) = ports();
        handles.clock.set(at("2026-01-01T08:00:00Z"));
        let north = Tenant::new("northwind".parse().unwrap(), ports.clone());
        let south = Tenant::new("southwind".parse().unwrap(), ports);
        for tenant in [&north, &south] {
            configure(tenant).await;
        }
        let hosts = Hosts([(NORTH, north.clone()), (SOUTH, south.clone())]);
        let site = Site { tenants: Arc::new(hosts), intake: Arc::new(MadeUp), ..Site::of(north.clone()) };
        Home { router: router(site), north, south, handles }
    }

    /// Northwind has a history. January is final in showback. In March, April and May shop and search are in
    /// chargeback: search's are posted, in batch 1, and ready; shop's waits in March, is disputed in April, and waits
    /// in May. June is provisional, with a question of shop.
    pub async fn story() -> Home {
        let home = Home::empty().await;
        home.month("2026-01", "2026-02-05T08:00:00Z").await;
        for group in ["shop", "search"] {
            home.north.promote(&home.asks(CONTROLLER).await, group, None, None).await.unwrap();
        }
        home.month("2026-03", "2026-04-05T08:00:00Z").await;
        home.accept(OTHER, "2026-03", "search").await;
        home.north.post(&home.asks(CONTROLLER).await, None).await.unwrap();
        home.month("2026-04", "2026-05-05T08:00:00Z").await;
        home.accept(OTHER, "2026-04", "search").await;
        home.north.export(&home.asks(CONTROLLER).await).await.unwrap();
        home.dispute("2026-04").await;
        home.month("2026-05", "2026-06-05T08:00:00Z").await;
        home.accept(OTHER, "2026-05", "search").await;
        home.handles.clock.set(at("2026-07-01T08:00:00Z"));
        home.deliveries("2026-06", "2026-07-01T02:00:00Z").await;
        home.north.issue(&By::Policy, None).await.unwrap();
        home.north.ask(&home.asks(OWNER).await, &invoice("2026-06", "shop"), "what is the platform?").await.unwrap();
        home
    }

    /// Delivers, closes and issues a month.
    pub async fn month(&self, period: &str, on: &str) {
        self.handles.clock.set(at(on));
        self.deliveries(period, on).await;
        for source in ["aws", "azure"] {
            let request = self.asks(CONTROLLER).await;
            self.north.close_source(&request, source, month(period)).await.unwrap();
        }
        self.north.issue(&By::Policy, None).await.unwrap();
    }

    pub async fn deliveries(&self, period: &str, made: &str) {
        let aws: &[Row<'_>] = &[("shop", "Usage", "100.004", true), ("platform", "Usage", "30.003", true), ("", "Usage", "5", true)];
        let azure: &[Row<'_>] = &[("search", "Usage", "50", true), ("", "Tax", "7.5", true)];
        let settings = self.north.settings().await.unwrap();
        for (source, rows) in [("aws", aws), ("azure", azure)] {
            self.north.deliver(&By::Policy, &settings, delivery(source, period, at(made), rows)).await.unwrap();
        }
    }

    pub async fn asks(&self, mail: &str) -> Asks {
        Asks::of(self.north.actor(mail, SignIn::Password).await.unwrap())
    }

    pub async fn accept(&self, mail: &str, period: &str, group: &str) {
        let (request, of) = (self.asks(mail).await, invoice(period, group));
        let page = self.north.invoice(&request.actor, &of).await.unwrap();
        let reviewed = self.north.accept(&request, &of, page.view.revision.number).await.unwrap();
        assert_eq!((reviewed.journals.len(), reviewed.note), (1, None));
    }

    async fn dispute(&self, period: &str) {
        let (request, of) = (self.asks(OWNER).await, invoice(period, "shop"));
        let page = self.north.invoice(&request.actor, &of).await.unwrap();
        let line = page.document.stated().remove(0);
        let dispute = DisputeOf { revision: page.view.revision.number, line: &line.id, amount: line.amount, reason: "not ours" };
        self.north.dispute(&request, &of, dispute).await.unwrap();
    }

    /// References of journals of search, by billing period.
    pub async fn journal(&self, period: &str) -> String {
        let auditor = self.north.actor(AUDITOR, SignIn::Password).await.unwrap();
        let views = self.north.journals(&auditor, dayone_workflow::ledger::JournalFilter::default()).await.unwrap();
        let of = views.into_iter().find(|view| view.period == month(period)).unwrap();
        of.state.reference
    }

    /// The line of shop's invoice, and its version.
    pub async fn shop(&self, period: &str) -> (String, u64) {
        let auditor = self.north.actor(AUDITOR, SignIn::Password).await.unwrap();
        let page = self.north.invoice(&auditor, &invoice(period, "shop")).await.unwrap();
        (page.document.stated().remove(0).id, page.version)
    }

    pub async fn sign_in(&self, tenant: &Tenant, mail: &str) -> Visitor {
        let session = tenant.sign_in(mail, PASSWORD).await.unwrap();
        Visitor { cookie: Some(format!("dayone={}", session.token)), csrf: Some(session.csrf) }
    }

    pub async fn visitor(&self, mail: &str) -> Visitor {
        self.sign_in(&self.north, mail).await
    }

    /// A request of northwind's host, with all that a browser's session and a careful program send.
    pub fn ask(&self, visitor: &Visitor, method: &str, path: &str) -> Ask<'_> {
        self.ask_at(NORTH, visitor, method, path)
    }

    pub fn ask_at(&self, host: &str, visitor: &Visitor, method: &str, path: &str) -> Ask<'_> {
        let ask = Ask { home: self, method: method.parse().unwrap(), path: path.to_owned(), headers: Vec::new(), body: Vec::new() };
        let mut ask = ask.with("host", host);
        if let Some(cookie) = &visitor.cookie {
            ask = ask.with("cookie", cookie);
        }
        if let Some(csrf) = visitor.csrf.as_ref().filter(|_| method != "GET") {
            ask = ask.with("x-csrf-token", csrf);
        }
        if method == "GET" { ask } else { ask.with("idempotency-key", &self.fresh_key()) }
    }

    pub async fn get(&self, visitor: &Visitor, path: &str) -> Reply {
        self.ask(visitor, "GET", path).send().await
    }

    fn fresh_key(&self) -> String {
        format!("key-{}", self.handles.chance.next())
    }
}

async fn configure(tenant: &Tenant) {
    let founder = tenant.founder("machine").await.unwrap();
    put(tenant, &Asks::of(founder), ConfigKind::People, PEOPLE).await;
    let controller = Asks::of(tenant.actor(CONTROLLER, SignIn::Password).await.unwrap());
    for (kind, text) in
        [(ConfigKind::Tree, TREE), (ConfigKind::Sources, SOURCES), (ConfigKind::Policy, POLICY), (ConfigKind::Calendar, CALENDAR)]
    {
        put(tenant, &controller, kind, text).await;
    }
    for mail in [OWNER, OTHER, CONTROLLER, SECOND, FINOPS, AUDITOR] {
        tenant.set_password_with(&controller, mail, PASSWORD, CHEAP).await.unwrap();
    }
}

async fn put(tenant: &Tenant, request: &Asks, kind: ConfigKind, text: &str) {
    tenant.put_configuration(request, kind, &format!("{}.yaml", kind.as_str()), text.as_bytes()).await.unwrap();
}
