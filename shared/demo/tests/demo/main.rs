//! What the demo tenant promises of its files, read from the files.

mod configuration;
mod google;
mod late;
mod reading;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use dayone_demo::{DemoTenant, Written, write};
use dayone_domain::BillingPeriod;
use reading::{Row, amount, cents, rows};

struct Demo {
    folder: tempfile::TempDir,
    written: Written,
    aws: BTreeMap<BillingPeriod, Vec<Row>>,
    azure: BTreeMap<BillingPeriod, Vec<Row>>,
    google: BTreeMap<BillingPeriod, Vec<Row>>,
    steps: Vec<(u64, u64)>,
}

static DEMO: LazyLock<Demo> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let mut steps = Vec::new();
    let written = write(&tenant(1), folder.path(), &mut |done, total| steps.push((done, total))).unwrap();
    let read = |source: usize| {
        let files = &written.sources[source].files;
        files.iter().map(|(period, files)| (*period, files.iter().flat_map(|file| rows(file)).collect())).collect()
    };
    Demo { aws: read(0), azure: read(1), google: read(2), steps, folder, written }
});

fn tenant(seed: u64) -> DemoTenant {
    DemoTenant { seed, last_closed: "2026-05".parse().unwrap() }
}

fn value<'a>(row: &'a Row, column: &str) -> &'a str {
    row.get(column).map_or("", String::as_str)
}

fn aws_of<'a>(rows: &'a [Row], kind: &str) -> Vec<&'a Row> {
    rows.iter().filter(|row| value(row, "line_item_line_item_type") == kind).collect()
}

fn sum(rows: &[&Row], column: &str) -> i128 {
    rows.iter().map(|row| amount(row, column)).sum()
}

fn closed<T>(months: &BTreeMap<BillingPeriod, T>) -> impl Iterator<Item = (&BillingPeriod, &T)> {
    months.iter().take(6)
}

fn bytes(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let first = bytes(DEMO.folder.path());
    let again = tempfile::tempdir().unwrap();
    write(&tenant(1), again.path(), &mut |_, _| {}).unwrap();
    assert!(first == bytes(again.path()));
    let other = tempfile::tempdir().unwrap();
    write(&tenant(2), other.path(), &mut |_, _| {}).unwrap();
    let other = bytes(other.path());
    assert!(first.keys().eq(other.keys()));
    for (path, bytes) in &first {
        // What people write does not follow the seed.
        let fixed = path.extension().is_some_and(|extension| extension == "yaml" || extension == "txt");
        assert_eq!(*bytes == other[path], fixed, "{}", path.display());
    }
}

#[test]
fn every_month_has_twenty_thousand_charges_and_the_total_is_told() {
    let mut all = 0;
    for (period, aws) in &DEMO.aws {
        let azure = &DEMO.azure[period];
        assert!(aws.len() + azure.len() >= 20_000, "{period}");
        all += aws.len() + azure.len() + DEMO.google[period].len();
    }
    assert_eq!(DEMO.written.charges, all as u64);
    assert_eq!(DEMO.aws.len(), 7);
    // Three sources of seven months, and the late delivery.
    assert_eq!(DEMO.steps.len(), 22);
    assert_eq!(DEMO.steps[21], (22, 22));
}

fn billed(row: &Row) -> i128 {
    amount(row, "line_item_unblended_cost") + amount(row, "BilledCost")
}

#[test]
fn a_closed_month_costs_between_250_and_450_thousand_and_a_running_one_a_third() {
    let dollar = 10i128.pow(18);
    for (place, (period, aws)) in DEMO.aws.iter().enumerate() {
        let total: i128 = aws.iter().chain(&DEMO.azure[period]).map(billed).sum();
        let range = if place < 6 { 250_000 * dollar..450_000 * dollar } else { 90_000 * dollar..160_000 * dollar };
        assert!(range.contains(&total), "{period}: {}", cents(total));
    }
}

#[test]
fn about_a_third_of_the_charges_is_untagged() {
    for (period, aws) in &DEMO.aws {
        let untagged = aws.iter().filter(|row| value(row, "tags") == "{}").count()
            + DEMO.azure[period].iter().filter(|row| value(row, "Tags").is_empty()).count();
        let permille = untagged * 1000 / (aws.len() + DEMO.azure[period].len());
        assert!((280..=380).contains(&permille), "{period}: {permille} of a thousand");
    }
}

