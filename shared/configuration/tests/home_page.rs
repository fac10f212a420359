//! What `HOME.md` shows is what the readers take.

use dayone_configuration::{read_calendar, read_people, read_policy, read_sources};
use dayone_domain::policy::Policy;
use dayone_domain::source::Finality;
use dayone_domain::{Currency, Money};

const PAGE: &str = include_str!("../HOME.md");

/// The blocks of YAML on the page, each with the file's name that its first line states.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let blocks = PAGE.split("```yaml\n").skip(1).map(|rest| rest.split_once("\n```").expect("a block ends").0);
    blocks.map(|block| (block.lines().next().and_then(|line| line.strip_prefix("# ")).expect("a block names its file"), block)).collect()
}

fn block(name: &str) -> &'static [u8] {
    blocks().iter().find(|(known, _)| *known == name).expect("the page shows it").1.as_bytes()
}

#[test]
fn every_file_that_the_page_shows_is_sound() {
    for (name, block) in blocks() {
        let block = block.as_bytes();
        let refusals = match name {
            "people.yaml" => read_people(name, block).err(),
            "sources.yaml" => read_sources(name, block).err(),
            "policy.yaml" => read_policy(name, block).err(),
            "calendar.yaml" => read_calendar(name, block).err(),
            other => panic!("no reader is known for `{other}`"),
        };
        assert_eq!(refusals, None, "{name}");
    }
    assert_eq!(blocks().len(), 4);
}

#[test]
fn the_people_of_the_page_arrive() {
    let people = read_people("people.yaml", block("people.yaml")).unwrap();
    let nadia = people.get("Nadia.Haddad@meridian.example").unwrap();
    let usd = Currency::try_new("USD").unwrap();
    assert_eq!((nadia.name.as_str(), nadia.roles.is_empty()), ("Nadia Haddad", true));
    assert!(nadia.may_accept(Money::from_minor(2_500_000, usd)).is_ok());
    assert!(nadia.may_accept(Money::from_minor(2_500_001, usd)).is_err());
    assert_eq!(people.get("deputy@meridian.example").unwrap().roles.len(), 2);
    assert_eq!(people.get("audit@meridian.example").unwrap().accepts_up_to, None);
}

#[test]
fn the_sources_of_the_page_arrive() {
    let sources = read_sources("sources.yaml", block("sources.yaml")).unwrap();
    let aws = sources.covering("410283771560").unwrap();
    assert_eq!((aws.id.as_str(), aws.prefix.as_str(), aws.until), ("aws-cur", "exports/aws-cur/", None));
    assert_eq!(aws.finality, Finality::WhenInvoicedAndUnchanged { days: 5 });
    let azure = sources.get("azure").unwrap();
    assert_eq!((azure.prefix.as_str(), azure.until, azure.finality), ("azure/", Some("2027-01".parse().unwrap()), Finality::WhenClosed));
    assert_eq!(sources.expected("2026-05".parse().unwrap(), Currency::try_new("USD").unwrap()).count(), 1);
    assert_eq!(sources.by_path("/home/ana/exports/aws-cur/x.csv").unwrap().id, "aws-cur");
}

#[test]
fn the_policy_of_the_page_differs_from_the_default_as_it_says() {
    let policy = read_policy("policy.yaml", block("policy.yaml")).unwrap();
    let silence = policy.silence.clone().unwrap();
    assert_eq!((silence.remind_after_days, silence.deemed_after_days), (vec![3, 7], Some(14)));
    assert_eq!(read_policy("policy.yaml", b"late_after_hours: 12\n").unwrap().late_after_hours, 12);
    assert_eq!(policy.time_zone.name(), "Europe/Oslo");
    let default = Policy::default();
    assert_eq!(Policy { time_zone: default.time_zone, silence: None, ..policy }, default);
}

#[test]
fn the_calendar_of_the_page_arrives() {
    let calendar = read_calendar("calendar.yaml", block("calendar.yaml")).unwrap();
    assert_eq!((calendar.currency().code(), calendar.legal_entity()), ("USD", "Meridian Retail Inc."));
    assert_eq!(calendar.also_charge().collect::<Vec<_>>(), ["Meridian Stores AB"]);
    assert_eq!(calendar.last_open_day("2026-08".parse().unwrap()).to_string(), "2026-09-15");
    assert_eq!(calendar.last_open_day("2026-09".parse().unwrap()).to_string(), "2026-10-10");
}
