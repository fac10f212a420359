//! Invoices as documents: an HTML page, CSV and JSON for each cost group, and a page for the month.
//!
//! A [`Book`] holds consecutive billing periods and writes the documents of the last one; the earlier ones
//! give last month's amount, what moved, and the chart. Pages are whole in themselves: no script, no request
//! for anything else. They link to each other by relative address, so a folder of them works wherever it lies:
//!
//! ```text
//! index.html            the month: all cost groups, the bill, whether it ties out
//! <stem>.html           the invoice of a cost group; for a group with groups below also their roll-up
//! <stem>.csv            its lines, see [`Book::csv`]
//! <stem>.json           all of it for programs, see [`Book::json`]
//! ```
//!
//! `<stem>` is [`Book::file_stem`].

pub mod amount;
mod book;
mod chart;
mod csv_file;
mod index;
mod json_file;
mod movers;
mod page;
mod sections;
mod table;
mod words;

pub use book::{Book, BookError, DocumentError, MONTHS_SHOWN, Site, Status};
pub use page::{Headline, NOTE};

use dayone_domain::review::InvoiceDocument;

/// Every amount of an issued revision as CSV, with the columns of [`Book::csv`]: its lines, what upheld disputes moved
/// and the true-ups of closed bills. `amount` sums to what is due
/// ([`InvoiceDocument::due`]); of the rows with a `corrects_period` to the true-ups, of the others to the total.
pub fn revision_csv(document: &InvoiceDocument) -> String {
    csv_file::write_revision(document)
}

/// The name of the month's page.
pub const INDEX_FILE: &str = "index.html";

/// The style sheet of the pages. Each page carries it; whoever puts [`Book::article`] into another page serves it.
pub const STYLE: &str = include_str!("../templates/style.css");
