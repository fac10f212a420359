//! The trail: what happened, to whoever may know.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use dayone_domain::cube::BillKey;
use dayone_domain::currency::{Currency, Money};
use dayone_domain::ledger::journal::JournalKind;
use dayone_domain::ledger::{JournalEvent, Route};
use dayone_domain::people::{Person, Role};
use dayone_domain::review::{
    Actor, By, Cause, Charged, GroupEvent, InvoiceEvent, InvoiceRef, PromotionFacts, Resolution, Revision, SignIn, Stage,
};
use dayone_domain::tree::Mode;
use dayone_domain::{BillingPeriod, Exact};
use dayone_ports::Digest;
use dayone_workflow::audit::{TrailEntry, TrailOf};
use dayone_workflow::configuration::{ConfigEvent, ConfigKind};
use dayone_workflow::deliveries::{Delivery, SourceEvent};
use dayone_workflow::issuing::{BillEvent, RunEvent};
use dayone_workflow::keys;
use dayone_workflow::ledger::BatchEvent;
use dayone_workflow::stream::{Head, Stream, StreamId};
use dayone_workflow::{FailureKind, Tenant};
use serde::Serialize;
use serde_json::{Value, json};

use crate::home::tenant;
use crate::memory::{Handles, ports};

fn period() -> BillingPeriod {
    "2026-08".parse().expect("a billing period")
}

fn bill() -> BillKey {
    BillKey { period: period(), currency: Currency::try_new("USD").expect("a currency") }
}

fn invoice(group: &str) -> InvoiceRef {
    InvoiceRef { bill: bill(), group: group.to_owned() }
}

fn dollars(minor: i128) -> Money {
    Money::from_minor(minor, bill().currency)
}

fn actor(mail: &str, roles: &[Role], owns: &[&str]) -> Actor {
    Actor {
        person: Person { mail: mail.to_owned(), name: mail.to_owned(), roles: roles.iter().copied().collect(), accepts_up_to: None },
        owns: owns.iter().map(|group| (*group).to_owned()).collect::<BTreeSet<_>>(),
        signed_in: SignIn::Password,
    }
}

fn controller() -> Actor {
    actor("ines@acme.example", &[Role::Controller], &[])
}

fn owner_of(group: &str) -> Actor {
    actor("nadia@acme.example", &[], &[group])
}

fn revision(number: u32, stage: Stage, cause: Cause) -> InvoiceEvent {
    let revision = Revision {
        number,
        stage,
        cause,
        document: "0".repeat(64),
        invoice_number: (stage == Stage::Final).then_some(17),
        total: dollars(12_300),
        true_ups: dollars(0),
        charged: Charged { total: dollars(12_300), true_ups: dollars(0) },
        mode: Mode::Chargeback,
        issued_on: "2026-09-09".parse().expect("a day"),
    };
    InvoiceEvent::Issued { revision }
}

struct Home {
    tenant: Tenant,
    handles: Handles,
}

impl Home {
    fn new() -> Home {
        let (ports, handles) = ports();
        Home { tenant: tenant(ports), handles }
    }

    /// Appends an event a minute after the last.
    async fn add<E: Serialize>(&self, stream: StreamId, by: By, event: E) {
        self.handles.clock.pass(TimeDelta::minutes(1));
        let stream: Stream<Value> = self.tenant.stream(stream).await.expect("the stream loads");
        let mut changes = self.tenant.changes();
        let event = serde_json::to_value(event).expect("JSON");
        let recorded = changes.recorded(by, event);
        changes.append(&stream, &[recorded]);
        changes.commit().await.expect("the event is written");
    }

    async fn trail(&self, actor: &Actor, of: TrailOf) -> Vec<TrailEntry> {
        self.tenant.trail(actor, of).await.expect("there is a trail")
    }

    async fn told(&self, actor: &Actor, of: TrailOf) -> Vec<String> {
        self.trail(actor, of).await.into_iter().map(|entry| entry.what).collect()
    }

    async fn refused(&self, actor: &Actor, of: TrailOf) -> FailureKind {
        self.tenant.trail(actor, of).await.expect_err("it is refused").kind
    }
}

