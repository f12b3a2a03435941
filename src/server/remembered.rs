//! An answer of the database that many may ask for at once: it is asked for once, and given again for a short while. Must not
//! depend on whoever asks staying until it is there.

use std::{fmt, sync::Arc, time::Duration};

use tokio::sync::Mutex;

use crate::domain::moment::Moment;

use super::clock::Clock;

/// The last answer, and when it was there.
pub struct Remembered<T> {
    seconds: i64,
    last: Arc<Mutex<Option<(Moment, T)>>>,
}

impl<T> fmt::Debug for Remembered<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered").field("seconds", &self.seconds).finish_non_exhaustive()
    }
}

impl<T: Clone + Send + 'static> Remembered<T> {
    /// Nothing asked yet; an answer is given again for so many seconds.
    #[must_use]
    pub fn new(seconds: i64) -> Self {
        Self { seconds, last: Arc::default() }
    }

    /// The last answer, or a new one; `None` where it takes longer than that, the wait for others who ask included. Whoever
    /// hangs up meanwhile does not take it from the others.
    pub async fn get(
        &self,
        clock: Arc<dyn Clock>,
        patience: Duration,
        ask: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (seconds, last) = (self.seconds, Arc::clone(&self.last));
        let answer = tokio::spawn(async move {
            let mut last = last.lock().await;
            let now = clock.now();
            if let Some((at, answer)) = &*last
                && (at.0..at.0.saturating_add(seconds)).contains(&now.0)
            {
                return answer.clone();
            }
            let answer = ask.await;
            *last = Some((clock.now(), answer.clone()));
            answer
        });
        tokio::time::timeout(patience, answer).await.ok()?.ok()
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::{sync::oneshot, time::timeout};

    use super::*;
    use crate::server::clock::ManualClock;

    const LONG: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn an_answer_outlives_who_asked() {
        let (clock, remembered) = (Arc::new(ManualClock::at(Moment(0))), Remembered::new(1));
        let (give, given) = oneshot::channel();
        let first = remembered.get(clock.clone(), LONG, async { given.await.unwrap_or_default() });
        assert!(timeout(Duration::ZERO, first).await.is_err());
        give.send(1).expect("the question still stands");
        assert_eq!(remembered.get(clock.clone(), LONG, async { 2 }).await, Some(1));
        clock.advance(1);
        assert_eq!(remembered.get(clock, LONG, async { 3 }).await, Some(3));
    }

    /// If the wait for others were not cut off this would hang.
    #[tokio::test]
    async fn waiting_for_others_is_waiting_too() {
        let (clock, remembered) = (Arc::new(ManualClock::at(Moment(0))), Remembered::new(1));
        assert_eq!(remembered.get(clock.clone(), Duration::ZERO, pending()).await, None);
        tokio::task::yield_now().await;
        assert_eq!(remembered.get(clock, Duration::ZERO, async { 2 }).await, None);
    }
}
