use super::*;
use proptest::prelude::*;

fn month(text: &str) -> BillingPeriod {
    text.parse().unwrap()
}

fn currency(code: &str) -> Currency {
    Currency::try_new(code).unwrap()
}

fn source(id: &str) -> Source {
    Source {
        id: id.to_owned(),
        provider: "AWS".to_owned(),
        billing_accounts: BTreeSet::from([format!("account of {id}")]),
        currencies: BTreeSet::from([currency("USD")]),
        prefix: format!("{id}/"),
        from: month("2026-05"),
        until: None,
        finality: Finality::WhenClosed,
    }
}

fn at(id: &str, prefix: &str) -> Source {
    Source { prefix: prefix.to_owned(), ..source(id) }
}

fn of(sources: Vec<Source>) -> Sources {
    Sources::try_new(sources).unwrap()
}

#[test]
fn each_refusal_of_a_source_says_what_is_wrong() {
    let accounts = |accounts: &[&str]| accounts.iter().map(|account| (*account).to_owned()).collect::<BTreeSet<_>>();
    for (sources, key, reason) in [
        (vec![source("a/b")], "id", "`a/b` cannot be an id"),
        (vec![at("", "x")], "id", "`` cannot be an id"),
        (vec![at(".a", "x")], "id", "`.a` cannot be an id"),
        (vec![at(&"a".repeat(65), "x")], "id", "cannot be an id"),
        (vec![at("aws", "x"), at("AWS", "y")], "id", "the id `AWS` is already taken by `aws`"),
        (vec![Source { provider: " ".to_owned(), ..source("a") }], "provider", "the source `a` has no provider"),
        (vec![Source { provider: "a".repeat(257), ..source("a") }], "provider", "has 257 characters"),
        (vec![Source { billing_accounts: accounts(&[]), ..source("a") }], "billing_accounts", "covers no billing account"),
        (vec![Source { billing_accounts: accounts(&["1", ""]), ..source("a") }], "billing_accounts", "account of the source `a` is empty"),
        (
            vec![
                Source { billing_accounts: accounts(&["1", "2"]), ..source("a") },
                Source { billing_accounts: accounts(&["2"]), ..source("b") },
            ],
            "billing_accounts",
            "`2` is already covered by the source `a`",
        ),
        (
            vec![Source { billing_accounts: (0..=MOST_ACCOUNTS).map(|number| number.to_string()).collect(), ..source("a") }],
            "billing_accounts",
            "more than 10000 billing accounts",
        ),
        (vec![Source { currencies: BTreeSet::new(), ..source("a") }], "currencies", "bills in no currency"),
        (vec![Source { currencies: BTreeSet::from([currency("UDS")]), ..source("a") }], "currencies", "`UDS` is no currency"),
        (vec![at("a", "")], "prefix", "`` is no place for files"),
        (vec![at("a", "/")], "prefix", "`/` is no place for files"),
        (vec![at("a", "/x/")], "prefix", "`/x/` is no place for files"),
        (vec![at("a", "x//y")], "prefix", "`x//y/` is no place for files"),
        (vec![at("a", "x/../y")], "prefix", "`x/../y/` is no place for files"),
        (vec![at("a", "x/y"), at("b", "X/Y/")], "prefix", "below `X/Y/` would also be those of the source `a`, which has `x/y/`"),
        (vec![at("a", "x/y"), at("b", "x")], "prefix", "below `x/y/` would also be those of the source `b`, which has `x/`"),
        (vec![Source { until: Some(month("2026-04")), ..source("a") }], "until", "ends with `2026-04`, before it begins with `2026-05`"),
        (vec![Source { finality: Finality::WhenInvoicedAndUnchanged { days: 0 }, ..source("a") }], "final", "`0` is no number of days"),
        (vec![Source { finality: Finality::WhenInvoicedAndUnchanged { days: 367 }, ..source("a") }], "final", "`367` is no number of days"),
    ] {
        let errors = Sources::try_new(sources).unwrap_err();
        let [SourcesError::Source { error, .. }] = &errors[..] else { panic!("{reason}: {errors:?}") };
        assert_eq!(error.key(), key, "{reason}");
        assert!(error.to_string().contains(reason), "{reason}: {error}");
    }
}

