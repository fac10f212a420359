//! Work that blocks, away from the threads that wait.

use dayone_ports::Unavailable;

/// Does work on a thread that may block. A panic of the work is a panic here.
///
/// # Errors
/// Where the runtime ends before the work began.
pub(crate) async fn blocking<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Unavailable> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => Ok(done),
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(Unavailable::new(what, error)),
        },
    }
}
