//! Configuration: what is taken, what is refused, and what counts.
#![allow(missing_docs)]

mod company;
mod memory;

#[path = "configuration/founding.rs"]
mod founding;
#[path = "configuration/notes.rs"]
mod notes;
#[path = "configuration/used.rs"]
mod used;

use company::{CALENDAR, Company, PEOPLE, POLICY, SOURCES, TREE};
use dayone_domain::review::{Actor, By, SignIn};
use dayone_domain::{BillingPeriod, policy::Policy};
use dayone_ports::{Digest, Key};
use dayone_workflow::configuration::{ConfigChanged, ConfigEvent, ConfigKind, ConfigPut, ConfigView, MOST_PUTS};
use dayone_workflow::stream::{Stream, StreamId};
use dayone_workflow::{Failure, FailureKind, Once, Request, Tenant, keys};
use memory::{Handles, at, ports};

pub const CONTROLLER: &str = "controller@nw.example";
pub const DRIVERS: &str = "driver,billing_period,cost_group,quantity\nrequests,2026-01,shop,3\n";

/// A tenant of whom nothing is known.
pub fn nothing() -> (Tenant, Handles) {
    let (ports, handles) = ports();
    (Tenant::new("northwind".parse().unwrap(), ports), handles)
}

pub async fn put(tenant: &Tenant, actor: Actor, kind: ConfigKind, text: &str) -> Result<ConfigChanged, Failure> {
    tenant.put_configuration(&Request::of(actor), kind, "file.yaml", text.as_bytes()).await
}

pub async fn put_as(company: &Company, mail: &str, kind: ConfigKind, text: &str) -> Result<ConfigChanged, Failure> {
    put(&company.tenant, company.person(mail).await, kind, text).await
}

/// A text of each kind that is taken.
fn text(kind: ConfigKind) -> &'static str {
    match kind {
        ConfigKind::Tree => TREE,
        ConfigKind::People => PEOPLE,
        ConfigKind::Sources => SOURCES,
        ConfigKind::Drivers => DRIVERS,
        ConfigKind::Policy => POLICY,
        ConfigKind::Calendar => CALENDAR,
    }
}

#[test]
fn kinds_are_told_by_their_words() {
    for kind in ConfigKind::ALL {
        assert_eq!(kind.as_str().parse(), Ok(kind));
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
    }
    for text in ["", "Tree", "trees", "tree "] {
        let error = text.parse::<ConfigKind>().unwrap_err().to_string();
        assert!(error.contains(&format!("`{text}`")) && error.contains("calendar"), "{error}");
    }
}

#[tokio::test]
async fn a_text_is_kept_as_it_was_put_with_who_and_when() {
    let company = Company::new().await;
    company.set("2026-01-05T09:30:00Z");
    let text = "\u{feff}# ours\r\ntime_zone: UTC\r\n";
    let request = company.asks(CONTROLLER).await;
    let changed =
        company.tenant.put_configuration(&request, ConfigKind::Policy, "/home/cora/a\u{1b}b.yaml", text.as_bytes()).await.unwrap();
    assert_eq!(changed, ConfigChanged { version: 2, notes: vec![], is_new: true });

    let by = By::Person { mail: CONTROLLER.to_owned(), signed_in: SignIn::Password };
    let digest = Digest::of(text.as_bytes());
    let expected = ConfigPut {
        version: 2,
        text: digest,
        file_name: "a\u{fffd}b.yaml".to_owned(),
        valid_from: None,
        by: by.clone(),
        at: at("2026-01-05T09:30:00Z"),
    };
    let actor = company.person(CONTROLLER).await;
    let puts = company.tenant.configuration(&actor, ConfigKind::Policy).await.unwrap();
    assert_eq!(puts.last(), Some(&expected));
    assert_eq!(company.tenant.configuration_text(&actor, ConfigKind::Policy, 2).await.unwrap(), text);
    assert_eq!(company.tenant.configuration_text(&actor, ConfigKind::Policy, 1).await.unwrap(), POLICY);

    let stream: Stream<ConfigEvent> = company.tenant.stream(StreamId::configuration("policy")).await.unwrap();
    let recorded = &stream.events[1];
    assert_eq!((&recorded.by, recorded.at, recorded.input.clone()), (&by, expected.at, Some(digest.to_string())));
    let event = ConfigEvent::Put { kind: ConfigKind::Policy, file_name: expected.file_name, text: digest, valid_from: None };
    assert_eq!(recorded.event, event);
}

