//! Use cases that reckon for long: they run on a thread of their own, so that other requests are answered meanwhile.
//!
//! What was begun is done to its end there, also where whoever asked has gone.

use std::future::Future;

use dayone_workflow::Failure;
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

/// Runs a use case on a thread of its own.
///
/// # Errors
/// Those of the use case; where it panics, that something is broken.
pub async fn apart<T, F>(work: impl FnOnce() -> F + Send + 'static) -> Result<T, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<T, Failure>>,
{
    let handle = Handle::current();
    let done = spawn_blocking(move || handle.block_on(work())).await;
    done.unwrap_or_else(|error| Err(Failure::broken(format!("a use case ended without an answer: {error}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_answer_comes_back() {
        let answer = apart(|| async { Ok(7) }).await;
        assert_eq!(answer, Ok(7));
    }

    #[tokio::test]
    async fn a_panic_is_a_failure_of_this_request_alone() {
        let failed = apart(|| async { panic!("INVARIANT: none") }).await;
        assert_eq!(failed.map(|(): ()| ()).unwrap_err().code, "broken");
    }
}