/// Two groups' invoices, one of them accepted and journaled, and a change of mode.
async fn home() -> Home {
    let home = Home::new();
    let owner = owner_of("web").by();
    let run = Cause::Run { run: 1 };
    home.add(StreamId::configuration("tree"), controller().by(), json!({"event": "put", "kind": "tree", "file_name": "tree.yaml"})).await;
    home.add(StreamId::group("web"), controller().by(), GroupEvent::Demoted { from: period() }).await;
    home.add(StreamId::source("aws", period()), By::Policy, json!({"event": "closed"})).await;
    home.add(StreamId::invoice(&invoice("web")), By::Policy, revision(1, Stage::Final, run.clone())).await;
    home.add(StreamId::invoice(&invoice("shop")), By::Policy, revision(1, Stage::Final, run)).await;
    home.add(StreamId::bill(bill()), By::Policy, json!({"event": "issued", "run": 1, "stage": "final"})).await;
    home.add(StreamId::invoice(&invoice("web")), owner.clone(), InvoiceEvent::Accepted { revision: 1 }).await;
    let made = InvoiceEvent::Journaled { journal: "D1-17-1".to_owned(), document: "0".repeat(64) };
    home.add(StreamId::invoice(&invoice("web")), owner.clone(), made).await;
    let built = JournalEvent::Built { document: "0".repeat(64), kind: JournalKind::Recharge, invoice: invoice("web"), of_journal: None };
    home.add(StreamId::journal("D1-17-1"), owner, built).await;
    home
}

const WEB_TRAIL: [&str; 4] = [
    "the policy issued revision 1, final, invoice 17, in run 1",
    "nadia@acme.example accepted revision 1",
    "nadia@acme.example made the journal D1-17-1",
    "nadia@acme.example made the recharge journal for web, 2026-08",
];

#[tokio::test]
async fn the_trail_of_an_invoice_tells_its_events_and_those_of_its_journals() {
    let home = home().await;
    assert_eq!(home.told(&owner_of("web"), TrailOf::Invoice(invoice("web"))).await, WEB_TRAIL);
    assert_eq!(home.told(&controller(), TrailOf::Invoice(invoice("web"))).await, WEB_TRAIL);
}

#[tokio::test]
async fn the_trail_of_a_cost_group_tells_its_mode_and_its_invoices() {
    let home = home().await;
    let told = home.told(&owner_of("web"), TrailOf::Group("web".to_owned())).await;
    assert_eq!(told[0], "ines@acme.example took the cost group back to showback from 2026-08");
    assert_eq!(told[1..], WEB_TRAIL);
}

#[tokio::test]
async fn the_trail_of_a_bill_tells_its_sources_its_issues_and_its_invoices() {
    let home = home().await;
    let told = home.told(&controller(), TrailOf::Bill(bill())).await;
    let expected = [
        "the policy closed the source for the period",
        "the policy issued revision 1, final, invoice 17, in run 1",
        "the policy issued revision 1, final, invoice 17, in run 1",
        "the policy issued the bill finally in run 1",
        "nadia@acme.example accepted revision 1",
        "nadia@acme.example made the journal D1-17-1",
        "nadia@acme.example made the recharge journal for web, 2026-08",
    ];
    assert_eq!(told, expected);
    let other = BillKey { period: "2026-09".parse().expect("a billing period"), ..bill() };
    assert_eq!(home.told(&controller(), TrailOf::Bill(other)).await, [""; 0]);
}

#[tokio::test]
async fn the_trail_of_configuration_tells_who_put_what() {
    let home = home().await;
    let trail = home.trail(&controller(), TrailOf::Configuration).await;
    let told: Vec<&str> = trail.iter().map(|entry| entry.what.as_str()).collect();
    assert_eq!(told, ["ines@acme.example put tree.yaml as the new tree"]);
}

#[tokio::test]
async fn the_trail_of_all_tells_everything_once_in_order() {
    let home = home().await;
    let trail = home.trail(&controller(), TrailOf::All).await;
    assert_eq!(trail.len(), 9);
    assert!(trail.is_sorted_by_key(|entry| (entry.at, entry.stream.clone(), entry.version)));
    let places: BTreeSet<_> = trail.iter().map(|entry| (entry.stream.clone(), entry.version)).collect();
    assert_eq!(places.len(), 9);
}

#[tokio::test]
async fn events_of_one_moment_are_in_the_order_of_streams_and_versions() {
    let home = Home::new();
    for stream in ["b", "a", "b"] {
        home.add(StreamId::named(stream), By::Policy, json!({"event": "done"})).await;
        home.handles.clock.pass(TimeDelta::minutes(-1));
    }
    let trail = home.trail(&controller(), TrailOf::All).await;
    let places: Vec<(&str, u64)> = trail.iter().map(|entry| (entry.stream.as_str(), entry.version)).collect();
    assert_eq!(places, [("a", 1), ("b", 1), ("b", 2)]);
}