#[tokio::test]
async fn a_tree_is_kept_with_its_first_billing_period() {
    let company = Company::new().await;
    let auditor = company.person("auditor@nw.example").await;
    let puts = company.tenant.configuration(&auditor, ConfigKind::Tree).await.unwrap();
    assert_eq!(puts[0].valid_from, Some("2026-01".parse().unwrap()));
}

#[tokio::test]
async fn all_that_is_wrong_with_a_text_is_told_and_nothing_is_kept() {
    let company = Company::new().await;
    let before = company.handles.store.copy();
    for (kind, text, problems) in [
        (ConfigKind::Tree, "valid_from: 2026-13\nrules: [{ to: nobody }]\n", 3),
        (ConfigKind::People, "people:\n  - { mail: a, name: A, roles: [boss] }\n", 2),
        (ConfigKind::Sources, "sources:\n  - { id: a b, provider: AWS }\n", 3),
        (ConfigKind::Drivers, "driver,billing_period,cost_group,quantity\nr,2026,shop,3\nr,2026-01,shop,-3\n", 2),
        (ConfigKind::Policy, "time_zone: Oslo\ncost_basis: paid\n", 2),
        (ConfigKind::Calendar, "currency: dollar\ncloses_on_day: 40\n", 2),
    ] {
        let failure = put_as(&company, CONTROLLER, kind, text).await.unwrap_err();
        assert_eq!((failure.kind, failure.code), (FailureKind::Invalid, "configuration"), "{failure}");
        let lines: Vec<&str> = failure.message.lines().collect();
        assert!(lines.len() >= problems, "{kind}: {failure}");
        for line in lines {
            assert!(line.starts_with("file.yaml") && line.contains("What to do: "), "{line}");
        }
    }
    let failure = company.tenant.put_configuration(&company.asks(CONTROLLER).await, ConfigKind::Policy, "p", &[0xc3]).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Invalid, "bytes that are no text: {failure}");
    assert_eq!(company.handles.store.copy(), before);
}

#[tokio::test]
async fn a_problem_is_told_in_few_words_however_much_was_written() {
    let company = Company::new().await;
    let tree = TREE.replace("to: search, when", &format!("to: {}, when", "x".repeat(100_000)));
    let failure = put_as(&company, CONTROLLER, ConfigKind::Tree, &tree).await.unwrap_err();
    assert!(failure.message.len() < 10_000, "{} bytes", failure.message.len());
}

#[tokio::test]
async fn the_text_that_counts_put_again_changes_nothing() {
    let company = Company::new().await;
    put_as(&company, CONTROLLER, ConfigKind::Drivers, DRIVERS).await.unwrap();
    let before = company.handles.store.copy();
    for kind in ConfigKind::ALL {
        let again = put_as(&company, CONTROLLER, kind, text(kind)).await.unwrap();
        assert_eq!((again.version, again.is_new), (1, false), "{kind}");
    }
    assert_eq!(company.handles.store.copy(), before);
}

#[tokio::test]
async fn an_older_text_put_again_is_a_new_version() {
    let company = Company::new().await;
    put_as(&company, CONTROLLER, ConfigKind::Policy, "time_zone: UTC\n").await.unwrap();
    let back = put_as(&company, CONTROLLER, ConfigKind::Policy, POLICY).await.unwrap();
    assert_eq!((back.version, back.is_new), (3, true));
    let settings = company.tenant.settings().await.unwrap();
    assert_eq!(settings.policy.time_zone.name(), "Europe/Oslo");
}

