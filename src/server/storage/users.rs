//! People and their roles, as rows. Must not decide who may do what.

use crate::domain::{
    email::Email, form::Identifiers, identifier::Identifier, moment::Moment, role::Role, username::Username,
};

use super::{
    Handle, StoreError, Tx,
    db::{execute, fetch, hold, write_later},
};

/// A person as stored.
#[derive(Clone, sqlx::FromRow)]
pub struct UserRow {
    /// Never reassigned.
    pub id: String,
    email: Option<String>,
    username: Option<String>,
    /// PHC string.
    pub password_hash: Option<String>,
    /// Counts changes of the password.
    pub credential_version: i64,
    created_at: i64,
    email_verified_at: Option<i64>,
    disabled_at: Option<i64>,
}

/// What a [`UserRow`] is read from, with the rest of the query.
macro_rules! select_user {
    ($rest:literal) => {
        concat!(
            "select id, email, username, password_hash, credential_version, created_at, email_verified_at, disabled_at from users ",
            $rest
        )
    };
}

impl std::fmt::Debug for UserRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRow").field("id", &self.id).finish_non_exhaustive()
    }
}

impl UserRow {
    /// The e-mail address.
    #[must_use]
    pub fn email(&self) -> Option<Email> {
        self.email.as_deref().and_then(|email| Email::parse(email).ok())
    }

    /// The user name.
    #[must_use]
    pub fn username(&self) -> Option<Username> {
        self.username.as_deref().and_then(|username| Username::parse(username).ok())
    }

    /// What a password of theirs must not contain.
    #[must_use]
    pub fn own_words(&self) -> Vec<String> {
        self.email.iter().chain(&self.username).cloned().collect()
    }

    /// When the account was made.
    #[must_use]
    pub fn created_at(&self) -> Moment {
        Moment(self.created_at)
    }

    /// Whether they have an address and never proved that mail to it reaches them.
    #[must_use]
    pub fn is_unverified(&self) -> bool {
        self.email.is_some() && self.email_verified_at.is_none()
    }

    /// Whether they may sign in.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.disabled_at.is_none()
    }
}

/// Adds a person.
///
/// # Errors
/// [`StoreError::Taken`] if the address or user name belongs to somebody.
pub async fn create(
    on: impl Into<Handle<'_>>,
    id: &str,
    identifiers: &Identifiers,
    password_hash: Option<&str>,
    now: Moment,
) -> Result<(), StoreError> {
    execute!(
        on,
        "insert into users (id, email, email_key, username, username_key, password_hash, password_changed_at,
                            credential_version, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, 0, $8)",
        id,
        identifiers.email.as_ref().map(Email::as_str),
        identifiers.email.as_ref().map(Email::key),
        identifiers.username.as_ref().map(Username::as_str),
        identifiers.username.as_ref().map(Username::key),
        password_hash,
        password_hash.map(|_| now.0),
        now.0,
    )?;
    Ok(())
}

/// Holds a person until the transaction ends. Before their sessions, links and browsers, so that no two transactions wait for
/// each other (ASVS 15.4.3). `false` if there is no such person.
pub async fn hold(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    Ok(!hold!(tx, "for no key update", "select id from users where id = $1", id)?.is_empty())
}

/// The same where it does not matter whether the person is there, before something that is written and not asked: nothing is asked
/// where whatever one transaction writes is written before another begins.
pub async fn wait_for(tx: &mut Tx, id: &str) -> Result<(), StoreError> {
    if let Tx::Postgres(..) = tx {
        hold(tx, id).await?;
    }
    Ok(())
}

/// The same where the person is about to be removed: also whoever adds something to them waits. First in a transaction, or
/// somebody who adds could wait for what is held already.
pub async fn hold_to_remove(tx: &mut Tx, id: &str) -> Result<bool, StoreError> {
    Ok(!hold!(tx, "for update", "select id from users where id = $1", id)?.is_empty())
}

/// Finds a person by id.
pub async fn find(on: impl Into<Handle<'_>>, id: &str) -> Result<Option<UserRow>, StoreError> {
    fetch!(fetch_optional, UserRow, on, select_user!("where id = $1"), id)
}

/// Finds a person by what they sign in with.
pub async fn find_by_identifier(
    on: impl Into<Handle<'_>>,
    identifier: &Identifier,
) -> Result<Option<UserRow>, StoreError> {
    match identifier {
        Identifier::Email(email) => find_by_email_key(on, &email.key()).await,
        Identifier::Username(username) => {
            fetch!(fetch_optional, UserRow, on, select_user!("where username_key = $1"), username.key())
        }
    }
}

/// Finds a person by [`Email::key`].
pub async fn find_by_email_key(on: impl Into<Handle<'_>>, email_key: &str) -> Result<Option<UserRow>, StoreError> {
    fetch!(fetch_optional, UserRow, on, select_user!("where email_key = $1"), email_key)
}

