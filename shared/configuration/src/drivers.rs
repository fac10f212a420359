//! Quantities to split pools by: CSV with the columns `driver`, `billing_period`, `cost_group` and `quantity`, in
//! any order.
//!
//! ```csv
//! driver,billing_period,cost_group,quantity
//! requests,2026-04,checkout,1200.5
//! ```

use std::collections::BTreeMap;

use dayone_domain::driver::{DriverError, Drivers};
use dayone_domain::exact::{Exact, ParseExactError};
use dayone_domain::period::BillingPeriod;

use crate::refusal::{Refusals, TextRefusal};
use crate::table::{Column, rows};

const COLUMNS: [Column; 4] = [
    Column { name: "driver", is_required: true },
    Column { name: "billing_period", is_required: true },
    Column { name: "cost_group", is_required: true },
    Column { name: "quantity", is_required: true },
];

/// Reads a driver file. `cost_group` is the identifier of a cost group or pool; whether the tree has it is not
/// looked at. Quantities are exact, zero or more.
///
/// # Errors
/// All that is wrong with the file, in the order of its lines.
pub fn read_drivers(file_name: &str, text: &[u8]) -> Result<Drivers, Vec<TextRefusal>> {
    let mut refusals = Refusals::of(file_name);
    let mut drivers = Drivers::default();
    let mut stated: BTreeMap<(String, BillingPeriod, String), u64> = BTreeMap::new();
    for row in rows(file_name, text, &COLUMNS, &mut refusals) {
        let [driver, month, receiver, amount] = [&row.values[0], &row.values[1], &row.values[2], &row.values[3]];
        let mut refuse = |column: &str, value: &str, reason: String, what_to_do: String| {
            refusals.push(Some(row.line), Some(column), (!value.is_empty()).then_some(value), reason, what_to_do);
        };
        if driver.is_empty() {
            refuse("driver", "", "is empty".to_owned(), "write the name that a pool of the tree states as its `driver`".to_owned());
        }
        let period: Option<BillingPeriod> = match month.parse() {
            Ok(period) => Some(period),
            Err(error) => {
                let reason = if month.is_empty() { "is empty".to_owned() } else { format!("{error}") };
                let what_to_do = "write year and month as `2026-04`; if a spreadsheet rewrote them, format the column as text";
                refuse("billing_period", month, reason, what_to_do.to_owned());
                None
            }
        };
        if receiver.is_empty() {
            refuse("cost_group", "", "is empty".to_owned(), "write the id of a cost group or pool of the tree".to_owned());
        }
        let quantity = match Exact::parse(amount) {
            Ok(quantity) => Some(quantity),
            Err(error) => {
                let (reason, what_to_do) = no_number(amount, error);
                refuse("quantity", amount, reason, what_to_do);
                None
            }
        };
        let (Some(period), Some(quantity)) = (period, quantity) else { continue };
        if driver.is_empty() || receiver.is_empty() {
            continue;
        }
        match drivers.insert(driver, period, receiver, quantity) {
            Ok(()) => {
                stated.insert((driver.clone(), period, receiver.clone()), row.line);
            }
            Err(error @ DriverError::Negative) => refuse("quantity", amount, error.to_string(), "write zero or more".to_owned()),
            Err(error @ DriverError::Twice) => {
                let first = stated.get(&(driver.clone(), period, receiver.clone())).copied().unwrap_or_default();
                let what_to_do = format!("line {first} states it already; keep one of the two, or their sum");
                refuse("quantity", amount, error.to_string(), what_to_do);
            }
        }
    }
    refusals.or(drivers)
}

/// Reason and remedy for a value that is no number.
pub(crate) fn no_number(value: &str, error: ParseExactError) -> (String, String) {
    let plain = "write a plain number such as `1234.56`";
    if value.is_empty() {
        return ("is empty".to_owned(), plain.to_owned());
    }
    let what_to_do = match error {
        ParseExactError::NotANumber if value.contains(',') => format!("{plain}: a point before the decimals, no commas"),
        ParseExactError::NotANumber => format!("{plain}, without currency, percent sign or spaces"),
        ParseExactError::TooManyDecimals | ParseExactError::TooLarge => {
            "check the value, or state it in a larger or smaller unit".to_owned()
        }
    };
    (error.to_string(), what_to_do)
}
