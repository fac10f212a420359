//! The clock and the chance of the operating system.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use dayone_ports::{Chance, Clock};

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        SystemTime::now().into()
    }
}

/// Random bytes of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsChance;

impl Chance for OsChance {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("INVARIANT: the operating system has random bytes; without them nothing is safe");
    }
}
