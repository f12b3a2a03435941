//! The connections to an embedded database. They are kept open and handed from one question to the next as they are: a pool would
//! ask each, whenever it is given back, whether it is still there, and that is another turn of its thread for every request. Must
//! not hand one on that is at something still, nor one with a transaction open.

use std::{
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

use super::asked::{Asked, Note};
use crate::server::turns::Urgent;

/// Connections to one file, opened when they are first needed.
#[derive(Clone, Debug)]
pub struct Connections {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    options: SqliteConnectOptions,
    patience: Duration,
    /// Whether what is under way is waited for at the end; what reads leaves nothing to be lost.
    may_write: bool,
    places: Vec<Arc<Place>>,
    /// As many permits as there are places that nobody uses.
    free: Arc<Semaphore>,
    opened: AtomicU32,
}

#[derive(Debug, Default)]
struct Place {
    connection: Arc<Mutex<Option<SqliteConnection>>>,
    /// Whether it was asked something and nobody waited for the answer: its thread may be at it still.
    is_unanswered: AtomicBool,
    /// Whether what it writes is on the disk only after the next that waits for that.
    is_delayed: AtomicBool,
}

/// What a transaction that was committed outlives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// A loss of power, and of the server that keeps the database: it is on the disk before anybody is told.
    Full,
    /// The end of this program, not a loss of power, nor of the server that keeps the database, before the next of full durability
    /// was committed: for notes of which nobody is told, or that cost nobody much to lose. Everybody sees it at once.
    Delayed,
}

/// From then on every commit waits for the disk.
macro_rules! full_durability {
    () => {
        "pragma synchronous = full"
    };
}
pub(super) use full_durability;

/// A connection, handed on when it is dropped.
#[derive(Debug)]
pub struct Lent {
    connection: OwnedMappedMutexGuard<Option<SqliteConnection>, SqliteConnection>,
    place: Arc<Place>,
    // After the connection: whoever gets the permit finds a place that is free.
    _permit: OwnedSemaphorePermit,
    _urgent: Urgent,
}

impl Connections {
    /// The one that writes, for which people wait so long. Nothing is opened yet.
    pub(super) fn to_write(options: SqliteConnectOptions, patience: Duration) -> Self {
        Self::new(options, 1, patience, true)
    }

    /// So many that read at most, for which people wait so long. Nothing is opened yet.
    pub(super) fn to_read(options: SqliteConnectOptions, most: u32, patience: Duration) -> Self {
        Self::new(options.read_only(true), most, patience, false)
    }

    fn new(options: SqliteConnectOptions, most: u32, patience: Duration, may_write: bool) -> Self {
        Self {
            shared: Arc::new(Shared {
                options,
                patience,
                may_write,
                places: (0..most).map(|_| Arc::default()).collect(),
                free: Arc::new(Semaphore::new(usize::try_from(most).unwrap_or(1))),
                opened: AtomicU32::new(0),
            }),
        }
    }

    /// One that nobody uses.
    ///
    /// # Errors
    /// When none is free in time, or the file cannot be opened.
    pub(super) async fn acquire(&self) -> Result<Lent, sqlx::Error> {
        let mut lent = self.acquire_as_it_is().await?;
        if lent.place.is_delayed() {
            let (connection, note) = lent.parts();
            note.until_told(sqlx::raw_sql(full_durability!()).execute(connection)).await?;
            lent.place.is_delayed.store(false, Ordering::Relaxed);
        }
        Ok(lent)
    }

