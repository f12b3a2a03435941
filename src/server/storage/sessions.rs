//! Sessions and their history, as rows. A row is keyed by the SHA-256 of the cookie's value, which is stored nowhere.
//! Must not know cookies.

pub use crate::domain::end_reason::EndReason;
use serde::{Deserialize, Serialize};

use crate::domain::{account::PreviousSignIn, email::Email, moment::Moment, role::Role, username::Username};
use crate::server::device;

use super::{
    Handle, StoreError, Tx,
    db::{execute, fetch, hold, write_later},
};

/// A session as stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SessionRow {
    /// Names the session in lists; opens nothing.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// Seconds since 1970.
    pub created_at: i64,
    /// When the person last showed the password in it, in seconds since 1970.
    pub authenticated_at: i64,
    /// Seconds since 1970, up to a minute behind.
    pub last_seen_at: i64,
    /// How long it may stay unheard of.
    pub idle_seconds: i64,
    /// Whether it began with "keep me signed in": 1 or 0.
    pub remembered: i64,
    /// When it ends whatever happens.
    pub expires_at: i64,
    /// The client's address.
    pub address: String,
    /// As the browser named itself.
    pub user_agent: String,
    /// How the person proved who they are, separated by spaces.
    pub factors: String,
    /// The person's count of password changes when it began.
    pub credential_version: i64,
    /// What a team keeps in the session beside ours, as JSON.
    pub data: String,
    /// When it ended.
    pub ended_at: Option<i64>,
    end_reason: Option<String>,
    /// The person's count of password changes now.
    current_version: Option<i64>,
    disabled_at: Option<i64>,
    deletion_at: Option<i64>,
    /// Whose it is.
    #[sqlx(flatten)]
    pub person: Person,
}

/// Who is behind a session, as of now: read with it, for every request wants both.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, sqlx::FromRow)]
pub struct Person {
    email: Option<String>,
    username: Option<String>,
    member_since: i64,
    email_verified_at: Option<i64>,
    /// Separated by spaces.
    roles: Option<String>,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").finish_non_exhaustive()
    }
}

impl Person {
    /// The e-mail address.
    #[must_use]
    pub fn email(&self) -> Option<Email> {
        self.email.as_deref().and_then(|email| Email::parse(email).ok())
    }

    /// Whether they have an address and never proved that mail to it reaches them.
    #[must_use]
    pub fn is_unverified(&self) -> bool {
        self.email.is_some() && self.email_verified_at.is_none()
    }

    /// The user name.
    #[must_use]
    pub fn username(&self) -> Option<Username> {
        self.username.as_deref().and_then(|username| Username::parse(username).ok())
    }

    /// When the account was made.
    #[must_use]
    pub fn member_since(&self) -> Moment {
        Moment(self.member_since)
    }

    /// What they may do, in the order of its names.
    #[must_use]
    pub fn roles(&self) -> Vec<Role> {
        self.roles.as_deref().unwrap_or_default().split_ascii_whitespace().filter_map(Role::parse).collect()
    }
}

impl SessionRow {
    /// Why it is no longer good at this instant; `None` while it is.
    #[must_use]
    pub fn end_reason(&self, now: Moment) -> Option<EndReason> {
        if let Some(stored) = &self.end_reason {
            return Some(EndReason::parse(stored).unwrap_or(EndReason::Expired));
        }
        if self.disabled_at.is_some() {
            return Some(EndReason::AccountDisabled);
        }
        if self.deletion_at.is_some() {
            return Some(EndReason::AccountDeleted);
        }
        if self.current_version != Some(self.credential_version) {
            return Some(EndReason::PasswordChanged);
        }
        // One that began in time to come would live for as long again.
        if self.expires_at <= now.0 || Moment(self.created_at).is_ahead_of(now) {
            return Some(EndReason::Expired);
        }
        (self.last_seen_at.saturating_add(self.idle_seconds) <= now.0).then_some(EndReason::Idle)
    }
}

/// A session about to begin.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Names the session in lists; opens nothing.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// When it begins.
    pub created_at: Moment,
    /// How long it may stay unheard of.
    pub idle_seconds: i64,
    /// Whether it begins with "keep me signed in".
    pub is_remembered: bool,
    /// When it ends whatever happens.
    pub expires_at: Moment,
    /// The client's address.
    pub address: String,
    /// As the browser named itself.
    pub user_agent: String,
    /// How the person proved who they are, separated by spaces.
    pub factors: String,
    /// The person's count of password changes when they proved it.
    pub credential_version: i64,
    /// What a team keeps in the session beside ours, as JSON.
    pub data: String,
}

