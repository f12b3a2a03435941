//! Browsers in which somebody signed in, as rows keyed by the SHA-256 of a cookie's value. Must not let anybody in.

use crate::domain::moment::Moment;

use super::{
    Handle, StoreError,
    db::{execute, fetch, write_later},
};

/// Notes that a person signed in with a browser.
pub async fn remember(
    on: impl Into<Handle<'_>>,
    token_hash: &str,
    user_id: &str,
    now: Moment,
) -> Result<(), StoreError> {
    write_later!(
        on,
        "insert into known_devices (token_hash, user_id, last_used_at) values ($1, $2, $3)
         on conflict (token_hash, user_id) do update set last_used_at = $3",
        token_hash,
        user_id,
        now.0
    )
}

/// Whether a person signed in with a browser before.
pub async fn is_known(on: impl Into<Handle<'_>>, token_hash: &str, user_id: &str) -> Result<bool, StoreError> {
    let row = fetch!(
        fetch_optional,
        (i64,),
        on,
        "select last_used_at from known_devices where token_hash = $1 and user_id = $2",
        token_hash,
        user_id
    )?;
    Ok(row.is_some())
}

/// Forgets every browser of a person.
pub async fn forget_all(on: impl Into<Handle<'_>>, user_id: &str) -> Result<(), StoreError> {
    execute!(on, "delete from known_devices where user_id = $1", user_id)?;
    Ok(())
}

/// Forgets browsers that were not used since an instant; answers with how many.
pub async fn remove_unused(on: impl Into<Handle<'_>>, since: Moment) -> Result<u64, StoreError> {
    execute!(on, "delete from known_devices where last_used_at < $1", since.0)
}

/// Whether anybody signed in with a browser.
pub async fn exists(on: impl Into<Handle<'_>>, token_hash: &str) -> Result<bool, StoreError> {
    let row = fetch!(
        fetch_optional,
        (i64,),
        on,
        "select last_used_at from known_devices where token_hash = $1 limit 1",
        token_hash
    )?;
    Ok(row.is_some())
}

/// Forgets all but a person's newest browsers.
pub async fn keep_newest(on: impl Into<Handle<'_>>, user_id: &str, most: i64) -> Result<(), StoreError> {
    write_later!(
        on,
        "delete from known_devices where user_id = $1 and token_hash not in
         (select token_hash from known_devices where user_id = $1 order by last_used_at desc, token_hash limit $2)",
        user_id,
        most
    )
}