    /// The same, of whatever durability it was last.
    pub(super) async fn acquire_as_it_is(&self) -> Result<Lent, sqlx::Error> {
        let (shared, urgent) = (&self.shared, Urgent::now());
        let mut permit = self.permit().await?;
        let mut may_switch = true;
        let (place, mut connection) = loop {
            let (place, mut connection) = shared.free_place().ok_or(sqlx::Error::PoolTimedOut)?;
            if shared.free.is_closed() {
                return Err(sqlx::Error::PoolClosed);
            }
            let Some(asked) = connection.as_mut().filter(|_| place.is_unanswered()) else { break (place, connection) };
            // It may be at something still; whichever is free first will do, this one or another.
            let other = tokio::select! {
                biased;
                answers = timeout(shared.patience, asked.ping()) => {
                    let answers = answers.map_err(|_| sqlx::Error::PoolTimedOut)?.is_ok();
                    // SQLite itself undoes a transaction for which there is no room on the disk; that the connection is in none any
                    // more is news to sqlx, which would refuse to begin another on it.
                    if !answers || asked.is_in_transaction() {
                        *connection = None;
                        shared.opened.fetch_sub(1, Ordering::Relaxed);
                    }
                    break (place, connection);
                }
                other = self.permit(), if may_switch => other?,
            };
            drop(connection);
            permit = other;
            may_switch = false;
        };
        if connection.is_none() {
            *connection = Some(shared.options.connect().await?);
            place.is_delayed.store(false, Ordering::Relaxed);
            shared.opened.fetch_add(1, Ordering::Relaxed);
        }
        place.is_unanswered.store(false, Ordering::Relaxed);
        let connection = OwnedMutexGuard::try_map(connection, Option::as_mut).map_err(|_| sqlx::Error::PoolTimedOut)?;
        Ok(Lent { connection, place, _permit: permit, _urgent: urgent })
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, sqlx::Error> {
        let permit = timeout(self.shared.patience, Arc::clone(&self.shared.free).acquire_owned()).await;
        permit.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)
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
        let all = u32::try_from(self.shared.places.len()).unwrap_or(u32::MAX);
        let held = self.shared.free.acquire_many(all).await;
        self.shared.free.close();
        drop(held);
        for place in &self.shared.places {
            let mut kept = place.connection.lock().await;
            if let Some(connection) = kept.as_mut().filter(|_| self.shared.may_write && place.is_unanswered()) {
                // Whoever closes it blocks a thread until it is heard; this wait can be given up.
                place.is_unanswered.store(connection.ping().await.is_err(), Ordering::Relaxed);
            }
            if let Some(connection) = kept.take() {
                self.shared.opened.fetch_sub(1, Ordering::Relaxed);
                if !place.is_unanswered() {
                    let _ = connection.close().await;
                }
            }
        }
    }
}

impl Shared {
    /// A place that nobody uses, as there is one for every permit; those that may be at something still come last.
    fn free_place(&self) -> Option<(Arc<Place>, OwnedMutexGuard<Option<SqliteConnection>>)> {
        let free = |is_any: bool| {
            let mut places = self.places.iter().filter(|place| is_any || !place.is_unanswered());
            places.find_map(|place| {
                Arc::clone(&place.connection).try_lock_owned().ok().map(|connection| (Arc::clone(place), connection))
            })
        };
        // Any, the second time: one may have been answered since.
        free(false).or_else(|| free(true))
    }
}

impl Place {
    fn is_unanswered(&self) -> bool {
        self.is_unanswered.load(Ordering::Relaxed)
    }

    fn is_delayed(&self) -> bool {
        self.is_delayed.load(Ordering::Relaxed)
    }
}