#[tokio::test]
async fn an_entry_says_who_when_why_from_which_input_and_under_which_hash() {
    let home = Home::new();
    let stream: Stream<Value> = home.tenant.stream(StreamId::group("web")).await.expect("the stream loads");
    let mut changes = home.tenant.changes();
    let mut recorded = changes.recorded(controller().by(), json!({"event": "demoted", "from": "2026-10"}));
    recorded.why = Some("too early".to_owned());
    recorded.input = Some("ticket 7".to_owned());
    changes.append(&stream, &[recorded]);
    changes.commit().await.expect("the event is written");
    let head = home.handles.store.raw(&keys::head(home.tenant.id(), &stream.id)).expect("a head");
    let head: Head = serde_json::from_slice(&head).expect("a head");
    let expected = TrailEntry {
        stream: StreamId::group("web"),
        version: 1,
        at: crate::memory::at("2026-09-01T08:00:00Z"),
        by: controller().by(),
        why: Some("too early".to_owned()),
        input: Some("ticket 7".to_owned()),
        what: "ines@acme.example took the cost group back to showback from 2026-10".to_owned(),
        hash: head.hash,
        is_repeated: false,
    };
    assert_eq!(home.trail(&controller(), TrailOf::All).await, [expected]);
}

// Who may know.

#[tokio::test]
async fn all_bills_and_configuration_take_a_role() {
    let home = home().await;
    for of in [TrailOf::All, TrailOf::Bill(bill()), TrailOf::Configuration] {
        for role in Role::ALL {
            assert!(!home.trail(&actor("any@acme.example", &[role], &[]), of.clone()).await.is_empty(), "{role}");
        }
        assert_eq!(home.refused(&owner_of("web"), of).await, FailureKind::Forbidden);
    }
}

#[tokio::test]
async fn to_others_there_is_no_such_invoice_cost_group_or_journal() {
    let home = home().await;
    let stranger = owner_of("shop");
    for of in [TrailOf::Invoice(invoice("web")), TrailOf::Group("web".to_owned()), TrailOf::Journal("D1-17-1".to_owned())] {
        assert_eq!(home.refused(&stranger, of.clone()).await, FailureKind::NotFound);
        for role in Role::ALL {
            assert!(!home.trail(&actor("any@acme.example", &[role], &[]), of.clone()).await.is_empty(), "{role}");
        }
        assert!(!home.trail(&owner_of("web"), of).await.is_empty());
    }
}

#[tokio::test]
async fn what_is_not_there_and_what_may_not_be_seen_are_answered_alike() {
    let home = home().await;
    let stranger = owner_of("shop");
    let message = async |actor: &Actor, of: TrailOf| home.tenant.trail(actor, of).await.expect_err("it is refused").message;
    let unseen = message(&stranger, TrailOf::Invoice(invoice("web"))).await;
    assert_eq!(unseen, message(&controller(), TrailOf::Invoice(invoice("wob"))).await.replace("wob", "web"));
    let unseen = message(&stranger, TrailOf::Journal("D1-17-1".to_owned())).await;
    assert_eq!(unseen, message(&controller(), TrailOf::Journal("D1-17-9".to_owned())).await.replace("17-9", "17-1"));
}

#[tokio::test]
async fn owners_do_not_see_what_an_open_run_has_issued() {
    let home = home().await;
    let key = keys::single(home.tenant.id(), keys::OPEN_RUN);
    home.handles.store.set_raw(&key, json!({"run": 2, "plan": "0".repeat(64)}).to_string().into_bytes());
    home.add(StreamId::invoice(&invoice("web")), By::Policy, revision(2, Stage::Final, Cause::Run { run: 2 })).await;
    let of = TrailOf::Invoice(invoice("web"));
    assert_eq!(home.told(&owner_of("web"), of.clone()).await, WEB_TRAIL);
    assert_eq!(home.trail(&controller(), of.clone()).await.len(), 5);
    home.handles.store.remove(&key);
    assert_eq!(home.trail(&owner_of("web"), of).await.len(), 5);
}