/// Adds a session.
///
/// # Errors
/// [`StoreError::Taken`] if the token was drawn before.
pub async fn create(on: impl Into<Handle<'_>>, token_hash: &str, new: &NewSession) -> Result<(), StoreError> {
    write_later!(
        on,
        "insert into sessions (id, token_hash, user_id, created_at, authenticated_at, last_seen_at, idle_seconds, expires_at, address,
                               user_agent, factors, credential_version, data, remembered)
         values ($1, $2, $3, $4, $4, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        &new.id,
        token_hash,
        &new.user_id,
        new.created_at.0,
        new.idle_seconds,
        new.expires_at.0,
        &new.address,
        &new.user_agent,
        &new.factors,
        new.credential_version,
        &new.data,
        i64::from(new.is_remembered),
    )
}

/// What a [`SessionRow`] is read from, with the rest of the query.
macro_rules! select_session {
    ($rest:literal) => {
        concat!(
            "select sessions.id, user_id, sessions.created_at, authenticated_at, last_seen_at, idle_seconds, remembered, expires_at, address, user_agent, factors,
                    sessions.credential_version, data, ended_at, end_reason, users.credential_version as current_version, disabled_at, deletion_at,
                    email, username, users.created_at as member_since, email_verified_at,
                    (select string_agg(role, ' ' order by role) from user_roles where user_roles.user_id = users.id) as roles
             from sessions join users on users.id = user_id ",
            $rest
        )
    };
}

/// Finds a session, also one that has ended.
pub async fn find(on: impl Into<Handle<'_>>, token_hash: &str) -> Result<Option<SessionRow>, StoreError> {
    fetch!(fetch_optional, SessionRow, on, select_session!("where token_hash = $1"), token_hash)
}

/// Finds a session by its id, also one that has ended.
pub async fn find_by_id(on: impl Into<Handle<'_>>, id: &str) -> Result<Option<SessionRow>, StoreError> {
    fetch!(fetch_optional, SessionRow, on, select_session!("where sessions.id = $1"), id)
}

/// Notes that a live session was heard of. `true` if it is live, whoever noted it first.
pub async fn touch(on: impl Into<Handle<'_>>, id: &str, now: Moment) -> Result<bool, StoreError> {
    let touched = execute!(
        on,
        "update sessions set last_seen_at = case when last_seen_at < $2 then $2 else last_seen_at end
         where id = $1 and ended_at is null",
        id,
        now.0
    )?;
    Ok(touched > 0)
}

/// Replaces what a team keeps in a live session. `true` if that changed anything.
pub async fn set_data(on: impl Into<Handle<'_>>, token_hash: &str, data: &str) -> Result<bool, StoreError> {
    let changed = execute!(
        on,
        "update sessions set data = $2 where token_hash = $1 and ended_at is null and data <> $2",
        token_hash,
        data
    )?;
    Ok(changed > 0)
}

/// Holds every session of a person until the transaction ends, in the order that everybody holds sessions in (ASVS 15.4.3).
pub async fn hold_all(tx: &mut Tx, user_id: &str) -> Result<(), StoreError> {
    hold!(tx, "for update", "select id from sessions where user_id = $1 order by id", user_id)?;
    Ok(())
}

/// The same of those that are live.
async fn hold_live(tx: &mut Tx, user_id: &str) -> Result<(), StoreError> {
    hold!(
        tx,
        "for no key update",
        "select id from sessions where user_id = $1 and ended_at is null order by id",
        user_id
    )?;
    Ok(())
}

/// Ends every session of a person but one (none is spared by an empty id); answers with the ids of those that were live.
pub async fn end_all_but(
    tx: &mut Tx,
    user_id: &str,
    spared_id: &str,
    reason: EndReason,
    now: Moment,
) -> Result<Vec<String>, StoreError> {
    hold_live(&mut *tx, user_id).await?;
    let ended = fetch!(
        fetch_all,
        (String,),
        tx,
        "update sessions set ended_at = $3, end_reason = $4 where user_id = $1 and id <> $2 and ended_at is null returning id",
        user_id,
        spared_id,
        now.0,
        reason.as_str()
    )?;
    Ok(ended.into_iter().map(|(id,)| id).collect())
}

