//! What carries on the sessions of programs, as rows keyed by the SHA-256 of the token. Must not know what a token is worth.

use crate::domain::moment::Moment;

use super::{
    Handle, StoreError, Tx,
    db::{execute, fetch, hold},
};

/// A refresh token as stored.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RefreshToken {
    /// The session that it carries on.
    pub session_id: String,
    /// When it was exchanged, in seconds since 1970.
    pub spent_at: Option<i64>,
}

/// Adds one.
pub async fn add(on: impl Into<Handle<'_>>, token_hash: &str, session_id: &str, now: Moment) -> Result<(), StoreError> {
    execute!(
        on,
        "insert into refresh_tokens (token_hash, session_id, created_at) values ($1, $2, $3)",
        token_hash,
        session_id,
        now.0
    )?;
    Ok(())
}

/// Finds one, also one that was exchanged.
pub async fn find(on: impl Into<Handle<'_>>, token_hash: &str) -> Result<Option<RefreshToken>, StoreError> {
    fetch!(
        fetch_optional,
        RefreshToken,
        on,
        "select session_id, spent_at from refresh_tokens where token_hash = $1",
        token_hash
    )
}

/// Exchanges one. `true` for exactly one of any number of callers (RFC 9700 section 4.14.2; ASVS 10.4.5).
pub async fn spend(on: impl Into<Handle<'_>>, token_hash: &str, now: Moment) -> Result<bool, StoreError> {
    let spent = execute!(
        on,
        "update refresh_tokens set spent_at = $2 where token_hash = $1 and spent_at is null",
        token_hash,
        now.0
    )?;
    Ok(spent == 1)
}

/// Removes those that were exchanged before an instant, at most so many; answers with how many there were. What somebody else
/// holds is left for the next time, so that nobody waits for each other (ASVS 15.4.3).
pub async fn remove_spent(tx: &mut Tx, before: Moment, most: i64) -> Result<u64, StoreError> {
    let held = hold!(
        tx,
        "for update skip locked",
        "select token_hash from refresh_tokens where spent_at < $1 order by token_hash limit $2",
        before.0,
        most
    )?;
    for hash in &held {
        execute!(&mut *tx, "delete from refresh_tokens where token_hash = $1", hash)?;
    }
    Ok(u64::try_from(held.len()).unwrap_or(u64::MAX))
}
