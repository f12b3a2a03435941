//! Adds new events to the chain within seconds, so that sign-in does not wait on it. Must not verify it.

use crate::server::{audit::seal, error::ServerError, state::AppState};

/// Seals what waits.
///
/// # Errors
/// When the database is away.
pub async fn run(state: &AppState) -> Result<(), ServerError> {
    seal::run(state).await
}
