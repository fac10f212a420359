//! What people write, read back by the readers that a home uses.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use dayone_billing_files::{ReadOptions, read};
use dayone_configuration::tree::read_tree;
use dayone_configuration::{read_calendar, read_drivers, read_people, read_policy, read_provider_invoices, read_sources};
use dayone_domain::allocation::allocate;
use dayone_domain::charge::Dimension;
use dayone_domain::cube::CubeBuilder;
use dayone_domain::driver::Drivers;
use dayone_domain::exact::Exact;
use dayone_domain::invoice::Invoices;
use dayone_domain::people::{People, Role};
use dayone_domain::source::{Finality, Sources};
use dayone_domain::tie_out::{ControlTotals, ProviderInvoice, compare_documents};
use dayone_domain::tree::{Tree, TreeVersions};
use dayone_domain::{CostBasis, Currency, Money};

use crate::DEMO;

/// A file of the demo through its reader; nothing may be wrong with it.
fn through<T, E: std::fmt::Debug>(path: &Path, read: impl FnOnce(&str, &[u8]) -> Result<T, E>) -> T {
    let name = path.file_name().unwrap().to_str().unwrap();
    read(name, &fs::read(path).unwrap()).unwrap_or_else(|error| panic!("{name}: {error:#?}"))
}

static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let draft = read_tree(&fs::read_to_string(&DEMO.written.tree).unwrap()).unwrap();
    let (tree, warnings) = Tree::try_new(&draft).unwrap();
    assert!(warnings.is_empty(), "{warnings:#?}");
    tree
});
static PEOPLE: LazyLock<People> = LazyLock::new(|| through(&DEMO.written.people, read_people));
static SOURCES: LazyLock<Sources> = LazyLock::new(|| through(&DEMO.written.source_list, read_sources));
static DRIVERS: LazyLock<Drivers> = LazyLock::new(|| through(&DEMO.written.drivers, read_drivers));

/// All billing files, the late delivery instead of the first one of its month where `with_late` says so.
fn control(with_late: bool) -> ControlTotals {
    let mut control = ControlTotals::default();
    for source in DEMO.written.sources.iter() {
        for (period, files) in &source.files {
            let late = DEMO.written.late.source.files.get(period).filter(|_| with_late && source.name == DEMO.written.late.source.name);
            for file in late.unwrap_or(files) {
                let options = ReadOptions { source: source.name, currency_if_absent: None };
                read(file, &options, &mut |charge| {
                    control.add(charge);
                    Ok(())
                })
                .unwrap();
            }
        }
    }
    control
}

/// The invoices of the last closed month, by currency.
static INVOICES: LazyLock<BTreeMap<String, Invoices>> = LazyLock::new(|| {
    let mut builder = CubeBuilder::new(TREE.tag_keys());
    for source in &DEMO.written.sources {
        for file in &source.files[&DEMO.written.last_closed] {
            let options = ReadOptions { source: source.name, currency_if_absent: None };
            read(file, &options, &mut |charge| {
                builder.add(charge).unwrap();
                Ok(())
            })
            .unwrap();
        }
    }
    let cube = builder.finish();
    let trees = TreeVersions::try_new(vec![TREE.clone()]).unwrap();
    let draw = |key| Invoices::draw(&cube, &allocate(&cube, key, &trees, CostBasis::Billed, &DRIVERS), TREE.ledger());
    cube.bills().map(|key| (key.currency.to_string(), draw(key))).collect()
});

#[test]
fn each_file_reads_back_as_it_says() {
    assert_eq!(TREE.central().map(|place| TREE.groups()[place].id.as_str()), Some("finance"));
    let policy = through(&DEMO.written.policy, read_policy);
    assert_eq!(policy.time_zone.name(), "Europe/Oslo");
    assert_eq!(policy.promotion.undisputed_periods, 2);
    assert_eq!(policy.promotion.unallocated_at_most_permille, Exact::from_i128(50, 0));
    let silence = policy.silence.unwrap();
    assert_eq!((silence.remind_after_days, silence.deemed_after_days), (vec![3, 7], Some(14)));
    let calendar = through(&DEMO.written.calendar, read_calendar);
    assert_eq!((calendar.currency().code(), calendar.legal_entity()), ("USD", "Meridian Retail Inc."));
    assert_eq!(calendar.last_open_day("2026-05".parse().unwrap()).to_string(), "2026-06-12");
    assert!(TREE.groups().iter().all(|group| group.legal_entity.as_deref() == Some(calendar.legal_entity())));
}

#[test]
fn everybody_whom_the_tree_names_may_sign_in_under_a_name_that_fits_the_address() {
    let pools = TREE.pools().iter().flat_map(|pool| pool.owners.iter());
    let named: BTreeSet<&String> = TREE.groups().iter().flat_map(|group| group.owners.iter()).chain(pools).collect();
    assert!(named.len() > 30);
    for mail in &named {
        assert!(PEOPLE.get(mail).is_some(), "{mail} is missing");
    }
    for person in PEOPLE.iter() {
        let (from_name, from_mail) = (person.name.to_lowercase().replace(' ', "."), person.mail.split('@').next().unwrap());
        let is_of_an_office = ["controller", "finops", "audit"].contains(&from_mail);
        assert!(from_name == from_mail || is_of_an_office, "{} is {}", person.mail, person.name);
        assert!(!person.roles.is_empty() || named.contains(&person.mail), "{} has nothing to see", person.mail);
    }
}

