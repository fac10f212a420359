//! Journals: balanced double entry, from accepted invoices to the general ledger.
//!
//! Accounts payable books the provider's invoice to a holding account per billing account. A recharge debits the
//! cost group's expense and credits that same holding coding. What is not posted stays on the holding account, and
//! [`money_state`] says of every minor unit why.

pub mod calendar;
pub mod journal;
pub mod life;
pub mod money_state;
pub mod recharge;

pub use calendar::{LedgerCalendar, Posting};
pub use journal::{Cover, JournalEntry, JournalError, JournalKind, JournalLine, Side};
pub use life::{JournalEvent, JournalState, JournalStatus, Route};
pub use money_state::{MoneyState, states_of};
pub use recharge::{Gate, GateClosed, LedgerRefusal};
