//! Notes sessions that ended by themselves, so that history says when and why. Must not be what makes them end.

use crate::server::{error::ServerError, state::AppState, storage::sessions};

/// Marks what is overdue.
///
/// # Errors
/// When the database is away.
pub async fn run(state: &AppState) -> Result<(), ServerError> {
    let ended = sessions::end_overdue(&mut state.db.write().await?, state.now()).await?;
    if ended > 0 {
        tracing::debug!(ended, "sessions ended by themselves");
    }
    Ok(())
}
