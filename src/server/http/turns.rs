//! Lets people who sign in take turns, so that whoever reads a page waits behind a few of the many that sign in at once, not behind
//! all of them. A turn is one stretch of work between two waits: nobody holds one while a database or a hash is waited for. Must
//! not refuse anybody, nor look at more of a request than what it is for.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::Arc,
    task::ready,
    thread::available_parallelism,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::api::SIGN_IN;

/// How many such stretches may be under way at once.
#[derive(Clone, Debug)]
pub struct Turns {
    turns: Arc<Semaphore>,
    /// Who has had no turn yet waits here, so that what is begun is done before more is: a thousand requests that wait take little
    /// room, a thousand that are half done take much.
    door: Arc<Semaphore>,
}

impl Turns {
    /// On half of the processors, at least on one: the others are there for those who read.
    pub fn for_this_machine() -> Self {
        Self::new(available_parallelism().map_or(1, |processors| processors.get() / 2).max(1))
    }

    fn new(count: usize) -> Self {
        Self { turns: Arc::new(Semaphore::new(count)), door: Arc::new(Semaphore::new(count)) }
    }

    /// Does some work, a turn at a time.
    async fn take<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        let mut place = Arc::clone(&self.door).acquire_owned().await.ok();
        let mut next: Option<Pin<Box<dyn Future<Output = Option<OwnedSemaphorePermit>> + Send>>> = None;
        poll_fn(|context| {
            let turns = Arc::clone(&self.turns);
            let turn = next.get_or_insert_with(|| Box::pin(async { turns.acquire_owned().await.ok() }));
            let turn = ready!(turn.as_mut().poll(context));
            next = None;
            drop(place.take());
            let done = work.as_mut().poll(context);
            drop(turn);
            done
        })
        .await
    }
}

/// Where people and programs sign in.
const SIGN_INS: [&str; 2] = [SIGN_IN.action, "/auth/login"];

/// The layer; everything else passes at once.
pub async fn layer(State(turns): State<Turns>, request: Request, next: Next) -> Response {
    if !SIGN_INS.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    turns.take(next.run(request)).await
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::{sync::Barrier, task::JoinSet};

    use super::*;

    /// However many are under way, a stretch without a wait is alone; and who waits stands in nobody's way.
    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn stretches_are_taken_in_turns_and_waits_are_not() {
        const MANY: usize = 64;
        let turns = Turns::new(1);
        let (busy, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let all = Arc::new(Barrier::new(MANY));
        let mut tasks = JoinSet::new();
        for _ in 0..MANY {
            let (turns, busy, most, all) = (turns.clone(), Arc::clone(&busy), Arc::clone(&most), Arc::clone(&all));
            tasks.spawn(async move {
                let work = async {
                    for _ in 0..8 {
                        most.fetch_max(busy.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::yield_now();
                        busy.fetch_sub(1, Ordering::SeqCst);
                        // Nobody comes past this before all others are here, too.
                        all.wait().await;
                    }
                };
                turns.take(work).await;
            });
        }
        tasks.join_all().await;
        assert_eq!(most.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn there_is_something_at_these_places() {
        let document = crate::server::http::rest::openapi();
        for path in SIGN_INS {
            let is_form = crate::api::FORMS.iter().any(|form| form.action == path);
            assert!(is_form || document.paths.paths.contains_key(path), "{path}");
        }
    }

    #[tokio::test]
    async fn who_goes_away_takes_no_turn_along() {
        let turns = Turns::new(1);
        let held = Arc::clone(&turns.turns).acquire_owned().await.expect("a turn");
        let mut gone = Box::pin(turns.take(async {}));
        assert!(futures_util::poll!(&mut gone).is_pending());
        drop(held);
        drop(gone);
        turns.take(async {}).await;
    }
}
