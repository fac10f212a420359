//! FOCUS files: one test a rule, one case a refusal.

mod support;

use dayone_billing_files::{ChargeRefusal, Place, ReadOptions};
use dayone_domain::charge::Dimension;
use dayone_domain::cube::CubeBuilder;

use support::{Folder, Table, exact, focus, pointed, read_bytes};

#[test]
fn a_charge_has_every_value_of_its_row() {
    let (facts, charges) = focus().read().unwrap();
    let charge = &charges[0];
    for (dimension, value) in [
        (Dimension::Source, "payer"),
        (Dimension::Provider, "AWS"),
        (Dimension::BillingAccount, "001234567890"),
        (Dimension::InvoiceIssuer, "Amazon Web Services EMEA SARL"),
        (Dimension::Publisher, "Amazon Web Services, Inc."),
        (Dimension::SubAccount, "000000000012"),
        (Dimension::Service, "Amazon EC2"),
        (Dimension::ServiceCategory, "Compute"),
        (Dimension::Region, "eu-central-1"),
        (Dimension::ChargeCategory, "Usage"),
        (Dimension::ChargeClass, ""),
        (Dimension::ChargeMonth, "2026-04"),
        (Dimension::InvoiceId, "INV-1"),
        (Dimension::Commitment, ""),
        (Dimension::CommitmentStatus, ""),
        (Dimension::ChargeType, "Usage"),
    ] {
        assert_eq!(charge.value(dimension), value, "{dimension:?}");
    }
    assert_eq!((charge.period.as_str(), charge.currency.as_str()), ("2026-04", "EUR"));
    assert_eq!((charge.billing_account_name.as_str(), charge.sub_account_name.as_str()), ("payer", "shop"));
    assert_eq!(charge.tags, [("team".to_owned(), "checkout".to_owned())]);
    assert_eq!((charge.cost.billed, charge.cost.effective), (exact("1.25"), exact("1")));
    assert_eq!((charge.cost.list, charge.cost.contracted), (Some(exact("2")), Some(exact("1.5"))));
    assert_eq!((facts.rows, facts.columns, facts.has_list, facts.has_contracted), (1, 24, true, true));
    assert_eq!(facts.notes, Vec::<String>::new());
    assert_eq!((facts.format.to_string().as_str(), facts.container.to_string().as_str()), ("FOCUS 1.2", "CSV"));
}

/// FOCUS 1.3 has allocated charges in place of the charge that they split, not beside it: each is money of its own.
#[test]
fn allocated_charges_count_each() {
    let part =
        [("AllocatedMethodId", "split-proportional"), ("AllocatedResourceId", "workload/search"), ("AllocatedTags", "{\"team\":\"x\"}")];
    let (facts, charges) = focus().with_all(&part).again().with("AllocatedResourceId", "workload/basket").read().unwrap();
    assert_eq!((facts.format.to_string().as_str(), charges.len()), ("FOCUS 1.3", 2));
    assert!(charges.iter().all(|charge| charge.cost.billed == exact("1.25") && charge.tag("team") == Some("checkout")));
}

#[test]
fn columns_come_in_any_order_some_unknown_some_absent() {
    let mut table = focus().with("x_Unknown", "1,2");
    table.columns.reverse();
    table.rows[0].reverse();
    assert_eq!(table.charge().value(Dimension::Service), "Amazon EC2");
    let least =
        Table::of(&[("BilledCost", "1"), ("EffectiveCost", "2"), ("BillingPeriodStart", "2026-04-01"), ("ChargeCategory", "Usage")]);
    let charge = least.charge();
    assert_eq!(charge.value(Dimension::Provider), "");
    assert_eq!(charge.value(Dimension::ChargeMonth), "2026-04");
    assert_eq!((charge.cost.list, charge.cost.contracted), (None, None));
    assert_eq!(charge.tags, []);
}

#[test]
fn column_names_count_in_any_case() {
    let mut table = focus();
    table.columns.iter_mut().for_each(|name| *name = name.to_ascii_lowercase());
    assert_eq!(table.charge().value(Dimension::BillingAccount), "001234567890");
    assert_eq!(pointed(&table.with("billedcost", "x").refusal()), (2, "billedcost", "x"));
}

#[test]
fn null_is_written_in_several_ways() {
    for null in ["", "NULL", "null", "(null)"] {
        let charge = focus()
            .with_all(&[("SubAccountId", null), ("Tags", null), ("ListCost", null), ("ContractedCost", null), ("ChargePeriodStart", null)])
            .charge();
        assert_eq!(charge.value(Dimension::SubAccount), "", "{null}");
        assert_eq!(charge.value(Dimension::ChargeMonth), "2026-04", "{null}");
        assert_eq!((charge.cost.list, charge.cost.contracted), (Some(exact("0")), Some(exact("0"))), "{null}");
        assert_eq!(charge.tags, [], "{null}");
    }
    let quoted = focus().csv().replace("000000000012", "\"NULL\"");
    assert_eq!(read_bytes(quoted).unwrap().1[0].value(Dimension::SubAccount), "");
}

