//! Sessions: four typed verbs over tower-sessions, so that no string key is written anywhere else. Must not know pages.

/// Our rows as tower-sessions' store.
pub mod store;

use serde::{Deserialize, Serialize};
use tower_sessions::{Expiry, Session};

use crate::domain::moment::Moment;

use super::{
    error::ServerError,
    request_info::RequestInfo,
    state::AppState,
    storage::{
        sessions::{self, EndReason},
        users::UserRow,
    },
};

/// The one key of ours in a session.
const KEY: &str = "latchkey";

/// What a session knows of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionData {
    /// Names the session in lists; opens nothing.
    pub id: String,
    /// Whose it is.
    pub user_id: String,
    /// When it began.
    pub created_at: Moment,
    /// When it ends whatever happens.
    pub expires_at: Moment,
    /// How long it may stay unheard of.
    pub idle_seconds: i64,
    /// The client's address.
    pub address: String,
    /// As the browser named itself.
    pub user_agent: String,
    /// How the person proved who they are (RFC 8176 words).
    pub factors: String,
    /// The person's count of password changes when they proved it.
    pub credential_version: i64,
}

impl SessionData {
    /// Whether it began with "keep me signed in".
    #[must_use]
    pub fn is_remembered(&self, state: &AppState) -> bool {
        self.idle_seconds == idle_seconds(state, true)
    }
}

fn idle_seconds(state: &AppState, remember: bool) -> i64 {
    if remember {
        i64::from(state.config.remember_idle_days) * 86_400
    } else {
        i64::from(state.config.session_idle_minutes) * 60
    }
}

fn lifetime_seconds(state: &AppState, remember: bool) -> i64 {
    if remember {
        i64::from(state.config.remember_lifetime_days) * 86_400
    } else {
        i64::from(state.config.session_lifetime_hours) * 3_600
    }
}

/// The session of a request.
#[derive(Clone, Debug)]
pub struct CurrentSession(Session);

impl CurrentSession {
    /// Wraps what the session layer left in the request.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Self(session)
    }

    /// Begins a session for somebody who has just proved who they are: always a new id, and the one this browser had before
    /// ends (ASVS 7.2.4). Saved before the answer goes out.
    ///
    /// # Errors
    /// When the database is away or there is no randomness.
    pub async fn start(
        &self,
        state: &AppState,
        user: &UserRow,
        remember: bool,
        request: &RequestInfo,
    ) -> Result<(), ServerError> {
        let now = state.now();
        if self.get().await?.is_some() {
            self.mark(state, EndReason::Replaced).await?;
            self.0.clear().await;
            self.0.cycle_id().await?;
        }
        let data = SessionData {
            id: state.new_id()?,
            user_id: user.id.clone(),
            created_at: now,
            expires_at: now.plus(lifetime_seconds(state, remember)),
            idle_seconds: idle_seconds(state, remember),
            address: request.address.clone(),
            user_agent: request.user_agent.clone(),
            factors: "pwd".into(),
            credential_version: user.credential_version,
        };
        self.0.set_expiry(Some(if remember {
            Expiry::AtDateTime(data.expires_at.as_utc())
        } else {
            Expiry::OnSessionEnd
        }));
        self.0.insert(KEY, data).await?;
        if let Err(error) = self.0.save().await {
            // Emptied, or the session layer would try once more and spoil the answer.
            self.0.clear().await;
            return Err(error.into());
        }
        Ok(())
    }

    /// The session, if there is a live one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn get(&self) -> Result<Option<SessionData>, ServerError> {
        Ok(self.0.get(KEY).await?)
    }

    /// Ends the session, wherever its cookie was copied to (ASVS 7.4.1).
    ///
    /// # Errors
    /// When the database is away; then the session goes on.
    pub async fn end(&self, state: &AppState, reason: EndReason) -> Result<(), ServerError> {
        if self.get().await?.is_some() {
            self.mark(state, reason).await?;
        }
        self.0.flush().await?;
        Ok(())
    }

    async fn mark(&self, state: &AppState, reason: EndReason) -> Result<(), ServerError> {
        if let Some(id) = self.0.id() {
            sessions::end(&mut state.db.write().await?, &store::token_hash(&id), reason, state.now()).await?;
        }
        Ok(())
    }
}
