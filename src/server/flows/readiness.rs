//! Whether the server can serve, and why not. Must not change anything, nor say more than a closed list of reasons: what is
//! behind one stands in the log.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use crate::server::{
    error::ServerError,
    remembered::Remembered,
    state::AppState,
    storage::schema::{self, Schema},
    tokens::keys,
};

/// How long the database may take: whoever asks is about to ask another server instead.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Seconds for which an answer is given again: anybody may ask.
const REMEMBERED_SECONDS: i64 = 1;

/// Why the server cannot serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The database does not answer.
    Database,
    /// It takes no writes: a standby, perhaps.
    ReadOnly,
    /// Its schema is older than this program.
    Migrations,
    /// It was asked to end.
    Ending,
    /// The secret of the signing keys cannot be had, or opens none of those that sign now.
    SigningKey,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 5] = [Self::Database, Self::ReadOnly, Self::Migrations, Self::Ending, Self::SigningKey];

    /// As programs are told.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::ReadOnly => "database_read_only",
            Self::Migrations => "migrations",
            Self::Ending => "ending",
            Self::SigningKey => "signing_key",
        }
    }
}

/// What [`run`] remembers: whoever asks may ask as often as they like.
#[must_use]
pub fn remembered() -> Remembered<Vec<Reason>> {
    Remembered::new(REMEMBERED_SECONDS)
}

/// Why the server cannot serve now, or a moment ago; nothing where it can.
pub async fn run(state: &AppState) -> Vec<Reason> {
    if state.is_ending.load(Ordering::Relaxed) {
        return vec![Reason::Ending];
    }
    let asked = state.clone();
    let reasons = state.readiness.get(Arc::clone(&state.clock), PATIENCE, async move { ask(&asked).await });
    reasons.await.unwrap_or_else(|| vec![Reason::Database])
}

async fn ask(state: &AppState) -> Vec<Reason> {
    match tokio::time::timeout(PATIENCE, look(state)).await {
        Ok(Ok(reasons)) => reasons,
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready: the database is away");
            vec![Reason::Database]
        }
        Err(_) => {
            tracing::warn!("not ready: the database does not answer in time");
            vec![Reason::Database]
        }
    }
}

async fn look(state: &AppState) -> Result<Vec<Reason>, ServerError> {
    let mut reasons = Vec::new();
    let mut probe = state.db.probe().await?;
    if !schema::takes_writes(&mut probe).await? {
        reasons.push(Reason::ReadOnly);
    }
    // One that is newer is what a rolling upgrade brings, and the program before goes on.
    if let Schema::Behind(_) = schema::compare(&mut probe).await? {
        reasons.push(Reason::Migrations);
    } else {
        match keys::read_on(state, &mut probe).await {
            Ok(keys) if keys.are_closed(state.now()) => reasons.push(Reason::SigningKey),
            Ok(_) => {}
            Err(error) if error.is_unavailable() => return Err(error),
            Err(error) => {
                tracing::warn!(%error, "not ready: the signing keys cannot be read");
                reasons.push(Reason::SigningKey);
            }
        }
    }
    probe.answered();
    Ok(reasons)
}
