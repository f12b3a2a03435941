//! The address that somebody wants and has not proven yet, as a column of people. Must not be anybody's address before that.

use crate::domain::{email::Email, moment::Moment};

use super::{
    Handle, StoreError, Tx,
    db::{execute, fetch},
};

/// The address that a person waits for.
pub async fn find(on: impl Into<Handle<'_>>, user_id: &str) -> Result<Option<Email>, StoreError> {
    let row = fetch!(fetch_optional, (Option<String>,), on, "select wanted_email from users where id = $1", user_id)?;
    Ok(row.and_then(|(wanted,)| wanted).and_then(|wanted| Email::parse(&wanted).ok()))
}

/// Notes the address that a person wants, whose own is another one, or who has none. `false` for everybody else.
pub async fn set(on: impl Into<Handle<'_>>, user_id: &str, email: &Email) -> Result<bool, StoreError> {
    let noted = execute!(
        on,
        "update users set wanted_email = $2
         where id = $1 and disabled_at is null and (email is null or email_key <> $3)",
        user_id,
        email.as_str(),
        email.key()
    )?;
    Ok(noted == 1)
}

/// Forgets it. `true` if there was one.
pub async fn forget(on: impl Into<Handle<'_>>, user_id: &str) -> Result<bool, StoreError> {
    let forgotten =
        execute!(on, "update users set wanted_email = null where id = $1 and wanted_email is not null", user_id)?;
    Ok(forgotten == 1)
}

/// Makes the address that a person wants theirs, proven, provided they still want it. `false` if they do not.
///
/// # Errors
/// [`StoreError::Taken`] if it belongs to somebody by now; then the transaction must not be committed.
pub async fn take(tx: &mut Tx, user_id: &str, email: &Email, now: Moment) -> Result<bool, StoreError> {
    let taken = execute!(
        tx,
        "update users set email = $2, email_key = $3, email_verified_at = $4, wanted_email = null
         where id = $1 and wanted_email = $2 and disabled_at is null",
        user_id,
        email.as_str(),
        email.key(),
        now.0
    )?;
    Ok(taken == 1)
}

/// Makes an address that was a person's before theirs again, proven; nothing is wanted any more.
///
/// # Errors
/// [`StoreError::Taken`] if it belongs to somebody by now; then the transaction must not be committed.
pub async fn give_back(tx: &mut Tx, user_id: &str, email: &Email, now: Moment) -> Result<(), StoreError> {
    execute!(
        tx,
        "update users set email = $2, email_key = $3, email_verified_at = $4, wanted_email = null where id = $1",
        user_id,
        email.as_str(),
        email.key(),
        now.0
    )?;
    Ok(())
}
