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
    /// What waits, and for which somebody waits still.
    fn take(&mut self) -> Vec<Part> {
        self.is_over = true;
        let mut waiting = self.shared.waiting();
        waiting.is_fetched = false;
        let mut parts = mem::take(&mut waiting.parts);
        drop(waiting);
        parts.retain(|part| !part.told.is_closed());
        parts
    }
}

impl Drop for Fetch {
    fn drop(&mut self) {
        if !self.is_over {
            self.take();
        }
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what waits by the time that the connection is free.
    async fn write_what_waits(self: Arc<Self>) {
        let mut fetch = Fetch { shared: Arc::clone(&self), is_over: false };
        // Whoever is ready to write by now comes along.
        yield_now().await;
        let lent = self.connections.acquire_as_it_is().await;
        let parts = fetch.take();
        let written = match lent {
            Ok(lent) if !parts.is_empty() => together(lent, &parts).await,
            other => other.map(drop),
        }
        .map_err(StoreError::from);
        match written {
            Err(error) if parts.len() > 1 && !error.is_unavailable() => self.write_each(parts).await,
            written => tell(parts, written),
        }
    }

    /// Writes them one after the other, as one of them cannot be.
    async fn write_each(&self, parts: Vec<Part>) {
        for part in parts {
            let written = match self.connections.acquire_as_it_is().await {
                Ok(lent) => together(lent, std::slice::from_ref(&part)).await,
                Err(error) => Err(error),
            };
            tell(vec![part], written.map_err(StoreError::from));
        }
    }
}

/// Writes all of them in one transaction, or none.
async fn together(lent: Lent, parts: &[Part]) -> Result<(), sqlx::Error> {
    let may_be_delayed = parts.iter().all(|part| part.durability == Durability::Delayed);
    let durability = if may_be_delayed { Durability::Delayed } else { Durability::Full };
    let mut begun = Begun::on(lent, durability).await?;
    for part in parts {
        begun.write(part.writes.clone()).await?;
    }
    begun.commit().await
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
        let (told, written) = oneshot::channel();
        let is_first = {
            let mut waiting = self.0.waiting();
            waiting.parts.push(Part { writes, durability, told });
            !mem::replace(&mut waiting.is_fetched, true)
        };
        if is_first {
            // A task of its own: whoever began it may go away, and the others do not.
            tokio::spawn(Arc::clone(&self.0).write_what_waits());
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
        _folder: TempDir,
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
            Self { writer, commits, _folder: folder }
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
        let told = join_all((1..6).map(|value| desk.commit(value))).await;
        for (value, told) in (1..6).zip(&told) {
            if value == 3 {
                assert!(matches!(told, Err(StoreError::Taken)), "{told:?}");
            } else {
                assert!(told.is_ok(), "{told:?}");
            }
        }
        assert_eq!(desk.values().await, [1, 2, 3, 4, 5]);
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
            let lent = desk.writer.connections().acquire_as_it_is().await.expect("free");
            assert_eq!(lent.is_delayed(), is_delayed, "{durabilities:?}");
        }
        assert_eq!(desk.commits(), 3);
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