#[tokio::test]
async fn controllers_put_everything_finops_tree_drivers_and_sources_nobody_else_anything() {
    let company = Company::new().await;
    for mail in [CONTROLLER, "finops@nw.example", "auditor@nw.example", "shop@nw.example", "head@nw.example"] {
        for kind in ConfigKind::ALL {
            let may = match mail {
                CONTROLLER => true,
                "finops@nw.example" => matches!(kind, ConfigKind::Tree | ConfigKind::Drivers | ConfigKind::Sources),
                _ => false,
            };
            match put_as(&company, mail, kind, &format!("{}\n", text(kind))).await {
                Ok(_) => assert!(may, "{mail} put the {kind}"),
                Err(failure) => {
                    assert!(!may && failure.kind == FailureKind::Forbidden, "{mail} and the {kind}: {failure}");
                    assert!(failure.message.contains("controller"), "{failure}");
                }
            }
        }
    }
}

#[tokio::test]
async fn what_somebody_may_put_is_as_the_newest_list_says() {
    let company = Company::new().await;
    let was_controller = company.person("other-controller@nw.example").await;
    let gone = company.person("finops@nw.example").await;
    let people = PEOPLE.replace("name: Otto, roles: [controller]", "name: Otto").replace("finops@", "fina@");
    put_as(&company, CONTROLLER, ConfigKind::People, &people).await.unwrap();
    for (actor, kind) in [(was_controller, ConfigKind::Policy), (gone, ConfigKind::Tree)] {
        let failure = put(&company.tenant, actor, kind, "time_zone: UTC\n").await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::Forbidden, "{failure}");
    }
}

#[tokio::test]
async fn whoever_has_a_role_reads_everything_an_owner_the_tree_nobody_else_anything() {
    let company = Company::new().await;
    let people = format!("{PEOPLE}  - {{ mail: guest@nw.example, name: Gus }}\n");
    put_as(&company, CONTROLLER, ConfigKind::People, &people).await.unwrap();
    for kind in ConfigKind::ALL {
        for mail in [CONTROLLER, "finops@nw.example", "auditor@nw.example", "shop@nw.example", "guest@nw.example"] {
            let actor = company.person(mail).await;
            let may = match mail {
                "shop@nw.example" => kind == ConfigKind::Tree,
                "guest@nw.example" => false,
                _ => true,
            };
            let read = company.tenant.configuration(&actor, kind).await;
            assert_eq!(read.is_ok(), may, "{mail} and the {kind}");
            let text = company.tenant.configuration_text(&actor, kind, 1).await;
            let expected = match (may, kind) {
                (false, _) => Some(FailureKind::Forbidden),
                (true, ConfigKind::Drivers) => Some(FailureKind::NotFound),
                (true, _) => None,
            };
            assert_eq!(text.err().map(|failure| failure.kind), expected, "{mail} and the {kind}");
        }
    }
}

#[tokio::test]
async fn an_idempotency_key_puts_once() {
    let company = Company::new().await;
    let once = |key: &str, text: &str| Some(Once { key: key.to_owned(), request: Digest::of(text.as_bytes()) });
    let put = async |key: &str, text: &str| {
        let request = Request { once: once(key, text), ..company.asks(CONTROLLER).await };
        company.tenant.put_configuration(&request, ConfigKind::Policy, "p.yaml", text.as_bytes()).await
    };
    let first = put("a", "time_zone: UTC\n").await.unwrap();
    assert_eq!((first.version, first.is_new), (2, true));
    put("b", POLICY).await.unwrap();
    let before = company.handles.store.copy();
    let again = put("a", "time_zone: UTC\n").await.unwrap();
    assert_eq!(again, ConfigChanged { version: 2, notes: vec![], is_new: false });
    let other = put("a", "time_zone: Asia/Tokyo\n").await.unwrap_err();
    assert_eq!(other.code, "idempotency-key-reused");
    assert_eq!(company.handles.store.copy(), before, "the policy of key b still counts");
}

#[tokio::test]
async fn a_put_on_an_old_version_is_refused() {
    let company = Company::new().await;
    let put = async |if_match, text: &str| {
        let request = Request { if_match: Some(if_match), ..company.asks(CONTROLLER).await };
        company.tenant.put_configuration(&request, ConfigKind::Policy, "p.yaml", text.as_bytes()).await
    };
    assert_eq!(put(1, "time_zone: UTC\n").await.unwrap().version, 2);
    assert_eq!(put(1, "time_zone: Asia/Tokyo\n").await.unwrap_err().kind, FailureKind::Stale);
    assert!(!put(1, "time_zone: UTC\n").await.unwrap().is_new, "what was asked for is so already");
}

