//! The end of a session, wherever its cookie was copied to. Must not fail for somebody who has none.

use crate::server::{error::FlowError, request_info::RequestInfo, session::CurrentSession, state::AppState};

/// Ends the session of this browser (ASVS 7.4.1).
///
/// # Errors
/// When the database is away; then the session goes on, and the person is told.
pub async fn run(state: &AppState, session: &CurrentSession, request: &RequestInfo) -> Result<(), FlowError> {
    if let Some(data) = session.get().await? {
        session.sign_out(state, request).await?;
        tracing::info!(user = %data.user_id, session = %data.id, "signed out");
    }
    Ok(())
}
