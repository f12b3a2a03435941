//! Keys that sign access tokens, as rows. Must not see a private key that is not encrypted, nor decide which one signs.

use crate::domain::moment::Moment;

use super::{
    Handle, StoreError,
    db::{execute, fetch},
};

/// A key.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct KeyRow {
    /// RFC 7638 thumbprint of the public key.
    pub kid: String,
    /// The public key as JSON Web Key.
    pub public_jwk: String,
    /// The private key, encrypted; none once it signs no more.
    pub private_key: Option<String>,
    /// Since when it is published.
    pub created_at: i64,
    /// From when on it signs.
    pub signs_from: i64,
    /// Until when it signs, where another one follows.
    pub signs_until: Option<i64>,
    /// The longest life of a token that it signed, in seconds.
    pub token_seconds: i64,
}

/// Every key, in the order in which they sign.
pub async fn all(on: impl Into<Handle<'_>>) -> Result<Vec<KeyRow>, StoreError> {
    fetch!(
        fetch_all,
        KeyRow,
        on,
        "select kid, public_jwk, private_key, created_at, signs_from, signs_until, token_seconds
         from signing_keys order by signs_from, created_at, kid"
    )
}

/// Adds a key.
pub async fn add(on: impl Into<Handle<'_>>, key: &KeyRow) -> Result<(), StoreError> {
    execute!(
        on,
        "insert into signing_keys (kid, public_jwk, private_key, created_at, signs_from, signs_until, token_seconds)
         values ($1, $2, $3, $4, $5, $6, $7)",
        &key.kid,
        &key.public_jwk,
        &key.private_key,
        key.created_at,
        key.signs_from,
        key.signs_until,
        key.token_seconds
    )?;
    Ok(())
}

/// Lets keys sign until an instant that go on without end: all of them, or those that began before another one.
pub async fn end(on: impl Into<Handle<'_>>, begun_before: Moment, until: Moment) -> Result<(), StoreError> {
    execute!(
        on,
        "update signing_keys set signs_until = $2 where signs_until is null and signs_from < $1",
        begun_before.0,
        until.0
    )?;
    Ok(())
}

/// Notes that a key signs tokens of such a life, if that is longer than before.
pub async fn lengthen(on: impl Into<Handle<'_>>, kid: &str, token_seconds: i64) -> Result<(), StoreError> {
    execute!(
        on,
        "update signing_keys set token_seconds = $2 where kid = $1 and token_seconds < $2",
        kid,
        token_seconds
    )?;
    Ok(())
}

/// Forgets the private part of keys that signed until before an instant.
pub async fn forget_private(on: impl Into<Handle<'_>>, before: Moment) -> Result<(), StoreError> {
    execute!(
        on,
        "update signing_keys set private_key = null where private_key is not null and signs_until < $1",
        before.0
    )?;
    Ok(())
}

/// Removes a key.
pub async fn remove(on: impl Into<Handle<'_>>, kid: &str) -> Result<(), StoreError> {
    execute!(on, "delete from signing_keys where kid = $1", kid)?;
    Ok(())
}