#[tokio::test]
async fn a_trail_that_cannot_be_read_points_at_the_audit() {
    let home = home().await;
    home.handles.store.set_raw(&keys::event(home.tenant.id(), &StreamId::group("web"), 1), b"nothing".to_vec());
    let failure = home.tenant.trail(&controller(), TrailOf::Group("web".to_owned())).await.expect_err("it is refused");
    assert_eq!(failure.kind, FailureKind::Broken);
    assert!(failure.message.contains("dayone audit verify"), "{failure}");
}

#[tokio::test]
async fn what_the_head_does_not_count_yet_is_left_aside() {
    let home = home().await;
    let head = keys::head(home.tenant.id(), &StreamId::group("web"));
    let before = home.handles.store.raw(&head).expect("a head");
    home.add(StreamId::group("web"), controller().by(), GroupEvent::Demoted { from: period() }).await;
    home.handles.store.set_raw(&head, before);
    assert_eq!(home.trail(&controller(), TrailOf::Group("web".to_owned())).await.len(), 1 + WEB_TRAIL.len());
}

// The sentences.

async fn sentences<E: Serialize>(stream: StreamId, by: By, events: Vec<E>) -> Vec<String> {
    let home = Home::new();
    for event in events {
        home.add(stream.clone(), by.clone(), event).await;
    }
    home.told(&controller(), TrailOf::All).await
}

#[tokio::test]
async fn every_event_of_an_invoice_has_a_sentence() {
    let events = vec![
        revision(1, Stage::Provisional, Cause::Run { run: 1 }),
        revision(2, Stage::Final, Cause::Run { run: 2 }),
        revision(3, Stage::Final, Cause::Dispute { invoice: invoice("shop"), dispute: 4 }),
        InvoiceEvent::Asked { question: 1, text: "why?".to_owned() },
        InvoiceEvent::Answered { question: 1, text: "because".to_owned() },
        InvoiceEvent::Acknowledged { revision: 2 },
        InvoiceEvent::Accepted { revision: 2 },
        InvoiceEvent::Reopened { revision: 2, journal: "D1-1-1".to_owned() },
        InvoiceEvent::Disputed { dispute: 1, line: "L1".to_owned(), amount: dollars(1_250), reason: "not ours".to_owned() },
        InvoiceEvent::Commented { dispute: 1, text: "let us see".to_owned() },
        InvoiceEvent::Resolved { dispute: 1, resolution: Resolution::Upheld { receiver: "shop".to_owned() } },
        InvoiceEvent::Resolved { dispute: 1, resolution: Resolution::Rejected { reason: "it is".to_owned() } },
        InvoiceEvent::Reminded { revision: 2, reminder: 1, on: "2026-09-08".parse().unwrap() },
        InvoiceEvent::ReminderDelivered {
            revision: 2,
            reminder: 1,
            on: "2026-09-08".parse().unwrap(),
            to: vec!["shop@nw.example".to_owned()],
        },
        InvoiceEvent::Journaled { journal: "D1-1-1".to_owned(), document: "0".repeat(64) },
    ];
    let expected = [
        "issued revision 1, provisional, in run 1",
        "issued revision 2, final, invoice 17, in run 2",
        "issued revision 3 after dispute 4 of shop was upheld",
        "asked question 1: why?",
        "answered question 1: because",
        "acknowledged revision 2",
        "accepted revision 2",
        "opened revision 2 again: journal D1-1-1 is reversed",
        "disputed USD 12.50 of line L1 (dispute 1): not ours",
        "commented on dispute 1: let us see",
        "upheld dispute 1: the amount goes to shop",
        "rejected dispute 1: it is",
        "asked for reminder 1 of revision 2",
        "handed reminder 1 of revision 2 over to the mail",
        "made the journal D1-1-1",
    ];
    let expected = expected.map(|said| format!("nadia@acme.example {said}"));
    assert_eq!(sentences(StreamId::invoice(&invoice("web")), owner_of("web").by(), events).await, expected);
    let deemed = sentences(StreamId::invoice(&invoice("web")), By::Policy, vec![InvoiceEvent::Accepted { revision: 2 }]).await;
    assert_eq!(deemed, ["the policy took silence for acceptance of revision 2"]);
}

