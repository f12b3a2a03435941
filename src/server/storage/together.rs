//! The connection that writes to an embedded database, and what waits to be written with it: transactions that ask nothing are
//! committed together, so that many wait for the disk once. Must not let one that fails take others with it, nor tell anybody
//! that it is done before it is.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{sync::oneshot, task::yield_now};

use super::{
    StoreError,
    asked::Writes,
    connections::{Connections, Durability, Lent},
    patience,
    sqlite_tx::{Begun, SqliteTx},
};
use crate::server::turns::Urgent;

/// The connection that writes.
#[derive(Clone, Debug)]
pub struct Writer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connections: Connections,
    waiting: Mutex<Waiting>,
}

/// What the next takes with it.
#[derive(Debug, Default)]
struct Waiting {
    parts: Vec<Part>,
    /// Whether somebody is to take it.
    is_fetched: bool,
}

/// A transaction as a part of one.
#[derive(Debug)]
struct Part {
    writes: Writes,
    durability: Durability,
    told: oneshot::Sender<Result<(), StoreError>>,
}

/// Who is to take what waits. Where they come to nothing, nobody waits for them any more.
struct Fetch {
    shared: Arc<Shared>,
    is_over: bool,
}

impl Fetch {
    fn new(shared: Arc<Shared>) -> Self {
        Self { shared, is_over: false }
    }

    /// How many wait by now.
    fn waiting(&self) -> usize {
        self.shared.waiting().parts.len()
    }

    /// Those who waited first, so many; from now on somebody else is to take the next, unless some wait still.
    fn take(&mut self, first: usize) -> Vec<Part> {
        let mut waiting = self.shared.waiting();
        let first = first.min(waiting.parts.len());
        let late = waiting.parts.split_off(first);
        let parts = mem::replace(&mut waiting.parts, late);
        self.is_over = waiting.parts.is_empty();
        waiting.is_fetched = !self.is_over;
        parts
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        if !self.is_over {
            self.take(usize::MAX);
        }
    }
}

/// Why parts were not written, and which of them could not be, if it is that.
struct Failure {
    error: StoreError,
    part: Option<usize>,
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        Self { error: error.into(), part: None }
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes them together; each that cannot be is written by itself after the others.
    async fn write(&self, mut lent: Lent, mut parts: Vec<Part>) {
        let mut alone = Vec::new();
        loop {
            parts.retain(|part: &Part| !part.told.is_closed());
            if parts.is_empty() {
                match alone.pop() {
                    Some(next) => parts.push(next),
                    None => return,
                }
                continue;
            }
            match together(lent, &parts).await {
                Err(Failure { error, part }) if parts.len() > 1 && !error.is_unavailable() => match part {
                    Some(part) => alone.push(parts.remove(part)),
                    None => alone.append(&mut parts),
                },
                written => tell(mem::take(&mut parts), written.map_err(|failure| failure.error)),
            }
            if parts.is_empty() && alone.is_empty() {
                return;
            }
            // Whoever else waits is next.
            lent = match self.connections.acquire_as_it_is().await {
                Ok(lent) => lent,
                Err(error) => {
                    parts.append(&mut alone);
                    return tell(parts, Err(error.into()));
                }
            };
        }
    }
}

/// Writes what waits by the time that the connection is free.
async fn write_what_waits(mut fetch: Fetch) {
    // Whoever is ready to write by now comes along.
    yield_now().await;
    while !fetch.is_over {
        let first = fetch.waiting();
        match fetch.shared.connections.acquire_as_it_is().await {
            Ok(lent) => {
                let parts = fetch.take(usize::MAX);
                return fetch.shared.write(lent, parts).await;
            }
            // Who came meanwhile has not waited as long.
            Err(error) => tell(fetch.take(first), Err(error.into())),
        }
    }
}

/// Writes all of them in one transaction, or none. Who does not wait any more is left out.
async fn together(lent: Lent, parts: &[Part]) -> Result<(), Failure> {
    let may_be_delayed = parts.iter().all(|part| part.durability == Durability::Delayed);
    let durability = if may_be_delayed { Durability::Delayed } else { Durability::Full };
    let mut begun = Begun::on(lent, durability).await?;
    for (number, part) in parts.iter().enumerate() {
        if !part.told.is_closed() {
            let written = begun.write(part.writes.clone()).await;
            written.map_err(|error| Failure { error: error.into(), part: Some(number) })?;
        }
    }
    Ok(begun.commit().await?)
}

