//! Driver quantities: what a pool is divided by when neither cost nor fixed shares say it.

use std::collections::BTreeMap;

use crate::exact::Exact;
use crate::period::BillingPeriod;

/// Quantities by driver name, billing period and receiver (identifier of a cost group or pool).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drivers {
    quantities: BTreeMap<(String, BillingPeriod, String), Exact>,
}

/// Why a quantity is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DriverError {
    /// Below nought.
    #[error("is below zero; a driver counts use, which cannot be negative")]
    Negative,
    /// Stated before.
    #[error("is stated twice for the same driver, billing period and cost group")]
    Twice,
}

impl Drivers {
    /// States a quantity.
    pub fn insert(&mut self, driver: &str, period: BillingPeriod, receiver: &str, quantity: Exact) -> Result<(), DriverError> {
        if quantity.is_negative() {
            return Err(DriverError::Negative);
        }
        match self.quantities.insert((driver.to_owned(), period, receiver.to_owned()), quantity) {
            None => Ok(()),
            Some(_) => Err(DriverError::Twice),
        }
    }

    /// A quantity; nought where none is stated.
    pub fn quantity(&self, driver: &str, period: BillingPeriod, receiver: &str) -> Exact {
        self.quantities.get(&(driver.to_owned(), period, receiver.to_owned())).copied().unwrap_or_default()
    }

    /// Every quantity: driver, billing period, receiver.
    pub fn iter(&self) -> impl Iterator<Item = (&str, BillingPeriod, &str, Exact)> {
        self.quantities.iter().map(|((driver, period, receiver), quantity)| (driver.as_str(), *period, receiver.as_str(), *quantity))
    }

    /// The receivers of each driver, over all billing periods.
    pub fn receivers(&self) -> std::collections::BTreeSet<(&str, &str)> {
        self.quantities.keys().map(|(driver, _, receiver)| (driver.as_str(), receiver.as_str())).collect()
    }

    /// The names of the drivers that have a quantity.
    pub fn names(&self) -> std::collections::BTreeSet<&str> {
        self.quantities.keys().map(|(name, _, _)| name.as_str()).collect()
    }
}
