//! What every home of the ports must do, as cases that run against it.
//!
//! A home's tests call [`store_contract`], [`documents_contract`], [`anchors_contract`] and, where the ERP keeps
//! references unique, [`erp_contract`], each with a function that opens the port afresh. All cases run, and those that
//! fail are named together. Each case keeps to partitions, tenants and documents of its own, so that a home which is
//! slow to set up may hand out the same one each time, as long as it was empty in the beginning.
//!
//! Cases run on the tokio runtime of the caller.

mod anchors;
mod documents;
mod doors;
mod erp;
mod store;
mod store_limits;
mod store_queries;
mod store_races;

use std::any::Any;
use std::pin::Pin;
use std::sync::Arc;

use crate::{Anchors, Documents, Erp, Store};

pub use doors::Doors;

type Running = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One promise of a port, as code that panics where it is not kept.
pub struct Case<P: ?Sized + 'static> {
    /// The promise, as an identifier.
    pub name: &'static str,
    run: fn(Arc<P>) -> Running,
}

impl<P: ?Sized + Send + Sync + 'static> Case<P> {
    /// Runs the case.
    ///
    /// # Errors
    /// The name of the case and what its panic says.
    pub async fn run(&self, port: Arc<P>) -> Result<(), String> {
        let outcome = tokio::spawn((self.run)(port)).await;
        outcome.map_err(|error| match error.try_into_panic() {
            Ok(panic) => format!("{}: {}", self.name, text_of(panic.as_ref())),
            Err(error) => format!("{}: {error}", self.name),
        })
    }
}

fn text_of(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("panics")
}

macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        &[$($crate::contract::Case { name: stringify!($name), run: |port| Box::pin($name(port)) }),*]
    };
}
use cases;

/// The cases of [`Store`], by theme.
pub const STORE_CASES: [&[Case<dyn Store>]; 4] = [store::CASES, store_limits::CASES, store_queries::CASES, store_races::CASES];
/// The cases of [`Documents`].
pub const DOCUMENTS_CASES: [&[Case<dyn Documents>]; 1] = [documents::CASES];
/// The cases of [`Anchors`].
pub const ANCHORS_CASES: [&[Case<dyn Anchors>]; 1] = [anchors::CASES];
/// The cases of an [`Erp`] that keeps references unique.
pub const ERP_CASES: [&[Case<dyn Erp>]; 1] = [erp::CASES];

/// Holds a store to its contract. [`Doors`] over several stores on the same records is a store, too.
///
/// # Panics
/// Where a case fails: with all that fail.
pub async fn store_contract(fresh: impl AsyncFn() -> Arc<dyn Store>) {
    hold("a store", &STORE_CASES, fresh).await;
}

/// Holds the keeper of documents to its contract.
///
/// # Panics
/// Where a case fails: with all that fail.
pub async fn documents_contract(fresh: impl AsyncFn() -> Arc<dyn Documents>) {
    hold("documents", &DOCUMENTS_CASES, fresh).await;
}

/// Holds the keeper of anchors to its contract.
///
/// # Panics
/// Where a case fails: with all that fail.
pub async fn anchors_contract(fresh: impl AsyncFn() -> Arc<dyn Anchors>) {
    hold("anchors", &ANCHORS_CASES, fresh).await;
}

/// Holds an ERP that says [`crate::ErpAbility::UniqueReference`] to it.
///
/// # Panics
/// Where a case fails: with all that fail.
pub async fn erp_contract(fresh: impl AsyncFn() -> Arc<dyn Erp>) {
    hold("an ERP with unique references", &ERP_CASES, fresh).await;
}

async fn hold<P: ?Sized + Send + Sync + 'static>(whose: &str, cases: &[&[Case<P>]], fresh: impl AsyncFn() -> Arc<P>) {
    let mut failed = Vec::new();
    for case in cases.iter().copied().flatten() {
        if let Err(failure) = case.run(fresh().await).await {
            failed.push(failure);
        }
    }
    assert!(failed.is_empty(), "the contract of {whose} is broken in {} cases:\n{}", failed.len(), failed.join("\n"));
}
