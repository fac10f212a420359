//! Documents against the digests that events and plans name them by.

use dayone_domain::cube::BillKey;
use dayone_domain::currency::{Currency, Money};
use dayone_domain::review::{By, Charged, Stage};
use dayone_domain::tree::Mode;
use dayone_domain::{CostBasis, Exact};
use dayone_ports::Digest;
use dayone_workflow::audit::Finding;
use dayone_workflow::deliveries::{Delivery, SourceEvent};
use dayone_workflow::issuing::{BillEvent, Input, Plan, PlanEntry, TrueUpRound};
use dayone_workflow::ledger::{Batch, BatchEvent, BatchJournal, BatchPlan};
use serde_json::json;

use crate::home::{BILL, Documents, Home, SHOP, SOURCE, WEB, append, home, id};

#[tokio::test]
async fn a_missing_document_is_found_with_who_names_it() {
    let home = home().await;
    let Documents { revision, plan, planned, cube, .. } = home.documents;
    let cases = [(revision, WEB, None), (cube, SOURCE, None), (plan, BILL, None), (planned, BILL, Some(plan))];
    for (document, stream, through) in cases {
        let bytes = home.handles.documents.raw(document).expect("the document is there");
        home.handles.documents.remove(document);
        assert_eq!(home.findings().await, [Finding::DocumentGone { document, stream: id(stream), version: 1, through }]);
        home.handles.documents.set_raw(document, bytes);
    }
    assert_eq!(home.findings().await, []);
}

#[tokio::test]
async fn a_changed_document_is_found_with_who_names_it() {
    let home = home().await;
    let Documents { plan, drawn, control, files, .. } = home.documents;
    for (document, stream, through) in [(drawn, BILL, Some(plan)), (control, SOURCE, None), (files, SOURCE, None), (plan, BILL, None)] {
        let bytes = home.handles.documents.raw(document).expect("the document is there");
        home.handles.documents.set_raw(document, [&bytes[..], b" "].concat());
        assert_eq!(home.findings().await, [Finding::DocumentChanged { document, stream: id(stream), version: 1, through }]);
        home.handles.documents.set_raw(document, bytes);
    }
}

#[tokio::test]
async fn a_document_that_many_name_is_one_finding() {
    let home = home().await;
    append(&home.tenant, SHOP, vec![json!({"event": "issued", "document": home.documents.planned})]).await;
    home.handles.documents.remove(home.documents.planned);
    let findings = home.findings().await;
    assert!(matches!(&findings[..], [Finding::DocumentGone { document, .. }] if *document == home.documents.planned), "{findings:?}");
}

#[tokio::test]
async fn a_plan_that_another_document_names_first_is_followed_where_an_event_names_it() {
    let home = home().await;
    let inner = home.tenant.put_document(b"inner").await.expect("a document");
    let second = home.tenant.put_json(&json!({"drawn": inner})).await.expect("a document");
    let first = home.tenant.put_json(&json!({"plan": second})).await.expect("a document");
    append(&home.tenant, "a", vec![json!({"event": "named", "plan": first})]).await;
    append(&home.tenant, "b", vec![json!({"event": "named", "plan": second})]).await;
    home.handles.documents.remove(inner);
    let expected = Finding::DocumentGone { document: inner, stream: id("b"), version: 1, through: Some(second) };
    assert_eq!(home.findings().await, [expected]);
}

/// Keeps a document of its own for every place that names one, and says which.
struct Named<'a> {
    home: &'a Home,
    kept: Vec<Digest>,
}

impl Named<'_> {
    async fn one(&mut self) -> Digest {
        let text = format!("document {} of {}", self.kept.len(), self.home.documents.plan);
        let digest = self.home.tenant.put_document(text.as_bytes()).await.expect("a document");
        self.kept.push(digest);
        digest
    }

    async fn json(&mut self, value: &(impl serde::Serialize + Sync)) -> Digest {
        let digest = self.home.tenant.put_json(value).await.expect("a document");
        self.kept.push(digest);
        digest
    }
}

fn bill() -> BillKey {
    BillKey { period: "2026-08".parse().expect("a billing period"), currency: Currency::try_new("USD").expect("a currency") }
}

