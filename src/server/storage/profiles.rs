//! What a person's own pages and the copy of their data say of them, as rows; and the change of a user name. Must not read a
//! hash or a token (ASVS 15.3.1).

use crate::domain::{moment::Moment, username::Username};

use super::{
    Handle, StoreError,
    db::{execute, fetch},
};

/// What is stored of a person, without what opens anything.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ProfileRow {
    /// Never reassigned.
    pub id: String,
    /// The e-mail address.
    pub email: Option<String>,
    /// When it was proven.
    pub email_verified_at: Option<i64>,
    /// The address that they want and have not proven.
    pub wanted_email: Option<String>,
    /// The user name.
    pub username: Option<String>,
    /// The user name that they get once their address is proven.
    pub wanted_username: Option<String>,
    /// When the account was made.
    pub created_at: i64,
    /// When the password was last changed.
    pub password_changed_at: Option<i64>,
    /// When they last signed in.
    pub last_sign_in_at: Option<i64>,
}

/// What is stored of a person.
pub async fn find(on: impl Into<Handle<'_>>, user_id: &str) -> Result<Option<ProfileRow>, StoreError> {
    fetch!(
        fetch_optional,
        ProfileRow,
        on,
        "select id, email, email_verified_at, wanted_email, username, wanted_username, created_at, password_changed_at,
                last_sign_in_at
         from users where id = $1",
        user_id
    )
}

/// A role and since when it is held.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct HeldRole {
    /// The role's name.
    pub role: String,
    /// Seconds since 1970.
    pub granted_at: i64,
}

/// A person's roles, in the order of the alphabet.
pub async fn roles(on: impl Into<Handle<'_>>, user_id: &str) -> Result<Vec<HeldRole>, StoreError> {
    fetch!(fetch_all, HeldRole, on, "select role, granted_at from user_roles where user_id = $1 order by role", user_id)
}

/// How many browsers are known for a person.
pub async fn count_devices(on: impl Into<Handle<'_>>, user_id: &str) -> Result<i64, StoreError> {
    let row = fetch!(fetch_one, (i64,), on, "select count(*) from known_devices where user_id = $1", user_id)?;
    Ok(row.0)
}

/// When a person last changed the password.
pub async fn password_changed_at(on: impl Into<Handle<'_>>, user_id: &str) -> Result<Option<Moment>, StoreError> {
    let row =
        fetch!(fetch_optional, (Option<i64>,), on, "select password_changed_at from users where id = $1", user_id)?;
    Ok(row.and_then(|(at,)| at).map(Moment))
}

/// Gives a person another user name. `false` if it is the one they have, or they may not sign in any more.
///
/// # Errors
/// [`StoreError::Taken`] if the user name belongs to somebody.
pub async fn set_username(on: impl Into<Handle<'_>>, user_id: &str, username: &Username) -> Result<bool, StoreError> {
    let changed = execute!(
        on,
        "update users set username = $2, username_key = $3, wanted_username = null
         where id = $1 and (username is null or username <> $2) and disabled_at is null and deletion_at is null",
        user_id,
        username.as_str(),
        username.key()
    )?;
    Ok(changed == 1)
}
