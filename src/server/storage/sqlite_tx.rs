//! Transactions of an embedded database. One that only writes, and asks nothing, has no connection of its own: it is written
//! with others. Must not write anything before it is committed that others could see.

use sqlx::{SqlSafeStr as _, SqliteConnection, sqlite::SqliteTransactionManager};
use sqlx_core::transaction::TransactionManager as _;
use tracing::Instrument as _;

use super::{
    StoreError,
    asked::{Asked, Note, Pending, Writes},
    connections::{Connections, Durability, Lent, full_durability},
    patience,
    together::Writer,
};
use crate::server::telemetry::spans;

/// A transaction; rolled back when it is dropped. It begins with the first question.
#[derive(Debug)]
pub struct SqliteTx {
    writer: Writer,
    durability: Durability,
    begun: Option<Begun>,
    pending: Pending,
}

/// One that has begun, with the connection that writes.
#[derive(Debug)]
pub(super) struct Begun {
    lent: Lent,
    is_open: bool,
}

impl SqliteTx {
    /// One that writes.
    pub(super) fn new(writer: Writer, durability: Durability) -> Self {
        Self { writer, durability, begun: None, pending: Pending::default() }
    }

    /// Makes what was done permanent, alone or with what others wait to write.
    ///
    /// # Errors
    /// When it could not be written; then nothing was done.
    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        if self.begun.is_some() {
            self.parts().await?;
            // Whatever time the writes took.
            patience::renew();
        }
        match (self.begun.take(), self.pending.take()?) {
            (Some(begun), _) => patience::answer(begun.commit()).await,
            (None, Some(writes)) => self.writer.write(writes, self.durability).await,
            (None, None) => Ok(()),
        }
    }

    /// To be asked something.
    pub(super) fn ask(&mut self) -> Asked<'_> {
        Asked::within(self)
    }

    /// What waits for the next question.
    pub(super) fn pending(&mut self) -> &mut Pending {
        &mut self.pending
    }

    /// Its connection, on which nothing waits to be written any more, and where it is noted that it was asked something.
    ///
    /// # Errors
    /// When it cannot begin in time, or that cannot be written; then it can only be undone.
    pub(super) async fn parts(&mut self) -> Result<(&mut SqliteConnection, Note<'_>), StoreError> {
        let writes = self.pending.take()?;
        let begun = match &mut self.begun {
            Some(begun) => begun,
            none => {
                let begin = Begun::begin(self.writer.connections(), self.durability);
                none.insert(patience::answer(begin).instrument(spans::connection()).await?)
            }
        };
        if let Some(writes) = writes {
            patience::answer(begun.write(writes)).await?;
        }
        self.pending.keep();
        Ok(begun.lent.parts())
    }
}

impl Begun {
    /// Begins one when the connection is free.
    ///
    /// # Errors
    /// When it is not in time, or another process writes for too long.
    async fn begin(connections: &Connections, durability: Durability) -> Result<Self, sqlx::Error> {
        Self::on(connections.acquire_as_it_is().await?, durability).await
    }

    /// Begins one.
    ///
    /// # Errors
    /// When another process writes for too long.
    pub(super) async fn on(mut lent: Lent, durability: Durability) -> Result<Self, sqlx::Error> {
        // Immediate: two processes that both mean to write queue up instead of failing half-way.
        let begin = match durability {
            Durability::Full if lent.is_delayed() => concat!(full_durability!(), "; begin immediate"),
            Durability::Full => "begin immediate",
            Durability::Delayed => {
                lent.note_delayed(true);
                "pragma synchronous = normal; begin immediate"
            }
        };
        let (connection, note) = lent.parts();
        note.until_told(SqliteTransactionManager::begin(connection, Some(begin.into_sql_str()))).await?;
        lent.note_delayed(durability == Durability::Delayed);
        Ok(Self { lent, is_open: true })
    }

    /// Writes.
    ///
    /// # Errors
    /// Of whichever could not be done.
    pub(super) async fn write(&mut self, writes: Writes) -> Result<(), sqlx::Error> {
        let (connection, note) = self.lent.parts();
        note.until_told(writes.run(connection)).await
    }

