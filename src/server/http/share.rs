//! What stands between two layers, so that each request copies every layer once: axum copies all that is below a layer for each
//! layer that a request passes, which with many layers was most of what a request took. Must not look at a request.

use std::{
    convert::Infallible,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{extract::Request, response::IntoResponse};
use tower::{Layer, Service, ServiceExt, util::Oneshot};

/// Makes what is below it one pointer to copy.
#[derive(Clone, Copy, Debug)]
pub struct Share;

/// What is below, shared.
#[derive(Debug)]
pub struct Shared<S>(Arc<S>);

impl<S> Layer<S> for Share {
    type Service = Shared<S>;

    fn layer(&self, below: S) -> Shared<S> {
        Shared(Arc::new(below))
    }
}

impl<S> Clone for Shared<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Service<Request> for Shared<S>
where
    S: Service<Request, Error = Infallible> + Clone,
    S::Response: IntoResponse,
{
    type Response = S::Response;
    type Error = Infallible;
    type Future = Oneshot<S, Request>;

    /// Always: whether what is below is ready is asked of the copy that gets the request.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        S::clone(&self.0).oneshot(request)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use axum::{
        Router,
        body::Body,
        middleware::{Next, from_fn},
        response::Response,
        routing::get,
    };

    use super::*;

    /// How often it was copied.
    #[derive(Default)]
    struct Counted(Arc<AtomicUsize>);

    impl Clone for Counted {
        fn clone(&self) -> Self {
            self.0.fetch_add(1, Ordering::SeqCst);
            Self(Arc::clone(&self.0))
        }
    }

    #[tokio::test]
    async fn what_is_at_the_bottom_is_copied_as_often_below_ten_layers_as_below_one() {
        let mut copies = Vec::new();
        for layers in [1, 10] {
            let counted = Counted::default();
            let count = Arc::clone(&counted.0);
            let mut router: Router = Router::new().route(
                "/",
                get(move || async move {
                    drop(counted);
                    "there"
                }),
            );
            for _ in 0..layers {
                router =
                    router.layer((from_fn(async |request, next: Next| -> Response { next.run(request).await }), Share));
            }
            let before = count.load(Ordering::SeqCst);
            let answer = router.oneshot(Request::new(Body::empty())).await.expect("an answer");
            assert_eq!(answer.status(), 200);
            copies.push(count.load(Ordering::SeqCst) - before);
        }
        assert_eq!(copies[0], copies[1], "{copies:?}");
    }
}
