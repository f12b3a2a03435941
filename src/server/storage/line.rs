//! The line of those who are to wait for a hash anyway: they ask the database a few at a time, so that whoever reads a page finds a
//! connection that is free while many sign in at once. Must not be stood in by anybody who holds a connection.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Db, StoreError, patience};
use crate::server::turns::Urgent;

/// The line in front of one database.
#[derive(Clone, Debug)]
pub struct Line(Arc<Semaphore>);

/// Somebody's turn, until it is dropped.
#[must_use]
#[derive(Debug)]
pub struct Turn {
    _permit: OwnedSemaphorePermit,
    _urgent: Urgent,
}

impl Line {
    /// A quarter of the connections that read are theirs.
    pub fn before(db: &Db) -> Self {
        Self::of(db.readers() / 4)
    }

    fn of(turns: usize) -> Self {
        Self(Arc::new(Semaphore::new(turns.max(1))))
    }

    /// Waits for a turn, as long as there is patience with the database.
    ///
    /// # Errors
    /// [`StoreError::TooSlow`] where those before take too long.
    pub async fn turn(&self) -> Result<Turn, StoreError> {
        let (turns, urgent) = (Arc::clone(&self.0), Urgent::now());
        let permit = async { turns.acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed) };
        Ok(Turn { _permit: patience::answer(permit).await?, _urgent: urgent })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn the_next_has_a_turn_when_one_is_over_and_nobody_waits_for_ever() {
        let line = Line::of(1);
        let first = line.turn().await.expect("the first turn");
        let late = patience::in_all(Duration::from_millis(1), line.turn()).await;
        assert!(matches!(late, Err(StoreError::TooSlow)), "{late:?}");
        drop(first);
        drop(line.turn().await.expect("the next turn"));
    }
}
