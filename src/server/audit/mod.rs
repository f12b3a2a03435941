//! The audit log: what an event is made of, and how it is written in the transaction that it describes. Must not hold SQL,
//! nor decide what is worth an event: flows do.

/// What is hashed, and how the links of the chain hang together.
pub mod chain;
/// The log as a file.
pub mod export;
/// Emptying and removing events so that the chain says why.
pub mod redaction;
/// The next links of the chain.
pub mod seal;
/// Whether the chain holds.
pub mod verify;

use std::collections::BTreeMap;

use crate::domain::event::{EventKind, Outcome};

use super::{
    crypto::token::hexadecimal,
    error::ServerError,
    request_info::RequestInfo,
    state::AppState,
    storage::{Tx, events},
};

/// Nobody known.
pub const ANONYMOUS: &str = "anonymous";
/// Whoever runs `latchkey` on the server.
pub const COMMAND_LINE: &str = "command_line";
/// The server of its own accord.
pub const SYSTEM: &str = "system";
/// Who acts without being a person.
pub const NOBODY: [&str; 3] = [ANONYMOUS, COMMAND_LINE, SYSTEM];

/// Bytes of a salt.
const SALT_BYTES: usize = 16;

/// Something that happened, not written yet (ASVS 16.2.1: when, where, who, what).
#[derive(Clone, Debug)]
pub struct Event {
    kind: EventKind,
    outcome: Outcome,
    actor: String,
    target: String,
    session_id: String,
    address: String,
    user_agent: String,
    request_id: String,
    detail: BTreeMap<&'static str, String>,
}

impl Event {
    /// Something that a request brought about, by nobody known.
    #[must_use]
    pub fn of(kind: EventKind, request: &RequestInfo) -> Self {
        Self {
            address: request.address.clone(),
            user_agent: request.user_agent.clone(),
            request_id: request.id.clone(),
            ..Self::by_server(kind, ANONYMOUS)
        }
    }

    /// Something that the server does of its own accord.
    #[must_use]
    pub fn by_system(kind: EventKind) -> Self {
        Self::by_server(kind, SYSTEM)
    }

    /// Something that was typed on the server.
    #[must_use]
    pub fn by_command_line(kind: EventKind) -> Self {
        Self::by_server(kind, COMMAND_LINE)
    }

    fn by_server(kind: EventKind, actor: &str) -> Self {
        Self {
            kind,
            outcome: kind.usual_outcome(),
            actor: actor.to_owned(),
            target: String::new(),
            session_id: String::new(),
            address: String::new(),
            user_agent: String::new(),
            request_id: String::new(),
            detail: BTreeMap::new(),
        }
    }

    /// Who did it: a person, to themselves unless [`Event::about`] says otherwise.
    #[must_use]
    pub fn by(mut self, user_id: &str) -> Self {
        user_id.clone_into(&mut self.actor);
        if self.target.is_empty() {
            user_id.clone_into(&mut self.target);
        }
        self
    }

    /// Whom it concerns.
    #[must_use]
    pub fn about(mut self, user_id: &str) -> Self {
        user_id.clone_into(&mut self.target);
        self
    }

    /// The session that it belongs to.
    #[must_use]
    pub fn in_session(mut self, session_id: &str) -> Self {
        session_id.clone_into(&mut self.session_id);
        self
    }

    /// It was refused.
    #[must_use]
    pub fn refused(mut self) -> Self {
        self.outcome = Outcome::Failure;
        self
    }

    /// One thing more to know; never a secret (ASVS 16.2.5).
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.detail.insert(name, value.into());
        self
    }

    /// Writes the event in the transaction that it describes; answers with its id.
    ///
    /// # Errors
    /// When it cannot be written; then the transaction must not be committed.
    pub async fn record(self, state: &AppState, tx: &mut Tx) -> Result<String, ServerError> {
        let mut salt = [0_u8; SALT_BYTES];
        state.random.fill(&mut salt)?;
        let content = events::Content {
            id: state.new_id()?,
            at: state.now().0,
            kind: self.kind.as_str().to_owned(),
            outcome: self.outcome.as_str().to_owned(),
            actor: self.actor,
            target: self.target,
            session_id: self.session_id,
            address: self.address,
            user_agent: self.user_agent,
            request_id: self.request_id,
            detail: serde_json::to_string(&self.detail).unwrap_or_else(|_| "{}".into()),
            salt: hexadecimal(&salt),
        };
        events::add(tx, &content, &chain::content_hash(&content)).await?;
        Ok(content.id)
    }

    /// Writes an event that describes no change: a refusal.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn record_alone(self, state: &AppState) -> Result<(), ServerError> {
        let mut tx = state.db.begin().await?;
        self.record(state, &mut tx).await?;
        Ok(tx.commit().await?)
    }
}