/// Everybody, oldest first; for the command line.
pub async fn list(on: impl Into<Handle<'_>>) -> Result<Vec<UserRow>, StoreError> {
    fetch!(fetch_all, UserRow, on, select_user!("order by created_at, id"))
}

/// Whether there is anybody whose account was not made in a certain way, as the event of it says.
pub async fn any_not_made_by(on: impl Into<Handle<'_>>, actor: &str, made: &str) -> Result<bool, StoreError> {
    let row = fetch!(
        fetch_optional,
        (String,),
        on,
        "select id from users where id not in (select target from events where actor = $1 and kind = $2) limit 1",
        actor,
        made
    )?;
    Ok(row.is_some())
}

/// Replaces a password, which outdates every session that began with the old one. `false` if somebody else did meanwhile.
pub async fn set_password(
    on: impl Into<Handle<'_>>,
    user: &UserRow,
    password_hash: &str,
    now: Moment,
) -> Result<bool, StoreError> {
    let changed = execute!(
        on,
        "update users set password_hash = $3, password_changed_at = $4, credential_version = credential_version + 1
         where id = $1 and credential_version = $2 and disabled_at is null",
        &user.id,
        user.credential_version,
        password_hash,
        now.0
    )?;
    Ok(changed == 1)
}

/// Replaces a hash by one of the same password with current parameters, unless the password changed meanwhile.
pub async fn upgrade_hash(on: impl Into<Handle<'_>>, id: &str, old: &str, new: &str) -> Result<(), StoreError> {
    execute!(on, "update users set password_hash = $3 where id = $1 and password_hash = $2", id, old, new)?;
    Ok(())
}

/// Notes that mail to an address reaches a person, provided it is still theirs, and gives them the user name that they asked
/// for, if it is still free. `false` if the address is another one by now.
///
/// # Errors
/// [`StoreError::Taken`] if somebody took the user name at the same moment.
pub async fn mark_verified(on: &mut super::Tx, id: &str, email_key: &str, now: Moment) -> Result<bool, StoreError> {
    let marked = execute!(
        &mut *on,
        "update users set email_verified_at = coalesce(email_verified_at, $3)
         where id = $1 and email_key = $2 and disabled_at is null",
        id,
        email_key,
        now.0
    )?;
    claim_username(on, id, email_key).await?;
    Ok(marked == 1)
}

/// Gives a person whose address is proven the user name that they asked for, if it is still free.
///
/// # Errors
/// [`StoreError::Taken`] if somebody took it at the same moment.
pub async fn claim_username(on: &mut super::Tx, id: &str, email_key: &str) -> Result<(), StoreError> {
    execute!(
        on,
        "update users set username = wanted_username, username_key = lower(wanted_username), wanted_username = null
         where id = $1 and email_key = $2 and username is null and wanted_username is not null
           and not exists (select 1 from users as others where others.username_key = lower(users.wanted_username))",
        id,
        email_key
    )?;
    Ok(())
}

/// Notes which user name somebody wants who has not proven their address yet; nobody can see that they want it.
pub async fn want_username(on: impl Into<Handle<'_>>, id: &str, username: Option<&Username>) -> Result<(), StoreError> {
    execute!(on, "update users set wanted_username = $2 where id = $1", id, username.map(Username::as_str))?;
    Ok(())
}

/// Gives a person another address, not proven yet, provided theirs is not proven either. `false` if it is by now.
///
/// # Errors
/// [`StoreError::Taken`] if the address belongs to somebody.
pub async fn replace_unverified_email(on: impl Into<Handle<'_>>, id: &str, email: &Email) -> Result<bool, StoreError> {
    let replaced = execute!(
        on,
        "update users set email = $2, email_key = $3
         where id = $1 and email is not null and email_verified_at is null and disabled_at is null",
        id,
        email.as_str(),
        email.key()
    )?;
    Ok(replaced == 1)
}

/// Makes an account that was never proven to be anybody's, and never used, over to whoever asks for it now. `false` if it was
/// proven or used: then it is somebody's.
pub async fn renew_unverified(
    on: impl Into<Handle<'_>>,
    id: &str,
    email: &Email,
    password_hash: &str,
    now: Moment,
) -> Result<bool, StoreError> {
    let renewed = execute!(
        on,
        "update users set email = $2, password_hash = $4, password_changed_at = $5, credential_version = credential_version + 1,
                          wanted_email = null
         where id = $1 and email_key = $3 and email_verified_at is null and disabled_at is null and last_sign_in_at is null
           and not exists (select 1 from known_devices where known_devices.user_id = users.id)
           and not exists (select 1 from personal_tokens where personal_tokens.user_id = users.id)
           and not exists (select 1 from sessions where sessions.user_id = users.id)
           and not exists (select 1 from user_roles where user_roles.user_id = users.id)",
        id,
        email.as_str(),
        email.key(),
        password_hash,
        now.0
    )?;
    Ok(renewed == 1)
}

