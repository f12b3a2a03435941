//! Notes sessions that ended by themselves, so that history says when and why. Must not be what makes them end.

use crate::{
    domain::event::EventKind,
    server::{audit::Event, error::ServerError, state::AppState, storage::sessions},
};

/// Sessions marked in one transaction.
const BATCH: i64 = 200;

/// Marks what is overdue.
///
/// # Errors
/// When the database is away.
pub async fn run(state: &AppState) -> Result<(), ServerError> {
    loop {
        let mut tx = state.db.begin().await?;
        let ended = sessions::end_overdue(&mut tx, state.now(), BATCH).await?;
        for session in &ended {
            Event::by_system(EventKind::SessionEnded)
                .about(&session.user_id)
                .in_session(&session.id)
                .with("reason", session.end_reason.as_str())
                .record(state, &mut tx)
                .await?;
        }
        if ended.is_empty() {
            return Ok(());
        }
        tx.commit().await?;
        tracing::debug!(ended = ended.len(), "sessions ended by themselves");
    }
}
