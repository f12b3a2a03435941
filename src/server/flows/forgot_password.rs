//! Asking for a reset link. Must do the same for an address that nobody has.

use crate::{
    domain::{
        email::Email,
        error::AuthError,
        field::{Field, FieldError},
    },
    server::{error::FlowError, request_info::RequestInfo, state::AppState, storage::reset_requests},
};

/// Writes the request down; a background task answers it (ASVS 6.3.8).
///
/// # Errors
/// A field message for what is not an address.
pub async fn run(state: &AppState, request: &RequestInfo, email: &str) -> Result<(), FlowError> {
    let email = Email::parse(email).map_err(|problem| AuthError::from(FieldError { field: Field::Email, problem }))?;
    let (id, now) = (state.new_id()?, state.now());
    let mut conn = state.db.write().await?;
    reset_requests::create(&mut conn, &id, &email.key(), &request.address, &request.user_agent, now).await?;
    state.work.notify_one();
    Ok(())
}
