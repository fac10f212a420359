//! The tie-out finds what does not agree, and says so.
#![allow(missing_docs)]

mod common;

use common::{Row, bill, checked, cube, exact, tree, usd};
use dayone_domain::allocation::allocate;
use dayone_domain::charge::Dimension;
use dayone_domain::driver::Drivers;
use dayone_domain::invoice::{Invoices, LineKind};
use dayone_domain::tie_out::{ProviderInvoice, TieOut, compare_documents};
use dayone_domain::{CostBasis, Money};

fn invoiced(row: Row, invoice: &str) -> Row {
    row.with(Dimension::InvoiceId, invoice)
}

fn tie_out(files: &[Row], counted: &[Row], basis: CostBasis) -> TieOut {
    let (cube, _) = cube(counted);
    let (_, control) = common::cube(files);
    let allocation = allocate(&cube, bill(&cube), &checked(&tree(&["a"])), basis, &Drivers::default());
    TieOut::of(&control, &cube, &allocation, &Invoices::draw(&cube, &allocation, None))
}

#[test]
fn a_sound_month_has_no_difference_and_lists_every_provider_invoice() {
    let rows = [invoiced(Row::new("1.005").team("a"), "INV-1"), invoiced(Row::new("2"), "INV-2"), Row::new("3")];
    let found = tie_out(&rows, &rows, CostBasis::Billed);
    assert_eq!(found.differences(), Vec::<String>::new());
    let lines: Vec<(&str, u64, String)> =
        found.files.iter().map(|line| (line.invoice.as_str(), line.charges, line.allocated.to_string())).collect();
    assert_eq!(lines, [("", 1, "3".into()), ("INV-1", 1, "1.005".into()), ("INV-2", 1, "2".into())]);
}

#[test]
fn a_charge_that_the_cube_lost_or_made_up_is_a_difference() {
    let rows = [invoiced(Row::new("1"), "INV-1"), invoiced(Row::new("0.0000000001"), "INV-2")];
    let lost = tie_out(&rows, &rows[..1], CostBasis::Billed).differences();
    assert!(
        lost[0].contains("hold 0.0000000001 in 1 charges for provider invoice `INV-2`, allocation has 0 in 0; difference 0.0000000001"),
        "{lost:#?}"
    );
    let made_up = tie_out(&rows[..1], &rows, CostBasis::Billed).differences();
    assert!(made_up[0].contains("hold 0 in 0 charges for provider invoice `INV-2`, allocation has 0.0000000001 in 1"), "{made_up:#?}");
    let free = [rows[0].clone(), invoiced(Row::new("0"), "INV-1")];
    let without_cost = tie_out(&free, &free[..1], CostBasis::Billed).differences();
    assert!(without_cost[0].contains("hold 1 in 2 charges for provider invoice `INV-1`, allocation has 1 in 1"), "{without_cost:#?}");
}

#[test]
fn an_invoice_that_is_off_by_a_cent_is_a_difference() {
    let rows = [Row::new("1").team("a"), Row::new("2")];
    let (cube, control) = cube(&rows);
    let allocation = allocate(&cube, bill(&cube), &checked(&tree(&["a"])), CostBasis::Billed, &Drivers::default());
    let mut invoices = Invoices::draw(&cube, &allocation, None);
    invoices.invoices[0].total = Money::from_minor(101, usd());
    let found = TieOut::of(&control, &cube, &allocation, &invoices).differences();
    assert!(found.iter().any(|text| text.contains("the master bill rounds to 3.00, the invoices sum to 3.01")), "{found:#?}");
    assert!(
        found.iter().any(|text| text.contains("the invoice of `a` does not hold what was allocated to it, or its lines do not add up")),
        "{found:#?}"
    );
}

