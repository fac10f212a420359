//! The JSON of `dayone preview`, which scripts rely on. Amounts are plain decimal strings, exact, never floats
//! or exponents; totals carry the decimals of the currency's minor unit.

use dayone_domain::coverage::BillCoverage;
use dayone_domain::exact::{Exact, Units, decimal_text};
use serde::Serialize;

use crate::load::Loaded;
use crate::months::Month;

#[derive(Serialize)]
struct Document<'a> {
    periods: Vec<Period<'a>>,
}

#[derive(Serialize)]
struct Period<'a> {
    billing_period: String,
    currency: String,
    basis: String,
    charges: u64,
    master_bill: MasterBill,
    /// Own charges of every cost group, never roll-ups.
    invoices: Vec<Invoice<'a>>,
    invoiced_total: String,
    /// Master bill minus invoiced total, in the basis.
    rounding: String,
    /// Only without a tree.
    #[serde(skip_serializing_if = "Option::is_none")]
    coverage: Option<Coverage>,
}

#[derive(Serialize)]
struct MasterBill {
    billed: String,
    effective: String,
    /// Null where a file of the bill has no such column.
    list: Option<String>,
    /// Likewise.
    contracted: Option<String>,
}

#[derive(Serialize)]
struct Invoice<'a> {
    cost_group: &'a str,
    mode: String,
    direct: String,
    shared: String,
    exact: String,
    total: String,
}

/// What could be allocated by what, of the cost before credits.
#[derive(Serialize)]
struct Coverage {
    cost_before_credits: String,
    tag_keys: Vec<Covered>,
    sub_accounts: Vec<Covered>,
    services: Vec<Covered>,
}

#[derive(Serialize)]
struct Covered {
    name: String,
    cost: String,
    /// Percent with one decimal; null where the cost before credits is nought.
    percent: Option<String>,
}

/// The document.
pub fn periods(loaded: &Loaded, months: &[&Month]) -> String {
    let document = Document { periods: months.iter().map(|month| period(loaded, month)).collect() };
    serde_json::to_string_pretty(&document).expect("texts and numbers are JSON")
}

fn period<'a>(loaded: &Loaded, month: &'a Month) -> Period<'a> {
    let invoices = &month.invoices;
    let master = &invoices.master;
    Period {
        billing_period: invoices.key.period.to_string(),
        currency: invoices.key.currency.to_string(),
        basis: invoices.basis.to_string(),
        charges: invoices.charges,
        master_bill: MasterBill {
            billed: master.billed.to_string(),
            effective: master.effective.to_string(),
            list: master.list.map(|list| list.to_string()),
            contracted: master.contracted.map(|contracted| contracted.to_string()),
        },
        invoices: invoices
            .invoices
            .iter()
            .map(|invoice| Invoice {
                cost_group: &invoice.group.id,
                mode: invoice.group.mode.to_string(),
                direct: invoice.direct.to_string(),
                shared: invoice.shared.to_string(),
                exact: invoice.exact.to_string(),
                total: invoice.total.to_string(),
            })
            .collect(),
        invoiced_total: invoices.invoiced_total().to_string(),
        rounding: invoices.rounding().to_string(),
        coverage: coverage(loaded, month),
    }
}

fn coverage(loaded: &Loaded, month: &Month) -> Option<Coverage> {
    let bill = loaded.coverage.as_ref()?.of(month.invoices.key)?;
    let covered = |name: String, cost: Exact| Covered {
        name,
        percent: cost.permille_of(bill.gross).map(|permille| decimal_text(Units::from(permille), 1)),
        cost: cost.to_string(),
    };
    let by = |sums| BillCoverage::largest_first(sums).into_iter().map(|(value, cost)| covered(value.to_owned(), cost)).collect();
    Some(Coverage {
        cost_before_credits: bill.gross.to_string(),
        tag_keys: bill.tags.iter().map(|(key, tag)| covered(key.clone(), tag.covered)).collect(),
        sub_accounts: by(&bill.sub_accounts),
        services: by(&bill.services),
    })
}