impl Lent {
    /// To be asked something.
    pub fn ask(&mut self) -> Asked<'_> {
        Asked::of(self)
    }

    /// The connection, and where it is noted that it was asked something.
    pub(super) fn parts(&mut self) -> (&mut SqliteConnection, Note<'_>) {
        (&mut self.connection, Note::at(&self.place.is_unanswered))
    }

    /// Nobody waits for what it was asked last; whoever has it next does.
    pub(super) fn leave(&mut self) -> &mut SqliteConnection {
        self.place.is_unanswered.store(true, Ordering::Relaxed);
        &mut self.connection
    }

    /// Whether what it writes is on the disk only after the next that waits for that.
    pub(super) fn is_delayed(&self) -> bool {
        self.place.is_delayed()
    }

    /// Notes that.
    pub(super) fn note_delayed(&self, is_delayed: bool) {
        self.place.is_delayed.store(is_delayed, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::server::storage::{StoreError, patience};

    async fn two(patience: Duration) -> (Connections, tempfile::TempDir) {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SqliteConnectOptions::new().filename(folder.path().join("a.db")).create_if_missing(true);
        drop(Connections::to_write(options.clone(), patience).acquire().await.expect("made"));
        (Connections::to_read(options, 2, patience), folder)
    }

    async fn ask<T>(reader: &mut Lent, sql: &'static str) -> Result<T, StoreError>
    where
        T: Send + Unpin + sqlx::Type<sqlx::Sqlite> + for<'r> sqlx::Decode<'r, sqlx::Sqlite>,
    {
        let (connection, note) = reader.parts();
        note.until(patience::answer(sqlx::query_scalar(sql).fetch_one(connection))).await
    }

    async fn number(reader: &mut Lent) -> i64 {
        ask(reader, "select 1").await.expect("a number")
    }

    /// Takes a moment.
    const SLOW: &str =
        "with recursive n(n) as (select 1 union all select n + 1 from n where n < 3000000) select count(*) from n";

    /// Takes seconds.
    const SLOWEST: &str =
        "with recursive n(n) as (select 1 union all select n + 1 from n where n < 50000000) select count(*) from n";

    #[tokio::test]
    async fn so_many_read_at_once_and_the_next_is_told() {
        let (readers, _folder) = two(Duration::from_millis(1)).await;
        assert_eq!((readers.size(), readers.idle()), (0, 0));
        let (mut one, mut other) = (readers.acquire().await.expect("one"), readers.acquire().await.expect("another"));
        assert_eq!((readers.size(), readers.idle()), (2, 0));
        assert_eq!(number(&mut one).await + number(&mut other).await, 2);
        assert!(matches!(readers.acquire().await, Err(sqlx::Error::PoolTimedOut)));
        drop(one);
        assert_eq!(number(&mut readers.acquire().await.expect("the first")).await, 1);
        assert_eq!((readers.size(), readers.idle()), (2, 1));
    }

    /// A question that takes long, and that nobody waits for any more, holds up nobody while there is another connection; and
    /// its answer is nobody else's.
    #[tokio::test]
    async fn an_answer_that_nobody_waits_for_holds_up_nobody() {
        let (readers, _folder) = two(Duration::from_millis(1)).await;
        let mut one = readers.acquire().await.expect("one");
        assert!(Box::pin(ask::<i64>(&mut one, SLOW)).now_or_never().is_none(), "it takes longer");
        drop(one);
        let mut next = readers.acquire().await.expect("the next");
        assert_eq!(readers.size(), 2, "another connection");
        assert_eq!(number(&mut next).await, 1);
        // The one that is at it still is all there is: this one waits no longer than others do.
        assert!(matches!(readers.acquire().await, Err(sqlx::Error::PoolTimedOut)));
        loop {
            match readers.acquire().await {
                Ok(mut again) => break assert_eq!(number(&mut again).await, 1),
                Err(error) => assert!(matches!(error, sqlx::Error::PoolTimedOut), "{error}"),
            }
        }
        assert_eq!(readers.size(), 2, "it is used again");
    }

    #[tokio::test]
    async fn who_has_one_that_is_at_something_takes_the_next_that_is_free() {
        let (readers, _folder) = two(Duration::from_mins(1)).await;
        let (mut one, mut other) = (readers.acquire().await.expect("one"), readers.acquire().await.expect("another"));
        assert!(Box::pin(ask::<i64>(&mut one, SLOWEST)).now_or_never().is_none(), "it takes longer");
        drop(one);
        let mut waiting = Box::pin(readers.acquire());
        assert!((&mut waiting).now_or_never().is_none(), "nothing is free");
        assert_eq!(number(&mut other).await, 1);
        drop(other);
        assert_eq!(number(&mut waiting.await.expect("what was given back")).await, 1);
        assert!(readers.shared.places.iter().any(|place| place.is_unanswered()), "the other is at it still");
    }

    #[tokio::test]
    async fn nobody_reads_after_the_end() {
        let (readers, _folder) = two(Duration::from_millis(1)).await;
        readers.close().await;
        assert!(matches!(readers.acquire().await, Err(sqlx::Error::PoolClosed)));
        assert_eq!(readers.size(), 0);
    }
}