#[test]
fn there_is_at_least_one_source_and_their_number_is_limited() {
    let sources = |count: usize| (0..count).map(|number| source(&format!("s{number}"))).collect::<Vec<_>>();
    assert_eq!(Sources::try_new(vec![]), Err(vec![SourcesError::None]));
    assert!(Sources::try_new(sources(MOST_SOURCES)).is_ok());
    assert_eq!(Sources::try_new(sources(MOST_SOURCES + 1)), Err(vec![SourcesError::TooMany]));
}

#[test]
fn folders_with_a_common_beginning_are_not_nested() {
    let sources = of(vec![at("a", "exports/aws"), at("b", "exports/aws-2"), at("c", "exports.old")]);
    assert_eq!(sources.get("a").unwrap().prefix, "exports/aws/");
    assert_eq!(sources.by_path("exports/aws-2/x.csv").unwrap().id, "b");
}

#[test]
fn a_source_may_begin_and_end_in_one_period_and_bill_without_currency() {
    let one = Source { until: Some(month("2026-05")), currencies: BTreeSet::from([Currency::NONE]), ..source("a") };
    assert!(Sources::try_new(vec![one]).is_ok());
}

#[test]
fn a_source_is_expected_from_its_first_to_its_last_period_in_its_currencies() {
    let sources = of(vec![
        Source { until: Some(month("2026-06")), ..source("old") },
        Source { from: month("2026-06"), currencies: BTreeSet::from([currency("USD"), currency("EUR")]), ..source("new") },
    ]);
    let expected =
        |period: &str, code: &str| sources.expected(month(period), currency(code)).map(|source| source.id.clone()).collect::<Vec<_>>();
    assert!(expected("2026-04", "USD").is_empty());
    assert_eq!(expected("2026-05", "USD"), ["old"]);
    assert_eq!(expected("2026-06", "USD"), ["old", "new"]);
    assert_eq!(expected("2026-07", "USD"), ["new"]);
    assert_eq!(expected("2026-06", "EUR"), ["new"]);
    assert!(expected("2026-06", "JPY").is_empty());
}

#[test]
fn a_billing_account_leads_to_its_source() {
    let sources = of(vec![source("a"), source("b")]);
    assert_eq!(sources.covering("account of b").unwrap().id, "b");
    assert_eq!(sources.covering("account of"), None);
}

#[test]
fn a_path_leads_to_the_source_whose_folders_it_has() {
    let sources = of(vec![at("aws", "aws"), at("azure", "azure"), at("deep", "exports/azure")]);
    for (path, id) in [
        ("aws/data/2026-05/part-1.csv.gz", Some("aws")),
        ("./aws//x.csv", Some("aws")),
        ("/home/ana/demo/aws/x.csv", Some("aws")),
        ("aws", Some("aws")),
        ("aws/azure/x.csv", Some("aws")),
        ("azure/aws/x.csv", Some("azure")),
        ("demo/exports/azure/x.csv", Some("deep")),
        ("demo/aws/azure/x.csv", Some("aws")),
        ("azure/exports/azure/x.csv", Some("azure")),
        ("aws-old/x.csv", None),
        ("my-aws/x.csv", None),
        ("AWS/x.csv", None),
        ("aws/../azure/x.csv", None),
        ("", None),
        ("/", None),
    ] {
        assert_eq!(sources.by_path(path).map(|source| source.id.as_str()), id, "{path}");
        let is_at_the_start = id.is_some_and(|id| path.starts_with(id));
        assert_eq!(sources.by_key(path).is_some(), is_at_the_start, "{path}");
    }
}

proptest! {
    #[test]
    fn a_file_below_a_prefix_is_always_that_sources(
        prefixes in prop::collection::btree_set("[ab](/[ab]){0,3}", 1..6),
        rest in "[ab](/[ab]){0,4}",
    ) {
        let sources: Vec<Source> = prefixes.iter().enumerate().map(|(number, prefix)| at(&format!("s{number}"), prefix)).collect();
        let is_nested = prefixes.iter().any(|a| prefixes.iter().any(|b| b.starts_with(&format!("{a}/"))));
        let checked = Sources::try_new(sources.clone());
        prop_assert_eq!(checked.is_err(), is_nested);
        if let Ok(checked) = checked {
            for source in &sources {
                prop_assert_eq!(&checked.by_path(&format!("{}/{rest}", source.prefix)).unwrap().id, &source.id);
            }
        }
    }
}
