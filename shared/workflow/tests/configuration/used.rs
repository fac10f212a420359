//! What final bills were made with never changes.

use std::sync::{Arc, Mutex};

use dayone_domain::review::By;
use dayone_ports::{Key, Store};
use dayone_workflow::configuration::ConfigKind;
use dayone_workflow::{FailureKind, Request, Tenant, keys};

use crate::company::{Company, SOURCES, TREE};
use crate::founding::Meddled;
use crate::{CONTROLLER, DRIVERS, put_as, tree_from};

const FIRST: &str = "2026-01";

/// January is delivered and closed, and not issued.
async fn closed_january() -> Company {
    let company = Company::new().await;
    company.set("2026-02-02T08:00:00Z");
    for (source, team) in [("aws", "shop"), ("azure", "search")] {
        company.deliver(source, FIRST, "2026-02-01T02:00:00Z", &[(team, "Usage", "100", true)]).await.unwrap();
        company.close(source, FIRST).await.unwrap();
    }
    company
}

async fn issued_january() -> Company {
    let company = closed_january().await;
    company.tenant.issue(&By::Policy, None).await.unwrap();
    company
}

fn renamed(tree: &str) -> String {
    tree.replace("name: Shop", "name: The Shop")
}

#[tokio::test]
async fn a_tree_that_a_final_bill_was_made_with_never_changes() {
    let company = issued_january().await;
    let before = company.handles.store.copy();
    for tree in [renamed(TREE), tree_from("2025-06")] {
        let failure = put_as(&company, CONTROLLER, ConfigKind::Tree, &tree).await.unwrap_err();
        assert_eq!((failure.kind, failure.code), (FailureKind::Refused, "tree-in-use"));
        assert!(failure.message.contains("`valid_from: 2026-02`"), "{failure}");
    }
    let same = put_as(&company, CONTROLLER, ConfigKind::Tree, TREE).await.unwrap();
    assert_eq!((same.version, same.is_new), (1, false), "the same bytes are there already");
    assert_eq!(company.handles.store.copy(), before);
    let later = put_as(&company, CONTROLLER, ConfigKind::Tree, &renamed(&tree_from("2026-02"))).await.unwrap();
    assert!(later.is_new);
}

#[tokio::test]
async fn a_version_that_no_final_bill_was_made_with_is_replaced() {
    let company = closed_january().await;
    put_as(&company, CONTROLLER, ConfigKind::Tree, &renamed(TREE)).await.unwrap();
    company.tenant.issue(&By::Policy, None).await.unwrap();
    let tree = tree_from("2026-03");
    for tree in [&tree, &renamed(&tree)] {
        assert!(put_as(&company, CONTROLLER, ConfigKind::Tree, tree).await.unwrap().is_new);
    }
    assert_eq!(company.tenant.settings().await.unwrap().trees.all().len(), 2);
}

#[tokio::test]
async fn a_provisional_bill_closes_nothing() {
    let company = Company::new().await;
    company.set("2026-02-02T08:00:00Z");
    company.deliver("aws", FIRST, "2026-02-01T02:00:00Z", &[("shop", "Usage", "100", true)]).await.unwrap();
    assert_eq!(company.tenant.issue(&By::Policy, None).await.unwrap().issued.len(), 1);
    assert!(put_as(&company, CONTROLLER, ConfigKind::Tree, &renamed(TREE)).await.unwrap().is_new);
}

#[tokio::test]
async fn the_first_version_stays_first_where_a_final_bill_came_before_it() {
    let company = closed_january().await;
    // The only version begins after January, and so is January's.
    let view = Key::new(keys::configuration(company.tenant.id()), "tree");
    company.handles.store.remove(&view);
    let head = keys::head(company.tenant.id(), &dayone_workflow::stream::StreamId::configuration("tree"));
    company.handles.store.remove(&head);
    company.handles.store.remove(&keys::event(company.tenant.id(), &dayone_workflow::stream::StreamId::configuration("tree"), 1));
    put_as(&company, CONTROLLER, ConfigKind::Tree, &tree_from("2026-05")).await.unwrap();
    company.tenant.issue(&By::Policy, None).await.unwrap();
    for tree in [tree_from("2026-03"), renamed(&tree_from("2026-05"))] {
        let failure = put_as(&company, CONTROLLER, ConfigKind::Tree, &tree).await.unwrap_err();
        assert_eq!(failure.code, "tree-in-use");
        assert!(failure.message.contains("`valid_from: 2026-06`"), "{failure}");
    }
    assert!(put_as(&company, CONTROLLER, ConfigKind::Tree, &tree_from("2026-06")).await.unwrap().is_new);
}