/// Tells everybody.
fn tell(mut parts: Vec<Part>, written: Result<(), StoreError>) {
    // Who does not wait any more need not know.
    let tell = |part: Part, written| drop(part.told.send(written));
    match (parts.pop(), written) {
        (Some(alone), written) if parts.is_empty() => tell(alone, written),
        (last, written) => {
            let written = written.map_err(Arc::new);
            for part in parts.into_iter().chain(last) {
                tell(part, written.clone().map_err(StoreError::Together));
            }
        }
    }
}

impl Writer {
    /// Writes with one of these connections, of which there is one.
    pub(super) fn with(connections: Connections) -> Self {
        Self(Arc::new(Shared { connections, waiting: Mutex::default() }))
    }

    /// A transaction of a durability.
    pub(super) fn begin(&self, durability: Durability) -> SqliteTx {
        SqliteTx::new(self.clone(), durability)
    }

    /// Where the connection is.
    pub(super) fn connections(&self) -> &Connections {
        &self.0.connections
    }

    /// Writes all of this or nothing, with whatever others want to write. What nobody waits for any more by the time that it could
    /// be written is not written.
    ///
    /// # Errors
    /// When it could not be written; then nothing was done. When there is no answer in time, all was done or nothing.
    pub(super) async fn write(&self, writes: Writes, durability: Durability) -> Result<(), StoreError> {
        let (_urgent, (told, written)) = (Urgent::now(), oneshot::channel());
        let is_first = {
            let mut waiting = self.0.waiting();
            waiting.parts.push(Part { writes, durability, told });
            !mem::replace(&mut waiting.is_fetched, true)
        };
        if is_first {
            // A task of its own: whoever began it may go away, and the others do not.
            tokio::spawn(write_what_waits(Fetch::new(Arc::clone(&self.0))));
        }
        patience::answer(async { written.await.map_err(|_| sqlx::Error::WorkerCrashed) }).await?
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicU32, Ordering},
        time::Duration,
    };

    use futures_util::{FutureExt as _, future::join_all};
    use sqlx::{Arguments as _, sqlite::SqliteConnectOptions};
    use tempfile::TempDir;

    use super::*;

    struct Desk {
        writer: Writer,
        commits: Arc<AtomicU32>,
        folder: TempDir,
    }

    impl Desk {
        async fn with(patience: Duration) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            let options = SqliteConnectOptions::new().filename(folder.path().join("a.db")).create_if_missing(true);
            let writer = Writer::with(Connections::to_write(options, patience));
            let commits = Arc::<AtomicU32>::default();
            let mut lent = writer.connections().acquire().await.expect("free");
            let connection = lent.ask().into_connection().await.expect("there");
            sqlx::raw_sql("create table a (b integer unique)").execute(&mut *connection).await.expect("made");
            let counted = Arc::clone(&commits);
            let count = move || counted.fetch_add(1, Ordering::SeqCst) < u32::MAX;
            connection.lock_handle().await.expect("there").set_commit_hook(count);
            drop(lent);
            Self { writer, commits, folder }
        }

        async fn writes(&self, value: i64, durability: Durability) -> SqliteTx {
            let mut tx = self.writer.begin(durability);
            let values = &mut |arguments: &mut sqlx::sqlite::SqliteArguments| arguments.add(value);
            tx.ask().write_later("insert into a values ($1)", values).await.expect("kept");
            tx
        }

        async fn commit(&self, value: i64) -> Result<(), StoreError> {
            self.writes(value, Durability::Full).await.commit().await
        }

        async fn values(&self) -> Vec<i64> {
            let mut lent = self.writer.connections().acquire().await.expect("free");
            let connection = lent.ask().into_connection().await.expect("there");
            sqlx::query_scalar("select b from a order by b").fetch_all(connection).await.expect("read")
        }

        fn commits(&self) -> u32 {
            self.commits.load(Ordering::SeqCst)
        }
    }

    /// Somebody who writes for long.
    async fn busy(desk: &Desk) -> Lent {
        desk.writer.connections().acquire().await.expect("free")
    }

    /// Whoever is to write has been told by now that somebody else does.
    async fn is_waiting() {
        for _ in 0..10 {
            yield_now().await;
        }
    }

    #[tokio::test]
    async fn those_who_wait_are_committed_together() {
        let desk = Desk::with(Duration::from_mins(1)).await;
        let before = busy(&desk).await;
        let mut all = Box::pin(join_all((0..20).map(|value| desk.commit(value))));
        assert!((&mut all).now_or_never().is_none(), "nobody is told before it is done");
        drop(before);
        assert!(all.await.iter().all(Result::is_ok));
        assert_eq!((desk.values().await, desk.commits()), ((0..20).collect(), 1));
        desk.commit(20).await.expect("alone");
        assert_eq!((desk.values().await.len(), desk.commits()), (21, 2));
    }

    #[tokio::test]
    async fn who_writes_what_cannot_be_takes_nobody_along() {
        let desk = Desk::with(Duration::from_mins(1)).await;
        desk.commit(3).await.expect("written");
        desk.commit(5).await.expect("written");
        let told = join_all((1..6).map(|value| desk.commit(value))).await;
        for (value, told) in (1..6).zip(&told) {
            if [3, 5].contains(&value) {
                assert!(matches!(told, Err(StoreError::Taken)), "{told:?}");
            } else {
                assert!(told.is_ok(), "{told:?}");
            }
        }
        assert_eq!((desk.values().await, desk.commits()), (vec![1, 2, 3, 4, 5], 3), "the others are together");
        // Two who cannot be written both, but either.
        let told = join_all([6, 7, 6].map(|value| desk.commit(value))).await;
        assert!(matches!(told[..], [Ok(()), Ok(()), Err(StoreError::Taken)]), "{told:?}");
    }

    /// What cannot be done at once, but with the commit, is nobody else's either.
    #[tokio::test]
    async fn who_fails_with_the_commit_takes_nobody_along() {
        let desk = Desk::with(Duration::from_mins(1)).await;
        let mut lent = busy(&desk).await;
        let table =
            "pragma foreign_keys = on; create table c (b integer references a (b) deferrable initially deferred)";
        sqlx::raw_sql(table).execute(lent.parts().0).await.expect("made");
        drop(lent);
        let refers = async {
            let mut tx = desk.writer.begin(Durability::Full);
            let values = &mut |arguments: &mut sqlx::sqlite::SqliteArguments| arguments.add(99);
            tx.ask().write_later("insert into c values ($1)", values).await.expect("kept");
            tx.commit().await
        };
        let (one, refused, other) = tokio::join!(desk.commit(1), refers, desk.commit(2));
        assert!(one.is_ok() && other.is_ok());
        assert!(matches!(refused, Err(StoreError::Database(sqlx::Error::Database(_)))), "{refused:?}");
        assert_eq!(desk.values().await, [1, 2]);
    }

    /// What nobody waits for any more is not written, and whoever came first and went keeps nobody waiting.
    #[tokio::test]
    async fn who_goes_away_is_left_out() {
        let desk = Desk::with(Duration::from_mins(1)).await;
        let before = busy(&desk).await;
        let mut first = Box::pin(desk.commit(1));
        assert!((&mut first).now_or_never().is_none());
        let mut second = Box::pin(desk.commit(2));
        assert!((&mut second).now_or_never().is_none());
        drop(first);
        drop(before);
        second.await.expect("written");
        assert_eq!(desk.values().await, [2]);
        // Also where the transaction has begun already, for all that is known here.
        let file = desk.folder.path().join("a.db");
        let another =
            Writer::with(Connections::to_write(SqliteConnectOptions::new().filename(file), Duration::from_mins(1)));
        let mut writes = another.begin(Durability::Full);
        writes.parts().await.expect("begun");
        let mut late = Box::pin(desk.commit(3));
        assert!((&mut late).now_or_never().is_none());
        while desk.writer.0.waiting().is_fetched {
            yield_now().await;
        }
        drop(late);
        drop(writes);
        assert_eq!(desk.values().await, [2]);
        // Alone, too.
        let before = busy(&desk).await;
        assert!(Box::pin(desk.commit(3)).now_or_never().is_none());
        yield_now().await;
        drop(before);
        desk.commit(4).await.expect("written");
        assert_eq!(desk.values().await, [2, 4]);
    }

    #[tokio::test]
    async fn one_of_full_durability_makes_it_that_of_all() {
        let desk = Desk::with(Duration::from_mins(1)).await;
        let (delayed, full) = (Durability::Delayed, Durability::Full);
        let cases = [([delayed, delayed], true), ([delayed, full], false), ([full, delayed], false)];
        for (n, (durabilities, is_delayed)) in (0..).zip(cases) {
            let (one, other) =
                (desk.writes(2 * n, durabilities[0]).await, desk.writes(2 * n + 1, durabilities[1]).await);
            let (one, other) = tokio::join!(one.commit(), other.commit());
            assert!(one.is_ok() && other.is_ok());
            let mut lent = desk.writer.connections().acquire_as_it_is().await.expect("free");
            let set: i64 = sqlx::query_scalar("pragma synchronous").fetch_one(lent.parts().0).await.expect("a number");
            assert_eq!((lent.is_delayed(), set), (is_delayed, if is_delayed { 1 } else { 2 }), "{durabilities:?}");
        }
        assert_eq!(desk.commits(), 3);
    }

    #[tokio::test]
    async fn who_comes_late_waits_for_as_long_as_others_did() {
        let desk = Desk::with(Duration::from_secs(1)).await;
        let before = busy(&desk).await;
        let mut first = Box::pin(desk.commit(1));
        assert!((&mut first).now_or_never().is_none());
        is_waiting().await;
        let mut late = Box::pin(desk.commit(2));
        assert!((&mut late).now_or_never().is_none());
        let told = first.await;
        assert!(told.as_ref().is_err_and(StoreError::is_unavailable), "{told:?}");
        drop(before);
        late.await.expect("written");
        assert_eq!(desk.values().await, [2]);
    }

    #[tokio::test]
    async fn at_the_end_everybody_is_told() {
        let desk = Desk::with(Duration::from_mins(1)).await;
        desk.commit(3).await.expect("written");
        let before = busy(&desk).await;
        let mut both = Box::pin(join_all([3, 4].map(|value| desk.commit(value))));
        assert!((&mut both).now_or_never().is_none());
        is_waiting().await;
        let mut end = Box::pin(desk.writer.connections().close());
        assert!((&mut end).now_or_never().is_none());
        drop(before);
        // One of them cannot be written, and then nothing can be any more.
        let (told, ()) = tokio::join!(both, end);
        assert!(told.iter().all(|told| told.as_ref().is_err_and(StoreError::is_unavailable)), "{told:?}");
    }

    /// Everybody is told, and the next are not in the way of what those left behind.
    #[tokio::test]
    async fn where_it_cannot_be_written_everybody_is_told() {
        let desk = Desk::with(Duration::from_millis(1)).await;
        let before = busy(&desk).await;
        for told in join_all((0..3).map(|value| desk.commit(value))).await {
            assert!(told.as_ref().is_err_and(StoreError::is_unavailable), "{told:?}");
        }
        drop(before);
        loop {
            match desk.commit(9).await {
                Ok(()) => break,
                Err(error) => assert!(error.is_unavailable(), "{error}"),
            }
        }
        assert_eq!(desk.values().await, [9]);
        desk.writer.connections().close().await;
        assert!(desk.commit(10).await.is_err_and(|error| error.is_unavailable()));
    }

    /// One that asks sees what it wrote, and what it goes on to write is its own.
    #[tokio::test]
    async fn who_asks_something_writes_alone() {
        let desk = Desk::with(Duration::from_mins(1)).await;
        let mut tx = desk.writes(1, Durability::Full).await;
        let connection = tx.ask().into_connection().await.expect("there");
        let seen: Vec<i64> = sqlx::query_scalar("select b from a").fetch_all(connection).await.expect("read");
        assert_eq!(seen, [1]);
        let mut other = Box::pin(desk.commit(2));
        assert!((&mut other).now_or_never().is_none());
        drop(tx);
        other.await.expect("written");
        assert_eq!((desk.values().await, desk.commits()), (vec![2], 1));
    }
}
