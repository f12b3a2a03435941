//! How long the database may take, so that somebody who asks is told in time that it does not answer. Must not know who asks,
//! nor what.

use std::{cell::Cell, time::Duration};

use tokio::time::{Instant, timeout};

use super::StoreError;

/// How long it may take over each question of a background task, which would otherwise wait for ever for a connection that was
/// cut off without a word.
pub const OF_A_TASK: Duration = Duration::from_secs(10);

/// How long it may take from now on.
#[derive(Debug)]
enum Patience {
    /// Over all questions together, and what is left of it.
    InAll { whole: Duration, left: Cell<Duration> },
    /// Over each.
    Each(Duration),
}

tokio::task_local! {
    static PATIENCE: Patience;
}

/// Does something for which the database has so much time in all, the wait for a connection included.
pub async fn in_all<T>(patience: Duration, does: impl Future<Output = T>) -> T {
    PATIENCE.scope(Patience::InAll { whole: patience, left: Cell::new(patience) }, does).await
}

/// Does something for which the database has so much time for each question.
pub async fn for_each<T>(patience: Duration, does: impl Future<Output = T>) -> T {
    PATIENCE.scope(Patience::Each(patience), does).await
}

/// Begins the next of many things that one request asks for: the database has the whole time for it again.
pub fn renew() {
    // Nobody said how long it may take.
    let _ = PATIENCE.try_with(|patience| {
        if let Patience::InAll { whole, left } = patience {
            left.set(*whole);
        }
    });
}

/// The answer to one question, or [`StoreError::TooSlow`]; as long as it takes, where nobody said how long it may.
pub(super) fn answer<T>(
    question: impl Future<Output = Result<T, sqlx::Error>>,
) -> impl Future<Output = Result<T, StoreError>> {
    // Where it stands is not part of everything that waits for it.
    let question = Box::pin(question);
    async {
        let left = PATIENCE.try_with(|patience| match patience {
            Patience::InAll { left, .. } => left.get(),
            Patience::Each(each) => *each,
        });
        let Ok(left) = left else { return Ok(question.await?) };
        if left.is_zero() {
            return Err(StoreError::TooSlow);
        }
        let began = Instant::now();
        let outcome = timeout(left, question).await;
        let _ = PATIENCE.try_with(|patience| {
            if let Patience::InAll { left, .. } = patience {
                left.set(left.get().saturating_sub(began.elapsed()));
            }
        });
        Ok(outcome.map_err(|_| StoreError::TooSlow)??)
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    const LONG: Duration = Duration::from_mins(1);

    async fn never() -> Result<(), StoreError> {
        answer(pending::<Result<(), sqlx::Error>>()).await
    }

    /// Without an end of its own the first would hang; without one of all, the second.
    #[tokio::test]
    async fn the_time_of_all_questions_together_is_bounded() {
        let began = Instant::now();
        let asked = in_all(Duration::from_millis(1), async {
            assert!(matches!(never().await, Err(StoreError::TooSlow)));
            assert!(began.elapsed() >= Duration::from_millis(1));
            assert!(matches!(never().await, Err(StoreError::TooSlow)), "nothing is left");
        });
        asked.await;
    }

    #[tokio::test]
    async fn the_next_of_many_things_has_the_whole_time_again() {
        let left =
            || PATIENCE.with(|patience| matches!(patience, Patience::InAll { left, .. } if !left.get().is_zero()));
        let asked = in_all(Duration::from_millis(1), async {
            assert!(matches!(never().await, Err(StoreError::TooSlow)));
            assert!(!left());
            renew();
            assert!(left());
        });
        asked.await;
        renew();
    }

    #[tokio::test]
    async fn each_question_has_its_time() {
        let asked = for_each(Duration::from_millis(1), async {
            assert!(matches!(never().await, Err(StoreError::TooSlow)));
            let slow = async {
                tokio::task::yield_now().await;
                Ok::<_, sqlx::Error>(())
            };
            for_each(LONG, answer(slow)).await.expect("in time");
            assert!(matches!(never().await, Err(StoreError::TooSlow)));
        });
        asked.await;
    }

    #[tokio::test]
    async fn what_the_database_says_is_said() {
        let asked = in_all(LONG, async {
            assert_eq!(answer(ready(Ok(1))).await.expect("an answer"), 1);
            let refused = answer(ready(Err::<(), _>(sqlx::Error::RowNotFound))).await;
            assert!(matches!(refused, Err(StoreError::Database(sqlx::Error::RowNotFound))), "{refused:?}");
        });
        asked.await;
    }
}