#[tokio::test]
async fn a_final_bill_on_its_way_counts_as_final() {
    let company = closed_january().await;
    let open_run = keys::single(company.tenant.id(), keys::OPEN_RUN);
    let mut call = 0;
    while company.handles.store.raw(&open_run).is_none() {
        call += 1;
        company.cord.cut_at(call);
        let issued = company.tenant.issue(&By::Policy, None).await;
        assert!(company.cord.mend() && issued.is_err(), "the run was not cut off while it was open");
    }
    let failure = put_as(&company, CONTROLLER, ConfigKind::Tree, &renamed(TREE)).await.unwrap_err();
    assert_eq!(failure.code, "tree-in-use");
}

#[tokio::test]
async fn a_run_that_begins_meanwhile_goes_before_a_tree_or_drivers() {
    for (kind, text) in [(ConfigKind::Tree, renamed(TREE)), (ConfigKind::Drivers, DRIVERS.to_owned())] {
        let company = Company::new().await;
        let request = company.asks(CONTROLLER).await;
        let mut ports = company.tenant.ports().clone();
        let runs = keys::single(company.tenant.id(), keys::RUN_COUNTER);
        ports.store = Arc::new(Meddled { store: company.handles.store.clone(), with: Mutex::new(Some(runs)) });
        let meddled = Tenant::new(company.tenant.id().clone(), ports);
        let failure = meddled.put_configuration(&request, kind, "file", text.as_bytes()).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Busy, "{kind}: {failure}");
        assert!(meddled.put_configuration(&request, kind, "file", text.as_bytes()).await.unwrap().is_new, "nothing is final yet");
    }
}

#[tokio::test]
async fn a_run_can_ask_that_what_decides_is_as_it_was_read() {
    let commit = async |company: &Company, settings: &dayone_workflow::configuration::Settings| {
        let mut changes = company.tenant.changes();
        settings.check_unchanged(&mut changes);
        changes.commit().await.map_err(|failure| failure.kind)
    };
    let later = tree_from("2026-03");
    let sources = SOURCES.replace("[USD]", "[USD, EUR]");
    for (kind, text, is_same) in [
        (ConfigKind::Tree, later.as_str(), false),
        (ConfigKind::Drivers, DRIVERS, false),
        (ConfigKind::Policy, "time_zone: UTC\n", false),
        (ConfigKind::Sources, sources.as_str(), false),
        (ConfigKind::Calendar, "currency: USD\nlegal_entity: Northwind Inc.\ncloses_on_day: 12\n", true),
    ] {
        let company = Company::new().await;
        let settings = company.tenant.settings().await.unwrap();
        assert_eq!(commit(&company, &settings).await, Ok(()));
        put_as(&company, CONTROLLER, kind, text).await.unwrap();
        let expected = if is_same { Ok(()) } else { Err(FailureKind::Busy) };
        assert_eq!(commit(&company, &settings).await, expected, "{kind}");
    }
}