#[test]
fn there_are_two_controllers_a_finops_lead_and_an_auditor() {
    let with = |role: Role| PEOPLE.iter().filter(move |person| person.roles.contains(&role)).map(|person| person.mail.as_str());
    assert_eq!(with(Role::Controller).collect::<Vec<_>>(), ["aron.vik@meridian.example", "controller@meridian.example"]);
    assert_eq!(with(Role::Finops).collect::<Vec<_>>(), ["finops@meridian.example"]);
    assert_eq!(with(Role::Auditor).collect::<Vec<_>>(), ["audit@meridian.example"]);
    assert_eq!(PEOPLE.get("controller@meridian.example").unwrap().name, "Ines Duarte");
}

/// Whether one of a group's owners may accept an amount.
fn may_accept(place: usize, amount: Money) -> bool {
    TREE.groups()[place].owners.iter().any(|mail| PEOPLE.get(mail).unwrap().may_accept(amount).is_ok())
}

#[test]
fn one_invoice_is_above_its_owners_limit_and_the_owner_above_accepts_it() {
    let mut above = Vec::new();
    for (currency, invoices) in INVOICES.iter() {
        for (place, group) in TREE.groups().iter().enumerate() {
            let total = invoices.invoices.iter().find(|invoice| invoice.group.id == group.id).unwrap().total;
            if total.is_zero() || may_accept(place, total) {
                continue;
            }
            assert!(may_accept(group.parent.unwrap(), total), "{} {currency} {total}", group.id);
            above.push((currency.as_str(), group.id.as_str()));
        }
    }
    assert_eq!(above, [("USD", "warehouse")]);
}

#[test]
fn unallocated_cost_lets_cost_groups_be_promoted() {
    let at_most = through(&DEMO.written.policy, read_policy).promotion.unallocated_at_most_permille;
    assert!(INVOICES.keys().eq(["EUR", "USD"]));
    for (currency, invoices) in INVOICES.iter() {
        let unallocated = invoices.invoices[invoices.unallocated].exact;
        let bill: Exact = invoices.invoices.iter().map(|invoice| invoice.exact).sum();
        let permille = Exact::from_i128(i128::from(unallocated.permille_of(bill).unwrap()), 0);
        assert!(permille <= at_most, "{currency}: {permille} of a thousand");
    }
}

#[test]
fn each_bill_in_euros_reaches_its_teams_a_shared_pool_and_the_centre() {
    let invoices = &INVOICES["EUR"];
    let charged: BTreeMap<&str, &Money> =
        invoices.invoices.iter().filter(|one| !one.total.is_zero()).map(|one| (one.group.id.as_str(), &one.total)).collect();
    let teams = ["finance", "forecasting", "ingestion", "inventory", "pricing", "recommendations", "tills", "warehouse"];
    assert!(charged.keys().eq(&teams), "{charged:?}");
    assert!(invoices.invoices.iter().any(|invoice| !invoice.shared.is_zero()));
    assert_eq!(invoices.not_invoiced_yet, ["Google Cloud"]);
    assert!(INVOICES["USD"].not_invoiced_yet.is_empty());
}

#[test]
fn the_sources_cover_what_the_files_hold_and_know_where_they_lie() {
    let finality = |id: &str| SOURCES.get(id).unwrap().finality;
    assert_eq!(finality("aws-cur"), Finality::WhenInvoicedAndUnchanged { days: 5 });
    assert_eq!(finality("azure-focus"), Finality::WhenInvoicedAndUnchanged { days: 3 });
    assert_eq!(finality("gcp-focus"), Finality::WhenClosed);
    assert_eq!(SOURCES.iter().count(), DEMO.written.sources.len());
    let first = *DEMO.aws.keys().next().unwrap();
    for written in DEMO.written.sources.iter().chain([&DEMO.written.late.source]) {
        let source = SOURCES.get(written.name).unwrap();
        assert_eq!((source.from, source.until), (first, None));
        for file in written.files.values().flatten() {
            assert_eq!(SOURCES.by_path(file.to_str().unwrap()), Some(source));
            let options = ReadOptions { source: written.name, currency_if_absent: None };
            read(file, &options, &mut |charge| {
                let account = charge.value(Dimension::BillingAccount);
                assert_eq!(SOURCES.covering(account), Some(source), "{account}");
                assert!(source.currencies.contains(&charge.currency));
                Ok(())
            })
            .unwrap();
        }
    }
    let is_expected = |code: &str| SOURCES.expected(first, Currency::try_new(code).unwrap()).count();
    assert_eq!((is_expected("USD"), is_expected("EUR")), (2, 1));
}

#[test]
fn files_and_documents_agree_before_and_after_the_late_delivery() {
    let tolerance = Exact::from_i128(1, 2);
    let documents = |path: &Path| -> Vec<ProviderInvoice> { through(path, read_provider_invoices) };
    let [before, after] = [&DEMO.written.provider_invoices, &DEMO.written.late.provider_invoices].map(|path| documents(path));
    let first = compare_documents(&control(false), &before, tolerance);
    assert_eq!(first.differences(), Vec::<String>::new());
    // Two of AWS and two of Azure a month, and one of Google Cloud in five; the credit memo goes with its invoice.
    assert_eq!(first.lines.len(), 6 * 4 + 5);
    let late = control(true);
    assert_eq!(compare_documents(&late, &after, tolerance).differences(), Vec::<String>::new());
    assert_eq!(compare_documents(&late, &before, tolerance).differences().len(), 1);
}