#[test]
fn the_provider_is_the_provider_name_or_the_service_provider_name() {
    for (provider, service_provider, expected) in
        [("AWS", "Other", "AWS"), ("", "Amazon", "Amazon"), ("NULL", "Amazon", "Amazon"), ("", "", "")]
    {
        let charge = focus().with_all(&[("ProviderName", provider), ("ServiceProviderName", service_provider)]).charge();
        assert_eq!(charge.value(Dimension::Provider), expected);
    }
    let new = focus().without("ProviderName").with("ServiceProviderName", "Amazon");
    assert_eq!(new.charge().value(Dimension::Provider), "Amazon");
}

#[test]
fn an_unknown_charge_category_is_money_and_kept() {
    for category in ["Enchantment", "usage", ""] {
        let charge = focus().with("ChargeCategory", category).charge();
        assert_eq!((charge.value(Dimension::ChargeCategory), charge.value(Dimension::ChargeType)), (category, category));
        assert_eq!(charge.cost.billed, exact("1.25"));
    }
}

#[test]
fn the_billing_period_is_the_month_it_starts_in() {
    for (start, end, charged, period, month) in [
        ("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z", "2026-03-31T23:59:59Z", "2026-04", "2026-03"),
        ("2026-04-01 00:00:00", "2026-05-01 00:00:00", "2026-04-01 00:00:00", "2026-04", "2026-04"),
        ("2026-04-01T00:00:00Z", "2026-04-30T23:59:59Z", "", "2026-04", "2026-04"),
        ("2026-04-01", "2026-05-01", "2025-12-31", "2026-04", "2025-12"),
        ("2026-04-01", "", "", "2026-04", "2026-04"),
        ("2026-12-01", "2027-01-01", "", "2026-12", "2026-12"),
    ] {
        let values = [("BillingPeriodStart", start), ("BillingPeriodEnd", end), ("ChargePeriodStart", charged)];
        let charge = focus().with_all(&values).charge();
        assert_eq!((charge.period.as_str(), charge.value(Dimension::ChargeMonth)), (period, month), "{start} {end}");
    }
}

#[test]
fn a_file_may_hold_several_periods_and_currencies() {
    let table = focus().again().with_all(&[("BillingPeriodStart", "2026-03-01"), ("BillingPeriodEnd", ""), ("BillingCurrency", "JPY")]);
    let (_, charges) = table.read().unwrap();
    assert_eq!((charges[0].period.as_str(), charges[0].currency.as_str()), ("2026-04", "EUR"));
    assert_eq!((charges[1].period.as_str(), charges[1].currency.as_str()), ("2026-03", "JPY"));
}

#[test]
fn a_file_without_currency_says_so() {
    let path = Folder::new();
    let file = path.file("bill.csv", focus().without("BillingCurrency").csv());
    let (facts, charges) = support::read(&file).unwrap();
    assert_eq!(charges[0].currency, "XXX");
    assert!(facts.notes[0].contains("BillingCurrency") && facts.notes[0].contains("XXX"), "{:?}", facts.notes);
    let options = ReadOptions { source: "payer", currency_if_absent: Some(support::currency("CHF")) };
    let (facts, charges) = support::read_with(&file, &options).unwrap();
    assert_eq!(charges[0].currency, "CHF");
    assert!(facts.notes[0].contains("CHF"), "{:?}", facts.notes);
    let stated = path.file("stated.csv", focus().csv());
    assert_eq!(support::read_with(&stated, &options).unwrap().1[0].currency, "EUR");
}

#[test]
fn a_header_alone_holds_no_charges_and_says_so() {
    let (facts, charges) = focus().no_rows().read().unwrap();
    assert_eq!(charges.len(), 0);
    assert!(facts.notes[0].contains("no charges"), "{:?}", facts.notes);
}

#[test]
fn costs_keep_every_digit() {
    for cost in
        ["0.0000000000000000000000000001", "-12345678901234567890.12345678901234567890123456789", "6.76E-8", "1e3", "-0", "+1.5", ".5"]
    {
        assert_eq!(focus().with("BilledCost", cost).charge().cost.billed, exact(cost), "{cost}");
    }
}

