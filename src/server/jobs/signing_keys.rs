//! Lets signing keys follow one another, each published before it signs. Must not make the first one.

use crate::server::{error::ServerError, state::AppState, tokens::rotation};

/// Does what is due.
///
/// # Errors
/// When the database is away.
pub async fn run(state: &AppState) -> Result<(), ServerError> {
    rotation::run(state).await
}
