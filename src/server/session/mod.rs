//! Sessions: four typed verbs over tower-sessions, so that no string key is written anywhere else. Must not know pages.

/// That sessions were heard of.
pub mod heard;
/// Our rows as tower-sessions' store.
pub mod store;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tower_sessions::{Expiry, Session, session::Error};

use crate::domain::{event::EventKind, moment::Moment};

use super::{
    audit::Event,
    error::ServerError,
    request_info::RequestInfo,
    state::AppState,
    storage::{
        Tx,
        sessions::{self, EndReason, Person, SessionRow},
        users::UserRow,
    },
};

use heard::Noted;
use store::SqlSessionStore;

/// How far `last_seen_at` may lag: one write a minute for a busy session.
const TOUCH_SECONDS: i64 = 60;
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
    /// When the person last showed the password in it.
    pub authenticated_at: Moment,
    /// When it was last heard of, as its row has it: what its end is counted from.
    pub last_seen_at: Moment,
    /// When it ends whatever happens.
    pub expires_at: Moment,
    /// How long it may stay unheard of.
    pub idle_seconds: i64,
    /// Whether it began with "keep me signed in".
    pub is_remembered: bool,
    /// The client's address.
    pub address: String,
    /// As the browser named itself.
    pub user_agent: String,
    /// How the person proved who they are (RFC 8176 words).
    pub factors: String,
    /// The person's count of password changes when they proved it.
    pub credential_version: i64,
    /// Who is behind it, as of when it was read in this request; nobody where it has only just begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) person: Option<Person>,
    /// How it came about, while it is being stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beginning: Option<Beginning>,
}

impl SessionData {
    /// As a request keeps it: one text, which is made and read with a tenth of the pieces of a tree.
    fn packed(&self) -> Result<Value, Error> {
        Ok(Value::String(serde_json::to_string(self)?))
    }

    fn unpacked(packed: &Value) -> Result<Self, Error> {
        Ok(serde_json::from_str(packed.as_str().unwrap_or_default())?)
    }
}

/// How a session comes about, for its event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Beginning {
    /// It is a new one.
    New {
        /// The use case, as in [`crate::server::flows`].
        by: String,
        /// Names the request in logs.
        request_id: String,
    },
    /// It goes on under a new token.
    Renewed {
        /// Whether that is because the person showed the password again, which is an event of its own.
        is_confirmed: bool,
        /// Names the request in logs.
        request_id: String,
    },
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
pub struct CurrentSession {
    session: Session,
    /// Whether it is carried on by refresh tokens, which come seldom; so it lasts as one does that is remembered.
    is_for_program: bool,
}

impl CurrentSession {
    /// Wraps what the session layer left in the request.
    #[must_use]
    pub fn new(session: Session) -> Self {
        Self { session, is_for_program: false }
    }

    /// A session that no cookie carries, for programs: none until it is started.
    #[must_use]
    pub fn without_cookie(state: &AppState) -> Self {
        let store = Arc::new(SqlSessionStore::new(state.clone()));
        Self { session: Session::new(None, store, None), is_for_program: true }
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
        by: &'static str,
        request: &RequestInfo,
    ) -> Result<(), ServerError> {
        let now = state.now();
        let remember = remember || self.is_for_program;
        if let Some(before) = self.get().await? {
            end_one(state, &before, EndReason::Replaced, Event::of(EventKind::SessionEnded, request)).await?;
            self.session.clear().await;
            self.session.cycle_id().await?;
        }
        let data = SessionData {
            id: state.new_id()?,
            user_id: user.id.clone(),
            created_at: now,
            authenticated_at: now,
            last_seen_at: now,
            expires_at: now.plus(lifetime_seconds(state, remember)),
            idle_seconds: idle_seconds(state, remember),
            is_remembered: remember,
            address: request.address.clone(),
            user_agent: request.user_agent.clone(),
            factors: "pwd".into(),
            credential_version: user.credential_version,
            person: None,
            beginning: Some(Beginning::New { by: by.into(), request_id: request.id.clone() }),
        };
        self.save(data).await
    }

    /// Lets the session go on under a new token, for somebody who has just shown the password again (`is_confirmed`, which is
    /// written down with it) or changed it (ASVS 7.2.4). Saved before the answer goes out.
    ///
    /// # Errors
    /// When the session ended meanwhile, the database is away or there is no randomness; then the session is over.
    pub async fn renew(
        &self,
        state: &AppState,
        user: &UserRow,
        is_confirmed: bool,
        request: &RequestInfo,
    ) -> Result<(), ServerError> {
        let Some(before) = self.get().await? else { return Err(ServerError::Corrupt("a session to go on")) };
        if let Some(id) = self.session.id() {
            sessions::detach(&mut state.db.write().await?, &store::token_hash(&id)).await?;
        }
        self.session.clear().await;
        self.session.cycle_id().await?;
        let now = state.now();
        let data = SessionData {
            authenticated_at: now,
            last_seen_at: now,
            credential_version: user.credential_version,
            person: None,
            beginning: Some(Beginning::Renewed { is_confirmed, request_id: request.id.clone() }),
            ..before
        };
        self.save(data).await
    }