#[tokio::test]
async fn quantities_of_closed_periods_never_change() {
    let company = closed_january().await;
    let drivers = |rows: &[&str]| rows.iter().fold("driver,billing_period,cost_group,quantity\n".to_owned(), |text, row| text + row + "\n");
    let put = async |rows: &[&str]| put_as(&company, CONTROLLER, ConfigKind::Drivers, &drivers(rows)).await;
    put(&["requests,2026-01,shop,3", "requests,2026-02,shop,5", "seats,2025-12,search,1.50"]).await.unwrap();
    company.tenant.issue(&By::Policy, None).await.unwrap();

    let before = company.handles.store.copy();
    for (rows, told) in [
        (vec!["requests,2026-01,shop,4", "seats,2025-12,search,1.5"], "`requests` of `shop` in 2026-01 was 3 and would be 4"),
        (vec!["requests,2026-01,shop,3"], "`seats` of `search` in 2025-12 was 1.5"),
        (
            vec!["requests,2026-01,shop,3", "seats,2025-12,search,1.5", "seats,2026-01,shop,7"],
            "`seats` of `shop` in 2026-01 was 0 and would be 7",
        ),
    ] {
        let failure = put(&rows).await.unwrap_err();
        assert_eq!((failure.kind, failure.code), (FailureKind::Refused, "drivers-in-use"));
        assert!(failure.message.contains(told), "{failure}");
        assert_eq!(failure.message.matches(" was ").count(), 1, "the others are as they were: {failure}");
    }
    assert_eq!(company.handles.store.copy(), before);
    let open = ["requests,2026-01,shop,3.0", "seats,2025-12,search,1.5", "seats,2026-01,shop,0", "requests,2026-02,shop,6"];
    assert!(put(&open).await.unwrap().is_new, "open periods may change, and nought is the same as nothing");
}

#[tokio::test]
async fn many_quantities_that_differ_are_told_in_few_words() {
    let company = issued_january().await;
    let rows: String = (0..5_000).map(|number| format!("requests,2026-01,g{number},1\n")).collect();
    let text = format!("driver,billing_period,cost_group,quantity\n{rows}");
    let failure = put_as(&company, CONTROLLER, ConfigKind::Drivers, &text).await.unwrap_err();
    assert!(failure.message.contains("and 4990 more") && failure.message.len() < 2_000, "{failure}");
}

#[tokio::test]
async fn a_source_with_deliveries_stays() {
    let company = Company::new().await;
    let only = |id: &str| {
        let kept = |line: &&str| line.starts_with("sources") || line.contains(&format!("id: {id},"));
        crate::company::SOURCES.lines().filter(kept).fold(String::new(), |text, line| text + line + "\n")
    };
    company.set("2026-02-02T08:00:00Z");
    company.deliver("azure", FIRST, "2026-02-01T02:00:00Z", &[("shop", "Usage", "1", true)]).await.unwrap();
    let failure = put_as(&company, CONTROLLER, ConfigKind::Sources, &only("aws")).await.unwrap_err();
    assert_eq!((failure.kind, failure.code), (FailureKind::Refused, "source-in-use"));
    assert!(failure.message.contains("`azure`") && failure.message.contains("`until`"), "{failure}");
    assert!(put_as(&company, CONTROLLER, ConfigKind::Sources, &only("azure")).await.unwrap().is_new, "aws has delivered nothing");
}

#[tokio::test]
async fn policy_people_and_calendar_change_whatever_is_final() {
    let company = issued_january().await;
    for (kind, text) in [
        (ConfigKind::Policy, "cost_basis: effective\n"),
        (ConfigKind::Calendar, "currency: EUR\nlegal_entity: Northwind AS\ncloses_on_day: 5\n"),
        (ConfigKind::People, "people: [{ mail: controller@nw.example, name: Cora, roles: [controller] }]\n"),
    ] {
        let request: Request = company.asks(CONTROLLER).await;
        assert!(company.tenant.put_configuration(&request, kind, "file", text.as_bytes()).await.unwrap().is_new, "{kind}");
    }
}

#[tokio::test]
async fn two_puts_at_once_are_one_after_the_other() {
    let company = Company::new().await;
    let request = company.asks(CONTROLLER).await;
    let mut ports = company.tenant.ports().clone();
    let view = Key::new(keys::configuration(company.tenant.id()), "drivers");
    ports.store = Arc::new(Meddled { store: company.handles.store.clone(), with: Mutex::new(Some(view.clone())) });
    let meddled = Tenant::new(company.tenant.id().clone(), ports);
    let failure = meddled.put_configuration(&request, ConfigKind::Drivers, "file", DRIVERS.as_bytes()).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Busy);
    assert_eq!(company.handles.store.get(&view).await.unwrap().unwrap().body, b"9", "the other one stays");
}
