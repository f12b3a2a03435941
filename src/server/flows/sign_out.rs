//! The end of a session, wherever its cookie was copied to. Must not fail for somebody who has none.

use crate::server::{error::FlowError, session::CurrentSession, state::AppState, storage::sessions::EndReason};

/// Ends the session of this browser (ASVS 7.4.1).
///
/// # Errors
/// When the database is away; then the session goes on, and the person is told.
pub async fn run(state: &AppState, session: &CurrentSession) -> Result<(), FlowError> {
    if let Some(data) = session.get().await? {
        session.end(state, EndReason::SignedOut).await?;
        tracing::info!(user = %data.user_id, session = %data.id, "signed out");
    }
    Ok(())
}
