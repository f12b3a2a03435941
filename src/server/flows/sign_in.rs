//! A new session in exchange for identifier and password. Must take the same work whoever asks.

use crate::{
    domain::{
        error::AuthError,
        field::{Field, FieldError},
        form::Form,
        identifier::Identifier,
    },
    server::{error::FlowError, request_info::RequestInfo, session::CurrentSession, state::AppState, storage::users},
};

/// What the form holds, as posted.
#[derive(Clone, Default)]
pub struct Attempt {
    /// E-mail address or user name.
    pub identifier: String,
    /// The password.
    pub password: String,
    /// "Keep me signed in".
    pub remember: bool,
}

/// Verifies and begins a session.
///
/// # Errors
/// Field messages for an incomplete form; [`AuthError::InvalidCredentials`] for an unknown person, a wrong password and a
/// disabled account alike (ASVS 6.3.8).
pub async fn run(
    state: &AppState,
    session: &CurrentSession,
    request: &RequestInfo,
    attempt: Attempt,
) -> Result<(), FlowError> {
    let errors = Form::SignIn.check(|field| match field {
        Field::Identifier => attempt.identifier.clone(),
        Field::Password => attempt.password.clone(),
        _ => String::new(),
    });
    if !errors.is_empty() {
        return Err(AuthError::from(errors).into());
    }
    let identifier = Identifier::parse(&attempt.identifier)
        .map_err(|problem| AuthError::from(FieldError { field: Field::Identifier, problem }))?;

    let user = users::find_by_identifier(&mut state.db.read().await?, &identifier).await?;
    let stored = user.as_ref().and_then(|user| user.password_hash.clone());
    let verified = state.passwords.verify(attempt.password, stored).await?;
    let Some(user) = user.filter(|user| verified.matches && user.is_active()) else {
        tracing::info!(address = %request.address, factor = "pwd", "sign-in refused");
        return Err(AuthError::InvalidCredentials.into());
    };

    if let (Some(new), Some(old)) = (&verified.upgraded, &user.password_hash) {
        users::upgrade_hash(&mut state.db.write().await?, &user.id, old, new).await?;
    }
    session.start(state, &user, attempt.remember, request).await?;
    tracing::info!(user = %user.id, address = %request.address, factor = "pwd", "signed in");
    Ok(())
}