/// Takes the token away from a live session that is about to get another one. `true` if it was live.
pub async fn detach(on: impl Into<Handle<'_>>, token_hash: &str) -> Result<bool, StoreError> {
    let detached = execute!(
        on,
        "update sessions set token_hash = 'renewing ' || id where token_hash = $1 and ended_at is null",
        token_hash
    )?;
    Ok(detached > 0)
}

/// Gives a live session another token, after the person showed the password again (ASVS 7.2.4). `true` if it was live.
pub async fn renew(
    on: impl Into<Handle<'_>>,
    id: &str,
    token_hash: &str,
    credential_version: i64,
    authenticated_at: Moment,
) -> Result<bool, StoreError> {
    let renewed = execute!(
        on,
        "update sessions set token_hash = $2, credential_version = $3, authenticated_at = $4, last_seen_at = $4
         where id = $1 and ended_at is null",
        id,
        token_hash,
        credential_version,
        authenticated_at.0
    )?;
    Ok(renewed > 0)
}

/// Ends a session by its id, once. `true` if it was live.
pub async fn end_by_id(
    on: impl Into<Handle<'_>>,
    id: &str,
    reason: EndReason,
    now: Moment,
) -> Result<bool, StoreError> {
    let ended = execute!(
        on,
        "update sessions set ended_at = $2, end_reason = $3 where id = $1 and ended_at is null",
        id,
        now.0,
        reason.as_str()
    )?;
    Ok(ended > 0)
}

/// Lets the live sessions of a person go on after the next change of their password.
pub async fn carry_over(tx: &mut Tx, user_id: &str, version: i64) -> Result<(), StoreError> {
    hold_live(&mut *tx, user_id).await?;
    execute!(
        tx,
        "update sessions set credential_version = $2 + 1 where user_id = $1 and credential_version = $2 and ended_at is null",
        user_id,
        version
    )?;
    Ok(())
}

/// A session that ended by itself.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Overdue {
    /// Its id.
    pub id: String,
    /// Whose it was.
    pub user_id: String,
    /// When it ended, in seconds since 1970.
    pub ended_at: i64,
    /// Why, as [`EndReason::as_str`].
    pub end_reason: String,
}

/// Marks sessions that ended by themselves, at most so many, so that history says when.
pub async fn end_overdue(tx: &mut Tx, now: Moment, most: i64) -> Result<Vec<Overdue>, StoreError> {
    let ids = hold!(
        tx,
        "for no key update",
        "select id from sessions where ended_at is null and (expires_at <= $1 or last_seen_at + idle_seconds <= $1)
         order by id limit $2",
        now.0,
        most
    )?;
    let mut ended = Vec::with_capacity(ids.len());
    for id in &ids {
        ended.extend(end_if_overdue(&mut *tx, id, now).await?);
    }
    Ok(ended)
}

async fn end_if_overdue(on: impl Into<Handle<'_>>, id: &str, now: Moment) -> Result<Option<Overdue>, StoreError> {
    fetch!(
        fetch_optional,
        Overdue,
        on,
        "update sessions
         set end_reason = case when expires_at <= $1 and expires_at <= last_seen_at + idle_seconds then 'expired' else 'idle' end,
             ended_at = case when expires_at <= last_seen_at + idle_seconds then expires_at else last_seen_at + idle_seconds end
         where id = $2 and ended_at is null and (expires_at <= $1 or last_seen_at + idle_seconds <= $1)
         returning id, user_id, ended_at, end_reason",
        now.0,
        id
    )
}

/// The sign-in before a session.
pub async fn previous_sign_in(
    on: impl Into<Handle<'_>>,
    user_id: &str,
    session_id: &str,
    since: Moment,
) -> Result<Option<PreviousSignIn>, StoreError> {
    let row = fetch!(
        fetch_optional,
        (i64, String, String),
        on,
        "select created_at, user_agent, address from sessions
         where user_id = $1 and id <> $2 and created_at <= $3 order by id desc limit 1",
        user_id,
        session_id,
        since.0
    )?;
    Ok(row.map(|(at, user_agent, address)| PreviousSignIn {
        at: Moment(at),
        device: device::in_words(&user_agent),
        address,
    }))
}
