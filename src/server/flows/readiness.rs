//! Whether the server can serve, and why not. Must not change anything, nor say more than a closed list of reasons: what is
//! behind one stands in the log.

use std::time::Duration;

use crate::server::{
    error::ServerError,
    state::AppState,
    storage::schema::{self, Schema},
    tokens::keys,
};

/// How long the database may take: whoever asks is about to ask another server instead.
const PATIENCE: Duration = Duration::from_secs(2);

/// Why the server cannot serve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The database does not answer.
    Database,
    /// It takes no writes: a standby, perhaps.
    ReadOnly,
    /// Its schema is older than this program.
    Migrations,
    /// No access token can be signed: the secret that opens the keys cannot be had.
    SigningKey,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Database, Self::ReadOnly, Self::Migrations, Self::SigningKey];

    /// As programs are told.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::ReadOnly => "database_read_only",
            Self::Migrations => "migrations",
            Self::SigningKey => "signing_key",
        }
    }
}

/// Why the server cannot serve now; nothing where it can.
pub async fn run(state: &AppState) -> Vec<Reason> {
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
    let mut conn = state.db.read().await?;
    if !schema::takes_writes(&mut conn).await? {
        reasons.push(Reason::ReadOnly);
    }
    // One that is newer is what a rolling upgrade brings, and the program before goes on.
    let is_behind = matches!(schema::compare(&mut conn).await?, Schema::Behind(_));
    drop(conn);
    if is_behind {
        reasons.push(Reason::Migrations);
        return Ok(reasons);
    }
    match keys::read(state).await {
        Ok(_) => {}
        Err(error) if error.is_unavailable() => return Err(error),
        Err(error) => {
            tracing::warn!(%error, "not ready: the signing keys cannot be read");
            reasons.push(Reason::SigningKey);
        }
    }
    Ok(reasons)
}
