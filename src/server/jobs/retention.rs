//! Removes what nobody needs any more: limits that have run out, dead links, browsers not seen for a year, and, after the time
//! that the settings give them, ended sessions, mail that was sent, and events (ASVS 14.2.7). Must not touch what still opens,
//! counts or explains something.

use std::sync::atomic::Ordering;

use crate::{
    domain::moment::Moment,
    server::{
        audit::redaction,
        error::ServerError,
        state::AppState,
        storage::{known_devices, limits, outbox, personal_tokens, refresh_tokens, session_records, tokens},
    },
};

/// Seconds between two rounds.
const PAUSE_SECONDS: i64 = 3_600;
/// How long word is kept of mail that was sent or given up.
const MAIL_SECONDS: i64 = 30 * DAY;
/// How long a browser is known without being used.
pub const DEVICE_SECONDS: i64 = 365 * DAY;
/// Rows removed by one statement, so that nobody waits long.
const BATCH: i64 = 500;
const DAY: i64 = 86_400;

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
    let days_ago = |days: u32| now.plus(-i64::from(days) * DAY);
    let mut removed = rows(state, days_ago(state.config.keep_tokens_days)).await?;
    removed += sessions(state, days_ago(state.config.keep_sessions_days)).await?;
    let (dead_before, spent_before) = (state.config.keep_tokens_days, state.config.remember_lifetime_days);
    removed += programs(state, days_ago(dead_before), days_ago(spent_before)).await?;
    removed += mail(state, now.plus(-MAIL_SECONDS)).await?;
    if state.config.keep_events_days > 0 {
        removed += redaction::prune(state, days_ago(state.config.keep_events_days)).await?;
    }
    state.last_retention.store(now.0, Ordering::Relaxed);
    if removed > 0 {
        tracing::debug!(removed, "removed rows that nobody needs any more");
    }
    Ok(())
}

/// What is few.
async fn rows(state: &AppState, dead_before: Moment) -> Result<u64, ServerError> {
    let now = state.now();
    let mut conn = state.db.write().await?;
    let few = limits::remove_expired(&mut conn, now).await?
        + known_devices::remove_unused(&mut conn, now.plus(-DEVICE_SECONDS)).await?;
    drop(conn);
    let mut tx = state.db.begin().await?;
    let dead = tokens::remove_dead(&mut tx, dead_before).await?;
    tx.commit().await?;
    Ok(few + dead)
}

/// Personal access tokens that died, and refresh tokens that were exchanged longer ago than a session lasts.
async fn programs(state: &AppState, dead_before: Moment, spent_before: Moment) -> Result<u64, ServerError> {
    let mut removed = 0;
    loop {
        let mut tx = state.db.begin().await?;
        let batch = personal_tokens::remove_dead(&mut tx, dead_before, BATCH).await?
            + refresh_tokens::remove_spent(&mut tx, spent_before, BATCH).await?;
        tx.commit().await?;
        match batch {
            0 => return Ok(removed),
            batch => removed += batch,
        }
    }
}

async fn sessions(state: &AppState, before: Moment) -> Result<u64, ServerError> {
    let mut removed = 0;
    loop {
        let mut tx = state.db.begin().await?;
        let batch = session_records::remove_ended(&mut tx, before, BATCH).await?;
        tx.commit().await?;
        match batch {
            0 => return Ok(removed),
            batch => removed += batch,
        }
    }
}

async fn mail(state: &AppState, before: Moment) -> Result<u64, ServerError> {
    let mut removed = 0;
    loop {
        match outbox::remove_done(&mut state.db.write().await?, before, BATCH).await? {
            0 => return Ok(removed),
            batch => removed += batch,
        }
    }
}