fn crowded(kind: ConfigKind, puts: usize, name_letters: usize) -> ConfigView {
    let put = |version| ConfigPut {
        version,
        text: Digest::of(b"any"),
        file_name: "x".repeat(name_letters),
        valid_from: None,
        by: By::Policy,
        at: at("2026-01-01T00:00:00Z"),
    };
    ConfigView { kind, version: puts as u64, puts: (1..=puts as u64).map(put).collect() }
}

#[tokio::test]
async fn a_kind_is_put_so_often_and_no_more() {
    let company = Company::new().await;
    let key = Key::new(keys::configuration(company.tenant.id()), "calendar");
    for (puts, name_letters) in [(MOST_PUTS, 1), (600, 700)] {
        company.handles.store.set_raw(&key, serde_json::to_vec(&crowded(ConfigKind::Calendar, puts, name_letters)).unwrap());
        let failure = put_as(&company, CONTROLLER, ConfigKind::Calendar, CALENDAR).await.unwrap_err();
        assert_eq!((failure.kind, failure.code), (FailureKind::Refused, "too-many-versions"), "{failure}");
        assert!(failure.message.contains(&puts.to_string()), "{failure}");
    }
}

#[tokio::test]
async fn settings_say_what_is_missing_and_how_to_put_it() {
    let (tenant, _) = nothing();
    let founder = tenant.founder("ines").await.unwrap();
    for kind in [ConfigKind::Tree, ConfigKind::People, ConfigKind::Sources] {
        let failure = tenant.settings().await.unwrap_err();
        assert_eq!((failure.kind, failure.code), (FailureKind::Refused, "not-configured"));
        assert!(failure.message.contains(&format!("`dayone config put {kind} FILE`")), "{failure}");
        let by = if kind == ConfigKind::Sources { tenant.actor(CONTROLLER, SignIn::Password).await.unwrap() } else { founder.clone() };
        put(&tenant, by, kind, text(kind)).await.unwrap();
    }
    let settings = tenant.settings().await.unwrap();
    assert_eq!(settings.policy, Policy::default());
    assert_eq!(settings.drivers.iter().count(), 0);
    assert!(settings.calendar.is_none());
    let kinds: Vec<&str> = settings.digests.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["tree", "people", "sources"]);
}

/// The tree as it is from another billing period on.
pub fn tree_from(period: &str) -> String {
    TREE.replace("valid_from: 2026-01", &format!("valid_from: {period}"))
}

