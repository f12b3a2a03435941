//! Verifies the audit log once an hour, a few pages at a time, and notes the outcome for the console. Must not mend anything.

use crate::server::{
    audit::verify::{NOTE, Noted, Verifier},
    error::ServerError,
    state::AppState,
    storage::notes,
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
    if under_way.is_none() {
        let last = noted(state).await?.map_or(0, |noted| noted.at.0);
        if (last..last.saturating_add(PAUSE_SECONDS)).contains(&state.now().0) {
            return Ok(());
        }
    }
    let verifier = under_way.get_or_insert_with(|| Verifier::new(None));
    for _ in 0..PAGES {
        let Some(report) = verifier.step(&state.db).await? else { continue };
        *under_way = None;
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

/// What the last verification found; `None` before the first.
///
/// # Errors
/// When the database is away.
pub async fn noted(state: &AppState) -> Result<Option<Noted>, ServerError> {
    let text = notes::find(&mut state.db.read().await?, NOTE).await?;
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}