#[tokio::test]
async fn every_event_of_a_cost_group_has_a_sentence() {
    let facts = PromotionFacts { period: Some(period()), undisputed_periods: 3, unallocated_permille: Exact::ZERO };
    let from = period();
    let events = vec![
        GroupEvent::PromotionAsked { from, reason: "they asked".to_owned(), facts: facts.clone() },
        GroupEvent::Promoted { from, facts: facts.clone(), is_override: false },
        GroupEvent::Promoted { from, facts, is_override: true },
        GroupEvent::Demoted { from },
    ];
    let expected = [
        "asked for chargeback from 2026-08, against the policy: they asked",
        "promoted the cost group to chargeback from 2026-08",
        "promoted the cost group to chargeback from 2026-08, overriding the policy as the second person",
        "took the cost group back to showback from 2026-08",
    ];
    let expected = expected.map(|said| format!("ines@acme.example {said}"));
    assert_eq!(sentences(StreamId::group("web"), controller().by(), events).await, expected);
}

#[tokio::test]
async fn every_event_of_a_journal_has_a_sentence() {
    let frozen = |route| JournalEvent::Frozen {
        route,
        posting_date: "2026-08-31".parse().expect("a day"),
        ledger_period: period(),
        original_period: None,
        body: "0".repeat(64),
    };
    let events = vec![
        JournalEvent::Built { document: "0".repeat(64), kind: JournalKind::TrueUp, invoice: invoice("web"), of_journal: None },
        frozen(Route::Call),
        frozen(Route::Export { batch: 3 }),
        JournalEvent::Posted { number: "ERP-1".to_owned() },
        JournalEvent::Refused { reason: "no such account".to_owned() },
        JournalEvent::OutcomeUnknown { reason: "no answer".to_owned() },
        JournalEvent::Reversed { by: "D1-1-2".to_owned() },
    ];
    let expected = [
        "made the true-up journal for web, 2026-08",
        "fixed the journal for the ERP, posting date 2026-08-31",
        "fixed the journal for export batch 3, posting date 2026-08-31",
        "noted that the ERP has the journal as ERP-1",
        "noted that the ERP refuses the journal: no such account",
        "noted that nobody can tell whether the ERP has the journal: no answer",
        "noted that the journal is reversed by D1-1-2",
    ];
    let expected = expected.map(|said| format!("ines@acme.example {said}"));
    assert_eq!(sentences(StreamId::journal("D1-1-1"), controller().by(), events).await, expected);
}

#[tokio::test]
async fn every_event_of_sources_bills_runs_and_batches_has_a_sentence() {
    let digest = Digest::of(b"any");
    let delivery = Delivery {
        id: digest,
        modified: crate::memory::at("2026-09-03T08:00:00Z"),
        files: digest,
        cube: digest,
        control: digest,
        charges: 1_234,
        currencies: vec![bill().currency],
        tag_keys: Vec::new(),
        is_invoiced: true,
        made_of: None,
    };
    let source = vec![SourceEvent::Delivered { delivery }, SourceEvent::Closed];
    let expected = ["the policy took in a delivery of 1234 charges", "the policy closed the source for the period"];
    assert_eq!(sentences(StreamId::source("aws", period()), By::Policy, source).await, expected);

    let issued = |stage| BillEvent::Issued { run: 2, stage, plan: digest, fingerprint: digest };
    let found = BillEvent::TrueUpFound { round: 1, document: digest };
    let of_bill = vec![issued(Stage::Provisional), issued(Stage::Final), found, BillEvent::Carried { round: 1, by: bill() }];
    let expected = [
        "the policy issued the bill provisionally in run 2",
        "the policy issued the bill finally in run 2",
        "the policy found true-ups, round 1",
        "the policy carried the true-ups of round 1 to the bill 2026-08 USD",
    ];
    assert_eq!(sentences(StreamId::bill(bill()), By::Policy, of_bill).await, expected);

    let began = |stage| RunEvent::Began { run: 2, bill: bill(), stage, plan: digest, first_number: 17, numbers: 12 };
    let runs = vec![began(Stage::Provisional), began(Stage::Final), RunEvent::Completed { run: 2 }];
    let expected = [
        "the policy began run 2: 2026-08 USD, provisional",
        "the policy began run 2: 2026-08 USD, final, 12 invoices from number 17",
        "the policy completed run 2",
    ];
    assert_eq!(sentences(StreamId::named("runs"), By::Policy, runs).await, expected);

    let batches = vec![BatchEvent::Opened { number: 3, document: digest }, BatchEvent::Closed { number: 3, document: digest }];
    let expected = ["ines@acme.example opened export batch 3", "ines@acme.example completed export batch 3"];
    assert_eq!(sentences(StreamId::named("batches"), controller().by(), batches).await, expected);
}

