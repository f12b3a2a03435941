//! Verifies the audit log at every start and once an hour, a few pages at a time, and notes the outcome for the console. Must not mend anything.

use std::sync::atomic::Ordering;

use crate::server::{
    audit::verify::{NOTE, Noted, Verifier},
    error::ServerError,
    state::AppState,
    storage::{Conn, events, notes},
};

/// Seconds between two verifications.
const PAUSE_SECONDS: i64 = 3_600;
/// Pages in one go, so that mail and links do not wait long.
const PAGES: usize = 20;

/// Begins, or goes on with, a verification that is due.
///
/// # Errors
/// When the database is away; it goes on from where it was.
pub async fn run(state: &AppState) -> Result<(), ServerError> {
    let mut under_way = state.verification.lock().await;
    if under_way.is_none() && !is_due(state).await? {
        return Ok(());
    }
    let verifier = under_way.get_or_insert_with(|| Verifier::new(None));
    for _ in 0..PAGES {
        let Some(report) = verifier.step(&mut state.db.read().await?).await? else { continue };
        *under_way = None;
        state.is_verified.store(true, Ordering::Relaxed);
        if let Some(broken) = &report.broken {
            tracing::error!(%broken, "the audit log is broken");
        }
        let noted = Noted { at: state.now(), report };
        let text = serde_json::to_string(&noted).unwrap_or_default();
        notes::set(&mut state.db.write().await?, NOTE, &text).await?;
        return Ok(());
    }
    // Soon again: there is more to look at.
    state.work.notify_one();
    Ok(())
}

/// At every start, once an hour, and when the log has only now begun.
async fn is_due(state: &AppState) -> Result<bool, ServerError> {
    let Some(noted) = noted(state).await? else { return Ok(true) };
    let is_fresh = (noted.at.0..noted.at.0.saturating_add(PAUSE_SECONDS)).contains(&state.now().0);
    let is_known = state.is_verified.load(Ordering::Relaxed);
    Ok(!is_fresh || !is_known || (noted.report.last == 0 && events::head(&mut state.db.read().await?).await?.count > 0))
}

/// What the last verification found; `None` before the first.
///
/// # Errors
/// When the database is away.
pub async fn noted(state: &AppState) -> Result<Option<Noted>, ServerError> {
    noted_on(&mut state.db.read().await?).await
}

/// What the last verification found, by a connection at hand; `None` before the first.
///
/// # Errors
/// When the database is away.
pub async fn noted_on(conn: &mut Conn) -> Result<Option<Noted>, ServerError> {
    let text = notes::find(conn, NOTE).await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}