#[test]
fn services_are_skewed() {
    let rows = DEMO.aws.values().next().unwrap();
    let mut by_service: BTreeMap<&str, i128> = BTreeMap::new();
    for row in aws_of(rows, "Usage").into_iter().chain(aws_of(rows, "SavingsPlanCoveredUsage")) {
        *by_service.entry(value(row, "line_item_product_code")).or_default() += amount(row, "line_item_unblended_cost");
    }
    let mut costs: Vec<i128> = by_service.into_values().collect();
    costs.sort_unstable_by(|a, b| b.cmp(a));
    let total: i128 = costs.iter().sum();
    assert!(costs.len() >= 30, "{} services", costs.len());
    assert!(costs[..5].iter().sum::<i128>() * 2 > total, "five services make half of the bill: {costs:?}");
}

#[test]
fn a_negation_takes_back_exactly_what_was_covered() {
    for rows in DEMO.aws.values() {
        let mut left: BTreeMap<[&str; 5], i128> = BTreeMap::new();
        let columns = ["line_item_usage_account_id", "line_item_usage_type", "line_item_resource_id", "line_item_usage_start_date", "tags"];
        for kind in ["SavingsPlanCoveredUsage", "SavingsPlanNegation"] {
            for row in aws_of(rows, kind) {
                *left.entry(columns.map(|column| value(row, column))).or_default() += amount(row, "line_item_unblended_cost");
            }
        }
        assert!(left.len() > 100);
        assert!(left.values().all(|left| *left == 0));
    }
}

#[test]
fn some_of_the_savings_plan_is_unused_every_day_and_what_is_used_is_what_covered_usage_costs() {
    for rows in DEMO.aws.values() {
        let fees = aws_of(rows, "SavingsPlanRecurringFee");
        for fee in &fees {
            assert!(amount(fee, "savings_plan_total_commitment_to_date") > amount(fee, "savings_plan_used_commitment"));
            assert_eq!(amount(fee, "savings_plan_total_commitment_to_date"), amount(fee, "line_item_unblended_cost"));
        }
        let effective = sum(&aws_of(rows, "SavingsPlanCoveredUsage"), "savings_plan_savings_plan_effective_cost");
        let (used, total) = (sum(&fees, "savings_plan_used_commitment"), sum(&fees, "savings_plan_total_commitment_to_date"));
        assert_eq!(effective, used);
        assert!(used * 100 > total * 70, "most of the plan is used");
    }
}

/// The rows of one commitment, told by its name; they carry one id.
fn commitment<'a>(rows: &'a [Row], name: &str) -> Vec<&'a Row> {
    let found: Vec<&Row> = rows.iter().filter(|row| value(row, "CommitmentDiscountName") == name).collect();
    let ids: BTreeSet<&str> = found.iter().map(|row| value(row, "CommitmentDiscountId")).collect();
    assert!(ids.len() < 2 && !ids.contains(""), "`{name}` has the ids {ids:?}");
    found
}

fn those_with<'a>(rows: &[&'a Row], column: &str, found: &str) -> Vec<&'a Row> {
    rows.iter().copied().filter(|row| value(row, column) == found).collect()
}

#[test]
fn a_reservation_is_spread_to_the_last_digit_and_some_hours_are_unused() {
    for (_, rows) in closed(&DEMO.azure) {
        let rows = commitment(rows, "stores-d4s-v5");
        let purchase = those_with(&rows, "ChargeCategory", "Purchase");
        let [used, unused] = ["Used", "Unused"].map(|status| those_with(&rows, "CommitmentDiscountStatus", status));
        assert_eq!(sum(&purchase, "EffectiveCost"), 0);
        assert_eq!(sum(&used, "BilledCost") + sum(&unused, "BilledCost"), 0);
        assert!(sum(&unused, "EffectiveCost") > 0);
        assert_eq!(sum(&used, "EffectiveCost") + sum(&unused, "EffectiveCost"), sum(&purchase, "BilledCost"));
    }
}

/// What the reserved databases cost for a year, all upfront.
const PREPAID: i128 = 11_664 * 10i128.pow(18);

