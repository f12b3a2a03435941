//! Links that say "this was not me", as rows beside other one-time links: a person may have many at once, each good for the
//! address that it was mailed to. Must not act.

use crate::domain::{
    email::Email,
    moment::{CLOCKS_APART_SECONDS, Moment},
};

use super::{
    Handle, StoreError,
    db::{execute, fetch},
    tokens::Purpose,
};

/// A live link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotMeLink {
    /// Whose it is.
    pub user_id: String,
    /// The address that it was mailed to, then theirs.
    pub mailed_to: Email,
}

/// Adds a link; older ones stay alive.
pub async fn add(
    on: impl Into<Handle<'_>>,
    token_hash: &str,
    user_id: &str,
    mailed_to: &Email,
    now: Moment,
    expires_at: Moment,
) -> Result<(), StoreError> {
    execute!(
        on,
        "insert into one_time_tokens (token_hash, purpose, user_id, email_key, address, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        token_hash,
        Purpose::NotMe.as_str(),
        user_id,
        mailed_to.key(),
        mailed_to.as_str(),
        now.0,
        expires_at.0
    )?;
    Ok(())
}

/// Finds a live link.
pub async fn find_live(
    on: impl Into<Handle<'_>>,
    token_hash: &str,
    now: Moment,
) -> Result<Option<NotMeLink>, StoreError> {
    let row = fetch!(
        fetch_optional,
        (String, String),
        on,
        "select user_id, address from one_time_tokens
         where token_hash = $1 and purpose = $2 and user_id is not null and address is not null
           and spent_at is null and expires_at > $3 and created_at <= $4",
        token_hash,
        Purpose::NotMe.as_str(),
        now.0,
        now.plus(CLOCKS_APART_SECONDS).0
    )?;
    Ok(row.and_then(|(user_id, address)| Email::parse(&address).ok().map(|mailed_to| NotMeLink { user_id, mailed_to })))
}

/// Spends every live link of a person that was mailed to an address.
pub async fn spend_mailed_to(
    on: impl Into<Handle<'_>>,
    user_id: &str,
    email_key: &str,
    now: Moment,
) -> Result<(), StoreError> {
    execute!(
        on,
        "update one_time_tokens set spent_at = $4
         where purpose = $1 and user_id = $2 and email_key = $3 and spent_at is null",
        Purpose::NotMe.as_str(),
        user_id,
        email_key,
        now.0
    )?;
    Ok(())
}

/// Whether an address was another person's a moment ago, who can still ask for it back.
pub async fn is_kept_for_another(
    on: impl Into<Handle<'_>>,
    email_key: &str,
    user_id: &str,
    now: Moment,
) -> Result<bool, StoreError> {
    let row = fetch!(
        fetch_optional,
        (i64,),
        on,
        "select cast(1 as bigint) from one_time_tokens
         where purpose = $1 and email_key = $2 and user_id <> $3 and spent_at is null and expires_at > $4
           and user_id not in (select id from users where users.email_key = $2) limit 1",
        Purpose::NotMe.as_str(),
        email_key,
        user_id,
        now.0
    )?;
    Ok(row.is_some())
}
