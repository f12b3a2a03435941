//! The connections that read an embedded database. They are kept open and handed from one question to the next as they are: a
//! pool would ask each, whenever it is given back, whether it is still there, and that is another turn of its thread for every
//! request. Must not write, nor leave a transaction open on one of them.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use sqlx::{ConnectOptions, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use tokio::{
    sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// Connections to one file, opened when they are first needed.
#[derive(Clone, Debug)]
pub struct Readers {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: SqliteConnectOptions,
    patience: Duration,
    places: Vec<Arc<Place>>,
    /// As many permits as there are places that nobody uses.
    free: Arc<Semaphore>,
    opened: AtomicU32,
}

#[derive(Debug, Default)]
struct Place {
    connection: Arc<Mutex<Option<SqliteConnection>>>,
    /// Whether somebody gave up waiting for an answer on it, so that it is not used again.
    is_given_up: AtomicBool,
}

/// A connection to read with, handed on when it is dropped.
#[derive(Debug)]
pub struct Reader {
    connection: OwnedMappedMutexGuard<Option<SqliteConnection>, SqliteConnection>,
    place: Arc<Place>,
    // After the connection: whoever gets the permit finds a place that is free.
    _permit: OwnedSemaphorePermit,
}

impl Readers {
    /// So many at most, for whom people wait so long. Opens one.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub(super) async fn open(
        options: SqliteConnectOptions,
        most: u32,
        patience: Duration,
    ) -> Result<Self, sqlx::Error> {
        let readers = Self {
            shared: Arc::new(Shared {
                options,
                patience,
                places: (0..most).map(|_| Arc::default()).collect(),
                free: Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(1))),
                opened: AtomicU32::new(0),
            }),
        };
        readers.acquire().await?;
        Ok(readers)
    }

    /// One that nobody uses.
    ///
    /// # Errors
    /// When none is free in time, or the file cannot be opened.
    pub(super) async fn acquire(&self) -> Result<Reader, sqlx::Error> {
        let shared = &self.shared;
        let permit = timeout(shared.patience, Arc::clone(&shared.free).acquire_owned()).await;
        let permit = permit.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let free = shared.places.iter().find_map(|place| {
            Arc::clone(&place.connection).try_lock_owned().ok().map(|connection| (Arc::clone(place), connection))
        });
        let (place, mut connection) = free.ok_or(sqlx::Error::PoolTimedOut)?;
        if connection.is_none() || place.is_given_up.load(Ordering::Relaxed) {
            if connection.take().is_some() {
                shared.opened.fetch_sub(1, Ordering::Relaxed);
            }
            *connection = Some(shared.options.connect().await?);
            shared.opened.fetch_add(1, Ordering::Relaxed);
            place.is_given_up.store(false, Ordering::Relaxed);
        }
        let connection = OwnedMutexGuard::try_map(connection, Option::as_mut).map_err(|_| sqlx::Error::PoolTimedOut)?;
        Ok(Reader { connection, place, _permit: permit })
    }

    /// How many there are.
    pub(super) fn size(&self) -> u32 {
        self.shared.opened.load(Ordering::Relaxed)
    }

    /// How many of them nobody uses.
    pub(super) fn idle(&self) -> usize {
        let unopened = self.shared.places.len().saturating_sub(usize::try_from(self.size()).unwrap_or_default());
        self.shared.free.available_permits().saturating_sub(unopened)
    }

    /// Waits for what is under way and closes every one; nobody gets one any more.
    pub(super) async fn close(&self) {
        self.shared.free.close();
        for place in &self.shared.places {
            if let Some(connection) = place.connection.lock().await.take() {
                self.shared.opened.fetch_sub(1, Ordering::Relaxed);
                // What reads leaves nothing to be lost.
                let _ = connection.close().await;
            }
        }
    }
}

impl Reader {
    /// Lets nobody use this one any more: an answer on it was not waited for.
    pub(super) fn give_up(&mut self) {
        self.place.is_given_up.store(true, Ordering::Relaxed);
    }
}

impl Deref for Reader {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        &self.connection
    }
}

impl DerefMut for Reader {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        &mut self.connection
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    async fn two() -> (Readers, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SqliteConnectOptions::new().filename(folder.path().join("a.db")).create_if_missing(true);
        (Readers::open(options, 2, Duration::from_millis(1)).await.expect("opened"), folder)
    }

    async fn number(reader: &mut Reader) -> i64 {
        sqlx::query_scalar("select 1").fetch_one(&mut **reader).await.expect("a number")
    }

    #[tokio::test]
    async fn so_many_read_at_once_and_the_next_is_told() {
        let (readers, _folder) = two().await;
        assert_eq!((readers.size(), readers.idle()), (1, 1));
        let (mut one, mut other) = (readers.acquire().await.expect("one"), readers.acquire().await.expect("another"));
        assert_eq!((readers.size(), readers.idle()), (2, 0));
        assert_eq!(number(&mut one).await + number(&mut other).await, 2);
        assert!(matches!(readers.acquire().await, Err(sqlx::Error::PoolTimedOut)));
        drop(one);
        assert_eq!(number(&mut readers.acquire().await.expect("the first")).await, 1);
        assert_eq!((readers.size(), readers.idle()), (2, 1));
    }

    /// A request that is cut off in the middle of an answer leaves the connection fit for the next.
    #[tokio::test]
    async fn an_answer_that_nobody_waits_for_is_nobody_elses() {
        let (readers, _folder) = two().await;
        let mut one = readers.acquire().await.expect("one");
        let numbers =
            "with recursive n(n) as (select 1 union all select n + 1 from n where n < 100000) select n from n";
        let mut asked = Box::pin(sqlx::query_scalar::<_, i64>(numbers).fetch_all(&mut *one));
        assert!((&mut asked).now_or_never().is_none(), "it takes longer");
        drop(asked);
        assert_eq!(number(&mut one).await, 1);
        assert!(!one.is_in_transaction());
    }

    #[tokio::test]
    async fn one_that_was_given_up_is_replaced() {
        let (readers, _folder) = two().await;
        let mut one = readers.acquire().await.expect("one");
        sqlx::query("create temporary table mine (id integer)").execute(&mut *one).await.expect("made");
        one.give_up();
        drop(one);
        let mut next = readers.acquire().await.expect("the next");
        assert!(sqlx::query("select * from mine").fetch_optional(&mut *next).await.is_err(), "another connection");
        assert_eq!(readers.size(), 1);
    }

    #[tokio::test]
    async fn nobody_reads_after_the_end() {
        let (readers, _folder) = two().await;
        readers.close().await;
        assert!(matches!(readers.acquire().await, Err(sqlx::Error::PoolClosed)));
        assert_eq!(readers.size(), 0);
    }
}
