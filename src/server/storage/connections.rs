//! The connections to an embedded database. They are kept open and handed from one question to the next as they are: a pool would
//! ask each, whenever it is given back, whether it is still there, and that is another turn of its thread for every request. Must
//! not hand one on that is at something still, nor one with a transaction open.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use sqlx::{
    Arguments as _, AssertSqlSafe, ConnectOptions, Connection, FromRow, SqlSafeStr as _, Sqlite, SqliteConnection,
    error::BoxDynError,
    query::{Query, QueryAs},
    sqlite::{SqliteArguments, SqliteConnectOptions, SqliteRow, SqliteTransactionManager},
};
use sqlx_core::transaction::TransactionManager as _;
use tokio::{
    sync::{Mutex, OwnedMappedMutexGuard, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{StoreError, patience};
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
            let Asked { connection, note, .. } = lent.ask();
            note.until_told(sqlx::raw_sql(full_durability!()).execute(connection)).await?;
            lent.place.is_delayed.store(false, Ordering::Relaxed);
        }
        Ok(lent)
    }

    /// The same, of whatever durability it was last.
    async fn acquire_as_it_is(&self) -> Result<Lent, sqlx::Error> {
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
        Asked { connection: &mut self.connection, note: Note(Some(&self.place.is_unanswered)), pending: None }
    }
}

/// Values that wait with them at most.
const MOST_PENDING: usize = 500;
/// Values of writes whose text is kept, read and planned, for the next time.
const MOST_KEPT: usize = 50;

/// Writes of a transaction that wait for what it asks next: each question is another turn of the connection's thread, and many
/// writes in a row are one, so.
#[derive(Debug, Default)]
struct Pending {
    /// Statements, each with its end; places are counted through.
    sql: String,
    arguments: SqliteArguments,
    /// Whether some were not done, for all that is known: then nothing of the transaction may be made permanent.
    is_lost: bool,
}

impl Pending {
    fn add(&mut self, sql: &'static str, values: &mut Values<'_>) -> Result<(), StoreError> {
        push_counted_on(&mut self.sql, sql, self.arguments.len());
        self.sql.push_str(";\n");
        values(&mut self.arguments).map_err(|error| {
            self.is_lost = true;
            StoreError::Database(sqlx::Error::Encode(error))
        })
    }
}

/// Adds a statement with its places (`$1`) counted on from what was counted before.
fn push_counted_on(to: &mut String, sql: &str, counted: usize) {
    let mut parts = sql.split('$');
    to.push_str(parts.next().unwrap_or_default());
    for part in parts {
        to.push('$');
        let end = part.find(|character: char| !character.is_ascii_digit()).unwrap_or(part.len());
        let (place, rest) = part.split_at(end);
        match place.parse::<usize>() {
            Ok(place) => to.push_str(&(place + counted).to_string()),
            Err(_) => to.push_str(place),
        }
        to.push_str(rest);
    }
}

/// A transaction; rolled back when it is dropped.
#[derive(Debug)]
pub struct SqliteTx {
    lent: Lent,
    pending: Pending,
    is_open: bool,
}

impl SqliteTx {
    /// Begins one that writes.
    ///
    /// # Errors
    /// When no connection is free in time, or another process writes for too long.
    pub(super) async fn begin(connections: &Connections, durability: Durability) -> Result<Self, sqlx::Error> {
        let mut lent = connections.acquire_as_it_is().await?;
        let place = Arc::clone(&lent.place);
        // Immediate: two processes that both mean to write queue up instead of failing half-way.
        let begin = match durability {
            Durability::Full if place.is_delayed() => concat!(full_durability!(), "; begin immediate"),
            Durability::Full => "begin immediate",
            Durability::Delayed => {
                place.is_delayed.store(true, Ordering::Relaxed);
                "pragma synchronous = normal; begin immediate"
            }
        };
        let Asked { connection, note, .. } = lent.ask();
        note.until_told(SqliteTransactionManager::begin(connection, Some(begin.into_sql_str()))).await?;
        place.is_delayed.store(durability == Durability::Delayed, Ordering::Relaxed);
        Ok(Self { lent, pending: Pending::default(), is_open: true })
    }

