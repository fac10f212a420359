//! Allocation, rounding, invoices and tie-out of cloud bills.
//!
//! Pure: no I/O, no clock, no async, no cloud, no floating point. The way through is
//! [`cube`] (exact sums by dimension) → [`allocation`] (which cost group each sum belongs to, under a
//! [`tree`]) → [`invoice`] (currency rounding, lines) → [`tie_out`] (the proof that they agree).
//!
//! Words follow FOCUS 1.3 (<https://focus.finops.org>), see each item.

pub mod allocation;
pub mod charge;
pub mod comparison;
pub mod coverage;
pub mod cube;
pub mod currency;
pub mod driver;
pub mod exact;
pub mod invoice;
pub mod ledger;
pub mod near_miss;
pub mod people;
pub mod period;
pub mod plain_text;
pub mod policy;
pub mod review;
pub mod rounding;
pub mod source;
mod stored;
pub mod tie_out;
pub mod tree;
pub mod true_up;

pub use charge::{Charge, CostBasis};
pub use currency::{Currency, Money};
pub use exact::Exact;
pub use period::BillingPeriod;
pub use stored::{MoneyError, PlainDecimalError};
