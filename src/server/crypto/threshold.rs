//! Where those who have a place among those who hash wait until it is nearly their turn, and ask the database only then: in a crowd,
//! its questions come as fast as the answers are of use, and whoever reads a page does not meet all of them at once. Must not
//! refuse anybody, nor keep anybody from being told that the database does not answer.

use std::{future::Future, pin::pin, sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::timeout,
};
use tracing::Instrument as _;

use crate::server::telemetry::spans;

use super::workers::together;

/// How long questions may take before the database is in doubt.
const DOUBT: Duration = Duration::from_millis(100);

/// The threshold of one hashing pool.
#[derive(Clone, Debug)]
pub(super) struct Threshold {
    over: Arc<Semaphore>,
    /// How many questions take too long at this moment. While any does nobody waits here: all would be told late that the database
    /// does not answer, those behind after those before them.
    doubts: Arc<watch::Sender<usize>>,
    patience: Duration,
}

/// Somebody who is over it, until it is dropped. Only others like them wait for that, so whoever reads a page goes first still.
#[derive(Debug)]
pub(super) struct Over {
    _permit: Option<OwnedSemaphorePermit>,
}

/// A question that takes too long, until it is dropped.
struct Doubt<'t>(&'t Threshold);

impl<'t> Doubt<'t> {
    fn about(threshold: &'t Threshold) -> Self {
        threshold.doubts.send_modify(|doubts| *doubts += 1);
        Self(threshold)
    }
}

impl Drop for Doubt<'_> {
    fn drop(&mut self) {
        self.0.doubts.send_modify(|doubts| *doubts -= 1);
    }
}

impl Threshold {
    /// The threshold before so many who hash, and so many who may wait for it: over it are those who hash, as many who are next, and as many
    /// as are told their answers together, so that those behind them come together, too; but of those who wait no more than half. A
    /// database that is far away takes some time for each.
    pub(super) fn before(permits: usize, queue: usize) -> Self {
        let over = permits.saturating_add(permits.saturating_add(together(permits)).min(queue / 2));
        Self::new(over.min(Semaphore::MAX_PERMITS), DOUBT)
    }

    fn new(count: usize, patience: Duration) -> Self {
        Self { over: Arc::new(Semaphore::new(count)), doubts: Arc::new(watch::Sender::new(0)), patience }
    }

    /// Waits until few are before them, or the database is in doubt.
    pub(super) async fn cross(&self) -> Over {
        let mut doubts = self.doubts.subscribe();
        let turn = async {
            tokio::select! {
                biased;
                permit = Arc::clone(&self.over).acquire_owned() => permit.ok(),
                _ = doubts.wait_for(|doubts| *doubts > 0) => None,
            }
        };
        Over { _permit: turn.instrument(spans::hash_queue()).await }
    }

    /// Asks the database; while that takes too long, it is in doubt.
    pub(super) async fn ask<T>(&self, questions: impl Future<Output = T>) -> T {
        let mut questions = pin!(questions);
        if let Ok(answers) = timeout(self.patience, &mut questions).await {
            return answers;
        }
        let _doubt = Doubt::about(self);
        questions.await
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use futures_util::{future::join_all, poll};

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn the_next_is_over_when_one_before_has_gone() {
        let threshold = Threshold::new(1, LONG);
        let first = threshold.cross().await;
        let (mut second, mut third) = (Box::pin(threshold.cross()), Box::pin(threshold.cross()));
        assert!(poll!(&mut second).is_pending() && poll!(&mut third).is_pending());
        drop(first);
        drop(timeout(LONG, second).await.expect("the second"));
        drop(timeout(LONG, third).await.expect("the third"));
    }

    /// Everybody is told in time that the database does not answer: who waits behind those who ask it asks it, too, whatever others
    /// have heard of it meanwhile.
    #[tokio::test]
    async fn nobody_waits_behind_a_database_that_is_slow_until_it_is_not() {
        let threshold = Threshold::new(1, Duration::from_millis(1));
        let first = threshold.cross().await;
        let mut waiting: Vec<_> = (0..8).map(|_| Box::pin(threshold.cross())).collect();
        for one in &mut waiting {
            assert!(poll!(one).is_pending());
        }
        let mut asking = Box::pin(threshold.ask(pending::<()>()));
        let all = async {
            threshold.doubts.subscribe().wait_for(|doubts| *doubts > 0).await.expect("it is in doubt");
            threshold.ask(ready(())).await;
            join_all(waiting).await.len()
        };
        tokio::select! {
            () = &mut asking => {}
            passed = timeout(LONG, all) => assert_eq!(passed, Ok(8)),
        }
        drop(asking);
        assert!(poll!(Box::pin(threshold.cross())).is_pending(), "it answers, or nobody asks it any more");
        drop(first);
    }
}
