//! One-time links, as rows keyed by the SHA-256 of the token. Must not know mail or pages.

use crate::domain::moment::{CLOCKS_APART_SECONDS, Moment};

use super::{
    Handle, StoreError, Tx,
    db::{execute, fetch, hold},
    users,
};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Choosing a new password.
    ResetPassword,
    /// Proving that mail to an address arrives.
    VerifyEmail,
    /// The same of an address that is to replace a proven one.
    ChangeEmail,
    /// Saying that something was not oneself.
    NotMe,
    /// Making the first administrator.
    SetUp,
}

impl Purpose {
    /// As stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ResetPassword => "reset_password",
            Self::VerifyEmail => "verify_email",
            Self::ChangeEmail => "change_email",
            Self::NotMe => "not_me",
            Self::SetUp => "set_up",
        }
    }

    /// What was stored.
    #[must_use]
    pub fn parse(stored: &str) -> Option<Self> {
        [Self::ResetPassword, Self::VerifyEmail, Self::ChangeEmail, Self::NotMe, Self::SetUp]
            .into_iter()
            .find(|purpose| purpose.as_str() == stored)
    }
}

/// Whose a live link is.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Owner {
    /// The person; nobody for the link that makes the first administrator.
    pub user_id: Option<String>,
    /// The address that it was mailed to, as [`crate::domain::email::Email::key`]; none if it was printed.
    pub email_key: Option<String>,
}

/// Adds a link and spends every older one of its purpose for the same person (ASVS 6.4.1).
pub async fn replace(
    tx: &mut super::Tx,
    token_hash: &str,
    purpose: Purpose,
    owner: &Owner,
    now: Moment,
    expires_at: Moment,
) -> Result<(), StoreError> {
    if let Some(user_id) = &owner.user_id {
        users::hold(&mut *tx, user_id).await?;
    }
    spend_all(&mut *tx, purpose, owner.user_id.as_deref(), now).await?;
    execute!(
        tx,
        "insert into one_time_tokens (token_hash, purpose, user_id, email_key, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6)",
        token_hash,
        purpose.as_str(),
        &owner.user_id,
        &owner.email_key,
        now.0,
        expires_at.0
    )?;
    Ok(())
}

/// Whether a person had a link for a purpose made at an instant or later, dead or alive; not by a clock that was ahead.
pub async fn any_since(
    on: impl Into<Handle<'_>>,
    purpose: Purpose,
    user_id: &str,
    since: Moment,
    now: Moment,
) -> Result<bool, StoreError> {
    let row = fetch!(
        fetch_optional,
        (i64,),
        on,
        "select cast(1 as bigint) from one_time_tokens
         where purpose = $1 and user_id = $2 and created_at >= $3 and created_at <= $4 limit 1",
        purpose.as_str(),
        user_id,
        since.0,
        now.plus(CLOCKS_APART_SECONDS).0
    )?;
    Ok(row.is_some())
}

/// Whose a live link is; `None` for a dead one.
pub async fn find_live(
    on: impl Into<Handle<'_>>,
    token_hash: &str,
    purpose: Purpose,
    now: Moment,
) -> Result<Option<Owner>, StoreError> {
    fetch!(
        fetch_optional,
        Owner,
        on,
        "select user_id, email_key from one_time_tokens
         where token_hash = $1 and purpose = $2 and spent_at is null and expires_at > $3 and created_at <= $4",
        token_hash,
        purpose.as_str(),
        now.0,
        now.plus(CLOCKS_APART_SECONDS).0
    )
}

/// Whose a link is or was, dead or alive.
pub async fn find_any(
    on: impl Into<Handle<'_>>,
    token_hash: &str,
    purpose: Purpose,
) -> Result<Option<Owner>, StoreError> {
    fetch!(
        fetch_optional,
        Owner,
        on,
        "select user_id, email_key from one_time_tokens where token_hash = $1 and purpose = $2",
        token_hash,
        purpose.as_str()
    )
}

/// Spends a live link. `true` for exactly one of any number of callers (ASVS 2.3.4, 6.5.1).
pub async fn spend(
    on: impl Into<Handle<'_>>,
    token_hash: &str,
    purpose: Purpose,
    now: Moment,
) -> Result<bool, StoreError> {
    let spent = execute!(
        on,
        "update one_time_tokens set spent_at = $3
         where token_hash = $1 and purpose = $2 and spent_at is null and expires_at > $3 and created_at <= $4",
        token_hash,
        purpose.as_str(),
        now.0,
        now.plus(CLOCKS_APART_SECONDS).0
    )?;
    Ok(spent == 1)
}

/// Spends every live link of a purpose: a person's, or those that are nobody's.
pub async fn spend_all(
    on: impl Into<Handle<'_>>,
    purpose: Purpose,
    user_id: Option<&str>,
    now: Moment,
) -> Result<(), StoreError> {
    execute!(
        on,
        "update one_time_tokens set spent_at = $3
         where purpose = $1 and spent_at is null and (user_id = $2 or (user_id is null and $2 is null))",
        purpose.as_str(),
        user_id,
        now.0
    )?;
    Ok(())
}

/// Removes links that died before an instant, of age or use; answers with how many.
pub async fn remove_dead(tx: &mut Tx, before: Moment) -> Result<u64, StoreError> {
    let held = hold!(
        tx,
        "for update",
        "select token_hash from one_time_tokens where expires_at < $1 or spent_at < $1 order by token_hash",
        before.0
    )?;
    for hash in &held {
        execute!(tx, "delete from one_time_tokens where token_hash = $1", hash)?;
    }
    Ok(u64::try_from(held.len()).unwrap_or(u64::MAX))
}