/// Notes when a person signed in.
pub async fn note_sign_in(on: impl Into<Handle<'_>>, id: &str, at: Moment) -> Result<(), StoreError> {
    write_later!(on, "update users set last_sign_in_at = $2 where id = $1", id, at.0)
}

/// How somebody stands who has just proven who they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, sqlx::FromRow)]
pub struct Standing {
    deletion_at: Option<i64>,
    last_sign_in_at: Option<i64>,
    known: i64,
}

impl Standing {
    /// Whether the account is to be deleted.
    #[must_use]
    pub fn is_to_be_deleted(&self) -> bool {
        self.deletion_at.is_some()
    }

    /// Whether they signed in before, and never with this browser.
    #[must_use]
    pub fn is_with_strange_browser(&self) -> bool {
        self.last_sign_in_at.is_some() && self.known == 0
    }
}

/// How a person stands, with a browser that may be known; as nobody does where there is no such person.
pub async fn standing(on: impl Into<Handle<'_>>, id: &str, device_hash: Option<&str>) -> Result<Standing, StoreError> {
    let found = fetch!(
        fetch_optional,
        Standing,
        on,
        "select deletion_at, last_sign_in_at,
                (select count(*) from known_devices where token_hash = $2 and user_id = users.id) as known
         from users where id = $1",
        id,
        device_hash
    )?;
    Ok(found.unwrap_or_default())
}

/// Takes a person's password away, which outdates every session that began with it. `false` for a disabled account.
pub async fn forget_password(on: impl Into<Handle<'_>>, id: &str) -> Result<bool, StoreError> {
    let forgotten = execute!(
        on,
        "update users set password_hash = null, credential_version = credential_version + 1
         where id = $1 and disabled_at is null",
        id
    )?;
    Ok(forgotten == 1)
}

/// Gives a person a role. `true` if they did not hold it before.
pub async fn grant(on: impl Into<Handle<'_>>, id: &str, role: &Role, now: Moment) -> Result<bool, StoreError> {
    let granted = execute!(
        on,
        "insert into user_roles (user_id, role, granted_at) values ($1, $2, $3) on conflict (user_id, role) do nothing",
        id,
        role.as_str(),
        now.0
    )?;
    Ok(granted == 1)
}

/// Takes a role from a person. `true` if they held it.
pub async fn revoke(on: impl Into<Handle<'_>>, id: &str, role: &Role) -> Result<bool, StoreError> {
    let revoked = execute!(on, "delete from user_roles where user_id = $1 and role = $2", id, role.as_str())?;
    Ok(revoked == 1)
}

/// Whether a person holds a role and nobody else who may sign in does; or, where they can sign in at this moment, nobody else
/// who has a password.
pub async fn is_last_with_role(tx: &mut super::Tx, id: &str, role: &Role) -> Result<bool, StoreError> {
    let row = fetch!(
        fetch_optional,
        (i64,),
        tx,
        "select cast(1 as bigint) from user_roles as theirs join users as leaving on leaving.id = theirs.user_id
         where theirs.user_id = $1 and theirs.role = $2 and not exists (
             select 1 from user_roles join users on users.id = user_roles.user_id
             where user_roles.role = $2 and user_roles.user_id <> $1
               and users.disabled_at is null and users.deletion_at is null
               and (users.password_hash is not null or leaving.password_hash is null
                    or leaving.disabled_at is not null or leaving.deletion_at is not null))",
        id,
        role.as_str()
    )?;
    Ok(row.is_some())
}

/// A person's roles, in the order of the alphabet.
pub async fn roles(on: impl Into<Handle<'_>>, id: &str) -> Result<Vec<Role>, StoreError> {
    let rows = fetch!(fetch_all, (String,), on, "select role from user_roles where user_id = $1 order by role", id)?;
    Ok(rows.iter().filter_map(|(role,)| Role::parse(role)).collect())
}

/// Whether anybody who may sign in holds a role.
pub async fn any_with_role(on: impl Into<Handle<'_>>, role: &Role) -> Result<bool, StoreError> {
    let row = fetch!(
        fetch_optional,
        (i64,),
        on,
        "select cast(1 as bigint) from user_roles join users on users.id = user_roles.user_id
         where role = $1 and disabled_at is null limit 1",
        role.as_str()
    )?;
    Ok(row.is_some())
}

/// Keeps a person from signing in, from now on; their sessions are over with it. `true` if they could before.
pub async fn disable(on: impl Into<Handle<'_>>, id: &str, now: Moment) -> Result<bool, StoreError> {
    let disabled = execute!(on, "update users set disabled_at = $2 where id = $1 and disabled_at is null", id, now.0)?;
    Ok(disabled == 1)
}

/// Lets a person sign in again. `true` if they could not before.
pub async fn enable(on: impl Into<Handle<'_>>, id: &str) -> Result<bool, StoreError> {
    let enabled = execute!(on, "update users set disabled_at = null where id = $1 and disabled_at is not null", id)?;
    Ok(enabled == 1)
}