async fn plan(named: &mut Named<'_>) -> Plan {
    let nothing = Money::from_minor(0, bill().currency);
    let entry = PlanEntry {
        group: "web".to_owned(),
        name: "Web".to_owned(),
        parent: None,
        document: Some(named.one().await),
        revision: 1,
        invoice_number: None,
        total: nothing,
        true_ups: nothing,
        charged: Charged::nothing(bill().currency),
        mode: Mode::Showback,
    };
    Plan {
        run: 1,
        by: By::Policy,
        bill: bill(),
        stage: Stage::Final,
        issued_on: "2026-09-09".parse().expect("a day"),
        company: "Acme".to_owned(),
        basis: CostBasis::Billed,
        tree: bill().period,
        inputs: vec![input(named).await],
        configuration: vec![("policy".to_owned(), Digest::of(b"named by the configuration's own event"))],
        fingerprint: Digest::of(b"no document"),
        drawn: named.one().await,
        master: Exact::ZERO,
        total: nothing,
        carries: Vec::new(),
        entries: vec![entry],
    }
}

async fn input(named: &mut Named<'_>) -> Input {
    let delivery = Digest::of(b"no document");
    Input { source: "aws".to_owned(), delivery, cube: named.one().await, control: named.one().await }
}

async fn round(named: &mut Named<'_>) -> TrueUpRound {
    TrueUpRound {
        bill: bill(),
        round: 1,
        inputs: vec![input(named).await],
        drawn: named.one().await,
        true_ups: Vec::new(),
        total: Money::from_minor(0, bill().currency),
    }
}

async fn batch(named: &mut Named<'_>) -> Batch {
    let journal = BatchJournal {
        reference: "D1-17-1".to_owned(),
        posting_date: "2026-08-31".parse().expect("a day"),
        ledger_period: bill().period,
        original_period: None,
        body: named.one().await,
    };
    let at = crate::memory::at("2026-09-09T08:00:00Z");
    let file = named.one().await;
    Batch { number: 1, journals: vec![journal], held_back: Vec::new(), file, exported_by: By::Policy, at, request: None }
}

async fn delivery(named: &mut Named<'_>) -> Delivery {
    Delivery {
        id: Digest::of(b"no document"),
        modified: crate::memory::at("2026-09-03T08:00:00Z"),
        files: named.one().await,
        cube: named.one().await,
        control: named.one().await,
        charges: 1,
        currencies: vec![bill().currency],
        tag_keys: Vec::new(),
        is_invoiced: true,
        made_of: None,
    }
}

#[tokio::test]
async fn every_document_of_deliveries_plans_true_ups_and_batches_is_looked_at() {
    let home = home().await;
    let mut named = Named { home: &home, kept: Vec::new() };
    let delivered = SourceEvent::Delivered { delivery: delivery(&mut named).await };
    let plan = plan(&mut named).await;
    let fingerprint = plan.fingerprint;
    let issued = BillEvent::Issued { run: 1, stage: Stage::Final, plan: named.json(&plan).await, fingerprint };
    let round = round(&mut named).await;
    let found = BillEvent::TrueUpFound { round: 1, document: named.json(&round).await };
    let batch = batch(&mut named).await;
    let (number, journals) = (batch.number, batch.journals.clone());
    let plan_of_batch = BatchPlan { number, journals, exported_by: batch.exported_by.clone(), at: batch.at, request: None };
    let opened = BatchEvent::Opened { number, document: named.json(&plan_of_batch).await };
    let closed = BatchEvent::Closed { number, document: named.json(&batch).await };
    append(&home.tenant, "source/gcp/2026-08", vec![json!(delivered)]).await;
    append(&home.tenant, "bill/2026-08/EUR", vec![json!(issued), json!(found)]).await;
    append(&home.tenant, "batches", vec![json!(opened), json!(closed)]).await;
    // The events come without the views that use cases write along.
    let findings =
        async || home.findings().await.into_iter().filter(|found| !matches!(found, Finding::ViewMissing { .. })).collect::<Vec<_>>();
    assert_eq!(findings().await, []);
    assert_eq!(named.kept.len(), 16);
    for document in named.kept {
        let bytes = home.handles.documents.raw(document).expect("the document is there");
        home.handles.documents.remove(document);
        let findings = findings().await;
        assert!(matches!(&findings[..], [Finding::DocumentGone { document: gone, .. }] if *gone == document), "{findings:?}");
        home.handles.documents.set_raw(document, bytes);
    }
}
