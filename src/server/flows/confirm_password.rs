//! The password once more, from somebody who is signed in and means to do something sensitive (ASVS 7.5.1). Must not do it.

use crate::{
    domain::{
        error::AuthError,
        field::{Field, FieldError},
        password,
    },
    server::{error::FlowError, request_info::RequestInfo, session::CurrentSession, state::AppState, storage::users},
};

/// Checks the password and lets the session go on under a new token; sensitive acts are then open for a while.
///
/// # Errors
/// A field message, [`AuthError::TooManyTries`], or [`AuthError::NotSignedIn`].
pub async fn run(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    password: String,
) -> Result<(), FlowError> {
    let current = session.get().await?.ok_or(AuthError::NotSignedIn)?;
    password::check_current(&password)
        .map_err(|problem| AuthError::from(FieldError { field: Field::Password, problem }))?;
    let place = state.passwords.enter()?;
    let user = users::find(&mut state.db.read().await?, &current.user_id).await?.ok_or(AuthError::NotSignedIn)?;
    super::check_password(state, request, &place, &user, &current.id, password).await?;
    let renewed = session.renew(state, &user, true, request).await;
    // It may have been ended while the password was looked at.
    if renewed.is_err() {
        let mut tx = state.db.begin().await?;
        super::still_signed_in(&mut tx, &user.id, &current.id).await?;
    }
    Ok(renewed?)
}
