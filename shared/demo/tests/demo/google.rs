//! The source that bills in euros.

use std::collections::BTreeSet;

use crate::reading::Row;
use crate::{DEMO, amount, billed, cents, closed, commitment, sum, those_with, value};

#[test]
fn every_month_has_some_hundreds_of_charges_in_euros_of_one_billing_account() {
    assert_eq!(DEMO.google.len(), 7);
    for (place, (period, rows)) in DEMO.google.iter().enumerate() {
        let range = if place < 6 { 300..=600 } else { 200..=600 };
        assert!(range.contains(&rows.len()), "{period}: {} charges", rows.len());
        for (column, found) in [("BillingCurrency", "EUR"), ("BillingAccountId", "01B7E2-4C90AD-8F31D6"), ("ProviderName", "Google Cloud")]
        {
            assert!(rows.iter().all(|row| value(row, column) == found), "{column}");
        }
        assert!(rows.iter().all(|row| value(row, "BillingPeriodStart").starts_with(&period.to_string())));
    }
}

#[test]
fn a_closed_month_costs_between_10_and_25_thousand_euros() {
    for (period, rows) in closed(&DEMO.google) {
        let total: i128 = rows.iter().map(billed).sum();
        assert!((10_000..25_000).contains(&(total / 10i128.pow(18))), "{period}: {}", cents(total));
    }
}

#[test]
fn its_labels_are_the_teams_of_data_and_of_stores() {
    let teams: BTreeSet<String> = DEMO.google.values().flatten().filter_map(team).collect();
    let expected = ["forecasting", "ingestion", "inventory", "pricing", "recommendations", "tills", "warehouse"];
    assert!(teams.iter().eq(expected), "{teams:?}");
    for (period, rows) in &DEMO.google {
        let tagged = rows.iter().filter(|row| row.contains_key("Tags")).count();
        assert!((500..900).contains(&(tagged * 1000 / rows.len())), "{period}: {tagged} of {}", rows.len());
    }
}

fn team(row: &Row) -> Option<String> {
    let tags: serde_json::Value = serde_json::from_str(row.get("Tags")?).unwrap();
    Some(tags.get("team")?.as_str().unwrap().to_owned())
}

#[test]
fn a_month_without_its_invoice_has_no_invoice_id_and_each_earlier_one_has_one() {
    let mut ids = BTreeSet::new();
    for (place, (period, rows)) in DEMO.google.iter().enumerate() {
        let found: BTreeSet<&str> = rows.iter().map(|row| value(row, "InvoiceId")).collect();
        assert_eq!(found.len(), 1, "{period}");
        assert_eq!(found.contains(""), place >= 5, "{period}");
        ids.extend(found);
    }
    assert_eq!(ids.len(), 5 + 1, "each month has an id of its own");
}

#[test]
fn what_is_committed_to_is_spread_to_the_last_digit_day_by_day_and_some_is_unused() {
    for (period, rows) in &DEMO.google {
        let rows = commitment(rows, "n2-cores");
        let purchase = those_with(&rows, "ChargeCategory", "Purchase");
        let [used, unused] = ["Used", "Unused"].map(|status| those_with(&rows, "CommitmentDiscountStatus", status));
        assert_eq!(rows.len(), purchase.len() + used.len() + unused.len());
        assert!(!unused.is_empty() && used.iter().all(|row| amount(row, "EffectiveCost") < amount(row, "ListCost")));
        assert_eq!(sum(&purchase, "EffectiveCost") + sum(&used, "BilledCost") + sum(&unused, "BilledCost"), 0);
        for fee in &purchase {
            let of_day = |rows: &[&Row]| sum(&those_with(rows, "ChargePeriodStart", value(fee, "ChargePeriodStart")), "EffectiveCost");
            assert_eq!(billed(fee), of_day(&used) + of_day(&unused), "{period}");
        }
        let all: Vec<&Row> = DEMO.google[period].iter().collect();
        assert_eq!(sum(&all, "BilledCost"), sum(&all, "EffectiveCost"), "{period}");
    }
}

#[test]
fn each_bill_has_a_small_credit_and_tax_on_the_rest() {
    for (period, rows) in &DEMO.google {
        let rows: Vec<&Row> = rows.iter().collect();
        let [credit, tax] = ["Credit", "Tax"].map(|category| those_with(&rows, "ChargeCategory", category));
        assert_eq!((credit.len(), tax.len()), (1, 1), "{period}");
        let net = sum(&rows, "BilledCost") - billed(tax[0]);
        assert!(billed(credit[0]) < 0 && -billed(credit[0]) * 20 < net, "{period}: {}", cents(billed(credit[0])));
        assert_eq!(cents(billed(tax[0])), cents(net * 23 / 100), "{period}");
    }
}

#[test]
fn a_cost_is_its_quantity_times_its_price() {
    for row in DEMO.google.values().flatten().filter(|row| row.contains_key("PricingQuantity")) {
        let product = amount(row, "PricingQuantity") / 10i128.pow(10) * (amount(row, "ListUnitPrice") / 10i128.pow(8));
        assert_eq!(amount(row, "ListCost"), product, "{row:?}");
    }
}
