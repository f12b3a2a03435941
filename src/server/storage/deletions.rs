//! Accounts that their owners want deleted, as rows. Must not decide when, nor what else goes with them.

use crate::domain::moment::Moment;

use super::{
    Handle, StoreError, Tx,
    db::{execute, fetch},
    sessions,
    users::{self, UserRow},
};

/// Notes when an account is to be deleted, unless that is noted already, or its password changed meanwhile. `true` for exactly
/// one of any number of callers (ASVS 2.3.4).
pub async fn request(on: impl Into<Handle<'_>>, user: &UserRow, at: Moment) -> Result<bool, StoreError> {
    let noted = execute!(
        on,
        "update users set deletion_at = $3
         where id = $1 and credential_version = $2 and deletion_at is null and disabled_at is null",
        &user.id,
        user.credential_version,
        at.0
    )?;
    Ok(noted == 1)
}

/// Keeps an account that was to be deleted. `true` for exactly one of any number of callers.
pub async fn cancel(on: impl Into<Handle<'_>>, user_id: &str) -> Result<bool, StoreError> {
    let kept = execute!(on, "update users set deletion_at = null where id = $1 and deletion_at is not null", user_id)?;
    Ok(kept == 1)
}

/// Accounts whose time has come, at most so many.
pub async fn due(on: impl Into<Handle<'_>>, now: Moment, most: i64) -> Result<Vec<String>, StoreError> {
    let rows = fetch!(
        fetch_all,
        (String,),
        on,
        "select id from users where deletion_at is not null and deletion_at <= $1 order by deletion_at limit $2",
        now.0,
        most
    )?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Removes an account whose time has come, with everything that is its alone. `true` for exactly one of any number of callers.
pub async fn remove(tx: &mut Tx, user_id: &str, now: Moment) -> Result<bool, StoreError> {
    users::hold_to_remove(&mut *tx, user_id).await?;
    sessions::hold_all(&mut *tx, user_id).await?;
    let removed = execute!(
        tx,
        "delete from users where id = $1 and deletion_at is not null and deletion_at <= $2",
        user_id,
        now.0
    )?;
    Ok(removed == 1)
}
