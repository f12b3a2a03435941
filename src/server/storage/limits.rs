//! Tries counted against limits, as rows keyed by a digest. Must not know what is limited, or how much is too much.

use crate::domain::moment::Moment;

use super::{
    Handle, StoreError, Tx,
    db::{execute, fetch},
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

/// Reads a row and holds it until the transaction ends, so that no two tries count as one (ASVS 2.3.4).
pub async fn hold(tx: &mut Tx, key: &str) -> Result<LimitRow, StoreError> {
    fetch!(
        fetch_one,
        LimitRow,
        tx,
        "insert into limits (key, count, blocked_until, expires_at) values ($1, 0, 0, 0)
         on conflict (key) do update set count = limits.count
         returning count, blocked_until, expires_at",
        key
    )
}

/// Replaces a row that is held, and notes whose it is, where there is such a person.
pub async fn put(tx: &mut Tx, key: &str, row: LimitRow, user_id: Option<&str>) -> Result<(), StoreError> {
    execute!(
        tx,
        "update limits set count = $2, blocked_until = $3, expires_at = $4, user_id = $5 where key = $1",
        key,
        row.count,
        row.blocked_until,
        row.expires_at,
        user_id
    )?;
    Ok(())
}

/// Forgets every try under a key.
pub async fn clear(on: impl Into<Handle<'_>>, key: &str) -> Result<(), StoreError> {
    execute!(on, "delete from limits where key = $1", key)?;
    Ok(())
}

/// Takes one try back, with the wait that it brought about.
pub async fn forgive(on: impl Into<Handle<'_>>, key: &str) -> Result<(), StoreError> {
    execute!(on, "update limits set count = count - 1, blocked_until = 0 where key = $1 and count > 0", key)?;
    Ok(())
}

/// Removes what means nothing any more; answers with how many.
pub async fn remove_expired(on: impl Into<Handle<'_>>, now: Moment) -> Result<u64, StoreError> {
    execute!(on, "delete from limits where expires_at <= $1", now.0)
}
