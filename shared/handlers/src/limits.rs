//! How much of anything a site takes.

use std::time::Duration;

use axum::BoxError;
use axum::Router;
use axum::error_handling::HandleErrorLayer;
use axum::response::Response;
use tower::ServiceBuilder;
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::timeout::TimeoutLayer;
use tower::timeout::error::Elapsed;

use crate::problem::Problem;
use crate::site::Site;

/// Most bytes of a body.
pub const MOST_BODY_BYTES: usize = 64 << 10;
/// Most bytes of a text of configuration.
pub const MOST_TEXT_BYTES: usize = 16 << 20;
/// Most bytes of a request with billing files.
pub const MOST_DELIVERY_BYTES: usize = 256 << 20;
/// Most files of such a request.
pub const MOST_DELIVERY_FILES: usize = 1000;
/// Most bytes of the name of such a file.
pub const MOST_FILE_NAME_BYTES: usize = 500;
/// Most folders and file in such a name, and most bytes of each: what every file system takes.
pub const MOST_NAME_PARTS: usize = 32;
/// Most bytes of one of them.
pub const MOST_PART_BYTES: usize = 200;
/// Most of these requests at the same time: they are held in memory.
pub const DELIVERIES_AT_ONCE: usize = 2;
/// Most requests at the same time; what comes beside them is turned away.
pub const MOST_REQUESTS: usize = 256;
/// How long a request may take. Use cases that are cut off are begun again where they stopped.
pub const LONGEST_REQUEST: Duration = Duration::from_secs(120);

/// Routes under the limits of requests at the same time and of their time.
pub fn limited(routes: Router<Site>) -> Router<Site> {
    limited_to(routes, MOST_REQUESTS, LONGEST_REQUEST)
}

fn limited_to<S: Clone + Send + Sync + 'static>(routes: Router<S>, most: usize, longest: Duration) -> Router<S> {
    let layers = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(turned_away))
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(most))
        .layer(TimeoutLayer::new(longest));
    routes.layer(layers)
}

async fn turned_away(error: BoxError) -> Response {
    let detail = if error.is::<Elapsed>() {
        "it took too long and was cut off; nothing is done twice when you ask again with the same Idempotency-Key"
    } else {
        "there are too many requests at the same time; try again in a moment"
    };
    Problem::unavailable(detail).into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use axum::body::Body;
    use axum::http::{Request, StatusCode};
    use axum::routing::get;
    use tokio::sync::Notify;
    use tower::ServiceExt;

    use super::*;

    fn request() -> Request<Body> {
        Request::get("/").body(Body::empty()).unwrap()
    }

    fn is_turned_away(response: &Response) -> bool {
        response.status() == StatusCode::SERVICE_UNAVAILABLE && response.headers().contains_key("retry-after")
    }

    #[tokio::test]
    async fn what_comes_beside_the_most_is_turned_away_until_there_is_room() {
        let (begun, may_end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (begins, ends) = (begun.clone(), may_end.clone());
        let handler = async move || {
            begins.notify_one();
            ends.notified().await;
        };
        let router = limited_to(Router::new().route("/", get(handler)), 1, LONGEST_REQUEST);
        let first = tokio::spawn(router.clone().oneshot(request()));
        begun.notified().await;
        assert!(is_turned_away(&router.clone().oneshot(request()).await.unwrap()));
        may_end.notify_one();
        assert_eq!(first.await.unwrap().unwrap().status(), StatusCode::OK);
        may_end.notify_one();
        assert_eq!(router.oneshot(request()).await.unwrap().status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn what_takes_too_long_is_cut_off() {
        let router = limited_to(Router::new().route("/", get(std::future::pending::<()>)), 1, Duration::ZERO);
        assert!(is_turned_away(&router.oneshot(request()).await.unwrap()));
    }
}