#[tokio::test]
async fn settings_are_the_newest_of_each_kind_and_every_version_of_the_tree() {
    let company = Company::new().await;
    let (later, replaced) = (tree_from("2026-07"), tree_from("2026-04"));
    let replacing = replaced.replace("name: Shop", "name: The Shop");
    for tree in [&later, &replaced, &replacing] {
        put_as(&company, CONTROLLER, ConfigKind::Tree, tree).await.unwrap();
    }
    put_as(&company, CONTROLLER, ConfigKind::Drivers, DRIVERS).await.unwrap();
    let sources = SOURCES.replace("2026-01, final: when_closed", "2025-01, final: when_closed");
    put_as(&company, CONTROLLER, ConfigKind::Sources, &sources).await.unwrap();

    let settings = company.tenant.settings().await.unwrap();
    let periods: Vec<String> = settings.trees.all().iter().map(|tree| tree.valid_from().to_string()).collect();
    assert_eq!(periods, ["2026-01", "2026-04", "2026-07"]);
    let name_in = |period: &str| {
        let tree = settings.trees.at(period.parse().unwrap());
        tree.groups().iter().find(|group| group.id == "shop").unwrap().name.clone()
    };
    assert_eq!(["2026-03", "2026-04", "2026-07"].map(name_in), ["Shop", "The Shop", "Shop"]);
    let since: BillingPeriod = settings.sources.get("aws").unwrap().from;
    assert_eq!(since.to_string(), "2025-01");
    assert_eq!(settings.drivers.quantity("requests", company::month("2026-01"), "shop").to_string(), "3");
    let texts = [TREE, &replacing, &later, PEOPLE, &sources, DRIVERS, POLICY, CALENDAR].map(|text| Digest::of(text.as_bytes()));
    let kinds = ["tree", "tree", "tree", "people", "sources", "drivers", "policy", "calendar"].map(str::to_owned);
    assert_eq!(settings.digests, kinds.into_iter().zip(texts).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_text_that_is_gone_or_changed_is_no_configuration() {
    let company = Company::new().await;
    company.handles.documents.set_raw(Digest::of(POLICY.as_bytes()), b"time_zone: UTC\n".to_vec());
    assert_eq!(company.tenant.settings().await.unwrap_err().kind, FailureKind::Broken);
    company.handles.documents.remove(Digest::of(POLICY.as_bytes()));
    assert_eq!(company.tenant.settings().await.unwrap_err().kind, FailureKind::Broken);
}

#[tokio::test]
async fn owners_are_those_of_the_newest_tree_that_has_the_group() {
    let company = Company::new().await;
    let tree = tree_from("2026-03").replace("[shop@nw.example]", "[NEW@nw.example, new@nw.example, shop@nw.example]");
    let without_search: String = tree
        .lines()
        .filter(|line| !line.contains("id: search") && !line.contains("to: search"))
        .fold(String::new(), |text, line| text + &line.replace("[shop, search]", "[shop]") + "\n");
    put_as(&company, CONTROLLER, ConfigKind::Tree, &without_search).await.unwrap();
    let settings = company.tenant.settings().await.unwrap();
    assert_eq!(settings.owners("shop"), ["new@nw.example", "shop@nw.example"]);
    assert_eq!(settings.owners("search"), ["search@nw.example"], "only the older tree has it");
    assert_eq!(settings.owners("nothing"), Vec::<String>::new());

    let owns = |mail: &str| settings.owns(mail).into_iter().collect::<Vec<_>>();
    assert_eq!(owns("head@nw.example"), ["online", "search", "shop"], "and all below");
    assert_eq!(owns("HEAD@nw.example"), ["online", "search", "shop"]);
    assert_eq!(owns("shop@nw.example"), ["shop"]);
    assert_eq!(owns("search@nw.example"), ["search"]);
    assert_eq!(owns("finops@nw.example"), ["unallocated"]);
    assert_eq!(owns("auditor@nw.example"), Vec::<String>::new());
}

#[tokio::test]
async fn who_owned_a_group_before_owns_it_no_more() {
    let company = Company::new().await;
    let tree = tree_from("2026-03").replace("[shop@nw.example]", "[search@nw.example]").replace("[head@nw.example]", "[finops@nw.example]");
    put_as(&company, CONTROLLER, ConfigKind::Tree, &tree).await.unwrap();
    assert!(company.person("shop@nw.example").await.owns.is_empty());
    assert!(company.person("head@nw.example").await.owns.is_empty());
    assert_eq!(company.person("search@nw.example").await.owns.len(), 2);
}

#[tokio::test]
async fn an_actor_is_a_person_of_the_list_with_what_they_may_now() {
    let company = Company::new().await;
    let signed_in = SignIn::CommandLine { account: "cora".to_owned() };
    let actor = company.tenant.actor("Controller@NW.example", signed_in.clone()).await.unwrap();
    assert_eq!((actor.person.mail.as_str(), actor.person.name.as_str()), (CONTROLLER, "Cora"));
    assert_eq!((actor.signed_in, actor.owns.into_iter().collect::<Vec<_>>()), (signed_in, vec!["finance".to_owned()]));
    let failure = company.tenant.actor("nobody@nw.example", SignIn::Password).await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Forbidden);
    assert!(failure.message.contains("`nobody@nw.example`"), "{failure}");
    let (tenant, _) = nothing();
    assert_eq!(tenant.actor(CONTROLLER, SignIn::Password).await.unwrap_err().code, "not-configured");
}