#[test]
fn an_invoice_with_another_groups_charges_is_a_difference() {
    let rows = [Row::new("1").team("a"), Row::new("1")];
    let (cube, control) = cube(&rows);
    let allocation = allocate(&cube, bill(&cube), &checked(&tree(&["a"])), CostBasis::Billed, &Drivers::default());
    let mut invoices = Invoices::draw(&cube, &allocation, None);
    // Both invoices are sound by themselves and sum to the bill; only allocation knows that two came to one.
    let mut moved = invoices.invoices[1].clone();
    let [mut two, mut none] = [invoices.invoices[0].clone(), invoices.invoices[0].clone()];
    two.lines.append(&mut moved.lines);
    (two.direct, two.exact, two.total) = (exact("2"), exact("2"), Money::from_minor(200, usd()));
    (none.group, none.direct, none.exact, none.total, none.lines) =
        (moved.group, exact("0"), exact("0"), Money::from_minor(0, usd()), vec![]);
    invoices.invoices = vec![two, none];
    let found = TieOut::of(&control, &cube, &allocation, &invoices);
    assert_eq!(found.unsound_invoices, ["a", "unallocated"]);
}

#[test]
fn a_line_under_another_billing_account_is_a_difference() {
    let rows = [Row::new("1").team("a").account("1"), Row::new("2").team("a").account("2")];
    let (cube, control) = cube(&rows);
    let allocation = allocate(&cube, bill(&cube), &checked(&tree(&["a"])), CostBasis::Billed, &Drivers::default());
    let mut invoices = Invoices::draw(&cube, &allocation, None);
    for line in &mut invoices.invoices[0].lines {
        if let LineKind::Direct(line) = &mut line.what {
            line.billing_account = "1".to_owned();
        }
    }
    let found = TieOut::of(&control, &cube, &allocation, &invoices).differences();
    assert_eq!(found.len(), 2, "{found:#?}");
    assert!(found[0].contains("the files hold 1 of billing account `1`, the invoices carry 3 of it; difference -2"), "{found:#?}");
    assert!(found[1].contains("the files hold 2 of billing account `2`, the invoices carry 0 of it; difference 2"), "{found:#?}");
}

#[test]
fn what_accounts_payable_books_is_each_provider_invoice_rounded_by_itself() {
    let of = |account: &str, invoice: &str, cost: &str| invoiced(Row::new(cost), invoice).account(account);
    let of_another = of("1", "INV-1", "0.005").with(Dimension::Provider, "Reseller");
    let rows = [
        of("1", "INV-1", "1.002"),
        of("1", "INV-1", "1.002"),
        of("1", "INV-2", "1.004"),
        of("1", "", "0.005"),
        of("2", "INV-3", "-0.005"),
        of_another,
    ];
    let found = tie_out(&rows, &rows, CostBasis::Billed);
    assert_eq!(found.differences(), Vec::<String>::new());
    let accounts: Vec<(&str, String, String)> =
        found.accounts.iter().map(|line| (line.billing_account.as_str(), line.files.to_string(), line.booked.to_string())).collect();
    // 2.004, 1.004, 0.005 and 0.005: 2.00, 1.00, 0.01 and 0.01.
    assert_eq!(accounts, [("1", "3.018".into(), "3.02".into()), ("2", "-0.005".into(), "-0.01".into())]);
}

#[test]
fn billed_cost_is_bridged_to_effective_cost_by_billing_account() {
    let of = |account: &str, row: Row| row.with(Dimension::BillingAccount, account);
    let commitment = |row: Row, category: &str, status: &str| {
        row.with(Dimension::Commitment, "sp-1").with(Dimension::ChargeCategory, category).with(Dimension::CommitmentStatus, status)
    };
    let rows = [
        // AWS: covered usage and its negation, the recurring fee of 100 of which 25 went unused.
        of("1", commitment(Row::new("90").effective("75"), "Usage", "Used")),
        of("1", commitment(Row::new("-90").effective("0"), "Usage", "Used")),
        of("1", commitment(Row::new("100").effective("25"), "Purchase", "Unused")),
        // FOCUS: the purchase, and rows without billed cost for what was used and unused of it.
        of("2", commitment(Row::new("50").effective("0"), "Purchase", "")),
        of("2", commitment(Row::new("0").effective("30"), "Usage", "Used")),
        of("2", commitment(Row::new("0").effective("20"), "Usage", "Unused")),
        of("2", Row::new("7").effective("6.5")),
    ];
    let found = tie_out(&rows, &rows, CostBasis::Effective);
    assert_eq!(found.differences(), Vec::<String>::new());
    let steps: Vec<[String; 6]> = found
        .bridge
        .unwrap()
        .iter()
        .map(|line| {
            [line.billed, line.prepaid_purchases, line.amortisation, line.unused_commitment, line.residual, line.effective]
                .map(|step| step.to_string())
        })
        .collect();
    assert_eq!(steps, [["100", "-100", "75", "25", "0", "100"], ["57", "-50", "30", "20", "-0.5", "56.5"]]);
}

