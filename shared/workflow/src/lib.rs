//! The use cases of Day One over its ports.
//!
//! Every use case goes one way: load what is needed, decide in the pure code of `domain`, write once. What was
//! decided is appended to a stream of events under the version that was loaded, together with the views that pages
//! read ([`change::Changes`]); somebody else's change in between is a conflict, and the use case begins again or says
//! so. [`keys`] has the layout of the store, [`stream`] the hash chain.

pub mod audit;
pub mod change;
pub mod configuration;
pub mod deliveries;
pub mod documents;
pub mod evidence;
pub mod failure;
pub mod issuing;
pub mod keys;
pub mod ledger;
mod mail;
pub mod review;
pub mod sign_in;
pub mod stream;
pub mod tenant;
pub mod tie_out;
pub mod views;

pub use change::{Changes, Once, Request};
pub use failure::{Failure, FailureKind};
pub use tenant::{Ports, Tenant, TenantId};
