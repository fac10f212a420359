//! The provider's documents, to tie out against: CSV with the columns `id`, `net`, `tax`, `currency` and, where
//! there are credit memos, `credit_memo_of`, in any order.
//!
//! ```csv
//! id,net,tax,currency,credit_memo_of
//! INV-1,1200.50,228.10,EUR,
//! CM-1,-20.00,,EUR,INV-1
//! ```

use std::collections::BTreeMap;

use dayone_domain::currency::Currency;
use dayone_domain::exact::Exact;
use dayone_domain::tie_out::ProviderInvoice;

use crate::drivers::no_number;
use crate::refusal::{Refusals, TextRefusal, one_line};
use crate::table::{Column, Row, rows};

const COLUMNS: [Column; 5] = [
    Column { name: "id", is_required: true },
    Column { name: "net", is_required: true },
    Column { name: "tax", is_required: true },
    Column { name: "currency", is_required: true },
    Column { name: "credit_memo_of", is_required: false },
];

/// Reads the provider's invoices and credit memos, in the order of the file. An empty `tax` is zero. A credit
/// memo may name an invoice that the file does not hold: that may be of an earlier month. One that names another
/// memo corrects what that one corrects; memos that name each other in a circle correct nothing and are refused.
///
/// # Errors
/// All that is wrong with the file, in the order of its lines.
pub fn read_provider_invoices(file_name: &str, text: &[u8]) -> Result<Vec<ProviderInvoice>, Vec<TextRefusal>> {
    let mut refusals = Refusals::of(file_name);
    let mut invoices = Vec::new();
    let mut stated: BTreeMap<String, u64> = BTreeMap::new();
    let rows = rows(file_name, text, &COLUMNS, &mut refusals);
    for row in &rows {
        if let Some(invoice) = invoice(row, &mut stated, &mut refusals) {
            invoices.push(invoice);
        }
    }
    refuse_circles(&rows, &mut refusals);
    refusals.or(invoices)
}

/// Most documents of a circle that are named.
const MOST_NAMED: usize = 10;

/// Refuses credit memos that name each other in a circle, each circle at its first row. One that names itself has
/// been refused already.
fn refuse_circles(rows: &[Row], refusals: &mut Refusals) {
    let mut by_id: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, row) in rows.iter().enumerate() {
        by_id.entry(&row.values[0]).or_insert(place);
    }
    let corrects = |place: usize| by_id.get(rows[place].values[4].as_str()).copied().filter(|_| !rows[place].values[4].is_empty());
    // The row from which the walk that saw a row began.
    let mut seen_from: Vec<Option<usize>> = vec![None; rows.len()];
    for begin in 0..rows.len() {
        let mut at = Some(begin);
        while let Some(place) = at.filter(|place| seen_from[*place].is_none()) {
            seen_from[place] = Some(begin);
            at = corrects(place);
        }
        // Back at a row of this very walk: it and those after it are a circle.
        let Some(entry) = at.filter(|place| seen_from[*place] == Some(begin)) else { continue };
        let next = |place: &usize| corrects(*place).filter(|next| *next != entry);
        let mut circle: Vec<usize> = std::iter::successors(Some(entry), next).collect();
        if circle.len() == 1 {
            continue;
        }
        let first = (0..circle.len()).min_by_key(|place| circle[*place]).expect("a circle has members");
        circle.rotate_left(first);
        let mut names: Vec<String> =
            circle.iter().take(MOST_NAMED).map(|place| format!("`{}`", one_line(&rows[*place].values[0]))).collect();
        if circle.len() > names.len() {
            names.push(format!("{} more", circle.len() - names.len()));
        }
        let row = &rows[circle[0]];
        refusals.push(
            Some(row.line),
            Some("credit_memo_of"),
            Some(&row.values[4]),
            format!("makes the documents correct each other in a circle: {} → {}", names.join(" → "), names[0]),
            "leave the value empty at the one that is the invoice, or write the id of the invoice that they correct",
        );
    }
}

fn invoice(row: &Row, stated: &mut BTreeMap<String, u64>, refusals: &mut Refusals) -> Option<ProviderInvoice> {
    let [id, net, tax, code, corrected] = [&row.values[0], &row.values[1], &row.values[2], &row.values[3], &row.values[4]];
    if id.is_empty() {
        refusals.push(Some(row.line), Some("id"), None, "is empty", "write the number that the provider's document bears");
    } else if let Some(first) = stated.get(id) {
        let what_to_do = format!("line {first} has it already; keep one of the two");
        refusals.push(Some(row.line), Some("id"), Some(id), "is there twice", what_to_do);
    } else {
        stated.insert(id.clone(), row.line);
    }
    let net = amount(row, "net", net, refusals);
    let tax = if tax.is_empty() { Some(Exact::ZERO) } else { amount(row, "tax", tax, refusals) };
    let currency = match Currency::try_new(code) {
        Ok(currency) => Some(currency),
        Err(error) => {
            let reason = if code.is_empty() { "is empty".to_owned() } else { error.to_string() };
            let what_to_do = match Currency::try_new(&code.to_ascii_uppercase()) {
                Ok(meant) => format!("write `{meant}`, in capital letters"),
                Err(_) => "write the code in three capital letters, such as `EUR`".to_owned(),
            };
            refusals.push(Some(row.line), Some("currency"), (!code.is_empty()).then_some(code), reason, what_to_do);
            None
        }
    };
    if !id.is_empty() && id == corrected {
        let what_to_do = "write the id of the invoice that it corrects, or leave the value empty if this is no credit memo";
        refusals.push(Some(row.line), Some("credit_memo_of"), Some(corrected), "names the document itself", what_to_do);
    }
    Some(ProviderInvoice {
        id: id.clone(),
        net: net?,
        tax: tax?,
        currency: currency?,
        credit_memo_of: (!corrected.is_empty()).then(|| corrected.clone()),
    })
}

fn amount(row: &Row, column: &str, value: &str, refusals: &mut Refusals) -> Option<Exact> {
    match Exact::parse(value) {
        Ok(amount) => Some(amount),
        Err(error) => {
            let (reason, what_to_do) = no_number(value, error);
            refusals.push(Some(row.line), Some(column), (!value.is_empty()).then_some(value), reason, what_to_do);
            None
        }
    }
}