#[test]
fn a_year_paid_upfront_is_billed_once_and_amortises_to_a_twelfth_a_month() {
    for (month, (period, rows)) in DEMO.azure.iter().enumerate() {
        let rows = commitment(rows, "stores-sql-gp");
        let purchase = those_with(&rows, "ChargeCategory", "Purchase");
        let [used, unused] = ["Used", "Unused"].map(|status| those_with(&rows, "CommitmentDiscountStatus", status));
        assert_eq!(purchase.len(), usize::from(month == 2), "{period}");
        assert_eq!(sum(&rows, "BilledCost"), if month == 2 { PREPAID } else { 0 }, "{period}");
        assert_eq!(rows.len(), purchase.len() + used.len() + unused.len());
        let amortised = match month {
            0..2 => 0,
            2..6 => PREPAID / 12,
            // Ten days of thirty are there.
            _ => PREPAID / 36,
        };
        assert_eq!(sum(&purchase, "EffectiveCost"), 0);
        assert_eq!(sum(&used, "EffectiveCost") + sum(&unused, "EffectiveCost"), amortised, "{period}");
        if month >= 2 {
            assert!(!unused.is_empty() && unused.len() * 4 < used.len(), "{period}: {} unused, {} used", unused.len(), used.len());
        }
        let consumed = used.iter().chain(&unused);
        assert!(
            consumed.clone().all(|row| value(row, "ChargeCategory") == "Usage" && billed(row) == 0 && amount(row, "EffectiveCost") > 0)
        );
        assert!(consumed.into_iter().chain(&purchase).all(|row| value(row, "CommitmentDiscountType") == "Reservation"));
        assert!(used.iter().all(|row| row.contains_key("Tags") && amount(row, "EffectiveCost") < amount(row, "ContractedCost")));
        assert!(unused.iter().all(|row| !row.contains_key("Tags")));
    }
}

#[test]
fn nothing_but_what_is_prepaid_lies_between_billed_and_effective_cost() {
    for (month, (period, rows)) in closed(&DEMO.azure).enumerate() {
        let rows: Vec<&Row> = rows.iter().collect();
        let expected = match month {
            0 | 1 => 0,
            2 => PREPAID / 12 - PREPAID,
            _ => PREPAID / 12,
        };
        assert_eq!(sum(&rows, "EffectiveCost") - sum(&rows, "BilledCost"), expected, "{period}");
    }
}

#[test]
fn tax_support_credits_discounts_and_the_marketplace_are_on_every_bill() {
    for (period, rows) in &DEMO.aws {
        let cost = |kind| sum(&aws_of(rows, kind), "line_item_unblended_cost");
        let of = |column: &str, found: &str| rows.iter().filter(|row| value(row, column) == found).collect::<Vec<_>>();
        assert!(cost("Tax") > 0 && cost("Credit") < 0 && cost("EdpDiscount") < 0, "{period}");
        assert!(sum(&of("line_item_product_code", "AWSSupportEnterprise"), "line_item_unblended_cost") > 0);
        let marketplace = of("bill_billing_entity", "AWS Marketplace");
        assert!(sum(&marketplace, "line_item_unblended_cost") > 0);
        assert!(marketplace.iter().all(|row| value(row, "line_item_legal_entity") != "Amazon Web Services, Inc."));
        assert!(DEMO.azure[period].iter().any(|row| value(row, "ChargeCategory") == "Tax"));
    }
}

#[test]
fn a_credit_can_offset_what_was_used_to_nothing() {
    for rows in DEMO.aws.values() {
        let credits = aws_of(rows, "Credit");
        let trial = credits.iter().find(|row| value(row, "line_item_line_item_description") == "AWS Free Tier").unwrap();
        let columns = ["line_item_usage_account_id", "line_item_product_code"];
        let same = |row: &&Row| columns.iter().all(|column| value(row, column) == value(trial, column));
        assert!(billed(trial) < 0);
        assert_eq!(rows.iter().filter(same).map(billed).sum::<i128>(), 0);
    }
}

#[test]
fn one_month_has_a_refund_on_a_credit_memo_of_its_own() {
    let refunds: Vec<(usize, &Row)> =
        DEMO.aws.values().enumerate().flat_map(|(month, rows)| aws_of(rows, "Refund").into_iter().map(move |row| (month, row))).collect();
    let [(month, refund)] = refunds[..] else { panic!("{} refunds", refunds.len()) };
    assert!(month < 6 && billed(refund) < 0);
    let invoice = value(refund, "bill_invoice_id");
    let others = DEMO.aws.values().flatten().filter(|row| value(row, "bill_invoice_id") == invoice).count();
    assert_eq!(others, 1);
    let text = fs::read_to_string(&DEMO.written.provider_invoices).unwrap();
    let memo: Vec<&str> = text.lines().find(|line| line.starts_with(invoice)).unwrap().split(',').collect();
    assert!(DEMO.aws.values().nth(month - 1).unwrap().iter().any(|row| value(row, "bill_invoice_id") == memo[4]));
}

