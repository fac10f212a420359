//! Runs several people and processes at once, one turn at a time, in an order of chance; and ends some of them
//! anywhere, as a power cut does.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use crate::chance::Dice;

/// Most turns of one crowd: more means that somebody never ends.
const MOST_TURNS: u64 = 2_000_000;

/// Somebody who is at work.
pub type Work<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Runs all to their end, or until they are killed. `crashes` in a thousand turns end whoever has the turn; how many
/// were killed is answered.
pub fn run(dice: &mut Dice, mut crowd: Vec<Work<'_>>, crashes: usize) -> usize {
    let mut context = Context::from_waker(Waker::noop());
    let mut killed = 0;
    let mut turns = 0;
    while !crowd.is_empty() {
        turns += 1;
        assert!(turns < MOST_TURNS, "somebody never ends");
        let place = dice.below(crowd.len());
        if dice.below(1000) < crashes {
            drop(crowd.swap_remove(place));
            killed += 1;
            continue;
        }
        if let Poll::Ready(()) = crowd[place].as_mut().poll(&mut context) {
            drop(crowd.swap_remove(place));
        }
    }
    killed
}

/// Runs one alone, to its end.
pub fn alone<T>(work: impl Future<Output = T>) -> T {
    let mut work = Box::pin(work);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..MOST_TURNS {
        if let Poll::Ready(outcome) = work.as_mut().poll(&mut context) {
            return outcome;
        }
    }
    panic!("it never ends")
}
