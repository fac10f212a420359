//! What goes wrong, and when: at every call of a port.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use crate::chance::Dice;

/// What a call of a port comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Luck {
    /// It is done and answered.
    Done,
    /// It is not done.
    NotDone,
    /// It is done, and the answer is lost.
    NotAnswered,
}

/// Faults of a seed. Clones share it.
#[derive(Clone)]
pub struct Chaos {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    dice: Dice,
    is_calm: bool,
    calls: u64,
}

impl Chaos {
    /// The faults of a seed.
    pub fn new(seed: u64) -> Chaos {
        Chaos { inner: Arc::new(Mutex::new(Inner { dice: Dice::new(seed, 1), is_calm: true, calls: 0 })) }
    }

    /// Whether nothing goes wrong for a while.
    pub fn calm(&self, is_calm: bool) {
        self.lock().is_calm = is_calm;
    }

    /// Calls of ports so far.
    pub fn calls(&self) -> u64 {
        self.lock().calls
    }

    /// Lets others run first, then says what comes of a call.
    pub async fn luck(&self) -> Luck {
        Turn { has_waited: false }.await;
        let mut inner = self.lock();
        inner.calls += 1;
        if inner.is_calm {
            return Luck::Done;
        }
        match inner.dice.below(100) {
            0 => Luck::NotDone,
            1 => Luck::NotAnswered,
            _ => Luck::Done,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().expect("nobody panics with the lock")
    }
}

/// Gives the turn away once.
struct Turn {
    has_waited: bool,
}

impl Future for Turn {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.has_waited {
            return Poll::Ready(());
        }
        self.has_waited = true;
        Poll::Pending
    }
}
