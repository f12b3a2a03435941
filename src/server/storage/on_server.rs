//! Questions to a server, written once for all who ask: code that stands in every place of theirs is megabytes. Must not
//! know what is asked.

use futures_util::future::BoxFuture;
use sqlx::{
    FromRow, PgConnection, Postgres,
    postgres::{PgArguments, PgRow},
    query::{Query, QueryAs},
};

use super::{StoreError, patience};

/// How many rows a statement touched.
pub fn execute<'a>(
    on: &'a mut PgConnection,
    question: Query<'a, Postgres, PgArguments>,
) -> BoxFuture<'a, Result<u64, StoreError>> {
    Box::pin(async { patience::answer(question.execute(on)).await.map(|done| done.rows_affected()) })
}

/// Every row.
pub fn fetch_all<'a, Row: FromPostgres + 'a>(
    on: &'a mut PgConnection,
    question: QueryAs<'a, Postgres, Row, PgArguments>,
) -> BoxFuture<'a, Result<Vec<Row>, StoreError>> {
    Box::pin(patience::answer(question.fetch_all(on)))
}

/// The first row, if there is any.
pub fn fetch_optional<'a, Row: FromPostgres + 'a>(
    on: &'a mut PgConnection,
    question: QueryAs<'a, Postgres, Row, PgArguments>,
) -> BoxFuture<'a, Result<Option<Row>, StoreError>> {
    Box::pin(patience::answer(question.fetch_optional(on)))
}

/// The row that is there.
pub fn fetch_one<'a, Row: FromPostgres + 'a>(
    on: &'a mut PgConnection,
    question: QueryAs<'a, Postgres, Row, PgArguments>,
) -> BoxFuture<'a, Result<Row, StoreError>> {
    Box::pin(patience::answer(question.fetch_one(on)))
}

/// What rows can be read as.
pub trait FromPostgres: Send + Unpin + for<'r> FromRow<'r, PgRow> {}
impl<Row: Send + Unpin + for<'r> FromRow<'r, PgRow>> FromPostgres for Row {}