    /// Makes what was done permanent.
    ///
    /// # Errors
    /// When it could not be written; then nothing was done.
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        let (connection, note) = self.lent.parts();
        note.until_told(SqliteTransactionManager::commit(connection)).await?;
        self.is_open = false;
        Ok(())
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        if self.is_open {
            SqliteTransactionManager::start_rollback(self.lent.leave());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt as _;
    use sqlx::{Arguments as _, sqlite::SqliteConnectOptions};

    use super::*;
    use crate::server::storage::asked::MOST_PENDING;

    /// Takes a moment to write.
    const SLOW_WRITE: &str =
        "insert into a with recursive n(n) as (select 1 union all select n + 1 from n where n < 3000000)
         select count(*) + $1 from n";

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
        let writer = Writer::with(Connections::to_write(options, Duration::from_mins(1)));
        let mut tx = writer.begin(Durability::Full);
        write(&mut tx, "create table a (b integer)").await;
        tx.commit().await.expect("permanent");

        for half in ["insert into a values (1)", "insert into a values (1); rollback"] {
            let mut tx = writer.begin(Durability::Full);
            write(&mut tx, half).await;
            drop(tx);
            let mut tx = writer.begin(Durability::Full);
            let mut asked = tx.ask();
            let connection = asked.connection().await.expect("there");
            let (rows,): (i64,) = sqlx::query_as("select count(*) from a").fetch_one(connection).await.expect("read");
            assert_eq!(rows, 0, "{half}");
            tx.commit().await.expect("nothing to do");
        }
        // Somebody who goes away at any moment of it.
        for polls in 1..20 {
            let mut half = Box::pin(async {
                let mut tx = writer.begin(Durability::Full);
                write(&mut tx, "insert into a values (2)").await;
                std::future::pending::<()>().await;
            });
            for _ in 0..polls {
                assert!((&mut half).now_or_never().is_none());
                tokio::task::yield_now().await;
            }
        }
        let mut tx = writer.begin(Durability::Full);
        write(&mut tx, "insert into a values (3)").await;
        tx.commit().await.expect("permanent");
        assert_eq!(sum(&mut writer.begin(Durability::Full)).await, 3);
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
        let writer = Writer::with(Connections::to_write(options, Duration::from_secs(10)));
        for next in [Some(Durability::Full), Some(Durability::Delayed), None] {
            let mut delayed = writer.begin(Durability::Delayed);
            assert_eq!(durability(delayed.ask()).await, 1);
            // Whether it was committed or undone.
            if next.is_none() {
                drop(delayed);
            } else {
                delayed.commit().await.expect("committed");
            }
            match next {
                Some(Durability::Full) => {
                    let mut tx = writer.begin(Durability::Full);
                    assert_eq!(durability(tx.ask()).await, 2);
                }
                _ => assert_eq!(durability(writer.connections().acquire().await.expect("free").ask()).await, 2),
            }
        }
        // Given up while it begins.
        drop(Box::pin(writer.begin(Durability::Delayed).ask().connection()).now_or_never());
        assert_eq!(durability(writer.connections().acquire().await.expect("free").ask()).await, 2);
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
        let writer = Writer::with(Connections::to_write(options, Duration::from_secs(10)));
        let begin = || writer.begin(Durability::Full);
        let mut tx = begin();
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
        let mut alone = writer.connections().acquire().await.expect("free");
        alone
            .ask()
            .write_later("insert into a values ($1)", &mut |arguments| arguments.add(100))
            .await
            .expect("written");
        drop(alone);

        let mut tx = begin();
        write_later(&mut tx, "insert into a values ($1)", 1_000).await.expect("kept");
        write_later(&mut tx, "insert into a values ($1)", 10).await.expect("kept");
        assert!(matches!(tx.commit().await, Err(StoreError::Taken)));
        // Nor where somebody goes on with one of which something failed, or was given up.
        let mut tx = begin();
        write_later(&mut tx, "insert into a values ($1)", 2_000).await.expect("kept");
        write_later(&mut tx, "insert into a values ($1)", 10).await.expect("kept");
        assert!(matches!(tx.ask().connection().await, Err(StoreError::Taken)));
        assert!(matches!(tx.ask().connection().await, Err(StoreError::Unfinished)));
        assert!(matches!(tx.commit().await, Err(StoreError::Unfinished)));
        let mut tx = begin();
        assert_eq!(sum(&mut tx).await, 119);
        write_later(&mut tx, SLOW_WRITE, 1).await.expect("kept");
        assert!(Box::pin(tx.ask().connection()).now_or_never().is_none(), "it takes a moment");
        assert!(matches!(tx.commit().await, Err(StoreError::Unfinished)));

        assert_eq!(sum(&mut begin()).await, 119);
    }

    /// What somebody left half-way keeps no other process from writing, though nobody writes here any more.
    #[tokio::test]
    async fn what_is_left_half_way_is_in_nobodys_way() {
        let folder = tempfile::tempdir().expect("a folder");
        let options = SqliteConnectOptions::new().filename(folder.path().join("a.db")).create_if_missing(true);
        let writer = Writer::with(Connections::to_write(options.clone(), Duration::from_secs(10)));
        let mut tx = writer.begin(Durability::Full);
        write(&mut tx, "create table a (b integer)").await;
        drop(tx);
        let other =
            Writer::with(Connections::to_write(options.busy_timeout(Duration::from_mins(1)), Duration::from_mins(1)));
        let mut tx = other.begin(Durability::Full);
        write(&mut tx, "create table a (b integer)").await;
        tx.commit().await.expect("permanent");
    }
}
