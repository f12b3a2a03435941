//! Delivers mail that is due, each once, with growing pauses after failures. Must not write mail.

use tracing::Instrument as _;

use crate::{
    domain::moment::{CLOCKS_APART_SECONDS, Moment},
    server::{error::ServerError, mail::transport::Transport, state::AppState, storage::outbox, telemetry::spans},
};

/// Mails handed over in one go.
const BATCH: i64 = 20;
/// Attempts before a mail is given up: with the pauses below, two and a half days.
const MOST_ATTEMPTS: i64 = 16;
/// Seconds for which an attempt holds a mail, beyond the transport's own limit.
const LEASE_SECONDS: i64 = 60;
/// The longest pause between attempts.
const LONGEST_PAUSE_SECONDS: i64 = 6 * 3_600;

/// Delivers what is due.
///
/// # Errors
/// When the database is away. A mail server that is away is no error: its mail waits.
pub async fn run(state: &AppState, transport: &Transport) -> Result<(), ServerError> {
    let due = outbox::due(&mut state.db.read().await?, state.now(), longest(state.now()), BATCH).await?;
    for row in due {
        let now = state.now();
        let retry_at = now.plus(pause_after(row.attempts).max(LEASE_SECONDS));
        if !outbox::claim(&mut state.db.write().await?, &row, now, longest(now), retry_at).await? {
            continue;
        }
        match transport.send(&row).instrument(spans::mail(&row.id)).await {
            Ok(()) => {
                outbox::mark_sent(&mut state.db.write().await?, &row.id, state.now()).await?;
                tracing::info!(mail = %row.id, "mail handed over");
            }
            Err(error) => {
                let is_last = error.is_permanent() || row.attempts + 1 >= MOST_ATTEMPTS;
                tracing::warn!(mail = %row.id, %error, is_last, "mail not handed over");
                let given_up = is_last.then(|| state.now());
                outbox::mark_failed(&mut state.db.write().await?, &row.id, &error.to_string(), given_up).await?;
            }
        }
    }
    Ok(())
}

/// Nothing waits beyond this, on nodes whose clocks are not wrong.
fn longest(now: Moment) -> Moment {
    now.plus(LONGEST_PAUSE_SECONDS + CLOCKS_APART_SECONDS)
}

/// Seconds to wait after so many attempts: one minute, doubled each time, up to six hours.
fn pause_after(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts.clamp(0, 20)).unwrap_or(20);
    (60_i64 << doublings).min(LONGEST_PAUSE_SECONDS)
}
