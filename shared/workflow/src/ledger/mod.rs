//! The ledger: accepted amounts become journal entries, and each entry leaves once, by one route.
//!
//! Entries are made in the transaction of the acceptance ([`Tenant::accept`](crate::Tenant::accept)) or later ([`Tenant::build_journals`](crate::Tenant::build_journals)).
//! [`Tenant::post`](crate::Tenant::post) sends them to the ERP and [`Tenant::export`](crate::Tenant::export) hands them over in numbered batches; both hold the
//! lease to post, so that an entry is fixed for one of the two routes only.
//!
//! | a crash after | leaves | and the next `post` or `export` |
//! |---|---|---|
//! | the entry was made | ready | sends it |
//! | it was fixed for a call | sending | looks into the ERP before it sends it again |
//! | the ERP took it | sending | finds it there |
//! | a batch was opened | an open batch | fixes the rest of its journals that may still go and closes it |

mod batch;
mod correct;
mod export;
mod journals;
mod lease;
mod post;

pub use batch::{Batch, BatchEvent, BatchJournal, BatchPlan, BatchView};
pub use export::ExportReport;
pub(crate) use journals::Built;
pub(crate) use journals::journal_key;
pub use journals::{JournalFilter, JournalPage, corrected_by, net_by_currency};
pub use post::PostReport;
