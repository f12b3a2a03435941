//! The connections to an embedded database. They are kept open and handed from one question to the next as they are: a pool would
//! ask each, whenever it is given back, whether it is still there, and that is another turn of its thread for every request. Must
//! not hand one on that is at something still, nor one with a transaction open.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use sqlx::{
    ConnectOptions, Connection, SqlSafeStr as _, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteTransactionManager},
};
use sqlx_core::transaction::TransactionManager as _;
use tokio::{
    sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::StoreError;
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
}

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
}

impl Lent {
    /// To be asked something.
    pub fn ask(&mut self) -> Asked<'_> {
        Asked { connection: &mut self.connection, note: Note(Some(&self.place.is_unanswered)) }
    }
}

/// A transaction; rolled back when it is dropped.
#[derive(Debug)]
pub struct SqliteTx {
    lent: Lent,
    is_open: bool,
}

impl SqliteTx {
    /// Begins one that writes.
    ///
    /// # Errors
    /// When no connection is free in time, or another process writes for too long.
    pub(super) async fn begin(connections: &Connections) -> Result<Self, sqlx::Error> {
        let mut lent = connections.acquire().await?;
        let Asked { connection, note } = lent.ask();
        // Immediate: two processes that both mean to write queue up instead of failing half-way.
        note.until_told(SqliteTransactionManager::begin(connection, Some("begin immediate".into_sql_str()))).await?;
        Ok(Self { lent, is_open: true })
    }

    /// Makes what was done permanent.
    ///
    /// # Errors
    /// When it could not be written; then nothing was done.
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        let Asked { connection, note } = self.lent.ask();
        note.until_told(SqliteTransactionManager::commit(connection)).await?;
        self.is_open = false;
        Ok(())
    }

    /// To be asked something.
    pub(super) fn ask(&mut self) -> Asked<'_> {
        self.lent.ask()
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        if self.is_open {
            // Nobody waits for this here; whoever has the connection next does.
            self.lent.place.is_unanswered.store(true, Ordering::Relaxed);
            SqliteTransactionManager::start_rollback(&mut self.lent.connection);
        }
    }
}

/// A connection that is asked something.
#[derive(Debug)]
pub struct Asked<'c> {
    connection: &'c mut SqliteConnection,
    note: Note<'c>,
}

/// Where it is noted that a question is not answered yet, if anywhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note<'c>(Option<&'c AtomicBool>);

impl Note<'_> {
    /// Waits for an answer. Where nobody waits to the end, the connection is not handed on before it is at rest.
    pub(super) async fn until<T>(self, answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.until_but(answer, |error| {
            matches!(error, StoreError::TooSlow | StoreError::Database(sqlx::Error::WorkerCrashed))
        })
        .await
    }

    /// The same where nobody looks at the time.
    async fn until_told<T>(self, answer: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, sqlx::Error> {
        self.until_but(answer, |error| matches!(error, sqlx::Error::WorkerCrashed)).await
    }

    /// The same, where any error may have left something behind.
    pub(super) async fn until_done<T, E>(self, answer: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        self.until_but(answer, |_| true).await
    }

    /// An answer, unless it is an error that is none.
    async fn until_but<T, E>(
        self,
        answer: impl Future<Output = Result<T, E>>,
        is_none: impl FnOnce(&E) -> bool,
    ) -> Result<T, E> {
        let Some(is_unanswered) = self.0 else { return answer.await };
        is_unanswered.store(true, Ordering::Relaxed);
        let outcome = answer.await;
        if !outcome.as_ref().err().is_some_and(is_none) {
            is_unanswered.store(false, Ordering::Relaxed);
        }
        outcome
    }
}

impl<'c> Asked<'c> {
    /// One that nobody else uses.
    pub(super) fn alone(connection: &'c mut SqliteConnection) -> Self {
        Self { connection, note: Note(None) }
    }

    /// The same, for one question of several.
    pub(super) fn again(&mut self) -> Asked<'_> {
        Asked { connection: self.connection, note: self.note }
    }

    /// Where it is noted.
    pub(super) fn note(&self) -> Note<'c> {
        self.note
    }

    /// The connection.
    pub(super) fn into_connection(self) -> &'c mut SqliteConnection {
        self.connection
    }
}

impl Deref for Asked<'_> {
    type Target = SqliteConnection;

    fn deref(&self) -> &SqliteConnection {
        self.connection
    }
}

impl DerefMut for Asked<'_> {
    fn deref_mut(&mut self) -> &mut SqliteConnection {
        self.connection
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::{super::patience, *};

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
        let mut asked = reader.ask();
        let note = asked.note();
        note.until(patience::answer(sqlx::query_scalar(sql).fetch_one(&mut *asked))).await
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

    async fn write(tx: &mut SqliteTx, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&mut *tx.ask()).await.expect("done");
    }

    /// What somebody did who went away half-way is not there for whoever writes next; nor is it in the way where SQLite itself
    /// undid it, as it does where the disk is full, and which sqlx does not know of.
    #[tokio::test]
    async fn what_is_not_made_permanent_is_undone() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SqliteConnectOptions::new().filename(folder.path().join("a.db")).create_if_missing(true);
        let writer = Connections::to_write(options, Duration::from_mins(1));
        let mut tx = SqliteTx::begin(&writer).await.expect("begun");
        write(&mut tx, "create table a (b integer)").await;
        tx.commit().await.expect("permanent");

        for half in ["insert into a values (1)", "insert into a values (1); rollback"] {
            let mut tx = SqliteTx::begin(&writer).await.expect("begun");
            write(&mut tx, half).await;
            drop(tx);
            let mut tx = SqliteTx::begin(&writer).await.expect("the next begins");
            let (rows,): (i64,) =
                sqlx::query_as("select count(*) from a").fetch_one(&mut *tx.ask()).await.expect("read");
            assert_eq!(rows, 0, "{half}");
            tx.commit().await.expect("nothing to do");
        }
        // Somebody who goes away at any moment of it.
        for polls in 1..20 {
            let mut half = Box::pin(async {
                let mut tx = SqliteTx::begin(&writer).await.expect("begun");
                write(&mut tx, "insert into a values (2)").await;
                std::future::pending::<()>().await;
            });
            for _ in 0..polls {
                assert!((&mut half).now_or_never().is_none());
                tokio::task::yield_now().await;
            }
        }
        let mut tx = SqliteTx::begin(&writer).await.expect("the next begins");
        write(&mut tx, "insert into a values (3)").await;
        tx.commit().await.expect("permanent");
        let mut reader = writer.acquire().await.expect("a connection");
        assert_eq!(ask::<i64>(&mut reader, "select sum(b) from a").await.expect("read"), 3);
    }

    #[tokio::test]
    async fn nobody_reads_after_the_end() {
        let (readers, _folder) = two(Duration::from_millis(1)).await;
        readers.close().await;
        assert!(matches!(readers.acquire().await, Err(sqlx::Error::PoolClosed)));
        assert_eq!(readers.size(), 0);
    }
}
