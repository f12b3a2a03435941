//! Questions to one connection of an embedded database, and the writes of a transaction that wait for the next of them. Must not
//! decide who has a connection, nor when a transaction begins.

use std::{
    mem,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use futures_util::future::BoxFuture;
use sqlx::{
    Arguments as _, AssertSqlSafe, FromRow, Sqlite, SqliteConnection,
    error::BoxDynError,
    query::{Query, QueryAs},
    sqlite::{SqliteArguments, SqliteRow},
};

use super::{StoreError, connections::Lent, patience, sqlite_tx::SqliteTx};

/// Values that wait with them at most.
pub(super) const MOST_PENDING: usize = 500;
/// Values of writes whose text is kept, read and planned, for the next time.
const MOST_KEPT: usize = 50;

/// Writes of a transaction that wait for what it asks next: each question is another turn of the connection's thread, and many
/// writes in a row are one, so.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// Statements, each with its end; places are counted through.
    sql: String,
    arguments: SqliteArguments,
    /// Whether some were not done, for all that is known: then nothing of the transaction may be made permanent.
    is_lost: bool,
}

/// Statements to be done in a row, with their values; as often as need be.
#[derive(Clone, Debug)]
pub(super) struct Writes {
    sql: Arc<str>,
    arguments: SqliteArguments,
}

impl Pending {
    /// Adds a statement.
    ///
    /// # Errors
    /// Where a value cannot be put into it; then the transaction is lost.
    fn add(&mut self, sql: &'static str, values: &mut Values<'_>) -> Result<(), StoreError> {
        push_counted_on(&mut self.sql, sql, self.arguments.len());
        self.sql.push_str(";\n");
        values(&mut self.arguments).map_err(|error| {
            self.is_lost = true;
            StoreError::Database(sqlx::Error::Encode(error))
        })
    }

    /// What is to be written now, if anything is; lost unless it is [`Pending::keep`] that follows.
    ///
    /// # Errors
    /// Where some were not done before.
    pub(super) fn take(&mut self) -> Result<Option<Writes>, StoreError> {
        if self.is_lost {
            return Err(StoreError::Unfinished);
        }
        self.is_lost = true;
        let Self { sql, arguments, .. } = mem::replace(self, Self { is_lost: true, ..Self::default() });
        Ok((!sql.is_empty()).then(|| Writes { sql: sql.into(), arguments }))
    }

    /// What was taken last was done.
    pub(super) fn keep(&mut self) {
        self.is_lost = false;
    }
}

impl Writes {
    /// Does them.
    pub(super) async fn run(self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        // Of many writes the next text is another one.
        let is_kept = self.arguments.len() <= MOST_KEPT;
        let question = sqlx::query_with(AssertSqlSafe(self.sql), self.arguments).persistent(is_kept);
        question.execute(connection).await.map(drop)
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
pub struct Asked<'c>(On<'c>);

#[derive(Debug)]
enum On<'c> {
    /// One that nobody else uses.
    Alone(&'c mut SqliteConnection),
    /// One of several, for now.
    Lent(&'c mut Lent),
    /// That of a transaction.
    Transaction(&'c mut SqliteTx),
}

/// Where it is noted that a question is not answered yet, if anywhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note<'c>(Option<&'c AtomicBool>);

impl<'c> Note<'c> {
    /// There.
    pub(super) fn at(is_unanswered: &'c AtomicBool) -> Self {
        Self(Some(is_unanswered))
    }

    /// Waits for an answer. Where nobody waits to the end, the connection is not handed on before it is at rest.
    pub(super) async fn until<T>(self, answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.until_but(answer, |error| {
            matches!(error, StoreError::TooSlow | StoreError::Database(sqlx::Error::WorkerCrashed))
        })
        .await
    }

    /// The same where nobody looks at the time.
    pub(super) async fn until_told<T>(
        self,
        answer: impl Future<Output = Result<T, sqlx::Error>>,
    ) -> Result<T, sqlx::Error> {
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
        Self(On::Alone(connection))
    }

    /// One of several.
    pub(super) fn of(lent: &'c mut Lent) -> Self {
        Self(On::Lent(lent))
    }

    /// That of a transaction.
    pub(super) fn within(transaction: &'c mut SqliteTx) -> Self {
        Self(On::Transaction(transaction))
    }

    /// The same, for one question of several.
    pub(super) fn again(&mut self) -> Asked<'_> {
        Asked(match &mut self.0 {
            On::Alone(connection) => On::Alone(connection),
            On::Lent(lent) => On::Lent(lent),
            On::Transaction(transaction) => On::Transaction(transaction),
        })
    }

    /// The connection, on which nothing waits to be written any more, and where it is noted that it was asked something.
    ///
    /// # Errors
    /// When none is free, or that cannot be written.
    pub(super) async fn parts(&mut self) -> Result<(&mut SqliteConnection, Note<'_>), StoreError> {
        Ok(match &mut self.0 {
            On::Alone(connection) => (connection, Note(None)),
            On::Lent(lent) => lent.parts(),
            On::Transaction(transaction) => transaction.parts().await?,
        })
    }

    /// The connection alone.
    ///
    /// # Errors
    /// As before.
    pub async fn connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        Ok(self.parts().await?.0)
    }

    /// The same, for as long as it can be asked.
    ///
    /// # Errors
    /// As before.
    pub(super) async fn into_connection(self) -> Result<&'c mut SqliteConnection, StoreError> {
        Ok(match self.0 {
            On::Alone(connection) => connection,
            On::Lent(lent) => lent.parts().0,
            On::Transaction(transaction) => transaction.parts().await?.0,
        })
    }

    // These are boxed, so that each of the many places that ask holds no more of it than where it is.

    /// How many rows a statement touched.
    ///
    /// # Errors
    /// When the database is away, or the statement wrong.
    pub fn execute<'a>(&'a mut self, question: Question<'a>) -> BoxFuture<'a, Result<u64, StoreError>> {
        Box::pin(async move {
            let (connection, note) = self.parts().await?;
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
            let (connection, note) = self.parts().await?;
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
            let (connection, note) = self.parts().await?;
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
            let (connection, note) = self.parts().await?;
            note.until(patience::answer(question.fetch_one(connection))).await
        })
    }

    /// Writes with what is asked next, at the latest with the commit: there its errors are told, too. At once where this is no
    /// transaction.
    ///
    /// # Errors
    /// Where a value cannot be put into it, or where it is written at once.
    pub async fn write_later(&mut self, sql: &'static str, values: &mut Values<'_>) -> Result<(), StoreError> {
        if let On::Transaction(transaction) = &mut self.0 {
            let pending = transaction.pending();
            pending.add(sql, values)?;
            return if pending.arguments.len() < MOST_PENDING { Ok(()) } else { transaction.parts().await.map(drop) };
        }
        let mut alone = Pending::default();
        alone.add(sql, values)?;
        let Some(writes) = alone.take()? else { return Ok(()) };
        let (connection, note) = self.parts().await?;
        note.until(patience::answer(writes.run(connection))).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_on() {
        let mut sql = String::new();
        push_counted_on(&mut sql, "a $1, $12 where $2 = b", 3);
        assert_eq!(sql, "a $4, $15 where $5 = b");
    }
}