#[test]
fn the_last_closed_month_corrects_an_earlier_one() {
    let mut found = 0;
    for (period, rows) in &DEMO.azure {
        let corrections: Vec<&Row> = rows.iter().filter(|row| value(row, "ChargeClass") == "Correction").collect();
        assert_eq!(corrections.is_empty(), *period != DEMO.written.last_closed);
        if !corrections.is_empty() {
            let earlier = period.previous().previous().to_string();
            assert!(corrections.iter().all(|row| value(row, "ChargePeriodStart").starts_with(&earlier)));
            assert!(corrections.iter().any(|row| billed(row) < 0) && corrections.iter().any(|row| billed(row) > 0));
            assert_ne!(sum(&corrections, "BilledCost"), 0);
            found += 1;
        }
    }
    assert_eq!(found, 1);
}

/// Net and tax of the charges on each document, by its id.
fn document_sums<'a>(rows: impl Iterator<Item = &'a Row>) -> BTreeMap<String, (i128, i128, &'static str)> {
    let mut sums: BTreeMap<String, (i128, i128, &'static str)> = BTreeMap::new();
    for row in rows {
        let id = [value(row, "bill_invoice_id"), value(row, "InvoiceId")].concat();
        assert!(!id.is_empty());
        let is_tax = value(row, "line_item_line_item_type") == "Tax" || value(row, "ChargeCategory") == "Tax";
        let currency = if value(row, "BillingCurrency") == "EUR" { "EUR" } else { "USD" };
        let sums = sums.entry(id).or_insert((0, 0, currency));
        assert_eq!(sums.2, currency);
        *(if is_tax { &mut sums.1 } else { &mut sums.0 }) += billed(row);
    }
    sums
}

/// A file of provider invoices, without what a credit memo corrects.
fn stated_documents(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap();
    text.lines().skip(1).map(|line| line.rsplit_once(',').unwrap().0.to_owned()).collect()
}

fn document_lines(sums: &BTreeMap<String, (i128, i128, &'static str)>) -> BTreeSet<String> {
    sums.iter().map(|(id, (net, tax, currency))| format!("{id},{},{},{currency}", cents(*net), cents(*tax))).collect()
}

#[test]
fn documents_say_what_the_files_say_rounded_to_cents() {
    let closed = || closed(&DEMO.aws).chain(closed(&DEMO.azure)).chain(DEMO.google.iter().take(5)).flat_map(|(_, rows)| rows);
    assert!(closed().count() > 120_000);
    let running = [&DEMO.aws, &DEMO.azure, &DEMO.google].into_iter().flat_map(|months| months.values().last().unwrap());
    let not_invoiced = running.chain(&DEMO.google[&DEMO.written.last_closed]);
    assert!(not_invoiced.into_iter().all(|row| value(row, "bill_invoice_id").is_empty() && value(row, "InvoiceId").is_empty()));
    let stated = stated_documents(&DEMO.written.provider_invoices);
    assert_eq!(stated, document_lines(&document_sums(closed())));
    // Two of AWS and two of Azure a month, the credit memo, and one of Google Cloud in each month but the last closed.
    assert_eq!(stated.len(), 6 * 4 + 1 + 5);
}

#[test]
fn the_running_month_holds_its_first_third() {
    let running = DEMO.aws.values().last().unwrap();
    assert!(running.iter().all(|row| value(row, "line_item_usage_end_date") <= "2026-06-11T00:00:00.000Z"));
    assert!(
        DEMO.azure
            .values()
            .last()
            .unwrap()
            .iter()
            .filter(|row| value(row, "ChargeCategory") == "Usage")
            .all(|row| value(row, "ChargePeriodEnd") <= "2026-06-11T00:00:00Z")
    );
}

#[test]
fn costs_have_more_decimals_than_cents_and_some_have_exponents() {
    let aws = DEMO.aws.values().next().unwrap();
    let exponents = aws.iter().filter(|row| value(row, "line_item_unblended_cost").contains('E')).count();
    assert!(exponents > 100, "{exponents}");
    let azure = DEMO.azure.values().next().unwrap();
    let fine = azure.iter().filter(|row| billed(row) % 100 != 0).count();
    assert!(fine > 1000, "{fine} costs with 17 or 18 decimals");
}

#[test]
fn a_team_moves_a_team_starts_and_a_service_ends() {
    let by_month = |months: &'static BTreeMap<BillingPeriod, Vec<Row>>, column: &'static str, found: &'static str| -> Vec<i128> {
        months.values().map(|rows| rows.iter().filter(|row| value(row, column).contains(found)).map(billed).sum()).collect()
    };
    let (aws, azure) = (by_month(&DEMO.aws, "tags", r#"user:team":"inventory""#), by_month(&DEMO.azure, "Tags", r#"team":"inventory""#));
    assert!(aws[5] * 4 < aws[0] && azure[0] == 0 && azure[5] > aws[5]);
    let assistant = by_month(&DEMO.azure, "Tags", r#"team":"assistant""#);
    assert!(assistant[1] == 0 && assistant[2] > 0 && assistant[5] > assistant[2]);
    let redshift = by_month(&DEMO.aws, "line_item_product_code", "AmazonRedshift");
    assert!(redshift[0] > 0 && redshift[4] == 0 && redshift[5] == 0);
}

#[test]
fn the_manifest_names_the_data_file() {
    for (period, files) in &DEMO.written.sources[0].files {
        let path = DEMO.written.sources[0].folder.join(format!("metadata/BILLING_PERIOD={period}/meridian-cur-Manifest.json"));
        let manifest: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let key = files[0].strip_prefix(&DEMO.written.sources[0].folder).unwrap().to_str().unwrap();
        assert!(manifest["dataFiles"][0].as_str().unwrap().ends_with(key));
        assert_eq!(manifest["columns"].as_array().unwrap().len(), 62);
    }
}

#[test]
fn tags_and_products_are_json() {
    for row in DEMO.aws.values().flatten().step_by(7) {
        for column in ["product", "tags", "resource_tags"] {
            let parsed: serde_json::Value = serde_json::from_str(value(row, column)).unwrap();
            assert!(parsed.is_object());
        }
    }
}

#[test]
fn the_tree_knows_everybody_but_two_accounts() {
    let tree = fs::read_to_string(&DEMO.written.tree).unwrap();
    assert!(["{valid_from}", "{operations}", "{data}", "{google}"].iter().all(|blank| !tree.contains(blank)));
    let accounts: BTreeSet<(&str, &str)> = DEMO
        .aws
        .values()
        .flatten()
        .map(|row| (value(row, "line_item_usage_account_id"), value(row, "line_item_usage_account_name")))
        .chain(DEMO.azure.values().flatten().map(|row| (value(row, "SubAccountId"), value(row, "SubAccountName"))))
        .chain(DEMO.google.values().flatten().map(|row| (value(row, "SubAccountId"), value(row, "SubAccountName"))))
        .collect();
    assert_eq!(accounts.len(), 14 + 8 + 3);
    let unknown: BTreeSet<&str> = accounts.iter().filter(|(id, _)| !tree.contains(id)).map(|(_, name)| *name).collect();
    assert_eq!(unknown, BTreeSet::from(["harbour-acquired", "trial-2025"]));
    let team = |tags: &str| -> Option<String> {
        let tags: serde_json::Value = serde_json::from_str(if tags.is_empty() { "{}" } else { tags }).unwrap();
        tags.get("resourceTags/user:team").or(tags.get("team")).map(|team| team.as_str().unwrap().to_owned())
    };
    let teams: BTreeSet<String> = DEMO
        .aws
        .values()
        .chain(DEMO.azure.values())
        .chain(DEMO.google.values())
        .flatten()
        .filter_map(|row| team(&[value(row, "tags"), value(row, "Tags")].concat()))
        .collect();
    let unknown: Vec<&String> =
        teams.iter().filter(|team| !tree.contains(&format!("team: {team} }}")) && !tree.contains(&format!("[checkout, {team}]"))).collect();
    assert_eq!(unknown, ["checkout", "harbour-web", "trial"]);
}
