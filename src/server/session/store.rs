//! Our rows as tower-sessions' store: keyed by the SHA-256 of the id, so that a copy of the database opens nothing, and kept
//! after their end as history. Must not know who may do what.

use std::collections::HashMap;

use async_trait::async_trait;
use serde_json::Value;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use crate::{
    domain::{event::EventKind, moment::Moment, role::Role},
    server::{
        audit::Event,
        crypto::token::digest,
        error::{ServerError, UNAVAILABLE},
        request_info::RequestInfo,
        state::AppState,
        storage::{
            Db, StoreError,
            sessions::{self, EndReason, NewSession},
            users,
        },
    },
};

use super::{Beginning, KEY, SessionData, end_by_system, hear_of};

/// How often an id is drawn for a session.
const TRIES: usize = 4;

/// The store.
#[derive(Clone, Debug)]
pub struct SqlSessionStore {
    state: AppState,
}

impl SqlSessionStore {
    /// A store over the database of this process.
    #[must_use]
    pub fn new(state: AppState) -> Self {
        Self { state }
    }

    /// Adds a row with its event; answers with the id that was free.
    async fn add(&self, mut token: Id, new: &NewSession, event: &Event) -> std::result::Result<Id, ServerError> {
        for _ in 0..TRIES {
            let mut tx = self.state.db.begin().await?;
            let add = async {
                sessions::create(&mut tx, &token_hash(&token), new).await?;
                users::note_sign_in(&mut tx, &new.user_id, new.created_at).await?;
                event.clone().record(&self.state, &mut tx).await?;
                Ok(tx.commit().await?)
            };
            match add.await {
                // Sooner struck by lightning, but the contract asks for it.
                Err(ServerError::Store(StoreError::Taken)) => token = Id::default(),
                outcome => return outcome.map(|()| token),
            }
        }
        Err(StoreError::Taken.into())
    }

    /// Gives a row its next token, with its event if there is one.
    async fn renew(
        &self,
        token: &Id,
        data: &SessionData,
        event: Option<Event>,
    ) -> std::result::Result<(), ServerError> {
        let mut tx = self.state.db.begin().await?;
        let (hash, version) = (token_hash(token), data.credential_version);
        if !sessions::renew(&mut tx, &data.id, &hash, version, data.authenticated_at).await? {
            return Err(ServerError::Corrupt("a session to go on"));
        }
        if let Some(event) = event {
            event.by(&data.user_id).in_session(&data.id).record(&self.state, &mut tx).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// What is stored of a session id.
#[must_use]
pub fn token_hash(id: &Id) -> String {
    digest(id.to_string().as_bytes())
}

#[async_trait]
impl SessionStore for SqlSessionStore {
    /// A session belongs to a person: one without is refused (ASVS 7.6.2).
    async fn create(&self, record: &mut Record) -> Result<()> {
        let Some(ours) = record.data.get(KEY) else {
            return Err(Error::Backend("a session without a person".into()));
        };
        let data = SessionData::unpacked(ours).map_err(|error| Error::Decode(error.to_string()))?;
        let from = |request_id: &str| RequestInfo {
            id: request_id.to_owned(),
            address: data.address.clone(),
            user_agent: data.user_agent.clone(),
            ..RequestInfo::default()
        };
        let (by, from) = match &data.beginning {
            Some(Beginning::Renewed { is_confirmed, request_id }) => {
                let event = is_confirmed.then(|| Event::of(EventKind::PasswordConfirmed, &from(request_id)));
                return self.renew(&record.id, &data, event).await.map_err(failure);
            }
            Some(Beginning::New { by, request_id }) => (by.clone(), from(request_id)),
            None => (String::new(), from("")),
        };
        let event = Event::of(EventKind::SignedIn, &from)
            .by(&data.user_id)
            .in_session(&data.id)
            .with("by", by)
            .with("factor", data.factors.clone());
        let new = NewSession {
            id: data.id,
            user_id: data.user_id,
            created_at: data.created_at,
            idle_seconds: data.idle_seconds,
            is_remembered: data.is_remembered,
            expires_at: data.expires_at,
            address: data.address,
            user_agent: data.user_agent,
            factors: data.factors,
            credential_version: data.credential_version,
            data: others(record)?,
        };
        record.id = self.add(record.id, &new, &event).await.map_err(failure)?;
        Ok(())
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let mut conn = self.state.db.write().await.map_err(backend)?;
        sessions::set_data(&mut conn, &token_hash(&record.id), &others(record)?).await.map_err(backend)?;
        Ok(())
    }

    async fn load(&self, session_id: &Id) -> Result<Option<Record>> {
        let hash = token_hash(session_id);
        let found = sessions::find(&mut self.state.db.read().await.map_err(backend)?, &hash).await.map_err(backend)?;
        let Some(row) = found else { return Ok(None) };
        let mut data: HashMap<String, Value> =
            serde_json::from_str(&row.data).map_err(|error| Error::Decode(error.to_string()))?;
        let Ok(ours) = hear_of(&self.state, row).await.map_err(failure)? else { return Ok(None) };
        let expiry_date = ours.expires_at.as_utc();
        data.insert(KEY.into(), ours.packed().map_err(|error| Error::Encode(error.to_string()))?);
        Ok(Some(Record { id: *session_id, data, expiry_date }))
    }

    async fn delete(&self, session_id: &Id) -> Result<()> {
        let hash = token_hash(session_id);
        let found = sessions::find(&mut self.state.db.read().await.map_err(backend)?, &hash).await.map_err(backend)?;
        match found {
            Some(row) => end_by_system(&self.state, &row, EndReason::SignedOut).await.map_err(failure),
            None => Ok(()),
        }
    }
}

/// Why the session of a cookie is no longer good; `None` for a live one or one that never was.
///
/// # Errors
/// When the database is away.
pub async fn end_reason(db: &Db, cookie: &str, now: Moment) -> std::result::Result<Option<EndReason>, StoreError> {
    let row = sessions::find(&mut db.read().await?, &digest(cookie.as_bytes())).await?;
    Ok(row.and_then(|row| row.end_reason(now)))
}

/// Whether the session of a cookie ran out or was ended for its person, who is an administrator that may sign in. Not where
/// somebody else may have had it.
///
/// # Errors
/// When the database is away.
pub async fn was_administrators(db: &Db, cookie: &str, now: Moment) -> std::result::Result<bool, StoreError> {
    let mut conn = db.read().await?;
    let Some(row) = sessions::find(&mut conn, &digest(cookie.as_bytes())).await? else { return Ok(false) };
    let is_over = matches!(
        row.end_reason(now),
        Some(EndReason::Idle | EndReason::Expired | EndReason::Revoked | EndReason::EndedByAdministrator)
    );
    let may_return = users::find(&mut conn, &row.user_id).await?.is_some_and(|user| user.is_active());
    Ok(is_over && may_return && users::roles(&mut conn, &row.user_id).await?.contains(&Role::admin()))
}

fn others(record: &Record) -> Result<String> {
    let others: HashMap<&String, &Value> = record.data.iter().filter(|(key, _)| *key != KEY).collect();
    serde_json::to_string(&others).map_err(|error| Error::Encode(error.to_string()))
}

fn failure(error: ServerError) -> Error {
    if error.is_unavailable() {
        tracing::warn!(%error, "a session cannot be read or written");
        return Error::Backend(UNAVAILABLE.into());
    }
    Error::Backend(error.to_string())
}

fn backend(error: StoreError) -> Error {
    failure(error.into())
}
