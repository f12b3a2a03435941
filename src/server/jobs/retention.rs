//! Removes what nobody needs any more: limits that have run out, dead links, browsers not seen for a year
//! (ASVS 14.2.7). Must not touch what still opens, counts or explains something.

use std::sync::atomic::Ordering;

use crate::server::{
    error::ServerError,
    state::AppState,
    storage::{known_devices, limits, tokens},
};

/// Seconds between two rounds.
const PAUSE_SECONDS: i64 = 3_600;
/// How long a dead link can still say why it is dead.
const LINK_SECONDS: i64 = 30 * 86_400;
/// How long a browser is known without being used.
pub const DEVICE_SECONDS: i64 = 365 * 86_400;

/// Removes what is due, once an hour.
///
/// # Errors
/// When the database is away.
pub async fn run(state: &AppState) -> Result<(), ServerError> {
    let now = state.now();
    let last = state.last_retention.load(Ordering::Relaxed);
    if (last..last.saturating_add(PAUSE_SECONDS)).contains(&now.0) {
        return Ok(());
    }
    let mut conn = state.db.write().await?;
    let removed = limits::remove_expired(&mut conn, now).await?
        + tokens::remove_dead(&mut conn, now.plus(-LINK_SECONDS)).await?
        + known_devices::remove_unused(&mut conn, now.plus(-DEVICE_SECONDS)).await?;
    state.last_retention.store(now.0, Ordering::Relaxed);
    if removed > 0 {
        tracing::debug!(removed, "removed rows that nobody needs any more");
    }
    Ok(())
}
