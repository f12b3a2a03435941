//! Tries counted against limits, as rows keyed by a digest. Must not know what is limited, or how much is too much.

use sqlx::AssertSqlSafe;

use crate::domain::moment::Moment;

use super::{
    Handle, StoreError, Tx,
    db::{execute, rows, write_later},
    on_server,
};

/// What is remembered of the tries under one key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct LimitRow {
    /// Tries that count.
    pub count: i64,
    /// No further try before this instant, in seconds since 1970.
    pub blocked_until: i64,
    /// From then on nothing is remembered, in seconds since 1970.
    pub expires_at: i64,
}

/// A row with its key.
#[derive(sqlx::FromRow)]
struct Keyed {
    key: String,
    #[sqlx(flatten)]
    row: LimitRow,
}

/// What is to be written under a key, and whose it is, where there is such a person.
#[derive(Clone, Copy, Debug)]
pub struct Tried<'a> {
    /// The key.
    pub key: &'a str,
    /// The row.
    pub row: LimitRow,
    /// The person.
    pub user_id: Option<&'a str>,
}

/// Reads rows and holds them until the transaction ends, so that no two tries count as one (ASVS 2.3.4), one after the other as
/// they are named. Answers in that order.
pub async fn hold(tx: &mut Tx, keys: &[&str]) -> Result<Vec<LimitRow>, StoreError> {
    let sql = AssertSqlSafe(format!(
        "insert into limits (count, blocked_until, expires_at, key) values {}
         on conflict (key) do update set count = limits.count
         returning key, count, blocked_until, expires_at",
        rows(keys.len(), 1, "0, 0, 0, ")
    ));
    let held: Vec<Keyed> = match &mut Handle::from(tx) {
        Handle::Sqlite(asked) => {
            asked.fetch_all(keys.iter().fold(sqlx::query_as(sql), |query, key| query.bind(*key))).await?
        }
        Handle::Postgres(connection) => {
            let query = keys.iter().fold(sqlx::query_as(sql), |query, key| query.bind(*key));
            on_server::fetch_all(connection, query).await?
        }
    };
    let row_of = |key: &&str| held.iter().find(|held| held.key == *key).map(|held| held.row);
    keys.iter().map(|key| row_of(key).ok_or(StoreError::Database(sqlx::Error::RowNotFound))).collect()
}

/// Replaces rows that are held.
pub async fn put(tx: &mut Tx, these: &[Tried<'_>]) -> Result<(), StoreError> {
    let sql = AssertSqlSafe(format!(
        "insert into limits (key, count, blocked_until, expires_at, user_id) values {}
         on conflict (key) do update set count = excluded.count, blocked_until = excluded.blocked_until,
                                         expires_at = excluded.expires_at, user_id = excluded.user_id",
        rows(these.len(), 5, "")
    ));
    macro_rules! bound {
        () => {
            these.iter().fold(sqlx::query(sql), |query, Tried { key, row, user_id }| {
                query.bind(*key).bind(row.count).bind(row.blocked_until).bind(row.expires_at).bind(*user_id)
            })
        };
    }
    match &mut Handle::from(tx) {
        Handle::Sqlite(asked) => asked.execute(bound!()).await.map(drop),
        Handle::Postgres(connection) => on_server::execute(connection, bound!()).await.map(drop),
    }
}

/// Forgets every try under a key.
pub async fn clear(on: impl Into<Handle<'_>>, key: &str) -> Result<(), StoreError> {
    write_later!(on, "delete from limits where key = $1", key)
}

/// Takes one try back, with the wait that it brought about.
pub async fn forgive(on: impl Into<Handle<'_>>, key: &str) -> Result<(), StoreError> {
    write_later!(on, "update limits set count = count - 1, blocked_until = 0 where key = $1 and count > 0", key)
}

/// Removes what means nothing any more; answers with how many.
pub async fn remove_expired(on: impl Into<Handle<'_>>, now: Moment) -> Result<u64, StoreError> {
    execute!(on, "delete from limits where expires_at <= $1", now.0)
}
