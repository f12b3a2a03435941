//! Removes accounts whose owners asked for it and did not come back. Must not touch one that is kept.

use crate::server::{error::ServerError, flows::own_account::delete, state::AppState, storage::deletions};

/// Accounts looked at in one go.
const BATCH: i64 = 100;

/// Removes what is due, each in a transaction of its own; several nodes may do so at once.
///
/// # Errors
/// When the database is away.
pub async fn run(state: &AppState) -> Result<(), ServerError> {
    loop {
        let due = deletions::due(&mut state.db.read().await?, state.now(), BATCH).await?;
        for user_id in &due {
            let mut tx = state.db.begin().await?;
            if delete::remove_due(state, &mut tx, user_id).await? {
                tx.commit().await?;
                tracing::info!(user = %user_id, "account deleted");
            }
        }
        if due.is_empty() {
            return Ok(());
        }
    }
}
