//! Answers "I forgot my password" in the background: a link by mail for people we know, nothing for others, so that asking
//! takes the same work for both (ASVS 6.3.8). Must not be called from a request.

use crate::server::{
    error::ServerError,
    flows::reset_password,
    state::AppState,
    storage::{reset_requests, users},
};

/// Requests answered in one go.
const BATCH: i64 = 50;

/// Answers what is waiting.
///
/// # Errors
/// When the database is away; what was not answered waits.
pub async fn run(state: &AppState) -> Result<(), ServerError> {
    let waiting = reset_requests::oldest(&mut state.db.read().await?, BATCH).await?;
    for request in waiting {
        let mut tx = state.db.begin().await?;
        if !reset_requests::take(&mut tx, &request.id).await? {
            continue;
        }
        if let Some(user) = users::find_by_email_key(&mut tx, &request.email_key).await? {
            reset_password::mail_link(state, &mut tx, &user, &request).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}