    /// Makes what was done permanent.
    ///
    /// # Errors
    /// When it could not be written; then nothing was done.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        let mut asked = self.ask();
        let note = asked.note();
        let connection = asked.connection().await?;
        // Whatever time the writes took.
        patience::renew();
        note.until(patience::answer(SqliteTransactionManager::commit(connection))).await?;
        self.is_open = false;
        Ok(())
    }

    /// To be asked something.
    pub(super) fn ask(&mut self) -> Asked<'_> {
        Asked { pending: Some(&mut self.pending), ..self.lent.ask() }
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

/// A statement with its values.
type Question<'q> = Query<'q, Sqlite, SqliteArguments>;
/// The same where it answers with rows.
type QuestionAs<'q, Row> = QueryAs<'q, Sqlite, Row, SqliteArguments>;
/// Puts the values of a statement in their places.
type Values<'v> = dyn FnMut(&mut SqliteArguments) -> Result<(), BoxDynError> + Send + 'v;

/// What rows can be read as.
pub trait FromSqlite: Send + Unpin + for<'r> FromRow<'r, SqliteRow> {}
impl<Row: Send + Unpin + for<'r> FromRow<'r, SqliteRow>> FromSqlite for Row {}

/// A connection that is asked something.
#[derive(Debug)]
pub struct Asked<'c> {
    connection: &'c mut SqliteConnection,
    note: Note<'c>,
    /// Where writes may wait, if they may.
    pending: Option<&'c mut Pending>,
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
        Self { connection, note: Note(None), pending: None }
    }

    /// The same, for one question of several.
    pub(super) fn again(&mut self) -> Asked<'_> {
        Asked { connection: self.connection, note: self.note, pending: self.pending.as_deref_mut() }
    }

    /// Where it is noted.
    pub(super) fn note(&self) -> Note<'c> {
        self.note
    }

    /// The connection, on which nothing waits to be written any more.
    ///
    /// # Errors
    /// When that cannot be written.
    pub async fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.write_pending().await?;
        Ok(self.connection)
    }

    /// The same, for as long as it can be asked.
    ///
    /// # Errors
    /// As before.
    pub(super) async fn into_connection(mut self) -> Result<&'c mut SqliteConnection, StoreError> {
        self.write_pending().await?;
        Ok(self.connection)
    }

    // These are boxed, so that each of the many places that ask holds no more of it than where it is.

    /// How many rows a statement touched.
    ///
    /// # Errors
    /// When the database is away, or the statement wrong.
    pub fn execute<'a>(&'a mut self, question: Question<'a>) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            let note = self.note;
            let connection = self.connection().await?;
            note.until(patience::answer(question.execute(connection))).await.map(|done| done.rows_affected())
        })
    }

    /// Every row.
    ///
    /// # Errors
    /// As before.
    pub fn fetch_all<'a, Row: FromSqlite + 'a>(
        &'a mut self,
        question: QuestionAs<'a, Row>,
    ) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
        Box::pin(async move {
            let note = self.note;
            let connection = self.connection().await?;
            note.until(patience::answer(question.fetch_all(connection))).await
        })
    }

    /// The first row, if there is any.
    ///
    /// # Errors
    /// As before.
    pub fn fetch_optional<'a, Row: FromSqlite + 'a>(
        &'a mut self,
        question: QuestionAs<'a, Row>,
    ) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
        Box::pin(async move {
            let note = self.note;
            let connection = self.connection().await?;
            note.until(patience::answer(question.fetch_optional(connection))).await
        })
    }

    /// The row that is there.
    ///
    /// # Errors
    /// As before, and where there is none.
    pub fn fetch_one<'a, Row: FromSqlite + 'a>(
        &'a mut self,
        question: QuestionAs<'a, Row>,
    ) -> BoxFuture<'a, Result<Row, StoreError>> {
        Box::pin(async move {
            let note = self.note;
            let connection = self.connection().await?;
            note.until(patience::answer(question.fetch_one(connection))).await
        })
    }

    /// Writes with what is asked next, at the latest with the commit: there its errors are told, too. At once where this is no
    /// transaction.
    ///
    /// # Errors
    /// Where a value cannot be put into it, or where it is written at once.
    pub async fn write_later(&mut self, sql: &'static str, values: &mut Values<'_>) -> Result<(), StoreError> {
        if let Some(pending) = &mut self.pending {
            pending.add(sql, values)?;
            return if pending.arguments.len() < MOST_PENDING { Ok(()) } else { self.write_pending().await };
        }
        let mut alone = Pending::default();
        alone.add(sql, values)?;
        Asked { connection: self.connection, note: self.note, pending: Some(&mut alone) }.write_pending().await
    }

    async fn write_pending(&mut self) -> Result<(), StoreError> {
        let Some(pending) = &mut self.pending else { return Ok(()) };
        if pending.is_lost {
            return Err(StoreError::Unfinished);
        }
        if pending.sql.is_empty() {
            return Ok(());
        }
        let Pending { sql, arguments, .. } = mem::replace(*pending, Pending { is_lost: true, ..Pending::default() });
        // Of many writes the next text is another one.
        let is_kept = arguments.len() <= MOST_KEPT;
        let question = sqlx::query_with(AssertSqlSafe(sql), arguments).persistent(is_kept);
        let question = question.execute(&mut *self.connection);
        self.note.until(patience::answer(question)).await?;
        pending.is_lost = false;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

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
        let connection = asked.connection().await?;
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

    /// Takes a moment to write.
    const SLOW_WRITE: &str =
        "insert into a with recursive n(n) as (select 1 union all select n + 1 from n where n < 3000000)
         select count(*) + $1 from n";

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
        let mut asked = tx.ask();
        sqlx::raw_sql(sql).execute(asked.connection().await.expect("there")).await.expect("done");
    }

    /// What somebody did who went away half-way is not there for whoever writes next; nor is it in the way where SQLite itself
    /// undid it, as it does where the disk is full, and which sqlx does not know of.
    #[tokio::test]
    async fn what_is_not_made_permanent_is_undone() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SqliteConnectOptions::new().filename(folder.path().join("a.db")).create_if_missing(true);
        let writer = Connections::to_write(options, Duration::from_mins(1));
        let mut tx = SqliteTx::begin(&writer, Durability::Full).await.expect("begun");
        write(&mut tx, "create table a (b integer)").await;
        tx.commit().await.expect("permanent");

        for half in ["insert into a values (1)", "insert into a values (1); rollback"] {
            let mut tx = SqliteTx::begin(&writer, Durability::Full).await.expect("begun");
            write(&mut tx, half).await;
            drop(tx);
            let mut tx = SqliteTx::begin(&writer, Durability::Full).await.expect("the next begins");
            let mut asked = tx.ask();
            let connection = asked.connection().await.expect("there");
            let (rows,): (i64,) = sqlx::query_as("select count(*) from a").fetch_one(connection).await.expect("read");
            assert_eq!(rows, 0, "{half}");
            tx.commit().await.expect("nothing to do");
        }
        // Somebody who goes away at any moment of it.
        for polls in 1..20 {
            let mut half = Box::pin(async {
                let mut tx = SqliteTx::begin(&writer, Durability::Full).await.expect("begun");
                write(&mut tx, "insert into a values (2)").await;
                std::future::pending::<()>().await;
            });
            for _ in 0..polls {
                assert!((&mut half).now_or_never().is_none());
                tokio::task::yield_now().await;
            }
        }
        let mut tx = SqliteTx::begin(&writer, Durability::Full).await.expect("the next begins");
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

    /// What a commit waits for: 1 where it is the disk now and then, 2 where it is the disk.
    async fn durability(mut asked: Asked<'_>) -> i64 {
        let connection = asked.connection().await.expect("there");
        sqlx::query_scalar("pragma synchronous").fetch_one(connection).await.expect("a number")
    }

    /// After one that need not be on the disk, whatever writes next waits for the disk again, a transaction or not.
    #[tokio::test]
    async fn what_may_be_delayed_delays_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SqliteConnectOptions::new().filename(folder.path().join("a.db")).create_if_missing(true);
        let writer = Connections::to_write(options, Duration::from_secs(10));
        for next in [Some(Durability::Full), Some(Durability::Delayed), None] {
            let mut delayed = SqliteTx::begin(&writer, Durability::Delayed).await.expect("begun");
            assert_eq!(durability(delayed.ask()).await, 1);
            // Whether it was committed or undone.
            if next.is_none() {
                drop(delayed);
            } else {
                delayed.commit().await.expect("committed");
            }
            match next {
                Some(Durability::Full) => {
                    let mut tx = SqliteTx::begin(&writer, Durability::Full).await.expect("begun");
                    assert_eq!(durability(tx.ask()).await, 2);
                }
                _ => assert_eq!(durability(writer.acquire().await.expect("free").ask()).await, 2),
            }
        }
        // Given up while it begins.
        drop(Box::pin(SqliteTx::begin(&writer, Durability::Delayed)).now_or_never());
        assert_eq!(durability(writer.acquire().await.expect("free").ask()).await, 2);
    }

    async fn write_later(tx: &mut SqliteTx, sql: &'static str, value: i64) -> Result<(), StoreError> {
        tx.ask().write_later(sql, &mut |arguments| arguments.add(value)).await
    }

    async fn sum(tx: &mut SqliteTx) -> i64 {
        let mut asked = tx.ask();
        let connection = asked.connection().await.expect("written");
        sqlx::query_scalar("select coalesce(sum(b), 0) from a").fetch_one(connection).await.expect("read")
    }

    /// What is to be written later is seen by whatever is asked next, and is there after the commit, in its order; where any of it
    /// fails, nothing of the transaction is there.
    #[tokio::test]
    async fn what_is_written_later_is_written_before_anything_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SqliteConnectOptions::new().filename(folder.path().join("a.db")).create_if_missing(true);
        let writer = Connections::to_write(options, Duration::from_secs(10));
        let begin = async || SqliteTx::begin(&writer, Durability::Full).await.expect("begun");
        let mut tx = begin().await;
        write(&mut tx, "create table a (b integer unique)").await;
        for value in 1..=i64::try_from(MOST_PENDING).expect("a number") + 1 {
            write_later(&mut tx, "insert into a values ($1)", value).await.expect("kept");
        }
        write_later(&mut tx, "delete from a where b > $1", 3).await.expect("kept");
        write_later(&mut tx, "update a set b = b + $1 where b = $1", 3).await.expect("kept");
        assert_eq!(sum(&mut tx).await, 9);
        write_later(&mut tx, "insert into a values ($1)", 10).await.expect("kept");
        tx.commit().await.expect("permanent");
        // Outside a transaction at once.
        let mut alone = writer.acquire().await.expect("free");
        alone
            .ask()
            .write_later("insert into a values ($1)", &mut |arguments| arguments.add(100))
            .await
            .expect("written");
        drop(alone);

        let mut tx = begin().await;
        write_later(&mut tx, "insert into a values ($1)", 1_000).await.expect("kept");
        write_later(&mut tx, "insert into a values ($1)", 10).await.expect("kept");
        assert!(matches!(tx.commit().await, Err(StoreError::Taken)));
        // Nor where somebody goes on with one of which something failed, or was given up.
        let mut tx = begin().await;
        write_later(&mut tx, "insert into a values ($1)", 2_000).await.expect("kept");
        write_later(&mut tx, "insert into a values ($1)", 10).await.expect("kept");
        assert!(matches!(tx.ask().connection().await, Err(StoreError::Taken)));
        assert!(matches!(tx.ask().connection().await, Err(StoreError::Unfinished)));
        assert!(matches!(tx.commit().await, Err(StoreError::Unfinished)));
        let mut tx = begin().await;
        write_later(&mut tx, SLOW_WRITE, 1).await.expect("kept");
        assert!(Box::pin(tx.ask().connection()).now_or_never().is_none(), "it takes a moment");
        assert!(matches!(tx.commit().await, Err(StoreError::Unfinished)));

        assert_eq!(sum(&mut begin().await).await, 119);
    }

    /// What somebody left half-way keeps no other process from writing, though nobody writes here any more.
    #[tokio::test]
    async fn what_is_left_half_way_is_in_nobodys_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SqliteConnectOptions::new().filename(folder.path().join("a.db")).create_if_missing(true);
        let writer = Connections::to_write(options.clone(), Duration::from_secs(10));
        let mut tx = SqliteTx::begin(&writer, Durability::Full).await.expect("begun");
        write(&mut tx, "create table a (b integer)").await;
        drop(tx);
        let other = Connections::to_write(options.busy_timeout(Duration::from_mins(1)), Duration::from_mins(1));
        let mut tx = SqliteTx::begin(&other, Durability::Full).await.expect("begun");
        write(&mut tx, "create table a (b integer)").await;
        tx.commit().await.expect("permanent");
    }

    #[test]
    fn places_are_counted_on() {
        let mut sql = String::new();
        push_counted_on(&mut sql, "a $1, $12 where $2 = b", 3);
        assert_eq!(sql, "a $4, $15 where $5 = b");
    }
}