#[test]
fn tags_of_focus_keep_their_keys() {
    let charge = focus().with("Tags", r#"{"user:team":"a","aws:createdBy":"b","n":1.10,"t":true,"z":null,"o":{"k":[1]}}"#).charge();
    for (key, value) in [("user:team", "a"), ("aws:createdBy", "b"), ("n", "1.10"), ("t", "true"), ("z", ""), ("o", r#"{"k":[1]}"#)] {
        assert_eq!(charge.tag(key), Some(value), "{key}");
    }
}

#[test]
fn a_row_that_cannot_be_read_right_is_refused_with_its_place() {
    for (column, value, reason) in [
        ("BilledCost", "abc", "is not a decimal number"),
        ("BilledCost", "1,000.00", "is not a decimal number"),
        ("BilledCost", "NaN", "is not a decimal number"),
        ("EffectiveCost", "inf", "is not a decimal number"),
        ("EffectiveCost", "$1", "is not a decimal number"),
        ("ListCost", " 1", "is not a decimal number"),
        ("ContractedCost", "1.5 EUR", "is not a decimal number"),
        ("BilledCost", "123456789012345678901", "more than 20 digits"),
        ("BilledCost", "1e-45", "more than 44 decimals"),
        ("BillingAccountId", "1.23457E+12", "a spreadsheet"),
        ("SubAccountId", "5.17E+10", "a spreadsheet"),
        ("InvoiceId", "1.23457E+12", "a spreadsheet"),
        ("BillingPeriodStart", "9/1/2024 0:00", "a spreadsheet"),
        ("BillingPeriodStart", "45536", "is no date"),
        ("BillingPeriodStart", "0001-01-01", "is no date"),
        ("BillingPeriodEnd", "soon", "is no date"),
        ("BillingPeriodEnd", "2026-04-01T00:00:00Z", "ends before it starts"),
        ("BillingPeriodEnd", "2026-05-01T00:00:01Z", "reaches beyond April 2026"),
        ("BillingPeriodEnd", "2027-04-01T00:00:00Z", "reaches beyond April 2026"),
        ("ChargePeriodStart", "yesterday", "is no date"),
        ("BillingCurrency", "usd", "three-letter currency code"),
        ("BillingCurrency", "US Dollar", "three-letter currency code"),
        ("Tags", "team=checkout", "JSON"),
        ("Tags", "[1]", "JSON"),
    ] {
        let refusal = focus().again().with(column, value).refusal();
        assert_eq!(pointed(&refusal), (3, column, value), "{refusal}");
        assert!(refusal.reason.contains(reason), "{refusal}");
        assert!(!refusal.what_to_do.is_empty() && !refusal.retryable, "{refusal}");
    }
}

#[test]
fn a_null_where_a_value_must_be_is_refused() {
    for column in ["BilledCost", "EffectiveCost", "BillingPeriodStart", "BillingCurrency"] {
        let refusal = focus().with(column, "NULL").refusal();
        assert_eq!(pointed(&refusal), (2, column, ""), "{refusal}");
        assert!(refusal.reason.contains("null"), "{refusal}");
    }
}

#[test]
fn an_account_is_checked_before_dates() {
    let values = [("BillingAccountId", "1.23457E+12"), ("BillingPeriodStart", "9/1/2024 0:00"), ("BillingPeriodEnd", "10/1/2024 0:00")];
    assert_eq!(pointed(&focus().with_all(&values).refusal()).1, "BillingAccountId");
}

#[test]
fn a_needed_column_must_be_there_once() {
    for column in ["BilledCost", "EffectiveCost", "BillingPeriodStart", "ChargeCategory"] {
        let refusal = focus().without(column).refusal();
        assert_eq!((refusal.place, refusal.column.as_deref()), (None, Some(column)), "{refusal}");
        assert!(refusal.reason.contains("no such column"), "{refusal}");
    }
    for column in ["BilledCost", "Tags", "SubAccountId"] {
        let mut table = focus();
        table.columns.push(column.to_owned());
        table.rows[0].push("1".to_owned());
        let refusal = table.refusal();
        assert_eq!(refusal.column.as_deref(), Some(column), "{refusal}");
        assert!(refusal.reason.contains("more than once"), "{refusal}");
    }
    let mut unknown = focus().with("x_A", "1");
    unknown.columns.push("x_A".to_owned());
    unknown.rows[0].push("2".to_owned());
    assert_eq!(unknown.charge().cost.billed, exact("1.25"));
}

#[test]
fn two_currencies_of_one_provider_invoice_are_refused_where_the_second_comes() {
    let folder = Folder::new();
    let path = folder.file("bill.csv", focus().again().with("BillingCurrency", "USD").csv());
    let mut cube = CubeBuilder::new(Vec::new());
    let refusal = dayone_billing_files::read(&path, &support::OPTIONS, &mut |charge| {
        cube.add(charge).map_err(|error| ChargeRefusal {
            dimension: Some(Dimension::InvoiceId),
            value: Some(charge.value(Dimension::InvoiceId).to_owned()),
            reason: error.to_string(),
            what_to_do: "ask the provider".to_owned(),
        })
    })
    .unwrap_err();
    assert_eq!(pointed(&refusal), (3, "InvoiceId", "INV-1"));
    assert_eq!(refusal.place, Some(Place::Line(3)));
    assert!(refusal.to_string().ends_with("is in EUR in an earlier charge and in USD here. What to do: ask the provider."), "{refusal}");
}
