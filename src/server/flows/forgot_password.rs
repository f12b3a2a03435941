//! Asking for a reset link. Must do the same for an address that nobody has.

use crate::{
    domain::{
        email::Email,
        error::AuthError,
        field::{Field, FieldError},
    },
    server::{error::FlowError, request_info::RequestInfo, state::AppState, storage::link_requests::Kind},
};

use super::throttle::{self, Limit};

/// Writes the request down; a background task answers it (ASVS 6.3.8).
///
/// # Errors
/// A field message for what is not an address, or [`AuthError::TooManyRequests`].
pub async fn run(state: &AppState, request: &RequestInfo, email: &str) -> Result<(), FlowError> {
    let email = Email::parse(email).map_err(|problem| AuthError::from(FieldError { field: Field::Email, problem }))?;
    let limits = [Limit::ResetEmail(&email.key()), Limit::RequestNetwork(&request.network())];
    throttle::count(state, request, None, &limits).await?;
    super::ask_for_link(state, &mut state.db.write().await?, request, Kind::ResetPassword, &email.key()).await?;
    state.work.notify_one();
    Ok(())
}
