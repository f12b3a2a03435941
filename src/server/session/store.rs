//! Our rows as tower-sessions' store: keyed by the SHA-256 of the id, so that a copy of the database opens nothing, and kept
//! after their end as history. Must not know who may do what.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use serde_json::Value;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

use crate::{
    domain::moment::Moment,
    server::{
        clock::Clock,
        crypto::token::digest,
        storage::{
            Db, StoreError,
            sessions::{self, EndReason, NewSession},
        },
    },
};

use super::{KEY, SessionData};

/// How far `last_seen_at` may lag: one write a minute for a busy session.
const TOUCH_SECONDS: i64 = 60;

/// The store.
#[derive(Clone, Debug)]
pub struct SqlSessionStore {
    db: Db,
    clock: Arc<dyn Clock>,
}

impl SqlSessionStore {
    /// A store over the given database.
    #[must_use]
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock }
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
        let Some(ours) = record.data.get(KEY).cloned() else {
            return Err(Error::Backend("a session without a person".into()));
        };
        let data: SessionData = serde_json::from_value(ours).map_err(|error| Error::Decode(error.to_string()))?;
        let new = NewSession {
            id: data.id,
            user_id: data.user_id,
            created_at: data.created_at,
            idle_seconds: data.idle_seconds,
            expires_at: data.expires_at,
            address: data.address,
            user_agent: data.user_agent,
            factors: data.factors,
            credential_version: data.credential_version,
            data: others(record)?,
        };
        let mut conn = self.db.write().await.map_err(backend)?;
        loop {
            match sessions::create(&mut conn, &token_hash(&record.id), &new).await {
                // Sooner struck by lightning, but the contract asks for it.
                Err(StoreError::Taken) => record.id = Id::default(),
                outcome => return outcome.map_err(backend),
            }
        }
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let mut conn = self.db.write().await.map_err(backend)?;
        sessions::set_data(&mut conn, &token_hash(&record.id), &others(record)?).await.map_err(backend)?;
        Ok(())
    }

    async fn load(&self, session_id: &Id) -> Result<Option<Record>> {
        let hash = token_hash(session_id);
        let found = sessions::find(&mut self.db.read().await.map_err(backend)?, &hash).await.map_err(backend)?;
        let Some(row) = found else { return Ok(None) };
        let now = self.clock.now();
        if let Some(reason) = row.end_reason(now) {
            if row.ended_at.is_none() {
                sessions::end(&mut self.db.write().await.map_err(backend)?, &hash, reason, now)
                    .await
                    .map_err(backend)?;
            }
            return Ok(None);
        }
        if now.0.saturating_sub(row.last_seen_at) >= TOUCH_SECONDS {
            let alive =
                sessions::touch(&mut self.db.write().await.map_err(backend)?, &hash, now).await.map_err(backend)?;
            if !alive {
                return Ok(None);
            }
        }
        let mut data: HashMap<String, Value> =
            serde_json::from_str(&row.data).map_err(|error| Error::Decode(error.to_string()))?;
        let ours = SessionData {
            id: row.id,
            user_id: row.user_id,
            created_at: Moment(row.created_at),
            expires_at: Moment(row.expires_at),
            idle_seconds: row.idle_seconds,
            address: row.address,
            user_agent: row.user_agent,
            factors: row.factors,
            credential_version: row.credential_version,
        };
        let expiry_date = ours.expires_at.as_utc();
        data.insert(KEY.into(), serde_json::to_value(ours).map_err(|error| Error::Encode(error.to_string()))?);
        Ok(Some(Record { id: *session_id, data, expiry_date }))
    }

    async fn delete(&self, session_id: &Id) -> Result<()> {
        let mut conn = self.db.write().await.map_err(backend)?;
        sessions::end(&mut conn, &token_hash(session_id), EndReason::SignedOut, self.clock.now())
            .await
            .map_err(backend)?;
        Ok(())
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

fn others(record: &Record) -> Result<String> {
    let others: HashMap<&String, &Value> = record.data.iter().filter(|(key, _)| *key != KEY).collect();
    serde_json::to_string(&others).map_err(|error| Error::Encode(error.to_string()))
}

fn backend(error: StoreError) -> Error {
    Error::Backend(error.to_string())
}
