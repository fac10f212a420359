//! Views against the streams that they show: each kind is found and named.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use dayone_ports::{Action, Key, Page, Record, Store, StoreError};
use dayone_workflow::audit::Finding;
use dayone_workflow::keys;
use dayone_workflow::stream::StreamId;
use dayone_workflow::{Ports, Request, Tenant};
use serde_json::json;

use crate::company::{Company, invoice};
use crate::home::append;
use crate::memory::MemoryStore;
use crate::months::months;

/// Where a view lies.
type Place<'a> = &'a dyn Fn(&Company) -> Key;

async fn told(company: &Company) -> Vec<String> {
    Company::told(&company.findings().await)
}

#[tokio::test]
async fn months_of_a_company_with_a_run_under_way_have_no_finding() {
    assert_eq!(told(&months().await).await, [] as [&str; 0]);
}

#[tokio::test]
async fn a_changed_view_is_named_with_what_it_says_and_what_the_trail_says() {
    let cases: [(Place<'_>, &str, &str, &str); 9] = [
        (
            &|company| company.invoice_view("2026-01", "shop"),
            "\"standing\":\"read\"",
            "\"standing\":\"accepted\"",
            "the invoice 2026-01 USD shop was changed beside the trail: its `standing` is \"accepted\", and `invoice/2026-01/USD/shop` says \"read\"",
        ),
        (
            &|company| company.invoice_view("2026-02", "finance"),
            "\"group_name\":\"Finance\"",
            "\"group_name\":\"Fine arts\"",
            "the invoice 2026-02 USD finance was changed beside the trail: its `group_name` is \"Fine arts\", and `invoice/2026-02/USD/finance` says \"Finance\"",
        ),
        (
            &|company| company.key(keys::bills, "2026-01/USD"),
            "\"stage\":\"final\"",
            "\"stage\":\"provisional\"",
            "the bill 2026-01 USD was changed beside the trail: its `stage` is \"provisional\", and `bill/2026-01/USD` says \"final\"",
        ),
        (
            &|company| company.key(keys::deliveries, "2026-02/aws"),
            "\"deliveries\":1",
            "\"deliveries\":2",
            "the delivery 2026-02 aws was changed beside the trail: its `deliveries` is 2, and `source/aws/2026-02` says 1",
        ),
        (
            &|company| company.key(keys::groups, "shop"),
            "[\"2026-02\",\"chargeback\"]",
            "[\"2026-03\",\"chargeback\"]",
            "the mode of shop was changed beside the trail: its `mode.changes.1.1` is \"2026-03\", and `group/shop` says \"2026-02\"",
        ),
        (
            &|company| company.key(keys::journals, "DAY1-000005-01"),
            "\"mail\":\"head@nw.example\"",
            "\"mail\":\"search@nw.example\"",
            "the journal DAY1-000005-01 was changed beside the trail: its `accepted_by.2.mail` is \"search@nw.example\", and `journal/DAY1-000005-01` says \"head@nw.example\"",
        ),
        (
            &|company| company.key(keys::batches, "000001"),
            "\"journals\":1",
            "\"journals\":3",
            "the export batch 1 was changed beside the trail: its `journals` is 3, and `batches` says 1",
        ),
        (
            &|company| company.key(keys::configuration, "policy"),
            "\"version\":1,\"text\"",
            "\"text\"",
            "the list of what was put as policy was changed beside the trail: its `puts.1.version` is nothing, and `configuration/policy` says 1",
        ),
        (
            &|company| company.single(keys::RUN_COUNTER),
            "6",
            "7",
            "the counter of issuing runs was changed beside the trail: it says 7, and `runs` says 6",
        ),
    ];
    let company = months().await;
    for (key, from, to, expected) in cases {
        let key = key(&company);
        let before = company.handles.store.raw(&key).expect("the record is there");
        company.replace(&key, from, to);
        assert_eq!(told(&company).await, [expected]);
        company.handles.store.set_raw(&key, before);
    }
}

#[tokio::test]
async fn a_missing_view_is_named() {
    let company = months().await;
    let cases = [
        (
            company.invoice_view("2026-02", "shop"),
            "the invoice 2026-02 USD shop is missing, and `invoice/2026-02/USD/shop` says that there is one",
        ),
        (company.key(keys::bills, "2026-02/USD"), "the bill 2026-02 USD is missing, and `bill/2026-02/USD` says that there is one"),
        (company.key(keys::batches, "000001"), "the export batch 1 is missing, and `batches` says that there is one"),
        (company.single(keys::OPEN_RUN), "the note of the issuing run under way is missing, and `runs` says that there is one"),
    ];
    for (key, expected) in cases {
        let before = company.handles.store.raw(&key).expect("the record is there");
        company.handles.store.remove(&key);
        assert_eq!(told(&company).await, [expected]);
        company.handles.store.set_raw(&key, before);
    }
}

#[tokio::test]
async fn a_posted_journal_that_is_put_into_the_outbox_again_is_named_and_one_taken_out_of_it() {
    let company = months().await;
    let store = &company.handles.store;
    let posted = company.key(keys::outbox, "DAY1-000005-01");
    store.set_raw(&posted, b"{\"reference\":\"DAY1-000005-01\"}".to_vec());
    assert_eq!(told(&company).await, ["there is a record of the outbox entry of journal DAY1-000005-01, and the trail knows of none"]);
    store.remove(&posted);
    let waiting = store.keys_in("t/northwind/outbox").pop().expect("one waits");
    store.remove(&waiting);
    let name = &waiting.sort;
    assert_eq!(
        told(&company).await,
        [format!("the outbox entry of journal {name} is missing, and `journal/{name}` says that there is one")]
    );
}

#[tokio::test]
async fn views_with_no_stream_behind_them_are_named() {
    let company = months().await;
    let store = &company.handles.store;
    let cases = [
        (company.invoice_view("2026-01", "ghost"), company.invoice_view("2026-01", "shop"), "invoice 2026-01 USD ghost"),
        (company.key(keys::bills, "2027-01/USD"), company.key(keys::bills, "2026-01/USD"), "bill 2027-01 USD"),
        (company.key(keys::bills, "nonsense"), company.key(keys::bills, "2026-01/USD"), "bill nonsense"),
        (company.key(keys::deliveries, "2026-01/gcp"), company.key(keys::deliveries, "2026-01/aws"), "delivery 2026-01 gcp"),
        (company.key(keys::deliveries, "nonsense"), company.key(keys::deliveries, "2026-01/aws"), "delivery nonsense"),
        (company.key(keys::groups, "ghost"), company.key(keys::groups, "shop"), "mode of ghost"),
        (company.key(keys::journals, "DAY1-000099-01"), company.key(keys::journals, "DAY1-000005-01"), "journal DAY1-000099-01"),
        (company.key(keys::batches, "000002"), company.key(keys::batches, "000001"), "export batch 2"),
        (company.key(keys::configuration, "drivers"), company.key(keys::configuration, "policy"), "list of what was put as drivers"),
        (company.single(keys::OPEN_BATCH), company.single(keys::OPEN_RUN), "note of the export under way"),
        (company.key(keys::groups, &"x".repeat(1024)), company.key(keys::groups, "shop"), &format!("mode of {}", "x".repeat(1024))),
    ];
    for (key, like, view) in cases {
        store.set_raw(&key, store.raw(&like).expect("the record is there"));
        assert_eq!(told(&company).await, [format!("there is a record of the {view}, and the trail knows of none")]);
        store.remove(&key);
    }
}

#[tokio::test]
async fn an_invoice_of_a_bill_that_the_trail_does_not_know_is_found_through_the_bill() {
    let company = months().await;
    let store = &company.handles.store;
    store.set_raw(&company.key(keys::bills, "2027-01/USD"), store.raw(&company.key(keys::bills, "2026-01/USD")).expect("a bill"));
    store.set_raw(&company.invoice_view("2027-01", "shop"), store.raw(&company.invoice_view("2026-01", "shop")).expect("an invoice"));
    let expected = ["bill 2027-01 USD", "invoice 2027-01 USD shop"];
    assert_eq!(told(&company).await, expected.map(|view| format!("there is a record of the {view}, and the trail knows of none")));
}

#[tokio::test]
async fn a_counter_of_invoice_numbers_that_would_double_one_or_leave_one_out_is_found() {
    let company = months().await;
    let key = company.single(keys::INVOICE_COUNTER);
    let next: u64 = serde_json::from_slice(&company.handles.store.raw(&key).expect("the counter")).expect("a number");
    for says in [next - 1, next + 1] {
        company.handles.store.set_raw(&key, says.to_string().into_bytes());
        let expected = Finding::InvoiceCounter { says: says.to_string(), recorded: next };
        assert_eq!(company.findings().await, [expected]);
    }
    company.handles.store.remove(&key);
    assert_eq!(company.findings().await, [Finding::InvoiceCounter { says: "nothing".to_owned(), recorded: next }]);
}

#[tokio::test]
async fn a_view_of_a_stream_with_a_finding_of_its_own_is_not_held_against_it() {
    let company = months().await;
    let event = Key::new("t/northwind/stream/group/shop", keys::event_sort(1));
    company.replace(&event, "agreed", "forced");
    let findings = company.findings().await;
    assert!(matches!(&findings[..], [Finding::EventChanged { version: 1, .. }]), "{findings:?}");
}

#[tokio::test]
async fn a_genuine_stream_that_says_what_no_use_case_writes_is_named() {
    let company = months().await;
    append(&company.tenant, "group/search", vec![json!({"event": "abolished"})]).await;
    company.tenant.anchor().await.expect("an anchor");
    assert_eq!(company.findings().await, [Finding::NothingTold { stream: StreamId::named("group/search") }]);
    assert!(told(&company).await[0].starts_with("what `group/search` says cannot be read"));
    // Where something was changed, that may be why.
    company.handles.store.remove(&company.single(keys::OPEN_RUN));
    assert_eq!(company.findings().await.len(), 1);
    assert!(told(&company).await[0].starts_with("the note of the issuing run"));
}

#[tokio::test]
async fn what_no_terminal_should_obey_is_not_repeated() {
    let company = months().await;
    company.replace(&company.key(keys::groups, "shop"), "\"group\":\"shop\"", "\"group\":\"\u{202e}shop\"");
    let told = told(&company).await;
    assert!(told.len() == 1 && !told[0].contains('\u{202e}'), "{told:?}");
}

/// A store in which somebody asks something of an invoice, and accepts another, while views are read.
struct Busy {
    inner: Arc<MemoryStore>,
    /// The view before whose reading they do.
    at: Key,
    writer: Mutex<Option<(Tenant, Request)>>,
}

impl Busy {
    async fn pass(&self, key: &Key) {
        if *key == self.at {
            let writer = self.writer.lock().expect("not poisoned").take();
            if let Some((tenant, request)) = writer {
                tenant.ask(&request, &invoice("2026-01", "shop"), "meanwhile").await.expect("it is asked");
                // One more yes: the views of journals change, and their streams do not.
                let page = tenant.invoice(&request.actor, &invoice("2026-02", "shop")).await.expect("the invoice");
                tenant.accept(&request, &invoice("2026-02", "shop"), page.document.revision).await.expect("it is accepted");
            }
        }
    }
}

#[async_trait]
impl Store for Busy {
    async fn get(&self, key: &Key) -> Result<Option<Record>, StoreError> {
        self.pass(key).await;
        self.inner.get(key).await
    }

    async fn query(&self, partition: &str, prefix: &str, after: Option<&str>, limit: usize) -> Result<Page, StoreError> {
        self.inner.query(partition, prefix, after, limit).await
    }

    async fn transact(&self, actions: Vec<Action>) -> Result<(), StoreError> {
        self.inner.transact(actions).await
    }
}

#[tokio::test]
async fn what_is_written_while_views_are_read_is_no_finding() {
    // One that waits in the outbox: whoever accepts now stands in its view, too.
    let waiting = months().await.handles.store.keys_in("t/northwind/outbox").pop().expect("one waits").sort;
    let views: [&dyn Fn(&Company) -> Key; 3] =
        [&|company| company.invoice_view("2026-01", "shop"), &|company| company.invoice_view("2026-02", "shop"), &|company| {
            company.key(keys::journals, &waiting)
        }];
    for view in views {
        let company = months().await;
        let at = view(&company);
        let before = company.handles.store.raw(&at);
        let writer = Mutex::new(Some((company.tenant.clone(), company.asks("head@nw.example").await)));
        let store = Arc::new(Busy { inner: company.handles.store.clone(), at: at.clone(), writer });
        let auditor = Tenant::new(company.tenant.id().clone(), Ports { store, ..company.tenant.ports().clone() });
        assert_eq!(auditor.verify().await.expect("an audit").findings, [], "{at}");
        assert_ne!(company.handles.store.raw(&at), before, "{at}: somebody wrote it");
    }
}