#[tokio::test]
async fn every_event_of_configuration_has_a_sentence() {
    let put = |kind, file_name: &str, valid_from| ConfigEvent::Put {
        kind,
        file_name: file_name.to_owned(),
        text: Digest::of(b"any"),
        valid_from,
    };
    let events = vec![put(ConfigKind::Policy, "policy.yaml", None), put(ConfigKind::Tree, "tree.yaml", Some(period()))];
    let expected =
        ["ines@acme.example put policy.yaml as the new policy", "ines@acme.example put tree.yaml as the new tree, valid from 2026-08"];
    assert_eq!(sentences(StreamId::configuration("any"), controller().by(), events).await, expected);
    let set = vec![json!({"event": "password_set", "mail": "nadia@acme.example"})];
    let expected = ["ines@acme.example set the password of nadia@acme.example"];
    assert_eq!(sentences(StreamId::configuration("people-passwords"), controller().by(), set).await, expected);
}

#[tokio::test]
async fn an_event_without_a_sentence_is_told_by_its_tag() {
    let events = vec![json!({"event": "put_on_hold"}), json!({"event": "accepted"}), json!({"other": 1})];
    let expected = ["the policy put on hold", "the policy accepted", "the policy recorded something"];
    assert_eq!(sentences(StreamId::named("invoice/2026-08/USD/web"), By::Policy, events).await, expected);
}

#[tokio::test]
async fn a_journal_became_ready_on_the_decision_that_let_it_go() {
    let home = Home::new();
    let web = StreamId::invoice(&invoice("web"));
    let journaled = |journal: &str| json!({"event": "journaled", "journal": journal, "document": "0".repeat(64)});
    let built =
        |kind: &str| json!({"event": "built", "document": "0".repeat(64), "kind": kind, "invoice": invoice("web"), "of_journal": null});
    let resolved = json!({"event": "resolved", "dispute": 1, "resolution": {"outcome": "rejected", "reason": "it is"}});
    let accepted = json!({"event": "accepted", "revision": 2});
    for (by, decision, journal) in [
        (owner_of("web").by(), Some(accepted), "D1-17-1"),
        (controller().by(), Some(resolved), "D1-17-2"),
        (By::Policy, None, "D1-17-3"),
        (controller().by(), None, "D1-17-4"),
    ] {
        home.handles.clock.pass(TimeDelta::minutes(1));
        let of_invoice: Stream<Value> = home.tenant.stream(web.clone()).await.expect("the stream loads");
        let of_journal: Stream<Value> = home.tenant.stream(StreamId::journal(journal)).await.expect("the stream loads");
        let mut changes = home.tenant.changes();
        let kind = if journal == "D1-17-4" { "reversal" } else { "recharge" };
        changes.append(&of_journal, &[changes.recorded(by.clone(), built(kind))]);
        let events: Vec<_> = decision.into_iter().chain([journaled(journal)]).map(|event| changes.recorded(by.clone(), event)).collect();
        changes.append(&of_invoice, &events);
        changes.commit().await.expect("the events are written");
    }
    let expected = [
        "nadia@acme.example accepted revision 2",
        "journal D1-17-1 became ready on nadia@acme.example’s acceptance of revision 2",
        "the recharge journal for web, 2026-08, became ready on nadia@acme.example’s acceptance of revision 2",
        "ines@acme.example rejected dispute 1: it is",
        "journal D1-17-2 became ready on ines@acme.example’s decision on dispute 1",
        "the recharge journal for web, 2026-08, became ready on ines@acme.example’s decision on dispute 1",
        "journal D1-17-3 became ready, since the invoice is accepted",
        "the recharge journal for web, 2026-08, became ready, since the invoice is accepted",
        "ines@acme.example made the journal D1-17-4",
        "ines@acme.example made the reversal journal for web, 2026-08",
    ];
    assert_eq!(home.told(&controller(), TrailOf::Invoice(invoice("web"))).await, expected);
    let entries = home.trail(&controller(), TrailOf::Invoice(invoice("web"))).await;
    let repeated = entries.iter().filter(|entry| entry.is_repeated);
    assert!(repeated.clone().all(|entry| entry.stream == web), "the journal's own entry tells it");
    assert_eq!(repeated.count(), 4);
    let alone = home.told(&owner_of("web"), TrailOf::Journal("D1-17-1".to_owned())).await;
    assert_eq!(alone, expected[2..3]);
}