    async fn save(&self, data: SessionData) -> Result<(), ServerError> {
        self.session.set_expiry(Some(if data.is_remembered {
            Expiry::AtDateTime(data.expires_at.as_utc())
        } else {
            Expiry::OnSessionEnd
        }));
        self.session.insert_value(KEY, data.packed()?).await?;
        if let Err(error) = self.session.save().await {
            // Emptied, or the session layer would try once more and spoil the answer.
            self.session.clear().await;
            return Err(error.into());
        }
        Ok(())
    }

    /// The session, if there is a live one.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn get(&self) -> Result<Option<SessionData>, ServerError> {
        Ok(self.session.get_value(KEY).await?.map(|packed| SessionData::unpacked(&packed)).transpose()?)
    }

    /// Ends the session, wherever its cookie was copied to (ASVS 7.4.1).
    ///
    /// # Errors
    /// When the database is away; then the session goes on.
    pub async fn sign_out(&self, state: &AppState, request: &RequestInfo) -> Result<(), ServerError> {
        if let Some(data) = self.get().await? {
            end_one(state, &data, EndReason::SignedOut, Event::of(EventKind::SignedOut, request)).await?;
        }
        self.session.flush().await?;
        Ok(())
    }
}

/// Notes that a session was heard of, or why it is over; then it is marked as ended.
///
/// # Errors
/// When the database is away.
pub async fn hear_of(state: &AppState, row: SessionRow) -> Result<Result<SessionData, EndReason>, ServerError> {
    let now = state.now();
    if let Some(reason) = row.end_reason(now) {
        // A clock that is behind, here, is no reason to end it for everybody.
        if row.ended_at.is_none() && !Moment(row.created_at).is_ahead_of(now) {
            end_by_system(state, &row, reason).await?;
        }
        return Ok(Err(reason));
    }
    let mut last_seen_at = row.last_seen_at;
    if now.0.saturating_sub(last_seen_at) >= TOUCH_SECONDS {
        match heard::note(state, &row.id, now).await {
            Ok(Noted::Written) => last_seen_at = now.0,
            Ok(Noted::ByAnother) => {}
            Ok(Noted::Over) => return Ok(Err(EndReason::Revoked)),
            // Where nothing can be written, people still read; it is heard of again with the next request.
            Err(error) if error.is_unavailable() => {
                tracing::warn!(%error, "a session was heard of, which cannot be noted");
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Ok(SessionData {
        id: row.id,
        user_id: row.user_id,
        created_at: Moment(row.created_at),
        authenticated_at: Moment(row.authenticated_at),
        last_seen_at: Moment(last_seen_at),
        expires_at: Moment(row.expires_at),
        idle_seconds: row.idle_seconds,
        is_remembered: row.remembered != 0,
        address: row.address,
        user_agent: row.user_agent,
        factors: row.factors,
        credential_version: row.credential_version,
        person: Some(row.person),
        beginning: None,
    }))
}

/// Ends a session that nobody ended by hand.
async fn end_by_system(state: &AppState, row: &SessionRow, reason: EndReason) -> Result<(), ServerError> {
    let mut tx = state.db.begin().await?;
    let event = Event::by_system(EventKind::SessionEnded).about(&row.user_id);
    end_in(state, &mut tx, &row.id, reason, event).await?;
    Ok(tx.commit().await?)
}

/// Ends a session by its own person, in a transaction of its own.
async fn end_one(state: &AppState, data: &SessionData, reason: EndReason, event: Event) -> Result<(), ServerError> {
    let mut tx = state.db.begin().await?;
    end_in(state, &mut tx, &data.id, reason, event.by(&data.user_id)).await?;
    Ok(tx.commit().await?)
}

/// Ends a session and writes the event, which says who did it and whose it was. `false` if it was over already.
///
/// # Errors
/// When the database is away; then the transaction must not be committed.
pub async fn end_in(
    state: &AppState,
    tx: &mut Tx,
    session_id: &str,
    reason: EndReason,
    event: Event,
) -> Result<bool, ServerError> {
    let was_live = sessions::end_by_id(&mut *tx, session_id, reason, state.now()).await?;
    if was_live {
        event.in_session(session_id).with("reason", reason.as_str()).record(state, tx).await?;
    }
    Ok(was_live)
}

/// Ends every session of a person but one (none is spared by an empty id) and writes an event for each, like the one
/// given; answers with how many there were.
///
/// # Errors
/// When the database is away; then the transaction must not be committed.
pub async fn end_others(
    state: &AppState,
    tx: &mut Tx,
    user_id: &str,
    spared_id: &str,
    reason: EndReason,
    event: &Event,
) -> Result<usize, ServerError> {
    let ended = sessions::end_all_but(&mut *tx, user_id, spared_id, reason, state.now()).await?;
    for id in &ended {
        event.clone().about(user_id).in_session(id).with("reason", reason.as_str()).record(state, tx).await?;
    }
    Ok(ended.len())
}
