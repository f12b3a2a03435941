//! Tokens that people make for their own programs, as rows keyed by the SHA-256 of the token. Must not know what one is good for.

use crate::domain::{
    moment::Moment,
    personal_token::{PersonalToken, Wish},
    scope::Scope,
};

use super::{
    Handle, StoreError, Tx,
    db::{execute, fetch, hold},
};

/// A personal access token as stored.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct TokenRow {
    /// Names it in lists; opens nothing.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    name: String,
    scopes: String,
    created_at: i64,
    expires_at: i64,
    last_used_at: Option<i64>,
    revoked_at: Option<i64>,
    disabled_at: Option<i64>,
    deletion_at: Option<i64>,
}

/// What a [`TokenRow`] is read from, with the rest of the query.
macro_rules! select_token {
    ($rest:literal) => {
        concat!(
            "select personal_tokens.id, user_id, name, scopes, personal_tokens.created_at, expires_at, last_used_at, revoked_at,
                    disabled_at, deletion_at
             from personal_tokens join users on users.id = user_id ",
            $rest
        )
    };
}

impl TokenRow {
    /// What it may be used for.
    #[must_use]
    pub fn scopes(&self) -> Vec<Scope> {
        Scope::split(&self.scopes)
    }

    /// When it was made.
    #[must_use]
    pub fn created_at(&self) -> Moment {
        Moment(self.created_at)
    }

    /// When it is good for nothing any more.
    #[must_use]
    pub fn expires_at(&self) -> Moment {
        Moment(self.expires_at)
    }

    /// Whether it was revoked, or its person is kept out.
    #[must_use]
    pub fn is_revoked(&self) -> bool {
        self.revoked_at.is_some() || self.disabled_at.is_some() || self.deletion_at.is_some()
    }

    /// When it was last used, up to a minute behind.
    #[must_use]
    pub fn last_used_at(&self) -> Option<Moment> {
        self.last_used_at.map(Moment)
    }

    /// As its owner sees it.
    #[must_use]
    pub fn for_owner(self) -> PersonalToken {
        PersonalToken {
            scopes: self.scopes(),
            created_at: self.created_at(),
            expires_at: self.expires_at(),
            last_used_at: self.last_used_at(),
            id: self.id,
            name: self.name,
        }
    }
}

/// Adds one.
pub async fn add(
    on: impl Into<Handle<'_>>,
    id: &str,
    token_hash: &str,
    user_id: &str,
    wish: &Wish,
    now: Moment,
    expires_at: Moment,
) -> Result<(), StoreError> {
    execute!(
        on,
        "insert into personal_tokens (id, token_hash, user_id, name, scopes, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7)",
        id,
        token_hash,
        user_id,
        &wish.name,
        Scope::join(&wish.scopes),
        now.0,
        expires_at.0
    )?;
    Ok(())
}

/// Finds one, dead or alive.
pub async fn find(on: impl Into<Handle<'_>>, token_hash: &str) -> Result<Option<TokenRow>, StoreError> {
    fetch!(fetch_optional, TokenRow, on, select_token!("where token_hash = $1"), token_hash)
}

/// A person's live ones, newest first.
pub async fn live(on: impl Into<Handle<'_>>, user_id: &str, now: Moment) -> Result<Vec<TokenRow>, StoreError> {
    fetch!(
        fetch_all,
        TokenRow,
        on,
        select_token!("where user_id = $1 and revoked_at is null and expires_at > $2 order by personal_tokens.id desc"),
        user_id,
        now.0
    )
}

/// Whether a person has one of this id that was not revoked.
pub async fn is_live(on: impl Into<Handle<'_>>, user_id: &str, id: &str) -> Result<bool, StoreError> {
    let row = fetch!(
        fetch_optional,
        (String,),
        on,
        "select id from personal_tokens where user_id = $1 and id = $2 and revoked_at is null",
        user_id,
        id
    )?;
    Ok(row.is_some())
}

/// Notes that one was used.
pub async fn touch(on: impl Into<Handle<'_>>, id: &str, now: Moment) -> Result<(), StoreError> {
    execute!(on, "update personal_tokens set last_used_at = $2 where id = $1 and revoked_at is null", id, now.0)?;
    Ok(())
}

/// Revokes one of a person's. `true` if it was alive (ASVS 8.2.2).
pub async fn revoke(on: impl Into<Handle<'_>>, user_id: &str, id: &str, now: Moment) -> Result<bool, StoreError> {
    let revoked = execute!(
        on,
        "update personal_tokens set revoked_at = $3
         where user_id = $1 and id = $2 and revoked_at is null and expires_at > $3",
        user_id,
        id,
        now.0
    )?;
    Ok(revoked == 1)
}

/// Revokes all of a person's; answers with the ids of those that were alive.
pub async fn revoke_all(tx: &mut Tx, user_id: &str, now: Moment) -> Result<Vec<String>, StoreError> {
    let ids = hold!(
        tx,
        "for no key update",
        "select id from personal_tokens where user_id = $1 and revoked_at is null and expires_at > $2 order by id",
        user_id,
        now.0
    )?;
    for id in &ids {
        revoke(&mut *tx, user_id, id, now).await?;
    }
    Ok(ids)
}

/// Removes those that died before an instant, at most so many; answers with how many there were. What somebody else holds is
/// left for the next time, so that nobody waits for each other (ASVS 15.4.3).
pub async fn remove_dead(tx: &mut Tx, before: Moment, most: i64) -> Result<u64, StoreError> {
    let held = hold!(
        tx,
        "for update skip locked",
        "select id from personal_tokens where expires_at < $1 or revoked_at < $1 order by id limit $2",
        before.0,
        most
    )?;
    for id in &held {
        execute!(&mut *tx, "delete from personal_tokens where id = $1", id)?;
    }
    Ok(u64::try_from(held.len()).unwrap_or(u64::MAX))
}