fn document(id: &str, net: &str, tax: &str, credit_memo_of: Option<&str>) -> ProviderInvoice {
    ProviderInvoice { id: id.into(), net: exact(net), tax: exact(tax), currency: usd(), credit_memo_of: credit_memo_of.map(Into::into) }
}

fn tax(amount: &str) -> Row {
    Row::new(amount).with(Dimension::ChargeCategory, "Tax")
}

#[test]
fn the_providers_documents_are_compared_by_net_and_tax_within_the_tolerance() {
    let (_, control) = cube(&[invoiced(Row::new("100.004"), "INV-1"), invoiced(tax("19.004"), "INV-1"), invoiced(Row::new("5"), "INV-2")]);
    let documents = [document("INV-1", "100.00", "19.00", None), document("INV-2", "5.02", "0", None)];
    let found = compare_documents(&control, &documents, exact("0.01"));
    assert_eq!(found.lines.iter().map(|line| line.agrees).collect::<Vec<_>>(), [true, false]);
    assert_eq!(
        found.differences(),
        [
            "provider invoice `INV-2`: the document says net 5.02 and tax 0 USD, the files hold net 5 and tax 0 USD; difference net 0.02 and tax 0 USD"
        ]
    );
    assert_eq!(compare_documents(&control, &documents, exact("0.02")).differences(), Vec::<String>::new());
}

#[test]
fn a_credit_memo_is_compared_with_its_invoice_whichever_number_its_rows_carry() {
    let documents = [document("CM-1", "-30", "0", Some("INV-1")), document("INV-1", "100", "0", None)];
    for memo in ["CM-1", "INV-1"] {
        let (_, control) = cube(&[invoiced(Row::new("100"), "INV-1"), invoiced(Row::new("-30"), memo)]);
        let found = compare_documents(&control, &documents, exact("0"));
        assert_eq!(found.differences(), Vec::<String>::new());
        assert_eq!(found.lines[0].ids, ["INV-1", "CM-1"]);
    }
}

#[test]
fn a_missing_document_and_a_missing_charge_are_differences() {
    let (_, control) = cube(&[invoiced(Row::new("100"), "INV-1"), Row::new("1")]);
    let found = compare_documents(&control, &[document("INV-9", "7", "0", None)], exact("0.01"));
    assert_eq!(
        found.differences(),
        [
            "provider invoice `INV-9`: the document says net 7 and tax 0 USD, no charge in the files carries its number",
            "charges without invoice id: the files hold net 1 and tax 0 USD, there is no such document",
            "provider invoice `INV-1`: the files hold net 100 and tax 0 USD, there is no such document",
        ]
    );
}

#[test]
fn a_month_that_the_provider_has_not_invoiced_yet_is_not_compared() {
    let (_, control) = cube(&[invoiced(Row::new("100"), "INV-1"), Row::new("50").in_period("2026-06")]);
    let found = compare_documents(&control, &[document("INV-1", "100", "0", None)], exact("0"));
    assert_eq!(found.differences(), Vec::<String>::new());
    let open: Vec<(String, &str)> = found.not_invoiced_yet.iter().map(|(bill, provider)| (bill.to_string(), provider.as_str())).collect();
    assert_eq!(open, [("2026-06 USD".to_owned(), "AWS")]);
}

#[test]
fn credit_memos_that_name_each_other_end() {
    let (_, control) = cube(&[invoiced(Row::new("1"), "A")]);
    let found = compare_documents(&control, &[document("A", "1", "0", Some("B")), document("B", "0", "0", Some("A"))], exact("0"));
    assert!(!found.lines.is_empty());
}
